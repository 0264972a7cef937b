"""`winnow sample`: documents of a run chosen by a keyed hash, with what decided about each.

Personal data is masked in everything that is shown. Adult text is hidden unless it is asked for:
whole excerpts where a rule dropped a document as such, words of a list in all others.
"""

import dataclasses
import functools
import heapq
import importlib.resources
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from rich.text import Text

from filters import pii
from filters.language.classifier import Classifier
from filters.rules.marks import Span, marks
from manifests import manifest
from manifests.statistics import Funnel
from manifests.store import Store
from manifests.suggestions import suggest, suggest_or_list
from pipelines.commands import console
from pipelines.commands.outcomes import Outcomes, outcomes
from shards.shuffle import shuffle_keys

KEPT = "corpus"  # the stage that kept documents come to
EXCERPT_CHARS = 400
_BEFORE = 80  # characters of an excerpt before the first mark
_WORD = 40  # characters that are looked back for the beginning of a word
_OPEN, _CLOSE = "⟦", "⟧"
# Texts of so many characters with a lower score are not shown unasked. Of shorter ones the
# classifier knows too little.
_ENOUGH_CHARS = 200
_LEAST_HARMLESS = 0.4
# Reasons of documents that are adult by a list or a classifier.
_ADULT = re.compile(
    r"bad_?words|^url_filter\.(?!host_)|(^|[._])(adult|porn|nsfw|sex)", re.IGNORECASE
)


@dataclasses.dataclass(frozen=True)
class Wanted:
    """Which documents are drawn from; None or empty is all.

    Attributes:
      reason: one reason, or what it begins with up to a dot: `gopher_quality`.
      stage: that removed it, or `corpus` for those kept.
      kept: those kept, or those that are not.
    """

    reason: str | None = None
    languages: Sequence[str] = ()
    sources: Sequence[str] = ()
    stage: str | None = None
    kept: bool | None = None

    def names(self, reason: str) -> bool:
        """Whether a reason is the one wanted."""
        return self.reason is None or reason == self.reason or reason.startswith(f"{self.reason}.")


@dataclasses.dataclass(frozen=True)
class Sampled:
    """A document of the sample, as `--json` prints it.

    Attributes:
      stage, reasons: the stage that removed it, and why; `corpus` and nothing for one kept.
      flipped: with `--flipped-by`: the first reason in the run and with the change, null for kept.
      excerpt: None where the run kept no text, or it is hidden.
      marks: places in the excerpt that decided, in characters.
      hidden: whether its text is adult and was not asked for.
      chars: of the whole text, masked.
    """

    doc_id: str
    source: str
    language: str
    url: str | None
    stage: str
    reasons: list[str]
    flipped: dict[str, str | None] | None
    excerpt: str | None
    marks: list[Span]
    hidden: bool
    chars: int
    file: str
    row: int


def command(
    run: str,
    wanted: Wanted,
    number: int,
    seed: int,
    flipped_by: Sequence[str],
    adult: bool,
    as_json: bool,
) -> None:
    """Prints a sample.

    Raises:
      Failure: there is no finished run, or no such document in it.
      RecipeError, ReplayError: as `winnow replay`, with `flipped_by`.
      ValueError: a file is damaged.
    """
    store = Store(run)
    console.tell_if_written(store)
    content = console.manifest_of(store)["reproducible"]
    _refuse_unknown(content, wanted)
    found = list(sample(store, content, wanted, number, seed, flipped_by, adult))
    if as_json:
        console.print_json([dataclasses.asdict(one) for one in found])
        return
    if not found:
        told = f"no document of {run} is what the options ask for, all of them together"
        raise console.Failure(f"{told}; leave out one of them", 1)
    for one in found:
        _print(one)


def sample(
    store: Store,
    content: Mapping[str, Any],
    wanted: Wanted,
    number: int,
    seed: int = 0,
    flipped_by: Sequence[str] = (),
    adult: bool = False,
) -> Iterator[Sampled]:
    """Documents with the smallest keyed hashes, in that order: the same for the same seed.

    Args:
      flipped_by: changes as `winnow replay` takes them; only documents that change sides then.
    """
    rows = _flipped(store, wanted, seed, flipped_by) if flipped_by else _drawn(
        store, content, wanted, number, seed
    )  # fmt: skip
    chosen = heapq.nsmallest(number, rows, key=lambda row: (row["key"], row["file"], row["row"]))
    for row in chosen:
        yield _shown(store, row, adult)


