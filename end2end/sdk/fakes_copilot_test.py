"""The stand-ins for GitHub Copilot and for Claude at Azure.

Copilot has no SDK: OpenAI's is given the headers that editors send. Anthropic's own has a client for Azure.
"""

import json
import urllib.error
import urllib.request

import anthropic
import openai
import pytest

from parts.clouds import entra_token
from parts.upstreams import FakeProvider

COUNTS = "chunks=4,input_tokens=100,output_tokens=50"
QUESTION = [{"role": "user", "content": "hello"}]
EDITOR = {"Editor-Version": "vscode/1.104.0", "Copilot-Integration-Id": "vscode-chat"}
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    running = FakeProvider(tmp_path_factory.mktemp("copilot"), "--key", "gho_right")
    yield running
    running.stop()


def copilot_token(upstream, subscriber="gho_right") -> dict:
    request = urllib.request.Request(f"{upstream.url}/copilot_internal/v2/token")
    request.add_header("authorization", f"token {subscriber}")
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


def client_of(told: dict, **headers) -> openai.OpenAI:
    return openai.OpenAI(
        base_url=told["endpoints"]["api"], api_key=told["token"], default_headers=EDITOR | headers, max_retries=0
    )


def test_a_subscriber_gets_a_token_that_says_where_it_is_good(upstream):
    told = copilot_token(upstream)
    assert told["expires_at"] > 1_700_000_000 and told["endpoints"]["api"] == f"{upstream.url}/copilot"
    client = client_of(told)
    answer = client.chat.completions.create(model=f"fake@{COUNTS}", messages=QUESTION)
    assert answer.usage.completion_tokens == 50
    chunks = list(client.chat.completions.create(model=f"fake@{COUNTS}", messages=QUESTION, stream=True))
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert [model.id for model in client.models.list()][0] == "fake"


def test_nobody_else_gets_one(upstream):
    with pytest.raises(urllib.error.HTTPError) as told:
        copilot_token(upstream, "gho_wrong")
    assert told.value.code == 401
    with pytest.raises(openai.AuthenticationError):
        client_of(copilot_token(upstream) | {"token": "tid=made-up"}).models.list()


def test_pictures_have_to_be_announced(upstream):
    told = copilot_token(upstream)
    seen = [{"role": "user", "content": [{"type": "text", "text": "What is this?"}, PICTURE]}]
    with pytest.raises(openai.BadRequestError, match="Copilot-Vision-Request"):
        client_of(told).chat.completions.create(model="fake", messages=seen)
    announced = client_of(told, **{"Copilot-Vision-Request": "true"})
    assert announced.chat.completions.create(model="fake", messages=seen).choices[0].message.content


@pytest.mark.parametrize("by", ["key", "entra"])
def test_claude_at_azure_answers_the_official_client(upstream, by):
    credential = {"api_key": "gho_right"}
    if by == "entra":
        credential = {"azure_ad_token_provider": lambda: entra_token(upstream.url, client_secret="gho_right")["access_token"]}
    client = anthropic.AnthropicFoundry(base_url=f"{upstream.url}/anthropic/", max_retries=0, **credential)
    message = client.messages.create(model=f"fake@{COUNTS}", messages=QUESTION, max_tokens=500)
    assert message.usage.output_tokens == 50
    with client.messages.stream(model=f"fake@{COUNTS}", messages=QUESTION, max_tokens=500) as stream:
        assert stream.get_final_message().usage.output_tokens == 50
    with pytest.raises(anthropic.RateLimitError):
        client.messages.create(model="fake@status=429", messages=QUESTION, max_tokens=500)
