"""The database is stopped, hangs, is slow, loses its answer, or is away for so long that the journal is full."""

import asyncio
import json
import statistics
import time

import pytest

from parts.crowd import Answer, Crowd
from parts.database_server import DatabaseServer
from parts.databases import fresh_database
from parts.line import Line
from parts.proof import config, prove, prove_at_rest, questions

CALLERS = 40
LIMIT_BYTES = 1024 * 1024
SERVERS = ["postgres", "mysql"]


@pytest.fixture
def server(request, tmp_path):
    running = DatabaseServer(request.param, tmp_path)
    yield running
    running.go_on()
    running.kill()


@pytest.fixture(params=SERVERS)
def line(request):
    running = Line(fresh_database(request.param))
    yield running
    running.close()


def crowd_of(gateway, key, pause_seconds: float = 0) -> Crowd:
    return Crowd(lambda: gateway.url, key.secret, questions(), CALLERS, pause_seconds)


def warnings(gateway) -> str:
    status, told = gateway.readiness()
    assert status == 200 and told["ready"] and not told["reasons"], told
    return " ".join(told["warnings"])


def slowest(answers: list[Answer]) -> float:
    return max(answer.seconds for answer in answers)


@pytest.mark.parametrize("server", SERVERS, indirect=True)
def test_calls_go_on_while_the_database_is_killed_or_hangs_and_all_are_in_the_ledger_afterwards(
    server, own_gateway, itemizing
):
    gateway = own_gateway(config(itemizing, server.url, mode="soft"), HELIX__LOG__LEVEL="warn")
    key = gateway.create_key("crowd")

    async def storm() -> Crowd:
        async with crowd_of(gateway, key) as crowd:
            crowd.may_ask(True)
            await asyncio.sleep(1)
            server.kill()
            await crowd.until(lambda: "has not answered since 20" in warnings(gateway))
            await crowd.until(lambda: f"of {1 << 30} bytes" in warnings(gateway))
            await asyncio.sleep(2)
            await asyncio.to_thread(server.start)
            await crowd.until(lambda: warnings(gateway) == "")
            server.hang()
            await crowd.until(lambda: "no answer yet" in warnings(gateway) or "not answered within" in warnings(gateway))
            await asyncio.sleep(2)
            server.go_on()
            await crowd.until(lambda: warnings(gateway) == "")
        return crowd

    crowd = asyncio.run(storm())
    assert {answer.status for answer in crowd.answers} == {200} and crowd.cut_off == 0
    assert slowest(crowd.answers) < 3, "nobody waited for the database"
    assert set(prove(gateway, itemizing, crowd.answers, server.url)) == {"finished"}
    prove_at_rest(gateway)


def test_a_slow_database_makes_no_call_slower(line, own_gateway, itemizing):
    gateway = own_gateway(config(itemizing, line.url), HELIX__LOG__LEVEL="warn")
    key = gateway.create_key("crowd")

    async def storm(delay_seconds: float) -> list[Answer]:
        line.delay_seconds = delay_seconds
        async with crowd_of(gateway, key, pause_seconds=0.05) as crowd:
            crowd.may_ask(True)
            await asyncio.sleep(3)
        return crowd.answers

    def median(answers: list[Answer], model: str) -> float:
        return statistics.median(answer.seconds for answer in answers if answer.question.body["model"] == model)

    fast, slow = asyncio.run(storm(0)), asyncio.run(storm(0.15))
    line.delay_seconds = 0
    for model in ("brief-openai", "long-openai"):
        print(f"{model}: {median(fast, model) * 1000:.0f} ms, and {median(slow, model) * 1000:.0f} ms with a slow database")
        assert median(slow, model) < median(fast, model) * 1.25 + 0.03, "less than a single way to the database"
    assert set(prove(gateway, itemizing, fast + slow, line.url)) == {"finished"}


def test_a_commit_whose_answer_is_lost_is_neither_repeated_nor_waited_for(line, own_gateway, itemizing):
    gateway = own_gateway(config(itemizing, line.url, mode="soft"), HELIX__LOG__LEVEL="warn")
    key = gateway.create_key("crowd")

    async def storm() -> Crowd:
        async with crowd_of(gateway, key) as crowd:
            crowd.may_ask(True)
            for cuts in range(1, 4):
                line.is_cut_after_commit = True
                await crowd.until(lambda cuts=cuts: line.commits_cut == cuts)
                await asyncio.sleep(0.5)
        return crowd

    crowd = asyncio.run(storm())
    assert {answer.status for answer in crowd.answers} == {200}
    assert set(prove(gateway, itemizing, crowd.answers, line.url)) == {"finished"}
    prove_at_rest(gateway)


def test_at_the_bound_of_the_journal_calls_are_refused_before_the_provider_is_asked(line, own_gateway, itemizing):
    settings = config(itemizing, line.url, mode="soft") | {"records": {"backlog_limit_bytes": LIMIT_BYTES}}
    gateway = own_gateway(settings, HELIX__LOG__LEVEL="warn")
    key = gateway.create_key("crowd")

    async def storm() -> Crowd:
        async with crowd_of(gateway, key, pause_seconds=0.02) as crowd:
            crowd.may_ask(True)
            await asyncio.sleep(0.5)
            line.die()
            await crowd.until(lambda: gateway.readiness()[0] == 503)
            await crowd.until(lambda: not calls_under_way(crowd, itemizing))
            arrived = itemizing.calls()["arrived"]
            await asyncio.sleep(2)
            assert itemizing.calls()["arrived"] == arrived, "a refused call costs nothing"
            told = gateway.readiness()[1]
            assert not told["ready"]
            assert any(f"its limit is {LIMIT_BYTES}" in reason for reason in told["reasons"]), told
            assert any("the database has not answered since 20" in reason for reason in told["reasons"]), told
            assert gateway.metric("helix_journal_backlog_bytes") < LIMIT_BYTES * 9 / 8 + 100_000
            line.revive()
            await crowd.until(lambda: gateway.readiness() == (200, {"ready": True, "reasons": [], "warnings": []}))
            await asyncio.sleep(1)
        return crowd

    crowd = asyncio.run(storm())
    refused = [answer for answer in crowd.answers if answer.status != 200]
    assert refused and {answer.status for answer in refused} == {503}
    for answer in refused:
        error = json.loads(answer.body)["error"]
        assert answer.request_id in error["message"] and "/readyz" in error["message"], error
        assert error["type"] in ("server_error", "overloaded_error"), error
    assert {answer.status for answer in crowd.answers[-CALLERS:]} == {200}, "it goes on without a restart"
    assert set(prove(gateway, itemizing, crowd.answers, line.url)) == {"finished", "refused"}
    prove_at_rest(gateway)


def calls_under_way(crowd: Crowd, upstream) -> bool:
    """Whether the provider still has calls; callers are refused meanwhile."""
    before = upstream.calls()["arrived"]
    time.sleep(1)
    return upstream.calls()["arrived"] != before
