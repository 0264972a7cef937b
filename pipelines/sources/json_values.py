"""Files that are one JSON value, or several over many lines: their objects, one after another.

An array is read in a stream, in memory for one object. So is the list in an object that wraps one,
as answers of APIs do: `{"data": [{...}, {...}], "next": "..."}`.
"""

import codecs
import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from pipelines.sources.compression import Decompressed, head_of
from pipelines.sources.encodings import UTF_8, encoding_of, errors_of, is_wide
from pipelines.sources.files import UnitFile
from pipelines.sources.records import Line, too_large

# Keys of lists of objects in answers of APIs: of Twitter, Pushshift, Algolia, Hugging Face, GitHub.
# Of WordPress, OData, Elasticsearch, Solr, Atom as JSON, Discourse and MediaWiki the others.
LISTS = (
    "data", "items", "rows", "results", "records", "documents", "hits", "statuses", "tweets",
    "posts", "articles", "entries", "docs", "objects", "value", "result", "list", "entry",
    "pages",
)  # fmt: skip
# Keys of an object around such a list: `{"response": {"docs": [...]}}`.
AROUND = ("response", "hits", "data", "result", "results", "feed", "payload", "_embedded",
    "post_stream", "query",
)  # fmt: skip
HEAD_BYTES = 1 << 16  # of content by which a file is known
# A first line that is longer, and has a list of objects under one of these keys, is such a list.
LONGEST_LINE_BYTES = 16 << 20

_BLANK = re.compile(r"[\s,;\ufeff]*")
# An archive of Twitter has scripts, such as `window.YTD.tweets.part0 = [...]` and, before 2019,
# `Grailbird.data.tweets_2013_01 = [...]` and `var tweet_index = [...]`.
_START = re.compile(r"[\s\ufeff]*(?:(?:(?:var|let|const)\s+)?[A-Za-z_$][\w$.]*\s*=\s*(?=[\[{]))?")
# A string, with what shows that it is the key of a list of objects or of an object; or a bracket.
_KEYS = re.compile(
    r'"((?:[^"\\]++|\\.)*+)"(?:(\s*:\s*(?=\[\s*\{))|(\s*:\s*\{))?|[\[\]{}]', re.DOTALL
)
_LISTED = re.compile(f'"(?:{"|".join(LISTS)})"')
_IN_STRING = re.compile(r'["\\\n]')
_OUTSIDE = re.compile(r'["\[\]{}]')
_NEXT = re.compile(r"\n[ \t\r,]*(?=[\[\]{])")  # a line that may begin with another value
_NO_VALUE = re.compile(r".[^\n\[\]{]*", re.DOTALL)
_decoder = json.JSONDecoder()
# A number may go on in the next piece, and a longer one is none.
_LONGEST_NUMBER = 64
_NO_END = "the file ends inside of this value, before its last bracket"


class Start(NamedTuple):
    """Where values begin.

    Attributes:
      chars: the number of characters before them.
      wrapped: whether they are the list of an object, which ends with the list.
      encoding: of the file.
    """

    chars: int
    wrapped: bool
    encoding: str = UTF_8


def start_of(file: UnitFile, text: str = "text", encoding: str | None = None) -> Start | None:
    """Where the values of a file begin, or None if it has one object on each line.

    The file is left at its beginning.

    Args:
      text: the key of the text: an object that has it wraps nothing.
      encoding: that of the file, if it is known.
    """
    head = head_of(file, HEAD_BYTES)
    encoding = encoding or encoding_of(head) or UTF_8
    shown = head.decode(encoding, errors_of(encoding))
    found = _start_in(file, shown, len(head) < HEAD_BYTES, text)
    if found is None and not is_wide(encoding):
        return None  # line ends are those of ASCII
    return (found or Start(0, wrapped=False))._replace(encoding=encoding)


def _start_in(file: UnitFile, shown: str, whole: bool, text: str) -> Start | None:
    """`start_of` for a file whose head is `shown`; `whole` says that this is all of it."""
    begin = _START.match(shown)
    assert begin
    at, mark = begin.end(), shown[begin.end() : begin.end() + 1]
    if mark == "[" or shown[:at].strip("\ufeff \t\r\n"):
        return Start(at, wrapped=False)
    if mark != "{":
        return None
    line, feed, rest = shown[at:].partition("\n")
    if line.rstrip().endswith("}") and (rest.strip() or (feed and not whole)):
        return None
    # Over many lines, as far as the first two show; else one object in the file, or a long line.
    spread = line.rstrip()[-1] in "{[," and not rest.lstrip().startswith("{")
    if not spread and feed and rest.strip():
        return None
    found = _list_of(shown[at:], text)
    if found and not spread and not whole and _has_another_line(file):
        return None
    return Start(at + found, bool(found)) if found or (spread and feed) else None


def _has_another_line(file: UnitFile) -> bool:
    line, feed, rest = head_of(file, LONGEST_LINE_BYTES).partition(b"\n")
    return bool(feed and rest.strip() and line.rstrip().endswith(b"}"))


def _list_of(shown: str, text: str) -> int:
    """Where the list begins that an object wraps; 0 if it has none, or a text of its own."""
    depth = 0
    found = 0
    around = False  # whether an object is open that may hold the list
    if not _LISTED.search(shown):
        return 0  # as almost always
    for match in _KEYS.finditer(shown):
        mark = match[0][0]
        if mark != '"':
            depth += 1 if mark in "{[" else -1
            if not depth:
                break
            continue
        here = depth == 1 or (depth == 2 and around)
        if here and match[1] == text:
            return 0
        if here and match[2] and match[1] in LISTS and not found:
            found = match.end()
        if match[3]:
            around = match[1] in AROUND if depth == 1 else around
            depth += 1
    return found


