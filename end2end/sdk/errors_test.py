"""Errors arrive as the exception classes that programs written against the vendors catch."""

import time

import anthropic
import openai
import pytest

from conftest import DIALECTS, PRICE
from parts.configuration import model, provider
from parts.surfaces import BESIDE_CHATS

QUESTION = [{"role": "user", "content": "hello"}]


def ask_openai(client, name: str, **more):
    return client.chat.completions.create(model=name, messages=QUESTION, max_tokens=50, **more)


def ask_anthropic(client, name: str, **more):
    return client.messages.create(model=name, messages=QUESTION, max_tokens=50, **more)


def test_a_wrong_key_is_an_authentication_error(gateway):
    wrong = "hx_0000000000000000000000000000000000000000000"
    with pytest.raises(openai.AuthenticationError) as told:
        ask_openai(openai.OpenAI(base_url=gateway.openai_url, api_key=wrong), "demo-chat")
    assert told.value.status_code == 401 and told.value.code == "invalid_api_key"
    with pytest.raises(anthropic.AuthenticationError) as told:
        ask_anthropic(anthropic.Anthropic(base_url=gateway.url, api_key=wrong), "demo-chat")
    assert told.value.status_code == 401 and told.value.body["error"]["type"] == "authentication_error"
    assert wrong not in str(told.value)


def test_an_unknown_model_is_not_found_and_says_where_to_look(openai_client, anthropic_client):
    with pytest.raises(openai.NotFoundError) as told:
        ask_openai(openai_client, "gpt-17")
    assert told.value.param == "model" and "/v1/models" in told.value.message
    with pytest.raises(anthropic.NotFoundError) as told:
        ask_anthropic(anthropic_client, "claude-17")
    assert told.value.body["error"]["type"] == "not_found_error"


def test_a_model_that_the_team_may_not_use_is_permission_denied(openai_client, anthropic_client, gateway):
    with pytest.raises(openai.PermissionDeniedError) as told:
        ask_openai(openai_client, "forbidden")
    assert gateway.call(told.value.response.headers["x-request-id"])["outcome"] == "refused"
    with pytest.raises(anthropic.PermissionDeniedError):
        ask_anthropic(anthropic_client, "forbidden")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("how", ["unreachable", "broken", "html", "garbage", "resets", "hangs"])
def test_an_upstream_that_is_down_is_an_internal_server_error(openai_client, anthropic_client, gateway, how, dialect):
    name = f"{how}-{dialect}"
    status = 504 if how == "hangs" else 502
    with pytest.raises(openai.InternalServerError) as told:
        ask_openai(openai_client, name)
    assert told.value.status_code == status
    record = gateway.call(told.value.response.headers["x-request-id"])
    assert record["outcome"] == "upstream_failed" and record["cost"] == "0.000000000"
    with pytest.raises(anthropic.InternalServerError) as told:
        ask_anthropic(anthropic_client, name)
    assert told.value.status_code == status
    assert told.value.body["type"] == "error"


@pytest.mark.parametrize("ask", BESIDE_CHATS)
@pytest.mark.parametrize("how", ["unreachable", "broken", "html", "garbage", "resets", "hangs"])
def test_an_upstream_that_is_down_is_an_internal_server_error_beside_chats_too(openai_client, gateway, how, ask):
    with pytest.raises(openai.InternalServerError) as told:
        ask(openai_client, f"{how}-openai")
    assert told.value.status_code == (504 if how == "hangs" else 502)
    record = gateway.call(told.value.response.headers["x-request-id"])
    assert record["outcome"] == "upstream_failed" and record["cost"] == "0.000000000"


