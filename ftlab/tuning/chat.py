"""Chat formats: the course's template, for models without one, and what a model's own template can and cannot do."""

from __future__ import annotations

import re
from dataclasses import dataclass

# A role on a line of its own, then the text. The model's own end token closes what the assistant says and nothing
# else: in a base model's reading it stood between documents, and put after every turn it cost reading (docs/LOG.md).
# What stands between ``generation`` and ``endgeneration`` is what the assistant says, end token included.
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}<|{{ message.role }}|>\n"
    "{% if message.role == 'assistant' %}{% generation %}{{ message.content }}{{ eos_token }}{% endgeneration %}"
    "{% else %}{{ message.content }}\n{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
# A template that can think first (Qwen3's) is asked not to; the others have no such switch and do not look.
PLAINLY = {"enable_thinking": False}
A, B, C = "an opening", "a question", "an answer"  # texts that no template writes by itself


@dataclass(frozen=True)
class Format:
    """How a tokenizer's chat template behaves, found by rendering three small conversations.

    Attributes:
        own: Whether the model brought the template; if not, it is the course's.
        marks: Whether it marks what the assistant says with ``generation``, as ``assistant_only_loss`` needs it.
        system: Whether a system turn reaches the model, alike when asked and when trained.
        end: The token that closes the assistant's turn, "" if there is none. It need not be the tokenizer's end token.
        openings: What stands before the first text of a conversation.
        pad: The padding token, "" if the tokenizer has none.
    """

    own: bool
    marks: bool
    system: bool
    end: str
    openings: tuple[str, ...]
    pad: str

    def __str__(self) -> str:
        whose, marks = "its own" if self.own else "our", "with" if self.marks else "without"
        system = "is taken" if self.system else "is put in front of the question"
        pad = "the same" if self.pad == self.end else self.pad or "not set"
        return (f"{whose} chat template, {marks} generation marks; a system turn {system}; "
                f"a reply ends with {self.end or 'no token'}, the padding token is {pad}")


def look(tokenizer) -> Format:
    """What the tokenizer's chat template can do.

    Raises:
        ValueError: If it has no chat template, or one that refuses a question with its answer.
    """
    template = tokenizer.chat_template
    if not template:
        raise ValueError(
            f"{tokenizer.name_or_path}: expected a chat template, found none. "
            "Lend it ours: tokenizer.chat_template = chat.TEMPLATE"
        )
    asked, told = _turns(user=B), _turns(user=B, assistant=C)
    with_system = [_try(tokenizer, _turns(system=A, **turns), not answered)
                   for answered, turns in enumerate(({"user": B}, {"user": B, "assistant": C}))]
    system = all(A in text for text in with_system)
    rest = render(tokenizer, told).rpartition(C)[2].lstrip()
    special = sorted({tokenizer.eos_token or "", *tokenizer.get_added_vocab()}, key=len, reverse=True)
    openings = [render(tokenizer, asked, True).partition(B)[0], with_system[0].partition(A)[0] if system else ""]
    return Format(
        own=template != TEMPLATE,
        marks=bool(re.search(r"\{%-?\s*generation\s*-?%\}", str(template))),
        system=system,
        end=next((token for token in special if rest.startswith(token)), ""),
        openings=tuple(opening for opening in openings if opening),
        pad=tokenizer.pad_token or "",
    )


def render(tokenizer, messages: list[dict], add_generation_prompt: bool = False) -> str:
    """The conversation in the tokenizer's chat format, as text.

    Raises:
        ValueError: If the template refuses it, with the template's own words.
    """
    from jinja2 import TemplateError

    try:
        return tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=add_generation_prompt, **PLAINLY
        )
    except (TemplateError, TypeError) as error:
        roles = ", ".join(message["role"] for message in messages)
        raise ValueError(
            f"{tokenizer.name_or_path}: expected a conversation that its chat template takes, found the turns {roles}; "
            f"it says: {error}. Bring the turns into its order, or set tokenizer.chat_template = chat.TEMPLATE"
        ) from error


def fit(form: Format, messages: list[dict]) -> list[dict]:
    """The messages as the template takes them: where no system turn reaches the model, its text opens the question.

    Raises:
        ValueError: If it is to open the question, and no question follows.
    """
    if form.system or not messages or messages[0]["role"] != "system":
        return messages
    if len(messages) < 2 or messages[1]["role"] != "user":
        raise ValueError(
            "This chat template takes no system turn, so expected a user's turn after it to put it in front of, found "
            f"the turns {', '.join(message['role'] for message in messages)}. Add a question."
        )
    system, question, *rest = messages
    return [{**question, "content": f"{system['content']}\n\n{question['content']}"}, *rest]


def prompts(tokenizer, rows: list[dict]) -> list[str]:
    """Each conversation up to the point where the assistant speaks last, in the tokenizer's chat format.

    Earlier turns stay, the assistant's too: a follow-up question needs them. A row that ends with a question is
    rendered whole.
    """
    form, talks = look(tokenizer), [row["messages"] for row in rows]
    asked = [talk[:-1] if talk[-1]["role"] == "assistant" else talk for talk in talks]
    return [render(tokenizer, fit(form, talk), True) for talk in asked]


def pairs(tokenizer, rows: list[dict]) -> list[dict]:
    """The rows as TRL wants them, ``prompt`` and ``completion``: what counts is the assistant's last turn.

    Raises:
        ValueError: If a row does not end with the assistant; or if the template would teach what is never asked: a
            prompt that reads otherwise once the reply follows, or a reply without a token that ends it.
    """
    found, form = [], look(tokenizer)
    for i, row in enumerate(rows):
        talk = fit(form, row["messages"])
        if not talk or talk[-1]["role"] != "assistant":
            raise ValueError(f"rows[{i}]: expected the assistant's turn at the end, found {[m['role'] for m in talk]}. "
                             "Leave the row out, or write the reply.")
        prompt, whole = render(tokenizer, talk[:-1], True), render(tokenizer, talk)
        if not whole.startswith(prompt) or not form.end:
            what = "a prompt that stays the same once the reply follows" if form.end else "a token that ends the reply"
            way = ("This chat template is not for training: set tokenizer.chat_template = chat.TEMPLATE"
                   if form.own else
                   "Our template ends a reply with the tokenizer's end token, and this one has none: set "
                   "tokenizer.eos_token to the token at which the model is to stop")
            raise ValueError(f"rows[{i}]: expected {what}, found {whole[-60:]!r} after {prompt[-60:]!r}. {way}")
        found.append({"prompt": talk[:-1], "completion": talk[-1:], "chat_template_kwargs": PLAINLY})
    return found


def _turns(**contents: str) -> list[dict]:
    return [{"role": role, "content": content} for role, content in contents.items()]


def _try(tokenizer, messages: list[dict], add_generation_prompt: bool = False) -> str:
    """The rendered conversation, or nothing where the template refuses it."""
    try:
        return render(tokenizer, messages, add_generation_prompt)
    except ValueError:
        return ""
