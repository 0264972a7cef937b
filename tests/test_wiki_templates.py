"""Templates that say something in a sentence, by kind and language: what a reader would see.

The expected texts are those that the wikis themselves show for these templates.
"""

import json
import re
import zlib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from filters.wikitext import Markup, wikitext_to_text
from filters.wikitext.templates import names
from filters.wikitext.templates.calls import Call
from filters.wikitext.templates.editions import edition
from filters.wikitext.templates.units import UNITS, converted

TABLE = json.loads(Path(names.__file__).with_name("names.json").read_text(encoding="utf-8"))


def plain(page: str, language: str | None = "en", **markup: Any) -> str:
    array = pa.array([page], pa.large_string())
    text: str = wikitext_to_text(array, Markup(language=language, **markup))[0].as_py()
    return text


def check(page: str, text: str, language: str | None = "en") -> None:
    shown = f"before {text} after" if text else "before after"
    assert plain(f"before {page} after", language) == shown


@pytest.mark.parametrize(
    ("page", "text"),
    [
        # What breaks a line parts words.
        ("one{{br}}two{{pb}}three{{clear}}four", "one\ntwo\nthree\nfour"),
        ("One.{{clear}}\n\nTwo.", "One.\n\nTwo."),
        (
            "{{Rotten Tomatoes prose|86|7.2|50}}",
            "On the review aggregator website Rotten Tomatoes, 86% of 50 critics' reviews are "
            "positive, with an average rating of 7.2/10.",
        ),
        ("The {{LORD}} is one", "The LORD is one"),
        ("{{convert|26|mi|km}}", "26 miles (42 km)"),
        ("{{Convert|1|mi}}", "1 mile (1.6 km)"),
        ("{{cvt|12|kg|lb}}", "12 kg (26 lb)"),
        # As en.wikipedia's Module:Convert rounds: by log10(2) more than the input's last place.
        ("{{convert|686|ft|m}}", "686 feet (209 m)"),
        ("{{convert|2737|ft|m}}", "2,737 feet (834 m)"),
        ("{{convert|1,000|ft|m}}", "1,000 feet (300 m)"),
        ("{{convert|123|sqmi|km2}}", "123 square miles (320 km^2)"),
        ("{{convert|123|in|cm}}", "123 inches (310 cm)"),
        ("{{convert|75|kg|lb}}", "75 kilograms (165 lb)"),
        ("{{convert|100|m|ft}}", "100 metres (330 ft)"),
        ("{{convert|12.5|ft|m}}", "12.5 feet (3.8 m)"),
        ("{{convert|1200|C|F}}", "1,200 °C (2,190 °F)"),
        ("{{convert|30|ft|m|adj=on}} wall", "30-foot (9.1 m) wall"),
        ("{{convert|5|to|10|km|mi|abbr=on}}", "5 to 10 km (3.1 to 6.2 mi)"),
        ("{{convert|6|–|9|lb|kg}}", "6–9 pounds (2.7–4.1 kg)"),
        ("{{convert|6|ft|2|in|cm}}", "6 feet 2 inches (188 cm)"),
        ("{{convert|37|C|F}}", "37 °C (99 °F)"),
        ("{{convert|-40|C|F}}", "−40 °C (−40 °F)"),
        ("{{convert|640|acre|ha}}", "640 acres (260 ha)"),
        ("{{convert|25|m|ftin}}", "25 metres (82 ft 0 in)"),
        ("{{convert|7|km2|sqmi}}", "7 square kilometres (2.7 sq mi)"),
        ("{{convert|9|km|mi|sp=us}}", "9 kilometers (5.6 mi)"),
        ("{{convert|50|mph|km/h|disp=or}}", "50 miles per hour or 80 kilometres per hour"),
        ("{{convert|2.5|e6m3|cuft}}", "2.5 million cubic metres (88 million cu ft)"),
        ("{{convert|10|m|ft|order=flip}}", "33 feet (10 m)"),
        ("{{convert|8000|km|mi<!-- rounded -->|-2|abbr=on}}", "8,000 km (5,000 mi)"),
        ("{{convert|3|x|4|m|ft}}", "3 by 4 metres (9.8 ft × 13.1 ft)"),
        ("{{convert|2|to|10|m|ft}}", "2 to 10 metres (6.6 to 32.8 ft)"),
        ("{{convert|30|mpgus}}", "30 miles per US gallon (7.8 L/100 km; 36 mpg‑imp)"),
        ("{{cvt|50|cc}}", "50 cc (3.1 cu in)"),
        ("{{convert|5|short ton|t}}", "5 short tons (4.5 t)"),
        ("{{convert|50|/sqkm}}", "50/km^2 (130/sq mi)"),
        ("{{convert|5|lb/sqft}}", "5 pounds per square foot (24 kg/m^2)"),
        ("{{convert|100|ft/min}}", "100 feet per minute (0.51 m/s)"),
        ("{{Template:Convert|5|hectare}}", "5 hectares (12 acres)"),
        ("{{convert|3|frobs|km}}", "3 frobs"),
        ("{{convert|x|km}}", "x km"),
        ("{{convert}}", ""),
    ],
)
def test_measures_are_given_in_both_units(page: str, text: str) -> None:
    assert plain(f"a {page} b") == (f"a {text} b" if text else "a b")


