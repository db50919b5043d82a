"""What the code has stands in the documentation, and nothing else does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import gateway.errors
import gateway.ledger
import providers.errors
from gateway.api.urls import urlpatterns
from providers import parameters, roles, shipped
from providers.env import MODES
from providers.errors import SwitchboardError
from providers.vendors import all_vendors

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
ERRORS = (ROOT / "docs" / "errors.md").read_text()
ROUTING = (ROOT / "docs" / "routing.md").read_text()


def every_error(kind: type[SwitchboardError] = SwitchboardError) -> set[type[SwitchboardError]]:
    return {kind}.union(*(every_error(sub) for sub in kind.__subclasses__()))


def product_errors() -> list[type[SwitchboardError]]:
    abstract = {SwitchboardError, providers.errors.UpstreamError, gateway.errors.CallerError}
    found = [kind for kind in every_error() - abstract if kind.__module__.startswith(("gateway", "providers"))]
    return sorted(found, key=lambda kind: (kind.status, kind.code))


def test_every_error_is_documented_with_its_status_and_verdict() -> None:
    rows = re.findall(r"^\| (\d{3}) \| `(\w+)` \| (\w+) \| ([\w ]+) \|", ERRORS, flags=re.MULTILINE)
    told = {(int(status), code, fault, retry) for status, code, fault, retry in rows}
    real = {
        (kind.status, code, kind.fault.value, kind.retry.value.replace("_", " "))
        for kind in product_errors()
        for code in kind.codes or (kind.code,)
    }
    assert told == real


def part(page: str, heading: str) -> str:
    """The section under a heading of the second degree."""
    return page.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def test_every_dispatch_mode_and_first_priority_is_documented() -> None:
    text = part(ROUTING, "Dispatch modes")
    assert re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE) == list(MODES)
    told = [int(number) for number in re.findall(r"^\| [^|]+ \| (\d+) \|", text, flags=re.MULTILINE)]
    assert told == [shipped.VENDORS_OWN, shipped.OWN_ADDRESS, shipped.AGGREGATOR]
    assert "_DISPATCH=" in (ROOT / ".env.example").read_text()


def test_every_shipped_role_and_every_parameter_with_a_default_is_documented() -> None:
    text = part(ROUTING, "Roles")
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", text, flags=re.MULTILINE)
    assert sorted(re.findall(r"`(\w+)`", "".join(rows))) == sorted(roles.NAMES)
    listed = text.split("These can have a default: ")[1].split(". ")[0]
    assert set(re.findall(r"`(\w+)`", listed)) == set(parameters.NAMES)


def test_every_vendor_stands_in_the_readme_by_its_name() -> None:
    text = " ".join(README.split())
    named = {facts.name for facts in all_vendors().values() if facts.kind != "simulation"} - {"OpenAI-compatible"}
    assert not [name for name in named if name not in text]
    assert f"**{len(named)} vendors**" in text


@pytest.mark.parametrize("pattern", [str(one.pattern) for one in urlpatterns])
def test_every_endpoint_stands_in_the_readme(pattern: str) -> None:
    path = "/" + re.sub(r"\(\?P<(\w+)>[^)]*\)", "{id}", pattern).strip("^$")
    assert path in README


def test_the_readmes_pictures_and_pages_exist() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for link in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            if "://" not in link:
                assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_every_management_command_of_ours_stands_in_the_documentation() -> None:
    text = README + "".join(page.read_text() for page in (ROOT / "docs").glob("*.md"))
    for room in ("gateway", "monitoring"):
        for file in (ROOT / room / "management" / "commands").glob("[a-z]*.py"):
            assert f"`{file.stem} " in text or f"`{file.stem}`" in text or f".py {file.stem}" in text, file.stem


def test_every_make_target_stands_in_the_documentation() -> None:
    text = README + (ROOT / "docs" / "development.md").read_text()
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    missing = [target for target in targets if f"make {target}" not in text and target not in {"help", "clean"}]
    assert not missing
