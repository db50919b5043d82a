"""``switchboard chat`` on a real terminal, against a running Switchboard."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator

import pexpect
import pytest

from tests.server.running import KEY, ROOT, Server, running

PROMPT = r"demo[a-z-]*> $"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("chat")) as started:
        yield started


def interruptible() -> None:
    """A test run in the background has SIGINT ignored, and its children would too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def terminal(server: Server, *words: str, **environ: str) -> pexpect.spawn:
    command = [str(ROOT / "manage.py"), "chat", *words]
    return pexpect.spawn(
        sys.executable,
        command,
        cwd=str(ROOT),
        env={**server.environ, "TERM": "xterm", "COLUMNS": "120", **environ},
        encoding="utf-8",
        timeout=30,
        dimensions=(40, 120),
        preexec_fn=interruptible,
    )


def test_a_person_talks_to_a_model_and_changes_it(server: Server) -> None:
    chat = terminal(server, "demo", SWITCHBOARD_API_KEY=KEY)
    chat.expect(r"Talking to demo\.")
    chat.expect(PROMPT)
    chat.sendline("Good morning")
    chat.expect("You said: Good morning")
    chat.expect(r"\d+\.\d\d s, \d+ in, \d+ out")
    chat.expect(PROMPT)
    chat.sendline("/providers")
    chat.expect(r"demo  \d+ models")
    chat.expect(PROMPT)
    chat.sendline("/provider DEMO")
    chat.expect("Talking to demo of demo")
    chat.expect(PROMPT)
    chat.sendline("/models tools")
    chat.expect("demo-tools")
    chat.expect(PROMPT)
    chat.sendline("/model demo-fast")
    chat.expect(r"demo-fast> $")
    chat.sendline("Bye")
    chat.expect("You said: Bye")
    chat.expect(r"demo-fast> $")
    chat.sendeof()
    chat.expect(pexpect.EOF)
    chat.close()
    assert chat.exitstatus == 0


def test_ctrl_c_ends_the_answer_and_not_the_conversation(server: Server) -> None:
    chat = terminal(server, "demo-hang")  # as a key of this installation, without its secret
    chat.expect("demo-hang> $")
    chat.sendline("Are you there?")
    with pytest.raises(pexpect.TIMEOUT):
        chat.expect("demo-hang> $", timeout=1)
    chat.sendintr()
    chat.expect("Stopped")
    chat.expect("demo-hang> $")
    chat.sendline("/model demo")
    chat.expect(PROMPT)
    chat.sendline("Still here?")
    chat.expect("You said: Still here")
    chat.expect(PROMPT)
    chat.sendline("/quit")
    chat.expect(pexpect.EOF)
    chat.close()
    assert chat.exitstatus == 0


@pytest.mark.parametrize(
    ("words", "environ", "said"),
    [
        (["demo"], {"SWITCHBOARD_API_KEY": "sk-sb-wrong"}, "The API key is not known here"),
        (["--url", "http://127.0.0.1:9"], {"SWITCHBOARD_API_KEY": KEY}, "cannot be reached"),
        (["--url", "nowhere"], {"SWITCHBOARD_API_KEY": KEY}, "no address"),
        (["--key", "none"], {}, "no enabled API key named none"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(server: Server, words: list[str], environ: dict[str, str], said: str) -> None:
    chat = terminal(server, *words, **environ)
    chat.expect(said)
    chat.expect(pexpect.EOF)
    chat.close()
    assert chat.exitstatus == 1 and "Traceback" not in (chat.before or "")
