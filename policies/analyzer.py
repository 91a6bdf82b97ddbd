"""The SDK's analyzer, made fast and firm.

Fast: the SDK decodes every resource again for every policy, whatever it looks at; with two hundred policies
that is most of an update's time. This class hands each request to SDK analyzers that hold only the policies
concerned, so verdicts stay the SDK's own.

Firm: nothing from outside lowers a level. Both rest on private names of the SDK, whose version is pinned; one
that lacks them is refused, since a pack that anybody can weaken is worse than one that does not start.
"""

from collections.abc import Callable, Iterable
from importlib.metadata import version
from typing import Any

import pulumi_policy.policy as sdk
from pulumi.runtime import proto
from pulumi_policy import EnforcementLevel
from pulumi_policy import Policy as SdkPolicy

from policies.pack import ResourcePolicy, StackPolicy, looks_at

SERVICER = "_PolicyAnalyzerServicer"
_OVERRIDDEN = ("Analyze", "AnalyzeStack", "Configure", "_get_enforcement_level")
_STRICTNESS = (EnforcementLevel.DISABLED, EnforcementLevel.ADVISORY, EnforcementLevel.MANDATORY)


def sdk_servicer() -> Any:
    """Return the SDK's own analyzer.

    Raises:
        ImportError: The installed SDK has no such class, or not the methods that are overridden here.
    """
    found = getattr(sdk, SERVICER, None)
    lacking = [name for name in _OVERRIDDEN if not hasattr(found, name)]
    if found is None or lacking:
        missing = SERVICER if found is None else ", ".join(lacking)
        raise ImportError(
            f"pulumi-policy {version('pulumi-policy')} has no {missing}, on which policies/analyzer.py rests: "
            "without it a configuration from outside could weaken the pack. Install the version of "
            "requirements.lock, or adapt the module and its tests to the new one."
        )
    return found


_Servicer: Any = sdk_servicer()


class _Part(_Servicer):  # type: ignore[misc]
    """An SDK analyzer for a few policies, whose levels nobody can lower from outside.

    Levels come from `levels.yaml`, which is linted and reviewed; a `--policy-pack-config` file is neither.
    """

    def _get_enforcement_level(self, policy: SdkPolicy) -> EnforcementLevel:
        asked: EnforcementLevel = super()._get_enforcement_level(policy)
        own = policy.enforcement_level or EnforcementLevel.MANDATORY
        return max(asked, own, key=_STRICTNESS.index) if asked in _STRICTNESS else own


class Analyzer(_Servicer):  # type: ignore[misc]
    """Serves the whole pack by handing each request to the policies that read its resource types."""

    def __init__(self, name: str, version: str, policies: list[SdkPolicy], *rest: Any, **named: Any) -> None:
        super().__init__(name, version, policies, *rest, **named)
        self._resource_policies = [policy for policy in policies if isinstance(policy, ResourcePolicy)]
        self._make: Callable[..., Any] = lambda some: _Part(name, version, some, *rest, **named)
        self._by_type: dict[str, _Part] = {}
        self._stack_parts = [
            (policy.types, self._make([policy])) for policy in policies if isinstance(policy, StackPolicy)
        ]
        self._configuration: Any = None

    def Analyze(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        """Judge one resource."""
        part = self._by_type.get(request.type)
        if part is None:
            part = self._make(
                [policy for policy in self._resource_policies if looks_at(policy.types, request.type)]
            )
            self._configure([part])
            self._by_type[request.type] = part
        return part.Analyze(request, context)

    def AnalyzeStack(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        """Judge the stack."""
        response = proto.AnalyzeResponse()
        for types, part in self._stack_parts:
            resources = [resource for resource in request.resources if looks_at(types, resource.type)]
            answer = part.AnalyzeStack(proto.AnalyzeStackRequest(resources=resources), context)
            response.MergeFrom(answer)
        return response

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        """Take the engine's configuration for every part, those still to come included."""
        self._configuration = request
        self._configure([*self._by_type.values(), *(part for _, part in self._stack_parts)])
        return super().Configure(request, context)

    def _configure(self, parts: Iterable[_Part]) -> None:
        if self._configuration is not None:
            for part in parts:
                part.Configure(self._configuration, None)
