"""A run's folder has one writer: a second run is refused, a dead one's place is taken at once."""

import dataclasses
import json
import os
import random
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from manifests import lease
from manifests.lease import FolderInUse, Holder, LeaseLost
from manifests.store import LEASE_FILE, Store
from pipelines import sample
from tests.winnow import COMMAND, manifest, winnow

SAMPLE = Path(sample.__file__).parent
MEMORY = "memory://lease"


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(lease, "SETTLE_SECONDS", 0.05)
    store = Store(MEMORY)
    store.remove("")
    return store


@pytest.fixture(params=["a local folder", "an object store"])
def store(request: pytest.FixtureRequest, tmp_path: Path, memory: Store) -> Store:
    return Store(str(tmp_path / "run")) if request.param == "a local folder" else memory


def holder(**changes: object) -> Holder:
    return dataclasses.replace(Holder.this_process(), token="another", **changes)


def elsewhere(seconds_ago: float) -> Holder:
    moment = time.time() - seconds_ago
    return holder(host="elsewhere", machine="elsewhere", pid=17, since=moment, heartbeat=moment)


def leave(store: Store, of: Holder) -> None:
    store.write_bytes(LEASE_FILE, of.to_bytes())


def ended() -> Holder:
    """Of a process of this machine that has ended."""
    process = subprocess.Popen(["true"])
    process.wait()
    return holder(pid=process.pid, process_started="1")


# The lease itself


def test_a_lease_refuses_others_and_is_gone_afterwards(store: Store) -> None:
    with lease.hold(store):
        with pytest.raises(FolderInUse) as told:
            lease.take(store)
        for part in (
            f"{store} is being written by process {os.getpid()} on ",
            "since ", "last heartbeat 0 s ago",
            f"stop it (kill {os.getpid()}), or give another --out",
        ):  # fmt: skip
            assert part in str(told.value)
        assert lease.writer_of(store).startswith(f"process {os.getpid()} on ")
        assert store.list("") == [], "a lease is no file of the run"
    assert not store.exists(LEASE_FILE)
    assert lease.writer_of(store) == ""
    with lease.hold(store):
        pass


def test_a_lease_is_gone_after_a_failure_and_an_interrupt(store: Store) -> None:
    for error in (ValueError, KeyboardInterrupt):
        with pytest.raises(error), lease.hold(store):
            raise error
        assert not store.exists(LEASE_FILE)


@pytest.mark.parametrize("of", [ended, lambda: holder(process_started="1")])
def test_the_lease_of_a_process_that_ended_here_is_taken_at_once(store: Store, of) -> None:
    """Also where another process has its number by now."""
    leave(store, of())
    assert lease.writer_of(store) == ""
    begun = time.monotonic()
    with lease.hold(store) as held:
        held.check()
    assert time.monotonic() - begun < 5


def test_a_process_of_this_machine_that_lives_keeps_its_lease_whatever_its_heartbeat(
    store: Store,
) -> None:
    leave(store, holder(heartbeat=time.time() - 3600))
    with pytest.raises(FolderInUse, match="last heartbeat 3600 s ago"):
        lease.take(store)


def test_a_fresh_lease_of_another_host_is_respected(store: Store) -> None:
    leave(store, elsewhere(20))
    with pytest.raises(FolderInUse, match=r"process 17 on elsewhere .*free 60 s after its last"):
        lease.take(store)


def test_an_expired_lease_of_another_host_is_taken_unless_it_is_renewed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "WATCH_SECONDS", 0.6)
    leave(store, elsewhere(lease.EXPIRES_SECONDS + 5))
    assert lease.writer_of(store) == ""
    with lease.hold(store) as held:
        held.check()
    # A clock that is an hour slow: its heartbeats look old, but they come.
    leave(store, elsewhere(3600))
    renewing = threading.Timer(0.3, lambda: leave(store, elsewhere(3599)))
    renewing.start()
    with pytest.raises(FolderInUse, match="whose clock differs"):
        lease.take(store)
    renewing.join()


def test_a_damaged_lease_is_nobodys(store: Store) -> None:
    store.write_bytes(LEASE_FILE, b'{"pid": ')
    with lease.hold(store) as held:
        held.check()


def test_of_many_that_want_a_lease_at_once_one_gets_it(store: Store) -> None:
    for found in (None, ended()):
        if found is not None:
            leave(store, found)
        together, got, refused = threading.Barrier(8), [], []

        def want(together=together, got=got, refused=refused) -> None:
            together.wait()
            try:
                got.append(lease.take(store))
            except FolderInUse as error:
                refused.append(error)

        threads = [threading.Thread(target=want) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(got) == 1
        assert len(refused) == 7
        got[0].check()
        got[0].release()
        assert not store.exists(LEASE_FILE)


def test_a_heartbeat_renews_and_a_stolen_lease_interrupts(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "HEARTBEAT_SECONDS", 0.1)
    taken = pytest.raises(LeaseLost, match="was taken over by process 17 on elsewhere")
    with taken, lease.hold(store) as held:
        first = Holder.from_bytes(store.read_now(LEASE_FILE) or b"")
        time.sleep(0.5)
        second = Holder.from_bytes(store.read_now(LEASE_FILE) or b"")
        assert first is not None
        assert second is not None
        assert second.heartbeat > first.heartbeat
        assert dataclasses.replace(second, heartbeat=first.heartbeat) == first
        held.check()
        leave(store, elsewhere(0))
        time.sleep(30)
        pytest.fail("nothing interrupted this")
    left = Holder.from_bytes(store.read_now(LEASE_FILE) or b"")
    assert left is not None
    assert left.host == "elsewhere", "somebody else's lease was touched"


def test_a_stolen_lease_interrupts_a_background_job_which_ignores_other_interrupts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were it not interrupted, it would write on into the other run's folder."""
    monkeypatch.setattr(lease, "HEARTBEAT_SECONDS", 0.1)
    store = Store(str(tmp_path / "run"))
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        lost = pytest.raises(LeaseLost)
        with lost, lease.hold(store) as held:
            signal.raise_signal(signal.SIGINT)
            held.check()
            leave(store, elsewhere(0))
            time.sleep(30)
            pytest.fail("nothing interrupted this")
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, previous)


