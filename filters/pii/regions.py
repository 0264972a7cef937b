"""Where telephone numbers of a text may belong: regions by language, script and domain.

Source: Unicode CLDR, territory information, as in Babel 2.19 (official languages, else where most
speak it); the order of the first is by hand, the most populous first. Top-level domains of
countries are their ISO 3166 codes, `uk` aside.
"""

import functools
import re
from collections.abc import Iterator

Regions = tuple[str, ...]

_BY_LANGUAGE = {
    "aa": "DJ ER", "ab": "GE", "abq": "RU TR", "abr": "GH", "ace": "ID", "ach": "UG", "acr": "GT",
    "ada": "GH", "ady": "JO TR", "aeb": "TN", "af": "ZA NA", "agq": "CM", "agu": "GT", "ak": "GH",
    "aln": "XK", "alt": "RU", "am": "ET", "amo": "NG", "an": "ES", "ann": "NG", "aoz": "ID",
    "apc": "LB PS SY", "apd": "SD", "aqt": "PY",
    "ar": "EG SA AE IQ MA DZ SY JO EH KW PS TN QA BH LB MR OM LY YE KM SD SO IL TD DJ ER",
    "arn": "CL", "aro": "BO", "arq": "DZ", "ars": "SA", "ary": "MA", "arz": "EG", "as": "IN",
    "asa": "TZ", "ast": "ES", "atj": "CA", "av": "RU", "awa": "IN NP", "ay": "BO", "ayo": "PY",
    "az": "AZ IQ", "ba": "RU", "bal": "OM PK AE", "ban": "ID", "bap": "NP", "bar": "AT DE",
    "bas": "CM", "bax": "CM", "bbc": "ID", "bbj": "CM", "bci": "CI", "be": "BY", "bej": "SD",
    "bem": "ZM", "bew": "ID", "bez": "TZ", "bfd": "CM", "bfq": "IN", "bft": "PK IN",
    "bfy": "NP IN", "bg": "BG", "bgc": "IN", "bgn": "AF PK", "bgx": "TR", "bhb": "IN", "bhi": "IN",
    "bho": "IN NP MU", "bi": "VU", "bik": "PH", "bin": "NG", "bjj": "IN", "bjn": "ID MY",
    "bjt": "SN", "bkm": "CM", "bku": "PH", "bla": "CA", "blo": "BJ TG", "blt": "VN", "bm": "ML",
    "bmq": "ML", "bn": "BD IN", "bo": "CN IN NP", "bpy": "IN", "bqi": "IR", "br": "FR",
    "bra": "IN", "brh": "PK", "brx": "IN", "bs": "BA", "bsc": "SN", "bsq": "LR", "bss": "CM",
    "bto": "PH", "btv": "PK IN", "bua": "RU", "buc": "YT", "bug": "ID MY", "bum": "CM",
    "bvb": "GQ", "byn": "ER", "byv": "CM", "bza": "LR", "bze": "ML", "bzj": "BZ", "ca": "ES AD",
    "caa": "GT", "cab": "BZ HN", "cac": "GT", "cad": "US", "cag": "PY", "cak": "GT", "cch": "NG",
    "ccp": "BD IN", "ccr": "SV", "cdo": "SG", "ce": "RU", "ceb": "PH", "ceg": "PY", "cgg": "UG",
    "ch": "GU", "chk": "FM", "chm": "RU", "cho": "US", "chp": "CA", "chr": "US", "cic": "US",
    "cja": "KH", "cjm": "VN", "ckb": "IQ", "ckz": "GT", "clc": "CA", "co": "FR", "cps": "PH",
    "cpx": "SG", "cr": "CA", "crg": "CA", "crh": "UA", "crk": "CA", "crl": "CA", "crs": "SC",
    "cs": "CZ", "csb": "PL", "csw": "CA", "cu": "RU", "cv": "RU", "cy": "GB", "da": "DK",
    "dak": "US CA", "dar": "RU", "dav": "KE", "dcc": "IN", "de": "DE AT CH LI LU DK BE PL",
    "den": "CA", "dgr": "CA", "dje": "NE", "dnj": "LR CI", "doi": "IN", "dsb": "DE", "dtm": "ML",
    "dtp": "MY", "dty": "NP", "dua": "CM", "dv": "MV", "dyo": "SN", "dyu": "BF", "dz": "BT",
    "ebu": "KE", "ecy": "CY", "ee": "GH", "efi": "NG", "egl": "IT", "el": "GR CY",
    "en": (
        "US GB CA AU IN ZA NZ IE BB BS CK GG GY IM IO KI SB JM KN KY TC VG AS MP GD NF VC AI JE "
        "NR DM FJ MH BM GU LC MT TT AG CX LR VU BW GI SG SZ BZ FK VI MU TZ SH SX MS PH MW SD ER "
        "FM NU NG HK PG PK PR ZW GM CM SC TK SL TO LS SS GH KE MG CC ZM RW TV PW NA UG WS BI AC "
        "TA"
    ),
    "enl": "PY", "enx": "PY", "eo": "SM",
    "es": "MX ES AR CO CL PE VE US CU EC CR HN SV GT UY GQ PR DO NI PA PY BO", "esu": "US",
    "et": "EE", "eu": "ES", "ewo": "CM", "ext": "ES", "fa": "IR AF", "fan": "GQ", "fbl": "PH",
    "ff": "SN", "ffm": "ML", "fi": "FI SE", "fia": "SD", "fil": "PH", "fit": "SE", "fj": "FJ",
    "fo": "FO", "fon": "BJ",
    "fr": (
        "FR BE CA CH PM NC PF MC LU RE BL GP MF WF MQ MU CM GA YT GF CG BI SC TN CD DJ HT TG MA "
        "BJ CI DZ VU CF GQ GN MG KM SN BF IT ML NE TD RW"
    ),
    "frc": "US", "frp": "FR", "frr": "DE", "frs": "DE", "fud": "WF", "fuq": "NE", "fur": "IT",
    "fuv": "NG", "fvr": "SD", "fy": "NL", "ga": "IE", "gaa": "GH", "gag": "MD", "gan": "CN",
    "gay": "ID", "gbm": "IN", "gbz": "IR", "gcr": "GF", "gd": "GB", "gez": "ET", "gil": "KI",
    "gjk": "PK", "gju": "PK", "gl": "ES", "glk": "IR", "gmy": "GR", "gn": "PY", "gon": "IN",
    "gor": "ID", "gos": "NL", "grb": "LR", "grc": "GR", "grr": "DZ", "grt": "BD IN",
    "gsw": "LI CH", "gu": "IN", "gub": "BR", "guc": "CO", "gun": "PY", "guq": "PY", "gur": "GH",
    "guz": "KE", "gv": "IM", "gva": "PY", "gvr": "NP", "gwi": "CA", "ha": "NG NE GH", "hak": "TW",
    "haw": "US", "he": "IL", "hi": "IN", "hif": "FJ", "hil": "PH", "hnd": "PK", "hne": "IN",
    "hnj": "LA GF", "hnn": "PH", "hno": "PK", "ho": "PG", "hoc": "IN", "hoj": "IN",
    "hr": "HR BA AT", "hrx": "BR", "hsb": "DE", "hsn": "CN", "ht": "HT", "hu": "HU RS",
    "hur": "CA", "hy": "AM", "hz": "NA", "ia": "FR SE", "iba": "MY", "ibb": "NG", "id": "ID",
    "ie": "EE", "ife": "TG", "ig": "NG", "ii": "CN", "ik": "US", "ilo": "PH", "inh": "RU",
    "io": "US", "is": "IS", "it": "IT CH SM VA HR", "itz": "GT", "iu": "CA", "ixl": "GT",
    "izh": "RU", "ja": "JP", "jac": "GT", "jam": "JM", "jbo": "US", "jgo": "CM", "jmc": "TZ",
    "jml": "NP", "jut": "DK", "jv": "ID", "ka": "GE", "kaa": "UZ", "kab": "DZ", "kac": "MM",
    "kaj": "NG", "kam": "KE", "kao": "ML", "kaw": "ID", "kbd": "TR RU", "kcg": "NG", "kck": "ZW",
    "kde": "TZ", "kdt": "LA TH", "kea": "CV", "kek": "GT BZ", "ken": "CM", "kfo": "CI",
    "kfr": "IN", "kfy": "IN", "kg": "CD", "kge": "ID", "kgp": "BR", "kha": "IN", "khb": "CN",
    "khn": "IN", "khq": "ML", "kht": "MM IN", "khw": "PK", "ki": "KE", "kiu": "TR", "kj": "NA",
    "kjb": "GT", "kjg": "LA", "kk": "KZ", "kkj": "CM", "kl": "GL", "kln": "KE", "km": "KH",
    "kmb": "AO", "kn": "IN", "knf": "GW", "knj": "GT", "knn": "IN", "ko": "KR KP", "koi": "RU",
    "kok": "IN", "kos": "FM", "kpe": "LR GN", "kqn": "ZM", "krc": "RU", "kri": "SL", "krj": "PH",
    "krl": "RU", "kro": "LR", "kru": "IN", "ks": "IN PK", "ksb": "TZ", "ksf": "CM", "ksh": "DE",
    "kss": "LR", "ku": "TR IQ SY", "kum": "RU", "kv": "RU", "kvr": "ID", "kvx": "PK", "kw": "GB",
    "kwk": "CA", "kxm": "TH", "kxp": "PK", "kxv": "IN", "ky": "KG", "lad": "IL", "lag": "TZ",
    "lah": "PK", "laj": "UG", "lb": "LU", "lbe": "RU", "lbw": "ID", "lcp": "TH CN", "leb": "ZM",
    "len": "SV", "lep": "BT", "lez": "RU", "lg": "UG", "li": "NL", "lif": "NP IN", "lij": "IT",
    "lil": "CA", "lir": "LR", "lis": "CN", "ljp": "ID", "lki": "IR", "lkt": "US", "lld": "IT",
    "lmn": "IN", "lmo": "IT CH", "ln": "CD", "lo": "LA", "lol": "CD", "loz": "ZM", "lrc": "IR",
    "lt": "LT", "ltg": "LV", "lu": "CD", "lua": "CD", "lue": "ZM", "lun": "ZM", "luo": "KE",
    "luy": "KE", "luz": "IR", "lv": "LV", "lwl": "TH", "lzh": "CN", "lzz": "TR GE", "mad": "ID",
    "maf": "CM", "mag": "IN", "mai": "IN", "mak": "ID", "mam": "GT", "man": "GM GN",
    "mas": "KE TZ", "maz": "MX", "mca": "PY", "mdf": "RU", "mdh": "PH", "mdr": "ID", "men": "SL",
    "mer": "KE", "mev": "LR", "mey": "MR DZ", "mfa": "TH", "mfe": "MU", "mfv": "SN", "mg": "MG",
    "mgh": "MZ", "mgo": "CM", "mgp": "NP", "mgy": "TZ", "mh": "MH", "mhn": "IT", "mi": "NZ",
    "mic": "CA", "min": "ID", "mk": "MK", "ml": "IN", "mls": "SD", "mn": "MN", "mni": "IN BD",
    "mnp": "SG", "mnw": "MM TH", "moe": "CA", "moh": "CA", "mop": "BZ", "mos": "BF", "mr": "IN",
    "mrh": "MM IN", "mrj": "RU", "mro": "BD", "ms": "MY SG BN", "mt": "MT", "mtr": "IN",
    "mua": "CM", "mus": "US", "mvy": "PK", "mwk": "ML", "mwr": "IN", "mwv": "ID", "mww": "LA",
    "mxc": "ZW", "my": "MM", "myv": "RU", "myx": "UG", "mzb": "DZ", "mzn": "IR", "na": "NR",
    "nan": "TW", "nap": "IT", "naq": "NA", "nb": "NO SJ", "nch": "MX", "nd": "ZW", "ndc": "MZ ZW",
    "nds": "DE NL", "ne": "NP", "new": "NP", "ng": "NA", "ngl": "MZ", "nhd": "PY", "nhe": "MX",
    "nhw": "MX", "nij": "ID", "niu": "NU", "njo": "IN", "nl": "NL BE AW SR BQ CW SX", "nmg": "CM",
    "nn": "NO", "nnh": "CM", "no": "NO", "nod": "TH", "noe": "IN", "nqo": "GN", "nr": "ZA",
    "nse": "ZM", "nsk": "CA", "nso": "ZA", "nus": "SS", "nv": "US", "nxq": "CN", "ny": "MW",
    "nym": "TZ", "nyn": "UG", "nzi": "GH", "oc": "FR", "oj": "CA", "ojs": "CA", "ojw": "CA",
    "oka": "CA US", "om": "ET KE", "or": "IN", "os": "RU GE", "osa": "US", "pa": "IN PK",
    "pag": "PH", "pam": "PH", "pap": "CW AW", "pau": "PW", "pcd": "FR", "pcm": "NG", "pdc": "US",
    "pdt": "CA", "pfl": "DE", "pi": "GB IN", "pis": "SB", "pko": "KE", "pl": "PL", "pms": "IT",
    "pnt": "GR", "poc": "GT", "poh": "GT", "pon": "FM", "ppl": "SV", "pqm": "CA", "prd": "AF IR",
    "prg": "PL", "ps": "AF PK", "pt": "BR PT AO MZ GW ST CV TL MO GQ", "pta": "PY", "puu": "GA",
    "qu": "PE BO EC", "quc": "GT", "qug": "EC", "qum": "GT", "quv": "GT", "raj": "IN", "rcf": "RE",
    "rej": "ID", "rgn": "IT", "rhg": "MM BD", "ria": "IN", "rif": "MA", "rjs": "NP", "rkt": "BD",
    "rm": "CH", "rmf": "FI", "rmo": "CH", "rmt": "IR", "rmu": "SE", "rn": "BI", "rng": "MZ",
    "ro": "RO MD RS", "rob": "ID", "rof": "TZ", "rtm": "FJ", "ru": "RU BY KZ UA KG", "rue": "UA",
    "rug": "SB", "rw": "RW", "rwk": "TZ", "ryu": "JP", "sa": "IN", "saf": "GH", "sah": "RU",
    "saq": "KE", "sas": "ID", "sat": "IN", "sav": "SN", "saz": "IN", "sbp": "TZ", "sc": "IT",
    "sck": "IN", "scn": "IT", "sco": "GB", "sd": "PK IN", "sdc": "IT", "sdh": "IR", "se": "SE NO",
    "sef": "CI", "seh": "MZ", "sei": "MX", "ses": "ML", "sg": "CF", "sgs": "LT", "shi": "MA",
    "shn": "MM", "si": "LK", "sid": "ET", "sk": "SK", "skr": "PK", "sl": "SI", "sli": "PL",
    "sly": "ID", "sm": "WS AS", "sma": "SE", "smj": "SE", "smn": "FI", "sms": "FI", "sn": "ZW",
    "snf": "SN", "snk": "ML", "so": "SO ET DJ KE", "sou": "TH", "spn": "PY", "sq": "AL XK MK",
    "sr": "RS BA ME XK", "srn": "SR", "srr": "SN", "srx": "IN", "ss": "SZ ZA", "ssy": "ER",
    "st": "LS ZA", "stq": "DE", "stu": "MM CN", "su": "ID", "suk": "TZ", "sus": "GN SL",
    "suz": "NP", "sv": "SE FI AX", "sw": "TZ KE UG CD", "swb": "YT", "swg": "DE", "swv": "IN",
    "sxn": "ID", "syl": "BD", "syr": "IQ SY", "szl": "PL", "ta": "IN LK SG", "taj": "NP",
    "tbw": "PH", "tcy": "IN", "tdd": "CN", "tdg": "NP", "tdh": "NP", "te": "IN", "tem": "SL",
    "teo": "UG", "tet": "TL", "tg": "TJ", "th": "TH", "thl": "NP", "thq": "NP", "thr": "NP",
    "ti": "ET ER", "tig": "ER", "tiv": "NG", "tk": "TM AF", "tkl": "TK", "tkr": "AZ", "tkt": "NP",
    "tly": "AZ", "tmf": "PY", "tmh": "NE ML", "tn": "BW ZA", "tnr": "SN", "to": "TO", "tog": "MW",
    "toi": "ZM", "tpi": "PG", "tr": "TR CY", "tru": "TR", "trv": "TW", "trw": "PK", "ts": "ZA",
    "tsd": "GR", "tsg": "PH", "tsj": "BT", "tt": "RU", "ttc": "GT", "ttj": "UG", "tts": "TH",
    "ttt": "AZ", "tum": "MW ZM", "tvl": "TV", "twq": "NE", "ty": "PF", "tyv": "RU", "tzj": "GT",
    "tzm": "MA", "udm": "RU", "ug": "CN KZ", "uk": "UA", "uli": "FM", "umb": "AO", "unr": "IN NP",
    "unx": "IN", "ur": "PK IN", "usp": "GT", "uz": "UZ AF", "vai": "LR", "ve": "ZA", "vec": "IT",
    "vep": "RU", "vi": "VN", "vic": "SX", "vls": "BE", "vmw": "MZ", "vot": "RU", "vro": "EE",
    "vun": "TZ", "wa": "BE", "wae": "LI", "wal": "ET", "war": "PH", "wbp": "AU", "wbq": "IN",
    "wbr": "IN", "wls": "WF", "wni": "KM", "wo": "SN", "wsg": "IN", "wtm": "IN", "wuu": "CN",
    "xal": "RU", "xav": "BR", "xdq": "RU", "xh": "ZA", "xin": "GT", "xmf": "GE", "xnr": "IN",
    "xog": "UG", "xsr": "NP", "yao": "MZ", "yap": "FM", "yav": "CM", "ybb": "CM", "yi": "IL",
    "yo": "NG", "yrl": "BR VE", "yua": "MX", "yue": "HK MO CN", "za": "CN", "zag": "SD",
    "zdj": "KM", "zea": "NL", "zgh": "MA", "zh": "CN TW HK SG MO", "zmi": "MY", "zu": "ZA",
    "zza": "TR",
}  # fmt: skip
BY_LANGUAGE: dict[str, Regions] = {
    language: tuple(regions.split()) for language, regions in _BY_LANGUAGE.items()
}

