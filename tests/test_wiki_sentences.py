"""A value that only a wiki's servers know takes its whole sentence with it, in any language."""

import pytest

from tests.test_wiki_templates import plain

YEAR = "{{CURRENTYEAR}}"


@pytest.mark.parametrize(
    ("language", "page", "text"),
    [
        ("de", "Die Stadt hatte am 31. Dezember 2020 {{EWZ|DE-BE|11000000}} Einwohner.", ""),
        ("de", "Ein Anfang. Die Stadt hat ca. {{EWZ|x}} Einwohner. Danach.", "Ein Anfang. Danach."),
        ("de", f"Davor. Der Ort liegt 721 m ü. M. und hat {YEAR} Leute. Danach.", "Davor. Danach."),
        ("en", f"In the U.S. Census of 2020, the city had {YEAR} people.", ""),
        ("en", f"First words. Mt. St. Helens Inc. had {YEAR} people. Last.", "First words. Last."),
        ("en", f"One more. It has approx. {YEAR} people. Other words.", "One more. Other words."),
        ("en", f"Some words. {YEAR} people live there. Then more.", "Then more."),
        ("en", f"Some words. The town (pop. {YEAR}) is. Then", "Some words. The town is. Then"),
        ("en", f"Good words. The town (pop. {YEAR} people. Then more", "Good words. Then more"),
        ("es", f"Es grande. En EE. UU. son {YEAR} personas. Otra.", "Es grande. Otra."),
        ("fr", "Belle ville. La ville a env. {{population|Paris}} hab. Puis.", "Belle ville."),
        ("it", f"Prima frase. Il sig. Rossi ha {YEAR} anni. Ultima.", "Prima frase. Ultima."),
        ("ru", "Город велик. Было ок. {{Население|Москва}} чел. Другое слово.", "Город велик."),
        ("uk", f"Місто велике. Є бл. {YEAR} жителів. Потім.", "Місто велике. Потім."),
        ("el", f"Πρώτη πρόταση. Έχει {YEAR} κατοίκους. Τελευταία.", "Πρώτη πρόταση. Τελευταία."),
        ("ar", f"جملة أولى. عدد السكان {YEAR} نسمة. جملة أخرى.", "جملة أولى. جملة أخرى."),
        ("ko", f"도시이다. 인구는 {YEAR}명이다. 다음이다.", "도시이다. 다음이다."),
        ("ja", f"首都だ。人口は{YEAR}人だ！次の文。", "首都だ。次の文。"),
        ("zh", f"首都。人口{YEAR}人。下一句。", "首都。下一句。"),
        ("fr", "Avant. Nous sommes en {{ANNEEACTUELLE}} encore. Après.", "Avant. Après."),
        ("uk", "Раніше. Тепер {{ПОТОЧНИЙ РІК}} кількість. Пізніше.", "Раніше. Пізніше."),
        ("en", "First. It has {{NUMBEROFUSERS}} users. Second.", "First. Second."),
        ("hi", f"पहला वाक्य। यहाँ {YEAR} है। अगला।", "पहला वाक्य। अगला।"),
        ("ur", f"پہلا جملہ۔ آبادی {YEAR} ہے۔ اگلا۔", "پہلا جملہ۔ اگلا۔"),
    ],
)  # fmt: skip
def test_no_half_of_a_sentence_stays(language: str, page: str, text: str) -> None:
    assert plain(page, language) == text


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("ru", "Население"), ("fr", "population"), ("it", "popolazione"), ("de", "EWZ"),
        ("en", "NZ population data 2018"),
    ],
)  # fmt: skip
def test_numbers_of_inhabitants_are_not_known(language: str, name: str) -> None:
    assert plain(f"one {{{{{name}|x}}}} two", language) == ""
    assert plain(f"one {{{{{name}|x}}}} two", "eo") == ("" if name == "EWZ" else "one two")


@pytest.mark.parametrize(
    ("language", "name"),
    [("pt", "população"), ("nl", "inwoners"), ("zh", "人口"), ("es", "número de habitantes")],
)
def test_a_name_that_no_source_shows_takes_no_sentence(language: str, name: str) -> None:
    assert plain(f"one {{{{{name}|x}}}} two", language) == "one two"


@pytest.mark.parametrize(
    ("language", "page", "text"),
    [
        ("en", "{{née|Smith}}", "née Smith"),
        ("en", "{{lit|Moon}}", "lit.\xa0'Moon'"),
        ("en", "{{section link||History}}", "§\xa0History"),
        ("en", "{{slink|Rome|War|Art}}", "Rome §§\xa0War and Art"),
        ("en", "{{unichar|00E9}}", "U+00E9 é LATIN SMALL LETTER E WITH ACUTE"),
        ("en", "{{unichar|007B}}", "U+007B LEFT CURLY BRACKET"),
        ("en", "5 {{solar mass}}", "5 M☉"),
        ("en", "{{half}}", "1⁄2"),
        ("en", "{{no.|5}}", "No.\xa05"),
        ("en", "{{ket|ψ}}", "|ψ⟩"),
        ("en", "{{jct|state=NY|I|87|US|9|city1=Troy}}", "I-87 / US 9 – Troy"),
        ("en", "{{URL|https://example.com/}}", "example.com"),
        ("en", "{{death year and age|1990|1920}}", "1990 (aged 69–70)"),
        ("en", "{{start and end dates|2001|2|3|2004|5|6}}", "February 3, 2001 – May 6, 2004"),
        ("en", "{{hms|1|2|3}}", "1^h 2^m 3^s"),
        ("en", "{{HMS|Victory}}, {{HNoMS|Thor|F1}}", "HMS Victory, HNoMS Thor (F1)"),
        ("en", "{{INRConvert|3|c}}", "₹3 crore"),
        ("en", "{{AD|79}}, {{CE|79}}, {{BCE|79}}", "AD 79, 79 CE, 79 BCE"),
        ("en", "{{US patent|1234567}}", "U.S. patent 1,234,567"),
        ("en", "{{fra|x}}{{FRA}}", "France"),
        ("fr", "aux {{s2-|XI|e|XII|e}}", "aux XIe et XIIe siècles"),
        ("fr", "D{{e|r}}, XII{{e}}, 2{{ème}}", "Dr, XIIe, 2e"),
        ("fr", "{{citation nécessaire|phrase}}", "phrase"),
        ("fr", "{{nobr|4,4|millions}}, {{nobr|Louis XIV}}", "4,4 millions, Louis XIV"),
        ("es", "{{población|total=500|año=1990}}", "500"),
        ("pl", "{{państwol|FRA}}", "Francja"),
        ("zh", "-{-{x}-}- -{zh-hans:-{甲}-;zh-hant:乙}- -{a}-b", "x 甲 ab"),
    ],
)
def test_names_that_left_nothing_or_something_else(language: str, page: str, text: str) -> None:
    assert plain(f"one {page} two", language, variants=language == "zh") == f"one {text} two"
