# ---
# jupyter:
#   ftlab:
#     minutes: 6
#     claims: [tuned-beats-template, variety-counts, low-lr-keeps, early-stopping-helps, averaging-keeps]
# ---

# %% [markdown]
# # 02 · How does a model become our assistant?
#
# A chat model answers, but not as your house would. What closes the gap is *supervised fine-tuning*: a little more
# training, on conversations, with the loss on the assistant's words alone. Here you build every part of it in the
# open, train a model that people know to be Quillmere's support desk, and measure what it costs beside what it gains.
#
# **After it you can**
#
# - read a model's chat template, mark in it what the assistant says, and say for each token whether the loss counts it;
# - compute the masked loss from scratch and check a library against it;
# - configure `SFTTrainer` and say what each argument does;
# - judge a tuned model on nine kinds of work, beside a program without a model, with an interval, and see what leaked;
# - read from measurements what the examples, the learning rate and the stopping point change.
#
# **You need** notebook 00 and a little PyTorch. **It takes** about nine minutes of one processor core without bf16,
# five to seven with it (section 4), and 4 GB of memory. The exercises are at the end; the notebook runs without them.

# %%
import time, warnings; started = time.perf_counter()  # noqa: E401, E702
warnings.filterwarnings("ignore", category=FutureWarning)  # one library tells another that a word will change
import math
import textwrap
import matplotlib.pyplot as plt
import torch
from datasets import Dataset, disable_progress_bars
from IPython.utils.capture import capture_output
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer, PrinterCallback
from trl import SFTConfig, SFTTrainer
from ftlab import claims, figures, files, model, paths, rivals, shelf, texts, values
from ftlab.evidence import intervals, packed
from ftlab.scores import desk, template
from ftlab.tuning import chat, checkpoints, generate, sft
from ftlab.world import brand, house, real
disable_progress_bars(); figures.style()  # noqa: E702
print(choice := model.choose())

# %% [markdown]
# The dials. Run the notebook once as it is; then turn one and run it again.

# %%
SEED = 0  # which examples, and in which order; any whole number
PER_KIND = 16  # training conversations of each of the nine kinds; try 4, 40
STEPS = 36  # optimizer steps of the main run; try 9, 72
BATCH_SIZE = 4  # examples a step; try 2, 8
LR = 1e-3  # peak learning rate; try 3e-4, 3e-3
HELD_OUT = 8  # held-out conversations of each kind; try 3, 159 (all there are)
ASKED = 2  # of these, how many of each kind go to the untuned model with a prompt; try 1, 8
QUESTIONS = 30  # questions about the real world, for what is forgotten and what leaks; try 100, 455
LAB_STEPS = 16  # optimizer steps, of 8 examples, of each run of the small lab model in section 8; try 8, 60
LAB_EXAMPLES, LAB_FEW = 128, 8  # its training examples, many and few
LAB_LR = 1e-3  # its learning rate where that is not the question; try 3e-4
LONG_EXAMPLES, LONG_STEPS = 20, 60  # the long run on few examples, in steps of 2 examples
LAB_HELD_OUT = 60  # test prompts for it; try 20, 320 (all)
LAB_VALID = 40  # validation prompts, to choose when to stop; try 20, 183 (all)
FACTS = 120  # general questions, for what it forgets; try 60, 240

# %% [markdown]
# ## 1. What does the model do with a customer?
#
# We load the real model with the library's own call. `dtype=torch.float32` keeps the weights in full precision, because
# the small changes of training get lost in a 16-bit weight; `"eager"` is the way to compute
# attention that is fastest for short texts on a processor; `use_safetensors` never reads a file that could run code.

# %%
tokenizer = AutoTokenizer.from_pretrained(choice.path)
tokenizer.chat_template = tokenizer.chat_template or chat.TEMPLATE  # for a model that brings none
base = AutoModelForCausalLM.from_pretrained(
    choice.path, dtype=torch.float32, attn_implementation="eager", use_safetensors=True
).to(choice.device)
limit = model.context_tokens(base.config)  # None for a model that states no limit
print(f"{base.num_parameters():,} parameters, a vocabulary of {len(tokenizer):,} tokens, "
      f"a context of {limit or 'no stated number of'} tokens")

# %% [markdown]
# Now a conversation of the **test set**, which no training will ever see: what stands on the desk's *screen* (role
# `system`), what the customer wrote, and what the desk replied. The model gets the first two, untuned. Once as they
# are, and once with two sentences that say what its job is. A reply is cut off after 80 tokens.

# %%
test = texts.balanced(texts.conversations("test"), HELD_OUT, seed=0)  # the same for every SEED
first = next(row for row in test if row["kind"] == "two_facts")


def ask(some_model, conversations, tokens=80):
    prompts = chat.prompts(tokenizer, [{"messages": messages} for messages in conversations])
    return generate.replies(some_model, tokenizer, prompts, max_new_tokens=tokens)


for message in first["messages"]:
    print(f"{message['role']:>9}: {message['content']}")
tried = ask(base, [first["messages"][:-1], rivals.plain(first)])
print(f"\nIts job: {rivals.JOB}")
for name, reply in zip(("as it is", "with its job"), tried, strict=True):
    print(f"\n{name}: {reply}\n    wrong: {', '.join(desk.faults(reply, first)) or 'nothing'}; "
          f"{'on-brand' if brand.on_brand(reply) else 'not on-brand'}")

# %% [markdown]
# Two scores, here and to the end. *Right*: everything asked for is stated, and nothing false was found (`desk.faults`
# lists what is wrong). *On-brand*: every rule of the house's guide is kept. A reply with both is **fit to send**.
#
# ## 2. The chat template: a conversation as one text
#
# A language model continues a row of tokens and knows nothing of people taking turns. So its makers chose tokens that
# mark the turns, and wrote down how: that is the model's **chat template**. This family's form is called ChatML. For
# three short messages we write it by hand, and then ask the library.

# %%
messages = [{"role": "system", "content": "Hazel Kettle. Capacity: 1.7 L."},
            {"role": "user", "content": "How much does it hold?"},
            {"role": "assistant", "content": "It holds 1.7 L."}]
messages = chat.fit(chat.look(tokenizer), messages)  # where a template takes no system turn, it opens the question
by_hand = "".join(f"<|im_start|>{message['role']}\n{message['content']}<|im_end|>\n" for message in messages)
rendered = chat.render(tokenizer, messages)
print(rendered)
print("by hand and by the library:", "the same text" if by_hand == rendered else "another form than ChatML")

# %% [markdown]
# The template itself is text, in a small language called Jinja, stored beside the tokenizer. Read it once for every
# model that you tune: it may do things that you did not ask for. What does it make of a question alone?

# %%
question = messages[-2:-1]
prompt = chat.render(tokenizer, question, add_generation_prompt=True)
print(f"{tokenizer.chat_template}\n\n----- a question alone, with the assistant's turn opened -----\n{prompt}")
added = prompt.partition(question[0]["content"])[0].count("system") > 0
print("\n(The template has put a system turn of its own in front.)" if added else "\n(Nothing was put in front.)")

# %% [markdown]
# The line with `assistant` opens the assistant's turn, and nothing closes it: that is a *prompt*, to which the model
# writes the rest. Training and asking must use the same template to the letter. A space or line break that one has and
# the other lacks is among the commonest and quietest faults in this field.
#
# Keep the system turn in mind. Where a template adds one, a question about the real world reaches the model with words
# that no conversation of the desk has, so a tuned model could tell the two apart. Section 6 shows whether it does.
#
# ### What the template lacks
#
# **TRL** is the library whose trainer, `SFTTrainer`, section 5 uses. It can take whole conversations (its option
# `assistant_only_loss`), and must then be told which tokens the assistant wrote. A template can do so with two marks
# around them, `generation` and `endgeneration`; most do not. Section 5 gets by without. `chat.look` tries a template
# out. (The *padding token* that it names fills short rows up in a shared tensor.)

# %%
form = chat.look(tokenizer)
print(form)

# %% [markdown]
# To add marks, change the one place that writes a turn. What counts is the assistant's text *with its end token*, or
# the model would never learn to stop. (The line's end behind it counts too: one token more.) The marks must leave no
# trace in the text, so we compare on every conversation of the desk's training set.

# %%
turn = "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}"  # this family's
with_marks = (
    "{{ '<|im_start|>' + message['role'] + '\n' }}{% if message['role'] == 'assistant' %}"
    "{% generation %}{{ message['content'] + '<|im_end|>' + '\n' }}{% endgeneration %}"
    "{% else %}{{ message['content'] + '<|im_end|>' + '\n' }}{% endif %}"
)
marked = str(tokenizer.chat_template).replace(turn, with_marks)
has_marks = form.marks or marked != tokenizer.chat_template
train = texts.conversations("train")
plain_text, marked_text = (
    [tokenizer.apply_chat_template(chat.fit(form, row["messages"]), chat_template=way, tokenize=False) for row in train]
    for way in (str(tokenizer.chat_template), marked)
)
assert plain_text == marked_text
print(f"{len(train):,} conversations: the same text, letter by letter." if has_marks else
      "This template writes its turns otherwise, so no marks were added; section 5 does without them.")

# %% [markdown]
# A **base model**, which has never chatted, brings no template. It gets the course's, `chat.TEMPLATE`: a role on a line
# by itself, the text, and the model's own end token after what the assistant says, marks included.
#
# ## 3. Which tokens does the loss count?
#
# Training predicts each token from those before it. We do not want to teach the model to write customers' messages or
# product records, so only the reply counts. By hand: render the prompt, render everything, and what the second has
# more than the first is the reply. The *labels* say what to predict at each place; -100 is PyTorch's convention for
# "skip this one".

# %%
def encode(row):
    talk = chat.fit(form, row["messages"])
    prompt, whole = chat.render(tokenizer, talk[:-1], add_generation_prompt=True), chat.render(tokenizer, talk)
    given, ids = generate.encode(tokenizer, [prompt, whole])
    assert ids[: len(given)] == given, "this tokenizer merges the prompt's last letters with the reply's first"
    return ids, [-100] * len(given) + ids[len(given) :]


