"""An index of bands: where the documents of a bucket are, found with a few reads of a sorted file.

A file holds the entries (key, ref) of a range of keys, in the order of keys, 16 bytes each, as a
matrix of numpy's format: `numpy.load(path, mmap_mode="r")` opens it. Keys are hashes, and hashes
are spread evenly, so the place of a key among n sorted ones is about its share of the range times
n, and hardly ever further away than a few sqrt(n). The search therefore guesses (interpolation
search; Peterson, "Addressing for random-access storage", 1957; Perl, Itai, Avni 1978) and needs no
table of places. One read around the guess is enough, unless buckets are large.

A bucket's entries are in the order of preference, so its first one is the document that members are
compared with.
"""

import dataclasses
import io
import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

# Entries as a matrix uint64[n, 2]: keys and refs.
Entries = npt.NDArray[np.uint64]

# This bit of a ref says that the document took no part in the search, since it was removed before
# as a copy or for its URL: no other document is compared with it.
APART = np.uint64(1 << 63)

ENTRY_BYTES = 16
# The length of numpy's header, which is padded to a multiple of 64.
HEADER_BYTES = 128
# What a file is meant to hold: its writer sorts it in memory.
FILE_ENTRIES = 1 << 20

# Entries that are read around a guess, beside those that chance asks for.
_MARGIN = 64

# Reads ranges (path, first byte, end) together.
Read = Callable[[Sequence[tuple[str, int, int]]], Sequence[bytes]]


def file_count(entries: int) -> int:
    """The number of files of an index of about so many entries; it decides the bytes of each."""
    return max(1, math.ceil(entries / FILE_ENTRIES))


def partition(keys: npt.NDArray[np.uint64], parts: int) -> npt.NDArray[np.int64]:
    """The part, 0 to `parts` - 1, of each key: parts are equal ranges of keys, in order.

    So the keys of a part are neighbours in an index, however many files that has.
    """
    return ((keys >> np.uint64(32)) * np.uint64(parts) >> np.uint64(32)).astype(np.int64)


