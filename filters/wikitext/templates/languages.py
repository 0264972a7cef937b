"""Words in other languages and scripts: `{{lang-de|Wort}}`, `{{nihongo|…}}`, `{{IPA|…}}`."""

import re

from filters.wikitext.templates.calls import Call, plain
from filters.wikitext.templates.editions import Edition

# How an edition says which language a word is of; `{}` is the language's name there.
_LABELS = {
    "fr": "en {} : ", "es": "en {}: ", "ca": "en {}: ", "it": "in {}: ", "pt": "em {}: ",
    "gl": "en {}: ", "ro": "în {}: ", "bg": "на {}: ", "ar": "ب{}: ", "zh": "{}：", "ja": "{}: ",
    "de": "{} ", "ru": "{} ", "uk": "{} ", "be": "{} ", "ko": "{}: ", "hy": "{}՝ ",
}  # fmt: skip
_DEFAULT_LABEL = "{}: "


def _pairs(text: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in text.split(","))


_RUSSIAN = _pairs(
    "en=англ.,de=нем.,fr=фр.,es=исп.,it=итал.,la=лат.,el=греч.,grc=др.-греч.,pl=польск.,"
    "uk=укр.,be=белор.,ja=яп.,zh=кит.,ko=кор.,ar=араб.,he=ивр.,tr=тур.,pt=порт.,nl=нидерл.,"
    "sv=швед.,no=норв.,da=дат.,fi=фин.,hu=венг.,cs=чеш.,sk=словацк.,sr=серб.,hr=хорв.,"
    "bg=болг.,ro=рум.,ka=груз.,hy=арм.,az=азерб.,kk=каз.,fa=перс.,hi=хинди,sa=санскр.,"
    "lt=лит.,lv=латыш.,et=эст.,ca=кат.,eu=баск.,ga=ирл.,is=исл.,vi=вьетн.,th=тайск.,"
    "mn=монг.,tt=тат.,yi=идиш,eo=эспер."
)
_UKRAINIAN = _RUSSIAN | _pairs(
    "de=нім.,es=ісп.,it=італ.,el=грец.,grc=дав.-гр.,pl=пол.,ru=рос.,be=біл.,zh=кит.,"
    "ar=араб.,he=івр.,nl=нід.,hu=угор.,cs=чес.,sk=словац.,bg=болг.,ro=рум.,hy=вірм.,tr=тур.,"
    "ja=яп.,pt=порт.,fr=фр.,en=англ.,la=лат."
)
_CROATIAN = _pairs(
    "en=engl.,de=njem.,fr=franc.,it=tal.,es=španj.,la=lat.,ru=rus.,el=grč.,grc=grč.,hu=mađ.,"
    "cs=češ.,pl=polj.,tr=tur.,sl=slov.,ar=arap.,he=hebr.,ja=jap.,zh=kin.,pt=port.,nl=niz."
)
_SERBIAN = _pairs(
    "en=енгл.,de=нем.,fr=фр.,it=итал.,es=шп.,la=лат.,ru=рус.,el=грч.,grc=грч.,hu=мађ.,cs=чеш.,"
    "pl=пољ.,tr=тур.,sl=словен.,ar=арап.,he=хебр.,ja=јап.,zh=кин.,pt=порт.,nl=хол."
)
_FINNISH = _pairs(
    "en=engl.,de=saks.,fr=ransk.,it=ital.,es=esp.,la=lat.,ru=ven.,el=m.kreik.,grc=m.kreik.,"
    "hu=unk.,sv=ruots.,et=vir.,pl=puol.,tr=turk.,ar=arab.,he=hepr.,ja=jap.,zh=kiin.,pt=port.,"
    "nl=holl.,no=norj.,da=tansk."
)
# Abbreviations before words, by edition and then by language.
_SHORT = {
    "ru": _RUSSIAN, "uk": _UKRAINIAN, "hr": _CROATIAN, "bs": _CROATIAN, "sh": _CROATIAN,
    "sr": _SERBIAN, "fi": _FINNISH,
}  # fmt: skip
_PREFIXES = ("lang-", "jez-", "јез-", "jezik-", "dil-", "k-")  # of names that end with a language
_OWN_CODES = _pairs(
    "rus=ru,grc-gre=grc,grc-x-koine=grc,cn=zh,jp=ja,eng=en,engl=en,njem=de,nem=de,fra=fr,tal=it,"
    "španj=es,lat=la,grč=el,mađ=hu,tur=tr,češ=cs,polj=pl,kin=zh,jap=ja,ен=en,енгл=en,нем=de,"
    "фр=fr,ит=it,итал=it,шп=es,шпан=es,лат=la,рус=ru,грч=el,мађ=hu,тур=tr,чеш=cs,пољ=pl,кин=zh,"
    "јап=ja,ар=ar,хеб=he"
)
_SHORT_JAPANESE = _pairs(
    "en=英,de=独,fr=仏,es=西,it=伊,la=羅,el=希,grc=古希,pt=葡,nl=蘭,ru=露,zh=中,ko=朝,pl=波,"
    "ar=阿,tr=土,sv=典,hu=洪,sa=梵,he=希伯,vi=越,no=諾,da=丁,fi=芬,fa=波斯"
)
_CHINESE = {
    "c": "Chinese", "s": "simplified Chinese", "t": "traditional Chinese", "p": "pinyin",
    "hp": "Hanyu Pinyin", "tp": "Tongyong Pinyin", "w": "Wade–Giles", "j": "Jyutping",
    "cy": "Cantonese Yale", "sl": "Sidney Lau", "poj": "Pe̍h-ōe-jī", "tl": "Tâi-lô",
    "zhu": "Zhuyin Fuhao", "l": "lit.", "tr": "trans.", "first": "", "scase": "", "links": "",
    "labels": "", "hangul": "Korean", "hanja": "Hanja", "rr": "RR", "mr": "MR", "lk": "",
}  # fmt: skip
# What other editions call the spellings of `{{zh}}`; their own wording is before `_CHINESE`.
_CHINESE_ELSEWHERE = {
    "de": (" ", ", ", "c=chinesisch,s=chinesisch,v=chinesisch,t=chinesisch,p=Pinyin,w=W.-G.,"
           "j=Jyutping"),
    "fr": (" : ", " ; ", "c=chinois,s=chinois simplifié,t=chinois traditionnel,p=pinyin,"
           "w=Wade,j=jyutping"),
    "es": (": ", "; ", "c=chino,s=chino simplificado,t=chino tradicional,p=pinyin,w=Wade-Giles,"
           "j=jyutping"),
    "pt": (": ", "; ", "c=chinês,s=chinês simplificado,t=chinês tradicional,p=pinyin,"
           "w=Wade-Giles,j=jyutping"),
    "nl": (": ", "; ", "c=Chinees,s=vereenvoudigd Chinees,t=traditioneel Chinees,p=pinyin,"
           "w=Wade-Giles,j=jyutping"),
    "sv": (": ", "; ", "c=kinesiska,s=förenklad kinesiska,t=traditionell kinesiska,p=pinyin,"
           "w=Wade–Giles,j=jyutping"),
    "pl": (": ", "; ", "c=chiń.,s=chiń. upr.,t=chiń. trad.,p=pinyin,w=Wade-Giles,j=jyutping"),
    "tr": (": ", "; ", "c=Çince,s=Basitleştirilmiş Çince,t=Geleneksel Çince,p=pinyin,"
           "w=Wade-Giles,j=Jyutping"),
    "vi": (": ", "; ", "c=tiếng Trung,s=giản thể,t=phồn thể,p=bính âm,w=Wade–Giles,"
           "j=Việt bính"),
    "ko": (": ", ", ", "c=중국어,s=중국어 간체자,t=정체자,p=병음,w=웨이드-자일스,j=월병"),
}  # fmt: skip
_SPOKEN = {
    "pron": "pronounced ", "lang": "", "local": "locally ", "us": "US: ", "uk": "UK: ",
    "also": "also ", "": "", "en-us": "US: ", "pronunciation": "pronunciation: ",
}  # fmt: skip
_WRITTEN_IN = {
    "sr-cyrl": "Serbian Cyrillic", "sr-cyr": "Serbian Cyrillic", "sr-latn": "Serbian Latin",
    "grc": "Ancient Greek", "rus": "Russian",
}  # fmt: skip
_NO_SOUND = re.compile(r"\.(ogg|oga|wav|mp3|flac)$", re.IGNORECASE)
_WORDS = re.compile(r"(pron|lang|local|also|us|uk|usalso|ukalso|ipa|label|audio)", re.IGNORECASE)


