"""Stored files: lists them, gives their sizes, and reads the bytes of a work unit."""

import contextlib
import contextvars
import dataclasses
import functools
import glob
import hashlib
import importlib.resources
import io
import os
import posixpath
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, cast

from manifests import addresses
from manifests.store import filesystem
from pipelines.sources import http
from pipelines.sources.limits import Limits
from pipelines.sources.spans import PIECE_BYTES, Spans
from pipelines.sources.units import Span, WorkUnit

PACKAGE = "package:"  # `package:sample/web.warc.gz` lies inside the installed package `pipelines`
PUBLISHED = "published"  # the fingerprint of what never changes, and is not asked for its size
READ_BYTES = 1 << 20
UNREADABLE = "unreadable"  # the fingerprint of a file that could not be read while planning

# Packages whose errors mean that a store cannot be reached or refuses.
_STORAGE_LIBRARIES = frozenset(
    {"adlfs", "aiohttp", "azure", "botocore", "gcsfs", "google", "httpcore", "httpx", "httpx2",
     "huggingface_hub", "requests", "urllib3"}
)  # fmt: skip
# Errors that can be made of a message alone.
_KINDS = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError, TimeoutError)


# What listings said of files, while `remembering_listings`.
_listed: contextvars.ContextVar[dict[str, "FileInfo"] | None] = contextvars.ContextVar(
    "listed", default=None
)


class _SpecialFile(OSError):
    """What is no regular file has no size, and cannot be read twice."""


@dataclasses.dataclass(frozen=True)
class FileInfo:
    """Facts about a stored file for planning.

    Attributes:
      size_bytes: the size as stored.
      fingerprint: changes if the stored file changes. It consists of the size and the entity tag or
        modification time; for a file of the installed package of the size only, since an
        installation gives it a new time.
    """

    size_bytes: int
    fingerprint: str


def expand(path: str) -> list[str]:
    """The files that a path, folder, glob or URL names, sorted.

    A folder means every file below it, except hidden ones and those whose names start with
    an underscore (markers that batch engines leave behind).

    Raises:
      FileNotFoundError: nothing is there.
    """
    if path.startswith(PACKAGE):
        found = [path] if _package_file(path).is_file() else []
    elif is_local(path):
        found = _expand_local(local_path(path))
    elif http.is_http(path):
        found = [path]  # a server's files cannot be listed
    else:
        with _told(path):
            found = _expand_remote(path)
    if not found and is_local(path) and os.path.isdir(local_path(path)):
        raise FileNotFoundError(
            f"the folder {path!r} holds no file whose name begins with neither . nor _; "
            "give one that does"
        )
    if not found:
        raise FileNotFoundError(
            f"no file matches {path!r}; check the path (a relative one starts at the folder "
            f"{os.getcwd()!r}), or quote a glob so that the shell leaves it alone"
        )
    return sorted(found)


def describe(path: str, options: Mapping[str, Any] | None = None) -> FileInfo:
    """The size and fingerprint of a file. `options` of its source say how to treat a server.

    Raises:
      OSError: the file cannot be read; the message says how to mend it.
    """
    with _told(path):
        if path.startswith(PACKAGE):
            with _package_file(path).open("rb") as file:
                size = file.seek(0, io.SEEK_END)
            return FileInfo(size, str(size))
        if is_local(path):
            found = os.stat(local_path(path))
            _refuse_special(path, found)
            return _local_info(found)
        if http.is_http(path):
            info = http.headers(path, http.Politeness.of(options or {}))
        else:
            if found_info := (_listed.get() or {}).get(path):
                return found_info
            store, inner = filesystem(path)
            info = store.info(inner)
    return _info_of(info)


@contextlib.contextmanager
def remembering_listings() -> Iterator[None]:
    """Within the block `describe` knows what `expand` listed, and asks a store for no file twice.

    A store lists a thousand files with one request, with what `describe` asks for.
    """
    token = _listed.set({})
    try:
        yield
    finally:
        _listed.reset(token)


