"""Lists of URLs: makes one of links by Reddit's users (the rule of WebText), and reads one."""

import functools
import os
import urllib.parse
from collections.abc import Iterable, Iterator

import xxhash

from pipelines.sources.compression import Decompressed
from pipelines.sources.files import UnitFile, open_binary
from pipelines.sources.lines import parse_object, read_lines, scalar

MAX_LINE_BYTES = 16 << 20
OWN_HOSTS = ("reddit.com", "redd.it", "redditmedia.com", "redditstatic.com")


def reddit_links(paths: Iterable[str], min_score: int) -> list[str]:
    """URLs outside of Reddit that submissions of at least `min_score` points link to, sorted.

    Source: WebText (Radford et al. 2019, section 2.1): "all outbound links from Reddit which
    received at least 3 karma". If a URL has several spellings, the first in order is kept. The URLs
    are in memory, at about 200 bytes each.
    """
    found: dict[int, str] = {}
    for path in paths:
        with UnitFile(path, open_binary(path)) as file:
            for url in _linked(file, min_score):
                key = url_key(url)
                found[key] = min(url, found.get(key, url))
    return sorted(found.values())


def _linked(file: UnitFile, min_score: int) -> Iterator[str]:
    for line in read_lines(file, 0, -1, MAX_LINE_BYTES):
        _, post = parse_object(line.content)
        if post is None or post.get("is_self") is True:
            continue
        score = post.get("score")
        url = scalar(post.get("url"))
        if not isinstance(score, int) or score < min_score or not url:
            continue
        url = url.replace("&amp;", "&").strip()
        if not url.isprintable() or " " in url:
            continue
        try:
            host = urllib.parse.urlsplit(url).hostname or ""
        except ValueError:
            continue
        if url.startswith(("http://", "https://")) and not _is_own(host):
            yield url


def _is_own(host: str) -> bool:
    return any(host == own or host.endswith(f".{own}") for own in OWN_HOSTS)


def url_key(url: str) -> int:
    """A number that is the same for all spellings of a URL that servers answer alike.

    It ignores the scheme, `www.`, a default port, the fragment, a slash at the end and the case of
    the host.
    """
    rest = url.strip().partition("#")[0]
    scheme, separator, after = rest.partition("://")
    rest = after if separator else rest
    host, slash, path = rest.partition("/")
    host = host.lower().removeprefix("www.")
    host = host.removesuffix(":443" if scheme.lower() == "https" else ":80")
    return xxhash.xxh3_64_intdigest(f"{host}{slash}{path}".rstrip("/").encode("utf-8", "replace"))


def url_list(path: str) -> frozenset[int]:
    """Keys of the URLs in a file (one on each line), which are cached for the next unit.

    Raises:
      OSError: the file cannot be read.
    """
    local = os.path.exists(path)
    return _url_list(path, os.stat(path).st_mtime_ns if local else 0)


@functools.lru_cache(maxsize=2)
def _url_list(path: str, changed: int) -> frozenset[int]:
    keys: set[int] = set()
    rest = b""
    with UnitFile(path, open_binary(path)) as file:
        stream = Decompressed(file)
        while piece := stream.read():
            *whole, rest = (rest + piece).split(b"\n")
            keys.update(url_key(line.decode("utf-8", "replace")) for line in whole if line.strip())
        if stream.damage:
            raise OSError(f"{path}: {stream.damage.message}")
    if rest.strip():
        keys.add(url_key(rest.decode("utf-8", "replace")))
    return frozenset(keys)