_NAME_LANGUAGES = frozenset((
    "lang-icon", "language icon", "indication de langue", "lingue", "언어링크", "ling",
    "språkikon", "ref-lang",
))  # fmt: skip


def _label(edition: Edition, code: str) -> str:
    """What stands before a word of a language, with a space: `German: `."""
    if code in (short := _SHORT.get(edition.code, {})):
        return f"{short[code]} "
    name = edition.language(code)
    if edition.code == "en":
        name = _WRITTEN_IN.get(code, name)
    if not name:
        return ""
    if edition.code == "de" and code == "la":
        return "lateinisch "
    if edition.code in ("de", "vi", "el"):
        name = name[0].lower() + name[1:]
    return _LABELS.get(edition.code, _DEFAULT_LABEL).format(name)


def labelled(call: Call) -> str:
    """`{{lang-de|Wort}}`, `{{deS|Wort}}`, `{{langx|de|Wort}}`: the language, then the word."""
    name, text, more = call.name, call.first, "2"
    if name in ("langx", "llang", "lang-x"):
        code, text, more = plain(call.first), call.get("2"), "3"
    elif name.startswith(_PREFIXES):
        code = name.partition("-")[2]
    else:
        code = name[:-1]
    own = call.edition.code in ("ru", "uk", "be")  # {{lang-en2|word}} does not say the language
    short = code.endswith("-short")
    code = code.removesuffix("-short").removesuffix("2")
    code = _OWN_CODES.get(code, code)
    text = text or call.get("text")
    if not text:
        return ""
    # en.wikipedia's Cyrillic and others: r is the romanisation, p the pronunciation.
    reading = call.get("r", "translit", "tr", "lat")
    meaning = call.get("lit", "translation", "t")
    if call.edition.code == "de" and not name.startswith("lang"):
        said = " ".join(filter(None, (f"{_label(call.edition, code)}{text}", call.get(more))))
        said += f", DMG ''{call.get('d')}''" if call.get("d") else ""
        return said + (f" ‚{call.get('b')}‘" if call.get("b") else "")
    if call.edition.code == "fr" and call.get("trans", more):
        return f"{_label(call.edition, code)}{text} / ''{call.get('trans', more)}''"
    if not reading and call.edition.code == "en":
        reading = call.get(more)
        meaning = meaning or call.get(str(int(more) + 1))
    if short and call.edition.code == "ja":
        label = f"{_SHORT_JAPANESE[code]}: " if code in _SHORT_JAPANESE else ""
    else:
        bare = call.get("label") == "none" or (own and name.endswith("2"))
        label = "" if bare else _label(call.edition, code)
    parts = [f"{label}{text}"]
    if reading:
        word = "romanized: " if call.edition.code == "en" else ""
        parts.append(f"{word}''{reading}''")
    if call.edition.code == "en" and name == "lang-rus" and call.get("p"):
        parts.append(f"IPA: [{call.get('p')}]")
    if meaning and call.get("tr") != meaning:
        parts.append(f"lit. '{meaning}'" if call.edition.code == "en" else f"«{meaning}»")
    return ", ".join(parts)


