"""One dollar, a thousand callers: never overspent and nearly all of it usable, on one node and on three."""

import asyncio
from collections import Counter
from decimal import Decimal

import openai
import pytest

from parts.configuration import model, provider
from parts.databases import fresh_database
from parts.gateway import cost

CALLERS = 1_000
DOLLAR = Decimal(1)
# $20 per million output tokens: a call reserves 400 of them and uses 250.
PRICE = {"input": "0", "output": "20"}
RESERVED_TOKENS, USED_TOKENS = 400, 250
CALL_COST, MOST_COST = Decimal("0.005"), Decimal("0.008")
QUESTION = [{"role": "user", "content": "hello"}]


def config(fake, tag: str, database: str | None) -> dict:
    upstream = f"fake@output_tokens={USED_TOKENS},latency_ms=50,chunks=5,gap_ms=2,tag={tag}"
    shared = {"database": {"url": database}} if database else {}
    return {
        "providers": {"fake": provider("openai", fake.url)},
        "models": [model("metered", "fake", PRICE, upstream=upstream)],
        "budgets": [{"level": "instance", "limit": str(DOLLAR), "mode": "hard"}],
        # It is about the dollar: a machine that is slow with a thousand callers may take its time.
        "proxy": {"budget_wait_ms": 20_000},
    } | shared


async def storm(gateways, key, callers=CALLERS, killed=None) -> Counter:
    """So many callers of all gateways in turn, half of them streaming; one gateway may be killed in the middle."""
    answered = 0
    clients = [
        openai.AsyncOpenAI(base_url=gateway.openai_url, api_key=key.secret, max_retries=0, timeout=60)
        for gateway in gateways
    ]

    async def one(number: int) -> str:
        nonlocal answered
        stream = number % 2 == 0
        try:
            client = clients[number % len(clients)]
            answer = await client.chat.completions.create(
                model="metered", messages=QUESTION, max_tokens=RESERVED_TOKENS, stream=stream
            )
            if stream:
                async for _ in answer:
                    pass
        except openai.APIStatusError as told:
            return "refused" if told.status_code == 402 else f"status {told.status_code}: {told.message}"
        except openai.APIError:
            return "cut off"
        answered += 1
        if killed and answered == 40:
            killed.process.kill()
        return "answered"

    return Counter(await asyncio.gather(*(one(number) for number in range(callers))))


def settled(gateway) -> Decimal:
    return sum(map(cost, gateway.calls()))


def provider_bill(fake, tag: str) -> Decimal:
    lines = [line for line in fake.calls()["bill"] if f"tag={tag}" in line["model"]]
    return sum(line["output"] for line in lines) * Decimal("0.00002")


def use_up(gateways, key) -> Counter:
    """Calls until nobody is answered any more."""
    endings = Counter()
    while True:
        ended = asyncio.run(storm(gateways, key, callers=60))
        endings += ended
        if not ended["answered"]:
            return endings


def test_a_thousand_callers_of_a_dollar_on_one_node_spend_all_of_it_and_no_more(own_gateway, fake):
    gateway = own_gateway(config(fake, "one-node", None))
    key = gateway.create_key("crowd")
    endings = asyncio.run(storm([gateway], key)) + use_up([gateway], key)
    assert set(endings) == {"answered", "refused"}, endings
    gateway.calls_of("metered", endings.total())
    assert DOLLAR * Decimal("0.95") <= settled(gateway) <= DOLLAR
    assert settled(gateway) == provider_bill(fake, "one-node") == Decimal(gateway.budgets()[0]["spent"])


@pytest.mark.parametrize("kind", ["postgres", "mysql"])
def test_a_thousand_callers_of_a_dollar_on_three_nodes_one_of_which_is_killed(own_gateway, fake, kind):
    tag = f"three-nodes-{kind}"
    settings = config(fake, tag, fresh_database(kind))
    gateways = [own_gateway(settings) for _ in range(3)]
    key = gateways[0].create_key("crowd")
    for gateway in gateways:
        gateway.wait_until_known(key)
    survivors, victim = gateways[:2], gateways[2]
    endings = asyncio.run(storm(gateways, key, killed=victim))
    assert endings["cut off"] and endings["answered"], endings
    assert set(endings) == {"answered", "refused", "cut off"}, endings
    use_up(survivors, key)
    assert settled(survivors[0]) <= DOLLAR, "what the dead node had counts as used"
    victim.start()
    endings = use_up(gateways, key)
    assert set(endings) <= {"answered", "refused"}, endings
    wait_for_the_ledger(gateways[0])
    total = settled(gateways[0])
    assert DOLLAR * Decimal("0.95") <= total <= DOLLAR
    assert total == Decimal(gateways[0].budgets()[0]["spent"])
    assert provider_bill(fake, tag) <= total, "nothing that the provider bills is missing"
    for gateway in gateways:
        gateway.process.stop()
    assert gateways[0].command("budgets", "leases", "--format", "json") == "", "nothing is leased at rest"
    assert Decimal(gateways[0].budgets()[0]["reserved"]) == 0


def wait_for_the_ledger(gateway):
    """Until every node has brought its records into the database: each writes within a second."""
    count = -1
    while count != (count := len(gateway.calls())):
        asyncio.run(asyncio.sleep(1))
