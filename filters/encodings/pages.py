"""Which encoding a page is in, and its characters.

The order is that of browsers: a byte-order mark, the charset of HTTP, `<meta>`, an XML declaration,
and then a guess. Differs:

- What a page declares is only believed if its bytes decode so, or nearly all of them. Browsers show
  a page full of U+FFFD.
- A page beyond ASCII that is UTF-8, but for a few damaged bytes or a character cut in two at its
  end, is in no other encoding, whatever it declares.
- UTF-8 that nobody declares is read as UTF-8. Browsers do not, so that pages declare it.
- A declaration whose text nobody writes is not believed where another encoding makes sense: C1
  controls in ISO 8859 show the encoding of Windows beside it, private or unfamiliar characters in
  Big5 another one of East Asia, capitals inside of words another one of Cyrillic. So do letters
  beyond ASCII in words of windows-1252 where the bytes are text of another script. Where HTTP and
  `<meta>` differ and the bytes are as the latter says, it is believed.
- UTF-16 and ISO-2022-JP are known by their bytes, whatever a page declares. Browsers know the
  former by its mark or the header alone, the latter by a declaration: markup can hide in them from
  filters of scripts, which is no matter here.
"""

import codecs
from collections.abc import Iterator
from typing import NamedTuple

from filters.encodings import detection, familiar, plausible, prescan
from filters.encodings.decoders import REPLACED, decode
from filters.encodings.labels import ISO_2022_JP, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE
from filters.encodings.plausible import beyond_ascii

# How an encoding was found.
MARK, HEADER, META, XML, DETECTED = "bom", "header", "meta", "xml", "detected"
MISDECLARED = "misdeclared"  # a guess, against a declaration whose text no language has

_MARKS = (
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF16_LE, UTF_16LE),
    (codecs.BOM_UTF16_BE, UTF_16BE),
)
_VALID = "valid"  # if it can only be UTF-8
_CONTROLS = (*range(0x09), *range(0x0E, 0x1B), *range(0x1C, 0x20), *range(0x7F, 0xA0))
# The share of a page's characters beyond ASCII that may be damaged. Sound characters of UTF-8 prove
# more than others: of 5,920 pages in other encodings, none read as UTF-8 had less than 0.58.
_DAMAGED = 0.1
_DAMAGED_UTF_8 = 0.4
# Characters that prove UTF-8 against an encoding of more bytes, of which a few may look like it.
_PROVING = 10
_DECIDING = 10  # characters beyond ASCII by which a `<meta>` is believed rather than HTTP
_ONE_BYTE = ("windows-", "ISO-8859-", "KOI8-", "IBM866", "macintosh", "x-mac-")


class Decoded(NamedTuple):
    """A page as a string.

    Attributes:
      encoding: its name in the Encoding Standard.
      found: how it was found: MARK, HEADER, META, XML, DETECTED or MISDECLARED.
      replaced: how many characters the decoder put for bytes that do not fit.
    """

    text: str
    encoding: str
    found: str
    replaced: int


