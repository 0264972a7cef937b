"""What wikis call the same things in their languages: namespaces, redirects, templates.

Sources: MediaWiki's languages/messages/Messages*.php (names and aliases of NS_FILE and NS_CATEGORY,
the magic word `redirect`); the message MediaWiki:Disambiguationspage, by which a wiki lists its
templates for disambiguation, and the table `disambiguationTemplates` of pywikibot's
families/wikipedia_family.py; https://www.mediawiki.org/wiki/Extension:Disambiguator (magic words).
Differs: the tables hold the large languages. A dump's own `siteinfo` adds its namespaces, so that
only old aliases of a language that is not here are missed.
"""

import functools
import re
from collections.abc import Iterable

# Of pictures and categories, the links to which are no running text. English names work everywhere.
FILE_NAMESPACES = {
    "en": ("File", "Image"),
    "ar": ("ملف", "صورة"),
    "be": ("Файл", "Выява"),
    "bg": ("Файл", "Картинка"),
    "bn": ("চিত্র",),
    "bs": ("Datoteka", "Slika"),
    "ca": ("Fitxer", "Imatge"),
    "cs": ("Soubor",),
    "da": ("Fil", "Billede"),
    "de": ("Datei", "Bild"),
    "el": ("Αρχείο", "Εικόνα"),
    "eo": ("Dosiero",),
    "es": ("Archivo", "Imagen"),
    "et": ("Pilt", "Fail"),
    "eu": ("Fitxategi", "Irudi"),
    "fa": ("پرونده", "تصویر"),
    "fi": ("Tiedosto", "Kuva"),
    "fr": ("Fichier",),
    "gl": ("Ficheiro", "Imaxe"),
    "he": ("קובץ", "תמונה"),
    "hi": ("चित्र",),
    "hr": ("Datoteka", "Slika"),
    "hu": ("Fájl", "Kép"),
    "hy": ("Պատկեր",),
    "id": ("Berkas", "Gambar"),
    "it": ("Immagine",),
    "ja": ("ファイル", "画像"),
    "ka": ("ფაილი", "სურათი"),
    "ko": ("파일", "그림"),
    "lt": ("Vaizdas",),
    "lv": ("Attēls",),
    "ms": ("Fail", "Imej", "Gambar"),
    "my": ("ဖိုင်",),
    "nl": ("Bestand", "Afbeelding"),
    "no": ("Fil", "Bilde"),
    "pl": ("Plik", "Grafika"),
    "pt": ("Ficheiro", "Arquivo", "Imagem"),
    "ro": ("Fișier", "Fişier", "Imagine"),
    "ru": ("Файл", "Изображение"),
    "sk": ("Súbor", "Obrázok"),
    "sl": ("Slika", "Datoteka"),
    "sr": ("Датотека", "Слика", "Datoteka", "Slika"),
    "sv": ("Fil", "Bild"),
    "ta": ("படிமம்",),
    "th": ("ไฟล์", "ภาพ"),
    "tr": ("Dosya", "Resim"),
    "uk": ("Файл", "Зображення"),
    "ur": ("ملف", "تصویر"),
    "vi": ("Tập tin", "Hình"),
    "zh": ("文件", "檔案", "档案", "图像", "圖像", "图片", "圖片"),
}
CATEGORY_NAMESPACES = {
    "en": ("Category",),
    "ar": ("تصنيف",),
    "be": ("Катэгорыя",),
    "bg": ("Категория",),
    "bn": ("বিষয়শ্রেণী",),
    "bs": ("Kategorija",),
    "ca": ("Categoria",),
    "cs": ("Kategorie",),
    "da": ("Kategori",),
    "de": ("Kategorie",),
    "el": ("Κατηγορία",),
    "eo": ("Kategorio",),
    "es": ("Categoría",),
    "et": ("Kategooria",),
    "eu": ("Kategoria",),
    "fa": ("رده",),
    "fi": ("Luokka",),
    "fr": ("Catégorie",),
    "gl": ("Categoría",),
    "he": ("קטגוריה",),
    "hi": ("श्रेणी",),
    "hr": ("Kategorija",),
    "hu": ("Kategória",),
    "hy": ("Կատեգորիա",),
    "id": ("Kategori",),
    "it": ("Categoria",),
    "ja": ("カテゴリ",),
    "ka": ("კატეგორია",),
    "ko": ("분류",),
    "lt": ("Kategorija",),
    "lv": ("Kategorija",),
    "ms": ("Kategori",),
    "my": ("ကဏ္ဍ",),
    "nl": ("Categorie",),
    "no": ("Kategori",),
    "pl": ("Kategoria",),
    "pt": ("Categoria",),
    "ro": ("Categorie",),
    "ru": ("Категория",),
    "sk": ("Kategória",),
    "sl": ("Kategorija",),
    "sr": ("Категорија", "Kategorija"),
    "sv": ("Kategori",),
    "ta": ("பகுப்பு",),
    "th": ("หมวดหมู่",),
    "tr": ("Kategori",),
    "uk": ("Категорія",),
    "ur": ("زمرہ",),
    "vi": ("Thể loại",),
    "zh": ("分类", "分類"),
}