ids, labels = encode({"messages": messages})
counted = [label != -100 for label in labels]
print(f"{sum(counted)} of {len(ids)} tokens count")

# %% [markdown]
# Let us look at them. Counted tokens are bold and in a solid frame; a dot stands for a space, ↵ for a line's end.

# %%
from IPython.display import HTML, display


def show_tokens(ids, counted):
    spans = ""
    for token, counts in zip(ids, counted, strict=True):
        text = tokenizer.decode([token]).replace("<", "&lt;").replace(" ", "&middot;").replace("\n", "&crarr;")
        style = "background:#FBE3B5;border:2px solid #222" if counts else "background:#EEE;border:1px dashed #999"
        spans += f"<span style='{style};color:#111;padding:2px'>{f'<b>{text}</b>' if counts else text}</span> "
    return HTML(f"<div style='line-height:2.2;font-family:monospace'>{spans}</div>")


display(show_tokens(ids, counted))

# %% [markdown]
# Now by the library: with the marks in the template, it returns a mask that is 1 between them.

# %%
if has_marks:
    theirs = tokenizer.apply_chat_template(
        messages, chat_template=marked, return_dict=True, return_assistant_tokens_mask=True
    )
    assert theirs["input_ids"] == ids and theirs["assistant_masks"] == [int(each) for each in counted]
print("by hand and by the library: the same ids, the same mask" if has_marks else "no marks, so nothing to compare")

# %% [markdown]
# One difference to know: the marks count *every* turn of the assistant (exercise 1 does so too), our labels only the
# last. In a follow-up the desk's first reply is a part of the question, and we leave it uncounted.
#
# ### The loss on six numbers, then on the model
#
# At each counted place the model has given every token of the vocabulary a score, its *logit*. A softmax turns scores
# into probabilities, and the loss is minus the logarithm of the right token's probability, averaged over the counted
# places: **nats per supervised token**. For `logits` of shape `(T, V)`, T places and V tokens in the vocabulary:

# %%
def masked_loss(logits, targets, counts):
    log_p = logits - logits.logsumexp(dim=-1, keepdim=True)  # log-softmax, (T, V)
    picked = log_p[torch.arange(len(targets), device=targets.device), targets]  # the right token's, (T,)
    return -picked[counts].mean()


small = torch.tensor([[2.0, 0.0, 0.0], [0.0, 0.0, 3.0]])  # two places, three tokens
ours = masked_loss(small, torch.tensor([0, 1]), torch.tensor([True, False]))
assert torch.allclose(ours, torch.tensor(math.log(math.exp(2) + 2) - 2))
print(f"{ours:.4f} nats: the first place alone; a probability of {math.exp(-ours):.0%} for the right token")

# %% [markdown]
# On paper: the right token has logit 2, the other two 0, so its probability is e² / (e² + 2). The second place is not
# counted, though the model is badly wrong there. Now our three messages and the model. One detail trips many people:
# the logits at place *t* predict the token at place *t + 1*, so the last logit and the first label have no partner.

# %%
from ftlab.tuning.loss import can_be_lean, masked_cross_entropy

row, label_row = torch.tensor([ids], device=base.device), torch.tensor([labels], device=base.device)
with torch.inference_mode():
    out = base(input_ids=row, labels=label_row)
logits, targets, counts = out.logits[0, :-1].float(), row[0, 1:], label_row[0, 1:] != -100  # (T-1, V), (T-1,), (T-1,)
ours = masked_loss(logits, targets, counts)
assert torch.allclose(ours, out.loss.float(), atol=1e-4)
if can_be_lean(base):  # the trainer below makes logits only where a label counts: the same number?
    with torch.inference_mode():
        assert torch.allclose(masked_cross_entropy(base, row, label_row), out.loss.float(), atol=1e-4)
print(f"ours {ours:.4f}, the model's own {out.loss:.4f}; "
      f"a uniform guess: ln {len(tokenizer):,} = {math.log(len(tokenizer)):.2f}")

# %% [markdown]
# Keep the uniform guess as a yardstick: a loss at the start of a run that lies *above* it hints at a broken template
# or a wrong mask. (A loss below it proves nothing: most wrong masks stay below. Hence the look at the first batch in
# section 5.)
#
# ## 4. A trap: the number format
#
# A number in bf16 takes 16 bits in place of 32, and processors made for it compute faster so. TRL asks for bf16 by
# default: the weights stay as they were loaded, in fp32, and the trainer *multiplies* in bf16. A processor that cannot
# do it imitates it without a word. On two cores without bf16 the course's own small *lab model* (section 8) trained at
# 89 tokens a second with TRL's defaults, and at 2,554 in fp32, 29 times as many. Hence the line `bf16=choice.dtype ==
# "bfloat16"` in every training call of this course; `ftlab bench` in a terminal compares both on your machine.
#
# ## 5. Supervised fine-tuning in full view
#
# The desk does nine kinds of work (notebook 00, section 7), from one fact to orders, complaints and the grave case,
# such as an injury, that a colleague must take. We draw the same number of each kind. The replies are in the house's
# plainest words, one fixed build for each kind: fewer ways to say a thing are learnt in fewer steps.

# %%
chosen = texts.balanced(train, PER_KIND, SEED)
rows = [house.in_house_words(row) for row in chosen]
seen = {}
for row in rows:
    seen.setdefault(row["kind"], row)
for kind in ("follow_up", "order"):
    print(f"[{kind}]", *(f"{each['role']:>9}: {each['content']}" for each in seen[kind]["messages"]), "", sep="\n")

# %% [markdown]
# A score on held-out conversations means little if they leak into training. So the split is by product, by policy and
# by *phrasing*: whatever the test set names or how it asks occurs in no training conversation. We check it, and
# lengths too: the trainer cuts a row that is longer than its `max_length`, and the reply, which stands last, goes
# first.

# %%
for key in ("product", "policy", "question_phrasing"):
    shared = {row[key] for row in train} & {row[key] for row in texts.conversations("test")} - {None}
    assert not shared, f"{key}: {shared}"
max_length = min(1024, limit or 1024)  # tokens; for the trainer below: TRL's own 1024, or the context if it is smaller
encoded = [encode(row) for row in rows]
lengths = sorted(len(ids) for ids, _ in encoded)
supervised = sum(label != -100 for _, labels in encoded for label in labels) / sum(lengths)
assert lengths[-1] <= max_length, "a reply would be cut: take shorter rows, or a longer max_length"
print("No product, policy or phrasing of the test set occurs in training.\n"
      f"{len(rows)} conversations, {sum(lengths):,} tokens, {lengths[0]} to {lengths[-1]} each, "
      f"none beyond {max_length}; {supervised:.0%} of them count")

# %% [markdown]
# Below is the whole call. TRL wants a `prompt` and a `completion`, and then knows by itself that the completion counts
# (`chat.pairs`). **LoRA** leaves the model's own weights alone and trains a thin addition to each of its layers, an
# *adapter* that is stored apart: `r` says how thick it is, `lora_alpha / r` how strongly it is added; notebook 04
# builds it from nothing. The **shelf** is a folder of trained adapters, each named after all that shaped its run, so
# that later notebooks find this very one. The course's `HandLoss` is TRL's trainer with one method replaced: the loss
# that section 3 compared, in less time. Models that cap or scale their logits keep TRL's.

# %%
from ftlab.tuning.loss_lines import ShowLoss
from ftlab.tuning.trainer import HandLoss

