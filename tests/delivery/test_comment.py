"""DL-1: a pull request's comment says first what could lose data, and never what must stay secret."""

import secrets

import pytest

from ops.comment import LIMIT_BYTES, marker, render, render_drift
from ops.plan import Plan, parse
from tests.delivery import events
from tests.delivery.events import DATABASE, RULE

GITHUB_LIMIT_CHARACTERS = 65_536


def plan(*lines: str) -> Plan:
    return parse(lines)


def test_a_plan_that_replaces_the_database_starts_with_that() -> None:
    """DL-1."""
    body = render(
        plan(
            *(events.step("create", RULE, f"rule-{n}") for n in range(30)),
            *events.replacement(DATABASE, "primary", keys=("storageEncrypted",), protect=True),
            events.violation("database-not-replaced", events.urn(DATABASE, "primary")),
            events.summary(create=30, replace=1),
        ),
        "prod",
    )
    first = body.splitlines()[0]
    assert first == "### ⛔ prod: would replace `primary` (database)"
    risks = body.index("#### Data at risk")
    assert risks < body.index("create **30**") < body.index("#### Policies") < body.index("<details>")
    assert "| **replace** | `primary` (Instance) | database — protected: the engine will refuse |" in body
    assert "`storageEncrypted`" in body


@pytest.mark.parametrize("type_", ["aws:s3/bucket:Bucket", "aws:kms/key:Key", DATABASE])
def test_deleting_a_resource_that_holds_data_comes_before_everything_else(type_: str) -> None:
    body = render(
        plan(
            events.step("delete", RULE, "aaa"),
            events.step("delete", type_, "zzz", retainOnDelete=True),
            events.summary(delete=2),
        ),
        "prod",
    )
    assert body.startswith("### ⛔ prod: would delete `zzz`")
    assert "kept in the account" in body


def test_two_thousand_changes_stay_under_the_limit_and_say_what_is_left_out() -> None:
    """DL-1: GitHub refuses a longer body, and then nobody sees a plan at all."""
    lines = [
        events.step("update", RULE, f"rule-{n:04}-{'x' * 60}", diffs=("cidrIpv4",)) for n in range(1_950)
    ]
    lines += [line for n in range(50) for line in events.replacement(DATABASE, f"db-{n}", keys=("engine",))]
    body = render(plan(*lines, events.summary()), "prod")
    assert len(body) < GITHUB_LIMIT_CHARACTERS
    assert len(body.encode()) <= LIMIT_BYTES
    assert body.startswith("### ⛔ prod: would replace `db-0` (database) and 49 more")
    assert "more: see the job's log." in body
    assert all(f"`db-{n}`" in body for n in range(50)), "everything at risk is listed before anything is cut"
    assert body.count("<details>") == body.count("</details>") == 1
    assert body.rstrip().endswith(marker("prod"))


def test_even_two_thousand_replaced_databases_with_wide_names_stay_under_the_limit() -> None:
    lines = [line for n in range(2_000) for line in events.replacement(DATABASE, f"{n}" + "é🗄" * 200)]
    violations = [events.violation(f"policy-{n}", events.urn(DATABASE, str(n))) for n in range(2_000)]
    body = render(plan(*lines, *violations, events.summary()), "prod")
    assert len(body.encode()) <= LIMIT_BYTES
    assert body.rstrip().endswith(marker("prod"))


def test_none_of_fifty_canary_secrets_appears() -> None:
    """DL-N3: values, outputs, configuration and every free text of an event may hold a secret."""
    canaries = [f"canary-{secrets.token_hex(12)}" for _ in range(50)]
    supply = iter(canaries)
    lines = [events.event("preludeEvent", config={"jtld-platform:key": next(supply)})]
    for n in range(10):
        values = {"password": next(supply), "tags": {next(supply): next(supply)}}
        lines.append(
            events.step(
                "update", DATABASE, f"db-{n}", values=values, diffs=(f'tags["{values["password"]}"]',)
            )
        )
    lines += [events.error(next(supply)) for _ in range(5)]
    lines += [events.violation("p", events.urn(DATABASE, "db-0"), message=next(supply)) for _ in range(5)]
    lines += [events.event("stdoutEvent", message=next(supply), color="never") for _ in range(5)]
    lines += [
        events.event(
            "policyRemediationEvent",
            policyName="p",
            before={"x": next(supply)},
            after={"x": "y"},
            color="never",
        )
        for _ in range(4)
    ]
    assert next(supply, None) is None, "each of the 50 was placed"
    body = render(plan(*lines, events.summary()), "prod")
    assert "db-9" in body
    assert [canary for canary in canaries if canary in body] == []


