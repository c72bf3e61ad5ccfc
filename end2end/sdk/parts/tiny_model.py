"""Writes a random half-megabyte llama model: its answers mean nothing, its tokens are counted truly.

    python tiny_model.py FILE
"""

import sys

import gguf
import numpy as np

WIDTH, LAYERS, FEED_FORWARD, HEADS, CONTEXT = 64, 2, 128, 4, 4096
UNKNOWN, BEGIN, END = 0, 1, 2
FIRST_CHARACTER = 3 + 256
WORDS = (
    "the a of to and in is it for on with as this that gateway model token team budget route cost "
    "audit user policy stream event request response helix one two three"
).split()
CHAT_TEMPLATE = "{% for m in messages %}<{{ m.role }}> {{ m.content }}\n{% endfor %}<assistant> "


def vocabulary() -> tuple[list[bytes], list[int]]:
    """Special tokens, every byte, every printable character, a few words; and the type of each."""
    normal, unknown, control, byte = 1, 2, 3, 6
    tokens = [b"<unk>", b"<s>", b"</s>"] + [f"<0x{value:02X}>".encode() for value in range(256)]
    types = [unknown, control, control] + [byte] * 256
    texts = ["\u2581"] + [chr(code) for code in range(33, 127)] + ["\u2581" + word for word in WORDS]
    return tokens + [text.encode() for text in texts], types + [normal] * len(texts)


def write(path: str):
    random = np.random.default_rng(7)

    def matrix(*shape: int) -> np.ndarray:
        return (random.standard_normal(shape) * 0.5).astype(np.float32)

    tokens, types = vocabulary()
    size = len(tokens)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("helix-tiny-random")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(size)
    writer.add_file_type(0)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * FIRST_CHARACTER + [-float(i) for i in range(size - FIRST_CHARACTER)])
    writer.add_token_types(types)
    writer.add_bos_token_id(BEGIN)
    writer.add_eos_token_id(END)
    writer.add_unk_token_id(UNKNOWN)
    writer.add_chat_template(CHAT_TEMPLATE)
    output = matrix(size, WIDTH) * 2
    output[:FIRST_CHARACTER] = 0  # bytes never, single characters seldom, words often
    output[FIRST_CHARACTER : FIRST_CHARACTER + 95] *= 0.2
    output[END] = matrix(WIDTH) * 0.6
    writer.add_tensor("token_embd.weight", matrix(size, WIDTH))
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    writer.add_tensor("output.weight", output)
    for layer in range(LAYERS):
        for norm in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{norm}.weight", np.ones(WIDTH, np.float32))
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", matrix(WIDTH, WIDTH))
        writer.add_tensor(f"blk.{layer}.ffn_gate.weight", matrix(FEED_FORWARD, WIDTH))
        writer.add_tensor(f"blk.{layer}.ffn_up.weight", matrix(FEED_FORWARD, WIDTH))
        writer.add_tensor(f"blk.{layer}.ffn_down.weight", matrix(WIDTH, FEED_FORWARD))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    write(sys.argv[1])
