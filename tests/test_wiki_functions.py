"""MediaWiki's functions and magic words, a line each, and what a wiki of that language shows."""

import pyarrow as pa
import pytest

from filters.wikitext import Markup, wikitext_to_text
from manifests import schemas
from pipelines.sources import wiki_text

CALLS = {
    "en": """
{{#time:j F Y|2019-11-04}} => 4 November 2019
{{#time:F j, Y|4 November 2019}} => November 4, 2019
{{#time:D, d M y|Nov 4, 2019}} => Mon, 04 Nov 19
{{#time:jS "of" F|2019-11-22}} => 22nd of November
{{#time:l, H:i|2019-11-04 17:05}} => Monday, 17:05
{{#time:g:i a|2019-11-04 17:05}} => 5:05 pm
{{#time:z, t, L, W|2020-02-29}} => 59, 29, 1, 09
{{#time:xrY|1987-01-02}} => MCMLXXXVII
{{#time:Y|1987}} => 1987
{{#time:j. F Y|2019-11-04|de}} => 4. November 2019
{{#time:j xg Y|2019-11-04|ru}} => 4 ноября 2019
{{#time:\\Y Y|2019-11-04}} => Y 2019
{{#dateformat:2004-08-09|dmy}} => 9 August 2004
{{#dateformat:9 aug 2004|mdy}} => August 9, 2004
{{#formatdate:August 9|dmy}} => 9 August
{{formatdate:9 August 2004|ISO 8601}} => 2004-08-09
{{#dateformat:next spring|dmy}} => next spring
{{#iferror:{{#expr:4/0}}|none|some}} => none
{{#iferror:{{#expr:4/2}}|none|some}} => some
{{#iferror:{{#expr:4/2}}|none}} => 2
{{#iferror:<strong class="error">x</strong>|none|some}} => none
{{plural:1|horse|horses}} => horse
{{plural:0|horse|horses}} => horses
{{plural:1,001|horse|horses}} => horses
{{plural:12|horse|12=dozen|horses}} => dozen
{{plural:2|sheep}} => sheep
{{#ifexpr:3>4|more|less}} => less
{{#switch:007|7=seven|8=eight}} => seven
{{#switch:z|a|z|q=found|other}} => found
{{#ifeq:2.0|2|same|other}} => same
{{#ifeq:nan|NaN|same|other}} => other
{{padleft:9|4}} => 0009
{{padleft:o|5|xyz}} => xyzxo
{{padright:9|4|.}} => 9...
{{ucfirst:{{lc:MIXED}}}} => Mixed
{{#titleparts:Red/Green/Blue|2}} => Red/Green
{{#titleparts:Red/Green/Blue|-1}} => Red/Green
{{#titleparts:Red/Green/Blue|1|2}} => Green
{{#titleparts:Red/Green/Blue||-1}} => Blue
{{gender:Someone|his|her|their}} => their
{{#len:Käse}} {{#len:}} => 4 0
{{#pos:Käsebrot|br}} {{#pos:banana|an|2}} {{#pos:banana|x}}. => 4 3.
{{#rpos:banana|an}} {{#rpos:banana|x}} => 3 -1
{{#sub:Käsebrot|4}} {{#sub:Käsebrot|0|4}} {{#sub:Käsebrot|-4|2}} => brot Käse br
{{#sub:Käsebrot|1|-4}} {{#sub:abc|7}}. => äse.
{{#count:banana|an}} {{#count:a b c}} => 2 2
{{#replace:banana|an|AN}} {{#replace:a b| |_}} => bANANa a_b
{{#replace:banana|an}} => ba
{{#explode:red green blue| |1}} {{#explode:a/b/c|/|-1}} {{#explode:a/b|/|5}}. => green c.
{{#explode:a/b/c|/|1|2}} => b/c
{{#urldecode:K%C3%A4se+und%20Brot}} => Käse und Brot
{{#sub:{{lc:KÄSE}}|1|2}} => äs
{{#language:de}} => Deutsch
{{#language:de|en}} => German
{{SITENAME}} => Wikipedia
{{PAGENAME:Talk:Marsh}} => Marsh
{{FULLPAGENAME:Talk:Marsh}} => Talk:Marsh
""",
    "fr": """
{{plural:0|cheval|chevaux}} => cheval
{{plural:1,9|cheval|chevaux}} => cheval
{{plural:2|cheval|chevaux}} => chevaux
{{#time:j F Y|2019-08-04}} => 4 août 2019
{{#dateformat:4 août 2019|dmy}} => 4 août 2019
{{MAJUS:été}} {{FORMATNOMBRE:12.5}} {{PLURIEL:2|cheval|chevaux}} => ÉTÉ 12,5 chevaux
""",
    "ru": """
{{plural:31|дом|дома|домов}} => дом
{{plural:12|дом|дома|домов}} => домов
{{plural:24|дом|дома|домов}} => дома
{{#time:F Y|2019-08-04}} => август 2019
{{#time:j xg Y|4 августа 2019}} => 4 августа 2019
{{SITENAME}} => Википедия
{{ФОРМАТИРОВАТЬ_ЧИСЛО:12.5}} {{БОЛЬШИМИ_БУКВАМИ:мир}} => 12,5 МИР
""",
    "pl": """
{{plural:1|dom|domy|domów}} => dom
{{plural:21|dom|domy|domów}} => domów
{{plural:22|dom|domy|domów}} => domy
""",
    "cs": """
{{plural:3|dům|domy|domů}} => domy
{{plural:22|dům|domy|domů}} => domů
""",
    "ja": """
{{plural:5|本|冊}} => 本
{{#time:Y年n月j日|2019-08-04}} => 2019年8月4日
""",
}
CASES = [
    (language, *line.split(" => "))
    for language, lines in CALLS.items()
    for line in lines.strip().split("\n")
]


