"""`winnow verify`: checks that a finished run still agrees with its manifest.

The manifest has the digest of every other file of the run and one of its own text, so that nothing
can change, come or go unseen. What it repeats of plan, recipe and stages is compared with these.
"""

import itertools
import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from manifests import files as listed
from manifests import inputs, manifest, sketches
from manifests.files import FILES_FILE
from manifests.manifest import MANIFEST_FILE, PLAN_FILE, RECIPE_FILE, TAKEDOWN_BEGUN
from manifests.selection import lost_between
from manifests.statistics import Funnel, StageReport, digest_of
from manifests.store import Store, json_bytes
from manifests.threads import in_threads

AGAIN = "remove it, and the same winnow run makes it anew"
_MISSING = "the same winnow run makes it anew"
_PLAN = "the same winnow run with --overwrite makes it anew"  # nothing else is done again
_STRAY = "remove it, or move it elsewhere"
UNLIKE = "take both from a copy that is whole, or make the run anew with --overwrite"


class Fault(NamedTuple):
    """What is wrong with a file of a run, and what a person can do about it."""

    path: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}; {self.remedy}"


def verify(store: Store, tables: bool = True) -> Iterator[Fault]:
    """Yields each fault; none if the run is sound.

    It checks the manifest against its schema and its digests, every other file against its size and
    SHA-256, that there are no further files, that the stages' manifests are the sums of their work
    units' reports and the manifest repeats them, and the balance of every stage. Memory: the
    manifest, and a piece of each file that is hashed.

    Args:
      tables: whether all files are hashed; else only those of `records`, which are small.

    Raises:
      FileNotFoundError: there is no manifest.
    """
    if (raw := store.read_now(MANIFEST_FILE)) is None:
        raise FileNotFoundError(
            f"{store.url(MANIFEST_FILE)} does not exist: no finished run is here"
        )
    try:
        found = json.loads(raw)
    except UnicodeDecodeError:
        yield Fault(MANIFEST_FILE, "damaged: it is no text in UTF-8", AGAIN)
        return
    except ValueError as error:
        yield Fault(MANIFEST_FILE, f"damaged: {error}", AGAIN)
        return
    if other := manifest.other_format(found):
        yield Fault(MANIFEST_FILE, other, "ask that version, or make the run anew with --overwrite")
        return
    faults = [Fault(MANIFEST_FILE, what, AGAIN) for what in manifest.schema_faults(found)]
    yield from faults or _manifest_faults(found, raw)
    if faults:
        return
    content = found["reproducible"]
    there = store.sizes("")
    if fault := _file_fault(store, found["files"], there):
        yield fault
        return
    by_stage = listed.by_stage(store)
    told = {name: stage["files"] for name, stage in content["stages"].items()}
    told[listed.RECORDS] = found["records"]
    if by_stage.keys() - told.keys() or any(
        listed.summary(by_stage.get(name, ())) != one for name, one in told.items()
    ):
        yield Fault(FILES_FILE, "its rows are not those that the manifest counts", AGAIN)
        return
    files = {file["path"]: file for some in by_stage.values() for file in some}
    records = {file["path"] for file in by_stage.get(listed.RECORDS, ())}

    def fault_of(file: Mapping[str, Any]) -> Fault | None:
        return _file_fault(store, file, there, tables or file["path"] in records)

    damaged = set()
    for fault in in_threads(store, fault_of, [*files.values()]):
        if fault is not None:
            damaged.add(fault.path)
            yield fault
    if TAKEDOWN_BEGUN in there:
        what = "a takedown was interrupted"
        yield Fault(TAKEDOWN_BEGUN, what, "winnow takedown --in-place goes on with it")
    for path in sorted(there.keys() - files.keys() - {MANIFEST_FILE, FILES_FILE, TAKEDOWN_BEGUN}):
        yield Fault(path, "the manifest does not list it", _STRAY)
    if not records & damaged:
        yield from _record_faults(store, content, records)
    for stage, what in _imbalances(content):
        yield Fault(MANIFEST_FILE, f"stage {stage}: {what}", AGAIN)


def _manifest_faults(found: Mapping[str, Any], raw: bytes) -> Iterator[Fault]:
    without = {key: value for key, value in found.items() if key != manifest.DIGEST}
    if digest_of(without) != found[manifest.DIGEST]:
        yield Fault(
            MANIFEST_FILE, "content changed since it was written (its digest differs)", AGAIN
        )
    elif json_bytes(found) != raw:
        yield Fault(
            MANIFEST_FILE, "its text was written anew, by something else than winnow", AGAIN
        )
    if digest_of(found["reproducible"]) != found["run_digest"]:
        yield Fault(MANIFEST_FILE, "run_digest does not match the manifest's content", AGAIN)


