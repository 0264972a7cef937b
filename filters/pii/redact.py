"""Personal data replaced in the text by tags or keyed stand-ins, and counted.

A kernel finds the places that may be some, of all kinds at once (`filters.pii.scan`); Python looks
at those alone. What is replaced depends on the text, its language, its page's domain and the key:
not on other texts.
"""

import bisect
import functools
import operator
import typing
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.pii import datatrove
from filters.pii.hits import Hit, overlapping, put
from filters.pii.kinds import KINDS, REPLACED, Kind
from filters.pii.names import NAME, Names
from filters.pii.places import Place
from filters.pii.regions import Regions, regions_of
from manifests import schemas

Replacement = Literal["tag", "stand_in"]
Decisions = Literal["winnow", "datatrove-0.10"]

DEFAULT_KINDS = ("email", "ip")


def kinds_of(decisions: Decisions) -> tuple[str, ...]:
    """The kinds that somebody's decisions know."""
    return datatrove.KINDS if decisions == datatrove.NAME else tuple(KINDS)


def redact(
    text: pa.LargeStringArray,
    kinds: Sequence[str] = DEFAULT_KINDS,
    replace: Replacement = "tag",
    key: bytes = b"winnow",
    languages: pa.StringArray | None = None,
    decisions: Decisions = "winnow",
    names: Names | None = None,
    urls: pa.StringArray | None = None,
) -> tuple[pa.LargeStringArray, pa.RecordBatch]:
    """Replaces each hit of `kinds`; doing it again changes nothing (but for names).

    Args:
      text: nulls stay null.
      kinds: some of KINDS, in any order.
      replace: `tag` writes `<EMAIL>`, `<IP>` and so on. `stand_in` writes a made-up value of the
        kind, which depends on the value and `key` alone.
      key: of the hash behind stand-ins, up to 64 bytes; without it they can't be guessed back.
      languages: of the texts; they say where national telephone numbers are looked for. Without
        them only international ones are, and those that a word announces.
      decisions: `datatrove-0.10` finds and writes what datatrove does (`filters.pii.datatrove`);
        `replace` and `key` say nothing then.
      names: replaces names, too, of texts in its languages, once all else is done.
      urls: of the pages; the domain of a country says where telephone numbers are looked for first.

    Returns:
      The text, and for each kind an int32 column `pii_<kind>` of how many stand-ins there are
      (0 for a null text), in the order of KINDS, and `redactions`: where they are.

    Raises:
      ValueError: unknown kind, replacement or decisions, or a kind that datatrove does not know.
    """
    if decisions not in typing.get_args(Decisions):
        raise ValueError(f"unknown PII decisions {decisions!r}; use 'winnow' or 'datatrove-0.10'")
    known = kinds_of(decisions)
    if unknown := [kind for kind in kinds if kind not in known]:
        raise ValueError(
            f"unknown PII kind {unknown[0]!r}; the kinds of {decisions} are {', '.join(known)}"
        )
    if replace not in ("tag", "stand_in"):
        raise ValueError(f"unknown PII replacement {replace!r}; use 'tag' or 'stand_in'")
    wanted = [kind for kind in KINDS.values() if kind.name in kinds]
    found: dict[int, list[Hit]] = {}
    if decisions == datatrove.NAME:
        text, found = datatrove.redact(text, kinds)
        return text, _counted(len(text), [kind.name for kind in wanted], found)
    text, found = _redacted(text, wanted, languages, urls, replace, key)
    counted = [kind.name for kind in wanted]
    if names is not None:
        text = _without_names(text, languages, names, replace, key, found)
        counted.append(NAME.name)
    return text, _counted(len(text), counted, found)


def _without_names(
    text: pa.LargeStringArray,
    languages: pa.StringArray | None,
    names: Names,
    replace: Replacement,
    key: bytes,
    found: dict[int, list[Hit]],
) -> pa.LargeStringArray:
    """Also adds where names were to `found`, and orders it by row."""
    codes = languages.to_pylist() if languages is not None else [None] * len(text)
    values = text.to_pylist()
    for row, (value, code) in enumerate(zip(values, codes, strict=True)):
        done = found.get(row, [])
        if hits := names.find(value or "", code, done):
            stand_ins = [
                NAME.tag if replace == "tag" else NAME.stand_in_of(value[h.start : h.end], key)
                for h in hits
            ]
            values[row], found[row] = put(value, hits, stand_ins, done)
    ordered = dict(sorted(found.items()))
    found.clear()
    found.update(ordered)
    return pa.array(values, pa.large_string())