def _drawn(
    store: Store, content: Mapping[str, Any], wanted: Wanted, number: int, seed: int
) -> Iterator[dict[str, Any]]:
    """Candidates of each batch: at most `number`, those with the smallest keys."""
    for some in outcomes(store, content, ["reasons"]):
        mask = _matching(some, wanted)
        keys = shuffle_keys(some.rows["doc_id"], seed)
        rows = np.flatnonzero(mask)
        rows = rows[np.argsort(keys[rows], kind="stable")][:number]
        for row, values in zip(rows, some.rows.take(pa.array(rows)).to_pylist(), strict=True):
            reason = some.reason[row].as_py()
            reasons = values.get("reasons") or ([reason] if reason else [])
            yield {
                **values,
                "key": int(keys[row]),
                "stage": some.stage[row].as_py() or KEPT,
                "reasons": reasons,
                "marked": next(filter(wanted.names, reasons), ""),
                "file": some.path,
                "row": int(some.start + row),
                "flipped": None,
            }


def _matching(some: Outcomes, wanted: Wanted) -> np.typing.NDArray[np.bool_]:
    mask = np.ones(some.rows.num_rows, bool)
    if wanted.languages:
        mask &= np.isin(some.rows["language"].to_pylist(), list(wanted.languages))
    if wanted.sources:
        mask &= np.isin(some.rows["source"].to_pylist(), list(wanted.sources))
    if wanted.stage is not None:
        mask &= np.array([(s or KEPT) == wanted.stage for s in some.stage.to_pylist()], bool)
    if wanted.kept is not None:
        mask &= some.stage.is_null().to_numpy(zero_copy_only=False) == wanted.kept
    if wanted.reason is not None:
        names = some.rows.schema.names
        every = some.rows["reasons"].to_pylist() if "reasons" in names else [
            [reason] if reason else [] for reason in some.reason.to_pylist()
        ]  # fmt: skip
        mask &= np.array([any(map(wanted.names, reasons)) for reasons in every], bool)
    return mask


def _flipped(
    store: Store, wanted: Wanted, seed: int, changes: Sequence[str]
) -> Iterator[dict[str, Any]]:
    from pipelines.commands.replay import verdicts  # kernels

    for verdict in verdicts(store, changes):
        rows = np.flatnonzero(verdict.flipped())
        keys = shuffle_keys(verdict.rows["doc_id"], seed)
        columns = verdict.rows.select(["doc_id", "source", "language", "url"])
        for row, values in zip(rows, columns.take(pa.array(rows)).to_pylist(), strict=True):
            sides = {
                "run": verdict.before[row].as_py(),
                "replay": verdict.after[row].as_py(),
            }
            reasons = [reason for reason in sides.values() if reason]
            if (
                (not wanted.languages or values["language"] in wanted.languages)
                and (not wanted.sources or values["source"] in wanted.sources)
                and any(map(wanted.names, reasons))
            ):
                yield {
                    **values,
                    "key": int(keys[row]),
                    "stage": "documents" if sides["run"] else KEPT,
                    "reasons": reasons,
                    "marked": reasons[0],
                    "file": verdict.path,
                    "row": int(verdict.start + row),
                    "flipped": sides,
                }


def _shown(store: Store, row: Mapping[str, Any], adult: bool) -> Sampled:
    names = store.read_schema(row["file"]).names
    columns = [name for name in ("url", "text", "error") if name in names]
    (values,) = store.read_rows(row["file"], np.array([row["row"]]), columns).to_pylist()
    text = values.get("text") or values.get("error")
    hidden = not adult and is_adult(row["reasons"], text or "")
    url = values.get("url")
    excerpt, spans = None, list[Span]()
    chars = 0
    if text and not hidden:
        text = masked(text, row["language"], url, adult)
        chars = len(text)
        excerpt, spans = cut(text, marks(row["marked"], text))
    return Sampled(
        row["doc_id"].hex(), row["source"], row["language"],
        None if hidden or url is None else masked(url, None, None, adult),
        row["stage"], row["reasons"], row["flipped"], excerpt, spans, hidden, chars,
        row["file"], row["row"],
    )  # fmt: skip


def masked(text: str, language: str | None, url: str | None, adult: bool) -> str:
    """A text with tags in the place of personal data, and adult words as stars."""
    redacted, _ = pii.redact(
        pa.array([text], pa.large_string()),
        list(pii.KINDS),
        languages=pa.array([language], pa.string()),
        urls=pa.array([url], pa.string()),
    )
    found = str(redacted[0])
    return found if adult else starred(found)


