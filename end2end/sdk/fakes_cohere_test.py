"""The fake provider as Cohere, tried with Cohere's own SDK: a fake that drifts from the vendor fails here."""

import base64
import json
import struct

import cohere
import httpx
import pytest
from cohere.core.api_error import ApiError

from parts.upstreams import FakeProvider

KEY = "cohere-key"
QUESTION = {"role": "user", "content": "hello"}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [{"type": "function", "function": {"name": "weather", "description": "Looks out.", "parameters": SCHEMA}}]
DOCUMENTS = ["The sky is grey.", {"id": "second", "data": {"title": "Weather", "snippet": "It rains."}}]
USAGE = "input_tokens=100,cached_tokens=60,output_tokens=50"


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    upstream = FakeProvider(tmp_path_factory.mktemp("cohere"), "--key", KEY)
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def client(upstream):
    return cohere.ClientV2(api_key=KEY, base_url=f"{upstream.url}/cohere", timeout=5)


def no_retries():
    return {"max_retries": 0}


def told(usage) -> tuple:
    billed, tokens = usage.billed_units, usage.tokens
    return billed.input_tokens, billed.output_tokens, tokens.input_tokens, tokens.output_tokens, usage.cached_tokens


def heard(stream) -> dict:
    """What a stream's events add up to."""
    sums = {"kinds": [], "text": "", "thinking": "", "plan": "", "calls": [], "citations": []}
    for event in stream:
        sums["kinds"].append(event.type)
        message = event.delta.message if getattr(event, "delta", None) and event.type != "message-end" else None
        if event.type == "content-delta":
            sums["text"] += message.content.text or ""
            sums["thinking"] += message.content.thinking or ""
        elif event.type == "tool-plan-delta":
            sums["plan"] += message.tool_plan
        elif event.type == "tool-call-start":
            sums["calls"].append(message.tool_calls)
        elif event.type == "tool-call-delta":
            sums["calls"][event.index].function.arguments += message.tool_calls.function.arguments
        elif event.type == "citation-start":
            sums["citations"].append(message.citations)
        elif event.type == "message-end":
            sums["end"] = event.delta
    return sums


def test_an_answer_tells_what_is_billed_and_what_the_template_adds(client, upstream):
    model = f"fake@{USAGE},tag=whole"
    answer = client.chat(model=model, messages=[QUESTION])
    assert answer.finish_reason == "COMPLETE" and answer.id
    assert answer.message.content[0].text.startswith("The quick brown fox")
    billed_input, billed_output, read, written, cached = told(answer.usage)
    assert (billed_input, billed_output, cached) == (100, 50, 60)
    assert read > billed_input and written > billed_output
    billed = upstream.billed(model)
    assert (billed["input"], billed["output"], billed["cached"]) == (100, 50, 60)


def test_a_stream_has_the_events_of_the_second_version(client, upstream):
    model = f"fake@chunks=4,answer_bytes=40,{USAGE},tag=stream"
    answer = heard(client.chat_stream(model=model, messages=[QUESTION]))
    assert answer["kinds"] == [
        "message-start", "content-start", *["content-delta"] * 4, "content-end", "message-end",
    ]
    assert len(answer["text"]) == 40 and answer["end"].finish_reason == "COMPLETE"
    assert told(answer["end"].usage)[:2] == (100, 50)
    assert upstream.billed(model)["output"] == 50


def test_a_stream_ends_with_done(upstream):
    body = {"model": "fake@chunks=2", "messages": [QUESTION], "stream": True}
    answer = httpx.post(f"{upstream.url}/v2/chat", json=body, headers={"Authorization": f"Bearer {KEY}"})
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.text.startswith("event: message-start\ndata: {") and answer.text.endswith("data: [DONE]\n\n")


