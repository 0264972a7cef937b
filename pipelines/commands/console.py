"""The terminal that commands print to, and the ends that they have in common."""

import json
import re
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Console as RichConsole
from rich.console import ConsoleOptions, RenderableType
from rich.segment import Segment

if TYPE_CHECKING:
    from manifests.store import Store

# What moves the cursor of a terminal, colours it, renames its window, or turns the order of text.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Console(RichConsole):
    """A terminal that shows control characters of what is printed, and does not obey them.

    Names, addresses and texts come from strangers.
    """

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=escaped(segment.text))


def escaped(text: str) -> str:
    """Text with its control characters, but tabs and newlines, as escapes of Python."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


# A pipe has no width: tables take what they need there, and no name is cut or wrapped.
_PIPE_COLUMNS = 1 << 14
# No emoji: a path may hold `:bug:`.
out = Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else _PIPE_COLUMNS)
err = Console(stderr=True, highlight=False, emoji=False)


def say(line: str) -> None:
    """Prints a line as it is: not wrapped, and with nothing in it taken for rich's markup."""
    line = escaped(line).replace("\n", "\\n")  # rich drops some of them
    out.print(line, markup=False, soft_wrap=True)


def print_json(value: object) -> None:
    """Prints one JSON document: what `--json` asks for in the place of tables."""
    text = json.dumps(value, indent=1, ensure_ascii=False)
    print(_CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text))  # JSON escapes only some


class Failure(Exception):
    """A command cannot do what it was asked for; the message says why.

    Attributes:
      code: exit code of the process: 1 failed, 2 wrong usage.
    """

    def __init__(self, message: object, code: int) -> None:
        super().__init__(str(message))
        self.code = code


def tell_if_written(store: "Store") -> None:
    """Says on stderr that a run is at work in the folder, so that what is read may change."""
    from manifests.lease import writer_of

    if writer := writer_of(store):
        err.print(f"{store} is being written by {writer}", markup=False, soft_wrap=True)


def why_unreadable(run: str) -> str | None:
    """Why a command that reads a run may have failed: the run is damaged, or does not answer.

    Returns:
      A sentence; None if all files are there, and what is no table is as it was written.
    """
    from manifests.addresses import masked
    from manifests.store import Store
    from manifests.verify import verify

    try:
        fault = next(verify(Store(run), tables=False), None)
    except FileNotFoundError:
        return None
    except Exception as error:  # of whatever library reads such a store
        return f"{run} cannot be read: {masked(run, str(error) or type(error).__name__)}"
    return fault and f"{run} is damaged: {fault}; winnow verify names all of its faults"


def expect_split(split: str) -> None:
    """Ends a command that was asked for a split that there is not."""
    from manifests.schemas import SPLITS
    from manifests.suggestions import suggest

    if split not in SPLITS:
        raise Failure(
            f"no split {split!r}, known are {', '.join(SPLITS)}{suggest(split, SPLITS)}", 2
        )


def expect_empty(out: "Store", where: str) -> None:
    """Ends a command that would write among other files."""
    if out.list(""):
        raise Failure(f"{where} is not empty; give another --out, or empty it", 2)


def shards_of(store: "Store", content: Mapping[str, Any]) -> list[str]:
    """The paths of a run's shards, in their order.

    Args:
      content: `reproducible` of its manifest.

    Raises:
      Failure: it has none.
    """
    from manifests import files

    if "shards" not in content:
        raise Failure(f"{store} has no shards; a run with `last_stage: shards` writes them", 1)
    return files.paths(store, "shards")


def is_made_of_a_run(store: "Store") -> bool:
    """Whether `winnow pack` or `winnow export` wrote a folder; packed ones have an index."""
    from manifests.folders import FOLDER_FILE
    from manifests.manifest import MANIFEST_FILE

    files = (FOLDER_FILE, "index.parquet")
    return not store.exists(MANIFEST_FILE) and any(map(store.exists, files))


def manifest_of(store: "Store") -> Any:
    """The manifest of a finished run.

    Raises:
      Failure: the run is not finished, or its manifest is damaged.
    """
    from manifests import manifest
    from manifests.store import Damaged

    if not store.exists(manifest.MANIFEST_FILE):
        done = manifest.complete_stages(store)
        hint = f"; complete so far: {', '.join(done)}" if done else ""
        if not done and store.folders() and not store.exists(manifest.PLAN_FILE):
            hint = ", and no folder in it is one"
        if not done and is_made_of_a_run(store):
            hint = (
                ", but what winnow pack or winnow export wrote; winnow inspect, verify and "
                "takedown take such a folder, other commands the run that it was made of"
            )
        raise Failure(f"there is no finished run in {store}{hint}", 1)
    try:
        return manifest.read(store)
    except Damaged as error:
        raise Failure(f"{error}; the same winnow run makes it anew", 1) from error
    except ValueError as error:
        raise Failure(f"{error}; make the run anew with --overwrite", 1) from error
