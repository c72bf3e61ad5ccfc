"""Google's API through its official SDK, with only the base URL and the key changed, on models of other dialects."""

import asyncio
import json
import urllib.error
import urllib.request

import pytest
from google import genai
from google.genai import errors, types
from pydantic import BaseModel

from conftest import CUTS, PRICE
from parts.configuration import model, provider

MODELS = ["plain-openai", "plain-anthropic"]
HELLO = "What does a gateway do?"
LOOK = types.FunctionDeclaration(
    name="look",
    description="Looks at something.",
    parameters=types.Schema(type="OBJECT", properties={"at": types.Schema(type="STRING")}, required=["at"]),
)
BY_HAND = {
    "tools": [types.Tool(function_declarations=[LOOK])],
    "automatic_function_calling": {"disable": True},
}
QUESTION = 'Use the tool look with {"at": "the door"} and say what is there.'


def client_of(gateway, secret: str) -> genai.Client:
    return genai.Client(api_key=secret, http_options={"base_url": gateway.url})


@pytest.fixture(scope="module")
def client(gateway, key):
    return client_of(gateway, key.secret)


def used(record: dict) -> tuple[int, int]:
    tokens = record["tokens"]
    return tokens["input"] + tokens["cached_input"] + tokens["cache_write"], tokens["output"] + tokens["reasoning"]


def told(usage: types.GenerateContentResponseUsageMetadata) -> tuple[int, int]:
    return usage.prompt_token_count, usage.candidates_token_count + (usage.thoughts_token_count or 0)


def post(gateway, path: str, body, **headers: str):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(
        f"{gateway.url}{path}", data, {"content-type": "application/json", **headers}
    )
    return urllib.request.urlopen(request, timeout=30)


@pytest.mark.parametrize("streams", [False, True])
def test_a_model_of_openais_says_how_likely_its_tokens_were(client, streams):
    config = types.GenerateContentConfig(response_logprobs=True, logprobs=2)
    asked = {"model": "plain-openai", "contents": HELLO, "config": config}
    if streams:
        pieces = list(client.models.generate_content_stream(**asked))
    else:
        pieces = [client.models.generate_content(**asked)]
    told = [piece.candidates[0].logprobs_result for piece in pieces]
    chosen = [candidate for result in told if result for candidate in result.chosen_candidates]
    assert "".join(candidate.token for candidate in chosen) == "".join(piece.text or "" for piece in pieces)
    assert {candidate.log_probability for candidate in chosen} == {-0.25}


@pytest.mark.parametrize("name", [*MODELS, "llama-openai", "demo-chat"])
def test_an_answer_arrives_and_the_ledger_agrees(client, gateway, name):
    answer = client.models.generate_content(
        model=name,
        contents=HELLO,
        config={"system_instruction": "Be brief.", "max_output_tokens": 64, "temperature": 0.5},
    )
    assert answer.text and answer.model_version == name
    assert answer.candidates[0].finish_reason in (types.FinishReason.STOP, types.FinishReason.MAX_TOKENS)
    record = gateway.call(answer.response_id)
    assert answer.sdk_http_response.headers["x-request-id"] == answer.response_id
    assert record["outcome"] == "finished"
    assert used(record) == told(answer.usage_metadata)


@pytest.mark.parametrize("name", [*MODELS, "llama-openai", "demo-chat"])
def test_a_stream_arrives_in_pieces_and_the_ledger_agrees(client, gateway, name):
    pieces = list(client.models.generate_content_stream(model=name, contents=HELLO, config={"max_output_tokens": 64}))
    assert len(pieces) > 2 and "".join(piece.text or "" for piece in pieces)
    last = pieces[-1]
    assert last.candidates[0].finish_reason and all(not piece.usage_metadata for piece in pieces[:-1])
    record = gateway.call(last.response_id)
    assert record["outcome"] == "finished" and used(record) == told(last.usage_metadata)


def test_what_the_caller_asks_for_reaches_the_provider(client, fake):
    config = {"system_instruction": "Be brief.", "top_p": 0.5, "stop_sequences": ["END"], "max_output_tokens": 77}
    client.models.generate_content(model="plain-openai", contents=HELLO, config=config)
    sent = json.loads(fake.calls()["last_body"])
    assert sent["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": HELLO}]
    assert (sent["top_p"], sent["stop"], sent["max_tokens"]) == (0.5, ["END"], 77)


