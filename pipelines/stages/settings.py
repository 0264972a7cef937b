"""Which stages a recipe has, and what of it decides the result of each. Loads without Beam."""

import dataclasses
from collections.abc import Callable
from typing import Any

from dedup.presets import MinHashConfig
from filters.rules.bad_words import BAD_WORDS, LISTS, digest
from manifests.manifest import STAGES
from manifests.store import Store
from pipelines.recipe.recipe import Recipe
from pipelines.sources import benchmark_files
from pipelines.sources.host_lists import host_files, read_hosts
from pipelines.sources.id_lists import read_ids


def wanted_stages(recipe: Recipe) -> list[str]:
    """All stages up to the last one, in order, except those that the recipe does not need."""
    repeats = recipe.duplicates.lines or recipe.duplicates.spans
    wanted = STAGES[: STAGES.index(recipe.last_stage) + 1]
    return [name for name in wanted if name != "repetition" or repeats]


def settings_of(stage: str, recipe: Recipe) -> dict[str, Any]:
    """The part of the recipe that decides the result of a stage."""
    return _DECISIVE[stage](recipe)


def minhash_config(recipe: Recipe) -> MinHashConfig | None:
    """The MinHash parameters, or None if the recipe looks for exact duplicates only."""
    near = recipe.duplicates.near
    return near.resolved(recipe.seed).config() if near else None


def signature_settings(recipe: Recipe) -> dict[str, Any] | None:
    """The part of the recipe that decides the content of `signatures/`."""
    near = minhash_config(recipe)
    return dataclasses.asdict(near) if near else None


def _documents(recipe: Recipe) -> dict[str, Any]:
    lists = recipe.documents.rules.get(BAD_WORDS.name, {}).get(LISTS)
    screened = recipe.documents.url_filter
    hosts = host_files(screened) if screened else {}
    denied = recipe.documents.deny
    return {
        "bad_words": digest(lists) if lists else None,
        **({"deny": sorted(read_ids(denied).names)} if denied else {}),
        "hosts": {name: sorted(read_hosts(path)) for name, path in hosts.items()},
        "documents": recipe.documents.to_digest(),
        "seed": recipe.seed,
        "signatures": signature_settings(recipe),
    }


def _duplicates(recipe: Recipe) -> dict[str, Any]:
    fields = recipe.to_json()
    unwanted = recipe.duplicates.decontaminate
    files = benchmark_files.digest(unwanted.files()) if unwanted else {}
    runs = {
        run: Store(run).read_json("manifest.json")["run_digest"]
        for run in recipe.duplicates.against
    }
    # These keys are read by later stages only, or by no stage.
    later = ("alarm_share", "lines", "spans")
    decisive = {k: v for k, v in fields["duplicates"].items() if k not in later}
    return {
        "duplicates": decisive,
        "seed": fields["seed"],
        "benchmarks": files,
        "against": runs,
    }


def _repetition(recipe: Recipe) -> dict[str, Any]:
    fields = recipe.to_json()["duplicates"]
    return {name: fields[name] for name in ("lines", "spans")}


def _corpus(recipe: Recipe) -> dict[str, Any]:
    return {}  # earlier stages decided everything


def _tokenizer(recipe: Recipe) -> dict[str, Any]:
    fields = recipe.to_json()
    return {name: fields[name] for name in ("tokenizer", "seed")}


def _token_cost(recipe: Recipe) -> dict[str, Any]:
    fields = recipe.to_json()
    own = {name: fields[name] for name in ("token_cost", "seed")}
    return own | {"held_out": recipe.tokenizer.held_out}


def _shards(recipe: Recipe) -> dict[str, Any]:
    fields = recipe.to_json()
    return {name: fields[name] for name in ("shards", "seed")}


_DECISIVE: dict[str, Callable[[Recipe], dict[str, Any]]] = {
    "documents": _documents,
    "duplicates": _duplicates,
    "repetition": _repetition,
    "corpus": _corpus,
    "tokenizer": _tokenizer,
    "token_cost": _token_cost,
    "shards": _shards,
}
