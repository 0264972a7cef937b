"""Alarms: results of a finished run that someone should look at.

Each kind is a pure function over the manifests of the stages, so that alarms are the same on every
engine. They stand in `manifest.json` and in the summary, and `winnow run --strict` exits with 1 for
them. A run has at most one alarm of each kind in each stage; it lists all that it was raised for.

docs/alarms.md is written from `KINDS`.
"""

import collections
import dataclasses
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from manifests import schemas
from manifests.statistics import DROPPED, ERROR, KEPT, Funnel

MIN_DOCS = 100  # the share of fewer documents means little
# If rules keep a fifth of a language, all of 20 documents are dropped by chance once in 86 times.
MIN_LOST = 20
# A rule that dropped none of 10,000 documents drops less than 0.03 % of all, with 95 % confidence.
MIN_REACHED = 10_000
MIN_COVERAGE = 0.5
# The 95 % interval of a premium is +-5 % for 30 sentences, +-3 % for 100 (docs/log.md).
MIN_SENTENCES = 30

# Names of counts in the stages' manifests; the source or language follows.
REPEATED_IDS, DOCUMENTS_OF_REPEATED_IDS = "repeated_ids.", "documents_of_repeated_ids."
# Followed by `source.` or `language.` and its name.
WORDS, WORDS_LOST = "near_duplicate_words.", "near_duplicate_words_lost."
# Followed by the place of the cluster's most preferred document; the number of its pairs.
LARGE_COMPONENT = "pairs_of_large_cluster."
SENTENCES, SHARED_SENTENCES = "parallel_sentences.", "shared_sentences."

_LISTED = 5  # sources, languages or rules that a sentence names

Row = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Check:
    """A step that drops documents with text.

    Attributes:
      name: its reason, or what its reasons begin with: `<name>.<what was wrong>`.
      is_rule: whether it is a rule or classifier, of which alarms speak.
      by_language: whether it looks at some languages only.
      knows: whether it has what it needs for a language; what it has not is no limit there.
    """

    name: str
    is_rule: bool = True
    by_language: bool = False
    knows: Callable[[str], bool] = lambda language: True

    def gives(self, reason: str) -> bool:
        return reason == self.name or reason.startswith(f"{self.name}.")


