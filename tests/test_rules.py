"""Rules agree with their sources and with themselves, however a batch is cut."""

import random
import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from datatrove.data import Document
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
    fineweb_quality_filter,
    gopher_quality_filter,
    gopher_repetition_filter,
)
from datatrove.utils import text as datatrove_text

from filters.rules import registry
from filters.rules.apply import apply_rules
from filters.text import characters
from filters.text.words import TextView
from tests.realdata import real_data

OWN = ("gopher_repetition", "gopher_quality", "c4_quality", "fineweb_quality")
EVERYTHING = {name: registry.published(name) for name in OWN}


def texts(*values):
    return pa.array(values, pa.large_string())


def measures(text, rule, **limits):
    row = apply_rules(texts(text), {rule: limits}).measures.to_pylist()[0]
    return {name.removeprefix(f"{rule}."): value for name, value in row.items()}


def reasons(text, recipe):
    return apply_rules(texts(text), recipe).reasons.to_pylist()[0]


PIECES = (
    *("a", "b", "the", "of", "and", "word", "Über", "世界", "𝒳y", "हिन्दी", "‘", "1", "x" * 1001),
    *(" ", " ", " ", "\t", "\u3000", "\u00a0", "\u2009"),
    *("\n", "\n", "\n\n", "\n\n\n", "\r\n", "\r", "\v", "\x1c", "\x1f", "\x85", "\u2028", "\u2029"),
    *("#", "...", "…", "..", "•", "-", ".", ".", "!", '"', "'", "。", "।", "𑗊", "？"),
    *("[1]", "[]", "[٣]", "[edit]", "[citation needed]", "[", "]", "[1"),
    *("Lorem Ipsum", "JavaScript", "java[1]script", "{", "Privacy Policy", "use cookies"),
    *(
        "a b c.\n",
        "one two three.\n",
        "one two three.\n\n",
        "the same sentence again!\n",
        *["again.\n\n"] * 4,
    ),
)


def odd_texts(count, seed=1):
    draw = random.Random(seed)
    return ["".join(draw.choices(PIECES, k=draw.randint(1, 40))) for _ in range(count)]


@pytest.fixture(scope="module")
def web():
    """Web text in 186 languages, English over-represented."""
    path = real_data("text/web-excerpts-186-langs.parquet")
    table = pq.read_table(path, columns=["lang", "text"])
    english = table.filter(pc.starts_with(table["lang"], "eng"))
    rows = table["text"].to_pylist()[::55] + english["text"].to_pylist()[:600]
    # Excerpts are short and of one line: joined ones reach more thresholds, whole pages all.
    joined = ["\n".join(rows[i : i + 8]) for i in range(0, len(rows), 8)]
    pages = [
        *pq.read_table(real_data("webpages/wcxb-dev.gold.parquet"))["main_content"].to_pylist(),
        *pq.read_table(real_data("commoncrawl/cc100.reference.parquet"))[
            "trafilatura_text"
        ].to_pylist(),
    ]
    return [text for text in pages if text] + joined + rows


@pytest.fixture
def white_space_words(monkeypatch):
    for module in (gopher_quality_filter, gopher_repetition_filter, fineweb_quality_filter):
        monkeypatch.setattr(module, "split_into_words", lambda text, language: text.split())


def datatrove_reason(step, text):
    result = step.filter(Document(text, "id"))
    return result[1] if isinstance(result, tuple) else None if result else "dropped"


# --- agreement with datatrove ---------------------------------------------------------------

