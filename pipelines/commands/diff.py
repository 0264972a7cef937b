"""`winnow diff`: what differs between two finished runs.

Documents are those of equal identity: of one source, record and content. They are compared in
passes, each over a part of all identities, so that memory does not grow with the runs.
"""

import collections
import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from rich.table import Table
from rich.text import Text

from manifests import files, manifest
from manifests.manifest import PLAN_FILE, RECIPE_FILE, TOKEN_COST_FILE
from manifests.statistics import DROPPED, ERROR, KEPT, Funnel
from manifests.store import Store
from pipelines.commands import console
from pipelines.commands.outcomes import outcomes
from pipelines.recipe import differences
from shards.shuffle import shuffle_keys

# Records of both runs that are in memory at once, about 100 bytes each.
_AT_ONCE = 1 << 21
_ROW = np.dtype(
    [
        ("high", np.uint64),
        ("low", np.uint64),
        ("side", np.uint8),
        ("fate", np.int32),
        ("language", np.int32),
        ("text_bytes", np.int64),
        ("part", np.int32),
        ("row", np.int64),
    ]
)
_COST = ("bytes_per_token", "tokens_per_word", "premium")
KEEPS = "kept"  # what became of a document that no stage removed; else it is its first reason

Rows = npt.NDArray[np.void]


@dataclasses.dataclass
class Change:
    """Documents of which the two runs made different things.

    Attributes:
      a, b: `kept`, or the first reason for which it was removed.
      docs: how many.
      sample: some of them, those with the smallest identities, which are hashes.
    """

    a: str
    b: str
    docs: int = 0
    sample: list[dict[str, Any]] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Compared:
    """The records of two runs, by identity.

    Attributes:
      both, only_a, only_b: distinct identities that both runs read, or one of them.
      changes: of those in both, by what became of them, the most frequent first.
      languages: documents in both whose language differs, by both languages.
      other_text: documents that both keep, with text of another length.
    """

    both: int = 0
    only_a: int = 0
    only_b: int = 0
    changes: list[Change] = dataclasses.field(default_factory=list)
    languages: dict[tuple[str, str], int] = dataclasses.field(default_factory=dict)
    other_text: int = 0


def command(run: str, other: str, number: int, as_json: bool) -> None:
    """Prints what differs.

    Raises:
      Failure: one of them is no finished run.
      ValueError: a file is damaged.
    """
    stores = [Store(run), Store(other)]
    manifests = []
    for store in stores:
        console.tell_if_written(store)
        manifests.append(console.manifest_of(store))
    found = diff(stores, manifests, number)
    if as_json:
        console.print_json(found)
    else:
        _print(found)


def diff(stores: Sequence[Store], manifests: Sequence[Any], number: int) -> dict[str, Any]:
    """All that differs, as `--json` prints it; lists have two values, of the first run and then of
    the second.
    """
    contents = [one["reproducible"] for one in manifests]
    recipes = [store.read_json(RECIPE_FILE) for store in stores]
    plans = [store.read_json(PLAN_FILE) for store in stores]
    told = [*differences.of_recipes(*recipes), *differences.of_plans(*plans)]
    versions = [content["winnow_version"] for content in contents]
    if versions[0] != versions[1]:
        text = f"winnow: {versions[0]}, now {versions[1]}"
        told.insert(0, differences.Difference("winnow", text))
    compared = compare(stores, contents, number)
    return {
        "runs": [str(store) for store in stores],
        "run_digests": [one["run_digest"] for one in manifests],
        "recipe": [dataclasses.asdict(one) for one in told],
        "stages": list(_stages(contents)),
        "sources": _kept_by(contents, "source"),
        "languages": _kept_by(contents, "language"),
        "reasons": _reasons(contents),
        "documents": {
            **{name: getattr(compared, name) for name in ("both", "only_a", "only_b")},
            "changed": sum(change.docs for change in compared.changes),
            "changes": [dataclasses.asdict(change) for change in compared.changes],
            "other_language": [
                {"languages": list(pair), "docs": docs}
                for pair, docs in sorted(compared.languages.items(), key=lambda i: (-i[1], i[0]))
            ],
            "other_text": compared.other_text,
        },
        "tokens": [content.get("shards", {}).get("tokens") for content in contents],
        "token_cost": list(_token_cost(stores)),
    }


