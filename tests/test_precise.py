"""What trafilatura leaves out or joins, `documents.extract: precise` writes as pages show it."""

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
