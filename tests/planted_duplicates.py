"""Texts of which it is known whether they are duplicates, made by rule; 250 of each kind.

`DIFFERENT` are texts of one template that a person would tell apart: all of them should be kept.
`SAME` are originals, each followed by another print of it: of each two one should be kept.
"""

import random
import unicodedata
from collections.abc import Callable

COUNT = 250


def _listed(words: str) -> list[str]:
    return words.split()


_WORDS = _listed("""
harbour mountain council festival library teacher engine harvest window journey market river
captain garden theatre railway winter doctor kitchen painter bridge weather orchestra village
museum letter soldier bakery forest island hospital lantern meadow printer sailor tailor
valley quarry cottage chapel miller farmer ferry fountain station tower palace school bishop
""")
_VERBS = _listed("""
opened closed visited described repaired painted crossed measured sold found
""")


def _number(rng: random.Random, digits: int = 3) -> int:
    return rng.randrange(10 ** (digits - 1), 10**digits)


def _article(rng: random.Random, words: int) -> list[str]:
    """Prose of no meaning: sentences of random length."""
    found: list[str] = []
    while len(found) < words:
        for _ in range(rng.randrange(2, 5)):
            found += ["the", rng.choice(_WORDS), rng.choice(_VERBS), "a", rng.choice(_WORDS)]
            found += [rng.choice(("and", "while", "before", "near")), "an", rng.choice(_WORDS)]
        found[-1] += "."
    return found


def arithmetic(rng: random.Random) -> str:
    lines = []
    for _ in range(12):
        a, b, sign = _number(rng, 2), _number(rng, 2), rng.choice("+-*/")
        lines.append(f"{a} {sign} {b} = {_number(rng)}")
    return "\n".join(lines)


def exercise(rng: random.Random) -> str:
    a, b, c = (_number(rng) for _ in range(3))
    return (
        f"A baker has {a} loaves in the morning and bakes {b} more. How many loaves are there? We "
        f"add {a} and {b}, which is {a + b}. At noon {c} loaves are sold, so that {a + b - c} are "
        f"left. If {c % 7 + 2} boxes are filled, each box has {(a + b - c) // (c % 7 + 2)} loaves."
    )


def timetable(rng: random.Random) -> str:
    stops = ("Northgate", "Mill Lane", "Old Church", "University", "East Park", "Harbour")
    lines = [f"Line {_number(rng, 2)} towards Harbour"]
    for stop in stops:
        times = (f"{rng.randrange(5, 24)}:{rng.randrange(60):02}" for _ in range(6))
        lines.append(f"{stop} {' '.join(times)}")
    return "\n".join(lines)


def advisory(rng: random.Random) -> str:
    return (
        f"CVE-{rng.randrange(2004, 2025)}-{_number(rng, 5)}: a buffer overflow in version "
        f"{rng.randrange(1, 9)}.{rng.randrange(30)}.{rng.randrange(30)} lets attackers run code; "
        f"fixed in {rng.randrange(1, 9)}.{rng.randrange(30)}.{rng.randrange(30)}. Score "
        f"{rng.randrange(1, 10)}.{rng.randrange(10)}, report {_number(rng, 6)}, patch "
        f"{_number(rng, 5)}."
    )


def prices(rng: random.Random) -> str:
    goods = ("Apples", "Pears", "Plums", "Cherries", "Peaches", "Grapes", "Figs", "Melons")
    rows = (
        f"{name} per kilo {rng.randrange(1, 20)}.{rng.randrange(100):02} euro" for name in goods
    )
    return "Prices of this week\n" + "\n".join(rows)


def results(rng: random.Random) -> str:
    clubs = ("Rovers", "United", "City", "Athletic", "Wanderers", "Albion")
    rows = (
        f"{a} {rng.randrange(8)}:{rng.randrange(8)} {b} (half time {rng.randrange(4)}:"
        f"{rng.randrange(4)}, {_number(rng, 5)} spectators)"
        for a, b in zip(clubs, clubs[::-1], strict=True)
    )
    return "Results of the day\n" + "\n".join(rows)


