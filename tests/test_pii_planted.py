"""Made-up personal data in twelve languages is found, and what only looks like it is left."""

import random
from collections import Counter

import pytest

from filters.pii.kinds import KINDS
from filters.pii.redact import find
from filters.pii.regions import regions_of
from tests import planting

TEXTS = 25  # a kind and language


@pytest.mark.parametrize("language", planting.SENTENCES)
def test_planted_values_are_found_in_every_language(language: str) -> None:
    draw = random.Random(f"winnow {language}")
    found: Counter[str] = Counter()
    for kind in planting.VALUES:
        for _ in range(TEXTS):
            text, start, end = planting.planted(draw, language, kind)
            hits = find(text, KINDS.values(), regions_of(language))
            found[kind] += (start, end, kind) in hits
    recall = found.total() / (TEXTS * len(planting.VALUES))
    assert recall >= 0.98, dict(found)
    assert min(found[kind] for kind in planting.VALUES) >= 0.9 * TEXTS, dict(found)


@pytest.mark.parametrize("language", planting.SENTENCES)
@pytest.mark.parametrize("kind", planting.LOOKALIKES)
def test_versions_dates_isbns_and_section_numbers_are_left(kind: str, language: str) -> None:
    draw = random.Random(f"winnow {language} {kind}")
    for _ in range(4 * TEXTS):
        text = planting.lookalike(draw, language, kind)
        assert find(text, KINDS.values(), regions_of(language)) == [], text
