"""The fake provider as Cloudflare Workers AI, tried with Cloudflare's own SDK.

The SDK does not read streams, so these are read as the vendor documents them. A fake that drifts from the
vendor fails here.
"""

import json

import cloudflare
import pytest

from parts.upstreams import FakeProvider

pytestmark = pytest.mark.timeout(60)
ACCOUNT, TOKEN = "0123456789abcdef0123456789abcdef", "cloudflare-token"
QUESTION = {"role": "user", "content": "hello"}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string", "description": "where"}}, "required": ["city"]}
TOOLS = [{"name": "weather", "description": "Looks out.", "parameters": SCHEMA}]
WRAPPED = [{"type": "function", "function": tool} for tool in TOOLS]


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    upstream = FakeProvider(tmp_path_factory.mktemp("workers-ai"), "--key", TOKEN)
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def client(upstream):
    return cloudflare.Cloudflare(api_token=TOKEN, base_url=f"{upstream.url}/client/v4", max_retries=0, timeout=5)


def run(client, model, **request):
    return client.ai.run(f"@cf/acme/{model}", account_id=ACCOUNT, **request)


def heard(client, model, **request) -> list:
    """The data of a stream's events."""
    path = f"/accounts/{ACCOUNT}/ai/run/@cf/acme/{model}"
    answer = client.post(path, body={"stream": True, **request}, cast_to=str, options={})
    return [line.removeprefix("data: ") for line in answer.split("\n\n") if line]


def test_an_answer_tells_what_is_billed(client, upstream):
    answer = run(client, "fake@input_tokens=100,output_tokens=50,tag=whole", messages=[QUESTION])
    assert answer["response"].startswith("The quick brown fox")
    assert answer["usage"] == {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150}
    billed = upstream.billed("@cf/acme/fake@input_tokens=100,output_tokens=50,tag=whole")
    assert (billed["input"], billed["output"]) == (100, 50)


def test_a_prompt_is_answered_as_well(client):
    assert run(client, "fake", prompt="hello")["response"].startswith("The quick brown fox")


def test_every_answer_is_wrapped(client):
    path = f"/accounts/{ACCOUNT}/ai/run/@cf/acme/fake"
    wrapped = client.post(path, body={"messages": [QUESTION]}, cast_to=object)
    assert set(wrapped) == {"result", "success", "errors", "messages"} and wrapped["success"] is True


def test_a_stream_ends_with_usage_and_done(client, upstream):
    model = "fake@chunks=4,answer_bytes=40,input_tokens=100,output_tokens=50,tag=stream"
    *events, last, done = heard(client, model, messages=[QUESTION])
    pieces = [json.loads(event)["response"] for event in events]
    assert len(pieces) == 4 and len("".join(pieces)) == 40 and done == "[DONE]"
    last = json.loads(last)
    assert (last["response"], last["usage"]["completion_tokens"]) == ("", 50)
    assert upstream.billed(f"@cf/acme/{model}")["output"] == 50


@pytest.mark.parametrize("tools", [TOOLS, WRAPPED], ids=["plain", "wrapped"])
def test_a_tool_is_called_with_an_object_and_its_result_answered(client, tools):
    question = {"role": "user", "content": "use the tool"}
    answer = run(client, "fake", messages=[question], tools=tools)
    call = {"name": "weather", "arguments": {"city": "example city"}}
    assert (answer["response"], answer["tool_calls"]) == (None, [call])
    turns = [question, {"role": "assistant", "content": json.dumps(call)}]
    turns.append({"role": "tool", "name": "weather", "content": "grey"})
    answer = run(client, "fake", messages=turns, tools=tools)
    assert answer["response"] and "tool_calls" not in answer


def test_a_streamed_call_is_one_event(client):
    events = heard(client, "fake", messages=[{"role": "user", "content": "use the tool"}], tools=TOOLS)
    assert json.loads(events[0])["tool_calls"][0]["arguments"] == {"city": "example city"}


