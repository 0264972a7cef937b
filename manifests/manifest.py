"""manifest.json: what a run read, decided and wrote, and a digest over all of it.

`reproducible` holds everything that must be equal between two runs of one recipe over the same
input, on any engine, with any number of workers and any batch size; `run_digest` is its digest.
Facts that may differ (time, place, speed) are kept apart in `environment`. Lists that grow with
the run are tables beside it: `inputs.parquet` and `files.parquet`, whose digests it has. `records`
sums up plan, recipe and what stages wrote down; `manifest_digest` is that of the manifest.
"""

import importlib.resources
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from manifests import alarms, files
from manifests.statistics import digest_of
from manifests.store import Damaged, Store
from manifests.threads import in_threads

FORMAT = "winnow-manifest/3"
DIGEST = "manifest_digest"  # of the canonical JSON of a manifest without this key
MANIFEST_FILE = "manifest.json"
RECIPE_FILE = "recipe.json"
PLAN_FILE = "plan.json"
TOKEN_COST_FILE = "token_cost/token_cost.parquet"
ENCODING_FILE = "stages/encoding.json"  # which back end encoded, and the proof that it may
TAKEDOWN = "takedown"  # what removes documents after all stages
TAKEDOWNS = "takedowns"  # a folder: what `winnow takedown` took out of the run, a file each time
TAKEDOWN_BEGUN = f"{TAKEDOWNS}/begun.json"  # of one that was interrupted
STAGES = (
    "documents", "duplicates", "repetition", "corpus", "tokenizer", "token_cost", "shards",
)  # fmt: skip
OPTIONAL = ("repetition",)  # stages that not every recipe has
REMOVING = STAGES[:3]  # stages that remove documents
LAST_STAGES = STAGES[3:]  # stages after which a run may be finished


def stage_manifest(stage: str) -> str:
    """The path of a stage's manifest, which is written last."""
    return f"stages/{stage}.json"


def stage_digest(record: Mapping[str, Any]) -> str:
    """The digest of what a stage's manifest says, but for its key."""
    return digest_of({key: record[key] for key in ("funnel", "files", "inputs", "counts")})


def stage_records(store: Store, names: Collection[str]) -> dict[str, dict[str, Any]]:
    """The content of `stages/<name>.json` by name, in the order of the stages."""
    return {name: store.read_json(stage_manifest(name)) for name in STAGES if name in names}


def unit_report(stage: str, unit: str) -> str:
    """The path of a work unit's report, which is written after the unit's parts."""
    return f"stages/{stage}/{unit}.json"


def unit_values(stage: str, unit: str) -> str:
    """The path of how a work unit's measured values are spread (`manifests.sketches`)."""
    return f"stages/{stage}/{unit}.values.parquet"


def holds_run(store: Store) -> bool:
    """Whether a folder has results of a run, finished or not."""
    return store.exists(PLAN_FILE) or store.exists(MANIFEST_FILE)


def complete_stages(store: Store) -> list[str]:
    """The stages of an unfinished run that are complete, in order."""
    done = []
    for stage in STAGES:
        if store.exists(stage_manifest(stage)):
            done.append(stage)
        elif stage not in OPTIONAL:
            break  # what comes after a stage that is being done anew is of an older run
    return done


