"""How files reach people: CloudFront before the buckets, signed URLs, names and records (ST-5)."""

from typing import Any

import pytest

from tests.components.stored import BUCKET, OBJECTS, buckets, twin
from tests.support import STACKS, Graph, as_configured, resolve
from tests.support.documents import matches, statements


def behaviour(graph: Graph, key: str) -> dict[str, Any]:
    """Return the cache behaviour that serves an object."""
    served = graph.one("aws:cloudfront/distribution:Distribution", "files").inputs
    ordered = (one for one in served["orderedCacheBehaviors"] if matches(one["pathPattern"], key))
    return next(ordered, served["defaultCacheBehavior"])


@pytest.mark.parametrize("name", ["logos", "photos"])
def test_public_assets_need_no_signature_and_are_cached_for_seven_days(prod: Graph, name: str) -> None:
    """ST-5: Cloudflare caches for 7 days and respects what the object itself says."""
    served = behaviour(prod, OBJECTS[name])
    (header,) = headers(prod, served)["customHeadersConfig"]["items"]

    assert not served.get("trustedKeyGroups")
    assert header["value"] == f"public, max-age={7 * 86_400}"
    assert header["override"] is False


@pytest.mark.parametrize("name", ["resumes", "documents", "temp"])
def test_everything_else_needs_a_signed_url_and_is_never_kept(prod: Graph, name: str) -> None:
    """ST-5, CloudFront.17: whatever nobody declared public is private."""
    served = behaviour(prod, OBJECTS[name])
    (header,) = headers(prod, served)["customHeadersConfig"]["items"]

    assert served["trustedKeyGroups"] == [prod.one("aws:cloudfront/keyGroup:KeyGroup").id]
    assert not served.get("trustedSigners")
    assert (header["value"], header["override"]) == ("private, no-store", True)


def headers(graph: Graph, served: dict[str, Any]) -> dict[str, Any]:
    type_ = "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy"
    return next(dict(n.inputs) for n in graph.of_type(type_) if n.id == served["responseHeadersPolicyId"])


def test_files_carry_security_headers(graph: Graph) -> None:
    """CKV2_AWS_32, CKV_AWS_259."""
    for policy in graph.of_type("aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy"):
        security = policy.inputs["securityHeadersConfig"]
        assert security["strictTransportSecurity"]["accessControlMaxAgeSec"] >= 31_536_000
        assert security["contentTypeOptions"]["override"] is True
        assert security["frameOptions"]["frameOption"] == "DENY"
        assert "referrerPolicy" in security


def test_only_the_distribution_reads_the_buckets_and_signs_every_request(graph: Graph) -> None:
    """ST-5, ST-N1, ST-N6, CloudFront.13: origin access control, pinned to the distribution's ARN."""
    served = graph.one("aws:cloudfront/distribution:Distribution", "files")
    control = graph.one("aws:cloudfront/originAccessControl:OriginAccessControl", "files")
    by_domain = {bucket.outputs["bucketRegionalDomainName"]: bucket for bucket in buckets(graph)}

    assert (control.inputs["signingBehavior"], control.inputs["signingProtocol"]) == ("always", "sigv4")
    for origin in served.inputs["origins"]:
        assert origin["originAccessControlId"] == control.id
        bucket = by_domain[origin["domainName"]]
        admitted = statements(twin(graph, "BucketPolicy", bucket))["ContentDeliveryReads"]
        assert admitted["Action"] == "s3:GetObject"
        assert admitted["Condition"] == {"StringEquals": {"aws:SourceArn": served.outputs["arn"]}}
        assert not matches(admitted["Resource"], f"{bucket.outputs['arn']}/{OBJECTS['temp']}")


def test_browsers_get_modern_tls_from_our_own_certificate(graph: Graph) -> None:
    """CloudFront.3, .7, .8, .15."""
    served = graph.one("aws:cloudfront/distribution:Distribution", "files").inputs
    certificate = graph.one("aws:acm/certificate:Certificate", "files")

    assert served["viewerCertificate"]["acmCertificateArn"] == certificate.outputs["arn"]
    assert served["viewerCertificate"]["sslSupportMethod"] == "sni-only"
    assert served["viewerCertificate"]["minimumProtocolVersion"] == "TLSv1.2_2021"
    assert certificate.inputs["region"] == "us-east-1"
    assert certificate.inputs["domainName"] in served["aliases"]
    for one in (served["defaultCacheBehavior"], *served["orderedCacheBehaviors"]):
        assert one["viewerProtocolPolicy"] == "redirect-to-https"


