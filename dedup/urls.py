"""Keys of URLs: spellings of one address that servers answer alike have the same key.

Source: RFC 3986, 6.2 (case, percent-encoding, dot segments, default ports), and what crawlers
drop beyond it: scheme, `www.`, fragment, parameters of campaigns and sessions, a slash at the end.
"""

import re
import urllib.parse
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

# Parameters that say who sent a reader, or which visit it is: whole names, and prefixes of names.
TRACKING = frozenset(
    {
        "_ga", "_gl", "dclid", "fbclid", "gad_source", "gbraid",
        "gclid", "gclsrc", "igsh", "igshid", "jsessionid", "mkt_tok",
        "msclkid", "phpsessid", "s_kwcid", "srsltid", "ttclid", "twclid",
        "vero_conv", "vero_id", "wbraid", "wickedid", "yclid",
    }
)  # fmt: skip
TRACKING_PREFIXES = ("utm_", "mc_", "hsa_", "_hs", "pk_", "piwik_", "mtm_", "matomo_", "oly_")

_DEFAULT_PORTS = {"http": 80, "https": 443}
_SESSION = re.compile(r";jsessionid=[^/?#]*", re.IGNORECASE)
_ESCAPE = re.compile("%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
_SAFE = "%!$&'()*+,;=:@/?[]~"


def normalized(url: str) -> str:
    """The normal form of a URL: host, path and sorted parameters.

    It has no scheme, user, password, `www.`, default port, dot after the host, fragment, parameters
    of `TRACKING`, empty parameters, and no slashes at the end. The host is in lower case and ASCII
    (IDNA). Escapes of characters that need no escape are decoded; others are in upper case. A
    string that is no URL stays as it is, without white space at its ends.
    """
    url = url.strip()
    try:
        parts = urllib.parse.urlsplit(url if "://" in url else f"//{url.removeprefix('//')}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return url
    if not host.isascii():
        try:
            host = host.encode("idna").decode()
        except UnicodeError:
            return url
    host = host.rstrip(".").removeprefix("www.")
    where = "" if port is None or port == _DEFAULT_PORTS.get(parts.scheme) else f":{port}"
    path = _unescaped(_SESSION.sub("", parts.path))
    if "/." in path:
        path = _without_dots(path)
    path = path.rstrip("/")
    query = "&".join(sorted(_parameters(parts.query))) if parts.query else ""
    return f"{host}{where}{path}?{query}" if query else f"{host}{where}{path}"


def _parameters(query: str) -> Iterator[str]:
    for parameter in query.split("&"):
        name = parameter.partition("=")[0].lower()
        if parameter and name not in TRACKING and not name.startswith(TRACKING_PREFIXES):
            yield _unescaped(parameter)


def _unescaped(text: str) -> str:
    if "%" in text:
        text = _ESCAPE.sub(_unescape, text)
    return text if text.isascii() else urllib.parse.quote(text, safe=_SAFE)


def _unescape(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return character if character in _UNRESERVED else match[0].upper()


def _without_dots(path: str) -> str:
    """RFC 3986, 5.2.4."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[max(1, len(kept) - 1) :]  # never the part before the first slash
        elif segment != ".":
            kept.append(segment)
    return "/".join(kept)


def url_keys(urls: pa.StringArray) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.bool_]]:
    """XXH3-64 of each normalised URL, and whether it has a key: a null or blank URL has none."""
    values = urls.to_pylist()
    there = np.array([bool(url and url.strip()) for url in values], bool)
    keys = [xxhash.xxh3_64_intdigest(_bytes(url)) for url in values if url and url.strip()]
    found = np.zeros(len(values), np.uint64)
    found[there] = np.array(keys, np.uint64)
    return found, there


def _bytes(url: str) -> bytes:
    return normalized(url).encode("utf-8", "surrogatepass")
