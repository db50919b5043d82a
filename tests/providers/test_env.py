"""What the environment says about providers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.env import MODES, RESERVED, Overlay, decided_by, dispatch_in_force, overlay, unused
from providers.models import Provider
from providers.vendors import Setting, Vendor, all_vendors

ACME = Vendor(
    slug="acme",
    name="Acme",
    kind="cloud",
    settings=(
        Setting(name="organization", label="Organization", header="x-org"),
        Setting(name="api_version", label="API version"),
    ),
    env={"api_key": ("CUSTOM_API_KEY",), "base_url": ("CUSTOM_BASE_URL",)},
)


def read(name: str = "acme", **environ: str) -> Overlay:
    return overlay(name, ACME, environ)


def secrets(over: Overlay) -> list[str]:
    return [token.secret for token in over.tokens]


def test_an_empty_environment_says_nothing() -> None:
    assert read() == Overlay()
    assert read(ACME_ENABLED="", ACME_API_KEY="  ", ACME_BASE_URL="") == Overlay()


@pytest.mark.parametrize(("text", "value"), [("1", True), ("true", True), ("YES", True), ("0", False), ("off", False)])
def test_enabled_is_a_flag_and_locks_its_field(text: str, value: bool) -> None:
    over = read(ACME_ENABLED=text)
    assert over.enabled is value
    assert over.variables == {"enabled": "ACME_ENABLED"}


@pytest.mark.parametrize("text", [*MODES, "Pooled", "FALLBACK"])
def test_dispatch_is_a_mode_and_locks_its_field(text: str) -> None:
    over = read(ACME_DISPATCH=text)
    assert (over.dispatch, over.enabled, over.errors) == (text.lower(), None, ())
    assert over.variables == {"dispatch": "ACME_DISPATCH"}


def test_the_modes_are_those_of_the_table() -> None:
    assert list(MODES) == Provider.Dispatch.values


@pytest.mark.parametrize(
    ("environ", "row", "holds"),
    [
        ({}, "off", "off"),
        ({}, "exclusive", "exclusive"),
        ({"ACME_ENABLED": "0"}, "exclusive", "off"),
        ({"ACME_ENABLED": "1"}, "exclusive", "exclusive"),
        ({"ACME_ENABLED": "1"}, "off", "fallback"),
        ({"ACME_DISPATCH": "pooled"}, "off", "pooled"),
        ({"ACME_DISPATCH": "off"}, "pooled", "off"),
        ({"ACME_DISPATCH": "exclusive", "ACME_ENABLED": "1"}, "pooled", "exclusive"),
        ({"ACME_DISPATCH": "off", "ACME_ENABLED": "0"}, "pooled", "off"),
    ],
)
def test_the_mode_of_the_environment_goes_before_that_of_the_row(environ: dict[str, str], row: str, holds: str) -> None:
    over = overlay("acme", ACME, environ)
    assert not over.errors
    assert dispatch_in_force(over, row, "fallback") == holds


@pytest.mark.parametrize(("enabled", "dispatch"), [("0", "pooled"), ("0", "exclusive"), ("1", "off")])
def test_two_variables_that_contradict_each_other_are_both_named_and_neither_is_taken(
    enabled: str, dispatch: str
) -> None:
    over = read(ACME_ENABLED=enabled, ACME_DISPATCH=dispatch)
    (error,) = over.errors
    assert error.startswith("ACME_DISPATCH: ") and "ACME_ENABLED" in error
    assert (over.enabled, over.dispatch) == (None, None)
    assert over.variables == {"enabled": "ACME_ENABLED", "dispatch": "ACME_DISPATCH"}


def test_a_variable_that_only_says_on_leaves_the_mode_to_the_admin() -> None:
    on, off = read(ACME_ENABLED="1"), read(ACME_ENABLED="0")
    assert [decided_by(on, mode) for mode in MODES] == ["ACME_ENABLED", "", "", ""]
    assert {decided_by(off, mode) for mode in MODES} == {"ACME_ENABLED"}
    assert {decided_by(read(ACME_DISPATCH="pooled"), mode) for mode in MODES} == {"ACME_DISPATCH"}
    assert {decided_by(read(ACME_ENABLED="maybe"), mode) for mode in MODES} == {"ACME_ENABLED"}
    assert {decided_by(read(), mode) for mode in MODES} == {""}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ACME_ENABLED", "maybe"),
        ("ACME_DISPATCH", "sometimes"),
        ("ACME_BASE_URL", "api.acme.test/v1"),
        ("ACME_BASE_URL", "ftp://api.acme.test"),
        ("ACME_BASE_URL", "https:///hush"),
        ("ACME_BASE_URL", "https://host:99999/v1"),
        ("ACME_BASE_URL", "https://[::1/v1"),
        ("ACME_API_KEY", "two words-hush"),
        ("ACME_TOKEN_3", "kläy-hush"),
        ("ACME_ORGANIZATION", "a\nb"),
        ("ACME_ORGANIZATION", "ä"),
    ],
)
def test_a_bad_value_names_its_variable_and_not_itself(variable: str, value: str) -> None:
    over = read(**{variable: value})
    assert len(over.errors) == 1
    assert over.errors[0].startswith(f"{variable}: ")
    assert value not in over.errors[0]
    assert over.enabled is None
    assert over.dispatch is None
    assert over.base_url is None
    assert not over.tokens
    assert not over.settings


def test_tokens_come_in_their_order_with_gaps_and_without_doubles() -> None:
    over = read(ACME_TOKEN_10="ten", ACME_TOKEN_2="two", ACME_API_KEY="first", ACME_TOKEN_1="first", ACME_TOKEN_x="no")
    assert [(token.variable, token.secret) for token in over.tokens] == [
        ("ACME_API_KEY", "first"),
        ("ACME_TOKEN_2", "two"),
        ("ACME_TOKEN_10", "ten"),
    ]


def test_no_repr_shows_a_secret() -> None:
    over = read(ACME_API_KEY="sk-hush", ACME_ORGANIZATION="org-hush")
    assert "hush" not in repr(over)
    assert "hush" not in repr(over.tokens)


def test_declared_settings_are_read_and_locked() -> None:
    over = read(ACME_ORGANIZATION="org", ACME_API_VERSION="2026-01-01", ACME_OTHER="x")
    assert over.settings == {"organization": "org", "api_version": "2026-01-01"}
    assert over.variables == {"organization": "ACME_ORGANIZATION", "api_version": "ACME_API_VERSION"}


def test_the_ecosystems_variables_speak_for_the_default_provider_only() -> None:
    environ = {"CUSTOM_API_KEY": "theirs", "CUSTOM_BASE_URL": "http://theirs.test"}
    assert secrets(read(**environ)) == ["theirs"]
    assert read(**environ).variables == {"base_url": "CUSTOM_BASE_URL"}
    assert overlay("acme_eu", ACME, environ) == Overlay()


def test_the_providers_own_variable_wins_over_the_ecosystems() -> None:
    assert secrets(read(CUSTOM_API_KEY="theirs", ACME_API_KEY="ours")) == ["ours"]


def test_a_base_url_loses_its_last_slash() -> None:
    assert read(ACME_BASE_URL="https://api.acme.test/v1/").base_url == "https://api.acme.test/v1"


@given(
    st.dictionaries(
        st.sampled_from(["ENABLED", "DISPATCH", "API_KEY", "BASE_URL", "TOKEN_1", "ORGANIZATION", "MODEL"]),
        st.one_of(st.text(), st.sampled_from([*MODES, "0", "1"])),
    )
)
def test_no_value_crashes_the_reading(values: dict[str, str]) -> None:
    over = read(**{f"ACME_{name}": value for name, value in values.items()})
    for error in over.errors:
        assert error.split(":")[0] in {f"ACME_{name}" for name in values}
    for token in over.tokens:
        token.secret.encode("ascii")


def test_a_key_in_the_file_of_a_provider_that_is_off_is_named() -> None:
    file = {"ACME_API_KEY": "k", "ACME_TOKEN_2": "l"}
    warnings = unused(file, file, providers={"acme": (ACME, False)})
    assert len(warnings) == 1
    assert "ACME_API_KEY, ACME_TOKEN_2" in warnings[0]
    assert "ACME_ENABLED=1" in warnings[0]


def test_no_warning_once_it_is_on_or_for_a_key_of_the_shell() -> None:
    file = {"ACME_API_KEY": "k"}
    providers = {"acme": (ACME, False)}
    assert unused(file | {"ACME_ENABLED": "1"}, file | {"ACME_ENABLED": "1"}, providers=providers) == []
    assert unused(file | {"ACME_ENABLED": "0"}, file | {"ACME_ENABLED": "0"}, providers=providers) == []
    assert unused(file | {"ACME_DISPATCH": "off"}, file | {"ACME_DISPATCH": "off"}, providers=providers) == []
    assert unused(file, file, providers={"acme": (ACME, True)}) == []
    assert unused(file, {}, providers=providers) == []


def test_what_the_file_says_wrongly_is_a_warning() -> None:
    file = {"ACME_API_KEY": "k", "ACME_ENABLED": "1", "ACME_DISPATCH": "off"}
    (warning,) = unused(file, file, providers={"acme": (ACME, False)})
    assert warning.startswith("ACME_DISPATCH: ")
    (warning,) = unused({"OTHER_DISPATCH": "off"}, {"OTHER_DISPATCH": "off"}, providers={"acme": (ACME, False)})
    assert warning.startswith("OTHER_DISPATCH in .env belongs to no provider")


def test_a_misspelt_provider_in_the_file_is_named() -> None:
    file = {"ACNE_API_KEY": "k", "ACME_ENABLED": "1", "OTHER": "x"}
    warnings = unused(file, file, providers={"acme": (ACME, False)})
    assert len(warnings) == 1
    assert warnings[0].startswith("ACNE_API_KEY ")


def test_no_vendor_declares_a_setting_under_a_name_the_environment_uses_itself() -> None:
    for vendor in all_vendors().values():
        names = {setting.name for setting in vendor.settings}
        assert not names & RESERVED, vendor.slug
        assert not any(name.startswith("token_") for name in names), vendor.slug
