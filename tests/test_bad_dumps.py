"""XML and JSON that breaks: an error row or a clear stop, bounded memory, the rest read on."""

import bz2
import json
import random
import tracemalloc
from pathlib import Path

import pytest

from tests.reading import documents, errors, outcomes, rows
from tests.test_sources_splitting import in_units, noise
from tests.test_sources_wikimedia import article, pair
from tests.test_sources_xml import POSTS, dump, page

WIKI = dump(page(1, "eins &amp; zwei <!-- c --> एक"), page(2, ns=4), page(3, "<![CDATA[drei]]>"))
POSTS_XML = POSTS.encode().removeprefix(b"\xef\xbb\xbf")


@pytest.mark.parametrize(
    ("kind", "data", "options"),
    [
        ("mediawiki", WIKI, {}),
        ("stackexchange", POSTS_XML, {}),
        ("stackexchange", POSTS_XML, {"threads": True}),
    ],
)
def test_xml_cut_at_every_byte(
    tmp_path: Path, kind: str, data: bytes, options: dict[str, bool]
) -> None:
    path = tmp_path / "cut.xml"
    path.write_bytes(data)
    whole = {row["native_id"]: row for row in documents(rows(kind, path, **options))}
    sound = len(errors(rows(kind, path, **options)))
    kept = 0
    for size in range(len(data)):
        path.write_bytes(data[:size])
        found = rows(kind, path, **options)
        found_documents = documents(found)
        assert all(row["native_id"] in whole for row in found_documents)
        if not options:  # of a thread, the answers behind the cut are missing
            assert all(row == whole[row["native_id"]] for row in found_documents)
            assert len(found_documents) >= kept, f"byte {size} costs what was whole before"
        kept = len(found_documents)
        # One error for the cut; none once the last element is closed.
        cut = data[:size].rstrip().endswith((b"</mediawiki>", b"</posts>"))
        assert len(errors(found)) <= sound + 1
        assert len(errors(found)) >= (0 if cut else 1), f"byte {size}"
    assert kept == len(whole)


CHARACTER, AMPERSAND = "a character that XML does not allow", "an & or < in the text"
BROKEN_PAGES = {
    b"a \x0b b": CHARACTER,
    b"a &#x0b; b": CHARACTER,
    b"a &#xFFFF; b": CHARACTER,
    b"a \x00 b": CHARACTER,
    b"a \xe9 b": CHARACTER,
    b"AT & T": AMPERSAND,
    b"AT&T; b": AMPERSAND,
    b"a=1&b=2": AMPERSAND,
    b"1 < 2": AMPERSAND,
    b"a <b> c": "XML that is not well-formed",
    b"</text></revision": "XML that is not well-formed",
}


def broken_dump(body: bytes, at: tuple[int, ...], pages: int) -> bytes:
    """A dump in which some pages have a text that is not well-formed."""
    random_ = random.Random(5)
    texts = {n: noise(random_, 9000).replace("<", "").replace(">", "") for n in range(pages)}
    found = [page(n, "BROKEN" if n in at else text) + "\n" for n, text in texts.items()]
    return dump(*found).replace(b"BROKEN", body)


@pytest.mark.parametrize("body", BROKEN_PAGES, ids=repr)
@pytest.mark.parametrize("at", [(0,), (3, 4, 17), (29,)])
@pytest.mark.parametrize("suffix", [".xml", ".xml.bz2"])
def test_a_page_that_is_no_xml_costs_itself_alone(
    tmp_path: Path, body: bytes, at: tuple[int, ...], suffix: str
) -> None:
    data = broken_dump(body, at, 30)
    path = tmp_path / f"w{suffix}"
    path.write_bytes(bz2.compress(data, 1) if suffix == ".xml.bz2" else data)
    found = rows("mediawiki", path)
    ids = [row["native_id"] for row in found]
    assert set(ids) >= {f"hiwiki/{n}" for n in range(30)}
    lost = [row for row in found if row["error"]]
    assert {f"hiwiki/{n}" for n in at} <= {row["native_id"] for row in lost}
    assert len(documents(found)) == 30 - len(at)
    assert all("download" not in row["error"] for row in lost)
    assert BROKEN_PAGES[body] in lost[0]["error"]
    if suffix == ".xml.bz2":
        for count in (2, 7):
            assert in_units("mediawiki", path, count) == found


@pytest.mark.parametrize("between", [b"\x0b", b"&", b"x</page>", b"</", b"</mediawiki>"])
def test_what_is_wrong_between_pages_costs_none(tmp_path: Path, between: bytes) -> None:
    pages = [page(n).encode() for n in range(6)]
    path = tmp_path / "w.xml"
    path.write_bytes(dump("@@").replace(b"@@", between.join([b"".join(pages[:3]), pages[3]])))
    assert len(documents(rows("mediawiki", path))) == 4
    assert len(errors(rows("mediawiki", path))) == 1


def test_a_mark_in_cdata_or_a_comment_is_text(tmp_path: Path) -> None:
    path = tmp_path / "w.xml"
    data = dump(page(1, "<![CDATA[a <page> b]]>"), f"<!-- {page(2, 'x')} -->")
    path.write_bytes(data.replace(b"</mediawiki>", page(3).encode() + b"</mediawiki>"))
    found = rows("mediawiki", path)
    assert [row["native_id"] for row in found] == ["hiwiki/1", "hiwiki/3"]
    assert found[0]["content"] == b"a  b"


