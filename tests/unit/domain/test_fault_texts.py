"""Faults of databases, storage and ledgers are told in words, and the place is kept."""

import errno

import pytest

from custody import errors
from custody.domain.error_words import KINDS, kind_in_words
from custody.domain.ledger_check import LedgerFault
from custody.domain.ledger_words import LEDGER_FAULTS, fault_at
from custody.domain.os_words import OS_FAULTS, os_fault
from custody.domain.step_words import step_in_words


@pytest.mark.parametrize(
    ("place", "zh"),
    [
        ("read the ledger", "读取台账"),
        ("restore records", "恢复记录"),
        ("restore register.hold", "恢复 register.hold"),
        ("load website/2026-11-23/1", "入库 website/2026-11-23/1"),
        ("something else", "something else"),
    ],
)
def test_a_step_at_a_database(place: str, zh: str) -> None:
    assert (step_in_words(place).zh, step_in_words(place).en) == (zh, place)


@pytest.mark.parametrize(
    ("place", "fault", "zh", "en"),
    [
        (
            "the work folder",
            OSError(errno.ENOSPC, "No space left on device", "/a/name"),
            "工作目录：磁盘已满",
            "the work folder: No space left on device",
        ),
        (
            "quarantine, abc",
            OSError(errno.EIO, "Input/output error"),
            "隔离区，abc：读写错误",
            "quarantine, abc: Input/output error",
        ),
        (
            "disk: full/a.manifest",
            OSError(-1, "Odd"),
            "disk：full/a.manifest：Odd",
            "disk: full/a.manifest: Odd",
        ),
        (
            "disk",
            OSError(),
            "disk：存储故障",
            "disk: the storage failed",
        ),
    ],
)
def test_what_the_operating_system_says(
    place: str, fault: OSError, zh: str, en: str
) -> None:
    told = os_fault(place, fault)

    assert (told.zh, str(told)) == (zh, en)
    assert "/a/name" not in told.zh + str(told)


def test_what_is_wrong_with_a_ledger_names_line_and_medium() -> None:
    cut = fault_at(9, LedgerFault.TRUNCATED)
    forked = fault_at(7, LedgerFault.FORKED, "usb")

    assert (cut.zh, str(cut)) == (
        "台账第 9 行之前：末尾被截去",
        "truncated before line 9",
    )
    assert (forked.zh, str(forked)) == (
        "usb：台账第 7 行：与异地留存的台账不同",
        "usb: forked at line 7",
    )


def test_every_kind_of_error_has_words_and_keeps_its_name() -> None:
    """A kind that is none of ours is told by its name."""
    ours = {
        *(one.__name__ for one in vars(errors).values() if _is_kind(one)),
        *("UnforeseenError", "NotCertifiedError"),
    }

    assert set(KINDS) == ours - {"CustodyError"}
    assert kind_in_words("OpenError").zh == "加密的内容打不开（OpenError）"
    assert kind_in_words("AirflowTaskTimeout").zh == "AirflowTaskTimeout"


def _is_kind(one: object) -> bool:
    return isinstance(one, type) and issubclass(one, errors.CustodyError)


def test_every_fault_has_words() -> None:
    assert set(LEDGER_FAULTS) == set(LedgerFault)
    assert all(OS_FAULTS.values())
