"""Sets of texts ("arms") drawn from a stream of documents by a keyed hash, of equal bytes each.

One document may stand in many arms and is held once. All arms draw in the same order, that of the
keys, so that arms which share documents share them in the sample too.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from filters.worth.byte_ngrams import GROUPS, Ints, Texts

Keys = npt.NDArray[np.uint64]
Members = npt.NDArray[np.bool_]


def keys_of(doc_ids: pa.FixedSizeBinaryArray, seed: int) -> Keys:
    """A keyed hash of the half of identities that hangs on the content: copies have the same."""
    _, data = doc_ids.buffers()
    halves = np.frombuffer(data, "<u8").reshape(-1, 2)[doc_ids.offset :][: len(doc_ids), 1]
    with np.errstate(over="ignore"):
        key = halves.astype(np.uint64) ^ np.uint64((seed * 0x9E3779B97F4A7C15) % 2**64)
        for _ in range(2):
            key = (key ^ (key >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
        mixed: Keys = key ^ (key >> np.uint64(32))
    return mixed


def side_of(keys: Keys) -> npt.NDArray[np.bool_]:
    """One of two halves, for arms that differ by chance alone."""
    side: npt.NDArray[np.bool_] = (keys & np.uint64(1)).astype(bool)
    return side


class Pool:
    """The documents with the lowest keys of each arm, up to so many bytes in each.

    Args:
      arms: their number.
      most_bytes: of an arm.
      most_of_each: bytes that are taken of a document, of its beginning.

    Attributes:
      documents, bytes: how many were offered, by arm; bytes of what would be taken of each.
    """

    def __init__(self, arms: int, most_bytes: int, most_of_each: int) -> None:
        self._most_bytes, self._most_of_each = most_bytes, most_of_each
        self._limits = np.full(arms, 2**64 - 1, np.uint64)  # the highest key that an arm needs
        self._keys, self._sizes = np.empty(0, np.uint64), np.empty(0, np.int64)
        self._members = np.empty((0, arms), bool)
        self._texts = pa.chunked_array([], pa.large_binary())
        self.documents, self.bytes = np.zeros(arms, np.int64), np.zeros(arms, np.int64)

    def wants(self, keys: Keys, members: Members) -> npt.NDArray[np.bool_]:
        """Which of some documents may still come into an arm."""
        wanted: npt.NDArray[np.bool_] = np.any(members & (keys[:, None] <= self._limits), axis=1)
        return wanted

    def add(self, keys: Keys, members: Members, texts: pa.LargeStringArray) -> None:
        """Offers documents.

        Args:
          members: [documents, arms], which arms a document belongs to.
          texts: of them; no nulls.
        """
        taken = pc.binary_slice(texts.cast(pa.large_binary()), 0, self._most_of_each)
        sizes = pc.binary_length(taken).to_numpy()
        self.documents += members.sum(axis=0)
        self.bytes += sizes @ members.astype(np.int64)
        some = self.wants(keys, members) & (sizes > 0)
        self._keys = np.concatenate([self._keys, keys[some]])
        self._sizes = np.concatenate([self._sizes, sizes[some]])
        self._members = np.concatenate([self._members, members[some]])
        self._texts = pa.chunked_array(
            [*self._texts.chunks, taken.filter(pa.array(some))], pa.large_binary()
        )
        if self._sizes.sum() > 2 * self._most_bytes * len(self._limits):
            self._prune()

    def _prune(self) -> None:
        order = np.argsort(self._keys, kind="stable")
        needed = np.zeros(len(order), bool)
        for arm in range(len(self._limits)):
            mine = order[self._members[order, arm]]
            before = np.cumsum(self._sizes[mine]) - self._sizes[mine]
            taken = mine[before < self._most_bytes]
            if len(taken) < len(mine):
                self._limits[arm] = self._keys[taken[-1]]
            # Documents with the same key come in any order, so all of them stay.
            needed[mine[self._keys[mine] <= self._limits[arm]]] = True
        self._keys, self._sizes = self._keys[needed], self._sizes[needed]
        self._members = self._members[needed]
        self._texts = pa.chunked_array([self._texts.filter(pa.array(needed)).combine_chunks()])

    def arm(self, arm: int, most_bytes: int) -> tuple[Texts, Ints]:
        """The texts of an arm in the order of their keys, so many bytes at most; their groups.

        A document is in the same group in all arms, and so are its copies.
        """
        mine = np.flatnonzero(self._members[:, arm])
        texts = self._texts.take(pa.array(mine)).combine_chunks()
        # By the text as well, or those with the same key would stand in the order of arrival.
        digests = [xxhash.xxh3_64_intdigest(text.as_buffer()) for text in texts]
        order = np.lexsort([np.array(digests, np.uint64), self._keys[mine]])
        drawn = Texts.of(texts.take(pa.array(order))).first(most_bytes)
        keys = self._keys[mine][order][: len(drawn.start)]
        return drawn, ((keys >> np.uint64(8)) % np.uint64(GROUPS)).astype(np.int64)
