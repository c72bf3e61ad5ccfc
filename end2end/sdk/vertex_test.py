"""Vertex AI as a provider: models of Anthropic's and of others, and every credential that Google Cloud gives."""

import json
import threading
import urllib.parse
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer

import anthropic
import google.auth.jwt
import openai
import pytest
from google import genai

from parts.clouds import CLOUD_SCOPE, ServiceAccount, expire_tokens
from parts.configuration import model
from parts.gateway import Gateway, cost
from parts.upstreams import FakeProvider

PRICE = {"input": "3.00", "cached_input": "0.30", "output": "15.00"}
QUESTION = [{"role": "user", "content": "hello"}]
COUNTS = "chunks=4,input_tokens=100,cached_tokens=60,output_tokens=50"
LOOK = {"type": "object", "properties": {"at": {"type": "string"}}, "required": ["at"]}
SPELT_OUT = [{"role": "user", "content": 'Use the tool look with {"at": "the door"} and say what is there.'}]


def vertex(url: str, **google) -> dict:
    return {"kind": "vertex", "base_url": url, "google": {"project": "acme", "location": "europe-west1", **google}}


def claude(name: str, provider: str, directives: str) -> dict:
    return model(name, provider, PRICE, upstream=f"publishers/anthropic/models/fake@{directives},tag={name}")


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    return ServiceAccount(tmp_path_factory.mktemp("account"))


@pytest.fixture(scope="module")
def cloud(tmp_path_factory, account):
    upstream = FakeProvider(tmp_path_factory.mktemp("cloud"), "--google-public-key", str(account.public_key))
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def google_cloud(tmp_path_factory, cloud, account):
    directory = tmp_path_factory.mktemp("vertex")
    (directory / "key.json").write_text(json.dumps(account.info(cloud.url)))
    stranger = ServiceAccount(directory / "stranger").info(cloud.url)
    config = {
        "providers": {
            "vertex": vertex(cloud.url, credentials="${GOOGLE_KEY}", quota_project="billed"),
            "vertex-by-file": vertex(cloud.url, credentials_file="key.json"),
            "vertex-by-machine": vertex(cloud.url),
            "vertex-of-a-stranger": vertex(cloud.url, credentials=json.dumps(stranger)),
        },
        "models": [
            claude("claude", "vertex", COUNTS),
            claude("claude-by-file", "vertex-by-file", "chunks=2"),
            claude("claude-by-machine", "vertex-by-machine", "chunks=2"),
            claude("claude-of-a-stranger", "vertex-of-a-stranger", "chunks=2"),
            claude("claude-busy", "vertex", "status=429"),
            model("gemini", "vertex", PRICE, upstream=f"gemini-3-fake@{COUNTS},tag=gemini"),
            model("llama", "vertex", PRICE, upstream=f"meta/fake@{COUNTS},tag=llama"),
        ],
    }
    environment = {
        "GOOGLE_KEY": json.dumps(account.info(cloud.url)),
        "GCE_METADATA_HOST": cloud.url.removeprefix("http://"),
    }
    running = Gateway(directory, config, environment)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def secret(google_cloud):
    return google_cloud.create_key("sdk").secret


@pytest.fixture
def by_openai(google_cloud, secret):
    return openai.OpenAI(base_url=google_cloud.openai_url, api_key=secret, max_retries=0)


@pytest.fixture
def by_anthropic(google_cloud, secret):
    return anthropic.Anthropic(base_url=google_cloud.url, api_key=secret, max_retries=0)


def test_an_anthropic_client_asks_claude_whole_and_streamed(google_cloud, cloud, by_anthropic):
    asked = {"model": "claude", "max_tokens": 500, "messages": QUESTION}
    answer = by_anthropic.messages.create(**asked)
    assert answer.content[0].text and answer.usage.output_tokens == 50
    with by_anthropic.messages.stream(**asked) as stream:
        streamed = stream.get_final_message()
    assert streamed.content[0].text == answer.content[0].text
    assert cloud.billed("fake@" + COUNTS + ",tag=claude")["count"] == 2

    for record in google_cloud.calls_of("claude", 2)[:2]:
        # Forty tokens at 3.00, sixty from the cache at 0.30 and fifty of the answer at 15.00 a million.
        assert record["outcome"] == "finished" and cost(record) == Decimal("0.000888")


def test_every_client_asks_gemini_whole_and_streamed(google_cloud, secret, by_openai, by_anthropic):
    assert by_openai.chat.completions.create(model="gemini", messages=QUESTION).usage.completion_tokens == 50
    asked = {"model": "gemini", "max_tokens": 500, "messages": QUESTION}
    with by_anthropic.messages.stream(**asked) as stream:
        assert "".join(stream.text_stream) and stream.get_final_message().usage.output_tokens == 50
    client = genai.Client(api_key=secret, http_options={"base_url": google_cloud.url})
    assert client.models.generate_content(model="gemini", contents="hello").usage_metadata.candidates_token_count == 50
    chunks = list(client.models.generate_content_stream(model="gemini", contents="hello"))
    assert chunks[-1].usage_metadata.prompt_token_count == 100
    for record in google_cloud.calls_of("gemini", 4)[:4]:
        assert record["outcome"] == "finished" and cost(record) == Decimal("0.000888")