def operators(rng: random.Random) -> str:
    lines = [
        f"    {a} = {b} {rng.choice(_OPERATORS)} {c} if {b} {rng.choice(_ORDERS)} {c} else "
        f"{b} {rng.choice(_OPERATORS)} {a}"
        for a, b, c in ("abc", "bca", "cab", "acb", "bac", "cba")
    ]
    return "def combine(a, b, c):\n" + "\n".join(lines) + "\n    return a, b, c"


_OPERATORS = ("+", "*", "/", "%", "&", "|", "^", "<<", ">>", "**", "//")
_ORDERS = ("<", ">", "<=", ">=", "==")


def language_question(rng: random.Random) -> str:
    language = rng.choice(("C", "C++", "C#", "C*", "C--1", "C&", "C%", "C^", "C~", "C$"))
    return f"How do I read a file of {language} line by line, {rng.choice(_WORDS)} after another?"


def short(rng: random.Random) -> str:
    return f"{rng.choice(('Thanks', 'Yes', 'No', 'Ok'))} {_number(rng, 4)}{rng.choice('!?.')}"


DIFFERENT: dict[str, Callable[[random.Random], str]] = {
    "arithmetic": arithmetic,
    "exercises": exercise,
    "timetables": timetable,
    "advisories": advisory,
    "prices": prices,
    "results": results,
    "operators": operators,
    "short": short,
}


def different(kind: str, count: int = COUNT) -> list[str]:
    rng = random.Random(f"{kind} 1")
    found: dict[str, None] = {}
    while len(found) < count:
        found.setdefault(DIFFERENT[kind](rng))
    return list(found)


def version(rng: random.Random) -> tuple[str, str]:
    """An article, and the same with three words in 300 replaced."""
    words = _article(rng, 300)
    changed = list(words)
    for at in rng.sample(range(len(words)), 3):
        changed[at] = rng.choice(_WORDS) + "s"
    return " ".join(words), " ".join(changed)


def date_line(rng: random.Random) -> tuple[str, str]:
    """An article of an agency in two papers, on two days."""
    body = " ".join(_article(rng, 120))
    days = rng.sample(range(1, 29), 2)
    first, other = (f"Published on {d} March {rng.randrange(1990, 2025)}, page {d}" for d in days)
    return f"{first}\n{body}", f"{other}\n{body}"


def other_typography(rng: random.Random) -> tuple[str, str]:
    """The same text with other quotation marks, dashes and bullets."""
    words = _article(rng, 150)
    for at in rng.sample(range(1, len(words) - 1), 4):
        words[at] = f"“{words[at]}”"
        words[at - 1] += " —"
    text = " ".join(words)
    other = text.replace("“", '"').replace("”", '"').replace("—", "-").replace(".", "...")
    return text, other


_SPANISH = _listed("""
el niño comió más rápido que su tío José y después bebió té según la tradición él también
caminó hacia el jardín público donde la canción sonó aquí allí jamás será fácil volvió mañana
pequeño corazón árbol último razón
""")
_VIETNAMESE = _listed("""
người Việt Nam đã làm việc với những tiếng nói của một đất nước đẹp trường học mới được mở ở
thành phố lớn chúng tôi thường đọc sách và viết thư cho gia đình
""")
_ARABIC = _listed("""
ذَهَبَ الوَلَدُ إِلَى المَدْرَسَةِ وَكَتَبَ الدَّرْسَ ثُمَّ رَجَعَ إِلَى البَيْتِ فَأَكَلَ
الخُبْزَ وَشَرِبَ المَاءَ وَقَرَأَ الكِتَابَ قَبْلَ النَّوْمِ
""")
_FOLDS = str.maketrans({"đ": "d", "Đ": "D"})


