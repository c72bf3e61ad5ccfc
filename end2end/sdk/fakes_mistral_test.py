"""The fake provider in Mistral's manner, tried with Mistral's own SDK: a fake that drifts from it fails here."""

import json

import httpx
import pytest
from mistralai.client import Mistral
from mistralai.client.errors import HTTPValidationError, SDKError

pytestmark = pytest.mark.timeout(60)
QUESTION = {"role": "user", "content": "hello"}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [{"type": "function", "function": {"name": "weather", "description": "Looks out.", "parameters": SCHEMA}}]
USAGE = "input_tokens=100,output_tokens=50"


@pytest.fixture(scope="module")
def client(fake):
    return Mistral(api_key="mistral-key", server_url=fake.url, timeout_ms=5_000)


def test_an_answer_tells_what_is_billed(client, fake):
    model = f"fake@as=mistral,{USAGE},tag=mistral-whole"
    answer = client.chat.complete(model=model, messages=[QUESTION], random_seed=1, safe_prompt=False)
    choice = answer.choices[0]
    assert choice.message.content.startswith("The quick brown fox") and choice.finish_reason == "stop"
    usage = answer.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (100, 50, 150)
    assert fake.billed(model)["output"] == 50


def test_a_stream_tells_usage_in_its_last_chunk(client, fake):
    model = f"fake@as=mistral,chunks=4,answer_bytes=40,{USAGE},tag=mistral-stream"
    chunks = [event.data for event in client.chat.stream(model=model, messages=[QUESTION])]
    assert len("".join(chunk.choices[0].delta.content or "" for chunk in chunks)) == 40
    assert chunks[-1].choices[0].finish_reason == "stop" and chunks[-1].usage.total_tokens == 150
    assert all(chunk.usage is None for chunk in chunks[:-1])
    assert fake.billed(model)["output"] == 50


@pytest.mark.parametrize("streams", [False, True])
def test_a_tool_is_called_and_its_result_answered(client, streams):
    def ask(messages):
        request = {"model": "fake@as=mistral,chunks=3", "messages": messages, "tools": TOOLS}
        if not streams:
            choice = client.chat.complete(**request).choices[0]
            return choice.finish_reason, choice.message.content, choice.message.tool_calls
        choices = [event.data.choices[0] for event in client.chat.stream(**request)]
        text = "".join(choice.delta.content or "" for choice in choices)
        calls = [call for choice in choices for call in choice.delta.tool_calls or []]
        return choices[-1].finish_reason, text, calls

    question = {"role": "user", "content": "use the tool"}
    reason, _, calls = ask([question])
    assert reason == "tool_calls" and len(calls) == 1
    assert len(calls[0].id) == 9 and calls[0].id.isalnum()
    assert (calls[0].function.name, json.loads(calls[0].function.arguments)) == ("weather", {"city": "example city"})
    said = {"role": "assistant", "tool_calls": calls}
    result = {"role": "tool", "tool_call_id": calls[0].id, "name": "weather", "content": "grey"}
    reason, text, calls = ask([question, said, result])
    assert reason == "stop" and text and not calls


def test_a_choice_of_tools_is_followed(client):
    def reason(choice, prompt):
        messages = [{"role": "user", "content": prompt}]
        answer = client.chat.complete(model="fake@as=mistral", messages=messages, tools=TOOLS, tool_choice=choice)
        return answer.choices[0].finish_reason

    assert reason("any", "hello") == "tool_calls"
    assert reason("none", "use the tool") == "stop"


def test_a_schema_is_followed(client):
    format_ = {"type": "json_schema", "json_schema": {"name": "place", "schema_definition": SCHEMA}}
    answer = client.chat.complete(model="fake@as=mistral", messages=[QUESTION], response_format=format_)
    assert json.loads(answer.choices[0].message.content) == {"city": "example city"}


def test_texts_are_embedded(client, fake):
    model = "fake-embedding@as=mistral,input_tokens=7,tag=mistral-embed"
    answer = client.embeddings.create(model=model, inputs=["a", "b"], output_dimension=8)
    assert [len(item.embedding) for item in answer.data] == [8, 8] and answer.id
    assert answer.usage.prompt_tokens == 7 and fake.billed(model)["input"] == 7


def test_every_field_of_the_sdk_is_taken_and_no_other(client, fake):
    options = {"top_k": 3, "min_tokens": 1, "repetition_penalty": 1.0, "prompt_cache_key": "a", "logprobs": False}
    assert client.chat.complete(model="fake@as=mistral", messages=[QUESTION], **options).choices
    for path, body in [
        ("chat/completions", {"messages": [QUESTION], "seed": 1}),
        ("embeddings", {"input": ["a"], "dimensions": 8}),
    ]:
        body["model"] = "fake@as=mistral"
        answer = httpx.post(f"{fake.url}/v1/{path}", json=body, headers={"Authorization": "Bearer any"})
        assert answer.status_code == 422
        refused = answer.json()["message"]["detail"][0]
        assert (refused["type"], refused["loc"]) == ("extra_forbidden", ["body", list(body)[-2]])


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, "invalid_request_error"), (404, "invalid_model"), (429, "rate_limited"), (500, "internal_server_error")],
)
def test_a_failure_has_mistrals_shape(client, status, kind):
    with pytest.raises(SDKError) as failed:
        client.chat.complete(model=f"fake@as=mistral,status={status}", messages=[QUESTION])
    body = json.loads(failed.value.body)
    assert failed.value.status_code == status and (body["object"], body["type"]) == ("error", kind)


def test_what_is_invalid_has_a_class_of_its_own(client):
    with pytest.raises(HTTPValidationError):
        client.chat.complete(model="fake@as=mistral,status=422", messages=[QUESTION])
