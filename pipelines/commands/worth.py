"""`winnow worth`: does what a recipe keeps predict good text better than what it drops?

Models of bytes (`filters.worth`) learn from equal bytes of texts that the run kept, dropped and
read, and are judged on good texts that none of them has seen.
"""

import dataclasses
import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from rich.table import Table
from rich.text import Text

from filters.documents import DocumentSteps
from filters.settings import Language
from filters.worth.arms import Members, Pool, keys_of, side_of
from filters.worth.comparison import LEVEL
from filters.worth.good import LEAST_BYTES as LEAST_GOOD_BYTES
from filters.worth.good import LEAST_TEXTS, Good, Rows, by_language, long_lines
from filters.worth.judge import CONTROL, LEAST_BYTES, Arm, Comparison, Judge
from filters.worth.steps import Step, WorthError, all_steps, steps_of
from manifests import manifest
from manifests.statistics import DROPPED, Funnel
from manifests.store import Store
from manifests.suggestions import suggest
from pipelines.commands import console
from pipelines.recipe.loading import recipe_of, source_of
from pipelines.recipe.plan import plan
from pipelines.recipe.recipe import Recipe, Source
from pipelines.sources.unit_records import UnitRecords
from pipelines.stages.fates import Fates, fates

_MOST_OF_DOCUMENT = 1 << 13  # bytes of its beginning, so that a few long books are no arm

# Kinds of sources whose text is taken for good where nothing else is named.
_ENCYCLOPEDIAS = ("mediawiki", "cirrussearch", "wikimedia_enterprise")
_KIND_OF_ENDING = {
    ".jsonl": "jsonl", ".jsonl.gz": "jsonl", ".jsonl.zst": "jsonl", ".parquet": "parquet",
    ".csv": "csv", ".csv.gz": "csv", ".xml.bz2": "mediawiki", ".xml.gz": "mediawiki",
    ".xml": "mediawiki",
}  # fmt: skip

PROXY = (
    "A proxy: how well the last six bytes predict the next one of the good text that you gave. It "
    "rewards text that resembles it, in wording, subject and spelling. It cannot show facts, "
    "reasoning, diversity, safety, or what a model trained on the corpus will do, nor lines that "
    "rules take out of documents. docs/quality.md"
)

Mask = npt.NDArray[np.bool_]


@dataclasses.dataclass(frozen=True)
class Worth:
    """The answer.

    Attributes:
      good: where the good texts come from.
      good_texts, good_bytes: of them that are judged, by language.
      without_good: documents of languages that have too few good texts.
      overlapping: documents left out of all arms, since they hold a line of a good text.
    """

    good: list[str]
    good_texts: dict[str, int]
    good_bytes: dict[str, int]
    without_good: dict[str, int]
    overlapping: int
    comparisons: list[Comparison]


def command(
    run: str,
    good: Sequence[str],
    good_source: Sequence[str],
    rules: Sequence[str],
    languages: Sequence[str],
    megabytes: float,
    as_json: bool = False,
) -> None:
    """Prints a table of comparisons.

    Raises:
      Failure: the run is not finished.
      WorthError, RecipeError, OSError: as `worth`.
    """
    store = Store(run)
    console.manifest_of(store)
    found = worth(store, good, good_source, rules, languages, int(megabytes * 1e6))
    if as_json:
        rows = [{**dataclasses.asdict(c), "verdict": c.verdict} for c in found.comparisons]
        facts = {**dataclasses.asdict(found), "comparisons": rows}
        console.print_json({**facts, "level": LEVEL, "note": PROXY})
        return
    for language, group in itertools.groupby(found.comparisons, lambda c: c.language):
        console.out.print(_table(language, list(group)))
        console.say(
            f"judged on {found.good_texts[language]:,} good texts in {language}, "
            f"{found.good_bytes[language] / 1e3:,.0f} kB of {', '.join(found.good)}\n"
        )
    if found.without_good:
        most = sorted(found.without_good.items(), key=lambda pair: (-pair[1], pair[0]))
        told = ", ".join(f"{name} ({count:,} documents)" for name, count in most[:10])
        more = f" and {len(most) - 10} more" if len(most) > 10 else ""
        console.say(f"not judged, since there is too little good text: {told}{more}")
    if found.overlapping:
        console.say(f"{found.overlapping:,} documents hold a line of a good text and are left out")
    console.say("Below 0 the first of the two arms predicts good text better.")
    console.say(PROXY)


def _table(language: str, comparisons: Sequence[Comparison]) -> Table:
    table = Table(
        language, "compared", "documents", "kB learnt", "bits per byte", f"{LEVEL:.0%} interval", ""
    )
    for c in comparisons:
        told = ("", "")
        if c.difference is not None:
            d = c.difference
            told = (f"{d.mean:+.4f}", f"{d.low:+.4f} to {d.high:+.4f}")
        table.add_row(
            Text(c.step), f"{c.one} - {c.other}", f"{c.one_documents:,}, {c.other_documents:,}",
            f"{c.arm_bytes / 1e3:,.0f}", *told, c.verdict,
        )  # fmt: skip
    return table


