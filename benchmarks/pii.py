"""Personal data: what is found beside datatrove and Presidio on gold spans, and how fast.

    python -m benchmarks.pii

Presidio is optional: `pip install presidio-analyzer`. Its recognisers of patterns run, with no
model of names. One core; the data folder is WINNOW_DATA. Seconds are of processor time.
"""

import importlib
import json
import logging
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from datatrove.pipeline.formatters.pii import PIIFormatter

from benchmarks.timing import seconds
from filters.pii import KINDS, redact
from filters.pii.redact import find
from filters.pii.regions import regions_of
from tests.realdata import ROOT

SENTENCES = ROOT / "pii/presidio-synth-1500.json"
EXCERPTS = ROOT / "text/web-excerpts-186-langs.parquet"
PAGES = ROOT / "webpages/wcxb-dev.gold.parquet"
# Kind, name in the gold spans, Presidio's recogniser.
SHARED = (
    ("email", "EMAIL_ADDRESS", "EmailRecognizer"),
    ("ip", "IP_ADDRESS", "IpRecognizer"),
    ("credit_card", "CREDIT_CARD", "CreditCardRecognizer"),
    ("phone", "PHONE_NUMBER", "PhoneRecognizer"),
    ("iban", "IBAN_CODE", "IbanRecognizer"),
    ("us_ssn", "US_SSN", "UsSsnRecognizer"),
)

Span = tuple[int, int]
Finder = Callable[[str], list[Span]]


def winnow_finder(kind: str) -> Finder:
    """All kinds are looked for, since one claims what another would take."""
    regions = regions_of("en")
    return lambda text: [
        (hit.start, hit.end)
        for hit in find(text, KINDS.values(), regions)
        if hit.kind == kind
    ]  # fmt: skip


def datatrove_finder(kind: str) -> Finder | None:
    formatter = PIIFormatter()
    replacers = {"email": formatter.emails_replacer, "ip": formatter.ip_replacer}
    replacer = replacers.get(kind)
    if replacer is None:
        return None
    valid = replacer.validator or (lambda value: True)
    return lambda text: [m.span() for m in replacer.regex.finditer(text) if valid(m[0])]


def presidio_finder(entity: str, recognizer: str) -> Finder | None:
    logging.getLogger("tldextract").setLevel(logging.CRITICAL)  # it has its own list offline
    try:
        module = importlib.import_module("presidio_analyzer.predefined_recognizers")
    except ImportError:
        return None
    found = getattr(module, recognizer)()
    return lambda text: [(r.start, r.end) for r in found.analyze(text, [entity], None) or ()]


def scores(sentences: list[dict[str, Any]], entity: str, finder: Finder) -> tuple[int, int, int]:
    """Gold spans found to the letter, gold spans touched, and hits that touch none."""
    exact = touched = false = 0
    for sentence in sentences:
        gold = [
            (span["start_position"], span["end_position"])
            for span in sentence["spans"]
            if span["entity_type"] == entity
        ]
        hits = set(finder(sentence["full_text"]))
        exact += len(hits & set(gold))
        touched += sum(any(a < d and c < b for c, d in hits) for a, b in gold)
        false += sum(not any(a < d and c < b for c, d in gold) for a, b in hits)
    return exact, touched, false


def quality() -> None:
    sentences = json.loads(SENTENCES.read_text(encoding="utf-8"))
    print(f"{len(sentences):,} sentences of presidio-research")
    print("| kind | gold | who | recall | recall, overlapping | precision | false |")
    print("| --- | ---: | --- | ---: | ---: | ---: | ---: |")
    for kind, entity, recognizer in SHARED:
        gold = sum(span["entity_type"] == entity for s in sentences for span in s["spans"])
        finders = {
            "winnow": winnow_finder(kind),
            "Presidio": presidio_finder(entity, recognizer),
            "datatrove": datatrove_finder(kind),
        }
        for who, finder in finders.items():
            if finder is None:
                continue
            exact, touched, false = scores(sentences, entity, finder)
            precision = touched / max(1, touched + false)
            print(
                f"| {kind} | {gold} | {who} | {exact / gold:.3f} | {touched / gold:.3f} "
                f"| {precision:.3f} | {false} |"
            )


def redaction_speed(text: pa.LargeStringArray) -> tuple[float, float]:
    """MB/s of e-mail and IP redaction with datatrove's decisions: ours, datatrove's."""
    texts = text.to_pylist()
    megabytes = pc.sum(pc.binary_length(text)).as_py() / 1e6
    formatter = PIIFormatter()
    redact(text[:1], decisions="datatrove-0.10")  # imports
    ours = seconds(lambda: redact(text, decisions="datatrove-0.10"))
    theirs = seconds(lambda: [formatter.format(value or "") for value in texts], 1)
    return megabytes / ours, megabytes / theirs


def speed() -> None:
    corpora = {
        "375 pages of WCXB dev": pq.read_table(PAGES)["main_content"],
        "30,000 web excerpts": pq.read_table(EXCERPTS, columns=["text"])["text"][:30_000],
    }
    print("\n| corpus | MB | work | MB/s | datatrove MB/s | ratio |")
    print("| --- | ---: | --- | ---: | ---: | ---: |")
    for name, column in corpora.items():
        text = column.cast(pa.large_string()).combine_chunks()
        megabytes = pc.sum(pc.binary_length(text)).as_py() / 1e6
        ours, theirs = redaction_speed(text)
        print(
            f"| {name} | {megabytes:.1f} | e-mail and IP, datatrove's decisions "
            f"| {ours:.0f} | {theirs:.1f} | {ours / theirs:.0f}x |"
        )
        languages = pa.array(["en"] * len(text))
        for what, kinds in (("e-mail and IP", ("email", "ip")), ("all kinds", tuple(KINDS))):
            took = seconds(lambda kinds=kinds: redact(text, kinds, languages=languages))  # type: ignore[misc]  # noqa: B023
            print(f"| {name} | {megabytes:.1f} | {what} | {megabytes / took:.0f} | | |")


if __name__ == "__main__":
    quality()
    speed()
