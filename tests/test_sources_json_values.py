"""Files that are one JSON value: arrays, wrapped lists and objects over many lines, in a stream."""

import bz2
import gzip
import json
import random
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import zstandard

from pipelines.sources import KINDS, compression, json_values
from tests.reading import Row, errors, outcomes, rows

SECRET = "a secret word"
TEXTS = [
    "plain",
    'a "quote" and \\ back',
    "[brackets] {and} , more]",
    "ŋ मिल 🜚",
    "line\nfeed \u2028",
]
OBJECTS: list[dict[str, Any]] = [
    {"id": n, "text": text, "more": [[], {}, [1, "]", {"a": "}"}], text]}
    for n, text in enumerate(TEXTS)
]


def read(tmp_path: Path, data: str | bytes, kind: str = "jsonl", **options: Any) -> list[Row]:
    path = tmp_path / options.pop("name", "a.json")
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return rows(kind, path, **options)


def texts(found: list[Row]) -> list[str]:
    return [row["content"].decode() for row in found if row["content"] is not None]


def by_elements(objects: list[Any]) -> str:
    return "[" + ",\n".join(json.dumps(o, ensure_ascii=False) for o in objects) + "]"


WRITTEN = {
    "one line": json.dumps(OBJECTS),
    "one line, unescaped": json.dumps(OBJECTS, ensure_ascii=False),
    "an object on each line": by_elements(OBJECTS),
    "indented": json.dumps(OBJECTS, indent=2),
    "after a mark and blanks": "\ufeff \n\t" + json.dumps(OBJECTS),
    "a comma too many": by_elements(OBJECTS)[:-1] + ",\n]\n",
    "in parts": json.dumps(OBJECTS[:2]) + "\n" + json.dumps(OBJECTS[2:]),
    "wrapped": json.dumps({"next": None, "meta": {"n": [1]}, "data": OBJECTS, "last": "x"}),
    "wrapped, indented": json.dumps({"count": 5, "items": OBJECTS, "end": [{"a": 1}]}, indent=1),
    "rows of a server": json.dumps({"features": [{"name": "text"}], "rows": OBJECTS}),
    "indented objects": "\n".join(json.dumps(o, indent=2) for o in OBJECTS),
}


@pytest.mark.parametrize("piece", [1, 7, 64, 1 << 18])
@pytest.mark.parametrize("written", sorted(WRITTEN))
def test_objects_are_read_wherever_buffers_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, piece: int
) -> None:
    """An object that spans two pieces would be lost or read twice."""
    monkeypatch.setattr(compression, "PIECE_BYTES", piece)
    monkeypatch.setattr(compression, "FEED_BYTES", piece)
    data = WRITTEN[written].encode()
    found = read(tmp_path, data)
    assert texts(found) == TEXTS
    assert [row["native_id"] for row in found] == [str(n) for n in range(len(TEXTS))]
    assert errors(found) == []


def test_places_are_bytes_of_the_file(tmp_path: Path) -> None:
    """Without an id the place is the identity, and with an error it is all that a person has."""
    data = '[{"text": "ŋŋ"}, 5, {"text": "मिल"} ,"\ud7ff",\n{"text": 7}]'.encode()
    found = read(tmp_path, data)
    values = [b'{"text": "\xc5', b"5, ", b'{"text": "\xe0', b'"\xed', b'{"text": 7']
    places = [data.index(value) for value in values]
    assert [row["native_id"] for row in found] == [f"a.json#{place}" for place in places]
    assert found[4]["skip_reason"] == "jsonl.empty"
    remedy = (
        '; write each record as an object, such as {"text": "..."}, or all as strings if the '
        "option text is left out"
    )
    assert errors(found) == [
        f"JSON value is no object, in the value at byte {places[1]}{remedy}",
        f"JSON value is no object, in the value at byte {places[3]}{remedy}",
    ]
    assert [row["input_bytes"] for row in found] == [16, 1, 21, 5, 11]


