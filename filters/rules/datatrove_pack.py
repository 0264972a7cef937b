"""The pack `datatrove-0.10`: decisions and reasons of datatrove 0.10.1's filters on English.

The rules are those of the modules gopher, c4 and fineweb, with spaCy's words and datatrove's names
for what is wrong.
"""

import dataclasses
from collections.abc import Mapping

from filters.rules.c4 import C4_QUALITY
from filters.rules.fineweb import FINEWEB_QUALITY
from filters.rules.gopher import GOPHER_QUALITY, GOPHER_REPETITION
from filters.rules.thresholds import Fault, Pack, Rule, measured_columns, on_documents
from filters.text.word_kinds import SPACY_ENGLISH

NAME = "datatrove-0.10"
PREFIX = "datatrove_"

_FOLDER = "huggingface/datatrove 0.10.1, src/datatrove/pipeline/filters"
_ALL_CHECKED = (
    "All thresholds are checked, not only up to the first that fails: the first reason is "
    "datatrove's, further ones are ours alone. Chunks without white space above 1,000 bytes that "
    "look like URLs, and above 250 with spaCy's special cases, are cut by our own kernel, and may "
    "be cut otherwise: spaCy takes time by the square of their length."
)

REPETITION_REASONS = {
    "too_few_chars": "empty",
    "too_many_duplicate_paragraphs": "dup_para_frac",
    "too_many_duplicate_paragraph_chars": "dup_para_char_frac",
    "too_many_duplicate_lines": "dup_line_frac",
    "too_many_duplicate_line_chars": "dup_line_char_frac",
    **{f"top_{n}_gram_too_frequent": f"top_{n}_gram" for n in range(2, 5)},
    **{f"too_many_duplicate_{n}_grams": f"duplicated_{n}_n_grams" for n in range(5, 11)},
}
QUALITY_REASONS = {
    "too_few_words": "gopher_short_doc",
    "too_many_words": "gopher_long_doc",
    "words_too_short": "gopher_below_avg_threshold",
    "words_too_long": "gopher_above_avg_threshold",
    "too_many_hashes": "gopher_too_many_hashes",
    "too_many_ellipses": "gopher_too_many_ellipsis",
    "too_many_bullets": "gopher_too_many_bullets",
    "too_many_lines_end_with_ellipsis": "gopher_too_many_end_ellipsis",
    "too_few_alphabetic_words": "gopher_below_alpha_threshold",
    "too_few_stop_words": "gopher_enough_stop_words",
}
C4_REASONS = {"curly_brackets": "curly_bracket"}
FINEWEB_REASONS = {
    "too_few_lines_end_a_sentence": "line_punct_ratio",
    "too_many_short_lines": "short_line_ratio",
    "too_many_duplicate_line_chars": "char_dup_ratio",
    "too_many_newlines": "list_ratio",
}


def _as_datatrove(rule: Rule, reasons: Mapping[str, str], file: str) -> Rule:
    return dataclasses.replace(
        rule,
        name=PREFIX + rule.name,
        source=f"{_FOLDER}/{file}",
        differs=_ALL_CHECKED,
        thresholds=tuple(
            dataclasses.replace(t, reason=reasons.get(t.reason, t.reason)) for t in rule.thresholds
        ),
        word_kinds=(),
        words=SPACY_ENGLISH,
    )


PARAGRAPHS = 3

C4_PARAGRAPHS = Rule(
    name=PREFIX + "c4_paragraphs",
    source=f"{_FOLDER}/c4_filters.py, C4ParagraphFilter",
    differs=f"None. A text of fewer than {PARAGRAPHS} lines measures 0.",
    columns=measured_columns("third_longest_line_chars"),
    thresholds=on_documents(
        ("min", "third_longest_line_chars", 200, f"below_{PARAGRAPHS}_paragraphs")
    ),
    measured_by="datatrove_pack.measure_paragraphs",
)

_REPETITION = _as_datatrove(GOPHER_REPETITION, REPETITION_REASONS, "gopher_repetition_filter.py")
_QUALITY = _as_datatrove(GOPHER_QUALITY, QUALITY_REASONS, "gopher_quality_filter.py")
_FINEWEB = _as_datatrove(FINEWEB_QUALITY, FINEWEB_REASONS, "fineweb_quality_filter.py")
_C4 = dataclasses.replace(
    _as_datatrove(C4_QUALITY, C4_REASONS, "c4_filters.py, C4QualityFilter"),
    differs=(
        "Counting stops at the first line that drops a document, as the filter does. "
        + _ALL_CHECKED
    ),
    measured_by="c4.measure_as_datatrove",
    steering=frozenset({"max_lorem_ipsum", "max_curly_brackets"}),
)

DATATROVE_0_10 = Pack(
    name=NAME,
    source=(
        "huggingface/datatrove 0.10.1, with spaCy's blank English tokenizer and sentencizer as "
        "installed; by the pack's name the four quality filters of its examples/fineweb.py, in "
        "their order and with their arguments"
    ),
    differs=(
        "Dropped documents keep the text that they came with, and rules after C4's measure what "
        "it would have left of them."
    ),
    faults=(
        Fault(
            "IS_ALPHA",
            "spaCy has a constant of this name, and datatrove loses the word IS_ALPHA from some "
            "texts and not from others, depending on the texts that it read before.",
            "datatrove's filter by its name, `datatrove: [{filter: GopherQualityFilter}]`, which "
            "does so as datatrove does.",
        ),
    ),
    rules=(_REPETITION, _QUALITY, _C4, _FINEWEB, C4_PARAGRAPHS),
    recipe={
        _REPETITION.name: _REPETITION.published,
        _QUALITY.name: _QUALITY.published,
        _C4.name: {k: v for k, v in _C4.published.items() if k != "min_line_end_marks"},
        _FINEWEB.name: _FINEWEB.published,
    },
)
