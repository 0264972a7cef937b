"""Files over HTTP(S), downloaded politely and completely into a local cache.

Even the first request asks for a range, so that the answer has the true size of the file besides
the length of its body. After a broken connection, a short body or a wrong length only the missing
bytes are asked for again. Servers that say "slow down" (Common Crawl's uses 403) are given time.
"""

import contextlib
import contextvars
import dataclasses
import email.message
import fcntl
import functools
import hashlib
import http.client
import ipaddress
import os
import posixpath
import random
import re
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from manifests import addresses
from pipelines.sources import limits

CACHE_FOLDER = "WINNOW_CACHE"  # environment variable
USER_AGENT = "winnow-corpus"
TIMEOUT_SECONDS = 60
PIECE_BYTES = 1 << 20
SLOT_WAIT_SECONDS = 0.1
MAX_DELAY_SECONDS = 120.0
# While somebody waits for a plan: the wait for an answer, and the requests in a row to a host that
# gives none. A host that answers, if only that it is busy, is asked as often as during a run.
HASTY_TIMEOUT_SECONDS = 10
HASTY_ATTEMPTS = 2

# Statuses after which the same request may succeed.
BUSY = frozenset({403, 408, 425, 429, 500, 502, 503, 504})
NOT_SATISFIABLE = 416

_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+)")


@dataclasses.dataclass(frozen=True)
class Politeness:
    """How to treat a server. A source's options have the same names.

    Attributes:
      downloads: the most connections at once, for all workers on this machine together.
      attempts: after so many consecutive requests without new bytes a download is given up.
      retry_seconds: the longest wait before the second request; it doubles with each request.
      cache_mb: the size of finished downloads; the least recently used are removed first.
    """

    downloads: int = 4
    attempts: int = 10
    retry_seconds: float = 1.0
    cache_mb: int = 20_000

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> "Politeness":
        """Makes it of a source's options.

        Raises:
          ValueError: an option is no positive number.
        """
        return cls(**limits.positive_options(cls, options))


OPTIONS = frozenset(field.name for field in dataclasses.fields(Politeness))
_hasty: contextvars.ContextVar[bool] = contextvars.ContextVar("hasty", default=False)


@contextlib.contextmanager
def giving_up_soon() -> Iterator[None]:
    """Within, a host that cannot be reached is given up after seconds, not minutes."""
    before = _hasty.set(True)
    try:
        yield
    finally:
        _hasty.reset(before)


class _Retry(Exception):
    """A request failed that may succeed later.

    Attributes:
      after_seconds: the shortest wait that the server asks for.
    """

    def __init__(self, reason: str, after_seconds: float = 0.0) -> None:
        super().__init__(reason)
        self.after_seconds = after_seconds


class _NoSuchHost(OSError):
    """The name of a host cannot be resolved.

    Attributes:
      for_now: whether the network's own name server did not answer, which may pass.
    """

    def __init__(self, host: str | None, error: socket.gaierror) -> None:
        super().__init__(f"the name of the host {host} cannot be resolved ({error.strerror})")
        self.for_now = error.errno == socket.EAI_AGAIN


class _Refused(OSError):
    """A server sends a request on to where it must not go."""


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a server to other public hosts, and not from HTTPS to HTTP.

    Otherwise a server could have us read what only this machine's network may see.
    """

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        before, after = urllib.parse.urlsplit(req.full_url), urllib.parse.urlsplit(newurl)
        host = after.hostname or ""
        if after.scheme not in ("https", before.scheme):
            raise _Refused(f"the server sends the request from HTTPS on to {after.scheme}://{host}")
        if host != before.hostname and not _is_public(host):
            raise _Refused(
                f"the server sends the request on to {host}, a host of a private network; if that "
                "is meant, give its own address"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _is_public(host: str) -> bool:
    """Whether a name stands for public addresses alone. A proxy looks up what we cannot."""
    try:
        found = socket.getaddrinfo(host, None)
    except OSError:
        return True
    return all(ipaddress.ip_address(str(entry[4][0]).split("%")[0]).is_global for entry in found)


@functools.cache
def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_Redirects)


class _NoRanges(Exception):
    """The server answers a request for a range with the whole file."""


def is_http(path: str) -> bool:
    return path.startswith(("http://", "https://"))


def require_address(url: str) -> None:
    """Looks at the form of an address; nothing is asked of its server.

    Raises:
      OSError: it is none.
    """
    try:
        _ = urllib.parse.urlsplit(url).port
    except ValueError as error:
        raise OSError(f"{url} is no address: {error}; write it as https://host/path") from None


def cache_folder() -> Path:
    """The folder of downloads: the variable WINNOW_CACHE, or else the user's cache folder."""
    base = os.environ.get(CACHE_FOLDER)
    if base:
        return Path(base)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "winnow"


