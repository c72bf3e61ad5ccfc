"""Files on their way up and sound on its way down: budgets, limits, memory, and what breaks off."""

import asyncio
import hashlib
import json
import socket
import time
import urllib.error
import urllib.request
from collections import Counter
from decimal import Decimal

import openai
import pytest

from parts.configuration import model, provider
from parts.gateway import Gateway, cost
from parts.media import BY_HOUR, BY_IMAGE, BY_IMAGE_TOKEN, BY_SEARCH, documents, record_of
from parts.sounds import PNG, sound
from parts.surfaces import form

# A file of a size that no memory holds for long.
LARGE_BYTES = 40 * 1024 * 1024
MOST_MEMORY_BYTES = 120 * 1024 * 1024
LEAVING_SECONDS = 10
BOUNDARY = "line"


def test_a_budget_that_covers_no_picture_is_402(own_gateway, fake):
    gateway = own_gateway(
        {
            "providers": {"fake": provider("openai", fake.url)},
            "models": [
                model("dall-e-3", "fake", BY_IMAGE, upstream="dall-e-3@tag=unpaid"),
                model("gpt-image-1", "fake", BY_IMAGE_TOKEN, upstream="gpt-image-1@tag=unpaid"),
                model("whisper-1", "fake", BY_HOUR, upstream="whisper-1@tag=unpaid"),
                model("rerank-v3.5", "fake", BY_SEARCH, upstream="rerank-v3.5@tag=unpaid"),
            ],
            "budgets": [{"level": "user", "name": "*", "limit": "0.001"}],
        }
    )
    key = gateway.create_key("poor")
    client = openai.OpenAI(base_url=gateway.openai_url, api_key=key.secret, max_retries=0)
    rerank = {"model": "rerank-v3.5", "query": "fox", "documents": documents(2)}
    for ask in (
        lambda: client.images.generate(model="dall-e-3", prompt="a fox"),
        lambda: client.images.generate(model="gpt-image-1", prompt="a fox", stream=True),
        lambda: client.images.edit(model="gpt-image-1", prompt="a fox", image=("a.png", PNG)),
        lambda: client.audio.transcriptions.create(model="whisper-1", file=("a.wav", sound(60))),
        lambda: client.post("/rerank", body=rerank, cast_to=object),
    ):
        with pytest.raises(openai.APIStatusError) as told:
            ask()
        assert (told.value.status_code, told.value.code) == (402, "insufficient_quota")
    assert not [line for line in fake.calls()["bill"] if "tag=unpaid" in line["model"]]
    for name, count in [("dall-e-3", 1), ("gpt-image-1", 2), ("whisper-1", 1), ("rerank-v3.5", 1)]:
        records = gateway.calls_of(name, count)
        assert [(record["outcome"], record["cost"]) for record in records] == [("refused", "0.000000000")] * count


def test_forty_callers_of_a_budget_for_five_get_exactly_five(own_gateway, fake):
    gateway = own_gateway(
        {
            "providers": {"fake": provider("openai", fake.url)},
            "models": [model("dall-e-2", "fake", BY_IMAGE, upstream="dall-e-2@latency_ms=50,tag=race-of-pictures")],
            "budgets": [{"level": "instance", "limit": "0.4", "mode": "hard"}],
        }
    )
    key = gateway.create_key("racer")
    client = openai.AsyncOpenAI(base_url=gateway.openai_url, api_key=key.secret, max_retries=0, timeout=60)

    async def one() -> int:
        try:
            return len((await client.images.generate(model="dall-e-2", prompt="a fox", n=2)).data)
        except openai.APIStatusError as told:
            return told.status_code

    async def race() -> Counter:
        return Counter(await asyncio.gather(*(one() for _ in range(40))))

    assert asyncio.run(race()) == {2: 5, 402: 35}
    assert sum(map(cost, gateway.calls_of("dall-e-2", 40))) == Decimal("0.4")
    assert fake.billed("dall-e-2@latency_ms=50,tag=race-of-pictures")["images"] == 10


