"""Counts of measured values agree however they are grouped, and quantiles are as near as told."""

import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests import sketches
from manifests.sketches import RELATIVE_ERROR, Values
from manifests.store import Store

Row = tuple[str, str, float | None, int | None]

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["web", "wiki"]),
        st.sampled_from(["de", "my", ""]),
        st.none() | st.floats() | st.sampled_from([0.0, -0.0, 1.0, 0.5]),
        st.none() | st.integers(-(2**62), 2**62) | st.integers(0, 300),
    ),
    max_size=40,
)


def batch(rows: list[Row]) -> pa.RecordBatch:
    columns = list(zip(*rows, strict=True)) or [()] * 4
    types = (pa.string(), pa.string(), pa.float64(), pa.int64())
    arrays = [pa.array(column, type_) for column, type_ in zip(columns, types, strict=True)]
    return pa.record_batch(arrays, names=["source", "language", "ratio", "words"])


def counted(rows: list[Row]) -> Values:
    values = Values()
    values.add("kept", batch(rows))
    return values


@given(rows=ROWS, data=st.data())
def test_values_are_equal_however_grouped_merged_or_split(
    rows: list[Row], data: st.DataObject
) -> None:
    whole = counted(rows).table()
    shuffled = data.draw(st.permutations(rows))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=5)))
    edges = zip([0, *cuts], [*cuts, len(rows)], strict=True)
    parts = [counted(shuffled[start:end]) for start, end in edges]
    while len(parts) > 1:  # merged as a tree of any shape
        one = parts.pop(data.draw(st.integers(0, len(parts) - 1)))
        other = parts.pop(data.draw(st.integers(0, len(parts) - 1)))
        if data.draw(st.booleans()):
            one.table()  # compacted before
        one.merge(other)
        parts.append(one)
    assert parts[0].table().equals(whole)


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=60),
    st.sampled_from([0.01, 0.1, 0.25, 0.5, 0.9, 0.99, 1.0]),
)
def test_a_quantile_is_within_the_stated_error(values: list[float], share: float) -> None:
    table = counted([("web", "de", value, None) for value in values]).table()
    (found,) = sketches.quantiles(table, [share])
    rank = math.ceil(Fraction(str(share)) * len(values))
    exact = sorted(values)[rank - 1]
    assert abs(found - exact) <= abs(exact) * RELATIVE_ERROR or abs(exact) < 1e-309


@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=60))
def test_larger_values_have_no_smaller_buckets(values: list[float]) -> None:
    assert (np.diff(sketches.buckets(np.sort(values))) >= 0).all()


def test_quantiles_of_real_spreads_are_within_the_stated_error() -> None:
    chance = np.random.default_rng(17)
    for values in (chance.lognormal(5, 3, 20_000), chance.normal(0, 1, 20_000), chance.random(9)):
        table = counted([("web", "de", float(value), None) for value in values]).table()
        shares = [0.001, 0.05, 0.5, 0.95, 0.999, 1]
        exact = np.quantile(values, shares, method="inverted_cdf")
        found = np.array([*sketches.quantiles(table, shares)])
        assert (abs(found - exact) <= abs(exact) * RELATIVE_ERROR).all()


def test_values_that_repeat_are_exact_and_nulls_are_no_values() -> None:
    rows: list[Row] = [("web", "de", 1.0, 130)] * 3 + [
        ("web", "de", None, 7),
        ("web", "my", math.nan, 7),
    ]
    table = counted(rows).table()
    (ratio, words_de, words_my) = sketches.spread(table, ["column", "language"], [0.5])
    assert (ratio["docs"], ratio["quantiles"]) == (3, {"0.5": 1.0})
    assert (words_de["docs"], words_de["quantiles"]) == (4, {"0.5": 130.0})
    assert (words_my["docs"], words_my["quantiles"]) == (1, {"0.5": 7.0})


@pytest.mark.parametrize("rows", [[], [("web", "", 1.5, 3)] * 5000])
def test_values_are_read_as_they_were_written(rows: list[Row], tmp_path: Path) -> None:
    values, here = counted(rows), Store(str(tmp_path))
    sketches.write(here, "values.parquet", values)
    assert sketches.read(here).table().equals(values.table())


def test_values_of_a_run_are_those_of_its_tables(demo: Path) -> None:
    """Recounted from `documents/` and `dropped/`, all files at once."""
    import pyarrow.parquet as pq

    again = Values()
    for outcome, folder in (("kept", "documents"), ("dropped", "dropped")):
        for path in sorted((demo / folder).glob("*.parquet")):
            again.add(outcome, pq.read_table(path).combine_chunks().to_batches()[0])
    assert again.table().equals(sketches.read(Store(str(demo))).table())
