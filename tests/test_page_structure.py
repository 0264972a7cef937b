"""How code, tables, formulas and raised signs of pages are written; docs/text.md has the rules."""

import pyarrow as pa
import pytest
from resiliparse.parse.html import HTMLTree

from filters.extract.main_content import whole_text
from filters.wikitext import wikitext_to_text
from tests.test_extract import page, row
from tests.test_markdown import markdown, shown


def text(html: str) -> str:
    return whole_text(HTMLTree.parse(html))


@pytest.mark.parametrize(
    ("html", "rows"),
    [
        ("<tr><th>a<th colspan=2>b<tr><td>1<td>2<td>3", ["a,b,", "1,2,3"]),
        ("<tr><td rowspan=2>a<td>b<tr><td>c<tr><td>d<td>e", ["a,b", ",c", "d,e"]),
        ("<tr><td>a<td rowspan=2 colspan=2>b<td>c<tr><td>d<td>e", ["a,b,,c", "d,,,e"]),
        ("<tr><td colspan=x>a<td colspan=0>b<tr><td>c<td rowspan=9>d<tr><td>e", ["a,b", "c,d",
                                                                                "e,"]),
        ("<tr><th colspan=3>T<tr><td>1<td>2<td>3", ["T,,", "1,2,3"]),
        ("<thead><tr><td rowspan=2>a<td>b<tbody><tr><td>c<td>d", ["a,b", "c,d"]),
        ("<tr><th>Born<td>1912<tr><th>Died<td>1954", ["Born,1912", "Died,1954"]),
        ("<tr><td>a<tr><td>b<td>c", ["a,", "b,c"]),
        ("<tr><td>a<br>b<td><blockquote>c</blockquote>", ["a b,c"]),
    ],
)  # fmt: skip
def test_cells_keep_their_columns(html: str, rows: list[str]) -> None:
    cells = [line.split(",") for line in rows]
    head, *body = ["".join(f"<{{0}}>{cell}</{{0}}>" for cell in line) for line in cells]
    expected = f"<table><thead><tr>{head.format('th')}</tr></thead>"
    if body:
        inner = "".join(f"<tr>{line.format('td')}</tr>" for line in body)
        expected += f"<tbody>{inner}</tbody>"
    assert shown(f"<table>{html}</table>") == expected + "</table>"


@pytest.mark.parametrize(
    "html",
    [
        "<ul><li><p>a</p><blockquote><p>b</p></blockquote><p>c</p></li></ul>",
        "<ul><li><blockquote><p>b</p></blockquote></li></ul>",
        "<ol><li><p>a</p><table><thead><tr><th>b</th><th>c</th></tr></thead></table><p>d</p></li>"
        "</ol>",
        "<blockquote><ul><li><p>a</p><blockquote><p>b</p></blockquote></li></ul></blockquote>",
        "<blockquote><table><thead><tr><th>b</th><th>c</th></tr></thead><tbody><tr><td>1</td>"
        "<td>2</td></tr></tbody></table></blockquote><p>d</p>",
        "<blockquote><p>a</p></blockquote><table><thead><tr><th>b</th><th>c</th></tr></thead>"
        "</table>",
        "<table><thead><tr><th>b</th><th>c</th></tr></thead></table><blockquote><p>a</p>"
        "</blockquote>",
        "<blockquote><p>a</p></blockquote><blockquote><p>b</p></blockquote>".replace(
            "</blockquote><blockquote>", "</blockquote><h2>x</h2><blockquote>"
        ),
        "<ol><li><p>a</p><blockquote><pre><code>x\n\n  y</code></pre></blockquote></li></ol>",
    ],
)
def test_what_is_nested_is_nested_in_markdown(html: str) -> None:
    assert shown(html).replace("\n</code>", "</code>") == html


def test_a_quotation_in_an_item_ends_before_the_rest_of_the_item() -> None:
    html = "<ul><li>a<blockquote>q</blockquote>tail</li><li>b</li></ul>"
    assert markdown(html) == "- a\n\n  > q\n\n  tail\n- b"


def test_an_item_that_begins_with_a_list_has_no_second_marker() -> None:
    assert markdown("<ol><li><ul><li>a<p>b</p><li>c</ul>d</ol>") == "- a\n\n  b\n- c\n1. d"


def test_a_table_in_a_cell_is_a_table_of_its_own() -> None:
    inner = "<table><tr><td>i<td>j<tr><td>k<td>l</table>"
    html = f"<table><tr><td>a<td>b<tr><td>c{inner}<td>d<tr><td>e<td>f</table>"
    assert text(html) == "a | b\nc\ni | j\nk | l\nd\ne | f"
    assert shown(html).count("<table>") == 3
    assert "<p>c</p>" in shown(html)
    assert "<p>d</p>" in shown(html)


LINES = "if x:\n    y()\n\nz()"


