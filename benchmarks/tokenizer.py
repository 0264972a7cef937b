"""Tokenizer training: what balance does for languages, memory by words, and speed.

    python -m benchmarks.tokenizer shares     Gini over languages, by balance
    python -m benchmarks.tokenizer speed MB   time and memory beside Hugging Face's trainer

Text: `text/web-excerpts-186-langs.parquet` and FLORES-200 devtest below WINNOW_DATA. All cold: each
trainer runs in a process of its own that reads the text from a file.
"""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.language import codes
from manifests.parquet import read_table
from tokenizer_train.balance import WEIGHT_SCALE, byte_premium, language_weights
from tokenizer_train.bpe import train_words
from tokenizer_train.cost import gini
from tokenizer_train.encode import END_OF_TEXT, Encoder
from tokenizer_train.fair import Fair
from tokenizer_train.learn import Counting
from tokenizer_train.patterns import pattern
from tokenizer_train.settings import Tokenizer
from tokenizer_train.totals import Words
from tokenizer_train.vocabulary import to_tokenizer_json

VOCABULARY = 32768
# Percent of the text of a crawl, rounded by hand after the language statistics that Common Crawl
# publishes for its crawls; each other language has REST.
SHARES = {
    "en": 44, "ru": 6, "de": 5.5, "ja": 5.2, "zh": 5, "es": 4.6, "fr": 4.4, "it": 2.4, "pt": 2.2,
    "nl": 1.9, "pl": 1.8, "tr": 1.1, "vi": 1, "cs": 1, "id": 0.9, "ko": 0.8, "fa": 0.7, "sv": 0.7,
    "ar": 0.65, "uk": 0.6, "ro": 0.6, "el": 0.6, "hu": 0.6, "da": 0.5, "fi": 0.4, "th": 0.4,
    "sk": 0.4, "he": 0.3, "bg": 0.3, "nb": 0.3, "ca": 0.25, "hi": 0.2, "hr": 0.2, "sr": 0.2,
    "lt": 0.15, "sl": 0.15, "et": 0.14, "bn": 0.12, "lv": 0.1, "ms": 0.08, "ta": 0.05, "az": 0.05,
    "sq": 0.05, "ka": 0.04, "kk": 0.04, "ur": 0.03, "is": 0.03, "mk": 0.03, "hy": 0.03, "ne": 0.03,
    "ml": 0.02, "mr": 0.02, "te": 0.02, "gl": 0.02, "eu": 0.02, "be": 0.02, "mn": 0.02, "my": 0.02,
    "bs": 0.02, "kn": 0.01, "gu": 0.01, "si": 0.01, "km": 0.01, "uz": 0.01, "af": 0.01,
}  # fmt: skip
REST = 0.003


def data(path: str) -> pa.Table:
    with (Path(os.environ["WINNOW_DATA"]) / path).open("rb") as file:
        return read_table(file)


def texts(most: int) -> Iterator[tuple[str, pa.LargeStringArray]]:
    """Up to so many texts of each language that has a code of two letters."""
    table = data("text/web-excerpts-186-langs.parquet")
    for label in sorted(table["lang"].unique().to_pylist()):
        tag = codes.bcp47(label)
        if len(tag) == 2:
            rows = table.filter(pc.equal(table["lang"], label)).slice(0, most)
            yield tag, rows["text"].combine_chunks().cast(pa.large_string())


