"""Facts of the real providers that a recorded exchange with them shows.

They come from the Terraform providers' schemas and from Pulumi's bridge (`pkg/tfbridge`), read in 2026-11; each
case names its source. CloudFormation's schemas, which `test_schemas.py` holds beside the contracts, know none of them.
"""

import json
from typing import Any

import pytest

from sandbox import outputs
from sandbox.cloud import Cloud
from sandbox.provider import OperationError, Provider, State
from tests.contracts.account import Account
from tests.contracts.reading import TYPES

DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
SERVICE = "aws:ecs/service:Service"
URN = "urn:pulumi:test::test::{}::thing"


@pytest.mark.parametrize(
    ("token", "path", "source"),
    [
        ("aws:backup/selection:Selection", "conditions[*].stringEquals", "backup/selection.go"),
        ("aws:budgets/budget:Budget", "notifications[*].subscriberSnsTopicArns", "budgets/budget.go"),
        (DISTRIBUTION, "defaultCacheBehavior.functionAssociations", "cloudfront/distribution.go"),
        (DISTRIBUTION, "originGroups[*].failoverCriteria.statusCodes", "cloudfront/distribution.go"),
        (DISTRIBUTION, "origins[*].customOriginConfig.originSslProtocols", "cloudfront/distribution.go"),
        (
            "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy",
            "corsConfig.accessControlAllowOrigins.items",
            "cloudfront/response_headers_policy.go",
        ),
        (
            "aws:cloudwatch/eventTarget:EventTarget",
            "ecsTarget.networkConfiguration.subnets",
            "events/target.go",
        ),
        (SERVICE, "alarms.alarmNames", "ecs/service.go"),
        ("aws:lb/listener:Listener", "defaultActions[*].forward.targetGroups", "elbv2/listener.go"),
        ("aws:s3/bucketNotification:BucketNotification", "queues[*].events", "s3/bucket_notification.go"),
        (
            "aws:scheduler/schedule:Schedule",
            "target.ecsParameters.networkConfiguration.subnets",
            "scheduler/schedule.go",
        ),
    ],
)
def test_another_order_of_what_terraform_holds_as_a_set_is_no_change(
    token: str, path: str, source: str
) -> None:
    assert path in TYPES[token].unordered, source


@pytest.mark.parametrize(
    ("token", "path", "source"),
    [
        (
            "aws:costexplorer/anomalySubscription:AnomalySubscription",
            "monitorArnLists",
            "ce/anomaly_subscription.go",
        ),
        (
            "aws:sesv2/configurationSet:ConfigurationSet",
            "suppressionOptions.suppressedReasons",
            "sesv2/configuration_set.go",
        ),
        (
            "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination",
            "eventDestination.matchingEventTypes",
            "sesv2/configuration_set_event_destination.go",
        ),
    ],
)
def test_another_order_of_what_terraform_holds_as_a_list_is_one(token: str, path: str, source: str) -> None:
    assert path not in TYPES[token].unordered, source


@pytest.mark.parametrize(
    ("type_", "given", "where", "filled"),
    [
        (
            "lb/listener:Listener",
            {
                "loadBalancerArn": "arn:aws:elasticloadbalancing:x",
                "defaultActions": [{"type": "redirect", "redirect": {"statusCode": "HTTP_301"}}],
            },
            ("defaultActions", 0, "redirect"),
            {
                "host": "#{host}",
                "path": "/#{path}",
                "port": "#{port}",
                "protocol": "#{protocol}",
                "query": "#{query}",
            },
        ),
        (
            "ecr/repository:Repository",
            {"encryptionConfigurations": [{}]},
            ("encryptionConfigurations", 0),
            {"encryptionType": "AES256"},
        ),
        (
            "cloudwatch/logMetricFilter:LogMetricFilter",
            {
                "logGroupName": "a",
                "pattern": "x",
                "metricTransformation": {"name": "n", "namespace": "m", "value": "1"},
            },
            ("metricTransformation",),
            {"unit": "None"},
        ),
    ],
)
def test_terraform_s_defaults_inside_blocks_are_filled_in(
    aws: Account, type_: str, given: dict[str, Any], where: tuple[Any, ...], filled: dict[str, str]
) -> None:
    """`elbv2/listener.go`, `ecr/repository.go`, `logs/metric_filter.go`."""
    block: Any = aws.check(type_, **given).inputs
    for step in where:
        block = block[step]
    assert filled.items() <= block.items()
    assert block["__defaults"] == sorted(filled)


