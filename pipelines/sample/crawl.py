"""The crawl: web pages as WARC responses, a truncated WARC, and a WET file of extracted text."""

import dataclasses
import json

from pipelines.sample import formats
from pipelines.sample.plan import (
    CHARSETS,
    DECLARED_ENGLISH,
    ENCODED,
    MOJIBAKE,
    Library,
    Record,
    SampleFile,
    duplicate_pairs,
    key,
    mixed,
)
from pipelines.sample.texts import Article, planted

SITE = "https://{language}.magazine.example/{topic}"


@dataclasses.dataclass(frozen=True)
class Page:
    url: str
    kind: str
    language: str | None
    body: bytes
    media_type: str = "text/html; charset=utf-8"
    status: str = "200 OK"
    headers: tuple[tuple[str, str], ...] = ()
    article: Article | None = None

    @property
    def native_id(self) -> str:
        return formats.record_id("response", self.url)


def article_page(article: Article) -> Page:
    """The page of an article, with the charset, encoding or false language planted for it."""
    name = key(article)
    url = SITE.format(language=article.language, topic=article.topic)
    if article.kind == "exact_duplicate":
        url = f"https://mirror.example.org/{article.language}/{article.topic}?from=share"
    elif article.kind == "near_duplicate":
        url = f"https://blog.example.net/{article.language}/{article.topic}"
    plain = Page(url, article.kind, article.language, formats.html_page(article), article=article)
    if article.kind not in {"good", "personal_data"}:
        return plain
    if name in CHARSETS:
        header, meta, codec = CHARSETS[name]
        body = formats.html_page(article)
        text = body.decode().replace(
            '<meta charset="utf-8">', f'<meta charset="{meta}">' * bool(meta)
        )
        media_type = "text/html" + f"; charset={header}" * bool(header)
        return dataclasses.replace(
            plain, kind="legacy_charset", body=text.encode(codec), media_type=media_type
        )
    if name in ENCODED:
        encodings = (("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked"))
        body = formats.chunked_gzip(plain.body)
        return dataclasses.replace(plain, kind="encoded_body", body=body, headers=encodings)
    if name in DECLARED_ENGLISH:
        body = formats.html_page(article, declared="en")
        return dataclasses.replace(plain, kind="wrong_language", body=body)
    return plain


def mojibake(article: Article) -> Article:
    """UTF-8 that somebody read as Latin-1 and saved as UTF-8 once more."""
    return dataclasses.replace(
        article,
        kind="mojibake",
        title=article.title.encode().decode("latin-1"),
        paragraphs=tuple(p.encode().decode("latin-1") for p in article.paragraphs),
    )


def planted_pages(library: Library) -> list[Page]:
    """Pages that a recipe for the eight languages should drop, and responses that are no pages."""
    pages = []
    for name in MOJIBAKE:
        article = mojibake(library.articles[name])
        url = f"https://old.example.com/{name.replace(' ', '/')}"
        pages.append(Page(url, "mojibake", article.language, formats.html_page(article)))
    for kind, repeats in (("boilerplate", 1), ("too_short", 1), ("repetitive", 30)):
        for number, section in enumerate(planted(kind)):
            _, language, title = section.heading
            body = formats.html_lines(language, title, section.lines * repeats)
            url = f"https://{kind.replace('_', '-')}.example/{language}/{number}"
            pages.append(Page(url, kind, language, body))
    for number, section in enumerate(planted("unlisted_language")[1:]):
        _, language, title = section.heading
        article = Article("", language, str(number), title, tuple(section.body.split("\n\n")))
        url = SITE.format(language=language, topic=number)
        pages.append(Page(url, "unlisted_language", language, formats.html_page(article)))
    sorry = formats.html_lines("en", "Not found", ["There is no page at this address."])
    moved = formats.html_lines("en", "Moved", ["The page has moved."])
    target = (("Location", "https://en.magazine.example/tea"),)
    data = json.dumps({"stories": [], "page": 1}).encode()
    return [
        *pages,
        Page("https://en.magazine.example/lost", "http_error", None, sorry, status="404 Not Found"),
        Page(
            "https://en.magazine.example/old", "http_redirect", None, moved,
            status="301 Moved Permanently", headers=target,
        ),
        Page("https://en.magazine.example/empty", "empty_body", None, b""),
        Page("https://en.magazine.example/dot.png", "not_html", None, PIXEL, "image/png"),
        Page("https://en.magazine.example/api", "not_html", None, data, "application/json"),
    ]  # fmt: skip


PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8ffff3f0005fe02fe0def46b80000000049454e44ae426082"
)


def page_records(page: Page, index: int) -> list[tuple[Record, bytes]]:
    """The response, and around every sixth page the request and metadata of its capture."""
    response = formats.response_record(
        page.url, index, page.body, page.media_type, page.status, page.headers
    )
    found = [(Record(page.native_id, page.kind, page.language), response)]
    if index % 6 == 0:
        concurrent = ("WARC-Concurrent-To", f"<{page.native_id}>")
        path = "/" + page.url.split("/", 3)[3]
        ask = f"GET {path} HTTP/1.1\r\nHost: {page.url.split('/')[2]}\r\n\r\n".encode()
        request_type = ("Content-Type", "application/http; msgtype=request")
        fields_type = ("Content-Type", "application/warc-fields")
        blocks = (("request", request_type, ask), ("metadata", fields_type, b"fetchTimeMs: 41\r\n"))
        for kind, media_type, block in blocks:
            record = formats.warc_record(kind, page.url, index, [media_type, concurrent], block)
            found.append((Record(formats.record_id(kind, page.url), kind), record))
    if index % 40 == 20:
        headers = [
            ("Content-Type", "application/http; msgtype=response"),
            ("WARC-Profile", "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest"),
            ("WARC-Refers-To", f"<{page.native_id}>"),
            ("WARC-Payload-Digest", formats.digest(page.body)),
        ]
        block = formats.http_response("200 OK", [("Content-Type", page.media_type)], b"")
        record = formats.warc_record("revisit", page.url, index, headers, block)
        found.append((Record(formats.record_id("revisit", page.url), "revisit"), record))
    return found


def web(library: Library) -> SampleFile:
    pages = [article_page(article) for article in library.published("web")]
    pages = mixed(pages + planted_pages(library), lambda page: page.url)
    name = "web.warc.gz"
    parts = [(Record(formats.record_id("warcinfo", name), "warcinfo"), formats.warcinfo(name))]
    for index, page in enumerate(pages, start=1):
        parts += page_records(page, index)
    pairs = duplicate_pairs((page.article, page.native_id) for page in pages if page.article)
    return SampleFile(b"".join(data for _, data in parts), [r for r, _ in parts], pairs)


def broken(library: Library) -> SampleFile:
    """Two good pages, then one that ends in the middle of its gzip member."""
    name = "broken.warc.gz"
    parts = [(Record(formats.record_id("warcinfo", name), "warcinfo"), formats.warcinfo(name))]
    pages = [article_page(article) for article in library.published("broken")]
    pages.append(
        dataclasses.replace(
            article_page(library.articles["en bees"]),
            url="https://archive.example.org/bees",
            kind="truncated",
        )
    )
    for index, page in enumerate(pages, start=1):
        record = formats.response_record(page.url, index, page.body)
        if page.kind == "truncated":
            record = record[: len(record) // 2]
        parts.append((Record(page.native_id, page.kind, page.language), record))
    return SampleFile(b"".join(data for _, data in parts), [r for r, _ in parts], {})


def wet(library: Library) -> SampleFile:
    """Text as a crawler extracts it: the whole page, menu and footer with it."""
    name = "crawl.warc.wet.gz"
    records = [Record(formats.record_id("warcinfo", name), "warcinfo")]
    parts = [formats.warcinfo(name)]
    section = planted("unlisted_language")[0]
    _, language, title = section.heading
    text = tuple(section.body.split("\n\n"))
    stranger = Article("unlisted_language", language, "sauna", title, text)
    published = mixed([*library.published("wet"), stranger], lambda a: f"{key(a)} {a.kind}")
    pairs = []
    for index, article in enumerate(published, start=1):
        links, (_, _, rights) = formats.NAVIGATION.get(article.language, formats.NAVIGATION["en"])
        lines = [article.title, " | ".join(links), *article.paragraphs, rights]
        url = f"https://{article.language}.text.example/{article.topic}?{article.kind}"
        headers = [
            ("WARC-Refers-To", f"<{formats.record_id('response', url)}>"),
            ("WARC-Identified-Content-Language", formats.ISO_639_3[article.language]),
            ("Content-Type", "text/plain"),
        ]
        parts.append(
            formats.warc_record("conversion", url, index, headers, "\n".join(lines).encode())
        )
        native_id = formats.record_id("conversion", url)
        records.append(Record(native_id, article.kind, article.language))
        pairs.append((article, native_id))
    return SampleFile(b"".join(parts), records, duplicate_pairs(pairs))