def headers(url: str, politeness: Politeness) -> Mapping[str, str]:
    """The headers of a URL, in lower case.

    Raises:
      OSError: the server does not send them.
    """

    def ask() -> Mapping[str, str]:
        with _open(url, "HEAD", {}) as answer:
            return {name.lower(): value for name, value in answer.headers.items()}

    return _patiently(politeness, ask)


def _copy(url: str, version: str) -> tuple[Path, str]:
    """Where the local copy of a version of a URL is, and what names of its other files begin with.

    A file that changes on its server has another version, and so a copy of its own.
    """
    key = hashlib.sha256(f"{url}\n{version}".encode()).hexdigest()[:32]
    name = posixpath.basename(urllib.parse.urlsplit(url).path)[-100:]
    return cache_folder() / f"{key}-{name}", key


def is_cached(url: str, version: str) -> bool:
    return _copy(url, version)[0].exists()


def fetch(url: str, politeness: Politeness, version: str = "") -> Path:
    """The path of the local copy of a URL, which is downloaded unless the cache has it.

    Args:
      version: what tells the file as it is now from what it was or will be.

    Raises:
      OSError: it cannot be downloaded; the message says why.
    """
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    path, key = _copy(url, version)
    partial = folder / f"{key}.partial"
    # Workers that want the same file wait for the one that downloads it.
    with _locked(folder / f"{key}.lock"):
        if path.exists():
            os.utime(path)
            return path
        with _slot(folder, politeness.downloads):
            _download(url, partial, politeness)
        os.replace(partial, path)
    _evict(folder, politeness.cache_mb * 1_000_000, keep=path)
    return path


def fetch_range(url: str, start: int, size: int, politeness: Politeness) -> bytes:
    """`size` bytes of a URL from byte `start`, or fewer if the file ends before. Not cached.

    If a server does not support ranges, the whole file is fetched into the cache.

    Raises:
      OSError: they cannot be downloaded; the message says why.
    """
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    held = bytearray()
    versions: set[str] = set()
    try:
        with _slot(folder, politeness.downloads):
            _patiently(
                politeness,
                lambda: _request_range(url, start, size, held, versions),
                lambda: len(held),
            )
    except _NoRanges:
        with fetch(url, politeness).open("rb") as file:
            file.seek(start)
            return file.read(size)
    return bytes(held)


def _request_range(url: str, start: int, size: int, held: bytearray, versions: set[str]) -> None:
    """Appends the missing bytes of a range; `versions` holds the file's entity tag, if it has one.

    Raises:
      _Retry: the range is not complete after this request.
      _NoRanges: the server sends the whole file.
    """
    first = start + len(held)
    asked = {"Range": f"bytes={first}-{start + size - 1}", "Accept-Encoding": "identity"}
    try:
        answer = _open(url, "GET", asked)
    except urllib.error.HTTPError as error:
        total = _CONTENT_RANGE.match(error.headers.get("Content-Range") or "")
        if error.code == NOT_SATISFIABLE and total and int(total[3]) <= first:
            return
        raise
    with answer:
        if answer.status != 206:
            raise _NoRanges
        place = _CONTENT_RANGE.match(answer.headers.get("Content-Range") or "")
        if not place or place[1] is None or int(place[1]) != first:
            raise _Retry("the server sent another range than was asked for")
        if _is_strong(tag := answer.headers.get("ETag")) and tag not in versions:
            changed = bool(versions)
            versions.clear()
            versions.add(tag)
            if changed:
                held.clear()
                raise _Retry("the file changed on the server")
        wanted = min(size, int(place[3]) - start) - len(held)
        try:
            while wanted > 0 and (piece := answer.read(min(PIECE_BYTES, wanted))):
                held += piece
                wanted -= len(piece)
        except http.client.IncompleteRead as error:
            held += error.partial[:wanted]
            wanted -= len(error.partial[:wanted])
    if wanted > 0:
        raise _Retry(f"the connection ended {wanted} bytes early")


def _download(url: str, partial: Path, politeness: Politeness) -> None:
    """Completes `partial`, which may hold the first bytes from an earlier run."""
    # Bytes that were received earlier are used only if the server says that it still has the same
    # version of the file.
    version = partial.with_suffix(".version")
    if not version.exists():
        partial.unlink(missing_ok=True)

    def more() -> None:
        with partial.open("ab") as file:
            _request(url, file, version)
        version.unlink(missing_ok=True)

    _patiently(politeness, more, lambda: partial.stat().st_size if partial.exists() else 0)


