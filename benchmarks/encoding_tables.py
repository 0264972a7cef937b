"""The tables of `filters.encodings.tables`, from the indexes that the Encoding Standard publishes.

    python -m benchmarks.encoding_tables FOLDER

FOLDER holds the standard's `index-*.txt` (https://encoding.spec.whatwg.org/#indexes), whose lines
are a pointer and a code point. They are BSD-3-Clause where they are part of software.
"""

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

from filters.encodings.labels import ENCODINGS, REPLACEMENT
from filters.encodings.tables import FILE

# Pointers of the encodings of two bytes; all other indexes have the 128 upper bytes of one.
POINTERS = {
    "jis0208": 11_280, "jis0212": 8_836, "euc-kr": 23_940, "gb18030": 23_940, "big5": 19_782,
}  # fmt: skip
RANGES = "gb18030-ranges"


def index(folder: Path, name: str) -> list[tuple[int, int]]:
    """The pairs of pointer and code point of an index."""
    lines = (folder / f"index-{name}.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("\t")[:2] for line in lines if line.strip() and not line.startswith("#")]
    return [(int(pointer), int(code, 16)) for pointer, code in pairs]


def table(folder: Path, name: str, pointers: int) -> npt.NDArray[np.uint32]:
    """Code points by pointer; 0 where there is none."""
    found = np.zeros(pointers, np.uint32)
    for pointer, code in index(folder, name):
        found[pointer] = code
    return found


def main(folder: Path) -> None:
    names = [n.lower() for n in ENCODINGS if (folder / f"index-{n.lower()}.txt").exists()]
    single = sorted(set(names) - set(POINTERS) - {REPLACEMENT})
    np.savez_compressed(
        FILE,
        single_byte_names=np.array(single),
        single_byte=np.array([table(folder, name, 128) for name in single], np.uint16),
        **{RANGES: np.array(index(folder, RANGES), np.int32)},
        **{name: table(folder, name, count) for name, count in POINTERS.items()},
    )
    print(f"{len(single)} encodings of one byte, {FILE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
