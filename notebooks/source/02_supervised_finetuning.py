# ---
# jupyter:
#   ftlab:
#     minutes: 4
#     claims: [tuned-beats-base, hundreds-suffice, low-lr-keeps, overfitting-shows]
# ---

# %% [markdown]
# # How does a base model become an assistant?
#
# A base model has one skill: it continues documents. An assistant answers. Between the two lies *supervised
# fine-tuning*: a little more training, on conversations, with the loss on the assistant's words alone. In this
# notebook you build every part of it in the open, train a support desk for Quillmere on your own computer, and put
# four common claims about fine-tuning on trial.
#
# **After it you can**
#
# - write a chat template, and say for each token whether the loss counts it and why;
# - compute the masked loss from scratch and check a library against it;
# - configure `SFTTrainer` and say what each argument does;
# - judge a tuned model against its base on held-out prompts, with an interval;
# - choose the number of examples, the learning rate and the stopping point from measurements.
#
# **You need** Python, the idea of a language model that predicts the next token, and three to six minutes of computing
# on two processor cores. It takes about 3.3 GB of memory and 250 MB of disk. Nothing is downloaded. Exercises are at
# the end; the notebook runs without them.

# %% [markdown]
# ## Set up
#
# The first cell imports what the lesson uses and says which model it found, on which device and in which precision.
# It is the lab model, the small base model that the course ships with: it can be tuned many times in one lesson.

# %%
import math
import matplotlib.pyplot as plt
import torch
from datasets import Dataset, disable_progress_bars
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer
from ftlab import claims, data, figures, files, model, paths, values
from ftlab.evidence import intervals
from ftlab.tuning import chat, checkpoints, generate
from ftlab.exercise import check, passed
from ftlab.workshop.experiments import sft
figures.style()
choice = model.lab()
print(choice)

# %% [markdown]
# The second cell holds the dials. Run the notebook once as it is; then turn one dial at a time and run it again. Each
# comment names the unit and values worth trying. The claims compare your numbers with reference runs, which were made
# with the values you see here.

# %%
SEED = 0  # which examples are sampled, and the order in which they are read; any whole number
LR = 7e-4  # peak learning rate; try 1e-4 and 3e-3
STEPS = 160  # optimizer steps of the main run; try 20 and 300
BATCH_SIZE = 8  # examples a step in the main run (the later runs keep 8); try 4 and 16
EXAMPLES = 1000  # training examples of the main run; section 4 prints how many there are
HELD_OUT = 60  # test prompts for every score; try 20 and 324, and watch the intervals
VALID = 48  # validation examples for the held-out loss; try 186
FACTS = 200  # general questions for measuring what is forgotten
SIZES = {10: 24, 30: 40, 100: 80, 300: 160}  # claim 2: training examples, and the optimizer steps each gets
OVERFIT_EXAMPLES, OVERFIT_STEPS = 30, 100  # claim 4: a set too small for so many steps

# %% [markdown]
# ## 1. What does a base model do with a question?
#
# We load the base model with the library's own call. Three arguments deserve a word. `dtype=torch.float32` keeps the
# weights in full precision, because the small updates of training get lost in a 16-bit weight.
# `attn_implementation="eager"` picks the plain version of attention, which happens to be the faster one on a CPU for
# rows as short as ours. The third is for your safety: weights kept as a *pickle* can run code when they are read, and
# `use_safetensors=True` never reads one. The last word moves the model to the device.

# %%
tokenizer = AutoTokenizer.from_pretrained(choice.path)
base = AutoModelForCausalLM.from_pretrained(
    choice.path, dtype=torch.float32, attn_implementation="eager", use_safetensors=True
).to(choice.device)
print(f"{base.num_parameters():,} parameters, a vocabulary of {len(tokenizer):,} tokens, "
      f"a context of {base.config.max_position_embeddings} tokens")

# %% [markdown]
# Now a customer's question from the test set: a product and a phrasing that no training example will ever show. The
# desk's screen shows a short record of the product. We hand the base model the record and the question as plain text,
# with nothing around them, and let it go on.

# %%
held_out = sft.conversations("test")[:HELD_OUT]  # the first ones in the file, not picked
record, question, gold = [message["content"] for message in held_out[0]["messages"]]
continued = generate.replies(base, tokenizer, [f"{record}\n\n{question}"])[0]
print(f"record:          {record}\nquestion:        {question}\nthe base goes on: {continued}")

# %% [markdown]
# Whatever it wrote, it continued a document; that a customer waits for a reply is nothing it has ever been told. But
# is the test fair? The base model has read many shop pages with a question section, in the form `Question: ...
# Answer:`. If it can use the record at all, then in that form. So we ask once more, in its own form, and look beside
# it at what the desk would say.

# %%
texts = [[message["content"] for message in row["messages"]] for row in held_out]
asked = [f"{record}\n\nQuestion: {question}\nAnswer:" for record, question, _ in texts]
answer = generate.answers(base, tokenizer, asked[:1], max_new_tokens=16)[0]
print(f"the base, asked in its own form: {answer}")
print(f"the fact that was asked for:     {', '.join(held_out[0]['expected'])}")
print(f"what the desk would say:         {gold}")

# %% [markdown]
# Keep the two apart from here on. *Knowing* (or reading off) the fact is one thing; *behaving* like the desk is
# another: thank the customer, give the fact in house units, name a next step, sign off. Fine-tuning is about the
# second. We shall always count both.
#
# ## 2. The chat template: a conversation as one row of tokens
#
# A language model reads a row of tokens and has no idea of people taking turns. So we mark the turns with tokens of
# their own: one that says who speaks, on a line by itself, then the text. What the assistant says ends with one more,
# `<|end|>`, so that the model can say that it is done. Three short messages are enough to see it.

# %%
messages = [{"role": "system", "content": "Hazel Kettle. Capacity: 1.7 L."},
            {"role": "user", "content": "How much does it hold?"},
            {"role": "assistant", "content": "It holds 1.7 L."}]
by_hand = ""
for message in messages:
    by_hand += f"<|{message['role']}|>\n{message['content']}"
    by_hand += "<|end|>" if message["role"] == "assistant" else "\n"
print(by_hand)

# %% [markdown]
# That is the whole secret. Why no end token after the other turns? The base model knows it from its reading, where it
# stood between two documents that had nothing to do with each other. A template that put it after every turn cost our
# models general facts and some of their reading; the course's log, `docs/LOG.md`, has the figures.
#
# Libraries write the same loop in Jinja, a small template language, because a template is
# text and can be stored with the tokenizer. Ours does one thing more: it wraps what the *assistant* says, end token
# included, in `generation` marks, which leave no trace in the text, but let the library report which tokens those
# are. The last line is for asking: it opens the assistant's turn and leaves it open. And two names stand in place of
# tokens, so that the template serves other models too: `eos_token` is whatever the tokenizer's end token is, here
# `<|end|>`, and `bos_token` the one that its texts begin with, here none.

# %% tags=["twin:ftlab.tuning.chat:TEMPLATE"]
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}<|{{ message.role }}|>\n"
    "{% if message.role == 'assistant' %}{% generation %}{{ message.content }}{{ eos_token }}{% endgeneration %}"
    "{% else %}{{ message.content }}\n{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)

