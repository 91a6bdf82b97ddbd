"""What the application's checkout needs from a stack: `.env.local` and its functions' limits (HO-2, HO-7)."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from settings.hosting import Functions

OUTPUT = "developmentVariables"
FOR_DEVELOPERS = "dev"
"""The one stack whose Vercel project has a development target."""
_HEAD = "# Written by `./jtld env`, which overwrites it: keep what is your own in .env.development.local\n"
_QUOTES = ("'", '"', "`")


class DeveloperError(Exception):
    """A developer's file cannot be written; the message says why and what to do instead."""


def check_stack(stack: str) -> None:
    """Refuse the stacks that keep their values to themselves.

    Raises:
        DeveloperError: for every stack but dev.
    """
    if stack != FOR_DEVELOPERS:
        raise DeveloperError(
            f"{stack} has no development variables, so that its values stay off laptops (HO-2): "
            f"use `./jtld env {FOR_DEVELOPERS}`"
        )


def variables(outputs: str) -> dict[str, str]:
    """Return the development variables in the JSON of a stack's outputs.

    Raises:
        DeveloperError: when they are not there, or masked.
    """
    way_out = (
        f"make it with `pulumi stack output --stack {FOR_DEVELOPERS} --json --show-secrets`, "
        "and pass it on with --outputs -"
    )
    try:
        values = json.loads(outputs)[OUTPUT]
    except (ValueError, LookupError, TypeError):
        raise DeveloperError(f"no {OUTPUT} in these outputs: {way_out}") from None
    if not isinstance(values, dict):
        raise DeveloperError(f"{OUTPUT} is masked in these outputs: {way_out}")
    return values


def env_file(values: Mapping[str, str]) -> str:
    """Return the values as a `.env` file that Next.js reads back unchanged.

    Its reader expands `$NAME` even inside quotes, and knows no escaped quotes.

    Raises:
        DeveloperError: for a value that holds all three kinds of quotes.
    """
    return _HEAD + "".join(f"{key}={_quoted(key, value)}\n" for key, value in sorted(values.items()))


def _quoted(key: str, value: str) -> str:
    text = value.replace("$", "\\$")
    quote = '"' if "\n" in text else next((mark for mark in _QUOTES if mark not in text), "")
    if not quote or quote in text:
        raise DeveloperError(
            f"{key} holds quotes that no .env file can carry: use one kind of them in its setting"
        )
    return quote + text.replace("\n", "\\n") + quote


def write(path: Path, values: Mapping[str, str]) -> None:
    """Write the file for its owner's eyes only, never through a name that others could have prepared.

    Raises:
        DeveloperError: when the file cannot be written, or is one that somebody wrote by hand.
    """
    text = env_file(values)
    try:
        if (
            path.is_file()
            and not path.is_symlink()
            and not path.read_text(encoding="utf-8").startswith(_HEAD)
        ):
            raise DeveloperError(
                f"{path} was not written by `./jtld env` and would be lost: "
                "move it away, or name another file with --file"
            )
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise DeveloperError(
            f"cannot write {path} ({error.strerror}): name a file in a folder of yours with --file"
        ) from None


def functions_fragment(functions: Functions) -> str:
    """Return the `functions` part of the application's vercel.json."""
    limits = {route: {"maxDuration": functions.heavy_timeout_seconds} for route in functions.heavy_routes}
    return json.dumps({"functions": limits}, indent=2) + "\n"
