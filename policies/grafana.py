"""Grafana: it shows what CloudWatch has, to the organisation alone, and holds no key to our account (MO-4)."""

import json
import re

from pulumi_policy import Severity

from policies import tokens as t
from policies.decorator import policy
from policies.resources import Resource
from policies.values import Findings, Truth

_ENCRYPTED = re.compile(r"https://[^@?#]+")
_BY_ROLE = ("default", "ec2_iam_role", "grafana_assume_role")
_SECRETS = ("secureJsonDataEncoded", "httpHeaders", "basicAuthUsername")


def _part(text: object, name: str) -> object:
    """Return one part of a JSON object; whatever else the text is says nothing in our favour."""
    try:
        document = json.loads(str(text))
    except ValueError:
        return None
    return document.get(name) if isinstance(document, dict) else None


@policy(
    id="grafana-encrypted-way",
    title="The service account's token goes to Grafana by TLS only",
    severity=Severity.HIGH,
    requirements=("MO-4", "DL-N3"),
    remedy="Give the provider an address that begins with https://, and leave certificates checked.",
    each=(t.GRAFANA_PROVIDER,),
)
def encrypted_way(provider: Resource) -> Findings:
    """Ask for an address too: without one, the provider takes it from the environment."""
    url = provider["url"]
    yield url.must(
        url.test(lambda text: bool(_ENCRYPTED.fullmatch(str(text)))), "must be an address by https"
    )
    checked = provider["insecureSkipVerify"].decoded()
    yield checked.must(~checked.given | checked.equals(False), "must not leave the certificate unchecked")


@policy(
    id="grafana-reads-by-role",
    title="Grafana reads our account by a role, and holds no key to it",
    severity=Severity.CRITICAL,
    requirements=("MO-4", "HO-6", "DL-N3"),
    remedy="Set authType and assumeRoleArn in jsonDataEncoded, accessMode proxy, and no secret.",
    each=(t.GRAFANA_SOURCE,),
)
def reads_by_role(source: Resource) -> Findings:
    """Look at how the source proves itself; through a browser it would show the way in to everyone."""
    options = source["jsonDataEncoded"]
    keyless = options.test(lambda text: _part(text, "authType") in _BY_ROLE)
    yield options.must(keyless, "must have an authType without keys")
    role = options.test(lambda text: bool(_part(text, "assumeRoleArn")))
    yield options.must(role, "must name the role to take on")
    for name in _SECRETS:
        yield source[name].must(~source[name].given, "must not be set")
    mode = source["accessMode"]
    yield mode.must(mode.equals("proxy", absent=True), "must be proxy")


@policy(
    id="grafana-changed-in-code",
    title="Dashboards in Grafana are changed in code",
    severity=Severity.MEDIUM,
    requirements=("MO-4",),
    remedy="Set editable false in configJson, overwrite false, and give roles View in the folder.",
    each=(t.GRAFANA_DASHBOARD, t.GRAFANA_FOLDER_PERMISSION),
)
def changed_in_code(resource: Resource) -> Findings:
    """Refuse what invites changes by hand, which the next update would take back, and taking over another's."""
    if resource.type == t.GRAFANA_FOLDER_PERMISSION:
        for item in resource["permissions"]:
            yield item["permission"].must(item["permission"].equals("View"), "must be View")
        return
    content = resource["configJson"]
    yield content.must(content.test(lambda text: _part(text, "editable") is False), "must not be editable")
    yield resource["overwrite"].must(~resource["overwrite"].true, "must not take over another's dashboard")


@policy(
    id="grafana-not-public",
    title="No dashboard is shown to the world",
    severity=Severity.HIGH,
    requirements=("MO-4",),
    remedy="Leave it out; the status page is what everyone may see.",
    each=(t.GRAFANA_PUBLIC_DASHBOARD,),
)
def not_public(shared: Resource) -> Findings:
    """Refuse every public address: names of our resources stand in the queries behind it."""
    yield shared.must(Truth.NO, "must not exist")