def worth(
    store: Store,
    good: Sequence[str] = (),
    good_source: Sequence[str] = (),
    rules: Sequence[str] = (),
    languages: Sequence[str] = (),
    most_bytes: int = 1_000_000,
) -> Worth:
    """Compares what a run kept, dropped and read, by language and rule.

    Args:
      good: files of good text, `path` or `kind:path`, as `--source` takes them.
      good_source: sources of the run whose survivors are the good text. Without either, its
        encyclopedias.
      rules: rules, or reasons, to look at; all that decide unless given.
      languages: to look at; all that have good text unless given.
      most_bytes: that each model learns from.

    Raises:
      WorthError: says what the run or the good text lacks.
      RecipeError, OSError: a file of good text cannot be read.
    """
    recipe = recipe_of(store)
    if recipe.documents.dropped != "text":
        raise WorthError(
            f"{store} has no text of dropped documents (documents.dropped is "
            f"{recipe.documents.dropped}); make a run with --set documents.dropped=text"
        )
    if most_bytes < LEAST_BYTES:
        raise WorthError(f"--mb is {most_bytes / 1e6:g}; give at least {LEAST_BYTES / 1e6:g}")
    steps = steps_of(recipe.documents, _reasons(store), rules)
    own = () if good else _good_sources(recipe, good_source)
    texts = texts_of_files(recipe, good) if good else _survivors_of(store, recipe, own)
    judged = Good.of(texts, recipe.seed, languages)
    if not judged.texts:
        wanted = f"one of {', '.join(languages)}" if languages else "one language"
        raise WorthError(
            f"there is too little good text: {LEAST_TEXTS} texts and "
            f"{LEAST_GOOD_BYTES / 1e3:.0f} kB of {wanted} are needed; give more with --good"
        )
    drawn = _Arms(recipe, steps, judged, own, most_bytes)
    for fate in fates(store, recipe):
        drawn.add(fate)
    found = [
        comparison for language in sorted(judged.texts) for comparison in drawn.compare(language)
    ]
    return Worth(
        good=[*good, *own],
        good_texts={name: len(texts.start) for name, texts in judged.texts.items()},
        good_bytes={name: int(texts.sizes.sum()) for name, texts in judged.texts.items()},
        without_good={
            name: count
            for name, count in drawn.without_good.items()
            if not languages or name in languages
        },
        overlapping=drawn.overlapping,
        comparisons=found,
    )


def _reasons(store: Store) -> list[str]:
    """Why stage `documents` dropped documents, the most frequent first."""
    funnel = Funnel.from_json(store.read_json(manifest.stage_manifest("documents"))["funnel"])
    return [str(reason) for reason in funnel.by(DROPPED, "reason")]


def _good_sources(recipe: Recipe, wanted: Sequence[str]) -> tuple[str, ...]:
    """The sources of the run whose texts are good, which are then in no arm.

    Raises:
      WorthError: there is none of that name, or no other one.
    """
    kinds = {source.name: source.kind for source in recipe.sources}
    for name in wanted:
        if name not in kinds:
            raise WorthError(
                f"the run has no source {name!r}, only {', '.join(kinds)}{suggest(name, kinds)}"
            )
    found = wanted or [name for name, kind in kinds.items() if kind in _ENCYCLOPEDIAS]
    if not found:
        raise WorthError(
            "the run has no encyclopedia among its sources, whose text would be taken for good; "
            "give files with --good, such as --good mediawiki:enwiki.xml.bz2, or a source of the "
            "run with --good-source"
        )
    if len(found) == len(kinds):
        raise WorthError(
            f"good text would be that of {', '.join(found)}, and the run has no other source to "
            "compare; give other good text with --good"
        )
    return tuple(found)


def _survivors_of(store: Store, recipe: Recipe, sources: Sequence[str]) -> Iterator[Rows]:
    for fate in fates(store, recipe):
        is_good = np.isin(fate.rows["source"].to_pylist(), list(sources)) & fate.survives
        rows = fate.rows.filter(pa.array(is_good))
        yield Rows(rows["doc_id"], rows["language"].to_pylist(), rows["text"])


def texts_of_files(recipe: Recipe, given: Sequence[str]) -> Iterator[Rows]:
    """Files read as the run reads its sources, with nothing dropped."""
    settings = recipe.documents.changed(
        rules={}, classifiers={}, url_filter=None,
        language=Language(model=recipe.documents.language.model),
    )  # fmt: skip
    sources = [Source.model_validate(source_of(_with_kind(path))) for path in given]
    named = tuple(source.changed(name=f"good{i}") for i, source in enumerate(sources))
    planned = plan(recipe.changed(documents=settings, sources=named))
    steps = DocumentSteps(settings, recipe.seed)
    for unit in planned.units:
        batches = UnitRecords(unit, recipe.execution.batch_docs, settings.max_record_mb << 20)
        for batch in batches:
            kept = steps.apply(batch.records, unit.source, batch.paths).kept
            yield Rows(kept["doc_id"], kept["language"].to_pylist(), kept["text"])


