"""JSON lines and Reddit: fields, byte ranges, and lines that are broken."""

import gzip
import io
import json
import random
import tarfile
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import zstandard

from pipelines.sources import KINDS, open_unit
from pipelines.sources.units import WorkUnit
from tests.reading import Row, documents, errors, outcomes, rows
from tests.realdata import real_data


def lines(*values: Any) -> bytes:
    return b"".join(
        (v if isinstance(v, bytes) else json.dumps(v, ensure_ascii=False).encode()) + b"\n"
        for v in values
    )


def read(tmp_path: Path, data: bytes, kind: str = "jsonl", **options: Any) -> list[Row]:
    path = tmp_path / "a.jsonl"
    path.write_bytes(data)
    return rows(kind, path, **options)


def test_fields_are_found_by_their_options(tmp_path: Path) -> None:
    value = {
        "raw": {"body": "မြန်မာ"}, "key": 12, "meta.url": "u", "meta": {"url": "no", "lang": "my"},
        "headline": "T", "when": "2024-01-01",
    }  # fmt: skip
    data = lines(value)
    (row,) = read(
        tmp_path, data, text="raw.body", id="key", url="meta.url", title="headline",
        date="when", language="meta.lang", media_type="html",
    )  # fmt: skip
    assert row == {
        "native_id": "12",
        "url": "u",
        "title": "T",
        "date": "2024-01-01",
        "language_hint": "my",
        "license": None,
        "media_type": "text/html",
        "charset": "utf-8",
        "content": "မြန်မာ".encode(),
        "input_bytes": len(data) - 1,
        "skip_reason": None,
        "error": None,
        "error_kind": None,
    }


def test_lines_without_an_id_are_called_by_their_offset(tmp_path: Path) -> None:
    data = lines({"text": "ä"}, b"", {"text": "b", "id": None}, {"text": "c", "id": "own"})
    found = read(tmp_path, b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n"))
    second = len('{"text": "ä"}'.encode()) + 3 + 2 + 2
    assert [row["native_id"] for row in found] == ["a.jsonl#0", f"a.jsonl#{second}", "own"]
    assert [row["content"] for row in found] == ["ä".encode(), b"b", b"c"]


SECRET = "a secret word"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (SECRET.encode(), "no valid JSON at character 0"),
        (b'{"text": "' + SECRET.encode(), "no valid JSON"),
        (b'{"text": "\\x ' + SECRET.encode() + b'"}', "no valid JSON"),
        (b'{"text": "\xff ' + SECRET.encode() + b'"}', "not valid UTF-8 at byte 10"),
        (b'["' + SECRET.encode() + b'"]', "JSON value is no object"),
        (b"null", "JSON value is no object"),
        (b'{"text": ' + b"[" * 200_000, "nested too deeply"),
        (b'{"text": "x", "n": ' + b"9" * 5000 + b"}", "number that is too long"),
        (b"\0" * 50, "no valid JSON"),
    ],
)
def test_a_broken_line_is_an_error_row_without_its_content(
    tmp_path: Path, line: bytes, message: str
) -> None:
    found = read(tmp_path, lines({"text": "one"}, line, {"text": "two"}))
    assert outcomes(found) == {"document": 2, "error": 1}
    assert message in errors(found)[0]
    assert SECRET not in errors(found)[0]
    assert found[1]["native_id"] == "a.jsonl#16"
    assert found[1]["input_bytes"] == len(line)


def test_a_line_that_is_an_array_costs_itself_only(tmp_path: Path) -> None:
    found = read(tmp_path, lines({"text": "a"}, ["x"], [{"text": "b"}], {"text": "c"}))
    assert outcomes(found) == {"document": 2, "error": 2}


@pytest.mark.parametrize("given", ["null", '""', "NaN", '" "', '"\\u3000\\n"', "[1]", "{}", "true"])
def test_an_id_that_many_lines_share_for_want_of_one_is_none(tmp_path: Path, given: str) -> None:
    """Otherwise all lines without an id were one document, and all but one go."""
    line = f'{{"text": "word", "id": {given}}}\n'.encode()
    found = read(tmp_path, line * 3)
    assert [row["native_id"] for row in found] == [f"a.jsonl#{n * len(line)}" for n in range(3)]


def test_ids_that_look_like_none_are_ids(tmp_path: Path) -> None:
    values = ["nan", "null", "0", 0, 7, -1, 2.5, " a"]
    found = read(tmp_path, lines(*({"text": "word", "id": value} for value in values)))
    assert [row["native_id"] for row in found] == [str(value) for value in values]


def test_blank_texts_are_skipped_and_lone_surrogates_replaced(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        lines(
            {"text": ""}, {"text": " \n"}, b'{"text": "a\\ud800b \\ud83d\\ude00", "id": "\\udfff"}'
        ),
    )
    assert outcomes(found) == {"jsonl.empty": 2, "document": 1}
    assert found[2]["content"] == "a\ufffdb 😀".encode()
    assert found[2]["native_id"] == "\ufffd"