@pytest.mark.parametrize(("language", "call", "shown"), CASES)
def test_a_function_writes_what_the_wiki_shows(language: str, call: str, shown: str) -> None:
    page = pa.array([f"It is {call} here."], pa.large_string())
    assert wikitext_to_text(page, Markup(language=language)).to_pylist() == [f"It is {shown} here."]


@pytest.mark.parametrize(
    "call",
    [
        "{{#time:Y}}", "{{#time:j F|+1 week}}", "{{#time:Y|9 August}}", "{{#time:F|1987}}",
        "{{#time:Y|{{some template}}}}", "{{#time:xjY|2019-08-04}}", "{{plural:{{x}}|a|b}}",
        "{{NUMBEROFARTICLES}}", "{{CURRENTYEAR}}", "{{#expr:4/0}}",
    ],
)  # fmt: skip
def test_a_value_of_today_or_of_the_server_takes_its_sentence_with_it(call: str) -> None:
    page = pa.array([f"Birds sing loudly. It is {call} here."], pa.large_string())
    assert wikitext_to_text(page, Markup(language="en")).to_pylist() == ["Birds sing loudly."]


def test_names_of_pages_are_those_of_the_titles_beside_the_texts() -> None:
    text = "'''{{PAGENAME}}''' ({{FULLPAGENAME}}, {{BASEPAGENAME}}, {{SUBPAGENAME}})"
    titles = pa.array(["Help/Me", "Draft:Marsh/Reeds", None])
    pages = pa.array([text] * 3, pa.large_string())
    assert wikitext_to_text(pages, Markup(language="en"), titles).to_pylist()[:2] == [
        "Help/Me (Help/Me, Help/Me, Help/Me)",
        "Marsh/Reeds (Draft:Marsh/Reeds, Marsh, Reeds)",
    ]
    guide = wikitext_to_text(pages, Markup(language="en", project="wikivoyage"), titles)
    assert guide[0].as_py() == "Help/Me (Help/Me, Help, Me)"


def test_the_titles_of_a_dump_reach_the_conversion() -> None:
    columns = {name: [None] for name in schemas.RECORDS.names}
    columns |= {"title": ["Reedmarsh (village)"], "content": [b"{{PAGENAME}} is a village."]}
    batch = pa.RecordBatch.from_pydict(
        {field.name: pa.array(columns[field.name], field.type) for field in schemas.RECORDS}
    )
    text = wiki_text.as_text(batch, Markup(language="en"))["content"]
    assert text.to_pylist() == [b"Reedmarsh (village) is a village."]


