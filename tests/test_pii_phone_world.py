"""Telephone numbers of many countries, as phonenumbers writes them, behind words that announce."""

import random
from collections import Counter

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from filters.pii import KINDS
from filters.pii.phone_words import regions_of_word, words
from filters.pii.redact import find
from filters.pii.regions import BY_LANGUAGE, regions_of

# How a number is announced, {} being it: as contact pages say it, by language and main region.
ANNOUNCED = {
    "af-ZA": ["Telefoon: {}.", "Skakel {} vandag."],
    "am-ET": ["ስልክ፦ {} ነው።", "በስልክ ቁጥር {} ይደውሉ"],
    "ar-EG": ["هاتف: {}.", "للتواصل عبر الجوال {} الآن", "اتصل بنا على {}"],
    "az-AZ": ["Telefon: {}.", "Əlaqə üçün: {}"],
    "be-BY": ["Тэл.: {}.", "Тэлефон {}"],
    "bg-BG": ["Тел. {}.", "За контакти: {}", "Обадете се на {}"],
    "bn-BD": ["ফোন: {}।", "মোবাইল নম্বর {}", "যোগাযোগ: {}"],
    "bs-BA": ["Tel: {}.", "Kontakt telefon {}"],
    "ca-ES": ["Telèfon {}.", "Truqueu al {}"],
    "cs-CZ": ["Tel.: {}.", "Volejte {}", "mobil {}"],
    "cy-GB": ["Ffôn: {}.", "Ffoniwch {}"],
    "da-DK": ["Tlf. {}.", "Ring på {}", "Mobil: {}"],
    "de-DE": ["Tel. {}.", "Rufen Sie uns an: {}", "Telefax {}", "Handy: {}"],
    "el-GR": ["Τηλ.: {}.", "Τηλέφωνο επικοινωνίας {}", "Κιν. {}"],
    "en-US": ["Phone: {}.", "Call us at {} today", "Fax {}", "text {} now"],
    "en-IN": ["Mob: {}.", "Ph. {}", "Contact: {}"],
    "es-ES": ["Tfno. {}.", "Telf.: {}", "Llame al {}", "Móvil {}"],
    "es-MX": ["Tel. {}.", "Cel: {}", "Llámanos al {}"],
    "et-EE": ["Tel {}.", "Telefon: {}", "Helista {}"],
    "eu-ES": ["Tel.: {}.", "Telefonoa: {}"],
    "fa-IR": ["تلفن: {}.", "شماره تماس {}", "موبایل: {}"],
    "fi-FI": ["Puh. {}.", "Puhelin: {}", "Soita {}"],
    "fil-PH": ["Tumawag sa {}.", "Telepono: {}", "Cellphone: {}"],
    "fr-FR": ["Tél. : {}.", "Appelez le {}", "Portable : {}"],
    "ga-IE": ["Fón: {}.", "Teil: {}"],
    "gl-ES": ["Teléfono: {}.", "Móbil: {}"],
    "gu-IN": ["ફોન: {}.", "મોબાઇલ {}"],
    "ha-NG": ["Waya: {}.", "lambar waya {}"],
    "he-IL": ["טל' {}.", "טלפון: {}", "נייד {}"],
    "hi-IN": ["फ़ोन: {}।", "संपर्क करें: {}", "मोबाइल नंबर {}"],
    "hr-HR": ["Tel: {}.", "Nazovite {}", "mob. {}"],
    "hu-HU": ["Tel.: {}.", "Telefonszám: {}", "Hívjon: {}"],
    "hy-AM": ["Հեռ. {}.", "Հեռախոս՝ {}"],
    "id-ID": ["Telp. {}.", "WA {}", "Hubungi {}", "HP: {}"],
    "is-IS": ["Sími: {}.", "Hringdu í {}"],
    "it-IT": ["Tel. {}.", "Cell. {}", "Telefono: {}", "Chiamare il {}"],
    "ja-JP": ["電話:{}。", "TEL {}", "携帯 {}まで"],
    "ka-GE": ["ტელ: {}.", "ტელეფონი: {}"],
    "kk-KZ": ["Тел.: {}.", "Телефон: {}"],
    "km-KH": ["ទូរស័ព្ទ៖ {}", "ទូរស័ព្ទលេខ {}"],
    "kn-IN": ["ದೂರವಾಣಿ: {}.", "ಮೊಬೈಲ್: {}"],
    "ko-KR": ["전화: {}", "문의 {}", "연락처 {}번"],
    "ky-KG": ["Тел.: {}.", "Байланыш: {}"],
    "lo-LA": ["ໂທ: {}", "ໂທລະສັບ {}"],
    "lt-LT": ["Tel. {}.", "Skambinkite {}", "Mob. {}"],
    "lv-LV": ["Tālr. {}.", "Tālrunis: {}", "Zvaniet {}"],
    "mk-MK": ["Тел. {}.", "Моб.: {}"],
    "ml-IN": ["ഫോൺ: {}.", "മൊബൈൽ: {}"],
    "mn-MN": ["Утас: {}.", "Утасны дугаар {}"],
    "mr-IN": ["फोन: {}.", "मोबाईल {}", "दूरध्वनी: {}"],
    "ms-MY": ["Tel: {}.", "Hubungi {}", "Telefon: {}"],
    "mt-MT": ["Tel: {}.", "Ċempel {}"],
    "my-MM": ["ဖုန်း {}", "ဖုန်းနံပါတ် {}"],
    "nb-NO": ["Tlf. {}.", "Ring {}", "Mobil: {}"],
    "ne-NP": ["फोन: {}।", "सम्पर्क {}"],
    "nl-NL": ["Tel. {}.", "Bel {}", "Telefoonnummer: {}"],
    "pa-IN": ["ਫ਼ੋਨ: {}।", "ਮੋਬਾਈਲ {}"],
    "pl-PL": ["Tel. {}.", "Zadzwoń: {}", "kom. {}"],
    "ps-AF": ["ټلیفون: موبایل {}.", "د اړیکې شمېره {}"],
    "pt-BR": ["Fone: {}.", "Telefone {}", "Ligue {}", "Celular: {}"],
    "pt-PT": ["Tel. {}.", "Telemóvel: {}"],
    "ro-RO": ["Tel.: {}.", "Sunați la {}", "Telefon {}"],
    "ru-RU": ["Тел. {}.", "Телефон: {}", "Звоните {}", "моб. {}"],
    "si-LK": ["දුරකථන: {}.", "දුරකථන අංකය {}"],
    "sk-SK": ["Tel.: {}.", "Volajte {}", "mobil: {}"],
    "sl-SI": ["Tel.: {}.", "Pokličite {}", "GSM: {}"],
    "so-SO": ["Tel: {}.", "Telefoon: {}"],
    "sq-AL": ["Tel: {}.", "Telefoni: {}", "Cel. {}"],
    "sr-RS": ["Тел. {}.", "Телефон: {}", "Mob. {}"],
    "sv-SE": ["Tfn {}.", "Tel: {}", "Ring {}"],
    "sw-TZ": ["Simu: {}.", "Piga simu {}"],
    "ta-IN": ["தொலைபேசி: {}.", "கைபேசி {}"],
    "te-IN": ["ఫోన్: {}.", "మొబైల్: {}"],
    "th-TH": ["โทร {}", "โทรศัพท์: {}", "เบอร์ {}"],
    "tr-TR": ["Tel: {}.", "Telefon {}", "GSM: {}"],
    "uk-UA": ["Тел. {}.", "Телефон: {}", "Дзвоніть {}"],
    "ur-PK": ["فون: {}۔", "موبائل نمبر {}"],
    "uz-UZ": ["Tel: {}.", "Telefon: {}", "Murojaat uchun: {}"],
    "vi-VN": ["Điện thoại: {}.", "ĐT {}", "Liên hệ {}"],
    "yo-NG": ["Foonu: {}.", "Ẹ pe foonu {}"],
    "zh-CN": ["电话：{}。", "联系方式：{}", "微信同号{}欢迎咨询"],
    "zh-TW": ["電話:{}。", "手機 {}"],
    "zu-ZA": ["Ucingo: {}.", "Ifoni: {}"],
}  # fmt: skip
TEXTS = 12  # a frame and form of number
SURROUNDINGS = ("{}", "1. 2024: {}\nA, b. 17", "{}\n\n§ 5", "»{}« 3.5", "{}, 12 €", "{} | 2")