@pytest.mark.parametrize("ask", BESIDE_CHATS)
def test_what_is_wrong_is_told_beside_chats_too(gateway, openai_client, ask):
    wrong = "hx_0000000000000000000000000000000000000000000"
    with pytest.raises(openai.AuthenticationError) as told:
        ask(openai.OpenAI(base_url=gateway.openai_url, api_key=wrong), "plain-openai")
    assert told.value.code == "invalid_api_key"
    with pytest.raises(openai.NotFoundError) as told:
        ask(openai_client, "gpt-17")
    assert told.value.param == "model" and "/v1/models" in told.value.message
    with pytest.raises(openai.PermissionDeniedError):
        ask(openai_client, "forbidden")
    with pytest.raises(openai.RateLimitError) as told:
        ask(openai_client, "busy-openai")
    assert told.value.response.headers["retry-after"] == "3"
    with pytest.raises(openai.BadRequestError):
        ask(openai_client, "picky-openai")


@pytest.mark.parametrize("ask", BESIDE_CHATS[1:])
def test_what_a_provider_does_not_have_is_refused_before_it_is_asked(openai_client, gateway, ask):
    for name in ("plain-anthropic", "demo-chat"):
        with pytest.raises(openai.BadRequestError) as told:
            ask(openai_client, name)
        record = gateway.call(told.value.response.headers["x-request-id"])
        assert record["outcome"] == "refused" and record["cost"] == "0.000000000"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_busy_provider_is_a_rate_limit_with_the_providers_own_advice(openai_client, anthropic_client, dialect):
    with pytest.raises(openai.RateLimitError) as told:
        ask_openai(openai_client, f"busy-{dialect}")
    assert told.value.response.headers["retry-after"] == "3"
    with pytest.raises(anthropic.RateLimitError):
        ask_anthropic(anthropic_client, f"busy-{dialect}")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_the_provider_finds_wrong_with_a_request_is_a_bad_request(openai_client, anthropic_client, dialect):
    with pytest.raises(openai.BadRequestError):
        ask_openai(openai_client, f"picky-{dialect}")
    with pytest.raises(anthropic.BadRequestError):
        ask_anthropic(anthropic_client, f"picky-{dialect}")


def test_a_second_backend_answers_where_the_first_is_down(openai_client, gateway):
    raw = openai_client.chat.completions.with_raw_response.create(model="rescued", messages=QUESTION)
    assert raw.parse().usage.completion_tokens == 50
    record = gateway.call(raw.headers["x-request-id"])
    assert (record["outcome"], record["provider"]) == ("finished", "fake-openai")
    route = next(verdict for verdict in record["verdicts"] if verdict["stage"] == "route")
    assert "nowhere-openai" in route["summary"]


@pytest.mark.parametrize("sdk", DIALECTS)
def test_an_exhausted_budget_is_402_and_is_not_tried_again(own_gateway, fake, sdk):
    gateway = own_gateway(
        {
            "providers": {"fake": provider(sdk, fake.url)},
            "models": [model("costly", "fake", PRICE, upstream=f"fake@output_tokens=50,tag=exhausted-{sdk}")],
            "budgets": [{"level": "user", "name": "*", "limit": "0.00001"}],
        }
    )
    key = gateway.create_key("poor")
    if sdk == "openai":
        client = openai.OpenAI(base_url=gateway.openai_url, api_key=key.secret)  # two retries, as it comes
        started = time.monotonic()
        with pytest.raises(openai.APIStatusError) as told:
            ask_openai(client, "costly")
        took = time.monotonic() - started
        assert told.value.code == "insufficient_quota"
    else:
        client = anthropic.Anthropic(base_url=gateway.url, api_key=key.secret)
        started = time.monotonic()
        with pytest.raises(anthropic.APIStatusError) as told:
            ask_anthropic(client, "costly")
        took = time.monotonic() - started
        assert told.value.body["error"]["type"] == "billing_error"
    assert told.value.status_code == 402
    assert told.value.response.headers["x-should-retry"] == "false"
    for part in ("admin@localhost", "limit $0.000010000", "spent $0.000000000", "whole again at"):
        assert part in str(told.value)
    assert [record["outcome"] for record in gateway.calls_of("costly", 1)] == ["refused"]
    assert took < 2, "it waited although no call under way could give anything back"