@pytest.mark.parametrize(
    "html",
    [
        "<pre><div>if x:</div><div>    y()</div><div></div><div>z()</div></pre>",
        "<pre><div>if x:</div>\n<div>    y()</div>\n<div><br></div>\n<div>z()</div></pre>",
        "<pre><code><span class=line>if x:</span>\n<span class=line>    y()</span>\n"
        "<span class=line></span>\n<span class=line>z()</span></code></pre>",
        "<pre class=prettyprint><ol class=linenums><li class=L0>if x:<li>    y()<li> <li>z()</ol>",
        "<ol class=linenums><li>if x:</li>\n<li>&nbsp;   y()</li>\n<li></li>\n<li>z()</li></ol>",
        "<div class=highlight><table><tr><td class=linenos><pre>1\n2\n3\n4</pre><td class=code>"
        "<pre>if x:\n    y()\n\nz()\n</pre></table></div>",
        "<table><tr><td><pre>1\n2\n3\n4</pre><td><pre>if x:\n    y()\n\nz()</pre></table>",
        "<table class=rouge-table><tr><td class='rouge-gutter gl'><pre class=lineno>1\n2\n3\n4"
        "</pre><td class=rouge-code><pre>if x:\n    y()\n\nz()</pre></table>",
        "<table class='js-file-line-container'><tr><td id=L1 class='blob-num'>1</td>"
        "<td class=blob-code>if x:</td></tr>\n<tr><td class=blob-num>2<td class=blob-code>    y()"
        "<tr><td class=blob-num>3<td class=blob-code>\n<tr><td class=blob-num>4<td>z()</table>",
        "<pre><code class=hljs><table class=hljs-ln><tr><td class=hljs-ln-numbers><div "
        "class=hljs-ln-n>1</div></td><td>if x:</td></tr><tr><td class=hljs-ln-numbers><div>2</div>"
        "</td><td>    y()</td></tr><tr><td class=hljs-ln-numbers>3</td><td></td></tr><tr>"
        "<td class=hljs-ln-numbers>4</td><td>z()</td></tr></table></code></pre>",
        "<pre><table><tr><td>7<td>if x:<tr><td>8<td>    y()<tr><td>9<td><tr><td>10<td>z()</table>",
        "<pre><span class=lineno>1</span>if x:\n<span class=lineno>2</span>    y()\n"
        "<span class=lineno>3</span>\n<span class=lineno>4</span>z()</pre>",
        "<div class='syntaxhighlighter py'><table><tr><td class=gutter><div class='line number1'>1"
        "</div><div>2</div><div>3</div><div>4</div></td><td class=code><div class=container>"
        "<div class='line'><code>if</code> <code>x:</code></div><div class=line><code>&nbsp;&nbsp;"
        "&nbsp;&nbsp;</code><code>y()</code></div><div class=line>&nbsp;</div><div class=line>z()"
        "</div></div></td></tr></table></div>",
        "<pre>if x:<br>    y()<br><br>z()</pre>",
        "<pre><code><span class=line>if x:</span><span class=line>    y()</span>"
        "<span class=line></span><span class=line>z()</span></code></pre>",
        "<pre><span class=line>if x:</span><br><span class=line>    y()</span><br>"
        "<span class=line></span><br><span class=line>z()</span></pre>",
    ],
)  # fmt: skip
def test_code_has_its_lines_and_no_numbers(html: str) -> None:
    def bare(found: str) -> str:
        return "\n".join(line.rstrip() for line in found.split("\n"))

    assert bare(text(f"<p>a</p>{html}")) == f"a\n\n{LINES}"
    code = markdown(html).split("\n")
    assert code[0].startswith("```")
    assert bare("\n".join(code[1:])) == LINES + "\n```"


@pytest.mark.parametrize(
    "html",
    [
        "<pre>    a\n  b</pre>",
        "<pre>\n\n   \n    a\n  b</pre>",
        "<pre><span> </span>   <b>a</b>\n  b</pre>",
        "<pre><div>    a</div><div>  b</div></pre>",
    ],
)
def test_the_first_line_of_code_keeps_its_indentation(html: str) -> None:
    assert text(html) == "    a\n  b"
    assert row(page(f"<main>{html}</main>"))["text"] == "    a\n  b"


@pytest.mark.parametrize(
    ("html", "language"),
    [
        ("<div class='language-ruby highlighter-rouge'><div class=highlight><pre class=highlight>"
         "<code>x", "ruby"),
        ("<div class='highlight language-js'><table><tr><td class=linenos><pre>1</pre><td><pre>x",
         "js"),
        ("<pre class='sourceCode haskell'><code>x", "haskell"),
        ("<pre><code class='hljs python'>x", "python"),
        ("<ol><li value=3><pre>x", ""),
    ],
)  # fmt: skip
def test_code_has_one_fence_with_its_language(html: str, language: str) -> None:
    found = markdown(html)
    assert found.count("```") == 2
    assert found.partition("```")[2].partition("\n")[0] == language


def test_numbers_that_are_no_line_numbers_stay() -> None:
    table = "<table class=code><tr><td>1<td>a<tr><td>5<td>b<tr><td>2<td>c</table>"
    assert text(table) == "1 | a\n5 | b\n2 | c"
    assert text("<pre>x = <span class=hljs-number>1</span></pre>") == "x = 1"
    assert text("<table><tr><td>1<td>Ann<tr><td>2<td>Bob</table>") == "1 | Ann\n2 | Bob"


def mathml(inner: str) -> str:
    return text(f"<p>so <math>{inner}</math></p>").removeprefix("so ")


