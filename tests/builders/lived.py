"""A register that has been lived in: what years leave behind, before a restore.

Several sources and days, versions, rows that wait, customers kept only, raised, held
and destroyed, plans of every standing, keys that moved, sets from before and after,
new cards, and deliveries and decisions after the last set.
"""

import dataclasses
import datetime as dt
import io
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from custody.adapters.offsite import medium_name
from custody.application.destroy.begin import Refusal
from custody.application.full_sets import ListedSet
from custody.application.ports import Offsite
from custody.application.ports.destruction_book import Run
from custody.application.retention import Answer, EventKind
from custody.bootstrap import Custody, open_custody
from custody.domain.approving import KeptPlan
from custody.domain.delivery import DeliveryId
from custody.domain.destruction import RunState
from custody.domain.levels import Level
from tests.builders.cards import renew_cards
from tests.builders.decided import Changes, request, withdrawal
from tests.builders.deliveries import DAY
from tests.builders.destructions import (
    REASON,
    Person,
    become_due,
    bring,
    bring_rows,
    form,
    found_reviewers,
    keep_plan,
    leave,
    sign,
    signed_plan,
    tell,
)
from tests.builders.installation import Installation
from tests.builders.people import chance
from tests.faults.breaking import unasked_check

NEXT_DAY = DAY + dt.timedelta(days=1)


@dataclass(frozen=True)
class Lived:
    """The register, who is who in it, and its plans."""

    installation: Installation
    gone: Person
    held: Person
    kept_only: Person
    raised: Person
    moved: Person
    due: Person
    stays: tuple[Person, ...]
    waiting: KeptPlan
    withdrawn: KeptPlan

    @property
    def custody(self) -> Custody:
        """Custody of it."""
        return self.installation.custody


def deliver(
    custody: Custody, source: str, content: bytes, *, name: str, on: dt.date = DAY
) -> DeliveryId:
    """Deliver one file and take it the whole way."""
    key = custody.deliver(source, {name: io.BytesIO(content)}, business_date=on)
    check = unasked_check(custody)
    for delivery_id in custody.admit(source, on).to_process:
        custody.seal(delivery_id)
        check(delivery_id)
        custody.load(delivery_id)
        custody.export(delivery_id)
        custody.erase(delivery_id)
    return key.delivery_id


def forms(*rows: dict[str, str], more: bytes = b"") -> bytes:
    """Return rows of the website as they are delivered."""
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    return "".join(f"{line}\n" for line in lines).encode() + more


def workbook(*names: str) -> bytes:
    """Return companies as the form lists them."""
    book, out = Workbook(), io.BytesIO()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.append(["客户全称", "联系人", "联系电话", "客户类型", "责任人"])
    for at, name in enumerate(names):
        sheet.append([name, "王示例", f"1390013{at:04}", "普通客户", "客户经理-王*"])
    book.save(out)
    return out.getvalue()


def live(installation: Installation, folder: Path) -> Lived:
    """Let everything happen that a register goes through."""
    made = found_reviewers(installation)
    custody = made.custody
    custody.copy_ledger()
    custody.plant_controls()
    persons = bring(made, 10, seed=1)
    gone, held, kept_only, moved, due, other, *stays = persons
    assert not custody.back_up().faults
    _rows_come(custody, moved, stays)
    raised = _raise(made, custody)
    _people_speak(custody, held, kept_only)
    _destroy(custody, gone)
    leave(custody, due, other)
    withdrawn = _withdrawn(custody, other)
    _move_keys(custody)
    custody.plant_controls()
    made = renew_cards(made, folder)
    assert not made.custody.back_up().faults
    waiting = _after_the_last_set(made, due, held, stays[2])
    return Lived(
        made, gone, held, kept_only, raised, moved, due, tuple(stays), waiting,
        withdrawn,
    )  # fmt: skip


def _rows_come(custody: Custody, moved: Person, stays: Sequence[Person]) -> None:
    """Bring another source, a newer version, and rows that wait or nobody can read."""
    form_of_two = workbook("示例甲公司", "示例乙公司")
    deliver(custody, "customer_form", form_of_two, name="form.xlsx")
    row = {**moved.row, "form_id": "moved", "phone": "13900139000"}
    deliver(custody, "website", forms(row), name="moved.jsonl")
    silent = {**form(chance(9), "silent"), "phone": "", "email": "", "address": ""}
    two = {**stays[0].row, "form_id": stays[1].row["form_id"]}
    waits = forms(silent, two, more=b'{"form_id":\n')
    deliver(custody, "website", waits, name="wait.jsonl")


