# ---
# jupyter:
#   ftlab:
#     minutes: 8
#     claims: [dpo-beats-sft, dpo-chosen-falls, dpo-bears-noise, dpo-matches-rlhf]
# ---

# %% [markdown]
# # 06 · Do I need the reward model?
#
# Notebook 05 turns people's votes into behaviour in two stages: a *reward model* learns to foretell the votes; then
# the model is trained, by trial and reward, to please it. That is RLHF, reinforcement learning from human feedback.
# **Direct preference optimization** (DPO) goes the short way. It trains the model on the votes themselves, with a loss
# that fits in one line: no reward model, and the model writes no replies while it trains.
#
# **You will be able to** write that loss and say which way it pulls; check that a training starts from the right
# reference, which a library can get wrong without an error; train a real model on votes and report gain and price;
# follow what becomes of the *preferred* reply; see what the number of the votes did, and the wrong ones among them, and
# what so few trainings cannot tell; choose between DPO, RLHF, KTO and ORPO; and train a model on votes of your own.
#
# **You need** notebook 02 (the loss on a reply, learning rates) and notebook 04 (adapters). Notebook 05 helps, and what
# is used of it is said again. **It takes** about eight minutes of one processor core without bf16, fewer with two, and
# 5 GB of memory. Exercises are at the end; the notebook runs without them.

# %%
import io, math, time, warnings; started = time.perf_counter()  # noqa: E401, E702
warnings.filterwarnings("ignore", category=FutureWarning)  # one library tells another that a word will change
from contextlib import redirect_stdout
import matplotlib.pyplot as plt
import numpy as np
import torch
from datasets import Dataset, disable_progress_bars
from transformers.utils import logging as notices
from trl import DPOConfig, DPOTrainer
from ftlab import assistant, claims, figures, files, model, paths, texts
from ftlab.evidence import intervals
figures.style(); notices.disable_progress_bar(); notices.set_verbosity_error(); disable_progress_bars()  # noqa: E702
print(choice := model.choose(), lab := model.lab(), sep="\n")

# %%
SEED = 0  # whole number: which votes, and in which order; try 1, 2
PAIRS, BATCH_SIZE = 40, 4  # real model: pairs of replies to learn from, and pairs a step; try 64, 8
LR, BETA = 3e-4, 0.1  # real model: peak learning rate, and how dear it is to leave the reference; try 1e-3, 0.5
SHOWN = 3  # real model: held-out conversations of each of the nine kinds to answer; try 6, 15
LAB_SFT_STEPS, LAB_PAIRS = 40, 320  # lab model: steps of 8 conversations before the votes; pairs; try 64, 400
LAB_LR, LAB_BETA = 1e-4, 0.1  # lab model: the same as LR and BETA; try 3e-4, 1.0
RATER = "me"  # section 8: who votes; a name of his own for each person at this computer

# %% [markdown]
# ## 1. The loss, on one pair
#
# A **vote** is a prompt with two replies, of which somebody prefers one: the *chosen* and the *rejected*. A language
# model gives each reply a probability: the product of the probabilities of its tokens, or, in logarithms, a sum. We
# write `logp` for that sum, in nats. It is below zero, and each token, the end token too, takes it lower.
#
# DPO needs it four times: for both replies, under the **policy**, which is the model that is trained, and under the
# **reference**, a frozen copy of it from before. Four numbers to go with:

# %%
chosen, rejected = torch.tensor([-30.0]), torch.tensor([-28.0])  # logp under the policy
ref_chosen, ref_rejected = torch.tensor([-31.0]), torch.tensor([-26.0])  # under the reference
beta = 0.1
print(f"chosen: {(chosen - ref_chosen).item():+.0f} nats against the reference; "
      f"rejected: {(rejected - ref_rejected).item():+.0f}")

# %% [markdown]
# The policy still finds the rejected reply more likely. Never mind: what counts is how far it has *moved*. It has come
# towards the chosen reply by 1 nat and left the rejected one by 2. Times `beta`, such a movement is called the reply's
# **implied reward**, since it does the work of a reward model's number. The difference of the two is the **margin**,
# and the loss asks that it be large. It is the loss of notebook 05's reward model, with rewards that are no longer a
# model of their own:
#
# ```
# loss = -log sigmoid(beta * ((chosen - ref_chosen) - (rejected - ref_rejected)))
# ```
#
# where the *sigmoid* turns any number into a share between 0 and 1: the chance, by these rewards, that a rater votes as
# this one did.

# %% tags=["twin:ftlab.tuning.preference:dpo_loss"]
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, beta):
    from torch.nn.functional import logsigmoid

    margin = beta * ((chosen - ref_chosen) - (rejected - ref_rejected))
    return -logsigmoid(margin), margin

# %%
loss, margin = dpo_loss(chosen, rejected, ref_chosen, ref_rejected, beta)
print(f"margin {margin.item():.1f}, loss {loss.item():.4f} nats; by hand: log(1 + e^-0.3) = "
      f"{math.log(1 + math.exp(-0.3)):.4f}")
fresh, none = dpo_loss(ref_chosen, ref_rejected, ref_chosen, ref_rejected, beta)
print(f"policy = reference: margin {none.item():.1f}, loss {fresh.item():.4f} nats, and ln 2 = {math.log(2):.4f}")
assert math.isclose(fresh.item(), math.log(2), rel_tol=1e-6)

# %% [markdown]
# **A training that starts at its reference starts at ln 2 = 0.6931**, whatever the model, the pairs and `beta`. Keep
# the number in mind: it is the cheapest check there is, and section 3 needs it. Which way does the loss pull? We ask
# for the gradient with respect to the two `logp` of the policy, at four margins.

# %%
print(f"{'margin':>7} {'loss':>7} {'pull on chosen':>15} {'on rejected':>12}")
for wanted in (-5.0, 0.0, 0.3, 5.0):
    policy = torch.tensor([-30.0, -30.0 - wanted / beta], requires_grad=True)
    loss, margin = dpo_loss(policy[0], policy[1], torch.tensor(-30.0), torch.tensor(-30.0), beta)
    loss.backward()
    up, down = (-policy.grad).tolist()  # a step goes against the gradient
    print(f"{margin.item():>7.1f} {loss.item():>7.3f} {up:>15.4f} {down:>12.4f}")
    assert up > 0 > down and math.isclose(up, -down) and math.isclose(up, beta / (1 + math.exp(wanted)), rel_tol=1e-4)

# %% [markdown]
# The chosen reply is pulled up and the rejected one down, with the same force: `beta` times the chance that the vote
# would go the other way, by the policy's own implied rewards. A pair that is settled pulls hardly any more. So a larger
# `beta` pulls harder at first and lets go sooner: a margin of 5 is reached when the two replies have moved 5 / `beta`
# nats apart, 50 at 0.1 and 5 at 1. That is how it keeps the policy near. (The optimizer largely divides out the size of
# a gradient, so in the first steps `beta` changes little.) And mind what the loss does *not* say:
# it knows only the difference. If both replies became a million times less likely, it would not notice. That comes back
# in section 5.
#
# ## 2. From a model, and votes to go with it
#
# The `logp` of a reply from a real network: the log-probability of each counted token, given all before it, summed. It
# is notebook 02's loss without the mean, one sum a row; as there, the **logits** (the scores of all tokens as the next
# one) are computed only where a token counts, that is, where its label is not `IGNORED`.

# %%
from ftlab.tuning.loss import IGNORED

# %% tags=["twin:ftlab.tuning.preference:reply_logps"]
def reply_logps(model, input_ids, labels):
    import torch

    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    hidden = inner.base_model(input_ids=input_ids, use_cache=False).last_hidden_state[:, :-1]  # (B, T - 1, D)
    targets = labels[:, 1:]
    counted = targets != IGNORED
    logits = inner.get_output_embeddings()(hidden[counted]).float()  # (N, V)
    logps = -torch.nn.functional.cross_entropy(logits, targets[counted], reduction="none")  # (N,)
    return torch.zeros(counted.shape, device=logps.device).masked_scatter(counted, logps).sum(dim=1)

# %% [markdown]
# Now votes. Preference tuning begins where supervised fine-tuning (SFT) ends: with a model that has been shown the job,
# and its *own* replies are compared. So the lab model is first tuned for a short while on plain conversations of the
# desk, and saved: from here on a stage of a model is a folder, and section 3 will say why. Then it answers other
# conversations, three times each, by drawing its tokens by chance.

# %%
from pathlib import Path
from tempfile import TemporaryDirectory

from ftlab.scores import desk, votes
from ftlab.tuning import chat, generate, sft
from ftlab.tuning.sample import samples
from ftlab.world import brand

home = TemporaryDirectory(prefix="ftlab-dpo-")
plain = texts.sample(texts.plain_conversations("train"), 8 * LAB_SFT_STEPS + 2 * LAB_PAIRS, SEED)
with redirect_stdout(io.StringIO()):
    run = sft.fine_tune(lab, plain[: 8 * LAB_SFT_STEPS], lr=1e-3, steps=LAB_SFT_STEPS, seed=SEED, disable_tqdm=True)
lab_sft, lab_tokenizer = run.model, run.tokenizer
stage = Path(home.name) / "sft"
with files.writing(stage):  # a full disk is told with its remedy
    lab_sft.save_pretrained(stage)
    lab_tokenizer.save_pretrained(stage)
asked = plain[8 * LAB_SFT_STEPS :]
drawn = samples(lab_sft, lab_tokenizer, chat.prompts(lab_tokenizer, asked), 3, seed=SEED)
lab_pairs = votes.pair_up(asked, drawn, SEED)
print(f"SFT: {LAB_SFT_STEPS} steps of 8 in {run.seconds:.0f} s; {len(asked)} conversations, {len(lab_pairs):,} pairs "
      "of different replies")

# %% [markdown]
# Who votes? Three simulated raters (`ftlab/scores/votes.py`). What a reply is **worth** is here a matter of definition,
# a score by rules: 4 points for being right (`desk.is_right`; on a complaint that takes a word of acknowledgement,
# too), 1 for the share of the brand guide's rules that it keeps, 1 for brevity, and 1 for regret. That last point is
# lost where something has happened to the customer and no regret is said before the answer, and where nothing has
# happened and regret is said; about orders, and what the desk cannot know, it is given either way. Words in an order
# without sense can pass such rules with nearly all points.
#
# The raters vote by that worth *and* by a leaning: one likes long replies, one likes apologies. And each slips now and
# then. We train on the majority of their votes and judge by the worth, which the training never sees.

# %%
cast, truth = votes.cast(lab_pairs, seed=SEED)
better = {each["pair"]: each["better"] for each in truth}
print(f"{'rater':>12} {'slips':>6}   agrees with the worth (pairs that differ in it)")
for rater in votes.RATERS:
    own = [vote["vote"] == better[vote["pair"]] for vote in cast
           if vote["rater"] == rater.name and better[vote["pair"]] != "tie"]
    print(f"{rater.name:>12} {rater.error:>6.0%}   {sum(own) / len(own):.0%}")


def against_worth(side: dict[str, str], better: dict[str, str]) -> list[bool]:
    """Of each decided pair that differs in worth, whether the vote went against it."""
    return [side[pair] != better[pair] for pair in side if better[pair] != "tie"]


lab_wrong = against_worth(votes.decided(cast), better)
print(f"\nThe majority of the three goes against the worth in {sum(lab_wrong) / len(lab_wrong):.0%} of these pairs.")

# %% [markdown]
# Not every vote against the worth is a slip: the rater who likes length means what he votes, and his share above shows
# how far from the worth that leads. Section 6 holds such faults against slips. To train on we take one pair of each
# conversation, so that no two pairs share a reply. And mind that a vote compares and does not certify: the chosen reply
# need not be a good one, and after so short an SFT it often is none, whatever points the rules give it. Nor is the
# worth a customer's: one word that is no word costs a reply its 4 points for being right, so a reply that answers can
# lose to one that does not, and such votes teach to leave the answer out. Read this pair. ("Not stated:" is what the
# reply should have said; "from nowhere:" is what neither customer nor screen named; "no word:" is what the rules know
# as no word.)

# %%
lab_rows = votes.preferences(lab_pairs, cast, tokenizer=lab_tokenizer)
one_each = list({row["pair"].rpartition("-")[0]: row for row in lab_rows}.values())
lab_rows = texts.sample(one_each, min(LAB_PAIRS, len(one_each)), SEED)
pair_of = {pair["id"]: pair for pair in lab_pairs}


def ending(text: str, most: int) -> str:
    """The end of a text, cut between words, with a mark where something is left out."""
    return text if len(text) <= most else "... " + text[-most:].partition(" ")[2]


def verdict(reply: str, row: dict) -> str:
    """What the rules say of a reply: its worth, and what they find wrong with it."""
    broken = [f"off-brand: {rule}" for rule, kept in brand.check(reply).items() if not kept]
    found = "; ".join(desk.faults(reply, row) + broken)
    return f"{votes.worth(reply, row):.1f} of 7 points; {found or 'no fault that the rules see'}"