# `in {{lang-ru|…}}` on wikis where the template may say `in` itself.
_PREPOSITIONS = {
    "fr": ("en ", "en|du|de"), "es": ("en ", "en|del|de"), "it": ("in ", "in|dal|del|di"),
    "pt": ("em ", "em|do|de"), "ca": ("en ", "en|del|de"), "gl": ("en ", "en|do|de"),
    "ro": ("în ", "în|din"),
}  # fmt: skip
MAX_PREPOSITION_BYTES = 6


def after_preposition(text: str, before: str, edition: Edition) -> str:
    """A label without its preposition where the page has one: fr `du {{lang-grc|λόγος}}`."""
    own, others = _PREPOSITIONS.get(edition.code, ("", ""))
    if own and text.startswith(own) and re.search(rf"(?i)\b(?:{others})\s$", before):
        return text.removeprefix(own)
    return text


def labelled_as(code: str, call: Call) -> str:
    """A template a language, by its name: ar `{{ألمانية|Spree}}`."""
    text = f"{_label(call.edition, code)}{call.first}" if call.first else ""
    if call.edition.code == "ar" or not text:  # Arabic templates have brackets of their own
        return f"({text or call.edition.language(code)})"
    return text


def said_in(call: Call) -> str:
    """fr: `{{en langue|de|Österreich}}`."""
    label = _label(call.edition, plain(call.first))
    return f"{label}{call.get('2')}" if call.get("2") else label.removesuffix(" : ")


def with_name(call: Call) -> str:
    """ja: `{{LangWithName|en|英語|word}}`."""
    return f"{call.get('2')}: {call.get('3')}" if call.get("3") else call.get("2")


