r"""Readers and extraction beside the well-known libraries: speed, and quality against gold.

    python -m benchmarks.ingest

Every peer is optional: `pip install warcio trafilatura rs-trafilatura readability-lxml justext
lxml-html-clean`; a row says so where one is absent. `winnow fast` was trained on these pages:
benchmarks/main_content_model.py has its figures on unseen ones. One core; the data folder is
WINNOW_DATA. Word F1 is of multisets of `\w+` in lower case, the mean over pages.
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
    theirs = None
    if trafilatura := peer("trafilatura"):
        pages = [c.as_py() for c in batch["content"]]
        theirs = seconds(lambda: [trafilatura.extract(page) for page in pages], 1)
    compare("WARC to text, `fast`", html_size, ours, "trafilatura", theirs)


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
        "trafilatura": of_html(trafilatura.extract) if trafilatura else None,
        "rs-trafilatura": of_html(lambda html: rs.extract(html).main_content) if rs else None,
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


def quality() -> None:
    gold = pq.read_table(GOLD, columns=["page_type", "main_content"]).to_pylist()
    table = pa.Table.from_batches(records("warc", PAGES)).combine_chunks().to_batches()[0]
    batch = table.filter(pa.compute.is_null(table["skip_reason"]))
    assert batch.num_rows == len(gold)
    assert batch.schema == schemas.RECORDS
    kinds = sorted({row["page_type"] for row in gold})
    print("\n| word F1 | all | " + " | ".join(kinds) + " |")
    print("| --- |" + " ---: |" * (1 + len(kinds)))
    for name, read in extractors().items():
        if read is None:
            print(f"| {name} | not installed |" + " |" * len(kinds))
            continue
        scores = [
            word_f1(text, row["main_content"] or "")
            for text, row in zip(read(batch), gold, strict=True)
        ]
        parts = [
            mean([s for s, row in zip(scores, gold, strict=True) if row["page_type"] == kind])
            for kind in kinds
        ]
        print(
            f"| {name} | " + " | ".join(f"{value:.3f}" for value in (mean(scores), *parts)) + " |"
        )


if __name__ == "__main__":
    speed()
    quality()
