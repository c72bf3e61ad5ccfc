"""Moderations, reranking, pictures and sound through the gateway: exact to the nano-dollar."""

import base64
import hashlib
import io
import json
import wave
from decimal import Decimal

import cohere
import httpx2
import openai
import pytest

from parts.gateway import cost
from parts.media import documents, dollars, record_of
from parts.sounds import PNG, sound


# Moderations and reranking


def test_a_moderation_costs_nothing(media_client, media):
    raw = media_client.moderations.with_raw_response.create(input=["hello", "violence"])
    assert [result.flagged for result in raw.parse().results] == [False, True]
    record = record_of(media, raw)
    assert (record["cost"], record["model"]) == ("0.000000000", "omni-moderation-latest")


def test_reranking_is_billed_by_searches_or_by_tokens(media_client, media):
    for name, count, expected in [
        ("rerank-v3.5", 100, Decimal("0.002")),
        ("rerank-v3.5", 101, Decimal("0.004")),
        ("jina-reranker", 3, dollars("0.02", 815)),
    ]:
        body = {"model": name, "query": "red fox", "documents": documents(count), "top_n": 1}
        raw = media_client.post("/rerank", body=body, cast_to=httpx2.Response)
        assert raw.json()["results"][0]["index"] == count - 1
        record = record_of(media, raw)
        assert cost(record) == expected and not record["is_estimated"]


def test_coheres_sdk_reranks_by_its_own_path(media, media_key):
    client = cohere.ClientV2(api_key=media_key.secret, base_url=media.url)
    raw = client.v2.with_raw_response.rerank(
        model="rerank-v3.5", query="red fox", documents=documents(3), top_n=2
    )
    assert [result.index for result in raw.data.results] == [2, 0]
    assert raw.data.meta.billed_units.search_units == 1
    assert cost(record_of(media, raw)) == Decimal("0.002")


# Pictures


def test_dall_e_is_billed_by_the_picture(media_client, media):
    raw = media_client.images.with_raw_response.generate(model="dall-e-2", prompt="a fox", n=2)
    assert len(raw.parse().data) == 2
    record = record_of(media, raw)
    assert record["cost"] == "0.080000000" and not record["is_estimated"]
    raw = media_client.images.with_raw_response.create_variation(image=("a.png", PNG), response_format="b64_json")
    assert base64.b64decode(raw.parse().data[0].b64_json).startswith(b"\x89PNG")
    record = record_of(media, raw)
    assert (record["model"], record["cost"]) == ("dall-e-2", "0.040000000")


def test_gpt_image_is_billed_by_tokens_of_text_and_of_pictures(media_client, media):
    made = dollars("40", 1_000)
    generated, edited = dollars("5", 300) + made, dollars("5", 106) + dollars("10", 194) + made
    raw = media_client.images.with_raw_response.generate(model="gpt-image-1", prompt="a fox")
    assert raw.parse().usage.output_tokens == 1_000
    assert cost(record_of(media, raw)) == generated
    raw = media_client.images.with_raw_response.edit(model="gpt-image-1", prompt="a fox", image=("a.png", PNG))
    assert raw.parse().usage.input_tokens_details.image_tokens == 194
    assert cost(record_of(media, raw)) == edited
    raw = media_client.images.with_raw_response.generate(model="gpt-image-1", prompt="a", stream=True, partial_images=2)
    kinds = [event.type for event in raw.parse()]
    assert kinds == ["image_generation.partial_image"] * 2 + ["image_generation.completed"]
    record = record_of(media, raw)
    assert cost(record) == generated and not record["is_estimated"]
    raw = media_client.images.with_raw_response.edit(
        model="gpt-image-1", prompt="a", image=("a.png", PNG), stream=True, partial_images=1
    )
    assert [event.type for event in raw.parse()] == ["image_edit.partial_image", "image_edit.completed"]
    assert cost(record_of(media, raw)) == edited


def test_an_edit_brings_every_picture_and_its_mask(media_client, media, fake):
    raw = media_client.images.with_raw_response.edit(
        model="gpt-image-1", prompt="a fox", image=[("a.png", PNG), ("b.png", PNG)], mask=("mask.png", PNG), n=2
    )
    assert len(raw.parse().data) == 2
    seen = json.loads(fake.calls()["last_body"])
    assert [file["file_name"] for file in seen["image[]"]] == ["a.png", "b.png"]
    assert seen["mask"]["sha256"] == hashlib.sha256(PNG).hexdigest()
    assert (seen["n"], seen["prompt"]) == ("2", "a fox")
    assert cost(record_of(media, raw)) == dollars("10", 300) + dollars("40", 1_000)


# Sound


