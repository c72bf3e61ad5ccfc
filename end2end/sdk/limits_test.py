"""Rate limits at the edge: who is let in, what the headers tell, and what the official SDKs make of a refusal."""

import json
import threading
import time
import urllib.request
from datetime import datetime, timezone

import anthropic
import openai
import pytest
from websockets.exceptions import InvalidStatus

from parts.configuration import model, provider
from parts.realtime import by_text, say, until

QUESTION = [{"role": "user", "content": "hello"}]
PRICE = {"input": "0", "output": "20"}
BILLED_TOKENS = 150
PLAIN = "fake@input_tokens=100,output_tokens=50,chunks=4,gap_ms=1"
SLOW = "fake@input_tokens=100,output_tokens=400,chunks=40,gap_ms=50"
EACH_KEY = {"level": "key", "name": "*"}


def config(fake, *limits, **more) -> dict:
    return {
        "providers": {"openai": provider("openai", fake.url), "anthropic": provider("anthropic", fake.url)},
        "models": [
            model("plain", "openai", PRICE, upstream=PLAIN),
            model("claude", "anthropic", PRICE, upstream=PLAIN),
            model("slow", "openai", PRICE, upstream=SLOW),
            model("broken", "openai", PRICE, upstream="fake@status=500"),
        ],
        "limits": list(limits),
    } | more


def openai_of(gateway, key, retries=0) -> openai.OpenAI:
    return openai.OpenAI(base_url=gateway.openai_url, api_key=key.secret, max_retries=retries)


def anthropic_of(gateway, key, retries=0) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=gateway.url, api_key=key.secret, max_retries=retries)


def ask(client, name="plain", **more):
    return client.chat.completions.with_raw_response.create(model=name, messages=QUESTION, max_tokens=50, **more)


def ask_claude(client, **more):
    return client.messages.with_raw_response.create(model="claude", messages=QUESTION, max_tokens=50, **more)


def rates(headers, prefix="x-ratelimit") -> dict:
    return {name: value for name, value in headers.items() if name.startswith(prefix)}


def verdict(record: dict) -> tuple[str, str]:
    found = next(verdict for verdict in record["verdicts"] if verdict["stage"] == "limit")
    return found["kind"], found["summary"]


@pytest.fixture
def sleeps(monkeypatch) -> list[float]:
    """What the SDKs would have slept, instead of doing so."""
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_an_answer_tells_the_tightest_limit_in_openais_headers(own_gateway, fake, stream):
    gateway = own_gateway(
        config(fake, {"level": "instance", "requests": 100, "tokens": 9_000}, EACH_KEY | {"requests": 5})
    )
    client = openai_of(gateway, gateway.create_key("one"))
    first = ask(client, stream=stream)
    list(first.parse()) if stream else first.parse()
    told = rates(first.headers)
    assert (told["x-ratelimit-limit-requests"], told["x-ratelimit-remaining-requests"]) == ("5", "4")
    assert told["x-ratelimit-reset-requests"] in ("1m0s", "1m1s")
    assert told["x-ratelimit-limit-tokens"] == "9000"
    second = rates(ask(client).headers)
    assert second["x-ratelimit-remaining-requests"] == "3"
    left = [int(headers["x-ratelimit-remaining-tokens"]) for headers in (told, second)]
    assert abs(left[0] - left[1] - BILLED_TOKENS) <= 6, "what is billed counts, and what the next call may use"
    kind, summary = verdict(gateway.calls_of("plain", 1)[0])
    assert kind == "passed" and "4 of 5 requests a minute left" in summary and "of 9000 tokens a minute left" in summary


def test_an_answer_tells_the_tightest_limit_in_anthropics_headers(own_gateway, fake):
    gateway = own_gateway(config(fake, EACH_KEY | {"requests": 5, "tokens": 9_000}))
    client = anthropic_of(gateway, gateway.create_key("one"))
    told = rates(ask_claude(client).headers, "anthropic-ratelimit")
    assert told["anthropic-ratelimit-requests-limit"] == "5"
    assert told["anthropic-ratelimit-requests-remaining"] == "4"
    assert int(told["anthropic-ratelimit-tokens-remaining"]) < 9_000
    reset = datetime.fromisoformat(told["anthropic-ratelimit-requests-reset"].replace("Z", "+00:00"))
    assert 55 < (reset - datetime.now(timezone.utc)).total_seconds() <= 62


