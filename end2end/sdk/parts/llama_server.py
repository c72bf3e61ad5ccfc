"""A real llama.cpp server on a tiny random model: OpenAI chat, Anthropic messages, embeddings.

    python llama_server.py MODEL PORT {chat|tools|embeddings}

With the template of `tools` the server holds the model to calls that fit the tools' schemas where a call is demanded;
so even a random one calls them.
"""

import os
import sys
import time
from pathlib import Path

import xllamacpp

TOOL_TEMPLATE = Path(__file__).parent / "tool_template.jinja"


def serve(model: str, port: int, purpose: str):
    parameters = xllamacpp.CommonParams()
    parameters.model.path = model
    parameters.n_ctx = 8192
    parameters.n_parallel = 2
    parameters.cpuparams.n_threads = 1
    parameters.port = port
    if purpose == "tools":
        parameters.chat_template = TOOL_TEMPLATE.read_text()
    if purpose == "embeddings":
        parameters.embedding = True
        parameters.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    server = xllamacpp.Server(parameters)
    # The server's own threads write at the same time, lines in pieces: ours goes out whole.
    os.write(sys.stdout.fileno(), f"\nlistening on {server.listening_address}\n".encode())
    while True:
        time.sleep(60)


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), sys.argv[3])
