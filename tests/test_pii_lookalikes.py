"""Versions, dates, OIDs, ids and prices are no personal data, in any of their forms."""

import random
from collections import Counter

import pyarrow as pa
import pytest

from filters.pii import KINDS, redact
from tests import lookalikes

TEXTS = 20_000


def test_nothing_is_found_in_twenty_thousand_texts(capsys: pytest.CaptureFixture[str]) -> None:
    draw = random.Random("winnow")
    kinds = [*lookalikes.VALUES]
    drawn = [lookalikes.lookalike(draw, kinds[i % len(kinds)]) for i in range(TEXTS)]
    text = pa.array([text for text, _ in drawn], pa.large_string())
    counts = redact(text, tuple(KINDS), languages=pa.array([language for _, language in drawn]))[1]
    wrong = Counter(
        (kinds[row % len(kinds)], hit["kind"])
        for row, hits in enumerate(counts["redactions"].to_pylist())
        for hit in hits
    )
    with capsys.disabled():
        print(f"\nfalse hits in {TEXTS:,} texts: {sum(wrong.values())}")
    assert not wrong
