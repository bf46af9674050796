"""The pages: guarded as a whole, masked, in two languages, without scripts."""

import dataclasses
import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient

from custody.adapters.policy import load_policy
from custody.application.ports import CheckReport
from custody.application.views import (
    DeliverySummary,
    RecordView,
    SupplementView,
    Views,
    WaitingRow,
)
from custody.domain.backups import BackupAge, LastBackups
from custody.domain.delivery import DeliveryId, DeliveryState
from custody.domain.drills import DrillAge, DrillKind
from custody.domain.language import Language, Text
from custody.domain.outcome import Outcome, Tally
from custody.domain.policy import Policy
from custody.domain.unanswered import Unanswered, WordKind
from custody.errors import CustodyError, EvidenceError, WorldError
from custody.steward.app import create_app, date_in
from custody.steward.shelf import Shelf
from tests.fakes.views import FakeViews

POLICY = load_policy(Path(__file__).parents[3] / "include" / "policy")
PAGES = (
    *("/", "/run", "/register", "/register/XX2026000001", "/status"),
    *("/delivery/website/2026-11-23/1", "/supplements"),
)
FILES = ("/style.css", "/icon.svg", "/report/website/2026-11-23/1")
REPORT = b"<!doctype html><title>report</title>"
DAY = dt.date(2026, 11, 23)

DRILLS = (
    DrillAge(
        kind=DrillKind.STRUCTURAL,
        last=dt.datetime(2026, 10, 14, tzinfo=dt.UTC),
        overdue=True,
    ),
    DrillAge(kind=DrillKind.ATTENDED, last=None, overdue=False),
)
BACKUPS = LastBackups(
    (
        BackupAge(
            medium="disk", last=dt.datetime(2026, 11, 3, tzinfo=dt.UTC), overdue=False
        ),
    ),
    ("website 2026-11-02",),
    known=True,
)


@dataclasses.dataclass(frozen=True)
class FakeShelf:
    """A shelf of one delivery and one customer."""

    views: Views
    policy: Policy = POLICY
    storage: str = "server A: sealed"
    now: dt.datetime = dt.datetime(2026, 11, 23, 2, tzinfo=dt.UTC)
    lost: tuple[Unanswered, ...] = ()

    def drills(self) -> tuple[DrillAge, ...]:
        return DRILLS

    def backups(self) -> LastBackups:
        return BACKUPS

    def unanswered(self) -> tuple[Unanswered, ...]:
        return self.lost

    def report(self, delivery_id: str) -> CheckReport | None:
        if delivery_id != "website/2026-11-23/1":
            return None
        return CheckReport(page=REPORT, corrections=b"PK", summary={})


def summary(source: str, day: dt.date = DAY) -> DeliverySummary:
    return DeliverySummary(
        delivery_id=DeliveryId(f"{source}/{day}/1"),
        source_id=source,
        business_date=day,
        state=DeliveryState.LOADED,
        tally=Tally(read=3, loaded=3),
        reasons=("a<b",),
        received_at=dt.datetime(2026, 11, 23, 2, tzinfo=dt.UTC),
        exported_at=None,
        erased_at=None,
    )


RECORD = RecordView(
    handle=b"h" * 16,
    number="XX2026000001",
    version=1,
    delivery_id=DeliveryId("website/2026-11-23/1"),
    row=1,
    state="pending_review",
    level="high",
    tier="low",
    industry="finance_bank",
    customer_type="new",
    party="natural",
    responsible="客户经理-王*",
    classes="region=east",
    name=None,
    shown={"customer_name": "<script>x</script>", "phone": "199****0000"},
)