def test_cloudfront_keeps_no_second_cache(graph: Graph) -> None:
    """One caching layer a host: Cloudflare's."""
    served = graph.one("aws:cloudfront/distribution:Distribution", "files").inputs
    policies = {
        one["cachePolicyId"] for one in (served["defaultCacheBehavior"], *served["orderedCacheBehaviors"])
    }

    assert policies == {"4135ea2d-6df8-44a3-9df3-4b5a84be39ad"}, "AWS's CachingDisabled"


def test_prod_serves_the_copy_when_the_original_fails(prod: Graph) -> None:
    """CloudFront.4."""
    served = prod.one("aws:cloudfront/distribution:Distribution", "files").inputs
    (group,) = served["originGroups"]

    assert [member["originId"] for member in group["members"]] == ["files", "replica"]
    assert served["defaultCacheBehavior"]["targetOriginId"] == group["originId"]


def test_deliveries_are_logged(graph: Graph) -> None:
    """CloudFront.5: the log leads from the distribution to the log bucket, which admits it."""
    source = graph.one("aws:cloudwatch/logDeliverySource:LogDeliverySource", "files").inputs
    target = graph.one("aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination", "files").inputs
    logs = graph.one(BUCKET, "logs")
    delivery = graph.one("aws:cloudwatch/logDelivery:LogDelivery", "files")
    policy = twin(graph, "BucketPolicy", logs)

    assert (
        source["resourceArn"] == graph.one("aws:cloudfront/distribution:Distribution", "files").outputs["arn"]
    )
    assert target["deliveryDestinationConfiguration"]["destinationResourceArn"] == logs.outputs["arn"]
    assert "DeliveredLogs" in statements(policy)
    assert policy.urn in delivery.dependencies, "AWS writes into a policy that does not admit it yet"


def test_the_signing_key_is_kept_secret_under_our_own_key(graph: Graph) -> None:
    """ST-5, CKV_AWS_149: in Secrets Manager for operators, in the application as a secret variable."""
    secret = graph.one("aws:secretsmanager/secret:Secret", "files-signing")
    version = graph.one("aws:secretsmanager/secretVersion:SecretVersion", "files-signing")

    assert secret.inputs["kmsKeyId"] == graph.one("aws:kms/key:Key", "data").outputs["arn"]
    assert secret.inputs["recoveryWindowInDays"] >= 7
    assert secret.inputs["tags"]["jtld:rotation"] == "by-settings"
    assert "secretString" in version.secret_inputs


@pytest.mark.parametrize("stack", STACKS)
def test_the_application_learns_where_files_are(stack: str) -> None:
    """ST-5, HO-2."""
    built = as_configured(stack)
    variables = {one.key: resolve(one) for one in built.value.storage.variables}
    host = built.graph.one("aws:acm/certificate:Certificate", "files").inputs["domainName"]
    key = built.graph.of_type("aws:cloudfront/publicKey:PublicKey")[0]

    assert variables["S3_BUCKET_NAME"].value == f"jtld-platform-files-{stack}"
    assert variables["FILES_URL"].value == f"https://{host}"
    assert variables["FILES_SIGNING_KEY_ID"].value == key.id
    assert [name for name, one in variables.items() if one.secret] == ["FILES_SIGNING_PRIVATE_KEY"]


@pytest.mark.parametrize("stack", STACKS)
def test_the_host_of_files_and_its_proof_are_published(stack: str) -> None:
    """ST-5, ED-N6: the host through Cloudflare, the certificate's proof never."""
    built = as_configured(stack)
    records = {one.key: resolve(one) for one in built.value.storage.records}
    served = built.graph.one("aws:cloudfront/distribution:Distribution", "files")

    assert records["files"].value == served.outputs["domainName"]
    assert [records["files"].name] == served.inputs["aliases"]
    assert (records["files"].proxied, records["files"].ttl_seconds) == (True, None)
    assert records["files-certificate"].proxied is False
    assert records["files-certificate"].name.endswith(records["files"].name)
    assert not records["files-certificate"].value.endswith(".")
