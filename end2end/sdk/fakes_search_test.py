"""The fake provider's web search, tried with the official SDKs directly: a fake that drifts from its vendor fails here."""

import anthropic
import openai
import pytest
from google import genai
from google.genai import types

pytestmark = pytest.mark.timeout(60)
QUESTION = {"role": "user", "content": "How warm is it in Zürich?"}
TOOLS = [{"type": "web_search_20250305", "name": "web_search"}]
FOUND = "In Zürich it is 21 °C."


@pytest.fixture(scope="module")
def client(fake):
    return anthropic.Anthropic(base_url=fake.url, api_key="any", max_retries=0)


def ask(client, model: str, messages: list, streams: bool):
    request = {"model": model, "max_tokens": 500, "messages": messages, "tools": TOOLS}
    if not streams:
        return client.messages.create(**request)
    with client.messages.stream(**request) as stream:
        return stream.get_final_message()


@pytest.mark.parametrize("streams", [False, True])
def test_anthropic_searches_and_takes_its_search_back(client, fake, streams):
    model = f"fake@web_search,tag=search-{streams}"
    message = ask(client, model, [QUESTION], streams)
    kinds = [block.type for block in message.content]
    assert kinds == ["server_tool_use", "web_search_tool_result", "text", "text", "text"]
    assert message.content[0].input == {"query": "temperature in Zürich"}
    assert message.content[3].text == FOUND and message.content[3].citations[0].encrypted_index
    assert message.usage.server_tool_use.web_search_requests == 1
    assert fake.billed(model)["searches"] == 1
    answer = {"role": "assistant", "content": [block.to_dict() for block in message.content]}
    assert ask(client, model, [QUESTION, answer, QUESTION], streams).stop_reason == "end_turn"
    answer["content"][1]["content"][0]["encrypted_content"] = "AAAA"
    with pytest.raises(anthropic.BadRequestError, match="encrypted_content"):
        ask(client, model, [QUESTION, answer, QUESTION], streams)


def test_nothing_is_searched_unasked(client):
    message = client.messages.create(model="fake@web_search", max_tokens=500, messages=[QUESTION])
    assert [block.type for block in message.content] == ["text"]


@pytest.mark.parametrize("streams", [False, True])
def test_openai_searches_and_says_what_its_words_rest_on(fake, streams):
    client = openai.OpenAI(
        base_url=f"{fake.url}/v1", api_key="any", max_retries=0, _strict_response_validation=True
    )
    model = f"fake@web_search,chunks=4,tag=responses-search-{streams}"
    asked = {
        "model": model,
        "input": [QUESTION],
        "tools": [{"type": "web_search"}],
        "include": ["web_search_call.action.sources"],
    }
    annotated = []
    if streams:
        with client.responses.stream(**asked) as stream:
            annotated = [event for event in stream if event.type == "response.output_text.annotation.added"]
            answer = stream.get_final_response()
        assert len(annotated) == 1
    else:
        answer = client.responses.create(**asked)
    search, message = answer.output
    assert (search.type, search.action.query) == ("web_search_call", "temperature in Zürich")
    assert search.action.sources[0].url == "https://weather.example/zuerich"
    (annotation,) = message.content[0].annotations
    assert message.content[0].text[annotation.start_index : annotation.end_index] == FOUND
    assert fake.billed(model)["searches"] == 1
    items = [item.to_dict() for item in answer.output]
    again = client.responses.create(model=model, input=[QUESTION, *items, QUESTION], tools=asked["tools"])
    assert again.output[0].action.sources is None
    items[0]["id"] = "srvtoolu_1"
    with pytest.raises(openai.BadRequestError, match="ws"):
        client.responses.create(model=model, input=[QUESTION, *items, QUESTION])


@pytest.mark.parametrize("streams", [False, True])
def test_gemini_grounds_its_answer_in_bytes(fake, streams):
    client = genai.Client(api_key="any", http_options={"base_url": fake.url})
    asked = {
        "model": "gemini-3-fake@web_search,chunks=4",
        "contents": QUESTION["content"],
        "config": types.GenerateContentConfig(tools=[types.Tool(google_search=types.GoogleSearch())]),
    }
    if streams:
        pieces = list(client.models.generate_content_stream(**asked))
        text, last = "".join(piece.text or "" for piece in pieces), pieces[-1]
    else:
        last = client.models.generate_content(**asked)
        text = last.text
    (support,) = last.candidates[0].grounding_metadata.grounding_supports
    told = text.encode()[support.segment.start_index : support.segment.end_index].decode()
    assert told == support.segment.text == FOUND
