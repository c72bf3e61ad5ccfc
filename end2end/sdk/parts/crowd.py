"""Many callers at once, each on a connection of its own.

Over plain sockets: five hundred official clients in one process would measure themselves.
"""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Question:
    """What one caller asks again and again."""

    path: str
    body: dict

    @property
    def is_streamed(self) -> bool:
        return self.body.get("stream", False)


@dataclass(frozen=True)
class Answer:
    """What a caller has seen of a call whose answer has at least begun."""

    question: Question
    request_id: str
    status: int
    is_whole: bool
    seconds: float
    body: bytes


class Crowd:
    """So many callers of a gateway that may go away and come back at another port."""

    def __init__(
        self,
        url: Callable[[], str],
        key: str,
        questions: list[Question],
        callers: int,
        pause_seconds: float = 0,
    ):
        self._url, self._key, self._pause_seconds = url, key, pause_seconds
        self._questions = [questions[number % len(questions)] for number in range(callers)]
        self._is_open = asyncio.Event()
        self._is_over = False
        self.answers: list[Answer] = []
        self.cut_off = 0  # calls of which nothing came

    async def __aenter__(self):
        self._tasks = [asyncio.create_task(self._ask_for_ever(question)) for question in self._questions]
        return self

    async def __aexit__(self, *_):
        """Every caller ends the call that it has begun, and begins no other."""
        self._is_over = True
        self._is_open.set()
        await asyncio.gather(*self._tasks)

    def may_ask(self, is_open: bool):
        """Callers who find the gateway gone wait until they may ask again."""
        if is_open:
            self._is_open.set()
        else:
            self._is_open.clear()

    async def until(self, is_so: Callable[[], bool], seconds: float = 30):
        """Lets the callers call until something is so."""
        deadline = time.monotonic() + seconds
        while not await asyncio.to_thread(is_so):
            assert time.monotonic() < deadline, f"{is_so} is not so after {seconds} s"
            await asyncio.sleep(0.1)

    async def _ask_for_ever(self, question: Question):
        connection = None
        while True:
            await self._is_open.wait()
            if self._is_over:
                break
            try:
                if connection is None:
                    where = urlsplit(self._url())
                    connection = await asyncio.open_connection(where.hostname, where.port)
                await self._ask(connection, question)
                await asyncio.sleep(self._pause_seconds)
            except (OSError, EOFError):
                self.cut_off += 1
                if connection:
                    connection[1].close()
                connection = None
                await asyncio.sleep(0.02)
        if connection:
            connection[1].close()

    async def _ask(self, connection, question: Question):
        reader, writer = connection
        body = json.dumps(question.body).encode()
        head = f"POST {question.path} HTTP/1.1\r\nhost: gateway\r\nx-api-key: {self._key}\r\n"
        head += f"content-type: application/json\r\nanthropic-version: 2023-06-01\r\ncontent-length: {len(body)}\r\n\r\n"
        started = time.monotonic()
        writer.write(head.encode() + body)
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:] if line)
        status, parts, is_whole = int(lines[0].split()[1]), [], False
        try:
            if "content-length" in headers:
                parts.append(await reader.readexactly(int(headers["content-length"])))
            else:
                while size := int(await reader.readuntil(b"\r\n"), 16):
                    parts.append(await reader.readexactly(size))
                    await reader.readexactly(2)
                await reader.readexactly(2)
            is_whole = True
        finally:
            seconds = time.monotonic() - started
            answer = Answer(question, headers["x-request-id"], status, is_whole, seconds, b"".join(parts))
            self.answers.append(answer)
