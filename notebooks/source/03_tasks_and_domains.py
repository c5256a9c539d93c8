# ---
# jupyter:
#   ftlab:
#     minutes: 6
#     claims: [one-adapter-for-all, instructions-carry-over, phrasings-count, replay-keeps, phrasings-count-real,
#              replay-keeps-real]
# ---

# %% [markdown]
# # 03 · What else can tuning teach?
#
# Notebook 02 taught a model to answer customers. The same house has other work: messages to be sorted, pages to be
# turned into records that a program can read, descriptions and social posts to be written in the house's form. And it
# has facts that no model has read. Can tuning teach all of that? And where is a prompt, or no language model at all,
# the better answer?
#
# **You will be able to** turn a task into rows and check them before a model is loaded; score what comes back by its
# form and by its content; say for each task what a prompt, a few lines without any language model and a tuned adapter
# reach; hold a model's reply to a JSON Schema, and know what that does not do; decide between one adapter for all
# tasks and one for each; and teach a model facts by letting it read on, and measure how many old ones it loses.
#
# **You need** notebook 02: the loss on a reply, the trainer, the chat template. **It takes** about nine minutes of one
# processor core without bf16, less with two or if section 4's adapter is on the shelf already, and up to 4 GB of
# memory. Exercises are at the end; the notebook runs without them.

# %%
import json, math, re, textwrap, time, warnings; started = time.perf_counter()  # noqa: E401, E702
warnings.filterwarnings("ignore", category=FutureWarning)  # one library tells another that a word will change
import matplotlib.pyplot as plt
import torch
from datasets import disable_progress_bars
from transformers.utils import logging as notices
from ftlab import claims, figures, files, model, paths, values
from ftlab.evidence import intervals
from ftlab.tuning import chat, generate, sft
from ftlab.world import tasks
figures.style(); disable_progress_bars(); notices.disable_progress_bar(); notices.set_verbosity_error()  # noqa: E702
print(choice := model.choose(), lab := model.lab(), sep="\n")

# %% [markdown]
# Two models are at work, and the lines above name them: the **real model** for the four tasks, and the small **lab
# model** where one has to train often to see how an effect moves.

# %%
SEED = 0  # whole number: which rows, and in which order; try 1, 2
SIZES = {"intent": 40, "fields": 16, "description": 14, "post": 14}  # real model: rows of each task to train on
LR, BATCH_SIZE = 2e-3, 2  # real model: peak learning rate, rows a step; try 1e-3, 4
ASKED = {"intent": 40, "fields": 8, "description": 8, "post": 8}  # real model: held-out rows to answer
LAB_STEPS, LAB_LR = 24, 5e-4  # lab model, section 8: steps of 4 rows, learning rate
LAB_ASKED = 100  # lab model, section 8: held-out questions of each sort, at most; there are 42 of the price
PRODUCTS, READ = 8, 32  # lab model, section 9: products to read about, and how often; 8 divides READ
READ_LR = 1e-3  # lab model, section 9: learning rate; try 3e-4
READ_LRS = (3e-4, 3e-3)  # lab model, section 9: further rates to compare with it; try 1e-4, 1e-2
FACTS = 100  # lab model: general questions that show what is forgotten; try 1708, which is all

# %% [markdown]
# ## 1. Four tasks as conversations
#
# A task becomes trainable by being written down as conversations: an **instruction** that says all that is wanted, what
# it is about, and the reply that one would have liked. Then nothing that you learnt in notebook 02 changes. The whole
# instruction stands in every row, because the same words will be put to the untuned model: a rival that has not been
# told the rules is no rival. (One rule is told less plainly than it is checked: "one fact with a number", of posts.
# Section 7 counts how often it decides.)

# %%
def indented(text: str, most: int = 600) -> str:
    text = text if len(text) <= most else text[:most].rpartition(" ")[0] + " ..."
    return "\n".join(textwrap.fill(line, 110, initial_indent="    ", subsequent_indent="    ") for line in
                     text.split("\n"))


for task in tasks.TASKS:
    row = tasks.rows(task, "train")[0]
    asks, given, wanted = (turn["content"] for turn in row["messages"])
    counts = ", ".join(f"{len(tasks.rows(task, split))} {split}" for split in ("train", "valid", "test"))
    print(f"{task.upper()} ({counts})\n  instruction\n{indented(asks)}\n  given\n{indented(given, 220)}\n"
          f"  wanted\n{indented(wanted)}\n")

# %% [markdown]
# The tasks differ in what a reply may be: one word of ten; an object that a program reads; four lines by rule; free
# text by rule. No row of the test is in the training: its tickets are worded otherwise, its pages and records are
# about other products, its articles are other articles. (The house's pages share their stock of sentences.)
#
# ### Look before you load
#
# A fault in the rows costs the most when it is found after the training. So the checks come first, before a model is in
# memory. A **JSON Schema** says which objects are allowed, in JSON itself: which keys, of which type, within which
# bounds. (A message below names a grammar and `llguidance`: the library that makes of a schema the rules for what may
# be written next, section 6.) Only `dishwasher_safe` may be null in ours: our pages state the other five. Here it is.

# %%
for key, allowed in tasks.SCHEMA["properties"].items():
    print(f"{key:>16}: {json.dumps(allowed)}")
print("All six are required, and no other key is allowed.")
assert set(tasks.SCHEMA["required"]) == set(tasks.SCHEMA["properties"]) and not tasks.SCHEMA["additionalProperties"]

# %%
from pathlib import Path
from tempfile import TemporaryDirectory

from ftlab.data.labelled import read_labelled
from ftlab.scores import fields
from ftlab.tuning import adapters

tickets = [{"text": row["source"], "intent": row["label"]} for row in tasks.rows("intent", "train")]
gold_records = [row["messages"][-1]["content"] for row in tasks.rows("fields", "train")]
grammar = fields.check_schema(tasks.SCHEMA, gold_records)


def attempt(name: str, action) -> None:
    try:
        action()
    except ValueError as error:
        print(f"{name}\n{indented(str(error).replace(here.name, 'my_folder'))}\n")


def read_tickets(rows: list[dict]) -> list[dict]:
    files.write_jsonl(Path(here.name) / "tickets.jsonl", rows)
    return read_labelled(Path(here.name) / "tickets.jsonl", tasks.INTENTS, key="intent")


def with_bounds(**bounds) -> dict:
    properties = tasks.SCHEMA["properties"]
    return tasks.SCHEMA | {"properties": properties | {"warranty_years": {"type": "integer", **bounds}}}


here = TemporaryDirectory()
assert read_tickets(tickets) == tickets
print("the labels, the schema and its rows are in order\n")
soiled = [dict(ticket) for ticket in tickets]
soiled[2]["intent"], soiled[5]["intent"] = "refunds", "Shiping"
attempt("1. two labels misspelt", lambda: read_tickets(soiled))
attempt("2. an intent without examples", lambda: read_tickets([row for row in tickets if row["intent"] != "privacy"]))
attempt("3. a schema that no reply can satisfy", lambda: fields.check_schema(with_bounds(minimum=30, maximum=25)))
attempt("4. a schema that forbids what the rows teach",
        lambda: fields.check_schema(with_bounds(maximum=3), gold_records))
(Path(here.name) / "adapter_model.safetensors").write_bytes(b"weights")
attempt("5. an adapter's folder without its config", lambda: adapters.check(here.name, choice.path, None))
here.cleanup()

# %% [markdown]
# The second and the fourth are treacherous: an intent without examples is simply never answered, and a model that was
# taught replies which its own program refuses fails in use, not in training.
#
# ## 2. Form and content
#
# Every reply gets two marks. **Form**: can it be taken as it is? A known label; JSON that validates; every rule of the
# house's format. **Right**: how much of what it must say does it say? The label; the share of the fields; the share of
# name, weight, size, price, feature and care in a description, and nothing if it states a value that its record has
# not; for a post, that it gives a figure, and no figure or name that the article has not. A reply is **done** if both
# marks are full. Beside them stands **ROUGE-L**, the usual measure for summaries: how many words a reply shares, in
# order, with one that a person wrote. Small numbers first: one description, and three that were spoilt by hand.

# %%
from ftlab.scores import task_scores as scored
from ftlab.scores.overlap import rouge_l

row = tasks.held_out("description", 1)[0]
gold = row["messages"][-1]["content"]
spoilt = {"as wanted": gold, "another price": re.sub(r"\$\d+", "$11", gold), "no care line": gold.rpartition("\n")[0],
          "in free words": f"The {gold.splitlines()[0]} is a joy to own, and you will love it."}
for name, reply in spoilt.items():
    mark = scored.score(reply, row)
    print(f"{name:>14}: form {'kept' if mark.form else 'broken':6}  right {mark.right:4.0%}  "
          f"{'done' if mark.done else 'not done':8}  ROUGE-L {rouge_l([reply], [gold])[0]:.2f}")
assert rouge_l([spoilt["another price"]], [gold])[0] > 0.9 and not scored.score(spoilt["another price"], row).done

# %% [markdown]
# A description with a wrong price cannot be printed, and ROUGE-L gives it nearly full marks: it counts words, and one
# word in forty is wrong. So it is shown here, because papers show it, and nothing is decided by it.
#
# ## 3. How far does asking get?
#
# Before tuning, ask. **Plainly**: the instruction and the text. **With examples**: some rows as turns that have already
# been, ten for the intents (one each) and two or three for the others. Such prompts are long, so these are **stored
# runs**, made by `ftlab/workshop/experiments/four_tasks.py`; what came back for the first test row of each task is
# shown.
#
# And ask whether it takes a language model at all. A **frame** is fixed words with what was given put into them, and a
# few patterns that find a value on a page: a hundred lines of Python (`ftlab/scores/frames.py`), written from training
# rows and the house's rules. It runs here, now. (Intents have another such rival, in section 5.)

# %%
from collections import Counter

import numpy as np

from ftlab.evidence.packed import unpack
from ftlab.scores.task_runs import TaskRuns

task_runs = TaskRuns(paths.data() / "stored" / "tasks.json")
stored, settings, kept = task_runs.about, task_runs.settings, task_runs.parts
marks, jobs, framed = task_runs.marks, task_runs.jobs, task_runs.framed  # scores, (seeds, test rows); replies; frames'
print(f"{stored['model']}, untuned, {stored['dtype']}, {stored['date']}\n")
for task in tasks.TASKS:
    row = tasks.held_out(task, 1)[0]
    print(f"{task.upper()}\n  wanted\n{indented(row['messages'][-1]['content'])}")
    for part, name in (("plain", "asked plainly"), ("shown", "with examples"), ("frame", "a frame")):
        if part != "frame" or task in framed:
            reply = (framed[task] if part == "frame" else jobs(part, task)[0]["replies"])[0]
            verdict = "done" if marks(part, task)[0, 0] else "not done"
            print(f"  {name}: {verdict}\n{indented(reply, 330)}")
    print()

