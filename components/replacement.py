"""What happens when a change forces a replacement: one rule per type (`docs/decisions.md`).

A type in `components.stateful` is never replaced: prod protects it, and the preview gate refuses. A type
listed here is deleted first, because its successor cannot stand beside it. Everything else is created
before its predecessor goes, which autonaming makes safe: no physical name is asked for twice.
"""

from collections.abc import Mapping

DELETE_BEFORE_REPLACE: Mapping[str, str] = {
    "aws:backup/restoreTestingPlan:RestoreTestingPlan": "its name is fixed, because AWS takes no dashes in it",
    "aws:backup/restoreTestingSelection:RestoreTestingSelection": "its name is fixed, because AWS takes no dashes",
    "aws:ec2/flowLog:FlowLog": "a VPC has one flow log per destination and traffic type",
    "aws:ec2/natGateway:NatGateway": "its elastic address serves one gateway at a time",
    "aws:ses/template:Template": "its name is fixed, because the application sends by it",
    "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination": "a set has one of a name",
    "cloudflare:index/dnsRecord:DnsRecord": "a name has addresses or a CNAME (pulumi-cloudflare#687)",
    "cloudflare:index/ruleset:Ruleset": "a zone has one entry point per phase",
    "grafana:oss/dataSource:DataSource": "an organisation has one of a name",
    "vercel:index/projectDomain:ProjectDomain": "a domain belongs to one project",
    "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable": "a key exists once (pulumi-vercel#118)",
}
