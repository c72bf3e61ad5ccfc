"""Sessions of the realtime API through the binary: relayed, metered, paid for, and ended."""

import json
import threading
import time
import urllib.error
import urllib.request
from decimal import Decimal

import openai
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from parts.configuration import CANARY, model, provider
from parts.gateway import cost
from parts.realtime import SECOND, SILENCE, TOOL, by_text, say, speak, text_of, until

# Dollars per million tokens, as of a model that hears and speaks.
PRICE = {"input": "4", "cached_input": "0.4", "audio_input": "32", "output": "16", "audio_output": "64"}
SPOKEN = "fake@chunks=5,output_tokens=60,cached_tokens=10,answer_bytes=100"
MODELS = {
    "talks": f"{SPOKEN},tag=talks",
    "listens": f"{SPOKEN},tag=listens",
    "calls": f"{SPOKEN},tag=calls",
    "turns": f"{SPOKEN},tag=turns",
    "slow": "fake@chunks=200,gap_ms=50,input_tokens=50,output_tokens=2000,tag=slow",
    "silent-on-usage": "fake@chunks=5,no_usage",
    "breaks": "fake@chunks=5,reset_after=2",
    "closes": "fake@chunks=5,cut_event=2",
    "busy": "fake@status=429",
    "no-socket": "fake@html",
    "hidden": "fake@chunks=2",
}


def config(fake, **sections) -> dict:
    return {
        "proxy": {"first_byte_timeout_ms": 2_000},
        "providers": {
            "fake": provider("openai", fake.url),
            "azure": {"kind": "azure", "base_url": fake.url, "api_key": CANARY},
            "dated": {
                "kind": "azure",
                "base_url": fake.url,
                "api_key": CANARY,
                "azure": {"api_version": "2024-10-21"},
            },
            "anthropic": provider("anthropic", fake.url),
        },
        "models": [
            *(model(name, "fake", PRICE, upstream=upstream) for name, upstream in MODELS.items()),
            model("on-azure", "azure", PRICE, upstream="fake@chunks=2"),
            model("on-older-azure", "dated", PRICE, upstream="fake@chunks=2"),
            model("claude", "anthropic", PRICE, upstream="fake@chunks=2"),
            model("rescued", "fake", PRICE, upstream="fake@status=500", second=("fake", "fake@chunks=2,tag=rescue")),
        ],
        "teams": [{"name": "Research", "models": {"deny": ["hidden"]}}],
        "budgets": [{"level": "instance", "limit": "1000.00", "mode": "hard"}],
        **sections,
    }


@pytest.fixture(scope="module")
def house(tmp_path_factory, fake):
    from parts.gateway import Gateway

    running = Gateway(tmp_path_factory.mktemp("realtime"), config(fake))
    running.add_user("ada@example.com", team="Research")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def house_key(house):
    return house.create_key("realtime", user="ada@example.com")


@pytest.fixture(scope="module")
def client(house, house_key):
    return client_of(house, house_key)


def client_of(gateway, key):
    return openai.OpenAI(base_url=gateway.openai_url, api_key=key.secret, max_retries=0, timeout=10)


def dollars(billed: dict) -> Decimal:
    """What the provider's own bill comes to at our prices."""
    counts = {
        "input": billed["input"] - billed["cached"] - billed.get("audio_input", 0),
        "cached_input": billed["cached"],
        "audio_input": billed.get("audio_input", 0),
        "output": billed["output"] - billed.get("audio_output", 0),
        "audio_output": billed.get("audio_output", 0),
    }
    return sum(Decimal(PRICE[name]) * tokens / 1_000_000 for name, tokens in counts.items())


def record_of(gateway, name: str) -> dict:
    """The record of the last session of a model."""
    return gateway.calls_of(name, 1)[-1]


# Turns


def test_turns_of_text_are_one_call_that_costs_what_the_provider_bills(client, house, fake):
    with client.realtime.connect(model="talks") as connection:
        assert connection.recv().session.model == MODELS["talks"]
        by_text(connection, model="talks")
        sent = json.loads(fake.calls()["last_body"])
        assert sent["session"] == {"type": "realtime", "output_modalities": ["text"], "model": MODELS["talks"]}
        answers = [say(connection, text) for text in ("hello", "and again")]
    assert all(len(text_of(events)) == 100 for events in answers)
    record = record_of(house, "talks")
    billed = fake.billed(MODELS["talks"])
    assert billed["count"] == 2 and cost(record) == dollars(billed)
    assert (record["outcome"], record["provider"]) == ("finished", "fake") and not record["is_estimated"]


