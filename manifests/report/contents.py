"""What a report shows, as plain values: from a run's manifest, its tables and its histograms.

Names of the keys of what is returned are those that the page (`report.html`) reads.
"""

import collections
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow.compute as pc

from manifests import files, manifest, selection
from manifests.files import FILES_FILE
from manifests.inputs import INPUTS_FILE
from manifests.manifest import TOKEN_COST_FILE
from manifests.report.histograms import Histogram
from manifests.report.measured import Limit
from manifests.statistics import DROPPED, ERROR, KEPT, Funnel
from manifests.store import Store

Row = dict[str, Any]

_BATCH_ROWS = 1 << 16
_LISTED_INPUTS = 200
_HEIGHT = 100.0  # of the highest bar


def contents(
    store: Store,
    found: Mapping[str, Any],
    limits: Sequence[Limit],
    histograms: Sequence[Histogram],
    excerpts: Mapping[str, Sequence[Row]],
) -> Row:
    """All that a report shows.

    Args:
      found: the manifest of a finished run.
      limits, histograms: of one length.
      excerpts: by outcome, documents with `doc_id`, `source`, `language`, `url`, `title`, `text`.
    """
    content, environment = found["reproducible"], found["environment"]
    stages = content["stages"]
    funnels = selection.funnels(content)
    last = next(reversed(funnels.values()))
    settings = content["recipe"]["documents"]
    return {
        "name": content["recipe"]["name"],
        "version": content["winnow_version"],
        "run_digest": found["run_digest"],
        "alarms": content["alarms"],
        "totals": _totals(content, funnels["documents"], last),
        "stages": [_stage(name, funnel) for name, funnel in funnels.items()],
        "sources": _sources(funnels),
        "reasons": _reasons(funnels),
        "controls": [
            _control(limit, histogram) for limit, histogram in zip(limits, histograms, strict=True)
        ],
        "early_drop": settings["early_drop"],
        "values_of_dropped": settings["dropped"] != "none",
        "languages": _languages(funnels["documents"], last),
        "cost": _cost(store, content),
        "clusters": _clusters(store),
        "pii": _personal_data(stages["documents"]["counts"], settings["pii"]),
        "excerpts": excerpts,
        "takedowns": [
            {"parent": one["parent"], "documents": len(one["ids"])}
            for one in content.get("takedowns", ())
        ],
        "provenance": _provenance(content, environment),
        "inputs": _inputs(store, content),
        "recipe": json.dumps(content["recipe"], indent=1, ensure_ascii=False),
    }


def _totals(content: Mapping[str, Any], first: Funnel, last: Funnel) -> list[Row]:
    kept = last.total(KEPT)
    told: list[Row] = [
        {"name": "records read", "count": first.rows_in.docs},
        {"name": "documents that survive", "count": kept.docs},
        {"name": "bytes of their text", "count": kept.text_bytes},
    ]
    if shards := content.get("shards"):
        told.append({"name": "tokens in shards", "count": shards["tokens"]})
    return told


def _stage(name: str, funnel: Funnel) -> Row:
    kept, dropped, errors = (funnel.total(outcome).docs for outcome in (KEPT, DROPPED, ERROR))
    return {
        "name": name,
        "read": funnel.rows_in.docs,
        "kept": kept,
        "dropped": dropped,
        "errors": errors,
    }


def _sources(funnels: Mapping[str, Funnel]) -> list[Row]:
    """What became of the records of each source, stage after stage."""
    rows: dict[str, Row] = {}
    for name, count in funnels["documents"].by(None, "source").items():
        rows[name] = {"name": name, "read": count.docs, "errors": 0, "steps": []}
    for stage, funnel in funnels.items():
        dropped, errors = funnel.by(DROPPED, "source"), funnel.by(ERROR, "source")
        for name, row in rows.items():
            row["errors"] += errors[name].docs if name in errors else 0
            lost = dropped[name].docs if name in dropped else 0
            row["steps"].append({"stage": stage, "dropped": lost})
    survivors = list(funnels.values())[-1].by(KEPT, "source")
    for name, row in rows.items():
        row["kept"] = survivors[name].docs if name in survivors else 0
        row["text_bytes"] = survivors[name].text_bytes if name in survivors else 0
        row["bars"] = _parts(
            [row["kept"], *(step["dropped"] for step in row["steps"]), row["errors"]], row["read"]
        )
    return list(rows.values())


