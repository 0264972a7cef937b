"""The chain over one batch: from records to documents, each step a pure function.

screen -> extract -> normalise -> language -> rules -> redact
"""

import collections
import dataclasses
import itertools
from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from filters import pii
from filters.extract import main_content
from filters.language import classifier
from filters.language.codes import script_ratio
from filters.language.identify import LanguageIdentifier
from filters.rules import registry
from filters.rules.apply import apply_rules
from filters.settings import (
    CLASSIFIER,
    DENIED,
    EMPTY_AFTER_RULES,
    LOW_SCORE,
    NOT_KEPT,
    WRONG_SCRIPT,
    Classifier,
    Documents,
    Language,
    least_score,
    measured_before_rules,
)
from filters.text import normalize
from filters.text.licenses import short_name
from filters.urls import robots
from filters.urls.domains import domains
from filters.urls.url_filter import UrlScreen
from manifests import schemas

EMPTY_TEXT = "extract.empty_text"
NORMALIZED_PREFIX = "normalized_"  # of counts in the manifest: texts that a step changed
EXTRACT_ERROR = "extract.failed"

# Which documents are left out, by identity and URL.
Denied: TypeAlias = Callable[[pa.Array, pa.Array], pa.BooleanArray]


@dataclasses.dataclass(frozen=True)
class Processed:
    """What became of a batch of records; every record is a row of exactly one of the three.

    Attributes:
      normalized: texts that each step of normalisation changed, kept or not.
    """

    kept: pa.RecordBatch
    dropped: pa.RecordBatch
    errors: pa.RecordBatch
    normalized: Mapping[str, int]


