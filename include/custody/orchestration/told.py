"""What a task may tell of a fault: Airflow logs whatever leaves a task's body."""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from airflow.sdk.exceptions import (
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSkipException,
    AirflowTaskTerminated,
    AirflowTaskTimeout,
    DagRunTriggerException,
    DownstreamTasksSkipped,
    TaskAwaitingInput,
    TaskDeferred,
)

from custody.application.unforeseen import without_values

P = ParamSpec("P")
T = TypeVar("T")

CONTROL_FLOW: tuple[type[BaseException], ...] = (
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSkipException,
    AirflowTaskTerminated,
    AirflowTaskTimeout,
    DagRunTriggerException,
    DownstreamTasksSkipped,
    TaskAwaitingInput,
    TaskDeferred,
    KeyboardInterrupt,
    SystemExit,
)
"""By these a task speaks to Airflow; no code of ours puts a value into one."""


def value_free(body: Callable[P, T]) -> Callable[P, T]:
    """Wrap a task's body: its faults are logged by type and place (R15, R64).

    Errors of ours and Airflow's control flow pass.  Anything else, a panic of a
    library too, becomes an UnforeseenError with nothing chained to it.
    """

    @functools.wraps(body)
    def told(*arguments: P.args, **options: P.kwargs) -> T:
        try:
            return body(*arguments, **options)
        except CONTROL_FLOW:
            raise
        except BaseException as error:  # noqa: BLE001 - also a panic of a library
            below = error.__traceback__ and error.__traceback__.tb_next
            fault = without_values(error.with_traceback(below))
        raise fault  # outside, where no exception is being handled: no context

    return told
