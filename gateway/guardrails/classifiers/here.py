"""The lexicon as a provider of its own, ``switchboard:lexicon``: always there, in no database, answered in this
process, booked and limited as any other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from gateway.guardrails.classifiers.base import Judgement
from gateway.guardrails.classifiers.lexicon import OFFLINE, lexicon
from gateway.routing.names import PREFIX, Resolved
from gateway.routing.rules import Rules
from gateway.routing.targets import Group, Member, Planned
from gateway.snapshot import Snapshot
from providers.canonical import HttpParts
from providers.catalogue import ANONYMOUS, CompiledProvider
from providers.moderations.categories import OPENAI
from providers.vendors import ModelFact, Vendor
from providers.vendors.base import Auth, LocalReply, Price
from providers.wires import wire
from providers.wires.openai.codec import decode, encode

MODEL = "lexicon"
NAME = f"switchboard:{MODEL}"
FLAGGED = 0.3  # badness above which a text is refused by a guardrail's usual threshold
MOST_CHARACTERS = 1_000_000  # of all inputs together: some seconds of work


async def answers(request: HttpParts, headers: Mapping[str, str]) -> LocalReply:
    """OpenAI's moderation reply to a request of its shape."""
    inputs = decode(request.content)["input"]
    texts = [inputs] if isinstance(inputs, str) else inputs
    if not all(isinstance(text, str) for text in texts):
        return _refused("The lexicon judges texts only, no images.")
    if sum(map(len, texts)) > MOST_CHARACTERS:
        return _refused(f"The lexicon judges up to {MOST_CHARACTERS:,} characters.")
    results = [_result(await OFFLINE.judge([text])) for text in texts]
    return _reply(200, {"id": "", "model": MODEL, "results": results})


def _refused(message: str) -> LocalReply:
    error = {"message": message, "type": "invalid_request_error", "param": "input", "code": None}
    return _reply(400, {"error": error})


def _result(judgement: Judgement) -> dict[str, Any]:
    scores = judgement.categories
    known = sorted(lexicon().categories)
    return {
        "flagged": 1.0 - judgement.safety > FLAGGED,
        "categories": {name: scores.get(name, 0.0) > FLAGGED for name in OPENAI},
        "category_scores": {name: scores.get(name, 0.0) for name in OPENAI},
        "category_applied_input_types": {name: ["text"] for name in known},
    }


def _reply(status: int, body: Mapping[str, Any]) -> LocalReply:
    return LocalReply(status=status, headers=(("content-type", "application/json"),), body=_once(encode(body)))


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


VENDOR = Vendor(
    slug="switchboard",
    name="Switchboard's lexicon",
    kind="local",
    region="any",
    base_url="switchboard://here",
    auth=Auth(optional=True),
    chat_path=None,
    models_path=None,
    moderations="openai",
    moderations_free=True,
    default_moderation=MODEL,
    models=(ModelFact(id=MODEL, mode="other", price=Price(input=0, output=0)),),
    answers=answers,
)

PROVIDER = CompiledProvider(
    id=0,  # no row has it: nothing is kept of its state
    name="switchboard",
    vendor=VENDOR,
    wire=wire(VENDOR.wire),
    base_url="switchboard://here",
    tokens=(ANONYMOUS,),
    models=frozenset({MODEL}),
)


def resolved(rules: Rules) -> Resolved:
    planned = Planned(PROVIDER, MODEL, "named by its prefix")
    return Resolved(name=NAME, how=PREFIX, group=Group("ordered", (Member(planned),)), rules=rules, bound=True)


def known_to(snapshot: Snapshot) -> None:
    """Plans under the snapshot know the name from now on."""
    if NAME not in snapshot.names:
        snapshot.names[NAME] = resolved(snapshot.routes.facts.rules)


def default_moderation(snapshot: Snapshot, allows: Any) -> str:
    """The model that judges where an app names none: of the first provider that has one and that ``allows``, else the
    lexicon."""
    providers: Sequence[CompiledProvider] = sorted(
        snapshot.catalogue.providers.values(), key=lambda one: (one.priority, one.name)
    )
    for provider in providers:
        model = provider.vendor.default_moderation
        if provider.active and model and provider.vendor.moderations:
            name = f"{provider.name}:{model}"
            if allows(name, model):
                return name
    return NAME
