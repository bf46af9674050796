"""Commands about deliveries and the quarantine, in both languages, over fakes."""

import dataclasses
import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner, Result

from custody import bootstrap
from custody.application.intake.deliver import DeliverFiles
from custody.application.intake.hold import HeldDeliveries
from custody.application.intake.quarantine import QuarantineRoom
from custody.cli import deliver, delivery, quarantine
from custody.crypto import signing
from custody.domain.delivery import DeliveryState
from custody.domain.outcome import Tally
from tests.builders.deliveries import DAY, MOMENT, delivery_key, delivery_record
from tests.builders.policies import policy_of, source
from tests.fakes.delivery_book import FakeDeliveryBook
from tests.fakes.landing import FakeLanding
from tests.fakes.ledger import FakeLedger
from tests.fakes.quarantine import IDENTITY, FakeQuarantine
from tests.fakes.views import FakeViews
from tests.fakes.world import FixedClock

HELD = delivery_key().delivery_id


class Desk:
    """The three groups of commands over one invented installation."""

    def __init__(self, folder: Path) -> None:
        self.app = typer.Typer()
        for module in (deliver, delivery, quarantine):
            module.add_to(self.app)
        self.landing = FakeLanding()
        self.book = FakeDeliveryBook(MOMENT)
        self.ledger = FakeLedger()
        self.store = FakeQuarantine()
        clock, policy = FixedClock(MOMENT), policy_of(source())
        self.custody = SimpleNamespace(
            policy=policy,
            clock=clock,
            book=self.book,
            views=FakeViews((), ()),
            deliver=DeliverFiles(landing=self.landing, book=self.book),
            held=HeldDeliveries(book=self.book),
            quarantine=QuarantineRoom(
                policy=policy,
                quarantine=self.store,
                book=self.book,
                ledger=self.ledger,
                clock=clock,
            ),
            settings=SimpleNamespace(
                airflow_url=None, airflow_credentials_file=folder / "none.json"
            ),
        )

    def run(self, *arguments: object) -> Result:
        return CliRunner().invoke(self.app, [str(word) for word in arguments])


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    monkeypatch.setenv("CUSTODY_LANG", "en")
    monkeypatch.setattr(bootstrap, "open_custody", lambda: desk.custody)
    return desk


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    file = tmp_path / "rows.jsonl"
    file.write_bytes(b'{"customer_name": "CANARY"}\n')
    return file


def test_files_are_delivered_today_under_the_next_sequence(
    desk: Desk, rows: Path
) -> None:
    first = desk.run("deliver", "website", rows)
    second = desk.run("deliver", "website", rows, "--date", "2026-11-23")

    assert first.exit_code == second.exit_code == 0
    assert f"website/{DAY}/1" in first.output
    assert f"website/{DAY}/2" in second.output
    assert "hourly sweep" in first.output


def test_a_delivery_is_signed_with_a_pem_key(
    desk: Desk, rows: Path, tmp_path: Path
) -> None:
    key = bytes(range(32))
    (tmp_path / "key.pem").write_bytes(signing.private_to_pem(key))

    result = desk.run("deliver", "website", rows, "--sign-key", tmp_path / "key.pem")

    folder = desk.landing.folders[delivery_key()]
    assert result.exit_code == 0
    assert signing.verify(
        signing.public_key_of(key),
        folder["manifest.json"],
        folder["manifest.sig"],
        label=signing.MANIFEST_LABEL,
    )


def test_a_given_manifest_goes_as_it_is_and_only_for_its_source(
    desk: Desk, rows: Path, tmp_path: Path
) -> None:
    desk.run("deliver", "website", rows)
    manifest = tmp_path / "m.json"
    manifest.write_bytes(desk.landing.folders.pop(delivery_key())["manifest.json"])
    signature = tmp_path / "m.sig"
    signature.write_bytes(bytes(64))
    options = ("--manifest", manifest, "--signature", signature)

    other = desk.run("deliver", "partner", rows, *options)
    same = desk.run("deliver", "website", rows, *options)
    half = desk.run("deliver", "website", rows, "--manifest", manifest)

    assert (other.exit_code, same.exit_code, half.exit_code) == (1, 0, 1)
    assert (
        desk.landing.folders[delivery_key()]["manifest.json"] == manifest.read_bytes()
    )


@pytest.mark.parametrize("name", ["../etc", "a b", ""])
def test_a_source_id_that_is_no_folder_name_is_refused(
    desk: Desk, rows: Path, name: str
) -> None:
    result = desk.run("deliver", name, rows)

    assert result.exit_code == 1
    assert desk.landing.folders == {}


def test_a_key_file_that_is_none_is_refused_without_its_content(
    desk: Desk, rows: Path
) -> None:
    result = desk.run("deliver", "website", rows, "--sign-key", rows)

    assert result.exit_code == 1
    assert "CANARY" not in result.output


