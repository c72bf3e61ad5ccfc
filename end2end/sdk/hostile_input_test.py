"""Input that no SDK would send: it is refused clearly, in the client's dialect, and nothing falls over."""

import http.client
import json
import socket
import struct
import time
from urllib.parse import urlsplit

import pytest

CHAT, MESSAGES, EMBEDDINGS = "/v1/chat/completions", "/v1/messages", "/v1/embeddings"
GOOD = {"model": "demo-chat", "max_tokens": 5, "messages": [{"role": "user", "content": "hello"}]}
SECONDS = 30


def headers_of(key, **more) -> dict:
    return {"authorization": f"Bearer {key.secret}", "content-type": "application/json"} | more


def post(gateway, path: str, body, headers: dict) -> tuple[int, dict, dict]:
    """Status, headers and the JSON body of the answer."""
    connection = http.client.HTTPConnection(urlsplit(gateway.url).netloc, timeout=SECONDS)
    connection.request("POST", path, body=body, headers=headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, json.loads(text)


def check_refusal(gateway, path: str, status: int, headers: dict, body: dict, expected: int):
    assert status == expected, body
    if path == MESSAGES:
        assert body["type"] == "error" and body["error"]["type"] and body["error"]["message"]
    else:
        assert body["error"]["type"] and body["error"]["code"] and body["error"]["message"]
    assert headers["content-type"] == "application/json"
    assert gateway.call(headers["x-request-id"])["outcome"] == "refused"


def check_still_serving(gateway, key):
    status, _, _ = post(gateway, CHAT, json.dumps(GOOD), headers_of(key))
    assert status == 200
    assert "panicked" not in gateway.log()


@pytest.mark.parametrize("path", [CHAT, MESSAGES, EMBEDDINGS])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b'{"model": "demo-chat", "messages": [',
        b'{"model": "demo-chat"} trailing',
        b"[" * 200_000,
        b'{"model":' * 50_000,
        b'{"model": "demo-chat", "model": "forbidden", "max_tokens": 5, "input": "x", "messages": []}',
        b'{"model": "demo-chat", "input": "\xff\xfe", "max_tokens": 5, "messages": [{"role": "user", "content": "\xc3\x28"}]}',
        b'{"model": "\\ud800", "max_tokens": 5, "input": "x", "messages": []}',
    ],
    ids=lambda body: repr(body[:40]),
)
def test_a_malformed_body_is_a_bad_request(gateway, key, path, body):
    check_refusal(gateway, path, *post(gateway, path, body, headers_of(key)), expected=400)


@pytest.mark.parametrize("path", [CHAT, MESSAGES])
@pytest.mark.parametrize(
    "wrong",
    [
        {"model": 5},
        {"model": None},
        {"model": ""},
        {"model": "m" * 10_000},
        {"messages": "hello"},
        {"messages": {"role": "user"}},
        {"messages": None},
        {"max_tokens": "many"},
        {"max_tokens": -1},
        {"max_tokens": 0},
        {"max_tokens": 1.5},
        {"max_tokens": 1e300},
        {"stream": "yes"},
        {"stream": 1},
    ],
    ids=lambda wrong: json.dumps(wrong)[:40],
)
def test_a_wrong_type_is_a_bad_request_that_names_the_field(gateway, key, path, wrong):
    status, headers, body = post(gateway, path, json.dumps(GOOD | wrong), headers_of(key))
    check_refusal(gateway, path, status, headers, body, expected=400)
    field = next(iter(wrong))
    assert field in body["error"]["message"]
    if path == CHAT:
        assert body["error"]["param"] == field


@pytest.mark.parametrize("path", [CHAT, MESSAGES, EMBEDDINGS])
def test_an_unknown_model_is_not_found(gateway, key, path):
    body = GOOD | {"model": "no-such-model", "input": "x"}
    check_refusal(gateway, path, *post(gateway, path, json.dumps(body), headers_of(key)), expected=404)


@pytest.mark.parametrize("path", [CHAT, MESSAGES])
@pytest.mark.parametrize("is_announced", [True, False], ids=["content-length", "chunked"])
def test_twenty_megabytes_are_too_large(gateway, key, path, is_announced):
    text = json.dumps(GOOD | {"messages": [{"role": "user", "content": "x" * 20_000_000}]}).encode()
    pieces = text if is_announced else (text[at : at + 65_536] for at in range(0, len(text), 65_536))
    check_refusal(gateway, path, *post(gateway, path, pieces, headers_of(key)), expected=413)
    check_still_serving(gateway, key)


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded"])
def test_another_media_type_is_refused(gateway, key, content_type):
    headers = headers_of(key, **{"content-type": content_type})
    check_refusal(gateway, CHAT, *post(gateway, CHAT, json.dumps(GOOD), headers), expected=415)


