"""Every client does one task on every provider: parallel tools, a result that is an error, more tools, an answer.

A failure names its pair: `test_a_client_does_the_task[anthropic on bedrock, streamed]`.
"""

import litellm
import pytest

from parts.gateway import Gateway
from parts.sent import Sent
from parts.talks import Wish
from parts.talks.anthropic_messages import AnthropicMessages
from parts.talks.google_genai import GoogleGenAi
from parts.talks.langchain import LangChainAnthropic, LangChainOpenAi, LangChainResponses
from parts.talks.litellm import LiteLlmAnthropic, LiteLlmOpenAi
from parts.talks.openai_chat import OpenAiChat
from parts.talks.openai_responses import OpenAiResponses, OpenAiResponsesKept
from parts.task import PROVIDERS, TASK, configuration, do
from parts.upstreams import FakeProvider

CLIENTS = {
    "openai": OpenAiChat,
    "openai-responses": OpenAiResponses,
    "openai-responses-kept": OpenAiResponsesKept,
    "anthropic": AnthropicMessages,
    "google-genai": GoogleGenAi,
    "langchain-openai": LangChainOpenAi,
    "langchain-responses": LangChainResponses,
    "langchain-anthropic": LangChainAnthropic,
    "litellm-openai": LiteLlmOpenAi,
    "litellm-anthropic": LiteLlmAnthropic,
}


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    running = FakeProvider(tmp_path_factory.mktemp("task-upstream"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def house(tmp_path_factory, upstream):
    """One gateway with every provider."""
    running = Gateway(tmp_path_factory.mktemp("task-gateway"), configuration(upstream.url))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def secret(house):
    return house.create_key("clients").secret


@pytest.fixture
def talk(house, secret):
    def begin(client: str, provider: str, **wishes):
        tools = {"instructions": TASK["instructions"], "tools": tuple(TASK["tools"])}
        return CLIENTS[client](Wish(house.url, secret, provider, **tools, **wishes))

    return begin


@pytest.fixture
def last_body(upstream):
    return lambda: upstream.calls()["last_body"]


# What is built on the official SDKs sends what they send; for it, one provider of each dialect is enough.
OFFICIAL = ["openai", "openai-responses", "anthropic", "google-genai"]
ONE_OF_EACH = ["openai", "responses", "anthropic", "gemini", "bedrock", "cohere"]
PAIRS = [
    pytest.param(client, provider, streams, id=f"{client} on {provider}{', streamed' if streams else ''}")
    for client in CLIENTS
    for provider in (PROVIDERS if client in OFFICIAL else ONE_OF_EACH)
    for streams in (False, True)
]


@pytest.mark.parametrize(("client", "provider", "streams"), PAIRS)
def test_a_client_does_the_task(talk, last_body, client, provider, streams):
    do(talk(client, provider, streams=streams), provider, last_body)


# Where a thought has a place in what the client sends back, and the providers that sign their thoughts.
REMEMBERING = [
    "openai",
    "openai-responses",
    "openai-responses-kept",
    "anthropic",
    "google-genai",
    "langchain-responses",
    "langchain-anthropic",
]
THINKING = ["responses", "anthropic", "gemini", "vertex-gemini", "vertex-claude", "bedrock-claude"]


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("provider", THINKING)
@pytest.mark.parametrize("client", REMEMBERING)
def test_a_thought_comes_back_with_the_results_of_its_tools(talk, last_body, client, provider, streams):
    turns = do(talk(client, provider, streams=streams, thinks=True), provider, last_body)
    if (client, provider) != ("openai", "responses"):  # chat completions cannot ask OpenAI for its thoughts in words
        assert "“quick” \U0001f914" in turns[0].thought
    assert Sent(last_body()).signatures, "the provider gets its own signature back, and refuses any other"


# For a model whose name it does not know, LiteLLM makes a schema into a tool that has to be called.
UNABLE_TO_SHAPE = {("litellm-anthropic", "ollama"), ("litellm-anthropic", "workers-ai")}


@pytest.mark.parametrize(("client", "provider"), sorted({pair.values[:2] for pair in PAIRS} | UNABLE_TO_SHAPE))
def test_an_answer_has_the_form_of_a_schema(talk, client, provider):
    if (client, provider) in UNABLE_TO_SHAPE:
        with pytest.raises(litellm.BadRequestError, match="`tool_choice` cannot be translated"):
            talk(client, provider).shaped(TASK["schema_question"], TASK["schema"])
        return
    city = talk(client, provider).shaped(TASK["schema_question"], TASK["schema"])
    assert isinstance(city["name"], str) and isinstance(city["people"], int) and len(city) == 2


def test_the_books_agree_with_the_bill_of_the_provider(house, upstream, talk, last_body):
    """Of all that was asked here: no call has failed, no usage is a guess, and every token is billed once."""
    do(talk("openai", "anthropic"), "anthropic", last_body)
    house.wait_for_the_ledger()
    records = [record for record in house.calls() if record["outcome"] != "refused"]
    assert {record["outcome"] for record in records} == {"finished"}
    assert not [record for record in records if record["is_estimated"]]
    bill = upstream.calls()["bill"]
    assert len(records) == sum(line["count"] for line in bill) >= 4
    for kind in ("input", "output"):
        assert sum(record["tokens"][kind] for record in records) == sum(line[kind] for line in bill)
