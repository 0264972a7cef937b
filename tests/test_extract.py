"""Extraction: a row out for each row in, text in any charset, no record that stops a batch."""

import importlib.util
import re
import sys
import types
from collections import Counter
from pathlib import Path
from typing import Any

import lxml.html
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType

from filters.extract import main_content as module
from filters.extract.blocks import CHARS, COUNTS, LINKED
from filters.extract.main_content import EXTRACTED, extract
from manifests.schemas import HTML, HTML_FRAGMENT, PLAIN, RECORDS, WIKITEXT
from tests.realdata import real_data


def records(*rows: dict[str, object]) -> pa.RecordBatch:
    default = {"native_id": "1", "media_type": HTML, "input_bytes": 1}
    return pa.RecordBatch.from_pylist([default | row for row in rows], schema=RECORDS)


def page(body: str, head: str = "", lang: str = "") -> bytes:
    return f"<html lang='{lang}'><head>{head}</head><body>{body}</body></html>".encode()


def row(content: bytes | None, media_type: str = HTML, **more: object) -> dict[str, object]:
    batch = extract(records({"content": content, "media_type": media_type, **more}))
    assert batch.schema == EXTRACTED
    assert batch.num_rows == 1
    result: dict[str, object] = batch.to_pylist()[0]
    assert sum(result[name] is not None for name in ("text", "reason", "error")) == 1
    return result


ARTICLE = "<article><h1>Überschrift</h1><p>Ein Absatz mit mehreren Wörtern.</p></article>"


def test_page_gives_main_content_title_and_language() -> None:
    html = page(f"<nav><a>Menü</a></nav>{ARTICLE}", "<title> Ein \n Titel </title>", "de-AT")
    result = row(html)
    assert result["text"] == "Überschrift\n\nEin Absatz mit mehreren Wörtern."
    assert (result["title"], result["language_hint"]) == ("Ein Titel", "de-AT")


def test_the_records_own_title_and_language_win() -> None:
    result = row(page(ARTICLE, "<title>x</title>", "de"), title="T", language_hint="bar")
    assert (result["title"], result["language_hint"]) == ("T", "bar")


def test_page_without_main_content_gives_all_of_its_text() -> None:
    assert row(page("<nav><p>nothing but navigation</p></nav>"))["text"] == "nothing but navigation"


@pytest.mark.parametrize("charset", [None, "utf-8", "shift_jis", "big5", "iso-2022-jp", "utf-16le"])
def test_bytes_that_do_not_decode_are_no_error_of_the_parser(charset: str | None) -> None:
    content = b"<p>abc \xff\xfe\x80\x81 \x00 def</p>"
    assert row(content, charset=charset)["error"] is None


def test_a_page_says_its_encoding_and_how_much_of_its_text_is_lost() -> None:
    words = "<p>" + "слово и дело " * 20
    found = row(words.encode("koi8-r"), charset="koi8-r")
    assert (found["encoding"], found["encoding_found"]) == ("KOI8-R", "header")
    assert found["replaced_ratio"] == 0
    cut = row(words.encode() + b"\xd0</p>", charset="utf-8")
    assert cut["replaced_ratio"] == pytest.approx(1 / len(cut["text"]))
    assert row(b"plain", PLAIN)["encoding"] is None


def test_a_page_with_too_much_lost_is_an_error_without_its_text() -> None:
    lost = b"<meta charset=utf-8><p>" + "한국어 ".encode() * 50 + b"\xed\x95 " * 15 + b"</p>"
    batch = extract(records({"content": lost}), max_replaced_ratio=0.05)
    assert batch["text"].to_pylist() == [None]
    assert batch["error"].to_pylist() == [
        "7% of the text's characters do not decode as UTF-8 (meta), more than max_replaced_ratio"
    ]
    assert extract(records({"content": lost}), max_replaced_ratio=0.1)["error"].null_count == 1