@pytest.mark.parametrize(
    "bomb",
    [
        {"x-bomb": "x" * 100_000},
        {f"x-bomb-{number}": "x" * 1_000 for number in range(100)},
        {f"x-bomb-{number}": "x" for number in range(5_000)},
        {"x-bomb": "x" * 5_000_000},
        {"authorization": "Bearer " + "h" * 100_000},
    ],
    ids=["one long header", "many long headers", "too many headers", "five megabytes", "a long key"],
)
def test_a_header_bomb_is_refused(gateway, key, bomb):
    connection = http.client.HTTPConnection(urlsplit(gateway.url).netloc, timeout=SECONDS)
    try:
        connection.request("POST", CHAT, body=json.dumps(GOOD), headers=headers_of(key) | bomb)
        assert connection.getresponse().status == 431
    except (BrokenPipeError, ConnectionResetError):
        pass  # the gateway hung up before all of it was sent
    finally:
        connection.close()
    check_still_serving(gateway, key)


@pytest.mark.parametrize("noise", [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET\r\n\r\n", b"\x00" * 4096])
def test_what_is_not_http_is_hung_up_on(gateway, key, noise):
    with connect(gateway) as client:
        client.sendall(noise)
        client.settimeout(SECONDS)
        answer = client.recv(4096)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 400")
    check_still_serving(gateway, key)


def connect(gateway) -> socket.socket:
    address = urlsplit(gateway.url)
    return socket.create_connection((address.hostname, address.port), timeout=SECONDS)


def hang_up(client: socket.socket):
    """Resets the connection instead of closing it in good order."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def head(key, path: str, length: int) -> bytes:
    lines = (
        f"POST {path} HTTP/1.1",
        "host: gateway",
        f"authorization: Bearer {key.secret}",
        "content-type: application/json",
        f"content-length: {length}",
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


@pytest.mark.parametrize("path", [CHAT, MESSAGES])
@pytest.mark.parametrize("is_reset", [True, False], ids=["reset", "closed"])
def test_a_connection_cut_in_the_middle_of_a_body_costs_nothing(gateway, key, fake, path, is_reset):
    arrived = fake.calls()["arrived"]
    body = json.dumps(GOOD | {"model": "plain-openai"}).encode()
    client = connect(gateway)
    client.sendall(head(key, path, len(body)) + body[: len(body) // 2])
    if is_reset:
        hang_up(client)
    else:
        client.close()
    check_still_serving(gateway, key)
    assert fake.calls()["arrived"] == arrived


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
def test_a_connection_reset_in_the_middle_of_a_stream_has_a_record_and_a_cost(gateway, key, dialect):
    path = CHAT if dialect == "openai" else MESSAGES
    earlier = len([record for record in gateway.calls() if record["model"] == f"slow-{dialect}"])
    body = json.dumps(GOOD | {"model": f"slow-{dialect}", "max_tokens": 400, "stream": True}).encode()
    client = connect(gateway)
    client.sendall(head(key, path, len(body)) + body)
    seen = b""
    while seen.count(b"data:") < 5:
        part = client.recv(4096)
        assert part, seen
        seen += part
    hang_up(client)
    record = gateway.calls_of(f"slow-{dialect}", earlier + 1)[-1]
    assert record["outcome"] == "client_gone"
    assert record["tokens"]["input"] > 0 and record["tokens"]["output"] > 0
    assert record["cost"] != "0.000000000"
    check_still_serving(gateway, key)


def test_a_client_that_dawdles_over_its_headers_is_let_go(gateway, key):
    with connect(gateway) as client:
        client.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\n")
        client.settimeout(SECONDS)
        started = time.monotonic()
        answer = client.recv(4096)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 408")
        assert time.monotonic() - started < SECONDS
    check_still_serving(gateway, key)


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages", "/v1/models", "/v1/nothing", "/v1/%00", "/v1/../etc"])
@pytest.mark.parametrize("verb", ["GET", "PUT", "DELETE", "PATCH"])
def test_every_other_verb_and_path_has_a_clear_answer(gateway, key, path, verb):
    connection = http.client.HTTPConnection(urlsplit(gateway.url).netloc, timeout=SECONDS)
    connection.request(verb, path, headers=headers_of(key))
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    if (verb, path) == ("GET", "/v1/models"):
        assert answer.status == 200
    else:
        assert answer.status in (404, 405)
        assert json.loads(text)["error"]["message"]
