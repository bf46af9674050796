"""A held row on a whole installation: decided, off-site, shown, and in the ledger."""

import io
import itertools
import json
import random
from collections.abc import Mapping

import polars as pl
import pytest
from sqlalchemy import text

from custody.adapters import roles
from custody.adapters.age_box import decrypt
from custody.application.intake.decide_row import Answer, Decided
from custody.crypto import recovery
from custody.domain.delivery import DeliveryId
from custody.domain.held_rows import NewCustomer, Refuse, Ruling, ToCustomer
from custody.domain.outcome import Outcome, Tally
from tests.builders import people
from tests.builders.deliveries import DAY
from tests.builders.installation import Installation

pytestmark = pytest.mark.integration

LABELS = itertools.count(1)
NAME = "示例甲乙"


def form(form_id: str, id_number: str, **more: str) -> dict[str, str]:
    """Return an invented person's form of the website."""
    return {
        "form_id": form_id,
        "name": NAME,
        "party": "natural",
        "id_number": id_number,
        "phone": "13800138000",
        "industry": "金融-银行",
        "customer_type": "new",
        "consent_time": f"{DAY}T08:00:00+08:00",
        **more,
    }


def bring(installation: Installation, *forms: Mapping[str, str]) -> DeliveryId:
    """Take a delivery of forms the whole way."""
    lines = "\n".join(json.dumps(one, ensure_ascii=False) for one in forms)
    delivery_id = installation.put("website", lines.encode(), name="forms.jsonl")
    answers = installation.run("website")[delivery_id]
    assert answers == ["sealed", "checked", "loaded", "exported", "erased"]
    return delivery_id


def hold(installation: Installation) -> tuple[DeliveryId, bytes, tuple[str, ...]]:
    """Bring a row whose identity and form name two customers; return the numbers."""
    label = next(LABELS)
    chance = people.chance(random.Random(label).randrange(10**9))  # noqa: S311 - invented
    one, other = people.resident_id(chance), people.resident_id(chance)
    bring(
        installation,
        form(f"H-{label}-1", one),
        form(f"H-{label}-2", other, consent_time=""),
    )
    delivery_id = bring(installation, form(f"H-{label}-2", one))
    (row,) = installation.custody.views.waiting(delivery_id=delivery_id)
    return delivery_id, row.handle, tuple(sorted(row.candidates))


def decide(installation: Installation, handle: bytes, ruling: Ruling) -> Decided:
    """Give a steward's word."""
    return installation.custody.decide_row(
        handle.hex(), ruling, reason="asked the branch", actor="olive"
    )


def objects(installation: Installation, delivery_id: str) -> list[pl.DataFrame]:
    """Open every data object of a delivery on the first medium."""
    medium = installation.custody.media[0]
    secret = recovery.secret_from_text(
        (installation.secrets / f"{medium.name}.recovery").read_text().strip()
    )
    identity = recovery.derive_identities(secret, medium=medium.name).age_identity
    return [
        pl.read_parquet(io.BytesIO(decrypt(medium.read(path), identity=identity)))
        for path in medium.list(f"objects/{delivery_id}")
    ]


def test_a_decided_row_goes_off_site_by_the_next_run(
    installation: Installation,
) -> None:
    """As a released delivery does; what it brought before stays locked (R65)."""
    delivery_id, handle, (number, _) = hold(installation)
    (before,) = objects(installation, delivery_id)

    decided = decide(installation, handle, ToCustomer(number))
    answers = installation.run("website")

    assert decided.answer is Answer.DONE
    assert answers[delivery_id][2:] == ["already", "exported", "already"]
    assert before["customer"].null_count() == before.height
    after = [one for one in objects(installation, delivery_id) if one.height]
    told = pl.concat(after).filter(pl.col("customer").is_not_null())
    assert set(told["customer"]) == {number}
    assert set(told["version"]) == {2}
    assert told["wrapped"].null_count() == 0
    assert installation.tally(delivery_id) == Tally(read=1, loaded=1)


def test_a_version_that_was_decided_opens_is_shown_and_matches(
    installation: Installation,
) -> None:
    """Its tokens are in the register: the same row again is unchanged."""
    delivery_id, handle, (number, _) = hold(installation)
    decide(installation, handle, ToCustomer(number))

    record = installation.custody.views.record(handle)

    assert record is not None
    assert (record.number, record.version, record.state) == (
        number,
        2,
        "pending_review",
    )
    assert record.shown is not None
    assert record.shown["customer_name"] == "示*"
    assert not installation.custody.views.waiting(delivery_id=delivery_id)


def test_after_a_crash_it_is_decided_and_shown_again_by_the_rebuilder(
    installation: Installation,
) -> None:
    _, handle, _ = hold(installation)
    engine = installation.custody.warehouse(roles.WAREHOUSE_OWNER)
    with engine.begin() as connection:
        connection.execute(
            text(
                "TRUNCATE intake.staged_facts, intake.staged_token,"
                " intake.staged_row_token, intake.staged_projection,"
                " intake.assignment, projection.record"
            )
        )

    decided = decide(installation, handle, NewCustomer())
    lost = installation.custody.views.record(handle)
    installation.custody.rebuild_projection()
    found = installation.custody.views.record(handle)

    assert decided.answer is Answer.DONE
    assert not decided.placed.shown
    assert lost is not None
    assert lost.shown is None
    assert found is not None
    assert found.shown is not None
    assert found.shown["customer_name"] == "示*"


def test_the_facts_that_were_kept_answer_what_was_asked_of_the_customer(
    installation: Installation,
) -> None:
    """The second customer gave no time of consent; the held row tells one."""
    delivery_id, handle, numbers = hold(installation)
    views = installation.custody.views
    asked = {one.number: one for one in views.supplements(limit=10_000) if one.number}
    (number,) = set(numbers) & set(asked)

    decided = decide(installation, handle, ToCustomer(number))

    assert decided.placed.answered >= 1
    first = asked[number]
    found = [
        one
        for one in views.supplements(delivery_id=first.delivery_id, closed=True)
        if one.request_id == first.request_id
    ]
    assert [one.closed_by for one in found] == [delivery_id]


def test_a_refused_row_is_conserved_and_the_words_stay_clean(
    installation: Installation,
) -> None:
    delivery_id, handle, numbers = hold(installation)

    decide(installation, handle, Refuse())

    assert installation.tally(delivery_id) == Tally(read=1, refused=1)
    (row,) = installation.custody.views.rows(delivery_id)
    assert row.outcome is Outcome.REFUSED
    lines = b"\n".join(installation.custody.ledger.lines())
    for secret in (NAME, "13800138000", *numbers):
        assert secret.encode() not in lines
