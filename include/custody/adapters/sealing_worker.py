"""A sealing worker: a process of its own that seals pieces until its input ends.

Started by `process_pool` as a program, not as a fork: a fork would copy threads'
locks and drawn entropy, and Airflow's own process would be imported again.  Work
and pieces come through the pipe only, wrapping keys with them.  It ends when the
pipe does, so it outlives nobody.  Nothing it meets is told in words: a piece that
fails is handed back unsealed, and whoever asked finds the fault itself.
"""

import os
import pickle
import sys
from typing import BinaryIO

from custody.adapters.local import forbid_core_dumps

PROTOCOL = 5


def main() -> None:
    """Serve the process that started this one."""
    forbid_core_dumps()
    with (
        os.fdopen(_taken(sys.stdin.fileno()), "rb") as asked,
        os.fdopen(_taken(sys.stdout.fileno()), "wb") as answers,
    ):
        serve(asked, answers)


def serve(asked: BinaryIO, answers: BinaryIO) -> None:
    """Read the work, then a piece at a time; answer each, None where it failed."""
    try:
        work = pickle.load(asked)  # noqa: S301 - from the process that started us
        while True:
            piece = pickle.load(asked)  # noqa: S301 - as above
            try:
                sealed = work(*piece)
            except Exception:  # noqa: BLE001 - its text may hold what was read
                sealed = None
            pickle.dump(sealed, answers, PROTOCOL)
            answers.flush()
    except (EOFError, BrokenPipeError):
        return


def _taken(descriptor: int) -> int:
    """Take a standard stream over, so that no library can read or write it."""
    taken = os.dup(descriptor)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, descriptor)
    os.close(null)
    return taken


if __name__ == "__main__":
    main()
