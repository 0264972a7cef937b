"""Trains the classifiers that ship with winnow: `winnow-adult`, `-unnatural`, `-boilerplate`.

    python -m benchmarks.page_classifiers [FOLDER]      # unless given, the folder of the package

Texts: excerpts of the web in 186 languages (`text/web-excerpts-186-langs.parquet` below
WINNOW_DATA), of which readers judged 4,578 in 22 languages. Half of these, by a keyed hash of their
ids, is only for `benchmarks.recipes`; nothing here reads their labels or learns from them. The few
labels of the other half do not reach for 186 languages, so that excerpts without one are judged by
what is known of words:

* adult: from how often words of a list occur (adult_words.txt, hashes of words in twenty
  languages), then by the model that was learnt so far, which finds others that stand beside them.
  Words of other texts by chance are no adult text either: such pages are full of keywords, and
  without that the model took any list of them for one.
* unnatural: how far a text is from others of its language in its share of stop words, words that
  begin with a capital, dashes and bars, and words between two marks, weighted by the labels.
* boilerplate: what pages show besides their main text, in pieces. The main text is hand-made for
  half of WCXB's pages (English), and what trafilatura found for 100 pages of Common Crawl in 24
  languages.

Tables of numbers and sheets of sums with words of each language by chance are neither unnatural nor
boilerplate: the models saw none, and took each for both.

The models hold weights of hashes, no text.
"""

import collections
import dataclasses
import functools
import itertools
import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import scipy.optimize
import xxhash
from resiliparse.extract.html2text import extract_plain_text

from benchmarks.filters import DATA
from benchmarks.ingest import CRAWL, GOLD, PAGES, contents
from filters.language.classifier import NEGATIVE, POSITIVE, Classifier, Training, train
from filters.language.models import CLASSIFIERS
from filters.language.tables import language_table

