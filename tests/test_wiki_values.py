"""Templates that reckon: numbers in words, ages, expressions; and flags of former countries."""

import datetime
import fractions
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_wiki_templates import plain

ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("{{spellnum|105}} men", "one hundred and five men"),
        ("{{number to words|21}} of {{numtext|1000000}}", "twenty-one of one million"),
        ("{{spellnum|1234567|sp=us}}",
         "one million two hundred thirty-four thousand five hundred sixty-seven"),
        ("{{Spellnum|2001|case=U}}", "Two thousand and one"),
        ("the {{ordinal to word|3}} and {{ordinal to word|20}}", "the third and twentieth"),
        ("{{ordinal to word|112}}, {{spellnum|12|ord=th}}", "one hundred and twelfth, twelfth"),
        ("{{nth|11}}, {{nth|22}}, {{nth|103}}", "11th, 22nd, 103rd"),
        ("{{roman|1999}}, {{roman|4}}", "MCMXCIX, IV"),
        ("in the {{decade|1987}}, the {{century|1900}}th", "in the 1980s, the 19th"),
        ("{{age in days|1989|7|23|2003|7|14}} days", "5104 days"),
        ("{{age in years and days|1989|7|23|2003|7|14}}", "13 years, 356 days"),
        ("{{age in years, months and days|1989|7|23|2003|7|14}}",
         "13 years, 11 months and 21 days"),
        ("{{age in years and months|1989|7|23|2003|7|14}}", "13 years, 11 months"),
        ("{{age in months|2000|1|31|2001|3|1}}, {{age in weeks|2000|1|1|2000|3|1}}",
         "13 months, 8 weeks"),
        ("{{age in weeks and days|2000|1|1|2000|3|1}}", "8 weeks, 4 days"),
        ("{{age in years, months, weeks and days|2000|1|1|2001|3|10}}",
         "1 year, 2 months, 1 week and 2 days"),
        ("{{#expr: 7 mod 3}} {{#expr: -7 mod 3}} {{#expr: 2^10}} {{#expr: 2^3^2}}", "1 -1 1024 64"),
        ("{{#expr: 2.5 round 0}} {{#expr: -2.5 round 0}} {{#expr: 1.955 round 2}}", "3 -3 1.96"),
        ("{{#expr: 1234 round -2}} {{#expr: 1/3}} {{#expr: -2^2}}", "1200 0.33333333333333 4"),
        ("{{#expr: trunc 5.7 + 3 * 2}} {{#expr: 3 >= 2 and 1}} {{#expr: 1 e 3}}", "11 1 1000"),
        ("{{#ifexpr: 3 > 2 | yes | no}} {{#ifexpr: 1 = 2 | yes | no}}", "yes no"),
        ("{{#ifexist: Rome | [[Rome]] | none}}", "Rome"),
        ("{{convert|5|km|mi|order=flip}}", "3.1 miles (5 km)"),
        ("{{convert|1|mi|km|order=flip}}", "1.6 kilometres (1 mi)"),
        ("{{convert|10|-|12|kg|lb|order=flip}}", "22–26 pounds (10–12 kg)"),
        ("{{cvt|5|km|mi|order=flip}}", "3.1 mi (5 km)"),
        ("{{chem2|C_{n}H_{2n+2}}} and {{chem2|Fe^{3+}}} are", "C_nH_(2n+2) and Fe^3+ are"),
        ("{{chem2|SO4(2-)}}, {{chem2|Na+}}, {{chem2|CuSO4*5H2O}}", "SO4^2−, Na^+, CuSO4·5H2O"),
        ("{{#invoke:Convert|convert|5|km|mi}} of", "5 kilometres (3.1 mi) of"),
        ("is {{#invoke:Foo|bar|some plain words}} here", "is some plain words here"),
        ("a {{#invoke:Protection banner|main|semi}}b", "a b"),
    ],
)  # fmt: skip
def test_values_are_those_of_the_templates_documentation(page: str, text: str) -> None:
    assert plain(f"one {page} two") == f"one {text} two"


@given(st.integers(1, 3999))
def test_roman_numbers_read_back(number: int) -> None:
    values = [ROMAN[sign] for sign in plain(f"{{{{roman|{number}}}}}")]
    pairs = zip(values, [*values[1:], 0], strict=True)
    assert sum(-value if value < after else value for value, after in pairs) == number