def test_units_convert_as_the_standards_define_them() -> None:
    assert converted(1, "mi", "m") == 1609.344
    assert converted(100, "C", "F") == pytest.approx(212)
    assert converted(1, "lb", "kg") == 0.45359237
    assert converted(1, "km", "kg") is None
    for code, unit in UNITS.items():
        for default in unit.default.split(" "):
            assert default in UNITS, code
            assert UNITS[default].kind == unit.kind, code


@pytest.mark.parametrize(
    ("language", "page", "text"),
    [
        ("en", "{{formatnum:9876543.21}}", "9,876,543.21"),
        ("de", "{{formatnum:9876543.21}}", "9.876.543,21"),
        ("fr", "{{formatnum:9876543}}", "9\u202f876\u202f543"),
        ("es", "{{formatnum:9876}} y {{formatnum:98765}}", "9876 y 98\xa0765"),
        ("hi", "{{formatnum:9876543}}", "98,76,543"),
        ("fa", "{{formatnum:9876}}", "۹٬۸۷۶"),
        ("ja", "{{formatnum:{{#expr: 4 * 25 + 1}}}}人", "101人"),
        ("en", "{{FORMATNUM: 12345 }}", "12,345"),
        ("en", "{{formatnum:9,876|R}}", "9,876"),
        (None, "{{formatnum:7}}", "7"),
        ("fr", "{{unité|45000|habitants}}", "45\u202f000 habitants"),
        ("fr", "{{unité|9,81|m||s|-2}}", "9,81 m⋅s^−2"),
        ("fr", "{{nombre|72|communes}}", "72 communes"),
        ("it", "{{M|3|c|m}} e {{TA|5 000}}", "3 cm e 5000"),
        ("it", "{{converti|50|mi|km}}", "50 mi (80 km)"),
        ("es", "{{unidad|12|km}}", "12 km"),
        ("ja", "{{convert|50|mi|km}}", "50 mi (80 km)"),
        ("en", "{{val|2.998|e=8|u=m/s}}", "2.998×10^8 m/s"),
        ("en", "{{val|9.81|0.02|ul=m/s2}}", "9.81±0.02 m/s^2"),
        ("en", "{{val|12345|fmt=commas|u=kg}}", "12,345 kg"),
        ("en", "{{frac|2|3}}, {{frac|4}}, {{frac|2|1|4}}", "2⁄3, 1⁄4, 2 1⁄4"),
        ("en", "{{sfrac|a + b|2}}", "(a + b)/2"),
        ("en", "{{ordinal|22}}, {{percentage|1|8|1}}", "22nd, 12.5%"),
        (
            "en",
            "{{height|ft=5|in=11}}, {{height|m=1.8}}",
            "5 ft 11 in (1.80 m), 1.80 m (5 ft 11 in)",
        ),
        ("en", "4{{e|9}} or {{10^|12}}", "4×10^9 or 10^12"),
        ("it", "{{Exp|2,5|19}}", "2,5 × 10^19"),
        ("fr", "{{unité|3e6|m}}, {{unité|1,5E-3|s}}", "3 × 10^6 m, 1,5 × 10^-3 s"),
        ("de", "{{Zahl|160|km/h}}, {{Zahl|1234567}}", "160 km/h, 1.234.567"),
        (
            "it",
            "{{Calcio Juventus|N}}, {{Ciclismo Gitane 75-77}}, {{Basket Olimpia Milano}}",
            "Juventus, Gitane, Olimpia Milano",
        ),
    ],
)
def test_numbers_are_written_as_the_wiki_writes_them(language: str, page: str, text: str) -> None:
    check(page, text, language)


