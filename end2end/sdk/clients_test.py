"""Clients that others have built on the vendors' APIs, on a model of their own dialect and on a foreign one.

Each looks behind a door with a tool of its own and says what it found. Only URL and key are changed.
"""

import json

import litellm
import pytest
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

MODELS = ["plain-openai", "plain-anthropic"]
QUESTION = 'Use the tool look with {"at": "the door"} and say what is there.'


@tool
def look(at: str) -> str:
    """Looks at something."""
    return f"{at} is open"


LOOK = {
    "type": "function",
    "function": {
        "name": "look",
        "description": "Looks at something.",
        "parameters": {"type": "object", "properties": {"at": {"type": "string"}}, "required": ["at"]},
    },
}


def chat(client: str, gateway, key, model: str):
    if client == "openai":
        asked = {"base_url": gateway.openai_url, "api_key": key.secret, "stream_usage": True}
        return ChatOpenAI(model=model, max_retries=0, **asked)
    return ChatAnthropic(base_url=gateway.url, api_key=key.secret, model=model, max_tokens=500, max_retries=0)




@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("client", ["openai", "anthropic"])
def test_langchain_uses_a_tool_and_goes_on(gateway, key, fake, client, model, streams):
    chain = chat(client, gateway, key, model).bind_tools([look])

    def ask(turns):
        if not streams:
            return chain.invoke(turns)
        pieces = list(chain.stream(turns))
        assert len(pieces) > 1
        return sum(pieces[1:], pieces[0])

    turns = [HumanMessage(QUESTION)]
    first = ask(turns)
    [call] = first.tool_calls
    assert call["name"] == "look" and call["args"] == {"at": "the door"}
    assert first.usage_metadata["output_tokens"] == 50

    turns += [first, ToolMessage(look.invoke(call["args"]), tool_call_id=call["id"])]
    assert ask(turns).text.startswith("The quick brown fox")
    assert "the door is open" in fake.calls()["last_body"]


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
def test_litellm_uses_a_tool_and_goes_on(gateway, key, fake, dialect, model, streams):
    base = gateway.openai_url if dialect == "openai" else gateway.url

    def ask(turns):
        answer = litellm.completion(
            model=f"{dialect}/{model}",
            api_base=base,
            api_key=key.secret,
            messages=turns,
            tools=[LOOK],
            max_tokens=500,
            stream=streams,
            num_retries=0,
        )
        answer = litellm.stream_chunk_builder(list(answer), messages=turns) if streams else answer
        return answer.choices[0].message

    turns = [{"role": "user", "content": QUESTION}]
    first = ask(turns)
    [call] = first.tool_calls
    assert call.function.name == "look" and json.loads(call.function.arguments) == {"at": "the door"}
    turns += [first.model_dump(), {"role": "tool", "tool_call_id": call.id, "content": "the door is open"}]
    assert ask(turns).content.startswith("The quick brown fox")
    assert "the door is open" in fake.calls()["last_body"]
