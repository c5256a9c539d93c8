"""The chat format of the bundled model, as notebook 02 builds it."""

from __future__ import annotations

# A role token, the text, an end token. What stands between ``generation`` and ``endgeneration`` is what the assistant
# says: its mask covers that, end token included, and nothing else.
TEMPLATE = (
    "{% for message in messages %}"
    "{% if message.role == 'assistant' %}"
    "<|assistant|>{% generation %}{{ message.content }}<|end|>{% endgeneration %}"
    "{% else %}<|{{ message.role }}|>{{ message.content }}<|end|>{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def prompts(tokenizer, rows: list[dict]) -> list[str]:
    """Each conversation up to the point where the assistant speaks, in the tokenizer's chat format."""
    return [
        tokenizer.apply_chat_template(row["messages"][:-1], tokenize=False, add_generation_prompt=True) for row in rows
    ]
