"""What is kept of planted texts: of different ones all should be, of printed ones one of each two.

python -m benchmarks.dedup_planted
"""

import winnow
from tests import planted_duplicates as planted


def _kept(texts: list[str]) -> int:
    return sum(winnow.deduplicate(texts, {"preset": "fineweb"})["kept"].to_pylist())


def main() -> None:
    print("| planted | texts | should be kept | kept |\n| --- | --- | --- | --- |")
    for kind in planted.DIFFERENT:
        texts = planted.different(kind)
        print(f"| {kind} | {len(texts)} | {len(texts)} | {_kept(texts)} |")
    for kind in planted.SAME:
        texts = planted.same(kind)
        print(f"| {kind}, twice each | {len(texts)} | {len(texts) // 2} | {_kept(texts)} |")
    for kind in ("arithmetic", "timetables"):
        texts = planted.reprinted(kind)
        print(f"| {kind}, reprinted | {len(texts)} | {len(texts) // 2} | {_kept(texts)} |")
    for kind in planted.NUMBERS:
        texts = planted.under_two_headings(kind)
        print(f"| {kind} under two headings | {len(texts)} | {len(texts) // 2} | {_kept(texts)} |")


if __name__ == "__main__":
    main()
