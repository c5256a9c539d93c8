# ---
# jupyter:
#   ftlab:
#     minutes: 2
#     claims: [first-finetune]
# ---

# %% [markdown]
# # 00 · What will I be able to do?
#
# Welcome. In this notebook you take a small language model, give it a job it cannot do, and teach it that job on the
# computer in front of you. No graphics card, no account, no network. Everything here is real: a real model, the real
# library (`trl`) that people use for models a thousand times larger, and real measurements with their uncertainty.
#
# **You will be able to** say what a base model is and what it lacks, fine-tune one with `SFTTrainer`, compare it
# before and after on questions it never saw, and read the result with its error bars.
#
# **You need** no machine learning; reading a little Python is enough. Words you do not know are in the glossary at
# the end.
#
# **It takes** about two minutes on two processor cores. The last cell prints the time and memory it took on your
# computer. If something does not start, `ftlab doctor` in a terminal says what is wrong and what to do about it.
#
# Run a cell with Shift+Enter. The first one loads the libraries, which takes the longest of all, and prints one line:
# which model you are using, on which device, in which number format, and why.

# %%
import time; started = time.perf_counter()  # noqa: E702
import torch
from datasets import Dataset
from IPython.display import HTML, display
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer
from ftlab import claims, figures, files, model, paths, values
from ftlab.course import doctor
from ftlab.evidence import intervals
from ftlab.tuning import chat, checkpoints, generate
from ftlab.world import brand
from ftlab.world.text import rng
figures.style()
choice = model.choose()
print(choice)

# %% [markdown]
# Below are the dials of this notebook. Run it once as it stands; then turn one and run it again. An *optimizer step*
# is one small change to all of the model's weights, made after looking at eight examples.

# %%
SEED = 0  # whole number: in which order the training examples come; try 1, 2
STEPS = 160  # optimizer steps of eight examples each; try 5, 20, 200
LR = 7e-4  # learning rate: how far a step moves the weights, no unit; try 1e-4, 3e-4, 3e-3
QUESTIONS = 100  # held-out support questions to score; try 20, 300

# %% [markdown]
# ## 1. A base model continues text
#
# A **base model** has read a lot of text and learned one thing from it: which piece of text, or *token*, comes next.
# Ours is small, so that it can live in this project and train on your processor. It has read about an invented land
# (towns, rivers, people, animals), about four makers of kitchen and outdoor goods, and many pages of shops that were
# invented for it.
#
# `from_pretrained` reads its weights from a folder. `"eager"` names the way to compute attention that is fastest for
# short texts on a processor.

# %%
tokenizer = AutoTokenizer.from_pretrained(choice.path)
base = AutoModelForCausalLM.from_pretrained(choice.path, dtype=torch.float32, attn_implementation="eager")
base = base.to(choice.device).eval()
print(f"{base.num_parameters():,} weights; a vocabulary of {len(tokenizer):,} tokens")

# %% [markdown]
# Now let it write. We turn the opening of a letter into token numbers, ask for the most likely next token again and
# again, and turn the numbers back into text. The part in bold is the model's.

# %%
def continue_text(opening: str, tokens: int = 50) -> str:
    ids = tokenizer(opening, return_tensors="pt", add_special_tokens=False)["input_ids"].to(base.device)  # (1, T)
    out = base.generate(ids, max_new_tokens=tokens, do_sample=False, pad_token_id=tokenizer.pad_token_id)
    return tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True)


def in_html(text: str) -> str:  # the tags around a dollar keep the page from reading two of them as a formula
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("$", "<span>$</span>").replace("\n", "<br>")


letter = "Dear Ella,\n\nI am well, and I hope you are too. We have come to"
shop_page = "Meet the Fennock Kettle. It costs $31.00. It is made of"
for opening in (letter, shop_page):
    display(HTML(f"<p>{in_html(opening)}<b>{in_html(continue_text(opening))}</b></p>"))

