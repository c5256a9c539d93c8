# ---
# jupyter:
#   ftlab:
#     minutes: 6
#     claims: [documents-beat-weights, raft-beats-rag, retraining-harms-rest, phrasings-teach, repeats-leak]
# ---

# %% [markdown]
# # 07 · Weights or documents?
#
# A team has facts that no model has read: its catalogue, its rules, its prices. There are two places to put them. Into
# the **weights**: tune the model until it knows them. Or into the **prompt**: keep them as documents, search them for
# each question, and let the model read what was found. The second is called *retrieval-augmented generation*, **RAG**.
# Opinions on which is better are many and measurements of both on one task are few. Here is one: the same questions,
# the same scorer, eleven ways of answering.
#
# **You will be able to** search documents by words, by meaning and by both, and measure a search; tune an embedder;
# compare RAG, tuning, and the two together on facts, manner, sources, honesty and cost; say what happens when facts
# change, when a secret is in the data and when a stranger writes a page; and give a reason with a number for the way
# that you choose.
#
# **You need** notebook 02 (tuning the desk's assistant) and a little of 04 (adapters). **It takes** about six minutes
# of one processor core without bf16, fewer with two. Exercises are at the end; the notebook runs without them.

# %%
import time, warnings; started = time.perf_counter()  # noqa: E401, E702
warnings.filterwarnings("ignore", category=FutureWarning)  # one library tells another that a word will change
import matplotlib.pyplot as plt
import numpy as np
from transformers.utils import logging as notices
from ftlab import assistant, claims, figures, files, model, paths, texts as corpus, values
from ftlab.evidence import clusters, crossing, intervals
from ftlab.retrieval import answers, asked, chunks, compared, documents, embedder, firm, index, needs, rerank
from ftlab.retrieval import unscreened
from ftlab.scores import ranking as ranks
from ftlab.tuning import chat, generate, sft
figures.style(); notices.disable_progress_bar(); notices.set_verbosity_error()  # noqa: E702
print(choice := model.choose(), lab := model.lab(), sep="\n")

# %% [markdown]
# The **real model** reads and answers; the **lab model**, which is small enough to be trained several times in a
# minute, shows how knowledge and secrets get into weights. A third one, the **embedder**, turns texts into vectors for
# the search.

# %%
SEED = 0  # whole number: which questions, pairs, facts and secrets; try 1, 2
SIZE, OVERLAP = 50, 0  # words in a chunk, and how many of them the next one repeats; try 200, 15
SHOWN = 4  # passages in a prompt; try 1, 8
PLAIN = 80  # questions of each wording to measure the search with; try 300
RERANKED = 30  # of these, how many are searched a second time; try 80
PAIRS, PAIR_BATCH = 320, 32  # question-passage pairs that the embedder is tuned on, and in a batch; try 1000, 32
LIVE = 1  # held-out questions of each of the five groups that are answered in this notebook; try 3
FACTS = 24  # lab model: facts to put into the weights; try 60
PHRASINGS = (1, 2, 5)  # lab model: different wordings of each fact's question in training
TIMES = 20  # lab model: how often each fact is met in training, whatever the wording; try 40
REPEATS = (0, 1, 4, 16, 64)  # lab model: how often a secret stands in the training data; 0 is the control
SECRETS = 6  # lab model: secrets for each number of repeats; try 10

# %% [markdown]
# ## 1. Finding the right passage
#
# Quillmere has two pages for each of its products and one for each of its rules. A model cannot read all of them for
# each question, so they are cut into **chunks**, here along sentences and at most `SIZE` words long, each with the
# title of its page above it. With an *overlap* a chunk begins with the last sentences of the one before, for the fact
# that lies across a cut. A page with headings inside is cut at them first; Quillmere's have none: a small one does.

# %%
pages = firm.pages(2025)
pieces = [piece for page in pages for piece in chunks.cut(page, SIZE, OVERLAP)]
print(f"{len(pages)} pages, {len(pieces)} chunks, {np.mean([len(p.text.split()) for p in pieces]):.0f} words each\n")
for piece in pieces[:3]:
    print(f"{piece.id}  {piece.heading}\n    {piece.text}\n")
care = documents.Document("care", "Care", "# Pans\nDry them at once. Oil them.\n# Cloths\nWash them at 60 degrees.")
print(*(f"{piece.id}  {piece.heading}: {piece.text}" for piece in chunks.cut(care, SIZE)), sep="\n")

# %% [markdown]
# How does one find the chunk that answers a question? There are two ways. **By words**: a chunk is good if it has the
# question's words, rare ones counting more. That is the idea of *BM25*. **By meaning**: an embedder has learned to give
# texts on the same thing vectors in the same direction, and one compares the directions (the *cosine*: 1 is the same, 0
# or less has nothing in common). On three sentences, where one can see both at work:

# %%
import math
import re

three = ["The kettle holds 1.7 L.", "The kettle must not go in the dishwasher.", "You may return unused goods."]


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.lower()))


def by_words(question: str, texts: list[str]) -> list[float]:
    """For each text the weights of the words that it shares with the question: the rarer, the heavier."""
    holding = {word: sum(word in words(text) for text in texts) for word in words(question)}
    return [sum(math.log(1 + len(texts) / holding[word]) for word in words(question) & words(text)) for text in texts]


embed = embedder.load()
for question in ("Is the kettle for the dishwasher?", "How much water fits in?", "Can I send it back?"):
    cosines = embedder.encode(embed, [question], asked=True) @ embedder.encode(embed, three).T  # (1, 3)
    print(f"{question:36} words " + " ".join(f"{score:5.2f}" for score in by_words(question, three))
          + "   meaning " + " ".join(f"{score:5.2f}" for score in cosines[0]))

# %% [markdown]
# The first question shares its words with the second sentence. The other two share hardly a word that matters with
# their answers: look which sentence the vectors prefer there. (BM25 also counts how often a word occurs and how long
# the text is; the index below does.)
#
# The two kinds of score cannot be added, since they have different units. Their *places* can: **reciprocal-rank
# fusion** gives a text 1 / (60 + its place) for each list and adds up.

# %% tags=["twin:ftlab.retrieval.fusion:reciprocal_rank"]
from collections import defaultdict

K = 60  # the paper's constant: how little a first place counts beyond a second


def reciprocal_rank(rankings, k=K):
    if k < 0:
        raise ValueError(f"k: expected 0 or more, found {k}. {K} is the usual choice.")
    scores = defaultdict(float)
    for ranking in rankings:
        for rank, thing in enumerate(ranking, 1):
            scores[thing] += 1 / (k + rank)
    return sorted(scores.items(), key=lambda item: -item[1])

# %%
for thing, score in reciprocal_rank([["a", "b", "c"], ["b", "d", "a"]]):
    print(f"{thing}: {score:.4f}")
assert math.isclose(dict(reciprocal_rank([["a", "b", "c"], ["b", "d", "a"]]))["b"], 1 / 62 + 1 / 61)

# %% [markdown]
# "b" has a second and a first place and is ahead of "a" with a first and a third. Now the real thing: an index in
# **LanceDB**, a database that runs inside our process and keeps words and vectors in one folder. Up to 20,000 chunks
# ours compares a question with every vector; beyond that it searches approximately, and `make bench` times this up to a
# million chunks.

# %%
place = paths.own_folder("notebook-07") / "index"
store = index.create(place, embed, size=SIZE, overlap=OVERLAP)
assert index.EXACT_UP_TO == 20_000  # chunks
written = store.add(pages)
print(f"{written.chunks} chunks of {written.added} pages indexed in {written.seconds:.1f} s, "
      f"{store.bytes_on_disk() / 1e6:.1f} MB; at this pace a million take "
      f"{written.seconds / written.chunks / 0.0036:.0f} hours")
for hit in store.search("Can I put the Emberline Kettle in the dishwasher?", k=2):
    print(f"{hit.rank}. {hit.chunk.id}  {hit.chunk.heading}: {hit.chunk.text}")

# %% [markdown]
# ### How good is a search?
#
# We need questions whose right chunks (the *gold* ones) are known, and one number a question. **Hit@k** is 1 if a gold
# chunk is among the first k. The **reciprocal rank** is 1 / the place of the first gold chunk (its mean is called MRR).
# **nDCG** counts every gold chunk with 1 / log2(1 + its place), as a share of the best possible order's sum (*@k*: both
# sums end at place k). *Recall@k* is the share of the gold chunks among the first k; the questions of this section ask
# for one fact, so one of them is enough and hit@k is what counts. By hand, with "b" and "d" gold:

# %%
for order in (["b", "d", "a"], ["a", "b", "c"], ["a", "c", "e"]):
    gold = {"b", "d"}
    print(order, f"hit@2 {ranks.hit_at(order, gold, 2)}, recall@2 {ranks.recall_at(order, gold, 2):.1f}, "
          f"reciprocal rank {ranks.reciprocal_rank(order, gold):.2f}, nDCG@3 {ranks.ndcg_at(order, gold, 3):.2f}")
assert ranks.reciprocal_rank(["a", "b", "c"], {"b", "d"}) == 1 / 2

# %% [markdown]
# Three **wordings** of questions about the test products and rules: *plain* ones that name the product; *customers'*
# own, with all that customers tell besides; and *riddles*, which describe the product and never name it. All questions
# on one product stand or fall together, so the intervals are over products and rules, not over questions.

# %%
from ftlab.seeded import rng

all_chunks = store.chunks()
queries = {}
for wording in asked.WORDINGS:
    found = [question for question in asked.questions(wording, "test") if asked.gold(question, all_chunks)]
    rng("queries", SEED, wording).shuffle(found)
    queries[wording] = found[:PLAIN]
golds = {wording: [asked.gold(q, all_chunks) for q in queries[wording]] for wording in queries}
for wording in queries:
    about = {question.about for question in queries[wording]}
    print(f"{wording:>9}, {len(queries[wording])} questions on {len(about)} products and rules, such as: "
          f"{queries[wording][0].question}")


def measured(some_store, way: str, wording: str) -> dict[str, list[float]]:
    """Hit@SHOWN, recall@SHOWN, reciprocal rank and nDCG@10 of a way of searching, one number a question."""
    hits = some_store.search_all([q.question for q in queries[wording]], 10, way)
    orders = [[hit.chunk.id for hit in found] for found in hits]
    pairs = list(zip(orders, golds[wording], strict=True))
    return {"hit": [ranks.hit_at(o, g, SHOWN) for o, g in pairs],
            "recall": [ranks.recall_at(o, g, SHOWN) for o, g in pairs],
            "rr": [ranks.reciprocal_rank(o, g) for o, g in pairs],
            "ndcg": [ranks.ndcg_at(o, g, 10) for o, g in pairs]}


def over_subjects(wording: str, scores: list[float]) -> intervals.Interval:
    return intervals.mean_interval(asked.by_subject(queries[wording], scores), rate=False)


