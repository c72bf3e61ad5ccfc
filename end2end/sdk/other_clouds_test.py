"""Copilot, Replicate, SageMaker, Claude at Azure, and embeddings in the clouds, through the gateway.

Unmodified SDKs ask; the bill is that of the vendor's stand-in, and what opens a vendor is seen nowhere else.
"""

from decimal import Decimal

import anthropic
import openai
import pytest

from parts.configuration import CANARY, model
from parts.gateway import Gateway, cost
from parts.upstreams import FakeProvider

KEY_ID, SECRET = "AKIDEXAMPLE", "the/secret+of=this-canary"
QUESTION = [{"role": "user", "content": "hello"}]
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
PRICE = {"input": "1.00", "output": "2.00", "image": "0.003"}
TOKENS = "input_tokens=100,output_tokens=50,chunks=4"
MILLION = Decimal(1_000_000)
CHATS = {
    "copilot": f"fake@{TOKENS},tag=copilot",
    "replicate": f"meta/fake@{TOKENS},tag=replicate",
    "sagemaker": f"llama-endpoint/fake@{TOKENS},tag=sagemaker",
    "azure": f"claude-fake@{TOKENS},tag=azure",
}
EMBEDDINGS = {
    "titan": ("bedrock", "amazon.titan-embed-text-v2:0@input_tokens=5"),
    "cohere": ("bedrock", "cohere.embed-english-v3@input_tokens=7"),
    "sagemaker-embed": ("sagemaker", "bge-endpoint/fake@input_tokens=9"),
}


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    key = ["--key", CANARY, "--aws-access-key-id", KEY_ID, "--aws-secret-access-key", SECRET]
    running = FakeProvider(tmp_path_factory.mktemp("vendors"), *key)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def stage(tmp_path_factory, upstream):
    aws = {"region": "eu-central-1", "access_key_id": KEY_ID, "secret_access_key": SECRET}
    config = {
        "providers": {
            "copilot": {"kind": "github-copilot", "api_key": CANARY, "github": {"api_url": upstream.url}},
            "replicate": {"kind": "replicate", "api_key": CANARY, "base_url": f"{upstream.url}/v1"},
            "sagemaker": {"kind": "sagemaker", "aws": aws, "base_url": upstream.url},
            "bedrock": {"kind": "bedrock", "aws": aws, "base_url": upstream.url},
            "azure": {"kind": "azure", "api_key": CANARY, "base_url": upstream.url},
        },
        "models": [
            *(model(name, name, PRICE, upstream=upstream_model) for name, upstream_model in CHATS.items()),
            *(model(name, provider, PRICE, upstream=at) for name, (provider, at) in EMBEDDINGS.items()),
            model("flux", "replicate", PRICE, upstream="acme/flux@tag=flux"),
            model("ranks", "bedrock", PRICE, upstream="cohere.rerank-v3-5:0"),
            model("refuses", "sagemaker", PRICE, upstream="llama-endpoint/fake@status=400"),
            model("breaks", "sagemaker", PRICE, upstream="llama-endpoint/fake@chunks=8,error_event=3"),
        ],
        "budgets": [{"level": "instance", "limit": "1000.00", "mode": "hard"}],
    }
    running = Gateway(tmp_path_factory.mktemp("gateway"), config)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def key(stage):
    return stage.create_key("clouds").secret


@pytest.fixture(scope="module")
def client(stage, key):
    return openai.OpenAI(base_url=stage.openai_url, api_key=key, max_retries=0)


def check_record(stage, request_id: str, tokens_in: int, tokens_out: int):
    record = stage.call(request_id)
    tokens = (record["tokens"]["input"], record["tokens"]["output"])
    assert (record["outcome"], record["is_estimated"], tokens) == ("finished", False, (tokens_in, tokens_out)), record
    assert cost(record) == (tokens_in + 2 * tokens_out) / MILLION


@pytest.mark.parametrize("name", CHATS)
def test_a_client_of_openai_is_answered_and_billed_as_the_vendor_does(stage, client, name):
    raw = client.chat.completions.with_raw_response.create(model=name, messages=QUESTION, max_tokens=500)
    answer = raw.parse()
    assert answer.choices[0].message.content and answer.usage.total_tokens == 150
    check_record(stage, raw.headers["x-request-id"], 100, 50)


