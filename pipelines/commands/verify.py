"""`winnow verify`: a run checked against its manifest."""

from manifests.store import Store
from manifests.verify import verify
from pipelines.commands import console


def command(run: str) -> None:
    """Prints every fault, or that there is none.

    Raises:
      FileNotFoundError: there is no finished run.
      Failure: the run has faults.
    """
    store = Store(run)
    console.tell_if_written(store)
    faults = list(verify(store))
    for fault in faults:
        console.say(f"FAULT {fault}")
    if faults:
        plural = "" if len(faults) == 1 else "s"
        raise console.Failure(f"{len(faults)} fault{plural} in {run}", 1)
    manifest = store.read_json("manifest.json")
    files = sum(len(stage["files"]) for stage in manifest["reproducible"]["stages"].values())
    console.say(f"{run} is whole: {files} files, run_digest {manifest['run_digest']}")
