"""How the text of a file is encoded: by an option, by a mark at its beginning, or UTF-8."""

import codecs

from pipelines.sources.records import text_option
from pipelines.sources.units import WorkUnit

UTF_8 = "utf-8"
_MARKS = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


def encoding_option(unit: WorkUnit) -> str | None:
    """The option `encoding`, as Python calls it.

    Raises:
      ValueError: there is no such encoding.
    """
    given = text_option(unit, "encoding", UTF_8)
    try:
        "a".encode(given)  # codecs that are no text encodings, such as base64, fail here
        name = codecs.lookup(given).name
    except LookupError as error:
        raise ValueError(
            f"source {unit.source!r}: encoding {given!r} is not known; common ones are utf-8, "
            "utf-16, windows-1252, gb18030 and shift_jis"
        ) from error
    return name if "encoding" in dict(unit.options) else None


def encoding_of(head: bytes) -> str | None:
    """The encoding that the first bytes of a file tell; None if they are in an older one.

    Bytes that are no UTF-8 are damage where four times as many are characters of several bytes. Of
    other encodings some bytes look like such characters, too.
    """
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if head.isascii() and b"\0" not in head[:4]:
        return UTF_8
    # Without a mark, two ASCII characters at the beginning, as all formats here have.
    if head[1:2] == b"\0" == head[3:4] and head[:1] != b"\0" != head[2:3]:
        return "utf-16-le"
    if head[:1] == b"\0" == head[2:3] and head[1:2] != b"\0" != head[3:4]:
        return "utf-16-be"
    try:
        codecs.getincrementaldecoder(UTF_8)().decode(head)
    except UnicodeDecodeError:
        shown = head.decode(UTF_8, "ignore")
        valid = len(shown.encode())
        several = valid - sum(map(str.isascii, shown))
        return UTF_8 if several >= 4 * (len(head) - valid) else None
    return UTF_8


def errors_of(encoding: str) -> str:
    """How bytes that are no characters are decoded: as lone surrogates, where that is possible."""
    return "replace" if is_wide(encoding) else "surrogateescape"


def is_wide(encoding: str) -> bool:
    """Whether its characters have two bytes or more, so that a line feed is no single byte."""
    return encoding.replace("_", "-").startswith(("utf-16", "utf-32"))
