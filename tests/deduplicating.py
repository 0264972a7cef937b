"""The stage `duplicates` alone, over texts that a test gives, and its result by naive means.

`python -m tests.deduplicating WORKERS RUN ...` runs it over parts that `write_run` left, with
forked workers, which a process that has used Beam cannot have.
"""

import dataclasses
import itertools
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash
from apache_beam.runners.portability.fn_api_runner import fn_runner

from dedup import exact, minhash
from dedup.settings import Duplicates, MinHash
from manifests import schemas
from manifests.manifest import stage_manifest
from manifests.store import Store
from pipelines.engines import dofn_specs, runners
from pipelines.recipe.recipe import Execution, Recipe
from pipelines.sources.units import WorkUnit
from pipelines.stages import buckets, duplicates
from pipelines.stages.context import StageContext
from pipelines.stages.settings import minhash_config


@dataclasses.dataclass(frozen=True)
class Document:
    """What the stage sees of a document; number and text make its identity."""

    number: int
    text: str | None
    priority: int = 0
    language: str = "en"

    @property
    def doc_id(self) -> bytes:
        content = xxhash.xxh3_64_digest((self.text or "").encode())
        return random.Random(self.number).randbytes(8) + content


Row = dict[str, Any]


def deduplicate(
    folder: Path,
    units: Sequence[Sequence[Document]],
    near: Mapping[str, Any] | None,
    partitions: int = 3,
    exchange: str = "files",
    against: Sequence[Path] = (),
    others: Sequence[Document] = (),
    rehydrate: Literal["fineweb-2"] | None = None,
) -> dict[int, Row]:
    """Runs the stage; rows of `duplicates/` by the removed document's number.

    Args:
      others: documents of earlier runs, whose identities may be survivors.
    """
    store = run_stage(folder, units, near, partitions, exchange, against, rehydrate)
    return rows_by_number(store, [d for unit in [*units, others] for d in unit])


def rows_by_number(store: Store, documents: Sequence[Document]) -> dict[int, Row]:
    """Rows of `duplicates/` by the removed document's number."""
    numbers = {d.doc_id: d.number for d in documents}
    found: dict[int, Row] = {}
    for path in store.list("duplicates"):
        for row in store.read_table(path).to_pylist():
            row["survivor"] = numbers[row["survivor"]]
            found[numbers[row["doc_id"]]] = row
    return found


def run_stage(
    folder: Path,
    units: Sequence[Sequence[Document]],
    near: Mapping[str, Any] | None,
    partitions: int = 3,
    exchange: str = "files",
    against: Sequence[Path] = (),
    rehydrate: Literal["fineweb-2"] | None = None,
) -> Store:
    recipe, planned = write_run(folder, units, near, partitions, against, rehydrate)
    return _run(Store(str(folder)), planned, recipe, exchange, _run_here)


def write_run(
    folder: Path,
    units: Sequence[Sequence[Document]],
    near: Mapping[str, Any] | None,
    partitions: int = 3,
    against: Sequence[Path] = (),
    rehydrate: Literal["fineweb-2"] | None = None,
) -> tuple[Recipe, list[WorkUnit]]:
    """All that the stage reads."""
    recipe = Recipe(
        name="test",
        duplicates=Duplicates(
            near=MinHash(**near) if near is not None else None,
            against=tuple(map(str, against)),
            rehydrate=rehydrate,
        ),
        execution=Execution(partitions=partitions),
    )
    store = Store(str(folder))
    planned = [write_unit(store, i, unit, recipe) for i, unit in enumerate(units)]
    store.write_json("plan.json", {"units": [dataclasses.asdict(unit) for unit in planned]})
    store.write_json("recipe.json", recipe.to_json())
    return recipe, planned


def run_planned(folder: Path, units: int, recipe: Recipe) -> Store:
    """Runs the stage over parts that `write_texts` left."""
    planned = [WorkUnit(i, "test", "jsonl", f"{i}") for i in range(units)]
    return _run(Store(str(folder)), planned, recipe, "files", _run_here)


Build = Callable[[beam.Pipeline], None]


def _run_here(build: Build) -> None:
    dofn_specs.remember()  # as the engine does
    pipeline = beam.Pipeline(runner=fn_runner.FnApiRunner())
    build(pipeline)
    pipeline.run().wait_until_finish()


def _run(
    store: Store,
    planned: list[WorkUnit],
    recipe: Recipe,
    exchange: str,
    run: Callable[[Build], None],
) -> Store:
    documents = sum(
        store.read_table(f"signatures/{unit.name}.parquet", ["doc_id"]).num_rows for unit in planned
    )
    text_bytes = sum(
        store.read_table(f"documents/{unit.name}.parquet", ["text"]).nbytes for unit in planned
    )
    kept = {"docs": documents, "text_bytes": text_bytes}
    upstream = {"documents": {"funnel": {"kept": kept}}}
    context = StageContext(store.root, recipe, tuple(planned), "key", "plan", exchange, upstream)
    run(lambda pipeline: duplicates.build(pipeline, context))
    return store


