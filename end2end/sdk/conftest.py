"""The stage: upstreams of four kinds, and one gateway in front of them for all ordinary calls.

Tests that exhaust a budget, kill the gateway or break its upstreams start a gateway of their own.
"""

import anthropic
import openai
import pytest

from parts.configuration import CANARY, model, provider
from parts.gateway import Gateway, Key
from parts.media import config as media_config
from parts.upstreams import FakeProvider, LlamaServer, ToolCaller, free_port

# What the ordinary models cost, in dollars per million tokens.
PRICE = {"input": "0.25", "cached_input": "0.025", "output": "2.00"}

# How the fake provider behaves, by the name that callers use; every name exists in both dialects.
FAKES = {
    "plain": "chunks=8,gap_ms=1,input_tokens=100,output_tokens=50",
    "cached": "input_tokens=100,cached_tokens=60,output_tokens=50",
    "slow": "chunks=40,gap_ms=50,input_tokens=100,output_tokens=400",
    "silent-on-usage": "chunks=8,no_usage",
    "busy": "status=429,retry_after=3",
    "broken": "status=500",
    "picky": "status=400",
    "html": "html=200",
    "garbage": "garbage",
    "hangs": "hang",
    "resets": "reset",
    "resets-midway": "chunks=8,reset_after=3",
    "stalls-midway": "chunks=8,stall_after=3",
    "cut-in-an-event": "chunks=8,cut_event=3",
    "fails-midway": "chunks=8,error_event=3",
}
# Those that break off without a word, and what the gateway says of it.
CUTS = {
    "resets-midway": "the connection ended before the answer did",
    "cut-in-an-event": "the connection ended before the answer did",
    "stalls-midway": "nothing more came in time",
}
DIALECTS = ("openai", "anthropic")


@pytest.fixture(scope="session")
def fake(tmp_path_factory):
    upstream = FakeProvider(tmp_path_factory.mktemp("fake"))
    yield upstream
    upstream.stop()


@pytest.fixture
def itemizing(tmp_path):
    """A provider of one test's own that bills each call by the name that the gateway gave it."""
    upstream = FakeProvider(tmp_path / "itemizing", "--itemize")
    yield upstream
    upstream.stop()


@pytest.fixture(scope="session")
def tool_caller(tmp_path_factory):
    upstream = ToolCaller(tmp_path_factory.mktemp("tool-caller"))
    yield upstream
    upstream.stop()


@pytest.fixture(scope="session")
def llama(tmp_path_factory):
    upstream = LlamaServer(tmp_path_factory.mktemp("llama"), "chat")
    yield upstream
    upstream.stop()


@pytest.fixture(scope="session")
def llama_embeddings(tmp_path_factory):
    upstream = LlamaServer(tmp_path_factory.mktemp("llama-embeddings"), "embeddings")
    yield upstream
    upstream.stop()


@pytest.fixture(scope="session")
def gateway(tmp_path_factory, fake, tool_caller, llama, llama_embeddings):
    nowhere = f"http://127.0.0.1:{free_port()}"
    config = {
        "proxy": {"first_byte_timeout_ms": 1_500, "idle_timeout_ms": 1_000},
        "providers": {
            "demo": {"kind": "demo"},
            "fake-openai": provider("openai", fake.url),
            "fake-anthropic": provider("anthropic", fake.url),
            "lenient-anthropic": provider("anthropic", fake.url, unsupported_fields="drop"),
            "tool-caller": provider("anthropic", tool_caller.url),
            "llama-openai": provider("openai", llama.url),
            "llama-responses": provider("openai", llama.url, has_responses=True),
            "llama-anthropic": provider("anthropic", llama.url),
            "llama-embeddings": provider("openai", llama_embeddings.url),
            "nowhere-openai": provider("openai", nowhere),
            "nowhere-anthropic": provider("anthropic", nowhere),
        },
        "models": [
            model("demo-chat", "demo", PRICE),
            model("demo-embedding", "demo", PRICE),
            model("tools-anthropic", "tool-caller", PRICE),
            model("llama-openai", "llama-openai", PRICE),
            model("llama-responses", "llama-responses", PRICE),
            model("llama-by-responses", "llama-openai", PRICE, api="responses"),
            model("llama-anthropic", "llama-anthropic", PRICE),
            model("llama-embedding", "llama-embeddings", PRICE),
            model("unreachable-openai", "nowhere-openai", PRICE),
            model("unreachable-anthropic", "nowhere-anthropic", PRICE),
            model("rescued", "nowhere-openai", PRICE, second=("fake-openai", f"fake@{FAKES['plain']}")),
            model("forbidden", "demo", PRICE),
            model("lenient-anthropic", "lenient-anthropic", PRICE, upstream="fake@chunks=3"),
            model("thinks-by-budget", "fake-anthropic", PRICE, upstream="fake@chunks=3", reasoning="budget"),
            model("thinks-by-effort", "fake-anthropic", PRICE, upstream="fake@chunks=3", reasoning="effort"),
            *(
                model(f"{name}-{dialect}", f"fake-{dialect}", PRICE, upstream=f"fake@{directives},tag={name}-{dialect}")
                for name, directives in FAKES.items()
                for dialect in DIALECTS
            ),
        ],
        "teams": [{"name": "Research", "models": {"deny": ["forbidden"]}}],
        "budgets": [{"level": "instance", "limit": "1000.00", "mode": "hard"}],
    }
    running = Gateway(tmp_path_factory.mktemp("gateway"), config)
    running.add_user("ada@example.com", team="Research")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def key(gateway) -> Key:
    return gateway.create_key("sdk", user="ada@example.com")


@pytest.fixture(scope="session")
def openai_client(gateway, key):
    return openai.OpenAI(base_url=gateway.openai_url, api_key=key.secret, max_retries=0)


@pytest.fixture(scope="session")
def anthropic_client(gateway, key):
    return anthropic.Anthropic(base_url=gateway.url, api_key=key.secret, max_retries=0)


@pytest.fixture(scope="session")
def media(tmp_path_factory, fake, llama):
    """A gateway in front of all that is beside chats."""
    running = Gateway(tmp_path_factory.mktemp("media"), media_config(fake, llama))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def media_key(media) -> Key:
    return media.create_key("media")


@pytest.fixture(scope="session")
def media_client(media, media_key):
    return openai.OpenAI(base_url=media.openai_url, api_key=media_key.secret, max_retries=0, timeout=30)


@pytest.fixture
def own_gateway(tmp_path):
    """Starts gateways that belong to one test."""
    running: list[Gateway] = []

    def start(config: dict, prefix: list[str] | None = None, **environment: str) -> Gateway:
        directory = tmp_path / f"gateway-{len(running)}"
        directory.mkdir(exist_ok=True)
        running.append(Gateway(directory, config, environment, prefix))
        return running[-1]

    yield start
    for each in running:
        each.stop()


@pytest.fixture(scope="session")
def canary() -> str:
    return CANARY
