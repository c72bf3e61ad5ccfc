"""LiteLLM as a client of each API."""

import json
import os

# It would fetch a list of prices from the Internet otherwise.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
import litellm  # noqa: E402

from . import Call, Result, Turn, Wish


class LiteLlm:
    """What is common to them: OpenAI's messages, whatever is spoken on the wire."""

    marks_errors = False
    has_instructions = True
    prefix: str
    path: str

    def __init__(self, wish: Wish):
        self._streams = wish.streams
        self._asked = {
            "model": f"{self.prefix}/{wish.model}",
            "api_base": wish.url + self.path,
            "api_key": wish.secret,
            "tools": [{"type": "function", "function": tool} for tool in wish.tools],
            "max_tokens": 4_000,
            "num_retries": 0,
        }
        self._messages = [{"role": "system", "content": wish.instructions}]

    def say(self, text: str) -> Turn:
        self._messages.append({"role": "user", "content": text})
        return self._ask()

    def give(self, results: list[Result]) -> Turn:
        self._messages += [
            {"role": "tool", "tool_call_id": result.call.id, "content": result.text} for result in results
        ]
        return self._ask()

    def shaped(self, question: str, schema: dict) -> dict:
        form = {"type": "json_schema", "json_schema": {"name": "city", "strict": True, "schema": schema}}
        asked = {name: value for name, value in self._asked.items() if name != "tools"}
        answer = litellm.completion(messages=[{"role": "user", "content": question}], response_format=form, **asked)
        return json.loads(answer.choices[0].message.content)

    def _ask(self) -> Turn:
        answer = litellm.completion(messages=self._messages, stream=self._streams, **self._asked)
        if self._streams:
            answer = litellm.stream_chunk_builder(list(answer), messages=self._messages)
        message = answer.choices[0].message
        self._messages.append(message.model_dump())
        calls = [
            Call(call.id, call.function.name, json.loads(call.function.arguments))
            for call in message.tool_calls or []
        ]
        return Turn(message.content or "", calls, getattr(message, "reasoning_content", None) or "")


class LiteLlmOpenAi(LiteLlm):
    prefix, path = "openai", "/v1"


class LiteLlmAnthropic(LiteLlm):
    prefix, path = "anthropic", ""