# What follows the `#` of a page that only sends readers elsewhere. Dumps say so in an element of
# its own; these are for wikitext without one.
REDIRECT_WORDS = (
    "redirect", "تحويل", "перанакіраваньне", "перанакіраванне", "виж", "пренасочване",
    "পুনর্নির্দেশ", "preusmjeri", "PŘESMĚRUJ", "ail-cyfeirio", "WEITERLEITUNG", "ΑΝΑΚΑΤΕΥΘΥΝΣΗ",
    "ALIDIREKTU", "REDIRECCIÓN", "REDIRECCION", "suuna", "BIRZUZENDU", "تغییر_مسیر", "تغییرمسیر",
    "OHJAUS", "UUDELLEENOHJAUS", "REDIRECTION", "athsheoladh", "הפניה", "अनुप्रेषित", "ÁTIRÁNYÍTÁS",
    "ՎԵՐԱՀՂՈՒՄ", "ALIH", "tilvísun", "RINVIA", "RINVIO", "転送", "リダイレクト", "გადამისამართება",
    "АЙДАУ", "넘겨주기", "PERADRESAVIMAS", "пренасочување", "തിരിച്ചുവിടുക", "पुनर्निर्देशन",
    "DOORVERWIJZING", "omdiriger", "OMDIRIGERING", "PATRZ", "PRZEKIERUJ", "TAM",
    "REDIRECIONAMENTO", "REDIRECTEAZA", "перенаправление", "перенапр", "presmeruj", "PREUSMERITEV",
    "RIDREJTO", "Преусмери", "preusmeri", "வழிமாற்று", "దారిమార్పు", "เปลี่ยนทาง", "YÖNLENDİRME",
    "YÖNLENDİR", "yünältü", "ПЕРЕНАПРАВЛЕННЯ", "đổi", "重定向",
)  # fmt: skip

# Templates of pages that only tell things of one name apart, without those that merely mention
# such pages ("disambiguation needed"). The first ones are used in many languages.
DISAMBIGUATION_TEMPLATES = {
    "": ("disambiguation", "disambig", "disamb"),
    "en": ("dab", "disambiguation page", "geodis", "hndis", "human name disambiguation",
           "place name disambiguation", "airport disambiguation", "school disambiguation",
           "hospital disambiguation", "mil-unit-dis", "numberdis", "roaddis", "letter-number "
           "combination disambiguation", "letter-numbercombdisambig", "disambiguation cleanup",
           "disambig-cleanup", "biology disambiguation", "mathdab", "species latin name "
           "disambiguation", "callsigndis", "chinese title disambiguation"),
    "ar": ("توضيح",),
    "be": ("неадназначнасць", "неадназначнасьць"),
    "bg": ("пояснение",),
    "bn": ("দ্ব্যর্থতা নিরসন",),
    "ca": ("desambiguació",),
    "cs": ("rozcestník",),
    "da": ("flertydig",),
    "de": ("begriffsklärung",),
    "el": ("αποσαφήνιση",),
    "eo": ("apartigilo",),
    "es": ("desambiguación", "desambiguacion", "desambig", "des"),
    "et": ("täpsustus", "täpsustuslehekülg"),
    "eu": ("argipen",),
    "fa": ("ابهام‌زدایی", "ابهام زدایی"),
    "fi": ("täsmennyssivu",),
    "fr": ("homonymie",),
    "gl": ("homónimos",),
    "he": ("פירושונים",),
    "hi": ("बहुविकल्पी शब्द", "बहुविकल्पी"),
    "hr": ("razdvojba",),
    "hu": ("egyért", "egyértelműsítő lap"),
    "id": ("disambiguasi",),
    "it": ("disambigua",),
    "ja": ("aimai", "曖昧さ回避", "人名の曖昧さ回避", "地名の曖昧さ回避"),
    "ko": ("동음이의", "동음이의어 문서"),
    "lt": ("nuorodinis",),
    "nl": ("dp", "doorverwijspagina"),
    "nn": ("fleirtyding",),
    "no": ("peker", "pekerside", "flertydig"),
    "pl": ("ujednoznacznienie",),
    "pt": ("desambiguação", "desambig"),
    "ro": ("dezambiguizare", "dezambig"),
    "ru": ("неоднозначность", "многозначность"),
    "sk": ("rozlišovacia stránka",),
    "sl": ("razločitev",),
    "sr": ("вишезначна одредница",),
    "sv": ("förgrening", "gren"),
    "th": ("แก้กำกวม",),
    "tr": ("anlam ayrımı", "anlam ayrım"),
    "uk": ("багатозначність",),
    "vi": ("trang định hướng", "định hướng"),
    "zh": ("消歧义", "消歧義", "消歧义页", "消歧義頁"),
}  # fmt: skip
DISAMBIGUATION_SWITCHES = ("DISAMBIG", "BEGRIFFSKLÄRUNG", "DESAMBIGUACIÓN", "曖昧さ回避", "消歧义")
HEAD_CHARS, TAIL_CHARS = 4_000, 12_000  # links to other languages may follow the template

