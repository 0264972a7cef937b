"""Which source outside of this project stands behind which name of a template in names.json.

    python -m benchmarks.wiki_names FOLDER...  # none: the dumps and what was read by hand

A folder holds one unpacked package that carries tables of templates: `wtf_wikipedia` and
`wtf-plugin-i18n`, `wikilint` and `wikiparser-node` of npm, `wiktextract`, `wikitextprocessor`,
`wikitextparser`, `wikiexpand`, `pywikibot`, `pywikibot-scripts`, `mwlib`, `mwedittypes`,
`iar-wiki-parser` and `wikiextractor` of PyPI. The dumps of the data folder, WINNOW_DATA, are a
source too, and the best one: a name that articles of a wiki use is a template there. A package is
asked for the name as a whole text between quotation marks or behind `{{`, whatever it says of it,
so a hit is no proof of what it writes. What was read by hand in public repositories is in READ,
with its place.

Writes the names that no source has to benchmarks/wiki_names.json.
"""

import collections
import json
import re
import sys
from pathlib import Path

from benchmarks.wiki_holes import articles, wikis

# Names by language, and where they were read.
READ = {
    "DBpedia's extraction framework, config/dataparser/DateTimeParserConfig.scala": {
        "ar": "تاريخ الازدياد و العمر|تاريخ الوفاة و العمر|تاريخ الولادة|تاريخ الوفاة|"
              "تاريخ الازدياد|تاريخ البدأ",
        "ca": "edat|data naixement i edat|data naixement|data defunció i edat|data defunció|"
              "data d'inici i edat",
        "cs": "datum narození a věk|datum narození|datum úmrtí a věk|datum úmrtí|"
              "věk v letech a dnech|věk ve dnech|věk",
        "el": "ημερομηνία γέννησης και ηλικία|ημερομηνία θανάτου και ηλικία|"
              "ημερομηνία εκκίνησης και ηλικία|ημερομηνία γέννησης|ηθηλ|ηγη",
        "en": "birth date and age|birth date and age2|death date and age|birth date|death date|bda|"
              "dob|start date|birth-date",
        "eu": "adina",
        "fr": "date|date de naissance|date de décès",
        "id": "mula tanggal dan usia|tanggal lahir dan umur|tanggal kematian dan umur|"
              "umur pada tanggal|umur|tanggal lahir dan umur2",
        "it": "data nascita|data di nascita|data di morte|morte",
        "pt": "nascimento|dni|dnibr|dataext|falecimento|morte|falecimento2|dtlink|dtext",
        "ru": "возраст|датарождения|датасмерти|прошло лет|умер|родился",
        "sk": "počiatočný dátum a vek|dátum narodenia a vek|dnv|vek|vek v dňoch|"
              "vek v rokoch a dňoch|dátum úmrtia a vek|dúv",
        "sl": "datum rojstva|datum rojstva in starost|datum rojstva in starost2|datum smrti|"
              "datum smrti in starost|starost na datum|starost v letih in dnevih|starost",
        "uk": "дата з віком|вік|age|дата смерті з віком|дата народження|народився|дата смерті",
    },
    "the same, FlagTemplateParserConfig.scala": {
        "en": "flagicon|flag|flagcountry", "es": "bandera|bandera2", "fr": "drapeau|drapeau2",
        "pl": "państwo|państwol|państwolink", "sv": "flagga",
    },
    "the same, TemplateTransformConfig.scala": {
        "en": "dash|spaced ndash|ndash|mdash|emdash|-|clr|nowrap|nobr|flatlist|plainlist|hlist|"
              "unbulleted list|marriage|url|icd10|icd9",
    },
    "infoboxer, lib/infoboxer/definitions/en.wikipedia.org.rb": {
        "en": "!!|!(|'|'s|(|((|)|)!|))|1/2|1/3|1/4|2/3|3/4|asterisk|colon|em dash|long dash|nbhyph|"
              "number sign|shy|spaced ndash|square bracket open|square bracket close|zwsp|\\|·|•|"
              "break|nowrap|j|nobr|nobreak|nowraplinks|br separated entries|bulleted list|"
              "collapsible list|comma separated entries|hlist|flatlist|ordered list|plainlist|"
              "small|smaller|midsize|larger|big|large|huge|left|center|right|em|kbd|var|varserif|"
              "samp|strikethrough|strong|sub|sup|underline|code|abbr|define|explain|tooltip|align|"
              "dfn|resize|font|white|gray|red|green|blue|coord|convert|age|birth date and age|bda|"
              "birth date|dob|time ago|flagcountry|flag|url|lang-|ipac-en|ipa",
    },
    "wp2txt, lib/wp2txt/data/template_aliases.json": {
        "en": "sfn|efn|refn|reflist|refbegin|refend|r|rp|harvnb|harv|harvtxt|main|see also|further|"
              "portal|col-begin|col-end|col-break|div col|div col end|anchor|visible anchor|listen|"
              "quote|quotation|cquote|bquote|clear|clr|break|center|left|right|nihongo|nihongo2|"
              "nihongo3|nihongo foot|transl|translit|transliteration|lang|ipa|ipac-en|ipac-ja|"
              "script|rtl-lang|zh|zh-tw|zh-cn|ko-hhrm|hebrew|greek|polytonic|unicode|small|smaller|"
              "large|larger|big|nbsp|nowrap|nobr|spaces|space|thinsp|thin space|em|strong|frac|"
              "fraction|sub|sup|sup2|abbr|tooltip|resize|font|fontsize|color|colour|flag|flagicon|"
              "flagcountry|fb|flagdeco|ill|interlanguage link|interlanguage link multi|illm|"
              "link-interwiki|lien|ill-wd|ruby|ruby-ja|ruby text|ruby annotation|rubi|rubytext|"
              "convert|cvt|dts|date|birth date|death date|birth date and age|death date and age",
        "ja": "読み仮名|よみがな|ふりがな|ルビ|仮リンク|仮link|国旗|国旗リンク|単位変換|変換|"
              "生年月日|没年月日",
        "zh": "不存在条目链接",
    },
    "MediaWiki, languages/messages/Messages*.php": {
        "en": "currentmonth|currentmonth1|currentmonth2|currentmonthname|currentmonthnamegen|"
              "currentmonthabbrev|currentday|currentday2|currentdayname|currentyear|"
              "currenttime|currenthour|currentweek|currentdow|currenttimestamp|currentversion|"
              "localmonth|localmonth1|localmonth2|localmonthname|localmonthnamegen|"
              "localmonthabbrev|localday|localday2|localdayname|localyear|localtime|"
              "localhour|localweek|localdow|localtimestamp|revisionid|revisionday|"
              "revisionday2|revisionmonth|revisionmonth1|revisionyear|revisiontimestamp|"
              "revisionuser|revisionsize|pageid|numberofpages|numberofarticles|numberoffiles|"
              "numberofusers|numberofactiveusers|numberofedits|numberofadmins|"
              "numberofarticles:|numberofpages:|numberoffiles:|numberofusers:|"
              "numberofactiveusers:|numberofedits:|numberofadmins:|pagesincategory:|"
              "pagesincat:|pagesize:|numberingroup:|numingroup:",
        "fr": "moisactuel|nommoisactuel|nomgenmoisactuel|jouractuel|jour2actuel|nomjouractuel|"
              "anneeactuelle|horaireactuel|heureactuelle|moislocal|nommoislocal|jourlocal|"
              "jour2local|nomjourlocal|anneelocale|horairelocal|nombrepages|nombrearticles|"
              "nombrefichiers|nombreutilisateurs|nombreutilisateursactifs|nombremodifs|"
              "nombreadmins|nompage|nompagecomplet|nomsite|formatnombre:|pluriel:|minus:|"
              "majus:|capit:|initmajus:|initcapit:|initminus:",
        "ru": "текущий месяц|название текущего месяца|название текущего месяца род|текущий день|"
              "текущий день 2|название текущего дня|текущий год|текущее время|текущий час|"
              "местный месяц|название местного месяца|местный день|местный день 2|местный год|"
              "местное время|количество страниц|количество статей|количество файлов|"
              "количество участников|количество правок|количество администраторов|"
              "название страницы|полное название страницы|название сайта|форматировать число:|"
              "множественное число:|маленькими буквами:|большими буквами:|первая буква большая:|"
              "первая буква маленькая:",
        "uk": "поточний місяць|назва поточного місяця|назва поточного місяця род|поточний день|"
              "поточний день 2|назва поточного дня|поточний рік|поточний час|поточна година|"
              "локальний місяць|назва локального місяця|локальний день|локальний рік|"
              "локальний час|кількість сторінок|кількість статей|кількість файлів|"
              "кількість користувачів|кількість редагувань|кількість адміністраторів|"
              "назва сторінки|повна назва сторінки|назва сайту|форматувати число:|множина:|"
              "нижній регістр:|малими буквами:|верхній регістр:|великими буквами:|"
              "перша буква велика:|перша буква мала:",
        "ar": "شهر حالي|شهر حالي2|اسم الشهر الحالي|يوم حالي|يوم حالي2|اسم اليوم الحالي|"
              "عام حالي|وقت حالي|ساعة حالية|شهر محلي|يوم محلي|عام محلي|وقت محلي|عدد الصفحات|"
              "عدد المقالات|عدد الملفات|عدد المستخدمين|عدد المستخدمين النشطين|عدد التعديلات|"
              "عدد الإداريين|اسم الصفحة|اسم الصفحة الكامل|اسم صفحة كامل|اسم كامل|اسم الموقع|"
              "صيغة رقم:|جمع:|صغير:|كبير:",
        "tr": "mevcutay|mevcutayadı|mevcutgün|mevcutgün2|mevcutgünadı|mevcutyıl|mevcutzaman|"
              "mevcutsaat|güncelay|güncelayadı|güncelgün|güncelyıl|güncelzaman|sayfasayısı|"
              "maddesayısı|dosyasayısı|kullanıcısayısı|sayfaadı|tamsayfaadı",
    },
    "ISO 3166-2, iso-codes of Debian": {
        "de": "de-bw|de-by|de-be|de-bb|de-hb|de-hh|de-he|de-mv|de-ni|de-nw|de-rp|de-sl|de-sn|de-st|"
              "de-sh|de-th|ch-ag|ch-ai|ch-ar|ch-be|ch-bl|ch-bs|ch-fr|ch-ge|ch-gl|ch-gr|ch-ju|"
              "ch-lu|ch-ne|ch-nw|ch-ow|ch-sg|ch-sh|ch-so|ch-sz|ch-tg|ch-ti|ch-ur|ch-vd|ch-vs|"
              "ch-zg|ch-zh|at-1|at-2|at-3|at-4|at-5|at-6|at-7|at-8|at-9",
    },
    "bots and tests in public repositories that write or expand them": {
        "sv": "ålder|flaggbild", "it": "popolazione", "es": "población",
        "ru": "население|нп5|нп3|нл|nl|нихонго|nihongo|хангыль|не переведено|не переведено 5|"
              "флагификация|abbr|nobr|цитата|начало цитаты|конец цитаты|уточнить|нет аи|якорь|"
              "что|что?|чего|кто|переход|китайский",
        "ja": "仮リンク",
        "fr": "dernière population commune de france|tmp|unité|s|-s|s-|-s-|s2|-s2|s2-|-s2-|exp|ind|"
              "1er|1re|lang|langue|japonais|date|date de naissance|date de décès|taille|lien",
        "pt": "pepb|fmtn|converter|carece de fontes",
    },
}  # fmt: skip
HERE = Path(__file__)
NAMES = HERE.parents[1] / "filters/wikitext/templates/names.json"
UNSOURCED = HERE.with_suffix(".json")
_USED = re.compile(r"\{\{\s*([^{}|<>\[\]\n]{1,80}?)\s*(?:[|}\n]|<!--)")
_TEXT = re.compile(
    r"""'((?:[^'\\\n]|\\.){1,80})'|"((?:[^"\\\n]|\\.){1,80})\""""
    r"""|\{\{([^{}|\n]{1,80})|^\s*([\w -]{1,80}):""",
    re.MULTILINE,
)
_SOURCE_FILES = {".js", ".py", ".json", ".scala", ".lua", ".txt", ".xml", ".csv"}
_MAX_BYTES = 20_000_000


