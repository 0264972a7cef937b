"""Mixtures: how often each document of a run is used in training, decided by keyed hashes.

A document's hash says whether it is among the first share of its source and language, whatever that
share is: a larger share has the documents of a smaller one and more. So another source or weight
changes how many documents of a source are used, and never which come first.
"""

import dataclasses
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from manifests.suggestions import suggest
from shards.settings import Mixture
from shards.shuffle import mixed, shuffle_keys

Stratum: TypeAlias = tuple[str, str]  # source and language
Numbers: TypeAlias = npt.NDArray[np.int64]
Hashes: TypeAlias = npt.NDArray[np.uint64]

COLUMNS = ["doc_id", "source", "language", "cluster_size", "n_tokens"]
_KEY = int.from_bytes(b"mixture")  # so that samples do not depend on the order of the shards
_BITS = 12  # of a hash, by which tokens are counted before the last documents are looked at


def targets(available: Mapping[Stratum, int], settings: Mixture) -> dict[Stratum, int]:
    """The tokens that each source and language is to have; their sum is exact.

    Where nothing but epochs is given, they are what there is, so many times. Otherwise the tokens
    of all, less those of sources that say how many they have, are dealt out by weight and (tokens
    there are, times epochs) ^ (1 / temperature).

    Args:
      available: tokens there are, once each document is repeated for its cluster.

    Raises:
      ValueError: there is no source for some of the tokens.
    """
    base = {
        key: n * settings.of_source(key[0]).epochs * settings.of_language(key[1]).epochs
        for key, n in available.items()
    }
    share = {
        key: size ** (1 / settings.temperature)
        * settings.of_source(key[0]).weight
        * settings.of_language(key[1]).weight
        for key, size in base.items()
    }
    fixed: dict[str, int] = {
        source: own.tokens for source, own in settings.sources.items() if own.tokens is not None
    }
    found: dict[Stratum, int] = {}
    for source, tokens in fixed.items():
        of_it = {key: size for key, size in share.items() if key[0] == source}
        found |= dealt(tokens, of_it)
    rest = {key: size for key, size in share.items() if key[0] not in fixed}
    if settings.tokens is not None:
        if not rest and settings.tokens > sum(fixed.values()):
            raise ValueError(
                f"every source says how many tokens it has, {sum(fixed.values()):,} together, but "
                f"tokens is {settings.tokens:,}; leave one of them out"
            )
        found |= dealt(max(0, settings.tokens - sum(fixed.values())), rest)
    elif settings.deals():
        found |= dealt(round(sum(base[key] for key in rest)), rest)
    else:
        found |= {key: round(base[key]) for key in rest}
    return {key: found[key] for key in sorted(found)}


def dealt(tokens: int, shares: Mapping[Stratum, float]) -> dict[Stratum, int]:
    """Tokens by shares, rounded so that their sum stays: the largest remainders get one more."""
    total = math.fsum(shares.values())
    if not total:
        return dict.fromkeys(shares, 0)
    exact = {key: tokens * (share / total) for key, share in shares.items()}
    found = {key: int(size) for key, size in exact.items()}
    most_left = sorted(exact, key=lambda key: (found[key] - exact[key], key))
    for n in range(tokens - sum(found.values())):
        found[most_left[n % len(most_left)]] += 1
    return found


@dataclasses.dataclass(frozen=True)
class Taken:
    """What of a source and language is used.

    Attributes:
      epochs: times that each of its documents is used.
      bound: copies with a lower hash are used once more.
      partial: tokens of the copy with this hash that are used once more.
    """

    epochs: int
    bound: int
    partial: int


@dataclasses.dataclass(frozen=True)
class Draw:
    """How often each document is used; None for `settings`: once.

    Attributes:
      taken: by source and language; what is not there is not used.
    """

    settings: Mixture | None = None
    taken: Mapping[Stratum, Taken] = dataclasses.field(default_factory=dict)

    def copies(self, rows: pa.Table) -> tuple[Numbers, Numbers]:
        """How often each document is used; and how many tokens of its last copy, 0 for all.

        Args:
          rows: the columns `COLUMNS` of shards.
        """
        whole = np.zeros(len(rows), np.int64)
        if self.settings is None:
            return np.ones(len(rows), np.int64), whole
        names, code = strata_of(rows)
        none = Taken(0, 0, 0)
        taken = [self.taken.get(name, none) for name in names]
        epochs = np.array([one.epochs for one in taken], np.int64)[code]
        bound = np.array([one.bound for one in taken], np.uint64)[code]
        partial = np.array([one.partial for one in taken], np.int64)[code]
        times = repeats(rows, self.settings)
        found, last = epochs * times, whole
        for hashes, some in copies_of(rows, times, self.settings):
            at = (hashes == bound[some]) & (partial[some] > 0)
            found[some] += (hashes < bound[some]) | at
            last[some[at]] = partial[some[at]]
        return found, last


