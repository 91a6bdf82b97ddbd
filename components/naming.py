"""Physical names for the few resources whose name a requirement or another system fixes."""

import hashlib

_DIGEST_LENGTH = 7


def bounded_name(*parts: str, limit: int) -> str:
    """Join `parts` with dashes, never longer than `limit` characters.

    A name that does not fit keeps its beginning and ends in a digest of the whole, so that two long names
    that start alike stay different and the same parts always give the same name.

    Raises:
        ValueError: when `limit` leaves no room for one character, a dash and the digest.
    """
    if limit < _DIGEST_LENGTH + 2:
        raise ValueError(f"a limit of {limit} characters leaves no room for a readable name")
    name = "-".join(parts)
    if len(name) <= limit:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_DIGEST_LENGTH]
    return f"{name[: limit - _DIGEST_LENGTH - 1].rstrip('-')}-{digest}"