def test_the_asynchronous_client_streams_too(gateway, key):
    async def text() -> str:
        client = client_of(gateway, key.secret).aio
        stream = await client.models.generate_content_stream(model="plain-anthropic", contents=HELLO)
        return "".join([piece.text or "" async for piece in stream])

    assert asyncio.run(text()).startswith("The quick brown fox")


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_a_chat_calls_a_function_over_two_turns(client, fake, name, streams):
    chat = client.chats.create(model=name, config=BY_HAND)

    def send(message):
        if not streams:
            return [chat.send_message(message)]
        return list(chat.send_message_stream(message))

    [call] = [call for piece in send(QUESTION) for call in piece.function_calls or []]
    assert (call.name, call.args) == ("look", {"at": "the door"}) and call.id

    result = types.Part.from_function_response(name=call.name, response={"output": "the door is open"})
    said = "".join(piece.text or "" for piece in send([result]))
    assert said.startswith("The quick brown fox")
    assert "the door is open" in fake.calls()["last_body"] and call.id in fake.calls()["last_body"]

    send("Thank you.")
    assert len([content for content in chat.get_history() if content.role == "user"]) == 3


@pytest.mark.parametrize("name", [*MODELS, "demo-chat"])
def test_the_sdk_calls_a_function_by_itself(client, name):
    seen = []

    def look(at: str) -> str:
        """Looks at something."""
        seen.append(at)
        return "a wide door"

    answer = client.models.generate_content(model=name, contents=QUESTION, config={"tools": [look]})
    assert answer.text and len(seen) == 1


@pytest.mark.parametrize("streams", [False, True])
def test_a_thought_comes_back_with_the_result_of_its_function(client, streams):
    thinking = {"include_thoughts": True, "thinking_budget": 1_024}
    chat = client.chats.create(
        model="thinks-by-budget", config={**BY_HAND, "thinking_config": thinking, "max_output_tokens": 4_000}
    )
    send = chat.send_message_stream if streams else lambda message: [chat.send_message(message)]

    def parts(message):
        return [part for piece in send(message) for part in piece.candidates[0].content.parts]

    first = parts("Use the tool.")
    thoughts = [part for part in first if part.thought]
    assert "“quick” \U0001f914" in "".join(part.text or "" for part in thoughts)
    assert thoughts[-1].thought_signature and any(part.function_call for part in first)

    # The provider refuses a thought that it did not sign.
    second = parts([types.Part.from_function_response(name="look", response={"output": "a door"})])
    assert any(part.thought for part in second)
    assert "".join(part.text or "" for part in second if not part.thought)


class City(BaseModel):
    name: str
    people: int


@pytest.mark.parametrize("config", [{"response_schema": City}, {"response_json_schema": City.model_json_schema()}])
@pytest.mark.parametrize("name", MODELS)
def test_an_answer_follows_a_schema(client, fake, name, config):
    answer = client.models.generate_content(
        model=name, contents="Name a city.", config={"response_mime_type": "application/json", **config}
    )
    assert isinstance(City.model_validate_json(answer.text), City)
    assert '"additionalProperties":false' in fake.calls()["last_body"]


def test_an_image_reaches_the_provider_as_it_was(client, fake):
    image = types.Part.from_bytes(data=b"\xfb\xff\xfe", mime_type="image/png")
    client.models.generate_content(model="plain-anthropic", contents=["What is this?", image])
    assert '"data":"+//+"' in fake.calls()["last_body"]


@pytest.mark.parametrize("name", MODELS)
def test_a_prompt_is_counted_and_nobody_is_asked(client, gateway, fake, name):
    gateway.wait_for_the_ledger()
    before = fake.calls()["arrived"], len(gateway.calls())
    short = client.models.count_tokens(model=name, contents=HELLO).total_tokens
    assert 6 <= short <= 20
    page = client.models.count_tokens(model=name, contents="The quick brown fox jumps over the lazy dog. " * 1_000)
    assert 9_000 <= page.total_tokens <= 11_000
    whole = {"generateContentRequest": {"contents": [{"parts": [{"text": HELLO}]}]}}
    answer = post(gateway, f"/v1beta/models/{name}:countTokens?key={client._api_client.api_key}", whole)
    assert 6 <= json.load(answer)["totalTokens"] <= 20
    assert (fake.calls()["arrived"], len(gateway.calls())) == before