def drawn(draw: random.Random, region: str) -> phonenumbers.PhoneNumber:
    """A valid number like the metadata's example of a kind, with other last digits."""
    kind = draw.choice([PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE])
    number = phonenumbers.example_number_for_type(region, kind)
    for _ in range(50):
        other = phonenumbers.PhoneNumber()
        other.merge_from(number)
        other.national_number = number.national_number // 1000 * 1000 + draw.randrange(1000)
        if phonenumbers.is_valid_number(other) and "55501" not in str(other.national_number):
            return other
    return number


def national(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)


FORMS = {
    "national": national,
    "digits": lambda number: "".join(filter(str.isdigit, national(number))),
    "international": lambda number: phonenumbers.format_number(
        number, PhoneNumberFormat.INTERNATIONAL
    ),
    "E.164": lambda number: phonenumbers.format_number(number, PhoneNumberFormat.E164),
}


def test_numbers_of_the_world_are_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert len({tag.split("-")[0] for tag in ANNOUNCED}) >= 46
    found: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for tag, frames in ANNOUNCED.items():
        language, region = tag.split("-")
        draw = random.Random(f"winnow {tag}")
        for frame in frames:
            for form, written in FORMS.items():
                for _ in range(TEXTS):
                    value = written(drawn(draw, region))
                    around = draw.choice(SURROUNDINGS)
                    before, after = around.format(frame).split("{}")
                    hits = find(before + value + after, KINDS.values(), regions_of(language))
                    span = (len(before), len(before) + len(value), "phone")
                    for key in (form, language):
                        asked[key] += 1
                        found[key] += span in hits
    recall = {key: found[key] / asked[key] for key in asked}
    with capsys.disabled():
        print("\ntelephone numbers:", {form: round(recall[form], 4) for form in FORMS})
    for form in FORMS:
        assert recall[form] >= 0.98, recall
    for tag in ANNOUNCED:
        assert recall[tag.split("-")[0]] >= 0.95, (tag, recall)


