"""From our policies to the SDK's: one run's memory, its verdicts, and the pack's reports about itself."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from pulumi_policy import (
    EnforcementLevel,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy import Policy as SdkPolicy

from policies.decorator import Policy, ResourceCheck, StackCheck
from policies.levels import Levels
from policies.relations import identities
from policies.resources import Resource, Stack
from policies.values import Finding, Findings, Truth, plain
from policies.waivers import Waivers

EVERY_TYPE = ("*",)
ROOT = "pulumi:pulumi:Stack"


def looks_at(types: Collection[str], type_: str) -> bool:
    """Return whether `types`, exact tokens or prefixes ending in `*`, include a resource type."""
    return type_ in types or any(token.endswith("*") and type_.startswith(token[:-1]) for token in types)


@dataclass(kw_only=True)
class Run:
    """What the pack's process remembers between the engine's calls.

    `inputs` is the ledger: stack policies are only given outputs, and at preview a new resource's outputs are
    unknown where its inputs are not. `pending` counts what preview could not decide, by policy; `held` what
    was seen to comply.
    """

    levels: Levels
    waivers: Waivers
    partners: frozenset[str] = frozenset()
    inputs: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    pending: dict[str, set[str]] = field(default_factory=dict)
    held: Counter[str] = field(default_factory=Counter)

    def judge(self, policy: Policy, findings: Findings, urn: str, report: ReportViolation) -> None:
        """Report the violations among `findings`, one message a resource, and note the rest."""
        broken: dict[str, list[Finding]] = {}
        for finding in findings:
            place = finding.urn or urn
            if finding.holds is Truth.YES:
                self.held[policy.id] += 1
            elif finding.holds is Truth.UNKNOWN:
                self.pending.setdefault(policy.id, set()).add(f"{place} {finding.where}")
            else:
                broken.setdefault(place, []).append(finding)
        for place, found in broken.items():
            if not self.waivers.covering(policy.id, place):
                report(_message(policy, place, found), place)


def _message(policy: Policy, urn: str, findings: list[Finding]) -> str:
    subject = " ".join(reversed(urn.rsplit("$", 1)[-1].split("::")[-2:]))
    wrong = "; ".join(f"{f.where}: {f.says}" if f.where else f.says for f in findings)
    because = ", ".join((*policy.requirements, *policy.controls))
    return f"{subject}: {wrong}.\nRequired by {because}. Remedy: {policy.remedy}"


class ResourcePolicy(ResourceValidationPolicy):
    """An SDK policy that knows which types it reads."""

    def __init__(self, types: tuple[str, ...], **described: Any) -> None:
        super().__init__(**described)
        self.types = types


class StackPolicy(StackValidationPolicy):
    """An SDK policy that knows which types it reads."""

    def __init__(self, types: tuple[str, ...], **described: Any) -> None:
        super().__init__(**described)
        self.types = types


def build(
    policies: Collection[Policy],
    levels: Levels,
    waivers: Waivers,
    partners: frozenset[str] = frozenset(),
) -> tuple[list[SdkPolicy], Run]:
    """Return the SDK's policies for one stack, and the memory they share."""
    run = Run(levels=levels, waivers=waivers, partners=partners)
    return [
        _ledger(run),
        _waiver_expired(run),
        *(_sdk(policy, run) for policy in policies),
        *_reports(run),
    ], run


def _sdk(policy: Policy, run: Run) -> SdkPolicy:
    described: dict[str, Any] = {
        "name": policy.id,
        "description": policy.title,
        "enforcement_level": EnforcementLevel(run.levels[policy.id].level),
        "severity": policy.severity,
        "remediation_steps": policy.remedy,
        "tags": [*policy.requirements, *policy.controls],
    }
    if policy.each:
        return ResourcePolicy(policy.types, validate=_each(policy, run), **described)
    return StackPolicy(policy.types, validate=_across(policy, run), **described)


def _each(policy: Policy, run: Run) -> Callable[[ResourceValidationArgs, ReportViolation], None]:
    check = cast("ResourceCheck", policy.check)
    limits = run.levels[policy.id].limits

    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if not looks_at(policy.types, args.resource_type):
            return
        resource = Resource(
            urn=args.urn,
            type=args.resource_type,
            name=args.name,
            inputs=run.inputs[args.urn],
            environment=run.levels.environment,
            limits=limits,
            protect=args.opts.protect,
            parent=args.opts.parent,
            ignored=tuple(args.opts.ignore_changes),
            partners=run.partners,
            provider=plain(args.provider.props) if args.provider else {},
        )
        run.judge(policy, check(resource), args.urn, report)

    return validate