about_one = pair_of[lab_rows[0]["pair"]]["row"]
print(f"{len(lab_rows)} pairs. One of them, on: {ending(about_one['messages'][-2]['content'], 150)}")
for side in ("chosen", "rejected"):
    reply = lab_rows[0][side][0]["content"]
    print(f"{side:>9}: {reply}\n           -> {verdict(reply, about_one)}")

# %% [markdown]
# ## 3. The right reference, and the wrong one
#
# TRL's `DPOTrainer` takes the policy and, if one likes, a `ref_model`. Leave that out, says its page, and the reference
# is the model's state before DPO starts. Is it? We build the trainer twice on the same pairs, once from the stage's
# folder and once from the very same model in memory, and look at the first batch, before any step: a margin of 0 and a
# loss of ln 2 show that policy and reference are one and the same model. (Whether it is the stage that you meant, they
# do not say: a training begun on the base model by mistake starts at ln 2, too.)

# %%
KINDS = {"attn_implementation": "eager", "dtype": "float32"}


def lab_trainer(policy):
    return DPOTrainer(
        model=policy,
        processing_class=lab_tokenizer,
        train_dataset=Dataset.from_list(lab_rows),
        args=DPOConfig(
            output_dir=home.name,
            beta=LAB_BETA,
            learning_rate=LAB_LR,
            num_train_epochs=1,
            per_device_train_batch_size=8,
            lr_scheduler_type="linear",
            warmup_steps=0.1,
            seed=SEED,
            bf16=lab.dtype == "bfloat16",
            use_cpu=lab.device == "cpu",
            activation_checkpointing=False,
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            model_init_kwargs=KINDS if isinstance(policy, str) else None,
        ),
    )


def first_batch(trainer) -> tuple[dict, float, float]:
    """The first batch, with the trainer's loss on it and its mean margin."""
    batch = next(iter(trainer.get_train_dataloader()))
    with torch.no_grad(), trainer.accelerator.autocast():  # both models in the format of the training
        loss = trainer.compute_loss(trainer.model, batch).item()
    logged = trainer._metrics["train" if trainer.model.training else "eval"]
    return batch, loss, logged["rewards/margins"][-1]


starts = {}
for name, policy in {"the folder of the stage": str(stage), "the model in memory": lab_sft}.items():
    trainer = lab_trainer(policy)
    batch, loss, margin = first_batch(trainer)
    starts[name] = loss
    print(f"{name}: loss {loss:.4f}, margin {margin:+.3f}; reference from {trainer.ref_model.config._name_or_path!r}"
          .replace(str(stage), "stage").replace(str(lab.path), "the base model"))
print(f"\nln 2 = {math.log(2):.4f}")
if margin > 0 and loss > math.log(2):
    print("From memory the mean margin is above 0, and the loss yet above ln 2: a mean hides pairs far on the wrong "
          "side, and such a pair costs about as much as it is off.")

# %% [markdown]
# It is one and the same model, with two references. From memory, TRL builds the reference from the *name* that the
# model carries, and that is where its weights were first loaded from: the base model, before any SFT. It raises no
# error. The training would then pull towards a model that never learnt the job, with margins of single pairs already
# far from 0, which their mean can hide. Our own loss can tell whether that is what happened: give it the base model
# as the reference, and it must agree with TRL's.

# %%
base = sft.load(lab)[0]
ids = batch["input_ids"].to(lab.device)
labels = ids.masked_fill(batch["completion_mask"].to(lab.device) == 0, IGNORED)
for name, reference in (("the base model", base), ("the stage itself", lab_sft)):
    with torch.no_grad(), trainer.accelerator.autocast():
        now, before = (reply_logps(each, ids, labels).chunk(2) for each in (lab_sft, reference))
    ours, _ = dpo_loss(*now, *before, beta=LAB_BETA)
    print(f"our loss with {name} as reference: {ours.mean().item():.4f}")
    if name == "the base model":
        assert math.isclose(ours.mean().item(), starts["the model in memory"], rel_tol=0.01)
    else:
        assert math.isclose(ours.mean().item(), math.log(2), rel_tol=1e-4)
assert math.isclose(starts["the folder of the stage"], math.log(2), rel_tol=0.01)
print(f"TRL's, from memory: {starts['the model in memory']:.4f}")

# %% [markdown]
# So two things are shown at once: our loss is TRL's, and TRL took the base model. **Save each stage, hand on a path,
# and look at the first loss.** What TRL does refuse, with a ValueError, is the same object as policy and reference: the
# reference would move along, and the margin be 0 for ever.

# %% [markdown]
# ## 4. The real model
#
# Here the policy starts from the desk's assistant: the real model after two passes of SFT over all of the desk's work.
# SmolLM2's comes with the course, and so do votes: pairs of its own replies to training conversations, and the raters
# of section 2. Its likeliest replies hardly differ, so these were drawn with more chance than the model would use by
# itself, and in part with the adapter of SFT scaled down, so that the model was only partly tuned.
#
# With **LoRA** the question of section 3 hardly arises. The adapter of SFT is merged into the weights; a new one is the
# policy; and with that one switched off, the same weights are the reference. One model in memory serves as both.

# %%
if choice.name != votes.writer():
    print(f"{choice.name} is tuned at its first use: {assistant.settings()['steps']} steps of "
          f"{assistant.settings()['batch_size']}, which takes {votes.writer()} half an hour to an hour, and as many "
          f"times longer as it is larger. The votes are on replies of {votes.writer()}, not its own, and so are all "
          "stored runs of a real model below.\n")
run = assistant.tuned(choice, seed=0)
tokenizer, policy = run.tokenizer, run.model.merge_and_unload()
pairs, cast = votes.stored("train")
rows = votes.preferences(pairs, cast, tokenizer=tokenizer)
better = {name: each["better"] for name, each in votes.stored_truth().items()}
wrong = against_worth(votes.decided(cast), better)
print(f"{len(pairs):,} stored pairs, of which the raters decided {len(rows):,}; the majority goes against the worth in "
      f"{sum(wrong) / len(wrong):.0%} of those that differ in it.")

# %% [markdown]
# To train on we take short pairs, since tokens are time: of each kind of conversation the shorter half. `cut` gives the
# tokens of the prompt and of both replies, and refuses a pair in which a token reaches across the seam between prompt
# and reply; trained on such a text, a model would learn what it never meets when it is asked.

# %%
from ftlab.tuning.pairs import cut
from ftlab.tuning.short_pairs import short_half

short = short_half(pairs, rows, tokenizer)
few_pairs = texts.sample(short, PAIRS, SEED)
cuts = [cut(tokenizer, row) for row in few_pairs]
row_of = {pair["id"]: pair["row"] for pair in pairs}
quality = [[votes.qualities(row[side][0]["content"], row_of[row["pair"]]) for side in ("chosen", "rejected")]
           for row in few_pairs]
print(f"{len(few_pairs)} pairs, {sum(map(len, sum(cuts, ()))):,} tokens with each prompt once. Against the rejected "
      "reply, the chosen one is")
for part, name in (("right", "right"), ("on_brand", "on-brand"), ("regret", "regret in its place"),
                   ("brevity", "brevity")):
    ahead, behind = (sum(sign * (c[part] - r[part]) > 0 for c, r in quality) for sign in (1, -1))
    print(f"    ahead in {ahead:>2} pairs and behind in {behind:>2}: {name}")
held_out = texts.balanced(texts.conversations("test"), SHOWN, seed=0)
desk_prompts = chat.prompts(tokenizer, held_out)
before = generate.replies(policy, tokenizer, desk_prompts, max_new_tokens=80)  # SFT alone

# %% [markdown]
# Here is the training in full view. Against notebook 02's call, new are the rows, which have two replies, and `beta`.
# `HandDPO` is TRL's `DPOTrainer` with one method replaced, the one that computes the loss: it puts both replies of a
# pair behind a single reading of their prompt (`pair_logps`, held against `reply_logps` below) and takes half the time
# on a CPU, or less. The rate is a third of notebook 02's: SFT moves each token towards a text that is there, while DPO
# pushes two whole replies apart, and to that there is no end.

# %%
from peft import LoraConfig

from ftlab.tuning.loss import can_be_lean
from ftlab.tuning.pairs import from_batch, pair_logps
from ftlab.tuning.trainer import HandDPO

with torch.no_grad():
    in_one = torch.cat(pair_logps(lab_sft, from_batch(batch["input_ids"], batch["completion_mask"])))
    assert torch.allclose(in_one, reply_logps(lab_sft, ids, labels), atol=0.01)


def tune(some_rows: list[dict], start, steps: int = -1):
    """DPO on pairs, one pass or so many steps, with a new adapter on the start model."""
    trainer = (HandDPO if can_be_lean(start) else DPOTrainer)(
        model=start,
        processing_class=tokenizer,
        train_dataset=Dataset.from_list(some_rows),
        peft_config=LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM"),
        args=DPOConfig(
            output_dir=home.name,
            beta=BETA,
            learning_rate=LR,
            lr_scheduler_type="linear",
            warmup_steps=0.1,
            per_device_train_batch_size=BATCH_SIZE,
            num_train_epochs=1,
            max_steps=steps,
            seed=SEED,
            bf16=choice.dtype == "bfloat16",
            use_cpu=choice.device == "cpu",
            activation_checkpointing=False,
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        ),
    )
    begun = time.perf_counter()
    with redirect_stdout(io.StringIO()):
        trainer.train()
    return trainer, time.perf_counter() - begun

# %%
trainer, seconds = tune(few_pairs, policy)
log = [entry for entry in trainer.state.log_history if "loss" in entry]
step_s = seconds / len(log)
print(f"{len(log)} steps of {BATCH_SIZE} pairs in {seconds:.0f} seconds\n")
print(f"{'step':>4} {'loss':>7} {'margin':>7} {'above 0':>8}   moved, nats: {'chosen':>7} {'rejected':>9}")
for number, entry in enumerate(log, start=1):
    moved = [round(entry[f"rewards/{side}"] / BETA, 2) + 0.0 for side in ("chosen", "rejected")]
    margin = round(entry["rewards/margins"], 3) + 0.0
    print(f"{number:>4} {entry['loss']:>7.3f} {margin:>+7.3f} {entry['rewards/accuracies']:>8.0%} "
          f"{'':>14} {moved[0]:>+7.2f} {moved[1]:>+9.2f}")
assert math.isclose(log[0]["loss"], math.log(2), rel_tol=0.02)  # the reference is the assistant itself

# %% [markdown]
# The first line is the check of section 3, and the second repeats it, since the rate climbs from 0 and the first step
# moves nothing. "Above 0" is the share of the step's pairs, none of them trained on before, that have *moved as voted*:
# the chosen reply more than the rejected, whichever is the likelier by now (a margin of exactly 0 does not count). The
# last two columns are the two movements from which the margin is made. Each line is about few pairs, none seen before,
# so the loss need not fall in so few steps, and may stand above ln 2: that is no proof of learning or of none. Loss and
# mean margin need not go together: a single pair far on the wrong side costs more than several on the right side save.
#
# ### Against SFT alone
#
# Both models answer the same held-out conversations. Of each pair of replies we ask which is **worth** more; if they
# are within a tenth of a point, it is a tie. That judge looks at each reply alone, so it cannot know which model wrote
# it, nor be swayed by their order. The **win rate** is the share of wins plus half of the ties: a copy of the SFT model
# would get 50 %. Its interval is that of the paired difference between wins and losses, as in notebook 02, but drawn
# over *questions*: some stand in two conversations that differ in the product alone, and stand or fall together.

# %%
from ftlab.evidence import clusters


def net_wins(scores, rows: list[dict]) -> intervals.Interval:
    """Share won minus share lost, in points; its interval takes conversations with one question together."""
    won, lost = ([float(score == side) for score in scores] for side in (1, 0))
    return clusters.paired_difference(won, lost, [row["question_phrasing"] for row in rows]).times(100)


def win_rate(scores, rows: list[dict]) -> intervals.Interval:
    """The mean of 1 (won), 0.5 (tie) and 0 (lost), with its interval, in percent."""
    return intervals.Interval(*(50 + number / 2 for number in net_wins(scores, rows)))


def shown(rate: intervals.Interval) -> str:
    return f"{rate.value:.0f} % [{rate.low:.0f}, {rate.high:.0f}]"


def told(rate: intervals.Interval, who: str, whom: str) -> str:
    word = "ahead of" if rate.low > 50 else "behind" if rate.high < 50 else "not to be told apart from"
    return f"{who} is {word} {whom} in wins: win rate {shown(rate)}"


tuned = trainer.model.eval()
after = generate.replies(tuned, tokenizer, desk_prompts, max_new_tokens=80)
won = votes.wins(after, before, held_out)
print(f"{sum(a != b for a, b in zip(after, before, strict=True))} of {len(before)} replies have changed at all. "
      f"{won.count(1)} won, {won.count(0.5)} tied, {won.count(0)} lost.")
