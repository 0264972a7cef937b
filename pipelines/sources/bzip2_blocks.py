"""Decodes the blocks of bzip2 files one by one, so that a range of such a file can be read.

A block has up to 900 kB of content and does not depend on other blocks. It begins with a magic
number, which may start at any bit, so it is looked for at eight shifts. The block is then decoded
as a stream of one block. A file may be one stream or, like Wikipedia's multistream dumps, many.
"""

import bz2
import collections
from collections.abc import Iterator

from pipelines.sources.compression import Damage
from pipelines.sources.files import READ_BYTES, UnitFile

BLOCK, END = 0x314159265359, 0x177245385090  # pi: a block; its square root: the end
MAGIC_BITS, CRC_BITS = 48, 32
HEADER_BYTES = 4  # of a stream, before its first block
# 900 kB of content take little more than 900 kB when stored; a longer stretch is no sound block.
MAX_BLOCK_BITS = 8 << 21

# The five whole bytes inside a magic number that begins at bit `shift` of a byte.
_INNER_BYTES = 5
_INNER = [
    (magic, shift, (magic >> shift & (1 << 8 * _INNER_BYTES) - 1).to_bytes(_INNER_BYTES, "big"))
    for magic in (BLOCK, END)
    for shift in range(8)
]


def starts_as_bzip2(file: UnitFile) -> bool:
    """Whether the file begins with a stream's header and a magic number. Moves the position."""
    file.restrict(0, -1)
    magics = [magic.to_bytes(MAGIC_BITS // 8, "big") for magic in (BLOCK, END)]
    head = file.read(HEADER_BYTES + MAGIC_BITS // 8)
    return head.startswith(b"BZh") and head[HEADER_BYTES:] in magics


class Blocks:
    """The content of the blocks that begin in a range of a file's stored bytes, and after it.

    It has those attributes of `compression.Decompressed` that readers use; they are explained
    there.
    """

    format = "bzip2"

    def __init__(self, file: UnitFile, start: int, end: int) -> None:
        file.restrict(start, end)
        self._file = file
        self._start = start
        self._end_bit = -1 if end < 0 else 8 * end
        self._window = b""
        self._base = start  # of the window, in the stored file
        self._pieces = self._decode()
        self._begun: collections.deque[tuple[int, int]] = collections.deque()  # see `place`
        self.offset = 0
        self.ends_at: int | None = None
        self.damage: Damage | None = None

    def read(self) -> bytes:
        """The content of the next block; empty at the end and where the file is damaged."""
        return next(self._pieces, b"")

    def place(self, offset: int) -> str:
        """Like `Decompressed.place`, with the stored byte where a block begins; 0 for the first."""
        while len(self._begun) > 1 and self._begun[1][0] <= offset:
            self._begun.popleft()
        content, stored = self._begun[0] if self._begun else (0, 0)
        return f"{stored}+{offset - content}" if stored > HEADER_BYTES else str(offset - content)

    def _decode(self) -> Iterator[bytes]:
        begun: int | None = None
        end = 0  # the byte after the last stream
        doubtful = False
        for bit, magic in self._magics():
            if begun is not None:
                content = _content(self._bits(begun, bit))
                if content is None and not doubtful:
                    doubtful = True  # the number may stand in a block by chance
                    continue
                if content is None:
                    break
                if self.ends_at is None and 0 <= self._end_bit <= begun:
                    self.ends_at = self.offset
                self._begun.append((self.offset, begun // 8))
                self.offset += len(content)
                yield content
                stored = bit // 8 - self._start
                limits = self._file.limits
                problem = limits.outgrown(self.offset, stored) or limits.too_much(self.offset)
                if problem:
                    message = f"bzip2 data from byte {self._start} on: {problem}"
                    self.damage = Damage(message, False, self.offset)
                    return
            begun, doubtful = bit if magic == BLOCK else None, False
            if magic == END:
                end = -(-(bit + MAGIC_BITS + CRC_BITS) // 8)
        if begun is not None:
            at, size = begun // 8, self._file.size
            what = "is corrupt" if doubtful else f"stops at byte {size} before it is complete,"
            message = f"bzip2 data {what} in the block at byte {at} of the compressed file"
            self.damage = Damage(message, not doubtful, self.offset)
            if self.ends_at is None and 0 <= self._end_bit <= begun:
                self.ends_at = self.offset
        elif end and end < self._file.size:
            message = f"from byte {end} of the compressed file on there is no bzip2"
            self.damage = Damage(message, False, self.offset)

    def _magics(self) -> Iterator[tuple[int, int]]:
        """The bit of the file where each magic number begins, and which magic number it is."""
        searched = 0
        while more := self._file.read(READ_BYTES):
            cut = max(0, searched - MAX_BLOCK_BITS // 8)
            self._window, self._base = self._window[cut:] + more, self._base + cut
            first, searched = searched - cut, len(self._window) - _INNER_BYTES
            found = []
            for magic, shift, inner in _INNER:
                at = self._window.find(inner, first, searched + _INNER_BYTES - 1)
                while at >= 0:
                    if at and _bits(self._window, 8 * (at - 1) + shift, MAGIC_BITS) == magic:
                        found.append((8 * (self._base + at - 1) + shift, magic))
                    at = self._window.find(inner, at + 1, searched + _INNER_BYTES - 1)
            yield from sorted(found)

    def _bits(self, start: int, end: int) -> int:
        """Bits `start` to `end` of the file as a number with a leading 1; 0 if they are dropped."""
        if start < 8 * self._base:
            return 0
        return 1 << (end - start) | _bits(self._window, start - 8 * self._base, end - start)


def _bits(data: bytes, start: int, count: int) -> int:
    end = start + count
    value = int.from_bytes(data[start // 8 : -(-end // 8)], "big")
    return value >> (-end % 8) & ((1 << count) - 1)


def _content(block: int) -> bytes | None:
    """The content of a block, given as a number with a leading 1; None if it does not decode."""
    count = block.bit_length() - 1
    if count < MAGIC_BITS + CRC_BITS:
        return None
    # A stream of one block has the checksum of the block, which follows the magic number.
    crc = block >> (count - MAGIC_BITS - CRC_BITS) & ((1 << CRC_BITS) - 1)
    value = int.from_bytes(b"BZh9", "big") << count | (block & ((1 << count) - 1))
    value = (value << MAGIC_BITS | END) << CRC_BITS | crc
    bits = 8 * len(b"BZh9") + count + MAGIC_BITS + CRC_BITS
    stream = (value << (-bits % 8)).to_bytes(-(-bits // 8), "big")
    try:
        return bz2.decompress(stream)
    except (OSError, ValueError):
        return None
