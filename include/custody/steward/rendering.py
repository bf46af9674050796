"""Renders the pages: one template each, both languages, no script, no host."""

from functools import cache
from importlib.resources import files

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from custody.domain.language import Language, Text
from custody.steward.words import word

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'self'"
)
"""The Content-Security-Policy of every page; Airflow shows them in a frame."""

CONTACT_FIELDS = ("phone", "email", "postal_address")


class Pages:
    """All templates, parsed once."""

    def __init__(self, default: Language) -> None:
        """Take the language of a reader whose browser asks for neither."""
        self._default = default
        self._templates = Environment(
            loader=PackageLoader("custody.steward", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def show(
        self, request: Request, name: str, reader: str, **things: object
    ) -> HTMLResponse:
        """Return a page; `things` are what its template names."""
        return self._render(request, name, 200, reader=reader, **things)

    def show_refusal(self, request: Request, key: str, status: int) -> HTMLResponse:
        """As `show_fault`; the sentence is named by its key."""
        told = Text(word(key, Language.ZH), word(key, Language.EN))
        return self.show_fault(request, told, status)

    def show_fault(self, request: Request, told: Text, status: int) -> HTMLResponse:
        """Return a page that says in one sentence why there is none."""
        fault = told.of(self.language_of(request))
        return self._render(request, "fault", status, reader="", fault=fault)

    def _render(
        self, request: Request, name: str, status: int, **things: object
    ) -> HTMLResponse:
        language = self.language_of(request)
        other = Language.EN if language is Language.ZH else Language.ZH
        elsewhere = request.url.include_query_params(lang=other.value)
        text = self._templates.get_template(f"{name}.html.j2").render(
            page=name,
            root=request.scope.get("root_path", ""),
            language=language.value,
            other=other.value,
            elsewhere=f"?{elsewhere.query}",
            word=lambda key: word(str(key), language),
            contact_fields=CONTACT_FIELDS,
            **things,
        )
        return HTMLResponse(text, status_code=status)

    def language_of(self, request: Request) -> Language:
        """Return the language asked for by the page's link, then by the browser."""
        wanted = request.query_params.get("lang", "").lower()
        accepted = request.headers.get("accept-language", "").lower()
        for asked in (wanted, accepted[:2]):
            if asked in {language.value for language in Language}:
                return Language(asked)
        return self._default


@cache
def _bytes_of(name: str) -> bytes:
    return files("custody.steward").joinpath("static", name).read_bytes()


def asset(name: str, media_type: str) -> Response:
    """Return one of our own files."""
    return Response(_bytes_of(name), media_type=media_type)
