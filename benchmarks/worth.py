"""`winnow worth` measured: its sign on texts that were made worse, and of two halves of one set.

    python -m benchmarks.worth

In four languages the documents of a set are damaged in five ways (half are copies; words in another
order; half in another language; half of the text boilerplate, or HTML), and the undamaged set
is compared with each: 20 comparisons whose sign is known. Then the set is cut into two halves by
chance, five times in each language: 20 comparisons of which none should be sure of a sign.
"""

import random
import re
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xxhash

from filters.worth.arms import Pool
from filters.worth.byte_ngrams import Texts
from filters.worth.judge import CONTROL, Arm, Comparison, Judge
from pipelines.commands.worth import texts_of_files
from pipelines.recipe import loading
from tests.realdata import ROOT

MEGABYTE = 1_000_000
EXCERPTS = {"en": "eng_Latn", "ru": "rus_Cyrl", "ja": "jpn_Jpan", "hi": "hin_Deva"}
DUMPS = {"en": "enwiki-206-pages.xml.bz2"}  # more text where the excerpts are few
OTHER = {"en": "ru", "ru": "en", "ja": "en", "hi": "en"}
BOILERPLATE = {
    "en": "Home\nContact us\nAll rights reserved\nWe use cookies to give you the best experience\n"
    "Share this page\nLog in or register\nAdd to basket\nRead more\nPrivacy policy\nSearch\n"
    "Subscribe to our newsletter\nBack to top",
    "ru": "Главная\nКонтакты\nВсе права защищены\nМы используем файлы cookie\n"
    "Поделиться страницей\nВойти или зарегистрироваться\nДобавить в корзину\nЧитать далее\n"
    "Политика конфиденциальности\nПоиск\nПодписаться на рассылку\nНаверх",
    "ja": "ホーム\nお問い合わせ\n無断転載を禁じます\n当サイトはクッキーを使用しています\n"
    "このページを共有する\nログイン\nカートに入れる\n続きを読む\nプライバシーポリシー\n検索\n"
    "メールマガジンに登録\nページの先頭へ",
    "hi": "मुख पृष्ठ\nसंपर्क करें\nसर्वाधिकार सुरक्षित\nयह साइट कुकीज़ का उपयोग करती है\nइस पृष्ठ को साझा करें\n"
    "लॉग इन करें\nकार्ट में जोड़ें\nऔर पढ़ें\nगोपनीयता नीति\nखोजें\nसमाचार पत्र की सदस्यता लें\nऊपर जाएं",
}


