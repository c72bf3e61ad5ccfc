"""Thoughts and their signatures, through each official SDK: they must come back byte for byte.

The fake provider signs what it thinks and refuses a thought that it did not sign, as the vendor does.
"""

import anthropic
import openai
import pytest

BUDGET = {"type": "enabled", "budget_tokens": 1_024}
QUESTION = {"role": "user", "content": "Use the tool."}
ANTHROPIC_TOOLS = [{"name": "look", "input_schema": {"type": "object", "properties": {"at": {"type": "string"}}}}]
OPENAI_TOOLS = [{"type": "function", "function": {"name": "look", "parameters": ANTHROPIC_TOOLS[0]["input_schema"]}}]
MODEL = "fake@chunks=3"
DROPPED = "x-helix-dropped-fields"


@pytest.fixture(params=["straight to the provider", "through the gateway"])
def anthropic_side(request, fake, anthropic_client):
    """A client and a model of the vendor's own dialect."""
    if request.param == "through the gateway":
        return anthropic_client, "plain-anthropic"
    return anthropic.Anthropic(base_url=fake.url, api_key="any", max_retries=0), MODEL


def anthropic_turns(first: list, question=QUESTION) -> list:
    use = next(block for block in first if block["type"] == "tool_use")
    result = {"type": "tool_result", "tool_use_id": use["id"], "content": "a door"}
    return [question, {"role": "assistant", "content": first}, {"role": "user", "content": [result]}]


@pytest.mark.parametrize("streams", [False, True])
def test_anthropic_sdk_hands_a_thought_back_with_the_result_of_its_tool(anthropic_side, streams):
    client, model = anthropic_side
    asked = {"model": model, "max_tokens": 4_000, "thinking": BUDGET, "tools": ANTHROPIC_TOOLS}
    if streams:
        with client.messages.stream(messages=[QUESTION], **asked) as stream:
            first = stream.get_final_message()
    else:
        first = client.messages.create(messages=[QUESTION], **asked)
    assert [block.type for block in first.content] == ["thinking", "tool_use"]
    assert "“quick” \U0001f914" in first.content[0].thinking and first.content[0].signature

    blocks = [block.model_dump() for block in first.content]
    second = client.messages.create(messages=anthropic_turns(blocks), **asked)
    assert [block.type for block in second.content] == ["thinking", "text"]


def test_a_thought_that_was_changed_is_refused_by_the_provider(anthropic_side):
    client, model = anthropic_side
    asked = {"model": model, "max_tokens": 4_000, "thinking": BUDGET, "tools": ANTHROPIC_TOOLS}
    blocks = [block.model_dump() for block in client.messages.create(messages=[QUESTION], **asked).content]
    blocks[0]["thinking"] += "."
    with pytest.raises(anthropic.BadRequestError, match="Invalid `signature` in `thinking` block"):
        client.messages.create(messages=anthropic_turns(blocks), **asked)


@pytest.mark.parametrize("model", ["thinks-by-budget", "thinks-by-effort"])
def test_openai_sdk_hands_a_thought_back_with_the_result_of_its_tool(openai_client, model):
    asked = {"model": model, "max_completion_tokens": 4_000, "reasoning_effort": "low", "tools": OPENAI_TOOLS}
    first = openai_client.chat.completions.create(messages=[QUESTION], **asked).choices[0].message
    assert "“quick” \U0001f914" in first.reasoning_content
    assert first.reasoning_details[0]["signature"]

    turns = [
        QUESTION,
        first.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": first.tool_calls[0].id, "content": "a door"},
    ]
    second = openai_client.chat.completions.with_raw_response.create(messages=turns, **asked)
    assert DROPPED not in second.headers
    message = second.parse().choices[0].message
    assert message.content and message.reasoning_content


def test_openai_sdk_hands_back_the_pieces_of_a_streamed_thought(openai_client):
    asked = {
        "model": "thinks-by-budget",
        "max_completion_tokens": 4_000,
        "reasoning_effort": "low",
        "tools": OPENAI_TOOLS,
    }
    thought, details, call = "", [], {"type": "function", "function": {"name": "", "arguments": ""}}
    for chunk in openai_client.chat.completions.create(messages=[QUESTION], stream=True, **asked):
        delta = chunk.choices[0].delta
        thought += getattr(delta, "reasoning_content", None) or ""
        details += getattr(delta, "reasoning_details", None) or []
        for piece in delta.tool_calls or []:
            call["id"] = piece.id or call["id"]
            call["function"]["name"] += piece.function.name or ""
            call["function"]["arguments"] += piece.function.arguments
    assert "“quick” \U0001f914" in thought and len(details) > 2

    turns = [
        QUESTION,
        {"role": "assistant", "tool_calls": [call], "reasoning_details": details},
        {"role": "tool", "tool_call_id": call["id"], "content": "a door"},
    ]
    second = openai_client.chat.completions.with_raw_response.create(messages=turns, **asked)
    assert DROPPED not in second.headers and second.parse().choices[0].message.reasoning_content


def test_a_client_that_lost_the_thought_is_answered_without_one_and_told(openai_client):
    asked = {"model": "thinks-by-budget", "reasoning_effort": "low", "tools": OPENAI_TOOLS}
    first = openai_client.chat.completions.create(messages=[QUESTION], **asked).choices[0].message
    call = first.tool_calls[0]
    turns = [
        QUESTION,
        {"role": "assistant", "tool_calls": [call.model_dump()]},
        {"role": "tool", "tool_call_id": call.id, "content": "a door"},
    ]
    second = openai_client.chat.completions.with_raw_response.create(messages=turns, **asked)
    assert second.headers[DROPPED] == "reasoning_effort"
    assert second.parse().choices[0].message.content


@pytest.mark.parametrize("streams", [False, True])
def test_what_changes_only_cost_or_bookkeeping_is_dropped_and_told(openai_client, anthropic_client, streams):
    of_openai = openai_client.chat.completions.with_raw_response.create(
        model="plain-anthropic", messages=[QUESTION], seed=7, metadata={"a": "b"}, stream=streams
    )
    assert of_openai.headers[DROPPED] == "metadata, seed"
    text = {"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}
    of_anthropic = anthropic_client.messages.with_raw_response.create(
        model="plain-openai", max_tokens=99, messages=[{"role": "user", "content": [text]}], stream=streams
    )
    assert of_anthropic.headers[DROPPED] == "cache_control"


def test_what_would_change_the_answer_is_refused_unless_the_provider_is_configured_to_drop_it(openai_client):
    asked = {"messages": [QUESTION], "frequency_penalty": 0.5, "extra_body": {"min_p": 0.1}}
    with pytest.raises(openai.BadRequestError, match="unsupported_fields: drop") as refused:
        openai_client.chat.completions.create(model="plain-anthropic", **asked)
    assert refused.value.param == "min_p" and refused.value.code == "unsupported_feature"
    answer = openai_client.chat.completions.with_raw_response.create(model="lenient-anthropic", **asked)
    assert answer.headers[DROPPED] == "min_p, frequency_penalty"
    assert answer.parse().choices[0].message.content
