"""Bodies of HTTP answers as servers send them: in chunks (RFC 9112) and encoded (RFC 9110)."""

import functools
import io
import re
import zlib
from collections.abc import Callable

from fastwarc.stream_io import BrotliReader, ZstdReader

# The size of a chunk, after which extensions may stand (`32;x=y`). Some servers pad sizes.
_CHUNK = re.compile(rb"[ \t]*([0-9a-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n", re.I)
_CHUNK_END = re.compile(rb"\r?\n")


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
        return _DECODERS[coding](body, limit)
    except (OSError, zlib.error) as error:
        raise ValueError(f"no {coding} data") from error


def _inflated(body: bytes | memoryview, limit: int, window: int) -> bytes:
    """The content of all members; of a member that is cut short what there is."""
    pieces: list[bytes] = []
    while body and limit > 0:
        decoder = zlib.decompressobj(window)
        pieces.append(decoder.decompress(body, limit))
        if not pieces[-1] and not decoder.eof:
            raise zlib.error("too short")
        limit -= len(pieces[-1])
        body = decoder.unused_data
    return b"".join(pieces)


def _deflated(body: bytes | memoryview, limit: int) -> bytes:
    """The content of zlib data, or of deflate data without zlib's header, which some servers send.

    The latter must be complete, since it has no mark or checksum that tells it from other bytes.
    """
    try:
        return _inflated(body, limit, zlib.MAX_WBITS)
    except zlib.error:
        decoder = zlib.decompressobj(-zlib.MAX_WBITS)
        content = decoder.decompress(body, limit)
        if not decoder.eof and len(content) < limit:
            raise
        return content


def _brotli(body: bytes | memoryview, limit: int) -> bytes:
    return bytes(BrotliReader(io.BytesIO(body)).read(limit))


def _zstd(body: bytes | memoryview, limit: int) -> bytes:
    return bytes(ZstdReader(io.BytesIO(body)).read(limit))


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


_gzip = functools.partial(_inflated, window=16 + zlib.MAX_WBITS)

_DECODERS: dict[str, Callable[[bytes | memoryview, int], bytes]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflated,
    "br": _brotli,
    "zstd": _zstd,
    "chunked": _dechunked,
}
