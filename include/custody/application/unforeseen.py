"""What nobody foresaw, told without a value (R15, R64; threats: exception text).

The text of somebody else's exception may hold the value that it stumbled over, and
so may what is chained to it and the notes on it.  Its type and place never do.
"""

from types import FrameType

from custody.errors import CustodyError

_OURS = ("custody.", "dags.", "unusual_prefix_")  # the last is Airflow's, for dags/


class UnforeseenError(CustodyError):
    """A fault of the software: an exception that no code of ours raises on purpose."""

    def __init__(self, kind: str, *, module: str, function: str, line: int) -> None:
        """Name the exception's type and the place; never its text."""
        super().__init__(
            f"程序故障 a fault of the software: {kind} in {module}, {function},"
            f" line {line}"
        )
        self.kind = kind
        self.module = module
        self.function = function
        self.line = line


def without_values(error: BaseException) -> CustodyError:
    """Return what may be logged: our own error alone, or where another one arose.

    Ours loses what is chained to it and noted on it, for that may be another's.
    """
    if not isinstance(error, CustodyError):
        return _unforeseen(error)
    error.__cause__ = error.__context__ = None
    error.__suppress_context__ = True
    error.__notes__ = []
    return error


def _unforeseen(error: BaseException) -> UnforeseenError:
    kind = type(error)
    frame, line = _place(error)
    return UnforeseenError(
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}",
        module="?" if frame is None else str(frame.f_globals.get("__name__", "?")),
        function="?" if frame is None else frame.f_code.co_qualname,
        line=line,
    )


def _place(error: BaseException) -> tuple[FrameType | None, int]:
    """Return the innermost frame of ours, the innermost of all if none is ours."""
    frame, line, ours = None, 0, False
    step = error.__traceback__
    while step is not None:
        here = str(step.tb_frame.f_globals.get("__name__", "")).startswith(_OURS)
        if here or not ours:
            frame, line, ours = step.tb_frame, step.tb_lineno, here
        step = step.tb_next
    return frame, line
