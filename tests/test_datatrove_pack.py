"""The pack `datatrove-0.10` decides, names reasons and rewrites as datatrove 0.10.1 itself."""

import random
import warnings

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from datatrove.data import Document
from datatrove.pipeline.filters import (
    C4ParagraphFilter,
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)
from datatrove.utils.text import split_into_words
from spacy.lang.en import English

from filters.rules import registry
from filters.rules.apply import apply_rules
from filters.text.chunks import LONGEST_NEIGHBOUR
from filters.text.spacy_english import SpacyEnglish, spacy_english
from filters.text.word_kinds import SPACY_ENGLISH, WORD_KINDS
from filters.text.words import TextView
from pipelines.recipe import loading
from pipelines.recipe.config import RecipeError
from tests.realdata import real_data

ENDS_OFF = "c4 without its end-mark rule"
STEPS = {
    "datatrove_gopher_repetition": GopherRepetitionFilter(),
    "datatrove_gopher_quality": GopherQualityFilter(),
    "datatrove_c4_quality": C4QualityFilter(),
    ENDS_OFF: C4QualityFilter(filter_no_terminal_punct=False),
    "datatrove_fineweb_quality": FineWebQualityFilter(),
    "datatrove_c4_paragraphs": C4ParagraphFilter(),
}
THRESHOLDS = {
    name: registry.published(name) if name != ENDS_OFF else registry.pack_rules("datatrove-0.10")[
        "datatrove_c4_quality"
    ]
    for name in STEPS
}  # fmt: skip


def texts(*values):
    return pa.array(values, pa.large_string())


def theirs(name, text):
    """Reason and text of datatrove's filter; the reason is None for a document it keeps."""
    document = Document(text, "id")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # numpy, on the mean of nothing
        result = STEPS[name].filter(document)
    reason = None if result is True else result[1].replace("< 3", "below_3").replace(" ", "_")
    return reason, document.text


def differences(given):
    """Rows that a filter decides in another way, by filter; and how many reasons were seen."""
    found, seen = [], set()
    for name in STEPS:
        rule = "datatrove_c4_quality" if name == ENDS_OFF else name
        verdicts = apply_rules(texts(*given), {rule: THRESHOLDS[name]})
        ours = zip(verdicts.reason.to_pylist(), verdicts.text.to_pylist(), strict=True)
        for row, (text, (reason, rewritten)) in enumerate(zip(given, ours, strict=True)):
            wanted, wanted_text = theirs(name, text)
            seen.add((name, wanted))
            if (reason and reason.removeprefix(f"{rule}.")) != wanted or (
                wanted is None and rewritten != wanted_text
            ):
                found.append((name, row))
    return found, seen


def has_long_chunk(text):
    return any(len(chunk.encode()) > LONGEST_NEIGHBOUR for chunk in text.split())


SPECIAL = [rule for rule in English().tokenizer.rules if rule.strip() == rule]
PIECES = (
    *("a", "I", "Ab", "the", "of", "and", "word", "Über", "世界", "𝒳y", "हिन्दी", "١٢", "1", "23"),
    *(" ", " ", " ", " ", "  ", "\t", "\u3000", "\u00a0", "\u2009", "\u200b", "\u0301", "\ufeff"),
    *("\n", "\n", "\n\n", "\r\n", "\r", "\v", "\x1c", "\x1f", "\x85", "\u2028", "\u2029"),
    *(
        "#",
        "...",
        "…",
        "……",
        "..",
        "•",
        "-",
        "--",
        "—",
        "–",
        "~",
        "/",
        "=",
        "<",
        ">",
        "*",
        "^",
        "+",
    ),
    *(
        ".",
        ".",
        "!",
        "?",
        '"',
        "'",
        "’s",
        "'S",
        "``",
        "。",
        "।",
        "𑗊",
        "？",
        ",",
        ";",
        ":",
        ")",
        "(",
    ),
    *("$", "US$", "C$", "€", "%", "5km", "3m²", "20°C.", "U.S.", "a.m.", "A.B.", "©", "👍🏽", "😀"),
    *(":)", ":-)", "8-D", "<3", "x@y.org", "end.the", "https://a.b/c).", "192.168.0.1", "1.2.3.4"),
    *("[1]", "[]", "[٣]", "[edit]", "[citation needed]", "[", "]", "[1"),
    *("Lorem Ipsum", "JavaScript", "java[1]script", "{", "Privacy Policy", "use cooKies"),
    *("x" * 1001, "one two three.\n", "the same sentence again!\n", "He came. She went! Why? "),
)