@dataclasses.dataclass(frozen=True)
class Results:
    """What alarms look at.

    Attributes:
      recipe: the resolved recipe.
      stages: the manifests of the stages, by name.
      checks: all checks of stage `documents`, in the order in which they decide.
    """

    recipe: Mapping[str, Any]
    stages: Mapping[str, Mapping[str, Any]]
    checks: Sequence[Check] = ()

    def funnel(self, stage: str) -> Funnel:
        return Funnel.from_json(self.stages[stage]["funnel"])

    def counts(self, stage: str, prefix: str) -> dict[str, int]:
        """Counts of a stage whose names have a prefix, by the rest of the name."""
        counts = self.stages[stage]["counts"].items()
        return {name.removeprefix(prefix): n for name, n in counts if name.startswith(prefix)}


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind of alarm.

    Attributes:
      name: `kind` of its alarms in the manifest.
      stages: the stages whose results it looks at.
      meaning: when it is raised.
      remedy: what to do.
      find: what it is raised for in a stage, in order; nothing if all is well.
      tell: what `find` found, as a sentence with its figures.
    """

    name: str
    stages: tuple[str, ...]
    meaning: str
    remedy: str
    find: Callable[[Results, str], list[Row]]
    tell: Callable[[Sequence[Row]], str]


def alarms(results: Results) -> list[dict[str, Any]]:
    """All alarms of a run, ordered by stage, then as in `KINDS`."""
    return [
        {
            "kind": kind.name,
            "stage": stage,
            "found": found,
            "sentence": f"{kind.tell(found)}; {kind.remedy}",
        }
        for stage in results.stages
        for kind in KINDS
        if stage in kind.stages and (found := kind.find(results, stage))
    ]


@dataclasses.dataclass(frozen=True)
class _Group:
    """What a stage did with the documents of a source or language: kept, and dropped by reason."""

    field: str
    name: str
    kept: int
    dropped: Mapping[str, int]
    errors: int

    @property
    def docs(self) -> int:
        return self.kept + sum(self.dropped.values()) + self.errors


def _groups(funnel: Funnel) -> Iterator[_Group]:
    for field, position in (("source", 1), ("language", 2)):
        kept: Counter[str] = collections.Counter()
        errors: Counter[str] = collections.Counter()
        dropped: dict[str, Counter[str]] = collections.defaultdict(collections.Counter)
        for key, count in funnel.outcomes.items():
            name = key[position]
            if key[0] == DROPPED:
                dropped[name][key[3]] += count.docs
            else:
                (kept if key[0] == KEPT else errors)[name] += count.docs
        for name in sorted({*kept, *dropped, *errors}):
            yield _Group(field, name, kept[name], dropped[name], errors[name])


def _reached(
    kept: int, dropped: Mapping[str, int], checks: Sequence[Check]
) -> list[tuple[int, int]]:
    """How many documents reached each check, and how many of them it dropped.

    A document counts for the first check that it failed, so those that reach one are the kept ones
    and those that it or a later one dropped.
    """
    found = []
    reached = kept
    for check in reversed(checks):
        own = sum(n for reason, n in dropped.items() if check.gives(reason))
        reached += own
        found.append((reached, own))
    return found[::-1]


def _sources_without_records(results: Results, stage: str) -> list[Row]:
    funnel = results.funnel(stage)
    read = {**funnel.by(KEPT, "source"), **funnel.by(DROPPED, "source")}
    names = sorted(source["name"] for source in results.recipe["sources"])
    return [
        {"source": name, "errors": funnel.total(ERROR, source=name).docs}
        for name in names
        if name not in read
    ]


def _told_without_records(found: Sequence[Row]) -> str:
    told = [
        f"{row['source']} (no record, {row['errors']:,} in errors/)"
        if row["errors"]
        else f"{row['source']} (no record)"
        for row in found
    ]
    return f"sources that yield nothing: {_listed(told)}"


def _files_unread(results: Results, stage: str) -> list[Row]:
    without_records = {row["source"] for row in _sources_without_records(results, stage)}
    files: Counter[str] = collections.Counter()
    for (outcome, source, _, reason), count in results.funnel(stage).outcomes.items():
        if outcome == ERROR and reason == schemas.READ_UNREADABLE:
            files[source] += count.docs
    return [
        {"source": source, "files": number}
        for source, number in sorted(files.items())
        if source not in without_records
    ]


def _told_files_unread(found: Sequence[Row]) -> str:
    told = [f"{row['source']} ({row['files']:,})" for row in found]
    return f"files that could not be read, or not to their end: {_listed(told)}"


def _failures(results: Results, stage: str) -> list[Row]:
    failed: Counter[str] = collections.Counter()
    for (outcome, source, _, reason), count in results.funnel(stage).outcomes.items():
        if outcome == ERROR and reason in (schemas.READ_FAILED, schemas.STEPS_FAILED):
            failed[source] += count.docs
    return [{"source": source, "errors": number} for source, number in sorted(failed.items())]


def _told_failures(found: Sequence[Row]) -> str:
    told = [f"{row['source']} ({row['errors']:,})" for row in found]
    return f"files or records that winnow failed on: {_listed(told)}"


def _lost_all(results: Results, stage: str) -> list[Row]:
    """A language that the recipe does not keep is left out, and what no language is told of."""
    wanted = results.recipe["documents"]["language"]["keep"]
    found = []
    for group in _groups(results.funnel(stage)):
        docs = group.docs
        if group.field == "language":
            if group.name in ("", schemas.UNDETERMINED) or (wanted and group.name not in wanted):
                continue
            docs -= sum(n for reason, n in group.dropped.items() if reason.startswith("language."))
        if not group.kept and docs >= MIN_LOST and group.dropped:
            most = min(group.dropped, key=lambda reason: (-group.dropped[reason], reason))
            found.append({"field": group.field, "name": group.name, "docs": docs, "reason": most})
    return found


def _told_lost_all(found: Sequence[Row]) -> str:
    told = [f"{r['field']} {r['name']} ({r['docs']:,}, mostly {r['reason']})" for r in found]
    return f"all documents were dropped of {_listed(told)}"


def _lost_most(results: Results, stage: str) -> list[Row]:
    share = results.recipe["duplicates"]["alarm_share"]
    found = [
        {"field": g.field, "name": g.name, "docs": g.docs, "dropped": sum(g.dropped.values())}
        for g in _groups(results.funnel(stage))
        if g.docs >= MIN_DOCS and g.kept and sum(g.dropped.values()) > share * g.docs
    ]
    return sorted(found, key=lambda r: (-r["dropped"] / r["docs"], r["field"], r["name"]))


def _told_lost_most(found: Sequence[Row]) -> str:
    told = [
        f"{row['field']} {row['name']} lost {row['dropped'] / row['docs']:.0%} "
        f"of its {row['docs']:,} documents"
        for row in found
    ]
    return f"duplicates: {_listed(told)}"


def _words_lost(results: Results, stage: str) -> list[Row]:
    share = results.recipe["duplicates"]["alarm_words_lost"]
    words, missing = (results.counts(stage, prefix) for prefix in (WORDS, WORDS_LOST))
    found = []
    for group in _groups(results.funnel(stage)):
        key = f"{group.field}.{group.name}"
        docs = group.dropped.get(schemas.NEAR_DUPLICATE, 0)
        if docs >= MIN_DOCS and missing.get(key, 0) > share * words.get(key, 0):
            found.append(
                {
                    "field": group.field, "name": group.name, "docs": docs,
                    "words": words[key], "words_lost": missing[key],
                }
            )  # fmt: skip
    return sorted(found, key=lambda r: (-r["words_lost"] / r["words"], r["field"], r["name"]))


def _told_words_lost(found: Sequence[Row]) -> str:
    told = [
        f"{row['field']} {row['name']} lost {row['words_lost'] / row['words']:.0%} "
        f"of the words of {row['docs']:,} documents"
        for row in found
    ]
    return f"near-duplicates: {_listed(told)}"


def _never(results: Results, stage: str) -> list[Row]:
    funnel = results.funnel(stage)
    reasons = {reason: count.docs for reason, count in funnel.by(DROPPED, "reason").items()}
    numbers = _reached(funnel.total(KEPT).docs, reasons, results.checks)
    return [
        {"rule": check.name, "docs": reached}
        for check, (reached, dropped) in zip(results.checks, numbers, strict=True)
        if check.is_rule and not check.by_language and not dropped and reached >= MIN_REACHED
    ]


def _told_never(found: Sequence[Row]) -> str:
    told = [f"{row['rule']} (of {row['docs']:,})" for row in found]
    return f"rules that dropped none of the documents that reached them: {_listed(told)}"


def _always(results: Results, stage: str) -> list[Row]:
    wanted = results.recipe["documents"]["language"]["keep"]
    found = []
    for group in _groups(results.funnel(stage)):
        if group.field == "language" and wanted and group.name not in wanted:
            continue
        numbers = _reached(group.kept, group.dropped, results.checks)
        for check, (reached, dropped) in zip(results.checks, numbers, strict=True):
            if check.is_rule and reached == dropped >= MIN_DOCS:
                found.append(
                    {"rule": check.name, "field": group.field, "name": group.name, "docs": reached}
                )
    return found


def _told_always(found: Sequence[Row]) -> str:
    told = [f"{r['rule']} ({r['field']} {r['name']}, {r['docs']:,})" for r in found]
    return f"rules that dropped all documents that reached them: {_listed(told)}"


def _no_data(results: Results, stage: str) -> list[Row]:
    wanted = results.recipe["documents"]["language"]["keep"]
    return [
        {"rule": check.name, "name": group.name, "docs": group.docs}
        for group in _groups(results.funnel(stage))
        if group.field == "language" and group.docs >= MIN_LOST
        if group.name not in ("", schemas.UNDETERMINED) and (not wanted or group.name in wanted)
        for check in results.checks
        if not check.knows(group.name)
    ]


def _told_no_data(found: Sequence[Row]) -> str:
    languages = {row["name"]: row["docs"] for row in found}
    told = [f"{name} ({docs:,} documents)" for name, docs in languages.items()]
    return f"rules lack thresholds or stop words for {_listed(told)}"


def _repeated_ids(results: Results, stage: str) -> list[Row]:
    docs = results.counts(stage, DOCUMENTS_OF_REPEATED_IDS)
    ids = results.counts(stage, REPEATED_IDS)
    return [{"source": name, "ids": ids[name], "docs": docs[name]} for name in sorted(ids)]


def _told_repeated_ids(found: Sequence[Row]) -> str:
    told = [f"{r['source']} ({r['ids']:,} ids of {r['docs']:,} documents)" for r in found]
    return f"ids that stand for different texts, in sources: {_listed(told)}"


def _large_clusters(results: Results, stage: str) -> list[Row]:
    pairs = results.counts(stage, LARGE_COMPONENT)
    return [{"document": name, "pairs": pairs[name]} for name in sorted(pairs)]


def _told_large_clusters(found: Sequence[Row]) -> str:
    told = [f"that of {r['document']} ({r['pairs']:,} pairs)" for r in found]
    return f"clusters that needed more than memory_mb in one worker: {_listed(told)}"


def _vocabulary(results: Results, stage: str) -> list[Row]:
    settings = results.recipe["tokenizer"]
    given = results.stages[stage]["counts"]["vocab_size"]
    short = settings.get("path") is None and given < settings["vocab_size"]
    return [{"asked": settings["vocab_size"], "given": given}] if short else []


def _told_vocabulary(found: Sequence[Row]) -> str:
    return (
        f"a vocabulary of {found[0]['asked']:,} entries was asked for, and the data gave "
        f"{found[0]['given']:,}"
    )


def _seen_in_training(results: Results, stage: str) -> list[Row]:
    if results.recipe["tokenizer"].get("path") is not None:
        return []
    used: Counter[str] = collections.Counter()
    kept_out = set()
    for (_, _, language, reason), count in results.funnel(stage).outcomes.items():
        used[language] += count.docs
        if reason == schemas.HELD_OUT:
            kept_out.add(language)
    return [
        {"language": language, "docs": docs}
        for language, docs in sorted(used.items())
        if language not in kept_out
    ]


def _told_seen_in_training(found: Sequence[Row]) -> str:
    told = [f"{row['language']} ({row['docs']:,} documents)" for row in found]
    return f"token cost is measured on text that the tokenizer was trained on, for {_listed(told)}"


def _reference(results: Results, stage: str) -> list[Row]:
    settings = results.recipe["token_cost"]
    if settings.get("parallel") is None:
        return []
    sentences = results.counts(stage, SENTENCES)
    reference = settings["reference"]
    if sentences.get(reference):
        return []
    return [{"reference": reference, "languages": len(sentences)}]


def _told_reference(found: Sequence[Row]) -> str:
    [row] = found
    return (
        f"the parallel text has no sentence in the reference language {row['reference']}, and "
        f"sentences in {row['languages']:,} others, so that no language has a premium"
    )


def _coverage(results: Results, stage: str) -> list[Row]:
    everything = results.counts(stage, SENTENCES).get(results.recipe["token_cost"]["reference"], 0)
    enough = max(MIN_SENTENCES, MIN_COVERAGE * everything)
    return [
        {"language": code, "shared": shared, "sentences": everything}
        for code, shared in sorted(results.counts(stage, SHARED_SENTENCES).items())
        if everything and shared < enough
    ]


def _told_coverage(found: Sequence[Row]) -> str:
    told = [f"{row['language']} ({row['shared']:,} of {row['sentences']:,})" for row in found]
    return f"languages with few of the reference's sentences: {_listed(told)}"


def _listed(told: Sequence[str]) -> str:
    more = len(told) - _LISTED
    if more <= 1:
        return ", ".join(told)
    return f"{', '.join(told[:_LISTED])} and {more:,} more"


KINDS = (
    Kind(
        "source_without_records",
        ("documents",),
        "A source of the recipe has no record at all, or none that could be read.",
        "check the paths and kinds of these sources; errors/ says what could not be read",
        _sources_without_records,
        _told_without_records,
    ),
    Kind(
        "files_unread",
        ("documents",),
        "Files of a source could not be opened, or not read to their end: the storage failed, or "
        "they were moved while the run went on. Damaged content of a file is not meant.",
        "errors/ names them; check the storage, and run again with --from-stage documents",
        _files_unread,
        _told_files_unread,
    ),
    Kind(
        "failures",
        ("documents",),
        "winnow itself failed where it should not, while it read a file or processed a record. The "
        "rest of that file, or that record alone, is left out.",
        "errors/ says where in winnow; please report it, with the record if you may",
        _failures,
        _told_failures,
    ),
    Kind(
        "all_documents_dropped",
        ("documents", "duplicates", "repetition"),
        f"A source or a language of {MIN_LOST} documents or more has none left after a stage. "
        "Languages that `documents.language` leaves out are not counted, and neither are documents "
        "whose language is not certain enough for it.",
        "dropped/ and duplicates/ have the reasons; `winnow replay` shows what other thresholds of "
        "rules would keep",
        _lost_all,
        _told_lost_all,
    ),
    Kind(
        "rule_always_drops",
        ("documents",),
        f"Of a source or language, a rule or classifier dropped all documents that reached it, "
        f"{MIN_DOCS} or more. A document reaches a rule if no earlier one dropped it.",
        "give the rule other thresholds, or thresholds by language, or leave it out",
        _always,
        _told_always,
    ),
    Kind(
        "rule_never_drops",
        ("documents",),
        f"A rule or classifier dropped none of the documents that reached it, {MIN_REACHED:,} or "
        "more. Rules that look at some languages only are left out.",
        "check the thresholds, or leave the rules out",
        _never,
        _told_never,
    ),
    Kind(
        "no_data_for_language",
        ("documents",),
        f"A rule takes thresholds or stop words from a table by language that lacks a language of "
        f"{MIN_LOST} documents or more. What it takes from there is no limit for them; other "
        "thresholds hold. Languages that `documents.language` leaves out are not counted.",
        "give these languages thresholds of their own, or leave them out with "
        "documents.language.keep",
        _no_data,
        _told_no_data,
    ),
    Kind(
        "most_documents_are_duplicates",
        ("duplicates",),
        f"A source or language of {MIN_DOCS} documents or more lost more than "
        "`duplicates.alarm_share` of them as duplicates: a template that all its pages share, a "
        "source that was read twice, a language with few sites.",
        "duplicates/ names each survivor; duplicates.alarm_share is the share that is allowed",
        _lost_most,
        _told_lost_most,
    ),
    Kind(
        "words_lost",
        ("duplicates",),
        f"A source or language lost {MIN_DOCS} near-duplicates or more, and of their words, those "
        "of each document counted once, more than `duplicates.alarm_words_lost` are not in the "
        "document that was kept: what was removed says something else.",
        "duplicates/ has words_lost for each document; set duplicates.near.verify to containment, "
        "or a higher min_similarity",
        _words_lost,
        _told_words_lost,
    ),
    Kind(
        "repeated_ids",
        ("duplicates",),
        "Documents of a source have the same id and different texts: ids that begin anew in every "
        "file, several versions of a document, or a missing id that was written as a word. They "
        "are different documents, and all of them are kept. Documents that had been removed for "
        "their URL are not counted, and neither are those of earlier runs.",
        "set the source's option ids to per_file if ids begin anew in every file, or name another "
        "field as its option id",
        _repeated_ids,
        _told_repeated_ids,
    ),
    Kind(
        "large_cluster",
        ("duplicates",),
        "A cluster of verified pairs, such as a chain of millions of versions, each of them like "
        "the one before, was decided in one worker and needed more than `execution.memory_mb`.",
        "give workers more memory and set execution.memory_mb to it, or raise "
        "duplicates.near.min_similarity",
        _large_clusters,
        _told_large_clusters,
    ),
    Kind(
        "vocabulary_too_small",
        ("tokenizer",),
        "The tokenizer has fewer entries than `tokenizer.vocab_size`, since no pair is left that "
        "occurs twice.",
        "train on more text, or set tokenizer.vocab_size to what the data give",
        _vocabulary,
        _told_vocabulary,
    ),
    Kind(
        "cost_on_training_text",
        ("tokenizer",),
        "A language has no document that was kept out of training, because it has few documents or "
        "because `tokenizer.held_out` is 0. Its token cost is measured on text that the tokenizer "
        "was trained on, which makes it look lower. Column `held_out` of the table is false there.",
        "give more documents of these languages, or a higher tokenizer.held_out",
        _seen_in_training,
        _told_seen_in_training,
    ),
    Kind(
        "reference_without_text",
        ("token_cost",),
        "The parallel text has no sentence in `token_cost.reference`, so that there are no "
        "premiums.",
        "set token_cost.reference to a language of the file, or add its sentences",
        _reference,
        _told_reference,
    ),
    Kind(
        "thin_parallel_text",
        ("token_cost",),
        f"A language of the parallel text shares less than {MIN_COVERAGE:.0%} of the reference's "
        f"sentences, or fewer than {MIN_SENTENCES}.",
        "add the missing sentences under the ids of the reference's, or read premium_low and "
        "premium_high",
        _coverage,
        _told_coverage,
    ),
)


def markdown() -> str:
    """docs/alarms.md."""
    lines = [_PAGE]
    for kind in KINDS:
        stages = ", ".join(f"`{stage}`" for stage in kind.stages)
        of = "stage" if len(kind.stages) == 1 else "stages"
        lines.append(f"## {kind.name}\n\n{kind.meaning} (From {of} {stages}.)\n")
        lines.append(f"What to do: {kind.remedy}.\n")
    return "\n".join(lines)


_PAGE = """\
# Alarms

<!-- Written by `make alarms` from manifests/alarms.py. -->

An alarm is a result of a finished run that someone should look at. `winnow run` and
`winnow inspect` show alarms in red at the top of the summary, `manifest.json` has them under
`reproducible.alarms`, and `winnow.open(RUN).alarms` returns them. With `winnow run --strict` the
run is finished and written as usual, its alarms are told on stderr, and the exit code is 1;
`winnow.run(..., strict=True)` raises a RuntimeError after the run is written.

Each alarm has its `kind`, the `stage` whose result it is about, a `sentence`, and `found`: one
object for each source, language or rule, with the figures. There is at most one alarm of each kind
in each stage.
"""


if __name__ == "__main__":
    sys.stdout.write(markdown())