def test_a_check_finds_a_stolen_and_a_removed_lease(store: Store) -> None:
    held = lease.take(store)
    leave(store, elsewhere(0))
    with pytest.raises(LeaseLost, match="was taken over by process 17 on elsewhere"):
        held.check()
    store.remove(LEASE_FILE)
    held = lease.take(store)
    store.remove(LEASE_FILE)
    with pytest.raises(LeaseLost, match="is gone from"):
        held.check()


def test_a_store_that_creates_nothing_exclusively_is_read_back(
    memory: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many object stores' clients: the last of two writers stays, the other withdraws."""
    monkeypatch.setattr(Store, "excludes", False)

    def create(store: Store, path: str, data: bytes) -> bool:
        store.write_bytes(path, data)
        return True

    monkeypatch.setattr(Store, "create_exclusively", create)
    monkeypatch.setattr(lease, "SETTLE_SECONDS", 0.5)
    threading.Timer(0.2, lambda: leave(memory, elsewhere(0))).start()
    with pytest.raises(FolderInUse, match="process 17 on elsewhere"):
        lease.take(memory)


# As a user has it


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough work that a run takes several seconds."""
    path = tmp_path_factory.mktemp("pages") / "pages.jsonl"
    words, draw = (SAMPLE / "texts_en.txt").read_text().split(), random.Random(0)
    with path.open("w") as file:
        for i in range(4000):
            text = " ".join(draw.choices(words, k=300)) + "."
            file.write(json.dumps({"id": str(i), "text": text}) + "\n")
    return path


def command(pages: Path, run: Path) -> list[str]:
    return [*COMMAND, "run", "web-multilingual", "--source", f"jsonl:{pages}", "--out", str(run),
            "--workers", "2", "--set", "tokenizer.vocab_size=1024"]  # fmt: skip


def started(pages: Path, run: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command(pages, run), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for(path: Path, process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 120
    while not path.exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_of_two_runs_at_once_one_is_refused_and_the_other_is_whole(
    pages: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    both = [started(pages, run), started(pages, run)]
    told = [process.communicate(timeout=300)[1] for process in both]
    assert sorted(process.returncode for process in both) == [0, 2], told
    loser = next(i for i in (0, 1) if both[i].returncode == 2)
    sentence = (
        rf"winnow: {run} is being written by process {both[1 - loser].pid} on \S+ since "
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC \(last heartbeat \d+ s ago\); wait for its end, "
        rf"stop it \(kill {both[1 - loser].pid}\), or give another --out"
    )
    assert re.search(sentence, told[loser])
    assert "Traceback" not in told[loser]
    assert "goes on from here" not in told[loser]
    assert "is whole" in winnow("verify", run).stdout
    assert not (run / LEASE_FILE).exists()


def test_reading_a_folder_that_is_written_says_so(pages: Path, demo: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    process = started(pages, run)
    wait_for(run / "stages/documents.key.json", process)
    for name in ("inspect", "verify"):
        told = winnow(name, run, code=1).stderr
        assert f"{run} is being written by process {process.pid} on " in told
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert not (run / LEASE_FILE).exists()
    assert "is being written" not in winnow("verify", demo).stderr


def test_after_kill_9_the_same_command_goes_on_at_once(pages: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    process = started(pages, run)
    wait_for(run / "stages/documents.key.json", process)
    process.kill()
    process.communicate(timeout=60)
    assert (run / LEASE_FILE).exists()
    again = subprocess.run(command(pages, run), capture_output=True, text=True, timeout=300)
    assert again.returncode == 0, again.stderr
    assert manifest(run)["run_digest"] in winnow("verify", run).stdout
    assert not (run / LEASE_FILE).exists()


def test_a_run_whose_folder_was_taken_over_stops(pages: Path, tmp_path: Path) -> None:
    """As after its machine slept."""
    run = tmp_path / "run"
    process = started(pages, run)
    wait_for(run / "stages/documents.key.json", process)
    leave(Store(str(run)), elsewhere(0))
    taken = (run / LEASE_FILE).read_bytes()
    _, told = process.communicate(timeout=120)
    assert process.returncode == 1
    assert f"{run} was taken over by process 17 on elsewhere since " in told
    assert "Traceback" not in told
    assert not (run / "manifest.json").exists()
    assert (run / LEASE_FILE).read_bytes() == taken
    refused = subprocess.run(command(pages, run), capture_output=True, text=True, timeout=60)
    assert refused.returncode == 2
    assert "is being written by process 17 on elsewhere" in refused.stderr


def test_an_expired_lease_of_another_host_does_not_stop_a_run(demo: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    leave(Store(str(run)), elsewhere(lease.EXPIRES_SECONDS + 60))
    winnow("run", "demo", "--out", run, "--quiet", "--workers", "2")
    assert manifest(run)["run_digest"] == manifest(demo)["run_digest"]
    assert not (run / LEASE_FILE).exists()
