"""Single pages of a crawl, chosen by Common Crawl's index: the columnar one (Parquet), CDXJ or CDX.

For every page the index has the file and the position of its record. Pages are chosen while a run
is planned. Their records are then fetched by range requests, in work units ordered by file and
offset.
"""

import dataclasses
import hashlib
import heapq
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from manifests.parquet import RowGroup, TableFile
from pipelines.sources import files, http
from pipelines.sources.lines import parse_object, read_lines
from pipelines.sources.units import Span
from pipelines.sources.url_lists import url_key, url_list

OPTIONS = frozenset({"index", "domains", "languages", "url_pattern", "urls", "sample", "seed"})
PUBLISHED = {  # `index` -> the listing of the index's files, and which of them are read
    "table": ("cc-index-table.paths.gz", re.compile(r"/subset=warc/")),
    "cdx": ("cc-index.paths.gz", re.compile(r"/cdx-\d+\.gz$")),
}
HTML_TYPES = ("text/html", "application/xhtml+xml")
MAX_LINE_BYTES = 1 << 20
BATCH_ROWS = 1 << 16
FOOTER_BYTES = 1 << 16

# Our names of the columns, and the names in the columnar index (its schema v1).
_TABLE = {
    "url": "url",
    "languages": "content_languages",
    "status": "fetch_status",
    "media_type": "content_mime_detected",
    "filename": "warc_filename",
    "offset": "warc_record_offset",
    "size": "warc_record_length",
}
_DOMAIN_COLUMN = "url_host_registered_domain"
# The same names in the object of a CDXJ line, and the letters of an 11-column CDX file.
_CDXJ = {
    "url": "url",
    "languages": "languages",
    "status": "status",
    "media_type": "mime-detected",
    "filename": "filename",
    "offset": "offset",
    "size": "length",
}
_CDX = {"url": "a", "status": "s", "media_type": "m", "filename": "g", "offset": "V", "size": "S"}
_OPTIONAL = ("languages", "status", "media_type")
_ROWS = pa.schema(
    [
        *((name, pa.string()) for name in ("url", "languages", "status", "media_type", "filename")),
        ("offset", pa.int64()),
        ("size", pa.int64()),
    ]
)


class Entry(NamedTuple):
    """The file and position of a page's record."""

    filename: str
    offset: int
    size: int
    url: str


@dataclasses.dataclass(frozen=True)
class Selection:
    """Which pages are wanted. A source's options have the same names.

    Attributes:
      domains: the page's host is one of these or ends in one; empty takes all hosts.
      languages: the page's first language is one of these (ISO 639-3 codes, as in the index).
      url_pattern: a regular expression (RE2) that must match a part of the URL.
      urls: a file with one URL on each line; only pages in this list are wanted.
    """

    domains: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    url_pattern: str = ""
    urls: str = ""

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> "Selection":
        """Makes a selection of a source's options.

        Raises:
          ValueError: an option makes no sense, or none is given.
        """
        lists: dict[str, frozenset[str]] = {}
        for name in ("domains", "languages"):
            value = options.get(name, [])
            if not isinstance(value, (list, tuple)) or not all(type(v) is str for v in value):
                raise ValueError(f"option {name!r} is {value!r}, not a list of names")
            lists[name] = frozenset(v.lower().strip(".") for v in value)
        words: dict[str, str] = {}
        for name in ("url_pattern", "urls"):
            words[name] = options.get(name, "")
            if not isinstance(words[name], str):
                raise ValueError(f"option {name!r} is {words[name]!r}, not text")
        try:
            pc.match_substring_regex(pa.array([""]), words["url_pattern"])
        except pa.ArrowInvalid as error:
            raise ValueError(f"option 'url_pattern' is no regular expression: {error}") from None
        found = cls(**lists, **words)  # type: ignore[arg-type]
        if found == cls():
            raise ValueError("option 'index' wants one of domains, languages, url_pattern and urls")
        return found

    def entries(self, rows: pa.RecordBatch) -> Iterator[Entry]:
        """The entries of wanted rows (`_ROWS`): selected HTML pages with status 200."""
        mask = pc.is_valid(rows["filename"])
        if self.url_pattern:
            mask = pc.and_(mask, pc.match_substring_regex(rows["url"], self.url_pattern))
        if self.languages:
            first = pc.replace_substring_regex(rows["languages"], ",.*", "")
            mask = pc.and_(mask, pc.is_in(first, pa.array(sorted(self.languages), pa.string())))
        mask = pc.and_(mask, pc.fill_null(pc.equal(rows["status"], "200"), True))
        html = pc.is_in(rows["media_type"], pa.array(HTML_TYPES))
        mask = pc.and_(mask, pc.or_(html, pc.is_null(rows["media_type"])))
        listed = url_list(self.urls) if self.urls else None
        # Imported here, as below: the list of public suffixes takes a tenth of a second, and few
        # sources choose by domain.
        from filters.urls.domains import host_of

        for row in rows.filter(pc.fill_null(mask, False)).to_pylist():
            if self.domains and not self._is_in_domains(host_of(row["url"])):
                continue
            if listed is not None and url_key(row["url"]) not in listed:
                continue
            yield Entry(row["filename"], row["offset"], row["size"], row["url"])

    def _is_in_domains(self, host: str) -> bool:
        labels = host.split(".")
        return any(".".join(labels[i:]) in self.domains for i in range(len(labels)))


