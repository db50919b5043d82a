"""Finds e-mail addresses, addresses with a password in them, IP and hardware addresses."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from gateway.guardrails.detect.candidates import Stretch
from gateway.guardrails.detect.entities import Entity, Finding
from gateway.guardrails.detect.placeholders import is_placeholder

_LOCAL = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*\Z")
_DOMAIN = re.compile(
    r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}(?:xn--[a-zA-Z0-9-]{2,59}|[a-zA-Z]{2,24}(?![a-zA-Z0-9_-])|[^\W\d_a-zA-Z]{2,24})"
)
_SPELLED = re.compile(
    r"[\w.+-]{1,64} ?[\[(]at[\])] ?[\w-]{1,63}(?:(?:\.| ?[\[(]dot[\])] ?)[\w-]{1,63}){1,4}",
    re.IGNORECASE,
)
_FILES_TEXT = "png jpg jpeg gif svg webp avif ico bmp css scss js mjs ts tsx jsx json md py rb go rs html"
_FILES = frozenset(_FILES_TEXT.split())
_KEY = re.compile(r"\A[A-Za-z_][\w-]*=")  # "user=" in a log, in a URL
_OPENERS = "'`{|/=&?"
_URL = re.compile(
    r"[a-zA-Z][a-zA-Z0-9+.-]{1,20}://([^\s/:@\"'<>`]{0,128}):([^\s\"'<>`@]{1,512})@([^\s/\"'<>`,)?#]{1,255})"
)
_V4 = re.compile(r"(?<![0-9A-Za-z_])(?<![0-9]\.)(?<![A-Za-z]/)(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9A-Za-z_]|\.[0-9])")
_V6 = re.compile(
    r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:[0-9A-Fa-f]{1,4}|(?:[0-9]{1,3}\.){3}[0-9]{1,3})?(?![\w:]|\.[0-9])"
)
_MAC = re.compile(
    r"(?<![0-9A-Za-z:-])(?:[0-9A-Fa-f]{2}(?P<by>[:-])(?:[0-9A-Fa-f]{2}(?P=by)){4}[0-9A-Fa-f]{2}"
    r"|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4})(?![0-9A-Za-z]|[:-][0-9A-Fa-f])"
)
_RESERVED = tuple(
    ipaddress.ip_network(net)
    for net in ("0.0.0.0/8", "127.0.0.0/8", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
                "::/127", "2001:db8::/32", "3fff::/20", "ff00::/8")
)  # fmt: skip


def find_emails(stretch: Stretch) -> Iterator[Finding]:
    text = stretch.text
    at = text.find("@")
    while at >= 0:
        found = _email(text, at)
        if found is not None:
            yield found
        at = text.find("@", at + 1)
    if "at)" in text.lower() or "at]" in text.lower():
        for spelled in _SPELLED.finditer(text):
            yield Finding(*spelled.span(), Entity.EMAIL, "spelled")


def _email(text: str, at: int) -> Finding | None:
    domain = _DOMAIN.match(text, at + 1)
    local = _LOCAL.search(text[max(0, at - 64) : at])
    if domain is None or local is None or domain[0].rpartition(".")[2].lower() in _FILES:
        return None
    name = _KEY.sub("", _own_script(local[0])).lstrip(_OPENERS)
    if not name or (name == "git" and text[domain.end() : domain.end() + 1] in (":", "/")):
        return None
    return Finding(at - len(name), domain.end(), Entity.EMAIL, certainty=3)


def _own_script(local: str) -> str:
    """Without the Chinese, Japanese or Korean words that stand before it with no space between."""
    tail = len(local)
    while tail and local[tail - 1] < "\u2e80":
        tail -= 1
    return local[tail:] or local


def find_url_credentials(stretch: Stretch) -> Iterator[Finding]:
    for found in _URL.finditer(stretch.text):
        if not is_placeholder(found[2]):
            yield Finding(*found.span(), Entity.URL_CREDENTIALS, certainty=3)


def find_addresses(stretch: Stretch) -> Iterator[Finding]:
    text = stretch.text
    if text.count(".") >= 3:
        for found in _V4.finditer(text):
            if _address(found[0]) and not _is_version(stretch, found.start()):
                yield Finding(*found.span(), Entity.IP, "v4", 3)
    if text.count(":") >= 2:
        for found in _V6.finditer(text):
            if _looks_v6(found[0]) and _address(found[0]):
                yield Finding(*found.span(), Entity.IP, "v6", 3)


def find_macs(stretch: Stretch) -> Iterator[Finding]:
    for found in _MAC.finditer(stretch.text):
        digits = set(found[0]) - set(":-.")
        if len(digits) > 1 and (found["by"] or not digits <= set("0123456789")):
            yield Finding(*found.span(), Entity.MAC, certainty=3)


def _address(text: str) -> bool:
    """Whether it is an address of someone: not of this machine, of documentation or of everyone."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not any(address in net for net in _RESERVED if net.version == address.version)


def _looks_v6(text: str) -> bool:
    groups = [group for group in text.split(":") if group]
    return len(groups) >= 2 and any(char.isdigit() for char in text) and (len(groups) >= 3 or len(groups[0]) >= 3)


def _is_version(stretch: Stretch, start: int) -> bool:
    return "version" in stretch.nearest(start)
