"""LangChain's chat models of OpenAI and Anthropic."""

from langchain_anthropic import ChatAnthropic
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_openai import ChatOpenAI

from . import Call, Result, Turn, Wish


class LangChain:
    """What is common to them: messages of LangChain's own."""

    marks_errors = False
    has_instructions = True

    def __init__(self, wish: Wish):
        tools = [{"type": "function", "function": tool} for tool in wish.tools]
        self._model = self.model(wish)
        self._chain = self._model.bind_tools(tools)
        self._streams = wish.streams
        self._messages = [SystemMessage(wish.instructions)]

    @staticmethod
    def model(wish: Wish):
        raise NotImplementedError

    def say(self, text: str) -> Turn:
        self._messages.append(HumanMessage(text))
        return self._ask()

    def give(self, results: list[Result]) -> Turn:
        self._messages += [
            ToolMessage(result.text, tool_call_id=result.call.id, status="error" if result.is_error else "success")
            for result in results
        ]
        return self._ask()

    def shaped(self, question: str, schema: dict) -> dict:
        return self._model.with_structured_output({"title": "city", **schema}, method="json_schema").invoke(question)

    def _ask(self) -> Turn:
        answer = self._answer()
        self._messages.append(answer)
        calls = [Call(call["id"], call["name"], call["args"]) for call in answer.tool_calls]
        thoughts = [block for block in answer.content_blocks if block["type"] == "reasoning"]
        return Turn(answer.text, calls, "".join(block.get("reasoning", "") for block in thoughts))

    def _answer(self) -> AIMessage:
        if not self._streams:
            return self._chain.invoke(self._messages)
        pieces = list(self._chain.stream(self._messages))
        assert len(pieces) > 1
        return sum(pieces[1:], pieces[0])


class LangChainOpenAi(LangChain):
    @staticmethod
    def model(wish: Wish):
        base = {"base_url": f"{wish.url}/v1", "api_key": wish.secret, "max_retries": 0, "timeout": 60}
        return ChatOpenAI(model=wish.model, stream_usage=True, **base)


class LangChainResponses(LangChain):
    @staticmethod
    def model(wish: Wish):
        base = {"base_url": f"{wish.url}/v1", "api_key": wish.secret, "max_retries": 0, "timeout": 60}
        thinking = {}
        if wish.thinks:
            thinking = {
                "reasoning": {"effort": "low", "summary": "auto"},
                "include": ["reasoning.encrypted_content"],
            }
        return ChatOpenAI(
            model=wish.model, use_responses_api=True, store=False, output_version="responses/v1", **base, **thinking
        )


class LangChainAnthropic(LangChain):
    marks_errors = True

    @staticmethod
    def model(wish: Wish):
        base = {"base_url": wish.url, "api_key": wish.secret, "max_retries": 0, "timeout": 60}
        thinking = {"thinking": {"type": "enabled", "budget_tokens": 1_024}} if wish.thinks else {}
        return ChatAnthropic(model=wish.model, max_tokens=4_000, **base, **thinking)
