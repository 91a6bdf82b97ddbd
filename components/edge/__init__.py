"""The public face on Cloudflare: DNS, TLS, cache and firewall of the stack's zone.

The registration of the domain (ED-8), the plan's subscription and the name servers at the registrar are not managed
here: they belong to people. Importing this module costs a second (Cloudflare's SDK); only `__main__` does.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pulumi
import pulumi_cloudflare as cloudflare

from components.edge.model import EdgeRule, Hosts
from components.edge.publishing import Published, published
from components.edge.rules import phases
from components.edge.zone_settings import zone_settings
from components.platform import Platform
from components.records import Record
from settings.cloudflare_plan import Bots, Plan
from settings.edge import EdgeSettings

__all__ = ["Edge", "Hosts", "provider"]

_ATTACK_NOTICES = {"attack-notice": "dos_attack_l7", "certificate-notice": "universal_ssl_event_type"}


def provider(api_token: pulumi.Input[str]) -> cloudflare.Provider:
    """Return the stack's Cloudflare provider: a scoped token, never the global key."""
    return cloudflare.Provider("cloudflare", api_token=api_token)


@dataclass(frozen=True, kw_only=True)
class _Nodes:
    zone: cloudflare.Zone
    dnssec: cloudflare.ZoneDnssec
    settings: Mapping[str, cloudflare.ZoneSetting]
    certificates: cloudflare.UniversalSslSetting
    certificate_alerts: cloudflare.CtAlerting
    normalisation: cloudflare.UrlNormalizationSettings
    cache: cloudflare.TieredCache
    bots: cloudflare.BotManagement
    leaked_credentials: cloudflare.LeakedCredentialCheck
    rulesets: Mapping[str, cloudflare.Ruleset]
    records: Mapping[str, cloudflare.DnsRecord]
    notices: Mapping[str, cloudflare.NotificationPolicy]


