"""Tool calls over two turns, through each official SDK, on models of both dialects."""

import json

import pytest

from parts.tool_caller import ARGUMENTS

MODELS = ["demo-chat", "tools-anthropic"]
QUESTION = {"role": "user", "content": "Use the weather tool for Zürich."}
DESCRIPTION = "The weather in a city for the next days."
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
}
OPENAI_TOOLS = [
    {"type": "function", "function": {"name": "get_weather", "description": DESCRIPTION, "parameters": SCHEMA}}
]
ANTHROPIC_TOOLS = [{"name": "get_weather", "description": DESCRIPTION, "input_schema": SCHEMA}]
RESULT = "Föhn, 21 °C"


def check_arguments(model: str, arguments: dict):
    assert set(arguments) == {"city", "days"}
    if model == "tools-anthropic":
        assert arguments == ARGUMENTS
    else:
        assert isinstance(arguments["city"], str) and isinstance(arguments["days"], int)


@pytest.mark.parametrize("model", MODELS)
def test_openai_sdk_calls_a_tool_and_hands_back_its_result(openai_client, gateway, model):
    first = openai_client.chat.completions.create(model=model, messages=[QUESTION], tools=OPENAI_TOOLS)
    assert first.choices[0].finish_reason == "tool_calls"
    call = first.choices[0].message.tool_calls[0]
    assert call.type == "function" and call.function.name == "get_weather" and call.id
    check_arguments(model, json.loads(call.function.arguments))

    turns = [
        QUESTION,
        first.choices[0].message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": call.id, "content": RESULT},
    ]
    raw = openai_client.chat.completions.with_raw_response.create(model=model, messages=turns, tools=OPENAI_TOOLS)
    second = raw.parse()
    assert second.choices[0].finish_reason == "stop"
    assert RESULT in second.choices[0].message.content
    assert gateway.call(raw.headers["x-request-id"])["outcome"] == "finished"


@pytest.mark.parametrize("model", MODELS)
def test_openai_sdk_streams_a_tool_call(openai_client, model):
    with openai_client.chat.completions.stream(model=model, messages=[QUESTION], tools=OPENAI_TOOLS) as stream:
        for _ in stream:
            pass
        answer = stream.get_final_completion()
    assert answer.choices[0].finish_reason == "tool_calls"
    call = answer.choices[0].message.tool_calls[0]
    assert call.function.name == "get_weather" and call.id
    check_arguments(model, json.loads(call.function.arguments))


@pytest.mark.parametrize("model", MODELS)
def test_anthropic_sdk_calls_a_tool_and_hands_back_its_result(anthropic_client, gateway, model):
    ask = {"model": model, "max_tokens": 200, "tools": ANTHROPIC_TOOLS}
    first = anthropic_client.messages.create(messages=[QUESTION], **ask)
    assert first.stop_reason == "tool_use"
    call = next(block for block in first.content if block.type == "tool_use")
    assert call.name == "get_weather" and call.id
    check_arguments(model, call.input)

    result = {"type": "tool_result", "tool_use_id": call.id, "content": RESULT}
    turns = [
        QUESTION,
        {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in first.content]},
        {"role": "user", "content": [result]},
    ]
    raw = anthropic_client.messages.with_raw_response.create(messages=turns, **ask)
    second = raw.parse()
    assert second.stop_reason == "end_turn"
    assert RESULT in second.content[0].text
    assert gateway.call(raw.headers["request-id"])["outcome"] == "finished"


@pytest.mark.parametrize("model", MODELS)
def test_anthropic_sdk_streams_a_tool_call(anthropic_client, model):
    ask = {"model": model, "max_tokens": 200, "tools": ANTHROPIC_TOOLS, "messages": [QUESTION]}
    with anthropic_client.messages.stream(**ask) as stream:
        answer = stream.get_final_message()
    assert answer.stop_reason == "tool_use"
    call = next(block for block in answer.content if block.type == "tool_use")
    assert call.name == "get_weather" and call.id
    check_arguments(model, call.input)
