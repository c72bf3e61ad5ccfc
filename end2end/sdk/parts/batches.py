"""Requests of batches, what becomes of them, and batches of two vendors through their own SDKs as one."""

import json
import time
from dataclasses import dataclass
from decimal import Decimal

import anthropic
import openai

from .books import Books
from .gateway import Gateway, Key

CHATS = "/v1/chat/completions"
MILLION = Decimal(1_000_000)
END_SECONDS = 30


def openai_lines(model: str, count: int, url: str = CHATS, **body) -> bytes:
    """A file for a batch: `count` requests, named r0, r1, ….

    What `body` gives takes the place of a chat's messages.
    """
    body = body or {"messages": [{"role": "user", "content": "hello"}], "max_completion_tokens": 200}
    lines = [
        {"custom_id": f"r{index}", "method": "POST", "url": url, "body": {"model": model, **body}}
        for index in range(count)
    ]
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def anthropic_requests(model: str, count: int, **params) -> list[dict]:
    """`count` requests, named r0, r1, ….

    What `params` gives is added.
    """
    message = {"role": "user", "content": "hello"}
    params = {"model": model, "max_tokens": 200, "messages": [message], **params}
    return [{"custom_id": f"r{index}", "params": params} for index in range(count)]


def results(lines: bytes | str) -> dict[str, dict]:
    """The lines of a file of results, by the names of their requests."""
    parsed = [json.loads(line) for line in lines.splitlines()]
    return {line["custom_id"]: line for line in parsed}


@dataclass(frozen=True)
class Seen:
    """A batch as its owner sees it."""

    id: str
    status: str
    done: int
    has_ended: bool


class OpenAiBatches:
    """OpenAI's SDK."""

    def __init__(self, gateway: Gateway, key: Key):
        self.sdk = openai.OpenAI(base_url=gateway.openai_url, api_key=key.secret, max_retries=0, timeout=30)

    def begin(self, model: str, count: int = 4, limit: int = 200) -> Seen:
        body = {"messages": [{"role": "user", "content": "hello"}], "max_completion_tokens": limit}
        file = self.sdk.files.create(file=("b.jsonl", openai_lines(model, count, **body)), purpose="batch")
        asked = {"endpoint": CHATS, "completion_window": "24h"}
        return self._seen(self.sdk.batches.create(input_file_id=file.id, **asked))

    def retrieve(self, batch: str) -> Seen:
        return self._seen(self.sdk.batches.retrieve(batch))

    def cancel(self, batch: str) -> Seen:
        return self._seen(self.sdk.batches.cancel(batch))

    def list(self) -> list[str]:
        return [batch.id for batch in self.sdk.batches.list()]

    def results(self, batch: str) -> dict[str, str]:
        """What became of each request: `done`, or why it was not."""
        batch = self.sdk.batches.retrieve(batch)
        told = {}
        for file in (batch.output_file_id, batch.error_file_id):
            lines = results(self.sdk.files.content(file).read()) if file else {}
            for name, line in lines.items():
                is_done = line["response"] and line["response"]["status_code"] == 200
                told[name] = "done" if is_done else (line["error"] or {"code": "errored"})["code"].removeprefix("batch_")
        return told

    @staticmethod
    def _seen(batch) -> Seen:
        done = batch.request_counts.completed if batch.request_counts else 0
        ends = ("completed", "failed", "expired", "cancelled")
        return Seen(batch.id, batch.status, done, batch.status in ends)


class AnthropicBatches:
    """Anthropic's SDK."""

    KINDS = {"succeeded": "done", "canceled": "cancelled"}

    def __init__(self, gateway: Gateway, key: Key):
        self.sdk = anthropic.Anthropic(base_url=gateway.url, api_key=key.secret, max_retries=0, timeout=30)
        self._batches = self.sdk.messages.batches

    def begin(self, model: str, count: int = 4, limit: int = 200) -> Seen:
        requests = anthropic_requests(model, count, max_tokens=limit)
        return self._seen(self._batches.create(requests=requests))

    def retrieve(self, batch: str) -> Seen:
        return self._seen(self._batches.retrieve(batch))

    def cancel(self, batch: str) -> Seen:
        return self._seen(self._batches.cancel(batch))

    def list(self) -> list[str]:
        return [batch.id for batch in self._batches.list()]

    def results(self, batch: str) -> dict[str, str]:
        """What became of each request: `done`, or why it was not."""
        lines = self._batches.results(batch)
        return {line.custom_id: self.KINDS.get(line.result.type, line.result.type) for line in lines}

    @staticmethod
    def _seen(batch) -> Seen:
        status = batch.processing_status
        return Seen(batch.id, status, batch.request_counts.succeeded, status == "ended")


class Account:
    """What batches of one model were charged, by a gateway's ledger; in nano-dollars."""

    def __init__(self, gateway: Gateway, model: str, database: str | None = None):
        self._books = Books(database or gateway.directory)
        self._calls = f"(SELECT id FROM calls WHERE model = '{model}')"

    def _sum(self, table: str) -> int:
        return self._books.number(f"SELECT SUM(cost_nanos) FROM {table} WHERE call_id IN {self._calls}")

    def charged(self) -> int:
        """What it was charged at first."""
        return self._sum("cost_lines")

    def costs(self) -> int:
        """What it costs after all corrections."""
        return self._sum("cost_lines") + self._sum("correction_lines")

    def corrections(self) -> int:
        """How often it was put right."""
        query = f"SELECT COUNT(DISTINCT correction_id) FROM correction_lines WHERE call_id IN {self._calls}"
        return self._books.number(query)

    def wait_until_charged(self) -> int:
        """What it was charged, once the ledger has it."""
        deadline = time.monotonic() + END_SECONDS
        while not self.charged():
            assert time.monotonic() < deadline, "nothing was charged"
            time.sleep(0.05)
        return self.charged()


def billed_nanos(fake, model: str, price: dict) -> int:
    """What the provider bills a model's requests in batches, in nano-dollars."""
    lines = [line for line in fake.calls()["bill"] if line["model"] == model and line.get("batch")]
    dollars = sum(
        (line["input"] * Decimal(price["input"]) + line["output"] * Decimal(price["output"])) / MILLION for line in lines
    )
    nanos = dollars * 1_000_000_000
    assert nanos == int(nanos)
    return int(nanos)
