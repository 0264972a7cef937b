"""Packs beside datatrove's decide as the code that they name."""

import itertools
import random
import re

import pyarrow as pa
import pytest
from datatrove.data import Document
from datatrove.pipeline.filters import c4_filters
from datatrove.utils.text import split_into_words

from filters.language.tables import language_table
from filters.rules import bad_words, registry
from filters.rules.apply import apply_rules
from pipelines.recipe import loading
from pipelines.recipe.config import RecipeError
from pipelines.stages.settings import settings_of
from tests.language_pages import LANGUAGES as PAGES
from tests.test_rules import odd_texts


def texts(*values):
    return pa.array(values, pa.large_string())


def reasons(text, recipe, language="en"):
    verdicts = apply_rules(texts(text), recipe, languages=pa.array([language]))
    return verdicts.reasons.to_pylist()[0]


# --- thresholds by language -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("fr", "fra_Latn"), ("fra", "fra_Latn"), ("fra_Latn", "fra_Latn"), ("fr-CA", "fra_Latn"),
        ("zh-Hans", "cmn_Hani"), ("zh", "cmn_Hani"), ("no", "nob_Latn"), ("fr-Arab", None),
        ("sr", "srp_Cyrl"), ("sr-Latn", "srp_Latn"), ("srp_Latn", "srp_Latn"), ("en", "eng_Latn"),
        ("zho_Hant", "cmn_Hani"), ("yue", "yue_Hani"), ("est_Latn", "ekk_Latn"), ("th", "tha_Thai"),
        ("xx", None), ("und", None), (None, None), ("", None),
    ],
)  # fmt: skip
def test_labels_of_all_models_find_their_language(label, code):
    assert language_table("fineweb-2").code(label) == code


def test_the_table_is_whole():
    table = language_table("fineweb-2")
    assert len(table.stop_words) == 241
    assert table.thresholds["min_ended_line_ratio"]["deu_Latn"] == 0
    assert table.thresholds["max_duplicate_line_ratio"]["deu_Latn"] == 0.263
    assert table.thresholds["max_newline_word_ratio"]["hin_Deva"] == 0.316
    assert table.thresholds["min_mean_word_chars"]["deu_Latn"] == 0
    assert "für" in table.stop_words["deu_Latn"]
    for by_code in table.thresholds.values():
        assert by_code.keys() == table.stop_words.keys()
    assert [code for code, words in table.stop_words.items() if len(words) < 8] == ["kor_Hang"]


def test_each_document_meets_the_thresholds_and_stop_words_of_its_language():
    text = "la cathédrale immense est toujours dans le village"
    quality = {"fineweb_2_quality": {"min_stop_words": 2, "max_mean_word_chars": "fineweb-2"}}
    for language, expected in (
        ("fr", []),
        ("de", ["fineweb_2_quality.too_few_stop_words"]),
        ("zh", ["fineweb_2_quality.words_too_long", "fineweb_2_quality.too_few_stop_words"]),
        ("xx", []),
        (None, []),
    ):
        assert reasons(text, quality, language) == expected
    by_hand = {"gopher_quality": {"min_words": {"fr": 9, "de": 3, "default": 20}}}
    for language, dropped in (("fr", 1), ("de", 0), ("xx", 1)):
        assert len(reasons(text, by_hand, language)) == dropped


@pytest.mark.parametrize("language", sorted(PAGES))
def test_a_paragraph_of_prose_is_kept_in_every_language(language):
    pack = registry.pack_rules("fineweb-2")
    pack["fineweb_2_quality"] |= {"min_words": 30}
    assert language_table("fineweb-2").code(language)
    assert reasons(PAGES[language][2], pack, language) == []


def test_a_language_without_data_meets_the_other_thresholds():
    words = " ".join(f"kapu{a}{b}" for a in "lmnop" for b in "aeiourstv")
    for language in ("xx", "tlh", "und", None):
        assert reasons(f"{words} {words[::-1]}", registry.pack_rules("fineweb-2"), language) == []
        few = reasons("kapula kapule", registry.pack_rules("fineweb-2"), language)
        assert few == ["fineweb_2_quality.too_few_words"]