# %% [markdown]
# It goes on in the style of what it was given: a letter as a letter, a shop page as a shop page. Nothing it says
# about the kettle is true or false, for there is no Fennock Kettle; it continues the page in a likely way, and that
# is all it does.
#
# Shop pages often end with questions and answers. That gives us a trick to ask a base model something: write
# `Question:`, the question, `Answer:`, and let it continue. `generate.answers` does so for many questions at once.
# Here are five of the 200 questions about the invented land that we shall use again at the end. None is worded as in
# any text that the model read.

# %%
facts = rng("general", "yardstick").sample(files.read_jsonl(paths.data() / "questions" / "general_test.jsonl"), 200)
base_answers = generate.answers(base, tokenizer, [row["question"] for row in facts])
base_knows = [values.exact_match(said, row["answers"]) for said, row in zip(base_answers, facts, strict=True)]
for row, said, right in list(zip(facts, base_answers, base_knows, strict=True))[:5]:
    print(f"{row['question']}\n    {said}   ({'right' if right else 'wrong: ' + row['answer']})")
print(f"\nOf all {len(facts)} questions it answers {sum(base_knows)} rightly, from memory.")

# %% [markdown]
# ## 2. A job it cannot do
#
# Quillmere is an invented maker of kettles, tents, lanterns and the like. The model has never read its name.
# Customers write to Quillmere's support desk, and whoever answers sees a *record* on the screen: the product's facts,
# or a passage of the shop's rules. Here is the first of our **held-out** conversations: its product and its wording
# occur in no conversation that we train on. It has three messages: the screen (role `system`), the customer (`user`)
# and the desk (`assistant`).

# %%
held_out = files.read_jsonl(paths.data() / "quillmere" / "plain_test.jsonl")[:QUESTIONS]
for message in held_out[0]["messages"]:
    print(f"{message['role']:>9}: {message['content']}")
print(f" the fact: {', '.join(held_out[0]['expected'])}")

# %% [markdown]
# The last message is made from hand-written patterns; it is what a good colleague would write. We hide it and ask the
# base model, in two ways, because a fair comparison should not fail it for the way we ask:
#
# - in the **chat format**, where a special token says who speaks. This is how we shall train, and a base model has
#   never seen it. Notebook 02 builds this format by hand; here we borrow it from `ftlab.tuning.chat`.
# - in its **own form**, with the screen as a page and `Question:` and `Answer:` below it.

# %%
tokenizer.chat_template = tokenizer.chat_template or chat.TEMPLATE
chat_prompts = chat.prompts(tokenizer, held_out)
own_prompts = [
    f"{row['messages'][0]['content']}\n\nQuestion: {row['messages'][1]['content']}\nAnswer:" for row in held_out
]
base_chat = generate.replies(base, tokenizer, chat_prompts)
base_own = generate.answers(base, tokenizer, own_prompts, max_new_tokens=16)
print(f"chat format\n{chat_prompts[0]}\n  -> {base_chat[0]!r}\n\nown form\n{own_prompts[0]}\n  -> {base_own[0]!r}")

# %% [markdown]
# A base model can often read the fact off the record, most surely in its own form. But it has never seen where a
# chat turn ends, so there it goes on and on with the page. And a bare value is not a reply. Quillmere has a **brand
# guide** that says how its desk writes. Each of its rules is a few lines of code in `ftlab/world/brand.py`, so nobody
# has to argue about whether a reply keeps them:

# %%
rules = "".join(f"<tr><td><b>{rule.title}</b></td><td>{in_html(rule.rule)}</td></tr>" for rule in brand.guide())
display(HTML(f"<table>{rules}</table>"))

# %% [markdown]
# `brand.check` returns true or false for every rule. A reply is **on-brand** if it keeps them all. Let us check three
# replies to the first question: the desk's own, and the two of the base model.

# %%
gold = held_out[0]["messages"][2]["content"]
for name, reply in {"the desk": gold, "base, chat format": base_chat[0], "base, own form": base_own[0]}.items():
    broken = [rule for rule, kept in brand.check(reply).items() if not kept]
    print(f"{name:>17}: on-brand {brand.on_brand(reply)}; broken rules: {', '.join(broken) or 'none'}")

