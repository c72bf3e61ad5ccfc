"""What must hold of a ledger, whatever has happened: call by call against the provider's bill and what callers saw.

- A call that reached the provider is in the ledger once.
- Its end was seen: it costs exactly what the provider billed.
- Its end was not seen (`interrupted`): it costs all that was reserved for it, which is no less than the bill.
- It is in the ledger and never reached the provider: it was interrupted just before, or refused and free.
- Its caller has seen all of its answer: its end was seen.
- It was refused: it is in the ledger too, but for those that the gateway itself counts as too many to keep.
"""

from collections import Counter
from decimal import Decimal

from .books import Books
from .configuration import model, provider
from .crowd import Answer, Question
from .gateway import Gateway, cost
from .upstreams import FakeProvider

PRICE = {"input": "3", "output": "15"}
DOLLAR_NANOS = 1_000_000_000
MILLION = Decimal(1_000_000)
# From an answer at once to one that is under way for most of a second.
MODELS = {
    "brief-openai": "latency_ms=40",
    "brief-anthropic": "latency_ms=40",
    "long-openai": "latency_ms=150,chunks=12,gap_ms=40",
    "long-anthropic": "latency_ms=150,chunks=12,gap_ms=40",
}
QUESTION = [{"role": "user", "content": "hi"}]


def config(upstream: FakeProvider, database: str | None, mode: str = "hard") -> dict:
    def served(name: str) -> dict:
        behaviour = f"fake@{MODELS[name]},input_tokens=30,output_tokens=50"
        return model(name, name.split("-")[1], PRICE, upstream=behaviour)

    shared = {"database": {"url": database}} if database else {}
    return {
        "providers": {kind: provider(kind, upstream.url) for kind in ("openai", "anthropic")},
        "models": [served(name) for name in MODELS],
        "budgets": [{"level": "instance", "limit": "1000000", "mode": mode}],
    } | shared


def questions() -> list[Question]:
    """Every model in both dialects, streamed and whole."""
    return [
        Question(path, {"model": name, "stream": stream, "max_tokens": 64, "messages": QUESTION})
        for path in ("/v1/chat/completions", "/v1/messages")
        for name in MODELS
        for stream in (True, False)
    ]


def bill(item: dict) -> Decimal:
    """Dollars."""
    return (item["input"] * Decimal(PRICE["input"]) + item["output"] * Decimal(PRICE["output"])) / MILLION


def prove(
    gateway: Gateway,
    upstream: FakeProvider,
    answers: list[Answer],
    database: str | None = None,
    ends_are_lost: bool = False,
) -> Counter:
    """Compares everything with everything, once every record is in the database; gives how the calls ended.

    `ends_are_lost`: the gateway was killed while its disk was full, and with it the ends that the disk had not taken.
    """
    gateway.wait_for_the_ledger()
    assert gateway.metric("helix_budget_reserved_nanos") == 0, "nothing is reserved at rest"
    items = {item["request"]: item for item in upstream.items()}
    assert len(items) == upstream.calls()["arrived"], "every call came with a name of its own"
    receipts = gateway.calls()
    records = {record["request_id"]: record for record in receipts}
    assert len(records) == len(receipts), "no call is in the ledger twice"
    _compare_each_call(items, records)
    unrecorded = int(gateway.metric("helix_unrecorded_refusals_total"))
    _compare_what_callers_saw(answers, items, records, unrecorded, ends_are_lost)
    total = sum(map(cost, receipts))
    _compare_sums(Books(database or gateway.directory), receipts, total)
    assert Decimal(gateway.budgets()[0]["spent"]) == total
    return Counter(record["outcome"] for record in receipts)


def prove_at_rest(gateway: Gateway):
    """Stops it, and looks at what it leaves behind."""
    assert gateway.process.stop() == 0
    assert gateway.command("budgets", "leases", "--format", "json") == "", "nothing is leased at rest"
    assert Decimal(gateway.budgets()[0]["reserved"]) == 0
    gateway.command("audit", "verify")
    gateway.command("journal", "verify")
    assert gateway.command("journal", "inspect", "--open") == "", "every call has an end"


def _compare_each_call(items: dict, records: dict):
    for name, item in items.items():
        assert item["arrived"] == 1 and item["billed"] <= 1, item
        record = records.get(name)
        assert record and record["provider"], f"the provider was asked and the ledger does not know: {item}"
        if record["outcome"] == "finished":
            assert item["is_whole"] and cost(record) == bill(item), (item, record)
        else:
            assert record["outcome"] == "interrupted" and record["is_estimated"], (item, record)
            assert cost(record) >= bill(item), (item, record)
    for name in records.keys() - items.keys():
        record = records[name]
        if record["outcome"] == "refused":
            assert cost(record) == 0 and not record["provider"], record
        else:
            assert record["outcome"] == "interrupted" and record["provider"], record


def _compare_what_callers_saw(
    answers: list[Answer], items: dict, records: dict, unrecorded: int, ends_are_lost: bool
):
    for answer in answers:
        record = records.get(answer.request_id)
        if answer.status == 200:
            assert record, f"a caller was given an id that the ledger does not know: {answer}"
            assert record["outcome"] == "finished" or not answer.is_whole or ends_are_lost, (answer, record)
        else:
            assert answer.request_id not in items, answer
            assert record is None or record["outcome"] == "refused", (answer, record)
    missing = [answer for answer in answers if answer.request_id not in records]
    assert len(missing) == unrecorded or ends_are_lost, f"{len(missing)} refused calls have no record: {missing[:3]}"


def _compare_sums(books: Books, receipts: list[dict], total: Decimal):
    nanos = int(total * DOLLAR_NANOS)
    assert books.number("SELECT SUM(cost_nanos) FROM calls") == nanos
    assert books.number("SELECT SUM(cost_nanos) FROM cost_lines") == nanos
    unequal = (
        "SELECT call_id FROM cost_lines GROUP BY call_id"
        " HAVING SUM(cost_nanos) <> (SELECT cost_nanos FROM calls WHERE id = call_id)"
    )
    assert books.rows(unequal) == [], "the lines of each call add up to its cost"
    asked = sum(1 for record in receipts if record["provider"])
    for table in books.roll_ups():
        assert books.number(f"SELECT SUM(cost_nanos) FROM {table}") == nanos, table
        assert books.number(f"SELECT SUM(calls) FROM {table}") == asked, table