SUM = "<mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow>"


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        (f"<mfrac>{SUM}<mi>c</mi></mfrac>", "(a+b)/c"),
        (f"<mfrac><mi>c</mi>{SUM}</mfrac><mi>x</mi>", "c/(a+b) x"),
        ("<mfrac><mn>1</mn><mfrac><mn>1</mn><mi>x</mi></mfrac></mfrac>", "1/(1/x)"),
        (f"<msqrt>{SUM}</msqrt>", "√(a+b)"),
        ("<msqrt><mi>x</mi></msqrt><mo>+</mo><mn>1</mn>", "√x+1"),
        ("<mroot><mi>x</mi><mn>3</mn></mroot>", "x^(1/3)"),
        (f"<msup><mi>x</mi>{SUM}</msup>", "x^(a+b)"),
        (f"<msup>{SUM}<mn>2</mn></msup>", "(a+b)^2"),
        (f"<msup><mrow><mo>(</mo>{SUM}<mo>)</mo></mrow><mn>2</mn></msup>", "(a+b)^2"),
        (f"<msup><mfenced>{SUM}</mfenced><mn>2</mn></msup>", "(a+b)^2"),
        ("<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup><mi>y</mi>", "x_i^2 y"),
        ("<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover>"
         "<mi>i</mi>", "∑_(i=1)^n i"),
        ("<mo>[</mo><mtable> <mtr> <mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr><mtr><mtd>"
         "<mn>3</mn></mtd><mtd><mn>4</mn></mtd></mtr></mtable><mo>]</mo>", "[1, 2; 3, 4]"),
        ("<mfenced open='['><mi>a</mi><mi>b</mi></mfenced>", "[a, b]"),
        ("<mi> sin </mi> <mo>\u2061</mo> <mi>x</mi>", "sin x"),
        ("<mn>2</mn><mo>\u2062</mo><mi>x</mi><mtext> if </mtext><mi>y</mi>", "2x if y"),
        ("<mphantom><mi>no</mi></mphantom><mi>x</mi>", "x"),
        ("<mi>x</mi><mo>&lt;</mo><mi>y</mi>", "x<y"),
        ("<mn>4</mn><mfrac><mn>3</mn><mn>8</mn></mfrac>", "4 3/8"),
        ("<mn>4</mn><mo>\u2064</mo><mfrac><mn>3</mn><mn>8</mn></mfrac>", "4 3/8"),
        ("<mi>k</mi><mfrac><mn>3</mn><mn>8</mn></mfrac><mn>4</mn>", "k 3/8 4"),
        ("<mn>4</mn><msup><mn>3</mn><mn>2</mn></msup>", "4 3^2"),
        ("<mn>4</mn><mo>\u2062</mo><msup><mn>3</mn><mn>2</mn></msup>", "4·3^2"),
        ("<mn>4</mn><mo>\u2062</mo><mn>7</mn><mo>\u2062</mo><mi>k</mi>", "4·7k"),
        ("<mn>4</mn><mn>7</mn><mfrac><mi>π</mi><mn>2</mn></mfrac>", "47π/2"),
    ],
)  # fmt: skip
def test_mathml_without_a_source_is_written_on_a_line(inner: str, expected: str) -> None:
    assert mathml(inner) == expected


TEX = (
    "<math{}><semantics><mi>x</mi><annotation encoding='application/x-tex'>x^2</annotation>"
    "</semantics></math>"
)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("if <math alttext=x><mi>x</mi></math> then <math alttext=x></math>", "if $x$ then $x$"),
        (f"so{TEX.format(' display=block')}then", "so\n$x^2$\nthen"),
        (f"so <span class=katex-display><span class=katex><span class=katex-mathml>{TEX.format('')}"
         "</span><span class=katex-html aria-hidden=true>x2</span></span></span> then",
         "so\n$x^2$\nthen"),
        ("so <script type='math/tex; mode=display'>y</script> then", "so\n$y$\nthen"),
        ("<span class=MathJax_Preview>y</span><span class=MathJax>y<math><mi>y</mi></math></span>"
         "<script type=math/tex>y</script>.", "$y$."),
        # MathJax 2 from MathML: drawing, source, copy for screen readers
        *((f"so <span class={name} data-mathml='<math><mi>y</mi><mspace/></math>'><span class=math "
           "aria-hidden=true>y</span><span class=MJX_Assistive_MathML><math><mi>y</mi></math>"
           f"</span></span>{script} then", "so y then")
          for name in ("MathJax", "'mjx-chtml MathJax_CHTML'", "MathJax_SVG")
          for script in ("", "<script type='math/mml'><math><mi>y</mi></math></script>")),
        ("so <span class=MathJax>y</span><script type='math/mml; mode=display'><math><mi>y</mi>"
         "<mspace width='1em'/></math></script> then", "so y then"),
        ("<div class=MathJax_Display><span class=MathJax data-mathml='<math><mi>y</mi></math>'>y"
         "</span></div><script type=math/tex>y</script>.", "$y$."),
        ("<span class=mwe-math-element><span class=mwe-math-mathml-inline style='display: none'>"
         "<math alttext='{\\displaystyle y}'><mi>y</mi></math></span><img alt='{\\displaystyle y}'"
         " class=mwe-math-fallback-image-inline></span>", "$y$"),
        ("<mjx-container class=MathJax display=true><mjx-math class=MJX-TEX>2</mjx-math>"
         "<mjx-assistive-mml><math><mi>y</mi></math></mjx-assistive-mml></mjx-container>then",
         "y\nthen"),
        ("<img src=a alt='$x$'>, <img class=latex alt='\\(y\\)'>, <img alt='5 $'>", "$x$, $y$,"),
    ],
)  # fmt: skip
def test_formulas_come_once(html: str, expected: str) -> None:
    assert text(f"<p>{html}</p>") == expected