def build(
    version: str,
    recipe: Mapping[str, Any],
    recipe_digest: str,
    stages: Mapping[str, Mapping[str, Any]],
    environment: Mapping[str, Any],
    checks: Sequence[alarms.Check] = (),
    takedowns: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Combines the stages' manifests into the run's manifest.

    Args:
      version: the version of winnow.
      recipe: the resolved recipe; its `execution` is left out.
      stages: the content of `stages/<name>.json` by name, for all of `STAGES` that the run has.
      environment: facts that may differ between two runs.
      checks: what drops documents in stage `documents`, in order.
      takedowns: `takedowns_of` the run.
    """
    reproducible = {
        "winnow_version": version,
        "recipe_digest": recipe_digest,
        "alarms": alarms.alarms(alarms.Results(recipe, stages, checks)),
        **derived(recipe, stages),
    }
    if takedowns:
        reproducible["takedowns"] = list(takedowns)
    return {
        "format": FORMAT,
        "run_digest": digest_of(reproducible),
        "reproducible": reproducible,
        "environment": dict(environment),
    }


def derived(recipe: Mapping[str, Any], stages: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What `reproducible` repeats of recipe.json and of the stages' manifests, as for `build`."""
    listed = {name: files.summary(stage["files"]) for name, stage in stages.items()}
    found = {
        "recipe": {key: value for key, value in recipe.items() if key != "execution"},
        "seed": recipe["seed"],
        "inputs": stages["documents"]["inputs"],
        "stages": {
            name: {
                **{key: stages[name][key] for key in ("digest", "funnel", "counts")},
                "files": listed[name],
            }
            for name in STAGES
            if name in stages
        },
        "corpus": {"files": listed["corpus"], **stages["corpus"]["counts"]},
    }
    if tokenizer := stages.get("tokenizer"):
        found["tokenizer"] = {
            **next(f for f in tokenizer["files"] if f["path"].endswith("tokenizer.json")),
            "vocab_size": tokenizer["counts"]["vocab_size"],
        }
    if shards := stages.get("shards"):
        found["shards"] = {
            "files": listed["shards"],
            **{key: shards["counts"][key] for key in ("rows", "tokens")},
        }
    return found


def write(
    store: Store,
    built: Mapping[str, Any],
    stages: Mapping[str, Mapping[str, Any]],
    records: Iterable[str],
) -> dict[str, Any]:
    """Writes what `build` gave, bound to every other file of the run; returns what is written.

    Args:
      stages: as for `build`; `files.parquet` has their files.
      records: the files that no stage lists: plan, recipe, card, and what stages wrote down. The
        table gets their sizes and digests, and last the manifest a digest of itself.
    """
    described = [one.to_json() for one in in_threads(store, store.described, sorted(records))]
    listed = {name: stages[name]["files"] for name in STAGES if name in stages}
    table = files.write(store, {**listed, files.RECORDS: described})
    unbound = {key: value for key, value in built.items() if key != DIGEST}
    whole = {**unbound, "records": files.summary(described), "files": table.to_json()}
    whole[DIGEST] = digest_of(whole)
    store.write_json(MANIFEST_FILE, whole)
    return whole


def takedowns_of(store: Store) -> list[dict[str, Any]]:
    """What `winnow takedown` took out of a run, time after time."""
    return [store.read_json(path) for path in store.list(TAKEDOWNS) if path != TAKEDOWN_BEGUN]


def taken_down(content: Mapping[str, Any]) -> frozenset[str]:
    """Identities, in hexadecimal, of survivors that are no longer in corpus and shards.

    Args:
      content: `reproducible` of a manifest.
    """
    return frozenset(one for taken in content.get(TAKEDOWNS, ()) for one in taken["survivors"])


def read(store: Store) -> dict[str, Any]:
    """The manifest of a finished run.

    Raises:
      FileNotFoundError: there is none.
      ValueError: it is of another version of winnow, or damaged; the message names the file.
    """
    found = store.read_json(MANIFEST_FILE)
    if other := other_format(found):
        raise ValueError(f"{store.url(MANIFEST_FILE)} {other}")
    lacking = _lacking(found, ("reproducible", "run_digest", "environment"))
    if not lacking:
        lacking = _lacking(found["reproducible"], ("recipe", "stages", "corpus", "winnow_version"))
    if lacking:
        raise Damaged(f"{store.url(MANIFEST_FILE)} is damaged: it lacks {', '.join(lacking)}")
    whole: dict[str, Any] = found
    return whole


def parts(store: Store, folder: str) -> list[str]:
    """The files of a folder of a run, in order: those that its manifest lists.

    Other files may have come there since; `verify` names them. A run that is not finished has no
    manifest, and all files that are there are its own.

    Raises:
      ValueError: as `read`.
    """
    if not store.exists(MANIFEST_FILE):
        return store.list(folder)
    read(store)
    return files.paths(store, folder)


def other_format(found: Any) -> str:
    """The end of a sentence about a manifest of another version of winnow; empty if it is ours."""
    told = found.get("format") if isinstance(found, Mapping) else None
    known = isinstance(told, str) and told.startswith(FORMAT.partition("/")[0])
    if not known or told == FORMAT:
        return ""
    return f"has the format {told} of another version of winnow, which reads it; this has {FORMAT}"


def _lacking(found: Any, keys: Sequence[str]) -> list[str]:
    return [key for key in keys if not isinstance(found, Mapping) or key not in found]


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of manifests; it ships with the package."""
    file = importlib.resources.files(__package__) / "manifest.schema.json"
    schema: dict[str, Any] = json.loads(file.read_text())
    return schema


def schema_faults(manifest: Any) -> list[str]:
    """One sentence for each place where a manifest does not conform to the schema."""
    import jsonschema  # a tenth of the time of `winnow inspect`, which asks for no faults

    validator = jsonschema.Draft202012Validator(json_schema())
    return [
        f"{fault.json_path}: {fault.message}"
        for fault in sorted(validator.iter_errors(manifest), key=lambda f: f.json_path)
    ]
