"""Work units: a file, a range of one, or several small files, read by one worker to the end."""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Self, TypeAlias

LAYOUT = "layout"  # an option that plans add: `documents.text`, where that is not plain
Span: TypeAlias = tuple[str, int, int]  # address of a file, offset and number of bytes


class GroupedFile(NamedTuple):
    """A small file that a unit reads with others; the fields are those of `WorkUnit`.

    Its path is the unit's `path` and this label.
    """

    label: str
    size_bytes: int
    fingerprint: str


@dataclasses.dataclass(frozen=True)
class WorkUnit:
    """A file, a range of a file, or a group of small files, as planned.

    Attributes:
      index: position in the plan; the unit's parts are named by it.
      source: name of the source in the recipe.
      kind: reader, a key of `pipelines.sources.KINDS`.
      path: the path from the recipe (local, `package:` or any fsspec URL); of a group, what the
        paths of its files begin with.
      start, end: the range, in bytes for line files and in row groups for Parquet. If `end` is -1,
        the range ends with the file.
      size_bytes: the stored (compressed) size of the range, for progress and balance.
      fingerprint: changes if the stored file changes (size, and modification time or entity tag). A
        run that is repeated then reads the unit again.
      priority: the priority of the source; among duplicates the lowest survives.
      options: the source's options for the reader, such as a field map, sorted by name;
        of kinds that make the text, also LAYOUT.
      spans: byte ranges that are read instead of `path`, if an index chose the records.
      group: the whole files that are read one after the other, if the unit is several.
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
    group: tuple[GroupedFile, ...] = ()

    @property
    def name(self) -> str:
        """The stem of the names of all parts that the unit writes."""
        return f"{self.index:06d}"

    def __str__(self) -> str:
        if self.group:
            told = f"{len(self.group):,} files from {self.path}{self.group[0].label} on"
        else:
            told = self.path if self.end < 0 else f"{self.path} [{self.start}:{self.end}]"
        return f"unit {self.name} ({told})"

    def files(self) -> Iterator[Self]:
        """The unit of each file: those of a group are read as if each were planned alone."""
        if not self.group:
            yield self
        for label, size_bytes, fingerprint in self.group:
            yield dataclasses.replace(
                self,
                path=self.path + label,
                size_bytes=size_bytes,
                fingerprint=fingerprint,
                label=label,
                group=(),
            )

    def whole(self) -> Self:
        """The unit of a file, as if it were not split."""
        return dataclasses.replace(self, start=0, end=-1)

    def without_files(self) -> Self:
        """The unit for stages that read the parts it left, and need not know of what."""
        return dataclasses.replace(self, options=(), spans=(), group=())

    def to_fields(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Self:
        """The unit of what JSON made of `to_fields`."""
        read = dict(fields)
        read["options"] = tuple((k, v) for k, v in fields["options"])
        read["spans"] = tuple((path, start, size) for path, start, size in fields["spans"])
        read["group"] = tuple(GroupedFile(*file) for file in fields.get("group", ()))
        return cls(**read)

    def to_json(self) -> str:
        return json.dumps(self.to_fields(), sort_keys=True, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        return cls.from_fields(json.loads(text))
