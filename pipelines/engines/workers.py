"""Forked Beam workers for DirectRunner.

Beam's own subprocess workers take 3.4 s to start and get no pipeline options, and a run hangs for
ever if one of them is killed. Here a process called the zygote is forked from the driver before any
thread or gRPC object exists. It imports and compiles everything once. Each worker is a fork of the
zygote and shares its memory pages. The zygote waits for workers and tells the driver how they
ended, so that the run ends with an error if one is killed.

    zygote = Zygote.start(preload)     # at first, while the process has one thread
    runner = forked_runner(zygote, workers=2, options=options, describe=monitor.working_on)
"""

import contextlib
import ctypes
import itertools
import json
import logging
import os
import select
import signal
import socket
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from types import SimpleNamespace
from typing import Any, Self

import apache_beam as beam
import grpc
from apache_beam.options.pipeline_options import DirectOptions, PipelineOptions
from apache_beam.portability.api import beam_fn_api_pb2, beam_provision_api_pb2, endpoints_pb2
from apache_beam.runners.portability.fn_api_runner import fn_runner, worker_handlers
from apache_beam.runners.portability.portable_runner import JobServiceHandle
from apache_beam.runners.worker import data_plane, sdk_worker, sdk_worker_main
from apache_beam.transforms import environments
from google.protobuf import json_format, text_format

from pipelines.engines import dofn_specs

URN = "winnow:env:forked_worker:v1"
_POLL_SECONDS = 0.1
_PR_SET_PDEATHSIG = 1  # of <sys/prctl.h>
_STOP_SECONDS = 5.0
_SHORT = "the machine may be out of memory, or a limit on it or on threads is too low (ulimit)"


class Zygote:
    """The driver's handle of the process from which workers are forked."""

    def __init__(self, pid: int, channel: socket.socket) -> None:
        self.pid = pid
        self._channel = channel
        self._lock = threading.Lock()
        self._handlers: dict[str, ForkedWorkerHandler] = {}
        self._reader: threading.Thread | None = None
        self.failure = ""  # why the first worker failed

    @classmethod
    def start(cls, preload: Callable[[], None]) -> Self:
        """Forks the zygote, which then runs `preload`, and returns at once.

        If another thread runs during a fork, the child may inherit a lock that is never released.
        """
        if threading.active_count() > 1:
            others = sorted(
                t.name for t in threading.enumerate() if t is not threading.main_thread()
            )
            raise RuntimeError(
                f"workers must be started before threads, but there are {', '.join(others)}"
            )
        ours, theirs = socket.socketpair()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            ours.close()
            status = 1
            try:
                _serve(theirs, preload)
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        theirs.close()
        return cls(pid, ours)

    def stop(self) -> None:
        """Kills the workers and ends the zygote."""
        # close alone is not enough, since the reader thread still waits on the channel.
        with contextlib.suppress(OSError):
            self._channel.shutdown(socket.SHUT_RDWR)
        self._channel.close()
        deadline = time.monotonic() + _STOP_SECONDS
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(self.pid, os.WNOHANG) == (0, 0):
                if time.monotonic() > deadline:
                    os.kill(self.pid, signal.SIGKILL)
                time.sleep(0.02)

    def kill_workers(self) -> None:
        """Kills the workers of an interrupted run.

        Beam would first close its streams, and each worker would print a traceback about that.
        """
        for handler in list(self._handlers.values()):
            handler.abandon("interrupted")
        with contextlib.suppress(OSError):
            self._channel.sendall(_line({"kill": "all"}))

    def start_worker(self, handler: "ForkedWorkerHandler", environ: dict[str, str]) -> None:
        if self._reader is None:
            self._reader = threading.Thread(target=self._listen, daemon=True, name="winnow-zygote")
            self._reader.start()
        with self._lock:
            self._handlers[handler.worker_id] = handler
            self._channel.sendall(_line({"id": handler.worker_id, "environ": environ}))

    def _listen(self) -> None:
        buffer = b""
        while True:
            try:
                data = self._channel.recv(65536)
            except OSError:
                data = b""
            if not data:
                break
            *lines, buffer = (buffer + data).split(b"\n")
            for line in lines:
                event = json.loads(line)
                with self._lock:
                    handler = self._handlers[event["id"]]
                if "exit" in event:
                    handler.exited(event["pid"], event["exit"])
        for handler in list(self._handlers.values()):
            handler.fail("the process that starts workers has ended")  # or the run has ended

    def fail_all(self, message: str) -> None:
        """Ends the run after a worker's death: all requests still open get an error."""
        self.failure = self.failure or message
        with self._lock:
            handlers = list(self._handlers.values())
            self._channel.sendall(_line({"kill": "all"}))
        for handler in handlers:
            handler.fail(message)


