"""Blue sees nothing of red, nor of what is for admins: on any page, endpoint, socket or export.

Two proofs. What is red's carries a word that is searched for in every answer; and blue is answered to the byte as if
red were not there. ``tests/monitoring/isolation/addresses.py`` holds what is walked: a new address must be told there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.test import override_settings

from monitoring.api.rate import Rate, Window
from tests.monitoring.isolation import addresses
from tests.monitoring.isolation.addresses import GUESSES, POSTS, QUERIES, Sent
from tests.monitoring.isolation.asking import Answer, Asker, people, signed_in
from tests.monitoring.isolation.red import make_red
from tests.monitoring.isolation.world import INFRA, NOW, PROMPT, RED, World, make_blue, nobodys

pytestmark = pytest.mark.django_db
BLUE = ("bob", "watch")
ALIKE = ("api/schema/",)  # it is made of the code alone, and takes long
READ_BY_POST = ("/admin/", "/admin/search/", "/login/", "/jsi18n/", "/autocomplete/")  # views that only show
Asked = tuple[str, str]  # who, and the address with its query


@dataclass
class Seen:
    """What everybody was answered, ``before`` red came and ``after``."""

    world: World
    askers: dict[str, Asker]
    before: dict[Asked, Answer] = field(default_factory=dict)
    after: dict[Asked, Answer] = field(default_factory=dict)

    def walk(self, names: Iterable[str]) -> dict[Asked, Answer]:
        """What these are answered everywhere but in the admin; with every query only who may see something."""
        found = {}
        for address in addresses.addresses(self.world):
            if address.in_admin:
                continue
            askers = names if address.route not in ALIKE else ["bob"]
            for query in QUERIES[address.route]:
                url = f"{address.path}?{query}" if query else address.path
                found.update({(one, url): self.askers[one].ask(url) for one in askers if not query or one in BLUE})
        return found


@pytest.fixture(scope="module")
def seen(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    data = tmp_path_factory.mktemp("isolation")
    was, Rate.window = Rate.window, Window()
    settings = override_settings(DATA_DIR=data, MONITORING_API_RATE=0, REDIS_URL="")
    with settings, django_db_blocker.unblock(), transaction.atomic(), time_machine.travel(NOW, tick=False):
        world = make_blue(data / "logs")
        found = Seen(world, people(world))
        found.before = found.walk((*BLUE, "app"))
        make_red(world)
        found.after = found.walk(found.askers)
        yield found
        transaction.set_rollback(True)
    Rate.window = was


def leaks(seen: Seen, told: dict[Any, Answer], *, echoed: tuple[str, ...] = ()) -> dict[Any, list[str]]:
    canaries = seen.world.canaries
    found = {asked: one.held(canaries, without=(*echoed, *_names_in(asked))) for asked, one in told.items()}
    return {asked: words for asked, words in found.items() if words}


def _names_in(asked: Any) -> list[str]:
    """What the address itself says: a page may repeat it."""
    url = str(asked[-1])
    ids = [part for part in url.split("/") if len(part) == 36]
    return [f"{RED}-team", *ids, *(one.replace("-", "") for one in ids)] if RED in url or ids else []


def differences(one: dict[Any, Answer], other: dict[Any, Answer]) -> dict[Any, tuple[str, str]]:
    """Where an answer is not the same, from the first difference on."""
    found = {}
    for asked in one.keys() & other.keys():
        ours, theirs = one[asked].same(), other[asked].same()
        if ours != theirs:
            found[asked] = _apart(ours, theirs)
    return found


def _apart(ours: Any, theirs: Any) -> tuple[str, str]:
    if ours[:2] != theirs[:2]:
        return str(ours[:2]), str(theirs[:2])
    at = next((at for at, pair in enumerate(zip(ours[2], theirs[2], strict=False)) if pair[0] != pair[1]), -1)
    return tuple(text[max(0, at - 60) : at + 120].decode(errors="replace") for text in (ours[2], theirs[2]))  # type: ignore[return-value]


def none_of(found: dict[Any, Any]) -> None:
    """Fails with a line for each."""
    lines = [f"{asked}: {what}" for asked, what in sorted(found.items(), key=str)]
    assert not lines, "\n".join(lines)


# --- everything is walked ------------------------------------------------------------------------------


def test_every_address_is_told_what_can_be_asked_there() -> None:
    told = addresses.routes()
    assert set(QUERIES) == {route for route, _ in told if not route.startswith(addresses.ADMIN)}
    assert set(POSTS) == {
        route for route, view in told if addresses.takes_posts(view) and not route.startswith(addresses.ADMIN)
    }
    assert set(GUESSES) <= set(QUERIES)


def test_the_walk_sees_what_there_is(seen: Seen) -> None:
    """That nothing of red is found is worth something only where blue's own is."""
    bob = {url: one for (name, url), one in seen.after.items() if name == "bob"}
    for url, word in (
        ("/dashboards/?range=30d", b"gpt-mini"), ("/dashboards/budgets/", b"blue-month"), ("/logs/", b"blue-app"),
        ("/dashboards/quality/", b"gpt-4o"), ("/logs/export.csv?since=all", b"blue-tag"),
        ("/api/monitoring/providers/logs/all", b"says hello"), ("/playground/", b"blue-app"),
        (f"/logs/{seen.world.requests['blue'][0]}/", b"the first of the route"),
        ("/providers/health?models=true", b"gpt-4o"),
    ):  # fmt: skip
        assert (bob[url].status, word in bob[url].body) == (200, True), url
    ada = signed_in(f"{INFRA}-ada")
    for url in ("/logs/", "/dashboards/?range=30d", "/dashboards/budgets/", "/api/monitoring/providers/logs/all"):
        assert RED in ada.ask(url).body.decode(), f"red is there to be seen on {url}"


