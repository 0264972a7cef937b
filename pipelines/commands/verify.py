"""`winnow verify`: a run checked against its manifest."""

from manifests.store import Store
from manifests.verify import verify
from pipelines.commands import console


def command(run: str, as_json: bool = False) -> None:
    """Prints every fault, or that there is none.

    Raises:
      FileNotFoundError: there is no finished run.
      Failure: the run has faults.
    """
    store = Store(run)
    console.tell_if_written(store)
    faults = list(verify(store))
    manifest = store.read_json("manifest.json")
    files = sum(len(stage["files"]) for stage in manifest["reproducible"]["stages"].values())
    if as_json:
        console.print_json({"faults": faults, "files": files, "run_digest": manifest["run_digest"]})
    for fault in () if as_json else faults:
        console.say(f"FAULT {fault}")
    if faults:
        plural = "" if len(faults) == 1 else "s"
        raise console.Failure(f"{len(faults)} fault{plural} in {run}", 1)
    if not as_json:
        console.say(f"{run} is whole: {files} files, run_digest {manifest['run_digest']}")
