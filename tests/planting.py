"""Personal data made up at random, and the sentences in twelve languages that it is planted in.

Nothing here is anybody's: numbers are drawn, not copied, and checks are computed.
"""

import hashlib
import itertools
import random
import string

from filters.pii.crypto import BASE58
from filters.pii.numbers import IBAN_LENGTHS, luhn

# National forms as people of a language write them: # is a digit of a number that is valid then.
PHONES = {
    "en": ["(212) 736-####", "020 7946 ####", "+44 20 7946 ####", "415-863-####"],
    "de": ["030 901820##", "+49 30 901820##", "089 2180 ####", "0171 23456##"],
    "fr": ["01 42 68 53 ##", "06 12 34 56 ##", "+33 1 42 68 53 ##", "01.42.68.53.##"],
    "es": ["91 521 ## ##", "612 34 56 ##", "+34 91 521 ## ##", "55 5130 ####"],
    "pt": ["(11) 96123-45##", "(21) 2555-12##", "+351 21 798 10##", "+55 11 96123-45##"],
    "ru": ["8 (495) 697-03-##", "+7 495 697-03-##", "8 (912) 345-67-##"],
    "zh": ["010-6552-99##", "138 0013 80##", "+86 10 6552 99##", "138001380##"],
    "ja": ["03-3581-51##", "090-1234-56##", "+81 3-3581-51##"],
    "th": ["02 356 90##", "081 234 56##", "+66 2 356 90##"],
    "ar": ["02 2795 ####", "+20 2 2795 ####", "+966 11 401 ####"],
    "hi": ["011-2301-23##", "+91 11 2301 23##", "098765 432##"],
    "ko": ["02-730-58##", "010-2345-67##", "+82 2-730-58##"],
}
# {} is where a value stands: touched by letters of other scripts where these have no spaces.
SENTENCES = {
    "en": ["Write to {} by Friday.", "My details: {}, and thanks.", "{} is what she gave us."],
    "de": ["Schreiben Sie an {} bis Freitag.", "Meine Daten: {}, danke.", "({}) steht im Brief."],
    "fr": ["Écrivez à {} avant vendredi.", "Mes coordonnées : {}, merci.", "« {} » dit-elle."],
    "es": ["Escriba a {} antes del viernes.", "Mis datos: {}, gracias.", "¿{}? Sí."],
    "pt": ["Escreva para {} até sexta.", "Meus dados: {}, obrigado.", "Não é {}."],
    "ru": ["Пишите на {} до пятницы.", "Мои данные: {}, спасибо.", "Вот это:{}, запишите."],
    "zh": ["请在星期五之前联系{}谢谢。", "我的资料：{}，请保存。", "他说{}是对的。"],
    "ja": ["金曜日までに{}へご連絡ください。", "連絡先は{}です。", "「{}」と書いてある。"],
    "th": ["กรุณาติดต่อ{}ก่อนวันศุกร์", "ข้อมูลของฉันคือ {} ขอบคุณ", "เขาให้{}ไว้"],
    "ar": ["يرجى المراسلة على {} قبل الجمعة.", "بياناتي: {}، شكرا.", "كتب {} في الرسالة."],
    "hi": ["शुक्रवार से पहले {} पर लिखें।", "मेरा विवरण: {}, धन्यवाद।", "उसने {} दिया।"],
    "ko": ["금요일까지 {}로 연락 주세요.", "제 정보는 {}입니다.", "그는 {}라고 썼다."],
}
# Where national forms alone would be too bare, a word announces them.
PHONE_SENTENCES = {
    "en": "Call {} today.", "de": "Telefon: {}.", "fr": "Tél. : {}.", "es": "Teléfono: {}.",
    "pt": "Telefone: {}.", "ru": "Тел. {}.", "zh": "电话：{}。", "ja": "電話：{}", "th": "โทร {}",
    "ar": "هاتف: {}.", "hi": "फ़ोन: {}।", "ko": "전화 {}",
}  # fmt: skip
# What only looks like personal data, {} being drawn as LOOKALIKES says.
LOOKALIKES = {
    "version": {
        "en": "Version {} is out.", "de": "Version {} ist da.", "fr": "La version {} est sortie.",
        "es": "La versión {} ya está.", "pt": "A versão {} saiu.", "ru": "Вышла версия {}.",
        "zh": "版本{}已发布。", "ja": "バージョン{}を公開。", "th": "เวอร์ชัน {} ออกแล้ว",
        "ar": "صدر إصدار {} اليوم.", "hi": "संस्करण {} जारी।", "ko": "버전 {} 출시.",
    },
    "date": {
        "en": "On {} it rained.", "de": "Am {} regnete es.", "fr": "Le {} il a plu.",
        "es": "El {} llovió.", "pt": "Em {} choveu.", "ru": "{} шёл дождь.", "zh": "{}下雨了。",
        "ja": "{}に雨が降った。", "th": "วันที่ {} ฝนตก", "ar": "في {} هطل المطر.",
        "hi": "{} को बारिश हुई।", "ko": "{}에 비가 왔다.",
    },
    "isbn": dict.fromkeys(PHONES, "ISBN {}."),
    "bare isbn": dict.fromkeys(PHONES, "({})"),
    "section": {
        "en": "See section {} above.", "de": "Siehe Abschnitt {} oben.",
        "fr": "Voir le chapitre {}.", "es": "Véase la sección {}.", "pt": "Veja a seção {}.",
        "ru": "См. раздел {} выше.",
        "zh": "见第{}节。", "ja": "第{}節を参照。", "th": "ดูหัวข้อ {} ด้านบน",
        "ar": "انظر القسم {} أعلاه.", "hi": "अनुभाग {} देखें।", "ko": "{}절 참조.",
    },
}  # fmt: skip


