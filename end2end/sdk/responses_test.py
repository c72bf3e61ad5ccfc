"""The Responses API, through the official SDK: on a server that has it, and told to models of other dialects."""

import json

import openai
import pytest
from openai.types.responses import ResponseErrorEvent, ResponseFailedEvent
from pydantic import BaseModel

from conftest import CUTS, FAKES, PRICE
from parts.configuration import model, provider
from parts.gateway import Gateway

MODELS = ["plain-openai", "plain-anthropic"]
TOOLS = [
    {
        "type": "function",
        "name": "look",
        "description": "Looks at something.",
        "parameters": {"type": "object", "properties": {"at": {"type": "string"}}, "required": ["at"]},
        "strict": False,
    }
]
QUESTION = 'Use the tool look with {"at": "the door"} and say what is there.'
DROPPED = "x-helix-dropped-fields"
# Of which dialect the provider is.
SERVED = ["openai", "anthropic", "responses"]


def used(record: dict) -> tuple[int, int]:
    tokens = record["tokens"]
    return tokens["input"] + tokens["cached_input"] + tokens["cache_write"], tokens["output"] + tokens["reasoning"]


@pytest.mark.parametrize("model", [*MODELS, "llama-responses", "demo-chat"])
def test_an_answer_arrives_and_the_ledger_agrees(openai_client, gateway, model):
    raw = openai_client.responses.with_raw_response.create(
        model=model, input="What does a gateway do?", instructions="Be brief.", max_output_tokens=64, store=False
    )
    answer = raw.parse()
    assert answer.object == "response" and answer.output_text
    assert answer.status in ("completed", "incomplete") and answer.usage.output_tokens > 0
    record = gateway.call(raw.headers["x-request-id"])
    assert record["outcome"] == "finished"
    assert used(record) == (answer.usage.input_tokens, answer.usage.output_tokens)


@pytest.mark.parametrize("model", [*MODELS, "llama-responses", "demo-chat"])
def test_a_stream_arrives_in_order_and_the_ledger_agrees(openai_client, gateway, model):
    limit = {"max_output_tokens": 64} if model == "llama-responses" else {}
    stream = openai_client.responses.create(model=model, input="What does a gateway do?", stream=True, **limit)
    events = list(stream)
    assert events[0].type == "response.created" and events[-1].type in ("response.completed", "response.incomplete")
    answer = events[-1].response
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert len(deltas) > 1 and "".join(deltas) == answer.output_text
    record = gateway.call(stream.response.headers["x-request-id"])
    assert record["outcome"] == "finished"
    assert used(record) == (answer.usage.input_tokens, answer.usage.output_tokens)
    if model != "llama-responses":
        assert [event.sequence_number for event in events] == list(range(len(events)))


@pytest.mark.parametrize("model", MODELS)
def test_the_sdks_own_stream_keeps_up_with_every_event(openai_client, model):
    with openai_client.responses.stream(model=model, input="What does a gateway do?") as stream:
        for _ in stream:
            pass
        assert stream.get_final_response().output_text.startswith("The quick brown fox")


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("model", MODELS)
def test_a_tool_is_used_over_two_turns_without_anything_kept(openai_client, fake, model, streams):
    def ask(items):
        asked = {"model": model, "input": items, "tools": TOOLS, "store": False}
        if not streams:
            return openai_client.responses.create(**asked)
        with openai_client.responses.stream(**asked) as stream:
            return stream.get_final_response()

    items = [{"role": "user", "content": QUESTION}]
    first = ask(items)
    [call] = [item for item in first.output if item.type == "function_call"]
    assert call.name == "look" and json.loads(call.arguments) == {"at": "the door"}

    items += [item.model_dump(exclude_none=True) for item in first.output]
    items += [{"type": "function_call_output", "call_id": call.call_id, "output": "the door is open"}]
    second = ask(items)
    assert second.output_text.startswith("The quick brown fox")
    assert "the door is open" in fake.calls()["last_body"]


def test_a_thought_comes_back_with_the_result_of_its_tool(openai_client):
    asked = {"model": "thinks-by-budget", "reasoning": {"effort": "low"}, "max_output_tokens": 4_000, "tools": TOOLS}
    items = [{"role": "user", "content": "Use the tool."}]
    first = openai_client.responses.create(input=items, **asked)
    assert [item.type for item in first.output] == ["reasoning", "function_call"]
    assert "“quick” \U0001f914" in first.output[0].summary[0].text

    items += [item.model_dump(exclude_none=True) for item in first.output]
    items += [{"type": "function_call_output", "call_id": first.output[1].call_id, "output": "a door"}]
    second = openai_client.responses.with_raw_response.create(input=items, **asked)
    assert DROPPED not in second.headers
    assert [item.type for item in second.parse().output] == ["reasoning", "message"]


@pytest.mark.parametrize("model", MODELS)
def test_an_answer_follows_a_schema(openai_client, model):
    class City(BaseModel):
        name: str
        people: int

    answer = openai_client.responses.parse(model=model, input="Name a city.", text_format=City)
    assert isinstance(answer.output_parsed, City)


