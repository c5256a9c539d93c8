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
# the same scorer, ten ways of answering.
#
# **You will be able to** search documents by words, by meaning and by both, and measure a search; tune an embedder;
# compare RAG, tuning, and the two together on facts, manner, sources, honesty and cost; say what happens when facts
# change, when a secret is in the data and when a stranger writes a page; and give a reason with a number for the way
# that you choose.
#
# **You need** notebook 02 (tuning the desk's assistant) and a little of 04 (adapters). **It takes** about six minutes
# of computing on two processor cores, two or three where the processor computes in bf16. Exercises are at the end; the
# notebook runs without them.

# %%
import time, warnings; started = time.perf_counter()  # noqa: E401, E702
warnings.filterwarnings("ignore", category=FutureWarning)  # one library tells another that a word will change
import matplotlib.pyplot as plt
import numpy as np
from transformers.utils import logging as notices
from ftlab import assistant, claims, figures, files, model, paths
from ftlab.evidence import crossing, intervals
from ftlab.retrieval import answers, asked, chunks, documents, embedder, index, rerank, unscreened
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
SIZE, OVERLAP = 50, 0  # words in a chunk, and how many of them the next one repeats; try 20 or 200, and 15
SHOWN = 4  # passages in a prompt; try 1, 8
PLAIN = 80  # questions of each wording to measure the search with; try 300
PAIRS, PAIR_BATCH = 320, 32  # question-passage pairs that the embedder is tuned on, and in a batch; try 1000
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
# that lies across a cut.

# %%
pages = documents.pages(2025)
pieces = [piece for page in pages for piece in chunks.cut(page, SIZE, OVERLAP)]
print(f"{len(pages)} pages, {len(pieces)} chunks, {np.mean([len(p.text.split()) for p in pieces]):.0f} words each\n")
for piece in pieces[:3]:
    print(f"{piece.id}  {piece.heading}\n    {piece.text}\n")

# %% [markdown]
# How does one find the chunk that answers a question? There are two old friends. **By words**: a chunk is good if it
# has the question's words, rare ones counting more. That is the idea of *BM25*. **By meaning**: an embedder has learned
# to give texts on the same thing vectors in the same direction, and one compares the directions (the *cosine*: 1 is
# the same, 0 has nothing in common). On three sentences, where one can see both at work:

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
    cosines = embedder.encode(embed, [question]) @ embedder.encode(embed, three).T  # (1, 3)
    print(f"{question:36} words " + " ".join(f"{score:5.2f}" for score in by_words(question, three))
          + "   meaning " + " ".join(f"{score:5.2f}" for score in cosines[0]))

# %% [markdown]
# The first question shares its words with the second sentence. The other two share hardly a word that matters with
# their answers: look which sentence the vectors prefer there. The other way round, a product's name is a rare word
# that says everything, and to an embedder it is one name among many. (BM25 also counts how often a word occurs and how
# long the text is; the index below does.)
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
# **LanceDB**, a database that runs inside our process and keeps words and vectors in one folder. The same calls work
# with an address such as `s3://...` in the folder's place. What changes then is outside the code: each look-up is a
# request over a network, so keep caches and expect tens of milliseconds; several writers need a store that can refuse
# a write that came second; and access is the store's business too. LanceDB's cloud is another step: there a server
# does the searching. Neither was run here.

# %%
import shutil

place = paths.runs() / "notebook-07" / "index"
shutil.rmtree(place.parent, ignore_errors=True)
store = index.create(place, embed, size=SIZE, overlap=OVERLAP)
written = store.add(pages)
print(f"{written.chunks} chunks of {written.added} pages indexed in {written.seconds:.1f} s, "
      f"{store.bytes_on_disk() / 1e6:.1f} MB on the disk")
for hit in store.search("Can I put the Emberline Kettle in the dishwasher?", k=2):
    print(f"{hit.rank}. {hit.chunk.id}  {hit.chunk.heading}: {hit.chunk.text[:110]}...")

# %% [markdown]
# ### How good is a search?
#
# We need questions whose right chunks (the *gold* ones) are known, and one number a question. **Hit@k** is 1 if a
# gold chunk is among the first k. The **reciprocal rank** is 1 / the place of the first gold chunk (its mean is called
# MRR). **nDCG** counts every gold chunk, the later the less, as a share of the best possible order. With several gold
# chunks, *recall@k* is the share of them among the first k; one is enough for our readers, so hit@k is what counts. By
# hand: the gold chunks are "b" and "d".

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
from ftlab.world.text import rng

all_chunks = store.chunks()
queries = {}
for wording in asked.WORDINGS:
    found = [question for question in asked.questions(wording, "test") if asked.gold(question, all_chunks)]
    rng("queries", SEED, wording).shuffle(found)
    queries[wording] = found[:PLAIN]
golds = {wording: [asked.gold(q, all_chunks) for q in queries[wording]] for wording in queries}
for wording in queries:
    print(f"{wording:>9}: {queries[wording][0].question}")


def measured(some_store, way: str, wording: str) -> dict[str, list[float]]:
    """Hit@4, reciprocal rank and nDCG@10 of a way of searching, one number a question."""
    hits = some_store.search_all([q.question for q in queries[wording]], 10, way)
    orders = [[hit.chunk.id for hit in found] for found in hits]
    pairs = list(zip(orders, golds[wording], strict=True))
    return {"hit": [ranks.hit_at(o, g, SHOWN) for o, g in pairs],
            "rr": [ranks.reciprocal_rank(o, g) for o, g in pairs],
            "ndcg": [ranks.ndcg_at(o, g, 10) for o, g in pairs]}


def over_subjects(wording: str, scores: list[float]) -> intervals.Interval:
    return intervals.mean_interval(asked.by_subject(queries[wording], scores), rate=False)


def in_percent(span: intervals.Interval) -> str:
    return f"{100 * span.value:4.0f} % [{100 * max(0, span.low):3.0f}, {100 * min(1, span.high):3.0f}]"


# %%
print(f"{'':>9} {'way':>8}   {f'hit@{SHOWN}':17} {'MRR':17} nDCG@10")
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

# %% [markdown]
# Read the intervals before the means: there are eighteen test products and rules, so only large differences count.
# Fusion is no free gain: it is a compromise of two lists, and where one of them is worthless it pulls the other down. A
# **reranker** takes a second look at what was found. Ours compares every token of the question with every token of each
# chunk (*late interaction*, as ColBERT does), which is slower than one vector a text and sees more.

# %%
some = queries["customers"][:20]
before, after, begun = [], [], time.perf_counter()
for question in some:
    hits, gold = store.search(question.question, 12), asked.gold(question, all_chunks)
    before.append(ranks.reciprocal_rank([hit.chunk.id for hit in hits], gold))
    again = rerank.late_interaction(embed, question.question, hits)
    after.append(ranks.reciprocal_rank([hit.chunk.id for hit in again], gold))
change = intervals.paired_difference(after, before, rate=False).times(100)
print(f"Reranking changes the mean reciprocal rank from {100 * np.mean(before):.0f} % to {100 * np.mean(after):.0f} %: "
      f"{change.value:+.0f} points [{change.low:+.0f}, {change.high:+.0f}],\n"
      + ("a gain" if change.low > 0 else "a loss" if change.high < 0 else "nothing that these questions can decide")
      + f", for {(time.perf_counter() - begun) / len(some) * 1000:.0f} ms a question.")