# Languages whose wikis convert between scripts or spellings (MediaWiki's LanguageConverter).
VARIANT_LANGUAGES = frozenset(
    (
        "ban",
        "crh",
        "gan",
        "iu",
        "kk",
        "ku",
        "mni",
        "sh",
        "shi",
        "sr",
        "tg",
        "tly",
        "uz",
        "wuu",
        "zh",
    )
)

# In the names of templates that hold the facts of an article as a box.
INFOBOX_WORDS = (
    "infobox", "infoboks", "taxobox", "speciesbox", "geobox", "chembox", "drugbox", "ficha",
    "info/", "карточка", "картка", "基礎情報", "bilgi kutusu", "kotak info", "hộp thông tin",
    "thông tin", "정보", "جعبه", "صندوق معلومات", "ज्ञानसन्दूक", "তথ্যছক", "กล่องข้อมูล",
)  # fmt: skip

_REDIRECT = re.compile(
    r"\s*[#＃](?:" + "|".join(map(re.escape, REDIRECT_WORDS)) + r")\s*[:：]?\s*\[\[", re.IGNORECASE
)
_SWITCH = re.compile("__(?:" + "|".join(DISAMBIGUATION_SWITCHES) + ")__")


# Codes of languages, as dumps say them since 2014 (`xml:lang`), whose wikis have another name.
# Source: NON_STANDARD_LANGUAGE_CODE_MAPPING of MediaWiki's LanguageCode.php, the other way round.
_WIKI_CODES = {
    "cbk": "cbk-zam", "egl": "eml", "gsw": "als", "jv-x-bms": "map-bms", "lzh": "zh-classical",
    "nan": "zh-min-nan", "nap-x-tara": "roa-tara", "nb": "no", "nrf": "nrm", "rup": "roa-rup",
    "sgs": "bat-smg", "vro": "fiu-vro", "yue": "zh-yue",
}  # fmt: skip


def wiki_code(language: str | None) -> str:
    """The language of a wiki as its name and the tables here have it, without a variety.

    `no` for nb, `zh` for yue, lzh, zh-yue and zh-Hant, empty for None.
    """
    code = (language or "").lower().replace("_", "-")
    main = code.partition("-")[0]
    return (_WIKI_CODES.get(code) or _WIKI_CODES.get(main) or main).partition("-")[0]


def hidden_namespaces(
    language: str | None, files: Iterable[str] = (), categories: Iterable[str] = ()
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the namespaces of pictures, and of categories, on a wiki.

    Args:
      language: the wiki's, as dumps and BCP 47 have it (`de`, `zh-yue`); for None, and for one
        that no table has, names of all languages.
      files: what the wiki itself says that the namespace of files is called.
      categories: and that of categories.
    """
    code = wiki_code(language)

    def names(table: dict[str, tuple[str, ...]], own: Iterable[str]) -> tuple[str, ...]:
        known = table["en"] + table[code] if code in table else sum(table.values(), ())
        return tuple(sorted({*known, *filter(None, own)}))

    return names(FILE_NAMESPACES, files), names(CATEGORY_NAMESPACES, categories)


def is_redirect(wikitext: str) -> bool:
    """Whether a page only sends its readers to another: `#REDIRECT [[…]]` in any language."""
    return _REDIRECT.match(wikitext) is not None


def is_disambiguation(wikitext: str, language: str | None) -> bool:
    """Whether a page only tells apart what shares a name, by its templates and switches.

    Templates are those that many languages use, and those of `language`. Of a long page the
    beginning and the end are looked at: such templates stand nowhere else.
    """
    if len(wikitext) > HEAD_CHARS + TAIL_CHARS:
        wikitext = f"{wikitext[:HEAD_CHARS]}\n{wikitext[-TAIL_CHARS:]}"
    if "__" in wikitext and _SWITCH.search(wikitext):
        return True
    return _templates(wiki_code(language)).search(wikitext) is not None


def is_disambiguation_template(name: str, language: str | None) -> bool:
    """The same by the name of a template, `Template:Disambiguation`, where a dump lists them."""
    bare = name.rpartition(":")[2].strip()
    return _templates(wiki_code(language)).match(f"{{{{{bare}}}}}") is not None


@functools.lru_cache(maxsize=64)
def _templates(code: str) -> re.Pattern[str]:
    own = DISAMBIGUATION_TEMPLATES.get(code, ())
    names = sorted({*DISAMBIGUATION_TEMPLATES[""], *own}, key=len, reverse=True)
    spellings = "|".join(re.escape(name).replace(r"\ ", "[ _]") for name in names)
    return re.compile(rf"\{{\{{\s*(?:{spellings})\s*(?:\||\}}\}})", re.IGNORECASE)
