"""What a model's label means: BCP 47 codes, and the scripts that a language is written in.

Source: codes and likely scripts by the library langcodes (IANA registry, Unicode CLDR); labels that
are Wikipedia's own by MediaWiki, includes/language/LanguageCode.php.
"""

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from manifests.schemas import UNDETERMINED

if TYPE_CHECKING:
    import langcodes

# Labels that are canonical tags as they stand. Most recipes name no others, and langcodes takes a
# tenth of a second to import. A test compares them with what langcodes says.
_PLAIN = """
aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de
dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia
id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo
lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn nr nv ny oc oj om or os pa pi pl ps
pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tn
to tr ts tt ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
PLAIN = frozenset(_PLAIN.split())

# Labels without a script, as lid.176 has them, are Wikipedia's codes; a few are no languages' own.
WIKIPEDIA = {
    "als": "gsw", "bat-smg": "sgs", "be-x-old": "be-tarask", "bh": "bho", "cbk-zam": "cbk",
    "eml": "egl", "fiu-vro": "vro", "map-bms": "jv-x-bms", "nds-nl": "nds-NL", "no": "nb",
    "roa-rup": "rup", "roa-tara": "nap-x-tara", "simple": "en", "zh-classical": "lzh",
    "zh-min-nan": "nan", "zh-yue": "yue",
}  # fmt: skip

# Scripts (ISO 15924) that are written with others' letters, as RE2 names these.
_COMPOUND = {
    "Jpan": ("Han", "Hiragana", "Katakana"), "Kore": ("Hangul", "Han"), "Hani": ("Han",),
    "Hans": ("Han",), "Hant": ("Han",), "Hang": ("Hangul",),
}  # fmt: skip
_NAMES = {
    "Adlm": "Adlam", "Arab": "Arabic", "Armn": "Armenian", "Avst": "Avestan", "Bali": "Balinese",
    "Batk": "Batak", "Beng": "Bengali", "Cakm": "Chakma", "Cans": "Canadian_Aboriginal",
    "Cham": "Cham", "Cher": "Cherokee", "Cyrl": "Cyrillic", "Cyrs": "Cyrillic",
    "Deva": "Devanagari",
    "Ethi": "Ethiopic", "Geor": "Georgian", "Goth": "Gothic", "Grek": "Greek", "Gujr": "Gujarati",
    "Guru": "Gurmukhi", "Hebr": "Hebrew", "Java": "Javanese", "Khmr": "Khmer", "Knda": "Kannada",
    "Laoo": "Lao", "Latn": "Latin", "Lisu": "Lisu", "Mlym": "Malayalam", "Mong": "Mongolian",
    "Mtei": "Meetei_Mayek", "Mymr": "Myanmar", "Nkoo": "Nko", "Olck": "Ol_Chiki",
    "Orya": "Oriya", "Osge": "Osage", "Saur": "Saurashtra", "Sinh": "Sinhala",
    "Sund": "Sundanese", "Sylo": "Syloti_Nagri", "Syrc": "Syriac", "Syrn": "Syriac",
    "Tale": "Tai_Le",
    "Taml": "Tamil", "Tavt": "Tai_Viet", "Telu": "Telugu", "Tfng": "Tifinagh", "Thaa": "Thaana",
    "Thai": "Thai", "Tibt": "Tibetan", "Yiii": "Yi",
}  # fmt: skip
# CLDR has no likely script of these, and langcodes then says Latin. Source: the letters of the
# windows that FUN-LangID has of them (google-research, Apache-2.0), and the names of FLORES-200.
_SCRIPT_OF = {
    language: script
    for script, languages in {
        "Arab": "acm acq aeb ajp apc apd ars ary arz ayl ayn azb hac mve pbt pnb prs",
        "Armn": "hyw", "Batk": "btm", "Beng": "ctg", "Cans": "oj",
        "Cyrl": "bxm dng kjh nog sty tab uum xal",
        "Deva": "ahr bfz bgq bns hlb kfq mjl rav sgj suz vah vas", "Ethi": "mdy stv",
        "Grek": "grc rmn", "Gujr": "kfr", "Latn": "gof hak wal", "Mymr": "cjm kjp ksw kyu rki",
        "Orya": "jun kxu", "Syrc": "aii arc syc", "Tfng": "ber", "Thai": "bzi pww urk",
        "Tibt": "khg",
    }.items()
    for language in languages.split()
}  # fmt: skip
# Written in more than the script that CLDR finds most likely.
_ALSO = {
    "az": ("Cyrl", "Arab"), "bs": ("Cyrl",), "crh": ("Cyrl",), "ha": ("Arab",),
    "kk": ("Latn", "Arab"), "ks": ("Deva",), "ku": ("Arab", "Cyrl"), "ky": ("Arab", "Latn"),
    "mn": ("Mong",), "ms": ("Arab",), "pa": ("Arab",), "ro": ("Cyrl",), "sa": ("Latn",),
    "sd": ("Deva",), "sr": ("Latn",),
    "tg": ("Latn", "Arab"), "tk": ("Cyrl", "Arab"), "tt": ("Latn",), "ug": ("Cyrl", "Latn"),
    "uz": ("Cyrl", "Arab"), "nan": ("Latn",), "gom": ("Latn",), "mai": ("Latn",),
    "hak": ("Hani",), "cdo": ("Latn",), "zgh": ("Latn",), "kab": ("Tfng",), "iu": ("Latn",),
    "mww": ("Latn",), "tly": ("Arab", "Cyrl"),
    "azb": ("Latn",), "ber": ("Latn",), "gof": ("Ethi",), "rmn": ("Latn",), "wal": ("Ethi",),
    "mni": ("Mtei",), "ff": ("Adlm", "Arab"), "sat": ("Beng", "Deva", "Latn"),
}  # fmt: skip


@functools.cache
def bcp47(label: str) -> str:
    """The canonical BCP 47 tag of a label: `eng_Latn` is en, `cmn_Hani` zh, lid.176's als gsw.

    The standard form of a macrolanguage with a code of two letters stands for it (`arb` is ar), and
    the script is left out where it is the language's likely one. A label that is no tag stays.
    """
    return label if label in PLAIN else _canonical(label)


def _canonical(label: str) -> str:
    import langcodes  # its tables, which recipes without languages do not need
    from langcodes.tag_parser import LanguageTagError

    tag = label.replace("_", "-")
    tag = WIKIPEDIA.get(tag, tag)
    try:
        language = langcodes.Language.get(langcodes.standardize_tag(tag, macro=True))
        if len(language.language or "") > 2:
            language = langcodes.Language.get(langcodes.standardize_tag(tag))
    except LanguageTagError:
        return label
    bare = langcodes.Language.make(language.language, territory=language.territory)
    if language.script in (_likely_script(bare), "Hani", "Hang"):
        return _with_variants(bare, language)
    return str(language.to_tag())


def _likely_script(language: "langcodes.Language") -> str:
    """The script that a language without one is written in, '' where that is not known."""
    return _SCRIPT_OF.get(language.language or "") or language.maximize().script or ""


def _with_variants(bare: "langcodes.Language", language: "langcodes.Language") -> str:
    return str(bare.update_dict({"variants": language.variants}).to_tag())


@functools.cache
def scripts_of(tag: str) -> tuple[str, ...]:
    """The scripts that a language is written in, by RE2's names; none where that is not known."""
    import langcodes
    from langcodes.tag_parser import LanguageTagError

    try:
        language = langcodes.Language.get(tag)
    except LanguageTagError:
        return ()
    if tag == UNDETERMINED or not language.language:
        return ()
    codes: tuple[str, ...] = (language.script or _likely_script(language),)
    if not language.script:
        codes += _ALSO.get(language.language, ())
    names = [name for code in codes for name in _COMPOUND.get(code, (_NAMES.get(code, ""),))]
    names = [name for name in names if name]
    return tuple(dict.fromkeys(names))