def select(
    paths: list[str], base: str, options: Mapping[str, Any], unit_bytes: int
) -> list[tuple[Span, ...]]:
    """The wanted records, in units of about `unit_bytes`.

    Args:
      paths: the paths of the index's files.
      base: the address of the crawl, without a slash at the end.
      options: the options of the source.
      unit_bytes: the stored bytes of a unit.

    Raises:
      OSError: the index cannot be read, or nothing in it is wanted.
      ValueError: an option makes no sense.
    """
    wanted = Selection.of(options)
    found: set[Entry] = set()
    for path in paths:
        found.update(_entries(path, wanted, options))
    if not found:
        raise FileNotFoundError(
            f"nothing in the index {options['index']!r} is wanted; check domains, languages "
            "(ISO 639-3, such as hin), url_pattern and urls"
        )
    chosen: Iterable[Entry] = found
    if "sample" in options:
        count, seed = options["sample"], options.get("seed", 0)
        if type(count) is not int or count < 1:
            raise ValueError(f"option 'sample' is {count!r}, not a number of pages")
        chosen = heapq.nsmallest(count, found, key=lambda entry: _rank(entry, seed))
    return list(_units(sorted(chosen), base, unit_bytes))


def _rank(entry: Entry, seed: Any) -> bytes:
    return hashlib.sha256(f"{seed}\0{entry.filename}\0{entry.offset}".encode()).digest()


def _units(entries: list[Entry], base: str, unit_bytes: int) -> Iterator[tuple[Span, ...]]:
    """Joins neighbours in a file to one span, and spans of up to `unit_bytes` to one unit."""
    spans: list[Span] = []
    held = 0
    for entry in entries:
        path = f"{base}/{entry.filename}"
        if held >= unit_bytes:
            yield tuple(spans)
            spans, held = [], 0
        if spans and spans[-1][0] == path and sum(spans[-1][1:]) == entry.offset:
            spans[-1] = (path, spans[-1][1], spans[-1][2] + entry.size)
        else:
            spans.append((path, entry.offset, entry.size))
        held += entry.size
    if spans:
        yield tuple(spans)


def _entries(path: str, wanted: Selection, options: Mapping[str, Any]) -> Iterator[Entry]:
    batches = _table_rows if path.endswith(".parquet") else _cdx_rows
    try:
        for rows in batches(path, wanted, options):
            yield from wanted.entries(rows)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        # Not Arrow's words: they quote a value that is no number.
        raise OSError(
            f"cannot read the index {path}: it is incomplete, or has another format or other types "
            "of columns than Common Crawl's"
        ) from None