def _parts(counts: Sequence[int], whole: int) -> list[Row]:
    """Where the parts of a bar of 100 units begin, and how wide they are."""
    found, start = [], 0
    for count in counts:
        found.append({"x": 100 * start / max(1, whole), "width": 100 * count / max(1, whole)})
        start += count
    return found


def _reasons(funnels: Mapping[str, Funnel]) -> list[Row]:
    rows = [
        {"stage": stage, "reason": reason, "docs": count.docs, "is_error": outcome == ERROR}
        for stage, funnel in funnels.items()
        for outcome in (DROPPED, ERROR)
        for reason, count in funnel.by(outcome, "reason").items()
    ]
    return _with_widths(sorted(rows, key=lambda row: (-row["docs"], row["reason"])), "docs")


def _with_widths(rows: list[Row], of: str) -> list[Row]:
    most = max((row[of] for row in rows), default=0)
    return [{**row, "width": 100 * row[of] / most if most else 0} for row in rows]


def _control(limit: Limit, histogram: Histogram) -> Row:
    """One threshold: bars, the positions of its slider, and what is kept at each."""
    edges = histogram.edges.tolist()
    counts = histogram.decided + histogram.others
    most = max(1, int(counts.max()))
    ends = ["", *(_number(edge) for edge in edges), ""]
    bars = [
        {
            "low": ends[i],
            "high": ends[i + 1],
            "decided": int(decided),
            "others": int(others),
            "height": _high(int(decided) + int(others), most),
            "decided_height": _high(int(decided), most),
        }
        for i, (decided, others) in enumerate(zip(histogram.decided, histogram.others, strict=True))
    ]
    # Off is where nothing is dropped: left of the edges, or right of them.
    off = {"at": "off", "kept": histogram.kept_without()}
    at_edges = [
        {"at": _number(edge), "kept": n} for edge, n in zip(edges, histogram.kept(), strict=True)
    ]
    positions = [*at_edges, off] if histogram.keeps_small else [off, *at_edges]
    place = edges.index(limit.value) + (not histogram.keeps_small)
    return {
        "name": limit.name,
        "column": limit.column,
        "keeps": {"min": "at least", "max": "at most", "above": "more than", "below": "less than"}[
            limit.comparison
        ],
        "keeps_small": histogram.keeps_small,
        "value": _number(limit.value),
        "alone": histogram.kept_without() - positions[place]["kept"],
        "bars": bars,
        "positions": positions,
        "place": place,
        "kept": positions[place]["kept"],
        "some_languages": limit.applies is not None,
    }


def _high(count: int, most: int) -> float:
    """The height of a bar, on a logarithmic scale: what is dropped is rare."""
    return round(_HEIGHT * math.log1p(count) / math.log1p(most), 2)


