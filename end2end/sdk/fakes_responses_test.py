"""The official OpenAI SDK straight at the fake provider's Responses API: what it cannot read, OpenAI would not send."""

import openai
import pytest

from parts.talks import Wish
from parts.talks.openai_responses import OpenAiResponses
from parts.task import TASK, do
from parts.upstreams import FakeProvider

MODEL = "fake@chunks=4,input_tokens=100,cached_tokens=60,output_tokens=50,reasoning_tokens=20"


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    running = FakeProvider(tmp_path_factory.mktemp("responses-upstream"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def client(upstream):
    return openai.OpenAI(base_url=f"{upstream.url}/v1", api_key="any", max_retries=0)


@pytest.mark.parametrize("thinks", [False, True], ids=["at once", "after a thought"])
@pytest.mark.parametrize("streams", [False, True], ids=["whole", "streamed"])
def test_the_sdk_does_the_task(upstream, streams, thinks):
    wishes = {"instructions": TASK["instructions"], "tools": tuple(TASK["tools"]), "streams": streams, "thinks": thinks}
    talk = OpenAiResponses(Wish(upstream.url, "any", MODEL, **wishes))
    turns = do(talk, "responses", lambda: upstream.calls()["last_body"])
    assert ("“quick” \U0001f914" in turns[0].thought) == thinks


def test_a_stream_is_numbered_and_ends_with_what_its_pieces_make(client):
    events = list(client.responses.create(model=MODEL, input="hello", stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    pieces = [event.delta for event in events if event.type == "response.output_text.delta"]
    answer = events[-1].response
    assert len(pieces) == 4 and "".join(pieces) == answer.output_text and answer.status == "completed"
    usage = answer.usage
    assert (usage.input_tokens, usage.input_tokens_details.cached_tokens) == (100, 60)
    assert (usage.output_tokens, usage.output_tokens_details.reasoning_tokens) == (50, 20)


def test_an_answer_stops_at_the_limit(client):
    answer = client.responses.create(model=MODEL, input="hello", max_output_tokens=10)
    assert (answer.status, answer.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert answer.usage.output_tokens == 10


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([{"type": "function_call_output", "call_id": "call_1", "output": "x"}], "No tool call found"),
        ([{"type": "function_call", "call_id": "call_1", "name": "look", "arguments": "{}"}], "No tool output found"),
        ([{"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAAABx"}], "could not be verified"),
    ],
)
def test_a_history_that_does_not_add_up_is_refused(client, items, words):
    with pytest.raises(openai.BadRequestError, match=words):
        client.responses.create(model=MODEL, input=[{"role": "user", "content": "hello"}, *items])


def test_an_answer_follows_a_schema_and_errors_are_openais(client):
    form = {"type": "json_schema", "name": "city", "schema": TASK["schema"]}
    assert client.responses.create(model=MODEL, input="Name a city.", text={"format": form}).output_text.startswith("{")
    with pytest.raises(openai.RateLimitError):
        client.responses.create(model="fake@status=429", input="hello")
    with pytest.raises(openai.BadRequestError, match="not found"):
        client.responses.create(model=MODEL, input="hello", previous_response_id="resp_1")
    events = client.responses.create(model="fake@chunks=8,error_event=3", input="hello", stream=True)
    assert [event for event in events][-1].type == "error"
