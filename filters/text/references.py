"""References to characters (`&eacute;`, `&#233;`) in texts that are no HTML."""

import html
import html.entities
import re

_REFERENCE = re.compile(r"&(?:\#[xX][0-9a-fA-F]{1,6}|\#[0-9]{1,7}|[A-Za-z][A-Za-z0-9]{1,31});")


def character_of(reference: str) -> str:
    """The character of one reference, from `&` to `;`; itself if HTML knows no such name.

    HTML decodes the longest beginning of a name that it knows, `&notanent;` to `¬anent;`.
    CommonMark decodes whole names alone, since Markdown has addresses such as `?a=1&copy=2`.
    Source: https://spec.commonmark.org/0.31.2/#entity-and-numeric-character-references.
    """
    if reference.startswith("&#"):
        return html.unescape(reference)
    return html.entities.html5.get(reference[1:], reference)


def without_references(text: str) -> str:
    """A text with characters for whole references; what they give is not decoded again."""
    return _REFERENCE.sub(lambda found: character_of(found[0]), text) if "&" in text else text
