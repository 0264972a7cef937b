"""The commands that show things, and that README names every one of them."""

import importlib.metadata
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from filters.rules.catalogue import explain, markdown
from filters.rules.registry import PACKS, RULES
from manifests.store import Store
from pipelines import run as runs
from pipelines import sample
from pipelines.cli import app
from pipelines.recipe import loading
from pipelines.recipe.shipped import shipped
from tests.winnow import COMMAND, GIVEN, manifest, winnow

ROOT = Path(__file__).parents[1]
SAMPLE = Path(sample.__file__).parent
COMMANDS = sorted(c.name or c.callback.__name__ for c in app.registered_commands if c.callback)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_helps_and_is_in_the_readme(command: str) -> None:
    assert "Usage" in winnow(command, "--help").stdout
    assert re.search(rf"`winnow {command}\b", (ROOT / "README.md").read_text())


def test_plan_shows_recipe_units_and_sizes_and_writes_nothing(tmp_path: Path) -> None:
    told = winnow("plan", "demo", "--set", "seed=5", cwd=tmp_path).stdout
    resolved = yaml.safe_load(told[: told.index("Work units")].rsplit("\n", 2)[0])
    assert resolved["seed"] == 5
    assert resolved["documents"]["rules"]["gopher_repetition"]["min_chars"] == 80
    for name in ("web.warc.gz", "wiki.xml.bz2", "books.parquet"):
        assert name in told
    assert re.search(r"8 units, 0\.\d MB", told)
    assert not list(tmp_path.iterdir())


def test_recipes_lists_and_prints_recipes_that_load(tmp_path: Path) -> None:
    told = winnow("recipes").stdout
    for name in shipped():
        assert name in told
        path = tmp_path / f"{name}.yaml"
        path.write_text(winnow("recipes", name).stdout)
        given = GIVEN.get(name, [])
        assert loading.load(str(path), given) == loading.load(name, given)


def test_rules_lists_thresholds_and_explains_one() -> None:
    assert "min_stop_words" in winnow("rules").stdout
    told = winnow("rules", "gopher_quality").stdout
    assert "Rae et al. 2021" in told
    assert "Differs:" in told
    assert "gopher_quality.too_few_stop_words" in told.replace("\n", "")


@pytest.mark.parametrize("name", [*PACKS, *RULES])
def test_each_rule_and_pack_is_explained(name: str) -> None:
    told = "\n".join(explain(name))
    for word in ("Source: ", "Differs: ", "| threshold | published |"):
        assert word in told


def test_an_unknown_rule_names_the_nearest() -> None:
    assert "did you mean 'gopher_quality'" in winnow("rules", "gopher_qualty", code=2).stderr


def test_docs_of_rules_are_those_of_the_code() -> None:
    stale = "docs/rules.md is stale: run `make rules`"
    assert (ROOT / "docs/rules.md").read_text() == markdown(), stale
    assert winnow("rules", "--markdown").stdout == markdown()


@pytest.mark.parametrize("name", [n for n in shipped() if n != "demo"])
def test_every_shipped_recipe_runs(name: str, tmp_path: Path) -> None:
    changes = ["tokenizer.vocab_size=1024", *GIVEN.get(name, [])]
    winnow(
        "run", name, "--out", tmp_path / "run", "--quiet", "--workers", "1",
        "--source", f"web=warc:{SAMPLE}/web.warc.gz",
        "--source", f"wiki=mediawiki:{SAMPLE}/wiki.xml.bz2",
        *(argument for change in changes for argument in ("--set", change)),
    )  # fmt: skip
    assert manifest(tmp_path / "run")["reproducible"]["shards"]["rows"] > 5