def test_a_refusal_names_the_limit_and_the_second_in_every_dialect(own_gateway, fake):
    gateway = own_gateway(config(fake, {"level": "user", "name": "*", "requests": 1}))
    key = gateway.create_key("one")
    ask(openai_of(gateway, key))
    with pytest.raises(openai.RateLimitError) as told:
        ask(openai_of(gateway, key))
    assert told.value.code == "rate_limit_exceeded"
    assert "1 requests a minute. Try again in" in told.value.message and "an administrator" in told.value.message
    headers = told.value.response.headers
    assert 55 <= int(headers["retry-after"]) <= 61 and headers["x-ratelimit-remaining-requests"] == "0"
    assert "x-should-retry" not in headers
    with pytest.raises(anthropic.RateLimitError) as told:
        ask_claude(anthropic_of(gateway, key))
    assert told.value.body["error"]["type"] == "rate_limit_error"
    assert told.value.response.headers["anthropic-ratelimit-requests-remaining"] == "0"
    request = urllib.request.Request(
        f"{gateway.url}/v1beta/models/plain:generateContent",
        data=json.dumps({"contents": [{"role": "user", "parts": [{"text": "hello"}]}]}).encode(),
        headers={"x-goog-api-key": key.secret, "content-type": "application/json"},
    )
    with pytest.raises(urllib.error.HTTPError) as told:
        urllib.request.urlopen(request)
    error = json.load(told.value)["error"]
    assert (error["code"], error["status"]) == (429, "RESOURCE_EXHAUSTED")
    assert error["details"][1]["retryDelay"] == f"{told.value.headers['retry-after']}s"
    records = gateway.calls_of("plain", 3)
    assert [record["outcome"] for record in records] == ["finished", "refused", "refused"]
    assert verdict(records[1])[0] == "refused"


def test_the_sdks_wait_as_long_as_they_are_told_and_not_at_all_where_that_is_too_long(own_gateway, fake, sleeps):
    gateway = own_gateway(
        config(fake, EACH_KEY | {"requests": 2}, {"level": "model", "name": "claude", "requests": 1, "per": "hour"})
    )
    key = gateway.create_key("one")
    ask(openai_of(gateway, key))
    ask_claude(anthropic_of(gateway, key))
    del sleeps[:]
    with pytest.raises(openai.RateLimitError) as told:
        ask(openai_of(gateway, key, retries=2))
    assert len(sleeps) == 2 and all(50 <= seconds <= 61 for seconds in sleeps), sleeps
    assert sleeps[-1] == int(told.value.response.headers["retry-after"])
    other = gateway.create_key("two")
    del sleeps[:]
    with pytest.raises(anthropic.RateLimitError) as told:
        ask_claude(anthropic_of(gateway, other, retries=2))
    assert sleeps == [], "nobody sleeps for an hour"
    assert int(told.value.response.headers["retry-after"]) > 3_500
    assert told.value.response.headers["x-should-retry"] == "false"


@pytest.mark.parametrize("sdk", ["openai", "anthropic"])
def test_an_sdk_tries_again_when_a_place_is_free_and_is_answered(own_gateway, fake, sdk):
    gateway = own_gateway(config(fake, EACH_KEY | {"concurrent": 1}))
    key = gateway.create_key("one")
    stream = openai_of(gateway, key).chat.completions.create(
        model="slow", messages=QUESTION, max_tokens=400, stream=True
    )
    next(iter(stream))
    with pytest.raises(openai.RateLimitError) as told:
        ask(openai_of(gateway, key))
    assert "1 calls at once" in told.value.message and told.value.response.headers["retry-after"] == "1"
    if sdk == "openai":
        answer = ask(openai_of(gateway, key, retries=5))
    else:
        answer = ask_claude(anthropic_of(gateway, key, retries=5))
    assert answer.status_code == 200 and answer.retries_taken >= 1
    stream.close()


