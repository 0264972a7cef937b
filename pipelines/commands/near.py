"""`winnow near`: documents of a finished run that resemble a text, found by the run's index."""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from rich.table import Table

from dedup import bands, comparison, index, index_files, minhash
from dedup.presets import MinHashConfig
from dedup.settings import MinHash
from manifests import manifest
from manifests.grouping import positions_by
from manifests.statistics import KEPT, Funnel
from manifests.store import Store
from pipelines.commands import console
from pipelines.recipe.loading import recipe_of

# Files that hold several documents, by their endings; any other file is one text.
_KINDS = {
    ".jsonl": "jsonl", ".jsonl.gz": "jsonl", ".jsonl.zst": "jsonl", ".parquet": "parquet",
    ".csv": "csv", ".csv.gz": "csv",
}  # fmt: skip
_BATCH_DOCS = 256
_MAX_RECORD_BYTES = 16 << 20


@dataclasses.dataclass(frozen=True)
class Match:
    """A document of the run that shares a band with the text.

    Attributes:
      estimated, similarity: Jaccard similarity, by signatures and by shingles.
      removed: why the run dropped it as a duplicate; None if it survived.
      survivor: the document that stayed in its place.
    """

    doc_id: str
    source: str
    language: str
    unit: str
    row: int
    estimated: float
    similarity: float
    removed: str | None
    survivor: str | None


def command(
    run: str,
    file: Path | None,
    text: str | None,
    min_similarity: float,
    as_json: bool = False,
) -> None:
    """Prints the documents that resemble the text, or those of the file.

    Raises:
      Failure: not one of file and text is given, the file cannot be read, or the run is not
        finished.
      OSError, ValueError: the run cannot be read, or has no signatures.
    """
    if (file is None) == (text is None):
        raise console.Failure("near needs one text to look for: give a FILE, or --text", 2)
    kind = None if file is None else _kind_of(file)
    if file is None or kind is None:
        wanted = text or "" if file is None else _text_of(file)
        store = _finished(run)
        matches = find_near(store, wanted, min_similarity)
        if as_json:
            console.print_json({"matches": [dataclasses.asdict(match) for match in matches]})
        else:
            _print({"": matches}, min_similarity)
        return
    batches = _documents(file, kind)
    store = _finished(run)
    found = {
        name: matches
        for names, texts in batches
        for name, matches in zip(names, find_near_all(store, texts, min_similarity), strict=True)
    }
    if as_json:
        rows = [
            {"document": name, "matches": [dataclasses.asdict(match) for match in matches]}
            for name, matches in found.items()
        ]
        console.print_json({"documents": rows})
    else:
        _print(found, min_similarity)


def _finished(run: str) -> Store:
    store = Store(run)
    console.manifest_of(store)
    return store


def _print(found: dict[str, list[Match]], least: float) -> None:
    several = list(found) != [""]
    heads = ("document", "source", "", "part, row", "similarity", "estimated", "removed as", "for")
    table = Table(*(["of"] if several else []), *heads)
    for name, matches in found.items():
        for match in matches:
            table.add_row(
                *([name] if several else []), match.doc_id, match.source, match.language,
                f"{match.unit}, {match.row}", f"{match.similarity:.3f}", f"{match.estimated:.3f}",
                match.removed or "", match.survivor or "",
            )  # fmt: skip
    console.out.print(table)
    total = sum(map(len, found.values()))
    console.say(f"{total} documents have a similarity of {least} or more")
    if several:
        told = sum(map(bool, found.values()))
        console.say(f"{told} of {len(found)} documents of the file resemble one of the run")


def _kind_of(file: Path) -> str | None:
    return next((kind for ending, kind in _KINDS.items() if file.name.endswith(ending)), None)


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise console.Failure(f"cannot read {file}: {error.strerror}; check the path", 2) from None
    except UnicodeDecodeError:
        raise console.Failure(f"{file} is no text in UTF-8; give one that is", 2) from None


def _documents(file: Path, kind: str) -> Iterator[tuple[list[str], list[str]]]:
    """Names (the file's own ids) and texts of the documents of a file."""
    # Readers of all kinds take longer to load than one text takes to look for.
    from pipelines.sources import KINDS, open_unit
    from pipelines.sources.units import WorkUnit

    unit = WorkUnit(0, "near", kind, str(file), label=file.name)
    try:
        with open_unit(unit) as opened:
            for batch in KINDS[kind].read(unit, opened, _BATCH_DOCS, _MAX_RECORD_BYTES):
                for name, error in zip(
                    batch["native_id"].to_pylist(), batch["error"].to_pylist(), strict=True
                ):
                    if error is not None:
                        raise console.Failure(f"{file}: {name}: {error}; mend or remove it", 2)
                there = batch.filter(batch["content"].is_valid())
                texts = there["content"].cast(pa.large_string()).to_pylist()
                yield there["native_id"].to_pylist(), texts
    except OSError as error:
        why = error.strerror or error
        raise console.Failure(f"cannot read {file}: {why}; check the path", 2) from None


def find_near(store: Store, text: str, least: float = 0.0) -> list[Match]:
    """Documents that resemble a text, the most similar first.

    Args:
      least: Jaccard similarity that a match has at least.

    Raises:
      ValueError: the run looked for exact duplicates alone, and has no signatures.
    """
    return find_near_all(store, [text], least)[0]