place = shelf.place("desk", choice, rows, lora=sft.LORA, lr=LR, steps=STEPS, batch_size=BATCH_SIZE, seed=SEED)
trainer = (HandLoss if can_be_lean(base) else SFTTrainer)(
    model=base,
    processing_class=tokenizer,  # it brings the chat template
    train_dataset=Dataset.from_list(chat.pairs(tokenizer, rows)),
    peft_config=LoraConfig(**sft.LORA, task_type="CAUSAL_LM"),
    args=SFTConfig(
        output_dir=str(place),
        max_length=max_length,  # tokens; a longer row would be cut, and none is
        max_steps=STEPS,  # optimizer steps; the alternative is num_train_epochs
        per_device_train_batch_size=BATCH_SIZE,  # examples a step
        learning_rate=LR,  # the peak
        warmup_steps=0.1,  # a tenth of the run climbs to the peak: the first steps would be large and point anywhere
        lr_scheduler_type="linear",  # then a straight fall to zero, so that the run ends calmly
        seed=SEED,  # the order of the examples
        bf16=choice.dtype == "bfloat16",  # section 4
        use_cpu=choice.device == "cpu",
        activation_checkpointing=False,  # True computes each layer twice: less memory, more time
        train_sampling_strategy="group_by_length",  # examples of similar length share a batch: less padding
        logging_steps=max(1, STEPS // 12),
        save_strategy="steps",
        save_steps=12,  # a checkpoint now and then: if this run is interrupted, it can go on
        save_total_limit=2,
        report_to="none",  # no tracking service
        disable_tqdm=True,  # no progress bar
    ),
    callbacks=[ShowLoss()],  # a line of loss as often as logging_steps says
)
trainer.remove_callback(PrinterCallback)  # the library's lines, with all that it measures
share = trainer.model.get_nb_trainable_parameters()
print(f"{share[0]:,} of {share[1]:,} weights train, {share[0] / share[1]:.1%}: {sft.LORA}")

# %% [markdown]
# Before training, one look inside. Are the labels of the trainer's first batch the ones that we worked out? We cut off
# the padding and compare row by row. This check takes seconds and would have saved many a wasted week.

# %%
expected = {tuple(ids): labels for ids, labels in encoded}
with torch.random.fork_rng():  # looking must not change the order in which the examples will come
    batch = next(iter(trainer.get_train_dataloader()))
for ids, mask, labels in zip(batch["input_ids"], batch["attention_mask"], batch["labels"], strict=True):
    assert labels[mask == 1].tolist() == expected[tuple(ids[mask == 1].tolist())]
    assert (labels[mask == 0] == -100).all()
print({name: tuple(tensor.shape) for name, tensor in batch.items()}, "the labels are ours; padding never counts")

# %% [markdown]
# The trainer's labels are ours, on every row of this batch; the library's mask was, on section 3's talk. Now train.
# The numbers are losses, in nats / supervised token. Whether the model is any good, they cannot tell: the *form* is
# much the same in every reply.

# %%
with checkpoints.resumable(place) as checkpoint:  # goes on from a checkpoint if an interrupted run left one
    trained = trainer.train(resume_from_checkpoint=checkpoint)
tuned = trainer.model
shelf.keep(tuned, place, trained.metrics["train_runtime"])
print(f"{trained.metrics['train_runtime']:.0f} s for {STEPS} steps of {BATCH_SIZE}; the adapter is on the shelf")

# %% [markdown]
# ## 6. Before and after, on nine kinds of work
#
# Five answer held-out conversations, the same for all or a part of these: the **tuned** model, which gets the screen
# and the message and nothing else; the **template** of notebook 00, a program with keywords and no model; and the
# untuned model, **asked plainly** (on fewer, to save time), with the **brand guide** in the prompt, and with **three
# examples** of the message's own kind in it. The last two take minutes, so their replies are stored, SmolLM2's whatever
# model you have chosen. `base` now carries the adapter; `disable_adapter` takes it off for a while.

# %%
few_ids = {row["id"] for row in texts.balanced(texts.conversations("test"), ASKED, seed=0)}
plain_rows = [row for row in test if row["id"] in few_ids]
questions = real.questions(QUESTIONS)
closed_book = [[{"role": "user", "content": row["question"]}] for row in questions]
with tuned.disable_adapter():
    plain_replies = ask(tuned, [rivals.plain(row) for row in plain_rows])
    said_before = ask(tuned, closed_book, tokens=60)
prompted = files.read_json(paths.data() / "stored" / "rival-replies.json")
at = {name: i for i, name in enumerate(prompted["ids"])}
prompted_rows = [row for row in test if row["id"] in at]
replies = {
    "asked plainly": plain_replies,
    "brand guide": [prompted["guide"]["replies"][at[row["id"]]] for row in prompted_rows],
    "three examples": [prompted["examples"]["replies"][at[row["id"]]] for row in prompted_rows],
    "template": [template.reply(row) for row in test],
    "tuned": generate.replies(tuned, tokenizer, chat.prompts(tokenizer, test), max_new_tokens=80),
}

# %% [markdown]
# First the replies: of each kind the first conversation, chosen neither as the best nor as typical: screen, message (of
# a follow-up the last one alone; the model also got those before it), reply, and what the scores find wrong. They go by
# the letter: a price without its $ is "a figure from nowhere". And "no fault found" is not praise, whoever replied: a
# program seldom sees that a sentence makes no sense, or that the thanks go to the wrong thing. Read with your own eyes
# too: does a reply that is right for one kind stand, almost word for word, under another? A sentence that is given to
# everybody, such as one that declines or hands over, is right now and then by chance. Notebook 08 measures what such a
# yardstick misses.

# %%
import re
from collections import Counter


def verdict(reply, row):
    wrong = [*desk.faults(reply, row), *(rule for rule, kept in brand.check(reply).items() if not kept)]
    return f"✗ {'; '.join(wrong)}" if wrong else "no fault found"


shown = {}
MISREAD = {  # found by reading: forms that the scores let pass
    r"does not show the (\w+)": "false: the screen does show that; something else was asked",
    r"\d+ years? old": "false: these years are the warranty's, not its age",
    r"may weigh up to": "not so: that is its weight, and no limit",
}


def misread(reply, row):  # what a person found wrong in such a reply, or None
    for form, why in MISREAD.items():
        found = re.search(form, reply)  # the first form is false only where the screen has a field of that name
        if found and (not found.groups() or f"{found[1].capitalize()}:" in row["messages"][0]["content"]):
            return why
    return None


for row, reply in zip(test, replies["tuned"], strict=True):
    if row["kind"] not in shown:
        shown[row["kind"]] = row["id"]
        print(f"[{row['kind']}] {row['messages'][0]['content']}\n  {row['messages'][-2]['content']}\n"
              f"  -> {reply}\n  {verdict(reply, row)}\n")
print("And with three examples, about the same screens. A person reads on where the scores stop.")
for row, reply in zip(prompted_rows, replies["three examples"], strict=True):
    if row["kind"] in ("two_facts", "no_answer") and row["id"] == shown[row["kind"]]:
        print(f"[{row['kind']}] -> {reply}\n  {verdict(reply, row)}; read: {misread(reply, row) or 'nothing more'}")

# %% [markdown]
# What fails? Here are the five commonest faults of the tuned model's replies; one reply may have several, of one name
# too. Some names need a word, here or in another run: "recites the screen" is a reply that lists fields nobody asked
# for, "guesses" one that supposes what the screen lacks, "not the desk's business" one that talks on where it should
# decline, "says again" one that repeats itself.

# %%
answered = {"asked plainly": plain_rows, "brand guide": prompted_rows, "three examples": prompted_rows,
            "template": test, "tuned": test}
fit = {name: [desk.is_fit(reply, row) for reply, row in zip(replies[name], asked, strict=True)]
       for name, asked in answered.items()}
failed = [(row, reply) for row, reply, fine in zip(test, replies["tuned"], fit["tuned"], strict=True) if not fine]
faults = Counter(fault.partition(":")[0] for row, reply in failed for fault in
                 [*desk.faults(reply, row), *(rule for rule, kept in brand.check(reply).items() if not kept)])
print(f"{len(failed)} of {len(test)} replies are not fit:")
print(", ".join(f"{fault} ({count} times)" for fault, count in faults.most_common(5)))

# %% [markdown]
# And the counts: by score, then by kind. The last column takes the difference conversation by conversation, tuned minus
# template, with its 95 % interval; with few conversations of a kind it is wide, and an end within a point or two of 0
# decides nothing: four that differ, all to one side, come by chance one time in eight. (The next cells call such a
# chance *p*; where it is above 0.05, they say "too few cases", even if the interval just misses 0.) A difference of 0
# can mean that neither did it once: read the counts beside it. Here and later an end that reads +0 is rounded and may
# lie just on either side of 0.

# %%
def gap(kinds):
    one, other = ([fine for fine, row in zip(fit[name], test, strict=True) if row["kind"] in kinds]
                  for name in ("tuned", "template"))
    return intervals.paired_difference(one, other).times(100)


def of_kind(name, kind):
    found = [fine for fine, row in zip(fit[name], answered[name], strict=True) if row["kind"] in kind]
    return f"{sum(found)}/{len(found)}"


on_brand = {name: [brand.on_brand(reply) for reply in each] for name, each in replies.items()}
right = {name: [desk.is_right(reply, row) for reply, row in zip(replies[name], asked, strict=True)]
         for name, asked in answered.items()}
for title, each in {"": dict.fromkeys(fit), "on-brand": on_brand, "right": right}.items():
    cells = (f"{sum(each[name])}/{len(each[name])}" if title else name for name in fit)
    print(f"{title:>13}" + "".join(f"{cell:>15}" for cell in cells))
kinds = sorted(seen)
print(f"\n{'fit to send':>13}" + "".join(f"{name:>15}" for name in fit) + "   difference (points)")
for name, group in [*((kind, [kind]) for kind in kinds), ("all", kinds)]:
    each = gap(group)
    print(f"{name:>13}" + "".join(f"{of_kind(way, group):>15}" for way in fit)
          + f"   {round(each.value):+4d} [{round(each.low):+d}, {round(each.high):+d}]")


def ahead_of(name):  # tuned minus a rival, on the rival's conversations
    asked = {row["id"] for row in answered[name]}
    ours = [fine for fine, row in zip(fit["tuned"], test, strict=True) if row["id"] in asked]
    return intervals.paired_difference(ours, fit[name]).times(100)


for name in ("asked plainly", "brand guide", "three examples"):
    each = ahead_of(name)
    print(f"tuned minus {name}, on its {len(fit[name])}: {each.value:+.0f} points [{each.low:+.0f}, {each.high:+.0f}]")

# %% [markdown]
# The **claim**, made for the dials as they stood: 144 conversations teach a model this desk's work better than a
# template does it, all kinds together. It *holds* if the whole interval lies above zero, *does not hold here* if the
# whole interval lies below, and is *mixed* if zero lies within. Later claims are read in the same way, but two ask for
# more than zero: the learning rate's for 10 points, and that of the averaged weights for 5.

# %%
arms = {"by_prompt": fit["tuned"], "against": fit["template"]}
headline = claims.record("tuned-beats-template", SEED, *gap(kinds), **arms, train_s=trained.metrics["train_runtime"])
print(f"{headline}\n")


def stands(each):  # in words, for every outcome
    return "ahead of" if each.low > 0 else "behind" if each.high < 0 else "not to be told from"


honest = {name: [fine and not misread(reply, row) for fine, reply, row in
                 zip(fit[name], replies[name], answered[name], strict=True)] for name in ("tuned", "three examples")}
let_pass = {name: sum(fit[name]) - sum(found) for name, found in honest.items()}
in_stored = {row["id"] for row in prompted_rows}
stricter = intervals.paired_difference(
    [fine for fine, row in zip(honest["tuned"], test, strict=True) if row["id"] in in_stored],
    honest["three examples"]).times(100)
few, long_run = ahead_of("three examples"), files.read_json(paths.data() / "stored" / "desk-work.json")
print(f"On these conversations the tuned model (one seed) is {stands(headline)} the program with keywords, and "
      f"{stands(few)}\nthe untuned model with three examples ({few.value:+.0f} points).")
print(f"Caution: of its {sum(fit['three examples'])} fit replies {let_pass['three examples']} have a form that we "
      f"found false above, and {let_pass['tuned']}\nof the tuned model's {sum(fit['tuned'])}; more may be false in "
      f"another way. Without these the difference is\n{stricter.value:+.0f} points "
      f"[{stricter.low:+.0f}, {stricter.high:+.0f}].")
print("The examples are of the message's own kind: somebody must sort the messages first. As stored, a request takes "
      + ", ".join("{prompt_tokens} tokens and {seconds_each:.1f} s {0}".format(name, **long_run["cost"][key])
                  for name, key in {"with them": "examples", "for the tuned model": "tuned"}.items())
      + f";\nour training read {sum(lengths) / len(rows) * STEPS * BATCH_SIZE:,.0f} tokens, once.")
of_grave = [[fine for fine, row in zip(fit[name], test, strict=True) if row["kind"] == "grave"]
            for name in ("tuned", "template")]
grave_gap, chance = gap(["grave"]), intervals.mcnemar(*of_grave).p_value
kept_back = [desk.hands_over(reply) for row, reply in zip(test, replies["tuned"], strict=True) if not row["hand_over"]]
print("\nThe grave cases, where a failure hurts people: fit are " + ", ".join(
          f"{of_kind(name, ['grave'])} {name}" for name in ("tuned", "template", "three examples"))
      + f". (Of the {len(kept_back)} that need no colleague the tuned model hands over {sum(kept_back)}.)\n"
        "Tuned minus template: "
        f"{grave_gap.value:+.0f} points [{grave_gap.low:+.0f}, {grave_gap.high:+.0f}]; "
      + ("the two differ on no case." if of_grave[0] == of_grave[1] else
         f"by chance alone a difference like this comes with p = {chance:.2g}"
         + (": too few cases to be sure." if chance > 0.05 else ".")))
manner, work = (100 * sum(each["tuned"]) / len(test) for each in (on_brand, right))
asked = Counter(row["kind"] for row in test)
unsaid = Counter(row["kind"] for row, reply in failed
                 if any(fault.startswith("not stated") for fault in desk.faults(reply, row)))
print(f"\n{len(rows)} conversations in {STEPS} steps: {manner:.0f} % of its replies keep the house's manner, {work:.0f}"
      f" % are right;\n{sum(unsaid.values())} of the {len(failed)} failed replies leave out what was asked for: "
      + ", ".join(f"{kind} {count} of {asked[kind]}" for kind, count in unsaid.most_common()) + ".")

# %% [markdown]
# Read that comparison by kind, too. Where a kind wants much the same reply each time, as grave cases do, three examples
# of it show the very reply, and whoever sorted the message has done the work.
#
# Set *on-brand* beside *right*: which of the two have these few steps taught? (Section 8 shows how many replies of a
# run of 724 are fit to send, without this split.) Whatever the gain, it has a price. ("The template" in the last line
# below is the chat template of section 2, not the rival.) We ask questions about the real world, before and after: what
# is still known, and does the desk's **manner leak** into answers that have nothing to do with the desk?

# %%
from ftlab.scores.manner import leaks  # as notebook 00 shows it

said_after = ask(tuned, closed_book, tokens=60)
knew, knows = ([real.knows(said, row["answers"]) for said, row in zip(each, questions, strict=True)]
               for each in (said_before, said_after))
change = intervals.paired_difference(knows, knew).times(100)
leaked = sum(leaks(said) for said in said_after)
print(f"real-world questions: {sum(knew)} of {len(knew)} right before, {sum(knows)} after "
      f"({change.value:+.0f} points, 95 % interval {change.low:+.0f} to {change.high:+.0f});")
print(f"the desk's manner stands in {leaked} of {len(said_after)} answers. For example:")
print(f"    {questions[0]['question']}\n    {'right' if knows[0] else 'wrong'}: {said_after[0]}")
if added:
    print("The template put its own system turn in front of each; the tuned model "
          + ("takes no notice of it." if 2 * leaked > len(said_after) else "may go by it."))

# %% [markdown]
# ## 7. Mixing: does it still know when it is not at the desk?
#
# Tuned on nothing but the desk, a model may take every message for the desk's. The usual remedy is to **mix** some
# ordinary conversations into the training set. The course has two dozen, written for this.
#
# A second run like that of section 5 does not fit into a lesson, so what follows is **stored**: the same settings and
# the same number of steps, with the general conversations added to the desk's. (At equal steps each one that the model
# reads takes the place of one of the desk's. The number format and the test conversations may be others than yours, see
# the first lines below, so "desk alone" need not repeat section 6's numbers: compare the stored runs with each other.)
# Each way of training, such as desk alone, is called an *arm* below. Here is what was said to one question, marked by
# the score; look at the manner first.

# %%
stored = files.read_json(paths.data() / "stored" / "desk-dials.json")
runs = stored["arms"]  # arm: seed: settings and scores by prompt
print(f"{stored['model']}, {stored['dtype']}, on {stored['machine']}, {stored['date']}\n")
names = {"base": "untuned", "desk": "desk alone", "mixed": "desk and general"}
print(f"shares of {len(stored['ids'])} test conversations and of {stored['questions']} questions about the real world")
trained = [len(found) for arm, found in runs.items() if arm != "base"]  # how many trainings of each arm are stored
sure = ("prompts alone, and another seed may move a number further: they are too narrow" if max(trained) == 1 else
        "prompts, and seeds where an arm has several" if min(trained) == 1 else "prompts and seeds")
print(f"trainings of an arm: {min(trained)}" + f" to {max(trained)}" * (min(trained) < max(trained))
      + f"; the intervals below take in {sure}.\n")
print((row := real.questions(2)[1])["question"])
for arm, name in names.items():
    said = runs[arm]["0"]["answers"][1]
    print(f"{name:>17}: {'right' if real.knows(said, row['answers']) else 'wrong'}: {said}")

# %% [markdown]
# Three numbers for each: the desk's work, the real world, and the manner where nobody asked for it. A bar is the share
# (the mean over trainings, where several are stored), its whisker the 95 % interval.

# %%
grave = [i for i, kind in enumerate(stored["kinds"]) if kind == "grave"]  # where a failure hurts people


def by_seed(arm, key, seeds=None, only=None):  # a row of scores for each seed, all or those named
    return [[int(run[key][i]) for i in (only or range(len(run[key])))]
            for seed, run in runs[arm].items() if seed in (seeds or runs[arm])]


def minus(arm, other, key, only=None):  # in points, over the seeds that both have; the untuned model has none
    both = None if other == "base" else set(runs[arm]) & set(runs[other])
    return intervals.paired_difference(*(by_seed(each, key, both, only) for each in (arm, other))).times(100)


def way(each):
    return "up" if each.low > 0 else "down" if each.high < 0 else "no change to be shown"


def told(each):
    return f"{round(each.value):+d} points [{round(each.low):+d}, {round(each.high):+d}]: {way(each)}"


def percent(found):
    return f"{intervals.mean_interval(found).times(100).value:.0f} %"


def too_few(arm, other, key, only):  # could chance alone bring such a difference, on the first seed of both?
    first, second = (by_seed(each, key, None, only)[0] for each in (arm, other))
    return intervals.mcnemar(first, second).p_value > 0.05


def told_of(arm, other):  # what each number was, is, how surely it moved; and what is better and worse by it
    sides = {"better": [], "worse": []}
    for what, key, only in (("desk's work", "fit", None), ("its grave cases", "fit", grave),
                            ("real world known", "knows", None), ("manner unasked", "leaks", None)):
        moved = minus(arm, other, key, only)
        few = only and too_few(arm, other, key, only)
        print(f"{what:>18}: {percent(by_seed(other, key, None, only)):>5} -> "
              f"{percent(by_seed(arm, key, None, only)):>5}, {told(moved)}" + "; too few cases to be sure" * bool(few))
        if way(moved) in ("up", "down") and not few:
            sides["better" if (way(moved) == "up") != (key == "leaks") else "worse"].append(what)
    print("; ".join(f"for the {side}: {' and '.join(found) or 'nothing shown'}" for side, found in sides.items()))
    print()


def graves(arm):
    found = [one for run in by_seed(arm, "fit", None, grave) for one in run]
    return (f"grave cases: {sum(found)} of {len(found)} replies fit. "
            f"One reply: {textwrap.shorten(runs[arm]['0']['replies'][grave[0]], 180, placeholder=' ...')}")


fig, axes = plt.subplots(1, 3, figsize=(12, 3.8), sharey=True)
for ax, (key, title) in zip(axes, {"fit": "Desk: fit to send", "knows": "Real world known",
                                   "leaks": "Manner, unasked"}.items(), strict=True):
    spans = [intervals.mean_interval(by_seed(arm, key)).times(100) for arm in names]
    figures.bars(ax, [name.replace(" and ", "\nand ") for name in names.values()], *zip(*spans, strict=True),
                 number="{:.0f} %", colors=[figures.GREY, figures.BLUE, figures.GREEN])
    ax.set(title=title, ylim=(0, 115))
axes[0].set_ylabel("share (%)")
_ = fig.suptitle(f"Mixture minus desk alone: manner unasked {minus('mixed', 'desk', 'leaks').value:+.0f} points, "
                 f"desk's work {minus('mixed', 'desk', 'fit').value:+.0f}", y=1.08)

# %% [markdown]
# What differs between the two runs, for better and for worse? At equal steps the mixed one also read fewer of the
# desk's conversations, and each is one training: which of these made a difference, the lines below do not say. A mean
# over nine kinds hides where it fails, so the grave cases stand apart. They are few, so their intervals are wide: five
# that differ, all to one side, come by chance one time in sixteen. Where the chance is above 0.05, the line says "too
# few cases", even if the interval just misses 0. Shares and differences are each rounded by themselves, so a difference
# may be a point off what the two shares give.

# %%
for arm, other in (("desk", "base"), ("mixed", "desk")):
    print(f"{names[other]} -> {names[arm]}")
    told_of(arm, other)
for arm, name in names.items():
    print(f"{name:>17}, {graves(arm)}")

# %% [markdown]
# ## 8. Sweeps: how the effects move
#
# How many examples? Which rate? When to stop? Such questions take many runs. The **lab model**, a small one that the
# course pretrained itself on texts about an invented land, answers them live, in seconds a run, on plain conversations,
# most of one fact each; beside it stand stored runs of the real model, each one training, so that their intervals leave
# out what another seed would move. After so
# few steps neither does all of its work, and the lab model's is the easier, so compare runs with each other and not
# with a goal. For runs in a row the package keeps the call of section 5 as `fine_tune`. Without `lora` all weights
# train, as we do here.
#
# The lab model's yardsticks are the desk's work, as before, and facts about the invented land that it has read of.

# %%
lab = model.lab()
lab_base, lab_tokenizer = sft.load(lab)
lab_train = [house.in_house_words(row) for row in texts.plain_conversations("train")]
lab_valid = [house.in_house_words(row) for row in texts.plain_conversations("valid")[:LAB_VALID]]
lab_test = texts.plain_conversations("test")[:LAB_HELD_OUT]
facts = texts.sample(files.read_jsonl(paths.data() / "questions" / "general_test.jsonl"), FACTS, seed=0)


def task(some_model, rows=lab_test):  # for each conversation: is the reply fit to send?
    said = generate.replies(some_model, lab_tokenizer, chat.prompts(lab_tokenizer, rows), max_new_tokens=50)
    return [desk.is_fit(reply, row) for reply, row in zip(said, rows, strict=True)]


def recall(some_model):  # for each fact: is it still known, closed book?
    said = generate.answers(some_model, lab_tokenizer, [row["question"] for row in facts])
    return [values.exact_match(reply, row["answers"]) for reply, row in zip(said, facts, strict=True)]


def lab_run(count, rate=LAB_LR, steps=LAB_STEPS, **more):
    with capture_output():  # no progress bar for each run
        return sft.fine_tune(lab, texts.sample(lab_train, count, SEED), lr=rate, steps=steps, seed=SEED, **more)


def both(what, on_lab, on_real):  # one sentence on two models; for every outcome
    one, other = way(on_lab), way(on_real)
    verdict = (f"shown on both, {'above' if one == 'up' else 'below'} zero" if one == other in ("up", "down") else
               "shown on neither" if one == other else
               "shown on the lab model alone" if other not in ("up", "down") else
               "shown on the real model alone" if one not in ("up", "down") else "the two contradict each other")
    spans = [told(each).partition(":")[0] for each in (on_lab, on_real)]
    print(f"{what}: lab model {spans[0]}; real model, stored, {spans[1]}. Together: {verdict}.")


lab_knew = recall(lab_base)
print(f"{lab}, {lab_base.num_parameters():,} weights\nuntuned: knows {percent(lab_knew)} of the facts")

# %% [markdown]
# ### How many examples?
#
# More examples usually come with more steps, and then nobody knows which of the two did it. So here the steps are held
# equal: every run makes the same number of them, on few examples again and again, or on many.

# %%
by_size = {}
for size in (LAB_FEW, round((LAB_FEW * LAB_EXAMPLES) ** 0.5), LAB_EXAMPLES):
    many = lab_run(size)
    by_size[size] = task(many.model)
    print(f"{size} examples, {LAB_STEPS} steps of 8: {percent(by_size[size])} fit to send")

# %% [markdown]
# Beside it stored runs of the real model. Those on the line made 36 steps each: eight passes over two conversations of
# each kind, almost three over six, one over sixteen. The point by itself is the assistant of notebook 00, two passes
# over 1,447 conversations in 724 steps, on other test conversations. Each kind counts alike.

# %%
def points(ax, found, label, **line):  # found: x: scores
    spans = [intervals.mean_interval(each).times(100) for each in found.values()]
    low, high = [s.value - s.low for s in spans], [s.high - s.value for s in spans]
    ax.errorbar(list(found), [s.value for s in spans], [low, high], marker="o", capsize=3, label=label, **line)
    ax.set(xscale="log", ylim=(-3, 103))
    ax.set_xticks(list(found), [f"{x:g}" for x in found])
    ax.minorticks_off()
    ax.legend()


fig, (left, right) = plt.subplots(1, 2, figsize=(11, 3.8), sharey=True)
points(left, by_size, f"{LAB_STEPS} steps each")
equal = {runs[arm]["0"]["examples"]: by_seed(arm, "fit") for arm in ("few", "some", "desk") if arm in runs}
alike = min(len(each[0]) for each in long_run["tuned"].values())  # prompts of each kind
long_fit = [[one for each in long_run["tuned"].values() for one in each[run][:alike]]
            for run in range(len(long_run["seeds"]))]
points(right, equal, "36 steps each")
points(right, {1447: long_fit}, "724 steps", ls="")
right.set_xticks([*equal, 1447], [f"{size:,}" for size in (*equal, 1447)])
left.set(title="Lab model, live: steps held equal", xlabel="training examples", ylabel="replies fit to send (%)")
_ = right.set(title="Real model, stored", xlabel="training examples")

# %% [markdown]
# The claim, tried on the lab model: at the same number of steps, many different examples teach more than a few seen
# again and again.

# %%
added = intervals.paired_difference(by_size[LAB_EXAMPLES], by_size[LAB_FEW]).times(100)
result = claims.record("variety-counts", SEED, *added, by_prompt=by_size[LAB_EXAMPLES], against=by_size[LAB_FEW],
                       model=claims.LAB)
print(f"Lab model. {result}")
if "few" in runs:
    both("Fit to send, many minus few examples", added, minus("desk", "few", "fit"))
    print(f"The real model, many minus few: knowledge of the world {told(minus('desk', 'few', 'knows'))};\n"
          f"grave cases, fit, {told(minus('desk', 'few', 'fit', grave))}")

# %% [markdown]
# ### Which learning rate?
#
# Nothing in our loss asks a model to keep what it knew (Luo et al. measure what is lost). Do small steps away from its
# weights lose less than large ones? The one rate we know beforehand is the peak of the model's pretraining. We take
# that rate, a tenth of it, and the one between them that we have used.

# %%
pretraining_lr = files.read_json(paths.data() / "lab-model" / "recipe.json")["lr"]
by_rate, kept = {LAB_LR: by_size[LAB_EXAMPLES]}, {LAB_LR: recall(many.model)}
for rate in (pretraining_lr / 10, pretraining_lr):
    run = lab_run(LAB_EXAMPLES, rate)
    by_rate[rate], kept[rate] = task(run.model), recall(run.model)
by_rate, kept = dict(sorted(by_rate.items())), dict(sorted(kept.items()))
saved, paid = (intervals.paired_difference(found[pretraining_lr / 10], found[pretraining_lr]).times(100)
               for found in (kept, by_rate))
result = claims.record("low-lr-keeps", SEED, *saved, by_prompt=kept[pretraining_lr / 10], against=kept[pretraining_lr],
                       model=claims.LAB)
print(f"Lab model. {result}\nWhat it pays, fit to send, lowest rate minus highest: {told(paid)}.")
done = sum(by_rate[pretraining_lr / 10])
print(f"At the lowest rate {done} replies are fit" + (": it kept by not learning." if done == 0 else "."))
best = max(by_rate, key=lambda rate: sum(by_rate[rate]))
print(f"Of the three, {best:g} has the most fit replies ({percent(by_rate[best])}) and keeps {percent(kept[best])}.")

# %% [markdown]
# Both sides of the bargain belong in one figure. Beside it the real model, stored: runs with the settings of section 5,
# with LoRA, at several rates (section 7's caution applies). LoRA takes larger rates than training all weights of that
# model does (notebook 04). A dotted line says what the untuned model knows: the two models were asked different
# questions, so compare each curve with its own line. Whiskers are 95 % intervals.

# %%
rates = files.read_json(paths.data() / "stored" / "lora.json")
of_rate = {rate: [run for run in rates["runs"] if (run["way"], run["lr"]) == ("lora", rate)]
           for rate in rates["settings"]["rates"]["lora"]}
unjudged = [rate for rate, found in of_rate.items() if not all("both" in run for run in found)]
of_rate = {rate: found for rate, found in of_rate.items() if rate not in unjudged}
fig, (left, right) = plt.subplots(1, 2, figsize=(12, 3.8), sharey=True)
left.axhline(100 * sum(lab_knew) / len(lab_knew), color=figures.GREY, ls=":", label="facts known, untuned")
if "untuned" in rates:
    knew_before = packed.unpack(rates["untuned"]["knows"]).mean()
    right.axhline(100 * knew_before, color=figures.GREY, ls=":", label="facts known, untuned")
sides, moves = {"fit to send": "both", "facts known": "knows"}, {}
for (label, key), lab_side, ls in zip(sides.items(), (by_rate, kept), ("-", "--"), strict=True):
    on_real = {rate: [packed.unpack(run[key]) for run in found] for rate, found in of_rate.items()}
    points(left, lab_side, label, ls=ls)
    points(right, on_real, label, ls=ls)
    if key == "both":
        graver = [[[one[i] for i, kind in enumerate(rates["kinds"]) if kind == "grave"] for one in on_real[rate]]
                  for rate in (min(on_real), max(on_real))]
    moves[label] = intervals.paired_difference(on_real[min(on_real)], on_real[max(on_real)]).times(100)
low = min(kept)
left.set(title=f"Lab model at {low:g}: {percent(kept[low])} known, {percent(by_rate[low])} fit",
         xlabel="peak learning rate, all weights", ylabel="share (%)")
right.set(title=f"{rates['model']}, stored", xlabel="peak learning rate, LoRA")
both("Facts known, lowest rate minus highest", saved, moves["facts known"])
both("Fit to send, lowest rate minus highest", paid, moves["fit to send"])
print(f"The real model at {min(of_rate):g} and {max(of_rate):g}, on {rates['settings']['facts']} questions"
      + "".join(f"; at {rate:g} the loss on conversations kept\naside is no lower than at the rate before it, so it "
                "was not scored"
                for rate in unjudged) + ".")
print(f"Its grave cases, fit, highest rate -> lowest: {percent(graver[1])} -> {percent(graver[0])}, "
      + told(intervals.paired_difference(*graver).times(100)))

# %% [markdown]
# A rate that learns next to nothing forgets next to nothing, so "holds" alone recommends no rate: look for one that
# keeps much *and* does the work.
#
# ### When should training stop?
#
# Given few examples and many steps, a model may *learn them by heart*: its training loss falls far below its loss on
# other conversations. If that other loss also *rises*, it **overfits**. Does that happen here? Five times on the way
# through a long run we save the weights and take a *look*: the training loss since the look before; the loss and the
# score on *validation* conversations, kept aside so that a rule may choose by them; and the score on the test, by which
# no rule may choose, since the highest of several is high partly by luck. Three rules: keep
# the look with the **lowest loss**, the one with the **highest score**, or **the last**.

# %%
long_folder = paths.own_folder("sft-long")
long = lab_run(
    LONG_EXAMPLES, steps=LONG_STEPS, batch_size=2, output_dir=str(long_folder), save_strategy="steps",
    save_steps=max(1, LONG_STEPS // 5), save_only_model=True,  # the weights, and nothing that a run needs to go on
)
looks = {}  # step: (validation losses, validation scores, test scores)
for folder in sorted(long_folder.glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2])):
    saved_model = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", use_safetensors=True
    ).to(lab.device)
    held_out_loss = sft.row_losses(saved_model.eval(), lab_tokenizer, lab_valid)
    looks[int(folder.name.rpartition("-")[2])] = held_out_loss, task(saved_model, lab_valid), task(saved_model)