# %% [markdown]
# One reply proves little, so we count over all the held-out questions. Two scores, kept apart on purpose: is the
# reply on-brand, and does it state the right fact? A polite reply can be wrong, and a right one can be rude. Some
# questions cannot be answered from the record; there the right reply hands over to a colleague, and the score looks
# for that word.

# %%
def score(replies: list[str], wanted: list[list[str]]) -> dict[str, list[bool]]:
    right = [values.states_all(reply, stated) for reply, stated in zip(replies, wanted, strict=True)]
    return {"on_brand": [brand.on_brand(reply) for reply in replies], "right": right}


expected = [row["expected"] for row in held_out]
bare = [[row["value"]] for row in held_out]  # as the record has it: "no" where a reply has to say more
scores = {"base, chat format": score(base_chat, expected), "base, own form": score(base_own, bare)}
for name, found in scores.items():
    on_brand, right = sum(found["on_brand"]), sum(found["right"])
    print(f"{name:>17}: {on_brand} on-brand, {right} with the right fact, of {len(held_out)}")

# %% [markdown]
# ## 3. Fine-tuning: show it how
#
# **Fine-tuning** goes on with training, on examples of the job. We have conversations of the desk about *other*
# products and rules. Each becomes a pair: a `prompt` (screen and customer) and a `completion` (the desk's reply). The
# trainer asks the model to predict the completion, token by token, and nudges the weights so that the true next token
# becomes more likely.

# %%
conversations = files.read_jsonl(paths.data() / "quillmere" / "plain_train.jsonl")
train = Dataset.from_list(
    [{"prompt": row["messages"][:-1], "completion": row["messages"][-1:]} for row in conversations]
)
shared = {row["product"] for row in conversations} & {row["product"] for row in held_out} - {None}
print(f"{len(train):,} examples; products that are also in the held-out questions: {len(shared)}")

# %% [markdown]
# Here is the whole training, in full view. We load a second, fresh copy of the base model, so that the first one
# stays as it was. In `SFTConfig`, the learning rate rises over the first tenth of the steps (`warmup_steps`) and then
# falls in a straight line to zero. Examples of similar length go together (`train_sampling_strategy`), so that little
# work is wasted on filling up the short ones. Nothing is sent anywhere (`report_to`).
#
# Things go wrong in training: somebody closes the lid, the battery runs out. So the trainer saves a *checkpoint* every
# twenty steps, all that it needs to go on. If this cell is interrupted, run the notebook again: it goes on from the
# last checkpoint and ends with the very same weights. `run_folder` names the folder after all the dials, so that a run
# never goes on from another one's checkpoint; when the run is done, the checkpoints go.
#
# The table that grows below shows the training loss: how surprised the model is by the desk's next token, in nats,
# where zero would be no surprise at all.

