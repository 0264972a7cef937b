"""Python workers for Spark, Flink and any portable engine, without Docker.

The command `winnow-worker` does the same as the entry point of Beam's containers, in an environment
that has winnow installed:

    winnow-worker pool --port 50000       on every node, for --environment_type=EXTERNAL
    winnow-worker --id=... --provision_endpoint=... --control_endpoint=...
                                          what pools and --environment_type=PROCESS start

Beam's own pool (`worker_pool_main`) loses the pipeline's options and listens on every interface,
and its workers block after writing 64 kB to a pipe that nobody reads.

DoFns are unpickled with the installed package, so the job's artifacts are not fetched.
"""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent import futures
from typing import Any

import grpc
from apache_beam.portability.api import (
    beam_fn_api_pb2,
    beam_fn_api_pb2_grpc,
    beam_provision_api_pb2,
    beam_provision_api_pb2_grpc,
    endpoints_pb2,
)
from google.protobuf import json_format, text_format

DEFAULT_PORT = 50000
_STOP_SECONDS = 5.0
_PROVISION_SECONDS = 60


class WorkerPool(beam_fn_api_pb2_grpc.BeamFnExternalWorkerPoolServicer):
    """Starts and stops workers of this environment for an engine; each worker is a process."""

    def __init__(self) -> None:
        self._workers: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()

    def StartWorker(self, request: Any, context: Any) -> Any:
        command = [
            sys.executable, "-P", "-m", f"{__package__}.worker_boot",
            f"--id={request.worker_id}",
            f"--provision_endpoint={request.provision_endpoint.url}",
            f"--control_endpoint={request.control_endpoint.url}",
            f"--logging_endpoint={request.logging_endpoint.url}",
            "--ends_with_stdin",
        ]  # fmt: skip
        try:
            worker = subprocess.Popen(command, stdin=subprocess.PIPE)
        except OSError as error:
            return beam_fn_api_pb2.StartWorkerResponse(error=str(error))
        with self._lock:
            self._workers[request.worker_id] = worker
        return beam_fn_api_pb2.StartWorkerResponse()

    def StopWorker(self, request: Any, context: Any) -> Any:
        with self._lock:
            worker = self._workers.pop(request.worker_id, None)
        if worker is not None:
            _stop(worker)
        return beam_fn_api_pb2.StopWorkerResponse()

    def stop(self) -> None:
        """Ends every worker."""
        with self._lock:
            workers, self._workers = list(self._workers.values()), {}
        for worker in workers:
            _stop(worker)


def _stop(worker: subprocess.Popen[bytes]) -> None:
    worker.terminate()
    try:
        worker.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()
    if worker.stdin:
        worker.stdin.close()


def serve_pool(host: str, port: int) -> None:
    """Serves as a worker pool until SIGTERM or SIGINT."""
    pool = WorkerPool()
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    beam_fn_api_pb2_grpc.add_BeamFnExternalWorkerPoolServicer_to_server(pool, server)
    try:
        bound = server.add_insecure_port(f"{host}:{port}")
    except RuntimeError:
        raise SystemExit(
            f"winnow-worker: cannot listen on {host}:{port}; "
            "is another pool running? --port takes another port"
        ) from None
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    server.start()
    print(f"worker pool listens on {host}:{bound}", flush=True)
    ended.wait()
    server.stop(grace=None)
    pool.stop()


def provision(endpoint: str, worker_id: str) -> Any:
    """Asks the engine for this worker's settings: the pipeline's options, and where to connect."""
    with grpc.insecure_channel(
        endpoint, options=[("grpc.max_receive_message_length", -1)]
    ) as channel:
        service = beam_provision_api_pb2_grpc.ProvisionServiceStub(channel)
        answer = service.GetProvisionInfo(
            beam_provision_api_pb2.GetProvisionInfoRequest(),
            metadata=[("worker_id", worker_id)],
            timeout=_PROVISION_SECONDS,
            wait_for_ready=True,
        )
    return answer.info


def worker_environment(
    info: Any, worker_id: str, control_endpoint: str, logging_endpoint: str
) -> dict[str, str]:
    """Environment variables for Beam's worker, from provision info and the given endpoints."""

    def descriptor(url: str) -> str:
        return str(text_format.MessageToString(endpoints_pb2.ApiServiceDescriptor(url=url)))

    variables = {
        "WORKER_ID": worker_id,
        "PIPELINE_OPTIONS": json_format.MessageToJson(info.pipeline_options),
        "RUNNER_CAPABILITIES": " ".join(info.runner_capabilities),
        "CONTROL_API_SERVICE_DESCRIPTOR": descriptor(info.control_endpoint.url or control_endpoint),
    }
    if logging_url := info.logging_endpoint.url or logging_endpoint:
        variables["LOGGING_API_SERVICE_DESCRIPTOR"] = descriptor(logging_url)
    if info.status_endpoint.url:
        variables["STATUS_API_SERVICE_DESCRIPTOR"] = descriptor(info.status_endpoint.url)
    return variables


def work(arguments: argparse.Namespace) -> None:
    """Runs one worker until the engine ends it."""
    # The process that started us may not read our output. stderr goes to the engine's log.
    os.dup2(2, 1)
    if arguments.ends_with_stdin:
        threading.Thread(target=_end_with_stdin, daemon=True, name="winnow-parent").start()
    info = provision(arguments.provision_endpoint, arguments.id)
    os.environ |= worker_environment(
        info, arguments.id, arguments.control_endpoint, arguments.logging_endpoint
    )
    from apache_beam.runners.worker import sdk_worker_main

    # The stream breaks if the engine or its executor has ended; we can do nothing then.
    with contextlib.suppress(grpc.RpcError):
        sdk_worker_main.main([])


def _end_with_stdin() -> None:
    """Ends this process when stdin ends: the pool holds the other end, so it has ended then."""
    while os.read(0, 4096):
        pass
    os._exit(1)


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point of the command `winnow-worker`."""
    given = list(sys.argv[1:] if argv is None else argv)
    if given[:1] == ["pool"]:
        parser = argparse.ArgumentParser(
            "winnow-worker pool", description="Start workers for an engine on this node."
        )
        parser.add_argument("--port", type=int, default=DEFAULT_PORT)
        parser.add_argument(
            "--host",
            default="localhost",
            help="Interface to listen on. Anybody who can reach it can run code here; "
            "executors on the same node reach localhost.",
        )
        options = parser.parse_args(given[1:])
        serve_pool(options.host, options.port)
        return
    parser = argparse.ArgumentParser(
        "winnow-worker",
        description="A Beam worker; engines start it. `winnow-worker pool` serves an engine.",
    )
    parser.add_argument("--id", required=True)
    parser.add_argument("--provision_endpoint", required=True)
    parser.add_argument("--control_endpoint", default="")
    parser.add_argument("--logging_endpoint", default="")
    parser.add_argument("--ends_with_stdin", action="store_true", help=argparse.SUPPRESS)
    work(parser.parse_known_args(given)[0])  # engines also give services that we do not need


if __name__ == "__main__":
    main()
