"""Arms of a language compared on its good texts: two at a time, with equal bytes."""

import dataclasses
from typing import NamedTuple

from filters.worth.arms import Pool
from filters.worth.byte_ngrams import ByteModel, Texts
from filters.worth.comparison import Difference, Judged, difference

# Least text of an arm.
LEAST_BYTES, LEAST_DOCUMENTS = 50_000, 30

CONTROL = "control"


class Arm(NamedTuple):
    """A set of documents.

    Attributes:
      column: its place in the pool.
      name: what it holds.
    """

    column: int
    name: str


@dataclasses.dataclass(frozen=True)
class Comparison:
    """What two arms of a language gave.

    Attributes:
      step: what is compared: `recipe`, `duplicates`, `control`, or a rule or reason.
      one, other: names of the arms; the difference is of the first less the second.
      one_documents, other_documents: that there are of each, and `_bytes` of their text.
      arm_bytes: that each model learnt from; 0 where there is too little text.
      difference: in bits per byte; None where there is too little text.
    """

    language: str
    step: str
    one: str
    other: str
    one_documents: int
    other_documents: int
    one_bytes: int
    other_bytes: int
    arm_bytes: int
    difference: Difference | None

    @property
    def verdict(self) -> str:
        """What a reader may take from it."""
        if self.difference is None:
            documents, size, name = min(
                (self.one_documents, self.one_bytes, self.one),
                (self.other_documents, self.other_bytes, self.other),
                key=lambda arm: arm[1],
            )
            return f"too little text: {name} {documents:,} documents, {size / 1e3:,.0f} kB"
        if self.step == CONTROL:
            sign = self.difference.sign
            return "not zero: trust no row of this table" if sign else "zero, as it should be"
        return {-1: "helps", 1: "harms", 0: "no difference seen"}[self.difference.sign]


class Judge:
    """Compares the arms of a pool; each is learnt once for each size.

    Args:
      good: texts that no arm has.
      most_bytes: that a model learns from.
      seed: of the draws.
    """

    def __init__(self, pool: Pool, good: Texts, most_bytes: int, seed: int) -> None:
        self._pool, self._good = pool, good
        self._most_bytes, self._seed = most_bytes, seed
        self._seen: dict[tuple[int, int], Judged] = {}

    def compare(self, language: str, step: str, one: Arm, other: Arm) -> Comparison:
        """One row of a table."""
        documents = self._pool.documents[[one.column, other.column]].tolist()
        sizes = self._pool.bytes[[one.column, other.column]].tolist()
        equal = min(*sizes, self._most_bytes)
        found = None
        if equal >= LEAST_BYTES and min(documents) >= LEAST_DOCUMENTS:
            judged = [self._judged(arm.column, equal) for arm in (one, other)]
            found = difference(judged[0], judged[1], self._good.sizes, self._seed)
        return Comparison(
            language=language,
            step=step,
            one=one.name,
            other=other.name,
            one_documents=documents[0],
            other_documents=documents[1],
            one_bytes=sizes[0],
            other_bytes=sizes[1],
            arm_bytes=equal if found else 0,
            difference=found,
        )

    def _judged(self, column: int, equal: int) -> Judged:
        if (column, equal) not in self._seen:
            model = ByteModel(*self._pool.arm(column, equal))
            self._seen[column, equal] = Judged(model.bits(self._good), model.group_bytes)
        return self._seen[column, equal]