# %%
def share(scores) -> str:
    span = intervals.mean_interval(scores).times(100)
    return f"{span.value:3.0f} % [{max(0, span.low):3.0f}, {min(100, span.high):3.0f}]"


def told_of(span) -> str:
    kind = "a gain" if span.low > 0 else "a loss" if span.high < 0 else "not certain"
    return f"{span.value:+.0f} points [{span.low:+.0f}, {span.high:+.0f}], {kind}"


print(f"{'':>12} {'':>13} {'rows':>4} {'form':>17} {'done':>17} {'right':>6} {'ROUGE-L':>8}")
for task in tasks.TASKS:
    for part, name in [("plain", "plainly"), ("shown", "with examples"), ("frame", "a frame")][: 2 + (task in framed)]:
        done, form = marks(part, task), marks(part, task, "form")
        rouge = "" if task in ("intent", "fields") else f"{marks(part, task, 'rouge').mean():.2f}"
        print(f"{task * (part == 'plain'):>12} {name:>13} {done.shape[1]:>4} {share(form):>17} {share(done):>17} "
              f"{marks(part, task, 'right').mean():>6.0%} {rouge:>8}")
for part, name, why in (("frame", "A frame", "An afternoon to write, nothing to run, and here it makes nothing up"),
                        ("shown", "A prompt with examples", "A tuning would only be one more thing to keep")):
    enough = [task for task in tasks.TASKS if (part != "frame" or task in framed) and marks(part, task).mean() >= 0.9]
    print(f"\n{name} does nine in ten of the rows " + (f"of: {', '.join(enough)}. {why}." if enough else
          "in none of the tasks, with these texts and this model.\nA larger model may need no more than the examples: "
          "ask yours first."))

# %% [markdown]
# Square brackets hold 95 % intervals, as everywhere in the course. A reply that is almost a label is none: a program
# looks it up and finds nothing. (Section 6 has a cure for the form of a reply, with tuning or without.)
#
# Read the frame's line with two doubts. The house's pages are put together from some hundred sentences, so patterns
# written from training pages fit the test pages; of pages by many hands they would miss more, which was not measured.
# And its post is one sentence of the article behind a name: it keeps the rules and charms nobody. Nor does its
# description say what a thing is for, as the house's do: "for every day" is said of all, and no mark asks for more. But
# where its line is the best, the sections below are about *how* one tunes, and not about a need. Ask so of each new
# task and model: a prompt can be changed within a minute; a tuning has to be trained, stored and tested anew.
#
# ## 4. One adapter for four tasks
#
# Now the tuning: one adapter, on all four tasks mixed. LoRA of rank 16 on all linear layers, each row seen once. (What
# LoRA is, notebook 04 tells; here it is the usual way to tune, as in notebook 02.)

# %%
import io
from contextlib import redirect_stdout

train = tasks.mixture(SIZES, SEED)
steps = math.ceil(len(train) / BATCH_SIZE)
with redirect_stdout(io.StringIO()):  # the trainer prints its log
    run = sft.from_shelf("tasks", choice, train, lora=sft.LORA, lr=LR, steps=steps,
                         batch_size=BATCH_SIZE, seed=SEED)
tuned, tokenizer = run.model, run.tokenizer
print(f"{len(train)} rows in {steps} steps: " + ", ".join(f"{size} {task}" for task, size in SIZES.items()))
print(f"The stored adapter of the next sections: {sum(settings['sizes'].values())} rows, each seen "
      f"{settings['epochs']} times, learning rate {settings['lr']:g}, {settings['batch_size']} rows a step.")

# %%
MOST_TOKENS = {"intent": 8, "fields": 90, "description": 84, "post": 64}  # most tokens of a reply
asked = {task: tasks.held_out(task, ASKED[task]) for task in tasks.TASKS}
replies = {task: generate.replies(tuned, tokenizer, chat.prompts(tokenizer, rows), MOST_TOKENS[task])
           for task, rows in asked.items()}
marked = {task: scored.scores(replies[task], rows) for task, rows in asked.items()}
for task in tasks.TASKS:
    done = [mark.done for mark in marked[task]]
    print(f"{task:>12}: form {sum(mark.form for mark in marked[task]):>2} of {len(done):>2}, right "
          f"{sum(mark.right for mark in marked[task]) / len(done):4.0%}, done {sum(done):>2} of {len(done)}")
for task in ("description", "post"):
    for reply, mark in list(zip(replies[task], marked[task], strict=True))[:3]:
        form = "form kept" if mark.form else "form broken"
        print(f"\n{task}: {form}, right {mark.right:.0%}, {'done' if mark.done else 'not done'}\n{indented(reply)}")

# %% [markdown]
# A handful of replies shows *how* it goes right or wrong and ranks nothing. A reply may look like the house's and say
# what is not so, or give the right values in a form that nobody can use. And read the sentences: no mark does.
# "Right" looks at values and names, so a post with the article's figures counts as right even if its sentence is
# untrue, and a description may be done although its sentence makes no sense or names no use, as the instruction wants:
# no mark looks for one. Each share of descriptions and posts
# that are done is thus the most that a reader would pass. The next sections compare the stored adapter, which saw
# more rows, on more test rows.
#
# ## 5. Labels: is a language model needed?
#
# For sorting texts under labels there is an old and honest rival: count the words of each message, weigh the rare ones
# more (**TF-IDF**), and let a **logistic regression** draw lines between the labels. It trains in a blink, on any
# machine. Per label, **precision** is the share of the messages sorted there that belong there; **recall** is the share
# of those that belong there that were sorted there; **F1** is their harmonic mean, and **macro F1** the plain mean over
# the labels.

# %%
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from ftlab.scores.labels import score_labels


def word_counter(rows: list[dict]):
    """A sorter that knows no language: words and pairs of words, weighed, and lines between the labels."""
    sorter = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
                           LogisticRegression(C=10, max_iter=1000))
    return sorter.fit([row["source"] for row in rows], [row["label"] for row in rows])


def sorted_by(rows: list[dict], asked_rows: list[dict]):
    said = word_counter(rows).predict([row["source"] for row in asked_rows])
    return score_labels(list(said), [row["label"] for row in asked_rows], tasks.INTENTS)


by_words = sorted_by([row for row in train if row["task"] == "intent"], asked["intent"])
by_model = score_labels(replies["intent"], [row["label"] for row in asked["intent"]], tasks.INTENTS)
print(f"{SIZES['intent']} tickets to learn from, {len(by_words.each)} to sort; macro F1: the adapter of section 4 "
      f"{by_model.f1:.2f}, word counts {by_words.f1:.2f}")
if by_model.unknown:
    print("Not labels, yet said by the adapter:", ", ".join(map(repr, by_model.unknown)))

# %% [markdown]
# Both learnt from the same few tickets. The stored adapter had more of them and sorted all test tickets. Beside it,
# label by label, the word counter with the same tickets; and below, with all the labelled tickets that there are.

# %%
count, every = settings["sizes"]["intent"], tasks.held_out("intent")[: marks("all", "intent").shape[1]]
labels = [row["label"] for row in every]
adapted = [score_labels(job["replies"], labels, tasks.INTENTS) for job in jobs("all", "intent")]  # one a seed
counted = [sorted_by([row for row in tasks.mixture(settings["sizes"], each["seed"]) if row["task"] == "intent"], every)
           for each in kept["all"]]
counters = {f"word counts, the same {count} tickets": counted,
            f"word counts, all {len(tickets)} tickets": [sorted_by(tasks.rows("intent", "train"), every)]}
told, few = adapted[0], counted[0]
print(f"{len(every)} test tickets{'the adapter':>19}{f'word counts, {count} tickets':>36}   (first seed)\n{'':>14} "
      + (f"{'precision':>9} {'recall':>7} {'F1':>5}     " * 2))
for label in tasks.INTENTS:
    print(f"{label:>14} " + "".join(f"{found['precision']:>9.2f} {found['recall']:>7.2f} {found['f1']:>5.2f}     "
                                    for found in (told.by_label[label], few.by_label[label])))
print(f"{'macro':>14} " + "".join(f"{found.precision:>9.2f} {found.recall:>7.2f} {found.f1:>5.2f}     "
                                  for found in (told, few)))
print(f"\n{'':>36} {'macro F1':>8} {'right':>17}   (seeds: {len(adapted)})")
for name, found in {f"the stored adapter, {count} tickets": adapted, **counters}.items():
    print(f"{name:>36} {sum(one.f1 for one in found) / len(found):>8.2f} {share([one.each for one in found]):>17}")

# %%
def standing(gap) -> str:
    return "ahead of" if gap.low > 0 else "behind" if gap.high < 0 else "not to be told apart from"


ahead = {name: intervals.paired_difference(*([one.each for one in each] for each in (adapted, found))).times(100)
         for name, found in counters.items()}
for name, gap in ahead.items():
    print(f"The adapter is {standing(gap)} {name}: {gap.value:+.1f} points [{gap.low:+.1f}, {gap.high:+.1f}].")
won = sum(gap.low > 0 for gap in ahead.values())
print("So on these tickets, with this training, it is ahead " + (
    "of neither for certain, and counting words costs less. Here that is the answer.",
    "for certain of one of the two only: count the labelled tickets before you tune.",
    "of both for certain: the language model earns its keep here.")[won])
alone = intervals.paired_difference(marks("intent", "intent"), [one.each for one in counted]).times(100)
print("Even the first line is no even match: that adapter learned three more tasks beside. One tuned on tickets alone "
      f"is {standing(alone)} counting as many: {alone.value:+.1f} points [{alone.low:+.1f}, {alone.high:+.1f}]. What "
      f"an adapter makes of all {len(tickets)} tickets was not measured.")

# %% [markdown]
# A language model need not be shown that "cash" is money; the word counter knows only words that it has seen, yet may
# lead on some labels, and it trains in a blink. A team that tunes a model to sort messages should know by how much it
# beats ten lines of counting, and whether it does.
#
# ## 6. Replies that a program can read
#
# A program takes a reply only if it validates. There are two ways to get there: teach it, or force it. **Constrained
# decoding** forces it: before each token is chosen, a grammar says which tokens may come next, and all others get a
# score of minus infinity. The library `llguidance` makes the grammar, of our schema or of the list of labels, and keeps
# track of it; what remains is a few lines that `transformers` calls at each step.