@pytest.mark.parametrize("version", ["v1beta", "v1"])
def test_the_models_that_a_caller_may_use_are_listed(gateway, key, version):
    options = {"base_url": gateway.url, "api_version": version}
    client = genai.Client(api_key=key.secret, http_options=options)
    names = [each.name for each in client.models.list()]
    assert "models/plain-openai" in names and "models/forbidden" not in names
    found = client.models.get(model="plain-openai")
    assert found.name == "models/plain-openai" and "generateContent" in found.supported_actions
    with pytest.raises(errors.ClientError) as refused:
        client.models.get(model="forbidden")
    assert (refused.value.code, refused.value.status) == (404, "NOT_FOUND")


def reason(error: errors.APIError) -> str:
    return error.details["error"]["details"][0]["reason"]


def test_a_wrong_key_is_a_client_error(gateway):
    stranger = client_of(gateway, "hx_0000000000000000000000000000000000000000000")
    for ask in (stranger.models.generate_content, stranger.models.count_tokens):
        with pytest.raises(errors.ClientError) as refused:
            ask(model="plain-openai", contents=HELLO)
        assert (refused.value.code, refused.value.status) == (401, "UNAUTHENTICATED")
        assert reason(refused.value) == "API_KEY_INVALID" and "hx_000" not in str(refused.value)
    with pytest.raises(errors.ClientError):
        list(stranger.models.list())


@pytest.mark.parametrize(
    ("name", "code", "status"),
    [
        ("gemini-17", 404, "NOT_FOUND"),
        ("forbidden", 403, "PERMISSION_DENIED"),
        ("picky-openai", 400, "INVALID_ARGUMENT"),
        ("busy-anthropic", 429, "RESOURCE_EXHAUSTED"),
    ],
)
@pytest.mark.parametrize("streams", [False, True])
def test_what_is_refused_is_a_client_error(client, name, code, status, streams):
    with pytest.raises(errors.ClientError) as refused:
        if streams:
            list(client.models.generate_content_stream(model=name, contents=HELLO))
        else:
            client.models.generate_content(model=name, contents=HELLO)
    assert (refused.value.code, refused.value.status) == (code, status)
    assert "(request req_" in refused.value.message


@pytest.mark.parametrize(
    ("field", "config"),
    [
        ("generationConfig.candidateCount", {"candidate_count": 2}),
        ("tools[0].googleSearch", {"tools": [types.Tool(google_search=types.GoogleSearch())]}),
        ("cachedContent", {"cached_content": "cachedContents/of-somebody"}),
    ],
)
def test_what_cannot_be_asked_of_the_model_is_refused_by_its_name(client, field, config):
    with pytest.raises(errors.ClientError) as refused:
        client.models.generate_content(model="plain-openai", contents=HELLO, config=config)
    about = refused.value.details["error"]["details"][0]["metadata"]
    assert (refused.value.code, about["field"], about["code"]) == (400, field, "unsupported_feature")


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
@pytest.mark.parametrize("how", ["unreachable", "broken", "html", "garbage", "hangs"])
def test_a_provider_that_is_down_is_a_server_error(client, how, dialect):
    with pytest.raises(errors.ServerError) as failed:
        client.models.generate_content(model=f"{how}-{dialect}", contents=HELLO)
    expected = (504, "DEADLINE_EXCEEDED") if how == "hangs" else (502, "UNAVAILABLE")
    assert (failed.value.code, failed.value.status) == expected


@pytest.mark.parametrize("how", ["fails-midway", "resets-midway", "cut-in-an-event", "stalls-midway"])
@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
def test_a_stream_that_breaks_raises_after_what_had_come(client, gateway, how, dialect):
    name = f"{how}-{dialect}"
    count = len([record for record in gateway.calls() if record["model"] == name])
    text = ""
    with pytest.raises(errors.ServerError) as raised:
        for piece in client.models.generate_content_stream(model=name, contents=HELLO):
            text += piece.text or ""
    assert text and CUTS.get(how, "") in str(raised.value) and "before an answer" not in str(raised.value)
    record = gateway.calls_of(name, count + 1)[-1]
    assert record["outcome"] == "upstream_failed" and float(record["cost"]) > 0