@pytest.mark.parametrize(
    ("language", "page", "text"),
    [
        ("en", "{{lang|fr|mot}}", "mot"),
        ("en", "{{lang|ja|{{linktext|語}}}}", "語"),
        ("en", "{{lang|de|''Wort''|italic=no}}<ref>{{lang|de|x}}</ref>", "Wort"),
        ("en", "{{lang-sv|ord}}", "Swedish: ord"),
        ("en", "{{langx|pl|słowo|lit=word}}", "Polish: słowo, lit. 'word'"),
        ("en", "{{lang-ru|слово|r=slovo}}", "Russian: слово, romanized: slovo"),
        ("en", "{{transl|ar|DIN|kalima}}", "kalima"),
        ("de", "{{frS|mot}} und {{lang-es|palabra}}", "französisch mot und spanisch palabra"),
        ("fr", "{{lang|ru|слово}}, {{en langue|de|Wort}}", "слово, en allemand : Wort"),
        ("es", "{{lang-ru|слово}}", "en ruso: слово"),
        ("pt", "{{lang-ru|слово}}", "em russo: слово"),
        ("it", "{{lang-ru|слово}} o {{de|Wort}}", "in russo: слово o Wort"),
        ("ru", "{{lang-fr|mot}} и {{lang-la|verbum}}", "фр. mot и лат. verbum"),
        ("uk", "{{lang-de|Wort}}", "нім. Wort"),
        ("ja", "{{lang-fr-short|mot}}、{{Lang-fr|mot}}", "仏: mot、フランス語: mot"),
        ("zh", "{{lang-fr|mot}}", "法语：mot"),
        ("ko", "{{llang|fr|mot}}", "프랑스어: mot"),
        ("ar", "{{فرنسية|mot}}", "(بالفرنسية: mot)"),
        ("hi", "{{lang-fr|mot}}", "फ़्रेंच: mot"),
        ("pl", "{{w języku|fr|mot}}", "francuski: mot"),
        ("vi", "{{lang-fr|mot}}", "tiếng Pháp: mot"),
        ("en", "{{nihongo|'''Heron'''|サギ|sagi}}", "Heron (サギ, sagi)"),
        ("en", "{{nihongo||サギ|sagi}}", "サギ (sagi)"),
        ("en", "{{nihongo|Heron||}}", "Heron"),
        ("it", "{{nihongo|Airone|サギ,|sagi|lett. airone}}", "Airone (サギ,, sagi, lett. airone)"),
        ("en", "{{nihongo3|heron|サギ|sagi}}", "sagi (サギ, heron)"),
        ("en", "{{zh|s=鹭|p=lù}}", "simplified Chinese: 鹭; pinyin: lù"),
        ("zh", "{{zh|s=鹭|t=鷺}}", "鹭, 鷺"),
        ("ja", "{{読み仮名|'''鷺'''|さぎ}}", "鷺（さぎ）"),
        ("ja", "{{ruby|鷺|さぎ}}", "鷺(さぎ)"),
        ("en", "{{IPA|/wɜːd/}}", "/wɜːd/"),
        ("en", "{{IPA-fr|mo}}", "French pronunciation: [mo]"),
        ("en", "{{IPAc-en|w|ɜːr|d}}", "/wɜːrd/"),
        ("en", "{{respell|WURD|ee}}", "WURD-ee"),
        ("de", "{{IPA|vɔrt}}", "[vɔrt]"),
    ],
)
def test_words_of_other_languages_stay(language: str, page: str, text: str) -> None:
    check(page, text, language)


@pytest.mark.parametrize(
    ("language", "page", "lines"),
    [
        ("en", "{{blockquote|text=A saying.|author=Ann|source=Book}}", "A saying.|— Ann, Book"),
        ("en", "{{Quote|A long saying.<ref>{{cite|x}}</ref>|Ann}}", "A long saying.|— Ann"),
        ("en", "{{quote\n|quote = A long\n\nsaying.\n|sign=\n}}", "A long|saying."),
        ("de", "{{Zitat|Ein Satz.|Anna}}", "Ein Satz.|— Anna"),
        ("fr", "{{citation bloc|Une phrase.|auteur=Anne}}", "Une phrase.|— Anne"),
        ("es", "{{cita|Una frase.|Ana}}", "Una frase.|— Ana"),
        ("ru", "{{Цитата|Одна фраза.|автор=Анна}}", "Одна фраза.|— Анна"),
        ("ja", "{{Quotation|一つの文。|花子}}", "一つの文。|— 花子"),
        ("pl", "{{cytat|Jedno zdanie.|Anna}}", "Jedno zdanie.|— Anna"),
    ],
)  # fmt: skip
def test_quotations_are_lines_of_their_own(language: str, page: str, lines: str) -> None:
    text = plain(f"She said:\n{page}\nAnd so on.", language)
    assert [x for x in text.split("\n") if x] == ["She said:", *lines.split("|"), "And so on."]


@pytest.mark.parametrize(
    ("language", "page", "text"),
    [
        ("fr", "{{citation|Je pense}}", "« Je pense »"),
        ("de", '{{"|Ich denke}}', "„Ich denke“"),
        ("en", "{{citation|title=Book}}", ""),
    ],
)
def test_one_name_means_what_its_wiki_means(language: str, page: str, text: str) -> None:
    check(page, text, language)


@pytest.mark.parametrize(
    ("language", "page", "text"),
    [
        ("en", "{{ill|Elm Street|de|Ulmenstraße}}", "Elm Street"),
        ("en", "{{ill|Elm Street|de|Ulmenstraße|lt=the street}}", "the street"),
        ("en", "{{ill|de|Ulmenstraße|Elm Street}}", "Elm Street"),
        ("en", "{{Interlanguage link|Elm Street|de||preserve=1}}", "Elm Street"),
        ("ja", "{{仮リンク|楡通り|en|Elm Street}}", "楡通り"),
        ("ja", "{{仮リンク|楡通り|en|Elm Street|label=通り}}", "通り"),
        ("zh", "{{link-en|榆树街|Elm Street}}", "榆树街"),
        ("zh", "{{tsl|en|Elm Street|榆树街}}", "榆树街"),
        ("ru", "{{нп5|Улица вязов|улицы вязов|en|Elm Street}}", "улицы вязов"),
        ("ru", "{{Нп3|Улица вязов||en|Elm Street}}", "Улица вязов"),
        ("uk", "{{не перекладено|Вулиця|вулиці|en|Elm Street}}", "вулиці"),
        ("fr", "{{Lien|langue=en|trad=Elm Street|fr=Rue|texte=la rue}}", "la rue"),
        ("fr", "{{lien|lang=en|Rue des Ormes}}", "Rue des Ormes"),
        ("ko", "{{임시링크|느릅나무|en|Elm}}", "느릅나무"),
        ("ar", "{{وإو|شارع|en|Elm Street}}", "شارع"),
    ],
)
def test_links_to_pages_of_other_languages_are_their_label(
    language: str, page: str, text: str
) -> None:
    check(page, text, language)


