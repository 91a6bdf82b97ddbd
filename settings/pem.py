"""Just enough of public-key files to know that one is what CloudFront takes."""

import base64
import re

_ENVELOPE = re.compile(
    r"-----BEGIN PUBLIC KEY-----\n((?:[A-Za-z0-9+/=]{1,76}\n)+)-----END PUBLIC KEY-----\n?"
)

# DER of a SubjectPublicKeyInfo up to the key's own digits (RFC 8017, RFC 5480): it is constant for each kind.
_RSA_2048 = bytes.fromhex("30820122300d06092a864886f70d01010105000382010f003082010a0282010100")
_RSA_EXPONENT_65537 = bytes.fromhex("0203010001")
_P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
_RSA_BYTES = 256
_TOP_BIT = 0x80
_P256_BYTES = 32
_P256_PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
_P256_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B


def _is_rsa_2048(der: bytes) -> bool:
    modulus = der[len(_RSA_2048) : -len(_RSA_EXPONENT_65537)]
    framed = der == _RSA_2048 + modulus + _RSA_EXPONENT_65537
    return framed and len(modulus) == _RSA_BYTES and modulus[0] >= _TOP_BIT and modulus[-1] % 2 == 1


def _is_p256(der: bytes) -> bool:
    point = der[len(_P256) :]
    if not der.startswith(_P256) or len(point) != 2 * _P256_BYTES:
        return False
    x, y = int.from_bytes(point[:_P256_BYTES]), int.from_bytes(point[_P256_BYTES:])
    return max(x, y) < _P256_PRIME and (y * y - (x**3 - 3 * x + _P256_B)) % _P256_PRIME == 0


def require_cloudfront_public_key(text: str) -> str:
    """Return `text` unchanged when it is a PEM public key, RSA of 2048 bits or ECDSA P-256.

    Raises:
        ValueError: when it is anything else.
    """
    envelope = _ENVELOPE.fullmatch(text)
    if envelope is None:
        raise ValueError("not a PEM public key")
    der = base64.b64decode(envelope[1].replace("\n", ""), validate=True)
    if not _is_rsa_2048(der) and not _is_p256(der):
        raise ValueError("neither RSA 2048 nor ECDSA P-256")
    return text
