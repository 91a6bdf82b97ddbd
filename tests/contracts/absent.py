"""Computed outputs that stay empty, and why."""

_OUTPOSTS = {"carrierIp", "customerOwnedIp"}
_UNATTACHED = {"privateDns", "privateIp", "ptrRecord"}
_REGIONAL_NAT = {
    "autoProvisionZones",
    "autoScalingIps",
    "regionalNatGatewayAddresses",
    "regionalNatGatewayAutoMode",
    "routeTableId",
}
_PGP = {"encryptedSecret", "encryptedSesSmtpPasswordV4", "keyFingerprint"}
_TENANTS = {"cnameSuffix", "tenant", "tenantUnit"}
_WEBSITE = {"websiteDomain", "websiteEndpoint"}

ABSENT: dict[str, set[str]] = {
    "aws:ec2/eip:Eip": _OUTPOSTS | _UNATTACHED,
    "aws:ec2/natGateway:NatGateway": _REGIONAL_NAT,
    "aws:ec2/route:Route": {"instanceId", "instanceOwnerId"},  # only of routes to an instance
    "aws:ec2/subnet:Subnet": {"ipv6CidrBlockAssociationId"},
    "aws:ec2/vpc:Vpc": {"ipv6AssociationId"},
    "aws:iam/accessKey:AccessKey": _PGP,
    "aws:s3/bucket:Bucket": _WEBSITE,
    "cloudflare:index/zone:Zone": _TENANTS | {"activatedOn", "originalDnshost"},  # a new zone is pending
    "cloudflare:index/botManagement:BotManagement": {"staleZoneConfiguration"},
    "cloudflare:index/dnsRecord:DnsRecord": {"commentModifiedOn", "tagsModifiedOn"},
}
