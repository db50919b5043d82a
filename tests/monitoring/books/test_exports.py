"""Vendors' exports as they come, and files that want to do harm."""

from __future__ import annotations

import io
import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.books import export_values
from monitoring.books.export_rows import MOST_BYTES, Unreadable
from monitoring.books.export_shapes import UnknownShape
from monitoring.books.theirs import Days, Group, Theirs, read

DAY = date(2026, 9, 21)
OPENAI_USAGE = """\
start_time,end_time,start_time_iso,end_time_iso,project_id,num_model_requests,user_id,api_key_id,model,batch,service_tier,input_tokens,output_tokens,input_cached_tokens
1789948800,1790035200,2026-09-21T00:00:00+00:00,2026-09-22T00:00:00+00:00,proj_1,10.0,user-1,key_1,gpt-4o-2024-08-06,FALSE,default,59200.0,10646.0,5760.0
1789948800,1790035200,2026-09-21T00:00:00+00:00,2026-09-22T00:00:00+00:00,proj_1,2,user-1,key_1,gpt-4o-2024-08-06,TRUE,default,100,50,0
1790035200,1790121600,2026-09-22T00:00:00+00:00,2026-09-23T00:00:00+00:00,,,,,,,,,,
"""
OPENAI_COSTS = """\
start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,line_item,project_id,organization_id,organization_name
1789948800,1790035200,2026-09-21T00:00:00+00:00,,0.8958740000000000,usd,"gpt-4o-2024-08-06, input",,org-1,Personal
1789948800,1790035200,2026-09-21T00:00:00+00:00,,0.1,usd,"gpt-4o-2024-08-06, output",,org-1,Personal
1789948800,1790035200,2026-09-21T00:00:00+00:00,,0.1,eur,"gpt-4o-2024-08-06, output",,org-1,Personal
"""
ANTHROPIC_USAGE = """\
usage_date_utc,model_version,api_key,workspace,usage_type,context_window,usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens,web_search_count,inference_geo,speed
2026-09-21,claude-haiku-4-5-20251001,prod,Default,standard,≤ 200k,100,20,3,4000,50,0,global,
"""
ANTHROPIC_COSTS = """\
usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,list_price_usd,cost_type,inference_geo,speed,api_key_id,api_key_status
2026-09-21,Claude Haiku 4.5,Default,prod,message,≤ 200k,input_no_cache,0.13,0.13,token,global,,apikey_1,active
2026-09-21,Claude Haiku 4.5,Default,prod,message,≤ 200k,output,0.02,0.02,token,global,,apikey_1,active
"""
OPENROUTER = """\
Date,Slug,Usage,BYOK Usage,Requests,Prompt Tokens,Completion Tokens,Reasoning Tokens
"2026-09-21 00:00:00","anthropic/claude-opus-4.7","430.07","0","4115","70965665","3009973","0"
"""
GENERATIONS = """\
generation_id,created_at,cost_total,tokens_prompt,tokens_completion,model_permaslug,variant,api_key_name
gen-1,2026-09-21 03:46:57.713,0.0123,100,10,openai/gpt-oss-120b,free,app
gen-2,2026-09-21 03:47:57.713,0,100,10,openai/gpt-oss-120b,free,app
"""


def taken(kind: str, *texts: str | bytes, mapping: dict[str, str] | None = None, days: Days = Days()) -> Theirs:
    files = [("f", io.BytesIO(text if isinstance(text, bytes) else text.encode())) for text in texts]
    return read(files, kind, mapping or {}, days=days)


def counts(theirs: Theirs) -> dict[tuple[date, str, str], tuple[int, int, int]]:
    return {tuple(group): (one.requests, one.input, one.output) for group, one in theirs.counts.items()}  # type: ignore[misc]


def costs(theirs: Theirs) -> dict[tuple[date, str, str], str]:
    return {tuple(group): f"{one.usd:f}" for group, one in theirs.costs.items()}  # type: ignore[misc]


