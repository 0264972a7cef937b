"""Elements of large XML files, one after the other, in bounded memory."""

import contextlib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from pipelines.sources.compression import Damage

if TYPE_CHECKING:
    from lxml import etree

FEED_BYTES = 1 << 15  # all elements that end in one feed are in memory together
MARK_BYTES = 6
# An instruction that means nothing. It ends what libxml2 waits for: a reference, a tag, and a value
# in either quotes and the tag around it.
_REST = b"""<?x ;>">'>?>"""
_END_BYTES = 100
_HEAD_BYTES = 4096  # of a broken element, for its reader to tell which it is
_DECLARATION = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml[^>]*\?>")
# References to the control characters that XML forbids.
_CONTROL = re.compile(rb"&#(?:x0*([0-8bcefBCEF]|1[0-9a-fA-F])|0*([0-8]|1[124-9]|2[0-9]|3[01]));")
_LONGEST_REFERENCE = 12
_STAND_IN = 0xFDD0
_STAND_INS = re.compile("[\ufdd0-\ufdef]")
# Without `huge_tree` libxml2 limits how much entities may expand. It then cannot read text of 10 MB
# or more in one element, but pages and posts are far smaller.
_SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "remove_comments": True,  # or the first comment would end an element's text
    "remove_pis": True,
    "huge_tree": False,
}
# Numbers of libxml2's errors.
_CHARACTER = frozenset((8, 9, 81))  # a reference to one, one itself, bytes that are none
_AMPERSAND = frozenset((23, 26, 68))  # `&` without `;`, with an unknown name, without a name


class Stream(Protocol):
    """The content of a file in pieces, up to its end or a damaged place."""

    @property
    def damage(self) -> Damage | None: ...

    def read(self) -> bytes: ...


class Restart(NamedTuple):
    """How reading goes on behind a place that is not well-formed.

    Attributes:
      mark: what an element begins with, such as `<page>`; it matches `MARK_BYTES` bytes.
      head: what stands before the first element of a document.
      end: what stands behind the last one.
      is_tag: whether an element is one tag, such as `<row … />`. Many are then parsed together.
    """

    mark: re.Pattern[bytes]
    head: bytes
    end: bytes
    is_tag: bool = False


class Broken(NamedTuple):
    """A place that is not well-formed.

    Attributes:
      problem: what is wrong there.
      head: the beginning of the element that it is in; empty where it is in none.
    """

    problem: str
    head: bytes

    def told(self, noun: str, known: bool, ordinal: int) -> str:
        """What an error row says of it.

        Args:
          noun: of an element.
          known: whether the element that it is in is known.
          ordinal: the number of sound elements before it.
        """
        if known:
            found = f"the {noun} has {self.problem}; mend it there to read this {noun}, too"
        else:
            found = f"there is {self.problem}, after {noun} {ordinal}"
        return f"{found}; what follows is read"


class _Fault(NamedTuple):
    """An error of libxml2."""

    code: int
    line: int
    column: int


