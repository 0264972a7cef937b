"""Which template of which wiki writes what: names, and the function that gives each its text."""

import functools
import json
from pathlib import Path

import numpy as np

from filters.wikitext.lookups import U8, U64, strings
from filters.wikitext.templates import (
    blocks,
    conversions,
    dates,
    entries,
    formulas,
    functions,
    languages,
    links,
    people,
    plurals,
    quantities,
    rows,
    texts,
    times,
    titles,
    words,
)
from filters.wikitext.templates.editions import Edition, edition
from filters.wikitext.templates.finding import hash_names
from filters.wikitext.templates.pages import TemplatePages
from filters.wikitext.templates.patterns import Form, form_of

_NAMES = Path(__file__).with_name("names.json")
_EVERYWHERE = "*"
# What names.json calls `@…`; what begins otherwise is a pattern (patterns.py).
_FORMS: dict[str, Form] = {
    "convert": conversions.convert, "value": quantities.value, "measure": quantities.measure,
    "format_number": quantities.format_number, "fraction": quantities.fraction,
    "power_of_ten": quantities.power_of_ten, "times_ten": quantities.times_ten,
    "sup_sub": quantities.sup_sub, "money": quantities.money, "currency": quantities.currency,
    "hour": quantities.hour, "height": quantities.height, "elevation": quantities.elevation,
    "ordinal": quantities.ordinal, "percentage": quantities.percentage,
    "hands": quantities.hands,
    "height_in": quantities.height_in, "keys": quantities.keys, "chemical": formulas.chemical,
    "nuclide": formulas.nuclide, "music": formulas.music, "language": languages.labelled,
    "said_in": languages.said_in, "language_with_name": languages.with_name,
    "polish_language": languages.polish, "icon": languages.icon, "ipa": languages.ipa,
    "ipa_letters": languages.ipa_letters, "respell": languages.respell,
    "nihongo": languages.nihongo, "nihongo_reading": languages.nihongo_reading,
    "russian": languages.russian, "chinese": languages.chinese,
    "interlanguage": languages.interlanguage, "as_of": dates.as_of, "circa": dates.circa,
    "date": dates.date, "day_first": dates.day_first, "death": dates.death,
    "death_day_first": dates.death_day_first, "age": dates.age,
    "old_style_date": dates.old_style_date, "life": dates.life,
    "french_century": dates.french_century, "spanish_century": dates.spanish_century,
    "portuguese_century": dates.portuguese_century, "quote": blocks.quote, "list": blocks.lines,
    "inline_list": blocks.inline, "prose_list": blocks.prose, "last": people.last,
    "flag_name": people.flag_name, "flag_icon": people.flag_icon, "ship": people.ship,
    "ship_named": people.ship_named, "link_to": languages.link_to, "incise": blocks.incise,
    "club": people.club,
    "orbiter": people.orbiter, "sort_name": people.sort_name, "ruler": people.ruler,
    "coordinates": people.coordinates, "lower": functions.lower, "upper": functions.upper,
    "lower_first": functions.lower_first, "upper_first": functions.upper_first,
    "if": functions.if_, "if_equal": functions.if_equal,
    "switch": functions.switch, "pad_left": functions.pad_left, "tag": functions.tag,
    "unknowable": functions.unknowable, "population": functions.population,
    "biography": people.biography, "density": quantities.density,
    "gauge": quantities.gauge, "sic": blocks.sic, "gaps": quantities.gaps,
    "expression": functions.expression, "same": functions.same,
    "harvard_text": people.harvard_text, "cell": blocks.cell,
    "duration": dates.duration, "film_date": dates.film_date, "see": blocks.see,
    "japanese_year": dates.japanese_year, "space_or_text": blocks.space_or_text,
    "span": dates.span, "death_years": dates.death_years, "section_link": links.section,
    "url": links.url, "junction": links.junction, "us_patent": links.us_patent,
    "character": links.character, "rupees": quantities.rupees, "raised": blocks.raised,
    "origin": entries.origin, "mention": entries.mention, "translated": entries.translated,
    "labels": entries.labels, "parts_of_word": entries.parts_of_word, "form_of": entries.form_of,
    "listing": entries.listing,
    "row_episode": rows.episode, "row_episodes": rows.episodes, "row_candidate": rows.candidate,
    "row_succession": rows.succession,
    "in_words": words.in_words, "ordinal_in_words": words.ordinal_in_words, "roman": words.roman,
    "decade": words.decade, "century": words.century, "if_expression": functions.if_expression,
    "days": dates.days, "years_and_days": dates.years_and_days, "if_exists": functions.if_exists,
    "if_error": functions.if_error, "pad_right": functions.pad_right, "gender": functions.gender,
    "language_name": functions.language_name, "plural": plurals.plural, "time": times.time,
    "date_format": times.date_format, "page_name": titles.page_name,
    "full_page_name": titles.full_page_name, "base_page_name": titles.base_page_name,
    "root_page_name": titles.root_page_name, "sub_page_name": titles.sub_page_name,
    "winning_percentage": quantities.winning_percentage, "round": quantities.rounded_number,
    "season": dates.season, "integral": formulas.integral, "element": links.element,
    "airport_codes": links.airport_codes, "doubted": blocks.doubted,
    "pounds": quantities.pounds, "root": formulas.root, "bible_verse": links.bible_verse,
    "site_name": titles.site_name, "title_parts": titles.title_parts,
    "text_length": texts.length, "position": texts.position,
    "last_position": texts.last_position, "sub_text": texts.sub, "count": texts.count,
    "both_calendars": dates.both_calendars, "youth_team": people.youth_team,
    "replace": texts.replace, "explode": texts.explode, "url_decoded": texts.decoded,
    "czech_language": languages.czech, "indonesian_life": dates.indonesian_life,
    "poem": blocks.poem, "left_part": texts.left, "right_part": texts.right,
    "first_word": texts.first_word,
}  # fmt: skip
_INVOKED = {
    "convert": conversions.convert, "val": quantities.value, "lang": languages.labelled,
    "age|age": dates.age, "convertnumeric|numeral to english": words.in_words,
    "ordinal": quantities.ordinal, "roman": words.roman, "coordinates|coord": people.coordinates,
    "list|horizontal": blocks.inline, "list|bulleted": blocks.lines,
    "list|unbulleted": blocks.lines, "list|ordered": blocks.lines, "ipa": languages.ipa,
    "formatnum": quantities.format_number, "string|lc": functions.same,
    "interlanguage link": languages.interlanguage, "ill": languages.interlanguage,
    "flag": people.flag_name, "sortname": people.sort_name, "format link": functions.same,
    "su": quantities.sup_sub, "gaps": quantities.gaps, "frac": quantities.fraction,
    "nihongo": languages.nihongo, "zh": languages.chinese,
}  # fmt: skip
_FORMS["invoke"] = functools.partial(functions.invoke, _INVOKED)
_COORDINATES = "@coordinates"  # a recipe may leave them out
_ROW = "@row_"  # such kinds are rows of tables
# Language codes that are templates of their own on most wikis, `{{fr|mot}}`; English has none.
_OWN = (
    "de en fr es it pt nl pl ru uk ja ar el la he sv da fi hu cs ro tr ko vi hr sr sk bg eu "
    "gl lt lv et fa hi grc"
)
_ARABIC = {
    "أل": "de", "إن": "en", "إنج": "en", "إنك": "en", "فر": "fr", "إس": "es",
    "إي": "it", "فرن": "fr", "ألم": "de", "إسب": "es", "إيط": "it", "لات": "la",
    "يون": "el", "عبر": "he", "فار": "fa", "ترك": "tr", "روس": "ru", "برت": "pt",
    "رو": "ru", "لا": "la", "تر": "tr", "فا": "fa", "عب": "he", "يو": "el", "بر": "pt",
}  # fmt: skip
_TURKISH = {"ing": "en", "alm": "de", "isp": "es", "ara": "ar", "yun": "el"}
_RUSSIAN_COUNTRIES = ("США", "КНР", "ФРГ", "ГДР", "СССР", "ОАЭ", "ЮАР", "Российская империя")
_NAMED_COUNTRIES = frozenset(("fr", "ru", "uk", "be"))
_ROMAN = (
    "I II III IV V VI VII VIII IX X XI XII XIII XIV XV XVI XVII XVIII XIX XX XXI XXII XXIII XXIV"
)


