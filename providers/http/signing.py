"""A request with the headers of a credential: granted, and signed where the vendor wants each request signed."""

from __future__ import annotations

from dataclasses import dataclass

from providers.canonical import HttpParts
from providers.credential import Credential
from providers.errors import BadConfiguration
from providers.http.endpoint import Endpoint, whole_address
from providers.http.watch import Timeouts
from providers.vendors import Grant, Headers, LocalAnswer, Outgoing

MOST_TOLD = 256
PUBLIC = frozenset({"x-amz-date", "x-goog-user-project", "x-switchboard-hop"})  # headers that a vendor may speak of


@dataclass(frozen=True, slots=True)
class Moved:
    """A provider whose grant named the address to call."""

    name: str
    base_url: str
    headers: Headers
    timeouts: Timeouts
    proxy: str
    answers: LocalAnswer | None = None
    own_address: bool = True


def signed(
    provider: Endpoint, parts: HttpParts, auth: Headers, credential: Credential, grant: Grant | None
) -> tuple[Endpoint, HttpParts, Headers]:
    """What is to be sent, where, and the headers that go with it. Notes the secrets in ``credential.told``."""
    secret = credential.secret
    if grant is not None:
        secret = grant.secret or secret
        auth = (*auth, *grant.headers)
        if grant.base_url and provider.own_address:
            provider = Moved(provider.name, grant.base_url, provider.headers, provider.timeouts, provider.proxy)
    if credential.auth.sign is not None:
        headers = {name.lower(): value for name, value in (*provider.headers, *parts.headers)}
        url = whole_address(provider, parts.path)
        asked = Outgoing(method=parts.method, url=url, headers=headers, content=parts.content)
        auth = (*auth, *_signature(provider.name, credential, asked, secret))
    _note(credential, secret, auth)
    return provider, parts, auth


def _signature(name: str, credential: Credential, asked: Outgoing, secret: str) -> Headers:
    """Raises ``BadConfiguration``, without another error's words: they could hold the secret or the address."""
    assert credential.auth.sign is not None
    try:
        return credential.auth.sign(asked, secret, dict(credential.settings))
    except ValueError as error:
        raise BadConfiguration(f"{name}: a request cannot be signed ({type(error).__name__}).") from None


def _note(credential: Credential, secret: str, auth: Headers) -> None:
    """The oldest are dropped: a request has a signature of its own, and calls in flight are fewer than these."""
    told = credential.told
    values = [value for name, value in auth if name.lower() not in PUBLIC]
    for one in (secret, *values, *(value.partition(" ")[2] for value in values)):
        told.pop(one, None)
        told[one] = None
    while len(told) > MOST_TOLD:
        del told[next(iter(told))]
