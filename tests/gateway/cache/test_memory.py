"""The first level against a model of it: least recently used goes first, nothing over its time, never too much."""

from __future__ import annotations

from collections import OrderedDict

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.cache.entry import OVERHEAD, Entry
from gateway.cache.memory import Memory
from tests.gateway.cache.cast import entry

KEYS = st.integers(0, 9).map(lambda number: b"%032d" % number)
SCOPES = st.sampled_from(["team:1", "team:2", "all"])
LIMIT = 20_000


class MemoryMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.memory = Memory(LIMIT)
        self.limit = LIMIT
        self.now = 100.0
        self.model: OrderedDict[bytes, Entry] = OrderedDict()

    @rule(key=KEYS, scope=SCOPES, size=st.integers(0, LIMIT // 8), seconds=st.integers(1, 60))
    def put(self, key: bytes, scope: str, size: int, seconds: int) -> None:
        made = entry(key, b"x" * size, now=self.now, expires=self.now + seconds, scope=scope)
        kept = self.memory.put(made)
        self.model.pop(key, None)
        assert kept is ((size + OVERHEAD) * 8 <= self.limit)
        if kept:
            self.model[key] = made
            self.shrink()

    @rule(key=KEYS)
    def get(self, key: bytes) -> None:
        known = self.model.get(key)
        if known is not None and known.expires <= self.now:
            del self.model[key]
            known = None
        assert self.memory.get(key, now=self.now) is known
        if known is not None:
            self.model.move_to_end(key)

    @rule(seconds=st.integers(1, 30))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @rule(limit=st.integers(0, LIMIT))
    def resize(self, limit: int) -> None:
        self.limit = limit
        self.memory.resize(limit)
        self.shrink()

    @rule(scope=SCOPES | st.just(""))
    def clear(self, scope: str) -> None:
        gone = [key for key, one in self.model.items() if not scope or one.scope == scope]
        assert self.memory.clear(scope) == len(gone)
        for key in gone:
            del self.model[key]

    @precondition(lambda self: self.model)
    @rule()
    def drop_the_oldest(self) -> None:
        key, _ = self.model.popitem(last=False)
        self.memory.drop(key)

    def shrink(self) -> None:
        while self.bytes() > self.limit:
            self.model.popitem(last=False)

    def bytes(self) -> int:
        return sum(one.size for one in self.model.values())

    @invariant()
    def it_knows_what_it_holds(self) -> None:
        assert len(self.memory) == len(self.model)
        assert self.memory.bytes == self.bytes() <= max(self.limit, 0)


TestMemory = MemoryMachine.TestCase
TestMemory.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)


def test_one_answer_never_pushes_out_all_others() -> None:
    memory = Memory(80_000)
    assert not memory.put(entry(body=b"x" * 10_000))
    assert memory.put(entry(body=b"x" * 9_000))


def test_what_was_there_under_the_key_is_gone_when_the_new_one_is_too_large() -> None:
    memory = Memory(80_000)
    memory.put(entry())
    memory.put(entry(body=b"x" * 10_000))
    assert memory.get(entry().key, now=0) is None
    assert memory.bytes == 0