def script_ratio(text: pa.LargeStringArray, languages: Sequence[str]) -> npt.NDArray[np.float32]:
    """Which share of each text's letters is of the scripts of its language.

    1 where there is nothing to compare: no letter, `und`, or a language whose script is not known.
    """
    ratio = np.ones(len(text), np.float32)
    scripts = [scripts_of(language) for language in languages]
    for wanted in set(scripts) - {()}:
        rows = np.array([i for i, its in enumerate(scripts) if its == wanted])
        some = text.take(pa.array(rows))
        own = "".join(rf"\p{{{name}}}" for name in wanted)
        letters, fitting = (
            pc.fill_null(pc.count_substring_regex(some, pattern=pattern), 0)
            .to_numpy(zero_copy_only=False)
            .astype(np.float32)
            for pattern in (r"[\pL\pM]", f"[{own}]")
        )
        # Some digits and signs have a script, too: never more than all letters count.
        share = np.minimum(fitting, letters) / np.maximum(letters, 1)
        ratio[rows] = np.where(letters > 0, share, 1)
    return ratio


def require_tag(tag: str) -> str:
    """A language of a recipe, which is written as a canonical BCP 47 tag.

    Raises:
      ValueError: it is another label, whose tag is named, or no language at all.
    """
    if tag in PLAIN or tag == UNDETERMINED:
        return tag
    import langcodes

    if (canonical := bcp47(tag)) != tag:
        raise ValueError(
            f"write {canonical!r}, not {tag!r}: languages are BCP 47 tags, whatever the model's "
            "labels are"
        )
    if not langcodes.tag_is_valid(tag):
        raise ValueError(f"{tag!r} is no language of BCP 47; write for example 'en' or 'zh-Hant'")
    return tag