# %% [markdown]
# Is it the same? We render the three messages through the template and compare with the text made by hand. From here
# on we use the copy that the package keeps, `ftlab.tuning.chat.TEMPLATE`; a test holds it equal to the cell above.

# %%
form = {"chat_template": TEMPLATE, "tokenize": False}
assert tokenizer.apply_chat_template(messages, **form) == by_hand and TEMPLATE == chat.TEMPLATE
print(tokenizer.apply_chat_template(messages[:-1], **form, add_generation_prompt=True))

# %% [markdown]
# What is printed is a *prompt*: the conversation up to the point where the assistant begins. When we ask the tuned
# model, this is what it gets, to the letter. A space or a line break that training had and asking lacks is among the
# commonest and quietest faults in this field, which is why both come from one template.
#
# ## 3. Which tokens does the loss count?
#
# Training predicts each token from those before it. We do not want to teach the model to write customers' questions
# or product records, so only the assistant's tokens shall count. We go through the messages again, now in tokens, and
# write down three things for each: its id, who says it, and whether it counts. `<|assistant|>` and the line's end after
# it do not count: they are given to the model. The final `<|end|>` does: the model has to learn when to stop.

# %%
ids, roles, counted = [], [], []
for message in messages:
    start = tokenizer(f"<|{message['role']}|>\n", add_special_tokens=False)["input_ids"]
    end = "<|end|>" if message["role"] == "assistant" else "\n"
    spoken = tokenizer(message["content"] + end, add_special_tokens=False)["input_ids"]
    ids += start + spoken
    roles += [message["role"]] * len(start + spoken)
    counted += [False] * len(start) + [message["role"] == "assistant"] * len(spoken)
labels = [token if counts else -100 for token, counts in zip(ids, counted, strict=True)]

# %% [markdown]
# The last line makes the *labels*, what the model is to predict at each place. The number -100 is a convention of
# PyTorch's loss: a place with this label is skipped. Let us look at it. Each row is one message; the colour tells the
# speaker, and counted tokens are bold, underlined and in a solid frame, so that the picture can be read without its
# colours.

# %%
from IPython.display import HTML, display


def show_tokens(ids, roles, counted):
    shade = {"system": "#E4E4E4", "user": "#CFE8F7", "assistant": "#FBE3B5"}
    rows = {role: f"<b>{role}</b>:&ensp;" for role in roles}
    for token, role, counts in zip(ids, roles, counted, strict=True):
        text = tokenizer.decode([token]).replace("<", "&lt;").replace(" ", "&middot;").replace("\n", "&crarr;")
        text = f"<u><b>{text}</b></u>" if counts else text
        border = "2px solid #222" if counts else "1px dashed #999"
        style = f"background:{shade[role]};border:{border};color:#111;padding:2px"
        rows[role] += f'<span style="{style}">{text}</span> '
    return HTML('<div style="line-height:2.2;font-family:monospace">' + "<br>".join(rows.values()) + "</div>")


display(show_tokens(ids, roles, counted))
print(f"{sum(counted)} of {len(ids)} tokens count; a dot stands for the space before a word, ↵ for a line's end")

# %% [markdown]
# Digits are single tokens here, so a price or a capacity is copied digit by digit. Now the same three lists from the
# library: asked for `return_assistant_tokens_mask`, it returns the ids and a mask that is 1 between the `generation`
# marks. It has to agree with what we did by hand. (The course's tokenizer has the role tokens in its vocabulary.
# Another model's may not; then there is nothing to compare.)

# %%
whole = tokenizer.apply_chat_template(
    messages, chat_template=TEMPLATE, return_dict=True, return_assistant_tokens_mask=True
)
has_roles = "<|assistant|>" in tokenizer.get_vocab()
assert not has_roles or whole["input_ids"] == ids
assert not has_roles or whole["assistant_masks"] == [int(counts) for counts in counted]
print("by hand and by the library:", "the same ids, the same mask" if has_roles else "not compared for this model")

# %% [markdown]
# ### The loss on three numbers, then on the model
#
# At each counted place the model has given every token of the vocabulary a score, its *logit*. A softmax turns scores
# into probabilities, and the loss is minus the logarithm of the probability of the right token, averaged over the
# counted places. The unit is **nats per supervised token**: 0 is certainty, and each nat more means a probability
# smaller by the factor *e*. We write it for `logits` of shape `(T, V)`, that is, T places and V tokens in the
# vocabulary.

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
# Small enough to check on paper: the right token has logit 2, the other two have 0, so its probability is e² / (e² +
# 2). The second place is not counted, though the model is badly wrong there. Now the real model, on our three
# messages. One detail trips many people: the logits at place *t* predict the token at place *t + 1*, so the last
# logit and the first label have no partner and are cut off.

# %%
row = torch.tensor([ids], device=base.device)
label_row = torch.tensor([labels], device=base.device)
with torch.inference_mode():
    out = base(input_ids=row, labels=label_row)
logits, targets, counts = out.logits[0, :-1].float(), row[0, 1:], label_row[0, 1:] != -100  # (T-1, V), (T-1,), (T-1,)
ours = masked_loss(logits, targets, counts)
theirs = torch.nn.functional.cross_entropy(logits, label_row[0, 1:], ignore_index=-100)
assert torch.allclose(ours, theirs, atol=1e-5) and torch.allclose(ours, out.loss.float(), atol=1e-5)
print(f"ours {ours:.4f}, torch {theirs:.4f}, the model's own {out.loss:.4f} nats / supervised token")

# %% [markdown]
# Three ways, one number. There is one more thing to gain. Only part of the places in a row count, and the logits, one
# number for each token of the vocabulary, are the widest tensor of a training step. So why compute them where nobody
# looks? The function below takes the model's last hidden state, keeps the counted places, and only then makes logits.
# It is our loss again, for a batch of rows, and we shall train with it. (`num_counted` is what to divide by; a
# trainer passes the count over several batches.)

# %% tags=["twin:ftlab.tuning.loss:masked_cross_entropy"]
IGNORED = -100


def masked_cross_entropy(model, input_ids, labels, num_counted=None):
    """The mean cross-entropy of the counted tokens, each predicted from the tokens before it. labels: (B, T)."""
    import torch

    if hasattr(model, "get_base_model"):  # peft, of notebook 04, wraps the model that its layers sit in
        model = model.get_base_model()
    hidden = model.base_model(input_ids=input_ids, use_cache=False).last_hidden_state[:, :-1]  # (B, T - 1, D)
    targets = labels[:, 1:]
    counted = targets != IGNORED
    logits = model.get_output_embeddings()(hidden[counted])  # (N, V)
    total = torch.nn.functional.cross_entropy(logits.float(), targets[counted], reduction="sum")
    return total / (counted.sum() if num_counted is None else num_counted)

# %% [markdown]
# The same number again? On our three messages it has to be.

# %%
with torch.inference_mode():
    lean = masked_cross_entropy(base, row, label_row)
assert torch.allclose(lean, out.loss.float(), atol=1e-5)
print(f"{lean:.4f} nats / supervised token, with {int(counts.sum())} rows of logits instead of {len(ids)}")