def test_an_exhausted_budget_is_402_and_a_small_one_shortens_the_answer(own_gateway, fake):
    gateway = own_gateway(
        {
            "providers": {"fake": provider("openai", fake.url)},
            "models": [model("costly", "fake", PRICE, upstream="fake@output_tokens=50,tag=exhausted-gemini")],
            "budgets": [{"level": "instance", "limit": "0.0010"}],
        }
    )
    client = client_of(gateway, gateway.create_key("poor").secret)
    answer = client.models.generate_content(model="costly", contents=HELLO)
    limit = int(answer.sdk_http_response.headers["x-helix-output-limit"])
    assert 256 <= limit < 500 and f'"max_tokens":{limit},' in fake.calls()["last_body"]
    with pytest.raises(errors.ClientError) as refused:
        client.models.generate_content(model="costly", contents="And " * 2_000)
    assert (refused.value.code, refused.value.status) == (402, "FAILED_PRECONDITION")
    assert reason(refused.value) == "BUDGET_EXCEEDED" and "whole again at" in refused.value.message


def test_a_stream_is_one_array_where_no_events_are_asked_for(gateway, key):
    body = {"contents": [{"role": "user", "parts": [{"text": HELLO}]}]}
    header = {"x-goog-api-key": key.secret}
    with post(gateway, "/v1beta/models/plain-openai:streamGenerateContent", body, **header) as answer:
        assert answer.headers["content-type"] == "application/json"
        pieces = json.load(answer)
    assert len(pieces) > 2 and pieces[-1]["candidates"][0]["finishReason"] == "STOP"
    with post(gateway, "/v1/models/fails-midway-openai:streamGenerateContent?alt=json", body, **header) as answer:
        pieces = json.load(answer)
    assert "candidates" in pieces[0] and pieces[-1]["error"]["status"] == "INTERNAL"
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(gateway, "/v1beta/models/nobody:streamGenerateContent", body, **header)
    assert json.load(refused.value)[0]["error"]["code"] == 404


def test_a_key_in_the_query_works_and_is_nowhere_in_the_log(gateway, key):
    body = {"contents": {"parts": {"text": HELLO}}, "generation_config": {"max_output_tokens": 9}}
    for verb in ("generateContent", "countTokens"):
        with post(gateway, f"/v1beta/models/plain-openai:{verb}?key={key.secret}", body) as answer:
            assert json.load(answer)
    with urllib.request.urlopen(f"{gateway.url}/v1beta/models?key={key.secret}", timeout=10) as answer:
        assert json.load(answer)["models"]
    for path in ("models/plain-openai:embedContent", "cachedContents"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            post(gateway, f"/v1beta/{path}?key={key.secret}", body)
        error = json.load(refused.value)["error"]
        assert (error["code"], error["status"]) == (404, "NOT_FOUND") and "generateContent" in error["message"]
    gateway.wait_for_the_ledger()
    assert key.secret not in gateway.log()


@pytest.mark.parametrize(
    ("field", "config"),
    [
        ("generationConfig", {"generationConfig": {}, "generation_config": {"maxOutputTokens": 9}}),
        ("maxOutputTokens", {"generationConfig": {"maxOutputTokens": 1, "max_output_tokens": 9}}),
        ("model", {"model": "models/another"}),
    ],
)
def test_a_limit_or_a_model_that_could_be_read_in_two_ways_is_refused(gateway, key, field, config):
    body = {"contents": [{"parts": [{"text": HELLO}]}], **config}
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(gateway, f"/v1beta/models/plain-openai:generateContent?key={key.secret}", body)
    error = json.load(refused.value)["error"]
    assert error["code"] == 400 and error["details"][0]["metadata"]["field"] == field


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"[" * 200_000,
        b'{"contents":' * 50_000,
        b'{"contents": "text"}',
        b'{"contents": [{"parts": [5]}]}',
        b'{"contents": [], "generationConfig": {"responseSchema": ' + b'{"items":' * 200 + b"1" + b"}" * 200 + b"}}",
        b'{"contents": [], "tools": [5]}',
    ],
)
def test_a_body_that_is_no_request_is_refused_in_googles_form(gateway, key, body):
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(gateway, "/v1beta/models/plain-openai:generateContent", body, **{"x-goog-api-key": key.secret})
    error = json.load(refused.value)["error"]
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT") and "(request req_" in error["message"]
    assert gateway.call(refused.value.headers["x-request-id"])["outcome"] == "refused"


@pytest.mark.parametrize("name", ["%00", "%ff", "", "a/b:c", "m" * 300, "..%2f"])
def test_a_strange_model_in_the_path_is_refused_as_any_unknown_one(gateway, key, name):
    body = {"contents": [{"parts": [{"text": HELLO}]}]}
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(gateway, f"/v1beta/models/{name}:generateContent", body, **{"x-goog-api-key": key.secret})
    assert json.load(refused.value)["error"]["code"] in (400, 404)
