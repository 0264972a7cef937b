"""What a page and its wiki are called: `{{PAGENAME}}`, `{{SITENAME}}`; parts of titles.

Source: https://www.mediawiki.org/wiki/Help:Magic_words#Page_names and
https://www.mediawiki.org/wiki/Help:Extension:ParserFunctions##titleparts. Namespaces and whether
their titles have parts are MediaWiki's defaults and the projects' settings.
"""

import re

from filters.wikitext.templates.calls import Call, plain
from filters.wikitext.templates.functions import UNKNOWABLE

_NAMESPACES = (
    "media special talk user project file mediawiki template help category portal draft module "
    "appendix reconstruction rhymes thesaurus citations concordance book author page index"
)
_NAMESPACE = re.compile(rf"(?i:(?:{'|'.join(_NAMESPACES.split())})(?:[ _]talk)?):\s*(?=\S)")
# In articles of these projects `/` parts a title; elsewhere AC/DC is one name.
WITH_PARTS = frozenset(("wikisource", "wikivoyage"))
_SITES = {
    "ar": "ويكيبيديا", "bg": "Уикипедия", "ca": "Viquipèdia", "cs": "Wikipedie",
    "el": "Βικιπαίδεια", "eo": "Vikipedio", "et": "Vikipeedia", "fa": "ویکی‌پدیا",
    "fr": "Wikipédia", "he": "ויקיפדיה", "hi": "विकिपीडिया", "hu": "Wikipédia", "ko": "위키백과",
    "lt": "Vikipedija", "lv": "Vikipēdija", "pt": "Wikipédia", "ru": "Википедия",
    "sk": "Wikipédia", "sr": "Википедија", "th": "วิกิพีเดีย", "tr": "Vikipedi",
    "uk": "Вікіпедія",
}  # fmt: skip


def _title(call: Call) -> str:
    """The title in question, without `_`: of `{{PAGENAME:A/B}}` A/B, else the page's own."""
    return plain(call.first).replace("_", " ") if call.first else call.title


def full_page_name(call: Call) -> str:
    """The title with its namespace; empty if the reader of the wiki does not know it."""
    return _title(call)


def page_name(call: Call) -> str:
    """The title without its namespace."""
    title = _title(call)
    found = _NAMESPACE.match(title)
    return title[found.end() :] if found else title


def base_page_name(call: Call) -> str:
    """Without its last part, where titles have parts."""
    name = page_name(call)
    return name.rpartition("/")[0] or name if _has_parts(call) else name


def root_page_name(call: Call) -> str:
    name = page_name(call)
    return name.partition("/")[0] or name if _has_parts(call) else name


def sub_page_name(call: Call) -> str:
    """The last part alone."""
    name = page_name(call)
    return name.rpartition("/")[2] or name if _has_parts(call) else name


def _has_parts(call: Call) -> bool:
    return call.project in WITH_PARTS or _NAMESPACE.match(_title(call)) is not None


def site_name(call: Call) -> str:
    """The name of the wiki; of sister wikis it is known in English alone."""
    if call.project:
        return call.project.capitalize() if call.edition.code == "en" else UNKNOWABLE
    return _SITES.get(call.edition.code, "Wikipedia")


def title_parts(call: Call) -> str:
    """`{{#titleparts:A/B/C|number of parts|first part}}`; negative ones count from the end."""
    parts = plain(call.part(0)).replace("_", " ").split("/")
    count, first = (_whole(call.part(i)) for i in (1, 2))
    begin = first - 1 if first > 0 else first
    parts = parts[begin:] if -len(parts) <= begin < len(parts) else [] if begin > 0 else parts
    return "/".join(parts[:count] if count else parts)


def _whole(text: str) -> int:
    found = re.fullmatch(r"-?[0-9]{1,6}", plain(text))
    return int(found[0]) if found else 0
