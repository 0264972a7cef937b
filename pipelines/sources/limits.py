"""Limits of how large content may be compared with its stored bytes, against bombs."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, Self

# A member (stream, frame) with less content may have any ratio: a small file of blanks is no bomb.
FREE_BYTES = 16 << 20
# All members of a unit together may have so much of any ratio: 15 MB of blanks fit in 500 bytes of
# zstd, and a file may have any number of such frames.
FREE_BYTES_OF_ALL = 64 << 20


def positive_options(kind: type, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a source that are fields of a dataclass of numbers.

    Raises:
      ValueError: an option is no positive number.
    """
    given = {f.name: options[f.name] for f in dataclasses.fields(kind) if f.name in options}
    for name, value in given.items():
        if (
            isinstance(value, bool)
            or not isinstance(value, (int, float))
            or not 0 < value < math.inf
        ):
            raise ValueError(f"option {name!r} is {value!r}, not a positive number")
    return given


@dataclasses.dataclass(frozen=True)
class Limits:
    """Limits of decompression. A source's options have the same names.

    Attributes:
      max_ratio: bytes of content for one stored byte, in a gzip member, zstd frame or bzip2 file;
        checked from 16 MB of content on, and for all members of a unit together from 64 MB on.
        Text has ratios of 3 to 50.
      max_content_mb: content of a work unit; without it there is no limit.
    """

    max_ratio: float = 200
    max_content_mb: float | None = None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """Makes limits of a source's options.

        Raises:
          ValueError: an option is no positive number.
        """
        return cls(**positive_options(cls, options))

    def outgrown(self, content: int, stored: int, free: int = FREE_BYTES) -> str | None:
        """A message if a member has too much content for its stored bytes, else None.

        Args:
          free: so much content may have any ratio.
        """
        if content <= free or content <= self.max_ratio * stored:
            return None
        return f"grows to more than {self.max_ratio:g} times its size (max_ratio)"

    def too_much(self, content: int) -> str | None:
        """A message if a unit has too much content, else None."""
        if self.max_content_mb is None or content <= self.max_content_mb * 1e6:
            return None
        return f"the content is larger than max_content_mb ({self.max_content_mb:g} MB)"


OPTIONS = frozenset(field.name for field in dataclasses.fields(Limits))
