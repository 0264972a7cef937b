"""WARC and WET: what is a page, what is skipped, and what survives damage."""

import collections
import gzip
import io
import random
import re
import zlib
from collections.abc import Callable
from pathlib import Path

import brotli
import pytest
import zstandard
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from tests.reading import Row, documents, errors, outcomes, rows
from tests.realdata import real_data

HTML = "<html><body>Grüße aus dem Netz</body></html>".encode()
TYPE = ("Content-Type", 'text/html; charset="ISO-8859-1"')


def http(
    body: bytes = HTML, status: str = "200 OK", headers: tuple[tuple[str, str], ...] = (TYPE,)
) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


def record(
    number: int,
    content: bytes = b"",
    kind: str = "response",
    length: int | str | None = None,
    media_type: str = "application/http; msgtype=response",
    extra: str = "",
) -> bytes:
    return (
        (
            f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:{number}>\r\n"
            f"WARC-Target-URI: https://example.org/{number}\r\n"
            f"WARC-Date: 2024-01-0{number % 9 + 1}\r\n"
            f"{extra}Content-Type: {media_type}\r\n"
            f"Content-Length: {len(content) if length is None else length}\r\n\r\n"
        ).encode()
        + content
        + b"\r\n\r\n"
    )


def page(number: int) -> bytes:
    return record(number, http(HTML + str(number).encode()))


def ids(found: list[Row]) -> list[str]:
    return [re.sub(r"<urn:uuid:(\d+)>", r"\1", row["native_id"]) for row in found]


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., list[Row]]:
    def reader(data: bytes, kind: str = "warc", **options: int) -> list[Row]:
        path = tmp_path / "crawl.warc"
        path.write_bytes(data)
        return rows(kind, path, **options)

    return reader


Reader = Callable[..., list[Row]]


def test_a_page_keeps_what_its_record_says(read: Reader) -> None:
    (row,) = read(page(1))
    assert row == {
        "native_id": "<urn:uuid:1>",
        "url": "https://example.org/1",
        "title": None,
        "date": "2024-01-02",
        "language_hint": None,
        "license": None,
        "media_type": "text/html",
        "charset": "iso-8859-1",
        "content": HTML + b"1",
        "input_bytes": len(http(HTML + b"1")),
        "skip_reason": None,
        "error": None,
        "error_kind": None,
    }


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("<https://example.org/1>", "https://example.org/1"),
        ("  <https://example.org/1>  ", "https://example.org/1"),
        ("https://example.org/a>", "https://example.org/a>"),
        ("<https://example.org/a", "<https://example.org/a"),
        ("<>", None),
    ],
)
@pytest.mark.parametrize("kind", ["warc", "wet"])
def test_a_url_in_angle_brackets_is_the_url_within(
    read: Reader, kind: str, written: str, url: str | None
) -> None:
    """Lists of URLs and of domains, and the newest of a URL, would miss every page of wget."""
    record_kind = "response" if kind == "warc" else "conversion"
    data = record(1, http(), record_kind).replace(b"https://example.org/1", written.encode())
    assert read(data, kind)[0]["url"] == url