# %% tags=["twin:ftlab.tuning.constrained:Follow"]
from llguidance import LLMatcher
from llguidance.hf import from_tokenizer
from transformers import LogitsProcessor


class Follow(LogitsProcessor):
    def __init__(self, grammar, words, rows):
        self.matchers = [LLMatcher(words, grammar) for _ in range(rows)]
        self.begun, self.end = False, words.eos_token

    def __call__(self, ids, scores):
        for matcher, row, logits in zip(self.matchers, ids, scores, strict=True):
            if self.begun and not matcher.is_stopped():
                matcher.consume_token(row[-1].item())
            if matcher.is_stopped():  # the text is whole: nothing but the end may follow
                logits.fill_(-torch.inf)[self.end] = 0
            else:
                allowed = torch.frombuffer(bytearray(matcher.compute_logit_bias()), dtype=torch.uint8)  # (V,)
                logits.masked_fill_(allowed.to(logits.device) == 0, -torch.inf)
        self.begun = True
        return scores

# %% [markdown]
# What may come next after a few beginnings? We ask the grammars themselves, without a model: the first two lines that
# of the labels, the other three that of the schema.

# %%
width = tuned.get_output_embeddings().weight.shape[0]
words = from_tokenizer(tokenizer, n_vocab=width, eos_token=generate.stops(tuned, tokenizer))
one_label = LLMatcher.grammar_from_lark("start: " + " | ".join(f'"{label}"' for label in tasks.INTENTS))
for rules, beginning in ((one_label, ""), (one_label, "re"), (grammar, ""),
                         (grammar, '{"product": "Gull Kettle", "price_dollars": '),
                         (grammar, '{"product": "Gull Kettle", "price_dollars": 40, "weight": "1 kg", "made_in": '
                                   '"Ostley", "warranty_years": 2, "dishwasher_safe": ')):
    matcher = LLMatcher(words, rules)
    matcher.consume_tokens(tokenizer(beginning, add_special_tokens=False)["input_ids"])
    may = [token for token, bias in enumerate(matcher.compute_logit_bias()) if bias]
    some = ", ".join(repr(tokenizer.decode([token])) for token in may[:8])
    print(f"... {beginning[-34:]!r}: {len(may)} of {width:,} tokens: {some}{' ...' if len(may) > 8 else ''}")

# %%
held = generate.replies(tuned, tokenizer, chat.prompts(tokenizer, asked["fields"]), MOST_TOKENS["fields"],
                        held_to=lambda rows: Follow(grammar, words, rows))
held_marks = scored.scores(held, asked["fields"])
for name, found in (("free", marked["fields"]), ("held to the schema", held_marks)):
    print(f"{name}: valid {sum(mark.form for mark in found)} of {len(found)}, fields right "
          f"{sum(mark.right for mark in found) / len(found):.0%}")
print(f"The grammar changed {sum(a != b for a, b in zip(held, replies['fields'], strict=True))} of the replies.")
failed = [i for i, mark in enumerate(held_marks) if not mark.done]
for i in (failed + [i for i in range(len(held)) if i not in failed])[:3]:  # those that went wrong first
    gold = asked["fields"][i]["messages"][-1]["content"]
    wrong = [key for key, right in fields.right_fields(held[i], json.loads(gold)).items() if not right]
    print(f"\nfree    {replies['fields'][i]}\nheld    {held[i]}\nwanted  {gold}\n"
          f"        -> {'valid' if held_marks[i].form else 'not valid'} when held; wrong: {', '.join(wrong) or 'none'}")

# %% [markdown]
# Each field that is wrong in a valid reply is the dangerous kind: the program takes it. (Two examples may look alike,
# as there are several pages about one product; where the grammar changed nothing, free and held are the same.) Now from
# the stored runs, each free and held on the same pages.

# %%
truths = [json.loads(row["messages"][-1]["content"]) for row in tasks.held_out("fields")]
short = dict(zip(tasks.FIELDS, ("product", "price", "weight", "made in", "warranty", "dishw."), strict=True))
three = (("plain", "untuned, asked plainly"), ("shown", "untuned, with examples"), ("all", "tuned adapter"))
print(f"{'':>36} {'valid':>17} | right, by field\n{'':>29} {'pages':>6} {'':>17} | "
      + " ".join(f"{name:>8}" for name in short.values()) + f" {'all six':>8}")
for part, name in three:
    pages = min(marks(part, "fields", "form", is_held).shape[1] for is_held in (False, True))  # that both answered
    for is_held in (False, True):
        right = [fields.right_fields(reply, truth) for job in jobs(part, "fields", is_held)
                 for reply, truth in zip(job["replies"][:pages], truths, strict=False)]
        shares = [sum(each[field] for each in right) / len(right) for field in short]
        form, done = (marks(part, "fields", key, is_held)[:, :pages] for key in ("form", "done"))
        print(f"{'held to the schema' if is_held else name:>29} {pages:>6} {share(form):>17} | "
              + " ".join(f"{value:>8.0%}" for value in shares) + f" {done.mean():>8.0%}")
right = [fields.right_fields(reply, truth) for reply, truth in zip(framed["fields"], truths, strict=True)]
print(f"{'a frame, no model':>29} {len(truths):>6} {share(marks('frame', 'fields', 'form')):>17} | "
      + " ".join(f"{sum(each[field] for each in right) / len(right):>8.0%}" for field in short)
      + f" {marks('frame', 'fields').mean():>8.0%}")
print(f"All {len(truths)} pages are about {len({truth['product'] for truth in truths})} products. Pages on one product "
      "are alike, so these intervals are rather too narrow.")

# %% [markdown]
# Look along the fields. Five of the six stand on the page and can be copied. The sixth does not stand there as a
# value: a page says that the dishwasher will not harm the thing, or that it does not belong in there, or nothing, and
# the reply is `true`, `false` or `null`. A schema cannot notice if the model only fills it: any of the three is
# valid. Nor can the share of right fields: a value that stands in every reply is right wherever it happens to be
# true. So count how many different values the tuned adapter says in each field, and how many there are; and where
# nearly all replies say the same, which. (The score overlooks capitals, spaces and a final mark, so one name may be
# counted here in two spellings; Exercise 2 is stricter.)

# %%
def said_in(field: str, replies: list[str]) -> Counter:
    found = [fields.read(reply) or {} for reply in replies]
    return Counter(json.dumps(each[field]) if field in each else "nothing" for each in found)


told_there = [reply for job in jobs("all", "fields") for reply in job["replies"]]
said_values = {field: said_in(field, told_there) for field in short}
print(f"{'different values of':>36} | " + " ".join(f"{name:>8}" for name in short.values()))
for name, found in (("tuned adapter", said_values),
                    ("the truth", {field: {json.dumps(truth[field]) for truth in truths} for field in short})):
    print(f"{name:>36} | " + " ".join(f"{len(found[field]):>8}" for field in short))
commonest = {field: said_values[field].most_common(1)[0] for field in short}
for field in (alike := [field for field in short if commonest[field][1] >= 0.9 * len(told_there)]):
    value, times = commonest[field]
    true = sum(json.dumps(truth[field]) == value for truth in truths)
    print(f"'{field}': it says {value} in {times} of {len(told_there)} replies, so next to nothing shows that it read "
          f"for this field.\nWho said {value} always would be right on {true} of {len(truths)} pages.")
if not alike:
    print("In no field does it say the same in nine of ten replies.")

# %% [markdown]
# ### Labels, held
#
# The same cure for labels that are none (section 3): the untuned model's reply held to the ten words. That takes no
# training, and asked plainly no ticket, so it is one more rival for section 5. But the grammar weighs no label against
# another: it lets through the likeliest *token* that some label goes on with, and that label need not be the likeliest
# as a whole. (Word counts below are those with the adapter's own tickets.)

# %%
print(f"{'':>29} {'tickets':>7} {'a label':>17} {'right':>17} {'macro F1':>8}  most often said")
stands = {}  # held, against the word counter with the same tickets as the adapter
for part, name in three:
    for is_held in (False, True):
        found = [score_labels(job["replies"], labels[: len(job["replies"])], tasks.INTENTS)
                 for job in jobs(part, "intent", is_held)]
        right = marks(part, "intent", "right", is_held)
        stands[name] = intervals.paired_difference(right, [one.each[: right.shape[1]] for one in counted]).times(100)
        (most, times), *_ = Counter(jobs(part, "intent", is_held)[0]["replies"]).most_common()
        print(f"{'held to the labels' if is_held else name:>29} {right.shape[1]:>7} "
              f"{share(marks(part, 'intent', 'form', is_held)):>17} {share(right):>17} "
              f"{sum(one.f1 for one in found) / len(found):>8.2f}  {textwrap.shorten(most, 30)!r} ({times})")
for name, gap in stands.items():
    print(f"{name}, held: {standing(gap)} word counts ({gap.value:+.0f} points [{gap.low:+.0f}, {gap.high:+.0f}])")

# %% [markdown]
# A grammar guarantees the form, if the reply may run to its end, and nothing about the truth: a model that does not
# know sounds as if it did. So use both: teach the content, force the form, and check values against the page where you
# can. Where a tuned model's replies were all valid anyway, the grammar changes none of these; it vouches for the next
# one.
#
# ## 7. One adapter for all, or one for each?
#
# One adapter for four tasks is one file, one training, one thing to test. Adapters of their own can be changed without
# touching the others, and none has to share. Do the tasks get in each other's way, or help each other? In the stored
# runs both ways saw the same rows, as often and at the same learning rate: one adapter all of them mixed, each of the
# others those of one task. Two pairs of these are not quite of the same rows: the intents' own adapter was tuned before
# 4 of its 120 tickets were reworded, and the posts' own before 13 of its 40 articles were, a third of them. An adapter
# of its own thus took fewer steps. Where it is ahead, that is not because it took more of them; where it is behind, it
# may only have had too few. Below, `one_number` is exactly one number (of which the prompt says no more than "one fact
# with a number", to prompts and adapters alike), `subject` a product or place at the beginning, `calm` no exclamation
# mark, `use` one sentence in the second line, whatever it says, and `facts` the line of facts in its form, whether they
# are true or not. "Right" looks at the truth: for a description the share of the facts that it tells, unless it tells a
# false one.

# %%
from ftlab.world import articles


def steps_for(names) -> int:
    rows = sum(settings["sizes"][task] for task in names)
    return settings["epochs"] * math.ceil(rows / settings["batch_size"])


