"""FineWeb's own quality rule."""

from filters.rules.thresholds import Rule, measured_columns, on_documents
from filters.text.word_kinds import WORD_KINDS

SHORT_LINE_CHARS = 30

FINEWEB_QUALITY = Rule(
    name="fineweb_quality",
    source=(
        "Penedo et al. 2024, arXiv 2406.17557, section 3.6, as in datatrove 0.10.1, "
        "pipeline/filters/fineweb_quality_filter.py"
    ),
    differs=(
        "Words are runs of characters between white space (str.split) unless `words` says "
        "otherwise, not the tokens of a language's tokenizer; they count in newline_word_ratio "
        f"alone. A short line has at most {SHORT_LINE_CHARS} characters; this number is no "
        "threshold. That a document without "
        "lines goes is a threshold of its own, min_lines. "
        "All thresholds are checked, not only up to the first that fails."
    ),
    columns=measured_columns(
        "lines",
        "ended_line_ratio",
        "short_line_ratio",
        "duplicate_line_char_ratio",
        "newline_word_ratio",
    ),
    thresholds=on_documents(
        ("min", "lines", 1, "empty"),
        ("min", "ended_line_ratio", 0.12, "too_few_lines_end_a_sentence"),
        ("max", "short_line_ratio", 0.67, "too_many_short_lines"),
        ("max", "duplicate_line_char_ratio", 0.01, "too_many_duplicate_line_chars"),
        ("max", "newline_word_ratio", 0.3, "too_many_newlines"),
    ),
    measured_by="fineweb.measure_quality",
    word_kinds=tuple(WORD_KINDS),
)
