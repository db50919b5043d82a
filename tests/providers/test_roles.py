"""Which of a provider's models is the smart, the fast, the cheap one."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.catalogue import CompiledRole, fold_name
from providers.compiling import compile_provider, roles_of
from providers.facts import row_prices
from providers.models import Model, Provider, Role
from providers.roles import CHATS, NAMES, ShippedRole, shipped_roles
from providers.shipped import ship_models
from providers.vendors import ModelFact, Vendor, all_vendors

NOBODY = Vendor(slug="nobody", name="Nobody", kind="cloud")


def row(model_id: str, price: tuple[float, float] | None = None, **facts: Any) -> Model:
    """``price``: of input and output."""
    given_in, given_out = price or (None, None)
    made = Model(model_id=model_id, **{"mode": "chat", **facts})
    made.price_input = None if given_in is None else Decimal(str(given_in))
    made.price_output = None if given_out is None else Decimal(str(given_out))
    return made


def roles(rows: Sequence[Model], vendor: Vendor = NOBODY, given_default: str | None = None) -> dict[str, ShippedRole]:
    prices = {one.model_id: row_prices(one, vendor, "") for one in rows}
    return shipped_roles(vendor, rows, prices, given_default=given_default)


def chosen(rows: Sequence[Model], vendor: Vendor = NOBODY, given_default: str | None = None) -> dict[str, str]:
    return {name: role.model for name, role in roles(rows, vendor, given_default).items()}


def test_facts_and_prices_tell_the_roles() -> None:
    rows = [
        row("tiny", (0.1, 0.2), context_window=8_000, reasoning=False),
        row("wide", (1, 2), context_window=1_000_000, reasoning=True),
        row("dear", (5, 20), context_window=200_000, reasoning=True),
    ]
    assert chosen(rows) == {
        "cheap": "tiny",
        "fast": "tiny",
        "large": "wide",
        "smart": "dear",
        "code": "dear",
        "creative": "dear",
    }


def test_the_blend_is_three_parts_input_to_one_part_output() -> None:
    rows = [row("in", (1, 2)), row("out", (0.5, 3.4))]  # 5 to 4.9 of four parts
    assert chosen(rows)["cheap"] == "out"


def test_what_thinks_first_is_not_called_fast_for_being_cheap() -> None:
    rows = [row("thinker", (0.1, 0.2), reasoning=True), row("quick", (1, 2), reasoning=False)]
    assert "fast" not in chosen(rows)
    assert "fast" not in chosen([row("unknown", (0.1, 0.2)), row("quick", (1, 2), reasoning=False)])


def test_without_facts_there_are_no_roles() -> None:
    assert chosen([]) == {}
    assert chosen([row("a"), row("b"), row("c")]) == {}


def test_one_known_price_of_several_models_compares_nothing() -> None:
    assert chosen([row("known", (9, 9), reasoning=True, context_window=9), row("b"), row("c")]) == {}


def test_where_all_cost_the_same_none_is_the_smart_one() -> None:
    rows = [row("a", (0, 0), reasoning=True), row("b", (0, 0), reasoning=True)]
    assert chosen(rows) == {"cheap": "a"}


def test_the_only_model_is_whatever_it_is_known_to_be() -> None:
    assert chosen([row("one")]) == {"default": "one"}
    assert set(chosen([row("one", (1, 2), reasoning=True, context_window=5)])) == set(NAMES) - {"fast"}


def test_only_chat_models_take_part_and_not_by_a_guess() -> None:
    rows = [
        row("embedder", (0.001, 0.001), mode="embedding", context_window=9_000_000),
        row("pictures", (0.002, 0.002), sources={"mode": "guess"}, context_window=8_000_000),
        row("a", (1, 1), context_window=10),
        row("b", (2, 2), context_window=20),
    ]
    assert (chosen(rows)["cheap"], chosen(rows)["large"]) == ("a", "b")


def test_the_vendors_word_goes_before_facts_unless_its_model_is_off() -> None:
    vendor = Vendor(
        slug="nobody",
        name="Nobody",
        kind="cloud",
        default_model="b",
        models=(ModelFact(id="b"), ModelFact(id="a")),
        roles={"cheap": "b", "planner": "a", "fast": "gone"},
    )
    rows = [row("a", (1, 1)), row("b", (2, 2))]
    assert chosen(rows, vendor) == {"cheap": "b", "planner": "a", "default": "b"}
    assert chosen(rows[:1], vendor)["cheap"] == "a"


def test_the_environments_default_needs_no_row() -> None:
    assert chosen([row("a"), row("b")], given_default="mine") == {"default": "mine"}


def test_each_role_says_where_it_comes_from() -> None:
    found = roles([row("a", (1, 1), reasoning=False), row("b", (2, 2))])
    assert found["cheap"] == ShippedRole("a", "the lowest price that is known")
    assert all(role.origin for role in found.values())


MODELS = st.lists(
    st.builds(
        row,
        st.text("abc", min_size=1, max_size=3),
        st.none() | st.tuples(st.integers(0, 3), st.integers(0, 3)),
        mode=st.sampled_from(Model.Mode.values),
        context_window=st.none() | st.integers(0, 3),
        reasoning=st.none() | st.booleans(),
        sources=st.sampled_from([{}, {"mode": "guess"}]),
    ),
    max_size=6,
    unique_by=lambda one: one.model_id,
)
LISTED = tuple(ModelFact(id=model) for model in ("cab", "b", "a", "abc"))
VENDORS = st.builds(
    Vendor,
    slug=st.just("nobody"),
    name=st.just("Nobody"),
    kind=st.just("cloud"),
    models=st.just(LISTED),
    default_model=st.none() | st.sampled_from([one.id for one in LISTED]),
    roles=st.dictionaries(st.sampled_from(NAMES[1:]), st.sampled_from([one.id for one in LISTED])),
)


@given(MODELS, VENDORS, st.randoms())
def test_roles_are_present_models_whatever_their_order(rows: list[Model], vendor: Vendor, chance: Any) -> None:
    found = chosen(rows, vendor)
    assert set(found.values()) <= {one.model_id for one in rows}
    shuffled = list(rows)
    chance.shuffle(shuffled)
    assert chosen(shuffled, vendor) == found


@given(MODELS)
def test_no_model_that_is_known_beats_the_chosen_one(rows: list[Model]) -> None:
    found, by_id = chosen(rows), {one.model_id: one for one in rows}
    known = [one for one in rows if one.mode in CHATS and one.sources.get("mode") != "guess"]

    def cost(one: Model) -> Decimal | None:
        both = one.price_input is not None and one.price_output is not None
        return 3 * one.price_input + one.price_output if both else None  # type: ignore[operator]

    costs = {one.model_id: price for one in known if (price := cost(one)) is not None}
    thinkers = {model: price for model, price in costs.items() if by_id[model].reasoning}
    if "cheap" in found:
        assert costs[found["cheap"]] == min(costs.values())
    if "smart" in found:
        assert thinkers[found["smart"]] == max(thinkers.values())
    if "fast" in found:
        assert found["fast"] == found["cheap"] and by_id[found["fast"]].reasoning is False
    if "large" in found:
        assert by_id[found["large"]].context_window == max(one.context_window or 0 for one in known)


@given(MODELS, st.data())
def test_a_model_that_was_taken_out_is_no_role(rows: list[Model], data: st.DataObject) -> None:
    for model in set(chosen(rows).values()):
        left = [one for one in rows if one.model_id != model]
        assert model not in chosen(left).values()


@pytest.mark.parametrize("slug", sorted(all_vendors()))
def test_what_a_vendors_file_names_is_in_its_list(slug: str) -> None:
    vendor = all_vendors()[slug]
    chats = {fact.id for fact in vendor.models if fact.mode in CHATS}
    assert set(vendor.roles.values()) <= chats
    assert all(fold_name(name) == name and name.isprintable() and ":" not in name for name in vendor.roles)
    assert set(vendor.roles) <= set(NAMES) - {"default"}  # that is ``default_model``


@pytest.mark.django_db
@pytest.mark.parametrize("slug", ["openai", "anthropic", "google", "mistral", "openrouter", "bedrock", "demo"])
def test_the_vendors_most_people_use_have_all_roles(slug: str) -> None:
    provider = Provider.objects.create(name=slug, vendor=slug)
    ship_models(provider)
    assert set(compile_provider(provider.pk, {}).roles) == set(NAMES)


@pytest.mark.django_db
def test_an_admins_role_replaces_the_shipped_one_and_its_name_is_folded() -> None:
    provider = Provider.objects.create(name="openai", vendor="openai")
    ship_models(provider)
    Role.objects.create(provider=provider, name="fast", model_id="mine", parameters={"temperature": 0.2})
    Role.objects.create(provider=provider, name="my_role", model_id="gpt-5.5")
    found = compile_provider(provider.pk, {}).roles
    assert found["fast"] == CompiledRole("mine", {"temperature": 0.2})
    assert found["my-role"] == CompiledRole("gpt-5.5", {})
    assert found["smart"].model == roles_of(provider, {})["smart"].model == "gpt-6-astra"


@pytest.mark.django_db
def test_a_disabled_model_and_the_environments_default_are_minded() -> None:
    provider = Provider.objects.create(name="openai", vendor="openai")
    ship_models(provider)
    Model.objects.filter(model_id__in=["gpt-6-astra", "gpt-5.4-mini"]).update(enabled=False)
    found = compile_provider(provider.pk, {}).roles
    assert "gpt-6-astra" not in {role.model for role in found.values()}
    assert found["smart"].model == "gpt-5.5"  # the dearest that reasons and is there
    assert "default" not in found
    assert compile_provider(provider.pk, {"OPENAI_MODEL": "gpt-9"}).roles["default"].model == "gpt-9"
    assert roles_of(Provider(name="gone", vendor="gone"), {}) == {}
