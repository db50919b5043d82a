"""Demo: a labelled simulation inside the process, so that the first call works without an account."""

from collections.abc import Mapping

from providers.canonical import HttpParts
from providers.vendors.base import Auth, LocalReply, ModelFact, Vendor


async def answers(request: HttpParts, headers: Mapping[str, str]) -> LocalReply:
    from providers.demo.door import answer  # it needs the OpenAI wire, which needs this package

    return await answer(request, headers)


def _chat(model_id: str, *, reasoning: bool = False) -> ModelFact:
    return ModelFact(
        id=model_id, context_window=128_000, max_output=4_096, vision=True, tools=True, reasoning=reasoning
    )


VENDOR = Vendor(
    slug="demo",
    name="Demo (simulation)",
    kind="simulation",
    region="any",
    promise="verified",
    base_url="demo://local",
    auth=Auth(optional=True),
    default_model="demo",
    roles={"smart": "demo-reasoning", "fast": "demo-fast", "code": "demo-tools", "creative": "demo"},
    models=(
        _chat("demo"),
        _chat("demo-fast"),
        _chat("demo-tools"),
        _chat("demo-reasoning", reasoning=True),
        _chat("demo-401"),
        _chat("demo-429"),
        _chat("demo-500"),
        _chat("demo-hang"),
        _chat("demo-broken-stream"),
    ),
    note=(
        "Answers without network, and says that it is a simulation. demo echoes word by word, demo-fast at once, "
        "demo-tools calls every tool it is offered, demo-reasoning thinks first; the others fail on purpose. It takes "
        "any token; one named demo-401, demo-429, demo-500 or demo-hang fails like that model."
    ),
    answers=answers,
)
