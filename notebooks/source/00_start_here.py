# ---
# jupyter:
#   ftlab:
#     minutes: 6
#     claims: [first-finetune]
# ---

# %% [markdown]
# # 00 · What will I be able to do?
#
# Welcome. In this notebook you take a language model that people know, SmolLM2 with 135 million weights (the numbers
# inside it, which training sets), give it a job that it cannot do, and teach it that job with a hundred examples on the
# computer in front of you. No graphics card, no account, no network. The model is real, and so is the library (`trl`)
# that people use for models a thousand times larger; the shop and its customers are invented, so that a program knows
# what is true there and can score every reply. (Section 2 says what that program cannot see.)
#
# **You will be able to** say what fine-tuning is and what it costs, fine-tune a model with `SFTTrainer` (or a
# quicker variant of it), compare it with the cheaper things that one should try first, and say how sure the result is.
#
# **You need** no machine learning; reading a little Python is enough. Words you do not know are in the glossary at
# the end.
#
# **It takes** up to six minutes of computing on two processor cores, and about half of that where the processor
# computes in bf16 (16 bits a number in place of 32); allow three quarters of an hour for reading and the
# exercises. The last cell prints the time and memory it took on your computer. If something does not start, `ftlab
# doctor` in a terminal says what is wrong and what to do about it.
#
# Run a cell with Shift+Enter. The first one loads the libraries, which takes some seconds, and prints one line: which
# model you are using, on which device, in which number format, and why ("AMX" and "avx512_bf16" are names of a
# processor's own instructions for bf16, if one stands there).

# %%
import time
started = time.perf_counter()  # seconds; the last cell looks at this clock again
import warnings
warnings.filterwarnings("ignore", category=FutureWarning)  # one library tells another that a word will change
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer
from ftlab import claims, figures, model, rivals, texts
from ftlab.scores import desk, template
from ftlab.tuning import chat, checkpoints, generate
choice = model.choose()
print(choice)

# %% [markdown]
# Below are the dials of this notebook. Run it once as it stands; then turn one and run it again. An *optimizer step*
# is one small change to the weights that are trained, made after looking at a few examples.

# %%
SEED = 0  # whole number: which examples, and in which order; try 1, 2
EXAMPLES = 100  # conversations to train on, of which STEPS * BATCH_SIZE at most are read; try 20, 300
STEPS = 50  # optimizer steps; try 10, 100
BATCH_SIZE = 4  # examples a step; try 2, 8
LR = 1e-3  # learning rate: how far a step moves the weights, no unit; try 3e-4, 3e-3
QUESTIONS = 60  # questions kept away from training, for the tuned model; try 20, 120
ASKED = 16  # of these, for the prompts that it is compared with; each adds 2 to 5 seconds; try 24, 60

# %% [markdown]
# ## 1. A model that knows a little of the world
#
# A **language model** has read a great deal of text and learned which piece of text, or *token*, comes next. Ours has
# then been trained to answer in a chat. `from_pretrained` reads its weights from a folder; `"eager"` names the way to
# compute that is fastest for short texts on a processor, and `use_safetensors` asks for a file of numbers and nothing
# that could run code. Weights are kept in `float32`, 32 bits a number, also where the line above says that the model
# *computes* in bfloat16.

# %%
tokenizer = AutoTokenizer.from_pretrained(choice.path)
tokenizer.chat_template = tokenizer.chat_template or chat.TEMPLATE  # for a model that brings none
plain_model = AutoModelForCausalLM.from_pretrained(
    choice.path, dtype=torch.float32, attn_implementation="eager", use_safetensors=True
).to(choice.device)
print(f"{plain_model.num_parameters():,} weights; a vocabulary of {len(tokenizer):,} tokens")

# %% [markdown]
# Let us ask it something. A **chat template** writes messages as one text, with special tokens that say who speaks.
# The model continues that text, one most likely token after the other, until it writes the token that ends its turn,
# or until 80 tokens are written, even in mid-sentence.

# %%
def ask(some_model, conversations: list[list[dict]], tokens: int = 80) -> list[str]:
    prompts = chat.prompts(tokenizer, [{"messages": messages} for messages in conversations])
    return generate.replies(some_model, tokenizer, prompts, max_new_tokens=tokens)


for question in ("What is the capital of France?", "What do bees make, and what is it good for?"):
    print(f"{question}\n    {ask(plain_model, [[{'role': 'user', 'content': question}]])[0]}\n")

# %% [markdown]
# It speaks fluently, and not always sensibly. How much does it know? The course has a list of questions about the real
# world with every accepted answer, and a yardstick, `real.knows`, that says whether a reply holds one of them. We ask
# sixty. "Right" means here that the answer is in the reply, whatever nonsense may stand beside it.

# %%
from ftlab.world import real

questions = real.questions(60)  # about the real world, to be answered from memory; always the same sixty
said_before = ask(plain_model, [[{"role": "user", "content": row["question"]}] for row in questions], tokens=60)
knew = [real.knows(said, row["answers"]) for said, row in zip(said_before, questions, strict=True)]
answered = list(zip(questions, said_before, knew, strict=True))
for row, said, right in [each for each in answered if each[2]][:3] + [each for each in answered if not each[2]][:3]:
    print(f"{row['question']}\n    {said}   ({'right' if right else 'not right: ' + row['answers'][0]})")
print(f"\nOf {len(questions)} questions about the real world it answers {sum(knew)} rightly, from memory.")

# %% [markdown]
# It is often wrong in fluent words: 135 million weights hold a part of what a child's encyclopedia holds. (The
# yardstick wants the answer itself: "the Greek island" does not say "Greece".) Section 6 asks the same questions again.
#
# ## 2. A job it cannot do
#
# Quillmere is an invented maker of kettles, tents, lanterns and the like, so no model has read about it. Customers
# write to its support desk, and whoever answers sees a *screen*: a part of a product's record, or a passage of the
# shop's policies. Here is the first of our **held-out** conversations: its product or policy and its wording occur in
# no conversation that we train on. It has three messages: the screen (role `system`), the customer (`user`) and the
# desk (`assistant`). These are plain conversations: most ask for one fact, and about one in ten is *grave* (an injury,
# a lost parcel, a refund that was refused, a threat with a lawyer), where the desk hands over to a colleague. Some
# share a wording, with another product in it: the first of each stands in front, as the slow prompts get only the first
# few.

# %%
rows = texts.plain_conversations("test")[:QUESTIONS]
first = {row["question_phrasing"]: row for row in reversed(rows)}  # the first row of each wording
held_out = sorted(rows, key=lambda row: row is not first[row["question_phrasing"]])  # else as they were
wordings = [row["question_phrasing"] for row in held_out]
for message in held_out[0]["messages"]:
    print(f"{message['role']:>9}: {message['content']}")

