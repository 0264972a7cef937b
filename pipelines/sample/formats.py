"""The containers of the sample, written byte by byte: WARC, HTML, MediaWiki, Stack Exchange.

Nothing here reads a clock or a random source: ids and dates are made from what is written.
"""

import base64
import datetime
import gzip
import hashlib
import html
import io
import uuid
import zlib
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

from pipelines.sample.texts import Article, planted

CRAWL_STARTED = datetime.datetime(2024, 5, 1, 6, 0, tzinfo=datetime.UTC)
ISO_639_3 = {
    "en": "eng", "de": "deu", "ru": "rus", "hi": "hin", "my": "mya", "zh": "zho", "ar": "ara",
    "ja": "jpn", "fi": "fin", "la": "lat", "sw": "swa",
}  # fmt: skip
NAVIGATION = {s.heading[1]: (s.heading[2].split(" / "), s.lines) for s in planted("navigation")}


def timestamp(index: int) -> str:
    """The index-th moment of the crawl, one every 97 seconds."""
    moment = CRAWL_STARTED + datetime.timedelta(seconds=97 * index)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def gzip_member(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=buffer, mode="wb", compresslevel=9, mtime=0) as member:
        member.write(data)
    return buffer.getvalue()


# --- WARC ------------------------------------------------------------------------------------


def record_id(kind: str, url: str) -> str:
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{kind} {url}')}"


