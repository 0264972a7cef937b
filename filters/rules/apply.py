"""Rules of a recipe, applied to a batch: each rule measures, the recipe's thresholds decide."""

import dataclasses
import itertools
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from filters.rules import datatrove_adapter
from filters.rules.registry import DATATROVE, RULES, Rules, measures_schema, validate
from filters.rules.verdicts import Checks, Mask
from filters.text.characters import Ints
from filters.text.words import TextView


@dataclasses.dataclass(frozen=True)
class Verdicts:
    """What rules say about each document of a batch.

    Attributes:
      text: large_string after rewrites. A rewrite is taken over only where its rule, and those
        that rewrote before, kept the document: what is dropped keeps the text that it was
        dropped for. A null stays null unless it was kept and rewritten.
      measures: int64 and float64, `<rule>.<measure>`; see `measures_schema`. Rules after one that
        rewrites measure what it left, of documents that it drops, too.
      reasons: list<string>, every failed check as `<rule>.<what was wrong>`, in recipe order.
      reason: string, the first of them; null for a document to keep.
      emptied: bool, rules that rewrite would leave nothing of it, whether they keep it or not.
    """

    text: pa.LargeStringArray
    measures: pa.RecordBatch
    reasons: pa.ListArray
    reason: pa.StringArray
    emptied: pa.BooleanArray


def apply_rules(
    text: pa.LargeStringArray,
    rules: Rules,
    *,
    urls: pa.StringArray | None = None,
    languages: pa.StringArray | None = None,
    early_drop: bool = False,
    dropped: Mask | None = None,
) -> Verdicts:
    """Measure a batch of documents with every rule of a recipe, and judge it.

    Args:
      text: large_string; a null counts as an empty text.
      rules: validated here too, which costs microseconds.
      urls: what datatrove's filters find as metadata "url"; nulls are left out.
      languages: the same for "language"; thresholds by language look at it, too.
      early_drop: a document that failed a rule is not looked at by those after it; its values
        of these are null. Else every rule measures every document.
      dropped: with `early_drop`, documents that something else has dropped already.
    """
    validate(rules)
    schema = measures_schema(rules)
    checks = Checks(len(text))
    codes = None if languages is None else languages.to_pylist()
    alive = np.ones(len(text), bool)  # documents that a rule has to measure
    if early_drop and dropped is not None:
        alive &= ~dropped
    kept = np.ones(len(text), bool)  # documents whose text may still be rewritten
    reader = _Reader(text, codes)
    arrays: list[pa.Array] = []
    for name, limits in rules.items():
        if name == DATATROVE:
            for entry in limits:
                rows = reader.narrow(alive, always=early_drop)
                chosen = [c if c is None else c.take(pa.array(rows)) for c in (urls, languages)]
                found, rewritten = datatrove_adapter.run(entry, reader.text, *chosen)
                reasons: list[str | None] = [None] * len(text)
                for row, reason in zip(rows, found, strict=True):
                    reasons[row] = reason
                checks.add_reasons(reasons)
                failed = np.array([reason is not None for reason in reasons], bool)
                if datatrove_adapter.kind_of(entry) == "formatter":
                    changed = np.zeros(len(rows), np.int64)
                    if rewritten is not None:
                        changed = (
                            pc.not_equal(rewritten, reader.text)
                            .fill_null(False)
                            .to_numpy(zero_copy_only=False)
                        )
                    arrays.append(pa.array(reader.spread(changed, len(text)), mask=~alive))
                if rewritten is not None:
                    kept &= ~failed
                    text = reader.rewrite(rewritten, text, kept)
                if early_drop:
                    alive &= ~failed
            continue
        rule = RULES[name]
        rows = reader.narrow(alive)
        measured = rule.measure(reader.view, limits)
        values = {c: reader.spread(measured.columns[c], len(text)) for c in rule.columns.names}
        failed = checks.add_rule(rule, values, limits, codes, alive)
        arrays += [pa.array(values[column], mask=~alive) for column in rule.columns.names]
        if measured.text is not None:
            kept &= ~failed
            text = reader.rewrite(measured.text, text, kept & alive, measured.word_counts)
        if early_drop:
            alive &= ~failed
    every, first = checks.reasons()
    if early_drop:
        schema = pa.schema([field.with_nullable(True) for field in schema])
    arrays = [a.cast(f.type) for a, f in zip(arrays, schema, strict=True)]
    measures = pa.RecordBatch.from_arrays(arrays, schema=schema)
    return Verdicts(text, measures, every, first, pa.array(reader.emptied(len(kept)) & alive))


class _Reader:
    """What rules read: the documents still looked at, as rewritten by the rules before."""

    def __init__(self, text: pa.LargeStringArray, languages: list[str | None] | None) -> None:
        self._rows = np.arange(len(text))
        self._languages = languages
        self.text = text
        self.view = TextView(text, languages=languages)

    def narrow(self, alive: Mask, always: bool = False) -> Ints:
        """Leaves out documents that nobody asks for; the rows of those that remain.

        What was computed of the others is lost, words above all: it is done when they are half
        of the documents, or at once before something slow.
        """
        wanted = alive[self._rows]
        if wanted.sum() < len(wanted) * (1 if always else 0.5):
            self._rows = self._rows[wanted]
            if self._languages is not None:
                self._languages = list(itertools.compress(self._languages, wanted))
            self.text = self.text.filter(pa.array(wanted))
            self.view = TextView(self.text, languages=self._languages)
        return self._rows

    def spread(self, values: npt.NDArray[np.generic], documents: int) -> npt.NDArray[np.generic]:
        """Values of the documents looked at as those of all documents."""
        if len(values) == documents:
            return values
        spread = np.zeros(documents, values.dtype)
        spread[self._rows] = values
        return spread

    def rewrite(
        self,
        rewritten: pa.LargeStringArray,
        text: pa.LargeStringArray,
        kept: Mask,
        word_counts: Mapping[str, Ints] | None = None,
    ) -> pa.LargeStringArray:
        """Takes a rewritten text over; what becomes of all documents' text, of which few are kept.

        The rules that follow read it whether its document is kept or not: what they measure must
        not hang on thresholds.
        """
        self.text = rewritten
        self.view = TextView(rewritten, word_counts, self._languages)
        places = np.zeros(len(text), np.int64)
        places[self._rows] = np.arange(len(self._rows))
        return (
            pc.if_else(pa.array(kept), rewritten.take(pa.array(places)), text)
            if len(self._rows)
            else text
        )

    def emptied(self, documents: int) -> Mask:
        """Documents of which nothing is left."""
        empty = np.zeros(documents, bool)
        empty[self._rows] = np.diff(self.view.offsets) == 0
        return empty