@pytest.mark.parametrize("prefix", ["m:", "mml:", "math:"])
def test_mathml_of_xhtml_is_mathml(prefix: str) -> None:
    inner = "<mi>a</mi><mfrac><mn>3</mn><mn>8</mn></mfrac><msup><mi>r</mi><mn>2</mn></msup>"
    html = f"<math>{inner}</math>".replace("<", f"<{prefix}").replace(f"<{prefix}/", f"</{prefix}")
    assert text(f"<p>so {html}, <o:p>2</o:p>") == "so a 3/8 r^2, 2"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("$19<sup>99</sup>, € 5<sup>00</sup>, 7<sup>50</sup> €", "$19.99, € 5.00, 7.50 €"),
        ("<sup>$</sup>1,299<sup>.00</sup> 3<sup>,49</sup> zł", "$1,299.00 3,49 zł"),
        ("2<sup>10</sup> 10<sup>12</sup> kg, 19<sup>99 €</sup>", "2^10 10^12 kg, 19.99 €"),
        ("$<sup>99</sup> $1.<sup>99</sup> US$ 20<sup>00</sup>", "$99 $1.99 US$ 20.00"),
        ("US$ 10<sup>12</sup>, $10<sup>13</sup>, 10<sup>15</sup> €", "US$ 10^12, $10^13, 10^15 €"),
        ("$10<sup>99</sup>, $19<sup>12</sup>, €10<sup>50</sup>", "$10.99, $19.12, €10.50"),
        ("<b class=price>$10<sup>15</sup></b> <b class=price>1,299<sup>00</sup></b>",
         "$10.15 1,299.00"),
        ("1<sup>1</sup>/<sub>2</sub> cups, <sup>3</sup>/<sub>4</sub>", "1 1/2 cups, 3/4"),
        ("1<sup>1</sup>⁄<sub>2</sub>, 2 <sup>1</sup>&frasl;<sub>3</sub>", "1 1/2, 2 1/3"),
        ("x<sub>i</sub><sup>2</sup>, x<sub>i+1</sub>, a<sub>i,j</sub>", "x_i^2, x_(i+1), a_(i,j)"),
        ("CO<sub>2</sub> V<sub>max</sub> log<sub>b</sub>", "CO2 Vmax log_b"),
        ("∫<sub>0</sub><sup>1</sup>x, ∑<sub>i=1</sub><sup>n</sup>i, ⋃<sub>i∈I</sub>",
         "∫_0^1x, ∑_(i=1)^n i, ⋃_(i∈I)"),
        ("lim<sub>x→0</sub>, max<sub>i</sub> lim sup<sub>n→∞</sub> climax<sub>ed</sub>",
         "lim_(x→0), max_i lim sup_(n→∞) climaxed"),
        ("a<sub>ij</sub>, A<sub>mn</sub> x<sub>i→j</sub> log<sub>2</sub> n T<sub>eff</sub>",
         "a_ij, A_mn x_(i→j) log_2 n Teff"),
        ("3<sup>5</sup>/8 inch, (2<sup>1</sup>/4), 1<sup>15</sup>/16, at 7<sup>3</sup>/4",
         "3 5/8 inch, (2 1/4), 1 15/16, at 7 3/4"),
        ("= 2<sup>3</sup>/4, 5<sup>9</sup>/8, 2<sup>1</sup>/7, 3<sup>1</sup>/2 = 9",
         "= 2^3/4, 5^9/8, 2^1/7, 3^1/2 = 9"),
        ("1<sup>ο</sup> 2<sup>η</sup> 3<sup>ος</sup> 21<sup>ου</sup> 10<sup>α</sup> 2<sup>π</sup>",
         "1ο 2η 3ος 21ου 10^α 2^π"),
        ("x<sub>i<sub>j</sub></sub> f<sup>(n)</sup> <sup>14</sup>C", "x_(i_j) f^(n) 14C"),
        ("word<sup>1)</sup> word<sup>(2)</sup> word<sup>†</sup>", "word1) word(2) word†"),
        ("word<sup><a><span>[</span>1<span>]</span></a></sup>", "word[1]"),
        ("1<sup>er</sup> n<sup>o</sup> 5 m<sup>2</sup> 10<sup>-3</sup>", "1er no 5 m^2 10^-3"),
    ],
)  # fmt: skip
def test_raised_signs_read_as_people_see_them(html: str, expected: str) -> None:
    assert text(html) == expected


RAISED = [
    ("log<sub>2</sub>8 = 3, log<sub>10</sub>100", "log_2 8 = 3, log_10 100"),
    ("H<sub>2</sub>O, C<sub>6</sub>H<sub>12</sub>, CO<sub>2</sub> 5", "H2O, C6H12, CO2 5"),
    ("5<sup>3</sup>4, 101<sub>2</sub>7, x<sub>1</sub>2", "5^3 4, 101_2 7, x_1 2"),
    ("10 <sup>6</sup>, 5 <sup>3</sup>, 3.10 <sup>2</sup>", "10^6, 5 3, 3.10 2"),
    ("9 km <sup>2</sup>, s <sup>−1</sup>, I am <sup>2</sup>", "9 km^2, s^−1, I am 2"),
    ("so <sub>92</sub><sup>238</sup>U and <sup>4</sup><sub>2</sub>He", "so _92^238U and ^4_2He"),
    ("D<sup>r</sup> S<sup>t</sup> M<sup>me</sup> n<sup>o</sup>", "Dr St Mme no"),
    ("x<sup>n</sup> R<sup>n</sup> AD<sup>r</sup>", "x^n R^n AD^r"),
    ("e<sup>kt</sup>, x<sup>mn</sup> (a<sup>xy</sup>)", "e^kt, x^mn (a^xy)"),
    (
        "n<sup>th</sup> n<sup>os</sup> M<sup>me</sup> 1<sup>st</sup> Aa<sup>xy</sup>",
        "nth nos Mme 1st Aaxy",
    ),
    ("$10<sup>12</sup>, €19<sup>99</sup>, 110<sup>12</sup> €", "$10^12, €19.99, 110.12 €"),
]


@pytest.mark.parametrize(("markup", "expected"), RAISED)
def test_raised_signs_do_not_change_numbers(markup: str, expected: str) -> None:
    """Wikitext and HTML have the same signs."""
    assert text(f"<p>{markup}</p>") == expected
    wikitext = pa.array([markup], pa.large_string())
    assert wikitext_to_text(wikitext).to_pylist() == [expected]


