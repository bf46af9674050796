"""Every reason why nothing is destroyed or certified has words in both languages."""

import pytest

from custody.domain.approving import Doubt as PlanDoubt
from custody.domain.certificate import Doubt
from custody.domain.decision_words import DOUBTS
from custody.domain.destruction import Obstacle, RunState
from custody.domain.destruction_words import (
    CERTIFICATE_DOUBTS,
    OBSTACLES,
    STATES,
    reason_in_words,
)
from custody.domain.language import Language


def test_no_code_is_without_words() -> None:
    assert set(OBSTACLES) == set(Obstacle)
    assert set(CERTIFICATE_DOUBTS) == set(Doubt)
    assert set(STATES) == set(RunState)
    words = [*OBSTACLES.values(), *CERTIFICATE_DOUBTS.values(), *STATES.values()]
    assert all(one.zh and one.en for one in words)


def test_a_code_that_two_kinds_share_says_who_and_who() -> None:
    """Of whom it is said the title of the list tells."""
    shared = {one.value for one in Doubt} & {one.value for one in PlanDoubt}

    assert shared == {"same_person"}
    assert PlanDoubt.SAME_PERSON in DOUBTS


@pytest.mark.parametrize(
    ("reason", "language", "told"),
    [
        ("on_hold 3", Language.EN, "on_hold 3 — on legal hold"),
        ("on_hold", Language.ZH, "on_hold — 处于法定保留"),
        (
            "not_seen: escrows tape",
            Language.EN,
            "not_seen escrows tape — this kind of copy was not looked at",
        ),
        (
            "used ab12",
            Language.ZH,
            (
                "used ab12 — 此计划已经执行、已被拒绝或正在执行："
                "如仍有到期客户，请重新保存当日计划"
            ),
        ),
        ("of_tomorrow 1", Language.EN, "of_tomorrow 1"),
    ],
)
def test_the_count_or_place_stands_beside_the_words(
    reason: str, language: Language, told: str
) -> None:
    assert reason_in_words(reason, language) == told
