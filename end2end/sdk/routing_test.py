"""Three providers behind one model, and one of them in trouble: killed, hanging, slow, busy, broken in the middle.

Whoever can be served by another one sees nothing of it; whoever cannot is told once, in a type that the SDKs know. And
whatever was tried before: what the ledger says of each provider is what its own books say.
"""

import asyncio
import time
from collections import Counter
from decimal import Decimal

import openai
import pytest

from parts.configuration import model, provider
from parts.crowd import Crowd, Question
from parts.gateway import cost
from parts.line import Line
from parts.upstreams import FAKE_PROVIDER, FakeProvider, Upstream, free_port

PRICE = {"input": "3", "output": "15"}
MILLION = Decimal(1_000_000)
QUESTION = [{"role": "user", "content": "hello"}]
USES = "input_tokens=30,output_tokens=50"
GOOD = f"fake@{USES},latency_ms=20,chunks=4,gap_ms=2"
CALLERS = 24
FAILURES, PROBES, PAUSE_MS = 5, 2, 500
NAMES = ("a", "b", "c")


class Restartable(FakeProvider):
    """A provider that comes back at the same address."""

    def __init__(self, directory, port: int):
        Upstream.__init__(self, [str(FAKE_PROVIDER), "--listen", f"127.0.0.1:{port}"], directory)


@pytest.fixture
def three(tmp_path):
    """Three providers, each with books of its own and a line that can be cut."""
    upstreams = {name: FakeProvider(tmp_path / name, "--itemize") for name in NAMES}
    lines = {name: Line(f"{upstream.url}/") for name, upstream in upstreams.items()}
    yield upstreams, lines
    for line in lines.values():
        line.close()
    for upstream in upstreams.values():
        upstream.stop()


def config(lines: dict, first: str = GOOD, others: str = GOOD, strategy: str = "weighted", **more) -> dict:
    backends = [
        {"provider": name, "model": first if name == "a" else others} | more.get("backend", {}) for name in NAMES
    ]
    return {
        "proxy": {"first_byte_timeout_ms": 700, "idle_timeout_ms": 700} | more.get("proxy", {}),
        "routing": {
            "breaker": {
                "consecutive_failures": FAILURES,
                "probes": PROBES,
                "pause_ms": PAUSE_MS,
                "pause_limit_ms": 2_000,
            }
        }
        | more.get("routing", {}),
        "providers": {name: provider("openai", line.url.rstrip("/")) for name, line in lines.items()},
        "models": [{"name": "m", "price": PRICE, "strategy": strategy, "backends": backends} | more.get("model", {})],
        "budgets": [{"level": "instance", "limit": "1000000", "mode": "hard"}],
    }


def questions(streams: bool = True) -> list[Question]:
    ways = (True, False) if streams else (False,)
    return [
        Question("/v1/chat/completions", {"model": "m", "stream": stream, "max_tokens": 64, "messages": QUESTION})
        for stream in ways
    ]


async def crowd_for(gateway, seconds: float, streams: bool = True, callers: int = CALLERS, meanwhile=None) -> Crowd:
    key = gateway.create_key("crowd")
    crowd = Crowd(lambda: gateway.url, key.secret, questions(streams), callers)
    async with crowd:
        crowd.may_ask(True)
        if meanwhile:
            await meanwhile()
        await asyncio.sleep(seconds)
    return crowd


def route_of(record: dict) -> str:
    return next(verdict["summary"] for verdict in record["verdicts"] if verdict["stage"] == "route")


def wait_until_at_rest(gateway, seconds: float = 30):
    """Until every call has been settled, which is a moment after its caller has the last byte, and is in the ledger."""
    deadline = time.monotonic() + seconds
    while gateway.metric("helix_budget_reserved_nanos"):
        assert time.monotonic() < deadline, "something is still reserved at rest"
        time.sleep(0.05)
    gateway.wait_for_the_ledger()