@pytest.mark.parametrize("streams", [False, True])
def test_a_tool_is_called_by_plan_and_its_result_is_cited(client, streams):
    request = {"model": "fake@chunks=3", "tools": TOOLS, "strict_tools": True}
    question = {"role": "user", "content": "use the tool"}
    if streams:
        answer = heard(client.chat_stream(messages=[question], **request))
        reason, plan, calls = answer["end"].finish_reason, answer["plan"], answer["calls"]
        assert answer["kinds"][:3] == ["message-start", "tool-plan-delta", "tool-call-start"]
        assert answer["kinds"][-2:] == ["tool-call-end", "message-end"]
    else:
        answer = client.chat(messages=[question], **request)
        reason, plan, calls = answer.finish_reason, answer.message.tool_plan, answer.message.tool_calls
    assert reason == "TOOL_CALL" and plan and len(calls) == 1
    assert (calls[0].function.name, json.loads(calls[0].function.arguments)) == ("weather", {"city": "example city"})
    turns = [
        question,
        {"role": "assistant", "tool_calls": calls, "tool_plan": plan},
        {"role": "tool", "tool_call_id": calls[0].id, "content": '{"sky": "grey"}'},
    ]
    if streams:
        answer = heard(client.chat_stream(messages=turns, **request))
        text, citations = answer["text"], answer["citations"]
    else:
        message = client.chat(messages=turns, **request).message
        text, citations = message.content[0].text, message.citations
    source = citations[0].sources[0]
    assert (source.type, source.id, source.tool_output) == ("tool", f"{calls[0].id}:0", {"sky": "grey"})
    assert citations[0].text == text[citations[0].start : citations[0].end]


def test_a_choice_of_tools_is_followed(client):
    def reason(choice, prompt):
        messages = [{"role": "user", "content": prompt}]
        return client.chat(model="fake", messages=messages, tools=TOOLS, tool_choice=choice).finish_reason

    assert reason("REQUIRED", "hello") == "TOOL_CALL"
    assert reason("NONE", "use the tool") == "COMPLETE"


@pytest.mark.parametrize("streams", [False, True])
def test_documents_are_cited(client, streams):
    request = {"model": "fake@chunks=3", "messages": [QUESTION], "documents": DOCUMENTS}
    if streams:
        answer = heard(client.chat_stream(**request))
        citations = answer["citations"]
        assert answer["kinds"][-4:] == ["citation-start", "citation-end", "content-end", "message-end"]
    else:
        citations = client.chat(**request).message.citations
    sources = citations[0].sources
    assert [source.id for source in sources] == ["doc:0", "second"]
    assert sources[1].document["title"] == "Weather" and citations[0].type == "TEXT_CONTENT"
    assert client.chat(**request, citation_options={"mode": "OFF"}).message.citations is None


@pytest.mark.parametrize("streams", [False, True])
def test_a_thought_comes_in_a_block_before_the_answer(client, streams):
    request = {"model": "fake@chunks=3", "messages": [QUESTION], "thinking": {"type": "enabled", "token_budget": 500}}
    if streams:
        answer = heard(client.chat_stream(**request))
        assert answer["thinking"] and answer["text"] and answer["kinds"].count("content-start") == 2
    else:
        thought, said = client.chat(**request).message.content
        assert (thought.type, said.type) == ("thinking", "text") and thought.thinking
    off = client.chat(model="fake", messages=[QUESTION], thinking={"type": "disabled"})
    assert [block.type for block in off.message.content] == ["text"]


def test_a_schema_is_followed(client):
    answer = client.chat(
        model="fake", messages=[QUESTION], response_format={"type": "json_object", "json_schema": SCHEMA}
    )
    assert json.loads(answer.message.content[0].text) == {"city": "example city"}


def test_an_answer_ends_at_the_limit(client):
    answer = client.chat(model="fake@output_tokens=50", messages=[QUESTION], max_tokens=10)
    assert (answer.finish_reason, answer.usage.billed_units.output_tokens) == ("MAX_TOKENS", 10)