@pytest.mark.parametrize(
    ("language", "page", "text"),
    [
        ("en", "{{birth date|1912|6|23}}", "June 23, 1912"),
        ("en", "{{birth date and age|df=yes|1912|6|23}}", "23 June 1912"),
        ("en", "{{death date and age|1954|6|7|1912|6|23}}", "June 7, 1954 (aged 41)"),
        ("en", "{{start date|1912|6}}", "June 1912"),
        ("en", "{{as of|1999|lc=y}}", "as of 1999"),
        ("en", "{{As of|1999|12|31}}", "As of 31 December 1999"),
        ("en", "{{as of|1999|alt=by the turn}}", "by the turn"),
        ("en", "{{circa|1234}} to {{c.|1300}}", "c. 1234 to c. 1300"),
        ("en", "{{age|1912|6|23|1954|6|7}}", "41"),
        ("en", "{{OldStyleDate|March 1|1905|February 16}}", "March 1 [O.S. February 16] 1905"),
        ("fr", "{{date|23|juin|1912}}, {{date-|1er mai 1900}}", "23 juin 1912, 1er mai 1900"),
        ("fr", "{{Date de naissance|23|juin|1912}}", "23 juin 1912"),
        ("fr", "au {{s|XV}}, {{-s|II}}, {{XXe siècle}}",
         "au XVe siècle, IIe siècle av. J.-C., XXe siècle"),
        ("fr", "{{1er}} et {{3e}}", "1er et 3e"),
        ("es", "{{siglo|XV||s}}, {{fecha|23|6|1912}}", "siglo XV, 23 de junio de 1912"),
        ("pt", "{{dtlink|23|6|1912}}", "23 de junho de 1912"),
        ("ru", "{{дата рождения|23|6|1912}}", "23 июня 1912"),
        ("be", "{{BKLDate|23|6|1912}}", "23 чэрвеня 1912"),
        ("ja", "{{生年月日と年齢|1912|6|23}}", "1912年6月23日"),
        ("ja", "{{没年齢|1912|6|23|1954|6|7}}", "41歳没"),
        ("ja", "{{死亡年月日と没年齢|1912|6|23|1954|6|7}}", "1954年6月7日（41歳没）"),
        ("zh", "{{bd|1912年|6月23日|1954年|6月7日}}", "1912年6月23日－1954年6月7日"),
        ("hi", "{{birth date|1912|6|23}}", "23 जून 1912"),
    ],
)  # fmt: skip
def test_dates_and_ages_are_written_out(language: str, page: str, text: str) -> None:
    check(page, text, language)


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("{{nowrap|40 head}} of {{small|young {{big|cattle}}}}", "40 head of young cattle"),
        ("{{nobr|1=x = {{mvar|y}}}}", "x = y"),
        ("{{Nowrap|}}", ""),
        ("{{abbr|Mt|Mount}} {{tooltip|Everest|the highest}}", "Mt Everest"),
        ("{{color|red|warm}} {{font color|white|blue|cold}}", "warm cold"),
        ("m{{sup|2}}, a{{sub|i}}", "m^2, a_i"),
        ("a{{spaced ndash}}b{{snd}}c{{mdash}}d", "a – b – c—d"),
        ("the dogs{{'}} and cat{{'s}} [[a{{!}}b]]", "the dogs' and cat's b"),
        ("{{US$|3 million}}, {{£|1500}}, {{INR|20}}", "US$3 million, £1,500, ₹20"),
        ("{{sortname|Ada|Lovelace}}", "Ada Lovelace"),
        ("{{flag|BRA}} beat {{flag|New Zealand}}", "Brazil beat New Zealand"),
        ("{{flagicon|BRA}}Brazil", "Brazil"),
        ("{{SS|Great Eastern}} and {{HMS|Beagle|1820}}", "SS Great Eastern and HMS Beagle (1820)"),
        ("{{chem|Na|2|CO|3}}, {{chem2|CO2}}, {{chem|NH|4|+}}", "Na2CO3, CO2, NH4^+"),
        ("{{math|''e''<sup>''x''</sup>}}, <math> \\frac{a}{b}\n</math>", "e^x, $\\frac{a}{b}$"),
        ("{{hlist|red|green|[[blue]]}}", "red · green · blue"),
        ("{{lc:LOUD}} {{uc:soft}} {{ucfirst:word}}", "loud SOFT Word"),
        ("{{#if: x |yes|no}} {{#if: |yes|no}} {{#ifeq:a|b|same|other}}", "yes no other"),
        ("{{#switch:two|one=1|two=2|#default=3}} {{#switch:2|1=a|2=b}}", "2 b"),
        ("{{#if:a=b|<span style=x>y</span>}}", "y"),
        ("{{Coord|12|30|S|45|15|E|display=inline}}", "12°30′S 45°15′E"),
        ("{{coord|12|30|S|45|15|E|display=title}}", ""),
        ("{{citation needed|date=May 2020}}{{sfn|Ann|2000}}{{rp|12}}", ""),
    ],
)  # fmt: skip
def test_words_in_wrappers_signs_and_functions_stay(page: str, text: str) -> None:
    check(page, text)