def test_a_schema_is_followed_with_an_object(client):
    answer = run(
        client, "fake", messages=[QUESTION], response_format={"type": "json_schema", "json_schema": SCHEMA}
    )
    assert answer["response"] == {"city": "example city"}


def test_an_answer_ends_at_the_limit_which_there_always_is(client):
    limited = run(client, "fake@output_tokens=500", messages=[QUESTION], max_tokens=10)
    assert limited["usage"]["completion_tokens"] == 10
    assert run(client, "fake@output_tokens=500", messages=[QUESTION])["usage"]["completion_tokens"] == 256


def test_texts_are_embedded(client, upstream):
    model = "fake-embedding@dimensions=8,input_tokens=7,tag=embed"
    answer = run(client, model, text=["a", "b"])
    assert answer["shape"] == [2, 8] and [len(embedding) for embedding in answer["data"]] == [8, 8]
    assert upstream.billed(f"@cf/acme/{model}")["input"] == 7


def test_the_models_are_listed(client):
    models = list(client.ai.models.list(account_id=ACCOUNT))
    assert [model["name"] for model in models] == ["@cf/fake", "@cf/fake-mini", "@cf/fake-embedding"]
    assert models[0]["task"]["name"] == "Text Generation"


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (400, cloudflare.BadRequestError, 5007),
        (401, cloudflare.AuthenticationError, 10000),
        (403, cloudflare.PermissionDeniedError, 5018),
        (404, cloudflare.NotFoundError, 3042),
        (408, cloudflare.APIStatusError, 3007),
        (413, cloudflare.APIStatusError, 3006),
        (429, cloudflare.RateLimitError, 3040),
        (500, cloudflare.InternalServerError, 1000),
    ],
)
def test_a_failure_has_its_class_and_code(client, status, error, code):
    with pytest.raises(error) as failed:
        run(client, f"fake@status={status}", messages=[QUESTION])
    assert failed.value.status_code == status and failed.value.errors[0].code == code
    assert failed.value.body["success"] is False


def test_an_error_in_a_stream_ends_it(client, upstream):
    model = "fake@chunks=10,error_event=2,output_tokens=100,tag=error"
    events = [json.loads(event) for event in heard(client, model, messages=[QUESTION])]
    assert len(events) == 3 and events[-1]["success"] is False and events[-1]["errors"][0]["message"]
    assert upstream.billed(f"@cf/acme/{model}")["output"] == 20


def test_a_reset_is_a_lost_connection(client):
    with pytest.raises(cloudflare.APIConnectionError):
        run(client, "fake@reset", messages=[QUESTION])


def test_a_wrong_token_is_refused_and_not_billed(upstream):
    calls = upstream.calls()["calls"]
    stranger = cloudflare.Cloudflare(api_token="another", base_url=f"{upstream.url}/client/v4", max_retries=0)
    with pytest.raises(cloudflare.AuthenticationError) as refused:
        run(stranger, "fake", messages=[QUESTION])
    assert refused.value.errors[0].code == 10000
    assert upstream.calls()["calls"] == calls


@pytest.mark.parametrize(
    ("model", "request_", "code", "words"),
    [
        ("unheard-of", {"messages": [QUESTION]}, 5007, "No such model @cf/acme/unheard-of or task"),
        ("fake", {"messages": [{"role": "user", "content": None}]}, 5006, "'null' not in 'string'"),
        ("fake", {"messages": [{"role": "user"}]}, 5006, "required properties at '/messages/0'"),
        ("fake", {"max_tokens": 5}, 5006, "required properties at '/' are 'prompt'"),
        ("fake", {"messages": [QUESTION], "stream": True, "response_format": {"type": "json_object"}}, 5006, "stream"),
    ],
)
def test_what_a_model_does_not_take_is_refused(client, model, request_, code, words):
    with pytest.raises(cloudflare.BadRequestError) as refused:
        client.post(f"/accounts/{ACCOUNT}/ai/run/@cf/acme/{model}", body=request_, cast_to=object)
    assert refused.value.errors[0].code == code and words in refused.value.errors[0].message