def is_adult(reasons: Iterable[str], text: str) -> bool:
    """Whether a document is adult by a reason why it was dropped, or by its text."""
    if any(map(_ADULT.search, reasons)):
        return True
    if len(text) < _ENOUGH_CHARS:
        return False
    return bool(_harmless().score(pa.array([text], pa.large_string()))[0] < _LEAST_HARMLESS)


def starred(text: str) -> str:
    """A text with stars in the place of English adult words."""
    return _adult_words().sub(lambda word: "*" * len(word[0]), text)


@functools.cache
def _harmless() -> Classifier:
    """The list of words is English; this has read 186 languages, and finds half of such texts."""
    return Classifier("winnow-adult", "negative")


@functools.cache
def _adult_words() -> re.Pattern[str]:
    """Words that hold one of datatrove's list of banned parts, or are one of its banned words."""
    assets = importlib.resources.files("datatrove") / "assets"

    def listed(name: str) -> list[str]:
        words = (assets / f"{name}.txt").read_text(encoding="utf-8").splitlines()
        return [re.escape(word.strip()) for word in words if word.strip()]

    parts = "|".join(listed("banned_subwords"))
    words = "|".join([*listed("banned_words"), *listed("soft_banned_words")])
    return re.compile(rf"\w*(?:{parts})\w*|\b(?:{words})\b", re.IGNORECASE)


def cut(text: str, found: Sequence[Span]) -> tuple[str, list[Span]]:
    """An excerpt that begins a little before the first mark, and the marks within it."""
    start = max(0, found[0].start - _BEFORE) if found else 0
    start = min(start, max(0, len(text) - EXCERPT_CHARS))
    space = max(text.rfind(one, max(0, start - _WORD), start) for one in " \n")
    if space >= 0 or start <= _WORD:
        start = space + 1
    end = start + EXCERPT_CHARS
    inside = [
        Span(max(one.start, start) - start, min(one.end, end) - start)
        for one in found
        if one.start < end and one.end > start
    ]
    return text[start:end], inside


def _refuse_unknown(content: Mapping[str, Any], wanted: Wanted) -> None:
    """Ends the command where a name is none of the run's.

    Raises:
      Failure: says which, and the nearest.
    """
    funnels = [Funnel.from_json(stage["funnel"]) for stage in content["stages"].values()]
    for field, names in (("source", wanted.sources), ("language", wanted.languages)):
        known = {name for funnel in funnels for name in funnel.by(None, field)}
        for name in names:
            if name not in known:
                told = suggest_or_list(name, filter(None, known))
                raise console.Failure(f"the run has no {field} {name!r}{told}", 2)
    stages = [
        *(stage for stage in manifest.REMOVING if stage in content["stages"]),
        *([manifest.TAKEDOWN] if manifest.taken_down(content) else []),
        KEPT,
    ]
    if wanted.stage is not None and wanted.stage not in stages:
        told = suggest(wanted.stage, stages) or f"; known are {', '.join(stages)}"
        raise console.Failure(f"no document ends in a stage {wanted.stage!r}{told}", 2)


def _print(one: Sampled) -> None:
    url = f", {one.url}" if one.url else ""
    console.say("")
    console.say(f"{one.doc_id}  source {one.source}, {one.language or 'no language'}{url}")
    if one.flipped is None:
        told = f"removed by stage {one.stage}: {', '.join(one.reasons)}" if one.reasons else "kept"
    else:
        sides = (f"{reason or 'kept'} ({side})" for side, reason in one.flipped.items())
        told = ", now ".join(sides)
    console.say(f"{told}; {one.file}, row {one.row}")
    if one.hidden:
        console.say("    (adult text; --adult shows it)")
    elif one.excerpt is None:
        console.say("    (the run kept no text of it)")
    else:
        shown, at = Text(), 0
        for start, end in one.marks:
            shown.append(one.excerpt[at:start])
            shown.append(f"{_OPEN}{one.excerpt[start:end]}{_CLOSE}", style="reverse")
            at = end
        shown.append(one.excerpt[at:])
        for line in shown.split("\n"):
            console.out.print(Text("    ") + line, soft_wrap=True)
        if one.chars > len(one.excerpt):
            console.say(f"    ({len(one.excerpt):,} of {one.chars:,} characters)")