def digest(data: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()


def warc_record(
    kind: str, url: str, index: int, headers: Iterable[tuple[str, str]], block: bytes
) -> bytes:
    """One record as one gzip member (ISO 28500, annex on compression)."""
    fields = [("WARC-Type", kind), ("WARC-Record-ID", f"<{record_id(kind, url)}>")]
    fields.append(("WARC-Date", timestamp(index)))
    if kind != "warcinfo":
        fields.append(("WARC-Target-URI", url))
    fields += headers
    fields += [("WARC-Block-Digest", digest(block)), ("Content-Length", str(len(block)))]
    head = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return gzip_member(b"WARC/1.0\r\n" + head.encode() + b"\r\n" + block + b"\r\n\r\n")


def warcinfo(filename: str) -> bytes:
    lines = ["software: winnow sample generator", "format: WARC File Format 1.0"]
    block = "".join(f"{line}\r\n" for line in lines).encode()
    headers = [("WARC-Filename", filename), ("Content-Type", "application/warc-fields")]
    return warc_record("warcinfo", filename, 0, headers, block)


def http_response(status: str, headers: Iterable[tuple[str, str]], body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\n" + "".join(f"{n}: {v}\r\n" for n, v in headers)
    return head.encode() + b"\r\n" + body


def response_record(
    url: str,
    index: int,
    body: bytes,
    media_type: str = "text/html; charset=utf-8",
    status: str = "200 OK",
    headers: Sequence[tuple[str, str]] = (),
) -> bytes:
    http_headers = [("Content-Type", media_type), ("Server", "sample"), *headers]
    if ("Transfer-Encoding", "chunked") not in headers:
        http_headers.append(("Content-Length", str(len(body))))
    block = http_response(status, http_headers, body)
    fields = [
        ("Content-Type", "application/http; msgtype=response"),
        ("WARC-IP-Address", f"192.0.2.{1 + zlib.crc32(url.encode()) % 254}"),
        ("WARC-Payload-Digest", digest(body)),
    ]
    return warc_record("response", url, index, fields, block)


def chunked_gzip(body: bytes, size: int = 700) -> bytes:
    """A body as a server sends it with both encodings, which some crawlers store as it came."""
    packed = gzip_member(body)
    chunks = [packed[start : start + size] for start in range(0, len(packed), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(c), c) for c in [*chunks, b""])


# --- HTML ------------------------------------------------------------------------------------

SCRIPT = (
    "<script>window.page = {ready: false}; document.addEventListener('DOMContentLoaded', "
    "function () { window.page.ready = true; });</script>"
)


def html_page(article: Article, declared: str = "", charset: str = "utf-8") -> bytes:
    """A page around an article, in one of three layouts that its topic chooses."""
    links, (share, related, rights) = NAVIGATION.get(article.language, NAVIGATION["en"])
    title = html.escape(article.title, quote=False)
    paragraphs = [html.escape(paragraph, quote=False) for paragraph in article.paragraphs]
    language = declared or article.language
    direction = ' dir="rtl"' if article.language == "ar" else ""
    layout = zlib.crc32(f"{article.language}/{article.topic}".encode()) % 3
    if layout == 0:
        menu = "".join(f'<li><a href="/{n}">{link}</a></li>' for n, link in enumerate(links))
        body = (
            f"<header><nav><ul>{menu}</ul></nav></header>\n<main><article>\n<h1>{title}</h1>\n"
            + "".join(f"<p>{paragraph}</p>\n" for paragraph in paragraphs)
            + f'</article>\n<aside><h2>{related}</h2><ul><li><a href="/a">{links[1]} 1</a></li>'
            f'<li><a href="/b">{links[1]} 2</a></li></ul></aside></main>\n'
            f"<footer><p>© 2024. {rights}</p></footer>"
        )
    elif layout == 1:
        menu = " | ".join(f'<a href="/{n}">{link}</a>' for n, link in enumerate(links))
        body = (
            f'<div id="header"><div class="menu">{menu}</div></div>\n'
            f'<div id="content"><div class="post"><h1>{title}</h1>\n<div class="entry-content">\n'
            + "".join(f"<p>{paragraph}</p>\n" for paragraph in paragraphs)
            + f'</div>\n<div class="share"><a href="#">{share}</a></div></div></div>\n'
            f'<div class="sidebar"><h3>{related}</h3><a href="/c">{links[2]}</a></div>\n'
            f'<div id="footer">{rights}</div>'
        )
    else:
        menu = "<br>".join(f'<a href="{n}.html">{link}</a>' for n, link in enumerate(links))
        body = (
            '<table width="760"><tr><td valign="top" width="140" class="navigation">'
            f"{menu}</td>\n<td valign=top><h1>{title}</h1>\n"
            + "".join(f"<p>{paragraph}\n" for paragraph in paragraphs)
            + f"</td></tr></table>\n<hr><small>{rights}</small>"
        )
    return html_document(language, direction, title, body, charset)


def html_lines(language: str, title: str, lines: Iterable[str]) -> bytes:
    """A page that is nothing but lines: menus, notices, placeholders."""
    body = "".join(f"<div>{html.escape(line, quote=False)}</div>\n" for line in lines)
    return html_document(language, "", html.escape(title, quote=False), body, "utf-8")


def html_document(language: str, direction: str, title: str, body: str, charset: str) -> bytes:
    page = (
        f'<!DOCTYPE html>\n<html lang="{language}"{direction}>\n<head>\n<meta charset="{charset}">'
        f"\n<title>{title}</title>\n<style>body {{ margin: 2em; }}</style>\n{SCRIPT}\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )
    return page.encode(charset)


# --- MediaWiki -------------------------------------------------------------------------------

WIKI = "samplewiki"
NAMESPACES = {0: "", 1: "Talk", 2: "User", 6: "File", 10: "Template", 14: "Category"}


def wikitext(article: Article) -> str:
    """An article with the markup that a reader has to take away: links, references, categories."""
    first, *rest = article.paragraphs
    head, space, tail = first.partition(" ")
    if space:
        word, _, tail = tail.partition(" ")
        first = f"{head} [[{word}]] {tail}"
    parts = [
        "{{Short description|" + article.title + "}}",
        f"'''{article.title}'''",
        f"{first}<ref>{{{{cite book|title={article.title}|year=2019}}}}</ref>",
        f"== {NAVIGATION[article.language][0][1]} ==",
        "<!-- sources wanted -->" + "\n\n".join(rest),
        "<references />",
        f"[[Category:{article.topic}]]",
    ]
    return "\n\n".join(parts)


def mediawiki_page(
    page_id: int, title: str, text: str, namespace: int = 0, redirect: str = ""
) -> str:
    data = text.encode()
    number = int.from_bytes(hashlib.sha1(data, usedforsecurity=False).digest())
    sha1 = base36(number).rjust(31, "0")
    target = f"    <redirect title={quoteattr(redirect)} />\n" if redirect else ""
    content = f">{escape(text)}</text>" if text else " />"
    return (
        f"  <page>\n    <title>{escape(title)}</title>\n    <ns>{namespace}</ns>\n"
        f"    <id>{page_id}</id>\n{target}    <revision>\n      <id>{page_id + 9000}</id>\n"
        f"      <timestamp>{timestamp(page_id)}</timestamp>\n"
        "      <contributor>\n        <username>Sample writer</username>\n        <id>7</id>\n"
        f"      </contributor>\n      <comment>sample</comment>\n      <origin>{page_id + 9000}"
        "</origin>\n      <model>wikitext</model>\n      <format>text/x-wiki</format>\n"
        f'      <text bytes="{len(data)}" sha1="{sha1}" xml:space="preserve"{content}\n'
        f"      <sha1>{sha1}</sha1>\n    </revision>\n  </page>\n"
    )


def base36(number: int) -> str:
    digits = ""
    while number:
        number, remainder = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[remainder] + digits
    return digits


def mediawiki_export(pages: Iterable[str]) -> bytes:
    namespaces = "".join(
        f'      <namespace key="{key}" case="first-letter"'
        + (f">{name}</namespace>\n" if name else " />\n")
        for key, name in NAMESPACES.items()
    )
    address = "http://www.mediawiki.org/xml/export-0.11/"
    return (
        f'<mediawiki xmlns="{address}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="{address} http://www.mediawiki.org/xml/export-0.11.xsd" '
        'version="0.11" xml:lang="mul">\n  <siteinfo>\n    <sitename>Sample wiki</sitename>\n'
        f"    <dbname>{WIKI}</dbname>\n    <base>https://wiki.example/wiki/Main_Page</base>\n"
        "    <generator>winnow sample</generator>\n    <case>first-letter</case>\n"
        f"    <namespaces>\n{namespaces}    </namespaces>\n  </siteinfo>\n"
        + "".join(pages)
        + "</mediawiki>\n"
    ).encode()


# --- Stack Exchange --------------------------------------------------------------------------


def stackexchange_posts(rows: Iterable[dict[str, str]]) -> bytes:
    """Posts.xml of the data dump: one `row` element a post, everything in attributes."""
    lines = (
        "  <row " + " ".join(f"{name}={attribute(row[name])}" for name in row) + " />\n"
        for row in rows
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<posts>\n' + "".join(lines) + "</posts>"
    ).encode()


def attribute(value: str) -> str:
    return '"' + escape(value, {'"': "&quot;", "\n": "&#xA;"}) + '"'
