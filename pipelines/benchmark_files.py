"""Files of benchmarks, read into the items that a corpus must not hold."""

import csv
import dataclasses
import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import fsspec
import numpy as np
import pyarrow.parquet as pq

from dedup.decontamination import BenchmarkIndex, Item, index


@dataclasses.dataclass(frozen=True)
class Fields:
    """Which columns hold what.

    Attributes:
      texts: each looked for on its own; `a+b` is the text of a followed by that of b.
      name: of the item; absent numbers the items.
    """

    texts: tuple[str, ...]
    name: str | None = None


# As the benchmarks' authors publish them, and as they stand on the Hugging Face hub: upper case,
# spaces and underscores in a column's name make no difference.
FORMATS = {
    "humaneval": Fields(("prompt", "prompt+canonical_solution"), "task_id"),
    "gsm8k": Fields(("question", "question+answer")),
    "mmlu": Fields(("question", "question+choices")),
    "truthfulqa": Fields(("question", "question+best_answer")),
    "math": Fields(("problem", "problem+solution"), "unique_id"),
    "gpqa": Fields(("question", "question+correct_answer"), "record_id"),
}


@dataclasses.dataclass(frozen=True)
class BenchmarkFile:
    """One file that a recipe names."""

    name: str
    path: str
    fields: Fields


def build_index(
    files: Sequence[BenchmarkFile], ngram_words: int, short_ngram_words: int
) -> BenchmarkIndex:
    """Reads and indexes them all.

    Raises:
      ValueError: a file cannot be read, lacks a column or yields no n-gram at all.
    """
    items = [item for file in files for item in read(file)]
    made = index(items, ngram_words, short_ngram_words)
    names = np.array([item.benchmark for item in items], object)
    for file in files:
        own = names == file.name
        if not made.item_ngrams[own].sum():
            raise ValueError(
                f"benchmark {file.name!r} yields no n-gram: none of its {own.sum()} items "
                f"in {file.path} has {short_ngram_words} words; are {file.fields.texts} "
                "the columns that hold its text?"
            )
    return made


def digest(files: Sequence[BenchmarkFile]) -> dict[str, str]:
    """SHA-256 of each file by the benchmark's name."""
    return {file.name: hashlib.sha256(_content(file)).hexdigest() for file in files}


def read(file: BenchmarkFile) -> Iterator[Item]:
    """Items in the file's order; texts that are empty are left out."""
    for number, row in enumerate(_rows(file)):
        values = {_plain(key): value for key, value in row.items()}
        texts = tuple(
            text
            for wanted in file.fields.texts
            if (text := _text(values, wanted, number, file)).strip()
        )
        name = values.get(_plain(file.fields.name or ""))
        yield Item(file.name, str(number) if name is None else str(name), texts)


def _text(values: Mapping[str, Any], wanted: str, number: int, file: BenchmarkFile) -> str:
    parts = []
    for column in wanted.split("+"):
        if _plain(column) not in values:
            raise ValueError(
                f"benchmark {file.name!r}: row {number} of {file.path} has no column {column!r}; "
                f"it has {', '.join(values)}: set `fields`"
            )
        value = values[_plain(column)]
        if isinstance(value, list | tuple | np.ndarray):
            value = " ".join(map(str, value))
        parts.append("" if value is None else str(value))
    return "\n".join(parts)


def _plain(column: str) -> str:
    return column.strip().lower().replace(" ", "_")


def _rows(file: BenchmarkFile) -> Iterator[Mapping[str, Any]]:
    content = _content(file)
    path = file.path.removesuffix(".gz")
    try:
        if path.endswith(".parquet"):
            yield from pq.read_table(io.BytesIO(content)).to_pylist()
        elif path.endswith(".csv"):
            yield from csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        elif path.endswith((".jsonl", ".ndjson")):
            for line in content.decode("utf-8-sig").split("\n"):
                if line.strip():
                    yield json.loads(line)
        else:
            raise ValueError("name it .jsonl, .csv or .parquet, with .gz behind if compressed")
    except (ValueError, csv.Error) as error:
        raise ValueError(f"benchmark {file.name!r}: {file.path}: {error}") from None


def _content(file: BenchmarkFile) -> bytes:
    try:
        with fsspec.open(file.path, "rb", compression="infer") as opened:
            content: bytes = opened.read()
    except OSError as error:
        raise ValueError(f"benchmark {file.name!r} cannot be read: {error}") from None
    return content
