"""Told to stop, the gateway lets calls end, but not for ever."""

import time

import openai
import pytest

from parts.configuration import model, provider

PRICE = {"input": "0.25", "output": "2.00"}
QUESTION = [{"role": "user", "content": "hello"}]


def config(fake, directives: str, shutdown_seconds: int) -> dict:
    return {
        "server": {"shutdown_seconds": shutdown_seconds},
        "providers": {"fake": provider("openai", fake.url)},
        "models": [model("streamed", "fake", PRICE, upstream=f"fake@{directives}")],
    }


def begun_stream(gateway):
    """A stream of which the first chunk has come."""
    key = gateway.create_key("stop")
    client = openai.OpenAI(base_url=gateway.openai_url, api_key=key.secret, max_retries=0)
    stream = client.chat.completions.create(model="streamed", messages=QUESTION, stream=True)
    next(iter(stream))
    return stream


def test_a_stream_under_way_is_delivered_whole(own_gateway, fake):
    gateway = own_gateway(config(fake, "chunks=20,gap_ms=50,output_tokens=50", shutdown_seconds=10))
    stream = begun_stream(gateway)
    gateway.process.ask_to_stop()
    chunks = list(stream)
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert gateway.process.stop() == 0
    gateway.start()
    [record] = gateway.calls_of("streamed", 1)
    assert record["outcome"] == "finished"


def test_a_stream_that_does_not_end_is_cut_at_the_deadline_and_recorded(own_gateway, fake):
    gateway = own_gateway(config(fake, "chunks=8,stall_after=3", shutdown_seconds=1))
    stream = begun_stream(gateway)
    started = time.monotonic()
    assert gateway.process.stop() == 0
    assert time.monotonic() - started < 8, "the deadline is one second, and the provider stalls for far longer"
    with pytest.raises(openai.APIError):
        for _ in stream:
            pass
    gateway.start()
    [record] = gateway.calls_of("streamed", 1)
    assert record["outcome"] == "interrupted"
    assert record["tokens"]["output"] > 0 and record["is_estimated"]
