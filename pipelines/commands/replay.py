"""`winnow replay`: what would a finished run have kept with other thresholds?

Verdicts are computed again from the measured values in `documents/` and `dropped/`; no text is
read. A change that text would be needed for is refused, with the reason.
"""

import collections
import dataclasses
import heapq
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from rich.table import Table
from rich.text import Text

from filters.documents import reasons_before_rules
from filters.rules import registry
from filters.rules.thresholds import WORDS
from filters.rules.verdicts import Checks, Mask, is_measured, values_of
from filters.settings import CLASSIFIER, EMPTY_AFTER_RULES, Documents, measured_before_rules
from manifests import manifest, schemas
from manifests.store import Store
from pipelines.commands import console
from pipelines.recipe.loading import changed, recipe_of
from pipelines.recipe.recipe import Recipe

_BATCH_ROWS = 1 << 14
_IDENTITY = ("doc_id", "source", "native_id", "url", "language", "language_score", "input_bytes")
_BEFORE_RULES = ("language.", CLASSIFIER)  # reasons that begin so
_KEPT = ""  # in the place of a reason

FLIP = pa.schema(
    [
        pa.field("doc_id", schemas.DOC_ID, nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("native_id", pa.string(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("language", pa.string(), nullable=False),
        pa.field("before", pa.string()),  # first reason; null was kept
        pa.field("after", pa.string()),  # null would be kept
        pa.field("path", pa.string(), nullable=False),  # part and row that hold the document
        pa.field("row", pa.int64(), nullable=False),
    ]
)


class ReplayError(ValueError):
    """The columns of the run cannot answer; the message says why and what can."""


@dataclasses.dataclass(frozen=True)
class Replay:
    """What a change would do to stage `documents`.

    Attributes:
      before, after: documents by first reason, those kept under "".
      bytes_before, bytes_after: input bytes of the documents kept.
      flips: documents that would be kept and were not, or the other way round.
      sample: rows of FLIP, those with the smallest doc_id, which is a hash.
    """

    before: dict[str, int]
    after: dict[str, int]
    bytes_before: int
    bytes_after: int
    flips: int
    sample: list[dict[str, Any]]

    def rows(self) -> list[tuple[str, int, int]]:
        """What is kept, then every reason whose count changes, the largest change first."""
        kept = ("kept", self.before.get(_KEPT, 0), self.after.get(_KEPT, 0))
        reasons = {*self.before, *self.after} - {_KEPT}
        counts = [(r, self.before.get(r, 0), self.after.get(r, 0)) for r in reasons]
        changed_ = [row for row in counts if row[1] != row[2]]
        return [kept, *sorted(changed_, key=lambda row: (-abs(row[2] - row[1]), row[0]))]


@dataclasses.dataclass(frozen=True)
class Verdict:
    """A part's rows as the run judged them and as the changed recipe would.

    Attributes:
      rows: identity columns, as stored.
      before, after: first reasons; null is kept.
      reasons: all reasons that the changed recipe would give.
      path, start: the part, and where in it the rows begin.
    """

    rows: pa.RecordBatch
    before: pa.StringArray
    after: pa.StringArray
    reasons: pa.ListArray
    path: str
    start: int

    def flipped(self) -> Mask:
        """Which documents change sides."""
        sides = [
            side.is_valid().to_numpy(zero_copy_only=False) for side in (self.before, self.after)
        ]
        found: Mask = sides[0] != sides[1]
        return found


def command(
    run: str,
    changes: Sequence[str],
    sample: int,
    with_text: bool,
    out: Path | None,
    as_json: bool = False,
) -> None:
    """Prints what would be kept and dropped, and some of the documents that flip.

    Args:
      out: a Parquet file for all that flip.

    Raises:
      Failure: the run is not finished.
      RecipeError, ReplayError, OSError: as `replay` and `write_flips`.
    """
    store = Store(run)
    console.manifest_of(store)
    result = replay(store, changes, sample)
    if out is not None:
        write_flips(store, changes, out)
    if as_json:
        console.print_json(_facts(store, result, with_text))
        return
    table = Table("stage documents", "run", "replay", "difference")
    for reason, before, after in result.rows():
        table.add_row(Text(reason), f"{before:,}", f"{after:,}", f"{after - before:+,}")
    table.add_row(
        "kept, MB read", f"{result.bytes_before / 1e6:.3f}", f"{result.bytes_after / 1e6:.3f}",
        f"{(result.bytes_after - result.bytes_before) / 1e6:+.3f}",
    )  # fmt: skip
    console.out.print(table)
    console.say(f"{result.flips:,} documents flip; duplicates among them are not looked for")
    if result.sample:
        _print_sample(store, result.sample, with_text)


def _facts(store: Store, result: Replay, with_text: bool) -> dict[str, Any]:
    sample = [
        {
            **{name: value for name, value in flip.items() if name != "doc_id"},
            "doc_id": flip["doc_id"].hex(),
            **({"text": text_of(store, flip)} if with_text else {}),
        }
        for flip in result.sample
    ]
    reasons = [
        {"reason": reason, "run": before, "replay": after}
        for reason, before, after in result.rows()
    ]
    kept = {"run": result.bytes_before, "replay": result.bytes_after}
    return {"documents": reasons, "kept_bytes": kept, "flips": result.flips, "sample": sample}


def _print_sample(store: Store, flips: Sequence[dict[str, Any]], with_text: bool) -> None:
    table = Table("document", "source", "url or id", "run, replay")
    for heading in table.columns:
        heading.overflow = "fold"
    table.columns[0].min_width = 32
    for flip in flips:
        source = f"{flip['source']} {flip['language']}"
        told = "\n".join(flip[side] or "kept" for side in ("before", "after"))
        where = Text(flip["url"] or flip["native_id"])
        table.add_row(flip["doc_id"].hex(), source, where, told)
    console.out.print(table)
    for flip in flips if with_text else ():
        found = text_of(store, flip)
        console.out.rule(flip["doc_id"].hex())
        shown = "(the run kept no text of it)" if found is None else found
        console.say(shown)


def replay(store: Store, changes: Sequence[str], sample: int = 10) -> Replay:
    """Counts of all documents of a run under a changed recipe, and some of those that flip.

    Args:
      changes: `rules.gopher_quality.min_words=30`, as `--set` takes them; "documents." in front
        may be left out.

    Raises:
      ReplayError: the change needs text, or values that the run did not store.
      RecipeError: there is no such key.
    """
    before: collections.Counter[str] = collections.Counter()
    after: collections.Counter[str] = collections.Counter()
    sizes = [0, 0]
    flips = 0
    found: list[dict[str, Any]] = []
    for verdict in verdicts(store, changes):
        input_bytes = verdict.rows["input_bytes"].to_numpy()
        for side, (reasons, counter) in enumerate(
            ((verdict.before, before), (verdict.after, after))
        ):
            counter.update(reason or _KEPT for reason in reasons.to_pylist())
            sizes[side] += int(input_bytes[reasons.is_null().to_numpy(zero_copy_only=False)].sum())
        table = flip_table(verdict)
        flips += table.num_rows
        found = heapq.nsmallest(sample, [*found, *table.to_pylist()], key=lambda r: r["doc_id"])
    return Replay(dict(before), dict(after), sizes[0], sizes[1], flips, found)


def write_flips(store: Store, changes: Sequence[str], path: Path) -> None:
    """Writes every document that changes sides to a Parquet file; raises as `replay`."""
    with pq.ParquetWriter(path, FLIP, compression="zstd") as writer:
        for verdict in verdicts(store, changes):
            writer.write_batch(flip_table(verdict))


def flip_table(verdict: Verdict) -> pa.RecordBatch:
    """The documents that change sides, as FLIP."""
    rows = np.flatnonzero(verdict.flipped())
    taken = pa.array(rows)
    values = {
        **{name: verdict.rows[name].take(taken) for name in FLIP.names if name in _IDENTITY},
        "before": verdict.before.take(taken),
        "after": verdict.after.take(taken),
        "path": pa.array([verdict.path] * len(rows), pa.string()),
        "row": pa.array(rows + verdict.start, pa.int64()),
    }
    return pa.record_batch([values[name] for name in FLIP.names], schema=FLIP)


def verdicts(store: Store, changes: Sequence[str]) -> Iterator[Verdict]:
    """Every document of a run, part by part; raises as `replay`."""
    old = recipe_of(store)
    new = changed(old, [_full_key(change, old.documents) for change in changes])
    refuse(old, new)
    measures = [
        *(f.name for f in measured_before_rules(old.documents) if f != schemas.PARAGRAPHS),
        *registry.measures_schema(old.documents.rules).names,
    ]
    for folder in ("documents", "dropped"):
        own = ["reason", "reasons"] if folder == "dropped" else []
        for path in manifest.parts(store, folder):
            start = 0
            for rows in store.read_batches(path, _BATCH_ROWS, [*_IDENTITY, *measures, *own]):
                yield _judge(rows, old.documents, new.documents, path, start)
                start += rows.num_rows


def _full_key(change: str, documents: Documents) -> str:
    """`rules.gopher.min_words=9` as `documents.rules.gopher_quality.min_words=9`.

    A rule may be named by the beginning of its name where one rule of the run has the threshold.
    """
    key, equals, value = change.partition("=")
    parts = key.removeprefix("documents.").split(".")
    if parts[0] == "rules" and len(parts) == 3 and parts[1] not in documents.rules:
        meant = [
            name
            for name in documents.rules
            if name.startswith(f"{parts[1]}_") and parts[2] in registry.RULES[name].published
        ]
        if len(meant) == 1:
            parts[1] = meant[0]
    if parts[0] in Documents.model_fields:
        key = ".".join(["documents", *parts])
    return f"{key}{equals}{value}"


def refuse(old: Recipe, new: Recipe) -> None:
    """Ends a replay that columns cannot answer.

    Raises:
      ReplayError: says for which key, and why.
    """
    paths = list(_differences(old.to_json(), new.to_json(), ()))
    for path in paths:
        if why := _why_not(path, old.documents, new.documents):
            raise ReplayError(f"{'.'.join(path)} cannot be replayed: {why}; use winnow run")
    if old.documents.dropped == "none":
        raise ReplayError(
            "the run kept no values of dropped documents (documents.dropped is none): "
            "nothing says whether they would pass; use winnow run"
        )


def _differences(old: Any, new: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if old == new:
        return
    both_mappings = isinstance(old, dict) and isinstance(new, dict)
    if both_mappings and len(path) < 4:  # documents.rules.<rule>.<threshold>
        for key in {**old, **new}:
            yield from _differences(old.get(key), new.get(key), (*path, key))
    else:
        yield path


def _why_not(path: tuple[str, ...], old: Documents, new: Documents) -> str | None:
    match path:
        case ("documents", "language", "keep"):
            return None
        case ("documents", "language", "min_score" | "min_scores", *_):
            if old.language.below_min_score == "und":
                return "the run called languages below it undetermined"
            return None
        case ("documents", "language", "min_script_ratio"):
            return "the run did not measure it" if old.language.min_script_ratio is None else None
        case ("documents", "classifiers", _, "min_score"):
            return None
        case ("documents", "classifiers", *_):
            return "the run did not measure with this classifier"
        case ("documents", "language", *_):
            return "languages would have to be identified anew"
        case ("documents", "rules", registry.DATATROVE, *_):
            return "datatrove's own filters measure nothing"
        case ("documents", "rules", name):
            if name not in old.rules:
                return f"the run did not measure {name}"
            return "it would alter the text" if registry.RULES[name].rewrites else None
        case ("documents", "rules", name, key):
            rule = registry.RULES[name]
            if key == WORDS:
                return "the values of other words are not stored"
            if key in rule.options:
                return "values under another one are not stored"
            if key in rule.steering:
                return "counting stops where it drops a document, so that values depend on it"
            if key not in rule.document_thresholds:
                return "it would alter the text: the rule removes lines by it"
            return None
        case ("documents", "early_drop" | "dropped"):
            return "it decides nothing about documents"
        case ("documents", *_):
            return "it would alter the text"
    return "replay decides stage documents alone, and this is used elsewhere"


def _judge(rows: pa.RecordBatch, old: Documents, new: Documents, path: str, start: int) -> Verdict:
    stored = [None] * rows.num_rows
    reasons: list[list[str]] = [[] for _ in range(rows.num_rows)]
    if "reasons" in rows.schema.names:
        stored, reasons = rows["reason"].to_pylist(), rows["reasons"].to_pylist()
    judged = _Reasons(reasons, list(old.rules))
    _, again = decide(rows, old, judged)
    if again.to_pylist() != stored:
        raise ReplayError(
            f"the values in {path} do not give the verdicts that stand there: another version of "
            "winnow wrote them, or the file was changed"
        )
    every, first = decide(rows, new, judged)
    if old.early_drop:
        _refuse_unknown(rows, new, judged, first)
    return Verdict(rows, pa.array(stored, pa.string()), first, every, path, start)


class _Reasons:
    """Stored reasons, told apart by who gave them."""

    def __init__(self, reasons: list[list[str]], names: list[str]) -> None:
        own = (
            "language.",
            "classifier.",
            *(f"{name}." for name in names if name != registry.DATATROVE),
        )
        self.datatrove = [
            [r for r in row if r.startswith(f"{registry.DATATROVE}.")] for row in reasons
        ]
        judged = (*own, f"{registry.DATATROVE}.", EMPTY_AFTER_RULES)
        # Steps before and after language and rules; their reasons stay as they are.
        self.earlier = [
            list(itertools.takewhile(lambda r: not r.startswith(judged), row)) for row in reasons
        ]
        self.later = [
            [r for r in row[len(before) :] if r == EMPTY_AFTER_RULES or not r.startswith(judged)]
            for row, before in zip(reasons, self.earlier, strict=True)
        ]
        # A record without text has a reason of its source or of extraction alone.
        self.has_text: Mask = np.array(
            [not row or any(r.startswith(judged) for r in row) for row in reasons], bool
        )
        self.first = [row[0] if row else None for row in reasons]


def decide(
    rows: pa.RecordBatch, documents: Documents, judged: _Reasons
) -> tuple[pa.ListArray, pa.StringArray]:
    """All reasons and the first of each row, as stage `documents` gives them."""
    checks = Checks(rows.num_rows)
    everything = np.ones(rows.num_rows, bool)
    for reasons in _columns(judged.earlier, everything):
        checks.add_reasons(reasons)
    alive = judged.has_text.copy()
    before_rules = reasons_before_rules(rows, documents)
    for column in before_rules:
        found = [r if a else None for r, a in zip(column.to_pylist(), alive, strict=True)]
        checks.add_reasons(found)
    if documents.early_drop:
        for column in before_rules:
            alive &= column.is_null().to_numpy(zero_copy_only=False)
    languages = rows["language"].to_pylist()
    for name, limits in documents.rules.items():
        if name == registry.DATATROVE:
            for reasons in _columns(judged.datatrove, alive):
                checks.add_reasons(reasons)
                if documents.early_drop:
                    alive &= np.array([reason is None for reason in reasons], bool)
            continue
        rule = registry.RULES[name]
        measured = alive & is_measured(rows, rule)
        failed = checks.add_rule(rule, values_of(rows, rule), limits, languages, measured)
        if documents.early_drop:
            alive &= ~failed
    for reasons in _columns(judged.later, everything):
        checks.add_reasons(reasons)
    return checks.reasons()


def _columns(reasons: list[list[str]], wanted: Mask) -> Iterator[list[str | None]]:
    """The n-th reason of each row, for every n."""
    for n in range(max(map(len, reasons), default=0)):
        yield [
            row[n] if want and n < len(row) else None
            for row, want in zip(reasons, wanted, strict=True)
        ]


def _refuse_unknown(
    rows: pa.RecordBatch, documents: Documents, judged: _Reasons, first: pa.StringArray
) -> None:
    """With early drop, a document that passes further than it did has no values from there on."""
    names = list(documents.rules)
    unknown = 0
    for row, (before, after) in enumerate(zip(judged.first, first.to_pylist(), strict=True)):
        if before != after and judged.has_text[row]:
            unknown += _rank(after, names) > _rank(before, names)
    if unknown:
        raise ReplayError(
            f"{unknown:,} documents of one part would pass the rule that dropped them, and what "
            "the rules after it measure is not stored (documents.early_drop); use winnow run"
        )


def _rank(reason: str | None, names: list[str]) -> int:
    """How far a document came: the place of the rule that dropped it."""
    if reason is None:
        return len(names) + 1
    if reason.startswith(_BEFORE_RULES):
        return -1
    places = [place for place, name in enumerate(names) if reason.startswith(f"{name}.")]
    return places[0] if places else len(names)


def text_of(store: Store, flip: dict[str, Any]) -> str | None:
    """The stored text of a row of FLIP; None where the run kept none."""
    row = flip["row"]
    for batch in store.read_batches(flip["path"], _BATCH_ROWS):
        if row < batch.num_rows:
            return batch["text"][row].as_py() if "text" in batch.schema.names else None
        row -= batch.num_rows
    return None
