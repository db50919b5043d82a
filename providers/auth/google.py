"""Google Cloud's credentials → headers: service accounts, a user's refresh token, access tokens, API keys, and the
chain of the machine itself (application default credentials).

Sources: developers.google.com/identity/protocols/oauth2/service-account; cloud.google.com/docs/authentication.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import google.auth
import msgspec
from google.auth import crypt, jwt
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError, TransportError
from google.auth.transport import Request, Response

from providers.canonical import HttpParts
from providers.errors import (
    AccessDenied,
    BadConfiguration,
    CredentialInvalid,
    RateLimited,
    SwitchboardError,
    VendorFailed,
    VendorGarbled,
    VendorOverloaded,
)
from providers.vendors.base import Answered, Ask, Grant, Headers
from providers.wires.openai.error_shapes import masked
from providers.wires.openai.errors import read_retry_after

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
TOKEN_URI = "https://oauth2.googleapis.com/token"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
API_KEYS = ("AIza", "AQ.")
PLAIN_HOST = "https://aiplatform.googleapis.com/v1"
LIFETIME = 3600  # seconds: the longest Google gives
LONGEST_LIFE = 86_400.0  # what is told beyond that is nonsense
LONGEST_WAIT = 60.0  # seconds for one request of the machine's own chain
_PLACE = re.compile(r"[a-z0-9-]+")


def key_headers(secret: str) -> Headers:
    """Of Google AI Studio: an API key, or an OAuth access token."""
    if secret.startswith("ya29."):
        return (("Authorization", f"Bearer {secret}"),)
    return (("x-goog-api-key", secret),)


def never_spelled(secret: str) -> None:
    """Every Vertex AI secret is granted: the address it is used at depends on it."""
    return


def vertex_base_url(settings: Mapping[str, str], *, project: str = "") -> str | None:
    """Where a project's models are; ``None`` where no project is named. The global location and the multi-regions have
    hosts of their own."""
    project = settings.get("project", "") or project
    location = settings.get("location", "") or "global"
    if not _PLACE.fullmatch(location):
        raise BadConfiguration("The location of Vertex AI must be a name such as us-central1.")
    if not project:
        return None
    host = f"{location}-aiplatform.googleapis.com"
    if location == "global":
        host = "aiplatform.googleapis.com"
    elif location in ("us", "eu"):
        host = f"aiplatform.{location}.rep.googleapis.com"
    return f"https://{host}/v1/projects/{quote(project, safe=':')}/locations/{location}"


async def vertex_exchange(ask: Ask, secret: str, settings: Mapping[str, str]) -> Grant:
    """The headers of ``secret`` and the address they are good for. Only a service account, a refresh token and the
    machine's own chain (an empty secret) use the network.

    Raises ``CredentialInvalid`` for a secret that is refused, ``BadConfiguration`` where there is none to be found.
    """
    secret = secret.strip()
    if not secret:
        return await _machine_grant(ask, settings)
    if secret.startswith(API_KEYS):  # express mode: no project, no location
        return Grant(headers=(("x-goog-api-key", secret),), base_url=PLAIN_HOST)
    if not secret.startswith("{"):
        return Grant(headers=_bearer(secret), base_url=vertex_base_url(settings))
    info = _info(secret)
    form = _form_of(info)
    extra: Headers = ()
    if quota := _text(info, "quota_project_id"):
        extra = (("x-goog-user-project", quota),)
    base_url = vertex_base_url(settings, project=_text(info, "project_id"))
    token, lifetime = await _asked(ask, _token_uri(info), form)
    return Grant(headers=(*_bearer(token), *extra), expires_at=time.time() + lifetime, base_url=base_url)


def _bearer(token: str) -> Headers:
    return (("Authorization", f"Bearer {token}"),)


def _info(secret: str) -> Mapping[str, Any]:
    try:
        info = msgspec.json.decode(secret)
    except (msgspec.DecodeError, RecursionError):
        raise CredentialInvalid("The Google credential begins like JSON and is none.") from None
    if not isinstance(info, dict):
        raise CredentialInvalid("The Google credential is JSON, but no object.")
    return info


def _text(info: Mapping[str, Any], name: str) -> str:
    value = info.get(name)
    return value if isinstance(value, str) else ""


def _token_uri(info: Mapping[str, Any]) -> str:
    """Where it is exchanged. The refresh token and its client's secret go there: never in the clear."""
    uri = _text(info, "token_uri") or TOKEN_URI
    if not uri.startswith("https://"):
        raise CredentialInvalid("The token_uri of the Google credential is no https:// address.")
    return uri


def _form_of(info: Mapping[str, Any]) -> dict[str, str]:
    """What the token service is asked. Raises ``CredentialInvalid``."""
    match info.get("type"):
        case "service_account":
            return {"grant_type": JWT_GRANT, "assertion": _assertion(info)}
        case "authorized_user":
            names = ("client_id", "client_secret", "refresh_token")
            _complete(info, *names)
            return {"grant_type": "refresh_token", **{name: _text(info, name) for name in names}}
    kind = str(info.get("type"))[:50]
    raise CredentialInvalid(
        f"A Google credential of type {kind!r} cannot be stored as a token; name its file in"
        " GOOGLE_APPLICATION_CREDENTIALS and store no token."
    )


