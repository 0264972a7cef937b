"""`winnow worth`: the model against plain Python, planted damage, what falls into which arm."""

import collections
import json
import math
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from filters.worth.arms import Pool, keys_of
from filters.worth.byte_ngrams import GROUPS, LONGEST, ByteModel, Texts
from filters.worth.comparison import Judged, difference
from filters.worth.good import long_lines
from filters.worth.judge import CONTROL, Arm, Comparison, Judge
from filters.worth.steps import WorthError, steps_of
from manifests import manifest, schemas
from manifests.statistics import DROPPED, StageReport
from manifests.store import Store
from pipelines.commands.worth import Worth, worth
from pipelines.recipe import loading
from pipelines.recipe.recipe import Recipe
from pipelines.stages import documents
from tests.winnow import winnow


def texts_of(given: Sequence[bytes]) -> Texts:
    return Texts.of(pa.array(given, pa.large_binary()))


def bits_in_python(learnt: Sequence[bytes], judged: bytes) -> float:
    """The same model with dictionaries: Witten and Bell, a text counts an n-gram once."""
    counts: dict[bytes, collections.Counter[int]] = collections.defaultdict(collections.Counter)
    for text in learnt:
        grams = {text[i : i + n] for n in range(1, LONGEST + 1) for i in range(len(text) - n + 1)}
        for gram in grams:
            counts[gram[:-1]][gram[-1]] += 1
    total = 0.0
    for i, byte in enumerate(judged):
        likely = 1 / 256
        for n in range(min(i + 1, LONGEST)):
            followers = counts.get(judged[i - n : i], collections.Counter())
            if followers:
                kinds, seen = len(followers), followers.total()
                likely = (followers[byte] + kinds * likely) / (seen + kinds)
        total -= math.log2(likely)
    return total


def test_bits_are_those_of_plain_python_with_and_without_each_group() -> None:
    draw = random.Random(3)
    words = ["the", "of", "aaaa", "naïve", "水の", "\x00", "een"]
    learnt = [" ".join(draw.choices(words, k=draw.randint(1, 30))).encode() for _ in range(23)]
    judged = [b"the naive of aaaaaaaaaaaaaaaa", "水の een q".encode(), b"", b"x"]
    texts = texts_of([*learnt, b"", learnt[3]])
    pieces = [*learnt, b"", learnt[3]]
    groups = np.array([draw.randrange(GROUPS - 1) for _ in pieces])  # the last one is empty
    model = ByteModel(texts, groups)
    found = model.bits(texts_of(judged))
    assert model.group_bytes.sum() == sum(map(len, pieces))
    for row, text in enumerate(judged):
        assert found[row, 0] == pytest.approx(bits_in_python(pieces, text))
        for group in range(GROUPS):
            others = [p for p, of in zip(pieces, groups, strict=True) if of != group]
            assert found[row, 1 + group] == pytest.approx(bits_in_python(others, text))


def test_texts_of_slices_with_nulls_are_cut_at_the_most() -> None:
    given = pa.array([b"zz", b"abc", None, b"", b"defgh", b"ij"], pa.large_binary())[1:]
    first = Texts.of(given).first(6)
    cut = [first.data[a:b].tobytes() for a, b in zip(first.start, first.end, strict=True)]
    assert cut == [b"abc", b"def"]


def judged(bits: list[float] | Any, group_bytes: Any = None) -> Judged:
    equal = np.full(GROUPS, 100.0)
    return Judged(np.asarray(bits), equal if group_bytes is None else group_bytes)


def test_a_difference_is_that_of_the_sums_and_its_interval_holds_it() -> None:
    draw = np.random.default_rng(5)
    sizes = draw.integers(100, 900, 60)
    bits = sizes[:, None] * (2 + 0.01 * draw.standard_normal((60, 1 + GROUPS)))
    one, other = judged(bits + 0.2 * sizes[:, None]), judged(bits)
    found = difference(one, other, sizes, 0)
    assert found.mean == pytest.approx(0.2)
    assert found.low <= found.mean <= found.high
    assert found.sign == 1
    assert difference(one, one, sizes, 0).sign == 0
    assert difference(other, one, sizes, 0).sign == -1