# %% [markdown]
# Is it a high number? A model that knows nothing gives every token the same probability, one over V, and its loss is
# ln V. And does the mask do what it says? We put a random token into every place that is *not* counted as a target,
# and the loss must not move; then we change one target that *is* counted, and it must.

# %%
noise = torch.randint(len(tokenizer), targets.shape, generator=torch.Generator().manual_seed(SEED)).to(targets.device)
unmoved = masked_loss(logits, torch.where(counts, targets, noise), counts)
last_changed = targets.clone()
last_changed[-1] = (targets[-1] + 1) % len(tokenizer)
moved = masked_loss(logits, last_changed, counts)
assert torch.equal(unmoved, ours) and not torch.equal(moved, ours)
print(f"a uniform guess: ln {len(tokenizer):,} = {math.log(len(tokenizer)):.2f} nats; this model: {ours:.2f}; "
      f"masked targets replaced: {unmoved:.2f}; the end token replaced: {moved:.2f}")

# %% [markdown]
# Keep the uniform guess in mind as a yardstick: a loss at the start of a run that lies *above* it hints at a broken
# template or a wrong mask, or at a token that the model has never met. (Ours has never met `<|assistant|>`; that
# alone makes the first steps costly.)
#
# ## 4. The data: what the desk has written
#
# The conversations of Quillmere's support desk lie in three files: one to train on, one to watch the held-out loss
# (validation), one that we touch only for scores (test). How many are there, and what do they look like? We read
# three, as one should before any training.

# %%
train, valid, test = (sft.conversations(split) for split in ("train", "valid", "test"))
print({name: len(rows) for name, rows in (("train", train), ("valid", valid), ("test", test))}, "\n")
for row in train[:3]:
    print("\n".join(f"{message['role']:>9}: {message['content']}" for message in row["messages"]), "\n")

# %% [markdown]
# The record stands in the system turn. That is on purpose: a product that the model has never seen can be answered
# rightly, because the prompt carries the fact. Tuning teaches the behaviour and the record brings the fact.
#
# A score on held-out prompts means little if the test set leaks into training. So the split is by *product* (or
# policy), and by *phrasing*: no product of the test set and no way of asking that it uses occurs in training. We
# check it rather than believe it.

# %%
for key in ("product", "policy", "question_phrasing"):
    found = [{row[key] for row in rows if row[key]} for rows in (train, valid, test)]
    shared = (found[0] & found[2]) | (found[0] & found[1]) | (found[1] & found[2])
    assert not shared, f"{key}: {shared}"
    print(f"{key}: train {len(found[0])}, valid {len(found[1])}, test {len(found[2])}, shared {len(shared)}")

# %% [markdown]
# How long are the examples? Length decides the memory and the time of a step, and a row longer than the context would
# be cut, reply first. We also want to know how much of it is supervised, for that is what we really train on.
#
# The next cell makes ids and labels for a whole conversation in the way that works with any template, ours or another
# model's: render the prompt, render everything, and count what the second has more than the first.

# %%
tokenizer.chat_template = tokenizer.chat_template or chat.TEMPLATE  # a model that brings its own template keeps it


def encode(row):
    talk = row["messages"]
    prompt = tokenizer.apply_chat_template(talk[:-1], add_generation_prompt=True, return_dict=True)["input_ids"]
    ids = tokenizer.apply_chat_template(talk, return_dict=True)["input_ids"]
    assert ids[: len(prompt)] == prompt
    return ids, [-100] * len(prompt) + ids[len(prompt) :]


encoded = [encode(row) for row in train]
lengths = sorted(len(ids) for ids, _ in encoded)
supervised = sum(label != -100 for _, labels in encoded for label in labels) / sum(lengths)
assert lengths[-1] <= base.config.max_position_embeddings
print(f"tokens an example: {lengths[0]} to {lengths[-1]}, half of them at most {lengths[len(lengths) // 2]}; "
      f"{supervised:.0%} of all tokens count")

# %% [markdown]
# The `assert` in the cell has checked that every example fits the context, so nothing will be cut.
#
# ## 5. `SFTTrainer` in full view
#
# TRL wants each example as a `prompt` and a `completion`, both lists of messages. From that form it knows by itself
# that only the completion counts. `sft.sample` shuffles the training set by the seed and takes the first `EXAMPLES`.

# %%
disable_progress_bars()  # one for each small step of preparing the data: more bars than lesson


def pairs(rows):
    return Dataset.from_list([{"prompt": row["messages"][:-1], "completion": row["messages"][-1:]} for row in rows])

# %% [markdown]
# TRL computes the same loss as we did. One method of its trainer, `compute_loss`, decides which code does it, so we
# put our lean version there: the same numbers, in less time on a CPU. Not every model's logits are the output
# embeddings times the last hidden state and nothing else; `ftlab.tuning.loss.can_be_lean` tries it out, and where it
# says no, TRL's own stays in place.

# %% tags=["twin:ftlab.tuning.trainer:HandLoss"]
class HandLoss(SFTTrainer):
    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        if model is not self.model:  # wrapped, for several GPUs or by a compiler, and must then be called as a whole
            return super().compute_loss(model, dict(inputs), return_outputs, num_items_in_batch)
        with self.accelerator.autocast():  # what `bf16` asks for: the trainer sees to it only where it calls the model
            loss = masked_cross_entropy(model, inputs["input_ids"], inputs["labels"], num_items_in_batch)
        return (loss, {}) if return_outputs else loss

# %% [markdown]
# Below is the whole call, and every argument that matters has its reason beside it.

