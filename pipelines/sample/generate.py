"""Writes the sample that ships with winnow, and `expected.json`, which says what was planted.

`python -m pipelines.sample.generate [OUTDIR]`; without OUTDIR the packaged files are renewed.
The content of every file depends on the texts beside this module and on nothing else;
compressed bytes may differ between versions of zlib, zstd and Parquet writers.
"""

import bz2
import collections
import dataclasses
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from pipelines.sample import crawl, formats
from pipelines.sample.plan import (
    SYNDICATED,
    Library,
    Record,
    SampleFile,
    duplicate_pairs,
    key,
    mixed,
)
from pipelines.sample.texts import parallel, planted, sections

# --- the encyclopedia ------------------------------------------------------------------------


def wiki(library: Library) -> SampleFile:
    published = mixed(library.published("wiki"), lambda a: f"{key(a)} {a.kind}")
    pages, records, pairs = [], [], []
    for number, article in enumerate(published, start=100):
        title = article.title + " (2)" * (article.kind == "near_duplicate")
        pages.append(formats.mediawiki_page(number, title, formats.wikitext(article)))
        records.append(Record(f"{formats.WIKI}/{number}", article.kind, article.language))
        pairs.append((article, records[-1].native_id))
    for number, section in enumerate(planted("wiki"), start=500):
        _, kind, title, namespace, redirect = section.heading
        page = formats.mediawiki_page(number, title, section.body, int(namespace), redirect)
        pages.append(page)
        language = "en" if kind == "too_short" else None
        records.append(Record(f"{formats.WIKI}/{number}", kind, language))
    data = bz2.compress(formats.mediawiki_export(pages), 9)
    return SampleFile(data, records, duplicate_pairs(pairs))


# --- dumps of services -----------------------------------------------------------------------

# Lines that are no record of anything, in JSON lines of any kind.
BROKEN_LINES = [
    ("invalid_json", b'{"id": "cut", "name": "t1_cut", "body": "The line ends'),
    ("invalid_utf8", b'{"id": "bytes", "body": "caf\xe9 \xff\xfe", "text": "caf\xe9 \xff\xfe"}'),
]


