"""What the browser tests that walk share: a page that notes what goes wrong, the keyboard, axe, the colour schemes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
    sync_playwright,
)

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
GRAVE = ("serious", "critical")
MOST_TABS = 250
Scheme = Literal["light", "dark"]
Name = str | re.Pattern[str]

IS_FOCUSED = "nodes => nodes.some(node => node === document.activeElement)"
FOCUSED = """() => {
  const at = document.activeElement;
  const label = at.getAttribute("aria-label") || at.labels?.[0]?.textContent || at.textContent || at.name || at.id;
  return `${at.tagName.toLowerCase()} “${label.trim().replace(/\\s+/g, " ").slice(0, 60)}”`;
}"""


@contextmanager
def chromium(path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=path, args=FLAGS) as opened:
        yield opened


class Problems(list[str]):
    """What no page may do: errors in the console (a broken content policy is one), requests that fail. ``wanted``:
    parts of those that a test brings about."""

    wanted: tuple[str, ...] = ()

    @property
    def unwanted(self) -> list[str]:
        return [one for one in self if not any(part in one for part in self.wanted)]

    def watch(self, context: BrowserContext) -> None:
        context.on("weberror", lambda error: self.append(f"script: {error.error}"))
        context.on("console", self._console)
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)

    def _console(self, line: ConsoleMessage) -> None:
        if line.type in ("error", "warning") and "status of 4" not in line.text:  # refusals are told by _answered
            self.append(f"console: {line.text} ({line.location.get('url', '')})")

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # left by the page itself: another page, Stop
            self.append(f"failed: {request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.append(f"{response.status}: {response.url}")


@contextmanager
def visitor(browser: Browser, url: str, problems: Problems, **more: Any) -> Iterator[Page]:
    """A page of somebody who is not signed in, unless ``storage_state`` says so."""
    context = browser.new_context(base_url=url, **{"viewport": DESK, **more})
    problems.watch(context)
    page = context.new_page()
    page.set_default_timeout(15_000)
    try:
        yield page
    finally:
        context.close()


class Keyboard:
    """Somebody without a mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def to(self, role: Any, name: Name, *, within: Locator | None = None) -> Locator:
        """Tabs on until an element with that role and name has the focus. Fails with what had it instead. The admin
        marks what must be filled in with a star."""
        named = name if isinstance(name, re.Pattern) else re.compile(rf"^\s*{re.escape(name)}\s*\*?\s*$")
        found = (within or self.page).get_by_role(role, name=named)
        return self.to_any(found, f"{role} “{named.pattern}”")

    def to_any(self, found: Locator, wanted: str) -> Locator:
        met: list[str] = []
        for _ in range(MOST_TABS):
            if found.evaluate_all(IS_FOCUSED):
                return self.page.locator(":focus")
            self.page.keyboard.press("Tab")
            met.append(self.page.evaluate(FOCUSED))
            if len(met) > 3 and met[-1].startswith("body") and met.count(met[-1]) > 2:
                break
        raise AssertionError(f"the keyboard does not reach {wanted} on {self.page.url}; it met {met}")

    def press(self, role: Any, name: Name, *, key: str = "Enter", **where: Any) -> None:
        self.to(role, name, **where)
        self.page.keyboard.press(key)

    def follow(self, role: Any, name: Name, **where: Any) -> None:
        """Enter on what leads to another page, and waits for it."""
        self.to(role, name, **where)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def fill(self, name: Name, text: str, *, role: Any = "textbox", **where: Any) -> None:
        """Types in place of what stands there."""
        self.to(role, name, **where)
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.type(text)

    def choose(self, name: Name, option: str, **where: Any) -> None:
        """Chooses in a list by the first letters of the option."""
        box = self.to("combobox", name, **where)
        self.page.keyboard.type(option)
        chosen = box.evaluate("box => box.selectedOptions[0]?.textContent.trim()")
        assert chosen.startswith(option), f"{name}: {chosen!r} was chosen, not {option!r}"

    def check(self, name: Name, **where: Any) -> None:
        if not self.to("checkbox", name, **where).is_checked():
            self.page.keyboard.press("Space")


def grave(page: Page, *, only_colours: bool = False) -> list[str]:
    """What axe finds serious or critical on the page, each with the first elements that it is about.
    ``only_colours``: for a second scheme, in which nothing else differs."""
    rules = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}} if only_colours else {}
    found = Axe().run(page, options={"resultTypes": ["violations"], **rules}).response["violations"]
    return [
        f"{page.url.split('/', 3)[3]} {one['id']} ({one['impact']}): "
        + "; ".join(f"{' '.join(map(str, node['target']))} {node['html'][:120]}" for node in one["nodes"][:4])
        for one in found
        if one["impact"] in GRAVE
    ]


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than the window. What is drawn to measure may take a moment to follow."""
    wide = 0
    for _ in range(20):
        wide = int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))
        if wide <= 0:
            break
        page.wait_for_timeout(100)
    return wide


def shoot(page: Page, name: str) -> None:
    """Keeps a picture of the whole page, where WALK_SCREENSHOTS names a directory."""
    wanted = os.environ.get("WALK_SCREENSHOTS", "")
    if wanted:
        Path(wanted).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(wanted) / f"{name}.png", full_page=True)
