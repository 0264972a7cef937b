"""What is wrong with a recipe: all faults at once, each with its place and remedy; the schema."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from filters.rules import registry
from manifests.sections import Section
from manifests.store import Damaged, Store
from pipelines.estimation.prices import Prices
from pipelines.recipe import loading, reference
from pipelines.recipe.config import RecipeError, dotted
from pipelines.recipe.recipe import Recipe
from pipelines.recipe.schema import json_schema, range_of, schema_at
from pipelines.recipe.shipped import shipped, shipped_text
from shards.settings import Mixture, Packing, Part
from tests.winnow import GIVEN

ROOT = Path(__file__).parents[1]
# Settings of `winnow pack` and prices of `winnow estimate`, which no recipe has.
OF_COMMANDS = (Mixture, Packing, Part, Prices)

FIVE_FAULTS = """\
name: five
sourcs: []
documents:
  language: {min_score: 65}
  rules:
    gopher_quality:
      min_word: 3
    gopher_qualty: published
tokenizer:
  vocab_size: big
"""


def faults(name: str, *overrides: str) -> tuple[str, ...]:
    with pytest.raises(RecipeError) as caught:
        loading.load(name, overrides)
    return caught.value.faults


def test_all_faults_of_a_recipe_are_told_at_once_each_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "five.yaml"
    path.write_text(FIVE_FAULTS)
    found = faults(str(path))
    wanted = [
        ("line 2", "unknown key 'sourcs'; did you mean 'sources'?"),
        ("line 4", "documents.language.min_score is 65, but must be from 0 to 1"),
        ("line 7", "unknown threshold 'gopher_quality.min_word'; did you mean"),
        ("line 8", "unknown rule 'gopher_qualty'; did you mean 'gopher_quality'"),
        ("line 10", "tokenizer.vocab_size must be a whole number, not 'big'"),
    ]
    assert len(found) == len(wanted)
    for fault, (line, told) in zip(found, wanted, strict=True):
        assert fault.startswith(f"{path} {line}: "), fault
        assert told in fault, fault
    with pytest.raises(RecipeError, match="has 5 faults"):
        loading.load(str(path))


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("documents.language.min_score=65", "did you mean 0.65?"),
        ("documents.language.keep=[english]", "'english' is no language of BCP 47"),
        ("documents.language.keep=[xx]", "'xx' is no language of BCP 47"),
        ("documents.language.keep=[no]", "put quotes around the text"),
        ("documents.rules.gopher_quality.min_words=-5", "is -5, but must be 0 or more"),
        ("documents.rules.gopher_quality.max_bullet_line_ratio=90", "did you mean 0.9?"),
        ("documents.rules.gopher_quality.min_words={de: -1}", "is -1, but must be 0 or more"),
        ("documents.rules.gopher_quality.min_word=null", "did you mean 'min_words'?"),
        ("duplicates.near.verify=contain", "known are true, false, containment; did you mean"),
        ("tokenizr=null", "did you mean 'tokenizer'?"),
        ("documents.classifiers.quality=null", "unknown key 'documents.classifiers.quality'"),
        ("documents.classifiers={q: {model: 3, label: y}}", "must be a str, not 3"),
        ("documents.language.min_scores={xx: 0.3}", "min_scores.xx: 'xx' is no language"),
        ("documents.language.min_score=65%", "did you mean 0.65?"),
        ("documents.rules.gopher_quality.min_words={english: 5}", "'english' is no language"),
        ("documents.rules.gopher_quality=publishd", "or 'published'"),
        ("documents.normalize=[NFC]", "did you mean 'nfc'?"),
        ("token_cost.reference=english", "'english' is no language"),
        ("name=''", "name must not be empty"),
        ("sources.0.path=x", "sources is a list; give the whole list"),
        ("duplicates.alarm_share=.inf", "must be a finite number"),
        ("duplicates.near.bands=true", "must be a whole number, not True"),
    ],
)
def test_a_wrong_change_is_told_with_its_place_and_remedy(override: str, told: str) -> None:
    (fault,) = faults("demo", override)
    assert fault.startswith(f"--set {override}: ")
    assert told in fault


def test_a_wrong_key_does_not_hide_that_the_model_is_not_there() -> None:
    key, model = faults("demo", "documents.classifiers={q: {model: x, lable: y}}")
    assert "did you mean 'label'?" in key
    assert "documents.classifiers.q.model: no classifier 'x'" in model


def test_null_takes_out_what_could_be_there(tmp_path: Path) -> None:
    assert loading.load("fineweb-en", ["documents.pii=null"], ["jsonl:x"]).documents.pii is None
    rules = loading.load("demo", ["documents.rules.c4_quality.min_sentences=null"]).documents.rules
    assert "min_sentences" not in rules["c4_quality"]


def test_a_fault_of_a_source_of_the_command_line_names_it() -> None:
    with pytest.raises(RecipeError, match=r"^--source a=wrac:x: sources\[0\].kind is 'wrac'"):
        loading.load("demo", sources=["a=wrac:x"])


def test_an_option_that_a_kind_does_not_have_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(
        "name: r\nsources:\n  - name: a\n    kind: jsonl\n    path: p\n"
        "    options:\n      txt: body\n"
    )
    (fault,) = faults(str(path))
    assert f"{path} line 7: sources of kind jsonl have no option 'txt'" in fault
    assert "did you mean 'text'?" in fault


def test_keys_of_a_change_are_texts_as_in_a_file() -> None:
    (fault,) = faults("demo", "documents.rules.gopher_quality.min_words={no: 30}")
    assert "write 'nb', not 'no'" in fault


def test_faults_of_values_hide_none_of_files_and_changes(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(
        "name: a\n"
        "documents: {url_filter: {deny_hosts: /none}}\n"
        "duplicates: {score: foo, near: {bands: 5, threshold: 0.8}, against: [/none]}\n"
        "tokenizr: 3\n"
        "name: b\n"
    )
    found = faults(str(path), "tokenizer.vocab_sise=null", "documnts.x=3")
    wanted = (
        "line 5: key 'name' stands twice",
        "--set tokenizer.vocab_sise=null: unknown key",
        "--set documnts.x=3: unknown key 'documnts'",
        "line 4: unknown key 'tokenizr'",
        "line 2: documents.url_filter.deny_hosts: cannot read /none",
        "line 3: duplicates.score: 'foo', but must be a numeric column",
        "line 3: duplicates.near: give threshold, or bands and rows, not both",
        "line 3: duplicates.against[0]: there is no finished run in /none",
    )
    assert len(found) == len(wanted)
    for told in wanted:
        assert any(told in fault for fault in found), told


def test_options_of_sources_and_equal_names_are_told_where_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(
        "name: r\nsources:\n"
        "  - {name: s, kind: jsonl, path: p, options: {max_ratio: -1, attempts: x}}\n"
    )
    ratio, attempts = faults(str(path))
    assert "line 3: sources[0].options.max_ratio: option 'max_ratio' is -1" in ratio
    assert "line 3: sources[0].options.attempts: option 'attempts' is 'x'" in attempts
    path.write_text(
        "name: r\nsources:\n  - {name: s, kind: jsonl, path: p}\n"
        "  - {name: s, kind: jsonl, path: q}\n"
    )
    (twice,) = faults(str(path))
    assert "line 4: sources must have different names" in twice


def test_yaml_that_merges_another_mapping_is_read(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(
        "name: r\nsources:\n  - &a {name: s, kind: jsonl, path: p}\n  - {<<: *a, name: t}\n"
    )
    assert [source.name for source in loading.load(str(path)).sources] == ["s", "t"]


def test_a_change_of_a_recipe_of_a_run_names_the_change() -> None:
    with pytest.raises(RecipeError, match=r"^--set documents\.rules\.c4_qualty\.x=3: unknown rule"):
        loading.changed(loading.load("demo"), ["documents.rules.c4_qualty.x=3"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name: a\ndocuments: &a {x: *a}\n", "a value holds itself"),
        ("name: a\n? [b, c]\n: 3\n", "line 2: a key must be a text"),
        ("name: a\ndocuments:\n\textract: fast\n", "is not YAML"),
        ("name: a\x07\n", "special characters are not allowed"),
        ("name: a\nseed: 0x_\n", "line 2: '0x_' is no int"),
        ("name: a\nseed: " + "9" * 5000 + "\n", "is no int"),
        ("name: a\nsources: &a [*a]\n", "a value holds itself"),
        ("name: a\nx: " + "[" * 5000, "nested too deeply"),
        (
            "name: &a [x, x, x, x, x, x, x, x]\n"
            + "".join(
                f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n"
                for a, b in itertools.pairwise("abcdefgh")
            ),
            "more than 100,000 values",
        ),
    ],
)
def test_odd_yaml_is_told_in_a_sentence(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text(text)
    (fault,) = faults(str(path))
    assert told in fault


def test_dates_in_options_stay_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(
        "name: r\nsources: [{name: a, kind: jsonl, path: p, options: {text: 2020-01-01}}]\n"
    )
    assert loading.load(str(path)).sources[0].options == {"text": "2020-01-01"}


def written(name: str) -> Any:
    return yaml.safe_load(shipped_text(name))


@pytest.mark.parametrize("name", shipped())
def test_the_schema_accepts_every_shipped_recipe(name: str) -> None:
    jsonschema.validate(written(name), json_schema())
    jsonschema.validate(loading.load(name, GIVEN.get(name, [])).to_json(), json_schema())


@pytest.mark.parametrize("pack", registry.PACKS)
def test_the_schema_accepts_packs_by_name_and_written_out(pack: str) -> None:
    for rules in (pack, registry.pack_rules(pack)):
        recipe = {"name": "a", "documents": {"rules": rules}}
        jsonschema.validate(recipe, json_schema())
        assert Recipe.model_validate(recipe).documents.rules == registry.pack_rules(pack)


WRONG = [
    {},
    {"name": 3},
    {"name": "a", "tokenizr": {}},
    {"name": "a", "tokenizer": {"vocab_size": 256}},
    {"name": "a", "tokenizer": {"pattern": "gpt3"}},
    {"name": "a", "documents": {"extract": "fats"}},
    {"name": "a", "documents": {"language": {"min_score": 65}}},
    {"name": "a", "documents": {"rules": {"gopher_quality": {"min_word": 3}}}},
    {"name": "a", "documents": {"rules": {"gopher_qualty": "published"}}},
    {"name": "a", "documents": {"rules": {"gopher_quality": {"max_bullet_line_ratio": 90}}}},
    {"name": "a", "documents": {"rules": {"bad_words": {}}}},
    {"name": "a", "documents": {"rules": "datatrove-0.1"}},
    {"name": "a", "documents": {"normalize": ["nfd"]}},
    {"name": "a", "documents": {"pii": {"kinds": ["emial"]}}},
    {"name": "a", "duplicates": {"near": {"threshold": 1.5}}},
    {"name": "a", "sources": {}},
    {"name": "a", "sources": [{"name": "s", "kind": "wrac", "path": "p"}]},
    {"name": "a", "sources": [{"name": "s", "kind": "warc"}]},
    {
        "name": "a",
        "sources": [{"name": "s", "kind": "jsonl", "path": "p", "options": {"txt": "body"}}],
    },
]


@pytest.mark.parametrize("recipe", WRONG, ids=str)
def test_the_schema_refuses_what_loading_refuses(recipe: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(recipe, json_schema())
    path = tmp_path / "wrong.yaml"
    path.write_text(yaml.safe_dump(recipe))
    assert faults(str(path))


def test_an_empty_section_is_its_defaults(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text("name: r\ntokenizer:\ndocuments: {language: , pii: }\n")
    assert loading.load(str(path)) == Recipe(name="r")
    jsonschema.validate(yaml.safe_load(path.read_text()), json_schema())


def test_the_reference_of_recipes_is_what_the_code_gives() -> None:
    page = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
    assert page == reference.markdown(), "docs/recipes.md is stale: run `make recipes`"


def test_the_reference_names_every_key_and_each_has_a_meaning() -> None:
    page = reference.markdown()
    for section in Section.__subclasses__():
        for name, field in section.model_fields.items():
            told = section in OF_COMMANDS or f"\n| `{name}` |" in page
            assert told, f"{section.__name__}.{name}"
            assert field.description, f"{section.__name__}.{name} says nothing of its meaning"


def test_a_schema_is_found_by_the_keys_that_lead_to_it() -> None:
    assert schema_at(("tokenizer", "vocab_size"))["minimum"] == 257
    assert "path" in schema_at(("sources", 3))["properties"]
    assert schema_at(("documents", "language", "min_scores", "de"))["maximum"] == 1
    assert "model" in schema_at(("documents", "classifiers", "any"))["properties"]
    assert "min_words" in schema_at(("documents", "rules", "gopher_quality"))["properties"]
    assert schema_at(("sources", 0, "options", "text")) == {}


def test_a_run_of_another_version_says_which_key_of_its_recipe_is_unknown(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    store.write_json("recipe.json", loading.load("demo").to_json() | {"shuffle": {}})
    with pytest.raises(RecipeError, match=r"recipe\.json: unknown key 'shuffle'"):
        loading.recipe_of(store)
    (tmp_path / "recipe.json").write_text("{")
    with pytest.raises(Damaged, match=r"recipe\.json is damaged"):
        loading.recipe_of(store)


def numeric_fields(keys: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The keys that lead to each number of a recipe; an entry of a mapping is `en`, of a list 0."""
    found = schema_at(keys)
    if found.get("type") in ("integer", "number") and "enum" not in found:
        yield keys
    for key in found.get("properties", {}):
        if (*keys, key) != ("documents", "rules"):
            yield from numeric_fields((*keys, key))
    if isinstance(found.get("additionalProperties"), dict):
        yield from numeric_fields((*keys, "en"))
    if isinstance(found.get("items"), dict):
        yield from numeric_fields((*keys, 0))