def test_the_interval_is_as_wide_as_the_groups_differ() -> None:
    """Without variation between good texts, it is Student's of the ten groups."""
    sizes = np.full(40, 100)
    effects = np.array([3, -2, 1, 0, 4, -5, 2, 1, -1, 0.5])
    without = -(effects - effects.mean()) / (GROUPS - 1)
    one = np.concatenate([np.zeros((40, 1)), np.tile(without, (40, 1))], axis=1)
    found = difference(judged(one), judged(np.zeros_like(one)), sizes, 1)
    half = 3.2498 * effects.std(ddof=1) / GROUPS**0.5 / 100
    assert found.high - found.low == pytest.approx(2 * half, rel=0.08)


def test_groups_of_any_size_tell_as_much_as_equal_ones() -> None:
    """Bits are a sum over groups by their bytes, so that the amount of text alone moves nothing."""
    group_bytes = np.array([50.0, 150, 90, 110, 200, 20, 80, 120, 180, 0])
    lost = 0.3 * group_bytes / group_bytes.sum()  # what a model without a group takes more
    bits = np.concatenate([[2.0], 2 + lost / (1 - group_bytes / group_bytes.sum())])
    moved = judged(np.tile(bits, (3, 1)), group_bytes).deviations()
    assert np.abs(moved[:, :-1]).max() < 0.1
    assert not moved[:, -1].any()


def ids(count: int, seed: int) -> pa.FixedSizeBinaryArray:
    draw = random.Random(seed)
    return pa.array([draw.randbytes(16) for _ in range(count)], schemas.DOC_ID)


def test_a_pool_draws_the_same_whatever_the_batches() -> None:
    draw = np.random.default_rng(2)
    keys = keys_of(ids(400, 1), 7)
    keys[200:220] = keys[:20]  # copies
    texts = pa.array(["x" * n + str(i) for i, n in enumerate(draw.integers(0, 90, 400))],
                     pa.large_string())  # fmt: skip
    members = draw.random((400, 3)) < [0.9, 0.5, 0.02]
    expected = []
    for arm in range(3):
        rows = sorted(np.flatnonzero(members[:, arm]), key=lambda row: keys[row])
        expected.append(b"".join(texts[row].as_py()[:50].encode() for row in rows)[:900])
    order = draw.permutation(400)
    for rows in ([np.arange(400)], np.array_split(np.arange(400), 90), np.array_split(order, 7)):
        pool = Pool(3, 900, 50)
        for some in rows:
            pool.add(keys[some], members[some], texts.take(pa.array(some)))
        for arm in range(3):
            found, groups = pool.arm(arm, 900)
            assert len(groups) == len(found.start)
            cut = [found.data[a:b].tobytes() for a, b in zip(found.start, found.end, strict=True)]
            assert sorted(b"".join(cut)) == sorted(expected[arm])
        assert pool.documents.tolist() == members.sum(axis=0).tolist()


def test_copies_have_one_key_and_seeds_have_their_own() -> None:
    given = ids(50, 4).to_pylist()
    copied = [b"another source"[:8] + one[8:] for one in given]
    keys = keys_of(pa.array([b"", *given][1:], schemas.DOC_ID), 1)
    assert keys.tolist() == keys_of(pa.array(copied, schemas.DOC_ID), 1).tolist()
    assert keys[3:9].tolist() == keys_of(pa.array(given, schemas.DOC_ID)[3:9], 1).tolist()
    assert not set(keys.tolist()) & set(keys_of(pa.array(given, schemas.DOC_ID), 2).tolist())


# A language of a thousand words, as often as words are, with an order of word classes.
_DRAW = random.Random(0)
_WORDS = ["".join(_DRAW.choices("aeioubdklmnrst", k=_DRAW.randint(2, 9))) for _ in range(1000)]
_WEIGHTS = [1 / (rank + 3) for rank in range(len(_WORDS))]


