"""What the engine starts: the pack for the stack at hand."""

import gc
import sys
from pathlib import Path

# What is imported lives to the end: nobody need look through it for garbage (see the program's own __main__).
gc.disable()
_HERE = Path(__file__).resolve().parent
# The engine runs this folder as a program, which puts the folder itself on the path; the pack is a package.
sys.path[:] = [str(_HERE.parent), *(entry for entry in sys.path if Path(entry or ".").resolve() != _HERE)]

import pulumi
import pulumi_policy.policy as sdk

from policies.analyzer import SERVICER, Analyzer
from policies.levels import Environment, Levels, LevelsError, load_overrides
from policies.pack import build
from policies.registry import all_policies
from policies.strangers import partners
from policies.waivers import load_waivers

gc.freeze()
gc.set_threshold(200_000, 50, 1000)
gc.enable()

NAME = "jtld-platform"


def main() -> None:
    """Serve the policies of the stack named by the engine; without a name, those of prod."""
    stack = _stack()
    policies = all_policies()
    levels = Levels(Environment.of(stack), policies, load_overrides(policies))
    made, _ = build(policies, levels, load_waivers(stack, policies), partners(stack))
    setattr(sdk, SERVICER, Analyzer)
    sdk.PolicyPack(NAME, made)


def _stack() -> str:
    try:
        return pulumi.get_stack()
    except Exception:  # noqa: BLE001 - the SDK raises a bare Exception without an engine
        return ""


try:
    main()
except LevelsError as error:
    sys.exit(str(error))