def in_percent(span: intervals.Interval) -> str:
    return f"{100 * span.value:4.0f} % [{100 * max(0, span.low):3.0f}, {100 * min(1, span.high):3.0f}]"


# %%
print(f"{'':>9} {'way':>8}   {f'hit@{SHOWN}':17} {f'recall@{SHOWN}':17} {'MRR':17} nDCG@10")
table = {}
for wording in queries:
    for way in index.WAYS:
        table[wording, way] = scores = measured(store, way, wording)
        spans = [in_percent(over_subjects(wording, each)) for each in scores.values()]
        print(f"{wording:>9} {way:>8}   " + " ".join(spans))
print()
for wording in queries:
    by_way = {way: asked.by_subject(queries[wording], table[wording, way]["hit"]) for way in index.WAYS}
    single = max(("words", "meaning"), key=lambda way: np.mean(by_way[way]))
    gap = intervals.paired_difference(by_way["hybrid"], by_way[single], rate=False).times(100)
    word = "better than" if gap.low > 0 else "worse than" if gap.high < 0 else "not told apart from"
    print(f"{wording:>9}: both together are {word} {single} alone, {gap.value:+.0f} points "
          f"[{gap.low:+.0f}, {gap.high:+.0f}] of hit@{SHOWN}")
written = store.add(firm.articles())  # the company's journal: mostly about other things
print(f"\nWith {written.chunks} chunks of {written.added} articles beside the pages, change of the pages' hit@{SHOWN}, "
      "hybrid:")
for wording in queries:
    arms = [asked.by_subject(queries[wording], each["hit"])
            for each in (measured(store, "hybrid", wording), table[wording, "hybrid"])]
    gap = intervals.paired_difference(*arms, rate=False).times(100)
    value, low, high = (round(end) or 0 for end in gap)  # a zero has no sign
    print(f"{wording:>9}: {value:+d} points [{low:+d}, {high:+d}]")
_ = store.retire([article.id for article in firm.articles()])

# %% [markdown]
# Read the intervals before the means: with so few products and rules only large differences count. (Differences are
# taken before rounding, so they may be one off.) Fusion is no free gain: it is a compromise of two lists, and where one
# of them is worthless it pulls the other down. From here on a search is hybrid all the same, the index's default: it
# is the best on the mean of customers' questions, though not told from words there. The articles are out again: the
# stored runs below search the pages alone.
#
# A **reranker** takes a second look at what was found. Ours compares every token of the question with every token of
# each chunk (*late interaction*, as ColBERT does), which is slower than one vector a text and sees more; that is no
# promise of a better order. It is tried on the first `RERANKED` questions of each wording, so its MRR before is not the
# table's.

# %%
vectors = dict(zip([chunk.id for chunk in all_chunks],
                   rerank.token_vectors(embed, [chunk.passage for chunk in all_chunks]), strict=True))  # once for all
for wording in queries:
    some, before, after = queries[wording][:RERANKED], [], []
    candidates = store.search_all([question.question for question in some], 12)
    begun = time.perf_counter()
    for question, hits in zip(some, candidates, strict=True):
        again = rerank.late_interaction(embed, question.question, hits, known=vectors)
        gold = asked.gold(question, all_chunks)
        before.append(ranks.reciprocal_rank([hit.chunk.id for hit in hits], gold))
        after.append(ranks.reciprocal_rank([hit.chunk.id for hit in again], gold))
    took = (time.perf_counter() - begun) / len(some) * 1000
    change = clusters.paired_difference(after, before, [question.about for question in some]).times(100)
    print(f"{wording:>9}: MRR {100 * np.mean(before):.0f} -> {100 * np.mean(after):.0f} %, {change.value:+.0f} points "
          f"[{change.low:+.0f}, {change.high:+.0f}], "
          f"{'a gain' if change.low > 0 else 'a loss' if change.high < 0 else 'not decided'}, {took:.0f} ms a question")

# %% [markdown]
# What follows does without the reranker.
#
# ### Tuning the embedder
#
# The embedder knows English and not Quillmere. It can be tuned as well, and for that pairs are enough: a question and
# a passage that answers it. In a batch each question has one right passage, and those of all the other questions serve
# as wrong ones (*in-batch negatives*): the loss is the cross-entropy of picking the right one. The pairs are about
# training products in training wordings; the test products and their riddles are never seen. `NO_DUPLICATES` keeps a
# passage from standing twice in a batch, where it would be its own wrong answer.

# %%
import io
from contextlib import redirect_stdout

from datasets import Dataset, disable_progress_bars
from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
from sentence_transformers.sentence_transformer.training_args import BatchSamplers

disable_progress_bars()
pairs = asked.pairs(all_chunks)
rng("pairs", SEED).shuffle(pairs)
print("\n   is answered by   ".join(pairs[0].values()), "\n")
tuned_embed = embedder.load()
trainer = SentenceTransformerTrainer(
    model=tuned_embed,
    train_dataset=Dataset.from_list(pairs[:PAIRS]),
    loss=MultipleNegativesRankingLoss(tuned_embed),
    args=SentenceTransformerTrainingArguments(
        output_dir=str(place.parent / "embedder"), num_train_epochs=1, per_device_train_batch_size=PAIR_BATCH,
        learning_rate=1e-4, warmup_steps=0.1, batch_sampler=BatchSamplers.NO_DUPLICATES, seed=SEED,
        use_cpu=choice.device == "cpu", bf16=choice.dtype == "bfloat16", report_to="none", save_strategy="no",
        disable_tqdm=True, logging_strategy="no"))  # fmt: skip
with redirect_stdout(io.StringIO()):
    took = trainer.train().metrics["train_runtime"]
print(f"tuned on {min(PAIRS, len(pairs))} pairs in {took:.0f} s")

# %%
tuned_store = index.create(place.parent / "index-tuned", tuned_embed, size=SIZE, overlap=OVERLAP)
tuned_store.add(pages)
widest = 0.0  # half of an interval, in points
for wording in queries:
    for way in ("meaning", "hybrid"):
        scores = measured(tuned_store, way, wording)
        arms = [asked.by_subject(queries[wording], each["hit"]) for each in (scores, table[wording, way])]
        change = intervals.paired_difference(*arms, rate=False).times(100)
        word = "gained" if change.low > 0 else "lost" if change.high < 0 else "not decided"
        widest = max(widest, (change.high - change.low) / 2)
        print(f"{wording:>9} {way:>8}: hit@{SHOWN} {np.mean(arms[1]):.0%} -> {np.mean(arms[0]):.0%}, change "
              f"{change.value:+.0f} points [{change.low:+.0f}, {change.high:+.0f}] ({word})")
enough = len(arms[0]) * (widest / 5) ** 2
print(f"\nTo detect a change of 5 points with a chance of one in two, in the widest of these intervals, takes about "
      f"{enough:.0f} products like these, with nine in ten nearly three times as many; here are {len(arms[0])}.")
del trainer, tuned_embed, tuned_store  # they have done their part

# %% [markdown]
# All this is on products that the tuning never saw. `PAIRS` is the dial, and `PAIR_BATCH` says among how many the right
# passage must be picked. Where a line says *not decided*, no gain is shown, and the price is paid in any case: vectors
# of two embedders cannot be compared, so every chunk was embedded anew. (To put another embedder in its place, set
# `FTLAB_EMBEDDER` to a name on the Hugging Face hub or to a folder.) For what follows we go on with the untuned one, as
# the stored runs below did.
#
# ## 2. The same questions, eleven ways
#
# Now the answers. The desk's conversations of the other notebooks had a screen with the facts on it. Here **the screen
# is taken away**: what a way says comes from its weights or from passages. The questions are in five groups: one fact
# of a product, one fact of a rule (printed as *a policy's fact*), two facts at once, two products to compare (which
# takes *several documents*), and questions that no page answers, where a colleague must be asked. The products and
# rules are test ones.
#
# - *plain*: the untuned model and the question, **closed book**, with nothing to read
# - *few-shot*: the same after three examples
# - *template*: no model; a frame filled from the record of what the search found first
# - *assistant alone*: the tuned assistant of the course, closed book
# - *closed book*: the assistant, tuned further on **every fact** of the test products and rules, four times each, in
#   the training wordings
# - *RAG, untuned*: the untuned model with four passages, told to keep to them and to name them
# - *RAG, assistant*: the assistant with the passages in the place of its screen
# - *RAG, assistant, told*: the same, told to keep to the passages and to name them, in the untuned model's prompt
# - *RAFT*: the assistant, tuned further to read passages: conversations on *training* products, replies that cite, and
#   beside the right passage wrong ones (*distractors*)
# - *closed book x 3* and *RAFT x 3*: the same with three such trainings, one on top of the other
#
# **RAFT** is the idea of a paper of that name: train with the passages that a search would bring, wrong ones included.
# Our variant differs in one point. Where the right passage is missing, the paper lets the model answer from memory;
# our reply hands over to a colleague, since our facts change. A closed-book training and one of RAFT's read about as
# many tokens, some 36,000. A row as RAFT's are, with passages picked here so that it is short:

# %%
lessons = [row for row in unscreened.rows("train") if unscreened.group(row) == unscreened.GROUPS[2]]
example = lessons[SEED % len(lessons)]
gold = unscreened.gold(example, all_chunks)
shown = [gold[0], pieces[7], *[piece for piece in gold if piece.document != gold[0].document][:1]]
for message in unscreened.cited(example, shown)["messages"]:
    print(f"{message['role']:>9}: {message['content']}\n")

# %% [markdown]
# The number in brackets is a **citation**: a reader can check it, and so can code. One scorer serves all ways:
#
# - *facts*: every value asked for is stated, exactly, and no other is stated of the thing. Nothing else counts here
# - *on-brand*: the reply keeps the rules of the house's manner (notebook 00)
# - *fit*: on-brand and free of all faults that the desk knows. Beside wrong facts these are: a complaint met without a
#   word of regret, a product named that nobody mentioned, a word that does not exist, a hand-over without need, and,
#   where no page has the answer, no hand-over
# - *cited*: the facts are right, **and** the passages that the reply names hold them. A number that no passage has is
#   passed over here; exercise 2 is stricter
# - *made up*: a figure that stands neither in the truth about the thing nor in the question, were it the 1 of "Step 1"
#   (two values that are swapped between two products pass here, and fail under *facts*; a true figure of a product that
#   nobody asked about counts as made up, also from the template)
# - *no source*: of ways with passages, a value (figure, name, material or colour) that stands neither in a passage nor
#   in the question. It may be true: no reader can check it
# - *handed over* to a colleague, in whatever words: *rightly* where no page has the answer, else *needlessly*
#
# Three of the ways, live; four others are from a stored run (for two of them the further trainings take minutes), which
# is of the course's real model. `FTLAB_MODEL` changes only what is live, until you have made a stored run of yours:
# call `python -m ftlab.workshop.experiments.rag --seed 0` until no part is left (one to two hours on two cores without
# bf16 for SmolLM2; it goes on where it was stopped), then once more with `--gather 0`.