def _info_of(info: Mapping[str, Any]) -> FileInfo:
    """The facts of a file of what a store or server says."""
    size = int(info.get("size") or info.get("content-length") or 0)
    # Stores have different names for what changes with the content.
    for key in (
        "ETag",
        "etag",
        "md5Hash",
        "LastModified",
        "last_modified",
        "last-modified",
        "mtime",
        "updated",
    ):
        if info.get(key):
            return FileInfo(size, f"{size}-{str(info[key]).strip(chr(34))}")
    return FileInfo(size, str(size))


def open_binary(path: str, options: Mapping[str, Any] | None = None, planned: str = "") -> BinaryIO:
    """A seekable, unbuffered reader of the stored bytes.

    Args:
      options: as for `describe`.
      planned: the file's fingerprint when the run was planned; another file is not opened.

    Raises:
      OSError: the file cannot be opened; the message says how to mend it.
      BadAddress: it cannot be opened here, or holds a secret.
      TypeError: it is no path, such as a list of them.
    """
    if not isinstance(path, str):
        raise TypeError(f"a path must be a str, not {type(path).__name__}; open one file at a time")
    with _told(path, bool(planned)):
        if path.startswith(PACKAGE):
            return _package_file(path).open("rb")
        if is_local(path):
            found = os.stat(local_path(path))
            _refuse_special(path, found)  # a pipe would be waited for
            _require_same(planned, _local_info(found))
            # Unbuffered: all readers ask for large pieces, and a buffer would only copy them.
            return open(local_path(path), "rb", buffering=0)
        if http.is_http(path):
            politeness = http.Politeness.of(options or {})
            if planned not in ("", PUBLISHED) and not http.is_cached(path, planned):
                _require_same(planned, _info_of(http.headers(path, politeness)))
            return open(http.fetch(path, politeness, planned), "rb", buffering=0)
        store, inner = filesystem(path)
        stored = cast(BinaryIO, store.open(inner, "rb"))
        if details := getattr(stored, "details", None):  # what the store said when it was opened
            _require_same(planned, _info_of(details))
        return stored


class _Changed(OSError):
    """A file is another one than was planned."""


def _require_same(planned: str, info: FileInfo) -> None:
    if planned not in ("", PUBLISHED, info.fingerprint):
        raise _Changed("it has changed since the run was planned")


def _local_info(found: os.stat_result) -> FileInfo:
    return FileInfo(found.st_size, f"{found.st_size}-{found.st_mtime_ns}")


def read_range(path: str, start: int, size: int, options: Mapping[str, Any]) -> bytes:
    """`size` stored bytes from `start`, or fewer if the file ends before. For small parts of files.

    Raises:
      OSError: they cannot be read; the message says how to mend it.
    """
    if is_local(path):
        with open_binary(path) as file:
            file.seek(start)
            return file.read(size)
    with _told(path):
        if http.is_http(path):
            return http.fetch_range(path, start, size, http.Politeness.of(options))
        store, inner = filesystem(path)
        stored: bytes = store.cat_file(inner, start, start + size)
        return stored


def picked(
    spans: Sequence[Span], options: Mapping[str, Any], piece_bytes: int = PIECE_BYTES
) -> BinaryIO:
    """Ranges of files as one seekable file. Only the parts that are read are fetched."""
    fetch = functools.partial(read_range, options=options)
    return cast(BinaryIO, Spans(spans, fetch, piece_bytes))


def file_name(path: str) -> str:
    """The last part of a path or URL, with which the ids of records without their own id begin."""
    name = posixpath.basename(path.removeprefix(PACKAGE).replace(os.sep, "/").rstrip("/"))
    return printable(name)


def printable(name: str) -> str:
    """The name with question marks for bytes that are no UTF-8, which local names may have."""
    return name.encode("utf-8", "replace").decode()


