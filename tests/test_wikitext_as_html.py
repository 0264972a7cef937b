"""Wikitext and the HTML that MediaWiki makes of it say the same, in rows, prices and exponents."""

import pyarrow as pa
import pytest
from resiliparse.parse.html import HTMLTree

from filters.extract.main_content import whole_text
from filters.wikitext import Markup, wikitext_to_text


def text_of(wikitext: str, *, markdown: bool = False) -> str:
    markup = Markup(tables=True, markdown=markdown)
    text: str = wikitext_to_text(pa.array([wikitext], pa.large_string()), markup)[0].as_py()
    return text


TABLES = [
    # the first cell is empty
    ("{|\n| a || b\n|-\n| || 2\n|-\n|\n| 3\n|-\n| 4\n|}",
     "<tr><td>a<td>b<tr><td><td>2<tr><td><td>3<tr><td>4"),
    # the last ones are, and one between
    ("{|\n! Jahr !! Ort !! Höhe\n|-\n| 1990 || || 12 m\n|-\n| 1991 || Bonn ||\n|}",
     "<tr><th>Jahr<th>Ort<th>Höhe<tr><td>1990<td><td>12 m<tr><td>1991<td>Bonn<td>"),
    # spans
    ("{|\n| colspan=2 | x || y\n|-\n| 1 || 2 || 3\n|}",
     "<tr><td colspan=2>x<td>y<tr><td>1<td>2<td>3"),
    ('{|\n|rowspan="3"|都道府県||colspan="2"|人口\n|-\n|男||女\n|-\n|1||2\n|}',
     '<tr><td rowspan="3">都道府県<td colspan="2">人口<tr><td>男<td>女<tr><td>1<td>2'),
    ("{|\n! style='x' ROWSPAN = 2 | Год !! Имя\n|-\n| Анна\n|}",
     "<tr><th rowspan=2>Год<th>Имя<tr><td>Анна"),
    # a heading over all columns, and the only text of a row
    ("{|\n| a || b || c\n|-\n! colspan=3 | Heading\n|-\n| || only ||\n|}",
     "<tr><td>a<td>b<td>c<tr><th colspan=3>Heading<tr><td><td>only<td>"),
    # a column without any text
    ("{|\n| a || || b\n|-\n| c || || d\n|}", "<tr><td>a<td><td>b<tr><td>c<td><td>d"),
    # cells of several lines, and long ones
    ("{|\n| a\nb\n| c\n|-\n| d || e\n|}", "<tr><td>a<p>b<td>c<tr><td>d<td>e"),
    (f"{{|\n| a || {'long ' * 90}\n|-\n| d || e\n|}}",
     f"<tr><td>a<td>{'long ' * 90}<tr><td>d<td>e"),
    # a table in a cell
    ("{|\n| a\n|\n{|\n| d || e\n|-\n| || f\n|}\n|-\n| 1 || 2\n|}",
     "<tr><td>a<td><table><tr><td>d<td>e<tr><td><td>f</table><tr><td>1<td>2"),
    # elements
    ("<table><tr><td>a</td><td>b</td></tr><tr><td></td><td rowspan=2>c</td><td>d</td></tr>"
     "<tr><td>e</td><td>f</td></tr></table>",
     "<tr><td>a</td><td>b</td></tr><tr><td></td><td rowspan=2>c</td><td>d</td></tr>"
     "<tr><td>e</td><td>f</td></tr>"),
]  # fmt: skip


@pytest.mark.parametrize(("wikitext", "html"), TABLES)
def test_cells_stand_in_the_columns_that_html_gives_them(wikitext: str, html: str) -> None:
    tree = HTMLTree.parse(f"<p>before</p><table>{html}</table><p>after</p>")
    for markdown in (False, True):
        expected = whole_text(tree, markdown=markdown).split("\n")
        found = text_of(f"before\n{wikitext}\nafter", markdown=markdown).split("\n")
        assert [" ".join(line.split()) for line in found if line] == [
            " ".join(line.split()) for line in expected if line
        ]


LISTS = [
    ("a\n* b\n** c\n*** d\n*# e\n*# f\n* g\nh",
     "<p>a<ul><li>b<ul><li>c<ul><li>d</ul></ul><ol><li>e<li>f</ol><li>g</ul><p>h"),
    ("# a\n#* b\n# c\n\n# d\n* e",
     "<ol><li>a<ul><li>b</ul><li>c</ol><ol><li>d</ol><ul><li>e</ul>"),
    ("== A ==\n; b : c\n: d\n:: e\n* f",
     "<h2>A</h2><dl><dt>b<dd>c<dd>d<dl><dd>e</dl></dl><ul><li>f</ul>"),
    ("# a\n#: b\n# c", "<ol><li>a<dl><dd>b</dl><li>c</ol>"),
    ("* a\n*: b\n* c", "<ul><li>a<dl><dd>b</dl><li>c</ul>"),
    ("#* a\n# b", "<ol><li><ul><li>a</ul><li>b</ol>"),
    (":* a\n:* b", "<dl><dd><ul><li>a<li>b</ul></dl>"),
    ("* a<br>b\n* c", "<ul><li>a<br>b<li>c</ul>"),
    ("<ol start=4>\n<li>a</li>\n<li>b\n<ul><li>c</li></ul></li>\n\n<li>d</li>\n</ol>\ne\n\n* f",
     "<ol start=4><li>a<li>b<ul><li>c</ul><li>d</ol><p>e<ul><li>f</ul>"),
    ("* 日本\n* ''कमल''\n# ١", "<ul><li>日本<li>कमल</ul><ol><li>١</ol>"),
    ("{|\n| a\n* b\n* c.\n* d\n|\n# e\n# f\n|-\n| g || h\n|}",
     "<table><tr><td>a<ul><li>b<li>c.<li>d</ul><td><ol><li>e<li>f</ol><tr><td>g<td>h</table>"),
]  # fmt: skip


