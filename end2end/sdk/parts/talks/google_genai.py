"""Google's SDK, by a chat that keeps what was said."""

import functools
import json

from google import genai
from google.genai import types

from . import Call, Result, Turn, Wish


@functools.cache
def client(url: str, secret: str) -> genai.Client:
    """One for all talks, as a program has it."""
    return genai.Client(api_key=secret, http_options={"base_url": url})


class GoogleGenAi:
    marks_errors = True
    has_instructions = True

    def __init__(self, wish: Wish):
        functions = [
            {
                "name": tool["name"],
                "description": tool["description"],
                "parameters_json_schema": tool["parameters"],
            }
            for tool in wish.tools
        ]
        config = {
            "system_instruction": wish.instructions,
            "max_output_tokens": 4_000,
            "tools": [types.Tool(function_declarations=functions)],
            "automatic_function_calling": {"disable": True},
        }
        if wish.thinks:
            config["thinking_config"] = {"include_thoughts": True, "thinking_budget": 1_024}
        self._client = client(wish.url, wish.secret)
        self._chat = self._client.chats.create(model=wish.model, config=config)
        self._model, self._streams = wish.model, wish.streams

    def say(self, text: str) -> Turn:
        return self._send(text)

    def give(self, results: list[Result]) -> Turn:
        return self._send(
            [
                types.Part(
                    function_response=types.FunctionResponse(
                        id=result.call.id,
                        name=result.call.name,
                        response={"error" if result.is_error else "output": result.text},
                    )
                )
                for result in results
            ]
        )

    def shaped(self, question: str, schema: dict) -> dict:
        form = {"response_mime_type": "application/json", "response_json_schema": schema}
        return json.loads(self._client.models.generate_content(model=self._model, contents=question, config=form).text)

    def _send(self, message) -> Turn:
        if self._streams:
            pieces = list(self._chat.send_message_stream(message))
        else:
            pieces = [self._chat.send_message(message)]
        parts = [
            part
            for piece in pieces
            if piece.candidates and piece.candidates[0].content
            for part in piece.candidates[0].content.parts or []
        ]
        calls = [part.function_call for part in parts if part.function_call]
        return Turn(
            "".join(part.text or "" for part in parts if not part.thought),
            [Call(call.id, call.name, call.args) for call in calls],
            "".join(part.text or "" for part in parts if part.thought),
        )
