"""Recipes: YAML read into frozen dataclasses, resolved, overridden and hashed.

A key that no dataclass field answers to is an error that names file, line and the nearest known
key. Off means absent: an optional section or threshold that is not in the recipe is not applied.
`execution` says how to run, never what comes out: it is no part of the hash.
"""

import contextlib
import dataclasses
import importlib.resources
import typing
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from dedup.settings import Duplicates, MinHash
from filters import pii
from filters.language.codes import bcp47
from filters.rules import registry
from filters.settings import Documents
from filters.text import normalize
from manifests import schemas
from manifests.statistics import digest_of
from manifests.store import Store
from pipelines import recipes
from pipelines.recipe.config import Place, RecipeError, Tree, build, locate, parse, plain, suggest
from pipelines.sources import KINDS, benchmark_files
from pipelines.sources.host_lists import host_files, read_hosts
from shards.settings import Shards
from tokenizer_train import patterns
from tokenizer_train.settings import TokenCost, Tokenizer


@dataclasses.dataclass(frozen=True)
class Source:
    """One input: files of one kind.

    Attributes:
      name: the documents' `source` column; unique in a recipe.
      kind: reader, one of `pipelines.sources.KINDS`: warc, wet, common_crawl, mediawiki, ...
      path: file, glob or any fsspec URL; `package:sample/...` is a file inside winnow.
      priority: among duplicates the source with the lowest number keeps its copy.
      options: of the reader, such as the field map of jsonl and parquet.
    """

    name: str
    kind: str
    path: str
    priority: int = 0
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Execution:
    """How to run; changes no byte of the result.

    Attributes:
      batch_docs: documents that are processed together.
      partitions: parts of a shuffle.
      memory_mb: of a worker; near-duplicates are shuffled in more parts where a part would need
        more than that.
    """

    batch_docs: int = 256
    partitions: int = 16
    memory_mb: int = 4000


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Everything that decides what comes out, and `execution`."""

    name: str
    description: str = ""
    seed: int = 0
    unit_mb: int = 256
    sources: tuple[Source, ...] = ()
    documents: Documents = dataclasses.field(default_factory=Documents)
    duplicates: Duplicates = dataclasses.field(default_factory=Duplicates)
    tokenizer: Tokenizer = dataclasses.field(default_factory=Tokenizer)
    token_cost: TokenCost = dataclasses.field(default_factory=TokenCost)
    shards: Shards = dataclasses.field(default_factory=Shards)
    execution: Execution = dataclasses.field(default_factory=Execution)

    def to_json(self) -> dict[str, Any]:
        """The resolved recipe as plain values; `from_json` reads it back."""
        fields: dict[str, Any] = plain(self)
        return fields

    def digest(self) -> str:
        """SHA-256 of what decides the result: everything but `execution` and `description`."""
        fields = self.to_json()
        del fields["execution"], fields["description"]
        fields["documents"] = self.documents.to_digest()
        return digest_of(fields)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "Recipe":
        recipe: Recipe = build(cls, locate(dict(fields)), Place("recipe"), "")
        return recipe


def shipped() -> dict[str, str]:
    """The recipes inside the package: name to description."""
    found = {}
    for file in sorted(importlib.resources.files(recipes).iterdir(), key=lambda f: f.name):
        if file.name.endswith(".yaml"):
            fields = yaml.safe_load(file.read_text())
            found[file.name.removesuffix(".yaml")] = fields.get("description", "")
    return found


def shipped_text(name: str) -> str:
    """The YAML of a recipe that `shipped` lists."""
    file = importlib.resources.files(recipes) / f"{name}.yaml"
    return file.read_text(encoding="utf-8")


def load(name_or_path: str, overrides: Sequence[str] = (), sources: Sequence[str] = ()) -> Recipe:
    """Reads a recipe, shipped or from a file, and applies the command line's changes.

    Args:
      name_or_path: a name that `winnow recipes` lists, or a path ending in .yaml or .yml.
      overrides: `a.b=value`, the value in YAML; `null` takes the key out.
      sources: `kind:path` or `name=kind:path`; if there are any they replace the recipe's.

    Raises:
      RecipeError: anything is wrong with it.
    """
    where, text = _read(name_or_path)
    tree = parse(text, where)
    _expand_pack(tree, where)
    if sources:
        tree["sources"] = [_source(argument) for argument in sources]
    for override in overrides:
        _override(tree, override)
        _expand_pack(tree, where)
    recipe: Recipe = build(Recipe, tree, where, "")
    _check(recipe, where)
    resolved = _resolve_rules(tree.get("documents", {}).get("rules"), where)
    return dataclasses.replace(
        recipe,
        documents=dataclasses.replace(recipe.documents, rules=resolved),
        duplicates=_resolve_duplicates(recipe, resolved, where),
    )


def changed(recipe: Recipe, overrides: Sequence[str]) -> Recipe:
    """A resolved recipe with changes of the command line.

    Raises:
      RecipeError: anything is wrong with them.
    """
    where = Place("recipe")
    tree = locate(recipe.to_json())
    for override in overrides:
        _override(tree, override)
        _expand_pack(tree, where)
    result: Recipe = build(Recipe, tree, where, "")
    resolved = _resolve_rules(tree["documents"].get("rules"), where)
    documents = dataclasses.replace(result.documents, rules=resolved)
    return dataclasses.replace(result, documents=documents)


def _read(name_or_path: str) -> tuple[Place, str]:
    if name_or_path.endswith((".yaml", ".yml")):
        try:
            return Place(name_or_path), Path(name_or_path).read_text(encoding="utf-8")
        except FileNotFoundError:
            raise RecipeError(f"there is no recipe file {name_or_path}") from None
        except (OSError, UnicodeDecodeError) as error:
            raise RecipeError(f"recipe file {name_or_path} cannot be read: {error}") from None
    known = shipped()
    if name_or_path not in known:
        raise RecipeError(
            f"unknown recipe {name_or_path!r}{suggest(name_or_path, known)}; "
            f"shipped are {', '.join(known)}; a file needs its ending .yaml"
        )
    return Place(f"recipe {name_or_path}"), shipped_text(name_or_path)


def _source(argument: str) -> Tree:
    head, colon, path = argument.partition(":")
    name, equals, kind = head.rpartition("=")
    if not colon or not path or (equals and not name):
        raise RecipeError(
            f"--source {argument}: write kind:path or name=kind:path, for example "
            f"warc:crawl/*.warc.gz; kinds are {', '.join(KINDS)}"
        )
    stem = path.rsplit("/", 1)[-1].split(".")[0].strip("*?[]") or kind
    return Tree({"name": name or stem, "kind": kind, "path": path}, {})


def _override(tree: Tree, override: str) -> None:
    dotted, equals, text = override.partition("=")
    if not equals or not dotted:
        raise RecipeError(
            f"--set {override}: write key=value, for example tokenizer.vocab_size=8192"
        )
    try:
        value = locate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise RecipeError(f"--set {override}: the value is not YAML: {error}") from None
    *parents, last = dotted.split(".")
    node: Any = tree
    for depth, key in enumerate(parents):
        if depth == 2 and parents[:2] == ["documents", "rules"] and node.get(key) == "published":
            node[key] = locate(registry.published(key))
        if not isinstance(node.get(key), Tree):
            node[key] = Tree({}, {})
        node = node[key]
    if value is None:
        node.pop(last, None)
    else:
        node[last] = value
        node.lines[last] = None


def _expand_pack(tree: Tree, where: Place) -> None:
    """Puts a pack's rules in the place of its name."""
    documents = tree.get("documents")
    if isinstance(documents, Tree) and isinstance(documents.get("rules"), str):
        try:
            documents["rules"] = locate(registry.pack_rules(documents["rules"]))
        except ValueError as error:
            raise RecipeError(f"{where.at(documents, 'rules')}: {error}") from None


