"""`winnow explain`: the life of one document of a finished run, from its record to its place.

Values are read from the columns of the run. No text is read, and none is shown: cuts and redactions
are told as kinds and places.
"""

import dataclasses
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from rich.table import Table
from rich.text import Text

from filters.rules import registry
from filters.rules.thresholds import limit_of
from filters.settings import CLASSIFIER, LOW_SCORE, NOT_KEPT, WRONG_SCRIPT, Documents, least_score
from manifests import files, manifest, schemas
from manifests.comparisons import Comparison
from manifests.manifest import PLAN_FILE
from manifests.store import Store
from pipelines.commands import console
from pipelines.commands.find import Found, Place, find, no_record, places_of, row_of
from pipelines.recipe.loading import recipe_of
from pipelines.recipe.recipe import Recipe
from pipelines.sources.units import WorkUnit

# About some of a unit's documents; not all runs have all of them.
_ABOUT_SOME = ("duplicates", "clusters", "masked", "repetition", "contamination")
_COPIES = 20  # documents removed for a survivor that are listed
_OF_DUPLICATES = (
    "similarity", "true_similarity", "contained", "words", "words_lost", "cluster_size",
)  # fmt: skip
_OF_BENCHMARKS = ("benchmark", "item", "found", "ngrams", "item_ngrams", "overlap")
_SIGNS: dict[Comparison, str] = {"min": ">=", "max": "<=", "above": ">", "below": "<"}

Row = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Check:
    """A measured value beside its threshold.

    Attributes:
      name: the key of the recipe, below `documents`.
      value: None if it was not measured.
      sign: how the value must compare with the limit; `in` for languages to keep.
      limit: None if the document's language has none.
      holds: None if there is no value or no limit, or the threshold removes lines: then the value
        is how many lines it removed.
      reason: what the document is dropped for if it does not hold.
    """

    name: str
    value: float | str | None
    sign: str
    limit: float | list[str] | None
    holds: bool | None
    reason: str


@dataclasses.dataclass(frozen=True)
class Life:
    """What became of a record, as `--json` prints it.

    Attributes:
      read: the file that it came from, the range of it that was read together, and the size.
      values: other measured values, by column.
      ended: `stage` that it came to, `reasons` if that removed it.
      duplicate: of what it was removed as a copy, and how alike they are; None if it was not.
      cluster_size: how many copies of one document this is the survivor of, itself included; None
        if it stands alone or was removed.
      copies: up to 20 documents that were removed for it.
      cuts: what later stages cut from its text: kind, start and end in bytes.
      benchmarks: what of benchmark items it holds.
      redactions: personal data replaced in it: kind, start and end in characters.
      error: what is broken, where the record is an error row.
      places: where it is, rows counted from 0.
    """

    doc_id: str
    source: str
    url: str | None
    record: str | None
    read: dict[str, Any]
    language: dict[str, Any] | None
    checks: list[Check]
    values: dict[str, Any]
    ended: dict[str, Any]
    duplicate: dict[str, Any] | None
    cluster_size: int | None
    copies: list[dict[str, Any]]
    cuts: list[dict[str, Any]]
    benchmarks: list[dict[str, Any]]
    redactions: list[dict[str, Any]]
    error: str | None
    places: list[Place]


def command(run: str, wanted: str, as_json: bool) -> None:
    """Prints the life of every record of a run with this identity or URL.

    Raises:
      Failure: there is no finished run, or no such record in it.
      RecipeError: another version of winnow wrote its recipe.
      ValueError: a file is damaged.
    """
    store = Store(run)
    console.tell_if_written(store)
    content = console.manifest_of(store)["reproducible"]
    lives = list(explain(store, content, recipe_of(store), wanted))
    if not lives:
        raise console.Failure(no_record(store, wanted), 1)
    if as_json:
        console.print_json([dataclasses.asdict(life) for life in lives])
        return
    for life in lives:
        _print(life)


def explain(store: Store, content: dict[str, Any], recipe: Recipe, wanted: str) -> Iterator[Life]:
    """The lives of records with an identity (32 hexadecimal digits) or a URL.

    Args:
      content: `reproducible` of the run's manifest.
    """
    units = None
    for found in find(store, content, wanted):
        if units is None:
            units = store.read_json(PLAN_FILE)["units"]
        yield _life(store, content, recipe, found, units)


