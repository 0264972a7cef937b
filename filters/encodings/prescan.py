"""Where a page says its encoding in its own bytes: `<meta>` and the XML declaration.

Source: "prescan a byte stream to determine its encoding" of the HTML standard. In comments, in
attributes of other elements and in quotes it finds nothing, and a stream that ends inside a tag
says nothing more. It looks at the first 1024 bytes.

Browsers that meet a `<meta>` later read the page again. So does `late`, within a megabyte. There it
is the parser that meets the element, so what looks like one inside `<script>` or `<title>` is none.
"""

import re

from filters.encodings.labels import UTF_16BE, UTF_16LE, encoding_of_markup, meant_by

PRESCANNED_BYTES = 1024
LATE_BYTES = 1 << 20

_META = re.compile(rb"<meta[\t\n\f\r /]", re.IGNORECASE)
_TAG = re.compile(rb"</?[A-Za-z]")
_TAG_NAME_END = re.compile(rb"[\t\n\f\r >]")
# Elements whose content is text to the parser.
_TEXT_ONLY = {
    name: re.compile(rb"</" + name + rb"[\t\n\f\r />]", re.IGNORECASE)
    for name in (b"iframe", b"noembed", b"noframes", b"script", b"style", b"textarea", b"title",
                 b"xmp")
}  # fmt: skip
_BEFORE_NAME = re.compile(rb"[\t\n\f\r /]*")
_NAME = re.compile(rb"[^\t\n\f\r />][^\t\n\f\r />=]*")
_IS = re.compile(rb"[\t\n\f\r ]*=[\t\n\f\r ]*")
_BLANKS = re.compile(rb"[\t\n\f\r ]*")
_UNQUOTED = re.compile(rb"[^\t\n\f\r >]*")
_CHARSET = re.compile(
    rb"charset[\t\n\f\r ]*=[\t\n\f\r ]*"
    rb"(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>[^\t\n\f\r ;\"'][^\t\n\f\r ;]*))?"
)
_CHARSET_WORD = re.compile(rb"charset", re.IGNORECASE)
_XML = re.compile(rb"<\?xml[^>]*?encoding[\0- ]*=[\0- ]*([\"'])([^\"'>\0- ]*)\1")


def early(content: bytes) -> str | None:
    """The encoding that a `<meta>` in the first 1024 bytes says."""
    return _of_meta(content[:PRESCANNED_BYTES], as_parsed=False)


def late(content: bytes) -> str | None:
    """The encoding that the first `<meta>` with one says, wherever in the page it stands."""
    content = content[:LATE_BYTES]
    if not _CHARSET_WORD.search(content):
        return None
    return _of_meta(content, as_parsed=True)


def xml_declaration(content: bytes) -> str | None:
    """The encoding that an XML declaration at the begin of the page says."""
    if content.startswith(b"<\0?\0x\0"):
        return UTF_16LE
    if content.startswith(b"\0<\0?\0x"):
        return UTF_16BE
    found = _XML.match(content[:PRESCANNED_BYTES])
    return encoding_of_markup(found[2].decode("latin-1")) if found else None


class _EndedError(Exception):
    """The stream ends inside a tag or a comment."""


def _of_meta(content: bytes, as_parsed: bool) -> str | None:
    at = 0
    try:
        while (at := content.find(b"<", at)) >= 0:
            if content.startswith(b"<!--", at):
                at = _after(content, b"-->", at + 2)  # its dashes may be those of the begin
            elif meta := _META.match(content, at):
                attributes, at = _attributes(content, meta.end() - 1)
                if encoding := _of_attributes(attributes):
                    return encoding
            elif _TAG.match(content, at):
                name_end = _end(_TAG_NAME_END.search(content, at))
                name = content[at + 1 : name_end].lower()
                _, at = _attributes(content, name_end)
                if as_parsed and name in _TEXT_ONLY:
                    at = _end(_TEXT_ONLY[name].search(content, at))
            elif content[at + 1 : at + 2] in (b"!", b"/", b"?"):
                at = _after(content, b">", at)
            else:
                at += 1
    except _EndedError:
        pass
    return None


def _after(content: bytes, mark: bytes, at: int) -> int:
    found = content.find(mark, at)
    if found < 0:
        raise _EndedError
    return found + len(mark)


def _end(found: re.Match[bytes] | None) -> int:
    """Where a match begins.

    Raises:
      _EndedError: there is none.
    """
    if found is None:
        raise _EndedError
    return found.start()


def _attributes(content: bytes, at: int) -> tuple[dict[bytes, bytes], int]:
    """The attributes of a tag from `at` on, in lower case, and the position after the tag.

    Of attributes with the same name the first counts.

    Raises:
      _EndedError: the tag has no end.
    """
    attributes: dict[bytes, bytes] = {}
    while True:
        at = _past(_BEFORE_NAME, content, at)
        name = _NAME.match(content, at)
        if name is None:
            return attributes, at + 1  # the end of the tag
        at = name.end()
        value = b""
        if equals := _IS.match(content, at):
            value, at = _value(content, equals.end())
        else:
            at = _past(_BLANKS, content, at)
        attributes.setdefault(name[0].lower(), value.lower())


def _value(content: bytes, at: int) -> tuple[bytes, int]:
    """The value of an attribute, and the position after it."""
    quote = content[at : at + 1]
    if quote in (b'"', b"'"):
        end = _after(content, quote, at + 1)
        return content[at + 1 : end - 1], end
    end = _past(_UNQUOTED, content, at)
    return content[at:end], end


def _past(pattern: re.Pattern[bytes], content: bytes, at: int) -> int:
    """The end of a match, which may be empty, in what is not yet the end of the stream."""
    found = pattern.match(content, at)
    if found is None or found.end() >= len(content):
        raise _EndedError
    return found.end()


def _of_attributes(attributes: dict[bytes, bytes]) -> str | None:
    """The encoding that the attributes of a `<meta>` say."""
    label = attributes.get(b"charset")
    if label is None and attributes.get(b"http-equiv") == b"content-type":
        found = _CHARSET.search(attributes.get(b"content", b""))
        label = found[found.lastgroup] if found and found.lastgroup else None
    return encoding_of_markup(label.decode("latin-1")) if label else None


def of_media_type(charset: str | None) -> str | None:
    """The encoding that the parameter `charset` of a media type says; of several, the first."""
    return meant_by(charset.split(",")[0].strip("\"' \t")) if charset else None