class DocumentSteps:
    """The steps over a batch; models are loaded once, here."""

    def __init__(
        self,
        settings: Documents,
        seed: int,
        screen: UrlScreen | None = None,
        denied: Denied | None = None,
        licenses: Mapping[str, str] | None = None,
    ) -> None:
        """Loads the models that settings name.

        Args:
          denied: which documents are left out, by identity (`schemas.DOC_ID`) and URL.
          licenses: by source, that of documents which say nothing of it.
        """
        self._recipe = settings
        self._denied = denied
        self._licenses = licenses or {}
        self._seed = seed
        self._screen = screen
        self._identifier = LanguageIdentifier(self._recipe.language.model)
        measures = registry.measures_schema(self._recipe.rules)
        redaction = self._recipe.pii
        self._pii_kinds = redaction.counted if redaction else []
        self._names = pii.Names(redaction.names) if redaction and redaction.names else None
        self._classifiers = [
            (CLASSIFIER + name, classifier.Classifier(spec.model, spec.label))
            for name, spec in self._recipe.classifiers.items()
        ]
        language = measured_before_rules(self._recipe)
        self.documents_schema = schemas.documents_schema(measures, self._pii_kinds, language)
        self.dropped_schema = schemas.dropped_schema(
            measures, self._pii_kinds, self._recipe.dropped, language
        )

    def apply(self, records: pa.RecordBatch, source: str, path: str | pa.StringArray) -> Processed:
        """Records (`schemas.RECORDS`) -> documents, dropped rows and error rows.

        Args:
          path: the file of all records, or of each.
        """
        doc_id = document_ids(source, records["native_id"], records["content"])
        records = self._screened(records, doc_id)
        columns: dict[str, pa.Array] = {
            "doc_id": doc_id,
            "source": pa.array([source] * records.num_rows, pa.string()),
            **{name: records[name] for name in ("native_id", "url", "date", "input_bytes")},
            "domain": domains(records["url"]),
        }
        extracted = main_content.extract(
            records,
            self._recipe.extract,
            layout=self._recipe.text,
            max_replaced_ratio=self._recipe.max_replaced_ratio,
        )
        for name in ("title", "encoding", "encoding_found", "replaced_ratio"):
            columns[name] = extracted[name]
        license_ = extracted["license"]
        if source in self._licenses:
            license_ = license_.fill_null(short_name(self._licenses[source]))
        columns["license"] = license_
        error = extracted["error"]
        kinds = [
            e if e is None else schemas.error_kind(e, EXTRACT_ERROR) for e in error.to_pylist()
        ]
        error_reason = pc.coalesce(records["error_kind"], pa.array(kinds, pa.string()))
        broken = pc.is_valid(error)
        errors = self._errors(columns, error_reason, error, path).filter(broken)

        changed: collections.Counter[str] = collections.Counter()
        text = normalize.normalize(extracted["text"], self._recipe.normalize, changed)
        no_text = pc.coalesce(
            extracted["reason"],
            pc.if_else(pc.equal(pc.fill_null(pc.utf8_length(text), 0), 0), EMPTY_TEXT, None),
        )
        whole = pc.invert(broken)
        has_text = pc.and_(whole, pc.is_null(no_text))
        documents = self._documents(
            {name: column.filter(has_text) for name, column in columns.items()},
            text.filter(has_text),
        )
        without_text = pc.and_(whole, pc.is_valid(no_text))
        skipped = self._without_text(
            {name: column.filter(without_text) for name, column in columns.items()},
            no_text.filter(without_text),
        )
        is_kept = pc.is_null(documents["reason"])
        kept = documents.filter(is_kept).select(self.documents_schema.names)
        refused = documents.filter(pc.invert(is_kept)).select(self.dropped_schema.names)
        dropped = pa.concat_batches(
            [_cast(batch, self.dropped_schema) for batch in (skipped, refused)]
        )
        # In the order of the records, or the size of batches would show.
        position = np.arange(records.num_rows)
        refused_at = position[_bools(has_text)][~_bools(is_kept)]
        order = np.argsort(np.concatenate([position[_bools(without_text)], refused_at]))
        dropped = dropped.take(pa.array(order))
        return Processed(_cast(kept, self.documents_schema), dropped, errors, changed)

    def _screened(self, records: pa.RecordBatch, doc_id: pa.Array) -> pa.RecordBatch:
        """Records, those skipped that are refused before their text is looked for."""
        settings = self._recipe.url_filter
        reason = pa.nulls(records.num_rows, pa.string())
        if self._denied is not None:
            reason = pc.if_else(self._denied(doc_id, records["url"]), DENIED, reason)
        if self._screen is not None and settings is not None:
            reason = pc.coalesce(reason, self._screen.reasons(records["url"]))
            if settings.noindex:
                noindex = robots.asks_not_to_be_indexed(records)
                reason = pc.coalesce(reason, pc.if_else(noindex, robots.NOINDEX, None))
        if reason.null_count == len(reason):
            return records
        refused = pc.and_(pc.is_valid(reason), pc.is_valid(records["content"]))
        columns = dict(zip(records.schema.names, records.columns, strict=True))
        columns["skip_reason"] = pc.if_else(refused, reason, columns["skip_reason"])
        columns["content"] = pc.if_else(refused, None, columns["content"])
        return pa.RecordBatch.from_arrays(list(columns.values()), schema=records.schema)

    def _errors(
        self,
        columns: dict[str, pa.Array],
        reason: pa.Array,
        error: pa.Array,
        path: str | pa.StringArray,
    ) -> pa.RecordBatch:
        values = {
            **columns,
            "path": pa.array([path] * len(reason), pa.string()) if isinstance(path, str) else path,
            "reason": reason,
            "error": pc.fill_null(error, ""),
        }
        return pa.record_batch([values[n] for n in schemas.ERRORS.names], schema=schemas.ERRORS)

    def _documents(self, columns: dict[str, pa.Array], text: pa.Array) -> pa.RecordBatch:
        """Every document with text, measured; `reason` is null for those to keep."""
        language = judged_language(self._identifier.identify(text), text, self._recipe.language)
        for name, model in self._classifiers:
            language = language.append_column(name, pa.array(model.score(text)))
        before_rules = reasons_before_rules(language, self._recipe)
        verdicts = apply_rules(
            text,
            self._recipe.rules,
            urls=columns["url"],
            languages=language["language"],
            early_drop=self._recipe.early_drop,
            dropped=np.logical_or.reduce(
                [np.zeros(len(text), bool), *(_bools(r.is_valid()) for r in before_rules)]
            ),
        )
        final = verdicts.text
        counts: dict[str, pa.Array] = {}
        if self._recipe.pii:
            final, found = pii.redact(
                final,
                self._recipe.pii.kinds,
                self._recipe.pii.replace,
                key=str(self._seed).encode(),
                languages=language["language"],
                decisions=self._recipe.pii.decisions,
                names=self._names,
                urls=columns["url"],
            )
            counts = dict(zip(found.schema.names, found.columns, strict=True))
        if self._recipe.language.paragraphs:
            counts[schemas.PARAGRAPHS.name] = self._identifier.paragraphs(final)
        emptied = pc.if_else(verdicts.emptied, EMPTY_AFTER_RULES, None)
        single = [r.to_pylist() for r in (*before_rules, emptied)]
        all_reasons = [
            [reason for reason in (*before, *rule, empty) if reason]
            for *before, empty, rule in zip(*single, verdicts.reasons.to_pylist(), strict=True)
        ]
        values: dict[str, pa.Array] = {
            **columns,
            **dict(zip(language.schema.names, language.columns, strict=True)),
            **dict(zip(verdicts.measures.schema.names, verdicts.measures.columns, strict=True)),
            **counts,
            "text": final,
            "text_bytes": pc.binary_length(final).cast(pa.int64()),
            "reason": pa.array([r[0] if r else None for r in all_reasons], pa.string()),
            "reasons": pa.array(all_reasons, pa.list_(pa.string())),
        }
        return pa.RecordBatch.from_arrays(list(values.values()), list(values))

    def _without_text(self, columns: dict[str, pa.Array], reason: pa.Array) -> pa.RecordBatch:
        rows = len(reason)
        values: dict[str, pa.Array] = {
            **columns,
            "language": pa.array([schemas.UNDETERMINED] * rows, pa.string()),
            "language_score": pa.array(np.zeros(rows, np.float32)),
            "language_second_score": pa.array(np.zeros(rows, np.float32)),
            "text_bytes": pa.array(np.zeros(rows, np.int64)),
            "reason": reason,
            "reasons": pa.array([[r] for r in reason.to_pylist()], pa.list_(pa.string())),
        }
        arrays = [values.get(f.name, pa.nulls(rows, f.type)) for f in self.dropped_schema]
        return pa.RecordBatch.from_arrays(arrays, self.dropped_schema.names)


