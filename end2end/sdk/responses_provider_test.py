"""A model that is asked by the Responses API, for clients of every dialect: on llama.cpp's own server of it."""

import anthropic
import pytest

MODEL = "llama-by-responses"
CHAT_TOOLS = [
    {
        "type": "function",
        "function": {"name": "look", "parameters": {"type": "object", "properties": {"at": {"type": "string"}}}},
    }
]
DROPPED = "x-helix-dropped-fields"


def used(record: dict) -> tuple[int, int]:
    tokens = record["tokens"]
    return tokens["input"] + tokens["cached_input"] + tokens["cache_write"], tokens["output"] + tokens["reasoning"]


def test_a_chat_client_is_answered_and_the_ledger_agrees(openai_client, gateway):
    raw = openai_client.chat.completions.with_raw_response.create(
        model=MODEL,
        max_completion_tokens=12,
        temperature=0.5,
        messages=[
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "What is a door?"},
            {"role": "assistant", "content": "A way through."},
            {"role": "user", "content": "And a wall?"},
        ],
    )
    answer = raw.parse()
    assert answer.choices[0].message.content and answer.choices[0].finish_reason in ("stop", "length")
    record = gateway.call(raw.headers["x-request-id"])
    assert record["outcome"] == "finished"
    assert used(record) == (answer.usage.prompt_tokens, answer.usage.completion_tokens)


def test_a_chat_client_reads_a_stream(openai_client, gateway):
    stream = openai_client.chat.completions.create(
        model=MODEL,
        max_completion_tokens=12,
        stream=True,
        stream_options={"include_usage": True},
        messages=[{"role": "user", "content": "What is a door?"}],
    )
    chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text and chunks[-1].usage.completion_tokens > 0
    record = gateway.call(stream.response.headers["x-request-id"])
    assert used(record) == (chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens)


def test_a_chat_client_sends_the_result_of_a_tool(openai_client):
    call = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": '{"at": "the door"}'}}
    answer = openai_client.chat.completions.create(
        model=MODEL,
        max_completion_tokens=12,
        tools=CHAT_TOOLS,
        messages=[
            {"role": "user", "content": "Look."},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call_1", "content": "It is open."},
        ],
    )
    assert answer.choices[0].finish_reason


@pytest.mark.parametrize("streams", [False, True])
def test_an_anthropic_client_is_answered(anthropic_client, streams):
    asked = {
        "model": MODEL,
        "max_tokens": 12,
        "system": "Be brief.",
        "messages": [
            {"role": "user", "content": "What is a door?"},
            {"role": "assistant", "content": [{"type": "text", "text": "A way "}, {"type": "text", "text": "through."}]},
            {"role": "user", "content": "And a wall?"},
        ],
    }
    if streams:
        with anthropic_client.messages.stream(**asked) as stream:
            message = stream.get_final_message()
    else:
        message = anthropic_client.messages.create(**asked)
    assert message.content[0].text and message.stop_reason in ("end_turn", "max_tokens")
    assert message.usage.output_tokens > 0


def test_what_the_api_has_not_is_refused_by_the_clients_name_for_it(anthropic_client):
    with pytest.raises(anthropic.BadRequestError) as refused:
        anthropic_client.messages.create(
            model=MODEL, max_tokens=12, stop_sequences=["END"], messages=[{"role": "user", "content": "Hi"}]
        )
    assert "stop_sequences" in str(refused.value)


def test_a_client_of_the_api_is_passed_on_as_it_is(openai_client):
    raw = openai_client.responses.with_raw_response.create(
        model=MODEL, input="Hi", max_output_tokens=4, extra_body={"not_known_yet": 1}
    )
    assert DROPPED not in raw.headers and raw.parse().output_text