# Blocks of Unicode by the regions where their script is a usual one; Latin says nothing.
_BY_SCRIPT = (
    (0x0370, 0x03FF, "GR CY"), (0x0400, 0x052F, "RU UA BY KZ BG RS MK KG TJ MN"),
    (0x0530, 0x058F, "AM"), (0x0590, 0x05FF, "IL"),
    (0x0600, 0x06FF, "EG SA AE IQ MA DZ SY JO IR PK AF KW LB LY OM PS QA SD TN YE BH"),
    (0x0780, 0x07BF, "MV"), (0x0900, 0x097F, "IN NP"), (0x0980, 0x09FF, "BD IN"),
    (0x0A00, 0x0AFF, "IN"), (0x0B00, 0x0B7F, "IN"), (0x0B80, 0x0BFF, "IN LK SG MY"),
    (0x0C00, 0x0D7F, "IN"), (0x0D80, 0x0DFF, "LK"), (0x0E00, 0x0E7F, "TH"), (0x0E80, 0x0EFF, "LA"),
    (0x0F00, 0x0FFF, "CN BT IN NP"), (0x1000, 0x109F, "MM"), (0x10A0, 0x10FF, "GE"),
    (0x1100, 0x11FF, "KR"), (0x1200, 0x139F, "ET ER"), (0x1780, 0x17FF, "KH"),
    (0x1C50, 0x1C7F, "IN"), (0x3040, 0x30FF, "JP"), (0x4E00, 0x9FFF, "CN TW HK SG MO JP"),
    (0xAC00, 0xD7AF, "KR"),
)  # fmt: skip