def test_a_turn_of_sound_is_metered_by_what_was_heard_spoken_and_written_down(client, house, fake):
    wishes = {"type": "realtime", "audio": {"input": {"transcription": {"model": "gpt-4o-transcribe"}}}}
    before = {line["model"]: line for line in fake.calls()["bill"]}.get("gpt-4o-transcribe", {})
    with client.realtime.connect(model="listens") as connection:
        connection.session.update(session=wishes)
        until(connection, "session.updated")
        events = speak(connection, seconds=3)
    assert any(event.type == "response.output_audio.delta" for event in events)
    record = record_of(house, "listens")
    answer, transcript = fake.billed(MODELS["listens"]), fake.billed("gpt-4o-transcribe")
    written = {name: transcript[name] - before.get(name, 0) for name in ("input", "cached", "output", "audio_input")}
    assert written["audio_input"] == 30 and answer["audio_output"] == 48
    assert cost(record) == dollars(answer) + dollars(written)
    assert record["tokens"]["audio_input"] == 30 + answer["audio_input"]


def test_an_answer_that_the_provider_begins_by_itself_is_paid_for_too(client, house, fake):
    with client.realtime.connect(model="turns") as connection:
        by_text(connection, audio={"input": {"turn_detection": {"type": "server_vad"}}})
        connection.input_audio_buffer.append(audio=SECOND)
        connection.input_audio_buffer.append(audio=SILENCE)
        until(connection, "response.done")
    assert cost(record_of(house, "turns")) == dollars(fake.billed(MODELS["turns"])) > 0


def test_a_tool_is_called_and_its_result_answered(client, house, fake):
    with client.realtime.connect(model="calls") as connection:
        by_text(connection, tools=[TOOL])
        call = say(connection, "use the tool")[-1].response.output[0]
        assert json.loads(call.arguments) == {"city": "example city"}
        result = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
        connection.conversation.item.create(item=result)
        connection.response.create()
        assert text_of(until(connection, "response.done"))
    assert cost(record_of(house, "calls")) == dollars(fake.billed(MODELS["calls"]))


def test_azure_and_the_second_backend_are_reached_too(client, house):
    for name in ("on-azure", "rescued"):
        with client.realtime.connect(model=name) as connection:
            by_text(connection)
            assert say(connection, "hello")[-1].response.status == "completed"
        assert cost(record_of(house, name)) > 0


def test_the_beta_and_a_browsers_way_of_sending_its_key_are_understood(client, house, house_key, fake):
    url = house.openai_url.replace("http", "ws", 1)
    headers = {"OpenAI-Beta": "realtime=v1"}
    # The SDK takes TLS for granted here, unless it is told otherwise.
    plain = client.with_options(websocket_base_url=url)
    with plain.beta.realtime.connect(model="talks", extra_headers=headers) as connection:
        connection.session.update(session={"modalities": ["text"]})
        until(connection, "session.updated")
        assert "response.text.delta" in [event.type for event in say(connection, "hello")]
    protocols = ["realtime", f"openai-insecure-api-key.{house_key.secret}"]
    with connect(f"{url}/realtime?model=talks", subprotocols=protocols) as socket:
        assert socket.subprotocol == "realtime"
        assert json.loads(socket.recv())["type"] == "session.created"
    sent = fake.calls()["last_headers"]
    assert sent["authorization"] == f"Bearer {CANARY}" and house_key.secret not in json.dumps(sent)


# Refusals


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("unheard-of", 404, "no model"),
        ("hidden", 403, "may not use"),
        ("claude", 400, "no such endpoint"),
        ("on-older-azure", 400, "no such endpoint"),
        ("busy", 429, ""),
        ("no-socket", 502, "no WebSocket"),
    ],
)
def test_what_cannot_be_opened_is_refused_before_the_upgrade(client, house, name, status, words):
    with pytest.raises(InvalidStatus) as refused:
        client.realtime.connect(model=name).enter()
    response = refused.value.response
    assert response.status_code == status
    error = json.loads(response.body)["error"]
    assert words in error["message"], error
    record = house.call(response.headers["x-request-id"])
    assert record["cost"] == "0.000000000" and record["outcome"] in ("refused", "upstream_failed")


def test_a_stranger_and_a_wrong_key_are_refused(house):
    stranger = openai.OpenAI(base_url=house.openai_url, api_key="hx_unheard-of", max_retries=0)
    with pytest.raises(InvalidStatus) as refused:
        stranger.realtime.connect(model="talks").enter()
    assert refused.value.response.status_code == 401


@pytest.mark.parametrize("path", ["client_secrets", "sessions", "transcription_sessions", "calls"])
def test_what_would_lead_past_the_gateway_is_refused_with_the_reason(house, house_key, path):
    headers = {"authorization": f"Bearer {house_key.secret}", "content-type": "application/json"}
    request = urllib.request.Request(f"{house.openai_url}/realtime/{path}", data=b"{}", headers=headers)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=5)
    assert refused.value.code == 400 and "past this gateway" in refused.value.read().decode()