def polish(call: Call) -> str:
    """pl: `{{lang|de}}` says of what language a page is, `{{w języku|de|Wort}}` has the word."""
    if call.get("2"):
        return f"{_label(call.edition, plain(call.first))}{call.get('2')}"
    return ""


# Czech adverbs of languages whose name does not end as others do.
_CZECH = _pairs(
    "de=německy,la=latinsky,lv=lotyšsky,cy=velšsky,sa=sanskrtsky,grc=starořecky,eo=esperantem"
)


def czech(call: Call) -> str:
    """cs: `{{vjazyce|en}}` is anglicky, and `{{vjazyce2|en|mill}}` the word behind it."""
    code, word = plain(call.first).lower(), call.get("2")
    adverb = _CZECH.get(code) or _czech_adverb(call.edition.language(code))
    return " ".join(filter(None, (adverb, word)))


def _czech_adverb(name: str) -> str:
    """How one speaks in a language: angličtina -> anglicky, francouzština -> francouzsky."""
    for ending, adverb in (("čtina", "cky"), ("ština", "sky"), ("čina", "cky")):
        if name.endswith(ending) and " " not in name:
            return name.removesuffix(ending) + adverb
    return name


def own_words(call: Call) -> str:
    """`{{en|word}}` is the word; without one it says of what language a linked page is."""
    return call.first


def icon(call: Call) -> str:
    """`{{de icon}}`, `{{ref-de}}`: of what language the page is that a link leads to."""
    code = call.name.removesuffix(" icon").removeprefix("ref-")
    if call.name in _NAME_LANGUAGES:
        codes = [plain(value) for value in call.positional()]
        names = [call.edition.language(c) or c for c in codes if c]
        return f"({', '.join(names)})" if names else ""
    if call.edition.code == "ru" and code in _RUSSIAN:
        return f"({_RUSSIAN[code]})"
    name = call.edition.language(code)
    if not name:
        return ""
    return f"(in {name})" if call.edition.code == "en" else f"({name})"


def ipa(call: Call) -> str:
    """Sounds: `{{IPA|/a/}}`, `{{IPA-de|a|lang}}`, `{{IPA|de|a}}`."""
    params = [value for value in call.positional() if not _NO_SOUND.search(value)]
    if not params:
        return call.get("text")
    name = call.name
    code = name.partition("-")[2] if name.startswith("ipa-") else ""
    if not code and len(params) > 1 and re.fullmatch("[a-z]{2,3}(-[A-Za-z]+)?", params[0]):
        code = params.pop(0)
    text = params[0]
    if not text:
        return ""
    in_brackets = call.edition.code in ("de", "ja") or (
        call.edition.code == "fr" and name in ("api", "api-fr", "phon")
    )
    if code == "all" or (not code and in_brackets):
        return text if text.startswith(("[", "/")) else f"[{text}]"
    if not code:
        return text
    how = plain(params[1]).lower() if len(params) > 1 else None
    text = text if text.startswith(("[", "/")) else f"[{text}]"
    if call.edition.code != "en" or (how is not None and how in _SPOKEN and how != "lang"):
        return _SPOKEN.get(how or "", "") * (call.edition.code == "en") + text
    language = call.edition.language(code)
    if not language or (how is not None and how not in _SPOKEN):
        return text
    return f"{language}: {text}" if how == "lang" else f"{language} pronunciation: {text}"


def ipa_letters(call: Call) -> str:
    """`{{IPAc-en|æ|l|ˈ|b|iː|d|oʊ}}`: a sound a parameter."""
    label = ""
    sounds: list[str] = []
    for value in call.positional():
        word = plain(value)
        if not word or _NO_SOUND.search(word):
            continue
        if not sounds and word.lower() in ("us", "uk", "pron", "local", "also", "usalso", "ukalso"):
            known = {"us": "US: ", "uk": "UK: ", "pron": "pronounced "}
            label = known.get(word.lower(), "also ")
        elif word in ("lang", "-", "audio"):
            continue
        else:
            sounds.append("," if word in (",", ",_") else word.replace("_", " "))
    if not sounds:
        return ""
    text = "".join(sounds).replace(",", ", ")
    return f"{label}/{text}/" if call.name == "ipac-en" else f"{label}[{text}]"


def respell(call: Call) -> str:
    """`{{respell|ASS|kee}}` is ASS-kee."""
    text = ""
    for part in call.positional():
        if part in ("_", "'", "-", "..."):
            text += {"_": " ", "...": "…"}.get(part, part)
        elif part:
            text += ("-" if text and text[-1] not in " '-…" else "") + part
    return text