@pytest.mark.parametrize(
    ("data", "outcome"),
    [
        (record(1, b"a: b\r\n", "warcinfo", media_type="application/warc-fields"), "warc.warcinfo"),
        (record(1, b"GET / HTTP/1.1\r\n\r\n", "request"), "warc.request"),
        (record(1, b"fetch: 3\r\n", "metadata", media_type="text/plain"), "warc.metadata"),
        (record(1, http(b""), "revisit"), "warc.revisit"),
        (record(1, b"", "revisit"), "warc.revisit"),
        (record(1, b"12345", "response", media_type="text/dns"), "warc.not_http"),
        (record(1, b"a file", "response", media_type="text/plain"), "warc.not_http"),
        (record(1, HTML, "response", media_type="text/html"), "document"),
        (record(1, HTML, "response", media_type="application/xhtml+xml"), "document"),
        (record(1, b" ", "response", media_type="text/html"), "warc.empty_body"),
        (record(1, http(status="404 Not Found")), "warc.http_status"),
        (record(1, http(status="301 Moved")), "warc.http_status"),
        (record(1, http(b"")), "warc.empty_body"),
        (record(1, http(b" \r\n ")), "warc.empty_body"),
        (record(1, http(headers=(("Content-Type", "image/png"),))), "warc.not_html"),
        (record(1, http(headers=(("Content-Type", "text/plain"),))), "warc.not_html"),
        (record(1, http(b"%PDF-1.7", headers=())), "warc.not_html"),
        (record(1, http(), extra="WARC-Identified-Payload-Type: image/png\r\n"), "warc.not_html"),
        (record(1, http(), extra="WARC-Truncated: length\r\n"), "warc.truncated"),
        (record(1, http(headers=(("Content-Type", "Application/XHTML+xml"),))), "document"),
        (record(1, http(headers=())), "document"),
        (record(1, http().replace(b"\r\n", b"\n")), "document"),
        (record(1, HTML, "resource", media_type="text/html"), "document"),
        (record(1, HTML, "resource", media_type="text/HTML; charset=utf-8"), "document"),
        (record(1, HTML, "resource", media_type="application/xhtml+xml"), "document"),
        (record(1, HTML, "resource", media_type=""), "document"),
        (record(1, gzip.compress(HTML), "resource", media_type="text/html"), "document"),
        (record(1, b" \n", "resource", media_type="text/html"), "warc.empty_body"),
        (record(1, b"GIF89a", "resource", media_type="image/gif"), "warc.resource"),
        (record(1, HTML, "resource", media_type="text/plain"), "warc.resource"),
        (record(1, b"a: b", "resource", media_type=""), "warc.resource"),
        (record(1, HTML, "conversion", media_type="text/html"), "warc.conversion"),
        (record(1, HTML, "metadata", media_type="text/html"), "warc.metadata"),
        (record(1, http(), extra="WARC-Segment-Number: 1\r\n"), "error"),
        (
            record(1, HTML, "resource", media_type="text/html", extra="warc-segment-number: 1\r\n"),
            "error",
        ),
        (record(1, HTML, "continuation", extra="WARC-Segment-Number: 2\r\n"), "warc.continuation"),
        (record(1, b"no http at all"), "error"),
        (record(1, b""), "error"),
    ],
)
def test_each_record_is_accounted_for(read: Reader, data: bytes, outcome: str) -> None:
    found = read(data + page(2))
    assert outcomes(found[:1]) == {outcome: 1}
    assert len(documents(found[1:])) == 1


@pytest.mark.parametrize(
    "line",
    ["http/1.1 200 OK", "Http/1.0 200", "ICY 200 OK", "icy 200", "HTTP 200 OK", "HTTPS/1.1 200 OK",
     "HTTP/1.1  200 OK", "HTTP/1.1\t200 OK", "HTTP/2 200", "HTTP/1.1: 200 OK",
     "\r\nHTTP/1.1 200 OK", "\r\n\r\nHTTP/1.1 200 OK", " HTTP/1.1 200 OK"],
)  # fmt: skip
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_a_status_line_may_have_any_spelling(read: Reader, line: str, end: str) -> None:
    head = f"{line}{end}Content-Type: text/html; charset=koi8-r{end}{end}".encode()
    (row,) = read(record(1, head + HTML))
    assert (row["content"], row["charset"]) == (HTML, "koi8-r")
    missing = head.replace(b"200", b"404")
    assert outcomes(read(record(1, missing + HTML))) == {"warc.http_status": 1}