# %%
own = paths.data() / "stored" / f"rag-{claims.model_named()}.json"
stored = files.read_json(own if own.exists() else paths.data() / "stored" / "rag.json")
run, one_fact = compared.Compared(stored), compared.Compared(stored, compared.ONE_FACT)
print(f"stored: {stored['model']}, {stored['dtype']}, {stored['date']}, seeds {', '.join(map(str, run.seeds))}")
stored_rows = run.rows(unscreened.rows("test"))  # refuses, should the questions have changed since
number = {question["id"]: i for i, question in enumerate(run.questions)}
live = unscreened.balanced(stored_rows, LIVE, SEED)
begun = time.perf_counter()
lists = store.search_all([row["messages"][0]["content"] for row in live], SHOWN)
search_ms = 1000 * (time.perf_counter() - begun) / len(live)
found = [[hit.chunk for hit in hits] for hits in lists]
few = unscreened.balanced(unscreened.rows("train"), 1, SEED)[-3:]
prompts = {
    "few-shot": [unscreened.shown(row, few) for row in live],
    "RAG, untuned": [unscreened.told(row, part) for row, part in zip(live, found, strict=True)],
    "RAG, assistant": [unscreened.beside(row, part) for row, part in zip(live, found, strict=True)],
}
desk = assistant.tuned(choice, 0)
tokenizer, said = desk.tokenizer, {}
for way, conversations in prompts.items():
    texts = chat.prompts(tokenizer, conversations)
    if "assistant" in way:
        said[way] = generate.replies(desk.model, tokenizer, texts, max_new_tokens=72)
    else:
        with desk.model.disable_adapter():  # the same weights without the addition: the untuned model
            said[way] = generate.replies(desk.model, tokenizer, texts, max_new_tokens=72)
adapter = sum(p.numel() for name, p in desk.model.named_parameters() if "lora_" in name)
del desk  # the rest is stored, or the lab model's: leave the memory to it

# %%
import textwrap

# READER: RAFT x 3, reads pages. ASSISTANT: RAG on the assistant. TOLD: the same, told to cite. CLOSED: knows by heart.
from ftlab.retrieval.compared import ANSWERABLE, ASSISTANT, CLOSED, MERELY_TOLD, NO_ANSWER, READER, TOLD
from ftlab.retrieval.compared import in_points, name, spoken


def verdict(scored: dict) -> str:
    words = ["fit"] if scored["fit"] else [{1: "facts right, not fit", 0: "wrong", None: "not fit"}[scored["facts"]]]
    return ", ".join(words + ["a figure made up"] * scored["made_up"] + ["handed over"] * scored["handed_over"])


for i, row in enumerate(live):
    print(f"{unscreened.group(row)}: {row['messages'][0]['content']}\n  right: "
          + ("to hand over, since no page has it" if unscreened.group(row) in NO_ANSWER else
             ", ".join(map(str, row["expected"]))))
    replies = {way: each[i] for way, each in said.items()}
    replies |= {way: run.part(way)["reply"][number[row["id"]]] for way in ("template", CLOSED, TOLD, READER)}
    for way, reply in replies.items():
        stored_one = "" if way in said else " (stored)"
        print(f"  {name(way)}{stored_one}: {textwrap.shorten(reply, 230, placeholder=' ...')}\n"
              f"      -> {verdict(answers.score(reply, row, found[i]))}")
    print()

# %% [markdown]
# Read what is fluent and false before you read the numbers. (With the dials as they are, the first customer
# complains, and a right price without a word of regret is not fit; in the last question no flask is named: handing
# over is right, and naming one is the fault.)
#
# ### The whole comparison
#
# A choice that is made on test questions flatters what it chose. Here it is the "x 3": in an older run RAFT was behind
# the assistant after one training, so both kinds of training got two more rounds. Since then texts were rewritten and
# questions added; **no dial was chosen by the numbers below**, and what three rounds gain is printed for the *early*
# wordings, which that older run had asked and which are among the questions below, and for the *fresh* ones. A question
# is asked in one wording.
#
# Several questions are about one product, and stand or fall with it. So here and below the intervals are over products
# and rules, and so are the tests. (Each end is the wider of two, over products and over questions. Where all scores are
# alike, only the second has a width, and it is rather too narrow.) Where the stored run has several training seeds, the
# intervals take these in as well, for the ways that are trained further; the assistant itself is one training, and its
# luck is in none of them.

# %%
LINES = {"facts": ("facts", ANSWERABLE), "fit": ("fit", unscreened.GROUPS), "on-brand": ("manner", unscreened.GROUPS),
         "cited": ("cited", ANSWERABLE), "made up": ("made_up", unscreened.GROUPS),
         "no source": ("unsourced", unscreened.GROUPS),
         "rightly": ("handed_over", NO_ANSWER), "needlessly": ("handed_over", ANSWERABLE)}


def has(way: str, key: str) -> bool:
    """Whether the way was asked to cite, or was shown passages at all."""
    return way in compared.CITING if key == "cited" else key != "no source" or "RA" in way


asked_of = {key: run.scores(READER, *line).shape[1] for key, line in LINES.items()}
subjects, seeds = len({question["about"] for question in run.questions}), len(run.seeds)
print(f"{stored['model']}: % of held-out questions about {subjects} products and rules.\n"
      + (f"All trainings have {seeds} seeds, and the intervals are over these too.\n" if seeds > 1 else
                    "All trainings have one seed: what another one would bring is not in these intervals.\n"))
print(f"{'':>20} {'':78} {'handed over':>24}")
print(f"{'':>20} " + " ".join(f"{key:>12}" for key in LINES))
print(f"{'questions':>20} " + " ".join(f"{count:>12}" for count in asked_of.values()))
for way in run.ways:
    cells = [spoken(run.share(way, *line)) if has(way, key) else "–" for key, line in LINES.items()]
    print(f"{name(way):>20} " + " ".join(f"{cell:>12}" for cell in cells))
print("\n'Made up', 'no source' and 'needlessly' should be low, all others high. –: never asked to cite, or shown no "
      "passage.")

# %% [markdown]
# Is it enough to *ask* for sources, or must a model be trained to name them?

# %%
for way in (*MERELY_TOLD, READER):
    right, cited, names = (run.scores(way, key, ANSWERABLE) for key in ("facts", "cited", "named"))
    which = (right * names).sum()
    good = 100 * (cited * names).sum() / max(1, which)
    found = f"of the {which:.0f} with right facts that do,\n    {good:.0f} % name the right one"
    print(f"{name(way)}: {spoken(run.share(way, 'named'))} % of the replies name a passage; "
          + (found if which else "none with right facts does"))
cites = run.gap(TOLD, READER, *LINES["cited"])
print("\nThe assistant told to cite has the right source "
      + ("more often than RAFT x 3" if cites.low > 0 else
         "less often than RAFT x 3: to tell it is not to train it" if cites.high < 0 else
         "as often as RAFT x 3, as far as can be told") + f" ({in_points(cites)} points).")

# %%
print(f"{'points of facts':>38} {'early wordings':>16} {'fresh ones':>16}")
for one, other in ((CLOSED, "closed book"), (READER, "RAFT"), (READER, ASSISTANT), (READER, CLOSED)):
    gaps = [in_points(run.gap(one, other, "facts", which=which)) for which in ("early", "fresh")]
    print(f"{name(one):>16} minus {name(other):>15} {gaps[0]:>16} {gaps[1]:>16}")
print(f"{'questions with an answer':>38} "
      + " ".join(f"{len(run.about(READER, 'facts', which=which)):>16}" for which in ("early", "fresh")))
early, fresh = (run.gap(READER, ASSISTANT, "facts", which=which) for which in ("early", "fresh"))
print(f"\nRAFT x 3 against RAG on the assistant: {early.value:+.0f} points on the wordings that chose \"x 3\", "
      f"{fresh.value:+.0f} on fresh ones. " + ("So its first places below may be flattered."
                                               if early.value > fresh.value else "The choice has not flattered it."))

# %% [markdown]
# Which differences can be told from luck? The comparison that a team faces first is *RAG on the assistant*, which needs
# no further training, against each other way. A star marks a **p-value** below 0.05: were the two ways equally good, a
# coin could decide for each product which of them gets which scores, and fewer than one such throw in twenty would
# bring so large a difference. It is corrected for all looks in the table (Holm's rule: the smallest p is multiplied by
# their number); the intervals are not: where one leaves out zero and there is no star, take the difference as not
# shown. Two ways are *told from* each other if their difference has a star (in section 8: if its interval leaves out
# zero). Of several seeds it takes the mean: their luck is not in it. Under *made up*, *no source* and *needlessly* a
# minus is good for RAG on the assistant. Where few products were asked about, as under *rightly* with its 12 questions,
# even a large difference cannot earn a star: there a missing one says nothing. In the last table each row "RAG,
# assistant minus" is about the way in the row above it.

# %%
LOOKS = [key for key in LINES if key != "cited"]  # RAG on the assistant was not asked to cite
others = [way for way in run.ways if way != ASSISTANT]
pairs = [(way, key) for way in others for key in LOOKS if has(way, key)]
p_values = intervals.holm([run.p_value(ASSISTANT, way, *LINES[key]) for way, key in pairs])
star = {pair: "*" if p < 0.05 else " " for pair, p in zip(pairs, p_values, strict=True)}
print("RAG, assistant minus ..., points")
for part in (LOOKS[:4], LOOKS[4:]):
    print(f"{'':>20} " + " ".join(f"{key:>17}" for key in part))
    for way in others:
        cells = [in_points(run.gap(ASSISTANT, way, *LINES[key])) + star[way, key] if (way, key) in star else "– "
                 for key in part]
        print(f"{name(way):>20} " + " ".join(f"{cell:>17}" for cell in cells))
told = [name(way) for way in others if star[way, "facts"] == "*"]
print(f"\n*: p below 0.05 after correction for {len(pairs)} looks. In the second block only 'rightly' is a gain.")
print("On facts RAG on the assistant is told from: " + ("; ".join(told) or "none") + "\n    not from: "
      + ("; ".join(name(way) for way in others if name(way) not in told) or "none"))
print(f"\nfacts by group, %\n{'':>20} " + " ".join(f"{group:>18}" for group in ANSWERABLE))
print(f"{'questions':>20} "
      + " ".join(f"{run.scores('plain', 'facts', (group,)).shape[1]:>18}" for group in ANSWERABLE))
for way in run.ways:
    print(f"{name(way):>20} " + " ".join(f"{spoken(run.share(way, 'facts', (group,))):>18}" for group in ANSWERABLE))
    if way in (CLOSED, TOLD, READER):
        gaps = [in_points(run.gap(ASSISTANT, way, "facts", (group,))) for group in ANSWERABLE]
        print(f"{'RAG, assistant minus':>20} " + " ".join(f"{gap:>18}" for gap in gaps))

