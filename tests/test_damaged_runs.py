"""A command on a damaged run ends in one sentence that names the file; nothing is left out."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.winnow import manifest, winnow


def emptied(path: Path) -> None:
    path.write_text("{}")


def listed(path: Path) -> None:
    path.write_text("[1]")


def missing(path: Path) -> None:
    path.unlink()


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def of_other_columns(path: Path) -> None:
    pq.write_table(pa.table({"other": [1]}), path)


def without_stages(path: Path) -> None:
    content = json.loads(path.read_text())
    content["reproducible"]["stages"] = {}
    path.write_text(json.dumps(content))


REPLAY = ["replay", "--set", "rules.gopher_quality.min_words=30"]


@pytest.mark.parametrize(
    ("file", "damage", "command"),
    [
        ("plan.json", emptied, ["explain", "ID"]),
        ("plan.json", listed, ["diff", "RUN"]),
        ("recipe.json", listed, REPLAY),
        ("recipe.json", a_folder, ["verify"]),
        ("manifest.json", without_stages, ["inspect"]),
        ("manifest.json", without_stages, ["report", "--out", "new.html"]),
        ("manifest.json", a_folder, ["export", "--format", "text", "--out", "new"]),
        ("files.parquet", of_other_columns, ["export", "--format", "text", "--out", "new"]),
        ("values.parquet", missing, ["inspect", "--column", "language_score"]),
        ("values.parquet", a_folder, ["inspect", "--column", "language_score"]),
        ("token_cost/token_cost.parquet", of_other_columns, ["inspect"]),
        ("token_cost/token_cost.parquet", missing, ["diff", "RUN"]),
        ("duplicates/000000.parquet", of_other_columns, ["explain", "DUPLICATE"]),
        ("duplicates/000000.parquet", missing, ["explain", "ID"]),
        ("dropped/000000.parquet", of_other_columns, ["sample", "--n", "2"]),
    ],
)
def test_one_sentence_names_the_file(
    file: str, damage: Callable[[Path], None], command: list[str], demo: Path, tmp_path: Path
) -> None:
    run = shutil.copytree(demo, tmp_path / "run")
    damage(run / file)
    known = {
        "RUN": str(demo),
        "ID": ids(demo / "documents")[0],
        "DUPLICATE": ids(demo / "duplicates")[0],
    }
    name, *options = [known.get(one, one) for one in command]
    done = winnow(name, "run", *options, code=1, cwd=tmp_path)
    told = done.stdout + done.stderr
    assert "Traceback" not in told
    assert file in told
    if name != "verify":
        assert len(done.stderr.splitlines()) == 1


def ids(folder: Path) -> list[str]:
    return [one.hex() for one in pq.read_table(folder, columns=["doc_id"])["doc_id"].to_pylist()]


def test_a_store_that_does_not_answer_is_told() -> None:
    told = winnow("inspect", "http://127.0.0.1:9/run", code=1).stderr
    assert told.startswith("winnow: http://127.0.0.1:9/run cannot be read: ")
    assert len(told.splitlines()) == 1


def test_what_whole_runs_lack_is_no_damage(demo: Path) -> None:
    """A fault of winnow itself keeps its traceback."""
    from pipelines.commands.console import why_unreadable

    assert manifest(demo)
    assert why_unreadable(str(demo)) is None
