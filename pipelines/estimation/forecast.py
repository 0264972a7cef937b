"""What a run over all of the input will give and take, from a run over the sample."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dedup import unseen
from manifests.store import Store
from pipelines.estimation import ratios
from pipelines.estimation.draw import Drawn
from pipelines.estimation.measured import Measure
from pipelines.estimation.prices import Prices
from pipelines.estimation.ratios import LEVEL, Interval

if TYPE_CHECKING:
    from pipelines.estimation.outcomes import Outcomes

# Processor time of the same work differs by so much from one time to the next, on a busy machine.
_TIMING = 0.2
# Seconds that a stage may take to load what it needs for some texts only, such as a kernel.
_LOADING = 0.5
_SECONDS_PER_HOUR = 3600
# Bytes of the content tell more than the number of records where they make errors so much smaller,
# and where so many places were drawn that the errors are known.
_CLEARLY, _MANY = 0.5, 500
# Stages whose work grows with what is read; that of the others grows with what survives.
_BEFORE = ("documents", "duplicates")
# Large files are compressed better than those of a sample, or worse.
_COMPRESSED = Interval(0.75, 1.0, 1.33)
# What of the run's folder does not grow.
_FIXED = ("tokenizer", "token_cost")

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]


@dataclasses.dataclass(frozen=True)
class Forecast:
    """The answer; each value is of all of the input.

    Attributes:
      documents: records with text.
      kept: documents of the corpus.
      tokens: of the shards, as they are encoded; None for a recipe without shards.
      core_hours: processor time by stage, without what starting takes.
      reading, start_up: core-hours of reading the sources, and of starting each stage once.
      worker_bytes: the most memory of one process.
      shuffle_bytes: of all shuffles together.
      disk_bytes: of the run's folder when it is finished.
      cost: in `currency`; None without prices.
    """

    documents: Interval
    passed: Interval
    kept: Interval
    tokens: Interval | None
    core_hours: Mapping[str, Interval]
    reading: Interval
    start_up: Interval
    worker_bytes: Interval
    shuffle_bytes: Interval
    disk_bytes: Interval
    cost: Interval | None
    currency: str | None

    @property
    def all_core_hours(self) -> Interval:
        return sum([*self.core_hours.values(), self.reading], self.start_up)

    def to_json(self) -> dict[str, Any]:
        """All intervals as objects of `low`, `estimate` and `high`."""
        every = dataclasses.asdict(self.all_core_hours)
        return dataclasses.asdict(self) | {"all_core_hours": every}


class Totals:
    """Sums over all of the input from the sample's."""

    def __init__(self, drawn: Drawn) -> None:
        self._drawn = drawn
        self._of: list[tuple[Rows, Rows, list[tuple[Floats, float]]]] = []
        for number, stratum in enumerate(drawn.of):
            rows = np.flatnonzero(drawn.strata == number)
            if stratum.by_content:
                names, place = np.unique(drawn.places[rows], return_inverse=True)
                counts = np.bincount(place, minlength=len(names)).astype(np.float64)
                sizes = _sums(place, drawn.sizes[rows], len(names))
                known = [(counts, float(stratum.docs)), (sizes, float(stratum.size_bytes))]
            else:  # units without a record count as well
                names = np.array(sorted(drawn.unit_sizes), np.uint64)
                place = np.searchsorted(names, drawn.places[rows])
                sizes = np.array([float(drawn.unit_sizes[int(name)]) for name in names])
                known = [(sizes, float(stratum.size_bytes))]
            self._of.append((rows, place, known))

    def of(self, values: Floats) -> Interval:
        """The total of a value of each drawn record."""
        whole = Interval.exact(0.0)
        for rows, place, known in self._of:
            if not len(known[0][0]):
                continue
            found = _sums(place, values[rows], len(known[0][0]))
            if not found.any():
                continue
            best, *others = (ratios.total(found, *one, self._drawn.share) for one in known)
            if others and len(found) >= _MANY and others[0].error < _CLEARLY * best.error:
                best = others[0]
            whole = whole + best
        return whole

    @property
    def documents(self) -> Interval:
        """Records with text: counted where all were read."""
        counted = sum(stratum.docs for stratum in self._drawn.of if stratum.by_content)
        is_of_unit = self._drawn.strata == 1
        if not is_of_unit.any():
            return Interval.exact(counted)
        return self.of(is_of_unit.astype(np.float64)) + Interval.exact(counted)


