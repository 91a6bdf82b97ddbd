"""The named types that the concerns share: each is one rule, written once."""

import ipaddress
import zoneinfo
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field

from settings.base import Rule
from settings.pem import require_cloudfront_public_key

EnvironmentName = Literal["dev", "staging", "prod"]
ENVIRONMENTS: tuple[EnvironmentName, ...] = get_args(EnvironmentName)

CanadianRegion = Annotated[
    Literal["ca-central-1", "ca-west-1"],
    Rule(
        "must be ca-central-1 or ca-west-1",
        "all data stays in Canada (PIPEDA, ST-1, ST-9)",
        "Write one of AWS's two Canadian regions.",
    ),
]

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"

Text = Annotated[
    str,
    Field(
        min_length=1, max_length=128, pattern=r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?$"
    ),
    Rule(
        "must be 1 to 128 characters on one line, without blanks around it",
        remedy="Shorten or trim the text.",
    ),
]

TagValue = Annotated[
    str,
    Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9]([A-Za-z0-9 _.:/=+@-]*[A-Za-z0-9])?$"),
    Rule(
        "must be 1 to 128 letters, digits, blanks and _ . : / = + @ -",
        "it becomes a tag, and AWS takes no other characters in tags",
        "Leave the other characters out.",
    ),
]

Slug = Annotated[
    str,
    Field(max_length=100, pattern=r"^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$"),
    Rule(
        "must be 1 to 100 lower-case letters, digits, and . _ - between them",
        remedy="Copy it from the service's address bar.",
    ),
]

AwsAccountId = Annotated[
    str,
    Field(pattern=r"^[0-9]{12}$"),
    Rule(
        "must be the 12 digits of an AWS account, in quotes",
        "the provider refuses to touch any other account (a mixed-up account loses state, pulumi#11628)",
        "Write all 12 digits in quotes; without quotes YAML reads a number and drops leading zeros.",
    ),
]

DomainName = Annotated[
    str,
    Field(max_length=253, pattern=rf"^({_LABEL}\.)+[a-z]([a-z0-9-]{{0,61}}[a-z0-9])$"),
    Rule(
        "must be a fully qualified domain name in lower case, without scheme, path or trailing dot",
        "records, certificates and allowed origins are built from it (ED-1, ST-6)",
        "Write only the name, for example jtldconsulting.com; write an international name in its xn-- form.",
    ),
]

BucketName = Annotated[
    str,
    Field(max_length=63, pattern=r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$"),
    Rule(
        "must be the name of a bucket: 3 to 63 lower-case letters, digits and inner dashes",
        "S3 takes no others, and a dot in the name breaks TLS",
        "Write the name alone, without s3:// and without a path.",
    ),
]

KeyArn = Annotated[
    str,
    Field(
        max_length=120,
        pattern=r"^arn:aws:kms:[a-z]{2}-[a-z]+-[0-9]:[0-9]{12}:key/(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$",
    ),
    Rule(
        "must be the ARN of a KMS key",
        "an alias can be turned to another key, and its ARN names none",
        "Copy the key's ARN: arn:aws:kms:<region>:<account>:key/<id>.",
    ),
]

HostLabel = Annotated[
    str,
    Field(max_length=63, pattern=rf"^{_LABEL}$"),
    Rule(
        "must be one DNS label: 1 to 63 lower-case letters, digits and inner dashes",
        "it becomes a host name below the environment's domain (ED-1)",
        "Write the label alone, for example files; the domain is added.",
    ),
]

EmailAddress = Annotated[
    str,
    Field(max_length=254, pattern=r"^[a-z0-9._+-]{1,64}@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$"),
    Rule(
        "must be an e-mail address in lower case", remedy="Write the address alone, without a name around it."
    ),
]

_CIDR = r"^([0-9]{1,3}\.){3}[0-9]{1,3}/[0-9]{1,2}$"
_WIDEST_VPC, _NARROWEST_VPC, _WIDEST_CLIENTS = 16, 20, 24
_PRIVATE = tuple(ipaddress.IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))


def _private(text: str) -> str:
    network = ipaddress.IPv4Network(text)
    if not _WIDEST_VPC <= network.prefixlen <= _NARROWEST_VPC or not any(
        network.subnet_of(block) for block in _PRIVATE
    ):
        raise ValueError
    return text


def _narrow(text: str) -> str:
    if ipaddress.IPv4Network(text).prefixlen < _WIDEST_CLIENTS:
        raise ValueError
    return text


VpcCidr = Annotated[
    str,
    Field(pattern=_CIDR),
    AfterValidator(_private),
    Rule(
        "must be a private IPv4 range (RFC 1918) from /16 to /20, written from its first address",
        "it must hold 16 subnets of useful size and never shadow public addresses (NW-1)",
        "Write a range inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16, for example 10.20.0.0/16.",
    ),
]

NarrowCidr = Annotated[
    str,
    Field(pattern=_CIDR),
    AfterValidator(_narrow),
    Rule(
        "must be an IPv4 range of at most 256 addresses (/24 to /32), written from its first address",
        "a wide range opens a port to strangers (NW-2, SV-N3)",
        "Write the addresses you know, one range each: 203.0.113.7/32 for a single host.",
    ),
]

ImageTag = Annotated[
    str,
    Field(pattern=r"^[0-9a-f]{7,12}$"),
    Rule(
        "must be the short git SHA of the commit that built the image: 7 to 12 hexadecimal digits, in quotes",
        "latest and every other movable tag says nothing about what runs, and cannot be rolled back (CT-4)",
        "Copy it from the release-image workflow's summary.",
    ),
]


def _zone(text: str) -> str:
    zoneinfo.ZoneInfo(text)
    return text


TimeZone = Annotated[
    str,
    Field(max_length=64, pattern=r"^[A-Za-z]+(/[A-Za-z0-9_+-]+){1,2}$"),
    AfterValidator(_zone),
    Rule(
        "must be a time zone of the IANA database",
        "office hours, in which no heavy job may run, are counted in it (JB-N3)",
        "Write Area/City, for example America/Toronto.",
    ),
]

LogRetentionDays = Annotated[
    Literal[
        1,
        3,
        5,
        7,
        14,
        30,
        60,
        90,
        120,
        150,
        180,
        365,
        400,
        545,
        731,
        1096,
        1827,
        2192,
        2557,
        2922,
        3288,
        3653,
    ],
    Rule(
        "must be one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, "
        "2557, 2922, 3288, 3653",
        "CloudWatch Logs keeps logs for these numbers of days only",
        "Take the next larger number of the list.",
    ),
]

PublicKeyPem = Annotated[
    str,
    Field(max_length=1000, pattern=r"^-----BEGIN PUBLIC KEY-----\n"),
    AfterValidator(require_cloudfront_public_key),
    Rule(
        "must be a PEM public key: RSA with 2048 bits, or ECDSA on P-256",
        "CloudFront verifies signed URLs with these kinds only (ST-5)",
        "Make one with `openssl genrsa 2048`; its `openssl rsa -pubout` stands here, the rest is a secret.",
    ),
]
