"""Embeddings and the list of models, as the SDKs see them."""

import openai
import pytest


def test_embeddings_of_a_real_model_come_back_and_are_metered(openai_client, gateway):
    texts = ["a gateway", "a budget", "a model"]
    raw = openai_client.embeddings.with_raw_response.create(model="llama-embedding", input=texts)
    answer = raw.parse()
    assert [item.index for item in answer.data] == [0, 1, 2]
    assert len({len(item.embedding) for item in answer.data}) == 1
    assert answer.data[0].embedding != answer.data[1].embedding
    record = gateway.call(raw.headers["x-request-id"])
    assert record["tokens"]["input"] == answer.usage.prompt_tokens > 0
    assert record["tokens"]["output"] == 0


def test_the_same_text_has_the_same_embedding_in_either_encoding(openai_client):
    ask = {"model": "demo-embedding", "input": "one text"}
    packed = openai_client.embeddings.create(**ask)  # the SDK asks for base64 unless told otherwise
    plain = openai_client.embeddings.create(**ask, encoding_format="float")
    assert packed.data[0].embedding == pytest.approx(plain.data[0].embedding, abs=1e-6)


def test_openai_sdk_lists_the_models_that_the_caller_may_use(openai_client):
    listed = {model.id for model in openai_client.models.list()}
    assert {"demo-chat", "plain-openai", "plain-anthropic", "llama-embedding"} <= listed
    assert "forbidden" not in listed
    assert openai_client.models.retrieve("demo-chat").id == "demo-chat"
    with pytest.raises(openai.NotFoundError):
        openai_client.models.retrieve("forbidden")


def test_anthropic_sdk_lists_the_models_that_the_caller_may_use(anthropic_client):
    listed = {model.id for model in anthropic_client.models.list()}
    assert {"demo-chat", "plain-openai", "plain-anthropic"} <= listed
    assert "forbidden" not in listed
    assert anthropic_client.models.retrieve("demo-chat").display_name == "demo-chat"
