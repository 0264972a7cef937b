"""Finds the beginnings of frames in a .zst file (RFC 8878) without decoding anything."""

from pipelines.sources.files import READ_BYTES, UnitFile

MAGIC = b"\x28\xb5\x2f\xfd"
MAX_BLOCK_BYTES = 128 << 10
PROBE_BLOCKS = 128  # a frame of 16 MB of content or more counts as one without end

_ID_BYTES = (0, 1, 2, 4)
_SIZE_BYTES = (0, 2, 4, 8)


def find(file: UnitFile, start: int, end: int) -> int | None:
    """The position of the first frame that begins in bytes `start` to `end`, or None.

    The four bytes of the magic number also occur by chance, once in 4 GB. So a frame of sound
    blocks must follow, and after its last block the next frame or the end of the file.
    """
    file.seek(start)
    window, base = b"", start
    while base < end and (more := file.read(READ_BYTES)):
        window += more
        read_to = file.position
        at = window.find(MAGIC)
        while at >= 0 and base + at < end:
            if frame_end(file, base + at) is not None:
                return base + at
            at = window.find(MAGIC, at + 1)
        keep = len(MAGIC) - 1
        base += max(0, len(window) - keep)
        window = window[-keep:]
        file.seek(read_to)
    return None


def frame_end(file: UnitFile, start: int, most_blocks: int | None = None) -> int | None:
    """The end of the frame at `start`, by the sizes of its blocks; None if there is no frame.

    Also None if the frame has more than `most_blocks` blocks. Moves the file's position.
    """
    file.seek(start)
    header = file.read(5)
    if len(header) < 5 or not header.startswith(MAGIC) or header[4] & 8:  # a reserved bit
        return None
    single_segment, checksum = header[4] >> 5 & 1, header[4] >> 2 & 1
    size_bytes = _SIZE_BYTES[header[4] >> 6] or single_segment
    at = start + 5 + (1 - single_segment) + _ID_BYTES[header[4] & 3] + size_bytes
    blocks = 0
    while most_blocks is None or blocks < most_blocks:
        file.seek(at)
        stored = file.read(3)
        block = int.from_bytes(stored, "little")
        last, kind, size = block & 1, block >> 1 & 3, block >> 3
        if len(stored) < 3 or kind == 3 or size > MAX_BLOCK_BYTES:
            return None
        at += 3 + (1 if kind == 1 else size)  # kind 1 repeats one byte
        blocks += 1
        if last:
            return _sound_end(file, at + 4 * checksum)
    return None


def _sound_end(file: UnitFile, at: int) -> int | None:
    if at > file.size:
        return None
    file.seek(at)
    after = file.read(4)
    skippable = after[1:] == b"\x2a\x4d\x18" and after[0] >> 4 == 5
    return at if not after or after == MAGIC or skippable else None
