"""On an object store each call is a request of some 20 ms: none may be made for each file."""

import json
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner
from fsspec.implementations.memory import MemoryFile

from manifests import files, manifest, schemas
from manifests.manifest import STAGES, stage_manifest
from manifests.statistics import KEPT, StageReport, digest_of
from manifests.store import Store
from manifests.verify import verify
from pipelines import run
from pipelines.recipe.plan import Plan, planned
from pipelines.recipe.recipe import Recipe, Source
from pipelines.sources.units import WorkUnit
from pipelines.stages import documents
from pipelines.stages.context import StageContext
from pipelines.stages.settings import settings_of, wanted_stages
from tests.counting_store import PAGE, PROTOCOL, CountingStore, counting

OUT = f"{PROTOCOL}://run"
FOLDERS = ("documents", "dropped", "errors", "signatures")


@pytest.fixture
def calls() -> Iterator[Any]:
    with counting() as found:
        yield found


def put(path: str, data: bytes = b"x") -> None:
    """A file, without the request of a user."""
    name = f"/{path.removeprefix(f'{PROTOCOL}://')}"
    CountingStore.store[name] = MemoryFile(CountingStore(), name, data)


def finished(recipe: Recipe, units: Plan) -> None:
    """What a finished run of these units left, as far as it is asked for: no part has rows."""
    done: dict[str, dict[str, Any]] = {}
    for stage in wanted_stages(recipe):
        folders = FOLDERS if stage == "documents" else (stage,)
        parts = [
            {"path": f"{folder}/{unit.name}.parquet", "size_bytes": 1, "sha256": "", "rows": 0}
            for folder in folders
            for unit in units.units
        ]
        for part in parts:
            put(f"{OUT}/{part['path']}")
        context = run._context(stage, recipe, units, OUT, "", done, settings_of(stage, recipe))
        report = {
            **StageReport().to_json(),
            "files": parts, "key": context.manifest_key, "digest": stage, "stage": stage,
        }  # fmt: skip
        done[stage] = report
        put(f"{OUT}/{stage_manifest(stage)}", json.dumps(report).encode())


def planned_units(count: int) -> Plan:
    return Plan(tuple(WorkUnit(i, "s", "jsonl", f"{i}.jsonl", size_bytes=1) for i in range(count)))


RECIPE = Recipe(name="r", sources=(Source(name="s", kind="jsonl", path="none"),))


def calls_to_see_that_all_is_done(calls: Any, count: int) -> int:
    CountingStore.store.clear()
    units = planned_units(count)
    finished(RECIPE, units)
    calls.clear()
    assert run.look_ahead(RECIPE, units, OUT) == ()
    return sum(calls.values())


def test_a_finished_run_is_seen_by_one_listing(calls: Any) -> None:
    few, many = (calls_to_see_that_all_is_done(calls, count) for count in (10, 1010))
    assert few < 20
    pages = -(-1010 * 10 // PAGE)
    assert many <= few + pages


def test_a_part_that_is_gone_is_seen_all_the_same(calls: Any) -> None:
    units = planned_units(20)
    finished(RECIPE, units)
    del CountingStore.store["/run/duplicates/000007.parquet"]
    assert run.look_ahead(RECIPE, units, OUT)[0] == "duplicates"
    put(f"{OUT}/documents/000003.parquet", b"longer")
    assert run.look_ahead(RECIPE, units, OUT)[0] == "documents"


def resumed(calls: Any, count: int, monkeypatch: pytest.MonkeyPatch) -> tuple[int, list[str]]:
    """Requests of a stage whose units are all done but the last two, and units that it did."""
    CountingStore.store.clear()
    units = planned_units(count)
    context = StageContext(OUT, RECIPE, units.units, "key", units.digest, "files", {})
    for unit in units.units[:-1]:
        report = StageReport()
        report.funnel.outcomes[KEPT, "s", "en", ""].add(0, 0, 0)
        fields = report.to_json()
        fields["files"] = [
            {"path": f"{folder}/{unit.name}.parquet", "size_bytes": 1, "sha256": "", "rows": 0}
            for folder in FOLDERS
        ]
        for file in fields["files"]:
            put(f"{OUT}/{file['path']}")
        put(f"{OUT}/{manifest.unit_values('documents', unit.name)}", nothing_measured())
        key = digest_of([context.key, unit.to_json()])
        marker = {"key": key, "report": fields}
        put(f"{OUT}/stages/documents/{unit.name}.json", json.dumps(marker).encode())
    del CountingStore.store[f"/run/errors/{units.units[-2].name}.parquet"]
    done: list[str] = []

    def note(self: Any, unit: WorkUnit) -> StageReport:
        done.append(unit.name)
        return StageReport()

    monkeypatch.setattr(documents.MakeDocuments, "_write_parts", note)
    monkeypatch.setattr(documents, "steps_of", lambda recipe: None)
    calls.clear()
    pipeline = beam.Pipeline(runner=FnApiRunner())
    documents.build(pipeline, context)
    pipeline.run().wait_until_finish()
    return sum(calls.values()), sorted(done)


def nothing_measured() -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(schemas.VALUES.empty_table(), sink)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def test_a_unit_that_is_done_costs_two_requests_when_a_run_goes_on(
    calls: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    few, did = resumed(calls, 10, monkeypatch)
    assert did == ["000008", "000009"], "a unit without a part, and one that was not begun"
    many, did = resumed(calls, 310, monkeypatch)
    assert did == ["000308", "000309"]
    pages = -(-310 * (len(FOLDERS) + 1) // PAGE)
    assert many - few <= 2 * 300 + pages, "its report, and its measured values"


def test_verifying_lists_a_run_once_and_opens_each_file_once(
    calls: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifest, "schema_faults", lambda found: [])

    def asked(count: int) -> int:
        CountingStore.store.clear()
        units = planned_units(count)
        finished(RECIPE, units)
        stages = {s: Store(OUT).read_json(stage_manifest(s)) for s in STAGES if s != "repetition"}
        listed = {name: stage["files"] for name, stage in stages.items()}
        told = {s: stage | {"files": files.summary(stage["files"])} for s, stage in stages.items()}
        whole = {
            "reproducible": {"stages": told, "corpus": {"rows": 0}, "shards": {"rows": 0}},
            "run_digest": "",
            "records": files.summary([]),
            "files": files.write(Store(OUT), listed).to_json(),
            "manifest_digest": "",
        }
        put(f"{OUT}/manifest.json", json.dumps(whole).encode())
        calls.clear()
        faults = list(verify(Store(OUT)))
        assert sum("SHA-256 differs" in fault.what for fault in faults) == 9 * count
        return sum(calls.values())

    few, many = asked(5), asked(105)
    assert many - few <= 9 * 100 + 1, "one request for each file, to hash it"


@pytest.mark.parametrize("path", ["source", "source/*.jsonl", "source/**/*.jsonl"])
def test_a_plan_asks_for_no_file_that_was_listed(calls: Any, path: str) -> None:
    def asked(count: int) -> int:
        CountingStore.store.clear()
        for number in range(count):
            put(f"{PROTOCOL}://source/{number:05d}.jsonl", b"{}\n")
        calls.clear()
        source = Source(name="s", kind="jsonl", path=f"{PROTOCOL}://{path}")
        found, faults = planned(Recipe(name="r", sources=(source,)))
        assert not faults
        assert sum(len(list(unit.files())) for unit in found.units) == count
        assert {file.fingerprint for unit in found.units for file in unit.files()} == {"3-1"}
        return sum(calls.values())

    few, many = asked(10), asked(2010)
    assert few < 10
    assert many <= few + 2010 // PAGE
