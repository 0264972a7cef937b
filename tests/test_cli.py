"""The commands that show things, and that README names every one of them."""

import re
from pathlib import Path

import pytest
import yaml

from filters.rules.catalogue import explain, markdown
from filters.rules.registry import PACKS, RULES
from pipelines import sample
from pipelines.cli import app
from pipelines.recipe import loading
from pipelines.recipe.shipped import shipped
from tests.winnow import manifest, winnow

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
        assert loading.load(str(path)) == loading.load(name)


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
    winnow(
        "run", name, "--out", tmp_path / "run", "--quiet", "--workers", "1",
        "--source", f"web=warc:{SAMPLE}/web.warc.gz",
        "--source", f"wiki=mediawiki:{SAMPLE}/wiki.xml.bz2",
        "--set", "tokenizer.vocab_size=1024",
    )  # fmt: skip
    assert manifest(tmp_path / "run")["reproducible"]["shards"]["rows"] > 5


def test_the_list_of_commands_is_never_cut_short() -> None:
    listed = winnow("--help").stdout
    assert "..." not in listed.partition("Commands:")[2]
