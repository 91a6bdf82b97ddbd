"""The way to a public service: Cloudflare, then a load balancer that admits nobody else, then the service.

The web firewall is Cloudflare's (ED-4). Port 80 stays closed: Cloudflare redirects at its edge and speaks to
us over TLS alone (ED-2). Because every customer of Cloudflare comes from the same addresses, callers show a
token as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.compute.tasks import HEALTH_PATH, PORT
from components.credentials import Login, Safe
from components.platform import Platform
from components.records import Record

TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"


@dataclass(frozen=True, kw_only=True)
class Entrance:
    """A load balancer and everything it stands on; `records` are its host and its certificate's proof."""

    host: str
    certificate: aws.acm.Certificate
    issued: aws.acm.CertificateValidation
    balancer: aws.lb.LoadBalancer
    target_group: aws.lb.TargetGroup
    listener: aws.lb.Listener
    token: Login

    @property
    def records(self) -> list[Record]:
        """Return the host, and the proof by which its certificate is issued and renewed."""
        proof = self.certificate.domain_validation_options[0]
        label = self.host.partition(".")[0]
        return [
            Record(
                key=label,
                type="CNAME",
                name=self.host,
                value=self.balancer.dns_name,
                purpose="ML service, for the application",
                proxied=True,
                ttl_seconds=None,
            ),
            Record(
                key=f"{label}-certificate",
                type="CNAME",
                name=proof.resource_record_name.apply(_without_final_dot),
                value=proof.resource_record_value.apply(_without_final_dot),
                purpose="Proves that the ML service's certificate is ours, at renewals too",
            ),
        ]


def entrance(
    name: str,
    host: str,
    *,
    vpc_id: pulumi.Input[str],
    subnet_ids: Sequence[pulumi.Input[str]],
    public_ready: Sequence[pulumi.Resource],
    security_group_id: pulumi.Input[str],
    log_bucket: pulumi.Input[str],
    key_arn: pulumi.Input[str],
    token_generation: int,
    parent: pulumi.Resource,
    platform: Platform,
) -> Entrance:
    """Make the entrance of a service."""
    tags = platform.tags("compute")
    child = platform.child(parent)
    certificate = aws.acm.Certificate(
        name,
        domain_name=host,
        validation_method="DNS",
        key_algorithm="EC_prime256v1",
        options={"certificate_transparency_logging_preference": "ENABLED"},
        tags=tags,
        opts=child,
    )
    issued = aws.acm.CertificateValidation(name, certificate_arn=certificate.arn, opts=child)
    balancer = aws.lb.LoadBalancer(
        name,
        load_balancer_type="application",
        internal=False,
        subnets=subnet_ids,
        security_groups=[security_group_id],
        access_logs={"bucket": log_bucket, "prefix": "load-balancer", "enabled": True},
        drop_invalid_header_fields=True,
        desync_mitigation_mode="strictest",
        enable_deletion_protection=not platform.disposable,
        tags=tags,
        # AWS makes a public one only where the network has its way to the internet, which stays as long as it does.
        opts=platform.stateful_child(parent, depends_on=list(public_ready)),
    )
    target_group = aws.lb.TargetGroup(
        name,
        vpc_id=vpc_id,
        port=PORT,
        protocol="HTTP",
        target_type="ip",
        deregistration_delay=30,
        health_check={"path": HEALTH_PATH, "matcher": "200", "interval": 15, "timeout": 5},
        tags=tags,
        opts=child,
    )
    listener = aws.lb.Listener(
        name,
        load_balancer_arn=balancer.arn,
        port=443,
        protocol="HTTPS",
        ssl_policy=TLS_POLICY,
        certificate_arn=issued.certificate_arn,
        default_actions=[{"type": "forward", "target_group_arn": target_group.arn}],
        tags=tags,
        opts=child,
    )
    return Entrance(
        host=host,
        certificate=certificate,
        issued=issued,
        balancer=balancer,
        target_group=target_group,
        listener=listener,
        token=_token(
            Safe(component="compute", key_arn=key_arn, parent=parent, platform=platform),
            f"{name}-token",
            token_generation,
        ),
    )


def _token(safe: Safe, role: str, generation: int) -> Login:
    return safe.login(
        role,
        user="caller",
        password=safe.password(role, generation=generation),
        purpose="What callers of the ML service show",
        fields={},
    )


def _without_final_dot(name: str) -> str:
    return name.removesuffix(".")