# What prints no table, but at most a line that says what was done.
WITHOUT_JSON = {"compile", "reddit-links", "train-classifier", "train-tokenizer"}
WITH_JSON = {
    "diff": ["RUN", "RUN"],
    "doctor": ["demo"],
    "estimate": ["FEW", "--share", "0.05"],
    "explain": ["RUN", "ID"],
    "export": ["RUN", "--format", "text", "--out", "DIR"],
    "find": ["RUN", "ID"],
    "takedown": ["RUN", "LIST", "--out", "NEW"],
    "inspect": ["RUN"],
    "near": ["RUN", "--text", "the quick brown fox"],
    "pack": ["RUN", "--out", "DIR", "--length", "128"],
    "plan": ["demo"],
    "quantile": ["RUN", "language_score", "--keep", "0.5"],
    "recipes": [],
    "replay": ["RUN", "--set", "rules.gopher_quality.min_words=30", "--text"],
    "report": ["RUN", "--out", "DIR", "--samples", "1"],
    "rules": [],
    "run": ["demo", "--out", "RUN"],
    "sample": ["RUN", "--n", "2"],
    "token-cost": ["TOKENIZER", "--parallel", "PARALLEL"],
    "verify": ["RUN"],
    "worth": ["RUN", "--good", "GOOD"],
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "demo"
    winnow("run", "demo", "--out", folder, "--quiet")
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_what_prints_a_table_prints_json_as_well(command: str, run: Path, tmp_path: Path) -> None:
    """A new command is in one of the two lists, or this fails."""
    if command in WITHOUT_JSON:
        assert "--json" not in winnow(command, "--help").stdout
        return
    good = tmp_path / "good.jsonl"
    line = "Water runs from the hills to the sea, and the towns along the river drink it. "
    good.write_text("\n".join(json.dumps({"text": f"{i} {line * 20}"}) for i in range(30)))
    identity = pq.read_table(run / "shards", columns=["doc_id"])["doc_id"][0].as_py().hex()
    (tmp_path / "list.txt").write_text(identity)
    few = tmp_path / "few.yaml"
    few.write_text(
        f"{{name: few, sources: [{{name: few, kind: parquet, path: {run}/corpus, "
        "options: {text: text}}]}"
    )
    files: dict[str, str | Path] = {
        "RUN": run, "GOOD": good, "FEW": few, "DIR": tmp_path / "out",
        "ID": identity, "LIST": tmp_path / "list.txt", "NEW": tmp_path / "new",
        "TOKENIZER": run / "tokenizer" / "tokenizer.json", "PARALLEL": SAMPLE / "parallel.parquet",
    }  # fmt: skip
    arguments = [files.get(argument, argument) for argument in WITH_JSON[command]]
    assert json.loads(winnow(command, *arguments, "--json").stdout)


def test_json_has_the_facts_of_the_table(run: Path) -> None:
    plan = json.loads(winnow("plan", "demo", "--json").stdout)
    told = winnow("plan", "demo").stdout
    assert all(unit["path"] in told and unit["name"] in told for unit in plan["units"])
    rules = json.loads(winnow("rules", "gopher_quality", "--json").stdout)
    assert [*rules["rules"]] == ["gopher_quality"]
    assert json.loads(winnow("verify", run, "--json").stdout)["faults"] == []


def test_the_version_is_that_of_the_package() -> None:
    version = importlib.metadata.version("winnow-corpus")
    assert winnow("--version").stdout == f"winnow {version}\n"


def test_a_shell_completes_recipes_and_stages() -> None:
    def completed(line: str) -> list[str]:
        asked = {"_WINNOW_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": "99"}
        count = {"COMP_CWORD": str(len(line.split(" ")) - 1)}
        named = "import sys; sys.argv = ['winnow']; from pipelines.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", named], env={**os.environ, **asked, **count},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.stdout.split()

    assert completed("winnow run de") == ["demo"]
    assert completed("winnow run demo --from-stage tok") == ["tokenizer", "token_cost"]
    assert completed("winnow ver") == ["verify"]


def test_names_are_whole_in_a_pipe(tmp_path: Path) -> None:
    """A path that is cut short or wrapped cannot be copied, and grep does not find it."""
    path = tmp_path / ("long-" * 40) / "web.jsonl"
    path.parent.mkdir()
    path.write_text('{"text": "a"}\n')
    told = winnow("plan", "demo", "--source", f"web=jsonl:{path}").stdout
    assert any(str(path) in line and "jsonl" in line and "│" in line for line in told.splitlines())


@pytest.mark.parametrize(("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_no_color_is_heeded_on_a_terminal(
    variables: dict[str, str], coloured: bool, run: Path
) -> None:
    ours, theirs = pty.openpty()
    clean = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TERM")}
    started = subprocess.Popen(
        [*COMMAND, "run", "demo", "--out", str(run)],
        stdout=subprocess.DEVNULL, stderr=theirs, env={**clean, "TERM": "xterm", **variables},
    )  # fmt: skip
    os.close(theirs)
    told = b""
    try:
        while data := os.read(ours, 65536):
            told += data
    except OSError:  # how the end of a terminal reads
        pass
    finally:
        os.close(ours)
    assert started.wait() == 0
    assert b"complete already" in told
    assert bool(re.search(rb"\x1b\[[\d;]*3[0-7]m", told)) == coloured


def test_the_list_of_commands_is_never_cut_short() -> None:
    listed = winnow("--help").stdout
    assert "..." not in listed.partition("Commands:")[2]


def test_what_is_damaged_counts_as_not_done(tmp_path: Path) -> None:
    """Otherwise --overwrite, which an error of it advises, would fail at the same file."""
    store = Store(str(tmp_path))
    for content in ("{", "{}", "[]"):
        (tmp_path / "manifest.json").write_text(content)
        assert runs._previous(store) == {}
        assert store.read_record("manifest.json") == {}


def test_a_terminal_without_a_character_shows_a_question_mark(demo: Path) -> None:
    told = subprocess.run(
        [*COMMAND, "inspect", str(demo)],
        capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"}, check=True,
    )  # fmt: skip
    assert b"run_digest" in told.stdout
    assert told.stdout.isascii()


def test_a_full_disk_is_told_in_a_sentence() -> None:
    through_beam = RuntimeError("RuntimeError: OSError: [Errno 28] No space left on device [while")
    for error in (OSError(28, "No space left on device"), through_beam):
        assert runs.reason_of(error).startswith("no space is left on the disk")