class Edge(pulumi.ComponentResource):
    """The zone, everything in it, and the records that all components declared (ED-1 to ED-7).

    Raises:
        RecordsError: when the records of all components together make no working zone.
    """

    zone_id: pulumi.Output[str]
    name_servers: pulumi.Output[list[str]]
    delegation_signer: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        settings: EdgeSettings,
        *,
        platform: Platform,
        records: Iterable[Record],
        hosts: Hosts,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        environment = platform.environment
        to_publish = published(
            (*records, *_own_records(settings, environment.domain)),
            domain=environment.domain,
            fail_over=settings.web_traffic == "failOver",
            production=environment.production,
        )
        super().__init__("jtld:platform:Edge", name, None, opts)
        self._platform = platform
        zone = cloudflare.Zone(
            "zone",
            name=environment.domain,
            account={"id": settings.account_id},
            type="full",
            opts=pulumi.ResourceOptions.merge(
                platform.stateful_child(self), pulumi.ResourceOptions(import_=settings.zone_id)
            ),
        )
        child = platform.child(self)
        self.nodes = _Nodes(
            zone=zone,
            dnssec=cloudflare.ZoneDnssec("dnssec", zone_id=zone.id, status="active", opts=child),
            settings=self._settings(zone, settings),
            certificates=cloudflare.UniversalSslSetting(
                "certificates", zone_id=zone.id, enabled=True, opts=child
            ),
            certificate_alerts=cloudflare.CtAlerting(
                "certificate-alerts", zone_id=zone.id, enabled=True, opts=child
            ),
            normalisation=cloudflare.UrlNormalizationSettings(
                "normalisation", zone_id=zone.id, type="cloudflare", scope="both", opts=child
            ),
            cache=cloudflare.TieredCache("cache", zone_id=zone.id, value="on", opts=child),
            bots=self._bots(zone, settings),
            leaked_credentials=cloudflare.LeakedCredentialCheck(
                "leaked-credentials", zone_id=zone.id, enabled=True, opts=child
            ),
            rulesets=self._rulesets(zone, settings, hosts),
            records={record.key: self._record(zone, record) for record in to_publish},
            notices=self._notices(settings),
        )
        self.zone_id = zone.id
        self.name_servers = zone.name_servers
        self.delegation_signer = self.nodes.dnssec.ds
        self.register_outputs(
            {
                "zoneId": self.zone_id,
                "nameServers": self.name_servers,
                "delegationSigner": self.delegation_signer,
            }
        )

    def _settings(self, zone: cloudflare.Zone, settings: EdgeSettings) -> dict[str, cloudflare.ZoneSetting]:
        # A zone's setting cannot be deleted, only changed (pulumi-cloudflare#354).
        kept = pulumi.ResourceOptions.merge(
            self._platform.child(self), pulumi.ResourceOptions(retain_on_delete=True)
        )
        return {
            setting.id: cloudflare.ZoneSetting(
                setting.id.replace("_", "-"),
                zone_id=zone.id,
                setting_id=setting.id,
                value=setting.value,
                opts=kept,
            )
            for setting in zone_settings(settings)
        }

    def _bots(self, zone: cloudflare.Zone, settings: EdgeSettings) -> cloudflare.BotManagement:
        opts = self._platform.child(self)
        if settings.bots is not Bots.SUPER_FIGHT:
            return cloudflare.BotManagement(
                "bots", zone_id=zone.id, fight_mode=settings.bots is Bots.FIGHT, enable_js=True, opts=opts
            )
        return cloudflare.BotManagement(
            "bots",
            zone_id=zone.id,
            enable_js=True,
            sbfm_definitely_automated="managed_challenge",
            sbfm_likely_automated=None if settings.plan is Plan.PRO else "managed_challenge",
            # Search engines must read the jobs (ED-N7), and images are no secret.
            sbfm_verified_bots="allow",
            sbfm_static_resource_protection=False,
            opts=opts,
        )

    def _rulesets(
        self, zone: cloudflare.Zone, settings: EdgeSettings, hosts: Hosts
    ) -> dict[str, cloudflare.Ruleset]:
        return {
            phase.role: cloudflare.Ruleset(
                phase.role,
                zone_id=zone.id,
                name=phase.role,
                kind="zone",
                phase=phase.id,
                rules=[_ruleset_rule(rule) for rule in phase.rules],
                opts=self._platform.child(self, delete_before_replace=True),
            )
            for phase in phases(settings, hosts)
        }

    def _record(self, zone: cloudflare.Zone, record: Published) -> cloudflare.DnsRecord:
        return cloudflare.DnsRecord(
            record.key,
            zone_id=zone.id,
            name=record.name,
            type=record.type,
            content=record.content,
            data=record.data,
            priority=record.priority,
            proxied=record.proxied,
            ttl=record.ttl_seconds,
            comment=record.comment,
            opts=self._platform.child(self, delete_before_replace=True),
        )

    def _notices(self, settings: EdgeSettings) -> dict[str, cloudflare.NotificationPolicy]:
        domain = self._platform.environment.domain
        return {
            role: cloudflare.NotificationPolicy(
                role,
                account_id=settings.account_id,
                name=self._platform.name(role),
                alert_type=alert,
                enabled=True,
                mechanisms={"emails": [{"id": f"ops@{domain}"}]},
                opts=self._platform.child(self),
            )
            for role, alert in _ATTACK_NOTICES.items()
        }


def _ruleset_rule(rule: EdgeRule) -> cloudflare.RulesetRuleArgsDict:
    given = {
        "ref": rule.ref,
        "description": rule.description,
        "expression": rule.expression.text,
        "action": rule.action,
        "enabled": True,
        "action_parameters": rule.parameters,
        "ratelimit": rule.rate_limit,
        "logging": {"enabled": True} if rule.logged else None,
    }
    return cloudflare.RulesetRuleArgsDict(**{key: value for key, value in given.items() if value is not None})


def _own_records(settings: EdgeSettings, domain: str) -> list[Record]:
    return [
        *(
            Record(
                key=f"caa-{tag}-{authority.partition('.')[0]}",
                type="CAA",
                name=domain,
                value=f'0 {tag} "{authority}"',
                purpose="Who may issue certificates for us",
            )
            for authority in settings.certificate_authorities
            for tag in ("issue", "issuewild")
        ),
        Record(
            key="caa-report",
            type="CAA",
            name=domain,
            value=f'0 iodef "mailto:security@{domain}"',
            purpose="Where an authority reports that it refused somebody",
        ),
        *(
            Record(
                key=f"txt-{text.key}",
                type="TXT",
                name=f"{text.label}.{domain}" if text.label else domain,
                value=text.value,
                purpose=text.purpose,
            )
            for text in settings.txt_records
        ),
    ]
