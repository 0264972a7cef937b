"""Stack Exchange: rows that are no XML, and references to characters that XML forbids."""

import gzip
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from pipelines.sources import xml_elements
from pipelines.sources.xml_elements import ControlsStoodIn, Elements, with_controls
from tests.reading import documents, errors, outcomes, rows

ROOTS = {"posts": "Posts.xml", "comments": "Comments.xml"}


def dump(root: str, bodies: list[str]) -> str:
    """A dump whose rows have the given bodies as attributes stand in XML."""
    row = {
        "posts": '  <row Id="{}" PostTypeId="1" Title="Question {}" Body="{}" />',
        "comments": '  <row Id="{}" PostId="9{}" Score="0" Text="{}" />',
    }[root]
    given = [row.format(n, n, body) for n, body in enumerate(bodies, 1)]
    return "\n".join(
        ['<?xml version="1.0" encoding="utf-8"?>', f"<{root}>", *given, f"</{root}>", ""]
    )


def read(tmp_path: Path, root: str, bodies: list[str], **options: Any) -> list[dict[str, Any]]:
    path = tmp_path / ROOTS[root]
    path.write_text(dump(root, bodies), encoding="utf-8")
    return rows("stackexchange", path, **options)


# Forbidden by https://www.w3.org/TR/xml/#charsets, as software writes them.
@pytest.mark.parametrize("reference", ["&#x0E;", "&#x1f;", "&#xB;", "&#8;", "&#031;", "&#x0000c;"])
@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("threads", [False, True])
def test_a_reference_to_a_control_character_costs_no_row(
    tmp_path: Path, reference: str, root: str, threads: bool
) -> None:
    bodies = ["one", f"Use {reference}&lt;b&gt;this key&lt;/b&gt;", "three &#xA;", "four"]
    found = read(tmp_path, root, bodies, threads=threads)
    assert outcomes(found) == {"document": 4}
    digits = reference.strip("&#;")
    control = chr(int(digits[1:], 16) if digits[0] == "x" else int(digits))
    content = found[1]["content"].decode()
    assert f"Use {control}<b>this key</b>" in content, "the step `controls` removes and counts it"


BROKEN = [
    "a & b",
    "a < b",
    "a \x0b b",
    "a &#xFFFF; b",
    "a &#xD800; b",
    "a &nbsp; b",
    'a " b',
    "a \x00 b",
]


@pytest.mark.parametrize("body", BROKEN, ids=repr)
@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("at", [0, 1, 5])
def test_a_row_that_is_no_xml_costs_itself_alone(
    tmp_path: Path, body: str, root: str, at: int
) -> None:
    bodies = [f"body {n}" for n in range(6)]
    bodies[at] = body
    found = read(tmp_path, root, bodies, site="x.example")
    assert outcomes(found) == {"document": 5, "error": 1}
    lost = next(row for row in found if row["error"])
    number = f"comment-{at + 1}" if root == "comments" else f"{at + 1}"
    assert lost["native_id"] == f"x.example/{number}"
    assert "the row has" in lost["error"]
    assert "what follows is read" in lost["error"]
    if root == "posts":
        assert outcomes(read(tmp_path, root, bodies, threads=True)) == {"document": 5, "error": 1}


def test_a_question_whose_answer_is_broken_keeps_the_others(tmp_path: Path) -> None:
    path = tmp_path / "Posts.xml"
    path.write_text(
        '<posts><row Id="1" PostTypeId="1" Title="T" Body="why" />\n'
        '<row Id="2" PostTypeId="2" ParentId="1" Score="3" Body="a & b" />\n'
        '<row Id="3" PostTypeId="2" ParentId="1" Score="1" Body="because" /></posts>'
    )
    found = rows("stackexchange", path, threads=True)
    (thread,) = documents(found)
    assert b"why" in thread["content"]
    assert b"because" in thread["content"]
    assert [row["native_id"] for row in found if row["error"]] == ["2"]


def test_many_broken_rows_and_a_cut_are_told_apart(tmp_path: Path) -> None:
    data = dump("posts", ["a & b", "sound"] * 3000).encode()
    path = tmp_path / "Posts.xml.gz"
    path.write_bytes(gzip.compress(data))
    assert outcomes(rows("stackexchange", path)) == {"document": 3000, "error": 3000}
    path = tmp_path / "Posts.xml"
    path.write_bytes(data[: len(data) // 2])
    found = rows("stackexchange", path)
    assert "the download is probably incomplete" in errors(found)[-1]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_references_are_found_however_the_file_is_cut_in_pieces(size: int) -> None:
    forbidden = "".join(f"&#{n};&#x{n:X};&#x0{n:x};" for n in range(32) if n not in (9, 10, 13))
    allowed = "&#9;&#10;&#13;&#x20;&#32;&#x1F600;&amp;#x0E;&#x7F;&#133;"
    data = f"<a>{forbidden}|{allowed}&amp;</a>".encode()

    class Pieces:
        damage = None
        at = 0

        def read(self) -> bytes:
            self.at += size
            return data[self.at - size : self.at]

    stream = ControlsStoodIn(Pieces())
    read = b"".join(iter(stream.read, b""))
    text = etree.fromstring(read).text or ""
    expected = "".join(chr(n) * 3 for n in range(32) if n not in (9, 10, 13))
    assert with_controls(text) == f"{expected}|\t\n\r  \U0001f600&#x0E;\x7f\x85&"


BETWEEN = [
    *(f'<row Id="x" PostTypeId="1" Body="{body}" />' for body in BROKEN),
    "<!-- ",
    "<![CDATA[",
    "<!-- a --> ]]> <b/>",
    '<a b="',
    "</posts>",
    "</posts><posts>",
    '<row Id="y" PostTypeId="1" Body="open">',
    '<row Id="y" PostTypeId="1" Body="open"> />',
    "</row>",
    "<?x ",
    "&undefined;",
    '<a:row xmlns:a="u" Id="z" PostTypeId="1" Body="prefix" />',
]


@pytest.mark.parametrize("between", BETWEEN)
@pytest.mark.parametrize("head", ["<posts>", "", '<!DOCTYPE posts><posts xmlns="u">', "<!-- "])
def test_rows_read_together_are_those_read_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, between: str, head: str
) -> None:
    row = '<row Id="{}" PostTypeId="1" Title="T" Body="body &amp;#x0E; {}" />\n'
    given = [row.format(n, "&lt;é&gt;" * n) for n in range(40)]
    given[7:7] = given[20:20] = given[33:33] = [between]
    path = tmp_path / "Posts.xml"
    path.write_text(head + "".join(given) + "--></posts>", encoding="utf-8")
    monkeypatch.setattr("pipelines.sources.xml_elements.FEED_BYTES", 2000)
    together = rows("stackexchange", path)
    monkeypatch.setattr(Elements, "_is_between", lambda _: False)
    assert rows("stackexchange", path) == together


def test_sound_rows_are_read_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one_by_one = 0

    def counted(*given: Any) -> Any:
        nonlocal one_by_one
        one_by_one += 1
        return feed(*given)

    feed = xml_elements._feed
    monkeypatch.setattr(xml_elements, "_feed", counted)
    found = read(tmp_path, "posts", [f"body {n}" for n in range(5000)])
    assert outcomes(found) == {"document": 5000}
    assert one_by_one < 20
