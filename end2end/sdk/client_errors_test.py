"""What goes wrong reaches each client as the exception that its users know, with the gateway's own words in it.

On a model of the client's own dialect and on foreign ones: who asks never sees whose model it is.
"""

import anthropic
import litellm
import openai
import pytest
from google.genai import errors as google

from parts.gateway import Gateway
from parts.talks import Wish
from parts.task import PROVIDERS, TASK, configuration
from parts.upstreams import FakeProvider
from task_test import CLIENTS, OFFICIAL

STRANGER = "hx_0000000000000000000000000000000000000000000"
ON = ["openai", "responses", "anthropic", "gemini", "bedrock"]
OF_OPENAI = {
    "wrong key": (openai.AuthenticationError, 401),
    "unknown model": (openai.NotFoundError, 404),
    "no money": (openai.APIStatusError, 402),
    "busy": (openai.RateLimitError, 429),
    "breaks": (openai.APIError, None),
}
OF_ANTHROPIC = {
    "wrong key": (anthropic.AuthenticationError, 401),
    "unknown model": (anthropic.NotFoundError, 404),
    "no money": (anthropic.APIStatusError, 402),
    "busy": (anthropic.RateLimitError, 429),
    "breaks": (anthropic.APIStatusError, None),
}
# A provider of the Responses API may tell a failure by the answer that has failed alone, which passes as it came. Of
# that the stream of OpenAI's SDK says no more; LangChain says why.
PASSED_ON = {
    "openai-responses": RuntimeError,
    "openai-responses-kept": RuntimeError,
    "langchain-responses": ValueError,
}
OF_GOOGLE = {
    "wrong key": (google.ClientError, 401),
    "unknown model": (google.ClientError, 404),
    "no money": (google.ClientError, 402),
    "busy": (google.ClientError, 429),
    "breaks": (google.APIError, None),
}
# LiteLLM has classes of its own, made after OpenAI's.
OF_LITELLM = {
    "wrong key": (litellm.AuthenticationError, 401),
    "unknown model": (litellm.NotFoundError, 404),
    "no money": (openai.APIError, 402),
    "busy": (litellm.RateLimitError, 429),
    "breaks": (openai.APIError, None),
}
EXPECTED = {
    "openai": OF_OPENAI,
    "openai-responses": OF_OPENAI,
    "openai-responses-kept": OF_OPENAI,
    "langchain-openai": OF_OPENAI,
    "langchain-responses": OF_OPENAI,
    "anthropic": OF_ANTHROPIC,
    "langchain-anthropic": OF_ANTHROPIC,
    "google-genai": OF_GOOGLE,
    "litellm-openai": OF_LITELLM,
    "litellm-anthropic": OF_LITELLM,
}
# What a person is to read of it.
WORDS = {
    "wrong key": "key",
    "unknown model": "/v1/models",
    "no money": "whole again at",
    "busy": "",
}


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    running = FakeProvider(tmp_path_factory.mktemp("errors-upstream"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def house(tmp_path_factory, upstream):
    failing = {"busy": "status=429,retry_after=3", "breaks": "chunks=8,error_event=3"}
    config = configuration(upstream.url, tuple(ON), **failing)
    running = Gateway(tmp_path_factory.mktemp("errors-gateway"), config)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def secret(house):
    return house.create_key("clients").secret


@pytest.fixture(scope="module")
def poorhouse(tmp_path_factory, upstream):
    config = configuration(upstream.url, ("anthropic",))
    config["budgets"] = [{"level": "instance", "limit": "0.00001"}]
    running = Gateway(tmp_path_factory.mktemp("poorhouse"), config)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def poor(poorhouse):
    return poorhouse.create_key("poor").secret


def refusal(house, client: str, secret: str, model: str, streams: bool) -> Exception:
    wish = Wish(house.url, secret, model, streams=streams, instructions="Be brief.", tools=tuple(TASK["tools"]))
    with pytest.raises(Exception) as raised:
        CLIENTS[client](wish).say("hello")
    return raised.value


def check(error: Exception, client: str, what: str):
    kind, status = EXPECTED[client][what]
    assert isinstance(error, kind), repr(error)
    told = getattr(error, "status_code", None) or getattr(error, "code", None)
    assert status is None or told == status, repr(error)
    assert WORDS.get(what, "") in str(error)
    assert STRANGER not in str(error)


STREAMS = pytest.mark.parametrize("streams", [False, True], ids=["whole", "streamed"])
WHO = pytest.mark.parametrize("client", CLIENTS)
PAIRS = pytest.mark.parametrize(
    ("client", "provider"),
    [(client, provider) for client in CLIENTS for provider in (ON if client in OFFICIAL else ON[:3])],
)


@STREAMS
@WHO
def test_who_is_not_known_and_what_is_not_there(house, secret, client, streams):
    check(refusal(house, client, STRANGER, "openai", streams), client, "wrong key")
    check(refusal(house, client, secret, "gpt-17", streams), client, "unknown model")


@STREAMS
@WHO
def test_a_budget_that_is_used_up(poorhouse, poor, client, streams):
    check(refusal(poorhouse, client, poor, "anthropic", streams), client, "no money")


@STREAMS
@PAIRS
def test_a_provider_that_is_busy(house, secret, client, provider, streams):
    check(refusal(house, client, secret, f"busy-{provider}", streams), client, "busy")


@PAIRS
def test_a_stream_that_breaks(house, secret, client, provider):
    error = refusal(house, client, secret, f"breaks-{provider}", True)
    if provider == "responses" and client in PASSED_ON:
        assert isinstance(error, PASSED_ON[client]), repr(error)
    else:
        check(error, client, "breaks")


def test_every_client_is_here():
    assert set(EXPECTED) == set(CLIENTS) and set(ON) <= set(PROVIDERS)
