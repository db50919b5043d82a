"""The rule of thumb for input nobody counted."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.wires import wire
from providers.wires.anthropic.estimate import PAGE, PICTURE, estimate_input
from providers.wires.anthropic.image_size import image_size


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def png(width: int, height: int) -> str:
    return b64(
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + width.to_bytes(4) + height.to_bytes(4) + b"\x08\x06\x00\x00\x00"
    )


GIF = b64(b"GIF89a" + (30).to_bytes(2, "little") + (20).to_bytes(2, "little") + b"\x00\x00")
JPEG = b64(b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc2\x00\x11\x08" + (20).to_bytes(2) + (30).to_bytes(2) + b"\x03")
VP8 = b64(b"RIFF\x00\x00\x00\x00WEBPVP8 " + b"\x00" * 10 + b"\x1e\x00\x14\x00")
VP8L = b64(
    b"RIFF\x00\x00\x00\x00WEBPVP8L" + b"\x00" * 4 + b"\x2f" + (29 | 19 << 14).to_bytes(4, "little") + b"\x00" * 8
)
VP8X = b64(b"RIFF\x00\x00\x00\x00WEBPVP8X" + b"\x00" * 8 + (29).to_bytes(3, "little") + (19).to_bytes(3, "little"))


def estimate(*blocks: dict[str, Any], **more: Any) -> int:
    messages = [{"role": "user", "content": list(blocks) or "Hi"}]
    return estimate_input(wire("anthropic").read_request({"model": "m", "messages": messages, **more}))


def image(data: str) -> dict[str, Any]:
    return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}


@pytest.mark.parametrize("data", [png(30, 20), GIF, JPEG, VP8, VP8L, VP8X])
def test_the_size_of_a_picture_is_read_off_its_head(data: str) -> None:
    assert image_size(data) == (30, 20)


@given(
    st.text(max_size=60) | st.binary(max_size=60).map(b64) | st.sampled_from([JPEG, VP8X, GIF]).map(lambda s: s[:-8])
)
def test_damaged_pictures_have_no_size_and_never_fail(data: str) -> None:
    found = image_size(data)
    assert found is None or len(found) == 2


def test_text_is_a_quarter_of_its_characters_rounded_up() -> None:
    assert estimate({"type": "text", "text": "x" * 41}) == 11
    assert estimate({"type": "text", "text": ""}) == 1
    assert estimate({"type": "text", "text": "x" * 40}, system="y" * 40) == 20


def test_a_picture_is_its_pixels_and_a_large_one_is_scaled_down() -> None:
    assert estimate(image(png(750, 100))) == 100
    assert estimate(image(png(3136, 150))) == -(-1568 * 75 // 750)
    assert estimate(image(png(4000, 4000))) == PICTURE
    assert estimate({"type": "image", "source": {"type": "url", "url": "https://x.test/a.png"}}) == PICTURE


def test_a_document_is_its_pages() -> None:
    pages = b64(b"%PDF-1.4 << /Type /Pages >> << /Type /Page >> << /Type/Page >>")
    document = {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": pages}}
    assert estimate(document) == 2 * PAGE
    assert estimate({"type": "document", "source": {"type": "url", "url": "https://x.test/a.pdf"}}) == PAGE
    text = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x" * 40}}
    assert estimate(text) == 10


def test_tools_and_their_calls_and_results_count() -> None:
    tool = {"name": "f", "description": "x" * 400, "input_schema": {"type": "object"}}
    server = {"type": "web_search_20250305", "name": "web_search"}
    assert estimate(tools=[tool]) > 100
    assert estimate(tools=[server]) > 5
    result = {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "x" * 40}]}
    assert estimate(result) == 10