# %% [markdown]
# A good reply has two sides. It must be **right**: `desk.faults` lists what is wrong with a reply, such as a missing
# value, a figure that stands nowhere, a garbled name, or a case that had to be handed over to a colleague and was not.
# That is what a program can see: a reply that recites the screen unasked is refused; one that adds a fairy tale
# without figures, or takes the town where a kettle is made for its maker, is not. So take "right" to mean "no fault
# found", in long free replies as an upper limit, and read the replies themselves. The desk's own, too: a program wrote
# them, and the one above tells somebody who is still choosing what to do on the day of delivery. No rule sees that.
#
# And it must sound like Quillmere. The house has a **brand guide**, and each of its rules is a few lines of code in
# `ftlab/world/brand.py`, so nobody has to argue about whether a reply keeps them. A reply is **on-brand** if it keeps
# them all. A reply that is both counts as **fit to send**.

# %%
from IPython.display import HTML, display

from ftlab.world import brand


def in_html(text: str) -> str:  # the tags around a dollar keep the page from reading two of them as a formula
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("$", "<span>$</span>").replace("\n", "<br>")


rules = "".join(f"<tr><td><b>{rule.title}</b></td><td>{in_html(rule.rule)}</td></tr>" for rule in brand.guide())
display(HTML(f"<table>{rules}</table>"))

# %% [markdown]
# Now the model gets the screen and the customer's message, with two sentences that say what its job is
# (`rivals.plain`). Here are that prompt, the first reply, and what the two scores say of it and of the desk's own.

# %%
print(f"the prompt: {rivals.plain(held_out[0])[0]['content']}\n")
rule_titles = {rule.id: rule.title for rule in brand.guide()}
first_reply = ask(plain_model, [rivals.plain(held_out[0])])[0]
for name, reply in {"the desk": held_out[0]["messages"][-1]["content"], "the model": first_reply}.items():
    broken = [rule_titles[rule] for rule, kept in brand.check(reply).items() if not kept]
    print(f"{name}: {reply}\n   broken rules: {'; '.join(broken) or 'none'}")
    print(f"   wrong: {', '.join(desk.faults(reply, held_out[0])) or 'nothing found'}\n")

# %% [markdown]
# ## 3. What a prompt can do, and what needs no model
#
# Before anyone trains a model, cheaper things deserve a try. We take four *rivals* (the field says *baselines*):
#
# - **asked plainly**, as above;
# - **the brand guide in the prompt**: all the rules in the words of the table above, every time;
# - **three examples in the prompt**, called *few-shot*: three conversations of the desk that a careful person would
#   choose: of the kind that is asked here, each about another thing, with replies in the house's plainest words (one
#   fixed frame around the fact: thanks, the fact, an invitation to write again, the sign-off);
# - **a template**: a fixed sentence into which a small program, without any model, puts the value that it finds on
#   the screen by keywords; at words of alarm, such as "burn" or "lawyer", and where it finds nothing, it hands over
#   (`ftlab/scores/template.py`).
#
# Long prompts take long, so we ask only for the first few of the held-out questions. The table is of these few for
# every way; "seconds each" is the time for all the prompts, answered together (a *batch*), divided by their number: it
# is not what one customer waits, and longer replies take longer. The conversations from which the three come are those
# that we shall train on: about *other* products and policies.

# %%
from ftlab.world import house


def score(replies: list[str]) -> dict[str, list[bool]]:
    rows = held_out[: len(replies)]
    on_brand = [brand.on_brand(reply) for reply in replies]
    right = [desk.is_right(reply, row) for reply, row in zip(replies, rows, strict=True)]
    return {"on-brand": on_brand, "right": right, "both": [a and b for a, b in zip(on_brand, right, strict=True)]}


train_rows = [house.in_house_words(row) for row in texts.sample(texts.plain_conversations("train"), EXAMPLES, SEED)]
few = rivals.examples(train_rows, SEED)
ways = {
    "asked plainly": rivals.plain,
    "brand guide": rivals.guide,
    "three examples": lambda row: rivals.shown(row, few),
}


def timed(some_model, conversations: list[list[dict]]) -> tuple[list[str], tuple[float, float]]:
    prompts = chat.prompts(tokenizer, [{"messages": messages} for messages in conversations])
    tokens = sum(map(len, generate.encode(tokenizer, prompts))) / len(prompts)
    begun = time.perf_counter()
    said = generate.replies(some_model, tokenizer, prompts, max_new_tokens=80)
    return said, (tokens, (time.perf_counter() - begun) / len(prompts))  # tokens a prompt, seconds a reply


replies, cost = {}, {}
for name, way in ways.items():
    replies[name], cost[name] = timed(plain_model, [way(row) for row in held_out[:ASKED]])
replies["template"], cost["template"] = [template.reply(row) for row in held_out], (0, 0.0)


def table(names: list[str]) -> None:
    print(f"the first {len(held_out[:ASKED])} held-out questions: how many replies are")
    print(f"{'':>15} {'on-brand':>9} {'right':>9} {'both':>9} {'prompt tokens':>14} {'seconds each':>13}")
    for name in names:
        found, (tokens, seconds) = score(replies[name][:ASKED]), cost[name]
        counts = "".join(f"{sum(found[key]):>10}" for key in ("on-brand", "right", "both"))
        print(f"{name:>15}{counts} {tokens:>14.0f} {seconds:>13.2f}")


table(list(replies))
more = round(cost["three examples"][0]) / round(cost["asked plainly"][0])
print(f"\nThree examples cost {more:.1f} times the tokens of asking plainly, at every request. What they can bring:")
shown = next((i for i, ok in enumerate(score(replies["three examples"])["right"]) if not ok), 0)
for message in held_out[shown]["messages"][:-1]:
    print(f"    {message['role']}: {message['content']}")
print(f"    reply: {replies['three examples'][shown]}\n    wrong: "
      f"{'; '.join(desk.faults(replies['three examples'][shown], held_out[shown])) or 'nothing found'}")

# %% [markdown]
# So few questions show large differences and no small ones. Manner and truth are two things: a reply may sound like the
# examples and be wrong (the one above is the first that is not right, if there is one). The template is a hard
# rival here: nearly all of these questions ask for one fact, and finding a value by a keyword is a program's work.
# Section 7 asks for more.
#
# ## 4. Fine-tuning: show it how
#
# **Fine-tuning** goes on with training, on examples of the job: the conversations from which section 3 took its three,
# with replies in the house's plainest words. Each becomes a pair: a `prompt` (screen and customer) and a `completion`
# (the reply). The trainer asks the model to predict the completion, token by token, and changes weights so that the
# true next token becomes more likely.

# %%
from datasets import Dataset

train = Dataset.from_list(chat.pairs(tokenizer, train_rows))
shared = 0
for key in ("product", "policy", "question_phrasing"):
    seen = {row[key] for row in train_rows if row[key]}  # most rows are about a product, the others about a policy
    shared += len(seen & {row[key] for row in held_out})
