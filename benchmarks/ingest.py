r"""Readers and extraction beside the well-known libraries: speed, and quality against gold.

    python -m benchmarks.ingest

Every peer is optional: `pip install warcio trafilatura rs-trafilatura readability-lxml justext
lxml-html-clean`; a row says so where one is absent. `winnow fast` was trained on these pages:
benchmarks/main_content_model.py has its figures on unseen ones. One core; the data folder is
WINNOW_DATA. Word F1 is of multisets of `\w+` in lower case, the mean over pages. Elements are found
if their words stand in the text as one run, of those whose words stand so in the main text.
"""

import collections
import gzip
import importlib
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import HTMLTree

from benchmarks.timing import seconds
from filters.encodings.pages import decode_page
from filters.extract import main_content
from manifests import schemas
from pipelines.sources import KINDS, open_unit
from pipelines.sources.units import WorkUnit
from tests.realdata import ROOT

CRAWL = ROOT / "commoncrawl/cc100.warc.gz"
PAGES = ROOT / "webpages/wcxb-dev.warc.gz"
GOLD = ROOT / "webpages/wcxb-dev.gold.parquet"
COPIES = 30
WORD = re.compile(r"\w+")
# Kinds of elements whose share is measured, by their selectors.
ELEMENTS = {
    "p": "p",
    "ul li": "ul > li",
    "ol li": "ol > li",
    **{name: name for name in ("h2", "h3", "pre", "td", "blockquote", "dd", "dt")},
}
FEW_WORDS = 3  # an element with fewer may stand in the main text by chance


def records(kind: str, path: Path) -> Iterator[pa.RecordBatch]:
    unit = WorkUnit(0, "bench", kind, str(path))
    with open_unit(unit) as file:
        yield from KINDS[kind].read(unit, file, 256, 16 << 20)


def contents(kind: str, path: Path) -> pa.RecordBatch:
    """All documents of a file as one batch."""
    batch = pa.Table.from_batches(records(kind, path)).combine_chunks().to_batches()[0]
    return batch.filter(batch["content"].is_valid())