def key_range(part: int, parts: int) -> tuple[int, int]:
    """First key, and the key behind the last one, of a part of `partition`."""
    first, end = (-(-(number << 32) // parts) << 32 for number in (part, part + 1))
    return first, end


def sorted_entries(
    key: npt.NDArray[np.uint64], preference: npt.NDArray[np.uint64], ref: npt.NDArray[np.uint64]
) -> Entries:
    """Entries in the order of key, preference and ref, however they come."""
    order = np.argsort(key)
    same = key[order[1:]] == key[order[:-1]]
    # Most keys are of one document; only the others need a full sort.
    shared = np.flatnonzero(np.append(same, False) | np.insert(same, 0, False)[: len(key)])
    some = order[shared]
    order[shared] = some[np.lexsort((ref[some], preference[some], key[some]))]
    return np.stack([key[order], ref[order]], axis=1)


def header(entries: int) -> bytes:
    """The bytes of a file before its entries."""
    file = io.BytesIO()
    about = {"descr": "<u8", "fortran_order": False, "shape": (entries, 2)}
    np.lib.format.write_array_header_1_0(file, about)
    return file.getvalue()


def encoded(entries: Entries) -> bytes:
    """The bytes of entries in a file."""
    return np.ascontiguousarray(entries, "<u8").tobytes()


def decoded(data: bytes) -> Entries:
    """Entries of a range of a file, which begins behind its header."""
    return np.frombuffer(data, "<u8").reshape(-1, 2)


@dataclasses.dataclass(frozen=True)
class IndexFile:
    """A file of an index.

    Attributes:
      first, end: the range of its keys, `end` excluded.
    """

    path: str
    size_bytes: int
    first: int
    end: int

    @property
    def entries(self) -> int:
        return (self.size_bytes - HEADER_BYTES) // ENTRY_BYTES

    def place(self, start: int, end: int) -> tuple[str, int, int]:
        """The bytes of some of its entries."""
        return (
            self.path,
            HEADER_BYTES + ENTRY_BYTES * start,
            HEADER_BYTES + ENTRY_BYTES * end,
        )


@dataclasses.dataclass
class _Search:
    """A key that is looked for in a file.

    Attributes:
      low, high: its bucket is within these entries (`high` excluded).
      low_key, high_key: keys that are known to be there, for the guess.
      entries: how many to read.
    """

    key: int
    file: IndexFile
    low: int
    high: int
    low_key: int
    high_key: int
    entries: int

    def window(self) -> tuple[int, int]:
        if self.high - self.low <= self.entries:
            return self.low, self.high
        share = (self.key - self.low_key) / max(1, self.high_key - self.low_key)
        start = self.low + int(share * (self.high - self.low)) - self.entries // 2
        start = min(max(self.low, start), self.high - self.entries)
        return start, start + self.entries

    def look(self, start: int, found: Entries) -> tuple[int, Entries] | None:
        """The bucket's place and entries, if all of it is among these; else a better guess."""
        keys = found[:, 0]
        key = np.uint64(self.key)
        first, end = np.searchsorted(keys, key), np.searchsorted(keys, key, "right")
        begins = first > 0 or start == self.low
        ends = end < len(keys) or start + len(keys) == self.high
        if begins and ends:
            return start + int(first), found[first:end]
        if first == len(keys):  # all are smaller
            self.low, self.low_key = start + len(keys), int(keys[-1])
        elif end == 0:  # all are larger
            self.high, self.high_key = start, int(keys[0])
        self.entries *= 4
        return None


class BandIndex:
    """The sorted entries of one kind in a run, in files that each hold a range of keys."""

    def __init__(self, files: Mapping[str, int], parts: int, read: Read) -> None:
        """Opens nothing: sizes tell where entries are.

        Args:
          files: the size of each file, by path; a range of keys without entries has no file. The
            path ends as `file_name` says.
          parts: into how many files the keys are divided.
        """
        self._files = {}
        for path, size in files.items():
            number = int(path.rsplit("/", 1)[-1].split("-")[0])
            self._files[number] = IndexFile(path, size, *key_range(number, parts))
        self._parts = parts
        self._read = read

    def find(self, keys: npt.NDArray[np.uint64]) -> list[Entries]:
        """The entries of each key, in order; most keys have none."""
        return [entries for _, entries in self._buckets(keys)]

    def _buckets(self, keys: npt.NDArray[np.uint64]) -> list[tuple[int, Entries]]:
        """Where each bucket begins in its file, or would begin, and its entries."""
        found = [(0, np.empty((0, 2), np.uint64)) for _ in keys]
        open_: dict[int, _Search] = {}
        for i, key in enumerate(keys.tolist()):
            if file := self._files.get((key >> 32) * self._parts >> 32):
                n = file.entries
                # Four standard deviations of the place of the middle key to each side.
                around = 4 * math.isqrt(n) + _MARGIN
                open_[i] = _Search(key, file, 0, n, file.first, file.end, around)
        while open_:
            windows = {i: search.window() for i, search in open_.items()}
            wanted = sorted({open_[i].file.place(*window) for i, window in windows.items()})
            read = dict(zip(wanted, map(decoded, self._read(wanted)), strict=True))
            for i, window in windows.items():
                search = open_[i]
                bucket = search.look(window[0], read[search.file.place(*window)])
                if bucket is not None:
                    found[i] = bucket
                    del open_[i]
        return found

    def scan(self, part: int, parts: int, most: int = FILE_ENTRIES) -> Iterator[Entries]:
        """All entries whose keys are in one of `parts` equal ranges, some at a time, in order."""
        low, high = key_range(part, parts)
        for file in (self._files[number] for number in sorted(self._files)):
            if file.end <= low or file.first >= high:
                continue
            bounds = [0, file.entries]
            for side, key in enumerate((low, high)):
                if file.first < key < file.end:
                    [(bounds[side], _)] = self._buckets(np.array([key], np.uint64))
            for start in range(bounds[0], bounds[1], most):
                end = min(start + most, bounds[1])
                yield decoded(self._read([file.place(start, end)])[0])


def file_name(part: int, parts: int) -> str:
    """The name of the file of a range of keys: `00003-of-00016.npy`."""
    return f"{part:05d}-of-{parts:05d}.npy"


def parts_of(path: str) -> int:
    """Into how many files the keys of an index are divided, by the name of one."""
    return int(path.rsplit("-", 1)[-1].removesuffix(".npy"))


def first_of_each(entries: Entries) -> Entries:
    """The most preferred document of each bucket, among those that took part in the search."""
    taking = entries[entries[:, 1] < APART]
    keys = taking[:, 0]
    return taking[np.append(True, keys[1:] != keys[:-1])[: len(keys)]]
