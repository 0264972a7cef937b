"""Gopher's rules on quality and repetition (MassiveText)."""

from filters.rules.thresholds import Rule, measured_columns, on_documents
from filters.text.word_kinds import WORD_KINDS

TOP_GRAMS = range(2, 5)
DUPLICATE_GRAMS = range(5, 11)

GOPHER_QUALITY = Rule(
    name="gopher_quality",
    source=(
        "Rae et al. 2021, arXiv 2112.11446, appendix A.1.1, as in datatrove 0.10.1, "
        "pipeline/filters/gopher_quality_filter.py"
    ),
    differs=(
        "Words are runs of characters between white space (str.split) unless `words` says "
        "otherwise, not the tokens of a language's tokenizer: punctuation stays on its word, "
        "so that a stop word before a comma does not count, and scripts without spaces have few "
        "words. "
        "A ratio of nothing is 0. All thresholds are checked, not only up to the first that fails."
    ),
    columns=measured_columns(
        "words",
        "mean_word_chars",
        "hash_word_ratio",
        "ellipsis_word_ratio",
        "bullet_line_ratio",
        "ellipsis_line_ratio",
        "alphabetic_word_ratio",
        "stop_words",
    ),
    thresholds=on_documents(
        ("min", "words", 50, "too_few_words"),
        ("max", "words", 100_000, "too_many_words"),
        ("min", "mean_word_chars", 3, "words_too_short"),
        ("max", "mean_word_chars", 10, "words_too_long"),
        ("max", "hash_word_ratio", 0.1, "too_many_hashes"),
        ("max", "ellipsis_word_ratio", 0.1, "too_many_ellipses"),
        ("max", "bullet_line_ratio", 0.9, "too_many_bullets"),
        ("max", "ellipsis_line_ratio", 0.3, "too_many_lines_end_with_ellipsis"),
        ("min", "alphabetic_word_ratio", 0.8, "too_few_alphabetic_words"),
        ("min", "stop_words", 2, "too_few_stop_words"),
    ),
    measured_by="gopher.measure_quality",
    word_kinds=tuple(WORD_KINDS),
)

GOPHER_REPETITION = Rule(
    name="gopher_repetition",
    source=(
        "Rae et al. 2021, arXiv 2112.11446, table A1, as in datatrove 0.10.1, "
        "pipeline/filters/gopher_repetition_filter.py"
    ),
    differs=(
        "Words are runs of characters between white space (str.split) unless `words` says "
        "otherwise, not the tokens of a language's tokenizer. That an empty document goes "
        "is a threshold of its own, min_chars. "
        "All thresholds are checked, not only up to the first that fails."
    ),
    columns=measured_columns(
        "chars",
        "duplicate_paragraph_ratio",
        "duplicate_paragraph_char_ratio",
        "duplicate_line_ratio",
        "duplicate_line_char_ratio",
        *(f"top_{n}_gram_ratio" for n in TOP_GRAMS),
        *(f"duplicate_{n}_gram_ratio" for n in DUPLICATE_GRAMS),
    ),
    thresholds=on_documents(
        ("min", "chars", 1, "too_few_chars"),
        ("max", "duplicate_paragraph_ratio", 0.3, "too_many_duplicate_paragraphs"),
        ("max", "duplicate_paragraph_char_ratio", 0.2, "too_many_duplicate_paragraph_chars"),
        ("max", "duplicate_line_ratio", 0.3, "too_many_duplicate_lines"),
        ("max", "duplicate_line_char_ratio", 0.2, "too_many_duplicate_line_chars"),
        ("max", "top_2_gram_ratio", 0.2, "top_2_gram_too_frequent"),
        ("max", "top_3_gram_ratio", 0.18, "top_3_gram_too_frequent"),
        ("max", "top_4_gram_ratio", 0.16, "top_4_gram_too_frequent"),
        ("max", "duplicate_5_gram_ratio", 0.15, "too_many_duplicate_5_grams"),
        ("max", "duplicate_6_gram_ratio", 0.14, "too_many_duplicate_6_grams"),
        ("max", "duplicate_7_gram_ratio", 0.13, "too_many_duplicate_7_grams"),
        ("max", "duplicate_8_gram_ratio", 0.12, "too_many_duplicate_8_grams"),
        ("max", "duplicate_9_gram_ratio", 0.11, "too_many_duplicate_9_grams"),
        ("max", "duplicate_10_gram_ratio", 0.1, "too_many_duplicate_10_grams"),
    ),
    measured_by="gopher.measure_repetition",
    word_kinds=tuple(WORD_KINDS),
)
