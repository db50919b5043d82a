"""From how a word was written to how it is spelt: accents, look-alikes, digits for letters, stretched, spaced and
starred words. What is no word of the lexicon stays as it was written, so that "mp3" does not become one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

LOOKALIKES = str.maketrans("авекмнорстухіѕјԁһαβεικνορτυχ", "abekmhopctyxisjdhabeikvoptux")
DIGITS = str.maketrans("013456789@$!|+€", "oieasgtbgasiite")
DIGITS_L = str.maketrans("013456789@$!|+€", "oleasgtbgasllte")
_OUT = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "’": "'", "`": "'", "´": "'", "ʼ": "'"}
OUT = str.maketrans(_OUT)
CONTRACTIONS = (
    (re.compile(r"\b(ca|wo|sha|do|does|did|is|are|was|were|have|has|had|would|could|should|must)n'?t\b"), r"\1 not"),
    (re.compile(r"\b(\w+)'ll\b"), r"\1 will"),
    (re.compile(r"\bi'm\b|\bim\b"), "i am"),
    (re.compile(r"\b(\w+)'re\b"), r"\1 are"),
    (re.compile(r"\b(\w+)'ve\b"), r"\1 have"),
    (re.compile(r"\bgonna\b"), "going to"),
    (re.compile(r"\bwanna\b"), "want to"),
    (re.compile(r"\b(?:u|ya)\b"), "you"),
    (re.compile(r"\bur\b"), "your"),
)
SPACED = re.compile(r"(?<![^\W_])[^\W_](?:[ .\-_*]{1,2}[^\W_]){2,}(?![^\W_])")
RUN = re.compile(r"(.)\1{2,}")
DOUBLE = re.compile(r"(.)\1+")
# From the beginning of a word on only: what could begin anywhere would be tried at every letter of a long one.
STARRED = re.compile(r"(?<![^\W\d_])[^\W\d_]{1,20}+[*#]{1,8}[^\W\d_]{0,20}")
MIXED = re.compile(r"(?<![\w@$!|+€])(?=[^\W\d_]{0,40}+[\d@$!|+€])[\w@$!|+€]{2,40}")
MOST_JOINED = 60  # characters of a spaced-out run
LONGEST_WORD = 40
SHORTEST = 3  # letters of a word that may be disguised with digits


def bare(text: str) -> str:
    """Small letters without accents, styles and what cannot be seen."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text).casefold().translate(OUT)
    return "".join(one for one in decomposed if unicodedata.category(one) not in ("Mn", "Cf", "Me"))


class Speller:
    """Knows the lexicon's words."""

    def __init__(self, vocabulary: Iterable[str]) -> None:
        ordered = dict.fromkeys(vocabulary)  # the first of several that fit is taken
        self.vocabulary = frozenset(ordered)
        self._squeezed: dict[str, str] = {}
        self._by_shape: dict[tuple[str, int], list[str]] = {}
        for word in ordered:
            self._squeezed.setdefault(DOUBLE.sub(r"\1", word), word)
            self._by_shape.setdefault((word[0], len(word)), []).append(word)
        self.word = lru_cache(maxsize=4096)(self._word)

    def text(self, text: str) -> str:
        """``text`` bare and with disguises undone."""
        found = SPACED.sub(self._joined, bare(text))
        if "'" in found or " im " in f" {found} " or "gonna" in found or " u" in found or "wanna" in found:
            for pattern, instead in CONTRACTIONS:
                found = pattern.sub(instead, found)
        found = STARRED.sub(self._unstarred, found)
        return MIXED.sub(self._undigited, found)

    def _word(self, word: str) -> str:
        """One token: look-alikes of other alphabets, and stretched letters."""
        if word in self.vocabulary or len(word) > LONGEST_WORD:
            return word
        if not word.isascii():
            latin = word.translate(LOOKALIKES)
            if latin in self.vocabulary or (latin.isascii() and _is_mixed(word)):
                return latin
        if RUN.search(word):
            twice, once = RUN.sub(r"\1\1", word), RUN.sub(r"\1", word)
            return next(
                (one for one in (twice, once) if one in self.vocabulary),
                self._squeezed.get(DOUBLE.sub(r"\1", word), word),
            )
        return word

    def _undigited(self, match: re.Match[str]) -> str:
        word = match[0]
        if len(word) < SHORTEST or not any(map(str.isalpha, word)):
            return word
        for table in (DIGITS, DIGITS_L):
            for given in (word, word.rstrip("!|+")):
                plain = given.translate(table)
                plain = plain if plain in self.vocabulary else self._word(plain)
                if plain in self.vocabulary:
                    return plain + " ." * (given != word)
        return word

    def _unstarred(self, match: re.Match[str]) -> str:
        """``f**k``: the one word of the lexicon that fits."""
        word = match[0]
        fits = self._by_shape.get((word[0], len(word)), ()) if len(word) > SHORTEST else ()
        return next((one for one in fits if _fits(word, one)), word)

    def _joined(self, match: re.Match[str]) -> str:
        """``k i l l y o u``: only where it is made of the lexicon's words throughout."""
        letters = re.sub(r"[ .\-_*]", "", match[0])
        if len(letters) > MOST_JOINED:
            return match[0]
        words = split(letters, self.vocabulary)
        return " ".join(words) if words else match[0]


def split(letters: str, vocabulary: Collection[str]) -> Sequence[str]:
    """``letters`` as words of ``vocabulary``, as few as can be; none where that is not possible."""
    best: list[list[str] | None] = [[]] + [None] * len(letters)
    for end in range(1, len(letters) + 1):
        for start in range(max(0, end - 20), end - 1):
            before = best[start]
            if before is not None and letters[start:end] in vocabulary:
                found, now = [*before, letters[start:end]], best[end]
                if now is None or len(found) < len(now):
                    best[end] = found
    return best[-1] or ()


def _fits(starred: str, word: str) -> bool:
    return all(given in "*#" or given == letter for given, letter in zip(starred, word, strict=True))


def _is_mixed(word: str) -> bool:
    """Latin letters and others in one word."""
    latin = sum(one.isascii() for one in word)
    return 0 < latin < len(word)