def _life(
    store: Store, content: dict[str, Any], recipe: Recipe, found: Found, units: list[Any]
) -> Life:
    first = found.places[0]
    folder, _, name = first.file.partition("/")
    unit = name.removesuffix(".parquet")
    columns = [name for name in store.read_schema(first.file).names if name != "text"]
    row = row_of(store, first, columns)
    is_kept = folder == "documents"
    there = files.written(store, [f"{table}/{unit}.parquet" for table in _ABOUT_SOME])

    def rows_of(table: str) -> list[Row]:
        """What a table says of the document, if the run kept it in stage `documents`."""
        path = f"{table}/{unit}.parquet"
        if not is_kept or path not in there:
            return []
        names = store.read_schema(path).names
        return [row_of(store, one, names) for one in places_of(store, path, "row", first.row)]

    doc_id = bytes.fromhex(found.doc_id)
    without_text = row.get("language") == schemas.UNDETERMINED and not row.get("text_bytes")
    measured = folder != "errors" and not without_text
    checks = list(checks_of(recipe.documents, row)) if measured else []
    clusters = rows_of("clusters")
    return Life(
        doc_id=found.doc_id,
        source=found.source,
        url=found.url,
        record=row.get("native_id"),
        read=_read(units, int(unit), row),
        language=_language(row) if measured else None,
        checks=checks,
        values=_values(recipe.documents, row) if measured else {},
        ended=_ended(found, content),
        duplicate=next((_duplicate(store, content, one) for one in rows_of("duplicates")), None),
        cluster_size=clusters[0]["cluster_size"] if clusters else None,
        copies=list(_copies(store, doc_id)) if clusters else [],
        cuts=[
            {"stage": table, **{name: one[name] for name in ("reason", "start", "end")}}
            for table in ("masked", "repetition")
            for one in rows_of(table)
        ],
        benchmarks=[
            {name: one[name] for name in _OF_BENCHMARKS} for one in rows_of("contamination")
        ],
        redactions=row.get(schemas.REDACTIONS) or [],
        error=row.get("error"),
        places=found.places,
    )  # fmt: skip


def _read(units: list[Any], number: int, row: Mapping[str, Any]) -> dict[str, Any]:
    unit = WorkUnit.from_fields(units[number])
    path = row.get("path") or unit.path
    told = {"path": path, "kind": unit.kind, "bytes": row.get("input_bytes")}
    if unit.group and "path" not in row:
        told["files"] = [unit.path + file.label for file in unit.group]
    if unit.end >= 0:
        told["range"] = [unit.start, unit.end]
    return told


def _language(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "language": row["language"],
        "score": row["language_score"],
        "second": row.get("language_second"),
        "second_score": row.get("language_second_score"),
    }


def _ended(found: Found, content: Mapping[str, Any]) -> dict[str, Any]:
    last = "shards" if "shards" in content else "corpus"
    return {"stage": found.stage or last, "kept": not found.stage, "reasons": found.reasons}


def checks_of(documents: Documents, row: Mapping[str, Any]) -> Iterator[Check]:
    """Each check of a recipe in the order in which it decides, with the values of a document.

    Args:
      row: of `documents/` or `dropped/`.
    """
    language, code = documents.language, row["language"]
    lowest: list[tuple[str, str, float | None, str]] = []
    if language.below_min_score == "drop":
        least = least_score(language, code)
        lowest.append(("language.min_score", "language_score", least, LOW_SCORE))
    script = schemas.SCRIPT_RATIO.name
    lowest.append(("language.min_script_ratio", script, language.min_script_ratio, WRONG_SCRIPT))
    lowest += [
        (f"classifiers.{name}.min_score", CLASSIFIER + name, least_score(spec, code),
         f"{CLASSIFIER}{name}.low_score")
        for name, spec in documents.classifiers.items()
    ]  # fmt: skip
    for name, column, limit, reason in lowest:
        if limit is not None:
            value = row.get(column)
            holds = None if value is None else bool(np.float32(value) >= np.float32(limit))
            yield Check(name, value, ">=", limit, holds, reason)
    if language.keep:
        kept = code in language.keep
        yield Check("language.keep", code, "in", [*language.keep], kept, NOT_KEPT)
    for name, limits in documents.rules.items():
        if name != registry.DATATROVE:
            yield from _rule_checks(name, limits, row)


def _rule_checks(name: str, limits: Mapping[str, Any], row: Mapping[str, Any]) -> Iterator[Check]:
    for threshold in registry.RULES[name].thresholds:
        if threshold.key not in limits:
            continue
        found = limit_of(threshold, limits[threshold.key], [row["language"]])
        limit = float(np.atleast_1d(np.asarray(found, np.float64))[0])
        value = row.get(f"{name}.{threshold.measure}")
        decides = threshold.scope == "document" and value is not None and math.isfinite(limit)
        yield Check(
            f"rules.{name}.{threshold.key}",
            value,
            _SIGNS[threshold.comparison],
            limit if math.isfinite(limit) else None,
            not threshold.fails(np.array([value]), limit)[0] if decides else None,
            f"{name}.{threshold.reason}",
        )


def _values(documents: Documents, row: Mapping[str, Any]) -> dict[str, Any]:
    """Measured values that no threshold of the recipe looks at."""
    looked_at = {
        f"{name}.{threshold.measure}"
        for name, limits in documents.rules.items()
        if name != registry.DATATROVE
        for threshold in registry.RULES[name].thresholds
        if threshold.key in limits
    }
    names = registry.measures_schema(documents.rules).names
    others = ["encoding", "encoding_found", "replaced_ratio", "text_bytes"]
    found = {name: row.get(name) for name in [*others, *names] if name not in looked_at}
    return {name: value for name, value in found.items() if value is not None}