def decode_page(content: bytes, charset: str | None = None, url: str | None = None) -> Decoded:
    """The page as a string; bytes that its encoding does not have become U+FFFD.

    Args:
      charset: what the source declares, as the parameter of a media type.
      url: for a guess at the country.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _decoded(content[len(mark) :], encoding, MARK)
    tried: dict[str, Decoded] = {}
    for encoding, found in _candidates(content, charset):
        if found == _VALID or (encoding == UTF_8 and UTF_8 not in tried):
            # Nearly all pages end here, after one look at their bytes.
            proven = _proven_utf_8(content, _PROVING if encoding in familiar.PAIRS else 1)
            if proven:
                return proven if found == _VALID else proven._replace(found=found)
        if found == _VALID:
            continue
        page = tried.get(encoding) or _decoded(content, encoding, found)
        if encoding == REPLACEMENT:
            return page
        if _is_sound(page):
            return _doubted(content, page, url) if found in (HEADER, META, XML) else page
        tried[encoding] = page
    guess = _decoded(content, detection.detect(content, url), DETECTED)
    if guess.replaced and (other := detection.second_opinion(content)):
        guess = min(guess, _decoded(content, other, DETECTED), key=lambda page: page.replaced)
    # Whatever the bytes are, a guess may be an encoding of one byte. Controls in it refute it.
    if _is_sound(guess) and not _has_controls(guess.text):
        return guess
    return next(iter(tried.values()), guess)


def _candidates(content: bytes, charset: str | None) -> Iterator[tuple[str, str]]:
    """Encodings to try, the better first, and how each was found.

    With _VALID it is the encoding that UTF-8 has to be proven against.
    """
    declared = [(name, found) for name, found in _declared(content, charset) if name]
    by_bytes = detection.utf_16(content)
    if by_bytes is None and detection.iso_2022_jp(content):
        by_bytes = ISO_2022_JP
    if by_bytes is None and detection.is_refused(content):
        by_bytes = REPLACEMENT
    if by_bytes:
        elsewhere = META if prescan.late(content) == by_bytes else DETECTED
        yield by_bytes, dict(reversed(declared)).get(by_bytes, elsewhere)
    for encoding, found in declared:
        if encoding.startswith((*_ONE_BYTE, *familiar.PAIRS)) and not content.isascii():
            yield encoding, _VALID
        yield encoding, found
    may_be_utf_8 = by_bytes not in (ISO_2022_JP, REPLACEMENT)
    if may_be_utf_8:  # nearly all pages are, and need not be searched for a late `<meta>`
        yield UTF_8, _VALID
    if late := prescan.late(content):
        yield late, META
    if may_be_utf_8:
        yield UTF_8, DETECTED


def _declared(content: bytes, charset: str | None) -> Iterator[tuple[str | None, str]]:
    yield prescan.of_media_type(charset), HEADER
    yield prescan.early(content), META
    yield prescan.xml_declaration(content), XML


def _doubted(content: bytes, page: Decoded, url: str | None) -> Decoded:
    """The page as it is declared, or in another encoding if only that makes a text of it."""
    if not page.encoding.startswith((*_ONE_BYTE, *familiar.PAIRS)) or page.text.isascii():
        return page
    if plausible.is_of_no_language(content, page.encoding):
        other = _decoded(content, detection.detect(content, url), MISDECLARED)
        if plausible.is_of_a_language(content, other.text, other.encoding):
            is_meta = page.found == HEADER and prescan.late(content) == other.encoding
            return other._replace(found=META) if is_meta else other
    if name := plausible.sibling(content, page.text, page.encoding):
        other = _decoded(content, name, DETECTED)
        if _is_sound(other) and not plausible.has_controls_of_c1(other.text):
            return other
    deciding = page.found == HEADER and beyond_ascii(page.text) >= _DECIDING
    meta = deciding and prescan.late(content)
    differs = meta and meta != page.encoding and meta.startswith((*_ONE_BYTE, *familiar.PAIRS))
    strange = plausible.is_strange(content, page.text, page.encoding)
    unfamiliar = familiar.is_unfamiliar(page.text, page.encoding)
    if not (differs or strange or unfamiliar):
        return page
    other = _decoded(content, detection.detect(content, url), DETECTED)
    if not _is_sound(other):
        return page
    if unfamiliar and familiar.reads_better(other.text, other.encoding, page.text, page.encoding):
        return other
    if plausible.is_strange(content, other.text, other.encoding) and not plausible.is_plainer(
        content, other.encoding, page.encoding
    ):
        return page
    if strange and plausible.are_kin(page.encoding, other.encoding):
        return other
    if not differs:
        return page
    as_meta = _decoded(content, str(meta), META)
    return as_meta if as_meta.text == other.text else page


def _proven_utf_8(content: bytes, proving: int) -> Decoded | None:
    """The page, if it can only be UTF-8.

    Args:
      proving: sound characters of several bytes that there must be.
    """
    try:
        text, replaced = content.decode(), 0
        if text.isascii():
            return Decoded(text, UTF_8, DETECTED, 0)
    except UnicodeDecodeError as error:
        # Whatever is damaged, a page in another encoding is damaged nearly everywhere.
        text = content.decode("utf-8", "replace")
        replaced = text.count(REPLACED) - content.count(REPLACED.encode())
        cut = error.reason == "unexpected end of data" and error.end == len(content)
        if not cut and replaced > _DAMAGED * beyond_ascii(text):
            return None
    if beyond_ascii(text) - replaced < proving:
        return None
    return Decoded(text, UTF_8, DETECTED, replaced)


def _decoded(content: bytes, encoding: str, found: str) -> Decoded:
    text = decode(content, encoding)
    replaced = text.count(REPLACED)
    if replaced and encoding == UTF_8:  # the page may have the character itself
        replaced -= content.count(REPLACED.encode())
    return Decoded(text, encoding, found, replaced)


def _is_sound(page: Decoded) -> bool:
    if not page.replaced:
        return True
    if page.encoding in (UTF_16LE, UTF_16BE):  # which has half a character where a page is cut
        return page.replaced <= 1 + _DAMAGED * beyond_ascii(page.text)
    tolerated = _DAMAGED_UTF_8 if page.encoding == UTF_8 else _DAMAGED
    return page.replaced <= tolerated * beyond_ascii(page.text)


def _has_controls(text: str) -> bool:
    controls = sum(text.count(chr(code)) for code in _CONTROLS)
    return controls > _DAMAGED * beyond_ascii(text)