def _number(value: float) -> str:
    """Exactly the value, as short as can be."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def _languages(first: Funnel, last: Funnel) -> list[Row]:
    read, kept = first.by(None, "language"), last.by(KEPT, "language")
    rows = [
        {
            "name": code or "none",
            "read": count.docs,
            "kept": kept[code].docs if code in kept else 0,
            "text_bytes": kept[code].text_bytes if code in kept else 0,
        }
        for code, count in read.items()
    ]
    return _with_widths(sorted(rows, key=lambda r: (-r["text_bytes"], r["name"])), "text_bytes")


def _cost(store: Store, content: Mapping[str, Any]) -> Row | None:
    """Token cost by language: on parallel text where that gives premiums, else on the corpus."""
    if (table := files.table_of(store, TOKEN_COST_FILE)) is None:
        return None
    rows = table.to_pylist()
    parallel = [r for r in rows if r["measured_on"] == "parallel" and r["premium"] is not None]
    if parallel:
        rows = sorted(parallel, key=lambda row: (-row["premium"], row["language"]))
        most = max(row["premium_high"] or row["premium"] for row in rows)
    else:
        rows = [row for row in rows if row["measured_on"] == "corpus" and row["bytes_per_token"]]
        rows.sort(key=lambda row: (-row["bytes_per_token"], row["language"]))
        most = max((row["bytes_per_token"] for row in rows), default=1)
    scale = 100 / most
    return {
        "parallel": bool(parallel),
        "reference": content["recipe"]["token_cost"]["reference"],
        "rows": [
            {
                **row,
                "x": scale * (row["premium"] if parallel else row["bytes_per_token"]),
                "x_low": scale * (row["premium_low"] or row["premium"]) if parallel else 0,
                "x_high": scale * (row["premium_high"] or row["premium"]) if parallel else 0,
            }
            for row in rows
        ],
        "x_reference": scale,
    }


def _clusters(store: Store) -> Row:
    """Clusters of duplicates by size, in powers of two."""
    counts: collections.Counter[int] = collections.Counter()
    largest = 0
    for path in manifest.parts(store, "clusters"):
        for batch in store.read_batches(path, _BATCH_ROWS, ["cluster_size"]):
            sizes = batch["cluster_size"].to_numpy()
            if len(sizes):
                largest = max(largest, int(pc.max(batch["cluster_size"]).as_py()))
                powers, docs = np.unique(np.log2(sizes).astype(np.int64), return_counts=True)
                counts.update(dict(zip(powers.tolist(), docs.tolist(), strict=True)))
    rows = [
        {"low": 2**power, "high": 2 ** (power + 1) - 1, "clusters": counts[power]}
        for power in range(min(counts, default=1), max(counts, default=0) + 1)
    ]
    return {"rows": _with_widths(rows, "clusters"), "largest": largest, "count": counts.total()}


def _personal_data(counts: Mapping[str, int], settings: Mapping[str, Any] | None) -> Row:
    kinds = [
        {"kind": name.removeprefix("pii_"), "count": count}
        for name, count in counts.items()
        if name.startswith("pii_")
    ]
    return {"wanted": settings is not None, "kinds": kinds}


def _provenance(content: Mapping[str, Any], environment: Mapping[str, Any]) -> list[Row]:
    engine = environment["engine"]
    files = sum(stage["files"]["count"] for stage in content["stages"].values())
    told: Iterable[tuple[str, Any]] = (
        ("recipe_digest", content["recipe_digest"]),
        ("seed", content["seed"]),
        ("files of the run", f"{files:,}, each with its SHA-256 in {FILES_FILE}"),
        ("digest of the inputs", content["inputs"]["sha256"]),
        ("tokenizer", content.get("tokenizer", {}).get("sha256")),
        ("commit", environment.get("commit")),
        ("run_id", environment["run_id"]),
        ("started", environment["started"]),
        ("finished", environment["finished"]),
        ("seconds", f"{sum(environment['seconds'].values()):,.1f}"),
        (
            "engine",
            f"{engine['runner']}, {engine.get('workers') or 'an unknown number of'} workers",
        ),
        *environment["versions"].items(),
    )
    return [{"name": name, "value": str(value)} for name, value in told if value is not None]


def _inputs(store: Store, content: Mapping[str, Any]) -> Row:
    """The first files that were read, and the number and size of all."""
    rows: list[Row] = []
    for batch in store.read_batches(INPUTS_FILE, _LISTED_INPUTS):
        rows += batch.to_pylist()
        if len(rows) >= _LISTED_INPUTS:
            break
    told = content["inputs"]
    return {
        "count": told["count"],
        "size_bytes": told["size_bytes"],
        "rows": rows[:_LISTED_INPUTS],
    }