def _across(policy: Policy, run: Run) -> Callable[[StackValidationArgs, ReportViolation], None]:
    check = cast("StackCheck", policy.check)
    limits = run.levels[policy.id].limits

    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        seen = tuple(_seen(r, run) for r in args.resources if looks_at(policy.types, r.resource_type))
        # The engine's order is random; reports should not be.
        resources = tuple(sorted(seen, key=lambda resource: resource.urn))
        stack = Stack(environment=run.levels.environment, limits=limits, resources=resources)
        run.judge(policy, check(stack), "", report)

    return validate


def _seen(resource: PolicyResource, run: Run) -> Resource:
    outputs = plain(resource.props)
    inputs = run.inputs.get(resource.urn, outputs)
    return Resource(
        urn=resource.urn,
        type=resource.resource_type,
        name=resource.name,
        inputs=inputs,
        environment=run.levels.environment,
        protect=resource.opts.protect,
        parent=resource.opts.parent,
        property_dependencies={
            name: frozenset(source.urn for source in sources)
            for name, sources in resource.property_dependencies.items()
        },
        identities=identities(inputs, outputs),
    )


def _ledger(run: Run) -> SdkPolicy:
    def remember(args: ResourceValidationArgs, _: ReportViolation) -> None:
        run.inputs[args.urn] = plain(args.props)

    return ResourcePolicy(
        EVERY_TYPE,
        name="input-ledger",
        description="Remembers what each resource is given, for the policies that look across resources",
        enforcement_level=EnforcementLevel.ADVISORY,
        validate=remember,
    )


def _waiver_expired(run: Run) -> SdkPolicy:
    # On the root resource, which comes first: a stack policy would speak only after everything was created.
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if args.resource_type == ROOT:
            lapsed = [
                f"{refused.id}: {'; '.join(refused.reasons)}. Remedy: renew it, or fix the resource"
                for refused in run.waivers.refused
            ]
            if lapsed:
                report("\n".join(lapsed), args.urn)

    return ResourcePolicy(
        (ROOT,),
        name="waiver-expired",
        description="A waiver that is lapsed, badly dated or incomplete protects nothing",
        enforcement_level=EnforcementLevel.MANDATORY,
        severity=Severity.CRITICAL,
        validate=validate,
    )


def _reports(run: Run) -> list[SdkPolicy]:
    # Whoever reads the engine's events may take a second message of one policy about one resource for the first.
    def used(_: StackValidationArgs, report: ReportViolation) -> None:
        said: dict[str, list[str]] = {}
        for (_id, urn), waiver in sorted(run.waivers.used.items()):
            said.setdefault(urn, []).append(
                f"{waiver.id} excepts this from {waiver.policy} until {waiver.expires}: {waiver.reason} "
                f"(owner {waiver.owner}, {waiver.ticket}; instead: {waiver.compensating_control})"
            )
        for urn, lines in said.items():
            report("\n".join(lines), urn)

    def unused(_: StackValidationArgs, report: ReportViolation) -> None:
        idle = [
            f"{waiver.id} for {waiver.policy} excepts nothing. Remedy: remove it from waivers.yaml"
            for waiver in run.waivers.unused()
            if waiver.policy not in run.pending
        ]
        if idle:
            report("\n".join(idle), None)

    def pending(_: StackValidationArgs, report: ReportViolation) -> None:
        if run.pending:
            counts = ", ".join(f"{policy} ({len(facts)})" for policy, facts in sorted(run.pending.items()))
            report(f"decided during the update, when the values are known: {counts}", None)
        run.pending.clear()

    return [
        StackPolicy(
            (), name=name, description=title, enforcement_level=EnforcementLevel.ADVISORY, validate=validate
        )
        for name, title, validate in (
            ("waiver-used", "A waiver excepts a resource from a policy", used),
            ("waiver-unused", "A waiver that nothing needs is an open door", unused),
            ("not-known-yet", "Some facts cannot be judged at preview", pending),
        )
    ]
