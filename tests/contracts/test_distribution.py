"""ST-5: what CloudFront and ACM say to distributions, keys and certificates."""

from typing import Any

import pytest

from tests.contracts.account import ACCOUNT, Account, Made, OperationError, RefusedError

DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
PEM = "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n-----END PUBLIC KEY-----\n"


@pytest.fixture
def access(aws: Account) -> Made:
    return aws.make(
        "cloudfront/originAccessControl:OriginAccessControl",
        name="files",
        originAccessControlOriginType="s3",
        signingBehavior="always",
        signingProtocol="sigv4",
    )


def distribution(**more: Any) -> dict[str, Any]:
    return {
        "enabled": True,
        "origins": [{"originId": "files", "domainName": "jtld-files.s3.ca-central-1.amazonaws.com"}],
        "defaultCacheBehavior": {
            "targetOriginId": "files",
            "viewerProtocolPolicy": "redirect-to-https",
            "allowedMethods": ["GET", "HEAD"],
            "cachedMethods": ["GET", "HEAD"],
            "cachePolicyId": DISABLED,
        },
        "restrictions": {"geoRestriction": {"restrictionType": "none"}},
        "viewerCertificate": {"cloudfrontDefaultCertificate": True},
        **more,
    }


CLOUDFRONT = "cloudfront/distribution:Distribution"


def certificate(aws: Account, *names: str, region: str = "us-east-1") -> Made:
    rest = {"subjectAlternativeNames": list(names[1:])} if names[1:] else {}
    return aws.make(
        "acm/certificate:Certificate", domainName=names[0], validationMethod="DNS", region=region, **rest
    )


def test_a_distribution_gets_its_names_from_the_cloud(aws: Account) -> None:
    made = aws.make(CLOUDFRONT, **distribution())
    assert made["arn"] == f"arn:aws:cloudfront::{ACCOUNT}:distribution/{made.id}"
    assert made["domainName"].endswith(".cloudfront.net")
    assert made["hostedZoneId"] == "Z2FDTNDATAQYW2"
    assert len(made.id) == 14
    changed = aws.change(made, comment="files")
    assert changed["domainName"] == made["domainName"]
    assert changed["etag"] != made["etag"]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"priceClass": "PriceClass_50"}, "must be one of"),
        ({"httpVersion": "http4"}, "must be one of"),
        ({"defaultCacheBehavior": {"targetOriginId": "elsewhere"}}, "NoSuchOrigin"),
        ({"defaultCacheBehavior": {"viewerProtocolPolicy": "https"}}, "must be one of"),
        ({"defaultCacheBehavior": {"cachePolicyId": None}}, "ForwardedValues"),
        (
            {"defaultCacheBehavior": {"cachePolicyId": "4135ea2d-6df8-44a3-9df3-000000000000"}},
            "NoSuchCachePolicy",
        ),
        (
            {"defaultCacheBehavior": {"trustedKeyGroups": ["00000000-0000-4000-8000-000000000000"]}},
            "TrustedKeyGroupDoesNotExist",
        ),
        ({"defaultRootObject": "/index.html"}, "InvalidDefaultRootObject"),
        ({"aliases": ["files.jtldinc.com"]}, "must attach a trusted certificate"),
        (
            {
                "viewerCertificate": {
                    "cloudfrontDefaultCertificate": True,
                    "minimumProtocolVersion": "TLSv1.2_2021",
                }
            },
            "InvalidMinimumProtocolVersion",
        ),
        ({"viewerCertificate": {}}, "certificate source"),
        ({"restrictions": {"geoRestriction": {"restrictionType": "whitelist"}}}, "InvalidGeoRestriction"),
    ],
)
def test_a_distribution_that_cloudfront_refuses_is_refused(
    aws: Account, wrong: dict[str, Any], why: str
) -> None:
    given = distribution()
    for name, value in wrong.items():
        given[name] = {**given[name], **value} if name == "defaultCacheBehavior" else value
    with pytest.raises((OperationError, RefusedError), match=why):
        aws.make(CLOUDFRONT, **given)


def behind(made: Made) -> dict[str, Any]:
    viewer = {
        "acmCertificateArn": made["arn"],
        "sslSupportMethod": "sni-only",
        "minimumProtocolVersion": "TLSv1.2_2021",
    }
    return distribution(aliases=["files.jtldinc.com"], viewerCertificate=viewer)


def test_a_certificate_serves_cloudfront_from_us_east_1_once_it_is_issued(aws: Account) -> None:
    near = certificate(aws, "files.jtldinc.com", region="ca-central-1")
    with pytest.raises(OperationError, match="us-east-1"):
        aws.make(CLOUDFRONT, **behind(near))
    far = certificate(aws, "files.jtldinc.com")
    with pytest.raises(OperationError, match="has not been issued"):
        aws.make(CLOUDFRONT, **behind(far))
    aws.make("acm/certificateValidation:CertificateValidation", certificateArn=far["arn"], region="us-east-1")
    assert aws.make(CLOUDFRONT, **behind(far))
    with pytest.raises(OperationError, match="ResourceInUseException"):
        aws.drop(far)
    with pytest.raises(OperationError, match="CNAMEAlreadyExists"):
        aws.make(CLOUDFRONT, **behind(far))


