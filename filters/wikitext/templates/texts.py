"""Parts of texts: `{{#sub:…}}`, `{{#replace:…}}` and templates such as `{{str left|text|3}}`.

Source: MediaWiki's extension ParserFunctions, where `$wgPFEnableStringFunctions` is on, and the
documentation of the templates of the English Wikipedia. Characters count, not bytes.
"""

import re
import urllib.parse

from filters.wikitext.templates.calls import Call, plain
from filters.wikitext.templates.functions import UNKNOWABLE

_MAX_CHARS = 5000  # MediaWiki refuses longer ones ($wgPFStringLengthLimit is 1,000)
_INTEGER = re.compile("[-+]?[0-9]{1,9}")
_WORD_END = re.compile(r"\s")


def _number(text: str, otherwise: int = 0) -> int:
    text = plain(text).replace("−", "-")
    return int(text) if _INTEGER.fullmatch(text) else otherwise


def _subject(call: Call) -> str | None:
    """The text; None if a value that nobody knows is in it, or it is too long."""
    text = call.part(0)
    return None if UNKNOWABLE in text or "{{" in text or len(text) > _MAX_CHARS else text


def length(call: Call) -> str:
    """`{{#len:Ice}}` is 3."""
    text = _subject(call)
    return UNKNOWABLE if text is None else str(len(text))


def position(call: Call) -> str:
    """`{{#pos:Icecream|c|2}}` is 3, the first place of `c` from 2 on; nothing if there is none."""
    text = _subject(call)
    if text is None:
        return UNKNOWABLE
    at = text.find(call.part(1) or " ", max(0, _number(call.part(2))))
    return str(at) if at >= 0 else ""


def last_position(call: Call) -> str:
    """`{{#rpos:Icecream|c}}` is 3; -1 if there is none."""
    text = _subject(call)
    return UNKNOWABLE if text is None else str(text.rfind(call.part(1) or " "))


def sub(call: Call) -> str:
    """`{{#sub:Icecream|3}}` is cream, `{{#sub:Icecream|-3|2}}` ea, `{{#sub:Icecream|3|-3}}` cr."""
    text = _subject(call)
    if text is None:
        return UNKNOWABLE
    start, size = _number(call.part(1)), _number(call.part(2))
    start = max(0, len(text) + start) if start < 0 else start
    end = len(text) if size == 0 else size + (start if size > 0 else len(text))
    return text[start : max(start, end)]


def count(call: Call) -> str:
    """`{{#count:Icecream|c}}` is 2."""
    text = _subject(call)
    return UNKNOWABLE if text is None else str(text.count(call.part(1) or " "))


def replace(call: Call) -> str:
    """`{{#replace:Icecream|e|E}}` is IcEcrEam; so is `{{replace|Icecream|e|E}}`."""
    text = _subject(call)
    if text is None:
        return UNKNOWABLE
    found = text.replace(call.part(1) or " ", call.part(2))
    return found if len(found) <= _MAX_CHARS else text


def explode(call: Call) -> str:
    """`{{#explode:a b c| |1}}` is b, `{{#explode:a/b/c|/|-1}}` c."""
    text = _subject(call)
    if text is None:
        return UNKNOWABLE
    limit = _number(call.part(3))
    parts = text.split(call.part(1) or " ", limit - 1 if limit > 0 else -1)
    at = _number(call.part(2))
    return parts[at] if -len(parts) <= at < len(parts) else ""


def decoded(call: Call) -> str:
    """`{{#urldecode:caf%C3%A9+noir}}` is café noir."""
    text = _subject(call)
    return UNKNOWABLE if text is None else urllib.parse.unquote_plus(text)


def left(call: Call) -> str:
    """`{{str left|Icecream|3}}` is Ice; without a number it is one character."""
    return call.first[: max(0, _number(call.get("2"), 1))]


def right(call: Call) -> str:
    """`{{str right|Icecream|3}}` is what follows the third character: cream."""
    return call.first[max(0, _number(call.get("2"), 1)) :]


def first_word(call: Call) -> str:
    """`{{first word|Ice cream}}` is Ice; `sep=` says what parts words."""
    separator = call.get("sep")
    return call.first.split(separator)[0] if separator else _WORD_END.split(call.first)[0]