def test_a_table_that_lacks_a_threshold_is_refused():
    with pytest.raises(ValueError, match="unknown threshold in table fineweb-2"):
        registry.validate({"gopher_quality": {"min_words": "fineweb-2"}})
    with pytest.raises(ValueError, match="one number for all languages"):
        registry.validate({"c4_quality": {"min_line_words": {"en": 3}}})
    with pytest.raises(ValueError, match="wants a number, not str"):
        registry.validate({"gopher_quality": {"min_words": {"en": "3"}}})


# --- FineWeb as published -------------------------------------------------------------------------


def fineweb_2024_04(text, words):
    """The filter's decisions at the time, in plain Python."""
    lines = text.split("\n")
    failed = []
    if sum(line.endswith((".", "'", '"', "!", "?")) for line in lines) / len(lines) <= 0.12:
        failed.append("too_few_lines_end_a_sentence")
    if sum(len(line) <= 30 for line in lines) / len(lines) >= 0.67:
        failed.append("too_many_short_lines")
    seen, repeated = set(), 0
    for line in lines:
        if line.strip():
            repeated += len(line) if line in seen else 0
            seen.add(line)
    if repeated / len(text.replace("\n", "")) >= 0.01:
        failed.append("too_many_duplicate_line_chars")
    if text.count("\n") / len(words) > 0.3:
        failed.append("too_many_newlines")
    return [f"fineweb_2024_04_quality.{reason}" for reason in failed]


def test_fineweb_decides_as_published():
    draw = random.Random(5)
    sentences = [
        "A line of more than thirty characters ends.",
        "And one of them does not end",
        *("Short.", "", "It's said 'so'"),
        "“No,” he said, and went away for good.",
    ]
    given = ["\n".join(draw.choices(sentences, k=draw.randint(1, 30))) for _ in range(300)]
    given = [text for text in given + odd_texts(300, seed=2) if text.strip()]
    recipe = {"fineweb_2024_04_quality": registry.published("fineweb_2024_04_quality")}
    for words in ("whitespace", "spacy-en"):
        recipe["fineweb_2024_04_quality"]["words"] = words
        ours = apply_rules(texts(*given), recipe).reasons.to_pylist()
        cut = str.split if words == "whitespace" else split_into_words
        theirs = [fineweb_2024_04(text, cut(text)) for text in given]
        assert ours == theirs
    assert {len(reasons) for reasons in theirs} > {0, 1, 2}


def test_limits_of_above_and_below_are_dropped():
    lines = ["A sentence that is longer than thirty characters."] * 3 + [
        "no end, but long enough to stay"
    ] * 22
    recipe = {"fineweb_2024_04_quality": {"above_ended_line_ratio": 0.12}}
    assert reasons("\n".join(lines), recipe) == [
        "fineweb_2024_04_quality.too_few_lines_end_a_sentence"
    ]
    recipe = {"fineweb_quality": {"min_ended_line_ratio": 0.12}}
    assert reasons("\n".join(lines), recipe) == []


# --- C4 as TensorFlow Datasets made it ------------------------------------------------------------


def clean_page(text):
    """Lines that stay, or None for a page that is dropped before sentences are counted."""
    phrases = ("terms of use", "privacy policy", "cookie policy", "uses cookies",
               "use of cookies", "use cookies")  # fmt: skip
    kept = []
    for line in text.splitlines():
        line = line.strip()
        if any(len(word) > 1000 for word in line.split()):
            continue
        line = re.sub(r"\[\d*\]|\[edit\]|\[citation needed\]", "", line)
        if not line.endswith((".", "?", "!", '"')) or line.endswith("..."):
            continue
        lower = line.lower()
        if len(line.split()) < 5:
            continue
        if "lorem ipsum" in lower:
            return None
        if "javascript" in lower:
            continue
        if "{" in line:
            return None
        if not any(phrase in lower for phrase in phrases):
            kept.append(line)
    return "\n".join(kept).strip()


