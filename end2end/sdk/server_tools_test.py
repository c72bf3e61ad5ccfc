"""Tools that a provider runs itself: the official SDKs of OpenAI, Anthropic and Google search the web with models of
other vendors, read what was found and which passage rests on it, and go on from there."""

from decimal import Decimal

import anthropic
import openai
import pytest
from google import genai
from google.genai import types

from parts.configuration import CANARY, model
from parts.gateway import Gateway, cost
from parts.upstreams import FakeProvider

pytestmark = pytest.mark.timeout(60)
PRICE = {"input": "0", "output": "0", "search": "0.01"}
GREETING, FOUND, FAREWELL = "Grüß dich 🌞. ", "In Zürich it is 21 °C.", " Have a good day!"
SAID = GREETING + FOUND + FAREWELL
URL = "https://weather.example/zuerich"
QUESTION = {"role": "user", "content": "How warm is it in Zürich?"}
FURTHER = {"role": "user", "content": "And tomorrow?"}
ANTHROPIC_SEARCH = {"type": "web_search_20250305", "name": "web_search", "max_uses": 3}
TOLD = "x-helix-dropped-fields"


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    upstream = FakeProvider(tmp_path_factory.mktemp("server-tools"), "--key", CANARY)
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def gateway(tmp_path_factory, upstream):
    config = {
        "providers": {
            "anthropic": {"kind": "anthropic", "base_url": upstream.url, "api_key": CANARY},
            "openai": {"kind": "openai", "base_url": f"{upstream.url}/v1", "api_key": CANARY},
            "gemini": {"kind": "gemini", "base_url": f"{upstream.url}/v1beta", "api_key": CANARY},
            "cohere": {"kind": "cohere", "base_url": f"{upstream.url}/cohere", "api_key": CANARY},
        },
        "models": [
            model("anthropic", "anthropic", PRICE, upstream="fake@web_search,chunks=4"),
            model("gemini", "gemini", PRICE, upstream="gemini-3-fake@web_search,chunks=4"),
            model("cohere", "cohere", PRICE, upstream="fake"),
            model("responses", "openai", PRICE, upstream="fake@web_search,chunks=4", api="responses"),
        ],
        "budgets": [{"level": "user", "name": "poor@example.com", "limit": "0.025", "mode": "hard"}],
    }
    running = Gateway(tmp_path_factory.mktemp("server-tools-gateway"), config)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def key(gateway):
    return gateway.create_key("server-tools")


@pytest.fixture(scope="module")
def openai_client(gateway, key):
    return openai.OpenAI(base_url=gateway.openai_url, api_key=key.secret, max_retries=0)


@pytest.fixture(scope="module")
def anthropic_client(gateway, key):
    return anthropic.Anthropic(base_url=gateway.url, api_key=key.secret, max_retries=0)


@pytest.fixture(scope="module")
def google_client(gateway, key):
    return genai.Client(api_key=key.secret, http_options={"base_url": gateway.url})


def respond(client, name: str, asked: list, streams: bool):
    request = {"model": name, "input": asked, "tools": [{"type": "web_search"}]}
    if not streams:
        return client.responses.create(**request)
    with client.responses.stream(**request) as stream:
        return stream.get_final_response()


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("name", ["anthropic", "gemini"])
def test_a_client_of_responses_reads_what_was_found_and_goes_on(openai_client, name, streams):
    answer = respond(openai_client, name, [QUESTION], streams)
    search = next(item for item in answer.output if item.type == "web_search_call")
    assert (search.status, search.action.query) == ("completed", "temperature in Zürich")
    assert URL in [source.url for source in search.action.sources]
    assert answer.output_text == SAID
    cited = [
        (part.text[annotation.start_index : annotation.end_index], annotation.url)
        for item in answer.output
        if item.type == "message"
        for part in item.content
        for annotation in part.annotations
    ]
    assert cited == [(FOUND, URL)]
    # The stand-in of Anthropic demands back byte for byte what it has encrypted.
    again = respond(openai_client, name, [QUESTION, *[item.to_dict() for item in answer.output], FURTHER], streams)
    assert again.output_text == SAID


def test_what_anthropic_encrypts_is_demanded_back(openai_client):
    answer = respond(openai_client, "anthropic", [QUESTION], streams=False)
    items = [item.to_dict() for item in answer.output]
    search = next(item for item in items if item["type"] == "web_search_call")
    search["encrypted_content"] = search["encrypted_content"].replace("Y29udGVud", "AAAAAAAAA")
    with pytest.raises(openai.BadRequestError, match="encrypted_content"):
        respond(openai_client, "anthropic", [QUESTION, *items, FURTHER], streams=False)


