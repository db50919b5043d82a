"""Grants: one exchange at a time, renewed in time, and a token service that fails or lies is not hammered."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from botocore.exceptions import ClientError

from providers.auth.aws import Found, aws_auth
from providers.auth.entra import read_application
from providers.canonical import HttpParts
from providers.credential import Credential
from providers.errors import (
    AccessDenied,
    BadConfiguration,
    CredentialInvalid,
    RateLimited,
    Retry,
    SwitchboardError,
    VendorFailed,
    VendorGarbled,
)
from providers.http.grants import LEAST_USE, LONGEST_PAUSE, UNUSED, Grants
from providers.http.signing import MOST_TOLD, signed
from providers.vendors import Answered, Ask, Auth, Grant, Headers, Outgoing
from tests.gateway.harness import provider

START = 1_800_000_000.0


async def unasked(parts: HttpParts) -> Answered:
    raise AssertionError("no exchange of these tests asks anybody")


@dataclass
class Service:
    """A token service: what it gives next (a life in seconds, an end, an error), and what the time is."""

    gives: object = 3600.0
    now: float = START
    asked: int = 0
    gate: asyncio.Event | None = None
    secrets: list[str] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    async def exchange(self, ask: Ask, secret: str, settings: Mapping[str, str]) -> Grant:
        self.asked += 1
        self.secrets.append(secret)
        if self.gate is not None:
            await self.gate.wait()
        if isinstance(self.gives, Exception):
            raise self.gives
        life = self.gives
        ends = None if life is None else self.now + float(str(life))
        return Grant(headers=(("Authorization", f"Bearer made-{self.asked}"),), expires_at=ends)

    def credential(self, secret: str = "s3cret", **settings: str) -> Credential:
        return Credential(auth=Auth(exchange=self.exchange), secret=secret, settings=tuple(settings.items()))


def made(service: Service) -> tuple[Grants, Credential]:
    # one Auth, as a vendor has one: equal credentials are those of one vendor
    return Grants(clock=service.clock), service.credential()


async def told(grants: Grants, credential: Credential) -> str:
    return (await grants.of(credential, unasked)).headers[0][1].removeprefix("Bearer ")


async def refusal(grants: Grants, credential: Credential) -> SwitchboardError:
    with pytest.raises(SwitchboardError) as caught:
        await grants.of(credential, unasked)
    return caught.value


async def test_calls_at_the_same_time_share_one_exchange() -> None:
    service = Service(gate=asyncio.Event())
    grants, credential = made(service)
    waiting = [asyncio.ensure_future(told(grants, credential)) for _ in range(20)]
    await asyncio.sleep(0)
    assert service.gate is not None
    service.gate.set()
    assert set(await asyncio.gather(*waiting)) == {"made-1"} and service.asked == 1


async def test_equal_secrets_with_other_settings_share_nothing() -> None:
    service = Service()
    grants = Grants(clock=service.clock)
    assert await told(grants, service.credential(scope="a")) == "made-1"
    assert await told(grants, service.credential(scope="b")) == "made-2"
    assert await told(grants, service.credential("other", scope="a")) == "made-3"
    assert await told(grants, service.credential(scope="a")) == "made-1"


async def test_a_call_that_leaves_does_not_end_the_exchange_of_the_others() -> None:
    service = Service(gate=asyncio.Event())
    grants, credential = made(service)
    first = asyncio.ensure_future(told(grants, credential))
    other = asyncio.ensure_future(told(grants, credential))
    await asyncio.sleep(0)
    first.cancel()
    assert service.gate is not None
    service.gate.set()
    assert await other == "made-1" and first.cancelled() and service.asked == 1


async def test_closing_ends_an_exchange_under_way() -> None:
    service = Service(gate=asyncio.Event())
    grants, credential = made(service)
    waiting = asyncio.ensure_future(told(grants, credential))
    await asyncio.sleep(0)
    await grants.aclose()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert len(asyncio.all_tasks()) == 1


async def test_a_grant_is_renewed_in_the_background_while_calls_use_the_old_one() -> None:
    service = Service()
    grants, credential = made(service)
    assert await told(grants, credential) == "made-1"
    service.now += 3600 - 299
    assert await told(grants, credential) == "made-1"
    await asyncio.sleep(0.01)
    assert await told(grants, credential) == "made-2" and service.asked == 2


async def test_an_expired_grant_is_waited_for() -> None:
    service = Service()
    grants, credential = made(service)
    await told(grants, credential)
    service.now += 3600 - 29
    assert await told(grants, credential) == "made-2"


@pytest.mark.parametrize("life", [-3600.0, 0, 1, 9, 20, float("nan"), float("-inf")])
async def test_a_life_that_makes_no_sense_does_not_make_every_call_exchange(life: float) -> None:
    service = Service(gives=life)
    grants, credential = made(service)
    assert [await told(grants, credential) for _ in range(50)] == ["made-1"] * 50
    service.now += max(LEAST_USE, life if life > 0 else 0)
    assert await told(grants, credential) == "made-2"


@pytest.mark.parametrize("life", [None, 1e300, float("inf")])
async def test_a_grant_without_an_end_is_kept(life: float | None) -> None:
    service = Service(gives=life)
    grants, credential = made(service)
    await told(grants, credential)
    service.now += 1e6
    assert await told(grants, credential) == "made-1"


async def test_a_clock_that_jumps_back_keeps_the_grant() -> None:
    service = Service()
    grants, credential = made(service)
    await told(grants, credential)
    service.now -= 86_400
    assert await told(grants, credential) == "made-1"
    assert grants.forget(credential, await grants.of(credential, unasked)), "and a refusal renews it all the same"


async def test_a_failing_token_service_is_asked_less_and_less_often() -> None:
    service = Service(gives=VendorFailed("Entra failed", vendor_status=500))
    grants, credential = made(service)
    for _ in range(600):  # a minute of ten calls a second
        assert isinstance(await refusal(grants, credential), VendorFailed)
        service.now += 0.1
    assert 5 <= service.asked <= 9
    service.gives = 3600.0
    service.now += LONGEST_PAUSE
    assert await told(grants, credential) == f"made-{service.asked}", "what was down is noticed when it is back"


async def test_one_failure_is_tried_again_at_once() -> None:
    service = Service(gives=CredentialInvalid("no"))
    grants, credential = made(service)
    await refusal(grants, credential)
    service.gives = 3600.0
    assert await told(grants, credential) == "made-2"


async def test_a_wait_that_was_asked_for_is_kept() -> None:
    service = Service(gives=RateLimited("slower", retry_after=40))
    grants, credential = made(service)
    await refusal(grants, credential)
    service.now += 39
    assert (await refusal(grants, credential)).retry_after == 40 and service.asked == 1
    service.now += 2
    service.gives = 3600.0
    assert await told(grants, credential) == "made-2"


async def test_a_renewal_that_fails_is_not_begun_by_every_call() -> None:
    service = Service()
    grants, credential = made(service)
    await told(grants, credential)
    service.now += 3600 - 299
    service.gives = VendorFailed("down")
    for _ in range(200):
        assert await told(grants, credential) == "made-1"
        await asyncio.sleep(0)
        service.now += 0.01
    assert service.asked <= 5


async def test_each_caller_gets_an_error_of_its_own() -> None:
    """It is cleared and completed in place, and each raising of one and the same would lengthen its traceback."""
    service = Service(gives=VendorFailed("down", vendor_status=503, vendor_code="x"))
    grants, credential = made(service)
    both = await asyncio.gather(refusal(grants, credential), refusal(grants, credential))
    assert both[0] is not both[1] and service.asked == 1
    both[0].message = "changed"
    again = [await refusal(grants, credential) for _ in range(3)]
    assert {one.message for one in again} == {"down"} and len({id(one) for one in again}) == 3
    assert all(isinstance(one, VendorFailed) and one.vendor_status == 503 for one in again)


async def test_what_breaks_an_exchange_tells_no_words_of_its_own() -> None:
    service = Service(gives=ValueError("bad literal: 's3cret'"))
    grants, credential = made(service)
    error = await refusal(grants, credential)
    assert isinstance(error, VendorGarbled) and "s3cret" not in error.message and error.__suppress_context__


async def test_an_account_that_is_denied_leaves_the_other_tokens_their_turn() -> None:
    grants, credential = made(Service(gives=AccessDenied("no Copilot", vendor_status=403)))
    assert (await refusal(grants, credential)).retry is Retry.NEXT_TOKEN


async def test_a_grant_is_forgotten_once_whoever_was_refused_with_it() -> None:
    service = Service()
    grants, credential = made(service)
    old = await grants.of(credential, unasked)
    service.now += LEAST_USE
    assert grants.forget(credential, old)
    new = await grants.of(credential, unasked)
    assert new is not old
    assert grants.forget(credential, old), "another call was refused with the old one: the new one is tried"
    assert await grants.of(credential, unasked) is new


async def test_a_grant_that_was_made_just_now_is_not_made_again() -> None:
    service = Service()
    grants, credential = made(service)
    grant = await grants.of(credential, unasked)
    assert not grants.forget(credential, grant)
    assert await grants.of(credential, unasked) is grant and service.asked == 1


async def test_what_nobody_uses_any_more_leaves_memory() -> None:
    service = Service(gives=None)
    grants, gone = made(service)
    await told(grants, gone)
    service.now += UNUSED + 1
    await told(grants, service.credential("another"))
    assert await told(grants, gone) == "made-3"


def test_the_secrets_of_calls_in_flight_are_remembered_and_old_ones_dropped() -> None:
    def sign(asked: Outgoing, secret: str, settings: Mapping[str, str]) -> Headers:
        return (("Authorization", f"SIG {asked.content.decode()}"), ("X-Amz-Date", "20260101T000000Z"))

    credential = Credential(auth=Auth(sign=sign), secret="s3cret")
    for number in range(MOST_TOLD):
        signed(provider(), HttpParts(path="/x", content=b"signature-%d" % number), (), credential, None)
    assert len(credential.told) == MOST_TOLD and "s3cret" in credential.told
    assert f"signature-{MOST_TOLD - 50}" in credential.told and "signature-0" not in credential.told
    assert "20260101T000000Z" not in credential.told


def test_a_request_that_cannot_be_signed_says_so_without_the_words_of_another_error() -> None:
    def sign(asked: Outgoing, secret: str, settings: Mapping[str, str]) -> Headers:
        raise ValueError(secret)

    credential = Credential(auth=Auth(sign=sign), secret="s3cret")
    with pytest.raises(BadConfiguration) as caught:
        signed(provider(), HttpParts(path="/x", content=b""), (), credential, None)
    assert "s3cret" not in caught.value.message


async def test_a_role_that_aws_refuses_is_a_refused_credential() -> None:
    def chain() -> Found | None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "arn:aws:x"}}, "AssumeRoleWithWebIdentity")

    auth = aws_auth("bedrock", chain=chain)
    assert isinstance(await refusal(Grants(), Credential(auth=auth, secret="")), CredentialInvalid)


def test_what_credentials_were_read_to_has_no_telling_repr() -> None:
    assert "hidden" not in repr((Found("AKID:hidden"), read_application("t:c:hidden")))