class ControlsStoodIn:
    """XML in which a stand-in is named where a reference names a control character.

    XML 1.0 forbids such references, but software that escapes HTML writes them. Unicode has 32 code
    points from U+FDD0 on that are no characters, for uses such as this one.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._held = b""  # what may begin a reference

    @property
    def damage(self) -> Damage | None:
        return self._stream.damage

    def read(self) -> bytes:
        while piece := self._stream.read():
            piece = _CONTROL.sub(_stand_in, self._held + piece)
            begun = piece.find(b"&", max(0, len(piece) - _LONGEST_REFERENCE))
            self._held = b"" if begun < 0 else piece[begun:]
            if whole := piece[: begun if begun >= 0 else len(piece)]:
                return whole
        held, self._held = self._held, b""
        return held


def with_controls(text: str) -> str:
    """A text of `ControlsStoodIn` with its control characters."""
    if text.isascii():
        return text
    return _STAND_INS.sub(lambda found: chr(ord(found[0]) - _STAND_IN), text)


def _stand_in(reference: re.Match[bytes]) -> bytes:
    number = int(reference[1], 16) if reference[1] else int(reference[2])
    return b"&#%d;" % (_STAND_IN + number)


class Elements:
    """The elements with the given local names, in any namespace, in document order.

    An element is valid until the next one is asked for.

    Args:
      stream: the document.
      names: of the elements.
      restart: where to go on after a place that is not well-formed; without it the document ends
        there.

    Attributes:
      problem: after the last element, a message about damage, or None for a sound document.
      empty: after the last element, whether the file had no content.
    """

    def __init__(
        self, stream: Stream, names: tuple[str, ...], restart: Restart | None = None
    ) -> None:
        self._stream = stream
        self._names = [f"{{*}}{name}" for name in names]
        self._restart = restart
        self._joins = restart is not None and restart.is_tag
        self._declaration = b""
        self._depth = 0  # elements of these names that are open
        self._begun = False  # one of them has begun since the last mark
        self._sound = 0  # elements of one tag read one after the other, up to now
        self._parser = self._fresh(b"")
        self._skips = False  # up to the next mark
        self._is_text = True  # and no comment or CDATA, in which a mark would mean nothing
        self._head = self._last = b""  # of the element that is read, of what has been read
        self.problem: str | None = None
        self.empty = True

    def __iter__(self) -> "Iterator[etree._Element]":
        return (found for found in self.with_broken() if not isinstance(found, Broken))

    def with_broken(self) -> "Iterator[etree._Element | Broken]":
        """The elements, and with `restart` the places that are not well-formed."""
        from lxml import etree  # planning needs no parser

        for is_mark, pieces in self._runs():
            tried = False
            for number, piece in enumerate(pieces):
                fault = self._rest() if is_mark else None
                if fault is None and not tried and self._is_between() and pieces[number + 1 :]:
                    tried = True
                    if (together := self._together(pieces[number:])) is not None:
                        yield from together
                        break
                yield from self._read(piece, is_mark, fault)
            if self.problem:
                break
        if self.problem is None and self._stream.damage:
            self.problem = self._stream.damage.message
        elif self.problem is None and not self.empty and not self._skips:
            try:
                self._parser.close()
            except etree.XMLSyntaxError as error:
                if self._restart and self._last.rstrip().endswith(self._restart.end):
                    yield self._broken(_fault(error))
                else:
                    self.problem = (
                        "XML ends before its first element is closed; "
                        "the download is probably incomplete"
                    )

    def _rest(self) -> _Fault | None:
        """Ends what is open before a mark; returns what is wrong with it."""
        return None if self._skips or not self._is_text else _feed(self._parser, _REST)

    def _read(
        self, piece: bytes, is_mark: bool, fault: _Fault | None
    ) -> "Iterator[etree._Element | Broken]":
        """The elements that end in a piece, and what is not well-formed.

        Args:
          fault: what is wrong before the piece.
        """
        if self._skips and not is_mark:
            return
        if is_mark:
            yield from self._drain()
        if fault:
            yield self._broken(fault)
        is_fresh = bool(self._skips or fault)
        if is_mark:
            if is_fresh:
                self._parser, self._skips, self._is_text = self._fresh(self._begin()), False, True
            self._head, self._begun = b"", False
        if (is_mark or self._head) and len(self._head) < _HEAD_BYTES:
            self._head = (self._head + piece)[:_HEAD_BYTES]
        fault = _feed(self._parser, piece)
        yield from self._drain()
        if fault and self._restart is None:
            self.problem = f"XML is not well-formed at line {fault.line}, column {fault.column}"
            return
        if fault and is_mark and not (self._begun or is_fresh):
            self._parser, before = self._fresh(self._begin()), fault
            fault = _feed(self._parser, piece)
            if fault is None:  # the document has ended before the mark
                yield Broken(_problem(before), b"")
            yield from self._drain()
        if fault:
            yield self._broken(fault)
            self._skips = True
        joins = is_mark and self._is_text and self._begun and not fault and _is_one_tag(piece)
        self._sound = self._sound + 1 if joins else 0
        self._pass(piece)

    def _is_between(self) -> bool:
        """Whether the parser is known to be between two elements of the same one.

        Behind two elements of one tag, neither of which closes another, that element is still open.
        """
        return self._sound >= 2 and self._depth == 0 and self._is_text and b"<!" not in self._last

    def _together(self, pieces: list[bytes]) -> "list[etree._Element] | None":
        """The elements of pieces between two elements, each of which looks like one tag.

        They are read as a document of their own. The parser of the file need not see them, since it
        would be as before.

        Returns:
          None if one of them is not well-formed, so that they have to be read one by one.
        """
        from lxml import etree

        assert self._restart is not None
        document = b"".join([self._begin(), *pieces, self._restart.end])
        try:
            found = list(etree.fromstring(document, etree.XMLParser(**_SAFE)))
        except etree.XMLSyntaxError:
            return None
        self._head, self._begun = pieces[-1][:_HEAD_BYTES], True
        self._last = b"".join([self._last, *pieces])[-_END_BYTES:]
        return found

    def _pass(self, piece: bytes) -> None:
        """Notes what stands before the next piece."""
        self._last += piece
        if not self._is_text or b"<!" in self._last:
            self._is_text = _ends_in_text(self._last)
        self._last = self._last[-_END_BYTES:]

    def _broken(self, fault: _Fault) -> Broken:
        """The place of a fault: in an element unless one has ended since the last mark."""
        return Broken(_problem(fault), self._head if self._depth or not self._begun else b"")

    def _fresh(self, head: bytes) -> "etree.XMLPullParser":
        from lxml import etree

        parser = etree.XMLPullParser(events=("start", "end"), tag=self._names, **_SAFE)
        self._depth, self._begun, self._sound = 0, False, 0
        if head:
            parser.feed(head)
        return parser

    def _begin(self) -> bytes:
        assert self._restart is not None
        return self._declaration + self._restart.head

    def _declare(self, declaration: bytes) -> None:
        """Keeps the XML declaration of the file for other parsers, if it is a sound one."""
        from lxml import etree

        with contextlib.suppress(etree.XMLSyntaxError):
            etree.fromstring(declaration + b"<a/>", etree.XMLParser(**_SAFE))
            self._declaration = declaration

    def _runs(self) -> Iterator[tuple[bool, list[bytes]]]:
        """The pieces; those that look like elements of one tag come up to FEED_BYTES together."""
        run: list[bytes] = []
        size = 0
        for is_mark, piece in self._pieces():
            joins = self._joins and is_mark and _is_one_tag(piece)
            if run and not (joins and size + len(piece) <= FEED_BYTES):
                yield True, run
                run, size = [], 0
            if joins:
                run.append(piece)
                size += len(piece)
            else:
                yield is_mark, [piece]
        if run:
            yield True, run

    def _pieces(self) -> Iterator[tuple[bool, bytes]]:
        """The document in pieces of up to FEED_BYTES, and whether each begins with a mark."""
        window, is_mark = b"", False
        while piece := self._stream.read():
            if self.empty and (declared := _DECLARATION.match(piece)):
                self._declare(declared[0])
            self.empty = False
            window += piece
            at = 0
            for mark in self._restart.mark.finditer(window) if self._restart else ():
                yield from _cut(window[at : mark.start()], is_mark)
                at, is_mark = mark.start(), True
            if self._joins and is_mark and len(window) - at < FEED_BYTES:
                window = window[at:]  # it may be whole with what follows
                continue
            # The last bytes may begin a mark.
            held = MARK_BYTES - 1 if self._restart else 0
            cut = max(at + MARK_BYTES if is_mark else at, len(window) - held)
            if cut > at:
                yield from _cut(window[at:cut], is_mark)
                is_mark = False
            window = window[cut:]
        yield from _cut(window, is_mark)

    def _drain(self) -> "Iterator[etree._Element]":
        """Elements that the parser has completed; each is freed with its earlier siblings."""
        from lxml import etree

        for event, element in self._parser.read_events():
            assert isinstance(element, etree._Element)  # true for both events
            if event == "start":
                self._depth += 1
                self._begun = True
                continue
            self._depth -= 1
            yield element
            element.clear()
            while element.getprevious() is not None and (parent := element.getparent()) is not None:
                del parent[0]


def local_name(element: "etree._Element") -> str:
    """An element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def _is_one_tag(piece: bytes) -> bool:
    """Whether a piece that begins with a tag has no other and seems to close it."""
    return piece.find(b"<", 1) < 0 and piece.rstrip().endswith(b"/>")


