"""A hard budget is never overspent, not under concurrency and not after `kill -9`."""

import asyncio
import json
from collections import Counter
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
    def metered(name: str, latency_ms: int) -> dict:
        behaviour = f"fake@output_tokens={OUTPUT_TOKENS},latency_ms={latency_ms},{directives}"
        return model(name, "fake", PRICE, upstream=behaviour)

    return {
        "providers": {"fake": provider("openai", fake.url)},
        "models": [metered("metered", 60), metered("slow", 3_000)],
        "budgets": [{"level": "instance", "limit": str(CALL_COST * PAID_FOR), "mode": "hard"}],
    } | more


async def race(client, callers: int, stream: bool = False, name: str = "metered") -> Counter:
    """How many of so many concurrent calls ended in which way."""

    async def one() -> str:
        try:
            answer = await client.chat.completions.create(
                model=name, messages=QUESTION, max_tokens=OUTPUT_TOKENS, stream=stream
            )
            if stream:
                async for _ in answer:
                    pass
            return "answered"
        except openai.APIStatusError as told:
            return "refused" if told.status_code == 402 else f"status {told.status_code}: {told.message}"
        except openai.APIError as told:
            return f"{type(told).__name__}: {told!r} because of {told.__cause__!r}"

    return Counter(await asyncio.gather(*(one() for _ in range(callers))))


def client_of(gateway, key) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=gateway.openai_url, api_key=key.secret, max_retries=0, timeout=60)


def spent_of_budget(gateway) -> Decimal:
    """What the only budget itself says is spent, once nothing is reserved."""
    return Decimal(gateway.budgets()[0]["spent"])


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_two_hundred_callers_of_a_budget_for_fifty_get_exactly_fifty(own_gateway, fake, stream):
    tag = "race-streamed" if stream else "race-whole"
    gateway = own_gateway(config(fake, f"chunks=5,gap_ms=5,tag={tag}"))
    key = gateway.create_key("racer")
    endings = asyncio.run(race(client_of(gateway, key), CALLERS, stream))
    assert endings == {"answered": PAID_FOR, "refused": CALLERS - PAID_FOR}
    records = gateway.calls_of("metered", CALLERS)
    assert len(records) == CALLERS, "every call has a record, the refused ones too"
    assert sum(map(cost, records)) == CALL_COST * PAID_FOR
    assert spent_of_budget(gateway) == CALL_COST * PAID_FOR
    bill = [line for line in fake.calls()["bill"] if f"tag={tag}" in line["model"]]
    assert sum(line["output"] for line in bill) == PAID_FOR * OUTPUT_TOKENS


@pytest.mark.parametrize("level", ["team", "user"])
def test_team_and_user_budgets_hold_under_the_same_race(own_gateway, fake, level):
    name = {"team": "Research", "user": "ada@example.com"}[level]
    budget = {"level": level, "name": name, "limit": str(CALL_COST * PAID_FOR), "mode": "hard"}
    gateway = own_gateway(
        config(fake, f"tag=race-{level}", budgets=[budget], teams=[{"name": "Research"}])
    )
    gateway.add_user("ada@example.com", team="Research")
    gateway.add_user("bob@example.com", team="Support")
    ada, bob = gateway.create_key("ada", "ada@example.com"), gateway.create_key("bob", "bob@example.com")
    endings = asyncio.run(race(client_of(gateway, ada), CALLERS))
    assert endings == {"answered": PAID_FOR, "refused": CALLERS - PAID_FOR}
    assert asyncio.run(race(client_of(gateway, bob), 1)) == {"answered": 1}, "others are not bound by it"


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
    finished_before, under_way = 10, 15
    tag = "kill-streamed" if stream else "kill-whole"
    gateway = own_gateway(config(fake, f"chunks=10,gap_ms=5,tag={tag}"))
    key = gateway.create_key("victim")
    arrived_before = fake.calls()["arrived"]

    async def race_and_kill():
        client = client_of(gateway, key)
        assert await race(client, finished_before, stream) == {"answered": finished_before}
        racing = asyncio.create_task(race(client, CALLERS, stream, name="slow"))
        while fake.calls()["arrived"] - arrived_before < finished_before + under_way:
            await asyncio.sleep(0.005)
        gateway.process.kill()
        endings = await racing
        assert not endings["answered"], "it was killed too late to prove anything"

    asyncio.run(race_and_kill())
    cut_off = calls_without_end(gateway)
    gateway.start()

    asked = fake.calls()["arrived"] - arrived_before
    finished = gateway.calls_of("metered", finished_before)
    assert [record["outcome"] for record in finished] == ["finished"] * finished_before
    assert all(cost(record) == CALL_COST for record in finished)
    interrupted = [record for record in gateway.calls_of("slow", under_way) if record["outcome"] == "interrupted"]
    assert len(finished) + len(interrupted) >= asked, "every call that reached the provider is on record"
    assert {record["request_id"] for record in interrupted} == cut_off, "as the journal had shown before the restart"
    assert all(cost(record) == CALL_COST for record in interrupted), "cut off: all that it could have cost"
    spent = sum(map(cost, finished + interrupted))
    assert spent <= CALL_COST * PAID_FOR
    assert spent_of_budget(gateway) == spent

    left = PAID_FOR - len(finished) - len(interrupted)
    endings = asyncio.run(race(client_of(gateway, key), left + 20, stream))
    assert endings == Counter(answered=left, refused=20) - Counter()

    count = finished_before + left + 20
    total = sum(map(cost, gateway.calls_of("metered", count) + gateway.calls_of("slow", len(interrupted))))
    assert total == CALL_COST * PAID_FOR
    gateway.process.kill()
    gateway.start()
    assert sum(map(cost, gateway.calls())) == total
    assert spent_of_budget(gateway) == total


def calls_without_end(gateway) -> set[str]:
    """Those in the journal of a gateway that was killed."""
    lines = gateway.command("journal", "inspect", "--open", "--format=json").splitlines()
    records = [json.loads(line) for line in lines]
    assert all(record["kind"] == "intent" and Decimal(record["worst_case"]) == CALL_COST for record in records)
    one = gateway.command("journal", "inspect", f"--call={records[0]['call']['request_id']}")
    assert "  intent  " in one and Decimal(one.split("at most $")[1]) == CALL_COST, one
    return {record["call"]["request_id"] for record in records}