def test_the_row_of_a_broken_page_is_the_same_for_any_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "w.xml"
    for body in BROKEN_PAGES:
        path.write_bytes(broken_dump(body, (2, 5), 8))
        monkeypatch.setattr("pipelines.sources.xml_elements.FEED_BYTES", 1 << 15)
        whole = rows("mediawiki", path)
        for size in (7, 1000, 9001):
            monkeypatch.setattr("pipelines.sources.xml_elements.FEED_BYTES", size)
            assert rows("mediawiki", path) == whole, body


def test_a_dump_in_which_every_page_is_broken_is_read_in_one_pass(tmp_path: Path) -> None:
    path = tmp_path / "w.xml"
    path.write_bytes(dump(*(page(n, "a & b") for n in range(2000))))
    assert outcomes(rows("mediawiki", path)) == {"error": 2000}


def test_a_dump_that_is_cut_behind_a_broken_page_says_so(tmp_path: Path) -> None:
    path = tmp_path / "w.xml"
    path.write_bytes(dump(page(1), page(2, "a & b"), page(3), page(4))[:-60])
    found = rows("mediawiki", path)
    assert [row["native_id"] for row in found] == ["hiwiki/1", "hiwiki/2", "hiwiki/3", "w.xml#3"]
    assert "the download is probably incomplete" in errors(found)[1]


def test_what_entities_would_expand_to_is_never_held(tmp_path: Path) -> None:
    bomb = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 16))
    body = dump(page(1), page(2, "&e15;"), page(3)).decode()
    quadratic = f'<!DOCTYPE a [<!ENTITY q "{"q" * 100_000}">]>'
    path = tmp_path / "w.xml"
    for head, name in ((f'<!DOCTYPE a [<!ENTITY e0 "eeee">{bomb}]>', "e15"), (quadratic, "q")):
        path.write_text(head + body.replace("&e15;", f"&{name};" * 1000))
        tracemalloc.start()
        found = rows("mediawiki", path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 50e6
        assert sum(len(row["content"] or b"") for row in found) < 1e6
        assert "hiwiki/1" in [row["native_id"] for row in found]


@pytest.mark.parametrize("system", ["file:///etc/hostname", "http://127.0.0.1:9/x"])
def test_external_entities_are_not_fetched(tmp_path: Path, system: str) -> None:
    path = tmp_path / "w.xml"
    head = f'<!DOCTYPE a SYSTEM "{system}" [<!ENTITY x SYSTEM "{system}"><!ENTITY % p SYSTEM "{system}">%p;]>'  # noqa: E501
    path.write_text(head + dump(page(1, "eins &x; zwei")).decode())
    for row in rows("mediawiki", path):
        assert row["error"] or row["content"] in (b"eins zwei", b"eins  zwei", b"eins")


GOOD = {
    "jsonl": {"text": "one", "id": "1"},
    "reddit": {"id": "1", "body": "one", "score": 3},
    "hacker_news": {"id": 1, "text": "one"},
    "twitter": {"id_str": "1", "text": "one"},
    "wikimedia_enterprise": json.loads(article(1)),
}
BROKEN = ["[1]", '"text"', "3", "null", "{", '{"text": "\\u12"}', "{}]", "[" * 100_000, "\x00"]


@pytest.mark.parametrize("kind", sorted(GOOD))
def test_lines_that_hold_no_object_cost_themselves(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.jsonl"
    good = json.dumps(GOOD[kind])
    path.write_text("\n".join([good, *BROKEN, good]) + "\n")
    found = rows(kind, path)
    counted = outcomes(found)
    missing = counted.pop("hacker_news.missing", 0)  # what a null means there
    assert missing == (kind == "hacker_news")
    assert counted == {"document": 2, "error": len(BROKEN) - missing}
    assert all("line at byte" in error for error in errors(found))


@pytest.mark.parametrize("kind", [*sorted(GOOD), "cirrussearch"])
def test_lone_surrogates_become_replacement_characters(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.jsonl"
    good = pair(1) if kind == "cirrussearch" else json.dumps(GOOD[kind]) + "\n"
    content = "Der Text" if kind == "cirrussearch" else "writer" if kind.startswith("w") else "one"
    path.write_text(good.replace(content, f"{content}\\ud800 \\udfff-\\ud83d\\ude00"))
    (row,) = documents(rows(kind, path))
    assert f"{content}� �-😀" in row["content"].decode()


@pytest.mark.parametrize("kind", [*sorted(GOOD), "cirrussearch"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", " \t\r\n \n"])
def test_marks_of_byte_order_and_any_line_ends_are_no_content(
    tmp_path: Path, kind: str, ends: str
) -> None:
    path = tmp_path / "a.jsonl"
    lines = pair(1).splitlines() if kind == "cirrussearch" else [json.dumps(GOOD[kind])]
    path.write_bytes(b"\xef\xbb\xbf" + "".join(line + ends for line in lines * 3).encode())
    found = rows(kind, path)
    assert outcomes(found) == {"document": 3}
    path.write_bytes("".join(line + ends for line in lines).encode())
    assert found[0]["content"] == rows(kind, path)[0]["content"]


def test_xml_may_begin_with_a_byte_order_mark_or_be_utf_16(tmp_path: Path) -> None:
    path = tmp_path / "w.xml"
    path.write_bytes(WIKI)
    expected = rows("mediawiki", path)
    for data in (b"\xef\xbb\xbf" + WIKI, WIKI.decode().encode("utf-16")):
        path.write_bytes(data)
        assert rows("mediawiki", path) == expected
