"""Pages refused for their address: blocklists of domains, URLs and words; lists of hosts.

The shipped lists and decisions are those of datatrove 0.10.1, `pipeline/filters/url_filter.py` with
its assets (4.6 million domains and 20,000 URLs of the UT1 blocklists, and three lists of words).

Differs: a document without a URL is kept, where datatrove stops; the public suffix list is the
snapshot inside tldextract, where datatrove asks the network for a newer one; domains are looked
up by 64-bit hash, so that a domain on no list is refused with a chance of 3e-13.
"""

import dataclasses
import functools
import importlib.resources
import io
import re
import tarfile
from collections.abc import Callable, Collection
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from isal import igzip
from numba import njit

from filters.text.characters import Bytes, Hashes, Ints
from filters.urls.domains import ends_in, host_of, names_of, netloc_of

DOMAIN, SUBDOMAIN, URL = "url_filter.domain", "url_filter.subdomain", "url_filter.url"
WORD, SOFT_WORDS = "url_filter.banned_word", "url_filter.soft_banned_words"
SUBWORD = "url_filter.banned_subword"
DENIED, NOT_ALLOWED = "url_filter.host_denied", "url_filter.host_not_allowed"

_ARCHIVE = "url_filterblacklistsv0_3_0.tar.gz"
_BETWEEN_WORDS = re.compile(r"[^a-zA-Z0-9]+")
_NEWLINE, _HASH_SIGN = 10, 35
# FNV-1a of 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/), as strings are hashed here.
_FNV_BASIS, _FNV_PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)
_SPACES = (9, 10, 11, 12, 13, 32)


@dataclasses.dataclass(frozen=True)
class Blocklists:
    """What addresses must not be.

    Attributes:
      domains: hashes of registered domains and hosts, ascending.
      urls: whole URLs.
      words: no word of a URL is one of these; letters count as they are.
      soft_words: nor are several different ones of these.
      subwords: stand nowhere in the letters and digits of a URL; lower case.
    """

    domains: Hashes
    urls: frozenset[str]
    words: frozenset[str]
    soft_words: frozenset[str]
    subwords: frozenset[str]


@functools.cache
def blocklists() -> Blocklists:
    """Those that datatrove ships; 40 MB, loaded in half a second."""
    assets = importlib.resources.files("datatrove") / "assets"
    stored: dict[str, bytes] = {}
    packed = (assets / _ARCHIVE).read_bytes()
    with tarfile.open(fileobj=io.BytesIO(igzip.decompress(packed))) as archive:
        for member in archive.getmembers():
            if (file := archive.extractfile(member)) is not None:
                stored[member.name] = file.read()

    def words(name: str) -> frozenset[str]:
        return _lines((assets / f"{name}.txt").read_text(encoding="utf-8"), _letters)

    return Blocklists(
        np.sort(hash_lines(np.frombuffer(stored["domains"], np.uint8))),
        _lines(stored["urls"].decode(), str.strip),
        words("banned_words"),
        words("soft_banned_words"),
        words("banned_subwords"),
    )


def _letters(text: str) -> str:
    return _BETWEEN_WORDS.sub("", text).lower()


def _lines(text: str, clean: Callable[[str], str]) -> frozenset[str]:
    lines = text.removesuffix("\n").split("\n")
    return frozenset(clean(line) for line in lines if not line.startswith("#"))


def host_list(text: str) -> frozenset[str]:
    """The hosts of a file, one a line; a line may begin with # as a comment, or be a URL."""
    lines = (line.strip() for line in text.splitlines())
    return frozenset(host_of(line) for line in lines if line and not line.startswith("#"))


@njit(cache=True, nogil=True)
def _hash(data: Bytes, start: int, end: int) -> np.uint64:
    value = _FNV_BASIS
    for at in range(start, end):
        value = (value ^ np.uint64(data[at])) * _FNV_PRIME
    return value


@njit(cache=True, nogil=True)
def hash_lines(data: Bytes) -> Hashes:
    """Hashes of the lines without blanks around them; those that begin with # are left out."""
    lines = 1
    for byte in data:
        lines += byte == _NEWLINE
    hashes = np.empty(lines, np.uint64)
    count, start = 0, 0
    for at in range(len(data) + 1):
        if at < len(data) and data[at] != _NEWLINE:
            continue
        if start < len(data) and data[start] != _HASH_SIGN:
            first, last = start, at
            while first < last and data[first] in _SPACES:
                first += 1
            while first < last and data[last - 1] in _SPACES:
                last -= 1
            hashes[count] = _hash(data, first, last)
            count += 1
        start = at + 1
    return hashes[:count]


