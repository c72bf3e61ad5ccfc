"""Anthropic's SDK."""

import functools
import json

import anthropic

from . import Call, Result, Turn, Wish


@functools.cache
def client(url: str, secret: str) -> anthropic.Anthropic:
    """One for all talks, as a program has it."""
    return anthropic.Anthropic(base_url=url, api_key=secret, max_retries=0, timeout=60)


class AnthropicMessages:
    marks_errors = True
    has_instructions = True

    def __init__(self, wish: Wish):
        self._client = client(wish.url, wish.secret)
        self._streams, self._forces_calls = wish.streams, wish.forces_calls
        self._asked = {
            "model": wish.model,
            "system": wish.instructions,
            "max_tokens": wish.output_limit,
            "tools": [
                {"name": tool["name"], "description": tool["description"], "input_schema": tool["parameters"]}
                for tool in wish.tools
            ],
        }
        if wish.thinks:
            self._asked["thinking"] = {"type": "enabled", "budget_tokens": 1_024}
        self._messages = []

    def say(self, text: str) -> Turn:
        return self._ask(text, {"tool_choice": {"type": "any", "disable_parallel_tool_use": True}})

    def give(self, results: list[Result]) -> Turn:
        return self._ask(
            [
                {
                    "type": "tool_result",
                    "tool_use_id": result.call.id,
                    "content": result.text,
                    "is_error": result.is_error,
                }
                for result in results
            ],
            {"tools": anthropic.NOT_GIVEN},
        )

    def shaped(self, question: str, schema: dict) -> dict:
        answer = self._client.messages.create(
            model=self._asked["model"],
            max_tokens=4_000,
            messages=[{"role": "user", "content": question}],
            output_config={"format": {"type": "json_schema", "schema": schema}},
        )
        return json.loads("".join(block.text for block in answer.content if block.type == "text"))

    def _ask(self, content, forced: dict) -> Turn:
        asked = self._asked | (forced if self._forces_calls else {})
        self._messages.append({"role": "user", "content": content})
        if self._streams:
            with self._client.messages.stream(messages=self._messages, **asked) as stream:
                answer = stream.get_final_message()
        else:
            answer = self._client.messages.create(messages=self._messages, **asked)
        self._messages.append({"role": "assistant", "content": answer.content})
        calls = [Call(block.id, block.name, block.input) for block in answer.content if block.type == "tool_use"]
        assert answer.stop_reason in ("tool_use" if calls else "end_turn", "max_tokens")
        text = "".join(block.text for block in answer.content if block.type == "text")
        thought = "".join(block.thinking for block in answer.content if block.type == "thinking")
        return Turn(text, calls, thought)