def prove(gateway, upstreams: dict) -> list[dict]:
    """Compares every record with the books of the provider that it names; gives the records."""
    wait_until_at_rest(gateway)
    records = gateway.calls()
    assert len({record["request_id"] for record in records}) == len(records)
    whole = (30 * Decimal(PRICE["input"]) + 50 * Decimal(PRICE["output"])) / MILLION
    books = {
        name: {item["request"]: item for item in upstream.items()} for name, upstream in upstreams.items()
    }
    for record in records:
        if record["outcome"] == "finished":
            item = books[record["provider"]][record["request_id"]]
            assert item["billed"] == 1 and cost(record) == whole, (record, item)
    finished = Counter(record["provider"] for record in records if record["outcome"] == "finished")
    for name, upstream in upstreams.items():
        served = sum(item["is_whole"] for item in books[name].values())
        assert served == finished[name], f"{name} has served {served} whole answers, the ledger has {finished[name]}"
    assert Decimal(gateway.budgets()[0]["spent"]) == sum(map(cost, records))
    return records


def seen(crowd: Crowd) -> Counter:
    """What callers saw: by status, and whether the answer was whole and without an error."""

    def of(answer):
        if answer.status != 200:
            return answer.status
        return "whole" if answer.is_whole and b'"error"' not in answer.body else "cut"

    return Counter(map(of, crowd.answers))


@pytest.mark.parametrize(
    ("name", "trouble"),
    [
        ("answers 500", "status=500"),
        ("answers an HTML page", "html=200"),
        ("answers garbage", "garbage"),
        ("resets connections", "reset"),
        ("hangs", "hang"),
        ("is busy", "status=429,retry_after=1"),
        ("has lost its credit", "status=402"),
    ],
)
@pytest.mark.parametrize("strategy", ["priority", "weighted", "lowest_latency", "least_busy"])
def test_one_of_three_in_trouble_is_seen_by_nobody(own_gateway, three, name, trouble, strategy):
    upstreams, lines = three
    gateway = own_gateway(config(lines, first=f"fake@{USES},{trouble}", strategy=strategy), HELIX__LOG__LEVEL="warn")
    # A stream that begins with garbage has begun.
    crowd = asyncio.run(crowd_for(gateway, 2.5, streams=trouble != "garbage"))
    assert seen(crowd) == {"whole": len(crowd.answers)} and len(crowd.answers) > 100
    records = prove(gateway, upstreams)
    assert {record["outcome"] for record in records} == {"finished"}
    asked = upstreams["a"].calls()["arrived"]
    print(f"a {name}, {strategy}: {len(records)} calls, none failed; it was asked {asked} times")
    # Those that were under way before its circuit opened, and then a probe for each pause; one that is busy is left alone
    # for a second each time, and then may be asked by all who come at once.
    most = CALLERS * 4 if "429" in trouble else FAILURES + CALLERS + 8
    assert asked <= most
    assert not any(record["provider"] == "a" for record in records)


def test_one_that_is_cut_off_under_load_is_seen_by_nobody_whose_answer_had_not_begun(own_gateway, three):
    upstreams, lines = three
    gateway = own_gateway(config(lines), HELIX__LOG__LEVEL="warn")

    async def cut_and_mend():
        await asyncio.sleep(1)
        lines["a"].die()
        await asyncio.sleep(2)
        lines["a"].revive()

    crowd = asyncio.run(crowd_for(gateway, 3, meanwhile=cut_and_mend))
    told = seen(crowd)
    print(f"cut off and back again: {dict(told)}")
    assert set(told) <= {"whole", "cut"}
    # A whole answer is read to its end before a byte of it goes to the client.
    cut = [answer for answer in crowd.answers if answer.status == 200 and b'"error"' in answer.body]
    assert all(answer.question.is_streamed for answer in cut) and len(cut) <= CALLERS
    records = prove_finished(gateway, upstreams)
    late = [record for record in records[-200:] if record["provider"] == "a"]
    assert late, "it is asked again once it is back"