def test_every_input_gets_the_provider_s_region_and_all_tags(aws: Account) -> None:
    """`provider/region.go` and `provider/tags.go` of pulumi-aws 7: both before Check, neither listed as a default."""
    inputs = aws.check("sns/topic:Topic", name="a").inputs
    assert inputs["region"] == "ca-central-1"
    assert inputs["tagsAll"] == {}
    assert "region" not in inputs["__defaults"]
    assert "region" not in aws.check("iam/role:Role", assumeRolePolicy="{}").inputs, "IAM is global"


@pytest.mark.parametrize(
    ("type_", "given", "dropped"),
    [
        (
            "s3/bucket:Bucket",
            {"corsRules": [{"allowedMethods": ["GET"], "allowedOrigins": ["*"]}]},
            "corsRules",
        ),
        ("s3/bucket:Bucket", {"policy": '{"Version":"2012-10-17","Statement":[]}'}, "policy"),
        ("rds/instance:Instance", {"dbName": "jtld"}, "dbName"),
        ("rds/instance:Instance", {"engineVersion": "16.4"}, "engineVersion"),
    ],
)
def test_leaving_out_what_the_cloud_may_fill_in_changes_nothing(
    aws: Account, type_: str, given: dict[str, Any], dropped: str
) -> None:
    """Optional and computed (`s3/bucket.go`, `rds/instance.go`): the value stays, in the plan and after it."""
    database = {
        "engine": "postgres",
        "instanceClass": "db.t4g.micro",
        "allocatedStorage": 20,
        "username": "jtld",
        "manageMasterUserPassword": True,
        "skipFinalSnapshot": True,
    }
    made = aws.make(type_, **(database if type_.startswith("rds") else {}), **given)
    _, difference = aws.plan(made, **{dropped: None})
    assert not difference.changes
    after = aws.change(made, **{dropped: None}, tags={"a": "b"})
    assert after[dropped] == made[dropped]


@pytest.mark.parametrize(
    ("given", "replaced"),
    [({"deletionProtection": True}, False), ({"storageEncrypted": True}, True)],
)
def test_leaving_out_a_switch_of_a_database_turns_it_off(
    aws: Account, given: dict[str, bool], replaced: bool
) -> None:
    """`rds/instance.go`: optional and not computed; without encryption it would be another database."""
    made = aws.make(
        "rds/instance:Instance",
        engine="postgres",
        instanceClass="db.t4g.micro",
        allocatedStorage=20,
        username="jtld",
        manageMasterUserPassword=True,
        skipFinalSnapshot=True,
        **given,
    )
    assert aws.replaces(made, **dict.fromkeys(given)) is replaced


def test_a_default_stays_what_it_was_until_somebody_gives_a_value(aws: Account) -> None:
    """`applyDefaults` in `schema.go` of the bridge: old ones go first, falsy too; new falsy ones are left out."""
    urn = URN.format("aws:lambda/function:Function")
    olds = {"__defaults": ["timeout", "publish"], "timeout": 9, "publish": False, "memorySize": 512}
    inputs = aws.provider.check(urn, olds, {"role": "arn:aws:iam::1:role/x", "name": "f"}).inputs
    assert (inputs["timeout"], inputs["publish"]) == (9, False)
    assert inputs["memorySize"] == 128, "what the program gave before is no default"
    assert inputs["__defaults"] == [
        "memorySize",
        "packageType",
        "publish",
        "reservedConcurrentExecutions",
        "timeout",
    ]
    assert "skipDestroy" not in inputs


