"""Files of benchmarks, read into the items that a corpus must not contain."""

import bz2
import csv
import functools
import gzip
import hashlib
import io
import json
import lzma
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pyarrow as pa

from dedup.benchmarks import BenchmarkFile, Fields
from manifests import parquet
from manifests.column_names import described
from pipelines.sources import files as stored

if TYPE_CHECKING:
    from dedup.decontamination import BenchmarkIndex, Item
    from dedup.overlap import OverlapIndex
    from dedup.settings import Decontaminate


def build_index(
    files: Sequence[BenchmarkFile], ngram_words: int, short_ngram_words: int
) -> "BenchmarkIndex":
    """Reads all files and indexes their items by n-grams.

    Raises:
      ValueError: a file cannot be read, lacks a column or yields no n-gram.
    """
    from dedup.decontamination import index  # its kernels only where there are benchmarks

    return _built(
        files, lambda items: index(items, ngram_words, short_ngram_words), short_ngram_words
    )


def build_overlap_index(files: Sequence[BenchmarkFile]) -> "OverlapIndex":
    """Reads all files and indexes their items for the rule `overlap`.

    Raises:
      ValueError: a file cannot be read, lacks a column or has no item that could be found.
    """
    from dedup import item_texts, overlap

    return _built(files, overlap.index, item_texts.SEED_WORDS)


def index_for(unwanted: "Decontaminate") -> "BenchmarkIndex | OverlapIndex":
    """Reads the benchmarks of a section and indexes them for its rule.

    Raises:
      ValueError: see the two functions above.
    """
    return _index_for(unwanted, tuple(digest(unwanted.files()).values()))


@functools.lru_cache(maxsize=1)
def _index_for(unwanted: "Decontaminate", _: tuple[str, ...]) -> "BenchmarkIndex | OverlapIndex":
    """The index while the contents of the files, by their digests, are the same."""
    if unwanted.rule == "overlap":
        return build_overlap_index(unwanted.files())
    return build_index(unwanted.files(), unwanted.ngram_words, unwanted.short_ngram_words)


_Index = TypeVar("_Index", "BenchmarkIndex", "OverlapIndex")


def _built(
    files: Sequence[BenchmarkFile],
    index: "Callable[[Sequence[Item]], _Index]",
    least_words: int,
) -> _Index:
    items: list[Item] = []
    spans: list[tuple[BenchmarkFile, str, int, int]] = []
    for file in files:
        for path, content in _contents(file):
            first = len(items)
            items.extend(_items(file, path, content))
            spans.append((file, path, first, len(items)))
    made = index(items)
    for file, path, first, last in spans:
        if not made.item_ngrams[first:last].any():
            raise ValueError(
                f"benchmark {file.name!r} yields no n-gram: none of the {last - first} items "
                f"in {path} has {least_words} words; its text is looked for in "
                f"{' and '.join(file.fields.texts)}: name the fields that hold it"
            )
    return made


def digest(files: Sequence[BenchmarkFile]) -> dict[str, str]:
    """SHA-256 of each benchmark's content, by its name."""
    found = {}
    for file in files:
        sha256 = hashlib.sha256()
        for _, content in _contents(file):
            sha256.update(content)
        found[file.name] = sha256.hexdigest()
    return found


def read(file: BenchmarkFile) -> "Iterator[Item]":
    """The items in the order of the files, without empty texts."""
    for path, content in _contents(file):
        yield from _items(file, path, content)


def _items(file: BenchmarkFile, path: str, content: bytes) -> "Iterator[Item]":
    from dedup.decontamination import Item

    fixed = re.split(r"[*?\[]", file.path)[0]
    within = path.removeprefix(fixed[: fixed.rfind("/") + 1])
    for number, row in enumerate(_rows(file, path, content)):
        values = {_plain(key): value for key, value in row.items()}
        columns = [
            _columns(values, wanted, f"row {number} of {path}", file, row)
            for wanted in file.fields.texts
        ]
        texts = tuple(text for some in columns if (text := "\n".join(some.values())).strip())
        name = values.get(_plain(file.fields.name or ""))
        numbered = str(number) if path == file.path else f"{within}#{number}"
        yield Item(
            file.name,
            numbered if name is None else str(name),
            texts,
            file.fields.code,
            _exercises(columns),
        )


