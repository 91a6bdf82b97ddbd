"""ACM: certificates that renew without people and that nobody can issue in secret."""

from pulumi_policy import Severity

from policies import tokens as t
from policies.decorator import policy
from policies.resources import Resource
from policies.values import Findings


@policy(
    id="certificates-sound",
    title="Certificates renew by themselves and are publicly logged",
    severity=Severity.MEDIUM,
    requirements=("ED-9",),
    controls=("ACM.1", "ACM.2", "CKV2_AWS_71", "CKV_AWS_234"),
    remedy="Validate by DNS, use RSA of 2048 bits or an elliptic curve, leave transparency logging on.",
    each=(t.CERTIFICATE,),
)
def sound(certificate: Resource) -> Findings:
    """Check what only a new certificate can change; where it lives is residency's business."""
    method = certificate["validationMethod"]
    yield method.must(method.equals("DNS"), "must be DNS: e-mail validation needs a person at every renewal")
    algorithm = certificate["keyAlgorithm"]
    yield algorithm.must(~algorithm.equals("RSA_1024"), "is too weak")
    logged = certificate["options.certificateTransparencyLoggingPreference"]
    yield logged.must(~logged.equals("DISABLED"), "must not be off")