HELD = WaitingRow(
    delivery_id=RECORD.delivery_id,
    row=7,
    handle=b"w" * 16,
    outcome=Outcome.HELD,
    reasons=("ambiguous_match",),
    level="high",
    name="王*",
    candidates={"XX2026000001": ("resident_id",), "XX2026000002": ("phone",)},
)
OPEN = SupplementView(
    request_id=1,
    delivery_id=RECORD.delivery_id,
    row=9,
    handle=b"o" * 16,
    field="contact",
    reason="missing",
    opened_at=dt.datetime(2026, 11, 23, 2, tzinfo=dt.UTC),
)
CLOSED = dataclasses.replace(
    OPEN,
    request_id=2,
    field="email",
    closed_at=dt.datetime(2026, 11, 24, 2, tzinfo=dt.UTC),
    closed_by=DeliveryId("website/2026-11-24/1"),
    number="XX2026000001",
)


def somebody() -> str:
    return "olive"


def nobody() -> str:
    raise HTTPException(401, "Not authenticated")


def stranger() -> str:
    raise HTTPException(403, "denied")


def make(reader: Callable[[], str] = somebody, *deliveries: DeliverySummary) -> FastAPI:
    known = deliveries or (summary("website"),)
    shelf = FakeShelf(FakeViews(known, (RECORD,), (HELD,), (OPEN, CLOSED)))
    return create_app(reader, lambda: shelf, login_path="/login", language=Language.EN)


def client(app: FastAPI) -> TestClient:
    return TestClient(app, follow_redirects=False)


@pytest.mark.parametrize("path", PAGES + FILES)
def test_nobody_sees_anything(path: str) -> None:
    """The guard stands on the app: no route can be forgotten."""
    assert client(make(nobody)).get(path).status_code == 401
    assert client(make(stranger)).get(path).status_code == 403


@pytest.mark.parametrize("path", PAGES + FILES)
def test_without_the_guard_everything_is_open(path: str) -> None:
    """The twin: what the guard stops is there to be had."""
    app = make(nobody)
    app.dependency_overrides[nobody] = somebody

    assert client(app).get(path).status_code == 200


@pytest.mark.parametrize("path", ["/openapi.json", "/docs", "/redoc"])
def test_no_schema_is_given_away(path: str) -> None:
    """Not even to those who may see the pages."""
    assert client(make()).get(path).status_code == 404


def test_a_browser_without_a_login_is_sent_to_it() -> None:
    """And comes back to the page it asked for."""
    answer = client(make(nobody)).get("/register", headers={"accept": "text/html"})

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?next=http%3A%2F%2F")


OWN = {"origin": "http://testserver", "sec-fetch-site": "same-origin"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://evil.example", "sec-fetch-site": "cross-site"},
        {"origin": "http://testserver"},
        {"sec-fetch-site": "same-origin"},
        {"origin": "http://evil.example", "sec-fetch-site": "same-origin"},
        {"origin": "null", "sec-fetch-site": "same-origin"},
    ],
)
def test_a_change_from_elsewhere_is_refused(headers: dict[str, str]) -> None:
    """A foreign page can send a form with our cookie; it cannot send both marks."""
    app = make()
    app.post("/change")(lambda: {"changed": True})

    assert client(app).post("/change", headers=headers).status_code == 403


def test_a_change_from_our_own_page_passes() -> None:
    """The twin: with both marks the very same change happens."""
    app = make()
    app.post("/change")(lambda: {"changed": True})

    assert client(app).post("/change", headers=OWN).json() == {"changed": True}


@pytest.mark.parametrize("path", PAGES)
def test_every_page_forbids_what_it_does_not_need(path: str) -> None:
    """No script, no foreign host, no store, no frame elsewhere."""
    answer = client(make()).get(path)

    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "script-src" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "<script" not in answer.text
    assert "http://" not in answer.text.replace("http://testserver", "")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_speaks_both_languages(path: str) -> None:
    """By its link, else by the browser, else by the setting."""
    pages = client(make())

    zh = pages.get(path, params={"lang": "zh"}).text
    by_browser = pages.get(path, headers={"accept-language": "zh-CN,zh"}).text
    en = pages.get(path).text

    assert 'lang="zh-CN"' in zh
    assert "批次交付" in zh
    assert "批次交付" in by_browser
    assert 'lang="en"' in en
    assert "Deliveries" in en