SAME_REASON = {
    "gopher_repetition": {
        "empty": "empty",
        "dup_para_frac": "too_many_duplicate_paragraphs",
        "dup_para_char_frac": "too_many_duplicate_paragraph_chars",
        "dup_line_frac": "too_many_duplicate_lines",
        "dup_line_char_frac": "too_many_duplicate_line_chars",
        **{f"top_{n}_gram": f"top_{n}_gram_too_frequent" for n in range(2, 5)},
        **{f"duplicated_{n}_n_grams": f"too_many_duplicate_{n}_grams" for n in range(5, 11)},
    },
    "gopher_quality": {
        "gopher_short_doc": "too_few_words",
        "gopher_long_doc": "too_many_words",
        "gopher_below_avg_threshold": "words_too_short",
        "gopher_above_avg_threshold": "words_too_long",
        "gopher_too_many_hashes": "too_many_hashes",
        "gopher_too_many_ellipsis": "too_many_ellipses",
        "gopher_too_many_bullets": "too_many_bullets",
        "gopher_too_many_end_ellipsis": "too_many_lines_end_with_ellipsis",
        "gopher_below_alpha_threshold": "too_few_alphabetic_words",
        "gopher_enough_stop_words": "too_few_stop_words",
    },
    "fineweb_quality": {
        "empty": "empty",
        "line_punct_ratio": "too_few_lines_end_a_sentence",
        "short_line_ratio": "too_many_short_lines",
        "char_dup_ratio": "too_many_duplicate_line_chars",
        "list_ratio": "too_many_newlines",
    },
}
FILTERS = {
    "gopher_repetition": GopherRepetitionFilter,
    "gopher_quality": GopherQualityFilter,
    "fineweb_quality": FineWebQualityFilter,
}


@pytest.mark.parametrize("rule", FILTERS)
def test_published_thresholds_give_datatroves_first_reason_on_web_text(
    rule, web, white_space_words
):
    step = FILTERS[rule]()
    ours = apply_rules(texts(*web), {rule: registry.published(rule)}).reason.to_pylist()
    names = SAME_REASON[rule]
    expected = [
        reason and f"{rule}.{names[reason]}" for reason in (datatrove_reason(step, t) for t in web)
    ]
    differing = [i for i, pair in enumerate(zip(ours, expected, strict=True)) if len({*pair}) > 1]
    assert differing == []
    assert len(set(expected)) > 3, "the sample exercises too little"


NO_REPETITION = {
    "dup_line_frac": None,
    "dup_para_frac": None,
    "dup_line_char_frac": None,
    "dup_para_char_frac": None,
    "top_n_grams": (),
    "dup_n_grams": (),
}
NO_QUALITY = dict.fromkeys(
    (
        "min_doc_words",
        "max_doc_words",
        "min_avg_word_length",
        "max_avg_word_length",
        "max_symbol_word_ratio",
        "max_bullet_lines_ratio",
        "max_ellipsis_lines_ratio",
        "max_non_alpha_words_ratio",
        "min_stop_words",
    )
)
NO_FINEWEB = {
    "line_punct_thr": 0,
    "short_line_thr": 9,
    "char_duplicates_ratio": 9,
    "new_line_ratio": 9**9,
}
ONE_THRESHOLD = [
    *(
        ("gopher_repetition", NO_REPETITION, key, value, {argument: value})
        for key, value, argument in (
            ("max_duplicate_line_ratio", 0.1, "dup_line_frac"),
            ("max_duplicate_paragraph_ratio", 0.05, "dup_para_frac"),
            ("max_duplicate_line_char_ratio", 0.05, "dup_line_char_frac"),
            ("max_duplicate_paragraph_char_ratio", 0.02, "dup_para_char_frac"),
        )
    ),
    *(
        (
            "gopher_repetition",
            NO_REPETITION,
            f"max_top_{n}_gram_ratio",
            0.3,
            {"top_n_grams": [(n, 0.3)]},
        )
        for n in range(2, 5)
    ),
    *(
        (
            "gopher_repetition",
            NO_REPETITION,
            f"max_duplicate_{n}_gram_ratio",
            0.01,
            {"dup_n_grams": [(n, 0.01)]},
        )
        for n in range(5, 11)
    ),
    *(
        ("gopher_quality", NO_QUALITY, key, value, {argument: value})
        for key, value, argument in (
            ("min_words", 5, "min_doc_words"),
            ("max_words", 5, "max_doc_words"),
            ("min_mean_word_chars", 6, "min_avg_word_length"),
            ("max_mean_word_chars", 6, "max_avg_word_length"),
            ("max_bullet_line_ratio", 0.1, "max_bullet_lines_ratio"),
            ("max_ellipsis_line_ratio", 0.1, "max_ellipsis_lines_ratio"),
            ("min_alphabetic_word_ratio", 0.7, "max_non_alpha_words_ratio"),
            ("min_stop_words", 2, "min_stop_words"),
        )
    ),
    *(
        ("fineweb_quality", NO_FINEWEB, key, value, {argument: value})
        for key, value, argument in (
            ("min_ended_line_ratio", 0.3, "line_punct_thr"),
            ("max_short_line_ratio", 0.6, "short_line_thr"),
            ("max_duplicate_line_char_ratio", 0.05, "char_duplicates_ratio"),
            ("max_newline_word_ratio", 0.5, "new_line_ratio"),
        )
    ),
]


