"""OpenAI's SDK by chat completions."""

import functools
import json

import openai

from . import Call, Result, Turn, Wish


@functools.cache
def client(url: str, secret: str) -> openai.OpenAI:
    """One for all talks, as a program has it."""
    return openai.OpenAI(base_url=f"{url}/v1", api_key=secret, max_retries=0, timeout=60)


class OpenAiChat:
    marks_errors = False
    has_instructions = True

    def __init__(self, wish: Wish):
        self._client = client(wish.url, wish.secret)
        self._streams, self._forces_calls = wish.streams, wish.forces_calls
        self._asked = {
            "model": wish.model,
            "tools": [{"type": "function", "function": tool} for tool in wish.tools],
            "max_completion_tokens": wish.output_limit,
        }
        if wish.thinks:
            self._asked["reasoning_effort"] = "low"
        self._messages = [{"role": "system", "content": wish.instructions}]

    def say(self, text: str) -> Turn:
        self._messages.append({"role": "user", "content": text})
        return self._ask("required")

    def give(self, results: list[Result]) -> Turn:
        self._messages += [
            {"role": "tool", "tool_call_id": result.call.id, "content": result.text} for result in results
        ]
        return self._ask("none")

    def shaped(self, question: str, schema: dict) -> dict:
        form = {"type": "json_schema", "json_schema": {"name": "city", "strict": True, "schema": schema}}
        answer = self._client.chat.completions.create(
            model=self._asked["model"], messages=[{"role": "user", "content": question}], response_format=form
        )
        return json.loads(answer.choices[0].message.content)

    def _ask(self, choice: str) -> Turn:
        create = self._client.chat.completions.create
        asked = self._asked | ({"tool_choice": choice, "parallel_tool_calls": False} if self._forces_calls else {})
        if self._streams:
            message = put_together(create(messages=self._messages, stream=True, **asked))
        else:
            answer = create(messages=self._messages, **asked)
            message = answer.choices[0].message.model_dump(exclude_none=True)
        self._messages.append(message)
        calls = [
            Call(call["id"], call["function"]["name"], json.loads(call["function"]["arguments"]))
            for call in message.get("tool_calls") or []
        ]
        return Turn(message.get("content") or "", calls, message.get("reasoning_content") or "")


def put_together(chunks) -> dict:
    """The message of a stream, by hand, as most programs do it."""
    message = {"role": "assistant", "content": "", "tool_calls": []}
    calls, details, thought = message["tool_calls"], [], ""
    for chunk in chunks:
        for choice in chunk.choices:
            message["content"] += choice.delta.content or ""
            thought += getattr(choice.delta, "reasoning_content", None) or ""
            details += getattr(choice.delta, "reasoning_details", None) or []
            for piece in choice.delta.tool_calls or []:
                if piece.index == len(calls):
                    calls.append({"id": piece.id, "type": "function", "function": {"name": "", "arguments": ""}})
                function = calls[piece.index]["function"]
                function["name"] += piece.function.name or ""
                function["arguments"] += piece.function.arguments or ""
    thoughts = {"reasoning_content": thought, "reasoning_details": details}
    return {name: value for name, value in {**message, **thoughts}.items() if value}