def test_c4_keeps_the_lines_that_tensorflow_datasets_keeps():
    recipe = {"c4_tfds_quality": registry.published("c4_tfds_quality") | {"min_sentences": 0}}
    long = [text.replace(" ", " a b c d ") for text in odd_texts(700, seed=3)]
    quoted = ["she said to him 'go on'[1]\nhe said that she went 'away'.", "a b c d e'\u3000\x0bf"]
    given = [*odd_texts(700, seed=4), *long, *quoted]
    verdicts = apply_rules(texts(*given), recipe)
    rows = zip(given, verdicts.reason.to_pylist(), verdicts.text.to_pylist(), strict=True)
    kept = 0
    for text, reason, rewritten in rows:
        expected = clean_page(text)
        assert (reason is None) == (expected is not None), text
        if expected is not None:
            assert rewritten == expected
            kept += bool(expected)
    assert kept > 50
    assert registry.pack_rules("c4")["c4_tfds_quality"]["min_line_words"] == 5
    assert registry.pack_rules("c4")["c4_tfds_quality"]["min_sentences"] == 3


# --- bad words ------------------------------------------------------------------------------------


@pytest.fixture
def lists(tmp_path):
    (tmp_path / "en").write_text("mud\nbig frog\na.b\nΟΔΟΣ\n", encoding="utf-8")
    (tmp_path / "ja").write_text("かえる\nグロ\n", encoding="utf-8")
    (tmp_path / "README.md").write_text("not a list")
    return tmp_path


def test_bad_words_drop_what_datatroves_filter_drops(lists, monkeypatch):
    monkeypatch.setattr(
        c4_filters, "cached_asset_path_or_download", lambda url, **_: str(lists / url[-2:])
    )
    monkeypatch.setattr(c4_filters, "_EN_BADWORDS_URL", "somewhere/en")
    theirs = c4_filters.C4BadWordsFilter(fail_on_missing_language=False)
    draw = random.Random(2)
    pieces = ["mud", "MUD", "mudd", "big frog", "big  frog", "a.b", "axb", "かえる", "ばかえるよ",
              "グロ", "οδος", " ", ", ", "-", "_", "\n", "İ", "é"]  # fmt: skip
    given = ["".join(draw.choices(pieces, k=draw.randint(1, 7))) for _ in range(600)]
    languages = [draw.choice(["en", "ja", "xx"]) for _ in given]
    recipe = {"bad_words": {"lists": str(lists), "max_bad_words": 0}}
    ours = apply_rules(texts(*given), recipe, languages=pa.array(languages))
    for text, language, reason in zip(given, languages, ours.reason.to_pylist(), strict=True):
        kept = theirs.filter(Document(text, "id", metadata={"language": language})) is True
        assert (reason is None) == kept, (text, language)
    assert ours.reason.null_count not in (0, len(given))


def test_one_list_is_for_all_languages(lists):
    recipe = {"bad_words": {"lists": str(lists / "en"), "max_bad_words": 0}}
    assert reasons("so much mud here", recipe, "de") == ["bad_words.bad_words"]


def test_another_list_under_the_same_name_is_another_result(lists):
    made = loading.load("demo", [f"documents.rules.bad_words={{lists: {lists}, max_bad_words: 0}}"])
    before = settings_of("documents", made)
    (lists / "de").write_text("schlamm\n")
    bad_words.list_languages.cache_clear()
    assert settings_of("documents", made) != before


def test_a_missing_list_is_named_before_work_starts(tmp_path):
    with pytest.raises(ValueError, match="winnow fetches no lists"):
        registry.validate({"bad_words": {"lists": str(tmp_path / "none")}})
    with pytest.raises(ValueError, match="holds no file named like a language"):
        registry.validate({"bad_words": {"lists": str(tmp_path)}})
    with pytest.raises(ValueError, match="rule 'bad_words' lacks 'lists'"):
        registry.validate({"bad_words": {"max_bad_words": 0}})
    with pytest.raises(RecipeError, match="lacks 'lists'"):
        loading.load("demo", ["documents.rules.bad_words={max_bad_words: 0}"])


# --- RefinedWeb's lines ---------------------------------------------------------------------------


