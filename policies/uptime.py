"""Checks from outside, and what the application's log may hold (MO-1, MO-N1, MO-N5)."""

from pulumi_policy import Severity

from policies import tokens as t
from policies.decorator import policy
from policies.resources import Resource, Stack
from policies.values import Findings, Truth, any_of, known


def watches(alarm: Resource, owner: Resource) -> Truth:
    """Return whether the alarm's metric is one of `owner`'s, as far as its dimensions tell."""
    dependencies = alarm.property_dependencies
    sources = dependencies.get("dimensions", frozenset()) | dependencies.get("metricQueries", frozenset())
    if not sources and not all(known(alarm[name].raw) for name in ("dimensions", "metricQueries")):
        return Truth.UNKNOWN
    return Truth.of(owner.urn in sources)


@policy(
    id="uptime-checked-well",
    title="Health checks ask over TLS, often, from several places",
    severity=Severity.MEDIUM,
    requirements=("MO-1", "MO-N1", "TP-3"),
    controls=("own: health check",),
    remedy="Declare the endpoint in the settings: type HTTPS, SNI, three regions, every 30 seconds.",
    limits={"seconds": 300, "places": 3},
    each=(t.HEALTH_CHECK,),
)
def checked_well(check: Resource) -> Findings:
    """Take absent regions for all of them, Route 53's default."""
    kind, sni, pace, places = check["type"], check["enableSni"], check["requestInterval"], check["regions"]
    yield kind.must(kind.is_in(("HTTPS", "HTTPS_STR_MATCH")), "must be HTTPS")
    yield sni.must(sni.equals(True, absent=True), "must not be false")
    yield pace.must(pace.at_most(check.limits["seconds"], absent=True), "is slower than five minutes")
    least = check.limits["places"]
    yield places.must(places.test(lambda found: len(found) >= least, absent=True), "are too few")
    for trick in (check["disabled"], check["invertHealthcheck"]):
        yield trick.must(~trick.true, "must not be true: the check would always be well")


@policy(
    id="uptime-alarmed",
    title="Every health check has an alarm where its metric is",
    severity=Severity.HIGH,
    requirements=("MO-1", "MO-N4"),
    controls=("own: health check",),
    remedy="Declare an alarm on HealthCheckStatus with region us-east-1.",
    across=(t.HEALTH_CHECK, t.METRIC_ALARM),
)
def alarmed(stack: Stack) -> Findings:
    """Look for an alarm on the check in us-east-1, the only region that has its metric."""
    for check in stack.of(t.HEALTH_CHECK):
        found = any_of(
            watches(alarm, check) & alarm["region"].equals("us-east-1") for alarm in stack.of(t.METRIC_ALARM)
        )
        yield check.must(found, "has no alarm in us-east-1")


@policy(
    id="logs-masked",
    title="Personal data that slips into the application's log is masked",
    severity=Severity.HIGH,
    requirements=("MO-N5",),
    remedy="Give the log group a cloudwatch.LogDataProtectionPolicy that de-identifies.",
    across=(t.LOG_GROUP, t.LOG_MASKING),
)
def masked(stack: Stack) -> Findings:
    """Look at the log that the application writes."""

    def masks(protection: Resource) -> Truth:
        text = protection["policyDocument"]
        return text.test(lambda words: '"Deidentify"' in words)

    for group in stack.of(t.LOG_GROUP):
        written = group["tags.jtld:component"].equals("telemetry")
        found = stack.has(group, t.LOG_MASKING, "logGroupName", masks)
        yield group.must(~written | found, "masks no personal data")
