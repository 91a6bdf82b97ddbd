"""Where things live: all data in Canada (PIPEDA 4.1.3, Quebec's Law 25 s. 17)."""

from pulumi_policy import Severity

from policies import tokens as t
from policies.decorator import policy
from policies.resources import Resource
from policies.values import Findings

_SLACK = "aws:chatbot/slackChannelConfiguration:SlackChannelConfiguration"
_CANADA = ["ca-central-1", "ca-west-1"]
# Services for the whole world whose control plane AWS keeps in us-east-1; none of these holds personal data.
# A key there encrypts what their topics hold. Chat applications have no end point in Canada at all.
_WORLDWIDE = [
    "aws:acm/certificate:Certificate",
    "aws:acm/certificateValidation:CertificateValidation",
    "aws:cloudwatch/logDelivery:LogDelivery",
    "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination",
    "aws:cloudwatch/logDeliverySource:LogDeliverySource",
    "aws:cloudwatch/compositeAlarm:CompositeAlarm",
    "aws:kms/alias:Alias",
    "aws:kms/key:Key",
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    "aws:sns/topic:Topic",
    "aws:sns/topicPolicy:TopicPolicy",
    "aws:sns/topicSubscription:TopicSubscription",
]


@policy(
    id="residency-in-canada",
    title="Every resource and every copy stays in Canada",
    severity=Severity.CRITICAL,
    requirements=("ST-1", "ST-9", "BK-N1"),
    controls=("PIPEDA 4.1.3", "Law 25 s. 17"),
    remedy="Leave region out for ca-central-1, or write ca-west-1 for a copy.",
    limits={"regions": _CANADA, "worldwide": _WORLDWIDE},
    each=("aws:*", t.PROVIDER),
)
def in_canada(resource: Resource) -> Findings:
    """Check the resource's own region, or its provider's, and the regions it copies to."""
    regions = [*resource.limits["regions"]]
    if resource.type in resource.limits["worldwide"]:
        regions.append("us-east-1")
    if resource.type == _SLACK:
        regions.append("us-east-2")
    region = resource["region"]
    yield region.must(region.is_in(regions, absent=resource.type != t.PROVIDER), "is not an approved region")
    for copy in resource["replicas"] if resource.type == t.SECRET else ():
        yield copy["region"].must(
            copy["region"].is_in(resource.limits["regions"]), "is not an approved region"
        )