def test_what_is_shown_is_text_and_no_markup() -> None:
    """A name that is a script stays a name."""
    text = client(make()).get("/register").text

    assert "&lt;script&gt;" in text
    assert "<script" not in text


@pytest.mark.parametrize(
    ("tongue", "told"),
    [
        (
            "zh",
            {
                "客户类型": "新客", "敏感级别": "高", "行业属性": "金融-银行",
                "价值等级": "低", "信息存储位置": "server A: sealed", "加密状态": "是",
            },
        ),
        (
            "en",
            {
                "Customer type": "New", "Sensitivity": "High",
                "Industry": "Finance-Bank", "Value": "Low",
                "Storage location": "server A: sealed", "Encrypted": "yes",
            },
        ),
    ],
)  # fmt: skip
def test_the_form_tells_each_item_under_its_name(
    tongue: str, told: dict[str, str]
) -> None:
    """R32, R33, R34, R36, R38, R40; the customer type, where the text ends (R77)."""
    text = client(make()).get(f"/register/XX2026000001?lang={tongue}").text
    items = dict(
        re.findall(r"<dt>(.*?)</dt><dd>(?:<span[^>]*>)?(.*?)(?:</span>)?</dd>", text)
    )

    assert {name: items[name] for name in told} == told


def test_the_form_speaks_in_the_words_of_policy() -> None:
    """Industry pair, departments, retention and storage are policy's and reality's."""
    text = client(make()).get("/register/XX2026000001?lang=zh").text

    for words in ("金融-银行", "法务部", "客户注销 + 10年", "server A: sealed", "华东"):
        assert words in text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "zh",
            (
                "挂起的行",
                "匹配键指向不同的客户",
                "新客户",
                "联系方式（电话、邮箱或地址）：缺失",
                "电子邮箱：缺失",
                "已结",
            ),
        ),
        (
            "en",
            (
                "Held rows",
                "its match keys name different customers",
                "a new customer",
                "contact (phone, e-mail or address): missing",
                "Closed",
            ),
        ),
    ],
)
def test_a_delivery_shows_its_held_rows_and_how_to_decide_them(
    language: str, words: tuple[str, ...]
) -> None:
    """Row, handle, why in words, the masked name, whom it names; no value."""
    page = client(make()).get(f"/delivery/website/2026-11-23/1?lang={language}").text

    for expected in (*words, HELD.handle.hex(), "王*", "XX2026000002", "row decide"):
        assert expected in page
    assert "ambiguous_match" not in page
    assert "website/2026-11-24/1" in page


def test_a_held_delivery_is_decided_as_a_whole() -> None:
    """No row of it has an outcome yet."""
    held = dataclasses.replace(summary("website"), state=DeliveryState.HELD)

    page = client(make(somebody, held)).get("/delivery/website/2026-11-23/1").text

    assert "custody delivery release website/2026-11-23/1" in page


def test_a_delivery_that_is_not_there_is_a_page() -> None:
    """And says so."""
    assert client(make()).get("/delivery/website/2026-11-23/9").status_code == 404


@pytest.mark.parametrize(
    ("tongue", "told"),
    [
        ("zh", "读取：OperationalError；可重试"),
        ("en", "read: OperationalError; the step may be repeated"),
    ],
)
@pytest.mark.parametrize(("kind", "status"), [(WorldError, 503), (EvidenceError, 500)])
def test_an_error_of_ours_is_a_page_in_the_readers_language(
    kind: type[CustodyError], status: int, tongue: str, told: str
) -> None:
    """A database that is away ended in a bare English word."""
    text = Text(
        "读取：OperationalError；可重试",
        "read: OperationalError; the step may be repeated",
    )

    def away() -> Shelf:
        raise text.as_error(kind)

    app = create_app(somebody, away, login_path="/login", language=Language.EN)

    answer = client(app).get(f"/status?lang={tongue}")

    assert answer.status_code == status
    assert told in answer.text
    assert "Content-Security-Policy" in answer.headers