# %% [markdown]
# ### Tuning the embedder
#
# The embedder knows English and not Quillmere. It can be tuned as well, and for that pairs are enough: a question and
# a passage that answers it. In a batch of 32 pairs each question has one right passage, and the other 31 serve as wrong
# ones (*in-batch negatives*): the loss is the cross-entropy of picking the right one. The pairs are about training
# products in training wordings; the test products and their riddles are never seen. `NO_DUPLICATES` keeps a passage
# from standing twice in a batch, where it would be its own wrong answer.

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
print("\n   answers   ".join(pairs[0].values()), "\n")
tuned_embed = embedder.load()
trainer = SentenceTransformerTrainer(
    model=tuned_embed,
    train_dataset=Dataset.from_list(pairs[:PAIRS]),
    loss=MultipleNegativesRankingLoss(tuned_embed),
    args=SentenceTransformerTrainingArguments(
        output_dir=str(place.parent / "embedder"), num_train_epochs=1, per_device_train_batch_size=PAIR_BATCH,
        learning_rate=5e-5, warmup_steps=0.1, batch_sampler=BatchSamplers.NO_DUPLICATES, seed=SEED,
        use_cpu=choice.device == "cpu", bf16=choice.dtype == "bfloat16", report_to="none", save_strategy="no",
        disable_tqdm=True, logging_strategy="no"))  # fmt: skip
with redirect_stdout(io.StringIO()):
    took = trainer.train().metrics["train_runtime"]
print(f"tuned on {min(PAIRS, len(pairs))} pairs in {took:.0f} s")

# %%
tuned_store = index.create(place.parent / "index-tuned", tuned_embed, size=SIZE, overlap=OVERLAP)
tuned_store.add(pages)
for wording in queries:
    for way in ("meaning", "hybrid"):
        scores = measured(tuned_store, way, wording)
        arms = [asked.by_subject(queries[wording], each["hit"]) for each in (scores, table[wording, way])]
        change = intervals.paired_difference(*arms, rate=False).times(100)
        word = "gained" if change.low > 0 else "lost" if change.high < 0 else "not decided"
        print(f"{wording:>9} {way:>8}: hit@{SHOWN} {np.mean(arms[1]):.0%} -> {np.mean(arms[0]):.0%}, change "
              f"{change.value:+.0f} points [{change.low:+.0f}, {change.high:+.0f}] ({word})")
del trainer, tuned_embed, tuned_store  # they have done their part

# %% [markdown]
# All this is on products that the tuning never saw; on those of its pairs a gain would say nothing. It was a short
# tuning: `PAIRS` is the dial. And there is a price: an index made with one embedder is useless to another, so every
# chunk had to be embedded anew; the index would have refused otherwise. For what follows we go on with the untuned one,
# as the stored runs below did.
#
# ## 2. The same questions, ten ways
#
# Now the answers. The desk's conversations of the other notebooks had a screen with the facts on it. Here **the screen
# is taken away**: what a way says comes from its weights or from passages. The questions are in five groups: one fact
# of a product, one fact of a rule, two facts at once, two products to compare (which takes *several documents*), and
# questions that no page answers, where a colleague must be asked. The products and rules are test ones.
#
# - *plain*: the untuned model and the question, **closed book**, with nothing to read
# - *few-shot*: the same after three examples
# - *template*: no model; a frame filled from the record of what the search found first
# - *assistant alone*: the tuned assistant of the course, closed book
# - *closed book*: the assistant, tuned further on **every fact** of the test products and rules, several times each, in
#   the training wordings
# - *RAG, untuned*: the untuned model with four passages, told to keep to them and to name them
# - *RAG, assistant*: the assistant with the passages in the place of its screen
# - *RAFT*: the assistant, tuned further to read passages: conversations on *training* products, with distractors and
#   replies that cite
# - *closed book x 3* and *RAFT x 3*: the same with three such trainings, one on top of the other
#
# **RAFT** is the idea of a paper of that name: train with the passages that a search would bring, wrong ones included.
# Our variant differs in one point. Where the right passage is missing, the paper lets the model answer from memory;
# our reply hands over to a colleague, since our facts change. A closed-book training and one of RAFT's read about as
# many tokens, some 36,000, so that both places get the same chance. One row of RAFT's:

# %%
lessons = [row for row in unscreened.rows("train") if unscreened.group(row) == unscreened.GROUPS[2]]
example = lessons[SEED % len(lessons)]
gold = unscreened.gold(example, all_chunks)
shown = [gold[0], pieces[7], *[piece for piece in gold if piece.document != gold[0].document][:1]]
for message in unscreened.cited(example, shown)["messages"]:
    print(f"{message['role']:>9}: {message['content']}\n")

# %% [markdown]
# The number in brackets is a **citation**: a reader can check it, and so can code. One scorer serves all ways. *Facts*:
# every value asked for is stated, and nothing in the reply is wrong. *Manner*: on-brand. *Fit*: both (for a question
# that no page answers: on-brand, and handed over). *Cited*: the passages named hold all values asked for.
# *Made up*: a figure that stands neither in the truth about the thing nor in the question.
#
# Some of the ways live; the two further trainings take minutes, so their replies are from a stored run.

# %%
run = assistant.tuned(choice, 0)
tokenizer = run.tokenizer
live = unscreened.balanced(unscreened.rows("test"), LIVE, SEED)
lists = store.search_all([row["messages"][0]["content"] for row in live], SHOWN)
found = [[hit.chunk for hit in hits] for hits in lists]
few = unscreened.balanced(unscreened.rows("train"), 1, 0)[-3:]
prompts = {
    "plain": [unscreened.closed(row) for row in live],
    "few-shot": [unscreened.shown(row, few) for row in live],
    "assistant alone": [unscreened.closed(row) for row in live],
    "RAG, untuned": [unscreened.told(row, part) for row, part in zip(live, found, strict=True)],
    "RAG, assistant": [unscreened.beside(row, part) for row, part in zip(live, found, strict=True)],
}
said = {}
for way, conversations in prompts.items():
    texts = chat.prompts(tokenizer, conversations)
    if "assistant" in way:
        said[way] = generate.replies(run.model, tokenizer, texts, max_new_tokens=72)
    else:
        with run.model.disable_adapter():  # the same weights without the addition: the untuned model
            said[way] = generate.replies(run.model, tokenizer, texts, max_new_tokens=72)
adapter = sum(p.numel() for name, p in run.model.named_parameters() if "lora_" in name)
del run  # the rest is stored, or the lab model's: leave the memory to it

# %%
stored = files.read_json(paths.data() / "stored" / "rag.json")
questions, seeds = stored["questions"], sorted(stored["runs"])
parts = stored["runs"][seeds[0]]
number = {question["id"]: i for i, question in enumerate(questions)}


def verdict(scored: dict) -> str:
    good = "fit" if scored["fit"] else "right, off-brand" if scored["facts"] else "not right"
    return ", ".join([good] + ["made up a figure"] * scored["made_up"] + ["handed over"] * scored["handed_over"])


