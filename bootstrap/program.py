"""The bootstrap of one account: state, identities, and where they are asked for, repository and drift schedule."""

from pathlib import Path

import pulumi
import pulumi_aws as aws
from pydantic import ValidationError

from bootstrap.boundary import Boundary
from bootstrap.identities import Identities
from bootstrap.state import StateStore
from components.platform import PROJECT, Platform
from components.repository import DeploymentEnvironment, Repository
from settings.delivery import BootstrapSettings, DeliverySettings, parse_delivery
from settings.errors import SettingsError
from settings.loader import load_stack_file

ROOT = Path(__file__).resolve().parent.parent
_NIGHTLY = "23 7 * * *"


def main() -> None:
    """Declare everything the account needs before the platform can be delivered to it."""
    config = pulumi.Config()
    settings = _settings(pulumi.get_stack(), config.require_object("delivery"))
    delivery, place = settings.delivery, settings.environment
    platform = Platform(environment=place)
    on_aws = pulumi.ResourceOptions(providers=[_aws(platform)])

    boundary = Boundary("boundary", platform=platform, opts=on_aws)
    bounded = pulumi.ResourceOptions.merge(on_aws, pulumi.ResourceOptions(depends_on=[boundary]))
    state = StateStore("state", delivery.state, platform=platform, opts=bounded)
    identities = Identities(
        "identities",
        delivery,
        platform=platform,
        state_arn=state.bucket_arn,
        state_key_arn=state.key_arn,
        boundary_arn=boundary.arn,
        opts=on_aws,
    )
    backend = pulumi.Output.concat("s3://", state.bucket, f"?region={place.region}&awssdk=v2")
    if delivery.repository.managed:
        _repository(config, delivery, platform, identities, backend)
    if delivery.drift_schedule and delivery.pulumi_organization:
        _drift_schedule(config, delivery.pulumi_organization, platform)

    pulumi.export("backendUrl", backend)
    pulumi.export(
        "secretsProvider",
        pulumi.Output.concat("awskms://", state.key_alias, f"?region={place.region}&awssdk=v2"),
    )
    pulumi.export("roleArns", identities.role_arns)


def _settings(stack: str, delivery: object) -> BootstrapSettings:
    """Read the account from the platform's stack file, and the rest from our own."""
    try:
        environment = load_stack_file(ROOT / f"Pulumi.{stack}.yaml").environment
        return BootstrapSettings(environment=environment, delivery=parse_delivery(delivery))
    except SettingsError as error:
        raise pulumi.RunError(str(error)) from None
    except ValidationError as error:
        lines = [
            f"  jtld-bootstrap:delivery.{'.'.join(map(str, entry['loc']))}: {entry['msg']}"
            for entry in error.errors(include_input=False, include_url=False)
        ]
        raise pulumi.RunError("\n".join([f"bootstrap/Pulumi.{stack}.yaml is not right:", *lines])) from None


def _aws(platform: Platform) -> aws.Provider:
    return aws.Provider(
        "aws",
        region=platform.environment.region,
        allowed_account_ids=[platform.environment.account_id],
        default_tags={"tags": platform.default_tags},
    )


def _repository(
    config: pulumi.Config,
    delivery: DeliverySettings,
    platform: Platform,
    identities: Identities,
    backend: pulumi.Output[str],
) -> None:
    import pulumi_github as github  # noqa: PLC0415  loaded only where the repository is managed

    settings, stack = delivery.repository, platform.environment.name
    provider = github.Provider("github", owner=settings.owner, token=config.require_secret("githubToken"))
    shared = {"PULUMI_BACKEND_URL": backend}
    if delivery.pulumi_organization:
        shared = {
            "PULUMI_BACKEND_URL": pulumi.Output.from_input("https://api.pulumi.com"),
            "PULUMI_ORGANIZATION": pulumi.Output.from_input(delivery.pulumi_organization),
        }
    if delivery.deployments:
        shared["PULUMI_DEPLOYMENTS"] = pulumi.Output.from_input("true")
    # A pull request's own code can read what its role can: in production somebody looks at it first.
    reviewers: dict[str, tuple[int, ...]] = {stack: settings.reviewer_teams}
    if platform.environment.production:
        reviewers[f"{stack}-preview"] = settings.reviewer_teams
    environments = [
        DeploymentEnvironment(
            name=name,
            reviewer_teams=reviewers.get(name, ()),
            main_only=not name.endswith("-preview"),
            variables={"AWS_ROLE_ARN": role_arn} | ({} if name.endswith("-images") else shared),
        )
        for name, role_arn in identities.role_arns.items()
    ]
    wanted = settings.application.stack_secrets if settings.application else {}
    Repository(
        "repository",
        settings,
        platform=platform,
        environments=environments,
        secrets={
            environment: {name: config.require_secret(key) for name, key in held.items()}
            for environment, held in wanted.items()
        },
        opts=pulumi.ResourceOptions(providers=[provider]),
    )


def _drift_schedule(config: pulumi.Config, organization: str, platform: Platform) -> None:
    """Let Pulumi Cloud compare the stack every night: the deploy file has no word for a schedule (DL-1)."""
    import pulumi_pulumiservice as pulumiservice  # noqa: PLC0415  loaded only where Pulumi Cloud is used

    provider = pulumiservice.Provider("pulumi-cloud", access_token=config.require_secret("pulumiAccessToken"))
    pulumiservice.DriftSchedule(
        "drift",
        organization=organization,
        project=PROJECT,
        stack=platform.environment.name,
        schedule_cron=_NIGHTLY,
        auto_remediate=False,
        opts=pulumi.ResourceOptions(provider=provider),
    )