KINDS = {"adult": "porn", "unnatural": "unnatural"}
A_LANGUAGE = 80  # excerpts without labels that are learnt from
SEARCHED = 250  # of a language for adult texts, which are few
LISTS = 0.3  # lists of words by chance, for each text that is not adult
LIST_WORDS = (8, 20, 60, 120, 200)
DIFFERENT_WORDS = (20, 60, 200, 1000)  # of a list, at most
LEAST_WORDS = 50  # of a language, for such lists
TABLES = 0.12  # tables, for each text that models learn from
TABLE_SIGNS = tuple("+-*/=×÷%€$:().,|")
TABLE_GAPS = (" ", " ", " ", "\t", " | ", ", ", ": ", " - ", ";")
NUMBERS: tuple[Callable[[int], str], ...] = (
    str, "{:,}".format, "-{}".format, lambda n: f"{n / 100:.2f}", lambda n: f"{n / 10:.1f} %",
    lambda n: f"{n // 60 % 24}:{n % 60:02}", lambda n: str(1900 + n % 130),
)  # fmt: skip
REPEATED = 8  # times that a labelled excerpt counts
ADULT = 0.011  # of all texts, as readers found
HOW = Training(dimension=2, epochs=5, learning_rate=0.5, buckets=1 << 17, hashed=True)

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
_WORD = re.compile(r"\w+")
_BULLET = re.compile(r"^\s*[•*·-]+\s+")
_HAN = re.compile(r"[\u3400-\u9fff]+")
_DASH = re.compile(r"[-–—|/:»•]")
_MARK = re.compile(r"[.!?,;:。！？।؟۔\n،，、]+")
_NO_SPACES = re.compile(r"[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


@dataclasses.dataclass(frozen=True)
class Excerpts:
    """Texts with their languages; a label is NaN where nobody judged."""

    ids: list[str]
    languages: npt.NDArray[np.str_]
    texts: list[str]
    labels: dict[str, Floats]

    def where(self, mask: Mask) -> "Excerpts":
        rows = np.flatnonzero(mask)
        return Excerpts(
            [self.ids[i] for i in rows], self.languages[rows], [self.texts[i] for i in rows],
            {name: values[rows] for name, values in self.labels.items()},
        )  # fmt: skip

    @property
    def judged(self) -> Mask:
        """A reader looked at these; what a reader left blank is neither adult nor unnatural."""
        return ~np.isnan(self.labels["lang_correct"]) | ~np.isnan(self.labels["unnatural"])

    @property
    def reported(self) -> Mask:
        """The half on which figures are reported."""
        keys = [xxhash.xxh3_64_intdigest(name.encode(), 13) for name in self.ids]
        return np.array([key % 2 == 1 for key in keys], bool)

    def is_kind(self, kind: str) -> Mask:
        return np.nan_to_num(self.labels[KINDS[kind]]) >= 0.5


def excerpts() -> Excerpts:
    table = pq.read_table(DATA / "text/web-excerpts-186-langs.parquet")
    labels = {
        name: np.array([float(v or "nan") for v in table[name].to_pylist()])
        for name in ("porn", "unnatural", "lang_correct")
    }
    # The first and the last 500 characters of a text, as two lines now: dots stood between them.
    texts = [(text or "").replace("\n..........\n", "\n") for text in table["text"].to_pylist()]
    return Excerpts(table["id"].to_pylist(), np.array(table["lang"].to_pylist()), texts, labels)


@functools.cache
def _adult_words() -> dict[int, float]:
    """Halves of points by hash."""
    lines = Path(__file__).with_name("adult_words.txt").read_text().splitlines()
    pairs = (line.split() for line in lines if line[:1] != "#")
    return {int(digest, 16): int(points) / 2 for digest, points in pairs}


def adult_words(text: str) -> float:
    """How many words of the list a text has, those that stand elsewhere too by half."""
    known, hashed = _adult_words(), xxhash.xxh3_64_intdigest
    words = _WORD.findall(text.lower())
    for run in _HAN.findall(text):
        words += [run[at : at + size] for size in range(1, 5) for at in range(len(run) - size + 1)]
    return sum(known.get(hashed(word.encode()), 0.0) for word in words)


def oddness(text: str, stop_words: frozenset[str]) -> list[float]:
    """What tells lists of keywords and of goods from sentences."""
    words = _WORD.findall(text)
    count = max(1, len(words))
    small = [word.lower() for word in words]
    if len(_NO_SPACES.findall(text)) > 0.3 * max(1, len(text)):
        share = sum(text.count(word) * len(word) for word in stop_words) / max(1, len(text))
        different = sum(word in text for word in stop_words)
    else:
        share = sum(word in stop_words for word in small) / count
        different = len(stop_words.intersection(small))
    pairs = list(itertools.pairwise(small))
    most = collections.Counter(small).most_common(1)
    return [
        share,
        different,
        sum(word[0].isupper() for word in words) / count,
        len(_DASH.findall(text)) / count,
        float(np.log1p(max(len(part.split()) for part in _MARK.split(text)))),
        1 - len(set(pairs)) / max(1, len(pairs)),
        most[0][1] / count if most else 1.0,
    ]


def standard_oddness(some: Excerpts) -> Floats:
    """[text, feature]: deviations from the texts of the same language, at most 4."""
    table = language_table("fineweb-2")
    known = {name: table.code(name) or "" for name in set(some.languages.tolist())}
    stop_words = {n: frozenset(table.stop_words.get(code, ())) for n, code in known.items()}
    found = np.array(
        [oddness(t, stop_words[n]) for t, n in zip(some.texts, some.languages, strict=True)]
    )
    found = np.sign(found) * np.log1p(np.abs(found) * 10)
    for name in known:
        rows = some.languages == name
        spread = found[rows].std(axis=0)
        found[rows] = (found[rows] - found[rows].mean(axis=0)) / np.where(spread > 1e-6, spread, 1)
    return np.clip(found, -4, 4)


def logistic(values: Floats, positive: Mask) -> Floats:
    """Weights, the last of which is that of a constant."""
    with_one = np.c_[values, np.ones(len(values))]

    def loss(weights: Floats) -> tuple[float, Floats]:
        z = with_one @ weights
        slope = with_one.T @ (1 / (1 + np.exp(-z)) - positive) + 6 * np.r_[weights[:-1], 0]
        return float(
            (np.logaddexp(0, z) - positive * z).sum() + 3 * (weights[:-1] ** 2).sum()
        ), slope

    found: Floats = scipy.optimize.minimize(loss, np.zeros(values.shape[1] + 1), jac=True).x
    return found


def learnt(positive: list[str], negative: list[str], path: Path) -> Classifier:
    pairs = [*((POSITIVE, text) for text in positive), *((NEGATIVE, text) for text in negative)]
    pairs.sort(key=lambda pair: xxhash.xxh3_64_intdigest(pair[1].encode(), 7))
    train(pairs, HOW, path)
    return Classifier(str(path), POSITIVE)


def scores(model: Classifier, texts: list[str]) -> npt.NDArray[np.float32]:
    return model.score(pa.array(texts, pa.large_string()))


def chosen(texts: list[str], mask: Mask) -> list[str]:
    return [texts[i] for i in np.flatnonzero(mask)]


def few_a_language(some: Excerpts, most: int) -> Mask:
    """The first so many of each language, by a keyed hash of their ids."""
    keys = np.array([xxhash.xxh3_64_intdigest(i.encode(), 5) for i in some.ids], np.uint64)
    mask = np.zeros(len(keys), bool)
    for name in set(some.languages.tolist()):
        rows = np.flatnonzero(some.languages == name)
        mask[rows[np.argsort(keys[rows])[:most]]] = True
    return mask


def words_of(some: Excerpts, *, lower: bool) -> Iterator[tuple[int, list[str]]]:
    """Of each language, how many texts there are and the words that two of them have."""
    for name in dict.fromkeys(some.languages.tolist()):
        texts = chosen(some.texts, some.languages == name)
        seen = collections.Counter(
            word for text in texts for word in set(_WORD.findall(text.lower() if lower else text))
        )
        words = sorted(word for word, count in seen.items() if count > 1 and not word.isdigit())
        if len(words) >= LEAST_WORDS:
            yield len(texts), words


def tables(some: Excerpts) -> list[str]:
    """Rows of numbers, words and signs by chance, those of one text after one pattern."""
    random_ = random.Random(11)
    made = []
    for texts, words in words_of(some, lower=False):
        for _ in range(int(TABLES * texts)):
            row = [_cell(words, random_) for _ in range(random_.randrange(2, 9))]
            gap = random_.choice(TABLE_GAPS)
            heading = " ".join(random_.choices(words, k=random_.randrange(8)))
            rows = (gap.join(cell() for cell in row) for _ in range(random_.randrange(5, 30)))
            made.append("\n".join((heading, *rows)).strip()[:1500])
    return made


def _cell(words: list[str], random_: random.Random) -> Callable[[], str]:
    """What a column has in each row: numbers of one form, other words, or always the same."""
    kind = random_.random()
    if kind < 0.5:
        form = random_.choice(NUMBERS)
        return lambda: form(random_.randrange(10 ** random_.randrange(1, 6)))
    if kind < 0.75:
        return lambda: " ".join(random_.choices(words, k=random_.randrange(1, 4)))
    always = random_.choice(words if kind < 0.85 else TABLE_SIGNS)
    return lambda: always


def word_lists(some: Excerpts) -> list[str]:
    """Words by chance, of each language those that two of its texts have; none of an adult word."""
    random_ = random.Random(3)
    lists = []
    for texts, words in words_of(some, lower=True):
        for _ in range(int(LISTS * texts)):
            count, different = random_.choice(LIST_WORDS), random_.choice(DIFFERENT_WORDS)
            drawn = random_.sample(words, min(len(words), different))
            lists.append(" ".join(random_.choices(drawn, k=count)))
    return [text for text in lists if adult_words(text) == 0]


def adult(unlabelled: Excerpts, judged: Excerpts, path: Path) -> Classifier:
    """Learns from the words of lists, then from what the model so far is sure of."""
    unlabelled = unlabelled.where(few_a_language(unlabelled, SEARCHED))
    some = few_a_language(unlabelled, A_LANGUAGE)
    found = np.array([adult_words(text) for text in unlabelled.texts])
    yes, no = found >= 2, some & (found == 0)
    is_adult = judged.is_kind("adult")
    for _ in range(2):
        model = learnt(
            2 * chosen(unlabelled.texts, yes) + REPEATED * chosen(judged.texts, is_adult),
            chosen(unlabelled.texts, no)
            + word_lists(unlabelled.where(no))
            + chosen(judged.texts, ~is_adult),
            path,
        )
        said = scores(model, unlabelled.texts)
        print(f"adult: {yes.sum()} texts, {no.sum()} others", file=sys.stderr)
        yes = (said > np.quantile(said, 1 - ADULT)) | (found >= 3)
        no = some & (said < np.quantile(said, 0.95)) & (found < 1)
    return model


def unnatural(unlabelled: Excerpts, judged: Excerpts, path: Path) -> Classifier:
    """Learns what is odd in its language from the labels, and then texts that are so."""
    some = unlabelled.where(few_a_language(unlabelled, A_LANGUAGE))
    both = Excerpts(
        some.ids + judged.ids, np.r_[some.languages, judged.languages], some.texts + judged.texts,
        {name: np.r_[some.labels[name], judged.labels[name]] for name in some.labels},
    )  # fmt: skip
    values = standard_oddness(both)
    is_unnatural = judged.is_kind("unnatural")
    weights = logistic(values[len(some.ids) :], is_unnatural)
    odd = values[: len(some.ids)] @ weights[:-1]
    yes, no = odd > np.quantile(odd, 0.9), odd < np.quantile(odd, 0.7)
    print(f"unnatural: weights {np.round(weights, 2)}", file=sys.stderr)
    return learnt(
        chosen(some.texts, yes) + REPEATED * chosen(judged.texts, is_unnatural),
        chosen(some.texts, no) + tables(some) + 2 * chosen(judged.texts, ~is_unnatural),
        path,
    )


def boilerplate(unlabelled: Excerpts, judged: Excerpts, path: Path) -> Classifier:
    """Learns from pieces of what pages show besides their main text."""
    pages_of = pages(reported=False), crawled()
    main = [piece for texts, _ in pages_of for piece in pieces(texts)]
    other = [piece for _, texts in pages_of for piece in pieces(texts)]
    good = ~judged.is_kind("adult") & ~judged.is_kind("unnatural")
    made = tables(unlabelled.where(few_a_language(unlabelled, A_LANGUAGE)))
    return learnt(2 * other, main + made + chosen(judged.texts, good), path)


def pieces(texts: list[str]) -> list[str]:
    """At most six of each, as long as an excerpt and a half."""
    return [text[at : at + 1500] for text in texts for at in range(0, min(len(text), 9000), 1500)]


def pages(reported: bool) -> tuple[list[str], list[str]]:
    """Main texts of WCXB's pages, and what else they show: the half to report, or the other."""
    main = {
        row["url"]: row["main_content"] or ""
        for row in pq.read_table(GOLD).to_pylist()
        if (xxhash.xxh3_64_intdigest(row["file_id"].encode(), 13) % 2 == 1) == reported
    }
    return _parted(PAGES, main)


def crawled() -> tuple[list[str], list[str]]:
    """The same of 100 pages of Common Crawl."""
    rows = pq.read_table(DATA / "commoncrawl/cc100.reference.parquet").to_pylist()
    return _parted(CRAWL, {row["url"]: row["trafilatura_text"] or "" for row in rows})


def _parted(file: Path, main: dict[str, str]) -> tuple[list[str], list[str]]:
    batch = contents("warc", file)
    others = []
    for url, html in zip(batch["url"].to_pylist(), batch["content"].to_pylist(), strict=True):
        if url in main:
            words = f" {' '.join(_WORD.findall(main[url].lower()))} "
            shown = extract_plain_text(html.decode("utf-8", "replace"), main_content=False)
            lines = [_BULLET.sub("", line).strip() for line in shown.split("\n")]
            others.append(
                "\n".join(
                    line
                    for line in lines
                    if line and f" {' '.join(_WORD.findall(line.lower()))} " not in words
                )
            )
    return [text for text in main.values() if text.strip()], [text for text in others if text]


TRAINERS = {"adult": adult, "unnatural": unnatural, "boilerplate": boilerplate}


def main() -> None:
    every = excerpts()
    judged = every.where(every.judged & ~every.reported)
    unlabelled = every.where(~every.judged)
    for kind, trainer in TRAINERS.items():
        path = CLASSIFIERS[f"winnow-{kind}"]
        if len(sys.argv) > 1:
            path = Path(sys.argv[1]) / path.name
        started = time.process_time()
        trainer(unlabelled, judged, path)
        print(f"{path}: {path.stat().st_size:,} bytes, {time.process_time() - started:.0f} s")


if __name__ == "__main__":
    main()