def note(inner: str, outer: str = "") -> str:
    return f"<a id=back7 {outer} href='#fn:7'>{inner}</a>"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (f"until 1848{note('7')} and", "until 1848[7] and"),
        (f"until 1848{note('<sup>7</sup>')}", "until 1848[7]"),
        (f"9 mm{note('<sup>7</sup>')}", "9 mm[7]"),
        ("1848<a role=doc-noteref href=x><span class=sup>7</span></a>", "1848[7]"),
        ("1848<a class='footnote-link' href='p.html#footnote-7'>7</a>", "1848[7]"),
        ("1848<a href=#r style='vertical-align: super'>7</a>", "1848[7]"),
        ("1848<span class=fnref>7</span>, 1848<sup class=footnote-ref>7</sup>", "1848[7], 1848[7]"),
        ("Ref<sup>4</sup><sup>5</sup>, 1848<sup>4</sup><sup>5</sup>", "Ref[4][5], 1848[4][5]"),
        ("Ref<sup>4–6</sup> 1848<sup>4, 5</sup> 10<sup>4,5</sup>", "Ref[4–6] 1848[4, 5] 10^4,5"),
        ("in 1848.<sup>7</sup> “Yes”<sup>7</sup> so,<sup>12</sup>",
         "in 1848.[7] “Yes”[7] so,[12]"),
        ("1848<sup>7)</sup> 1848<sup>(7)</sup>", "1848 7) 1848(7)"),
        ("so<span class=ltx_note><sup class=ltx_note_mark>7</sup><span class=ltx_note_outer><span "
         "class=ltx_note_content><sup class=ltx_note_mark>7</sup><span class=ltx_tag_note>7</span>"
         "See below.</span></span></span>.", "so[7] (See below.)."),
        ("H<a href=/water>2</a>O 5<a href=#top>6</a> x<a href=/a><sup>2</sup></a>", "H2O 56 x^2"),
        (f"{note('7')} Note. {note('<sup>7</sup>')}", "7 Note.[7]"),
        ("<sup>4</sup>He + <sup>4</sup>He, f(x)<sup>2</sup>", "4He + 4He, f(x)^2"),
        ("in 1931<sup>12</sup> and 1914–1918<sup>3</sup>, (1848<sup>1</sup>) 1789<sup>4</sup> Été",
         "in 1931[12] and 1914–1918[3], (1848[1]) 1789[4] Été"),
        ("1600<sup>2</sup>, 1931<sup>2</sup> = x, y = 1931<sup>7</sup>, 1931<sup>5</sup> × 2",
         "1600^2, 1931^2 = x, y = 1931^7, 1931^5 × 2"),
        ("2,1931<sup>7</sup> 4096<sup>7</sup> a1931<sup>7</sup> 11931<sup>7</sup>",
         "2,1931^7 4096^7 a1931^7 11931^7"),
        ("n!<sup>2</sup> = (n!)<sup>2</sup>, 6!<sup>n</sup>, (a+b)!<sup>2</sup>, So!<sup>2</sup>",
         "n!^2 = (n!)^2, 6!^n, (a+b)!^2, So![2]"),
    ],
)  # fmt: skip
def test_numbers_of_notes_are_no_digits_of_the_text(html: str, expected: str) -> None:
    assert text(f"<p>{html}") == expected


@pytest.mark.parametrize(
    ("html", "without", "noted"),
    [
        ("some 350<sup>14</sup> mills", "some 350^14 mills", "some 350[14] mills"),
        ("20 %<sup>4</sup> or 20%<sup>4</sup>", "20 %^4 or 20%^4", "20 %[4] or 20%[4]"),
        ("the millers<sup>3</sup> left", "the millers^3 left", "the millers[3] left"),
        ("мельник<sup>7</sup>", "мельник^7", "мельник[7]"),
        ("2<sup>16</sup>, 10<sup>12</sup>, 350<sup>2</sup>", "2^16, 10^12, 350^2", ""),
        ("5 km<sup>2</sup>, 3 metre<sup>3</sup>, x<sup>4</sup>", "5 km^2, 3 metre^3, x^4", ""),
        ("64<sup>10</sup> = x, 3 × 64<sup>10</sup>", "64^10 = x, 3 × 64^10", ""),
    ],
)
def test_raised_numbers_of_a_page_with_notes_are_theirs(
    html: str, without: str, noted: str
) -> None:
    assert text(f"<p>{html}") == without
    notes = "<div class=footnotes><p>All of them.</p></div>"
    assert text(f"<p>{html}</p>{notes}") == f"{noted or without}\n\nAll of them."


