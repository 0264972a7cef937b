"""RefinedWeb's corrections line by line, as DCLM and OLMo 3 apply them."""

from filters.rules.thresholds import Rule, measured_columns, on_documents, on_lines

COUNTS = (
    "lines",
    "lines_in_capitals",
    "lines_of_digits",
    "lines_counting",
    "lines_too_short",
    "boilerplate_phrases",
)

REFINEDWEB_LINES = Rule(
    name="refinedweb_lines",
    source=(
        "Penedo et al. 2023, arXiv 2306.01116, appendix G.2, as in mlfoundations/dclm at 15af3ce, "
        "baselines/baselines_configs/dclm_baseline_refinedweb.yaml and mappers/modifiers.py; OLMo "
        "3 has the same steps (allenai/datamap-rs at 546520a, all_dressed_config.yaml)"
    ),
    differs=(
        "Words are runs of characters between white space, where DCLM counts removed words by a "
        "tokenizer and leaves punctuation out. A line that consists of white space counts as one "
        "with too few words, as in the source. OLMo 3's counter may be followed by more text and "
        "must be in lower case. A text of which nothing is left is `rules.empty_text`."
    ),
    columns=measured_columns(*COUNTS, "removed_word_ratio"),
    thresholds=(
        *on_lines(
            ("max", "capital_ratio", "lines_in_capitals", 0.5, "line_in_capitals"),
            ("max", "digit_ratio", "lines_of_digits", 0.999999, "line_of_digits"),
            ("max", "counters", "lines_counting", 0, "line_counts"),
            ("min", "words", "lines_too_short", 2, "line_too_short"),
            ("max", "boilerplate", "boilerplate_phrases", 0, "line_with_phrase"),
        ),
        *on_documents(("max", "removed_word_ratio", 0.05, "too_many_words_removed")),
    ),
    measured_by="refinedweb.measure_lines",
)
