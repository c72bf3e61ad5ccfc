"""Completions from before there were chats: relayed to those that have them, translated for all others."""

import openai
import pytest

from parts.gateway import cost
from parts.media import BY_TOKEN, dollars, record_of


@pytest.mark.parametrize("name", ["completes", "chats", "anthropic"])
def test_a_completion_costs_what_its_tokens_do_relayed_and_translated(media_client, media, name):
    expected = dollars(BY_TOKEN["input"], 100) + dollars(BY_TOKEN["output"], 50)
    raw = media_client.completions.with_raw_response.create(model=name, prompt="hello", max_tokens=60)
    answer = raw.parse()
    assert (answer.object, answer.choices[0].finish_reason) == ("text_completion", "stop")
    assert len(answer.choices[0].text) == 100
    record = record_of(media, raw)
    assert cost(record) == expected and not record["is_estimated"]
    raw = media_client.completions.with_raw_response.create(
        model=name, prompt="hello", max_tokens=60, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(raw.parse())
    assert "".join(choice.text for chunk in chunks for choice in chunk.choices) == answer.choices[0].text
    assert chunks[-1].choices == [] and chunks[-1].usage.completion_tokens == 50
    assert cost(record_of(media, raw)) == expected


@pytest.mark.parametrize("name", ["completes", "chats", "anthropic"])
def test_a_completion_ends_after_sixteen_tokens_where_nothing_is_said(media_client, media, name):
    raw = media_client.completions.with_raw_response.create(model=name, prompt="hello")
    assert raw.parse().choices[0].finish_reason == "length"
    assert record_of(media, raw)["tokens"]["output"] == 16


def test_the_demo_provider_completes_too(media_client, media):
    raw = media_client.completions.with_raw_response.create(model="demo-chat", prompt="hello", max_tokens=50)
    answer = raw.parse()
    assert answer.object == "text_completion" and answer.choices[0].text
    record_of(media, raw)
    chunks = list(media_client.completions.create(model="demo-chat", prompt="hello", max_tokens=50, stream=True))
    assert "".join(choice.text for chunk in chunks for choice in chunk.choices)
    assert all(chunk.usage is None for chunk in chunks), "nobody asked for usage"


def test_several_prompts_and_answers_are_for_those_that_have_completions(media_client):
    several = media_client.completions.create(model="completes", prompt=["a", "b"], n=2, max_tokens=60)
    assert [choice.index for choice in several.choices] == [0, 1, 2, 3]
    assert several.usage.completion_tokens == 200
    for field, asked in [
        ("prompt", {"prompt": ["a", "b"]}),
        ("n", {"prompt": "a", "n": 2}),
        ("echo", {"prompt": "a", "echo": True}),
    ]:
        with pytest.raises(openai.BadRequestError) as told:
            media_client.completions.create(model="anthropic", **asked)
        assert told.value.param == field


def test_llama_cpp_completes_by_its_own_api(media_client, media):
    raw = media_client.completions.with_raw_response.create(model="llama", prompt="Once upon a time", max_tokens=8)
    answer = raw.parse()
    assert answer.object == "text_completion"
    record = record_of(media, raw)
    assert not record["is_estimated"]
    assert record["tokens"]["output"] == answer.usage.completion_tokens > 0
    raw = media_client.completions.with_raw_response.create(model="llama", prompt="Once", max_tokens=8, stream=True)
    assert list(raw.parse())
    record = record_of(media, raw)
    assert not record["is_estimated"] and 0 < record["tokens"]["output"] <= 8
