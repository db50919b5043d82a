"""The vendors whose trade is embeddings and reranking."""

from __future__ import annotations

import pytest

from providers.canonical import Call, Message, Target, Text
from providers.embeddings import dialect as embedding_dialect
from providers.errors import UnsupportedFeature
from providers.rerank import dialect as rerank_dialect
from providers.vendors import all_vendors, vendor
from providers.wires import wire


@pytest.mark.parametrize("slug", ["voyage", "jina", "tei"])
def test_they_embed_and_rerank_in_a_dialect_of_their_own(slug: str) -> None:
    facts = vendor(slug)
    assert facts.embeddings == facts.rerank == slug
    assert {model.mode for model in facts.models} >= {"embedding", "rerank"}
    assert len({model.id for model in facts.models}) == len(facts.models)


@pytest.mark.parametrize("slug", ["voyage", "tei"])
def test_those_without_chat_say_so(slug: str) -> None:
    call = Call(model="m1", messages=(Message(role="user", parts=(Text(text="Hi"),)),))
    with pytest.raises(UnsupportedFeature, match="has no chat"):
        wire("openai").write_request(call, Target(provider=slug, model="m1", vendor=vendor(slug)))


def test_teis_one_model_is_read_from_its_information() -> None:
    read = vendor("tei").read_models
    assert read is not None
    assert read(b'{"model_id": "BAAI/bge-m3", "model_sha": null}') == ["BAAI/bge-m3"]
    assert read(b"[]") == []
    with pytest.raises(ValueError, match="."):
        read(b"<html>")


def test_every_dialect_a_vendor_names_exists() -> None:
    for facts in all_vendors().values():
        if facts.embeddings:
            assert embedding_dialect(facts.embeddings).name == facts.embeddings
        if facts.rerank:
            assert rerank_dialect(facts.rerank).name == facts.rerank
