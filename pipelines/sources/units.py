"""Work units: a file, or a range of a file, that one worker reads from beginning to end."""

import dataclasses
import json
from typing import Any, Self, TypeAlias

Span: TypeAlias = tuple[str, int, int]  # address of a file, offset and number of bytes


@dataclasses.dataclass(frozen=True)
class WorkUnit:
    """A file, or a range of a file, as planned.

    Attributes:
      index: position in the plan; the unit's parts are named by it.
      source: name of the source in the recipe.
      kind: reader, a key of `pipelines.sources.KINDS`.
      path: the path from the recipe (local, `package:` or any fsspec URL).
      start, end: the range, in bytes for line files and in row groups for Parquet. If `end` is -1,
        the range ends with the file.
      size_bytes: the stored (compressed) size of the range, for progress and balance.
      fingerprint: changes if the stored file changes (size, and modification time or entity tag). A
        run that is repeated then reads the unit again.
      priority: the priority of the source; among duplicates the lowest survives.
      options: the source's options for the reader, such as a field map, sorted by name.
      spans: byte ranges that are read instead of `path`, if an index chose the records.
      label: the path below the last folder that the source names. The ids of records without their
        own id begin with it, so that files with equal names in two folders differ.
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
        """The stem of the names of all parts that the unit writes."""
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
