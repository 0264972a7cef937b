"""A run whose manifest has another format is refused by every command, in one clear sentence."""

import json
import shutil
from pathlib import Path

import pytest

import winnow as package
from manifests.manifest import FORMAT
from pipelines.cli import app
from tests.winnow import manifest, winnow

OLD = "winnow-manifest/2"
TOLD = f"old/manifest.json has the format {OLD} of another version of winnow, which reads it"
# What a command gets; OLD is the run.
COMMANDS = {
    "diff": ["RUN", "old"],
    "explain": ["old", "https://a.example/"],
    "export": ["old", "--format", "text", "--out", "new"],
    "find": ["old", "https://a.example/"],
    "inspect": ["old"],
    "near": ["old", "--text", "the quick brown fox"],
    "pack": ["old", "--out", "new", "--length", "128"],
    "quantile": ["old", "language_score", "--keep", "0.5"],
    "replay": ["old", "--set", "rules.gopher_quality.min_words=30"],
    "report": ["old", "--out", "new.html"],
    "run": ["demo", "--out", "old", "--quiet"],
    "sample": ["old"],
    "takedown": ["old", "list", "--out", "new"],
    "token-cost": ["RUN/tokenizer", "--parallel", "PARALLEL", "--corpus", "old"],
    "train-tokenizer": ["old", "--out", "new"],
    "verify": ["old"],
    "worth": ["old"],
}
WITHOUT_RUN = {
    "estimate",
    "compile", "doctor", "plan", "recipes", "reddit-links", "rules", "train-classifier",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("older")
    run = shutil.copytree(demo, folder / "old")
    (run / "manifest.json").write_text(json.dumps(manifest(demo) | {"format": OLD}))
    (folder / "list").write_text("https://a.example/\n")
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_refuses_a_run_of_an_older_format(
    command: str, folder: Path, demo: Path
) -> None:
    parallel = str(Path(package.__file__).parents[1] / "pipelines/sample/parallel.parquet")
    given = [
        one.replace("RUN", str(demo)).replace("PARALLEL", parallel) for one in COMMANDS[command]
    ]
    done = winnow(command, *given, code=2 if command == "run" else 1, cwd=folder)
    told = done.stdout + done.stderr
    assert TOLD.removeprefix("old/" if command == "verify" else "") in told.replace(": ", " ", 2)
    assert FORMAT in told
    assert "Traceback" not in told
    assert not list(folder.glob("new*"))


def test_all_commands_are_known_here() -> None:
    names = {command.name or command.callback.__name__ for command in app.registered_commands}  # type: ignore[union-attr]
    assert names - WITHOUT_RUN == set(COMMANDS)


def test_python_refuses_it_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(ValueError, match=TOLD):
        package.open("old")


def test_a_list_of_runs_says_it(folder: Path) -> None:
    (row,) = json.loads(winnow("inspect", folder, "--json").stdout)
    assert row["run"] == "old"
    assert f"manifest has the format {OLD}" in row["state"]
