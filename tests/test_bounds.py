"""Markup that the HTML parser needs minutes for is an error of its page."""

import html.parser

import pyarrow as pa
import pytest

from filters.extract import bounds
from filters.extract.main_content import extract
from manifests import schemas

FEW, MANY = bounds.MOST_ATTRIBUTES // 2, bounds.MOST_ATTRIBUTES + 1


def tag(attribute: str, count: int) -> str:
    return f"<p{''.join(attribute.format(n=n) for n in range(count))}>A text.</p>"


ATTRIBUTES = [
    " a{n}", " a{n}=b", ' a{n}="b c d"', "\na{n} = 'b'", "/a{n}", ' a{n}="b"', '\ta"{n}',
    " a<{n}=b", " ={n}",
]  # fmt: skip


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_attributes_are_counted(attribute: str) -> None:
    with pytest.raises(bounds.TooMuch, match="a tag has more than 5,000 attributes"):
        bounds.bounded(tag(attribute, MANY))
    assert bounds.bounded(tag(attribute, FEW))


def test_pythons_parser_counts_as_many() -> None:
    found: list[int] = []

    class Counting(html.parser.HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append(len(attrs))

    for attribute in ATTRIBUTES[:6]:
        Counting().feed(tag(attribute, MANY))
    assert found == [MANY] * 6


@pytest.mark.parametrize(
    "page",
    [
        f'<img src="data:image/png;base64,{"a b=" * 9000}">',
        f"<meta content='{'many words ' * 9000}'>",
        f"<p>a < b {'and c ' * 9000}",
        f"<script>if (a<b {'x = 1; ' * 9000}</script><p>",
        f"<!-- <p {'x = 1; ' * 9000}--><p>",
        "<p>" + "<i>a</i>" * 9000,
        "<label><input></label>" * 9000,
        "<template><p>a</template>" * 9000,
        "<div>" * 90_000,
        "<ul><li>a" * 30_000,
        "<table>" + "<tr><td><font size=1>a<td><form><input></form>" * 30_000,
        "<ul>" + "<li>a<br><img src=a>" * 30_000,
        "<select>" + "<option>a" * 9000,
        "<svg><g><path d=''/><path/></g></svg>" * 30_000,
    ],
    ids=["data", "words", "sign", "script", "comment", "tags", "labels", "templates", "deep",
         "lists", "cells", "items", "options", "drawings"],
)  # fmt: skip
def test_what_is_long_and_not_much_is_read(page: str) -> None:
    assert bounds.bounded(page)


@pytest.mark.parametrize(
    "page",
    [
        tag(" a{n}=b", 50_000),
        "<label><input>" * 20_000,
        "<p>It ends the process that writes it.</p>" + "<template>a" * 80_000,
        "<TEMPLATE><div>" * 50_000 + "</template>" * 50_000,
        "<select><optgroup>" * 60_000,
        "<form><div>" * 60_000,
        "<div>" * 30_000 + "<li></li>" * 30_000,
        "<span>" * 30_000 + "</section>" * 30_000,
        "<option></option>" * 60_000,
    ],
)
def test_a_page_with_too_much_is_an_error_row(page: str) -> None:
    rows = [
        dict.fromkeys(schemas.RECORDS.names)
        | {"native_id": "1", "media_type": kind, "input_bytes": 9, "content": page.encode()}
        for kind in (schemas.HTML, schemas.HTML_FRAGMENT)
    ]
    other = {**rows[0], "native_id": "2", "content": b"<p>A text beside it, which is read.</p>"}
    records = pa.RecordBatch.from_pylist([*rows, other], schema=schemas.RECORDS)
    found = extract(records, "fast")
    assert [schemas.error_kind(e) for e in found["error"].to_pylist()[:2]] == ["limit.markup"] * 2
    assert found["text"].to_pylist()[2] == "A text beside it, which is read."


def test_options_are_read_in_time_by_their_number() -> None:
    for option in ("<option>a", "<option value='a'>b</OPTION>"):
        page = f"<p>A text before.</p><select>{option * 60_000}</select><option>of none</option>"
        cut = bounds.bounded(page)
        assert cut.count("option>") == 2