@given(st.dates(datetime.date(1000, 1, 1)), st.dates(datetime.date(1000, 1, 1)))
def test_ages_are_the_calendars(one: datetime.date, other: datetime.date) -> None:
    start, end = sorted((one, other))
    dates = f"{start.year}|{start.month}|{start.day}|{end.year}|{end.month}|{end.day}"
    assert plain(f"{{{{age in days|{dates}}}}}") == str((end - start).days)
    years = end.year - start.year - ((end.month, end.day) < (start.month, start.day))
    assert plain(f"{{{{age|{dates}}}}}") == str(years)


NUMBER = st.integers(0, 60)


@settings(deadline=None)
@given(NUMBER, st.sampled_from("+-*/"), NUMBER, st.sampled_from("+-*/"), NUMBER)
def test_expressions_come_to_what_fractions_do(
    a: int, one: str, b: int, other: str, c: int
) -> None:
    words = f"{a} {one} {b} {other} {c}"
    names = {"F": fractions.Fraction}
    try:
        value = eval(f"F({a}) {one} F({b}) {other} F({c})", names)  # numbers and signs alone
    except ZeroDivisionError:
        assert plain(f"{{{{#expr: {words}}}}}") == ""
        return
    assert math.isclose(float(plain(f"{{{{#expr: {words}}}}}")), value, rel_tol=1e-12)


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("pt", "idade"), ("sv", "ålder"), ("uk", "вік"), ("ko", "나이"), ("cs", "věk"),
        ("fi", "ikä"), ("he", "גיל"), ("da", "alder"), ("no", "alder"), ("id", "umur"),
        ("vi", "tuổi"), ("bg", "възраст"), ("el", "ηλικία"), ("sk", "vek"), ("ca", "edat"),
        ("ru", "возраст"), ("hu", "kor"), ("eu", "adina"), ("sl", "starost"), ("hy", "տարիք"),
    ],
)  # fmt: skip
def test_ages_between_two_days_are_known_and_todays_are_not(language: str, name: str) -> None:
    assert plain(f"x {{{{{name}|1990|5|5|2000|5|4}}}} y", language) == "x 9 y"
    assert plain(f"x {{{{{name}|5|5|1990|5|5|2000}}}} y", language) == "x 10 y"
    assert plain(f"x {{{{{name}|1990|5|5}}}} y", language) == ""


@pytest.mark.parametrize(
    ("language", "page", "text"),
    [
        ("en", "Older. He is {{age|1990|1|1}} years old. He lives.", "Older. He lives."),
        ("en", "Words. It fell {{age|1990|1|1}} years ago. He saw it.", "Words. He saw it."),
        ("de", "Anfang. Er ist {{alter|1990|1|1}} Jahre alt. Sie lebt.", "Anfang. Sie lebt."),
        ("fr", "Phrase. Il a {{âge|1990|1|1}} ans. Elle vit.", "Phrase. Elle vit."),
        ("sv", "Början. Han är {{ålder|1990|1|1}} år. Hon bor.", "Början. Hon bor."),
        ("ru", "Начало. Ему {{возраст|1990|1|1}} лет. Она там.", "Начало. Она там."),
        ("nl", "Begin. Hij is {{leeftijd|1990|1|1}} jaar oud. Zij leeft.", "Begin. Zij leeft."),
        ("hy", "Սկիզբ։ Նա {{տարիք|1990|1|1}} տարեկան է։ Վերջ։", "Սկիզբ։ Վերջ։"),
        ("pt", "Começo. Ele tem {{idade|1990|1|1}} anos. Fim.", "Começo. Fim."),
        # `lat.` is Latin, unless a number or a value is before it.
        ("pl", "Tekst. Ma {{wiek|1990|1|1}} lat. Koniec.", "Tekst. Koniec."),
        ("pl", "Tekst. Ma {{wiek|1990|1|1}}&nbsp;lat. Koniec.", "Tekst. Koniec."),
        ("pl", "Ma 5 lat. Inny tekst {{CURRENTYEAR}} dalej. Koniec.", "Ma 5 lat. Koniec."),
        ("cs", "Text. Má {{CURRENTYEAR}} let. Konec.", "Text. Konec."),
        ("de", "Text. Es sind {{CURRENTYEAR}} km. Das Ende.", "Text. Das Ende."),
        ("de", "Text. Das lat. Canis hat {{CURRENTYEAR}} Formen. Ende.", "Text. Ende."),
    ],
)  # fmt: skip
def test_short_words_that_end_a_sentence_keep_the_next_one(
    language: str, page: str, text: str
) -> None:
    assert plain(page, language) == text