def generated(count, seed):
    """Texts that are hard to cut: marks, scripts, breaks and special cases thrown together."""
    draw = random.Random(seed)
    found = ["", "a", "\n", "\n\n\n", " ", "\u3000\n", ".", "…", "[1]", "{"]
    while len(found) < count:
        kind = draw.random()
        if kind < 0.3:
            pieces = draw.choices(PIECES, k=draw.randint(1, 60))
        elif kind < 0.5:
            pieces = draw.choices((*PIECES[:14], *SPECIAL, " ", " ", " "), k=draw.randint(1, 40))
        elif kind < 0.7:  # long enough to pass the first thresholds
            words = ("the", "of", "and", "have", "cat", "dog", "with", "house", "tree", "walks")
            sentences = []
            for _ in range(draw.randint(5, 40)):
                chosen = draw.choices((*words, *PIECES[:8]), k=draw.randint(2, 12))
                sentences.append(
                    " ".join(chosen) + draw.choice((".", "!", '."', "...", "", " :-)"))
                )
                sentences.append(draw.choice((" ", "\n", "\n", "\n\n")))
            pieces = sentences
        elif kind < 0.85:
            pieces = [draw.choice(PIECES) * draw.randint(1, 30) for _ in range(draw.randint(1, 8))]
        else:  # any code point
            pieces = [
                chr(c) if not 0xD800 <= (c := draw.choice((draw.randrange(0x3000), draw.randrange(
                    0x20000)))) < 0xE000 else " "
                for _ in range(draw.randint(1, 80))
            ]  # fmt: skip
        found.append("".join(pieces))
    return found


