"""What a browser draws is written as a person sees it, and nothing that it does not show."""

import pytest
from resiliparse.parse.html import HTMLTree

from filters.extract.main_content import whole_text
from tests.test_markdown import markdown


def text(html: str) -> str:
    return whole_text(HTMLTree.parse(html))


def katex(inner: str) -> str:
    return f"so <span class=katex><span class=katex-html aria-hidden=true>{inner}</span></span>."


def pile(kind: str, *parts: str) -> str:
    inner = "".join(f"<span style='top:-3em'><span>{part}</span></span>" for part in parts)
    return (
        f"<span class='{kind}'><span class='vlist-t {'vlist-t2' if len(parts) > 1 else ''}'>"
        f"<span class=vlist-r><span class=vlist>{inner}</span><span class=vlist-s>\u200b</span>"
        "</span></span></span>"
    )


CODECOGS = "https://latex.codecogs.com/"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (katex(f"<span>y</span><span>=</span><span>2x{pile('msupsub', '3')}</span>"), "so y=2x^3."),
        (katex(f"<span>a{pile('msupsub', 'i', '2')}</span>"), "so a_i^2."),
        (katex(f"1{pile('mfrac', '2', '', '3')}"), "so 1 3/2."),  # they stand from below
        (katex(pile("mfrac", "b", "", "a")), "so a/b."),
        (katex(f"x={pile('mfrac', '2a', '', '−b±' + pile('mord sqrt', 'c+1', ''))}"),
         "so x=(−b±√(c+1))/(2a)."),
        (katex(pile("mfrac", "y+1", "", pile("mfrac", "x", "", "1"))), "so (1/x)/(y+1)."),
        (katex(f"{pile('mfrac', '10', '', 'x' + pile('msupsub', '2'))}<span>t</span>"),
         "so x^2/10 t."),
        (katex(f"2{pile('mord sqrt', '2', '')}"), "so 2√2."),
        (katex(f"{pile('mfrac', 'n', '')}=1"), "so n=1."),
        ("at <span class=math data-math='v_0'><span class=katex-html>v0</span></span>", "at $v_0$"),
        ("a<div data-math='\\frac12'>12</div>b", "a\n\n$\\frac12$\nb"),
        (f"so <img src='{CODECOGS}png.latex?%5Cfrac%7B1%7D%7Bx%7D'>", "so $\\frac{1}{x}$"),
        (f"so <img src='{CODECOGS}svg.image?\\dpi{{90}}&space;x&plus;y' alt='LaTeX'>", "so $x+y$"),
        (f"so <img alt='x+y' src='{CODECOGS}gif.latex?x'>", "so $x+y$"),
        ("so <img class=latex alt=equation src=7.png> is", "so is"),
        ("<img alt='equation'> <img src='/a?b=c'>x", "x"),
    ],
)  # fmt: skip
def test_formulas_without_a_source_beside_them_are_read(html: str, expected: str) -> None:
    assert text(f"<p>{html}") == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (
            "Done <img class=wp-smiley alt='🎉'> all <img class='emoji x' alt=':tada:'>",
            "Done 🎉 all :tada:",
        ),
        ("Done <img alt='✅' src=a.png>", "Done ✅"),
        ("<img class=initial src=o.gif alt=O>nce upon", "Once upon"),
        (
            "<img class=gaiji src=9.png alt='※(「王＋民」、第3水準1-88-9)'>珠だ。",
            "※(「王＋民」、第3水準1-88-9)珠だ。",
        ),
        ("<img alt=O> nce <img alt=Once>upon <img alt=x>it <img alt=O>NCE", "nce upon it NCE"),
    ],
)
def test_pictures_of_signs_are_these_signs(html: str, expected: str) -> None:
    assert text(f"<p>{html}") == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<dialog open><p>Seen</p></dialog><dialog id=d><p>Not</p></dialog>", "Seen"),
        ("<x-tabs><template shadowrootmode=open><p>Shadow</p><slot></slot></template>"
         "<p>Light</p></x-tabs><template><p>Not</p></template>", "Shadow\n\nLight"),
        ("<p>Page</p><iframe srcdoc='<p>Inner &amp;amp; more</p><script>no</script>'></iframe>",
         "Page\n\nInner & more"),
        ("<iframe src=x>Not</iframe><iframe srcdoc>Not</iframe>", ""),
        ("<frameset><frame src=a><noframes><p>Not</p></noframes></frameset>", ""),
        ("<p>a</p><svg><title>Not</title><defs><text>Not</text></defs><desc>Not</desc><g><text>Axis"
         "</text><text>North <tspan>East</tspan></text></g></svg>", "a\n\nAxis\nNorth East"),
        ("<svg><text><tspan x=1>One</tspan><tspan x=1 dy=9>Two</tspan></text></svg>", "One\nTwo"),
        ("<svg><foreignObject><div>Step one</div></foreignObject></svg>", "Step one"),
        ("<object data=f.swf><param name=x><p>Instead</p></object><object data=a.pdf>Not</object>",
         "Instead"),
        ("<video>Not</video><canvas>Not</canvas><audio>Not</audio>", ""),
    ],
)  # fmt: skip
def test_text_is_what_a_browser_shows(html: str, expected: str) -> None:
    assert text(html) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<div class=code><pre>x = 1</pre><div><button>Copy</button></div></div>", "x = 1"),
        ("<pre>x</pre><button aria-label='Copy code to clipboard'>C</button><p>y", "x\n\ny"),
        ("<p>Now <button class=body-copy>Copy that</button> and <button>Paste</button>",
         "Now Copy that and Paste"),
        ("<h2>Lakes<span class=mw-editsection>[<a>edit</a>]</span></h2>", "Lakes"),
        ("<h2>Lakes<a class=hash-link href=#lakes>&#8203;</a></h2>", "Lakes"),
        ("<table class=ambox><tr><td>No sources</table>a<div class=navbox>Lakes</div>", "a"),
        ("<ol><li><span class=mw-cite-backlink>^</span> Smith<li>Berg <a href=#a>↩</a>"
         "<a class=footnote-back>↩︎</a></ol>", "1. Smith\n2. Berg"),
        ("<div class='prompt input_prompt'>In [3]:</div><pre>x</pre><div class=jp-OutputPrompt>"
         "Out[3]:</div><pre>1</pre>", "x\n\n1"),
        ("<div>Sources<ul class=this-page-menu><li>Show Source</ul></div>", "Sources"),
        ("<p>a ↩ b <a href=x>↩ back home</a>", "a ↩ b ↩ back home"),
    ],
)  # fmt: skip
def test_controls_beside_the_text_are_none_of_it(html: str, expected: str) -> None:
    assert text(html) == expected


