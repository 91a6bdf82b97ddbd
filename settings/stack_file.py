"""What Pulumi keeps in a stack file around our settings, and what may stand there in plain text."""

from collections.abc import Iterator, Mapping

from settings.document import Document
from settings.errors import PROJECT, ROOT, KeyPath, is_known_secret, names_a_secret
from settings.secrets import SECRETS

ROOT_KEYS = (ROOT, "encryptedkey", "encryptionsalt", "environment", "secretsprovider")
_SHORTEST_SECRET = 8
PLAIN_SECRET = {
    "given": "a secret (not shown)",
    "rule": "must not be in plain text",
    "reason": "the file is in git, and what git has seen is out for good (HO-N1, DL-N3)",
    "remedy": "Revoke it, delete it here, and store a new one with `pulumi config set --secret`.",
}


def own_values(document: Document) -> dict[str, object]:
    """Return the values of our keys, without namespace and secrets; report what should not be there.

    Raises:
        SettingsError: when there is no mapping of keys to look at.
    """
    root = _mapping(document, document.values, ())
    for key in root.keys() - set(ROOT_KEYS):
        document.report.refuse(
            (key,),
            given="a value for an unknown key (not shown)",
            rule=f"must be one of {', '.join(ROOT_KEYS)}",
            reason="Pulumi ignores or refuses every other key at the top of a stack file",
            remedy=f"Move it below {ROOT}: with its namespace ({PROJECT}:<key>), or delete it.",
        )
    config = _mapping(document, {} if root.get(ROOT) is None else root[ROOT], (ROOT,))
    own: dict[str, object] = {}
    for key, value in config.items():
        namespace, _, name = key.partition(":")
        path: KeyPath = (ROOT, key)
        if not namespace or not name:
            document.report.refuse(
                path,
                given="a key without a namespace",
                rule="must be <namespace>:<key>",
                reason="Pulumi files every setting under the project or provider that reads it",
                remedy=f"Write {PROJECT}:<key> for a setting of this project.",
            )
        elif namespace != PROJECT:
            for exposed in _exposed(value, path, secret=names_a_secret(name)):
                document.report.refuse(exposed, **PLAIN_SECRET)
        elif name in SECRETS:
            _require_encrypted(document, value, path)
        else:
            own[name] = value
    return own


def _mapping(document: Document, value: object, path: KeyPath) -> Mapping[str, object]:
    if isinstance(value, dict):
        return value
    document.report.refuse(
        path,
        given="something else",
        rule="must be a mapping",
        reason="a stack file maps keys to values",
        remedy=f"Write {ROOT}: and below it, indented, one {PROJECT}:<key>: for each concern.",
    )
    raise document.report.error()


def _is_encrypted(value: object) -> bool:
    match value:
        case {"secure": str(text), **others}:
            return bool(text) and not others and not is_known_secret(text)
    return False


def _require_encrypted(document: Document, value: object, path: KeyPath) -> None:
    if not _is_encrypted(value):
        document.report.refuse(path, **PLAIN_SECRET)


def _exposed(value: object, path: KeyPath, *, secret: bool) -> Iterator[KeyPath]:
    """Yield where a value of another namespace holds plain secrets; `secret`: its key sounds like one."""
    if _is_encrypted(value):
        return
    match value:
        case str() if is_known_secret(value) or (secret and len(value) >= _SHORTEST_SECRET):
            yield path
        case dict():
            for key, inner in value.items():
                yield from _exposed(inner, (*path, key), secret=secret or names_a_secret(key))
        case list():
            for position, inner in enumerate(value):
                yield from _exposed(inner, (*path, position), secret=secret)
