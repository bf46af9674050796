"""The pages as a person sees them: a real browser, a real login, both languages."""

import datetime as dt
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, sync_playwright

from custody.domain.delivery import DeliveryId
from tests.dags.conftest import Running

pytestmark = pytest.mark.browser

DAY = dt.date(2026, 10, 12)
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def delivery(running: Running) -> DeliveryId:
    """One delivery, taken the whole way."""
    delivery_id = running.land(DAY)
    assert not running.intake(DAY)
    return delivery_id


@pytest.fixture
def page(running: Running) -> Iterator[Page]:
    """A browser in which the steward has logged in at Airflow's own page.

    It opens the address people are given: a login is good for that host alone.
    """
    path = shutil.which("chromium")
    assert path is not None, "the browser tests need Debian's chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*QUIET])
        opened = browser.new_page(base_url=running.airflow.places.page_url)
        opened.goto("/auth/login/")
        opened.fill("#username", "steward")
        opened.fill("#password", running.airflow.logins()["steward"])
        opened.click("input[type=submit]")
        opened.wait_for_url(lambda address: "/auth/" not in address)
        yield opened
        browser.close()


def test_a_steward_reads_the_report_in_both_languages(
    page: Page, delivery: DeliveryId
) -> None:
    """One self-contained page; the switch needs no script."""
    page.goto(f"/custody/report/{delivery}")

    assert page.get_by_text("检查结果").is_visible()
    page.get_by_text("English", exact=True).click()
    assert page.get_by_text("Rows by sensitivity level").is_visible()
    assert not page.get_by_text("检查结果").is_visible()


def test_the_register_shows_masks_in_both_languages(
    page: Page, delivery: DeliveryId
) -> None:
    """R30, R31: numbers, masks, levels; nothing in clear."""
    assert delivery

    page.goto("/custody/register?lang=zh")
    chinese = page.inner_text("main")
    page.goto("/custody/register?lang=en")
    english = page.inner_text("main")

    assert "客户编号" in chinese
    assert "****" in chinese
    assert "客户编号" not in english
    assert "****" in english


def test_the_report_is_a_tab_of_the_run(
    page: Page, running: Running, delivery: DeliveryId
) -> None:
    """A data engineer who watches the run finds the report beside it."""
    status, answer = running.as_user(
        "admin", "GET", "/api/v2/dags/intake__website/dagRuns?order_by=-run_after"
    )
    assert status == 200
    run_id = next(
        run["dag_run_id"]
        for run in answer["dag_runs"]
        if DAY.isoformat() in str(run["dag_run_id"])
    )

    page.goto(f"/dags/intake__website/runs/{run_id}/plugin/validation")
    frame = page.frame_locator("iframe")

    frame.get_by_text(delivery).first.wait_for()
    assert frame.get_by_text(delivery).first.is_visible()


def test_without_a_login_nothing_is_shown(running: Running) -> None:
    """The plugin's pages stand behind Airflow's login."""
    status, _ = running.as_user(None, "GET", "/custody/register")

    assert status == 401