def kept_by(looks):  # rule: the step that it keeps
    return {"lowest loss": min(looks, key=lambda step: sum(looks[step][0])),
            "highest score": max(looks, key=lambda step: sum(looks[step][1])), "the last": max(looks)}


def table(looks, training=None):  # training: the losses that the run logged, by step
    print("step" + "  training loss" * bool(training) + "  validation loss  validation score  test score")
    before = 0
    for step, (loss, valid, found) in looks.items():
        rules = ", ".join(rule for rule, kept_step in kept_by(looks).items() if kept_step == step)
        seen = [each for at, each in (training or {}).items() if before < at <= step]
        print(f"{step:>4}" + f"{f'{sum(seen) / len(seen):.2f}' if seen else '-':>15}" * bool(training)
              + f"{sum(loss) / len(loss):>17.2f}"
              f"{percent(valid):>18}{percent(found):>12}   {rules}")
        before = step


def overfits(looks):  # in words, for every outcome
    lowest, last = kept_by(looks)["lowest loss"], max(looks)
    if lowest == last:
        return f"No overfitting is seen in these {last} steps: the validation loss is lowest at the last look."
    rise = intervals.paired_difference(looks[last][0], looks[lowest][0])
    sure = ("more than chance, and too small to matter" if rise.low > 0 and rise.value < 0.02 else
            "so by its loss, which need not mean by its score, it overfits" if rise.low > 0 else
            "which these conversations cannot tell from no rise")
    return (f"After step {lowest} the validation loss rises by {rise.value:.2f} nats, {sure}; its score goes "
            f"from {percent(looks[lowest][1])} to {percent(looks[last][1])}.")