def post_form(gateway: Gateway, secret: str, path: str, body: bytes) -> tuple[int, dict]:
    headers = {"authorization": f"Bearer {secret}", "content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    request = urllib.request.Request(f"{gateway.url}{path}", data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)["error"]


def test_a_form_that_lacks_something_is_refused_by_the_name_of_its_field(media, media_key, fake):
    arrived = fake.calls()["arrived"]
    transcriptions, edits = "/v1/audio/transcriptions", "/v1/images/edits"
    file, named = ("file", "a.wav", sound(1)), ("model", None, b"whisper-1")
    for path, parts, field in [
        (transcriptions, [named], "file"),
        (transcriptions, [file], "model"),
        (edits, [("model", None, b"gpt-image-1"), ("prompt", None, b"a fox")], "image"),
        (edits, [("model", None, b"gpt-image-1"), ("image", "a.png", PNG)], "prompt"),
    ]:
        status, error = post_form(media, media_key.secret, path, form(BOUNDARY, *parts))
        assert (status, error["param"]) == (400, field), error
    whole = form(BOUNDARY, named, file)
    status, error = post_form(media, media_key.secret, transcriptions, whole[: len(whole) // 2])
    assert status == 400 and "RFC 7578" in error["message"]
    assert fake.calls()["arrived"] == arrived


def test_a_form_names_its_model_wherever_it_wants(media, media_key, fake):
    parts = [("file", "a.wav", sound(3)), ("temperature", None, b"0.5"), ("model", None, b"whisper-1")]
    status, answer = post_form(media, media_key.secret, "/v1/audio/transcriptions", form(BOUNDARY, *parts))
    assert (status, answer["usage"]["seconds"]) == (200, 3)
    assert list(json.loads(fake.calls()["last_body"])) == ["file", "temperature", "model"]


def test_an_upload_without_a_form_is_an_unsupported_media_type(media_client):
    with pytest.raises(openai.APIStatusError) as told:
        media_client.post("/audio/transcriptions", body={"model": "whisper-1"}, cast_to=object)
    assert told.value.status_code == 415 and "multipart/form-data" in told.value.message


def test_a_client_that_breaks_off_its_form_reaches_no_provider(media, media_key, fake):
    arrived = fake.calls()["arrived"]
    before = len(media.calls())
    body = form(BOUNDARY, ("model", None, b"whisper-1"), ("file", "a.wav", sound(60)))
    head = (
        "POST /v1/audio/transcriptions HTTP/1.1\r\nHost: gateway\r\n"
        f"Authorization: Bearer {media_key.secret}\r\nContent-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    host, port = media.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(head.encode() + body[: len(body) // 2])
    deadline = time.monotonic() + LEAVING_SECONDS
    while len(records := media.calls()) == before:
        assert time.monotonic() < deadline, "the call was not recorded"
        time.sleep(0.1)
    assert records[-1]["outcome"] in ("refused", "client_gone") and records[-1]["cost"] == "0.000000000"
    assert fake.calls()["arrived"] == arrived


def test_a_file_above_the_limit_is_refused_and_says_which(own_gateway, fake):
    gateway = own_gateway(
        {
            "server": {"upload_limit_bytes": 1_000_000},
            "providers": {"fake": provider("openai", fake.url)},
            "models": [model("whisper-1", "fake", BY_HOUR, upstream="whisper-1@tag=limited")],
        }
    )
    key = gateway.create_key("uploader")
    client = openai.OpenAI(base_url=gateway.openai_url, api_key=key.secret, max_retries=0)
    for seconds in (130, 450):
        with pytest.raises(openai.APIStatusError) as told:
            client.audio.transcriptions.create(model="whisper-1", file=("a.wav", sound(seconds)))
        assert told.value.status_code == 413 and "server.upload_limit_bytes" in told.value.message
    assert client.audio.transcriptions.create(model="whisper-1", file=("a.wav", sound(120))).text
    assert [record["outcome"] for record in gateway.calls_of("whisper-1", 1)] == ["finished"]


def test_an_unknown_model_is_not_found_also_in_a_form(media_client):
    for ask in (
        lambda: media_client.images.generate(model="dall-e-17", prompt="a fox"),
        lambda: media_client.audio.transcriptions.create(model="whisper-17", file=("a.wav", sound(1))),
    ):
        with pytest.raises(openai.NotFoundError) as told:
            ask()
        assert told.value.param == "model"


def test_a_large_file_goes_through_whole_and_never_stands_in_memory(own_gateway, fake):
    gateway = own_gateway(
        {
            "providers": {"fake": provider("openai", fake.url)},
            "models": [model("whisper-1", "fake", BY_HOUR, upstream="whisper-1@tag=large")],
        }
    )
    key = gateway.create_key("uploader")
    client = openai.OpenAI(base_url=gateway.openai_url, api_key=key.secret, max_retries=0, timeout=120)
    file = sound((LARGE_BYTES - 44) / 8_000)
    assert client.audio.transcriptions.create(model="whisper-1", file=("a.wav", file)).usage.seconds == 5_243
    seen = json.loads(fake.calls()["last_body"])["file"]
    assert (seen["bytes"], seen["sha256"]) == (LARGE_BYTES, hashlib.sha256(file).hexdigest())
    assert seen["file_name"] == "a.wav" and seen["content_type"].endswith("wav")
    assert peak_memory(gateway) < MOST_MEMORY_BYTES
    assert cost(gateway.calls_of("whisper-1", 1)[0]) == Decimal("0.5243")
    files = [path for path in gateway.directory.rglob("*") if path.is_file() and path.suffix != ".journal"]
    assert all(path.stat().st_size < LARGE_BYTES for path in files), "the file has no name and is gone"


def peak_memory(gateway: Gateway) -> int:
    with open(f"/proc/{gateway.process.pid}/status") as status:
        line = next(line for line in status if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def test_an_upload_is_sent_again_to_the_next_backend(media_client, media, fake):
    file = sound(120)
    raw = media_client.audio.transcriptions.with_raw_response.create(
        model="rescued-sound", file=("a.wav", file), extra_body={"temperature": 0.5}
    )
    assert raw.parse().usage.seconds == 120
    seen = json.loads(fake.calls()["last_body"])
    assert seen["file"]["sha256"] == hashlib.sha256(file).hexdigest()
    assert (seen["model"], seen["temperature"]) == ("whisper-1@tag=rescue", "0.5")
    record = record_of(media, raw)
    assert cost(record) == Decimal("0.012")
    route = next(verdict for verdict in record["verdicts"] if verdict["stage"] == "route")
    assert "500" in route["summary"], route


def test_a_client_that_leaves_a_sound_cancels_it_and_is_billed(media_client, media, fake):
    cancelled_before = fake.calls()["cancelled"]
    with media_client.audio.speech.with_streaming_response.create(
        model="slow-sound", input="hello", voice="alloy", response_format="pcm"
    ) as streamed:
        assert next(streamed.iter_bytes(1_000))
        request_id = streamed.headers["x-request-id"]
    record = media.call(request_id)
    assert (record["outcome"], record["cost"]) == ("client_gone", "0.000075000")
    deadline = time.monotonic() + LEAVING_SECONDS
    while fake.calls()["cancelled"] == cancelled_before:
        assert time.monotonic() < deadline, "the provider still believes that somebody listens"
        time.sleep(0.05)


@pytest.mark.parametrize("name", ["broken-sound", "stalled-sound"])
def test_a_sound_that_breaks_off_is_no_whole_one_for_the_client_and_has_a_record(media_client, media, name):
    heard = b""
    with media_client.audio.speech.with_streaming_response.create(
        model=name, input="hello", voice="alloy", response_format="pcm"
    ) as streamed:
        request_id = streamed.headers["x-request-id"]
        with pytest.raises(Exception, match="(?i)incomplete|closed|broke|peer"):
            for piece in streamed.iter_bytes():
                heard += piece
    assert len(heard) == 20_000, "what had come before the break was delivered"
    record = media.call(request_id)
    assert (record["outcome"], record["cost"]) == ("upstream_failed", "0.000075000")


@pytest.mark.parametrize("name", ["broken-transcript", "failed-transcript"])
def test_a_transcript_that_breaks_off_is_an_error_in_its_stream(media_client, media, name):
    raw = media_client.audio.transcriptions.with_raw_response.create(model=name, file=("a.wav", sound(2)), stream=True)
    text = ""
    with pytest.raises(openai.APIError):
        for event in raw.parse():
            text += event.delta
    assert text, "what had come before the break was delivered"
    record = media.call(raw.headers["x-request-id"])
    assert record["outcome"] == "upstream_failed" and record["is_estimated"]
    assert record["tokens"]["audio_input"] == 20 and record["tokens"]["output"] > 0
