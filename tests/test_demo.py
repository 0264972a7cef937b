"""All stages on the sample that ships: planted faults are found, and all results are complete."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tokenizers
import xxhash

from pipelines import sample
from pipelines.recipe import loading
from pipelines.recipe.recipe import Source
from tests.winnow import dropped, manifest, winnow

SAMPLE = Path(sample.__file__).parent
EXPECTED = json.loads((SAMPLE / "expected.json").read_text())
# Planted kinds of which every page must be gone, and those of which every page must stay.
GONE = {"boilerplate", "repetitive", "unlisted_language", "exact_duplicate", "near_duplicate"}
STAYS = {"good", "personal_data", "legacy_charset", "wrong_language", "encoded_body"}


# Counted once by hand against expected.json; a change here changes what winnow decides.
FUNNEL = [270, 169, 95, 6]  # in, kept, dropped, errors
DROPPED = {
    "exact_duplicate": 13,
    "extract.empty_text": 1,
    "fineweb_quality.too_few_lines_end_a_sentence": 3,
    "gopher_repetition.too_few_chars": 17,
    "gopher_repetition.too_many_duplicate_lines": 4,
    "jsonl.empty": 2,
    "language.low_score": 5,
    "language.not_kept": 6,
    "mediawiki.empty": 1,
    "mediawiki.namespace": 3,
    "mediawiki.redirect": 2,
    "near_duplicate": 14,
    "parquet.empty": 2,
    "read.damaged": 6,
    "reddit.deleted": 5,
    "stackexchange.not_post": 1,
    "warc.empty_body": 1,
    "warc.http_status": 2,
    "warc.metadata": 16,
    "warc.not_html": 2,
    "warc.request": 16,
    "warc.revisit": 3,
    "warc.warcinfo": 3,
}
PERSONAL_DATA = {"pii_email": 9, "pii_ip": 9}


# A notice of four lines: short of words, which languages without spaces are for these rules too.
KEPT_ALL_THE_SAME = {"urn:uuid:28dcfab2-86b8-5a4a-997f-e0dd4602b341"}


def rows(run: Path, folder: str) -> Iterator[dict[str, object]]:
    for path in sorted((run / folder).glob("*.parquet")):
        yield from pq.read_table(path).to_pylist()


def table(run: Path, folder: str, columns: list[str]) -> pa.Table:
    paths = sorted((run / folder).glob("*.parquet"))
    return pa.concat_tables([pq.read_table(path, columns=columns) for path in paths])


def test_every_record_of_the_sample_is_counted(demo: Path) -> None:
    stage = manifest(demo)["reproducible"]["stages"]["documents"]["funnel"]
    assert stage["in"]["docs"] == sum(planted(s)["records"] for s in loading.load("demo").sources)


def test_the_counts_are_those_of_the_plan(demo: Path) -> None:
    stages = manifest(demo)["reproducible"]["stages"]
    funnel = stages["documents"]["funnel"]
    assert [funnel[o]["docs"] for o in ("in", "kept", "dropped", "error")] == FUNNEL
    assert dropped(demo) == DROPPED
    counts = stages["documents"]["counts"].items()
    assert {k: v for k, v in counts if v and k.startswith("pii_")} == PERSONAL_DATA


def planted(source: Source) -> dict[str, object]:
    """What expected.json says of a source's file."""
    found: dict[str, object] = EXPECTED["files"][source.path.rsplit("/", 1)[-1]]
    return found


def identity(source: Source, native_id: str) -> bytes:
    """The half that is of source and native id; the other is of the content."""
    if source.kind in ("warc", "wet"):
        native_id = f"<{native_id}>"
    return xxhash.xxh3_64_digest(f"{source.name}\0{native_id}".encode())


def shipped_ids(demo: Path) -> set[bytes]:
    """What `identity` gives for each document in the shards."""
    return {doc_id[:8] for doc_id in table(demo, "shards", ["doc_id"])["doc_id"].to_pylist()}


def test_planted_pages_meet_their_fate(demo: Path) -> None:
    survived = shipped_ids(demo)
    wrong = []
    for source in loading.load("demo").sources:
        pairs = planted(source)["duplicates"]
        # Of two copies either may stay: the survivor is chosen by source, length and chance.
        either = {*pairs, *pairs.values()}
        for native_id, what in planted(source)["each"].items():
            kind = what.split()[0]
            stays = identity(source, native_id) in survived
            if native_id in either | KEPT_ALL_THE_SAME:
                continue
            if (stays and kind in GONE) or (not stays and kind in STAYS):
                wrong.append((source.name, native_id, kind))
    assert not wrong


def test_one_of_two_planted_copies_survives(demo: Path) -> None:
    survived = shipped_ids(demo)
    everything = {id_ for s in loading.load("demo").sources for id_ in planted(s)["each"]}
    checked = 0
    for source in loading.load("demo").sources:
        for pair in planted(source)["duplicates"].items():
            if everything.issuperset(pair) and set(pair) <= set(planted(source)["each"]):
                checked += 1
                assert len({identity(source, id_) for id_ in pair} & survived) == 1, pair
    assert checked >= 20


def test_no_planted_address_is_left_in_any_text(demo: Path) -> None:
    for folder in ("documents", "dropped"):
        for text in table(demo, folder, ["text"])["text"].to_pylist():
            assert "@example." not in (text or "")


