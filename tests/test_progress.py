"""What progress says of the time that is left, with a clock that the test moves."""

import heapq

import pytest
from rich.console import Console

from pipelines.progress import LEAST_SHARE, Monitor, Pace

# Seconds that a processor takes for a byte, by source, and the sizes of its units.
SLOW, FAST = 0.02, 0.001
PLANS = {
    "one source": {"web": (SLOW, [1_000] * 36)},
    "slow units are larger": {"web": (SLOW, [1_000] * 24), "dump": (FAST, [800] * 24)},
    "fast units are larger": {"dump": (FAST, [1_000] * 24), "web": (SLOW, [800] * 24)},
    "three sources, many units": {
        "web": (SLOW, [900] * 20), "dump": (FAST, [800] * 40), "table": (0.005, [700] * 30)
    },
}  # fmt: skip


def simulated(plan, workers, batch=100):
    """(time, number, worker, source, bytes or None) of every report.

    Units go to workers in turn, one of each source first.
    """
    units = [(source, pace, size) for source, (pace, sizes) in plan.items() for size in sizes]
    units.sort(key=lambda unit: -unit[2])
    first = {unit[0]: unit for unit in reversed(units)}
    units = [*first.values(), *units]
    events = []
    for worker in range(workers):
        now = 0.0
        for source, pace, size in units[worker::workers]:
            heapq.heappush(events, (now, len(events), worker, source, None))
            for _ in range(size // batch):
                now += batch * pace
                heapq.heappush(events, (now, len(events), worker, source, batch))
    return [heapq.heappop(events) for _ in range(len(events))]


@pytest.mark.parametrize("workers", [1, 2, 4])
@pytest.mark.parametrize("name", PLANS)
def test_time_left_is_within_a_factor_of_two_and_not_told_too_early(name: str, workers: int):
    """It was off by 4 to 100 times: the first batch of one source spoke for all."""
    plan = PLANS[name]
    totals = {source: sum(sizes) + sizes[0] for source, (_, sizes) in plan.items()}
    pace, done, told = Pace(totals, 0.0), 0, []
    events = simulated(plan, workers)
    end = events[-1][0]
    for now, _, worker, source, amount in events:
        if amount is None:
            pace.start(worker, now)
            continue
        pace.advance(worker, source, amount, now)
        done += amount
        seconds = pace.seconds_left(now)
        if done < LEAST_SHARE * sum(totals.values()):
            assert seconds is None
        # In the last quarter some workers have nothing left, which nobody could foresee.
        elif seconds is not None and now < 0.75 * end:
            told.append(now)
            assert (end - now) / 2 <= seconds <= (end - now) * 2, (now, end)
    assert told
    assert told[0] < 0.35 * end


def test_work_of_an_earlier_run_does_not_make_this_one_look_fast():
    pace = Pace({"web": 1_000_000}, 0.0)
    pace.start(1, 0.0)
    pace.skip("web", 900_000)
    for second in range(1, 51):
        pace.advance(1, "web", 1_000, float(second))
    assert pace.seconds_left(50.0) == pytest.approx(50)


def lines(capsys, in_documents, estimated):
    clock = iter(range(0, 10_000, 3))
    monitor = Monitor(Console(stderr=True), clock=lambda: float(next(clock)))
    monitor.begin("stage", {"": 100}, in_documents, estimated)
    monitor.receive({"pid": 1, "start": "unit 0", "group": ""})
    for _ in range(9):
        monitor.receive({"pid": 1, "docs": 10, "dropped": 0, "bytes": 10})
    return capsys.readouterr().err.splitlines()


def test_later_stages_count_documents(capsys):
    """The sizes of raw files say nothing of a stage that reads documents."""
    told = lines(capsys, in_documents=True, estimated=True)
    assert told
    for line in told:
        assert "docs" in line
        assert "MB/s" not in line
        assert "dropped" not in line
        assert " left" in line


def test_no_time_is_told_where_the_documents_read_are_not_most_of_the_work(capsys):
    told = lines(capsys, in_documents=True, estimated=False)
    assert told
    assert not any("left" in line for line in told)