def find_near_all(store: Store, texts: Sequence[str], least: float = 0.0) -> list[list[Match]]:
    """`find_near` of many texts; a part of the run that several need is read once."""
    recipe = recipe_of(store)
    if not recipe.duplicates.near:
        raise ValueError(
            f"{store} has no signatures, since its recipe looks for exact duplicates alone; make a "
            "run into another folder with --set duplicates.near.preset=fineweb"
        )
    near = recipe.duplicates.near.resolved(recipe.seed)
    config = near.config()
    wanted = pa.array(texts, pa.large_string())
    signed = minhash.signatures(wanted, config)
    ours = comparison.read(wanted, config, near.folded())
    matches: list[list[Match]] = [[] for _ in texts]
    for unit, pairs in _candidates(store, signed, near):
        rows, row_at = np.unique(pairs[:, 1], return_inverse=True)
        columns = ["doc_id", "source", "language", "signature"]
        documents = store.read_rows(f"signatures/{unit}.parquet", rows, columns).combine_chunks()
        found = store.read_rows(f"documents/{unit}.parquet", rows, ["text"])["text"]
        theirs = comparison.read(pa.concat_arrays(found.chunks), config, near.folded())
        similarity = comparison.jaccard(theirs, row_at, ours, pairs[:, 0])
        signatures = documents["signature"].chunk(0).take(pa.array(row_at))
        estimated = minhash.similarity(signatures, signed.take(pa.array(pairs[:, 0])))
        described = documents.select(columns[:3]).to_pylist()
        fates = _fates(store, unit, rows)
        for (text, row), at, about, true in zip(
            pairs.tolist(), row_at.tolist(), estimated.to_pylist(), similarity.tolist(), strict=True
        ):
            if true >= least:
                told = described[at]
                matches[text].append(
                    Match(
                        told["doc_id"].hex(), told["source"], told["language"], unit, row, about,
                        true, *fates.get(row, (None, None)),
                    )
                )  # fmt: skip
    for some in matches:
        some.sort(key=lambda match: (-match.similarity, match.doc_id, match.row))
    return matches


def _fates(
    store: Store, unit: str, rows: npt.NDArray[np.int64]
) -> dict[int, tuple[str, str | None]]:
    """Why some rows of a unit were removed, and for which document."""
    removed = store.read_table(f"duplicates/{unit}.parquet", ["row", "reason", "survivor"])
    some = removed.filter(pa.array(np.isin(removed["row"].to_numpy(), rows)))
    return {
        row["row"]: (row["reason"], row["survivor"] and row["survivor"].hex())
        for row in some.to_pylist()
    }


# Rows (text, row of the unit) as int64[n, 2], each once.
Pairs = npt.NDArray[np.int64]


def _candidates(
    store: Store, wanted: pa.FixedSizeListArray, near: MinHash
) -> Iterator[tuple[str, Pairs]]:
    """The documents that share a band with a text, by unit."""
    if files := index_files.files_of(store):
        yield from by_index(store, files, wanted, near)
        return
    # Older runs have no index, so all of their signatures are read.
    for path in manifest.parts(store, "signatures"):
        signatures = store.read_table(path, ["signature"]).combine_chunks()["signature"]
        if not len(signatures):
            continue
        found = [
            (text, row)
            for text in np.flatnonzero(bands.has_words(wanted)).tolist()
            for row in candidates(signatures.chunk(0), wanted[text : text + 1], near.config())
        ]
        if found:
            yield path.rsplit("/", 1)[-1].removesuffix(".parquet"), np.array(found, np.int64)


def by_index(
    store: Store, files: dict[str, int], wanted: pa.FixedSizeListArray, near: MinHash
) -> Iterator[tuple[str, Pairs]]:
    """Unit and (text, row) of all documents that share a band with a text, by the run's index."""
    texts = np.flatnonzero(bands.has_words(wanted))
    keys = bands.band_keys(wanted.take(pa.array(texts)), near.config())
    if near.within_language:  # a text to look for has no language: it is looked for in each
        kept = store.read_json(manifest.stage_manifest("documents"))["funnel"]
        languages = [str(code) for code in Funnel.from_json(kept).by(KEPT, "language")]
        keys = np.concatenate(
            [
                keys[:0],
                *(bands.within_language(keys, pa.array([c] * len(texts))) for c in languages),
            ]
        )
    found = index_files.band_index(store, files, "bands").find(keys.reshape(-1))
    text = np.repeat(np.tile(texts, len(keys)), [len(entries) for entries in found])
    refs = np.concatenate([np.empty(0, np.uint64), *(entries[:, 1] for entries in found)])
    units, rows = bands.split_refs(refs & ~index.APART)
    pairs = np.unique(np.stack([units, text, rows], axis=1), axis=0)
    for unit, some in positions_by(pairs[:, 0]):
        yield f"{unit:06d}", pairs[some, 1:]


def candidates(
    signatures: pa.FixedSizeListArray,
    wanted: pa.FixedSizeListArray,
    config: MinHashConfig,
) -> list[int]:
    """Rows that share a band with the one wanted."""
    shared = bands.band_keys(signatures, config) == bands.band_keys(wanted, config)
    rows: list[int] = np.flatnonzero(shared.any(axis=0)).tolist()
    return rows
