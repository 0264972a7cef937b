"""Decompression that ends where a file is damaged, says where, and never raises for it."""

import bz2
import dataclasses
from typing import Any

import zstandard
from isal import igzip_lib

from pipelines.sources.files import UnitFile

FEED_BYTES = 1 << 16
PIECE_BYTES = 1 << 18  # of one answer; bounds what is lost before a damaged place

MAX_WINDOW = 1 << 31  # Pushshift's dumps are written with `zstd --long=31`

_MAGIC = {"gzip": (b"\x1f\x8b",), "bzip2": (b"BZh",), "zstd": (b"\x28\xb5\x2f\xfd",)}
_SKIPPABLE = tuple(bytes([0x50 + i, 0x2A, 0x4D, 0x18]) for i in range(16))  # zstd's, holds no data
_SUFFIX = {".gz": "gzip", ".bz2": "bzip2", ".zst": "zstd", ".zstd": "zstd"}
_FOREIGN = {b"7z\xbc\xaf": "7z", b"PK\x03\x04": "zip", b"\xfd7zXZ": "xz"}
_IsalError: type[Exception] = igzip_lib.IsalError  # type: ignore[assignment]  # its stub errs
_DECODE_ERRORS = (_IsalError, OSError, EOFError, ValueError, zstandard.ZstdError)


@dataclasses.dataclass(frozen=True)
class Damage:
    """Where and how a compressed file is broken.

    Attributes:
      truncated: it only lacks its end.
      since: where in the content the damaged member began; what was read from there on may
        be wrong, since checksums come last.
    """

    message: str
    truncated: bool
    since: int


class _ZstdFrame:
    """One zstd frame, with the attributes that the gzip and bzip2 decoders have."""

    needs_input = True

    def __init__(self) -> None:
        self._decoder = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW).decompressobj()

    @property
    def eof(self) -> bool:
        return self._decoder.eof

    @property
    def unused_data(self) -> bytes:
        return self._decoder.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._decoder.decompress(data)  # gives everything at once, unlike the others


def compression_of(name: str, head: bytes) -> str | None:
    """`gzip`, `bzip2`, `zstd` by a file's first bytes, or what the name promises instead; or None.

    The bytes decide: files are renamed, and some servers decompress what they send.
    """
    for kind, magics in _MAGIC.items():
        if head.startswith(magics):
            return kind
    if head.startswith(_SKIPPABLE):
        return "zstd"
    return next((kind for end, kind in _SUFFIX.items() if name.endswith(end)), None)


class Decompressed:
    """The content of a unit's file, in pieces, up to its end or to where it is damaged.

    Members, streams and frames that follow one another count as one content.

    `plain` says that the pieces are content as stored, whatever they look like.

    Attributes:
      format: `gzip`, `bzip2`, `zstd`, or None for a file that is not compressed.
      offset: bytes of content given so far; a member that was lost counts as one byte, so that
        no two places have the same offset.
      damage: set once `read` met a damaged place; `read` then gives nothing more.
    """

    def __init__(self, file: UnitFile, plain: bool = False) -> None:
        self._file = file
        self._pending = file.read(FEED_BYTES)  # stored bytes that no decoder has seen
        self._fed = b""  # what the decoder was fed last
        self._decoder: Any = None
        self.offset = 0
        self._member_offset = 0
        self.damage: Damage | None = None
        self.format: str | None = None
        if plain or not self._pending:
            return
        self.format = compression_of(file.name, self._pending)
        if foreign := next((n for m, n in _FOREIGN.items() if self._pending.startswith(m)), None):
            self._stop(f"the file is {foreign}-compressed, which is not read; unpack it first")

    def read(self) -> bytes:
        """The next piece of content; empty at the end and at a damaged place.

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
                return piece
        return b""

    def resume(self, prefix: bytes) -> bool:
        """After damage, goes on at the next gzip member whose content starts with `prefix`.

        False when there is none. Other formats have no members that stand for themselves.
        """
        if self.damage is None or self.format != "gzip":
            return False
        # The member's own first byte is passed over, or a broken member would be met for ever.
        window = (self._fed + self._pending)[1:]
        while True:
            at = window.find(b"\x1f\x8b\x08")
            if at >= 0 and len(window) - at < FEED_BYTES and (more := self._file.read(FEED_BYTES)):
                window = window[at:] + more
            elif at < 0:
                if not (more := self._file.read(FEED_BYTES)):
                    return False
                window = window[-2:] + more
            elif _member_starts_with(window[at : at + FEED_BYTES], prefix):
                self._pending, self._fed = window[at:], b""
                self._decoder = self.damage = None
                self.offset += 1
                return True
            else:
                window = window[at + 1 :]

    def _open_member(self) -> bool:
        """Prepares to decode the next member; False at the end of the file or at what is none."""
        if self.format == "gzip":
            self._pending = self._pending.lstrip(b"\0")  # tapes and block devices pad with zeros
        if len(self._pending) < 4:
            self._pending += self._file.read(FEED_BYTES)
            if self.format == "gzip":
                self._pending = self._pending.lstrip(b"\0")
        if not self._pending:
            return False
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
            self._fed = b""
            return False
        self._member_offset = self.offset
        if self.format == "gzip":
            self._decoder = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
        else:
            self._decoder = bz2.BZ2Decompressor() if self.format == "bzip2" else _ZstdFrame()
        return True

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
            self._fed = feed
        else:
            feed = b""
        try:
            piece: bytes = self._decoder.decompress(feed, PIECE_BYTES)
        except _DECODE_ERRORS:
            start = self._file.position - len(self._fed)
            self._stop(
                f"{self.format} data is corrupt between bytes {start} and {self._file.position} "
                "of the compressed file"
            )
            return b""
        if self._decoder.eof:
            self._pending = self._decoder.unused_data
            self._decoder = None
        return piece

    def _stop(self, message: str, truncated: bool = False) -> None:
        self.damage = Damage(message, truncated, self._member_offset)


def _agree(data: bytes, magic: bytes) -> bool:
    """Whether `data`, which may be cut short, starts like `magic`."""
    return data[: len(magic)] == magic[: len(data)]


def _member_starts_with(member: bytes, prefix: bytes) -> bool:
    try:
        decoder = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
        return decoder.decompress(member, max(1, len(prefix))).startswith(prefix)
    except _IsalError:
        return False