def _columns(
    values: Mapping[str, Any],
    wanted: str,
    where: str,
    file: BenchmarkFile,
    row: Mapping[str, Any],
) -> dict[str, str]:
    for alternative in wanted.split("|"):
        columns = [_plain(column) for column in alternative.split("+")]
        if all(column in values for column in columns):
            return {column: _spelled(values[column]) for column in columns}
    missing = next(column for column in columns if column not in values)
    raise ValueError(
        f"benchmark {file.name!r}: {where} has no column {missing!r}; it has "
        f"{described(row, declared=not _is_csv(where))}: set `fields` to the names of those that "
        "hold its text"
    )


def _exercises(texts: Sequence[Mapping[str, str]]) -> tuple[tuple[str, str], ...]:
    """Question and answer: `question+answer` has the answer of `question`."""
    pairs = []
    for question in texts:
        if any(len(other) < len(question) and question.items() >= other.items() for other in texts):
            continue
        longest = max((t for t in texts if t.items() >= question.items()), key=len)
        answer = [text for column, text in longest.items() if column not in question]
        if (asked := "\n".join(question.values())).strip():
            pairs.append((asked, "\n".join(answer)))
    return tuple(pairs)


def _is_csv(path: str) -> bool:
    for ending in _DECOMPRESS:
        path = path.removesuffix(ending)
    return path.endswith(".csv")


def _spelled(value: Any) -> str:
    if isinstance(value, list | tuple | np.ndarray):
        return " ".join(map(str, value))
    return "" if value is None else str(value)


def _plain(column: str) -> str:
    return column.strip().lower().replace(" ", "_")


def _rows(file: BenchmarkFile, path: str, content: bytes) -> Iterator[Mapping[str, Any]]:
    for ending in _DECOMPRESS:
        path = path.removesuffix(ending)
    try:
        if path.endswith(".parquet"):
            yield from parquet.read_table(io.BytesIO(content)).to_pylist()
        elif path.endswith(".csv"):
            yield from _csv_rows(content.decode("utf-8-sig"), file.fields)
        elif path.endswith((".jsonl", ".ndjson")):
            for line in content.decode("utf-8-sig").split("\n"):
                if line.strip():
                    yield _object(json.loads(line))
        elif path.endswith(".json"):
            whole = json.loads(content.decode("utf-8-sig"))
            yield from map(_object, whole if isinstance(whole, list) else [whole])
        else:
            raise ValueError(
                "name it .jsonl, .json, .csv or .parquet, with .gz, .bz2 or .xz behind if "
                "compressed"
            )
    except json.JSONDecodeError as error:
        problem = f"no valid JSON at line {error.lineno}, character {error.colno}"
        raise ValueError(f"benchmark {file.name!r}: {path}: {problem}") from None
    except UnicodeDecodeError as error:
        problem = f"not valid UTF-8 at byte {error.start}"
        raise ValueError(f"benchmark {file.name!r}: {path}: {problem}") from None
    except (pa.ArrowException, OSError):
        problem = "it is no Parquet file, or is incomplete"
        raise ValueError(f"benchmark {file.name!r}: {path}: {problem}") from None
    except (ValueError, csv.Error) as error:
        raise ValueError(f"benchmark {file.name!r}: {path}: {error}") from None


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("an item is no JSON object")
    return value


def _csv_rows(text: str, fields: Fields) -> Iterator[Mapping[str, Any]]:
    rows = csv.reader(io.StringIO(text, newline=""))
    first = next(rows, [])
    header = {_plain(column) for column in first}
    wanted = [alternative for spec in fields.texts for alternative in spec.split("|")]
    named = any(header >= {_plain(c) for c in columns.split("+")} for columns in wanted)
    if fields.headerless and not named:
        yield dict(zip(fields.headerless, first, strict=False))
        first = list(fields.headerless)
    for row in rows:
        if row:
            yield dict(zip(first, row, strict=False))


_DECOMPRESS = {".gz": gzip.decompress, ".bz2": bz2.decompress, ".xz": lzma.decompress}


def _contents(file: BenchmarkFile) -> Iterator[tuple[str, bytes]]:
    """The path and decompressed content of each file that the benchmark's path names."""
    try:
        for path in stored.expand(file.path):
            with stored.open_binary(path) as opened:
                content = opened.read()
            ending = path[path.rfind(".") :]
            if ending in _DECOMPRESS:
                try:
                    content = _DECOMPRESS[ending](content)
                except (OSError, EOFError, lzma.LZMAError, zlib.error):
                    # Not the library's words: gzip quotes the first bytes.
                    raise OSError(f"{path} is no whole {ending} file") from None
            yield path, content
    except OSError as error:
        raise ValueError(f"benchmark {file.name!r} cannot be read: {error}") from None
