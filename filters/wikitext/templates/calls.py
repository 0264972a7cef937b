"""One use of a template: its name and parameters, as MediaWiki reads them."""

import html
import re

from filters.wikitext.templates.editions import Edition

_COMMENT = re.compile("<!--.*?-->", re.DOTALL)
_REFERENCE = re.compile(r"<ref\b[^<>]*/>|<ref\b[^<>]*>.*?</ref\s*>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_LINK = re.compile(r"\[\[(?:[^\[\]|]*\|)?([^\[\]]*)\]\]")
_TEMPLATE = re.compile(r"\{\{[^{}]*\}\}")


class Call:
    """A template's name, in lower case, its parameters by name or number, and the wiki's words.

    Values are wikitext without space around it; templates in them that are known are expanded.
    """

    __slots__ = ("edition", "first", "name", "params")

    def __init__(self, name: str, params: dict[str, str], edition: Edition) -> None:
        self.name = name
        self.params = params
        self.edition = edition
        self.first = params.get("1", "")

    def get(self, *names: str) -> str:
        """The first of these parameters that says something."""
        for name in names:
            if value := self.params.get(name):
                return value
        return ""

    def plain(self, *names: str) -> str:
        """The same without markup: for numbers, dates and codes."""
        return plain(self.get(*names))

    def positional(self) -> list[str]:
        """The numbered parameters up to the first that is missing."""
        found: list[str] = []
        while (value := self.params.get(str(len(found) + 1))) is not None:
            found.append(value)
        return found

    def is_set(self, name: str) -> bool:
        """Whether a switch is on: `lc=y`."""
        return self.params.get(name, "").lower() in ("y", "yes", "on", "1", "true", "sí", "oui")


def without_comments(text: str) -> str:
    return _COMMENT.sub("", text) if "<!--" in text else text


def without_references(text: str) -> str:
    return _REFERENCE.sub("", text) if "<" in text else text


def plain(text: str) -> str:
    """Wikitext of a word or number without its markup."""
    if "<" in text:
        text = _TAG.sub("", without_references(text))
    if "[" in text:
        text = _LINK.sub(r"\1", text)
    if "{" in text:
        text = _TEMPLATE.sub("", text)
    if "&" in text:
        text = html.unescape(text)
    if "''" in text:
        text = re.sub("'{2,}", "", text)
    return text.strip()
