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
{{val|1.5e6|u=kg}} {{val|-2e9}} {{val|1.5E-3}} => 1.5×10^6 kg −2×10^9 1.5×10^−3
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
{{mya|12}} => 12 million years ago
{{Ma|90|85}} => 90–85 million years ago
{{ly|7.5}} => 7.5 light-years
{{hands|13.1}} => 13.1 hands (53 inches, 135 cm)
{{hands|13|14.2}} => 13 to 14.2 hands (52 to 58 inches, 132 to 147 cm)
{{hh|12.2|and|13}} => 12.2 and 13 hands (50 and 52 inches, 127 and 132 cm)
{{track gauge|1000mm}} => 1,000 mm (3 ft 3+3⁄8 in)
{{RailGauge|3ft6in}} => 3 ft 6 in (1,067 mm)
{{track gauge|sg}} => 1,435 mm (4 ft 8+1⁄2 in)
{{track gauge|1234mm}} => 1,234 mm
{{nuclide|carbon|14}} => ^14_6C
{{nuclide|uranium|238|link=yes}} => ^238_92U
{{simpleNuclide|Iodine|131}} => 131I
{{simpleNuclide|Technetium|99m}} => 99mTc
{{convert|7|by|9|m|ft}} => 7 by 9 metres (23 by 30 ft)
{{convert|7|x|9|m|ft|abbr=on}} => 7 m × 9 m (23 ft × 30 ft)
{{convert|7|mi|km|disp=or}} => 7 miles or 11 kilometres
{{convert|7|mi|km|disp=b}} => 7 miles (11 km)
{{convert|7|mi|km|spell=in}} => seven miles (11 km)
{{convert|12|mi|km|spell=In}} => Twelve miles (19 km)
{{ship|Danish ship|Holger|1789|2}} => Holger
{{ship|Danish ship|Holger|1789}} => Danish ship Holger (1789)
{{USS|Heron|AM-10|3}} => Heron (AM-10)
{{lang-rus|Волга|p=ˈvolɡə}} => Russian: Волга, IPA: [ˈvolɡə]
{{lang-sr-Cyrl|река}} => Serbian Cyrillic: река
{{langnf|es|Spanish|casa}} => Spanish casa
{{str left|Harbour|4}} {{str right|Harbour|4}} {{str len|Harbour}} => Harb our 7
{{first word|Old harbour}} {{replace|a-b|-|+}} => Old a+b
{{crossreference|(see [[Moon]])}} {{dfn|tide}} => (see Moon) tide
{{vanchor|tide|text=tides}} => tides
{{ICD10|F|84|0}} {{ICD9|299.00}} {{varserif|x}} => F84.0 299.00 x
{{convert|1,234.5|km|mi}} => 1,234.5 kilometres (767.1 mi)
{{convert|1,234|km|mi}} => 1,234 kilometres (767 mi)
{{val|12,345|fmt=commas}} {{val|12345.5|fmt=commas}} {{val|5,5|fmt=commas}} => 12,345 12,345.5 5.5
{{convert|1.234|km|mi}} => 1.234 kilometres (0.767 mi)
{{convert|5,5|km|mi}} => 5.5 kilometres (3.4 mi)
{{convert|6|ft|4|in|m|adj=mid|-tall}} => 6-foot-4-inch-tall (1.93 m)
{{convert|5|ft|6|in|cm|adj=on}} => 5-foot-6-inch (168 cm)
{{convert|9|lb|3|oz|kg|adj=on|abbr=on}} => 9 lb 3 oz (4.2 kg)
{{convert|8|lb|6|oz|kg}} => 8 pounds 6 ounces (3.8 kg)
{{convert|11|st|4|lb|kg}} => 11 stone 4 pounds (72 kg)
{{formatnum:5,5}} {{formatnum:12345,678}} => 5,5 12,345,678
{{formatnum:about 12000}} {{formatnum:1,234,567}} => about 12,000 1,234,567
{{bq|Ice.|Ann}} => Ice. — Ann
{{Draw}} {{draw|2–2}} => Draw 2–2
{{vulgar fraction|1|2}} {{SubatomicParticle|electron}} => 1⁄2 electron
{{nwft|Spain}} {{fbu|21|GER}} {{fbu|17|FRA}} {{fbu|GER}} => Spain Germany U21 France U17 Germany
{{Cast listing|* Ann as Bo}} => - Ann as Bo
{{coord|1|2|N|3|4|E|display=inline}} => 1°2′N 3°4′E
{{win}} {{Win|3–1}} {{unknown}} {{dropped}} => Win 3–1 Unknown Dropped
{{convert|20|C-change}} {{convert|9|-|18|F-change}} => 20 °C (36 °F) 9–18 °F (5.0–10.0 °C)
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
{{-58}} => 58 av. J.-C.
{{-58|l'an 58 av. J.-C.}} => l'an 58 av. J.-C.
{{1er mars}} => 1er mars
{{IVe siècle av. J.-C.}} {{sap-|II}} => IVe siècle av. J.-C. IIe siècle apr. J.-C.
{{sp-|IX|et|X|s}} => IXe et Xe siècles
(en {{lang-ru|слово}}) => (en russe : слово)
du {{lang-grc|λόγος|lógos}} => du grec ancien : λόγος / lógos
{{grec ancien|λόγος|lógos|parole}} => grec ancien : λόγος / lógos, « parole »
{{chinois|s=河|t=河|p=hé}} => chinois simplifié : 河 ; chinois traditionnel : 河 ; pinyin : hé
{{citation étrangère|langue=en|word}} {{"|mot}} => « word » « mot »
{{incise|mot}} {{incise|mot|stop}} => — mot — — mot
{{API|a}} {{graphie|a}} => [a] ⟨a⟩
{{lang|en|texte=word}} => word
{{St|Paul}} {{$|7}} {{opus|3}} => St Paul 7 $ op. 3
{{-s2-|III|e|II|e}} {{s2|V|e|VI|e}} => IIIe et IIe siècles av. J.-C. Ve et VIe siècles
{{IIe millénaire av. J.-C.}} => IIe millénaire av. J.-C.
{{taille|m=1.71}} {{taille|cm=171}} => 1,71 m 171 cm
{{Unité|10000|J|2|K|3|s|-1}} => 10 000 J^2⋅K^3⋅s^−1
{{Ire|République}} {{Ier|janvier}} => Ire République Ier janvier
{{1re|fois}} {{2d|tour}} {{2de}} {{Ire}} {{1er}} => 1re fois 2d tour 2de Ire 1er
{{date de décès|5|6|1970|3|4|1900}} => 5 juin 1970 (à 70 ans)
{{date de décès|5 juin 1970}} {{date de décès|1|juin|1970}} => 5 juin 1970 1er juin 1970
{{coord|48|51|N|2|21|W}} => 48°51′N 2°21′O
Louis {{XIV}}, {{Monsieur|Roux}}, {{Madame|Lee}} => Louis XIV, M. Roux, Mme Lee
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
{{ChemForm|H2O}} {{ChemForm|C|2|H|6|O}} => H2O C2H6O
{{ChemForm|SO4^{2-}}} => SO4^2−
{{Nuklid|C|14}} {{Nuklid|14|C}} => 14C 14C
{{Nuklid|14|6|C}} => ^14_6C
{{arS|كتاب|d=kitāb|b=Buch}} => arabisch كتاب, DMG kitāb ‚Buch‘
{{zh|c=河|p=hé}} => chinesisch 河, Pinyin hé
{{zh|t=中國|v=中国|p=Zhōngguó}} => chinesisch 中國 / 中国, Pinyin Zhōngguó
{{§|5|bgb|juris}} BGB => § 5 BGB
{{DatumZelle|1998-07-06}} => 6. Juli 1998
{{convert|3|and|5|km|mi}} => 3 und 5 km (1,9 und 3,1 mi)
{{convert|5,5|km|mi}} {{convert|5.5|km|mi}} => 5,5 km (3,4 mi) 5,5 km (3,4 mi)
{{convert|1.234|km|mi}} {{convert|1,234.5|km|mi}} => 1.234 km (767 mi) 1.234,5 km (767,1 mi)
{{convert|,5|km|mi}} {{convert|.5|km|mi}} => 0,5 km (0,31 mi) 0,5 km (0,31 mi)
{{convert|5,5,5|km|mi}} {{convert|1.234.567|km|mi}} => 5,5,5 km 1.234.567 km (767.124 mi)
{{convert|5|ft|6,5|in|m}} => 5 ft 6,5 in (1,689 m)
{{percentage|1,5|6}} => 25%
{{formatnum:5,5}} {{formatnum:rund 12000}} => 5,5 rund 12.000
{{Höhe|1200|AT|link=1}} {{Höhe|12345.5|CH}} => 1200 m ü. A. 12.345,5 m ü. M.
{{Höhe|296|DE-NHN}} {{Höhe|296|DE}} {{Höhe|296|FR}} => 296 m ü. NHN 296 m ü. NHN 296 m
{{JULGREGDATUM|19|11|1711|Link="true"}} => 8. November (jul.) / 19. November 1711 (greg.)
{{JULGREGDATUM|5|1|1712}} => 25. Dezember 1711 (jul.) / 5. Januar 1712 (greg.)
{{JULGREGDATUM|12|3|1700}} => 1. März (jul.) / 12. März 1700 (greg.)
{{JULGREGDATUM|13|3|1900}} => 29. Februar (jul.) / 13. März 1900 (greg.)
{{JULGREGDATUM|31|2|1711}} {{JULGREGDATUM|1|2|99999}} => 31. Februar 1711 1. Februar 99999
{{Coordinate|NS=47/1/2/N|EW=11/2/3/E|text=DMS}} => 47°1′2″N 11°2′3″O
{{coord|1|2|S|3|4|W}} => 1°2′S 3°4′W
{{Zitat-en|Stones speak.|Steine sprechen.|Quelle=Ann}} => Stones speak. Steine sprechen. — Ann
{{Zitat-fr|Oui.}} => Oui.
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
{{convert|3|to|5|km|mi}} => 3 a 5 km (1,9 a 3,1 mi)
{{convertir|5,5|km|mi}} {{convertir|12.345,5|km|mi}} => 5,5 km (3,4 mi) 12 345,5 km (7671,1 mi)
{{fecha de fallecimiento|1|2|1990|5|3|1920}} => 1 de febrero de 1990 (69 años)
{{fecha de fallecimiento|1990|2|1|1920|3|5}} => 1 de febrero de 1990 (69 años)
{{fecha de fallecimiento|1|2|1920|5|3|1990}} => 1 de febrero de 1920
{{fecha de fallecimiento|1|2|1990}} => 1 de febrero de 1990
{{coord|1|2|N|3|4|W}} {{coord|1|2|N|3|4|O}} => 1°2′N 3°4′O 1°2′N 3°4′O
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
{{дата смерти|5|3|2001|4|3|1960}} => 5 марта 2001 (41 год)
{{convert|7|mi|km}} => 7 миль (11 км)
{{langi|en|word}} {{евро|7}} => word 7 €
{{nl|Имя|Фамилия}} {{нихонго|рис|米|комэ}} => Имя Фамилия рис (米, комэ)
{{якорь|x}} {{что?}} => {nothing}
{{OldStyleDate|14 апреля|1882|2}} => 2 (14) апреля 1882
{{OldStyleDate|5 мая|1900|22 апреля}} => 22 апреля (5 мая) 1900
{{старый стиль|5 мая 1900|22 апреля}} => 22 апреля (5 мая) 1900
{{OldStyleDate|4|января|1915|22|декабря|1914 года}} => 22 декабря 1914 года (4 января 1915)
{{coord|5|6|S|7|8|W}} => 5°6′ ю. ш. 7°8′ з. д.
{{coord|50|27|N|30|31|E}} => 50°27′ с. ш. 30°31′ в. д.
""",
    "uk": """
{{не перекладено|Ім'я|en|Name}} => Ім'я
{{lang-en|word}} => англ. word
{{nobr|a b}} => a b
{{s|a b}} => a b
{{число|1234567}} => 1 234 567
{{дн|5|3|1960}} => 5 березня 1960
{{дата смерті та вік|5|3|2003|4|3|1960}} => 5 березня 2003 (43 роки)
{{до н. е.}} {{СРСР}} 5 {{грн}} => до н. е. СРСР 5 ₴
{{підказка|a|b}} => a
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
H{{indeks dolny|2}}O m{{indeks górny|2}} => H2O m^2
{{CytatD|Tak}} {{Cytat D|Tak.|Jan}} => Tak Tak. — Jan
{{fmn|12345}} m => 12 345 m
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
{{PBPE|trem|comboio}} => trem (português brasileiro) ou comboio (português europeu)
{{PEPB|comboio|trem}} => comboio (português europeu) ou trem (português brasileiro)
{{R$|7}} {{unidade|7|km}} {{fracção|1|2}} => R$ 7 7 km 1⁄2
{{quote1|palavras}} => palavras
{{lknb|João|I}} {{Lknb|Pedro|II|do Brasil}} {{lknb|Ana}} => João I Pedro II Ana
50 {{DC}} {{DC|50}} 50 {{AC}} => 50 d.C. 50 d.C. 50 a.C.
{{morte|1|2|2000|4|3|1950}} => 1 de fevereiro de 2000 (49 anos)
{{morte|1|2|2000}} => 1 de fevereiro de 2000
{{fmtn|12345|m}} {{fmtn|12345}} {{séculos|XV|XVI}} => 12 345 m 12 345 séculos XV e XVI
{{nascimento e idade|5|3|1950}} {{aspas|oi}} => 5 de março de 1950 “oi”
{{BRLink|Bahia}} {{unid|5,5|m}} {{versal|x}} => Bahia 5,5 m x
""",
    "nl": """
{{nowrap|a b}} => a b
{{lang|en|word}} => word
{{Lang-en|word}} => Engels: word
{{citaat|woorden}} => woorden
{{unité|5|km}} => 5 km
{{uitspraak|a.ogg|woord}} {{bron?|woord|2010}} => woord woord
{{NL}} {{BE}} {{euro|7}} => Nederland België € 7
""",
    "sv": """
{{lang-en|word}} => engelska: word
{{nowrap|a b}} => a b
{{citat|ord}} => ord
{{unit|5|km}} => 5 km
{{källa behövs|ord|datum=2010}} {{små|ord}} => ord ord
{{födelsedatum och ålder|1960|3|4}} => 4 mars 1960
{{dödsdatum och ålder|2001|3|5|1960|3|4}} => 5 mars 2001 (41 år)
""",
    "tr": """
{{dil|en|word}} => word
{{lang-en|word}} => İngilizce: word
{{nowrap|a b}} => a b
{{bayrak|Fransa}} => Fransa
{{osm|كلمه}} {{mö|50}} {{birim|7|km}} => Osmanlıca: كلمه MÖ 50 7 km
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
{{russo|слово|slovo}} => in russo: слово, traslitterato: slovo
{{arabo|كلمة|kalima}} => in arabo: كلمة, kalima
{{nave|HMS|Heron|1765|6}} => HMS Heron
{{cita|Rossi|p. 5}} => {nothing}
{{M|5|4|km}} {{M|5,5||km}} {{M|1.234,5|ul=km}} => 5±4 km 5,5 km 1234,5 km
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
{{le|河|River|大河}} {{link-en|河|River|大河}} {{link-en|河|River}} => 大河 大河 河
{{translink|en|River|河}} {{internal link helper/en|河|River}} => 河 河
{{convert|7|mi|km}} => 7英里（11公里）
{{HKD|7}} {{缺字|字}} => HK$7 字
{{不存在条目链接|河|River}} => 河
""",
    "ko": """
{{lang|en|word}} => word
{{llang|en|word}} => 영어: word
{{한자|韓國}} => 韓國
{{nowrap|a b}} => a b
{{사망일과 나이|1960|3|4|2001|3|5}} => 2001년 3월 5일 (41세)
{{날짜|2001|3|5}} {{작게|말}} {{문화어|말}} => 2001년 3월 5일 말 문화어: 말
{{윗주|漢|한}} {{분수|1|2}} => 漢(한) 1⁄2
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
{{Snamei||Canis lupus}} {{AUY|Linnaeus|1758}} => Canis lupus Linnaeus, 1758
{{単位変換|7|mi|km}} {{没年月日|2001|3|5}} {{国旗リンク|FRA}} => 7 mi (11 km) 2001年3月5日 フランス
{{行内引用|海}} {{Indent|空}} => 海 空
{{没年月日と没年齢|1900|1|2|1950|3|4}} => 1950年3月4日（50歳没）
{{convert|1.234|km|mi}} => 1.234 km (0.767 mi)
{{フリガナ|字|じ}} {{日本語版にない記事リンク|甲|en|E}} => 字(じ) 甲
""",
    "ar": """
{{إنج|word}} => (بالإنجليزية: word)
{{وصلة إنترويكي|تر=Name|لغ=en|عر=اسم}} => اسم
{{nowrap|a b}} => a b
{{هج|1400}} => 1400 هـ
{{فر|mot}} {{لات|canis}} => (بالفرنسية: mot) (باللاتينية: canis)
{{وصلة إنترويكي|تر=Name|عر=اسم|نص=الاسم}} => الاسم
{{صلعم}} 5 {{هـ}} {{اختصار|a|b}} => ﷺ 5 هـ a
{{convert|3|to|5|km|mi}} => 3 إلى 5 كم (1.9 إلى 3.1 ميل)
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
{{मृत्यु तिथि|1990|1|2}} => 2 जनवरी 1990
{{मृत्यु तिथि और आयु|1990|1|2|1920|3|4}} => 2 जनवरी 1990 (उम्र 69)
{{convert|1,234.5|km|mi}} => 1,234.5 km (767.1 mi)
{{फ्लैग|भारत}} => भारत
""",
    "hr": """
{{jez-eng|word}} {{jez-njem|Wort}} => engl. word njem. Wort
{{lang-la|verbum}} => lat. verbum
""",
    "sr": """
{{јез-енгл|word}} {{јез-лат|verbum}} => енгл. word лат. verbum
{{јез-грч|λόγος}} => грч. λόγος
""",
    "fi": """
{{k-en|word}} {{k-ru|слово}} => engl. word ven. слово
{{k-xx|word}} => word
""",
    "sl": """
{{jezik-en|word}} => angleščina: word
""",
    "az": """
{{dil-en|word}} => ingilis: word
""",
    "ca": """
{{segle|XIX}} {{unitat|7|km}} => segle XIX 7 km
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