def test_openai_s_usage_and_costs() -> None:
    found = taken("openai", OPENAI_USAGE, OPENAI_COSTS)
    assert counts(found) == {(DAY, "key_1", "gpt-4o-2024-08-06"): (12, 59300, 10696)}
    assert {key: Decimal(usd) for key, usd in costs(found).items()} == {
        (DAY, "", "gpt-4o-2024-08-06"): Decimal("0.995874")
    }
    assert (found.rows, found.unread, found.tells) == (5, 1, {"requests", "input", "output", "cost"})
    assert found.problems == ["f, line 4: its currency is 'eur', not US dollars."]


def test_openai_s_pages_of_the_api() -> None:
    row = {
        "object": "organization.usage.completions.result",
        "input_tokens": 1000,
        "output_tokens": 500,
        "num_model_requests": 5,
        "model": "gpt-4o",
        "api_key_id": "key_1",
        "project_id": None,
    }
    cost = {"object": "organization.costs.result", "amount": {"value": 0.06, "currency": "usd"}, "line_item": None}
    pages = [
        {
            "object": "page",
            "data": [{"object": "bucket", "start_time": 1789948800, "results": [one]}],
            "has_more": False,
        }
        for one in (row, cost)
    ]
    empty = {"object": "bucket", "start_time": 1790035200, "results": []}
    pages[0]["data"].append(empty)  # type: ignore[attr-defined]
    usage, bill = (json.dumps(one) for one in pages)
    found = taken("openai", usage, bill)
    assert counts(found) == {(DAY, "key_1", "gpt-4o"): (5, 1000, 500)}
    assert costs(found) == {(DAY, "", ""): "0.06"}
    assert counts(taken("openai", f"[{usage},{usage}]")) == {(DAY, "key_1", "gpt-4o"): (10, 2000, 1000)}
    assert counts(taken("openai", f"{usage}\n{usage}\n")) == {(DAY, "key_1", "gpt-4o"): (10, 2000, 1000)}


def test_anthropic_s_console_exports() -> None:
    found = taken("anthropic", ANTHROPIC_USAGE, ANTHROPIC_COSTS)
    assert counts(found) == {(DAY, "prod", "claude-haiku-4-5-20251001"): (0, 4123, 50)}
    assert costs(found) == {(DAY, "prod", "Claude Haiku 4.5"): "0.15"}
    assert found.tells == {"input", "output", "cost"}
    assert found.cents


def test_anthropic_s_admin_api() -> None:
    usage = {
        "uncached_input_tokens": 1500,
        "cache_creation": {"ephemeral_1h_input_tokens": 1000, "ephemeral_5m_input_tokens": 500},
        "cache_read_input_tokens": 200,
        "output_tokens": 500,
        "server_tool_use": {"web_search_requests": 10},
        "api_key_id": "apikey_1",
        "model": "claude-sonnet-4-20250514",
    }
    cost = {"currency": "USD", "amount": "123.78912", "model": "claude-sonnet-4-20250514", "description": None}
    found = taken(
        "anthropic",
        *(
            json.dumps({"data": [{"starting_at": "2026-09-21T00:00:00Z", "results": [one]}], "has_more": False})
            for one in (usage, cost)
        ),
    )
    assert counts(found) == {(DAY, "apikey_1", "claude-sonnet-4-20250514"): (0, 3200, 500)}
    assert costs(found) == {(DAY, "", "claude-sonnet-4-20250514"): "1.2378912"}


def test_openrouter_s_activity_and_generations() -> None:
    found = taken("openrouter", OPENROUTER)
    assert counts(found) == {(DAY, "", "anthropic/claude-opus-4.7"): (4115, 70965665, 3009973)}
    assert costs(found) == {(DAY, "", "anthropic/claude-opus-4.7"): "430.07"}
    item = {
        "date": "2026-09-21",
        "model": "openai/gpt-4.1",
        "model_permaslug": "openai/gpt-4.1-2025-04-14",
        "usage": 0.015,
        "requests": 5,
        "prompt_tokens": 50,
        "completion_tokens": 125,
        "reasoning_tokens": 25,
    }
    assert counts(taken("openrouter", json.dumps({"data": [item]}))) == {(DAY, "", "openai/gpt-4.1"): (5, 50, 125)}
    found = taken("openrouter", GENERATIONS)
    assert counts(found) == {(DAY, "app", "openai/gpt-oss-120b:free"): (2, 200, 20)}