def _sums(place: Rows, values: npt.NDArray[np.generic], count: int) -> Floats:
    """The values added up by place."""
    return np.bincount(place, values, minlength=count).astype(np.float64)


def forecast(
    drawn: Drawn,
    outcomes: "Outcomes",
    store: Store,
    stages: Sequence[str],
    whole: Sequence[Measure],
    half: Sequence[Measure] | None,
    tokens_of_all: Interval,
    memory_mb: int,
    prices: Prices | None,
) -> Forecast:
    """Tells from the sample what the whole will give.

    Args:
      store: the run over the sample.
      stages: its stages, of which `whole` are the measures, and `half` those of the run over the
        first half of the sample, if there is one.
      tokens_of_all: tokens by the tokenizer of all text, over those by the sample's.
      memory_mb: of a worker, by the recipe.
    """
    totals = Totals(drawn)
    documents = totals.documents
    passed_rows = np.zeros(len(drawn.ids))
    passed_rows[outcomes.drawn] = 1
    passed = _possible(totals.of(passed_rows), passed_rows, documents)
    kept = kept_of(drawn, totals, outcomes, outcomes.weights)
    kept = _possible(kept, outcomes.weights, documents)
    tokens, grown = None, _over(kept, float(outcomes.weights.sum()))
    if outcomes.tokens is not None:
        seen = kept_of(drawn, totals, outcomes, outcomes.tokens)
        grown = _over(seen, float(outcomes.tokens.sum()))
        tokens = seen.times(tokens_of_all)
    text = _over(totals.of(outcomes.text_bytes), float(outcomes.text_bytes.sum()))
    share_of_half = _share_of_half(drawn)
    hours, start_up = {}, Interval.exact(0.0)
    shuffled = Interval.exact(0.0)
    for place, stage in enumerate(stages):
        growth = text if stage in _BEFORE else grown
        begun, hours[stage] = _seconds(
            whole[place].core_seconds,
            half[place].core_seconds if half else None,
            share_of_half,
            growth,
        )
        start_up = start_up + begun
        shuffled = shuffled + growth.scaled(whole[place].shuffle_bytes)
    hours = {stage: one.scaled(1 / _SECONDS_PER_HOUR) for stage, one in hours.items()}
    start_up = start_up.scaled(1 / _SECONDS_PER_HOUR)
    reading = drawn.read_seconds / _SECONDS_PER_HOUR
    worker = max(measure.worker_bytes for measure in whole)
    made = Forecast(
        documents, passed, kept, tokens, hours,
        Interval((1 - _TIMING) * reading, reading, (1 + _TIMING) * reading), start_up,
        Interval(worker, worker, worker + (memory_mb << 20)),
        shuffled, _disk(store, text, grown), None, None,
    )  # fmt: skip
    return made if prices is None else _priced(made, prices, drawn.stored_bytes)


def _possible(found: Interval, seen: Floats, documents: Interval) -> Interval:
    """The interval, where neither what was seen is missing, nor more is than there are records."""
    return found.within(float(seen.sum()), documents.high)


def _over(found: Interval, value: float) -> Interval:
    return found.scaled(1 / value) if value else Interval.exact(0.0)


def kept_of(drawn: Drawn, totals: Totals, outcomes: "Outcomes", weights: Floats) -> Interval:
    """The total over clusters of a value that each has: what is left when copies are removed."""
    clusters = len(weights)
    places = drawn.places[outcomes.drawn]
    pairs, first, at = np.unique(
        np.stack([outcomes.cluster.astype(np.uint64), places], axis=1),
        axis=0, return_index=True, return_inverse=True,
    )  # fmt: skip
    cluster = pairs[:, 0].astype(np.int64)
    values = np.zeros(len(drawn.ids))
    np.add.at(values, outcomes.drawn[first], weights[cluster])
    at_places = totals.of(values)
    seen = np.bincount(cluster, minlength=clusters)
    low, estimate, high = unseen.different(
        weights, seen, drawn.share, LEVEL, _most_fellows(drawn, outcomes, at.reshape(-1), seen)
    )
    found = at_places.times(Interval(low, estimate, high))
    return found.within(float(weights.sum()), np.inf)


