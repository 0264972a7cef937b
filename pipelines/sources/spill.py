"""Posts that wait on disk until their whole thread is read."""

import itertools
import pickle
import sqlite3
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CACHE_KB = 65_536  # memory of SQLite


class Spill:
    """Rows by group, in a temporary file that SQLite keeps sorted.

    Groups come back in the order of their numbers, and rows in the order of their keys, no matter
    in which order they were added. The file is in the folder that TMPDIR names. It is about as
    large as the rows when compressed with zlib.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="winnow-threads-")
        path = Path(self._folder.name) / "rows"
        self._rows = sqlite3.connect(path, isolation_level=None)
        # Nothing has to survive a crash, since the unit is then read again.
        self._rows.execute("PRAGMA journal_mode = OFF")
        self._rows.execute("PRAGMA synchronous = OFF")
        self._rows.execute(f"PRAGMA cache_size = -{CACHE_KB}")
        self._rows.execute(
            "CREATE TABLE rows (thread INT, late INT, rank INT, number INT, content BLOB, "
            "PRIMARY KEY (thread, late, rank, number)) WITHOUT ROWID"
        )
        self._rows.execute("BEGIN")

    def put(self, group: int, key: tuple[bool, int, int], row: dict[str, Any]) -> bool:
        """Adds a row. Returns False if the group already has a row with this key.

        Raises:
          OverflowError: a number has more than 64 bits.
        """
        content = zlib.compress(pickle.dumps(row), 1)
        done = self._rows.execute(
            "INSERT OR IGNORE INTO rows VALUES (?, ?, ?, ?, ?)", (group, *key, content)
        )
        return done.rowcount > 0

    def groups(self) -> Iterator[tuple[int, Iterator[dict[str, Any]]]]:
        """Each group and its rows, which must be read before the next group is asked for."""
        found = self._rows.execute(
            "SELECT thread, content FROM rows ORDER BY thread, late, rank, number"
        )
        for group, rows in itertools.groupby(found, key=lambda row: row[0]):
            yield group, (pickle.loads(zlib.decompress(content)) for _, content in rows)

    def close(self) -> None:
        self._rows.close()
        self._folder.cleanup()
