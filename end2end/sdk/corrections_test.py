"""What was recorded is never edited: a wrong price is put right, and money given back, by corrections."""

import json
import time
from datetime import UTC, datetime, timedelta

import openai
import pytest

from parts.configuration import model, provider

CALLS = 3
QUESTION = [{"role": "user", "content": "hello"}]
USAGE = "fake@input_tokens=100,output_tokens=50"
WRONG, RIGHT = {"input": "10", "output": "20"}, {"input": "1", "output": "2"}
# $0.002 a call at the wrong price, $0.0002 at the right one.
REFUND_SECONDS = 3


def config(fake, price: dict | None, limit: str) -> dict:
    return {
        "providers": {"fake": provider("openai", fake.url)},
        "models": [model("m", "fake", price, upstream=USAGE)],
        "budgets": [{"level": "instance", "limit": limit, "mode": "hard"}],
    }


def client_of(gateway) -> openai.OpenAI:
    key = gateway.create_key("corrected")
    return openai.OpenAI(base_url=gateway.openai_url, api_key=key.secret, max_retries=0)


def ask(client) -> None:
    client.chat.completions.create(model="m", messages=QUESTION, max_tokens=50)


def rerate(gateway, *more: str) -> str:
    now = datetime.now(UTC)
    period = (f"--from={(now - timedelta(days=1)).isoformat()}", f"--to={(now + timedelta(days=1)).isoformat()}")
    return gateway.command("rerate", *period, *more)


def spent(gateway) -> str:
    return gateway.budgets()[0]["spent"]


def test_a_wrong_price_is_shown_first_then_put_right_once(own_gateway, fake):
    gateway = own_gateway(config(fake, WRONG, "1"))
    client = client_of(gateway)
    for _ in range(CALLS):
        ask(client)
    gateway.calls_of("m", CALLS)
    assert rerate(gateway) == f"{CALLS} calls cost what they should.\nNothing is to be booked."

    (gateway.directory / "gateway.yaml").write_text(json.dumps(config(fake, RIGHT, "1")))
    gateway.restart()
    difference = f"m at fake: {CALLS} calls from $0.006000000 to $0.000600000 (-$0.005400000)"
    shown = rerate(gateway)
    assert difference in shown and "Nothing was booked." in shown
    assert spent(gateway) == "0.006000000"
    refused = gateway.try_command("rerate", "--from=2026-01-01", "--to=2027-01-01", "--apply")
    assert refused.returncode != 0 and "--reason" in refused.stderr, "who books says why"

    booked = rerate(gateway, "--apply", "--reason", "the price list was wrong")
    assert difference in booked and booked.endswith("Booked.")
    assert spent(gateway) == "0.000600000"
    assert "Nothing is to be booked." in rerate(gateway, "--apply", "--reason", "again")
    assert all(call["cost"] == "0.002000000" for call in gateway.calls()), "what was recorded stays"
    told = gateway.command("audit", "list", "--action", "ledger.rerate", "--format", "json")
    [entry] = [json.loads(line) for line in told.splitlines()]
    assert entry["after"]["reason"] == "the price list was wrong"
    assert "Every link is as it was written." in gateway.command("audit", "verify")


def test_money_that_is_given_back_can_be_spent_at_once(own_gateway, fake):
    gateway = own_gateway(config(fake, WRONG, "0.006"))
    client = client_of(gateway)
    # A call reserves more than it costs: only when the budget is nearly used up is one refused.
    answered = 0
    with pytest.raises(openai.APIStatusError) as refused:
        for _ in range(CALLS + 1):
            ask(client)
            answered += 1
    assert refused.value.status_code == 402
    calls = gateway.calls_of("m", answered + 1)
    first = next(call for call in calls if call["outcome"] == "finished")
    before = spent(gateway)

    too_much = gateway.try_command("calls", "refund", first["request_id"], "--amount=1", "--reason=outage")
    assert too_much.returncode != 0 and "at most $0.002000000" in too_much.stderr
    said = gateway.command("calls", "refund", first["request_id"], "--reason=outage")
    assert said == f"$0.002000000 given back for {first['request_id']}; it costs $0.000000000 now."
    assert spent(gateway) != before
    deadline = time.monotonic() + REFUND_SECONDS
    while True:
        try:
            ask(client)
            break
        except openai.APIStatusError as still:
            assert still.status_code == 402 and time.monotonic() < deadline, still
            time.sleep(0.1)
    again = gateway.try_command("calls", "refund", first["request_id"], "--reason=outage")
    assert again.returncode != 0 and "nothing is left to refund" in again.stderr
