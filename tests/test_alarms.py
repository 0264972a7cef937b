"""Alarms as pure functions: each kind is raised for planted counts, and silent beside them."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from filters.language import models
from filters.settings import checks
from manifests import alarms, manifest, schemas, statistics
from manifests.alarms import Check, Results
from manifests.statistics import DROPPED, ERROR, KEPT, Funnel
from pipelines.recipe import loading

ROOT = Path(__file__).parents[1]
RECIPE: dict[str, Any] = {
    "sources": [{"name": "web"}],
    "documents": {"language": {"keep": []}},
    "duplicates": {"alarm_share": 0.5, "alarm_words_lost": 0.1},
    "tokenizer": {"path": None, "vocab_size": 1000, "held_out": 0.1},
    "token_cost": {"parallel": "sentences.parquet", "reference": "en"},
}

# (outcome, source, language, reason, documents)
Rows = list[tuple[str, str, str, str, int]]
FINE: Rows = [(KEPT, "web", "en", "", 5)]


def stage(rows: Rows, **counts: int) -> dict[str, Any]:
    funnel = Funnel()
    for outcome, source, language, reason, docs in rows:
        funnel.count_in(docs, docs)
        funnel.outcomes[outcome, source, language, reason].add(docs, docs, docs)
    return {"funnel": funnel.to_json(), "counts": counts}


def found(
    kind: str,
    rows: Rows,
    counts: dict[str, int] | None = None,
    checked: list[Check] | None = None,
    recipe: dict[str, Any] | None = None,
    at: str | None = None,
) -> list[dict[str, Any]]:
    """What one kind finds in its (first) stage."""
    [one] = [k for k in alarms.KINDS if k.name == kind]
    at = at or one.stages[0]
    stages = {at: stage(rows, **(counts or {}))}
    told = alarms.alarms(Results({**RECIPE, **(recipe or {})}, stages, checked or []))
    assert len(told) <= 1 or {a["kind"] for a in told} != {kind}, "one alarm of a kind and stage"
    return next((a["found"] for a in told if a["kind"] == kind), [])


def test_a_source_of_which_nothing_was_read_is_told() -> None:
    rows = [
        (KEPT, "web", "en", "", 5),
        (ERROR, "gone", "", schemas.READ_UNREADABLE, 3),
        (ERROR, "part", "", schemas.READ_UNREADABLE, 3),
        (DROPPED, "part", "und", "parquet.empty", 1),
    ]
    recipe = {"sources": [{"name": n} for n in ("web", "part", "gone", "empty")]}
    assert found("source_without_records", rows, recipe=recipe) == [
        {"source": "empty", "errors": 0},
        {"source": "gone", "errors": 3},
    ]
    assert found("files_unread", rows, recipe=recipe) == [{"source": "part", "files": 3}]


def test_a_language_that_loses_all_documents_is_told_in_every_stage() -> None:
    rows = [
        (KEPT, "web", "en", "", 5),
        (DROPPED, "web", "sw", "gopher.too_few_stop_words", 15),
        (DROPPED, "web", "sw", "gopher.too_few_words", 5),
        (DROPPED, "web", "la", "gopher.too_few_words", 19),
        (DROPPED, "forum", "en", "gopher.too_few_words", 20),
    ]
    expected = [
        {"field": "source", "name": "forum", "docs": 20, "reason": "gopher.too_few_words"},
        {"field": "language", "name": "sw", "docs": 20, "reason": "gopher.too_few_stop_words"},
    ]
    for at in manifest.REMOVING:
        assert found("all_documents_dropped", rows, at=at) == expected


def test_languages_that_nobody_asked_for_may_go() -> None:
    rows = [
        (KEPT, "web", "en", "", 5),
        (DROPPED, "web", "de", "language.not_kept", 500),
        (DROPPED, "web", "de", "classifier.quality.low_score", 500),
        (DROPPED, "web", "vo", "language.low_score", 500),
        (DROPPED, "web", "und", "warc.request", 500),
    ]
    assert [a["name"] for a in found("all_documents_dropped", rows)] == ["de"]
    kept = {"documents": {"language": {"keep": ["en"]}}}
    assert found("all_documents_dropped", rows, recipe=kept) == []


ORDER = [
    Check("language.not_kept", is_rule=False),
    Check("gopher"),
    Check("stop", by_language=True),
    Check("fineweb"),
]


@pytest.mark.parametrize(("kept", "told"), [(9989, False), (9990, True)])
def test_a_rule_that_never_drops_is_told_of_ten_thousand_documents(kept: int, told: bool) -> None:
    rows = [
        (KEPT, "web", "en", "", kept),
        (DROPPED, "web", "de", "language.not_kept", 10**6),
        (DROPPED, "web", "en", "fineweb.short_lines", 10),
    ]
    expected = [{"rule": "gopher", "docs": kept + 10}] if told else []
    assert found("rule_never_drops", rows, checked=ORDER) == expected, (
        "documents dropped before the rule do not count, nor rules of some languages"
    )


def test_what_an_earlier_rule_drops_does_not_reach_the_next() -> None:
    rows = [
        (KEPT, "web", "en", "", 9_999),
        (DROPPED, "web", "en", "gopher.too_few_words", 10**6),
    ]
    assert found("rule_never_drops", rows, checked=ORDER) == []


def test_a_rule_that_drops_all_of_a_language_that_reach_it_is_told() -> None:
    rows = [
        (KEPT, "web", "en", "", 5),
        (DROPPED, "web", "th", "gopher.too_few_words", 40),
        (DROPPED, "web", "th", "fineweb.short_lines", 99),
        (DROPPED, "web", "th", "fineweb.few_ends", 1),
        (DROPPED, "web", "lo", "gopher.too_few_words", 99),
    ]
    assert found("rule_always_drops", rows, checked=ORDER) == [
        {"rule": "fineweb", "field": "language", "name": "th", "docs": 100}
    ]
    rows.append((KEPT, "web", "th", "", 1))
    assert found("rule_always_drops", rows, checked=ORDER) == []


def test_a_language_or_source_that_loses_too_much_is_told() -> None:
    kept = {"en": 900, "sw": 30, "la": 1, "eo": 1}
    dropped = {"en": 100, "sw": 170, "la": 98, "eo": 100}
    rows = [(KEPT, "web", code, "", n) for code, n in kept.items()]
    rows += [(DROPPED, "web", code, "near_duplicate", n) for code, n in dropped.items()]
    kind = "most_documents_are_duplicates"
    some = found(kind, rows)
    assert [(a["field"], a["name"], a["dropped"], a["docs"]) for a in some] == [
        ("language", "eo", 100, 101),
        ("language", "sw", 170, 200),
    ]
    share = {"duplicates": {"alarm_share": 0.85, "alarm_words_lost": 0.1}}
    assert found(kind, rows, recipe=share) == some[:1], "more than the share"
    share = {"duplicates": {"alarm_share": 0.2, "alarm_words_lost": 0.1}}
    assert found(kind, rows, recipe=share)[-1]["field"] == "source"


def test_words_that_near_duplicates_lose_are_told_by_source_and_language() -> None:
    dropped = {"en": 150, "sw": 120, "la": 99}
    rows = [(KEPT, "web", code, "", 1000) for code in dropped]
    rows += [(DROPPED, "web", code, "near_duplicate", n) for code, n in dropped.items()]
    words = {"source.web": 30_000, "language.en": 15_000, "language.sw": 9000, "language.la": 6000}
    lost = {"source.web": 3000, "language.en": 1500, "language.sw": 901, "language.la": 5000}
    counts = {alarms.WORDS + name: n for name, n in words.items()}
    counts |= {alarms.WORDS_LOST + name: n for name, n in lost.items()}
    some = found("words_lost", rows, counts)
    assert some == [
        {"field": "language", "name": "sw", "docs": 120, "words": 9000, "words_lost": 901}
    ], "more than a tenth, of a hundred documents"
    share = {"duplicates": {"alarm_share": 0.5, "alarm_words_lost": 0.05}}
    assert [a["name"] for a in found("words_lost", rows, counts, recipe=share)] == [
        "sw", "en", "web"
    ]  # fmt: skip
    assert found("words_lost", rows) == []


def test_repeated_ids_are_told_by_source() -> None:
    counts = {"repeated_ids.b": 2, "documents_of_repeated_ids.b": 7, "repeated_ids.a": 1}
    counts |= {"documents_of_repeated_ids.a": 18}
    assert found("repeated_ids", FINE, counts) == [
        {"source": "a", "ids": 1, "docs": 18},
        {"source": "b", "ids": 2, "docs": 7},
    ]
    assert found("repeated_ids", FINE) == []


@pytest.mark.parametrize(
    ("given", "path", "expected"),
    [
        (339, None, [{"asked": 1000, "given": 339}]),
        (1000, None, []),
        (339, "tokenizer.json", []),
    ],
)
def test_a_vocabulary_smaller_than_asked_is_told(
    given: int, path: str | None, expected: list[Any]
) -> None:
    recipe = {"tokenizer": {"path": path, "vocab_size": 1000}}
    assert found("vocabulary_too_small", FINE, {"vocab_size": given}, recipe=recipe) == expected


def test_languages_without_a_held_out_document_are_told() -> None:
    rows = [
        (KEPT, "web", "en", "", 9),
        (DROPPED, "web", "en", schemas.HELD_OUT, 1),
        (KEPT, "web", "sw", "", 9),
        (DROPPED, "forum", "sw", schemas.NOT_SAMPLED, 2),
    ]
    size = {"vocab_size": 1000}
    kind = "cost_on_training_text"
    assert found(kind, rows, size) == [{"language": "sw", "docs": 11}]
    given = {"tokenizer": {"path": "tokenizer.json", "vocab_size": 1000}}
    assert found(kind, rows, size, recipe=given) == [], "nothing was trained"


def parallel(**languages: tuple[int, int]) -> dict[str, int]:
    counts = {f"parallel_sentences.{code}": n for code, (n, _) in languages.items()}
    return counts | {f"shared_sentences.{code}": n for code, (_, n) in languages.items()}


def test_a_reference_without_text_is_told_and_coverage_is_not() -> None:
    counts = parallel(de=(50, 0), fr=(50, 0))
    assert found("reference_without_text", FINE, counts) == [{"reference": "en", "languages": 2}]
    assert found("thin_parallel_text", FINE, counts) == []
    none = {"token_cost": {"parallel": None, "reference": "en"}}
    assert found("reference_without_text", FINE, {}, recipe=none) == [], "nobody asked"


def test_languages_with_few_of_the_references_sentences_are_told() -> None:
    counts = parallel(en=(100, 100), de=(100, 49), fr=(50, 50), sw=(100, 0))
    assert found("thin_parallel_text", FINE, counts) == [
        {"language": "de", "shared": 49, "sentences": 100},
        {"language": "sw", "shared": 0, "sentences": 100},
    ]
    assert found("reference_without_text", FINE, counts) == []
    few = parallel(en=(29, 29), de=(30, 29))
    assert [a["language"] for a in found("thin_parallel_text", FINE, few)] == ["de", "en"]


def test_a_sentence_has_the_figures_and_a_remedy_however_many_there_are() -> None:
    counts = parallel(en=(50, 50), de=(50, 5), fr=(50, 0))
    counts |= {f"shared_sentences.q{letter}": 1 for letter in "abcdef"}
    counts |= {"vocab_size": 339}
    stages = {"tokenizer": stage(FINE, vocab_size=339), "token_cost": stage(FINE, **counts)}
    told = alarms.alarms(Results(RECIPE, stages))
    assert [(a["stage"], a["kind"]) for a in told] == [
        ("tokenizer", "vocabulary_too_small"),
        ("tokenizer", "cost_on_training_text"),
        ("token_cost", "thin_parallel_text"),
    ]
    assert told[0]["sentence"] == (
        "a vocabulary of 1,000 entries was asked for, and the data gave 339; train on more text, "
        "or set tokenizer.vocab_size to what the data give"
    )
    assert "de (5 of 50), fr (0 of 50), qa (1 of 50)" in told[2]["sentence"]
    assert " and 3 more; " in told[2]["sentence"]
    assert len(told[2]["found"]) == 8


def test_what_alarms_say_conforms_to_the_schema_of_manifests() -> None:
    schema = manifest.json_schema()
    items = schema["properties"]["reproducible"]["properties"]["alarms"]["items"]
    stages = {"tokenizer": stage(FINE, vocab_size=339)}
    told = alarms.alarms(Results(RECIPE, stages))
    for alarm in told:
        jsonschema.validate(alarm, {**items, "$defs": schema["$defs"]})
    statistics.canonical_json(told)


def test_every_check_of_a_recipe_has_its_place_in_the_order() -> None:
    """Were a step missing, documents that it drops would count as having reached no rule."""
    # Any model of fastText will do: nothing is classified.
    given = f"model: {models.model_path('lid.176.ftz')}, label: en"
    recipe = loading.load(
        "fineweb-en",
        [
            f"documents.classifiers={{q: {{{given}, min_score: 0.5}}, measured: {{{given}}}}}",
            "documents.rules={gopher_quality: {min_words: 50},"
            " fineweb_quality: {min_ended_line_ratio: {en: 0.1, default: 0.2}},"
            " c4_quality: {max_line_javascript: 0}}",
        ],
    )
    found = checks(recipe.documents)
    assert [(check.name, check.is_rule, check.by_language) for check in found] == [
        ("language.low_score", False, False),
        ("language.wrong_script", False, False),
        ("classifier.q", True, False),
        ("language.not_kept", False, False),
        ("gopher_quality", True, False),
        ("fineweb_quality", True, True),
        ("c4_quality", False, True),
        ("rules.empty_text", False, False),
    ]


def test_the_page_lists_every_kind_and_is_not_stale() -> None:
    page = (ROOT / "docs/alarms.md").read_text(encoding="utf-8")
    assert page == alarms.markdown(), "docs/alarms.md is stale: run `make alarms`"
    assert all(f"\n## {kind.name}\n" in page for kind in alarms.KINDS)