def peer(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def word_f1(found: str, gold: str) -> float:
    ours, theirs = (collections.Counter(WORD.findall(t.lower())) for t in (found, gold))
    if not ours and not theirs:
        return 1.0
    return 2 * (ours & theirs).total() / (ours.total() + theirs.total())


def mean(values: list[float]) -> float:
    return sum(values) / max(1, len(values))


def compare(what: str, megabytes: float, ours: float, name: str, theirs: float | None) -> None:
    if theirs is None:
        print(f"| {what} | {megabytes / ours:.1f} | {name} is not installed | | |")
    else:
        print(
            f"| {what} | {megabytes / ours:.1f} | {name} | {megabytes / theirs:.1f} "
            f"| {theirs / ours:.1f}x |"
        )


def speed() -> None:
    print("| work | winnow MB/s | peer | MB/s | ratio |\n| --- | ---: | --- | ---: | ---: |")
    crawl_speed()

    batch = contents("warc", PAGES)
    html_size = sum(len(c.as_py()) for c in batch["content"]) / 1e6
    ours = seconds(lambda: [main_content.extract(b) for b in records("warc", PAGES)], 2)
    pages = [
        decode_page(content.as_py(), charset.as_py()).text
        for content, charset in zip(batch["content"], batch["charset"], strict=True)
    ]
    for name, module in (("rs-trafilatura", "rs_trafilatura"), ("trafilatura", "trafilatura")):
        theirs = None
        if library := peer(module):
            theirs = seconds(lambda read=library.extract: [read(page) for page in pages], 1)
        compare("WARC to text, `fast`", html_size, ours, name, theirs)


def crawl_speed() -> None:
    """A file of 50 MB made of the same pages many times over, so that start-up does not count."""
    data = CRAWL.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "crawl.warc.gz"
        path.write_bytes(data * COPIES)
        size = COPIES * len(gzip.decompress(data)) / 1e6
        ours = seconds(lambda: [batch.num_rows for batch in records("warc", path)])
        theirs = None
        if warcio := peer("warcio.archiveiterator"):

            def iterate() -> None:
                with path.open("rb") as file:
                    for record in warcio.ArchiveIterator(file):
                        record.content_stream().read()

            theirs = seconds(iterate)
    compare("WARC records (.warc.gz)", size, ours, "warcio", theirs)


def extractors() -> dict[str, Callable[[pa.RecordBatch], list[str]] | None]:
    """Text of each page by each extractor; None for what is not installed."""

    def of_html(read: Callable[[str], str | None]) -> Callable[[pa.RecordBatch], list[str]]:
        def every(batch: pa.RecordBatch) -> list[str]:
            texts = []
            for content, charset in zip(batch["content"], batch["charset"], strict=True):
                html = decode_page(content.as_py(), charset.as_py()).text
                try:
                    texts.append(read(html) or "")
                except Exception:  # the peer's own failure is a page without text
                    texts.append("")
            return texts

        return every

    def ours(mode: main_content.Mode) -> Callable[[pa.RecordBatch], list[str]]:
        return lambda batch: [
            t or "" for t in main_content.extract(batch, mode)["text"].to_pylist()
        ]

    trafilatura, readability, justext = map(peer, ("trafilatura", "readability", "justext"))
    rs = peer("rs_trafilatura")
    fromstring = importlib.import_module("lxml.html").fromstring
    words = justext.get_stoplist("English") if justext else None
    return {
        "winnow fast": ours("fast"),
        "winnow precise": ours("precise") if trafilatura else None,
        "winnow auto": ours("auto") if trafilatura else None,
        "trafilatura": of_html(trafilatura.extract) if trafilatura else None,
        "trafilatura favor_recall": of_html(
            lambda html: trafilatura.extract(html, favor_recall=True)
        )
        if trafilatura
        else None,
        "trafilatura favor_precision": of_html(
            lambda html: trafilatura.extract(html, favor_precision=True)
        )
        if trafilatura
        else None,
        "rs-trafilatura": of_html(lambda html: rs.extract(html).main_content) if rs else None,
        "resiliparse": of_html(lambda html: extract_plain_text(html, main_content=True)),
        "readability": of_html(
            lambda html: fromstring(readability.Document(html).summary()).text_content()
        )
        if readability
        else None,
        "justext": of_html(
            lambda html: "\n".join(
                p.text for p in justext.justext(html, words) if not p.is_boilerplate
            )
        )
        if justext
        else None,
    }


def gold_elements(html: str, gold: str) -> dict[str, list[str]]:
    """By kind, the distinct texts of a page's elements that stand in its main text.

    Texts are words between spaces, of FEW_WORDS or more, and stand there as one run.
    """
    document, wanted = HTMLTree.parse(html).document, normalised(gold)
    found: dict[str, list[str]] = {}
    for kind, selector in ELEMENTS.items():
        nodes = document.query_selector_all(selector) if document is not None else []
        texts = dict.fromkeys(normalised(node.text) for node in nodes)
        found[kind] = [t for t in texts if t.count(" ") > FEW_WORDS and t in wanted]
    return found


def normalised(text: str) -> str:
    return f" {' '.join(WORD.findall(text.lower()))} "


def print_f1(tables: dict[str, list[list[str]]], gold: list[str], kinds: list[str]) -> None:
    """Word F1 by type of page: of each extractor the mean over one or more lists of texts."""
    names = sorted(set(kinds))
    print(f"\n| word F1 | all | {' | '.join(names)} |\n| --- |" + " ---: |" * (1 + len(names)))
    for extractor, lists in tables.items():
        scores = [mean([word_f1(t, g) for t in ts]) for *ts, g in zip(*lists, gold, strict=True)]
        parts = [
            mean([s for s, its in zip(scores, kinds, strict=True) if its == kind]) for kind in names
        ]
        row = " | ".join(f"{value:.3f}" for value in (mean(scores), *parts))
        print(f"| {extractor} | {row} |", flush=True)


def print_elements(
    tables: dict[str, list[list[str]]], elements: list[dict[str, list[str]]]
) -> None:
    """The share of `gold_elements` that stand in an extractor's text as one run, by kind."""
    numbers = {kind: sum(len(page[kind]) for page in elements) for kind in ELEMENTS}
    print("\n| found | " + " | ".join(f"{k} ({n:,})" for k, n in numbers.items()) + " |")
    print("| --- |" + " ---: |" * len(numbers))
    for extractor, lists in tables.items():
        hits = dict.fromkeys(ELEMENTS, 0)
        for texts in lists:
            for text, page in zip(map(normalised, texts), elements, strict=True):
                for kind in ELEMENTS:
                    hits[kind] += sum(wanted in text for wanted in page[kind])
        shares = (hits[kind] / max(1, len(lists) * numbers[kind]) for kind in ELEMENTS)
        print(f"| {extractor} | " + " | ".join(f"{share:.3f}" for share in shares) + " |")


def quality() -> None:
    rows = pq.read_table(GOLD, columns=["page_type", "main_content"]).to_pylist()
    table = pa.Table.from_batches(records("warc", PAGES)).combine_chunks().to_batches()[0]
    batch = table.filter(pa.compute.is_null(table["skip_reason"]))
    assert batch.num_rows == len(rows)
    assert batch.schema == schemas.RECORDS
    tables = {}
    for name, read in extractors().items():
        if read is None:
            print(f"{name} is not installed")
        else:
            tables[name] = [read(batch)]
    gold = [row["main_content"] or "" for row in rows]
    print_f1(tables, gold, [row["page_type"] for row in rows])
    pages = (
        decode_page(content.as_py(), charset.as_py()).text
        for content, charset in zip(batch["content"], batch["charset"], strict=True)
    )
    print_elements(tables, [gold_elements(p, g) for p, g in zip(pages, gold, strict=True)])


if __name__ == "__main__":
    speed()
    quality()