NUMERIC = list(numeric_fields())
# What stands beside a number, where its section must have it.
BESIDE: dict[tuple[str | int, ...], dict[str, Any]] = {
    ("sources", 0): {"name": "s", "kind": "jsonl", "path": "none"},
    ("documents", "classifiers", "en"): {"model": "none"},
    ("duplicates", "decontaminate"): {"benchmarks": [{"name": "b", "path": "x", "fields": ["t"]}]},
}


def recipe_with(keys: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """A recipe that has the value there, as JSON."""
    for depth in range(len(keys) - 1, -1, -1):
        key, beside = keys[depth], BESIDE.get(keys[:depth], {})
        value = [value] if key == 0 else {**beside, key: value}
    return {"name": "r", **value}


def test_the_walk_finds_the_numbers() -> None:
    assert ("duplicates", "near", "ngram_words") in NUMERIC
    assert ("sources", 0, "priority") in NUMERIC
    assert ("documents", "language", "min_scores", "en") in NUMERIC
    assert len(NUMERIC) > 35


@pytest.mark.parametrize("keys", NUMERIC, ids=lambda keys: ".".join(map(str, keys)))
def test_every_number_has_a_range_and_what_is_out_of_it_is_refused(
    keys: tuple[str | int, ...], tmp_path: Path
) -> None:
    """A shingle of no words, or a priority of a thousand, failed in a worker hours later."""
    limits = schema_at(keys)
    told_range = range_of(limits)
    assert not told_range.endswith("or more"), "no upper end"
    assert told_range
    path = tmp_path / "r.yaml"
    for value in (0, -1, 10**12, 10**30, float("nan"), float("inf"), "", True, None):
        path.write_text(yaml.safe_dump(recipe_with(keys, value)))
        least = limits.get("minimum", limits.get("exclusiveMinimum"))
        most = limits.get("maximum", limits.get("exclusiveMaximum"))
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if value is None or (is_number and least <= value <= most):
            continue  # it may be right
        place = dotted(keys)
        mine = [fault for fault in faults(str(path)) if place in fault]
        assert mine, (value, faults(str(path)))
        if is_number and value == value and abs(value) != float("inf"):
            assert f"{place} is {value}, but must be {told_range}" in mine[0]
        else:
            assert "must be a" in mine[0]


@pytest.mark.parametrize("rule", sorted(registry.RULES))
def test_every_threshold_of_a_rule_refuses_what_no_document_has(rule: str) -> None:
    for key in registry.RULES[rule].published:
        for value in (-1, 10**12, float("nan"), float("inf"), "", True, None):
            with pytest.raises(ValueError, match=rf"{rule}\.{key}"):
                registry.validate_limit(rule, key, value)


@pytest.mark.parametrize("given", ["ngram_words: 0", "ngram_chars: 0, ngram_words: 0"])
def test_a_shingle_of_nothing_is_refused(given: str) -> None:
    (fault,) = faults("demo", f"duplicates.near={{{given}}}")
    assert "is 0, but a shingle has from 1 to 1,000; leave it out, or give ngram_" in fault
    loading.load("demo", ["duplicates.near={ngram_words: 0, ngram_chars: 9}"])


@pytest.mark.parametrize("family", ["datasketch", "datatrove"])
def test_a_seed_that_the_library_of_a_family_cannot_take_is_refused(family: str) -> None:
    (fault,) = faults("demo", "seed=5000000000", f"duplicates.near={{family: {family}}}")
    assert "has seeds from 0 to 4,294,967,295; give near such a seed of its own" in fault


@pytest.mark.parametrize(
    "override",
    [
        "tokenizer.path=''", "token_cost.parallel=''", "token_cost.reference=''",
        "documents.language.model=''", "documents.url_filter={deny_hosts: ''}",
        "documents.classifiers={q: {model: ''}}", "duplicates.against=['']",
        "duplicates.score=''",
    ],
)  # fmt: skip
def test_an_empty_name_is_no_name(override: str) -> None:
    assert any("must not be empty" in fault for fault in faults("demo", override))
