"""Numbers that are no personal data, in many forms: versions, dates, OIDs, ids, prices.

All are drawn at random, in sentences of many languages. A draw that happens to be what a standard
defines as an address or a number of a person is avoided where its maker can know it (a telephone
number's groups behind "order" are still an order's).
"""

import random
import string
import uuid

LANGUAGES = """
af am ar az be bg bn bs ca cs cy da de el en es et eu fa fi fil fr ga gl gu he hi hr hu hy id is it
ja ka kk km kn ko ky lo lt lv mk ml mn mr ms mt my nb ne nl pa pl ps pt ro ru si sk sl sq sr sv sw
ta te tg th tr uk ur uz vi zh zu
""".split()  # noqa: SIM905

# {} is where a value stands.
FRAMES = {
    "version": [
        "Version {} is out.", "nginx {}", "Download v{} now", 'openjdk version "{}"',
        "python-{}.tar.gz", "Skype {} for Windows", "LibreOffice {} Portable",
        "/opt/tools/{}/bin", "Firmware: {}", "build {}", "Die Version {} ist da.",
        "La versión {} ya está disponible", "La version {} est sortie", "Вышла версия {}",
        "版本{}已发布", "バージョン {} を公開", "버전 {} 출시", "Versão {}", "Versione {}",
        "Wersja {}",
        "Sürüm {}", "เวอร์ชัน {}", "phiên bản {}", "إصدار {}", "संस्करण {}", "Mozilla/{} (X11)",
        "Update {} fixes it", "KMPlayer {} Media", "Adobe Reader {}", "libfoo {} (amd64)",
        "driver {} released", "WinRAR {}", "Chrome {}", "upgraded to {}", "Versie {}",
        "Verzia {}", "גרסה {}", "έκδοση {}", "نسخه {}",
    ],
    "date": [
        "On {} it rained.", "Am {} regnete es.", "Le {} il a plu.", "El {} llovió.",
        "{} шёл дождь.", "{}下雨了。", "{}に雨が降った。", "วันที่ {} ฝนตก", "في {} هطل المطر.",
        "{} को बारिश हुई।", "{}에 비가 왔다.", "Posted: {}", "Updated {} by admin",
        "Call for papers: {}", "Opening hours {}", "Telefon {}", "published {}", "Tel. {}",
        "Contact us before {}", "{}", "Дата: {}", "Ngày {}", "Tanggal {}", "tarih {}",
        "Fecha: {}", "({})",
    ],
    "oid": [
        "OID {}", "oid: {}", "object identifier {}", "The OIDs {} and others",
        "1.3.6.1.4.1 and {}", "SNMP {}", "extension {} of X.509", "ASN.1 {}",
    ],
    "id": [
        "Order {} was sent.", "SKU {}", "Artikelnummer {}", "ID: {}", "Ticket #{}", "commit {}",
        "Ref. {}", "ISBN {}", "Invoice no. {}", "/item/{}", "?id={}", "Serial number {}",
        "Case {}", "номер заказа {}", "订单号{}", "注文番号 {}", "주문 번호 {}", "رقم الطلب {}",
        "Pedido nº {}", "N° de commande {}", "Bestellung {}", "Model {}", "DOI {}", "patent {}",
        "PMID: {}", "uuid {}", "EAN {}", "tracking {}", "{}", "Part {}", "Zamówienie nr {}",
        "Đơn hàng {}", "kod {}", "आदेश संख्या {}", "GTIN {}", "flight {}", "article-{}.html",
        "IMG_{}.jpg",
    ],
    "price": [
        "It costs {}.", "Preis: {}", "Prix : {}", "Precio {}", "цена {}", "价格{}", "価格 {}",
        "가격 {}", "السعر {}", "मूल्य {}", "Harga {}", "Fiyat {}", "Giá: {}", "Cena {}",
        "only {} left", "Total {}", "from {} to more", "Call now, only {} €", "ราคา {}",
        "Preço: {}", "Hinta {}", "Pris {}", "population {}", "{} km", "{} people",
    ],
}  # fmt: skip

CURRENCIES = """
$ € £ ¥ ₹ ₩ ₽ ₫ ₺ ₴ R$ zł kr Kč Ft Rp lei TL USD EUR CHF руб. грн 元 円 원 บาท đ VND د.إ ر.س
""".split()  # noqa: SIM905


def _digits(draw: random.Random, low: int, high: int) -> str:
    return "".join(draw.choices(string.digits, k=draw.randint(low, high)))


def _version(draw: random.Random) -> str:
    top = draw.choice([(0, 12), (0, 30), (0, 9)])
    parts = [draw.randint(*top)]
    parts += [
        draw.choice([draw.randint(0, 9), draw.randint(0, 30)]) for _ in range(draw.randint(1, 2))
    ]
    parts += [draw.choice([draw.randint(0, 127), draw.randint(256, 99999)])]
    if draw.random() < 0.2:
        parts.append(draw.randint(0, 40))
    return ".".join(map(str, parts)) + draw.choice(["", "", "", "-1", "-beta", "rc1", "_01", "+b2"])


