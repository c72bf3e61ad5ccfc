"""Nodes without a disk of their own: what one had under way when it went is in the ledger, once."""

import asyncio
import shutil
import signal
import time
from decimal import Decimal

import openai
import pytest

from parts.books import Books
from parts.configuration import model, provider
from parts.databases import fresh_database
from parts.gateway import cost

CALLERS = 40
# $20 per million output tokens × 50 tokens = $0.001 a call.
CALL_COST, OUTPUT_TOKENS = Decimal("0.001"), 50
PRICE = {"input": "0", "output": "20"}
QUESTION = [{"role": "user", "content": "hello"}]
SILENCE_SECONDS = 3
ADOPTION_SECONDS = 30


def config(fake, tag: str, database: str) -> dict:
    def metered(name: str, latency_ms: int) -> dict:
        upstream = f"fake@output_tokens={OUTPUT_TOKENS},latency_ms={latency_ms},chunks=5,gap_ms=2,tag={tag}"
        return model(name, "fake", PRICE, upstream=upstream)

    return {
        "server": {"shutdown_seconds": 2},
        "database": {"url": database},
        "records": {"journal": "database", "adopt_after_seconds": SILENCE_SECONDS},
        "providers": {"fake": provider("openai", fake.url)},
        "models": [metered("quick", 5), metered("slow", 60_000)],
        "budgets": [{"level": "instance", "limit": "1.00", "mode": "hard"}],
    }


async def call(gateway, key, name: str, number: int):
    client = openai.AsyncOpenAI(base_url=gateway.openai_url, api_key=key.secret, max_retries=0, timeout=120)
    stream = number % 2 == 0
    answer = await client.chat.completions.create(
        model=name, messages=QUESTION, max_tokens=OUTPUT_TOKENS, stream=stream
    )
    if stream:
        async for _ in answer:
            pass


async def crowd(gateway, key, name: str, count: int) -> list:
    """The endings of so many calls at once: none, or what went wrong."""
    return await asyncio.gather(*(call(gateway, key, name, number) for number in range(count)), return_exceptions=True)


async def while_calls_are_under_way(gateway, key, fake, act):
    """Does something when a provider has been asked for all calls."""
    before = fake.calls()["arrived"]
    calling = asyncio.create_task(crowd(gateway, key, "slow", CALLERS))
    deadline = time.monotonic() + 30
    while fake.calls()["arrived"] < before + CALLERS:
        assert time.monotonic() < deadline, fake.calls()
        await asyncio.sleep(0.01)
    act()
    return calling


def wait_until_adopted(survivor) -> list[dict]:
    deadline = time.monotonic() + ADOPTION_SECONDS
    while True:
        cut_off = [record for record in survivor.calls() if record["model"] == "slow"]
        if len(cut_off) == CALLERS:
            return cut_off
        assert time.monotonic() < deadline, f"{len(cut_off)} of {CALLERS} calls:\n{survivor.log()}"
        time.sleep(0.2)


def assert_books_are_whole(gateway, database: str, expected: Decimal):
    gateway.wait_for_the_ledger()
    assert sum(map(cost, gateway.calls())) == expected
    books = Books(database)
    nanos = int(expected * 10**9)
    assert books.number("SELECT SUM(cost_nanos) FROM cost_lines") == nanos
    for table in books.roll_ups():
        assert books.number(f"SELECT SUM(cost_nanos) FROM {table}") == nanos
    assert books.number("SELECT COUNT(*) FROM open_calls") == 0
    assert Decimal(gateway.budgets()[0]["spent"]) == expected


@pytest.mark.parametrize("kind", ["postgres", "mysql"])
def test_a_node_that_is_gone_with_its_disk_leaves_no_call_and_no_lease_behind(own_gateway, fake, kind):
    database = fresh_database(kind)
    settings = config(fake, f"gone-{kind}", database)
    survivor, victim = own_gateway(settings), own_gateway(settings)
    key = survivor.create_key("crowd")
    victim.wait_until_known(key)
    assert asyncio.run(crowd(victim, key, "quick", CALLERS)) == [None] * CALLERS

    async def lose_the_machine():
        calling = await while_calls_are_under_way(victim, key, fake, victim.process.kill)
        shutil.rmtree(victim.directory / "data")
        return await calling

    endings = asyncio.run(lose_the_machine())
    assert all(isinstance(ending, openai.APIError) for ending in endings), endings
    cut_off = wait_until_adopted(survivor)
    assert {record["outcome"] for record in cut_off} == {"interrupted"}
    assert all(cost(record) == CALL_COST and record["is_estimated"] for record in cut_off)
    # A call whose end was still in the journal of the lost machine is charged with its reservation, which is as much.
    assert_books_are_whole(survivor, database, CALL_COST * 2 * CALLERS)
    victim.start()
    assert asyncio.run(crowd(victim, key, "quick", 10)) == [None] * 10
    for gateway in (victim, survivor):
        gateway.process.stop()
    assert survivor.command("budgets", "leases", "--format", "json") == "", "nothing is leased at rest"
    assert sum(map(cost, survivor.calls())) == CALL_COST * (2 * CALLERS + 10)
    survivor.command("audit", "verify")


@pytest.mark.parametrize("kind", ["postgres", "mysql"])
def test_a_node_that_wakes_up_too_late_writes_nothing_and_goes_on_as_another(own_gateway, fake, kind):
    database = fresh_database(kind)
    settings = config(fake, f"asleep-{kind}", database)
    survivor, sleeper = own_gateway(settings), own_gateway(settings)
    key = survivor.create_key("crowd")
    sleeper.wait_until_known(key)

    async def fall_asleep_and_wake_up():
        calling = await while_calls_are_under_way(
            sleeper, key, fake, lambda: sleeper.process.send(signal.SIGSTOP)
        )
        await asyncio.to_thread(wait_until_adopted, survivor)
        sleeper.process.send(signal.SIGCONT)
        code = await asyncio.to_thread(sleeper.process.wait_for_its_end)
        return code, await calling

    code, endings = asyncio.run(fall_asleep_and_wake_up())
    assert code == 1 and "another one has taken over its calls" in sleeper.log()
    assert all(isinstance(ending, openai.APIError) for ending in endings), endings
    assert_books_are_whole(survivor, database, CALL_COST * CALLERS)
    sleeper.start()
    assert "goes on under a new id" in sleeper.log()
    assert len(list((sleeper.directory / "data").glob("journal-of-node_*"))) == 1
    assert asyncio.run(crowd(sleeper, key, "quick", 10)) == [None] * 10
    assert_books_are_whole(sleeper, database, CALL_COST * (CALLERS + 10))


def test_without_its_database_such_a_node_refuses_calls_before_a_provider_is_asked(own_gateway, fake):
    settings = config(fake, "no-database", fresh_database("postgres"))
    settings["records"]["adopt_after_seconds"] = 3_600
    gateway = own_gateway(settings)
    key = gateway.create_key("crowd")
    books = Books(settings["database"]["url"])
    books.rows("ALTER TABLE open_calls RENAME TO elsewhere")
    arrived = fake.calls()["arrived"]
    [ending] = asyncio.run(crowd(gateway, key, "quick", 1))
    assert isinstance(ending, openai.InternalServerError) and ending.status_code == 503, ending
    assert ending.code == "records_unavailable" and fake.calls()["arrived"] == arrived
    books.rows("ALTER TABLE elsewhere RENAME TO open_calls")
    assert asyncio.run(crowd(gateway, key, "quick", 1)) == [None]
    assert_books_are_whole(gateway, settings["database"]["url"], CALL_COST)
