"""Every ending of a call is priced: done, failed, cancelled; attempts by themselves; old records still read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from gateway.exchange import Attempt, Exchange
from gateway.ledger.journal import Journal
from gateway.ledger.records import decode_exchange
from gateway.ledger.segments import Position, read_all
from gateway.relay.settle import Settlement
from gateway.routing.targets import Planned
from providers.canonical import Finish, Usage
from providers.errors import VendorFailed
from providers.pricing import NO_PRICES, TargetPrices, prices_of
from providers.pricing.published import NOTHING_PUBLISHED
from tests.gateway.harness import DONE, USAGE, chunk, completion, gateway, provider, reply, stream
from tests.gateway.ledger.cast import a_journal, an_exchange

PRICES = prices_of(None, NOTHING_PUBLISHED, override={"input": 3, "output": 15, "cached_input": "0.3"})
FREE = prices_of(None, NOTHING_PUBLISHED, override={"input": 0, "output": 0})


class Broken(TargetPrices):
    def cost(self, usage: Usage, at: int) -> Any:
        raise ZeroDivisionError


def settlement(tmp_path: Path, *targets: str, prices: TargetPrices = PRICES) -> Settlement:
    attempts = [Attempt(provider=name, model="m1") for name in targets]
    exchange = an_exchange(attempts=attempts)
    made = Settlement(exchange, a_journal(tmp_path), request_size=40, content=None)
    if attempts:
        made.at(attempts[0], at_price(prices))
    return made


def at_price(prices: TargetPrices) -> Planned:
    return Planned(provider(prices={"m1": prices}), "m1", "")


def closed(journal: Journal, tmp_path: Path) -> Exchange:
    *_, (_, last) = read_all(tmp_path, start=Position(0, 0), end=journal.end()[0])
    return decode_exchange(last.payload)


def test_a_call_that_is_done_is_priced_and_journaled_with_its_prices(tmp_path: Path) -> None:
    one = settlement(tmp_path, "acme")
    usage = Usage(input=100, output=10, cached_input=50, input_audio=5, output_audio=2)
    one.done(usage, output_chars=0, finish=Finish.STOP)
    read = closed(one.journal, tmp_path)
    assert (read.cost_nano, read.cost_basis) == (50 * 3000 + 50 * 300 + 10 * 15000, "override")
    assert read.unit_prices["cached_input"] == 300_000_000
    assert (read.input_audio, read.output_audio) == (5, 2)
    (attempt,) = read.attempts
    assert (attempt.cost_nano, attempt.cost_basis) == (read.cost_nano, "override")
    assert (attempt.input, attempt.cached_input, attempt.output_audio) == (100, 50, 2)


def test_the_vendor_s_own_figure_is_taken(tmp_path: Path) -> None:
    one = settlement(tmp_path, "acme")
    one.done(Usage(input=1, output=1, cost_usd=0.25), output_chars=0, finish=None)
    exchange = one.exchange
    assert (exchange.cost_nano, exchange.cost_basis, exchange.unit_prices) == (250_000_000, "vendor", {})


@pytest.mark.parametrize("prices", [NO_PRICES, Broken()])
def test_a_cost_that_cannot_be_told_is_unknown_and_never_nothing(tmp_path: Path, prices: TargetPrices) -> None:
    one = settlement(tmp_path, "acme", prices=prices)
    one.done(Usage(input=1, output=1), output_chars=0, finish=None)
    assert (one.exchange.ended_by, one.exchange.cost_nano, one.exchange.cost_basis) == ("done", None, "unknown")


def test_what_is_free_costs_nothing(tmp_path: Path) -> None:
    one = settlement(tmp_path, "acme", prices=FREE)
    one.done(Usage(input=1, output=1), output_chars=0, finish=None)
    assert (one.exchange.cost_nano, one.exchange.cost_basis) == (0, "override")


def test_a_failure_is_priced_where_it_was_billed(tmp_path: Path) -> None:
    one = settlement(tmp_path, "acme")
    one.failed(VendorFailed("no"), usage=Usage(input=10, output=1))
    assert one.exchange.cost_nano == 45_000
    other = settlement(tmp_path / "other", "acme")
    other.failed(VendorFailed("no"))
    assert (other.exchange.cost_nano, other.exchange.cost_basis, other.exchange.attempts[0].cost_basis) == (
        None,
        "unknown",
        "",
    )


def test_a_cut_stream_is_priced_at_what_was_produced(tmp_path: Path) -> None:
    one = settlement(tmp_path, "acme")
    one.cancelled(Usage(input=10, output=1, cached_input=4, cost_usd=0.5), output_chars=40)
    exchange = one.exchange
    assert (exchange.usage_basis, exchange.output) == ("estimated", 10)
    assert (exchange.cost_nano, exchange.cost_basis) == (6 * 3000 + 4 * 300 + 10 * 15000, "override")
    other = settlement(tmp_path / "other", "acme")
    other.cancelled(None, output_chars=4)
    assert other.exchange.cost_nano == 10 * 3000 + 15000, "a quarter of the request's size, and what came"


def test_attempts_are_priced_by_themselves_and_summed(tmp_path: Path) -> None:
    one = settlement(tmp_path, "acme", "other")
    first, last = one.exchange.attempts
    one.charge(first, at_price(PRICES), Usage(input=100, output=1))
    one.at(last, at_price(FREE))
    one.done(Usage(input=7, output=3), output_chars=0, finish=None)
    assert (first.cost_nano, first.input, last.cost_nano, last.input) == (315_000, 100, 0, 7)
    assert (one.exchange.cost_nano, one.exchange.input) == (315_000, 7)


def test_one_attempt_of_unknown_cost_makes_the_sum_unknown(tmp_path: Path) -> None:
    one = settlement(tmp_path, "acme", "other", prices=NO_PRICES)
    first, last = one.exchange.attempts
    one.charge(first, at_price(NO_PRICES), Usage(input=1))
    one.at(last, at_price(PRICES))
    one.done(Usage(input=1, output=1), output_chars=0, finish=None)
    assert (one.exchange.cost_nano, one.exchange.cost_basis) == (None, "unknown")
    assert last.cost_nano == 18_000


def test_a_call_that_reached_no_target_has_no_cost(tmp_path: Path) -> None:
    one = settlement(tmp_path)
    one.cancelled()
    assert (one.exchange.cost_nano, one.exchange.cost_basis) == (None, "unknown")


def test_records_of_an_older_version_are_read() -> None:
    """Structs are written as arrays: an older version's are shorter."""
    written = an_exchange(attempts=[Attempt(provider="p", model="m", input=3, output=4)])
    whole = msgspec.msgpack.decode(msgspec.msgpack.encode(written))
    new_of_exchange, new_of_attempt = 13, 14
    assert Exchange.__struct_fields__[-new_of_exchange:][0] == "input_audio"
    assert Attempt.__struct_fields__[-new_of_attempt:][0] == "cached_input"
    old = whole[:-new_of_exchange]
    place = Exchange.__struct_fields__.index("attempts")
    old[place] = [attempt[:-new_of_attempt] for attempt in old[place]]
    read = decode_exchange(msgspec.msgpack.encode(old))
    assert (read.cost_nano, read.cost_basis, read.unit_prices, read.input_audio) == (None, "unknown", {}, 0)
    (attempt,) = read.attempts
    assert (attempt.input, attempt.output, attempt.cost_nano, attempt.cost_basis) == (3, 4, None, "")


# --- through the relay -----------------------------------------------------------------------------

BODY = {"model": "m1", "messages": [{"role": "user", "content": "Hi"}]}


@pytest.mark.parametrize("streamed", [False, True])
async def test_the_relay_prices_a_call_at_its_target(tmp_path: Path, streamed: bool) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return stream(chunk("Hi"), chunk(None, "stop", usage=USAGE), DONE) if streamed else reply(completion())

    acme = provider(prices={"m1": PRICES})
    async with gateway(tmp_path, answer, acme) as one:
        assert (await one.call(body={**BODY, "stream": streamed})).status == 200
        (row,) = one.rows()
    assert (row.cost_nano, row.cost_basis) == (5 * 3000 + 7 * 15000, "override")


async def test_a_fallback_is_priced_at_the_target_that_answered(tmp_path: Path) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return reply({}, 500) if request.url.host == "acme.test" else reply(completion())

    dear, free = provider(prices={"m1": PRICES}, priority=1), provider("other", prices={"m1": FREE}, priority=2)
    async with gateway(tmp_path, answer, dear, free) as one:
        assert (await one.call(body=BODY)).status == 200
        (row,) = one.rows()
    assert (row.cost_nano, row.cost_basis, row.provider) == (0, "override", "other")