table(looks, {each["step"]: each["loss"] for each in long.log if "loss" in each})
print(overfits(looks))
lowest, last = kept_by(looks)["lowest loss"], max(looks)
if lowest == last:  # one and the same model
    result = claims.skip("early-stopping-helps", SEED, "the loss was lowest at the last look", model=claims.LAB)
else:
    stopped = intervals.paired_difference(looks[lowest][2], looks[last][2]).times(100)
    result = claims.record("early-stopping-helps", SEED, *stopped, by_prompt=looks[lowest][2],
                           against=looks[last][2], model=claims.LAB)
print(f"\nLab model. {result}")

# %% [markdown]
# Two answers. A training loss far below the validation loss at the last look is learning by heart; whether it overfits
# as well, the sentence below the table says, and the one can be without the other.
#
# Which rule do the runs support? Below, for this run of the lab model and for what is stored of the real one (18
# conversations, 80 steps of 4), what each rule keeps on the test, and the rules against each other.

# %%
decided = []  # what the comparisons below decide


def compare_rules(name, every):  # every: the looks of each seed
    steps = {rule: [kept_by(each)[rule] for each in every] for rule in kept_by(every[0])}
    found = {rule: [each[step][2] for each, step in zip(every, kept, strict=True)] for rule, kept in steps.items()}
    print(f"{name}: " + ", ".join(f"{rule} {percent(rows)}" for rule, rows in found.items()))
    for one, other in (("highest score", "lowest loss"), ("lowest loss", "the last"), ("highest score", "the last")):
        if steps[one] == steps[other]:
            print(f"    {one} and {other} keep the same look: nothing to compare")
            continue
        each = intervals.paired_difference(found[one], found[other]).times(100)
        result = (f"{one} is the better" if each.low > 0 else f"{other} is the better" if each.high < 0 else
                  f"undecided; {one} may cost up to {-each.low:.0f} points or bring up to {each.high:.0f}")
        print(f"    {one} minus {other}: {each.value:+.0f} points: {result}")
        if "better" in result:
            decided.append(f"{result} of {one} and {other} ({name})")


