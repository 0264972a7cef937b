"""One writer: whoever writes a run holds a lease, a small file in the run's folder.

The lease says who holds it: host, process, since when, and the time of the last heartbeat, which a
thread renews. Another run is refused as long as the holder may be alive. The lease of a dead holder
is taken over: at once where this machine can see that its process is gone, else when no heartbeat
came for `EXPIRES_SECONDS`. The file is no file of the run: `Store.list` leaves it out.

In a local folder, reading and writing the lease is one step under a lock of the operating system
on the folder itself, which leaves no file behind and ends with its process. Object stores have no
such lock. There the file is created exclusively, where the store can do that, and in every case
read back after `SETTLE_SECONDS`: of two that wrote it at the same moment the last one stays, and
the other withdraws. That fails if a request takes longer than this between its reading and its
writing; the loser then finds out at its next heartbeat, and stops. The same holds for a file system
of a network that cannot lock folders.
"""

import contextlib
import dataclasses
import datetime
import json
import os
import platform
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import filelock

from manifests.store import LEASE_FILE, Store

# One small request in five seconds costs nothing, also on an object store (720 an hour).
HEARTBEAT_SECONDS = 5.0
# Twelve heartbeats: a busy machine, a parser that holds the GIL or an object store that asks to
# slow down loses a few in a row, hardly twelve. A person waits a minute after a machine died.
EXPIRES_SECONDS = 60.0
# Clocks of two machines may differ by minutes. So a lease that looks expired is watched for more
# than two heartbeats before it is taken: if it is renewed meanwhile, its holder lives.
WATCH_SECONDS = 12.0
# Longer than a request to an object store takes, so that all who saw no lease have written theirs.
SETTLE_SECONDS = 2.0
# The lock of a folder is held for milliseconds; whoever holds it longer was stopped in between.
_LOCK_SECONDS = 10.0


class FolderInUse(RuntimeError):
    """Another run writes the folder; the message says which one, and what to do."""


class LeaseLost(RuntimeError):
    """Another run has taken the folder over, for example while this machine slept."""


@dataclasses.dataclass(frozen=True)
class Holder:
    """Who holds a lease.

    Attributes:
      token: random; tells holders apart even if they share everything else.
      machine: what makes process ids comparable: the boot of a machine, and its name space of
        processes, since containers have their own.
      process_started: tells a process from a later one with the same id; "" if not known.
      since, heartbeat: seconds since 1970, by the holder's clock.
    """

    token: str
    host: str
    machine: str
    pid: int
    process_started: str
    since: float
    heartbeat: float

    @classmethod
    def this_process(cls) -> "Holder":
        now, pid = time.time(), os.getpid()
        started = _started(pid) or ""
        return cls(uuid.uuid4().hex, platform.node(), _machine(), pid, started, now, now)

    def to_bytes(self) -> bytes:
        told = {"since_utc": _utc(self.since), "heartbeat_utc": _utc(self.heartbeat)}
        return (json.dumps(dataclasses.asdict(self) | told, indent=1) + "\n").encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Holder | None":
        """None if this is no lease, such as one that is being written."""
        try:
            values: dict[str, Any] = json.loads(data)
            return cls(
                token=str(values["token"]),
                host=str(values["host"]),
                machine=str(values["machine"]),
                pid=int(values["pid"]),
                process_started=str(values["process_started"]),
                since=float(values["since"]),
                heartbeat=float(values["heartbeat"]),
            )
        except (ValueError, KeyError, TypeError):
            return None

    def is_here(self) -> bool:
        """Whether its process is, or was, one of this machine."""
        return self.machine == _machine()

    def is_gone(self) -> bool:
        """Whether this machine can see that its process has ended."""
        return self.is_here() and _started(self.pid) != self.process_started

    def looks_expired(self) -> bool:
        """Whether its heartbeat is far from this machine's clock. One here is asked, not timed."""
        return not self.is_here() and abs(time.time() - self.heartbeat) > EXPIRES_SECONDS

    def __str__(self) -> str:
        seconds = max(0.0, time.time() - self.heartbeat)
        return (
            f"process {self.pid} on {self.host} since {_utc(self.since)} "
            f"(last heartbeat {seconds:.0f} s ago)"
        )


