import itertools

import pyarrow as pa
import pytest

from manifests.statistics import DROPPED, ERROR, KEPT, Funnel, Input, StageReport, digest_of
from manifests.store import WrittenFile


def batch(sources: list[str], reasons: list[str], sizes: list[int]) -> pa.RecordBatch:
    return pa.record_batch(
        {
            "source": sources,
            "language": ["en"] * len(sources),
            "reason": reasons,
            "text_bytes": pa.array(sizes, pa.int64()),
        }
    )


def funnel(kept: int, dropped: int) -> Funnel:
    result = Funnel()
    result.count_in(kept + dropped, 10 * (kept + dropped))
    result.count(KEPT, batch(["a"] * kept, [""] * kept, [10] * kept), "text_bytes")
    result.count(DROPPED, batch(["a"] * dropped, ["x"] * dropped, [10] * dropped), "text_bytes")
    return result


def test_a_balanced_funnel_has_no_imbalance() -> None:
    assert funnel(3, 2).imbalance() is None


def test_a_lost_document_is_an_imbalance_in_documents() -> None:
    lossy = funnel(3, 2)
    lossy.count_in(1, 0)
    assert "6 docs in, but 3 kept + 2 dropped + 0 errors = 5" in str(lossy.imbalance())


def test_lost_bytes_are_an_imbalance_even_where_documents_balance() -> None:
    lossy = funnel(3, 2)
    lossy.count_in(0, 7)
    assert "57 bytes in" in str(lossy.imbalance())


def test_counts_are_kept_by_reason_and_source() -> None:
    counted = Funnel()
    counted.count(DROPPED, batch(["a", "b", "a"], ["x", "x", "y"], [1, 2, 4]), "text_bytes")
    assert {r: c.docs for r, c in counted.by(DROPPED, "reason").items()} == {"x": 2, "y": 1}
    assert counted.total(DROPPED, source="a").bytes == 5
    assert counted.total(ERROR).docs == 0


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_reports_merge_alike_in_any_order_and_grouping(order: tuple[int, ...]) -> None:
    def report(i: int) -> StageReport:
        file = WrittenFile(f"documents/{i}.parquet", i, "0" * 64, i)
        return StageReport(funnel(i, 1), {file.path: file}, {}, {"pii_email": i})

    flat = StageReport.merged(report(i) for i in range(3)).to_json()
    first, second, third = order
    left = StageReport.merged([StageReport.merged([report(first), report(second)]), report(third)])
    right = StageReport.merged([report(first), StageReport.merged([report(second), report(third)])])
    assert digest_of(left.to_json()) == digest_of(right.to_json()) == digest_of(flat)


def test_a_report_reads_back_as_itself() -> None:
    file = WrittenFile("a", 1, "0" * 64, 2)
    one = StageReport(funnel(2, 1), {"a": file}, {Input("s", "i", 0, -1, 3, "")}, {"n": 3})
    assert StageReport.from_json(one.to_json()).to_json() == one.to_json()


def test_an_empty_batch_counts_nothing() -> None:
    counted = Funnel()
    counted.count(KEPT, batch([], [], []), "text_bytes")
    assert not counted.outcomes
