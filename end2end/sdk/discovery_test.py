"""Prices from public lists, on the real binary: built in, synced, refused, accepted."""

import json
import time
from decimal import Decimal

import openai
import pytest

from parts.configuration import provider
from parts.gateway import Gateway, cost
from parts.price_list import PriceList

FOLLOW_SECONDS = 1.0  # within which every node has what is in force
SYNCED = "fake@input_tokens=100,output_tokens=50"
MILLION = 1_000_000


@pytest.fixture
def prices():
    running = PriceList()
    running.set(SYNCED, "1e-06", "2e-06")
    yield running
    running.stop()


@pytest.fixture
def gateway(tmp_path, fake, prices):
    config = {
        "providers": {
            # The fake stands for the vendor itself.
            "vendor": provider("openai", fake.url, list_prices=True),
            "own-server": provider("openai", fake.url),
        },
        "models": [
            {"name": "listed", "backends": [{"provider": "vendor", "model": "gpt-4o"}]},
            {"name": "synced", "backends": [{"provider": "vendor", "model": SYNCED}]},
            {"name": "own", "backends": [{"provider": "own-server", "model": "gpt-4o"}]},
        ],
        "catalog": {"sources": [{"format": "litellm", "url": prices.url}]},
        "budgets": [{"level": "instance", "limit": "1000.00", "mode": "hard"}],
    }
    running = Gateway(tmp_path, config)
    yield running
    running.stop()


@pytest.fixture
def client(gateway):
    secret = gateway.create_key("sdk").secret
    return openai.OpenAI(base_url=gateway.openai_url, api_key=secret, max_retries=0)


def ask(gateway, client, model: str) -> dict:
    """The record of one call."""
    raw = client.chat.completions.with_raw_response.create(
        model=model, messages=[{"role": "user", "content": "hello"}], max_tokens=100
    )
    return gateway.call(raw.headers["x-request-id"])


def priced_within(seconds: float, gateway, client, model: str) -> dict:
    """The record of the first call that a hard budget lets through, because the model has a price."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return ask(gateway, client, model)
        except openai.APIStatusError:
            assert time.monotonic() < deadline, f"{model} has no price"


def due(record: dict, input_price: str, output_price: str) -> Decimal:
    """What a record costs at dollars per million tokens."""
    tokens = record["tokens"]
    whole = tokens["input"] * Decimal(input_price) + tokens["output"] * Decimal(output_price)
    return whole / MILLION


def listed(gateway) -> dict:
    lines = gateway.command("models", "list", "--format", "json").splitlines()
    return {line["model"]: line for line in map(json.loads, lines)}


def test_a_model_without_a_price_costs_what_its_vendors_list_says(gateway, client):
    record = ask(gateway, client, "listed")
    assert cost(record) == due(record, "2.50", "10.00") > 0
    models = listed(gateway)
    assert models["listed"]["price_from"].startswith("built in: LiteLLM ")
    assert models["listed"]["capabilities"]["context_tokens"] == 128_000
    assert models["own"]["price_from"] is None
    with pytest.raises(openai.APIStatusError) as refused:
        ask(gateway, client, "own")
    assert refused.value.status_code in (402, 403), "a hard budget refuses what has no price"


def test_what_is_synced_is_billed_within_a_second(gateway, client, prices):
    told = gateway.command("models", "sync", "--dry-run")
    assert "+ kind openai" in told and "nothing was changed" in told
    assert listed(gateway)["synced"]["price_from"] is None
    assert "in force as version 1" in gateway.command("models", "sync")
    record = priced_within(FOLLOW_SECONDS, gateway, client, "synced")
    assert cost(record) == due(record, "1.00", "2.00") > 0
    assert listed(gateway)["synced"]["price_from"] == "sync 1"


def test_a_price_that_jumps_is_refused_until_it_is_accepted_and_can_be_gone_back_from(gateway, prices):
    gateway.command("models", "sync")
    prices.set(SYNCED, "1e-03", "2e-03")
    refused = gateway.try_command("models", "sync")
    assert refused.returncode != 0
    assert "REFUSED" in refused.stdout and "beyond 3 times $1.000000000" in refused.stdout
    assert "models accept 2" in refused.stderr
    assert listed(gateway)["synced"]["price"]["input"] == "1.000000000"
    gateway.command("models", "accept", "2")
    assert listed(gateway)["synced"]["price"]["input"] == "1000.000000000"
    gateway.command("models", "rollback", "1")
    assert listed(gateway)["synced"]["price"]["input"] == "1.000000000"
    versions = [json.loads(line) for line in gateway.command("models", "versions", "--format", "json").splitlines()]
    assert [(it["version"], it["status"], it["is_in_force"]) for it in versions] == [
        (2, "applied", False),
        (1, "applied", True),
    ]