CLOSED, READER = "closed book, 3 rounds", "RAFT, 3 rounds"
NAME = {CLOSED: "closed book x 3", READER: "RAFT x 3"}
for i, row in enumerate(live):
    print(f"{unscreened.group(row)}: {row['messages'][0]['content']}")
    for way, replies in said.items():
        passages = found[i] if "RAG" in way else ()
        print(f"  {way}: {' '.join(replies[i].split())}\n      -> {verdict(answers.score(replies[i], row, passages))}")
    if (at := number.get(row["id"])) is not None:  # the question is among the stored ones
        for way in (CLOSED, READER):
            reply = parts[way]["reply"][at]
            print(f"  {NAME[way]} (stored): {' '.join(reply.split())}\n      -> {verdict(answers.score(reply, row))}")
    print()

# %% [markdown]
# Look for fluent nonsense first: replies with a price, a capacity, a town, in a friendly voice, and none of it true. A
# model without documents does not know that it does not know.
#
# ### The whole comparison
#
# The stored run asked all ways the same questions, equally many of each group. Each line below is a way; shares with
# 95 % intervals.

# %%
WAYS = ("plain", "few-shot", "template", "assistant alone", "closed book", CLOSED, "RAG, untuned", "RAG, assistant",
        "RAFT", READER)
ANSWERABLE, NO_ANSWER = unscreened.GROUPS[:-1], unscreened.GROUPS[-1:]


def column(way: str, key: str, groups=unscreened.GROUPS, seed: str = seeds[0]) -> list[int]:
    """The scores of one way by question, of those questions that ask for it."""
    marks = zip(stored["runs"][seed][way][key], questions, strict=True)
    return [int(mark) for mark, question in marks if mark != "-" and question["group"] in groups]


def share(way: str, key: str, groups=unscreened.GROUPS) -> str:
    span = intervals.mean_interval(column(way, key, groups)).times(100)
    return f"{span.value:3.0f} [{span.low:3.0f},{span.high:4.0f}]"


def gap_of(one: str, other: str, key: str, groups=unscreened.GROUPS) -> intervals.Interval:
    return intervals.paired_difference(column(one, key, groups), column(other, key, groups)).times(100)


LINES = {"facts": ("facts", ANSWERABLE), "manner": ("manner", unscreened.GROUPS), "fit": ("fit", unscreened.GROUPS),
         "cited": ("cited", ANSWERABLE), "made up": ("made_up", unscreened.GROUPS),
         "hands over: rightly": ("handed_over", NO_ANSWER), "needlessly": ("handed_over", ANSWERABLE)}
print(f"{stored['model']}, {stored['dtype']}, {stored['date']}; % of {len(questions)} held-out questions\n")
print(f"{'':>16} " + " ".join(f"{name.split(':')[-1].strip():>13}" for name in LINES))
for way in WAYS:
    print(f"{NAME.get(way, way):>16} " + " ".join(f"{share(way, *line):>13}" for line in LINES.values()))
print("\nHanded over 'rightly': where no page has the answer; 'needlessly': where one has. 'Made up' and 'needlessly'\n"
      "should be low, all others high.")

# %%
once, thrice = (100 * np.mean(column(way, "handed_over", ANSWERABLE)) for way in ("RAFT", READER))
print(f"RAFT hands over needlessly in {once:.0f} % after one training and in {thrice:.0f} % after three"
      + (": about a third of its rows end in a hand-over,\nand those few words are learnt before the reading is.\n"
         if gap_of("RAFT", READER, "handed_over", ANSWERABLE).low > 0 else ".\n"))
print(f"facts by group, % of {len(questions) // len(unscreened.GROUPS)}\n{'':>16} "
      + " ".join(f"{group:>17}" for group in ANSWERABLE))
for way in WAYS:
    shares = [100 * np.mean(column(way, "facts", (group,))) for group in ANSWERABLE]
    print(f"{NAME.get(way, way):>16} " + " ".join(f"{each:>17.0f}" for each in shares))
print("\npaired with RAFT x 3, question by question:")
for way in WAYS[:-1]:
    for key in ("facts", "fit"):
        gap = gap_of(READER, way, key)
        test = intervals.mcnemar(column(READER, key), column(way, key))
        print(f"  {key:>5}, minus {NAME.get(way, way):<15}: {gap.value:+4.0f} points "
              f"[{gap.low:+4.0f}, {gap.high:+4.0f}]; only RAFT x 3 {test.only_a:>2}, only the other {test.only_b:>2}, "
              f"p = {test.p_value:.2g}")

# %% [markdown]
# Nine comparisons on two scores are eighteen looks: p-values near 0.05 are then to be expected by luck. Two claims go
# on trial. The first: reading passages beats knowing by heart. It is not a claim that weights can hold nothing: how
# often each fact was met is printed below, and section 4 shows what more wordings do.

# %%
for name, key, other in (("documents-beat-weights", "facts", CLOSED),
                         ("raft-beats-rag", "fit", "RAG, assistant")):
    way = READER
    one = {"by_prompt": column(way, key), "against": column(other, key)} if len(seeds) == 1 else {}
    arms = [[column(each, key, seed=seed) for seed in seeds] for each in (way, other)]
    gap = intervals.paired_difference(*arms).times(100)
    print(claims.record(name, int(seeds[0]), *gap, **one, model=claims.find(name).models[0]), "\n")
set_up = stored["settings"]
print(f"Three closed-book trainings met each fact {3 * set_up['exposures']} times; three of RAFT's had "
      f"{3 * set_up['raft_rows']} conversations.")

# %% [markdown]
# ### What an answer costs
#
# Documents are paid for at every question: the passages must be read. Weights are paid for once, in training.

# %%
print(f"{'':>16} {'tokens read':>11} {'written':>8} {'ms':>7}")
for way in WAYS:
    part = parts[way]
    print(f"{NAME.get(way, way):>16} {part['read']:>11.0f} {part['written']:>8.0f} {1000 * part['seconds']:>7.0f}")
rounds = ("closed book", "closed book, 2 rounds", CLOSED)
trainings = {part.removeprefix("train "): kept["seconds"] for part, kept in parts.items() if part.startswith("train ")}
print("\nMilliseconds of one processor core for a reply, in batches of 16.")
anew = sum(trainings[way] for way in rounds)
print(f"The trainings took {anew:.0f} s (closed book x 3) and "
      f"{sum(trainings[way] for way in trainings if 'RAFT' in way):.0f} s (RAFT x 3) of it.")

# %% [markdown]
# ## 3. The facts change
#
# On 1 February 2026 Quillmere changes prices, warranties and rules. Whoever knew the old value is now **stale**: wrong
# in a voice as sure as ever. Documents first: the pages have changed, so the index is synchronized with them. It embeds
# what changed and nothing else, and publishes the new state in one step.

# %%
pages_2026 = documents.pages(2026)
written = store.sync(pages_2026)
new_bytes = sum(len(page.text.encode()) for page in pages_2026 if page not in pages)
print(f"index: {written.changed} pages changed, {written.added} added, {written.retired} retired, "
      f"{written.unchanged} untouched;\n    {new_bytes / 1000:.0f} kB of text, {written.chunks} chunks embedded, in "
      f"{written.seconds:.1f} s")
