"""Wikitext: what a reader sees as text stays, markup goes, broken markup costs little."""

import bz2
import io
import re
import time

import pyarrow as pa
import pytest
from lxml import etree

from filters.wikitext import wikitext_to_text
from tests.realdata import real_data


def plain(*pages: str) -> list[str]:
    return wikitext_to_text(pa.array(pages, pa.large_string())).to_pylist()


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("'''Bold''' and ''italic'' and '''''both'''''", "Bold and italic and both"),
        ("[[target|label]]s, [[page]]s, [[a|b|c]]", "labels, pages, b|c"),
        ("a {{t|{{u|x}}\n|y=[[z]]}} b", "a  b"),
        ("{{Infobox\n| name = x\n|}}\nText", "Text"),
        ("a{{{1|default}}}b {{x|{{{y}}}}}c", "ab c"),
        ("x\n{| class=w\n! h\n|-\n| a || b\n|}\ny", "x\n\ny"),
        (":{|\n| {{t\n|}}\n|}\ny", "y"),
        ("a<ref name=x>note [[b]]</ref> c<ref name=x /> d", "a c d"),
        ("a<!-- [[b]] -->c", "ac"),
        ("<math>x^{{2}}</math>a<gallery>\nFile:a|b\n</gallery>", "a"),
        ("<nowiki>[[x]] {{y}} ''</nowiki>", "[[x]] {{y}} ''"),
        ("== Head ==\n* one\n## two\n----\nend", "Head\none\ntwo\n\nend"),
        ("===Head===<ref>x</ref>\ntext", "Head\ntext"),
        ("[http://x.org label here] [https://x.org] http://y.org", "label here  http://y.org"),
        ("&nbsp;&amp;&#8211;&#x41;&lt;b&gt;&#150;", "\xa0&–A<b>–"),
        ("&#0;&#xD800;&#9999999999;", "���"),
        ("AT&T &unknown; &;", "AT&T &unknown; &;"),
        ("__NOTOC__x __init__", "x __init__"),
        ("a<br/>b<p>c</p>", "a\nb\nc"),
        ("2 < 3 and <3", "2 < 3 and <3"),
        ("Rome ({{lang|it|Roma}}; ) is", "Rome is"),
        ("東京（{{lang|en|Tokyo}}）は", "東京は"),
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
    "unit", ["{{", "[[", "<ref>", "<!--", "<math>", "'''", "[[a|", "{|\n", "&#"]
)
def test_hostile_repetition_stays_linear_and_valid(unit: str) -> None:
    plain("compiled before the clock starts")
    start = time.perf_counter()
    wikitext_to_text(pa.array([unit * 300_000], pa.large_string())).validate(full=True)
    assert time.perf_counter() - start < 5


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