@pytest.mark.parametrize("name", CHATS)
def test_a_stream_is_told_and_billed_as_the_vendor_does(stage, client, name):
    raw = client.chat.completions.with_raw_response.create(
        model=name, messages=QUESTION, max_tokens=500, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(raw.parse())
    assert "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert chunks[-1].usage.total_tokens == 150
    check_record(stage, raw.headers["x-request-id"], 100, 50)


@pytest.mark.parametrize("name", CHATS)
def test_a_client_of_anthropic_is_answered_too(stage, key, name):
    client = anthropic.Anthropic(base_url=stage.url, api_key=key, max_retries=0)
    message = client.messages.create(model=name, messages=QUESTION, max_tokens=500, system="Be brief.")
    assert message.content[0].text and message.usage.output_tokens == 50
    with client.messages.stream(model=name, messages=QUESTION, max_tokens=500) as stream:
        assert stream.get_final_message().usage.output_tokens == 50


@pytest.mark.parametrize("name", EMBEDDINGS)
def test_a_text_is_embedded_and_billed_by_what_the_cloud_counts(stage, client, name):
    raw = client.embeddings.with_raw_response.create(model=name, input="hello")
    answer = raw.parse()
    tokens = int(EMBEDDINGS[name][1].rpartition("=")[2])
    assert len(answer.data[0].embedding) == 16 and answer.usage.prompt_tokens == tokens
    check_record(stage, raw.headers["x-request-id"], tokens, 0)


def test_titan_takes_one_text_and_says_so(client):
    with pytest.raises(openai.BadRequestError) as told:
        client.embeddings.create(model="titan", input=["a", "b"])
    assert told.value.param == "input" and "one by one" in told.value.message


def test_pictures_are_addresses_with_a_price_each(stage, client):
    raw = client.images.with_raw_response.generate(model="flux", prompt="a fox", n=2, size="1024x1024")
    assert [picture.url.startswith("https://") for picture in raw.parse().data] == [True, True]
    assert cost(stage.call(raw.headers["x-request-id"])) == Decimal("0.006")
    with pytest.raises(openai.BadRequestError) as told:
        client.images.generate(model="flux", prompt="a fox", response_format="b64_json")
    assert told.value.param == "response_format"


def test_bedrock_ranks(client):
    told = client.post("/rerank", cast_to=object, body={"model": "ranks", "query": "a", "documents": ["a", "b"]})
    assert len(told["results"]) == 2


def test_pictures_are_announced_to_copilot(client):
    seen = [{"role": "user", "content": [{"type": "text", "text": "What is this?"}, PICTURE]}]
    assert client.chat.completions.create(model="copilot", messages=seen).choices[0].message.content


def test_what_a_container_says_is_passed_on(client):
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model="refuses", messages=QUESTION)
    with pytest.raises(openai.APIError) as told:
        list(client.chat.completions.create(model="breaks", messages=QUESTION, stream=True))
    assert "connection to the model was closed" in str(told.value)


def test_tools_are_refused_where_a_model_reads_one_text(client):
    tools = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}]
    with pytest.raises(openai.BadRequestError) as told:
        client.chat.completions.create(model="replicate", messages=QUESTION, tools=tools)
    assert told.value.param == "tools"


@pytest.mark.parametrize("name", ["copilot", "replicate", "bedrock"])
def test_a_check_that_costs_nothing_proves_the_credential(stage, upstream, name):
    before = upstream.calls()["arrived"]
    told = stage.command("providers", "test", name)
    assert "credential: accepted" in told and CANARY not in told and SECRET not in told
    assert upstream.calls()["arrived"] == before


def test_a_key_of_sagemaker_is_proved_by_an_endpoint_that_is_not_there(stage):
    told = stage.command("providers", "test", "sagemaker")
    assert "status 400" in told and "not there" in told and "credential: accepted" in told
    assert CANARY not in told and SECRET not in told


def test_a_check_that_costs_nothing_finds_a_wrong_key_of_amazons(own_gateway, upstream):
    aws = {"region": "eu-central-1", "access_key_id": "AKIAFAKE", "secret_access_key": "not-the-secret"}
    gateway = own_gateway({"providers": {"amazon": {"kind": "sagemaker", "aws": aws, "base_url": upstream.url}}})
    done = gateway.try_command("providers", "test", "amazon")
    assert done.returncode != 0 and "credential: not accepted" in done.stdout


@pytest.mark.parametrize(
    ("name", "asked"),
    [("sagemaker", "llama-endpoint/fake"), ("bedrock", "amazon.titan-embed-text-v2:0"), ("bedrock", "cohere.rerank-v3-5:0")],
)
def test_a_check_with_a_call_asks_by_an_api_that_the_model_has(stage, name, asked):
    told = stage.command("providers", "test", name, "--with-a-call", asked)
    assert "call: status 200" in told and "credential: accepted" in told


def test_no_credential_is_seen(stage):
    assert CANARY not in stage.log() and SECRET not in stage.log() and "tid=fake" not in stage.log()
