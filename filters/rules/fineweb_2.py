"""The pack `fineweb-2`: FineWeb-2's filters, with thresholds and stop words of each language."""

import dataclasses

from filters.language.tables import language_table
from filters.rules.fineweb import FINEWEB_QUALITY
from filters.rules.gopher import GOPHER_QUALITY, GOPHER_REPETITION
from filters.rules.thresholds import Pack

NAME = "fineweb-2"

FINEWEB_2_QUALITY = dataclasses.replace(
    GOPHER_QUALITY,
    name="fineweb_2_quality",
    source=(
        f"{language_table(NAME).source}, used as in fineweb-2-pipeline.py with datatrove's "
        "GopherQualityFilter; Penedo et al. 2025, arXiv 2506.20920"
    ),
    differs=(
        "Words are runs of characters between white space unless `words` says otherwise, not the "
        "tokens of a tokenizer for each language: set `words` for scripts without spaces. Stop "
        "words are those of the document's language; a language that the table lacks has none."
    ),
    measured_by="fineweb_2.measure_with_stop_words",
)

_BY_LANGUAGE = tuple(language_table(NAME).thresholds)


def _by_language(known: dict[str, float]) -> dict[str, str]:
    return {key: NAME for key in known if key in _BY_LANGUAGE}


_REPETITION = _by_language(GOPHER_REPETITION.published)
_FINEWEB = _by_language(FINEWEB_QUALITY.published)
_QUALITY = FINEWEB_2_QUALITY.published

FINEWEB_2 = Pack(
    name=NAME,
    source=(
        "huggingface/fineweb-2, fineweb-2-pipeline.py and configs/*.yml at baedee4 (the values of "
        "the first release), thresholds of 40 languages in filters/fineweb_2.csv"
    ),
    differs=(
        "A language that the table lacks has no threshold by language. A line without an end mark "
        "counts by 0.10's comparison (below the limit). The languages' minimal scores stand in the "
        "table (language_score) for `documents.language`, and are GlotLID's. Thai and some 1,800 "
        "smaller languages of the original are not in the table."
    ),
    rules=(FINEWEB_2_QUALITY,),
    recipe={
        GOPHER_REPETITION.name: {"min_chars": 1, **_REPETITION},
        FINEWEB_QUALITY.name: {"min_lines": 1, **_FINEWEB, "max_duplicate_line_char_ratio": 0.1},
        FINEWEB_2_QUALITY.name: {**_QUALITY, **_by_language(_QUALITY)},
    },
)