def _date(draw: random.Random) -> str:
    day, month, year = draw.randint(1, 28), draw.randint(1, 12), draw.randint(1900, 2035)
    hour, minute, second = draw.randint(0, 23), draw.randint(0, 59), draw.randint(0, 59)
    dates = [
        f"{day:02}.{month:02}.{year}", f"{day}.{month}.{year}", f"{year}-{month:02}-{day:02}",
        f"{day}/{month}/{year}", f"{month}/{day}/{year}", f"{year}{month:02}{day:02}",
        f"{year}/{month}/{day}", f"{day:02}-{month:02}-{year}", f"{year}.{month:02}.{day:02}",
        f"{year}. {month}. {day}.", f"{year}年{month}月{day}日", f"{day}. {month}. {year}",
        f"{day:02}/{month:02}/{year % 100:02}",
    ]  # fmt: skip
    date = draw.choice(dates)
    closing = min(hour + 8, 23)
    others = [
        f"{date} {hour:02}:{minute:02}", f"{date} {hour:02}:{minute:02}:{second:02}",
        f"{date} - {draw.choice(dates)}", f"{date}-{draw.choice(dates)}",
        f"{date} {hour}.{minute:02}", f"{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:00Z",
        f"{year}-{year + 7}", f"{year}–{year + 1}", f"{year} / {year + 1}",
        f"{hour:02}.{minute:02}-{closing:02}.{second:02}", f"{day}-{day + 2}.{month}.{year}",
        f"{hour:02}:{minute:02}-{closing:02}:{second:02}", f"{year - 4}, {year - 2}, {year}",
        f"{day:02}.{month:02}. - {day + 1:02}.{month:02}.{year}",
    ]  # fmt: skip
    return draw.choice([date, draw.choice(others)])


def _oid(draw: random.Random) -> str:
    stems = [
        "1.3.6.1.4.1",
        "2.5.29",
        "1.2.840.113549.1.1",
        "1.3.101",
        "2.16.840.1.101.3.4",
        "1.3.6.1.2.1",
        "2.5.4",
    ]
    return ".".join(
        [draw.choice(stems), *(str(draw.randint(0, 300)) for _ in range(draw.randint(1, 4)))]
    )


def _isbn(draw: random.Random) -> str:
    body = draw.choice(["978", "979"]) + _digits(draw, 9, 9)
    check = -sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(body)) % 10
    value = f"{body[:3]}-{body[3]}-{body[4:8]}-{body[8:]}-{check}"
    return draw.choice([value, value.replace("-", ""), value.replace("-", " ")])


# `#` is a digit, `@` a capital letter, `*` either, `Y` a year, `M` a month and a day.
IDS = """
##### ###### ####### ######## ######### ########## ########### ############
@@@-Y-#### @@@-Y-######
@@@##### @@@####### @@@######### Y-##### Y-####### Y-######## Y/### Y/##### 10.####/#######
US#######B2 EP|#######|A1 B0******** ##-#####-@@@ ###-######-@@@ #############
@@### @@#### ####.#####v2 00######
00######## YM_###### #/##### #/####### @#-####-## ####-@@-####
""".split()  # noqa: SIM905


def _id(draw: random.Random) -> str:
    other = draw.random()
    if other < 0.1:
        return str(uuid.UUID(int=draw.getrandbits(128)))
    if other < 0.2:
        return f"{draw.getrandbits(160):040x}"[: draw.choice([7, 8, 12, 32, 40])]
    if other < 0.3:
        return _isbn(draw)
    if other < 0.35:
        return f"{draw.uniform(-90, 90):.6f}, {draw.uniform(-180, 180):.6f}"
    drawn = {
        "#": lambda: draw.choice(string.digits),
        "@": lambda: draw.choice(string.ascii_uppercase),
        "*": lambda: draw.choice(string.ascii_uppercase + string.digits),
        "Y": lambda: str(draw.randint(1990, 2030)),
        "M": lambda: f"{draw.randint(1, 12):02}{draw.randint(1, 28):02}",
        "|": lambda: " ",
    }
    return "".join(drawn.get(c, lambda c=c: c)() for c in draw.choice(IDS))


def _price(draw: random.Random) -> str:
    amount = draw.choice(
        [draw.randint(1, 999), draw.randint(1000, 99999), draw.randint(100_000, 99_999_999_999)]
    )
    mark, point = draw.choice(
        [
            (",", "."),
            (".", ","),
            (" ", ","),
            ("\u00a0", ","),
            ("\u202f", ","),
            ("'", "."),
            ("", "."),
        ]
    )
    value = f"{amount:,}".replace(",", mark)
    if draw.random() < 0.4:
        value += f"{point}{draw.randint(0, 99):02}"
    currency = draw.choice(CURRENCIES)
    return draw.choice(
        [
            f"{currency}{value}",
            f"{currency} {value}",
            f"{value} {currency}",
            f"{value}{currency}",
            value,
        ]
    )


VALUES = {"version": _version, "date": _date, "oid": _oid, "id": _id, "price": _price}


def lookalike(draw: random.Random, kind: str) -> tuple[str, str]:
    """A text of a kind, and the language that it is said to be in."""
    return draw.choice(FRAMES[kind]).format(VALUES[kind](draw)), draw.choice(LANGUAGES)
