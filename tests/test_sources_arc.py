"""ARC: pages of the crawls before WARC, written here after the format's description of 1996."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from pipelines.sources import KINDS
from tests.reading import Row, documents, errors, outcomes, rows

PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html>page %d</html>"
VERSION_1 = b"1 0 InternetArchive\nURL IP-address Archive-date Content-type Archive-length\n"
VERSION_2 = (
    b"2 0 InternetArchive\nURL IP-address Archive-date Content-type Result-code Checksum "
    b"Location Offset Filename Archive-length\n"
)


def record(
    url: bytes, content: bytes, kind: bytes = b"text/html", length: int | None = None
) -> bytes:
    size = len(content) if length is None else length
    return b"%s 192.0.2.7 20041015060312 %s %d\n%s\n" % (url, kind, size, content)


def page(number: int, **options: Any) -> bytes:
    return record(b"http://example.org/%d" % number, PAGE % number, **options)


FIRST = record(b"filedesc://a.arc", VERSION_1, b"text/plain")


def read(tmp_path: Path, data: bytes, kind: str = "warc", **options: Any) -> list[Row]:
    path = tmp_path / "a.arc"
    path.write_bytes(data)
    return rows(kind, path, **options)


def urls(found: list[Row]) -> list[str]:
    return [row["url"].rpartition("/")[2] for row in documents(found)]


@pytest.mark.parametrize("packed", ["plain", "member", "members"])
@pytest.mark.parametrize("version", [1, 2])
def test_pages_of_an_arc_are_pages(tmp_path: Path, packed: str, version: int) -> None:
    records = [FIRST, page(1), page(2)]
    if version == 2:
        fields = b"text/html 200 A7Q - 99 a.arc"
        records = [record(b"filedesc://a.arc", VERSION_2, b"text/plain 200 - - 0 a.arc")]
        records += [page(1, kind=fields), page(2, kind=fields)]
    if packed != "plain":
        records = [b"".join(records)] if packed == "member" else records
        records = [gzip.compress(data) for data in records]
    found = read(tmp_path, b"".join(records))
    assert outcomes(found) == {"warc.warcinfo": 1, "document": 2}
    assert [row["content"] for row in found[1:]] == [b"<html>page 1</html>", b"<html>page 2</html>"]
    assert found[1]["url"] == "http://example.org/1"
    assert found[1]["date"] == "2004-10-15T06:03:12Z"
    assert found[1]["charset"] == "utf-8"
    assert found[1]["input_bytes"] == len(PAGE % 1)
    assert len({row["native_id"] for row in found}) == 3


@pytest.mark.parametrize(
    ("data", "outcome"),
    [
        (
            record(b"dns:example.org", b"20041015060312\nexample.org. A", b"text/dns"),
            "warc.not_http",
        ),
        (record(b"ftp://example.org/a", b"a file", b"text/plain"), "warc.not_http"),
        (record(b"http://a.example/", b"HTTP/1.0 404 No\r\n\r\nno"), "warc.http_status"),
        (record(b"http://a.example/", PAGE.replace(b"text/html", b"image/png")), "warc.not_html"),
        (record(b"http://a.example/", b"<html>of HTTP 0.9"), "error"),
        (record(b"http://a.example/a b c", PAGE), "document"),
        (record(b"http://a.example/", PAGE, b"text/html; charset=utf-8"), "document"),
        (record(b"http://a.example/", PAGE, b""), "document"),
        (record(b"HTTPS://a.example/", PAGE, b"no-type"), "document"),
        (record(b"http://a.example/", PAGE) + b"\n\r\n", "document"),
        (record(b"http://a.example/", PAGE)[:-1], "document"),  # no line end before the next
        (record(b"http://a.example/", PAGE, length=20), "error"),
        (record(b"http://a.example/", PAGE, length=len(PAGE) + 9), "error"),
    ],
)
def test_each_record_is_accounted_for_and_the_next_is_read(
    tmp_path: Path, data: bytes, outcome: str
) -> None:
    found = read(tmp_path, FIRST + data + page(2) + page(3))
    assert outcomes(found[1:2]) == {outcome: 1}
    assert urls(found[2:]) == ["2", "3"]
    assert len(found) == 4


def test_what_is_no_record_costs_the_page_before(tmp_path: Path) -> None:
    """Only the next record proves that the length of a page is right."""
    garbage = b"neither a record\nnor a page of http://a.example/\n"
    found = read(tmp_path, FIRST + page(1) + page(2) + garbage + page(3) + page(4))
    assert urls(found) == ["1", "3", "4"]
    assert len(errors(found)) == 1


def test_a_cut_arc_keeps_every_page_before_the_cut(tmp_path: Path) -> None:
    found = read(tmp_path, (FIRST + page(1) + page(2))[:-20])
    assert urls(found) == ["1"]
    assert ["the file is incomplete" in error for error in errors(found)] == [True]


def test_a_corrupt_member_costs_its_record_only(tmp_path: Path) -> None:
    members = [bytearray(gzip.compress(data)) for data in (FIRST, page(1), page(2), page(3))]
    members[2][-6] ^= 255
    found = read(tmp_path, b"".join(members))
    assert urls(found) == ["1", "3"]
    assert len(errors(found)) == 1


def test_a_record_over_the_limit_is_passed_over(tmp_path: Path) -> None:
    big = record(b"http://a.example/", PAGE + b"x" * 9999)
    found = read(tmp_path, FIRST + big + page(2), limit=5000)
    assert urls(found) == ["2"]
    assert errors(found)[0].startswith("record of 10")


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_units_of_an_arc_are_the_whole_file(tmp_path: Path, pack: Any) -> None:
    """A range that begins in an ARC would find no member that begins with WARC."""
    path = tmp_path / "a.arc"
    path.write_bytes(b"".join(map(pack, [FIRST, *map(page, range(200))])))
    found: list[Row] = []
    for span in KINDS["warc"].split(str(path), path.stat().st_size, 5000):
        found += rows("warc", path, span=span)
    assert urls(found) == [str(number) for number in range(200)]


@pytest.mark.parametrize("batch_docs", [1, 2])
def test_rows_do_not_depend_on_the_batch_size(tmp_path: Path, batch_docs: int) -> None:
    data = FIRST + b"x\n" + b"".join(map(page, range(5)))
    assert read(tmp_path, data, batch_docs=batch_docs) == read(tmp_path, data)


def test_a_page_about_arc_is_not_taken_apart(tmp_path: Path) -> None:
    found = read(tmp_path, FIRST + record(b"http://a.example/1", PAGE + b"\n" + page(7)) + page(2))
    assert urls(found) == ["1", "2"]


def test_a_date_without_a_time_costs_no_record(tmp_path: Path) -> None:
    """The record was lost, and the one before it, whose end could not be found."""
    data = FIRST + page(1) + page(2).replace(b"20041015060312", b"20041015") + page(3)
    (tmp_path / "a.arc").write_bytes(data)
    found = documents(rows("warc", tmp_path / "a.arc"))
    assert [row["url"] for row in found] == [f"http://example.org/{n}" for n in (1, 2, 3)]
    assert found[1]["date"] == "2004-10-15T00:00:00Z"


@pytest.mark.parametrize("packed", ["plain", "member", "members"])
def test_a_piece_of_an_arc_lacks_its_first_record(tmp_path: Path, packed: str) -> None:
    records = [page(1), page(2)]
    if packed != "plain":
        records = [b"".join(records)] if packed == "member" else records
        records = [gzip.compress(data) for data in records]
    found = read(tmp_path, b"".join(records))
    assert outcomes(found) == {"document": 2}
    assert urls(found) == ["1", "2"]