def test_embeddings_come_in_every_type(client, upstream):
    types = ["float", "int8", "uint8", "binary", "ubinary", "base64"]
    model = "fake-embedding@input_tokens=7,tag=embed"
    answer = client.embed(
        model=model, input_type="search_document", texts=["a", "b"], embedding_types=types, output_dimension=16
    )
    by_type = answer.embeddings
    floats = by_type.float_[0]
    assert len(by_type.float_) == 2 and len(floats) == 16
    assert by_type.int8[0] == [round(number * 127) for number in floats]
    assert by_type.uint8[0] == [number + 128 for number in by_type.int8[0]]
    assert by_type.binary[0] == [byte - 128 for byte in by_type.ubinary[0]] and len(by_type.ubinary[0]) == 2
    assert struct.unpack("<16f", base64.b64decode(by_type.base64[0])) == pytest.approx(floats)
    assert answer.texts == ["a", "b"] and answer.meta.billed_units.input_tokens == 7
    assert upstream.billed(model)["input"] == 7


def test_documents_are_ranked_and_billed_by_the_search(client):
    documents = ["a river", "the red fox", "a red hat"]
    answer = client.rerank(model="fake", query="red fox", documents=documents, top_n=2)
    assert [result.index for result in answer.results] == [1, 2]
    assert 1 > answer.results[0].relevance_score > answer.results[1].relevance_score > 0
    assert answer.meta.billed_units.search_units == 1


def test_the_models_are_listed(client):
    listed = cohere.Client(api_key=KEY, base_url=client._client_wrapper.get_base_url()).models.list()
    assert [model.name for model in listed.models] == ["fake", "fake-mini", "fake-embedding"]
    assert listed.models[0].endpoints == ["chat"] and listed.models[0].context_length == 128_000
    with pytest.raises(cohere.NotFoundError, match="model 'unheard-of' not found"):
        client.models.get("unheard-of")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, cohere.BadRequestError),
        (401, cohere.UnauthorizedError),
        (403, cohere.ForbiddenError),
        (404, cohere.NotFoundError),
        (422, cohere.UnprocessableEntityError),
        (429, cohere.TooManyRequestsError),
        (500, cohere.InternalServerError),
        (503, cohere.ServiceUnavailableError),
        (504, cohere.GatewayTimeoutError),
    ],
)
def test_a_failure_has_its_class(client, status, error):
    with pytest.raises(error) as failed:
        client.chat(model=f"fake@status={status}", messages=[QUESTION], request_options=no_retries())
    assert set(failed.value.body) == {"id", "message"}


def test_an_error_in_a_stream_ends_it(client, upstream):
    model = "fake@chunks=10,error_event=2,output_tokens=100,tag=error"
    answer = heard(client.chat_stream(model=model, messages=[QUESTION]))
    assert answer["kinds"] == ["message-start", "content-start", "content-delta", "content-delta", "message-end"]
    assert answer["end"].finish_reason == "ERROR" and answer["end"].error.startswith("internal server error")
    assert upstream.billed(model)["output"] == 20


def test_a_reset_is_seen_in_the_middle_of_a_stream(client):
    with pytest.raises(httpx.HTTPError):
        heard(client.chat_stream(model="fake@reset_after=2", messages=[QUESTION], request_options=no_retries()))


def test_a_wrong_key_is_refused_and_not_billed(upstream):
    calls = upstream.calls()["calls"]
    stranger = cohere.ClientV2(api_key="another", base_url=upstream.url)
    with pytest.raises(cohere.UnauthorizedError, match="invalid api token"):
        stranger.chat(model="fake", messages=[QUESTION])
    assert upstream.calls()["calls"] == calls


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"max_completion_tokens": 5}, 422, "parameter 'max_completion_tokens' is not a valid field"),
        ({"tool_choice": "REQUIRED"}, 400, "only supported with tools"),
        ({"tools": TOOLS, "tool_choice": "auto"}, 400, "tool_choice must be one of"),
        ({"p": 1.0}, 400, "p must be between 0.01 and 0.99"),
        ({"messages": [{"role": "developer", "content": "x"}]}, 400, "not a valid role"),
        ({"messages": [{"role": "tool", "tool_call_id": "a", "content": "x"}]}, 400, "not found in previous"),
        ({"messages": []}, 400, "messages is required"),
    ],
)
def test_what_cohere_does_not_take_is_refused(client, changes, status, words):
    options = {**no_retries(), "additional_body_parameters": changes}
    with pytest.raises(ApiError, match=words) as refused:
        client.chat(model="fake", messages=[QUESTION], request_options=options)
    assert refused.value.status_code == status
