"""What is remembered of a DoFn's class is what Beam reads of the DoFn."""

from collections.abc import Iterator

import apache_beam as beam
import pytest
from apache_beam.coders import VarIntCoder
from apache_beam.transforms import userstate

from pipelines.engines import dofn_specs

SUM = userstate.CombiningValueStateSpec("sum", VarIntCoder(), sum)
DUE = userstate.TimerSpec("due", beam.TimeDomain.WATERMARK)
of_beam = dofn_specs.of_beam  # another test may have replaced it


class Stateful(beam.DoFn):
    def process(
        self,
        element: tuple[str, int],
        total=beam.DoFn.StateParam(SUM),  # type: ignore[no-untyped-def]  # noqa: B008
        due=beam.DoFn.TimerParam(DUE),  # noqa: B008
    ) -> Iterator[int]:
        yield element[1]


class Plain(beam.DoFn):
    def process(self, element: int) -> Iterator[int]:
        yield element


class Holder:
    def add(self, element: int, total=beam.DoFn.StateParam(SUM)) -> int:  # type: ignore[no-untyped-def]  # noqa: B008
        return element


@pytest.fixture(autouse=True)
def _remembering() -> None:
    dofn_specs.remember()


def test_each_dofn_gets_its_own_answer() -> None:
    for make in (
        Stateful, Plain, Stateful, Plain,
        lambda: beam.Map(len).dofn, lambda: beam.Map(Holder().add).dofn, lambda: beam.Map(len).dofn,
    ):  # fmt: skip
        assert userstate.get_dofn_specs(make()) == of_beam(make())
    assert userstate.get_dofn_specs(Stateful()) == ({SUM}, {DUE})


def test_a_caller_may_change_what_it_got() -> None:
    userstate.get_dofn_specs(Stateful())[0].clear()
    assert userstate.get_dofn_specs(Stateful())[0] == {SUM}
