"""Models of vendors with a dialect of their own, through the official SDKs of OpenAI, Anthropic and Google."""

import json

import anthropic
import openai
import pytest
from google import genai

from parts.configuration import CANARY, model
from parts.gateway import Gateway
from parts.upstreams import FakeProvider

PRICE = {"input": "0.25", "cached_input": "0.025", "output": "2.00"}
VENDORS = ["cohere", "gemini", "ollama", "workers-ai"]
QUESTION = {"role": "user", "content": "hello"}
TOKENS = "input_tokens=100,cached_tokens=60,output_tokens=50"

# What each vendor tells of the same call, and what that costs at 0.25, 0.025 and 2.00 dollars per million tokens.
TOLD = {
    "cohere": ((40, 60, 50), "0.000111500"),
    "gemini": ((40, 60, 50), "0.000111500"),
    "ollama": ((100, 0, 50), "0.000125000"),
    "workers-ai": ((100, 0, 50), "0.000125000"),
}
# How the fake behaves, by the name that callers use.
FAKES = {
    "plain": f"chunks=8,{TOKENS}",
    "billed": TOKENS,
    "embeds": "dimensions=6,input_tokens=7",
    "schema": "answer_bytes=200",
    "silent": "chunks=8,no_usage",
    "busy": "status=429,retry_after=3",
    "broken": "status=500",
    "picky": "status=400",
    "nowhere": "status=404",
    "html": "html=200",
    "garbage": "garbage",
    "resets-midway": "chunks=8,reset_after=3",
    "cut-in-an-event": "chunks=8,cut_event=3",
    "fails-midway": "chunks=8,error_event=3",
}
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string", "description": "Where."}},
    "required": ["city"],
    "additionalProperties": False,
}
OPENAI_TOOLS = [
    {"type": "function", "function": {"name": "weather", "description": "Looks out.", "parameters": SCHEMA}}
]
ANTHROPIC_TOOLS = [{"name": "weather", "description": "Looks out.", "input_schema": SCHEMA}]
CALLING = {"role": "user", "content": 'Call tool weather with {"city": "Zürich"}'}


def upstream_name(vendor: str, name: str) -> str:
    kind = "fake-embedding" if name == "embeds" else "fake"
    own = f"{kind}@{FAKES[name]},tag={name}-{vendor}"
    if vendor == "gemini":
        return f"gemini-3-{own}"  # the generation whose calls have ids and signatures
    return f"@cf/acme/{own}" if vendor == "workers-ai" else own


def providers(url: str) -> dict:
    run = f"{url}/client/v4/accounts/0123456789abcdef/ai/run"
    return {
        "cohere": {"kind": "cohere", "base_url": f"{url}/cohere", "api_key": CANARY},
        "gemini": {"kind": "gemini", "base_url": f"{url}/v1beta", "api_key": CANARY},
        "ollama": {"kind": "ollama", "base_url": url, "api_key": CANARY},
        "workers-ai": {"kind": "workers-ai", "base_url": run, "api_key": CANARY},
    }


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    upstream = FakeProvider(tmp_path_factory.mktemp("other-dialects"), "--key", CANARY)
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def gateway(tmp_path_factory, upstream):
    config = {
        "proxy": {"first_byte_timeout_ms": 1_500, "idle_timeout_ms": 1_000},
        "providers": providers(upstream.url),
        "models": [
            *(
                model(f"{name}-{vendor}", vendor, PRICE, upstream=upstream_name(vendor, name))
                for name in FAKES
                for vendor in VENDORS
            ),
            *(
                model(f"thinks-{vendor}", vendor, PRICE, upstream=upstream_name(vendor, "plain"), reasoning="effort")
                for vendor in VENDORS
            ),
        ],
    }
    running = Gateway(tmp_path_factory.mktemp("other-dialects-gateway"), config)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def key(gateway):
    return gateway.create_key("other-dialects")


@pytest.fixture(scope="module")
def openai_client(gateway, key):
    return openai.OpenAI(base_url=gateway.openai_url, api_key=key.secret, max_retries=0)


@pytest.fixture(scope="module")
def anthropic_client(gateway, key):
    return anthropic.Anthropic(base_url=gateway.url, api_key=key.secret, max_retries=0)


def text_of(message: anthropic.types.Message) -> str:
    """What is said; Gemini's signature stands before it, as a thought without text."""
    return "".join(block.text for block in message.content if block.type == "text")


def check_record(gateway, request_id: str, vendor: str):
    record = gateway.call(request_id)
    tokens = record["tokens"]
    told, cost = TOLD[vendor]
    assert (tokens["input"], tokens["cached_input"], tokens["output"]) == told
    assert (record["outcome"], record["cost"], record["is_estimated"]) == ("finished", cost, False)