def shares(most: int) -> None:
    """Prints what FLORES-200 devtest costs by the balance of the training text."""
    counting = Counting(Tokenizer(balance=1))
    for tag, some in texts(most):
        counting.add(pa.array([tag] * len(some), pa.string()), some)
    found = counting.sizes
    ones = pa.table({"language": sorted(found), "weight": [1] * len(found)})
    tables = list(counting.totals(ones))
    wanted = {tag: SHARES.get(tag, REST) / 100 for tag in found}
    # As many bytes as a crawl of 100 GB has of each language.
    sizes = {tag: round(share * 1e11) for tag, share in wanted.items()}
    # An occurrence stands for so many of the crawl's.
    scaled = {tag: sizes[tag] / found[tag][1] for tag in found}
    least = min(scaled.values())
    premiums = {tag: byte_premium(tag) for tag in found}
    flores = data("parallel/flores200-devtest.parquet")
    tags = {label: codes.bcp47(label) for label in flores["lang"].unique().to_pylist()}
    tested = {tag: label for label, tag in tags.items() if tag in found}
    sentences = {
        tag: flores.filter(pc.equal(flores["lang"], label))["text"].combine_chunks()
        for tag, label in sorted(tested.items())
    }
    print(f"{len(found)} languages, {sum(n for _, n in found.values()) / 1e6:.1f} MB of text, "
          f"{counting.words:,} words, {VOCABULARY:,} tokens; tested on {len(tested)}")  # fmt: skip
    english = None
    for name, alpha, by, fair_share in (
        ("shares as they are", 1.0, None, 0.0),
        ("bytes ^ 0.3", 0.3, None, 0.0),
        ("content ^ 0.3", 0.3, premiums, 0.0),
        ("content ^ 0", 0.0, premiums, 0.0),
        ("content ^ 0.3, fair 0.5", 0.3, premiums, 0.5),
    ):
        boost = language_weights(sizes, alpha, by)
        weights = {
            tag: max(1, round(scaled[tag] / least * boost[tag] / WEIGHT_SCALE * 16))
            for tag in found
        }
        words = Words.joined([Words.of(table, weights) for table in tables])
        fair = Fair.among(premiums, words, fair_share) if fair_share else None
        start = time.process_time()
        model = train_words(
            words.text, words.weights, words.seen, VOCABULARY, [END_OF_TEXT], fair=fair
        )
        seconds = time.process_time() - start
        encoder = Encoder(to_tokenizer_json(model, pattern("o200k")))
        tokens = {tag: len(encoder.encode(some).flatten()) for tag, some in sentences.items()}
        english = english or tokens["en"]
        costs = sorted((n / tokens["en"], tag) for tag, n in tokens.items())
        print(f"{name:24} Gini {gini([*tokens.values()]):.4f}  English "
              f"{100 * (tokens['en'] / english - 1):+.1f} %  worst {costs[-1][0]:.2f} "
              f"({costs[-1][1]})  median {np.median([c for c, _ in costs]):.3f}  "
              f"all {sum(tokens.values()):,}  trained in {seconds:.1f} s", flush=True)  # fmt: skip


def speed(mb: float) -> None:
    """Prints processor time and peak memory of both trainers over a part of the text."""
    path = Path("/tmp") / f"tokenizer-bench-{os.getpid()}.txt"
    table = data("text/web-excerpts-186-langs.parquet")
    step = max(1, round(pc.sum(pc.binary_length(table["text"])).as_py() / (mb * 1e6)))
    some = table["text"].take(pa.array(np.arange(0, table.num_rows, step))).to_pylist()
    path.write_text("".join(f"{text.replace(chr(10), ' ')}\n" for text in some if text))
    print(f"{path.stat().st_size / 1e6:.1f} MB")
    try:
        for name in ("winnow", "huggingface"):
            told = subprocess.run(
                [sys.executable, "-m", "benchmarks.tokenizer", name, str(path)],
                check=True, capture_output=True, text=True,
                env={**os.environ, "RAYON_NUM_THREADS": "1"},
            )  # fmt: skip
            print(f"{name:12} {told.stdout.strip()}", flush=True)
    finally:
        path.unlink()


def winnow(path: str) -> str:
    from pipelines.commands.train_tokenizer import _lines

    settings = Tokenizer(balance=1, vocab_size=VOCABULARY)
    counting = Counting(settings)
    for lines in _lines(path):
        counting.add(pa.array(["en"] * len(lines)), pa.array(lines, pa.large_string()))
    ones = pa.table({"language": ["en"], "weight": [1]})
    words = Words.joined([Words.of(table) for table in counting.totals(ones)])
    counted = resource.getrusage(resource.RUSAGE_SELF)
    train_words(words.text, words.weights, words.seen, VOCABULARY, [END_OF_TEXT])
    peak = counted.ru_maxrss << 10
    return (
        f"counted in {counted.ru_utime + counted.ru_stime:.1f} s, {counting.words:,} words, "
        f"{peak / 1e6:,.0f} MB by then"
    )


def huggingface(path: str) -> str:
    import tokenizers

    trained = tokenizers.Tokenizer(tokenizers.models.BPE())
    split = tokenizers.pre_tokenizers.Split(tokenizers.Regex(pattern("o200k")), "isolated")
    byte_level = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    trained.pre_tokenizer = tokenizers.pre_tokenizers.Sequence([split, byte_level])
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        min_frequency=2,
        special_tokens=[END_OF_TEXT],
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    trained.train([path], trainer)
    return f"{trainer.get_word_count():,} words" if hasattr(trainer, "get_word_count") else ""


def main() -> None:
    what, *rest = sys.argv[1:] or ["shares"]
    if what == "shares":
        shares(int(rest[0]) if rest else 150)
    elif what == "speed":
        speed(float(rest[0]) if rest else 19)
    else:
        told = {"winnow": winnow, "huggingface": huggingface}[what](rest[0])
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(f"{used.ru_utime + used.ru_stime:.1f} s, {used.ru_maxrss / 1024:,.0f} MB; {told}")


if __name__ == "__main__":
    main()