@pytest.mark.parametrize(
    "html",
    [
        "<div class=c><div><span>Bash</span><button>Copy</button></div><pre>ls</pre></div>",
        "<div><pre>ls</pre><span>Kopieren</span></div>",
        "<figure><div>c++</div><div><div><pre><code>ls</code></pre></div></div></figure>",
        "<div><div><span>コピー</span> <span>TypeScript</span></div><pre>ls</pre></div>",
        "<section><p>x</p><div class=code-lang>C#</div>\n<pre>ls</pre></section>",
        "<section><p>x</p><pre>ls</pre>\n<div class=copy-btn>Copy code</div></section>",
    ],
)
def test_labels_beside_code_are_no_text(html: str) -> None:
    assert text(f"<article><p>a</p>{html}<p>b</p></article>").replace("x\n\n", "") == "a\n\nls\n\nb"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>Bash</p><pre>ls</pre>", "Bash\n\nls"),
        ("<div><h3>Python</h3><pre>ls</pre></div>", "Python\n\nls"),
        ("<figure><pre>ls</pre><figcaption>Rust</figcaption></figure>", "ls\n\nRust"),
        ("<div>Java</div><pre>a</pre><div>Ruby</div><pre>b</pre>", "Java\n\na\n\nRuby\n\nb"),
        ("<div><div>a.py</div><pre>ls</pre></div>", "a.py\n\nls"),
        ("<table><tr><td>Java<td><pre>ls</pre></table>", "Java\n\nls"),
    ],
)
def test_words_beside_code_that_a_text_has_stay(html: str, expected: str) -> None:
    assert text(f"<article><p>a</p>{html}</article>") == f"a\n\n{expected}"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("4<small>3/8</small> in, 4<font size=2>1/2</font>, 4<i>1/2</i>", "4 3/8 in, 4 1/2, 4 1/2"),
        ("3<sup>1/3</sup> cups, 3<sup>1⁄4</sup>", "3 1/3 cups, 3 1⁄4"),
        ("y = 3<sup>1/3</sup>; 3<sup>1/3</sup> + 1; y<sup>1/3</sup>",
         "y = 3^(1/3); 3^(1/3) + 1; y^(1/3)"),
        ("5<span class=frac><span class=mnum>1</span><span class=mden>8</span></span>", "5 1/8"),
        ("1<font size=-2>8</font> <font color=red>1</font>8", "1 8 18"),
        ("9<sup>05</sup>, 9<sup>40</sup>–17<sup>00</sup>", "9:05, 9:40–17:00"),
        ("von 6<sup>10</sup> bis 7<sup>25</sup> Uhr, ab 6<sup>00</sup> bis 7<sup>25</sup> Uhr",
         "von 6:10 bis 7:25 Uhr, ab 6:00 bis 7:25 Uhr"),
        ("6<sup>10</sup> – 7<sup>25</sup>", "6:10 – 7:25"),
        ("2<sup>20</sup>–2<sup>30</sup>, 10<sup>15</sup>–10<sup>20</sup>, 3<sup>12</sup>",
         "2^20–2^30, 10^15–10^20, 3^12"),
        ("<s>30</s>25 <del>9</del>8 7<strike>6</strike> 1<ins>2</ins> re<del>d</del>",
         "30 25 9 8 7 6 12 red"),
        ("k<sub>e</sub>q<sub>i</sub>q<sub>j</sub> V<sub>max</sub>S a<sup>n</sup>b<sup>n</sup>",
         "k_e q_i q_j VmaxS a^n b^n"),
        ("e<sup>rt</sup>, 3e<sup>kx</sup>, x<sup>mn</sup>, X<sup>mn</sup>, the<sup>rt</sup>",
         "e^rt, 3e^kx, x^mn, Xmn, thert"),
        ("US$ 10<sup>13</sup>, €10<sup>14</sup>, €10<sup>49</sup>, € 110<sup>14</sup>",
         "US$ 10^13, €10^14, €10.49, € 110.14"),
        ("<b class=sale-price>8<small>49</small></b> <b class=price>10<sup>20</sup></b>",
         "8.49 10.20"),
        ("€<b class=int>8</b><b class=fraction>49</b>, €<b>8</b><b class=minor>50</b>",
         "€8.49, €8.50"),
    ],
)  # fmt: skip
def test_small_and_raised_digits_are_no_others(html: str, expected: str) -> None:
    assert text(f"<p>{html}") == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("10<span style='vertical-align: super'>6</span>", "10^6"),
        ("10<span class=superscript>6</span> x<small class=sub>i</small>", "10^6 x_i"),
        ("1<span class='sup'>st</span> T<span class=sub>A longer subtitle</span>",
         "1st TA longer subtitle"),
        ("2<span class=frac>1&frasl;4</span> 3<span>1⁄2</span> 1&frasl;4", "2 1⁄4 3 1⁄2 1⁄4"),
        ("2<span class=num>1</span><span class=den>4</span>", "2 1/4"),
        ("<span class=price-integer>19</span><span class=price-decimal>99</span>", "19.99"),
        ("$19<span class=cents>99</span>, 1.5<span class=cents>20</span>", "$19.99, 1.5 20"),
        ("<span class=price>19<small>99</small></span>", "19.99"),
        ("<b class='productPrice'>£1,019<span>99</span></b>", "£1,019.99"),
        ("£<span class=whole>12</span><span class=fraction>50</span>", "£12.50"),
        ("<span class=integer>12</span><span class=fraction>50</span> €", "12.50 €"),
        ("1<span class=fraction>12</span>, 19<small>99</small>", "1 12, 19 99"),
        ("5<sup class=footnote><a>a</a></sup>, 5<sup><a>3</a></sup>, 1<sup>a</sup>",
         "5[a], 5[3], 1a"),
        ("<sup>1</sup>2019 was", "1 2019 was"),
    ],
)  # fmt: skip
def test_numbers_of_style_sheets_stay_apart(html: str, expected: str) -> None:
    assert text(html) == expected


