"""Where the page lies and how it is served: a bucket and a distribution beside nothing else (MO-5)."""

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.iam import Statement
from components.platform import PROJECT, Platform
from components.storage.bucket import BucketPlan, PrivateBucket, bucket_policy, log_access, private_bucket
from components.storage.delivery import AccessLog, HostProof, proven_host, record_access
from components.storage.policies import access_logs, delivered_logs
from services.status.names import PAGE
from services.status.page import security_policy

# AWS's managed policy CachingOptimized: it keeps what the page's own Cache-Control allows, from one second on.
_AS_THE_PAGE_SAYS = "658327ea-f89d-4fab-a63d-7e88639e58f6"
_METHODS = ["GET", "HEAD"]
_YEAR_SECONDS = 31_536_000
_FOLDER, _, _DOCUMENT = PAGE.partition("/")


@dataclass(frozen=True, kw_only=True)
class Publication:
    """The page's bucket, the bucket of its logs, and what serves it."""

    page: PrivateBucket
    logs: PrivateBucket
    policies: tuple[aws.s3.BucketPolicy, ...]
    logging: aws.s3.BucketLogging
    proof: HostProof
    origin_access: aws.cloudfront.OriginAccessControl
    headers: aws.cloudfront.ResponseHeadersPolicy
    distribution: aws.cloudfront.Distribution
    access_log: AccessLog


@dataclass(frozen=True)
class Publisher:
    """Builds a `Publication` whose resources are children of `parent`."""

    host: str
    parent: pulumi.Resource
    platform: Platform

    def publish(self, *, key_arn: pulumi.Input[str], log_days: int) -> Publication:
        """Serve what stands under the page's folder; everything else in the bucket stays inside."""
        owner: dict[str, Any] = {"parent": self.parent, "platform": self.platform}
        account_id = self.platform.environment.account_id
        page = private_bucket(self._plan("status", "page", _forgetting(1), key_arn), **owner)
        logs = private_bucket(self._plan("status-logs", "logs", _forgetting(30, log_days)), **owner)
        log_policy = bucket_policy(
            logs,
            access_logs(logs.plan, page.plan, account_id=account_id),
            delivered_logs(logs.plan, account_id=account_id),
            **owner,
        )
        proof = proven_host("status", self.host, tags=self._tags(), opts=self._child())
        origin_access = self._origin_access()
        headers = self._headers()
        distribution = self._distribution(page.bucket, proof, origin_access, headers)
        reading = Statement(
            sid="ContentDeliveryReads",
            actions="s3:GetObject",
            principals={"Service": "cloudfront.amazonaws.com"},
            resources=f"{page.plan.arn}/{_FOLDER}/*",
            conditions={"StringEquals": {"aws:SourceArn": distribution.arn}},
        )
        return Publication(
            page=page,
            logs=logs,
            policies=(bucket_policy(page, reading, **owner), log_policy),
            logging=log_access(page, logs, admitted=log_policy, **owner),
            proof=proof,
            origin_access=origin_access,
            headers=headers,
            distribution=distribution,
            access_log=record_access(
                "status",
                distribution,
                logs.bucket,
                tags=self._tags(),
                opts=self.platform.child(self.parent, depends_on=[log_policy]),
            ),
        )

    def _tags(self) -> dict[str, str]:
        return self.platform.tags("status")

    def _child(self) -> pulumi.ResourceOptions:
        return self.platform.child(self.parent)

    def _plan(
        self, role: str, holds: str, rules: list[dict[str, Any]], key_arn: pulumi.Input[str] | None = None
    ) -> BucketPlan:
        return BucketPlan(
            role=role,
            name=f"{PROJECT}-{role}-{self.platform.environment.name}",
            region=self.platform.environment.replica_region,
            holds=holds,
            key_arn=key_arn,
            lifecycle_rules=rules,
            component="status",
        )

    def _origin_access(self) -> aws.cloudfront.OriginAccessControl:
        return aws.cloudfront.OriginAccessControl(
            "status",
            description="Reads the status page",
            origin_access_control_origin_type="s3",
            signing_behavior="always",
            signing_protocol="sigv4",
            opts=self._child(),
        )

    def _headers(self) -> aws.cloudfront.ResponseHeadersPolicy:
        return aws.cloudfront.ResponseHeadersPolicy(
            "status",
            comment="Headers of the status page",
            security_headers_config={
                "strict_transport_security": {
                    "access_control_max_age_sec": _YEAR_SECONDS,
                    "include_subdomains": True,
                    "override": True,
                },
                "content_type_options": {"override": True},
                "frame_options": {"frame_option": "DENY", "override": True},
                "referrer_policy": {"referrer_policy": "no-referrer", "override": True},
                "content_security_policy": {
                    "content_security_policy": security_policy(),
                    "override": True,
                },
            },
            opts=self._child(),
        )

    def _distribution(
        self,
        page: aws.s3.Bucket,
        proof: HostProof,
        origin_access: aws.cloudfront.OriginAccessControl,
        headers: aws.cloudfront.ResponseHeadersPolicy,
    ) -> aws.cloudfront.Distribution:
        return aws.cloudfront.Distribution(
            "status",
            comment=f"Status page {self.host}",
            enabled=True,
            aliases=[self.host],
            default_root_object=_DOCUMENT,
            http_version="http2and3",
            is_ipv6_enabled=True,
            price_class="PriceClass_100",
            origins=[
                {
                    "origin_id": "page",
                    "domain_name": page.bucket_regional_domain_name,
                    "origin_path": f"/{_FOLDER}",
                    "origin_access_control_id": origin_access.id,
                }
            ],
            default_cache_behavior={
                "target_origin_id": "page",
                "viewer_protocol_policy": "redirect-to-https",
                "allowed_methods": _METHODS,
                "cached_methods": _METHODS,
                "cache_policy_id": _AS_THE_PAGE_SAYS,
                "response_headers_policy_id": headers.id,
                "compress": True,
            },
            restrictions={"geo_restriction": {"restriction_type": "none"}},
            viewer_certificate={
                "acm_certificate_arn": proof.issued.certificate_arn,
                "ssl_support_method": "sni-only",
                "minimum_protocol_version": "TLSv1.2_2021",
            },
            tags=self._tags(),
            opts=self._child(),
        )


def _forgetting(old_version_days: int, object_days: int | None = None) -> list[dict[str, Any]]:
    """Return life-cycle rules: the page has 1,440 versions a day, each of which is worth nothing the day after."""
    everything: dict[str, Any] = {"status": "Enabled", "filter": {"prefix": ""}}
    versions = everything | {
        "id": "every-object",
        "abort_incomplete_multipart_upload": {"days_after_initiation": 1},
        "noncurrent_version_expiration": {"noncurrent_days": old_version_days},
        "expiration": {"expired_object_delete_marker": True},
    }
    if object_days is None:
        return [versions]
    return [versions, everything | {"id": "expire", "expiration": {"days": object_days}}]
