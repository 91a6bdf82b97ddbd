"""The gRPC face of the sandbox's providers: a Pulumi resource plugin.

The engine starts `pulumi-resource-<package>` from PATH, reads the port from its first line and
speaks `pulumirpc.ResourceProvider`. Messages never carry the values of secrets, nor do the logs.
"""

# ruff: noqa: N802, ARG002 - the generated base class names the methods and passes both arguments

import os
import signal
import sqlite3
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from sandbox import schema
from sandbox.cloud import CLOUD_FILE, Cloud
from sandbox.contracts import ContractError
from sandbox.differences import Difference
from sandbox.faults import FAULTS_FILE, FaultsError, Script
from sandbox.inputs import Mode
from sandbox.provider import Autonaming, OperationError, Provider
from sandbox.shapes import ShapeError, package
from sandbox.values import reveal
from sandbox.wire import decode, encode

T = TypeVar("T")

FOLDER_VARIABLE = "JTLD_SANDBOX"
LOG_FILE = "providers.log"
# The engine sends many requests at once; most of them wait for the one writer of the cloud.
_WORKERS = 16
_MESSAGE_LIMIT = 400 * 1024 * 1024
_GRACE_SECONDS = 2
_WATCH_SECONDS = 0.5
_MODES: Final[tuple[Mode, ...]] = ("propose", "enforce", "disable")
_KINDS = {
    ("add", False): provider_pb2.PropertyDiff.ADD,
    ("add", True): provider_pb2.PropertyDiff.ADD_REPLACE,
    ("update", False): provider_pb2.PropertyDiff.UPDATE,
    ("update", True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
    ("delete", False): provider_pb2.PropertyDiff.DELETE,
    ("delete", True): provider_pb2.PropertyDiff.DELETE_REPLACE,
}


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Translates requests into a Provider's operations and back."""

    def __init__(self, provider: Provider, log: Callable[[str], None]) -> None:
        self._provider = provider
        self._log = log

    def Handshake(self, request: Any, context: Any) -> Any:
        """Agree on the protocol: secrets come wrapped, names come proposed."""
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=True, supports_autonaming_configuration=True
        )

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """Say the version, which is the installed SDK's."""
        return plugin_pb2.PluginInfo(version=package(self._provider.package).version)

    def GetSchema(self, request: Any, context: Any) -> Any:
        """Return the schema of the types that have a contract."""
        return self._answer(
            context, lambda: provider_pb2.GetSchemaResponse(schema=schema.document(self._provider.package))
        )

    def CheckConfig(self, request: Any, context: Any) -> Any:
        """Check the provider's own inputs and return them as they came."""

        def act() -> Any:
            failures = self._provider.check_config(decode(request.news)).failures
            return provider_pb2.CheckResponse(inputs=request.news, failures=_failures(failures))

        return self._answer(context, act)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        """Compare two configurations; none of their values replaces a provider."""
        olds, news = decode(request.old_inputs or request.olds), decode(request.news)
        changed = sorted(
            name for name in olds.keys() | news.keys() if reveal(olds.get(name)) != reveal(news.get(name))
        )
        return _diff_response(Difference(changes=dict.fromkeys(changed, "update")))

    def Configure(self, request: Any, context: Any) -> Any:
        """Take the configuration."""

        def act() -> Any:
            self._provider.configure(decode(request.args))
            return provider_pb2.ConfigureResponse(
                acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True
            )

        return self._answer(context, act)

    def Check(self, request: Any, context: Any) -> Any:
        """Check and complete a resource's inputs."""

        def act() -> Any:
            autonaming = None
            if request.HasField("autonaming"):
                autonaming = Autonaming(request.autonaming.proposed_name, _MODES[request.autonaming.mode])
            checked = self._provider.check(
                request.urn, decode(request.olds), decode(request.news), autonaming
            )
            return provider_pb2.CheckResponse(
                inputs=encode(checked.inputs), failures=_failures(checked.failures)
            )

        return self._answer(context, act)

    def Diff(self, request: Any, context: Any) -> Any:
        """Compare inputs with state."""

        def act() -> Any:
            return _diff_response(
                self._provider.diff(
                    request.urn,
                    decode(request.old_inputs),
                    decode(request.olds),
                    decode(request.news),
                    ignore_changes=list(request.ignoreChanges),
                )
            )

        return self._answer(context, act)

    def Create(self, request: Any, context: Any) -> Any:
        """Create a resource."""

        def act() -> Any:
            state = self._provider.create(request.urn, decode(request.properties), preview=request.preview)
            return provider_pb2.CreateResponse(id=state.id or "", properties=encode(state.outputs))

        return self._answer(context, act)

    def Read(self, request: Any, context: Any) -> Any:
        """Read or import a resource; an empty answer says that it is gone."""

        def act() -> Any:
            state = self._provider.read(
                request.urn, request.id, decode(request.inputs), decode(request.properties)
            )
            if state.id is None:
                return provider_pb2.ReadResponse()
            return provider_pb2.ReadResponse(
                id=state.id, properties=encode(state.outputs), inputs=encode(state.inputs)
            )

        return self._answer(context, act)

    def Update(self, request: Any, context: Any) -> Any:
        """Change a resource in place."""

        def act() -> Any:
            state = self._provider.update(
                request.urn,
                request.id,
                decode(request.old_inputs),
                decode(request.olds),
                decode(request.news),
                preview=request.preview,
            )
            return provider_pb2.UpdateResponse(properties=encode(state.outputs))

        return self._answer(context, act)

    def Delete(self, request: Any, context: Any) -> Any:
        """Delete a resource."""

        def act() -> Any:
            self._provider.delete(request.urn, request.id, decode(request.properties))
            return empty_pb2.Empty()

        return self._answer(context, act)

    def Invoke(self, request: Any, context: Any) -> Any:
        """Call a function."""

        def act() -> Any:
            result = self._provider.invoke(request.tok, decode(request.args))
            return provider_pb2.InvokeResponse(**{"return": encode(result)})

        return self._answer(context, act)

    def Cancel(self, request: Any, context: Any) -> Any:
        """Let what is under way finish: operations here are short."""
        return empty_pb2.Empty()

    def Attach(self, request: Any, context: Any) -> Any:
        """Accept an engine that found this process already running."""
        return empty_pb2.Empty()

    def _answer(self, context: Any, act: Callable[[], T]) -> T | None:
        try:
            return act()
        except (OperationError, ContractError, ShapeError, FaultsError) as error:
            message = str(error)
        except Exception as error:  # noqa: BLE001 - the engine must hear of every failure
            # An unforeseen exception's own text may quote a value; where it happened does not.
            where = traceback.extract_tb(error.__traceback__)[-1]
            message = (
                f"the sandbox failed: {type(error).__name__} at {Path(where.filename).name}:{where.lineno}"
            )
            self._log(message)
        context.abort(grpc.StatusCode.UNKNOWN, message)
        return None