def _file_fault(
    store: Store, file: Mapping[str, Any], there: Mapping[str, int], hashed: bool = True
) -> Fault | None:
    path = file["path"]
    if (size := there.get(path)) is None:
        return Fault(path, "missing", _PLAN if path == PLAN_FILE else _MISSING)
    again = _PLAN if path == PLAN_FILE else AGAIN
    if size != file["size_bytes"]:
        return Fault(path, f"{size:,} bytes, but the manifest says {file['size_bytes']:,}", again)
    if hashed and store.sha256(path) != file["sha256"]:
        return Fault(path, "content changed since it was written (SHA-256 differs)", again)
    return None


def _record_faults(
    store: Store, content: Mapping[str, Any], records: Collection[str]
) -> Iterator[Fault]:
    """Where the manifest is not what plan, recipe and stages give; their digests are right."""
    paths = {name: manifest.stage_manifest(name) for name in content["stages"]}
    if lacking := {PLAN_FILE, RECIPE_FILE, *paths.values()} - {*records}:
        yield Fault(MANIFEST_FILE, f"it does not list {', '.join(sorted(lacking))}", AGAIN)
        return
    stages = manifest.stage_records(store, paths)
    for name, stage in stages.items():
        if manifest.stage_digest(stage) != stage["digest"]:
            yield Fault(paths[name], "its digest does not match its content", AGAIN)
    for key, value in manifest.derived(store.read_json(RECIPE_FILE), stages).items():
        if content.get(key) != value:
            what = f"`{key}` is not what {RECIPE_FILE} and stages/ say"
            yield Fault(MANIFEST_FILE, what, AGAIN)
    yield from _unit_faults(store, records, stages["documents"])


def _unit_faults(
    store: Store, records: Collection[str], documents: Mapping[str, Any]
) -> Iterator[Fault]:
    """Stage `documents` is the sum of the units of the plan."""
    path = manifest.stage_manifest("documents")
    units = [f"{unit['index']:06d}" for unit in store.read_json(PLAN_FILE)["units"]]
    reports = [manifest.unit_report("documents", unit) for unit in units]
    below = manifest.unit_report("documents", "").removesuffix(".json")
    if {one for one in records if one.startswith(below)} != {*reports}:
        yield Fault(PLAN_FILE, f"its work units are not those that {below} has reports of", UNLIKE)
        return
    total = StageReport.merged(
        StageReport.from_json(one["report"]) for one in in_threads(store, store.read_json, reports)
    )
    told = {**total.to_json(), "inputs": inputs.summary(total.inputs)}
    tables = (inputs.INPUTS_FILE, sketches.VALUES_FILE)
    told["files"] += [one for one in documents["files"] if one["path"] in tables]
    told["files"].sort(key=lambda file: str(file["path"]))
    for key, value in told.items():
        if documents[key] != value:
            yield Fault(path, f"`{key}` is not the sum of the reports in {below}", UNLIKE)


def _imbalances(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Stages that lost count, or got other documents than the stage before kept.

    Documents of each source and language are compared.
    """
    stages = content["stages"]
    for name, stage in stages.items():
        if imbalance := Funnel.from_json(stage["funnel"]).imbalance():
            yield name, imbalance
    removing = [name for name in manifest.REMOVING if name in stages]
    for before, name in itertools.pairwise(removing):
        kept = stages[before]["funnel"]["kept"]["docs"]
        entered = stages[name]["funnel"]["in"]["docs"]
        if kept != entered:
            yield name, f"{entered:,} documents in, but {before} kept {kept:,}"
        elif lost := lost_between(stages[before]["funnel"], stages[name]["funnel"]):
            yield name, lost
    survivors = stages[removing[-1]]["funnel"]["kept"]["docs"]
    for name in ("corpus", "shards"):
        if name not in stages:
            continue
        entered = stages[name]["funnel"]["in"]["docs"]
        if entered != survivors:
            yield name, f"{entered:,} documents in, but {survivors:,} survived"
        elif lost := lost_between(stages[removing[-1]]["funnel"], stages[name]["funnel"]):
            yield name, lost
        rows, kept = content[name]["rows"], stages[name]["funnel"]["kept"]["docs"]
        if rows != kept:
            yield name, f"{rows:,} documents written, but {kept:,} were kept"
