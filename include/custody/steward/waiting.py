"""The pages of what waits: one delivery's held rows, and supplement requests."""

from collections.abc import Callable

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse

from custody.domain.delivery import DeliveryId
from custody.steward.labels import Labels
from custody.steward.rendering import Pages
from custody.steward.shelf import Shelf

SEARCHED_ROWS = 1000


def add_waiting_routes(
    app: FastAPI,
    pages: Pages,
    current_reader: Callable[..., str],
    open_shelf: Callable[[], Shelf],
) -> None:
    """Add what waits for a steward; `current_reader` guards as everywhere."""
    reader_of = Depends(current_reader)

    @app.get("/delivery/{delivery_id:path}")
    def delivery(
        request: Request, delivery_id: str, reader: str = reader_of
    ) -> HTMLResponse:
        shelf, wanted = open_shelf(), DeliveryId(delivery_id)
        found = shelf.views.delivery(wanted)
        if found is None:
            raise HTTPException(404, "missing")
        return pages.show(
            request,
            "delivery",
            reader,
            delivery=found,
            held=shelf.views.waiting(delivery_id=wanted),
            asked=shelf.views.supplements(delivery_id=wanted, closed=True),
            counts=shelf.views.supplement_counts(wanted),
            labels=Labels(shelf.policy, pages.language_of(request)),
        )

    @app.get("/supplements")
    def supplements(request: Request, reader: str = reader_of) -> HTMLResponse:
        shelf = open_shelf()
        return pages.show(
            request,
            "supplements",
            reader,
            counts=shelf.views.supplement_counts(),
            asked=shelf.views.supplements(limit=SEARCHED_ROWS),
            labels=Labels(shelf.policy, pages.language_of(request)),
        )