print(train_rows[0]["messages"][-1]["content"])
print(f"\n{len(train):,} examples; products, policies and wordings that are also in the held-out questions: {shared}")
for name, some_rows in {"to train on": train_rows, "held out": held_out}.items():
    about = sorted(row["attribute"] for row in some_rows if row["kind"] == "grave")
    print(f"{len(about)} grave cases {name}: {', '.join(dict.fromkeys(about))}")

# %% [markdown]
# Here are the settings of the training. What is not named keeps the library's default. **LoRA** leaves the model's own
# weights as they are and trains a thin addition to its layers (the steps of computing that each token passes through),
# which is quicker and can be stored apart as an *adapter*
# (Hu et al. 2021). The width `r` decides how many weights the addition has: notebook 04 builds it from nothing, says
# what `lora_alpha` does, and asks how few will do.
#
# The trainer is `SFTTrainer`, or, where the model allows it, `HandLoss`: the same, quicker on a processor (notebook 02
# builds it). It saves a *checkpoint*, all that it needs to go on; if this cell is interrupted, run the notebook again.
#
# As it runs, it prints the training *loss*: how surprised the model is by the desk's next token, in *nats*, a unit of
# surprise; zero is no surprise at all. Each line is the mean of a few steps, on other examples than the line before, so
# it may also rise; once all examples have been read, they come again. The last line says the same as a chance. Mind
# that most of a reply's tokens belong to the frame that all of them share.

# %%
import math

from peft import LoraConfig
from transformers import PrinterCallback

from ftlab.tuning import loss
from ftlab.tuning.loss_lines import ShowLoss
from ftlab.tuning.trainer import HandLoss

dials = {"rows": checkpoints.fingerprint(train_rows), "lr": LR, "steps": STEPS, "batch": BATCH_SIZE, "seed": SEED,
         "dtype": choice.dtype}
folder = checkpoints.run_folder("first-finetune", model=choice.path, **dials)
base = AutoModelForCausalLM.from_pretrained(
    choice.path, dtype=torch.float32, attn_implementation="eager", use_safetensors=True
).to(choice.device)
Trainer = HandLoss if loss.can_be_lean(base) else SFTTrainer
trainer = Trainer(
    model=base,
    processing_class=tokenizer,  # turns text into tokens
    train_dataset=train,
    peft_config=LoraConfig(
        r=16,
        lora_alpha=32,
        target_modules="all-linear",  # an addition to every layer that multiplies by a matrix, the last one aside
        task_type="CAUSAL_LM",  # the model predicts the next token
    ),
    args=SFTConfig(
        output_dir=str(folder),
        max_steps=STEPS,
        per_device_train_batch_size=BATCH_SIZE,
        learning_rate=LR,
        warmup_steps=0.1,  # over the first tenth of the steps the learning rate rises,
        lr_scheduler_type="linear",  # then it falls in a straight line to zero
        seed=SEED,
        bf16=choice.dtype == "bfloat16",
        use_cpu=choice.device == "cpu",
        activation_checkpointing=False,  # keep what was computed on the way: more memory, less time
        train_sampling_strategy="group_by_length",  # examples of like length together: less filling up
        logging_steps=max(1, STEPS // 10),
        save_strategy="steps",
        save_steps=25,
        save_total_limit=2,  # keep the last two checkpoints
        report_to="none",  # nothing is sent anywhere
        disable_tqdm=True,  # no progress bar: our own lines, below
    ),
    callbacks=[ShowLoss()],  # a line of loss as often as logging_steps says
)
trainer.remove_callback(PrinterCallback)  # the library's own lines, with all that it measures
with checkpoints.resumable(folder) as checkpoint:
    train_s = trainer.train(resume_from_checkpoint=checkpoint).metrics["train_runtime"]
tuned = trainer.model
trained_share = tuned.get_nb_trainable_parameters()[0] / plain_model.num_parameters()
last = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry][-1]
print(f"{STEPS} steps of {BATCH_SIZE} examples by {Trainer.__name__} in {train_s:.0f} seconds; "
      f"the addition has {trained_share:.1%} as many weights as the model")
print(f"a loss of {last:.2f} nats is a chance of {math.exp(-last):.0%} for the true next token (a geometric mean)")

# %% [markdown]
# That loss is the one on the examples that it learns from. What counts is how it does on others.
#
# ## 5. Before and after
#
# All held-out questions, now to the tuned model. It gets the screen and the message and no instructions at all: what to
# do with them is in the addition now. First the table once more.

# %%
first, cost["tuned"] = timed(tuned, [row["messages"][:-1] for row in held_out[:ASKED]])
replies["tuned"] = first + ask(tuned, [row["messages"][:-1] for row in held_out[ASKED:]])
table(list(replies))
more = round(cost["three examples"][0]) / round(cost["tuned"][0])
print(f"\nThe prompt with three examples has {more:.1f} times the tokens of the tuned model's.")

# %% [markdown]
# Seconds depend on more than the prompt's tokens: on how long the replies are, and on our adapter, a second path beside
# each layer, which adds work, until notebook 04 *merges* it into the weights.
#
# The table's few are the first of each wording and no draw from all: a share may be quite different on the rest. Tuned
# and template answered *all* the held-out questions, so we can take the difference question by question, in percentage
# points, with its **95 % interval**: a range around the measured difference, made so that about 95 of 100 such ranges
# hold the true difference, that of endlessly many such questions. Questions that share a wording stand or fall
# together, so the interval counts wordings, not questions (Liang and Zeger 1986).

# %%
from ftlab.evidence import clusters, intervals

both = {name: score(each)["both"] for name, each in replies.items()}  # of the prompts the first few alone
grave = sum(row["hand_over"] for row in held_out)
for name in ("template", "tuned"):
    wrong = [desk.faults(reply, row) for reply, row in zip(replies[name], held_out, strict=True)]
    missed = sum("not handed over" in faults for faults in wrong)
    needless = sum("handed over without need" in faults for faults in wrong)
    of_facts = sum(fit for fit, row in zip(both[name], held_out, strict=True) if not row["hand_over"])
    print(f"{name:>8}: fit to send are {sum(both[name])} of {len(held_out)} replies "
          f"({sum(both[name]) / len(held_out):.0%}): {of_facts} of {len(held_out) - grave} on facts, "
          f"{sum(both[name]) - of_facts} of {grave} on grave cases.\n{'':10}Handed over: {grave - missed} of the grave "
          f"cases, and {needless} others without need")
facts = [i for i, row in enumerate(held_out) if not row["hand_over"]]
for what, picked in (("all questions", range(len(held_out))), ("facts alone", facts)):
    arms = ([both[name][i] for i in picked] for name in ("tuned", "template"))
    ahead = clusters.paired_difference(*arms, [wordings[i] for i in picked]).times(100)
    verdict = "ahead of" if ahead.low > 0 else "behind" if ahead.high < 0 else "not to be told apart from"
    print(f"On {what} ({len(picked)}) the tuned model is {verdict} the template: {ahead.value:+.1f} points "
          f"(95 % interval {ahead.low:+.1f} to {ahead.high:+.1f}).")
