"""Wikitext as Markdown, read by markdown-it, and the same words as plain text and as HTML."""

import re
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from filters.extract.main_content import extract
from filters.wikitext import Markup, wikitext_to_text
from manifests.schemas import WIKITEXT
from pipelines.recipe.plan import plan
from pipelines.recipe.recipe import Recipe, Source
from pipelines.sources import KINDS, open_unit
from tests.test_extract import records
from tests.test_markdown import COMMONMARK
from tests.test_markdown import markdown as from_html
from tests.test_sources_xml import dump, page


def text_of(wikitext: str, **markup: bool) -> str:
    pages = pa.array([wikitext], pa.large_string())
    text: str = wikitext_to_text(pages, Markup(language="en", **markup))[0].as_py()
    return text


def markdown(wikitext: str) -> str:
    return text_of(wikitext, markdown=True, tables=True)


@pytest.mark.parametrize(
    ("wikitext", "expected"),
    [
        ("a\n== B ==\nc\n==== D ====", "a\n\n## B\n\nc\n\n#### D"),
        ("== B == <!-- note -->\nc", "## B\n\nc"),
        ("= 5 apples", "5 apples"),
        ("a\n* b\n* c\nd", "a\n\n- b\n- c\n\nd"),
        ("* a\n** b\n*** c\n* d", "- a\n  - b\n    - c\n- d"),
        ("# a\n## b\n## c\n# d", "1. a\n   1. b\n   2. c\n2. d"),
        ("# a\n#* b\n# c\n\n# d", "1. a\n   - b\n2. c\n\n1. d"),
        ("** a\n* b", "- a\n- b"),
        ("# a<br>b\n# c\n* d", "1. a\n   b\n2. c\n\n- d"),
        ("<ol start=3><li>a<ul>\n<li>b</ul>\n<li>c</ol>\nd", "3. a\n   - b\n4. c\n\nd"),
        ("* a\n*: b", "- a\n\n  b"),
        ("; a\n: b", "a\n\nb"),
        ("* {{efn|x}}\n* a", "- a"),
        ("{|\n! a !! b\n|-\n| 1 || x|y\n|-\n| c\n|}",
         "| a | b |\n| --- | --- |\n| 1 | y |\n| c |"),
        ("{|\n|+ T\n| [[a|b]] || c\n|}", "T\n\n| b | c |\n| --- | --- |"),
        ("{|\n| a &#124; b\n| c\n|}", "| a \\| b | c |\n| --- | --- |"),
        ("{|\n| a\n* b\n* c\n|\n{|\n| d\n| e\n|}\n|}\nf",
         "a\n\n- b\n- c\n\n| d | e |\n| --- | --- |\n\nf"),
        ("{|\n| a || x\n|-\n| c\n# d\n# e\n| f\n|}",
         "| a | x |\n| --- | --- |\n| c 1. d 2. e | f |"),
        ("{|\n| a\n== B ==\nc", "a\n\n## B\n\nc"),
        ("<poem>\nA\n  b\n\n    C\n: d\n</poem>\ne", "A\n  b\n\nC\nd\n\ne"),
        ("<poem>\n a\n b", "```\na\nb\n```"),
        ("* <code>a`b</code>\n* <tt>``c`</tt>\n* <kbd>`</kbd>",
         "- ``a`b``\n- ``` ``c` ```\n- `` ` ``"),
        ("a<blockquote>b\n\nc</blockquote>d", "a\n\n> b\n>\n> c\n\nd"),
        ("a {{quote|b|C}} d", "a\n\n> b\n> — C\n\nd"),
        ("<blockquote>a\n== B ==\nc", "> a\n\n## B\n\nc"),
        ("<pre>\n a\n\n  b\n</pre>", "```\n a\n\n  b\n```"),
        ('<syntaxhighlight lang="Python" line>x = 1</syntaxhighlight>', "```python\nx = 1\n```"),
        ("<source lang=c>\nint x;\n</source>\ny", "```c\nint x;\n```\n\ny"),
        ("use <syntaxhighlight lang=c inline>x</syntaxhighlight> here", "use `x` here"),
        ("<pre>```</pre>", "````\n```\n````"),
        ("a\n b\n c\nd", "a\n\n```\nb\nc\n```\n\nd"),
        ("a <code>b</code>, <tt>c</tt> <code></code><code>d", "a `b`, `c` d"),
        ("<nowiki>* a</nowiki>", "* a"),
        ("a\2\3\16b", "ab"),
    ],
)  # fmt: skip
def test_marks_are_written_as_of_html(wikitext: str, expected: str) -> None:
    assert markdown(wikitext) == expected