class Names:
    """The templates of an edition.

    A name that ends with `-`, `/` or a space stands for all that begin so.

    Attributes:
      edition: its words.
      project: what the wiki is, as `convert.Markup` has it.
      hashes: of the names, sorted, as the kernel looks them up.
      silent: by position in `hashes`, whether the template leaves nothing.
      forms: by position in `hashes`, what writes the text.
      are_pages: by position in `hashes`, whether a page of the wiki says what the template writes.
      spelt: by position in `hashes`, the name in lower case; codes of countries and prefixes of
        ships in upper case, as they alone are told apart by their letters' case.
    """

    def __init__(
        self,
        language: str | None,
        coordinates: bool,
        pages: TemplatePages | None,
        markdown: bool,
        project: str = "",
        tables: bool = False,
    ) -> None:
        self.edition = edition(language)
        self.project = project
        known = self._known(coordinates, project, tables)
        if markdown:
            quote: Form = blocks.quote
            element: Form = blocks.quote_element
            known = {name: element if form is quote else form for name, form in known.items()}
        own_pages: set[str] = set()
        if pages is not None:
            # The wiki's own page says best what a template writes, but notes stay out.
            silent = {name for name, form in known.items() if form is form_of("")}
            own_pages = set(pages.names()) - silent
            known = {name: form for name, form in known.items() if name.lower() not in own_pages}
            known |= {name: pages.form_of(name) for name in own_pages}
        spellings: dict[bytes, str] = {}
        for name in known:
            for spelling in _spellings(name):
                spellings[spelling.encode().lower()] = name
                spellings[b"template:" + spelling.encode().lower()] = name
        hashes = hash_names(*strings(list(spellings)))
        order = np.argsort(hashes)
        self.hashes: U64 = hashes[order]
        found = list(spellings.values())
        codes = self._codes
        self.spelt = [found[i] if found[i] in codes else found[i].lower() for i in order]
        self.forms = [known[found[i]] for i in order]
        self.are_pages = [found[i] in own_pages for i in order]
        self.silent: U8 = np.array([form is form_of("") for form in self.forms], np.uint8)

    def _known(self, coordinates: bool, project: str, tables: bool) -> dict[str, Form]:
        own = self.edition
        code = own.code if own.known else ""

        def listed(kinds: dict[str, list[str]]) -> dict[str, Form]:
            left_out = {kind for kind in kinds if kind.startswith(_ROW) and not tables}
            left_out |= {_COORDINATES} if not coordinates else set()
            return {
                name: form_of("") if kind in left_out else _form(kind)
                for kind, names in kinds.items()
                for name in names
            }

        table = _table()
        everywhere, here = listed(table[_EVERYWHERE]), listed(table.get(code, {}))
        known = everywhere | _generated(own, code) | here
        upper = _upper_case(own, everywhere, known)
        self._codes = frozenset(upper)
        return known | upper | listed(table.get(project, {}))


