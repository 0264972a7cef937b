"""Writes what the expansion of templates knows of languages, from Unicode's CLDR.

    python -m benchmarks.wiki_locales

Needs `pip install babel`, which carries CLDR (Unicode License V3). For each language with a large
Wikipedia the file filters/wikitext/templates/locales.json then has the names of languages and
countries, of months, the order of dates, and the signs in numbers. Names of templates are no part
of CLDR; they are kept by hand in filters/wikitext/templates/names.json.
"""

import json
import re
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "filters/wikitext/templates"
# Editions, and what CLDR calls their languages where that differs.
EDITIONS = (
    "af ar az be bg bn bs ca cs cy da de el en eo es et eu fa fi fr ga gl he hi hr hu hy id is it "
    "ja ka kk ko lt lv mk ml mr ms my ne nl nn no pl pt ro ru sh sk sl sq sr sv sw ta te th tl tr "
    "uk ur uz vi zh"
)
AS_IN_CLDR = {"no": "nb", "sh": "sr_Latn", "tl": "fil"}
LANGUAGES = (
    "aa ab af ak am an ang ar arc ast av ay az ba bar be bg bm bn bo br bs ca ce ceb ch chr co cop "
    "crh cs csb cu cv cy da de dsb dv dz ee egy el en enm eo es et eu fa fi fil fj fo fr fro frp "
    "fur fy ga gd gez gl gn got grc gsw gu gv ha haw he hi hr hsb ht hu hy ia id ig io is it iu "
    "ja jv ka kk kl km kn ko ks ku kw ky la lad lb lg li lij ln lo lt lv mg mi mk ml mn mr ms mt "
    "my nah nap nb nds ne new nl nn no non nv oc om or os pa pal peo phn pi pl pro ps pt qu rm ro "
    "ru rup rw sa sah sc scn sco sd se sh si sk sl sm sn so sq sr su sux sv sw syr szl ta te tet "
    "tg th ti tk tl tn to tr ts tt tw ty udm ug uk ur uz ve vec vi vo wa wo xh yi yo yue za zh zu"
)
# As the English Wikipedia has them.
ENGLISH = {"CD": "Democratic Republic of the Congo", "CG": "Republic of the Congo"}
# Codes of sport, which flags are called by as often as by those of ISO 3166.
OLYMPIC = (
    "ALG DZ,ANG AO,BAH BS,BAN BD,BAR BB,BER BM,BHU BT,BOT BW,BUL BG,BUR BF,CAM KH,CGO CG,CHA TD,"
    "CHI CL,CRC CR,CRO HR,DEN DK,ESA SV,FIJ FJ,GAM GM,GBS GW,GER DE,GRE GR,GRN GD,GUA GT,GUI GN,"
    "HAI HT,HON HN,INA ID,IRI IR,ISV VI,IVB VG,KSA SA,KUW KW,LAT LV,LBA LY,LES LS,LIB LB,MAD MG,"
    "MAS MY,MAW MW,MGL MN,MON MC,MRI MU,MTN MR,MYA MM,NCA NI,NED NL,NEP NP,NGR NG,NIG NE,OMA OM,"
    "PAR PY,PHI PH,PLE PS,POR PT,PRC CN,PUR PR,ROC TW,ROM RO,RSA ZA,SAM WS,SEY SC,SIN SG,SLO SI,"
    "SOL SB,SPA ES,SRI LK,SUD SD,SUI CH,TAN TZ,TOG TG,UAE AE,UK GB,URU UY,VAN VU,VIE VN,VIN VC,"
    "ZAM ZM,ZIM ZW,NAM NA,COM KM,KOR KR,PRK KP,ANT AG,ARU AW,ASA AS,BIZ BZ,BRU BN,CAY KY,GEQ GQ,"
    "EQG GQ,KOS XK,KVX XK,SKN KN,TGA TO,TAH PF,CTA CF"
)


def numbers_of(locale: Any) -> list[str]:
    symbols = locale.number_symbols
    latin = symbols.get("latn", symbols)
    return [latin["decimal"], latin["group"]]


def country(locale: Any, code: str) -> str:
    """A country's name without what CLDR adds in brackets: `Myanmar (Burma)`."""
    name = re.sub(r" ?[(（].*?[)）]", "", locale.territories.get(code, ""))
    if str(locale) == "en":
        name = name.replace(" SAR China", "").replace(" & ", " and ").replace("Türkiye", "Turkey")
        name = ENGLISH.get(code, name)
    return name


def skeleton(locale: Any, name: str) -> str:
    """A pattern of a date without what only CLDR's own software reads: `d 'de' MMMM`."""
    found = locale.datetime_skeletons.get(name)
    return without_year_word(found.pattern) if found else ""


def without_year_word(pattern: str) -> str:
    """A date without "of the year", which running text does not have: `5 марта 1950 г.`."""
    return re.sub(r"\s*'[гр]'\.?$", "", pattern)


def main() -> None:
    from babel import Locale
    from babel.core import get_global

    languages = LANGUAGES.split()
    aliases = get_global("territory_aliases")
    english = Locale("en").territories
    territories = sorted(code for code in english if re.fullmatch("[A-Z]{2}", code))
    codes = {
        old: new[0]
        for old, new in aliases.items()
        if re.fullmatch("[A-Z]{3}", old) and new[0] in territories
    }
    codes |= dict(pair.split() for pair in OLYMPIC.split(","))
    editions = {}
    for edition in EDITIONS.split():
        locale = Locale.parse(AS_IN_CLDR.get(edition, edition))
        months = locale.months["format"]["wide"]
        editions[edition] = {
            "languages": [locale.languages.get(code, "") for code in languages],
            "territories": [country(locale, code) for code in territories],
            "months": [months[number] for number in range(1, 13)],
            "date": without_year_word(locale.date_formats["long"].pattern),
            "month_day": skeleton(locale, "MMMMd"),
            "month_year": skeleton(locale, "yMMMM") or skeleton(locale, "yMMM"),
            "numbers": numbers_of(locale),
        }
    data = {
        "languages": languages,
        "territories": territories,
        "country_codes": dict(sorted(codes.items())),
        "editions": editions,
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    # A line an edition, so that a new version of CLDR is a change that can be read.
    text = re.sub(r'("[a-z]{2,3}":\{"languages")', r"\n\1", text)
    (FOLDER / "locales.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
