"""The values of the `random` provider, with the meaning that provider's documentation gives them."""

import base64
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sandbox.entropy import Entropy
from sandbox.words import ADJECTIVES, ADVERBS, NAMES

Values = dict[str, Any]

_LOWER = "abcdefghijklmnopqrstuvwxyz"
_UPPER = _LOWER.upper()
_NUMERIC = "0123456789"
_SPECIAL = "!@#$%&*()-_=+[]{}<>:?"
# The cost of the real provider's bcrypt; repeatable tests do not need to pay it.
_COST, _SEEDED_COST = 10, 4
_BCRYPT_BYTES = 72


def _classes(inputs: Mapping[str, Any]) -> dict[str, str]:
    special = inputs.get("overrideSpecial") or _SPECIAL
    return {"lower": _LOWER, "upper": _UPPER, "numeric": _NUMERIC, "special": special}


def _minimums(inputs: Mapping[str, Any]) -> dict[str, int]:
    return {name: int(inputs.get(f"min{name.capitalize()}") or 0) for name in _classes(inputs)}


def _wanted(inputs: Mapping[str, Any], name: str) -> bool:
    value = inputs.get(name)
    if name == "numeric" and value is None:
        value = inputs.get("number")
    return value is not False


def problems(generator: str, inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield property and reason of what a generator cannot make, as the provider's validators do."""
    if generator in ("text", "password"):
        least = sum(_minimums(inputs).values())
        if int(inputs.get("length", least)) < least:
            yield (
                "length",
                (
                    f"Attribute length value must be at least sum of minUpper + minLower + minNumeric + minSpecial"
                    f" ({least}), got: {inputs['length']}"
                ),
            )
        if not any(_wanted(inputs, name) for name in _classes(inputs)):
            names = "[special,upper,lower,numeric]"
            yield "numeric", f"At least one attribute out of {names} must be specified as true"


def text(inputs: Mapping[str, Any], entropy: Entropy) -> Values:
    """Return `result` for RandomString: the minimum of each class first, then any, shuffled."""
    classes = _classes(inputs)
    alphabet = "".join(characters for name, characters in classes.items() if _wanted(inputs, name))
    choose = entropy.random.choices
    characters = [c for name, least in _minimums(inputs).items() for c in choose(classes[name], k=least)]
    characters += choose(alphabet, k=int(inputs["length"]) - len(characters))
    entropy.random.shuffle(characters)
    return {"result": "".join(characters), "id": "".join(characters)}


def password(inputs: Mapping[str, Any], entropy: Entropy) -> Values:
    """Return `result` and its bcrypt hash; the id is `none` so that it shows nothing."""
    result = text(inputs, entropy)["result"]
    return {"result": result, "bcryptHash": _hash(result, entropy), "id": "none"}


def _hash(result: str, entropy: Entropy) -> str:
    import bcrypt  # noqa: PLC0415 - only passwords need it

    salt = bcrypt.gensalt(_SEEDED_COST if entropy.seeded else _COST, prefix=b"2a")
    return bcrypt.hashpw(result.encode()[:_BCRYPT_BYTES], salt).decode()


def identifier(inputs: Mapping[str, Any], entropy: Entropy) -> Values:
    """Return the encodings of `byteLength` random bytes, each behind `prefix`; the id has no prefix."""
    return _encodings(_bytes(int(inputs["byteLength"]), entropy), inputs.get("prefix") or "")


def _encodings(raw: bytes, prefix: str) -> Values:
    bare = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    return {
        "b64Url": prefix + bare,
        "b64Std": prefix + base64.b64encode(raw).decode(),
        "hex": prefix + raw.hex(),
        "dec": prefix + str(int.from_bytes(raw, "big")),
        "id": bare,
    }


def octets(inputs: Mapping[str, Any], entropy: Entropy) -> Values:
    """Return `length` random bytes as base64 and hex."""
    raw = _bytes(int(inputs["length"]), entropy)
    return _octets(raw)


def _octets(raw: bytes) -> Values:
    # Pulumi's provider makes the secret value the id, although an id cannot be secret.
    encoded = base64.b64encode(raw).decode()
    return {"base64": encoded, "hex": raw.hex(), "id": encoded}


def _bytes(length: int, entropy: Entropy) -> bytes:
    return entropy.random.getrandbits(8 * length).to_bytes(length, "big")


def uuid_of_no_version(_inputs: Mapping[str, Any], entropy: Entropy) -> Values:
    """Return 128 random bits in the form of a UUID: RandomUuid sets no version, unlike RandomUuid4."""
    value = str(uuid.UUID(bytes=_bytes(16, entropy)))
    return {"result": value, "id": value}


def uuid4(_inputs: Mapping[str, Any], entropy: Entropy) -> Values:
    """Return a version 4 UUID."""
    value = entropy.uuid()
    return {"result": value, "id": value}


def uuid7(_inputs: Mapping[str, Any], entropy: Entropy) -> Values:
    """Return a version 7 UUID: the time in milliseconds, then randomness."""
    moment = datetime.strptime(entropy.now(), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    bits = int(moment.timestamp() * 1000) << 80 | entropy.random.getrandbits(80)
    bits = bits & ~(0xF << 76) | 0x7 << 76
    bits = bits & ~(0x3 << 62) | 0x2 << 62
    value = str(uuid.UUID(int=bits))
    return {"result": value, "id": value}


def integer(inputs: Mapping[str, Any], entropy: Entropy) -> Values:
    """Return an integer from `min` to `max`, both included; a seed makes it repeatable."""
    low, high = int(inputs["min"]), int(inputs["max"])
    if low > high:
        raise LookupError("The minimum (min) value needs to be smaller than or equal to maximum (max) value.")
    value = _seeded(inputs, entropy).randint(low, high)
    return {"result": value, "id": str(value)}


def shuffle(inputs: Mapping[str, Any], entropy: Entropy) -> Values:
    """Return the inputs in random order; more than there are repeats whole permutations."""
    items = list(inputs["inputs"])
    wanted = int(inputs["resultCount"]) if inputs.get("resultCount") is not None else len(items)
    source = _seeded(inputs, entropy)
    results: list[Any] = []
    while items and len(results) < wanted:
        results += source.sample(items, len(items))
    return {"results": results[:wanted], "id": "-"}


def pet(inputs: Mapping[str, Any], entropy: Entropy) -> Values:
    """Return `length` words: adverbs, one adjective, a name."""
    length = int(inputs.get("length", 2))
    choice = entropy.random.choice
    words = [choice(ADVERBS) for _ in range(length - 2)]
    words += ([choice(ADJECTIVES)] if length > 1 else []) + [choice(NAMES)]
    separator = inputs.get("separator", "-")
    prefix = [inputs["prefix"]] if inputs.get("prefix") else []
    return {"id": separator.join([*prefix, *words])}


def _seeded(inputs: Mapping[str, Any], entropy: Entropy) -> Any:
    import random  # noqa: PLC0415 - only for inputs that carry their own seed

    return random.Random(inputs["seed"]) if inputs.get("seed") else entropy.random  # noqa: S311 - asked for


def imported(generator: str, id_: str, entropy: Entropy) -> tuple[Values, Values]:
    """Return inputs and outputs of an import; the id carries the value, and ValueError says it does not."""
    if generator in ("text", "password"):
        values = {"result": id_, "id": id_}
        if generator == "password":
            values = {"result": id_, "bcryptHash": _hash(id_, entropy), "id": "none"}
        return {"length": len(id_)}, values
    if generator == "identifier":
        prefix, _, encoded = id_.rpartition(",")
        raw = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
        return {"byteLength": len(raw), **({"prefix": prefix} if prefix else {})}, _encodings(raw, prefix)
    if generator == "octets":
        raw = base64.b64decode(id_, validate=True)
        return {"length": len(raw)}, _octets(raw)
    if generator in ("uuid", "uuid4", "uuid7"):
        return {}, {"result": str(uuid.UUID(id_)), "id": id_}
    if generator == "integer":
        result, low, high, *seed = id_.split(",")
        bounds: Values = {"min": int(low), "max": int(high), **({"seed": seed[0]} if seed else {})}
        return bounds, {"result": int(result), "id": str(int(result))}
    raise ValueError(f"{generator} cannot be imported")


GENERATORS: Final[Mapping[str, Callable[[Mapping[str, Any], Entropy], Values]]] = {
    "text": text,
    "password": password,
    "identifier": identifier,
    "octets": octets,
    "uuid": uuid_of_no_version,
    "uuid4": uuid4,
    "uuid7": uuid7,
    "integer": integer,
    "shuffle": shuffle,
    "pet": pet,
}
