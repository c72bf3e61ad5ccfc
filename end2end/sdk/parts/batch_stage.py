"""The stage of batches: vendors, models whose batches go differently, and what a batch costs there."""

import time
from decimal import Decimal

from parts.batches import Account, AnthropicBatches, OpenAiBatches
from parts.configuration import CANARY, model, provider

COUNTS = "input_tokens=100,output_tokens=40"
BATCH_PRICE = {"input": "1.50", "output": "7.50"}
PRICE = {"input": "3", "output": "15", "service_tiers": {"batch": BATCH_PRICE}}
KINDS = ("openai", "azure", "anthropic")
SDKS = {"openai": OpenAiBatches, "azure": OpenAiBatches, "anthropic": AnthropicBatches}
# How the batches of a model go; each has a model of every kind, `done-openai` and so on.
BEHAVIOURS = {
    "done": "batch_polls=1",
    "expired": "batch_end=expired",
    "cancelled": "batch_end=cancelled",
    "failed": "batch_end=failed",
    "errors": "batch_errors=1",
    "stopped": "batch_polls=2",
    "owned": "batch_polls=3",
    "cut": "batch_cuts=2",
    "raced": "",
    "refused": "batch_status=429",
    "listed": "",
}
SETTLED_SECONDS = 30


def upstream_name(name: str, kind: str) -> str:
    directives = ",".join(filter(None, [COUNTS, BEHAVIOURS.get(name, ""), f"tag={name}-{kind}"]))
    return f"fake@{directives}"


def providers(upstream) -> dict:
    azure = {"kind": "azure", "base_url": upstream.url, "api_key": CANARY}
    return {
        "openai": provider("openai", upstream.url),
        "azure": azure,
        "anthropic": provider("anthropic", upstream.url),
    }


def config(upstream, names=tuple(BEHAVIOURS), **more) -> dict:
    return {
        "providers": providers(upstream),
        "files": {"provider": "openai"},
        "models": [
            model(f"{name}-{kind}", kind, PRICE, upstream=upstream_name(name, kind)) for name in names for kind in KINDS
        ],
        "teams": [{"name": "Research", "models": {"deny": ["owned-azure"]}}],
        "budgets": [{"level": "instance", "limit": "1000.00", "mode": "hard"}],
    } | more


def spent_nanos(gateway) -> int:
    """What the hard budget has spent or set aside."""
    return int(Decimal(gateway.budgets()[0]["spent"]) * 1_000_000_000)


def wait_until_settled(account: Account, cost: int):
    deadline = time.monotonic() + SETTLED_SECONDS
    while account.costs() != cost:
        assert time.monotonic() < deadline, f"it costs {account.costs()} and not {cost}"
        time.sleep(0.1)
    assert account.corrections() == 1
