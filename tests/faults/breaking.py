"""Ports that fail where a test wants it, put in through public constructors."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import polars as pl

from custody.adapters.data_objects import AgeParquetObjects
from custody.adapters.warehouse.register import PostgresRegister
from custody.application.intake.check import CheckDelivery
from custody.application.ports import Staging
from custody.bootstrap import Custody
from custody.columns.rules import CompiledSuite
from custody.domain.delivery import DeliveryId, DeliveryKey
from custody.domain.verdict import Answer, Finding


class BrokenHereError(Exception):
    """What a broken port raises."""


class Broken:
    """Anything, with one method that fails."""

    def __init__(self, whole: object, method: str) -> None:
        """Take the whole thing and the name of what shall fail."""
        self._whole = whole
        self._method = method

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the whole has
        """Return what the whole has, or what fails."""
        return _fail if name == self._method else getattr(self._whole, name)


def _fail(*_: object, **__: object) -> None:
    raise BrokenHereError


class _UnfinishedStaging(Broken):
    """Staging that takes every block and then fails."""

    @contextmanager
    def restage(self, key: DeliveryKey, **basis: object) -> Iterator[Any]:
        with self._whole.restage(key, **basis) as writer:  # type: ignore[attr-defined] # any staging
            yield Broken(writer, "finish")


Step = Callable[[DeliveryId], str]


def broken_step(custody: Custody, step: str) -> Step:
    """Return a step of the intake that does nearly all its work and then fails."""
    return _BREAKS[step](custody)


def _seal(custody: Custody) -> Step:
    staging = cast("Staging", _UnfinishedStaging(custody.staging, ""))
    whole = custody.seal
    sealing = dataclasses.replace(whole.sealing, staging=staging)
    return dataclasses.replace(whole, sealing=sealing)


def _check(custody: Custody) -> Step:
    return dataclasses.replace(custody.check, book=cast("Any", _book(custody, "move")))


def _load(custody: Custody) -> Step:
    ledger = cast("Any", Broken(custody.ledger_writer, "append"))
    register = PostgresRegister(custody.loader, ledger, custody.clock)
    return dataclasses.replace(custody.load, register=register)


def _export(custody: Custody) -> Step:
    first, *others = custody.media
    media = [first, *(cast("Any", Broken(other, "put_stream")) for other in others)]
    work = custody.settings.home / "work"
    objects = AgeParquetObjects(media, custody.public_keys.recipients, work)
    return dataclasses.replace(custody.export, objects=objects)


def _erase(custody: Custody) -> Step:
    book = cast("Any", _book(custody, "mark_erased"))
    return dataclasses.replace(custody.erase, book=book)


def _book(custody: Custody, method: str) -> Broken:
    return Broken(custody.book, method)


_BREAKS: dict[str, Callable[[Custody], Step]] = {
    "seal": _seal,
    "check": _check,
    "load": _load,
    "export": _export,
    "erase": _erase,
}


class _NoQuality:
    """Answers every check with yes, and saves the import of what would ask."""

    def run(
        self, facts: pl.DataFrame, suites: Sequence[CompiledSuite]
    ) -> tuple[Finding, ...]:
        return tuple(
            Finding(
                expectation=check.authored, answer=Answer.PASSED, checked=facts.height
            )
            for suite in suites
            for check in suite.checks
        )


def unasked_check(custody: Custody) -> CheckDelivery:
    """Return the check with every expectation met: for what is not about them."""
    return dataclasses.replace(custody.check, quality=_NoQuality())