def test_every_region_is_reached_by_a_language_or_a_domain() -> None:
    spoken = {region for regions in BY_LANGUAGE.values() for region in regions}
    for region in phonenumbers.SUPPORTED_REGIONS:
        assert region in spoken
    assert regions_of("de", "https://www.example.at/kontakt")[:3] == ("AT", "DE", "CH")
    assert regions_of(None, "http://example.co.uk") == ("GB",)
    assert regions_of(None, "https://пример.рф/") == ("RU",)
    for url in ("https://example.com", "https://example.io", "nonsense", "http://10.0.0.1/", ""):
        assert regions_of(None, url) == ()


def test_a_word_says_where_its_number_may_belong() -> None:
    assert regions_of_word("puh") == ("FI", "SE")
    assert {"TR", "DE"} < set(regions_of_word("telefon*"))
    for language, some in words().items():
        assert len(set(some)) == len(some), language
        assert all(word == word.strip() == word.lower() for word in some)
        assert language in BY_LANGUAGE or language == "eo", language


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Teléfonos 913 456 789 / 634 567 890", "es", ["913 456 789", "634 567 890"]),
        ("Tel. 0211 1234567 – 0171 2345678.", "de", ["0211 1234567", "0171 2345678"]),
        ("tel. 22 345 67 89/22 345 67 90", "pl", ["22 345 67 89", "22 345 67 90"]),
        ("Tlf 913456789-634567890", "es", ["913456789", "634567890"]),
        ("Tel.: 91.345.67.89", "es", ["91.345.67.89"]),
        ("Tel. 193.45.67.89", "es", ["193.45.67.89"]),  # announced: no address
        ("Fax +0034 913456789", "es", ["+0034 913456789"]),
        ("Tel. 030/901820. 12 Personen", "de", ["030/901820"]),
        ("TEL0312345678", "ja", ["0312345678"]),
        ("☎ 03-3581-5111", "ja", ["03-3581-5111"]),
        ("T: 020 7946 0018 F: 020 7946 0019", "en", ["020 7946 0018", "020 7946 0019"]),
        ("Tlf. 201234", "fo", ["201234"]),
        ("Call 201234 now", "en", []),
        ("פון +972-3-123-4567 דיגיטים", "he", ["+972-3-123-4567"]),
        ("call on 8.30-17.00 or 12/05/24 10.15", "en", []),
        ("Tel. 24/7, since 2004-2019 (2011)", "en", []),
        ("phone shop, 1.250.000 sold", "en", []),
        ("Call now: only $ 1 250 000", "en", []),
        ("-50.237989, 19.438302 and 2015/7117 and v0.26.22.56135", "de", []),
        ("XAB-2026-9963 820-13151-PKJ /item/820-13151", "de", []),
    ],
)
def test_numbers_side_by_side_and_what_is_none(
    text: str, language: str, expected: list[str]
) -> None:
    hits = find(text, [KINDS["phone"]], regions_of(language))
    assert [text[hit.start : hit.end] for hit in hits] == expected
