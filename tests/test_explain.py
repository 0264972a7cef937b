"""`winnow explain` says of a document what other libraries find out by themselves."""

import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from filters.rules import registry
from manifests.store import Store
from pipelines.commands.explain import Life, checks_of, explain
from pipelines.recipe import loading
from pipelines.recipe.loading import recipe_of
from tests.realdata import real_data
from tests.test_find import check_places, rows
from tests.winnow import manifest, winnow

DOCUMENTS = 200


def lives(run: Path, wanted: str) -> list[Life]:
    store = Store(str(run))
    return list(explain(store, manifest(run)["reproducible"], recipe_of(store), wanted))


def test_checks_that_fail_are_the_reasons_of_each_document(demo: Path) -> None:
    """And those that hold are no reasons: thresholds are shown as they decided."""
    recipe = recipe_of(Store(str(demo)))
    failing = 0
    for folder in ("documents", "dropped"):
        for row in rows(demo, folder):
            if folder == "dropped" and row["gopher_repetition.chars"] is None:
                continue  # a record without text
            checks = list(checks_of(recipe.documents, row))
            assert [c.reason for c in checks if c.holds is False] == row.get("reasons", [])
            failing += sum(c.holds is False for c in checks)
            shown = {c.name: c.value for c in checks}
            assert shown["rules.gopher_repetition.min_chars"] == row["gopher_repetition.chars"]
            assert shown["language.keep"] == row["language"]
    assert failing > 50


def test_limits_by_language_are_those_of_the_document() -> None:
    demo = recipe_of_pack("fineweb-2")
    row = {"language": "de", "language_score": 0.9, "language_second": None, "text_bytes": 1}
    row |= {name: 0 for name in registry.measures_schema(demo.rules).names}
    table = {c.name: c.limit for c in checks_of(demo, row)}
    other = {c.name: c.limit for c in checks_of(demo, {**row, "language": "th"})}
    assert table != other
    assert any(limit is None for limit in other.values()) or set(table) == set(other)


def test_a_score_is_compared_with_the_least_of_the_documents_language() -> None:
    scores = "{model: winnow-adult, min_score: 0.6, min_scores: {de: 0.3, sv: 0}}"
    documents = loading.load(
        "demo",
        [f"documents.classifiers={{adult: {scores}}}", "documents.language.min_scores={de: 0.2}"],
    ).documents
    limits = {}
    for code in ("de", "fr"):
        row = {"language": code, "language_score": 0.3, "classifier.adult": 0.4}
        limits[code] = {c.name: (c.limit, c.holds) for c in checks_of(documents, row)}
    assert limits["de"]["classifiers.adult.min_score"] == (0.3, True)
    assert limits["fr"]["classifiers.adult.min_score"] == (0.6, False)
    assert limits["de"]["language.min_score"] == (0.2, True)
    assert limits["fr"]["language.min_score"] == (documents.language.min_score, False)


def recipe_of_pack(pack: str) -> Any:
    demo = loading.load("demo")
    return demo.documents.changed(rules=registry.pack_rules(pack))


def test_a_copy_names_its_survivor_and_how_alike_they_are(demo: Path) -> None:
    content = manifest(demo)["reproducible"]
    for row in rows(demo, "duplicates")[::5]:
        (life,) = lives(demo, row["doc_id"].hex())
        assert life.duplicate is not None
        assert life.duplicate["survivor"] == row["survivor"].hex()
        for name in ("similarity", "true_similarity", "contained", "words_lost", "cluster_size"):
            assert life.duplicate[name] == row[name]
        assert life.ended == {"stage": "duplicates", "kept": False, "reasons": [row["reason"]]}
        # Words of exact duplicates are not counted.
        told = winnow("explain", demo, life.doc_id).stdout
        assert f"copy of      {row['survivor'].hex()}" in told
        assert ("words are not in the other" in told) == (row["words"] is not None)
        (survivor,) = lives(demo, row["survivor"].hex())
        assert row["doc_id"].hex() in [copy["doc_id"] for copy in survivor.copies]
        assert survivor.ended["kept"]
        corpus = [p for p in survivor.places if p.file.startswith("corpus/")]
        assert life.duplicate["survivor_places"][1]["file"] == corpus[0].file
    assert content["stages"]["duplicates"]["funnel"]["dropped"]["docs"] > 5


