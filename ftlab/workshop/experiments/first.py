"""The first fine-tune: notebook 00, over several seeds, on the real model."""

from __future__ import annotations

from ftlab import rivals, texts
from ftlab.model import choose
from ftlab.tuning import chat, generate
from ftlab.workshop.experiments import desk_work
from ftlab.world import brand, house

# The dials of notebook 00, as it is stored.
EXAMPLES, STEPS, BATCH_SIZE, LR = 100, 50, 4, 1e-3
ASKED = 20


def first_finetune(seed: int) -> dict[str, dict]:
    """On-brand replies, tuned on a hundred examples minus the brand guide in the prompt, in points."""
    from tempfile import TemporaryDirectory

    from ftlab import paths

    choice, held_out = choose(), texts.plain_conversations("test")[:ASKED]
    rows = [house.in_house_words(row) for row in texts.sample(texts.plain_conversations("train"), EXAMPLES, seed)]
    with TemporaryDirectory(dir=paths.runs()) as folder:
        tuned, tokenizer, _ = desk_work.tune(choice, rows, seed, folder, lr=LR, batch_size=BATCH_SIZE, max_steps=STEPS)
    after = generate.replies(tuned, tokenizer, chat.prompts(tokenizer, held_out), 80)
    with tuned.disable_adapter():
        asked = [chat.render(tokenizer, rivals.guide(row), True) for row in held_out]
        before = generate.replies(tuned, tokenizer, asked, 80)
    after, before = ([brand.on_brand(reply) for reply in replies] for replies in (after, before))
    arms = {"by_prompt": after, "against": before}
    effect = 100 * (sum(arms["by_prompt"]) - sum(arms["against"])) / ASKED
    return {"first-finetune": {"effect": effect, **arms}}