class UnitFile:
    """The stored file of a work unit, which counts and hashes the unit's bytes as they are read.

    A reader either calls `read` for consecutive pieces, or seeks in `handle` itself and adds to
    `bytes_read`. A reader of a range calls `restrict` to say which stored bytes belong to the
    unit. `hexdigest` reads the bytes that were not read yet, so the digest covers all of them, even
    if the reader stopped early because of damage.

    Attributes:
      name: the unit's label or the file's name; ids of records without their own id begin with it.
      limits: the limits of decompression.
      size: the stored bytes of the whole file.
      bytes_read: how many stored bytes of the unit were read so far.
    """

    def __init__(
        self, path: str, handle: BinaryIO, label: str = "", limits: Limits | None = None
    ) -> None:
        self.path = path
        self.limits = limits or Limits()
        self.name = printable(label) if label else file_name(path)
        self.handle = handle
        try:
            self.size = handle.seek(0, io.SEEK_END)
        except OSError as error:
            raise _unreadable(path, error) from error
        self.restrict(0, -1)

    def restrict(self, start: int, end: int, lead: int = 0) -> None:
        """Sets the unit to bytes `start` to `end` (-1: the end); reading begins `lead` before.

        Counting and hashing start again.
        """
        self.bytes_read = 0
        self._hash = hashlib.sha256()
        self._end = self.size if end < 0 else min(end, self.size)
        self._hashed = min(start, self._end)
        self._position = max(0, start - lead)
        self.handle.seek(self._position)

    @property
    def position(self) -> int:
        """The position in the stored file where the next `read` begins."""
        return self._position

    @property
    def end(self) -> int:
        """The position in the stored file where the unit ends."""
        return self._end

    def seek(self, position: int) -> None:
        """Moves to `position`, where `read` goes on; `hexdigest` reads skipped bytes."""
        self._position = position
        self.handle.seek(position)

    def read(self, size: int = READ_BYTES) -> bytes:
        """The next `size` stored bytes, or fewer at the end of the file.

        Reading past the end of the unit is allowed, since its last line may end there. These bytes
        are not counted.

        Raises:
          OSError: the storage failed. (The content may be damaged; this method does not check it.)
        """
        pieces = []
        wanted = size
        try:
            # A short read would change where decoders come to a damaged place.
            while wanted and (piece := self.handle.read(wanted)):
                pieces.append(piece)
                wanted -= len(piece)
        except OSError as error:
            raise _unreadable(self.path, error) from error
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        start, self._position = self._position, self._position + len(data)
        own = memoryview(data)[
            max(0, self._hashed - start) : max(0, min(len(data), self._end - start))
        ]
        if start > self._hashed:  # after a seek ahead; `hexdigest` reads the bytes between
            return data
        self._hash.update(own)
        self._hashed += len(own)
        self.bytes_read += len(own)
        return data

    def hexdigest(self) -> str:
        """SHA-256 of the unit's stored bytes; reads those that were not read yet.

        Call it before the file is closed. Nothing can be read after it.

        Raises:
          OSError: the storage failed.
        """
        counted = self.bytes_read
        self._position = self._hashed
        self.handle.seek(self._position)
        while self._hashed < self._end and self.read(min(READ_BYTES, self._end - self._hashed)):
            pass
        self.bytes_read = counted
        return self._hash.hexdigest()

    def close(self) -> None:
        self.handle.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def open_unit(unit: WorkUnit) -> UnitFile:
    """Opens the file of a work unit.

    Raises:
      OSError: the file cannot be opened; the message says how to mend it.
      ValueError: an option makes no sense.
    """
    options = dict(unit.options)
    limits = Limits.of(options)
    planned = "" if unit.fingerprint == UNREADABLE else unit.fingerprint
    handle = picked(unit.spans, options) if unit.spans else open_binary(unit.path, options, planned)
    return UnitFile(unit.path, handle, unit.label, limits)


def is_local(path: str) -> bool:
    """Whether the path names a file on this machine."""
    return "://" not in path or path.startswith("file://")


def local_path(path: str) -> str:
    """The path of a file or folder of this machine, without `file://` and `~`."""
    return os.path.expanduser(path.removeprefix("file://"))