# --- the two proofs --------------------------------------------------------------------------------------


def test_nothing_of_red_or_of_admins_is_in_any_answer(seen: Seen) -> None:
    none_of(leaks(seen, seen.after))


def test_blue_is_answered_as_if_red_were_not_there(seen: Seen) -> None:
    none_of(differences(seen.before, seen.after))


def test_whose_calls_told_how_a_provider_is_is_not_told(seen: Seen) -> None:
    for name in ("bob", "watch"):
        told = seen.after[name, "/providers/health?models=true"].json
        rows = [*told["states"], *told["outages"], *seen.after[name, "/providers/status"].json["data"]]
        assert rows and {row["signal"] for row in rows} == {row["reason"] for row in rows} == {None}
        assert told["checks"] is None


def test_figures_are_the_sums_of_blues_own_calls(seen: Seen) -> None:
    cost, count = seen.world.blue_cost, len(seen.world.requests["blue"])
    for name in BLUE:
        metrics = seen.after[name, "/providers/metrics?span=30d"].json
        assert (metrics["totals"]["requests"], metrics["totals"]["cost_nano"]) == (count, cost)
        assert [one["attempts"] for one in metrics["data"]] == [None]
        for by in ("provider", "model", "team", "api_key"):
            costs = seen.after[name, f"/providers/costs?span=30d&by={by}"].json
            assert costs["totals"]["cost_nano"] == cost == sum(one["cost_nano"] for one in costs["data"])
            assert sum(one["cost_nano"] for one in costs["series"]) == cost
        rows = seen.after[name, "/providers/logs?since=all"].json["data"]
        assert {row["id"] for row in rows} == set(seen.world.requests["blue"])
        events = seen.after[name, "/api/monitoring/providers/logs/all"].json["data"]
        assert {one["id"] for one in events} == set(seen.world.events["blue"])
    charts = seen.after["bob", "/dashboards/data/?range=30d&by=model"].json
    assert charts["times"] and {one["label"] for one in charts["cost"]["groups"]} == {"gpt-4o", "gpt-mini"}, charts


# --- feeling for what is there ---------------------------------------------------------------------------


def questions(world: World) -> Iterator[tuple[str, str, str]]:
    """Who, and an address that asks for something of red's."""
    red = world.requests["red"][0]
    for address in addresses.addresses(world):
        who = "watch" if address.path.startswith(("/api/", "/providers/")) else "bob"
        guesses = dict(GUESSES.get(address.route, {}))
        if "session" in guesses:
            guesses["request"] = (red,)
        for name, values in guesses.items():
            more = "&since=all" if "session" in guesses else ""
            for value in values:
                yield who, f"{address.path}?{name}={value}{more}", value
    for path in (f"/logs/{red}/", f"/playground/cost?id={red}", f"/api/monitoring/providers/{RED}-team/models"):
        yield from ((who, path, path) for who in ("bob", "mia", "eve", "nobody"))


def test_what_is_reds_is_answered_like_what_is_nobodys(seen: Seen) -> None:
    red = seen.world.requests["red"][0]
    ghost = f"{red[:-2]}ff"
    real, unreal, held = {}, {}, {}
    for who, url, value in questions(seen.world):
        asker = seen.askers[who]
        real[who, url] = like_a_ghost(asker.ask(url), {red: ghost})
        unreal[who, url] = asker.ask(nobodys(url).replace(red, ghost))
        echoed = (value, value.replace(" ", "+"), value.replace(" ", "%20"), ghost)
        held[who, url] = real[who, url].held(seen.world.canaries, without=echoed)
    assert len(real) > 100
    none_of(differences(real, unreal))
    none_of({asked: words for asked, words in held.items() if words})


def like_a_ghost(answer: Answer, ids: dict[str, str]) -> Answer:
    """The same answer, had the names in it been nobody's."""
    text = nobodys(answer.body.decode())
    headers = {name: nobodys(value) for name, value in answer.headers.items()}
    for one, other in ids.items():
        text = text.replace(one, other)
        headers = {name: value.replace(one, other) for name, value in headers.items()}
    return answer._replace(body=text.encode(), headers=headers)


