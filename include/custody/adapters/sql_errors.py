"""Database errors become ours at one place, and leave their text behind.

PostgreSQL quotes values in DETAIL and CONTEXT and in some messages (measured),
so only the SQLSTATE and names of tables and constraints travel on.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from custody.domain.language import Text
from custody.domain.step_words import step_in_words
from custody.errors import (
    ConfigurationError,
    ConflictError,
    CustodyError,
    EvidenceError,
    WorldError,
)

_UNREACHED = Text(
    "{told}；数据库连接失败：请检查服务器是否运行、数据库是否存在、密码是否正确；可重试",
    "{told}; no connection: does the server run, is the database there, is the"
    " password right? the step may be repeated",
)
_TOLD = Text("{step}：{names}", "{step}: {names}")
_HELD = Text(
    "{told}；另一次运行正在执行或已执行此步骤",
    "{told}; another run holds or has done this step",
)
_REFUSED = Text(
    "{told}；数据库拒绝前后不符的内容",
    "{told}; the database refuses what does not add up",
)
_FORBIDDEN = Text(
    "{told}；该数据库角色无权执行", "{told}; the database role may not do this"
)
_AGAIN = Text("{told}；可重试", "{told}; the step may be repeated")
_CONFLICTS = (errors.LockNotAvailable, errors.UniqueViolation)
_EVIDENCE = (errors.CheckViolation, errors.RaiseException)
_SETTINGS = (errors.InsufficientPrivilege, errors.InvalidAuthorizationSpecification)


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Turn database errors of the block into Custody's, without their text.

    `place` names the step for the operator.  ConflictError: another run holds
    or has done it; EvidenceError: the database's own checks refuse;
    ConfigurationError: the role may not do this; WorldError: everything else.
    """
    try:
        yield
    except (SQLAlchemyError, psycopg.Error) as error:
        raise _ours(place, error) from None


def _ours(place: str, error: Exception) -> CustodyError:
    cause = error.orig if isinstance(error, DBAPIError) else error
    step = step_in_words(place)
    if not isinstance(cause, psycopg.Error):
        return _TOLD.as_error(WorldError, step=step, names=type(error).__name__)
    told = _TOLD.filled(step=step, names=_names(cause))
    if isinstance(cause, _CONFLICTS):
        return _HELD.as_error(ConflictError, told=told)
    if isinstance(cause, _EVIDENCE):
        return _REFUSED.as_error(EvidenceError, told=told)
    if isinstance(cause, _SETTINGS):
        return _FORBIDDEN.as_error(ConfigurationError, told=told)
    if isinstance(cause, psycopg.OperationalError) and cause.sqlstate is None:
        return _UNREACHED.as_error(WorldError, told=told)
    return _AGAIN.as_error(WorldError, told=told)


def _names(cause: psycopg.Error) -> str:
    """Return class, SQLSTATE, table and constraint: names only, never values."""
    diag = cause.diag
    parts = (
        type(cause).__name__,
        cause.sqlstate,
        diag.table_name,
        diag.constraint_name,
    )
    return " ".join(part for part in parts if part)