# Of https://fetch.spec.whatwg.org/#content-type-header; what is no type there is sniffed, and here
# the type before other words counts.
TYPES = {
    ("text/html, text/html",): ("document", None),
    ("text/html; charset=gbk, text/html",): ("document", "gbk"),
    ("text/html", "text/html; charset=gbk"): ("document", "gbk"),
    ("text/html;charset=gbk", "text/html;x=y"): ("document", "gbk"),
    ("text/html;charset=gbk", "text/html;charset=euc-kr"): ("document", "euc-kr"),
    ("text/plain;charset=gbk", "text/html"): ("document", None),
    ("text/html;charset=gbk", "text/plain", "text/html"): ("document", None),
    ("text/html;charset=gbk", "x/x"): ("warc.not_html", None),
    ("text/html;charset=gbk", "*/*"): ("document", "gbk"),
    ("text/html;charset=gbk", "cannot-parse"): ("document", "gbk"),
    ("text/html;charset=gbk", ""): ("document", "gbk"),
    ('text/html;x=",";charset=gbk',): ("document", "gbk"),
    ('text/html;"', "text/plain"): ("document", None),
    ("text/html junk",): ("document", None),
    ("text/html (page)",): ("document", None),
    ("text/html:charset=gbk",): ("document", "gbk"),
    ("text/html,charset=gbk",): ("document", "gbk"),
    ("text/html; charset = 'gbk'",): ("document", "gbk"),
    ("html",): ("document", None),
    ("text/htmlx",): ("warc.not_html", None),
}


@pytest.mark.parametrize("stated", TYPES, ids=str)
def test_of_several_media_types_the_last_valid_one_counts(
    read: Reader, stated: tuple[str, ...]
) -> None:
    (row,) = read(record(1, http(headers=tuple(("Content-Type", value) for value in stated))))
    found = "document" if row["content"] else row["skip_reason"]
    assert (found, row["charset"] if row["content"] else None) == TYPES[stated]


@pytest.mark.parametrize("encode", [gzip.compress, zstandard.compress])
@pytest.mark.parametrize("named", [None, "identity", "br", "utf-8"])
def test_a_body_that_is_compressed_without_a_word_is_decompressed(
    read: Reader, encode: Callable[[bytes], bytes], named: str | None
) -> None:
    headers = (TYPE, ("Content-Encoding", named)) if named else (TYPE,)
    (row,) = read(record(1, http(encode(HTML * 50), headers=headers)))
    assert row["content"] == HTML * 50
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(encode(HTML)), encode(HTML))
    (row,) = read(record(1, http(chunked, headers=(TYPE, ("Transfer-Encoding", "chunked")))))
    assert row["content"] == HTML
    (bomb,) = read(record(1, http(encode(HTML * 100_000))), limit=1 << 16)
    assert "larger than max_record_mb" in bomb["error"]


@pytest.mark.parametrize(
    "index",
    [b'org,example)/ 20240101000000 {"url": "https://example.org/"}\n' * 9,
     b" CDX N b a m s k r M S V g\norg,example)/ 20240101000000 https://example.org/ x\n",
     b'!CDXJ 1.0\norg,example)/ 20240101000000 {}\n', b"org,a)/ 20240101000000 http://a.org/ x\n"],
)  # fmt: skip
def test_an_index_in_the_place_of_a_crawl_is_named(read: Reader, index: bytes) -> None:
    (problem,) = errors(read(index))
    assert "an index (CDX)" in problem
    assert "org" not in problem