def test_a_spoken_text_is_billed_by_the_character(media_client, media):
    raw = media_client.audio.speech.with_raw_response.create(
        model="tts-1", input="née?", voice="alloy", response_format="wav"
    )
    assert raw.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(raw.content)) as heard:
        assert heard.getnframes() / heard.getframerate() == 1.0
    record = record_of(media, raw)
    assert record["cost"] == "0.000060000" and not record["is_estimated"]


def test_a_field_that_makes_no_sense_makes_nothing_cheaper(media_client, media):
    asked = {"model": "tts-1", "input": "hello", "voice": "alloy"}
    raw = media_client.audio.speech.with_raw_response.create(**asked, extra_body={"n": "x", "documents": 1})
    assert cost(record_of(media, raw)) == Decimal("0.000075")
    with pytest.raises(openai.BadRequestError) as told:
        media_client.images.generate(model="dall-e-2", prompt="a fox", n="2")
    assert told.value.param == "n"
    forged = bytearray(sound(20))
    forged[28:32] = b"\xff\xff\xff\xff"  # the bytes of a second, which no player looks at
    raw = media_client.audio.translations.with_raw_response.create(model="whisper-1", file=("a.wav", bytes(forged)))
    assert cost(record_of(media, raw)) == Decimal("0.002")


def test_speech_by_tokens_is_exact_in_events_and_an_estimate_in_sound(media_client, media):
    asked = {"model": "gpt-4o-mini-tts", "input": "hello, who is there?", "voice": "alloy"}
    with media_client.audio.speech.with_streaming_response.create(**asked, stream_format="sse") as streamed:
        events = [json.loads(line.removeprefix("data: ")) for line in streamed.iter_lines() if line]
    assert events[-1]["type"] == "speech.audio.done"
    record = record_of(media, streamed)
    assert cost(record) == dollars("0.6", 14) + dollars("12", 101) and not record["is_estimated"]
    raw = media_client.audio.speech.with_raw_response.create(**asked)
    record = record_of(media, raw)
    assert record["is_estimated"] and record["tokens"]["audio_output"] == 40
    assert cost(record) == dollars("0.6", record["tokens"]["input"]) + dollars("12", 40)


@pytest.mark.parametrize("seconds, billed", [(8.5, 9), (9, 9)])
@pytest.mark.parametrize("wanted", ["json", "verbose_json", "text", "srt", "vtt"])
def test_whisper_is_billed_by_seconds_begun_in_every_form(media_client, media, wanted, seconds, billed):
    raw = media_client.audio.transcriptions.with_raw_response.create(
        model="whisper-1", file=("a.wav", sound(seconds)), response_format=wanted
    )
    assert "The quick brown fox" in raw.text
    assert raw.headers["content-type"].startswith("application/json" if "json" in wanted else "text/plain")
    assert cost(record_of(media, raw)) == Decimal("0.36") * billed / 3_600


def test_a_plain_transcript_tells_no_usage_and_its_words_are_billed_all_the_same(media_client, media):
    raw = media_client.audio.transcriptions.with_raw_response.create(
        model="gpt-4o-transcribe", file=("a.wav", sound(2)), response_format="text"
    )
    tokens = record_of(media, raw)["tokens"]
    assert tokens["audio_input"] == 20
    assert 80 <= tokens["output"] <= 160, f"{len(raw.text)} characters have so many tokens"


def test_a_translation_tells_no_usage_and_is_billed_by_the_length_of_its_sound(media_client, media):
    raw = media_client.audio.translations.with_raw_response.create(model="whisper-1", file=("a.wav", sound(20)))
    assert raw.parse().text.startswith("The quick")
    record = record_of(media, raw)
    assert cost(record) == Decimal("0.002") and record["is_estimated"]


def test_whisper_ignores_that_a_stream_is_asked_for_as_openai_says(media_client, media):
    raw = media_client.audio.transcriptions.with_raw_response.create(
        model="whisper-1", file=("a.wav", sound(2)), stream=True
    )
    assert json.loads(raw.http_response.read())["text"].startswith("The quick")
    assert cost(record_of(media, raw)) == Decimal("0.0002")


def test_other_transcriptions_are_billed_by_tokens_whole_and_streamed(media_client, media):
    expected = dollars("2.5", 1) + dollars("6", 20) + dollars("10", 30)
    asked = {"model": "gpt-4o-transcribe", "prompt": "abcd"}
    raw = media_client.audio.transcriptions.with_raw_response.create(file=("a.wav", sound(2)), **asked)
    assert raw.parse().usage.input_token_details.audio_tokens == 20
    assert cost(record_of(media, raw)) == expected
    raw = media_client.audio.transcriptions.with_raw_response.create(file=("a.wav", sound(2)), stream=True, **asked)
    *deltas, done = raw.parse()
    assert "".join(event.delta for event in deltas) == done.text
    record = record_of(media, raw)
    assert cost(record) == expected and not record["is_estimated"]