@pytest.mark.parametrize("vendor", VENDORS)
def test_openai_sdk_gets_an_answer_and_the_cost_is_exact(openai_client, gateway, upstream, vendor):
    raw = openai_client.chat.completions.with_raw_response.create(
        model=f"billed-{vendor}", messages=[{"role": "system", "content": "Be brief."}, QUESTION]
    )
    answer = raw.parse()
    assert answer.choices[0].message.content.startswith("The quick brown fox")
    assert (answer.choices[0].finish_reason, answer.model) == ("stop", f"billed-{vendor}")
    usage = answer.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (100, 50, 150)
    assert usage.prompt_tokens_details.cached_tokens == TOLD[vendor][0][1]
    check_record(gateway, raw.headers["x-request-id"], vendor)
    billed = upstream.billed(upstream_name(vendor, "billed"))
    assert (billed["input"], billed["output"]) == (100, 50)


@pytest.mark.parametrize("streams", [False, True])
def test_a_picture_that_gemini_draws_is_told_to_a_client_of_chat(openai_client, streams):
    asked = {"model": "plain-gemini", "messages": [QUESTION], "extra_body": {"modalities": ["text", "image"]}}
    if streams:
        chunks = openai_client.chat.completions.create(**asked, stream=True)
        told = [choice.delta for chunk in chunks for choice in chunk.choices]
    else:
        told = [openai_client.chat.completions.create(**asked).choices[0].message]
    pictures = [picture for piece in told for picture in getattr(piece, "images", None) or []]
    assert [picture["image_url"]["url"][:22] for picture in pictures] == ["data:image/png;base64,"]
    assert "".join(piece.content or "" for piece in told).startswith("The quick brown fox")


@pytest.mark.parametrize("vendor", VENDORS)
def test_openai_sdk_streams_and_the_cost_is_exact(openai_client, gateway, vendor):
    raw = openai_client.chat.completions.with_raw_response.create(
        model=f"plain-{vendor}", messages=[QUESTION], stream=True, stream_options={"include_usage": True}
    )
    chunks = list(raw.parse())
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert text.startswith("The quick brown fox") and len(chunks) > 8
    assert [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason] == ["stop"]
    assert [chunk.usage.total_tokens for chunk in chunks if chunk.usage] == [150]
    check_record(gateway, raw.headers["x-request-id"], vendor)


@pytest.mark.parametrize("vendor", VENDORS)
def test_anthropic_sdk_gets_an_answer_and_the_cost_is_exact(anthropic_client, gateway, vendor):
    raw = anthropic_client.messages.with_raw_response.create(
        model=f"plain-{vendor}", system="Be brief.", messages=[QUESTION], max_tokens=60
    )
    answer = raw.parse()
    assert text_of(answer).startswith("The quick brown fox") and answer.stop_reason == "end_turn"
    told = TOLD[vendor][0]
    usage = answer.usage
    assert (usage.input_tokens, usage.cache_read_input_tokens, usage.output_tokens) == told
    check_record(gateway, raw.headers["request-id"], vendor)


@pytest.mark.parametrize("vendor", VENDORS)
def test_anthropic_sdk_streams_and_the_cost_is_exact(anthropic_client, gateway, vendor):
    with anthropic_client.messages.stream(model=f"plain-{vendor}", messages=[QUESTION], max_tokens=60) as stream:
        text = "".join(stream.text_stream)
        answer = stream.get_final_message()
        request_id = stream.response.headers["request-id"]
    assert text.startswith("The quick brown fox") and answer.stop_reason == "end_turn"
    assert answer.usage.output_tokens == 50
    check_record(gateway, request_id, vendor)


def test_googles_sdk_is_relayed_to_google_and_the_cost_is_exact(gateway, key):
    client = genai.Client(api_key=key.secret, http_options={"base_url": gateway.url})
    answer = client.models.generate_content(model="billed-gemini", contents="hello")
    assert answer.text.startswith("The quick brown fox")
    usage = answer.usage_metadata
    assert (usage.prompt_token_count, usage.cached_content_token_count) == (100, 60)
    check_record(gateway, answer.sdk_http_response.headers["x-request-id"], "gemini")
    chunks = list(client.models.generate_content_stream(model="plain-gemini", contents="hello"))
    assert len(chunks) > 4 and "".join(chunk.text or "" for chunk in chunks).startswith("The quick brown fox")
    check_record(gateway, chunks[0].sdk_http_response.headers["x-request-id"], "gemini")


