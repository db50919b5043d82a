"""Model ids in a vendor's addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from providers.errors import RequestRejected
from providers.templates import fill, segments


@pytest.mark.parametrize("model", [".", ".."])
def test_a_model_of_dots_does_not_lead_out_of_its_path(model: str) -> None:
    with pytest.raises(RequestRejected) as caught:
        fill("/model/{model}/invoke", {}, model=model)
    assert caught.value.status == 404
    assert caught.value.param == "model"


@pytest.mark.parametrize("model", ["", "..", "a/../b", "a//b", "a/", "/a", "a/."])
def test_a_model_whose_slashes_are_the_addresss_own_stays_below_it(model: str) -> None:
    with pytest.raises(RequestRejected):
        segments(model)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_model_stays_one_segment_of_the_address_that_is_called(model: str) -> None:
    try:
        path = fill("/model/{model}/invoke", {}, model=model)
    except RequestRejected:
        return
    called = URL(f"https://vendor.example{path}")
    assert called.raw_path.split("/")[1::2] == ["model", "invoke"]
    assert not called.raw_query_string
    assert not called.raw_fragment