def _most_fellows(
    drawn: Drawn, outcomes: "Outcomes", pair: npt.NDArray[np.int64], seen: npt.NDArray[np.int64]
) -> float:
    """The most other places at which copies of a document are on average, if that can be told.

    Near-copies are at the same place with their similarity as the probability, so that those at
    other places are no more than those. That is so for documents as they are read; where copies
    at different places were seen, as of one text on pages of two sites, it is not relied upon.
    """
    if (drawn.strata != 0).any() or seen.max(initial=1) > 1:
        return np.inf
    contents = np.unique(
        np.stack([pair.astype(np.uint64), drawn.contents[outcomes.drawn]], axis=1), axis=0
    )[:, 0]
    fellows = np.bincount(contents.astype(np.int64)) - 1
    fellows = fellows[fellows >= 0]
    alike = int((fellows > 0).sum())
    most = unseen.poisson_bounds(alike, LEVEL)[1]
    mean = float(fellows[fellows > 0].mean()) if alike else 1.0
    return most * mean / max(1, len(fellows))


def _share_of_half(drawn: Drawn) -> float:
    """The part of the sample's bytes that its first half has."""
    return float(drawn.sizes[drawn.early].sum()) / max(1, int(drawn.sizes.sum()))


def _seconds(
    whole: float, half: float | None, share_of_half: float, growth: Interval
) -> tuple[Interval, Interval]:
    """Seconds that a stage takes to start, and for its work on all of the input.

    Work is what the second half of the sample took more. Where that is not much more than the error
    of measuring, most of it is taken for the error.
    """
    if half is None or share_of_half >= 1:
        return Interval(0.0, 0.0, whole), growth.times(Interval(whole / 2, whole, whole))
    slope = (whole - half) / (1 - share_of_half)
    error = (_TIMING * float(np.hypot(whole, half)) + _LOADING) / (1 - share_of_half)
    likely = slope * slope**2 / (slope**2 + error**2) if slope > 0 else 0.0
    work = [min(max(0.0, one), whole) for one in (slope - error, likely, slope + error)]
    return (
        Interval(whole - work[2], whole - work[1], whole - work[0]),
        Interval(
            work[0] * growth.low, work[1] * growth.estimate, work[2] * growth.high
        ),
    )  # fmt: skip


def _disk(store: Store, text: Interval, grown: Interval) -> Interval:
    sizes: dict[str, int] = {}
    for path, size in store.sizes("").items():
        folder = path.partition("/")[0]
        sizes[folder] = sizes.get(folder, 0) + size
    after = sum(sizes.get(name, 0) for name in ("corpus", "shards", "repetition"))
    fixed = sum(sizes.get(name, 0) for name in _FIXED)
    before = sum(sizes.values()) - after - fixed
    return (text.scaled(before) + grown.scaled(after)).times(_COMPRESSED) + Interval.exact(fixed)


def _priced(made: Forecast, prices: Prices, stored_bytes: int) -> Forecast:
    gib = made.worker_bytes.scaled(1 / (1 << 30))
    hours = made.all_core_hours
    memory = Interval(hours.low * gib.low, hours.estimate * gib.estimate, hours.high * gib.high)
    cost = (
        hours.scaled(prices.core_hour)
        + memory.scaled(prices.gib_hour)
        + Interval.exact(stored_bytes / 1e9 * prices.read_gb)
        + made.shuffle_bytes.scaled(prices.shuffle_gb / 1e9)
        + made.disk_bytes.scaled(prices.stored_gb_month * prices.months / 1e9)
    )
    return dataclasses.replace(made, cost=cost, currency=prices.currency)