def prove_finished(gateway, upstreams: dict) -> list[dict]:
    """As `prove`, where answers that a provider has sent did not all arrive."""
    wait_until_at_rest(gateway)
    records = gateway.calls()
    whole = (30 * Decimal(PRICE["input"]) + 50 * Decimal(PRICE["output"])) / MILLION
    books = {name: {item["request"]: item for item in each.items()} for name, each in upstreams.items()}
    for record in records:
        item = books[record["provider"]][record["request_id"]]
        if record["outcome"] == "finished":
            assert item["billed"] == 1 and cost(record) == whole, (record, item)
        else:
            assert record["outcome"] == "upstream_failed" and record["is_estimated"] and cost(record) > 0, record
    assert Decimal(gateway.budgets()[0]["spent"]) == sum(map(cost, records))
    return records


def test_a_provider_that_is_killed_and_comes_back_at_its_address_gets_its_share_again(own_gateway, tmp_path):
    port = free_port()
    upstreams = {"a": Restartable(tmp_path / "a", port)} | {name: FakeProvider(tmp_path / name) for name in "bc"}
    gateway = own_gateway(config(upstreams), HELIX__LOG__LEVEL="warn")

    async def kill_and_restart():
        await asyncio.sleep(1)
        upstreams["a"].stop()
        await asyncio.sleep(2)
        upstreams["a"] = await asyncio.to_thread(Restartable, tmp_path / "again", port)

    crowd = asyncio.run(crowd_for(gateway, 4, streams=False, meanwhile=kill_and_restart))
    assert seen(crowd) == {"whole": len(crowd.answers)}
    assert upstreams["a"].calls()["calls"] > 20, "it serves again"
    share = upstreams["a"].calls()["calls"] / len(crowd.answers)
    print(f"killed and back: {len(crowd.answers)} calls, none failed; {share:.0%} went to it after it was back")
    for upstream in upstreams.values():
        upstream.stop()


def test_answers_that_break_off_open_the_circuit_too(own_gateway, three):
    upstreams, lines = three
    cuts = f"fake@{USES},chunks=8,gap_ms=2,reset_after=3"
    gateway = own_gateway(config(lines, first=cuts), HELIX__LOG__LEVEL="warn")
    key = gateway.create_key("one")
    client = openai.OpenAI(base_url=gateway.openai_url, api_key=key.secret, max_retries=0)
    broken = []
    for number in range(60):
        try:
            for _ in client.chat.completions.create(model="m", messages=QUESTION, max_tokens=64, stream=True):
                pass
        except openai.APIError as told:
            assert told.code == "upstream_failed"
            broken.append(number)
    print(f"one of three cuts its answers: callers {broken} of 60 saw it")
    assert broken[:FAILURES] == [0, 3, 6, 9, 12], "each third call, until its circuit opens"
    assert len(broken) <= FAILURES + 3
    records = prove_finished(gateway, upstreams)
    assert sum(record["outcome"] == "upstream_failed" for record in records) == len(broken)


def test_by_latency_a_slow_one_is_left_to_those_who_find_out_how_slow_it_is(own_gateway, three):
    upstreams, lines = three
    slow = f"fake@{USES},latency_ms=400,chunks=4,gap_ms=2"
    gateway = own_gateway(config(lines, first=slow, strategy="lowest_latency"), HELIX__LOG__LEVEL="warn")
    crowd = asyncio.run(crowd_for(gateway, 5))
    assert seen(crowd) == {"whole": len(crowd.answers)}
    prove(gateway, upstreams)
    share = upstreams["a"].calls()["calls"] / len(crowd.answers)
    print(f"lowest latency: {share:.1%} of {len(crowd.answers)} calls went to the slow one")
    assert share < 0.08