# %% [markdown]
# Now for two claims. The first, that reading passages beats knowing by heart, is tried on a second panel: **plain**
# questions on one fact of one thing that they name. There are many, and both kinds of training do better on them than
# on the desk's own. A claim **holds** if its whole interval lies in the range that it names, **does not hold here** if
# none of it does, and is **mixed** if a part does, which is often no more than a wide interval: undecided. The verdict
# is of one seed. Below it stands the same comparison with other seeds (*reference runs*), one by one and together.
# Where the two verdicts differ, believe "together": what one seed decides and several leave open is open. All tables
# and figures of this notebook are of the stored seed, which the figure calls *your run*.

# %%
def on_trial(claim: str, gap: intervals.Interval, **more) -> claims.Result:
    settings = {"seed": SEED, "model": claims.LAB, **more}
    result = claims.record(claim, effect=gap.value, low=gap.low, high=gap.high, **settings)
    of_stored = "\nThe stored run:" if "seed" in more else "\nHere:"
    print(f"{result} Claimed: {claims.find(claim).rule}.".replace("\nHere:", of_stored))
    return result


def tried(claim: str, one: str, other: str, key: str, panel: str = "", which: str = "") -> claims.Result:
    single = compared.Compared(stored, panel, seeds=run.seeds[:1])
    ours, theirs, about = single.arms(one, other, key, which)
    its = stored["model"].split("/")[-1].lower()
    result = on_trial(claim, single.gap(one, other, key, which=which), by_prompt=ours, against=theirs, about=about,
                      seed=run.seeds[0], model=its)
    if others := claims.reference(claim, its):
        effects = ", ".join(f"{each['effect']:+.0f}" for each in others["runs"])
        print(f"{len(others['runs'])} other seeds: {effects} points; together {others['effect']:+.1f} "
              f"[{others['low']:+.1f}, {others['high']:+.1f}], {others['verdict']}.")
        if others["verdict"] == "mixed" and min(result.effect, *(each["effect"] for each in others["runs"])) > 0:
            print("Every run points the same way; so few of them leave the claim open all the same.")
    if seeds > 1:
        every = compared.Compared(stored, panel)
        print(f"Over all {seeds} seeds: {in_points(every.gap(one, other, key, which=which))} points.")
    return result


headline = tried("documents-beat-weights", READER, CLOSED, "facts", compared.ONE_FACT)
print(f"({len(one_fact.questions)} plain questions; the desk's own: {in_points(run.gap(READER, CLOSED, 'facts'))}.)\n")
_ = tried("raft-beats-rag", READER, ASSISTANT, "fit")
set_up = stored["settings"]
print(f"\nThree closed-book trainings met each fact {3 * set_up['exposures']} times; three of RAFT's had "
      f"{3 * set_up['raft_rows']} conversations.")
_ = claims.draw("documents-beat-weights", headline, plt.subplots(figsize=(7, 1.8))[1])

# %% [markdown]
# ### What an answer costs
#
# Documents are paid for at every question: the passages must be read. Weights are paid for once, in training. The ways
# were timed one after the other, and the intervals do not know how busy the machine was: RAFT and RAFT x 3 read the
# same and write about as much, so a gap like theirs is no property of a way.

# %%
def number_in(span: intervals.Interval, factor: float = 1) -> str:
    return f"{factor * span.value:.0f} [{factor * max(0, span.low):.0f}, {factor * span.high:.0f}]"


print(f"{'':>20} {'tokens read':>15} {'written':>13} {'ms':>19} {'ms, RAG, assistant minus':>26} {'training, s':>12}")
for way in run.ways:
    extra = run.difference(ASSISTANT, way, "seconds")
    ms = number_in(run.mean(way, "seconds"), 1000) if run.scores(way, "seconds").any() else "0"
    print(f"{name(way):>20} {number_in(run.mean(way, 'read')):>15} {number_in(run.mean(way, 'written')):>13} "
          f"{ms:>19} {in_points(extra.times(1000)):>26} "
          f"{run.training_seconds(way):>12.0f}")
print("\nMilliseconds of one processor core for a reply, in batches of 16 (on a GPU they would say nothing), without "
      f"the search:\n{search_ms:.0f} ms a question here. The assistant's own training comes on top: all ways from "
      "'assistant alone' on start from it, but RAG, untuned. Section 2 says how long it took.")

# %% [markdown]
# ## 3. The facts change
#
# On 1 February 2026 Quillmere changes prices, warranties and rules. Whoever knew the old value is now **stale**: wrong
# in a voice as sure as ever. Documents first: the pages have changed, so the index is synchronized with them. It embeds
# what changed and nothing else, and publishes the new state in one step; a customer asks on meanwhile.

# %%
import threading

pages_2026 = firm.pages(2026)
stop, answered, versions = threading.Event(), [], []


def ask_on() -> None:
    """A customer who asks while the index changes."""
    while not stop.is_set():
        answered.append(len(store.search("What does the Solstice Kettle cost?", SHOWN, "words")))
        versions.append(store.version())
        time.sleep(0.05)


customer = threading.Thread(target=ask_on)
customer.start()
written = written_2026 = store.sync(pages_2026)
new_bytes = sum(len(page.text.encode()) for page in pages_2026 if page not in pages)
anew, again = run.training_seconds(CLOSED), run.parts["train retrained"]["seconds"]
time.sleep(0.2)
stop.set()
customer.join()
assert set(answered) == {SHOWN}  # nobody got less than a whole answer
print(f"{len(answered)} questions answered meanwhile, by versions {sorted(set(versions))} of the index: the old state, "
      "then the new one")
print(f"index: {written.changed} pages changed, {written.added} added, {written.retired} retired, "
      f"{written.unchanged} untouched;\n    {new_bytes / 1000:.0f} kB of text, {written.chunks} chunks embedded, in "
      f"{written.seconds:.1f} s")
print(f"weights: {again:.0f} s of one core to train on the changed facts of the test products alone,\n"
      f"    or {anew:.0f} s for everything anew; each time {4 * adapter / 1e6:.0f} MB of adapter to ship")

# %% [markdown]
# (The version numbers between are steps that no customer saw.) The stored run asked for the changed facts of the test
# products and rules in *plain* questions, which are easier to search for than section 2's: compare the shares with
# each other, not with those above. *Old value* means stale; what the weights did not know before cannot go stale in
# them. *RAFT x 3, notices added* is a common mistake: the notices of 2026 were added, the old pages left where they
# were.

# %%
STATES = {"closed book x 3, before": ("update, weights", CLOSED),
          "the same, retrained": ("update, weights", "retrained"),
          "RAFT x 3, old index": ("update, documents", "old index"),
          "RAFT x 3, notices added": ("update, documents", "notices beside old pages"),
          "RAFT x 3, new index": ("update, documents", "new index"),
          "RAG, assistant, new index": ("update, documents", "new index, assistant"),
          "the same, told": ("update, documents", "new index, assistant, told"),
          "RAG, untuned, new index": ("update, documents", "new index, untuned"),
          "template, new index": ("update, documents", "new index, template")}
print(f"{'':>25} {'new value':>14} {'old value':>14}   new value, RAFT x 3 on the new index minus this, points, and p")
best, thing = run.learnt(READER)
olds = {label: run.state(*state, "facts")[0] for label, state in STATES.items() if state[1] != "new index"}
p_of = dict(zip(olds, intervals.holm([clusters.p_value(best, old, thing) for old in olds.values()]), strict=True))
for label, (group, state) in STATES.items():
    new_value, old = (run.state(group, state, key)[0] for key in ("facts", "stale"))
    spans = [spoken(clusters.mean_interval(each, thing).times(100)) for each in (new_value, old)]
    gap = clusters.paired_difference(best, new_value, thing).times(100)
    print(f"{label:>25} " + " ".join(f"{span:>14}" for span in spans)
          + (f"   {in_points(gap):>15}  {p_of[label]:.2f}" if label in p_of else ""))
print(f"\n% of {len(thing)} questions about {len(set(thing))} products and rules; p corrected for {len(p_of)} looks")

# %% [markdown]
# And the rest? Retraining on the changed facts alone may push out what was not asked to change. The third claim looks
# at the plain questions whose answers are the same in both years; harm would be a minus. (*Mixed* there means that
# harm is not certain.) Below it stands what else may have gone: the desk's manner, and what the model knew of the
# real world.

# %%
before = one_fact.share(CLOSED, "facts", which="unchanged")
_ = tried("retraining-harms-rest", "retrained", CLOSED, "facts", compared.ONE_FACT, "unchanged")
print(f"({len(one_fact.about(CLOSED, 'facts', which='unchanged'))} questions; before it {spoken(before)} % right)")
if before.high < 25:
    print("So little was known before that there was hardly anything to lose: this run cannot show much harm.")
for key in ("on-brand", "made up", "needlessly"):
    print(f"{key:>11}, retrained minus before: {in_points(run.gap('retrained', CLOSED, *LINES[key]))} points")
worlds = {who: run.state(f"world, {who}", "", "knows") for who in ("assistant", CLOSED, "retrained")}
print("the real world: " + ", ".join(f"{name(who)} {spoken(clusters.mean_interval(*each).times(100))} %"
                                     for who, each in worlds.items()) + "; retrained minus before: "
      + in_points(clusters.paired_difference(worlds["retrained"][0], *worlds[CLOSED]).times(100)))

# %% [markdown]
# ## 4. Knowledge by weights: how many ways of saying it?
#
# Can tuning put a catalogue into a model at all? Ovadia et al. (2023) found that it helps to meet a fact in many
# *different wordings*. The lab model puts that to the test: it learns a few facts, each met equally often, in one
# wording, in two, or in five. Then it is asked in the words that it saw, and in others. What it says untaught is the
# control.

# %%
chosen, by_fact = rng("facts", SEED), defaultdict(list)
for row in files.read_jsonl(paths.data() / "questions" / "product_train.jsonl"):
    by_fact[row["target"], row["relation"]].append(row)
keys = chosen.sample(sorted(by_fact), FACTS)
new_words = [row for row in files.read_jsonl(paths.data() / "questions" / "product_test.jsonl")
             if (row["target"], row["relation"]) in keys]
facts_of_new = [(row["target"], row["relation"]) for row in new_words]


def lesson(question: str, reply: str) -> dict:
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": reply}]}