def letters(draw: random.Random, n: int, alphabet: str = string.ascii_lowercase) -> str:
    return "".join(draw.choices(alphabet, k=n))


def digits(draw: random.Random, n: int) -> str:
    return letters(draw, n, string.digits)


def email(draw: random.Random, language: str) -> str:
    local = draw.choice(["{}.{}", "{}_{}", "{}-{}", "{}+{}", "{}{}"])
    local = local.format(letters(draw, draw.randint(1, 9)), letters(draw, draw.randint(2, 9)))
    domain = draw.choice(["{}.com", "mail.{}.org", "{}.co.uk", "{}-{{}}.net"]).format(
        letters(draw, draw.randint(2, 9))
    )
    return f"{local}@{domain.format(digits(draw, 2))}"


def ipv4(draw: random.Random, language: str) -> str:
    return f"{draw.choice([5, 31, 46, 80, 93, 151, 201])}.{draw.randint(10, 255)}." + (
        f"{draw.randint(0, 255)}.{draw.randint(1, 255)}"
    )


def ipv6(draw: random.Random, language: str) -> str:
    groups = [f"{draw.randint(1, 0xFFFF):x}" for _ in range(7)]
    return draw.choice([f"2a00:{':'.join(groups)}", f"2a02:{':'.join(groups[:3])}::{groups[4]}"])


def phone(draw: random.Random, language: str) -> str:
    return "".join(digits(draw, 1) if c == "#" else c for c in draw.choice(PHONES[language]))


def credit_card(draw: random.Random, language: str) -> str:
    prefix, length = draw.choice([("4", 16), ("52", 16), ("2345", 16), ("37", 15), ("6011", 16)])
    body = prefix + digits(draw, length - len(prefix) - 1)
    number = body + next(d for d in string.digits if luhn(body + d))
    cuts = [0, 4, 10, 15] if length == 15 else [0, 4, 8, 12, 16]
    groups = [number[a:b] for a, b in itertools.pairwise(cuts)]
    return draw.choice(["", " ", "-"]).join(groups)


def iban(draw: random.Random, language: str) -> str:
    country = draw.choice(sorted(IBAN_LENGTHS))
    body = digits(draw, IBAN_LENGTHS[country] - 4)
    number = int("".join(str(int(c, 36)) for c in body + country + "00"))
    value = f"{country}{98 - number % 97:02}{body}"
    spaced = " ".join(value[i : i + 4] for i in range(0, len(value), 4))
    return draw.choice([value, spaced])


def us_ssn(draw: random.Random, language: str) -> str:
    area = draw.choice([n for n in range(1, 900) if n != 666])
    return f"{area:03}-{draw.randint(1, 99):02}-{draw.randint(1, 9999):04}"


