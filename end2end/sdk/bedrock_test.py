"""Models of Amazon Bedrock through the official SDKs of OpenAI and Anthropic, by signed requests.

A model of Anthropic's is asked by Converse for an OpenAI client, and in its own dialect for an
Anthropic client; any other model is asked by Converse. The fake provider takes only what botocore's
service model has, and signs its thoughts.
"""

import json

import anthropic
import openai
import pytest

from parts.configuration import model
from parts.gateway import Gateway
from parts.upstreams import FakeProvider

KEY_ID, SECRET, TOKEN = "AKIDEXAMPLE", "the/secret+of=this-canary", "session-token-canary"
PRICE = {"input": "0.25", "cached_input": "0.025", "cache_write": "0.30", "output": "2.00"}
TOKENS = "input_tokens=100,cached_tokens=60,cache_write_tokens=10,output_tokens=50,chunks=4"
# 30 fresh, 60 cached and 10 written tokens into it, 50 out of it.
COST = "0.000112000"
QUESTION = {"role": "user", "content": "hello"}
TOOL_QUESTION = {"role": "user", "content": "Use the tool."}
SCHEMA = {"type": "object", "properties": {"at": {"type": "string"}}, "required": ["at"]}
OPENAI_TOOLS = [{"type": "function", "function": {"name": "look", "parameters": SCHEMA}}]
ANTHROPIC_TOOLS = [{"name": "look", "input_schema": SCHEMA}]
BUDGET = {"type": "enabled", "budget_tokens": 1_024}
CLAUDE, OTHER = "eu.anthropic.fake-v1:0", "fake"
FAKES = {"plain": TOKENS, "busy": "status=429", "picky": "status=400", "broken": "status=500", "shut": "status=403"}
FAKES |= {"fails-midway": "chunks=8,error_event=3", "resets-midway": "chunks=8,reset_after=3", "thinks": "chunks=3"}


@pytest.fixture(scope="module")
def bedrock(tmp_path_factory):
    key = ["--aws-access-key-id", KEY_ID, "--aws-secret-access-key", SECRET, "--aws-session-token", TOKEN]
    upstream = FakeProvider(tmp_path_factory.mktemp("bedrock"), *key)
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def stage(tmp_path_factory, bedrock):
    aws = {
        "region": "eu-central-1",
        "access_key_id": "${CANARY_KEY_ID}",
        "secret_access_key": "${CANARY_SECRET}",
        "session_token": "${CANARY_TOKEN}",
    }
    config = {
        "providers": {"bedrock": {"kind": "bedrock", "base_url": bedrock.url, "aws": aws}},
        "models": [
            model(f"{name}-{maker}", "bedrock", PRICE, upstream=f"{upstream}@{directives},tag={name}-{maker}", **more)
            for name, directives in FAKES.items()
            for maker, upstream in (("claude", CLAUDE), ("other", OTHER))
            for more in ({"reasoning": "budget"} if name == "thinks" else {},)
        ],
    }
    environment = {"CANARY_KEY_ID": KEY_ID, "CANARY_SECRET": SECRET, "CANARY_TOKEN": TOKEN}
    running = Gateway(tmp_path_factory.mktemp("gateway"), config, environment)
    yield running
    assert SECRET not in running.log() and TOKEN not in running.log()
    running.stop()


@pytest.fixture(scope="module")
def of_openai(stage):
    key = stage.create_key("openai")
    return openai.OpenAI(base_url=stage.openai_url, api_key=key.secret, max_retries=0)


@pytest.fixture(scope="module")
def of_anthropic(stage):
    key = stage.create_key("anthropic")
    return anthropic.Anthropic(base_url=stage.url, api_key=key.secret, max_retries=0)


MAKERS = pytest.mark.parametrize("maker", ["claude", "other"])
STREAMS = pytest.mark.parametrize("streams", [False, True], ids=["whole", "streamed"])


def check_record(stage, request_id: str):
    record = stage.call(request_id)
    tokens = record["tokens"]
    told = (tokens["input"], tokens["cached_input"], tokens["cache_write"], tokens["output"])
    assert (told, record["cost"], record["outcome"]) == ((30, 60, 10, 50), COST, "finished")
    assert not record["is_estimated"]


@MAKERS
@STREAMS
def test_openai_sdk_is_answered_and_the_cost_is_exact(of_openai, stage, maker, streams):
    asked = {"model": f"plain-{maker}", "messages": [QUESTION]}
    create = of_openai.chat.completions.with_raw_response.create
    if streams:
        raw = create(stream=True, stream_options={"include_usage": True}, **asked)
        chunks = list(raw.parse())
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        usage = chunks[-1].usage
        assert len(chunks) > 5
    else:
        raw = create(**asked)
        answer = raw.parse()
        text, usage = answer.choices[0].message.content, answer.usage
    assert text.startswith("The quick brown fox")
    assert (usage.prompt_tokens, usage.prompt_tokens_details.cached_tokens, usage.completion_tokens) == (100, 60, 50)
    check_record(stage, raw.headers["x-request-id"])