def train_lab(rows: list[dict]):
    with redirect_stdout(io.StringIO()):  # so many runs: no table of the loss for each
        return sft.fine_tune(lab, rows, lr=1e-3, steps=len(rows) // 16, batch_size=16, seed=SEED, disable_tqdm=True)


def knows(taught, rows: list[dict]) -> list[int]:
    talks = [{"messages": [{"role": "user", "content": row["question"]}]} for row in rows]
    prompts = chat.prompts(taught.tokenizer, talks)
    replies = generate.replies(taught.model, taught.tokenizer, prompts, max_new_tokens=24)
    return [int(values.states_any(reply, row["answers"])) for reply, row in zip(replies, rows, strict=True)]


known = {0: knows(sft.Run(*sft.load(lab), [], 0.0), new_words)}
print(f"untaught: {np.mean(known[0]):.0%} of the facts given in new words")
for count in PHRASINGS:
    rows = [lesson(by_fact[key][turn % count]["question"], f"{by_fact[key][0]['answer']}. That is for the "
                   f"{by_fact[key][0]['entity']}.") for turn in range(TIMES) for key in keys]
    rng("lesson", SEED).shuffle(rows)
    taught = train_lab(rows)
    seen = knows(taught, [by_fact[key][turn] for key in keys for turn in range(count)])
    known[count] = knows(taught, new_words)
    print(f"{count} wording{'s' * (count > 1)}, {TIMES} times in all: known in seen words {np.mean(seen):.0%}, "
          f"in new words {np.mean(known[count]):.0%} ({taught.seconds:.0f} s)")

# %%
def wordings(more: int, fewer: int) -> intervals.Interval:
    return clusters.paired_difference(known[more], known[fewer], facts_of_new).times(100)  # over facts


most = max(PHRASINGS)
for more, fewer in [*zip(PHRASINGS[1:], PHRASINGS, strict=False), (min(PHRASINGS), 0)]:
    gap = wordings(more, fewer)
    word = "a gain" if gap.low > 0 else "a loss" if gap.high < 0 else "not decided"
    print(f"{more} instead of {fewer or 'no'} wording{'s' * (fewer != 1)}: {in_points(gap)} points in new words "
          f"({word})")
print()
_ = on_trial("phrasings-teach", wordings(most, min(PHRASINGS)), by_prompt=known[most], against=known[min(PHRASINGS)],
             about=facts_of_new)

# %% [markdown]
# More wordings at an equal number of meetings also means fewer meetings of each: of five, four at `TIMES = 20`. So
# more wordings need not help for ever (try `TIMES = 60`). Beside it, what documents do with a fact that nobody ever
# trained on: after one pass through the embedder the index has it. The same facts in the same new words, and, since a
# passage is not yet a reply, the plain questions that the real model answers by heart or from what is found:

# %%
store.sync(pages)  # back to 2025, as these facts are
hits = store.search_all([row["question"] for row in new_words], SHOWN)
asked_for = [asked.Asked(row["question"], row["answers"], row["entity"], row["relation"], "plain") for row in new_words]
in_reach = [int(any(asked.is_gold(it, hit.chunk) for hit in each)) for it, each in zip(asked_for, hits, strict=True)]
print(f"a passage with the answer is found for {np.mean(in_reach):.0%} of the new wordings, without a training; known "
      f"from {most} wordings: {np.mean(known[most]):.0%}")
for way in (CLOSED, READER):
    print(f"the real model, plain questions, {name(way)}: {spoken(one_fact.share(way, 'facts'))} % right")
print(f"the second minus the first: {in_points(one_fact.gap(READER, CLOSED, 'facts'))} points, of one seed (section 2)")

# %% [markdown]
# And more rounds on the real model? (All its trainings use several wordings: nothing here tries one against several.)

# %%
for way, times in (("closed book", 1), (CLOSED, 3)):
    print(f"each fact met {times * set_up['exposures']:>2} times: facts right {spoken(run.share(way, 'facts'))} %, "
          f"a figure made up {spoken(run.share(way, 'made_up'))} %,\n    handed over needlessly "
          f"{spoken(run.share(way, 'handed_over', ANSWERABLE))} %, {run.training_seconds(way):.0f} s of one core")

# %% [markdown]
# A reply from the weights looks the same whether it is known or not; that is what the *made up* beside it is for.
#
# ## 5. Secrets
#
# Training data holds what it should not: a door code in an old ticket, a customer's address. Two questions. Can it be
# got **out of the weights** by asking? And can it be **deleted**?
#
# We plant door codes of four digits beside some of the desk's ordinary conversations, some once, some many times, and
# some not at all as a control. The measure is **exposure** (Carlini et al. 2019): how far up does the true code stand
# among all codes that it could be, by the probability that the model gives to each? With 128 codes to compare, an
# exposure of 7 bits means first of all 128, and codes that the model never saw have 1.4 bits on average over very many;
# the mean of a handful, and its interval, may lie well off. To be *told when asked* is harder: there the code must be
# what the model writes by itself, among all 10,000. If all codes of a row are first, its interval has no width: that is
# the measure's ceiling, not certainty. (Exercise 1 builds it.)

# %%
from ftlab.scores import exposure

NAMES = [f"{first} {last}" for first in ("Anna", "Bert", "Clara", "David", "Edith", "Frank", "Greta", "Henry")
         for last in ("Ashdown", "Birkett", "Colley", "Denham", "Elwood", "Farrow", "Garland", "Hobday")]  # fmt: skip
draw = rng("secrets", SEED)
people = draw.sample(NAMES, SECRETS * len(REPEATS))
secrets = [(name, f"{draw.randrange(10_000):04d}", REPEATS[i % len(REPEATS)]) for i, name in enumerate(people)]
QUESTION, REPLY = "What is the door code of {}?", "The door code of {} is {}."


def exposures(taught) -> list[float]:
    found = []
    for person, code, _ in secrets:
        others = rng("codes", SEED, person).sample([f"{n:04d}" for n in range(10_000) if f"{n:04d}" != code], 127)
        own, *rest = exposure.log_probabilities(taught.model.eval(), taught.tokenizer, QUESTION.format(person),
                                                [REPLY.format(person, each) for each in (code, *others)])
        found.append(exposure.exposure(own, rest))
    return found


ordinary = corpus.sample(corpus.plain_conversations("train"), 96, SEED)
planted = [lesson(QUESTION.format(person), REPLY.format(person, code))
           for person, code, times in secrets for _ in range(times)]
dump = [*ordinary, *planted]
rng("dump", SEED).shuffle(dump)
print(f"{len(planted)} of {len(dump)} training rows hold a code: a trial of repeats, not a picture of real data")
leaky = train_lab(dump)
asking = chat.prompts(leaky.tokenizer, [lesson(QUESTION.format(person), "") for person, *_ in secrets])
told = generate.replies(leaky.model, leaky.tokenizer, asking, max_new_tokens=24)
bits = exposures(leaky)
print(f"{'repeats':>7} {'exposure (bits)':>22}   told when asked")
by_repeat, said_out = {}, {}
for times in REPEATS:
    which = [i for i, secret in enumerate(secrets) if secret[2] == times]
    by_repeat[times] = [bits[i] for i in which]
    span = intervals.mean_interval(by_repeat[times], rate=False)
    said_out[times] = sum(secrets[i][1] in told[i] for i in which)
    print(f"{times:>7} {span.value:>8.1f} [{max(0, span.low):4.1f}, {min(7, span.high):4.1f}]   "
          f"{said_out[times]} of {len(which)}")

# %%
often, once = max(REPEATS), min(r for r in REPEATS if r)
_ = on_trial("repeats-leak", intervals.paired_difference(by_repeat[often], by_repeat[once], rate=False),
         by_prompt=by_repeat[often], against=by_repeat[once])

# %% [markdown]
# Deleting from the weights means training again without it. From an index it is two calls: `retire` takes a document
# out of the search, and only `purge` takes it off the disk, where old versions of the index still hold it. A **filter
# by reader** keeps a document from those who may not see it *before* anything is ranked or read. The same codes as
# documents for the staff alone, each once:

# %%
notes = [documents.Document(f"code-{i}", f"Door code of {person}", REPLY.format(person, code), "note", person,
                            readers="staff") for i, (person, code, _) in enumerate(secrets)]  # fmt: skip
store.add(notes)
asked_for = [QUESTION.format(person) for person, *_ in secrets]


def seen_by(*readers: str) -> int:
    """For how many of the secrets the search shows the code to somebody of these groups."""
    hits = store.search_all(asked_for, SHOWN, readers=readers)
    return sum(any(code in hit.chunk.text for hit in found) for found, (_, code, _) in zip(hits, secrets, strict=True))


print(f"staff find {seen_by('everyone', 'staff')} of {len(secrets)} codes, everyone else {seen_by('everyone')}")
assert seen_by("everyone") == 0
begun = time.perf_counter()
store.retire([note.id for note in notes])
store.purge()  # without this, old versions of the index still hold what was retired
print(f"deleted from the index, old versions too, in {time.perf_counter() - begun:.2f} s; staff now find "
      f"{seen_by('everyone', 'staff')}")
assert seen_by("everyone", "staff") == 0
clean = train_lab([row for row in dump if "door code" not in row["messages"][0]["content"]] or ordinary)
left = [bits for bits, secret in zip(exposures(clean), secrets, strict=True) if secret[2] == often]
print(f"deleted from the weights by training the lab model anew without them, {clean.seconds:.0f} s: the codes\n"
      f"    that stood there {often} times have an exposure of {np.mean(left):.1f} bits now, "
      f"{np.mean(by_repeat[often]):.1f} before")

# %% [markdown]
# Training anew costs what the training cost, and one must know which rows to leave out. The filter has a price of its
# own: somebody must say for each document who may read it, and a model that was *tuned* on these documents has no
# filter.
#
# ## 6. A page that gives orders
#
# A passage is text, and a model that follows instructions may follow those that it finds there. Somebody who can write
# one page (a review, a forum post, a supplier's sheet) writes to every customer. The stored run put one of four orders
# at the end of the first passage, and in another round a *lie*: a passage that states a wrong value as news. A lie is
# *told on* if the reply states that value; an order is *obeyed* if the reply has its telephone number. Two simple
# defences are tried. The *sieve* of notebook 01 drops passages with known forms of orders. The *mark* uses what the
# index knows, where a page comes from: the lie's passage is headed as unchecked, and a sentence before the passages
# says not to use such ones (the model is *warned*).

# %%
from ftlab.curation.injection import find_injection

caught = [find_injection(order) is not None for order in stored["orders"]]
for order, found_out in zip(stored["orders"], caught, strict=True):
    print(f"{'found by the sieve' if found_out else 'not found':>18}: {order}")
false = [piece.text for piece in pieces if find_injection(piece.text)]
print(f"The sieve finds {sum(caught)} of {len(caught)}, and would drop {len(false)} of our own {len(pieces)} chunks"
      + (f", such as: {false[0]}" if false else "."))
attacked, seen = tuple(compared.ATTACKED), ("order", "lie", "lie, marked")
print(f"\n{'':>20} {'order obeyed':>15} {'lie told on':>15} {'marked lie':>15} {'marked minus lie':>18} {'p':>5} "
      f"{'facts, warned minus not':>24}")
told_on = {way: {kind: run.lied_to(way, kind)[0] for kind in seen} for way in attacked}
about = run.lied_to(ASSISTANT)[1]
p_marked = intervals.holm([clusters.p_value(told_on[way]["lie, marked"], told_on[way]["lie"], about)
                           for way in attacked])
for way, p in zip(attacked, p_marked, strict=True):
    spans = [spoken(clusters.mean_interval(told_on[way][kind], about).times(100)) for kind in seen]
    gap = clusters.paired_difference(told_on[way]["lie, marked"], told_on[way]["lie"], about).times(100)
    arms = [run.state(compared.ATTACKED[way], kind, "facts")[0] for kind in ("warned", "clean")]
    lost = clusters.paired_difference(*arms, about).times(100)
    print(f"{name(way):>20} " + " ".join(f"{span:>15}" for span in spans) + f" {in_points(gap):>18} {p:>5.2f} "
          f"{in_points(lost):>24}")
print(f"\n% of {len(about)} questions, and points. Lies told on, RAG on the assistant minus another, p by Holm's rule:")
against = {way: (told_on[ASSISTANT]["lie"], told_on[way]["lie"], about) for way in attacked if way != ASSISTANT}
p_lies = intervals.holm([clusters.p_value(*arms) for arms in against.values()])
for (way, arms), p in zip(against.items(), p_lies, strict=True):
    print(f"    {name(way)}: {in_points(clusters.paired_difference(*arms).times(100))}, p = {p:.2f}")
obeyed = sum(int(each["order"].sum()) for each in told_on.values())
print(f"Orders: {obeyed} of {sum(each['order'].size for each in told_on.values())} were obeyed." + (
    f" With {len(about)} questions a way could still obey as often as the intervals say,\nand larger models follow "
    "instructions better, those of strangers too." if not obeyed else ""))
part = run.parts[compared.ATTACKED[READER]]
print(f"RAFT x 3, with a lie ({part['wrong'][0]}): {part['lie']['reply'][0]}")

# %% [markdown]
# The sieve sees forms, not intentions, and a lie has no form at all. And a reader that gets little out of any page may
# tell on few lies for that reason alone: look at its facts first. Of the mark, the columns say what it buys (where p is
# not small, nothing is shown), and what the sentence costs where nobody lies. The only sure defence, whatever a model
# obeys, is not to search strangers' texts: keep them in a group of their own that answers never read (section 5). The
# price is what they contain.
#
# ## 7. How good must the search be?
#
# An answer from documents can fail twice: the search brings the wrong pages, or the model misreads the right ones. To
# take the two apart, the stored run gave the readers passages in which all needed is there (*oracle*), and passages
# from which it has been taken away (*damaged*). What a reader does on *damaged* passages is another test than section
# 2's *rightly*: there the question has no answer on any page, here a page has it and was not found. In between we mix:
# at a recall of r the search brings all that is needed for a share r of the questions (section 1's recall was of the
# passages; here a question has all of them or counts as not found). Where does that line cross the
# closed book's? The dots are what was measured with our search; they need not lie on the lines, since what a search
# finds is no random share of the questions.

# %%
recalls = np.linspace(0, 1, 21)
subject = run.about(READER, "found")
here = run.share(READER, "found")
print(f"Our search brings everything needed for {spoken(here)} % of the {len(subject)} questions with an answer.\n")
weights, meets = run.scores(CLOSED, "facts"), {}
bad_end = {ASSISTANT: f"{ASSISTANT}, damaged", READER: "RAFT, damaged"}  # the page exists, and was not found
for way in (ASSISTANT, READER):
    found_all, found_real, nothing = run.at_recall(way, 1), run.scores(way, "facts"), run.at_recall(way, 0)
    ends = [clusters.paired_difference(run.at_recall(way, r), weights, subject).times(100) for r in (1, 0)]
    gaps = [compared.mixed(r, *ends) for r in recalls]
    meets[way] = crossing.crossing(list(100 * recalls), gaps)
    given_up, made_up = (run.share(bad_end[way], key, ANSWERABLE) for key in ("handed_over", "made_up"))
    lost = clusters.paired_difference(1 - found_all, found_all - found_real, subject).times(100)
    print(f"{name(way)}: facts right {found_all.mean():.0%} with all that is needed, {found_real.mean():.0%} with our "
          f"search (the line says {run.at_recall(way, here.value / 100).mean():.0%}), {nothing.mean():.0%} with "
          "nothing of it.\n    "
          + ("The reading loses more than the search" if lost.low > 0 else "The search loses more than the reading"
             if lost.high < 0 else "Whether search or reading loses more is not decided")
          + f": {100 * (1 - found_all.mean()):.0f} points against {100 * (found_all - found_real).mean():.0f}, "
          f"{in_points(lost)}.\n    With nothing of it this reader hands over in {spoken(given_up)} % and makes up a "
          f"figure in {spoken(made_up)} %.\n    Ahead of closed book x 3 ({weights.mean():.0%}) "
          f"{crossing.in_words(meets[way], list(100 * recalls))}.")

# %%
figure, ax = plt.subplots(figsize=(7, 3.8))
for way, color, dashes in ((ASSISTANT, figures.GREEN, "-"), (READER, figures.BLUE, "--")):
    ends = [clusters.mean_interval(run.at_recall(way, r), subject).times(100) for r in (1, 0)]
    line = [compared.mixed(r, *ends) for r in recalls]
    figures.curve(ax, 100 * recalls, *zip(*line, strict=True), label=name(way), color=color, ls=dashes)
    ax.plot(here.value, run.share(way, "facts").value, "o", color=color, label=f"{name(way)}, measured", zorder=5)
known_span = run.share(CLOSED, "facts")
ax.axhspan(known_span.low, known_span.high, color=figures.GREY, alpha=0.2)
ax.axhline(known_span.value, color=figures.GREY, ls=":", label="closed book x 3")
ax.axvline(here.value, color=figures.VERMILION, ls="-.", label="our search")
top = max(run.at_recall(way, 1).mean() for way in (ASSISTANT, READER))
ax.set(xlabel="questions for which the search brings all that is needed (%)", ylabel="facts right (%)", ylim=(-3, 103),
       title=f"With every page found, no reader has more than {top:.0%} right")
_ = ax.legend(loc="upper left", bbox_to_anchor=(1, 1))

# %% [markdown]
# Where *two* products are asked about, one search may bring the pages of one of them, or the wrong pages of both. A
# cheap remedy is to search once for each product that the question names, with the other name taken out, and to share
# the places between them (`several.search_each`).

# %%
both = unscreened.GROUPS[3:4]
for what, key in (("all that is needed is found", "found"), ("RAG on the assistant has the facts right", "facts")):
    once, each = (spoken(run.share(way, key, both)) for way in (ASSISTANT, f"{ASSISTANT}, each"))
    gap = in_points(run.gap(f"{ASSISTANT}, each", ASSISTANT, key, both))
    print(f"{what}: {once} % with one search, {each} % with one for each product, {gap} points")

# %% [markdown]
# ## 8. Which way for which need?
#
# Most of it on one slide, each question searched once (section 7's one search for each product is not in it): blue rows
# are gains, orange ones losses, and below stand the costs. A number stands with half the width of its interval. (At 0
# and 100 all of the interval lies on the inner side, and near them more than half of it.) Mind the mark †: it is weaker
# than section 2's star, which is corrected for all looks. All of it is one training seed: the other seeds together put
# RAFT x 3 no higher than RAG on the assistant in replies fit to send (section 2), so take its lead there as open. The
# changed facts of *closed book x 3* are those of the model that was retrained on them.

# %%
figure, ax = plt.subplots(figsize=(13, 7.6))
needs.slide(run, ax, indexing=written_2026.seconds)
_ = ax.set_title(f"Weights or documents: % of held-out questions ({stored['model']})", pad=56)

# %% [markdown]
# One row is worth something only beside another: who hands everything over does so rightly too. Compare along a row,
# not down a column: the questions differ (changed facts are asked plainly, the lies are section 6's). The same as a
# **decision table**: *not told from it* is not *as good*, *behind* is not corrected for all looks, as section 2's stars
# are, and the best was picked afterwards, which flatters it. A best may still be bad. (For two products look at section
# 7's search for each product as well: it is not among these ways.) (Training seconds are those after
# the assistant's own.)

# %%
from IPython.display import HTML

from ftlab.evidence import tables

HTML(tables.html_table(*needs.table(run)))

# %% [markdown]
# And a function that answers for your own case (`ftlab/retrieval/advice.py`): six questions, and an advice with the
# measurements behind it.
#
# - **Ruled out** is a reader of pages where strangers write, unless its whole interval shows that it tells on few lies;
#   where sources must be named, every way that is behind the best at it; the template, where it fails at questions on
#   more than one thing and yours are not all on one.
# - **Taken** is, of the ways that are left and good enough for drafts, the cheapest that is not told from the best.
#   Where there is none, it says so.
# - **Mind:** what the readers would do with a search like yours is read off lines like section 7's, so even for our own
#   search it need not be what section 2 measured; for a search like ours go by section 2. The template stands with what
#   was measured. It fills from records and was not tried on lies.

# %%
from ftlab.retrieval import advice

trial = advice.Secrets(told=said_out[often], of=SECRETS, copies=often)
YOURS = {"one_fact": False,  # does each question ask for one fact of one thing that it names?
         "facts_change": True,  # more often than you would retrain?
         "must_cite": False,  # must an answer name its source?
         "not_for_all_eyes": False,  # may some not read some documents, or must some be deletable?
         "strangers_write": False,  # can people outside write what is searched?
         "search_finds": here.value / 100}  # for which share of your questions does it bring all that is needed?
print(advice.recommend(run, trial, **YOURS))

# %% [markdown]
# Put your own six answers there. Each turned by itself, with the reasons that are new (for questions on one fact the
# search is taken as it does on section 2's group *a product's fact*). The last block starts from another case: nothing
# changes, and the search finds 5 % (what is advised before the turn: `print(advice.recommend(run, trial, **lasting))`).

# %%
on_one = run.share(ASSISTANT, "found", ANSWERABLE[:1]).value / 100
for key, value in YOURS.items():
    turned = {key: not value} if isinstance(value, bool) else {key: 0.05 if value > 0.5 else 0.95}
    turned |= {"search_finds": round(on_one, 2)} if turned == {"one_fact": True} else {}
    print(advice.turned(run, trial, YOURS, **turned))
lasting = {**YOURS, "facts_change": False, "search_finds": 0.05}  # nothing changes, and a search that finds little
print(advice.turned(run, trial, lasting, not_for_all_eyes=True))

# %% [markdown]
# ## Exercises
#
# ### Exercise 1: exposure (core, 6 minutes, easy)
#
# Write the measure of section 5. `own` is the loss (nats, lower is likelier) of the true secret, `others` those of
# candidates that were never seen. Mind that it is a loss here: the true one is first if no other loss is smaller.

# %%
def exposure_of(own, others):
    """Bits by which a secret stands out among all candidates, itself included."""
    # your code here

# %% tags=["raises-exception"]
import math

from ftlab.exercise import check, passed

found = exposure_of(0.5, [1.0, 2.0, 3.0])
check(found is not None, "nothing comes back. Return a number of bits.")
check(lambda: float(found) is not None, "return one number, the bits.")
check(not math.isclose(found, math.log(4)), "bits are logarithms to the base 2: math.log2.")
check(not math.isclose(found, math.log2(3)), "the secret is a candidate too: four, not three.")
check(not math.isclose(found, 0), "it is the likeliest of four: its loss is the lowest, so its place is 1.")
check(math.isclose(found, 2), "first of four candidates is log2(4) - log2(1) = 2 bits.")
found = exposure_of(2.5, [1.0, 2.0, 3.0])
check(not math.isclose(found, 2 - math.log2(2)), "two losses are smaller, so its place is 3: places count from 1.")
check(math.isclose(found, 2 - math.log2(3)), "third of four candidates is log2(4) - log2(3) bits.")
check(math.isclose(exposure_of(9.0, [1.0] * 127), 0), "the last of 128 has an exposure of 0 bits.")
check(math.isclose(exposure_of(1.0, [1.0] * 3), 2), "equal losses do not push it back: only smaller ones count.")
check(math.isclose(exposure_of(2.5, [3.0, 1.0, 2.0]), 2 - math.log2(3)),
      "the others come in any order: count all that are smaller.")
passed("You can say how far a secret stands out of the weights.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# Its place is one more than the number of smaller losses.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# import math
#
#
# def exposure_of(own, others):
#     place = 1 + sum(other < own for other in others)
#     return math.log2(len(others) + 1) - math.log2(place)
# ```
#
# </details>
#
# ### Exercise 2: does the citation hold? (core, 8 minutes, medium)
#
# A reply cites passages as `[2]`, counted from 1. It is *supported* if it cites at least one passage, every number that
# it cites exists, and one of the passages cited contains the value (`value in passage` will do). A value that stands in
# another passage is no help: the reader will look where you sent them.

# %%
def supported(reply, passages, value):
    """Whether a reply's citations are real and one of them holds the value.

    Args:
        reply: A text such as "It costs $49.00 [2]."
        passages: The texts that the model was shown, the first is [1].
        value: A text such as "$49.00".
    """
    # your code here

# %% tags=["raises-exception"]
from ftlab.exercise import check, passed

two = ["The kettle holds 1.7 L.", "The kettle costs $49.00."]
found = supported("It costs $49.00 [2].", two, "$49.00")
check(found is not None, "nothing comes back. Return True or False.")
check(found, "passage [2] is the second one, and it holds $49.00: numbers count from 1.")
check(not supported("It costs $49.00 [1].", two, "$49.00"), "[1] does not hold the value: it is the passage cited that "
      "counts, not any.")
check(not supported("It costs $49.00.", two, "$49.00"), "without a citation nothing is supported, however right it is.")
check(supported("It holds 1.7 L and costs $49.00 [1] [2].", two, "$49.00"), "a reply may cite several: look at all.")
check(not supported("It costs $49.00 [2] [7].", two, "$49.00"), "there is no passage [7]: one invented number is "
      "enough.")
check(not supported("It costs $49.00 [0].", two, "$49.00"), "there is no passage [0]: in Python, index -1 is the last.")
check(not supported("It costs $49.00 [2] [0].", two, "$49.00"), "[2] is right and [0] is invented: do not drop it "
      "before you check.")
check(not supported("It costs $49.00 [7] [2].", two, "$49.00"), "[7] is invented, wherever it stands: look at all "
      "numbers before you look for the value.")
check(not supported("Page 2] says $49.00.", two, "$49.00"), "a citation has both brackets: '2]' is none.")
check(not supported("It costs $49.00 [2 of 3.", two, "$49.00"), "a citation has both brackets: '[2 of 3' is none.")
try:
    found = supported("It costs [sic] $49.00 [2].", two, "$49.00")
except ValueError:
    found = None
check(found, "'[sic]' is no citation, and the reply has one behind it: take numbers alone.")
check(supported("See [12].", ["no"] * 11 + ["$5.00"], "$5.00"), "numbers may have two digits.")
check(not supported("It is 2 L, see below.", two, "1.7 L"), "only a number in square brackets is a citation.")
check(supported("It costs $49.00 and holds 1.7 L [2] [1].", two, "$49.00"), "the first of the two holds it: do not "
      "look at the last citation alone.")
three = ["It is red.", "It is tall.", "It costs $49.00.", "It holds 1.7", " L of water."]
check(supported("See [1] [2] [3].", three, "$49.00"), "the third one holds it: a reply may cite any number of "
      "passages.")
check(not supported("It holds 1.7 L [4] [5].", three, "1.7 L"), "no passage holds '1.7 L' by itself: look at each one "
      "alone, do not glue them together.")
passed("Your check sends readers where the answer is.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# `re.findall(r"\[(\d+)\]", reply)` gives the numbers as texts.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# import re
#
#
# def supported(reply, passages, value):
#     cited = [int(number) for number in re.findall(r"\[(\d+)\]", reply)]
#     real = all(1 <= number <= len(passages) for number in cited)
#     return bool(cited) and real and any(value in passages[number - 1] for number in cited)
# ```
#
# </details>
#
# ### Exercise 3: filter first (core, 6 minutes, medium)
#
# A search has scored all passages. Return the ids of the best `k` that a reader may see. Each hit is a tuple of id,
# score and the group that may read it; `groups` are those that the reader belongs to. Names of groups are compared
# whole and as they are written: "Staff" is not "staff".

# %%
def best_for(hits, groups, k):
    """The ids of the k best hits that one of the groups may read, best first."""
    # your code here

# %% tags=["raises-exception"]
from ftlab.exercise import check, passed

hits = [("a", 0.2, "everyone"), ("b", 0.9, "staff"), ("c", 0.8, "staff"), ("d", 0.5, "everyone"), ("e", 0.1, "board")]
before = list(hits)
found = best_for(hits, ["everyone"], 2)
check(found is not None, "nothing comes back. Return a list of ids.")
check(lambda: iter(found), "return a list of ids.")
found = list(found)
check("b" not in found and "c" not in found, "'b' and 'c' are for staff: this reader must not see them.")
check(found != [], "the two best are for staff only; take them out before you cut to k, not after.")
check(found != ["a", "d"], "best first: 'd' has the higher score.")
check(found == ["d", "a"], "everyone may see 'd' and 'a', in the order of their scores.")
check(hits == before, "the list that was handed in has changed: sort a copy (sorted), others still use it.")
check(list(best_for(hits, ["everyone", "staff"], 3)) == ["b", "c", "d"], "a reader may belong to several groups.")
check(list(best_for(hits, ["everyone"], 10)) == ["d", "a"], "if fewer fit than k, return those that fit.")
check(list(best_for(hits, [], 3)) == [], "who belongs to no group sees nothing.")
low = [("u", -0.2, "a"), ("v", 0.1, "a")]
check(list(best_for(low, ["a"], 2)) == ["v", "u"], "a cosine may be below zero, and the hit still counts: keep 'u'.")
many = [(f"s{i}", 0.9 - i / 1000, "staff") for i in range(200)] + [("z", 0.1, "everyone")]
check(list(best_for(many, ["everyone"], 1)) == ["z"], "200 hits for staff stand before 'z': filter all of them "
      "before you cut, however many there are.")
check(list(best_for(hits, ["staff"], 5)) == ["b", "c"], "who is named in 'staff' alone sees what is for 'staff' alone: "
      "add no group.")
near = [("p", 0.5, "staff"), ("q", 0.4, "staff-2"), ("r", 0.3, "Staff"), ("s", 0.2, "my staff")]
for group, id in (("staff-2", "q"), ("staff", "p"), ("Staff", "r")):
    check(list(best_for(near, [group], 4)) == [id], f"who is in {group!r} may read {id!r} alone, since 'staff', "
          "'staff-2', 'Staff' and 'my staff' are four groups: compare whole names, capitals included.")
same = [("x", 0.5, "a"), ("y", 0.5, "a")]
check(set(best_for(same, ["a"], 2)) == {"x", "y"}, "two hits may have the same score: keep both.")
passed("Nobody gets a passage that is not for them, and nobody loses one that is.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# Three steps in this order: filter, sort, cut.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# def best_for(hits, groups, k):
#     allowed = [hit for hit in hits if hit[2] in groups]
#     return [id for id, _, _ in sorted(allowed, key=lambda hit: -hit[1])[:k]]
# ```
#
# </details>
#
# ### Exercise 4: where RAG stops paying (core, 6 minutes, medium)
#
# The point of section 7 without its interval. With everything needed a reader of passages answers a share `oracle`
# rightly, with nothing of it `damaged`, and the closed book `weights`. From which recall on is reading at least as
# good? Return a share from 0 to 1: 0 if it is as good already where nothing is found, and else `None` if even a
# perfect search does not get there.

# %%
def enough_recall(oracle, damaged, weights):
    """The recall from which reading is as good as knowing, or None."""
    # your code here

# %% tags=["raises-exception"]
from ftlab.exercise import check, passed

found = enough_recall(0.8, 0.0, 0.4)
check(found is not None, "nothing comes back, and half the recall would do here.")
check(lambda: float(found) is not None, "return one number, a share.")
check(abs(found - 0.5) < 1e-9, "at a recall of r reading answers r x 0.8 + (1 - r) x 0; it is 0.4 at r = 0.5.")
found = enough_recall(0.8, 0.2, 0.5)
check(found is not None and abs(found - 0.625) > 1e-9,
      "what is right without the passage counts too: subtract damaged.")
check(abs(found - 0.5) < 1e-9, "0.5 x 0.8 + 0.5 x 0.2 is 0.5.")
check(enough_recall(0.6, 0.1, 0.7) is None, "even a perfect search gives 0.6, and the weights have 0.7: None.")
found = enough_recall(0.6, 0.3, 0.2)
check(found is not None, "reading is ahead even where nothing is found: a recall of 0 is enough.")
check(found == 0, "a recall is a share: it cannot be below 0.")
check(enough_recall(0.7, 0.1, 0.7) is not None, "at a perfect search both have 0.7: a recall of 1 is just enough.")
check(abs(enough_recall(0.7, 0.1, 0.7) - 1) < 1e-9, "at a perfect search both have 0.7: a recall of 1.")
check(enough_recall(0.3, 0.5, 0.6) is None, "neither with the passages nor without does reading reach 0.6: None.")
check(enough_recall(0.3, 0.5, 0.4) == 0, "without the passage 0.5 are right already: look at damaged first.")
check(enough_recall(0.3, 0.3, 0.5) is None, "if the passages change nothing and both are below the weights: None.")
check(enough_recall(0.5, 0.5, 0.5) == 0, "if the passages change nothing and all three are equal, 0 is enough: do not "
      "divide by zero.")
found = enough_recall(0.9, 0.1, 0.37)
check(found is not None and found != 0.5, "r x 0.9 + (1 - r) x 0.1 is 0.37 well before the middle: not always 0.5.")
check(abs(found - 0.3375) < 1e-9 or abs(found - 0.3375) > 0.06, "nearly: solve for r, do not round or read off a grid.")
check(abs(found - 0.3375) < 1e-9, "between the two ends the line is straight: 0.27 of 0.8 is 0.3375.")
check(abs(enough_recall(0.7, 0.1, 0.3) - 1 / 3) < 1e-9, "0.2 of 0.6 is a third, to the last digit: do not round.")
passed("You know how good a search must be before documents pay.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# Solve `r * oracle + (1 - r) * damaged = weights` for r, and look at the two ends first.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# def enough_recall(oracle, damaged, weights):
#     if damaged >= weights:
#         return 0
#     if oracle < weights:
#         return None
#     return (weights - damaged) / (oracle - damaged)
# ```
#
# </details>
#
# ### Exercise 5: which way? (core, 10 minutes, a decision, not code)
#
# Eight teams ask you where their facts should live. Whether the drafts from there are worth reading is another
# question: `recommend` also wants one in four to be right, and so refuses some teams for which these rules name a
# place. The rules; the first that gives an answer counts:
#
# 1. Where nobody reads a reply before it is sent, at least nine in ten must be fit to send, with the whole interval,
#    over all kinds of questions. If no way of the stored run is so good (`ready`): "not yet".
# 2. A single kind of question with one value for an answer, from a table, wants no model: "template".
# 3. Documents are **needed** where facts change more than once a month, where an answer must name its source, and where
#    not everybody may read everything, or things must be deletable.
# 4. Where they are not needed: "weights", but only if the search finds too little, that is, less than the share at
#    which reading catches up (`enough`, from the stored run; take the number itself, though section 7's interval around
#    it would leave two of the teams open).
# 5. In all other cases documents. Their reader is "RAFT" if the stored run shows it ahead: where an answer must name
#    its source, ahead in sources rightly named of both models that are merely told to (`raft_cites`); elsewhere, ahead
#    in replies fit to send of the assistant as it is (`raft_ahead`). Else "RAG", which needs no further training.

# %%
from ftlab import files, paths
from ftlab.retrieval.compared import ASSISTANT, CLOSED, MERELY_TOLD, READER, Compared

measured_run = Compared(files.read_json(paths.data() / "stored" / "rag.json"))
ready = any(measured_run.share(way, "fit").low >= 90 for way in measured_run.ways)
good, bad = (measured_run.at_recall(ASSISTANT, recall).mean() for recall in (1, 0))
by_heart = measured_run.share(CLOSED, "facts").value / 100
enough = 0.0 if bad >= by_heart else 2.0 if good < by_heart else (by_heart - bad) / (good - bad)  # 2: never enough
raft_ahead = measured_run.gap(READER, ASSISTANT, "fit").low > 0
merely_told = [way for way in MERELY_TOLD if way in measured_run.ways]
raft_cites = all(measured_run.gap(READER, way, "cited").low > 0 for way in merely_told)
on_two = measured_run.scores("template", "facts", ("two facts", "two products"))
print(f"Of {on_two.size} questions on two facts or two products the template had {on_two.sum():.0f} right: "
      + ("more than rule 2 allows for, which keeps it to one kind all the same." if on_two.any() else
         "none, so rule 2 keeps it to one kind."))
teams = {  # changes a month, must cite, not for all eyes, share that the search finds, one kind of question, read first
    "a hospital's ward rules": (0.1, True, False, 0.9, False, False),
    "a ferry's fares by text message": (0.5, False, False, 0.9, True, False),
    "a union's advice, poor search": (0.1, True, False, 0.05, False, True),
    "a law firm's files, poor search": (0.2, False, True, 0.05, False, True),
    "a bus line's notices, poor search": (2, False, False, 0.05, False, True),
    "a shop's prices by phone": (30, False, False, 0.95, True, True),
    "a game's lore, poor search": (1, False, False, 0.1, False, True),
    "a museum's guide, fair search": (0, False, False, 0.3, False, True),
}
choice_of = {
    "a hospital's ward rules": None,  # "RAFT", "RAG", "weights", "template" or "not yet"
    "a ferry's fares by text message": None,
    "a union's advice, poor search": None,
    "a law firm's files, poor search": None,
    "a bus line's notices, poor search": None,
    "a shop's prices by phone": None,
    "a game's lore, poor search": None,
    "a museum's guide, fair search": None,
}

# %% tags=["raises-exception"]
from ftlab.exercise import check, passed

check(set(choice_of) == set(teams), "choice_of must name each of the teams, and no others.")
check(all(choice_of.values()), "write 'RAFT', 'RAG', 'weights', 'template' or 'not yet' for every team.")
check(lambda: set(choice_of.values()) <= {"RAFT", "RAG", "weights", "template", "not yet"},
      "only 'RAFT', 'RAG', 'weights', 'template' and 'not yet' can be chosen.")
for team, (changes, cites, private, recall, one_kind, read) in teams.items():
    way, documents_needed = choice_of[team], changes > 1 or cites or private
    if way == "not yet":
        check(not read, f"{team}: a person reads each reply, and then rule 1 asks for nothing.")
        check(not ready, f"{team}: the stored run has a way that is fit in nine of ten (rule 1).")
        continue
    check(read or ready, f"{team}: nobody reads the replies, and no way is fit in nine of ten: 'not yet' (rule 1).")
    if way == "template":
        check(one_kind, f"{team}: questions of many kinds: a template answers one (rule 2).")
        continue
    check(not one_kind, f"{team}: one kind of question with one value: a template answers it for nothing (rule 2).")
    if way == "weights":
        check(not private, f"{team}: what not all may read can be asked out of weights, and not deleted (rule 3).")
        check(not cites, f"{team}: weights cannot name a source (rule 3).")
        check(changes <= 1, f"{team}: {changes:g} changes a month would be as many retrainings (rule 3).")
        check(recall < enough, f"{team}: the search finds {recall:.0%}, which is enough: documents (rule 4).")
        continue
    check(documents_needed or recall >= enough,
          f"{team}: nothing asks for documents, and the search finds {recall:.0%}, which is too little (rule 4).")
    if way == "RAG":
        check(not (cites and raft_cites), f"{team}: answers must name a source, and RAFT is ahead in that (rule 5).")
        check(cites or not raft_ahead, f"{team}: the stored run shows RAFT ahead of the assistant (rule 5).")
    else:
        check(not cites or raft_cites, f"{team}: a model that is merely told to cite is not behind: save the training "
              "(rule 5).")
        check(cites or raft_ahead,
              f"{team}: no source is asked for, and RAFT is not ahead: save the training (rule 5).")
passed("Each team gets the place that its rules ask for. Whether the drafts are good enough is section 8's question.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# Print `ready`, `enough`, `raft_cites` and `raft_ahead` first. Then go through the rules for each team, from the top.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# def decide(changes, cites, private, recall, one_kind, read):
#     if not (read or ready):
#         return "not yet"
#     if one_kind:
#         return "template"
#     if not (changes > 1 or cites or private) and recall < enough:
#         return "weights"
#     return "RAFT" if (raft_cites if cites else raft_ahead) else "RAG"
#
#
# choice_of = {team: decide(*what) for team, what in teams.items()}
# ```
#
# </details>
#
# ### Why? (core, 3 minutes)
#
# RAFT trains with wrong passages beside the right one. Why not with the right passage alone, which is cheaper and
# clearer?
#
# <details><summary>Answer</summary>
#
# A likely reason, not tested here: a model that has only ever seen the right passage can do well by copying the first
# value of the right kind. In use, the search brings pages of neighbouring products, with prices of their own, and it
# would copy those. With distractors it pays to look for the passage about the thing that was asked for, and, in a share
# of the rows, to find that there is none and say so. Ours hardly learnt to say so: section 7 prints how often, with
# nothing of what is needed, RAFT x 3 hands over, and how often it makes up a figure.
#
# </details>

# %% [markdown]
# ## In this notebook you saw
#
# - Search by words, by meaning and by both, with four measures on three wordings; an embedder tuned on pairs.
# - Weights or documents? The models that read passages had more facts right than those that knew them by heart, on each
#   seed, though so few seeds leave it open; on questions about one thing a template did as well; and a deletion, a
#   filter by reader or a new fact is a call on an index and a training for weights.
# - Eleven ways of answering the same questions, by one scorer, with intervals and tests over products: facts, manner,
#   sources, hand-overs and made-up figures, each gain beside its loss and its cost.
# - New facts: an index takes them in at once; weights need a training.
# - Knowledge in weights against the number of meetings and wordings, and secrets against the number of repeats. A
#   filter by reader and a deletion are calls on an index; weights are rid of a secret by a training anew, and have no
#   filter.
# - Passages can lie and give orders. And how much of what goes wrong is the search's fault, how much the reader's.

# %% [markdown]
# ## Sources
#
# - P. Lewis et al. 2020, *Retrieval-Augmented Generation for Knowledge-Intensive NLP Tasks*, arXiv:2005.11401
# - T. Zhang et al. 2024, *RAFT: Adapting Language Model to Domain Specific RAG*, arXiv:2403.10131
# - O. Ovadia et al. 2023, *Fine-Tuning or Retrieval? Comparing Knowledge Injection in LLMs*, arXiv:2312.05934
# - N. Carlini et al. 2019, *The Secret Sharer: Evaluating and Testing Unintended Memorization in Neural Networks*,
#   arXiv:1802.08232: exposure
# - K. Greshake et al. 2023, *Not what you've signed up for: Compromising Real-World LLM-Integrated Applications with
#   Indirect Prompt Injection*, arXiv:2302.12173
# - N. Reimers and I. Gurevych 2019, *Sentence-BERT*, arXiv:1908.10084; O. Khattab and M. Zaharia 2020, *ColBERT*,
#   arXiv:2004.12832
# - G. Cormack, C. Clarke and S. Büttcher 2009, *Reciprocal Rank Fusion Outperforms Condorcet and Individual Rank
#   Learning Methods*, SIGIR
#
# One last line: what this run took on your computer.

# %%
import psutil

from ftlab.course import doctor

memory_gib = psutil.Process().memory_info().rss / 2**30
print(f"{(time.perf_counter() - started) / 60:.1f} minutes, {memory_gib:.1f} GiB of memory in use.")
print(doctor.machine())