@pytest.mark.parametrize(
    ("html", "plain", "marked"),
    [
        ("<ol type=a><li>x<li>y</ol>", "a. x\nb. y", "- a. x\n- b. y"),
        ("<ol type=I start=4><li>x<li>y</ol>", "IV. x\nV. y", "- IV. x\n- V. y"),
        ("<ol type=A start=26><li>x<li>y</ol>", "Z. x\nAA. y", "- Z. x\n- AA. y"),
        ("<ol style='list-style-type: lower-roman'><li>x<ul><li>y</ul></ol>", "i. x\n  - y",
         "- i. x\n  - y"),
        ("<ol style='list-style: upper-latin inside'><li>x</ol>", "A. x", "- A. x"),
        ("<ol reversed><li>x<li>y<li>z</ol>", "3. x\n2. y\n1. z", "3. x\n2. y\n1. z"),
        ("<ol reversed start=9><li>x<li value=3>y<li>z</ol>", "9. x\n3. y\n2. z",
         "9. x\n3. y\n2. z"),
        ("<ol type=1><li>x</ol>", "1. x", "1. x"),
        ("<ol type=i start=4000><li>x</ol>", "4000. x", "- 4000. x"),
        ("<ol start=-2><li>x<li>y<li>z</ol>", "-2. x\n-1. y\n0. z", "- -2. x\n- -1. y\n0. z"),
        ("<ol start=-12 reversed><li>x<li>y</ol>", "-12. x\n-13. y", "- -12. x\n- -13. y"),
        ("<ol><li value=-3>x<li>y</ol>", "-3. x\n-2. y", "- -3. x\n- -2. y"),
        ("<ol start='-'><li>y</ol>", "1. y", "1. y"),
        ("<ul style='list-style-type: decimal'><li>x<p>y</ul>", "1. x\n\ny", "1. x\n\n   y"),
        ("<ul style='list-style: inside lower-alpha'><li>x</ul>", "a. x", "- a. x"),
        ("<ol style='list-style:none'><li>x<li>y</ol>", "- x\n- y", "- x\n- y"),
        ("<ol type=a style='list-style: disc outside'><li>x</ol>", "- x", "- x"),
        ("<ol type=a style='list-style-type: decimal'><li>x</ol>", "1. x", "1. x"),
        ("<ul style='list-style: none'><li>x</ul>", "- x", "- x"),
        ("<ul><li style='list-style:none'><b>•</b> <div><p>x</div><li>– y</ul>", "- x\n- y",
         "- x\n- y"),
        ("<ul><li>・鍋<li>・ 油<li>･しお</ul>", "- 鍋\n- 油\n- しお", "- 鍋\n- 油\n- しお"),
        ("<ul><li>●会場<li>■時間<li>◆費用</ul>", "- 会場\n- 時間\n- 費用",
         "- 会場\n- 時間\n- 費用"),
        ("<ul><li>○可<li>●A<li>・</ul>", "- ○可\n- ●A\n- ・", "- ○可\n- ●A\n- ・"),
        ("<ol><li><b>1.</b> <p>x<li><b>2</b> y<li><b>7)</b> z<li>w</ol>",
         "1. x\n2. y\n7. z\n8. w", "1. x\n2. y\n7. z\n8. w"),
        ("<ol><li><b>(i)</b><div><p>x</div><li><i><b>iv)</b></i> y<li>z</ol>",
         "(i) x\niv) y\n3. z", "- (i) x\n- iv) y\n3. z"),
        ("<ul style='list-style:none'><li><b>[12]</b> x</ul>", "[12] x", "- [12] x"),
        ("<ul><li><b>C.</b> x<li><b>3</b> y<li>–5 °C<li>•</ul>",
         "- C. x\n- 3 y\n- –5 °C\n- •", "- C. x\n- 3 y\n- –5 °C\n- •"),
        ("<ol><li>1. x<li><b>12</b> y<li><b>a</b> z</ol>", "1. 1. x\n2. 12 y\n3. a z",
         "1. 1. x\n2. 12 y\n3. a z"),
    ],
)  # fmt: skip
def test_items_have_the_markers_of_browsers(html: str, plain: str, marked: str) -> None:
    assert text(html) == plain
    assert markdown(html) == marked


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("<tr><th>Rate<th>From<th>To<th>Pct<tr><td>Higher<td>£9<td><td>40%",
         "Rate | From | To | Pct\nHigher | £9 | | 40%"),
        ("<tr><th><th>2019<th>2020<tr><td>Oslo<td>1<td>2", "| 2019 | 2020\nOslo | 1 | 2"),
        ("<tr><td rowspan=2>a<td>b<tr><td>c", "a | b\n| c"),
        ("<tr><td colspan=2>p<td>q<tr><td>1<td>2<td>3", "p | | q\n1 | 2 | 3"),
        ("<tr><td>a<td>b<td><tr><td>c<td>d<td>", "a | b\nc | d"),
        ("<tr><td><img><td>a<td>1<tr><td><td>b<td>2", "a | 1\nb | 2"),
        ("<thead><tr><th>a<th>b<tfoot><tr><td>all<td>3<tbody><tr><td>1<td>2",
         "a | b\n1 | 2\nall | 3"),
        ("<tfoot><tr><td>all<td>3</tfoot><tr><td>1<td>2<tr><td>1<td>1", "1 | 2\n1 | 1\nall | 3"),
        ("<tfoot><tr><td><table><tfoot><tr><td>c</tfoot><tr><td>b</table></tfoot><tr><td>a",
         "a\nb\nc"),
        ("<tbody><tr><td>1<td>2<tfoot><tr><td>all<td>2", "1 | 2\nall | 2"),
    ],
)  # fmt: skip
def test_values_stand_under_their_headings(rows: str, expected: str) -> None:
    """A column without any text, as of pictures, is none."""
    assert text(f"<table>{rows}</table>") == expected


@pytest.mark.parametrize(
    ("html", "plain", "marked"),
    [
        ("<p>Run <code>if x:<br>\n&nbsp;&nbsp;y()<br>&nbsp; &nbsp; z()</code> now</p>",
         "Run\n\nif x:\n  y()\n    z()\n\nnow",
         "Run\n\n```\nif x:\n  y()\n    z()\n```\n\nnow"),
        ("<p>Type <code>a</code><br>b</p>", "Type a\nb", "Type `a`\nb"),
        ("<div style='white-space: pre-wrap'>\na,\n   b\n\nc</div>", "a,\n   b\n\nc",
         "a,\n   b\n\nc"),
        ("<p style='white-space:pre-line'>a\n   b</p>", "a\nb", "a\nb"),
        ("<p>a<br>\n&nbsp;&nbsp;&nbsp;b<br>&nbsp; c &nbsp; d<br>&nbsp;<br>e</p>",
         "a\n   b\n  c d\n\ne", "a\n   b\n  c d\n\ne"),
        ("<pre>a\n\n\n\nb</pre>", "a\n\n\n\nb", "```\na\n\n\n\nb\n```"),
        ("<p>Press <kbd>Ctrl</kbd><kbd>C</kbd></p>", "Press Ctrl C", "Press `Ctrl` `C`"),
        ("<p>Type <code>a`b</code>, <code>`x`</code></p>", "Type a`b, `x`",
         "Type `` a`b ``, `x`"),
        ("<p><code>a``b</code>, <code><b>`</b></code></p>", "a``b, `", "``` a``b ```, `` ` ``"),
        ("<p><code>a````b</code> and <code> </code></p>", "a````b and", "````` a````b ````` and"),
    ],
)  # fmt: skip
def test_lines_and_indentation_stay(html: str, plain: str, marked: str) -> None:
    assert text(html) == plain
    assert markdown(html) == marked


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<dl><dt>f(a)<a href=#f>#</a><dd>x</dl>", "f(a)\nx"),
        ("<p>f(a)<a class=headerlink>¶</a> C<a>#</a></p>", "f(a) C#"),
        ("<span class=a-offscreen>$19.99</span><span aria-hidden=true>$19.99</span>", "$19.99"),
        ("25<span class=sr-only>minutes</span> mins", "25 mins"),
        (
            "<span>25<span class='wprm-screen-reader-text'> minutes</span></span> <span>min</span>",
            "25 min",
        ),
        ("<i class=govuk-visually-hidden>5 hours</i><i aria-hidden=true>5 h</i>", "5 h"),
        ("a <dialog>no <b>no</b></dialog>b", "a b"),
        ("a<dialog open>yes</dialog>b", "a\nyes\nb"),
        ("<div role=dialog>yes</div>", "yes"),
        ("<h2><span class=sr-only>Only</span>A</h2>", "A"),
        ("b <a><span class=visually-hidden>Mail</span><svg></svg></a>", "b"),
        ("<a>More<span class=screen-reader-text> of it</span></a>", "More"),
        ("<div>a</div><span class=sr-only>b</span><div>c</div>", "a\nc"),
    ],
)
def test_nothing_is_there_twice(html: str, expected: str) -> None:
    assert text(html) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("She said <q>no <q>way</q></q>.", "She said “no ‘way’”."),
        ("<q>Hi</q>, <q>«yes»</q>", "“Hi”, «yes»"),
        ("<ruby>東<rt>とう</rt>京<rt>きょう</rt></ruby>", "東(とう)京(きょう)"),
        ("<ruby><rb>東<rb>京<rp>(<rt>とう<rt>きょう<rp>)</ruby>", "東京(とうきょう)"),
        ("<ruby>東<rtc><rt>と<rt>う</rtc><rtc>Tokyo</rtc></ruby>", "東(とう)(Tokyo)"),
        ("super<wbr>cali <b>W</b>ord <del>a</del><ins>b</ins>", "supercali Word ab"),
        ("<i class=material-icons>home</i> Home", "Home"),
        ("<span class=material-symbols-outlined>menu</span>Menu", "Menu"),
        ("<i aria-hidden=true>close</i>x<span aria-hidden=true>arrow_back</span>", "x"),
        ("<i aria-hidden=true class=fa>All that follows is here.", "All that follows is here."),
        ("<h2>Head<a href=#x>¶</a></h2>", "Head"),
        ("<h2><a href=#x>#</a> C<a>#</a> is</h2><p>C<a>#</a></p>", "C is\n\nC#"),
        ("<span style='display: block'>a</span><b style='DISPLAY:Block;'>b</b>c", "a\nb\nc"),
        ("<a style='color:red;display:block'>a</a><a style='display:flex'>b</a>", "a\nb"),
        ("a<span style='visibility: hidden'>b</span>c", "ac"),
        ("<blockquote><p>Q</p><footer>— <cite>S</cite></footer></blockquote>", "Q\n\n— S"),
        ("a<textarea>b</textarea><input value=b><datalist><option>b</datalist>c", "a c"),
    ],
)  # fmt: skip
def test_what_is_shown_is_written(html: str, expected: str) -> None:
    assert text(html) == expected