# Domains of countries that most sites use for the sake of their letters.
# Source: https://developers.google.com/search/docs/specialty/international/managing-multi-regional-sites
_ANYBODYS = set("ai as bz cc cd co dj fm gg io la me ms nu sc sr su tk to tv ws".split())  # noqa: SIM905
_HOST = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//(?:[^/?#@]*@)?([^/?#:@]+)", re.IGNORECASE)
# The regions' own domains in other scripts. Source: IANA, list of top-level domains.
_DOMAINS = {
    "uk": "GB", "рф": "RU", "xn--p1ai": "RU", "xn--j1amh": "UA", "xn--90ais": "BY",
    "xn--90a3ac": "RS", "xn--80ao21a": "KZ", "xn--d1alf": "MK", "xn--90ae": "BG",
    "xn--qxam": "GR", "xn--fiqs8s": "CN", "xn--fiqz9s": "CN", "xn--j6w193g": "HK",
    "xn--kprw13d": "TW", "xn--kpry57d": "TW", "xn--3e0b707e": "KR", "xn--o3cw4h": "TH",
    "xn--h2brj9c": "IN", "xn--54b7fta0cc": "BD", "xn--wgbh1c": "EG", "xn--mgberp4a5d4ar": "SA",
    "xn--mgbaam7a8h": "AE", "xn--mgba3a4f16a": "IR", "xn--mgbai9azgqp6j": "PK",
    "xn--node": "GE", "xn--y9a3aq": "AM",
}  # fmt: skip


