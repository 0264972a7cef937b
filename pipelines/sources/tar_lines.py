"""Lines of the files in a tar archive, compressed or not, read from beginning to end."""

import re
import tarfile
from codecs import BOM_UTF8
from collections.abc import Iterator

from pipelines.sources.compression import Decompressed
from pipelines.sources.files import UnitFile
from pipelines.sources.records import Line, too_large

_NAMED = re.compile(r"\.(?:tar|tgz)(?:\.|$)", re.I)
_MAGIC, _MAGIC_AT = b"ustar", 257
CHUNK_BYTES = 1 << 20


class _Stream:
    """Decompressed content with the one method that tarfile's stream mode needs."""

    def __init__(self, content: Decompressed) -> None:
        self._content = content
        self._held = b""

    def read(self, size: int) -> bytes:
        pieces = [self._held]
        have = len(self._held)
        while have < size and (piece := self._content.read()):
            pieces.append(piece)
            have += len(piece)
        data = b"".join(pieces)
        self._held = data[size:]
        return data[:size]


def is_tar(file: UnitFile) -> bool:
    """Whether the content is a tar archive; leaves the file at its beginning."""
    head = _Stream(Decompressed(file)).read(_MAGIC_AT + len(_MAGIC))
    file.restrict(0, -1)
    return head[_MAGIC_AT:] == _MAGIC


def is_named_tar(file: UnitFile) -> bool:
    """Whether a file is called and is a tar archive. Others are not opened to know it."""
    return _NAMED.search(file.name) is not None and is_tar(file)


def tar_lines(file: UnitFile, limit: int) -> Iterator[Line]:
    """Lines of all files in the archive's order; a line of more than `limit` bytes is not kept.

    A damaged archive ends with a line that says so.
    """
    content = Decompressed(file)
    name, offset = "", 0
    try:
        with tarfile.open(fileobj=_Stream(content), mode="r|") as archive:  # type: ignore[call-overload]
            for member in archive:
                stored = archive.extractfile(member) if member.isfile() else None
                if stored is None:
                    continue
                name, offset = member.name, 0
                while line := stored.readline(limit + 1):
                    start, size = offset, len(line)
                    if size > limit and not line.endswith(b"\n"):
                        while (more := stored.readline(CHUNK_BYTES)) and not more.endswith(b"\n"):
                            size += len(more)
                        size += len(more)
                        yield Line(f"{name}+{start}", size, problem=too_large(size, limit))
                    else:
                        yield Line(
                            f"{name}+{start}", size, line.removeprefix(BOM_UTF8).strip(b" \t\r\n")
                        )
                    offset += size
    except (tarfile.TarError, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        problem = content.damage.message if content.damage else "the tar archive is damaged or cut"
        yield Line(f"{name}+{offset}", 0, problem=problem)
