"""Finds keys and tokens by the forms their vendors gave them, and passwords and keys of no known form by the words
before them. Sources of the forms: the vendors' own pages and the secret scanners' public lists (2025)."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from gateway.guardrails.detect.candidates import Stretch
from gateway.guardrails.detect.entities import Entity, Finding
from gateway.guardrails.detect.placeholders import is_code, is_placeholder


class Form(NamedTuple):
    kind: str
    needle: str  # no match without it
    pattern: re.Pattern[str]


def _form(kind: str, needle: str, pattern: str) -> Form:
    return Form(kind, needle, re.compile(rf"(?<![0-9A-Za-z_])(?:{pattern})"))


_END = r"(?![0-9A-Za-z_])"
FORMS: tuple[Form, ...] = (
    _form("switchboard", "sk-sb-", r"sk-sb-[\w-]{16,128}"),
    _form("anthropic", "sk-ant-", r"sk-ant-[\w-]{16,180}"),
    _form("openrouter", "sk-or-", r"sk-or-[\w-]{16,128}"),
    _form("openai", "sk-", r"sk-(?:(?:proj|svcacct|admin|None|live|test|lf)-)?[A-Za-z0-9_-]{20,200}"),
    _form("google", "AIza", r"AIza[\w-]{30,45}"),
    _form("google_oauth", "ya29.", r"ya29\.[\w-]{20,400}"),
    _form("google_oauth", "GOCSPX-", r"GOCSPX-[\w-]{20,40}"),
    _form("aws", "A", r"(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA)[A-Z0-9]{16}" + _END),
    _form("aws_bedrock", "ABSK", r"ABSK[A-Za-z0-9+/=]{40,200}"),
    _form("github", "gh", r"gh[pousr]_[A-Za-z0-9]{30,255}"),
    _form("github", "github_pat_", r"github_pat_[A-Za-z0-9_]{30,255}"),
    _form("gitlab", "gl", r"gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat|ffct)-[\w.-]{20,80}"),
    _form("slack", "xo", r"xox[a-zA-Z](?:-|\.)[A-Za-z0-9.-]{10,250}"),
    _form("slack", "xapp-", r"xapp-[0-9]-[A-Za-z0-9-]{20,250}"),
    _form(
        "slack_webhook",
        "hooks.slack.com",
        r"(?:https://)?hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]{20,100}",
    ),
    _form(
        "discord_webhook",
        "/api/webhooks/",
        r"(?:https://)?(?:ptb\.|canary\.)?discord(?:app)?\.com/api/webhooks/[0-9]{15,21}/[\w-]{40,100}",
    ),
    _form("stripe", "k_", r"(?:[sr]k|whsec)_(?:(?:live|test)_)?[A-Za-z0-9]{16,250}"),
    _form("stripe_webhook", "whsec_", r"whsec_[A-Za-z0-9+/=]{20,100}"),
    _form("twilio", "S", r"(?:SK|AC)[0-9a-f]{32}" + _END),
    _form("sendgrid", "SG.", r"SG\.[\w-]{16,32}\.[\w-]{32,64}"),
    _form("mailgun", "key-", r"key-[0-9a-f]{32}" + _END),
    _form("mailchimp", "-us", r"[0-9a-f]{32}-us[0-9]{1,2}" + _END),
    _form("npm", "npm_", r"npm_[A-Za-z0-9]{30,64}"),
    _form("pypi", "pypi-", r"pypi-[\w-]{50,512}"),
    _form("huggingface", "hf_", r"hf_[A-Za-z0-9]{30,64}"),
    _form("groq", "gsk_", r"gsk_[A-Za-z0-9]{40,64}"),
    _form("xai", "xai-", r"xai-[A-Za-z0-9]{40,100}"),
    _form("perplexity", "pplx-", r"pplx-[A-Za-z0-9]{32,64}"),
    _form("replicate", "r8_", r"r8_[A-Za-z0-9]{32,64}"),
    _form("fireworks", "fw_", r"fw_[A-Za-z0-9]{20,64}"),
    _form("nvidia", "nvapi-", r"nvapi-[\w-]{40,100}"),
    _form("langfuse", "k-lf-", r"[ps]k-lf-[0-9a-f-]{30,40}"),
    _form("digitalocean", "do", r"do[opr]_v1_[0-9a-f]{64}"),
    _form("databricks", "dapi", r"dapi[0-9a-f]{32}(?:-[0-9])?" + _END),
    _form("shopify", "shp", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    _form("square", "sq0", r"sq0(?:atp|csp|idp)-[\w-]{20,50}"),
    _form("linear", "lin_", r"lin_(?:api|oauth)_[A-Za-z0-9]{32,64}"),
    _form("notion", "ntn_", r"ntn_[A-Za-z0-9]{40,60}"),
    _form("notion", "secret_", r"secret_[A-Za-z0-9]{40,50}"),
    _form("airtable", "pat", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}"),
    _form("atlassian", "ATATT", r"ATATT[\w=-]{50,250}"),
    _form("dropbox", "sl.", r"sl\.(?:u\.)?[\w-]{60,1500}"),
    _form("doppler", "dp.", r"dp\.(?:pt|st|sa|ct|scim|audit)\.[\w.-]{40,80}"),
    _form("vault", "hvs.", r"hv[sbr]\.[\w-]{20,300}"),
    _form("terraform", ".atlasv1.", r"[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,80}"),
    _form("grafana", "gl", r"gl(?:c|sa)_[A-Za-z0-9+/=_]{32,250}"),
    _form("newrelic", "NRAK-", r"NR(?:AK|II|JS|BR)-[A-Za-z0-9-]{20,40}"),
    _form("sentry", "sntry", r"sntry[su]_[A-Za-z0-9+/=_]{40,300}"),
    _form("telegram", ":AA", r"[0-9]{8,10}:AA[\w-]{32,35}"),
    _form("facebook", "EAA", r"EAA[A-Za-z0-9]{60,300}"),
    _form("supabase", "sbp_", r"sbp_[0-9a-f]{40}"),
    _form("planetscale", "pscale_", r"pscale_(?:tkn|pw|oauth)_[\w.=-]{32,64}"),
    _form("docker", "dckr_", r"dckr_(?:pat|oat)_[\w-]{20,60}"),
    _form("rubygems", "rubygems_", r"rubygems_[0-9a-f]{48}"),
    _form("crates", "cio", r"cio[A-Za-z0-9]{32}" + _END),
    _form("age", "AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[0-9A-Z]{50,70}"),
    _form("azure_sas", "sig=", r"sv=[^\s\"'<>]{4,200}&sig=[A-Za-z0-9%+/=]{30,120}|sig=[A-Za-z0-9%+/=]{43,120}"),
    _form("azure_account", "AccountKey=", r"AccountKey=[A-Za-z0-9+/=]{60,100}"),
    _form("azure", "AzCa", r"[A-Za-z0-9]{40,80}(?:AzCa|ACOG|ACDb|AAAA)[A-Za-z0-9]{4,12}" + _END),
    _form("jwt", "eyJ", r"eyJ[\w-]{6,2000}\.(?:eyJ)?[\w-]{4,4000}(?:\.[\w-]{0,1000}){0,3}"),
)
_GAP = r"(?:\s|\\+[nrt]|[\"'+,]){0,64}+"
# Every part after the first line may be missing: a block is found as far as it has come, or as far as it was cut off.
PRIVATE_KEY = re.compile(
    r"-----BEGIN (?:[A-Z0-9]{1,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----"
    rf"(?:{_GAP}(?:[A-Za-z][A-Za-z-]{{2,20}}: [^\n\\]{{1,120}}|=?[A-Za-z0-9+/=_]{{16,}}+))*+"
    rf"(?:{_GAP}=?[A-Za-z0-9+/]{{1,15}}+={{0,2}}(?=[\s\\\"']|-----))?"
    rf"(?P<closed>{_GAP}-----END (?:[A-Z0-9]{{1,12}} ){{0,3}}PRIVATE KEY(?: BLOCK)?-----)?"
)
# After the word: what may stand between it and its value.
ASSIGNED = re.compile(
    r"(?P<more>[\w-]{0,24})(?P<closed>[\"'`\])*]{0,4})(?: ?\([^()\n]{1,24}\))?"
    r"(?:(?P<sign>\s{0,3}(?::=|=>|->|==?|:)\s{0,3})|\s(?P<is>is|are|was|lautet|ist|est|es|è|é|to|jest)(?::\s?|\s)|(?P<header>\s{1,3}(?=[A-Za-z0-9+/_.=-]{16,})))"
    r"(?:(?:Bearer|Basic|Token|bearer|basic|token)\s)?(?P<quote>\\?[\"'`*]{1,3})?"
)
# "password_reset_timeout = 3600" is about passwords, and none.
_ABOUT = re.compile(
    r"timeout|reset|len|min|max|count|expir|ttl|polic|field|url|uri|path|file|name|regex|pattern|type|hint|label|strength|"
    r"attempt|fallback|budget|limit|usage|size|_at\Z|ids?\Z|enabled|required|valid|change|manager|board|stroke|word(?!s?\Z)",
    re.IGNORECASE,
)
QUOTED = re.compile(r"[^\n\"'`]{3,100}(?=\\?[\"'`])")
_BARE = re.compile(r"[^\s\"'`<>\\]{4,128}|<[^<>\s]{1,40}>")
_TOKEN = re.compile(r"[A-Za-z0-9_\-+/=.~!@#$%^&*]{8,512}")
_NUMBER = re.compile(r"[0-9]{3,8}(?![0-9.,]?[0-9])")
_TRAILING = ".,;:)]}…"
_PROSE = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")


def find_secrets(stretch: Stretch) -> Iterator[Finding]:
    text = stretch.text
    for form in FORMS:
        if form.needle in text:
            for found in form.pattern.finditer(text):
                if _varied(found[0]):
                    yield Finding(found.start(), _end(text, found), Entity.SECRET, form.kind, 3)
    if "PRIVATE KEY" in text:
        for found in PRIVATE_KEY.finditer(text):
            yield Finding(*found.span(), Entity.SECRET, "private_key", 3)
    for hint in stretch.hints:
        if hint.labels & {"password", "secret", "pin"}:
            yield from _assigned(stretch, hint.start, hint.end, hint.labels)


def _varied(value: str) -> bool:
    """Not "sk-xxxxxxxxxxxxxxxxxxxx"; and not words in a row such as "sk-learn-based-pipelines-of-features"."""
    tail = value[4:]
    return len(set(tail)) >= 6 and (
        any(char.isdigit() for char in tail) or not _PROSE.fullmatch(tail) or "-" not in tail
    )


def _end(text: str, found: re.Match[str]) -> int:
    return found.start() + len(found[0].rstrip(".-"))


def _assigned(stretch: Stretch, begin: int, end: int, labels: frozenset[str]) -> Iterator[Finding]:
    text = stretch.text
    given = ASSIGNED.match(text, end)
    if given is None or _ABOUT.search(given["more"]):
        return
    if "pin" in labels and (number := _NUMBER.match(text, given.end())) and not given["header"]:
        yield Finding(*number.span(), Entity.SECRET, "pin", 2)
    if labels & {"password", "secret"}:
        span = _value(text, given)
        if span is not None and _is_secret(text[span[0] : span[1]], given, password="password" in labels):
            yield Finding(*span, Entity.SECRET, "password" if "password" in labels else "key", 1)


def _value(text: str, given: re.Match[str]) -> tuple[int, int] | None:
    found = QUOTED.match(text, given.end()) if given["quote"] else None
    if found is not None:
        return found.start(), found.end() - (text[found.end() - 1] == "\\")
    found = _BARE.match(text, given.end())
    if found is None:
        return None
    value = found[0].partition("&")[0] if "=" in found[0].partition("&")[2] else found[0]
    value = value.partition('","')[0].rstrip(_TRAILING if not given["quote"] else _TRAILING + "*")
    return found.start(), found.start() + len(value)


def _is_secret(value: str, given: re.Match[str], *, password: bool) -> bool:
    if len(value) < 4 or is_placeholder(value) or (not given["quote"] and is_code(value)):
        return False
    if not password:
        return _is_key(value)
    tight = given["sign"] is not None and (given["sign"].strip() == given["sign"] or "=" in given["sign"])
    if given["quote"] and given["sign"]:
        return " " not in value or len(value) <= 64
    if _PROSE.fullmatch(value):  # a word: "password: must be long" is a sentence, "password=letmein" is not
        return tight and len(value) >= 5
    return _is_key(value) if given["is"] is None and not given["sign"] else _mixed(value)


def _mixed(value: str) -> bool:
    return (
        sum((any(map(str.isdigit, value)), any(map(str.isalpha, value)), not value.isalnum())) >= 2 or value.isdigit()
    )


def _is_key(value: str) -> bool:
    """Whether it looks drawn at random: long, of letters and digits, of few repeats."""
    if _TOKEN.fullmatch(value) is None or len(value) < 16 or "://" in value or value.count("/") > 6:
        return False
    digits = sum(map(str.isdigit, value))
    letters = sum(map(str.isalpha, value))
    return digits >= 2 and letters >= 2 and _entropy(value) >= 3.0


def _entropy(value: str) -> float:
    """Shannon's, in bits for a character."""
    return -sum(count / len(value) * math.log2(count / len(value)) for count in Counter(value).values())
