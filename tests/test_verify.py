"""`winnow verify` misses no damage, and finds none in a sound run wherever it is.

Two kinds of damage: files that changed, and forgeries, whose digests were all made anew, so that
only what the tables hold tells of them.
"""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from filters.rules.apply import apply_rules
from manifests import files as manifest_files
from manifests import inputs, parquet, schemas, store
from manifests import manifest as manifests
from manifests.descriptions import descriptions
from manifests.statistics import Input, digest_of
from manifests.store import Store, json_bytes
from manifests.verify import Fault
from pipelines.commands import contents, recomputed
from pipelines.commands.verify import faults_of
from pipelines.recipe.loading import load
from tests.winnow import manifest, winnow

CORRUPTIONS = 300


@pytest.fixture(autouse=True)
def each_manifest_is_validated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """jsonschema takes most of the time of verifying a small run."""
    schema_faults, known = manifests.schema_faults, dict[str, list[str]]()

    def remembered(found: Any) -> list[str]:
        digest = digest_of(found)
        if digest not in known:
            known[digest] = schema_faults(found)
        return known[digest]

    monkeypatch.setattr(manifests, "schema_faults", remembered)


def faults(run: Path, deep: bool = False) -> list[Fault]:
    return list(faults_of(Store(str(run)), deep, {}))


def files(run: Path) -> list[Path]:
    return sorted(path for path in run.rglob("*") if path.is_file())


def flip(path: Path, chance: random.Random, run: Path) -> list[Path]:
    data = bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)
    return [path]


def cut(path: Path, chance: random.Random, run: Path) -> list[Path]:
    data = path.read_bytes()
    path.write_bytes(data[: chance.randrange(len(data))])
    return [path]


def lengthen(path: Path, chance: random.Random, run: Path) -> list[Path]:
    path.write_bytes(path.read_bytes() + chance.choice([b"\n", b" ", b"\0", b"{}"]))
    return [path]


def remove(path: Path, chance: random.Random, run: Path) -> list[Path]:
    path.unlink()
    return [path]


def add(path: Path, chance: random.Random, run: Path) -> list[Path]:
    new = chance.choice(["000099.parquet", "notes.txt", "new/part.parquet", "000001.json", ".tmp"])
    added = (path.parent / new).with_stem(f"{chance.randrange(10**6)}")
    added.parent.mkdir(exist_ok=True)
    shutil.copy(path, added)
    return [added]


def swap(path: Path, chance: random.Random, run: Path) -> list[Path]:
    other = chance.choice([p for p in files(run) if p.read_bytes() != path.read_bytes()])
    one, two = path.read_bytes(), other.read_bytes()
    path.write_bytes(two)
    other.write_bytes(one)
    return [path, other]


def edit(path: Path, chance: random.Random, run: Path) -> list[Path]:
    """Another number in a JSON file, written as winnow writes it."""
    path = chance.choice(
        [p for p in files(run) if p.suffix == ".json" and "tokenizer" not in str(p)]
    )
    value = json.loads(path.read_bytes())
    places: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        for key, child in node.items() if isinstance(node, dict) else enumerate(node):
            if isinstance(child, dict | list):
                walk(child)
            elif isinstance(child, int):
                places.append((node, key))

    walk(value)
    if not places:
        return flip(path, chance, run)
    node, key = chance.choice(places)
    node[key] += chance.choice([-1, 1, 1000])
    path.write_bytes(json_bytes(value, sort_keys=path.name != "recipe.json"))
    return [path]


KINDS = (flip, flip, cut, lengthen, remove, add, swap, edit, edit)


def test_no_random_corruption_is_missed(demo: Path, tmp_path: Path) -> None:
    run = shutil.copytree(demo, tmp_path / "run")
    whole = files(run)
    missed, unnamed = [], []
    for number in range(CORRUPTIONS):
        chance = random.Random(f"corruption {number}")
        kind = chance.choice(KINDS)
        changed = kind(chance.choice(whole), chance, run)
        try:
            found = faults(run)
        except FileNotFoundError as error:  # of the manifest itself
            found = [Fault("manifest.json", str(error), "")]
        names = {str(path.relative_to(run)) for path in changed}
        if not found:
            missed.append((number, kind.__name__, names))
        elif not names & {fault.path for fault in found}:
            unnamed.append((number, kind.__name__, names, found))
        for path in changed:
            if path in whole:
                shutil.copy(demo / path.relative_to(run), path)
            else:
                path.unlink()
    assert not missed
    assert not unnamed
    assert not faults(run), "all was put back"


