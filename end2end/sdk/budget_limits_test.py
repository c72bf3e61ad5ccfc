"""What a caller sees at the edge of a budget: shorter answers, warnings, refusals that say what to do."""

import json
from decimal import Decimal

import anthropic
import openai
import pytest

from parts.configuration import model, provider
from parts.gateway import cost

QUESTION = [{"role": "user", "content": "hello"}]
# Dollars per million tokens: a token costs $0.00002.
PRICE = {"input": "0", "output": "20"}
TOKEN = Decimal("0.00002")
PAID_FOR = 500
WANTED = 4_000


def config(fake, *budgets, directives="", dialect="openai") -> dict:
    upstream = f"fake@output_tokens=1000,answer_bytes=4000,{directives}"
    return {
        "providers": {"fake": provider(dialect, fake.url)},
        "models": [model("metered", "fake", PRICE, upstream=upstream)],
        "budgets": list(budgets),
    }


def hard(limit=TOKEN * PAID_FOR, **more) -> dict:
    return {"level": "instance", "limit": str(limit), "mode": "hard"} | more


def openai_of(gateway, key) -> openai.OpenAI:
    return openai.OpenAI(base_url=gateway.openai_url, api_key=key.secret, max_retries=0)


def anthropic_of(gateway, key) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=gateway.url, api_key=key.secret, max_retries=0)


def assert_spent_to_the_last_token(gateway):
    record = gateway.calls_of("metered", 1)[0]
    assert (record["outcome"], cost(record)) == ("finished", TOKEN * PAID_FOR)
    assert Decimal(gateway.budgets()[0]["spent"]) == TOKEN * PAID_FOR


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_an_answer_that_does_not_fit_what_is_left_is_shortened_and_the_caller_is_told(own_gateway, fake, stream):
    gateway = own_gateway(config(fake, hard(), directives=f"tag=short-{stream}"))
    client = openai_of(gateway, gateway.create_key("short"))
    raw = client.chat.completions.with_raw_response.create(
        model="metered", messages=QUESTION, max_tokens=WANTED, stream=stream
    )
    assert raw.headers["x-helix-output-limit"] == str(PAID_FOR)
    assert f"limited to {PAID_FOR} tokens instead of {WANTED}" in raw.headers["x-helix-budget-warning"]
    answer = raw.parse()
    reasons = [chunk.choices[0].finish_reason for chunk in answer if chunk.choices] if stream else [answer.choices[0].finish_reason]
    assert reasons[-1] == "length", "the provider itself ended it, and its bill is exact"
    assert_spent_to_the_last_token(gateway)
    with pytest.raises(openai.APIStatusError) as told:
        client.chat.completions.create(model="metered", messages=QUESTION, max_tokens=1)
    assert (told.value.status_code, told.value.code) == (402, "insufficient_quota")


def test_an_anthropic_answer_is_shortened_in_the_same_way_and_never_below_its_thinking(own_gateway, fake):
    gateway = own_gateway(config(fake, hard(), dialect="anthropic"))
    client = anthropic_of(gateway, gateway.create_key("short"))
    with pytest.raises(anthropic.APIStatusError) as told:
        client.messages.create(
            model="metered", messages=QUESTION, max_tokens=WANTED, thinking={"type": "enabled", "budget_tokens": 1_024}
        )
    assert told.value.status_code == 402, "less than it thinks would be refused by the provider"
    answer = client.messages.create(model="metered", messages=QUESTION, max_tokens=WANTED)
    assert (answer.stop_reason, answer.usage.output_tokens) == ("max_tokens", PAID_FOR)
    records = gateway.calls_of("metered", 2)
    assert [cost(record) for record in records] == [0, TOKEN * PAID_FOR]


def test_a_stream_of_a_provider_that_ignores_the_limit_is_ended_when_the_money_ends(own_gateway, fake):
    directives = "chunks=1000,gap_ms=2,ignore_limit,tag=ignores"
    gateway = own_gateway(config(fake, hard(), directives=directives))
    client = openai_of(gateway, gateway.create_key("endless"))
    pieces = []
    with pytest.raises(openai.APIError) as told:
        for chunk in client.chat.completions.create(model="metered", messages=QUESTION, max_tokens=WANTED, stream=True):
            pieces += [choice.delta.content for choice in chunk.choices if choice.delta.content]
    assert told.value.code == "insufficient_quota"
    assert "was ended here" in told.value.message and "can raise it" in told.value.message
    assert PAID_FOR <= len(pieces) <= PAID_FOR + 1
    record = gateway.calls_of("metered", 1)[0]
    assert record["outcome"] == "interrupted"
    assert record["is_estimated"] and abs(record["tokens"]["output"] - len(pieces)) <= 1
    upstream = f"fake@output_tokens=1000,answer_bytes=4000,{directives}"
    fake.wait_for_bill(upstream, output=range(len(pieces), len(pieces) + 20))