print(told(win_rate(won, held_out), f"DPO on {len(few_pairs)} votes", "SFT alone"))
rights = [[float(desk.is_right(reply, row)) for reply, row in zip(said, held_out, strict=True)]
          for said in (after, before)]
gap = clusters.paired_difference(*rights, [row["question_phrasing"] for row in held_out]).times(100)
print(f"Right replies: {sum(rights[1]):.0f} of {len(held_out)} before, {sum(rights[0]):.0f} after, {gap.value:+.0f} "
      f"points [{gap.low:+.0f}, {gap.high:+.0f}]: " + ("more." if gap.low > 0 else "FEWER." if gap.high < 0 else
      "no change shown, which is not none."))

# %% [markdown]
# Even a margin that grows need not mean another reply. The model writes the likeliest token each time, so a push
# shows only where two tokens were close before. A few dozen votes make a few steps; what do more of them do?
#
# ### More votes
#
# A **stored run**, made once by `ftlab/workshop/experiments/dpo_real.py`, had more votes: one pass in steps of 8, from
# the same assistant, at a rate of 3e-4, set before any test conversation was answered. On its way the run was stopped
# to answer them. Mind that an early look is a state of a longer run, whose rate had not yet come down; a run that ends
# there, such as the one above, is another thing. (Its seconds are those of a graphics card: compare them with each
# other, and not with yours.)

# %%
from ftlab.evidence.packed import unpack

stored_real = files.read_json(paths.data() / "stored" / "dpo-real.json")
looks = [each | {key: unpack(each[key]) for key in ("wins", "right", "fit", "on_brand", "sorry")}
         for each in stored_real["looks"]]
by_id = {row["id"]: row for row in texts.conversations("test")}
real_rows = [by_id[name] for name in stored_real["conversations"]]
count = len(real_rows)
print(f"{stored_real['model']}, {stored_real['dtype']}, {stored_real['date']}, rate {stored_real['settings']['lr']:g}, "
      f"beta {stored_real['settings']['beta']:g}; {count} test conversations "
      f"of {len({row['question_phrasing'] for row in real_rows})} different questions\n")
print(f"{'votes':>6} {'train s':>8} {'changed':>8} {'won':>5} {'lost':>5}   win rate over SFT")
rates = {}
for each in looks[1:]:
    rates[each["votes"]] = win_rate(each["wins"], real_rows)
    print(f"{each['votes']:>6} {each['train_s']:>8} {each['changed']:>8} {sum(each['wins'] == 1):>5} "
          f"{sum(each['wins'] == 0):>5}   {shown(rates[each['votes']])}")

# %% [markdown]
# ### Gain and price
#
# Where do wins and losses come from, and what did it cost? Being sorry is counted apart, where something has happened
# (complaints, grave cases) and where nothing has, so that it is for nothing: a manner can be learnt without its
# occasion. (About orders, and what the desk cannot know, the worth takes it or leaves it.) And what the model knows of
# the real world, and how often it answers there in the desk's manner, which is a fault, and was one before the votes.

# %%
kinds = stored_real["kinds"]
questions = [row["question_phrasing"] for row in real_rows]
due, idle = ([kind in some for kind in kinds] for some in (votes.DUE, votes.FOR_NOTHING))
start, end = looks[0], looks[-1]


def change(name: str, old, new, about, keep=None) -> intervals.Interval:
    """One row: the share before and after, and the paired difference with its interval over what it is about."""
    keep = [True] * len(old) if keep is None else keep
    old, new, about = ([each for each, kept in zip(side, keep, strict=True) if kept] for side in (old, new, about))
    gap = clusters.paired_difference([*map(float, new)], [*map(float, old)], about).times(100)
    word = ("less" if gap.high < 0 else "more" if gap.low > 0 else "all of them before: a rise could not show"
            if all(old) else "no change shown, which is not none")
    print(f"{name:>36} {sum(old) / len(old):>6.0%} {sum(new) / len(new):>6.0%} {gap.value:>+7.1f}   "
          f"[{gap.low:+.1f}, {gap.high:+.1f}] {word}")
    return gap


print(f"{'':>36} {'SFT':>6} {'DPO':>6} {'change':>7}   95 % interval, points")
change("right", start["right"], end["right"], questions)
change("fit to send (right and on-brand)", start["fit"], end["fit"], questions)
change("on-brand", start["on_brand"], end["on_brand"], questions)
change("sorry where something has happened", start["sorry"], end["sorry"], questions, due)
change("sorry for nothing", start["sorry"], end["sorry"], questions, idle)
world = range(len(start["knows"]))
change(f"real world, {len(world)} questions: knows", unpack(start["knows"]), unpack(end["knows"]), world)
change("real world: in the desk's manner", unpack(start["leaks"]), unpack(end["leaks"]), world)
print(f"{'words a reply':>36} {sum(start['words']) / count:>6.1f} {sum(end['words']) / count:>6.1f}")
print("\nRight, before and after, by kind of conversation, with conversations won and lost:")
net_of = {}
for kind in dict.fromkeys(kinds):
    mine = [i for i, each in enumerate(kinds) if each == kind]
    won_there, lost_there = (int(sum(end["wins"][mine] == score)) for score in (1, 0))
    net_of[kind] = won_there - lost_there
    print(f"{kind:>14}: {sum(start['right'][mine]) / len(mine):>4.0%} -> {sum(end['right'][mine]) / len(mine):>4.0%}; "
          f"{won_there:>2} won, {lost_there:>2} lost")
for word, most in (("won", max(net_of.values())), ("lost", min(net_of.values()))):
    print(f"Most {word}, on balance ({most:+d}): {', '.join(kind for kind, net in net_of.items() if net == most)}")
newly = [now and not was for now, was in zip(end["sorry"], start["sorry"], strict=True)]
of_won, of_lost = (sum(new for new, score in zip(newly, end["wins"], strict=True) if score == side) for side in (1, 0))
print(f"\nSorry only since the votes: {of_won:.0f} of the {sum(end['wins'] == 1)} that won and {of_lost:.0f} of the "
      f"{sum(end['wins'] == 0)} that lost. " + ("Gains and losses both come with this habit." if of_won and of_lost else
      "Gains come with this habit, and no loss." if of_won else "No gain comes with this habit."))

# %% [markdown]
# And the replies themselves, up to three conversations of each outcome, each of another kind. A reply can win and be
# wrong, and lose and be right; such wins and losses stand by themselves.

# %%
def outcome(i: int) -> str:
    if end["wins"][i] == 1:
        return "WON, and right" if end["right"][i] else "WON, and WRONG all the same"
    if end["wins"][i] == 0:
        return "LOST a right reply" if start["right"][i] > end["right"][i] else "LOST, right or wrong as before"
    return "tie"


of_outcome = {name: [i for i in range(count) if outcome(i) == name] for name in (
    "WON, and right", "WON, and WRONG all the same", "LOST a right reply", "LOST, right or wrong as before")}
print(", ".join(f"{len(found)} {name}" for name, found in of_outcome.items()) + "\n")
for name, found in of_outcome.items():
    first = {kinds[i]: i for i in reversed(found)}
    for kind, i in sorted(first.items(), key=lambda each: each[1])[:3]:
        row = real_rows[i]
        screen = f" (on the screen: {row['product']})" if row["product"] else ""
        print(f"{name}, {kind}{screen}: {ending(row['messages'][-2]['content'], 150)}")
        for who, reply in (("SFT", stored_real["before"][i]), ("DPO", stored_real["after"][i])):
            print(f"    {who}: {reply}\n         -> {verdict(reply, row)}")
        print()

# %% [markdown]
# To win is to be worth more than the other reply, and not to be right: where both are wrong, or both right, brevity, a
# brand rule more kept or a regret in its place decides, be the reply senseless. (A reply that hands a question over
# without saying that the screen lacks the answer is wrong by the desk's rules, which want both.) And the judge sees a
# word of regret in its place, not what the regret is about: a reply can be sorry about the wrong thing and win. That is
# true of every judge by rules, and it is why replies are read, and why right replies are counted beside wins.
#
# The claim on trial: *a few hundred votes make the assistant's replies better than SFT alone left them*. Its number is
# the share of conversations won minus the share lost, in points: twice the distance of the win rate from 50 %. It holds
# if the whole interval is above zero, and "mixed" is the verdict where the interval has zero inside, so that these
# conversations do not decide it. The last line compares with the *reference runs*: the same experiment with other
# seeds, made when the course was. (They have nothing to do with the reference model of DPO.)

# %%
def other_seeds(claim: str, model_name: str) -> str:
    """What the reference runs of a claim found, each and together."""
    others = claims.reference(claim, model_name)
    if not others:
        return "Other seeds were not tried."
    effects = ", ".join(f"{run['effect']:+.0f}" for run in others["runs"])
    return (f"{len(others['runs'])} other seeds: {effects} points; together {others['effect']:+.0f} "
            f"[{others['low']:+.0f}, {others['high']:+.0f}], {others['verdict']}.")


def of_stored(result) -> None:
    """Prints a claim's result, said to be a stored run's; its last line only if there are reference runs."""
    statement, found, compared = str(result).replace("\nHere:", "\nThe stored run:").splitlines()
    print(statement, found, *[compared] * (result.where != claims.NO_REFERENCE), sep="\n")


arms = {"by_prompt": end["wins"] == 1, "against": end["wins"] == 0,
        "about": [row["question_phrasing"] for row in real_rows]}
net = net_wins(end["wins"], real_rows)
of_stored(claims.record("dpo-beats-sft", stored_real["seed"], *net, **arms, model=stored_real["model"].lower()))

# %% [markdown]
# ### Did it learn what carries over?
#
# Each pair was seen once. So what the policy made of a pair when its turn came, *before* it was trained on, is a test
# on a pair not yet seen, and the stored run kept it: how far both replies had moved, and the loss. But several pairs
# are of one conversation, and often share a reply: by its second pair the policy has trained on its prompt, and may
# have on the reply. A test of what carries over is a *conversation* not met before, so of the second half of the run
# we judge by those pairs alone, and print the others for comparison: what they show may be memory.

# %%
def by_conversation(log: list[dict], key: str) -> list[float]:
    """The mean of what is logged under a key, in each conversation."""
    found = {}
    for each in log:
        found.setdefault(each["pair"].rpartition("-")[0], []).append(each[key])
    return [sum(values) / len(values) for values in found.values()]


