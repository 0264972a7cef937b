"""Counts of what happened to the rows of a stage, and the accumulator that merges them.

A stage balances when rows in = kept + dropped (by reason) + errors, in documents and in bytes.
In stage `documents`, `bytes` counts the records as read; in later stages it counts text.
"""

import collections
import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Self

import pyarrow as pa

from manifests.sketches import Values
from manifests.store import WrittenFile

KEPT, DROPPED, ERROR = "kept", "dropped", "error"


def canonical_json(value: Any) -> str:
    """JSON with sorted keys, without spaces, in ASCII, so that equal values give equal strings."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest_of(value: Any) -> str:
    """SHA-256 of a value's canonical JSON, hexadecimal."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def total(column: pa.Array | pa.ChunkedArray) -> int:
    """The sum of an integer column; 0 for no rows."""
    import pyarrow.compute as pc  # a tenth of what `winnow inspect` takes, which adds up none

    return int(pc.sum(column).as_py() or 0)


def tokens(rows: pa.RecordBatch | pa.Table) -> dict[str, int]:
    """Tokens of rows of shards by the name of their count, of all and by source and language.

    Args:
      rows: columns `source`, `language`, `n_tokens`.
    """
    found = {"tokens": total(rows["n_tokens"])}
    for field in ("source", "language"):
        groups = pa.table([rows[field], rows["n_tokens"]], [field, "n"]).group_by(field)
        for one in groups.aggregate([("n", "sum")]).to_pylist():
            found[f"tokens.{field}.{one[field]}"] = one["n_sum"]
    return found


@dataclasses.dataclass
class Count:
    """Numbers of documents, bytes (the module says which) and bytes of text."""

    docs: int = 0
    bytes: int = 0
    text_bytes: int = 0

    def add(self, docs: int, bytes_: int, text_bytes: int) -> None:
        self.docs += docs
        self.bytes += bytes_
        self.text_bytes += text_bytes

    def to_json(self) -> dict[str, int]:
        return {"docs": self.docs, "bytes": self.bytes, "text_bytes": self.text_bytes}


# (outcome, source, language, reason); reason is "" for kept rows.
Key = tuple[str, str, str, str]