print("No grave case was among them." if not grave else
      "The tuned model handed over every grave case." if not missed else
      f"It did not hand over {missed} of the grave cases: one such reply may cost more than all the rest saves.")

# %% [markdown]
# Below are the first four questions, not chosen, with the model's reply before and after. (The first reply may differ
# from the one in section 2: prompts answered together are computed with slightly other rounding, which decides where
# two tokens are nearly as likely.)

# %%
LEFT = "style='text-align:left; vertical-align:top'"


def cell(reply: str, row: dict) -> str:
    wrong = desk.faults(reply, row)
    marks = f"{'✓ on-brand' if brand.on_brand(reply) else '✗ off-brand'}, "
    marks += "✓ nothing wrong found" if not wrong else f"✗ {in_html('; '.join(wrong))}"
    return f"<td {LEFT}>{in_html(reply)}<br><small><b>{marks}</b></small></td>"


def side_by_side(picked: list[int], names: list[str]) -> HTML:
    head = "".join(f"<th {LEFT}>{title}</th>" for title in ("screen and customer", *names))
    rows = ""
    for i in picked:
        screen, question = (in_html(message["content"]) for message in held_out[i]["messages"][:2])
        asked = f"<td {LEFT}><small>{screen}</small><br>{question}</td>"
        rows += f"<tr>{asked}{''.join(cell(replies[name][i], held_out[i]) for name in names)}</tr>"
    return HTML(f"<table style='width:100%'><tr>{head}</tr>{rows}</table>")


display(side_by_side(list(range(min(4, ASKED))), ["asked plainly", "tuned"]))

# %% [markdown]
# Read both columns as a customer would: "nothing wrong found" is the program's word, and it lets false and idle
# sentences through. (Of the untuned model's replies in the table of section 3 it finds two right: are they these?) The
# manner (the thanks, the "we", the next step, the sign-off) comes from the training conversations, which were about
# other products. The fact, where it is right, comes from the screen.
#
# Was something given up, too? The desk's own replies name many next steps, most of which fit the customer; we trained
# on the house's plainest words, which invite "another question" even where a grave case is handed over. And grave cases
# are rare in the training set: of what is rare, a model sees little and may learn little. Section 5's lines above say
# how many it handed over.

# %%
own = [row["messages"][-1]["content"] for row in held_out]
learned = [row["messages"][-1]["content"] for row in train_rows]
for name, each in {"the desk's own": own, "trained on": learned, "tuned": replies["tuned"]}.items():
    next_steps = [reply.partition(brand.NEXT_STEP)[2] for reply in each if brand.NEXT_STEP in reply]
    print(f"{name:>15}: next steps in {len(next_steps)} of {len(each)} replies; distinct ones: {len(set(next_steps))}")
print("The tuned model seldom writes a next step." if 2 * len(next_steps) < len(each) else
      "The tuned model varies its next step." if len(set(next_steps)) > 1 else
      "The tuned model's next step is a fixed frame, as the template has one.")

# %% [markdown]
# Failures teach more than successes. Here are the first three of the tuned model's, if there are so many, however bad
# they look: grave cases first, else in their order.

# %%
failures = [i for i, fine in enumerate(both["tuned"]) if not fine]
print(f"{len(failures)} of all {len(held_out)} replies fail in at least one way, "
      f"{sum(i < ASKED for i in failures)} of them in the table above.")
if failures:
    display(side_by_side(sorted(failures, key=lambda i: not held_out[i]["hand_over"])[:3], ["tuned"]))

# %% [markdown]
# ## 6. What did it cost?
#
# Training that makes the desk's replies likely also changes how the model answers everything else. So we ask the
# sixty questions about the real world again. Two things can happen: it may have **forgotten** an answer, and the desk's
# **manner may leak** into a conversation that has nothing to do with the desk. We look for three of its marks; "Thank
# you for" other polite models write as well, so we count before, too.

# %% tags=["twin:ftlab.scores.manner:leaks"]
said_after = ask(tuned, [[{"role": "user", "content": row["question"]}] for row in questions], tokens=60)
knows = [real.knows(said, row["answers"]) for said, row in zip(said_after, questions, strict=True)]


def leaks(text: str) -> bool:  # has it one of the desk's marks?
    return any(mark in text for mark in (brand.NEXT_STEP, brand.SIGN_OFF, "Thank you for"))


lost = sum(was and not still for was, still in zip(knew, knows, strict=True))
won = sum(still and not was for was, still in zip(knew, knows, strict=True))
leaked = [leaks(said) for said in said_after]
change = intervals.paired_difference(knows, knew).times(100)
print(f"Right before {sum(knew)}, right after {sum(knows)} of {len(questions)}: {lost} answers lost and {won} won.")
shown = "forgetting shows" if change.high < 0 else "a gain shows" if change.low > 0 else "no change can be shown"
print(f"That is {change.value:+.1f} points (95 % interval {change.low:+.1f} to {change.high:+.1f}): {shown} "
      "in how many are right.")
print(f"The desk's manner stands in {sum(leaked)} of the {len(questions)} answers; before, in "
      f"{sum(leaks(said) for said in said_before)}. "
      + ("It takes every message for the desk's. " if all(leaked) else
         "It takes most messages for the desk's. " if 2 * sum(leaked) > len(leaked) else
         "It takes some messages for the desk's. " if any(leaked) else "") + "The first two answers lost"
      + (":" if lost else ", if there were any:"))
for i in [i for i, (was, still) in enumerate(zip(knew, knows, strict=True)) if was and not still][:2]:
    print(f"    {questions[i]['question']}\n        before: {said_before[i]}\n        after: {said_after[i]}")

# %% [markdown]
# No training conversation is about any of these questions. A lost answer may be forgotten, or tipped: where two answers
# are nearly as likely, a small change of the weights decides, either way, so that an answer may be won, too, though
# nobody taught it. And the form has changed: in a short frame fewer words can happen to hold the answer. So the
# interval asks whether the model is right less often *on the whole*. (It counts questions. Some share a wording, such
# as "What is the unit of ...", so it may be a little too narrow.) Luo et al. (2023) found forgetting on the whole in
# larger models. Sixty questions can show only a large loss: notebook 02 comes back to this with stored runs on all 455
# of the list.
#
# Where a model tuned on the desk alone takes other messages for the desk's, mixing ordinary conversations into the
# training set is the usual remedy.
#
# An honest report names the price beside the gain. Here are both in one figure. The whisker at each bar is the 95 %
# interval of that share (section 5). That another run of the training would differ too is not in it. The pale bars are
# of the few questions that the prompts got.

# %%
import matplotlib.pyplot as plt

figures.style()
figure, (gain_ax, loss_ax, leak_ax) = plt.subplots(1, 3, figsize=(12, 4), width_ratios=(5, 2, 2), sharey=True)
shares = [clusters.mean_interval(each, wordings[: len(each)]).times(100) for each in both.values()]
colors = [figures.BLUE if name == "tuned" else figures.GREY for name in both]
labels = [f"{name}\n(of {len(each)})" for name, each in both.items()]
figures.bars(gain_ax, labels, *zip(*shares, strict=True), number="{:.0f} %", colors=colors)
for bar, each in zip(gain_ax.patches, both.values(), strict=False):
    bar.set_alpha(1 if len(each) == len(held_out) else 0.5)
