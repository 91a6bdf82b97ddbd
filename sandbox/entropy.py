"""Where fresh identifiers come from."""

import random
import secrets
import string
import uuid
from datetime import UTC, datetime

_ALPHABETS = {
    "hex": "0123456789abcdef",
    "digits": string.digits,
    "alnum": string.ascii_lowercase + string.digits,
    "ALNUM": string.ascii_uppercase + string.digits,
}


class Entropy:
    """Where fresh identifiers come from: the system, or a seed for repeatable tests."""

    def __init__(self, seed: int | None = None) -> None:
        self.random: random.Random = secrets.SystemRandom() if seed is None else random.Random(seed)  # noqa: S311
        self.seeded = seed is not None
        self._ticks = 0

    def fresh(self, kind: str, length: int) -> str:
        """Return `length` characters of an alphabet, never starting with a zero digit."""
        alphabet = _ALPHABETS[kind]
        head = alphabet.replace("0", "") if kind == "digits" else alphabet
        return self.random.choice(head) + "".join(self.random.choices(alphabet, k=length - 1))

    def uuid(self) -> str:
        """Return a random UUID."""
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def stamp(self) -> str:
        """Return 26 digits that sort by time, as Terraform appends to name prefixes."""
        return self.now().translate(str.maketrans("", "", "-:TZ")) + self.fresh("digits", 12)

    def now(self) -> str:
        """Return the time in RFC 3339; a seeded source counts seconds from a fixed day."""
        if not self.seeded:
            return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._ticks += 1
        return datetime.fromtimestamp(1_767_225_600 + self._ticks, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