seen_late = stored_real["log"][len(stored_real["log"]) // 2 :]
first_of = {each["pair"].rpartition("-")[0]: each for each in reversed(stored_real["log"])}  # each one's first pair
new_late = [each for each in seen_late if each is first_of[each["pair"].rpartition("-")[0]]]
met_late = [each for each in seen_late if each is not first_of[each["pair"].rpartition("-")[0]]]
print(f"The {len(seen_late)} pairs of the second half, before their turn (ln 2 is {math.log(2):.3f}):")
for name, some in (("conversation met before", met_late), ("new conversation", new_late)):
    late_loss = intervals.mean_interval(by_conversation(some, "loss"), rate=False)
    late_right = [float(each["chosen"] > each["rejected"]) for each in some]
    as_voted = clusters.mean_interval(late_right, [each["pair"].rpartition("-")[0] for each in some]).times(100)
    print(f"{name:>25}, {len(some):>3} pairs: loss {late_loss.value:.3f} [{late_loss.low:.3f}, {late_loss.high:.3f}], "
          f"moved as voted {shown(as_voted)}")
shows = ["a lower loss"] * (late_loss.high < math.log(2)) + ["the movements"] * (as_voted.low > 50)
print(f"On the {len(new_late)} pairs of new conversations, that what was learnt carries over is shown by "
      + (" and ".join(shows) + "." if shows else "neither of the two: not proven, and with so few not excluded."))

# %% [markdown]
# ### What is behind it? Changing one thing at a time
#
# Five possible reasons why these votes did not help. For each there are three stored runs, of seeds 0 to 2, with that
# one thing changed. (The first had been tried once before, with one seed; the other four were then fixed together,
# before any of them ran.)
#
# - **replies of another model**: in many of these pairs neither reply is one that the assistant would give by itself,
#   since of every nine replies drawn five came from the model with its adapter scaled down. So: as many votes, all on
#   replies of the *whole* assistant;
# - **raters who err and lean**: pairs decided by the known worth in their place;
# - **too large steps**: a tenth of the rate;
# - **too far from the reference**: ten times `beta`;
# - **too few votes**: four times as many, and with them four times the steps.
#
# The first row has the settings of the run above, which was its seed 0. "Sorry for nothing" leaves out orders and what
# the desk cannot know, where the worth takes a word of regret or none. Intervals are over seeds and questions.

# %%
ARMS = {"mixed": "settings as above", "own": "whole assistant's replies", "true": "votes by the known worth",
        "gentle": "a tenth of the rate", "firm": "ten times beta", "more": "four times the votes"}
real_runs = {arm: stored_real["arms"][arm]["seeds"] for arm in ARMS}


def of_arm(arm: str, key: str, seeds=None) -> list[list[float]]:
    """What the runs of an arm scored on each conversation, a list for each seed."""
    return [unpack(real_runs[arm][seed][key]).tolist() for seed in seeds or real_runs[arm]]


def against_first(arm: str, key: str, where: list[int]) -> intervals.Interval:
    """An arm minus the first, in points: the seeds that both have, the conversations in ``where``."""
    both = [seed for seed in real_runs["mixed"] if seed in real_runs[arm]]
    sides = [[[each[i] for i in where] for each in of_arm(name, key, both)] for name in (arm, "mixed")]
    return clusters.paired_difference(*sides, [questions[i] for i in where]).times(100)


everywhere = range(count)
happened = [i for i in everywhere if kinds[i] in votes.DUE]
nothing = [i for i in everywhere if kinds[i] in votes.FOR_NOTHING]
sft_sorry = [np.mean([start["sorry"][i] for i in where]) for where in (happened, nothing)]
print(f"{'':>26}{'':>6}{'':>9}{'':>7}   sorry, where it is     won minus lost,")
print(f"{'':>26} {'seeds':>5} {'changed':>8} {'right':>6} {'due':>6} {'for nothing':>12}   points")
print(f"{'SFT alone':>26} {'':>5} {'':>8} {np.mean(start['right']):>6.0%} {sft_sorry[0]:>6.0%} {sft_sorry[1]:>12.0%}")
nets, sorry_now = {}, {}
for arm, title in ARMS.items():
    scores = of_arm(arm, "wins")
    won, lost = ([[float(score == side) for score in each] for each in scores] for side in (1, 0))
    nets[arm] = clusters.paired_difference(won, lost, questions).times(100)
    sorry_now[arm] = [np.mean(np.array(of_arm(arm, "sorry"))[:, where]) for where in (happened, nothing)]
    replies = np.mean([run["changed"] for run in real_runs[arm].values()])
    print(f"{title:>26} {len(scores):>5} {replies:>8.0f} {np.mean(of_arm(arm, 'right')):>6.0%} "
          f"{sorry_now[arm][0]:>6.0%} {sorry_now[arm][1]:>12.0%}   {nets[arm].value:+.1f} [{nets[arm].low:+.1f}, "
          f"{nets[arm].high:+.1f}]")
gains, losses = ([ARMS[arm] for arm, each in nets.items() if each.low > 0],
                 [ARMS[arm] for arm, each in nets.items() if each.high < 0])
print(f"\nA gain is shown by {', '.join(gains) or 'none'}; a loss by {', '.join(losses) or 'none'}.")
print("\nAgainst the settings as above, same seeds, in points:")
told_apart = []
for arm, title in list(ARMS.items())[1:]:
    wins_gap, sorry_gap = against_first(arm, "wins", everywhere), against_first(arm, "sorry", nothing)
    told_apart += [title] * (not wins_gap.low <= 0 <= wins_gap.high)
    print(f"{title:>26}: win rate {wins_gap.value:+5.1f} [{wins_gap.low:+.1f}, {wins_gap.high:+.1f}], sorry for "
          f"nothing {sorry_gap.value:+5.1f} [{sorry_gap.low:+.1f}, {sorry_gap.high:+.1f}]")
print(f"In wins, told apart from the settings as above: {', '.join(told_apart) or 'none'}. Of the others none is shown "
      "to be the reason, and none excluded.")

# %% [markdown]
# What do the votes ask for? Among all stored pairs, from which these runs drew, look at those in which one reply says
# sorry more often than the other: do the raters' majority and the known worth prefer the sorrier one?

# %%
def share_for_sorrier(won: dict[str, str], among: tuple[str, ...]) -> tuple[float, int]:
    """Of the pairs of some kinds that differ in words of regret: the share won by the sorrier reply, and how many."""
    found = []
    for pair in pairs:
        first, second = (len(desk.SORRY.findall(pair[side])) for side in "ab")
        if pair["kind"] in among and first != second and won.get(pair["id"]) in ("a", "b"):
            found.append(won[pair["id"]] == ("a" if first > second else "b"))
    return float(np.mean(found)), len(found)


by_majority = votes.decided(votes.stored("train")[1])
by_worth = {pair: row["better"] for pair, row in votes.stored_truth().items()}
for words, among in (("is due", votes.DUE), ("is for nothing", votes.FOR_NOTHING)):
    (raters, number), (worth, of_worth) = (share_for_sorrier(won, among) for won in (by_majority, by_worth))
    print(f"Where a word of regret {words}: the raters prefer the sorrier reply in {raters:.0%} of {number} pairs, the "
          f"worth in {worth:.0%} of {of_worth}.")

# %%
gained = [f"{number} votes" for number, rate in rates.items() if rate.low > 50]
said = "; ".join(f"{shown(rate)} after {number} votes" for number, rate in rates.items())
real_said = [f"The real model's win rate over SFT, seed {stored_real['seed']}: {said}. "
             + (f"A gain is shown after {', '.join(gained)}." if gained else "No gain is shown."),
             f"Won minus lost: {net.value:+.0f} points with this seed. "
             + other_seeds("dpo-beats-sft", stored_real["model"].lower())]
if others := claims.reference("dpo-beats-sft", stored_real["model"].lower()):
    signs = {np.sign(run["effect"]) for run in others["runs"]} | {np.sign(net.value)}
    if signs == {-1}:
        real_said += [f"All {1 + len(others['runs'])} seeds lean to a loss: neither loss nor gain is shown."
                      if others["high"] >= 0 else "All seeds lost."]
    elif signs == {1}:
        real_said += ["All seeds lean to a gain."]
more = nets["more"]
lean = bool(sorry_now["more"][1] - sft_sorry[1] > 0.1)
real_said += ["Four times the votes, and with them four times the steps, " + (
    "made it worse" if more.high < 0 else "made it better" if more.low > 0 else "decided nothing")
    + f": {more.value:+.0f} points [{more.low:+.0f}, {more.high:+.0f}]." + (
    f" {sorry_now['more'][1]:.0%} of its replies are sorry where nothing has happened (SFT: {sft_sorry[1]:.0%})."
    * lean)]
real_said += [f"With {end['votes']} votes by the known worth, without an error or a leaning, " + (
    "a gain is shown." if nets["true"].low > 0 else "no gain is shown either; more of these were not tried.")]
print("\n".join(real_said))

# %% [markdown]
# SFT had left the assistant sorry too seldom where it is due. The votes raised that. Where it is for nothing, 240 votes
# are not shown to raise it in the run above; with four times as many the apology spread without its occasion. Where a
# word of regret is for nothing the raters' majority prefers it too often, compared with the worth, though seldom enough
# to vote against it on the whole; beside the strong pull towards it where it is due, that was too weak to keep the
# habit in its place. (This is a reading of the numbers, not a test. Whether the habit alone makes the lost
# conversations, these runs cannot tell: right replies change too.) Whether votes or steps do the harm in the last row,
# they do not tell either. But before you collect more votes, look first at what your present ones reward.

# %% [markdown]
# ## 5. What becomes of the preferred reply?
#
# The loss knows differences alone. So does the preferred reply itself become more likely? First the stored run of the
# real model: the movements in the second half of its pairs, before their turn, of conversations not met before.

# %%
def moved_line(name: str, moves: list[float]) -> intervals.Interval:
    mean = intervals.mean_interval(moves, rate=False)
    middle, down = sorted(moves)[len(moves) // 2], sum(move < 0 for move in moves) / len(moves)
    print(f"{name:>9}: {mean.value:+.2f} nats a reply on the mean [{mean.low:+.2f}, {mean.high:+.2f}], median "
          f"{middle:+.2f}; less likely than before: {down:.0%}")
    return mean


print(f"{stored_real['model']}, after {len(seen_late)} votes or more, {len(new_late)} pairs:")
real_fall = moved_line("chosen", [each["chosen"] for each in new_late])
moved_line("rejected", [each["rejected"] for each in new_late])
print("On new conversations of this one run, the replies that were preferred have become " + (
      "less likely." if real_fall.high < 0 else "more likely." if real_fall.low > 0 else
      "neither more nor less likely, as far as this shows."))

# %% [markdown]
# Now live on the lab model, from the folder of its stage, with all its weights. We follow the `logp` of both replies of
# each training pair, from before the first step to after the last.

# %%
lab_cuts = [cut(lab_tokenizer, row) for row in lab_rows]
lab_ids = [(p + reply, len(p)) for side in (1, 2) for p, reply in ((each[0], each[side]) for each in lab_cuts)]


def lab_logps(some_model) -> tuple[torch.Tensor, torch.Tensor]:
    """The logp of all chosen and of all rejected replies."""
    found = []
    for at in range(0, len(lab_ids), 32):
        some = lab_ids[at : at + 32]
        width = max(len(ids) for ids, _ in some)
        ids = torch.tensor([ids + [0] * (width - len(ids)) for ids, _ in some], device=lab.device)
        labels = torch.tensor([[IGNORED] * n + ids[n:] + [IGNORED] * (width - len(ids)) for ids, n in some])
        with torch.no_grad():
            found.append(reply_logps(some_model, ids, labels.to(lab.device)).cpu())
    return torch.cat(found).chunk(2)


old = lab_logps(lab_sft)
trainer = lab_trainer(str(stage))
with redirect_stdout(io.StringIO()):
    trainer.train()
chosen_moved, rejected_moved = (new - before for new, before in zip(lab_logps(trainer.model), old, strict=True))

# %%
fallen = moved_line("chosen", chosen_moved.tolist())
moved_line("rejected", rejected_moved.tolist())
ranked = chosen_moved > rejected_moved
print(f"    moved as voted: {ranked.float().mean():.0%} of the pairs; "
      f"{(ranked & (chosen_moved < 0)).float().mean():.0%} of all pairs although their chosen reply became less likely")
print(f"\nAfter {trainer.state.global_step} steps at a rate of {LAB_LR:g}: " + (
              "On the mean the chosen replies have become LESS likely." if fallen.high < 0 else
              "On the mean the chosen replies have become more likely, as one would think."
              if fallen.low > 0 else
              "On the mean no change of the chosen replies is shown; single ones rise and fall."))

# %%
figure, ax = plt.subplots(figsize=(5.6, 4.2), layout="constrained")
both_moved = torch.stack([chosen_moved, rejected_moved])
low, high = torch.quantile(both_moved, torch.tensor([0.005, 1.0]), dim=1).tolist()
floors = [1.2 * min(end, -1) for end in low]  # a pair far out would press all others together: it is drawn at the edge
edges = torch.tensor(floors)[:, None]
out = (both_moved < edges).any(dim=0)
ax.scatter(*both_moved[:, ~out], s=16, color=figures.BLUE, alpha=0.6, linewidth=0)
ax.scatter(*both_moved[:, out].maximum(0.97 * edges), s=40, marker="v", color=figures.BLUE)
ax.axline((0, 0), slope=1, color=figures.GREY, ls="--", lw=1, label="dashed: both moved alike; below it, as voted")
ax.axvline(0, color=figures.VERMILION, ls=":", lw=1.2, label="dotted: chosen unmoved; left of it, less likely")
ax.set(xlim=(floors[0], high[0] + 2), ylim=(floors[1], high[1] + 2))
if out.any():
    print("Beyond the edge, drawn there as a triangle: " + "; ".join(
        f"chosen {c:+.1f}, rejected {r:+.1f} nats" for c, r in both_moved[:, out].T.tolist()))
ax.set(xlabel="chosen: change of logp (nats)", ylabel="rejected: change of logp (nats)",
       title="Lab model: each dot is a training pair")
_ = figure.legend(loc="outside lower center", fontsize=8)

# %% [markdown]
# Each dot is a training pair. Below the dashed line the chosen reply has gained on the rejected one, and that is all
# that the loss asks for. The dots below it *and* left of the dotted line are pairs that count as learnt although the
# preferred reply is less likely than before.
#
# How can a loss that pulls the chosen reply up send it down? A model has no separate dial for each reply: the two share
# most of their words, and a step that pushes the one down takes the other along. The smallest example, built so that
# this must happen: three replies and a model with two weights. Each reply is described by two numbers, and its score is
# the weights times these; the rejected reply has a little more of what the two have in common.

# %%
features = torch.tensor([[1.0, 0.2], [1.2, 0.0], [0.0, 0.0]])  # chosen and rejected are alike; the third is another
weights = torch.zeros(2, requires_grad=True)
start_logp = (features @ weights).log_softmax(0).detach()
for step in range(61):
    logp = (features @ weights).log_softmax(0)
    loss, margin = dpo_loss(logp[0], logp[1], start_logp[0], start_logp[1], beta=1.0)
    if step % 20 == 0:
        print(f"step {step:>2}: loss {loss.item():.3f}, " + ", ".join(
            f"{name} {share:.1%}" for name, share in zip(("chosen", "rejected", "another"), logp.exp(), strict=True)))
    (gradient,) = torch.autograd.grad(loss, weights)
    weights.data -= 2.0 * gradient
assert logp[0] < start_logp[0] and logp[0] - start_logp[0] > logp[1] - start_logp[1] and logp[2] > start_logp[2]

# %% [markdown]
# The loss falls at every look, the chosen reply is preferred to the rejected one, as voted, and a reply that nobody
# compared takes what both have lost. It is a known weakness of DPO (Pal et al. 2024, Razin et al. 2024): where it goes
# far, the probability runs off to texts that no rater has seen, and the loss does not tell. So the movement of the
# chosen reply (`rewards/chosen` over `beta` in TRL's log) is worth a look beside the loss, and replies are worth more.
# Remedies are fewer steps, a lower rate, or a second loss that holds the chosen reply up:
# `loss_type=["sigmoid", "sft"]` in `DPOConfig`.
#
# The claim: *DPO makes the chosen replies themselves less likely*. Its number is the lab model's mean change over the
# training pairs, each of another conversation; it holds if the whole interval is below zero. It is about this model,
# these steps and this rate. Mind the rate: section 6 says whether it keeps the manner, and what becomes of the chosen
# replies at lower ones. They need not agree: the loss allows a rise and a fall, and asks for neither, so a fall is
# something that can happen, not something that must. How long it trains matters too: with `LAB_PAIRS =
# 64`, a fifth of the steps, the chosen replies may even have become more likely at the end. Try it.

# %%
result = claims.record("dpo-chosen-falls", SEED, *fallen, by_prompt=chosen_moved.tolist(), model=claims.LAB)
print(result)
of_lab = files.read_json(paths.data() / "stored" / "dpo.json")
strongest = max(of_lab["settings"]["rates"])
hard = next(run for run in of_lab["runs"] if run["name"] == f"rate-{strongest:g}")
lost = hard["sft"]["on_brand"] - hard["on_brand"] > of_lab["settings"]["keeps"]
for same in (run for run in of_lab["runs"] if run["name"] == f"rate-{LAB_LR:g}"):
    moved = sum(same["moved"]["chosen"]) / len(same["moved"]["chosen"])
    print(f"\nAt the claim's own rate, {LAB_LR:g}, section 6 has a training of {same['steps']} steps, and here are "
          f"{trainer.state.global_step}: there the chosen replies moved by {moved:+.1f} nats, and on-brand went from "
          f"{same['sft']['on_brand']:.0%} to {same['on_brand']:.0%}.")
print(f"\nAt the highest rate that section 6 tries, {strongest:g}, {hard['right']:.0%} of the replies are right "
      f"(before: {hard['sft']['right']:.0%}) and {hard['on_brand']:.0%} on-brand (before: "
      f"{hard['sft']['on_brand']:.0%}): " + ("the rate is simply too strong." if lost else "the manner bears it.")
      + f"\nIn the {len(lab_cuts)} pairs above no token reaches across the seam between prompt and reply, or `cut` "
        "would have refused the pair: a fault of the tokens is not behind what you see.")

# %% [markdown]
# ## 6. How strong, how many, how faulty: stored runs of the lab model
#
# What follows takes more trainings than there is time for, so these are stored runs of the lab model, made by
# `ftlab/workshop/experiments/dpo.py`: an SFT and votes of their own (each table says how many; here a conversation may
# give up to three pairs, which share replies), and the same test conversations for all. Every row is a training from
# one seed; its interval covers the choice of the conversations, and no other choice or order of votes. Other seeds
# stand behind the claims alone. Two columns say how far the chosen and the rejected replies of training pairs have
# moved, as in section 5.
#
# First the learning rate. 5e-5 serves in all further runs but RLHF, which has notebook 05's. It was fixed before these
# runs: in an earlier round, at 1e-5, no policy had moved by half a nat, so that neither `beta` nor faulty votes had
# anything to act on. Whether they have at 5e-5, the line below the next tables says. A rate *keeps the manner* if it
# costs no more than 5 points of on-brand replies. Look at right replies beside wins, which count a conversation and not
# its points.

# %%
stored = files.read_json(paths.data() / "stored" / "dpo.json")
by_name = {each["name"]: each | {"wins": unpack(each["wins"])} for each in stored["runs"]}
plain_rows = texts.sample(texts.plain_conversations("test"), stored["settings"]["held_out"], seed=0)
about = [row["question_phrasing"] for row in plain_rows]


def lab_rate(name: str, of: str = "wins") -> intervals.Interval:
    """A stored run's win rate: over the SFT model, or over another run."""
    found = by_name[name][of]
    return win_rate(unpack(found) if isinstance(found, str) else found, plain_rows)


def beside(name: str, other: str) -> str:
    """How a stored run's wins over SFT stand to another's, on the same conversations, in points of win rate."""
    gap = clusters.paired_difference(by_name[name]["wins"], by_name[other]["wins"], about).times(100)
    word = "more" if gap.low > 0 else "less" if gap.high < 0 else "not told apart"
    return f"{gap.value:+.1f} points of win rate [{gap.low:+.1f}, {gap.high:+.1f}], {word}" + within(gap.value)


betas = sorted((name for name in by_name if name.startswith("beta-")), key=lambda name: by_name[name]["given"]["beta"])
sides = [[sum(by_name[name]["moved"][side]) / len(by_name[name]["moved"][side]) for name in betas]
         for side in ("chosen", "rejected")]
apart = max(max(side) - min(side) for side in sides)  # nats between the betas, at most
beta_rates = [lab_rate(name).value for name in betas]
alike = apart < 0.1 * max(map(abs, sum(sides, [])))  # less than a tenth of the furthest movement
noise_points = max(beta_rates) - min(beta_rates) if alike else None  # the yardstick, where they moved alike


def within(points: float) -> str:
    """A warning where a difference of win rates is no more than what trainings that moved alike differ by."""
    if noise_points is None or abs(points) > noise_points:
        return ""
    return f"; within the {noise_points:.1f} points between trainings that moved alike"


def rows_of(label: str, names: dict[str, str], sft_scores: dict) -> None:
    """A row for each stored run: movements in nats, shares, words, and the win rate over the SFT model."""
    by_seed = len(stored["seeds"]) > 1
    print(f"{label:>16} {'chosen':>7} {'rejected':>9} {'right':>6} {'on-brand':>9} {'words':>6}   win rate over SFT"
          + "   of all seeds" * by_seed)
    for title, name in names.items():
        each = by_name[name]
        moved = [round(sum(each["moved"][side]) / len(each["moved"][side]), 1) + 0.0 for side in ("chosen", "rejected")]
        ends = f"{min(each['seeds']['wins']):.0%} to {max(each['seeds']['wins']):.0%}"
        print(f"{title:>16} {moved[0]:>+7.1f} {moved[1]:>+9.1f} {each['right']:>6.0%} {each['on_brand']:>9.0%} "
              f"{each['words']:>6.1f}   {shown(lab_rate(name))}" + f"   {ends}" * by_seed)
    print(f"{'SFT alone':>16} {'':>7} {'':>9} {sft_scores['right']:>6.0%} {sft_scores['on_brand']:>9.0%} "
          f"{sft_scores['words']:>6.1f}")


kept_lr = stored["settings"]["lr"]
at_rate = {kept_lr: "beta-0.1"} | {lr: f"rate-{lr:g}" for lr in stored["settings"]["rates"]}
lrs = sorted(at_rate)
print(f"{stored['dtype']}, {stored['date']}, seed {', '.join(map(str, stored['seeds']))}, "
      f"{stored['settings']['pairs']} pairs in steps of {stored['settings']['batch_size']}; "
      f"{stored['settings']['held_out']} conversations\n")
rows_of("rate", {f"{lr:g}": at_rate[lr] for lr in lrs}, stored["sft"])
least = stored["sft"]["on_brand"] - stored["settings"]["keeps"]
keeping = [lr for lr in lrs if by_name[at_rate[lr]]["on_brand"] >= least]
kept_wins, kept_rate = list(by_name[at_rate[kept_lr]]["wins"]), lab_rate(at_rate[kept_lr])
print(f"\nRates that keep the manner: {', '.join(f'{lr:g}' for lr in keeping) or 'none'}. Of all further runs: "
      f"{kept_lr:g}. {told(kept_rate, 'It', 'SFT')}; {kept_wins.count(1)} won, {kept_wins.count(0)} lost, "
      f"{kept_wins.count(0.5)} tied."
      + " So what follows is made at a rate that showed no gain." * (kept_rate.low <= 50)
      + " It costs more of the manner than that." * (kept_lr not in keeping))
asked_first = plain_rows[0]
print(f"\nThe first question: {ending(asked_first['messages'][-2]['content'], 150)}")
for lr in lrs:
    first = by_name[at_rate[lr]]["first_replies"][0]
    print(f"    {lr:>7g}: {first}\n             -> {verdict(first, asked_first)}")
top = max(lrs, key=lambda lr: votes.worth(by_name[at_rate[lr]]["first_replies"][0], asked_first))
if not desk.is_right(by_name[at_rate[top]]["first_replies"][0], asked_first):
    print(f"The most points go to the reply at {top:g}, and it is not right: some points, for brevity and form, are to "
          "be had without an answer. A win can be such a one.")

# %% [markdown]
# Read those replies too: one may say what makes no sense ("our workshop is made in ..."), or name a next step that is
# none for somebody who has bought nothing, and the rules find no fault in it. So take the share of right replies as an
# upper limit.
#
# Then `beta`, and the number of votes, both with the raters' majority: `beta` 0.1 and 160 votes are one training, that
# of the rate kept above. A larger `beta` is meant to hold the policy nearer to its reference, which shows only where
# the policy goes far enough to be held. Where rows with very different `beta` have moved nearly alike, it had little to
# hold, and their win rates say little about it: we call `beta`'s effect on the movements a difference only if it is at
# least a tenth of the largest movement. Trainings on the same votes with the same seed differ least, so a difference
# above the number printed there is not thereby shown: other votes or another seed may change far more. The table of
# rates was made with one number of votes, and what it says holds for that number; the second table below shows the same
# rate with others. In the second table the number of votes is not all that changes: each training has 20 steps of 8 at
# least, so that where votes are few, each is seen more than once, and where they are many, there are more steps.

# %%
few = [name for name in by_name if name.startswith("few-") or name in ("beta-0.1", "dpo")]
few.sort(key=lambda name: by_name[name]["pairs"])
rows_of("beta", {f"{by_name[name]['given']['beta']:g}": name for name in betas}, stored["sft"])
print()
rows_of("votes, steps", {f"{by_name[name]['pairs']:,}, {by_name[name]['steps']}": name for name in few}, stored["sft"])
different = {str(each["moved"]): each["moved"]["chosen"] for each in by_name.values() if each["given"]["way"] == "dpo"}
rate_of = {str(each["moved"]): each["given"]["lr"] for each in by_name.values()}
falls = {moves: intervals.mean_interval(each, rate=False) for moves, each in different.items()}
print(f"\nBetween these values of beta the mean movements differ by {apart:.2f} nats at most. "
      + (f"At a rate of {kept_lr:g} it had next to nothing to hold: what beta does is not tested here." if alike
         else "So it made a difference to the policy; the win rates say whether to the replies."))
if noise_points is not None:
    print(f"Yet their win rates lie up to {noise_points:.1f} points apart, on one seed and the same votes: so much "
          "comes of next to no difference in training, and the intervals do not hold it. A smaller difference between "
          "two rows of sections 6 and 7 is not to be read as one of votes or of method, whatever its interval. And "
          "of twenty comparisons one falls outside its 95 % interval by luck.")
most, least_votes = by_name[few[-1]], by_name[few[0]]
by_number = [lab_rate(name).value for name in few]
print(f"\n{most['pairs']:,} votes against {least_votes['pairs']:,}: {beside(few[-1], few[0])}. They had "
      f"{most['steps'] / least_votes['steps']:.1f} times the steps, so whether votes or training did it is not told.\n"
      f"With equal steps, {by_name['beta-0.1']['pairs']} votes against {least_votes['pairs']}: "
      f"{beside('beta-0.1', few[0])}. Here the number of votes differs, and how often each was seen.\n"
      + f"{most['pairs']:,} votes cost {100 * (stored['sft']['on_brand'] - most['on_brand']):.0f} points of on-brand "
        "replies" + (", more than a rate is allowed to. " if most["on_brand"] < least else ". ")
      + ("From row to row the win rate rises." if by_number == sorted(by_number) else
         "From row to row the win rate does not simply rise; with one training a row that may be chance."))
print("The chosen replies in the different DPO trainings of this section, on the mean, with the whole interval:")
for lr in lrs:
    there = [each for moves, each in falls.items() if rate_of[moves] == lr]
    down, up = sum(each.high < 0 for each in there), sum(each.low > 0 for each in there)
    print(f"    rate {lr:g}: less likely in {down}, more likely in {up} of {len(there)}"
          + ("; section 5's claim was tried at this rate" if lr == LAB_LR else "")
          + ("" if lr in keeping else "; it does not keep the manner"))

# %% [markdown]
# (In section 4 four times as many of the raters' votes did harm to the real model; hold the last rows of this table
# beside that. Model, rate, start and pairs differ, so neither refutes the other.)
#
# ### Votes that are wrong
#
# These runs start from votes by the worth itself, without a slip, and turn a share of them round, *at random*. The last
# row but one has the raters' votes instead. There are two ways to ask what wrong votes cost: is the model still ahead
# of *SFT*, and how does it stand against the model from *clean* votes? They need not agree.

# %%
noise = {each["given"]["noise"]: name for name, each in by_name.items() if name.startswith("noise")}
rows_of("turned round", {f"{share:.0%}": noise[share] for share in sorted(noise)} | {"the raters": "beta-0.1"},
        stored["sft"])
print(f"\nThe three raters' majority is wrong in {stored['wrong_votes']:.0%} of the pairs that differ in worth.\n")
print(f"{'win rate':>16}   {'over SFT':>15}   over clean votes")
for title, name in (("20%", "noise-0.2"), ("the raters", "beta-0.1")):
    over_clean = lab_rate(name, "wins_over_clean")
    print(f"{title:>16}   {shown(lab_rate(name)):>15}   {shown(over_clean)}{within(over_clean.value - 50)}")
raters = by_name["beta-0.1"]
wrongest = noise[max(noise)]
print(f"\nThe raters against 20% at random: {beside('beta-0.1', 'noise-0.2')}.")
print(f"{max(noise):.0%} at random against 10% at random: {beside(wrongest, 'noise-0.1')}.")
print(f"{by_name[few[-1]]['pairs']:,} of the raters' votes against {raters['pairs']} clean ones: "
      f"{beside(few[-1], 'noise-0')}.")

# %%
figure, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
for shares, found, color, mark, label in (
    (sorted(noise), [lab_rate(noise[share]) for share in sorted(noise)], figures.BLUE, "o-",
     "turned round at random"),
    ([stored["wrong_votes"]], [lab_rate("beta-0.1")], figures.VERMILION, "s", "the raters' majority"),
):
    ax.errorbar([100 * share for share in shares], [rate.value for rate in found], color=color, fmt=mark, capsize=3,
                label=label, yerr=[[r.value - r.low for r in found], [r.high - r.value for r in found]])
ax.axhline(50, color=figures.GREY, ls="--", lw=1, label="as good as SFT")
ax.set(xlabel="votes against the worth (%)", ylabel="win rate over SFT (%)",
       title="Lab model: faulty votes, 95 % intervals over questions")
_ = ax.legend()

# %% [markdown]
# A vote that is turned round at random pulls with full force in the wrong direction. The raters' faults are of another
# kind: two of the three lean, and a leaning points the same way each time, so that it can be learnt. Which of the two
# is dearer, and how much more many faults cost than few, the lines above the figure say as far as so few trainings can:
# "not told apart" is not "alike", and the raters' share of faults is not 20 % either. An interval of the win rate *over
# SFT* wholly below 50 % means that those votes did worse than no training on votes at all; one *over clean votes* below
# 50 % means that they did worse than clean ones.
#
# The claim: *DPO bears a fifth of wrong votes*, turned round at random. Its number is the share of conversations won
# minus the share lost, against the run on *clean votes*; it holds if the whole interval is above -15 points. "Mixed"
# here means that -15, and not zero, lies inside. An interval wholly below zero shows a cost, whatever the verdict.

# %%
scores = unpack(by_name["noise-0.2"]["wins_over_clean"])
arms = {"by_prompt": scores == 1, "against": scores == 0, "about": about}
net = net_wins(scores, plain_rows)
of_stored(claims.record("dpo-bears-noise", stored["seed"], *net, **arms, model=claims.LAB))


def over_seeds(claim: str) -> intervals.Interval:
    """A claim's share won minus share lost, in points, of all stored seeds together; printed if there are several."""
    runs = [each[claim] for each in stored["tried"].values()]
    effects = ", ".join(f"{each['effect']:+.0f}" for each in runs)
    sides = ([each[side] for each in runs] for side in ("by_prompt", "against"))
    found = clusters.paired_difference(*sides, runs[0]["about"]).times(100)
    if len(runs) > 1:
        print(f"By seed: {effects} points; all {len(runs)} together "
              f"{found.value:+.0f} [{found.low:+.0f}, {found.high:+.0f}]. The verdict above is of seed "
              f"{stored['seed']} alone.")
    return found


cost = over_seeds("dpo-bears-noise")
print(f"In win rate that is {cost.value / 2:+.1f} points. {other_seeds('dpo-bears-noise', claims.LAB)} So look at all "
      "of them before you say what a fifth of wrong votes costs.")

# %% [markdown]
# ## 7. Do I need the reward model?
#
# The same votes, and four ways of learning from them, all from the same SFT model:
#
# - **DPO**, as above: its training is a row of section 6's table of votes;
# - **RLHF** as in notebook 05, with its settings, but votes and samples of its own, so it may end otherwise than there:
#   a reward model from the votes, then RLOO (REINFORCE leave-one-out): the policy draws four replies to each prompt,
#   the reward model rates them, and those above the others' mean are pulled up, with a price on leaving the SFT model;
# - **KTO** (Kahneman-Tversky optimization, Ethayarajh et al. 2024) needs no pairs: each reply has a thumb up or down by
#   itself. Here a vote gives two thumbs, one for each of its replies;
# - **ORPO** (odds ratio preference optimization, Hong et al. 2024) needs pairs and no reference: it is SFT on the
#   chosen reply with a term that pushes the rejected one away, meant to replace SFT and DPO in one. Here it comes after
#   SFT, like the others, which is not the use that it was made for. TRL keeps it among its experiments.

# %%
ways = {"dpo": ("DPO", "pairs", "policy, reference"),
        "rloo": ("RLHF (RLOO)", "pairs, prompts", "policy, reference, reward model"),
        "kto": ("KTO", "thumbs", "policy, reference"), "orpo": ("ORPO", "pairs", "policy")}
print(f"{by_name['dpo']['pairs']} pairs of votes\n{'':>12} {'needs':>15}   {'models in memory':32} {'rate':>7} "
      f"{'seconds':>8} {'peak memory':>12}")
for name, (title, needs, held) in ways.items():
    each = by_name[name]
    print(f"{title:>12} {needs:>15}   {held:32} {each['given']['lr']:>7g} {each['seconds']:>8.0f} "
          f"{each['peak_bytes'] / 2**20:>8.0f} MiB")
print()
rows_of("", {title: name for name, (title, *_) in ways.items()}, stored["sft"])
rlhf = by_name["rloo"]
known = rlhf["judge"]
print(f"\nRLHF's reward model agrees with {known['agrees']:.0f} % [{known['low']:.0f}, {known['high']:.0f}] of "
      f"{known['pairs']} votes on other conversations: " + ("better than a coin." if known["low"] > 50 else
      "no better than a coin, as far as this shows, so its policy may have learned from noise."))
print(f"Of RLHF's {rlhf['seconds']:.0f} seconds the reward model took {rlhf['reward_s']:.0f}. In all it took "
      f"{rlhf['seconds'] / by_name['dpo']['seconds']:.1f} times DPO's time.")
print(f"One copy of the weights in fp32 is {4 * lab_sft.num_parameters() / 2**20:.0f} MiB: in a model so small what is "
      "computed on a batch takes most of the\nmemory, above what the process held before the training.\n")
for name, (title, *_) in ways.items():
    over_sft = lab_rate(name)
    print(f"{told(over_sft, title, 'SFT')}.")

# %%
print("Reply against reply, on the same conversations, and right replies beside it:")
for name, (title, *_) in ways.items():
    if "dpo_wins" in by_name[name]:
        direct = lab_rate(name, "dpo_wins")
        print(f"    {told(direct, 'DPO', title)}{within(direct.value - 50)}; right: {by_name['dpo']['right']:.0%} "
              f"against {by_name[name]['right']:.0%}")
sft_scores = stored["sft"]
rewarded = rlhf["log"]["reward"]
print(f"\nThe RLHF run, from SFT to after: on-brand {sft_scores['on_brand']:.0%} to {rlhf['on_brand']:.0%}, right "
      f"{sft_scores['right']:.0%} to {rlhf['right']:.0%}, while the reward of its samples went from\n"
      f"{sum(rewarded[:4]) / 4:.2f} (first four steps) to {sum(rewarded[-4:]) / 4:.2f} (last four). "
      + told(lab_rate("rloo"), "It", "SFT") + ".")
worse, ahead = lab_rate("rloo").high < 50, lab_rate("rloo").low > 50
print("It has lost by its training, so the verdict below is about this run: how DPO stands to an RLHF that works, it "
      "cannot say." if worse else "It is ahead of SFT, a rival to be measured by." if ahead else
      "It has gained nothing shown, so to do as well as it is to do as well as SFT.")
if rlhf["on_brand"] < sft_scores["on_brand"] - stored["settings"]["keeps"]:
    print("But it pays with the manner, more than a rate was allowed to above, which a win by the worth does not show.")
scores = unpack(rlhf["dpo_wins"])
arms = {"by_prompt": scores == 1, "against": scores == 0, "about": about}
print()
of_stored(claims.record("dpo-matches-rlhf", stored["seed"], *net_wins(scores, plain_rows), **arms, model=claims.LAB))
over_seeds("dpo-matches-rlhf")
print(other_seeds("dpo-matches-rlhf", claims.LAB))
if worse:
    print("So a \"holds\" here is no victory: the rival is worse off than before its training.")
answered = {title: by_name[name]["first_replies"] for name, (title, *_) in ways.items()}
answered |= {"SFT alone": stored["sft"]["first_replies"]}
def spread(number: int) -> float:
    """How far the replies to a conversation lie apart in worth."""
    worths = [votes.worth(first[number], plain_rows[number]) for first in answered.values()]
    return max(worths) - min(worths)


kept_replies = len(answered["SFT alone"])
print(f"\nOf the {kept_replies} conversations whose replies are kept, the two in which these differ most in worth:")
for number in sorted(range(kept_replies), key=spread, reverse=True)[:2]:
    row = plain_rows[number]
    print(f"\nA test conversation, answered by each: {ending(row['messages'][-2]['content'], 150)}")
    who = {}  # reply: the ways that gave it
    for title, first in answered.items():
        who.setdefault(first[number], []).append(title)
    for reply, titles in who.items():
        line = reply.replace("\n", " / ")
        print(f"    {', '.join(titles)}: {line}\n        -> {verdict(reply, row)}")

# %% [markdown]
# Read them: a care card is no next step for somebody who has bought nothing, and passes. Whatever the tables say is
# said by this yardstick (`ftlab/scores/desk.py` lists what it cannot see).
#
# The claim is *DPO does as well as RLHF on the same votes*: won minus lost, DPO against RLHF; it holds if the whole
# interval is above -15 points, whatever state the RLHF run is in, so read that first. The interval covers the choice of
# questions and no more. Nor is it a contest of methods: KTO and ORPO took DPO's rate over, and RLOO has notebook 05's,
# beside more dials of its own; none was chosen by a trial. What a rate alone can do to a model, the table of rates
# shows.
#
# Beside this run's verdict stand the other seeds', which together decide less. By their make the ways differ in this:
# RLHF holds a third model and writes replies while it trains. For that it can ask its reward model about *new* replies,
# those of the model as it is by now, where the others only ever hear about the replies that were once rated. So, do you
# need the reward model? To learn from a fixed set of votes you can do without: DPO, or KTO where people give thumbs,
# has fewer parts than RLHF (ORPO fewer still), which is a reason to try it first, and no finding that it does as well:
# that so few trainings cannot settle, and on the real model section 4's votes brought no gain by DPO. Fewer parts need
# not be cheaper: look at seconds and memory in the table for a model so small; with billions of weights a third model
# does count. You need a reward model if something must judge replies that nobody has voted on: to choose the best of
# several at the time of asking, to filter, or to train a policy that goes on learning from its own new replies. After
# either, count right replies beside wins before you keep what comes out.
#
# ## 8. With your own votes
#
# All votes so far are simulated raters'; no person's come with the course. Where this notebook runs, the next cell
# shows pairs of the assistant's replies side by side, in random order, and does not say who else voted what; on a
# page that is only read it shows nothing. Vote with the buttons, or the keys it names; a tie and a skip are answers
# too. Each vote is written down at once, so you can stop, and run the cell again another day. From 30 decided pairs
# on the cell after it trains. Thirty are few: see what the fewest votes did in section 6, and take this as a trial of
# the way, not as a better model. **Run that one again once you have voted.** It also says how far you agree with the
# raters, as **kappa**: the agreement beyond what chance alone would bring, 0 for no more than that and 1 for all
# votes alike.

# %%
from ftlab.scores import agreement, vote_log
from ftlab.scores.vote_widget import VoteForm
from ftlab.tuning.pairs import leads

FEWEST_OWN, OWN_STEPS, OWN_S = 30, 25, 120  # decided pairs to train on; steps, and seconds of training, at most
mine_path = paths.runs() / "votes" / "mine.jsonl"
short_ids = {row["pair"] for row in short}
form = VoteForm(texts.sample([pair for pair in pairs if pair["id"] in short_ids], 100, SEED), mine_path, rater=RATER)
form.form

# %% [markdown]
# A fifth of your conversations is kept back: were your votes on them foretold, before the training and after it? There
# are as many steps as fit into two minutes at section 4's pace, 25 at the most, and the first moves nothing: on a slow
# machine not every vote is met; on a fast one, if your votes are few, each is met several times.

# %%
everyone = vote_log.read(mine_path)
mine = votes.preferences(pairs, [vote for vote in everyone if vote["rater"] == RATER], tokenizer=tokenizer)
talk_of = {pair["id"]: pair["conversation"] for pair in pairs}
talks = sorted({talk_of[row["pair"]] for row in mine})
print(f"{len(mine)} pairs of {len(talks)} conversations decided by {RATER!r}.")
majority = [{"pair": pair, "rater": "the majority", "vote": side} for pair, side in votes.decided(cast).items()]
people = {vote["rater"]: None for vote in everyone if vote["rater"] != RATER}
for other in ("the majority", *(rater.name for rater in votes.RATERS), *people):
    said = votes.ratings([*everyone, *cast, *majority], (RATER, other))
    about = [talk_of[pair] for pair in said]
    if len(set(about)) > 1:
        span = agreement.cohen_interval(*zip(*said.values(), strict=True), about)
        print(f"You and {other}: kappa {span.value:.2f} [{span.low:.2f}, {span.high:.2f}] on {len(said)} pairs")
if len(mine) < FEWEST_OWN or len(talks) < 10:
    print(f"From {FEWEST_OWN} pairs of 10 conversations on, this cell trains the assistant on them.")
else:
    back = set(texts.sample(talks, max(2, len(talks) // 5), SEED))
    learnt, tried = ([row for row in mine if (talk_of[row["pair"]] in back) is kept] for kept in (False, True))
    start_again = tuned.unload()  # the assistant, without section 4's adapter
    old = leads(start_again, tokenizer, tried)
    my_trainer, my_seconds = tune(learnt, start_again, max(1, min(OWN_STEPS, int(OWN_S / step_s))))
    new = leads(my_trainer.model.eval(), tokenizer, tried)
    about = [talk_of[row["pair"]] for row in tried]
    print(f"{my_trainer.state.global_step} steps in {my_seconds:.0f} s. Of {len(tried)} votes that were kept back, the "
          "reply that you preferred is the likelier one in")
    gained = [float(b > a) for a, b in zip(old, new, strict=True)]
    for name, ranked in (("before:", [float(each > 0) for each in old]), ("after:", [float(each > 0) for each in new]),
                         ("and has gained on the other in", gained)):
        print(f"    {name} {shown(clusters.mean_interval(ranked, about).times(100))}")
    my_replies = generate.replies(my_trainer.model, tokenizer, desk_prompts, max_new_tokens=80)
    print(told(win_rate(votes.wins(my_replies, before, held_out), held_out), "Your model", "SFT"))
    print("That is by the raters' worth, which need not be yours. What changed, to judge for yourself:")
    for row, first, last in zip(held_out, before, my_replies, strict=True):
        if first != last:
            print(f"\n{row['kind']}: {ending(row['messages'][-2]['content'], 150)}\n    SFT: {first}\n    you: {last}")

# %% [markdown]
# Votes in a file of yours are read, and checked row by row, by `ftlab.data.read_preferences`: three texts, turns, or
# texts with "Human:" and "Assistant:". What cannot be used is set aside, with the reason. The rest is ready for `tune`:

# %%
from ftlab import data

their_path, question = Path(home.name) / "votes.jsonl", "\n\nHuman: Is the mug dishwasher safe?\n\nAssistant:"
theirs = ((" Yes.", " No idea."), (" Yes.", " Yes."), (" Yes, and gladly.", " Why?"), (" No idea.", " Yes."))
files.write_jsonl(their_path, ({"prompt": question, "chosen": a, "rejected": b} for a, b in theirs))
with redirect_stdout(io.StringIO()):
    read = data.read_preferences(their_path, on_error="quarantine")
for row in files.read_jsonl(f"{their_path}.rejected.jsonl"):
    print(f"set aside, line {row['line']}: {row['reason']}")
form_of = chat.look(tokenizer)
ready = [{**row, "prompt": chat.fit(form_of, row["prompt"]), "chat_template_kwargs": chat.PLAINLY} for row in read]
print(f"{len(ready)} of {len(theirs)} rows for tune, the first of {sum(map(len, cut(tokenizer, ready[0])))} tokens")

# %% [markdown]
# ## Exercises
#
# ### Exercise 1: the loss of a pair (core, 8 minutes, easy)
#
# Section 1 once more, with plain numbers and `math`. Mind large margins: `math.exp(1000)` is an error.

# %%
def pair_loss(policy, reference, beta):
    """The margin and the loss of one pair.

    Args:
        policy, reference: logp of the chosen and of the rejected reply, in this order, in nats.
    Returns:
        margin, loss: in nats.
    """
    # your code here

# %% tags=["raises-exception"]
import math

from ftlab.exercise import check, passed

found = pair_loss((-30.0, -28.0), (-31.0, -26.0), beta=0.1)
check(found is not None, "nothing comes back. Return the margin and the loss.")
check(lambda: len(found) == 2 and [float(each) for each in found], "two numbers come back: the margin, then the loss.")
margin, loss = found
check(not math.isclose(margin, 0.5544, abs_tol=1e-3), "the two are swapped: the margin comes first, then the loss.")
check(not math.isclose(margin, -0.3, abs_tol=1e-6), "the margin is chosen minus rejected, not the other way round.")
check(not math.isclose(margin, -0.2, abs_tol=1e-6),
      "the reference is missing: what counts is how far the policy has moved from it, reply by reply.")
check(not math.isclose(margin, 3.0, abs_tol=1e-6), "beta is missing: multiply the difference of the movements by it.")
check(math.isclose(margin, 0.3, abs_tol=1e-6), "the margin is beta times (chosen's movement minus rejected's): 0.3.")
check(not math.isclose(loss, math.log(1 + math.exp(0.3)), abs_tol=1e-6),
      "that loss grows with the margin: it is the logarithm of 1 + e to the MINUS margin.")
check(not math.isclose(loss, 1 / (1 + math.exp(-0.3)), abs_tol=1e-6), "that is the sigmoid: take minus its logarithm.")
check(math.isclose(loss, math.log(1 + math.exp(-0.3)), abs_tol=1e-6), "the loss is -log sigmoid(margin): 0.5544 here.")
margin, loss = pair_loss((-5.0, -70.0), (-5.0, -70.0), beta=3.0)
check(math.isclose(loss, math.log(2), rel_tol=1e-5), "policy and reference alike: the loss is ln 2, whatever beta.")
margin, loss = pair_loss((-40.0, -30.0), (-35.0, -35.0), beta=0.1)
check(math.isclose(margin, -1.0, abs_tol=1e-5) and math.isclose(loss, math.log(1 + math.e), abs_tol=1e-5),
      "chosen lost 5 nats and rejected gained 5: at beta 0.1 the margin is -1 and the loss log(1 + e) = 1.3133. A loss "
      "that is simply -margin below 0 is too low there.")
try:
    (low, much), (_, little) = (pair_loss((-2000.0 + s, -1000.0 - s), (-1500.0, -1500.0), 1.0) for s in (0, 1000))
except (OverflowError, ValueError) as error:
    check(False, f"a margin of -1000 or 1000 ends in {type(error).__name__}: use log1p(exp(-|margin|)) and add what is "
                 "left, max(-margin, 0).")
check(math.isclose(low, -1000) and math.isclose(much, 1000), "at a margin of -1000 the loss is 1000, and finite.")
check(abs(little) < 1e-6, "at a margin of 1000 nothing is left to lose: the loss is 0.")
for at, want in ((3.0, 0.048587), (-3.0, 3.048587), (5.0, 0.006715), (-5.0, 5.006715),
                 (8.0, 0.00033541), (-8.0, 8.00033541)):
    margin, loss = pair_loss((at, 0.0), (0.0, 0.0), 1.0)
    check(abs(loss - want) < 1e-4, f"at a margin of {at:g} the loss is {want:.4f}: away from 0, "
          "max(-margin, 0) comes near it and is not the whole of it.")
margin, loss = pair_loss((-800.0, 0.0), (0.0, 0.0), 1.0)
check(math.isclose(loss, 800, rel_tol=1e-3), "at a margin of -800 the loss is 800: far on the wrong side it is as "
      "large as the margin, and no fixed number.")
passed("Your loss starts at ln 2, and bears any margin.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# `-log sigmoid(m)` is `log(1 + exp(-m))`. For a large `-m`, the exponential overflows; but then `log(1 + exp(-m))` is
# `-m + log(1 + exp(m))`.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# def pair_loss(policy, reference, beta):
#     margin = beta * ((policy[0] - reference[0]) - (policy[1] - reference[1]))
#     return margin, max(-margin, 0) + math.log1p(math.exp(-abs(margin)))
# ```
#
# </details>
#
# ### Exercise 2: does it start at its reference? (core, 5 minutes, easy)
#
# Write the check of section 3 for the margins of a first batch, one number a pair, before any step.

# %%
def starts_at_reference(margins, tolerance=0.01):
    """Whether policy and reference were the same model for every pair of the batch.

    Args:
        margins: One number for each pair, in nats; at least one. One that is no number (NaN) shows no right start.
        tolerance: How far from 0 rounding may bring a margin.
    """
    # your code here

# %% tags=["raises-exception"]
from ftlab.exercise import check, passed

found = starts_at_reference([0.0, 0.0, 0.0])
check(found is not None, "nothing comes back. Return True or False.")
check(lambda: found in (True, False), "return True or False, and nothing else.")
check(bool(found) is True, "all margins are 0: policy and reference are the same.")
check(lambda: starts_at_reference([2.4]) in (True, False), "for a wrong start, too: return True or False.")
check(not starts_at_reference([2.4, 3.1, 2.8]), "margins of 2 and 3 before any step: the reference is another model.")
check(not starts_at_reference([-2.4, -3.1]), "a margin of -2.4 is as far from 0 as one of 2.4.")
check(not starts_at_reference([1.5, -1.5]), "the mean of 1.5 and -1.5 is 0, and the models differ: look at each pair.")
check(not starts_at_reference([0.0, 0.0, 0.0, 0.9]), "one pair is enough to show that the models differ.")
check(not starts_at_reference([2.0, 2.0, 2.0]),
      "three margins of 2: the distance that counts is that from 0, not from each other.")
check(not starts_at_reference([0.0, 0.0, 0.0, 0.03]), "0.03 is beyond the tolerance: a mean over many pairs hides one.")
check(not starts_at_reference([0.9, 0.0, 0.0, 0.0]),
      "here the first pair is off and the last is not: a loop must not forget what it has seen.")
check(not starts_at_reference([0.0] * 999 + [0.03]),
      "one pair of a thousand is beyond the tolerance: whatever averages, squares too, lets it through.")
check(not starts_at_reference([0.0] * 500 + [-0.03] + [0.0] * 499),
      "one pair in the middle is 0.03 below 0: neither the largest, nor the mean, nor the first and last show it.")
check(not any(map(starts_at_reference, ([float("nan")], [0.0, float("nan")], [float("nan"), 0.0]))),
      "a margin that is no number is within no tolerance: ask that each be within it, not that none be beyond.")
check(starts_at_reference([0.004] * 50), "fifty pairs, each within the tolerance, pass: each is judged alone, no sum.")
check(starts_at_reference([0.004, -0.006]), "rounding is no other model: margins within the tolerance pass.")
check(starts_at_reference([0.2, -0.3], tolerance=0.5), "the tolerance is the caller's: use the argument.")
check(not starts_at_reference([0.0101]),
      "0.0101 is beyond the tolerance of 0.01: hold each margin against the tolerance itself, unrounded.")
check(starts_at_reference([0.0099, -0.0099]), "0.0099 is within the tolerance of 0.01: ask for no more than it asks.")
check(not starts_at_reference([0.005], tolerance=0.001),
      "with a tolerance of 0.001 a margin of 0.005 is beyond it: use the caller's, be it small.")
passed("Your check tells a right start from a wrong one, also where the mean hides it.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# `abs`, and `all`.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# def starts_at_reference(margins, tolerance=0.01):
#     return all(abs(margin) <= tolerance for margin in margins)
# ```
#
# </details>
#
# ### Exercise 3: from votes to rows (core, 8 minutes, medium)
#
# People voted on replies `a` and `b`. Turn the votes into rows for `DPOTrainer`. Ties and skips say nothing here, and
# neither does a "choice" between two texts that are the same, letter for letter. A vote that is cast twice gives two
# rows.

# %%
def to_rows(votes):
    """Rows with ``prompt``, ``chosen`` and ``rejected``, in the order of the votes.

    Args:
        votes: dicts with ``prompt``, ``a``, ``b`` (texts) and ``vote``: "a", "b", "tie" or "skip".
    """
    # your code here

# %% tags=["raises-exception"]
from ftlab.exercise import check, passed

cast_ = [{"prompt": "p", "a": "good", "b": "bad", "vote": "a"}, {"prompt": "q", "a": "bad", "b": "good", "vote": "b"},
         {"prompt": "r", "a": "x", "b": "y", "vote": "tie"}, {"prompt": "s", "a": "x", "b": "y", "vote": "skip"},
         {"prompt": "t", "a": "same", "b": "same", "vote": "a"}, {"prompt": "u", "a": "good", "b": "bad", "vote": "b"},
         {"prompt": "v", "a": "Yes.", "b": "Nope", "vote": "b"}, {"prompt": "p", "a": "fine", "b": "good", "vote": "a"},
         {"prompt": "b", "a": "Yes.", "b": "Yes. Warmly", "vote": "b"},
         {"prompt": "a", "a": "yes", "b": "Yes", "vote": "b"}, {"prompt": "c", "a": "Yes.", "b": "Yes. ", "vote": "a"},
         {"prompt": "p", "a": "fine", "b": "good", "vote": "a"}, {"prompt": "p", "a": "fine", "b": "good", "vote": "a"}]
kept_ = [dict(vote) for vote in cast_]
found = to_rows(cast_)
check(found is not None, "nothing comes back. Return a list of rows.")
check(lambda: iter(found), "return a list of rows.")
found = list(found)
check(all(isinstance(row, dict) for row in found), "each row is a dict.")
check(cast_ == kept_, "the votes themselves have changed: make new rows.")
prompts_ = [row.get("prompt") for row in found]
check("r" not in prompts_, "a tie prefers neither: leave it out.")
check("s" not in prompts_, "who skips has not voted: leave it out.")
check("t" not in prompts_, "two replies that are the same cannot be told apart by any training: leave the pair out.")
check("v" in prompts_, "'Yes.' and 'Nope' are two replies, though they are as long as each other: keep that pair.")
check("b" in prompts_, "'Yes.' and 'Yes. Warmly' are two replies, though the one holds the other: keep that pair.")
check("a" in prompts_, "'yes' and 'Yes' differ, and a token is another for it: only the very same text is the same.")
check("c" in prompts_, "'Yes.' and 'Yes. ' differ by a space, and a token is another for it: keep that pair.")
check(prompts_.count("p") > 1, "four votes are on prompt 'p', and each is a row: nothing is keyed by its prompt.")
check(prompts_.count("p") == 4, "a vote that is cast again is one more vote, and one more row.")
check(len(found) == 10, "ten of the thirteen votes decide between two different replies.")
check(prompts_ == ["p", "q", "u", "v", "p", "b", "a", "c", "p", "p"],
      "the rows stand in the order of the votes, and in no other.")
check(all(set(row) == {"prompt", "chosen", "rejected"} for row in found),
      "a row has 'prompt', 'chosen' and 'rejected', and nothing else.")
check(found[1] != {"prompt": "q", "chosen": "bad", "rejected": "good"},
      "a vote for b makes b the chosen one: these rows would teach the opposite.")
check(found[0] == {"prompt": "p", "chosen": "good", "rejected": "bad"}, "a vote for a makes a the chosen reply.")
check(found[1] == {"prompt": "q", "chosen": "good", "rejected": "bad"}, "a vote for b makes b the chosen reply.")
check(found[2] == {"prompt": "u", "chosen": "bad", "rejected": "good"},
      "somebody voted for 'bad', and that is his vote: look at who was voted for, not at which text seems the better.")
check(found[3] == {"prompt": "v", "chosen": "Nope", "rejected": "Yes."}, "a vote for b makes b the chosen reply.")
check(found[7] == {"prompt": "c", "chosen": "Yes.", "rejected": "Yes. "},
      "the texts stay as they are, spaces too: stripped, these two replies are one.")
check(all(found[i] == {"prompt": "p", "chosen": "fine", "rejected": "good"} for i in (4, 8, 9)),
      "each row has the texts of its own vote, not those of another vote on the same prompt.")
check(found[5] == {"prompt": "b", "chosen": "Yes. Warmly", "rejected": "Yes."}
      and found[6] == {"prompt": "a", "chosen": "Yes", "rejected": "yes"},
      "a vote for b makes b the chosen reply, in every row.")
check(lambda: list(to_rows([])) == [], "no votes, no rows: an empty list comes back.")
passed("Your rows say what the voters said, and nothing that they did not.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# The other side of "a" is "b": `{"a": "b", "b": "a"}` has both, and whoever is not in it has not decided.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# def to_rows(votes):
#     other = {"a": "b", "b": "a"}
#     return [
#         {"prompt": each["prompt"], "chosen": each[each["vote"]], "rejected": each[other[each["vote"]]]}
#         for each in votes
#         if each["vote"] in other and each["a"] != each["b"]
#     ]
# ```
#
# </details>
#
# ### Exercise 4: which way? (core, 8 minutes, a decision, not code)
#
# Six teams ask how to learn from their users. The house's policy; the first rule that fits decides:
#
# 1. "SFT first" where the model has not been shown the job: votes choose among replies that a model already gives.
# 2. "better votes" where more of the votes are wrong at random than section 6 has *shown* to be borne (`bearable`
#    below), by the measure of its claim: the whole interval against *clean* votes above -15 points. An interval with
#    -15 inside shows it neither way, and then the house takes no risk. Whether the model is ahead of SFT does not count
#    here.
# 3. "KTO" where people rate single replies.
# 4. "RLHF" where something must judge replies that nobody voted on.
# 5. Else "DPO".

# %%
from ftlab import files, paths
from ftlab.evidence import clusters

teams = {  # has had SFT, what people give, the share of it that is wrong at random, whether new replies must be judged
    "a new shop, no desk yet": (False, "pairs", 0.0, False),
    "a desk with expert voters": (True, "pairs", 0.0, False),
    "a desk whose voters are in a hurry": (True, "pairs", 0.2, False),
    "a forum where many vote for fun": (True, "pairs", 0.45, True),
    "a help page with thumbs": (True, "thumbs", 0.0, False),
    "a writer's tool that goes on learning": (True, "pairs", 0.0, True),
}
way = {
    "a new shop, no desk yet": None,  # "SFT first", "better votes", "KTO", "RLHF" or "DPO"
    "a desk with expert voters": None,
    "a desk whose voters are in a hurry": None,
    "a forum where many vote for fun": None,
    "a help page with thumbs": None,
    "a writer's tool that goes on learning": None,
}
tried_ = files.read_json(paths.data() / "stored" / "dpo.json")["tried"]
trials_ = [each["dpo-bears-noise"] for each in tried_.values()]  # section 6's stored run: wrong against clean votes
arms_ = ([each[side] for each in trials_] for side in ("by_prompt", "against"))
cost = clusters.paired_difference(*arms_, trials_[0]["about"]).times(100)
bearable = 0.2 if cost.low > -15 else 0.0  # 20 % is the one share that was held against clean votes
print(f"A fifth of wrong votes against clean ones: {cost.value:+.0f} points [{cost.low:+.0f}, {cost.high:+.0f}]; borne "
      f"if the whole interval is above -15. Shown to be borne: {bearable:.0%} wrong.")

# %% tags=["raises-exception"]
from ftlab.exercise import check, passed

WAYS = ("SFT first", "better votes", "KTO", "RLHF", "DPO")
check(isinstance(way, dict) and set(way) == set(teams), f"way needs exactly these teams: {', '.join(teams)}.")
check(all(way.values()), "write one of the five ways for every team.")
check(lambda: set(way.values()) <= set(WAYS), f"only {', '.join(WAYS)} can be chosen.")
for team, (has_sft, given, wrong, judges) in teams.items():
    choice_, line = way[team], f"{team}: "
    if choice_ == "SFT first":
        check(not has_sft, line + "the model knows the job already; examples are not what is missing.")
    else:
        check(has_sft, line + "it has not been shown the job. Votes on replies that are all wrong teach little.")
    if choice_ == "better votes":
        check(wrong > bearable, line + f"{wrong:.0%} wrong votes are borne; do not wait for better ones.")
    elif choice_ != "SFT first":
        check(wrong <= bearable, line + f"{wrong:.0%} of the votes are wrong, and no more than {bearable:.0%} was "
                                        "shown to be borne against clean votes, be the model ahead of SFT or not.")
    if choice_ == "KTO":
        check(given == "thumbs", line + "people compare two replies; KTO's rule is for those who rate single ones.")
    elif choice_ in ("RLHF", "DPO"):
        check(given == "pairs", line + "people rate single replies: there are no pairs to learn from.")
    if choice_ == "RLHF":
        check(judges, line + "a fixed set of pairs and nothing new to judge: a reward model is trained and kept "
                             "for nothing.")
    if choice_ == "DPO":
        check(not judges, line + "it must judge new replies, and DPO leaves nothing that could.")
    wanted = ("SFT first" if not has_sft else "better votes" if wrong > bearable else "KTO" if given == "thumbs" else
              "RLHF" if judges else "DPO")
    check(choice_ == wanted, line + "an earlier rule fits. Read them from the top, and stop at the first that fits.")
passed("Each team learns from what its people can really give.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# Read the rules from the top for each team and stop at the first that fits. Compare the team's share with `bearable`.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# def choose(has_sft, given, wrong, judges):
#     if not has_sft:
#         return "SFT first"
#     if wrong > bearable:
#         return "better votes"
#     if given == "thumbs":
#         return "KTO"
#     return "RLHF" if judges else "DPO"
#
#
# way = {team: choose(*what) for team, what in teams.items()}
# ```
#
# </details>
#
# ### Why? (core, 3 minutes)
#
# Why does DPO need the reference at all? Would `-log sigmoid(chosen - rejected)` not do?
#
# <details><summary>Answer</summary>
#
# Without it, a pair counts as learnt only when the chosen reply is *likelier* than the rejected one. A long reply has a
# lower `logp` than a short one whatever its worth, and so has one with a rare word: the loss would fight such things in
# every pair, and be content wherever the model had ranked the two rightly from the start. The reference takes out what
# each reply's probability owes to its length and its words; what is left is what the votes changed. And it is the
# anchor: `beta` says how dear it is to move away from it.
#
# </details>

# %% [markdown]
# ## In this notebook you saw
#
# - DPO's loss on a pair: minus the log of the sigmoid of a margin, which is `beta` times how much further the policy
#   has moved towards the chosen reply than towards the rejected one. Ours equals TRL's.
# - With the right reference it starts at ln 2, each margin at 0. From a model in memory the reference need not be
#   right, and no error says so. Save each stage and hand on its path.
# - On the real model: what a few hundred votes did, with intervals, and the price beside the gain, kind by kind; five
#   possible reasons, each changed alone; and a habit that, with many votes, spread beyond its occasion. The last cell
#   says it once more.
# - The preferred reply's own likelihood: what became of it, and why a loss on differences does not protect it.
# - Stored runs of the lab model: what a rate can do to the manner, and what number and faults of the votes did, as far
#   as so few trainings can tell; what `beta` does they did not test, since the policy hardly
#   moved. What RLHF, KTO and ORPO need.
# - A win is not a right reply, and a claim to do as well as a rival is worth what the rival's own state is worth.
# - A vote is only as good as the voter, and a chosen reply need not be a good one.
#
# ## Sources
#
# - R. Rafailov et al. 2023, *Direct Preference Optimization: Your Language Model is Secretly a Reward Model*,
#   arXiv:2305.18290
# - A. Pal et al. 2024, *Smaug: Fixing Failure Modes of Preference Optimisation with DPO-Positive*, arXiv:2402.13228:
#   the fall of the chosen reply
# - N. Razin et al. 2024, *Unintentional Unalignment: Likelihood Displacement in Direct Preference Optimization*,
#   arXiv:2410.08847
# - K. Ethayarajh et al. 2024, *KTO: Model Alignment as Prospect Theoretic Optimization*, arXiv:2402.01306
# - J. Hong et al. 2024, *ORPO: Monolithic Preference Optimization without Reference Model*, arXiv:2403.07691
#
# Last, what the votes did to the real model, and what this run took on your computer.

# %%
import psutil

from ftlab.course import doctor

home.cleanup()
print("\n".join(real_said))
memory_gib = psutil.Process().memory_info().rss / 2**30
print(f"{(time.perf_counter() - started) / 60:.1f} minutes, {memory_gib:.1f} GiB of memory in use.")
print(doctor.machine())