def test_a_run_that_was_copied_moved_or_linked_is_sound(demo: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(demo, tmp_path / "a copy, ü")
    assert not faults(copy, deep=True)
    moved = copy.rename(tmp_path / "moved")
    (tmp_path / "link").symlink_to(moved)
    assert not faults(tmp_path / "link")
    told = winnow("verify", "moved", "--deep", cwd=tmp_path).stdout
    assert f"moved is whole: {len(files(moved))} files" in told
    assert "computed again: tokens of 142 documents, verdicts of 264" in told


def test_the_remedy_mends(demo: Path, tmp_path: Path) -> None:
    """What is damaged, and no work of a stage, is removed; the same run then makes it anew."""
    run = shutil.copytree(demo, tmp_path / "run")
    broken = ["plan.json", "recipe.json", "README.md", "stages/run.key.json", "manifest.json"]
    for name in broken:
        (run / name).write_bytes((run / name).read_bytes() + b" ")
        (fault,) = faults(run)
        assert fault.path == name
        if fault.remedy.startswith("remove it, and the same winnow run "):
            (run / name).unlink()
        options = ["--overwrite"] if "--overwrite" in fault.remedy else []
        winnow("run", "demo", "--out", run, "--quiet", *options)
        assert not faults(run)
    (run / "plan.json").unlink()
    assert "plan.json is missing" in winnow("run", "demo", "--out", run, code=2).stderr


def test_faults_are_told_as_json(demo: Path, tmp_path: Path) -> None:
    run = shutil.copytree(demo, tmp_path / "run")
    (run / "notes.txt").write_text("a person's own file")
    told = json.loads(winnow("verify", run, "--json", code=1).stdout)
    assert [fault["path"] for fault in told["faults"]] == ["notes.txt"]
    assert told["faults"][0]["remedy"] == "remove it, or move it elsewhere"


def test_a_manifest_without_digests_of_records_is_told(demo: Path, tmp_path: Path) -> None:
    run = shutil.copytree(demo, tmp_path / "run")
    content = manifest(run)
    del content["records"], content["manifest_digest"]
    (run / "manifest.json").write_bytes(json_bytes(content))
    told = [fault.what for fault in faults(run)]
    assert "$: 'records' is a required property" in told


def reseal(run: Path) -> None:
    """Makes all digests anew, as somebody would who knows them all."""
    here = Store(str(run))

    def described(file: dict[str, Any]) -> dict[str, Any]:
        rows = here.rows(file["path"]) if file["path"].endswith(".parquet") else file["rows"]
        return {**file, **here.described(file["path"]).to_json(), "rows": rows}

    whole = manifest(run)
    for path in (run / "stages" / "documents").glob("*.json"):
        report = json.loads(path.read_text())
        report["report"]["files"] = [described(file) for file in report["report"]["files"]]
        path.write_bytes(json_bytes(report))
    content, listed = whole["reproducible"], manifest_files.by_stage(here)
    for name, told in content["stages"].items():
        path = run / "stages" / f"{name}.json"
        stage = json.loads(path.read_text())
        stage["files"] = [described(file) for file in stage["files"]]
        stage["digest"] = digest_of({k: stage[k] for k in ("funnel", "files", "inputs", "counts")})
        path.write_bytes(json_bytes(stage))
        listed[name] = stage["files"]
        told.update(digest=stage["digest"], files=manifest_files.summary(stage["files"]))
    for name in ("corpus", "shards"):
        content[name]["files"] = content["stages"][name]["files"]
    content["tokenizer"] = {**content["tokenizer"], **described(content["tokenizer"])}
    seal(run, whole, listed)


def seal(run: Path, whole: dict[str, Any], listed: dict[str, Any] | None = None) -> None:
    here = Store(str(run))
    listed = listed or manifest_files.by_stage(here)
    records = [here.described(f["path"]).to_json() for f in listed[manifest_files.RECORDS]]
    listed[manifest_files.RECORDS] = records
    whole["records"] = manifest_files.summary(records)
    whole["files"] = manifest_files.write(here, listed).to_json()
    whole["run_digest"] = digest_of(whole["reproducible"])
    del whole["manifest_digest"]
    whole["manifest_digest"] = digest_of(whole)
    (run / "manifest.json").write_bytes(json_bytes(whole))


def part(run: Path, folder: str, number: int = 0) -> Path:
    return sorted((run / folder).glob("*.parquet"))[number]


def rewritten(path: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    table = change(pq.read_table(path))
    pq.write_table(table, path)


def swapped(one: Path, two: Path) -> None:
    first = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(first)


def with_column(table: pa.Table, name: str, values: Any) -> pa.Table:
    at = table.schema.get_field_index(name)
    return table.set_column(at, table.schema.field(at), values)


def foreign_tokenizer(run: Path) -> None:
    path = run / "tokenizer" / "tokenizer.json"
    content = json.loads(path.read_text())
    merges = content["model"]["merges"]
    merges[0], merges[1] = merges[1], merges[0]
    path.write_text(json.dumps(content))


def edited_verdict(table: pa.Table) -> pa.Table:
    return with_column(table, "language_score", pa.array([0.01] * len(table), pa.float32()))


FORGERIES: dict[str, tuple[Callable[[Path], None], str]] = {
    "a column is added": (
        lambda run: rewritten(
            part(run, "corpus"), lambda t: t.append_column("x", pa.nulls(len(t)))
        ),
        "corpus/000000.parquet: columns are not those of the recipe: x is unknown",
    ),
    "a column has another type": (
        lambda run: rewritten(
            part(run, "documents"),
            lambda t: t.set_column(
                t.schema.get_field_index("language_score"),
                "language_score",
                t["language_score"].cast(pa.float64()),
            ),
        ),
        "language_score is double, not float not null",
    ),
    "a document is missing": (
        lambda run: rewritten(part(run, "corpus"), lambda t: t.slice(1)),
        "stage corpus counts",
    ),
    "a document is there twice": (
        lambda run: rewritten(
            part(run, "corpus"),
            lambda t: pa.concat_tables([t.slice(0, 1), t.slice(0, 1), t.slice(2)]),
        ),
        "corpus/: 1 documents are written more than once",
    ),
    "a reason is edited": (
        lambda run: rewritten(
            part(run, "dropped"),
            lambda t: with_column(t, "reason", pa.array(["language.not_kept"] * len(t))),
        ),
        "dropped/, errors/: stage documents counts",
    ),
    "parts are swapped": (
        lambda run: swapped(part(run, "documents", 0), part(run, "documents", 1)),
        "its documents are not those of documents/000000.parquet, in that order",
    ),
    "shards are swapped": (
        lambda run: swapped(part(run, "shards", 0), part(run, "shards", 1)),
        "its rows come before those of the shard before it",
    ),
    "rows of a shard are turned round": (
        lambda run: rewritten(
            part(run, "shards"), lambda t: t.take(list(range(len(t)))[::-1])
        ),
        "its rows are not in the order of their keys",
    ),
    "a shard has other tokens": (
        lambda run: rewritten(
            part(run, "shards"),
            lambda t: with_column(t, "n_tokens", pc.add(t["n_tokens"], pa.scalar(1, pa.int32()))),
        ),
        "n_tokens is not the number of input_ids",
    ),
    "the tokenizer is a foreign one": (
        foreign_tokenizer,
        "another tokenizer than tokenizer/tokenizer.json made its tokens",
    ),
    "spreads of values are edited": (
        lambda run: rewritten(
            run / "values.parquet",
            lambda t: with_column(t, "docs", pc.add(t["docs"], pa.scalar(1, pa.int64()))),
        ),
        "values.parquet: its rows are not the sum of the tables in stages/documents/",
    ),
    "an input is another file": (
        lambda run: rewritten(
            run / "inputs.parquet",
            lambda t: with_column(t, "sha256", pa.array(["0" * 64] * len(t))),
        ),
        "inputs.parquet: its rows are not those that the manifest counts",
    ),
    "splits are swapped": (
        lambda run: [
            rewritten(
                part(run, folder),
                lambda t: with_column(t, "split", pa.array(["test"] * len(t))),
            )
            for folder in ("corpus", "shards")
        ],
        "corpus/000000.parquet: its splits are not those that the recipe's shares give",
    ),
    "a description says something else": (
        lambda run: (run / "croissant.json").write_text("{}"),
        "croissant.json: it does not say what the manifest says",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_with_right_digests_is_told(name: str, demo: Path, tmp_path: Path) -> None:
    forge, told = FORGERIES[name]
    run = shutil.copytree(demo, tmp_path / "run")
    forge(run)
    reseal(run)
    assert any(told in str(fault) for fault in faults(run)), [*map(str, faults(run))]


def count(run: Path) -> None:
    whole = manifest(run)
    row = whole["reproducible"]["stages"]["documents"]["funnel"]["rows"][0]
    row["docs"] += 1
    seal(run, whole)


def other_seed(run: Path) -> None:
    recipe = json.loads((run / "recipe.json").read_text())
    (run / "recipe.json").write_bytes(json_bytes({**recipe, "seed": 21}, sort_keys=False))
    seal(run, manifest(run))


def unit_lost(run: Path) -> None:
    plan = json.loads((run / "plan.json").read_text())
    (run / "plan.json").write_text(json.dumps({"units": plan["units"][:-1]}))
    seal(run, manifest(run))


def unit_edited(run: Path) -> None:
    path = run / "stages/documents/000000.json"
    report = json.loads(path.read_text())
    report["report"]["funnel"]["in"]["docs"] += 1
    path.write_bytes(json_bytes(report))
    seal(run, manifest(run))


def stage_edited(run: Path) -> None:
    path = run / "stages/tokenizer.json"
    stage = json.loads(path.read_text())
    stage["counts"]["words"] += 1
    path.write_bytes(json_bytes(stage))
    seal(run, manifest(run))


def alarm_invented(run: Path) -> None:
    whole = manifest(run)
    alarm = {"kind": "dead_rule", "stage": "documents", "found": [{}], "sentence": "Look here."}
    whole["reproducible"]["alarms"].append(alarm)
    seal(run, whole)


@pytest.mark.parametrize(
    ("forge", "told"),
    [
        (alarm_invented, "manifest.json: its alarms are not those of its stages' counts"),
        (count, "stage documents: 270 docs in, but"),
        (count, "`stages` is not what recipe.json and stages/ say"),
        (other_seed, "`seed` is not what recipe.json and stages/ say"),
        (unit_lost, "plan.json: its work units are not those that stages/documents/ has"),
        (unit_edited, "`funnel` is not the sum of the reports in stages/documents/"),
        (stage_edited, "stages/tokenizer.json: its digest does not match its content"),
    ],
)  # fmt: skip
def test_records_that_disagree_are_told(
    forge: Callable[[Path], None], told: str, demo: Path, tmp_path: Path
) -> None:
    run = shutil.copytree(demo, tmp_path / "run")
    forge(run)
    assert any(told in str(fault) for fault in faults(run)), [*map(str, faults(run))]


def test_deep_computes_tokens_and_verdicts_again(demo: Path, tmp_path: Path) -> None:
    run = shutil.copytree(demo, tmp_path / "run")
    rewritten(part(run, "documents"), edited_verdict)
    elsewhere = "https://elsewhere.example/"
    rewritten(part(run, "corpus"), lambda t: with_column(t, "url", pa.array([elsewhere] * len(t))))

    def other_ids(table: pa.Table) -> pa.Table:
        lists = table["input_ids"].combine_chunks()
        ids = pc.add(lists.values, pa.scalar(1, lists.type.value_type))
        ids = pc.min_element_wise(ids, pa.scalar(4095, lists.type.value_type))
        shifted = pa.ListArray.from_arrays(lists.offsets, ids, type=lists.type)
        return with_column(table, "input_ids", shifted)

    rewritten(part(run, "shards"), other_ids)
    reseal(run)
    for path, data in descriptions(Store(str(run)), manifest(run)):
        (run / path).write_bytes(data)
    reseal(run)
    assert not faults(run), "nothing is counted otherwise"
    told = "\n".join(map(str, faults(run, deep=True)))
    assert "do not give the verdicts that stand there" in told
    assert "the tokens are not those of the run's tokenizer" in told
    assert "documents/000000.parquet: of" in told
    assert "documents it says something else than corpus/" in told


def test_identities_are_looked_at_in_passes(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However few identities may be in memory, each is compared with all others."""
    content = manifest(demo)["reproducible"]
    once = manifest_files.paths(Store(str(demo)), "corpus")
    for most in (1 << 22, 50, 7):
        monkeypatch.setattr(contents, "_IDS_AT_ONCE", most)
        for paths, repeated in ((once, 0), (once * 2, 142)):
            monkeypatch.setattr(manifest_files, "paths", lambda *_, paths=paths: paths)
            assert contents._repeated(Store(str(demo)), content) == repeated


def test_no_file_is_in_memory_as_a_whole(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory does not grow with files: tables are read in batches, all else by hashing pieces."""
    largest = []
    batches = parquet.TableFile.batches

    def recorded(self: Any, *arguments: Any, **named: Any) -> Any:
        for batch in batches(self, *arguments, **named):
            if batch.schema != schemas.VALUES:  # it has buckets, and not documents
                largest.append(batch.nbytes)
            yield batch

    def refused(*_: Any) -> Any:
        raise AssertionError("a whole table is read")

    monkeypatch.setattr(store, "BATCH_BYTES", 4096)
    monkeypatch.setattr(parquet.TableFile, "batches", recorded)
    monkeypatch.setattr(parquet.TableFile, "table", refused)
    monkeypatch.setattr(parquet.TableFile, "row_group", refused)
    assert not faults(demo)
    assert len(largest) > 50
    assert max(largest) < 5 * 4096, "rows of one document are not parted"


def test_the_table_of_inputs_is_read_as_it_was_written(tmp_path: Path) -> None:
    rows = [Input("s", f"{i}.jsonl", 0, -1, i, f"{i:064x}") for i in range(3000)]
    here = Store(str(tmp_path))
    inputs.write(here, rows)
    assert inputs.summary(inputs.read(here)) == inputs.summary(rows)


def test_deep_computes_values_of_rules_from_the_texts(tmp_path: Path) -> None:
    """A document whose personal data was redacted is left out: its values are of another text."""
    recipe = load("web-multilingual")
    texts = pa.array([f"The sentence with number {n} ends here." for n in range(40)])
    measured = apply_rules(texts.cast(pa.large_string()), recipe.documents.rules).measures
    redactions = [[] if n % 2 else [{"kind": "email", "start": 0, "end": 1}] for n in range(40)]
    columns = {
        "doc_id": pa.array([bytes([n] * 16) for n in range(40)], pa.binary(16)),
        "url": pa.nulls(40, pa.string()),
        "language": pa.array(["en"] * 40),
        "text": texts.cast(pa.large_string()),
        "redactions": pa.array(redactions, schemas.REDACTIONS_TYPE),
        **dict(zip(measured.schema.names, measured.columns, strict=True)),
    }
    content = {"stages": {"documents": {"funnel": {"kept": {"docs": 40}}}}}

    def found(name: str, change: int) -> list[Fault]:
        values = measured[name].to_pylist()
        values[change] += 1
        table = pa.table({**columns, name: pa.array(values, measured[name].type)})
        (tmp_path / "documents").mkdir(exist_ok=True)
        pq.write_table(table, tmp_path / "documents/000000.parquet")
        done = recomputed.Recomputed()
        told = list(recomputed._value_faults(Store(str(tmp_path)), content, recipe, done))
        assert (done.values, done.left_out) == (20, [])
        return told

    name = "gopher_repetition.chars"
    assert found(name, change=2) == []
    (fault,) = found(name, change=3)
    assert fault.what == f"its texts do not give the values in column {name}"