def _stages(contents: Sequence[Any]) -> Iterator[dict[str, Any]]:
    for name in manifest.STAGES:
        sides = [content["stages"].get(name, {}).get("funnel") for content in contents]
        if any(sides):
            yield {
                "stage": name,
                **{
                    outcome: [side[outcome]["docs"] if side else None for side in sides]
                    for outcome in ("in", KEPT, DROPPED, ERROR)
                },
            }


def _kept_by(contents: Sequence[Any], field: str) -> list[dict[str, Any]]:
    """Documents of the corpus, and bytes of their text, by source or language."""
    sides = [
        Funnel.from_json(content["stages"]["corpus"]["funnel"]).by(KEPT, field)
        for content in contents
    ]
    return [
        {
            field: name,
            "docs": [side[name].docs if name in side else 0 for side in sides],
            "text_bytes": [side[name].text_bytes if name in side else 0 for side in sides],
        }
        for name in dict.fromkeys([*sides[0], *sides[1]])
    ]


def _reasons(contents: Sequence[Any]) -> list[dict[str, Any]]:
    """Documents removed, by the first reason."""
    sides = []
    for content in contents:
        counted: collections.Counter[str] = collections.Counter()
        for name in manifest.REMOVING:
            if name in content["stages"]:
                funnel = Funnel.from_json(content["stages"][name]["funnel"])
                for outcome in (DROPPED, ERROR):
                    counted.update({r: c.docs for r, c in funnel.by(outcome, "reason").items()})
        sides.append(counted)
    names = sorted({*sides[0], *sides[1]}, key=lambda name: (-sides[0][name], name))
    return [{"reason": name, "docs": [side[name] for side in sides]} for name in names]


def _token_cost(stores: Iterable[Store]) -> Iterator[dict[str, Any]]:
    """What the tokenizers of both cost each language, on the same kind of text."""
    tables = [files.table_of(store, TOKEN_COST_FILE) for store in stores]
    sides = [
        {(row["measured_on"], row["language"]): row for row in table.to_pylist()} if table else {}
        for table in tables
    ]
    for measured_on, language in sorted({*sides[0], *sides[1]}):
        rows = [side.get((measured_on, language), {}) for side in sides]
        yield {
            "measured_on": measured_on,
            "language": language,
            **{name: [row.get(name) for row in rows] for name in ("tokens", *_COST)},
        }


