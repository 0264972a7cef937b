"""Elements of large XML files, one after the other, in bounded memory."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from pipelines.sources.compression import Damage

if TYPE_CHECKING:
    from lxml import etree

FEED_BYTES = 1 << 15  # all elements that end in one feed are in memory together


class Stream(Protocol):
    """The content of a file in pieces, up to its end or a damaged place."""

    @property
    def damage(self) -> Damage | None: ...

    def read(self) -> bytes: ...


class Elements:
    """The elements with the given local names, in any namespace, in document order.

    An element is valid until the next one is asked for. Then it and all earlier ones are freed.

    Attributes:
      problem: after the last element, a message about damage, or None for a sound document.
      empty: after the last element, whether the file had no content.
    """

    def __init__(self, stream: Stream, names: tuple[str, ...]) -> None:
        self._stream = stream
        self._names = [f"{{*}}{name}" for name in names]
        self.problem: str | None = None
        self.empty = True

    def __iter__(self) -> "Iterator[etree._Element]":
        from lxml import etree  # planning needs no parser

        # Without `huge_tree` libxml2 limits how much entities may expand. It then cannot read text
        # of 10 MB or more in one element, but pages and posts are far smaller.
        parser = etree.XMLPullParser(
            events=("end",),
            tag=self._names,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            remove_comments=True,  # or the first comment would end an element's text
            remove_pis=True,
            huge_tree=False,
        )
        try:
            while piece := self._stream.read():
                self.empty = False
                for at in range(0, len(piece), FEED_BYTES):
                    parser.feed(piece[at : at + FEED_BYTES])
                    yield from _drain(parser)
        except etree.XMLSyntaxError as error:
            yield from _drain(parser)
            line, column = error.position
            self.problem = f"XML is not well-formed at line {line}, column {column}"
            return
        if self._stream.damage:
            self.problem = self._stream.damage.message
        elif not self.empty:
            try:
                parser.close()
            except etree.XMLSyntaxError:
                self.problem = (
                    "XML ends before its first element is closed; "
                    "the download is probably incomplete"
                )


def local_name(element: "etree._Element") -> str:
    """An element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def _drain(parser: "etree.XMLPullParser") -> "Iterator[etree._Element]":
    """Elements that the parser has completed; each is freed with its earlier siblings after use."""
    from lxml import etree

    for _, element in parser.read_events():
        assert isinstance(element, etree._Element)  # true for every `end` event
        yield element
        element.clear()
        while element.getprevious() is not None and (parent := element.getparent()) is not None:
            del parent[0]
