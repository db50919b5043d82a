"""OpenAI's categories, which every reply is told in, and what other vendors call them.

Source: https://developers.openai.com/api/docs/guides/moderation
"""

from __future__ import annotations

from collections.abc import Mapping

OPENAI = (
    *("harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent"),
    *("self-harm", "self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors", "violence"),
    "violence/graphic",
)

# Subjects, not harm: Mistral marks a question to a doctor or about a contract with them.
TOPICS = frozenset({"health", "financial", "law", "pii"})

# Labels of classifiers that say that nothing is wrong.
HARMLESS = frozenset(
    {"safe", "neutral", "normal", "ok", "clean", "none", "benign", "non toxic", "not toxic", "nontoxic", "non hate"}
    | {"nothate", "not hate", "non offensive", "not offensive", "no hate", "sfw", "acceptable", "label 0"}
)

# Folded label of a classifier → OpenAI's category.
KNOWN: Mapping[str, str] = {
    **dict.fromkeys(("toxic", "toxicity", "insult", "insults", "obscene", "offensive", "severe toxic"), "harassment"),
    **dict.fromkeys(("severe toxicity", "abusive", "bullying", "profanity", "harassment", "label 1"), "harassment"),
    **dict.fromkeys(("threat", "threats", "harassment threatening"), "harassment/threatening"),
    **dict.fromkeys(("hate", "hateful", "identity hate", "identity attack", "hate speech"), "hate"),
    **dict.fromkeys(("hate and discrimination", "discrimination", "hatespeech"), "hate"),
    **dict.fromkeys(("hate threatening",), "hate/threatening"),
    **dict.fromkeys(("violence", "violence and threats"), "violence"),
    **dict.fromkeys(("violence graphic",), "violence/graphic"),
    **dict.fromkeys(("sexual", "sexual explicit", "sexually explicit", "nsfw", "porn"), "sexual"),
    **dict.fromkeys(("sexual minors",), "sexual/minors"),
    **dict.fromkeys(("selfharm", "self harm", "suicide"), "self-harm"),
    **dict.fromkeys(("self harm instructions",), "self-harm/instructions"),
    **dict.fromkeys(("self harm intent",), "self-harm/intent"),
    **dict.fromkeys(("dangerous and criminal content", "dangerous", "criminal", "misconduct", "illicit"), "illicit"),
    **dict.fromkeys(("illicit violent", "weapons"), "illicit/violent"),
}


def folded(label: str) -> str:
    """``Hate_Speech`` and ``hate-speech`` are one."""
    return " ".join(label.lower().replace("_", " ").replace("-", " ").replace("/", " ").split())


def known(label: str) -> str:
    """OpenAI's name for a vendor's category; its own where OpenAI has none."""
    return KNOWN.get(folded(label), label)
