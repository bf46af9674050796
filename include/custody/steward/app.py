"""The steward pages: an app factory that is handed who is looking.

Airflow serves plugin apps without any authentication and accepts requests from
foreign pages (measured), so the guard stands on the whole app, there is no
schema or documentation route, and whatever changes something must come from
our own page.
"""

import datetime as dt
import re
from collections.abc import Awaitable, Callable
from urllib.parse import quote, urlsplit

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from custody.application.views import whole
from custody.domain.language import Language
from custody.steward.faults import add_fault_pages
from custody.steward.labels import Labels
from custody.steward.rendering import POLICY, Pages, asset
from custody.steward.shelf import Shelf, fill_form
from custody.steward.waiting import SEARCHED_ROWS, add_waiting_routes

PAGE_ROWS = 100
_DATE = re.compile(r"__(\d{4}-\d{2}-\d{2})(?=__|$)")
_SAFE_METHODS = frozenset({"GET", "HEAD"})
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


CurrentReader = Callable[..., str]
"""A FastAPI dependency: the login name; 401 for nobody, 403 without permission."""

Next = Callable[[Request], Awaitable[Response]]


def create_app(
    current_reader: CurrentReader,
    open_shelf: Callable[[], Shelf],
    *,
    login_path: str,
    language: Language,
) -> FastAPI:
    """Return the app; every route asks `current_reader` first.

    `login_path` is where a browser without a login is sent; `language` is that
    of a reader whose browser asks for neither.
    """
    app = FastAPI(
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(current_reader)],
    )
    pages = Pages(language)
    app.middleware("http")(_guard_changes)
    add_fault_pages(app, pages, login_path)
    _add_delivery_routes(app, pages, current_reader, open_shelf)
    add_waiting_routes(app, pages, current_reader, open_shelf)
    _add_report_routes(app, open_shelf)
    _add_register_routes(app, pages, current_reader, open_shelf)
    _add_status_route(app, pages, current_reader, open_shelf)
    app.get("/style.css")(lambda: asset("style.css", "text/css"))
    app.get("/icon.svg")(lambda: asset("icon.svg", "image/svg+xml"))
    return app


def _add_delivery_routes(
    app: FastAPI,
    pages: Pages,
    current_reader: CurrentReader,
    open_shelf: Callable[[], Shelf],
) -> None:
    reader_of = Depends(current_reader)

    @app.get("/")
    def deliveries(request: Request, reader: str = reader_of) -> HTMLResponse:
        shelf = open_shelf()
        found = shelf.views.deliveries(limit=PAGE_ROWS)
        labels = Labels(shelf.policy, pages.language_of(request))
        return pages.show(
            request, "deliveries", reader, deliveries=found, labels=labels
        )

    @app.get("/run")
    def of_run(
        request: Request, dag: str = "", run: str = "", reader: str = reader_of
    ) -> HTMLResponse:
        source_id, day = dag.removeprefix("intake__"), date_in(run)
        shelf = open_shelf()
        found = [
            delivery
            for delivery in shelf.views.deliveries(limit=SEARCHED_ROWS)
            if delivery.source_id == source_id and day in {None, delivery.business_date}
        ]
        labels = Labels(shelf.policy, pages.language_of(request))
        return pages.show(
            request, "deliveries", reader, deliveries=found, labels=labels
        )


def _add_report_routes(app: FastAPI, open_shelf: Callable[[], Shelf]) -> None:
    @app.get("/report/{delivery_id:path}")
    def report(delivery_id: str) -> HTMLResponse:
        found = open_shelf().report(delivery_id)
        if found is None:
            raise HTTPException(404, "no_report")
        # The page names the hash of its own style; both policies hold.
        policy = POLICY.replace("style-src 'self'", "style-src 'unsafe-inline'")
        return HTMLResponse(found.page, headers={"Content-Security-Policy": policy})

    @app.get("/corrections/{delivery_id:path}")
    def corrections(delivery_id: str) -> Response:
        found = open_shelf().report(delivery_id)
        if found is None:
            raise HTTPException(404, "no_report")
        name = f"{delivery_id.replace('/', '_')}.xlsx"
        disposition = f"attachment; filename*=UTF-8''{quote(name)}"
        return Response(
            found.corrections,
            media_type=_XLSX,
            headers={"Content-Disposition": disposition},
        )


def _add_register_routes(
    app: FastAPI,
    pages: Pages,
    current_reader: CurrentReader,
    open_shelf: Callable[[], Shelf],
) -> None:
    reader_of = Depends(current_reader)

    @app.get("/register")
    def register(
        request: Request, after: str = "", reader: str = reader_of
    ) -> HTMLResponse:
        shelf = open_shelf()
        lines = shelf.views.customers(after=after, limit=PAGE_ROWS)
        more = lines[-1].number if len(lines) == PAGE_ROWS else None
        labels = Labels(shelf.policy, pages.language_of(request))
        return pages.show(
            request,
            "register",
            reader,
            lines=lines,
            more=more,
            labels=labels,
            counts=shelf.views.supplement_counts(),
        )

    @app.get("/register/{number}")
    def form(request: Request, number: str, reader: str = reader_of) -> HTMLResponse:
        shelf = open_shelf()
        record = whole(shelf.views.history(number))
        if record is None:
            raise HTTPException(404, "missing")
        filled = fill_form(record, shelf.policy, shelf.storage)
        labels = Labels(shelf.policy, pages.language_of(request))
        return pages.show(request, "form", reader, form=filled, labels=labels)


def _add_status_route(
    app: FastAPI,
    pages: Pages,
    current_reader: CurrentReader,
    open_shelf: Callable[[], Shelf],
) -> None:
    reader_of = Depends(current_reader)

    @app.get("/status")
    def status(request: Request, reader: str = reader_of) -> HTMLResponse:
        shelf = open_shelf()
        return pages.show(
            request,
            "status",
            reader,
            counts=shelf.views.counts(),
            drills=shelf.drills(),
            backups=shelf.backups(),
            unanswered=shelf.unanswered(),
            now=shelf.now,
        )


def date_in(run_id: str) -> dt.date | None:
    """Return the business date that a run's id names; None when it names none.

    Airflow writes the partition key as the part between double underscores,
    and so do our own ids.
    """
    found = _DATE.search(run_id)
    try:
        return None if found is None else dt.date.fromisoformat(found[1])
    except ValueError:
        return None


async def _guard_changes(request: Request, following: Next) -> Response:
    """Refuse a change that does not come from our own page; add the headers."""
    if request.method in _SAFE_METHODS or is_from_own_page(request):
        response = await following(request)
    else:
        response = Response(status_code=403)
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


def is_from_own_page(request: Request) -> bool:
    """Whether the browser says that a page of this very host sent the request.

    Both marks must be there: a form of a foreign page can set neither.
    """
    origin = urlsplit(request.headers.get("origin", ""))
    return (
        request.headers.get("sec-fetch-site") == "same-origin"
        and bool(origin.netloc)
        and origin.netloc == request.headers.get("host")
    )
