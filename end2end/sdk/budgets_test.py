"""A hard budget is never overspent, not under concurrency and not after `kill -9`."""

import asyncio
import re
from decimal import Decimal

import openai
import pytest

from parts.configuration import model, provider
from parts.gateway import cost

CALLERS, PAID_FOR = 200, 50
# $20 per million output tokens × 50 tokens = $0.001 a call.
CALL_COST, OUTPUT_TOKENS = Decimal("0.001"), 50
PRICE = {"input": "0", "output": "20"}
QUESTION = [{"role": "user", "content": "hello"}]


def config(fake, directives: str, **more) -> dict:
    return {
        "providers": {"fake": provider("openai", fake.url)},
        "models": [model("metered", "fake", PRICE, upstream=f"fake@output_tokens={OUTPUT_TOKENS},{directives}")],
        "budgets": [{"level": "instance", "limit": str(CALL_COST * PAID_FOR), "mode": "hard"}],
    } | more


async def race(client, callers: int, stream: bool = False) -> list[str]:
    """How each of so many concurrent calls ended."""

    async def one() -> str:
        try:
            answer = await client.chat.completions.create(
                model="metered", messages=QUESTION, max_tokens=OUTPUT_TOKENS, stream=stream
            )
            if stream:
                async for _ in answer:
                    pass
            return "answered"
        except openai.APIStatusError as told:
            return "refused" if told.status_code == 402 else f"status {told.status_code}: {told.message}"
        except openai.APIError as told:
            return type(told).__name__

    return await asyncio.gather(*(one() for _ in range(callers)))


def client_of(gateway, key) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=gateway.openai_url, api_key=key.secret, max_retries=0, timeout=60)


def spent_according_to_refusal(gateway, key) -> Decimal:
    """What the budget itself says is spent, read from the refusal of one more call."""
    client = openai.OpenAI(base_url=gateway.openai_url, api_key=key.secret)
    with pytest.raises(openai.APIStatusError) as told:
        # Longer than the whole budget, so that it is refused at once whatever is left.
        client.chat.completions.create(model="metered", messages=QUESTION, max_tokens=OUTPUT_TOKENS * PAID_FOR + 1)
    assert told.value.status_code == 402
    return Decimal(re.search(r"spent \$([0-9.]+)", told.value.message).group(1))


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_two_hundred_callers_of_a_budget_for_fifty_get_exactly_fifty(own_gateway, fake, stream):
    tag = "race-streamed" if stream else "race-whole"
    gateway = own_gateway(config(fake, f"latency_ms=60,chunks=5,gap_ms=5,tag={tag}"))
    key = gateway.create_key("racer")
    endings = asyncio.run(race(client_of(gateway, key), CALLERS, stream))
    assert endings.count("answered") == PAID_FOR
    assert endings.count("refused") == CALLERS - PAID_FOR
    records = gateway.calls_of("metered", CALLERS)
    assert len(records) == CALLERS, "every call has a record, the refused ones too"
    assert sum(map(cost, records)) == CALL_COST * PAID_FOR
    assert spent_according_to_refusal(gateway, key) == CALL_COST * PAID_FOR
    bill = [line for line in fake.calls()["bill"] if f"tag={tag}" in line["model"]]
    assert sum(line["output"] for line in bill) == PAID_FOR * OUTPUT_TOKENS


@pytest.mark.parametrize("level", ["team", "user"])
def test_team_and_user_budgets_hold_under_the_same_race(own_gateway, fake, level):
    name = {"team": "Research", "user": "ada@example.com"}[level]
    budget = {"level": level, "name": name, "limit": str(CALL_COST * PAID_FOR), "mode": "hard"}
    gateway = own_gateway(
        config(fake, f"latency_ms=60,tag=race-{level}", budgets=[budget], teams=[{"name": "Research"}])
    )
    gateway.add_user("ada@example.com", team="Research")
    gateway.add_user("bob@example.com", team="Support")
    ada, bob = gateway.create_key("ada", "ada@example.com"), gateway.create_key("bob", "bob@example.com")
    endings = asyncio.run(race(client_of(gateway, ada), CALLERS))
    assert (endings.count("answered"), endings.count("refused")) == (PAID_FOR, CALLERS - PAID_FOR)
    assert asyncio.run(race(client_of(gateway, bob), 1)) == ["answered"], "others are not bound by it"


def test_a_soft_budget_lets_calls_through_and_says_so_in_the_record(own_gateway, fake):
    budget = {"level": "instance", "limit": str(CALL_COST / 2), "mode": "soft"}
    gateway = own_gateway(config(fake, "tag=soft", budgets=[budget]))
    key = gateway.create_key("soft")
    client = openai.OpenAI(base_url=gateway.openai_url, api_key=key.secret)
    for _ in range(2):
        client.chat.completions.create(model="metered", messages=QUESTION, max_tokens=OUTPUT_TOKENS)
    records = gateway.calls_of("metered", 2)
    verdicts = {verdict["stage"]: verdict for verdict in records[-1]["verdicts"]}
    assert records[-1]["outcome"] == "finished" and verdicts["budget"]["kind"] == "warned"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_kill_9_in_the_middle_keeps_every_record_and_never_overspends(own_gateway, fake, stream):
    tag = "kill-streamed" if stream else "kill-whole"
    gateway = own_gateway(config(fake, f"latency_ms=150,chunks=10,gap_ms=10,tag={tag}"))
    key = gateway.create_key("victim")
    arrived_before = fake.calls()["arrived"]

    async def race_and_kill() -> list[str]:
        client = client_of(gateway, key)
        first = await race(client, 10, stream)
        assert first == ["answered"] * 10
        under_way = asyncio.create_task(race(client, CALLERS, stream))
        while fake.calls()["arrived"] - arrived_before < 20:
            await asyncio.sleep(0.005)
        gateway.process.kill()
        return first + await under_way

    endings = asyncio.run(race_and_kill())
    answered = endings.count("answered")
    gateway.start()

    records = gateway.calls_of("metered", answered)
    finished = [record for record in records if record["outcome"] == "finished"]
    assert len(finished) >= answered, "whoever saw an answer is in the ledger"
    assert all(cost(record) == CALL_COST for record in finished)
    interrupted = [record for record in records if record["outcome"] == "interrupted"]
    assert interrupted, "calls that were under way are on record"
    spent = sum(map(cost, records))
    assert spent <= CALL_COST * PAID_FOR
    asked = fake.calls()["arrived"] - arrived_before
    assert len(finished) + len(interrupted) >= asked, "every call that reached the provider is on record"
    assert spent >= asked * CALL_COST, "what a crash cut off counts with all that it could have cost"
    assert spent_according_to_refusal(gateway, key) == spent

    left = int((CALL_COST * PAID_FOR - spent) / CALL_COST)
    endings = asyncio.run(race(client_of(gateway, key), left + 20, stream))
    assert (endings.count("answered"), endings.count("refused")) == (left, 20)

    total = sum(map(cost, gateway.calls_of("metered", len(records) + left + 20)))
    gateway.process.kill()
    gateway.start()
    assert sum(map(cost, gateway.calls())) == total == CALL_COST * PAID_FOR
    assert spent_according_to_refusal(gateway, key) == total