@pytest.mark.parametrize(("rule", "off", "key", "value", "arguments"), ONE_THRESHOLD)
def test_each_threshold_alone_decides_as_datatrove_on_odd_text(
    rule, off, key, value, arguments, white_space_words
):
    # A word first: datatrove divides by the number of words.
    odd = [f"x{text}" for text in odd_texts(600)]
    if key.startswith("max_duplicate") and "gram" in key:
        draw = random.Random(3)
        odd = [" ".join(draw.choices(("a", "aa", "b", "ab"), k=30)) for _ in range(300)]
    step = FILTERS[rule](**{**off, **arguments})
    ours = apply_rules(texts(*odd), {rule: {key: value}}).reason.is_valid().to_pylist()
    expected = [datatrove_reason(step, text) is not None for text in odd]
    assert ours == expected
    assert len(set(expected)) == 2, "the threshold decides nothing here"


def test_gopher_counts_hashes_and_ellipses_apart(white_space_words):
    odd = [f"x{text}" for text in odd_texts(600)]
    step = GopherQualityFilter(**{**NO_QUALITY, "max_symbol_word_ratio": 0.1})
    limits = {"max_hash_word_ratio": 0.1, "max_ellipsis_word_ratio": 0.1}
    ours = apply_rules(texts(*odd), {"gopher_quality": limits}).reason.to_pylist()
    names = SAME_REASON["gopher_quality"]
    expected = [
        reason and f"gopher_quality.{names[reason]}"
        for reason in (datatrove_reason(step, text) for text in odd)
    ]
    assert ours == expected


def c4_agrees(step, limits, given):
    verdicts = apply_rules(texts(*given), {"c4_quality": limits})
    rows = zip(given, verdicts.reason.to_pylist(), verdicts.text.to_pylist(), strict=True)
    for text, reason, rewritten in rows:
        document = Document(text, "id")
        result = step.filter(document)
        if (result is True) != (reason is None) or document.text != rewritten:
            return False
    return True


def test_c4_keeps_the_same_lines_and_pages_as_datatrove(web):
    """Without the count of sentences nothing differs."""
    step = C4QualityFilter(min_num_sentences=-1)
    limits = {k: v for k, v in registry.published("c4_quality").items() if k != "min_sentences"}
    assert c4_agrees(step, limits, web)
    assert c4_agrees(step, limits, odd_texts(3000))


@pytest.mark.parametrize(
    ("key", "arguments"),
    [
        ("max_line_word_chars", {"max_word_length": -1}),
        ("min_line_end_marks", {"filter_no_terminal_punct": False}),
        ("min_line_words", {"min_words_per_line": -1}),
        ("max_line_javascript", {"filter_javascript": False}),
        ("max_line_policy_phrases", {"filter_policy": False}),
        ("max_lorem_ipsum", {"filter_lorem_ipsum": False}),
        ("max_curly_brackets", {"filter_curly_bracket": False}),
    ],
)
def test_c4_threshold_left_out_is_off_as_in_datatrove(key, arguments):
    step = C4QualityFilter(min_num_sentences=-1, **arguments)
    limits = registry.published("c4_quality")
    del limits[key], limits["min_sentences"]
    assert c4_agrees(step, limits, odd_texts(1000, seed=2))


def test_c4_differs_from_datatrove_in_the_count_of_sentences_alone(web):
    step = C4QualityFilter()
    limits = registry.published("c4_quality")
    english = web[-600:]
    ours = apply_rules(texts(*english), {"c4_quality": limits}).reason.to_pylist()
    theirs = [datatrove_reason(step, text) for text in english]
    differing = [
        {our or "kept", their or "kept"}
        for our, their in zip(ours, theirs, strict=True)
        if (our is None) != (their is None)
    ]
    assert all(
        pair in ({"c4_quality.too_few_sentences", "kept"}, {"too_few_sentences", "kept"})
        for pair in differing
    )
    assert len(differing) <= 0.05 * len(english)