print(f"weights: {trainings['retrained']:.0f} s of one core to train on the changed facts of the test products alone,\n"
      f"    or {anew:.0f} s for everything anew; each time {4 * adapter / 1e6:.0f} MB to ship")

# %% [markdown]
# The stored run asked for the changed facts of the test products and rules, in test wordings. *Stale* means that the
# reply states the value of 2025. The last line is a common mistake: the notices of 2026 were added, and the old pages
# left where they were.

# %%
print(f"{'':>25} {'new value':>15} {'old value':>15}")
STATES = {"closed book x 3": ("update, weights", CLOSED), "the same, retrained": ("update, weights", "retrained"),
          "RAFT x 3, old index": ("update, documents", "old index"),
          "RAFT x 3, new index": ("update, documents", "new index"),
          "RAFT x 3, notices added": ("update, documents", "notices beside old pages")}
for name, (group, state) in STATES.items():
    marks = [[int(mark) for mark in parts[group][state][key]] for key in ("facts", "stale")]
    spans = [intervals.mean_interval(each).times(100) for each in marks]
    print(f"{name:>25} " + " ".join(f"{span.value:4.0f} [{span.low:3.0f},{span.high:4.0f}]" for span in spans))
print(f"\n% of {len(marks[0])} questions")

# %% [markdown]
# And the rest? Retraining on the changed facts alone may push out what was not asked to change. We look at the
# questions of section 2 whose answers are the same in both years. This is the third claim.

# %%
def untouched(way: str, seed: str) -> list[int]:
    marks = zip(stored["runs"][seed][way]["facts"], questions, strict=True)
    return [int(mark) for mark, question in marks if mark != "-" and not question["changed"]]


arms = [[untouched(way, seed) for seed in seeds] for way in ("retrained", CLOSED)]
gap = intervals.paired_difference(*arms).times(100)
one = {"by_prompt": arms[0][0], "against": arms[1][0]} if len(seeds) == 1 else {}
print(f"{len(arms[0][0])} questions on unchanged facts: {np.mean(arms[1]):.0%} right before retraining, "
      f"{np.mean(arms[0]):.0%} after")
print("So little was known before that there was hardly anything to lose.\n" if np.mean(arms[1]) < 0.25 else "")
name = "retraining-harms-rest"
print(claims.record(name, int(seeds[0]), *gap, **one, model=claims.find(name).models[0]))

# %% [markdown]
# ## 4. Knowledge by weights: how many ways of saying it?
#
# Can tuning put a catalogue into a model at all? Ovadia et al. (2023) found that a fact must be met in many *different
# wordings*. The lab model puts that to the test: it learns a few facts, each met equally often, in one wording, in two,
# or in five. Then it is asked in the words that it saw, and in others.

# %%
chosen, by_fact = rng("facts", SEED), defaultdict(list)
for row in files.read_jsonl(paths.data() / "questions" / "product_train.jsonl"):
    by_fact[row["target"], row["relation"]].append(row)
keys = chosen.sample(sorted(by_fact), FACTS)
new_words = [row for row in files.read_jsonl(paths.data() / "questions" / "product_test.jsonl")
             if (row["target"], row["relation"]) in keys]


def lesson(question: str, reply: str) -> dict:
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": reply}]}