@pytest.mark.parametrize("vendor", VENDORS)
def test_an_answer_ends_at_the_limit(openai_client, vendor):
    answer = openai_client.chat.completions.create(model=f"plain-{vendor}", messages=[QUESTION], max_tokens=10)
    assert answer.usage.completion_tokens == 10
    # Workers AI does not say why an answer has ended.
    assert answer.choices[0].finish_reason == ("stop" if vendor == "workers-ai" else "length")


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("vendor", VENDORS)
def test_openai_sdk_calls_a_tool_and_hands_back_its_result(openai_client, vendor, streams):
    ask = {"model": f"plain-{vendor}", "tools": OPENAI_TOOLS}
    if streams:
        with openai_client.chat.completions.stream(messages=[CALLING], **ask) as stream:
            first = stream.get_final_completion()
    else:
        first = openai_client.chat.completions.create(messages=[CALLING], **ask)
    assert first.choices[0].finish_reason == "tool_calls"
    message = first.choices[0].message
    call = message.tool_calls[0]
    assert call.id and call.function.name == "weather" and json.loads(call.function.arguments) == {"city": "Zürich"}
    turns = [
        CALLING,
        message.model_dump(exclude_none=True, include={"role", "content", "tool_calls"}),
        {"role": "tool", "tool_call_id": call.id, "content": "Föhn"},
    ]
    second = openai_client.chat.completions.create(messages=turns, **ask)
    assert second.choices[0].finish_reason == "stop" and second.choices[0].message.content.startswith("The quick")


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("vendor", VENDORS)
def test_anthropic_sdk_calls_two_tools_at_once_and_hands_back_their_results(anthropic_client, vendor, streams):
    question = {"role": "user", "content": "Use the tools in parallel."}
    ask = {"model": f"plain-{vendor}", "max_tokens": 200, "tools": ANTHROPIC_TOOLS}
    if streams:
        with anthropic_client.messages.stream(messages=[question], **ask) as stream:
            first = stream.get_final_message()
    else:
        first = anthropic_client.messages.create(messages=[question], **ask)
    assert first.stop_reason == "tool_use"
    calls = [block for block in first.content if block.type == "tool_use"]
    assert len(calls) == 2 and calls[0].id != calls[1].id
    assert all(call.name == "weather" and isinstance(call.input["city"], str) for call in calls)
    results = [{"type": "tool_result", "tool_use_id": call.id, "content": "Föhn"} for call in calls]
    turns = [
        question,
        {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in first.content]},
        {"role": "user", "content": results},
    ]
    second = anthropic_client.messages.create(messages=turns, **ask)
    assert second.stop_reason == "end_turn" and text_of(second).startswith("The quick")


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_call_that_is_forced_is_made_or_refused_by_its_name(openai_client, vendor):
    ask = {"model": f"plain-{vendor}", "messages": [QUESTION], "tools": OPENAI_TOOLS, "tool_choice": "required"}
    if vendor in ("cohere", "gemini"):
        assert openai_client.chat.completions.create(**ask).choices[0].finish_reason == "tool_calls"
        return
    with pytest.raises(openai.BadRequestError, match="tool_choice"):
        openai_client.chat.completions.create(**ask)


@pytest.mark.parametrize("vendor", VENDORS)
def test_an_answer_has_the_form_of_a_schema(openai_client, vendor):
    form = {"type": "json_schema", "json_schema": {"name": "place", "strict": True, "schema": SCHEMA}}
    ask = {"model": f"schema-{vendor}", "messages": [QUESTION], "response_format": form}
    answer = openai_client.chat.completions.create(**ask)
    assert set(json.loads(answer.choices[0].message.content)) == {"city"}
    if vendor == "workers-ai":
        with pytest.raises(openai.BadRequestError, match="response_format"):
            openai_client.chat.completions.create(stream=True, **ask)


@pytest.mark.parametrize("vendor", ["cohere", "ollama"])
def test_a_thought_comes_beside_the_answer(openai_client, anthropic_client, vendor):
    ask = {"model": f"thinks-{vendor}", "messages": [QUESTION]}
    answer = openai_client.chat.completions.create(reasoning_effort="high", **ask)
    assert answer.choices[0].message.reasoning_content.startswith("The user asks")
    assert answer.choices[0].message.content.startswith("The quick")
    thinking = {"type": "enabled", "budget_tokens": 1_024}
    with anthropic_client.messages.stream(max_tokens=3_000, thinking=thinking, **ask) as stream:
        message = stream.get_final_message()
    assert [block.type for block in message.content] == ["thinking", "text"]
    assert message.content[0].thinking.startswith("The user asks")


