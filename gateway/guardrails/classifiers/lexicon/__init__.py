"""The lexicon: words and patterns that judge a text inside this process, without a model.

``data/`` holds a file for each language; ``reading`` reads them; ``spelling`` undoes disguises; ``sentences`` cuts a
text; ``relief`` knows when words are talked about and not meant; ``judging`` puts it together.
"""

from gateway.guardrails.classifiers.lexicon.judging import OFFLINE, Lexicon, lexicon

__all__ = ["OFFLINE", "Lexicon", "lexicon"]
