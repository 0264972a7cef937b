"""Wikitext: what a reader sees as text stays, markup goes, broken markup costs little."""

import bz2
import io
import re
import time

import pyarrow as pa
import pytest
from lxml import etree

from filters.wikitext import (
    Markup,
    hidden_namespaces,
    is_disambiguation,
    is_redirect,
    wikitext_to_text,
)
from tests.realdata import real_data


def plain(*pages: str, **markup: bool) -> list[str]:
    return wikitext_to_text(pa.array(pages, pa.large_string()), Markup(**markup)).to_pylist()


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("'''Bold''' and ''italic'' and '''''both'''''", "Bold and italic and both"),
        ("[[target|label]]s, [[page]]s, [[a|b|c]]", "labels, pages, b|c"),
        ("a {{t|{{u|x}}\n|y=[[z]]}} b", "a b"),
        # what is dropped leaves one space, and none at the beginning of a line
        ("* {{icon}} [[b]]\n* <ref>x</ref> c", "- b\n- c"),
        ("a <ref>x</ref> {{t}} b  c", "a b  c"),
        ("{{t}} a\n\n{{t}} b", "a\n\nb"),
        ("{{Infobox\n| name = x\n|}}\nText", "Text"),
        ("a{{{1|default}}}b {{x|{{{y}}}}}c", "ab c"),
        ("x\n{| class=w\n! h\n|-\n| a || b\n|}\ny", "x\n\ny"),
        (":{|\n| {{t\n|}}\n|}\ny", "y"),
        ("a<ref name=x>note [[b]]</ref> c<ref name=x /> d", "a c d"),
        ("a<!-- [[b]] -->c", "ac"),
        ("<math>x^{{2}}</math>a<gallery>\nFile:a|b\n</gallery>", "$x^{{2}}$a"),
        ("<nowiki>[[x]] {{y}} ''</nowiki>", "[[x]] {{y}} ''"),
        ("== Head ==\n* one\n## two\n----\nend", "Head\n\n- one\n\n  1. two\n\nend"),
        ("===Head===<ref>x</ref>\ntext", "Head\n\ntext"),
        ("[http://x.org label here] [https://x.org] http://y.org", "label here  http://y.org"),
        ("&nbsp;&amp;&#8211;&#x41;&lt;b&gt;&#150;", "\xa0&–A<b>–"),
        ("&#0;&#xD800;&#9999999999;", "���"),
        ("AT&T &unknown; &;", "AT&T &unknown; &;"),
        ("__NOTOC__x __init__", "x __init__"),
        ("a<br/>b<p>c</p>", "a\nb\n\nc"),
        ("a<pre>b</pre>c<blockquote>d</blockquote>", "a\n\nb\n\nc\n\nd"),
        ("# a\n<!-- note -->\n# b", "1. a\n2. b"),
        ("2 < 3 and <3", "2 < 3 and <3"),
        ("Rome ({{no such|it|Roma}}; ) is", "Rome is"),
        ("東京（{{no such|en|Tokyo}}）は", "東京は"),
        (
            "Wort <ref>x</ref>, und <ref/>. (mot {{no such}}) слово <ref/>; a .NET",
            "Wort, und. (mot) слово; a .NET",
        ),
        ("a\n {|\n|-\n| x\n |}\nb", "a\n\nb"),
        ("a\n<table><tr><td>x</table>\nb <table>", "a\n\nb"),
        ("call main() now ({{x}}) print()", "call main() now print()"),
        ("l'''Iliade'' e dell'''Odissea''", "l'Iliade e dell'Odissea"),
        ("[see [[a|b]]] [1]", "[see b] [1]"),
    ],
)
def test_markup_becomes_the_text_a_reader_sees(markup: str, text: str) -> None:
    assert plain(markup) == [text]