def refinedweb(text):
    """The steps of DCLM's configuration, one after the other over the whole text."""
    counters = "likes|shares|comments|retweets|reposts|quotes|bookmarks|upvotes|downvotes"
    counters += "|downloads|views|followers"

    def lines(keep, strip=True):
        kept = "\n".join(line for line in text.split("\n") if keep(line))
        return kept.strip() if strip else kept

    text = lines(lambda x: not x or sum(c.isupper() for c in x) / len(x) <= 0.5)
    text = lines(lambda x: not x or sum(c.isdigit() for c in x) / len(x) <= 0.999999)
    text = lines(lambda x: not re.search(
        rf"^\W*\d(?:,|\.|\d)*(?:K|k|M|m|B|b)?\s+(?:{counters})\W*$", x.lower()))  # fmt: skip
    text = lines(lambda x: not x or len(x.split()) >= 2, strip=False)
    for phrase in (r"\s?items in cart", r"\s?Read more...$", r"^Sign-in\s?"):
        kept = []
        for line in text.split("\n"):
            if len(line.split()) <= 10:
                shorter = re.sub(phrase, "", line, flags=re.I)
                if line and not shorter.strip():
                    continue
                line = shorter
            kept.append(line)
        text = "\n".join(kept).strip()
    return text


def test_lines_go_as_in_refinedweb():
    draw = random.Random(6)
    pieces = ["HELLO THERE", "Hello there again", "123", "12 ", "1.2K likes", "* 3 Views!", "one",
              "3 items in cart", "items in cart", "Read more...", "And so on. read more now",
              "Sign-in here please", "sign-in", "", "   ", " A", "\u3000Q\u3000",
              "a b c d e f g h i j k items in cart"]  # fmt: skip
    given = ["\n".join(draw.choices(pieces, k=draw.randint(1, 12))) for _ in range(500)]
    given += odd_texts(300, seed=8)
    published = registry.published("refinedweb_lines")
    without = {k: v for k, v in published.items() if k != "max_removed_word_ratio"}
    verdicts = apply_rules(texts(*given), {"refinedweb_lines": without})
    assert verdicts.text.to_pylist() == [refinedweb(text) for text in given]
    dropped = apply_rules(texts(*given), {"refinedweb_lines": published})
    for text, reason in zip(given, dropped.reason.to_pylist(), strict=True):
        words = len(text.split())
        removed = (words - len(refinedweb(text).split())) / words if words else 0
        assert (reason is not None) == (removed > 0.05)


# --- batches --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", registry.RULES)
def test_any_cut_of_a_batch_gives_the_same_rows(name, lists):
    draw = random.Random(name)
    given = texts(*odd_texts(70, seed=7), "", None, "word " * 60)
    languages = pa.array(draw.choices(["en", "fr", "zh", "und", None], k=len(given)))
    recipe = {name: registry.published(name)}
    if name == "bad_words":
        recipe[name]["lists"] = str(lists)
    for early in (False, True):
        check_cuts(given, recipe, languages, early, draw)


def check_cuts(given, recipe, languages, early, draw):
    whole = apply_rules(given, recipe, languages=languages, early_drop=early)
    for _ in range(3):
        cuts = sorted(draw.sample(range(len(given) + 1), 3))
        edges = [0, *cuts, len(given)]
        parts = [
            apply_rules(given[a:b], recipe, languages=languages[a:b], early_drop=early)
            for a, b in itertools.pairwise(edges)
        ]
        for field in ("text", "measures", "reasons", "reason", "emptied"):
            rows = [row for part in parts for row in getattr(part, field).to_pylist()]
            assert rows == getattr(whole, field).to_pylist(), field


@pytest.mark.parametrize("name", registry.PACKS)
@pytest.mark.parametrize("early", [False, True])
def test_any_cut_of_a_batch_gives_the_same_rows_of_a_pack(name, early):
    draw = random.Random(name)
    given = texts(*odd_texts(90, seed=9), "", None, "word " * 60)
    languages = pa.array(draw.choices(["en", "fr", "zh", "und", None], k=len(given)))
    check_cuts(given, registry.pack_rules(name), languages, early, draw)