def test_a_name_cannot_break_out_of_its_cell_or_forge_another_stacks_marker() -> None:
    forged = f"x` | y\n{marker('dev')} @everyone <img src=x>"
    body = render(plan(events.step("create", RULE, forged), events.summary(create=1)), "prod")
    assert body.count("<!--") == 1
    assert "<img" not in body
    row = next(line for line in body.splitlines() if "@everyone" in line)
    assert row.count("|") == 5
    assert row.count("`") == 4


def test_a_replacement_is_one_change_though_the_engine_reports_three_steps() -> None:
    body = render(plan(*events.replacement(RULE, "rule", keys=("fromPort",)), events.summary()), "dev")
    assert "replace **1**" in body
    assert "| replace | `rule` |" in body
    assert "`fromPort`" in body


def test_policy_results_are_listed_with_their_fixed_sentence() -> None:
    urn = events.urn("aws:s3/bucket:Bucket", "files")
    result = plan(
        events.passed("storage-versioned", "storage-no-public-bucket"),
        events.violation("storage-no-public-bucket", urn),
        events.violation("storage-emits-events", urn, level="advisory"),
        events.summary(),
    )
    body = render(result, "prod", titles={"storage-no-public-bucket": "A bucket is never public"})
    assert body.startswith("### ⛔ prod: refused by policy")
    assert "| mandatory | `storage-no-public-bucket`: A bucket is never public | `files` |" in body
    assert result.policies_passed == 1


def test_a_plan_made_without_the_pack_says_so() -> None:
    """DL-1: a reviewer must not take silence for a pass."""
    without = events.event(
        "summaryEvent",
        maybeCorrupt=False,
        durationSeconds=1,
        resourceChanges={},
        PolicyPacks={},
        isPreview=True,
    )
    assert "No policy pack was run" in render(plan(without), "dev")
    assert "No policy pack was run" not in render(plan(events.summary()), "dev")


def test_only_changes_that_move_the_bill_are_listed_as_such() -> None:
    """TP-4."""
    body = render(
        plan(
            events.step("create", "aws:ec2/natGateway:NatGateway", "zone-a"),
            events.step("update", DATABASE, "bigger", diffs=("instanceClass",)),
            events.step("update", DATABASE, "renamed-tag", diffs=('tags["x"]',)),
            events.step("create", RULE, "free"),
            events.summary(),
        ),
        "prod",
    )
    costs = body[body.index("#### Moves the bill") : body.index("<details>")]
    assert "`zone-a`" in costs
    assert "`bigger`" in costs
    assert "renamed-tag" not in costs
    assert "free" not in costs


def test_a_preview_that_fails_is_not_shown_as_a_quiet_one() -> None:
    body = render(plan(events.error(), events.error()), "staging")
    assert body.startswith("### ❌ staging: the preview failed (2 errors")
    assert "did not finish" in body
    assert render(plan(events.summary(same=3)), "staging").startswith("### ✅ staging: no changes")


def test_default_providers_are_not_counted_as_the_engine_does_not_count_them() -> None:
    provider = "urn:pulumi:dev::p::pulumi:providers:aws::default_7_51_1"
    metadata = {"op": "create", "urn": provider, "type": "pulumi:providers:aws", "old": None, "new": None}
    assert plan(events.event("resourcePreEvent", metadata=metadata), events.summary()).intended == ()


def test_the_fingerprint_changes_with_what_is_intended_and_only_then() -> None:
    """DL-N1: an apply refuses a plan other than the reviewed one."""
    first = plan(events.step("create", RULE, "a"), events.step("update", RULE, "b", diffs=("toPort",)))
    reordered = plan(events.step("update", RULE, "b", diffs=("toPort",)), events.step("create", RULE, "a"))
    other_property = plan(
        events.step("create", RULE, "a"), events.step("update", RULE, "b", diffs=("fromPort",))
    )
    graver = plan(events.step("create", RULE, "a"), *events.replacement(RULE, "b", diffs=("toPort",)))
    assert first.fingerprint == reordered.fingerprint
    assert len({first.fingerprint, other_property.fingerprint, graver.fingerprint}) == 3


def test_a_comparison_that_failed_is_no_good_news() -> None:
    """DL-1: nobody reads further than a green headline."""
    assert render_drift(plan(events.summary(same=1)), "dev").startswith("### ✅ dev: no drift")
    assert render_drift(plan(), "dev").startswith("### ❌ dev: the comparison failed")
