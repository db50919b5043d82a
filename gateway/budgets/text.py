"""How many input units a text is at most, whoever's tokenizer counts it: for holds, where an estimate that is right on
the average (four characters a unit) would be too low for every second call.

Byte-level tokenizers never make more units than bytes. Below that bound, what is known of their vocabularies is used:
words of Latin letters come to three letters a unit or more; digits, signs and line breaks may each be one; letters in
long runs (base64, hashes, ids) are cut into pieces of one or two; a character of another script is hardly ever more
than two thirds of its bytes.
"""

from __future__ import annotations

LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
SPACES = b" \t"
WORD = 10  # letters that a space or a sign accounts for; those beyond stand in runs that are no words
PER_LETTER = 1 / 3
PER_DENSE_LETTER = 0.8
PER_SPACE = 0.1  # most belong to the word behind them; indentation does not
PER_WIDE_BYTE = 2 / 3
SHORT = 64  # characters that are counted as bytes: not worth a closer look


def text_units(text: str) -> int:
    """Rounded up; 0 for nothing."""
    data = text.encode("utf-8", "surrogatepass")
    if len(data) <= SHORT and len(data) == len(text):
        return -(-len(data) // 2)
    plain = data if len(data) == len(text) else text.encode("ascii", "ignore")
    rest = plain.translate(None, LETTERS)
    signs = rest.translate(None, SPACES)
    letters, spaces = len(plain) - len(rest), len(rest) - len(signs)
    words = min(letters, WORD * (spaces + len(signs.translate(None, b"0123456789")) + 1))
    units = words * PER_LETTER + (letters - words) * PER_DENSE_LETTER + spaces * PER_SPACE + len(signs)
    return int(units + (len(data) - len(plain)) * PER_WIDE_BYTE) + 1