def _spellings(name: str) -> set[str]:
    """How pages may spell a name; kernels fold ASCII case alone, so `нет АИ` is one of its own."""
    found = {name, name.lower(), name.upper(), name[:1].upper() + name[1:]}
    if not name.isascii():
        words = name.split(" ")
        for i, word in enumerate(words[1:], 1):
            other = " ".join([*words[:i], word.upper(), *words[i + 1 :]])
            found |= {other, other[:1].upper() + other[1:]}
    return found


@functools.lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, list[str]]]:
    table: dict[str, dict[str, list[str]]] = json.loads(_NAMES.read_text(encoding="utf-8"))
    return table


def _form(kind: str) -> Form:
    return _FORMS[kind[1:]] if kind.startswith("@") else form_of(kind)


def _upper_case(
    own: Edition, everywhere: dict[str, Form], known: dict[str, Form]
) -> dict[str, Form]:
    """Codes of countries and prefixes of ships; but in capitals these letters mean other things."""
    short = own.short_country_codes if own.code == "nl" and own.known else []
    codes: dict[str, Form] = {
        **{country: people.country_code for country in [*own.country_codes, *short]},
        **{name.upper(): people.ship for name, form in everywhere.items() if form is people.ship},
    }
    found: dict[str, Form] = {}
    others = {name.lower(): form for name, form in known.items()}
    for name, form in codes.items():
        other = others.get(name.lower(), people.ship)
        if other is people.ship:
            other = form_of("")
        found[name] = functools.partial(people.by_case, form, other)
    return found


