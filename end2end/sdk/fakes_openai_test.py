"""The stand-in for what OpenAI has beside chats, under the official SDK.

Nothing stands between: a stand-in that drifts from its vendor fails here.
"""

import base64
import io
import json
import wave

import openai
import pytest

from parts.sounds import PNG, sound
from parts.upstreams import FakeProvider


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    running = FakeProvider(tmp_path_factory.mktemp("openai"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def client(upstream):
    # Whatever is not as the SDK's types say fails.
    return openai.OpenAI(
        base_url=f"{upstream.url}/v1", api_key="any", max_retries=0, timeout=10, _strict_response_validation=True
    )


def test_completions_are_answered_whole_and_streamed(client, upstream):
    model = "fake@chunks=4,input_tokens=10,output_tokens=12,answer_bytes=40"
    whole = client.completions.create(model=model, prompt=["a", "b"], n=2, max_tokens=50)
    assert [choice.index for choice in whole.choices] == [0, 1, 2, 3]
    assert (whole.choices[0].finish_reason, whole.usage.completion_tokens) == ("stop", 48)
    # The SDK's type has a reason in every chunk; OpenAI sends none before the last one.
    lenient = openai.OpenAI(base_url=client.base_url, api_key="any", max_retries=0, timeout=10)
    chunks = list(
        lenient.completions.create(
            model=model, prompt="a", max_tokens=50, stream=True, stream_options={"include_usage": True}
        )
    )
    text = "".join(choice.text for chunk in chunks for choice in chunk.choices)
    assert text == whole.choices[0].text and chunks[-1].usage.completion_tokens == 12
    assert upstream.billed(model)["output"] == 60
    for refused in ({"echo": True}, {"logprobs": 3}, {"suffix": "z"}):
        with pytest.raises(openai.BadRequestError, match="does not support"):
            client.completions.create(model="fake", prompt="a", **refused)


def test_chats_tell_how_likely_their_tokens_were_where_asked(client):
    asked = {"model": "fake@answer_bytes=40", "messages": [{"role": "user", "content": "Hi"}]}
    whole = client.chat.completions.create(**asked, logprobs=True, top_logprobs=2).choices[0]
    assert "".join(told.token for told in whole.logprobs.content) == whole.message.content
    first = whole.logprobs.content[0]
    assert bytes(first.bytes).decode() == first.token and len(first.top_logprobs) == 2
    streamed = []
    for chunk in client.chat.completions.create(**asked, logprobs=True, top_logprobs=2, stream=True):
        for choice in chunk.choices:
            streamed += choice.logprobs.content if choice.logprobs else []
    assert streamed == whole.logprobs.content
    assert client.chat.completions.create(**asked).choices[0].logprobs is None
    for refused in ({"top_logprobs": 2}, {"logprobs": True, "top_logprobs": 21}):
        with pytest.raises(openai.BadRequestError, match="top_logprobs"):
            client.chat.completions.create(**asked, **refused)


def test_moderations_look_at_texts_and_pictures(client, upstream):
    one, two = client.moderations.create(model="omni-moderation-latest", input=["hello", "violence"]).results
    assert not one.flagged and two.flagged and two.categories.violence and two.category_scores.violence > 0.9
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    looked = client.moderations.create(input=[{"type": "text", "text": "hello"}, picture]).results[0]
    assert looked.category_applied_input_types.self_harm == ["text", "image"]
    assert upstream.billed("omni-moderation-latest")["input"] == 0


def test_dall_e_counts_pictures(client, upstream):
    made = client.images.generate(model="dall-e-2@tag=sdk", prompt="a fox", n=2)
    assert made.data[1].url.startswith("https://") and made.usage is None
    inline = client.images.create_variation(model="dall-e-2@tag=sdk", image=PNG, response_format="b64_json")
    assert base64.b64decode(inline.data[0].b64_json).startswith(b"\x89PNG")
    assert upstream.billed("dall-e-2@tag=sdk")["images"] == 3
    assert client.images.generate(model="dall-e-3", prompt="a fox").data[0].revised_prompt == "a fox"
    with pytest.raises(openai.BadRequestError, match="n=1"):
        client.images.generate(model="dall-e-3", prompt="a fox", n=2)


def test_gpt_image_tells_tokens_apart_and_shows_pictures_on_their_way(client, upstream):
    model = "gpt-image-1@input_tokens=500,output_tokens=700"
    made = client.images.edit(model=model, prompt="a fox", image=[("a.png", PNG), ("b.png", PNG)])
    assert (made.usage.input_tokens_details.image_tokens, made.usage.input_tokens_details.text_tokens) == (388, 112)
    for stream, api in (
        (client.images.generate(model=model, prompt="a", stream=True, partial_images=2), "image_generation"),
        (client.images.edit(model=model, prompt="a", image=PNG, stream=True, partial_images=2), "image_edit"),
    ):
        events = list(stream)
        assert [event.type for event in events] == [f"{api}.partial_image"] * 2 + [f"{api}.completed"]
        assert events[1].partial_image_index == 1 and events[2].usage.output_tokens == 700
    assert upstream.billed(model)["output"] == 2_100


def test_a_spoken_text_is_a_sound_that_players_take(client, upstream):
    model = "tts-1@answer_bytes=48000,chunks=5"
    spoken = client.audio.speech.create(model=model, input="né", voice="alloy", response_format="wav")
    with wave.open(io.BytesIO(spoken.read())) as heard:
        assert heard.getnframes() / heard.getframerate() == 1.0
    assert spoken.response.headers["content-type"] == "audio/wav"
    with client.audio.speech.with_streaming_response.create(model=model, input="a", voice="alloy") as streamed:
        assert len(b"".join(streamed.iter_bytes())) >= 48_000
    assert upstream.billed(model)["characters"] == 3


def test_speech_in_events_tells_its_usage(client):
    model = "gpt-4o-mini-tts@input_tokens=14,output_tokens=101,chunks=3"
    asked = {"model": model, "input": "hello", "voice": "alloy", "stream_format": "sse"}
    with client.audio.speech.with_streaming_response.create(**asked) as streamed:
        events = [json.loads(line.removeprefix("data: ")) for line in streamed.iter_lines() if line]
    assert [event["type"] for event in events] == ["speech.audio.delta"] * 3 + ["speech.audio.done"]
    assert events[-1]["usage"] == {"input_tokens": 14, "output_tokens": 101, "total_tokens": 115}


def test_whisper_has_every_form_and_tells_seconds(client, upstream):
    def heard(**more):
        return client.audio.transcriptions.create(model="whisper-1@tag=sdk", file=("a.wav", sound(8.5)), **more)

    assert heard().usage.seconds == 9
    verbose = heard(response_format="verbose_json", timestamp_granularities=["word"])
    assert verbose.duration == 8.5 and verbose.segments[0].end == 8.5 and verbose.words[0].word == "The"
    assert heard(response_format="text").startswith("The quick")
    assert "00:00:00,000 --> 00:00:08,500" in heard(response_format="srt")
    assert heard(response_format="vtt").startswith("WEBVTT")
    translated = client.audio.translations.create(model="whisper-1@tag=sdk", file=("a.wav", sound(8.5)))
    assert translated.text.startswith("The quick")
    assert upstream.billed("whisper-1@tag=sdk")["seconds"] == 54


def test_other_transcriptions_tell_tokens_and_stream(client, upstream):
    model = "gpt-4o-transcribe@output_tokens=30,chunks=3"
    whole = client.audio.transcriptions.create(model=model, file=("a.wav", sound(2)), prompt="abcd")
    assert whole.usage.type == "tokens" and whole.usage.input_token_details.audio_tokens == 20
    *deltas, done = client.audio.transcriptions.create(model=model, file=("a.wav", sound(2)), stream=True)
    assert "".join(event.delta for event in deltas) == done.text == whole.text
    assert (done.usage.input_tokens, done.usage.output_tokens) == (20, 30)
    assert upstream.billed(model)["input"] == 41
    with pytest.raises(openai.BadRequestError, match="not compatible"):
        client.audio.transcriptions.create(model=model, file=("a.wav", sound(2)), response_format="srt")


@pytest.mark.parametrize(
    "directives, kind",
    [
        ("status=429,retry_after=2", openai.RateLimitError),
        ("status=500", openai.InternalServerError),
        ("reset", openai.APIConnectionError),
        ("reset_after=1,chunks=3", openai.APIConnectionError),
        ("garble", openai.BadRequestError),
    ],
)
def test_what_is_asked_to_fail_fails_as_the_sdk_tells_it(client, directives, kind):
    with pytest.raises(kind):
        client.audio.transcriptions.create(model=f"whisper-1@{directives}", file=("a.wav", sound(1)))
    with pytest.raises(kind):
        client.images.generate(model=f"dall-e-3@{directives}", prompt="a fox")
