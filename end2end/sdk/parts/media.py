"""A gateway in front of completions, moderations, reranking, pictures and sound, and what they cost."""

from decimal import Decimal

from .configuration import model, provider
from .gateway import Gateway
from .upstreams import FakeProvider, LlamaServer

BY_TOKEN = {"input": "0.25", "output": "2.00"}
BY_IMAGE = {"input": "0", "image": "0.04"}
BY_IMAGE_TOKEN = {"input": "5", "image_input": "10", "output": "40"}
BY_HOUR = {"input": "0", "audio_hour": "0.36"}
BY_SOUND_TOKEN = {"input": "2.5", "audio_input": "6", "output": "10"}
BY_CHARACTER = {"input": "0", "characters": "15"}
BY_SPEECH_TOKEN = {"input": "0.6", "audio_output": "12"}
BY_SEARCH = {"input": "0", "search": "0.002"}
BY_TEXT_TOKEN = {"input": "0.02"}

COUNTS = "input_tokens=100,output_tokens=50"


def config(fake: FakeProvider, llama: LlamaServer) -> dict:
    def served(name: str, price: dict, upstream: str) -> dict:
        return model(name, "fake", price, upstream=upstream)

    return {
        "proxy": {"first_byte_timeout_ms": 5_000, "idle_timeout_ms": 3_000},
        "providers": {
            "demo": {"kind": "demo"},
            "fake": provider("openai", fake.url),
            "fake-chats": provider("openai", fake.url, has_completions=False),
            "fake-anthropic": provider("anthropic", fake.url),
            "llama": provider("openai", llama.url),
        },
        "models": [
            model("demo-chat", "demo", BY_TOKEN),
            model("llama", "llama", BY_TOKEN),
            served("completes", BY_TOKEN, f"fake@{COUNTS},chunks=5,answer_bytes=100"),
            model("chats", "fake-chats", BY_TOKEN, upstream=f"fake@{COUNTS},chunks=5,answer_bytes=100"),
            model("anthropic", "fake-anthropic", BY_TOKEN, upstream=f"fake@{COUNTS},chunks=5,answer_bytes=100"),
            served("omni-moderation-latest", {"input": "0"}, "omni-moderation-latest@tag=media"),
            served("dall-e-2", BY_IMAGE, "dall-e-2@tag=media"),
            served("gpt-image-1", BY_IMAGE_TOKEN, "gpt-image-1@input_tokens=300,output_tokens=1000"),
            served("whisper-1", BY_HOUR, "whisper-1@answer_bytes=40"),
            served("gpt-4o-transcribe", BY_SOUND_TOKEN, "gpt-4o-transcribe@output_tokens=30,chunks=3"),
            served("tts-1", BY_CHARACTER, "tts-1@answer_bytes=48000,chunks=5"),
            served("gpt-4o-mini-tts", BY_SPEECH_TOKEN, "gpt-4o-mini-tts@input_tokens=14,output_tokens=101,chunks=3"),
            served("rerank-v3.5", BY_SEARCH, "rerank-v3.5@tag=media"),
            served("jina-reranker", BY_TEXT_TOKEN, "jina-reranker@input_tokens=815"),
            served("slow-sound", BY_CHARACTER, "tts-1@chunks=100,gap_ms=50,answer_bytes=100000,tag=left"),
            served("broken-sound", BY_CHARACTER, "tts-1@chunks=5,gap_ms=20,answer_bytes=50000,reset_after=2"),
            served("stalled-sound", BY_CHARACTER, "tts-1@chunks=5,gap_ms=20,answer_bytes=50000,stall_after=2"),
            served("broken-transcript", BY_SOUND_TOKEN, "gpt-4o-transcribe@chunks=8,reset_after=3"),
            served("failed-transcript", BY_SOUND_TOKEN, "gpt-4o-transcribe@chunks=8,error_event=3"),
            model(
                "rescued-sound",
                "fake",
                BY_HOUR,
                upstream="whisper-1@status=500",
                second=("fake", "whisper-1@tag=rescue"),
            ),
        ],
        "budgets": [{"level": "instance", "limit": "1000.00", "mode": "hard"}],
    }


def record_of(gateway: Gateway, raw) -> dict:
    """The record of an answer, which was delivered whole."""
    record = gateway.call(raw.headers["x-request-id"])
    assert record["outcome"] == "finished", record
    return record


def dollars(per_million: str, tokens: int) -> Decimal:
    return Decimal(per_million) * tokens / 1_000_000


def documents(count: int) -> list[str]:
    return [*(["a river"] * (count - 1)), "a red fox"]