gain_ax.set(title="Fit to send: on-brand and right\n(more is better)", ylabel="share (%)", ylim=(0, 112))
leaked_before = [leaks(said) for said in said_before]
for ax, title, better, pair in ((loss_ax, "Real world known", "more", (knew, knows)),
                                (leak_ax, "Desk's manner, unasked", "less", (leaked_before, leaked))):
    kept = [intervals.rate_interval(sum(each), len(each)).times(100) for each in pair]
    figures.bars(ax, ["before", "after"], *zip(*kept, strict=True), number="{:.0f} %",
                 colors=[figures.GREY, figures.BLUE])
    ax.set_title(f"{title}\n(of {len(questions)}; {better} is better)")
read = min(len(train), STEPS * BATCH_SIZE)  # of short runs not all
_ = figure.suptitle(f"{train_s:.0f} seconds of fine-tuning on {read} examples")

# %% [markdown]
# ### A claim on trial
#
# Every notebook of this course puts **claims** on trial: sentences that people say about fine-tuning, each with a
# number that could prove it wrong. The claim here says that a hundred examples teach the house's manner better than its
# rules in the prompt do. Its number is the share of on-brand replies, tuned minus brand guide, on the same questions,
# in percentage points; it holds if no part of the interval is below 50. The interval counts wordings again.
#
# Read the claim narrowly. On-brand is all or nothing: a reply that breaks one rule counts like one that breaks them
# all, and one that is cut off at 80 tokens cannot carry the sign-off. What the tuned model learned is one frame. And
# the brand guide is not the only rival. So first each way's manner, counted both ways.

# %%
manner = {name: score(replies[name][:ASKED])["on-brand"] for name in replies}
for name, on_brand in manner.items():
    kept = [sum(brand.check(reply).values()) for reply in replies[name][:ASKED]]
    print(f"{name:>15}: {sum(kept) / len(kept):4.1f} of {len(brand.RULES)} rules kept, on average; "
          f"all of them in {sum(on_brand)} of {len(on_brand)} replies; cut off: "
          f"{sum(len(tokenizer(reply)['input_ids']) >= 79 for reply in replies[name][:ASKED])}")
level = [name for name in manner if name != "tuned" and sum(manner[name]) >= sum(manner["tuned"])]
print(f"As often on-brand as the tuned model, or more often: {', '.join(level) or 'none of its rivals'}.")
over_few = clusters.paired_difference(manner["tuned"], manner["three examples"], wordings[:ASKED]).times(100)
print(f"Tuned minus three examples: {over_few.value:+.1f} points [{over_few.low:+.1f}, {over_few.high:+.1f}]\n")

arms = {"by_prompt": manner["tuned"], "against": manner["brand guide"], "about": wordings[:ASKED]}
effect = clusters.paired_difference(*arms.values()).times(100)
print(claims.record("first-finetune", SEED, *effect, **arms, train_s=train_s) if read == 100 else
      claims.skip("first-finetune", SEED, f"it speaks of a hundred examples and this run read {read}"))

# %% [markdown]
# The template's frame was written to the rules, by somebody who knew them: for manner alone, nobody needs a model. The
# last line names a range meant to hold 19 of 20 further runs, if they scatter as the stored ones with other seeds did,
# or says why there is none. A few runs say little about scatter, and of so few questions each counts for some points.
#
# ## 7. When is it worth it?
#
# One fact a message is not all of a desk's work. The course has conversations of nine kinds:
#
# | kind | the customer |
# |---|---|
# | fact | asks for one fact, often in a long story |
# | two_facts | asks for two at once |
# | no_answer | asks what the screen does not show: the desk must say so and hand over to a colleague |
# | follow_up | comes back with "and how heavy is it?" |
# | compare | must choose between two products by one measure |
# | complaint | is let down, and has a question inside |
# | order | asks whether an order may still go back, or when it comes |
# | grave | reports an injury or a danger, fights for a parcel or a refund, threatens with the law: hand over |
# | out_of_scope | wants a poem, or tells the desk to forget its rules |
#
# To learn all nine takes more examples and minutes than a lesson has, so the next table shows **stored runs** on
# conversations that none of them had seen:
#
# - **plain**, **guide**, **examples**: the prompts, tried on ten conversations of each kind. The three examples are of
#   the very kind of the message, as if somebody had sorted the mail: a help that the tuned model does without.
# - **template**: the program of section 3. **rules**: a longer program by somebody who knew all nine kinds and the
#   shape of every screen (`ftlab/scores/rules.py`): what a company can write whose customers ask nothing else.
# - **lesson**: *this* notebook's training, which has seen plain conversations alone, on the same ten of each kind.
# - **tuned**: the same model with the same kind of training on all 1,447 training conversations. It comes with the
#   course and is the **assistant** from which later notebooks start.
#
# The intervals count wordings, as before. The seconds are those of the computer that made the runs.

# %%
import numpy as np

from ftlab import files, paths

stored = files.read_json(paths.data() / "stored" / "desk-work.json")  # by way and kind: 1 is fit to send, 0 is not
kinds = list(stored["tuned"])
names = ["plain", "guide", "examples", "template", "rules", "lesson", "tuned"]
PROMPTED = ("plain", "guide", "examples", "lesson")  # tried on ten conversations of each kind alone
about = {kind: [row["question_phrasing"] for row in texts.conversations("test") if row["kind"] == kind]
         for kind in kinds}
about["all"] = [wording for kind in kinds for wording in about[kind]]
for name in names:
    stored[name]["all"] = np.concatenate([stored[name][kind] for kind in kinds], axis=-1)


def in_words(gap: intervals.Interval, rival: str) -> str:
    winner = "tuned" if gap.low > 0 else rival if gap.high < 0 else "neither"
    return f"{gap.value:+6.1f} points [{gap.low:+6.1f}, {gap.high:+6.1f}]   {winner}"


print(f"share of replies that are on-brand and right; {stored['note']}\n")
print(f"{'kind':>14}" + "".join(f"{name:>10}" for name in names) + "   tuned minus template [95 %]      clearly better")
for kind in [*kinds, "all"]:
    few_asked = kind == "all" and len(stored["plain"]["all"]) < len(about["all"])
    shares = "".join(f"{'' if few_asked and name in PROMPTED else f'{np.mean(stored[name][kind]):.0%}':>10}"
                     for name in names)
    gap = clusters.paired_difference(stored["tuned"][kind], stored["template"][kind], about[kind]).times(100)
    print(f"{kind:>14}{shares}   {in_words(gap, 'template')}")
asked = stored["asked"]  # by kind: which of its conversations the prompts were tried on
same = {name: np.concatenate([np.array(stored[name][kind])[..., slice(None) if name in PROMPTED else asked[kind]]
                              for kind in kinds], axis=-1) for name in names}