def _request(url: str, file: Any, version: Path) -> None:
    """Appends the missing bytes of a file.

    Raises:
      _Retry: the file is not complete after this request.
    """
    have = file.tell()
    asked = {"Range": f"bytes={have}-", "Accept-Encoding": "identity"}
    if have and version.exists():
        asked["If-Range"] = version.read_text()
    try:
        answer = _open(url, "GET", asked)
    except urllib.error.HTTPError as error:
        total = _CONTENT_RANGE.match(error.headers.get("Content-Range") or "")
        if error.code == NOT_SATISFIABLE and total and int(total[3]) == have:
            return  # the file is complete, or empty
        if error.code == NOT_SATISFIABLE:
            file.truncate(0)
            raise _Retry("the server has less than was received before") from None
        raise
    with answer:
        total_bytes = _total(answer.headers, answer.status, have, file)
        if _is_strong(tag := answer.headers.get("ETag")):
            version.write_text(tag)
        try:
            while piece := answer.read(PIECE_BYTES):
                file.write(piece)
        except http.client.IncompleteRead as error:
            file.write(error.partial)
        got = file.tell()
    if total_bytes is not None and got > total_bytes:
        file.truncate(0)
        raise _Retry(f"the server sent {got} bytes of a file of {total_bytes}")
    if total_bytes is not None and got < total_bytes:
        raise _Retry(f"the connection ended after {got} of {total_bytes} bytes")


def _total(found: email.message.Message, status: int, have: int, file: Any) -> int | None:
    """The size of the whole file. Empties `file` if the answer begins with the first byte."""
    if status == 206:
        place = _CONTENT_RANGE.match(found.get("Content-Range") or "")
        if not place or place[1] is None or int(place[1]) != have:
            raise _Retry("the server sent another range than was asked for")
        return int(place[3])
    file.seek(0)
    file.truncate(0)
    length = found.get("Content-Length")
    return int(length) if length and length.isdigit() else None


def _is_strong(tag: str | None) -> bool:
    return bool(tag) and not str(tag).startswith("W/")


def _open(url: str, method: str, asked: Mapping[str, str]) -> Any:
    request = urllib.request.Request(
        addresses.filled(url), method=method, headers={"User-Agent": USER_AGENT, **asked}
    )
    wait = HASTY_TIMEOUT_SECONDS if _hasty.get() else TIMEOUT_SECONDS
    try:
        return _opener().open(request, timeout=wait)
    except urllib.error.HTTPError:
        raise
    except urllib.error.URLError as error:
        if isinstance(error.reason, socket.gaierror):
            raise _NoSuchHost(urllib.parse.urlsplit(url).hostname, error.reason) from None
        raise


def _patiently(politeness: Politeness, ask: Any, progress: Any = lambda: 0) -> Any:
    """The result of `ask`, which is tried again until it succeeds or makes no more progress."""
    # Since the last new byte; those of them that the host, since its last answer, left unanswered.
    failed, unanswered, before = 0, 0, progress()
    while True:
        is_answered = True
        try:
            return ask()
        except urllib.error.HTTPError as error:
            if error.code not in BUSY:
                kind = FileNotFoundError if error.code in (404, 410) else OSError
                raise kind(f"the server answers {error.code}") from None
            reason = _Retry(f"the server answers {error.code}", _retry_after(error.headers))
        except _Refused:
            raise
        except _Retry as error:
            reason = error
        except _NoSuchHost as error:
            if _hasty.get() or not error.for_now:
                raise
            reason = _Retry(str(error))
        except (OSError, http.client.HTTPException) as error:
            is_answered = False
            # A server that speaks no HTTP would be quoted, with the content that it sent.
            quotes = isinstance(error, http.client.HTTPException) and not isinstance(error, OSError)
            told = f"{type(error).__name__} in the server's answer" if quotes else str(error)
            reason = _Retry(told or type(error).__name__)
        now = progress()
        if now > before:
            failed = unanswered = 0
        failed, before = failed + 1, now
        unanswered = 0 if is_answered else unanswered + 1
        is_given_up = _hasty.get() and unanswered >= HASTY_ATTEMPTS
        if failed >= politeness.attempts or is_given_up:
            raise OSError(f"{reason}, {failed} times in a row without progress")
        # Jitter keeps many workers from asking at the same moment. It affects only the time.
        longest = min(MAX_DELAY_SECONDS, politeness.retry_seconds * 2 ** (failed - 1))
        asked_for = min(MAX_DELAY_SECONDS, reason.after_seconds)
        time.sleep(asked_for + random.uniform(0, longest))


def _retry_after(found: email.message.Message) -> float:
    value = (found.get("Retry-After") or "").strip()
    return float(value) if value.isdigit() else 0.0


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _slot(folder: Path, count: int) -> Iterator[None]:
    """Waits for one of `count` places, which all processes that use the cache share."""
    while True:
        for number in range(count):
            with (folder / f"slot-{number}.lock").open("w") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                yield
                return
        time.sleep(SLOT_WAIT_SECONDS)


def _evict(folder: Path, limit_bytes: int, keep: Path) -> None:
    """Removes the least recently used downloads. A process that has one open can still read it."""
    found = []
    for path in folder.iterdir():
        if path.suffix in (".lock", ".partial", ".version"):
            continue
        with contextlib.suppress(FileNotFoundError):
            stat = path.stat()
            found.append((stat.st_mtime, stat.st_size, path))
    held = sum(size for _, size, _ in found)
    for _, size, path in sorted(found):
        if held <= limit_bytes:
            return
        if path != keep:
            path.unlink(missing_ok=True)
            held -= size