@pytest.mark.parametrize(
    ("html", "plain", "marked"),
    [
        ("<table><tr><td><h3>Lakes</h3><p>Deep.</p><p>Cold.</p></table>",
         "Lakes\n\nDeep.\n\nCold.", "### Lakes\n\nDeep.\n\nCold."),
        ("<table><tr><td>Ann<td><p>May 2</p><p>First.</p><p>" + "So it is. " * 20 + "</table>",
         "Ann\n\nMay 2\n\nFirst.\n\n" + ("So it is. " * 20).strip(),
         "Ann\n\nMay 2\n\nFirst.\n\n" + ("So it is. " * 20).strip()),
        ("<table><tr><td><p>Ann</p><p>Chair</p><td>2<tr><td>Bo<td>3</table>",
         "Ann Chair | 2\nBo | 3", "| Ann Chair | 2 |\n| --- | --- |\n| Bo | 3 |"),
        ("<table><tr><td>Tue<td><ul><li>9–12<li>2–5</ul><tr><td>Wed<td><ol><li>a<li>b</ol></table>",
         "Tue | 9–12, 2–5\nWed | 1. a 2. b",
         "| Tue | 9–12, 2–5 |\n| --- | --- |\n| Wed | 1. a 2. b |"),
        ("<table><tfoot><tr><td>Sum<td>7</tfoot><tbody><tr><td>a<td>7</table>", "a | 7\nSum | 7",
         "| a | 7 |\n| --- | --- |\n| Sum | 7 |"),
        ("<div role=table><div role=row><b role=x></b><span role=columnheader>Lake</span>"
         "<span role=columnheader>Depth</span></div><div role=rowgroup><div role=row>"
         "<span role=cell>Como</span><span role=cell>410</span></div></div></div>",
         "Lake | Depth\nComo | 410", "| Lake | Depth |\n| --- | --- |\n| Como | 410 |"),
        ("<div role=row><span role=cell>a</span><div role=cell>b</div></div>", "a\nb", "a\n\nb"),
    ],
)  # fmt: skip
def test_cells_are_values_and_others_are_paragraphs(html: str, plain: str, marked: str) -> None:
    assert text(html) == plain
    assert markdown(html) == marked


