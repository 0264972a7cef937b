"""`winnow replay` decides from columns what a run with the changed recipe decides from text."""

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from filters import documents as chain
from filters.rules import registry
from filters.rules.thresholds import Rule, Threshold
from manifests.store import Store
from pipelines.commands.replay import ReplayError, replay, text_of, verdicts
from pipelines.recipe import loading
from pipelines.recipe.plan import plan
from pipelines.recipe.recipe import Recipe, Source
from pipelines.sources import KINDS, files
from pipelines.sources.units import WorkUnit
from pipelines.stages import documents
from tests.realdata import real_data
from tests.winnow import dropped, winnow


@pytest.fixture(autouse=True, scope="module")
def one_identifier() -> Iterator[None]:
    """Models are loaded once for all recipes."""
    with pytest.MonkeyPatch.context() as patch:
        shared = functools.cache(chain.LanguageIdentifier)
        patch.setattr(chain, "LanguageIdentifier", shared)
        yield


def rule_lists() -> dict[str, dict[str, Any]]:
    """Rules of a recipe, each pack and winnow's own with all that was published."""
    own = {name: registry.published(name) for name in registry.RULES if name in (
        "gopher_repetition", "gopher_quality", "c4_quality", "fineweb_quality"
    )}  # fmt: skip
    # A rule that rewrites stands first: the others measure what it left.
    own = {"c4_quality": own.pop("c4_quality"), **own}
    return {"own": own, **{name: registry.pack_rules(name) for name in registry.PACKS}}


def prepared(given: dict[str, Any], **fields: Any) -> Recipe:
    demo = loading.load("demo")
    section = demo.documents.changed(rules=given, **fields)
    return demo.changed(documents=section)


def read(source: Recipe) -> list[tuple[WorkUnit, pa.RecordBatch]]:
    """Records of all units."""
    found = []
    for unit in plan(source).units:
        with files.open_unit(unit) as file:
            for records in KINDS[unit.kind].read(unit, file, 100, 16 << 20):
                found.append((unit, records))
    return found


def store_run(root: Path, records: list[Any], made: Recipe) -> Store:
    """What stage `documents` leaves of a run."""
    store, steps = Store(str(root)), documents.steps_of(made)
    store.write_json("recipe.json", made.to_json(), sort_keys=False)
    with (
        store.write_part("documents/000000.parquet", steps.documents_schema) as kept,
        store.write_part("dropped/000000.parquet", steps.dropped_schema) as lost,
    ):
        for unit, batch in records:
            result = steps.apply(batch, unit.source, unit.path)
            kept.write(result.kept)
            lost.write(result.dropped)
    return store


def decided(records: list[Any], made: Recipe) -> dict[bytes, list[str]]:
    """Reasons by document, from text."""
    steps = documents.steps_of(made)
    found: dict[bytes, list[str]] = {}
    for unit, batch in records:
        result = steps.apply(batch, unit.source, unit.path)
        found |= {doc_id: [] for doc_id in result.kept["doc_id"].to_pylist()}
        found |= dict(
            zip(
                result.dropped["doc_id"].to_pylist(),
                result.dropped["reasons"].to_pylist(),
                strict=True,
            )
        )
    return found


def replayed(store: Store, change: str) -> tuple[dict[bytes, list[str]], int]:
    """Reasons by document, from columns; and how many documents flip."""
    found: dict[bytes, list[str]] = {}
    flips = 0
    for verdict in verdicts(store, [change]):
        ids, reasons = verdict.rows["doc_id"].to_pylist(), verdict.reasons.to_pylist()
        found |= dict(zip(ids, reasons, strict=True))
        assert verdict.after.to_pylist() == [row[0] if row else None for row in reasons]
        flips += int(verdict.flipped().sum())
    return found, flips


def values(store: Store, column: str) -> list[float]:
    """What documents that passed extraction measured, sorted."""
    found: list[float] = []
    for folder in ("documents", "dropped"):
        for path in store.list(folder):
            found += store.read_table(path, [column])[column].drop_null().to_pylist()
    return sorted(found)


def other_limit(store: Store, name: str, threshold: Threshold, now: float | None) -> float:
    """A limit between measured values, another one than now."""
    found = values(store, f"{name}.{threshold.measure}")
    for share in (0.5, 0.3, 0.9, 0.99):
        limit = found[int(share * (len(found) - 1))]
        if limit != now:
            return limit
    return found[0] + 1


def check_all(store: Store, records: list[Any], made: Recipe) -> tuple[int, int]:
    """Replays another limit of each threshold; how many were tried, documents that flipped."""
    tried = flipped = 0
    for name, limits in made.documents.rules.items():
        rule = registry.RULES.get(name)
        for threshold in rule.thresholds if rule else ():
            if threshold.key not in rule.document_thresholds:
                continue
            limit = other_limit(store, name, threshold, limits.get(threshold.key))
            change = f"documents.rules.{name}.{threshold.key}={limit!r}"
            ours, flips = replayed(store, change)
            assert ours == decided(records, loading.changed(made, [change])), change
            tried, flipped = tried + 1, flipped + flips
    return tried, flipped