def _check(recipe: Recipe, where: Place) -> None:
    """What types cannot say, but for rules."""

    def one_of(path: str, value: str, known: typing.Iterable[str]) -> None:
        known = list(known)
        if value not in known:
            raise RecipeError(
                f"{where}: {path} is {value!r}{suggest(value, known)}; known are {', '.join(known)}"
            )

    def at_least(path: str, value: float, least: float) -> None:
        if value < least:
            raise RecipeError(f"{where}: {path} is {value}, but must be {least} or more")

    documents = recipe.documents
    for source in recipe.sources:
        one_of(f"kind of source {source.name!r}", source.kind, KINDS)
        for option in source.options:
            one_of(f"option of source {source.name!r}", option, sorted(KINDS[source.kind].options))
    names = [source.name for source in recipe.sources]
    if twice := {name for name in names if names.count(name) > 1}:
        raise RecipeError(
            f"{where}: sources must have different names, but {min(twice)!r} stands twice; "
            "on the command line write name=kind:path"
        )
    if documents.url_filter:
        at_least("documents.url_filter.min_soft_words", documents.url_filter.min_soft_words, 1)
        for path in host_files(documents.url_filter).values():
            try:
                read_hosts(path)
            except OSError as error:
                raise RecipeError(f"{where}: documents.url_filter: {error}") from None
    for step in documents.normalize:
        one_of("documents.normalize", step, normalize.STEPS)
    if documents.pii:
        if documents.pii.names and documents.pii.decisions != "winnow":
            raise RecipeError(f"{where}: documents.pii.names goes with winnow's decisions alone")
        for model in documents.pii.names.values():
            if not isinstance(model, str):
                raise RecipeError(f"{where}: documents.pii.names must name spaCy models")
        if documents.pii.names and (why := pii.missing(documents.pii.names)):
            raise RecipeError(f"{where}: documents.pii.names: {why}")
        for kind in documents.pii.kinds:
            one_of("documents.pii.kinds", kind, pii.kinds_of(documents.pii.decisions))
    for code in (*documents.language.keep, *documents.language.min_scores):
        if bcp47(code) != code:
            raise RecipeError(
                f"{where}: documents.language has {code!r}; write {bcp47(code)!r}: languages are "
                "BCP 47 tags, whatever the model's labels are"
            )
    for code, score in documents.language.min_scores.items():
        if type(score) not in (int, float):
            raise RecipeError(
                f"{where}: documents.language.min_scores.{code} must be a number, not {score!r}"
            )
    one_of("tokenizer.pattern", recipe.tokenizer.pattern, patterns.PATTERNS)
    at_least("tokenizer.vocab_size", recipe.tokenizer.vocab_size, 257)
    at_least("unit_mb", recipe.unit_mb, 1)
    at_least("documents.max_record_mb", documents.max_record_mb, 1)
    at_least("tokenizer.sample_mb_per_language", recipe.tokenizer.sample_mb_per_language, 1)
    at_least("token_cost.sample_mb_per_language", recipe.token_cost.sample_mb_per_language, 1)
    at_least("shards.text_mb_per_shard", recipe.shards.text_mb_per_shard, 1)
    at_least("execution.batch_docs", recipe.execution.batch_docs, 1)
    at_least("execution.partitions", recipe.execution.partitions, 1)
    at_least("execution.memory_mb", recipe.execution.memory_mb, 100)
    if recipe.shards.count is not None:
        at_least("shards.count", recipe.shards.count, 1)
    if lines := recipe.duplicates.lines:
        if lines.in_a_row is not None:
            at_least("duplicates.lines.in_a_row", lines.in_a_row, 1)
        at_least("duplicates.lines.max_documents", lines.max_documents, 1)
        at_least("duplicates.lines.min_words", lines.min_words, 1)
    if spans := recipe.duplicates.spans:
        at_least("duplicates.spans.tokens", spans.tokens, 2)
        at_least("duplicates.spans.max_documents", spans.max_documents, 1)
    if near := recipe.duplicates.near:
        for name in ("ngram_words", "ngram_chars", "bands", "rows", "permutations"):
            if (value := getattr(near, name)) is not None:
                at_least(f"duplicates.near.{name}", value, 1)
        at_least("duplicates.near.hot_bucket_docs", near.hot_bucket_docs, 1)