def folded(name: str) -> str:
    name = re.sub(r"[\s_]+", " ", name).strip().lower()
    return name.partition(":")[0] + ":" if name.startswith("#") else name.removeprefix("template:")


def in_dumps() -> dict[str, set[str]]:
    """Names that articles use, by language."""
    found: dict[str, set[str]] = collections.defaultdict(set)
    for path in wikis():
        language = re.sub("wiki.*", "", path.name)
        for page in articles(path):
            for name in _USED.findall(page):
                found[language].add(folded(name))
                if ":" in name:  # {{lc:x}}
                    found[language].add(folded(name.partition(":")[0] + ":"))
    return found


def in_package(folder: Path) -> set[str]:
    """Texts of a package's source files that could be names."""
    found: set[str] = set()
    for path in folder.rglob("*"):
        if path.suffix in _SOURCE_FILES and path.stat().st_size < _MAX_BYTES:
            text = path.read_text(encoding="utf-8", errors="replace")
            for groups in _TEXT.findall(text):
                found.add(folded(next(filter(None, groups), "").replace("\\'", "'")))
    return found


def main(folders: list[Path]) -> None:
    table: dict[str, dict[str, list[str]]] = json.loads(NAMES.read_text(encoding="utf-8"))
    dumps = in_dumps()
    everywhere = set().union(*dumps.values())
    packages = {folder.name: in_package(folder) for folder in folders}
    counts: collections.Counter[str] = collections.Counter()
    unsourced: dict[str, dict[str, list[str]]] = {}
    for section, kinds in table.items():
        for kind, names in kinds.items():
            for name in names:
                family = name[-1] in "-/" and len(name) > 2
                own = everywhere if section == "*" else dumps.get(section, set())

                def has(known: set[str], name: str = name, family: bool = family) -> bool:
                    return name in known or (family and any(k.startswith(name) for k in known))

                sources = [
                    place
                    for place, languages in READ.items()
                    for language, read in languages.items()
                    if section in ("*", language) and has(set(read.split("|")))
                ]
                sources += [package for package, known in packages.items() if has(known)]
                if has(own):
                    sources.insert(0, "a dump of its wiki")
                elif has(everywhere):
                    sources.insert(0, "a dump of another wiki")
                counts.update([*sources[:1], "names"])
                if not sources:
                    unsourced.setdefault(section, {}).setdefault(kind, []).append(name)
                    counts["no source"] += 1
    print("| first source | names |\n| --- | ---: |")
    for source, count in counts.most_common():
        print(f"| {source} | {count} |")
    text = json.dumps(unsourced, ensure_ascii=False, indent=1)
    UNSOURCED.write_text(
        re.sub(r"\n   +|(?<=\[)\n +|\n +(?=\])", " ", text) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main([Path(folder) for folder in sys.argv[1:]])