def _line(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode() + b"\n"


def _serve(channel: socket.socket, preload: Callable[[], None]) -> None:
    """The zygote: forks workers on request, reports their exits, and ends with the driver."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver handles Ctrl-C
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    preload()
    dofn_specs.remember()
    workers: dict[int, str] = {}
    buffer = b""
    try:
        while True:
            if select.select([channel], [], [], _POLL_SECONDS)[0]:
                data = channel.recv(65536)
                if not data:
                    return
                *lines, buffer = (buffer + data).split(b"\n")
                for line in lines:
                    request = json.loads(line)
                    if "kill" in request:
                        _kill(workers)
                    else:
                        workers[_fork_worker(channel, request["environ"])] = request["id"]
            while workers:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    break
                code = os.waitstatus_to_exitcode(status)
                channel.sendall(_line({"id": workers.pop(pid), "pid": pid, "exit": code}))
    except (BrokenPipeError, ConnectionResetError):
        return
    finally:
        _kill(workers)


def _kill(pids: Iterable[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _fork_worker(channel: socket.socket, environ: dict[str, str]) -> int:
    zygote = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        _end_with(zygote)
        channel.close()
        os.environ.update(environ)
        # Beam warns about options that only containers have. Errors reach the driver as exceptions.
        logging.getLogger("apache_beam").setLevel(logging.CRITICAL)
        # It also prints the traceback of each; the driver shows that of its own error on --debug.
        sdk_worker.print = lambda *_, **__: None
        sdk_worker_main._LOGGER.disabled = True  # what it has to say is raised as well
        _when_threads_lack_memory(_end_worker)
        sdk_worker_main.main([])
        status = 0
    except grpc.RpcError:
        pass  # the driver has ended, or ends since the zygote has
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _end_with(parent: int) -> None:
    """Has Linux kill this process as its parent ends, however that is killed.

    A worker that has not yet reached the driver would look for it for ever.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before
        os._exit(1)


class ForkedWorkerHandler(worker_handlers.GrpcWorkerHandler):
    """Beam's handle of one forked worker."""

    # Set by forked_runner, since a zygote cannot be sent as the environment's protobuf payload.
    zygote: Zygote
    describe: Callable[[int], str]
    sockets: str  # the folder of `private_sockets`

    def __init__(self, _payload: bytes, state: Any, provision_info: Any, grpc_server: Any) -> None:
        super().__init__(state, provision_info, grpc_server)
        self._stopping = False
        self._exited = threading.Event()
        self._failure = ""
        self._push = self.control_conn.push
        self.control_conn.push = self._push_or_fail

    def port_from_worker(self, port: int) -> str:
        return f"unix:{self.sockets}/{port}"

    def start_worker(self) -> None:
        def descriptor(url: str) -> str:
            return str(text_format.MessageToString(endpoints_pb2.ApiServiceDescriptor(url=url)))

        options = self.provision_info.provision_info.pipeline_options
        environ = {
            "WORKER_ID": self.worker_id,
            "PIPELINE_OPTIONS": json_format.MessageToJson(options),
            "CONTROL_API_SERVICE_DESCRIPTOR": descriptor(self.control_address),
            "LOGGING_API_SERVICE_DESCRIPTOR": descriptor(self.logging_api_service_descriptor().url),
            **{k: v for k, v in os.environ.items() if k.startswith("WINNOW_")},
        }
        self.zygote.start_worker(self, environ)

    def stop_worker(self) -> None:
        self._stopping = True
        if not self._failure:
            self._exited.wait(timeout=10)

    def close(self) -> None:
        self._stopping = True
        # Beam's own code would wait for ever for the last message of a worker that has died.
        if not self._failure:
            super().close()

    def exited(self, pid: int, code: int) -> None:
        """Called when the process has ended for any reason."""
        self._exited.set()
        if self._failure or (self._stopping and code == 0):
            return
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"exited with {code}"
        what = self.describe(pid)
        working = f" while it worked on {what}" if what else ""
        hint = "; the machine may be out of memory" if code == -signal.SIGKILL else ""
        self.zygote.fail_all(f"worker process {pid} {how}{working}{hint}")

    def abandon(self, message: str) -> None:
        """Stops waiting for this worker."""
        self._failure = self._failure or message

    def fail(self, message: str) -> None:
        """Answers all open and later requests to this worker with an error."""
        self.abandon(message)
        for future in list(self.control_conn._futures_by_id.values()):
            if not future.is_done():
                future.set(self._error(future.instruction_id))

    def _push_or_fail(self, request: Any) -> Any:
        future = self._push(request)
        if self._failure and future is not None and not future.is_done():
            future.set(self._error(future.instruction_id))
        return future

    def _error(self, instruction_id: str) -> Any:
        return beam_fn_api_pb2.InstructionResponse(
            instruction_id=instruction_id, error=self._failure
        )


worker_handlers.WorkerHandler.register_environment(URN, bytes)(ForkedWorkerHandler)


@environments.Environment.register_urn(URN, bytes)
class ForkedEnvironment(environments.Environment):
    """The name of our workers in the pipeline's graph."""

    def to_runner_api_parameter(self, context: Any) -> tuple[str, bytes]:
        return URN, b""

    @staticmethod
    def from_runner_api_parameter(
        payload: bytes, capabilities: Any, artifacts: Any, resource_hints: Any, context: Any
    ) -> "ForkedEnvironment":
        return ForkedEnvironment(capabilities, artifacts, resource_hints)


@contextlib.contextmanager
def private_sockets() -> Iterator[None]:
    """Puts the sockets of driver and workers into a folder that no other user can open.

    Beam's driver would listen on TCP ports of all network interfaces, without a password, and
    unpickle what comes in.
    """
    # The name of a socket has at most 107 bytes.
    short = len(os.fsencode(tempfile.gettempdir())) <= 80
    with tempfile.TemporaryDirectory(prefix="winnow-", dir=None if short else "/tmp") as folder:
        numbers = itertools.count()

        def server(*args: Any, **kwargs: Any) -> grpc.Server:
            made = grpc.server(*args, **kwargs)
            listen = made.add_insecure_port

            def add_insecure_port(_address: str) -> int:
                number = next(numbers)
                listen(f"unix:{folder}/{number}")
                return number

            stop = made.stop

            def stop_in_time(grace: float | None) -> SimpleNamespace:
                # A server whose thread found no memory never tells that it has stopped.
                stopped = stop(grace)
                return SimpleNamespace(wait=lambda: stopped.wait(_STOP_SECONDS + (grace or 0)))

            made.add_insecure_port, made.stop = add_insecure_port, stop_in_time
            return made

        ForkedWorkerHandler.sockets = folder
        worker_handlers.grpc = SimpleNamespace(server=server)
        try:
            yield
        finally:
            worker_handlers.grpc = grpc


def _when_threads_lack_memory(act: Callable[[str], None]) -> None:
    """Acts where a thread finds no memory, or none for another one: others wait for it for ever.

    Streams that break, as after a process's death, show no traceback.
    """
    usual = threading.excepthook

    def hook(args: threading.ExceptHookArgs) -> None:
        told = f"{args.exc_type.__name__}: {args.exc_value}"
        if isinstance(args.exc_value, MemoryError) or "can't start new thread" in told:
            act(f"{told}; {_SHORT}")
        elif not isinstance(args.exc_value, grpc.RpcError):
            usual(args)

    threading.excepthook = hook


def _end_worker(why: str) -> None:
    print(f"winnow: a worker failed: {why}", file=sys.stderr, flush=True)
    os._exit(1)


class WorkerDied(RuntimeError):
    """A worker process ended before its work. The message names it and what it worked on."""


def forked_runner(
    zygote: Zygote, workers: int, options: PipelineOptions, describe: Callable[[int], str]
) -> beam.runners.runner.PipelineRunner:
    """An FnApiRunner whose workers are forks of `zygote`.

    Args:
      describe: says what the process with an id works on, for the error if it dies.
    """
    ForkedWorkerHandler.zygote = zygote
    ForkedWorkerHandler.describe = staticmethod(describe)
    options.view_as(DirectOptions).direct_num_workers = workers
    info = beam_provision_api_pb2.ProvisionInfo(
        pipeline_options=JobServiceHandle.encode_pipeline_options(options.get_all_options())
    )
    return fn_runner.FnApiRunner(
        default_environment=ForkedEnvironment(),
        provision_info=fn_runner.ExtendedProvisionInfo(info),
    )


@contextlib.contextmanager
def worker_deaths(zygote: Zygote) -> Iterator[None]:
    """Turns any error of a run after a worker's death into `WorkerDied`.

    Beam finds broken streams in several threads, and each prints a traceback. They are silenced,
    since the error of the run says what happened.
    """
    usual = threading.excepthook
    loggers = [logging.getLogger(name) for name in (data_plane.__name__, worker_handlers.__name__)]
    levels = [logger.level for logger in loggers]

    _when_threads_lack_memory(zygote.fail_all)
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    interrupted = False
    try:
        yield
    except KeyboardInterrupt:
        interrupted = True  # threads go on finding broken streams until the process ends
        raise
    except Exception:
        # The stream may break before the zygote has reported how the process ended.
        time.sleep(3 * _POLL_SECONDS)
        if zygote.failure:
            raise WorkerDied(zygote.failure) from None
        raise
    finally:
        if not interrupted:
            threading.excepthook = usual
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