def test_every_survivor_is_in_the_shards_once_and_decodes_to_its_text(demo: Path) -> None:
    tokenizer = tokenizers.Tokenizer.from_file(str(demo / "tokenizer/tokenizer.json"))
    end = tokenizer.token_to_id("<|endoftext|>")
    texts = {row["doc_id"]: row["text"] for row in rows(demo, "documents")}
    removed = {row["doc_id"] for row in rows(demo, "duplicates")}
    written = Counter()
    for row in rows(demo, "shards"):
        *ids, last = row["input_ids"]
        assert last == end
        assert tokenizer.decode(ids) == texts[row["doc_id"]]
        written[row["doc_id"]] += 1
    assert written == Counter(set(texts) - removed)


def test_duplicates_name_their_survivor(demo: Path) -> None:
    survived = set(table(demo, "shards", ["doc_id"])["doc_id"].to_pylist())
    found = list(rows(demo, "duplicates"))
    assert found
    for row in found:
        assert row["survivor"] in survived
        assert row["cluster_size"] >= 2
        assert row["similarity"] == 1 or row["reason"] == "near_duplicate"


def test_errors_say_what_broke_and_quote_nothing(demo: Path) -> None:
    found = list(rows(demo, "errors"))
    assert {row["source"] for row in found} == {"broken", "news", "reddit"}
    for row in found:
        assert row["native_id"]
        assert row["error"]


def test_token_cost_has_every_language_of_the_parallel_text(demo: Path) -> None:
    cost = pq.read_table(demo / "token_cost/token_cost.parquet").to_pylist()
    parallel = {row["language"]: row for row in cost if row["measured_on"] == "parallel"}
    assert set(parallel) == set(EXPECTED["parallel.parquet"]["sentences"])
    assert parallel["en"]["premium"] == 1
    for row in parallel.values():
        assert row["premium_low"] <= row["premium"] <= row["premium_high"]


@pytest.mark.parametrize(
    "options",
    [
        ["--workers", "1"],
        ["--set", "execution.batch_docs=3", "--set", "execution.partitions=5"],
        ["--workers", "3", "--set", "execution.batch_docs=1000"],
    ],
    ids=["one worker", "small batches", "three workers, large batches"],
)
def test_the_digest_does_not_depend_on_the_schedule(
    demo: Path, tmp_path: Path, options: list[str]
) -> None:
    winnow("run", "demo", "--out", tmp_path / "run", "--quiet", *options)
    assert manifest(tmp_path / "run")["run_digest"] == manifest(demo)["run_digest"]


def test_another_seed_gives_another_order_of_the_same_documents(demo: Path, tmp_path: Path) -> None:
    winnow("run", "demo", "--out", tmp_path / "run", "--quiet", "--set", "seed=7")
    ours, theirs = (table(run, "shards", ["doc_id"])["doc_id"].to_pylist() for run in (
        demo, tmp_path / "run"
    ))  # fmt: skip
    assert ours != theirs
    assert abs(len(ours) - len(theirs)) <= 2  # chance settles a tie between copies


def test_a_complete_run_is_not_done_again(demo: Path, tmp_path: Path) -> None:
    run = shutil.copytree(demo, tmp_path / "run")
    (run / "files.parquet").unlink()  # it is written again with the manifest
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*.parquet")}
    told = winnow("run", "demo", "--out", run).stderr
    assert told.count("complete already") == 6
    (run / "files.parquet").unlink()
    assert {path: path.stat().st_mtime_ns for path in run.rglob("*.parquet")} == before


def test_changed_settings_redo_their_stage_and_those_after_it(demo: Path, tmp_path: Path) -> None:
    run = shutil.copytree(demo, tmp_path / "run")
    change = ("--set", "tokenizer.vocab_size=2048")
    told = winnow("run", "demo", "--out", run, "--overwrite", *change).stderr
    assert told.count("complete already") == 3
    assert manifest(run)["reproducible"]["tokenizer"]["vocab_size"] == 2048
    winnow("verify", run)


def test_verify_passes_on_the_demo(demo: Path) -> None:
    assert manifest(demo)["run_digest"] in winnow("verify", demo).stdout.replace("\n", "")


@pytest.mark.parametrize("folder", ["shards", "documents", "corpus", "tokenizer", "token_cost"])
def test_one_flipped_byte_fails_verify_and_names_the_file(
    demo: Path, tmp_path: Path, folder: str
) -> None:
    run = shutil.copytree(demo, tmp_path / "run")
    path = sorted((run / folder).iterdir())[-1]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    told = winnow("verify", run, code=1)
    assert f"{folder}/{path.name}" in told.stdout


def test_verify_notices_missing_files_and_edited_manifests(demo: Path, tmp_path: Path) -> None:
    run = shutil.copytree(demo, tmp_path / "run")
    (run / "shards/shard-00000-of-00002.parquet").unlink()
    content = manifest(run)
    content["reproducible"]["shards"]["tokens"] += 1
    (run / "manifest.json").write_text(json.dumps(content))
    told = winnow("verify", run, code=1).stdout
    assert "shard-00000-of-00002.parquet: missing" in told
    assert "run_digest does not match" in told


def test_inspect_shows_the_summary_and_the_manifest(demo: Path, tmp_path: Path) -> None:
    shown = winnow("inspect", demo, "--svg", tmp_path / "s.svg").stdout
    for word in ("Funnel", "Dropped because", "Languages kept", "Token cost", "winnow verify"):
        assert word in shown
    assert json.loads(winnow("inspect", demo, "--json").stdout) == manifest(demo)
    assert "<svg" in (tmp_path / "s.svg").read_text()
