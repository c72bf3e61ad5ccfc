"""OpenAI's SDK by the Responses API: bringing the whole conversation each time, or going on from what is kept."""

import json

from . import Call, Result, Turn, Wish
from .openai_chat import client


class OpenAiResponses:
    marks_errors = False
    has_instructions = True

    def __init__(self, wish: Wish):
        self._client = client(wish.url, wish.secret)
        self._streams, self._forces_calls = wish.streams, wish.forces_calls
        self._asked = {
            "model": wish.model,
            "instructions": wish.instructions,
            "tools": [{"type": "function", "strict": False, **tool} for tool in wish.tools],
            "max_output_tokens": wish.output_limit,
            "store": False,
        }
        if wish.thinks:
            self._asked["reasoning"] = {"effort": "low", "summary": "auto"}
            self._asked["include"] = ["reasoning.encrypted_content"]
        self._input = []

    def say(self, text: str) -> Turn:
        return self._ask([{"role": "user", "content": text}], "required")

    def give(self, results: list[Result]) -> Turn:
        return self._ask(
            [
                {"type": "function_call_output", "call_id": result.call.id, "output": result.text}
                for result in results
            ],
            "none",
        )

    def shaped(self, question: str, schema: dict) -> dict:
        form = {"type": "json_schema", "name": "city", "strict": True, "schema": schema}
        asked = {"model": self._asked["model"], "store": False}
        answer = self._client.responses.create(input=question, text={"format": form}, **asked)
        return json.loads(answer.output_text)

    def _ask(self, items: list, choice: str) -> Turn:
        self._input += items
        answer = self._answer(choice, input=self._input, **self._asked)
        self._input += answer.output
        return turn_of(answer)

    def _answer(self, choice: str, **asked):
        if self._forces_calls:
            asked |= {"tool_choice": choice, "parallel_tool_calls": False}
        if not self._streams:
            return self._client.responses.create(**asked)
        with self._client.responses.stream(**asked) as stream:
            return stream.get_final_response()


class OpenAiResponsesKept(OpenAiResponses):
    """Only what is new is sent; the gateway keeps the rest."""

    def __init__(self, wish: Wish):
        super().__init__(wish)
        self._asked["store"] = True
        self._earlier = {}

    def _ask(self, items: list, choice: str) -> Turn:
        answer = self._answer(choice, input=items, **self._earlier, **self._asked)
        self._earlier = {"previous_response_id": answer.id}
        return turn_of(answer)


def turn_of(answer) -> Turn:
    calls = [
        Call(item.call_id, item.name, json.loads(item.arguments))
        for item in answer.output
        if item.type == "function_call"
    ]
    thoughts = [part.text for item in answer.output if item.type == "reasoning" for part in item.summary]
    return Turn(answer.output_text, calls, "".join(thoughts))
