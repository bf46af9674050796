"""A planted value in an exception of somebody else's reaches no log of a task."""

import io
import traceback
from collections.abc import Callable

import pytest
import structlog
from airflow.sdk.exceptions import AirflowSkipException

from custody.application.unforeseen import UnforeseenError
from custody.errors import WorldError
from custody.orchestration.told import value_free

CANARY = "canary-of-an-invented-name"


class PanicException(BaseException):
    """As Polars and other libraries in Rust raise them: no Exception."""


def stumble() -> None:
    """Fail as a library does that quotes what it was given."""
    local = f"cannot read {CANARY}"
    raise ValueError(local)


def stumble_twice() -> None:
    """Fail while a failure is handled: both are chained."""
    try:
        stumble()
    except ValueError as error:
        error.add_note(CANARY)
        raise LookupError(CANARY) from error


def stumble_of_ours() -> None:
    """Raise our own error over a cause that quotes."""
    try:
        stumble()
    except ValueError as error:
        fault = WorldError("the store failed")
        fault.add_note(CANARY)
        raise fault from error


def panic() -> None:
    """Fail as native code does."""
    raise PanicException(CANARY)


def logged(body: Callable[[], object]) -> str:
    """Return what Airflow's logging makes of the failure of a task's body."""
    stream = io.StringIO()
    renderer = structlog.processors.ExceptionRenderer(
        structlog.tracebacks.ExceptionDictTransformer(use_rich=False, show_locals=False)
    )
    log = structlog.wrap_logger(
        structlog.PrintLogger(stream),
        processors=[renderer, structlog.processors.JSONRenderer()],
    )
    try:
        body()
    except BaseException:
        log.exception("Task failed with exception")
        stream.write(traceback.format_exc())
    return stream.getvalue()


BODIES = [stumble, stumble_twice, stumble_of_ours, panic]


@pytest.mark.parametrize("body", BODIES)
def test_a_fault_of_a_task_is_logged_without_its_value(
    body: Callable[[], None],
) -> None:
    assert CANARY not in logged(value_free(body))


@pytest.mark.parametrize("body", BODIES)
def test_twin_without_the_wrapper_the_value_is_in_the_log(
    body: Callable[[], None],
) -> None:
    assert CANARY in logged(body)


def test_the_type_and_the_place_are_named() -> None:
    with pytest.raises(UnforeseenError) as caught:
        value_free(stumble)()

    assert caught.value.kind == "ValueError"
    assert caught.value.function == "stumble"
    assert caught.value.line > 0
    assert caught.value.__context__ is None


def test_the_innermost_place_of_ours_is_named() -> None:
    """Not that of the library, which nobody here can mend."""

    def body() -> int:
        from custody.domain.language import choose_language  # noqa: PLC0415 - one test

        return len(choose_language(None))  # type: ignore[arg-type] # the fault

    with pytest.raises(UnforeseenError) as caught:
        value_free(body)()

    assert caught.value.module == "custody.domain.language"


def test_our_own_errors_and_airflows_control_flow_pass() -> None:
    """Airflow repeats the one and skips by the other."""

    def skip() -> None:
        raise AirflowSkipException

    with pytest.raises(WorldError, match="the store failed"):
        value_free(stumble_of_ours)()
    with pytest.raises(AirflowSkipException):
        value_free(skip)()
    assert value_free(lambda: 3)() == 3