def test_a_certificate_names_the_records_that_prove_it(aws: Account) -> None:
    made = certificate(aws, "jtldinc.com", "*.jtldinc.com", "www.jtldinc.com")
    options = made["domainValidationOptions"]
    assert [option["domainName"] for option in options] == ["jtldinc.com", "*.jtldinc.com", "www.jtldinc.com"]
    assert (
        options[0]["resourceRecordName"]
        == options[1]["resourceRecordName"]
        != options[2]["resourceRecordName"]
    )
    assert all(option["resourceRecordName"].endswith(".jtldinc.com.") for option in options)
    assert made["status"] == "PENDING_VALIDATION"
    assert aws.replaces(made, subjectAlternativeNames=["api.jtldinc.com"])
    with pytest.raises(RefusedError, match="cannot end with a period"):
        certificate(aws, "jtldinc.com.")


def test_keys_groups_and_access_controls_stay_while_a_distribution_uses_them(
    aws: Account, access: Made
) -> None:
    key = aws.make("cloudfront/publicKey:PublicKey", name="signing", encodedKey=PEM)
    group = aws.make("cloudfront/keyGroup:KeyGroup", name="signing", items=[key.id])
    given = distribution()
    given["defaultCacheBehavior"]["trustedKeyGroups"] = [group.id]
    given["origins"][0]["originAccessControlId"] = access.id
    made = aws.make(CLOUDFRONT, **given)
    for held, code in [
        (access, "OriginAccessControlInUse"),
        (group, "ResourceInUse"),
        (key, "PublicKeyInUse"),
    ]:
        with pytest.raises(OperationError, match=code):
            aws.drop(held)
    for thing in (made, group, key, access):
        aws.drop(thing)


def test_names_are_unique_in_the_account(aws: Account, access: Made) -> None:
    with pytest.raises(OperationError, match="OriginAccessControlAlreadyExists"):
        aws.make("cloudfront/originAccessControl:OriginAccessControl", **access.inputs)


def test_a_public_key_is_a_pem_and_a_new_one_replaces_it(aws: Account) -> None:
    with pytest.raises(OperationError, match="RSA Encoded Key"):
        aws.make("cloudfront/publicKey:PublicKey", name="signing", encodedKey="MIIB")
    key = aws.make("cloudfront/publicKey:PublicKey", name="signing", encodedKey=PEM)
    assert aws.replaces(key, encodedKey=PEM.replace("MIIB", "MIIC"))


def test_a_security_header_is_no_custom_header(aws: Account) -> None:
    headers = "cloudfront/responseHeadersPolicy:ResponseHeadersPolicy"
    custom = {"items": [{"header": "X-Frame-Options", "value": "DENY", "override": True}]}
    with pytest.raises(OperationError, match="security header"):
        aws.make(headers, name="files", customHeadersConfig=custom)
    with pytest.raises(RefusedError, match="at least one of"):
        aws.make(headers, name="files")


@pytest.mark.parametrize(
    ("token", "name", "identifier"),
    [
        ("getCachePolicy:getCachePolicy", "Managed-CachingDisabled", DISABLED),
        ("getCachePolicy:getCachePolicy", "Managed-CachingOptimized", "658327ea-f89d-4fab-a63d-7e88639e58f6"),
        (
            "getOriginRequestPolicy:getOriginRequestPolicy",
            "Managed-CORS-S3Origin",
            "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf",
        ),
        (
            "getResponseHeadersPolicy:getResponseHeadersPolicy",
            "Managed-SecurityHeadersPolicy",
            "67f7725c-6f97-4210-82d7-5512b31e9d03",
        ),
    ],
)
def test_aws_own_policies_have_their_real_ids(aws: Account, token: str, name: str, identifier: str) -> None:
    assert aws.provider.invoke(f"aws:cloudfront/{token}", {"name": name})["id"] == identifier
    assert aws.provider.invoke(f"aws:cloudfront/{token}", {"id": identifier})["name"] == name
    with pytest.raises(OperationError, match="no matching"):
        aws.provider.invoke(f"aws:cloudfront/{token}", {"name": "Managed-Nothing"})


def test_access_logs_are_delivered_from_us_east_1(aws: Account) -> None:
    files = aws.make(CLOUDFRONT, **distribution())
    logs = aws.make("s3/bucket:Bucket", bucket="jtld-logs")
    source = {"name": "files", "logType": "ACCESS_LOGS", "resourceArn": files["arn"]}
    with pytest.raises(OperationError, match="us-east-1"):
        aws.make("cloudwatch/logDeliverySource:LogDeliverySource", **source)
    made = aws.make("cloudwatch/logDeliverySource:LogDeliverySource", **source, region="us-east-1")
    assert made["service"] == "cloudfront"
    target = aws.make(
        "cloudwatch/logDeliveryDestination:LogDeliveryDestination",
        name="files",
        region="us-east-1",
        deliveryDestinationConfiguration={"destinationResourceArn": logs["arn"]},
    )
    assert target["deliveryDestinationType"] == "S3"
    given = {"deliverySourceName": "files", "deliveryDestinationArn": target["arn"], "region": "us-east-1"}
    aws.make("cloudwatch/logDelivery:LogDelivery", **given)
    with pytest.raises(OperationError, match="already exists"):
        aws.make("cloudwatch/logDelivery:LogDelivery", **given)
    with pytest.raises(OperationError, match="existing delivery"):
        aws.drop(made)
