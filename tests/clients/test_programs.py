"""SDKs and command line programs, as they come from their registries. ``make test-clients`` runs these."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clients.conftest import PROGRAMS, Programs
from tests.clients.environments import PLACE
from tests.fake_vendor import Answer, FakeVendor
from tests.server.running import KEY

pytestmark = pytest.mark.clients

HELLO = "Hello from the fake vendor."
MODULES = {"MODULES": str(PLACE / "node" / "package.json")}


@pytest.fixture(autouse=True)
def _calls_a_tool(vendor: FakeVendor) -> None:
    vendor.script(Answer(tools=(("get_weather", '{"city": "Paris"}'),)), model="fake-small")


def _got_everything(told: Any) -> None:
    assert told["whole"] == told["stream"] == HELLO
    assert told["usage"] == told["stream_usage"] == [7, 5]
    assert told["tool"] == ["get_weather", {"city": "Paris"}]


def _is_openai(told: Any) -> None:
    _got_everything(told)
    assert "fake-large" in told["models"]
    assert told["refused"] == "invalid_api_key"


def _is_anthropic(told: Any) -> None:
    _got_everything(told)
    assert (told["stopped"], told["refused"]) == ("tool_use", "authentication_error")
    assert told["counted"] > 0


def test_openai_s_python_sdk_works(python: Programs) -> None:
    _is_openai(python.told("python", str(PROGRAMS / "openai_chat.py")))


def test_openai_s_node_sdk_works(node: Programs) -> None:
    _is_openai(node.told("node", str(PROGRAMS / "openai_chat.mjs"), env=MODULES))


def test_anthropic_s_python_sdk_works(python: Programs) -> None:
    _is_anthropic(python.told("python", str(PROGRAMS / "anthropic_chat.py")))


def test_anthropic_s_node_sdk_works(node: Programs) -> None:
    _is_anthropic(node.told("node", str(PROGRAMS / "anthropic_chat.mjs"), env=MODULES))


def test_langchain_works(python: Programs) -> None:
    _got_everything(python.told("python", str(PROGRAMS / "langchain_chat.py")))


@pytest.mark.parametrize("stream", [True, False])
def test_llm_works(python: Programs, stream: bool) -> None:
    model = f"- model_id: board\n  model_name: fake-large\n  api_base: {python.url}/v1\n  api_key_name: board\n"
    (python.home / "extra-openai-models.yaml").write_text(model)
    options = [] if stream else ["--no-stream"]
    said = python.run(
        *("llm", "-m", "board", "--key", KEY, *options, "Say hello."), env={"LLM_USER_PATH": str(python.home)}
    )
    assert said.strip() == HELLO
