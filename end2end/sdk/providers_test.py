"""Vendors that speak OpenAI's API in a way of their own, by name: records, refused fields, errors, and their check."""

import subprocess
from decimal import Decimal

import anthropic
import openai
import pytest

from parts.configuration import CANARY, model
from parts.gateway import BINARY, Gateway, cost
from parts.upstreams import FakeProvider, free_port

QUESTION = [{"role": "user", "content": "hello"}]
PRICE = {"input": "0.25", "cached_input": "0.025", "output": "2.00", "reasoning": "3.00"}
MILLION = Decimal(1_000_000)
TOKENS = "input_tokens=100,cached_tokens=60,output_tokens=50,reasoning_tokens=20,chunks=4"

# What each vendor tells of the same call: input, cached input, output, reasoning. Groq counts as OpenAI does;
# Moonshot tells of no reasoning and Mistral of nothing but two totals.
TOLD = {
    "deepseek": (40, 60, 30, 20),
    "groq": (40, 60, 30, 20),
    "mistral": (100, 0, 50, 0),
    "moonshot": (40, 60, 50, 0),
    "xai": (40, 60, 30, 20),
}


def vendor(kind: str, url: str, **more) -> dict:
    return {"kind": kind, "base_url": f"{url}/v1", "api_key": CANARY} | more


def behaves(name: str, directives: str, provider: str | None = None) -> dict:
    """A model at the vendor of the same name, which the fake provider imitates."""
    kind = name.split("-")[0]
    return model(name, provider or kind, PRICE, upstream=f"fake@as={kind},{directives},tag={name}")


@pytest.fixture(scope="module")
def vendors(tmp_path_factory, fake):
    nowhere = f"http://127.0.0.1:{free_port()}"
    config = {
        "providers": {kind: vendor(kind, fake.url) for kind in TOLD}
        | {
            "groq-lenient": vendor("groq", fake.url, unsupported_fields="drop"),
            "titled": vendor("openrouter", fake.url, headers={"X-Title": "Acme"}),
            "nowhere": vendor("groq", nowhere),
            "perplexity": vendor("perplexity", fake.url),
        },
        "models": [
            *(behaves(kind, TOKENS) for kind in TOLD),
            behaves("groq-lenient", TOKENS, "groq-lenient"),
            behaves("groq-rescued", TOKENS, "groq") | {
                "backends": [
                    {"provider": "groq", "model": "fake@as=groq,tag=first"},
                    {"provider": "xai", "model": f"fake@{TOKENS},tag=second"},
                ]
            },
            behaves("deepseek-unpaid", "status=402"),
            behaves("deepseek-gone", "status=404"),
            behaves("deepseek-invalid", "status=422"),
            model("titled", "titled", PRICE, upstream=f"fake@{TOKENS},tag=titled"),
        ],
        "budgets": [{"level": "instance", "limit": "1000.00", "mode": "hard"}],
    }
    running = Gateway(tmp_path_factory.mktemp("vendors"), config)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def client(vendors):
    key = vendors.create_key("vendors")
    return openai.OpenAI(base_url=vendors.openai_url, api_key=key.secret, max_retries=0)


def owed(tokens: tuple[int, int, int, int]) -> Decimal:
    prices = (PRICE["input"], PRICE["cached_input"], PRICE["output"], PRICE["reasoning"])
    return sum(count * Decimal(price) for count, price in zip(tokens, prices)) / MILLION


def check_record(gateway, request_id: str, expected: tuple[int, int, int, int]):
    record = gateway.call(request_id)
    tokens = record["tokens"]
    classes = tuple(tokens[name] for name in ("input", "cached_input", "output", "reasoning"))
    assert (record["outcome"], record["is_estimated"], classes) == ("finished", False, expected), record
    assert cost(record) == owed(expected)


@pytest.mark.parametrize("kind", TOLD)
def test_the_imitated_vendor_is_understood_by_the_official_sdk(fake, kind):
    direct = openai.OpenAI(base_url=f"{fake.url}/v1", api_key=CANARY, max_retries=0)
    name = f"fake@as={kind},{TOKENS},tag=direct-{kind}"
    usage = direct.chat.completions.create(model=name, messages=QUESTION).usage
    assert (usage.prompt_tokens, usage.total_tokens) == (100, 150)
    chunks = list(direct.chat.completions.create(model=name, messages=QUESTION, stream=True))
    assert chunks[-1].choices[0].finish_reason == "stop"