def test_character_classes_are_those_of_the_sources():
    classes = characters.character_classes()
    assert characters.sentence_ends() == datatrove_text.TERMINAL_PUNCTUATION
    # Characters that are white space never stand in a word.
    differing = characters.symbols() ^ datatrove_text.PUNCTUATION_SET
    assert all(character.isspace() for character in differing)
    for code in range(0, 0x110000, 7):
        character = chr(code)
        assert bool(classes[code] & characters.LETTER) == character.isalpha()
        assert bool(classes[code] & characters.SPACE) == character.isspace()
        assert bool(classes[code] & characters.LINE_BREAK) == (
            len(f"a{character}b".splitlines()) > 1
        )


# --- views ------------------------------------------------------------------------------------


def test_words_and_lines_are_those_of_str():
    given = ["", " \n ", *odd_texts(500)]
    view = TextView(texts(*given))
    chunks, lines, paragraphs = view.chunks, view.lines, view.paragraphs
    for i, text in enumerate(given):
        spans = range(chunks.first[i], chunks.first[i + 1])
        split = [bytes(view.data[chunks.start[w] : chunks.end[w]]).decode() for w in spans]
        assert split == text.split()
        assert [chunks.chars[w] for w in spans] == list(map(len, split))
        for pieces, found in (
            (re.split("\n+", text), lines),
            (re.split("\n{2,}", text.strip()), paragraphs),
        ):
            mine = slice(found.first[i], found.first[i + 1])
            assert found.chars[mine].tolist() == list(map(len, pieces))
            assert len(set(found.hashes[mine].tolist())) == len(set(pieces))
        printed = view.printed_lines
        per_line = np.diff(printed.first_word[printed.first[i] : printed.first[i + 1] + 1])
        assert per_line.tolist() == [len(line.split()) for line in text.splitlines()]


def test_rules_refuse_small_string_arrays_with_the_remedy():
    with pytest.raises(TypeError, match="cast the text column"):
        apply_rules(pa.array(["a"]), EVERYTHING)


# --- batches ------------------------------------------------------------------------------------

BATCH = ("", " \n\t\u3000 ", "Hällo wörld, 世界。\n\nhe said “…”\n- item")


def test_empty_blank_and_non_ascii_documents_are_measured():
    verdicts = apply_rules(texts(*BATCH), EVERYTHING)
    rows = verdicts.measures.to_pylist()
    assert [row["gopher_repetition.chars"] for row in rows] == [0, 5, len(BATCH[2])]
    assert [row["gopher_quality.words"] for row in rows] == [0, 0, 6]
    assert rows[2]["gopher_quality.mean_word_chars"] == np.mean([5, 6, 3, 2, 4, 4])
    assert rows[2]["gopher_quality.bullet_line_ratio"] == 0.25
    assert measures(BATCH[2], "fineweb_quality")["ended_line_ratio"] == 1 / 3
    assert rows[2]["fineweb_quality.lines"] == 0, "it measures what c4_quality left"
    assert all(value is not None for row in rows for value in row.values())
    assert verdicts.reason.to_pylist() == [
        "gopher_repetition.too_few_chars",
        "gopher_quality.too_few_words",
        "gopher_repetition.top_2_gram_too_frequent",
    ]
    assert verdicts.reasons.to_pylist()[1][-2:] == [
        "fineweb_quality.empty",
        "fineweb_quality.too_few_lines_end_a_sentence",
    ]
    assert verdicts.text.to_pylist() == list(BATCH)


def test_every_batch_has_the_schema_that_was_promised():
    schema = registry.measures_schema(EVERYTHING)
    assert schema.names[0] == "gopher_repetition.chars"
    for batch in (texts(), texts("a"), texts(*BATCH)):
        verdicts = apply_rules(batch, EVERYTHING)
        assert verdicts.measures.schema == schema
        assert verdicts.measures.num_rows == len(verdicts.text) == len(verdicts.reasons)
        assert verdicts.reason.type == pa.string()
        assert verdicts.reasons.type == pa.list_(pa.string())
        assert verdicts.text.type == pa.large_string()
    # What is measured does not depend on which thresholds are on.
    assert registry.measures_schema({name: {} for name in EVERYTHING}) == schema