def _package_file(path: str) -> Any:
    pipelines = __package__.rpartition(".")[0]  # an installed winnow has it below `winnow`
    return importlib.resources.files(pipelines).joinpath(path.removeprefix(PACKAGE))


def _expand_local(path: str) -> list[str]:
    if os.path.isdir(path):
        return list(_below(path))
    if os.path.exists(path):  # before globbing, since a name may contain brackets
        return [path]
    return [p for p in glob.glob(path, recursive=True) if _is_file_or_gone(p)]


def _below(folder: str) -> Iterator[str]:
    """Every wanted file below a folder, without asking for the facts about any."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    prefix = "" if folder == "." else os.path.join(str(Path(folder)), "")
    for entry in filter(lambda entry: _wanted_name(entry.name), entries):
        path = prefix + entry.name
        if entry.is_dir(follow_symlinks=False):
            yield from _below(path)
        elif entry.is_file() or (entry.is_symlink() and _is_file_or_gone(path)):
            yield path


def _is_file_or_gone(path: str) -> bool:
    """Whether it is a regular file, or a link to what is not there, which is told as unreadable."""
    return os.path.isfile(path) or not os.path.exists(path)


def _refuse_special(path: str, found: os.stat_result) -> None:
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        raise _SpecialFile(f"{path} is a pipe, a socket or a device; give a regular file")


def _wanted_name(name: str) -> bool:
    return not name.startswith((".", "_"))


def _wanted(relative: Path) -> bool:
    return all(map(_wanted_name, relative.parts))


def _expand_remote(path: str) -> list[str]:
    store, inner = filesystem(path)
    root = ""
    if glob.has_magic(inner) and not store.exists(inner):
        listed = store.glob(inner, detail=True)
    elif store.isdir(inner):
        root = inner.rstrip("/") + "/"
        listed = store.find(inner, detail=True)
    elif store.exists(inner):
        return [path]
    else:
        return []
    found = {
        addresses.masked(path, store.unstrip_protocol(name)): info
        for name, info in listed.items()
        if info["type"] != "directory" and (not root or _wanted(Path(name.removeprefix(root))))
    }
    if (known := _listed.get()) is not None:
        known.update({name: _info_of(info) for name, info in found.items()})
    return list(found)


@contextlib.contextmanager
def _told(path: str, seen: bool = False) -> Iterator[None]:
    """Errors of storage as an OSError that says what cannot be read and what to do about it.

    The libraries behind fsspec have kinds of errors of their own, few of which are OSErrors.
    """
    if http.is_http(path):
        http.require_address(path)
        addresses.filled(path)
    try:
        yield
    except _SpecialFile:
        raise
    except OSError as error:
        raise _unreadable(path, error, seen) from error
    except Exception as error:
        if not is_storage_error(error):
            raise
        raise _unreadable(path, OSError(f"{type(error).__name__}, {error}")) from error


def is_storage_error(error: Exception) -> bool:
    """Whether an error means that a store cannot be reached or refuses."""
    library = type(error).__module__.partition(".")[0]
    return isinstance(error, OSError) or library in _STORAGE_LIBRARIES


def _unreadable(path: str, error: OSError, seen: bool = False) -> OSError:
    """An error of the same kind that says what cannot be read and what to do about it."""
    lines = addresses.masked(path, error.strerror or str(error)).strip().splitlines()
    reason = lines[0].rstrip(".") if lines else type(error).__name__
    there = "check the storage" if is_local(path) else "check the address and the network"
    gone = "it was there when the run was planned: was it moved?" if seen else "check the path"
    remedy = {
        FileNotFoundError: gone,
        PermissionError: "give the user that runs the workers permission to read it",
        IsADirectoryError: "name the files in it",
        _Changed: "run again with --overwrite, which plans and reads everything anew",
    }.get(type(error), f"{there}, and run again")
    kind = type(error) if type(error) in _KINDS else OSError
    return kind(f"cannot read {path}: {reason}; {remedy}")