@pytest.mark.parametrize("kind", TOLD)
def test_a_whole_answer_is_recorded_by_the_vendors_own_usage(vendors, client, kind):
    raw = client.chat.completions.with_raw_response.create(model=kind, messages=QUESTION, max_tokens=500)
    assert raw.parse().choices[0].finish_reason == "stop"
    check_record(vendors, raw.headers["x-request-id"], TOLD[kind])


@pytest.mark.parametrize("kind", TOLD)
@pytest.mark.parametrize("asks", [False, True], ids=["unasked", "asked"])
def test_a_stream_is_recorded_by_the_vendors_own_usage(vendors, client, kind, asks):
    more = {"stream_options": {"include_usage": True}} if asks else {}
    raw = client.chat.completions.with_raw_response.create(
        model=kind, messages=QUESTION, max_completion_tokens=500, stream=True, **more
    )
    text = "".join(choice.delta.content or "" for chunk in raw.parse() for choice in chunk.choices)
    assert text
    check_record(vendors, raw.headers["x-request-id"], TOLD[kind])


def test_a_client_of_the_other_dialect_reaches_a_strict_vendor_too(vendors):
    key = vendors.create_key("other dialect")
    client = anthropic.Anthropic(base_url=vendors.url, api_key=key.secret, max_retries=0)
    with client.messages.stream(model="mistral", messages=QUESTION, max_tokens=500) as stream:
        assert stream.get_final_text()
    message = client.messages.create(model="mistral", messages=QUESTION, max_tokens=500)
    assert message.usage.output_tokens == 50


def test_a_field_that_the_vendor_refuses_is_refused_by_name_and_nobody_is_asked(vendors, client, fake):
    before = fake.calls()["arrived"]
    with pytest.raises(openai.BadRequestError) as told:
        client.chat.completions.create(model="groq", messages=QUESTION, logit_bias={"5": 1})
    assert (told.value.param, told.value.code) == ("logit_bias", "unsupported_feature")
    assert "`logit_bias` is not taken by Groq" in told.value.message
    assert fake.calls()["arrived"] == before
    record = vendors.call(told.value.response.headers["x-request-id"])
    assert record["outcome"] == "refused" and cost(record) == 0


def test_a_field_that_asks_for_nothing_is_left_out_without_a_word(client, fake):
    raw = client.chat.completions.with_raw_response.create(
        model="groq", messages=QUESTION, logit_bias={}, logprobs=False, n=1, max_tokens=500
    )
    assert "x-helix-dropped-fields" not in raw.headers
    body = fake.calls()["last_body"]
    assert "logit_bias" not in body and "logprobs" not in body and '"max_tokens":500' in body


def test_a_dropped_field_is_told_to_the_client_and_in_the_record(vendors, client):
    raw = client.chat.completions.with_raw_response.create(
        model="groq-lenient", messages=QUESTION, logit_bias={"5": 1}, logprobs=True, max_tokens=500
    )
    assert raw.headers["x-helix-dropped-fields"] == "logit_bias, logprobs"
    assert raw.parse().usage.completion_tokens == 50
    record = vendors.call(raw.headers["x-request-id"])
    route = next(verdict for verdict in record["verdicts"] if verdict["stage"] == "route")
    assert "without logit_bias, logprobs" in route["summary"]


def test_a_backend_that_takes_the_field_is_asked_instead(vendors, client):
    raw = client.chat.completions.with_raw_response.create(
        model="groq-rescued", messages=QUESTION, logit_bias={"5": 1}, max_tokens=500
    )
    assert vendors.call(raw.headers["x-request-id"])["provider"] == "xai"


def test_a_field_with_another_name_there_is_renamed(client, fake):
    client.chat.completions.create(model="mistral", messages=QUESTION, seed=7, max_completion_tokens=500)
    body = fake.calls()["last_body"]
    assert '"random_seed":7' in body and '"max_tokens":500' in body
    assert '"seed"' not in body and "max_completion_tokens" not in body


