"""Files that came into a run's folder later are no part of it, and `verify` names them."""

import shutil
from pathlib import Path

from manifests import manifest
from manifests.store import Store
from pipelines.commands.near import find_near
from pipelines.commands.quantile import top_share
from pipelines.commands.replay import replay
from tests.winnow import winnow


def test_a_stray_part_is_told_and_not_counted(demo: Path, tmp_path: Path) -> None:
    shutil.copytree(demo, tmp_path / "run")
    store = Store(str(tmp_path / "run"))
    text = store.read_table(manifest.parts(store, "documents")[0], ["text"])["text"][0].as_py()

    def read() -> tuple[object, ...]:
        share = top_share(store, "language_score", 0.5)
        return replay(store, ["language.min_score=0.5"]), share, find_near(store, text)

    before = read()
    strays = []
    for folder in ("documents", "dropped", "signatures"):
        first = manifest.parts(store, folder)[0]
        strays.append(f"{folder}/000099.parquet")
        shutil.copy(tmp_path / "run" / first, tmp_path / "run" / strays[-1])
    (tmp_path / "run" / "documents" / "a.parquet.123.tmp").write_bytes(b"")
    (tmp_path / "run" / "notes.txt").write_text("a person's own file")
    assert read() == before
    told = winnow("verify", tmp_path / "run", code=1).stdout
    for stray in (*strays, "documents/a.parquet.123.tmp"):
        assert f"{stray}: the manifest does not list it" in told
    assert "notes.txt: the manifest does not list it; remove it, or move it elsewhere" in told


def test_the_parts_of_an_unfinished_run_are_what_is_there(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    store.write_bytes("documents/000000.parquet", b"x")
    assert manifest.parts(store, "documents") == ["documents/000000.parquet"]
