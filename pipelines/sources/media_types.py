"""The media type that a Content-Type says, as browsers read lists of several and what is no type.

Source: "extract a MIME type" of https://fetch.spec.whatwg.org/#content-type-header. Differs: what
stands behind a type counts for nothing, as in Chromium (`text/html (page)`), and a charset may
follow anything but a semicolon (`text/html,charset=gbk`).
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

# A header's fields may be joined by commas. These do not count within quotes.
_ELEMENT = re.compile(r'(?:"(?:[^"\\]|\\.)*"?|[^",])+')
_TOKEN = r"[!#$%&'*+.^_`|~0-9a-z-]+"
_TYPE = re.compile(rf"\s*({_TOKEN}/{_TOKEN})")
_CHARSET = re.compile(r"charset\s*=\s*(\"[^\"]*\"?|[^\s;\"]+)")
_ANY = "*/*"


class MediaType(NamedTuple):
    """A type such as text/html and its charset, both in lower case; empty where there is none."""

    essence: str = ""
    charset: str = ""


def extract(values: Iterable[str]) -> MediaType:
    """The media type that the fields named Content-Type say: the last valid one.

    Its charset is that of an earlier field if that one says the same type.
    """
    found = MediaType()
    for element in _ELEMENT.findall(",".join(values).lower()):
        kind, named = _TYPE.match(element), _CHARSET.search(element)
        charset = named[1].strip("\"' \t") if named else ""
        essence = kind[1] if kind else ""
        if not essence:
            found = found._replace(charset=found.charset or charset)
        elif essence != _ANY:
            kept = found.charset if essence == found.essence else ""
            found = MediaType(essence, charset or kept)
    return found
