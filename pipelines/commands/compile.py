"""`winnow compile`: what numba compiles, once after installation."""

from pipelines import kernels
from pipelines.commands import console


def command() -> None:
    """Compiles the kernels that numba's cache lacks, with progress on stderr.

    Raises:
      Failure: a process that compiles has failed.
    """
    found = len(kernels.every())
    try:
        compile_missing()
    except kernels.CompilationError as error:
        raise console.Failure(error, 1) from error
    console.say(f"{found} kernels are compiled")


def compile_missing() -> None:
    """Compiles on all cores if a kernel is missing; says nothing otherwise.

    Raises:
      CompilationError: a process that compiles has failed.
    """
    if kernels.missing():
        kernels.compile_all(lambda line: console.err.print(line, markup=False, soft_wrap=True))