def _ends_in_text(piece: bytes) -> bool:
    """Whether the last comment or CDATA that begins in a piece, or went on in it, ends there."""
    opened = max(piece.rfind(b"<!--"), piece.rfind(b"<![CDATA["))
    return max(piece.rfind(b"-->"), piece.rfind(b"]]>")) > opened


def _cut(piece: bytes, is_mark: bool) -> Iterator[tuple[bool, bytes]]:
    for at in range(0, len(piece), FEED_BYTES):
        yield is_mark and at == 0, piece[at : at + FEED_BYTES]


def _feed(parser: "etree.XMLPullParser", piece: bytes) -> _Fault | None:
    """Feeds a piece; returns why it is not well-formed.

    Of a reference to an unknown entity lxml tells in its log alone, and then reads what follows as
    another document.
    """
    from lxml import etree

    try:
        parser.feed(piece)
    except etree.XMLSyntaxError as error:
        return _fault(error)
    found = parser.feed_error_log.filter_from_fatals()
    return _Fault(found[0].type, found[0].line, found[0].column) if len(found) else None


def _fault(error: "etree.XMLSyntaxError") -> _Fault:
    line, column = error.position
    return _Fault(error.code or 0, line, column)  # type: ignore[attr-defined]  # lxml-stubs lack it


def _problem(fault: _Fault) -> str:
    if fault.code in _CHARACTER:
        return "a character that XML does not allow, such as a control character, in the dump"
    if fault.code in _AMPERSAND:
        return "an & or < in the text of the dump that is not written as &amp; or &lt;"
    return "XML that is not well-formed"