def same(left, right):
    return (
        left.text.to_pylist() == right.text.to_pylist()
        and left.measures.to_pylist() == right.measures.to_pylist()
        and left.reasons.to_pylist() == right.reasons.to_pylist()
        and left.reason.to_pylist() == right.reason.to_pylist()
    )


def test_a_batch_may_be_cut_anywhere():
    given = texts(*BATCH, *odd_texts(60))
    recipe = {"c4_quality": {"min_line_words": 2}, **EVERYTHING}
    whole = apply_rules(given, recipe)
    for cut in (0, 1, 2, 30, len(given)):
        for start, stop in ((0, cut), (cut, len(given))):
            part = apply_rules(given[start:stop], recipe)
            alone = apply_rules(texts(*given[start:stop].to_pylist()), recipe)
            assert same(part, alone)
            assert part.measures.to_pylist() == whole.measures[start:stop].to_pylist()
            assert part.text.to_pylist() == whole.text[start:stop].to_pylist()
            assert part.reasons.to_pylist() == whole.reasons[start:stop].to_pylist()


def test_a_null_counts_as_an_empty_text_and_inputs_stay():
    given = pa.array(["one two three.", None], pa.large_string())
    verdicts = apply_rules(given, {"gopher_repetition": {"min_chars": 1}, "c4_quality": {}})
    assert verdicts.reason.to_pylist() == [None, "gopher_repetition.too_few_chars"]
    assert given.to_pylist() == ["one two three.", None]


def test_a_recipe_without_rules_keeps_everything():
    verdicts = apply_rules(texts(*BATCH), {})
    assert verdicts.reason.null_count == 3
    assert verdicts.reasons.to_pylist() == [[], [], []]
    assert verdicts.measures.num_columns == 0


# --- decisions ------------------------------------------------------------------------------------


def test_limits_themselves_are_kept():
    for limits in ({"min_words": 3}, {"max_words": 3}):
        assert reasons("one two three", {"gopher_quality": limits}) == []
    assert reasons("one two", {"gopher_quality": {"min_words": 3}}) == [
        "gopher_quality.too_few_words"
    ]
    assert reasons("a b c d", {"gopher_quality": {"max_words": 3}}) == [
        "gopher_quality.too_many_words"
    ]


def test_absent_thresholds_are_off_and_reasons_follow_the_recipe():
    assert reasons("", {"gopher_quality": {}, "fineweb_quality": {}}) == []
    recipe = {"fineweb_quality": {"min_lines": 1}, "gopher_quality": {"min_words": 1}}
    assert reasons("", recipe) == ["fineweb_quality.empty", "gopher_quality.too_few_words"]
    turned = dict(reversed(recipe.items()))
    assert reasons("", turned) == ["gopher_quality.too_few_words", "fineweb_quality.empty"]


def test_gopher_quality_worked_example():
    text = "- The cat, the #dog and the bird…\n• 42 !!! of it...\n"
    assert measures(text, "gopher_quality") == {
        "words": 11,  # of 13: "-" and "!!!" are symbols alone; a bullet is none to the source
        "mean_word_chars": np.mean([3, 4, 3, 4, 3, 3, 5, 1, 2, 2, 5]),
        "hash_word_ratio": 1 / 13,
        "ellipsis_word_ratio": 2 / 13,
        "bullet_line_ratio": 1.0,
        "ellipsis_line_ratio": 1.0,
        "alphabetic_word_ratio": 9 / 13,
        "stop_words": 3,  # the, and, of
    }