def _duplicate(store: Store, content: dict[str, Any], row: Row) -> dict[str, Any]:
    survivor = row["survivor"] and row["survivor"].hex()
    told = {"reason": row["reason"], "survivor": survivor}
    told |= {name: row[name] for name in _OF_DUPLICATES}
    if survivor:
        held = list(find(store, content, survivor))
        told["survivor_url"] = held[0].url if held else None
        told["survivor_places"] = [dataclasses.asdict(p) for one in held for p in one.places]
    return told


def _copies(store: Store, doc_id: bytes) -> Iterator[dict[str, Any]]:
    """Up to `_COPIES` documents that were removed for a survivor of a cluster."""
    columns = ["doc_id", "source", "reason", "similarity", "true_similarity", "contained"]
    number = 0
    for path in manifest.parts(store, "duplicates"):
        for place in places_of(store, path, "survivor", doc_id):
            if number == _COPIES:
                return
            number += 1
            found = row_of(store, place, columns)
            yield {**found, "doc_id": found["doc_id"].hex()}


def _print(life: Life) -> None:
    say = console.say
    say(f"{life.doc_id}  source {life.source}{f', {life.url}' if life.url else ''}")
    read = life.read
    where = f" [{read['range'][0]}:{read['range'][1]}]" if "range" in read else ""
    if "files" in read:
        where = f" (one of {len(read['files']):,} small files from {read['files'][0]} on)"
    size = f", {read['bytes']:,} bytes" if read["bytes"] is not None else ""
    record = f", record {life.record}" if life.record else ""
    say(f"  read         {read['path']}{where}{record}{size}")
    if life.error:
        say(f"  broken       {life.error}")
    if life.language:
        told = life.language
        second = f", then {told['second']} {told['second_score']:.2f}" if told["second"] else ""
        say(f"  language     {told['language']} {told['score']:.2f}{second}")
    if life.redactions:
        places = (f"{one['kind']} at {one['start']}-{one['end']}" for one in life.redactions)
        say(f"  redacted     {', '.join(places)} (characters)")
    for one in life.cuts:
        at = f"{one['start']}-{one['end']} (bytes)"
        say(f"  cut          {one['reason']} at {at}, {one['stage']}/")
    for one in life.benchmarks:
        say(
            f"  benchmark    {one['found']} of {one['benchmark']} {one['item']}: "
            f"{one['ngrams']} of {one['item_ngrams']} n-grams"
        )
    _print_end(life)
    for place in life.places:
        say(f"  {place}")
    if life.checks:
        console.out.print(_table(life))


def _print_end(life: Life) -> None:
    ended = life.ended
    if ended["kept"]:
        console.say(
            f"  kept         {'in corpus and shards' if len(life.places) > 2 else 'in the corpus'}"
        )
    else:
        console.say(f"  removed by   stage {ended['stage']}: {', '.join(ended['reasons'])}")
    if (one := life.duplicate) and one["survivor"]:
        url = f", {one['survivor_url']}" if one["survivor_url"] else ""
        at = "" if one["survivor_places"] else ", of an earlier run"
        console.say(f"  copy of      {one['survivor']}{url}{at}")
        console.say(f"  alike        {_alike(one)}")
    for one in life.copies:
        console.say(f"  chosen over  {one['doc_id']} ({one['source']}): {_alike(one)}")
    if len(life.copies) == _COPIES:
        console.say(
            f"  cluster      of {life.cluster_size:,} documents, of which {_COPIES} are named"
        )


def _alike(one: Mapping[str, Any]) -> str:
    """How alike two documents are, as far as it was measured."""
    told = [one["reason"]] if "words_lost" not in one else []
    told.append(f"estimated similarity {one['similarity']:.2f}")
    if one["true_similarity"] is not None:
        told.append(f"true {one['true_similarity']:.2f}")
    if one["contained"] is not None:
        told.append(f"{one['contained']:.0%} contained")
    if one.get("words") is not None:
        told.append(f"{one['words_lost']:,} of {one['words']:,} words are not in the other")
    return ", ".join(told)


def _table(life: Life) -> Table:
    table = Table("documents.", "value", "wanted", "")
    table.columns[1].justify = "right"
    for check in life.checks:
        wanted = "no limit for its language"
        if isinstance(check.limit, list):
            wanted = f"in {', '.join(check.limit)}"
        elif check.limit is not None:
            wanted = f"{check.sign} {check.limit:g}"
        told = {True: "", False: f"drops: {check.reason}", None: ""}[check.holds]
        if check.value is None:
            told = "not measured"
        elif check.holds is None and check.limit is not None:
            wanted, told = f"of a line {wanted}", f"lines removed: {check.value:g}"
        table.add_row(Text(check.name), _shown(check.value), Text(wanted), Text(told))
    return table


def _shown(value: float | str | None) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
