"""Finds every component there is, so that a new one cannot escape the contract."""

import importlib
import pkgutil
from functools import cache
from pathlib import Path

import pulumi

import components

FOLDER = Path(components.__path__[0])
MODULES = sorted(FOLDER.rglob("*.py"))


@cache
def component_classes() -> tuple[type[pulumi.ComponentResource], ...]:
    """Return every component class that a module of `components/` defines."""
    found = set()
    for module_info in pkgutil.walk_packages(components.__path__, f"{components.__name__}."):
        module = importlib.import_module(module_info.name)
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, pulumi.ComponentResource):
                found.add(value)
    return tuple(
        sorted(
            (one for one in found if one.__module__.startswith(f"{components.__name__}.")),
            key=lambda one: one.__name__,
        )
    )


def token(component: type[pulumi.ComponentResource]) -> str:
    """Return the type token that a component must register."""
    return f"jtld:platform:{component.__name__}"
