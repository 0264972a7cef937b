"""The steps over a batch of records: each record ends in exactly one place, whatever the batch."""

import itertools
from typing import Any

import pyarrow as pa
import pytest
import xxhash

from dedup.presets import MinHashConfig
from filters.documents import DocumentSteps, document_ids
from filters.settings import Documents, Language, PersonalData
from manifests import schemas
from pipelines.stages.buckets import signatures_schema
from pipelines.stages.documents import sign

UNIT = ("forum", "forum.jsonl")  # source and path
PROSE = (
    "The mill stands where the river bends, and the miller keeps a ledger of every sack that he "
    "grinds. Write to him at miller@example.org before the autumn, since the wheel rests in winter."
)


def record(native_id: str, content: str | bytes | None = None, **fields: Any) -> dict[str, Any]:
    data = content.encode() if isinstance(content, str) else content
    row: dict[str, Any] = dict.fromkeys(schemas.RECORDS.names)
    return row | {
        "native_id": native_id,
        "media_type": schemas.PLAIN,
        "content": data,
        "input_bytes": len(data or b""),
        **fields,
    }


RECORDS = [
    record("good", PROSE),
    record("skipped", skip_reason="warc.request"),
    record("broken", error="line 3 is no JSON", error_kind="read.damaged"),
    record("bytes", b"\xff\xfe\xff"),
    record("blank", " \n\t "),
    record("none"),
    record("short", "Too short."),
    record("german", "Die Mühle steht dort, wo der Fluss einen Bogen macht. " * 4),
    record("page", f"<html><title>A mill</title><body><p>{PROSE}</p></body></html>",
           media_type=schemas.HTML, url="https://example.org/mill"),
    record("again", "same line\n" * 40),
]  # fmt: skip


@pytest.fixture(scope="module")
def steps() -> DocumentSteps:
    return DocumentSteps(
        Documents(
            language=Language(keep=("en",)),
            rules={
                "gopher_repetition": {"max_duplicate_line_ratio": 0.3},
                "gopher_quality": {"min_words": 5},
            },
            pii=PersonalData(kinds=("email",)),
        ),
        seed=0,
    )


def batch(rows: list[dict[str, Any]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(rows, schema=schemas.RECORDS)


def test_each_record_ends_in_one_place_with_its_reason(steps: DocumentSteps) -> None:
    result = steps.apply(batch(RECORDS), *UNIT)
    assert result.kept["native_id"].to_pylist() == ["good", "page"]
    reasons = {r["native_id"]: r["reasons"] for r in result.dropped.to_pylist()}
    assert reasons["skipped"] == ["warc.request"]
    assert reasons["blank"] == ["extract.empty_text"]
    assert reasons["none"] == ["extract.no_content"]
    assert reasons["short"][-1] == "gopher_quality.too_few_words"
    assert reasons["german"] == ["language.not_kept"]
    assert "gopher_repetition.too_many_duplicate_lines" in reasons["again"]
    errors = {r["native_id"]: r for r in result.errors.to_pylist()}
    assert errors["broken"]["reason"] == "read.damaged"
    assert errors["broken"]["error"] == "line 3 is no JSON"
    assert errors["bytes"]["reason"] == "extract.failed"
    every = [r for part in (result.kept, result.dropped, result.errors)
             for r in part["native_id"].to_pylist()]  # fmt: skip
    assert sorted(every) == sorted(r["native_id"] for r in RECORDS)


def test_kept_documents_carry_identity_measures_and_redacted_text(steps: DocumentSteps) -> None:
    page = steps.apply(batch(RECORDS), *UNIT).kept.to_pylist()[1]
    assert page["source"] == "forum"
    assert page["title"] == "A mill"
    assert page["url"] == "https://example.org/mill"
    assert page["language"] == "en"
    assert page["gopher_quality.words"] > 20
    assert page["pii_email"] == 1
    assert "@" not in page["text"]
    assert page["text_bytes"] == len(page["text"].encode())


def test_what_was_dropped_for_its_text_is_redacted_too(steps: DocumentSteps) -> None:
    rows = [record("short", "me@example.org and you")]
    dropped = steps.apply(batch(rows), *UNIT).dropped.to_pylist()
    assert "@" not in dropped[0]["text"]
    assert dropped[0]["gopher_quality.words"] == 3


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_the_size_of_batches_changes_nothing(steps: DocumentSteps, size: int) -> None:
    whole = steps.apply(batch(RECORDS), *UNIT)
    parts = [steps.apply(batch(RECORDS[i : i + size]), *UNIT) for i in range(0, len(RECORDS), size)]
    for name in ("kept", "dropped", "errors"):
        joined = pa.Table.from_batches([getattr(part, name) for part in parts])
        assert joined.equals(pa.Table.from_batches([getattr(whole, name)]))


def test_an_empty_batch_gives_empty_parts_with_their_schemas(steps: DocumentSteps) -> None:
    result = steps.apply(batch([]), *UNIT)
    assert result.kept.schema == steps.documents_schema
    assert result.dropped.schema == steps.dropped_schema
    assert result.errors.schema == schemas.ERRORS
    near = MinHashConfig()
    assert sign(result.kept, near).schema == signatures_schema(near)


def test_signatures_describe_the_kept_rows_in_their_order(steps: DocumentSteps) -> None:
    kept = steps.apply(batch(RECORDS), *UNIT).kept
    assert sign(kept, MinHashConfig())["doc_id"].equals(kept["doc_id"])


def identities(source: str, ids: list[str], content: list[bytes | None]) -> list[bytes]:
    found: list[bytes] = document_ids(
        source, pa.array(ids), pa.array(content, pa.large_binary())
    ).to_pylist()
    return found


def test_identity_depends_on_source_native_id_and_content_alone() -> None:
    """Another identity for the same record in another batch would make results depend on units."""
    ids, content = ["1", "2", "1", "3"], [b"one", b"two", b"other", None]
    whole = identities("a", ids, content)
    assert whole == [
        xxhash.xxh3_64_digest(f"a\0{i}".encode()) + xxhash.xxh3_64_digest(held or b"")
        for i, held in zip(ids, content, strict=True)
    ]
    assert len({*whole, *identities("b", ids, content)}) == 8
    assert whole[0][:8] == whole[2][:8] != whole[1][:8], "the first half tells of equal ids"
    column = pa.array([b"before", *content, b"after"], pa.large_binary())
    parts = (
        document_ids("a", pa.array(ids[i : i + n]), column.slice(1 + i, n)).to_pylist()
        for i, n in ((0, 1), (1, 0), (1, 2), (3, 1))
    )
    assert list(itertools.chain.from_iterable(parts)) == whole


def test_an_identity_is_that_of_the_content_and_not_of_the_steps() -> None:
    """Recipes that clean texts differently would else draw other samples and compare nothing."""
    plain, cleaned = (
        DocumentSteps(Documents(normalize=steps), 0).apply(batch(RECORDS), *UNIT)
        for steps in ((), ("controls", "nfc", "whitespace"))
    )
    assert plain.kept["doc_id"].to_pylist() == cleaned.kept["doc_id"].to_pylist()
