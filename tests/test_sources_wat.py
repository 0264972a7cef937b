"""WAT: links of pages as documents, and what becomes of every other record."""

import json
from pathlib import Path
from typing import Any

from tests.reading import Row, documents, errors, outcomes, rows

LINKS = [
    {"path": "A@/href", "url": "/b?c=d#e", "text": " the  bend\nof a river "},
    {"path": "IMG@/src", "url": "/mill.png"},
    {"path": "A@/href", "url": "https://नदी.example/मोड़", "text": "मोड़"},
    {"path": "A@/href", "url": "mailto:me@example.org", "text": "write"},
    {"path": "A@/href", "url": "c.html"},
    {"path": "A@/href", "url": "http://[", "text": "none"},
    {"path": "A@/href", "url": 7},
    {"path": "A@/href"},
    "no link",
]


def note(number: int, page: Any = None, status: Any = "200", kind: str = "metadata") -> bytes:
    response: Any = {"Response-Message": {"Status": status}}
    if page is not None:
        response["HTML-Metadata"] = page
    content = json.dumps({"Envelope": {"Payload-Metadata": {"HTTP-Response-Metadata": response}}})
    return raw(number, content.encode(), kind)


def raw(number: int, content: bytes, kind: str = "metadata") -> bytes:
    return (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:{number}>\r\n"
        f"WARC-Target-URI: https://example.org/a/{number}\r\nWARC-Date: 2024-01-01T00:00:00Z\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    ).encode() + content + b"\r\n\r\n"  # fmt: skip


def read(tmp_path: Path, data: bytes, **options: Any) -> list[Row]:
    path = tmp_path / "a.warc.wat"
    path.write_bytes(data)
    return rows("wat", path, **options)


def test_links_are_lines_of_address_and_text(tmp_path: Path) -> None:
    page = {"Head": {"Title": "A  mill"}, "Links": LINKS}
    (row,) = read(tmp_path, note(1, page))
    assert row["content"].decode().split("\n") == [
        "https://example.org/b?c=d#e\tthe bend of a river",
        "https://नदी.example/मोड़\tमोड़",
        "https://example.org/a/c.html",
    ]
    assert (row["url"], row["title"]) == ("https://example.org/a/1", "A mill")
    assert row["date"] == "2024-01-01T00:00:00Z"
    assert row["media_type"] == "text/plain"


def test_the_pages_base_element_counts(tmp_path: Path) -> None:
    page = {"Head": {"Base": "//cdn.example/x/"}, "Links": [{"path": "A@/href", "url": "y"}]}
    assert read(tmp_path, note(1, page))[0]["content"] == b"https://cdn.example/x/y"


def test_links_are_resolved_against_a_url_in_angle_brackets(tmp_path: Path) -> None:
    data = note(1, {"Links": [{"path": "A@/href", "url": "y"}]})
    (row,) = read(tmp_path, data.replace(b"https://example.org/a/1", b"<https://example.org/a/1>"))
    assert (row["url"], row["content"]) == ("https://example.org/a/1", b"https://example.org/a/y")


def test_each_record_is_accounted_for(tmp_path: Path) -> None:
    request = {"Envelope": {"Payload-Metadata": {"HTTP-Request-Metadata": {}}}}
    data = b"".join(
        [
            raw(1, b"a: b\r\n", "warcinfo"),
            raw(2, json.dumps(request).encode()),
            note(3, {"Links": LINKS}, "404"),
            note(4),
            note(5, {"Links": LINKS[1:2]}),
            note(6, {"Links": {}}),
            note(7, {"Links": LINKS}, 200),
            raw(8, b"[1]"),
            raw(9, b"{"),
            raw(10, b'{"Envelope": 7}'),
            note(11, [LINKS]),
        ]
    )
    found = read(tmp_path, data)
    assert outcomes(found) == {
        "warc.warcinfo": 1, "wat.no_response": 2, "warc.http_status": 1, "warc.not_html": 2,
        "wat.no_links": 2, "document": 1, "error": 2,
    }  # fmt: skip
    assert errors(found) == ["JSON value is no object", "no valid JSON at character 1"]


def test_pages_may_be_chosen_by_a_list(tmp_path: Path) -> None:
    listed = tmp_path / "urls.txt"
    listed.write_text("http://example.org/a/2\n")
    data = note(1, {"Links": LINKS}) + note(2, {"Links": LINKS})
    found = documents(read(tmp_path, data, urls=str(listed)))
    assert [row["url"] for row in found] == ["https://example.org/a/2"]
