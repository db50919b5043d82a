"""The peers: LiteLLM's proxy and Portkey's gateway, each release of today in an environment in ``.bench``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from tests.benchmarks.systems import BENCH_DIR, ROOT, Place, System, Unavailable

INSTALL_SECONDS = 900
TOOLS = ROOT / ".venv" / "tools" / "bin"  # where the Makefile puts uv
MASTER_KEY = "sk-bench-1f9c8a7be2d34c5f"
LITELLM_CONFIG = """\
model_list:
  - model_name: "*"
    litellm_params: {{model: "openai/*", api_base: "{upstream}/v1", api_key: sk-unused}}
general_settings: {{master_key: {key}}}
litellm_settings: {{telemetry: false}}
"""
# @hono/node-server after 1.3.3 makes Portkey 1.15 hold its streams back or break them off.
PORTKEY_PACKAGE = {
    "name": "switchboard-bench-portkey",
    "private": True,
    "dependencies": {"@portkey-ai/gateway": "*"},
    "overrides": {"@hono/node-server": "1.3.3"},
}


class LiteLLM(System):
    """One worker, a master key, no database, no callbacks: its quickest form that still checks who asks."""

    name = "LiteLLM"
    holds_many = False
    start_seconds = 90.0
    home = BENCH_DIR / "litellm"

    def prepare(self) -> str:
        if not (self.home / "bin" / "litellm").exists():
            say(f"making LiteLLM's environment in {self.home}")
            make_environment(self.home, "litellm[proxy]")
        found = next(self.home.glob("lib/*/site-packages/litellm-*.dist-info"), None)
        return found.name.removeprefix("litellm-").removesuffix(".dist-info") if found else ""

    def command(self, place: Place) -> list[str]:
        config = place.directory / "litellm.yaml"
        config.write_text(LITELLM_CONFIG.format(upstream=place.upstream, key=MASTER_KEY))
        address = ["--host", "127.0.0.1", "--port", str(self.port)]
        return [str(self.home / "bin" / "litellm"), "--config", str(config), *address, "--num_workers", "1"]

    def environ(self, place: Place) -> Mapping[str, str]:
        return {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False", "LITELLM_LOG": "ERROR"}

    def headers(self, place: Place) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {MASTER_KEY}"}

    @property
    def ready_url(self) -> str:
        return f"{self.url}/health/liveliness"


class Portkey(System):
    """As its own ``npx @portkey-ai/gateway`` runs it; the provider is named in headers."""

    name = "Portkey"
    home = BENCH_DIR / "portkey"
    package = home / "node_modules" / "@portkey-ai" / "gateway"

    def prepare(self) -> str:
        if shutil.which("node") is None:
            raise Unavailable("needs Node.js, which is not on the PATH")
        if not self.package.exists():
            if shutil.which("npm") is None:
                raise Unavailable("needs npm, which is not on the PATH")
            say(f"installing Portkey in {self.home}")
            self.home.mkdir(parents=True, exist_ok=True)
            (self.home / "package.json").write_bytes(msgspec.json.encode(PORTKEY_PACKAGE))
            quiet = ["--no-audit", "--no-fund", "--omit=dev", "--ignore-scripts"]
            install(["npm", "install", "--prefix", str(self.home), *quiet])
        version: str = msgspec.json.decode((self.package / "package.json").read_bytes())["version"]
        return version

    def command(self, place: Place) -> list[str]:
        return ["node", str(self.package / "build" / "start-server.js"), "--headless", f"--port={self.port}"]

    def environ(self, place: Place) -> Mapping[str, str]:
        return {"NODE_ENV": "production"}

    def headers(self, place: Place) -> Mapping[str, str]:
        return {
            "x-portkey-provider": "openai",
            "x-portkey-custom-host": f"{place.upstream}/v1",
            "Authorization": "Bearer sk-unused",
        }


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def make_environment(home: Path, requirement: str) -> None:
    """A virtual environment with one package, by uv if there is one. Raises ``Unavailable``."""
    uv = shutil.which("uv", path=os.pathsep.join([str(TOOLS), os.environ.get("PATH", "")]))
    python = str(home / "bin" / "python")
    if uv:
        install([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(home)])
        install([uv, "pip", "install", "--quiet", "--python", python, requirement])
    else:
        install([sys.executable, "-m", "venv", str(home)])
        install([python, "-m", "pip", "install", "--quiet", requirement])


def install(command: list[str]) -> None:
    """Runs it with low priority. Raises ``Unavailable`` with the end of its output."""
    try:
        done = subprocess.run(["nice", "-n", "10", *command], capture_output=True, text=True, timeout=INSTALL_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"could not be installed: {error}") from None
    if done.returncode:
        raise Unavailable(f"could not be installed: {(done.stderr or done.stdout).strip()[-300:]}")
