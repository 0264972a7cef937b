"""One use of a template: its name and parameters, as MediaWiki reads them."""

import html
import re

from filters.wikitext.templates.editions import Edition

_COMMENT = re.compile("<!--.*?-->", re.DOTALL)
_REFERENCE = re.compile(r"<ref\b[^<>]*/>|<ref\b[^<>]*>.*?</ref\s*>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_LINK = re.compile(r"\[\[(?:[^\[\]|]*\|)?([^\[\]]*)\]\]")
_TEMPLATE = re.compile(r"\{\{[^{}]*\}\}")

MAX_PLAIN_CHARS = 300  # no number, date or code is longer, and Python refuses longer numbers


class Call:
    """A use of a template.

    Values are wikitext without space around it; templates in them that are known are expanded.

    Attributes:
      name: the template's, in lower case.
      params: values by name or number.
      edition: the wiki's words.
      parts: names, empty for numbered ones, and values in their order, as functions read them.
      first: the first numbered parameter.
      title: the page's, empty if it is not known.
      project: what the wiki is, as `convert.Markup` has it.
    """

    __slots__ = ("edition", "first", "name", "params", "parts", "project", "title")

    def __init__(
        self,
        name: str,
        params: dict[str, str],
        edition: Edition,
        parts: list[tuple[str, str]] | None = None,
        title: str = "",
        project: str = "",
    ) -> None:
        self.name = name
        self.params = params
        self.edition = edition
        self.parts = parts or []
        self.first = params.get("1", "")
        self.title = title
        self.project = project

    def part(self, number: int) -> str:
        """What stands between two `|`, a `=` in it being one like others."""
        if number >= len(self.parts):
            return ""
        key, value = self.parts[number]
        return f"{key}={value}" if key else value

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
    return text.strip()[:MAX_PLAIN_CHARS]
