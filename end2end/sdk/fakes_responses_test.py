"""The stand-in for OpenAI's Responses API, under the official SDK.

Nothing stands between: a stand-in that drifts from its vendor fails here.
"""

import json

import openai
import pytest

from parts.upstreams import FakeProvider

MODEL = "fake@chunks=4,input_tokens=10,output_tokens=12,answer_bytes=40"
TOOL = {
    "type": "function",
    "name": "look",
    "parameters": {"type": "object", "properties": {"at": {"type": "string"}}, "required": ["at"]},
}


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    running = FakeProvider(tmp_path_factory.mktemp("responses"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def client(upstream):
    # Whatever is not as the SDK's types say fails.
    return openai.OpenAI(
        base_url=f"{upstream.url}/v1", api_key="any", max_retries=0, timeout=10, _strict_response_validation=True
    )


def test_an_answer_is_the_same_whole_and_streamed(client, upstream):
    asked = {"model": MODEL, "input": "hello", "instructions": "Be brief.", "max_output_tokens": 50}
    whole = client.responses.create(**asked)
    assert (whole.status, whole.usage.input_tokens, whole.usage.output_tokens) == ("completed", 10, 12)
    assert whole.instructions == "Be brief." and len(whole.output_text) == 40
    with client.responses.stream(**asked) as stream:
        events = list(stream)
        final = stream.get_final_response()
    assert [event.sequence_number for event in events] == list(range(len(events)))
    pieces = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert len(pieces) == 4 and "".join(pieces) == final.output_text == whole.output_text
    assert upstream.billed(MODEL)["output"] == 24


def test_a_function_is_called_and_its_result_read(client):
    asked = {"model": MODEL, "tools": [TOOL], "input": [{"role": "user", "content": "use the tool"}]}
    (call,) = client.responses.create(**asked).output
    assert (call.name, json.loads(call.arguments)) == ("look", {"at": "example at"})
    with client.responses.stream(**asked) as stream:
        names = [event.type for event in stream]
        (streamed,) = stream.get_final_response().output
    assert "response.function_call_arguments.done" in names
    assert streamed.arguments == call.arguments
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "It is open."}
    answer = client.responses.create(**asked | {"input": [*asked["input"], call.model_dump(), result]})
    assert answer.output_text


def test_an_answer_follows_a_schema_and_stops_at_its_limit(client):
    schema = {"type": "json_schema", "name": "place", "schema": TOOL["parameters"], "strict": True}
    shaped = client.responses.create(model="fake", input="hello", text={"format": schema})
    assert json.loads(shaped.output_text) == {"at": "example at"}
    short = client.responses.create(model=MODEL, input="hello", max_output_tokens=6)
    assert (short.status, short.incomplete_details.reason) == ("incomplete", "max_output_tokens")


def test_errors_are_those_of_the_vendor(client):
    with pytest.raises(openai.RateLimitError):
        client.responses.create(model="fake@status=429", input="hello")
    with pytest.raises(openai.BadRequestError, match="input"):
        client.responses.create(model="fake")
    broken = list(client.responses.create(model="fake@chunks=4,error_event=2", input="hello", stream=True))
    assert (broken[-1].type, broken[-1].code) == ("error", "server_error")
    assert "error while processing" in broken[-1].message