def test_gopher_repetition_worked_example():
    text = "aé b\naé b\n\nc\n\nc"
    found = measures(text, "gopher_repetition")
    assert found["chars"] == 15
    assert found["duplicate_line_ratio"] == 2 / 4
    assert found["duplicate_line_char_ratio"] == 5 / 15
    assert found["duplicate_paragraph_ratio"] == 1 / 3
    assert found["duplicate_paragraph_char_ratio"] == 1 / 15
    assert found["top_2_gram_ratio"] == 2 * 4 / 15
    assert found["top_3_gram_ratio"] == 7 / 15  # nothing repeats: the first one counts
    assert found["duplicate_5_gram_ratio"] == 0
    repeated = measures("a b c d é a b c d é", "gopher_repetition")
    assert repeated["duplicate_5_gram_ratio"] == 5 / 19


def test_c4_rewrites_what_it_keeps_and_leaves_what_it_drops():
    text = (
        "  One two three[1].  \nmenu\nPlease enable JavaScript to see this.\n世界 is four five!\n"
    )
    recipe = {"c4_quality": registry.published("c4_quality") | {"min_sentences": 2}}
    verdicts = apply_rules(texts(text, "One two three."), recipe)
    assert verdicts.text.to_pylist() == ["One two three.\n世界 is four five!", "One two three."]
    assert verdicts.reason.to_pylist() == [None, "c4_quality.too_few_sentences"]
    row = verdicts.measures.to_pylist()[0]
    assert row["c4_quality.lines"] == 4
    assert row["c4_quality.lines_without_end_mark"] == 1
    assert row["c4_quality.lines_with_javascript"] == 1


def test_later_rules_see_rewritten_text():
    text = "One two three.\nmenu of words"
    lines = {"min_line_end_marks": 1}
    after = {"c4_quality": lines, "gopher_quality": {"max_words": 3}}
    before = dict(reversed(after.items()))
    assert reasons(text, after) == []
    assert reasons(text, before) == ["gopher_quality.too_many_words"]


@pytest.mark.parametrize(
    ("line", "sentences"),
    [
        ("One. Two! Three?", 3),
        ("Pi is 3.14 at example.org", 1),
        ("He said “Go!” Then he went...", 2),
        ("今日は晴れ。明日は雨！", 2),
        ("यह एक वाक्य है। यह दूसरा है।", 2),
        ("", 0),
        ("... !", 0),
    ],
)
def test_sentences_are_counted_in_any_script(line, sentences):
    assert measures(line, "c4_quality")["sentences"] == sentences


# --- recipes ------------------------------------------------------------------------------------


def test_published_values_are_those_of_table_a1_and_datatrove():
    repetition = registry.published("gopher_repetition")
    assert repetition["max_duplicate_line_ratio"] == 0.3
    assert repetition["max_top_4_gram_ratio"] == 0.16
    assert repetition["max_duplicate_10_gram_ratio"] == 0.1
    assert len(repetition) == 14
    assert registry.published("gopher_quality")["min_stop_words"] == 2
    assert registry.published("fineweb_quality")["max_short_line_ratio"] == 0.67
    assert registry.published("c4_quality")["min_sentences"] == 5


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ({"gopher_qality": {}}, "unknown rule 'gopher_qality'; did you mean 'gopher_quality'"),
        (
            {"gopher_quality": {"min_stopwords": 2}},
            r"unknown threshold 'gopher_quality.min_stopwords'; did you mean "
            r"'gopher_quality.min_stop_words'",
        ),
        ({"gopher_quality": {"min_words": "50"}}, "min_words' wants a number, not str"),
        ({"gopher_quality": {"min_words": None}}, "leave it out to turn it off"),
        ({"gopher_quality": {"min_words": True}}, "not bool"),
        ({"gopher_quality": {"min_words": float("nan")}}, "not finite"),
        ({"gopher_quality": ["min_words"]}, "as a mapping, not list"),
    ],
)
def test_a_wrong_recipe_is_named_with_its_remedy(recipe, message):
    with pytest.raises(ValueError, match=message):
        registry.validate(recipe)


def test_every_rule_is_complete():
    for name, rule in registry.RULES.items():
        keys = [threshold.key for threshold in rule.thresholds]
        assert len(keys) == len(set(keys))
        assert rule.source
        assert rule.differs
        for threshold in rule.thresholds:
            assert threshold.measure in rule.columns.names
            assert threshold.key.startswith(f"{threshold.comparison}_")
        for key, value in registry.published(name).items():
            registry.validate_limit(name, key, value)