def test_a_refresh_keeps_the_list_of_defaults_without_those_that_moved(aws: Account) -> None:
    """`extractInputs` in `schema.go` of the bridge."""
    made = aws.make("kms/key:Key")
    assert {"isEnabled", "keyUsage"} <= set(made.inputs["__defaults"])
    (stored,) = aws.cloud.find(type_="aws:kms/key:Key")
    stored.outputs["isEnabled"] = False
    aws.cloud.put(stored)
    inputs = aws.provider.read(made.urn, made.id, made.inputs, made.outputs).inputs
    assert inputs["isEnabled"] is False
    assert "isEnabled" not in inputs["__defaults"]
    assert "keyUsage" in inputs["__defaults"]


def test_an_import_leaves_out_at_every_level_what_says_nothing(aws: Account) -> None:
    """`extractSchemaInputsObject` in `schema.go` of the bridge: here maps carry a mark, after Check they do not."""
    made = aws.make(
        "lb/targetGroup:TargetGroup",
        name="web",
        targetType="lambda",
        healthCheck={"path": "/up"},
        tags={"a": "b"},
    )
    inputs = aws.provider.read(URN.format(made.token), made.id, {}, {}).inputs
    assert inputs["healthCheck"]["path"] == "/up"
    assert "interval" not in inputs["healthCheck"], "a default says nothing"
    assert inputs["tags"] == inputs["tagsAll"] == {"__defaults": [], "a": "b"}


def test_two_zones_keep_settings_of_one_name_apart() -> None:
    """`zone_setting/resource.go`: the id is the setting's name, the zone beside it tells which is meant."""
    provider = Provider("cloudflare", Cloud(":memory:"), seed=7)
    zones = [
        _made(provider, "zone:Zone", name, account={"id": "0" * 32}, name=f"{name}.test")
        for name in ("one", "two")
    ]
    settings = [
        _made(
            provider, "zoneSetting:ZoneSetting", f"{index}", zoneId=zone.id, settingId="ssl", value="strict"
        )
        for index, zone in enumerate(zones)
    ]
    assert [setting.id for setting in settings] == ["ssl", "ssl"]
    urn = URN.format("cloudflare:index/zoneSetting:ZoneSetting")
    for zone, setting in zip(zones, settings, strict=True):
        assert provider.read(urn, "ssl", setting.inputs, setting.outputs).outputs["zoneId"] == zone.id
        assert provider.read(urn, f"{zone.id}/ssl", {}, {}).outputs["zoneId"] == zone.id
    assert provider.read(urn, "ssl", {}, {}).id is None, "the name alone says nothing"
    changed = provider.update(
        urn, "ssl", settings[0].inputs, settings[0].outputs, {**settings[0].inputs, "value": "full"}
    )
    assert changed.outputs["value"] == "full"
    assert provider.read(urn, "ssl", settings[1].inputs, settings[1].outputs).outputs["value"] == "strict"


def test_revisions_of_a_task_live_side_by_side_under_their_family_s_name(aws: Account) -> None:
    """`ecs/task_definition.go`: SetId(family); import and references take the ARN."""
    first, second = (
        aws.make("ecs/taskDefinition:TaskDefinition", family="app", containerDefinitions="[]", cpu=cpu)
        for cpu in ("256", "512")
    )
    assert first.id == second.id == "app"
    aws.drop(first)
    assert aws.found(second)
    assert not aws.found(first)
    assert aws.provider.read(URN.format(first.token), second["arn"], {}, {}).outputs["cpu"] == "512"


def test_containers_are_the_same_with_what_ecs_adds_to_them(aws: Account) -> None:
    """`task_definition_equivalency.go`, and the exchange recorded in pulumi-aws as TestRegress1738."""
    web: dict[str, Any] = {
        "name": "web",
        "image": "nginx",
        "healthCheck": {"command": ["CMD", "up"], "retries": 10},
        "portMappings": [{"containerPort": 80}],
        "environment": [{"name": "B", "value": "2"}, {"name": "A", "value": "1"}],
    }
    told = {
        **web,
        "cpu": 0,
        "essential": True,
        "healthCheck": {**web["healthCheck"], "interval": 30, "timeout": 5},
        "portMappings": [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}],
        "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
        "mountPoints": [],
        "volumesFrom": [],
    }
    log = {"name": "log", "image": "fluent-bit"}
    task = {"family": "web", "containerDefinitions": json.dumps([web, log])}
    made = aws.make("ecs/taskDefinition:TaskDefinition", **task)
    _, same = aws.plan(made, containerDefinitions=json.dumps([log, told]))
    assert not same.changes
    assert aws.replaces(made, containerDefinitions=json.dumps([log, {**told, "essential": False}]))


