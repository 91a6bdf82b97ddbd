"""How files reach browsers: CloudFront authenticates to S3, Cloudflare in front of it caches (ST-5, ST-N6).

Whatever is not declared public needs a signed URL: the default behaviour trusts a key group, and only the
public prefixes have one of their own without it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.platform import EDGE_REGION, Platform
from settings.prefixes import PREFIXES
from settings.storage import SigningKey

# AWS's managed policy CachingDisabled: its id is the same in every account.
_CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
_METHODS = ["GET", "HEAD", "OPTIONS"]
_YEAR_SECONDS = 31_536_000
# What Cloudflare may keep: public files for 7 days unless the object says otherwise, private ones never.
_CACHE_CONTROL = {"public": ("public, max-age=604800", False), "private": ("private, no-store", True)}


@dataclass(frozen=True, kw_only=True)
class Signing:
    """The public keys trusted for signed URLs, in the order of the settings."""

    keys: Mapping[str, aws.cloudfront.PublicKey]
    group: aws.cloudfront.KeyGroup

    @property
    def current(self) -> aws.cloudfront.PublicKey:
        """Return the key that signs now: the settings name it first."""
        return next(iter(self.keys.values()))


@dataclass(frozen=True, kw_only=True)
class AccessLog:
    """CloudFront's access log, from distribution to log bucket."""

    source: aws.cloudwatch.LogDeliverySource
    destination: aws.cloudwatch.LogDeliveryDestination
    delivery: aws.cloudwatch.LogDelivery


@dataclass(frozen=True, kw_only=True)
class HostProof:
    """A certificate for one host; `issued` is the wait for it."""

    certificate: aws.acm.Certificate
    issued: aws.acm.CertificateValidation


@dataclass(frozen=True, kw_only=True)
class ContentDelivery:
    """The distribution and everything it stands on."""

    proof: HostProof
    signing: Signing
    origin_access: aws.cloudfront.OriginAccessControl
    headers: Mapping[str, aws.cloudfront.ResponseHeadersPolicy]
    distribution: aws.cloudfront.Distribution
    access_log: AccessLog


class Deliverer:
    """Builds a `ContentDelivery` whose resources are children of `parent`."""

    def __init__(self, host: str, *, parent: pulumi.Resource, platform: Platform) -> None:
        self._host = host
        self._parent = parent
        self._platform = platform
        self._tags = platform.tags("storage")

    def deliver(
        self,
        origins: Mapping[str, aws.s3.Bucket],
        *,
        signing_keys: tuple[SigningKey, ...],
        log_bucket: aws.s3.Bucket,
        log_policy: aws.s3.BucketPolicy,
    ) -> ContentDelivery:
        """Serve the first of `origins`, and the next where it fails; log where `log_policy` lets us."""
        proof = proven_host("files", self._host, tags=self._tags, opts=self._child())
        signing = self._signing(signing_keys)
        origin_access = self._origin_access()
        headers = {audience: self._headers(audience) for audience in _CACHE_CONTROL}
        distribution = self._distribution(origins, proof.issued, signing.group, origin_access, headers)
        return ContentDelivery(
            proof=proof,
            signing=signing,
            origin_access=origin_access,
            headers=headers,
            distribution=distribution,
            access_log=record_access(
                "files", distribution, log_bucket, tags=self._tags, opts=self._child(log_policy)
            ),
        )

    def _child(self, *depends_on: pulumi.Resource) -> pulumi.ResourceOptions:
        return self._platform.child(self._parent, depends_on=list(depends_on))

    def _signing(self, signing_keys: tuple[SigningKey, ...]) -> Signing:
        keys = {
            key.name: aws.cloudfront.PublicKey(
                key.name, encoded_key=key.pem, comment="Signs URLs of private files", opts=self._child()
            )
            for key in signing_keys
        }
        group = aws.cloudfront.KeyGroup(
            "files",
            items=[key.id for key in keys.values()],
            comment="Trusted for private files",
            opts=self._child(),
        )
        return Signing(keys=keys, group=group)

    def _origin_access(self) -> aws.cloudfront.OriginAccessControl:
        return aws.cloudfront.OriginAccessControl(
            "files",
            description="Reads private buckets",
            origin_access_control_origin_type="s3",
            signing_behavior="always",
            signing_protocol="sigv4",
            opts=self._child(),
        )

    def _headers(self, audience: str) -> aws.cloudfront.ResponseHeadersPolicy:
        """Set the headers of a host that serves files and never a page."""
        value, override = _CACHE_CONTROL[audience]
        return aws.cloudfront.ResponseHeadersPolicy(
            audience,
            comment=f"Headers of {audience} files",
            custom_headers_config={
                "items": [{"header": "Cache-Control", "value": value, "override": override}]
            },
            security_headers_config={
                "strict_transport_security": {
                    "access_control_max_age_sec": _YEAR_SECONDS,
                    "include_subdomains": True,
                    "override": True,
                },
                "content_type_options": {"override": True},
                "frame_options": {"frame_option": "DENY", "override": True},
                "referrer_policy": {"referrer_policy": "strict-origin-when-cross-origin", "override": True},
                "content_security_policy": {
                    "content_security_policy": "default-src 'none'; frame-ancestors 'none'",
                    "override": True,
                },
            },
            opts=self._child(),
        )

    def _distribution(
        self,
        origins: Mapping[str, aws.s3.Bucket],
        issued: aws.acm.CertificateValidation,
        trusted: aws.cloudfront.KeyGroup,
        origin_access: aws.cloudfront.OriginAccessControl,
        headers: Mapping[str, aws.cloudfront.ResponseHeadersPolicy],
    ) -> aws.cloudfront.Distribution:
        groups = _failover(origins)
        behaviour: dict[str, Any] = {
            "target_origin_id": groups[0]["origin_id"] if groups else next(iter(origins)),
            "viewer_protocol_policy": "redirect-to-https",
            "allowed_methods": _METHODS,
            "cached_methods": _METHODS,
            "cache_policy_id": _CACHING_DISABLED,
            "compress": True,
        }
        return aws.cloudfront.Distribution(
            "files",
            comment=f"Files of {self._host}",
            enabled=True,
            aliases=[self._host],
            http_version="http2and3",
            is_ipv6_enabled=True,
            price_class="PriceClass_100",
            origins=[
                {
                    "origin_id": role,
                    "domain_name": bucket.bucket_regional_domain_name,
                    "origin_access_control_id": origin_access.id,
                }
                for role, bucket in origins.items()
            ],
            origin_groups=groups,
            default_cache_behavior=behaviour
            | {"response_headers_policy_id": headers["private"].id, "trusted_key_groups": [trusted.id]},
            ordered_cache_behaviors=[
                behaviour
                | {"response_headers_policy_id": headers["public"].id, "path_pattern": f"{prefix.path}*"}
                for prefix in PREFIXES
                if prefix.public
            ],
            restrictions={"geo_restriction": {"restriction_type": "none"}},
            viewer_certificate={
                "acm_certificate_arn": issued.certificate_arn,
                "ssl_support_method": "sni-only",
                "minimum_protocol_version": "TLSv1.2_2021",
            },
            tags=self._tags,
            opts=self._child(),
        )