@pytest.fixture(scope="module")
def sample() -> list[tuple[WorkUnit, pa.RecordBatch]]:
    found = read(loading.load("demo"))
    # Pages of markup take long to extract and are kept like the others.
    return [(unit, batch) for unit, batch in found if unit.kind not in ("warc", "mediawiki")]


@pytest.mark.parametrize("given", rule_lists())
def test_every_threshold_of_every_rule_replays_as_run(
    given: str, sample: list[Any], tmp_path: Path
) -> None:
    made = prepared(rule_lists()[given])
    tried, flipped = check_all(store_run(tmp_path, sample, made), sample, made)
    assert tried
    assert flipped, "the limits tried change nothing"


MIXED = {
    "gopher_quality": {"min_words": 20},
    "datatrove": [
        {"filter": "GopherQualityFilter", "args": {"min_doc_words": 10, "min_stop_words": 0}},
        {"filter": "RegexFilter", "args": {"regex_exp": "z"}},
    ],
    "gopher_repetition": {"min_chars": 300},
}


def test_decisions_of_datatroves_filters_stay(sample: list[Any], tmp_path: Path) -> None:
    made = prepared(MIXED)
    tried, flipped = check_all(store_run(tmp_path, sample, made), sample, made)
    assert tried
    assert flipped


@pytest.mark.parametrize(
    "change",
    [
        "language.min_score=0.999",
        "language.keep=[en, de]",
        "documents.language.keep=[]",
        "rules.gopher_quality.min_words={en: 90, hi: 10, default: 30}",
        "rules.gopher_quality.min_words=null",
        "rules.fineweb_quality=null",
    ],
)
def test_language_and_thresholds_by_language_replay_too(
    change: str, sample: list[Any], tmp_path: Path
) -> None:
    made = prepared({"gopher_quality": {"min_words": 40}, "fineweb_quality": {"min_lines": 3}})
    ours, flips = replayed(store_run(tmp_path, sample, made), change)
    full = f"documents.{change.removeprefix('documents.')}"
    assert ours == decided(sample, loading.changed(made, [full]))
    assert flips


def test_early_drop_leaves_out_what_it_did_not_measure(sample: list[Any], tmp_path: Path) -> None:
    given = registry.pack_rules("datatrove-0.10")
    slow, quick = (decided(sample, prepared(given, early_drop=early)) for early in (False, True))
    assert {k: v[:1] for k, v in slow.items()} == {k: v[:1] for k, v in quick.items()}
    assert slow != quick
    store = store_run(tmp_path, sample, prepared(given, early_drop=True))
    for name in given:
        measure = registry.RULES[name].columns.names[0]
        for path in store.list("documents"):
            assert not store.read_table(path)[f"{name}.{measure}"].null_count


def _extremes(rule: Rule, wanted: Threshold, limits: dict[str, Any]) -> Iterator[float]:
    """The least and the most that a threshold may be beside the others of its rule."""
    beside = [
        (other.keeps_small, limits[other.key])
        for other in rule.thresholds
        if other.measure == wanted.measure and other.keeps_small != wanted.keeps_small
    ]
    lowest, highest = 0.0, 1.0 if wanted.key.endswith("_ratio") else 1e9
    yield max([lowest, *(limit for is_most, limit in beside if not is_most)])
    yield min([highest, *(limit for is_most, limit in beside if is_most)])


@pytest.mark.parametrize("given", ["own", "datatrove-0.10"])
def test_early_drop_replays_what_it_can_and_refuses_the_rest(
    given: str, sample: list[Any], tmp_path: Path
) -> None:
    made = prepared(rule_lists()[given], early_drop=True)
    store = store_run(tmp_path, sample, made)
    outcomes = set()
    for name in made.documents.rules:
        rule = registry.RULES[name]
        for threshold in rule.thresholds:
            if threshold.key in rule.document_thresholds:
                for limit in _extremes(rule, threshold, made.documents.rules[name]):
                    change = f"documents.rules.{name}.{threshold.key}={limit!r}"
                    try:
                        ours, _ = replayed(store, change)
                    except ReplayError as error:
                        outcomes.add("refused" if "early_drop" in str(error) else str(error))
                    else:
                        assert ours == decided(sample, loading.changed(made, [change])), change
                        outcomes.add("replayed")
    assert outcomes == {"refused", "replayed"}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("rules.c4_quality.min_line_words=2", "removes lines by it"),
        ("rules.c4_quality=null", "alter the text"),
        ("rules.gopher_quality.words=spacy-en", "other words are not stored"),
        ("rules.datatrove=[]", "measure nothing"),
        ("rules.fineweb_quality.min_lines=2", "did not measure fineweb_quality"),
        ("normalize=[]", "alter the text"),
        ("pii=null", "alter the text"),
        ("language.model=lid.176.bin", "identified anew"),
        ("duplicates.near.bands=3", "stage documents alone"),
        ("dropped=values", "decides nothing"),
    ],
)
def test_a_change_that_needs_text_is_refused_with_the_reason(
    change: str, why: str, tmp_path: Path
) -> None:
    made = prepared({"c4_quality": {"min_line_words": 3}, **MIXED})
    with pytest.raises(ReplayError, match=why):
        replay(store_run(tmp_path, [], made), [change])