@pytest.mark.parametrize(
    ("name", "encode"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("br", brotli.compress)],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_encoded_bodies_are_decoded(
    read: Reader, name: str, encode: Callable[[bytes], bytes], chunked: bool
) -> None:
    body = encode(HTML)
    headers = (TYPE, ("Content-Encoding", name))
    if chunked:
        body = b"%x\r\n%s\r\n5\r\n%s" % (len(body) - 5, body[:-5], body[-5:]) + b"\r\n0\r\n\r\n"
        headers = (*headers, ("Transfer-Encoding", "chunked"))
    (row,) = read(record(1, http(body, headers=headers)))
    assert row["content"] == HTML


def raw_deflate(body: bytes) -> bytes:
    return zlib.compress(body)[2:-4]


@pytest.mark.parametrize(
    ("codings", "encode"),
    [
        (("x-gzip",), gzip.compress),
        (("X-GZip",), gzip.compress),
        (("deflate",), raw_deflate),
        (("identity",), bytes),
        (("gzip, br",), lambda body: brotli.compress(gzip.compress(body))),
        (("gzip,deflate",), lambda body: raw_deflate(gzip.compress(body))),
        (("gzip", "x-gzip"), lambda body: gzip.compress(gzip.compress(body))),
        (("zstd",), zstandard.ZstdCompressor().compress),
        (("gzip",), lambda body: gzip.compress(body[:9]) + gzip.compress(body[9:])),
        (("gzip",), lambda body: gzip.compress(body)[:-8]),
    ],
)
def test_codings_have_other_names_and_come_in_lists(
    read: Reader, codings: tuple[str, ...], encode: Callable[[bytes], bytes]
) -> None:
    """RFC 9110, 8.4.1: `x-gzip` is gzip, codings are listed in the order in which they came."""
    body = b"<p>" + HTML
    headers = (TYPE, *(("Content-Encoding", coding) for coding in codings))
    (row,) = read(record(1, http(encode(body), headers=headers)))
    assert row["content"] == body


@pytest.mark.parametrize("after", [b"\n", b"\r\n", b"\0" * 9, b"\x1f", b"<!-- -->"])
@pytest.mark.parametrize(
    ("coding", "encode"),
    [
        ("gzip", gzip.compress), ("deflate", zlib.compress), ("deflate", raw_deflate),
        ("br", brotli.compress), ("zstd", zstandard.ZstdCompressor().compress),
    ],
)  # fmt: skip
def test_bytes_after_an_encoded_body_are_left_out(
    read: Reader, coding: str, encode: Callable[[bytes], bytes], after: bytes
) -> None:
    """Browsers show such pages; otherwise they are errors."""
    headers = (TYPE, ("Content-Encoding", coding))
    (row,) = read(record(1, http(encode(HTML * 9) + after, headers=headers)))
    assert row["content"] == HTML * 9


@pytest.mark.parametrize(
    ("coding", "encode"),
    [
        ("gzip", gzip.compress), ("deflate", zlib.compress), ("br", brotli.compress),
        ("zstd", zstandard.ZstdCompressor().compress),
    ],
)  # fmt: skip
def test_an_encoded_body_that_is_cut_short_gives_what_there_is(
    read: Reader, coding: str, encode: Callable[[bytes], bytes]
) -> None:
    """Crawlers cut bodies; otherwise a page is lost for its last bytes."""
    rng = random.Random(3)
    page = HTML + bytes(rng.choices(range(32, 127), k=600_000))
    encoded = encode(page)
    headers = (TYPE, ("Content-Encoding", coding))
    (row,) = read(record(1, http(encoded[: len(encoded) * 9 // 10], headers=headers)))
    assert row["error"] is None
    assert page.startswith(row["content"])
    assert len(row["content"]) > len(page) // 2


@pytest.mark.parametrize(
    ("stated", "encode"),
    [
        ("deflate", gzip.compress), ("br", gzip.compress), ("zstd", gzip.compress),
        ("gzip", zlib.compress), ("x-gzip", zlib.compress),
        ("gzip", zstandard.ZstdCompressor().compress), ("br", zstandard.ZstdCompressor().compress),
    ],
)  # fmt: skip
def test_a_body_that_begins_as_another_coding_has_that_coding(
    read: Reader, stated: str, encode: Callable[[bytes], bytes]
) -> None:
    """Servers and proxies state wrong codings; such pages were errors."""
    (row,) = read(record(1, http(encode(HTML), headers=(TYPE, ("Content-Encoding", stated)))))
    assert row["content"] == HTML


@pytest.mark.parametrize("case", [str.lower, str.upper, str.title, str.swapcase])
def test_names_of_header_fields_have_any_letter_case(
    read: Reader, case: Callable[[str], str]
) -> None:
    """WARC/1.1, 4: field names are case-insensitive. Such records were skipped as warc.unknown."""
    usual = record(1, http(HTML, headers=(TYPE, ("Content-Language", "de"))))
    header, blank, content = usual.partition(b"\r\n\r\n")
    version, *fields = header.decode().split("\r\n")
    named = (field.split(":", 1) for field in fields)
    other = "\r\n".join([version, *(f"{case(name)}:{value}" for name, value in named)])
    (expected,) = read(usual)
    found = read(other.encode() + blank + content + page(2))
    assert found[0] == expected
    assert len(documents(found)) == 2


@pytest.mark.parametrize(
    ("body", "content"),
    [
        (b"5;x=y\r\n<html\r\n3 ; a=\"b\"\r\n>ab\r\n0\r\n\r\n", b"<html>ab"),
        (b"5\r\n<html\r\n0\r\nExpires: 7\r\nETag: 8\r\n\r\n", b"<html"),
        (b"0005  \r\n<html\r\n00A\r\n>123456789\r\n0\r\n\r\n", b"<html>123456789"),
        (b"5\r\n<html\r\n32\r\n>abc", b"<html>abc"),
        (b"32\r\n<html>abc", b"<html>abc"),
        (b"5\r\n<html\r\n", b"<html"),
        (b"5\r\n<html\r\n3", b"<html"),
        (b"5\r\n<html\r\n4\r\n>5\r\n\r\n3\r\nabc\r\n0\r\n\r\n", b"<html>5\r\nabc"),
        (b"5\n<html\n1\n>\n0\n\n", b"<html>"),
        (b"5\r\n<html>5 is no size", b"5\r\n<html>5 is no size"),
        (b"<html>5\r\nabcde\r\n0\r\n\r\n", b"<html>5\r\nabcde\r\n0\r\n\r\n"),
    ],
    ids=[
        "extensions", "trailers", "padded", "cut", "cut_in_first", "cut_between", "cut_in_size",
        "size_in_data", "line_feeds", "number_first", "dechunked_by_the_crawler",
    ],
)  # fmt: skip
def test_chunks_are_joined_as_far_as_they_go(read: Reader, body: bytes, content: bytes) -> None:
    """RFC 9112, 7.1; otherwise sizes of chunks stand inside the text."""
    (row,) = read(record(1, http(body, headers=(TYPE, ("Transfer-Encoding", "chunked")))))
    assert row["content"] == content


@pytest.mark.parametrize("coding", ["deflate", "gzip", "br", "zstd", "compress"])
@pytest.mark.parametrize("before", [b"", b"\n", b" \n", b"\xef\xbb\xbf"])
def test_no_coding_takes_a_decoded_page_for_its_own(
    read: Reader, coding: str, before: bytes
) -> None:
    """Raw deflate has no mark, so some bytes of a page decode to others."""
    for size in (0, 9, 99):
        body = before + b"<html>" + b"a page " * size
        (row,) = read(record(1, http(body, headers=(TYPE, ("Content-Encoding", coding)))))
        assert row["content"] == body


@pytest.mark.parametrize("name", ["gzip", "br", "utf-8"])
def test_bodies_that_the_crawler_decoded_already_are_taken(read: Reader, name: str) -> None:
    headers = (TYPE, ("Content-Encoding", name), ("Transfer-Encoding", "chunked"))
    (row,) = read(record(1, http(headers=headers)))
    assert row["content"] == HTML


def test_a_body_that_does_not_decode_is_an_error(read: Reader) -> None:
    found = read(record(1, http(b"\x01\x02\x03" * 50, headers=(TYPE, ("Content-Encoding", "br")))))
    assert errors(found) == ["HTTP body does not decode as its headers say"]


def test_a_body_that_decodes_to_more_than_the_limit_is_an_error(read: Reader) -> None:
    bomb = gzip.compress(b"<html>" + b"a" * 5_000_000)
    found = read(record(1, http(bomb, headers=(TYPE, ("Content-Encoding", "gzip")))) + page(2))
    assert ["max_record_mb" in e for e in errors(found)] == [True]
    assert len(documents(found)) == 1


def test_a_record_over_the_limit_is_passed_over(read: Reader) -> None:
    found = read(page(1) + record(2, http(b"x" * 300_000)) + page(3), limit=100_000)
    assert ids(found) == ["1", "2", "3"]
    assert found[1]["error"].startswith("record of 300")
    assert found[1]["input_bytes"] == len(http(b"x" * 300_000))


@pytest.mark.parametrize(
    ("broken", "lost"),
    [
        (b"garbage\r\nmore: of it\r\n\r\n" * 9, ["crawl.warc#{}"]),
        (b"WARC/1.0\r\nWARC-Type: response\r\n\r\n", ["crawl.warc#{}"]),
        (record(2, http(), length="many"), ["2"]),
        (record(2, http(), length=10**12), ["2"]),
        (record(2, http(), length=50), ["2"]),
        (record(2, http(), length=len(http()) + 100), ["2"]),
        (record(2, http(), length=len(http()) + 100_000), ["2"]),
        (record(2, http())[:200], ["2"]),
        (b"WARC/1.0\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", ["crawl.warc#{}"]),
    ],
    ids=[
        "garbage", "no_length", "bad_length", "huge_length", "short_length", "long_length",
        "length_past_the_end", "cut", "endless_header",
    ],
)  # fmt: skip
def test_one_broken_record_costs_itself_only(
    read: Reader, request: pytest.FixtureRequest, broken: bytes, lost: list[str]
) -> None:
    found = read(page(1) + broken + page(3) + page(4), limit=10**13)
    lost = [name.format(len(page(1))) for name in lost]
    assert ids(found) == ["1", *lost, "3", "4"]
    assert outcomes(found) == {"document": 3, "error": 1}


def test_a_length_over_the_limit_is_believed_and_what_it_takes_is_stated(read: Reader) -> None:
    found = read(page(1) + record(2, http(), length=10**9) + page(3))
    assert ids(found) == ["1", "2"]
    assert "the file is incomplete" in found[1]["error"]


def test_pages_about_warc_are_not_taken_apart(read: Reader) -> None:
    nested = record(1, http(b"<html>" + page(7) + page(8)))
    found = read(nested + page(2))
    assert ids(found) == ["1", "2"]
    assert page(8) in found[0]["content"]


@pytest.mark.parametrize("end", ["", "\r\n", "\n\n", "\r\n\r\n\r\n\r\n"])
def test_line_ends_between_records_may_be_any(read: Reader, end: str) -> None:
    data = b"".join(page(n).rstrip(b"\r\n") + end.encode() for n in range(1, 4))
    assert outcomes(read(data)) == {"document": 3}


def test_headers_with_bare_line_feeds_are_read(read: Reader) -> None:
    header, _, body = page(1).partition(b"\r\n\r\n")
    data = header.replace(b"\r\n", b"\n") + b"\n\n" + body
    assert outcomes(read(data + page(2))) == {"document": 2}


def members(pages: list[bytes]) -> list[bytes]:
    return [gzip.compress(p, mtime=0) for p in pages]


TRAINED = zstandard.train_dictionary(
    4096, [page(i) + random.Random(i).randbytes(50).hex().encode() for i in range(500)]
).as_bytes()


def skippable(content: bytes, magic: int = 0x184D2A5D) -> bytes:
    return magic.to_bytes(4, "little") + len(content).to_bytes(4, "little") + content


@pytest.mark.parametrize("dictionary", [TRAINED, page(0) * 9], ids=["trained", "raw"])
@pytest.mark.parametrize("stored", [bytes, zstandard.compress], ids=["plain", "compressed"])
@pytest.mark.parametrize("frames", [1, 3])
@pytest.mark.parametrize("ignored", [b"", skippable(b"a note", 0x184D2A50)])
def test_the_first_frame_of_a_zst_holds_the_dictionary(
    read: Reader, dictionary: bytes, stored: Callable[[bytes], bytes], frames: int, ignored: bytes
) -> None:
    """Archive Team's files; without the dictionary they are corrupt zstd data."""
    packer = zstandard.ZstdCompressor(dict_data=zstandard.ZstdCompressionDict(dictionary))
    pages = [page(1), page(2), page(3)] if frames == 3 else [page(1) + page(2) + page(3)]
    packed = [packer.compress(data) for data in pages]
    assert sum(map(len, packed)) < 200 * frames  # else the dictionary is not used
    found = read(skippable(stored(dictionary)) + ignored + b"".join(packed))
    assert ids(documents(found)) == ["1", "2", "3"]
    assert len(found) == 3


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (skippable(TRAINED[:40]), "the zstd dictionary in bytes 8 to 48 of the compressed file"),
        (skippable(zstandard.compress(TRAINED)[:-9]), "the zstd dictionary in bytes 8 to"),
        (skippable(zstandard.compress(bytes(20 << 20))), "the zstd dictionary is larger than 16"),
        (skippable(TRAINED)[:4] + b"\xff" * 4 + TRAINED, "the zstd dictionary is larger than 16"),
        (skippable(TRAINED)[:100], "zstd data stops at byte 100"),
        (skippable(TRAINED)[:6], "zstd data stops at byte 6"),
    ],
    ids=["corrupt", "corrupt_zstd", "bomb", "huge", "cut", "cut_in_size"],
)
def test_a_dictionary_that_cannot_be_read_is_named(read: Reader, data: bytes, what: str) -> None:
    (error,) = errors(read(data))
    assert error.startswith(what)


def test_a_missing_dictionary_is_named(read: Reader) -> None:
    packer = zstandard.ZstdCompressor(dict_data=zstandard.ZstdCompressionDict(TRAINED))
    (error,) = errors(read(packer.compress(page(1))))
    assert "a dictionary that is missing" in error
    assert ids(documents(read(skippable(TRAINED) + packer.compress(page(1))))) == ["1"]


def test_a_cut_gzip_file_keeps_every_page_before_the_cut(read: Reader) -> None:
    parts = members([page(n) for n in range(1, 6)])
    whole = b"".join(parts)
    starts = [sum(map(len, parts[:i])) for i in range(6)]
    for cut in range(starts[2] + 1, len(whole), 7):
        found = read(whole[:cut])
        complete = sum(end <= cut for end in starts[1:])
        assert len(documents(found)) >= complete
        at_boundary = cut in starts
        assert len(errors(found)) == (0 if at_boundary else 1)
        if not at_boundary:
            assert f"byte {cut}, the end of the compressed file" in errors(found)[0]


def test_a_corrupt_gzip_member_costs_its_record_only(read: Reader) -> None:
    parts = members([page(n) for n in range(1, 6)])
    for at in (12, len(parts[2]) // 2, len(parts[2]) - 6):  # header, data, checksum
        bad = bytearray(parts[2])
        bad[at : at + 3] = bytes(b ^ 0xFF for b in bad[at : at + 3])
        found = read(b"".join([*parts[:2], bytes(bad), *parts[3:]]))
        assert ids(documents(found)) == ["1", "2", "4", "5"]
        assert len(errors(found)) == 1
    found = read(b"".join([*parts[:2], b"\x1f\x8b\x08garbage" * 9, *parts[2:]]))
    assert ids(documents(found)) == ["1", "2", "3", "4", "5"]
    assert len(errors(found)) == 1


def test_two_corrupt_members_in_a_row_are_two_rows(read: Reader) -> None:
    parts = members([page(n) for n in range(1, 6)])
    bad = [bytearray(p) for p in parts[1:3]]
    for member in bad:
        member[-6] ^= 0xFF
    found = read(b"".join([parts[0], *map(bytes, bad), *parts[3:]]))
    assert len(errors(found)) == 2
    assert len({row["native_id"] for row in found}) == 5
    assert len(documents(found)) == 3


def test_flipped_bits_never_raise_and_leave_most_pages(read: Reader) -> None:
    sound = b"".join(page(n) for n in range(1, 30))
    rng = random.Random(3)
    for data in (sound, b"".join(members([page(n) for n in range(1, 30)]))):
        for _ in range(60):
            bad = bytearray(data)
            for _ in range(3):
                bad[rng.randrange(len(bad))] = rng.randrange(256)
            assert len(documents(read(bytes(bad)))) >= 20


def test_rows_do_not_depend_on_the_batch_size(read: Reader) -> None:
    data = b"".join(page(n) for n in range(1, 8)) + b"junk"
    expected = read(data)
    for batch_docs in (1, 2, 3, 100):
        assert read(data, batch_docs=batch_docs) == expected


def test_wet_gives_the_text_of_conversions(read: Reader) -> None:
    text = "Ein Text, 文章\n".encode()
    data = (
        record(1, b"x: y\r\n", "warcinfo", media_type="application/warc-fields")
        + record(2, text, "conversion", media_type="text/plain",
                 extra="WARC-Identified-Content-Language: deu,zho\r\n")
        + record(3, b"\xff\xfe\xfa", "conversion", media_type="text/plain")
        + record(4, b"\n", "conversion", media_type="text/plain")
        + page(5)
    )  # fmt: skip
    found = read(data, kind="wet")
    assert outcomes(found) == {
        "warc.warcinfo": 1, "document": 1, "error": 1, "warc.empty_body": 1, "warc.response": 1,
    }  # fmt: skip
    assert found[1]["content"] == text
    assert found[1]["language_hint"] == "deu,zho"
    assert found[1]["media_type"] == "text/plain"
    assert found[1]["url"] == "https://example.org/2"


def test_records_that_warcio_writes_are_read(read: Reader) -> None:
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True)
    for n in range(20):
        status = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
        body = HTML + b"x" * n * 1000
        writer.write_record(
            writer.create_warc_record(
                f"https://example.org/{n}",
                "response",
                payload=io.BytesIO(body),
                http_headers=status,
            )
        )
    found = read(out.getvalue())
    assert [row["content"] for row in found] == [HTML + b"x" * n * 1000 for n in range(20)]


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "pages"),
    [
        ("commoncrawl/cc100.warc.gz", 100),
        ("commoncrawl/whirlwind.warc.gz", 1),
        ("commoncrawl/jwarc-cc.warc.gz", 1),
        ("commoncrawl/16-hosts.warc", 16),
        ("webpages/wcxb-dev.warc.gz", 375),
    ],
)
def test_real_crawls_agree_with_warcio(name: str, pages: int) -> None:
    path = real_data(name)
    found = rows("warc", path, limit=50_000_000)
    assert errors(found) == []
    assert len(documents(found)) == pages
    with path.open("rb") as file:
        oracle = []
        for entry in ArchiveIterator(file, no_record_parse=True):
            body = entry.raw_stream.read().partition(b"\r\n\r\n")[2]
            oracle.append((entry.rec_headers["WARC-Record-ID"], body))
    assert [row["native_id"] for row in found] == [native_id for native_id, _ in oracle]
    contents = dict(oracle)
    assert all(row["content"] == contents[row["native_id"]] for row in documents(found))


def test_a_real_wet_file() -> None:
    found = rows("wet", real_data("commoncrawl/whirlwind.warc.wet.gz"))
    assert outcomes(found) == {"warc.warcinfo": 1, "document": 1}
    assert found[1]["language_hint"] == "spa"


# Beside warcio's record types: WARC's own reasons, and how many pages are no HTML or not answered.
REAL = {
    "cc100.warc.gz": ("warc", {}),
    "whirlwind.warc.gz": ("warc", {}),
    "jwarc-cc.warc.gz": ("warc", {}),
    "16-hosts.warc": ("warc", {}),
    "whirlwind.warc.wet.gz": ("wet", {}),
    "whirlwind.warc.wat.gz": ("wat", {"metadata": "wat.no_response"}),  # notes on a request
}


@pytest.mark.parametrize("name", REAL)
def test_every_real_record_is_counted_as_warcio_counts_it(name: str) -> None:
    path = real_data(f"commoncrawl/{name}")
    kind, reasons = REAL[name]
    page = {"warc": "response", "wet": "conversion", "wat": "metadata"}[kind]
    expected: collections.Counter[str] = collections.Counter()
    with path.open("rb") as file:
        for entry in ArchiveIterator(file, no_record_parse=True):
            skipped = reasons.get(entry.rec_type, f"warc.{entry.rec_type}")
            expected[skipped if entry.rec_type != page or reasons else "document"] += 1
    assert outcomes(rows(kind, path, limit=50_000_000)) == expected


@pytest.mark.real
def test_a_real_clipped_file_is_an_error_row_with_its_record() -> None:
    path = real_data("commoncrawl/clipped.warc.gz")
    (row,) = rows("warc", path)
    assert row["native_id"].startswith("<urn:uuid:f3dfa8fa")
    readable = zlib.decompressobj(31).decompress(path.read_bytes())
    assert row["input_bytes"] == len(readable.partition(b"\r\n\r\n")[2])
    assert "byte 18184, the end of the compressed file" in row["error"]