def regions_of(language: str | None, url: str | None = None) -> Regions:
    """Regions (ISO 3166) of a text: of its page's domain, of its tag, of its language, in order.

    Args:
      language: BCP 47, or a model's code.
      url: of the page.
    """
    if url is None:
        return _of_language(language or "")
    return tuple(dict.fromkeys([*_of_domain(url), *_of_language(language or "")]))


@functools.lru_cache(4096)
def _of_language(tag: str) -> Regions:
    primary, *rest = tag.replace("_", "-").split("-")
    named = [part for part in rest if len(part) == 2 and part.isupper()]
    return tuple(dict.fromkeys([*named, *BY_LANGUAGE.get(primary.lower(), ())]))


def _of_domain(url: str) -> Iterator[str]:
    host = _HOST.match(url)
    if host:
        last = host[1].rstrip(".").lower().rpartition(".")[2]
        if region := _DOMAINS.get(last):
            yield region
        elif len(last) == 2 and last.isascii() and last.isalpha() and last not in _ANYBODYS:
            yield last.upper()


def regions_of_script(text: str) -> Regions:
    """Regions where the script of the last letter that is not Latin is usual."""
    for character in reversed(text):
        code = ord(character)
        if code >= 0x370:
            for low, high, regions in _BY_SCRIPT:
                if low <= code <= high:
                    return tuple(regions.split())
    return ()
