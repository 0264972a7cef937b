"""`winnow sample` draws by chance and not by place, marks what was counted, and masks."""

import collections
import json
import random
import re
from pathlib import Path

import pyarrow as pa
import pytest

from filters.rules import registry
from filters.rules.apply import apply_rules
from filters.rules.marks import MOST_CHARS, marks
from manifests.store import Store
from pipelines.commands.replay import replay
from pipelines.commands.sample import EXCERPT_CHARS, KEPT, Sampled, Wanted, cut, masked, sample
from tests.test_find import rows
from tests.winnow import manifest, winnow

MANY = 1000


EVERY = Wanted()


def drawn(run: Path, wanted: Wanted = EVERY, number: int = MANY, **more: object) -> list[Sampled]:
    content = manifest(run)["reproducible"]
    return list(sample(Store(str(run)), content, wanted, number, **more))  # type: ignore[arg-type]


def test_all_records_are_there_once_and_ended_where_the_manifest_counts_them(demo: Path) -> None:
    every = drawn(demo)
    funnel = manifest(demo)["reproducible"]["stages"]["documents"]["funnel"]
    assert len(every) == funnel["in"]["docs"]
    assert len({(one.file, one.row) for one in every}) == len(every)
    ended = collections.Counter(one.stage for one in every)
    stages = manifest(demo)["reproducible"]["stages"]
    assert ended == {
        KEPT: stages["corpus"]["funnel"]["kept"]["docs"],
        "duplicates": stages["duplicates"]["funnel"]["dropped"]["docs"],
        "documents": funnel["dropped"]["docs"] + funnel["error"]["docs"],
    }
    assert {one.doc_id for one in every if one.stage == KEPT} == {
        r["id"] for r in rows(demo, "corpus")
    }


def test_a_sample_is_keyed_and_begins_a_larger_one(demo: Path) -> None:
    few, more = drawn(demo, number=7), drawn(demo, number=30)
    assert few == more[:7]
    assert few == drawn(demo, number=7)
    assert [one.doc_id for one in few] != [one.doc_id for one in drawn(demo, number=7, seed=1)]
    assert len({one.file for one in more}) > 4


@pytest.mark.parametrize(
    ("wanted", "holds"),
    [
        (Wanted(reason="near_duplicate"), lambda one: one.reasons == ["near_duplicate"]),
        (Wanted(reason="gopher_repetition"),
         lambda one: any(r.startswith("gopher_repetition.") for r in one.reasons)),
        (Wanted(reason="read.damaged"), lambda one: one.file.startswith("errors/")),
        (Wanted(languages=("de", "hi")), lambda one: one.language in ("de", "hi")),
        (Wanted(sources=("wiki",)), lambda one: one.source == "wiki"),
        (Wanted(stage="duplicates"), lambda one: one.stage == "duplicates"),
        (Wanted(kept=True), lambda one: one.stage == KEPT),
        (Wanted(kept=False, languages=("en",)),
         lambda one: one.stage != KEPT and one.language == "en"),
    ],
)  # fmt: skip
def test_wishes_choose_what_they_say(demo: Path, wanted: Wanted, holds) -> None:  # type: ignore[no-untyped-def]
    chosen = drawn(demo, wanted)
    assert chosen
    every = [one for one in drawn(demo) if holds(one)]
    assert [(one.file, one.row) for one in chosen] == [(one.file, one.row) for one in every]


def test_flipped_documents_are_those_of_replay(demo: Path) -> None:
    change = "rules.fineweb_quality.max_short_line_ratio=0.3"
    told = replay(Store(str(demo)), [change], MANY)
    chosen = drawn(demo, flipped_by=[change])
    assert {one.doc_id for one in chosen} == {flip["doc_id"].hex() for flip in told.sample}
    assert len(chosen) == told.flips > 3
    for one in chosen:
        assert one.flipped == {"run": None, "replay": "fineweb_quality.too_many_short_lines"}
        assert one.marks or one.hidden


