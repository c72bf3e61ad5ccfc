"""Plain and streamed chat through each official SDK, on models of both dialects."""

import json

import pytest

from parts.gateway import cost

MODELS = ["plain-openai", "plain-anthropic", "demo-chat", "llama-openai", "llama-anthropic"]
QUESTION = [{"role": "user", "content": "What does a gateway do? Say it in a few words."}]


def used(record: dict) -> tuple[int, int]:
    """All tokens in and out, as the vendors' own sums."""
    tokens = record["tokens"]
    into = tokens["input"] + tokens["cached_input"] + tokens["cache_write"]
    return into, tokens["output"] + tokens["reasoning"]


def anthropic_input(usage) -> int:
    """Anthropic reports cached tokens apart from the others."""
    return usage.input_tokens + (usage.cache_read_input_tokens or 0) + (usage.cache_creation_input_tokens or 0)


@pytest.mark.parametrize("model", MODELS)
def test_openai_sdk_gets_an_answer_and_the_ledger_agrees(openai_client, gateway, model):
    raw = openai_client.chat.completions.with_raw_response.create(model=model, messages=QUESTION, max_tokens=60)
    answer = raw.parse()
    assert answer.choices[0].message.content.strip()
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].finish_reason in ("stop", "length")
    record = gateway.call(raw.headers["x-request-id"])
    assert record["outcome"] == "finished"
    assert not record["is_estimated"]
    assert used(record) == (answer.usage.prompt_tokens, answer.usage.completion_tokens)
    assert answer.usage.total_tokens == sum(used(record))
    assert cost(record) > 0


@pytest.mark.parametrize("model", MODELS)
def test_openai_sdk_streams_and_the_ledger_agrees(openai_client, gateway, model):
    raw = openai_client.chat.completions.with_raw_response.create(
        model=model, messages=QUESTION, max_tokens=60, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(raw.parse())
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    reasons = [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason]
    usages = [chunk.usage for chunk in chunks if chunk.usage]
    assert text.strip()
    assert len(reasons) == 1 and reasons[0] in ("stop", "length")
    assert len(usages) == 1
    record = gateway.call(raw.headers["x-request-id"])
    assert record["outcome"] == "finished"
    assert not record["is_estimated"]
    assert used(record) == (usages[0].prompt_tokens, usages[0].completion_tokens)


@pytest.mark.parametrize("model", MODELS)
def test_usage_that_the_caller_did_not_ask_for_is_metered_but_not_sent(openai_client, gateway, model):
    raw = openai_client.chat.completions.with_raw_response.create(
        model=model, messages=QUESTION, max_tokens=20, stream=True
    )
    chunks = list(raw.parse())
    assert not [chunk for chunk in chunks if chunk.usage]
    assert not [chunk for chunk in chunks if not chunk.choices]
    record = gateway.call(raw.headers["x-request-id"])
    assert not record["is_estimated"]
    assert min(used(record)) > 0


@pytest.mark.parametrize("model", MODELS)
def test_anthropic_sdk_gets_an_answer_and_the_ledger_agrees(anthropic_client, gateway, model):
    raw = anthropic_client.messages.with_raw_response.create(
        model=model, system="Be brief.", messages=QUESTION, max_tokens=60
    )
    answer = raw.parse()
    assert answer.type == "message" and answer.role == "assistant"
    assert answer.content[0].type == "text" and answer.content[0].text.strip()
    assert answer.stop_reason in ("end_turn", "max_tokens")
    record = gateway.call(raw.headers["request-id"])
    assert record["outcome"] == "finished"
    assert not record["is_estimated"]
    assert used(record) == (anthropic_input(answer.usage), answer.usage.output_tokens)


@pytest.mark.parametrize("model", MODELS)
def test_anthropic_sdk_streams_and_the_ledger_agrees(anthropic_client, gateway, model):
    with anthropic_client.messages.stream(model=model, messages=QUESTION, max_tokens=60) as stream:
        text = "".join(stream.text_stream)
        answer = stream.get_final_message()
        request_id = stream.response.headers["request-id"]
    assert text.strip() and text == answer.content[0].text
    assert answer.stop_reason in ("end_turn", "max_tokens")
    record = gateway.call(request_id)
    assert record["outcome"] == "finished"
    assert not record["is_estimated"]
    assert used(record) == (anthropic_input(answer.usage), answer.usage.output_tokens)


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
def test_cached_tokens_are_a_class_of_their_own(openai_client, gateway, dialect):
    raw = openai_client.chat.completions.with_raw_response.create(model=f"cached-{dialect}", messages=QUESTION)
    usage = raw.parse().usage
    assert (usage.prompt_tokens, usage.prompt_tokens_details.cached_tokens) == (100, 60)
    record = gateway.call(raw.headers["x-request-id"])
    assert (record["tokens"]["input"], record["tokens"]["cached_input"]) == (40, 60)
    # 40 × $0.25 + 60 × $0.025 + 50 × $2.00, per million
    assert record["cost"] == "0.000111500"


def test_usage_that_no_provider_reported_is_estimated_and_never_zero(openai_client, gateway):
    raw = openai_client.chat.completions.with_raw_response.create(
        model="silent-on-usage-openai", messages=QUESTION, stream=True
    )
    assert list(raw.parse())
    record = gateway.call(raw.headers["x-request-id"])
    assert record["is_estimated"]
    assert min(used(record)) > 0 and cost(record) > 0


@pytest.mark.parametrize("is_streaming", [True, False])
def test_an_estimate_counts_the_texts_as_the_model_does_and_not_the_format_around_them(
    openai_client, gateway, is_streaming
):
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "iVBORw0K" * 2_000}}
    for content, tokens in [("hello", 8), ("tiktoken is great! " * 10_000, 60_007), ([image], 1_007)]:
        raw = openai_client.chat.completions.with_raw_response.create(
            model="silent-on-usage-openai",
            messages=[{"role": "user", "content": content}],
            stream=is_streaming,
            user="somebody whom no model reads of",
        )
        answer = raw.parse()
        said = "".join(chunk.choices[0].delta.content or "" for chunk in answer) if is_streaming else said_by(answer)
        record = gateway.call(raw.headers["x-request-id"])
        assert record["is_estimated"]
        assert abs(record["tokens"]["input"] - tokens) <= tokens // 100, content[:40]
        assert 0 < record["tokens"]["output"] <= len(said)


def said_by(answer) -> str:
    return answer.choices[0].message.content


def test_several_turns_reach_the_provider_as_they_were_sent(openai_client, fake):
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Grüße aus Zürich 🌍"},
        {"role": "assistant", "content": "Grüezi!"},
        {"role": "user", "content": "And now?"},
    ]
    openai_client.chat.completions.create(
        model="plain-openai", messages=messages, extra_body={"a_field_of_tomorrow": {"kept": [1, 2]}}
    )
    arrived = json.loads(fake.calls()["last_body"])
    assert arrived["messages"] == messages
    assert arrived["a_field_of_tomorrow"] == {"kept": [1, 2]}
