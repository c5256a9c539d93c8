"""The chat format of the bundled model, as notebook 02 builds it."""

from __future__ import annotations

# A role token on a line of its own, then the text. The end token closes what the assistant says and nothing else: in
# the base model's reading it stood between documents, and put after every turn it cost reading (docs/LOG.md). What
# stands between ``generation`` and ``endgeneration`` is what the assistant says, end token included.
TEMPLATE = (
    "{% for message in messages %}<|{{ message.role }}|>\n"
    "{% if message.role == 'assistant' %}{% generation %}{{ message.content }}<|end|>{% endgeneration %}"
    "{% else %}{{ message.content }}\n{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)


def prompts(tokenizer, rows: list[dict]) -> list[str]:
    """Each conversation up to the point where the assistant speaks, in the tokenizer's chat format."""
    return [
        tokenizer.apply_chat_template(row["messages"][:-1], tokenize=False, add_generation_prompt=True) for row in rows
    ]
