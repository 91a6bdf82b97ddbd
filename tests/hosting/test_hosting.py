"""What the Hosting component registers (HO-1 to HO-7)."""

import json
from datetime import date
from typing import Any

import pulumi
import pytest

from components.hosting.environment import VariablesError, assignments
from components.variables import Target, Variable
from sandbox.shapes import shape
from settings import load_stack_file
from tests.support import STACKS, Graph, as_configured, run_program
from tests.support.run import ROOT

PROJECT = "vercel:index/project:Project"
DOMAINS = "vercel:index/projectDomain:ProjectDomain"
VARIABLES = "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable"
RECORDS = "cloudflare:index/dnsRecord:DnsRecord"
SERVED = {
    "dev": {"development", "preview", "production"},
    "staging": {"preview", "production"},
    "prod": {"production"},
}


@pytest.fixture(params=STACKS)
def stack(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def graph(stack: str) -> Graph:
    return as_configured(stack).graph


def project(graph: Graph) -> dict[str, Any]:
    return dict(graph.one(PROJECT).inputs)


def test_vercel_guesses_nothing(graph: Graph) -> None:
    """HO-1, HO-N2."""
    inputs = project(graph)
    assert inputs["framework"] == "nextjs"
    assert inputs["buildCommand"] == "next build"
    assert inputs["outputDirectory"] == ".next"
    assert inputs["installCommand"] == "npm ci"
    assert inputs["rootDirectory"]
    assert inputs["nodeVersion"]


def test_functions_run_in_montreal_for_ten_seconds(graph: Graph) -> None:
    """HO-1, HO-7."""
    config = project(graph)["resourceConfig"]
    assert config["functionDefaultRegions"] == ["yul1"]
    assert config["functionDefaultTimeout"] == 10


def test_previews_exist_beside_staging_and_are_private(stack: str, graph: Graph) -> None:
    """HO-4: members of the team only, forks after approval, and none in prod's project."""
    inputs = project(graph)
    assert inputs["previewDeploymentsDisabled"] is (stack == "prod")
    assert inputs["vercelAuthentication"] == {"deploymentType": "standard_protection_new"}
    assert inputs["gitForkProtection"] is True
    retention = graph.one("vercel:index/projectDeploymentRetention:ProjectDeploymentRetention").inputs
    assert retention["expirationPreview"] in {"1w", "1m"}
    assert retention["expirationProduction"] in {"1m", "3m", "1y"}


def test_every_domain_has_the_record_that_vercel_needs(graph: Graph) -> None:
    """HO-3, HO-N3, ED-1: an address at the apex, a CNAME below it, `www` leads to the domain."""
    domain = graph.exports["domain"]
    hosts = {one.inputs["domain"]: one.inputs for one in graph.of_type(DOMAINS)}
    assert hosts.keys() == {domain, *(f"{label}.{domain}" for label in ("www", "api", "portal", "admin"))}
    assert hosts[f"www.{domain}"]["redirect"] == domain
    assert hosts[f"www.{domain}"]["redirectStatusCode"] == 308
    records = {
        one.inputs["name"]: one.inputs for one in graph.of_type(RECORDS) if one.name.startswith("web-")
    }
    assert records.keys() == hosts.keys()
    for name, record in records.items():
        wanted = ("A", "76.76.21.21") if name == domain else ("CNAME", "cname.vercel-dns.com")
        assert (record["type"], record["content"]) == wanted


def test_a_variable_belongs_to_one_target_and_prods_to_production_alone(stack: str, graph: Graph) -> None:
    """HO-2."""
    nodes = graph.of_type(VARIABLES)
    assert all(len(one.inputs["targets"]) == 1 for one in nodes)
    assert {target for one in nodes for target in one.inputs["targets"]} == SERVED[stack]
    seen = [(one.inputs["key"], *one.inputs["targets"]) for one in nodes]
    assert len(seen) == len(set(seen)), "Vercel has a key once per target"
    assert all(one.delete_before_replace for one in nodes), "ENV_ALREADY_EXISTS (pulumi-vercel#118)"
    assert "environments" not in project(graph), "a project's own list would overwrite them (tf-vercel#71)"


def test_secrets_are_sensitive_and_masked(graph: Graph) -> None:
    """HO-2, HO-N1."""
    for one in graph.of_type(VARIABLES):
        assert not one.inputs["sensitive"] or "value" in one.secret_inputs, one.name
    sensitive = {one.inputs["key"] for one in graph.of_type(VARIABLES) if one.inputs["sensitive"]}
    assert {"NEXTAUTH_SECRET", "SENTRY_AUTH_TOKEN", "SENDGRID_API_KEY", "RESEND_API_KEY"} <= sensitive


def test_the_application_finds_what_it_needs(graph: Graph) -> None:
    """HO-2."""
    production = {
        one.inputs["key"] for one in graph.of_type(VARIABLES) if one.inputs["targets"] == ["production"]
    }
    assert {
        "NEXTAUTH_URL",
        "NEXTAUTH_SECRET",
        "S3_BUCKET_NAME",
        "AWS_REGION",
        "AWS_ROLE_ARN",
        "DATABASE_URL",
        "DIRECT_URL",
        "REDIS_URL",
        "EMAIL_PROVIDER",
        "SENTRY_DSN",
        "SENTRY_AUTH_TOKEN",
    } <= production


def test_only_dev_has_values_for_laptops(stack: str, graph: Graph) -> None:
    """HO-2: what a developer's .env.local holds is a masked output of dev alone."""
    assert ("developmentVariables" in graph.exports) is (stack == "dev")
    if stack == "dev":
        assert "developmentVariables" in graph.secret_exports
        values = graph.exports["developmentVariables"]
        assert values["NEXTAUTH_URL"] == "http://localhost:3000"
        assert values["NEXTAUTH_SECRET"]


def test_aws_is_reached_by_federation(graph: Graph) -> None:
    """HO-6: no key exists; the role trusts this project in the targets it serves."""
    assert project(graph)["oidcTokenConfig"] == {"issuerMode": "team"}
    assert graph.of_type("aws:iam/accessKey:AccessKey") == ()
    assert graph.of_type("aws:iam/user:User") == ()


def test_a_static_key_has_the_roles_rights_and_overlaps_while_it_rotates(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """HO-6, TP-2."""
    monkeypatch.setattr("settings.hosting.today", lambda: date(2026, 11, 22))
    key = {"serial": 3, "createdOn": "2026-11-20", "keepPrevious": True, "reason": "The importer (Lea)"}
    graph = run_program("prod", {"hosting": {"staticKey": key}})
    keys = graph.of_type("aws:iam/accessKey:AccessKey")
    assert {one.name for one in keys} == {"application-key-2", "application-key-3"}
    rights = json.loads(graph.one("aws:iam/policy:Policy", "application-key").inputs["policy"])["Statement"]
    roles = json.loads(graph.one("aws:iam/rolePolicy:RolePolicy", "application").inputs["policy"])[
        "Statement"
    ]
    assert rights == roles
    values = {one.inputs["key"]: one for one in graph.of_type(VARIABLES)}
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        assert "application-key-3" in str(values[name].property_dependencies["value"])
        assert values[name].inputs["sensitive"] is True


def test_a_new_serial_makes_a_new_session_secret() -> None:
    """HO-2, TP-2."""
    graph = run_program("prod", {"hosting": {"authSecretSerial": 2}})
    secret = graph.one("random:index/randomPassword:RandomPassword", "session-secret")
    assert secret.inputs["keepers"] == {"serial": "2"}
    assert secret.inputs["length"] == 48


def test_the_git_link_is_made_where_it_is_prepared() -> None:
    """HO-1: production branch main; without the link the delivery workflow deploys."""
    assert "gitRepository" not in project(as_configured("prod").graph)
    link = {"repository": "jtld-consulting/platform", "appInstalledOn": "2026-11-02"}
    linked = project(run_program("prod", {"hosting": {"git": link}}))["gitRepository"]
    assert linked == {"type": "github", "repo": "jtld-consulting/platform", "productionBranch": "main"}


def test_vercels_firewall_limits_sign_in_and_watches_bots(graph: Graph) -> None:
    """HO-7: the only firewall there is during a fail-over. No cron: EventBridge schedules."""
    firewall = graph.one("vercel:index/firewallConfig:FirewallConfig").inputs
    assert firewall["enabled"] is True
    assert firewall["managedRulesets"]["botProtection"]["active"] is True
    (rule,) = firewall["rules"]["rules"]
    assert rule["action"]["rateLimit"]["limit"] == 100
    tests = [condition for group in rule["conditionGroups"] for condition in group["conditions"]]
    assert {(one["op"], one["value"]) for one in tests} == {
        ("eq", "/api/auth"),
        ("pre", "/api/auth/"),
        ("eq", "/api/upload"),
        ("pre", "/api/upload/"),
    }
    assert not [one for one in graph.nodes if one.type.startswith("vercel:index/projectCrons")]


def test_enterprise_brings_vercels_own_owasp_rules() -> None:
    """HO-7."""
    graph = run_program("prod", {"hosting": {"plan": "enterprise"}})
    owasp = graph.one("vercel:index/firewallConfig:FirewallConfig").inputs["managedRulesets"]["owasp"]
    assert {"sqli", "xss", "rce"} <= owasp.keys()


def variable(**fields: Any) -> Variable:
    return Variable(**{"key": "A", "value": "1", "secret": False, **fields})


@pytest.mark.parametrize(
    ("variables", "complaint"),
    [
        ([variable(), variable()], "A is declared 2 times for production, and Vercel has a key once"),
        ([variable(key="a-b")], "no name of a variable"),
        ([variable(key="NEXT_PUBLIC_KEY", secret=True)], "sent to every browser"),
    ],
)
def test_variables_that_cannot_be_set_are_refused_before_anything_exists(
    variables: list[Variable], complaint: str
) -> None:
    """HO-2, HO-N1: with the way out behind the colon."""
    with pytest.raises(VariablesError, match=rf"{complaint}.*: \w+ "):
        assignments(variables, served=frozenset(Target))


def test_a_stack_files_variable_that_a_component_sets_is_refused_without_a_traceback() -> None:
    """HO-2: the engine shows what a RunError says, and nothing else."""
    with pytest.raises(pulumi.RunError, match="EMAIL_PROVIDER is declared 2 times for production"):
        run_program("prod", {"hosting": {"variables": {"EMAIL_PROVIDER": "ses"}}})


def test_a_key_may_differ_between_targets() -> None:
    """HO-2."""
    found = assignments(
        [
            variable(targets=frozenset({Target.PRODUCTION})),
            variable(value="2", targets=frozenset({Target.PREVIEW})),
        ],
        served=frozenset({Target.PRODUCTION, Target.PREVIEW}),
    )
    assert [(one.name, one.value) for one in found] == [("a-preview", "2"), ("a-production", "1")]


def test_what_the_provider_cannot_switch_on_is_a_named_step() -> None:
    """HO-5: Analytics and Speed Insights are wanted by the settings and switched on by hand, as the page says."""
    settings = load_stack_file(ROOT / "Pulumi.prod.yaml").hosting
    page = (ROOT / "docs" / "hosting.md").read_text(encoding="utf-8")
    assert settings.web_analytics
    assert settings.speed_insights
    for words in ("Analytics and Speed Insights", "`hosting.webAnalytics`", "`hosting.speedInsights`"):
        assert words in page
    assert not {"webAnalytics", "speedInsights"} & shape(PROJECT).inputs.keys(), "then set it in the project"
