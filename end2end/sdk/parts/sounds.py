"""Sounds and pictures to upload."""

import base64
import io
import wave

SAMPLES_PER_SECOND = 8_000  # of one byte each

# One pixel.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def sound(seconds: float) -> bytes:
    """Silence, as a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(1)
        written.setframerate(SAMPLES_PER_SECOND)
        written.writeframes(b"\x80" * int(seconds * SAMPLES_PER_SECOND))
    return file.getvalue()