@pytest.mark.parametrize(
    "markup",
    [
        "[[File:x.jpg|thumb|A [[nested|link]], {{t}} and [http://a.b c]]] rest",
        "[[ file : x.jpg|text]] rest",
        "[[Datei:x.jpg|text]] rest",
        "[[Категория:Текст]]\n[[категория:текст]]\nrest",
        "[[画像:x|text [[a|b]]]]rest",
        "[[श्रेणी:अ]][[ကဏ္ဍ:က]][[تصنيف:ا]][[分類:字]] rest",
        "[[de:Ein Artikel]]\n[[zh-yue:文]]\nrest",
    ],
)
def test_pictures_categories_and_language_links_leave_nothing(markup: str) -> None:
    assert plain(markup) == ["rest"]


TABLE = """before
{| class="wikitable"
|+ style="x" | Caption
|-
! scope=col | Name !! Born
|- style="y"
| align=left | '''Ada''' || 1815
|-
| [[a|Bob]]
| colspan=2 | 12!!
* item
|
{|
| inner
|}
|}
after"""


def test_tables_are_an_option_that_keeps_a_row_a_line() -> None:
    assert plain(TABLE) == ["before\n\nafter"]
    (text,) = plain(TABLE, tables=True)
    lines = [line for line in text.split("\n") if line]
    assert lines == [
        "before", "Caption", "Name | Born", "Ada | 1815", "Bob", "12!!", "- item", "inner", "after",
    ]  # fmt: skip


def test_tables_in_templates_and_unclosed_ones_do_no_harm() -> None:
    assert plain("{{t|\n{|\n| a\n|}\n}}b", tables=True) == ["b"]
    assert plain("{|\n| a\ntext [[b]]", tables=True) == ["a\ntext b"]
    assert plain("{| x", tables=True) == [""]


BOX = """{{Infobox person
| name = ''Ada''
| birth_date = {{birth|1815}}
| image = [[File:x.jpg|thumb|A b]]
| place = [[London]], UK<ref>{{cite|x}}</ref>
| children =
}}
'''Ada''' was {{cite
| name = x
}} born"""


def test_facts_of_infoboxes_are_an_option() -> None:
    assert plain(BOX) == ["Ada was born"]
    assert plain(BOX, infoboxes=True) == ["name: Ada\nplace: London, UK\n\nAda was born"]
    assert plain("{{基礎情報 国\n|首都 = 東京\n}}", infoboxes=True) == ["首都: 東京"]
    assert plain("{{infobox}}a{{infobox|", infoboxes=True) == ["a"]


def test_captions_of_pictures_and_galleries_are_an_option() -> None:
    page = (
        "One [[File:a.jpg|thumb|200px|A [[b|c]] caption {{x}}]] two [[Image:b.png|alt=x y]]\n"
        "<gallery mode=x>\nFile:x.jpg|A ''gallery'' caption\nFile:y.jpg\n</gallery>\nend"
    )
    assert plain(page) == ["One  two\n\nend"]
    (text,) = plain(page, captions=True)
    assert text.split() == ["One", "A", "c", "caption", "two", "A", "gallery", "caption", "end"]


def test_formulas_are_an_option() -> None:
    page = "a <math>x^{2} &lt; \\bar{{y}}</math>, <chem>H2O</chem> b </math> <math>c"
    assert plain(page, math=False) == ["a ,  b  c"]
    assert plain(page) == [r"a $x^{2} < \bar{{y}}$, $\ce {H2O}$ b  c"]


def test_of_several_spellings_the_first_is_taken() -> None:
    page = "a-{zh-hans:计算机;zh-hant:電腦}-b-{H|zh-cn:x;zh-tw:y}-c-{不转}-d-{A|zh:e}- -{ -{[[f]]}-"
    assert plain(page, variants=True) == ["a计算机bc不转de -{ f"]
    assert plain("CO-{2}-x") == ["CO-{2}-x"]


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("a-{zh-tw:湖;zh-cn:[[河|大河]]}-b", "a湖b"),
        ("a-{zh-tw:[[湖|大湖]]; zh-cn:河; }-b", "a大湖b"),
        ("a-{A|zh-hans:[[x:y|湖]];zh-hant:河}-b", "a湖b"),
        ("a-{湖-{zh-cn:内;zh-tw:外}-河}-b", "a湖内河b"),
        ("a-{zh-tw:-{zh-cn:内;zh-tw:外}-;zh-cn:河}-b", "a内b"),
        ("a-{zh-hans|湖泊}-b, a-{zh-hans;zh-hant|湖泊}-b, a-{R|湖}-b", "a湖泊b, a湖泊b, a湖b"),
        ("a-{zh-tw:湖&amp;河;zh-cn:x}-b", "a湖&河b"),
        ("a-{zh-tw:湖{{foo|x}}-河;zh-cn:x}-b", "a湖-河b"),
        ("a-{zh-tw:<b>湖</b>;zh-cn:x}-b", "a湖b"),
        ("a-{-|zh-cn:x;zh-tw:y}-b-{T|zh-cn:x}-c", "abc"),
        ("<nowiki>-{a}-</nowiki> -{zh-tw:a", "-{a}- -{zh-tw:a"),
    ],
)
def test_a_spelling_is_wikitext(page: str, text: str) -> None:
    assert plain(page, variants=True) == [text]


