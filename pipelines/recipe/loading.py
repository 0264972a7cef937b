"""Recipes read, changed by the command line, checked and resolved."""

import copy
import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import ValidationError

from dedup.presets import SIGNATURES
from dedup.settings import MinHash
from filters.rules import registry
from manifests import addresses, files, manifest, schemas
from manifests.manifest import PLAN_FILE, RECIPE_FILE
from manifests.store import Damaged, Store
from manifests.suggestions import suggest
from pipelines.recipe import named_files
from pipelines.recipe.config import Draft, Fault, Keys, RecipeError, dotted
from pipelines.recipe.faults import sentences
from pipelines.recipe.recipe import Recipe
from pipelines.recipe.schema import schema_at
from pipelines.recipe.shipped import shipped, shipped_text
from pipelines.sources import KINDS
from pipelines.sources.http import Politeness
from pipelines.sources.limits import Limits
from pipelines.sources.records import LICENSE

RULES = ("documents", "rules")
# What a run reads of an earlier one.
_COMPARED = ("documents", "signatures")


class Reading:
    """A recipe as it was read, and all that is wrong with it.

    Attributes:
      recipe: what it says, without the values that are wrong; None where nothing is left.
      wrong: keys whose values are wrong.
      faults: what is wrong with the recipe and with changes of it, each in a sentence.
      found: what is wrong with the files that it names, and with whatever else is looked at.
    """

    def __init__(self, draft: Draft, overrides: Sequence[str] = ()) -> None:
        self._draft = draft
        for override in overrides:
            try:
                _override(draft, override)
            except RecipeError as error:
                draft.faults += error.faults
        self.found: list[Fault] = []
        self.recipe: Recipe | None = None
        self.wrong: tuple[Keys, ...] = ()
        if secrets := list(_secrets((), draft.values)):  # other sentences would quote them
            self.faults = []
            for keys, what in secrets:
                place = draft.place(keys)
                option = place.split()[0] if place.startswith("--") else place
                self.faults.append(str(Fault(keys, option, what)))
            return
        self.recipe, wrong = _validated(draft)
        self.wrong = tuple(wrong)
        self.faults = [*draft.faults, *itertools.chain.from_iterable(wrong.values())]

    def is_right(self, *keys: str | int) -> bool:
        """Whether nothing is known to be wrong with this value, or with what is around it."""
        return not any(keys[: len(at)] == at for at in self.wrong)

    def place(self, keys: Keys) -> str:
        """Where a value stands, as `my.yaml line 4: sources[0].path`."""
        return f"{self._draft.place(keys)}: {dotted(keys)}"

    def tell(self, found: Iterable[tuple[Keys, str]]) -> None:
        """Notes what is wrong, by the keys of values that are right in themselves."""
        for keys, what in found:
            if self.is_right(*keys):
                self.found.append(Fault(keys, self._draft.place(keys), what))

    def checked(self) -> Recipe:
        """The recipe.

        Raises:
          RecipeError: all that is wrong with it.
        """
        faults = [*self.faults, *map(str, self.found)]
        if faults or self.recipe is None:
            raise RecipeError(*faults, name=self._draft.name)
        return self.recipe


def read(name_or_path: str, overrides: Sequence[str] = (), sources: Sequence[str] = ()) -> Reading:
    """Reads a recipe, applies the command line's changes, and opens the files that it names.

    Takes what `load` takes.

    Raises:
      RecipeError: it cannot be read at all.
    """
    draft = _read(name_or_path)
    if sources:
        draft.remove(("sources",))
        draft.values["sources"] = []
        for index, argument in enumerate(sources):
            draft.values["sources"].append(source_of(argument))
            draft.places[("sources", index)] = f"--source {argument}"
    return _opened(Reading(draft, overrides))


def read_again(recipe: Recipe) -> Reading:
    """A recipe that was loaded before; what it names may have changed since."""
    return _opened(Reading(Draft("the recipe", recipe.to_json(), {})))


def load(name_or_path: str, overrides: Sequence[str] = (), sources: Sequence[str] = ()) -> Recipe:
    """Reads a recipe, shipped or from a file, and applies the command line's changes.

    Args:
      name_or_path: a name that `winnow recipes` lists, or a path ending in .yaml or .yml.
      overrides: `a.b=value`, the value in YAML; `null` takes the key out.
      sources: `kind:path` or `name=kind:path`; if there are any they replace the recipe's.

    Raises:
      RecipeError: anything is wrong with it; all that is wrong is told at once.
    """
    return read(name_or_path, overrides, sources).checked()


