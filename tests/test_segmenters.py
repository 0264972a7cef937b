"""Words of every script: Unicode's and ICU's, whatever the batch."""

import bz2
import html
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from icu4py.breakers import WordBreaker

from filters.rules.apply import apply_rules
from filters.text.word_kinds import SCRIPT, UNICODE
from filters.text.words import TextView
from filters.wikitext import wikitext_to_text
from tests.realdata import real_data
from tests.test_datatrove_pack import generated

SAMPLES = {
    "The quick (“brown”) fox can’t jump 32.3 feet, right?": (
        "The|quick|(|“|brown|”|)|fox|can’t|jump|32.3|feet|,|right|?"  # the annex's own example
    ),
    "a_b e.g. U.S. 3,14 l'été Ёлка übergroß": "a_b|e.g|.|U.S|.|3,14|l'été|Ёлка|übergroß",
    "यह हिन्दी का वाक्य है।": "यह|हिन्दी|का|वाक्य|है|।",
    "नमस्ते👩‍👩‍👧‍👦 🇩🇪🇫🇷 e\u0301a": "नमस्ते|👩‍👩‍👧‍👦|🇩🇪|🇫🇷|e\u0301a",
    " \n\t": "",
    "": "",
}
DICTIONARIES = {
    "ภาษาไทยภาษาไทย": "ภาษา|ไทย|ภาษา|ไทย",
    "ປະເທດລາວມີພາສາລາວ": None,
    "ខ្ញុំចូលចិត្តអានសៀវភៅ": None,
    "မြန်မာနိုင်ငံတွင်နေထိုင်သည်": None,
    "我们都是中国人": "我们|都是|中国人",
    "😀日本語の文章を😀分割する。": "😀|日本語|の|文章|を|😀|分割|する|。",
    "mixed 日本語text๓": None,
}


def texts(values):
    return pa.array(values, pa.large_string())


def cut(given, kind):
    view = TextView(texts(given))
    words, data = view.words(kind), bytes(view.data)
    spelt = [data[a : a + n].decode() for a, n in zip(words.start, words.sizes, strict=True)]
    return [spelt[a:b] for a, b in zip(words.first[:-1], words.first[1:], strict=True)]


def icu(text):
    """ICU on a text without what it joins over white space, marks above all."""
    return [word for word in WordBreaker("\n".join(text.split()), "root") if word != "\n"]


@pytest.mark.parametrize("kind", [UNICODE, SCRIPT])
def test_words_are_those_of_the_annex(kind):
    wanted = [sample.split("|") if sample else [] for sample in SAMPLES.values()]
    assert cut(list(SAMPLES), kind) == wanted


def test_scripts_without_spaces_are_cut_by_dictionary():
    for text, words in DICTIONARIES.items():
        found = cut([text], SCRIPT)[0]
        assert found == icu(text)
        assert len(found) > 2
        if words:
            assert found == words.split("|")


@pytest.mark.parametrize("kind", [UNICODE, SCRIPT])
def test_any_split_of_a_batch_gives_the_same_words_and_measures(kind):
    given = [*SAMPLES, *DICTIONARIES, *generated(300, seed=31)]
    whole = cut(given, kind)
    assert [word for text in given[::3] for word in cut([text], kind)[0]] == [
        word for words in whole[::3] for word in words
    ]
    assert ["".join(words) for words in whole] == ["".join(text.split()) for text in given]
    recipe = {rule: {"words": kind} for rule in ("gopher_quality", "gopher_repetition")}
    together = apply_rules(texts(given), recipe).measures
    for at in (0, 1, 150, len(given)):
        parts = [apply_rules(texts(p), recipe).measures for p in (given[:at], given[at:])]
        assert pa.Table.from_batches(parts).equals(pa.Table.from_batches([together]))


def test_the_cache_ends_at_a_number_of_words(monkeypatch):
    given = ["我们都是中国人", "日本語の文章", "plain words"]
    whole = cut(given, SCRIPT)
    monkeypatch.setattr("filters.text.chunks._MOST_WORDS", 0)
    assert [cut([text], SCRIPT)[0] for text in given] == whole


@pytest.mark.real
def test_words_are_icus_on_204_languages(capsys):
    rows = pq.read_table(real_data("parallel/flores200-dev.parquet")).to_pylist()
    given = {row["lang"]: [] for row in rows}
    for row in rows:
        if row["sentence_id"] % 25 == 0:
            given[row["lang"]].append(row["text"])
    # ICU takes hangul for a script of its dictionaries, the annex for letters.
    by_dictionary = ("Thai", "Laoo", "Khmr", "Mymr", "Hans", "Hant", "Jpan", "Hang")
    for kind in (SCRIPT, UNICODE):
        some = [
            text
            for lang, sentences in given.items()
            for text in sentences
            if kind == SCRIPT or not lang.endswith(by_dictionary)
        ]
        differing = sum(a != icu(b) for a, b in zip(cut(some, kind), some, strict=True))
        with capsys.disabled():
            print(f"\n{kind}: {len(some):,} sentences, {differing} cut otherwise than ICU")
        assert differing == 0


@pytest.mark.real
def test_japanese_articles_are_no_lists_once_words_are_cut_by_script(capsys):
    dump = real_data("wikipedia/jawiki-262-pages-truncated.xml.bz2").read_bytes()
    xml = bz2.BZ2Decompressor().decompress(dump)
    markup = re.findall(rb"<text[^>]*>([^<]*)</text>", xml)
    pages = texts([html.unescape(m.decode()) for m in markup if len(m) > 3000])
    articles = wikitext_to_text(pages).to_pylist()
    dropped = {}
    for kind in ("whitespace", SCRIPT):
        recipe = {"fineweb_quality": {"words": kind, "max_newline_word_ratio": 0.3}}
        reasons = apply_rules(texts(articles), recipe).reason
        dropped[kind] = len(articles) - reasons.null_count
    with capsys.disabled():
        print(f"\n{len(articles)} Japanese articles, dropped for newlines per word: {dropped}")
    assert dropped["whitespace"] > 0.5 * len(articles)
    assert dropped[SCRIPT] < 0.1 * len(articles)