@pytest.mark.parametrize(("wikitext", "html"), LISTS)
@pytest.mark.parametrize("markdown", [False, True])
def test_lists_have_the_markers_and_the_indentation_of_html(
    wikitext: str, html: str, markdown: bool
) -> None:
    expected = whole_text(HTMLTree.parse(html), markdown=markdown)
    assert text_of(wikitext, markdown=markdown) == expected


@pytest.mark.parametrize(
    "text",
    [
        "It costs $19<sup>99</sup>.", "ab 19<sup>99</sup> €", "um 5<sup>49</sup>&nbsp;zł",
        "9<sup>95 Kč</sup>",
        "£3<sup>50</sup> and 7<sup>20</sup> people", "$5<sup>3</sup>", "19<sup>,99</sup> €",
        "1<sup>1</sup>/<sub>2</sub> cups", "<sup>3</sup>⁄<sub>4</sub> Tasse",
        "2 <sup>1</sup>&frasl;<sub>3</sub>",
        "x<sup>1</sup>/<sub>2</sub>", "6<sup>1</sup>/2", "a<sup>2</sup>/<sub>b</sub>",
        "word<sup>1)</sup>", "mot<sup>*</sup> suite", "слово<sup>†</sup>", "x<sup>(n)</sup>",
        "10<sup>6</sup> m<sup>2</sup>", "D<sup>r</sup> Y, 1<sup>er</sup> mai, Na<sup>+</sup>",
        "5<sup>3</sup>4",
        "|z|<sup>2</sup>, {x}<sup>n+1</sup>", "[K<sub>2</sub>]<sup>4−</sup>", "5%<sup>4</sup> of",
        "n!<sup>2</sup> and 6!<sup>n</sup>, (k+1)!<sup>2</sup>", "[Cu(NH3)4]<sup>2+</sup> ions",
        "3<sup>5</sup>/8 in", "x = 2<sup>3</sup>/4", "1<sup>ος</sup> 2<sup>α</sup>",
        "∫<sub>0</sub><sup>1</sup>", "lim<sub>x→0</sub> a<sub>ij</sub>", "max<sub>i∈I</sub>",
        "log<sub>2</sub>8", "<sub>92</sub><sup>238</sup>U", "10 <sup>6</sup>", "5 <sup>3</sup>",
    ],
)  # fmt: skip
def test_superscripts_of_prices_fractions_and_notes_go_by_the_code_of_html(text: str) -> None:
    expected = whole_text(HTMLTree.parse(f"<p>{text}</p>"))
    assert text_of(text).replace("\xa0", " ") == expected


@pytest.mark.parametrize(
    ("wikitext", "html"),
    [
        ("; mill : grinds grain\n: and more", "<dl><dt>mill<dd>grinds grain<dd>and more</dl>"),
        ("; [[a:b|mill]]: ''grinds'' : grain", "<dl><dt>mill<dd>grinds : grain</dl>"),
        ("; http://x.de/y mill\n: grain", "<dl><dt>http://x.de/y mill<dd>grain</dl>"),
        ("; mill <b title='a:b'>x</b>:grain", "<dl><dt>mill x<dd>grain</dl>"),
        ("; mill :\n: grain", "<dl><dt>mill :<dd>grain</dl>"),
        (": at 10:30 : noon", "<dl><dd>at 10:30 : noon</dl>"),
    ],
)
def test_a_term_and_what_it_means_are_those_of_html(wikitext: str, html: str) -> None:
    expected = whole_text(HTMLTree.parse(html))
    assert text_of(wikitext) == expected
    shown = text_of(wikitext, markdown=True)
    assert [line for line in shown.split("\n") if line] == expected.split("\n")


def test_the_number_of_a_note_is_in_brackets_and_a_linked_exponent_is_not() -> None:
    assert text_of("word<sup>[[#fn|1]]</sup>, x<sup>[[square|2]]</sup>") == "word[1], x^2"


def test_a_table_of_many_spans_and_tables_in_tables_costs_what_its_size_allows() -> None:
    wide = "{|\n" + "| colspan=999 rowspan=999 | x || y\n|-\n" * 2_000 + "|}"
    assert len(text_of(wide, markdown=True)) < 20 * len(wide)
    deep = "{|\n| a || b\n|\n" * 3_000
    assert len(text_of(deep)) < 2 * len(deep)
    assert text_of("{|\n| x\n|\n" * 20 + "| y").replace("|", "").split() == ["x"] * 20 + ["y"]
