"""The labelled set: sentences in which everything personal or secret is marked, ``⟦ENTITY:value⟧``, and sentences with
nothing of the kind that look as if. The values are invented; check digits are right where a kind has one. Secrets are
put together from pieces (``@name``), so that a hosting service's scanner does not refuse the repository.

The texts are in labelled_en.py, labelled_code.py and labelled_world.py. A third of the cases, chosen by the text's
hash, is held out, but no canary: nobody looks at these while changing a detector."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from typing import NamedTuple

from tests.gateway.guardrails.detect.canaries import CANARIES
from tests.gateway.guardrails.detect.labelled_code import CODE
from tests.gateway.guardrails.detect.labelled_en import ENGLISH
from tests.gateway.guardrails.detect.labelled_world import WORLD

_MARK = re.compile(r"⟦([A-Z_]+):(.*?)⟧", re.DOTALL)


class Label(NamedTuple):
    start: int
    end: int
    entity: str


class Case(NamedTuple):
    language: str
    text: str
    labels: tuple[Label, ...]

    @property
    def held_out(self) -> bool:
        return self.language != "mixed" and hashlib.sha256(self.text.encode()).digest()[0] % 3 == 0


def _join(*pieces: str) -> str:
    return "".join(pieces)


SECRETS: dict[str, str] = {
    "openai": _join("sk", "-", "pR7tL1wZ5sD9fH3mC6pYT3BlbkFJ0gKuEaViOxTbNmQwRtYu"),
    "openai_project": _join("sk", "-proj-", "a8Kd0_Zx7Vb2Nq-Lw5Rt9YmPc3HsGf1JkT3BlbkFJu6EoXi4QzWlDv8"),
    "anthropic": _join("sk", "-ant-", "api03-Hy7Gt5Fr4De3Sw2Aq1Zx9Cv8Bn7Mk6Jl5Kp4Oi3Uy2Tr1Ew0Qa9Zs8Xd7Cf6-AbCdEfAA"),
    "google": _join("AI", "za", "SyB4nV7cX2zL9kJ5hG1fD8sA3pO6iU0yTrE"),
    "aws_id": _join("AK", "IA", "R7K2WQ5M3XTZ6PLV"),
    "aws_secret": _join("Zt7/hV2kQ9xW4mN8bC1", "jR5yL0pD3sG6fA+uEoTi"),
    "github": _join("gh", "p_", "A7bC9dE1fG3hI5jK7lM9nO1pQ3rS5tU7vW9x"),
    "github_fine": _join("github", "_pat_", "11ABCDEFG0h7Jk2LmN4pQr_8StUvWxYz1A3bC5dE7fG9hI0jK2lM4nO6pQ8rS0tU2vW4xY6z"),
    "gitlab": _join("gl", "pat-", "nB4xV7cZ2lK9jH5gF1dS"),
    "slack": _join("xo", "xp-", "918273645011-564738291022-", "vN3bM7kJ1hG5fD9sA2pO6iU8"),
    "slack_hook": _join("https://hooks.sl", "ack.com/services/T04KQ8ZBX/B07M2NWRC/", "y5Ru8Wq1Xe4Vt7Bz0Lm3Kn6J"),
    "stripe": _join("sk", "_live_", "9Hj2Kd7Lm4Nq6Rs8Tv1Wx3Yz"),
    "stripe_restricted": _join("rk", "_live_", "4Nq6Rs8Tv1Wx3Yz9Hj2Kd7Lm"),
    "twilio": _join("S", "K", "3f7a9c1e5b2d8046a7f3c9e1b5d20846"),
    "sendgrid": _join("S", "G.", "n4V7cX2zL9kJ5hG1fD8sA3", ".", "pO6iU0yTrEwQ1aS2dF3gH4jK5lZ6xC7vB8nM9qW0eRt"),
    "npm": _join("np", "m_", "Q1w2E3r4T5y6U7i8O9p0A1s2D3f4G5h6J7k8"),
    "pypi": _join("py", "pi-", "AgEIcHlwaS5vcmcCJDk4ZjE2YzQ3LTVhYjItNGQ3OC05ZTMxLTdjNmI1YTQ5MzgyNwACKlszLCI"),
    "huggingface": _join("h", "f_", "QwErTyUiOpAsDfGhJkLzXcVbNmQwErTyUi"),
    "jwt": _join(
        "eyJhbGciOiJSUzI1NiIsImtpZCI6IjQyIn0", ".", "eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJzdWIiOiI3In0", ".",
        "m7Yc3Lw9Rk2Vb5Xq8Zt1Nj4Hd6Gf0Ps",
    ),
    "switchboard": _join("sk", "-sb-", "Vb5Xq8Zt1Nj4Hd6Gf0PsM7yC3lW9rK2aEoUiTx"),
    "azure": _join("7c4e9a1f", "3b8d2065", "e1f7a9c3", "5b0d8246"),
    "azure_account": _join("Account", "Key=", "kT7vQ2nXmB4jR1wZ5sD9fH3pY6cL0gKuEaViOxTbNmQwRtYuIoPa",
        "SdFgHjKlZxCvBnM1234567890abcdefgh=="),
    "groq": _join("gs", "k_", "Xk3vT9qLw8ZbR2mNc7YdWGdyb3FYP5Hs1KgUe6Jf0VaQiOxTbNm4"),
    "telegram": _join("6183920475", ":AA", "HdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"),
    "pem": _join(
        "-----BEGIN ", "PRIVATE ", "KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n"
        "MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu\n-----END ", "PRIVATE ", "KEY-----"
    ),
    "ec_pem": _join(
        "-----BEGIN ", "EC PRIVATE ", "KEY-----\\nMHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04fSeQ6tF1aY/PuoAoGCCqGSM49\\n"
        "AwEHoUQDQgAEPR3tU2Fta9ktY+6P9G0cWO+0kETA6SFs38GecTyudlHz6xvCdz8q\\n-----END ", "EC PRIVATE ", "KEY-----"
    ),
}  # fmt: skip


def _case(language: str, marked: str) -> Case:
    labels: list[Label] = []
    text = ""
    at = 0
    for mark in _MARK.finditer(marked):
        text += marked[at : mark.start()]
        value = SECRETS[mark[2][1:]] if mark[2].startswith("@") else mark[2]
        labels.append(Label(len(text), len(text) + len(value), mark[1]))
        text += value
        at = mark.end()
    return Case(language, text + marked[at:], tuple(labels))


def _of_canaries() -> list[Case]:
    return [_case("mixed", canary.sentence.format(f"⟦{canary.entity}:{canary.value}⟧")) for canary in CANARIES]


@cache
def cases() -> tuple[Case, ...]:
    marked = [("English", text) for text in ENGLISH] + [("code", text) for text in CODE]
    marked += [(language, text) for language, texts in WORLD.items() for text in texts]
    return tuple([_case(language, text) for language, text in marked] + _of_canaries())