def test_a_stream_that_outgrows_its_limit_goes_on_while_there_is_money(own_gateway, fake):
    directives = "chunks=1000,ignore_limit"
    gateway = own_gateway(config(fake, hard(TOKEN * 5_000), directives=directives))
    client = openai_of(gateway, gateway.create_key("long"))
    stream = client.chat.completions.create(model="metered", messages=QUESTION, max_tokens=10, stream=True)
    pieces = [chunk for chunk in stream if chunk.choices and chunk.choices[0].delta.content]
    assert len(pieces) == 1_000
    record = gateway.calls_of("metered", 1)[0]
    assert (record["outcome"], cost(record)) == ("finished", TOKEN * 1_000)
    assert Decimal(gateway.budgets()[0]["spent"]) == TOKEN * 1_000


def test_a_soft_budget_warns_in_a_header_and_tells_each_threshold_once(own_gateway, fake):
    soft = {"level": "instance", "limit": str(TOKEN * 1_000), "mode": "soft", "thresholds_percent": [50, 100]}
    gateway = own_gateway(config(fake, soft))
    key = gateway.create_key("soft")

    def warning(max_tokens: int) -> str | None:
        client = openai_of(gateway, key)
        raw = client.chat.completions.with_raw_response.create(model="metered", messages=QUESTION, max_tokens=max_tokens)
        return raw.headers.get("x-helix-budget-warning")

    assert warning(600) is None
    assert warning(600) == "instance: $0.01 of $0.02 used"
    assert warning(600) and "x-helix-output-limit" not in gateway.log(), "a soft budget shortens nothing"
    gateway.calls_of("metered", 3)
    gateway.restart()
    assert warning(600) == "instance: $0.04 of $0.02 used"
    gateway.calls_of("metered", 4)
    gateway.restart()
    log = "".join(line for line in gateway.log().splitlines(keepends=True) if "has passed a threshold" in line)
    assert (log.count("percent=50"), log.count("percent=100")) == (1, 1), log


def test_budgets_of_a_day_a_week_and_a_month_all_hold_for_the_key_alone(own_gateway, fake):
    def budget(period: str, tokens: int) -> dict:
        return {"level": "key", "name": "*", "limit": str(TOKEN * tokens), "mode": "hard", "period": period}

    gateway = own_gateway(config(fake, budget("day", 1_500), budget("week", 1_300), budget("month", 2_500)))
    client = openai_of(gateway, gateway.create_key("one"))
    client.chat.completions.create(model="metered", messages=QUESTION, max_tokens=1_000)
    with pytest.raises(openai.APIStatusError) as told:
        client.chat.completions.create(model="metered", messages=QUESTION * 2_000, max_tokens=2_000, n=8)
    told = told.value.message
    assert "The budget of the API key …" in told and "a week" in told and "spent $0.020000000," in told, told
    other = openai_of(gateway, gateway.create_key("two"))
    other.chat.completions.create(model="metered", messages=QUESTION, max_tokens=1_000)
    gateway.calls_of("metered", 3)
    used = [(status["period"], Decimal(status["spent"])) for status in gateway.budgets()]
    assert sorted(used) == sorted([(period, TOKEN * 1_000) for period in ("day", "week", "month")] * 2)


def test_what_was_spent_counts_when_a_limit_is_changed_in_the_middle_of_a_window(own_gateway, fake):
    gateway = own_gateway(config(fake, hard(TOKEN * 1_000)))
    client = openai_of(gateway, gateway.create_key("changes"))
    client.chat.completions.create(model="metered", messages=QUESTION, max_tokens=1_000)
    gateway.calls_of("metered", 1)
    for limit, status in [(TOKEN * 900, 402), (TOKEN * 2_000, 200)]:
        written = gateway.directory / "gateway.yaml"
        settings = json.loads(written.read_text())
        settings["budgets"] = [hard(limit)]
        written.write_text(json.dumps(settings))
        gateway.restart()
        client = client.with_options(base_url=gateway.openai_url)
        try:
            client.chat.completions.create(model="metered", messages=QUESTION, max_tokens=1_000)
            assert status == 200
        except openai.APIStatusError as told:
            assert told.status_code == status and "spent $0.02" in told.message, told.message