@MAKERS
@STREAMS
def test_anthropic_sdk_is_answered_and_the_cost_is_exact(of_anthropic, stage, maker, streams):
    asked = {"model": f"plain-{maker}", "messages": [QUESTION], "max_tokens": 200}
    if streams:
        with of_anthropic.messages.stream(**asked) as stream:
            kinds = {event.type for event in stream}
            message, headers = stream.get_final_message(), stream.response.headers
        assert {"message_start", "content_block_delta", "message_stop"} <= kinds
    else:
        raw = of_anthropic.messages.with_raw_response.create(**asked)
        message, headers = raw.parse(), raw.headers
    assert message.content[0].text.startswith("The quick brown fox") and message.stop_reason == "end_turn"
    usage = message.usage
    told = (usage.cache_read_input_tokens, usage.cache_creation_input_tokens, usage.output_tokens)
    assert told == (60, 10, 50)
    check_record(stage, headers["x-request-id"])


@MAKERS
@STREAMS
def test_a_response_is_answered_and_the_cost_is_exact(of_openai, stage, maker, streams):
    asked = {"model": f"plain-{maker}", "input": "hello"}
    raw = of_openai.responses.with_raw_response.create(stream=streams, **asked)
    answer = raw.parse()
    if streams:
        answer = list(answer)[-1].response
    assert answer.output_text.startswith("The quick brown fox") and answer.status == "completed"
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (100, 50)
    check_record(stage, raw.headers["x-request-id"])


@MAKERS
@STREAMS
def test_openai_sdk_calls_a_tool_and_hands_back_its_result(of_openai, maker, streams):
    asked = {"model": f"plain-{maker}", "tools": OPENAI_TOOLS}
    if streams:
        with of_openai.chat.completions.stream(messages=[TOOL_QUESTION], **asked) as stream:
            for _ in stream:
                pass
            first = stream.get_final_completion().choices[0]
    else:
        first = of_openai.chat.completions.create(messages=[TOOL_QUESTION], **asked).choices[0]
    assert first.finish_reason == "tool_calls"
    call = first.message.tool_calls[0]
    assert call.function.name == "look" and set(json.loads(call.function.arguments)) == {"at"}
    calls = [{"id": call.id, "type": "function", "function": {"name": "look", "arguments": call.function.arguments}}]
    turns = [
        TOOL_QUESTION,
        {"role": "assistant", "tool_calls": calls},
        {"role": "tool", "tool_call_id": call.id, "content": "a door"},
    ]
    second = of_openai.chat.completions.create(messages=turns, **asked).choices[0]
    assert second.finish_reason == "stop" and second.message.content


@MAKERS
@pytest.mark.parametrize("choice", [{"tools": OPENAI_TOOLS, "tool_choice": "none"}, {}], ids=["none", "no-tools"])
def test_a_conversation_with_calls_goes_on_without_tools(of_openai, maker, choice):
    """Bedrock refuses calls in a conversation to which no tools are given."""
    call = {"id": "call|1", "type": "function", "function": {"name": "look", "arguments": '{"at":"x"}'}}
    turns = [
        QUESTION,
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call|1", "content": "a door"},
    ]
    answer = of_openai.chat.completions.create(model=f"plain-{maker}", messages=turns, **choice).choices[0]
    assert answer.finish_reason == "stop" and answer.message.content


@MAKERS
@STREAMS
def test_anthropic_sdk_calls_a_tool_and_hands_back_its_result(of_anthropic, maker, streams):
    asked = {"model": f"plain-{maker}", "max_tokens": 200, "tools": ANTHROPIC_TOOLS}
    if streams:
        with of_anthropic.messages.stream(messages=[TOOL_QUESTION], **asked) as stream:
            first = stream.get_final_message()
    else:
        first = of_anthropic.messages.create(messages=[TOOL_QUESTION], **asked)
    assert first.stop_reason == "tool_use"
    call = next(block for block in first.content if block.type == "tool_use")
    assert call.name == "look" and set(call.input) == {"at"}
    blocks = [block.model_dump(exclude_none=True) for block in first.content]
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "a door", "is_error": True}
    turns = [TOOL_QUESTION, {"role": "assistant", "content": blocks}, {"role": "user", "content": [result]}]
    second = of_anthropic.messages.create(messages=turns, **asked)
    assert second.stop_reason == "end_turn" and second.content[0].text


