"""What the delivery's roles may do, as data: one statement a purpose, every resource named (DL-1).

Where AWS numbers its resources instead of naming them, the account and the service limit a statement.
"""

import pulumi

from bootstrap.names import DELIVERY_PATH, buckets, data_keys, secrets
from bootstrap.services import (
    BUCKET_SETTINGS,
    KEY_SETTINGS,
    NUMBERED,
    PROFILE_SETTINGS,
    PROVIDER_SETTINGS,
    RIGHTS_GIVING,
    ROLE_SETTINGS,
    SECRET_SETTINGS,
    UNNAMED,
    WITHOUT_ACCOUNT,
)
from components.iam import Statement
from components.platform import PROJECT
from settings.environment import EnvironmentSettings

# Managed by AWS: settings of everything, contents of nothing.
READS_SETTINGS = (
    "arn:aws:iam::aws:policy/SecurityAudit",
    "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess",
)


def plan(*, state_arn: pulumi.Input[str], key_arn: pulumi.Input[str]) -> tuple[Statement, ...]:
    """Return what a preview needs: to read the state, to open its secrets, and two look-ups of the program."""
    return (
        Statement(sid="FindState", actions=("s3:GetBucketLocation", "s3:ListBucket"), resources=[state_arn]),
        Statement(sid="ReadState", actions="s3:GetObject", resources=[pulumi.Output.concat(state_arn, "/*")]),
        Statement(sid="OpenStackSecrets", actions=("kms:Decrypt", "kms:DescribeKey"), resources=[key_arn]),
        Statement(
            sid="LookAround",
            actions=(
                "ec2:DescribeAvailabilityZones",
                "ec2:DescribeManagedPrefixLists",
                "sts:GetCallerIdentity",
            ),
            resources="*",
        ),
    )


def refresh(place: EnvironmentSettings) -> tuple[Statement, ...]:
    """Return what comparing with the account needs beyond AWS's own read-only policies: the stack's secrets."""
    return (
        Statement(sid="CompareSecrets", actions="secretsmanager:GetSecretValue", resources=secrets(place)),
        data_keys(place, "OpenSecretsToCompare", ("kms:Decrypt",)),
    )


def lock(*, state_arn: pulumi.Input[str], key_arn: pulumi.Input[str]) -> tuple[Statement, ...]:
    """Return what comparing needs beyond reading the state: the engine locks what it refreshes (DL-N5)."""
    return (
        Statement(
            sid="Lock",
            actions=("s3:DeleteObject", "s3:PutObject"),
            resources=[pulumi.Output.concat(state_arn, f"/.pulumi/locks/organization/{PROJECT}/*")],
        ),
        Statement(sid="SealTheLock", actions="kms:GenerateDataKey", resources=[key_arn]),
    )


def state_changes(*, state_arn: pulumi.Input[str], key_arn: pulumi.Input[str]) -> tuple[Statement, ...]:
    """Return what an update needs beyond a preview: to write the state and its lock (DL-N5)."""
    return (
        Statement(
            sid="WriteStateAndLock",
            actions=("s3:DeleteObject", "s3:PutObject"),
            resources=[pulumi.Output.concat(state_arn, "/.pulumi/*")],
        ),
        Statement(
            sid="SealStackSecrets", actions=("kms:Encrypt", "kms:GenerateDataKey"), resources=[key_arn]
        ),
    )


def numbered(place: EnvironmentSettings, *services: str) -> tuple[Statement, ...]:
    """Return a statement for each service that numbers its resources, and one for what names none at all."""
    managed = [
        Statement(
            sid=f"Manage{service.replace('-', ' ').title().replace(' ', '')}",
            actions=[f"{service}:{action}" for action in NUMBERED[service]],
            resources=[f"arn:aws:{service}:*:{place.account_id}:*", *WITHOUT_ACCOUNT.get(service, ())],
        )
        for service in services
    ]
    unnamed = [action for service in services for action in UNNAMED.get(service, ())]
    return (*managed, *([Statement(sid="NameNothing", actions=unnamed, resources="*")] if unnamed else []))


