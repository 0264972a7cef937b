"""Calls of templates, a line each, and what the wiki of that language shows for them."""

import pyarrow as pa
import pytest

from filters.wikitext import Markup, wikitext_to_text

CALLS = {
    "en": """
{{convert|5|-|10|km|mi}} => 5–10 kilometres (3.1–6.2 mi)
{{convert|5|to|10|km|mi}} => 5 to 10 kilometres (3.1 to 6.2 mi)
{{convert|5|and|10|km|mi}} => 5 and 10 kilometres (3.1 and 6.2 mi)
{{convert|3|by|4|m|ft}} => 3 by 4 metres (9.8 by 13.1 ft)
{{convert|5|mi|km|adj=on}} => 5-mile (8.0 km)
{{convert|5|mi|km|abbr=on}} => 5 mi (8.0 km)
{{convert|5|km|mi|sp=us|adj=on}} => 5-kilometer (3.1 mi)
{{convert|5|km|mi|1=7}} => 7 kilometres (4.3 mi)
{{convert|1|lb|kg}} => 1 pound (0.45 kg)
{{convert|100|km|mi nmi}} => 100 kilometres (62 mi; 54 nmi)
{{convert|1/2|in|mm}} => 1⁄2 inch (13 mm)
{{convert|5|ft|6|in|m|abbr=on}} => 5 ft 6 in (1.68 m)
{{convert|10|m|ft|disp=sqbr}} => 10 metres [33 ft]
{{convert|10|m|ft|0|abbr=off}} => 10 metres (33 feet)
{{val|1.23|0.05|e=6|u=m}} => (1.23±0.05)×10^6 m
{{val|1.23|e=6|u=m}} => 1.23×10^6 m
{{val|1.23|.05|.03}} => 1.23+.05−.03
{{val|1.2345(67)|u=kg}} => 1.2345(67) kg
{{val|5|u=km|end=+}} => 5+ km
{{val|p=~|100|u=m}} => ~100 m
{{val|25.1|ul=°C}} => 25.1 °C
{{val|50|u=%}} => 50%
{{circa|1650}} => c. 1650
{{circa|1650|1700}} => c. 1650 – c. 1700
{{c.|1650}} => c. 1650
{{reign|1780|1790}} => r. 1780–1790
{{reign|1780}} => r. 1780
{{floruit|1500|1520}} => fl. 1500–1520
{{fl.|1500}} => fl. 1500
{{age|1950|1|2|2000|1|1}} => 49
{{age|2000|6|1|2010|6|1}} => 10
{{age in years|1950|2000}} => 50
{{start date|1990|5|6}} => May 6, 1990
{{start date|1990|5|6|df=y}} => 6 May 1990
{{start date|1990|5}} => May 1990
{{start date|1990}} => 1990
{{end date|2001|2|3}} => February 3, 2001
{{film date|2001|2|3}} => February 3, 2001
{{film date|2001|2|3|Cannes}} => February 3, 2001 (Cannes)
{{film date|2001|2|3|Cannes|2001|4|5|France}} => February 3, 2001 (Cannes), April 5, 2001 (France)
{{duration|m=3|s=45}} => 3:45
{{duration|h=1|m=2|s=3}} => 1:02:03
{{duration|3:45}} => 3:45
{{height|ft=6|in=1}} => 6 ft 1 in (1.85 m)
{{height|m=1.75}} => 1.75 m (5 ft 9 in)
{{height|cm=180}} => 180 cm (5 ft 11 in)
{{USD|100}} => US$100
{{US$|100}} => US$100
{{INR|500}} => ₹500
{{INR}} 500 => ₹ 500
{{€|20}} => €20
{{euro|20}} => €20
{{GBP|20}} => £20
{{£|20}} => £20
{{JPY|20}} => ¥20
{{AUD|20}} => A$20
{{CAD|20}} => C$20
{{as of|2010}} => As of 2010
{{as of|2010|5|lc=y}} => as of May 2010
{{as of|2010|since=y}} => Since 2010
{{as of|2010|since=y|lc=y}} => since 2010
{{as of|2010|bare=y}} => 2010
{{as of|2010|alt=in 2010}} => in 2010
{{see below}} => (see below)
{{see below|[[#Notes|Notes]]}} => (see Notes)
{{see above}} => (see above)
{{not a typo|teh}} => teh
{{typo|teh}} => teh
{{sic}} => [sic]
{{sic|teh}} => teh [sic]
{{sic|hide=y|teh}} => teh
{{sic|t|eh}} => teh [sic]
{{linktext|word}} => word
{{linktext|日|本}} => 日本
{{lang-de|Wort}} => German: Wort
{{lang-ru|слово|slovo}} => Russian: слово, romanized: slovo
{{lang-ru|слово|slovo|word}} => Russian: слово, romanized: slovo, lit. 'word'
{{langx|fr|mot|lit=word}} => French: mot, lit. 'word'
{{langx|fr|mot|label=none}} => mot
{{zh|t=字|s=字|p=zì}} => traditional Chinese: 字; simplified Chinese: 字; pinyin: zì
{{zh|c=字|p=zì|l=word}} => Chinese: 字; pinyin: zì; lit. 'word'
{{zh|c=字|labels=no}} => 字
{{korean|hangul=한국|hanja=韓國|rr=Hanguk}} => Korean: 한국; Hanja: 韓國; RR: Hanguk
{{nihongo|Name|名|na}} => Name (名, na)
{{nihongo3|Name|名|na}} => na (名, Name)
{{nihongo2|名}} => 名
{{chem2|H2O}} => H2O
{{chem2|SO4(2-)}} => SO4^2−
{{chem2|Fe(3+)}} => Fe^3+
{{chem|SO|4|2-}} => SO4^2−
{{nowrap|style=color:red|text}} => text
{{nowrap|1=a=b}} => a=b
{{nobr|a b}} => a b
{{nobold|a}} => a
{{small|1=a=b}} => a=b
{{abbr|BC|before Christ}} => BC
{{tooltip|a|b}} => a
{{color|red|text}} => text
{{font color|red|text}} => text
{{IPA|/a/}} => /a/
{{IPAc-en|ˈ|b|ɜːr|d}} => /ˈbɜːrd/
{{respell|BURD}} => BURD
{{frac|1|2}} => 1⁄2
{{sfrac|1|2}} => 1/2
{{fraction|3|1|2}} => 3 1⁄2
{{1/2}} => 1⁄2
{{sqrt|2}} => √2
{{radic|2}} => √2
{{pi}} => π
{{mvar|x}} => x
{{math|''x'' {{=}} 2}} => x = 2
{{var|x}} => x
{{abs|x}} => |x|
{{overline|x}} => x
{{angbr|a}} => ⟨a⟩
{{em|word}} => word
{{strong|word}} => word
{{kbd|x}} => x
{{key|Ctrl}} => Ctrl
{{ill|Name|de|Name}} => Name
{{ill|Name|de|Seite|lt=label}} => label
{{interlanguage link|Name|de}} => Name
{{ship|HMS|Victory}} => HMS Victory
{{HMS|Victory|1765}} => HMS Victory (1765)
{{USS|Enterprise|CVN-65}} => USS Enterprise (CVN-65)
{{SS|Great Britain}} => SS Great Britain
{{sclass|Nimitz|aircraft carrier}} => Nimitz-class aircraft carrier
{{sclass2|Nimitz|aircraft carrier}} => Nimitz-class aircraft carrier
{{flag|France}} => France
{{flagu|France}} => France
{{flagcountry|France}} => France
{{bracket|a}} => [a]
{{dts|2010|5|6}} => May 6, 2010
{{Nts|1234}} => 1,234
{{number table sorting|1234}} => 1,234
{{sort|b|a}} => a
{{sortname|Ada|Lovelace}} => Ada Lovelace
{{BCE|50}} => 50 BCE
{{ordinal|21}} => 21st
{{number|5}} => 5
{{'}}s => 's
{{en dash}} => –
{{mdash}} => —
{{spaced en dash}} => –
""",
    "fr": """
{{unité|12|km/h}} => 12 km/h
{{unité|1234.5|m}} => 1 234,5 m
{{unité/2|12|m|2}} => 12 m^2
{{nombre|1234}} => 1 234
{{nb|1234}} => 1 234
{{date|5|mai|1900}} => 5 mai 1900
{{date|1|mai|1900}} => 1er mai 1900
{{date-|5 mai 1900}} => 5 mai 1900
{{s-|XV|e}} => XVe siècle
{{s|XV}} => XVe siècle
{{s-|I|er}} => Ier siècle
{{-s|V}} => Ve siècle av. J.-C.
{{sp|XV|e|au|XVI|e}} => XVe au XVIe siècle
{{sp-|XV|e|et|XVI|e}} => XVe et XVIe siècles
{{nobr|a b}} => a b
{{1er}} => 1er
{{1re}} => 1re
{{2e}} => 2e
{{Ier}} => Ier
{{XIVe}} => XIVe
{{XIXe siècle}} => XIXe siècle
{{lien|Nom}} => Nom
{{lien|langue=en|trad=Name|fr=Nom}} => Nom
{{lien|fr=Nom|lang=en|trad=Name|texte=autre}} => autre
{{lang|en|word}} => word
{{lang-en|word}} => en anglais : word
{{langue|en|word}} => word
{{citation|des mots}} => « des mots »
{{cita|des mots}} => « des mots »
{{guil|mots}} => « mots »
{{n°}} 5 => no 5
{{numéro|5}} => no 5
{{n°|5}} => no 5
{{p.|5}} => p. 5
{{av JC}} => av. J.-C.
{{apr JC}} => apr. J.-C.
{{Mme}} => Mme
{{Mlle|X}} => Mlle X
{{Dr}} => Dr
10{{exp|2}} => 10^2
{{x10|6}} => ×10^6
{{heure|12|30}} => 12 h 30
{{euro}} => €
{{petites capitales|Nom}} => Nom
{{pc|Nom}} => Nom
""",
    "de": """
{{nowrap|a b}} => a b
{{EWG|a|b}} => {nothing}
{{Zahl|1234}} => 1.234
{{S|5}} => S. 5
{{lang|en|word}} => word
{{enS|word}} => englisch word
{{laS|verbum}} => lateinisch verbum
{{Zitat|Worte}} => Worte
{{" |Worte}} => „Worte“
{{FRA}} => Frankreich
{{Höhe|115|DE-NN}} => 115 m ü. NN
{{Bruch|1|2}} => 1⁄2
{{SortKey|a}}b => b
{{0}}5 => 5
{{Unicode|ā}} => ā
""",
    "es": """
{{unidad|12|km}} => 12 km
{{fecha|5|5|1900}} => 5 de mayo de 1900
{{esd|40 km}} => 40 km
{{siglo|XX}} => XX
{{siglo|XX||s}} => siglo XX
{{Siglo|V|a}} => V a. C.
{{AC|50}} => 50 a. C.
{{a.C.}} => a. C.
{{cita|palabras}} => palabras
{{lang-en|word}} => en inglés: word
{{nowrap|a b}} => a b
{{formatnum:1234567}} => 1 234 567
{{bandera2|Francia}} => Francia
""",
    "ru": """
{{s|текст}} => текст
{{нп|Имя|Имя2}} => Имя2
{{нп3|Имя|Имя2|en|Name}} => Имя2
{{нп5|Имя|Имя2|en|Name}} => Имя2
{{нп5|Имя|||Name}} => Имя
{{число|1234567}} => 1 234 567
{{num|1234567}} => 1 234 567
{{век|XX}} => XX век
{{lang-en|word}} => англ. word
{{lang-en2|word}} => word
{{lang|en|word}} => word
{{дата|5|5|1900}} => 5 мая 1900
{{СС3|5.5.1900}} => 5.5.1900
{{nobr|a b}} => a b
{{s|a b}} => a b
{{nowrap|a b}} => a b
{{США}} => США
{{Флагификация|Франция}} => Франция
{{Флаг|Франция}} => {nothing}
{{начало цитаты}} => {nothing}
{{d-|5 мая}} => 5 мая
5{{e|6}} => 5·10^6
{{comment|текст|примечание}} => текст
{{abbr|текст|примечание}} => текст
{{прим.|a}} => {nothing}
""",
    "uk": """
{{не перекладено|Ім'я|en|Name}} => Ім'я
{{lang-en|word}} => англ. word
{{nobr|a b}} => a b
{{s|a b}} => a b
{{число|1234567}} => 1 234 567
""",
    "pl": """
{{wiek|1950|1|2|2000|1|1}} => 49
{{wiek|XX}} => XX
{{j|en|word}} => angielski: word
{{lang|en|word}} => angielski: word
{{w języku|en|word}} => angielski: word
{{ang.}} => ang.
{{łac.|verbum}} => łac. verbum
{{nowrap|a b}} => a b
{{formatnum:12345}} => 12 345
{{link-interwiki|Nazwa|Q=Q1}} => Nazwa
{{cytat|słowa}} => słowa
{{dts|1900-05-05}} => 5 maja 1900
{{Państwo|FRA}} => Francja
""",
    "pt": """
{{fmtn|1234567}} => 1 234 567
{{séc|XX}} => século XX
{{nowrap|a b}} => a b
{{AC|50}} => 50 a.C.
{{ilc|Nome}} => Nome
{{lang-en|word}} => em inglês: word
{{flag|França}} => França
{{dtlink|5|5|1900}} => 5 de maio de 1900
{{citação|palavras}} => palavras
""",
    "nl": """
{{nowrap|a b}} => a b
{{lang|en|word}} => word
{{Lang-en|word}} => Engels: word
{{citaat|woorden}} => woorden
{{unité|5|km}} => 5 km
""",
    "sv": """
{{lang-en|word}} => engelska: word
{{nowrap|a b}} => a b
{{citat|ord}} => ord
{{unit|5|km}} => 5 km
""",
    "tr": """
{{dil|en|word}} => word
{{lang-en|word}} => İngilizce: word
{{nowrap|a b}} => a b
{{bayrak|Fransa}} => Fransa
""",
    "it": """
{{M|12|k|m}} => 12 km
{{formatnum:12345}} => 12 345
{{lang-en|word}} => in inglese: word
{{Citazione|parole|Autore}} => parole\\n— Autore
{{nowrap|a b}} => a b
{{FRA}} => Francia
{{a.C.}} => a.C.
{{Tutto attaccato|a b}} => a b
{{virgolette|a}} => «a»
""",
    "zh": """
{{lang-en|word}} => 英语：word
{{lang|en|word}} => word
{{link-en|名|Name}} => 名
{{le|名|Name}} => 名
{{tsl|en|Name|名}} => 名
{{tsl|en|Name|名|标}} => 标
{{nowrap|a b}} => a b
{{bd|1900年|5月5日|1950年|1月1日}} => 1900年5月5日－1950年1月1日
{{僻字|㐀|x}} => 㐀
""",
    "ko": """
{{lang|en|word}} => word
{{llang|en|word}} => 영어: word
{{한자|韓國}} => 韓國
{{nowrap|a b}} => a b
""",
    "ja": """
{{読み仮名|名|な}} => 名（な）
{{ruby|名|な}} => 名(な)
{{ルビ|名|な}} => 名(な)
{{lang|en|word}} => word
{{仮リンク|名|en|Name|label=別}} => 別
{{Nowrap|a b}} => a b
{{和暦|1990}} => 平成2年
{{補助漢字フォント|名}} => 名
{{JIS2004フォント|名}} => 名
{{ipa|a}} => [a]
""",
    "ar": """
{{إنج|word}} => (بالإنجليزية: word)
{{وصلة إنترويكي|تر=Name|لغ=en|عر=اسم}} => اسم
{{nowrap|a b}} => a b
{{هج|1400}} => 1400 هـ
""",
    "he": """
{{אנ|word}} => {nothing}
{{ציטוט|תוכן=מילים}} => מילים
{{nowrap|a b}} => a b
""",
    "fa": """
{{به انگلیسی|word}} => انگلیسی: word
{{lang|en|word}} => word
{{nowrap|a b}} => a b
""",
    "hi": """
{{lang-en|word}} => अंग्रेज़ी: word
{{lang|en|word}} => word
{{nowrap|a b}} => a b
{{convert|5|km|mi|abbr=on}} => 5 km (3.1 mi)
""",
}
NOTHING = "{nothing}"
ROWS = [
    (language, *line.split(" => "))
    for language, lines in CALLS.items()
    for line in lines.strip().split("\n")
]


def shown(page: str, language: str) -> str:
    pages = pa.array([f"before {page} after"], pa.large_string())
    text: str = wikitext_to_text(pages, Markup(language=language))[0].as_py()
    return " ".join(text.replace("\u202f", " ").replace("\xa0", " ").split())


@pytest.mark.parametrize(("language", "page", "text"), ROWS, ids=[f"{r[0]}:{r[1]}" for r in ROWS])
def test_a_call_is_what_the_wiki_shows(language: str, page: str, text: str) -> None:
    text = text.replace("\\n", " ").replace(NOTHING, "")
    assert shown(page, language) == " ".join(f"before {text} after".split())