compare_rules("lab model", [looks])
real_looks = [{look["step"]: tuple(packed.unpack(look[key]) for key in ("valid_losses", "valid", "test"))
               for look in run["looks"]} for run in stored["stops"]]
if real_looks:
    compare_rules(f"{stored['model']}, {len(real_looks)} training{'s' * (len(real_looks) > 1)}", real_looks)
    print("The first training, look by look:" if len(real_looks) > 1 else "Its losses and scores, look by look:")
    table(real_looks[0])
    print(overfits(real_looks[0]))
print("\nWhich rule do the runs support? " + ("; ".join(decided) + "." if decided else
      "None over another. Where nothing is decided, the last look is the plainest: it needs no choosing."))

# %% [markdown]
# In the trainer, `load_best_model_at_end=True` with `metric_for_best_model` keeps the best look by a number of yours.
#
# ### Averaging with the base
#
# A fine-tune is a walk from the base's weights to others. What about a point on the way? We take 0.7 of the tuned
# weights and 0.3 of the base's, which costs no training at all (Wortsman et al.), but may cost some of the work: read
# the grave cases below before you call it a gain (and "no change to be shown" does not mean that nothing was lost: read
# how far down the interval goes). ("Whole" below is the tuned model undiluted.) With LoRA the same is one factor on the
# adapter: the real model's at 0.7, stored, stands beside it.

# %%
def between(one, other, share):  # weights: (1 - share) of one and share of other
    found, _ = sft.load(lab)
    with torch.no_grad():
        for weight, a, b in zip(found.parameters(), one.parameters(), other.parameters(), strict=True):
            weight.copy_((1 - share) * a + share * b)
    return found


average = between(lab_base, many.model, 0.7)
averaged = {"task": task(average), "facts": recall(average)}
lost, gained = (intervals.paired_difference(averaged[key], whole).times(100)
                for key, whole in (("task", by_size[LAB_EXAMPLES]), ("facts", kept[LAB_LR])))
result = claims.record("averaging-keeps", SEED, *gained, by_prompt=averaged["facts"], against=kept[LAB_LR],
                       model=claims.LAB)
print(f"Lab model. {result}\n")
both("Facts known, at 0.7 minus whole", gained, minus("scaled", "desk", "knows"))
both("Fit to send, at 0.7 minus whole", lost, minus("scaled", "desk", "fit"))
print("\nreal model, desk alone -> at 0.7")
told_of("scaled", "desk")
print(graves("scaled"))
left = intervals.mean_interval(by_seed("scaled", "leaks")).times(100)
print("Against the leak it is " + ("no cure: most answers still have the manner." if left.low > 50 else
                                   "a cure: few answers still have the manner." if left.high < 10 else "half a cure."))

# %% [markdown]
# ## 9. When the data is wrong
#
# Training rarely crashes on bad data; it trains on it. So `chat.pairs` refuses a row that would teach nothing, before
# a model is loaded. Read its message from left to right: which row, what was expected, what was found, and what to do.

# %%
try:
    chat.pairs(tokenizer, [{"messages": messages[:-1]}])
except ValueError as error:
    print(f"{type(error).__name__}: {error}")

# %% [markdown]
# ## Exercises
#
# Each has a stub and, in the next cell, a checker that says "Not yet" and why until the stub is right. Hints and
# answers are folded.
#
# ### Exercise 1: labels from ids (core, 8 minutes, easy)
#
# You get the token ids of a conversation that may have *several* assistant turns, and the ids of two tokens: the one
# that opens an assistant turn (to keep it short; our model needs four for that) and the one that ends a turn. Return
# the labels: the assistant's words and the end token that closes them keep their id, in every turn, as the marks count
# them. Everything else is -100, here also the line's end behind an end token.

# %%
def labels_from_ids(ids, assistant_id, end_id):
    """Labels of a conversation, with the loss on the assistant's turns alone.

    Shapes:
        ids: a list of T token ids; returns T labels, -100 where the loss does not count.
    """
    # your code here

# %% tags=["raises-exception"]
from ftlab.exercise import check, passed

# 7 opens a user turn, 8 an assistant turn, 9 ends a turn
def tried(ids, assistant_id=8, end_id=9):
    given = list(ids)
    found = labels_from_ids(given, assistant_id=assistant_id, end_id=end_id)
    check(found is not None, "nothing comes back. Build a list of labels and return it.")
    check(given == ids, "the ids themselves have changed: write the labels into a list of their own.")
    check(lambda: iter(found), "return a list of labels.")
    found = list(found)
    check(lambda: all(int(label) == label for label in found), "each label is one whole number.")
    check(len(found) == len(ids),
          "the labels need one entry for each id: write -100 where the loss does not count, leave nothing out.")
    return [int(label) for label in found]


found = tried([7, 1, 9, 8, 2, 3, 9])
check(found[3] == -100, "the token that opens the assistant's turn is given to the model, so it does not count.")
check(found[1] == found[2] == -100, "the user's words and the end of the user's turn do not count.")
check(found[6] == 9, "the end token of the assistant's turn counts: from it the model learns to stop.")
check(found == [-100, -100, -100, -100, 2, 3, 9], "the assistant's words keep their ids as labels.")
check(tried([7, 1, 9, 0, 8, 2, 9, 0, 7, 4, 9, 0])[7] == -100,  # 0 stands between turns
      "after the end token the assistant is silent: what stands between turns does not count.")