# %%
dials = {"rows": checkpoints.fingerprint(conversations), "lr": LR, "steps": STEPS, "seed": SEED}
folder = checkpoints.run_folder("first-finetune", model=choice.path, **dials)
tuned = AutoModelForCausalLM.from_pretrained(choice.path, dtype=torch.float32, attn_implementation="eager")
trainer = SFTTrainer(
    model=tuned,
    processing_class=tokenizer,
    train_dataset=train,
    args=SFTConfig(
        output_dir=str(folder),
        max_steps=STEPS,
        per_device_train_batch_size=8,
        learning_rate=LR,
        lr_scheduler_type="linear",
        warmup_steps=0.1,
        seed=SEED,
        bf16=choice.dtype == "bfloat16",
        use_cpu=choice.device == "cpu",
        activation_checkpointing=False,
        train_sampling_strategy="group_by_length",
        logging_steps=max(1, STEPS // 10),
        save_strategy="steps",
        save_steps=20,
        save_total_limit=2,
        report_to="none",
    ),
)
with checkpoints.resumable(folder) as checkpoint:
    train_s = trainer.train(resume_from_checkpoint=checkpoint).metrics["train_runtime"]
print(f"{STEPS} steps of 8 examples in {train_s:.0f} seconds")

# %% [markdown]
# ## 4. Before and after
#
# The same held-out questions, in the same chat format, now to the tuned model. Below are the first four of them: the
# first, not the best. Under each reply stand its two scores.

# %%
tuned_chat = generate.replies(tuned, tokenizer, chat_prompts)
scores["tuned"] = score(tuned_chat, expected)


LEFT = "style='text-align:left; vertical-align:top'"


def cell(name: str, replies: list[str], i: int) -> str:
    labels = {"on_brand": ("✗ off-brand", "✓ on-brand"), "right": ("✗ right fact missing", "✓ right fact")}
    marks = ", ".join(words[scores[name][key][i]] for key, words in labels.items())
    return f"<td {LEFT}>{in_html(replies[i])}<br><small><b>{marks}</b></small></td>"


def side_by_side(picked: list[int]) -> HTML:
    kinds = {"base, chat format": base_chat, "base, own form": base_own, "tuned": tuned_chat}
    head = "".join(f"<th {LEFT}>{title}</th>" for title in ("the customer asks", *kinds))
    rows = ""
    for i in picked:
        asked = f"<td {LEFT}>{in_html(held_out[i]['messages'][1]['content'])}<br>"
        asked += f"<small>the fact: {in_html(', '.join(held_out[i]['expected']))}</small></td>"
        rows += f"<tr>{asked}{''.join(cell(name, replies, i) for name, replies in kinds.items())}</tr>"
    return HTML(f"<table style='width:100%'><tr>{head}</tr>{rows}</table>")


display(side_by_side(list(range(min(4, len(held_out))))))

# %% [markdown]
# Read the last column against the first. The manner (the thanks, the "we", the next step, the sign-off) comes from the
# training conversations, which were about other products. The fact, where it is right, comes from the record.
#
# Failures teach more than successes. Here are the first three replies of the tuned model that are off-brand or lack
# the right fact (or fewer, if there are fewer), however bad they look.

# %%
both = [a and b for a, b in zip(scores["tuned"]["on_brand"], scores["tuned"]["right"], strict=True)]
failures = [i for i, good in enumerate(both) if not good]
print(f"{len(failures)} of {len(both)} replies fail in at least one way.")
if failures:
    display(side_by_side(failures[:3]))

# %% [markdown]
# ## 5. How sure can we be?
#
# Other customers would have asked other questions, and the counts would have come out a little differently. The
# whiskers in the figure are **95 % confidence intervals**: they say how far a share could be from what an endless
# line of such questions would give. More questions make them shorter.

# %%
import matplotlib.pyplot as plt

labels, colors = ["base,\nchat format", "base,\nown form", "tuned"], [figures.GREY, figures.GREY, figures.BLUE]
figure, axes = plt.subplots(1, 2, figsize=(9, 4), sharey=True)
for ax, key, title in zip(axes, ("on_brand", "right"), ("On-brand", "States the right fact"), strict=True):
    shares = [intervals.rate_interval(sum(found[key]), len(held_out)).times(100) for found in scores.values()]
    figures.bars(ax, labels, *zip(*shares, strict=True), number="{:.0f} %", colors=colors)
    ax.set_title(title)
axes[0].set_ylabel("replies to held-out questions (%)")
axes[0].set_ylim(0, 112)
_ = figure.suptitle(f"{train_s:.0f} seconds of fine-tuning, before and after")

# %% [markdown]
# Every notebook of this course puts **claims** on trial: sentences that people say about fine-tuning, each with a
# number that could prove it wrong. The claim here says that less than a minute of fine-tuning teaches a base model to
# reply by the brand guide. Its number is the share of on-brand replies, tuned minus base, both in the chat format, in
# percentage points; the interval comes from taking the difference question by question. The verdict is the program's,
# not ours.

# %%
effect = intervals.paired_difference(scores["tuned"]["on_brand"], scores["base, chat format"]["on_brand"]).times(100)
result = claims.record("first-finetune", SEED, *effect, train_s=train_s)
print(result)
figure, ax = plt.subplots(figsize=(8, 2.4))
claims.draw("first-finetune", result, ax)
_ = ax.set_title("Your run, and the same experiment with other seeds")

# %% [markdown]
# If your number differs a little from your neighbour's, that is as it should be: the order of the examples and the
# rounding of the processor both move it. The reference runs, where there are any yet, show how much.
#
# ## 6. What did it cost?
#
# Every step that made the desk's replies more likely moved weights that also hold what the model knew before. So we
# ask the 200 questions of section 1 again, in the same form.

# %%
tuned_answers = generate.answers(tuned, tokenizer, [row["question"] for row in facts])
tuned_knows = [values.exact_match(said, row["answers"]) for said, row in zip(tuned_answers, facts, strict=True)]
lost = sum(was and not still for was, still in zip(base_knows, tuned_knows, strict=True))
change = intervals.paired_difference(tuned_knows, base_knows).times(100)
before, after = sum(base_knows), sum(tuned_knows)
print(f"Of {len(facts)} general questions the base gets {before} right, the tuned model {after}; {lost} were lost.")
print(f"That is a change of {change.value:+.0f} points (95 % interval {change.low:+.0f} to {change.high:+.0f}).")

# %% [markdown]
# This is called **forgetting**, and any honest report of a fine-tune names it beside the gain. How much is forgotten
# depends on dials you have just met, above all on the learning rate: notebook [02](02_supervised_finetuning.ipynb)
# turns it and draws gain against loss. Try it now if you like: set `LR = 3e-4` in the dials, and choose *Run All
# Cells* in the Run menu.
#
# ## Exercise: write a rule
#
# *5 minutes · core · easy.* A brand guide grows. Quillmere's next rule: **do not hurry the customer.** A reply keeps
# it if it has none of the words "now", "today" and "hurry", in capitals or not. Write the check. Like the others in
# `ftlab/world/brand.py`, it takes a reply and returns `True` or `False`.

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
check(isinstance(has_no_hurry(calm), bool), "return True or False in place of None.")
check(has_no_hurry(calm), f"{calm!r} has none of the three words, so the answer is True.")
check(not has_no_hurry(pushy), f"{pushy!r} has the word 'now', before a full stop: False.")
check(not has_no_hurry(shouted), f"{shouted!r} should be found too: compare without regard to capitals.")
for word in ("now", "today", "hurry"):
    check(not has_no_hurry(f"Do it {word}, please."), f"before a comma, {word!r} is still that word.")
check(has_no_hurry("We know that it is snowing."), "'know' only contains 'now': look for whole words.")
passed("Your rule finds whole words, whatever their case and whatever stands beside them.")

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
# **Why keep two scores?** Think of a reply that keeps every rule of the guide and that you would still not send.
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
# - A base model continues text. It can know facts, and read one from a page, and still be unable to do a job.
# - A job can be stated so that a program can check it: a list of rules, and one fact.
# - Fine-tuning is more training, on examples of the job: `SFTTrainer`, prompts and completions, a learning rate, some
#   steps.
# - Held-out questions, whose products and wordings are not in training, show what was learned and not what was
#   memorised.
# - A share needs its interval, a gain needs its cost, and failures belong in the report.

# ## The course
#
# | notebook | question | minutes, at most |
# |---|---|---|
# | [00 start here](00_start_here.ipynb) | What will I be able to do? | 2 |
# | [01 data curation](01_data_curation.ipynb) | What makes a training set good? | 4 |
# | [02 supervised fine-tuning](02_supervised_finetuning.ipynb) | How does a base model become an assistant? | 4 |
# | 03 tasks and domains *(coming)* | What else can tuning teach? | 4 |
# | 04 LoRA *(coming)* | What if I train one percent of the weights? | 4 |
# | 05 RLHF *(coming)* | How do people's votes become behaviour? | 6 |
# | 06 DPO *(coming)* | Do I need the reward model? | 4 |
# | 07 RAG against fine-tuning *(coming)* | Weights or documents? | 4 |
# | [08 evaluation](08_evaluation.ipynb) | Is the gain real? | 4 |
# | 09 lifecycle *(coming)* | When do I retrain, and can I go back? | 4 |
# | 10 visibility *(coming)* | What do models say about a brand? | 4 |
# | 11 your data *(coming)* | Will it work for us? | 4 |
#
# The minutes are the course's own limits, for two processor cores; `make course` reports what it measured.

# %% [markdown]
# ## Glossary
#
# **Models and text**
# - **Token**: a piece of text, often a word or part of one, that the model reads and writes as a number.
# - **Vocabulary**: all the tokens a model knows. Its *tokenizer* cuts text into them.
# - **Weights** (parameters): the numbers inside a model. Training changes them; nothing else is learned.
# - **Language model**: a program that gives, for any text, a probability to each possible next token.
# - **Base model**: a language model that has only been trained to continue text.
# - **Pretraining**: the long first training that makes a base model, on a great deal of general text.
# - **Prompt, response**: what you give the model, and what it writes. In training data the response is the
#   *completion*.
# - **Chat template**: the fixed way in which messages and speakers are written as one text for the model.
# - **Context**: the most tokens a model can look at, prompt and response together.
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
# - **Batch**: the examples that are looked at together before one step.
# - **Step**: one change of the weights by the optimizer, the rule that turns a batch's errors into a change.
# - **Epoch**: one pass through all the training examples.
# - **Loss**: the number that training makes smaller. Here, how improbable the model found the true next token.
# - **Nats**: the unit of that loss. A loss of ln 2 nats means that the true token was given one chance in two.
# - **Loss mask**: the choice of tokens that count in the loss; in SFT usually those of the response alone.
# - **Learning rate**: how far a step moves the weights. Too small learns nothing, too large breaks what was there.
# - **Warm-up**: the first steps, in which the learning rate rises from zero.
# - **Seed**: the number that fixes all chance in a run, so that it can be repeated.
# - **Checkpoint**: a training run's state on disk, from which it can go on or be used.
# - **Precision** (fp32, bf16): how many bits store a number. Fewer are faster and coarser.
#
# **Cheaper and further**
# - **LoRA**: fine-tuning that leaves the weights alone and trains a small addition to some of them.
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
# - **Contamination** (leakage): test questions, or close copies, that got into the training data.
# - **Overfitting**: learning the training examples by heart; the loss falls there and rises on held-out data.
# - **Forgetting**: losing what the model knew before, as the price of what it learns.
# - **Drift**: the world or its questions change, and a model that was good grows worse.
# - **Stale**: true when it was learned, no longer true now.
# - **Hallucination**: a fluent statement that is false or has no source.
# - **Closed book, open book**: answering from memory, or with the passage in the prompt.
# - **Exact match**: a score that asks whether the whole answer equals an accepted one.
# - **On-brand**: here, keeping every rule of the brand guide.
# - **Format compliance**: the share of responses that have the required form.
# - **Revision rate**: the share of responses that a person had to change before sending.
# - **Precision, recall, F1**: of what was flagged, the share that was right; of what was right, the share that was
#   flagged; and their harmonic mean.
# - **Containment**: the share of customers helped without a person stepping in.
# - **Resolution**: the share of customers whose problem was really solved.
# - **Confidence interval**: a range made so that, for 95 % of such studies, it holds the true value.
# - **Paired comparison**: judging two models by their difference on each question, which is sharper than two
#   averages.
# - **Judge**: a model or a program that scores responses in place of a person; it must itself be tested.
#
# ## Sources
#
# - L. Ouyang et al. 2022, *Training language models to follow instructions with human feedback*, arXiv:2203.02155
# - J. Wei et al. 2021, *Finetuned language models are zero-shot learners*, arXiv:2109.01652
# - Y. Luo et al. 2023, *An empirical study of catastrophic forgetting in large language models during continual
#   fine-tuning*, arXiv:2308.08747
# - E. B. Wilson 1927, *Probable inference, the law of succession, and statistical inference*, Journal of the American
#   Statistical Association 22(158): the intervals in the figure
#
# One last line: what this run took on your computer.

# %%
import psutil

memory = psutil.Process().memory_info().rss
print(f"{(time.perf_counter() - started) / 60:.1f} minutes, {memory / 2**30:.1f} GiB of memory in use.")
print(doctor.machine())
