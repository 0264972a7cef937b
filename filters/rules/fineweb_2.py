"""The pack `fineweb-2`: FineWeb-2's filters, with thresholds and stop words of each language."""

import dataclasses

from filters.language.tables import language_table
from filters.rules.fineweb import FINEWEB_QUALITY
from filters.rules.gopher import GOPHER_QUALITY, GOPHER_REPETITION
from filters.rules.thresholds import WORDS, Pack
from filters.text.word_kinds import MULTILINGUAL

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
        "tokens of a tokenizer for each language; the pack sets `words: multilingual`. Stop words "
        "are those of the document's language; a language that the table lacks has none, and "
        "`min_stop_words` is no limit for it. Those that hold white space are left out (Tibetan, "
        "Dzongkha), and so are the Korean ones, which are parts of words."
    ),
    thresholds=tuple(
        dataclasses.replace(t, stop_words_of=NAME) if t.measure == "stop_words" else t
        for t in GOPHER_QUALITY.thresholds
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
        f"{language_table(NAME).source}, and fineweb-2-pipeline.py at 7ee60b3; the values of the "
        "paper, in filters/language/fineweb_2.csv"
    ),
    differs=(
        "Words are spaCy's of English, and ICU's of scripts without spaces (`words: "
        "multilingual`), not those of the tokenizer that datatrove has for each language. A "
        "language that the table lacks has no threshold by language, and the alarm "
        "no_data_for_language names it; some 1,700 small languages of the original are not in the "
        "table. A line without an end mark counts by 0.10's comparison (below the limit). The "
        "languages' minimal scores stand in the table (language_score) for `documents.language`, "
        "and are GlotLID's."
    ),
    rules=(FINEWEB_2_QUALITY,),
    recipe={
        GOPHER_REPETITION.name: {WORDS: MULTILINGUAL, "min_chars": 1, **_REPETITION},
        FINEWEB_QUALITY.name: {
            WORDS: MULTILINGUAL,
            "min_lines": 1,
            **_FINEWEB,
            "max_duplicate_line_char_ratio": 0.1,
        },
        FINEWEB_2_QUALITY.name: {WORDS: MULTILINGUAL, **_QUALITY, **_by_language(_QUALITY)},
    },
)