@pytest.mark.parametrize(
    ("language", "page", "text"),
    [
        ("fr", "{{France}} et {{DEU}}", "France et Allemagne"),
        ("ru", "{{Франция}} и {{США}}", "Франция и США"),
        ("it", "{{bandiera|FRA|nome}}, {{bandiera|FRA}} x, {{GER}}", "Francia, x, Germania"),
        ("de", "{{FRA|Ziel=Lyon}} und {{SUI}}", "Lyon und Schweiz"),
        ("ja", "{{FRA}}と{{flagicon|USA}}米国", "フランスと米国"),
        ("es", "{{FRA}} y {{bandera|USA}}EE. UU.", "Francia y EE. UU."),
    ],
)
def test_flags_with_names_are_the_names(language: str, page: str, text: str) -> None:
    check(page, text, language)


@pytest.mark.parametrize(
    ("language", "page", "text"),
    [
        ("nl", "{{aut|Linnaeus}}", "Linnaeus"),
        ("de", "{{Aut|Linnaeus}}, {{AUT}}", "Linnaeus, Österreich"),
        ("sv", "{{auktor|Linné}}", "Linné"),
        ("en", "{{can}}{{est}}{{per|x}}{{CAN}}", "Canada"),
        ("en", "{{tl|cite}}", "{{cite}}"),
        ("it", "{{ITA|Roma}}", "Italia Roma"),
    ],
)
def test_codes_of_countries_are_in_upper_case(language: str, page: str, text: str) -> None:
    check(page, text, language)


@pytest.mark.parametrize(
    ("language", "page", "text"),
    [
        ("es", "siglo {{siglo|XVII}}", "siglo XVII"),
        ("es", "{{siglo|II|a|s}}", "siglo II a. C."),
        ("pt", "{{séc|V|a.C.}}", "século V a.C."),
        ("fr", "{{date|1|mai|2001}}", "1er mai 2001"),
        ("fr", "{{sp-|XVI|au|XVII}}", "XVIe au XVIIe siècle"),
        ("fr", "{{sav-|III}}", "IIIe siècle av. J.-C."),
        ("zh", "{{start date|2001|5|6}}", "2001年5月6日"),
        ("es", "{{AC|44}}", "44 a. C."),
        ("ja", "{{by|2001年}}", "2001年"),
        ("ja", "{{和暦|1990}}, {{和暦|2019}}", "平成2年, 令和元年"),
        ("it", "{{M|5|ul=m/s}}, {{M|5|k|ul=m}}", "5 m/s, 5 km"),
        ("en", "{{val|100|p=~}}, {{val|5000|p=$}}", "~100, $5000"),
        ("en", "{{val|5|u=W|upl=m2}}", "5 W/m^2"),
        ("en", "{{val|1.5|0.2|e=3|u=kg}}", "(1.5±0.2)×10^3 kg"),
        ("en", "{{val|1.2|0.1|0.3|e=-3}}, {{val|-5|(3)|e=3}}", "(1.2+0.1−0.3)×10^−3, −5(3)×10^3"),
        ("de", "{{ZahlExp|6|3,2}}", "3,2 · 10^6"),
        ("en", "{{chem2|Ca(2+)}}, {{chem2|Cl-}}", "Ca^2+, Cl^−"),
        ("en", "{{chem2|CuSO4*5H2O}}, {{CO2}}", "CuSO4·5H2O, CO2"),
        ("en", "{{IPAc-en|æ|,_|b}}", "/æ, b/"),
    ],
)
def test_numbers_and_eras_are_whole(language: str, page: str, text: str) -> None:
    check(page, text, language)


@pytest.mark.parametrize(
    ("language", "page", "text"),
    [
        ("en", "{{harvtxt|Waterhouse|1974}}", "Waterhouse (1974)"),
        ("en", "{{harvs|txt|last=Doe|year=1999}}", "Doe (1999)"),
        ("es", "{{esd|40 km}}", "40 km"),
        ("ar", "{{وصلة إنترويكي|عر=كلمة|تر=word}}", "كلمة"),
        ("zh", "{{書名號|c}}{{僻字|a}}", "《c》a"),
        ("ko", "{{루비|b|c}} {{한자|a}}", "b(c) a"),
        ("de", '{{"|Text=x|Autor=y}}', "„x“ – y"),
        ("de", "{{Art.|5|gg}} {{FormatZahlLokal|12345}}", "Art. 5 12.345"),
        ("fr", "{{quand|x}} {{passage évasif|z}} {{Mgr}}", "x z Mgr"),
    ],
)
def test_words_that_wrappers_hold_stay(language: str, page: str, text: str) -> None:
    check(page, text, language)