def test_a_line_over_the_limit_is_passed_over_in_bounded_memory(tmp_path: Path) -> None:
    long = b'{"text": "' + b"x" * 50_000_000 + b'"}'
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(lines({"text": "one"}, long, {"text": "two"}), 1))
    tracemalloc.start()
    found = rows("jsonl", path, limit=2_000_000, max_ratio=1000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert outcomes(found) == {"document": 2, "error": 1}
    assert errors(found)[0].startswith(f"record of {len(long)} bytes is larger than max_record_mb")
    assert peak < 12_000_000


def test_a_line_of_exactly_the_limit_is_read(tmp_path: Path) -> None:
    line = lines({"text": "x" * 100})
    assert outcomes(read(tmp_path, line, limit=len(line) - 1)) == {"document": 1}
    assert outcomes(read(tmp_path, line, limit=len(line) - 2)) == {"error": 1}


def test_a_last_line_without_an_end_is_read(tmp_path: Path) -> None:
    assert outcomes(read(tmp_path, lines({"text": "a"}, {"text": "b"})[:-1])) == {"document": 2}


def test_a_cut_file_keeps_the_lines_before_the_cut(tmp_path: Path) -> None:
    rng = random.Random(2)
    data = lines(*({"text": rng.randbytes(40).hex()} for _ in range(2000)))
    for name, stored in (("gz", gzip.compress(data)), ("zst", zstandard.compress(data))):
        path = tmp_path / f"a.jsonl.{name}"
        path.write_bytes(stored[: len(stored) * 3 // 4])
        found = rows("jsonl", path)
        assert len(errors(found)) == 1
        assert "the download is probably incomplete" in errors(found)[0]
        complete = [row["content"].decode() for row in documents(found)]
        wanted = [json.loads(line)["text"] for line in data.splitlines()]
        assert complete == wanted[: len(complete)]
        assert name == "zst" or len(complete) > 1000


@pytest.mark.parametrize("unit_bytes", [1, 2, 7, 20, 50, 333])
def test_ranges_together_are_the_file(tmp_path: Path, unit_bytes: int) -> None:
    rng = random.Random(unit_bytes)
    values = [{"text": "𝔘ñ文" * rng.randrange(1, 9)} for _ in range(12)]
    for data in (lines(*values), lines(*values)[:-1], b"\n\n" + lines(b"", *values, b"bad")):
        expected = read(tmp_path, data)
        path = str(tmp_path / "a.jsonl")
        spans = KINDS["jsonl"].split(path, len(data), unit_bytes)
        assert spans == KINDS["jsonl"].split(path, len(data), unit_bytes)
        found = []
        counted = 0
        for span in spans:
            found += rows("jsonl", Path(path), span=span, batch_docs=2)
            unit = WorkUnit(0, "s", "jsonl", path, *span)
            with open_unit(unit) as file:
                list(KINDS["jsonl"].read(unit, file, 10, 100_000))
                counted += file.bytes_read
        assert found == expected
        assert counted <= len(data)


def test_a_range_in_the_middle_is_never_taken_for_compressed(tmp_path: Path) -> None:
    data = lines({"text": "a"}) + lines({"text": "BZh91AY&SY" * 9})
    expected = read(tmp_path, data)
    for at in range(len(data)):
        path = tmp_path / "a.jsonl"
        assert rows("jsonl", path, span=(0, at)) + rows("jsonl", path, span=(at, -1)) == expected


def test_compressed_files_are_not_split(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(gzip.compress(b"x" * 1000))
    assert KINDS["jsonl"].split(str(path), 1000, 10) == [(0, -1)]
    assert KINDS["jsonl"].split(str(tmp_path / "gone"), 1000, 10) == [(0, -1)]
    path.write_bytes(b"x" * 1000)
    assert KINDS["jsonl"].split(str(path), 1000, 400) == [(0, 500), (500, 1000)]


@pytest.mark.parametrize(
    "options", [{"text": ""}, {"text": 5}, {"media_type": "markdown"}, {"id": ["a"]}]
)
def test_options_that_make_no_sense_are_named(tmp_path: Path, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"source 'test': .*" + next(iter(options))):
        read(tmp_path, lines({"text": "a"}), **options)


def test_rows_do_not_depend_on_the_batch_size(tmp_path: Path) -> None:
    data = lines(*({"text": str(n)} for n in range(20)), b"bad")
    expected = read(tmp_path, data)
    for batch_docs in (1, 2, 20):
        assert read(tmp_path, data, batch_docs=batch_docs) == expected


COMMENT = {
    "id": "c13", "body": "a &lt;b&gt; &amp;amp; ü", "created_utc": "1134365188",
    "permalink": "/r/x/comments/1/_/c13/",
}  # fmt: skip
POST = {"id": "dbk", "title": "Q &amp; A", "selftext": "**text**", "created_utc": 1569888142}


def test_comments_and_submissions(tmp_path: Path) -> None:
    path = tmp_path / "RC.zst"
    path.write_bytes(zstandard.compress(lines(COMMENT, POST)))
    comment, post = rows("reddit", path)
    assert comment["native_id"] == "t1_c13"
    assert comment["content"] == "a <b> & ü".encode()
    assert comment["date"] == "2005-12-12T05:26:28Z"
    assert comment["url"] == "https://www.reddit.com/r/x/comments/1/_/c13/"
    assert post["native_id"] == "t3_dbk"
    assert post["title"] == "Q & A"
    assert post["content"] == b"**text**"
    assert post["date"] == "2019-10-01T00:02:22Z"


@pytest.mark.parametrize(
    ("markdown", "plain"),
    [
        ("One.\n\n&#x200B;\n\nTwo.", "One.\n\nTwo."),
        ("One.\n\n&#8203;&ZeroWidthSpace;\n\nTwo &#x200b;end", "One.\n\nTwo end"),
        ("5&nbsp;kg, 9 &#37;, A &amp; B, x &lt; y", "5\u00a0kg, 9 %, A & B, x < y"),
        ("می&zwnj;خواهم ខ្មែរ\u200bនេះ &eacute;", "می\u200cخواهم ខ្មែរ\u200bនេះ é"),
        ("AT&T; &unknown; &copy no end, &#; a&b", "AT&T; &unknown; &copy no end, &#; a&b"),
        ("write `&nbsp;` or ``a ` &lt;`` for &lt;", "write `&nbsp;` or ``a ` &lt;`` for <"),
        ("one `` alone &amp; \\&amp; \\`&amp;", "one `` alone & \\&amp; \\`&"),
        ("a ` here\n\n&amp; a ` there", "a ` here\n\n& a ` there"),
        ("&lt;\n\n    x &lt;\n\n    &#x200B;\n\n&gt;", "<\n\n    x &lt;\n\n    &#x200B;\n\n>"),
        ("a\n    &amp; b\n\n\t&amp;", "a\n    & b\n\n\t&amp;"),
        ("```\n&amp;\n\n&#x200B;\n```\n&amp;", "```\n&amp;\n\n&#x200B;\n```\n&"),
        ("~~~~ html\n&amp;\n~~~\n&amp;", "~~~~ html\n&amp;\n~~~\n&amp;"),
    ],
)  # fmt: skip
def test_references_of_markdown_are_decoded_but_not_in_code(
    tmp_path: Path, markdown: str, plain: str
) -> None:
    """Else `&#x200B;` stands between paragraphs, or source code loses what it says."""
    escaped = markdown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    found = read(tmp_path, lines(COMMENT | {"body": escaped}), "reddit")
    assert found[0]["content"].decode() == plain


@pytest.mark.parametrize(
    "notice",
    [
        "[deleted]", "[removed]", " [Removed]\n", "[deleted by user]", "[ Removed by Reddit ]",
        "[removed by moderator]", "[ Removed by moderators ]", "[unavailable]", "\\[deleted\\]",
        "[ Removed by reddit in response to a copyright notice. ]",
        "[ Removed by Reddit on account of violating the [content policy](/help/contentpolicy). ]",
    ],
)  # fmt: skip
def test_notices_of_removal_are_no_texts(tmp_path: Path, notice: str) -> None:
    """Else thousands of equal notices are documents."""
    posts = [COMMENT | {"body": notice}, POST | {"selftext": notice}, POST | {"title": notice}]
    link = {"id": "a", "title": notice, "url": "https://example.org"}
    found = read(tmp_path, lines(*posts, link), "reddit")
    assert outcomes(found) == {"reddit.deleted": 4}


@pytest.mark.parametrize(
    "text", ["[removed] was what I saw", "[deleted by accident]", "removed", "[removed](/a) [b]"]
)
def test_texts_about_removal_are_kept(tmp_path: Path, text: str) -> None:
    assert outcomes(read(tmp_path, lines(COMMENT | {"body": text}), "reddit")) == {"document": 1}


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"body": "&amp;#x200B;"}, "reddit.no_text"),
        ({"body": "[deleted]"}, "reddit.deleted"),
        ({"body": "[removed]"}, "reddit.deleted"),
        ({"body": " "}, "reddit.no_text"),
        ({"body": None}, "reddit.no_text"),
        ({"body": 5}, "reddit.no_text"),
        ({"created_utc": "never"}, "document"),
        ({"created_utc": 10**30}, "document"),
        ({"permalink": None}, "document"),
        ({"id": None}, "document"),
    ],
)
def test_each_post_is_accounted_for(tmp_path: Path, change: dict[str, Any], outcome: str) -> None:
    assert outcomes(read(tmp_path, lines(COMMENT | change), "reddit")) == {outcome: 1}


