"""Column names and Arrow schemas of every table that winnow reads or writes.

Column names are written here only.

A record is what a source yields. A document is a record with text. A row of `dropped` is a document
or record that a step refused. A row of `errors` is a record that could not be read.
"""

import re
from collections.abc import Sequence
from typing import Literal

import pyarrow as pa

# What a reader yields: one row for each record. Exactly one of three columns is set: `content`, or
# `skip_reason`, which says why the record is no document (it is a request or an image), or `error`,
# which says what is broken. `error_kind` then is the reason under which the error is counted, one
# of `READ_...` and `STEPS_FAILED`. `input_bytes` is the size of the record as it was read, which is
# also what `bytes` means in counts.
RECORDS = pa.schema(
    [
        pa.field("native_id", pa.string(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("title", pa.string()),
        pa.field("date", pa.string()),  # ISO 8601, as in the source
        pa.field("language_hint", pa.string()),  # as in the source
        pa.field("license", pa.string()),  # as in the source
        pa.field("media_type", pa.string(), nullable=False),
        pa.field("charset", pa.string()),  # declared by the source, not detected
        pa.field("content", pa.large_binary()),
        pa.field("input_bytes", pa.int64(), nullable=False),
        pa.field("skip_reason", pa.string()),
        pa.field("error", pa.string()),
        pa.field("error_kind", pa.string()),  # null where `error` is
    ]
)

# Kinds of errors in RECORDS, and their reasons in ERRORS: a record is damaged, its whole file could
# not be opened or read on, or winnow itself failed while it read a file or processed a record.
READ_DAMAGED, READ_UNREADABLE = "read.damaged", "read.unreadable"
# The message of what is beyond a limit has its setting, or this beginning for a page's markup.
_SETTINGS = re.compile(r"\b(max_record_mb|max_ratio|max_content_mb|max_replaced_ratio)\b")
BEYOND_LIMIT = "limit: "
READ_FAILED, STEPS_FAILED = "read.failed", "steps.failed"


def error_kind(error: str, otherwise: str = READ_DAMAGED) -> str:
    """The reason of an error row: the limit that its message names (docs/limits.md), or another."""
    if error.startswith(BEYOND_LIMIT):
        return "limit.markup"
    found = _SETTINGS.search(error)
    return f"limit.{found[1]}" if found else otherwise


# Media types that a reader may set. `filters.extract.main_content` turns each of them into text.
HTML = "text/html"
HTML_FRAGMENT = "text/html;fragment"  # a post's body: every word of it is content
PLAIN = "text/plain"  # UTF-8
WIKITEXT = "text/x-wiki"  # UTF-8

# 8 bytes of source and native id, 8 of the content: `filters.documents.document_ids`.
DOC_ID = pa.binary(16)

# The raw files that a run read, or ranges of them; `manifests.inputs.Input` says what they mean.
VALUES = pa.schema(
    [
        pa.field("outcome", pa.string(), nullable=False),  # kept or dropped
        pa.field("source", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("column", pa.string(), nullable=False),
        pa.field("bucket", pa.int32(), nullable=False),  # manifests/sketches.py
        pa.field("docs", pa.int64(), nullable=False),
        pa.field("least", pa.float64(), nullable=False),  # values of the bucket
        pa.field("most", pa.float64(), nullable=False),
    ]
)

FILES = pa.schema(
    [
        pa.field("stage", pa.string(), nullable=False),  # empty: of no stage
        pa.field("path", pa.string(), nullable=False),
        pa.field("size_bytes", pa.int64(), nullable=False),
        pa.field("sha256", pa.string(), nullable=False),
        pa.field("rows", pa.int64(), nullable=False),
    ]
)

INPUTS = pa.schema(
    [
        pa.field("name", pa.string(), nullable=False),  # of source, path and range
        pa.field("source", pa.string(), nullable=False),
        pa.field("path", pa.string(), nullable=False),
        pa.field("start", pa.int64(), nullable=False),
        pa.field("end", pa.int64(), nullable=False),
        pa.field("size_bytes", pa.int64(), nullable=False),
        pa.field("sha256", pa.string(), nullable=False),
    ]
)

# Identity and text of a document; `documents/` and `dropped/` add the measured values.
DOCUMENT_FIELDS = [
    pa.field("doc_id", DOC_ID, nullable=False),
    pa.field("source", pa.string(), nullable=False),
    pa.field("native_id", pa.string(), nullable=False),
    pa.field("url", pa.string()),
    pa.field("domain", pa.string()),  # registered domain of the URL, or its host if there is none
    pa.field("title", pa.string()),
    pa.field("date", pa.string()),
    pa.field("license", pa.string()),  # `filters.text.licenses`; null where it is not known
    pa.field("language", pa.string(), nullable=False),  # BCP 47
    pa.field("language_label", pa.string()),  # the model's own label; null if it gave none
    pa.field("language_score", pa.float32(), nullable=False),
    pa.field("language_second", pa.string()),
    pa.field("language_second_score", pa.float32(), nullable=False),
    pa.field("input_bytes", pa.int64(), nullable=False),
    pa.field("text_bytes", pa.int64(), nullable=False),
    # Of HTML pages: the name of the encoding in the Encoding Standard, how it was found, and the
    # share of the text's characters that are U+FFFD because bytes did not decode.
    pa.field("encoding", pa.string()),
    pa.field("encoding_found", pa.string()),
    pa.field("replaced_ratio", pa.float32()),
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

UNDETERMINED = "und"  # BCP 47 code for an undetermined language

# Columns that a recipe may ask for: the share of a text's letters that belong to a script of its
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

CLASSIFIER_PREFIX = "classifier."  # of the scores of a recipe's classifiers, before their names

# Counts of personal data in `documents/` and `dropped/`, one column for each kind, and the places
# of the stand-ins in the redacted text, in characters. The original values are stored nowhere.
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
    """Schema of `dropped/`: the reasons, and those columns of the document that the recipe keeps.

    `text` keeps all columns of `documents/`, `values` all except the text. Both have nulls if the
    record had no text. `none` keeps what counting needs: identity, language and sizes.
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


# The first columns of tables about some of a unit's documents.
_UNIT_DOCUMENT = [
    pa.field("row", pa.uint32(), nullable=False),  # in the unit's documents
    pa.field("doc_id", DOC_ID, nullable=False),
    pa.field("source", pa.string(), nullable=False),
    pa.field("language", pa.string(), nullable=False),
]

# The documents of a unit that are duplicates or contain a benchmark; all others survive.
DUPLICATES = pa.schema(
    [
        *_UNIT_DOCUMENT,
        pa.field("text_bytes", pa.int64(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("survivor", DOC_ID),  # null for a document that contains a benchmark
        pa.field("cluster_size", pa.int64(), nullable=False),
        pa.field("similarity", pa.float32(), nullable=False),  # estimated; 1 for exact
        # By the words themselves; null if the texts were not compared: the Jaccard similarity of
        # shingles, the share of the document's runs of three words that the survivor holds, the
        # number of its distinct words, and of those that the survivor lacks.
        pa.field("true_similarity", pa.float32()),
        pa.field("contained", pa.float32()),
        pa.field("words", pa.uint32()),
        pa.field("words_lost", pa.uint32()),
    ]
)
# Pairs that were found alike, of a unit's documents and those that are preferred to them. Refs and
# preferences are those of the run (`dedup.bands`).
SIMILAR_PAIRS = pa.schema(
    [
        pa.field("member_preference", pa.uint64(), nullable=False),
        pa.field("member_ref", pa.uint64(), nullable=False),
        pa.field("root_preference", pa.uint64(), nullable=False),
        pa.field("root_ref", pa.uint64(), nullable=False),
        pa.field("similarity", pa.float32(), nullable=False),  # and the others as in DUPLICATES
        pa.field("contained", pa.float32(), nullable=False),
        pa.field("words", pa.uint32(), nullable=False),
        pa.field("words_lost", pa.uint32(), nullable=False),
        pa.field("again", pa.bool_(), nullable=False),  # found when removed documents were known
    ]
)
# The survivors of a unit whose duplicates were removed, and how often to use each in training (once
# unless the recipe asks for weights).
CLUSTERS = pa.schema(
    [
        *_UNIT_DOCUMENT,
        pa.field("text_bytes", pa.int64(), nullable=False),
        pa.field("cluster_size", pa.int64(), nullable=False),  # the survivor included
        pa.field("weight", pa.int32(), nullable=False),
    ]
)
CONTAMINATED = "contaminated."  # followed by the benchmark's name
EXACT_DUPLICATE, NEAR_DUPLICATE, SAME_URL = "exact_duplicate", "near_duplicate", "same_url"

# What of which benchmark items is in which of a unit's surviving documents.
CONTAMINATION = pa.schema(
    [
        *_UNIT_DOCUMENT,
        pa.field("benchmark", pa.string(), nullable=False),
        pa.field("item", pa.string(), nullable=False),
        pa.field("found", pa.string(), nullable=False),  # one of FOUND
        pa.field("ngrams", pa.int64(), nullable=False),  # distinct ones that the document has
        pa.field("item_ngrams", pa.int64(), nullable=False),  # distinct ones of the item
        pa.field("overlap", pa.float32()),  # their share, weighted by rarity; null if not weighted
    ]
)
# The document holds the item; or text of it that is common; or many words in a row of it, and not
# the item. Only the first is contamination.
ITEM, COMMON_TEXT, PARTIAL = "item", "common_text", "partial"
FOUND = (ITEM, COMMON_TEXT, PARTIAL)

# Why a survivor is in no sample of a stage, which leaves it in the corpus: by chance; kept out of
# the tokenizer's training; in training, where others were kept out.
NOT_SAMPLED, HELD_OUT, IN_TRAINING = "not_sampled", "held_out", "in_training"

TAKEN_DOWN = "taken_down"  # why a survivor is no longer in corpus and shards

# Ranges that a stage cut from a unit's texts, ordered by row; they may overlap.
CUTS = pa.schema(
    [
        pa.field("row", pa.uint32(), nullable=False),  # in the unit's documents
        pa.field("doc_id", DOC_ID, nullable=False),
        pa.field("start", pa.int64(), nullable=False),  # bytes in the text as it was before
        pa.field("end", pa.int64(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
    ]
)

# Reasons for cutting a range, and the reason for dropping a document without a word left.
REPEATED_LINE, REPEATED_SPAN, REPEATED_TEXT = "repeated_line", "repeated_span", "repeated_text"

# A row of `corpus/`: a survivor with its final text. A column for each classifier of the recipe
# follows.
CORPUS_FIELDS = [
    pa.field("id", pa.string(), nullable=False),  # `doc_id` in hexadecimal
    TEXT_FIELD.with_nullable(False),
    pa.field("url", pa.string()),
    pa.field("title", pa.string()),
    pa.field("date", pa.string()),
    pa.field("license", pa.string()),
    pa.field("source", pa.string(), nullable=False),
    pa.field("language", pa.string(), nullable=False),
    pa.field("language_score", pa.float32(), nullable=False),
    pa.field("text_bytes", pa.int64(), nullable=False),
    # Documents that stage `duplicates` found to be one, this included; 1 if it stands alone.
    pa.field("cluster_size", pa.int64(), nullable=False),
    pa.field("split", pa.string(), nullable=False),  # one of SPLITS
]
TRAIN, VALIDATION, TEST = SPLITS = ("train", "validation", "test")


def corpus_schema(documents: pa.Schema) -> pa.Schema:
    """Schema of `corpus/`, of a run with such `documents/`."""
    scores = [field for field in documents if field.name.startswith(CLASSIFIER_PREFIX)]
    return pa.schema([*CORPUS_FIELDS, *scores])


SMALL_VOCABULARY = 1 << 16  # tokens whose ids uint16 can hold


def shard_schema(vocab_size: int) -> pa.Schema:
    """Schema of `shards/`: a row is one document, with its end-of-text token."""
    ids = pa.uint16() if vocab_size <= SMALL_VOCABULARY else pa.uint32()
    return pa.schema(
        [
            pa.field("doc_id", DOC_ID, nullable=False),
            pa.field("source", pa.string(), nullable=False),
            pa.field("language", pa.string(), nullable=False),
            pa.field("url", pa.string()),
            pa.field("cluster_size", pa.int64(), nullable=False),  # as in `corpus/`
            pa.field("split", pa.string(), nullable=False),
            pa.field("text_bytes", pa.int64(), nullable=False),
            pa.field("n_tokens", pa.int32(), nullable=False),  # of `input_ids`
            pa.field("input_ids", pa.list_(ids), nullable=False),
        ]
    )