def changed(recipe: Recipe, overrides: Sequence[str]) -> Recipe:
    """A resolved recipe with changes of the command line.

    Raises:
      RecipeError: anything is wrong with them.
    """
    return Reading(Draft("recipe", recipe.to_json(), {}), overrides).checked()


def recipe_of(store: Store) -> Recipe:
    """The resolved recipe of a run.

    Raises:
      RecipeError: another version of winnow wrote it, which had other keys.
      ValueError: it is damaged.
    """
    values = store.read_json(RECIPE_FILE)
    if not isinstance(values, dict):
        raise Damaged(f"{store.url(RECIPE_FILE)} is damaged: it is no JSON object")
    return Reading(Draft(store.url(RECIPE_FILE), values, {})).checked()


def _opened(reading: Reading) -> Reading:
    """Checks also what lies between sections, and the files that the recipe names."""
    if reading.recipe is not None:
        reading.tell(_faults_between(reading.recipe))
        reading.tell(named_files.faults(reading.recipe))
        if not reading.faults and not reading.found:
            reading.recipe = _resolved(reading.recipe)
    return reading


def _validated(draft: Draft) -> tuple[Recipe | None, dict[Keys, list[str]]]:
    """The recipe, and what is wrong with its values by the keys that lead there.

    Where a value is wrong the recipe is that without it, so that the rest can be checked; None
    where there is none without it.
    """
    try:
        return Recipe.model_validate(draft.values), {}
    except ValidationError as error:
        wrong = sentences(draft, error)
    values = copy.deepcopy(draft.values)
    for keys in wrong:
        _take_out(values, keys)
    try:
        return Recipe.model_validate(values), wrong
    except ValidationError:
        return None, wrong


def _take_out(values: Any, keys: Keys) -> None:
    """Removes the innermost value that these keys lead to, but for items of lists."""
    *parents, last = keys or ("",)
    for key in parents:
        inside = values.get(key) if isinstance(values, dict) else None
        if not isinstance(inside, dict):
            last = key
            break
        values = inside
    if isinstance(values, dict):
        values.pop(last, None)


def _resolved(recipe: Recipe) -> Recipe:
    """With the parameters of MinHash written out, which follow from a preset and the seed."""
    near = recipe.duplicates.near
    if near is None:
        return recipe
    duplicates = recipe.duplicates.changed(near=near.resolved(recipe.seed))
    return recipe.changed(duplicates=duplicates)