class Lease:
    """A lease that this process holds."""

    def __init__(self, store: Store, holder: Holder) -> None:
        self._store = store
        self._holder = holder
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self.lost = ""  # why it is no longer ours

    def check(self) -> None:
        """Returns if the lease is still ours.

        Raises:
          LeaseLost: it is not; nothing more may be written.
        """
        self._look(_read(self._store))
        if self.lost:
            raise LeaseLost(self.lost)

    def beat(self) -> None:
        """Renews the lease if it is still ours; else `lost` says so."""
        with _locked(self._store):
            self._look(_read(self._store))
            if not self.lost:
                self._holder = dataclasses.replace(self._holder, heartbeat=time.time())
                self._store.write_bytes(LEASE_FILE, self._holder.to_bytes())

    def start(self, when_lost: Callable[[], None]) -> None:
        """Starts the thread of the heartbeat, so call it after workers are forked."""
        self._thread = threading.Thread(
            target=self._beat_on, args=(when_lost,), daemon=True, name="winnow-lease"
        )
        self._thread.start()

    def release(self) -> None:
        """Ends the heartbeat and removes the lease if it is still ours."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(timeout=_LOCK_SECONDS)
        with _locked(self._store):
            found = _read(self._store)
            if found is not None and found.token == self._holder.token:
                self._store.remove(LEASE_FILE)

    def _beat_on(self, when_lost: Callable[[], None]) -> None:
        while not self._ended.wait(HEARTBEAT_SECONDS):
            # A store that does not answer now may answer next time. If it never does, the lease
            # expires, and the run fails by itself.
            with contextlib.suppress(Exception):
                self.beat()
            if self.lost:
                if not self._ended.is_set():
                    when_lost()
                return

    def _look(self, found: Holder | None) -> None:
        if found is not None and found.token == self._holder.token:
            return
        where = self._store
        if found is None:
            self.lost = self.lost or (
                f"{LEASE_FILE} of this run is gone from {where}: another run took the folder over, "
                "or somebody removed it; this run stops and leaves the folder as it is"
            )
        else:
            self.lost = (
                f"{where} was taken over by {found}, since this run gave no sign of life; "
                "it stops and leaves the folder to that one"
            )


@contextlib.contextmanager
def hold(store: Store) -> Iterator[Lease]:
    """Holds the lease of a run's folder during the block, and renews it.

    The block is interrupted, as by Ctrl-C, when the lease turns out to be lost. That needs the main
    thread; in another one `Lease.check` alone finds it out.

    Raises:
      FolderInUse: another run holds it.
      LeaseLost: it was lost within the block.
    """
    lease = take(store)
    try:
        with _heard(lease):
            lease.start(_interrupt_if_main(threading.current_thread()))
            yield lease
    except KeyboardInterrupt:
        if lease.lost:
            raise LeaseLost(lease.lost) from None
        raise
    finally:
        # An error here would hide the one of the block. A lease that stays is that of a dead
        # process, which the next run takes over.
        with contextlib.suppress(Exception):
            lease.release()


def take(store: Store) -> Lease:
    """Takes the lease of a folder, which it makes if need be.

    Raises:
      FolderInUse: another run holds it.
    """
    _watch_if_expired(store)
    holder = Holder.this_process()
    with _locked(store) as is_locked:
        found = _read(store)
        if found is not None:
            _refuse(store, found)
        if is_locked:
            store.write_bytes(LEASE_FILE, holder.to_bytes())
            return Lease(store, holder)
        # A damaged lease is nobody's, but stands in the way of an exclusive creation.
        is_new = found is None and store.read_now(LEASE_FILE) is None
        if not is_new:
            store.write_bytes(LEASE_FILE, holder.to_bytes())
        elif not store.create_exclusively(LEASE_FILE, holder.to_bytes()):
            _refuse_whoever(store)
        if not (is_new and store.excludes):
            time.sleep(SETTLE_SECONDS)
        if (now := _read(store)) is None or now.token != holder.token:
            _refuse_whoever(store)
    return Lease(store, holder)


def refuse_if_held(store: Store) -> None:
    """Returns if nobody, or nobody alive, holds the folder's lease. It takes nothing.

    Raises:
      FolderInUse: another run holds it.
    """
    found = _read(store)
    if found is not None:
        _refuse(store, found)


def writer_of(store: Store) -> str:
    """Who writes the folder now; "" if nobody does, as far as can be seen."""
    found = _read(store)
    return "" if found is None or found.is_gone() or found.looks_expired() else str(found)


def _refuse(store: Store, found: Holder) -> None:
    if found.is_gone() or found.looks_expired():
        return
    if found.is_here():
        what = f"wait for its end, stop it (kill {found.pid})"
    else:
        what = (
            f"wait for its end, stop it there (if it is dead, the folder is free "
            f"{EXPIRES_SECONDS:.0f} s after its last heartbeat)"
        )
    raise FolderInUse(f"{store} is being written by {found}; {what}, or give another --out")


def _refuse_whoever(store: Store) -> None:
    """Refuses after another one was faster."""
    found = _read(store)
    who = str(found) if found is not None else "another run, which started at the same moment"
    raise FolderInUse(f"{store} is being written by {who}; wait for its end, or give another --out")


def _watch_if_expired(store: Store) -> None:
    """Waits to see whether the holder of a lease that looks expired renews it.

    Raises:
      FolderInUse: it does.
    """
    found = _read(store)
    if found is None or not found.looks_expired():
        return
    deadline = time.monotonic() + WATCH_SECONDS
    while time.monotonic() < deadline:
        time.sleep(min(1.0, WATCH_SECONDS / 4))
        now = _read(store)
        if now is None:
            return
        if now != found:
            raise FolderInUse(
                f"{store} is being written by {now}, whose clock differs from this machine's; "
                "wait for its end, stop it there, or give another --out"
            )


def _read(store: Store) -> Holder | None:
    """The lease as it is now; None if there is none, or if what is there is none."""
    for _ in range(3):
        data = store.read_now(LEASE_FILE)
        if data is None:
            return None
        if found := Holder.from_bytes(data):
            return found
        time.sleep(0.1)  # a store without renaming shows a file that is being written
    return None


@contextlib.contextmanager
def _locked(store: Store) -> Iterator[bool]:
    """Lets one process at a time pass, where the folder can be locked; yields whether it can."""
    folder = store.local_folder()
    if folder is None:
        yield False
        return
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield _lock(store, descriptor)
    finally:
        os.close(descriptor)  # which unlocks it


def _lock(store: Store, descriptor: int) -> bool:
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            if filelock.lock_descriptor(descriptor, blocking=False):
                return True
        except OSError:
            return False  # a network's file system that locks no folders
        if time.monotonic() > deadline:
            raise FolderInUse(
                f"{store} is locked by another process for {_LOCK_SECONDS:.0f} s; "
                "wait for its end, or give another --out"
            )
        time.sleep(0.02)


@contextlib.contextmanager
def _heard(lease: Lease) -> Iterator[None]:
    """Lets the loss of a lease interrupt also a process that ignores Ctrl-C.

    Shells start the background jobs of a script so. The signal of anybody else stays ignored.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        yield
        return

    def interrupt(*_: object) -> None:
        if lease.lost:
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _interrupt_if_main(thread: threading.Thread) -> Callable[[], None]:
    """What interrupts a thread, if it is the main one: only that can be interrupted."""
    if thread is not threading.main_thread():
        return lambda: None
    # To the thread, not to the process: a signal that another thread gets wakes up nobody.
    return lambda: signal.pthread_kill(thread.ident or 0, signal.SIGINT)


def _machine() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{platform.node()} {boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return platform.node()


def _started(pid: int) -> str | None:
    """When a process of this machine started, in the kernel's ticks; None if it has ended."""
    if not Path("/proc/self/stat").exists():
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return None
        except PermissionError:
            pass  # it lives, and is somebody else's
        return ""
    try:
        # The name, in parentheses, may itself have spaces and parentheses.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    ended = fields[0] in "ZX"  # a zombie has ended, though nobody asked how
    return None if ended else fields[19]


def _utc(seconds: float) -> str:
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