@pytest.mark.parametrize("model", ["plain-openai", "llama-responses"])
def test_what_a_provider_keeps_is_nobodys_to_ask_for(openai_client, model):
    with pytest.raises(openai.BadRequestError) as refused:
        openai_client.responses.create(model=model, input="Go on.", conversation="conv_of_somebody")
    assert refused.value.param == "conversation" and refused.value.code == "unsupported_feature"
    assert "(request req_" in str(refused.value)


def test_the_fields_of_a_request_reach_a_server_of_the_api_as_they_were_sent(openai_client):
    answer = openai_client.responses.with_raw_response.create(
        model="llama-responses", input="Hi", max_output_tokens=4, metadata={"a": "b"}, extra_body={"not_known_yet": 1}
    )
    assert DROPPED not in answer.headers


@pytest.fixture(scope="module")
def breaking(tmp_path_factory, fake):
    """A gateway whose providers break off, one of them of the API itself."""
    config = {
        "proxy": {"idle_timeout_ms": 1_000},
        "providers": {
            "fake-openai": provider("openai", fake.url),
            "fake-anthropic": provider("anthropic", fake.url),
            "fake-responses": provider("openai", fake.url, has_responses=True),
        },
        "models": [
            model(f"{how}-{name}", f"fake-{name}", PRICE, upstream=f"fake@{FAKES[how]},tag=cut-{how}-{name}")
            for how in (*CUTS, "fails-midway")
            for name in SERVED
        ],
    }
    running = Gateway(tmp_path_factory.mktemp("breaking"), config)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def unlucky(breaking):
    key = breaking.create_key("unlucky").secret
    return openai.OpenAI(base_url=breaking.openai_url, api_key=key, max_retries=0)


@pytest.mark.parametrize(
    ("how", "name"),
    [*((how, name) for how in CUTS for name in SERVED), ("fails-midway", "openai"), ("fails-midway", "anthropic")],
)
def test_a_stream_that_breaks_says_so_and_the_record_has_a_cost(unlucky, breaking, how, name):
    raw = unlucky.responses.with_raw_response.create(model=f"{how}-{name}", input="Hi", stream=True)
    text = ""
    with pytest.raises(openai.APIError) as raised:
        for event in raw.parse():
            text += event.delta if event.type == "response.output_text.delta" else ""
    assert text, "what had come before the break was delivered"
    if how in CUTS:
        assert CUTS[how] in str(raised.value) and "before an answer" not in str(raised.value)
        assert raised.value.code in ("upstream_failed", "upstream_timeout") and "(request req_" in str(raised.value)
    record = breaking.call(raw.headers["x-request-id"])
    assert record["outcome"] == "upstream_failed" and float(record["cost"]) > 0


@pytest.mark.parametrize("how", CUTS)
@pytest.mark.parametrize("name", SERVED)
def test_a_cut_is_told_by_the_events_that_openai_ends_such_a_stream_with(unlucky, how, name):
    asked = {"model": f"{how}-{name}", "input": "Hi", "stream": True}
    with unlucky.responses.with_streaming_response.create(**asked) as answer:
        lines = [line for line in answer.iter_lines() if line.startswith("data: ")]
    told = [json.loads(line.removeprefix("data: ")) for line in lines]
    assert [event["sequence_number"] for event in told] == list(range(len(told)))
    error, failed = ResponseErrorEvent.model_validate(told[-2]), ResponseFailedEvent.model_validate(told[-1])
    assert failed.response.status == "failed" and failed.response.error.code == "server_error"
    assert failed.response.error.message == error.message and CUTS[how] in error.message
    assert failed.response.id == told[0]["response"]["id"]
    # Whoever comes back for it learns the same.
    kept = unlucky.responses.retrieve(failed.response.id)
    assert kept.status == "failed" and kept.error.message == error.message


def test_a_hard_budget_shortens_a_response_and_refuses_one_that_does_not_fit(own_gateway, llama):
    price = {"input": "0.25", "output": "2.00"}
    config = {
        "providers": {"llama": provider("openai", llama.url, has_responses=True)},
        "models": [model("poor", "llama", price)],
        "budgets": [{"level": "instance", "limit": "0.0010", "mode": "hard"}],
    }
    gateway = own_gateway(config)
    client = openai.OpenAI(base_url=gateway.openai_url, api_key=gateway.create_key("k").secret, max_retries=0)
    raw = client.responses.with_raw_response.create(model="poor", input="Tell me everything.")
    limit = int(raw.headers["x-helix-output-limit"])
    answer = raw.parse()
    assert 256 <= limit < 500 and answer.usage.output_tokens <= limit
    record = gateway.call(raw.headers["x-request-id"])
    assert used(record) == (answer.usage.input_tokens, answer.usage.output_tokens)
    with pytest.raises(openai.APIStatusError) as refused:
        client.responses.create(model="poor", input="And " * 2_000)
    assert refused.value.status_code == 402 and refused.value.code == "insufficient_quota"
