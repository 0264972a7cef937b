"""The commands: `winnow`, which is also `python -m winnow`, and `winnow-worker`.

Imports stand inside, so that neither command pays for the other.
"""


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
