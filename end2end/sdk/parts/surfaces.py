"""One call of each surface beside chats, by the official SDK."""

import json

import httpx2

from .sounds import PNG, sound


def complete(client, model: str):
    return client.completions.with_raw_response.create(model=model, prompt="hello")


def moderate(client, model: str):
    return client.moderations.with_raw_response.create(model=model, input="hello")


def rerank(client, model: str):
    """OpenAI has no reranking, so its SDK has no method for it."""
    body = {"model": model, "query": "red fox", "documents": ["a river", "a red fox"]}
    return client.post("/rerank", body=body, cast_to=httpx2.Response)


def generate_image(client, model: str):
    return client.images.with_raw_response.generate(model=model, prompt="a fox")


def edit_image(client, model: str):
    return client.images.with_raw_response.edit(model=model, prompt="a fox", image=("a.png", PNG))


def vary_image(client, model: str):
    return client.images.with_raw_response.create_variation(model=model, image=("a.png", PNG))


def speak(client, model: str):
    return client.audio.speech.with_raw_response.create(model=model, input="hello", voice="alloy")


def transcribe(client, model: str):
    return client.audio.transcriptions.with_raw_response.create(model=model, file=("a.wav", sound(2)))


def translate(client, model: str):
    return client.audio.translations.with_raw_response.create(model=model, file=("a.wav", sound(2)))


BESIDE_CHATS = [
    complete,
    moderate,
    rerank,
    generate_image,
    edit_image,
    vary_image,
    speak,
    transcribe,
    translate,
]

# What each of them that takes JSON is asked with, for clients without an SDK.
BODIES = {
    "/v1/completions": {"prompt": "hello", "max_tokens": 20},
    "/v1/moderations": {"input": "hello"},
    "/v1/rerank": {"query": "fox", "documents": ["a fox"]},
    "/v1/images/generations": {"prompt": "a fox"},
    "/v1/audio/speech": {"input": "hello", "voice": "alloy"},
}


def form(boundary: str, *parts: tuple[str, str | None, bytes]) -> bytes:
    """A form as RFC 7578 has it, of names, names of files and contents."""
    body = b""
    for name, file_name, content in parts:
        file = f"; filename={json.dumps(file_name)}" if file_name else ""
        body += f"--{boundary}\r\nContent-Disposition: form-data; name={json.dumps(name)}{file}\r\n\r\n".encode()
        body += content + b"\r\n"
    return body + f"--{boundary}--\r\n".encode()
