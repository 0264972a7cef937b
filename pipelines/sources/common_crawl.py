"""Common Crawl: files of a published crawl, or single pages that are chosen by its index."""

import gzip
import hashlib
import re
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from pipelines.sources import cc_index, files, http, warc, wat
from pipelines.sources.files import UnitFile, open_binary
from pipelines.sources.units import Span, WorkUnit

BASE = "https://data.commoncrawl.org"
FORMATS = ("wet", "warc", "wat")
OPTIONS = http.OPTIONS | cc_index.OPTIONS | {"format", "files", "all", "base"}

_CRAWL = re.compile(r"CC-(MAIN|NEWS)-\d{4}-\d{2}|CC-MAIN-\d{4}(-\d{4})?")
_SPAN = re.compile(r"(\d+)(?:-(\d+))?")


def read(
    unit: WorkUnit, file: UnitFile, batch_docs: int, max_record_bytes: int
) -> Iterator[pa.RecordBatch]:
    """Pages (`format: warc`, or chosen by `index`), their text (`wet`, default), links (`wat`)."""
    readers = {"warc": warc.read_warc, "wet": warc.read_wet, "wat": wat.read}
    name = "warc" if unit.spans else _format(dict(unit.options))
    return readers[name](unit, file, batch_docs, max_record_bytes)


def expand(path: str, options: Mapping[str, Any]) -> list[str]:
    """Addresses of files of the crawl `path`, such as CC-MAIN-2025-05.

    One of these options chooses the files: `files` (positions in the published listing, such as
    `0-9` or `3,7-8`), `sample` (a number of files, chosen by a hash keyed with `seed`) or `all`.
    `base` is the address of the crawl: a URL, a bucket or a folder that mirrors it.

    Raises:
      OSError: the listing cannot be read.
      ValueError: an option makes no sense.
    """
    base = _base(path, options)
    names = _listing(f"{base}/crawl-data/{path}/{_format(options)}.paths.gz", options)
    return [f"{base}/{name}" for name in _select(names, options)]


def select(path: str, options: Mapping[str, Any], unit_bytes: int) -> list[tuple[Span, ...]]:
    """Units of pages that the option `index` chooses; no units without this option.

    `index` is `table` or `cdx` for the crawl's own index, or the path of Parquet or CDX files.

    Raises:
      OSError: the index cannot be read, or nothing in it is wanted.
      ValueError: an option makes no sense.
    """
    index = options.get("index")
    if index is None:
        for name in ("domains", "languages", "url_pattern"):
            if name in options:
                raise ValueError(f"option {name!r} wants the option 'index'")
        return []
    base = _base(path, options)
    if _format({"format": "warc", **options}) != "warc":
        raise ValueError("an index is of WARC records: leave format out, or set it to warc")
    for name in ("files", "all"):
        if name in options:
            raise ValueError(f"give the option index or {name}, not both")
    if not isinstance(index, str) or not index:
        raise ValueError(f"option 'index' is {index!r}, not table, cdx or a path")
    if index in cc_index.PUBLISHED:
        name, kept = cc_index.PUBLISHED[index]
        listed = _listing(f"{base}/crawl-data/{path}/{name}", options)
        paths = [f"{base}/{name}" for name in listed if kept.search(name)]
    else:
        paths = files.expand(index)
    return cc_index.select(paths, base, options, unit_bytes)


def _base(path: str, options: Mapping[str, Any]) -> str:
    if not _CRAWL.fullmatch(path):
        raise ValueError(f"{path!r} is no crawl; crawls have names such as CC-MAIN-2025-05")
    return str(options.get("base", BASE)).rstrip("/")


def _listing(path: str, options: Mapping[str, Any]) -> list[str]:
    with open_binary(path, options) as file:
        try:
            return gzip.decompress(file.read()).decode("ascii").split()
        except (OSError, EOFError, ValueError, zlib.error) as error:
            if isinstance(error, OSError) and error.errno:
                raise
            # Not the library's words: they quote the first bytes, as of a page of an error.
            raise OSError(f"{path} is no whole gzip-compressed list of paths") from None


def _format(options: Mapping[str, Any]) -> str:
    value = options.get("format", "wet")
    if value not in FORMATS:
        raise ValueError(f"option 'format' is {value!r}, not one of {', '.join(FORMATS)}")
    return str(value)


def _select(names: list[str], options: Mapping[str, Any]) -> list[str]:
    given = [name for name in ("files", "sample", "all") if options.get(name)]
    if len(given) != 1:
        raise ValueError(
            f"the crawl has {len(names)} files; choose by one of the options files (such as 0-9), "
            f"sample (how many) and all (true), not {' and '.join(given) or 'none'}"
        )
    if given == ["all"]:
        return names
    if given == ["sample"]:
        count = options["sample"]
        if type(count) is not int or count < 1:
            raise ValueError(f"option 'sample' is {count!r}, not a number of files")
        seed = options.get("seed", 0)
        chosen = set(sorted(names, key=lambda name: _rank(name, seed))[:count])
        return [name for name in names if name in chosen]
    numbers: set[int] = set()
    for part in str(options["files"]).split(","):
        span = _SPAN.fullmatch(part.strip())
        if not span:
            raise ValueError(f"option 'files' is {options['files']!r}, not like 0-9 or 3,7-8")
        last = int(span[2] or span[1])
        if last >= len(names):
            raise ValueError(
                f"option 'files' asks for {last}, but the last file is {len(names) - 1}"
            )
        numbers.update(range(int(span[1]), last + 1))
    return [names[number] for number in sorted(numbers)]


def _rank(name: str, seed: Any) -> bytes:
    return hashlib.sha256(f"{seed}\0{name}".encode()).digest()


def split(path: str, size_bytes: int, unit_bytes: int) -> list[tuple[int, int]]:
    """One unit for each file. Sizes are not published, and asking for 90,000 is not polite."""
    return [(0, -1)]