def compare(stores: Sequence[Store], contents: Sequence[Any], number: int) -> Compared:
    """The records of two runs, by identity.

    Args:
      contents: `reproducible` of their manifests.
      number: how many documents of each change are in its `sample`.
    """
    found = Compared()
    fates, languages = _Names(KEEPS), _Names("")
    read = sum(content["stages"]["documents"]["funnel"]["in"]["docs"] for content in contents)
    passes = -(-read // _AT_ONCE) or 1
    parts: list[list[str]] = [[], []]
    changes: dict[tuple[int, int], tuple[int, list[Rows]]] = {}
    for one in range(passes):
        rows = np.concatenate(
            [
                _rows_of(side, store, content, (fates, languages), parts[side], (one, passes))
                for side, (store, content) in enumerate(zip(stores, contents, strict=True))
            ]
        )
        _add(found, changes, languages.known, rows, number)
    for (a, b), (docs, samples) in changes.items():
        some = np.sort(np.concatenate(samples), order=["high", "low"])[:number]
        change = Change(fates.known[a], fates.known[b], docs)
        change.sample = [_told(stores[1], parts[1], row) for row in some]
        found.changes.append(change)
    found.changes.sort(key=lambda change: (-change.docs, change.a, change.b))
    return found


class _Names:
    """Names as numbers; None and the empty name have the least, and a name of their own."""

    def __init__(self, nothing: str) -> None:
        self._nothing = nothing
        self._codes = {nothing: 0}

    @property
    def known(self) -> list[str]:
        return list(self._codes)

    def codes(self, values: Iterable[str | None]) -> npt.NDArray[np.int32]:
        """The number of each."""
        codes, nothing = self._codes, self._nothing
        return np.array([codes.setdefault(v or nothing, len(codes)) for v in values], np.int32)


def _rows_of(
    side: int,
    store: Store,
    content: Mapping[str, Any],
    names: tuple[_Names, _Names],
    parts: list[str],
    which: tuple[int, int],
) -> Rows:
    """One row for each identity of a run's part of all identities; where one came twice, and was
    kept once, that one.

    Args:
      names: of fates and of languages.
      parts: gets the paths that rows name by their place.
      which: the number of the part, and of how many.
    """
    fates, languages = names
    found = [np.empty(0, _ROW)]
    for some in outcomes(store, content, ["text_bytes"]):
        if some.path not in parts[-1:]:
            parts.append(some.path)
        ids = some.rows["doc_id"]
        mine = np.flatnonzero(shuffle_keys(ids, 0) % np.uint64(which[1]) == which[0])
        rows = np.empty(len(mine), _ROW)
        halves = np.frombuffer(ids.buffers()[1], ">u8", 2 * len(ids), 16 * ids.offset)
        rows["high"], rows["low"] = halves.reshape(-1, 2)[mine].T
        rows["side"], rows["part"], rows["row"] = side, len(parts) - 1, some.numbers()[mine]
        taken = pa.array(mine)
        rows["fate"] = fates.codes(some.reason.take(taken).to_pylist())
        rows["language"] = languages.codes(some.rows["language"].take(taken).to_pylist())
        has_size = "text_bytes" in some.rows.schema.names
        rows["text_bytes"] = some.rows["text_bytes"].to_numpy()[mine] if has_size else 0
        found.append(rows)
    every = np.concatenate(found)
    every.sort(order=["high", "low", "fate"])
    again = (every["high"][1:] == every["high"][:-1]) & (every["low"][1:] == every["low"][:-1])
    return every[np.concatenate([[True], ~again])[: len(every)]]


def _add(
    found: Compared,
    changes: dict[tuple[int, int], tuple[int, list[Rows]]],
    languages: Sequence[str],
    rows: Rows,
    number: int,
) -> None:
    """Counts one part of all identities; `rows` has each at most once for each run."""
    rows.sort(order=["high", "low", "side"])
    same = (rows["high"][1:] == rows["high"][:-1]) & (rows["low"][1:] == rows["low"][:-1])
    first = np.flatnonzero(same)
    a, b = rows[first], rows[first + 1]
    found.both += len(first)
    found.only_a += int((rows["side"] == 0).sum()) - len(first)
    found.only_b += int((rows["side"] == 1).sum()) - len(first)
    found.other_text += int(
        ((a["fate"] == 0) & (b["fate"] == 0) & (a["text_bytes"] != b["text_bytes"])).sum()
    )
    for pair, at in _pairs(a["language"], b["language"]):
        key = (languages[pair[0]], languages[pair[1]])
        found.languages[key] = found.languages.get(key, 0) + len(at)
    for pair, at in _pairs(a["fate"], b["fate"]):
        docs, samples = changes.get(pair, (0, []))
        changes[pair] = (docs + len(at), [*samples, b[at[:number]]])


def _pairs(
    a: npt.NDArray[np.int32], b: npt.NDArray[np.int32]
) -> Iterator[tuple[tuple[int, int], npt.NDArray[np.int64]]]:
    """Where two columns differ, by both values."""
    at = np.flatnonzero(a != b)
    if not len(at):
        return
    both = a[at].astype(np.int64) << 32 | b[at]
    order = np.argsort(both, kind="stable")
    values, starts = np.unique(both[order], return_index=True)
    for value, places in zip(values.tolist(), np.split(at[order], starts[1:]), strict=True):
        yield (value >> 32, value & 0xFFFFFFFF), places


def _told(store: Store, parts: Sequence[str], row: Any) -> dict[str, Any]:
    path = parts[row["part"]]
    names = store.read_schema(path).names
    columns = [name for name in ("doc_id", "source", "native_id", "url") if name in names]
    (values,) = store.read_rows(path, np.array([row["row"]], np.int64), columns).to_pylist()
    return {**values, "doc_id": values["doc_id"].hex()}


_SHOWN = 20  # changes that the tables have


def _print(found: dict[str, Any]) -> None:
    a, b = found["runs"]
    say = console.say
    if found["run_digests"][0] == found["run_digests"][1]:
        say(f"{a} and {b} are equal: run_digest {found['run_digests'][0]}")
        return
    say(f"from {a} to {b}")
    for one in found["recipe"]:
        say(f"  {one['told']}")
    if not found["recipe"]:
        say("  the recipes are equal, and so are the files")
    counts = [
        (f"{row['stage']}, {outcome}", row[outcome])
        for row in found["stages"]
        if row["stage"] in manifest.REMOVING
        for outcome in ("in", KEPT, DROPPED, ERROR)
    ]
    _table("documents", counts)
    _table("removed for", [(row["reason"], row["docs"]) for row in found["reasons"]])
    _table("kept of source", [(row["source"], row["docs"]) for row in found["sources"]])
    _table("kept in language", [(row["language"], row["docs"]) for row in found["languages"]])
    _print_documents(found["documents"])
    _table("tokens", [("all shards", found["tokens"])])
    parallel = [row for row in found["token_cost"] if any(row["premium"])]
    if parallel:  # only that compares like with like
        _table("premium", [(row["language"], row["premium"]) for row in parallel])
    else:
        cost = [(row["language"], row["bytes_per_token"]) for row in found["token_cost"]]
        _table("bytes per token", cost)


def _table(heading: str, rows: Iterable[tuple[str, Sequence[Any]]]) -> None:
    """The rows whose values differ, those that change most first; nothing if none does."""
    changed = [(name, a, b) for name, (a, b) in rows if a != b]
    if not changed:
        return
    table = Table(heading, "A", "B", "difference")
    for column in table.columns[1:]:
        column.justify = "right"
    changed.sort(key=lambda row: -abs((row[2] or 0) - (row[1] or 0)))
    for name, a, b in changed[:_SHOWN]:
        both = a is not None and b is not None
        table.add_row(Text(name), _number(a), _number(b), _number(b - a, "+") if both else "")
    if len(changed) > _SHOWN:
        table.add_row(f"and {len(changed) - _SHOWN:,} more", "", "", "")
    console.out.print(table)


def _number(value: float | None, sign: str = "") -> str:
    if value is None:
        return ""
    return f"{value:{sign},}" if isinstance(value, int) else f"{value:{sign}.3f}"


def _print_documents(found: Mapping[str, Any]) -> None:
    console.say(
        f"records: {found['both']:,} in both, {found['only_a']:,} in A alone, "
        f"{found['only_b']:,} in B alone; of those in both, {found['changed']:,} ended otherwise"
    )
    if found["other_text"]:
        console.say(f"{found['other_text']:,} that both keep have text of another length")
    for one in found["changes"][:_SHOWN]:
        console.say(f"  {one['docs']:,}: {one['a']} -> {one['b']}")
        for document in one["sample"]:
            where = document.get("url") or document.get("native_id") or ""
            console.say(f"    {document['doc_id']}  {document['source']}  {where}")
    if len(found["changes"]) > _SHOWN:
        console.say(f"  and {len(found['changes']) - _SHOWN:,} other changes")
    for one in found["other_language"][:_SHOWN]:
        a, b = one["languages"]
        console.say(f"  {one['docs']:,}: language {a or '-'} -> {b or '-'}")
