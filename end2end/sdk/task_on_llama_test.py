"""A real server, llama.cpp's own, calls a tool and is given its result, by each SDK in each API that the server has.

Its model is random, so a call is demanded; the server holds the model to the schema of the tool.
"""

import pytest

from conftest import PRICE
from parts.configuration import model, provider
from parts.gateway import Gateway
from parts.talks import Result, Wish
from parts.talks.anthropic_messages import AnthropicMessages
from parts.talks.openai_chat import OpenAiChat
from parts.talks.openai_responses import OpenAiResponses, OpenAiResponsesKept
from parts.upstreams import LlamaServer

CLIENTS = {
    "openai": OpenAiChat,
    "openai-responses": OpenAiResponses,
    "openai-responses-kept": OpenAiResponsesKept,
    "anthropic": AnthropicMessages,
}
# By which API the server is asked.
APIS = ["chat", "responses", "anthropic"]
DOOR = {"type": "string", "enum": ["the door"]}
LOOK = {
    "name": "look",
    "description": "Looks at something.",
    "parameters": {"type": "object", "properties": {"at": DOOR}, "required": ["at"], "additionalProperties": False},
}


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    upstream = LlamaServer(tmp_path_factory.mktemp("llama-with-tools"), "tools")
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def house(tmp_path_factory, llama):
    config = {
        "providers": {
            "chat": {"kind": "llama-cpp", "base_url": f"{llama.url}/v1", "has_responses": False},
            "responses": {"kind": "llama-cpp", "base_url": f"{llama.url}/v1"},
            "anthropic": provider("anthropic", llama.url),
        },
        "models": [
            model("chat", "chat", PRICE),
            model("responses", "responses", PRICE, api="responses"),
            model("anthropic", "anthropic", PRICE),
        ],
    }
    running = Gateway(tmp_path_factory.mktemp("house-of-llama"), config)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def secret(house):
    return house.create_key("clients").secret


# The server's own Anthropic API knows no `tool_choice: none`, so only a client that leaves its tools out can go on there;
# and the stream of OpenAI's SDK for responses raises where an answer stops at its limit, as a random one mostly does.
PAIRS = [
    pytest.param(client, api, streams, id=f"{client} on llama.cpp by {api}{', streamed' if streams else ''}")
    for client in CLIENTS
    for api in APIS
    for streams in (False, True)
    if (api != "anthropic" or client == "anthropic") and not (streams and client.startswith("openai-responses"))
    if not (api == "anthropic" and streams)
]


@pytest.mark.parametrize(("client", "api", "streams"), PAIRS)
def test_a_client_has_a_tool_called_by_a_real_server(house, secret, client, api, streams):
    wishes = {"streams": streams, "forces_calls": True, "output_limit": 400}
    talk = CLIENTS[client](Wish(house.url, secret, api, **wishes, instructions="Be brief.", tools=(LOOK,)))
    calls = talk.say("What is there?").calls
    assert (calls[0].name, calls[0].arguments) == ("look", {"at": "the door"}) and calls[0].id
    # By Anthropic's API this server does not heed that one call is wanted.
    assert len(calls) == 1 or api == "anthropic"
    assert talk.give([Result(call, "It is open.", False) for call in calls]).text.strip()
    records = house.calls_of(api, 2)[-2:]
    assert [record["outcome"] for record in records] == ["finished", "finished"]