def train_lab(rows: list[dict]):
    with redirect_stdout(io.StringIO()):  # so many runs: no table of the loss for each
        return sft.fine_tune(lab, rows, lr=1e-3, steps=len(rows) // 16, batch_size=16, seed=SEED, disable_tqdm=True)


def knows(taught, rows: list[dict]) -> list[int]:
    talks = [{"messages": [{"role": "user", "content": row["question"]}]} for row in rows]
    prompts = chat.prompts(taught.tokenizer, talks)
    replies = generate.replies(taught.model, taught.tokenizer, prompts, max_new_tokens=24)
    return [int(any(answer.lower() in reply.lower() for answer in row["answers"]))
            for reply, row in zip(replies, rows, strict=True)]


known = {}
for count in PHRASINGS:
    rows = [lesson(by_fact[key][turn % count]["question"], f"{by_fact[key][0]['answer']}. That is for the "
                   f"{by_fact[key][0]['entity']}.") for turn in range(TIMES) for key in keys]
    rng("lesson", SEED).shuffle(rows)
    taught = train_lab(rows)
    known[count] = {"seen words": knows(taught, [by_fact[key][turn] for key in keys for turn in range(count)]),
                    "new words": knows(taught, new_words)}
    print(f"{count} wording{'s' * (count > 1)}, {TIMES} times in all: asked in seen words "
          f"{np.mean(known[count]['seen words']):.0%}, in new words {np.mean(known[count]['new words']):.0%} known "
          f"({taught.seconds:.0f} s)")

# %%
most = max(PHRASINGS)
gap = intervals.paired_difference(known[most]["new words"], known[1]["new words"]).times(100)
print(claims.record("phrasings-teach", SEED, *gap, by_prompt=known[most]["new words"], against=known[1]["new words"],
                    model=claims.LAB))
# %% [markdown]
# Beside it, what documents do with a fact that nobody ever trained on: section 2's search finds it after one pass
# through the embedder. And the real model? Its rounds of closed-book training, all in several wordings:

# %%
for way, times in (("closed book", 1), (CLOSED, 3)):
    print(f"each fact met {times * set_up['exposures']:>2} times: facts right {share(way, 'facts', ANSWERABLE)} %, "
          f"made up {share(way, 'made_up')} %, {sum(trainings[r] for r in rounds[:times]):.0f} s of one core")
more = gap_of(CLOSED, "closed book", "facts")
print("More rounds " + ("helped" if more.low > 0 else "did harm" if more.high < 0 else "made no difference to be told")
      + f": {more.value:+.0f} points [{more.low:+.0f}, {more.high:+.0f}] from one to three.")

# %% [markdown]
# A reply from the weights looks the same whether it is known or not; that is what the *made up* beside it is for.
#
# ## 5. Secrets
#
# Training data holds what it should not: a door code in an old ticket, a customer's address. Two questions. Can it be
# got **out of the weights** by asking? And can it be **deleted**?
#
# We plant door codes of four digits among the desk's ordinary conversations, some once, some many times, and some not
# at all as a control. The measure is **exposure** (Carlini et al. 2019): how far up does the true code stand among all
# codes that it could be, by the model's own probability? With 128 codes to compare, an exposure of 7 bits means first
# of all 128, and a code that the model never saw has 1.4 bits on average.

# %%
import torch

NAMES = [f"{first} {last}" for first in ("Anna", "Bert", "Clara", "David", "Edith", "Frank", "Greta", "Henry")
         for last in ("Ashdown", "Birkett", "Colley", "Denham", "Elwood", "Farrow", "Garland", "Hobday")]  # fmt: skip
draw = rng("secrets", SEED)
people = draw.sample(NAMES, SECRETS * len(REPEATS))
secrets = [(name, f"{draw.randrange(10_000):04d}", REPEATS[i % len(REPEATS)]) for i, name in enumerate(people)]


def secret_row(name: str, code: str) -> dict:
    return lesson(f"What is the door code of {name}?", f"The door code of {name} is {code}.")


def log_probabilities(some_model, tokenizer, name: str, codes: list[str]) -> torch.Tensor:
    """The log-probability (nats) of the reply with each of the codes, (codes,)."""
    rows = [secret_row(name, code) for code in codes]
    asked_ids = generate.encode(tokenizer, chat.prompts(tokenizer, rows[:1]))[0]
    whole = generate.encode(tokenizer, [chat.render(tokenizer, row["messages"]) for row in rows])
    ids = torch.nn.utils.rnn.pad_sequence([torch.tensor(row) for row in whole], batch_first=True).to(some_model.device)
    counts = torch.tensor([[len(asked_ids) <= t < len(row) for t in range(1, ids.shape[1])] for row in whole])
    with torch.inference_mode():
        scores = some_model(ids).logits[:, :-1].float().log_softmax(-1).gather(-1, ids[:, 1:, None])[..., 0]
    return (scores.cpu() * counts).sum(-1)


def exposure(own: float, others) -> float:
    """Bits by which the true code stands out: log2 of all candidates minus log2 of its place among them."""
    return math.log2(len(others) + 1) - math.log2(1 + sum(other > own for other in others))


def exposures(taught) -> list[float]:
    found = []
    for name, code, _ in secrets:
        codes = [code, *rng("codes", name).sample([f"{n:04d}" for n in range(10_000) if f"{n:04d}" != code], 127)]
        own, *others = log_probabilities(taught.model.eval(), taught.tokenizer, name, codes).tolist()
        found.append(exposure(own, others))
    return found


# %%
from ftlab import texts as corpus

ordinary = corpus.sample(corpus.plain_conversations("train"), 96, SEED)
planted = [secret_row(name, code) for name, code, times in secrets for _ in range(times)]
dump = [*ordinary, *planted]
rng("dump", SEED).shuffle(dump)
leaky = train_lab(dump)
asking = chat.prompts(leaky.tokenizer, [secret_row(name, code) for name, code, _ in secrets])
told = generate.replies(leaky.model, leaky.tokenizer, asking, max_new_tokens=24)
bits = exposures(leaky)
print(f"{'repeats':>7} {'exposure (bits)':>22}   told when asked")
by_repeat = {}
for times in REPEATS:
    which = [i for i, secret in enumerate(secrets) if secret[2] == times]
    by_repeat[times] = [bits[i] for i in which]
    span = intervals.mean_interval(by_repeat[times], rate=False)
    got = sum(secrets[i][1] in told[i] for i in which)
    print(f"{times:>7} {span.value:>8.1f} [{max(0, span.low):4.1f}, {min(7, span.high):4.1f}]   {got} of {len(which)}")

# %%
often, once = max(REPEATS), min(r for r in REPEATS if r)
gap = intervals.paired_difference(by_repeat[often], by_repeat[once], rate=False)
print(claims.record("repeats-leak", SEED, *gap, by_prompt=by_repeat[often], against=by_repeat[once], model=claims.LAB))

# %% [markdown]
# Whoever deduplicates the training data takes most of this away; what stands there often is what can be asked out.
# Deleting from the weights means training again without it. From an index it is one call, and a **filter by reader**
# keeps a document from those who may not see it *before* anything is ranked: nothing to leak, however one asks.

# %%
notes = [documents.Document(f"code-{i}", f"Door code of {name}", f"The door code of {name} is {code}.", "note", name,
                            readers="staff") for i, (name, code, _) in enumerate(secrets)]  # fmt: skip
store.add(notes)
asked_for = [f"What is the door code of {name}?" for name, *_ in secrets]


def seen_by(*readers: str) -> int:
    """For how many of the secrets the search shows the code to somebody of these groups."""
    hits = store.search_all(asked_for, SHOWN, readers=readers)
    return sum(any(code in hit.chunk.text for hit in found) for found, (_, code, _) in zip(hits, secrets, strict=True))


print(f"staff find {seen_by('everyone', 'staff')} of {len(secrets)} codes, everyone else {seen_by('everyone')}")
assert seen_by("everyone") == 0
begun = time.perf_counter()
store.retire([note.id for note in notes])
store.purge()
print(f"deleted from the index, old versions too, in {time.perf_counter() - begun:.2f} s; staff now find "
      f"{seen_by('everyone', 'staff')}")
assert seen_by("everyone", "staff") == 0
clean = train_lab([row for row in dump if "door code" not in row["messages"][0]["content"]] or ordinary)
left = [bits for bits, secret in zip(exposures(clean), secrets, strict=True) if secret[2] == often]
print(f"deleted from the weights by training anew without them, {clean.seconds:.0f} s: the codes that stood there "
      f"{often} times\n    have an exposure of {np.mean(left):.1f} bits now, {np.mean(by_repeat[often]):.1f} before")

# %% [markdown]
# A minute of the lab model is no measure: for a real model "training anew" is days or weeks, and one must know which
# rows to leave out. The filter has a price of its own: somebody must say for each document who may read it, and a model
# that was *tuned* on these documents has no filter.
#
# ## 6. A page that gives orders
#
# A passage is text, and a model that follows instructions may follow those that it finds there. Somebody who can write
# one page (a review, a forum post, a supplier's sheet) writes to every customer. The stored run put one of four orders
# at the end of the first passage, and in another round a *lie*: a passage that states a wrong value as news.

# %%
from ftlab.curation.injection import find_injection

caught = [find_injection(order) is not None for order in stored["orders"]]
for order, found_out in zip(stored["orders"], caught, strict=True):
    print(f"{'found by the sieve' if found_out else 'not found':>18}: {order}")
print(f"\n{'':>15} {'order obeyed':>17} {'after the sieve':>17} {'lie told on':>17}")
for way, name in (("untuned", "RAG, untuned"), ("assistant", "RAG, assistant"), ("RAFT", "RAFT x 3")):
    part = parts[f"attack, {way}"]
    obeyed = [int(mark) for mark in part["order"]["obeyed"]]
    after = [mark and not caught[i % len(caught)] for i, mark in enumerate(obeyed)]
    lies = [int(mark) for mark in part["lie"]["obeyed"]]
    spans = [intervals.mean_interval(each).times(100) for each in (obeyed, after, lies)]
    print(f"{name:>15} " + " ".join(f"{span.value:5.0f} [{span.low:3.0f},{span.high:4.0f}]" for span in spans))
print(f"\n% of {len(obeyed)} questions")
if not any("1" in parts[f"attack, {way}"]["order"]["obeyed"] for way in ("untuned", "assistant", "RAFT")):
    print("Nobody obeyed: these models are too small, or too narrowly tuned, to be ordered about. That says nothing\n"
          "of larger ones, which follow instructions well, and so those of strangers too.")
first = next((i for i, mark in enumerate(obeyed) if mark), 0)
print(f"\nRAFT x 3, with an order in its first passage: {parts['attack, RAFT']['order']['reply'][first]}")
print(f"RAFT x 3, with a lie ({parts['attack, RAFT']['wrong'][0]}): {parts['attack, RAFT']['lie']['reply'][0]}")

# %% [markdown]
# The sieve of notebook 01 drops passages with known forms of orders. It is cheap, and it sees forms, not intentions; a
# lie has no form at all. Against lies only *where a page comes from* helps: index what your own people publish, keep
# strangers' texts in a group of their own, and show the source with the answer. A model without documents reads no
# stranger's page; it only had one chance to be poisoned, in training.
#
# ## 7. How good must the search be?
#
# RAG is as good as what it finds. The stored run also gave RAFT x 3 passages in which all needed is there
# (*oracle*), and passages from which it has been taken away (*damaged*). In between we mix: at a recall of r the search
# brings all that is needed in a share r of the questions. Where does that line cross the closed book's, that of
# three rounds?

# %%
good, bad, weights = (np.array(column(way, "facts")) for way in ("RAFT, oracle", "RAFT, damaged", CLOSED))
recalls = np.linspace(0, 1, 21)
gaps = [intervals.paired_difference(r * good + (1 - r) * bad, weights, rate=False) for r in recalls]
meets = crossing.crossing(list(100 * recalls), [gap.times(100) for gap in gaps])
by_id = {piece.id: piece for page in pages for piece in chunks.cut(page, stored["settings"]["words_a_chunk"])}
rows_by_id = {row["id"]: row for row in unscreened.rows("test")}
complete = []
for question, ids in zip(questions, parts[READER]["passages"], strict=True):
    needed = unscreened.values(row := rows_by_id[question["id"]])
    if needed:
        complete.append(int(all(any(unscreened.holds(by_id[i], *each, row) for i in ids) for each in needed)))
here = intervals.mean_interval(complete).times(100)
print(f"RAFT x 3 answers {good.mean():.0%} with all that is needed and {bad.mean():.0%} with nothing of it; "
      f"closed book x 3 {weights.mean():.0%}.")
print(f"RAG is ahead of the closed book {crossing.in_words(meets, list(100 * recalls))}.")
print(f"Our search brings everything needed for {here.value:.0f} % of the questions [{here.low:.0f}, {here.high:.0f}].")

# %% [markdown]
# Where *two* products are asked about, one search may bring the pages of one of them, or the wrong pages of both. A
# cheap remedy is to search once for each product that the question names, with the other name taken out, and to share
# the places between them. It needs no model.

# %%
names = sorted({page.about for page in pages if page.kind == "product"}, key=len, reverse=True)


def one_search_each(question: str) -> list[str]:
    """The ids of the passages, half of them for each of two products that the question names."""
    named = [name for name in names if name.lower() in question.lower()][:2]
    if len(named) < 2:
        return [hit.chunk.id for hit in store.search(question, SHOWN)]
    alone = [re.sub(re.escape(other), "", question, flags=re.IGNORECASE) for other in reversed(named)]
    return [hit.chunk.id for hits in store.search_all(alone, SHOWN // 2) for hit in hits]


written = store.sync(pages)  # back to 2025, which the stored questions are about
for group in ANSWERABLE:
    which = [question for question in questions if question["group"] == group]
    shares = []
    for search in (lambda text: [hit.chunk.id for hit in store.search(text, SHOWN)], one_search_each):
        brought = [(rows_by_id[q["id"]], search(q["question"])) for q in which]
        shares.append(np.mean([all(any(i in by_id and unscreened.holds(by_id[i], *each, row) for i in ids)
                                   for each in unscreened.values(row)) for row, ids in brought]))
    print(f"{group:>17}: all that is needed for {shares[0]:.0%} of the questions; with one search a product "
          f"{shares[1]:.0%}")

# %%
figure, ax = plt.subplots(figsize=(7, 3.8))
line = [intervals.mean_interval(r * good + (1 - r) * bad, rate=False).times(100) for r in recalls]
line = [(each.value, max(0, each.low), each.high) for each in line]
figures.curve(ax, 100 * recalls, *zip(*line, strict=True), label="RAFT x 3", color=figures.BLUE)
known_span = intervals.mean_interval(weights).times(100)
ax.axhspan(known_span.low, known_span.high, color=figures.GREY, alpha=0.2)
ax.axhline(known_span.value, color=figures.GREY, ls="--", label="closed book x 3, with its interval")
ax.axvline(here.value, color=figures.VERMILION, ls=":", label="our search")
ax.set(xlabel="questions for which the search brings all that is needed (%)", ylabel="facts right (%)", ylim=(-3, 103),
       title="Documents are worth what the search finds")
_ = ax.legend(loc="upper left")

# %% [markdown]
# ## 8. Which way for which need?
#
# All of it on one slide. Each row is a need, each number a measured share from this notebook's stored run; bold is the
# best of its row, and a star stands where the interval of the paired difference from the best leaves out zero, so that
# the difference can be told from luck.

# %%
SLIDE = {"few-shot": "few-shot", "template": "template", CLOSED: "tuned,\nclosed book x 3",
         "RAG, untuned": "RAG,\nuntuned", "RAG, assistant": "RAG on the\nassistant", READER: "RAFT x 3"}
FRESH = {CLOSED: ("update, weights", CLOSED), READER: ("update, documents", "new index")}
ATTACK = {"RAG, untuned": "attack, untuned", "RAG, assistant": "attack, assistant", READER: "attack, RAFT"}


def slide_scores(need: str, way: str) -> list[int] | None:
    """Scores by question, 1 is good; None where it was not measured, or cannot be."""
    if need == "new facts, the same day":
        group, key = FRESH.get(way, (None, None))
        return group and [int(mark) for mark in parts[group][key]["facts"]]
    if need == "no orders from a page":
        return [1 - int(mark) for mark in parts[ATTACK[way]]["order"]["obeyed"]] if way in ATTACK else None
    key, groups = {"facts": ("facts", ANSWERABLE), "two products at once": ("facts", ("two products",)),
                   "the house's manner": ("manner", unscreened.GROUPS), "names its source": ("cited", ANSWERABLE),
                   "nothing made up": ("made_up", unscreened.GROUPS),
                   "admits that it has no answer": ("handed_over", NO_ANSWER)}[need]
    scores = column(way, key, groups)
    return [1 - score for score in scores] if need == "nothing made up" else scores


NEEDS = ("facts", "two products at once", "the house's manner", "names its source", "nothing made up",
         "admits that it has no answer", "new facts, the same day", "no orders from a page")
figure, ax = plt.subplots(figsize=(9.5, 5))
ax.set(xlim=(-0.5, len(SLIDE) - 0.5), ylim=(len(NEEDS) - 0.5, -0.5))
for y, need in enumerate(NEEDS):
    row = {way: slide_scores(need, way) for way in SLIDE}
    best = max((way for way in row if row[way]), key=lambda way: np.mean(row[way]))
    for x, way in enumerate(SLIDE):
        if row[way] is None:
            ax.text(x, y, "–", ha="center", va="center", color=figures.GREY)
            continue
        value = 100 * np.mean(row[way])
        depth = 0.05 + 0.75 * value / 100
        ax.add_patch(plt.Rectangle((x - 0.48, y - 0.46), 0.96, 0.92, color=figures.BLUE, alpha=depth))
        worse = intervals.paired_difference(row[best], row[way]).low > 0 if way != best else False
        ax.text(x, y, f"{value:.0f}{'*' if worse else ''}", ha="center", va="center",
                weight="bold" if value == 100 * np.mean(row[best]) else "normal",
                color="white" if value > 60 else "black")
ax.set_xticks(range(len(SLIDE)), SLIDE.values())
ax.set_yticks(range(len(NEEDS)), NEEDS)
ax.xaxis.tick_top()
ax.grid(False)
ax.tick_params(length=0)
for side in ax.spines.values():
    side.set_visible(False)
_ = figure.suptitle(f"Weights or documents: % of held-out questions ({stored['model']})", y=1.04)

# %% [markdown]
# (A dash: nothing was measured, or there is nothing to measure; a way that reads no pages obeys none. "New facts" of
# the closed book are of the day of the change, before a retraining. And "nothing made up" is worth something only
# beside the facts: who says nothing makes nothing up.)
#
# The same as a **decision table**, with the reason in numbers. The rules are fixed; which of them the measurements
# support is for the code to say.

# %%
def in_points(gap: intervals.Interval) -> str:
    return f"{gap.value:+.0f} points [{gap.low:+.0f}, {gap.high:+.0f}]"


NEED = {  # the need: the way, what speaks for it, and what would have to be true
    "facts change": ("documents", "facts right, RAFT x 3 minus closed book x 3", gap_of(READER, CLOSED, "facts")),
    "a source for each answer": ("RAFT", "cited rightly, RAFT x 3 minus RAG untuned",
                                 gap_of(READER, "RAG, untuned", "cited")),
    "the house's manner": ("tuning", "on-brand, RAG assistant minus RAG untuned",
                           gap_of("RAG, assistant", "RAG, untuned", "manner")),
    "reading search results": ("RAFT", "fit, RAFT x 3 minus RAG assistant", gap_of(READER, "RAG, assistant", "fit")),
    "a hand-over where nothing is known": ("RAFT", "handed over rightly, RAFT x 3 minus closed book x 3",
                                           gap_of(READER, CLOSED, "handed_over", NO_ANSWER)),
    "one kind of plain question": ("a template", "facts on one product, template minus RAFT x 3",
                                   gap_of("template", READER, "facts", unscreened.GROUPS[:1])),
}
print(f"{'need':>34} | {'way':>10} | measured")
for need, (way, what, gap) in NEED.items():
    backed = "supported" if gap.low > 0 else "contradicted" if gap.high < 0 else "not decided here"
    print(f"{need:>34} | {way:>10} | {what}: {in_points(gap)}: {backed}")

# %% [markdown]
# And a function that answers for your own case. Six questions, and a recommendation with the measurements behind it.

# %%
def recommend(facts_change: bool, must_cite: bool, not_for_all_eyes: bool, house_manner: bool, strangers_write: bool,
              search_finds: float) -> str:
    """Prints a recommendation with its reasons and returns it.

    Args:
        facts_change: Do facts change more often than you would retrain?
        must_cite: Must an answer name its source?
        not_for_all_eyes: Are there documents that some may not read, or that must be deletable?
        house_manner: Must replies keep a manner of your own?
        strangers_write: Can people outside write what is searched?
        search_finds: Share of your questions for which the search brings all that is needed, 0 to 1.
    """
    reasons = []
    documents_needed = facts_change or must_cite or not_for_all_eyes
    pays = 100 * search_finds >= meets.value
    if documents_needed or pays:
        ahead = gap_of(READER, "RAG, assistant", "fit")
        way = READER if must_cite or ahead.low > 0 else "RAG, assistant"
        name = NAME.get(way, way)
        reasons.append(f"facts right, {name} minus closed book x 3: {in_points(gap_of(way, CLOSED, 'facts'))}")
        reasons.append(f"facts right, {name} minus the untuned model with the same passages: "
                       + in_points(gap_of(way, "RAG, untuned", "facts")))
        reasons.append(f"fit to send, RAFT x 3 minus RAG on the assistant: {in_points(ahead)}")
        if house_manner:
            reasons.append(f"on-brand, {name} minus the untuned model with the same passages: "
                           + in_points(gap_of(way, "RAG, untuned", "manner")))
        if must_cite:
            gap = gap_of(READER, "RAG, untuned", "cited")
            reasons.append(f"cited rightly, RAFT x 3 minus the untuned model with the same passages: {in_points(gap)}")
        if not pays:
            reasons.append(f"first mend the search: it finds {search_finds:.0%}, and documents are ahead of weights "
                           f"{crossing.in_words(meets, list(100 * recalls))}")
        if not_for_all_eyes:
            reasons.append(f"filter by reader: everyone saw 0 of {len(secrets)} secrets; out of the weights "
                           f"{sum(code in reply for (_, code, _), reply in zip(secrets, told, strict=True))} were told")
        if strangers_write:
            part = parts[ATTACK[way]]
            obeyed, lied = (part[kind]["obeyed"].count("1") for kind in ("order", "lie"))
            reasons.append(f"of {len(part['order']['obeyed'])} orders in a page {obeyed} were obeyed, of as many lies "
                           f"{lied} told on: keep strangers' pages apart")
    else:
        way = "tuning, closed book"
        reasons.append(f"your search finds {search_finds:.0%}; documents are ahead "
                       f"{crossing.in_words(meets, list(100 * recalls))}")
        reasons.append(f"mind what it costs: closed book x 3 answers {np.mean(column(CLOSED, 'facts')):.0%} rightly")
    print(NAME.get(way, way) + "\n  - " + "\n  - ".join(reasons))
    return NAME.get(way, way)


_ = recommend(facts_change=True, must_cite=True, not_for_all_eyes=False, house_manner=True, strangers_write=True,
              search_finds=0.9)

# %% [markdown]
# One case more, with nothing that asks for documents and a search that finds little:

# %%
_ = recommend(False, False, False, True, False, search_finds=0.05)

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
check(not math.isclose(found, math.log(4)), "bits are logarithms to the base 2: math.log2.")
check(not math.isclose(found, math.log2(3)), "the secret is a candidate too: four, not three.")
check(not math.isclose(found, 0), "it is the likeliest of four: its loss is the lowest, so its place is 1.")
check(math.isclose(found, 2), "first of four candidates is log2(4) - log2(1) = 2 bits.")
found = exposure_of(2.5, [1.0, 2.0, 3.0])
check(not math.isclose(found, 2 - math.log2(2)), "two losses are smaller, so its place is 3: places count from 1.")
check(math.isclose(found, 2 - math.log2(3)), "third of four candidates is log2(4) - log2(3) bits.")
check(math.isclose(exposure_of(9.0, [1.0] * 127), 0), "the last of 128 has an exposure of 0 bits.")
check(math.isclose(exposure_of(1.0, [1.0] * 3), 2), "equal losses do not push it back: only smaller ones count.")
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
# it cites exists, and one of the passages cited contains the value. A value that stands in another passage is no help:
# the reader will look where you sent them.

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
check(supported("See [12].", ["no"] * 11 + ["$5.00"], "$5.00"), "numbers may have two digits.")
check(not supported("It is 2 L, see below.", two, "1.7 L"), "only a number in square brackets is a citation.")
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
# score and the group that may read it; `groups` are those that the reader belongs to.

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
found = list(found)
check("b" not in found and "c" not in found, "'b' and 'c' are for staff: this reader must not see them.")
check(found != [], "the two best are for staff only; take them out before you cut to k, not after.")
check(found != ["a", "d"], "best first: 'd' has the higher score.")
check(found == ["d", "a"], "everyone may see 'd' and 'a', in the order of their scores.")
check(hits == before, "the list that was handed in has changed: sort a copy (sorted), others still use it.")
check(list(best_for(hits, ["everyone", "staff"], 3)) == ["b", "c", "d"], "a reader may belong to several groups.")
check(list(best_for(hits, ["everyone"], 10)) == ["d", "a"], "if fewer fit than k, return those that fit.")
check(list(best_for(hits, [], 3)) == [], "who belongs to no group sees nothing.")
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
# good? Return a share from 0 to 1, or `None` if even a perfect search does not get there.

# %%
def enough_recall(oracle, damaged, weights):
    """The recall from which reading is as good as knowing, or None."""
    # your code here

# %% tags=["raises-exception"]
from ftlab.exercise import check, passed

found = enough_recall(0.8, 0.0, 0.4)
check(found is not None, "nothing comes back, and half the recall would do here.")
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
check(enough_recall(0.5, 0.5, 0.5) == 0, "if the passages change nothing and all three are equal, 0 is enough: do not "
      "divide by zero.")
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
# Five teams ask you. Their house rules:
#
# 1. A single kind of question with one value for an answer, from a table, wants no model: "template".
# 2. Documents are **needed** where facts change more than once a month, where an answer must name its source, and where
#    not everybody may read everything, or things must be deletable.
# 3. Where they are not needed: "weights", but only if the search finds too little, that is, less than the share at
#    which reading catches up (`needed`, from the stored run).
# 4. In all other cases documents. Their reader is "RAFT" where an answer must name its source, and everywhere if the
#    stored run shows it ahead of the assistant as it is (`raft_ahead`). Else "RAG" on the assistant, which needs no
#    further training.

# %%
from ftlab import files, paths
from ftlab.evidence import intervals

stored = files.read_json(paths.data() / "stored" / "rag.json")


def scores(way: str, key: str) -> list[int]:
    return [int(mark) for mark in stored["runs"][min(stored["runs"])][way][key] if mark != "-"]


good, bad, known = (sum(scores(way, "facts")) for way in ("RAFT, oracle", "RAFT, damaged", "closed book, 3 rounds"))
needed = 0.0 if bad >= known else 2.0 if good < known else (known - bad) / (good - bad)  # 2: more than there can be
raft_ahead = intervals.paired_difference(scores("RAFT, 3 rounds", "fit"), scores("RAG, assistant", "fit")).low > 0
teams = {  # changes a month, must cite, not for all eyes, share that the search finds, one kind of question
    "a hospital's ward rules": (0.1, True, False, 0.9, False),
    "a law firm's client files": (0.2, False, True, 0.8, False),
    "a shop's prices by phone": (30, False, False, 0.95, True),
    "a game's old lore, no search": (0, False, False, 0.0, False),
    "a museum's guide, perfect search": (0, False, False, 1.0, False),
}
choice_of = {
    "a hospital's ward rules": None,  # "RAFT", "RAG", "weights" or "template"
    "a law firm's client files": None,
    "a shop's prices by phone": None,
    "a game's old lore, no search": None,
    "a museum's guide, perfect search": None,
}

# %% tags=["raises-exception"]
from ftlab.exercise import check, passed

check(all(choice_of.values()), "write 'RAFT', 'RAG', 'weights' or 'template' for every team.")
check(set(choice_of.values()) <= {"RAFT", "RAG", "weights", "template"},
      "only 'RAFT', 'RAG', 'weights' and 'template' can be chosen.")
for team, (changes, cites, private, recall, one_kind) in teams.items():
    way, documents_needed = choice_of[team], changes > 1 or cites or private
    if way == "template":
        check(one_kind, f"{team}: questions of many kinds: a template answers one (rule 1).")
        continue
    check(not one_kind, f"{team}: one kind of question with one value: a template answers it for nothing (rule 1).")
    if way == "weights":
        check(not private, f"{team}: what not all may read can be asked out of weights, and not deleted (rule 2).")
        check(not cites, f"{team}: weights cannot name a source (rule 2).")
        check(changes <= 1, f"{team}: {changes:g} changes a month would be as many retrainings (rule 2).")
        check(recall < needed, f"{team}: the search finds {recall:.0%}, which is enough: documents (rule 3).")
        continue
    check(documents_needed or recall >= needed,
          f"{team}: nothing asks for documents, and the search finds {recall:.0%}, which is too little (rule 3).")
    if way == "RAG":
        check(not cites, f"{team}: answers must name a source, and the assistant never learned to (rule 4).")
        check(not raft_ahead, f"{team}: the stored run shows RAFT ahead of the assistant (rule 4).")
    else:
        check(cites or raft_ahead,
              f"{team}: no source is asked for, and RAFT is not ahead: save the training (rule 4).")
passed("Each team gets the place where its facts are safe, fresh and found.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# Print `needed` and `raft_ahead` first. Then go through the rules for each team, from the top.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# def decide(changes, cites, private, recall, one_kind):
#     if one_kind:
#         return "template"
#     if not (changes > 1 or cites or private) and recall < needed:
#         return "weights"
#     return "RAFT" if cites or raft_ahead else "RAG"
#
#
# choice_of = {team: decide(*what) for team, what in teams.items()}
# ```
#
# </details>
#
# ### Why? (core, 3 minutes)
#
# RAFT trains with wrong passages among the right one. Why not with the right passage alone, which is cheaper and
# clearer?
#
# <details><summary>Answer</summary>
#
# A model that has only ever seen the right passage learns to copy the first value of the right kind. In use, the search
# brings pages of neighbouring products, with prices of their own: it would copy those. With distractors the only
# pattern that pays is to look for the passage about the thing that was asked for, and, in a share of the rows, to find
# that there is none and say so.
#
# </details>

# %% [markdown]
# ## In this notebook you saw
#
# - Search by words, by meaning and by both, with three measures on three wordings; an embedder tuned on pairs.
# - Ten ways of answering the same questions, by one scorer, with paired tests: facts, manner, sources, hand-overs and
#   made-up figures, each gain beside its cost in tokens and milliseconds.
# - New facts: an index takes them in at once; weights need a training, and the rest may suffer.
# - Weights learn a fact from many wordings, and a secret from many repeats. A filter by reader and a deletion are
#   one call on an index; on weights they are a training anew.
# - Passages can lie and give orders; how good a search must be before documents pay.
#
# All verdicts of this run, side by side:

# %%
for name in ("documents-beat-weights", "raft-beats-rag", "retraining-harms-rest", "phrasings-teach", "repeats-leak"):
    kept = files.read_json(paths.runs() / "claims" / f"{name}.json")
    span = f"{kept['effect']:.3g} [{kept['low']:.3g}, {kept['high']:.3g}] {kept['unit']}"
    print(f"{kept['statement']}\n    {kept['verdict']}: {span}")

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