def test_fragment_keeps_every_word_and_preformatted_lines() -> None:
    html = "<p>one</p><pre><code>a\n  b</code></pre><nav>two</nav><p>three <code>x  y</code>"
    text = row(html.encode(), HTML_FRAGMENT)["text"]
    assert isinstance(text, str)
    assert text.split("\n") == ["one", "", "a", "  b", "", "two", "", "three x y"]


def test_plain_and_wikitext() -> None:
    assert row("\ufeffä\x00b\n".encode(), PLAIN)["text"] == "ä\x00b\n"
    assert row("'''ä''' [[b|c]]{{d}}".encode(), WIKITEXT)["text"] == "ä c"
    assert row(b"{{only|a template}}", WIKITEXT)["reason"] == "extract.empty_text"


@pytest.mark.parametrize("media_type", [PLAIN, WIKITEXT, HTML_FRAGMENT])
def test_invalid_utf8_is_an_error_that_says_where_and_quotes_nothing(media_type: str) -> None:
    result = row(b"secret \xff", media_type)
    assert result["error"] == f"invalid UTF-8 at byte 7 of the record's {media_type}"


@pytest.mark.parametrize("content", [b"", b" \n", b"<html></html>", b"\x00", b"<!-- x -->"])
def test_pages_without_text_say_so(content: bytes) -> None:
    assert row(content)["reason"] == "extract.empty_text"


def test_rows_that_are_no_documents_pass_through_in_order() -> None:
    batch = extract(
        records(
            {"skip_reason": "warc.not_html"},
            {"content": b"ok", "media_type": PLAIN},
            {"error": "truncated record"},
            {"content": b"''ok''", "media_type": WIKITEXT},
            {"content": None},
            {"content": b"x", "media_type": "image/png"},
        )
    )
    assert batch["text"].to_pylist() == [None, "ok", None, "ok", None, None]
    assert batch["reason"].to_pylist()[:5] == ["warc.not_html", None, None, None, module.NO_CONTENT]
    assert batch["error"].to_pylist() == [
        *(None, None, "truncated record", None, None),
        "no extraction for media type 'image/png'",
    ]


def test_a_record_whose_parser_fails_is_an_error_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("secret content")

    monkeypatch.setattr(module, "read_tree", fail)
    batch = extract(records({"content": b"<p>a"}, {"content": b"b", "media_type": PLAIN}))
    assert batch["error"].to_pylist() == ["RuntimeError in the extraction of text/html", None]
    assert batch["text"].to_pylist() == [None, "b"]


@pytest.mark.parametrize(
    "html",
    ["<div>" * 200_000 + "deep", "<ul><li>x" * 30_000 + "deep", "word " * 2_000_000 + "deep"],
)
@pytest.mark.parametrize("media_type", [HTML, HTML_FRAGMENT])
def test_hostile_pages_neither_hang_nor_swell(html: str, media_type: str) -> None:
    text = row(html.encode(), media_type)["text"]
    assert isinstance(text, str)
    assert text.endswith("deep")
    assert len(text) <= len(html)


def test_empty_batches_and_slices() -> None:
    assert extract(records().slice(0, 0)).num_rows == 0
    batch = records(*({"content": f"''{i}''".encode(), "media_type": WIKITEXT} for i in range(5)))
    parts = [extract(batch.slice(i, 2)) for i in (0, 2, 4)]
    assert pa.Table.from_batches(parts).equals(pa.Table.from_batches([extract(batch)]))


def test_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown extraction mode 'slow'"):
        extract(records(), mode="slow")  # type: ignore[arg-type]


@pytest.mark.skipif(importlib.util.find_spec("trafilatura") is not None, reason="it is installed")
def test_precise_without_trafilatura_names_the_extra() -> None:
    says = r"trafilatura, which is not installed: pip install 'winnow-corpus\[precise\]'"
    with pytest.raises(ImportError, match=says):
        extract(records(), mode="precise")


@pytest.mark.parametrize("lacking", ["lxml.html.clean module is now elsewhere", "no justext"])
def test_a_trafilatura_that_cannot_be_imported_is_not_called_missing(
    lacking: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "trafilatura.py").write_text(f"raise ImportError({lacking!r})")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "trafilatura", raising=False)
    with pytest.raises(ImportError, match=rf"which cannot be imported \({lacking}\)"):
        extract(records(), mode="precise")


