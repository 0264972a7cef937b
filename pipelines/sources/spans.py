"""Byte ranges of stored files as one file, for records that were chosen by an index."""

import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pipelines.sources.units import Span

PIECE_BYTES = 8 << 20  # the most for one request, unless more is asked for at once


class Spans(io.RawIOBase):
    """Reads `spans` in order and fetches only the pieces that are read, each of them once.

    gzip members may follow one another in any order, and so may the records of a .warc.gz. So
    picked records form a file that every reader of such files can read.

    Args:
      spans: the parts of the file.
      fetch: (path, start, size) -> bytes, or fewer if the file ends before.
      piece_bytes: how many bytes are fetched together, if a span has as many.
    """

    def __init__(
        self,
        spans: Sequence[Span],
        fetch: Callable[[str, int, int], bytes],
        piece_bytes: int = PIECE_BYTES,
    ) -> None:
        self._spans = spans
        self._read_range = fetch
        self._piece_bytes = piece_bytes
        self._size = sum(size for _, _, size in spans)
        self._position = 0
        self._piece = memoryview(b"")
        self._piece_at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Fills the start of `buffer`.

        Raises:
          OSError: the storage failed, or a file is shorter than the index says.
        """
        target = memoryview(buffer).cast("B")
        inside = self._position - self._piece_at
        if not 0 <= inside < len(self._piece):
            self._piece = memoryview(self._fetch(len(target)))
            self._piece_at, inside = self._position, 0
        taken = self._piece[inside : inside + len(target)]
        target[: len(taken)] = taken
        self._position += len(taken)
        return len(taken)

    def _fetch(self, wanted: int) -> bytes:
        """The piece at the current position; empty at the end."""
        for path, start, size, before in self._placed():
            inside = self._position - before
            if inside < size:
                asked = min(size - inside, max(wanted, self._piece_bytes))
                piece = self._read_range(path, start + inside, asked)
                if len(piece) < asked:
                    raise OSError(
                        f"cannot read {path}: it ends before byte {start + inside + asked}; "
                        "the index is of another file"
                    )
                return piece
        return b""

    def _placed(self) -> Iterator[tuple[str, int, int, int]]:
        before = 0
        for path, start, size in self._spans:
            if before + size > self._position:
                yield path, start, size, before
            before += size