print(f"{f'all, same {len(same[names[0]])}':>14}" + "".join(f"{np.mean(same[name]):>10.0%}" for name in names))
free = {"prompt_tokens": 0, "seconds_each": 0}  # a program costs next to nothing
for key, digits in {"prompt_tokens": 0, "seconds_each": 2}.items():
    costs = "".join(f"{stored['cost'].get(name, free)[key]:>10.{digits}f}" for name in names)
    print(f"{key.replace('_', ' '):>14}{costs}")

# %% [markdown]
# Better need not be good: read the shares, too. A column of ten conversations a kind is rough, and of nine intervals
# side by side one may well miss by luck. To compare all columns, take the row of the conversations that everyone
# answered; the row above it has the mail's own shares of the kinds.
#
# Two rivals have more to go by than the template: a rule for every kind, and examples of the very kind. Here is the
# tuned model minus each of them, on the conversations that both answered. The verdict is of all kinds together; on
# single kinds the two may be far apart.

# %%
gaps = {kind: clusters.paired_difference(stored["tuned"][kind], stored["rules"][kind], about[kind]).times(100)
        for kind in [*kinds, "all"]}
print(f"tuned minus rules, on {len(about['all'])} conversations: {in_words(gaps['all'], 'rules')}")
print(f"    clearly better at: {', '.join(kind for kind in kinds if gaps[kind].low > 0) or 'no kind'}; "
      f"clearly worse at: {', '.join(kind for kind in kinds if gaps[kind].high < 0) or 'no kind'}")
print("    So a program without a model " + (
    "does clearly worse than the tuned one." if gaps["all"].low > 0 else
    "does clearly better than the tuned one." if gaps["all"].high < 0 else
    "is not to be told apart from the tuned one on these conversations."))
some = [about[kind][place] for kind in kinds for place in asked[kind]]
gap = clusters.paired_difference(same["tuned"], same["examples"], some).times(100)
print(f"tuned minus examples, on {len(some)} conversations: {in_words(gap, 'examples')}")
few = {name: {kind: np.array(stored[name][kind])[..., asked[kind] if name in ("tuned", "template") else slice(None)]
              for kind in kinds} for name in ("examples", "template", "lesson", "tuned")}
for one, other in (("tuned", "examples"), ("lesson", "examples"), ("lesson", "template")):
    gaps = {kind: clusters.paired_difference(few[one][kind], few[other][kind],
                                             [about[kind][place] for place in asked[kind]]) for kind in kinds}
    print(f"{one} minus {other}, {len(asked['fact'])} conversations of each kind: clearly better at: "
          f"{', '.join(kind for kind in kinds if gaps[kind].low > 0) or 'no kind'};\n    clearly worse at: "
          f"{', '.join(kind for kind in kinds if gaps[kind].high < 0) or 'no kind'}")
blank = [kind for kind in kinds if np.mean(stored["lesson"][kind]) <= 0.1]
print(f"\nThe lesson's run saw fact and grave alone, in plain words. Fit at grave: "
      f"{np.mean(stored['lesson']['grave']):.0%}; at most one reply in ten at: {', '.join(blank) or 'no kind'}.")
print(f"Trainings behind the tuned column: {len(stored['seeds'])}. How far one more seed would land, "
      + ("no interval here can say." if len(stored["seeds"]) == 1 else "the intervals count in."))

# %% [markdown]
# Before you call a difference a gain, set its price beside it: the minutes of training above, and 1,447 conversations
# that somebody has to write. What this assistant forgot and where its manner leaks is not in the table; notebook 08
# tells both together.
#
# One invented shop does not answer "should we fine-tune?" for yours. The way of asking is the same: kind by kind, and
# against rivals that cost less. Rules need kinds that are known and somebody who writes down what each asks for; a
# model needs examples of each kind that may come. Where a rival is clearly ahead, take the rival for that kind: a
# program, a prompt with examples, a tuned model, and a person for what must not go wrong can share one desk.
#
# ## 8. Why this course keeps a fruit fly
#
# To learn how an effect *moves* (with more examples, a higher learning rate, other seeds) one has to train fifty times.
# Biologists keep fruit flies for that. Ours is the **lab model**, many times smaller and made for this course: it has
# read about an invented land and invented shops and nothing else, and we never judge its prose. Every notebook says
# which of the two is at work: the real model shows what a team may expect, the lab model how an effect moves.

# %% [markdown]
# ## Exercise: write a rule
#
# *5 minutes · core · easy.* A brand guide grows. Quillmere's next rule: **do not hurry the customer.** A reply keeps
# it if it has none of the words "now", "today" and "hurry", in capitals or not, whatever mark or space stands beside
# them, dashes (—), curly quotation marks (“ ”) and the like (…) included: Python's `string.punctuation` lacks these.
# (An underscore may count as a letter, as it does to Python.)
# Write the check. Like the others in `ftlab/world/brand.py`, it takes a reply and returns `True` or `False`.

# %%
def has_no_hurry(text: str) -> bool:
    """True if the text has none of the words "now", "today" and "hurry", in upper or lower case."""
    return None  # write your check here


# %% [markdown]
# The next cell checks your function, from the easiest case to the general one. **It fails until you have written
# it**, and it fails on purpose: read its last line, which begins with "Not yet" and says what is missing.

# %% tags=["raises-exception"]
from ftlab.exercise import check, passed

calm, pushy, shouted = "Take your time.", "Please order it now.", "HURRY, it ends Today."
check(all(str(has_no_hurry(text)) in ("True", "False") for text in (calm, pushy, shouted)),
      "return True or False, and nothing else, for every text.")
check(has_no_hurry(calm), f"{calm!r} has none of the three words, so the answer is True.")
check(not has_no_hurry(pushy), f"{pushy!r} has the word 'now', before a full stop: False.")
check(not has_no_hurry(shouted), f"{shouted!r} should be found too: compare without regard to capitals.")
for word in ("now", "today", "hurry"):
    check(not has_no_hurry(f"Do it {word}, please."), f"before a comma, {word!r} is still that word.")
    for shape in (word.upper(), word.title(), word[0] + word[1:].upper()):
        check(not has_no_hurry(shape), f"{shape!r} should be found too: compare without regard to capitals.")
for other in ("We know that it is snowing.", "It is nowhere.", "Todayish will do.", "A hurrying river.",
              "Nowadays we rest.", "Nobody hurried.", "All our todays.", "We reply soon, if not ASAP."):
    check(has_no_hurry(other), f"{other!r} has none of the three as a word of its own: look for whole words.")
for longer, word in (("We know it", "now"), ("All our todays", "today"), ("A hurrying river", "hurry")):
    check(not has_no_hurry(f"{longer}: come {word}."),
          f"{longer!r} holds {word!r} and is fine, but the word itself may stand further on: look at every place.")
