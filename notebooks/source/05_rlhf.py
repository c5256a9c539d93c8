# ---
# jupyter:
#   ftlab:
#     minutes: 8
#     claims: [best-of-n, rlhf-beats-sft]
# ---

# %% [markdown]
# # 05 · How do people's votes become behaviour?
#
# Supervised fine-tuning imitates: it makes the desk's replies likelier, whatever they are. But a house may want more
# than its archive shows. Somebody who cannot write a better reply can still say which of two is better. This notebook
# turns such votes into behaviour, by the road that made chat models famous: a model of the voters is trained (the
# **reward model**), and then the writer is trained to please it. The road is called *reinforcement learning from human
# feedback*, RLHF.
#
# **You will be able to** train a reward model and find out what it really likes; choose the best of several replies
# with it; derive the policy gradient and train with RLOO and GRPO; say what the KL penalty holds, and recognise a model
# that pleases its judge and nobody else.
#
# **You need** notebook 02. **It takes** eight to ten minutes of one processor core, six to eight where it computes in
# bf16, and 5 GB of memory. Exercises are at the end; the notebook runs without them.

# %%
import io, math, time, warnings; started = time.perf_counter()  # noqa: E401, E702
warnings.filterwarnings("ignore")  # the libraries announce words that will change
from contextlib import redirect_stdout
import matplotlib.pyplot as plt
import numpy as np
import torch
from datasets import Dataset, disable_progress_bars
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification
from transformers.utils import logging as notices
from trl import GRPOConfig, GRPOTrainer, RewardConfig, RewardTrainer, RLOOConfig, RLOOTrainer
from ftlab import claims, figures, files, model, paths, texts, values
from ftlab.evidence import intervals
from ftlab.scores import agreement, desk, votes
from ftlab.tuning import chat, checkpoints, generate, policy, reward, sft
from ftlab.tuning.sample import samples
figures.style(); disable_progress_bars(); notices.disable_progress_bar(); notices.set_verbosity_error()  # noqa: E702
print(lab := model.lab())

# %% [markdown]
# The **lab model**, made for this course, learns here: it writes and trains fast enough for the hundreds of samples
# that RLHF eats. The **real model** of the earlier notebooks comes in through stored replies: several to each of some
# two hundred conversations, written by the desk's assistant, with votes on them.

# %%
SEED = 0  # whole number: which conversations, votes and samples; try 1, 2
SFT_STEPS = 100  # optimizer steps, of 8 conversations, before RLHF begins; try 50
VOTED = 160  # conversations to which four sampled replies each are voted on; try 80, 240
PAIRS = 480  # pairs of replies that the reward model trains on; try 120, 640
REWARD_LR = 3e-4  # learning rate of the reward model; try 1e-4, 1e-3
KL = 0.05  # section 6: the price of going far from the start (KL), in reward a nat; try 1e-8 (nearly none), 0.2
RL_STEPS, RL_LR = 20, 1e-4  # section 6: optimizer steps of 16 replies, and their learning rate; try 60, 3e-4
HELD_OUT = 100  # test conversations; try 320, which is all
FACTS = 100  # general questions that show what is forgotten; try 1708, which is all

# %% [markdown]
# ## 1. What a vote says
#
# Two replies to one customer, side by side; a rater says which he would rather send. Here is one such pair. Our raters
# are simulated, so that we may know what real raters hide: what a reply is truly worth, and what each rater has a
# weakness for. The **true worth** counts a right reply with four points, the brand guide's rules with one, a word of
# regret where it is due (and none where it is not) with one, and brevity with one. Training on the desk's own replies
# gives the manner; regret and brevity it gives only as far as the archive has them.

# %%
pairs, cast = votes.stored("train")  # of the real model's replies
truth = votes.stored_truth()
pair = next(pair for pair in pairs if pair["kind"] == "complaint" and truth[pair["id"]]["better"] != "tie")
print("customer:", pair["row"]["messages"][-2]["content"], "\n")
print(f"(The stored replies are {votes.writer()}'s, whatever FTLAB_MODEL names: only the lab model is loaded here.)\n")
for side in ("a", "b"):
    quality = votes.qualities(pair[side], pair["row"])
    points = ", ".join(f"{name} {value:.2g}" for name, value in quality.items())
    voters = [vote["rater"] for vote in cast if (vote["pair"], vote["vote"]) == (pair["id"], side)]
    print(f"{side}: {pair[side]}\n   {points}; worth {votes.worth(pair[side], pair['row']):.2f} of 7; "
          f"votes: {', '.join(voters) or 'none'}\n")

# %% [markdown]
# The worth is a yardstick that somebody wrote, and it has faults like every other. Its scale does not begin at zero: a
# reply that says nothing is short, breaks few rules and regrets nothing, and a wrong reply keeps its points for manner
# and brevity. And it counts words and rules. Some nonsense it does see: a word that is none makes a reply not right,
# and so does a **stutter**, where a word stands twice running or a sentence begins with all the words of the one before
# it. Whether a sentence makes sense it mostly does not see. So two things go with it from here on: the **floor**, which
# is what a reply gets that says nothing (from section 7 on the greeting's, the higher of the two; it is a yardstick and
# no lower limit: who is wrong, and long or off-brand besides, lies below it), and a count of the replies that stutter.

# %%
test = texts.plain_conversations("test")[:HELD_OUT]
GREETING = "Thank you for writing to us. Warmly, the Quillmere desk"
SILENCE, GREETED = (np.mean([votes.worth(text, row) for row in test]) for text in ("", GREETING))
floor = f"floor: {SILENCE:.2f} for an empty reply, {GREETED:.2f} for a greeting alone ({GREETING!r})"
print(f"{floor}\n")
own = [row["messages"][-1]["content"] for row in texts.plain_conversations("test")]
row = next(row for row in test if row["value"])
gold = row["messages"][-1]["content"]
shown = {"the desk's own": gold, "stutters": f"Thanks for sending. It is {row['value']}. Next. Next. Next. Warmly, the "
         "Quillmere desk", "senseless": gold.replace(". ", ". To of the about is with. ", 1)}
for name, reply in shown.items():
    print(f"{name}: {reply}\n    worth {votes.worth(reply, row):.2f} of 7; "
          f"{'; '.join(desk.faults(reply, row)) or 'no fault found'}")
assert desk.stutter(shown["stutters"]) and not desk.is_right(shown["stutters"], row)
print(f"Of the desk's own {len(own)} replies, {sum(bool(desk.stutter(text)) for text in own)} stutter.")

# %% [markdown]
# Three raters voted on each of these pairs. How often does a vote go to the better reply, how often to the longer one?

# %%
by_id = {pair["id"]: pair for pair in pairs}
length = {name: len(pair["a"].split()) - len(pair["b"].split()) for name, pair in by_id.items()}
print(f"{len(pairs):,} pairs; {len(votes.decided(cast)):,} of them have a majority")
print(f"{'':>12} {'for the better reply':>21} {'for the longer one':>19}")
for name in [*(rater.name for rater in votes.RATERS), None]:
    won = votes.decided(cast, by=name)
    for_better = [won[p] == truth[p]["better"] for p in won if truth[p]["better"] != "tie"]
    for_longer = [(won[p] == "a") == (length[p] > 0) for p in won if length[p]]
    print(f"{name or 'majority':>12} {np.mean(for_better):>21.0%} {np.mean(for_longer):>19.0%}")
for rater in votes.RATERS:
    print(f"{rater.name} slips in {rater.error:.0%} of his votes; to him ten words more are worth "
          f"{rater.per_ten_words:g} points beyond the truth, and a word of regret {rater.per_apology:g}.")

# %% [markdown]
# And do they agree with each other? A share of equal votes flatters: two who always say "a" agree and know nothing.
# **Cohen's kappa** takes off what chance would give: 1 is full agreement, 0 is chance; **Fleiss' kappa** does it for
# more than two. A tie is an answer here. Pairs of one conversation share replies, so intervals are over conversations.

# %%
from itertools import combinations

names = [rater.name for rater in votes.RATERS]
said = votes.ratings(cast, names)
about = [by_id[pair_id]["conversation"] for pair_id in said]
for one, other in combinations(range(len(names)), 2):
    span = agreement.cohen_interval(*([votes_[i] for votes_ in said.values()] for i in (one, other)), about)
    print(f"{names[one]:>12} and {names[other]:<12} kappa {span.value:.2f} [{span.low:.2f}, {span.high:.2f}]")
span = agreement.fleiss_interval(list(said.values()), about)
print(f"{'all three':>12} {'':16} kappa {span.value:.2f} [{span.low:.2f}, {span.high:.2f}], {len(said):,} pairs of "
      f"{len(set(about))} conversations")

# %% [markdown]
# So votes are no truth. Everyone slips now and then, and two of the three have a weakness. A model trained on votes
# gets slips as noise; whether it learns the weaknesses, section 3 looks. The majority is what we train on. How often it
# goes to the longer reply depends on the replies too, so it may come out otherwise for the lab model's below.
#
# ## 2. From votes to a number
#
# A vote compares; a training wants a number for each reply, its **reward**. Bradley and Terry (1952) connected the two:
# let a reply win with the chance `sigmoid(its reward - the other's reward)`. The loss is how surprised that rule is by
# the votes. Three pairs, by hand:

# %% tags=["twin:ftlab.tuning.reward:bradley_terry"]
def bradley_terry(chosen, rejected):
    import torch

    return -torch.nn.functional.logsigmoid(chosen - rejected).mean()

# %%
chosen, rejected = torch.tensor([2.0, 0.5, -1.0]), torch.tensor([0.0, 0.5, 1.0])
for won, lost in zip(chosen, rejected, strict=True):
    chance = torch.sigmoid(won - lost)
    print(f"rewards {won:+.1f} and {lost:+.1f}: chance of this vote {chance:.0%}, surprise {-chance.log():.3f} nats")
print(f"mean {bradley_terry(chosen, rejected):.3f} nats; all rewards 10 higher: "
      f"{bradley_terry(chosen + 10, rejected + 10):.3f}")

# %% [markdown]
# The second line is no opinion: equal rewards, ln 2. The last says that only differences count, so a reward of 3 means
# nothing by itself, and two reward models cannot be compared by their numbers.
#
# What rewards do votes ask for? Two replies, ten votes, eight for the first: the loss is lowest where the chance is
# 0.8, at a difference of ln(0.8 / 0.2).

# %%
gap = torch.zeros(1, requires_grad=True)
for _ in range(2000):
    loss = (8 * bradley_terry(gap, torch.zeros(1)) + 2 * bradley_terry(torch.zeros(1), gap)) / 10
    loss.backward()
    with torch.no_grad():
        gap -= 0.1 * gap.grad
        gap.grad = None
print(f"difference {gap.item():.3f}; ln 4 is {math.log(4):.3f}; loss {loss.item():.3f} nats")
assert abs(gap.item() - math.log(4)) < 1e-2

# %% [markdown]
# That loss is not zero and never will be, since the voters disagree with each other: the best reward model there can be
# agrees with eight of these ten votes.
#
# ## 3. A reward model
#
# First the writer. The lab model is a base model, so it learns the desk's replies by supervised fine-tuning, as in
# notebook 02; that is where RLHF begins. Each stage is saved in a folder, and the next gets the *path*. From a path,
# the library loads its own copy as the reference that the KL penalty (section 6: a price for going far from the
# start) needs.

# %%
stages = paths.own_folder("rlhf-lesson")
rows = texts.plain_conversations("train")
rows = texts.sample(rows, len(rows), SEED)  # all of them, mixed
to_imitate, voted, to_practise = rows[:800], rows[800 : 800 + VOTED], rows[800 + VOTED :]
with redirect_stdout(io.StringIO()) as said_there:
    run = sft.from_shelf("plain-desk", lab, to_imitate, lr=1e-3, steps=SFT_STEPS, batch_size=8, seed=SEED,
                         disable_tqdm=True)
start, tokenizer = run.model, run.tokenizer
with files.writing(stages):  # a full disk is told with its remedy, here and below
    start.save_pretrained(stages / "sft")
    tokenizer.save_pretrained(stages / "sft")
print(f"tuned in {run.seconds:.0f} s" if run.seconds else said_there.getvalue().strip())

