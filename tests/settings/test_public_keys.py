"""Public keys: what CloudFront takes is taken, everything near it is not (ST-5). Another library makes the keys."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from settings.pem import require_cloudfront_public_key

RSA = rsa.generate_private_key(65537, 2048).public_key()
P256 = ec.generate_private_key(ec.SECP256R1()).public_key()


def pem(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def reframed(der: bytes) -> str:
    return f"-----BEGIN PUBLIC KEY-----\n{base64.encodebytes(der).decode()}-----END PUBLIC KEY-----\n"


def der(text: str) -> bytes:
    return base64.b64decode("".join(text.splitlines()[1:-1]))


@pytest.mark.parametrize(
    "text", [pem(RSA), pem(P256), pem(RSA).rstrip()], ids=["RSA 2048", "P-256", "no final line end"]
)
def test_a_key_that_cloudfront_takes_is_taken(text: str) -> None:
    assert require_cloudfront_public_key(text) == text


REFUSED = {
    "RSA 1024": pem(rsa.generate_private_key(65537, 1024).public_key()),  # noqa: S505 - it must be refused
    "RSA 3072": pem(rsa.generate_private_key(65537, 3072).public_key()),
    "P-384": pem(ec.generate_private_key(ec.SECP384R1()).public_key()),
    "P-256K": pem(ec.generate_private_key(ec.SECP256K1()).public_key()),
    "Ed25519": pem(ed25519.Ed25519PrivateKey.generate().public_key()),
    "PKCS#1 framing": RSA.public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode(),
    "an even modulus": reframed(der(pem(RSA))[:-6] + bytes([der(pem(RSA))[-6] & 0xFE]) + der(pem(RSA))[-5:]),
    "a point beside the curve": reframed(der(pem(P256))[:-1] + bytes([der(pem(P256))[-1] ^ 1])),
    "a key cut short": reframed(der(pem(RSA))[:-1]),
    "a key with a tail": reframed(der(pem(RSA)) + b"\0"),
    "two keys": pem(RSA) + pem(P256),
    "text before": "key:\n" + pem(RSA),
    "broken base64": pem(RSA).replace("\n", "\n=", 1),
    "Windows line ends": pem(RSA).replace("\n", "\r\n"),
    "nothing": "",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        require_cloudfront_public_key(text)
