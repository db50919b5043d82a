"""Reading what a dead process left, and closing as interrupted what it left open. Who does so: adoption.py."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from gateway.exchange import Exchange
from gateway.ledger import records
from gateway.ledger.segments import DAMAGED, Frame, Position, end_of, frame, read_all, segment_path

BREATH = 1000  # frames read at a stretch, before other threads get a turn


@dataclass(slots=True)
class Story:
    """What a directory tells, read from front to back."""

    end: Position
    opened: dict[str, bytes] = field(default_factory=dict)  # exchanges left open: their opening record
    noted: dict[str, bytes] = field(default_factory=dict)  # and the last word on their progress
    damaged: set[Position] = field(default_factory=set)
    closed: int = 0
    before: dict[str, int] = field(default_factory=dict)  # closed records before each consumer's mark

    def hear(self, position: Position, item: Frame, *, marks: Mapping[str, Position]) -> None:
        if item.kind == DAMAGED:
            self.damaged.add(position)
            return
        try:
            exchange_id = records.exchange_id(item.payload)
        except msgspec.MsgspecError:
            exchange_id = ""  # a whole record that is no exchange: it is delivered as unreadable
        if item.kind == records.OPENED:
            self.opened[exchange_id] = item.payload
        elif item.kind == records.NOTED:
            self.noted[exchange_id] = item.payload
        elif item.kind == records.CLOSED:
            self.opened.pop(exchange_id, None)
            self.noted.pop(exchange_id, None)
            self.closed += 1
            for name, mark in marks.items():
                if position <= mark:
                    self.before[name] = self.before.get(name, 0) + 1

    def interrupted(self) -> Iterator[Exchange]:
        for exchange_id, payload in self.opened.items():
            noted = self.noted.get(exchange_id)
            try:
                progress = records.decode_progress(noted) if noted else None
                yield records.interrupted(records.decode_exchange(payload), progress)
            except msgspec.MsgspecError:
                continue  # written by another version: nothing can be said of it


def listen(directory: Path, *, marks: Mapping[str, Position]) -> Story:
    """Reads all of a directory that nobody writes to. Raises ``OSError``."""
    story = Story(end=end_of(directory))
    for count, (position, item) in enumerate(read_all(directory, start=Position(0, 0), end=story.end), 1):
        story.hear(position, item, marks=marks)
        if count % BREATH == 0:
            time.sleep(0.001)
    return story


def settle(directory: Path, story: Story, *, marks: Mapping[str, Position]) -> None:
    """Closes what was left open, in a new segment that appears whole or not at all: a crash or a full disk in here
    changes nothing. Raises ``OSError``."""
    lines = [frame(records.CLOSED, records.encode(exchange)) for exchange in story.interrupted()]
    if lines:
        # behind every mark too: the machine may have kept a mark and lost the segment it points into
        number = max(story.end.segment, *(mark.segment for mark in marks.values()), 0) + 1
        draft = directory / "settling"
        with draft.open("wb") as file:
            size = file.write(b"".join(lines))
            file.flush()
            os.fsync(file.fileno())
        draft.rename(segment_path(directory, number))
        story.end = Position(number, size)
    story.closed += len(lines)
    story.opened.clear()
