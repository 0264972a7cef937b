"""Templates whose pages a dump has (namespace 10), as far as they are text for a sentence.

Source: https://www.mediawiki.org/wiki/Help:Templates and Transclusion (noinclude, includeonly,
onlyinclude, parameters with defaults).
Differs: a page of several lines, with tables or boxes, or with functions other than those of
functions.py leaves nothing, as do templates in it that are not known.
"""

import re
from collections.abc import Callable, Mapping

from filters.wikitext.templates.calls import Call, without_comments

MAX_PAGE_CHARS = 4000
MAX_TEXT_CHARS = 20_000
MAX_ROUNDS = 8  # of parameters in defaults of parameters
MAX_PAGES = 64  # that one use of a template may come to

_ONLY = re.compile(r"<onlyinclude>(.*?)</onlyinclude>", re.DOTALL | re.IGNORECASE)
_NOINCLUDE = re.compile(r"<noinclude>.*?(?:</noinclude>|\Z)", re.DOTALL | re.IGNORECASE)
_INCLUDE = re.compile(r"</?(?:includeonly|onlyinclude|noinclude)\s*/?>", re.IGNORECASE)
_CATEGORY = re.compile(r"\[\[[^\[\]|:]*:[^\[\]]*\]\]")
_REDIRECT = re.compile(r"\s*[#＃]\w+\s*:?\s*\[\[[^\[\]|:]*:([^\[\]|]+)\]\]")
_BLOCK = re.compile(r"\n|\{\||#invoke|<(?:div|table|tr|td|ul|li)\b|class\s*=|__", re.IGNORECASE)
_PARAMETER = re.compile(r"\{\{\{([^{}|]*)(\|[^{}]*)?\}\}\}")
_HELD = re.compile("\ue000(\\d+)\ue001")
Expand = Callable[[str, str, Callable[[str], str]], str]


class TemplatePages:
    """The templates of a wiki.

    Args:
      pages: wikitext by title without the namespace.
    """

    def __init__(self, pages: Mapping[str, str]) -> None:
        self._texts: dict[str, str] = {}
        redirects: dict[str, str] = {}
        for title, text in pages.items():
            name = _name(title)
            if redirect := _REDIRECT.match(text):
                redirects[name] = _name(redirect[1])
            elif (body := included(text)) is not None:
                self._texts[name] = body
        for name, other in redirects.items():
            if other in self._texts:
                self._texts.setdefault(name, self._texts[other])
        self.expand: Expand | None = None
        self._left = 0

    def names(self) -> list[str]:
        return list(self._texts)

    def form_of(self, name: str) -> Callable[[Call], str]:
        return lambda call: self._text(name, call)

    def _text(self, name: str, call: Call) -> str:
        if self.expand is None:
            return ""
        outermost = self._left == 0
        if outermost:
            self._left = MAX_PAGES
        elif self._left == 1:
            return ""
        self._left -= 1
        try:
            return self._filled(self._texts[name], call, self.expand)
        finally:
            if outermost:
                self._left = 0

    def _filled(self, body: str, call: Call, expand: Expand) -> str:
        """A page's text with these parameters, whose values are not read as markup again."""
        held: list[str] = []

        def value(found: re.Match[str]) -> str:
            given = call.params.get(found[1].strip())
            if given is None:
                return (found[2] or "|")[1:]
            if not given:
                return ""
            held.append(given)
            return f"\ue000{len(held) - 1}\ue001"

        def shown(text: str) -> str:
            return _HELD.sub(lambda found: held[int(found[1])], text) if "\ue000" in text else text

        for _ in range(MAX_ROUNDS):
            if "{{{" not in body:
                break
            body = _PARAMETER.sub(value, body)
        text = expand(body, call.title, shown) if "{{" in body else shown(body)
        return text if len(text) <= MAX_TEXT_CHARS else ""


def included(text: str) -> str | None:
    """What of a template's page stands where it is used; None where that is no text of a line."""
    if len(text) > 16 * MAX_PAGE_CHARS:
        return None
    parts = _ONLY.findall(text)
    body = "".join(parts) if parts else _NOINCLUDE.sub("", text)
    body = _CATEGORY.sub("", without_comments(_INCLUDE.sub("", body))).strip()
    if not body or len(body) > MAX_PAGE_CHARS or _BLOCK.search(body):
        return None
    if "\ue000" in body:
        return None
    return body


def _name(title: str) -> str:
    return title.replace("_", " ").strip().lower()