def without_marks(words: list[str]) -> Callable[[random.Random], tuple[str, str]]:
    def made(rng: random.Random) -> tuple[str, str]:
        text = " ".join(rng.choices(words, k=80))
        bare = unicodedata.normalize("NFD", text).translate(_FOLDS)
        return text, "".join(c for c in bare if not unicodedata.combining(c))

    return made


def in_ligatures(rng: random.Random) -> tuple[str, str]:
    """A text as it is, and as a PDF may have it."""
    text = " ".join(rng.choices(_OF_LIGATURES, k=80))
    return text, text.replace("ffi", "ﬃ").replace("fi", "ﬁ").replace("fl", "ﬂ")


_OF_LIGATURES = _listed("the first office floor finds five flowers in fine fields of flax")
_KANA = _listed("ガス テーブル パン バター ケーキ ゼリー ボタン を と が の に 買 売 見 店 町")
_NARROW = {
    unicodedata.normalize("NFKC", narrow): narrow
    for narrow in (
        chr(code) + mark for code in range(0xFF66, 0xFF9E) for mark in ("", "\uff9e", "\uff9f")
    )
}


def in_narrow_kana(rng: random.Random) -> tuple[str, str]:
    text = "".join(rng.choices(_KANA, k=80))
    return text, "".join(_NARROW.get(char, char) for char in text)


def in_wide_latin(rng: random.Random) -> tuple[str, str]:
    text = " ".join(_article(rng, 100))
    return text, "".join(chr(ord(char) + 0xFEE0) if char > " " else "\u3000" for char in text)


SAME: dict[str, Callable[[random.Random], tuple[str, str]]] = {
    "versions": version,
    "date lines": date_line,
    "typography": other_typography,
    "Spanish without accents": without_marks(_SPANISH),
    "Vietnamese without marks": without_marks(_VIETNAMESE),
    "Arabic without vowel signs": without_marks(_ARABIC),
    "ligatures": in_ligatures,
    "narrow kana": in_narrow_kana,
    "wide Latin letters": in_wide_latin,
}


def same(kind: str, count: int = COUNT) -> list[str]:
    rng = random.Random(f"{kind} 1")
    return [text for _ in range(count) for text in SAME[kind](rng)]


def reprinted(kind: str, count: int = COUNT) -> list[str]:
    """Different texts of one template with a long end of their own, each printed twice: the second
    time one number is another.
    """
    rng = random.Random(f"{kind} 2")
    found = []
    for text in different(kind, count):
        longer = f"{text}\n" + "\n".join(DIFFERENT[kind](rng) for _ in range(4))
        found += [longer, f"{longer}\n{_number(rng, 4)}"]
    return found


def _rows(row: Callable[[random.Random], str]) -> Callable[[random.Random], str]:
    return lambda rng: "\n".join(row(rng) for _ in range(120))


# Bodies that are made of numbers alone, or of rows that are equal without their numbers.
NUMBERS: dict[str, Callable[[random.Random], str]] = {
    "numbers": _rows(lambda rng: f"{_number(rng)} {_number(rng, 4)} {_number(rng)}"),
    "departures": _rows(lambda rng: f"{rng.randrange(24)}:{rng.randrange(60):02} platform 3"),
    "statements": _rows(lambda rng: f"INSERT INTO t VALUES ({_number(rng)}, 'k{_number(rng)}');"),
    "part numbers": _rows(lambda rng: f"PN-{_number(rng, 6)}"),
    "data in code": _rows(lambda rng: f"{{ x: {_number(rng)}, y: {_number(rng, 2)} }},"),
    "Arabic digits": _rows(lambda rng: f"{_number(rng, 4)}".translate(_ARABIC_DIGITS)),
}
_ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def under_two_headings(kind: str, count: int = 50) -> list[str]:
    """Bodies of numbers, each under two headings that have nothing in common."""
    rng = random.Random(f"{kind} 4")
    return [
        f"{' '.join(rng.sample(words, 7))}\n{body}"
        for body in (NUMBERS[kind](rng) for _ in range(count))
        for words in (_WORDS[:30], _WORDS[30:])
    ]