@pytest.mark.parametrize(
    ("language", "page", "text"),
    [
        ("en", "{{YUG}}, {{URS}}, {{TCH}}, {{SCG}}",
         "Yugoslavia, Soviet Union, Czechoslovakia, Serbia and Montenegro"),
        ("en", "{{flag|GDR}}, {{flagu|FRG}}, {{ENG}}, {{SCO}}, {{ZAR}}",
         "East Germany, West Germany, England, Scotland, Zaire"),
        ("de", "{{DDR}}, {{flagge|YUG}}, {{SCO}}", "DDR, Jugoslawien, Schottland"),
        ("de", "{{DE-BY}}, {{AT-9}}", "Bayern, Wien"),
        ("fr", "{{drapeau2|URS}}, {{ENG}}", "Union soviétique, Angleterre"),
        ("es", "{{bandera2|TCH}}, {{WAL}}", "Checoslovaquia, Gales"),
        ("ru", "{{флагификация|GDR}}, {{YUG}}", "ГДР, Югославия"),
        ("ja", "{{flag|ENG}}、{{URS}}", "イングランド、ソビエト連邦"),
        ("ar", "{{flag|YUG}}", "يوغوسلافيا"),
        ("tr", "{{bayrak|SCO}}", "İskoçya"),
        ("sw", "{{flag|YUG}}", "Yugoslavia"),  # not in the table
        ("en", "{{ZAR|100}}", "R 100"),
    ],
)  # fmt: skip
def test_flags_of_former_countries_and_of_countries_in_countries_have_names(
    language: str, page: str, text: str
) -> None:
    assert plain(page, language) == text


def test_every_country_of_the_olympic_games_has_a_name() -> None:
    codes = (
        "AFG ALB ALG AND ANG ANT ARG ARM ARU ASA AUS AUT AZE BAH BAN BAR BDI BEL BEN BER BHU BIH "
        "BIZ BLR BOL BOT BRA BRN BRU BUL BUR CAF CAM CAN CAY CGO CHA CHI CHN CIV CMR COD COK COL "
        "COM CPV CRC CRO CUB CYP CZE DEN DJI DMA DOM ECU EGY ERI ESA ESP EST ETH FIJ FIN FRA FSM "
        "GAB GAM GBR GBS GEO GEQ GER GHA GRE GRN GUA GUI GUM GUY HAI HKG HON HUN INA IND IRI IRL "
        "IRQ ISL ISR ISV ITA IVB JAM JOR JPN KAZ KEN KGZ KIR KOR KOS KSA KUW LAO LAT LBA LBN LBR "
        "LCA LES LIE LTU LUX MAD MAR MAS MAW MDA MDV MEX MGL MHL MKD MLI MLT MNE MON MOZ MRI MTN "
        "MYA NAM NCA NED NEP NGR NIG NOR NRU NZL OMA PAK PAN PAR PER PHI PLE PLW PNG POL POR PRK "
        "PUR QAT ROU RSA RUS RWA SAM SEN SEY SGP SKN SLE SLO SMR SOL SOM SRB SRI SSD STP SUD SUI "
        "SUR SVK SWE SWZ SYR TAN TGA THA TJK TKM TLS TOG TPE TTO TUN TUR TUV UAE UGA UKR URU USA "
        "UZB VAN VEN VIE VIN YEM ZAM ZIM"
    )
    assert [code for code in codes.split() if plain(f"{{{{flag|{code}}}}}") in ("", code)] == []


@pytest.mark.parametrize("unit", ["{{#expr:" + "(" * 90, "{{#expr:1" + "+1" * 90 + "}}"])
def test_long_and_deep_expressions_do_no_harm(unit: str) -> None:
    plain(unit * 50)