def test_a_cursor_that_was_given_to_an_admin_leads_to_nothing_of_red(seen: Seen) -> None:
    ada, told = signed_in(f"{INFRA}-ada"), {}
    requests, events = "/providers/logs{}?since=all&limit=2", "/api/monitoring/providers/{}?limit=2"
    for url in (*map(requests.format, ("", "/openai")), *map(events.format, ("logs/all", "openai/logs"))):
        cursor = ada.ask(url).json["next"]
        assert cursor
        for who in ("bob", "watch"):
            told[who, url] = seen.askers[who].ask(f"{url}&cursor={cursor}")
            assert told[who, url].status == 200
    cursor = ada.ask("/providers/logs?since=all&limit=2").json["next"]
    told["bob", "/logs/"] = seen.askers["bob"].ask(f"/logs/?since=all&cursor={cursor}")
    none_of(leaks(seen, told))


def sent(world: World, one: Sent) -> Sent:
    words = {"<red>": world.requests["red"][0], "<token>": world.token.fingerprint}
    return one._replace(body={name: words.get(value, value) if isinstance(value, str) else value
                              for name, value in one.body.items()})  # fmt: skip


def as_nobodys(body: Any, ids: dict[str, str]) -> Any:
    if isinstance(body, dict):
        return {name: as_nobodys(value, ids) for name, value in body.items()}
    if isinstance(body, list):
        return [as_nobodys(one, ids) for one in body]
    return ids.get(body, nobodys(body)) if isinstance(body, str) else body


@pytest.mark.parametrize("route", POSTS)
def test_what_is_posted_tells_nothing(seen: Seen, route: str) -> None:
    world, told, unreal = seen.world, {}, {}
    ids = {world.requests["red"][0]: f"{world.requests['red'][0][:-2]}ff"}
    for path in addresses.filled(route, world):
        for number, given in enumerate(sent(world, one) for one in POSTS[route]):
            for who, asker in seen.askers.items():
                ghost = as_nobodys(given.body, ids)
                with transaction.atomic():
                    answer = asker.ask(path, method="POST", body=given.body, form=given.form)
                    told[who, number, path] = answer
                    transaction.set_rollback(True)
                with transaction.atomic():
                    unreal[who, number, path] = asker.ask(path, method="POST", body=ghost, form=given.form)
                    transaction.set_rollback(True)
    echoed = (f"{RED}-chat", f"{RED}-app", f"{RED}-team", f"{RED}-finetune", f"{RED}-rita", *ids)
    none_of(leaks(seen, told, echoed=echoed))
    none_of(differences(*({asked: like_a_ghost(one, ids) for asked, one in them.items()} for them in (told, unreal))))
    changing = not route.startswith(("live/", "playground/", "api/routing"))
    assert not changing or {one.status for one in told.values()} <= {302, 401, 403, 404}


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_other_methods_tell_nothing(seen: Seen, method: str) -> None:
    told = {
        (who, address.path): seen.askers[who].ask(address.path, method=method)
        for address in addresses.addresses(seen.world)
        if not address.in_admin
        for who in ("bob", "watch")
    }
    none_of(leaks(seen, told))


# --- the admin -----------------------------------------------------------------------------------------


def test_the_admin_tells_members_nothing_and_staff_what_they_may(seen: Seen) -> None:
    """Staff see every team's figures on the pages for teams; in the admin they need the permission of each row."""
    sam, told = signed_in("sam"), {}
    for address in addresses.addresses(seen.world):
        if not address.in_admin or address.path.endswith(("/logout/", "/password_change/")):
            continue
        for method in ("GET", "POST"):
            with transaction.atomic():
                told["sam", method, address.path] = sam.ask(address.path, method=method, form=True)
                told["mia", method, address.path] = seen.askers["mia"].ask(address.path, method=method, form=True)
                transaction.set_rollback(True)
    assert len(told) > 500
    none_of(leaks(seen, told))
    done = {asked: one.status for asked, one in told.items() if asked[1] == "POST" and one.status < 300}
    none_of({asked: one for asked, one in done.items() if not asked[2].endswith(READ_BY_POST)})


def test_stored_prompts_are_for_people_with_the_permission_alone(seen: Seen) -> None:
    sam = signed_in("sam")
    for owner in ("red", "blue"):
        path = f"/logs/{seen.world.requests[owner][0]}/content/"
        assert sam.ask(path, method="POST", form=True).status == 403
        one = f"/logs/{seen.world.requests[owner][0]}/"
        for url in (one, "/logs/?since=all", "/logs/export.jsonl?since=all", "/providers/logs?since=all"):
            assert sam.ask(url).held([PROMPT, f"{INFRA} stored"]) == []
