"""Files inside .7z archives, unpacked to a temporary folder, by the optional library py7zr."""

import contextlib
import importlib.util
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pipelines.sources.files import UnitFile

MAGIC = b"7z\xbc\xaf\x27\x1c"
SUFFIX = ".7z"


class Damaged(Exception):
    """The archive cannot be unpacked; the message says why, without quoting content."""


def require_library(paths: list[str], source: str = "") -> None:
    """Checks that the library for .7z files is installed, if there is one among `paths`.

    Raises:
      ValueError: it is not installed; the message says how to install it.
    """
    stored = [path for path in paths if path.endswith(SUFFIX)]
    if stored and importlib.util.find_spec("py7zr") is None:
        raise ValueError(f"{stored[0]} needs py7zr: pip install winnow-corpus[7z]")


def is_archive(file: UnitFile) -> bool:
    """Whether the stored bytes are a 7z archive; leaves the file at its beginning."""
    head = file.read(len(MAGIC))
    file.restrict(0, -1)
    return head == MAGIC


@contextlib.contextmanager
def unpacked(file: UnitFile, ending: str) -> Iterator[UnitFile]:
    """Unpacks the one file of the archive whose name ends with `ending` (in any case).

    It is in the folder that TMPDIR names until the context ends.

    Raises:
      Damaged: the archive is broken or encrypted, it has no such file or several, it exceeds the
        source's limits, or the folder has no space for it.
    """
    import py7zr

    with tempfile.TemporaryDirectory(prefix="winnow-7z-") as folder:
        try:
            file.handle.seek(0)
            with py7zr.SevenZipFile(file.handle) as archive:
                found = [one for one in archive.list() if one.filename.lower().endswith(ending)]
                if len(found) != 1:
                    raise Damaged(f"the 7z archive holds {len(found)} files *{ending}, not one")
                size, room = found[0].uncompressed, shutil.disk_usage(folder).free
                if problem := file.limits.outgrown(size, file.size) or file.limits.too_much(size):
                    raise Damaged(f"the 7z archive is not unpacked: {problem}")
                if size > room:
                    raise Damaged(
                        f"the 7z archive unpacks to {size} bytes and {folder} has room for {room}; "
                        "set TMPDIR to a larger folder"
                    )
                archive.extract(folder, targets=[found[0].filename])
        except Damaged:
            raise
        except Exception as error:  # py7zr does not catch the errors of its decoders
            if isinstance(error, OSError) and error.errno:
                raise
            reason = type(error).__name__
            raise Damaged(f"the 7z archive cannot be unpacked ({reason})") from error
        # Where it was unpacked, whatever the archive calls it: an absolute name is another file.
        paths = [p for p in Path(folder).rglob("*") if p.is_file() and not p.is_symlink()]
        if len(paths) != 1:
            raise Damaged(f"what the 7z archive holds as *{ending} is no regular file")
        with UnitFile(str(paths[0]), paths[0].open("rb"), limits=file.limits) as inner:
            yield inner
