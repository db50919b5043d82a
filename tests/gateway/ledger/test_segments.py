"""Framing: what was written is read back, and damage costs only what it hits."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger.segments import CHUNK, DAMAGED, Frame, frame, frames, read

payloads = st.lists(st.binary(max_size=40), min_size=1, max_size=12)


def whole(found: list[Frame]) -> list[bytes]:
    return [item.payload for item in found if item.kind != DAMAGED]


@given(payloads, st.data())
def test_any_damaged_byte_costs_one_record_and_is_reported(contents: list[bytes], data: st.DataObject) -> None:
    parts = [frame(1, content) for content in contents]
    hit = data.draw(st.integers(0, len(parts) - 1))
    at = data.draw(st.integers(0, len(parts[hit]) - 1))
    spoiled = bytearray(parts[hit])
    spoiled[at] ^= data.draw(st.integers(1, 255))
    parts[hit] = bytes(spoiled)
    disk = b"".join(parts)

    found = list(frames(disk, room=len(disk)))

    assert whole(found) == contents[:hit] + contents[hit + 1 :]
    assert [item.kind for item in found].count(DAMAGED) == 1
    assert found[-1].end == len(disk)


@given(payloads, st.data())
def test_a_file_cut_at_any_byte_keeps_every_whole_record(contents: list[bytes], data: st.DataObject) -> None:
    disk = b"".join(frame(1, content) for content in contents)
    cut = data.draw(st.integers(0, len(disk)))
    sizes = [len(frame(1, content)) for content in contents]
    kept = sum(sum(sizes[: n + 1]) <= cut for n in range(len(sizes)))

    found = list(frames(disk[:cut], room=cut))

    assert whole(found) == contents[:kept]
    assert ([item.kind for item in found].count(DAMAGED) == 1) == (cut != sum(sizes[:kept]))


@given(payloads, st.binary(max_size=30), st.integers(1, 60))
def test_reading_in_pieces_finds_what_reading_at_once_finds(contents: list[bytes], rubbish: bytes, piece: int) -> None:
    disk = frame(1, contents[0]) + rubbish + b"".join(frame(2, content) for content in contents)
    here, size, found = 0, piece, []
    while here < len(disk):
        before = here
        for item in frames(disk[here : here + size], room=len(disk) - here):
            found.append(item)
            before_item, here = here, before + item.end
            assert here > before_item
        size = size * 2 if here == before else piece

    assert whole(found) == whole(list(frames(disk, room=len(disk))))


def test_a_record_inside_a_damaged_record_is_found_only_if_it_is_a_real_one() -> None:
    text = frame(1, b"posing").decode("utf-8", "replace").encode()  # what any text can hold
    spoiled = bytearray(frame(1, b"x" + text))
    spoiled[12] ^= 1

    found = list(frames(bytes(spoiled) + frame(1, b"next"), room=len(spoiled) + len(frame(1, b"next"))))

    assert whole(found) == [b"next"]


def test_records_larger_than_a_chunk_are_read(tmp_path: Path) -> None:
    path = tmp_path / "segment"
    contents = [b"a", b"b" * (3 * CHUNK), b"c"]
    path.write_bytes(b"".join(frame(1, content) for content in contents))

    assert whole(list(read(path, offset=0, limit=path.stat().st_size))) == contents