def strata_of(rows: pa.Table) -> tuple[list[Stratum], Numbers]:
    """The sources and languages of documents, and the number of each document's."""
    source, language = (
        rows[name].combine_chunks().dictionary_encode() for name in ("source", "language")
    )
    width = len(language.dictionary)
    both = source.indices.to_numpy().astype(np.int64) * width + language.indices.to_numpy()
    kinds, code = np.unique(both, return_inverse=True)
    names = [
        (source.dictionary[kind // width].as_py(), language.dictionary[kind % width].as_py())
        for kind in kinds.tolist()
    ]
    return names, code


def repeats(rows: pa.Table, settings: Mixture) -> Numbers:
    """How often each document counts, by the size of its cluster."""
    first = np.array(sorted({1: 1, **settings.upsample}), np.int64)
    times = np.array([{1: 1, **settings.upsample}[size] for size in first.tolist()], np.int64)
    found: Numbers = times[np.searchsorted(first, rows["cluster_size"].to_numpy(), "right") - 1]
    return found


def copies_of(
    rows: pa.Table, times: Numbers, settings: Mixture
) -> Iterator[tuple[Hashes, Numbers]]:
    """Hashes of first copies, second copies and so on, each with the rows that have one."""
    keys = shuffle_keys(rows["doc_id"].combine_chunks(), settings.seed ^ _KEY)
    for copy in range(int(times.max(initial=0))):
        some = np.flatnonzero(times > copy)
        yield mixed(keys[some] + np.uint64(copy)), some


def draw(
    tables: Callable[[], Iterable[pa.Table]], settings: Mixture
) -> tuple[Draw, dict[Stratum, int]]:
    """What a mixture takes of documents, and the tokens that there are of each kind.

    The documents are read twice: tokens are counted by the first bits of hashes, and then only
    documents are held on whose first bits a share ends.

    Args:
      tables: gives tables with `COLUMNS`, the same each time.

    Raises:
      ValueError: the mixture names a source or language that there is not, or cannot be had.
    """
    counted: dict[Stratum, Numbers] = {}
    for rows in tables():
        for name, hashes, tokens in _by_stratum(rows, settings):
            bins = counted.setdefault(name, np.zeros(1 << _BITS, np.int64))
            np.add.at(bins, (hashes >> np.uint64(64 - _BITS)).astype(np.int64), tokens)
    available = {name: int(bins.sum()) for name, bins in sorted(counted.items())}
    for kind, named, known in (
        ("source", settings.sources, {source for source, _ in available}),
        ("language", settings.languages, {language for _, language in available}),
    ):
        for one in named:
            if one not in known:
                raise ValueError(
                    f"no document has the {kind} {one!r} of the mixture; there are "
                    f"{', '.join(sorted(known))}{suggest(one, sorted(known))}"
                )
    wanted = targets(available, settings)
    last: dict[Stratum, int] = {}  # the bin in which the share ends
    left: dict[Stratum, int] = {}  # tokens that are wanted of it
    for name, bins in counted.items():
        rest = wanted[name] % available[name] if available[name] else 0
        ends = np.cumsum(bins)
        last[name] = int(np.searchsorted(ends, rest, "right"))
        left[name] = rest - (int(ends[last[name] - 1]) if last[name] else 0)
    held: dict[Stratum, list[tuple[Hashes, Numbers]]] = {name: [] for name in counted}
    for rows in tables():
        for name, hashes, tokens in _by_stratum(rows, settings):
            inside = hashes >> np.uint64(64 - _BITS) == last[name]
            held[name].append((hashes[inside], tokens[inside]))
    taken = {}
    for name, parts in held.items():
        hashes = np.concatenate([part for part, _ in parts])
        tokens = np.concatenate([part for _, part in parts])
        order = np.argsort(hashes)
        ends = np.cumsum(tokens[order])
        at = int(np.searchsorted(ends, left[name], "right"))
        partial = left[name] - (int(ends[at - 1]) if at else 0)
        bound = int(hashes[order[at]]) if at < len(order) else 0
        epochs = wanted[name] // available[name] if available[name] else 0
        taken[name] = Taken(epochs, bound, partial)
    return Draw(settings, taken), available


def _by_stratum(rows: pa.Table, settings: Mixture) -> Iterator[tuple[Stratum, Hashes, Numbers]]:
    """Hashes and tokens of all copies of documents, by source and language."""
    names, code = strata_of(rows)
    tokens = rows["n_tokens"].to_numpy().astype(np.int64)
    for hashes, some in copies_of(rows, repeats(rows, settings), settings):
        for number, name in enumerate(names):
            own = code[some] == number
            yield name, hashes[own], tokens[some][own]