def judged_language(
    language: pa.RecordBatch, text: pa.LargeStringArray, wanted: Language
) -> pa.RecordBatch:
    """LANGUAGE_SCHEMA with `und` where the recipe has it so, and the script's ratio if wanted."""
    if wanted.below_min_score == "und":
        codes = pc.if_else(_low(language, wanted), schemas.UNDETERMINED, language["language"])
        language = language.set_column(0, language.schema.field(0), codes)
    if wanted.min_script_ratio is not None:
        ratio = script_ratio(text, language["language"].to_pylist())
        language = language.append_column(schemas.SCRIPT_RATIO, pa.array(ratio))
    return language


def reasons_before_rules(rows: pa.RecordBatch, recipe: Documents) -> list[pa.Array]:
    """Why documents are dropped for their language or a score, null where they are not.

    Args:
      rows: the columns language and language_score, and those of `measured_before_rules`.
    """
    none = pa.scalar(None, pa.string())
    wanted = recipe.language
    reasons = []
    if wanted.below_min_score == "drop":
        reasons.append(pc.if_else(_low(rows, wanted), LOW_SCORE, none))
    least: list[tuple[str, pa.Array | pa.Scalar, str]] = []
    if wanted.min_script_ratio is not None:
        limit = pa.scalar(wanted.min_script_ratio, pa.float32())
        least.append((schemas.SCRIPT_RATIO.name, limit, WRONG_SCRIPT))
    least += [
        (CLASSIFIER + name, _limits(rows, spec), f"{CLASSIFIER}{name}.low_score")
        for name, spec in recipe.classifiers.items()
        if spec.decides
    ]
    for column, limits, reason in least:
        fails = pc.less(pc.fill_null(rows[column], 1), limits)
        reasons.append(pc.if_else(fails, reason, none))
    if wanted.keep:
        kept = pc.is_in(rows["language"], pa.array(list(wanted.keep), pa.string()))
        reasons.append(pc.if_else(kept, none, NOT_KEPT))
    return reasons


def _low(language: pa.RecordBatch, wanted: Language) -> pa.BooleanArray:
    return pc.less(language["language_score"], _limits(language, wanted))


def _limits(rows: pa.RecordBatch, wanted: Language | Classifier) -> pa.FloatArray:
    """The least score of each row, by its language; null for none."""
    codes = rows["language"].to_pylist()
    return pa.array([least_score(wanted, code) for code in codes], pa.float32())


def document_ids(
    source: str, native_ids: pa.StringArray, content: pa.LargeBinaryArray
) -> pa.FixedSizeBinaryArray:
    """Identity of documents: XXH3-64 of source, NUL, native id; then XXH3-64 of the content.

    Of the content as the reader gives it, so that the recipe's steps change no identity. Ids of a
    source that stand for several texts are thus no lost texts, and the first half tells of them.

    Args:
      content: null for a record without one, as if it were empty.
    """
    prefix = f"{source}\0".encode()
    digest = xxhash.xxh3_64_digest
    _, offsets, data = content.buffers()
    held = memoryview(data or b"")
    bounds = np.frombuffer(offsets or bytes(8), np.int64)[content.offset :].tolist()
    ids = b"".join(
        digest(prefix + native_id.encode()) + digest(held[start:end])
        for native_id, (start, end) in zip(
            native_ids.to_pylist(), itertools.pairwise(bounds[: len(content) + 1]), strict=True
        )
    )
    return pa.FixedSizeBinaryArray.from_buffers(
        schemas.DOC_ID, len(native_ids), [None, pa.py_buffer(ids)]
    )


def _bools(mask: pa.BooleanArray) -> npt.NDArray[np.bool_]:
    values: npt.NDArray[np.bool_] = mask.to_numpy(zero_copy_only=False)
    return values


def _cast(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([batch[f.name].cast(f.type) for f in schema], schema=schema)
