"""Sessions of the realtime API: what is said to them, and what comes back."""

import base64

# A second of sound: sixteen bits, 24,000 times a second.
SECOND = base64.b64encode(b"\x01\x02" * 24_000).decode()
SILENCE = base64.b64encode(bytes(4_800)).decode()
TOOL = {
    "type": "function",
    "name": "weather",
    "description": "The weather of a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def until(connection, kind: str) -> list:
    """All events up to the first of this type."""
    events = []
    while not events or events[-1].type != kind:
        events.append(connection.recv())
        assert events[-1].type != "error" or kind == "error", events[-1]
    return events


def by_text(connection, **settings):
    """Asks for text instead of sound."""
    session = {"type": "realtime", "output_modalities": ["text"], **settings}
    connection.session.update(session=session)
    return until(connection, "session.updated")[-1].session


def say(connection, text: str) -> list:
    """One turn of a person, and the events of its answer."""
    content = [{"type": "input_text", "text": text}]
    connection.conversation.item.create(item={"type": "message", "role": "user", "content": content})
    connection.response.create()
    return until(connection, "response.done")


def speak(connection, seconds: int) -> list:
    """One turn of sound, and the events of its answer."""
    for _ in range(seconds):
        connection.input_audio_buffer.append(audio=SECOND)
    connection.input_audio_buffer.commit()
    connection.response.create()
    return until(connection, "response.done")


def text_of(events: list) -> str:
    """What was said in an answer, piece by piece."""
    kinds = ("response.output_text.delta", "response.output_audio_transcript.delta")
    return "".join(event.delta for event in events if event.type in kinds)