def test_where_all_fail_the_caller_gets_one_error_of_a_type_that_sdks_know(own_gateway, three):
    upstreams, lines = three
    broken = f"fake@{USES},status=500"
    gateway = own_gateway(config(lines, first=broken, others=broken), HELIX__LOG__LEVEL="warn")
    key = gateway.create_key("one")
    client = openai.OpenAI(base_url=gateway.openai_url, api_key=key.secret, max_retries=0)
    codes = Counter()
    started = time.monotonic()
    for _ in range(30):
        with pytest.raises(openai.InternalServerError) as told:
            client.chat.completions.create(model="m", messages=QUESTION, max_tokens=64)
        codes[(told.value.status_code, told.value.code)] += 1
        assert int(told.value.response.headers["retry-after"]) >= 1
    assert set(codes) <= {(502, "upstream_failed"), (503, "backends_unavailable")}
    asked = sum(upstream.calls()["arrived"] for upstream in upstreams.values())
    print(f"all three fail: {dict(codes)} in {time.monotonic() - started:.1f} s, {asked} requests for 30 calls")
    assert asked <= 3 * FAILURES + 30 + 3 * 8
    assert all(cost(record) == 0 for record in gateway.calls())


def test_no_more_calls_are_at_a_provider_than_may_and_the_others_wait_their_turn(own_gateway, three):
    upstreams, lines = three
    slow = f"fake@{USES},latency_ms=200"
    limited = {"backend": {"max_concurrent": 2}, "routing": {"queue_ms": 20_000}}
    gateway = own_gateway(config(lines, first=slow, others=slow, **limited))
    client = openai.AsyncOpenAI(base_url=gateway.openai_url, api_key=gateway.create_key("many").secret, max_retries=0)

    async def all_at_once():
        ask = lambda: client.chat.completions.create(model="m", messages=QUESTION, max_tokens=64)  # noqa: E731
        await asyncio.gather(*(ask() for _ in range(30)))

    started = time.monotonic()
    asyncio.run(all_at_once())
    took = time.monotonic() - started
    assert took >= 5 * 0.2, "six at once"
    records = prove(gateway, upstreams)
    assert Counter(record["provider"] for record in records).most_common()[-1][1] >= 5


def test_who_waits_in_vain_is_told_to_come_again(own_gateway, fake):
    backend = {"provider": "fake", "model": f"fake@{USES},latency_ms=1500", "max_concurrent": 1}
    gateway = own_gateway(
        {
            "routing": {"queue_ms": 100},
            "providers": {"fake": provider("openai", fake.url)},
            "models": [{"name": "m", "price": PRICE, "backends": [backend]}],
        }
    )
    client = openai.AsyncOpenAI(base_url=gateway.openai_url, api_key=gateway.create_key("two").secret, max_retries=0)

    async def two():
        ask = lambda: client.chat.completions.create(model="m", messages=QUESTION, max_tokens=64)  # noqa: E731
        return await asyncio.gather(ask(), ask(), return_exceptions=True)

    told = [each for each in asyncio.run(two()) if isinstance(each, Exception)]
    assert len(told) == 1 and isinstance(told[0], openai.RateLimitError), told
    assert "has as many calls as it may have" in told[0].message
    assert told[0].response.headers["retry-after"] == "1"


def test_a_team_whose_data_must_stay_in_a_region_is_served_there_or_not_at_all(own_gateway, fake):
    served = [
        {"provider": "us", "model": f"fake@{USES},tag=us", "region": "us"},
        {"provider": "eu", "model": f"fake@{USES},tag=eu", "region": "eu"},
    ]
    gateway = own_gateway(
        {
            "providers": {name: provider("openai", fake.url) for name in ("us", "eu")},
            "models": [
                {"name": "both", "price": PRICE, "backends": served},
                {"name": "only-us", "price": PRICE, "backends": served[:1]},
            ],
            "teams": [{"name": "Research", "regions": ["eu"]}],
        }
    )
    gateway.add_user("ada@example.com", team="Research")
    key = gateway.create_key("research", user="ada@example.com")
    client = openai.OpenAI(base_url=gateway.openai_url, api_key=key.secret, max_retries=0)
    answer = client.chat.completions.with_raw_response.create(model="both", messages=QUESTION, max_tokens=64)
    record = gateway.call(answer.headers["x-request-id"])
    assert record["provider"] == "eu" and "us is in a region that the team may not use" in route_of(record)
    with pytest.raises(openai.PermissionDeniedError) as told:
        client.chat.completions.create(model="only-us", messages=QUESTION, max_tokens=64)
    assert "may be processed in eu only" in told.value.message