def test_redactions_are_kinds_and_places_and_errors_say_what_is_broken(demo: Path) -> None:
    row = next(row for row in rows(demo, "documents") if row["redactions"])
    (life,) = lives(demo, row["doc_id"].hex())
    assert life.redactions == row["redactions"]
    for one in life.redactions:
        assert row["text"][one["start"] : one["end"]] == f"<{one['kind'].upper()}>"
    told = winnow("explain", demo, row["doc_id"].hex()).stdout
    assert "redacted     email at" in told
    assert row["text"][:40] not in told
    for broken in rows(demo, "errors"):
        (life,) = [one for one in lives(demo, broken["doc_id"].hex())][:1]
        assert (life.error, life.read["path"]) == (broken["error"], broken["path"])
        assert life.ended["reasons"] == [broken["reason"]]
        assert life.checks == []


def test_what_no_document_has_names_the_nearest(demo: Path) -> None:
    row = next(row for row in rows(demo, "corpus") if row["url"])
    url = row["url"]

    def told(wanted: str) -> str:
        return " ".join(winnow("explain", demo, wanted, code=1).stderr.split())

    host = url.split("/")[2]
    assert f"did you mean '{url}'?" in told(f"http://www.{url.split('//')[1]}/#top")
    assert f"did you mean '{row['id']}'?" in told(row["id"][:12])
    assert f"are of {host}, the nearest is '{url}'" in told(f"{url}x")
    assert "none is of nowhere.example" in told("https://nowhere.example/1")
    assert "ask for its URL" in told("0" * 32)
    record = next(one for one in rows(demo, "documents") if one["doc_id"].hex() == row["id"])
    assert row["id"] in told(record["native_id"])


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A run over real text by the pack that decides as datatrove does; the texts by their ids."""
    excerpts = real_data("text/web-excerpts-186-langs.parquet")
    pages = real_data("commoncrawl/cc100.reference.parquet")
    folder = tmp_path_factory.mktemp("explained")
    table = pq.read_table(excerpts, columns=["text"])
    chosen = sorted(random.Random("explain").sample(range(len(table)), 2 * DOCUMENTS))
    texts = table["text"].take(chosen).to_pylist()
    longer = next(n for n in pq.read_schema(pages).names if "text" in n)
    texts += [t for t in pq.read_table(pages, columns=[longer])[longer].to_pylist() if t]
    by_id = {str(i): text for i, text in enumerate(texts) if text.strip()}
    pq.write_table(
        pa.table({"id": list(by_id), "text": list(by_id.values())}), folder / "t.parquet"
    )
    winnow(
        "run", "web-multilingual", "--out", folder / "run", "--quiet", "--workers", "1",
        "--source", f"t=parquet:{folder / 't.parquet'}", "--set", "last_stage=corpus",
        "--set", "documents.rules=datatrove-0.10", "--set", "documents.normalize=[]",
        "--set", "documents.pii=null", "--set", "documents.language.min_score=0",
        "--set", "documents.classifiers={}", "--set", "documents.url_filter=null",
        "--set", "documents.language.min_scores={}", "--set", "duplicates.near=null",
    )  # fmt: skip
    return folder / "run", by_id


def test_verdict_and_reason_are_those_of_datatrove_and_pyarrow_finds_the_place(
    real: tuple[Path, dict[str, str]],
) -> None:
    from tests.test_datatrove_pack import ENDS_OFF, has_long_chunk, theirs

    run, texts = real
    steps = [
        ENDS_OFF if name == "datatrove_c4_quality" else name
        for name in registry.pack_rules("datatrove-0.10")
    ]
    every = [row for folder in ("documents", "dropped") for row in rows(run, folder)]
    chosen = random.Random("documents").sample(sorted(every, key=lambda r: r["doc_id"]), DOCUMENTS)
    seen: dict[str, int] = {}
    for row in chosen:
        text = texts[row["native_id"]]
        if has_long_chunk(text):
            continue
        (life,) = lives(run, row["doc_id"].hex())
        if life.duplicate:
            continue
        reason = None
        for step in steps:
            why, text = theirs(step, text)
            if why is not None:
                reason = f"{'datatrove_c4_quality' if step == ENDS_OFF else step}.{why}"
                break
        assert life.ended["reasons"][:1] == ([reason] if reason else []), row["native_id"]
        failed = [check.reason for check in life.checks if check.holds is False]
        assert failed == life.ended["reasons"]
        check_places(run, life)  # type: ignore[arg-type]
        seen[str(reason)] = seen.get(str(reason), 0) + 1
        if reason is None:
            place = life.places[1]
            assert pq.read_table(run / place.file)["text"][place.row].as_py() == text
    assert seen["None"] > 10
    assert len(seen) > 5