@pytest.mark.parametrize(
    "html",
    ["<pre>" + "<div>x" * 50_000, "<math>" + "<mfrac><mi>a</mi>" * 50_000,
     "<math><msup>" + "<mi>a</mi>" * 50_000, "<ul><li>a<blockquote>b" * 50_000,
     "<table>" + "<tr><td colspan=1000 rowspan=60000>x" * 50_000,
     "<table><tr>" + "<td rowspan=9999>x" * 64 + "<tr><td>x" * 50_000,
     "<div class=gutter>" * 50_000 + "1", "<table class=code><tr><td>1<td>" * 20_000 + "x",
     "x<sub>i" * 50_000, "$1<sup>99</sup>" * 50_000, "<q>x" * 50_000, "<ruby>a" + "<rt>b" * 50_000,
     "<span class=sr-only>x" * 50_000, "<code>a<br>" * 50_000, "<p>a<br>" + "&nbsp; " * 50_000,
     "<ol reversed><li>" * 50_000, "<div style='white-space:pre'>a\n" * 50_000,
     "<table><tr>" + "<td>" * 50_000 + "x", "<kbd>a</kbd>" * 50_000,
     "<pre>a" + " " * 50_000 + "\n" * 50_000 + "b", "<pre>" + "a<br><br>" * 50_000,
     "<table>" + "<tfoot><tr><td>x</tfoot>" * 20_000, "<table><tfoot><tr><td>x" * 10_000,
     "<code>```</code>" * 50_000, "<div>" + "<a>a</a>" * 50_000,
     "<b class=price>1<small>99</small>" * 20_000],
    ids=["lines", "fractions", "powers", "quotations in items", "spans", "rows below spans",
         "gutters", "tables in code", "indices", "prices", "quotes", "readings", "read aloud",
         "lines in code", "indentation", "counted down", "kept lines", "empty cells", "keys",
         "blank code", "breaks in code", "feet", "feet in feet", "backticks", "links", "cents"],
)  # fmt: skip
def test_hostile_structure_takes_time_by_its_size(html: str) -> None:
    """With time or text by the square of the size one of them takes minutes."""
    assert len(text(html)) <= 3 * len(html)
    assert len(markdown(html)) <= 20 * len(html)


def test_the_only_cell_with_text_of_a_row_has_no_bar_before_it() -> None:
    rows = "<tr><td>a<td>b<td>c<tr><td><td>Show more<td><tr><td>d<td>e<td>f"
    assert text(f"<table>{rows}</table>") == "a | b | c\nShow more\nd | e | f"
    spanned = "<tr><td rowspan=2>a<td>b<tr><td>c"
    assert text(f"<table>{spanned}</table>") == "a | b\n| c"


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("x<sup>a+b</sup>", "x^(a+b)"),
        ("(−1)<sup>n+k</sup>", "(−1)^(n+k)"),
        ("2<sup>n−k</sup>", "2^(n−k)"),
        ("R<sup>m×n</sup>", "R^(m×n)"),
        ("10<sup>a+1</sup>", "10^(a+1)"),
        ("4<sup>th,</sup> 2<sup>ème</sup> M<sup>me</sup>", "4th, 2ème Mme"),
    ],
)
def test_terms_in_exponents_are_no_words(html: str, shown: str) -> None:
    assert text(f"<p>{html}</p>") == shown
    assert wikitext_to_text(pa.array([html], pa.large_string()))[0].as_py() == shown