@njit(cache=True, nogil=True)
def _hash_strings(data: Bytes, offsets: Ints) -> Hashes:
    hashes = np.empty(len(offsets) - 1, np.uint64)
    for i in range(len(hashes)):
        hashes[i] = _hash(data, offsets[i], offsets[i + 1])
    return hashes


class UrlScreen:
    """Decides about URLs, a batch at a time.

    Args:
      lists: blocklists and decisions of a package; None applies none.
      min_soft_words: a URL with this many different words of the list of soft words is refused.
      denied: hosts that are refused, with all below them.
      allowed: hosts that alone are not refused; None allows all.
    """

    def __init__(
        self,
        lists: Literal["datatrove-0.10"] | None = None,
        min_soft_words: int = 2,
        denied: frozenset[str] = frozenset(),
        allowed: frozenset[str] | None = None,
    ) -> None:
        self._min_soft_words = min_soft_words
        self._denied = denied
        self._allowed = allowed
        self._lists = blocklists() if lists else None
        if self._lists:
            self._word = _any_word(self._lists.words)
            self._soft_word = _any_word(self._lists.soft_words)
            self._subword = "|".join(map(re.escape, sorted(self._lists.subwords - {""})))

    def reasons(self, urls: pa.StringArray) -> pa.StringArray:
        """Why each URL is refused, the first reason in datatrove's order; null for none."""
        given = pc.fill_null(urls, "")
        reason = pa.nulls(len(urls), pa.string())
        hosts = [host_of(url) for url in given.to_pylist()]
        if self._allowed is not None:
            allowed = self._allowed
            outside = pa.array([not ends_in(host, allowed) for host in hosts], pa.bool_())
            reason = pc.if_else(outside, NOT_ALLOWED, reason)
        if self._denied:
            denied = pa.array([ends_in(host, self._denied) for host in hosts], pa.bool_())
            reason = pc.coalesce(reason, pc.if_else(denied, DENIED, None))
        if self._lists:
            reason = pc.coalesce(reason, self._listed(given, self._lists))
        return pc.if_else(pc.equal(given, ""), None, reason)

    def _listed(self, urls: pa.StringArray, lists: Blocklists) -> pa.StringArray:
        texts = urls.to_pylist()
        names = [names_of(netloc_of(url)) for url in texts]
        letters = pc.ascii_lower(
            pc.replace_substring_regex(urls, pattern=_BETWEEN_WORDS.pattern, replacement="")
        )
        checks = {
            DOMAIN: is_listed([name.registered_domain for name in names], lists.domains),
            SUBDOMAIN: is_listed([name.fqdn for name in names], lists.domains),
            URL: pa.array([url in lists.urls for url in texts], pa.bool_()),
            WORD: pc.match_substring_regex(urls, pattern=self._word),
            SOFT_WORDS: self._has_soft_words(urls, lists.soft_words),
            SUBWORD: pc.match_substring_regex(letters, pattern=self._subword),
        }
        return pc.coalesce(*(pc.if_else(found, name, None) for name, found in checks.items()))

    def _has_soft_words(self, urls: pa.StringArray, words: Collection[str]) -> pa.BooleanArray:
        found: npt.NDArray[np.bool_] = pc.match_substring_regex(
            urls, pattern=self._soft_word
        ).to_numpy(zero_copy_only=False)
        found = found.copy()
        for row in np.flatnonzero(found):  # few
            held = set(_BETWEEN_WORDS.split(urls[row].as_py()))
            found[row] = len(held.intersection(words)) >= self._min_soft_words
        return pa.array(found)


def is_listed(names: list[str], hashes: Hashes) -> pa.BooleanArray:
    """Which of the names are in a list of hashes, ascending, by `hash_lines`."""
    array = pa.array(names, pa.large_string())
    _, offsets, data = array.buffers()
    wanted = _hash_strings(
        np.frombuffer(data or b"", np.uint8), np.frombuffer(offsets, np.int64)[: len(names) + 1]
    )
    at = np.minimum(np.searchsorted(hashes, wanted), len(hashes) - 1)
    return pa.array(hashes[at] == wanted)


def _any_word(words: Collection[str]) -> str:
    """A pattern (RE2) that finds one of `words` between characters that are no letters or digits.

    An empty word, which a list has by a line without letters, stands at the start or end of most
    URLs.
    """
    ends = "|(?:^|[^a-zA-Z0-9])$|^[^a-zA-Z0-9]" if "" in words else ""
    others = "|".join(sorted(set(words) - {""}))
    return f"(?:^|[^a-zA-Z0-9])(?:{others})(?:[^a-zA-Z0-9]|$){ends}"
