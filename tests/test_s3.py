"""Runs on an object store: moto's S3 server on this machine, which can fail as S3 does."""

import contextlib
import json
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import boto3
import fsspec
import numpy as np
import pyarrow as pa
import pytest
from werkzeug.serving import make_server

from manifests.store import Store
from tests.faulty_s3 import Server
from tests.winnow import manifest, winnow

SCHEMA = pa.schema([("x", pa.int64())])
BATCH = pa.record_batch([pa.array(range(5000))], schema=SCHEMA)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    app = Server()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    urllib.request.urlopen(f"{address}/moto-api/reset", b"").close()  # all servers share a memory
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    boto3.client("s3").create_bucket(Bucket="crawl")
    try:
        yield app
    finally:
        server.shutdown()
        thread.join()


def test_a_part_that_is_not_finished_is_not_there(s3: Server) -> None:
    store = Store("s3://crawl/run")
    with store.write_part("a.parquet", SCHEMA) as writer:
        for _ in range(3):
            writer.write(BATCH)
    for path in ("a.parquet", "b.parquet"):
        with contextlib.suppress(KeyboardInterrupt), store.write_part(path, SCHEMA) as writer:
            writer.write(BATCH)
            raise KeyboardInterrupt
    assert store.list("") == ["a.parquet"]
    assert store.read_table("a.parquet").num_rows == 15_000
    # So large that pieces were uploaded before it stopped.
    pieces = np.random.default_rng(1).bytes(60_000_000)
    with contextlib.suppress(KeyboardInterrupt), store.commit("c") as sink:
        sink.write(pieces)
        raise KeyboardInterrupt
    client = boto3.client("s3")
    assert "Uploads" not in client.list_multipart_uploads(Bucket="crawl")
    assert store.list("") == ["a.parquet"]


def test_a_bucket_that_is_missing_is_not_made(s3: Server, tmp_path: Path) -> None:
    told = winnow("run", "demo", "--out", "s3://crawll/run", code=2)
    assert "s3://crawll" in told.stderr
    assert "Traceback" not in told.stderr, told.stderr
    assert [found["Name"] for found in boto3.client("s3").list_buckets()["Buckets"]] == ["crawl"]


def test_a_run_on_s3_is_the_same_while_requests_fail(s3: Server, tmp_path: Path) -> None:
    texts = [f"Bee {n} visits the flowers of an old orchard. " * 9 for n in range(40)]
    lines = "".join(json.dumps({"id": n, "text": text}) + "\n" for n, text in enumerate(texts))
    for n in range(3):
        boto3.client("s3").put_object(Bucket="crawl", Key=f"in/{n}.jsonl", Body=lines.encode())
    recipe = tmp_path / "a.yaml"
    recipe.write_text(
        "name: a\nsources: [{name: a, kind: jsonl, path: 's3://crawl/in/'}]\n"
        "documents: {rules: {}}\nlast_stage: corpus\n"
    )
    winnow("run", recipe, "--out", tmp_path / "run", "--workers", "1")
    s3.faulty = True
    winnow("run", recipe, "--out", "s3://crawl/run", "--workers", "1")
    s3.faulty = False
    assert s3.failed > 5
    winnow("verify", "s3://crawl/run")
    digest = Store("s3://crawl/run").read_json("manifest.json")["run_digest"]
    assert digest == manifest(tmp_path / "run")["run_digest"]
