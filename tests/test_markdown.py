"""Markdown that pages become, read by markdown-it, a parser that other people wrote."""

import html

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from resiliparse.parse.html import HTMLTree

from filters.extract.main_content import extract, whole_text
from manifests.schemas import HTML_FRAGMENT
from tests.test_extract import records

COMMONMARK = MarkdownIt("commonmark").enable("table")


def markdown(page: str) -> str:
    return whole_text(HTMLTree.parse(page), markdown=True)


def shown(page: str) -> str:
    """What a reader of the Markdown would see, as HTML without line ends between elements."""
    lines = COMMONMARK.render(markdown(page)).replace(">\n", ">").replace("\n<", "<")
    return lines.strip()


@pytest.mark.parametrize(
    "page",
    [
        "<h1>A</h1><h3>B</h3><p>c</p>",
        "<p>a</p><blockquote><p>b</p><p>c</p></blockquote><p>d</p>",
        "<blockquote><p>a</p><blockquote><p>b</p></blockquote></blockquote>",
        "<ul><li>a</li><li>b<ul><li>c<ul><li>d</li></ul></li></ul></li><li>e</li></ul>",
        "<ol><li>a<ol><li>b</li><li>c</li></ol></li><li>d</li></ol>",
        "<ol>" + "".join(f"<li>{n}<ul><li>x</li></ul></li>" for n in range(1, 12)) + "</ol>",
        "<p>see <code>x = 1</code> there</p>",
        '<pre><code class="language-python">def f():\n    return 1\n\n\nx = f()\n</code></pre>',
        "<pre><code>````\n```\n</code></pre><p>a</p>",
        "<blockquote><pre><code>a\n  b\n\nc\n</code></pre></blockquote>",
        "<ul><li><p>a</p><pre><code>x\n\n  y\n</code></pre></li></ul>",
        "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr>"
        "<tr><td></td><td>4</td></tr><tr><td>5</td><td></td></tr></tbody></table>",
        "<table><thead><tr><th>a|b</th><th>c</th></tr></thead></table><p>d</p>",
        "<p>一つ</p><ul><li>二</li></ul><h2>三</h2>",
    ],
)
def test_what_has_a_mark_in_markdown_is_read_back_as_it_was(page: str) -> None:
    assert shown(page) == page.replace("\n</code>", "</code>")


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ('<div class="highlight highlight-source-c"><pre>int x;</pre></div>', "```c\nint x;\n```"),
        ('<pre class="brush: js; toolbar: false">f()</pre>', "```js\nf()\n```"),
        ('<pre class="lang-c++">f()</pre>', "```c++\nf()\n```"),
        ('<div alt="two words"><pre>f()</pre></div>', "```\nf()\n```"),
        ("<pre>a<br>b\n<br>c</pre>", "```\na\nb\n\nc\n```"),
        ("<p>a<code> </code>b</p>", "a b"),
        ("<p>press<kbd>Ctrl</kbd></p>", "press`Ctrl`"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("<table><caption>T</caption><tr><td>a<td>b</table>", "T\n\n| a | b |\n| --- | --- |"),
        ("<table><tr><td>a<br>b<td>c</table>", "| a b | c |\n| --- | --- |"),
        ("<p>10<sup>6</sup> <code>x</code></p>", "10^6 `x`"),
        ("<li><h3>a</h3>b</li>", "- ### a\n\n  b"),
        ("<ul><li><code>--x</code>: y</li></ul>", "- `--x`: y"),
        ('<p><code><span class="pre">os</span></code> is</p>', "`os` is"),
        ("<p>a <code>``x``</code></p>", "a ``x``"),
        ("<h2>a<br>b</h2>", "## a b"),
        ("<ul><li>a<ul><li>b</ul>tail</ul>", "- a\n  - b\n  tail"),
    ],
)
def test_the_rest_is_written_as_the_documentation_says(page: str, expected: str) -> None:
    assert markdown(page) == expected


MARKS = str.maketrans("", "", "#>-|`\\ \n\t0123456789.")
PIECES = st.sampled_from(["p", "h2", "li", "ul", "ol", "blockquote", "pre", "code", "td", "tr",
                          "table", "div", "br", "sup", "a"])  # fmt: skip
TEXTS = st.text(st.characters(categories=["L", "N", "P", "Zs"], max_codepoint=0x3100), max_size=9)


@settings(deadline=None)
@given(st.lists(st.one_of(TEXTS.map(html.escape), PIECES.map("<{}>".format),
                          PIECES.map("</{}>".format)), max_size=30))  # fmt: skip
def test_markdown_has_the_words_of_the_plain_text(pieces: list[str]) -> None:
    """Whatever the page looks like, nothing is lost and nothing but marks is added."""
    tree = HTMLTree.parse("".join(pieces))
    plain = whole_text(tree).translate(MARKS)
    assert whole_text(tree, markdown=True).translate(MARKS) == plain


def test_deep_nesting_does_not_make_the_text_grow_with_its_square() -> None:
    depth = 5_000
    page = "<ul><li>a" * depth + "<blockquote><pre>" * 300 + "x\n" * 100
    assert len(markdown(page)) < 40 * len(page)


def test_the_layout_is_chosen_for_pages_and_posts() -> None:
    post = records({"content": b"<h2>a</h2><p>b</p>", "media_type": HTML_FRAGMENT})
    assert extract(post)["text"].to_pylist() == ["a\n\nb"]
    assert extract(post, layout="markdown")["text"].to_pylist() == ["## a\n\nb"]