def test_link_posts_have_no_text_and_other_objects_are_errors(tmp_path: Path) -> None:
    link = {"id": "a", "title": "T", "url": "https://example.org"}
    assert outcomes(read(tmp_path, lines(link, {"id": "b"}), "reddit")) == {
        "reddit.no_text": 1,
        "error": 1,
    }


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("reddit-RC_2005-12.zst", {"document": 955, "reddit.deleted": 120}),
        (
            "reddit-RS_2019-10-subset.zst",
            {"document": 316, "reddit.deleted": 7151, "reddit.no_text": 804},
        ),
    ],
)
def test_real_reddit_dumps(name: str, expected: dict[str, int]) -> None:
    found = rows("reddit", real_data(f"api/{name}"))
    assert outcomes(found) == expected
    assert sum(expected.values()) in (1075, 8271)
    assert len({row["native_id"] for row in found}) == len(found)


def test_objects_with_commas_and_several_on_a_line(tmp_path: Path) -> None:
    """An array that lost its brackets, and objects without a line end between them, are read."""
    path = tmp_path / "a.jsonl"
    lines = [
        '{"text": "a"},',
        '{"text": "ŋ"}{"text": "c", "id": 7}',
        '{"text": "d"} , {"text": "e"}',
    ]
    path.write_text("\n".join(lines) + "\n")
    found = rows("jsonl", path)
    assert [row["content"].decode() for row in found] == ["a", "ŋ", "c", "d", "e"]
    assert [row["native_id"] for row in found] == [
        "a.jsonl#0", "a.jsonl#15", "7", "a.jsonl#52", "a.jsonl#52/1",
    ]  # fmt: skip
    assert sum(row["input_bytes"] for row in found) == sum(len(line.encode()) for line in lines)