def test_supplement_requests_are_listed_by_delivery() -> None:
    """How many are open and closed; which are open."""
    pages = client(make())

    listed = pages.get("/supplements?lang=en").text
    register = pages.get("/register?lang=en").text

    assert "contact (phone, e-mail or address): missing" in listed
    assert "website/2026-11-24/1" not in listed
    assert "Open 1 · Closed 1" in " ".join(register.split())


def test_a_run_shows_the_deliveries_of_its_date_and_source() -> None:
    """Others of the same day or the same source are not there."""
    other_day = summary("website", dt.date(2026, 11, 22))
    app = make(somebody, summary("website"), summary("partner_bank"), other_day)

    query = {"dag": "intake__website", "run": "demo__2026-11-23__r1"}
    text = client(app).get("/run", params=query).text

    assert "website/2026-11-23/1" in text
    assert "partner_bank" not in text
    assert "2026-11-22" not in text


def test_the_report_is_the_stored_page() -> None:
    """Byte for byte; its own policy allows its own style only."""
    answer = client(make()).get("/report/website/2026-11-23/1")

    assert answer.content == REPORT
    assert client(make()).get("/report/website/2026-11-23/9").status_code == 404


def test_the_correction_list_is_a_download() -> None:
    """Named after the delivery."""
    answer = client(make()).get("/corrections/website/2026-11-23/1")

    assert "website_2026-11-23_1.xlsx" in answer.headers["content-disposition"]


@pytest.mark.parametrize(
    ("run_id", "date"),
    [
        ("scheduled__2026-11-24T00:00:00+08:00__2026-11-23__aB3", DAY),
        ("backfill__2026-11-23T00:00:00__2026-11-23__x", DAY),
        ("sweep__2026-11-23__20261123T1905", DAY),
        ("manual__2026-11-23T19:05:00", None),
        ("demo__2026-13-45__r", None),
    ],
)
def test_a_run_id_names_its_date(run_id: str, date: dt.date | None) -> None:
    """As Airflow writes the partition key, and as we do."""
    assert date_in(run_id) == date


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("zh", ("结构演练", "40 天前", "已超期", "尚无", "20 天前", "未齐备的接收日")),
        ("en", ("structural", "40 days ago", "overdue", "none yet", "20 days ago")),
    ],
)
def test_the_status_page_tells_of_drills_backups_and_days_that_lack(
    language: str, told: tuple[str, ...]
) -> None:
    """R65: two ages, one overdue, and what was not complete in the last backup."""
    page = client(make()).get(f"/status?lang={language}").text

    assert all(one in page for one in (*told, "website 2026-11-02", "disk"))
    assert page.count("refused") == 1


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("zh", ("恢复所丢失、待答复", "法定保留（此前不会销毁任何客户）", "事件")),
        ("en", ("Lost by a restore, to be answered", "legal hold", "event")),
    ],
)
def test_the_status_page_names_what_a_restore_lost_until_it_is_answered(
    language: str, told: tuple[str, ...]
) -> None:
    """R69: and how it is answered; a page of whom nothing is lost has no such part."""
    kinds = ((WordKind.HOLD, "0a0a"), (WordKind.EVENT, "0b0b"))
    lost = tuple(
        Unanswered(kind=kind, word_id=name, restored=9) for kind, name in kinds
    )
    shelf = FakeShelf(FakeViews((), (), (), ()), lost=lost)
    app = create_app(somebody, lambda: shelf, login_path="/", language=Language.EN)

    page = client(app).get(f"/status?lang={language}").text
    other = client(make()).get(f"/status?lang={language}").text

    how = "custody retention unanswered"
    assert all(one in page for one in (*told, "0a0a", "0b0b", how))
    assert how not in other