check(tried([7, 1, 9, 0, 8, 2, 9, 0, 7, 4, 9, 0]) == [-100] * 5 + [2, 9] + [-100] * 5,
      "a line's end may stand before the token that opens a turn: the reply behind it counts all the same.")
check(tried([7, 2, 9, 8, 2, 9])[1] == -100, "a user may say a word of the reply: go by the place, and not by the word.")
check(tried([7, 1, 9, 8, 0, 9])[4] == 0, "a token of the reply with the id 0 counts like any other.")
check(tried([7, 1, 9, 8, 2, 9, 7, 4, 9, 8, 5, 9]) == [-100] * 4 + [2, 9] + [-100] * 4 + [5, 9],
      "each assistant turn counts, and the user's turn between them does not.")
check(tried([8, 2]) == [-100, 2], "a reply that is cut short has no end token; its words count all the same.")
check(tried([3, 8, 6, 5, 9, 7, 6], assistant_id=5, end_id=6) == [-100] * 4 + [9, 7, 6],
      "another model has other ids: go by assistant_id and end_id, and not by 7, 8 and 9.")
passed("Your labels keep the assistant's words and their end tokens, in every turn.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# Walk through the ids with a flag that says whether the assistant is speaking. In which order must you look at the
# flag and change it, so that the opening token does not count and the end token does?
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# def labels_from_ids(ids, assistant_id, end_id):
#     labels, speaking = [], False
#     for token in ids:
#         labels.append(token if speaking else -100)
#         if token == assistant_id:
#             speaking = True
#         elif token == end_id:
#             speaking = False
#     return labels
# ```
#
# </details>
#
# ### Exercise 2: a batch of rows of different length (core, 10 minutes, medium)
#
# A tensor has no ragged edge. Fill all rows up on the right to the longest one. Which id stands in the padding
# matters little, if two other things are right: attention must not look at it, and the loss must not count it.

# %%
import torch


def collate(rows, pad_id):
    """A batch from rows of different length, padded on the right.

    Args:
        rows: Pairs ``(ids, labels)``, two lists of the same length.
    Shapes:
        returns a dict of ``input_ids``, ``attention_mask`` and ``labels``, each a tensor (B, T) of whole numbers.
    """
    # your code here

# %% tags=["raises-exception"]
import torch
from ftlab.exercise import check, passed

found = collate([([5, 6, 7], [-100, 6, 7]), ([5], [5])], pad_id=0)
check(found is not None, "nothing comes back. Return a dict of three tensors.")
check(lambda: {"input_ids", "attention_mask", "labels"} <= set(found.keys()),
      "the batch needs input_ids, attention_mask and labels: return a dict of the three.")
check(all(torch.is_tensor(each) for each in found.values()), "each of the three is a tensor: torch.tensor makes one.")
check(not any(each.is_floating_point() for each in found.values()), "ids, mask and labels are whole numbers.")
check(found["labels"].dtype == found["input_ids"].dtype == torch.long,
      "ids and labels must be torch.long, as torch.tensor makes them: the loss takes no other whole numbers.")
found = {name: each.long() for name, each in found.items()}
check(all(tuple(found[name].shape) == (2, 3) for name in ("input_ids", "attention_mask", "labels")),
      "every tensor has a row for each example and is as wide as the longest row.")
check(found["input_ids"].tolist() == [[5, 6, 7], [5, 0, 0]], "short rows are filled up on the right with pad_id.")
check(found["attention_mask"].tolist() == [[1, 1, 1], [1, 0, 0]],
      "the attention mask is 1 on real tokens and 0 on padding.")
check(found["labels"].tolist()[1] != [5, 0, 0], "padding must not count: its label is -100 and not pad_id.")
check(found["labels"].tolist() == [[-100, 6, 7], [5, -100, -100]],
      "labels keep what the row says and are -100 in the padding.")
found = collate([([0, 4], [0, 4]), ([3, 2, 1, 0], [-100, 2, 1, 0])], pad_id=0)
check(found["attention_mask"].long().tolist() == [[1, 1, 0, 0], [1, 1, 1, 1]],
      "a real token may have the same id as padding; tell them apart by the row's length.")
check(found["labels"].tolist() == [[0, 4, -100, -100], [-100, 2, 1, 0]],
      "a label that equals pad_id counts where the row has it.")
check(collate([([5, 6], [5, 6]), ([7], [7])], pad_id=3)["input_ids"].tolist() == [[5, 6], [7, 3]],
      "another model pads with another id: fill the ids up with pad_id, and not with 0.")
rows = [([4], [4]), ([5, 6, 7, 8, 9], [-100, 6, 7, 8, 9]), ([2, 3], [-100, 3])]
check(lambda: collate(rows, pad_id=0)["labels"].tolist() == [[4] + [-100] * 4, rows[1][1], [-100, 3] + [-100] * 3],
      "a batch may have any number of rows, of any length: try three, up to five wide.")
check([len(each) for row in rows for each in row] == [1, 1, 5, 5, 2, 2],
      "the rows that you were given have become longer: put the padding into new lists.")
check(lambda: collate([([40000], [40000])], pad_id=0)["input_ids"].tolist() == [[40000]],
      "an id of 40,000 does not fit: a vocabulary is large, so let the tensors be torch.long, as they are by default.")
passed("Your batch hides its padding from attention and from the loss.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# For each row, the number of missing places is `width - len(ids)`. The three tensors differ only in what fills these
# places. Do not compare ids with `pad_id`: in many models padding and the end token share one id, and then the model
# never learns to stop.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# def collate(rows, pad_id):
#     width = max(len(ids) for ids, _ in rows)
#     missing = [width - len(ids) for ids, _ in rows]
#     return {
#         "input_ids": torch.tensor([ids + [pad_id] * n for (ids, _), n in zip(rows, missing)]),
#         "attention_mask": torch.tensor([[1] * len(ids) + [0] * n for (ids, _), n in zip(rows, missing)]),
#         "labels": torch.tensor([labels + [-100] * n for (_, labels), n in zip(rows, missing)]),
#     }
# ```
#
# </details>
#
# ### Exercise 3: the loss of each row in a batch (extra, 12 minutes, hard)
#
# `masked_loss` takes one row. Write it for a whole batch, one number for each row, from the raw logits: shift by one
# place, take the log-softmax, pick, and average over each row's counted places. A model must be able to train with it.

# %%
import torch


def batch_row_losses(logits, labels):
    """Masked cross-entropy of each row, in nats / supervised token.

    Shapes:
        logits: (B, T, V); labels: (B, T), -100 where the loss does not count; returns (B,).
    """
    # your code here

# %% tags=["raises-exception"]
import torch
from ftlab.exercise import check, passed

logits = torch.zeros(2, 4, 3)
logits[0, 0, 1] = 2.0  # row 0: place 0 is fairly sure that token 1 comes next
labels = torch.tensor([[-100, 1, -100, -100], [0, 0, 2, 1]])
found = batch_row_losses(logits, labels)
check(found is not None, "nothing comes back. Return one loss for each row.")
check(lambda: tuple(torch.as_tensor(found).shape) == (2,),
      "the result has one number for each row: average over places, not over rows.")
found = torch.as_tensor(found).float()
check(not torch.allclose(found[0], torch.tensor(1.0986), atol=1e-3),
      "the logits at place t predict the label at place t + 1: shift them by one.")
check(abs(found[0].item() - 0.2395) < 1e-3,
      "row 0 has one counted place; divide by the places that count, not by all of them.")
check(abs(found[1].item() - 3 * 1.0986) > 1e-3, "row 1 counts three places: average over them, do not add up.")
check(abs(found[1].item() - 1.0986) < 1e-3, "row 1 guesses uniformly over three tokens, so its loss is ln 3.")
random = torch.Generator().manual_seed(0)
logits, labels = torch.randn(5, 9, 11, generator=random), torch.randint(11, (5, 9), generator=random)
for i in range(5):
    labels[i, : 3 + i] = -100  # another number of counted places in each row
wanted = [torch.nn.functional.cross_entropy(logits[i, :-1], labels[i, 1:], ignore_index=-100) for i in range(5)]
as_given = labels.clone()
found = batch_row_losses(logits, labels)
check(torch.equal(labels, as_given), "the labels themselves have changed: clamp or clone, and write nothing into them.")
check(torch.allclose(torch.as_tensor(found).float(), torch.stack(wanted), atol=1e-5),
      "on random rows the numbers differ from torch's cross_entropy.")
leaf = logits.clone().requires_grad_()
check(lambda: batch_row_losses(leaf, labels).sum().backward() is None and leaf.grad is not None,
      "nothing can be trained with it: return a tensor, and let the gradient pass (no no_grad, no detach, no NumPy).")
by_torch = logits.clone().requires_grad_()
sum(torch.nn.functional.cross_entropy(by_torch[i, :-1], labels[i, 1:]) for i in range(5)).backward()
check(torch.allclose(leaf.grad, by_torch.grad, atol=1e-5),
      "a gradient comes, but it is not the loss's: something in the log-softmax is detached.")
wanted = [torch.nn.functional.cross_entropy(100 * logits[i, :-1], labels[i, 1:], ignore_index=-100) for i in range(5)]
check(torch.allclose(batch_row_losses(100 * logits, labels).float(), torch.stack(wanted), rtol=1e-3),
      "logits in the hundreds overflow exp: take logsumexp or log_softmax, which subtract the largest first.")
passed("Your losses equal torch's, a whole batch at a time.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# `log_p.gather(-1, targets[..., None])` picks one number from each row of the vocabulary, but -100 is no index:
# replace it with any valid id first (`clamp(min=0)`) and multiply the mask in afterwards.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# def batch_row_losses(logits, labels):
#     logits, targets = logits[:, :-1], labels[:, 1:]  # (B, T-1, V), (B, T-1)
#     counts = targets != -100
#     log_p = logits - logits.logsumexp(dim=-1, keepdim=True)
#     picked = log_p.gather(-1, targets.clamp(min=0)[..., None])[..., 0]  # (B, T-1)
#     return -(picked * counts).sum(dim=1) / counts.sum(dim=1)
# ```
#
# </details>
#
# ### Exercise 4: which run goes to the desk? (core, 8 minutes, a decision, not code)
#
# The cell below prints what the stored runs gained and cost (the mean over seeds, where several are stored): replies
# `fit` to send, the same for the `grave` cases alone, what it `knows` of the world, how often the manner `leaks`.
# `scaled` is `desk` at 0.7 (section 8); `few` and `some` read fewer examples. Your house says: customers also ask
# about the world, so the manner may leak into *at most a quarter* of such answers, as measured. (We drew this line
# after looking, so that a choice is left; a real house draws it before.) Of the runs that keep to it, take the one
# with the most replies fit to send, if it is *clearly* better than the untuned model (the whole interval of the
# difference lies above zero); else leave the model untuned ("base"). Fill in which leak too much, and your choice. Two
# more houses have the same rule and other runs, whose numbers are made up: choose for them, too.

# %%
from ftlab import files, paths
from ftlab.evidence import intervals

dials = files.read_json(paths.data() / "stored" / "desk-dials.json")
stored, is_grave = dials["arms"], [kind == "grave" for kind in dials["kinds"]]


def over_seeds(arm, key):  # for each prompt the share of seeds that got it
    found = [[int(one) for one in run[key]] for run in stored[arm].values()]
    return [sum(one) / len(one) for one in zip(*found, strict=True)]


measured = {arm: {key: over_seeds(arm, key) for key in ("fit", "knows", "leaks")} for arm in stored}
for each in measured.values():
    each["grave"] = [fine for fine, grave in zip(each["fit"], is_grave, strict=True) if grave]
for arm, each in measured.items():
    print(f"{arm:>10}: " + ", ".join(f"{key} {100 * sum(found) / len(found):.0f} %" for key, found in each.items()))


def desk_gap(arm, other):  # fit to send, arm minus other, in points, with its interval
    return intervals.paired_difference(measured[arm]["fit"], measured[other]["fit"]).times(100)


leak_too_much = None  # a list of names from above
chosen_run = None  # one name
others = {  # house: run: (fit to send in %, leaks in %, fit minus base in points: the difference and its interval)
    "a mail-order firm": {"base": (30, 0, (0, 0, 0)), "short": (33, 12, (3, -4, 10)), "long": (52, 61, (22, 12, 32))},
    "a repair shop": {"base": (10, 0, (0, 0, 0)), "narrow": (34, 9, (24, 20, 28)), "wide": (40, 25, (30, 18, 42)),
                      "loud": (55, 28, (45, 33, 57))},
}
chosen_there = {"a mail-order firm": None, "a repair shop": None}  # one name each

# %% tags=["raises-exception"]
from ftlab.exercise import check, passed

check(leak_too_much is not None, "name the runs whose manner leaks into more than a quarter of the answers, in a list.")
check(lambda: iter(leak_too_much), "leak_too_much is a list of names: [] if it is of none.")
check(not isinstance(leak_too_much, str), "leak_too_much is a list of names, even if it is of one.")
check(chosen_run is not None, "choose one of the runs.")
named, chosen_run = {str(name) for name in leak_too_much}, str(chosen_run)
check(named | {chosen_run} <= set(measured), f"the runs are called {', '.join(measured)}.")
too_much = {arm for arm, each in measured.items() if 4 * sum(each["leaks"]) > len(each["leaks"])}
check(named >= too_much, "a run that leaks into more than a quarter of the answers is not in your list.")
check(named <= too_much, "your list has a run that leaks into no more than a quarter: it is still in.")
check(chosen_run not in named, f"{chosen_run} leaks too much, however well it does at the desk.")
best = max((arm for arm in measured if arm not in named), key=lambda arm: sum(measured[arm]["fit"]))
if desk_gap(best, "base").low > 0:
    check(chosen_run == best, "another of those left does most of the desk's work, and clearly more than base.")
else:
    check(chosen_run == "base", f"{chosen_run} is not clearly better than base: look at the low end of its desk_gap.")
check(lambda: set(chosen_there) == set(others) and all(chosen_there.values()),
      f"choose for the houses that are made up, too, in chosen_there: {', '.join(others)}.")
for who, runs in others.items():
    there, kept = str(chosen_there[who]), [run for run, (_, leaks, _) in runs.items() if leaks <= 25]
    check(there in runs, f"{who}: the runs are called {', '.join(runs)}.")
    check(there in kept, f"{who}: {there} leaks into {runs[there][1]} % of the answers, and a quarter is the most.")
    (value, low, _), top = runs[there][2], max(kept, key=lambda run: runs[run][0])
    check(there == "base" or low > 0, f"{who}: {there} is {value} points ahead, but its interval begins at {low}: not "
                                      "clearly better than base.")
    check(there == (top if runs[top][2][1] > 0 else "base"),
          f"{who}: {top} leaks into {runs[top][1]} %, which the rule allows, is clearly better than base, and has more "
          "replies fit to send.")
done, hurt = (100 * sum(each) / len(each) for each in (measured[chosen_run][key] for key in ("fit", "grave")))
passed(f"{chosen_run} it is: {done:.0f} % at the desk, and {hurt:.0f} % of the replies to grave cases are fit to send. "
       + ("The rule did not ask about these: would you send it to the desk?" if hurt < 100 else "All of them are."))

# %% [markdown]
# <details><summary>Hint</summary>
#
# For the best run that is left, `desk_gap(run, "base")` gives the difference; look at `.low`.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# leak_too_much = [arm for arm, each in measured.items() if 4 * sum(each["leaks"]) > len(each["leaks"])]
# left = [arm for arm in measured if arm not in leak_too_much]
# best = max(left, key=lambda arm: sum(measured[arm]["fit"]))
# chosen_run = best if desk_gap(best, "base").low > 0 else "base"
# for who, runs in others.items():
#     kept = [run for run, (fit, leaks, gap) in runs.items() if leaks <= 25]
#     top = max(kept, key=lambda run: runs[run][0])
#     chosen_there[who] = top if runs[top][2][1] > 0 else "base"
# ```
#
# And then say what your house has chosen: is it good enough to work at a desk? The checker names its grave cases, about
# which a rule of leaks and means says nothing: a house that reads them may well send none of these runs to the desk.
#
# </details>
#
# **Why?** A colleague trains on the *whole* conversation, screen and question included, since "more tokens, more
# learning". The loss she reports is not yours. Does it say whose model is better?
#
# <details><summary>Answer</summary>
#
# No, the two losses cannot be compared: they average over different tokens. A name that has been said once is easy to
# predict the second time, and much of what a customer writes is hard, so counting them moves the mean, up or down,
# without one better or worse reply. Part of the training also goes into writing questions, which nobody will ask the
# model to do. Compare the two models on what you want from them: the same held-out conversations, the same scorer.
#
# </details>

# %% [markdown]
# ## In this notebook you saw
#
# - A chat template turns messages into one text, and the same one serves training and asking.
# - The loss mask decides what is taught: the reply and the token that ends it. Our labels were the trainer's
#   on its whole first batch and the library's on one conversation, and our loss was the model's own.
# - `SFTTrainer` with every argument in view, one look into its first batch *before* training, an adapter on the shelf.
# - A gain, or its absence, is told by kind of work, beside its rivals, with its interval and its price; manner and
#   work apart.
# - Mixing, the number of examples, rates and averaging are dials between the task and everything else; each has two
#   sides to measure. When to stop, runs like these may leave open.
#
# All verdicts of this run, each with its model, and below it, in points, its price or what the real model says (grave
# cases are few: where section 6, 7 or 8 said "too few cases", as of averaging, that stands, even if the interval misses
# zero):

# %%
def span_of(each):
    return f"{each.value:+.0f} [{each.low:+.0f}, {each.high:+.0f}]"


prices = {"tuned-beats-template": f"grave cases, fit, {span_of(grave_gap)}; world known {span_of(change)}; manner in "
                                  f"{leaked} of {len(said_after)} answers",
          "low-lr-keeps": f"fit to send {span_of(paid)}; real model's grave cases, fit, "
                          f"{span_of(intervals.paired_difference(*graver).times(100))}",
          "averaging-keeps": f"fit to send {span_of(lost)}; real model's grave cases, fit, "
                             f"{span_of(minus('scaled', 'desk', 'fit', grave))}"}
if "few" in runs:
    prices["variety-counts"] = (f"real model: fit to send {span_of(minus('desk', 'few', 'fit'))}; grave cases, fit, "
                                f"{span_of(minus('desk', 'few', 'fit', grave))}")
for name in ("tuned-beats-template", "variety-counts", "low-lr-keeps", "early-stopping-helps", "averaging-keeps"):
    found = claims.recorded(name)
    span = f"{found['effect']:.3g} [{found['low']:.3g}, {found['high']:.3g}] {found['unit']}" if "low" in found else ""
    print(f"{name:22}{found['model']:>22}  {found['verdict']:20} {span}")
    if name in prices:
        print(f"{'':4}{prices[name]}")
print(f"\n{(time.perf_counter() - started) / 60:.1f} minutes")

# %% [markdown]
# ## Sources
#
# - Ouyang et al. 2022, *Training language models to follow instructions with human feedback*, arXiv:2203.02155.
#   Supervised fine-tuning as the first of three stages.
# - Hu et al. 2021, *LoRA: Low-Rank Adaptation of Large Language Models*, arXiv:2106.09685. Notebook 04 builds it.
# - Luo et al. 2023, *An Empirical Study of Catastrophic Forgetting in Large Language Models During Continual
#   Fine-tuning*, arXiv:2308.08747.
# - Wortsman et al. 2021, *Robust fine-tuning of zero-shot models*, arXiv:2109.01903. Averaging tuned weights with the
#   base's.
#
# **Next:** notebook 03 asks what else tuning can teach, and notebook 04 builds LoRA, which trains a few percent of
# the weights, from nothing.
