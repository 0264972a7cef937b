"""Redaction over texts that nobody would write: idempotent, and rows do not see each other."""

from random import Random

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.pii import KINDS, redact
from filters.pii.kinds import REPLACED
from filters.pii.redact import find
from filters.pii.regions import regions_of
from tests import planting

LANGUAGES = [None, "und", *planting.SENTENCES]


@st.composite
def pieces(draw: st.DrawFn) -> str:
    """Values and pieces of them, stand-ins and tags, next to each other with little between."""
    random = Random(draw(st.integers(0, 2**32)))  # hypothesis's own randoms are slow
    language = draw(st.sampled_from(list(planting.SENTENCES)))
    parts = []
    for _ in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(list(KINDS)))
        value = draw(st.sampled_from(planting.VALUES[kind]))(random, language)
        cut = draw(st.integers(0, 4))
        planted, _, _ = planting.planted(random, language, kind)
        ends = [value, value[cut:], value[: len(value) - cut], planted]
        parts.append(draw(st.sampled_from([*ends, KINDS[kind].tag, KINDS[kind].stand_in(cut)])))
        parts.append(draw(st.text("0123456789.:@/-+ <>()_axX中é\n", max_size=3)))
    return "".join(parts)


def redacted(
    texts: list[str | None], languages: list[str | None], replace: str
) -> tuple[list[str | None], list[dict[str, object]]]:
    text, counts = redact(
        pa.array(texts, pa.large_string()),
        tuple(KINDS),
        replace,  # type: ignore[arg-type]
        languages=pa.array(languages, pa.string()),
    )
    return text.to_pylist(), counts.to_pylist()


@settings(max_examples=150, deadline=None)
@given(st.one_of(pieces(), st.text(max_size=60)), st.sampled_from(LANGUAGES),
       st.sampled_from(["tag", "stand_in"]))  # fmt: skip
def test_redacting_again_changes_nothing(text: str, language: str | None, replace: str) -> None:
    once, counts = redacted([text], [language], replace)
    twice, again = redacted(once, [language], replace)
    assert twice == once
    assert not any(value for name, value in again[0].items())
    spans = counts[0]["redactions"]
    assert isinstance(spans, list)
    for span in spans:
        assert REPLACED.fullmatch(once[0][span["start"] : span["end"]])  # type: ignore[index]
    for kind in KINDS:
        assert counts[0][f"pii_{kind}"] == sum(span["kind"] == kind for span in spans)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.one_of(st.none(), pieces()), st.sampled_from(LANGUAGES)), max_size=4),
       st.integers(0, 4))  # fmt: skip
def test_rows_do_not_depend_on_their_batch(
    rows: list[tuple[str | None, str | None]], cut: int
) -> None:
    def run(some: list[tuple[str | None, str | None]]) -> list[tuple[object, object]]:
        texts, counts = redacted([t for t, _ in some], [c for _, c in some], "stand_in")
        return list(zip(texts, counts, strict=True))

    assert run(rows) == run(rows[:cut]) + run(rows[cut:])


@settings(max_examples=150, deadline=None)
@given(pieces(), st.sampled_from(LANGUAGES))
def test_every_text_with_a_hit_is_a_candidate(text: str, language: str | None) -> None:
    for kind in KINDS.values():
        if find(text, [kind], regions_of(language)):
            found = redact(pa.array([text], pa.large_string()), [kind.name],
                           languages=pa.array([language], pa.string()))[1]  # fmt: skip
            assert found[f"pii_{kind.name}"][0].as_py() > 0


@pytest.mark.parametrize("kind", KINDS)
def test_stand_ins_are_nobodys(kind: str) -> None:
    for number in (0, 1, 2**32, 2**63 - 1, 2**64 - 1, 0x123456789ABCDEF0):
        stand_in = KINDS[kind].stand_in(number)
        assert REPLACED.fullmatch(stand_in)
        for before, after in (
            ("", ""),
            ("Phone: ", ""),
            ("https://", "@host.org"),
            ("", " ext 12"),
        ):
            assert find(before + stand_in, KINDS.values(), ("US", "GB", "DE")) == [], after