def _failover(origins: Mapping[str, aws.s3.Bucket]) -> list[dict[str, Any]]:
    """Return the group that turns to the next origin when one fails, if there is one (CloudFront.4)."""
    if len(origins) == 1:
        return []
    return [
        {
            "origin_id": "first-that-answers",
            "failover_criteria": {"status_codes": [500, 502, 503, 504]},
            "members": [{"origin_id": role} for role in origins],
        }
    ]


def proven_host(role: str, host: str, *, tags: Mapping[str, str], opts: pulumi.ResourceOptions) -> HostProof:
    """Ask for the certificate of a host that CloudFront will serve, and wait for it."""
    certificate = aws.acm.Certificate(
        role,
        domain_name=host,
        validation_method="DNS",
        key_algorithm="EC_prime256v1",
        options={"certificate_transparency_logging_preference": "ENABLED"},
        region=EDGE_REGION,
        tags=tags,
        opts=opts,
    )
    issued = aws.acm.CertificateValidation(
        role, certificate_arn=certificate.arn, region=EDGE_REGION, opts=opts
    )
    return HostProof(certificate=certificate, issued=issued)


def record_access(
    role: str,
    distribution: aws.cloudfront.Distribution,
    log_bucket: aws.s3.Bucket,
    *,
    tags: Mapping[str, str],
    opts: pulumi.ResourceOptions,
) -> AccessLog:
    """Deliver a distribution's access log to a bucket, whose policy must be among what `opts` depends on."""
    source = aws.cloudwatch.LogDeliverySource(
        role,
        log_type="ACCESS_LOGS",
        resource_arn=distribution.arn,
        region=EDGE_REGION,
        tags=tags,
        opts=opts,
    )
    destination = aws.cloudwatch.LogDeliveryDestination(
        role,
        output_format="json",
        delivery_destination_configuration={"destination_resource_arn": log_bucket.arn},
        region=EDGE_REGION,
        tags=tags,
        opts=opts,
    )
    delivery = aws.cloudwatch.LogDelivery(
        role,
        delivery_source_name=source.name,
        delivery_destination_arn=destination.arn,
        region=EDGE_REGION,
        tags=tags,
        opts=opts,
    )
    return AccessLog(source=source, destination=destination, delivery=delivery)