def test_a_run_that_cannot_answer_says_why(tmp_path: Path) -> None:
    store = store_run(tmp_path, [], prepared(MIXED, dropped="none"))
    with pytest.raises(ReplayError, match="no values"):
        replay(store, ["rules.gopher_quality.min_words=2"])


def test_where_counting_stops_a_threshold_is_not_replayed(tmp_path: Path) -> None:
    store = store_run(tmp_path, [], prepared(registry.pack_rules("datatrove-0.10")))
    with pytest.raises(ReplayError, match="counting stops"):
        replay(store, ["rules.datatrove_c4_quality.max_curly_brackets=2"])


def test_edited_values_are_noticed(sample: list[Any], tmp_path: Path) -> None:
    store = store_run(tmp_path, sample, prepared(MIXED))
    path = tmp_path / "dropped/000000.parquet"
    table = pq.read_table(path)
    column = table.schema.get_field_index("gopher_quality.words")
    pq.write_table(table.set_column(column, table.schema[column], [[99] * len(table)]), path)
    with pytest.raises(ReplayError, match="do not give the verdicts"):
        replay(store, ["rules.gopher_quality.min_words=2"])


def test_the_command_agrees_with_a_run(demo: Path, tmp_path: Path) -> None:
    change = "documents.rules.gopher_quality.min_words=60"
    told = winnow("replay", demo, "--set", "rules.gopher.min_words=60", "--sample", "2").stdout
    winnow(
        "run", "demo", "--out", tmp_path / "run", "--quiet", "--workers", "1", "--set", change,
        "--set", "documents.dropped=values",
    )  # fmt: skip
    store = Store(str(demo))
    ours, _ = replayed(store, change)
    stored = [
        pq.read_table(path, columns=["doc_id", "reasons"])
        for path in sorted((tmp_path / "run/dropped").glob("*.parquet"))
    ]
    theirs = {row["doc_id"]: row["reasons"] for part in stored for row in part.to_pylist()}
    assert {doc_id: reasons for doc_id, reasons in ours.items() if reasons} == theirs
    count = dropped(tmp_path / "run")["gopher_quality.too_few_words"]
    line = next(line for line in told.splitlines() if "too_few_words" in line)
    assert [word for word in line.split() if word.isdigit()] == ["0", str(count)]
    assert "winnow: " in winnow("replay", demo, "--set", "rules.c4_quality.min_line_words=9",
                                code=1).stderr  # fmt: skip
    assert "did you mean" in winnow("replay", demo, "--set", "rules.c4_quality.min_sentense=1",
                                    code=2).stderr  # fmt: skip


def test_all_flips_can_be_written_and_text_is_shown_when_asked(demo: Path, tmp_path: Path) -> None:
    changes = ["--set", "rules.gopher_quality.min_words=60", "--sample", "1"]
    told = winnow("replay", demo, *changes, "--out", tmp_path / "flips.parquet")
    flips = pq.read_table(tmp_path / "flips.parquet").to_pylist()
    result = replay(Store(str(demo)), changes[1:2])
    assert len(flips) == result.flips
    assert result.sample[0] in flips
    text = text_of(Store(str(demo)), result.sample[0])
    assert text
    line = text.splitlines()[0]
    assert line not in told.stdout
    assert line in winnow("replay", demo, *changes, "--text").stdout


@pytest.mark.parametrize("keep", ["text", "values", "none"])
def test_dropped_documents_keep_what_the_recipe_says(
    keep: Any, sample: list[Any], tmp_path: Path
) -> None:
    store = store_run(tmp_path, sample, prepared(MIXED, dropped=keep))
    table = store.read_table("dropped/000000.parquet")
    assert ("text" in table.column_names) == (keep == "text")
    assert ("gopher_quality.words" in table.column_names) == (keep != "none")
    assert {"doc_id", "source", "language", "input_bytes", "reason", "reasons"} <= {
        *table.column_names
    }
    assert len(table)


@pytest.mark.real
@pytest.mark.parametrize("given", rule_lists())
def test_every_threshold_replays_as_run_on_real_pages(given: str, tmp_path: Path) -> None:
    made = prepared(rule_lists()[given])
    pages = Source(
        name="pages",
        kind="parquet",
        path=str(real_data("webpages/wcxb-dev.gold.parquet")),
        options={"text": "main_content"},
    )
    source = made.changed(sources=(pages,))
    records = read(source)
    tried, flipped = check_all(store_run(tmp_path, records, made), records, made)
    assert flipped
    print(f"{given}: {tried} thresholds replayed, {flipped} documents flipped, 0 differences")