class Funnel:
    """Counts rows that come in and their outcomes. Merging is associative and commutative.

    Attributes:
      outcomes: rows by outcome and, where they were dropped, by the reason that came first.
      failing: by source, language and reason, how many rows have the reason among theirs, and how
        many have no other. Of rows with a column `reasons`.
    """

    def __init__(self) -> None:
        self.rows_in = Count()
        self.outcomes: dict[Key, Count] = collections.defaultdict(Count)
        self.failing: collections.Counter[tuple[str, str, str, bool]] = collections.Counter()

    def count_in(self, docs: int, bytes_: int) -> None:
        """Counts rows before anything is decided, so that the balance can be checked."""
        self.rows_in.add(docs, bytes_, 0)

    def count(self, outcome: str, batch: pa.RecordBatch | pa.Table, bytes_column: str) -> None:
        """Counts the rows of a batch by source, language and reason, if it has such columns."""
        if not batch.num_rows:
            return
        names = batch.schema.names
        empty = pa.array([""] * batch.num_rows, pa.string())
        columns = {
            "source": batch["source"],
            "language": batch["language"] if "language" in names else empty,
            "reason": batch["reason"] if "reason" in names and outcome != KEPT else empty,
            "bytes": batch[bytes_column],
            "text_bytes": batch["text_bytes"] if "text_bytes" in names else None,
        }
        if columns["text_bytes"] is None:
            columns["text_bytes"] = pa.repeat(0, batch.num_rows)
        groups = (
            pa.table(columns)
            .group_by(["source", "language", "reason"])
            .aggregate([("bytes", "count"), ("bytes", "sum"), ("text_bytes", "sum")])
        )
        for row in groups.to_pylist():
            self.outcomes[outcome, row["source"], row["language"], row["reason"]].add(
                row["bytes_count"], row["bytes_sum"], row["text_bytes_sum"]
            )
        if "reasons" in names and outcome == DROPPED:
            self._count_failing(batch)

    def _count_failing(self, batch: pa.RecordBatch | pa.Table) -> None:
        import pyarrow.compute as pc

        row = pc.list_parent_indices(batch["reasons"])
        is_alone = pc.equal(pc.list_value_length(batch["reasons"]), 1)
        columns = [batch["source"].take(row), batch["language"].take(row)]
        columns += [pc.list_flatten(batch["reasons"]), is_alone.take(row)]
        names = ["source", "language", "reason", "alone"]
        groups = pa.table(columns, names).group_by(names).aggregate([([], "count_all")])
        for one in groups.to_pylist():
            self.failing[tuple(one[name] for name in names)] += one["count_all"]

    def merge(self, other: Self) -> None:
        self.rows_in.add(other.rows_in.docs, other.rows_in.bytes, other.rows_in.text_bytes)
        for key, count in other.outcomes.items():
            self.outcomes[key].add(count.docs, count.bytes, count.text_bytes)
        self.failing += other.failing

    def total(self, outcome: str, **where: str) -> Count:
        """The sum over one outcome, e.g. `total(DROPPED, reason="pii")`."""
        names = ("outcome", "source", "language", "reason")
        total = Count()
        for key, count in self.outcomes.items():
            fields = dict(zip(names, key, strict=True))
            if key[0] == outcome and all(fields[k] == v for k, v in where.items()):
                total.add(count.docs, count.bytes, count.text_bytes)
        return total

    def by(self, outcome: str | None, field: str) -> dict[str, Count]:
        """Counts of an outcome, or of all, by "source", "language" or "reason", largest first."""
        position = {"source": 1, "language": 2, "reason": 3}[field]
        groups: dict[str, Count] = collections.defaultdict(Count)
        for key, count in self.outcomes.items():
            if outcome in (None, key[0]):
                groups[key[position]].add(count.docs, count.bytes, count.text_bytes)
        return dict(sorted(groups.items(), key=lambda item: (-item[1].docs, item[0])))

    def failing_by_reason(self) -> dict[str, tuple[int, int]]:
        """Of each reason, how many rows have it, and how many have no other."""
        found: dict[str, tuple[int, int]] = {}
        for (_, _, reason, alone), docs in self.failing.items():
            every, only = found.get(reason, (0, 0))
            found[reason] = (every + docs, only + docs * alone)
        return found

    def imbalance(self) -> str | None:
        """None if rows in = kept + dropped + errors; otherwise a sentence about the difference."""
        for unit in ("docs", "bytes"):
            parts = {o: getattr(self.total(o), unit) for o in (KEPT, DROPPED, ERROR)}
            rows_in = getattr(self.rows_in, unit)
            if rows_in != sum(parts.values()):
                return (
                    f"{rows_in:,} {unit} in, but {parts[KEPT]:,} kept + {parts[DROPPED]:,} "
                    f"dropped + {parts[ERROR]:,} errors = {sum(parts.values()):,}"
                )
        return None

    def to_json(self) -> dict[str, Any]:
        rows = [
            {"outcome": o, "source": s, "language": lang, "reason": r, **count.to_json()}
            for (o, s, lang, r), count in sorted(self.outcomes.items())
        ]
        return {
            "in": {"docs": self.rows_in.docs, "bytes": self.rows_in.bytes},
            **{o: self.total(o).to_json() for o in (KEPT, DROPPED, ERROR)},
            "rows": rows,
            "failing": [
                {"source": s, "language": lang, "reason": r, "alone": alone, "docs": docs}
                for (s, lang, r, alone), docs in sorted(self.failing.items())
            ],
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        funnel = cls()
        funnel.count_in(fields["in"]["docs"], fields["in"]["bytes"])
        for row in fields["rows"]:
            key = (row["outcome"], row["source"], row["language"], row["reason"])
            funnel.outcomes[key].add(row["docs"], row["bytes"], row["text_bytes"])
        for row in fields["failing"]:
            key_ = (row["source"], row["language"], row["reason"], row["alone"])
            funnel.failing[key_] += row["docs"]
        return funnel


class Input(NamedTuple):
    """A file, or a range of one, as it was read.

    Attributes:
      start, end: the range, in the terms of the source's kind; an `end` of -1 is that of the file.
      size_bytes: the stored size as planned.
      sha256: of the stored bytes; empty if they could not be read.
    """

    source: str
    path: str
    start: int
    end: int
    size_bytes: int
    sha256: str

    @property
    def name(self) -> str:
        return f"{self.source}:{self.path}[{self.start}:{self.end}]"


@dataclasses.dataclass
class StageReport:
    """What a stage did: its funnel, the files it wrote, the inputs it read, extra counts.

    Each work unit makes one; `merge` adds them up in any order and grouping.

    Attributes:
      counts: named sums (`pii_email`, `tokens`), added when merged.
      inputs: the raw files that were read.
      values: what was measured. They are a table beside the manifest, not a part of its JSON.
    """

    funnel: Funnel = dataclasses.field(default_factory=Funnel)
    files: dict[str, WrittenFile] = dataclasses.field(default_factory=dict)
    inputs: set[Input] = dataclasses.field(default_factory=set)
    counts: dict[str, int] = dataclasses.field(default_factory=dict)
    values: Values = dataclasses.field(default_factory=Values)

    def add_file(self, file: WrittenFile) -> None:
        self.files[file.path] = file

    def add_count(self, name: str, value: int) -> None:
        self.counts[name] = self.counts.get(name, 0) + value

    def merge(self, other: Self) -> None:
        self.funnel.merge(other.funnel)
        self.files.update(other.files)
        self.inputs.update(other.inputs)
        for name, value in other.counts.items():
            self.add_count(name, value)
        self.values.merge(other.values)

    @classmethod
    def merged(cls, reports: Iterable[Self]) -> Self:
        total = cls()
        for report in reports:
            total.merge(report)
        return total

    def to_json(self) -> dict[str, Any]:
        return {
            "funnel": self.funnel.to_json(),
            "files": [self.files[path].to_json() for path in sorted(self.files)],
            "inputs": sorted(self.inputs),
            "counts": dict(sorted(self.counts.items())),
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        files = [WrittenFile.from_json(f) for f in fields["files"]]
        return cls(
            Funnel.from_json(fields["funnel"]),
            {f.path: f for f in files},
            {Input(*one) for one in fields["inputs"]},
            dict(fields["counts"]),
        )