def test_cells_that_templates_colour_say_their_word() -> None:
    page = """{|
| {{yes}} || {{no}}
|-
|{{n/a}} || {{partial|Maybe}}
|-
! scope="row" {{won}}
| align=center {{nom}}
|}"""
    rows = plain(page, tables=True).strip().split("\n")
    assert rows == ["Yes | No", "N/A | Maybe", "Won | Nominated"]


@pytest.mark.parametrize(
    ("language", "page", "lines"),
    [
        ("en", "{{rquote|right|Hello|Someone}}", "Hello\n— Someone"),
        ("pl", "{{Cytat|treść=a|autor=b}}", "a\n— b"),
        ("nl", "{{citaat|tekst=a|aut=b}}", "a\n— b"),
        ("en", "{{glossary}}{{term|Alpha}}{{defn|first}}{{glossary end}}", "Alpha\n\nfirst"),
        ("en", "{{columns-list|\n* a\n* b\n}}", "- a\n- b"),
    ],
)
def test_blocks_say_who_and_what(language: str, page: str, lines: str) -> None:
    assert plain(page, language).strip() == lines


def test_the_first_sentence_of_an_italian_life_is_written_out() -> None:
    page = (
        "{{Bio\n|Nome = Rosa\n|Cognome = Bianchi\n|Sesso = F\n|LuogoNascita = Torino\n"
        "|GiornoMeseNascita = 1º maggio\n|AnnoNascita = 1900\n|LuogoMorte = Roma\n"
        "|GiornoMeseMorte =\n|AnnoMorte = 1980\n|Attività = attrice\n|Attività2 = cantante\n"
        "|Nazionalità = italiana\n|PostNazionalità = , nota per la voce\n}}"
    )
    assert plain(page, "it") == (
        "Rosa Bianchi (Torino, 1º maggio 1900 – Roma, 1980) è stata un'attrice e cantante "
        "italiana, nota per la voce."
    )


def test_lists_made_by_templates_are_lines() -> None:
    for page in ("{{plainlist|\n* [[one]]\n* two\n}}", "{{ubl|one|{{nowrap|two}}}}"):
        assert plain(f"These:\n{page}\nEnd") == "These:\n\n- one\n- two\n\nEnd"
    assert plain("x {{flatlist|\n* one\n* two\n}} y") == "x one · two y"


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("4<sup>9</sup>", "4^9"),
        ("7×10<sup>−5</sup> m", "7×10^−5 m"),
        ("3<sup>{{nowrap|n + 1}}</sup>", "3^(n + 1)"),
        ("x<sup>[[square|2]]</sup> + y<sup>3</sup>", "x^2 + y^3"),
        ("101<sub>2</sub>", "101_2"),
        ("the 21<sup>st</sup> H<sub>2</sub>SO<sub>4</sub>", "the 21st H2SO4"),
        ("Cl<sup>−</sup> Ca<sup>2+</sup>", "Cl^− Ca^2+"),
        ("<sup>a</sup> 5<sup></sup>6 7<sup>8", "a 56 78"),
        ("9<sup>[1]</sup> 9<sup><ref>x</ref></sup>", "9[1] 9"),
        ("1{{sup|er}} 12{{sup|3}}", "1er 12^3"),
    ],
)
def test_exponents_never_run_into_their_number(page: str, text: str) -> None:
    assert plain(page) == text


def test_exponents_are_written_as_from_html() -> None:
    from filters.extract.wiki_html import wiki_page_text

    options = {"tables": False, "infoboxes": False, "captions": False, "math": True}
    lines = (
        "10<sup>6</sup>", "2<sup>n-1</sup>", "CO<sub>2</sub>", "1<sup>st</sup>", "a<sup>2</sup>",
        "100<sub>2</sub>", "10<sup>−3</sup>", "5<sup>,</sup>", "Cl<sup>−</sup>",
    )  # fmt: skip
    for line in lines:
        assert plain(f"so {line} is") == wiki_page_text(f"<p>so {line} is</p>", **options)


TABLE_PAGE = """Before the table.
{{start of a table}}
|-
| colspan="2" | one || two
|-
! three
| four
{{end of a table}}
After it."""


def test_rows_of_tables_that_templates_open_are_rows() -> None:
    assert plain(TABLE_PAGE).split() == ["Before", "the", "table.", "After", "it."]
    lines = [line for line in plain(TABLE_PAGE, tables=True).split("\n") if line]
    assert lines == ["Before the table.", "one | | two", "three | four", "After it."]
    assert plain("a\n{{row start}}\n| x || y\n| z\n{{row end}}\nb").split() == ["a", "b"]
    assert plain("a\n|+ caption\n| x\nb") == "a\nb"
    assert plain("a\n{{row start}}\n|-\n| x\nmore of it\n  | y\n{{row end}}\n\nb").split() == [
        "a", "more", "of", "it", "b",
    ]  # fmt: skip
    assert plain("{|\n | x\n |}\nb") == "b"
    assert plain("The value\n|x| is\nsmall") == "The value\n|x| is\nsmall"


