"""Parallel text as it is published: FLORES-200, MASSIVE, NTREX, and any table with named columns.

Every layout becomes one table of sentence ids, languages (labels as the file has them) and texts.
"""

import csv
import dataclasses
import glob
import io
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from filters.language.codes import bcp47
from manifests import parquet
from manifests.column_names import described, nearest
from pipelines.sources import files

# Sentences of parallel text: `id` is equal for translations of each other, `place` the order in
# which a file has them.
PARALLEL = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("text", pa.large_string()),
        pa.field("place", pa.int64(), nullable=False),
    ]
)
# Names of the columns id, language, text: winnow's own, FLORES-200's, MASSIVE's.
_NAMES = (("id", "language", "text"), ("sentence_id", "lang", "text"), ("id", "locale", "utt"))
_ENDINGS = {
    ".parquet": "parquet",
    ".jsonl": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
}
# One file a language, a sentence a line: FLORES-200's `eng_Latn.dev`, NTREX's
# `newstest2019-ref.fra-CA.txt`. MASSIVE's `en-US.jsonl` has the locale in its lines too.
_LINES = (
    re.compile(r"(?P<language>[a-z]{3}_[A-Z][a-z]{3})\.(?P<split>dev|devtest|test)"),
    re.compile(r"newstest\d+-(?:src|ref)\.(?P<language>[a-z]{3}[A-Za-z-]*)\.txt"),
)
_SPLITS = {"partition", "split"}
_MASSIVE = re.compile(r"[a-z]{2,3}-[A-Z]{2}\.jsonl")
_LAYOUTS = (
    "FLORES-200 (files eng_Latn.dev), MASSIVE (files en-US.jsonl) and NTREX "
    "(files newstest2019-ref.deu.txt)"
)


class ParallelTextError(ValueError):
    """Parallel text cannot be read; the message names the file and the remedy."""


@dataclasses.dataclass(frozen=True)
class _Named:
    path: str
    names: tuple[str, str, str] | None


def path_of(given: str) -> str:
    """The path of `PATH` or `PATH:ID,LANGUAGE,TEXT`."""
    return _parted(given).path


def read(given: Sequence[str], split: str | None = None) -> pa.Table:
    """The sentences of parallel text (`PARALLEL`).

    Args:
      given: files or folders, each as a path, or as `PATH:ID,LANGUAGE,TEXT` with the names of its
        columns. The sentences of several are put together.
      split: takes this part alone, such as dev: of FLORES-200 by the endings of its files, of
        MASSIVE and other tables by a column `partition` or `split`.

    Raises:
      ParallelTextError: it cannot be read, or has no layout that is known.
      OSError: a file is not there, or cannot be opened.
    """
    parts = []
    for number, one in enumerate(given):
        found = _read(_parted(one), split)
        if len(given) > 1:
            ids = pc.binary_join_element_wise(str(number), found["id"], ":")
            found = found.set_column(0, PARALLEL.field("id"), ids)
        places = pc.add(found["place"], number << 40)
        parts.append(found.set_column(3, PARALLEL.field("place"), places))
    return pa.concat_tables(parts)


def joined(table: pa.Table) -> pa.Table:
    """Each language's sentences as one text, as Petrov et al. 2023 counted FLORES-200.

    They split a file at its ends of lines, the last one included, and put blanks between all: a
    blank follows every sentence, and one more lies between two files.
    """
    texts = []
    for language in pc.unique(table["language"]).to_pylist():
        own = table.filter(pc.equal(table["language"], language)).sort_by("place")
        files_of: dict[int, list[str]] = {}
        for place, text in zip(own["place"].to_pylist(), own["text"].to_pylist(), strict=True):
            files_of.setdefault(place >> 40, []).append(text or "")
        texts.append((language, " ".join(" ".join([*lines, ""]) for lines in files_of.values())))
    columns = [
        ["all"] * len(texts),
        [language for language, _ in texts],
        [text for _, text in texts],
        [0] * len(texts),
    ]
    arrays = [pa.array(c, f.type) for c, f in zip(columns, PARALLEL, strict=True)]
    return pa.Table.from_arrays(arrays, schema=PARALLEL)


