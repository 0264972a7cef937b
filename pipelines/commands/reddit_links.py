"""`winnow reddit-links`: the URLs that Reddit's submissions link to, as WebText chose its pages."""

from collections.abc import Sequence
from pathlib import Path

from pipelines.commands import console
from pipelines.sources import expand
from pipelines.sources.url_lists import reddit_links


def command(dumps: Sequence[str], file: Path, min_score: int) -> None:
    """Writes them to a file, one URL a line.

    Raises:
      OSError: a dump cannot be read, or the file not be written.
    """
    found = reddit_links([path for dump in dumps for path in expand(dump)], min_score)
    file.write_text("".join(f"{url}\n" for url in found), encoding="utf-8")
    console.say(f"{len(found)} URLs in {file}")