@pytest.mark.parametrize(
    ("wikitext", "html"),
    [
        ("==A==\nb\n===C===", "<h2>A</h2><p>b</p><h3>C</h3>"),
        ("* a\n* b\n** c\n*** d\n* e",
         "<ul><li>a</li><li>b<ul><li>c<ul><li>d</li></ul></li></ul></li><li>e</li></ul>"),
        ("# a\n## b\n# c", "<ol><li>a<ol><li>b</li></ol></li><li>c</li></ol>"),
        ("<blockquote>a\n\nb</blockquote>\nc", "<blockquote><p>a</p><p>b</p></blockquote><p>c</p>"),
        ("<pre>\na &lt; b\n</pre>", "<pre><code>a &lt; b\n</code></pre>"),
        ("{|\n! a !! b\n|-\n| 1 || 2\n|}",
         "<table><thead><tr><th>a</th><th>b</th></tr></thead>"
         "<tbody><tr><td>1</td><td>2</td></tr></tbody></table>"),
        ("{|\n! a !! b !! c\n|-\n| || 2 ||\n|-\n"
         "| rowspan=2 | x || y<nowiki>|</nowiki> || z\n|-\n| 4 || 5\n|}",
         "<table><thead><tr><th>a</th><th>b</th><th>c</th></tr></thead><tbody>"
         "<tr><td></td><td>2</td><td></td></tr><tr><td>x</td><td>y|</td><td>z</td></tr>"
         "<tr><td></td><td>4</td><td>5</td></tr></tbody></table>"),
        ("a <code>b`c</code> <code>`</code>", "<p>a <code>b`c</code> <code>`</code></p>"),
        ("<pre>\n````\n```\n</pre>", "<pre><code>````\n```\n</code></pre>"),
        ("<poem>\n    a\n b\n\n  c\n</poem>", "<p>a\nb</p><p>c</p>"),
    ],
)  # fmt: skip
def test_a_parser_of_markdown_reads_back_what_the_wiki_shows(wikitext: str, html: str) -> None:
    shown = COMMONMARK.render(markdown(wikitext)).replace(">\n", ">").replace("\n<", "<").strip()
    assert shown.replace("\n</code>", "</code>") == html.replace("\n</code>", "</code>")


PIECES = ["\n", "* ", "# ", ":", "== ", " ==", "{|\n", "|}\n", "|-\n", "| ", "||", "! ", " ", "\n ",
          "<blockquote>", "</blockquote>", "<pre>", "</pre>", "<code>", "</code>", "[[", "]]", "{{",
          "}}", "<syntaxhighlight lang=c>", "</syntaxhighlight>", "word", "字", "(",
          ")", "<ref>", "</ref>"]  # fmt: skip
MARKS = re.compile(r"[#>|`\\\s0-9.*-]+|\[sic\]")


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
@example("== a == <code>")
@example("== == </code>")
def test_markdown_has_the_words_of_the_plain_text(wikitext: str) -> None:
    plain = text_of(wikitext, tables=True)
    found = markdown(wikitext).replace("```c\n", "")
    assert MARKS.sub("", found) == MARKS.sub("", plain)


ARTICLE = """'''Herons''' are birds.
== Species ==
* ''Ardea''
** ''[[Ardea alba|great egret]]''
* ''Egretta''
<blockquote>A heron stood there.</blockquote>
# stand
# wait
Run <code>count()</code>:
<syntaxhighlight lang="python">
def count():
    return 2
</syntaxhighlight>
{|
! Bird !! Height
|-
| Grey heron || 1 m
|}"""
RENDERED = """<p><b>Herons</b> are birds.</p><h2>Species</h2>
<ul><li><i>Ardea</i><ul><li><i><a href="./Ardea_alba">great egret</a></i></li></ul></li>
<li><i>Egretta</i></li></ul><blockquote>A heron stood there.</blockquote>
<ol><li>stand</li><li>wait</li></ol><p>Run <code>count()</code>:</p>
<div class="mw-highlight mw-highlight-lang-python"><pre>def count():
    return 2
</pre></div><table><tr><th>Bird</th><th>Height</th></tr>
<tr><td>Grey heron</td><td>1 m</td></tr></table>"""


def test_an_article_is_the_same_as_wikitext_and_as_html() -> None:
    found = [t.replace("```python", "```") for t in (markdown(ARTICLE), from_html(RENDERED))]
    words = [re.findall(r"\w+", text) for text in found]
    assert words[0] == words[1]
    assert found[0] == found[1]


def test_a_page_of_nested_things_takes_time_and_text_that_grow_with_its_size() -> None:
    depth = 3_000
    wikitext = "<blockquote>" * depth + "*" * depth + " a\n" + "* a\n** b\n" * depth
    assert len(markdown(wikitext)) < 40 * len(wikitext)


def test_the_recipe_reaches_readers_that_make_the_text(tmp_path: Path) -> None:
    path = tmp_path / "w.xml"
    path.write_bytes(dump(page(1, "== a ==\n* b")))
    texts = {}
    for layout in ("plain", "markdown"):
        source = Source(name="w", kind="mediawiki", path=str(path))
        recipe = Recipe(name="r", sources=(source,), documents={"text": layout})
        (unit,) = plan(recipe).units
        with open_unit(unit) as file:
            (batch,) = KINDS["mediawiki"].read(unit, file, 10, 1 << 20)
        texts[layout] = batch["content"].to_pylist()
        assert dict(unit.options).get("layout") == (None if layout == "plain" else layout)
    assert texts == {"plain": [b"a\n\n- b"], "markdown": [b"## a\n\n- b"]}


def test_rows_of_wikitext_have_the_layout_too() -> None:
    batch = records({"content": b"== a ==\n* b", "media_type": WIKITEXT})
    assert extract(batch, layout="markdown")["text"].to_pylist() == ["## a\n\n- b"]