def real_documents(least):
    """Pages, excerpts in 186 languages (joined, since each is short) and articles."""
    excerpts = pq.read_table(real_data("text/web-excerpts-186-langs.parquet"), columns=["text"])[
        "text"
    ].to_pylist()
    pages = pq.read_table(real_data("webpages/wcxb-dev.gold.parquet"))["main_content"].to_pylist()
    crawl = pq.read_table(real_data("commoncrawl/cc100.reference.parquet"))
    pages += crawl["trafilatura_text"].to_pylist()
    pages = [page[:20_000] for page in pages if page]
    step = max(1, len(excerpts) // max(1, least - len(pages)))
    chosen = excerpts[::step]
    joined = ["\n".join(excerpts[i : i + 6]) for i in range(0, len(excerpts), 60 * step)]
    return pages + joined + chosen


def test_decisions_on_generated_texts():
    """Where spaCy is not asked about a long chunk, few decisions may differ."""
    given = generated(1200, seed=5)
    found, seen = differences(given)
    assert [(name, row) for name, row in found if not has_long_chunk(given[row])] == []
    assert len(found) <= 2
    assert len(seen) > 25, "the sample exercises too little"


def test_decisions_on_real_pages():
    found, _ = differences(real_documents(0)[:475:4])
    assert found == []


@pytest.mark.real
def test_decisions_on_3000_real_and_20000_generated_documents(capsys):
    real, odd = real_documents(3000), generated(20_000, seed=11)
    odd += ["a b, c. " * 125_000, "word" * 250_000]  # lines of 1 MB
    assert len(real) >= 3000
    found = {kind: differences(given) for kind, given in (("real", real), ("generated", odd))}
    with capsys.disabled():
        for kind, given in (("real", real), ("generated", odd)):
            print(
                f"\n{kind}: {len(given)} documents x {len(STEPS)} filters, "
                f"{len(found[kind][1])} verdicts seen, {len(found[kind][0])} differences"
            )
    assert found["real"][0] == []
    assert found["generated"][0] == []


def test_the_affix_rules_cut_as_spacy_alone():
    chunks = sorted({chunk for text in generated(3000, seed=3) for chunk in text.split()})
    encoded = [chunk.encode() for chunk in chunks]
    data = np.frombuffer(b"".join(encoded), np.uint8)
    offsets = np.cumsum([0, *map(len, encoded)])
    ours = spacy_english().cut(data, offsets[:-1], offsets[1:])
    asked = SpacyEnglish(affix_rules=False).cut(data, offsets[:-1], offsets[1:])
    short = np.array([len(chunk) for chunk in encoded]) <= LONGEST_NEIGHBOUR
    assert np.mean(ours.counts[~short] == asked.counts[~short]) > 0.9
    plain = ~ours.by_neighbours & short
    assert 0.5 < plain.mean() < 1
    assert np.array_equal(ours.counts[plain], asked.counts[plain])
    same = np.repeat(plain, ours.counts)
    assert np.array_equal(ours.ends[same], asked.ends[np.repeat(plain, asked.counts)])


@pytest.mark.parametrize(
    "text",
    ["", " \n ", "It's U.S. $5.", "((:-) ) x", "a\u00a0:) )", "8-) ) (8-)", "I'm :-) ) he's"],
)  # fmt: skip
def test_words_are_datatroves(text):
    words = TextView(texts("before", text, "after")).words(SPACY_ENGLISH)
    ours = words.chars[words.first[1] : words.first[2]].tolist()
    assert ours == list(map(len, split_into_words(text)))


def test_the_cache_does_not_show(monkeypatch):
    given = texts(*generated(200, seed=9))
    recipe = registry.pack_rules("datatrove-0.10")
    whole = apply_rules(given, recipe)
    monkeypatch.setattr(
        "filters.text.chunks._MOST_CHUNKS", 1
    )  # forget everything before each batch
    for start, stop in ((0, 90), (90, 200)):
        part = apply_rules(given[start:stop], recipe)
        assert part.measures.to_pylist() == whole.measures[start:stop].to_pylist()
        assert part.reasons.to_pylist() == whole.reasons[start:stop].to_pylist()


def test_words_are_an_option_of_rules_that_count_them():
    assert set(WORD_KINDS) == {"whitespace", "unicode", "script", "spacy-en", "multilingual"}
    text = texts("the, of; and")
    for kind, stop_words in (("whitespace", 1), ("spacy-en", 3)):
        recipe = {"gopher_quality": {"words": kind, "min_stop_words": 0}}
        measured = apply_rules(text, recipe).measures
        assert measured["gopher_quality.stop_words"].to_pylist() == [stop_words]
    with pytest.raises(ValueError, match="did you mean 'spacy-en'"):
        registry.validate({"gopher_quality": {"words": "spacy_en"}})
    with pytest.raises(ValueError, match=r"unknown threshold 'c4_quality\.words'"):
        registry.validate({"c4_quality": {"words": "spacy-en"}})


def test_an_unknown_pack_is_named_with_the_nearest():
    with pytest.raises(ValueError, match=r"did you mean 'datatrove-0\.10'"):
        registry.pack_rules("datatrove-0.9")


def test_a_recipe_takes_a_pack_by_name_and_changes_it(tmp_path):
    file = tmp_path / "r.yaml"
    file.write_text("name: r\ndocuments: {rules: datatrove-0.10}\n")
    changed = loading.load(str(file), ["documents.rules.datatrove_gopher_quality.min_words=30"])
    expected = registry.pack_rules("datatrove-0.10")
    expected["datatrove_gopher_quality"]["min_words"] = 30
    assert changed.documents.rules == expected
    assert "min_line_end_marks" not in changed.documents.rules["datatrove_c4_quality"]
    file.write_text("name: r\ndocuments:\n  rules: datatrove-0.1\n")
    with pytest.raises(RecipeError, match=r"line 3: unknown pack of rules"):
        loading.load(str(file))


def test_the_fault_that_the_pack_leaves_out_is_named_with_its_switch():
    given = texts(*["the IS_ALPHA word", "IS_ALPHA", "(IS_ALPHA) IS_ALPHA."] * 2)
    recipe = {"datatrove_gopher_quality": {"min_words": 1}}
    words = apply_rules(given, recipe).measures["datatrove_gopher_quality.words"]
    assert words.to_pylist() == [3, 1, 2] * 2, "the word stands wherever a text has it"
    (fault,) = registry.PACKS["datatrove-0.10"].faults
    assert fault.name == "IS_ALPHA"
    switch = fault.switch.split("`")[1]
    assert registry.validate(yaml.safe_load(switch)) is None
