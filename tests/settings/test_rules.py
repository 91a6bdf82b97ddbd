"""One bad value for each rule of the foundation: that rule objects, at that key, and the schema where it can."""

from typing import Any

import pytest

from tests.settings.documents import GONE, stack_values
from tests.settings.rules import (
    Bad,
    between,
    judged_by_the_schema_as_marked,
    refused_by_its_rule_alone,
    taken,
)

KEY = stack_values("prod")["storage"]["delivery"]["signingPublicKeys"][0]
NO_KEY = "-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAK==\n-----END PUBLIC KEY-----\n"

ROWS = [
    Bad("an unknown environment", "prod", "environment.name", "production", "'dev', 'staging' or 'prod'"),
    between(
        "the name of another stack", "staging", "environment.name", "dev", "must equal the name of the stack"
    ),
    Bad(
        "a domain with a scheme",
        "prod",
        "environment.domain",
        "https://jtldconsulting.com",
        "fully qualified",
    ),
    Bad("a domain of one label", "prod", "environment.domain", "jtldconsulting", "fully qualified"),
    Bad("a domain in capitals", "prod", "environment.domain", "JTLDConsulting.com", "fully qualified"),
    Bad("a domain with a final dot", "prod", "environment.domain", "jtldconsulting.com.", "fully qualified"),
    Bad("an account id without quotes", "prod", "environment.accountId", 333333333333, "12 digits"),
    Bad("an account id of eleven digits", "prod", "environment.accountId", "33333333333", "12 digits"),
    Bad(
        "ST-1: a region outside Canada",
        "prod",
        "environment.region",
        "us-east-1",
        "ca-central-1 or ca-west-1",
    ),
    Bad(
        "ST-9: copies outside Canada",
        "prod",
        "environment.replicaRegion",
        "us-east-1",
        "ca-central-1 or ca-west-1",
    ),
    between(
        "ST-9: copies beside the original",
        "prod",
        "environment.replicaRegion",
        "ca-central-1",
        "differ from region",
    ),
    Bad("an owner that no tag can hold", "prod", "environment.owner", "team <ops>", "letters, digits"),
    Bad("an empty cost centre", "prod", "environment.costCentre", "", "letters, digits"),
    Bad("no owner", "prod", "environment.owner", GONE, "is required"),
    between("a time zone that does not exist", "prod", "environment.timezone", "America/Ottawa", "IANA"),
    Bad("a time zone as an offset", "prod", "environment.timezone", "-05:00", "IANA"),
    between("NW-1: a public range", "prod", "network.cidr", "8.8.0.0/16", "private IPv4 range"),
    between("NW-1: a range wider than a VPC", "prod", "network.cidr", "10.0.0.0/8", "private IPv4 range"),
    between(
        "NW-1: a range too small for its subnets", "prod", "network.cidr", "10.0.0.0/21", "private IPv4 range"
    ),
    between(
        "NW-1: a range that does not start at its first address",
        "prod",
        "network.cidr",
        "10.0.0.1/16",
        "private",
    ),
    Bad("NW-1: a range without a length", "prod", "network.cidr", "10.0.0.0", "private IPv4 range"),
    Bad("NW-1: one zone", "dev", "network.availabilityZones", ["ca-central-1a"], "at least 2 entries"),
    Bad(
        "NW-1: a zone that takes no subnets",
        "dev",
        "network.availabilityZones.1",
        "ca-central-1c",
        "must be a zone",
    ),
    Bad(
        "NW-1: a zone of another country",
        "dev",
        "network.availabilityZones.1",
        "us-east-1a",
        "must be a zone",
    ),
    between(
        "NW-1: a zone of the other region",
        "dev",
        "network.availabilityZones.1",
        "ca-west-1a",
        "of ca-central-1",
    ),
    between("NW-1: the same zone twice", "dev", "network.availabilityZones.1", "ca-central-1a", "twice"),
    between(
        "NW-1: prod in two zones",
        "prod",
        "network.availabilityZones",
        ["ca-central-1a", "ca-central-1b"],
        "3 zones in prod",
    ),
    between("NW-1: prod behind one NAT gateway", "prod", "network.nat", "single", "perZone in prod"),
    Bad("NW-1: an unknown kind of NAT", "dev", "network.nat", "instance", "'none', 'single' or 'perZone'"),
    between(
        "NW-1: no way to images",
        "dev",
        "network.nat",
        "none",
        "must include",
        at="network.interfaceEndpoints",
    ),
    Bad(
        "NW-1: an unknown endpoint",
        "prod",
        "network.interfaceEndpoints",
        ["s4"],
        "must be",
        at="network.interfaceEndpoints[0]",
    ),
    between(
        "NW-1: an endpoint twice",
        "prod",
        "network.interfaceEndpoints",
        ["sqs", "sqs"],
        "twice",
        at="network.interfaceEndpoints[1]",
    ),
    between(
        "NW-2: SSH from everywhere",
        "dev",
        "network.adminCidrs",
        ["0.0.0.0/0"],
        "at most 256",
        at="network.adminCidrs[0]",
    ),
    between(
        "NW-2: SSH from a wide range",
        "dev",
        "network.adminCidrs",
        ["10.0.0.0/16"],
        "at most 256",
        at="network.adminCidrs[0]",
    ),
    Bad(
        "NW-2: SSH from a host name",
        "dev",
        "network.adminCidrs",
        ["office.example"],
        "at most 256",
        at="network.adminCidrs[0]",
    ),
    between(
        "NW-2: admin ranges that overlap",
        "dev",
        "network.adminCidrs",
        ["198.51.100.0/24", "198.51.100.7/32"],
        "overlap 198.51.100.0/24",
        at="network.adminCidrs[1]",
    ),
    between(
        "DB-4: gateway clients from a private range",
        "dev",
        "network.gatewayClientCidrs",
        ["192.168.1.0/24"],
        "public addresses",
        at="network.gatewayClientCidrs[0]",
    ),
    Bad(
        "a retention that CloudWatch does not know",
        "prod",
        "network.flowLogRetentionDays",
        366,
        "must be one of",
    ),
    between(
        "prod's flow logs kept for a month",
        "prod",
        "network.flowLogRetentionDays",
        30,
        "at least 365 in prod",
    ),
    between(
        "staging's flow logs kept for a week",
        "staging",
        "network.flowLogRetentionDays",
        7,
        "at least 30 in staging",
    ),
    between("dev's flow logs kept for a day", "dev", "network.flowLogRetentionDays", 1, "at least 7 in dev"),
    Bad("ST-N5: temp/ kept for a month", "prod", "storage.lifecycle.tempExpirationDays", 30, "at most 7"),
    Bad("ST-N5: temp/ never kept", "prod", "storage.lifecycle.tempExpirationDays", 0, "at least 1"),
    Bad("ST-N5: no temp/ rule", "prod", "storage.lifecycle.tempExpirationDays", None, "whole number"),
    Bad("a number in quotes", "prod", "storage.lifecycle.tempExpirationDays", "1", "whole number"),
    Bad("true for a number", "prod", "storage.lifecycle.tempExpirationDays", True, "whole number"),
    Bad("half a day", "prod", "storage.lifecycle.tempExpirationDays", 1.5, "whole number"),
    Bad(
        "ST-3: Standard-IA before S3 allows it",
        "prod",
        "storage.lifecycle.infrequentAccessDays",
        29,
        "at least 30",
    ),
    Bad("ST-3: Glacier never", "prod", "storage.lifecycle.glacierDays", 36500, "at most 3650"),
    between(
        "ST-3: Glacier too soon after Standard-IA",
        "prod",
        "storage.lifecycle.glacierDays",
        100,
        "at least 120",
    ),
    Bad("ST-3: unfinished uploads kept", "prod", "storage.lifecycle.abortMultipartDays", 8, "at most 7"),
    Bad("ST-3: versions without bound", "prod", "storage.lifecycle.noncurrentVersions", 101, "at most 100"),
    Bad(
        "ST-3: versions kept for years",
        "prod",
        "storage.lifecycle.noncurrentExpirationDays",
        366,
        "at most 365",
    ),
    between(
        "ST-N3: prod forgets at once",
        "prod",
        "storage.lifecycle.noncurrentExpirationDays",
        7,
        "at least 30 in prod",
    ),
    between("ST-9: prod without copies", "prod", "storage.replication", False, "true in prod"),
    Bad("a word for a switch", "prod", "storage.replication", "yes", "true or false"),
    between(
        "ST-1: prod's access logs kept for a month",
        "prod",
        "storage.accessLogRetentionDays",
        30,
        "at least 365 in prod",
    ),
    Bad("ST-1: access logs kept for a day", "dev", "storage.accessLogRetentionDays", 1, "at least 30"),
    Bad("ST-8: uploads beyond S3's limit", "prod", "storage.maxUploadMegabytes", 5001, "at most 5000"),
    Bad("ST-8: a budget of nothing", "prod", "storage.alarms.monthlyBudgetDollars", 0, "at least 1"),
    Bad("ST-8: no size", "prod", "storage.alarms.sizeGigabytes", -1, "at least 1"),
    Bad(
        "ST-8: too many objects to count", "prod", "storage.alarms.objectCount", 10**17, "at most 10000000000"
    ),
    Bad("ST-5: a host with dots", "prod", "storage.delivery.hostnameLabel", "files.cdn", "one DNS label"),
    Bad("ST-5: no key", "prod", "storage.delivery.signingPublicKeys", [], "at least 1"),
    Bad("ST-5: six keys", "prod", "storage.delivery.signingPublicKeys", [KEY] * 6, "at most 5"),
    between(
        "ST-5: a text that is no key",
        "prod",
        "storage.delivery.signingPublicKeys.0.pem",
        NO_KEY,
        "RSA with 2048 bits",
        at="storage.delivery.signingPublicKeys[0].pem",
    ),
    between(
        "TP-2: a new key under the old name",
        "prod",
        "storage.delivery.signingPublicKeys.1",
        {
            "name": KEY["name"],
            "pem": stack_values("dev")["storage"]["delivery"]["signingPublicKeys"][0]["pem"],
        },
        "twice",
        at="storage.delivery.signingPublicKeys[1].name",
    ),
    between(
        "TP-2: the old key under a new name",
        "prod",
        "storage.delivery.signingPublicKeys.1",
        {**KEY, "name": "prod-2027-02"},
        "twice",
        at="storage.delivery.signingPublicKeys[1].pem",
    ),
    Bad(
        "ST-6: an origin with a scheme",
        "dev",
        "storage.additionalCorsOrigins",
        ["https://jtld.vercel.app"],
        "fully qualified",
        at="storage.additionalCorsOrigins[0]",
    ),
    between(
        "ST-6: a foreign origin in prod",
        "prod",
        "storage.additionalCorsOrigins",
        ["evil-jtldconsulting.com"],
        "below jtldconsulting.com",
        at="storage.additionalCorsOrigins[0]",
    ),
    Bad("HO-6: a team id of another form", "prod", "access.vercel.teamId", "jtld", "team_"),
    Bad("HO-6: a project with blanks", "prod", "access.vercel.projectName", "JTLD Platform", "lower-case"),
    Bad("a list for a mapping", "prod", "access.vercel", [], "must be a mapping"),
    Bad("a mapping for a list", "prod", "network.adminCidrs", {}, "must be a list"),
    Bad("a number for a text", "prod", "environment.owner", 7, "letters, digits"),
    Bad("an unknown key", "prod", "network.ipv6", True, "is not a setting"),
    Bad("a key in snake case", "prod", "network.admin_cidrs", [], "is not a setting"),
    Bad("an unknown concern", "prod", "blockchain", {}, "is not a setting"),
    Bad("a concern left out", "prod", "network", GONE, "is required"),
    Bad("a concern without content", "prod", "network", None, "must be a mapping"),
    between(
        "a secret among the settings", "prod", "environment.owner", "AKIA" + "Q" * 16, "not be in plain text"
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.sentence)
def test_a_bad_value_breaks_its_rule_and_no_other(row: Bad) -> None:
    refused_by_its_rule_alone(row)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.sentence)
def test_the_schema_refuses_what_is_wrong_by_its_form(row: Bad) -> None:
    judged_by_the_schema_as_marked(row)


GOOD = [
    ("dev", "network.adminCidrs", ["198.51.100.7/32", "198.51.100.8/32"]),
    ("dev", "network.cidr", "172.31.240.0/20"),
    ("dev", "network.cidr", "192.168.0.0/16"),
    ("dev", "storage.additionalCorsOrigins", ["jtld-platform-git-main.vercel.app"]),
    ("prod", "storage.additionalCorsOrigins", ["careers.jtldconsulting.com", "jtldconsulting.com"]),
    ("prod", "network.flowLogRetentionDays", 3653),
    ("prod", "storage.lifecycle", {"infrequentAccessDays": 30, "glacierDays": 60}),
    ("prod", "environment.domain", "xn--jtld-5qa.example"),
    ("prod", "network.interfaceEndpoints", []),
]


@pytest.mark.parametrize(("stack", "key", "value"), GOOD, ids=[f"{key} {value}" for _, key, value in GOOD])
def test_values_at_the_edge_of_the_rules_are_taken(stack: str, key: str, value: Any) -> None:
    taken(stack, key, value)
