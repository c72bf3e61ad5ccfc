"""Batches where money is short, nobody comes back, or a gateway dies: what they cost is put right once."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import anthropic
import openai
import pytest

from parts.batch_stage import (
    BATCH_PRICE,
    COUNTS,
    KINDS,
    SDKS,
    SETTLED_SECONDS,
    config,
    spent_nanos,
    upstream_name,
    wait_until_settled,
)
from parts.batches import Account, OpenAiBatches, billed_nanos
from parts.configuration import model
from parts.databases import fresh_database
from parts.upstreams import FakeProvider


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    running = FakeProvider(tmp_path_factory.mktemp("vendors"))
    yield running
    running.stop()


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


def test_a_batch_that_a_hard_budget_does_not_cover_is_402(own_gateway, upstream, kind):
    # A dollar covers 133,333 answer tokens.
    budget = {"level": "instance", "limit": "1.00", "mode": "hard"}
    gateway = own_gateway(config(upstream, ("unpaid",), budgets=[budget]))
    batches = SDKS[kind](gateway, gateway.create_key("poor"))
    with pytest.raises((openai.APIStatusError, anthropic.APIStatusError)) as refused:
        batches.begin(f"unpaid-{kind}", limit=50_000)
    assert refused.value.status_code == 402 and "limit of the answer" in str(refused.value)
    [record] = gateway.calls_of(f"unpaid-{kind}", 1)
    assert (record["outcome"], record["cost"]) == ("refused", "0.000000000")
    assert not batches.list()
    first = batches.begin(f"unpaid-{kind}", limit=25_000)
    with pytest.raises((openai.APIStatusError, anthropic.APIStatusError)) as refused:
        batches.begin(f"unpaid-{kind}", limit=25_000)
    assert refused.value.status_code == 402, "what the first can cost is set aside"
    assert batches.retrieve(first.id).has_ended
    bill = billed_nanos(upstream, upstream_name("unpaid", kind), BATCH_PRICE)
    assert spent_nanos(gateway) == bill
    deadline = time.monotonic() + SETTLED_SECONDS
    while True:
        try:
            batches.begin(f"unpaid-{kind}", limit=25_000)
            break
        except (openai.APIStatusError, anthropic.APIStatusError) as still:
            assert still.status_code == 402 and time.monotonic() < deadline, still
            time.sleep(0.1)


def test_a_batch_is_one_request_and_its_tokens_are_no_matter_of_rate_limits(own_gateway, upstream, kind):
    limit = {"level": "key", "name": "*", "requests": 1, "tokens": 500, "concurrent": 1}
    gateway = own_gateway(config(upstream, ("paced",), limits=[limit]))
    batches = SDKS[kind](gateway, gateway.create_key("paced"))
    batches.begin(f"paced-{kind}", limit=50_000)
    with pytest.raises((openai.RateLimitError, anthropic.RateLimitError)) as refused:
        batches.begin(f"paced-{kind}", limit=50_000)
    assert "is used up: 1 requests a minute" in str(refused.value)
    assert 50 <= int(refused.value.response.headers["retry-after"]) <= 61


def test_a_batch_that_nobody_comes_back_for_is_put_right_by_itself(own_gateway, upstream, kind):
    name = f"unfetched-{kind}"
    gateway = own_gateway(config(upstream, ("unfetched",), batches={"watch_seconds": 1}))
    SDKS[kind](gateway, gateway.create_key("gone")).begin(name)
    account = Account(gateway, name)
    assert account.wait_until_charged()
    wait_until_settled(account, 4 * (100 * 1_500 + 40 * 7_500))
    assert account.costs() == billed_nanos(upstream, upstream_name("unfetched", kind), BATCH_PRICE)
    time.sleep(2.5)
    assert account.corrections() == 1, "it is not asked for again"
    assert spent_nanos(gateway) == account.costs()


def test_kill_9_between_the_beginning_and_the_end_loses_nothing(own_gateway, upstream, kind):
    name = f"killed-{kind}"
    gateway = own_gateway(config(upstream, ("killed",)))
    key = gateway.create_key("victim")
    begun = SDKS[kind](gateway, key).begin(name)
    gateway.process.kill()
    gateway.start()
    batches, account = SDKS[kind](gateway, key), Account(gateway, name)
    charged = account.wait_until_charged()
    assert spent_nanos(gateway) == charged, "it is still set aside"
    assert batches.list() == [begun.id] and batches.retrieve(begun.id).has_ended
    bill = billed_nanos(upstream, upstream_name("killed", kind), BATCH_PRICE)
    assert bill == 4 * (100 * 1_500 + 40 * 7_500) and account.costs() == bill
    gateway.process.kill()
    gateway.start()
    assert (spent_nanos(gateway), account.costs(), account.corrections()) == (bill, bill, 1)
    assert SDKS[kind](gateway, key).results(begun.id) == {f"r{index}": "done" for index in range(4)}


def test_kill_9_at_any_moment_of_putting_a_bill_right_puts_it_right_once(own_gateway, upstream, kind):
    name = f"settling-{kind}"
    gateway = own_gateway(config(upstream, ("settling",)))
    key = gateway.create_key("victim")
    begun = [SDKS[kind](gateway, key).begin(name, 40).id for _ in range(6)]
    account = Account(gateway, name)
    account.wait_until_charged()
    gateway.wait_for_the_ledger()

    def retrieve(batch: str):
        try:
            SDKS[kind](gateway, key).retrieve(batch)
        except (openai.APIError, anthropic.APIError):
            pass  # it was killed meanwhile

    for index, batch in enumerate(begun):
        asking = threading.Thread(target=retrieve, args=(batch,))
        asking.start()
        time.sleep(0.01 * index)
        gateway.process.kill()
        asking.join()
        gateway.start()
    batches = SDKS[kind](gateway, key)
    assert all(batches.retrieve(batch).has_ended for batch in begun)
    bill = billed_nanos(upstream, upstream_name("settling", kind), BATCH_PRICE)
    assert bill == 6 * 40 * (100 * 1_500 + 40 * 7_500)
    assert (account.costs(), account.corrections(), spent_nanos(gateway)) == (bill, 6, bill)


@pytest.mark.parametrize("database", ["postgres", "mysql"])
def test_of_two_nodes_one_puts_a_bill_right(own_gateway, upstream, kind, database):
    name, url = f"{database}-{kind}", fresh_database(database)
    settings = config(upstream, (database,), database={"url": url}, batches={"watch_seconds": 1})
    nodes = [own_gateway(settings), own_gateway(settings)]
    key = nodes[0].create_key("both")
    nodes[1].wait_until_known(key)
    batches = [SDKS[kind](node, key) for node in nodes]
    begun = [batches[index % 2].begin(name).id for index in range(4)]
    account = Account(nodes[0], name, url)
    account.wait_until_charged()
    with ThreadPoolExecutor(16) as pool:
        seen = list(pool.map(lambda index: batches[index % 2].retrieve(begun[index // 2 % 4]), range(32)))
    assert all(batch.has_ended for batch in seen)
    bill = billed_nanos(upstream, upstream_name(database, kind), BATCH_PRICE)
    assert bill == 4 * 4 * (100 * 1_500 + 40 * 7_500)
    assert (account.costs(), account.corrections()) == (bill, 4)
    assert all(len(batches[1].results(batch)) == 4 for batch in begun)


def test_a_price_without_a_batch_tier_is_the_whole_price(own_gateway, upstream):
    whole = {"input": "3", "output": "15"}
    models = [model("whole", "openai", whole, upstream=f"fake@{COUNTS},tag=whole")]
    gateway = own_gateway(config(upstream, (), models=models))
    batches = OpenAiBatches(gateway, gateway.create_key("whole"))
    begun = batches.begin("whole")
    account = Account(gateway, "whole")
    account.wait_until_charged()
    assert batches.retrieve(begun.id).has_ended
    assert account.costs() == billed_nanos(upstream, f"fake@{COUNTS},tag=whole", whole) == 4 * 900_000


def test_without_a_word_where_files_go_there_has_to_be_one_place(own_gateway, upstream):
    gateway = own_gateway(config(upstream, ("done",), files={}))
    sdk = OpenAiBatches(gateway, gateway.create_key("files")).sdk
    with pytest.raises(openai.BadRequestError, match="files.provider"):
        sdk.files.create(file=("notes.txt", b"some notes"), purpose="user_data")
