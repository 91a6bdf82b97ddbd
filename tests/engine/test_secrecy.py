"""No plaintext secret in state, logs or output: canaries go in, and are looked for everywhere (HO-N1)."""

import base64

import pytest

from tests.engine.conftest import Checkout

pytestmark = pytest.mark.engine

CANARY = b"canary-0123456789-of-the-signing-key-"


def test_the_signing_key_appears_nowhere(checkout: Checkout) -> None:
    checkout.edit("settings/secrets.py", "secrets.token_bytes(1190)", f"({CANARY!r} * 33)[:1190]")
    body = base64.encodebytes((CANARY * 33)[:1190]).decode().splitlines()
    needles = [line.encode() for line in body[:4]] + [CANARY]
    said = ""
    for command in (("up", "dev", "--json"), ("preview", "dev"), ("drift", "dev"), ("outputs",), ("export",)):
        done = checkout.jtld(*command)
        said += done.out + done.err
    for one in checkout.resources("dev"):
        if "secret" in one["type"].lower():
            said += checkout.jtld("sandbox", "show", "dev", one["urn"]).out
    assert "[secret]" in said, "the secret must have been met and masked, else this test looks at nothing"
    files = {path: path.read_bytes() for path in checkout.sandbox("dev").rglob("*") if path.is_file()}
    files = {path: content for path, content in files.items() if path.name != "cloud.key"}
    assert len(files) > 5
    for needle in needles:
        assert needle.decode() not in said
        found = [str(path) for path, content in files.items() if needle in content]
        assert found == [], f"{needle!r} is in the clear"