def values(file: UnitFile, start: Start, limit: int) -> Iterator[Line]:
    """The elements of the arrays of a file, and values between arrays.

    Commas may lack or be too many. A value that is no valid JSON costs itself, as far as its end
    can be found: by its brackets, or else by the line on which another one begins.

    Args:
      limit: a value of more bytes is not kept.
    """
    stream = _Stream(Decompressed(file), limit, start.encoding)
    stream.skip(start.chars)
    inside = False
    while mark := stream.next_mark():
        if inside and mark == "]":
            stream.advance(stream.at + 1)
            inside = False
            if start.wrapped:
                return
        elif not inside and mark == "[":
            stream.advance(stream.at + 1)
            inside = True
        else:
            found = stream.value()
            if found.problem == _NO_END:
                yield found._replace(problem=stream.damage or _NO_END)
                return
            yield found
    if stream.damage:
        yield Line(stream.place, 0, problem=stream.damage)
    elif inside:
        yield Line(stream.place, 0, problem="the JSON array has no end: a ] is missing")


class _Stream:
    """Content as text, of which the part from `at` on was not read yet."""

    def __init__(self, content: Decompressed, limit: int, encoding: str) -> None:
        self._content = content
        self._limit = limit
        # A byte that is no UTF-8 becomes a lone surrogate, by which the value is recognised later.
        self._decode = codecs.getincrementaldecoder(encoding)(errors_of(encoding)).decode
        self._text = ""
        self._offset = 0  # of `at` in the content, in bytes
        self.at = 0

    @property
    def place(self) -> str:
        return self._content.place(self._offset)

    @property
    def damage(self) -> str:
        return self._content.damage.message if self._content.damage else ""

    def _piece(self) -> str:
        """The next text; empty at the end."""
        while piece := self._content.read():
            if text := self._decode(piece):
                return text
        return self._decode(b"", True)

    def _fill(self, wanted: int) -> bool:
        """Whether there are so many characters from `at` on; reads until there are."""
        while len(self._text) - self.at < wanted:
            if not (piece := self._piece()):
                return False
            self._text, self.at = self._text[self.at :] + piece, 0
        return True

    def skip(self, chars: int) -> None:
        self._fill(chars)
        self.advance(self.at + chars)

    def advance(self, to: int) -> int:
        """Moves to a character, and says how many bytes were passed."""
        size = len(_bytes(self._text[self.at : to]))
        self._offset += size
        self.at = to
        return size

    def next_mark(self) -> str:
        """The first character of the next value, or the bracket that ends an array."""
        while self._fill(1):
            blank = _BLANK.match(self._text, self.at)
            assert blank
            self.advance(blank.end())
            if self.at < len(self._text):
                self._fill(_LONGEST_NUMBER)
                return self._text[self.at]
        return ""

    def value(self) -> Line:
        place, at, text = self.place, self.at, self._text
        try:
            value, end = _decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return self._by_brackets(place) if text[at] in '{["' else self._no_value(place)
        content = _bytes(text[at:end])
        self._offset += len(content)
        self.at = end
        if len(content) > self._limit:
            return Line(place, len(content), problem=too_large(len(content), self._limit))
        if not isinstance(value, dict) or not _is_utf8(content):
            value = None  # who parses it again says what is wrong
        return Line(place, len(content), content, value=value)

    def _no_value(self, place: str) -> Line:
        match = _NO_VALUE.match(self._text, self.at)
        assert match
        return Line(place, self.advance(match.end()), problem="no valid JSON at character 0")

    def _by_brackets(self, place: str) -> Line:
        """A value that is larger than what was read of it, or no valid JSON."""
        nesting = _Nesting()
        held: list[bytes] = []
        size = 0
        while (end := nesting.end(self._text, self.at)) < 0:
            part = _bytes(self._text[self.at :])
            size += self.advance(len(self._text))
            held = [*held, part] if size <= self._limit else []
            if not self._fill(1):
                return Line(place, size, problem=_NO_END)
        held.append(_bytes(self._text[self.at : end]))
        size += self.advance(end)
        if size > self._limit:
            return Line(place, size, problem=too_large(size, self._limit))
        return Line(place, size, b"".join(held))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


class _Nesting:
    """Finds the end of a value by its brackets, in pieces of text; it need not be valid JSON."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._number = {"{": 0, "[": 0}  # of each in `_open`
        self._in_string = False
        self._escaped = 0  # characters at the beginning of the next piece that a backslash escapes
        self._lost = False

    def end(self, text: str, at: int) -> int:
        """The position after the value, or -1 if it goes on in the next piece."""
        at += self._escaped
        self._escaped = 0
        while True:
            if self._lost:
                found = _NEXT.search(text, at)
                return found.end() if found else -1
            found = (_IN_STRING if self._in_string else _OUTSIDE).search(text, at)
            if not found:
                return -1
            mark, at = found[0], found.end()
            if mark == "\\":
                at += 1
                if at > len(text):
                    self._escaped = 1
                    return -1
            elif mark == "\n":  # cannot stand in a string, so that a quote is missing
                self._lost, at = True, found.start()
            elif mark == '"':
                self._in_string = not self._in_string
            elif mark in "{[":
                self._open.append(mark)
                self._number[mark] += 1
            elif self._closes("{" if mark == "}" else "["):
                pass
            elif mark == "]":
                return found.start()  # it ends the array around the value
            if not self._open and not self._in_string and not self._lost:
                return at

    def _closes(self, opening: str) -> bool:
        """Whether a bracket closes an open one; those that were opened after it are closed too."""
        if not self._number[opening]:
            return False
        closed = ""
        while closed != opening:
            closed = self._open.pop()
            self._number[closed] -= 1
        return True