def test_any_export_by_the_names_of_its_columns() -> None:
    text = "Bericht\n\nTag;Modell;Eingang;Cache;Kosten\n21.09.2026;m1;1.000;50;1,25\n22.09.2026;m1;1;;0,1\nSumme;;;;9\n"
    mapping = {"day": "Tag", "model": "Modell", "input": "Eingang + Cache", "cost": "Kosten", "day_format": "dmy"}
    found = taken("generic", text.encode("latin-1"), mapping=mapping)
    assert counts(found) == {(DAY, "", "m1"): (0, 1050, 0), (date(2026, 9, 22), "", "m1"): (0, 1, 0)}
    assert costs(found)[DAY, "", "m1"] == "1.25"
    assert found.problems == ["f, line 6: “Summe” is not a day."]
    cents = {**mapping, "cost_unit": "cents"}
    assert costs(taken("generic", text, mapping=cents))[DAY, "", "m1"] == "0.0125"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
def test_any_usual_encoding_is_read(encoding: str) -> None:
    text = "day\tmodel\tinput\n2026-09-21\tmodèle\t5\n"
    found = taken("generic", text.encode(encoding), mapping={"day": "day", "model": "model", "input": "input"})
    assert counts(found) == {(DAY, "", "modèle"): (0, 5, 0)}


def test_days_outside_the_asked_ones_do_not_count() -> None:
    found = taken("openrouter", OPENROUTER, days=Days(since=date(2026, 9, 22)))
    assert (found.days(), found.unread) == (set(), 0)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(UnknownShape, match=r"f: Columns are missing \(costs: amount_value; usage: input_tokens or "):
        taken("openai", "start_time,tokens\n1,2\n")
    with pytest.raises(UnknownShape, match="kosten"):
        taken("generic", "day,x\n1,2\n", mapping={"day": "day", "cost": "Kosten"})