def _read(name_or_path: str) -> Draft:
    if name_or_path.endswith((".yaml", ".yml")):
        try:
            return Draft.parse(Path(name_or_path).read_text(encoding="utf-8"), name_or_path)
        except FileNotFoundError:
            raise RecipeError(
                f"there is no recipe file {name_or_path}; check the path, or give the name of a "
                f"shipped recipe: {', '.join(shipped())}"
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
            raise RecipeError(
                f"recipe file {name_or_path} cannot be read: {reason}; give a file of YAML"
            ) from None
    known = shipped()
    if name_or_path not in known:
        raise RecipeError(
            f"unknown recipe {name_or_path!r}, shipped are {', '.join(known)}, and a file needs "
            f"its ending .yaml{suggest(name_or_path, known)}"
        )
    return Draft.parse(shipped_text(name_or_path), f"recipe {name_or_path}")


def source_of(argument: str) -> dict[str, Any]:
    head, colon, path = argument.partition(":")
    name, equals, kind = head.rpartition("=")
    if not colon or not path or (equals and not name):
        raise RecipeError(
            f"--source {argument}: write kind:path or name=kind:path, for example "
            f"warc:crawl/*.warc.gz; kinds are {', '.join(KINDS)}"
        )
    stem = path.rsplit("/", 1)[-1].split(".")[0].strip("*?[]") or kind
    return {"name": name or stem, "kind": kind, "path": path}


def _override(draft: Draft, override: str) -> None:
    path, equals, text = override.partition("=")
    keys = tuple(path.split("."))
    if not equals or not all(keys):
        raise RecipeError(
            f"--set {override}: write key=value, for example tokenizer.vocab_size=8192"
        )
    value = Draft(f"--set {override}: the value", {}, {}).read(text)
    for length in range(1, len(keys)):
        if isinstance(draft.get(keys[:length]), list):
            raise RecipeError(
                f"--set {override}: {dotted(keys[:length])} is a list; give the whole list"
            )
    if keys[:2] == RULES and len(keys) > 2:
        _write_rules_out(draft, keys[2])
    if value is None:
        _check_known(draft, keys, override)
        draft.remove(keys)
    else:
        draft.put(keys, value, f"--set {override}")


def _write_rules_out(draft: Draft, rule: str) -> None:
    """Puts thresholds in the place of a pack's name or of `published`, so that one can change."""
    rules = draft.get(RULES)
    if isinstance(rules, str) and rules in registry.PACKS:
        draft.put(RULES, registry.pack_rules(rules), draft.place(RULES))
    if draft.get((*RULES, rule)) == "published" and rule in registry.RULES:
        draft.put((*RULES, rule), registry.published(rule), draft.place((*RULES, rule)))


def _check_known(draft: Draft, keys: tuple[str, ...], override: str) -> None:
    """A key that is taken out must be one that could be there."""
    for length in range(1, len(keys) + 1):
        parent, key = keys[: length - 1], keys[length - 1]
        written = draft.get(parent)
        known = {
            *schema_at(parent).get("properties", ()),
            *(written if isinstance(written, dict) else ()),
        }
        if key not in known:
            raise RecipeError(
                f"--set {override}: unknown key {dotted(keys[:length])!r}"
                f"{suggest(key, sorted(known))}"
            )


def _secrets(keys: Keys, value: Any) -> Iterator[tuple[Keys, str]]:
    """Addresses of a recipe that hold a secret, which would stand in files of the run."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _secrets((*keys, key), item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _secrets((*keys, index), item)
    elif isinstance(value, str) and (what := addresses.secret_in(value)):
        yield keys, f"the address holds {what}; {addresses.REMEDY}"


def _faults_between(recipe: Recipe) -> Iterator[tuple[Keys, str]]:
    """What is wrong between sections."""
    for index, source in enumerate(recipe.sources):
        for key, value in source.options.items():
            try:
                Limits.of({key: value})
                Politeness.of({key: value})
            except ValueError as error:
                yield ("sources", index, "options", key), str(error)
            if key == LICENSE and not (isinstance(value, str) and value.strip()):
                told = f"option {key!r} is {value!r}, not the name of a licence"
                yield ("sources", index, "options", key), told
    columns = schemas.documents_schema(registry.measures_schema(recipe.documents.rules), [])
    numeric = [field.name for field in columns if pa.types.is_primitive(field.type)]
    duplicates = recipe.duplicates
    if duplicates.score not in (None, *numeric):
        yield (
            ("duplicates", "score"),
            f"{duplicates.score!r}, but must be a numeric column of documents/: "
            f"{', '.join(numeric)}{suggest(str(duplicates.score), numeric)}",
        )
    try:
        near = duplicates.near.resolved(recipe.seed) if duplicates.near else None
    except ValueError as error:
        yield ("duplicates", "near"), str(error)
        near = None
    for index, run in enumerate(duplicates.against):
        if why := _not_comparable(run, near):
            yield ("duplicates", "against", index), why


def _not_comparable(run: str, near: MinHash | None) -> str | None:
    """Why a run cannot be compared with: not finished, not whole, or of other signatures."""
    try:
        store = Store(run)
        if not store.exists(manifest.MANIFEST_FILE):
            return f"there is no finished run in {run}; give the folder of one"
        whole = manifest.read(store)
        written = [*files.read(store, "documents")]
        versions = whole["environment"].get("versions", {})
        its = recipe_of(store)
        store.read_json(PLAN_FILE)
        for folder in _COMPARED:
            sizes = store.sizes(folder)
            for file in written:
                path = file["path"]
                if path.startswith(f"{folder}/") and sizes.get(path) != file["size_bytes"]:
                    state = "lacks" if path not in sizes else "has another size of"
                    return f"{run} {state} {path}; make that run anew, or leave it out"
    except (OSError, ValueError, ImportError) as error:
        return f"{run} cannot be read: {error}; give a run that `winnow verify` finds whole"
    except (KeyError, TypeError, AttributeError):
        return (
            f"{store.url(manifest.MANIFEST_FILE)} is damaged; make that run anew, or leave it out"
        )
    theirs = its.duplicates.near.resolved(its.seed).config() if its.duplicates.near else None
    if near and theirs != near.config():
        return (
            f"signatures of {run} were made with {theirs}, this recipe has {near.config()}; "
            "give both the same near section and seed"
        )
    if near is None:
        return None
    version, now = versions.get(f"signatures.{near.family}", "1"), str(SIGNATURES[near.family])
    if version != now:
        return (
            f"signatures of {run} are of version {version}, and those of this winnow of version "
            f"{now}, so that duplicates would be missed; make that run anew, or leave it out"
        )
    return None
