r"""Wikitext and MediaWiki XML beside mwparserfromhell and mwxml: speed, words, holes, odd pages.

    python -m benchmarks.ingest_wiki

The peers are optional: `pip install mwparserfromhell mwxml wikiextractor`; wiki_rendered.py has
its own. One core, seconds of this process's
CPU; the data folder is WINNOW_DATA. Word F1 is of multisets of `\w+` in lower case, the mean over
pages.
"""

import bz2
import contextlib
import re
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks import wiki_rendered
from benchmarks.ingest import compare, mean, peer, word_f1
from benchmarks.timing import seconds
from benchmarks.wiki_holes import articles, table
from filters.wikitext import Markup, wikitext_to_text
from pipelines.sources import mediawiki, open_unit
from pipelines.sources.units import WorkUnit
from tests.realdata import ROOT

WIKIS = [ROOT / "wikipedia" / n for n in ("enwiki-206-pages.xml.bz2", "itwiki-747-pages.xml.gz")]
PICTURE = re.compile(r"\s*(file|image|immagine)\s*:", re.I)
CATEGORY = re.compile(r"\s*(category|categoria)\s*:", re.I)


# Pages that cost more than others: units that are repeated.
ODD = (
    "{{", "{{nowrap|", "{{nowrap|a}}", "{{a|{{b|", "{{lang|de|x", "{{convert|1|mi|km}}", "{{hlist|",
    "{{{", "[[", "<sup>2</sup>", "<ref>{{nowrap|", "|-\n", "({{CURRENTYEAR}}", "{{#if:",
    "{{duration|m=3|s=45}}", "{{film date|2001|2|3|x}}", "{{see below}}", "{{sclass|a|b}}",
)  # fmt: skip
ODD_BYTES = 500_000


def without(parsed: Any, tags: tuple[str, ...], links: re.Pattern[str] | None) -> str:
    """The peer's text of a page without some elements and links."""
    for tag in parsed.filter_tags(matches=lambda node: str(node.tag).lower() in tags):
        with contextlib.suppress(ValueError):  # it went with one that held it
            parsed.remove(tag)
    if links:
        for link in parsed.filter_wikilinks(matches=lambda node: links.match(str(node.title))):
            with contextlib.suppress(ValueError):
                parsed.remove(link)
    return str(parsed.strip_code())


def wikitext() -> None:
    pages = pa.array([text for path in WIKIS for text in articles(path)], pa.large_string())
    wikitext_to_text(pages.slice(0, 2))  # compiles
    ours = seconds(lambda: wikitext_to_text(pages))
    parser = peer("mwparserfromhell")
    if parser is None:
        compare("wikitext to text", pages.nbytes / 1e6, ours, "mwparserfromhell", None)
        return
    found: list[str] = []
    theirs = seconds(
        lambda: found.extend(parser.parse(t).strip_code() for t in pages.to_pylist()), 1
    )
    compare("wikitext to text", pages.nbytes / 1e6, ours, "mwparserfromhell", theirs)
    every = Markup(tables=True, captions=True)
    compare(
        "the same with tables and captions",
        pages.nbytes / 1e6,
        seconds(lambda: wikitext_to_text(pages, every)),
        "mwparserfromhell",
        theirs,
    )
    print("\n| word F1 against mwparserfromhell | winnow's text | its text | F1 |")
    print("| --- | --- | --- | ---: |")
    gone = re.compile(f"{PICTURE.pattern}|{CATEGORY.pattern}", re.I)
    rows: list[tuple[str, Markup, str, list[str]]] = [
        ("default", Markup(), "all of it", found),
        ("with tables and captions", every, "all of it", found),
        (
            "with tables",
            Markup(tables=True),
            "without references, pictures, categories",
            [without(parser.parse(t), ("ref",), gone) for t in pages.to_pylist()],
        ),
        (
            "default",
            Markup(),
            "without tables, references, pictures, categories",
            [without(parser.parse(t), ("table", "ref"), gone) for t in pages.to_pylist()],
        ),
    ]
    for name, markup, what, texts in rows:
        plain = wikitext_to_text(pages, markup).to_pylist()
        f1 = mean([word_f1(a, b) for a, b in zip(plain, texts, strict=True)])
        print(f"| {len(pages)} articles | {name} | {what} | {f1:.3f} |")


def odd() -> None:
    """Prints the speed of the slowest odd pages, and how it changes when they are twice as long."""
    found = []
    for unit in ODD:
        times = []
        for size in (ODD_BYTES, 2 * ODD_BYTES):
            page = pa.array([unit * (size // len(unit))], pa.large_string())
            times.append(seconds(lambda page=page: wikitext_to_text(page)))
        found.append((times[1] / 2 / ODD_BYTES * 1e6, times[1] / times[0], unit))
    for depth in (50, 250, 1000):
        unit = "{{nowrap|" * depth + "x" * 100 + "}}" * depth
        page = pa.array([unit * (ODD_BYTES // len(unit))], pa.large_string())
        taken = seconds(lambda page=page: wikitext_to_text(page))
        found.append((taken / ODD_BYTES * 1e6, 0.0, f"nowrap in nowrap, {depth} deep"))
    print("\n| repeated | µs a byte | time for twice as much |\n| --- | ---: | ---: |")
    for taken, ratio, unit in sorted(found, reverse=True)[:8]:
        print(f"| `{unit.strip()}` | {taken:.3f} | {f'{ratio:.1f}x' if ratio else ''} |")


def read_pages(path: Path) -> int:
    """As the peer does: every page and its wikitext, nothing made of it."""
    unit = WorkUnit(0, "bench", "mediawiki", str(path))
    with open_unit(unit) as file:
        return sum(len(page.content or b"") for page in mediawiki.Pages(unit, file, 16 << 20))


def xml() -> None:
    mwxml = peer("mwxml")

    def parse(file: Any) -> None:
        with file:
            for page in mwxml.Dump.from_file(file):
                for revision in page:
                    len(revision.text or "")

    with tempfile.TemporaryDirectory() as folder:
        data = bz2.decompress(WIKIS[0].read_bytes())
        plain = Path(folder) / "wiki.xml"
        plain.write_bytes(data)
        for path in (WIKIS[0], plain):
            ours = seconds(lambda path=path: read_pages(path))
            opened = bz2.open if path.suffix == ".bz2" else open
            theirs = None
            if mwxml:
                theirs = seconds(lambda path=path, o=opened: parse(o(path, "rt", encoding="utf-8")))
            what = "MediaWiki pages, " + "".join(path.suffixes[-2:])
            compare(what, len(data) / 1e6, ours, "mwxml", theirs)
        stored = WIKIS[0].read_bytes()
        alone = seconds(lambda: bz2.decompress(stored))
        print(f"\nbz2 alone: {alone:.3f} s of CPU for {len(data) / 1e6:.1f} MB")


if __name__ == "__main__":
    print("| work | winnow MB/s | peer | MB/s | ratio |\n| --- | ---: | --- | ---: | ---: |")
    xml()
    wikitext()
    odd()
    if parser := peer("mwparserfromhell"):
        table(parser)
    wiki_rendered.table()