def _with_kind(path: str) -> str:
    """`kind:path` of a path whose ending tells the kind."""
    head, colon, _ = path.partition(":")
    if colon and "/" not in head:
        return path
    endings = (ending for ending in _KIND_OF_ENDING if path.endswith(ending))
    if (ending := next(endings, None)) is None:
        raise WorthError(f"--good {path}: write its kind in front, for example wet:{path}")
    return f"{_KIND_OF_ENDING[ending]}:{path}"


# The arms of a language; three for each step stand behind them.
_READ, _HALF, _OTHER_HALF = Arm(0, "read"), Arm(1, "half of what was read"), Arm(2, "other half")
_DROPPED, _KEPT, _COPIES = Arm(3, "dropped"), Arm(4, "kept"), Arm(5, "kept with copies")
_FIXED = 6
_PAIRS = (
    ("recipe", _KEPT, _READ),
    ("recipe", _KEPT, _DROPPED),
    ("duplicates", _KEPT, _COPIES),
    (CONTROL, _HALF, _OTHER_HALF),
)


class _StepArms(NamedTuple):
    passed: Arm
    failed: Arm
    alone: Arm

    @classmethod
    def of(cls, number: int) -> "_StepArms":
        first = _FIXED + 3 * number
        return cls(
            Arm(first, "passed"), Arm(first + 1, "failed"), Arm(first + 2, "dropped by it alone")
        )


class _Arms:
    """All arms of all languages that have good text."""

    def __init__(
        self,
        recipe: Recipe,
        steps: Sequence[Step],
        good: Good,
        own: Sequence[str],
        most_bytes: int,
    ) -> None:
        self._seed, self._early_drop = recipe.seed, recipe.documents.early_drop
        self._deciding = all_steps(recipe.documents)
        self._steps = [(step, _StepArms.of(number)) for number, step in enumerate(steps)]
        self._good, self._own, self._most_bytes = good, list(own), most_bytes
        self._count = _FIXED + 3 * len(steps)
        self._pools = {
            name: Pool(self._count, most_bytes, _MOST_OF_DOCUMENT) for name in good.texts
        }
        self.without_good: dict[str, int] = {}
        self.overlapping = 0

    def add(self, fate: Fates) -> None:
        """Takes what it needs of some documents."""
        is_arm = ~np.isin(fate.rows["source"].to_pylist(), self._own)
        keys = keys_of(fate.survivor, self._seed)
        members = self._members(fate, side_of(keys))
        for language, rows in by_language(fate.rows["language"].to_pylist()):
            at = rows[is_arm[rows]]
            if language not in self._pools:
                read = int(fate.read[at].sum())
                self.without_good[language] = self.without_good.get(language, 0) + read
                continue
            pool, lines = self._pools[language], self._good.lines[language]
            texts = fate.rows["text"].take(pa.array(at))
            left = np.ones(len(at), bool)
            for row in np.flatnonzero(pool.wants(keys[at], members[at])).tolist():
                left[row] = lines.isdisjoint(long_lines(texts[row].as_buffer().to_pybytes()))
            self.overlapping += int((fate.read[at] & ~left).sum())
            pool.add(keys[at][left], members[at][left], texts.filter(pa.array(left)))

    def _members(self, fate: Fates, side: Mask) -> Members:
        """Which arms documents belong to."""
        dropped = np.array([bool(reasons) for reasons in fate.reasons], bool)
        members = np.zeros((len(dropped), self._count), bool)
        members[:, _READ.column] = fate.read
        members[:, _HALF.column] = fate.read & side
        members[:, _OTHER_HALF.column] = fate.read & ~side
        members[:, _DROPPED.column] = fate.read & dropped
        members[:, _KEPT.column] = fate.survives
        members[:, _COPIES.column] = fate.read & ~dropped
        for step, arms in self._steps:
            members[:, arms.passed.column] = fate.read & ~dropped
            for row in np.flatnonzero(fate.read & dropped).tolist():
                given = [step.gave(reason) for reason in fate.reasons[row]]
                if any(given):
                    members[row, arms.failed.column] = True
                    members[row, arms.alone.column] = all(given)
                elif self._was_seen(step, fate.reasons[row][0]):
                    members[row, arms.passed.column] = True
        return members

    def _was_seen(self, step: Step, first_reason: str) -> bool:
        """Whether a step looked at a document: with early drop, rules do not after one that drops.

        Args:
          first_reason: why the document was dropped, not by this step.
        """
        if not self._early_drop or step.place == 0:
            return True
        dropped_at = (other.place for other in self._deciding if other.gave(first_reason))
        return next(dropped_at, step.place + 1) > step.place

    def compare(self, language: str) -> Iterator[Comparison]:
        """The rows of a language's table."""
        judge = Judge(
            self._pools[language], self._good.texts[language], self._most_bytes, self._seed
        )
        pairs = list(_PAIRS)
        for step, arms in self._steps:
            pairs.append((step.name, arms.passed, arms.failed))
            # With early drop nobody knows what else would have dropped a document.
            if not self._early_drop:
                pairs.append((step.name, _COPIES, arms.alone))
        for name, one, other in pairs:
            yield judge.compare(language, name, one, other)