def tags_of(labels: pa.ChunkedArray) -> pa.Array:
    """Languages as BCP 47 tags, as documents have them: `eng_Latn` is en.

    Labels that have one tag in common stay as they are.
    """
    tags = {label: bcp47(label) for label in pc.unique(labels).to_pylist()}
    used = Counter(tags.values())
    return pa.array(
        [tags[label] if used[tags[label]] == 1 else label for label in labels.to_pylist()],
        pa.string(),
    )


def as_documents(labels: pa.ChunkedArray, reference: str) -> pa.Array:
    """`tags_of`, where what means the reference language (`label_of`) has its name."""
    known = pc.unique(labels).to_pylist()
    base = label_of(reference, known)
    tags = dict(
        zip(known, tags_of(pa.chunked_array([known], pa.string())).to_pylist(), strict=True)
    )
    named = {label: reference if label == base else tags[label] for label in known}
    return pa.array([named[label] for label in labels.to_pylist()], pa.string())


def label_of(language: str, labels: Iterable[str]) -> str | None:
    """Which label means a language: itself, the one with its tag, or its only regional variant.

    So `en` finds `eng_Latn` and `en-US`. None if there is none, or more than one.
    """
    known = sorted(set(labels))
    if language in known:
        return language
    tags = {label: bcp47(label) for label in known}
    wanted = bcp47(language)
    same = [label for label in known if tags[label] == wanted]
    if not same:
        same = [label for label in known if tags[label].split("-")[0] == wanted]
    return same[0] if len(same) == 1 else None


def _parted(given: str) -> _Named:
    path, _, names = given.rpartition(":")
    columns = tuple(names.split(","))
    if path and len(columns) == 3 and "/" not in names:
        if not all(columns):
            raise ParallelTextError(
                f"{given} names an empty column; write FILE:id,language,text with three names"
            )
        return _Named(path, columns)
    return _Named(given, None)


def _read(given: _Named, split: str | None) -> pa.Table:
    path = given.path
    one = _kind_of(path) is not None and not glob.has_magic(path)
    found = [path] if one and not os.path.isdir(path) else files.expand(path)
    named = {os.path.basename(file): file for file in found}
    for layout in _LINES:
        matches = [(layout.fullmatch(os.path.basename(file)), file) for file in found]
        lines = [
            (match, file)
            for match, file in matches
            if match and (split is None or match.groupdict().get("split", split) == split)
        ]
        if lines:
            return _of_lines(lines)
    if len(found) > 1:
        found = sorted(f for name, f in named.items() if _MASSIVE.fullmatch(name)) or found
    kinds = {file: _kind_of(file) for file in found}
    unknown = [file for file, kind in kinds.items() if kind is None]
    if unknown and (len(unknown) == len(found) or len(found) == 1):
        raise ParallelTextError(
            f"{path} has no layout of parallel text that winnow knows; give a table (.parquet, "
            f".jsonl, .csv or .tsv) with the columns id, language, text or FILE:ID,LANGUAGE,TEXT "
            f"with their names, or a folder of {_LAYOUTS}"
        )
    parts = [
        _of_table(file, kind, given.names, split)
        for file, kind in kinds.items()
        if kind is not None
    ]
    whole = pa.concat_tables(parts)
    if not len(whole):
        what = f"has no sentence of the split {split!r}" if split else "has no sentence"
        raise ParallelTextError(f"{path} {what}; check the path")
    return _placed(whole)


def _kind_of(file: str) -> str | None:
    return next((kind for ending, kind in _ENDINGS.items() if file.endswith(ending)), None)


def _of_lines(found: Sequence[tuple[re.Match[str], str]]) -> pa.Table:
    parts = []
    for match, file in found:
        with files.open_binary(file) as opened:
            try:
                text = opened.read().decode()
            except UnicodeDecodeError as error:
                raise ParallelTextError(
                    f"{file} is no UTF-8 at byte {error.start}; convert it"
                ) from None
        lines = text.removesuffix("\n").split("\n")
        lines = [line.removesuffix("\r") for line in lines]
        # The same number in dev and devtest is another sentence.
        group = match.groupdict().get("split") or ""
        ids = [f"{group}{number}" for number in range(1, len(lines) + 1)]
        parts.append(
            pa.table(
                {
                    "id": pa.array(ids, pa.string()),
                    "language": pa.array([match["language"]] * len(lines), pa.string()),
                    "text": pa.array(lines, pa.large_string()),
                }
            )
        )
    return _placed(pa.concat_tables(parts))


