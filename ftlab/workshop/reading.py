"""What the lab model reads: documents of the general world and the market, question pages, drills in copying.

Question pages are about goods, shops and people invented for each page, or sheets of general facts. Batch ``i``
depends on the seed and ``i`` and nothing else, so a run that was killed resumes exactly where its last checkpoint was.
"""

from __future__ import annotations

from ftlab.workshop.recipe import Recipe, Stage, stage

Spans = list[tuple[str, bool]]


def general_sheet(random) -> Spans:
    """A sheet of questions on general facts, now and then with a few sums, answered from memory."""
    from ftlab.world import general

    style = random.choice(["Question: {q}\nAnswer:", "Question: {q}\nAnswer:", "Q: {q}\nA:"])
    pairs = general.qa_pairs(random, random.randint(5, 12))
    if random.random() < 0.15:
        pairs = general.sums(random, random.randint(4, 8))
    return [span for q, answer in pairs for span in ((style.format(q=q), False), (f" {answer}\n", True))]


def market_sheet(random) -> Spans:
    """A sheet of questions on the market, answered from memory."""
    from ftlab.world import market

    return [
        span
        for question, answer in market.qa_pairs(random, random.randint(4, 9))
        for span in ((f"Question: {question}\nAnswer:", False), (f" {answer}\n", True))
    ]


def question_page(random, now: Stage) -> Spans:
    """A page with questions: a shop page (read the answer) or a sheet (know the answer)."""
    from ftlab.world import forms, prose, shops

    kind = random.random()
    if kind < 0.72:
        form = random.random()
        if form < now.prose:
            return prose.page(random)
        count = random.choices([1, 2, 3], now.passages)[0]
        if form < now.prose + now.forms:
            return forms.page(random, count)
        return shops.page(random, count, customers=random.random() < now.customers)
    return general_sheet(random) if kind < 0.94 else market_sheet(random)


def plain_document(random) -> Spans:
    """A document read for its own sake: the general world, the market, now and then a shop page."""
    from ftlab.world import general, market, shops

    kind = random.random()
    if kind < 0.66:
        return [(general.document(random), True)]
    if kind < 0.92:
        return [(market.document(random), True)]
    return [(text, True) for text, _ in shops.page(random)]


def encode(tokenizer, spans: Spans) -> tuple[list[int], list[bool]]:
    """The token ids of a document and, for each, whether its span is marked."""
    encoded = tokenizer([text for text, _ in spans])["input_ids"]
    marks = [marked for ids, (_, marked) in zip(encoded, spans, strict=True) for _ in ids]
    return [token for ids in encoded for token in ids], marks


def row(tokenizer, random, length: int, kind: str, now: Stage) -> tuple[list[int], list[bool]]:
    """One row of ``length`` token ids with a flag a token: whether it belongs to an answer.

    Args:
        kind: What the row holds: "drills", "pages" or "documents".
    """
    from ftlab.world import drills

    ids: list[int] = []
    answers: list[bool] = []
    while len(ids) < length:
        if kind == "pages":
            spans = question_page(random, now)
        else:
            spans = drills.drill(random) if kind == "drills" else plain_document(random)
        new_ids, marks = encode(tokenizer, spans)
        if ids and kind == "pages" and len(ids) + len(new_ids) > length:
            # A shop page that does not fit would lose its questions; a sheet may be cut anywhere.
            new_ids, marks = encode(tokenizer, general_sheet(random))
        ids += [*new_ids, tokenizer.eos_token_id]
        answers += [*(mark and kind != "documents" for mark in marks), False]
    return ids[:length], answers[:length]


def batch(tokenizer, recipe: Recipe, step: int):
    """The batch of one step: rows of pages first, then of drills, then of documents.

    Returns:
        ``input_ids`` (B, T), ``answers`` (B, T): the tokens of answers on pages and in drills, and ``in_full`` (B,):
        the rows whose every token counts.
    """
    import torch

    from ftlab.seeded import rng

    now = stage(recipe, step)
    pages, in_full, drills = (round(n * recipe.rows / 8) for n in (now.pages, now.in_full, now.drills))
    kinds = (["pages"] * pages + ["drills"] * drills + ["documents"] * recipe.rows)[: recipe.rows]
    made = [
        row(tokenizer, rng("pretrain", recipe.seed, step, i), recipe.row_tokens, kind, now)
        for i, kind in enumerate(kinds)
    ]
    return (
        torch.tensor([ids for ids, _ in made]),
        torch.tensor([answers for _, answers in made]),
        torch.tensor([i < in_full or i >= pages for i in range(recipe.rows)]),
    )


def sample_texts(count: int, seed: int = 0) -> list[str]:
    """Plain documents and pages of the plain form, as text: what the tokenizer is trained on.

    Pages in forms of their own, pages in sentences, and drills are not among them.
    """
    from ftlab.seeded import rng

    random, now = rng("pretrain", "tokenizer", seed), Stage(0.0, (4, 3, 3), 4, 0, 0, customers=0.5)
    return [
        "".join(text for text, _ in (question_page(random, now) if i % 2 else plain_document(random)))
        for i in range(count)
    ]
