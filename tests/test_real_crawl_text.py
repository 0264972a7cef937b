"""100 pages of real crawls, page by page beside what trafilatura found in them for HPLT."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from filters.extract.main_content import EMPTY_TEXT, extract
from manifests.schemas import RECORDS
from tests.reading import documents, rows
from tests.realdata import real_data

# Both consist of frames, scripts and pictures; the reference has 51 characters of the first.
WITHOUT_TEXT = ("http://www.osceolanewsgazette.com/", "https://culturethemes.blogspot.com/")


@pytest.mark.parametrize("mode", ["fast", "precise", "auto"])
def test_each_page_of_the_reference_gives_text_or_a_reason(mode: str) -> None:
    if mode != "fast":
        pytest.importorskip("trafilatura")
    reference = pq.read_table(real_data("commoncrawl/cc100.reference.parquet")).to_pylist()
    pages = documents(rows("warc", real_data("commoncrawl/cc100.warc.gz"), limit=16 << 20))
    found = extract(pa.RecordBatch.from_pylist(pages, schema=RECORDS), mode).to_pylist()
    assert [page["url"] for page in pages] == [expected["url"] for expected in reference]
    for page, expected, outcome in zip(pages, reference, found, strict=True):
        if page["url"].startswith(WITHOUT_TEXT):
            assert outcome["reason"] == EMPTY_TEXT, page["url"]
            continue
        assert outcome["error"] is None, page["url"]
        assert outcome["reason"] is None, page["url"]
        text, words = outcome["text"], (expected["trafilatura_text"] or "").split()
        assert len(text.split()) > 1 or not words, page["url"]