def _complete(info: Mapping[str, Any], *names: str) -> None:
    missing = [name for name in names if not _text(info, name)]
    if missing:
        raise CredentialInvalid(f"The Google credential lacks {', '.join(missing)}.")


def _assertion(info: Mapping[str, Any]) -> str:
    """A JWT that the service account signed."""
    _complete(info, "client_email", "private_key")
    now = int(time.time())
    claims = {
        "iss": info["client_email"],
        "scope": SCOPE,
        "aud": _token_uri(info),
        "iat": now,
        "exp": now + LIFETIME,
    }
    try:
        signer = crypt.RSASigner.from_service_account_info(dict(info))  # type: ignore[no-untyped-call]
        signed: bytes = jwt.encode(signer, claims)  # type: ignore[no-untyped-call]
    except (ValueError, TypeError):
        raise CredentialInvalid("The private key of the Google service account cannot be read.") from None
    return signed.decode()


async def _asked(ask: Ask, url: str, form: Mapping[str, str]) -> tuple[str, float]:
    """The access token and its seconds to live."""
    headers = (("content-type", "application/x-www-form-urlencoded"),)
    answered = await ask(HttpParts(path=url, content=urlencode(form).encode(), headers=headers))
    told = _told(answered)
    if answered.status != 200:
        raise _refused(answered, told)
    token, lifetime = _text(told, "access_token"), told.get("expires_in")
    if not token:
        raise VendorGarbled("Google's token service answered without an access token.")
    return token, float(min(lifetime, LONGEST_LIFE)) if isinstance(lifetime, float | int) else LIFETIME


def _told(answered: Answered) -> Mapping[str, Any]:
    try:
        told = msgspec.json.decode(answered.body)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _refused(answered: Answered, told: Mapping[str, Any]) -> SwitchboardError:
    status = answered.status
    words = masked(": ".join(word for word in (_text(told, "error"), _text(told, "error_description")) if word))[:300]
    message = f"Google's token service answered {status}{f' ({words})' if words else ''}."
    if status == 429:
        return RateLimited(message, vendor_status=status, retry_after=read_retry_after(answered.headers))
    if status in (500, 502, 503, 504):
        return VendorOverloaded(message, vendor_status=status)
    if "reasonable timeframe" in words:
        return AccessDenied(message, vendor_status=status)  # a clock that is wrong is not the key's fault
    if status in (400, 401, 403):
        return CredentialInvalid(message, vendor_status=status)
    return VendorFailed(message, vendor_status=status)


class _Answer(Response):
    """An answer as google-auth wants it."""

    def __init__(self, answered: Answered) -> None:
        self._answered = answered

    @property
    def status(self) -> int:
        return self._answered.status

    @property
    def headers(self) -> Mapping[str, str]:
        return self._answered.headers

    @property
    def data(self) -> bytes:
        return self._answered.body


class _Asking(Request):
    """google-auth's requests, sent by ``ask`` in the loop while google-auth waits in a thread."""

    def __init__(self, ask: Ask, loop: asyncio.AbstractEventLoop) -> None:
        self._ask = ask
        self._loop = loop

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        **kwargs: Any,
    ) -> _Answer:
        content = body.encode() if isinstance(body, str) else body or b""
        parts = HttpParts(path=url, method=method, content=content, headers=tuple((headers or {}).items()))
        asked = asyncio.run_coroutine_threadsafe(self._answer(parts, timeout), self._loop)
        try:
            return _Answer(asked.result())
        except (SwitchboardError, TimeoutError) as error:
            raise TransportError(str(error)) from error  # type: ignore[no-untyped-call]

    async def _answer(self, parts: HttpParts, timeout: float | None) -> Answered:
        async with asyncio.timeout(timeout or LONGEST_WAIT):
            return await self._ask(parts)


Chain = Callable[..., tuple[Any, str | None]]


async def _machine_grant(ask: Ask, settings: Mapping[str, str], chain: Chain = google.auth.default) -> Grant:
    """By the machine's own chain: GOOGLE_APPLICATION_CREDENTIALS, gcloud's file, the metadata server."""
    request = _Asking(ask, asyncio.get_running_loop())
    try:
        credentials, project = await asyncio.to_thread(_refreshed, chain, request)
    except DefaultCredentialsError:
        raise BadConfiguration("No token is stored, and this machine has no Google credentials of its own.") from None
    except GoogleAuthError as error:
        if getattr(error, "retryable", False):
            raise VendorOverloaded("This machine's own Google credentials cannot be renewed just now.") from None
        raise CredentialInvalid("This machine's own Google credentials were refused.") from None
    expiry = credentials.expiry  # UTC without saying so
    seconds = None if expiry is None else (expiry - expiry.__class__(1970, 1, 1)).total_seconds()
    quota = getattr(credentials, "quota_project_id", None)
    extra: Headers = (("x-goog-user-project", quota),) if quota else ()
    return Grant(
        headers=(*_bearer(str(credentials.token)), *extra),
        expires_at=seconds,
        base_url=vertex_base_url(settings, project=project or ""),
    )


def _refreshed(chain: Chain, request: Request) -> tuple[Any, str | None]:
    credentials, project = chain(scopes=[SCOPE], request=request)
    credentials.refresh(request)
    return credentials, project
