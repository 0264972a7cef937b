"""Good texts on which models are judged: a few beginnings of many texts, by language."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from filters.worth.arms import Pool, keys_of
from filters.worth.byte_ngrams import Texts

# The least that says something of a language, and the most that is judged.
LEAST_BYTES, LEAST_TEXTS = 20_000, 20
_MOST_BYTES = 400_000
_MOST_OF_EACH = 1 << 12  # bytes, so that no text outweighs the others
_LONG_LINE = 60  # bytes of a line that two texts do not share by chance


@dataclasses.dataclass(frozen=True)
class Rows:
    """Good texts with their identity and language."""

    doc_id: pa.FixedSizeBinaryArray
    language: list[str]
    text: pa.LargeStringArray


@dataclasses.dataclass(frozen=True)
class Good:
    """Good texts of the languages that have enough, and their long lines.

    A document with one of these lines holds a part of a good text, and is in no arm.
    """

    texts: dict[str, Texts]
    lines: dict[str, frozenset[bytes]]

    @classmethod
    def of(cls, batches: Iterable[Rows], seed: int, languages: Sequence[str]) -> "Good":
        """Draws texts by a keyed hash.

        Args:
          languages: those wanted; all unless given.
        """
        pools: dict[str, Pool] = {}
        for rows in batches:
            keys = keys_of(rows.doc_id, seed)
            for language, at in by_language(rows.language):
                if languages and language not in languages:
                    continue
                pool = pools.setdefault(language, Pool(1, _MOST_BYTES, _MOST_OF_EACH))
                pool.add(keys[at], np.ones((len(at), 1), bool), rows.text.take(pa.array(at)))
        texts = {name: pool.arm(0, _MOST_BYTES)[0] for name, pool in pools.items()}
        enough = {
            name: found
            for name, found in texts.items()
            if len(found.start) >= LEAST_TEXTS and found.sizes.sum() >= LEAST_BYTES
        }
        return cls(enough, {name: frozenset(_lines_of(t)) for name, t in enough.items()})


def by_language(languages: list[str]) -> Iterator[tuple[str, npt.NDArray[np.int64]]]:
    """Each language and its rows."""
    names = np.array(languages, object)
    for name in sorted(set(languages)):
        yield name, np.flatnonzero(names == name)


def _lines_of(texts: Texts) -> Iterator[bytes]:
    for start, end in zip(texts.start, texts.end, strict=True):
        yield from long_lines(texts.data[start:end].tobytes())


def long_lines(text: bytes) -> Iterator[bytes]:
    """Lines of at least 60 bytes."""
    return (line for line in map(bytes.strip, text.split(b"\n")) if len(line) >= _LONG_LINE)