@pytest.mark.parametrize(
    ("token", "given", "dropped"),
    [
        (
            "cloudflare:index/dnsRecord:DnsRecord",
            {
                "zoneId": "0" * 32,
                "name": "a.test",
                "type": "A",
                "content": "192.0.2.1",
                "ttl": 1,
                "proxied": True,
            },
            "proxied",
        ),
        (
            "cloudflare:index/zone:Zone",
            {"name": "a.test", "account": {"id": "0" * 32}, "paused": True},
            "paused",
        ),
        ("vercel:index/project:Project", {"name": "site", "gitForkProtection": False}, "gitForkProtection"),
    ],
)
def test_leaving_out_what_has_a_default_goes_back_to_it(
    token: str, given: dict[str, Any], dropped: str
) -> None:
    """`booldefault.StaticBool`: `dns_record/schema.go`, `zone/schema.go`, `vercel/resource_project.go`."""
    provider = Provider(token.split(":", maxsplit=1)[0], Cloud(":memory:"), seed=7)
    urn, kind = URN.format(token), provider.kind(token)
    before = provider.check(urn, {}, given).inputs
    state = outputs.with_defaults(kind, before)
    after = provider.check(urn, before, {k: v for k, v in given.items() if k != dropped}).inputs
    assert dropped not in after, "a provider of the plugin framework fills nothing into inputs"
    assert provider.diff(urn, before, state, after).changes == {dropped: "update"}


def test_a_policy_document_is_written_as_the_provider_writes_it(aws: Account) -> None:
    """`iam/policy_document_data_source.go`, `policy_model.go`: Go's order of keys, lists backwards, Sids merged."""
    token = "aws:iam/getPolicyDocument:getPolicyDocument"
    source = {
        "Version": "2008-10-17",
        "Statement": [{"Effect": "Deny", "Sid": "A", "Action": "s3:*"}, {"Sid": "B"}],
    }
    statement = {
        "sid": "A",
        "actions": ["s3:GetObject", "s3:PutObject"],
        "resources": ["arn:aws:s3:::files/&{aws:username}"],
        "principals": [{"type": "AWS", "identifiers": ["1"]}, {"type": "AWS", "identifiers": ["2"]}],
        "conditions": [{"test": "StringLike", "variable": "s3:prefix", "values": ["a", "b"]}],
    }
    arguments = {"sourcePolicyDocuments": [json.dumps(source)], "policyId": "P", "statements": [statement]}
    assert aws.provider.invoke(token, arguments)["minifiedJson"] == (
        '{"Version":"2012-10-17","Id":"P","Statement":[{"Sid":"A","Effect":"Allow","Action":["s3:PutObject","s3:GetObject"],'
        '"Resource":"arn:aws:s3:::files/${aws:username}","Principal":{"AWS":["1","2"]},'
        '"Condition":{"StringLike":{"s3:prefix":["a","b"]}}},{"Sid":"B"}]}'
    )
    for wrong, reason in (
        ({"statements": [statement, statement]}, "duplicate Sid"),
        ({"version": "2008-10-17", "statements": [statement]}, "not supported in document version"),
    ):
        with pytest.raises(OperationError, match=reason):
            aws.provider.invoke(token, wrong)


def _made(provider: Provider, type_: str, label: str, **inputs: Any) -> State:
    urn = f"urn:pulumi:test::test::cloudflare:index/{type_}::{label}"
    checked = provider.check(urn, {}, inputs)
    assert not checked.failures, checked.failures
    return provider.create(urn, checked.inputs)
