"""Limits of two nodes on one PostgreSQL: together in a Redis, also when that dies and comes back, and divided without."""

import asyncio
import time
from collections import Counter

import openai
import pytest

from parts.configuration import model, provider
from parts.databases import fresh_database
from parts.redis_server import RedisServer

QUESTION = [{"role": "user", "content": "hello"}]
PRICE = {"input": "0", "output": "20"}
PLAIN = "fake@input_tokens=100,output_tokens=50,chunks=4,gap_ms=1"
SLOW = "fake@input_tokens=100,output_tokens=400,chunks=100,gap_ms=50"
SECONDS = 20


@pytest.fixture
def redis(tmp_path):
    server = RedisServer(tmp_path)
    yield server
    server.stop()


def config(fake, *limits, **more) -> dict:
    return {
        "database": {"url": fresh_database("postgres")},
        "providers": {"fake": provider("openai", fake.url)},
        "models": [model("plain", "fake", PRICE, upstream=PLAIN), model("slow", "fake", PRICE, upstream=SLOW)],
        "limits": list(limits),
    } | more


def two_nodes(own_gateway, settings) -> tuple:
    gateways = [own_gateway(settings) for _ in range(2)]
    key = gateways[0].create_key("crowd")
    gateways[1].wait_until_known(key)
    return gateways, key


def client_of(gateway, key) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=gateway.openai_url, api_key=key.secret, max_retries=0, timeout=60)


async def storm(gateways, key, callers: int, name="plain") -> Counter:
    """So many callers of all nodes in turn; how often each node answered with each status."""
    clients = [client_of(gateway, key) for gateway in gateways]

    async def one(number: int) -> tuple[int, int]:
        node = number % len(clients)
        try:
            await clients[node].chat.completions.create(model=name, messages=QUESTION, max_tokens=50)
        except openai.APIStatusError as told:
            return node, told.status_code
        return node, 200

    endings = Counter(await asyncio.gather(*(one(number) for number in range(callers))))
    for client in clients:
        await client.close()
    return endings


def let_in(endings: Counter) -> int:
    assert {status for _, status in endings} <= {200, 429}, endings
    return sum(count for (_, status), count in endings.items() if status == 200)


def until(what, is_so):
    deadline = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < deadline, f"never {what}"
        time.sleep(0.05)


def warnings(gateway) -> str:
    status, told = gateway.readiness()
    assert status == 200 and told["ready"]
    return " ".join(told["warnings"])


def test_a_limit_holds_across_two_nodes_under_a_storm(own_gateway, fake, redis):
    limits = [
        {"level": "key", "name": "*", "requests": 100},
        {"level": "instance", "tokens": 1_000_000, "per": "hour"},
    ]
    # It is about the limit: a machine that is slow with 600 callers may take its time.
    gateways, key = two_nodes(own_gateway, config(fake, *limits, redis={"url": redis.url, "timeout_ms": 1_000}))
    endings = asyncio.run(storm(gateways, key, 600))
    assert "Redis does not answer" not in gateways[0].log() + gateways[1].log()
    assert let_in(endings) == 100, endings
    assert all(endings[(node, 200)] for node in (0, 1)), "both nodes have let callers in"
    keys = redis.command("keys", "*").splitlines()
    assert all(name.startswith("{helix:limits}:") for name in keys) and len(keys) >= 3, keys
    assert "" == warnings(gateways[0]) == warnings(gateways[1])