def _counted(rows: int, kinds: Iterable[str], found: dict[int, list[Hit]]) -> pa.RecordBatch:
    """Columns of counts, and of hits; `found` is ordered by row."""
    columns: dict[str, pa.Array] = {}
    for kind in kinds:
        counts = np.zeros(rows, np.int32)
        for row, hits in found.items():
            counts[row] = sum(hit.kind == kind for hit in hits)
        columns[schemas.PII_PREFIX + kind] = pa.array(counts)
    sizes = np.zeros(rows + 1, np.int32)
    sizes[[row + 1 for row in found]] = [len(hits) for hits in found.values()]
    flat = [hit._asdict() for hits in found.values() for hit in hits]
    columns[schemas.REDACTIONS] = pa.ListArray.from_arrays(
        pa.array(np.cumsum(sizes, dtype=np.int32)),
        pa.array(flat, schemas.REDACTIONS_TYPE.value_type),
        type=schemas.REDACTIONS_TYPE,
    )
    return pa.RecordBatch.from_pydict(columns)


def _redacted(
    text: pa.LargeStringArray,
    kinds: list[Kind],
    languages: pa.StringArray | None,
    urls: pa.StringArray | None,
    replace: Replacement,
    key: bytes,
) -> tuple[pa.LargeStringArray, dict[int, list[Hit]]]:
    """The text, and where stand-ins are then, by row.

    Texts are looked at until nothing is found: a stand-in may have made something of its neighbours
    a hit. It ends, since a hit always takes in something that no stand-in is, and gives nothing
    back.
    """
    from filters.pii.scan import places  # not above: numba takes a second, and settings load this

    bits = sum(kind.bit for kind in kinds)
    redacted: dict[int, str] = {}
    done: dict[int, list[Hit]] = {}
    rows, some = list(range(len(text))), text
    codes = languages.to_pylist() if languages is not None else [None] * len(text)
    pages = urls.to_pylist() if urls is not None else [None] * len(text)
    while rows:
        again: list[int] = []
        for i, where in places(some, bits).items():
            row = rows[i]
            value = redacted.get(row) or some[i].as_py()
            regions = regions_of(codes[row], pages[row])
            if hits := _hits(value, kinds, where, regions):
                stand_ins = [
                    KINDS[hit.kind].tag
                    if replace == "tag"
                    else KINDS[hit.kind].stand_in_of(value[hit.start : hit.end], key)
                    for hit in hits
                ]
                redacted[row], done[row] = put(value, hits, stand_ins, done.get(row, ()))
                again.append(row)
        rows, some = again, pa.array([redacted[row] for row in again], pa.large_string())
    if redacted:
        mask = np.zeros(len(text), bool)
        mask[list(redacted)] = True
        new = pa.array([redacted[row] for row in sorted(redacted)], pa.large_string())
        text = pc.replace_with_mask(text, pa.array(mask), new)
    return text, dict(sorted(done.items()))


def find(text: str, kinds: Iterable[Kind], regions: Regions = ()) -> list[Hit]:
    """What is to be replaced in a text, in its order; hits do not overlap.

    Args:
      kinds: the former claim text first.
      regions: where national telephone numbers are looked for.
    """
    from filters.pii.scan import places

    kinds = list(kinds)
    where = places(pa.array([text], pa.large_string()), sum(kind.bit for kind in kinds))
    return _hits(text, kinds, where.get(0, []), regions)


def _hits(text: str, kinds: list[Kind], where: list[Place], regions: Regions) -> list[Hit]:
    hits: list[Hit] = []
    replaced = _Replaced(text)
    seen = functools.reduce(operator.or_, (place.kinds for place in where), 0)
    for kind in kinds:
        if not seen & kind.bit:
            continue
        mine = [place for place in where if place.kinds & kind.bit]
        for start, end in kind.find(text, mine, regions):
            for there in replaced.near(start, end):
                if there.start <= start and end <= there.end:
                    break  # it is one, or a part of one
                start, end = min(start, there.start), max(end, there.end)
            else:
                if not overlapping(hits, start, end):
                    bisect.insort(hits, Hit(start, end, kind.name))
    return hits


class _Replaced:
    """The stand-ins of a text, looked for line by line: none holds a newline, and few are asked."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._first = self._last = 0
        self._hits: list[Hit] = []

    def near(self, start: int, end: int) -> Sequence[Hit]:
        """Those that share a character with `start` to `end`."""
        if not self._first <= start < end <= self._last:
            self._first = self._text.rfind("\n", 0, start) + 1
            newline = self._text.find("\n", end)
            self._last = newline if newline >= 0 else len(self._text)
            found = REPLACED.finditer(self._text, self._first, self._last)
            self._hits = [Hit(match.start(), match.end(), "") for match in found]
        return overlapping(self._hits, start, end)
