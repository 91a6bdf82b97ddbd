"""Mail signed as each service signs it, judged by dkimpy over the zone that a real name server serves (EM-1, EM-7)."""

import base64
import contextlib
from collections.abc import Callable

import dkim
import dns.resolver
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ops.dns import Zone, zone_file, zone_of
from settings.spf import txt_strings
from tests.edge.name_server import STAND_IN, serving
from tests.support import run_program

DOMAIN = "jtldconsulting.com"
STREAMS = {"transactional": "notify", "marketing": "news"}
# How many keys each service has in a stream.
SERVICES = {"dkim.amazonses.com": 3, "sendgrid.net": 2, "resend": 1}
MESSAGE = b"From: no-reply@%s\r\nTo: zoe@example.net\r\nSubject: Welcome\r\n\r\nHello Zoe,\r\nwelcome!\r\n"


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    """A key of our own: nobody has the private half of those in the stack files."""
    return rsa.generate_private_key(public_exponent=65_537, key_size=2048)


@pytest.fixture(scope="module")
def published(key: rsa.RSAPrivateKey) -> str:
    der = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(der).decode()


@pytest.fixture(scope="module")
def zone(published: str) -> Zone:
    """Prod's zone with our key where Resend's would stand."""
    streams = {stream: {"resend": {"dkimPublicKey": published}} for stream in STREAMS}
    graph = run_program("prod", {"email": {"streams": streams}})
    return zone_of({"type": one.type, "outputs": one.outputs or {}} for one in graph.nodes)


def keys_of(zone: Zone, service: str) -> dict[str, str]:
    """The names under which a service publishes its keys, by the record that leads there."""
    return {
        one.name: one.value.rstrip(".")
        for one in zone.records
        if one.type == "CNAME" and "._domainkey." in one.name and one.value.endswith(f".{service}.")
    }


@pytest.fixture(scope="module")
def ask(zone: Zone, published: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bytes]:
    """The question dkimpy asks: the TXT record at a name, which SES and SendGrid keep at their own."""
    text = " ".join(f'"{part}"' for part in txt_strings(f"k=rsa; p={published}"))
    services = {
        service: STAND_IN + "".join(f"{name}. IN TXT {text}\n" for name in keys_of(zone, service).values())
        for service in SERVICES
        if service != "resend"
    }

    with serving(tmp_path_factory.mktemp("named"), {zone.name: zone_file(zone), **services}) as resolver:

        def asked(name: bytes, timeout: int = 5) -> bytes:
            del timeout
            place = name.decode().rstrip(".")
            with contextlib.suppress(dns.resolver.NoAnswer):
                place = resolver.resolve(place, "CNAME")[0].to_text()
            return b"".join(resolver.resolve(place, "TXT")[0].strings)

        yield asked


def signed(key: rsa.RSAPrivateKey, selector: str, host: str) -> bytes:
    message = MESSAGE % host.encode()
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return bytes(dkim.sign(message, selector.encode(), host.encode(), pem)) + message


@pytest.mark.parametrize("stream", STREAMS.values())
@pytest.mark.parametrize("service", SERVICES)
def test_a_receiver_accepts_the_signature_of_every_service(
    zone: Zone, key: rsa.RSAPrivateKey, ask: Callable[..., bytes], stream: str, service: str
) -> None:
    """EM-1, EM-2, EM-7: signed by the very domain in From, so that DMARC finds it aligned."""
    host = f"{stream}.{DOMAIN}"
    names = [name for name in keys_of(zone, service) if name.endswith(f".{host}")]
    selectors = ["resend"] if service == "resend" else [name.partition(".")[0] for name in names]
    assert len(set(selectors)) == SERVICES[service]
    for selector in selectors:
        mail = signed(key, selector, host)
        assert dkim.verify(mail, dnsfunc=ask), selector
        assert not dkim.verify(mail.replace(b"welcome!", b"pay here"), dnsfunc=ask), "or it accepts anything"


def test_the_keys_of_ses_stand_under_the_names_it_looks_for(zone: Zone) -> None:
    """EM-1: each token names the record and its target; a mixed pair would verify for nobody."""
    pairs = keys_of(zone, "dkim.amazonses.com")
    assert len(pairs) == len(STREAMS) * SERVICES["dkim.amazonses.com"]
    assert all(name.partition(".")[0] == target.partition(".")[0] for name, target in pairs.items())
