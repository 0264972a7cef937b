"""Bodies of HTTP answers as servers send them: in chunks (RFC 9112) and encoded (RFC 9110)."""

import contextlib
import io
import re
import zlib
from collections.abc import Callable

from fastwarc.stream_io import BrotliReader, ZstdReader

# The size of a chunk, after which extensions may stand (`32;x=y`). Some servers pad sizes.
_CHUNK = re.compile(rb"[ \t]*([0-9a-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n", re.I)
_CHUNK_END = re.compile(rb"\r?\n")
_GZIP_MARK = b"\x1f\x8b\x08"
_ZSTD_MARK = b"\x28\xb5\x2f\xfd"


def decoded(body: bytes | memoryview, coding: str, limit: int) -> bytes | memoryview:
    """`body` without one content or transfer coding; at most `limit` bytes of it.

    Raises:
      ValueError: the coding is not known, or the body does not decode.
    """
    if coding in ("", "identity"):
        return body
    if coding not in _DECODERS:
        raise ValueError(f"unknown coding {coding}")
    try:
        return _DECODERS[_actual(body, coding)](body, limit)
    except (OSError, zlib.error) as error:
        raise ValueError(f"no {coding} data") from error


def undeclared(body: bytes | memoryview) -> str:
    """The coding of a body of which no header tells: one whose mark it begins with, or none."""
    return _actual(body, "identity")


def _actual(body: bytes | memoryview, coding: str) -> str:
    """The coding of a body: the one that is stated, or one whose mark the body begins with.

    No other coding begins with the marks of gzip and zstd. That of zlib is believed in the place of
    gzip only, since Brotli may begin with it.
    """
    if coding == "chunked":
        return coding
    start = bytes(body[:4])
    if start.startswith(_GZIP_MARK):
        return "gzip"
    if start == _ZSTD_MARK:
        return "zstd"
    is_zlib = start[:1] == b"\x78" and int.from_bytes(start[:2]) % 31 == 0
    return "deflate" if coding in ("gzip", "x-gzip") and is_zlib else coding


def _gzip(body: bytes | memoryview, limit: int) -> bytes:
    """The content of all members; of a member that is cut short what there is.

    As for browsers, a body ends where no other member begins: line ends and NULs may follow.
    """
    content, rest = _inflated(body, limit, 16 + zlib.MAX_WBITS)
    pieces = [content]
    limit -= len(content)
    while limit > 0 and rest.startswith(_GZIP_MARK):
        content, rest = _inflated(rest, limit, 16 + zlib.MAX_WBITS)
        pieces.append(content)
        limit -= len(content)
    return b"".join(pieces)


def _inflated(body: bytes | memoryview, limit: int, window: int) -> tuple[bytes, bytes]:
    """The content of one member or stream, or what there is of it, and the bytes after it."""
    decoder = zlib.decompressobj(window)
    content = decoder.decompress(body, limit)
    if not content and not decoder.eof:
        raise zlib.error("too short")
    return content, decoder.unused_data


def _deflated(body: bytes | memoryview, limit: int) -> bytes:
    """The content of zlib data, or of deflate data without zlib's header, which some servers send.

    The latter must be complete, since it has no mark or checksum that tells it from other bytes.
    """
    try:
        return _inflated(body, limit, zlib.MAX_WBITS)[0]
    except zlib.error:
        decoder = zlib.decompressobj(-zlib.MAX_WBITS)
        content = decoder.decompress(body, limit)
        if not decoder.eof and len(content) < limit:
            raise
        return content


def _brotli(body: bytes | memoryview, limit: int) -> bytes:
    try:
        return bytes(BrotliReader(io.BytesIO(body)).read(limit))
    except OSError:
        content = _as_far_as_sound(BrotliReader, body, limit)
        # Brotli has no mark: some other bytes decode to a few. Those of a page become more.
        if len(content) < len(body):
            raise
        return content


def _zstd(body: bytes | memoryview, limit: int) -> bytes:
    try:
        return bytes(ZstdReader(io.BytesIO(body)).read(limit))
    except OSError:
        if not (content := _as_far_as_sound(ZstdReader, body, limit)):
            raise
        return content


def _as_far_as_sound(
    decoder: type[BrotliReader | ZstdReader], body: bytes | memoryview, limit: int
) -> bytes:
    """What a body gives that is cut short, or that has other bytes after its end."""
    content = bytearray()
    # A read that meets an error gives nothing, so that the last bytes are read one by one.
    for size in (1 << 16, 1 << 8, 1):
        reader = decoder(io.BytesIO(body))
        content = bytearray(reader.read(len(content)) if content else b"")
        with contextlib.suppress(OSError):
            while len(content) < limit and (piece := reader.read(size)):
                content += piece
    return bytes(content[:limit])


def _dechunked(body: bytes | memoryview, limit: int) -> bytes:
    """The data of chunks, as far as sizes can be read; at least one must be there.

    Crawlers cut bodies, so the last chunk may be shorter than its size. Trailers are left out.
    """
    pieces: list[bytes | memoryview] = []
    at = 0
    while size := _CHUNK.match(body, at):
        length = int(size[1], 16)
        end = size.end() + length
        if length == 0:
            return b"".join(pieces)
        after = _CHUNK_END.match(body, end)
        # A page may begin with a number of its own.
        if not pieces and after is None and end < len(body):
            break
        pieces.append(body[size.end() : end])
        at = after.end() if after else end
    if body and not pieces:
        raise ValueError("no size of a chunk")
    return b"".join(pieces)


_DECODERS: dict[str, Callable[[bytes | memoryview, int], bytes]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflated,
    "br": _brotli,
    "zstd": _zstd,
    "chunked": _dechunked,
}