def _people_speak(custody: Custody, held: Person, kept_only: Person) -> None:
    """Let one customer leave, and another be under a legal hold."""
    hold(custody, held)
    told = custody.keep_retention.record(
        kept_only.number, EventKind.DEREGISTRATION, DAY, reason=REASON, actor="test"
    )
    assert told.answer is Answer.DONE
    custody.restrict_customers()


def hold(custody: Custody, person: Person) -> str:
    """Set a legal hold; return its id."""
    told = custody.keep_retention.hold(person.number, reason=REASON, actor="test")
    assert told.answer is Answer.DONE
    return told.made_id.hex()


def _destroy(custody: Custody, person: Person) -> None:
    """Refuse a plan for a hold that is lifted later, and carry it out."""
    leave(custody, person)
    plan = signed_plan(custody, person)
    held = hold(custody, person)
    assert isinstance(custody.destroy(plan.digest), Refusal)
    custody.keep_retention.lift(bytes.fromhex(held), reason=REASON, actor="test")
    become_due(custody)
    run = custody.destroy(plan.digest)
    assert isinstance(run, Run)
    assert run.state is RunState.CERTIFIED


def _after_the_last_set(
    made: Installation, due: Person, held: Person, moved: Person
) -> KeptPlan:
    """Deliver, ask for a destruction, and set a second hold; only the ledger goes."""
    custody = made.custody
    waiting = keep_plan(custody, due)
    _ask(custody, waiting)
    bring(made, 2, seed=2)
    row = {**moved.row, "form_id": "later", "phone": "13900139999"}
    deliver(custody, "website", forms(row), name="later.jsonl", on=NEXT_DAY)
    hold(custody, held)
    custody.copy_ledger()
    return waiting


def _raise(made: Installation, custody: Custody) -> Person:
    """Bring somebody without an identity, and with one later: a higher level."""
    row = {**form(chance(31), "raised"), "id_number": ""}
    (person,) = bring_rows(made, [row])
    full = {**row, "id_number": form(chance(31), "raised")["id_number"]}
    deliver(custody, "website", forms(full), name="raised.jsonl")
    done = custody.restrict_customers()
    assert any(key.endswith("raised") for key in done), done
    return Person(person.number, full)


def _withdrawn(custody: Custody, person: Person) -> KeptPlan:
    plan = keep_plan(custody, person)
    asked, _ = sign(custody, plan)
    tell(custody, withdrawal(plan, asked))
    return plan


def _ask(custody: Custody, plan: KeptPlan) -> None:
    now = custody.clock.now()
    times = Changes(
        made_at=now - dt.timedelta(minutes=1),
        expires_at=now + dt.timedelta(days=9),
        larger=True,
    )
    tell(custody, request(plan, **times))


def _move_keys(custody: Custody) -> None:
    now = custody.clock.now()
    assert custody.rotate_epochs(before=now)
    assert custody.rotate_index(before=now) is not None
    sealed = custody.reseal_level(
        Level.HIGH,
        reason="a yearly exercise",
        actor="test",
        before=custody.clock.now(),
    )
    assert sealed is not None
    assert sealed.values


def media_aside(
    made: Installation, folder: Path, *, sets: int | None = None
) -> Installation:
    """Copy the media, with their oldest sets alone, for one restore to go on with."""
    custody = made.custody
    urls = []
    for url in custody.settings.offsite_urls:
        name = medium_name(url)
        shutil.copytree(custody.settings.home / "offsite" / name, folder / name)
        urls.append(f"{(folder / name).as_uri()}#{name}")
        listed = sorted(custody.full_sets.listed(_medium(custody, name)), key=_age)
        for one in [] if sets is None else listed[sets:]:
            for file in (folder / name / "full").glob(f"{one.name}.manifest*"):
                file.unlink()
    settings = dataclasses.replace(custody.settings, offsite_urls=tuple(urls))
    return dataclasses.replace(made, custody=open_custody(settings))


def _medium(custody: Custody, name: str) -> Offsite:
    return next(one for one in custody.media if one.name == name)


def _age(one: ListedSet) -> dt.datetime:
    assert one.full is not None
    assert one.full.made_at is not None
    return one.full.made_at
