from pathlib import Path

import pytest
from pydantic import ValidationError

from filters.rules import registry
from pipelines.recipe import loading
from pipelines.recipe.config import RecipeError
from pipelines.recipe.recipe import Recipe
from pipelines.recipe.shipped import shipped
from tests.winnow import GIVEN

SOURCES = ["jsonl:data/*.jsonl"]


def write(folder: Path, text: str) -> str:
    path = folder / "my.yaml"
    path.write_text(text)
    return str(path)


def error(name: str, **arguments: list[str]) -> str:
    with pytest.raises(RecipeError) as caught:
        loading.load(name, **arguments)
    return str(caught.value)


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_recipe_loads_and_describes_itself(name: str) -> None:
    loaded = loading.load(name, GIVEN.get(name, []))
    assert loaded.name == name
    assert loaded.description == shipped()[name] != ""


def test_a_recipe_whose_model_is_the_users_says_how_to_make_it() -> None:
    told = error("highest-quality-en")
    assert "documents.classifiers.quality.model: no classifier 'quality.bin'" in told
    assert "`winnow train-classifier` makes" in told


def test_the_resolved_recipe_reads_back_as_itself() -> None:
    loaded = loading.load("demo")
    assert Recipe.from_json(loaded.to_json()) == loaded


def test_a_misspelt_key_is_named_with_line_and_nearest_key(tmp_path: Path) -> None:
    path = write(tmp_path, "name: a\ntokenizer:\n  vocab_size: 300\n  patern: gpt2\n")
    message = error(path)
    assert f"{path} line 4" in message
    assert "'tokenizer.patern'" in message
    assert "did you mean 'pattern'" in message


def test_a_misspelt_threshold_is_named_with_its_own_line(tmp_path: Path) -> None:
    text = "name: a\ndocuments:\n rules:\n  gopher_quality:\n   max_words: 9\n   min_word: 3\n"
    message = error(write(tmp_path, text))
    assert "line 6" in message
    assert "gopher_quality.min_words" in message


def test_a_misspelt_rule_is_named_with_line_and_nearest_rule(tmp_path: Path) -> None:
    text = "name: a\ndocuments:\n  rules:\n    gopher_qualty: published\n"
    message = error(write(tmp_path, text))
    assert "line 4" in message
    assert "did you mean 'gopher_quality'" in message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name: a\nname: b\n", "line 2: key 'name' stands twice"),
        ("name: 3\n", "name must be a str, not 3"),
        ("- a\n", "must be a mapping"),
        ("name: [a\n", "is not YAML"),
        ("description: a\n", "lacks name"),
        ("name: a\nsources: {}\n", "sources must be a list"),
        ("name: a\nsources: [{name: s, kind: wrac, path: p}]\n", "did you mean 'warc'"),
        ("name: a\nsources: [{name: s, kind: warc}]\n", "sources[0] lacks path"),
        ("name: a\ndocuments: {extract: fats}\n", "did you mean 'fast'"),
        ("name: a\ntokenizer: {vocab_size: 10}\n", "from 257 to 1,000,000"),
        ("name: a\nduplicates: {near: {bands: 0}}\n", "from 1 to 10,000"),
        ("name: a\ndocuments: {pii: {kinds: [emial]}}\n", "did you mean 'email'"),
    ],
)
def test_a_bad_recipe_is_refused_with_the_reason(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in error(write(tmp_path, text))


def test_an_unknown_recipe_names_the_nearest(tmp_path: Path) -> None:
    assert "did you mean 'wikipedia'" in error("wikipeda")
    assert "there is no recipe file" in error(str(tmp_path / "none.yaml"))


def test_published_thresholds_are_written_out_and_can_be_overridden() -> None:
    loaded = loading.load("fineweb-en", ["documents.rules.gopher_quality.min_words=30"], SOURCES)
    limits = loaded.documents.rules["gopher_quality"]
    assert limits == {**registry.published("gopher_quality"), "min_words": 30}


def test_null_takes_a_key_out() -> None:
    loaded = loading.load("demo", ["documents.pii=null", "documents.rules.gopher_repetition=null"])
    assert loaded.documents.pii is None
    assert "gopher_repetition" not in loaded.documents.rules


def test_sources_of_the_command_line_replace_the_recipes() -> None:
    loaded = loading.load("demo", sources=["warc:a/b.warc.gz", "wiki=mediawiki:c.xml.bz2"])
    assert [(s.name, s.kind, s.path) for s in loaded.sources] == [
        ("b", "warc", "a/b.warc.gz"),
        ("wiki", "mediawiki", "c.xml.bz2"),
    ]
    assert "must have different names" in error("demo", sources=["warc:a.warc", "warc:a.warc"])
    assert "kind:path" in error("demo", sources=["a.warc"])


def test_bad_overrides_are_refused() -> None:
    assert "write key=value" in error("demo", overrides=["seed"])
    assert "unknown key 'tokenizer.size'" in error("demo", overrides=["tokenizer.size=3"])


def test_the_digest_covers_what_decides_and_nothing_else() -> None:
    base = loading.load("demo")
    same = loading.load("demo", ["execution.batch_docs=7", "execution.partitions=3"])
    assert same.digest() == base.digest()
    changed = [
        ["seed=1"],
        ["documents.language.min_score=0.1"],
        ["duplicates.near.bands=3"],
        ["shards.count=5"],
    ]
    digests = {loading.load("demo", overrides).digest() for overrides in changed}
    assert len(digests | {base.digest()}) == len(changed) + 1


def test_the_order_of_rules_decides_and_is_part_of_the_digest() -> None:
    base = loading.load("demo")
    turned = dict(reversed(base.documents.rules.items()))
    other = base.changed(documents=base.documents.changed(rules=turned))
    assert other.digest() != base.digest()


def test_recipes_cannot_be_changed_after_loading() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        loading.load("demo").seed = 3  # type: ignore[misc]
