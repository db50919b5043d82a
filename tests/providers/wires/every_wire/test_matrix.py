"""Hard requests over all wires: what an app said arrives, or is refused, or is named as left out."""

from __future__ import annotations

import pytest

from providers.canonical import HttpParts
from providers.errors import UnsupportedFeature
from tests.providers.wires.every_wire.cast import CONTENT, KNOBS, PLACES, PLAIN, Json, asked, held, markers
from tests.providers.wires.every_wire.claude_cast import CLAUDE_CONTENT, CLAUDE_KNOBS, CLAUDE_PLAIN
from tests.providers.wires.every_wire.official import check

DIALECTS = {"openai": (CONTENT, PLAIN, KNOBS), "anthropic": (CLAUDE_CONTENT, CLAUDE_PLAIN, CLAUDE_KNOBS)}
SAID = [(dialect, name) for dialect, (content, _, _) in DIALECTS.items() for name in content]
TURNED = [(dialect, name) for dialect, (_, _, knobs) in DIALECTS.items() for name in knobs]

# Names for what some vendors have no place for: the marker that is lost → how ``dropped`` calls it.
NAMED = {
    "zqalice": "messages.name",
    "zqbob": "messages.name",
    "zqno": "messages.refusal",
    "zqname.pdf": "messages.filename",
    "zqname.txt": "messages.filename",
    "zqtitle": "messages.filename",
}
RENAMED_IDS = ("mistral",)  # it takes ids of nine letters
SHORT_NAMES = ("bedrock_converse",)  # a document's name has no dot there
# What changes nothing of the answer, or is what the vendor does unasked.
UNASKED = {
    "a tool kept in the cache": None,  # each vendor caches as it does
    "no effort": ("anthropic", "vertex_anthropic", "azure_anthropic", "bedrock_invoke", "bedrock_converse"),
    "thinking off": (*("bedrock_converse",),),
    "adaptive": ("openai", "responses", "azure", "copilot", "deepseek", "mistral", "openrouter", "sagemaker"),
}
# Fields that the vendor has and its Python package does not: other vendors' chat is no OpenAI's.
OFFICIAL = (
    "openai",
    "azure",
    "responses",
    "anthropic",
    "vertex_anthropic",
    "gemini",
    "vertex_gemini",
    "bedrock_converse",
)


def sent(place: str, body: Json, dialect: str) -> tuple[Json, HttpParts] | None:
    """``None`` where it was refused."""
    try:
        return asked(PLACES[place], body, dialect=dialect)
    except UnsupportedFeature:
        return None


@pytest.mark.parametrize(("dialect", "name"), SAID)
@pytest.mark.parametrize("place", PLACES)
def test_what_was_said_arrives_or_is_refused_or_named(place: str, dialect: str, name: str) -> None:
    asking = DIALECTS[dialect][0][name]
    if (found := sent(place, {**asking, "max_tokens": 4000}, dialect)) is None:
        return
    body, parts = found
    lost = {marker for marker in markers(asking) if not held(marker, body) and NAMED.get(marker) not in parts.dropped}
    if place in RENAMED_IDS:
        lost -= {"call_zqa", "call_zqb", "toolu_zqa", "toolu_zqb"}
    if place in SHORT_NAMES:
        lost = {marker for marker in lost if not held(marker.removesuffix(".pdf").removesuffix(".txt"), body)}
    assert not lost


@pytest.mark.parametrize(("dialect", "name"), TURNED)
@pytest.mark.parametrize("place", PLACES)
def test_a_knob_changes_the_body_or_is_refused_or_named(place: str, dialect: str, name: str) -> None:
    _, plain, knobs = DIALECTS[dialect]
    if (found := sent(place, {**plain, **knobs[name]}, dialect)) is None:
        return
    quiet, silent = asked(PLACES[place], plain, dialect=dialect)
    named = set(found[1].dropped) - set(silent.dropped)
    if name in UNASKED and ((unasked := UNASKED[name]) is None or place in unasked):
        return
    assert found[0] != quiet or named


@pytest.mark.parametrize(("dialect", "name"), [*SAID, *TURNED])
@pytest.mark.parametrize("place", OFFICIAL)
def test_the_vendors_own_types_take_it(place: str, dialect: str, name: str) -> None:
    content, plain, knobs = DIALECTS[dialect]
    asking = {**content[name], "max_tokens": 4000} if name in content else {**plain, **knobs[name]}
    if (place, name) == ("responses", "a refusal"):
        return  # OpenAI takes it without an id; its types want one
    if (found := sent(place, asking, dialect)) is not None:
        check(PLACES[place].wire, found[0])


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("place", PLACES)
def test_nothing_is_left_out_of_a_plain_request(place: str, dialect: str) -> None:
    _, parts = asked(PLACES[place], DIALECTS[dialect][1], dialect=dialect)
    assert not parts.dropped