def _table_rows(
    path: str, wanted: Selection, options: Mapping[str, Any]
) -> Iterator[pa.RecordBatch]:
    """Rows of the row groups that may contain a wanted domain; the index is sorted by host."""
    from filters.urls.domains import registered_domain

    with _open_table(path, options) as handle:
        table = TableFile(handle)
        names = table.schema.names
        columns = {ours: theirs for ours, theirs in _TABLE.items() if theirs in names}
        _check_columns(path, columns, wanted)
        groups = list(range(table.metadata.num_row_groups))
        domains = {registered_domain(domain) for domain in wanted.domains}
        if domains and "" not in domains and _DOMAIN_COLUMN in names:  # "": a bare suffix, `de`
            at = names.index(_DOMAIN_COLUMN)
            groups = [g for g in groups if _may_hold(table.metadata.row_group(g), at, domains)]
        for batch in table.batches(BATCH_ROWS, list(columns.values()), groups):
            yield _rows({ours: batch[theirs] for ours, theirs in columns.items()})


def _open_table(path: str, options: Mapping[str, Any]) -> BinaryIO:
    if http.is_http(path):  # fetches only the footer and the wanted columns
        size = files.describe(path, options).size_bytes
        return files.picked([(path, 0, size)], options, FOOTER_BYTES)
    return files.open_binary(path, options)


def _may_hold(group: RowGroup, column: int, domains: set[str]) -> bool:
    """False if the column's statistics exclude all domains. `column` is a flat column's index."""
    statistics = group.column(column).statistics
    if statistics is None or not statistics.has_min_max:
        return True
    return any(statistics.min <= domain <= statistics.max for domain in domains)


def _cdx_rows(path: str, wanted: Selection, options: Mapping[str, Any]) -> Iterator[pa.RecordBatch]:
    """Rows of a CDXJ or CDX file, which may be compressed."""
    names: Mapping[str, str] = _CDXJ
    letters: list[str] = []
    held: list[dict[str, Any]] = []
    with files.UnitFile(path, files.open_binary(path, options)) as file:
        for number, line in enumerate(read_lines(file, 0, -1, MAX_LINE_BYTES)):
            if line.problem:
                raise OSError(f"cannot read the index {path}: {line.problem}")
            if number == 0 and line.content.startswith(b"CDX "):
                names, letters = _CDX, line.content.decode("utf-8", "replace").split()[1:]
                _check_columns(path, {k: v for k, v in names.items() if v in letters}, wanted)
                continue
            if not line.content:
                continue
            row = _cdx_row(line.content, letters)
            if row is None or any(row.get(v) is None for k, v in names.items() if _needed(k)):
                raise OSError(f"cannot read the index {path}: no CDX line at byte {line.place}")
            held.append({ours: row.get(theirs) for ours, theirs in names.items()})
            if len(held) == BATCH_ROWS:
                yield _rows(_columns(held))
                held = []
    if held:
        yield _rows(_columns(held))


def _columns(rows: list[dict[str, Any]]) -> dict[str, pa.Array]:
    """Columns of strings, which `_rows` casts: some writers quote numbers, others do not."""
    return {
        name: pa.array([None if r[name] is None else str(r[name]) for r in rows], pa.string())
        for name in rows[0]
    }


def _cdx_row(line: bytes, letters: list[str]) -> dict[str, Any] | None:
    if letters:
        values = line.decode("utf-8", "replace").split(" ")
        return dict(zip(letters, values, strict=True)) if len(values) == len(letters) else None
    _, _, rest = line.partition(b" ")  # the sort key
    _, row = parse_object(rest[rest.find(b"{") :])
    return row


def _needed(name: str) -> bool:
    return name not in _OPTIONAL


def _check_columns(path: str, found: Mapping[str, str], wanted: Selection) -> None:
    for name in _TABLE:
        if name not in found and (_needed(name) or (name == "languages" and wanted.languages)):
            raise OSError(f"the index {path} has no column for {name}: choose by something else")


def _rows(columns: Mapping[str, pa.Array]) -> pa.RecordBatch:
    """The columns as a batch of schema `_ROWS`; a missing column is null."""
    count = len(columns["url"])
    arrays = [
        pc.cast(columns[field.name], field.type)
        if field.name in columns
        else pa.nulls(count, field.type)
        for field in _ROWS
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=_ROWS)