def test_an_openai_client_asks_claude_and_uses_a_tool(by_openai):
    asked = {"model": "claude", "max_tokens": 500}
    assert by_openai.chat.completions.create(messages=QUESTION, **asked).usage.completion_tokens == 50
    chunks = list(by_openai.chat.completions.create(messages=QUESTION, stream=True, **asked))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    tools = [{"type": "function", "function": {"name": "look", "parameters": LOOK}}]
    called = by_openai.chat.completions.create(messages=SPELT_OUT, tools=tools, **asked).choices[0]
    assert json.loads(called.message.tool_calls[0].function.arguments) == {"at": "the door"}


def test_models_of_others_are_asked_in_the_dialect_of_openai(google_cloud, by_openai, by_anthropic):
    answer = by_openai.chat.completions.create(model="llama", messages=QUESTION, max_tokens=500)
    assert answer.choices[0].message.content
    told = by_anthropic.messages.create(model="llama", messages=QUESTION, max_tokens=500)
    assert told.content[0].text == answer.choices[0].message.content
    assert cost(google_cloud.calls_of("llama", 2)[0]) == Decimal("0.000888")


@pytest.mark.parametrize("name", ["claude-by-file", "claude-by-machine"])
def test_a_token_comes_from_a_file_or_from_the_machine(by_anthropic, name):
    assert by_anthropic.messages.create(model=name, max_tokens=50, messages=QUESTION).content


def test_a_token_that_ended_before_its_time_is_replaced_within_the_call(cloud, by_anthropic):
    asked = {"model": "claude", "max_tokens": 500, "messages": QUESTION}
    by_anthropic.messages.create(**asked)
    expire_tokens(cloud.url)
    assert by_anthropic.messages.create(**asked).content


def test_a_service_account_that_google_does_not_know_is_told_to_the_operator_alone(google_cloud, by_anthropic):
    with pytest.raises(anthropic.InternalServerError, match="has nothing that opens vertex-of-a-stranger") as refused:
        by_anthropic.messages.create(model="claude-of-a-stranger", max_tokens=50, messages=QUESTION)
    assert "JWT" not in str(refused.value)
    assert "invalid_grant: Invalid JWT Signature." in google_cloud.log()


def test_what_vertex_says_of_a_call_reaches_the_client(by_anthropic):
    with pytest.raises(anthropic.RateLimitError):
        by_anthropic.messages.create(model="claude-busy", max_tokens=50, messages=QUESTION)


def test_an_operator_checks_the_credential_for_nothing(google_cloud):
    told = google_cloud.command("providers", "test", "vertex")
    assert "models: status 200" in told and "no list" not in told and "credential: accepted" in told
    failed = google_cloud.try_command("providers", "test", "vertex-of-a-stranger")
    assert failed.returncode != 0 and "Invalid JWT Signature" in failed.stdout + failed.stderr


def test_an_operator_checks_the_credential_with_one_call(google_cloud):
    told = google_cloud.command("providers", "test", "vertex", "--with-a-call", "publishers/anthropic/models/fake")
    assert "call: status 200" in told and "credential: accepted" in told
    failed = google_cloud.try_command(
        "providers", "test", "vertex-of-a-stranger", "--with-a-call", "publishers/anthropic/models/fake"
    )
    assert failed.returncode != 0 and "Invalid JWT Signature" in failed.stdout + failed.stderr


def test_nothing_secret_is_in_the_log(google_cloud, cloud, account):
    key = account.info(cloud.url)["private_key"].splitlines()[1]
    # Tokens of this fake begin so.
    assert "ya29.fake" not in google_cloud.log() and key not in google_cloud.log()


def test_googles_own_library_verifies_the_assertion(own_gateway, account, cloud):
    """The token endpoint of this test has google-auth read what the gateway sends."""
    shown = []

    class TokenEndpoint(BaseHTTPRequestHandler):
        def do_POST(self):
            form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            shown.append(form["assertion"][0])
            body = json.dumps({"error": "invalid_grant", "error_description": "Not today."}).encode()
            self.send_response(400)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    endpoint = HTTPServer(("127.0.0.1", 0), TokenEndpoint)
    threading.Thread(target=endpoint.serve_forever, daemon=True).start()
    info = account.info(f"http://127.0.0.1:{endpoint.server_port}")
    gateway = own_gateway(
        {
            "providers": {"vertex": vertex(cloud.url, credentials=json.dumps(info))},
            "models": [claude("claude", "vertex", "chunks=2")],
        }
    )
    client = anthropic.Anthropic(base_url=gateway.url, api_key=gateway.create_key("sdk").secret, max_retries=0)
    with pytest.raises(anthropic.InternalServerError):
        client.messages.create(model="claude", max_tokens=50, messages=QUESTION)
    endpoint.shutdown()

    public_key = account.public_key.read_bytes()
    audience = "https://oauth2.googleapis.com/token"
    claims = google.auth.jwt.decode(shown[0], certs=public_key, audience=audience)
    assert claims["iss"] == info["client_email"] and claims["scope"] == CLOUD_SCOPE
    assert claims["exp"] - claims["iat"] == 3600
    with pytest.raises(ValueError):
        google.auth.jwt.decode(shown[0][:-8] + "AAAAAAAA", certs=public_key, audience=audience)
    assert shown[0] not in gateway.log()
