"""What trafilatura leaves out or joins, `documents.extract: precise` writes as pages show it."""

from typing import Any

import lxml.html
import pyarrow as pa
import pytest

from filters.extract import precise
from filters.extract.main_content import extract
from tests.test_extract import page, records

pytest.importorskip("trafilatura")

LONG = "<p>" + "The mill by the river ground the grain of forty farms until it closed. " * 4
BODY = """<p>There were 10<sup>6</sup> sacks, at H<sub>2</sub>O level, in १०<sup>६</sup> rooms.</p>
<template><p>Nobody reads what a template has.</p></template><p hidden>Nor what is hidden.</p>
<p>Born <time>5 May 1901</time>; press <button>Save</button> to keep it, as all of us do.</p>
<ol start=3><li>Grind the grain between two stones.<li>Bake the bread in the oven.
<li>5. Eat it when it is cold.</ol>
<pre><code>def f():
    a = 1


    return a</code></pre>
<table><tr><td class=gutter><pre>1
2</pre></td><td class=code><pre>def g():
    return 2</pre></td></tr></table>"""


def precise_text(body: str) -> str:
    batch: pa.RecordBatch = extract(records({"content": page(body)}), mode="precise")
    text: str = batch["text"][0].as_py()
    return text


def test_precise_writes_what_a_page_shows() -> None:
    text = precise_text(f"<article><h1>The mill</h1>{LONG}{BODY}{LONG}</article>")
    assert "There were 10^6 sacks, at H2O level, in १०^६ rooms." in text
    assert "Nobody" not in text
    assert "hidden" not in text
    assert "Born 5 May 1901; press Save to keep it" in text
    assert "3. Grind the grain between two stones.\n4. Bake the bread in the oven.\n" in text
    assert "- 5. Eat it when it is cold." in text
    assert "def f():\n    a = 1\n\n\n    return a\n" in text
    assert "def g():\n    return 2\n" in text
    assert "\u27e6" not in text


def test_tables_of_other_cells_and_lone_times_stay_as_they_are() -> None:
    body = "<table><tr><td>Use<td><pre>f(1)</pre></table><div><time>1901</time></div><sup>"
    root = lxml.html.document_fromstring(body)
    precise.prepare(root, lambda tree: "", markdown=False)
    found = lxml.html.tostring(root, encoding="unicode")
    assert "<td>Use</td><td><pre>f(1)\n</pre></td>" in found
    assert "<time>1901</time>" in found


@pytest.mark.parametrize(
    "mark",
    ['style="display:none"', 'class="hidden"', 'class="sr-only"', 'class="gone"', "hidden",
     'style="position:absolute;left:-9999px"'],
)  # fmt: skip
def test_precise_leaves_out_what_a_page_hides(mark: str) -> None:
    part = f"<style>.gone{{display:none}}</style><div {mark}><p>SECRET words of it.</p></div>"
    text = precise_text(f"<article><h1>The mill</h1>{LONG}{part}{LONG}</article>")
    assert "SECRET" not in text
    assert "The mill by the river" in text
    line = f"<p>The wheel <span {mark}>SECRET</span> turned for a hundred years, until now.</p>"
    line = line.replace("<span hidden>", "<span class=sr-only>")
    text = precise_text(f"<article><h1>The mill</h1>{LONG}{line}{part}{LONG}</article>")
    assert "The wheel turned for a hundred years" in text


def test_precise_keeps_what_a_click_shows() -> None:
    part = "<details><summary>More</summary><p>Wheel of oak, stones granite.</p></details>"
    assert "stones granite" in precise_text(
        f"<article><h1>The mill</h1>{LONG}{part}{LONG}</article>"
    )


@pytest.mark.parametrize(
    "code",
    ["a = 1\n\n\nb = 2", "a = 1\r\n\r\n\r\nb = 2", "a = 1<br><br><br>b = 2",
     "\n\na = 1\n\n \nb = 2\n",
     "<span>a = 1</span>\n<span></span>\n<span></span>\n<span>b = 2</span>"],
)  # fmt: skip
@pytest.mark.parametrize("layout", ["plain", "markdown"])
def test_precise_keeps_blank_lines_of_code(code: str, layout: Any) -> None:
    body = f"<article><h1>The mill</h1>{LONG}<pre><code>{code}</code></pre>{LONG}</article>"
    batch = extract(records({"content": page(body)}), mode="precise", layout=layout)
    assert "a = 1\n\n\nb = 2\n" in batch["text"][0].as_py()