def test_what_a_strict_vendor_says_is_passed_on_with_the_field(client):
    with pytest.raises(openai.BadRequestError) as told:
        client.chat.completions.create(model="mistral", messages=QUESTION, extra_body={"flavour": 1})
    assert told.value.status_code == 400
    assert "flavour: Extra inputs are not permitted" in told.value.message


@pytest.mark.parametrize(
    ("name", "error", "status"),
    [
        ("deepseek-unpaid", openai.InternalServerError, 502),
        ("deepseek-gone", openai.NotFoundError, 404),
        ("deepseek-invalid", openai.BadRequestError, 400),
    ],
)
def test_a_vendors_error_becomes_what_the_client_can_act_on(client, name, error, status):
    with pytest.raises(error) as told:
        client.chat.completions.create(model=name, messages=QUESTION)
    assert told.value.status_code == status


def test_configured_headers_reach_the_vendor(client, fake):
    client.chat.completions.create(model="titled", messages=QUESTION)
    assert fake.calls()["last_headers"]["x-title"] == "Acme"


def test_providers_are_listed_with_their_addresses(vendors, fake):
    listed = vendors.command("providers", "list")
    assert f"groq: groq at {fake.url}/v1: chat, speech, transcriptions, files, batches" in listed.splitlines()
    assert CANARY not in listed


def test_the_kinds_that_this_binary_knows_are_listed():
    done = subprocess.run([str(BINARY), "providers", "kinds"], capture_output=True, text=True, check=True)
    assert "groq: Groq, https://api.groq.com/openai/v1: chat, speech, transcriptions, files, batches" in done.stdout.splitlines()
    assert any(line.startswith("azure-ai: ") and "no address of its own" in line for line in done.stdout.splitlines())


def test_a_check_says_that_the_credential_is_accepted(vendors, fake):
    said = vendors.command("providers", "test", "groq")
    assert f"address: {fake.url}/v1" in said and "status 200" in said and "3 models" in said
    assert "credential: accepted" in said and "TLS: no" in said
    assert CANARY not in said


def test_a_check_takes_a_list_that_everyone_gets_for_no_proof(own_gateway, llama):
    gateway = own_gateway({"providers": {"open": {"kind": "openai", "base_url": f"{llama.url}/v1", "api_key": CANARY}}})
    said = gateway.command("providers", "test", "open")
    assert "status 200" in said and "credential: not proved by this" in said


def test_a_check_says_that_the_credential_is_wrong_and_what_to_do(own_gateway, tmp_path):
    strict = FakeProvider(tmp_path / "strict", "--key", "another-key")
    gateway = own_gateway({"providers": {"groq": vendor("groq", strict.url)}})
    done = gateway.try_command("providers", "test", "groq")
    strict.stop()
    assert done.returncode != 0
    assert "credential: not accepted" in done.stdout
    assert "providers.groq.api_key" in done.stderr
    assert CANARY not in done.stdout + done.stderr


def test_a_check_says_that_the_provider_cannot_be_reached(vendors):
    done = vendors.try_command("providers", "test", "nowhere")
    assert done.returncode != 0
    assert "could not be reached" in done.stdout
    assert "providers.nowhere.base_url" in done.stderr
    assert CANARY not in done.stdout + done.stderr


def test_a_vendor_without_a_list_is_checked_by_a_call_only_where_that_is_wanted(vendors, fake):
    before = fake.calls()["arrived"]
    said = vendors.command("providers", "test", "perplexity")
    assert "no check that costs nothing" in said and "--with-a-call" in said
    assert fake.calls()["arrived"] == before
    said = vendors.command("providers", "test", "perplexity", "--with-a-call", "fake@tag=checked")
    assert "call: status 200" in said and "credential: accepted" in said
    assert fake.billed("fake@tag=checked")["output"] == 1


def test_a_provider_that_is_not_configured_is_named(vendors):
    done = vendors.try_command("providers", "test", "grok")
    assert done.returncode != 0 and "no provider `grok`" in done.stderr
