"""A public ML service: through Cloudflare alone, over TLS, with a token (CT-1, ED-1, ED-2)."""

import pytest

from tests.compute.test_compute import SERVICE, container
from tests.support import STACKS, Built, as_configured, resolve, run_stack
from tests.support.documents import statements

BALANCER = "aws:lb/loadBalancer:LoadBalancer"


@pytest.fixture(scope="module")
def public() -> Built:
    return run_stack("prod", {"compute": {"ml": {"public": True}}})


@pytest.mark.parametrize("stack", STACKS)
def test_the_ml_service_is_private_unless_the_settings_say_otherwise(stack: str) -> None:
    """CT-1: no load balancer, no record, and nothing the application could call."""
    built = as_configured(stack)

    assert not [node for node in built.graph.of_type(BALANCER) if node.name == "ml"]
    assert built.value.compute.records == []
    assert built.value.compute.variables == []


def test_it_speaks_tls_alone(public: Built) -> None:
    """ED-2, ELB.1, ELB.17: one listener, on 443, with a certificate of ours and TLS 1.2 or better."""
    balancer = public.graph.one(BALANCER, "ml")
    listeners = [
        node.inputs
        for node in public.graph.of_type("aws:lb/listener:Listener")
        if node.inputs["loadBalancerArn"] == balancer.outputs["arn"]
    ]
    certificate = public.graph.one("aws:acm/certificate:Certificate", "ml")

    assert [(one["port"], one["protocol"]) for one in listeners] == [(443, "HTTPS")]
    assert listeners[0]["certificateArn"] == certificate.outputs["arn"]
    assert "TLS13-1-2" in listeners[0]["sslPolicy"]
    assert certificate.inputs["domainName"] == "ml.jtldconsulting.com"


def test_only_cloudflare_gets_in(public: Built) -> None:
    """NW-2, ED-4: the group that admits the prefix list of its proxies, and nothing else."""
    group = public.graph.one("aws:ec2/securityGroup:SecurityGroup", "load-balancer")

    balancer = public.graph.one(BALANCER, "ml").inputs
    subnets = {node.name: node.id for node in public.graph.of_type("aws:ec2/subnet:Subnet")}

    assert balancer["securityGroups"] == [group.id]
    assert balancer["internal"] is False
    assert set(balancer["subnets"]) == {id_ for name, id_ in subnets.items() if name.startswith("public")}
    assert {
        rule.peer
        for rule in public.value.network.rules
        if rule.group == "load-balancer" and rule.direction == "ingress"
    } == {"cloudflare"}


def test_requests_are_cleaned_logged_and_passed_on_to_healthy_tasks(public: Built) -> None:
    """ELB.4, ELB.5, ELB.6, ELB.12, ELB.21."""
    balancer = public.graph.one(BALANCER, "ml").inputs
    targets = public.graph.one("aws:lb/targetGroup:TargetGroup", "ml")
    logs = public.graph.one("aws:s3/bucketPolicy:BucketPolicy", "logs")
    (way,) = public.graph.one(SERVICE, "ml").inputs["loadBalancers"]

    assert balancer["dropInvalidHeaderFields"] is True
    assert balancer["desyncMitigationMode"] == "strictest"
    assert balancer["enableDeletionProtection"] is True
    assert balancer["accessLogs"]["bucket"] == logs.inputs["bucket"]
    admitted = statements(logs)["LoadBalancerLogs"]["Resource"]
    assert f"/{balancer['accessLogs']['prefix']}/AWSLogs/" in admitted
    assert targets.inputs["healthCheck"]["path"] == "/health"
    assert way["targetGroupArn"] == targets.outputs["arn"]
    assert way["containerName"] == container(public.graph, "ml")["name"]


def test_callers_show_a_token(public: Built) -> None:
    """HO-2, HO-N1: every customer of Cloudflare comes from the same addresses."""
    secret = public.graph.one("aws:secretsmanager/secret:Secret", "ml-token")
    variables = {one.key: one for one in public.value.compute.variables}
    wanted = f"{secret.outputs['arn']}:password::"

    assert {"name": "SERVICE_TOKEN", "valueFrom": wanted} in container(public.graph, "ml")["secrets"]
    assert {"name": "ML_SERVICE_TOKEN", "valueFrom": wanted} in container(public.graph, "worker")["secrets"]
    assert resolve(variables["ML_SERVICE_URL"]).value == "https://ml.jtldconsulting.com"
    assert variables["ML_SERVICE_TOKEN"].secret


def test_its_host_is_proxied_and_its_proof_is_not(public: Built) -> None:
    """ED-1, ED-N3."""
    records = {one.key: resolve(one) for one in public.value.compute.records}

    assert records["ml"].proxied
    assert records["ml"].value == public.graph.one(BALANCER, "ml").outputs["dnsName"]
    assert not records["ml-certificate"].proxied
    assert not records["ml-certificate"].value.endswith(".")


def test_bad_and_slow_answers_are_alarms(public: Built) -> None:
    """MO-3: more than 1 % errors over five minutes, P95 above 2 s."""
    alarms = {one.key: resolve(one) for one in public.value.compute.alarms}

    assert (alarms["ml-errors"].threshold, alarms["ml-errors"].evaluation_periods) == (1, 5)
    assert (alarms["ml-slow"].threshold, alarms["ml-slow"].source.statistic) == (2, "p95")
