"""How long a prompt is before it is sent, through the official Anthropic SDK."""

import anthropic
import pytest

HELLO = [{"role": "user", "content": "What does a gateway do?"}]
TOOL = {"name": "look", "description": "Looks at something.", "input_schema": {"type": "object"}}


@pytest.mark.parametrize("model", ["plain-anthropic", "plain-openai"])
def test_a_prompt_is_counted_for_every_model_and_nobody_is_asked(anthropic_client, gateway, fake, model):
    gateway.wait_for_the_ledger()
    before = fake.calls()["arrived"], len(gateway.calls())

    def count(**more):
        return anthropic_client.messages.count_tokens(model=model, **{"messages": HELLO, **more}).input_tokens

    short = count()
    assert 6 <= short <= 20
    assert count(system="You are brief.") > short and count(tools=[TOOL]) > short
    page = [{"role": "user", "content": "The quick brown fox jumps over the lazy dog. " * 1_000}]
    assert 9_000 <= count(messages=page) <= 11_000
    assert (fake.calls()["arrived"], len(gateway.calls())) == before


def test_a_count_is_refused_as_a_call_is(anthropic_client, gateway):
    stranger = anthropic.Anthropic(base_url=gateway.url, api_key="hx_wrong", max_retries=0)
    with pytest.raises(anthropic.AuthenticationError):
        stranger.messages.count_tokens(model="plain-anthropic", messages=HELLO)
    for model in ("nobody", "forbidden"):
        with pytest.raises(anthropic.NotFoundError) as refused:
            anthropic_client.messages.count_tokens(model=model, messages=HELLO)
        assert "request req_" in str(refused.value)
    with pytest.raises(anthropic.BadRequestError):
        anthropic_client.messages.count_tokens(model="plain-anthropic", messages="Hi")
