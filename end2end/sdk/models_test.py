"""Names, abilities and prices of models, as unmodified SDKs see them."""

import re
from decimal import Decimal

import anthropic
import openai
import pytest

from parts.configuration import provider
from parts.gateway import cost

QUESTION = [{"role": "user", "content": "hello"}]
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
CENT = Decimal("0.01")


def per_call(dollars: str, **more) -> dict:
    return {"input": "0", "output": "0", "request": dollars} | more


@pytest.fixture
def house(own_gateway, fake):
    """A gateway whose names lead two people to different places."""
    window = {"context_tokens": 2_000, "max_output_tokens": 500, "inputs": ["text"], "tools": False}
    gateway = own_gateway(
        {
            "providers": {"demo": {"kind": "demo"}, "fake": provider("openai", fake.url)},
            "models": [
                {"name": "plain", "aliases": ["best"], "price": per_call("0.01"), "backends": [{"provider": "demo"}]},
                {
                    "name": "plain",
                    "teams": ["Research"],
                    "price": per_call("0.02"),
                    "backends": [{"provider": "fake", "model": "fake@chunks=2,tag=team"}],
                },
                {"name": "private", "teams": ["Support"], "price": per_call("0"), "backends": [{"provider": "demo"}]},
                {"name": "small", "price": per_call("0"), "capabilities": window, "backends": [{"provider": "demo"}]},
                {
                    "name": "large",
                    "price": per_call("0"),
                    "capabilities": {"context_tokens": 1_000_000, "tools": True},
                    "backends": [{"provider": "demo"}],
                },
                {
                    "name": "*/fake-*",
                    "price": [per_call("0.03"), per_call("9", **{"from": "2999-01-01"})],
                    "backends": [{"provider": "fake", "model": "fake@chunks=3,tag=$1-$2"}],
                },
            ],
            "teams": [{"name": "Guests", "models": {"deny": ["plain"]}}],
            "budgets": [{"level": "instance", "limit": "10.00"}],
        }
    )
    gateway.add_user("ada@example.com", team="Research")
    gateway.add_user("gus@example.com", team="Guests")
    return gateway


def openai_of(gateway, email: str) -> openai.OpenAI:
    key = gateway.create_key("names", user=email)
    return openai.OpenAI(base_url=gateway.openai_url, api_key=key.secret, max_retries=0)


def ask(client, name: str, **more):
    raw = client.chat.completions.with_raw_response.create(model=name, messages=QUESTION, max_tokens=20, **more)
    return raw.headers["x-request-id"], raw.parse()


def test_names_lead_to_models_and_each_is_billed_where_it_is_served(house, fake):
    client = openai_of(house, "ada@example.com")
    for name, model, upstream, price in [
        ("plain", "plain", "fake@chunks=2,tag=team", 2 * CENT),
        ("best", "plain", "plain", CENT),
        ("x/fake-1", "x/fake-1", "fake@chunks=3,tag=x-1", 3 * CENT),
    ]:
        request_id, _ = ask(client, name)
        record = house.call(request_id)
        assert (record["model"], cost(record)) == (model, price), record
        used = next(verdict for verdict in record["verdicts"] if verdict["stage"] == "route")
        assert upstream in used["summary"], used
    assert any("asked for as best" in verdict["summary"] for record in house.calls() for verdict in record["verdicts"])


def test_what_others_see_is_not_found_and_what_is_denied_is_denied_by_every_name(house):
    ada, gus = openai_of(house, "ada@example.com"), openai_of(house, "gus@example.com")
    with pytest.raises(openai.NotFoundError) as unseen:
        ask(ada, "private")
    with pytest.raises(openai.NotFoundError) as unknown:
        ask(ada, "nobodys")
    assert unseen.value.body["code"] == unknown.value.body["code"] == "model_not_found"
    for name in ("plain", "best"):
        with pytest.raises(openai.PermissionDeniedError):
            ask(gus, name)
    assert {model.id for model in ada.models.list()} == {"plain", "best", "small", "large"}
    assert {model.id for model in gus.models.list()} == {"small", "large"}
    assert ada.models.retrieve("x/fake-1").id == "x/fake-1", "a pattern is not listed, and may be used"


def test_what_a_model_cannot_do_is_a_bad_request_that_says_what_could(house):
    client = openai_of(house, "ada@example.com")
    with pytest.raises(openai.BadRequestError) as refused:
        ask(client, "small", tools=[TOOL])
    assert (refused.value.param, refused.value.code) == ("tools", "unsupported_feature")
    assert "`large`" in refused.value.message and "`plain`" not in refused.value.message
    long = [{"role": "user", "content": "word " * 10_000}]
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model="small", messages=long)
    assert refused.value.code == "context_length_exceeded"
    claude = anthropic.Anthropic(base_url=house.url, api_key=client.api_key, max_retries=0)
    with pytest.raises(anthropic.BadRequestError) as refused:
        claude.messages.create(model="small", max_tokens=20, messages=long)
    assert re.search(r"prompt is too long: \d+ tokens > 2000 maximum", refused.value.message)
    told = claude.models.retrieve("small")
    assert (told.max_input_tokens, told.max_tokens) == (2_000, 500)
    assert claude.models.retrieve("plain").max_input_tokens is None
