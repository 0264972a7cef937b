"""A Flex Template of winnow: its metadata, and launches against an object store that is a fake."""

import json
import re
import shutil
from pathlib import Path

import fsspec
import pytest

from manifests.store import Store
from pipelines.commands import flex_template
from pipelines.recipe import loading
from pipelines.recipe.config import RecipeError
from pipelines.stages.settings import wanted_stages
from tests.test_dataflow import GIVEN, Files
from tests.test_dataflow import staged as staged
from tests.winnow import manifest

METADATA = json.loads(
    Path(flex_template.__file__).with_name(flex_template.METADATA).read_text(encoding="utf-8")
)
EXAMPLES = {
    "recipe": ["demo", "recipes/my-recipe.yaml"],
    "out": ["gs://my-bucket/run"],
    "sources": ["web=warc:gs://my-bucket/*.warc.gz", "warc:gs://b/x.warc;gs=jsonl:gs://b/y.jsonl"],
    "changes": ["tokenizer.vocab_size=50304", "seed=1;duplicates.near=null"],
}


def test_metadata_names_the_parameters_that_the_program_takes() -> None:
    taken = {a.dest: a.required for a in flex_template.parser()._actions if a.dest != "help"}
    named = {p["name"]: not p.get("isOptional", False) for p in METADATA["parameters"]}
    assert named == taken
    for parameter in METADATA["parameters"]:
        assert parameter["label"]
        assert parameter["helpText"]


@pytest.mark.parametrize("parameter", METADATA["parameters"], ids=lambda p: p["name"])
def test_the_console_lets_real_values_through(parameter: dict[str, list[str]]) -> None:
    for example in EXAMPLES[str(parameter["name"])]:
        assert all(re.fullmatch(regex, example) for regex in parameter["regexes"])
        assert not any(re.fullmatch(regex, "two words;") for regex in parameter["regexes"])


def launched(out: str, number: int) -> str:
    template = f"--template_location=gs://my-bucket/launch-{number}/job_object"
    return flex_template.launch(["--recipe=demo", f"--out={out}", *GIVEN, template])


def test_each_launch_submits_the_next_stage_and_the_last_writes_the_manifest(
    demo: Path, staged: Files
) -> None:
    """Each job is played by the demo's own files, copied into the store."""
    out, store = "memory://flex/run", Store("memory://flex/run")
    files = fsspec.filesystem("memory")
    wanted = wanted_stages(loading.load("demo"))
    for number, stage in enumerate(wanted):
        assert launched(out, number) == stage
        assert f"gs://my-bucket/launch-{number}/job_object" in staged
        assert not store.exists("manifest.json")
        for path in demo.rglob("*"):
            name = path.relative_to(demo).as_posix()
            folder = name.split("/")[0]
            belongs = stage in name or folder in _FOLDERS[stage]
            if path.is_file() and belongs and ".key." not in name:
                target = f"/flex/run/{name}"
                files.makedirs(target.rsplit("/", 1)[0], exist_ok=True)
                with path.open("rb") as source, files.open(target, "wb") as copy:
                    shutil.copyfileobj(source, copy)
    assert launched(out, len(wanted)) == ""
    assert store.read_json("manifest.json")["run_digest"] == manifest(demo)["run_digest"]


_FOLDERS = {
    "documents": ("documents", "dropped", "errors", "signatures"),
    "duplicates": ("duplicates",),
    "tokenizer": ("tokenizer",),
    "token_cost": ("token_cost",),
    "shards": ("shards",),
}


def test_a_launch_with_a_local_path_is_refused() -> None:
    with pytest.raises(RecipeError, match="is on this machine alone"):
        flex_template.launch(["--recipe=demo", "--out=run", *GIVEN])