def _of_table(
    file: str, kind: str, names: tuple[str, str, str] | None, split: str | None
) -> pa.Table:
    try:
        with files.open_binary(file) as opened:
            columns, take, declared = _READERS[kind](opened, file)
            chosen = _chosen(columns, declared, file, names)
            wanted = [*chosen, *(_SPLITS & set(columns) if split else ())]
            table = take(wanted)
    except pa.ArrowException:
        raise ParallelTextError(
            f"{file} is no Parquet file, or is cut short; fetch or write it again"
        ) from None
    for part in wanted[3:]:
        table = table.filter(pc.equal(table[part].cast(pa.string()), split))
    number, language, text = (table[name] for name in chosen)
    for name, column in zip(chosen[1:], (language, text), strict=True):
        if not _is_text(column.type):
            raise ParallelTextError(f"column {name} of {file} is no text; write it as strings")
    if language.null_count:
        raise ParallelTextError(
            f"{file} has rows without a language; fill in column {chosen[1]}, or leave them out"
        )
    if number.null_count:
        raise ParallelTextError(
            f"{file} has rows without an id; fill in column {chosen[0]}, or leave them out"
        )
    try:
        return pa.table(
            {
                "id": number.cast(pa.string()),
                "language": language.cast(pa.string()),
                "text": text.cast(pa.large_string()),
            }
        )
    except pa.ArrowException:
        raise ParallelTextError(
            f"the columns {', '.join(chosen)} of {file} hold no ids, languages and texts"
        ) from None


def _chosen(
    columns: Sequence[str], declared: bool, file: str, names: tuple[str, str, str] | None
) -> tuple[str, str, str]:
    chosen = names or next((known for known in _NAMES if set(known) <= set(columns)), None)
    if chosen is None:
        lacking = sorted(set(_NAMES[0]) - set(columns))
        raise ParallelTextError(
            f"{file} lacks the column{'s'[: len(lacking) > 1]} {', '.join(lacking)}; it has "
            f"{described(columns, declared)}: give {file}:ID,LANGUAGE,TEXT with the names of the "
            "columns of a sentence's id, its language and its text"
        )
    for name in chosen:
        if name not in columns:
            raise ParallelTextError(
                f"{file} lacks the column {name!r}; it has {described(columns, declared)}"
                f"{nearest(name, columns, declared)}"
            )
    return chosen


# The names of a table's columns, what reads some of them, and whether the format declares names.
_Opened = tuple[list[str], Callable[[Sequence[str]], pa.Table], bool]


def _parquet(opened: BinaryIO, file: str) -> _Opened:
    table = parquet.TableFile(opened, slow=not files.is_local(file))
    return list(table.schema.names), table.table, True


def _jsonl(opened: BinaryIO, file: str) -> _Opened:
    rows = []
    for number, line in enumerate(opened.read().splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            raise ParallelTextError(f"{file} line {number} is no JSON object; mend or remove it")
        rows.append(row)
    return sorted({name for row in rows for name in row}), _take(rows), True


def _csv(opened: BinaryIO, file: str) -> _Opened:
    delimiter = "\t" if file.endswith(".tsv") else ","
    try:
        lines = io.StringIO(opened.read().decode("utf-8-sig"), newline="")
    except UnicodeDecodeError as error:
        raise ParallelTextError(f"{file} is no UTF-8 at byte {error.start}; convert it") from None
    reader = csv.DictReader(lines, delimiter=delimiter)
    return list(reader.fieldnames or ()), _take(list(reader)), False


def _take(rows: Sequence[Mapping[str, Any]]) -> Callable[[Sequence[str]], pa.Table]:
    def take(names: Sequence[str]) -> pa.Table:
        columns = {
            name: [None if row.get(name) is None else str(row[name]) for row in rows]
            for name in names
        }
        return pa.table({name: pa.array(c, pa.large_string()) for name, c in columns.items()})

    return take


_READERS = {"parquet": _parquet, "jsonl": _jsonl, "csv": _csv}


def _placed(table: pa.Table) -> pa.Table:
    """With the order of the sentences: by their ids where these are numbers, else as they stand."""
    ids = table["id"]
    numbers = pc.all(pc.match_substring_regex(ids, r"^\d{1,12}$")).as_py()
    places = ids.cast(pa.int64()) if numbers else pa.array(range(len(table)), pa.int64())
    return pa.Table.from_arrays([*table.columns, places], schema=PARALLEL)


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
    )