def json_line(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode()


def with_broken_lines(name: str, good: list[tuple[Record, bytes]]) -> tuple[list[Record], bytes]:
    """Puts the broken lines among the good ones; a record without an id gets its byte offset."""
    step = len(good) // (len(BROKEN_LINES) + 1)
    lines = list(good)
    for number, (kind, line) in enumerate(BROKEN_LINES, start=1):
        lines.insert(number * step, (Record("", kind), line))
    records, data = [], b""
    for record, line in lines:
        native_id = record.native_id or f"{name}#{len(data)}"
        records.append(dataclasses.replace(record, native_id=native_id))
        data += line + b"\n"
    return records, data


def reddit(library: Library) -> SampleFile:
    """Comments as Pushshift stored them, `&gt;` for a quotation among them."""
    comments = [(a.kind, a.language, a.body, a) for a in library.published("reddit")]
    comments = [
        (kind, lang, "&gt; How did it go?\n\n" + body if n == 1 else body, article)
        for n, (kind, lang, body, article) in enumerate(comments)
    ]
    remarks = planted("remark")[0].lines
    rest: list[tuple[str, str | None, str | None]] = [("too_short", "en", text) for text in remarks]
    rest += [("deleted", None, "[deleted]")] * 3 + [("removed", None, "[removed]")] * 2
    rest.append(("no_text", None, None))
    everything = mixed(
        list(enumerate([*comments, *((k, lang, body, None) for k, lang, body in rest)])),
        lambda item: str(item[0]),
    )
    lines, pairs = [], []
    for n, (kind, language, body, article) in everything:
        name = f"e{formats.base36(100_000 + n)}"
        fields = {
            "id": name, "name": f"t1_{name}", "link_id": "t3_sample", "parent_id": "t3_sample",
            "subreddit": "sample", "author": "[deleted]" if kind == "deleted" else f"writer_{n}",
            "body": body, "score": 1 + n % 9, "created_utc": 1_714_543_200 + 97 * n,
            "permalink": f"/r/sample/comments/sample/stories/{name}/",
        }  # fmt: skip
        if body is None:
            del fields["body"]
        native_id = f"t1_{name}" if body else ""
        lines.append((Record(native_id, kind, language), json_line(fields)))
        if article:
            pairs.append((article, f"t1_{name}"))
    records, data = with_broken_lines("reddit.zst", lines)
    packed = zstandard.ZstdCompressor(level=19).compress(data)
    return SampleFile(packed, records, duplicate_pairs(pairs))


def stackexchange(_: Library) -> SampleFile:
    rows, records = [], []
    questions: dict[str, str] = {}
    for number, section in enumerate(sections("stackexchange.txt"), start=1):
        kind, thread, title, tags = section.heading
        row = {
            "Id": str(number),
            "PostTypeId": "1" if kind == "question" else "2",
            "CreationDate": formats.timestamp(number).replace("Z", ".000"),
            "Score": str(number % 7),
            "Body": section.body + "\n",
        }
        if kind == "question":
            questions[thread] = str(number)
            row |= {"Title": title, "Tags": "".join(f"<{tag}>" for tag in tags.split(","))}
        else:
            row["ParentId"] = questions[thread]
        rows.append(row)
        short = len(section.body) < 100
        records.append(Record(str(number), "too_short" if short else kind, "en"))
    last = str(len(rows) + 1)
    rows.append(
        {"Id": last, "PostTypeId": "5", "CreationDate": "2024-05-02T00:00:00.000", "Body": ""}
    )
    records.append(Record(last, "no_text"))
    return SampleFile(formats.stackexchange_posts(rows), records, {})


def news(library: Library) -> SampleFile:
    published = library.published("news")
    published += [
        dataclasses.replace(library.articles[name], kind="syndicated") for name in SYNDICATED
    ]
    lines, pairs = [], []
    for n, article in enumerate(published):
        native_id = f"news-{n:04d}"
        kind, declared, text = article.kind, article.language, article.body
        if key(article) == "zh clock":
            kind, declared = "wrong_language", "en"
        if key(article) == "en kites":
            kind, text = "lone_surrogate", text + " \ud83d"
        fields = {
            "id": native_id, "url": f"https://news.example/{n}", "title": article.title,
            "date": formats.timestamp(n), "language": declared, "text": text,
        }  # fmt: skip
        data = json.dumps(fields).encode() if kind == "lone_surrogate" else json_line(fields)
        lines.append((Record(native_id, kind, article.language), data))
        pairs.append((article, native_id))
    missing = {"id": "news-9001", "title": "No text", "text": None}
    lines.append((Record("news-9001", "no_text"), json_line(missing)))
    lines.append((Record("news-9002", "no_text"), json_line({"id": "news-9002"})))
    records, data = with_broken_lines("news.jsonl.gz", mixed(lines, lambda line: line[0].native_id))
    first = {key(a): a for a in library.published("web")[::-1]}
    found = duplicate_pairs((a, i) for a, i in pairs if a.kind != "syndicated")
    for article, native_id in pairs:
        if article.kind == "syndicated":
            found[native_id] = crawl.article_page(first[key(article)]).native_id
    return SampleFile(formats.gzip_member(data), records, found)


def books(library: Library) -> SampleFile:
    published = library.published("books")
    ids = [f"book-{n}" for n in range(len(published))]
    rows: list[tuple[str, str | None, str | None, str | None]] = [
        (i, a.language, a.title, a.body) for i, a in zip(ids, published, strict=True)
    ]
    records = [Record(i, a.kind, a.language) for i, a in zip(ids, published, strict=True)]
    for native_id, text in (("book-null", None), ("book-empty", "")):
        rows.append((native_id, None, None, text))
        records.append(Record(native_id, "no_text"))
    columns = [list(column) for column in zip(*rows, strict=True)]
    names = ["id", "language", "title", "text"]
    table = pa.table({n: pa.array(c, pa.string()) for n, c in zip(names, columns, strict=True)})
    pairs = duplicate_pairs(zip(published, ids, strict=True))
    return SampleFile(parquet(table, row_group_size=5), records, pairs)


def parallel_sentences() -> bytes:
    rows = [
        (f"s{number:02d}", language, text)
        for language, lines in parallel().items()
        for number, text in enumerate(lines, start=1)
    ]
    columns = zip(*rows, strict=True)
    names = ["id", "language", "text"]
    table = pa.table({n: pa.array(c, pa.string()) for n, c in zip(names, columns, strict=True)})
    return parquet(table, row_group_size=len(rows))


def parquet(table: pa.Table, row_group_size: int) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", row_group_size=row_group_size)
    return bytes(sink.getvalue())


# --- everything ------------------------------------------------------------------------------

FILES: dict[str, Callable[[Library], SampleFile]] = {
    "web.warc.gz": crawl.web,
    "broken.warc.gz": crawl.broken,
    "crawl.warc.wet.gz": crawl.wet,
    "wiki.xml.bz2": wiki,
    "reddit.zst": reddit,
    "stackexchange.xml": stackexchange,
    "news.jsonl.gz": news,
    "books.parquet": books,
}


def expected(files: dict[str, SampleFile]) -> str:
    """Counts by kind and language, originals by their copies, kind and language of each record."""
    described: dict[str, Any] = {}
    for name, file in files.items():
        counts = collections.Counter(record.kind for record in file.records)
        languages = collections.Counter(r.language for r in file.records if r.language)
        described[name] = {
            "records": len(file.records),
            "kinds": dict(sorted(counts.items())),
            "languages": dict(sorted(languages.items())),
            "duplicates": file.duplicates,
            "each": {r.native_id: f"{r.kind} {r.language or ''}".strip() for r in file.records},
        }
    lines = {name: len(sentences) for name, sentences in parallel().items()}
    document = {"files": described, "parallel.parquet": {"sentences": lines}}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def generate(out: Path) -> None:
    """Writes every file of the sample into the folder `out`."""
    out.mkdir(parents=True, exist_ok=True)
    library = Library()
    files = {name: write(library) for name, write in FILES.items()}
    for name, file in files.items():
        (out / name).write_bytes(file.data)
    (out / "parallel.parquet").write_bytes(parallel_sentences())
    (out / "expected.json").write_text(expected(files), encoding="utf-8")


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