# %%
chosen = sft.sample(train, EXAMPLES, SEED)
dials = {"rows": checkpoints.fingerprint(chosen), "lr": LR, "steps": STEPS, "batch": BATCH_SIZE, "seed": SEED}
folder = checkpoints.run_folder("sft", model=choice.path, **dials)  # a folder for these dials and no others
tuned = AutoModelForCausalLM.from_pretrained(
    choice.path, dtype=torch.float32, attn_implementation="eager", use_safetensors=True
).to(choice.device)
trainer = HandLoss(
    model=tuned,
    processing_class=tokenizer,  # it brings the chat template
    train_dataset=pairs(chosen),
    eval_dataset=pairs(valid[:VALID]),  # the validation set: never trained on, never used for scores
    args=SFTConfig(
        output_dir=str(folder),
        max_steps=STEPS,  # optimizer steps; the alternative is num_train_epochs
        per_device_train_batch_size=BATCH_SIZE,  # examples a step
        per_device_eval_batch_size=32,
        learning_rate=LR,  # the peak
        warmup_steps=0.1,  # a tenth of the run climbs to the peak: the first gradients are large and point anywhere
        lr_scheduler_type="linear",  # then a straight fall to zero, so that the run ends calmly
        seed=SEED,  # the order of the examples
        bf16=choice.dtype == "bfloat16",  # 16-bit arithmetic only where the processor really has it
        use_cpu=choice.device == "cpu",
        activation_checkpointing=False,  # it saves memory and costs time; here we have the memory
        train_sampling_strategy="group_by_length",  # examples of similar length share a batch: less padding
        eval_strategy="steps",
        eval_steps=max(1, STEPS // 10),  # look at the held-out loss ten times
        logging_steps=max(1, STEPS // 10),
        save_strategy="steps",
        save_steps=20,  # a checkpoint now and then: if this run is interrupted, it can go on
        save_total_limit=2,  # the two newest will do
        report_to="none",  # no tracking service
    ),
)

# %% [markdown]
# Before training, one look inside. The trainer tokenized the data and will hand batches to the model. Are its labels
# the ones that we worked out? We take its first batch, cut off the padding, and compare row by row. This check takes
# a second and would have caught many a wasted week of training.

# %%
expected = {tuple(ids): labels for ids, labels in map(encode, chosen)}
with torch.random.fork_rng():  # looking must not change the order in which the examples will come
    batch = next(iter(trainer.get_train_dataloader()))
for ids, mask, labels in zip(batch["input_ids"], batch["attention_mask"], batch["labels"], strict=True):
    assert labels[mask == 1].tolist() == expected[tuple(ids[mask == 1].tolist())]
    assert (labels[mask == 0] == -100).all()
with torch.inference_mode():
    mine, theirs = trainer.compute_loss(tuned, dict(batch)), tuned(**batch).loss
    in_32_bits = masked_cross_entropy(tuned, batch["input_ids"], batch["labels"])
assert torch.allclose(in_32_bits, theirs.float(), atol=1e-4)
assert torch.allclose(mine, theirs, rtol=0.01)  # where the trainer computes in bf16, two or three digits agree
print({name: tuple(values.shape) for name, values in batch.items()})
print(f"The labels are ours, padding never counts, and the loss is {mine:.2f} either way.")

# %% [markdown]
# Rows of different length are filled up with padding to the longest of the batch; the attention mask hides it, and
# its label is -100. Now train. The table grows while you wait: loss on the training batches, and every tenth of the
# run on the validation examples.

# %%
with checkpoints.resumable(folder) as checkpoint:  # goes on from a checkpoint if an interrupted run left one
    trained = trainer.train(resume_from_checkpoint=checkpoint)
print(f"{trained.metrics['train_runtime']:.0f} s for {STEPS} steps of {BATCH_SIZE} examples")

# %% [markdown]
# How did the loss fall, and does the held-out loss follow? We draw both from the trainer's log. The training loss is
# an average over the steps since the last look, so it lags a little; and it zigzags, because examples of similar
# length share a batch and long ones differ from short ones.

# %%
def losses(log, key):
    return [entry["step"] for entry in log if key in entry], [entry[key] for entry in log if key in entry]


fig, ax = plt.subplots()
figures.curve(ax, *losses(trainer.state.log_history, "loss"), label="training")
figures.curve(ax, *losses(trainer.state.log_history, "eval_loss"), label="validation")
held_out_loss = losses(trainer.state.log_history, "eval_loss")[1]
ax.set(xlabel="optimizer step", ylabel="loss (nats / supervised token)", ylim=(0, None),
       title=f"Held-out loss: {held_out_loss[0]:.2f} at the first look, {held_out_loss[-1]:.2f} at the end")
assert held_out_loss[-1] < held_out_loss[0]
_ = ax.legend()

# %% [markdown]
# Two things to read off. Most of the fall comes early: the model learns the *form*, which is much the same in every
# reply. What is left later on is choice of words, which cannot be guessed, so the loss will never reach zero on
# held-out examples. And as long as the two curves run close together, the model has not begun to learn its examples
# by heart. We shall force it to in section 9.
#
# The loss is a means, though. What we want to know is what it says.
#
# ## 6. Before and after, on the same prompts
#
# Every prompt is scored by two questions that a program can answer. *On-brand*: does the reply keep every rule of the
# brand guide? *Right*: does it state the fact that was asked for? What we want is both at once. Here is a reply that
# breaks rules, and which ones the check names.

# %%
from ftlab.world import brand

broken = "Hi! It's 2 kilos, no problem."
print([rule for rule, kept in brand.check(broken).items() if not kept], brand.on_brand(broken), brand.on_brand(gold))

# %% [markdown]
# Now all the held-out prompts. To be fair to the base we ask it in *two* ways, in the chat form and in its own
# question form, and count a prompt as answered if *either* reply will do. It gets two tries where the tuned model
# gets one. `sft.judge` writes the replies and scores them.

# %%
after = sft.judge(tuned, tokenizer, held_out)
before = sft.judge(base, tokenizer, held_out)
own_form = generate.answers(base, tokenizer, asked, max_new_tokens=16)
own_right = [values.states_all(reply, [row["value"]]) for reply, row in zip(own_form, held_out, strict=True)]
own_both = [right and brand.on_brand(reply) for right, reply in zip(own_right, own_form, strict=True)]
base_both = [a or b for a, b in zip(before["both"], own_both, strict=True)]

# %% [markdown]
# First the replies themselves: the first four prompts of the test file, whatever came out. A tick stands for yes, a
# cross for no, and a slash for a line break.

# %%
def mark(yes):
    return "✓" if yes else "✗"


for i, row in enumerate(held_out[:4]):
    print(f"customer: {texts[i][1]}   [fact: {', '.join(row['expected'])}]")
    for name, reply in (("base, chat form", before["reply"]), ("base, own form", own_form), ("tuned", after["reply"])):
        right, on_brand = values.states_all(reply[i], row["expected"]), brand.on_brand(reply[i])
        one_line = reply[i].replace("\n", " / ")
        print(f"  {name:15} {mark(right)} right {mark(on_brand)} on-brand: {one_line}")
    print()

# %% [markdown]
# Then the failures, which teach more than the successes. These are the first three replies of the tuned model that
# are wrong, off-brand, or both, with the rules they break.

# %%
failures = [i for i in range(len(held_out)) if not after["both"][i]]
print(f"{len(failures)} of {len(held_out)} replies fail")
for i in failures[:3]:
    rules = [rule for rule, kept in brand.check(after["reply"][i]).items() if not kept]
    print(f"\nrecord: {texts[i][0]}\ncustomer: {texts[i][1]}\nreply: {after['reply'][i]}")
    print(f"  {mark(after['right'][i])} right (wanted: {', '.join(held_out[i]['expected'])}); "
          f"rules broken: {', '.join(rules) or 'none'}")

# %% [markdown]
# Read a failure with its record beside it. Does it take the wrong line of the record, mix up digits, or run on past
# the end? Each points to a different remedy: more examples of that kind of question, a higher rate, a longer run. And
# now the counts.
#
# ### Claim 1: a fine-tuned model beats its base by a wide margin
#
# We compare prompt by prompt. Both models met the same prompts, so the difference is taken within each prompt and
# then averaged; the interval comes from drawing the prompts anew many times (a bootstrap). It says how far the number
# would move with *other prompts* of this kind. How far it moves with other *seeds* is what the reference runs show,
# once they are there: the grey dots.

# %%
def share(scores):
    return f"{100 * sum(scores) / len(scores):.0f} %"


own = {"on_brand": [brand.on_brand(reply) for reply in own_form], "right": own_right, "both": own_both}
print(f"{'':18}on-brand   right fact   both")
for name, scores in (("base, chat form", before), ("base, own form", own), ("tuned", after)):
    print(f"{name:18}{share(scores['on_brand']):>8}{share(scores['right']):>13}{share(scores['both']):>7}")

# %% [markdown]
# The row to compare the tuned model's facts with is the base's better one. If the base in its own form is nearly as
# right as the tuned model, then tuning has not taught the *reading* of records: the base could do that. It has taught
# when and how to use it.

# %%
gain = intervals.paired_difference(after["both"], base_both).times(100)
result = claims.record("tuned-beats-base", SEED, *gain, model=claims.LAB)
fig, ax = plt.subplots(figsize=(7, 2.3))
claims.draw("tuned-beats-base", result, ax)
print(result)

# %% [markdown]
# The printed line is the verdict: the claim, your number, its interval, and whether the whole interval lies where the
# claim says it should. "Mixed" means that the interval straddles the limit, so these prompts cannot decide.
#
# ## 7. How many examples does it take?
#
# LIMA, a paper of 2023, tuned a large model on a thousand careful examples and called its finding *less is more for
# alignment*. Is a thousand needed? We shall tune the same base on 10, 30, 100 and 300 examples. For that the
# trainer's call goes into a function. It is the cell of section 5 with the rows, the rate, the steps and the seed as
# arguments; `more` hands further settings to `SFTConfig`, which section 9 will use. Two names serve other models than
# this one: `chat.pairs` makes pairs that suit any chat template, and `can_be_lean` decides who computes the loss.
# The package keeps the same function as `ftlab.workshop.experiments.sft.fine_tune`.

# %% tags=["twin:ftlab.workshop.experiments.sft:fine_tune"]
def fine_tune(choice, rows, lr, steps, seed, valid=None, **more):
    """Fine-tunes a fresh copy of the base model on conversations, with the loss on the replies alone."""
    import torch
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    from ftlab.tuning.loss import can_be_lean
    from ftlab.tuning.trainer import HandLoss

    tokenizer = AutoTokenizer.from_pretrained(choice.path)
    tokenizer.chat_template = tokenizer.chat_template or chat.TEMPLATE
    model = AutoModelForCausalLM.from_pretrained(
        choice.path, dtype=torch.float32, attn_implementation="eager", use_safetensors=True
    ).to(choice.device)

    def pairs(rows):
        return Dataset.from_list(chat.pairs(tokenizer, rows))

    trainer = (HandLoss if can_be_lean(model) else SFTTrainer)(
        model=model,
        processing_class=tokenizer,
        train_dataset=pairs(rows),
        eval_dataset=pairs(valid) if valid else None,
        args=SFTConfig(
            **{"output_dir": str(paths.runs() / "sft"), "save_strategy": "no", **more},
            max_steps=steps,
            per_device_train_batch_size=8,
            per_device_eval_batch_size=32,
            learning_rate=lr,
            lr_scheduler_type="linear",
            warmup_steps=0.1,
            seed=seed,
            bf16=choice.dtype == "bfloat16",
            use_cpu=choice.device == "cpu",
            activation_checkpointing=False,
            train_sampling_strategy="group_by_length",
            eval_strategy="steps" if valid else "no",
            eval_steps=max(1, steps // 10),
            logging_steps=max(1, steps // 10),
            report_to="none",
        ),
    )
    trainer.train()
    return model, tokenizer, trainer.state.log_history

# %% [markdown]
# The small sets are parts of the larger ones, so that a curve over sizes changes the number of examples and not their
# kind. Small sets get fewer steps, since they would only be read over and over. The run on a thousand examples is the
# main run, which we already have.

# %%
by_size = {EXAMPLES: after}
for size in [size for size in SIZES if size <= 30]:
    small_model, small_tokenizer, _ = fine_tune(choice, sft.sample(train, size, SEED), LR, SIZES[size], SEED)
    by_size[size] = sft.judge(small_model, small_tokenizer, held_out)
    print(f"{size} examples, {SIZES[size]} steps: {share(by_size[size]['both'])} on-brand with the right fact")

# %% [markdown]
# Ten examples are two small batches, seen again and again. Now the two larger sets; each run takes as long as the
# main run or a little less.

# %%
for size in [size for size in SIZES if size > 30]:
    small_model, small_tokenizer, _ = fine_tune(choice, sft.sample(train, size, SEED), LR, SIZES[size], SEED)
    by_size[size] = sft.judge(small_model, small_tokenizer, held_out)
    print(f"{size} examples, {SIZES[size]} steps: {share(by_size[size]['both'])} on-brand with the right fact")

# %% [markdown]
# The figure has the number of examples on a logarithmic axis, where each step to the right is about three times as
# much data. The whiskers are 95 % intervals over the prompts. The dashed line is the form alone, on-brand; the solid
# one asks for the right fact as well.

# %%
def draw_shares(ax, scores, **line):
    spans = [intervals.rate_interval(sum(each), len(each)).times(100) for each in scores.values()]
    below, above = [s.value - s.low for s in spans], [s.high - s.value for s in spans]
    ax.errorbar(list(scores), [s.value for s in spans], [below, above], marker="o", **line)


sizes = sorted(by_size)
fig, ax = plt.subplots()
draw_shares(ax, {size: by_size[size]["both"] for size in sizes}, label="on-brand with the right fact")
draw_shares(ax, {size: by_size[size]["on_brand"] for size in sizes}, label="on-brand", ls="--")
few, many = (share(by_size[size]["both"]) for size in sizes[-2:])
ax.set(xscale="log", xlabel="training examples", ylabel="held-out replies (%)", ylim=(-3, 103),
       title=f"{few} with {sizes[-2]} examples, {many} with {sizes[-1]:,}")
ax.set_xticks(sizes, sizes)
ax.minorticks_off()
_ = ax.legend()

# %% [markdown]
# Where the two lines part, the model has the form but not the fact: form is cheap, since every single example shows
# it, while taking the right line from a record is learnt from many *different* records.
#
# ### Claim 2: hundreds of examples suffice
#
# The claim says that 300 examples do nearly as well as 1,000, so the effect to look at is what the further examples
# add. It holds if that is at most a few points. Note what such a claim needs: not "no difference found", which a
# handful of prompts would always find, but an interval that lies wholly under the limit.

# %%
added = intervals.paired_difference(after["both"], by_size[300]["both"]).times(100)
result = claims.record("hundreds-suffice", SEED, *added, model=claims.LAB)
fig, ax = plt.subplots(figsize=(7, 2.3))
claims.draw("hundreds-suffice", result, ax)
print(result)

# %% [markdown]
# With this many prompts the interval may well be wider than the limit, and the honest verdict of a single run is then
# "mixed". Turn `HELD_OUT` up and see it shrink, with the square root of the number of prompts: four times the
# prompts, half the width.
#
# ## 8. What does tuning cost? Learning rate and forgetting
#
# Nothing in our loss asks the model to keep what it knew. The base had learned many facts about towns, rivers and
# people. A small step away from its weights leaves them; a large one may wash them out. We can measure it: general
# questions, closed book, in phrasings that no training text used.

# %%
questions = sft.general_questions(FACTS)
knew = sft.facts_kept(base, tokenizer, questions)
kept = {LR: sft.facts_kept(tuned, tokenizer, questions)}
print(f"for example: {questions[0]['question']} ({questions[0]['answer']})")
print(f"general facts: base {share(knew)}, tuned at {LR:g} {share(kept[LR])}")

# %% [markdown]
# The difference between the two numbers is what the main run forgot, and nothing in the loss curve showed it. How
# does it depend on the learning rate? Pretraining knows one answer: its own peak rate, which we read from the recipe.
# We tune the base again at a tenth of that rate and at that rate itself; our own lies between them and is already done.
# (Pretraining used another optimizer for its matrices, so the two rates are relatives and not twins.)

# %%
from ftlab.workshop.pretrain import Recipe

print(f"peak rate of pretraining: {Recipe.lr:g}; of our main run: {LR:g}, lower by a factor of {Recipe.lr / LR:.2g}")
by_rate = {LR: after}


def try_rate(rate):
    rate_model, rate_tokenizer, _ = fine_tune(choice, chosen, rate, STEPS, SEED)
    by_rate[rate] = sft.judge(rate_model, rate_tokenizer, held_out)
    kept[rate] = sft.facts_kept(rate_model, rate_tokenizer, questions)
    print(f"learning rate {rate:g}: {share(by_rate[rate]['both'])} on-brand with the right fact, "
          f"{share(kept[rate])} of the general facts")


try_rate(Recipe.lr / 10)

# %% [markdown]
# That was the gentle one. Now the rate at which the base model itself was made, on the same examples in the same order.

# %%
try_rate(Recipe.lr)

# %% [markdown]
# One figure for both sides of the bargain: what the task gains, and what remains of the general facts. The grey line
# is where the base started.

# %%
rates = sorted(by_rate)
fig, ax = plt.subplots()
draw_shares(ax, {rate: by_rate[rate]["both"] for rate in rates}, label="task: on-brand with the right fact")
draw_shares(ax, {rate: kept[rate] for rate in rates}, label="general facts kept", ls="--")
ax.axhline(100 * sum(knew) / len(knew), color=figures.GREY, ls=":", label="general facts, base")
low, high = rates[0], rates[-1]
ax.set(xscale="log", xlabel="peak learning rate", ylabel="share right (%)", ylim=(-3, 103),
       title=f"General facts: {share(kept[low])} right at {low:g}, {share(kept[high])} at {high:g}")
ax.set_xticks(rates, [f"{rate:g}" for rate in rates])
ax.minorticks_off()
_ = ax.legend()

# %% [markdown]
# Look for the rate at which the task curve is already up and the facts are still there. It need not exist: at the
# lowest rate a short run may not have learned the task at all, and keeping everything by learning nothing is no
# achievement. That is why one curve alone would mislead.
#
# ### Claim 3: a rate far below pretraining's keeps what the base knew
#
# The effect is the general facts kept at a tenth of pretraining's rate, minus those kept at that rate itself, question
# by question.

# %%
saved = intervals.paired_difference(kept[Recipe.lr / 10], kept[Recipe.lr]).times(100)
result = claims.record("low-lr-keeps", SEED, *saved, model=claims.LAB)
fig, ax = plt.subplots(figsize=(7, 2.3))
claims.draw("low-lr-keeps", result, ax)
print(result)

# %% [markdown]
# Forgetting was first studied when networks were trained on one task after another; two of the papers below go into
# it, one for language models. A low rate is the cheapest remedy. Training fewer weights is another, which notebook 04
# puts on trial, and mixing general text into the training data is a third.
#
# ## 9. When should training stop?
#
# Give a model few examples and many steps and it will learn them by heart. The training loss is then worthless as a
# guide, since it falls whatever happens. The held-out loss is not. We train on a small set for many epochs and look
# ten times. The call is `fine_tune` again, and its further arguments ask for checkpoints: a copy of the weights at
# each look, and at the end the trainer loads the one with the lowest held-out loss.

# %%
import shutil

folder = paths.runs() / "sft-overfit"
shutil.rmtree(folder, ignore_errors=True)  # checkpoints of an earlier run
few = sft.sample(train, OVERFIT_EXAMPLES, SEED)
best, _, log = fine_tune(
    choice, few, LR, OVERFIT_STEPS, SEED, valid[:VALID],
    output_dir=str(folder),
    save_strategy="steps",
    save_steps=max(1, OVERFIT_STEPS // 10),  # a checkpoint at each look
    save_only_model=True,  # the weights alone: nobody will train on from here
    save_total_limit=2,  # keep two of them, the best and the last
    load_best_model_at_end=True,  # end with the weights of the best look ...
    metric_for_best_model="eval_loss",  # ... by the held-out loss
)

# %% [markdown]
# Compare the two columns of the table from the top down. Which one keeps falling, and which one turns? The figure
# says where. (A line about a missing `lm_head.weight` is no fault: this model's output layer and its embedding are
# one and the same matrix, and a checkpoint stores it once.)

# %%
steps, valid_losses = losses(log, "eval_loss")
best_step = steps[valid_losses.index(min(valid_losses))]
fig, ax = plt.subplots()
figures.curve(ax, *losses(log, "loss"), label="training")
figures.curve(ax, steps, valid_losses, label="validation")
ax.axvline(best_step, color=figures.GREY, ls=":", label=f"lowest held-out loss, step {best_step}")
ax.set(xlabel="optimizer step", ylabel="loss (nats / supervised token)", ylim=(0, 1.1 * max(valid_losses)),
       title=f"Held-out loss: {min(valid_losses):.2f} at step {best_step}, {valid_losses[-1]:.2f} at step {steps[-1]}")
_ = ax.legend()

# %% [markdown]
# The dotted line marks the checkpoint that *early stopping* keeps. If it stands at the right edge, this run had not
# begun to overfit, and you may turn `OVERFIT_STEPS` up. Would people have noticed the turn? We load the last
# checkpoint beside the best one and let both answer the held-out prompts.

# %%
checkpoint = folder / f"checkpoint-{OVERFIT_STEPS}"
last = AutoModelForCausalLM.from_pretrained(
    checkpoint, dtype=torch.float32, attn_implementation="eager", use_safetensors=True
).to(choice.device)
at_best, at_end = (sft.judge(each, tokenizer, held_out) for each in (best, last))
for step, found in ((best_step, at_best), (OVERFIT_STEPS, at_end)):
    print(f"step {step}: {share(found['both'])} on-brand with the right fact, for example: {found['reply'][0]}")

# %% [markdown]
# Compare the two shares, and read the two replies. If they are close, nobody who reads samples would have noticed
# anything. The last checkpoint may even score better: what the loss punishes is a model that has grown too sure of
# the few wordings it has seen, and neither a reader nor a scorer of facts sees how sure it is. So treat the held-out
# loss as the earliest warning, and let the score that you care about decide.
#
# ### Claim 4: overfitting shows on held-out data first
#
# The effect is the held-out loss at the end minus its lowest. One trap: the lowest of ten numbers is low partly by
# luck, so measured on the examples that chose it, the effect would flatter itself. So the validation examples choose
# the step, and the *test* examples, which had no say in it, measure the difference.

# %%
def row_losses(model, rows):
    model.eval()
    found = []
    for ids, labels in map(encode, rows):
        one, wanted = torch.tensor([ids], device=model.device), torch.tensor([labels], device=model.device)
        with torch.inference_mode():
            out = model(input_ids=one, labels=wanted)
        found.append(out.loss.item())  # nats / supervised token of this example
    return found


rise = intervals.paired_difference(row_losses(last, held_out), row_losses(best, held_out))
result = claims.record("overfitting-shows", SEED, *rise, model=claims.LAB)
print(result)

# %% [markdown]
# And its figure. The interval is over test examples, in nats per supervised token.

# %%
fig, ax = plt.subplots(figsize=(7, 2.3))
_ = claims.draw("overfitting-shows", result, ax)

# %% [markdown]
# In your own work, let the trainer stop by itself. Two lines do it: one argument, which you have just seen, and one
# callback, which ends the run when the held-out loss has not improved for three looks in a row:
#
# ```python
# args = SFTConfig(..., load_best_model_at_end=True, metric_for_best_model="eval_loss")
# trainer = SFTTrainer(..., callbacks=[EarlyStoppingCallback(early_stopping_patience=3)])  # from transformers
# ```
#
# We left the callback out above only because we wanted to see the curve go on.

# %% [markdown]
# ## 10. When the data is wrong
#
# Training rarely crashes on bad data. It trains on it. So `ftlab.data.read` checks every row of a file of your own
# before a model is loaded. The file below has two faults, and the cell is meant to fail. Read its message from left
# to right: the line, what was expected there, what was found, and what to do about it.

# %% tags=["raises-exception"]
import contextlib
import tempfile
from IPython import get_ipython

get_ipython().run_line_magic("xmode", "Minimal")  # the message without the path that led to it
turns = {role: {"role": role, "content": "Is the lid included?"} for role in ("user", "assistant")}
with tempfile.TemporaryDirectory() as temporary, contextlib.chdir(temporary):
    files.write_jsonl("mine.jsonl", [{"messages": [turns["user"], turns["assistant"]]},
                                     {"messages": [turns["assistant"], turns["user"]]},
                                     {"messages": [turns["user"], turns["user"], turns["assistant"]]}])
    data.read("mine.jsonl")

# %% [markdown]
# Both faults are named at once, so that a file is repaired in one go. The first line of the file is sound. The second
# begins with the assistant, as happens when an export is sorted by text; the third has two user turns in a row, which
# people do write, and which the remedy tells you to join. If you would rather go on without such rows,
# `data.read(path, on_error="quarantine")` sets them aside in a file, each with its reason.
#
# ## Exercises
#
# Each has a stub for you to fill in and a checker in the next cell, which says "Not yet" and why until the stub is
# right. Hints and answers are folded.
#
# ### Exercise 1: labels from ids (core, 8 minutes, easy)
#
# You get the token ids of a conversation that may have *several* assistant turns, and the ids of two tokens: the one
# that opens an assistant turn and the one that ends a turn. Return the labels: the assistant's words and the end
# token that closes them keep their id, and everything else is -100.

# %%
def labels_from_ids(ids, assistant_id, end_id):
    """Labels of a conversation, with the loss on the assistant's turns alone.

    Shapes:
        ids: a list of T token ids; returns a list of T labels, -100 where the loss does not count.
    """
    # your code here

# %% tags=["raises-exception"]
# 7 opens a user turn, 8 an assistant turn, 9 ends a turn
found = labels_from_ids([7, 1, 9, 8, 2, 3, 9], assistant_id=8, end_id=9)
check(found is not None, "nothing comes back. Build a list of labels and return it.")
check(len(found) == 7,
      "the labels need one entry for each id: write -100 where the loss does not count, leave nothing out.")
check(found[3] == -100, "the token that opens the assistant's turn is given to the model, so it does not count.")
check(found[1] == found[2] == -100, "the user's words and the end of the user's turn do not count.")
check(found[6] == 9, "the end token of the assistant's turn counts: from it the model learns to stop.")
check(found == [-100, -100, -100, -100, 2, 3, 9], "the assistant's words keep their ids as labels.")
found = labels_from_ids([7, 1, 9, 8, 2, 9, 7, 4, 9, 8, 5, 9], assistant_id=8, end_id=9)
check(found == [-100] * 4 + [2, 9] + [-100] * 4 + [5, 9],
      "each assistant turn counts, and the user's turn between them does not.")
check(labels_from_ids([8, 2], 8, 9) == [-100, 2],
      "a reply that is cut short has no end token; its words count all the same.")
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
found = collate([([5, 6, 7], [-100, 6, 7]), ([5], [5])], pad_id=0)
check(found is not None, "nothing comes back. Return a dict of three tensors.")
check({"input_ids", "attention_mask", "labels"} <= set(found), "the batch needs input_ids, attention_mask and labels.")
check(all(tuple(found[name].shape) == (2, 3) for name in found),
      "every tensor has a row for each example and is as wide as the longest row.")
check(found["input_ids"].tolist() == [[5, 6, 7], [5, 0, 0]], "short rows are filled up on the right with pad_id.")
check(found["attention_mask"].tolist() == [[1, 1, 1], [1, 0, 0]],
      "the attention mask is 1 on real tokens and 0 on padding.")
check(found["labels"].tolist()[1] != [5, 0, 0], "padding must not count: its label is -100 and not pad_id.")
check(found["labels"].tolist() == [[-100, 6, 7], [5, -100, -100]],
      "labels keep what the row says and are -100 in the padding.")
found = collate([([0, 4], [0, 4]), ([3, 2, 1, 0], [-100, 2, 1, 0])], pad_id=0)
check(found["attention_mask"].tolist() == [[1, 1, 0, 0], [1, 1, 1, 1]],
      "a real token may have the same id as padding; tell them apart by the row's length.")
check(found["labels"].tolist() == [[0, 4, -100, -100], [-100, 2, 1, 0]],
      "a label that equals pad_id counts where the row has it.")
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
# ### Exercise 3: the loss of each row in a batch (core, 12 minutes, hard)
#
# Section 9 needed the loss of each example and sent them through the model one by one. A batch is faster. Write the
# masked cross-entropy for a whole batch, one number for each row, from the raw logits: shift by one place, take the
# log-softmax, pick, and average over each row's counted places.

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

logits = torch.zeros(2, 4, 3)
logits[0, 0, 1] = 2.0  # row 0: place 0 is fairly sure that token 1 comes next
labels = torch.tensor([[-100, 1, -100, -100], [0, 0, 2, 1]])
found = batch_row_losses(logits, labels)
check(found is not None, "nothing comes back. Return a tensor with one loss for each row.")
check(tuple(found.shape) == (2,), "the result has one number for each row: average over places, not over rows.")
check(not torch.allclose(found[0], torch.tensor(1.0986), atol=1e-3),
      "the logits at place t predict the label at place t + 1: shift them by one.")
check(abs(found[0].item() - 0.2395) < 1e-3,
      "row 0 has one counted place; divide by the places that count, not by all of them.")
check(abs(found[1].item() - 1.0986) < 1e-3, "row 1 guesses uniformly over three tokens, so its loss is ln 3.")
random = torch.Generator().manual_seed(0)
logits, labels = torch.randn(5, 9, 11, generator=random), torch.randint(11, (5, 9), generator=random)
labels[:, :3] = -100
wanted = [torch.nn.functional.cross_entropy(logits[i, :-1], labels[i, 1:], ignore_index=-100) for i in range(5)]
check(torch.allclose(batch_row_losses(logits, labels), torch.stack(wanted), atol=1e-5),
      "on random rows the numbers differ from torch's cross_entropy.")
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
# ### Exercise 4: steps, epochs and batches (core, 5 minutes, easy)
#
# `max_steps` counts optimizer steps; people think in epochs, passes over the data. Between the two stand the batch
# size and `grad_accum`, the number of batches whose gradients are added up before each optimizer step. The last,
# smaller batch of an epoch is used too. Gradients that are left over at the end of an epoch still make a step.

# %%
def steps_for(epochs, rows, batch_size, grad_accum=1):
    """Optimizer steps in a run of whole epochs."""
    # your code here

# %% tags=["raises-exception"]
found = steps_for(1, rows=16, batch_size=8)
check(found is not None, "nothing comes back. Return a whole number of steps.")
check(found == 2, "16 rows in batches of 8 are two steps.")
check(steps_for(3, rows=16, batch_size=8) == 6, "three epochs have three times the steps of one.")
check(steps_for(1, rows=30, batch_size=8) == 4, "the last, smaller batch of an epoch makes a step too: round up.")
check(steps_for(10, rows=30, batch_size=8) == 40, "round up within each epoch, and not once over the whole run.")
check(steps_for(1, rows=64, batch_size=8, grad_accum=4) == 2, "with grad_accum, several batches make one step.")
check(steps_for(2, rows=30, batch_size=4, grad_accum=3) == 6,
      "8 batches in threes are three steps an epoch: the rest makes a step too.")
check(isinstance(steps_for(1, 30, 8), int), "steps are whole numbers: return an int.")
passed("You can turn epochs into steps, and budget a run before it starts.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# Round up twice: rows into batches, batches into steps. `math.ceil` rounds up.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# import math
#
# def steps_for(epochs, rows, batch_size, grad_accum=1):
#     batches = math.ceil(rows / batch_size)
#     return epochs * math.ceil(batches / grad_accum)
# ```
#
# </details>
#
# ### Exercise 5: early stopping (extra, 8 minutes, medium)
#
# Given the held-out losses in the order in which they were measured, find the look after which training stops and the
# look whose weights are kept. It stops at the first look where the lowest loss so far is already `patience` looks
# old. If that never happens, it runs to the last look.

# %%
def early_stop(losses, patience):
    """Which look ends the run, and which look's weights are kept.

    Returns:
        ``(stopped, best)``, both counted from 0. On a tie the earlier look is the better one.
    """
    # your code here

# %% tags=["raises-exception"]
found = early_stop([3.0, 2.0, 1.0], patience=2)
check(found is not None, "nothing comes back. Return two whole numbers: where it stopped, and where the best one was.")
check(found == (2, 2), "a loss that falls to the end runs to the end, and the last look is the best.")
check(early_stop([3.0, 1.0, 2.0, 2.5, 0.5], patience=2)[1] != 4,
      "the run has stopped by then: losses after the stop are never measured.")
check(early_stop([3.0, 1.0, 2.0, 2.5, 0.5], patience=2) == (3, 1),
      "the lowest loss was at look 1; two looks later, at look 3, patience is used up.")
check(early_stop([3.0, 1.0, 2.0, 0.9, 1.5], patience=2) == (4, 3), "a new lowest loss starts the waiting anew.")
check(early_stop([1.0, 1.0, 1.0], patience=2) == (2, 0), "an equal loss is no improvement.")
check(early_stop([2.0, 3.0, 2.9, 2.8], patience=1) == (1, 0),
      "falling again is not enough: the loss has to fall below its lowest so far.")
passed("You know when to stop, and which checkpoint to keep.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# Keep the index of the lowest loss so far. At each look, first update it, then compare its age with `patience`.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# def early_stop(losses, patience):
#     best = 0
#     for look, loss in enumerate(losses):
#         if loss < losses[best]:
#             best = look
#         if look - best >= patience:
#             return look, best
#     return len(losses) - 1, best
# ```
#
# </details>
#
# ### Why? (core, 3 minutes)
#
# A colleague trains on the *whole* conversation, question and record included, since "more tokens, more learning".
# The loss she reports is lower than yours. Is her model better? And what would happen if the mask left out the
# reply's end token?
#
# <details><summary>Answer</summary>
#
# The two losses cannot be compared: they average over different tokens. Records and questions follow few patterns,
# and a name that has been said once is easy to predict the second time, so counting them pulls the mean down without
# one better reply. Part of the training also goes into writing questions, which nobody will ask the model to do.
# Compare the two models on what you want from them: the same held-out prompts, the same scorer.
#
# Without the end token in the loss, the tuning does not teach where a reply stops. The model falls back on what it
# learned from documents and may well run on past its reply, up to the limit on new tokens: perhaps into another
# customer's question.
#
# </details>

# %% [markdown]
# ## In this notebook you saw
#
# - A chat template turns messages into one row of tokens, and one and the same template serves training and asking.
# - The loss mask decides what is taught: the assistant's words and the token that ends them. Our labels equalled the
#   trainer's, and our loss the model's own.
# - `SFTTrainer` with every argument in view, and a check of its first batch *before* the training.
# - Form and fact are two scores. The base was asked in its own form too, and the gain came with an interval.
# - Four claims, each with a number that could have refuted it: the margin over the base, how much data is enough,
#   what a learning rate costs in old knowledge, and how overfitting shows.
# - The training loss cannot tell you when to stop, and it says nothing about what was forgotten.
#
# All verdicts of this run, side by side:

# %%
for name in ("tuned-beats-base", "hundreds-suffice", "low-lr-keeps", "overfitting-shows"):
    verdict = files.read_json(paths.runs() / "claims" / f"{name}.json")
    span = f"{verdict['effect']:.3g} [{verdict['low']:.3g}, {verdict['high']:.3g}] {verdict['unit']}"
    print(f"{name:18} {verdict['verdict']:20} {span}")

# %% [markdown]
# ## Sources
#
# - Ouyang et al. 2022, *Training language models to follow instructions with human feedback*, arXiv:2203.02155.
#   Supervised fine-tuning as the first of three stages.
# - Zhou et al. 2023, *LIMA: Less Is More for Alignment*, arXiv:2305.11206. A thousand careful examples.
# - Kirkpatrick et al. 2016, *Overcoming catastrophic forgetting in neural networks*, arXiv:1612.00796. Why a network
#   forgets, and a remedy that protects weights.
# - Luo et al. 2023, *An Empirical Study of Catastrophic Forgetting in Large Language Models During Continual
#   Fine-tuning*, arXiv:2308.08747. The same for language models.
# - Efron and Tibshirani 1993, *An Introduction to the Bootstrap*, chapter 13. The intervals over prompts.
#
# **Next:** notebook 03 asks what else tuning can teach. Notebook 04 trains one percent of the weights and looks at
# forgetting again.
