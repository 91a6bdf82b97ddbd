"""S3 and KMS as moto answers them on loopback, over the real protocols; what was asked is kept as IAM names it."""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Response

KEY = "the state's key"
_OBJECT = {
    "GET": "s3:GetObject",
    "HEAD": "s3:GetObject",
    "PUT": "s3:PutObject",
    "POST": "s3:PutObject",
    "DELETE": "s3:DeleteObject",
}
# The bucket encrypts by default, so whoever reads or writes an object uses its key as well.
_IMPLIED = {"s3:GetObject": "kms:Decrypt", "s3:PutObject": "kms:GenerateDataKey"}


@dataclass
class Served:
    """A running server, and every `(action, resource)` that it was asked for, in order."""

    url: str
    asked: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def serving(application: Callable[..., Iterable[bytes]]) -> Iterator[str]:
    """Serve a WSGI application on loopback until the block ends, and say where."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)

    def whole(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        # An answer of known length: the end of one in chunks would wait in the buffer.
        return Response.from_app(application, environ, buffered=True)(environ, start_response)

    server = make_server("127.0.0.1", 0, whole, threaded=True, request_handler=_Whole)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Whole(WSGIRequestHandler):
    """Sends head and body of an answer at once, as AWS does.

    Between a head and a body that came later the CLI was seen to lose the connection, once in some hundred runs
    ("read tcp …: use of closed network connection").
    """

    wbufsize = -1

    def handle_expect_100(self) -> bool:
        go_on = super().handle_expect_100()
        self.wfile.flush()
        return go_on


@contextmanager
def serving_aws() -> Iterator[Served]:
    """Serve until the block ends."""
    answer = DomainDispatcherApplication(create_backend_app)

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        served.asked.extend(_needs(environ))
        return answer(environ, start_response)

    with serving(application) as url:
        served = Served(url=url)
        yield served


def _needs(environ: dict[str, Any]) -> Iterable[tuple[str, str]]:
    """Name what IAM would have to allow for one request."""
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        yield f"kms:{target.removeprefix('TrentService.')}", KEY
        return
    bucket, _, key = environ["PATH_INFO"].strip("/").partition("/")
    query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    if not key:
        action = "s3:GetBucketLocation" if "location" in query else "s3:ListBucket"
        yield action, f"arn:aws:s3:::{bucket}"
        return
    actions = [_OBJECT[environ["REQUEST_METHOD"]]]
    if "HTTP_X_AMZ_COPY_SOURCE" in environ:
        actions.append("s3:GetObject")
    for action in actions:
        yield action, f"arn:aws:s3:::{bucket}/{key}"
        if action in _IMPLIED:
            yield _IMPLIED[action], KEY