def crypto(draw: random.Random, language: str) -> str:
    if draw.random() < 0.5:
        return "0x" + letters(draw, 40, "0123456789abcdef")
    data = bytes([draw.choice([0, 5, 48])]) + draw.randbytes(20)
    data += hashlib.sha256(hashlib.sha256(data).digest()).digest()[:4]
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = BASE58[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def api_key(draw: random.Random, language: str) -> str:
    # In parts, so that no scanner takes this file for a leak.
    word = string.ascii_letters + string.digits
    return draw.choice(
        [
            "AK" + "IA" + letters(draw, 16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
            "gh" + "p_" + letters(draw, 36, word),
            "AI" + "za" + letters(draw, 35, word + "_-"),
            "sk" + "_live_" + letters(draw, 24, word),
            "h" + "f_" + letters(draw, 34, string.ascii_letters),
        ]
    )


def private_key(draw: random.Random, language: str) -> str:
    kind = draw.choice(["", "RSA ", "EC ", "OPENSSH "])
    lines = [letters(draw, 64, string.ascii_letters + "+/") for _ in range(4)]
    marks = [f"-----{mark} {kind}PRIVATE KEY-----" for mark in ("BEGIN", "END")]
    return "\n".join([marks[0], *lines, marks[1]])


def url_credentials(draw: random.Random, language: str) -> str:
    return f"{letters(draw, 6)}:{letters(draw, 10, string.ascii_letters + string.digits + '!$.')}"


def cpf(draw: random.Random) -> str:
    """Brazil's number of taxpayers: two check digits, each modulo 11."""
    body = [draw.randint(0, 9) for _ in range(9)]
    for first in (10, 11):
        total = sum(d * w for d, w in zip(body, range(first, 1, -1), strict=True))
        body.append(-total % 11 % 10 if -total % 11 < 10 else 0)
    value = "".join(map(str, body))
    return f"{value[:3]}.{value[3:6]}.{value[6:9]}-{value[9:]}"


def resident_id(draw: random.Random) -> str:
    """China's resident number: place, day of birth, ISO 7064 modulo 11-2."""
    day = f"{draw.randint(1950, 2005)}{draw.randint(1, 12):02}{draw.randint(1, 28):02}"
    body = draw.choice(["110101", "310104", "440305"]) + day + digits(draw, 3)
    total = sum(int(d) * pow(2, 17 - i, 11) for i, d in enumerate(body))
    return body + "10X98765432"[total % 11]


def rrn(draw: random.Random) -> str:
    """South Korea's resident number: day of birth, weights modulo 11."""
    body = f"{draw.randint(50, 99)}{draw.randint(1, 12):02}{draw.randint(1, 28):02}"
    body += draw.choice("12") + "0" + digits(draw, 4)
    weights = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
    total = sum(int(d) * w for d, w in zip(body, weights, strict=True))
    return f"{body[:6]}-{body[6:]}{(11 - total % 11) % 10}"


def national_id(draw: random.Random, language: str) -> str:
    return draw.choice([cpf, resident_id, rrn])(draw)


def mac(draw: random.Random, language: str) -> str:
    first = 2 * draw.randint(1, 127)
    parts = [f"{n:02x}" for n in (first, *draw.randbytes(4), draw.randint(0xA0, 0xFF))]
    form = draw.choice([":", "-", "."])
    if form == ".":
        return ".".join("".join(parts[i : i + 2]) for i in (0, 2, 4))
    return draw.choice([str.upper, str.lower])(form.join(parts))


VALUES = {
    "email": [email], "ip": [ipv4, ipv6], "phone": [phone], "credit_card": [credit_card],
    "iban": [iban], "us_ssn": [us_ssn], "national_id": [national_id], "mac": [mac],
    "crypto": [crypto], "api_key": [api_key],
    "private_key": [private_key], "url_credentials": [url_credentials],
}  # fmt: skip


def planted(draw: random.Random, language: str, kind: str) -> tuple[str, int, int]:
    """A text with one value of a kind, and where it stands."""
    value = draw.choice(VALUES[kind])(draw, language)
    before, after = draw.choice(SENTENCES[language]).split("{}")
    if kind == "phone" and not value.startswith("+"):
        before, after = PHONE_SENTENCES[language].split("{}")
    if kind == "url_credentials":
        before, after = before + " https://", f"@{letters(draw, 5)}.example.net/ " + after
    return before + value + after, len(before), len(before) + len(value)


def isbn(draw: random.Random, bare: bool) -> str:
    body = "978" + digits(draw, 9)
    check = -sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(body)) % 10
    thirteen = f"{body[:3]}-{body[3]}-{body[4:6]}-{body[6:]}-{check}"
    if bare or draw.random() < 0.5:
        return draw.choice([thirteen, thirteen.replace("-", ""), thirteen.replace("-", " ")])
    body = digits(draw, 9)
    total = sum(int(d) * (10 - i) for i, d in enumerate(body))
    last = "0123456789X"[-total % 11]
    return draw.choice([f"{body[0]}-{body[1:4]}-{body[4:]}-{last}", body + last])


def lookalike(draw: random.Random, language: str, kind: str) -> str:
    """A text that holds no personal data but a number that could be taken for it."""
    day, month, year = draw.randint(1, 28), draw.randint(1, 12), draw.randint(1900, 2035)
    value = {
        "version": ".".join(str(draw.randint(0, 30)) for _ in range(draw.randint(3, 5))),
        "date": draw.choice(
            [
                f"{day:02}.{month:02}.{year}", f"{year}-{month:02}-{day:02}",
                f"{day}/{month}/{year}", f"{year}{month:02}{day:02}", f"{year}/{month}/{day}",
                f"{year}-{year + 4}",
                f"{year}-{month:02}-{day:02} 12:30:45", f"{day:02}-{month:02}-{year}",
                f"{day:02}.{month:02}.{year} - {day + 1:02}.{month:02}.{year}",
            ]
        ),
        "section": ".".join(str(draw.randint(1, 20)) for _ in range(draw.randint(2, 5))),
        "isbn": isbn(draw, bare=False),
        "bare isbn": isbn(draw, bare=True),
    }[kind]  # fmt: skip
    return LOOKALIKES[kind][language].format(value)
