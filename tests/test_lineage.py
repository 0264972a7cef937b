"""Events of OpenLineage, as the specification asks for them."""

import datetime
import json
import shutil
import uuid
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines.commands import lineage
from pipelines.recipe import loading
from tests.winnow import winnow


def events(file: Path) -> list[dict[str, Any]]:
    """Checks what the specification requires of each event and facet."""
    found = [json.loads(line) for line in file.read_text().splitlines()]
    for event in found:
        assert datetime.datetime.fromisoformat(event["eventTime"]).tzinfo
        assert uuid.UUID(event["run"]["runId"])
        assert {"job", "inputs", "outputs", "producer", "schemaURL"} <= event.keys()
        facets = [event["run"]["facets"], event["job"]["facets"]]
        for data in (*event["inputs"], *event["outputs"]):
            assert data["namespace"]
            assert data["name"]
            facets += [data.get("facets", {}), data.get("outputFacets", {})]
        for facet in (one for group in facets for one in group.values()):
            assert facet["_producer"].startswith("https://")
            assert facet["_schemaURL"].startswith("https://openlineage.io/spec/facets/")
    assert len({event["run"]["runId"] for event in found}) == 1
    return found


def test_a_run_tells_what_it_read_and_wrote(demo: Path, tmp_path: Path) -> None:
    run, file = tmp_path / "run", tmp_path / "events.ndjson"
    shutil.copytree(demo, run)
    winnow("run", "demo", "--out", run, "--quiet", "--openlineage", file)
    start, end = events(file)
    assert (start["eventType"], end["eventType"]) == ("START", "COMPLETE")
    assert start["inputs"][0] == {"namespace": "package", "name": "sample/web.warc.gz"}
    outputs = [{key: data[key] for key in ("namespace", "name")} for data in end["outputs"]]
    assert outputs == start["outputs"]
    for data, folder in zip(end["outputs"], ("corpus", "shards"), strict=True):
        files = sorted((run / folder).glob("*.parquet"))
        told = data["outputFacets"]["outputStatistics"]
        assert told["rowCount"] == sum(pq.read_metadata(path).num_rows for path in files)
        assert told["size"] == sum(path.stat().st_size for path in files)
        assert told["fileCount"] == len(files)
        names = [field["name"] for field in data["facets"]["schema"]["fields"]]
        assert names == pq.read_schema(files[0]).names
    refused = winnow("run", "demo", "--out", run, "--openlineage", tmp_path / "no" / "a", code=2)
    assert "--openlineage: " in refused.stderr


@pytest.mark.parametrize(
    ("error", "state"), [(ValueError("lost"), "FAIL"), (KeyboardInterrupt(), "ABORT")]
)
def test_a_run_that_ends_early_says_so(tmp_path: Path, error: BaseException, state: str) -> None:
    file = tmp_path / "events.ndjson"
    with (
        pytest.raises(type(error)),
        lineage.told(str(file), loading.load("demo"), "s3://bucket/run", str),
    ):
        raise error
    end = events(file)[-1]
    assert end["eventType"] == state
    assert end["outputs"][0] == {"namespace": "s3://bucket", "name": "run/corpus"}
    if state == "FAIL":
        assert end["run"]["facets"]["errorMessage"]["message"] == "lost"
