"""Decompression that ends where a file is damaged and says where, instead of raising an error.

A file of many gzip members or zstd frames can be read by ranges of its stored bytes. The reader of
a range finds the first member that begins in the range, and reads up to the first member that
begins after it. The positions of members need not be known before.
"""

import bz2
import collections
import dataclasses
import itertools
from typing import Any

import zstandard
from isal import igzip_lib

from pipelines.sources import zstd_frames
from pipelines.sources.files import UnitFile
from pipelines.sources.limits import FREE_BYTES_OF_ALL

FEED_BYTES = 1 << 16
PIECE_BYTES = 1 << 18  # largest piece; bounds what is lost before a damaged place

ZSTD_FEED_BYTES = 4 << 10  # its content is 128 MB at most

MAX_DICTIONARY_BYTES = 16 << 20  # writers make at most 1 MB

MAX_WINDOW = 1 << 31  # Pushshift's dumps are written with `zstd --long=31`

_MAGIC = {"gzip": (b"\x1f\x8b",), "bzip2": (b"BZh",), "zstd": (b"\x28\xb5\x2f\xfd",)}
_SKIPPABLE = tuple(bytes([0x50 + i, 0x2A, 0x4D, 0x18]) for i in range(16))  # frames without data
_DICTIONARY = b"\x5d\x2a\x4d\x18"  # the skippable frame that may begin a .warc.zst
_SUFFIX = {".gz": "gzip", ".bz2": "bzip2", ".zst": "zstd", ".zstd": "zstd"}
_FOREIGN = {b"7z\xbc\xaf": "7z", b"PK\x03\x04": "zip", b"\xfd7zXZ": "xz"}
_IsalError: type[Exception] = igzip_lib.IsalError  # type: ignore[assignment]  # its stub errs
_DECODE_ERRORS = (_IsalError, OSError, EOFError, ValueError, zstandard.ZstdError)


@dataclasses.dataclass(frozen=True)
class Damage:
    """A damaged place in a compressed file.

    Attributes:
      truncated: whether only the end of the file is missing.
      since: the offset in the content where the damaged member begins. Content from there on may
        be wrong, since checksums come last.
    """

    message: str
    truncated: bool
    since: int


class _ZstdFrame:
    """Decodes one zstd frame, with the same attributes as the gzip and bzip2 decoders."""

    def __init__(self, dictionary: zstandard.ZstdCompressionDict | None = None) -> None:
        self._decoder = zstandard.ZstdDecompressor(
            dict_data=dictionary, max_window_size=MAX_WINDOW
        ).decompressobj()
        self._held = memoryview(b"")

    @property
    def needs_input(self) -> bool:
        return not self._held

    @property
    def eof(self) -> bool:
        return self._decoder.eof

    @property
    def unused_data(self) -> bytes:
        return self._decoder.unused_data + bytes(self._held)

    def decompress(self, data: bytes, max_length: int) -> bytes:
        # Unlike the others, this decoder returns all content of its input at once, and four bytes
        # can hold 128 kB. It gets so little input at once that no input can fill the memory.
        self._held = memoryview(bytes(self._held) + data) if self._held else memoryview(data)
        pieces, size = [], 0
        while self._held and size < max_length and not self._decoder.eof:
            piece = self._decoder.decompress(self._held[:ZSTD_FEED_BYTES])
            self._held = self._held[ZSTD_FEED_BYTES:]
            pieces.append(piece)
            size += len(piece)
        return b"".join(pieces)


def compression_of(name: str, head: bytes) -> str | None:
    """`gzip`, `bzip2` or `zstd`, by the first bytes of a file or else by its name; or None.

    The bytes come first because files are renamed, and some servers decompress what they send.
    """
    for kind, magics in _MAGIC.items():
        if head.startswith(magics):
            return kind
    if head.startswith(_SKIPPABLE):
        return "zstd"
    return next((kind for end, kind in _SUFFIX.items() if name.endswith(end)), None)


