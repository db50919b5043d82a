"""A llama.cpp server, a LiteLLM proxy in front of it, and Switchboard in front of both, for the whole run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from tests.upstreams.environments import NotBuilt, python_of
from tests.upstreams.processes import free_port, running
from tests.upstreams.tiny_model import write_tiny_model

PROJECT = Path(__file__).resolve().parents[2]
MASTER_KEY = "sk-litellm-upstreams-test"
API_KEY = "sb-upstreams-test-0123456789abcdef"
LITELLM = """\
model_list:
  - model_name: tiny-behind-litellm
    litellm_params:
      model: openai/tiny
      api_base: {llama_cpp}
      api_key: sk-unused
general_settings:
  master_key: {master_key}
litellm_settings:
  telemetry: false
"""


def _python_or_skip(name: str) -> str:
    try:
        return str(python_of(name))
    except NotBuilt as reason:
        pytest.skip(f"the environment of {name} cannot be built here: {reason}")


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("upstreams")


@pytest.fixture(scope="session")
def llama_cpp(place: Path) -> Iterator[str]:
    """The base URL of a real llama.cpp server."""
    python, port, model = _python_or_skip("llama_cpp"), free_port(), place / "tiny.gguf"
    write_tiny_model(model)
    url = f"http://127.0.0.1:{port}/v1"
    command = [python, "-m", "llama_cpp.server", "--model", str(model), "--model_alias", "tiny"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--n_ctx", "2048", "--n_threads", "1"]
    with running(command, ready=f"{url}/models", log=place / "llama_cpp.log"):
        yield url


@pytest.fixture(scope="session")
def litellm(place: Path, llama_cpp: str) -> Iterator[str]:
    """The base URL of a real LiteLLM proxy that has the llama.cpp server behind it."""
    python, port, config = _python_or_skip("litellm"), free_port(), place / "litellm.yaml"
    config.write_text(LITELLM.format(llama_cpp=llama_cpp, master_key=MASTER_KEY))
    command = [str(Path(python).with_name("litellm")), "--config", str(config)]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    offline = {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    ready = f"http://127.0.0.1:{port}/health/liveliness"
    with running(command, ready=ready, log=place / "litellm.log", env=offline):
        yield f"http://127.0.0.1:{port}/v1"


@pytest.fixture(scope="session")
def switchboard(place: Path, llama_cpp: str, litellm: str) -> Iterator[str]:
    """The base URL of a Switchboard that knows both from its environment, as ``make run`` would start it."""
    port = free_port()
    environment = {
        "SWITCHBOARD_ENV_FILE": str(place / "no.env"),
        "DATA_DIR": str(place / "data"),
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "BOOTSTRAP_API_KEY": API_KEY,
        "LLAMA_CPP_ENABLED": "1",
        "LLAMA_CPP_BASE_URL": llama_cpp,
        "LITELLM_ENABLED": "1",
        "LITELLM_BASE_URL": litellm,
        "LITELLM_API_KEY": MASTER_KEY,
    }
    command = [sys.executable, str(PROJECT / "manage.py"), "up"]
    ready = f"http://127.0.0.1:{port}/healthz"
    with running(command, ready=ready, log=place / "switchboard.log", env=environment):
        yield f"http://127.0.0.1:{port}/v1"


@pytest.fixture(scope="session")
def client(switchboard: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=switchboard, api_key=API_KEY, max_retries=0, timeout=60) as made:
        yield made