LINES = re.compile(r"[^\n]+")
PIECES = (
    "- a bullet line", "• and another one of these", "this goes on...", "and on …", "A sentence.",
    "A sentence.", "一句话。", "short", "  indented and longer than thirty characters are",
    "a line that is a good deal longer than thirty characters", "12 # 34", "", " ",
)  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "column"),
    [
        ("gopher_repetition.too_many_duplicate_lines", "duplicate_line_ratio"),
        ("fineweb_quality.too_many_short_lines", "short_line_ratio"),
        ("fineweb_quality.too_few_lines_end_a_sentence", "ended_line_ratio"),
        ("gopher_quality.too_many_bullets", "bullet_line_ratio"),
        ("gopher_quality.too_many_lines_end_with_ellipsis", "ellipsis_line_ratio"),
    ],
)
def test_as_many_lines_are_marked_as_the_rule_counts(demo: Path, reason: str, column: str) -> None:
    chance = random.Random("lines")
    texts = ["\n".join(chance.choices(PIECES, k=12)).strip() for _ in range(60)]
    texts += [row["text"] for row in rows(demo, "documents")[:40]]
    rule = reason.partition(".")[0]
    measured = apply_rules(pa.array(texts, pa.large_string()), {rule: registry.published(rule)})
    counted = 0
    for text, value in zip(texts, measured.measures[f"{rule}.{column}"].to_pylist(), strict=True):
        # Lines of white space alone are lines to some of the rules: texts with them are left out.
        if any(not line.strip() for line in text.split("\n") if line):
            continue
        lines = [found.span() for found in LINES.finditer(text)]
        spans = marks(reason, text)
        marked = sum(any(s <= a and b <= e for s, e in spans) for a, b in lines)
        share = (marked if column != "ended_line_ratio" else len(lines) - marked) / len(lines)
        if rule == "gopher_quality":  # its ratios are of all lines, empty ones too
            share *= len(lines) / len(text.split("\n"))
        assert share == pytest.approx(value), text
        counted += marked
    assert counted > 20


def test_marks_of_words_and_signs() -> None:
    text = "one two three four five, one two three four five: # {x} Lorem Ipsum … 12"
    for what, expected in (
        ("gopher_repetition.too_many_duplicate_5_grams", []),
        ("gopher_repetition.top_2_gram_too_frequent", ["one two", "one two"]),
        ("datatrove_gopher_repetition.top_2_gram", ["one two", "one two"]),
        ("gopher_quality.too_many_hashes", ["#"]),
        ("gopher_quality.too_many_ellipses", ["…"]),
        ("gopher_quality.too_few_alphabetic_words", ["#", "…", "12"]),
        ("c4_quality.curly_brackets", ["{"]),
        ("c4_quality.lorem_ipsum", ["Lorem Ipsum"]),
        ("gopher_quality.too_few_stop_words", []),
        ("near_duplicate", []),
        ("", []),
    ):
        assert [text[start:end] for start, end in marks(what, text)] == expected, what
    again = "a b c d e\na b c d e"
    (span,) = marks("gopher_repetition.too_many_duplicate_5_grams", again)
    assert again[span.start : span.end] == "a b c d e"
    assert span.start == 10
    assert not marks("gopher_quality.too_many_hashes", " " * MOST_CHARS + "#")


def test_an_excerpt_begins_a_little_before_the_first_mark() -> None:
    text = "".join(chr(0x100 + i % 500) for i in range(3000))
    excerpt, inside = cut(
        text, marks("gopher_quality.too_many_hashes", text.replace(text[2000], "#"))
    )
    assert len(excerpt) == EXCERPT_CHARS
    for start, end in inside:
        assert excerpt[start:end] == text[2000]
    assert cut("short", []) == ("short", [])


def test_personal_data_and_adult_words_are_masked_before_the_text_is_cut() -> None:
    adult = "porn"  # of datatrove's list
    text = f"{'x ' * 190}write to jane.roe@example.org or 4111 1111 1111 1111, {adult}hub"
    shown = masked(text, "en", None, adult=False)
    assert "jane" not in shown
    assert "4111" not in shown
    assert f"{adult}hub" not in shown
    assert "*******" in shown
    asked = masked(text, "en", None, adult=True)
    assert f"{adult}hub" in asked
    assert "jane" not in asked


def test_what_is_adult_by_a_list_is_hidden_unless_asked_for(demo: Path, tmp_path: Path) -> None:
    """The text of a document that a list of bad words dropped, and its address."""
    store = Store(str(demo))
    row = next(one for one in drawn(demo) if one.excerpt and one.url and one.stage == "documents")
    from pipelines.commands import sample as command

    told = {
        "doc_id": bytes.fromhex(row.doc_id), "source": "s", "language": "en", "stage": "documents",
        "reasons": ["bad_words.bad_words"], "marked": "", "flipped": None, "file": row.file,
        "row": row.row,
    }  # fmt: skip
    hidden = command._shown(store, told, adult=False)
    assert (hidden.hidden, hidden.excerpt, hidden.url) == (True, None, None)
    assert command._shown(store, told, adult=True).excerpt == row.excerpt


def test_the_command_prints_marks_and_names_what_is_unknown(demo: Path) -> None:
    told = winnow(
        "sample", demo, "--n", "3", "--reason", "gopher_repetition.too_many_duplicate_lines"
    )
    assert told.stdout.count("removed by stage documents") == 3
    assert "⟦" in told.stdout
    (one,) = json.loads(winnow("sample", demo, "--n", "1", "--kept", "--json").stdout)
    assert one["stage"] == KEPT
    assert "did you mean 'wiki'?" in winnow("sample", demo, "--source", "wikki", code=2).stderr
    refused = winnow("sample", demo, "--stage", "shards", code=2).stderr
    assert "no document ends in a stage 'shards'" in refused
    assert "leave out one" in winnow("sample", demo, "--reason", "nothing", code=1).stderr
