"""What Dataflow would receive, and a submission to a fake endpoint: no network, no credentials.

Sockets may connect to this machine alone. Needs the extra `dataflow`.
"""

import http.server
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions
from apache_beam.portability.api import beam_runner_api_pb2

from pipelines.engines import runners
from pipelines.stages import duplicates
from pipelines.stages.graphs import MODULES
from pipelines.transport import ways
from tests.test_graphs import build

pytest.importorskip("google.cloud.storage", reason="needs winnow-corpus[dataflow]")
pytest.importorskip("apitools", reason="needs winnow-corpus[dataflow]")
import google.auth.transport.requests
from apache_beam.runners.dataflow.internal import apiclient
from google.auth.credentials import AnonymousCredentials

IMAGE = "europe-docker.pkg.dev/my-project/winnow/winnow:0.1.0"
GIVEN = [
    "--project=my-project", "--region=europe-west1", "--temp_location=gs://my-bucket/tmp",
    f"--sdk_container_image={IMAGE}", "--no_auth", "--job_name=winnow", "--labels=team=data",
]  # fmt: skip
REASON = {
    "id": "1", "time": "2026-11-21T00:00:00Z", "messageText": "no quota",
    "messageImportance": "JOB_MESSAGE_ERROR",
}  # fmt: skip
Files = dict[str, bytes]


def _loopback(self: socket.socket, address: Any) -> Any:
    """Stands for `socket.connect`: connections off this machine fail the test."""
    if isinstance(address, tuple) and address[0] not in ("localhost", "127.0.0.1", "::1"):
        raise AssertionError(f"a connection to {address} was tried")
    return _CONNECT(self, address)


_CONNECT = socket.socket.connect


@pytest.fixture(scope="module")
def staged() -> Iterator[Files]:
    """Files that would be in the bucket, by name; no connection leaves this machine."""
    files: Files = {}

    def stage(_: Any, folder: str, name: str, stream: Any, *__: Any, **___: Any) -> None:
        files[f"{folder}/{name}"] = stream.read()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(apiclient.DataflowApplicationClient, "stage_file", stage)
        patch.setattr(
            GoogleCloudOptions, "_warn_if_soft_delete_policy_enabled", lambda *_, **__: None
        )
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, _loopback)
        yield files


def test_no_connection_leaves_this_machine(staged: Files) -> None:
    """That the tests below mean something: sockets are checked, also those of libraries."""
    with pytest.raises(AssertionError, match="a connection to"):
        socket.create_connection(("192.0.2.1", 443), timeout=1)
    with pytest.raises(AssertionError, match="a connection to"):
        google.auth.transport.requests.AuthorizedSession(AnonymousCredentials()).get(
            "http://192.0.2.1/", timeout=1
        )


def submit(stage: Any, run: Path, *more: str) -> Any:
    given = runners.completed_options("DataflowRunner", [*GIVEN, *more])
    pipeline = beam.Pipeline(options=PipelineOptions(["--runner=DataflowRunner", *given]))
    build(pipeline, stage, run, ways.ENGINE)
    return pipeline.run()


@pytest.fixture(scope="module", params=[*MODULES.values()], ids=lambda stage: stage.NAME)
def translated(
    request: pytest.FixtureRequest, demo: Path, staged: Files
) -> tuple[dict[str, Any], beam_runner_api_pb2.Pipeline]:
    """A stage as a template: the job's JSON and the pipeline's protobuf."""
    staged.clear()
    template = "gs://my-bucket/templates/winnow.json"
    submit(request.param, demo, f"--template_location={template}")
    (graph,) = (data for name, data in staged.items() if name.endswith("/pipeline.pb"))
    return json.loads(staged[template]), beam_runner_api_pb2.Pipeline.FromString(graph)


def test_a_job_has_our_image_labels_and_defaults(
    translated: tuple[dict[str, Any], beam_runner_api_pb2.Pipeline],
) -> None:
    job, graph = translated
    assert (job["name"], job["type"]) == ("winnow", "JOB_TYPE_BATCH")
    assert job["labels"]["team"] == "data"
    (pool,) = job["environment"]["workerPools"]
    assert [image["containerImage"] for image in pool["sdkHarnessContainerImages"]] == [IMAGE]
    assert pool["machineType"] == "n2-highmem-4"
    assert pool["numThreadsPerWorker"] == 1
    assert pool["diskSizeGb"] == 100
    assert {e.urn for e in graph.components.environments.values()} == {"beam:env:docker:v1"}


def test_a_graph_keeps_its_steps_and_bulk_data_goes_by_the_engine(
    translated: tuple[dict[str, Any], beam_runner_api_pb2.Pipeline],
) -> None:
    """Pieces of shards are in order: each is written where the engine has brought it together."""
    _, graph = translated
    names = {transform.unique_name for transform in graph.components.transforms.values()}
    assert {"PlanUnits", "WriteManifest"} <= names
    spilled = {name.partition("/")[0] for name in names if "SpillBatches" in name}
    assert spilled <= {"ExchangeTokens"}
    for name in spilled:
        assert f"{name}/ExchangePartitions/GroupBatches" in names


class Dataflow(http.server.ThreadingHTTPServer):
    """Takes jobs and says that they end as told."""

    def __init__(self, state: str) -> None:
        self.state = state
        self.jobs: list[dict[str, Any]] = []
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Dataflow

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.jobs.append(body)
        self._answer(body["name"], "JOB_STATE_PENDING")

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path.endswith("/messages"):
            # Without a reason for a failure the client waits most of a minute for one.
            failed = self.server.state == "JOB_STATE_FAILED"
            self._send({"jobMessages": [REASON] if failed else []})
        elif path.endswith("/metrics"):
            self._send({"metrics": []})
        else:
            self._answer("winnow", self.server.state)

    def _answer(self, name: str, state: str) -> None:
        place = {"projectId": "my-project", "location": "europe-west1"}
        self._send({"id": "job-1", "name": name, "currentState": state, **place})

    def _send(self, content: dict[str, Any]) -> None:
        data = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Silent."""


@pytest.fixture
def endpoint() -> Iterator[Callable[[str], Dataflow]]:
    servers: list[Dataflow] = []

    def serve(state: str) -> Dataflow:
        servers.append(Dataflow(state))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return servers[-1]

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_job_is_submitted_and_polled_to_its_end(
    demo: Path, staged: Files, endpoint: Callable[[str], Dataflow]
) -> None:
    service = endpoint("JOB_STATE_DONE")
    url = f"--dataflow_endpoint=http://localhost:{service.server_port}"
    assert submit(duplicates, demo, url).wait_until_finish() == "DONE"
    (job,) = service.jobs
    assert job["labels"]["team"] == "data"


def test_a_failed_job_is_an_error(
    demo: Path, staged: Files, endpoint: Callable[[str], Dataflow]
) -> None:
    service = endpoint("JOB_STATE_FAILED")
    url = f"--dataflow_endpoint=http://localhost:{service.server_port}"
    with pytest.raises(Exception, match="FAILED, Error:\nno quota"):
        submit(duplicates, demo, url).wait_until_finish()