def byte_ranges(size_bytes: int, unit_bytes: int) -> list[tuple[int, int]]:
    """Ranges of equal size of about `unit_bytes`; `(0, -1)` for a file that needs only one."""
    count = max(1, round(size_bytes / max(1, unit_bytes)))
    if count == 1:
        return [(0, -1)]
    return list(itertools.pairwise(size_bytes * i // count for i in range(count + 1)))


class Decompressed:
    """The content of a unit's file in pieces, up to its end or to a damaged place.

    Members, streams and frames that follow one another are one content.

    If a range of a compressed file is read, the content begins with the first gzip member or zstd
    frame that begins in the range. It continues after the range, because the last record of the
    range ends there. In a file that is not compressed the content begins where the range begins.

    Args:
      file: the file to read.
      plain: take the stored bytes as content, even if they look compressed.
      start: where the range begins, in stored bytes.
      end: where the range ends, or -1 for the end of the file.
      prefix: a range begins with a gzip member whose content starts with these bytes.

    Attributes:
      format: `gzip`, `bzip2`, `zstd`, or None for a file that is not compressed.
      offset: bytes of content returned so far; in a file that is not compressed, also those before
        the range. A lost member counts as one byte, so that no two places have the same offset.
      ends_at: the offset where the content of the next range begins; None until it is reached.
      damage: set when `read` comes to a damaged place; `read` then returns nothing more.
    """

    def __init__(
        self,
        file: UnitFile,
        plain: bool = False,
        start: int = 0,
        end: int = -1,
        prefix: bytes = b"",
    ) -> None:
        self._file = file
        self._end = end
        self._prefix = prefix
        self._decoder: Any = None
        self._dictionary: zstandard.ZstdCompressionDict | None = None
        self.offset = 0
        self.ends_at: int | None = None
        self._member_offset = 0
        self._member_start = 0  # the same place in the stored file
        self._counted_from: tuple[int, int] | None = None  # both, of the first of all members
        self._members: collections.deque[tuple[int, int]] = collections.deque([(0, 0)])
        self.damage: Damage | None = None
        self._is_full = False  # reached its limit of content; nothing more is read
        self.format: str | None = None
        if not plain and (start > 0 or end >= 0):
            self._pending = self._begin_range(start, end)
        else:
            self._pending = file.read(FEED_BYTES)  # stored bytes that no decoder has seen
            if not plain and self._pending:
                self.format = compression_of(file.name, self._pending)
        magics = () if plain else _FOREIGN.items()
        if foreign := next((n for m, n in magics if self._pending.startswith(m)), None):
            self._stop(f"the file is {foreign}-compressed, which is not read; unpack it first")

    def read(self) -> bytes:
        """The next piece of content; empty at the end and where the file is damaged.

        Raises:
          OSError: the storage failed.
        """
        while self.damage is None:
            if self.format is None:
                data, self._pending = self._pending or self._file.read(PIECE_BYTES), b""
                self.offset += len(data)
                return data
            if self._decoder is None and not self._open_member():
                return b""
            if piece := self._decode():
                self.offset += len(piece)
                self._check_limits()
                return piece
        return b""

    def place(self, offset: int) -> str:
        """A name for a place in the content, which is the same for every range that includes it.

        In the first member of a file the name is the offset in the content. In later members it is
        the position of the member in the stored file, and the offset in the member's content.
        Offsets must be given in ascending order.
        """
        while len(self._members) > 1 and self._members[1][0] <= offset:
            self._members.popleft()
        content, stored = self._members[0]
        return f"{stored}+{offset - content}" if stored else str(offset)

    def resume(self, prefix: bytes) -> bool:
        """After damage, continues at the next gzip member whose content starts with `prefix`.

        Returns False if there is none. In other formats members depend on one another.
        """
        if self.damage is None or self.format != "gzip" or self._is_full:
            return False
        # The first byte of the broken member is skipped, or it would be found again for ever. The
        # bytes that it took are searched again, as the reader of the next range would do.
        self._file.seek(self._member_start + 1)
        found = self._find_member(prefix, self._file.size)
        if found is None:
            return False
        self._pending, self._decoder, self.damage = found, None, None
        self._counted_from = None
        self.offset += 1
        return True

    def _begin_range(self, start: int, end: int) -> bytes:
        """The first stored bytes of the content of the range, if there are any; sets `format`."""
        file = self._file
        file.restrict(0, 16)
        self.format = compression_of(file.name, file.read(16))
        file.restrict(start, end)
        if self.format is None:  # offsets are then positions in the stored file
            self.offset = start
            self.ends_at = None if end < 0 else end
            return file.read(FEED_BYTES)
        if start == 0:
            return file.read(FEED_BYTES)
        found = b""
        if self.format == "gzip":
            found = self._find_member(self._prefix, file.end) or b""
        elif self.format == "zstd" and (at := zstd_frames.find(file, start, file.end)) is not None:
            file.seek(at)
            found = file.read(FEED_BYTES)
        if not found:
            file.seek(file.size)
        return found

    def _find_member(self, prefix: bytes, end: int) -> bytes | None:
        """Stored bytes from the next gzip member on that starts with `prefix`, before `end`."""
        window = b""
        while True:
            at = window.find(b"\x1f\x8b\x08")
            if at >= 0 and self._file.position - len(window) + at >= end:
                return None
            if at >= 0 and len(window) - at < FEED_BYTES and (more := self._file.read(FEED_BYTES)):
                window = window[at:] + more
            elif at < 0:
                if self._file.position - 2 >= end or not (more := self._file.read(FEED_BYTES)):
                    return None
                window = window[-2:] + more
            elif member_starts_with(window[at : at + FEED_BYTES], prefix):
                return window[at:]
            else:
                window = window[at + 1 :]

    def _open_member(self) -> bool:
        """Prepares to decode the next member; False at the end or if there is no member."""
        if self.format == "gzip":
            self._pending = self._pending.lstrip(b"\0")  # tapes and block devices pad with zeros
        if len(self._pending) < 8:
            self._pending += self._file.read(FEED_BYTES)
            if self.format == "gzip":
                self._pending = self._pending.lstrip(b"\0")
        if not self._pending:
            return False
        self._member_start = self._file.position - len(self._pending)
        magics = _MAGIC[str(self.format)] + (_SKIPPABLE if self.format == "zstd" else ())
        if not any(_agree(self._pending, magic) for magic in magics):
            self._member_offset = self.offset
            at = self._file.position - len(self._pending)
            if at:
                self._stop(f"from byte {at} of the compressed file on there is no {self.format}")
            else:
                self._stop(
                    f"the file's name promises {self.format} data but it does not start so; "
                    "rename it if it is not compressed"
                )
            return False
        self._member_offset = self.offset
        self._counted_from = self._counted_from or (self.offset, self._member_start)
        self._members.append((self.offset, self._member_start))
        if self.ends_at is None and 0 <= self._end <= self._member_start and self._is_start():
            self.ends_at = self.offset
        if self.format == "gzip":
            self._decoder = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
        elif self.format == "bzip2":
            self._decoder = bz2.BZ2Decompressor()
        else:
            if self._member_start == 0 and self._pending.startswith(_DICTIONARY):
                self._read_dictionary()
            if self._lacks_dictionary():
                self._stop(
                    "the zstd data were compressed with a dictionary that is missing: a .warc.zst "
                    "begins with it; put it before the data, or decompress them by `zstd -D`"
                )
            if self.damage is None:
                self._decoder = _ZstdFrame(self._dictionary)
        return self.damage is None

    def _read_dictionary(self) -> None:
        """Reads the dictionary of all frames of a .warc.zst, which its first frame holds.

        The dictionary may be compressed itself. Its bytes stay, since the decoder skips them.
        """
        end = 8 + int.from_bytes(self._pending[4:8], "little")
        too_large = f"the zstd dictionary is larger than {MAX_DICTIONARY_BYTES >> 20} MB"
        if end > MAX_DICTIONARY_BYTES:
            self._stop(too_large)
            return
        pieces = [self._pending]
        missing = end - len(self._pending)
        while missing > 0 and (more := self._file.read(FEED_BYTES)):
            pieces.append(more)
            missing -= len(more)
        self._pending = b"".join(pieces)
        if missing > 0:
            return  # the decoder tells that the file is incomplete
        dictionary = self._pending[8:end]
        try:
            if dictionary.startswith(_MAGIC["zstd"]):
                frame = _ZstdFrame()
                dictionary = frame.decompress(dictionary, MAX_DICTIONARY_BYTES + 1)
                if len(dictionary) > MAX_DICTIONARY_BYTES:
                    self._stop(too_large)
                    return
                if not frame.eof:
                    raise zstandard.ZstdError("incomplete")
            if dictionary:
                self._dictionary = zstandard.ZstdCompressionDict(dictionary)
                _ZstdFrame(self._dictionary)  # fails if the dictionary is corrupt
        except _DECODE_ERRORS:
            self._stop(f"the zstd dictionary in bytes 8 to {end} of the compressed file is corrupt")

    def _is_start(self) -> bool:
        """Whether a range can begin with the member that is about to be opened."""
        if self.format != "gzip":
            return True
        if len(self._pending) < FEED_BYTES:
            self._pending += self._file.read(FEED_BYTES)
        return member_starts_with(self._pending[:FEED_BYTES], self._prefix)

    def _decode(self) -> bytes:
        if self._decoder.needs_input:
            feed, self._pending = self._pending or self._file.read(FEED_BYTES), b""
            if not feed:
                self._stop(
                    f"{self.format} data stops at byte {self._file.position}, the end of the "
                    "compressed file, before it is complete; the download is probably incomplete",
                    truncated=True,
                )
                return b""
        else:
            feed = b""
        try:
            piece: bytes = self._decoder.decompress(feed, PIECE_BYTES)
        except _DECODE_ERRORS:
            self._stop(
                f"{self.format} data is corrupt between bytes {self._member_start} and "
                f"{self._file.position} of the compressed file"
            )
            return b""
        if self._decoder.eof:
            self._pending = self._decoder.unused_data
            self._decoder = None
        return piece

    def _lacks_dictionary(self) -> bool:
        """Whether a zstd frame at the beginning of what is pending names a dictionary."""
        if self._dictionary is not None or not self._pending.startswith(_MAGIC["zstd"]):
            return False
        try:
            return zstandard.get_frame_parameters(self._pending).dict_id != 0
        except zstandard.ZstdError:
            return False

    def _check_limits(self) -> None:
        limits = self._file.limits
        content, stored = self._member_offset, self._member_start
        all_content, all_stored = self._counted_from or (content, stored)
        position = self._file.position
        if problem := limits.outgrown(self.offset - content, position - stored):
            self._stop(f"{self.format} data at byte {stored} {problem}")
        elif problem := limits.outgrown(
            self.offset - all_content, position - all_stored, FREE_BYTES_OF_ALL
        ):
            self._stop(f"{self.format} data from byte {all_stored} on {problem}")
        elif problem := limits.too_much(self.offset):
            self._is_full = True
            self._stop(problem)

    def _stop(self, message: str, truncated: bool = False) -> None:
        self.damage = Damage(message, truncated, self._member_offset)


def _agree(data: bytes, magic: bytes) -> bool:
    """Whether `data`, which may be shorter, starts like `magic`."""
    return data[: len(magic)] == magic[: len(data)]


def member_starts_with(member: bytes, prefix: bytes) -> bool:
    """Whether the content of a gzip member, of which `member` is the beginning, starts so."""
    return member_head(member, max(1, len(prefix))).startswith(prefix)


def member_head(member: bytes, size: int) -> bytes:
    """The first `size` bytes of a gzip member's content, or none if it is damaged."""
    try:
        decoder = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
        return decoder.decompress(member, size)
    except _IsalError:
        return b""


def head_of(file: UnitFile, size: int) -> bytes:
    """The first `size` bytes of content, or all of it. The file is left at its beginning."""
    head = file.read(size)
    if compression_of(file.name, head) is not None:
        file.restrict(0, -1)
        stream, head = Decompressed(file), b""
        while len(head) < size and (piece := stream.read()):
            head += piece
    file.restrict(0, -1)
    return head[:size]