def _failures(failures: Any) -> list[Any]:
    # Bridged providers leave the property out, and name it in the reason: with it the engine would
    # print the value.
    return [provider_pb2.CheckFailure(reason=failure.reason) for failure in failures]


def _diff_response(difference: Difference) -> Any:
    changes = difference.changes
    response = provider_pb2.DiffResponse
    return response(
        replaces=difference.replaces,
        stables=difference.stables,
        deleteBeforeReplace=difference.delete_before_replace,
        changes=response.DIFF_SOME if changes else response.DIFF_NONE,
        diffs=sorted({path.split(".")[0].split("[")[0] for path in changes}),
        detailedDiff={
            path: provider_pb2.PropertyDiff(kind=_KINDS[kind, path in difference.replacing], inputDiff=False)
            for path, kind in changes.items()
        },
        hasDetailedDiff=True,
    )


def serve(name: str, folder: Path, engine: int) -> None:
    """Serve a provider until the process `engine`, which started it, is gone."""
    cloud = Cloud(folder / CLOUD_FILE)
    provider = Provider(name, cloud, script=Script.read(folder / FAULTS_FILE))
    server = grpc.server(
        ThreadPoolExecutor(_WORKERS),
        options=[
            ("grpc.max_receive_message_length", _MESSAGE_LIMIT),
            ("grpc.max_send_message_length", _MESSAGE_LIMIT),
        ],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(
        Servicer(provider, _logger(folder / LOG_FILE)), server
    )
    # SIGINT is how the engine ends its plugins, once their steps are done: one that ignores it costs the
    # engine five seconds. A terminal's Ctrl-C does not come here: plugins have process groups of their own.
    told = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: told.set())
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while os.getppid() == engine and not told.wait(_WATCH_SECONDS):
        pass
    server.stop(_GRACE_SECONDS).wait()


def _logger(path: Path) -> Callable[[str], None]:
    def log(message: str) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{time.strftime('%Y-%m-%dT%H:%M:%S')} {message}\n")

    return log


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Run a plugin, given its package and the engine's process id; return the exit code."""
    folder = environment.get(FOLDER_VARIABLE)
    if not folder:
        sys.stderr.write(
            f"{FOLDER_VARIABLE} is not set: this provider belongs to the offline sandbox that ./jtld starts;"
            " to deploy to real accounts, take sandbox/bin off PATH.\n"
        )
        return 2
    try:
        serve(arguments[0], Path(folder), int(arguments[1]))
    except (ContractError, ShapeError, FaultsError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except (OSError, sqlite3.Error) as error:
        sys.stderr.write(
            f"the offline cloud in {folder} cannot be used: {error}; `./jtld sandbox reset` forgets it\n"
        )
        return 1
    return 0
