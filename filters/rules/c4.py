"""C4's rule: remove lines that are no prose, then documents that are left with too little."""

from filters.rules.thresholds import Rule, measured_columns, on_documents, on_lines

COUNTS = (
    "lines",
    "lines_with_long_word",
    "lines_without_end_mark",
    "lines_too_short",
    "lines_with_javascript",
    "lines_with_policy",
    "lorem_ipsum",
    "curly_brackets",
    "sentences",
)

# In the order in which a line is judged, which is also that of the kernel's limits.
LINE_THRESHOLDS = on_lines(
    ("max", "word_chars", "lines_with_long_word", 1000, "line_with_long_word"),
    ("min", "end_marks", "lines_without_end_mark", 1, "line_without_end_mark"),
    ("min", "words", "lines_too_short", 3, "line_too_short"),
    ("max", "javascript", "lines_with_javascript", 0, "line_with_javascript"),
    ("max", "policy_phrases", "lines_with_policy", 0, "line_with_policy"),
)

C4_QUALITY = Rule(
    name="c4_quality",
    source=(
        "Raffel et al. 2020, JMLR 21(140), section 2.2, as in datatrove 0.10.1, "
        "pipeline/filters/c4_filters.py, C4QualityFilter"
    ),
    differs=(
        "Words are runs of characters between white space, as in the source. "
        "Sentences are counted by marks that end one in any script, not by a language's sentence "
        "splitter: abbreviations count as ends. "
        "From the paper it differs as datatrove does: a single quotation mark ends a line too, "
        "citation marks are cut out, lines with a word of over 1000 characters or with a phrase "
        "about cookies or terms of use go, and the list of bad words is not applied. "
        "Lines are stripped and citation marks cut out whatever thresholds are set. "
        "All counts are of lines that got so far: brackets in a line without an end mark do not "
        "count. All thresholds are checked, not only up to the first that fails."
    ),
    columns=measured_columns(*COUNTS),
    thresholds=(
        *LINE_THRESHOLDS,
        *on_documents(
            ("max", "lorem_ipsum", 0, "lorem_ipsum"),
            ("max", "curly_brackets", 0, "curly_brackets"),
            ("min", "sentences", 5, "too_few_sentences"),
        ),
    ),
    measured_by="c4.measure_quality",
)