print(f"{stored['model']}, {stored['dtype']}, seeds: {len(kept['all'])}, {stored['date']}\n")
print(f"{'replies done':>12} {'rows':>5} {'one for all':>17} {'one for each':>17} {'all minus each':>22}")
gaps = {}
for task in tasks.TASKS:
    together, apart = marks("all", task), marks(task, task)  # of the same test rows
    gap = gaps[task] = intervals.paired_difference(together, apart).times(100)
    print(f"{task:>12} {together.shape[1]:>5} {share(together):>17} {share(apart):>17} "
          f"{f'{gap.value:+.0f} [{gap.low:+.0f}, {gap.high:+.0f}] points':>22}")
took = {part: kept[part][0]["tuned_s"] / 60 for part in ("all", *tasks.TASKS)}  # minutes, with the first seed
print(f"For all: {steps_for(tasks.TASKS)} steps, {took['all']:.1f} minutes; "
      + "; ".join(f"{task}: {steps_for([task])} steps, {took[task]:.1f} minutes" for task in tasks.TASKS))
better = [task for task, gap in gaps.items() if gap.low > 0]
worse = [task for task, gap in gaps.items() if gap.high < 0]
print(f"On these rows, for these trainings, the one for all is for certain ahead in "
      f"{' and '.join(better) or 'no task'}, and behind in {' and '.join(worse) or 'none'}.")
print("\nRight facts, and likeness to a person's text (ROUGE-L), on the mean over replies:")
for task in tasks.TASKS:
    each = {name: f"right {marks(part, task, 'right').mean():.0%}" + (
            f", ROUGE-L {marks(part, task, 'rouge').mean():.2f}" if task in ("description", "post") else "")
            for name, part in (("one for all", "all"), ("one for each", task))}
    print(f"{task:>12}: " + "; ".join(f"{name} {found}" for name, found in each.items()))
print("\nWhich rules break? Share of replies that keep each:")
for task, check in (("description", articles.check_description), ("post", articles.check_post)):
    for name, part in (("one for all", "all"), ("one for each", task)):
        rules = [check(reply) for job in jobs(part, task) for reply in job["replies"]]
        print(f"{task:>12}, {name}: " + ", ".join(f"{rule} {np.mean([each[rule] for each in rules]):.0%}"
                                                  for rule in rules[0]))

# %% [markdown]
# The claim on trial: one adapter for all does about as well as one for each. It counts 60 rows of a task at most, so
# the tickets, which are many, still weigh most. It holds if the whole interval is above -15 points, and is "mixed" if
# the interval has that limit inside. A verdict over all tasks can hide a loss on one, so read it with the lines
# above; and "not certain" below it says that zero lies inside, which this claim allows.

# %%
together, apart = (np.hstack([marks(part or task, task)[:, : settings["in_claim"]] for task in tasks.TASKS])
                   for part in ("all", None))
gap = intervals.paired_difference(together[0], apart[0]).times(100)  # the first seed, as `ftlab claims` takes each
for_all = claims.record("one-adapter-for-all", kept["all"][0]["seed"], *gap, by_prompt=together[0], against=apart[0],
                        model=claims.find("one-adapter-for-all").models[0])
print(f"From the stored runs of {stored['date']}, not trained on your computer:\n{for_all}")
if others := claims.reference("one-adapter-for-all", claims.find("one-adapter-for-all").models[0]):
    print(f"{len(others['runs'])} other seeds: " + ", ".join(f"{run['effect']:+.0f}" for run in others["runs"])
          + f" points; together {others['effect']:+.0f} [{others['low']:+.0f}, {others['high']:+.0f}], "
          f"{others['verdict']}.")

# %% [markdown]
# Do not stop at the verdict. It is of *one* training of each adapter. The last line has more, with other seeds, and
# they lie so far apart that nearly anything would lie inside the range that they lead us to expect. Taken together they
# are *mixed*: whether four tasks share one adapter for free is not settled here, and a team would train both, more than
# once, on its own tasks. (The limit of 15 points is what a team might give for having one file in place of four: a
# choice, and not a measurement.)
#
# ## 8. Instructions that nobody trained on
#
# An adapter for four tasks does four tasks. **Instruction tuning** hopes for more: that a model trained on many
# instructions learns to follow instructions, also ones that it never saw (Wei et al. 2021). This wants several
# trainings, so it is a job for the lab model, and the instructions are as small as the model: from a screen with four
# facts about a product, tell the one that is asked for. One run learns a single instruction, the price, in seven
# wordings; the other a **mixture** of four. Rows, steps and learning rate are equal. A bar belongs beside it: who names
# any of the four facts, whatever was asked, is right in one of four. The claim holds if the whole interval of the
# mixture's lead is above zero.
#
# Two more instructions have replies of another *form*: is a fact on the screen, yes or no; and list those that are. A
# third run has the first of them in a quarter of its rows; the second nobody trains on.

# %%
from ftlab.evidence import clusters
from ftlab.world import screens


def answers_of(some_model, tokenizer, rows: list[dict]) -> list[str]:
    return generate.replies(some_model, tokenizer, chat.prompts(tokenizer, rows), max_new_tokens=16, batch_size=128)


def right_answers(said: list[str], rows: list[dict]) -> list[bool]:
    return [values.exact_match(reply, row["answers"]) for reply, row in zip(said, rows, strict=True)]


sorts = {"the price, in new wordings": screens.rows(("price",), "test", SEED),
         "all four, in new wordings": screens.rows(screens.TRAINED, "test", SEED),
         "four new instructions": screens.rows(screens.NEW, "test", SEED),
         **{form: screens.other_form(form, "test", SEED) for form in screens.FORMS}}
sorts = {name: rows[:LAB_ASKED] for name, rows in sorts.items()}
bars = dict.fromkeys(sorts, "25 %") | {"yes or no": "50 %", "list": "0 %"}  # by naming any fact; by always "yes"
mixed = screens.rows(screens.TRAINED, "train", SEED)
fourths = zip(mixed[::3], mixed[1::3], mixed[2::3], screens.other_form("yes or no", "train", SEED), strict=False)
taught = {"one instruction": screens.rows(("price",), "train", SEED), "mixture of four": mixed,
          "four, and yes or no": [row for four in fourths for row in four]}
for form in screens.FORMS:
    print(*(turn["content"] for turn in sorts[form][0]["messages"]), sep="\n    ")
heard, lab_s = {"untuned": {name: answers_of(*sft.load(lab), rows) for name, rows in sorts.items()}}, {}
for way, rows in taught.items():
    with redirect_stdout(io.StringIO()):
        lab_run = sft.fine_tune(lab, rows[: 4 * LAB_STEPS], lr=LAB_LR, steps=LAB_STEPS, batch_size=4, seed=SEED,
                                disable_tqdm=True)
    lab_s[way] = lab_run.seconds
    heard[way] = {name: answers_of(lab_run.model, lab_run.tokenizer, asked_rows) for name, asked_rows in sorts.items()}
followed = {way: {name: right_answers(said[name], rows) for name, rows in sorts.items()} for way, said in heard.items()}
print(f"{'answers right':>26}" + "".join(f"{way:>20}" for way in followed)
      + f"{'bar':>6} {'questions':>10}")
for name, rows in sorts.items():
    print(f"{name:>26}" + "".join(f"{share(found[name]):>20}" for found in followed.values())
          + f"{bars[name]:>6} {len(rows):>10}")

# %%
new_rows = sorts["four new instructions"]
mixture, single = (clusters.means(followed[way]["four new instructions"], [row["target"] for row in new_rows])[0]
                   for way in ("mixture of four", "one instruction"))
over = intervals.paired_difference(mixture, single).times(100)  # over products
carried = claims.record("instructions-carry-over", SEED, *over, model=claims.LAB, by_prompt=mixture, against=single)
print(carried)
lost = intervals.paired_difference(followed["mixture of four"]["the price, in new wordings"],
                                   followed["one instruction"]["the price, in new wordings"]).times(100)
print(f"\nWhat the mixture pays: it saw the price in a quarter of its rows. On the price that is {told_of(lost)}.")
prices = [re.search(r"Price: (\$[\d.,]*\d)", row["messages"][0]["content"]) for row in new_rows]
priced = [values.exact_match(reply, [price[1]]) for reply, price in
          zip(heard["one instruction"]["four new instructions"], prices, strict=True) if price]
rival = intervals.mean_interval(single).times(100)
print(f"\nThe rival: none of the new instructions asks for the price. Where it is on the screen, the model of one "
      f"instruction\nnames it in {sum(priced)} of {len(priced)} replies; of all, {share(single).strip()} are right: "
      + (
          "less than by naming any fact,\nso on the new facts it does not go by what is asked, and a lead over it "
          "takes little. The bar is the harder test." if rival.high < 25 else
          "more than by naming any fact." if rival.low > 25 else "not to be told apart from naming any fact."))
bar = intervals.mean_interval(mixture).times(100)
print("By naming any fact of the screen it would be 25 %: " + (
    "the mixture's model is above that for certain, so it goes by what is asked, at least in part." if bar.low > 25 else
    "the mixture's model is below that for certain." if bar.high < 25 else
    f"its interval, {bar.low:.0f} to {bar.high:.0f} %, includes that.\nSo that it *follows* new instructions is not "
    "shown: compared with the model of one instruction,\nit may only be freer to name another fact than the price."))
lists = max(sum(found["list"]) for found in followed.values())
print(f"Of a form that nobody trained on, a list, the best gives {lists} of {len(sorts['list'])} rightly: " + (
    "this form\nof reply does not carry over here." if lists < len(sorts["list"]) / 20 else
    "some carries over to other forms."))

# %% [markdown]
# Do not read more into it than it is: ten small instructions about one kind of screen. Hold a trained form against its
# bar, too: who always says "yes" has half of the yes-or-no questions. The bar of naming *any* fact is not the only one:
# a model that always names the price has all of the first row, and 33 % of the row of all four, since a third of its
# questions ask for the price. What the run of one instruction has there beyond a third are facts that it was never
# trained to be asked for; the lines under the table speak of the four *new* facts alone. A form that is not above its
# bar is a form learnt and not an answer. (The table counts questions, the lines below it each product once, so the
# shares differ a little, and the intervals more.) Broad models are tuned on thousands of unlike tasks.
#
# ## 9. Facts: reading on
#
# So far the model was given what it needed, on a page or a screen. Can it know Quillmere's goods by heart? The usual
# way is **continued pretraining**: no questions and no replies, the model reads documents, and every token counts. The
# lab model has read a land and a market, and nothing about Quillmere.
#
# Allen-Zhu and Li (2023) report a trap: facts that were read in *one* wording only, however often, are stored in a
# way that questions do not reach; facts read in several wordings can be asked for. We put it on trial. Each product's
# page states six facts. It is read equally often in each run: the same page again and again, or two, four or eight
# pages that say the same in other words and another order. Two scores tell what is stored from what can be asked for:
# does the model, given a product's first page up to a fact, **go on** with that fact; and does it answer a question
# about it, without a page? The claim is about the questions. It holds if the whole interval of the lead is above zero.
# (Mind the first score: the more wordings, the less often that first page itself is read, so it may fall
# although each fact is read equally often.)

