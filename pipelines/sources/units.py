"""Work units: what one worker reads in one go, a file or a range of one."""

import dataclasses
import json
from typing import Any, Self, TypeAlias

Span: TypeAlias = tuple[str, int, int]  # address of a file, offset and number of bytes


@dataclasses.dataclass(frozen=True)
class WorkUnit:
    """A file, or a range of one, as planned.

    Attributes:
      index: position in the plan; names the parts that the unit writes.
      source: name of the source in the recipe.
      kind: reader, a key of `pipelines.sources.KINDS`.
      path: as the recipe resolves it (local, `package:` or any fsspec URL).
      start, end: the range in the kind's own terms: bytes for line files, row groups for
        Parquet. `end` is -1 for "to the end of the file".
      size_bytes: of the range, as stored (compressed); drives progress and balance.
      fingerprint: changes when the stored file changes (size and modification time or
        entity tag); a rerun reads the unit again when it differs.
      priority: of the source; among duplicates the lowest survives.
      options: the source's reader options (field map and the like), sorted by name.
      spans: what the unit reads in the place of `path` where an index chose its records.
      label: the path below the last folder that the source spells out; records without an id
        of their own are named by it, so that equal file names in two folders do not meet.
    """

    index: int
    source: str
    kind: str
    path: str
    start: int = 0
    end: int = -1
    size_bytes: int = 0
    fingerprint: str = ""
    priority: int = 0
    options: tuple[tuple[str, Any], ...] = ()
    label: str = ""
    spans: tuple[Span, ...] = ()

    @property
    def name(self) -> str:
        """The stem of every part that this unit writes."""
        return f"{self.index:06d}"

    def __str__(self) -> str:
        span = "" if self.end < 0 else f" [{self.start}:{self.end}]"
        return f"unit {self.name} ({self.path}{span})"

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), sort_keys=True, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        fields = json.loads(text)
        fields["options"] = tuple((k, v) for k, v in fields["options"])
        fields["spans"] = tuple((path, start, size) for path, start, size in fields["spans"])
        return cls(**fields)