def test_an_unclosed_table_is_left_out_and_what_follows_stays() -> None:
    page = "before\n{| class=x\n! Head\n|-\n| cell || cell\n\nafter\n"
    assert plain(page) == ["before\n\nafter"]
    closed = "{|\n| a\nb\n|}\nmiddle\n"
    assert plain(closed + page) == ["middle\nbefore\n\nafter"]


@pytest.mark.parametrize(
    "page",
    [
        '{| class="x"\n|-\n| one\n{| class="y"\n|-\n| two\n|}\n\nAfter\n\n{|\n|z\n|}',
        '{| border="0"\n|-\n|valign="top"| one\n* item\n{|\n|a\n|}\nAfter',
        '{| width="9"\n|+ Caption\n! align="left" | one\n{|\n|b\n|}\nAfter',
    ],
)
def test_a_table_that_never_ends_leaves_no_signs(page: str) -> None:
    (text,) = plain(page)
    assert "After" in text
    assert "one" in text
    assert not re.search(r"\|-|^[|!]|=\"", text, re.MULTILINE)


@pytest.mark.parametrize(
    "links",
    ["[[de:A]] [[fr:B]]", "[[Category:K]] [[de:A]]", "[[de:A]][[zh-yue:B]]  [[nl:C]]"],
)
def test_links_to_other_languages_may_share_a_line(links: str) -> None:
    assert plain(f"Text.\n\n{links}\n{links}") == ["Text."]
    assert plain(f"Text, see [[de:A]].\n{links}") == ["Text, see de:A."]


def test_a_wikis_own_namespaces_are_hidden() -> None:
    page = "[[Dosya:x.jpg|a]][[Ҫӑлтар:y]] rest"
    files, categories = hidden_namespaces("cv", ["Dosya"], ["Ҫӑлтар"])
    array = pa.array([page], pa.large_string())
    markup = Markup(files=files, categories=categories)
    assert wikitext_to_text(array, markup).to_pylist() == ["rest"]
    assert "Datei" in hidden_namespaces("de")[0]
    assert "Datei" not in hidden_namespaces("it")[0]
    assert "Bild" in hidden_namespaces("xx")[0]


@pytest.mark.parametrize(
    "page",
    [
        "#REDIRECT [[a]]",
        " #redirect: [[a]]",
        "#WEITERLEITUNG [[a]]",
        "#転送[[a]]",
        "＃重定向 [[a]]",
    ],
)
def test_redirects_are_known_in_every_language(page: str) -> None:
    assert is_redirect(page)
    assert not is_redirect(page.replace("[[", ""))
    assert not is_redirect("x" + page)


@pytest.mark.parametrize(
    ("page", "language", "expected"),
    [
        ("a\n{{Disambiguation|geo}}", "en", True),
        ("{{ human_name disambiguation }}", "en", True),
        ("{{disambiguation needed}} {{about|x}}", "en", False),
        ("{{Begriffsklärung}}", "de", True),
        ("{{Begriffsklärung}}", "en", False),
        ("{{人名の曖昧さ回避}}", "ja", True),
        ("{{曖昧さ回避リンク}}", "ja", False),
        ("x __DISAMBIG__", None, True),
        ("{{disambig}}", "zh-yue", True),
    ],
)
def test_disambiguation_pages(page: str, language: str | None, expected: bool) -> None:
    assert is_disambiguation(page, language) is expected


