"""docs/manifests.md, with what the commands print about a run of the demo: `make manifests`, or
`python -m tests.manifests_page > docs/manifests.md`. tests/test_diff.py fails when it is stale.
"""

import re
import shlex
import shutil
import tempfile
from pathlib import Path

from tests.winnow import winnow

# The other run of `winnow diff`.
CHANGES = (
    "documents.rules.fineweb_quality.max_short_line_ratio=0.4",
    "duplicates.near=null",
    "tokenizer.vocab_size=2048",
)
_PAGE = Path(__file__).with_suffix(".md")  # commands stand in it in braces


def page(demo: Path, stricter: Path, folder: Path) -> str:
    """The whole page.

    Args:
      demo, stricter: finished runs of the demo, and of the demo with `CHANGES`.
      folder: an empty one.
    """
    (folder / "demo").symlink_to(demo.absolute())
    (folder / "stricter").symlink_to(stricter.absolute())
    shown = _PAGE.read_text(encoding="utf-8")
    shown = shown.replace("{inspect .}", _printed("inspect .", folder, 0))
    damaged = shutil.copytree(demo, folder / "damaged")
    shard = damaged / "shards" / "shard-00000-of-00002.parquet"
    data = bytearray(shard.read_bytes())
    data[1000] ^= 1
    shard.write_bytes(data)
    (damaged / "plan.json").unlink()
    (damaged / "notes.txt").write_text("a person's own file\n")
    for begin in ("inspect", "verify demo}", "verify demo --deep}", "explain", "sample", "diff"):
        while (start := shown.find(f"{{{begin}")) >= 0:
            end = shown.index("}", start)
            command = shown[start + 1 : end]
            code = 1 if "www." in command else 0
            shown = shown[:start] + _printed(command, folder, code) + shown[end + 1 :]
    shown = shown.replace("{damaged}", _printed("verify damaged", folder, 1))
    return shown.replace("{changes}", ", ".join(f"`{change}`" for change in CHANGES))


def _printed(command: str, folder: Path, code: int) -> str:
    done = winnow(*shlex.split(command), code=code, cwd=folder)
    told = re.sub(r"\b[0-9a-f]{64}\b", "...", done.stdout + done.stderr)
    told = re.sub(r"\b[0-9a-f]{16}\b", 16 * ".", told)
    told = re.sub(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d\b", "2026-11-28T12:00", told)
    lines = [line.rstrip() for line in told.strip("\n").splitlines()]
    return "\n".join(["```", f"$ winnow {command}", *lines, "```"])


def stricter_run(run: Path) -> None:
    """Runs the demo with `CHANGES`."""
    options = [part for change in CHANGES for part in ("--set", change)]
    winnow("run", "demo", "--out", run, "--workers", "2", "--quiet", *options)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        runs = Path(made)
        winnow("run", "demo", "--out", runs / "a", "--workers", "2", "--quiet")
        stricter_run(runs / "b")
        (runs / "c").mkdir()
        print(page(runs / "a", runs / "b", runs / "c"), end="")