def named(place: EnvironmentSettings) -> tuple[Statement, ...]:
    """Return what concerns buckets, keys and secrets, by the platform's names."""
    return (
        Statement(sid="ConfigureBuckets", actions=BUCKET_SETTINGS, resources=buckets(place)),
        Statement(
            sid="BlockPublicAccess",
            actions=("s3:GetAccountPublicAccessBlock", "s3:PutAccountPublicAccessBlock"),
            resources="*",
        ),
        Statement(
            sid="CreateKeys", actions=("kms:CreateKey", "kms:ListAliases", "kms:ListKeys"), resources="*"
        ),
        Statement(
            sid="ConfigureKeys",
            actions=KEY_SETTINGS,
            resources=[
                f"arn:aws:kms:*:{place.account_id}:alias/jtld-{place.name}-*",
                f"arn:aws:kms:*:{place.account_id}:key/*",
            ],
        ),
        Statement(
            sid="KeepSecrets",
            actions=SECRET_SETTINGS,
            resources=secrets(place),
        ),
        data_keys(place, "UseDataKeys", ("kms:Decrypt", "kms:GenerateDataKey")),
        Statement(sid="LookAtNetworks", actions="ec2:Describe*", resources="*"),
    )


def identities(place: EnvironmentSettings, *, boundary_arn: pulumi.Input[str]) -> tuple[Statement, ...]:
    """Return what concerns the platform's roles: rights go only to those that carry the boundary."""
    roles = [f"arn:aws:iam::{place.account_id}:role/jtld-{place.name}-*"]
    return (
        Statement(
            sid="GiveBoundedRights",
            actions=RIGHTS_GIVING,
            resources=roles,
            conditions={"StringEquals": {"iam:PermissionsBoundary": boundary_arn}},
        ),
        Statement(sid="ConfigureRoles", actions=ROLE_SETTINGS, resources=roles),
        Statement(
            sid="LetAServerTakeItsRole",
            actions=PROFILE_SETTINGS,
            resources=[f"arn:aws:iam::{place.account_id}:instance-profile/jtld-{place.name}-*"],
        ),
        Statement(
            sid="FederateTheApplication",
            actions=PROVIDER_SETTINGS,
            resources=[f"arn:aws:iam::{place.account_id}:oidc-provider/oidc.vercel.com/*"],
        ),
        Statement(
            sid="LetServicesMakeTheirRoles",
            actions="iam:CreateServiceLinkedRole",
            resources=[f"arn:aws:iam::{place.account_id}:role/aws-service-role/*"],
        ),
    )


def guards(
    place: EnvironmentSettings, *, state_arn: pulumi.Input[str], key_arn: pulumi.Input[str]
) -> tuple[Statement, ...]:
    """Return what the deploy role is denied whatever else allows it: to loosen what guards the account."""
    account = place.account_id
    return (
        Statement(
            sid="KeepDeliveryAsItIs",
            effect="Deny",
            actions=("iam:*",),
            resources=[
                f"arn:aws:iam::{account}:oidc-provider/api.pulumi.com/*",
                f"arn:aws:iam::{account}:oidc-provider/token.actions.githubusercontent.com",
                f"arn:aws:iam::{account}:policy/*",
                f"arn:aws:iam::{account}:role{DELIVERY_PATH}*",
                f"arn:aws:iam::{account}:user/*",
            ],
        ),
        Statement(
            sid="KeepTheBoundary",
            effect="Deny",
            actions="iam:DeleteRolePermissionsBoundary",
            resources=[f"arn:aws:iam::{account}:role/*"],
        ),
        Statement(
            sid="KeepTheStateBucket",
            effect="Deny",
            actions=(
                "s3:BypassGovernanceRetention",
                "s3:DeleteBucket*",
                "s3:DeleteObjectVersion",
                "s3:Put*Configuration",
            ),
            resources=[state_arn, pulumi.Output.concat(state_arn, "/*")],
        ),
        Statement(
            sid="KeepTheStateKey",
            effect="Deny",
            actions=("kms:Disable*", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"),
            resources=[key_arn],
        ),
    )


def image_pushes(place: EnvironmentSettings) -> tuple[Statement, ...]:
    """Return what the release workflow needs: to push images, never to delete or overwrite one (CT-1)."""
    return (
        Statement(sid="LogIn", actions="ecr:GetAuthorizationToken", resources="*"),
        Statement(
            sid="Push",
            actions=(
                *("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload"),
                *(
                    "ecr:GetDownloadUrlForLayer",
                    "ecr:InitiateLayerUpload",
                    "ecr:PutImage",
                    "ecr:UploadLayerPart",
                ),
            ),
            resources=[f"arn:aws:ecr:{place.region}:{place.account_id}:repository/jtld/*"],
        ),
    )