def test_an_event_that_cannot_be_passed_on_is_told_and_the_session_goes_on(client):
    with client.realtime.connect(model="talks") as connection:
        by_text(connection)
        connection.session.update(session={"type": "realtime", "model": "slow"})
        error = until(connection, "error")[-1].error
        assert (error.code, error.param) == ("invalid_request", "session.model")
        wishes = {"type": "realtime", "audio": {"input": {"transcription": {"model": "hidden"}}}}
        connection.session.update(session=wishes)
        assert until(connection, "error")[-1].error.code == "model_forbidden"
        connection.response.create(response={"prompt": {"id": "pmpt_1"}})
        assert until(connection, "error")[-1].error.code == "unsupported_feature"
        connection.input_audio_buffer.commit()
        assert until(connection, "error")[-1].error.code == "input_audio_buffer_commit_empty"
        assert say(connection, "hello")[-1].response.status == "completed"


# Endings


def test_money_that_ends_in_a_session_ends_it_and_what_was_used_is_billed(own_gateway, fake):
    name = "fake@chunks=4,input_tokens=100,output_tokens=50,tag=budget"
    priced = {"input": "1000", "output": "1000"}
    served = model("dear", "fake", priced, upstream=name) | {"max_output_tokens": 60}
    # The first answer is covered, and so is the second: the third would not be.
    gateway = own_gateway(
        {
            "providers": {"fake": provider("openai", fake.url)},
            "models": [served],
            "budgets": [{"level": "instance", "limit": "2.50", "mode": "hard"}],
        }
    )
    client = client_of(gateway, gateway.create_key("budget"))
    answered = 0
    with client.realtime.connect(model="dear") as connection, pytest.raises(ConnectionClosed) as ended:
        by_text(connection)
        while True:
            connection.response.create(event_id=f"turn-{answered}")
            event = connection.recv()
            while event.type not in ("response.done", "error"):
                event = connection.recv()
            if event.type == "error":
                error = event.error
            else:
                answered += 1
    assert answered >= 1
    assert (error.type, error.code, error.event_id) == ("insufficient_quota", "budget_exceeded", f"turn-{answered}")
    assert ended.value.rcvd.code == 1008 and "budget_exceeded" in ended.value.rcvd.reason
    record = record_of(gateway, "dear")
    billed = fake.billed(name)
    assert billed["count"] == answered
    assert cost(record) == Decimal(billed["input"] + billed["output"]) / 1_000
    assert record["outcome"] == "interrupted" and cost(record) <= Decimal("2.50")
    refused = next(verdict for verdict in record["verdicts"] if verdict["stage"] == "budget" and verdict["kind"] == "refused")
    assert "ended in the middle" in refused["summary"]


def test_a_session_that_no_budget_covers_is_not_opened(own_gateway, fake):
    budgets = [{"level": "instance", "limit": "0.01", "mode": "hard"}]
    gateway = own_gateway(config(fake, budgets=budgets))
    client = client_of(gateway, gateway.create_key("poor"))
    with pytest.raises(InvalidStatus) as refused:
        client.realtime.connect(model="talks").enter()
    assert refused.value.response.status_code == 402


def test_a_client_that_leaves_cancels_the_answer_and_is_billed_what_was_told(client, house, fake):
    connection = client.realtime.connect(model="slow").enter()
    by_text(connection)
    connection.response.create()
    until(connection, "response.output_text.delta")
    connection.close()
    record = record_of(house, "slow")
    billed = fake.billed(MODELS["slow"])
    assert 0 < billed["output"] < 500
    assert cost(record) == dollars(billed) and not record["is_estimated"]
    assert record["outcome"] == "client_gone"


def test_a_revoked_key_ends_its_session_within_a_second(house, fake):
    key = house.create_key("short-lived", user="ada@example.com")
    sessions = sum(record["model"] == "slow" for record in house.calls())
    with client_of(house, key).realtime.connect(model="slow") as connection:
        by_text(connection)
        connection.response.create()
        until(connection, "response.output_text.delta")
        house.revoke_key(key)
        revoked = time.monotonic()
        with pytest.raises(ConnectionClosed) as ended:
            while True:
                connection.recv()
        assert time.monotonic() - revoked < 1.0
    assert ended.value.rcvd.code == 1008
    record = house.calls_of("slow", sessions + 1)[-1]
    assert record["outcome"] == "interrupted" and cost(record) > 0


