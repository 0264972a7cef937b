"""The pack `fineweb-2024-04`: FineWeb's rules as they were when the corpus was published."""

from filters.rules.datatrove_pack import DATATROVE_0_10
from filters.rules.fineweb import FINEWEB_QUALITY
from filters.rules.thresholds import Pack, Rule, on_documents
from filters.text.word_kinds import SPACY_ENGLISH, WORD_KINDS

NAME = "fineweb-2024-04"
STOP_CHARS = ".'\"!?"

QUALITY = Rule(
    name="fineweb_2024_04_quality",
    source=(
        "Penedo et al. 2024, arXiv 2406.17557, section 3.6, as in huggingface/datatrove at "
        "05194d3, pipeline/filters/fineweb_quality_filter.py"
    ),
    differs=(
        "Words are spaCy's unless `words` says otherwise, then they were NLTK's; they count in "
        "newline_word_ratio alone. A text without characters, where the original fails, measures "
        "0. All thresholds are checked, not only up to the first that fails."
    ),
    columns=FINEWEB_QUALITY.columns,
    thresholds=on_documents(
        ("above", "ended_line_ratio", 0.12, "too_few_lines_end_a_sentence"),
        ("below", "short_line_ratio", 0.67, "too_many_short_lines"),
        ("below", "duplicate_line_char_ratio", 0.01, "too_many_duplicate_line_chars"),
        ("max", "newline_word_ratio", 0.3, "too_many_newlines"),
    ),
    measured_by="fineweb_2024_04.measure_quality",
    word_kinds=(SPACY_ENGLISH, *(kind for kind in WORD_KINDS if kind != SPACY_ENGLISH)),
)

_EARLIER = [name for name in DATATROVE_0_10.recipe if "fineweb" not in name]

FINEWEB_2024_04 = Pack(
    name=NAME,
    source=(
        "huggingface/datatrove at 05194d3, examples/fineweb.py: Gopher's repetition and quality "
        "rules, C4's without its end-mark rule, then FineWeb's own"
    ),
    differs=(
        "Gopher's and C4's rules are those of `datatrove-0.10`, whose words are spaCy's; NLTK cut "
        "them then. FineWeb's own rule is as it was: a line ends with one of . ' \" ! ?, blank "
        "lines count, and a value equal to its limit is dropped."
    ),
    rules=(QUALITY,),
    recipe={
        **{name: DATATROVE_0_10.recipe[name] for name in _EARLIER},
        QUALITY.name: QUALITY.published,
    },
)