@pytest.mark.parametrize(
    ("language", "page", "text"),
    [
        ("en", "It has {{CURRENTYEAR}} of them. Then more.", "Then more."),
        ("en", "Older. It is {{age|1950|1|1}} years today. New.", "Older. New."),
        ("en", "A tower ({{age|1950|1|1}} years (or so) old) stands.", "A tower stands."),
        ("ja", "首都だ。人口は{{自治体人口/東京都|千代田区}}人だ。次の文。", "首都だ。次の文。"),
        ("ja", "面積（{{自治体面積/東京都|千代田区}}）を持つ。", "面積を持つ。"),
        ("de", "Dort leben {{formatnum:{{Metadaten Einwohnerzahl DE-HH|Hamburg}}}} Menschen. Ja.",
         "Ja."),
        ("hi", "यहाँ {{CURRENTYEAR}} है। अगला।", "अगला।"),
    ],
)  # fmt: skip
def test_a_sentence_without_its_value_goes_as_a_whole(language: str, page: str, text: str) -> None:
    assert plain(page, language).strip() == text


def test_unknown_templates_keep_their_text_only_when_asked() -> None:
    page = "A {{blorp|green}} hill{{blorp|12}}, {{blorp|a|b}}, {{rp|p. 5}}.\n{{blorp|alone}}"
    assert plain(page) == "A hill,,."
    assert plain(page, unknown_templates=True) == "A green hill,,."


def test_templates_in_what_is_not_shown_stay_hidden() -> None:
    page = (
        "a<ref>{{lang|de|x}}</ref>b<!-- {{lang|de|x}} -->c{{no such|{{lang|de|x}}}}d"
        "<nowiki>{{lang|de|x}}</nowiki>{{cite web|title={{lang|de|x}}}}"
    )
    assert plain(page) == "abcd{{lang|de|x}}"


def test_broken_templates_cost_themselves() -> None:
    assert plain("{{nowrap|a [[b}} c {{nowrap|d}}") == "a [[b c d".replace("[[", "")
    assert "kept" in plain("{{convert|1|\n\nkept\n\n{{nowrap|x")
    assert plain("{{nowrap|" * 40 + "deep" + "}}" * 40) == ""
    assert plain("{{nowrap|" * 5 + "deep" + "}}" * 5) == "deep"


@pytest.mark.parametrize(
    "unit",
    ["{{nowrap|", "{{nowrap|a}}", "{{convert|1|mi|km}}", "{{hlist|", "{{lang-", "<sup>2</sup>",
     "{{nowrap|[[", "{{CURRENTYEAR}} (", "({{CURRENTYEAR}}", "|-\n", "<ref>{{nowrap|", "{{a|{{b|"],
)  # fmt: skip
def test_many_templates_come_to_an_end(unit: str) -> None:
    """A pass that took time by the square of such a page would not end in minutes."""
    assert len(plain(unit * 40_000)) <= 2 * len(unit) * 40_000


def test_pages_of_a_batch_do_not_meet() -> None:
    pages = ["{{nowrap|a", "b}} {{lang|de|c}}", "", "x {{lc:Y}} z", "'''", "{{convert|1|km}}"]
    array = pa.array(pages, pa.large_string())
    markup = Markup(language="en")
    whole = wikitext_to_text(array, markup).to_pylist()
    assert whole == [wikitext_to_text(array[i : i + 1], markup)[0].as_py() for i in range(6)]


WORDS = (
    "", "1", "-3", "1.5", "km", "mi", "e6m3", "to", "-", "de", "2000", "13", "0", "1900-01-01",
    "XIX", "''a''", "[[a|b]]", "<ref>x</ref>", "{{x}}", "年", "1/2", "1/0", "9" * 400,
    "9" * 5000, "9e999-9e999", "٣", "²", "½", "ftin",
    "C", "on", "12/3", "^{", "_{", "(2-)", "İ", "−", "±", "1,2", "1.2.3", "(", "NaN", "inf", "00",
)  # fmt: skip
KEYS = ("", "", "", "u", "e", "disp", "sigfig", "round", "df", "NS", "EW", "p", "fmt", "prec", "r",
        "Nome", "AnnoNascita", "2", "1", "year", "#default")  # fmt: skip


@pytest.mark.parametrize("code", ["en", "fr", "it", "ja", "ru", None])
def test_no_parameters_are_too_odd_for_a_template(code: str | None) -> None:
    """One that raises would end a run; the hashes only choose, so that a failure comes again."""
    own = names.names_of(code, True)
    for at, (form, name) in enumerate(zip(own.forms, own.spelt, strict=True)):
        for turn in range(4):
            seed = zlib.crc32(f"{name} {turn}".encode())
            parts = [
                (KEYS[(seed >> n) % len(KEYS)], WORDS[(seed >> 2 * n) % len(WORDS)])
                for n in range(seed % 6)
            ]
            params: dict[str, str] = {}
            for key, value in parts:
                params[key or str(len(params) + 1)] = value
            text = form(Call(name, params, own.edition, parts))
            assert len(text) < 40_000, (at, name, params)


