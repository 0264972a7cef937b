"""The commands: `winnow`, which is also `python -m winnow`, and `winnow-worker`.

Imports stand inside, so that neither command pays for the other.
"""

import os

# One process a core does the work, so threads of numpy's BLAS would only take time from each other.
# They also cost a tenth of a second of processor time when they start, in every command.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def main() -> None:
    """Entry point of the command `winnow`."""
    from pipelines.cli import main as command

    command()


def worker() -> None:
    """Entry point of the command `winnow-worker`."""
    from pipelines.engines.worker_boot import main as command

    command()


if __name__ == "__main__":
    main()