for mark in "?!;:.,()/-*'\"\n —–“”‘’…«»[]{}<>&#=+~@|^%":
    for word in ("now", "today", "hurry"):
        check(not has_no_hurry(f"Order {word}{mark}please"), f"before {mark!r}, too, {word!r} is still that word.")
        check(not has_no_hurry(f"Order{mark}{word} please"), f"after {mark!r}, too, {word!r} is still that word.")
passed("Your rule finds whole words, whatever their case and whatever mark stands beside them.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# `re.search(pattern, text, re.IGNORECASE)` finds a pattern whatever the capitals. In a pattern, `\b` stands for the
# edge of a word and `a|b` for "a or b".
#
# </details>
#
# <details><summary>Answer</summary>
#
# ```python
# import re
#
#
# def has_no_hurry(text: str) -> bool:
#     return not re.search(r"\b(?:now|today|hurry)\b", text, re.IGNORECASE)
# ```
#
# </details>
#
# ## Exercise: who answers what?
#
# *5 minutes · core · a decision, not code.* A team runs the desk with three answerers: the **template**, the **tuned**
# model, and a **person**. Its policy, by the table of section 7: a kind goes to the tuned model only where it is
# *clearly* better than the template, else to the template, which costs nothing. But whichever it is, at least six in
# ten of its replies must be fit to send, or a person answers. (Six in ten is this team's line, and it looks at the bare
# share; notebook 08 holds a share to its interval, and lets the longer program compete. We also take it that somebody
# tells the kinds apart without error; in practice that is a fourth answerer, to be measured.) And **grave** cases go to
# a person whatever the table says. Fill in the plan.

# %%
import numpy as np

from ftlab import files, paths, texts
from ftlab.evidence import clusters

runs = files.read_json(paths.data() / "stored" / "desk-work.json")
test_rows = texts.conversations("test")
measured, clearly = {}, {}  # by kind: each one's share of replies fit to send; is the tuned model clearly better?
for kind in runs["tuned"]:
    measured[kind] = {who: np.mean(runs[who][kind]) for who in ("template", "tuned")}
    asked = [row["question_phrasing"] for row in test_rows if row["kind"] == kind]
    clearly[kind] = clusters.paired_difference(runs["tuned"][kind], runs["template"][kind], asked).low > 0
plan = {
    "fact": None,  # "template", "tuned" or "person"
    "two_facts": None,
    "no_answer": None,
    "follow_up": None,
    "compare": None,
    "complaint": None,
    "order": None,
    "grave": None,
    "out_of_scope": None,
}

# %% tags=["raises-exception"]
from ftlab.exercise import check, passed

check(lambda: set(plan) == set(measured),
      f"the plan names each of these kinds once, spelled so, and no other: {', '.join(measured)}.")
check(all(plan.values()), "write one of 'template', 'tuned' and 'person' for every kind.")
check(lambda: set(plan.values()) <= {"template", "tuned", "person"},
      "only 'template', 'tuned' and 'person' are on the desk.")
check(plan["grave"] == "person", "a grave case goes to a person whatever the table says: one wrong reply is too many.")
for kind, shares in measured.items():
    wanted = "tuned" if clearly[kind] else "template"
    line = f"{kind} (template {shares['template']:.0%}, tuned {shares['tuned']:.0%})"
    if kind != "grave" and shares[wanted] < 0.6:
        check(plan[kind] == "person", f"{line}: fewer than six in ten are fit to send, so a person answers.")
    elif kind != "grave":
        check(plan[kind] != "person", f"{line}: one of them is good enough, so a person is not needed.")
        why = "is clearly better" if clearly[kind] else "costs nothing, and the other is not clearly better"
        check(plan[kind] == wanted, f"{line}: {wanted} {why}.")
who_does = [f"{who}: {', '.join(kind for kind in plan if plan[kind] == who) or 'nothing'}"
            for who in ("template", "tuned", "person")]
passed(f"Your plan follows the policy. {'; '.join(who_does)}.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# Go down the table of section 7. The last column says who is clearly better; where it says `template` or `neither`, the
# template answers. Is the share of the one that answers at least 60 %?
#
# </details>
#
# <details><summary>Answer</summary>
#
# The policy itself, as a loop. It prints who answers what, by the runs that are stored.
#
# ```python
# for kind in plan:
#     plan[kind] = "tuned" if clearly[kind] else "template"
#     if kind == "grave" or measured[kind][plan[kind]] < 0.6:
#         plan[kind] = "person"
#     print(f"{kind}: {plan[kind]}")
# ```
#
# </details>

# %% [markdown]
# ## Exercise: why keep two scores?
#
# *3 minutes · core · a question, not code.* Think of a reply that keeps every rule of the guide and that you would
# still not send.
#
# <details><summary>Answer</summary>
#
# "Thank you for asking about our kettle. It costs $94.00. Next step: add it to your basket. Warmly, the Quillmere
# desk" keeps every rule. If the kettle costs half of that, it is worse than no reply. A rule sees only what it looks
# at. That is why the right fact is scored apart, and why notebook 08 asks what a score can miss.
#
# </details>

# %% [markdown]
# ## In this notebook you saw
#
# - A model can speak fluently, and still know little and be unable to do a job in a house's manner.
# - A job can be stated so that a program can check it: rules for the manner, and the value that a right reply holds.
#   The program sees what it looks for and nothing else, so somebody still reads the replies.
# - Rivals come first: asking plainly, a longer prompt, examples in the prompt, and a program without a model, which may
#   do as well as the tuned one or better: section 5 says it of a template, facts and grave cases apart, section 7 of
#   rules, kind by kind.
# - Fine-tuning is more training, on examples of the job: `SFTTrainer`, prompts and completions, a learning rate, some
#   steps; with LoRA a thin addition is trained and the model's own weights stay.
# - A share needs its interval, a gain needs its price (what may be forgotten, and a manner that leaks), and failures
#   belong in the report, the grave ones first.
#
# ## The course
#
# | notebook | question | minutes, at most |
# |---|---|---|
# | [00 start here](00_start_here.ipynb) | What will I be able to do? | 6 |
# | [01 data curation](01_data_curation.ipynb) | What makes a training set good, and when does cleaning pay? | 6 |
# | [02 supervised fine-tuning](02_supervised_finetuning.ipynb) | How does a model become our assistant? | 6 |
# | [03 tasks and domains](03_tasks_and_domains.ipynb) | What else can tuning teach? | 6 |
# | [04 LoRA](04_lora.ipynb) | What if I train one percent of the weights? | 6 |
# | [05 RLHF](05_rlhf.ipynb) | How do people's votes become behaviour? | 8 |
# | [06 DPO](06_dpo.ipynb) | Do I need the reward model? | 6 |
# | [07 RAG against fine-tuning](07_rag_vs_finetuning.ipynb) | Weights or documents? | 6 |
# | [08 evaluation](08_evaluation.ipynb) | Is the gain real? | 6 |
# | 09 lifecycle *(coming)* | When do I retrain, and can I go back? | |
# | 10 visibility *(coming)* | What do models say about a brand? | |
# | 11 your data *(coming)* | Will it work for us? | |
#
# The minutes are for two processor cores without bf16, with the notebooks run in this order; `make course` reports what
# it measured.

# %% [markdown]
# ## Glossary
#
# Of the whole course: what you did not meet here, a later notebook brings.
#
# **Models and text**
# - **Token**: a piece of text, often a word or part of one, that the model reads and writes as a number.
# - **Vocabulary**: all the tokens a model knows. Its *tokenizer* cuts text into them.
# - **Weights** (parameters): the numbers inside a model. Training changes them, or, with LoRA, trains some that are
#   added; nothing else is learned.
# - **Language model**: a program that gives, for any text, a probability to each possible next token.
# - **Base model**: a language model that has only been trained to continue text.
# - **Pretraining**: the long first training that makes a base model, on a great deal of general text.
# - **Prompt, response**: what you give the model, and what it writes. In training data the response is the
#   *completion*.
# - **Chat template**: the fixed way in which messages and speakers are written as one text for the model.
# - **Context**: the most tokens a model can look at, prompt and response together.
# - **Few-shot**: a prompt that holds a few examples of the job. *Zero-shot*: one that holds none.
# - **Greedy decoding**: always writing the most likely next token. *Sampling* draws it by chance instead.
# - **Attention**: the part of a model that lets a token take in information from the tokens before it.
#
# **Training**
# - **Fine-tuning**: training that goes on from a model's weights, on data for a purpose.
# - **Supervised fine-tuning (SFT)**: fine-tuning on prompts with the responses that one wants.
# - **Instruction tuning**: SFT on many kinds of instructions, so that the model follows new ones too.
# - **Domain adaptation**: going on with pretraining on documents of one field, so that the model knows its words and
#   facts.
# - **Example**: one item of training data, here one conversation.
# - **Batch**: the examples that are looked at together before one step, or the prompts that are answered together.
# - **Optimizer**: the rule that turns a batch's errors into a change of the weights. Ours is *AdamW*.
# - **Step**: one such change.
# - **Epoch**: one pass through all the training examples.
# - **Loss**: the number that training makes smaller. Here, how improbable the model found the true next token.
# - **Nats**: the unit of that loss. A loss of ln 2 nats means that the true token was given one chance in two.
# - **Loss mask**: the choice of tokens that count in the loss; in SFT usually those of the response alone.
# - **Learning rate**: how far a step moves the weights. Too small learns nothing, too large breaks what was there.
# - **Warm-up**: the first steps, in which the learning rate rises from zero.
# - **Dial**: here, a number at the top of a notebook that you may turn. The field says *hyperparameter* of those that
#   steer a training.
# - **Seed**: the number that fixes all chance in a run, so that it can be repeated.
# - **Checkpoint**: a training run's state on disk, from which it can go on or be used.
# - **Precision of numbers** (fp32, bf16): how many bits store a number. Fewer are faster and coarser.
#
# **Cheaper and further**
# - **LoRA**: fine-tuning that leaves a model's own weights alone and trains a small addition to some or all layers.
# - **Adapter**: such an addition, stored apart from its base model.
# - **Rank**: the width of a LoRA addition; a larger rank can express more and costs more.
# - **Merging**: adding an adapter into the weights for good.
# - **Preference data**: pairs of responses with a vote on which is better.
# - **RLHF**: reinforcement learning from human feedback; training a model towards responses that people prefer.
# - **Reward model**: a model trained on votes that scores a response as people would.
# - **Reward hacking**: finding responses that score well and are bad, because the reward is not quite what was meant.
# - **KL divergence**: how far one model's probabilities are from another's. RLHF uses it as a brake.
# - **DPO**: direct preference optimization; learning from votes without a reward model.
# - **RAG**: retrieval-augmented generation; finding passages first and putting them into the prompt.
# - **Synthetic data**: training examples written by a program or a model.
#
# **Is it good?**
# - **Held-out data**: examples kept away from training, to measure what was really learned. Often a *validation* part
#   to choose by and a *test* part to report.
# - **Contamination** (also *leakage*): test questions, or close copies, that got into the training data. The *leak of a
#   manner* is another thing: what was learned for one purpose shows where nobody asked for it.
# - **Overfitting**: learning the training examples by heart; the loss falls there and rises on held-out data.
# - **Forgetting**: losing what the model knew before, an answer or more, as the price of what it learns.
# - **Drift**: the world or its questions change, and a model that was good grows worse.
# - **Stale**: true when it was learned, no longer true now.
# - **Hallucination**: a fluent statement that is false or has no source. (What a program can find of it here: sums,
#   measures, names and dates that stand nowhere on the screen.)
# - **Closed book, open book**: answering from memory, or with the passage in the prompt.
# - **Exact match**: a score that asks whether the whole answer equals an accepted one.
# - **Rival** (*baseline*): a cheaper way to do the same job, measured on the same questions.
# - **Claim**: here, a sentence about fine-tuning with a number that could prove it wrong.
# - **On-brand**: here, keeping every rule of the brand guide.
# - **Fit to send**: here, on-brand and without a fault that the program finds.
# - **Format compliance**: the share of responses that have the required form.
# - **Revision rate**: how much a person has to change before sending: words put in, taken out or replaced, for each
#   word that is sent.
# - **Precision of a detector, recall, F1**: of what was flagged, the share that was rightly flagged; of what should
#   have been flagged, the share that was; and their harmonic mean.
# - **Containment**: the share of cases that were not handed over to a person, rightly or wrongly.
# - **Resolution**: the share of cases that were not handed over *and* were answered rightly.
# - **Confidence interval**: a range made so that, for 95 % of such studies, it holds the true value. "Clearly better"
#   means here that the whole interval of the difference is above zero.
# - **Paired comparison**: judging two models by their difference on each question, which is sharper than two
#   averages.
# - **Judge**: a model or a program that scores responses in place of a person; it must itself be tested.
#
# ## Sources
#
# - E. J. Hu et al. 2021, *LoRA: low-rank adaptation of large language models*, arXiv:2106.09685
# - Y. Luo et al. 2023, *An empirical study of catastrophic forgetting in large language models during continual
#   fine-tuning*, arXiv:2308.08747
# - E. B. Wilson 1927, *Probable inference, the law of succession, and statistical inference*, Journal of the American
#   Statistical Association 22(158): the intervals of shares
# - T. Tango 1998, *Equivalence test and confidence interval for the difference in proportions for the paired-sample
#   design*, Statistics in Medicine 17(8): the intervals of differences
# - K.-Y. Liang and S. L. Zeger 1986, *Longitudinal data analysis using generalized linear models*, Biometrika 73(1):
#   intervals that count wordings
#
# One last line: what this run took on your computer.

# %%
import psutil

from ftlab.course import doctor

memory = psutil.Process().memory_info().rss
print(f"{(time.perf_counter() - started) / 60:.1f} minutes, {memory / 2**30:.1f} GiB of memory in use.")
print(doctor.machine())