GOOD = '{"text": "good"}'


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("5", "JSON value is no object"),
        ("null", "JSON value is no object"),
        (f'"{SECRET} ]"', "JSON value is no object"),
        ('[{"text": "inner"}]', "JSON value is no object"),
        (SECRET.replace(" ", "_"), "no valid JSON at character 0"),
        (f"{{'text': '{SECRET}'}}", "no valid JSON at character 1"),
        (f'{{"text": "{SECRET}",}}', "no valid JSON at character"),
        (f'{{"text": ["{SECRET}"}}', "no valid JSON at character"),
        (f'{{"text": "\\x {SECRET}"}}', "no valid JSON at character"),
        (f'{{"a": {{"b": [1, 2}}, "{SECRET}": 1}}', "no valid JSON at character"),
        ('{"text": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply"),
        ('{"text": ' + "9" * 5000 + "}", "number that is too long"),
        ('{"text": "' + "long " * 300 + '"}', "is larger than max_record_mb"),
    ],
)
@pytest.mark.parametrize("piece", [5, 1 << 18])
def test_a_broken_value_costs_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str, told: str, piece: int
) -> None:
    monkeypatch.setattr(compression, "PIECE_BYTES", piece)
    monkeypatch.setattr(compression, "FEED_BYTES", piece)
    limit = 1000 if "larger" in told else 1 << 20
    found = read(tmp_path, f"[{GOOD}, {broken}, {GOOD}]", limit=limit)
    assert outcomes(found) == {"document": 2, "error": 1}
    assert told in errors(found)[0]
    assert f"in the value at byte {len(GOOD) + 3}" in errors(found)[0]
    assert SECRET not in errors(found)[0]


def test_bytes_that_are_no_utf8_cost_their_value(tmp_path: Path) -> None:
    found = read(
        tmp_path, f'[{GOOD}, {{"text": "'.encode() + b"\xff\xfe" + f'"}}, {GOOD}]'.encode()
    )
    assert outcomes(found) == {"document": 2, "error": 1}
    assert errors(found) == [
        f"not valid UTF-8 at byte 10 of it, in the value at byte {3 + len(GOOD)}"
    ]


def test_a_quote_that_lacks_costs_the_lines_up_to_the_next_value(tmp_path: Path) -> None:
    """Otherwise the string would go on to the next quote, and all values after it were lost."""
    data = f'[\n{GOOD},\n{{"text": "{SECRET}}},\n{GOOD},\n{GOOD}\n]'
    found = read(tmp_path, data)
    assert outcomes(found) == {"document": 3, "error": 1}
    assert SECRET not in errors(found)[0]


@pytest.mark.parametrize(
    ("cut", "kept"),
    [(f"[{GOOD}, {GOOD}", 2), (f"[{GOOD}, {GOOD},\n", 2), (f"[{GOOD}, {GOOD[:-3]}", 1)],
)
@pytest.mark.parametrize("piece", [5, 1 << 18])
def test_an_array_without_its_end_keeps_what_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: str, kept: int, piece: int
) -> None:
    monkeypatch.setattr(compression, "PIECE_BYTES", piece)
    found = read(tmp_path, cut)
    assert outcomes(found) == {"document": kept, "error": 1}
    place = len(cut) if kept == 2 else len(GOOD) + 3
    assert f"at byte {place}" in errors(found)[0]
    assert "end" in errors(found)[0]


def test_a_compressed_array_that_is_cut_says_so_once(tmp_path: Path) -> None:
    whole = json.dumps([{"text": f"text {n} {random.Random(n).random()}"} for n in range(20_000)])
    found = read(tmp_path, gzip.compress(whole.encode())[:-5000], name="a.json.gz")
    assert outcomes(found)["document"] > 10_000
    assert outcomes(found)["error"] == 1


PACKED = {"a.json.gz": gzip.compress, "a.json.bz2": bz2.compress,
          "a.jsonl.zst": zstandard.ZstdCompressor().compress, "a.jsonl": bytes}  # fmt: skip


@pytest.mark.parametrize("name", sorted(PACKED))
def test_compressed_arrays_are_read_and_never_split(tmp_path: Path, name: str) -> None:
    """A range of an array would be read as lines, of which none is an object."""
    data = PACKED[name](by_elements(OBJECTS * 40).encode())
    assert texts(read(tmp_path, data, name=name)) == TEXTS * 40
    assert KINDS["jsonl"].split(str(tmp_path / name), len(data), 50) == [(0, -1)]


@pytest.mark.parametrize(
    "data",
    [
        json.dumps({"text": "own", "items": [{"text": "part"}]}),
        json.dumps({"text": "own", "items": [{"text": "part"}]}, indent=1),
        "".join(json.dumps({"items": [{"text": "part"}], "text": "own"}) + "\n" for _ in range(1)),
    ],
)
def test_an_object_with_a_text_of_its_own_wraps_nothing(tmp_path: Path, data: str) -> None:
    assert texts(read(tmp_path, data)) == ["own"]


def test_long_lines_with_lists_are_lines(tmp_path: Path) -> None:
    """A line that is longer than the head could look like an object that wraps a list."""
    values = [
        {"data": [{"text": "part"}] * 3, "body": f"{n} " + "word " * json_values.HEAD_BYTES}
        for n in range(3)
    ]
    data = "".join(json.dumps(value) + "\n" for value in values)
    assert len(texts(read(tmp_path, data, text="body"))) == 3