def prose(count: int, seed: int, words: Sequence[str] = _WORDS) -> list[str]:
    """Documents in which every other word follows from the one before."""
    draw = random.Random(seed)
    found = []
    for _ in range(count):
        text: list[str] = []
        for at in draw.choices(range(len(words)), _WEIGHTS, k=draw.randint(40, 90)):
            text += [words[at], words[at * 7 % len(words)]]
        found.append(" ".join(text))
    return found


def shuffled(texts: list[str]) -> list[str]:
    draw = random.Random(9)
    return [" ".join(draw.sample(text.split(), len(text.split()))) for text in texts]


def with_boilerplate(texts: list[str]) -> list[str]:
    line = "All rights reserved. We use cookies. Log in or register to add this to your basket. "
    return [text + "\n" + line * (len(text) // len(line)) for text in texts]


def with_markup(texts: list[str]) -> list[str]:
    return [f'<div class="row"><p style="margin:0">{t}</p></div>'.replace(" ", "</b> <b>")
            for t in texts]  # fmt: skip


DAMAGED = {
    "half are copies": lambda texts: texts[: len(texts) // 2] * 2,
    "words shuffled": shuffled,
    "half in another language": lambda texts: [
        *texts[::2], *prose(len(texts) // 2, 8, [word[::-1].upper() for word in _WORDS])
    ],
    "half boilerplate": with_boilerplate,
    "half markup": with_markup,
}  # fmt: skip


def compared(clean: list[str], other: list[str], good: list[str]) -> Comparison:
    pool = Pool(2, 150_000, 1 << 13)
    for column, texts in enumerate((clean, other)):
        members = np.zeros((len(texts), 2), bool)
        members[:, column] = True
        keys = np.array([hash_of(text) for text in texts], np.uint64)
        pool.add(keys, members, pa.array(texts, pa.large_string()))
    judge = Judge(pool, texts_of([text.encode() for text in good]), 150_000, 0)
    return judge.compare("en", CONTROL, Arm(0, "clean"), Arm(1, "other"))


def hash_of(text: str) -> int:
    return random.Random(text).getrandbits(64)


@pytest.mark.parametrize("damage", DAMAGED)
def test_what_was_made_worse_is_told(damage: str) -> None:
    clean = prose(250, 1)
    found = compared(clean, DAMAGED[damage](clean), prose(60, 2))
    assert found.difference is not None
    assert found.difference.mean < 0, found
    # Of another language each group has more or less, which makes the interval wide.
    assert found.difference.sign == -1 or "language" in damage, found


@pytest.mark.parametrize("seed", range(3))
def test_two_halves_of_one_set_do_not_differ(seed: int) -> None:
    found = compared(prose(250, 10 + seed), prose(250, 20 + seed), prose(60, 30 + seed))
    assert found.difference is not None
    assert found.difference.sign == 0
    assert found.verdict == "zero, as it should be"


def test_an_arm_with_too_little_text_says_so() -> None:
    found = compared(prose(250, 1), prose(3, 2), prose(60, 2))
    assert found.difference is None
    assert found.verdict.startswith("too little text: other 3 documents, ")


def test_lines_that_two_texts_do_not_share_by_chance() -> None:
    assert list(long_lines(b"short\n  " + b"x" * 60 + b" \n" + b"y" * 59)) == [b"x" * 60]


SETTINGS = {
    "fineweb_quality": {"max_duplicate_line_char_ratio": 0.1},
    "gopher_quality": {"min_words": 20, "max_words": 400},
}
TOO_FEW, TOO_MANY = "gopher_quality.too_few_words", "gopher_quality.too_many_words"


def recipe_with(**fields: Any) -> Recipe:
    """Rules that real prose passes and repeated lines do not."""
    demo = loading.load("demo")
    section = {"rules": SETTINGS, "language": {}, "pii": None, **fields}
    return demo.changed(documents=demo.documents.changed(**section))


def test_rules_that_the_run_has_not_name_the_nearest() -> None:
    settings = recipe_with().documents
    reasons = [TOO_FEW, "language.low_score", "extract.empty_text", TOO_MANY]
    assert [s.name for s in steps_of(settings, reasons, ())] == ["language", "gopher_quality"]
    assert [s.name for s in steps_of(settings, reasons, ["gopher_quality"])] == [
        "gopher_quality", TOO_FEW, TOO_MANY
    ]  # fmt: skip
    assert [s.name for s in steps_of(settings, reasons, [TOO_FEW])] == [TOO_FEW]
    with pytest.raises(WorthError, match="did you mean 'gopher_quality'"):
        steps_of(settings, reasons, ["gopher_qualty"])
    with pytest.raises(WorthError, match=r"did you mean 'gopher_quality\.too_few_words'"):
        steps_of(settings, reasons, ["gopher_quality.to_few_words"])
    with pytest.raises(WorthError, match="fineweb_quality dropped nothing"):
        steps_of(settings, reasons, ["fineweb_quality"])


ENGLISH = re.findall(
    r"\w+",
    "the water of a river runs to the sea and carries sand mud leaves which settle where it is "
    "slow so that banks grow on one side while the other side is worn away by every flood people "
    "built mills bridges towns along its course for trade fish and clean drinking water",
)


def english(count: int, seed: int, k: int = 120) -> Iterator[str]:
    draw = random.Random(seed)
    for number in range(count):
        words = [w for at in draw.choices(range(len(ENGLISH)), k=k) for w in ENGLISH[at : at + 3]]
        yield f"Text {seed} {number}. " + " ".join(words[:k]) + "."


def repeated(count: int) -> Iterator[str]:
    draw = random.Random(77)
    for number in range(count):
        offer = draw.choice(["special offers", "free shipping", "the best price", "a new account"])
        line = f"Click here to log in and see {offer}, and add number {number} to your basket now"
        yield "\n".join([line] * 14)


def run_of(root: Path, recipe: Recipe, sources: dict[str, list[str]]) -> Store:
    """What a run leaves of some texts, one unit a source; copies of a text are removed."""
    store, steps = Store(str(root)), documents.steps_of(recipe)
    store.write_json("recipe.json", recipe.to_json(), sort_keys=False)
    report = StageReport()
    empty = dict.fromkeys(schemas.RECORDS.names)
    for unit, (source, texts) in enumerate(sources.items()):
        rows = [
            {**empty, "native_id": str(i), "media_type": schemas.PLAIN, "input_bytes": len(text),
             "content": text.encode()}
            for i, text in enumerate(texts)
        ]  # fmt: skip
        found = steps.apply(pa.RecordBatch.from_pylist(rows, schemas.RECORDS), source, "p")
        report.funnel.count(DROPPED, found.dropped, "input_bytes")
        first: dict[str, int] = {}
        removed = []
        for row, text in enumerate(found.kept["text"].to_pylist()):
            if (kept := first.setdefault(text, row)) != row:
                removed.append((row, kept))
        names = found.kept.select(["doc_id", "source", "language"]).to_pylist()
        gone = [
            {**names[row], "row": row, "text_bytes": 1, "reason": "exact_duplicate",
             "survivor": names[kept]["doc_id"], "cluster_size": 2, "similarity": 1.0}
            for row, kept in removed
        ]  # fmt: skip
        for folder, batch in (
            ("documents", found.kept),
            ("dropped", found.dropped),
            ("duplicates", pa.RecordBatch.from_pylist(gone, schemas.DUPLICATES)),
        ):
            with store.write_part(f"{folder}/{unit:06d}.parquet", batch.schema) as part:
                part.write(batch)
    store.write_json(manifest.stage_manifest("documents"), report.to_json())
    return store


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("good") / "good.jsonl"
    path.write_text("\n".join(json.dumps({"text": text}) for text in english(80, 1)))
    return path


WEB = [*english(200, 2), *repeated(120), *list(english(60, 3)) * 2, *english(40, 4, 500)]


@pytest.fixture(scope="module")
def answer(good: Path, tmp_path_factory: pytest.TempPathFactory) -> Worth:
    leaked = [text + "\nand more" for text in list(english(80, 1))[:5]]
    store = run_of(tmp_path_factory.mktemp("run"), recipe_with(), {"web": [*WEB, *leaked]})
    return worth(store, [str(good)])


def rows_of(answer: Worth, step: str) -> dict[str, Comparison]:
    return {f"{c.one} - {c.other}": c for c in answer.comparisons if c.step == step}


def test_a_rule_that_drops_bad_text_helps_and_one_that_drops_good_text_does_not(
    answer: Worth,
) -> None:
    assert rows_of(answer, "recipe")["kept - dropped"].verdict == "helps"
    lines = rows_of(answer, "fineweb_quality")
    assert lines["passed - failed"].verdict == "helps"
    assert lines["kept with copies - dropped by it alone"].verdict == "helps"
    assert lines["passed - failed"].other_documents == 120
    long = rows_of(answer, "gopher_quality")["passed - failed"]
    assert long.other_documents == 40
    assert long.verdict == "no difference seen"


def test_copies_cost_and_halves_do_not_differ(answer: Worth) -> None:
    copies = rows_of(answer, "duplicates")["kept - kept with copies"]
    assert copies.one_documents == copies.other_documents - 60
    assert copies.difference is not None
    assert copies.difference.mean < 0
    assert rows_of(answer, CONTROL).popitem()[1].verdict == "zero, as it should be"


def test_what_holds_a_good_text_is_in_no_arm(answer: Worth) -> None:
    assert answer.overlapping == 5
    assert rows_of(answer, "recipe")["kept - read"].other_documents == len(WEB)


def test_a_source_of_the_run_can_be_the_good_text(tmp_path: Path) -> None:
    recipe = recipe_with()
    web = recipe.sources[0].changed(name="web", kind="jsonl", options={})
    wiki = web.changed(name="wiki", kind="mediawiki")
    sources = {"web": WEB, "wiki": list(english(80, 1))}
    store = run_of(tmp_path / "run", recipe.changed(sources=(web, wiki)), sources)
    found = worth(store, languages=["en"], rules=["fineweb_quality"])
    assert found.good == ["wiki"]
    read = rows_of(found, "recipe")["kept - read"]
    assert read.other_documents == len(WEB)
    with pytest.raises(WorthError, match="no source 'wikki', only web, wiki; did you mean 'wiki'"):
        worth(store, good_source=["wikki"])
    with pytest.raises(WorthError, match="too little good text: 20 texts and 20 kB of one of de"):
        worth(store, languages=["de"])
    store = run_of(tmp_path / "one", recipe.changed(sources=(web,)), {"web": WEB[:3]})
    with pytest.raises(WorthError, match="no encyclopedia among its sources"):
        worth(store)


def test_with_early_drop_a_rule_is_asked_about_what_it_saw(good: Path, tmp_path: Path) -> None:
    both = [text + "\n" + " ".join(ENGLISH * 9) for text in repeated(50)]
    store = run_of(tmp_path, recipe_with(early_drop=True), {"web": [*WEB, *both]})
    found = worth(store, [str(good)])
    passed = rows_of(found, "gopher_quality")["passed - failed"]
    assert (passed.one_documents, passed.other_documents) == (len(WEB) - 120 - 40, 40)
    assert [*rows_of(found, "gopher_quality")] == ["passed - failed"]


def test_runs_that_kept_no_text_of_what_they_dropped_are_refused(
    good: Path, tmp_path: Path
) -> None:
    store = run_of(tmp_path, recipe_with(dropped="values"), {"web": WEB[:3]})
    with pytest.raises(WorthError, match=r"no text of dropped documents.*dropped=text"):
        worth(store, [str(good)])


def test_the_command_prints_a_table_and_what_it_cannot_show(demo: Path, good: Path) -> None:
    told = winnow("worth", demo, "--good", good).stdout
    assert "kept - read" in told
    assert "too little text" in told
    assert "A proxy" in told
    assert "It cannot show" in told
    facts = json.loads(winnow("worth", demo, "--good", f"jsonl:{good}", "--json").stdout)
    assert facts["note"] in told
    assert facts["good_texts"] == {"en": 80}
    told = winnow("worth", demo, "--good", "text.odt", code=2).stderr
    assert "write its kind in front" in told
    told = winnow("worth", demo, "--good", good, "--mb", "0.001", code=2).stderr
    assert "give at least 0.05" in told