def test_a_raw_tab_in_a_string_is_read(tmp_path: Path) -> None:
    """Many writers leave tabs in strings, and many parsers take them."""
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a\tb"}\n[1]{"text": "c"}\n{"text": "d"} x\n{"text": "e"}\n')
    found = rows("jsonl", path)
    assert [row["content"] for row in found] == [b"a\tb", None, None, b"e"]
    path.write_text('[{"text": "a\tb"}, {"text": "c"}]')
    assert [row["content"] for row in rows("jsonl", path)] == [b"a\tb", b"c"]


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz", "a.tgz", "a.tar.zst", "a.jsonl.tar"])
def test_the_files_of_a_tar_archive_are_read(tmp_path: Path, name: str) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for member in ("x/1.jsonl", "x/2.jsonl"):
            data = b"\xef\xbb\xbf" + lines(
                {"text": f"one of {member}"}, {"text": f"two of {member}"}
            )
            info = tarfile.TarInfo(member)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    data = packed.getvalue()
    if name.endswith("gz"):
        data = gzip.compress(data)
    elif name.endswith("zst"):
        data = zstandard.compress(data)
    path = tmp_path / name
    path.write_bytes(data)
    found = rows("jsonl", path)
    texts = [row["content"].decode() for row in documents(found)]
    members = ("x/1.jsonl", "x/2.jsonl")
    assert texts == [f"{count} of {member}" for member in members for count in ("one", "two")]
    assert [row["native_id"] for row in found][2] == f"{name}#x/2.jsonl+0"
    assert len(KINDS["jsonl"].split(str(path), len(data), 1000)) == 1
    path.write_bytes(data[: min(len(data) // 2, 600)])  # within the first of the files
    assert errors(rows("jsonl", path))


@pytest.mark.parametrize("text", ["text", "data.text"])
def test_the_text_of_an_object_around_a_list_is_found_before_a_run(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"version": 1, "data": [{"text": "one"}, {"text": "two"}]}))
    unit = WorkUnit(0, "test", "jsonl", str(path), options=(("text", text),))
    with open_unit(unit) as file:
        assert KINDS["jsonl"].look(unit, file) is None
    assert outcomes(rows("jsonl", path, text=text)).keys() == {"document"}


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\n\n"])
@pytest.mark.parametrize("kind", ["jsonl", "reddit", "twitter"])
def test_files_that_were_put_together_have_marks_inside(
    tmp_path: Path, kind: str, end: bytes
) -> None:
    mark, key = b"\xef\xbb\xbf", {"reddit": "body"}.get(kind, "text")
    given = [json.dumps({"id": f"{n}", key: f"text {n}"}).encode() for n in range(3)]
    found = read(tmp_path, end.join(mark + one for one in given) + end + mark, kind)
    assert [row["content"] for row in found] == [b"text 0", b"text 1", b"text 2"]