def copies(texts: list[str], language: str) -> list[str]:
    """Half of the documents, each twice."""
    half = texts[: len(texts) // 2]
    return [*half, *half]


def shuffled(texts: list[str], language: str) -> list[str]:
    """The words of each line in another order; where words have no spaces, pieces of 3 letters."""
    draw = random.Random(1)

    def line(text: str) -> str:
        words = re.findall(r".{1,3}", text) if language == "ja" else text.split()
        return ("" if language == "ja" else " ").join(draw.sample(words, len(words)))

    return ["\n".join(map(line, text.split("\n"))) for text in texts]


def foreign(texts: list[str], language: str) -> list[str]:
    """Every other document is of another language."""
    others = pieces(documents(OTHER[language]))
    return [text for pair in zip(texts, others, strict=False) for text in pair]


def boilerplate(texts: list[str], language: str) -> list[str]:
    """Behind each line stand as many bytes of boilerplate."""
    draw, lines = random.Random(1), BOILERPLATE[language].split("\n")

    def more(line: str) -> str:
        found = [line]
        while sum(map(len, found)) < 2 * len(line):
            found.append(draw.choice(lines))
        return "\n".join(found)

    return ["\n".join(map(more, text.split("\n"))) for text in texts]


def markup(texts: list[str], language: str) -> list[str]:
    """Behind each line stand as many bytes of HTML without text."""
    draw = random.Random(1)

    def more(line: str) -> str:
        found = [line]
        while sum(map(len, found)) < 2 * len(line):
            number = draw.randrange(10**6)
            found.append(f'<div class="row c{number}" style="margin:{number % 40}px"><span></div>')
        return "\n".join(found)

    return ["\n".join(map(more, text.split("\n"))) for text in texts]


DAMAGES: dict[str, Callable[[list[str], str], list[str]]] = {
    "half are copies": copies, "words shuffled": shuffled, "half in another language": foreign,
    "half is boilerplate": boilerplate, "half is markup": markup,
}  # fmt: skip
_READ: dict[str, list[str]] = {}


def documents(language: str) -> list[str]:
    """Real texts of a language, in an order that hangs on their content."""
    if language not in _READ:
        texts: list[str] = []
        if language in DUMPS:
            path = f"mediawiki:{ROOT / 'wikipedia' / DUMPS[language]}"
            batches = texts_of_files(loading.load("wikipedia"), [path])
            texts = [text for rows in batches for text in rows.text.to_pylist()]
        table = pq.read_table(ROOT / "text" / "web-excerpts-186-langs.parquet")
        texts += table.filter(pc.equal(table["lang"], EXCERPTS[language]))["text"].to_pylist()
        _READ[language] = sorted({t for t in texts if len(t) > 200}, key=lambda t: key(t, 0))
    return _READ[language]


def pieces(texts: list[str]) -> list[str]:
    """Long documents cut, so that an arm has as many documents as one of the web."""
    return [text[at : at + 4000] for text in texts for at in range(0, len(text), 4000)]


def key(text: str, seed: int) -> int:
    """A keyed hash of a text."""
    return xxhash.xxh3_64_intdigest(text.encode(), seed)


def judge_of(arms: Sequence[list[str]], good: list[str], seed: int = 0) -> Judge:
    """A judge of sets of texts."""
    pool = Pool(len(arms), MEGABYTE, 1 << 13)
    for column, texts in enumerate(arms):
        members = np.zeros((len(texts), len(arms)), bool)
        members[:, column] = True
        keys = np.array([key(text, seed) for text in texts], np.uint64)
        pool.add(keys, members, pa.array(texts, pa.large_string()))
    wanted = pa.array([text.encode()[:4096] for text in good], pa.large_binary())
    return Judge(pool, Texts.of(wanted).first(400_000), MEGABYTE, seed)


def main() -> None:
    """Prints both tables; exits with 1 if one of them is not as it should be."""
    right, sure, covered = 0, 0, 0
    for language in EXCERPTS:
        texts = documents(language)
        good, clean = texts[: len(texts) // 4], pieces(texts[len(texts) // 4 :])
        damaged = [damage(clean, language) for damage in DAMAGES.values()]
        started = time.process_time()
        judge = judge_of([clean, *damaged], good)
        for column, name in enumerate(DAMAGES, 1):
            found = judge.compare(language, name, Arm(0, "clean"), Arm(column, name))
            assert found.difference is not None, found
            right += found.difference.mean < 0
            sure += found.difference.sign == -1
            told(language, name, found)
        arms = 1 + len(damaged)
        print(
            f"{language}: {(time.process_time() - started) / arms:.1f} s of processor time an arm"
        )
        for seed in range(1, 6):
            halves = [[t for t in clean if key(t, 100 + seed) % 2 == side] for side in (0, 1)]
            judge = judge_of(halves, good, seed)
            found = judge.compare(language, CONTROL, Arm(0, "half"), Arm(1, "other half"))
            assert found.difference is not None, found
            covered += found.difference.sign == 0
            told(language, f"two halves, {seed}", found)
    print(f"right sign: {right} of 20, sure of it: {sure}; zero covered: {covered} of 20")
    sys.exit(0 if right == 20 and covered >= 19 else 1)


def told(language: str, name: str, found: Comparison) -> None:
    """Prints one comparison."""
    difference = found.difference
    assert difference is not None
    print(
        f"{language} {name:26} {found.arm_bytes / 1e3:7,.0f} kB "
        f"{difference.mean:+.4f} [{difference.low:+.4f}, {difference.high:+.4f}]",
        flush=True,
    )


if __name__ == "__main__":
    main()
