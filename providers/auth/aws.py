"""AWS credentials: a key pair that signs each request (SigV4), a static key, or whatever AWS's own chain finds.

A token is ``ACCESS_KEY_ID:SECRET_ACCESS_KEY[:SESSION_TOKEN]``, or any other text, which travels as Bearer (a Bedrock
API key). Without a token the chain of botocore is asked: environment, profile, web identity, container, machine.
Source: docs.aws.amazon.com IAM, "AWS Signature Version 4 for API requests"; Bedrock user guide, "API keys".
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session
from yarl import URL

from providers.errors import BadConfiguration, CredentialInvalid
from providers.vendors.base import Ask, Auth, Exchange, Grant, Headers, Outgoing, Sign

_TRIPLE = re.compile(r"\w+:[^:\s]+(:[^\s]+)?", re.ASCII)
_REGION = re.compile(r"(?:^|[.-])([a-z]{2,3}(?:-[a-z]+)+-\d{1,2})\.")
_SENT = ("content-type",)  # beside x-amz…: what nobody between here and AWS rewrites


class Found(NamedTuple):
    """What a chain found: the key triple, and when it ends (seconds since the epoch)."""

    secret: str
    expires_at: float | None = None

    def __repr__(self) -> str:
        return f"Found(expires_at={self.expires_at})"


Chain = Callable[[], Found | None]


def aws_auth(service: str, *, chain: Chain | None = None) -> Auth:
    """How tokens of the AWS service travel that signs as ``service``. ``chain`` replaces AWS's own in tests."""
    return Auth(optional=True, spell=spelled, exchange=_exchange(chain or own_chain), sign=_sign(service))


def spelled(secret: str) -> Headers | None:
    """Bearer for a static key; ``None`` for a key pair, which signs."""
    return None if _TRIPLE.fullmatch(secret) else (("Authorization", f"Bearer {secret}"),)


def own_chain() -> Found | None:
    """What botocore's own chain finds; it may ask files, programs and metadata services, so it belongs in a thread."""
    credentials = Session().get_credentials()
    if credentials is None:
        return None
    frozen = credentials.get_frozen_credentials()
    if not frozen.access_key or not frozen.secret_key:
        return None
    parts = (frozen.access_key, frozen.secret_key, *((frozen.token,) if frozen.token else ()))
    ends = getattr(credentials, "_expiry_time", None)  # only credentials that are refreshed have it
    return Found(":".join(parts), ends.timestamp() if ends is not None else None)


def _exchange(chain: Chain) -> Exchange:
    async def exchange(ask: Ask, secret: str, settings: Mapping[str, str]) -> Grant:
        if secret:
            return Grant(secret=secret)  # a key pair of our own signs as it is
        try:
            found = await asyncio.to_thread(chain)
        except (BotoCoreError, ClientError, OSError) as error:  # ClientError: STS refused
            raise CredentialInvalid(f"AWS's own credentials could not be had: {type(error).__name__}.") from None
        if found is None:
            raise CredentialInvalid("AWS's own chain found no credentials on this machine; store a token instead.")
        return Grant(secret=found.secret, expires_at=found.expires_at)

    return exchange


def _sign(service: str) -> Sign:
    def sign(asked: Outgoing, secret: str, settings: Mapping[str, str]) -> Headers:
        return signature(asked, secret, region=region_of(asked.url, settings), service=service)

    return sign


def signature(asked: Outgoing, secret: str, *, region: str, service: str) -> Headers:
    """The headers that sign ``asked``: Authorization, X-Amz-Date and, for temporary keys, X-Amz-Security-Token."""
    access_key, _, rest = secret.partition(":")
    secret_key, _, session = rest.partition(":")
    signed = {name: value for name, value in asked.headers.items() if name in _SENT or name.startswith("x-amz")}
    request = AWSRequest(method=asked.method, url=str(URL(asked.url)), data=asked.content, headers=signed)
    SigV4Auth(Credentials(access_key, secret_key, session or None), service, region).add_auth(request)
    names = ("Authorization", "X-Amz-Date", "X-Amz-Security-Token")
    return tuple((name, request.headers[name]) for name in names if name in request.headers)


def region_of(url: str, settings: Mapping[str, str]) -> str:
    """The region to sign for: the one in AWS's own host names, else the setting. Raises ``BadConfiguration``."""
    host = URL(url).host or ""
    named = _REGION.search(host) if host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws")) else None
    region = named[1] if named else settings.get("region", "")
    if not region:
        raise BadConfiguration("An AWS region is needed to sign requests: set the region.")
    return region
