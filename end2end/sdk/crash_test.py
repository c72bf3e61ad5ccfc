"""`kill -9`, again and again, under five hundred callers: no call is lost, none is there twice, no cent is missing.

What is compared with what is told in `parts/proof.py`. `HELIX_CRASH_KILLS` says how often each gateway is killed,
`HELIX_CRASH_SEED` when.
"""

import asyncio
import os
import random
import time
from decimal import Decimal

import openai
import pytest

from parts.configuration import model
from parts.crowd import Crowd, Question
from parts.databases import fresh_database
from parts.gateway import cost
from parts.proof import MILLION, PRICE, QUESTION, bill, config, prove, prove_at_rest, questions
from parts.upstreams import FakeProvider

KILLS = int(os.environ.get("HELIX_CRASH_KILLS", "20"))
SEED = int(os.environ.get("HELIX_CRASH_SEED", random.SystemRandom().randrange(1_000_000)))
CALLERS = 500


async def storm(gateway, key, chance: random.Random) -> Crowd:
    refused = Question("/v1/chat/completions", {"model": "unknown", "messages": QUESTION})
    crowd = Crowd(lambda: gateway.url, key.secret, [*questions() * 3, refused], CALLERS)
    async with crowd:
        for kill in range(KILLS):
            crowd.may_ask(True)
            await asyncio.sleep(chance.uniform(0.3, 1.5))
            gateway.process.kill()
            crowd.may_ask(False)
            if kill % 4 == 3:
                # In the middle of its recovery, too.
                await asyncio.to_thread(gateway.try_to_start, chance.uniform(0, 0.3))
            await asyncio.to_thread(gateway.start)
        crowd.may_ask(True)
        await asyncio.sleep(0.5)
    return crowd


@pytest.mark.parametrize(
    ("kind", "journal"), [("sqlite", "files"), ("postgres", "files"), ("mysql", "files"), ("postgres", "database")]
)
def test_no_kill_loses_a_call_or_a_cent(own_gateway, itemizing, kind, journal):
    print(f"HELIX_CRASH_SEED={SEED}")
    database = None if kind == "sqlite" else fresh_database(kind)
    gateway = own_gateway(config(itemizing, database), HELIX__LOG__LEVEL="warn", HELIX__RECORDS__JOURNAL=journal)
    key = gateway.create_key("crowd")
    started = time.monotonic()
    crowd = asyncio.run(storm(gateway, key, random.Random(f"{SEED} {kind}")))
    seconds = time.monotonic() - started
    outcomes = prove(gateway, itemizing, crowd.answers, database)
    print(f"{kind}: {KILLS} kills in {seconds:.0f} s, {itemizing.calls()['arrived']} calls at the provider, {dict(outcomes)}")
    assert set(outcomes) == {"finished", "interrupted", "refused"}
    served = [answer.question for answer in crowd.answers if answer.is_whole and answer.status == 200]
    assert {(one.path, one.is_streamed) for one in served} == {(one.path, one.is_streamed) for one in questions()}
    prove_at_rest(gateway)


def test_a_stream_that_had_outgrown_its_limit_is_charged_with_what_it_had_grown_to(own_gateway, itemizing):
    settings = config(itemizing, None)
    upstream = "fake@output_tokens=700,answer_bytes=2800,chunks=700,stall_after=600,ignore_limit"
    settings["models"].append(model("endless", "openai", PRICE, upstream=upstream))
    gateway = own_gateway(settings)
    client = openai.OpenAI(base_url=gateway.openai_url, api_key=gateway.create_key("endless").secret, max_retries=0)
    stream = client.chat.completions.create(model="endless", messages=QUESTION, max_tokens=10, stream=True)
    pieces = (chunk for chunk in stream if chunk.choices and chunk.choices[0].delta.content)
    for _ in range(600):
        next(pieces)
    gateway.process.kill()
    gateway.start()
    [record] = gateway.calls_of("endless", 1)
    [item] = items_when_billed(itemizing)
    assert (record["request_id"], record["outcome"]) == (item["request"], "interrupted")
    assert cost(record) >= bill(item) >= 600 * Decimal(PRICE["output"]) / MILLION


def items_when_billed(upstream: FakeProvider) -> list[dict]:
    """A cut stream is billed when the provider notices that its reader has gone."""
    deadline = time.monotonic() + 10
    while any(item["arrived"] and not item["billed"] for item in upstream.items()):
        assert time.monotonic() < deadline, upstream.items()
        time.sleep(0.1)
    return upstream.items()
