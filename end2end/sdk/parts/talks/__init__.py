"""A talk with a model that uses tools, by each client as its users would write it.

All have the same few words for it, so that one task can be done by all: `say` something, `give` the results of the
calls that came back. What was said before is kept in the client's own form, as its documentation wants it.
"""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Call:
    id: str
    name: str
    arguments: dict


@dataclass(frozen=True)
class Result:
    call: Call
    text: str
    is_error: bool


@dataclass(frozen=True)
class Turn:
    """What the model has said, whole or put together from a stream by the client itself."""

    text: str
    calls: list[Call] = field(default_factory=list)
    thought: str = ""


@dataclass(frozen=True)
class Wish:
    """What is asked for in a talk."""

    url: str
    secret: str
    model: str
    streams: bool = False
    thinks: bool = False
    # What is said has to be answered by one call, and its result by words.
    forces_calls: bool = False
    instructions: str = ""
    output_limit: int = 4_000
    tools: tuple = ()


class Talk(Protocol):
    # Whether the client has a place for that a result is an error, and for instructions.
    marks_errors: bool
    has_instructions: bool

    def __init__(self, wish: Wish): ...

    def say(self, text: str) -> Turn: ...

    def give(self, results: list[Result]) -> Turn: ...

    def shaped(self, question: str, schema: dict) -> dict:
        """An answer that has the form of a schema, asked for as the client's users do."""
