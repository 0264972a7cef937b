"""The kinds of sources: the reader of each, and how its files are split into work units."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from pipelines.sources import (
    chats,
    cirrussearch,
    common_crawl,
    delimited,
    files,
    hacker_news,
    hf_dataset,
    http,
    limits,
    lines,
    mediawiki,
    parquet,
    reddit,
    reddit_threads,
    stackexchange,
    twitter,
    warc,
    wat,
    wikimedia_enterprise,
)
from pipelines.sources.files import FileInfo, UnitFile
from pipelines.sources.records import LICENSE, Look
from pipelines.sources.units import Span, WorkUnit

WHOLE = (0, -1)


def whole(path: str, size_bytes: int, unit_bytes: int) -> list[tuple[int, int]]:
    """The one range of a file that is always read as a whole."""
    return [WHOLE]


def stored(path: str, options: Mapping[str, Any]) -> list[str]:
    """The files that a path, folder, glob or URL names."""
    return files.expand(path)


def unchanging(path: str, options: Mapping[str, Any]) -> FileInfo:
    """Describes a file that never changes after it was published, without asking for its size."""
    return FileInfo(0, files.PUBLISHED)


def nothing(path: str, options: Mapping[str, Any], unit_bytes: int) -> list[tuple[Span, ...]]:
    """No units of picked records, for kinds whose files are always read as a whole."""
    return []


def unnamed(unit: WorkUnit, file: UnitFile) -> list[str]:
    """For kinds whose files have fields of fixed names."""
    return []


def unseen(unit: WorkUnit, file: UnitFile) -> None:
    """For kinds whose files need no option to be read."""


@dataclasses.dataclass(frozen=True)
class SourceKind:
    """A kind of source.

    Attributes:
      name: its name in a recipe.
      read: reads the records of a unit as batches of `schemas.RECORDS`, with at most `batch_docs`
        rows and about 8 MB of content each. The rows and their order are the same for any
        `batch_docs`. Raises OSError if the storage fails, and ValueError if an option makes no
        sense. Damaged content becomes rows with `error`.
      split: `WorkUnit.start` and `.end` of the units of a file of `size_bytes`. A unit has about
        `unit_bytes`, if the format allows it. Together the units are the whole file.
      options: the options that a recipe may give.
      help: one line that says what it reads.
      expand: lists the files that a source's path and options name. Raises OSError if there are
        none, and ValueError if an option makes no sense.
      describe: gives the size and fingerprint of one of these files.
      select: gives units of picked records, each of about so many bytes, from a source's path and
        options; none if these name whole files. Raises the same errors as `expand`.
      look: what the beginning of a file says of the options, before a run starts. Raises
        ValueError if an option makes no sense.
      names: the keys or columns that the beginning of a file has. Raises OSError or ValueError if
        it cannot be read.
      makes_text: its reader turns markup into text itself, and so has to know `documents.text`.
    """

    name: str
    read: Callable[[WorkUnit, UnitFile, int, int], Iterator[pa.RecordBatch]]
    split: Callable[[str, int, int], list[tuple[int, int]]]
    options: frozenset[str]
    help: str
    expand: Callable[[str, Mapping[str, Any]], list[str]] = stored
    describe: Callable[[str, Mapping[str, Any]], FileInfo] = files.describe
    select: Callable[[str, Mapping[str, Any], int], list[tuple[Span, ...]]] = nothing
    look: Callable[[WorkUnit, UnitFile], Look | None] = unseen
    makes_text: bool = False
    names: Callable[[WorkUnit, UnitFile], list[str]] = unnamed


_FIELDS = frozenset({*lines.FIELDS, "media_type", "ids"})

_COMMON_OPTIONS = http.OPTIONS | limits.OPTIONS | {LICENSE}

KINDS: dict[str, SourceKind] = {
    kind.name: dataclasses.replace(kind, options=kind.options | _COMMON_OPTIONS)
    for kind in (
        SourceKind(
            "common_crawl",
            common_crawl.read,
            common_crawl.split,
            common_crawl.OPTIONS,
            "a published crawl of Common Crawl, by its name: CC-MAIN-2025-05",
            common_crawl.expand,
            unchanging,
            common_crawl.select,
        ),
        SourceKind(
            "warc",
            warc.read_warc,
            warc.split,
            frozenset({"urls"}),
            "HTML pages of a web crawl: .warc, .warc.gz, .warc.zst, .arc, .arc.gz",
        ),
        SourceKind(
            "wet",
            warc.read_wet,
            warc.split,
            frozenset({"urls"}),
            "Common Crawl's plain text of pages: .warc.wet.gz",
        ),
        SourceKind(
            "wat",
            wat.read,
            warc.split,
            frozenset({"urls"}),
            "the links of pages, from Common Crawl's metadata: .warc.wat.gz",
        ),
        SourceKind(
            "mediawiki",
            mediawiki.read,
            mediawiki.split,
            mediawiki.OPTIONS,
            "Wikipedia and other wikis, pages-articles dumps: .xml, .xml.bz2, .xml.gz, .xml.7z",
            mediawiki.expand,
            makes_text=True,
        ),
        SourceKind(
            "cirrussearch",
            cirrussearch.read,
            whole,
            cirrussearch.OPTIONS,
            "Wikimedia's search index dumps: cirrussearch-content.json.gz",
            makes_text=True,
        ),
        SourceKind(
            "wikimedia_enterprise",
            wikimedia_enterprise.read,
            whole,
            wikimedia_enterprise.OPTIONS,
            "Wikimedia Enterprise's HTML dumps: .ndjson, ENTERPRISE-HTML.json.tar.gz",
            makes_text=True,
        ),
        SourceKind(
            "jsonl",
            lines.read,
            lines.split,
            _FIELDS | chats.OPTIONS | {"encoding"},
            "JSON objects, one on each line or in an array: .jsonl, .json, .jsonl.gz, .jsonl.zst",
            look=lines.look,
            names=lines.names,
        ),
        SourceKind(
            "parquet",
            parquet.read,
            parquet.split,
            _FIELDS | chats.OPTIONS,
            "Parquet tables with a column of text: .parquet",
            look=parquet.look,
            names=parquet.names,
        ),
        SourceKind(
            "hf_dataset",
            hf_dataset.read,
            hf_dataset.split,
            _FIELDS | chats.OPTIONS | hf_dataset.OPTIONS,
            "folders of Hugging Face datasets: .parquet, .arrow, .jsonl, .json, .csv",
            hf_dataset.expand,
            look=hf_dataset.look,
        ),
        SourceKind(
            "stackexchange",
            stackexchange.read,
            whole,
            stackexchange.OPTIONS,
            "questions and answers of a Stack Exchange data dump: Posts.xml, .7z",
            stackexchange.expand,
        ),
        SourceKind(
            "reddit",
            reddit.read,
            lines.split,
            reddit.OPTIONS,
            "Reddit comments and submissions as Pushshift dumps them: .zst, .jsonl",
            look=reddit.look,
        ),
        SourceKind(
            "reddit_threads",
            reddit_threads.read,
            whole,
            reddit.OPTIONS,
            "Reddit comments put together as conversations: .zst, .jsonl",
            look=reddit.look,
        ),
        SourceKind(
            "twitter",
            twitter.read,
            whole,
            frozenset(),
            "tweets of API v1.1 and v2: answers, archives, or one on each line: .json, .js, .jsonl",
        ),
        SourceKind(
            "hacker_news",
            hacker_news.read,
            lines.split,
            frozenset(),
            "Hacker News items, one on each line: .jsonl, .jsonl.gz, .jsonl.zst",
        ),
        SourceKind(
            "csv",
            delimited.read,
            whole,
            _FIELDS | delimited.OPTIONS,
            "tables with a header line and a column of text: .csv, .tsv, also compressed",
            look=delimited.look,
            names=delimited.names,
        ),
    )
}
