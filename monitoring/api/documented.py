"""How an endpoint is told in the schema: one decorator, with the errors that every endpoint may answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from monitoring.api.examples import EXAMPLES
from monitoring.api.shapes import Error, Shape

CONFIGURE, TOKENS, EVENTS, FIGURES, REQUESTS = "Providers", "Tokens", "Event logs", "Figures", "Request log"
ERRORS = {
    400: "A parameter or field is wrong; `param` names it.",
    401: "No session and no API key, or one that is unknown, disabled or expired.",
    403: "The scope or permission is missing, it tells of all teams, or the CSRF token is.",
    404: "There is no such provider; the message names those that are near.",
    405: "The endpoint does not take that method; `Allow` says which.",
    409: "As things are this cannot be done; the message says why.",
    413: "The body is larger than `MAX_BODY_BYTES`.",
    415: "The body is not `application/json`.",
    429: "More than `MONITORING_API_RATE` requests in a minute. `Retry-After` says when one more will do.",
    503: "It cannot be told now; the message says why.",
}
ALWAYS = (400, 401, 403, 405, 429, 503)
WITH_BODY = (413, 415)
RETRY_AFTER = OpenApiParameter(
    "Retry-After", int, OpenApiParameter.HEADER, response=[429], required=True, description="Seconds."
)
ALLOW = OpenApiParameter("Allow", str, OpenApiParameter.HEADER, response=[405], required=True)
NAME = OpenApiParameter(
    "name",
    {"type": "string", "minLength": 1, "maxLength": 60},
    OpenApiParameter.PATH,
    description="The provider's name, without regard to case, `_` and `-`.",
)

Handler = Callable[..., Any]


def told(
    operation: str,
    summary: str,
    description: str = "",
    *,
    tag: str,
    returns: type[Shape],
    params: type[Any] | None = None,
    takes: type[Shape] | None = None,
    asked: Any = None,
    named: bool = False,
    errors: Sequence[int] = (),
) -> Callable[[Handler], Handler]:
    """``asked`` is a body as an example; ``named``: the address holds a provider's name."""
    codes = sorted({*ALWAYS, *errors, *((404,) if named else ()), *(WITH_BODY if takes else ())})
    examples = [OpenApiExample("Answer", value=EXAMPLES[operation], response_only=True, status_codes=["200"])]
    if asked is not None:
        examples.append(OpenApiExample("Request", value=asked, request_only=True))
    return extend_schema(
        operation_id=operation,
        summary=summary,
        description=description,
        tags=[tag],
        parameters=[*([NAME] if named else []), *([params] if params else []), RETRY_AFTER, ALLOW],
        request={"application/json": takes} if takes else None,
        responses={200: returns, **{code: OpenApiResponse(Error, description=ERRORS[code]) for code in codes}},
        examples=examples,
    )