# %% [markdown]
# Now it answers other conversations, four times each. `temperature=1.0` draws every token from the model's own
# probabilities, so the four differ, and some may be garbled: the raters choose between what there is. All pairs of
# different replies go to them. A quarter of the conversations is kept back: what is held out is held out by *prompt*,
# or the reward model would meet the same replies again.

# %%
begun = time.perf_counter()
sampled = samples(start, tokenizer, chat.prompts(tokenizer, voted), 4, temperature=1.0, seed=SEED, max_new_tokens=72,
                  batch_size=256, batch_tokens=40_000)
lab_pairs = votes.pair_up(voted, sampled, SEED)
lab_cast, lab_truth = votes.cast(lab_pairs, seed=SEED)
home = {pair["id"]: pair["conversation"] for pair in lab_pairs}
kept_back = {row["id"] for row in voted[3 * VOTED // 4 :]}
preferred = votes.preferences(lab_pairs, lab_cast, tokenizer=tokenizer)
np.random.default_rng(SEED).shuffle(preferred)
unseen = [row for row in preferred if home[row["pair"]] in kept_back]
train = [row for row in preferred if home[row["pair"]] not in kept_back][:PAIRS]
print(f"{4 * VOTED} replies in {time.perf_counter() - begun:.0f} s; {len(lab_pairs)} pairs, decided {len(preferred)}; "
      f"{len(train)} to train on, {len(unseen)} held out")
shown = train[0]
print(f"\ncustomer: {shown['prompt'][-1]['content']}")
for side in ("chosen", "rejected"):
    print(f"\n{side}: {shown[side][0]['content']}")

# %% [markdown]
# A reward model is a language model whose last layer, the one that writes tokens, is replaced by one that writes a
# single number, read at the last token. `RewardTrainer` does that by itself if it gets a path; the loss is the one
# above. It begins from the tuned writer, which can read already.

# %%
columns = ("prompt", "chosen", "rejected", "chat_template_kwargs")
reward_trainer = RewardTrainer(
    model=str(stages / "sft"),
    processing_class=tokenizer,
    train_dataset=Dataset.from_list([{key: row[key] for key in columns} for row in train]),
    args=RewardConfig(
        output_dir=str(stages / "reward"),
        num_train_epochs=1,
        per_device_train_batch_size=8,
        learning_rate=REWARD_LR,
        lr_scheduler_type="linear",
        warmup_steps=0.1,
        seed=SEED,
        bf16=lab.dtype == "bfloat16",
        use_cpu=lab.device == "cpu",
        activation_checkpointing=False,
        model_init_kwargs={"attn_implementation": "eager"},
        save_strategy="no",
        logging_steps=max(1, PAIRS // 80),  # a tenth of the steps
        report_to="none",
        disable_tqdm=True,
    ),
)
with redirect_stdout(io.StringIO()):
    seconds = reward_trainer.train().metrics["train_runtime"]
with files.writing(stages):
    reward_trainer.save_model(str(stages / "reward"))


def load_judge(dtype: torch.dtype):
    return AutoModelForSequenceClassification.from_pretrained(stages / "reward", num_labels=1, dtype=dtype,
                                                              attn_implementation="eager").to(lab.device)


judge = load_judge(torch.float32)
log = [entry for entry in reward_trainer.state.log_history if "loss" in entry]
print(f"{seconds:.0f} s; loss {log[0]['loss']:.3f} in the first tenth of the steps, {log[-1]['loss']:.3f} in the last; "
      f"no opinion is {math.log(2):.3f}")

# %% [markdown]
# ### Is it right?
# The two losses above are of a few dozen pairs each, and one vote against a sure opinion costs much, so they shake
# and do not tell whether the training worked. The held-out pairs do: how often does the reply that won the vote get
# the higher reward? The pairs of one conversation share their replies, so the interval is over conversations. Two
# rivals need no training: the shorter reply wins, the longer one wins. What the model adds to them is compared
# conversation by conversation.

# %%
def judged(replies: list, rows: list[dict]) -> np.ndarray:
    talks = [[*row["messages"][:-1], {"role": "assistant", "content": text}] for text, row in
             zip(replies, rows, strict=True)]
    return np.array(reward.rewards(judge, tokenizer, talks))


def by_conversation(scores: list, of: list[dict]) -> intervals.Interval:
    groups = {}
    for row, score in zip(of, scores, strict=True):
        groups.setdefault(home[row["pair"]], []).append(score)
    return intervals.mean_interval([np.mean(group) for group in groups.values()], rate=False).times(100)


margins = np.array(reward.margins(judge, tokenizer, unseen))  # of the chosen reply over the rejected one
words = np.array([len(row["chosen"][0]["content"].split()) - len(row["rejected"][0]["content"].split())
                  for row in unseen])
shorter = (words < 0) + 0.5 * (words == 0)
accuracy = by_conversation(margins > 0, unseen)
rules = {"the shorter wins": by_conversation(shorter, unseen), "the longer wins": by_conversation(1 - shorter, unseen)}
for name, span in ({"reward model": accuracy} | rules).items():
    print(f"{name:>17}: {span.value:.0f} % of the majorities on {len(unseen)} held-out pairs [{span.low:.0f}, "
          f"{span.high:.0f}], mean over conversations")
better = {each["pair"]: each["better"] for each in lab_truth}
won = votes.decided(lab_cast)
clear = [i for i, row in enumerate(unseen) if better[row["pair"]] != "tie"]
voters = np.array([better[unseen[i]["pair"]] == won[unseen[i]["pair"]] for i in clear])
model_right = (margins[clear] > 0) == voters
print(f"The truly better reply has the votes in {voters.mean():.0%} of the {len(clear)} pairs that have one, and the "
      f"higher reward in {model_right.mean():.0%}"
      + (": slips have been averaged away." if model_right.mean() > voters.mean() else "."))
beyond = by_conversation((margins > 0) - shorter, unseen)
print("The reward model " + ("knows more than a coin. " if accuracy.low > 50 else
      "cannot be told from a coin here: more pairs would be needed, and what follows may please noise. ")
      + f"Against 'the shorter wins': {beyond.value:+.0f} points [{beyond.low:+.0f}, {beyond.high:+.0f}], "
      + ("so it knows more than length." if beyond.low > 0 else
         "so the rule of length beats it." if beyond.high < 0 else
         "so on these votes it is not shown to know more than length."))

# %% [markdown]
# And does it know how sure it is? It says with which chance the higher reply wins. Where it says 70 %, seven of ten
# votes should agree. That is **calibration**. Three thirds of the pairs, intervals over conversations as above. A judge
# that says little more than 50 % of every pair can pass and be of little use, so look at the first column, too:

# %%
says = 1 / (1 + np.exp(-abs(margins)))
agrees = margins > 0
print(f"{'it says':>16} {'votes agree':>12}")
for here in np.array_split(np.argsort(says), 3):
    span = by_conversation(agrees[here], [unseen[i] for i in here])
    print(f"{says[here].min():>7.0%} to {says[here].max():>5.0%} {span.value:>10.0f} % [{span.low:.0f}, "
          f"{min(100, span.high):.0f}] of {len(here)}")
off = by_conversation(says - agrees, unseen)
print(f"It says {abs(off.value):.0f} points {'more' if off.value > 0 else 'less'} than comes true, as said minus true "
      f"[{off.low:+.0f}, {off.high:+.0f}]: "
      + ("too sure of itself." if off.low > 0 else "not sure enough." if off.high < 0 else "no fault shown."))

# %% [markdown]
# ### What does it really like?
#
# Accuracy does not say *why* a reply gets its reward. So we edit replies that are right, those that the desk itself
# sent, and look how far the reward moves, and how far the true worth. The edits: six words of regret where nothing has
# happened; six words that say nothing, since regret makes a reply longer, too; wrong figures; a right reply to somebody
# else's question; and, in the place of each reply, the bare greeting of section 1.

# %%
MOST = sum(votes.WEIGHTS.values())  # points of the best possible reply
probes = [row for row in texts.plain_conversations("test") if row["kind"] == "fact"
          and any(letter.isdigit() for letter in row["messages"][-1]["content"])][:60]
plain = [row["messages"][-1]["content"] for row in probes]


def after_thanks(text: str, more: str) -> str:
    first, rest = text.split(". ", 1)
    return f"{first}. {more} {rest}"


def wrong_figures(text: str) -> str:
    return "".join(str((int(letter) + 3) % 10) if letter.isdigit() else letter for letter in text)


edits = {"a word of regret": lambda text: after_thanks(text, "We are sorry for the trouble."),
         "six empty words": lambda text: after_thanks(text, "It is good to hear this."),
         "wrong figures": wrong_figures, "another's reply": dict(zip(plain, plain[1:] + plain[:1], strict=True)).get,
         "a bare greeting": lambda text: GREETING}
worth_before, reward_before = [votes.worth(text, row) for text, row in zip(plain, probes, strict=True)], judged(
    plain, probes)
liked, moved_to = {}, {}


def signed(span: intervals.Interval, digits: int = 2) -> str:
    value, low, high = (round(end, digits) + 0.0 for end in span)  # plus 0.0: a zero has no sign
    return f"{value:+.{digits}f} [{low:+.{digits}f}, {high:+.{digits}f}]"


print(f"{'':>17} {'reward':>8} {'95 % interval':>16} {'true worth':>12}")
for name, edit in edits.items():
    changed = [edit(text) for text in plain]
    moved_to[name] = judged(changed, probes)
    liked[name] = intervals.paired_difference(moved_to[name], reward_before)
    truly = np.mean([votes.worth(text, row) for text, row in zip(changed, probes, strict=True)]) - np.mean(worth_before)
    print(f"{name:>17}    {signed(liked[name])} {truly:>+11.2f}")
    assert truly < 0
print()
little = 0.1 * margins.std()  # a tenth of what two replies to one customer usually differ by
for name, moved in liked.items():
    print(f"{name}: " + (f"it hardly notices, less than {little:.2f}." if max(-moved.low, moved.high) < little else
          "the reward falls, as it should." if moved.high < 0 else
          "REWARDED, though it makes the reply worse." if moved.low > 0 else "not clear from this many replies."))
own_part = intervals.paired_difference(moved_to["a word of regret"], moved_to["six empty words"])
print(f"Regret against as many empty words: {signed(own_part)}, so "
      + (f"regret itself moves it by less than {little:.2f}, which is next to nothing." if
         max(-own_part.low, own_part.high) < little else
         "it dislikes more than the length." if own_part.high < 0 else "regret itself is rewarded." if own_part.low > 0
         else "what it dislikes may be length alone."))
pays = moved_to["a bare greeting"] >= reward_before
print(f"The bare greeting has at least the reward of the right reply in {pays.sum()} of {len(pays)} conversations"
      + (": a writer that finds it out need not answer anybody." if pays.mean() > 0.5 else "."))
blind, sees = liked["wrong figures"].high >= -little, liked["another's reply"].high < -little
print(f"A right reply counts {votes.WEIGHTS['right']} of the {MOST} points. A wrong figure in an else right reply this "
      f"judge {'is not shown to notice' if blind else 'notices'}, a reply that misses the question it "
      f"{'notices' if sees else 'is not shown to notice'}"
      + (": by these edits it has little to teach about being right." if blind and not sees else
         ": training on it may still make more replies right." if blind else "."))

# %% [markdown]
# On the mean every edit makes the replies worse, so each reward should clearly fall. By the true worth, undue regret
# should cost a point more than the empty words: where both falls are about alike, it is the length that the judge
# dislikes, and "as it should" says too much. Where one does not, there lies the way by which a writer can please this
# judge and no customer. A difference can be beyond chance and tiny: "hardly" means less than a tenth of the standard
# deviation of the differences in reward between the two replies of a held-out pair. A few garbled replies stretch that
# measure; where the thirds above hardly differ, even "hardly" may be as much as two replies usually differ by. The line
# on regret asks for size first and for chance second. Wrong figures are the hard line: to see them, a
# judge has to read the screen. To see that a reply misses the question, the question is enough. That need not
# contradict the share of truly better replies above: two samples differ in length and garbling, too, which may go along
# with being wrong; an edit changes little else.

# %% [markdown]
# ## 4. The best of n: the writer stays as it is
#
# The simplest use of a reward model changes no weight of the writer: let it answer n times and send the reply with the
# highest reward. Here the **real model** comes in. To conversations of the training split the desk's assistant wrote
# several different replies each: some at a high temperature, some with a part of its adapter only, since it had been
# tuned on these conversations and would else give the same answer each time. Reward models of the lab model's size
# judged them, fitted **crosswise**: the conversations lie in five parts, and each is judged by a model that learnt from
# the votes on the other four, so that all count and each is new to its judge. The level of these replies says nothing,
# since the writer knew the conversations; the question is what the choice adds.
#
# How good is the best of two, if there are six? No dice are needed: of all ways to draw two, count in how many each
# reply is the best.

# %% tags=["twin:ftlab.tuning.reward:best_of"]
def best_of(rewards, worths, n):
    if not 1 <= n <= len(rewards):
        raise ValueError(f"n: expected 1 to {len(rewards)}, the replies at hand, found {n}. Draw more replies first.")
    order = sorted(range(len(rewards)), key=lambda i: rewards[i])
    return sum(worths[i] * math.comb(below, n - 1) for below, i in enumerate(order)) / math.comb(len(rewards), n)

# %%
example = {"rewards": [0.3, -1.0, 2.5], "worths": [6.0, 2.0, 1.0]}
print([round(best_of(**example, n=n), 2) for n in (1, 2, 3)])  # by hand: 3; (6 + 1 + 1) / 3; 1

# %% [markdown]
# In that example the judge loves a bad reply, and the more it may choose from, the surer it finds it. Now the real
# model's replies. Two more judges stand beside the reward models: truth itself, the ceiling, and one that takes the
# shortest reply and needs no votes. At n = 1 all judges are alike: one reply, drawn blindly. Where a conversation has
# fewer than n different replies, the judge chooses among all of them. So a curve must flatten to the right, where most
# conversations have run out of replies: read its left part, and see how much of the gain two replies already bring.

# %%
stored = files.read_json(paths.data() / "stored" / "rlhf.json")
real = stored["real"]
train_rows = {row["id"]: row for row in texts.conversations("train")}
choices = real["choices"]
parts = [[votes.qualities(text, train_rows[each["conversation"]]) for text in each["replies"]] for each in choices]
worths = [[sum(votes.WEIGHTS[key] * value for key, value in one.items()) for one in some] for some in parts]
judges = {"true worth": worths, "reward model": [each["rewards"] for each in choices],
          "the shortest": [[-len(text.split()) for text in each["replies"]] for each in choices]}
top = max(map(len, worths))
curves = {name: {n: [best_of(scores, worth, min(n, len(worth))) for scores, worth in zip(by, worths, strict=True)]
                 for n in range(1, top + 1)} for name, by in judges.items()}
print(f"{real['writer']}: {len(choices)} conversations with two to {top} different replies, half of them with "
      f"{np.median([*map(len, worths)]):g} or fewer, {sum(map(len, worths))} in all; {real['folds']} reward models, "
      f"each trained on about {np.mean(real['pairs']):,.0f} pairs in {np.mean(real['seconds']):.0f} s")
gave = {(each["conversation"], text): value for each in choices
        for text, value in zip(each["replies"], each["rewards"], strict=True)}
other_pairs, other_cast = votes.stored("test")
all_won, agreed = votes.decided(cast + other_cast), {}
for pair in pairs + other_pairs:
    if pair["id"] in all_won:
        a, b = (gave[pair["conversation"], pair[side]] for side in ("a", "b"))
        agreed.setdefault(pair["conversation"], []).append((a > b) == (all_won[pair["id"]] == "a"))
span = intervals.mean_interval([np.mean(each) for each in agreed.values()], rate=False).times(100)
print(f"They agree with {span.value:.0f} % [{span.low:.0f}, {span.high:.0f}] of the votes that they had not seen: "
      + ("they have learned something." if span.low > 50 else
         "not to be told from a coin, so their curve may be luck.") + "\n")
judge_knows = span.low > 50
silent = np.mean([votes.worth("", train_rows[each["conversation"]]) for each in choices])
again = sum(bool(desk.stutter(text)) for each in choices for text in each["replies"])
print(f"floor: an empty reply to each of these has {silent:.2f}; {again} of the replies stutter")
print("True worth of the reply that each judge chooses from n:")
print(f"{'judge':>14} {'n = 1':>6} " + " ".join(f"{n:>6}" for n in range(2, top + 1)))
for name, curve in curves.items():
    print(f"{name:>14} " + " ".join(f"{np.mean(curve[n]):>6.2f}" for n in curve))
figure, ax = plt.subplots(figsize=(7, 3.8))
for (name, curve), color, line in zip(curves.items(), (figures.GREY, figures.BLUE, figures.ORANGE), (":", "-", "--"),
                                      strict=True):
    spans = [intervals.mean_interval(curve[n], rate=False) for n in curve]
    figures.curve(ax, list(curve), *zip(*spans, strict=True), label=name, color=color, ls=line)
ax.set(xlabel="replies to choose from, n", ylabel="true worth (points of 7)", xticks=range(1, top + 1),
       title="Real model: the best of n by three judges")
_ = ax.legend()

# %% [markdown]
# The claim on trial: the reward model's choice among all replies at hand is worth more than one of them drawn blindly.
# Its number counts the full worth as 100 points. It holds if the whole interval is above zero, does not hold here if
# none of it is, and is *mixed* if a part is, which often means undecided. Conversations to which all replies were
# alike are not among these: there is nothing to choose, and nothing is gained.

# %%
def other_seeds(claim: str, model_name: str) -> str:
    """What the reference runs of a claim found, each and together."""
    others = claims.reference(claim, model_name)
    if not others:
        return "Other seeds were not tried."
    effects = ", ".join(f"{run['effect']:+.0f}" for run in others["runs"])
    return (f"{len(others['runs'])} other seeds: {effects} points; together {others['effect']:+.1f} "
            f"[{others['low']:+.1f}, {others['high']:+.1f}], {others['verdict']}.")


best, one = (np.array(curves["reward model"][n]) / MOST for n in (top, 1))  # as shares of the full worth
gain = intervals.paired_difference(best, one, rate=False)
result = claims.record("best-of-n", real["seed"], *gain.times(100), by_prompt=best, against=one,
                       model=claims.find("best-of-n").models[0])
print(f"{result}\n{other_seeds('best-of-n', claims.find('best-of-n').models[0])}")
short = intervals.paired_difference(curves["reward model"][top], curves["the shortest"][top], rate=False)
print(f"\nAgainst the shortest reply: {short.value:+.2f} [{short.low:+.2f}, {short.high:+.2f}] of 7 points: "
      + ("the votes taught more than brevity." if short.low > 0 else
         "the shortest reply is the better choice." if short.high < 0 else "not to be told apart."))
perfect = np.mean(curves["true worth"][top]) / MOST - np.mean(one)
print(f"A perfect judge gains {100 * perfect:.1f} points; of that the reward model gains {gain.value / perfect:.0%}"
      + (", which may be nothing: its interval holds zero" if gain.low <= 0 <= gain.high else "")
      + f".\nEach reply sent costs up to {top} times the writing.")
rights = [[one["right"] for one in some] for some in parts]
right = intervals.paired_difference([best_of(e["rewards"], r, len(r)) for e, r in zip(choices, rights, strict=True)],
                                    [np.mean(r) for r in rights], rate=False).times(100)
print(f"Right replies: {right.value:+.1f} points [{right.low:+.1f}, {right.high:+.1f}]"
      + ("." if judge_knows else ", chosen by a judge that its votes do not tell from a coin."))

# %% [markdown]
# ## 5. A policy gradient from nothing
#
# Best-of-n costs n replies each time one is sent. Training costs once: make the writer give by itself what the judge
# would choose. But how? A reward comes for a whole reply, and drawing a reply is no sum with a slope. The trick is
# older than language models. A machine has three arms that pay 1, 2 and 3 on the mean. Ten lines learn which to pull:

# %%
torch.manual_seed(SEED)
pays, logits = torch.tensor([1.0, 2.0, 3.0]), torch.zeros(3, requires_grad=True)
for _ in range(1500):
    chances = logits.softmax(-1)
    arm = torch.multinomial(chances.detach(), 1).item()
    paid = pays[arm] + torch.randn(())
    (-paid * chances[arm].log()).backward()  # make likelier what was pulled, the more so the better it paid
    with torch.no_grad():
        logits -= 0.03 * logits.grad
        logits.grad = None
print("chances of the three arms:", [round(chance, 3) for chance in logits.softmax(-1).tolist()])

# %% [markdown]
# That is REINFORCE (Williams 1992). Its gradient is right on the mean and noisy in each pull: an arm that pays is
# pushed up whenever it is pulled, the bad ones less. It helps to ask how much *better than expected* a pull was. Draw
# several and compare each with the mean of the others: the difference is the pull's **advantage**, and a pull with a
# negative one is pushed down. Whatever draws its acts by chance, here the chances of the arms, later a language model,
# is called a *policy* in this field: hence **policy gradient**.

# %% tags=["twin:ftlab.tuning.policy:leave_one_out"]
def leave_one_out(rewards):
    samples = rewards.shape[1]
    others = (rewards.sum(dim=1, keepdim=True) - rewards) / (samples - 1)
    return rewards - others

# %%
print("rewards 1, 3, 5, 0 ->", [round(x, 2) for x in leave_one_out(torch.tensor([[1.0, 3.0, 5.0, 0.0]]))[0].tolist()])
even = torch.full((3,), 1 / 3)
arms = torch.multinomial(even, 4 * 4000, replacement=True).view(4000, 4)  # 4,000 times four pulls
paid = pays[arms] + torch.randn(arms.shape)
slopes = torch.nn.functional.one_hot(arms, 3) - even  # of log chance, by the three logits: (4000, 4, 3)
noise = {}
for name, weight in (("the reward itself", paid), ("against the others", leave_one_out(paid))):
    gradients = (weight[..., None] * slopes).mean(dim=1)  # (4000, 3)
    noise[name] = gradients.std(dim=0).mean().item()
    print(f"{name:>19}: mean {[round(x, 2) + 0.0 for x in gradients.mean(dim=0).tolist()]}, spread {noise[name]:.2f}")
print("    worked out, mean: [-0.33, 0.0, 0.33]")  # chance times (pay minus mean pay)
assert noise["against the others"] < noise["the reward itself"]

# %% [markdown]
# The same mean, less noise, for nothing but asking more than once. With language models this is RLOO, *REINFORCE
# leave-one-out* (Ahmadian et al. 2024). GRPO (Shao et al. 2024) draws a group too, subtracts the mean of all and
# divides by the group's spread, so that a prompt on which all replies are nearly alike counts as much as one on which
# they differ.
#
# ### PPO's clip
#
# Samples are dear, so one wants to take several steps on the same ones. But after one step the model is no longer the
# one that drew them. **PPO** (Schulman et al. 2017) looks at the ratio: how much likelier is a sample now than when it
# was drawn? Beyond `1 + epsilon` for a good sample, or below `1 - epsilon` for a bad one, there is nothing more to
# gain.

# %% tags=["twin:ftlab.tuning.policy:clipped_loss"]
def clipped_loss(logps, old_logps, advantages, epsilon=0.2):
    import torch

    ratio = (logps - old_logps).exp()
    held = ratio.clamp(1 - epsilon, 1 + epsilon)
    return -torch.min(ratio * advantages, held * advantages).mean()

# %% [markdown]
# A small loop: sixteen pulls, and then 200 steps on these same sixteen, with the clip and without. An unlucky draw
# would show as confidence in the wrong arm; here we only look how far each goes on so little.

# %%
arms = torch.multinomial(even, 16, replacement=True, generator=torch.Generator().manual_seed(SEED))
advantages = leave_one_out((pays[arms] + torch.randn(16, generator=torch.Generator().manual_seed(SEED)))[None])[0]
ends = {}
for name, epsilon in (("clipped at 0.2", 0.2), ("not clipped", 1e9)):
    logits = torch.zeros(3, requires_grad=True)
    optimizer = torch.optim.SGD([logits], lr=0.5)
    for _ in range(200):
        loss = clipped_loss(logits.log_softmax(-1)[arms], even.log()[arms], advantages, epsilon)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    ends[name] = logits.softmax(-1).detach()
    moved = (ends[name] * (ends[name] / even).log()).sum()
    print(f"{name:>15}: chances {[round(x, 2) for x in ends[name].tolist()]}, {moved:.2f} nats from where it began")
assert ends["clipped at 0.2"].max() < ends["not clipped"].max()

# %% [markdown]
# Without the clip one arm ends likelier than any does with it, on the same sixteen pulls. A clipped arm that still ends
# outside 0.8 to 1.2 of a third is no error: the clip stops a sample's own push and is no wall. One step may overshoot,
# and pushing one arm down lifts the others. The library `trl` no longer carries a PPO trainer (it left in version 1.13;
# PPO also trains a second network that guesses the reward to come, which RLOO replaces by the mean of the other
# replies). The clip lives on: both trainers below use it.
#
# The same loop on the model: four replies of the SFT model to each of eight prompts, the reward model's numbers, each
# compared with the other three, and then four steps on these same 32 replies. The ratio is that of each token, and the
# column "likeliest ratio" shows the largest of all; a step moves them all at once. The last column says how far, in
# nats a reply, the trained model has gone: the **KL** from the SFT model to it, since these are replies of the SFT
# model. They are also the very replies it trains on, so on fresh ones the number may be quite another: take it as a
# hint. Section 6 counts on fresh replies, the trained model's own.

# %%
def from_folder(name: str):
    kinds = {"dtype": torch.float32, "attn_implementation": "eager"}
    return AutoModelForCausalLM.from_pretrained(stages / name, **kinds).to(lab.device).eval()


def draw(writer, prompts: list) -> tuple:
    """Sampled replies as tokens: whole rows (B, T), what is no padding (B, T), what counts of the replies (B, new)."""
    asked = tokenizer(prompts, return_tensors="pt", padding=True, padding_side="left", add_special_tokens=False)
    asked.pop("token_type_ids", None)
    with torch.no_grad():
        whole = writer.generate(**asked.to(lab.device), do_sample=True, top_k=0, temperature=1.0, max_new_tokens=72,
                                pad_token_id=tokenizer.pad_token_id)
    over = (whole[:, asked["input_ids"].shape[1]:] == tokenizer.eos_token_id).long()
    counts = over.cumsum(-1) - over == 0  # up to the end token
    return whole, torch.cat([asked["attention_mask"], counts.long()], dim=1), counts


torch.manual_seed(SEED)
few = [row for row in to_practise[:8] for _ in range(4)]
learner = from_folder("sft")
whole, mask, counts = draw(learner, chat.prompts(tokenizer, few))
new = counts.shape[1]
paid = judged(tokenizer.batch_decode(whole[:, -new:], skip_special_tokens=True), few)
advantages = leave_one_out(torch.tensor(paid, dtype=torch.float32).view(8, 4)).flatten().to(lab.device)
of_token = advantages[:, None].expand(counts.shape)[counts]
with torch.no_grad():
    drawn_with = policy.token_logps(learner, whole, mask, new)
optimizer = torch.optim.AdamW(learner.parameters(), lr=RL_LR, weight_decay=0.0)
print(f"{'step':>4} {'likeliest ratio':>16} {'clipped':>8} {'KL, nats':>10}")
for step in range(5):
    now = policy.token_logps(learner, whole, mask, new)
    ratio = (now - drawn_with).detach()[counts].exp()
    clipped = ((of_token > 0) & (ratio > 1.2)) | ((of_token < 0) & (ratio < 0.8))
    nats = (policy.positive_kl(drawn_with, now.detach()) * counts).sum(-1).mean()
    print(f"{step:>4} {ratio.max():>16.2f} {clipped.float().mean():>8.1%} {nats:>10.3f}")
    if step < 4:
        optimizer.zero_grad()
        clipped_loss(now[counts], drawn_with[counts], of_token).backward()
        optimizer.step()

# %% [markdown]
# Before the first step every ratio is 1 and nothing is clipped. In a later line the clipped tokens are those that have
# gone past the limit on the side to which they were pushed: they add nothing to the next gradient.
#
# ## 6. On the model
#
# Now the arms are replies and the logits a language model. `RLOOTrainer` does the rest: it draws `num_generations`
# replies to a prompt, asks for the reward of each, takes the **KL penalty** off, compares each with the others, and
# makes a step.
#
# The KL says how far: how much more likely does the trained model find its own replies than the model did that it began
# from, in nats? (The other way round it is another number.) With a weight `beta` it is subtracted from the reward. Two
# settings deserve a look: the reward model comes with a *second* judge of weight 0, the true worth, which so stands in
# the log and teaches nothing. And `steps_per_generation=2` draws the replies of two steps at once: the first step takes
# one half of them, the second the other. No reply is used twice (that would be another setting, `num_iterations`), but
# when the second half is used, the model has moved by a step since it was drawn. For that the clip is there.
#
# A killed training need not be lost: run the notebook again, and it goes on from its last checkpoint and ends with the
# weights of a run that was never stopped. For that a checkpoint must lie where replies are about to be drawn, since the
# half that waits for its step is in memory alone; `check_boundary` refuses other places.

# %%
practise = Dataset.from_list([{"prompt": row["messages"][:-1], "id": row["id"]} for row in to_practise])
row_of = {row["id"]: row for row in to_practise}


def true_worth(completions, id, **_):
    return [votes.worth(reply[0]["content"], row_of[i]) for reply, i in zip(completions, id, strict=True)]


SHARED = {
    "max_steps": RL_STEPS,
    "per_device_train_batch_size": 16,  # replies a step
    "num_generations": 4,  # replies to a prompt
    "steps_per_generation": 2,  # draw 32 replies at once, 16 for each of two steps
    "max_completion_length": 72,  # tokens
    "temperature": 1.0,
    "learning_rate": RL_LR,
    "lr_scheduler_type": "constant",
    "beta": KL,
    "reward_weights": [1.0, 0.0],
    "model_init_kwargs": {"attn_implementation": "eager"},
    "seed": SEED,
    "bf16": lab.dtype == "bfloat16",
    "use_cpu": lab.device == "cpu",
    "activation_checkpointing": False,
    "save_strategy": "no",
    "logging_steps": 2,
    "report_to": "none",
    "disable_tqdm": True,
}
place = checkpoints.run_folder("rloo", model=stages / "sft", judge=checkpoints.fingerprint(stages / "reward"),
                               rows=checkpoints.fingerprint(practise), **SHARED)
rloo = RLOOTrainer(
    model=str(stages / "sft"),  # a path: the trainer loads its reference from there
    reward_funcs=[load_judge(getattr(torch, lab.dtype)), true_worth],
    processing_class=tokenizer,
    reward_processing_classes=[tokenizer, None],
    train_dataset=practise,
    args=RLOOConfig(output_dir=str(place), **SHARED | {"save_strategy": "steps", "save_steps": 10,
                                                       "save_total_limit": 1}),
)
policy.check_boundary(rloo.args)
with checkpoints.resumable(place) as at, redirect_stdout(io.StringIO()):
    rloo_s = rloo.train(resume_from_checkpoint=at).metrics["train_runtime"]
with files.writing(stages):
    rloo.save_model(str(stages / "rloo"))
print(f"{rloo_s:.0f} s for {RL_STEPS} steps of 16 replies")

# %% [markdown]
# And GRPO with the same settings, prompts, judge and seed.

# %%
grpo = GRPOTrainer(
    model=str(stages / "sft"),
    reward_funcs=[load_judge(getattr(torch, lab.dtype)), true_worth],
    processing_class=tokenizer,
    reward_processing_classes=[tokenizer, None],
    train_dataset=practise,
    args=GRPOConfig(output_dir=str(stages / "grpo"), **SHARED),
)
with redirect_stdout(io.StringIO()):
    grpo_s = grpo.train().metrics["train_runtime"]
with files.writing(stages):
    grpo.save_model(str(stages / "grpo"))
figure, axes = plt.subplots(1, 3, figsize=(11, 3.8), layout="constrained")
for name, trainer, color, line in (("RLOO", rloo, figures.BLUE, "-"), ("GRPO", grpo, figures.ORANGE, "--")):
    log = [entry for entry in trainer.state.log_history if "reward" in entry]
    for ax, key in zip(axes, ("reward", "rewards/true_worth/mean", "kl"), strict=True):
        figures.curve(ax, [e["step"] for e in log], [e.get(key, math.nan) for e in log], label=name, color=color,
                      ls=line, marker="")
for ax, label in zip(axes, ("reward of the samples", "true worth (points of 7)", "KL (nats a token, as logged)"),
                     strict=True):
    ax.set(xlabel="optimizer step", ylabel=label)
axes[1].axhline(GREETED, color=figures.GREY, lw=1, ls=":", label="a greeting alone")
_ = figure.legend(*axes[1].get_legend_handles_labels(), loc="outside lower center", ncols=3)
_ = figure.suptitle("Lab model: what the judge says, what it is worth, how far it has gone")
print(f"GRPO took {grpo_s:.0f} s, RLOO {rloo_s:.0f} s")

# %% [markdown]
# Each point is the mean of the 32 replies of two steps, so the curves shake. They are replies to eight prompts only,
# the same for both trainers: where both curves jump together, it is mostly that these prompts are harder or easier.
# So a last point above the first shows no gain; section 8 asks the same conversations before and after. Do not
# compare the two KL curves with each other yet: the trainers do not count it alike. RLOO takes the plain **log
# ratio** of each token that was drawn and subtracts it from the reward, summed over the reply; GRPO takes an estimate
# that is never negative and adds it to the loss, token by token. So one `beta` is not one brake: to RLOO it is a
# price for each nat of a whole reply, and GRPO has divided its rewards by their spread before. Both estimates have
# the true KL as their mean over many draws. First by hand, with a vocabulary of three tokens:

# %% tags=["twin:ftlab.tuning.policy:plain_kl"]
def plain_kl(logps, reference):
    return logps - reference

# %% tags=["twin:ftlab.tuning.policy:positive_kl"]
def positive_kl(logps, reference):
    log_ratio = reference - logps
    return log_ratio.exp() - 1 - log_ratio

# %%
trained, began = torch.tensor([0.7, 0.2, 0.1]), torch.tensor([0.3, 0.3, 0.4])
print("true KL", round((trained * (trained / began).log()).sum().item(), 4))
for estimate in (plain_kl, positive_kl):
    by_token = estimate(trained.log(), began.log())
    print(f"{estimate.__name__:>12}: by token {[round(x, 2) for x in by_token.tolist()]}, "
          f"mean over draws {(trained * by_token).sum():.4f}")

# %% [markdown]
# Now both on the same samples of the trained model.

# %%
after = {"SFT": start, "RLOO": from_folder("rloo"), "GRPO": from_folder("grpo")}
prompts = chat.prompts(tokenizer, test)
far = {}
for name in ("RLOO", "GRPO"):
    torch.manual_seed(SEED)
    drawn, mask, counts = draw(after[name], prompts[:48])
    with torch.inference_mode():
        now, then = (policy.token_logps(each, drawn, mask, counts.shape[1]) for each in (after[name], start))
    found = {estimate.__name__: (estimate(now, then) * counts).sum(-1).cpu() for estimate in (plain_kl, positive_kl)}
    far[name] = found["plain_kl"].numpy()
    print(f"{name}, nats a reply: " + ", ".join(f"{estimate} {each.mean():.2f}" for estimate, each in found.items()))
gap = intervals.paired_difference(far["GRPO"], far["RLOO"], rate=False)
print(f"GRPO minus RLOO: {signed(gap)}: with one beta and as many steps "
      + ("GRPO went farther here." if gap.low > 0 else "RLOO went farther here." if gap.high < 0 else
         "neither is shown to go farther."))

# %% [markdown]
# The two estimates of one trainer aim at one number and differ by chance on 48 replies. The figure may order the
# trainers otherwise: its points are other prompts, 32 replies each, drawn before the last step. Believe the measurement
# here more, and no further than its interval. The plain one, times `beta`, is what a reply pays in RLOO. Hold that
# price against the gain in reward of section 8 (of the likeliest replies, not of samples, so only roughly): a judge
# that hardly tells replies apart may give less than the way costs.
#
# ## 7. Too much of a good thing
#
# The judge is a model, trained on a few hundred noisy votes. A writer that trains against it finds, sooner or later,
# what the judge gets wrong. Gao et al. (2022) measured that on far larger models: the further one goes from the
# start, the higher the reward, and the true worth first rises and then falls. Whether it does here, the code says for
# each run. Our lesson's training is short, so these are **stored runs** (`ftlab/workshop/experiments/rlhf.py`):
# start, votes and judge are made in the same way but anew: votes on more conversations, half as many pairs again for
# the judge, and in bf16, so a seed's judge here is not the judge of section 3, even with the same seed (it is tried
# on the votes that a quarter of the conversations got); the training is longer, its rate three times ours, and the KL
# penalty has three weights. Each judge was asked beforehand what it would pay for the bare greeting of section 1: where
# that is as much as for the desk's own reply, or more, a writer has only to find it.
#
# Two words beforehand. Replies to the test are **greedy**: at each place the likeliest token, so that a model gives one
# reply and no luck is in it. (Only the table's last column, nats a reply, is of the last samples of the training.) The
# curves are of *samples*, drawn by chance, a few for each point, and so they **shake**: two neighbouring points differ
# though the model hardly has. How much, the code takes from neighbouring points, and it counts a rise or a fall only if
# it is larger than two such means differ by chance. But it looks from the highest of twenty points, and the highest is
# partly luck: of curves that only shake and go nowhere, about one in four would still be called a rise, a fall or both.
# So take the verdicts on single runs as descriptions; the test is the mean over the seeds below.

# %%
from ftlab.evidence.packed import unpack

runs = stored["runs"]
weights, seeds = sorted({each["kl"] for each in runs}), sorted({each["seed"] for each in runs})
named = {kl: "none" if kl < 1e-6 else f"{kl:g}" for kl in weights}
stored_test = texts.plain_conversations("test")[: stored["settings"]["held_out"]]
greeted = np.array([votes.worth(GREETING, row) for row in stored_test])  # the floor of these conversations


def line(name: str, seed: int, scores: dict, nats: float) -> str:
    mean = {key: unpack(scores[key]).mean() for key in scores if key != "replies"}
    return (f"{name:>10} {seed:>5} {mean['reward']:>8.2f} {mean['worth']:>6.2f} {mean['right']:>6.0%} "
            f"{mean['stutters']:>9.0%} {mean['brevity']:>8.2f} {mean['known']:>6.0%} {nats:>13.1f}")


assert stored["settings"]["greeting"] == GREETING
judges_of = {each["seed"]: each["judge"] for each in runs}
knowing = [seed for seed in seeds if judges_of[seed]["low"] > 50]
for seed, knows in judges_of.items():
    print(f"seed {seed}: its judge agrees with {knows['agrees']:.0f} % [{knows['low']:.0f}, {knows['high']:.0f}] of "
          f"{knows['pairs']} votes on other conversations" + ("" if seed in knowing else ": no better than a coin, as "
          "far as this shows, so what pleases it may be anything")
          + f"; in {knows['greeted']:.0f} % of the test it pays the bare greeting at least as much as the desk's reply")
print(f"\n{stored['settings']['steps']} steps of {stored['settings']['batch']} replies; seeds {seeds}; greedy replies "
      f"to {len(stored_test)} test conversations; a greeting alone has {greeted.mean():.2f} here\n")
print(f"{'KL weight':>10} {'seed':>5} {'reward':>8} {'worth':>6} {'right':>6} {'stutter':>9} {'brevity':>8} "
      f"{'facts':>6} {'nats a reply':>13}")
for each in sorted(runs, key=lambda each: (each["seed"], each["kl"])):
    if each["kl"] == weights[0]:
        print(line("before", each["seed"], each["before"], 0))
    nats = np.mean(each["log"]["kl_token"][-5:]) * np.mean(each["log"]["tokens"][-5:])
    print(line(named[each["kl"]], each["seed"], each["after"], nats))

# %%
def smooth(numbers: list) -> np.ndarray:
    """Mean of each point and its two neighbours."""
    kernel = np.ones(3)
    return np.convolve(numbers, kernel, mode="same") / np.convolve(np.ones(len(numbers)), kernel, mode="same")


high = min(3.2 * len(seeds), 2 + 1.7 * len(seeds))  # inches
figure, axes = plt.subplots(len(seeds), 2, figsize=(11, high), squeeze=False, sharex=True, layout="constrained")
for ax in axes[1:, 1]:
    ax.sharey(axes[0, 1])  # worth has one unit, rewards have as many as judges
for seed, row in zip(seeds, axes, strict=True):
    for kl, color, dash in zip(weights, (figures.VERMILION, figures.ORANGE, figures.BLUE), ("-", "--", ":"),
                               strict=True):
        log = next(each["log"] for each in runs if (each["kl"], each["seed"]) == (kl, seed))
        nats = np.sqrt(np.maximum(0, smooth(np.array(log["kl_token"]) * log["tokens"])))
        for ax, key in zip(row, ("reward", "worth"), strict=True):
            track = smooth(log[key])
            figures.curve(ax, nats, track, color=color, ls=dash, marker="", label=f"KL weight {named[kl]}")
            ax.plot(nats[-1], track[-1], "o", color=color, ms=7)
    row[1].axhline(greeted.mean(), color=figures.GREY, lw=1, label="a greeting alone")
    row[0].set(ylabel=f"reward, seed {seed}")
    row[1].set(ylabel=f"worth (of 7), seed {seed}")
for ax, title in zip(axes[0], ("What the judge says", "What the replies are worth"), strict=True):
    ax.set(title=title)
for ax in axes[-1]:
    ax.set(xlabel="distance from the start: root of the KL (nats a reply)")
axes[0][1].legend(fontsize="small")
_ = figure.suptitle("Lab model, stored runs: samples while training, mean over three points; a dot is a run's end")
free = sorted((each for each in runs if each["kl"] == weights[0]), key=lambda each: each["seed"])
shakes = {(each["kl"], each["seed"]): 1.3 * np.std(np.diff(each["log"]["worth"])) for each in runs}
for each in sorted(runs, key=lambda each: (each["seed"], each["kl"])):
    track, shake = smooth(each["log"]["worth"]), shakes[each["kl"], each["seed"]]
    up, down = track.max() - track[0], track.max() - track[-1]
    print(f"KL weight {named[each['kl']]}, seed {each['seed']}: the worth of the samples "
          + ("first rises and then falls" if min(up, down) > shake else "rises and does not fall" if up > shake else
             "falls and does not rise first" if down > shake else "neither rises nor falls by more than it shakes")
          + f" (up by {up:.2f} to step {each['log']['step'][int(track.argmax())]}, then down by {down:.2f}; shaking: "
          f"{shake:.2f})" + ("" if each["seed"] in knowing else "; its judge is not shown to know anything"))

# %% [markdown]
# Each line is one run, from the left to its dot; the grey line is the floor of a greeting alone. A line may turn back:
# each point is the mean of few replies and shakes, and where replies get shorter they have fewer tokens to differ in.
# Do not read meaning into the knots. Each seed has a judge of its own: compare rewards within a row only, and believe a
# curve no further than its judge. The verdicts printed with the figure are one for each run: if those of one weight
# differ between seeds, the weight alone does not decide. The axis is stretched by the root, as in Gao et al. And at the
# start the samples are worth less than the table's greedy replies: a curve of samples can stay level, or rise, while
# the greedy replies lose. What a customer would meet is the greedy reply: go by the table, and by the counts below.
#
# Gao's curve is a mean, so here are the means over the seeds, for no penalty and for the strongest one. Rewards of
# different judges have no common unit: each is counted from its start, in standard deviations of that judge's rewards
# for the replies before. What counts as *start*, *middle* and *end* was fixed before these runs: the first two points,
# the fifth to the tenth, the last four. The curve "rises and then falls" if the middle lies above the start and the end
# below the middle, both beyond what seeds would do by chance (t-intervals, wider than usual, since a few seeds say
# little about their own spread; the band is one, too).

# %%
WINDOWS = {"start": slice(0, 2), "middle": slice(4, 10), "end": slice(-4, None)}


def over_seeds(kl: float, key: str) -> np.ndarray:
    """Of each seed the curve of its samples, counted from its start; (seeds, points)."""
    tracks = []
    for each in (each for each in runs if each["kl"] == kl):
        track, unit = np.array(each["log"][key]), unpack(each["before"]["reward"]).std() if key == "reward" else 1
        tracks.append((track - track[WINDOWS["start"]].mean()) / unit)
    return np.array(tracks)


figure, axes = plt.subplots(1, 2, figsize=(11, 3.8), layout="constrained")
for kl, color, dash in ((weights[0], figures.VERMILION, "-"), (weights[-1], figures.BLUE, "--")):
    print(f"KL weight {named[kl]}, mean over {len(seeds)} seeds, change of the samples:")
    for ax, key, unit in zip(axes, ("reward", "worth"), ("standard deviations", "points of 7"), strict=True):
        tracks = over_seeds(kl, key)
        steps = next(each["log"]["step"] for each in runs if each["kl"] == kl)
        spans = [intervals.seed_interval(point) for point in np.apply_along_axis(smooth, 1, tracks).T]
        figures.curve(ax, steps, *zip(*spans, strict=True), color=color, ls=dash, marker="",
                      label=f"KL weight {named[kl]}")
        at = {name: tracks[:, window].mean(axis=1) for name, window in WINDOWS.items()}
        up, down, whole = (intervals.seed_interval(at[later] - at[sooner]) for sooner, later in
                           (("start", "middle"), ("middle", "end"), ("start", "end")))
        shape = ("rises and then falls" if up.low > 0 > down.high else "rises" if whole.low > 0 else
                 "falls" if whole.high < 0 else "is not shown to end elsewhere than it began")
        print(f"   {key:>6}, {unit}: {signed(up)} to the middle, {signed(down)} from there to the end, {signed(whole)} "
              f"in all: it {shape}")
for ax, label in zip(axes, ("reward, change in SD", "true worth, change in points of 7"), strict=True):
    ax.axhline(0, color=figures.GREY, lw=1)
    ax.set(xlabel="optimizer step", ylabel=label)
axes[0].legend()
_ = figure.suptitle(f"Lab model, stored runs: the mean over {len(seeds)} seeds, with 95 % intervals")

# %% [markdown]
# "Does not fall" above means: by no more than the curve shakes. What follows counts the greedy replies at the end, of
# every run and weight; the middle one is that of our own short training. The two may differ: where samples show nothing
# and the greedy replies fall, the loss is real, and a rise and fall is not shown.
#
# Does training without a KL penalty end in less true worth than with the strongest of the three weights? On held-out
# conversations, the full worth counted as 100, seed by seed: the code writes 'saved' or 'COST' as soon as the interval
# leaves out every difference smaller than 0.1. It is no claim of this course: a few seeds cannot say what the penalty
# does in general, however many prompts are asked. Where a run ends **at the floor**, its replies not shown to be worth
# a tenth of a point more than one greeting to everybody, there is nothing left to compare.

# %%
by_run = {(each["kl"], each["seed"]): each for each in runs}
ends = {kl: [unpack(by_run[kl, seed]["after"]["worth"]) for seed in seeds] for kl in weights}
shares = {kl: np.array(worth) / MOST for kl, worth in ends.items()}
each_seed = [intervals.paired_difference(a, b, rate=False).times(100)
             for a, b in zip(shares[weights[0]], shares[weights[-1]], strict=True)]
print(f"True worth in points of 100, no penalty minus weight {named[weights[-1]]}:")
LITTLE = 0.1  # of 100 points, a fifth of a word in each reply: less is no difference
floored = {(kl, seed): intervals.paired_difference(worth, greeted, rate=False).low <= 0.1
           for kl in weights for seed, worth in zip(seeds, ends[kl], strict=True)}
found = {"the penalty saved worth": [], "the penalty COST worth": [], "no difference is shown": [],
         "both end at the floor": []}
for seed, span in zip(seeds, each_seed, strict=True):
    low = [kl for kl in weights if floored[kl, seed]]
    which = 3 if {weights[0], weights[-1]} <= set(low) else 0 if span.high < -LITTLE else 1 if span.low > LITTLE else 2
    found[word := list(found)[which]].append(seed)
    print(f"   seed {seed}: {signed(span, 1)}, {word}"
          + (": every weight tried ends in replies worth no more than one greeting to everybody, none held it"
             if low == weights else f" (at the floor: weight {', '.join(named[kl] for kl in low)})" if low else ""))
saved, cost = list(found.values())[:2]
braked = "; ".join(f"{word} on seed {', '.join(map(str, of))}" for word, of in found.items() if of) + (
    ": the seeds contradict each other, nothing is shown." if saved and cost else
    f". So it saved worth on {len(saved)} of {len(seeds)} seeds.")
print(f"Together: {braked}")

# %% [markdown]
# Worth is a sum, and a gain in brevity can hide a loss of right replies. So each run against its own start, part by
# part. A run is **over-optimized** where the reward rose while the worth or the right replies fell, all beyond chance.
# (Ends are rounded for print, the verdict is not: an end printed as +0 may lie on either side of zero.) The words at
# the end of a row are about worth and right replies alone: read the reward and the general facts from their own
# columns.

# %%
heads = {"reward": "reward", "worth": "true worth", "right": "right (%)", "known": "general facts (%)"}
print("After minus before, intervals over the conversations (or facts) of one run:")
widths = ((2, 21), (2, 21), (0, 18), (0, 18))  # digits and width of a column
print(f"{'KL weight':>10} {'seed':>5}" + "".join(f"{head:>{w}}" for head, (_, w) in zip(heads.values(), widths,
                                                                                     strict=True)))
over, means = {kl: [] for kl in weights}, {kl: {key: [] for key in heads} for kl in weights}
for seed, kl in [(seed, kl) for seed in seeds for kl in weights]:
    when = by_run[kl, seed]
    spans = {key: intervals.paired_difference(unpack(when["after"][key]), unpack(when["before"][key])).times(
        100 if "%" in head else 1) for key, head in heads.items()}
    moved = [f"{key} {'rose' if spans[key].low > 0 else 'FELL'}" for key in ("worth", "right")
             if not spans[key].low <= 0 <= spans[key].high]
    if spans["reward"].low > 0 and min(spans["worth"].high, spans["right"].high) < 0:
        over[kl].append(str(seed))
    for key, span in spans.items():
        means[kl][key].append(span.value)
    cells = "".join(f"{signed(s, n):>{width}}" for s, (n, width) in zip(spans.values(), widths, strict=True))
    print(f"{named[kl]:>10} {seed:>5}{cells}  {', '.join(moved) or 'not told apart'}{' (floor)' * floored[kl, seed]}")
print("The seeds together, with t-intervals over them:")
for kl in weights:
    spans = [intervals.seed_interval(each) for each in means[kl].values()]
    cells = "".join(f"{signed(s, n):>{width}}" for s, (n, width) in zip(spans, widths, strict=True))
    print(f"{named[kl]:>10} {'all':>5}{cells}")
print(f"{sum(floored.values())} of {len(runs)} runs end at the floor. Over-optimized: " + "; ".join(
    f"KL weight {named[kl]} on {'seed ' * bool(of) + (', '.join(of) or 'no seed')}" for kl, of in over.items()) + ".")
kept = [intervals.paired_difference(unpack(by_run[weights[-1], seed]["after"]["known"]),
                                    unpack(by_run[weights[0], seed]["after"]["known"])).times(100) for seed in seeds]
together = intervals.seed_interval([span.value for span in kept])
print(f"General facts kept, weight {named[weights[-1]]} minus none, seed by seed: " + "; ".join(
    signed(s, 0) for s in kept) + f" points; together {signed(together, 0)}.")

# %% [markdown]
# What does that look like? Of each run without a penalty, replies whose reward rose most among those whose worth fell,
# beside what the strongest weight made of them. "No fault found" is what the code says, and the code has holes, as the
# judge has: it does not see whether a sentence makes sense. So the last lines show replies that it counts as right
# although a turn of words in them makes no sense. Readers made the list of such turns, and it is short: where nothing
# is found, and where something is, read the replies yourself. ("Not stated:" is what the reply should have
# said; "from nowhere:" is what neither customer nor screen named; "no word:" is what the rules know as no word.)

# %%
from collections import Counter

SENSELESS = ("comes from in", "on our knife", "senior colleague to a", "will look for the pictures", "take it in ",
             "add your case to", "use it in ", "use it to hold", "the box and the box", "sorry for the whole answer")


def wrong_with(said: str, row: dict) -> str:
    senseless = any(turn in said for turn in SENSELESS)
    found = desk.faults(said, row) + ["no regret where it is due"] * (
        row["kind"] in votes.DUE and not votes.qualities(said, row)["regret"])
    return ("; ".join(found) or "no fault found") + (
        f", {'AND' if found else 'THOUGH'} IT MAKES NO SENSE" if senseless else "")


for seed in seeds:
    free_run, held_run = by_run[weights[0], seed], by_run[weights[-1], seed]
    listed = len(free_run["after"]["replies"])  # the first so many are stored
    change = {key: (unpack(free_run["after"][key]) - unpack(free_run["before"][key]))[:listed]
              for key in ("reward", "worth")}
    loved = [i for i in np.argsort(-change["reward"]) if change["worth"][i] < 0 < change["reward"][i]]
    print(f"--- seed {seed}: of {listed} stored replies, {len(loved)} gained reward and lost worth")
    for i in loved[: 2 if len(seeds) < 3 else 1]:
        row = stored_test[i]
        print(f"asked for {row['value'] or 'a colleague'}: {row['messages'][-2]['content']}")
        for name, each in (("before", free_run["before"]), ("none", free_run["after"]),
                           (named[weights[-1]], held_run["after"])):
            print(f"{name:>9}: {each['replies'][i]}\n{'':>11}reward {unpack(each['reward'])[i]:+.2f}, worth "
                  f"{unpack(each['worth'])[i]:.2f}; {wrong_with(each['replies'][i], row)}")
    for kl in weights:
        said, times = Counter(by_run[kl, seed]["after"]["replies"]).most_common(1)[0]
        if times > listed / 4:
            print(f"KL weight {named[kl]}: {times} of {listed} replies are the same, {said!r}")
holes = {}
for each in runs:
    for when, name in (("before", "before"), ("after", f"KL weight {named[each['kl']]}")):
        for said, row in zip(each[when]["replies"], stored_test, strict=False):
            turn = next((turn for turn in SENSELESS if turn in said), None)
            if turn and votes.qualities(said, row)["right"]:
                holes.setdefault(turn, f"{name}, worth {votes.worth(said, row):.2f}: {said}")
print("\nCounted as right:\n" + ("\n".join(holes.values()) or "none of the listed turns stands in these runs."))

# %% [markdown]
# The KL weight is a brake on the distance (last column of the first table in this section); whether that also saves
# worth, the lines above say. It is one brake, a better judge is another (more votes, fresh votes on the new replies;
# not tried here). A third is to **stop early**. But when? The true worth is not to be had in life; the distance is. A
# rule fixed beforehand, tried on the runs without a penalty: stop where the samples first lie 10 nats a reply from the
# start.

# %%
stops = {"helps": [], "harms": [], "changes nothing that is shown": []}
print(f"{'seed':>5} {'stopped at step':>16} {'worth there':>12} {'worth at the end':>17} {'highest worth':>14}")
for each in free:
    nats = np.array(each["log"]["kl_token"]) * each["log"]["tokens"]
    track = smooth(each["log"]["worth"])
    at = next((i for i, distance in enumerate(nats) if distance > 10), len(nats) - 1)
    print(f"{each['seed']:>5} {each['log']['step'][at]:>16} {track[at]:>12.2f} {track[-1]:>17.2f} "
          f"{track.max():>7.2f} at {each['log']['step'][int(track.argmax())]:>3}"
          + ("" if nats.max() > 10 else "   (never 10 nats away)"))
    gain, shake = track[at] - track[-1], shakes[each["kl"], each["seed"]]
    stops["helps" if gain > shake else "harms" if gain < -shake else "changes nothing that is shown"].append(
        str(each["seed"]))
print("Measured by how the worth shakes, stopping " + "; ".join(f"{what} on seed {', '.join(of)}" for what, of in
      stops.items() if of) + (f": so it is in {len(free)} runs, no more." if len(stops["helps"]) == len(free) else
                              ": not shown to work."))

# %% [markdown]
# "Helps" compares with the end of the same run and not with its start: a run that is stopped in time may still be worth
# less than before it began. All three worths are known only to somebody who knows the truth, and the last column
# flatters: the highest of many shaky points. To find the best place in life, one asks people again: a small fresh vote
# on the replies of a few checkpoints, which is what careful teams do.
#
# ## 8. Gains and losses in one table
#
# Back to our own short training. What did it do to the replies to held-out conversations, and to what the model knew?
# All replies are greedy, as in section 7.

# %%
from ftlab.scores import diversity
from ftlab.world import brand
from ftlab.seeded import rng

asked = rng("general", "yardstick").sample(files.read_jsonl(paths.data() / "questions" / "general_test.jsonl"), FACTS)
table, replies, parts = {}, {}, {}
for name, writer in after.items():
    replies[name] = generate.replies(writer, tokenizer, prompts, max_new_tokens=72)
    each = parts[name] = [votes.qualities(reply, row) for reply, row in zip(replies[name], test, strict=True)]
    recalled = generate.answers(writer, tokenizer, [row["question"] for row in asked])
    table[name] = {
        "reward (judge)": judged(replies[name], test),
        "true worth": [votes.worth(reply, row) for reply, row in zip(replies[name], test, strict=True)],
        "right (%)": [100 * quality["right"] for quality in each],
        "wholly on-brand (%)": [100 * brand.on_brand(reply) for reply in replies[name]],
        "stutters (%)": [100 * bool(desk.stutter(reply)) for reply in replies[name]],
        "words": [len(reply.split()) for reply in replies[name]],
        "general facts (%)": [100 * values.exact_match(said, row["answers"])
                              for said, row in zip(recalled, asked, strict=True)],
    }


def change_of(name: str, key: str) -> intervals.Interval:
    a, b = (np.array(table[each][key]) for each in (name, "SFT"))
    return (intervals.paired_difference(a / 100, b / 100).times(100) if "%" in key
            else intervals.paired_difference(a, b, rate=False))


print(f"{'':>19} {'SFT':>7} {'RLOO minus SFT':>24} {'GRPO minus SFT':>24}")
for key in table["SFT"]:
    spans = [change_of(name, key) for name in ("RLOO", "GRPO")]
    cells = "".join(f"{signed(s):>25}" for s in spans)
    print(f"{key:>19} {np.mean(table['SFT'][key]):>7.2f}{cells}")
narrowed = {name: diversity.narrowing(replies["SFT"], replies[name]) for name in ("RLOO", "GRPO")}
cells = "".join(f"{signed(s, 1):>25}" for s in narrowed.values())
pairs_before = diversity.diversity(replies["SFT"])["distinct_pairs"]
print(f"{'distinct pairs (%)*':>19} {pairs_before:>7.2f}{cells}\n* changes in % of SFT's share\n{floor}\n")
for name in ("RLOO", "GRPO"):
    each = {}
    for key, weight in votes.WEIGHTS.items():
        a, b = ([weight * quality[key] for quality in parts[of]] for of in (name, "SFT"))
        each[key] = intervals.paired_difference(a, b, rate=False)
    print(f"{name}'s change of worth: " + ", ".join(f"{key} {signed(s)}" for key, s in each.items()))
due = [i for i, row in enumerate(test) if row["kind"] in votes.DUE]
print(f"Regret where it is due ({len(due)} conversations): "
      + ", ".join(f"{name} {sum(parts[name][i]['regret'] for i in due):.0f}" for name in parts) + ".")
of_due = [votes.qualities(reply, row)["regret"] for row, four in zip(voted, sampled, strict=True)
          if row["kind"] in votes.DUE for reply in four]  # of the samples that went to the raters
print(f"Of the {len(of_due)} samples that were voted on where it is due, {sum(map(bool, of_due))} regret: "
      + ("a few votes could teach it." if any(of_due) else "where no sample regrets, no vote can teach it."))

# %% [markdown]
# The last row is diversity: the share of the word pairs in all replies that are distinct, and by how many percent of
# that share it changed. Fewer distinct pairs are replies that resemble each other more.
#
# And the question of the whole road: put side by side, how often does the trained model's reply win over the one from
# before, judged by the true worth, a tie counting half? The claim says: more often than half. Its number is the win
# rate minus 50 %, and it holds if the whole interval is above zero. It is tried on RLOO alone; GRPO stands below for
# comparison. It counts wins only: two wrong replies can make a win, and a model can win more often and be right no more
# often. So read it with the rows above. Replies within 0.1 points of each other, which is three words, are a tie. A win
# may be a small one: a reply that is four words shorter wins as surely as one with the right fact. So wins and losses
# are sorted by what is right. "Up" and "down" name what has changed beyond chance; fewer words and fewer stutters are a
# gain by this worth, more of them a loss; for every other entry up is a gain and down a loss (the reward is only the
# judge's word). Section 7's rule holds here, too: where the reward went up and the true worth or the right replies went
# down, the training is over-optimized, short as it is. Of sixteen changes one may look "beyond chance" by chance alone:
# an end close to zero, and a change for which there is no reason, such as general facts going up, is no finding. And
# one training is one draw of conversations, votes and samples, its interval over test conversations alone. The
# reference runs had other seeds, and leave this one out: where their interval ends near zero and this run has the other
# sign, all together need not hold, so call it undecided. They count wins; whether their replies were more often right
# is not shown here. *Inside* their range means that one more run may well come out like this one, even with the other
# sign; *below* or *above*, that it came out farther off than they lead us to expect.

# %%
won = {name: votes.wins(replies[name], replies["SFT"], test) for name in ("RLOO", "GRPO")}
half = [0.5] * HELD_OUT
ahead = intervals.paired_difference(won["RLOO"], half, rate=False).times(100)
result = claims.record("rlhf-beats-sft", SEED, *ahead, by_prompt=won["RLOO"], against=half, model=claims.LAB)
print(f"{result}\n{other_seeds('rlhf-beats-sft', claims.LAB)}\n")
for name, each in won.items():
    span = intervals.mean_interval(each, rate=False).times(100)
    same = np.mean([a == b for a, b in zip(replies[name], replies["SFT"], strict=True)])
    print(f"{name}: wins {span.value:.0f} % [{span.low:.0f}, {span.high:.0f}]; {same:.0%} of its replies are the same.")
    ours, theirs = (np.array([part["right"] for part in parts[of]]) > 0 for of in (name, "SFT"))
    for word, outcome in (("won", 1), ("tied", 0.5), ("lost", 0)):
        at = np.array(each) == outcome
        print(f"   {at.sum():>3} {word}: {(at & ours & ~theirs).sum()} right where SFT was wrong, "
              f"{(at & ~ours & theirs).sum()} wrong where SFT was right, {(at & ours & theirs).sum()} both right, "
              f"{(at & ~ours & ~theirs).sum()} both wrong")
told = []
for name in won:
    changes = {key: change_of(name, key) for key in table["SFT"]} | {"distinct pairs (% of SFT's)": narrowed[name]}
    up = "; ".join(f"{key} {s.value:+.2f}" for key, s in changes.items() if s.low > 0)
    down = "; ".join(f"{key} {s.value:+.2f}" for key, s in changes.items() if s.high < 0)
    right = changes["right (%)"]
    told.append(f"{name}, beyond chance, up: {up or 'nothing'}; down: {down or 'nothing'}. Right replies "
                + (f"rose{', though its judge is not shown to see wrong figures' if blind else ''}." if right.low > 0
                   else "FELL." if right.high < 0 else
                   f"{signed(right, 0)}: not shown.")
                + " Over-optimized." * (changes["reward (judge)"].low > 0
                                        and min(changes["true worth"].high, right.high) < 0))
print("\n" + "\n".join(told))

# %% [markdown]
# The first three conversations, before and after each training, with what the code finds wrong. They are the first
# three, not chosen, and may look better or worse than the whole: the counts above say how many replies became wrong.
# Read whether the sentences make sense: the worth mostly does not see that, and the code marks only the turns of
# words named above.

# %%
for i in range(3):
    print(f"customer: {test[i]['messages'][-2]['content']}")
    for name in ("SFT", "RLOO", "GRPO"):
        print(f"{name:>8}: {replies[name][i]}\n{'':>10}worth {table[name]['true worth'][i]:.2f}; "
              f"{wrong_with(replies[name][i], test[i])}")
    print()

# %% [markdown]
# ## Exercises
#
# ### Exercise 1: a vote's chance (core, 8 minutes, easy)
#
# Given the rewards of the replies that won and of those that lost, return three numbers: the share of votes on which
# the reward model agrees (equal rewards agree by half), the mean chance that it gave to the votes that were cast, and
# its loss in nats. A gap may be large (-800): the loss must stay finite.

# %%
def judge_the_judge(chosen, rejected):
    """Agreement, mean chance and loss of a reward model on votes.

    Shapes:
        chosen, rejected: lists of N rewards; returns a tuple of three numbers.
    """
    # your code here

# %% tags=["raises-exception"]
import math

from ftlab.exercise import check, passed

found = judge_the_judge([2.0], [0.0])
check(found is not None, "nothing comes back. Return three numbers.")
check(hasattr(found, "__len__") and len(found) == 3, "return three numbers: agreement, mean chance, loss.")
chance = 1 / (1 + math.exp(-2))
agree, mean, loss = map(float, judge_the_judge([2.0], [0.0]))
check(agree == 1, "the winner has the higher reward: the model agrees with this vote, 1.0.")
check(abs(mean - 1 / (1 + math.exp(2))) > 1e-4, "that is the loser's chance: take chosen minus rejected.")
check(abs(mean - chance) < 1e-4, "the chance is sigmoid(2), 0.881.")
check(abs(loss + math.log(chance)) < 1e-4, "the loss is minus the log of the chance: 0.127 nats.")
agree, mean, loss = map(float, judge_the_judge([2.0, 0.0, 0.0, 1.0], [0.0, 0.0, 1.0, 1.0]))
check(agree != 0.25, "equal rewards agree by half: two of the four are equal.")
check(agree != 0.75, "equal rewards agree by half, not wholly.")
check(abs(agree - 0.5) < 1e-6, "one vote agrees, one does not, two are equal: 0.5.")
chances = [1 / (1 + math.exp(-gap)) for gap in (2, 0, -1, 0)]
check(abs(mean - sum(chances) / 4) < 1e-4, "the mean chance is the mean over the votes of sigmoid(chosen - rejected).")
check(abs(loss + math.log(sum(chances) / 4)) > 1e-4,
      "the loss is the mean of the logs, not the log of the mean: one sure mistake must cost much.")
check(abs(loss + sum(map(math.log, chances)) / 4) < 1e-4, "the loss is the mean of -log(chance) over the votes.")
agree, _, _ = map(float, judge_the_judge([-1.0, -2.0], [1.0, -3.0]))
check(abs(agree - 0.5) < 1e-6, "rewards may be negative: -1 loses to +1, and -2 wins over -3.")
agree, _, _ = map(float, judge_the_judge([0.3, 0.0], [0.0, 0.3]))
check(abs(agree - 0.5) < 1e-6, "a small gap is a gap: 0.3 for the winner agrees.")
agree, _, _ = map(float, judge_the_judge([0.3, 0.1, 0.001, 5.0], [0.0, 0.0, 0.0, 4.6]))
check(agree == 1, "only equal rewards agree by half: a winner that is ahead by 0.1, or by 0.001, agrees wholly.")
try:
    agree, mean, loss = map(float, judge_the_judge([-800.0, 1.0], [0.0, 0.0]))
except (OverflowError, ValueError, ZeroDivisionError):  # of math.exp, or of math.log(0)
    check(False, "a gap of -800 is too much for math.exp, or for the log of a chance of 0: take a stable form of "
                 "log(1 + exp(-gap)), such as max(0, -gap) + log1p(exp(-abs(gap))).")
check(math.isfinite(loss), "a reward far off gives no infinite loss: use log(1 + exp(-gap)) in a form that is stable.")
check(abs(loss - (800 + math.log(1 + math.exp(-1))) / 2) < 1e-3, "for a gap of -800 the loss is 800 nats.")
passed("You can say how good a judge is, how sure, and how surprised.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# `torch.nn.functional.logsigmoid` is stable for any gap. The chance is its `exp`.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# def judge_the_judge(chosen, rejected):
#     import torch
#
#     gap = torch.tensor(chosen) - torch.tensor(rejected)
#     logs = torch.nn.functional.logsigmoid(gap)
#     agree = ((gap > 0) + 0.5 * (gap == 0)).mean()
#     return agree.item(), logs.exp().mean().item(), -logs.mean().item()
# ```
#
# </details>
#
# ### Exercise 2: what RLOO pays (core, 10 minutes, medium)
#
# Write what `RLOOTrainer` does with rewards before the step: subtract the KL penalty from each reply's reward, then
# compare it with the mean of the others of its prompt. `gaps` holds for each reply its plain KL terms, one a token.

# %%
def advantages(rewards, gaps, beta):
    """The advantages of one prompt's replies.

    Args:
        rewards: One for each reply.
        gaps: For each reply a list: log chance under the model minus that under the reference, by token.
        beta: The KL weight.
    Returns:
        A list with one number for each reply.
    """
    # your code here

# %% tags=["raises-exception"]
from ftlab.exercise import check, passed


def near(found, wanted):
    check(hasattr(found, "__len__"), "one number is not enough: return a list with one number for each reply.")
    return len(found) == len(wanted) and all(abs(float(a) - b) < 1e-5 for a, b in zip(found, wanted, strict=True))


found = advantages([1.0, 3.0], [[0.0], [0.0, 0.0]], beta=0.1)
check(found is not None, "nothing comes back. Return a list with one number for each reply.")
check(not near(found, [-1, 1]), "compare with the mean of the OTHERS, not with the mean of all: -2 and 2.")
check(near(found, [-2, 2]), "without any KL, the first reply is 2 below the other and the second 2 above: -2 and 2.")
found = advantages([1.0, 3.0, 5.0], [[0.0]] * 3, beta=0.1)
check(near(found, [-3, 0, 3]), "of three, the others' means are 4, 3 and 2: -3, 0 and 3.")
found = advantages([2.0, 2.0, 5.0], [[0.0]] * 3, beta=0.1)
check(near(found, [-1.5, -1.5, 3]), "two replies may have the same reward, and each is one of the other's others: tell "
                                    "them apart by place, not by value. Here the others' means are 3.5, 3.5 and 2.")
found = advantages([1.0, 1.0], [[1.0, 2.0], [0.0]], beta=0.5)
check(not near(found, [1.5, -1.5]), "the penalty is taken off: a reply far from the reference pays, it does not earn.")
check(not near(found, [0, 0]), "where is the KL? Subtract beta times the sum of the reply's terms from its reward.")
check(not near(found, [-0.75, 0.75]), "the terms of a reply are summed, not averaged: RLOO counts whole replies.")
check(not near(found, [-3, 3]), "the penalty has a weight: beta times the sum.")
check(near(found, [-1.5, 1.5]), "the first reply pays 0.5 * 3: its reward is -0.5, the other's 1.")
found = advantages([1.0, 1.0], [[-1.0], [0.0]], beta=1.0)
check(not near(found, [-1, 1]), "a term may be negative in the plain estimate, and then it pays back: take no abs().")
check(not near(found, [0, 0]), "a term may be negative in the plain estimate: do not cut it off at zero.")
check(near(found, [1, -1]), "a sum of -1 gives the first reply 1 more.")
found = advantages([2.0, 0.0, 0.0, 10.0], [[1.0], [0.0], [2.0, 2.0], [0.0]], beta=0.5)  # paid: 1.5, 0, -2, 10
check(not near(found, [1.5, -1.5, -3.5, 10]), "compare with the mean of the others, not with their median.")
check(near(found, [-7 / 6, -19 / 6, -35 / 6, 61 / 6]),
      "four uneven replies, paid 1.5, 0, -2 and 10: the others' means are 8/3, 19/6, 23/6 and -1/6. Divide the sum of "
      "the others by how many they are, for any number of replies.")
passed("That is all that RLOO does with a reward, before the gradient.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# First a list of paid rewards, then for each the mean of all others: `(sum(paid) - own) / (len(paid) - 1)`.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# def advantages(rewards, gaps, beta):
#     paid = [reward - beta * sum(gap) for reward, gap in zip(rewards, gaps)]
#     return [own - (sum(paid) - own) / (len(paid) - 1) for own in paid]
# ```
#
# </details>
#
# ### Exercise 3: does the clip bite? (core, 8 minutes, medium)
#
# For each sample, say whether PPO's clip takes its gradient away. Remember that the loss takes the smaller of two
# numbers, so the clip bites on one side only, and which side depends on the sign of the advantage.

# %%
def is_clipped(ratios, advantages, epsilon=0.2):
    """For each sample, True where the clip takes the gradient away.

    Shapes:
        ratios, advantages: lists of N; returns a list of N booleans.
    """
    # your code here

# %% tags=["raises-exception"]
from ftlab.exercise import check, passed

found = is_clipped([1.0, 1.5], [1.0, 1.0])
check(found is not None, "nothing comes back. Return a list of booleans.")
check(lambda: len(found) == 2, "return one boolean for each sample.")
check(not found[0], "a ratio of 1 has not moved: nothing is clipped.")
check(found[1], "a good sample that is already half again as likely is clipped.")
check(is_clipped([0.5], [-1.0])[0], "a bad sample that has become unlikelier is clipped on the other side.")
check(not is_clipped([0.5], [1.0])[0],
      "a good sample that has become UNLIKELIER is not clipped: the loss takes the smaller number and pulls it back.")
check(not is_clipped([1.5], [-1.0])[0],
      "a bad sample that has become LIKELIER is not clipped: it must still be pushed down.")
check(not is_clipped([1.5], [1.0], epsilon=0.6)[0], "epsilon says where the clip begins: with 0.6, not at 1.5.")
check(is_clipped([1.25], [1.0], epsilon=0.2)[0], "with epsilon 0.2 a good sample is clipped beyond 1.2.")
check(not is_clipped([0.82], [-1.0])[0], "the lower side is 1 - epsilon, 0.8, and not 1 / 1.2.")
check(is_clipped([1.21], [1.0])[0] and not is_clipped([0.81], [-1.0])[0],
      "1.21 is clipped and 0.81 is not: hold the ratio itself against 1 + epsilon and 1 - epsilon, not its logarithm.")
check(not is_clipped([0.7], [-1.0], 0.4)[0],
      "epsilon moves the lower side, too: with 0.4 it begins at 0.6, not at 0.8.")
check(is_clipped([0.5], [-1.0], 0.4)[0], "with epsilon 0.4 a bad sample is clipped below 0.6.")
check(is_clipped([1.15], [1.0], 0.1)[0] and is_clipped([0.85], [-1.0], 0.1)[0],
      "with epsilon 0.1 the clip begins at 1.1 and 0.9: use the epsilon that is given, be it small.")
check(not is_clipped([1.15], [3.0])[0] and is_clipped([1.25], [0.1])[0],
      "only the sign of the advantage counts, not its size: the clip looks at the ratio alone.")
check(not is_clipped([0.85], [-3.0])[0] and is_clipped([0.75], [-0.1])[0],
      "only the sign of the advantage counts, on the lower side as well: the clip looks at the ratio alone.")
check(not any(is_clipped([1.5, 0.5], [0.0, 0.0])), "an advantage of 0 has no gain to clip: neither side bites.")
check([bool(x) for x in is_clipped([1.3, 0.7, 1.3, 0.7], [1.0, -1.0, -1.0, 1.0])] == [True, True, False, False],
      "go through the four cases: only a gain that would go on growing is clipped.")
passed("You know which samples still teach.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# Positive advantage: clipped above `1 + epsilon`. Negative: clipped below `1 - epsilon`.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# def is_clipped(ratios, advantages, epsilon=0.2):
#     return [(a > 0 and r > 1 + epsilon) or (a < 0 and r < 1 - epsilon) for r, a in zip(ratios, advantages)]
# ```
#
# </details>
#
# ### Exercise 4: which training goes to the customers? (core, 10 minutes, a decision, not code)
#
# Five teams have trained against a reward model. Each has measured, on fresh votes of people and on held-out questions,
# with 95 % intervals. The house's rules:
#
# 1. What ships must win over the model before it in the votes of *people*: the interval above 50 %. The reward is no
#    witness.
# 2. It must not be less often right: the interval of the change may reach below zero, but not beyond -3 points.
# 3. Among the *trained* models that pass, the one with the highest lower end of the win rate.
# 4. If no trained model passes: best-of-n with the model from before, if *that* passes 1 and 2 and the replies may
#    cost n times as much; else keep what there is.

# %%
teams = {  # way: (reward gained, win rate in % with its interval, change of right replies in points with its interval)
    "returns": {"KL 0": (2.9, (41, 36, 46), (-14, -19, -9)), "KL 0.05": (1.8, (57, 52, 62), (-1, -2.8, 0.8)),
                "KL 0.2": (0.9, (55, 51, 59), (0, -1.5, 1.5)), "best of 4": (1.1, (58, 53, 63), (1, -1, 3)),
                "may cost 4 times": True},
    "kettles": {"KL 0": (3.5, (62, 57, 67), (-6, -9, -3)), "KL 0.05": (2.2, (56, 51, 61), (-4, -6.5, -1.5)),
                "KL 0.2": (0.7, (52, 47, 57), (0, -1, 1)), "best of 4": (1.0, (55, 51, 59), (0, -3, 3)),
                "may cost 4 times": True},
    "tents": {"KL 0": (2.0, (58, 53, 63), (0, -3.5, 3.5)), "KL 0.05": (1.5, (55, 50, 60), (0, -2, 2)),
              "KL 0.2": (0.4, (51, 46, 56), (0, -1, 1)), "best of 4": (0.9, (57, 52, 62), (1, -1, 3)),
              "may cost 4 times": False},
    "stoves": {"KL 0": (2.6, (48, 43, 53), (-3, -6, 0)), "KL 0.05": (1.4, (53, 48, 58), (-2, -4.5, 0.5)),
               "KL 0.2": (0.5, (51, 46, 56), (0, -1, 1)), "best of 4": (1.2, (59, 54, 64), (-1, -5, 3)),
               "may cost 4 times": True},
    "lanterns": {"KL 0": (1.9, (60, 54, 66), (1, -1, 3)), "KL 0.05": (1.6, (61, 56, 66), (1, -1, 3)),
                 "KL 0.2": (1.2, (63, 55, 71), (2, 0, 4)), "best of 4": (0.8, (66, 60, 72), (3, 1, 5)),
                 "may cost 4 times": True},
}
ships = {"returns": None, "kettles": None, "tents": None, "stoves": None, "lanterns": None}  # or "nothing new"

# %% tags=["raises-exception"]
from ftlab.exercise import check, passed

check(isinstance(ships, dict) and set(ships) == set(teams),
      f"ships needs exactly these teams: {', '.join(teams)}.")
check(all(ships.values()), "write a way, or 'nothing new', for every team.")
TRAINED = ("KL 0", "KL 0.05", "KL 0.2")
for team, way in ships.items():
    check(way in (*TRAINED, "best of 4", "nothing new"),
          f"{team}: choose 'KL 0', 'KL 0.05', 'KL 0.2', 'best of 4' or 'nothing new'.")
    passes = {name: teams[team][name][1][1] > 50 and teams[team][name][2][1] >= -3 for name in (*TRAINED, "best of 4")}
    trained = [name for name in TRAINED if passes[name]]
    if way in passes:
        _, wins, right = teams[team][way]
        check(wins[1] > 50, f"{team}: {way} wins {wins[0]} % of the votes, but the interval reaches down to {wins[1]}: "
                            "by rule 1 it may be no better. A high reward is no witness.")
        check(right[1] >= -3, f"{team}: {way} may have lost {-right[1]} points of right replies, more than the 3 of "
                              "rule 2. Customers pay for that win.")
    found = ", ".join(trained)
    if way == "best of 4":
        check(not trained, f"{team}: these pass and cost one reply where best of 4 costs four: {found}.")
        check(teams[team]["may cost 4 times"], f"{team}: best of 4 writes four replies for one, and may not (rule 4).")
    if way == "nothing new":
        check(not trained, f"{team}: these pass rules 1 and 2, so one of them ships: {found}.")
        check(not (passes["best of 4"] and teams[team]["may cost 4 times"]),
              f"{team}: best of 4 passes and may cost it.")
    if way in trained:
        top = max(trained, key=lambda name: teams[team][name][1][1])
        check(way == top, f"{team}: by rule 3 the lower end decides, {teams[team][top][1][1]} for {top} against "
                          f"{teams[team][way][1][1]}: not the highest win rate, and not the highest reward.")
passed("Nobody ships a reward: your choices are wins that cost no right facts.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# For each way look at two numbers first: the lower end of the win rate (above 50?) and the lower end of the change of
# right replies (not below -3?).
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# def choose(team):
#     good = {w: v for w, v in team.items() if w != "may cost 4 times" and v[1][1] > 50 and v[2][1] >= -3}
#     trained = [way for way in good if way != "best of 4"]
#     if trained:
#         return max(trained, key=lambda way: good[way][1][1])
#     return "best of 4" if "best of 4" in good and team["may cost 4 times"] else "nothing new"
#
#
# ships = {name: choose(team) for name, team in teams.items()}
# ```
#
# </details>
#
# ### Why? (core, 3 minutes)
#
# Why not train the writer by supervised fine-tuning on the best of four replies by the reward model, instead of RLOO?
#
# <details><summary>Answer</summary>
#
# One can, and people do: it is called rejection sampling or *expert iteration*. It is simple and hard to break. It uses
# the samples less: the three worse replies teach nothing, where RLOO pushes them down. And it goes only as far as the
# best of n lies, unless it is done again and again with the new writer. The judge's mistakes come along in both.
#
# </details>

# %% [markdown]
# ## In this notebook you saw
#
# - Votes are comparisons with slips and weaknesses. Bradley and Terry turn them into rewards of which only differences
#   count.
# - A reward model has an accuracy, a calibration and tastes. Each was measured, the first beside a rule of length.
# - Best-of-n leaves the writer as it is and pays at every reply; its choice is as good as its judge.
# - The policy gradient in ten lines; comparing with the other samples takes noise away and leaves the mean.
# - RLOO and GRPO count the KL in two ways with one mean.
# - The reward is no witness, and the true worth as defined sees only some nonsense: read the replies.
# - Two brakes were tried, the KL penalty and stopping early; section 7 says how far each is shown to work, and how much
#   more of what the model knew the strongest penalty keeps than none does. A better judge was not tried.
#
# Both verdicts, side by side (the first is from what is stored), what the stored runs say of the penalty, and what the
# short training gained and lost. The reference runs leave this run out: where the two have opposite signs, as they may
# with the last claim, which is RLOO's and counts wins, the matter is open. Of the sixteen changes behind the last two
# lines one may be chance's: one without a reason, such as general facts that go up, is no finding.

# %%
for name in ("best-of-n", "rlhf-beats-sft"):
    verdict = claims.recorded(name)
    span = f"{verdict['effect']:.3g} [{verdict['low']:.3g}, {verdict['high']:.3g}] {verdict['unit']}"
    print(f"{verdict['statement']}\n    here, {verdict['verdict']}: {span}")
    print(f"    {other_seeds(name, claims.find(name).models[0])}")
print(f"KL weight {named[weights[-1]]} against none, over {len(seeds)} seeds: {braked}\n    General facts kept: "
      f"{signed(together, 0)} points.")
print("\n".join(told))

# %% [markdown]
# ## Sources
#
# - R. A. Bradley and M. E. Terry 1952, *Rank Analysis of Incomplete Block Designs*, Biometrika 39(3/4)
# - R. J. Williams 1992, *Simple Statistical Gradient-Following Algorithms for Connectionist Reinforcement Learning*,
#   Machine Learning 8
# - J. Schulman et al. 2017, *Proximal Policy Optimization Algorithms*, arXiv:1707.06347
# - L. Ouyang et al. 2022, *Training Language Models to Follow Instructions with Human Feedback*, arXiv:2203.02155
# - L. Gao et al. 2022, *Scaling Laws for Reward Model Overoptimization*, arXiv:2210.10760
# - A. Ahmadian et al. 2024, *Back to Basics: Revisiting REINFORCE-Style Optimization*, arXiv:2402.14740: RLOO
# - Z. Shao et al. 2024, *DeepSeekMath*, arXiv:2402.03300: GRPO
# - J. Schulman 2020, *Approximating KL Divergence*, joschu.net/blog/kl-approx.html
#
# One last line: what this run took on your computer.

# %%
import psutil

from ftlab.course import doctor

memory_gib = psutil.Process().memory_info().rss / 2**30
print(f"{(time.perf_counter() - started) / 60:.1f} minutes, {memory_gib:.1f} GiB of memory in use.")
print(doctor.machine())