@pytest.mark.parametrize(
    "content, why",
    [
        (b"", "empty"),
        (b"\n\n  \n", "no row"),
        (b"PK\x03\x04" + b"\0" * 100, "neither CSV nor JSON"),
        (b"%PDF-1.7", "neither CSV nor JSON"),
        (b'{"data": [', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"a":' * 100_000, "not JSON"),
        (b'{"data": []}', "no row|Columns are missing"),
    ],
)
def test_what_cannot_be_read_says_why(content: bytes, why: str) -> None:
    with pytest.raises((Unreadable, UnknownShape), match=why):
        taken("openrouter", content)


def test_a_file_too_large_is_refused_unread() -> None:
    class Endless(io.BytesIO):
        def seek(self, offset: int, whence: int = 0) -> int:
            return MOST_BYTES + 1

    with pytest.raises(Unreadable, match="larger than 50 MB"):
        read([("f", Endless())], "openai", {})


HOSTILE = [
    "1e999",
    "-1",
    "-0.01",
    "NaN",
    "inf",
    "Infinity",
    "9" * 400,
    "1e99999999",
    "0x10",
    "=1+1",
    "<script>",
    "1.5",
    "9223372036854775808",
    "true",
    "1,2,3",
    "٣" * 70,
    "--5",
    "",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_number_is_one_unread_row(value: str) -> None:
    good = "2026-09-21,m,5,5\n"
    text = f'day,model,input,output\n2026-09-21,m,"{value}",1\n{good}'
    found = taken("generic", text, mapping={"day": "day", "model": "model", "input": "input", "output": "output"})
    assert found.unread == (0 if value == "" else 1)
    assert counts(found)[DAY, "", "m"][1] == 5


@pytest.mark.parametrize("value", [*HOSTILE[:8], "1e10", "USD"])
def test_a_hostile_cost_is_one_unread_row(value: str) -> None:
    row = {"date": "2026-09-21", "model": "m", "usage": value, "requests": 1}
    good = {"date": "2026-09-21", "model": "m", "usage": 0.5, "requests": 1}
    found = taken("openrouter", json.dumps({"data": [good, row]}))
    assert (found.unread, costs(found)) == (1, {(DAY, "", "m"): "0.5"})


def test_numbers_beyond_json_are_unread_and_not_rounded() -> None:
    text = '{"data": [{"date": "2026-09-21", "model": "m", "usage": 0.1000000000000000055, "requests": 1},'
    found = taken("openrouter", text + '{"date": "2026-09-21", "model": "m", "usage": 1e999, "requests": 1}]}')
    assert (found.unread, costs(found)) == (1, {(DAY, "", "m"): "0.1000000000000000055"})


def test_huge_fields_nuls_and_open_quotes_spoil_their_row_alone() -> None:
    huge = "x" * 200_000
    text = f'day,model,input\n2026-09-21,"{huge}",1\n2026-09-21,a\0b,2\n2026-09-21,<b>=1</b>,3\n2026-09-21,"open,4\n'
    found = taken("generic", text, mapping={"day": "day", "model": "model", "input": "input"})
    assert counts(found) == {(DAY, "", "ab"): (0, 2, 0), (DAY, "", "<b>=1</b>"): (0, 3, 0)}
    assert found.unread == 1
    assert all(len(one) < 300 for one in found.problems)


def test_only_the_first_problems_are_told() -> None:
    text = "day,input\n" + "x,1\n" * 1000 + "2026-09-21,1\n"
    found = taken("generic", text, mapping={"day": "day", "input": "input"})
    assert (found.unread, len(found.problems), found.rows) == (1000, 20, 1001)


@given(st.binary(max_size=300), st.sampled_from(["openai", "anthropic", "openrouter", "generic"]))
def test_no_file_breaks_the_reader(content: bytes, kind: str) -> None:
    for whole in (content, b"date,model,usage,requests\n" + content, b'{"data": [' + content + b"]}"):
        try:
            taken(kind, whole, mapping={"day": "date", "cost": "usage"})
        except (Unreadable, UnknownShape):
            continue


@given(st.text(max_size=40), st.sampled_from(sorted(export_values.DAY_FORMATS)))
def test_a_day_is_a_day_or_a_value_error(text: str, form: str) -> None:
    try:
        found = export_values.day(text, form)
    except ValueError:
        return
    assert isinstance(found, date)


@pytest.mark.parametrize(
    "text, form",
    [
        ("2026-09-21", "iso"),
        ("2026-9-21", "iso"),
        ("2026-09-21T23:30:00-00:30", "iso"),
        ("2026-09-21 10:00:00 UTC", "iso"),
        ("2026/09/21", "iso"),
        ("1789948800", "iso"),
        ("1789948800000", "iso"),
        ("1789948800.5", "seconds"),
        ("1789948800123", "milliseconds"),
        ("21.09.2026", "dmy"),
        ("09/21/2026", "mdy"),
        ("21/9/2026 10:00", "dmy"),
    ],
)
def test_days_as_vendors_write_them(text: str, form: str) -> None:
    expected = date(2026, 9, 22) if "-00:30" in text else DAY
    assert export_values.day(text, form) == expected


def test_numbers_as_people_write_them() -> None:
    number = export_values.number
    assert [number(one) for one in ("$1,234.50", "1e-05", " 12 ", "1_000")] == [
        Decimal("1234.5"),
        Decimal("0.00001"),
        12,
        1000,
    ]
    assert [number(one, comma=True) for one in ("1.234,5", "0,5", "1.000", "1.5")] == [
        Decimal("1234.5"),
        Decimal("0.5"),
        1000,
        Decimal("1.5"),
    ]
    assert Group(DAY, "", "m").model == "m"