@pytest.mark.parametrize("option", ["tables", "infoboxes", "captions", "math", "variants"])
def test_options_never_overrun_the_output(option: str) -> None:
    for unit in ("|\n", "|a=", "|| ", "[[File:|", "{|\n|", "<math>", "-{a}-", "{{infobox|a|"):
        for head in ("", "{|\n", "{{infobox\n", "<gallery>\n"):
            page = head + unit * 3000
            array = pa.array([page, page], pa.large_string())
            text = wikitext_to_text(array, Markup(**{option: True}))
            text.validate(full=True)
            assert text[0] == text[1]


def test_links_that_only_look_like_hidden_ones_stay() -> None:
    assert plain("[[:Category:K]], [[Category theory]], see [[de:x|the German]]") == [
        "Category:K, Category theory, see the German"
    ]


@pytest.mark.parametrize(
    "opener",
    ["{{", "{{{", "{|", "[[", "[[File:", "[http://x.org ", "<ref>", "<!--", "<math>", "<nowiki>"],
)
def test_an_unclosed_opener_does_not_eat_the_article(opener: str) -> None:
    (text,) = plain(f"before\n\n{opener} middle\n\nafter [[a|link]] {{{{gone}}}} end\n")
    for kept in ("before", "middle", "after link", "end"):
        assert kept in text
    assert "gone" not in text


def test_stray_closers_stay_harmless() -> None:
    (text,) = plain("a }} b ]] c |} d </ref> e ''' f --> g")
    assert [word for word in text.split() if word.isalpha()] == list("abcdefg")


def test_each_page_is_converted_alone() -> None:
    pages = ["{{open", "b}} c", "", "'''x", "[[File:", "a]]", "ünï [[x|日本]]"]
    array = pa.array(pages, pa.large_string())
    whole = wikitext_to_text(array)
    parts = [wikitext_to_text(array.slice(i, 1)) for i in range(len(pages))]
    assert whole.equals(pa.chunked_array(parts).combine_chunks())
    assert wikitext_to_text(array.slice(3, 0)).to_pylist() == []


def test_nulls_stay_null() -> None:
    array = pa.array([None, "''a''", None, ""], pa.large_string())
    assert wikitext_to_text(array).to_pylist() == [None, "a", None, ""]
    assert wikitext_to_text(array[2:]).to_pylist() == [None, ""]


@pytest.mark.parametrize(
    "unit",
    ["{{", "[[", "<ref>", "<!--", "<math>", "'''", "[[a|", "{|\n", "&#", "-{a;", "{{infobox|a=",
     "{|\n|a||b\n", "[[File:a|"],
)  # fmt: skip
def test_hostile_repetition_stays_linear_and_valid(unit: str) -> None:
    every = Markup(tables=True, infoboxes=True, captions=True, math=True, variants=True)
    plain("compiled before the clock starts")
    start = time.process_time()
    for markup in (Markup(), every):
        array = pa.array([unit * 300_000], pa.large_string())
        wikitext_to_text(array, markup).validate(full=True)
    assert time.process_time() - start < 5


@pytest.mark.real
@pytest.mark.parametrize("name", ["enwiki-206-pages.xml.bz2", "bgwiki-3-pages.xml.bz2"])
def test_real_articles_lose_their_markup_and_keep_their_words(name: str) -> None:
    xml = bz2.decompress(real_data(f"wikipedia/{name}").read_bytes())
    pages = [
        page.findtext(".//{*}text") or ""
        for _, page in etree.iterparse(io.BytesIO(xml), events=("end",), tag="{*}page")
    ]
    text = wikitext_to_text(pa.array(pages, pa.large_string()))
    text.validate(full=True)
    joined = "\n".join(text.to_pylist())
    for markup in ("<ref", "&nbsp;", "|-", "''"):
        assert markup not in joined
    left = len(re.findall(r"\{\{|\}\}|\[\[|\]\]|\{\||\|\}", joined))
    assert left < 1 + len(joined) / 10_000
    assert len(joined) > 0.4 * sum(map(len, pages))
