"""What becomes of a stream when the upstream or the client breaks it off."""

import http.server
import json
import threading
import time

import anthropic
import openai
import pytest

from conftest import CUTS, DIALECTS, PRICE
from parts.configuration import model, provider

QUESTION = [{"role": "user", "content": "hello"}]
# A stream that the client leaves is noticed at the next chunk.
LEAVING_SECONDS = 5


def check_words(error: Exception, how: str):
    """What the gateway itself says of a cut is true; in other cases these are the provider's words."""
    if how in CUTS:
        assert CUTS[how] in str(error) and "before an answer" not in str(error) and "(request req_" in str(error)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("how", ["resets-midway", "stalls-midway", "cut-in-an-event", "fails-midway"])
def test_openai_sdk_sees_an_error_in_the_stream_and_the_record_has_a_cost(openai_client, gateway, how, dialect):
    raw = openai_client.chat.completions.with_raw_response.create(
        model=f"{how}-{dialect}", messages=QUESTION, stream=True
    )
    text = ""
    with pytest.raises(openai.APIError) as raised:
        for chunk in raw.parse():
            text += chunk.choices[0].delta.content or ""
    assert text, "what had come before the break was delivered"
    check_words(raised.value, how)
    record = gateway.call(raw.headers["x-request-id"])
    assert record["outcome"] == "upstream_failed"
    assert record["tokens"]["input"] > 0 and record["tokens"]["output"] > 0


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("how", ["resets-midway", "stalls-midway", "cut-in-an-event", "fails-midway"])
def test_anthropic_sdk_sees_an_error_in_the_stream_and_the_record_has_a_cost(anthropic_client, gateway, how, dialect):
    text = ""
    with pytest.raises(anthropic.APIStatusError) as raised:
        with anthropic_client.messages.stream(model=f"{how}-{dialect}", messages=QUESTION, max_tokens=50) as stream:
            request_id = stream.response.headers["request-id"]
            for part in stream.text_stream:
                text += part
    assert text, "what had come before the break was delivered"
    check_words(raised.value, how)
    record = gateway.call(request_id)
    assert record["outcome"] == "upstream_failed"
    assert record["tokens"]["input"] > 0 and record["tokens"]["output"] > 0


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_client_that_leaves_cancels_the_provider_and_is_billed(openai_client, gateway, fake, dialect):
    cancelled_before = fake.calls()["cancelled"]
    stream = openai_client.chat.completions.create(model=f"slow-{dialect}", messages=QUESTION, stream=True)
    with stream:
        for position, _ in enumerate(stream):
            if position == 5:
                break
    record = gateway.calls_of(f"slow-{dialect}", 1)[-1]
    assert record["outcome"] == "client_gone"
    assert record["is_estimated"] and record["tokens"]["output"] > 0
    deadline = time.monotonic() + LEAVING_SECONDS
    while fake.calls()["cancelled"] == cancelled_before:
        assert time.monotonic() < deadline, "the provider still believes that somebody listens"
        time.sleep(0.05)


class HalfAnEventAtTheEnd(http.server.BaseHTTPRequestHandler):
    """A server of chat completions whose answer is whole, and behind which half an event follows."""

    CHUNKS = ({"delta": {"content": "It is said."}}, {"delta": {}, "finish_reason": "stop"})

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        for choice in self.CHUNKS:
            chunk = {"id": "c", "object": "chat.completion.chunk", "choices": [{"index": 0, **choice}]}
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.write(b'data: {"id":"c","choices":[{"index":0,"delta":{"content":"And th')

    def log_message(self, *_):
        pass


@pytest.fixture
def half_an_event():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), HalfAnEventAtTheEnd)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


def test_what_cannot_be_told_at_the_very_end_is_an_error_and_no_silence(own_gateway, half_an_event):
    config = {"providers": {"half": provider("openai", half_an_event)}, "models": [model("half", "half", PRICE)]}
    gateway = own_gateway(config)
    secret = gateway.create_key("k").secret
    by_anthropic = anthropic.Anthropic(base_url=gateway.url, api_key=secret, max_retries=0)
    by_openai = openai.OpenAI(base_url=gateway.openai_url, api_key=secret, max_retries=0)
    text = ""
    with pytest.raises(anthropic.APIStatusError, match="unusable"):
        with by_anthropic.messages.stream(model="half", messages=QUESTION, max_tokens=50) as stream:
            for part in stream.text_stream:
                text += part
    assert text == "It is said."
    text = ""
    with pytest.raises(openai.APIError, match="unusable"):
        for event in by_openai.responses.create(model="half", input="hello", stream=True):
            text += event.delta if event.type == "response.output_text.delta" else ""
    assert text == "It is said."
    records = gateway.calls_of("half", 2)
    assert all(record["outcome"] == "upstream_failed" and float(record["cost"]) > 0 for record in records)
