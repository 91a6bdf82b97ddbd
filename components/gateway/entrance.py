"""The door: a load balancer on fixed ports, and the certificate that the pools behind it show (DB-4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.platform import Platform
from components.records import Record


@dataclass(frozen=True, kw_only=True)
class Entrance:
    """Target groups and listeners go by the role of the container behind them."""

    certificate: aws.acm.Certificate
    issued: aws.acm.CertificateValidation
    balancer: aws.lb.LoadBalancer
    target_groups: Mapping[str, aws.lb.TargetGroup]
    listeners: Mapping[str, aws.lb.Listener]

    def records(self, host: str) -> list[Record]:
        """Return the host's record and the proof for its certificate; neither is the web's."""
        proof = self.certificate.domain_validation_options[0]
        return [
            Record(
                key="data",
                type="CNAME",
                name=host,
                value=self.balancer.dns_name,
                purpose="Database and cache, for the application's own addresses",
                ttl_seconds=300,
            ),
            Record(
                key="data-certificate",
                type="CNAME",
                name=proof.resource_record_name.apply(_without_final_dot),
                value=proof.resource_record_value.apply(_without_final_dot),
                purpose="Proves to AWS that the data gateway's certificate is ours",
            ),
        ]


def open_entrance(
    host: str,
    doors: Mapping[str, int],
    *,
    internal: bool,
    vpc_id: pulumi.Input[str],
    subnet_ids: Sequence[pulumi.Input[str]],
    public_ready: Sequence[pulumi.Resource],
    security_group_id: pulumi.Input[str],
    parent: pulumi.Resource,
    platform: Platform,
) -> Entrance:
    """Open a door for each role on its port; TLS passes through and ends in the containers."""
    tags, child = platform.tags("gateway"), platform.child(parent)
    # PostgreSQL's TLS begins inside its own protocol, where no load balancer can end it: the containers
    # do, so the certificate must be one that they can fetch.
    certificate = aws.acm.Certificate(
        "entrance",
        domain_name=host,
        validation_method="DNS",
        key_algorithm="EC_prime256v1",
        options={"export": "ENABLED"},
        tags=tags,
        opts=child,
    )
    issued = aws.acm.CertificateValidation("entrance", certificate_arn=certificate.arn, opts=child)
    balancer = aws.lb.LoadBalancer(
        "entrance",
        load_balancer_type="network",
        internal=internal,
        subnets=list(subnet_ids),
        security_groups=[security_group_id],
        enable_cross_zone_load_balancing=True,
        enable_deletion_protection=not platform.disposable,
        tags=tags,
        # AWS makes a public one only where the network has its way to the internet, which stays as long as it does.
        opts=platform.stateful_child(parent, depends_on=None if internal else list(public_ready)),
    )
    target_groups = {
        role: aws.lb.TargetGroup(
            role,
            port=port,
            protocol="TCP",
            target_type="ip",
            vpc_id=vpc_id,
            # The pools then see the load balancer, whose group their rules name, and not its clients.
            preserve_client_ip="false",
            deregistration_delay=60,
            health_check={
                "protocol": "TCP",
                "interval": 10,
                "healthy_threshold": 2,
                "unhealthy_threshold": 2,
            },
            tags=tags,
            opts=child,
        )
        for role, port in doors.items()
    }
    listeners = {
        role: aws.lb.Listener(
            role,
            load_balancer_arn=balancer.arn,
            port=port,
            protocol="TCP",
            default_actions=[{"type": "forward", "target_group_arn": target_groups[role].arn}],
            tags=tags,
            opts=child,
        )
        for role, port in doors.items()
    }
    return Entrance(
        certificate=certificate,
        issued=issued,
        balancer=balancer,
        target_groups=target_groups,
        listeners=listeners,
    )


def _without_final_dot(name: str) -> str:
    return name.removesuffix(".")