@pytest.mark.parametrize(
    ("language", "call", "shown"),
    [
        ("en", "{{convert|35|mm|cm|0}}", "35 millimetres (4 cm)"),
        ("en", "{{convert|45|mm|cm|0}}", "45 millimetres (5 cm)"),
        ("en", "{{convert|1500|m|km|0}}", "1,500 metres (2 km)"),
        ("en", "{{convert|-25|mm|cm|0}}", "−25 millimetres (−3 cm)"),
        ("en", "{{convert|450|mm|cm|round=10}}", "450 millimetres (50 cm)"),
        ("en", "{{percentage|1|200}}, {{percentage|1|16|1}}", "1%, 6.3%"),
        ("en", "{{#expr: 1e20 round 20}}", "1.0E+20"),
        ("en", "{{height|m=1.125}}", "1.13 m (3 ft 8 in)"),
        ("en", "{{radic|5}} {{radic|5|3}} {{radic|5|7}} {{sqrt|x + 1}}", "√5 ∛5 ⁷√5 √(x + 1)"),
        ("en", "2{{esp|9}}, {{deg|7}}, 7{{deg}}, {{dagger}} {{ddagger}}", "2^9, 7°, 7°, † ‡"),
        ("en", "{{£sd|s=7|d=6}}, {{£sd|l=2}}", "7s 6d, £2"),
        ("en", "{{bibleverse||Ruth|2:3|KJV}}", "Ruth 2:3"),
        ("en", "{{bibleverse|1|Kings|2:3}}, {{bibleverse|Ruth|2:3}}", "1 Kings 2:3, Ruth 2:3"),
        ("en", "{{bibleverse||Ruth|2:3|KJV|the verse}}", "the verse"),
        ("en", "{{w|lake|lakes}}, {{w|lake}}", "lakes, lake"),
        ("de", "{{Bibel|Lk|4|7}}, {{Bibel|Lk|4}}", "Lk 4,7, Lk 4"),
        ("de", "{{RuS|Озеро|Osero}}, {{RUS}}", "russisch Озеро Osero, Russland"),
        ("de", "{{beS|Возера}}", "belarussisch Возера"),
        ("de", "{{elS|λίμνη|límni}}", "griechisch λίμνη límni"),
        ("ru", "{{OldStyleDate|9|мая|1877|27|апреля}}", "27 апреля (9 мая) 1877"),
        ("ru", "{{OldStyleDate|28|мая|1877|16}}", "16 (28) мая 1877"),
        ("ru", "{{OldStyleDate|3|января|1878|22|декабря|1877}}", "22 декабря 1877 (3 января 1878)"),
        ("fr", "{{av JC|27}}, {{ap JC|9}}, {{av JC}}", "27 av. J.-C., 9 apr. J.-C., av. J.-C."),
        ("fr", "{{durée|2|4|5}}, {{heure|7|30}}, {{durée||40}}", "2 h 4 min 5 s, 7 h 30, 40 min"),
    ],
)  # fmt: skip
def test_numbers_and_words_of_a_template_are_all_there(
    language: str, call: str, shown: str
) -> None:
    page = pa.array([f"It is {call} here."], pa.large_string())
    assert wikitext_to_text(page, Markup(language=language)).to_pylist() == [f"It is {shown} here."]


@pytest.mark.parametrize(
    ("language", "call", "shown"),
    [
        ("en", "{{mlby|1934}}, {{nfl year|1934|1936}}", "1934, 1934–1936"),
        ("en", "{{nbay|1984}}, {{nhly|1999}}", "1984–85, 1999–2000"),
        ("en", "{{winning percentage|3|1}}, {{winpct|1|1|2}}, {{winpct|2|0}}", ".750, .500, 1.000"),
        ("en", "{{winning percentage|3|1|leading_zero=y}}", "0.750"),
        ("en", "{{round|2.675|2}}, {{rounddown|7.9}}, {{roundup|7.1}}", "2.68, 7, 8"),
        ("en", "{{sigfig|8765|2}}, {{sigfig|0.01234|2}}", "8800, 0.012"),
        ("en", "{{music|time|3|8}}, {{music|G|flat}}, {{music|scale|4}}", "3/8, G♭, 4"),
        ("en", "{{DEC|−7|24|5}}, {{prime|y}}, {{pars|y}}", "−7° 24′ 5″, y′, (y)"),
        ("en", "x{{intmath|oint|a|b}}", "x∮_a^b"),
        ("en", "{{binom|7|2}}", "$\\binom{7}{2}$"),
        ("en", "{{airport codes|ZRH|LSZH}}", "(IATA: ZRH, ICAO: LSZH)"),
        ("en", "{{OEIS|id=A000040}}", "(sequence A000040 in the OEIS)"),
        ("en", "{{tag|p|o}} {{tag|p|c}} {{tag|br|s}}", "<p> </p> <br />"),
        ("en", "{{tag|q|content=x}}", "<q>x</q>"),
        ("en", "{{para|width|5}}, {{legend inline|blue|lakes}}", "|width=5, lakes"),
        ("en", "{{simple nuclide|carbon|14}}, {{subatomic particle|muon}}", "14C, muon"),
        ("en", "{{NZD|7}}, {{ILS|7}}, {{₦|7}}, {{tfrac|2|5}}", "NZ$7, ₪7, ₦7, 2⁄5"),
        ("fr", "{{Me|Durand}}, {{Pr|Durand}}, {{op.|9}}, {{sav|III|e}}",
         "Me Durand, Pr Durand, op. 9, IIIe siècle av. J.-C."),
        ("ja", "{{年月日|1998|7|6}}", "1998年7月6日"),
        ("ru", "слово{{нет АИ|7|8|2009}}, {{нет АИ 2|слово|7 августа}}", "слово, слово"),
        ("ru", "{{хим|C|O|2}}", "CO2"),
        ("pt", "{{carece de fontes|palavra|data=maio}}", "palavra"),
        ("zh", "{{專名|湖}}, {{拼音|湖|hú}}, {{拼音|湖}}", "湖, 湖（hú）, 湖"),
        ("de", "{{SortKey|See, der|der See}}", "der See"),
    ],
)  # fmt: skip
def test_a_known_template_leaves_no_hole(language: str, call: str, shown: str) -> None:
    page = pa.array([f"It is {call} here."], pa.large_string())
    assert wikitext_to_text(page, Markup(language=language)).to_pylist() == [f"It is {shown} here."]
