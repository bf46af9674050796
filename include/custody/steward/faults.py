"""Why there is no page: a page that says so in one sentence, in both languages."""

from collections.abc import Callable
from urllib.parse import quote

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from custody.domain.language import said
from custody.errors import CustodyError, WorldError
from custody.steward.rendering import Pages

_HTML = "text/html"
_UNAVAILABLE, _FAULT = 503, 500


def add_fault_pages(app: FastAPI, pages: Pages, login_path: str) -> None:
    """Answer refusals, and errors of ours, by a page; browsers log in first."""
    app.exception_handler(HTTPException)(_refusal_page(pages, login_path))
    app.exception_handler(CustodyError)(_error_page(pages))


def _refusal_page(
    pages: Pages, login_path: str
) -> Callable[[Request, HTTPException], Response]:
    """Return a handler: browsers without a login go there, others get a page."""

    def show(request: Request, fault: HTTPException) -> Response:
        wants_page = _HTML in request.headers.get("accept", "")
        if fault.status_code == 401 and wants_page:  # noqa: PLR2004 - HTTP
            wanted = quote(str(request.url), safe="")
            return RedirectResponse(f"{login_path}?next={wanted}", 303)
        key = {403: "denied", 401: "denied"}.get(fault.status_code, str(fault.detail))
        return pages.show_refusal(request, key, fault.status_code)

    return show


def _error_page(pages: Pages) -> Callable[[Request, CustodyError], Response]:
    """Return a handler of our own errors, which name the place and never a value."""

    def show(request: Request, error: CustodyError) -> Response:
        status = _UNAVAILABLE if isinstance(error, WorldError) else _FAULT
        return pages.show_fault(request, said(error), status)

    return show
