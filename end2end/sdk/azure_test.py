"""Azure OpenAI as a provider: deployments and the newer API, by key, by a client of Entra and by a machine."""

import json
from decimal import Decimal

import anthropic
import openai
import pytest

from parts.clouds import expire_tokens
from parts.configuration import CANARY, model
from parts.gateway import Gateway, cost
from parts.upstreams import FakeProvider

PRICE = {"input": "0.25", "cached_input": "0.025", "output": "2.00"}
QUESTION = [{"role": "user", "content": "hello"}]
COUNTS = "chunks=4,input_tokens=100,cached_tokens=60,output_tokens=50"
ENTRA = {"tenant_id": "acme.example", "client_id": "app"}
DATED = {"api_version": "2024-10-21"}


def azure(url: str, api_key: str | None = None, **azure) -> dict:
    key = {"api_key": api_key} if api_key else {}
    return {"kind": "azure", "base_url": url, "azure": azure, **key}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    """It knows one key, which is also its clients' secret."""
    upstream = FakeProvider(tmp_path_factory.mktemp("cloud"), "--key", CANARY)
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def providers(cloud):
    secret = {"client_secret": CANARY, "authority_host": cloud.url, **ENTRA}
    return {
        "key": azure(cloud.url, CANARY),
        "dated": azure(cloud.url, CANARY, **DATED),
        "secret": azure(cloud.url, **secret, **DATED),
        "newest-by-secret": azure(cloud.url, **secret),
        "machine": azure(cloud.url, managed_identity=True),
        "wrong-secret": azure(cloud.url, **(secret | {"client_secret": "wrong-secret-of-the-client"})),
        "wrong-key": azure(cloud.url, "wrong-key"),
    }


@pytest.fixture(scope="module")
def microsoft(tmp_path_factory, cloud, providers):
    config = {
        "providers": providers,
        "models": [
            *(model(name, name, PRICE, upstream=f"fake@{COUNTS},tag={name}") for name in providers),
            *(
                model(f"{name}-embedding", name, PRICE, upstream="fake-embedding@dimensions=8")
                for name in ("key", "dated")
            ),
        ],
    }
    environment = {"AZURE_POD_IDENTITY_AUTHORITY_HOST": cloud.url}
    running = Gateway(tmp_path_factory.mktemp("azure"), config, environment)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def client(microsoft):
    secret = microsoft.create_key("sdk").secret
    return openai.OpenAI(base_url=microsoft.openai_url, api_key=secret, max_retries=0)


@pytest.mark.parametrize("name", ["key", "dated", "secret", "newest-by-secret", "machine"])
def test_a_deployment_answers_whole_and_streamed(microsoft, cloud, client, name):
    answer = client.chat.completions.create(model=name, messages=QUESTION)
    assert answer.choices[0].message.content and answer.usage.completion_tokens == 50
    chunks = list(client.chat.completions.create(model=name, messages=QUESTION, stream=True))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == answer.choices[0].message.content
    assert cloud.billed(f"fake@{COUNTS},tag={name}")["count"] == 2
    for record in microsoft.calls_of(name, 2):
        # Forty tokens at 0.25, sixty from the cache at 0.025 and fifty of the answer at 2.00 a million.
        assert record["outcome"] == "finished" and cost(record) == Decimal("0.0001115")


def test_an_anthropic_client_asks_a_deployment(microsoft):
    secret = microsoft.create_key("anthropic").secret
    client = anthropic.Anthropic(base_url=microsoft.url, api_key=secret, max_retries=0)
    asked = {"model": "dated", "max_tokens": 500, "messages": QUESTION}
    answer = client.messages.create(**asked)
    assert answer.content[0].text and answer.usage.output_tokens == 50
    with client.messages.stream(**asked) as stream:
        assert stream.get_final_message().content[0].text == answer.content[0].text


def test_a_dated_version_is_told_a_response_as_a_chat_completion(client):
    answer = client.responses.create(model="dated", input="hello")
    assert answer.output_text and answer.usage.output_tokens == 50


@pytest.mark.parametrize("name", ["key-embedding", "dated-embedding"])
def test_embeddings_are_asked_of_their_deployment(client, name):
    made = client.embeddings.create(model=name, input=["a", "b"])
    assert [len(one.embedding) for one in made.data] == [8, 8]


def test_a_tool_is_called_through_a_deployment(client):
    look = {"type": "object", "properties": {"at": {"type": "string"}}}
    tools = [{"type": "function", "function": {"name": "look", "parameters": look}}]
    question = [{"role": "user", "content": 'Use the tool look with {"at": "the door"}.'}]
    called = client.chat.completions.create(model="dated", messages=question, tools=tools).choices[0]
    assert json.loads(called.message.tool_calls[0].function.arguments) == {"at": "the door"}


@pytest.mark.parametrize("name", ["secret", "machine"])
def test_a_token_that_ended_before_its_time_is_replaced_within_the_call(cloud, client, name):
    client.chat.completions.create(model=name, messages=QUESTION)
    expire_tokens(cloud.url)
    assert client.chat.completions.create(model=name, messages=QUESTION).choices


def test_a_client_that_entra_does_not_take_is_told_to_the_operator_alone(microsoft, client):
    with pytest.raises(openai.InternalServerError, match="has nothing that opens wrong-secret") as refused:
        client.chat.completions.create(model="wrong-secret", messages=QUESTION)
    assert "AADSTS" not in str(refused.value)
    microsoft.wait_for_log("AADSTS7000215")
    assert "wrong-secret-of-the-client" not in microsoft.log()


def test_a_key_that_azure_does_not_take_is_told(client):
    with pytest.raises(openai.InternalServerError, match="refused the gateway's credential"):
        client.chat.completions.create(model="wrong-key", messages=QUESTION)


def test_workload_identity_needs_nothing_but_the_environment(own_gateway, tmp_path, cloud):
    token = tmp_path / "token"
    # A cluster's assertion is a JWT; who signed it is the tenant's affair.
    token.write_text("e30.eyJleHAiOjQxMDI0NDQ4MDB9.c2lnbmVk\n")
    environment = {
        "AZURE_FEDERATED_TOKEN_FILE": str(token),
        "AZURE_TENANT_ID": "acme.example",
        "AZURE_CLIENT_ID": "app",
        "AZURE_AUTHORITY_HOST": cloud.url,
    }
    config = {
        "providers": {"cluster": {"kind": "azure", "base_url": cloud.url}},
        "models": [model("cluster", "cluster", PRICE, upstream="fake@chunks=2")],
    }
    gateway = own_gateway(config, **environment)
    client = openai.OpenAI(base_url=gateway.openai_url, api_key=gateway.create_key("sdk").secret, max_retries=0)
    assert client.chat.completions.create(model="cluster", messages=QUESTION).choices
    token.write_text("e30.eyJleHAiOjF9.c2lnbmVk")
    expire_tokens(cloud.url)
    with pytest.raises(openai.InternalServerError, match="has nothing that opens cluster"):
        client.chat.completions.create(model="cluster", messages=QUESTION)
    assert "AADSTS700024" in gateway.log()


def test_no_secret_and_no_token_is_in_the_log(microsoft):
    assert CANARY not in microsoft.log() and "eyJ0eXAi.fake" not in microsoft.log()
