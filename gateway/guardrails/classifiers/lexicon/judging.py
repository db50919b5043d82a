"""The lexicon's judgement: sentence by sentence, each finding less what relieves it, put together by category."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from functools import cache

from gateway.guardrails.classifiers.base import SAFE, Judgement, worst
from gateway.guardrails.classifiers.cutting import cut
from gateway.guardrails.classifiers.lexicon.reading import KEY, Language, Pattern, languages
from gateway.guardrails.classifiers.lexicon.relief import NEAR, factor
from gateway.guardrails.classifiers.lexicon.sentences import Sentence, spoken, tokens_of
from gateway.guardrails.classifiers.lexicon.spelling import Speller

PIECE = 4000  # characters; other calls get their turn between two
LEAST = 0.05  # badness that is worth telling

Index = dict[str, list[Pattern]]


class Lexicon:
    """A ``Classifier``. It knows words, not what is meant: docs/moderation.md says what it is bad at."""

    def __init__(self, given: Sequence[Language]) -> None:
        self.speller = Speller(word for one in given for word in sorted(one.vocabulary))
        self._known: dict[str, frozenset[str]] = {}
        for one in given:
            for word in one.words:
                self._known[word] = self._known.get(word, frozenset()) | {one.code}
        self.categories = frozenset(pattern.category for one in given for pattern in one.patterns)
        self._patterns = _indexed(pattern for one in given for pattern in one.patterns)
        self._idioms = _indexed(pattern for one in given for pattern in one.idioms)
        self._reliefs: dict[str, Index] = {}
        for kind in sorted({kind for one in given for kind in one.reliefs}):
            self._reliefs[kind] = _indexed(pattern for one in given for pattern in one.reliefs.get(kind, ()))

    async def judge(self, texts: Sequence[str]) -> Judgement:
        judgements: list[Judgement] = []
        for text in texts:
            for piece in cut(text, PIECE):
                if judgements:
                    await asyncio.sleep(0)
                judgements.append(self.judged(piece))
        return worst(judgements)

    def judged(self, text: str) -> Judgement:
        """Of one text, at once: a millisecond or so for a page."""
        sentences = self._sentences(text)
        bad: dict[str, float] = {}
        for place, sentence in enumerate(sentences):
            for category, weight in self._found(sentence, sentences[max(0, place - 1) : place + 2]):
                bad[category] = 1.0 - (1.0 - bad.get(category, 0.0)) * (1.0 - weight)
        told = {category: round(badness, 3) for category, badness in bad.items() if badness >= LEAST}
        if not told:
            return SAFE
        return Judgement(safety=round(1.0 - max(told.values()), 3), categories=told)

    def _sentences(self, text: str) -> list[Sentence]:
        cut = [[self.speller.word(word) for word in words] for words in tokens_of(self.speller.text(text))]
        whole = spoken([word for words in cut for word in words], self._known)
        made = []
        for words in cut:
            languages = spoken(words, self._known) | whole
            plain = f" {' '.join(words)} "
            for pattern in _candidates(self._idioms, words, languages):
                plain = pattern.regex.sub(" _", plain)
            made.append(Sentence(plain, frozenset(plain.split()), languages))
        return made

    def _found(self, sentence: Sentence, around: Sequence[Sentence]) -> Iterable[tuple[str, float]]:
        """Categories and what is left of their weight. Of patterns that find the same words the heaviest counts."""
        found: dict[str, float] = {}
        kinds: frozenset[str] | None = None
        for pattern in _candidates(self._patterns, sentence.words, sentence.languages):
            match = pattern.regex.search(sentence.text)
            if match is None:
                continue
            if kinds is None:
                kinds = self._kinds(around)
            denied = not pattern.firm and self._denied(sentence, match.start(), match.end())
            quoted = sentence.text.count('"', 0, match.start() + 1) % 2 == 1
            left = pattern.weight * factor(pattern.category, kinds, denied=denied, quoted=quoted)
            found[pattern.category] = max(found.get(pattern.category, 0.0), left)
        return found.items()

    def _denied(self, sentence: Sentence, start: int, end: int) -> bool:
        """Whether a "not" stands in the finding or a few words before it."""
        before = sentence.text[:start].split()[-NEAR:]
        words = [*before, *sentence.text[start:end].split()]
        near = f" {' '.join(words)} "
        denying = _candidates(self._reliefs.get("denying", {}), words, sentence.languages)
        return any(pattern.regex.search(near) for pattern in denying)

    def _kinds(self, around: Sequence[Sentence]) -> frozenset[str]:
        """Of relief in a sentence and those beside it."""
        return frozenset(
            kind
            for kind, index in self._reliefs.items()
            if kind != "denying"
            and any(
                pattern.regex.search(one.text)
                for one in around
                for pattern in _candidates(index, one.words, one.languages)
            )
        )


def _indexed(patterns: Iterable[Pattern]) -> Index:
    index: Index = {}
    for pattern in patterns:
        for anchor in pattern.anchors:
            index.setdefault(anchor, []).append(pattern)
    return index


def _candidates(index: Index, words: Iterable[str], languages: frozenset[str]) -> Iterable[Pattern]:
    """Each pattern once that one of the words may be part of and that is for one of the ``languages``; none known: for
    any."""
    seen: dict[int, Pattern] = {}
    for word in words:
        for length in range(1, KEY + 1):
            for pattern in index.get(word[:length], ()) if length <= len(word) else ():
                if not pattern.language or not languages or pattern.language in languages:
                    seen[id(pattern)] = pattern
    return seen.values()


@cache
def lexicon() -> Lexicon:
    """The one of this process. Reading its files takes some tenths of a second: not on an event loop."""
    return Lexicon(languages())


class Offline:
    """The lexicon as a ``Classifier`` that reads its files when it is first asked, beside the event loop."""

    async def judge(self, texts: Sequence[str]) -> Judgement:
        found = lexicon() if lexicon.cache_info().currsize else await asyncio.to_thread(lexicon)
        return await found.judge(texts)


OFFLINE = Offline()