def _resolve_duplicates(recipe: Recipe, resolved: Mapping[str, Any], where: Place) -> Duplicates:
    section = recipe.duplicates
    try:
        if not 0 <= section.alarm_share <= 1:
            raise ValueError(f"alarm_share is {section.alarm_share}; give one from 0 to 1")
        if section.score is not None:
            columns = schemas.documents_schema(registry.measures_schema(resolved), [])
            numeric = [f.name for f in columns if pa.types.is_primitive(f.type)]
            if section.score not in numeric:
                raise ValueError(
                    f"score is {section.score!r}{suggest(section.score, numeric)}, but must be a "
                    f"numeric column of documents/: {', '.join(numeric)}"
                )
        if section.decontaminate:
            names = [benchmark.name for benchmark in section.decontaminate.benchmarks]
            if len(set(names)) < len(names):
                raise ValueError("decontaminate: benchmarks must have different names")
            # Read before work starts: a benchmark that nothing can be found of is a mistake.
            benchmark_files.build_index(
                section.decontaminate.files(),
                section.decontaminate.ngram_words,
                section.decontaminate.short_ngram_words,
            )
        near = section.near.resolved(recipe.seed) if section.near else None
        for run in section.against:
            _check_earlier(run, near)
    except ValueError as error:
        raise RecipeError(f"{where}: duplicates.{error}") from None
    return dataclasses.replace(section, near=near)


def _check_earlier(run: str, near: MinHash | None) -> None:
    """Only a finished run with signatures of the same kind can be compared with."""
    store = Store(run)
    if not store.exists("manifest.json"):
        raise ValueError(f"against: there is no finished run in {run}")
    its = Recipe.from_json(store.read_json("recipe.json"))
    theirs = its.duplicates.near.resolved(its.seed).config() if its.duplicates.near else None
    if near and theirs != near.config():
        raise ValueError(
            f"against: signatures of {run} were made with {theirs}, this recipe has "
            f"{near.config()}; give both the same near section and seed"
        )


def _resolve_rules(given: Any, where: Place) -> dict[str, Any]:
    """Published thresholds written out; each rule and threshold checked under its own line."""
    if not isinstance(given, Tree):
        return {}  # absent, or already refused by the type check
    resolved: dict[str, Any] = {}
    for name, thresholds in given.items():
        place = where.at(given, name)
        if thresholds == "published" and name in registry.RULES:
            thresholds = locate(registry.published(name))
        if isinstance(thresholds, Tree) and name in registry.RULES:
            for key, value in thresholds.items():
                with _at(place.at(thresholds, key)):
                    registry.validate_limit(name, key, plain(value))
        with _at(place):
            registry.validate({name: plain(thresholds)})
        resolved[name] = plain(thresholds)
    return resolved


@contextlib.contextmanager
def _at(place: Place) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise RecipeError(f"{place}: {error}") from None