def test_precise_gives_main_content() -> None:
    pytest.importorskip("trafilatura")
    batch = extract(records({"content": page(ARTICLE * 5, "<title>T</title>")}), mode="precise")
    assert "Ein Absatz mit mehreren Wörtern." in batch["text"][0].as_py()


@pytest.mark.real
def test_main_content_of_real_pages_agrees_with_the_hand_made() -> None:
    gold = pq.read_table(real_data("webpages/wcxb-dev.gold.parquet"))
    wanted = dict(zip(gold["url"].to_pylist(), gold["main_content"].to_pylist(), strict=True))
    with real_data("webpages/wcxb-dev.warc.gz").open("rb") as stream:
        rows = [
            {
                "native_id": record.headers["WARC-Target-URI"],
                "charset": record.http_charset,
                "content": record.reader.read(),
            }
            for _, record in zip(
                range(120),
                ArchiveIterator(stream, record_types=WarcRecordType.response),
                strict=False,
            )
        ]
    texts = extract(records(*rows))["text"].to_pylist()
    scores = []
    for record, text in zip(rows, texts, strict=True):
        ours = Counter(re.findall(r"\w+", text or ""))
        gold_words = Counter(re.findall(r"\w+", wanted[record["native_id"]]))
        scores.append(2 * (ours & gold_words).total() / max(1, ours.total() + gold_words.total()))
    assert sum(scores) / len(scores) > 0.75


SLOWER = "Überschrift: ein Absatz mit mehreren Wörtern"


@pytest.fixture
def trafilatura_calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stands for trafilatura, whose answer is SLOWER; the pages that it was asked for."""
    calls: list[str] = []

    def give(root: Any, output_format: str) -> str:
        calls.append(root.text_content())
        return SLOWER

    fake = types.ModuleType("trafilatura")
    fake.extract = give  # type: ignore[attr-defined]
    fake.load_html = lxml.html.document_fromstring  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "trafilatura", fake)
    return calls


def test_auto_asks_the_slow_extractor_where_little_of_a_page_is_kept(
    trafilatura_calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = records(
        {"content": page(ARTICLE * 2)},
        {"content": b"plain", "media_type": PLAIN},
        {"content": page(ARTICLE)},
        {"error": "broken"},
    )
    fast = extract(batch)
    fair = iter((False, True))
    monkeypatch.setattr(module, "has_fair_share", lambda *_: next(fair))
    found = extract(batch, "auto")
    assert found["text"].to_pylist() == [SLOWER, *fast["text"].to_pylist()[1:]]
    assert found.drop_columns("text") == fast.drop_columns("text")
    assert len(trafilatura_calls) == 1
    assert extract(batch.slice(0, 0), "auto").num_rows == 0


def test_a_fair_share_is_half_of_the_text_outside_of_links() -> None:
    """By hand: of 100, 90 and 60 characters 0, 80 and 0 are links: 170 are not, 85 are half."""
    counts = np.zeros((3, COUNTS), np.int32)
    counts[:, CHARS], counts[:, LINKED] = (100, 90, 60), (0, 80, 0)
    assert module.has_fair_share(counts, np.array([True, False, False]))
    assert not module.has_fair_share(counts, np.array([False, False, True]))
    assert module.has_fair_share(counts[:0], np.zeros(0, np.bool_))


@pytest.mark.parametrize(
    "body",
    ["<p>Word.</p>" * 30_000, "<a href=x>l</a> " * 6_000, "<div>" * 2_000 + "words"],
    ids=["tags", "links", "depth"],
)
def test_pages_that_hang_the_slow_extractor_are_counted_out(
    trafilatura_calls: list[str], body: str
) -> None:
    found = extract(records({"content": page(body)}), "precise")
    assert found["text"][0].as_py() not in (None, SLOWER)
    assert not trafilatura_calls