# %%
from ftlab.world import phrasings

chosen = phrasings.products(PRODUCTS, SEED)
begun = [each for product in chosen for each in phrasings.beginnings(product, phrasings.pages(product, 1, SEED)[0])]
about = sorted(phrasings.questions(chosen), key=lambda row: row["target"])  # in new wordings, without any page
print("\n\n".join(phrasings.pages(chosen[0], 2, SEED)))
print(f"\nto go on with: ...{begun[0][0][-50:]!r}, rightly {begun[0][1]!r}\nto answer: "
      + next(row["question"] for row in about if row["entity"] == chosen[0].name))

# %%
from datasets import Dataset
from trl import SFTConfig, SFTTrainer

from ftlab.seeded import rng


def read_on(pages: list[str], lr: float = READ_LR):
    """The lab model after reading every page of the list once, in an order drawn by SEED, and its tokenizer."""
    some_model, lab_tokenizer = sft.load(lab)
    rng("reading order", SEED).shuffle(pages)
    trainer = SFTTrainer(
        model=some_model,
        processing_class=lab_tokenizer,
        train_dataset=Dataset.from_list([{"text": page} for page in pages]),  # plain text: the loss is on every token
        args=SFTConfig(
            output_dir=str(paths.runs() / "sft"), save_strategy="no", max_steps=len(pages) // 8,
            per_device_train_batch_size=8, learning_rate=lr, lr_scheduler_type="linear", warmup_steps=0.1,
            seed=SEED, bf16=lab.dtype == "bfloat16", use_cpu=lab.device == "cpu", activation_checkpointing=False,
            report_to="none", logging_strategy="no", disable_tqdm=True))  # fmt: skip
    with redirect_stdout(io.StringIO()):
        trainer.train()
    return some_model, lab_tokenizer