def _hold(desk: Desk) -> None:
    record = delivery_record(DeliveryState.HELD, tally=Tally(read=3, held=3))
    desk.book.records[HELD] = dataclasses.replace(record, reasons=("unknown_column",))


def test_deliveries_are_listed_as_table_and_as_json(desk: Desk) -> None:
    _hold(desk)

    table = desk.run("delivery", "list")
    lines = desk.run("delivery", "list", "--state", "held", "--json")
    none = desk.run("delivery", "list", "--state", "loaded", "--json")

    assert "unknown_column" in table.output
    document = json.loads(lines.output)
    assert (document["delivery"], document["held"]) == (HELD, 3)
    assert none.output == ""


def test_one_delivery_is_shown(desk: Desk) -> None:
    _hold(desk)

    found = desk.run("delivery", "show", HELD, "--json")
    absent = desk.run("delivery", "show", "website/2026-11-23/9")

    assert json.loads(found.output)["state"] == "held"
    assert absent.exit_code == 1


def test_a_held_delivery_is_released_once(desk: Desk) -> None:
    _hold(desk)

    first = desk.run("delivery", "release", HELD, "--reason", "agreed")
    second = desk.run("delivery", "release", HELD, "--reason", "agreed")

    assert (first.exit_code, second.exit_code) == (0, 1)
    assert "not held" in second.output
    assert desk.book.records[HELD].state is DeliveryState.CHECKED


def test_a_held_delivery_is_refused_for_a_fit_reason_only(desk: Desk) -> None:
    _hold(desk)

    unfit = desk.run("delivery", "refuse", HELD, "--reason", "call 13800138000")
    fit = desk.run("delivery", "refuse", HELD, "--reason", "wrong file")

    assert (unfit.exit_code, fit.exit_code) == (1, 0)
    assert desk.book.records[HELD].state is DeliveryState.REFUSED


def test_a_delivery_is_reclassified_by_name_and_reason(desk: Desk) -> None:
    """Only where its rows are in staging, for a reason that names no person."""
    asked: list[tuple[str, str]] = []

    def reclassify(delivery_id: str, *, reason: str, actor: str) -> str:
        assert actor
        asked.append((delivery_id, reason))
        return answers.pop(0)

    desk.custody.reclassify = reclassify
    answers = ["sealed", "loaded", "unknown", "unfit_reason", "source_not_approved"]

    results = [
        desk.run("delivery", "reclassify", HELD, "--reason", "named now")
        for _ in range(5)
    ]

    assert [result.exit_code for result in results] == [0, 1, 1, 1, 1]
    assert asked == [(HELD, "named now")] * 5
    assert "hourly sweep" in results[0].output
    assert "not in staging" in results[1].output
    assert "no such delivery" in results[2].output
    assert "personal data" in results[3].output
    assert "not approved" in results[4].output


def test_the_quarantine_is_listed_shown_opened_and_emptied(
    desk: Desk, tmp_path: Path
) -> None:
    name = f"{HELD}/rows.jsonl"
    desk.store.put(name, io.BytesIO(b"plain"))
    identity = tmp_path / "identity"
    identity.write_text(f"# created: invented\n{IDENTITY}\n", encoding="utf-8")
    out = tmp_path / "out"
    opening = ("quarantine", "open", name, "--identity", identity, "--reason", "look")

    listed = desk.run("quarantine", "list", "--json")
    shown = desk.run("quarantine", "show", name, "--json")
    piped = desk.run(*opening)
    written = desk.run(*opening, "--out", out)
    refused = desk.run("quarantine", "refuse", name, "--reason", "not ours")
    absent = desk.run("quarantine", "show", name)

    assert json.loads(listed.output) == json.loads(shown.output)
    assert piped.output == "plain"
    assert written.exit_code == 0
    assert out.read_bytes() == b"plain"
    assert out.stat().st_mode & 0o777 == 0o600
    assert refused.exit_code == 0
    assert absent.exit_code == 1
    kinds = [entry.kind for entry in desk.ledger.entries]
    assert kinds == ["quarantine_opened", "quarantine_opened", "quarantine_refused"]


def test_a_wrong_identity_opens_nothing_and_is_in_the_ledger(
    desk: Desk, tmp_path: Path
) -> None:
    desk.store.put("website/x", io.BytesIO(b"plain"))
    identity = tmp_path / "identity"
    identity.write_text("another\n", encoding="utf-8")

    result = desk.run(
        "quarantine", "open", "website/x", "--identity", identity, "--reason", "look"
    )

    assert result.exit_code == 1
    assert "plain" not in result.output
    assert len(desk.ledger.entries) == 1


def test_texts_are_chinese_where_chinese_is_asked_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTODY_LANG", "zh")

    result = desk.run("quarantine", "list")

    assert "隔离区为空" in result.output