@pytest.mark.parametrize(
    ("html", "plain", "marked"),
    [
        ("<ul><li>a</li><ul><li>b</li><ul><li>c</li></ul></ul><li>d</ul>",
         "- a\n  - b\n    - c\n- d", "- a\n  - b\n    - c\n- d"),
        ("<ol><li>a</li><ul><li>b</li></ul><li>c</ol>", "1. a\n  - b\n2. c",
         "1. a\n   - b\n2. c"),
        ("<ul><li class=task-list-item><input type=checkbox disabled checked>a<li "
         "class=task-list-item><p><input type=checkbox disabled> b</ul>", "- [x] a\n- [ ] b",
         "- [x] a\n- [ ] b"),
        ("<ul><li><input type=checkbox> Size</ul>", "- Size", "- Size"),
        ("<ol style='list-style: none'><li>a</ol><ul style='list-style-type:decimal'><li>b</ul>",
         "- a\n\n1. b", "- a\n\n1. b"),
        ("<ol start=-1><li>a<li>b<li>c</ol>", "-1. a\n0. b\n1. c", "- -1. a\n0. b\n1. c"),
        ("<div role=heading aria-level=3>A</div>b<p aria-level=4 role=heading>C", "A\n\nb\n\nC",
         "### A\n\nb\n\n#### C"),
        ("<p><code>a</code><code>b</code> <code>x ` y</code> <code>``</code>", "a b x ` y ``",
         "`a` `b` `` x ` y `` ``"),
    ],
)  # fmt: skip
def test_lists_headings_and_code_have_their_marks(html: str, plain: str, marked: str) -> None:
    assert text(html) == plain
    assert markdown(html) == marked


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("湖は\n  深い。\n水は冷たい", "湖は深い。水は冷たい"),
        ("湖は<b>\n深い</b>", "湖は深い"),
        ("湖は 深い\nabc\n深い", "湖は 深い abc 深い"),
        ("호수는\n깊다", "호수는 깊다"),
        ("湖は<br>\n深い", "湖は\n深い"),
        ("湖は&nbsp;深い", "湖は 深い"),
    ],
)
def test_line_ends_of_chinese_and_japanese_are_no_spaces(html: str, expected: str) -> None:
    assert text(f"<p>{html}") == expected


def test_a_line_break_in_a_cell_stays_a_space_in_chinese() -> None:
    assert text("<table><tr><td>東京<br>\n大阪<td>a</table>") == "東京 大阪 | a"


@pytest.mark.parametrize(
    "html",
    [
        "<svg>" + "<g>" * 400 + "<text>a" * 20_000,
        "<span class=katex-html>" * 20_000 + "<span class=mfrac>" * 20_000,
        "<iframe srcdoc='<p>a'></iframe>" * 20_000,
        "<dialog>" * 20_000 + "<dialog open>" * 20_000,
        "<div role=row>" * 20_000 + "<div role=cell>a" * 20_000,
        "<table><tfoot><tr><td>a" * 2_000,
        "<ul><li>a</li>" * 20_000,
        "<sup>1</sup>" * 50_000,
        "<span class=a>aaa</span><span class=b>bbb</span>" * 20_000,
        "<p>" + "<a href=x>aaa</a>" * 50_000,
        "<p>9" + "<sup>30</sup>–9" * 50_000,
        "<p>湖\n" * 50_000,
    ],
    ids=["svg", "KaTeX", "frames", "dialogs", "roles", "feet", "lists", "notes", "fields", "links",
         "times", "line ends"],
)  # fmt: skip
def test_hostile_pages_take_time_by_their_size(html: str) -> None:
    """With time or text by the square of the size one of them takes minutes."""
    assert len(text(html)) <= 3 * len(html)
    assert len(markdown(html)) <= 20 * len(html)
