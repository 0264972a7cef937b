"""Elements of large XML files, one after the other, in bounded memory."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, Protocol

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
    """

    mark: re.Pattern[bytes]
    head: bytes
    end: bytes


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
    return _STAND_INS.sub(lambda found: chr(ord(found[0]) - _STAND_IN), text)


def _stand_in(reference: re.Match[bytes]) -> bytes:
    number = int(reference[1], 16) if reference[1] else int(reference[2])
    return b"&#%d;" % (_STAND_IN + number)


class Elements:
    """The elements with the given local names, in any namespace, in document order.

    An element is valid until the next one is asked for. Then it and all earlier ones are freed.

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
        self._declaration = b""
        self._depth = 0  # elements of these names that are open
        self._begun = False  # one of them has begun since the last mark
        self.problem: str | None = None
        self.empty = True

    def __iter__(self) -> "Iterator[etree._Element]":
        return (found for found in self.with_broken() if not isinstance(found, Broken))

    def with_broken(self) -> "Iterator[etree._Element | Broken]":
        """The elements, and with `restart` the places that are not well-formed."""
        from lxml import etree  # planning needs no parser

        parser = self._parser(b"")
        head = last = b""
        skips = False  # up to the next mark
        is_text = True  # and no comment or CDATA, in which a mark would mean nothing
        for is_mark, piece in self._pieces():
            if skips and not is_mark:
                continue
            fault = None
            if is_mark and not skips and is_text:
                fault = _feed(parser, _REST)
                yield from self._drain(parser)
            if fault:
                yield self._broken(fault, head)
            is_fresh = bool(skips or fault)
            if is_mark:
                if is_fresh:
                    parser, skips, is_text = self._parser(self._head()), False, True
                head, self._begun = b"", False
            if (is_mark or head) and len(head) < _HEAD_BYTES:
                head = (head + piece)[:_HEAD_BYTES]
            fault = _feed(parser, piece)
            yield from self._drain(parser)
            if fault and self._restart is None:
                self.problem = f"XML is not well-formed at line {fault.line}, column {fault.column}"
                break
            if fault and is_mark and not (self._begun or is_fresh):
                parser, before = self._parser(self._head()), fault
                fault = _feed(parser, piece)
                if fault is None:  # the document has ended before the mark
                    yield Broken(_problem(before), b"")
                yield from self._drain(parser)
            if fault:
                yield self._broken(fault, head)
                skips = True
            last += piece
            if not is_text or b"<!" in last:
                is_text = _ends_in_text(last)
            last = last[-_END_BYTES:]
        if self.problem is None and self._stream.damage:
            self.problem = self._stream.damage.message
        elif self.problem is None and not self.empty and not skips:
            try:
                parser.close()
            except etree.XMLSyntaxError as error:
                if self._restart and last.rstrip().endswith(self._restart.end):
                    yield self._broken(_fault(error), head)
                else:
                    self.problem = (
                        "XML ends before its first element is closed; "
                        "the download is probably incomplete"
                    )

    def _broken(self, fault: _Fault, head: bytes) -> Broken:
        """The place of a fault: in an element unless one has ended since the last mark."""
        return Broken(_problem(fault), head if self._depth or not self._begun else b"")

    def _parser(self, head: bytes) -> "etree.XMLPullParser":
        from lxml import etree

        # Without `huge_tree` libxml2 limits how much entities may expand. It then cannot read text
        # of 10 MB or more in one element, but pages and posts are far smaller.
        parser = etree.XMLPullParser(
            events=("start", "end"),
            tag=self._names,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            remove_comments=True,  # or the first comment would end an element's text
            remove_pis=True,
            huge_tree=False,
        )
        self._depth, self._begun = 0, False
        if head:
            parser.feed(head)
        return parser

    def _head(self) -> bytes:
        assert self._restart is not None
        return self._declaration + self._restart.head

    def _pieces(self) -> Iterator[tuple[bool, bytes]]:
        """The document in pieces of up to FEED_BYTES, and whether each begins with a mark."""
        window, is_mark = b"", False
        while piece := self._stream.read():
            if self.empty and (declared := _DECLARATION.match(piece)):
                self._declaration = declared[0]
            self.empty = False
            window += piece
            at = 0
            for mark in self._restart.mark.finditer(window) if self._restart else ():
                yield from _cut(window[at : mark.start()], is_mark)
                at, is_mark = mark.start(), True
            # The last bytes may begin a mark.
            held = MARK_BYTES - 1 if self._restart else 0
            cut = max(at + MARK_BYTES if is_mark else at, len(window) - held)
            if cut > at:
                yield from _cut(window[at:cut], is_mark)
                is_mark = False
            window = window[cut:]
        yield from _cut(window, is_mark)

    def _drain(self, parser: "etree.XMLPullParser") -> "Iterator[etree._Element]":
        """Elements that the parser has completed; each is freed with its earlier siblings."""
        from lxml import etree

        for event, element in parser.read_events():
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
