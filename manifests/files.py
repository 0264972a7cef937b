"""The files of a run: a table beside the manifest, which has their number and digest by stage."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from manifests import schemas
from manifests.statistics import digest_of
from manifests.store import ROW_GROUP_ROWS, Store, WrittenFile

FILES_FILE = "files.parquet"
_BATCH_ROWS = 1 << 16
RECORDS = ""  # in the place of a stage: plan, recipe, and what stages wrote down


def summary(files: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What the manifest says of a stage's files: number and size, and a digest of their rows.

    Args:
      files: `WrittenFile` as JSON; further keys are left out.
    """
    rows = _sorted(files)
    return {
        "count": len(rows),
        "size_bytes": sum(size for _, size, _, _ in rows),
        "sha256": digest_of(rows),
    }


def write(store: Store, files: Mapping[str, Iterable[Mapping[str, Any]]]) -> WrittenFile:
    """Writes `files.parquet` (`schemas.FILES`): the files of each stage by path, and the records.

    Args:
      files: `WrittenFile` as JSON, by stage.
    """
    with store.write_part(FILES_FILE, schemas.FILES) as part:
        for stage, some in files.items():
            rows = _sorted(some)
            for start in range(0, len(rows), ROW_GROUP_ROWS):
                columns = zip(*rows[start : start + ROW_GROUP_ROWS], strict=True)
                arrays = [pa.array(c, f.type) for f, c in zip(_FIELDS, columns, strict=True)]
                stages = pa.repeat(pa.scalar(stage, pa.string()), len(arrays[0]))
                part.write(pa.RecordBatch.from_arrays([stages, *arrays], schema=schemas.FILES))
    return part.written


def read(store: Store, *stages: str) -> Iterator[dict[str, Any]]:
    """The files of some stages, or else all that are listed, as `WrittenFile` gives them as JSON.

    Raises:
      FileNotFoundError: the run has no such table.
      ValueError: it is damaged.
    """
    import pyarrow.compute as pc  # a tenth of what `winnow inspect` takes

    for batch in store.read_batches(FILES_FILE, _BATCH_ROWS):
        if stages:
            batch = batch.filter(pc.is_in(batch["stage"], pa.array(stages)))
        yield from batch.drop_columns("stage").to_pylist()


def by_stage(store: Store) -> dict[str, list[dict[str, Any]]]:
    """The same of all stages, told apart; raises as `read`."""
    found: dict[str, list[dict[str, Any]]] = {}
    for batch in store.read_batches(FILES_FILE, _BATCH_ROWS):
        for row in batch.to_pylist():
            found.setdefault(row.pop("stage"), []).append(row)
    return found


def paths(store: Store, folder: str) -> list[str]:
    """The paths of listed files of a folder, sorted; raises as `read`."""
    import pyarrow.compute as pc  # a tenth of what `winnow inspect` takes

    found: list[str] = []
    for batch in store.read_batches(FILES_FILE, _BATCH_ROWS, ["path"]):
        below = pc.starts_with(batch["path"], f"{folder}/")
        found += batch["path"].filter(below).to_pylist()
    return sorted(found)


def written(store: Store, wanted: Sequence[str]) -> set[str]:
    """Which of some files, that not all runs have, the run wrote; raises as `read`.

    One that it wrote may be missing now, and then it is an error to read it.
    """
    import pyarrow.compute as pc  # a tenth of what `winnow inspect` takes

    found: set[str] = set()
    for batch in store.read_batches(FILES_FILE, _BATCH_ROWS, ["path"]):
        found.update(batch["path"].filter(pc.is_in(batch["path"], pa.array(wanted))).to_pylist())
    return found


def table_of(store: Store, path: str) -> pa.Table | None:
    """A table that not all runs have; None if this one has not. Raises as `read`."""
    return store.read_table(path) if written(store, [path]) else None


_FIELDS = [schemas.FILES.field(name) for name in ("path", "size_bytes", "sha256", "rows")]


def _sorted(files: Iterable[Mapping[str, Any]]) -> list[tuple[str, int, str, int]]:
    return sorted((f["path"], f["size_bytes"], f["sha256"], f["rows"]) for f in files)
