"""What the application's checkout needs from a stack: `.env.local` and its functions' limits (HO-2, HO-7)."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from settings.hosting import Functions

OUTPUT = "developmentVariables"
_QUOTES = ("'", '"', "`")


class NoDeveloperError(LookupError):
    """The stack serves no developers."""


def variables(outputs: Mapping[str, Any], stack: str) -> dict[str, str]:
    """Return the development variables among a stack's outputs.

    Raises:
        NoDeveloperError: when the stack keeps its values to itself, as staging and prod do.
    """
    if OUTPUT not in outputs:
        raise NoDeveloperError(
            f"{stack} has no development variables, so that its values stay off laptops (HO-2): "
            "use `./jtld env dev`"
        )
    return dict(outputs[OUTPUT])


def env_file(values: Mapping[str, str]) -> str:
    """Return the values as a `.env` file that Next.js reads back unchanged.

    Its reader expands `$NAME` even inside quotes, and knows no escaped quotes.

    Raises:
        ValueError: for a value that holds all three kinds of quotes.
    """
    return "".join(f"{key}={_quoted(key, value)}\n" for key, value in sorted(values.items()))


def _quoted(key: str, value: str) -> str:
    text = value.replace("$", "\\$")
    quote = '"' if "\n" in text else next((mark for mark in _QUOTES if mark not in text), "")
    if not quote or quote in text:
        raise ValueError(f"{key} holds quotes that no .env file can carry")
    return quote + text.replace("\n", "\\n") + quote


def write(path: Path, values: Mapping[str, str]) -> None:
    """Write the file for its owner's eyes only, never through a name that others could have prepared."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(env_file(values))


def functions_fragment(functions: Functions) -> str:
    """Return the `functions` part of the application's vercel.json."""
    limits = {route: {"maxDuration": functions.heavy_timeout_seconds} for route in functions.heavy_routes}
    return json.dumps({"functions": limits}, indent=2) + "\n"