def _generated(own: Edition, code: str) -> dict[str, Form]:
    """Families of names: a template a language, a country, a century."""
    found: dict[str, Form] = {}
    found |= {"lang-": languages.labelled, "ipa-": languages.ipa, "link-": languages.link_to}
    for language in own.language_codes:
        found[f"{language} icon"] = found[f"ref-{language}"] = languages.icon
        if code == "de":
            found[f"{language}S"] = languages.labelled
    if code != "en":
        found |= dict.fromkeys(_OWN.split(), languages.own_words)
    if code in _NAMED_COUNTRIES:
        names = [*own.countries, *(_RUSSIAN_COUNTRIES if code == "ru" else ())]
        for name in names:
            found[name] = functools.partial(people.named_country, name)
    if code == "ar":
        for language in own.language_codes:
            name = own.language(language).removeprefix("ال")
            found[name] = functools.partial(languages.labelled_as, language)
        for short, language in _ARABIC.items():
            if len(short) > 2 or short == "فر":
                found[short] = functools.partial(languages.labelled_as, language)
            found[f"لغة-{short}"] = functools.partial(languages.labelled_as, language)
    if code == "fa":
        for language in own.language_codes:
            name = f"به {own.language(language)}"
            found[name] = functools.partial(languages.labelled_as, language)
    if code == "tr":
        for short, language in _TURKISH.items():
            found[short] = functools.partial(languages.labelled_as, language)
        found["İng"], found["İsp"] = found["ing"], found["isp"]
    if code == "fr":
        for number in _ROMAN.split():
            ordinal = f"{number}<sup>{'er' if number == 'I' else 'e'}</sup>"
            found[f"{number}e"] = functools.partial(people.ordinal, ordinal)
            if len(number) > 1 and number.lower() not in found:  # {{vi}} is a language
                found[number] = form_of(number)
            for ending in ("siècle", "s"):
                name = f"{number}er" if number == "I" else f"{number}e"
                found[f"{name} {ending}"] = form_of(f"{ordinal} siècle")
            found[f"{name} millénaire"] = form_of(f"{ordinal} millénaire")
            found[f"{name} millénaire av. j.-c."] = form_of(f"{ordinal} millénaire av. J.-C.")
            found[f"{name} siècle av. j.-c."] = form_of(f"{ordinal} siècle av. J.-C.")
        for month in own.months:
            found[f"1er {month}"] = form_of(f"1<sup>er</sup> {month}")
        for year in range(1, 1000):
            found[f"-{year}"] = functools.partial(people.year_before_christ, year)
        for count in range(2, 200):
            found[f"{count}e"] = functools.partial(people.ordinal, f"{count}<sup>e</sup>")
    return {name: form for name, form in found.items() if name}


@functools.lru_cache(maxsize=16)
def names_of(
    language: str | None,
    coordinates: bool,
    pages: TemplatePages | None = None,
    markdown: bool = False,
    project: str = "",
    tables: bool = False,
) -> Names:
    return Names(language, coordinates, pages, markdown, project, tables)