def test_tokens_and_places_of_one_node_are_known_to_the_other(own_gateway, fake, redis):
    limit = {"level": "user", "name": "*", "tokens": 1_000, "concurrent": 1}
    gateways, key = two_nodes(own_gateway, config(fake, limit, redis={"url": redis.url}))

    async def play():
        one, other = (client_of(gateway, key) for gateway in gateways)
        stream = await one.chat.completions.create(model="slow", messages=QUESTION, max_tokens=400, stream=True)
        await anext(aiter(stream))
        with pytest.raises(openai.RateLimitError) as told:
            await other.chat.completions.create(model="plain", messages=QUESTION, max_tokens=50)
        assert "1 calls at once" in told.value.message
        await stream.close()
        for _ in range(SECONDS * 20):
            try:
                raw = await other.chat.completions.with_raw_response.create(
                    model="plain", messages=QUESTION, max_tokens=50
                )
                return int(raw.headers["x-ratelimit-remaining-tokens"])
            except openai.RateLimitError:
                await asyncio.sleep(0.05)
        raise AssertionError("the place was never free")

    left = asyncio.run(play())
    billed = sum(next(record for record in gateways[0].calls_of("slow", 1))["tokens"].values())
    assert 0 < billed < 500 and 0 < 1_000 - left - billed < 100, (left, billed)


def test_a_redis_that_dies_leaves_each_node_its_part_and_one_that_comes_back_counts_again(own_gateway, fake, redis):
    limit = {"level": "instance", "requests": 40}
    gateways, key = two_nodes(own_gateway, config(fake, limit, redis={"url": redis.url}))
    assert let_in(asyncio.run(storm(gateways, key, 10))) == 10
    for gateway in gateways:
        gateway.wait_for_log("nodes divide the rate limits")
    redis.kill()
    endings = asyncio.run(storm(gateways, key, 300))
    assert let_in(endings) == 30, "each node lets in its half of 40, what it has let in before included"
    assert (endings[(0, 200)], endings[(1, 200)]) == (15, 15)
    for gateway in gateways:
        told = warnings(gateway)
        assert "Redis has not answered since" in told and "one of 2" in told
        assert gateway.log().count("Redis does not answer") == 1
    redis.start()
    for gateway in gateways:
        until("connected", lambda: warnings(gateway) == "")
        gateway.wait_for_log("Redis answers again")
    # It was empty, so a whole limit is there; and not one more on either node.
    assert let_in(asyncio.run(storm(gateways, key, 300))) == 40


def test_a_redis_that_hangs_delays_no_call_for_long(own_gateway, fake, redis):
    limit = {"level": "instance", "requests": 1_000}
    gateways, key = two_nodes(own_gateway, config(fake, limit, redis={"url": redis.url, "timeout_ms": 50}))
    assert let_in(asyncio.run(storm(gateways, key, 4))) == 4
    redis.hang()
    began = time.monotonic()
    for _ in range(10):
        assert let_in(asyncio.run(storm(gateways, key, 2))) == 2
    assert time.monotonic() - began < 5, "a call of each node has waited for 100 ms, and no other"
    assert "Redis has not answered since" in warnings(gateways[0])
    redis.go_on()
    until("connected", lambda: warnings(gateways[0]) == "" == warnings(gateways[1]))


def test_without_a_redis_nodes_divide_a_limit_and_one_that_is_left_has_all_of_it(own_gateway, fake):
    limit = {"level": "key", "name": "*", "requests": 41}
    gateways, key = two_nodes(own_gateway, config(fake, limit))
    for gateway in gateways:
        gateway.wait_for_log("nodes divide the rate limits")
    endings = asyncio.run(storm(gateways, key, 300))
    assert let_in(endings) == 41
    assert {endings[(node, 200)] for node in (0, 1)} == {20, 21}
    refused = asyncio.run(refusal(gateways[0], key))
    assert "this node's part of 41, which 2 nodes divide" in refused
    gateways[1].process.stop()
    until("alone", lambda: gateways[0].log().count("nodes divide the rate limits") == 2)
    assert let_in(asyncio.run(storm(gateways[:1], key, 100))) == 41 - endings[(0, 200)]


async def refusal(gateway, key) -> str:
    with pytest.raises(openai.RateLimitError) as told:
        await client_of(gateway, key).chat.completions.create(model="plain", messages=QUESTION, max_tokens=50)
    return told.value.message
