"""Running the gateway: configuration, health, and an orderly end."""

import json
import subprocess
import threading
import time
import urllib.request

import openai
import pytest

from conftest import PRICE
from parts.configuration import model, provider
from parts.gateway import BINARY

QUESTION = [{"role": "user", "content": "hello"}]


def check(directory, text: str, **environment) -> subprocess.CompletedProcess:
    (directory / "gateway.yaml").write_text(text)
    command = [str(BINARY), "config", "check", "--config", "gateway.yaml"]
    return subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("server:\n  lisen: 127.0.0.1:1\n", ["line 2", "lisen", "listen"]),
        ("server:\n  listen: 127.0.0.1:1\nmodles: []\n", ["line 3", "modles", "models"]),
        ("proxy:\n  idle_timeout_ms: soon\n", ["line 2", "idle_timeout_ms"]),
        ("budgets:\n  - { level: team, limit: '10' }\n", ["budgets", "name"]),
        ("models:\n  - { name: m, backends: [ { provider: nobody } ] }\n", ["nobody"]),
    ],
)
def test_a_mistake_in_the_configuration_is_refused_with_its_place(tmp_path, text, says):
    done = check(tmp_path, text)
    assert done.returncode != 0
    for part in says:
        assert part in done.stderr
    assert "panicked" not in done.stderr


def test_a_mistake_in_the_environment_is_refused_by_name(tmp_path):
    done = check(tmp_path, "{}", HELIX__SERVER__LISTN="x")
    assert done.returncode != 0 and "HELIX__SERVER__LISTN" in done.stderr


def test_health_readiness_and_metrics_answer(gateway, openai_client):
    openai_client.chat.completions.create(model="plain-openai", messages=QUESTION)
    def get(path: str) -> str:
        return urllib.request.urlopen(gateway.url + path, timeout=10).read().decode()

    assert get("/healthz") == "ok\n"
    assert json.loads(get("/readyz")) == {"ready": True, "reasons": [], "warnings": []}
    metrics = get("/metrics")
    assert "helix_" in metrics and "process_resident_memory_bytes" in metrics


def test_a_stop_lets_a_stream_under_way_end(own_gateway, fake):
    gateway = own_gateway(
        {
            "providers": {"fake": provider("openai", fake.url)},
            "models": [model("slow", "fake", PRICE, upstream="fake@chunks=20,gap_ms=50,output_tokens=50,tag=drain")],
        }
    )
    key = gateway.create_key("patient")
    client = openai.OpenAI(base_url=gateway.openai_url, api_key=key.secret, max_retries=0)
    stream = client.chat.completions.create(model="slow", messages=QUESTION, stream=True)
    next(stream)
    codes: list[int] = []
    stopping = threading.Thread(target=lambda: codes.append(gateway.process.stop()))
    stopping.start()
    reasons = [choice.finish_reason for chunk in stream for choice in chunk.choices if choice.finish_reason]
    stopping.join()
    assert reasons == ["stop"]
    assert codes == [0]
    gateway.start()
    assert [record["outcome"] for record in gateway.calls_of("slow", 1)] == ["finished"]


def test_every_call_is_one_structured_log_line_with_its_request_id(own_gateway):
    gateway = own_gateway(
        {
            "log": {"format": "json"},
            "providers": {"demo": {"kind": "demo"}},
            "models": [model("demo-chat", "demo", PRICE)],
        }
    )
    client = openai.OpenAI(base_url=gateway.openai_url, api_key=gateway.create_key("logged").secret)
    raw = client.chat.completions.with_raw_response.create(model="demo-chat", messages=QUESTION)
    request_id = raw.headers["x-request-id"]
    gateway.call(request_id)
    deadline = time.monotonic() + 5
    while not (lines := [line for line in gateway.log().splitlines() if request_id in line]):
        assert time.monotonic() < deadline, "the request is in no log line"
        time.sleep(0.05)
    assert len(lines) == 1
    assert "demo-chat" in json.dumps(json.loads(lines[0]))
