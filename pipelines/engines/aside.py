"""Work in a process of its own, for what must leave no trace in this one."""

import os
import pickle
import signal
import traceback
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def in_child(work: Callable[[], Result]) -> Result:
    """Calls a function in a fork of this process, and returns or raises what it does.

    File systems of object stores start threads, and a process with threads must not be forked. The
    threads of the child end with it.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(reader)
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # the parent says that it was interrupted
            with os.fdopen(writer, "wb") as answer:
                answer.write(_answer(work))
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        told = answer.read()
    _, status = os.waitpid(child, 0)
    if not told:
        code = os.waitstatus_to_exitcode(status)
        raise RuntimeError(f"the process that plans the run ended with {code}")
    result, error = pickle.loads(told)
    if error is not None:
        raise error
    made: Result = result
    return made


def _answer(work: Callable[[], object]) -> bytes:
    try:
        return pickle.dumps((work(), None))
    except Exception as error:
        # The traceback would be lost; --debug shows notes.
        error.add_note(traceback.format_exc())
        return pickle.dumps((None, error))