def nihongo(call: Call) -> str:
    """English, Japanese, reading: `{{nihongo|Tokyo|東京|Tōkyō|extra|after}}`."""
    english, japanese, reading, extra, after = (call.positional() + [""] * 5)[:5]
    extra, after = extra or call.get("extra"), after or call.get("extra2")
    inner = ", ".join(part for part in (japanese, _italic(reading), extra) if part)
    if not english and japanese:
        english, inner = japanese, ", ".join(p for p in (_italic(reading), extra) if p)
    text = f"{english} ({inner})" if inner else english
    return f"{text} {after}" if after else text


def _italic(text: str) -> str:
    return f"''{text}''" if text and "''" not in text else text


def nihongo_reading(call: Call) -> str:
    """`{{nihongo3|English|日本|Nihon}}`: the reading comes first."""
    english, japanese, reading = (call.positional() + [""] * 3)[:3]
    inner = ", ".join(part for part in (japanese, english) if part)
    return f"{reading} ({inner})" if inner and reading else reading or english


def russian(call: Call) -> str:
    """it: `{{russo|слово|slovo}}`."""
    label = _label(call.edition, "ru") if call.name == "russo" else ""
    more = call.get("2")
    more = f", {'traslitterato: ' * (call.edition.code == 'it')}{more}" if more else ""
    return f"{label}{call.first}{more}" if call.first else ""


def chinese(call: Call) -> str:
    """`{{zh|t=…|s=…|p=…}}`, `{{korean|hangul=…|rr=…}}`: spellings and readings."""
    english = call.edition.code == "en" and call.get("labels") != "no"
    if call.edition.code in _CHINESE_ELSEWHERE and call.name not in ("pinyin", "korean"):
        return _chinese_elsewhere(call)
    found = []
    for key, value in call.params.items():
        if not value or key in ("links", "labels", "first", "scase", "lk", "out"):
            continue
        if key.isdecimal():
            found.append(value)
        elif key in _CHINESE:
            label = _CHINESE[key] if english else ""
            if key == "l":
                found.append(f"lit. '{value}'" if english else f"“{value}”")
            else:
                found.append(f"{label}: {value}" if label else value)
    return "; ".join(found) if english else ", ".join(found)


def _chinese_elsewhere(call: Call) -> str:
    colon, between, words = _CHINESE_ELSEWHERE[call.edition.code]
    labels = _pairs(words)
    found: list[str] = []
    said = ""
    for key, value in call.params.items():
        label = labels.get(key, "") if call.get("labels") != "no" else ""
        if not value or not (label or key.isdecimal() or key in _CHINESE):
            continue
        if key in ("links", "labels", "first", "scase", "lk"):
            continue
        if label and label == said and found:  # de: chinesisch 中國 / 中国
            found[-1] += f" / {value}"
            continue
        found.append(f"{label}{colon}{value}" if label else value)
        said = label
    return between.join(found)


def interlanguage(call: Call) -> str:
    """A link to a page that another language has: its label here.

    `{{ill|label|de|Seite}}`, `{{ill|de|Seite|label}}` (the older order), `{{нп5|page|label|de}}`,
    `{{Lien|langue=de|trad=Seite|fr=page|texte=label}}`.
    """
    said = call.get(
        "lt", "texte", "text", "label", "текст", "título", "texto", "nome", "txt", "نص", "عر"
    )
    if said:
        return said
    if call.name.startswith(("нп", "не пер", "не пере", "iw", "неп")):
        # {{не перекладено|page|en|Page}}: the second may be a language.
        is_language = re.fullmatch("[a-z]{2,3}", plain(call.get("2"))) and call.get("3")
        return call.first if is_language else call.get("2", "1")
    if call.name in ("tsl", "translink", "ilh", "internal link helper", "interwiki"):
        return call.get("4", "3") if call.name in ("tsl", "translink") else call.get("3", "2", "1")
    if call.name in ("interlang",):
        return call.get("3", "2")
    if call.name == "link-interwiki":
        return call.get("tekst", "pl", "tr", "uk", "1")
    own = call.get("fr", "pt", "es", "it", "en", "tr", "vi")
    first, second = plain(call.first), plain(call.get("2"))
    is_code = re.compile("[a-z]{2,3}(-[a-z]+)?").fullmatch
    if is_code(first) and second and not is_code(second):
        return call.get("4", "3", "2")
    return call.first or own or call.get("trad")


def link_to(call: Call) -> str:
    """zh: `{{link-en|page|Page|label}}`, `{{le|page|Page}}`."""
    return call.get("d", "3", "1")