def test_each_name_has_one_meaning_on_a_wiki() -> None:
    for code, kinds in TABLE.items():
        seen: dict[str, str] = {}
        for kind, found in kinds.items():
            for name in found:
                assert name == name.lower().replace("_", " "), name
                assert name not in seen, (code, name, kind, seen[name])
                seen[name] = kind
        assert code in ("*", "wiktionary", "wikisource", "wikivoyage") or edition(code).known
    for code in ("en", "fr", "ru", "ja", "ar", "tr", "de", None):
        names.names_of(code, True)  # every kind has its function


def test_every_language_has_its_words() -> None:
    for code in ("en", "de", "fr", "es", "it", "ja", "ru", "zh", "ar", "hi"):
        own = edition(code)
        assert own.code == code
        assert own.language("de") and own.country("FRA") and own.country("GER")  # noqa: PT018
        assert len(own.months) == 12
        assert re.search("1912", own.date("1912", "6", "23"))
    assert not edition("xx").known


def test_boxes_of_clubs_leave_nothing() -> None:
    page = "Squadra:\n{{Calcio Roma}}\n{{Calcio in Italia}} fine {{Calcio a 5}}"
    assert plain(page, "it") == "Squadra:\n\nfine"
    assert plain("a {{Calcio Roma}} b") == "a b"


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("{{convert|40|t}}", "40 tonnes (39 long tons; 44 short tons)"),
        ("{{convert|12|nmi}}", "12 nautical miles (22 km; 14 mi)"),
        ("{{convert|18|kn|abbr=on}}", "18 kn (33 km/h; 21 mph)"),
        ("{{convert|11|st}}", "11 stone (150 lb; 70 kg)"),
        ("{{convert|80|shp}}, {{cvt|80|bhp}}", "80 shaft horsepower (60 kW), 80 bhp (60 kW)"),
        ("{{convert|18|kn|mph}}", "18 knots (21 mph)"),
        ("{{convert|3|e6L}}", "3 million litres (660,000 imp gal)"),
        ("{{convert|9|st|4|lb}}", "9 stone 4 pounds (59 kg)"),
    ],
)
def test_some_units_are_converted_to_two_where_nothing_is_said(page: str, text: str) -> None:
    check(page, text)


@pytest.mark.parametrize(
    ("language", "page", "text"),
    [
        ("nb", "{{lang-de|Mühle}}, {{formatnum:54321}}", "tysk: Mühle, 54\xa0321"),
        ("nb", "Fjell[[Bilde:Fjell.jpg|thumb|text]] her", "Fjell her"),
        ("yue", "{{lang-fr|moulin}}", "法语：moulin"),
        ("lzh", "{{lang-fr|moulin}}", "法语：moulin"),
        ("nan", "{{lang-fr|moulin}}", "法语：moulin"),
        ("zh-classical", "{{lang-fr|moulin}}", "法语：moulin"),
        ("nn", "{{lang-de|Mühle}}", "tysk: Mühle"),
    ],
)
def test_a_dump_may_name_a_language_otherwise_than_its_wiki(
    language: str, page: str, text: str
) -> None:
    check(page, text, language)


@pytest.mark.parametrize(
    ("language", "page", "text"),
    [
        ("de", "{{csS|řeka}}, {{CsS|řeka}}", "tschechisch řeka, tschechisch řeka"),
        ("de", "{{mtS|xmara}}, {{msS|sungai}}", "maltesisch xmara, malaiisch sungai"),
        ("de", "{{CSS|Alabama}}, {{HNoMS|Otra}}", "CSS Alabama, HNoMS Otra"),
        ("cs", "{{vjazyce|fr}} ''fleuve''", "francouzsky fleuve"),
        ("cs", "{{vjazyce2|lv|upe}}, {{vjazyce2|la|flumen}}", "lotyšsky upe, latinsky flumen"),
        ("cs", "{{vjazyce2|el|potami}}, {{vjazyce2|de|Fluss}}", "řecky potami, německy Fluss"),
        ("id", "({{lahirmati|Medan|5|6|1920}})", "(lahir di Medan, 5 Juni 1920)"),
        (
            "id",
            "({{lahirmati|[[Solo]]|5|6|1920|[[Ambon]]|1|2|1990}})",
            "(lahir di Solo, 5 Juni 1920 – meninggal di Ambon, 1 Februari 1990 pada umur 69 tahun)",
        ),
        (
            "id",
            "({{lahirmati||5|6|1920||7|8|1990}})",
            "(lahir 5 Juni 1920 – meninggal 7 Agustus 1990 pada umur 70 tahun)",
        ),
    ],
)
def test_templates_of_single_wikis_say_their_words(language: str, page: str, text: str) -> None:
    check(page, text, language)
