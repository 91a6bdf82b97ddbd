"""The JSON Schema of the stack files, from the models: editors complete, explain and check with it.

Draft 07: the newest that yaml-language-server, and with it most editors, supports in full. References are
written out, because beside a `$ref` draft 07 ignores what the field itself says.
"""

import json
from pathlib import Path
from typing import Any

from settings.errors import PROJECT, ROOT
from settings.model import Settings
from settings.secrets import SECRETS

PATH = Path(__file__).parents[1] / "schema" / "stack.schema.json"


def schema() -> dict[str, Any]:
    """Return the schema of a whole stack file."""
    settings = _written_out(Settings.model_json_schema(), {})
    encrypted = {
        "type": "object",
        "properties": {"secure": {"type": "string", "minLength": 1, "description": "The encrypted value."}},
        "required": ["secure"],
        "additionalProperties": False,
    }
    keys = settings["properties"] | {
        secret.name: {
            **encrypted,
            "description": f"Secret: {secret.purpose}. Set with `pulumi config set --secret`.",
        }
        for secret in SECRETS.values()
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": f"Stack file of {PROJECT}",
        "type": "object",
        "properties": {
            ROOT: {
                "description": f"One {PROJECT}:<key> for each concern, and keys of other namespaces.",
                "type": "object",
                "properties": {f"{PROJECT}:{key}": value for key, value in keys.items()},
                "required": [f"{PROJECT}:{key}" for key in settings["required"]],
                "patternProperties": {f"^(?!{PROJECT}:)[^:]+:.+$": {}},
                "additionalProperties": False,
            },
            "encryptedkey": {"type": "string", "description": "Pulumi: the encrypted key of the secrets."},
            "encryptionsalt": {
                "type": "string",
                "description": "Pulumi: the salt of the secrets' passphrase.",
            },
            "environment": {"description": "Pulumi: environments (ESC) that the stack imports."},
            "secretsprovider": {"type": "string", "description": "Pulumi: what encrypts the secrets."},
        },
        "required": [ROOT],
        "additionalProperties": False,
    }


def _written_out(part: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(part, list):
        return [_written_out(item, definitions) for item in part]
    if not isinstance(part, dict):
        return part
    definitions = part.get("$defs", definitions)
    target = _written_out(definitions[part["$ref"].rpartition("/")[2]], definitions) if "$ref" in part else {}
    return target | {
        key: _written_out(value, definitions)
        for key, value in part.items()
        if key not in {"$ref", "$defs", "discriminator"} and not (key == "title" and isinstance(value, str))
    }


def text() -> str:
    """Return the schema as the file holds it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def write(path: Path = PATH) -> None:
    """Write the schema to `path`."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    write()