@pytest.mark.parametrize("name", ["anthropic", "gemini", "responses"])
def test_a_client_of_chat_reads_annotations(openai_client, gateway, name):
    raw = openai_client.chat.completions.with_raw_response.create(
        model=name, messages=[QUESTION], web_search_options={}
    )
    message = raw.parse().choices[0].message
    assert message.content == SAID
    (annotation,) = message.annotations
    cited = annotation.url_citation
    assert (message.content[cited.start_index : cited.end_index], cited.url) == (FOUND, URL)
    record = gateway.call(raw.headers["x-request-id"])
    assert cost(record) == Decimal("0.01")


def test_a_client_of_chat_reads_annotations_of_a_stream(openai_client, gateway):
    stream = openai_client.chat.completions.create(
        model="gemini", messages=[QUESTION], web_search_options={}, stream=True
    )
    text, annotations = "", []
    for chunk in stream:
        for choice in chunk.choices:
            text += choice.delta.content or ""
            annotations += getattr(choice.delta, "annotations", None) or []
    cited = annotations[0]["url_citation"]
    assert (text[cited["start_index"] : cited["end_index"]], cited["url"]) == (FOUND, URL)
    assert cost(gateway.call(stream.response.headers["x-request-id"])) == Decimal("0.01")


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("name", ["gemini", "responses"])
def test_a_client_of_anthropic_searches_with_others_and_goes_on(anthropic_client, name, streams):
    def ask(messages):
        request = {"model": name, "max_tokens": 500, "messages": messages, "tools": [ANTHROPIC_SEARCH]}
        if not streams:
            return anthropic_client.messages.create(**request)
        with anthropic_client.messages.stream(**request) as stream:
            return stream.get_final_message()

    message = ask([QUESTION])
    used = next(block for block in message.content if block.type == "server_tool_use")
    found = next(block for block in message.content if block.type == "web_search_tool_result")
    assert (used.name, used.input["query"], found.tool_use_id) == ("web_search", "temperature in Zürich", used.id)
    assert URL in [page.url for page in found.content]
    texts = [block for block in message.content if block.type == "text"]
    assert "".join(block.text for block in texts) == SAID
    cited = [block for block in texts if block.citations]
    assert [citation.url for block in cited for citation in block.citations] == [URL]
    assert message.usage.server_tool_use.web_search_requests == 1
    if not streams:
        assert [block.text for block in cited] == [FOUND]
    answer = {"role": "assistant", "content": [block.to_dict() for block in message.content]}
    again = ask([QUESTION, answer, FURTHER])
    assert again.stop_reason == "end_turn"


@pytest.mark.parametrize("streams", [False, True])
def test_a_client_of_google_reads_the_grounds_of_anthropics_answer(google_client, streams):
    asked = {
        "model": "anthropic",
        "contents": QUESTION["content"],
        "config": types.GenerateContentConfig(tools=[types.Tool(google_search=types.GoogleSearch())]),
    }
    if streams:
        pieces = list(google_client.models.generate_content_stream(**asked))
        text, last = "".join(piece.text or "" for piece in pieces), pieces[-1]
    else:
        last = google_client.models.generate_content(**asked)
        text = last.text
    assert text == SAID
    grounds = last.candidates[0].grounding_metadata
    assert grounds.web_search_queries == ["temperature in Zürich"]
    (support,) = grounds.grounding_supports
    assert support.segment.text == FOUND
    assert [grounds.grounding_chunks[index].web.uri for index in support.grounding_chunk_indices] == [URL]
    if streams:
        told = text.encode()[support.segment.start_index : support.segment.end_index]
    else:
        part = last.candidates[0].content.parts[support.segment.part_index or 0]
        told = part.text.encode()[support.segment.start_index or 0 : support.segment.end_index]
    assert told.decode() == FOUND


def test_a_provider_that_cannot_search_is_not_asked_to(anthropic_client):
    with pytest.raises(anthropic.BadRequestError) as refused:
        anthropic_client.messages.create(
            model="cohere", max_tokens=50, messages=[QUESTION], tools=[ANTHROPIC_SEARCH]
        )
    assert "`tools[0]` asks for web search" in str(refused.value)


def test_what_google_cannot_be_told_is_told_to_the_client(anthropic_client):
    raw = anthropic_client.messages.with_raw_response.create(
        model="gemini", max_tokens=500, messages=[QUESTION], tools=[ANTHROPIC_SEARCH]
    )
    assert raw.headers[TOLD] == "tools[0].max_uses"


def test_the_most_searches_are_reserved_before_the_provider_is_asked(gateway):
    gateway.add_user("poor@example.com", team="Everyone")
    poor = gateway.create_key("poor", user="poor@example.com")
    client = anthropic.Anthropic(base_url=gateway.url, api_key=poor.secret, max_retries=0)
    asked = {"model": "anthropic", "max_tokens": 500, "messages": [QUESTION]}
    with pytest.raises(anthropic.APIStatusError) as refused:
        client.messages.create(**asked, tools=[ANTHROPIC_SEARCH])
    assert refused.value.status_code == 402
    message = client.messages.create(**asked, tools=[{**ANTHROPIC_SEARCH, "max_uses": 2}])
    assert message.usage.server_tool_use.web_search_requests == 1