def test_a_place_is_free_again_however_a_call_has_ended(own_gateway, fake):
    budget = {"level": "instance", "limit": "0.02", "mode": "hard"}
    gateway = own_gateway(config(fake, EACH_KEY | {"concurrent": 1}, budgets=[budget]))
    client = openai_of(gateway, gateway.create_key("one"))
    stream = client.chat.completions.create(model="slow", messages=QUESTION, max_tokens=400, stream=True)
    next(iter(stream))
    stream.close()
    endings = []

    def ended(ask_once):
        """How it ends, once the call before is noticed to have ended."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                ask_once()
                return endings.append(200)
            except openai.RateLimitError:
                time.sleep(0.05)
            except openai.APIStatusError as told:
                return endings.append(told.status_code)
        raise AssertionError("the place was never free again")

    ended(lambda: ask(client, "broken"))
    ended(lambda: client.chat.completions.create(model="plain", messages=QUESTION * 500, max_tokens=900_000, n=8))
    ended(lambda: list(ask(client, stream=True).parse()))
    ended(lambda: ask(client))
    assert endings == [502, 402, 200, 200]


def test_a_call_that_is_larger_than_the_limit_is_told_so_and_nobody_tries_again(own_gateway, fake, sleeps):
    gateway = own_gateway(config(fake, {"level": "team", "name": "*", "tokens": 1_000}))
    key = gateway.create_key("one")
    del sleeps[:]
    with pytest.raises(openai.APIStatusError) as told:
        openai_of(gateway, key, retries=3).chat.completions.create(
            model="plain", messages=QUESTION, max_tokens=5_000
        )
    assert (told.value.status_code, told.value.code) == (413, "larger_than_limit")
    assert "more than the rate limit of team" in told.value.message and "1000 tokens a minute" in told.value.message
    with pytest.raises(anthropic.APIStatusError) as told:
        anthropic_of(gateway, key, retries=3).messages.create(model="claude", messages=QUESTION, max_tokens=5_000)
    assert told.value.body["error"]["type"] == "request_too_large" and sleeps == []


def test_tokens_are_set_aside_for_calls_under_way_and_what_is_billed_counts(own_gateway, fake):
    gateway = own_gateway(config(fake, EACH_KEY | {"tokens": 1_000}))
    client = openai_of(gateway, gateway.create_key("one"))
    stream = client.chat.completions.create(model="slow", messages=QUESTION, max_tokens=700, stream=True)
    next(iter(stream))
    with pytest.raises(openai.RateLimitError) as told:
        client.chat.completions.create(model="plain", messages=QUESTION, max_tokens=400)
    assert "are used or set aside for calls under way" in told.value.message
    list(stream)
    raw = ask(client)
    left = 1_000 - int(raw.headers["x-ratelimit-remaining-tokens"])
    record = next(record for record in gateway.calls_of("slow", 1))
    billed = sum(record["tokens"].values())
    assert billed == 500 and 50 <= left - billed <= 100, "what was billed, and what this call may use"


def test_a_provider_at_its_limit_is_passed_over_and_the_last_one_says_so(own_gateway, fake):
    settings = config(
        fake, {"level": "provider", "name": "openai", "requests": 1}, {"level": "provider", "name": "anthropic", "tokens": 200}
    )
    settings["models"] = [model("both", "openai", PRICE, upstream=PLAIN, second=("anthropic", PLAIN))]
    gateway = own_gateway(settings)
    client = openai_of(gateway, gateway.create_key("one"))
    for _ in range(2):
        assert rates(ask(client, "both").headers) == {}, "a provider's limits are no matter of the caller's"
    with pytest.raises(openai.RateLimitError) as told:
        ask(client, "both")
    assert "The rate limit of provider anthropic does not cover" in told.value.message
    records = gateway.calls_of("both", 3)
    assert [record["provider"] for record in records[:2]] == ["openai", "anthropic"]
    route = [next(it for it in record["verdicts"] if it["stage"] == "route") for record in records]
    assert "openai is at its limit of 1 requests a minute; then anthropic" in route[1]["summary"]
    assert route[2]["kind"] == "refused" and "anthropic is at its limit of 200 tokens a minute" in route[2]["summary"]


def test_of_many_callers_at_once_exactly_as_many_are_let_in_as_the_limit_says(own_gateway, fake):
    gateway = own_gateway(config(fake, {"level": "model", "name": "*", "requests": 40}))
    key = gateway.create_key("crowd")
    endings, lock = [], threading.Lock()

    def caller():
        client = openai_of(gateway, key)
        for _ in range(10):
            try:
                status = ask(client).status_code
            except openai.APIStatusError as told:
                status = told.status_code
            with lock:
                endings.append(status)

    threads = [threading.Thread(target=caller) for _ in range(16)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert (endings.count(200), endings.count(429), len(endings)) == (40, 120, 160)
    assert gateway.metric("helix_limit_refusals_total") == 120
    assert ask_claude(anthropic_of(gateway, key)).status_code == 200, "each model has a limit of its own"


def test_where_no_limit_is_configured_the_trail_says_so_and_no_header_is_sent(own_gateway, fake):
    gateway = own_gateway(config(fake))
    raw = ask(openai_of(gateway, gateway.create_key("one")))
    assert rates(raw.headers) == {}
    assert verdict(gateway.calls_of("plain", 1)[0]) == ("not_configured", "no rate limit is configured")


def test_a_session_counts_its_answers_and_asks_for_no_other_while_the_limit_is_used_up(own_gateway, fake):
    gateway = own_gateway(config(fake, EACH_KEY | {"tokens": 200}))
    key = gateway.create_key("talks")
    client = openai_of(gateway, key)
    with client.realtime.connect(model="plain") as connection:
        by_text(connection)
        for _ in range(2):
            assert say(connection, "hello")[-1].response.status == "completed"
        connection.response.create(event_id="third")
        error = until(connection, "error")[-1].error
        assert (error.type, error.code, error.event_id) == ("rate_limit_error", "rate_limit_exceeded", "third")
        assert "200 tokens a minute, of which" in error.message and "Try again in" in error.message
        assert by_text(connection), "the session goes on"
        with pytest.raises(InvalidStatus) as refused:
            client.realtime.connect(model="plain").enter()
    response = refused.value.response
    assert response.status_code == 429 and response.headers["x-ratelimit-remaining-tokens"] == "0"
    used = sum(gateway.calls_of("plain", 1)[0]["tokens"].values())
    with pytest.raises(openai.RateLimitError) as told:
        ask(client)
    assert f"of which {used} are used" in told.value.message, "exactly what is billed"


def test_a_response_in_the_background_has_its_place_until_it_is_written(own_gateway, fake):
    gateway = own_gateway(config(fake, EACH_KEY | {"concurrent": 1}))
    client = openai_of(gateway, gateway.create_key("one"))
    response = client.responses.create(model="slow", input="hello", background=True, max_output_tokens=400)
    with pytest.raises(openai.RateLimitError):
        ask(client)
    while client.responses.retrieve(response.id).status in ("queued", "in_progress"):
        time.sleep(0.05)
    assert ask(client).status_code == 200
