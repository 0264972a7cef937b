"""Which back end encodes a run's documents: the fast one, if it proves right on some of them.

The first stage that encodes takes a keyed sample of the run's own documents, encodes it by the fast
back end and by Hugging Face's `tokenizers`, and counts the differences. One is enough for the run
to be encoded by `tokenizers`. What came out is in `stages/encoding.json`, from where it comes into
the manifest's `environment`: ids are the same either way.
"""

import importlib.metadata
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pyarrow.compute as pc

from manifests.manifest import ENCODING_FILE
from manifests.statistics import KEPT, Funnel, StageReport, total
from pipelines.sources.units import WorkUnit
from pipelines.stages.common import MergeReports, StageDoFn
from pipelines.stages.context import StageContext
from pipelines.stages.tokenizer import load_encoder
from tokenizer_train import words
from tokenizer_train.encode import PROOF, Encoder

PROOF_DOCS = 1000
_CHARS = 8192  # of a document that are encoded; `tokenizers` does 1.5 MB/s
_KEY = int.from_bytes(b"encoding")  # so that the sample depends on no other
_DOCS, _BYTES, _DIFFERENT = "docs", "bytes", "different"


def prove(units: beam.PCollection, context: StageContext) -> beam.PCollection:
    """PCollection[WorkUnit] -> PCollection[str]: the name of the run's back end."""
    docs = Funnel.from_json(context.upstream["documents"]["funnel"]).total(KEPT).docs
    # A sample by hashes has a few more or less than asked: with a tenth more, no fewer.
    rate = min(1.0, 1.1 * PROOF_DOCS / max(1, docs))
    small = context.for_workers()
    return (
        units
        | "ProveEncoding" >> beam.ParDo(ProveEncoding(small, rate))
        | "MergeProofs" >> beam.CombineGlobally(MergeReports())
        | "WriteEncoding" >> beam.Map(write_encoding, small).with_output_types(str)
    )


def load_proven_encoder(context: StageContext, backend: str | None = None) -> Encoder:
    """The run's tokenizer with the back end that was proved, or that is given."""
    encoder = load_encoder(context)
    if backend is None and context.store.exists(ENCODING_FILE):
        backend = context.store.read_json(ENCODING_FILE)["backend"]
    if backend is not None and backend != encoder.backend:
        encoder.use_reference()
    return encoder


class ProveEncoding(StageDoFn):
    """WorkUnit -> StageReport: how many documents of the sample it has, and how many differ."""

    def __init__(self, context: StageContext, rate: float) -> None:
        super().__init__(context)
        self._rate = rate

    def setup(self) -> None:
        super().setup()
        self._encoder = load_encoder(self._context)

    def process(self, unit: WorkUnit) -> Iterator[StageReport]:
        report = StageReport()
        if self._encoder.backend != "tokenizers":
            self._reporter.start(f"proof of encoding on {unit}")
            for text in self._sample(f"documents/{unit.name}.parquet"):
                report.add_count(_DOCS, len(text))
                report.add_count(_BYTES, total(pc.binary_length(text)))
                report.add_count(_DIFFERENT, self._encoder.differences(text))
        yield report

    def _sample(self, path: str) -> Iterator[pa.LargeStringArray]:
        store, recipe = self._context.store, self._context.recipe
        size = recipe.execution.batch_docs
        # Text is read only where a document is in the sample.
        chosen = [
            words.sampled(batch["doc_id"], self._rate, recipe.seed ^ _KEY)
            for batch in store.read_batches(path, size, ["doc_id"])
        ]
        if not any(pc.any(one).as_py() for one in chosen):
            return
        for batch, wanted in zip(store.read_batches(path, size, ["text"]), chosen, strict=True):
            text = batch["text"].filter(wanted).cast(pa.large_string())
            if len(text):
                yield pc.utf8_slice_codeunits(text, 0, _CHARS)


def write_encoding(report: StageReport, context: StageContext) -> str:
    """Writes `stages/encoding.json`; returns the name of the back end."""
    encoder = load_encoder(context)
    if different := report.counts.get(_DIFFERENT, 0):
        encoder.use_reference()
    content: dict[str, Any] = {
        "backend": encoder.backend,
        "version": encoder.backend_version,
        "reference": f"tokenizers {importlib.metadata.version('tokenizers')}",
        "proof": {
            "probes": len(PROOF),
            "docs": report.counts.get(_DOCS, 0),
            "bytes": report.counts.get(_BYTES, 0),
            "different": different,
        },
    }
    context.store.write_json(ENCODING_FILE, content)
    return encoder.backend