def main(workers: int, folders: Sequence[str]) -> None:
    with runners.start_engine(runners.DIRECT, workers, (), lambda: None) as engine:
        for folder in folders:
            store = Store(folder)
            recipe = Recipe.from_json(store.read_json("recipe.json"))
            planned = [WorkUnit(**fields) for fields in store.read_json("plan.json")["units"]]
            _run(store, planned, recipe, engine.exchange, lambda b: engine.run(b, str))


def counts(folder: Path) -> dict[str, int]:
    found: dict[str, int] = Store(str(folder)).read_json(stage_manifest("duplicates"))["counts"]
    return found


def write_unit(store: Store, index: int, documents: Sequence[Document], recipe: Recipe) -> WorkUnit:
    """The parts that the stage reads: `signatures/` and the text of `documents/`."""
    priority = documents[0].priority if documents else 0
    unit = WorkUnit(index, "test", "jsonl", f"{index}", priority=priority)
    text = pa.array([d.text for d in documents], pa.large_string())
    ids = pa.array([d.doc_id for d in documents], schemas.DOC_ID)
    _write_parts(store, unit, ids, text, recipe, [d.language for d in documents])
    return unit


def write_texts(
    store: Store, index: int, first: int, text: pa.LargeStringArray, recipe: Recipe
) -> None:
    """As `write_unit`, for many texts; their identities are hashes of numbers from `first` on."""
    ids = pa.array([identity(i) for i in range(first, first + len(text))], schemas.DOC_ID)
    _write_parts(store, WorkUnit(index, "test", "jsonl", f"{index}"), ids, text, recipe)


def identity(number: int) -> bytes:
    """A document's identity, which is a hash, as those of real documents are."""
    return xxhash.xxh3_128_digest(number.to_bytes(8, "little"))


def _write_parts(
    store: Store,
    unit: WorkUnit,
    ids: pa.FixedSizeBinaryArray,
    text: pa.LargeStringArray,
    recipe: Recipe,
    language: Sequence[str] = (),
) -> None:
    config = minhash_config(recipe)
    columns: list[Any] = [
        ids,
        pa.array(["test"] * len(ids)),
        pa.array(language or ["en"] * len(ids), pa.string()),
        pc.fill_null(pc.binary_length(text), 0).cast(pa.int64()),
        exact.text_hash(text),
    ]
    if config:
        columns.append(minhash.signatures(text, config))
    signed = pa.record_batch(columns, schema=buckets.signatures_schema(config))
    with store.write_part(f"signatures/{unit.name}.parquet", signed.schema) as part:
        part.write(signed)
    texts = pa.record_batch([text], schema=pa.schema([schemas.TEXT_FIELD]))
    with store.write_part(f"documents/{unit.name}.parquet", texts.schema) as part:
        part.write(texts)


def jaccard(a: str, b: str, words: int = 5) -> float:
    """Of sets of n words in a row, of lower-case words between spaces."""
    sides = []
    for text in (a, b):
        found = text.split()
        count = max(1, len(found) - words + 1)
        sides.append({tuple(found[i : i + words]) for i in range(count)})
    return len(sides[0] & sides[1]) / len(sides[0] | sides[1])


def story(seed: int, words: int = 120) -> list[str]:
    rng = random.Random(seed)
    letters = "abcdefghijklmnopqrstuvwxyz"
    return ["".join(rng.choices(letters, k=5)) for _ in range(words)]


def edited(words: Sequence[str], changes: int, seed: int) -> list[str]:
    """Words with runs replaced at random places."""
    rng = random.Random(seed)
    changed = list(words)
    for _ in range(changes):
        changed[rng.randrange(len(changed))] = "".join(rng.choices("abcdefgh", k=6))
    return changed


def families(count: int, copies: int, seed: int = 1) -> list[Document]:
    """Stories, each with edited copies, exact copies among them, and pages without words."""
    numbers = itertools.count()
    documents = []
    rng = random.Random(seed)
    for family in range(count):
        base = story(seed * 10_000 + family, rng.randrange(60, 160))
        documents.append(Document(next(numbers), " ".join(base)))
        for copy in range(rng.randrange(copies + 1)):
            base = edited(base, rng.randrange(0, 5), family * 100 + copy)
            documents.append(Document(next(numbers), " ".join(base)))
    documents += [Document(next(numbers), text) for text in ("", None, "…", "…", "!", "one")]
    return documents


def in_units(documents: Sequence[Document], count: int, seed: int) -> list[list[Document]]:
    """Shuffled and dealt to units, of which one is empty."""
    order = list(documents)
    random.Random(seed).shuffle(order)
    bounds = np.linspace(0, len(order), count + 1).astype(int)
    units = [order[a:b] for a, b in itertools.pairwise(bounds)]
    return [*units, []]


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