@pytest.mark.parametrize("vendor", VENDORS)
def test_usage_that_is_not_told_is_estimated(openai_client, gateway, vendor):
    for streams in (False, True):
        raw = openai_client.chat.completions.with_raw_response.create(
            model=f"silent-{vendor}", messages=[QUESTION], stream=streams
        )
        if streams:
            list(raw.parse())
        record = gateway.call(raw.headers["x-request-id"])
        assert record["is_estimated"] and 50 < record["tokens"]["output"] < 300
        assert 0 < record["tokens"]["input"] < 50


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("busy", openai.RateLimitError),
        ("broken", openai.InternalServerError),
        ("html", openai.InternalServerError),
        ("garbage", openai.InternalServerError),
        ("nowhere", openai.NotFoundError),
        ("picky", openai.APIStatusError),
    ],
)
@pytest.mark.parametrize("vendor", VENDORS)
def test_an_error_before_the_first_byte_is_told(openai_client, vendor, how, told):
    # What is no stream is found out later, in the stream.
    for streams in (False,) if how == "garbage" else (False, True):
        with pytest.raises(told) as failed:
            openai_client.chat.completions.create(model=f"{how}-{vendor}", messages=[QUESTION], stream=streams)
        assert CANARY not in str(failed.value)
        if how == "picky":
            # The fake refuses with the number of an unknown model, as Cloudflare does with 400.
            assert failed.value.status_code == (404 if vendor == "workers-ai" else 400)
        if how == "busy":
            assert failed.value.response.headers["retry-after"] == "3"


@pytest.mark.parametrize("how", ["resets-midway", "cut-in-an-event", "fails-midway"])
@pytest.mark.parametrize("vendor", VENDORS)
def test_an_error_in_the_stream_is_told_and_the_record_has_a_cost(openai_client, gateway, vendor, how):
    raw = openai_client.chat.completions.with_raw_response.create(
        model=f"{how}-{vendor}", messages=[QUESTION], stream=True
    )
    text = ""
    with pytest.raises(openai.APIError):
        for chunk in raw.parse():
            text += chunk.choices[0].delta.content or ""
    assert text, "what had come before the break was delivered"
    record = gateway.call(raw.headers["x-request-id"])
    assert record["outcome"] == "upstream_failed"
    assert record["tokens"]["input"] > 0 and record["tokens"]["output"] > 0


@pytest.mark.parametrize("vendor", VENDORS)
def test_texts_are_embedded(openai_client, gateway, vendor):
    ask = {"model": f"embeds-{vendor}", "input": ["one", "zwei"]}
    raw = openai_client.embeddings.with_raw_response.create(encoding_format="float", **ask)
    answer = raw.parse()
    assert [len(item.embedding) for item in answer.data] == [6, 6]
    assert [item.index for item in answer.data] == [0, 1] and answer.model == f"embeds-{vendor}"
    assert answer.data[0].embedding != answer.data[1].embedding
    packed = openai_client.embeddings.create(**ask)
    assert packed.data[0].embedding == pytest.approx(answer.data[0].embedding, abs=1e-6)
    record = gateway.call(raw.headers["x-request-id"])
    assert record["outcome"] == "finished" and record["tokens"]["output"] == 0
    if vendor == "workers-ai":
        assert record["is_estimated"] and record["tokens"]["input"] > 0
    else:
        assert (record["tokens"]["input"], record["cost"], answer.usage.prompt_tokens) == (7, "0.000001750", 7)
    with pytest.raises(openai.BadRequestError, match="input"):
        openai_client.embeddings.create(model=f"embeds-{vendor}", input=[1, 2, 3])


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_check_asks_for_the_models(gateway, vendor):
    said = gateway.command("providers", "test", vendor)
    assert "status 200" in said and "3 models" in said
    assert ("credential: accepted" in said) == (vendor != "ollama")
    assert CANARY not in said


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_check_calls_a_model_where_that_is_wanted(gateway, vendor):
    said = gateway.command("providers", "test", vendor, "--with-a-call", upstream_name(vendor, "plain"))
    assert "call: status 200" in said


@pytest.mark.parametrize("vendor", VENDORS)
def test_clients_of_the_responses_api_are_answered_too(openai_client, gateway, vendor):
    raw = openai_client.responses.with_raw_response.create(model=f"plain-{vendor}", input="hello")
    assert raw.parse().output_text.startswith("The quick brown fox")
    check_record(gateway, raw.headers["x-request-id"], vendor)
    with openai_client.responses.stream(model=f"plain-{vendor}", input="hello") as stream:
        answer = stream.get_final_response()
    assert answer.output_text.startswith("The quick brown fox") and answer.usage.total_tokens == 150