def test_the_cheapest_that_can_serve_the_call_is_asked_and_the_receipt_says_so(own_gateway, fake):
    def backend(name: str, dollars: str, **more) -> dict:
        price = {"input": dollars, "output": dollars}
        return {"provider": name, "model": f"fake@{USES},tag={name}", "price": price} | more

    gateway = own_gateway(
        {
            "providers": {name: provider("openai", fake.url) for name in ("dear", "cheap", "blind")},
            "models": [
                {
                    "name": "m",
                    "price": PRICE,
                    "strategy": "lowest_cost",
                    "backends": [
                        backend("dear", "9"),
                        backend("cheap", "3"),
                        backend("blind", "1", capabilities={"tools": False}),
                    ],
                }
            ],
        }
    )
    client = openai.OpenAI(base_url=gateway.openai_url, api_key=gateway.create_key("one").secret, max_retries=0)

    def asked(**more) -> dict:
        raw = client.chat.completions.with_raw_response.create(model="m", messages=QUESTION, max_tokens=64, **more)
        return gateway.call(raw.headers["x-request-id"])

    assert asked()["provider"] == "blind"
    tool = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
    record = asked(tools=[tool])
    assert record["provider"] == "cheap"
    assert "lowest_cost of 2" in route_of(record) and "it calls no tools" in route_of(record)


def test_another_model_answers_where_none_of_the_first_can_and_is_paid_for(own_gateway, fake):
    """By an outage, and by a prompt that is too long for the first; but none that the caller may not use."""
    dear = {"input": "30", "output": "150"}
    window = {"capabilities": {"context_tokens": 2_000}}
    models = [
        model("broken", "p", PRICE, upstream="fake@status=500,tag=broken") | {"fallbacks": ["secret", "large"]},
        model("small", "p", PRICE, upstream=f"fake@{USES},tag=small") | {"fallbacks": ["large"]} | window,
        model("lonely", "p", PRICE, upstream="fake@status=500,tag=lonely") | {"fallbacks": ["secret"]},
        model("secret", "p", PRICE, upstream=f"fake@{USES},tag=secret"),
        model("large", "p", dear, upstream=f"fake@{USES},tag=large"),
    ]
    gateway = own_gateway(
        {
            "providers": {"p": provider("openai", fake.url)},
            "models": models,
            "teams": [{"name": "Research", "models": {"deny": ["secret"]}}],
            "budgets": [{"level": "instance", "limit": "5", "mode": "hard"}],
        }
    )
    gateway.add_user("ada@example.com", team="Research")
    key = gateway.create_key("research", user="ada@example.com")
    client = openai.OpenAI(base_url=gateway.openai_url, api_key=key.secret, max_retries=0)

    def ask(name: str, text: str = "hello"):
        question = [{"role": "user", "content": text}]
        return client.chat.completions.with_raw_response.create(model=name, messages=question, max_tokens=64)

    bill = (30 * Decimal(dear["input"]) + 50 * Decimal(dear["output"])) / MILLION
    for raw in (ask("broken"), ask("small", "word " * 4_000)):
        assert raw.headers["x-helix-fallback-model"] == "large"
        record = gateway.call(raw.headers["x-request-id"])
        assert (record["outcome"], record["model"], cost(record)) == ("finished", "large", bill), record
    assert "x-helix-fallback-model" not in ask("small").headers
    with pytest.raises(openai.InternalServerError):
        ask("lonely")
    gateway.wait_for_the_ledger()
    assert Decimal(gateway.budgets()[0]["spent"]) == sum(map(cost, gateway.calls()))
    assert gateway.metric("helix_budget_reserved_nanos") == 0