def test_a_provider_that_breaks_off_is_told_and_what_was_seen_is_billed(client, house):
    for name, code in (("breaks", 1011), ("closes", 1011)):
        with client.realtime.connect(model=name) as connection:
            by_text(connection)
            with pytest.raises(ConnectionClosed) as ended:
                connection.response.create()
                while True:
                    connection.recv()
        assert ended.value.rcvd.code == code
        record = record_of(house, name)
        assert record["outcome"] == "upstream_failed"
        assert record["is_estimated"] and cost(record) > 0


def test_usage_that_is_not_told_is_estimated(client, house):
    with client.realtime.connect(model="silent-on-usage") as connection:
        by_text(connection)
        say(connection, "hello")
    record = record_of(house, "silent-on-usage")
    assert record["is_estimated"] and record["tokens"]["output"] > 50
    assert record["outcome"] == "finished"


def test_a_message_that_is_too_large_ends_the_session(own_gateway, fake):
    gateway = own_gateway(config(fake, realtime={"message_limit_bytes": 10_000}))
    client = client_of(gateway, gateway.create_key("large"))
    with client.realtime.connect(model="talks") as connection:
        by_text(connection)
        connection.input_audio_buffer.append(audio=SECOND)
        with pytest.raises(ConnectionClosed) as ended:
            while True:
                connection.recv()
    assert ended.value.rcvd.code == 1009 and "10000 bytes" in ended.value.rcvd.reason


def test_a_session_ends_when_its_time_is_over_or_nothing_is_said(own_gateway, fake):
    for limits, code in (({"session_seconds": 1}, "session_expired"), ({"idle_seconds": 1}, "session_idle")):
        gateway = own_gateway(config(fake, realtime=limits))
        client = client_of(gateway, gateway.create_key("short"))
        with client.realtime.connect(model="talks") as connection:
            assert until(connection, "error")[-1].error.code == code
            with pytest.raises(ConnectionClosed) as ended:
                connection.recv()
        assert ended.value.rcvd.code == 1001
        assert record_of(gateway, "talks")["outcome"] == "finished"


def test_a_gateway_that_stops_lets_a_session_go_on_and_then_closes_it(own_gateway, fake):
    gateway = own_gateway(config(fake, server={"shutdown_seconds": 2}))
    client = client_of(gateway, gateway.create_key("stop"))
    with client.realtime.connect(model="talks") as connection:
        by_text(connection)
        gateway.process.ask_to_stop()
        assert say(connection, "still here?")[-1].response.status == "completed"
        with pytest.raises(ConnectionClosed) as ended:
            while True:
                connection.recv()
    assert ended.value.rcvd.code == 1001 and "shutting down" in ended.value.rcvd.reason
    assert gateway.process.wait_for_its_end() == 0
    gateway.start()
    [record] = gateway.calls_of("talks", 1)
    assert record["outcome"] == "interrupted" and not record["is_estimated"] and cost(record) > 0


def test_a_crash_charges_all_that_was_set_aside(own_gateway, fake):
    gateway = own_gateway(config(fake))
    client = client_of(gateway, gateway.create_key("crash"))
    with client.realtime.connect(model="slow") as connection:
        by_text(connection, instructions="Be brief. " * 2_000)
        connection.response.create()
        until(connection, "response.output_text.delta")
        gateway.process.kill()
        with pytest.raises(ConnectionClosed):
            while True:
                connection.recv()
    gateway.start()
    [record] = gateway.calls_of("slow", 1)
    # The longest answer at its dearest, and each byte of the instructions as a token.
    assert cost(record) > Decimal("0.64") + Decimal("0.26")
    assert record["outcome"] == "interrupted"


def test_many_sessions_at_once_never_spend_more_than_there_is(own_gateway, fake):
    name = "fake@chunks=2,input_tokens=100,output_tokens=50,tag=crowd"
    served = model("crowded", "fake", {"input": "1000", "output": "1000"}, upstream=name) | {"max_output_tokens": 60}
    gateway = own_gateway(
        {
            "proxy": {"budget_wait_ms": 100},
            "providers": {"fake": provider("openai", fake.url)},
            "models": [served],
            "budgets": [{"level": "instance", "limit": "8.00", "mode": "hard"}],
        }
    )
    client = client_of(gateway, gateway.create_key("crowd"))

    def talk():
        try:
            with client.realtime.connect(model="crowded") as connection:
                by_text(connection)
                while True:
                    say(connection, "hello")
        except (ConnectionClosed, InvalidStatus, AssertionError):
            pass

    crowd = [threading.Thread(target=talk) for _ in range(8)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    billed = fake.billed(name)
    gateway.wait_for_the_ledger()
    spent = sum(cost(record) for record in gateway.calls_of("crowded", 1))
    assert 0 < spent == Decimal(billed["input"] + billed["output"]) / 1_000 <= Decimal("8.00")
