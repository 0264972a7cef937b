"""`winnow near`: documents of a finished run that resemble a text, by the run's signatures."""

import dataclasses
from pathlib import Path

import numpy as np
import pyarrow as pa
from rich.table import Table

from dedup import bands, comparison, minhash
from dedup.presets import MinHashConfig
from manifests import manifest
from manifests.store import Store
from pipelines.commands import console
from pipelines.recipe.loading import recipe_of


@dataclasses.dataclass(frozen=True)
class Match:
    """A document of the run that shares a band with the text.

    Attributes:
      estimated, similarity: Jaccard similarity, by signatures and by shingles.
      removed: why the run dropped it as a duplicate; None if it survived.
    """

    doc_id: str
    source: str
    language: str
    unit: str
    row: int
    estimated: float
    similarity: float
    removed: str | None


def command(
    run: str,
    file: Path | None,
    text: str | None,
    min_similarity: float,
    as_json: bool = False,
) -> None:
    """Prints the documents that resemble the text, or the file's.

    Raises:
      Failure: not one of file and text is given, the file cannot be read, or the run is not
        finished.
      OSError, ValueError: the run cannot be read, or has no signatures.
    """
    if (file is None) == (text is None):
        raise console.Failure("near needs one text to look for: give a FILE, or --text", 2)
    try:
        wanted = text if file is None else file.read_text(encoding="utf-8")
    except OSError as error:
        raise console.Failure(f"cannot read {file}: {error.strerror}; check the path", 2) from None
    except UnicodeDecodeError:
        raise console.Failure(f"{file} is no text in UTF-8; give one that is", 2) from None
    store = Store(run)
    console.manifest_of(store)
    matches = find_near(store, wanted or "", min_similarity)
    if as_json:
        console.print_json({"matches": [dataclasses.asdict(match) for match in matches]})
        return
    table = Table("document", "source", "", "part, row", "similarity", "estimated", "removed as")
    for match in matches:
        place, similar = f"{match.unit}, {match.row}", f"{match.similarity:.3f}"
        table.add_row(
            match.doc_id, match.source, match.language, place, similar, f"{match.estimated:.3f}",
            match.removed or "",
        )  # fmt: skip
    console.out.print(table)
    console.say(f"{len(matches)} documents have a similarity of {min_similarity} or more")


def find_near(store: Store, text: str, least: float = 0.0) -> list[Match]:
    """Documents that resemble a text, the most similar first.

    Args:
      least: Jaccard similarity that a match has at least.

    Raises:
      ValueError: the run looked for exact duplicates alone, and has no signatures.
    """
    recipe = recipe_of(store)
    if not recipe.duplicates.near:
        raise ValueError(
            f"{store} has no signatures, since its recipe looks for exact duplicates alone; make a "
            "run into another folder with --set duplicates.near.preset=fineweb"
        )
    near = recipe.duplicates.near.resolved(recipe.seed)
    config = near.config()
    wanted = pa.array([text], pa.large_string())
    signature = minhash.signatures(wanted, config)
    if not bands.has_words(signature)[0]:
        return []
    ours = comparison.read(wanted, config, near.folded())
    matches = []
    for path in manifest.parts(store, "signatures"):
        unit = path.rsplit("/", 1)[-1].removesuffix(".parquet")
        table = store.read_table(path).combine_chunks()
        if not table.num_rows:
            continue
        batch = table.to_batches()[0]
        rows = candidates(batch["signature"], signature, config)
        if not len(rows):
            continue
        removed = store.read_table(f"duplicates/{unit}.parquet", ["row", "reason"]).to_pydict()
        reasons = dict(zip(removed["row"], removed["reason"], strict=True))
        texts = store.read_table(f"documents/{unit}.parquet", ["text"])["text"].take(rows)
        found = pa.array(texts.to_pylist(), pa.large_string())
        theirs = comparison.read(found, config, near.folded())
        true = comparison.jaccard(theirs, np.arange(len(rows)), ours, np.zeros(len(rows), np.int64))
        signed = batch["signature"].take(pa.array(rows))
        same = pa.concat_arrays([signature] * len(rows))
        for row, estimated, similarity in zip(
            rows, minhash.similarity(signed, same).to_pylist(), true.tolist(), strict=True
        ):
            if similarity >= least:
                matches.append(
                    Match(
                        batch["doc_id"][row].as_py().hex(),
                        batch["source"][row].as_py(),
                        batch["language"][row].as_py(),
                        unit,
                        row,
                        estimated,
                        similarity,
                        reasons.get(row),
                    )
                )
    return sorted(matches, key=lambda match: (-match.similarity, match.doc_id, match.row))


def candidates(
    signatures: pa.FixedSizeListArray,
    wanted: pa.FixedSizeListArray,
    config: MinHashConfig,
) -> list[int]:
    """Rows that share a band with the one wanted; an index would cost more than one look."""
    shared = bands.band_keys(signatures, config) == bands.band_keys(wanted, config)
    rows: list[int] = np.flatnonzero(shared.any(axis=0)).tolist()
    return rows