def pages_in(wordings: int) -> list[str]:
    return [page for product in chosen for page in phrasings.pages(product, wordings, SEED) * (READ // wordings)]

# %% [markdown]
# Each run is scored on going on with a page, on questions about Quillmere, and on old ones about the land. Nothing is
# taken off for chance: a model that names one town for every product is right for those made there. Where all products
# score alike, as at 100 %, the interval is that of as many yes-or-no results as there are products, and wider than its
# neighbours'.

# %%
land = files.read_jsonl(paths.data() / "questions" / "general_test.jsonl")
general = rng("general", "yardstick").sample(land, FACTS)
gone_on, learnt, stayed = {}, {}, {}


def known(some_model, tokenizer, rows: list[dict]) -> list[bool]:
    said = generate.answers(some_model, tokenizer, [row["question"] for row in rows])
    return [values.exact_match(answer, row["answers"]) for answer, row in zip(said, rows, strict=True)]


def look(way, some_model, tokenizer) -> None:
    said = generate.replies(some_model, tokenizer, [beginning for beginning, _ in begun], max_new_tokens=12)
    gone_on[way] = [text.lower().startswith(value.lower()) for text, (_, value) in zip(said, begun, strict=True)]
    learnt[way], stayed[way] = known(some_model, tokenizer, about), known(some_model, tokenizer, general)


def over_products(scores, count: int = PRODUCTS):  # (questions,) or (seeds, questions) to (seeds, products)
    return clusters.means(scores, [place * count // np.shape(scores)[-1] for place in range(np.shape(scores)[-1])])


def show(head: str, ways: dict, scores, count: int = PRODUCTS) -> None:
    print(f"\n{head:>26} {'goes on rightly':>17} {'Quillmere, asked':>17} {'old, still known':>17}")
    for name, way in ways.items():
        on, asked_for, old = scores(way)
        print(f"{name:>26} {share(over_products(on, count)):>17} {share(over_products(asked_for, count)):>17} "
              f"{'' if old is None else share(old):>17}")


def first_ahead(gaps: dict) -> str:
    found = next((wordings for wordings, gap in gaps.items() if gap.low > 0), None)
    tried = ", ".join(f"{many}: {gap.value:+.0f} [{gap.low:+.0f}, {gap.high:+.0f}]" for many, gap in gaps.items())
    return f"{found or 'no number tried'} (minus one wording, in points: {tried})"


def live(way):
    return gone_on[way], learnt[way], stayed[way]


look("untuned", *sft.load(lab))
for wordings in (1, 2, 4, 8):
    look(wordings, *read_on(pages_in(wordings)))
print(f"{len(about)} questions about {PRODUCTS} products of Quillmere, {len(general)} about the land. Questions on one "
      "product hang together,\nso the intervals of the first two columns are over products.")
show("wordings", {way: way for way in learnt}, live)
new_words, one_word = over_products(learnt[8])[0], over_products(learnt[1])[0]
more = intervals.paired_difference(new_words, one_word).times(100)
in_words = claims.record("phrasings-count", SEED, *more, by_prompt=new_words, against=one_word, model=claims.LAB)
print(f"\n{in_words}")
print("\nFewest wordings that are ahead of one for certain: " + first_ahead({
    many: intervals.paired_difference(over_products(learnt[many]), one_word).times(100) for many in (2, 4, 8)}))

# %% [markdown]
# Whatever the verdict, look at the level in the table: even after so many readings few of the questions are answered.
# For facts that change or must be right, notebook 07 gives the model the page instead.
#
# ### What reading on costs: the rate, and replay
#
# A model that reads only new things forgets old ones. Two things are done about it. A **lower rate** moves every weight
# less. **Replay** mixes some of the old text in: below, pages about the land, half as many as there are of the new. The
# new pages are read as often as before, so the run is longer: replay is paid for in steps, and it may be paid for in
# new facts, as a lower rate may. So all is measured, at eight wordings. The claim: replay keeps more than the same rate
# without it. It holds if the whole interval of the difference in what is kept is above zero.

# %%
rates, mine = {f"{lr:g}": lr for lr in sorted({READ_LR, *READ_LRS})}, f"{READ_LR:g}"
gone_on[mine], learnt[mine], stayed[mine] = live(8)  # that run has been made
for name, lr in rates.items():
    if name != mine:
        look(name, *read_on(pages_in(8), lr))
new, old = pages_in(8), [row["text"] for row in files.read_jsonl(paths.data() / "general" / "documents.jsonl")]
rng("replay", SEED).shuffle(old)
look("replay", *read_on(new + [old[i % len(old)] for i in range(len(new) // 2)]))
keeps = intervals.paired_difference(stayed["replay"], stayed[8]).times(100)
print(claims.record("replay-keeps", SEED, *keeps, by_prompt=stayed["replay"], against=stayed[8], model=claims.LAB))
paid = intervals.paired_difference(over_products(learnt["replay"]), new_words).times(100)
show("learning rate", {name: name for name in rates} | {f"{mine}, with replay": "replay"}, live)
print(f"\nSo replay changes what is kept of the land by {told_of(keeps)};\nand what is learnt about Quillmere by "
      f"{told_of(paid)}.")
best = [name for name in rates if sum(learnt[name]) == max(sum(learnt[each]) for each in rates)]
others = [name for name in rates if name not in best]
second = max(others, key=lambda name: sum(learnt[name])) if others else None
print(f"Of these rates most is learnt at {' and '.join(best)}" + (
    ", at an end of the row: the best may lie beyond." if {[*rates][0], [*rates][-1]} & {*best} else ".")
    + (f" Against the second best, {second}: " + told_of(intervals.paired_difference(
        over_products(learnt[best[0]]), over_products(learnt[second])).times(100)) + "." if second else ""))
as_good = [name for name in rates if all(sum(each[name]) >= sum(each["replay"]) for each in (learnt, stayed))]
print("Is it replay that one needs? In this run " + (
    f"rate {as_good[0]} alone learnt and kept as much, in fewer steps." if as_good else
    "no rate alone both learnt and kept as much as replay did."))

# %%
figure, (ax, claim_ax) = plt.subplots(2, 1, figsize=(8.5, 6), height_ratios=(3, 1), layout="constrained")
steps_of = [1, 2, 4, 8]
for found, color, line, name in ((gone_on, figures.SKY, ":", "the first page, gone on with"),
                                 (learnt, figures.BLUE, "-", "questions about Quillmere"),
                                 (stayed, figures.GREY, "--", "the land, still known")):
    rows = [found[many] if found is stayed else over_products(found[many]) for many in steps_of]
    spans = [intervals.mean_interval(row).times(100) for row in rows]
    bounded = [(each.value, max(0, each.low), min(100, each.high)) for each in spans]
    figures.curve(ax, steps_of, *zip(*bounded, strict=True), label=name, color=color, ls=line)
ax.set(xlabel="wordings of each page, read equally often in all", ylabel="right (%)", ylim=(-3, 105), xticks=steps_of,
       title="Lab model: the more wordings, the less the first page is read")
ax.legend(fontsize="small", loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=3)
claims.draw("phrasings-count", in_words, claim_ax)
_ = claim_ax.set_title("Eight wordings minus one")

# %% [markdown]
# ### The same with the real model
#
# This takes too long for a lesson, so the cell below shows stored runs
# (`ftlab/workshop/experiments/reading_on.py` makes them); a number of wordings without a line was not run.
#
# - **Read:** the pages of twelve products, each as often as by the lab model, with all weights trained.
# - **Asked:** as a user would ask. What counts is the first sentence of the reply: under a question, "right" and
#   "wrong" speak of it alone, and what follows may be untrue. A right value further on does not count, so a difference
#   may lie partly in what a reply begins with.
# - **Old:** questions about the real world that the model answered before, so they begin at 100 % by choice.
# - **Replay:** what a model of the hub once read is not at hand, so it replays **conversations of its own**: before it
#   read on, it wrote both sides of them. "Replay" is the run of eight wordings with half as many of these conversations
#   as pages, so it is longer; "none" below is the line "eight".
# - **Rate:** the best of three for learning, whatever was forgotten, tried on twelve other products at eight wordings
#   without replay. It suits the run of eight, and part of its lead may come from that.

# %%
path = paths.data() / "stored" / "reading-on.json"
reading = files.read_json(path) if path.exists() else {"runs": []}


def over_seeds(way: str, key: str):  # (seeds, questions)
    return np.array([unpack(run[key]) for run in reading["runs"] if run["way"] == way])


def kept_there(way):
    if way == "untuned":
        return unpack(reading[way]["recited"]), unpack(reading[way]["learnt"]), None
    return [over_seeds(way, key) for key in ("recited", "learnt", "kept")]


names = {"untuned": "untuned", 1: "one", 2: "two", 4: "four", 8: "eight", "replay": "replay"}
ways = {name: name for name in names.values() if name == "untuned" or len(over_seeds(name, "learnt"))}
show("THE LAB MODEL, live", {name: way for way, name in names.items()}, live)
if reading["runs"]:
    its = reading["settings"]
    show("THE REAL MODEL, stored", ways, kept_there, len(its["products"]))
    print(f"\n{reading['model']}, {reading['dtype']}, {reading['date']}; seeds: "
          + ", ".join(f"{len(over_seeds(way, 'learnt'))} of {way}" for way in [*ways][1:]) + ".\nRates tried: "
          + "; ".join(f"{run['lr']:g} learnt {unpack(run['learnt']).mean():.0%}, kept {unpack(run['kept']).mean():.0%}"
                      for run in reading["rates"]) + f". Taken: {its['lr']:g}.")
    for number in (0, 20):  # questions about two products, as the first seed answers them
        print(f"\n{reading['asked'][number]['question']} ({reading['asked'][number]['answer']})")
        for way in ways:
            run = next((run for run in reading["runs"] if run["way"] == way), reading["untuned"])
            print(f"{way:>19}: {'right' if unpack(run['learnt'])[number] else 'wrong'}: "
                  f"{textwrap.shorten(run['replies'][number], 110)}")
else:
    print("\nNo run of the real model is stored yet, so this section tells of the lab model alone. "
          "The\nmodule named above makes the runs, in some hours on two cores.")

# %% [markdown]
# Now what is certain, for each model that has run. Questions on one product count as one score, so that the intervals
# of what is learnt are about products, and with stored runs of several seeds about these too. A claim about the real
# model is judged on the first seed alone, as reference runs are; what other wordings or another order would bring,
# one seed does not say. And "holds" means more than the rival, not much, and not all: look at the levels in the
# tables too.

# %%
def arms_of(a: str, b: str, key: str, most: int | None = None):  # ways a and b, for the same seeds
    rows = [over_seeds(way, key)[:most] for way in (a, b)]
    return rows if key == "kept" else [over_products(row, len(its["products"])) for row in rows]


def far_gap(a: str, b: str, key: str, most: int | None = None):  # way a minus way b, in points
    return intervals.paired_difference(*arms_of(a, b, key, most)).times(100)


def told_by_both(name: str, here, far) -> str:
    kinds = {told_of(span).rpartition(", ")[2] for span in (here, far)}
    return (f"{name}: the lab model {told_of(here)};\n    the real model {told_of(far)}: "
            + ("neither is certain." if kinds == {"not certain"} else f"{kinds.pop()} on both." if len(kinds) == 1 else
               "only one of the two is certain." if "not certain" in kinds else "the two contradict each other."))


gaps_told = {"eight wordings minus one, learnt": (more, "eight", "one", "learnt"),
             "replay minus none, kept": (keeps, "replay", "eight", "kept"),
             "replay minus none, learnt": (paid, "replay", "eight", "learnt")}
stored_and_asked = {"lab": (live(1), PRODUCTS)}
if reading["runs"]:
    for claim_id, a, b, key in (("phrasings-count-real", "eight", "one", "learnt"),
                                ("replay-keeps-real", "replay", "eight", "kept")):
        new, old = (rows[0] for rows in arms_of(a, b, key, 1))
        print(claims.record(claim_id, its["seeds"][0], *far_gap(a, b, key, 1), by_prompt=new, against=old,
                            model=claims.find(claim_id).models[0]))
    print("\nReal model, fewest wordings that are ahead of one for certain: " + first_ahead({
        many: far_gap(way, "one", "learnt", len(over_seeds(way, "learnt")))
        for many, way in ((2, "two"), (4, "four"), (8, "eight")) if way in ways}) + "\n")
    stored_and_asked["real"] = (kept_there("one"), len(its["products"]))
for name, (here, a, b, key) in gaps_told.items():
    print(told_by_both(name, here, far_gap(a, b, key)) if reading["runs"] else f"{name}: {told_of(here)}")
for name, (rows, many) in stored_and_asked.items():
    on, answered = (intervals.mean_interval(over_products(row, many)).times(100) for row in rows[:2])
    print(f"Read in one wording, the {name} model goes on with {on.value:.0f} % of the facts and answers "
          f"{answered.value:.0f} % of the questions:\n    " + ("more is stored than a question reaches." if
          on.low > answered.high else "no certain gap between stored and asked for."))
if reading["runs"]:
    eight = {key: 100 * np.mean(over_seeds("eight", key)) for key in ("kept", "learnt")}
    print(f"\nThe price, on the real model: after eight wordings without replay it still answers {eight['kept']:.0f} % "
          f"of the old questions, and {eight['learnt']:.0f} % of the new.")

# %% [markdown]
# ## 10. What to do for which task
#
# Two tables. The first has the four tasks: rows in the training, the best rival and what it does by the marks (a reader
# may pass less), what each adapter gained over it on the same test rows, and the minutes of its tuning. Rivals are the
# two prompts, the same held to a grammar where there is one, a frame, and for labels the word counter with the same
# tickets. A negative gain is a loss. Fourteen descriptions and thirty posts, all there are to test on, decide large
# differences only: look at the width of their intervals.
#
# The second has what is no task: instructions and facts. Here a training is compared with a lesser one, over which a
# lead may take little, and what was forgotten meanwhile stands in section 9 alone.

# %%
print(f"{'':>51} {'gain over the rival, in points':>31} {'minutes':>14}\n{'task':>16} {'rows':>5} {'best rival':>21} "
      f"{'done':>6} {'one for all':>15} {'one for each':>15} {'all':>7} {'own':>6}")
table = {}
for task in tasks.TASKS:
    rivals = task_runs.rivals(task)
    if task == "intent":
        rivals["word counts"] = np.array([one.each for one in counted], dtype=float)
    name, rival = max(rivals.items(), key=lambda each: each[1].mean())
    mine = marks("all", task)
    many = min(mine.shape[1], rival.shape[1])  # the rows that all of them answered
    gain, own = (intervals.paired_difference(done[:, :many], rival[:, :many]).times(100)
                 for done in (mine, marks(task, task)))
    table[task] = (gain, own, name, rival[:, :many].mean())
    print(f"{task:>16} {settings['sizes'][task]:>5} {name:>21} {table[task][3]:>6.0%} "
          + " ".join(f"{f'{each.value:+.0f} [{each.low:+.0f}, {each.high:+.0f}]':>15}" for each in (gain, own))
          + f" {str(round(took['all'], 1)) if task == tasks.TASKS[0] else '':>7} {took[task]:>6.1f}")
trainings = [("new instructions", "lab", "a mixture of four", "one instruction", np.mean(single), over,
              f"{lab_s['mixture of four']:.0f} s")]
facts_of = [("lab", np.mean(one_word), more, "")]
if reading["runs"]:
    spent = next(run["trained_s"] for run in reading["runs"] if run["way"] == "eight")
    facts_of.append(("real", over_seeds("one", "learnt").mean(), far_gap("eight", "one", "learnt"), f"{spent:.0f} s"))
trainings += [("facts by heart", which, "eight wordings", "one wording", *rest) for which, *rest in facts_of]
print(f"\n{'':>16} {'model':>5} {'the better training':>19} {'the lesser':>15} {'has':>5} {'gain in points':>15} "
      f"{'seconds':>8}")
for name, which, better, lesser, has, span, took_s in trainings:
    print(f"{name:>16} {which:>5} {better:>19} {lesser:>15} {has:>5.0%} "
          f"{f'{span.value:+.0f} [{span.low:+.0f}, {span.high:+.0f}]':>15} {took_s:>8}")
print()
for place, name in enumerate(("One for all", "One for each")):
    print(f"{name} is ahead of the best rival in the table for certain, on these rows, with this training, in: "
          + (", ".join(task for task in table if table[task][place].low > 0) or "none"))
print(f"For intents the rival had the same {settings['sizes']['intent']} tickets; "
      f"of word counts with all {len(tickets)} section 5 says: the adapter is "
      f"{standing(list(ahead.values())[-1])} them.")
no_model = [task for task in table if table[task][2] in ("a frame", "word counts")]
print("The best rival needs no language model in: " + (", ".join(no_model) or "none of them"))
if spared := [task for task in no_model if max(each.low for each in table[task][:2]) <= 0]:
    print(f"No adapter is ahead of it for certain in: {', '.join(spared)}. There, with texts like these, do not tune.")
low = [task for task in tasks.TASKS if max(marks("all", task).mean(), marks(task, task).mean()) < 0.5]
print("Neither adapter does half of the rows of: " + ", ".join(low) + ". There a person would have to read each of an "
      "adapter's replies." if low else "The better adapter does at least half of the rows of each task.")

# %% [markdown]
# ## Exercises
#
# ### Exercise 1: F1 of one label (core, 8 minutes, medium)
#
# Section 5 took precision, recall and F1 from a library. Write F1 for one label. A label that was never rightly
# predicted has F1 0, whatever the divisions say.

# %%
def f1(predicted, true, label):
    """F1 of one label, from 0 to 1.

    Args:
        predicted, true: Lists of labels, one for each message.
    """
    # your code here

# %% tags=["raises-exception"]
from ftlab.exercise import check, passed

true = ["refund", "refund", "refund", "praise", "praise", "praise", "privacy", "privacy"]
said = ["refund", "praise", "praise", "refund", "praise", "praise", "refund", "refund"]
# refund: said 4 times, once rightly (precision 1/4); 3 there are (recall 1/3); F1 = 2 / (4 + 3)
found = f1(said, true, "refund")
check(found is not None, "nothing comes back. Return one number.")
check(not isinstance(found, str), "return a number, not a text.")
check(lambda: 0 <= float(found) <= 1, "F1 lies between 0 and 1.")
check(abs(found - 1 / 4) > 1e-9, "that is the precision: of what was sorted there, what belongs there.")
check(abs(found - 1 / 3) > 1e-9, "that is the recall: of what belongs there, what was sorted there.")
check(abs(found - 7 / 24) > 1e-9, "that is the plain mean of the two; F1 is the harmonic one, 2PR / (P + R).")
check(abs(found - 3 / 8) > 1e-9, "that is the share of all messages that are right: F1 looks at one label.")
check(not 1e-9 < abs(found - 2 / 7) < 5e-3, "that is rounded: return F1 itself, 2/7.")
check(abs(found - 2 / 7) < 1e-9, "precision 1/4 and recall 1/3 make 2PR / (P + R) = 2/7.")
try:
    found = [f1(said, true, "privacy"), f1(["praise"] * 8, true, "refund"), f1(true, true, "shipping"),
             f1(["refund", "praise"], ["praise", "refund"], "refund")]
except ZeroDivisionError:
    found = None
check(found is not None, "a label that was never said, never occurs, or is never hit must not divide by zero: its F1 "
                         "is 0.")
check(found == [0, 0, 0, 0], "a label with no right prediction has F1 0.")
found = f1(["refund", "praise", "praise"], ["refund", "refund", "praise"], "refund")
check(abs(found - 2 / 3) < 1e-9, "all that was sorted there belongs there, and half was missed: F1 is 2/3 then.")
check(f1(true, true, "praise") == 1, "where everything is right, F1 is 1.")
found = f1(["over", "handover", "overdue", "Over"], ["over", "handover", "overdue", "over"], "over")
check(abs(found - 2 / 3) < 1e-9,
      "'over' is a part of 'handover' and of 'overdue', and 'Over' is another label: compare whole labels as they are.")
passed("You can say how well one label is sorted, the awkward ones included.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# Count the hits first: places where both lists have the label. Precision is hits / how often it was said, recall is
# hits / how often it is true; written together, F1 = 2 hits / (said + true).
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# def f1(predicted, true, label):
#     hits = sum(p == label == t for p, t in zip(predicted, true))
#     return 2 * hits / (predicted.count(label) + true.count(label)) if hits else 0
# ```
#
# </details>
#
# ### Exercise 2: a field is right (core, 10 minutes, medium)
#
# A program reads a reply as JSON. Say for each key of the truth whether the reply gives it rightly: the same value *of
# the same JSON type*. Beware: for Python `True == 1`, and for the program `true` is no number. 2 and 2.0 are one number
# in JSON, and 2.4 is another. A text is right if it is the same sign by sign, capitals included. A reply that is no
# JSON object gives nothing rightly, also where it has one among other words: the program cuts nothing out.

# %%
def fields_right(reply, truth):
    """For each key of the truth, whether the reply has it rightly.

    Args:
        reply: A text that may be JSON.
        truth: A dict of texts, numbers, True, False and None.
    """
    # your code here

# %% tags=["raises-exception"]
from ftlab.exercise import check, passed

truth = {"product": "Gull Kettle", "warranty_years": 1, "price_dollars": 40.0, "dishwasher_safe": True}
found = fields_right('{"product": "Gull Kettle", "warranty_years": 1, "price_dollars": 40, "dishwasher_safe": true}',
                     truth)
check(isinstance(found, dict), "return a dict with True or False for each key of the truth.")
check(set(found) == set(truth), "the keys are those of the truth, all of them and no others.")
check(found["price_dollars"], "40 and 40.0 are one number in JSON.")
check(all(found.values()), "all four fields of the first reply are right.")
found = fields_right('{"product": "Gull Kettle", "warranty_years": true, "price_dollars": "40.0", '
                     '"dishwasher_safe": 1}', truth)
check(not found["warranty_years"] and not found["dishwasher_safe"],
      "true is not 1 for a program that reads JSON, nor 1 true: look at the type as well.")
check(not found["price_dollars"], 'the text "40.0" is no number.')
check(found["product"], "the product is right in that reply: one wrong field does not spoil the others.")
try:
    found = [fields_right(reply, truth) for reply in ("Sure! {}", "[1, 2]", '{"product": "Gull Kettle"', "7")]
except (ValueError, TypeError, AttributeError):
    found = None
check(found is not None, "a reply that is no JSON object must not raise: models write such things every day.")
check(all(set(each) == set(truth) and not any(each.values()) for each in found),
      "a reply that is no JSON object has every key of the truth wrong.")
check(not any(fields_right('Sure! {"product": "Gull Kettle"}', truth).values()),
      "with 'Sure!' before it a reply is no JSON object: the program stops there, so do not cut the object out.")
check(not any(fields_right('{"product": "Gull Kettle"} Hope it helps!', truth).values()),
      "with more words behind it a reply is no JSON object either: the program reads all of it or nothing.")
check(fields_right('{"warranty_years": 1.0}', truth)["warranty_years"], "1.0 and 1 are one number in JSON.")
found = fields_right('{"product": "Gull Kettle", "extra": 3}', {"product": "Gull Kettle", "dishwasher_safe": None})
check(not found["dishwasher_safe"], "a missing key is not the same as null: the reply has to say null.")
wanted = {"price_dollars": 40, "dishwasher_safe": False, "made_in": None}
found = fields_right('{"price_dollars": 45, "dishwasher_safe": false, "made_in": null}', wanted)
check(not found["price_dollars"], "45 is not 40: compare the values too, not their types alone.")
check(found["dishwasher_safe"], "where false is the truth, false is right: a right value need not count as true.")
check(found["made_in"], "where null is the truth, null is right: it is a value like any other.")
for other in ("Tern Kettle", "gull kettle", "Gull Kettle XL", "Gull", "Gull Kettle "):
    check(not fields_right(f'{{"product": "{other}"}}', truth)["product"],
          f"'{other}' is not 'Gull Kettle': compare the whole text, capitals included.")
check(not fields_right('{"price_dollars": 40.4}', truth)["price_dollars"], "40.4 is not 40: do not round.")
check(not fields_right('{"dishwasher_safe": false}', truth)["dishwasher_safe"],
      "false is not true: compare the values of booleans too, not their types alone.")
check(not fields_right('{"made_in": "Ostley"}', wanted)["made_in"], "where null is the truth, a town is invented.")
check(not fields_right('{"warranty_years": null}', truth)["warranty_years"], "null is not 1: the page states a number.")
passed("Your score sees what a program would see.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# `json.loads` raises a `ValueError` for what is no JSON. `isinstance(value, bool)` tells true and false from numbers.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# def fields_right(reply, truth):
#     import json
#
#     def kind(value):
#         return "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value)
#
#     try:
#         found = json.loads(reply)
#     except ValueError:
#         found = None
#     found = found if isinstance(found, dict) else {}
#     return {key: key in found and kind(found[key]) == kind(value) and found[key] == value
#             for key, value in truth.items()}
# ```
#
# </details>
#
# ### Exercise 3: equal shares (extra, 8 minutes, easy)
#
# Choose training tickets: the first `per_label` of each label, in the order in which they come. If a label has too few,
# say so: raise a `ValueError` whose message names the label, and no label that has enough.

# %%
def equal_shares(rows, labels, per_label):
    """The first ``per_label`` rows of each label, in the rows' own order.

    Args:
        rows: Dicts with a ``"label"``.
    """
    # your code here

# %% tags=["raises-exception"]
from ftlab.exercise import check, passed

rows = [{"id": i, "label": label} for i, label in enumerate(["a", "a", "b", "a", "b", "b", "privacy", "a"])]
try:
    found = equal_shares(rows, ["b", "a"], 2)
except ValueError:
    found = "an error"
check(found is not None, "nothing comes back. Return the chosen rows.")
check(found != "an error", "both labels have two rows: take the first ones of each label, there is nothing to raise.")
check(lambda: iter(found), "return a list of rows.")
found = list(found)
check(lambda: all(row["id"] is not None for row in found), "return the rows themselves, as they were handed in.")
found = [row["id"] for row in found]
check(len(found) == 4, "two of each of two labels are four rows.")
check(sorted(found) == [0, 1, 2, 4], "take the first ones of each label, and no label that was not asked for.")
check(found == [0, 1, 2, 4], "keep the order of the rows: 0, 1, 2, 4.")
try:
    message, found = None, equal_shares(rows, ["a", "b", "privacy"], 2)
except ValueError as error:
    message = str(error)
check(message is not None, "label 'privacy' has one row only: raise a ValueError, do not go on with less.")
check("privacy" in message, "name the label that has too few, in the message.")
few = [{"id": i, "label": label} for i, label in enumerate(["refund", "privacy", "refund"])]
for labels in (["refund", "privacy"], ["privacy", "refund"]):
    try:
        message, found = None, equal_shares(few, labels, 2)
    except ValueError as error:
        message = str(error)
    check(message is not None, f"of the labels {labels} 'privacy' has one row only: look at each label, wherever it "
                               "stands in the list.")
    check("privacy" in message, "name the label that has too few, in the message.")
    check("refund" not in message, "the message names 'refund', which has its two rows: name who has too few, alone.")
check([row["id"] for row in equal_shares(rows, ["privacy"], 1)] == [6], "one row is enough where one is asked for.")
turns = [{"id": i, "label": label} for i, label in enumerate("abab")]
check([row["id"] for row in equal_shares(turns, ["a", "b"], 2)] == [0, 1, 2, 3],
      "of labels that take turns the rows come grouped by label: keep the order in which they stand.")
try:
    message, found = None, equal_shares(few, ["refund", "shipping"], 1)
except ValueError as error:
    message = str(error)
except KeyError:
    message = None
check(message is not None, "'shipping' has no row at all, the worst case: count the labels that were asked for, and "
                           "raise a ValueError.")
check("shipping" in message and "refund" not in message, "name the label without a row, alone.")
passed("No label can go missing unnoticed.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# Keep a count for each label, go through the rows once, and look at the counts at the end.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# def equal_shares(rows, labels, per_label):
#     taken, chosen = dict.fromkeys(labels, 0), []
#     for row in rows:
#         if row["label"] in taken and taken[row["label"]] < per_label:
#             taken[row["label"]] += 1
#             chosen.append(row)
#     for label, count in taken.items():
#         if count < per_label:
#             raise ValueError(f"label {label!r}: expected {per_label} rows, found {count}. Add some.")
#     return chosen
# ```
#
# </details>
#
# ### Exercise 4: what does each team need? (core, 10 minutes, a decision, not code)
#
# Three teams of the house are those of this notebook, with what the stored runs and the frames measured; the numbers of
# the others are made up. A negative number of points "over" a rival is a loss. Here is the house's policy. Go through
# it from the top for each team, and stop at the first rule that decides. Some rules may decide for several teams, and
# some for none.
#
# 1. Facts that change do not go into weights: `"page"`, given in the prompt (notebook 07).
# 2. Where fixed or counted words do at least 90 % of the rows: `"no model"`; else, where a prompt does: `"prompt"`.
# 3. Where the interval of the gain over the best rival, by a shared adapter or one of its own, is not above zero as a
#    whole: `"no model"` where that is the rival and does at least half of the rows, else `"more rows"`.
# 4. Where the adapter does less than half of the rows, a person has to read every reply, whatever was gained:
#    `"more rows"`.
# 5. Else `"adapter"`, or `"adapter and schema"` where a program reads the reply.

# %%
from ftlab import paths
from ftlab.evidence import intervals
from ftlab.scores.task_runs import TaskRuns

runs = TaskRuns(paths.data() / "stored" / "tasks.json")


def measured(task, program):
    """What section 10 has of a task; of the two adapters the one whose gain is surer."""
    rivals, found = runs.rivals(task), []
    frame = rivals.pop("a frame")
    prompt = max(rivals.values(), key=lambda each: each.mean())
    rival = max(prompt, frame, key=lambda each: each.mean())
    for name, part in {"one for all": "all", "its own": task}.items():
        done = runs.marks(part, task)
        many = min(done.shape[1], rival.shape[1])
        gain = intervals.paired_difference(done[:, :many], rival[:, :many]).times(100)
        found.append(((gain.low, gain.high), 100 * done.mean(), name))
    gain, done, name = max(found)
    return told(100 * prompt.mean(), done, gain, 100 * frame.mean(), program) | {"way": name}


def told(prompt, done, gain, no_model=0, program=False, changes=False):
    return {"prompt": prompt, "done": done, "gain": gain, "way": "its own", "no_model": no_model,
            "rival": "no model" if no_model >= prompt else "prompt", "program": program, "changes": changes}


teams = {  # percent done with a prompt and by the adapter; interval of its gain, in points
    "pages into records": measured("fields", program=True),
    "descriptions for the shop": measured("description", program=False),
    "posts about articles": measured("post", program=False),
    "a mail room with 20,000 sorted letters": told(61, 88, (-2, 2), no_model=88, program=True),
    "letters of forty firms into records": told(20, 41, (-5, 9), no_model=39, program=True),
    "delivery notes of four firms into records": told(84, 97, (2, 24), no_model=83, program=True),
    "warranty cards into records": told(92, 99, (3, 11), no_model=90, program=True),
    "answers to reviews": told(15, 50, (22, 48), no_model=12),
    "replies in a rare dialect": told(10, 48, (27, 49)),
    "titles for old photographs": told(70, 75, (0, 10), no_model=30),
    "a larger model that writes minutes": told(90, 93, (1, 5)),
    "this week's prices": told(91, 60, (-40, -22), changes=True),
}
choice_of = {
    "pages into records": None,  # "page", "no model", "prompt", "more rows", "adapter" or "adapter and schema"
    "descriptions for the shop": None,
    "posts about articles": None,
    "a mail room with 20,000 sorted letters": None,
    "letters of forty firms into records": None,
    "delivery notes of four firms into records": None,
    "warranty cards into records": None,
    "answers to reviews": None,
    "replies in a rare dialect": None,
    "titles for old photographs": None,
    "a larger model that writes minutes": None,
    "this week's prices": None,
}
for team, facts in teams.items():
    low, high = facts["gain"]
    print(f"{team}: no model {facts['no_model']:.0f} %, prompt {facts['prompt']:.0f} %, adapter ({facts['way']}) "
          f"{facts['done']:.0f} %, which is {low:+.1f} to {high:+.1f} points over {facts['rival']}; "
          f"{'a program' if facts['program'] else 'a person'} reads the reply"
          + ("; the facts change" if facts["changes"] else ""))

# %% tags=["raises-exception"]
from ftlab.exercise import check, passed

WAYS = {"page", "no model", "prompt", "more rows", "adapter", "adapter and schema"}
check(all(choice_of.values()), "choose for every team.")
check(lambda: set(choice_of.values()) <= WAYS, f"only {', '.join(sorted(WAYS))} can be chosen.")
for team, facts in teams.items():
    way, certain = choice_of[team], facts["gain"][0] > 0
    check(way == "page" or not facts["changes"],
          f"{team}: they change, so rule 1 decides before all others: put the page in the prompt.")
    check(way != "page" or facts["changes"], f"{team}: nothing changes here, so rule 1 does not apply.")
    if facts["changes"]:
        continue
    check(way == "no model" or facts["no_model"] < 90,
          f"{team}: fixed or counted words do {facts['no_model']:.0f} % already, for nothing, and the same tomorrow.")
    if facts["no_model"] >= 90:
        continue
    check(way == "prompt" or facts["prompt"] < 90,
          f"{team}: the prompt does {facts['prompt']:.0f} % already. A tuning would be one more thing to keep.")
    check(way != "prompt" or facts["prompt"] >= 90,
          f"{team}: with a prompt {100 - facts['prompt']:.0f} of 100 replies are not done; the policy asks for 90 %.")
    if facts["prompt"] >= 90:
        continue
    check(certain or not way.startswith("adapter"),
          f"{team}: the interval of the gain begins at {facts['gain'][0]:.1f}, so there may be none.")
    check(not certain or facts["done"] >= 50 or way == "more rows",
          f"{team}: ahead, but {100 - facts['done']:.0f} of 100 replies are not done: a person would read them all.")
    check(not certain or facts["done"] < 50 or way.startswith("adapter"),
          f"{team}: the whole interval is above zero and half of the rows or more are done, so an adapter pays.")
    check(way != "no model" or facts["rival"] == "no model",
          f"{team}: a prompt does more than the {facts['no_model']:.0f} % without a model: that is no rival here.")
    check(way != "no model" or facts["no_model"] >= 50,
          f"{team}: no gain is shown, but without a model only {facts['no_model']:.0f} % are done, less than half.")
    check(way != "more rows" or certain or facts["rival"] != "no model" or facts["no_model"] < 50,
          f"{team}: no gain over a rival that costs nothing is shown: stay with that one for now.")
    check(way != "adapter" or not facts["program"], f"{team}: a program reads the reply, so force its form as well.")
    check(way != "adapter and schema" or facts["program"], f"{team}: a person reads this, and prose has no schema.")
passed("Each team gets what the policy says.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# Take the rules as `if`s in their order, and stop at the first that applies. A gain is certain only if its interval
# begins above zero: at zero it is not.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# def choose(facts):
#     if facts["changes"]:
#         return "page"
#     if facts["no_model"] >= 90:
#         return "no model"
#     if facts["prompt"] >= 90:
#         return "prompt"
#     if facts["gain"][0] <= 0:
#         return "no model" if facts["rival"] == "no model" and facts["no_model"] >= 50 else "more rows"
#     if facts["done"] < 50:
#         return "more rows"
#     return "adapter and schema" if facts["program"] else "adapter"
#
#
# choice_of = {team: choose(facts) for team, facts in teams.items()}
# ```
#
# </details>
#
# ### Why? (core, 3 minutes)
#
# In sections 4 and 8 the loss was on the reply alone, in section 9 on every token. Why not on every token in both?
#
# <details><summary>Answer</summary>
#
# In reading on, the text *is* what is to be learnt: there is no request, and each token of a page is one that the model
# should find likely. In a task, the ticket or the page is given each time anew. A loss on it would spend most of the
# training on learning to write customers' messages, which nobody will ask for, and the few tokens of the label would
# hardly count.
#
# </details>

# %% [markdown]
# ## In this notebook you saw
#
# - A task is rows with an instruction, what it is about and the reply; faults in labels, schemas and folders are found
#   before a model is loaded.
# - Form and content are two marks, and ROUGE-L is neither.
# - What a prompt reaches comes first, and what needs no language model: a frame, or counted words.
# - A grammar guarantees valid JSON, or a label, if the reply may run to its end, and no truth in it.
# - One adapter for four tasks helps one task and hurts another, in one training; over several it is not settled.
# - A mixture of instructions carries over to new questions of its own form, as far as the bar says, and not to a list.
# - Facts read in more wordings may be asked for better, and old text mixed in keeps what was known, at a price that is
#   measured beside it: on which model each held, the list below says.
#
# All verdicts, side by side; the first, and any of the real model's on reading on, are from stored runs, the others
# from this one. Where other seeds were run, believe them together rather than this one. The first is over all tasks, so
# gains and losses on single tasks may cancel out: decide by the lines of section 7.

# %%
for name in ("one-adapter-for-all", "instructions-carry-over", "phrasings-count", "replay-keeps",
             *(("phrasings-count-real", "replay-keeps-real") if reading["runs"] else ())):
    verdict = claims.recorded(name)
    span = f"{verdict['effect']:.3g} [{verdict['low']:.3g}, {verdict['high']:.3g}] {verdict['unit']}"
    print(f"{verdict['statement']}\n    this seed: {verdict['verdict']}, {span}")
    if others := claims.reference(name, claims.find(name).models[0]):
        print(f"    {len(others['runs'])} other seeds together: {others['verdict']}, {others['effect']:.3g} "
              f"[{others['low']:.3g}, {others['high']:.3g}]")
    if name == "one-adapter-for-all":
        print("    by task, this seed: " + ", ".join(
            f"{task} {gap.value:+.0f} [{gap.low:+.0f}, {gap.high:+.0f}]" for task, gap in gaps.items()))
    if name in ("replay-keeps", "replay-keeps-real"):
        pays = paid if name == "replay-keeps" else far_gap("replay", "eight", "learnt")
        print(f"    and what it does to the new facts: {told_of(pays)}")

# %% [markdown]
# ## Sources
#
# - J. Wei et al. 2021, *Finetuned Language Models Are Zero-Shot Learners*, arXiv:2109.01652: instruction tuning
# - Z. Allen-Zhu and Y. Li 2023, *Physics of Language Models: Part 3.1, Knowledge Storage and Extraction*,
#   arXiv:2309.14316
# - S. Gururangan et al. 2020, *Don't Stop Pretraining*, arXiv:2004.10964: reading on in a domain
# - Z. Xu et al. 2024, arXiv:2406.08464, and J. Huang et al. 2024, arXiv:2403.01244: a model's own words, replayed
# - A. Ibrahim et al. 2024, *Simple and Scalable Strategies to Continually Pre-train Large Language Models*,
#   arXiv:2403.08763: replay and learning rates
# - B. T. Willard and R. Louf 2023, *Efficient Guided Generation for Large Language Models*, arXiv:2307.09702:
#   constrained decoding
# - C.-Y. Lin 2004, *ROUGE: A Package for Automatic Evaluation of Summaries*, ACL W04-1013
#
# One last line: what this run took on your computer, some minutes less if section 4's adapter was on the shelf.

# %%
import psutil

from ftlab.course import doctor

memory_gib = psutil.Process().memory_info().rss / 2**30
print(f"{(time.perf_counter() - started) / 60:.1f} minutes, {memory_gib:.1f} GiB of memory in use.")
print(doctor.machine())