@STREAMS
def test_anthropic_sdk_hands_back_a_thought_of_claude(of_anthropic, streams):
    asked = {"model": "thinks-claude", "max_tokens": 4_000, "thinking": BUDGET, "tools": ANTHROPIC_TOOLS}
    if streams:
        with of_anthropic.messages.stream(messages=[TOOL_QUESTION], **asked) as stream:
            first = stream.get_final_message()
    else:
        first = of_anthropic.messages.create(messages=[TOOL_QUESTION], **asked)
    assert [block.type for block in first.content] == ["thinking", "tool_use"] and first.content[0].signature
    blocks = [block.model_dump(exclude_none=True) for block in first.content]
    result = {"type": "tool_result", "tool_use_id": blocks[1]["id"], "content": "a door"}
    turns = [TOOL_QUESTION, {"role": "assistant", "content": blocks}, {"role": "user", "content": [result]}]
    assert of_anthropic.messages.create(messages=turns, **asked).stop_reason == "end_turn"
    blocks[0]["thinking"] += "."
    with pytest.raises(anthropic.BadRequestError, match="signature"):
        of_anthropic.messages.create(messages=turns, **asked)


@STREAMS
def test_openai_sdk_hands_back_a_thought_of_claude(of_openai, streams):
    asked = {
        "model": "thinks-claude",
        "max_completion_tokens": 4_000,
        "reasoning_effort": "low",
        "tools": OPENAI_TOOLS,
    }
    thought, details, call = "", [], {"id": "", "type": "function", "function": {"name": "", "arguments": ""}}
    if streams:
        for chunk in of_openai.chat.completions.create(messages=[TOOL_QUESTION], stream=True, **asked):
            delta = chunk.choices[0].delta
            thought += getattr(delta, "reasoning_content", None) or ""
            details += getattr(delta, "reasoning_details", None) or []
            for piece in delta.tool_calls or []:
                call["id"] = piece.id or call["id"]
                call["function"]["name"] += piece.function.name or ""
                call["function"]["arguments"] += piece.function.arguments
    else:
        message = of_openai.chat.completions.create(messages=[TOOL_QUESTION], **asked).choices[0].message
        thought, details = message.reasoning_content, message.reasoning_details
        call = message.tool_calls[0].model_dump()
    assert thought and details
    turns = [
        TOOL_QUESTION,
        {"role": "assistant", "tool_calls": [call], "reasoning_details": details},
        {"role": "tool", "tool_call_id": call["id"], "content": "a door"},
    ]
    second = of_openai.chat.completions.with_raw_response.create(messages=turns, **asked)
    assert "x-helix-dropped-fields" not in second.headers
    message = second.parse().choices[0].message
    assert message.content and message.reasoning_content
    signed = next(detail for detail in details if detail.get("signature"))
    signed["signature"] = "c2lnbg=="
    with pytest.raises(openai.BadRequestError, match="signature"):
        of_openai.chat.completions.create(messages=turns, **asked)


def test_the_version_and_betas_of_anthropics_api_are_no_headers_at_amazon(of_anthropic, bedrock):
    asked = {"model": "plain-claude", "messages": [QUESTION], "max_tokens": 20}
    message = of_anthropic.beta.messages.create(betas=["context-1m-2025-08-07"], **asked)
    assert message.content[0].text
    headers = bedrock.calls()["last_headers"]
    assert "anthropic-beta" not in headers and "anthropic-version" not in headers
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")


@MAKERS
@pytest.mark.parametrize(
    ("name", "of_openai_error", "of_anthropic_error"),
    [
        ("busy", openai.RateLimitError, anthropic.RateLimitError),
        ("picky", openai.BadRequestError, anthropic.BadRequestError),
        ("broken", openai.InternalServerError, anthropic.InternalServerError),
        ("shut", openai.InternalServerError, anthropic.InternalServerError),
    ],
)
def test_a_failure_has_its_class(of_openai, of_anthropic, maker, name, of_openai_error, of_anthropic_error):
    for streams in (False, True):
        with pytest.raises(of_openai_error):
            of_openai.chat.completions.create(model=f"{name}-{maker}", messages=[QUESTION], stream=streams)
        with pytest.raises(of_anthropic_error):
            of_anthropic.messages.create(
                model=f"{name}-{maker}", messages=[QUESTION], max_tokens=20, stream=streams
            )


@MAKERS
@pytest.mark.parametrize("name", ["fails-midway", "resets-midway"])
def test_a_failure_in_a_stream_is_told_and_recorded(of_openai, of_anthropic, stage, maker, name):
    with pytest.raises(openai.APIError):
        list(of_openai.chat.completions.create(model=f"{name}-{maker}", messages=[QUESTION], stream=True))
    with pytest.raises(anthropic.APIError):
        list(of_anthropic.messages.create(model=f"{name}-{maker}", messages=[QUESTION], max_tokens=20, stream=True))
    for record in stage.calls_of(f"{name}-{maker}", 2):
        assert record["outcome"] == "upstream_failed" and record["is_estimated"]


def test_what_bedrock_cannot_be_asked_is_refused_by_its_name(of_openai, bedrock):
    before = bedrock.calls()["arrived"]
    with pytest.raises(openai.BadRequestError, match="frequency_penalty"):
        of_openai.chat.completions.create(model="plain-other", messages=[QUESTION], frequency_penalty=1)
    assert bedrock.calls()["arrived"] == before