def test_memory_is_that_of_one_object(tmp_path: Path) -> None:
    one = json.dumps({"text": "word " * 2000})
    path = tmp_path / "large.json"
    path.write_text("[" + ", ".join([one] * 3000) + ', {"text": "' + "x" * 20_000_000 + '"}]')
    tracemalloc.start()
    found = outcomes(rows("jsonl", path, batch_docs=50, limit=100_000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == {"document": 3000, "error": 1}
    assert peak < 80_000_000, "rows are held by this test, the file of 50 MB is not"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("reddit", {"id": "a", "body": "said"}),
        ("hacker_news", {"id": 5, "text": "said"}),
        ("twitter", {"id_str": "7", "text": "said"}),
        ("reddit_threads", {"id": "a", "body": "said", "link_id": "t3_b", "parent_id": "t3_b"}),
    ],
)
def test_dumps_of_apis_may_be_arrays_or_answers(
    tmp_path: Path, kind: str, value: dict[str, Any]
) -> None:
    for data in ([value], {"data": [value]}):
        for indent in (None, 1):
            assert texts(read(tmp_path, json.dumps(data, indent=indent), kind)) == ["said"]


@pytest.mark.parametrize("data", ['["one", "two"]', '"one"\n"two"\n', '\ufeff[\n "one",\n"two"]'])
def test_strings_are_texts_where_a_file_begins_with_one(tmp_path: Path, data: str) -> None:
    """Data sets of plain strings exist; a stray string among objects is damage."""
    for encoding in ("utf-8", "utf-16"):
        found = read(tmp_path, data.encode(encoding))
        assert texts(found) == ["one", "two"]
        assert all(row["native_id"].startswith("a.json#") for row in found)
    assert len(errors(read(tmp_path, data, text="body"))) == 2
    assert len(errors(read(tmp_path, '{"text": "one"}\n"two"\n'))) == 1


@pytest.mark.parametrize("value", [["a", "b"], {"0": "a", "1": None}])
def test_a_table_of_columns_is_an_error_with_the_remedy(tmp_path: Path, value: Any) -> None:
    """It was counted as one record without a text."""
    data = json.dumps({"id": value, "text": value})
    (told,) = errors(read(tmp_path, data))
    assert "one object with 2 columns: id, text" in told
    assert 'to_json(orient="records", lines=True)' in told
    assert errors(read(tmp_path, json.dumps({"id": "1", "text": value}))) == []


def test_random_arrays_are_what_json_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parity with the parser that reads a file as a whole."""
    for seed in range(200):
        rng = random.Random(seed)
        monkeypatch.setattr(compression, "PIECE_BYTES", rng.randrange(1, 60))
        values = [value(rng, 4) for _ in range(rng.randrange(12))]
        data = json.dumps(values, ensure_ascii=bool(seed % 2), indent=rng.choice([None, 0, 3]))
        found = read(tmp_path, data)
        if values and isinstance(values[0], str):  # strings are texts, then
            values = [{"text": v} if isinstance(v, str) else v for v in values]
        expected = [v["text"] for v in values if isinstance(v, dict) and v.get("text")]
        assert texts(found) == expected, seed
        assert len(found) == len(values), seed


def value(rng: random.Random, depth: int) -> Any:
    kind = rng.randrange(7 if depth else 3)
    if kind == 0:
        return rng.choice([0, -1.5e300, 10**30, True, None])
    if kind < 3:
        return "".join(rng.choices('ab"\\[]{},:\nŋ🜚\u0007', k=rng.randrange(9)))
    if kind == 3:
        return [value(rng, depth - 1) for _ in range(rng.randrange(4))]
    text = "".join(rng.choices('ab"\\[]{},:\nŋ🜚', k=rng.randrange(9))) + "x"
    return {"k": value(rng, depth - 1), "text": text, "[": value(rng, depth - 1)}


def test_answers_of_discourse_and_mediawiki_are_their_posts_and_pages(tmp_path: Path) -> None:
    """They were one empty record each."""
    posts = {
        "title": "t",
        "post_stream": {"posts": [{"id": 1, "cooked": "a"}, {"id": 2, "cooked": "b"}]},
    }
    assert texts(read(tmp_path, json.dumps(posts), text="cooked")) == ["a", "b"]
    pages = {"batchcomplete": True, "query": {"pages": [{"pageid": 1, "extract": "a"}]}}
    assert texts(read(tmp_path, json.dumps(pages), text="extract", id="pageid")) == ["a"]


def test_titles_of_html_are_plain_text(tmp_path: Path) -> None:
    data = json.dumps([{"text": "a", "title": {"rendered": "Ti&#8217;s &amp;amp;"}}])
    for media_type, title in (("html", "Ti’s &amp;"), ("plain", "Ti&#8217;s &amp;amp;")):
        found = read(tmp_path, data, title="title.rendered", media_type=media_type)
        assert [row["title"] for row in found] == [title]
