"""Column names and Arrow schemas of every table that winnow reads or writes.

No other place spells them.

A record is what a source yields, a document is a record with text, a row of `dropped` is a
document or record that a step refused, a row of `errors` is a record that could not be read.
"""

from collections.abc import Sequence
from typing import Literal

import pyarrow as pa

# What a reader yields, one row a record. Exactly one of three holds: `content` is there, or
# `skip_reason` says why the record is no document (a request, an image), or `error` says what
# is broken and `error_kind` which reason it counts under (READ_DAMAGED or READ_UNREADABLE).
# `input_bytes` is the size of the record as read; it is what `bytes` means in counts.
RECORDS = pa.schema(
    [
        pa.field("native_id", pa.string(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("title", pa.string()),
        pa.field("date", pa.string()),  # ISO 8601 as the source has it
        pa.field("language_hint", pa.string()),  # as the source has it
        pa.field("media_type", pa.string(), nullable=False),
        pa.field("charset", pa.string()),  # declared by the source, not detected
        pa.field("content", pa.large_binary()),
        pa.field("input_bytes", pa.int64(), nullable=False),
        pa.field("skip_reason", pa.string()),
        pa.field("error", pa.string()),
        pa.field("error_kind", pa.string()),  # null where `error` is
    ]
)

# Kinds of errors in RECORDS, and their reasons in ERRORS: a record is damaged, or its whole file
# could not be opened or read on.
READ_DAMAGED, READ_UNREADABLE = "read.damaged", "read.unreadable"

# Media types a reader may set: what `filters.extract.main_content` knows how to turn into text.
HTML = "text/html"
HTML_FRAGMENT = "text/html;fragment"  # a post's body: every word of it is content
PLAIN = "text/plain"  # UTF-8
WIKITEXT = "text/x-wiki"  # UTF-8

DOC_ID = pa.binary(16)

# Identity and text of a document; `documents/` and `dropped/` add the measured values.
DOCUMENT_FIELDS = [
    pa.field("doc_id", DOC_ID, nullable=False),
    pa.field("source", pa.string(), nullable=False),
    pa.field("native_id", pa.string(), nullable=False),
    pa.field("url", pa.string()),
    pa.field("domain", pa.string()),  # registered domain of the URL, else its host
    pa.field("title", pa.string()),
    pa.field("date", pa.string()),
    pa.field("language", pa.string(), nullable=False),  # BCP 47
    pa.field("language_label", pa.string()),  # the model's own; null where it had none
    pa.field("language_score", pa.float32(), nullable=False),
    pa.field("language_second", pa.string()),
    pa.field("language_second_score", pa.float32(), nullable=False),
    pa.field("input_bytes", pa.int64(), nullable=False),
    pa.field("text_bytes", pa.int64(), nullable=False),
]
TEXT_FIELD = pa.field("text", pa.large_string())
DROP_FIELDS = [
    pa.field("reason", pa.string(), nullable=False),  # the first that failed, in recipe order
    pa.field("reasons", pa.list_(pa.string()), nullable=False),
]

ERRORS = pa.schema(
    [
        pa.field("doc_id", DOC_ID, nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("path", pa.string(), nullable=False),
        pa.field("native_id", pa.string(), nullable=False),
        pa.field("input_bytes", pa.int64(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("error", pa.string(), nullable=False),
    ]
)

DroppedContent = Literal["text", "values", "none"]
_ACCOUNT = ("doc_id", "source", "language", "input_bytes", "text_bytes")

UNDETERMINED = "und"  # BCP 47 for a language that nobody determined

# Written where a recipe asks for them: the share of a text's letters that are of a script of its
# language, and the language of each line.
SCRIPT_RATIO = pa.field("language_script_ratio", pa.float32())
PARAGRAPHS = pa.field(
    "language_paragraphs",
    pa.list_(
        pa.struct(
            [
                pa.field("language", pa.string(), nullable=False),
                pa.field("score", pa.float32(), nullable=False),
            ]
        )
    ),
)

# The personal data counts that `documents/` and `dropped/` carry, one column a kind, and where in
# the redacted text stand-ins are, in characters. What they stand for is nowhere.
PII_PREFIX = "pii_"
REDACTIONS = "redactions"
REDACTIONS_TYPE = pa.list_(
    pa.struct(
        [
            pa.field("kind", pa.string(), nullable=False),
            pa.field("start", pa.int32(), nullable=False),
            pa.field("end", pa.int32(), nullable=False),
        ]
    )
)


def documents_schema(
    measures: pa.Schema, pii_kinds: list[str], language: Sequence[pa.Field] = ()
) -> pa.Schema:
    """Schema of `documents/`: identity, measured values, counts of personal data, text."""
    pii = [pa.field(PII_PREFIX + kind, pa.int32()) for kind in pii_kinds]
    if pii:
        pii.append(pa.field(REDACTIONS, REDACTIONS_TYPE))
    return pa.schema([*DOCUMENT_FIELDS, *language, *measures, *pii, TEXT_FIELD])


def dropped_schema(
    measures: pa.Schema,
    pii_kinds: list[str],
    keep: DroppedContent,
    language: Sequence[pa.Field] = (),
) -> pa.Schema:
    """Schema of `dropped/`: reasons, and of the document what the recipe wants kept.

    `text` is all that `documents/` has, `values` the same without text; both have null values
    where no text was. `none` is what accounts for it: identity, language and sizes.
    """
    if keep == "none":
        return pa.schema([*DROP_FIELDS, *(f for f in DOCUMENT_FIELDS if f.name in _ACCOUNT)])
    nullable = pa.schema([field.with_nullable(True) for field in measures])
    fields = list(documents_schema(nullable, pii_kinds, language))
    return pa.schema([*DROP_FIELDS, *(fields if keep == "text" else fields[:-1])])


def signatures_schema(permutations: int, value_type: pa.DataType | None = None) -> pa.Schema:
    """Schema of `signatures/`; row i describes row i of the unit's documents.

    `signature` is absent when a recipe looks for exact duplicates alone (no permutations). Its
    values are uint32, or uint64 in datatrove's family.
    """
    fields = [
        pa.field("doc_id", DOC_ID, nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("text_bytes", pa.int64(), nullable=False),
        pa.field("text_hash", pa.binary(16), nullable=False),
    ]
    if permutations:
        values = pa.list_(value_type or pa.uint32(), permutations)
        fields.append(pa.field("signature", values, nullable=False))
    return pa.schema(fields)


# What tables about some of a unit's documents begin with.
_UNIT_DOCUMENT = [
    pa.field("row", pa.uint32(), nullable=False),  # in the unit's documents
    pa.field("doc_id", DOC_ID, nullable=False),
    pa.field("source", pa.string(), nullable=False),
    pa.field("language", pa.string(), nullable=False),
]

# Rows of a unit's documents that duplicate another or hold a benchmark; all others survive.
DUPLICATES = pa.schema(
    [
        *_UNIT_DOCUMENT,
        pa.field("text_bytes", pa.int64(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("survivor", DOC_ID),  # null for what holds a benchmark
        pa.field("cluster_size", pa.int64(), nullable=False),
        pa.field("similarity", pa.float32(), nullable=False),  # estimated; 1 for exact
        pa.field("true_similarity", pa.float32()),  # Jaccard of shingles; null if not verified
    ]
)
# Survivors of a unit that others were removed for, and how often to repeat each in training.
CLUSTERS = pa.schema(
    [
        *_UNIT_DOCUMENT,
        pa.field("text_bytes", pa.int64(), nullable=False),
        pa.field("cluster_size", pa.int64(), nullable=False),  # the survivor included
        pa.field("weight", pa.int32(), nullable=False),
    ]
)
CONTAMINATED = "contaminated."  # and the benchmark's name
SAME_ID, EXACT_DUPLICATE, NEAR_DUPLICATE = "same_id", "exact_duplicate", "near_duplicate"
SAME_URL = "same_url"

# Which benchmark items stand in which of a unit's surviving documents.
CONTAMINATION = pa.schema(
    [
        *_UNIT_DOCUMENT,
        pa.field("benchmark", pa.string(), nullable=False),
        pa.field("item", pa.string(), nullable=False),
        pa.field("ngrams", pa.int64(), nullable=False),  # different ones that the document holds
        pa.field("item_ngrams", pa.int64(), nullable=False),  # of so many
    ]
)

# Ranges of a unit's texts that a stage cut, ordered by row; they may overlap.
CUTS = pa.schema(
    [
        pa.field("row", pa.uint32(), nullable=False),  # in the unit's documents
        pa.field("doc_id", DOC_ID, nullable=False),
        pa.field("start", pa.int64(), nullable=False),  # bytes in the text as it was before
        pa.field("end", pa.int64(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
    ]
)

# Why a range was cut, and why a document of which no word is left was dropped.
REPEATED_LINE, REPEATED_SPAN, REPEATED_TEXT = "repeated_line", "repeated_span", "repeated_text"

# A row of a token shard: one document, its end-of-text token included.
SHARD = pa.schema(
    [
        pa.field("doc_id", DOC_ID, nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("input_ids", pa.list_(pa.int32()), nullable=False),
    ]
)
