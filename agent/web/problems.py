"""Why a request is not carried out: one plain line on text endpoints, a JSON problem under /api."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from starlette.responses import PlainTextResponse, Response

from agent.wire import Code, Problem, Text
from inventory.errors import ActionRefused, InputError, StoreError, WardopsError
from inventory.language import LANGUAGES, both

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

PROBLEM_TYPE = "application/problem+json"
API = "/api/"

STATUS: Mapping[Code, int] = {
    "bad_request": 400,
    "not_found": 404,
    "role_denied": 403,
    "changes_off": 403,
    "not_in_inventory": 403,
    "conflict": 409,
    "gone": 410,
    "confirm_needed": 422,
    "too_many": 429,
    "busy": 503,
    "unavailable": 503,
    "internal": 500,
}
_OF_STATUS: Mapping[int, Code] = {404: "not_found", 429: "too_many", 503: "unavailable"}


class Refusal(WardopsError):
    """A request that is answered with a problem; `code` is of the closed set.

    The detail is the English sentence; the title says the same as the code in both languages.
    """

    def __init__(
        self,
        code: Code,
        key: str,
        *,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        **values: object,
    ) -> None:
        super().__init__(key, **values)
        self.code: Code = code
        self.status = status or STATUS[code]
        self.headers = dict(headers or {})


def code_of(error: WardopsError) -> Code:
    """The code for an error of the engine; what has none is a bug and must not come here."""
    if isinstance(error, Refusal):
        return error.code
    if isinstance(error, InputError):
        return "bad_request"
    if isinstance(error, ActionRefused):
        return "conflict"
    return "unavailable" if isinstance(error, StoreError) else "internal"


def code_for_status(status: int) -> Code:
    """The code for an HTTP status of the framework's own (unknown path, wrong method)."""
    return _OF_STATUS.get(status, "bad_request")


def text_of(error: WardopsError) -> Text:
    """The error's sentence in every language."""
    said = {language: error.text(language) for language in LANGUAGES}
    return Text.model_validate(said)


def problem_response(
    request: Request,
    code: Code,
    status: int,
    detail: str,
    headers: Mapping[str, str] | None = None,
    message: Text | None = None,
) -> Response:
    """The answer: a JSON problem under /api, else one line of text."""
    if not request.url.path.startswith(API):
        line = " ".join(detail.split())
        return PlainTextResponse(f"{line}\n", status_code=status, headers=headers)
    title = Text.model_validate(both(f"api.problem.{code}"))
    problem = Problem(title=title, status=status, code=code, detail=detail, message=message)
    return Response(
        problem.model_dump_json(), status_code=status, media_type=PROBLEM_TYPE, headers=headers
    )


def error_response(request: Request, error: WardopsError) -> Response:
    """The answer to one of our errors."""
    code = code_of(error)
    status = error.status if isinstance(error, Refusal) else STATUS[code]
    headers = error.headers if isinstance(error, Refusal) else None
    return problem_response(request, code, status, str(error), headers, text_of(error))


CODES: tuple[Code, ...] = get_args(Code)
