from policies import tokens as t
from tests.policies.drafts import Case

CASES = (
    Case(
        policy="certificates-sound",
        breaks=lambda draft: draft.set(t.CERTIFICATE, "validationMethod", "EMAIL"),
    ),
    Case(
        policy="certificates-sound",
        breaks=lambda draft: draft.set(
            t.CERTIFICATE, "options.certificateTransparencyLoggingPreference", "DISABLED"
        ),
    ),
)
