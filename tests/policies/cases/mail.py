import json

from policies import tokens as t
from tests.policies.drafts import Case
from tests.policies.harness import node

RIGHTS = node(
    t.EMAIL_IDENTITY_POLICY,
    "rights",
    {
        "emailIdentity": "notify.jtldconsulting.com",
        "policyName": "rights",
        "policy": json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"AWS": "arn:aws:iam::333333333333:root"},
                        "Action": "ses:SendEmail",
                        "Resource": "*",
                    }
                ],
            }
        ),
    },
)


CASES = (
    Case(
        policy="email-tls",
        breaks=lambda draft: draft.set(t.CONFIGURATION_SET, "deliveryOptions.tlsPolicy", "OPTIONAL"),
    ),
    Case(
        policy="email-suppression",
        breaks=lambda draft: draft.set(
            t.CONFIGURATION_SET, "suppressionOptions.suppressedReasons", ["BOUNCE"], "marketing"
        ),
    ),
    Case(
        policy="email-suppression",
        breaks=lambda draft: draft.set(
            t.CONFIGURATION_SET, "reputationOptions.reputationMetricsEnabled", False
        ),
    ),
    Case(
        policy="email-events",
        breaks=lambda draft: (
            draft.drop(t.EVENT_DESTINATION, "marketing-events"),
            draft.set(t.EVENT_DESTINATION, "eventDestination.enabled", False, "marketing-metrics"),
        ),
    ),
    Case(
        policy="email-dkim",
        breaks=lambda draft: draft.set(
            t.EMAIL_IDENTITY, "dkimSigningAttributes.nextSigningKeyLength", "RSA_1024_BIT"
        ),
    ),
    Case(policy="email-dkim", breaks=lambda draft: draft.drop(t.DNS_RECORD, "marketing-ses-dkim-2")),
    Case(
        policy="email-mail-from",
        breaks=lambda draft: draft.set(t.MAIL_FROM, "behaviorOnMxFailure", "USE_DEFAULT_VALUE"),
    ),
    Case(policy="email-mail-from", breaks=lambda draft: draft.drop(t.DNS_RECORD, "transactional-ses-mx")),
    Case(policy="email-mail-from", breaks=lambda draft: draft.drop(t.MAIL_FROM, "marketing")),
    Case(
        policy="email-streams-apart",
        breaks=lambda draft: draft.set(
            t.EMAIL_IDENTITY, "configurationSetName", "jtld-prod-transactional", "marketing"
        ),
    ),
    Case(
        policy="email-streams-apart",
        breaks=lambda draft: draft.unset(t.EMAIL_IDENTITY, "configurationSetName", "marketing"),
    ),
    Case(
        policy="email-sending-not-public",
        adds=(RIGHTS,),
        breaks=lambda draft: draft.statement(
            t.EMAIL_IDENTITY_POLICY, "policy", Principal="*", Action="ses:SendEmail", Resource="*"
        ),
    ),
)
