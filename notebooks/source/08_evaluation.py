# ---
# jupyter:
#   ftlab:
#     minutes: 6
#     claims: [checks-hide-rewrites, leak-raises-score, judge-agrees, judge-likes-length]
# ---

# %% [markdown]
# # 08 · Is the gain real?
#
# You tuned a model, a score went up, and somebody asks whether to ship it. Between a score and an answer lie a few
# traps: a check that looks good while the drafts are useless, an average that hides a loss, test items that were in
# the training data, a handful of questions, a yardstick that errs, a judge with a taste of its own. Here you walk into
# each of them on purpose and learn the tool that shows it.
#
# **You will be able to** choose scores for a task and say what each cannot see; compare a tuned model with its rivals,
# with intervals, and plan how many questions a test needs; let a written policy decide about shipping; find leaked test
# items; measure your own yardstick's error; and test a model that judges.
#
# **You need** notebook 00 (the desk, its brand guide, the rivals) and notebook 02, which tunes the model that is on
# trial here. If 02 has not run on this computer, that model is tuned in this notebook.
#
# **It takes** three to six minutes on two processor cores, another one to three if the model must first be tuned. It
# needs 3 GB of memory and no network. Exercises are at the end.

# %%
import contextlib, io, time, warnings; started = time.perf_counter()  # noqa: E401, E702
warnings.filterwarnings("ignore", category=FutureWarning)  # one library tells another that a word will change
import evaluate
import matplotlib.pyplot as plt
import numpy as np
from ftlab import claims, figures, files, model, paths, texts
from ftlab.evidence import comparison, contamination, gate, intervals, planner
from ftlab.scores import desk, template
from ftlab.tuning import chat, generate, sft
from ftlab.world import brand, house, real
figures.style()
print(choice := model.choose(), lab := model.lab(), sep="\n")

# %% [markdown]
# The first line names the **real model**, on trial in sections 2 to 7. The second is the **lab model**, the course's
# fruit fly: sections 8 and 10 have to train it four times. The dials follow; run once as they are, then turn one.

# %%
SEED = 0  # whole number: which examples, and in which order; try 1
PER_KIND = 16  # training conversations of each kind, as in notebook 02: with another value a new model is tuned; try 8
STEPS = 36  # optimizer steps of the tuned model, as in notebook 02; try 18
BATCH_SIZE = 4  # examples a step, as in notebook 02; try 8
LR = 1e-3  # learning rate, no unit, as in notebook 02; try 3e-4
ASKED = 10  # held-out conversations of each kind; try 5, or 159: all 553 there are (four minutes)
FACTS = 30  # questions about the real world; try 60
LEAKED = 16  # test items that leak into a training set; try 8
COPIES = 10  # copies of each in the heavy leak; try 3
LEAK_STEPS = 40  # optimizer steps of 8 rows, lab model; try 80
JUDGE_STEPS = 70  # optimizer steps of 8 labelled drafts, lab model; try 140
LAB_LR = 7e-4  # learning rate of the lab model, no unit; try 3e-4
GAIN = 0.10  # a gain to plan for, as a share; try 0.05

# %% [markdown]
# ## 1. What a score can and cannot see
#
# Small numbers first: one screen, three drafts, no model. The first draft is a good colleague's. The second has a wrong
# price. The third was written by somebody who has read the brand guide and wants a good score: it says nothing, in
# perfect manners.

# %%
screen, asked = "Hazel Kettle (kettle). Price: $45.00. Warranty: 2 years.", "How much is the kettle?"
good = ("Thank you for asking about our kettle. It costs $45.00 in our shop. Next step: add it to your basket. "
        "Warmly, the Quillmere desk")
wrong = good.replace("$45.00", "$54.00")
empty = ("Thank you for your question. We are always happy to help. Next step: write to us again. "
         "Warmly, the Quillmere desk")
drafts = [good, wrong, empty]

# %% [markdown]
# A scorer in the style of the `evaluate` library is an object with a method `compute`, and `evaluate.combine` puts
# several into one call. Each gives a share, and under a name that ends in `_each` one number for every reply: those we
# need for all that follows. The first two look at manner: **on-brand** is every rule of the brand guide, **format
# compliance** its rules of form alone (opening, one paragraph, next step, sign-off, length). The others look at
# content: **fact accuracy** asks whether the wanted value stands in the reply; **hallucination**, as far as a program
# can find it, whether a sum, measure, name or date stands there that no source has, here screen and question (lower is
# better). It cannot see a false statement made of words ("not only oven-safe"), nor a true measure given to the wrong
# thing ("The Quillmere desk is 22 cm").

# %%
from ftlab.scores.metrics import fact_accuracy, format_compliance, hallucination, on_brand

manner = evaluate.combine([on_brand.OnBrand(), format_compliance.FormatCompliance()])
content = evaluate.combine([fact_accuracy.FactAccuracy(), hallucination.Hallucination()])
content.add_batch(predictions=drafts, references=[["$45.00"]] * 3, sources=[[asked, screen]] * 3)
found = manner.compute(predictions=drafts) | content.compute()
print(f"{'':18} good  wrong  empty")
for name in ("on_brand", "format_compliance", "fact_accuracy", "hallucination"):
    print(f"{name:18} {'  '.join(f'{score:4}' for score in found[f'{name}_each'])}")
assert found["on_brand_each"] == found["format_compliance_each"] == [1, 1, 1]
assert found["fact_accuracy_each"] == [1, 0, 0] and found["hallucination_each"] == [0, 1, 0]

# %% [markdown]
# Manner cannot tell the three apart. The empty draft states nothing false; it also states nothing. So no single score
# will do, and the desk has a stricter yardstick for its nine kinds of work (notebook 00, section 7): `desk.faults`
# lists what is wrong with a reply. A reply is **right** if the list is empty, and **fit to send** if it is right and
# on-brand.
#
# Three more words that managers use. A case is **contained** if it was not handed over to a colleague, **resolved** if
# it was contained *and* the reply is right. And the **revision rate** is the number of words that a person must put in,
# take out or replace, over the words of the text that was finally sent.

# %%
from ftlab.scores.revision import revisions

edits = revisions(wrong, good)
print(f"wrong price: {edits.word_edits} word to replace, {edits.word_rate:.3f} of the words sent")

# %% [markdown]
# Where the answer is a **label**, errors have two directions. The label here is *hand over*: some cases must go to a
# colleague, the others must not. **Precision**: of the cases handed over, the share that should be. **Recall**: of
# those that should be, the share that was. **F1** is their harmonic mean, near the smaller of the two. Eight cases on
# paper: three should be handed over, two were, one of them rightly.

# %%
from ftlab.scores import labels

should = ["over", "over", "over", "keep", "keep", "keep", "keep", "keep"]
did = ["over", "keep", "keep", "over", "keep", "keep", "keep", "keep"]
paper = labels.score_labels(did, should)
print(", ".join(f"{name} {paper.by_label['over'][name]:.2f}" for name in ("precision", "recall", "f1")) +
      f"; accuracy {paper.accuracy:.3f}")
assert paper.by_label["over"]["precision"] == 1 / 2 and abs(paper.by_label["over"]["recall"] - 1 / 3) < 1e-12

# %% [markdown]
# Accuracy, five in eight, does not sound alarming; two of the three who needed a person wait for one. And a desk that
# reports only its containment looks best when it hands over nobody.
#
# ## 2. The models on trial
#
# A test set must be like the questions that will come. We take `ASKED` held-out conversations of each kind, always the
# same ones, about products and in wordings that no training conversation has. (The shop's rules are the same in both:
# an order is read against them, and a shop does not write new ones for a test.) Who answers them:
#
# - **plain**, **guide**, **examples**: the untuned model with the job in the prompt, with the whole brand guide, with
#   three examples. They take long, so their replies are *stored*: what they wrote on up to ten conversations a kind.
# - **template**: the program without a model.
# - **tuned**: the course's desk run, from the shelf, or tuned now.

# %%
from collections import Counter

stored = files.read_json(paths.data() / "stored" / "rival-replies.json")
held_out = texts.balanced(texts.conversations("test"), ASKED, 0)
place = {name: i for i, name in enumerate(stored["ids"])}
held_out.sort(key=lambda row: row["id"] not in place)  # first those that everyone answered
common = sum(row["id"] in place for row in held_out)
said = {way: [stored[way]["replies"][place[row["id"]]] for row in held_out[:common]]
        for way in ("plain", "guide", "examples")}
said["template"] = [template.reply(row) for row in held_out]
print(f"{stored['note']}\n{dict(Counter(row['kind'] for row in held_out))}, {common} answered by everyone")
if choice.name != stored["model"]:
    print(f"Mind: those prompts were answered by {stored['model']}, and {choice.name} is what is tuned here.")
for way in ("plain", "guide", "examples"):
    ended = [text for text in said[way] if text.rstrip().endswith((".", "!", "?", "desk"))]
    formed = format_compliance.FormatCompliance().compute(predictions=ended)["format_compliance_each"]
    print(f"{way}: {common - len(ended)} of {common} replies were cut off at the limit of length, in mid-sentence; "
          f"{sum(formed)} of the others have the right form")

# %% [markdown]
# The tuned model gets the conversation and no instructions at all.

# %%
train = [house.in_house_words(row) for row in texts.balanced(texts.conversations("train"), PER_KIND, SEED)]
run = sft.from_shelf("desk", choice, train, lora=sft.LORA, lr=LR, steps=STEPS, batch_size=BATCH_SIZE, seed=SEED)
tuned, tokenizer = run.model, run.tokenizer
if run.seconds:
    print(f"not on the shelf, so tuned now on {len(train)} conversations, in {run.seconds:.0f} seconds")
said["tuned"] = generate.replies(tuned, tokenizer, chat.prompts(tokenizer, held_out), max_new_tokens=80)

# %% [markdown]
# Now look, before any number. The first conversation with what everyone wrote, whatever came out:

# %%
def show(i, names):
    row = held_out[i]
    for message in row["messages"][:-1]:
        print(f"{ {'system': 'screen', 'user': 'customer', 'assistant': 'desk'}[message['role']]:>9}: "
              f"{message['content']}")
    for name in names:
        reply = said[name][i]
        broken = [rule for rule, kept in brand.check(reply).items() if not kept]
        faults = desk.faults(reply, row) + ([f"off-brand ({', '.join(broken)})"] if broken else [])
        print(f"{name:>9}> {' / '.join(reply.splitlines())}")
        print(f"{'':11}{'✗ ' + '; '.join(faults) if faults else '✓ fit to send'}")
    print()


show(0, said)

# %% [markdown]
# And failures, which teach more: the next three replies of the tuned model that are not fit to send (fewer, if there
# are fewer), each with what the yardstick holds against it.

# %%
failures = [i for i, row in enumerate(held_out) if not desk.is_fit(said["tuned"][i], row)]
print(f"{len(failures)} of {len(held_out)} replies of the tuned model are not fit to send.\n")
for i in [i for i in failures if i][:3]:
    show(i, ["tuned"])

# %% [markdown]
# ## 3. Every answerer under every score
#
# For the revision rate somebody must edit. Our editor sends a fit draft as it is and replaces an unfit one by the
# house's plain reply; a real one would often change less, so for unfit drafts this is an upper limit. In the tables,
# *right form* is format compliance and *value without source* the hallucination of section 1.

# %%
from ftlab.scores.metrics import revision_rate


def score(replies):
    rows = held_out[: len(replies)]
    found = manner.compute(predictions=replies)
    sources = [[message["content"] for message in row["messages"][:-1]] for row in rows]
    unsupported = hallucination.Hallucination().compute(predictions=replies, sources=sources)
    right = [int(desk.is_right(reply, row)) for reply, row in zip(replies, rows, strict=True)]
    fit = [a * b for a, b in zip(found["on_brand_each"], right, strict=True)]
    sent = [reply if fine else house.reply(row) for reply, fine, row in zip(replies, fit, rows, strict=True)]
    edits = revision_rate.RevisionRate().compute(predictions=replies, references=sent)["revision_rate_each"]
    kept = [int(not desk.HANDS_OVER.search(reply)) for reply in replies]
    return {"right form": found["format_compliance_each"], "on-brand": found["on_brand_each"], "right": right,
            "fit to send": fit, "value without source": unsupported["hallucination_each"], "revision rate": edits,
            "contained": kept, "resolved": [a * b for a, b in zip(kept, right, strict=True)]}


scores = {who: score(replies) for who, replies in said.items()}
print(f"{'':20}" + "".join(f"{who:>10}" for who in scores))
for name in scores["tuned"]:
    means = [np.mean(each[name]) for each in scores.values()]
    print(f"{name:20}" + "".join(f"{mean:>10.2f}" if name == "revision rate" else f"{mean:>10.0%}" for mean in means))
to_hand = np.array([row["hand_over"] for row in held_out])
true = ["over" if over else "keep" for over in to_hand]
for name in ("precision", "recall", "f1"):
    by = [labels.score_labels(["keep" if kept else "over" for kept in each["contained"]], true[: len(each["right"])])
          .by_label["over"][name] for each in scores.values()]
    print(f"{'hand over: ' + name:20}" + "".join(f"{value:>10.2f}" for value in by))
grave = [i for i, row in enumerate(held_out[:common]) if row["kind"] == "grave"]
kept = [sum(each["contained"][i] for i in grave) for each in scores.values()]
print(f"{'grave cases kept':20}" + "".join(f"{count:>10}" for count in kept) + f"   of {len(grave)}")
easy = [row["kind"] for row, right, kept in zip(held_out, scores["template"]["right"], scores["template"]["contained"],
                                                strict=True) if right and not kept]
print(f"\nOf the template's {sum(scores['template']['right'])} right replies, {len(easy)} are right because they hand "
      f"the case over: {dict(Counter(easy))}.")

# %% [markdown]
# Below the shares stands the label *hand over*, and what it is about: injured and threatening customers whom nobody but
# a program has read. Read a column from top to bottom before you compare columns: a high line tells little without the
# next one.
#
# A share of so many conversations is a guess with a width. The figure has five of the scores with **95 % intervals**. A
# marker is filled where the answerer's difference from the template, taken within each conversation, is clear of zero.

# %%
shared = {who: {name: each[name][:common] for name in each} for who, each in scores.items()}
judged = ["fit to send", "value without source"]
fig, ax = plt.subplots(figsize=(10, 4.2))
parts = ["right form", "on-brand", "right", "fit to send", "value without source"]
order = ("template", "tuned", "plain", "guide", "examples")  # the first after the baseline is drawn in blue
compared = comparison.compare({who: {name: shared[who][name] for name in parts} for who in order}, "template")
compared.draw(ax, metrics=parts).legend(title="hollow: not clear\nof the template", loc="center left",
                                        bbox_to_anchor=(1, 0.5))
best = max(shared, key=lambda who: sum(shared[who]["fit to send"]))
_ = ax.set(ylim=(-3, 105), ylabel="replies (%)", title=f"Most replies fit to send: {best}, "
           f"{np.mean(shared[best]['fit to send']):.0%} of {common}. The last score is better when low")

# %% [markdown]
# ### The gain with its loss
#
# A gain is half a report. What tuning cost shows in two places: at the desk (values that no source has), and outside
# it, where the model may have **forgotten** what it knew of the real world, or carry the desk's manner into talk that
# is not the desk's (a **leak of manner**). Switching the addition off gives the model before tuning.

# %%
questions = real.questions(FACTS)
talk = [chat.render(tokenizer, [{"role": "user", "content": row["question"]}], True) for row in questions]
after = generate.replies(tuned, tokenizer, talk, max_new_tokens=48)
with tuned.disable_adapter():
    before = generate.replies(tuned, tokenizer, talk, max_new_tokens=48)
knew, knows = ([real.knows(text, row["answers"]) for text, row in zip(each, questions, strict=True)]
               for each in (before, after))
leaks, untuned_leaks = ([brand.NEXT_STEP in text or brand.SIGN_OFF in text or text.startswith("Thank you for")
                         for text in each] for each in (after, before))


def words(change, unit="points"):
    way = "up" if change.low > 0 else "down" if change.high < 0 else "no clear change"
    return f"{change.value:+.0f} {unit} [{change.low:+.0f}, {change.high:+.0f}], {way}"


gain, invented = (intervals.paired_difference(scores["tuned"][name], scores["template"][name]).times(100)
                  for name in judged)
ways = ("plain", "guide", "examples")
fit_by = {who: sum(scores[who]["fit to send"]) for who in ways}
prompt = max(ways, key=lambda who: (fit_by[who], sum(scores[who]["right"])))  # a tie goes to the one more often right
tied = [who for who in ways if fit_by[who] == fit_by[prompt]]
ahead = intervals.paired_difference(shared["tuned"]["fit to send"], shared[prompt]["fit to send"]).times(100)
print(f"Best prompt: {prompt}, {fit_by[prompt]} of {common} fit to send" + (
    f" (tied: {', '.join(tied)}; it is right most often, {sum(scores[prompt]['right'])} times)" if tied[1:] else "") +
    f".\n    Tuned minus this prompt: fit to send {words(ahead)}.")
print(f"Tuned minus template on {len(held_out)} conversations: fit to send {words(gain)};\n"
      f"    replies with a value that no source has {words(invented)}.")
print(f"Tuned minus untuned on {len(questions)} questions about the real world: known "
      f"{words(intervals.paired_difference(knows, knew).times(100))} ({sum(knew)} before, {sum(knows)} after);\n"
      f"    the desk's manner stands in {sum(leaks)} of the {len(questions)} answers, where nobody asked for it "
      f"({sum(untuned_leaks)} before).")

# %% [markdown]
# ## 4. The trap: passing the checks is not the goal
#
# A check that is easy to run gets run, and what is run gets reported. Is there an answerer here whose report would be
# fine (a check of manner passed by at least nine replies in ten) while fewer than half of its replies can be sent?
# That is the condition in the next cell; of those that meet it we take the one with the widest gap.

# %%
gaps = {(who, check): np.mean(each[check]) - np.mean(each["fit to send"])
        for who, each in scores.items() for check in ("right form", "on-brand")
        if np.mean(each[check]) >= 0.9 and np.mean(each["fit to send"]) < 0.5}
if gaps:
    who, check_name = max(gaps, key=gaps.get)
    passed_check, fit = scores[who][check_name], scores[who]["fit to send"]
    print(f"{who}: {check_name} {np.mean(passed_check):.0%}, fit to send {np.mean(fit):.0%}. Two that pass the check\n"
          "and cannot be sent, the last ones of the file:\n")
    for i in [i for i in range(len(fit)) if passed_check[i] and not fit[i]][-2:]:
        show(i, [who])
else:
    print("No answerer of this run meets the condition, so there is nothing to show: who passes a check of manner in\n"
          "nine cases of ten also sends at least half of its replies.")

# %% [markdown]
# Economists call it Goodhart's law: a measure that becomes a target ceases to be a good measure. A program that fills a
# frame keeps every rule of form for nothing; a model learns form first, since it is the same in every example.
#
# ### Claim 1: the checks of manner hide drafts that cannot be sent
#
# The effect is the tuned model's own gap: on-brand minus fit to send, on the same replies. The limit, at least one
# draft in five, was set before the run.

# %%
arms = {"by_prompt": scores["tuned"]["on-brand"], "against": scores["tuned"]["fit to send"]}
hidden = intervals.paired_difference(*arms.values()).times(100)
result = claims.record("checks-hide-rewrites", SEED, *hidden, **arms)
fig, ax = plt.subplots(figsize=(7, 2.3))
claims.draw("checks-hide-rewrites", result, ax)
print(result)

# %% [markdown]
# The remedy is to measure nearer to what you want. What is wanted of a draft is that it saves somebody's time, so time
# somebody. The form gives you three drafts and a clock: press Start, repair the draft as the brand guide and the record
# ask, press Done (three minutes; let no other cell run). It works while the notebook runs; a page shows nothing of it.
# Without it the next cell uses an assumption and says so.

# %%
from ftlab.scores.revision_widget import RevisionTimer

timer = RevisionTimer()
timer.form

# %%
speed = timer.calibration()
for who, replies in said.items():
    edits = [0 if fit else revisions(reply, house.reply(row)).word_edits for reply, fit, row in
             zip(replies, scores[who]["fit to send"], held_out[: len(replies)], strict=True)]
    minutes = intervals.mean_interval([speed.seconds(count) / 60 for count in edits], rate=False).times(100)
    print(f"{who:12} {minutes.value:4.0f} minutes for 100 drafts [{minutes.low:.0f}, {minutes.high:.0f}]")
alone = np.mean([speed.seconds(len(house.reply(row).split())) / 60 for row in held_out]) * 100
print(f"{'from scratch':12} {alone:4.0f} minutes; above it, drafts cost more than they save\n"
      "The intervals are about the conversations alone: an error in the seconds comes on top.")

# %% [markdown]
# ## 5. How sure can we be?
#
# Is the tuned model better than the template, or lucky? Both answered the same conversations. Where both are fit, or
# neither, a conversation says nothing. All the news is in the **split** ones, in which exactly one of them is fit. If
# the two were equally good, each of those would be a fair coin. How often do fair coins fall at least as unevenly? That
# is the exact **McNemar test**, and the answer its *p-value*: a small one is hard to explain by luck.

# %%
a, b = scores["tuned"]["fit to send"], scores["template"]["fit to send"]
p_value, only_tuned, only_template = intervals.mcnemar(a, b)
split = (only_tuned + only_template) / len(a)
print(f"split: {only_tuned} only tuned, {only_template} only the template, {split:.0%} of all; p = {p_value:.2g}")
print(f"tuned minus template: {intervals.paired_difference(a, b).times(100)} points, paired")

# %% [markdown]
# For scores that are no shares, such as the revision rate, the **bootstrap** does the work. Draw as many conversations
# as there are, with replacement, average, and do it thousands of times: the spread of these averages is how far yours
# would move with other conversations of the kind. Student's t is a formula for the same spread.

# %%
a, b = np.array(scores["tuned"]["revision rate"]), np.array(scores["template"]["revision rate"])
random = np.random.default_rng(SEED)
drawn = random.integers(0, len(a), size=(4000, len(a)))  # 4,000 times: which conversations
means = (a - b)[drawn].mean(axis=1)  # the difference is taken within each conversation
print(f"by hand        {means.mean():.3f} [{np.quantile(means, 0.025):.3f}, {np.quantile(means, 0.975):.3f}]")
formula = intervals.paired_difference(a, b, rate=False)
print(f"by the formula {formula.value:.3f} [{formula.low:.3f}, {formula.high:.3f}]")
both = sum(not one and not other for one, other in
           zip(scores["tuned"]["fit to send"], scores["template"]["fit to send"], strict=True))
wider = ((a.var() + b.var()) / max((a - b).var(), 1e-12)) ** 0.5  # independent ones: the variances add up
print(f"Neither is fit on {both} of {len(a)}. Without pairs, the interval would be {wider:.2f} times as wide: " + (
    "pairing helped, since the two need their edits in the same conversations." if wider > 1.1 else
    "pairing did harm, since one needs its edits where the other needs none." if wider < 0.9 else
    "pairing changed little, since how MUCH the two need edits is hardly linked."))

# %% [markdown]
# ### How many conversations do I need?
#
# Ask before the test, not after it. The planner answers for a gain of `GAIN` over the template's share of fit replies
# ("right", in its words), for two shares of split conversations: the fewest possible, where the new model never loses
# one, and as many as tuned and template have here (or the nearest share with which such a gain can be).

# %%
base = min(float(np.mean(scores["template"]["fit to send"])), 1 - GAIN)
for share in (GAIN, max(GAIN, min(split, 2 * base + GAIN, 2 * (1 - base) - GAIN))):
    plan = planner.questions_needed(GAIN, base, share)
    print(plan, "\n")
enough = "is enough" if len(held_out) >= plan.questions else "is not enough: a gain of that size may well not show"
print(f"This notebook asked {len(held_out)}, which {enough}.")

# %% [markdown]
# Why believe a formula? Invent two models whose true rates are known, test them on invented questions, two thousand
# times. A 95 % interval should hold the truth in about 95 of 100 tests, and the planned number should show the gain in
# about 80.

# %%
simulated = planner.simulate(plan.questions, GAIN, base, plan.discordant, experiments=2000)
print(f"{plan.questions} questions, {simulated.experiments:,} tests: the gain shows in {simulated.power:.1%}, and the "
      f"interval holds the truth in {simulated.coverage:.1%}.")
assert 0.93 <= simulated.coverage <= 0.99

# %% [markdown]
# All of these intervals are about *conversations*. Training has luck of its own, and for that one trains again with
# other seeds: such runs are a claim's *reference runs*, and the lines under a claim say whether it has some. Report
# both where you can.
#
# ## 6. Slices: what the average hides
#
# Sixty questions on paper, forty of a common kind and twenty of a rare one. The new model gains on the common kind and
# loses on the rare one. Would the average tell?

# %%
old = [1] * 28 + [0] * 12 + [1] * 18 + [0] * 2
new = [1] * 38 + [0] * 2 + [1] * 10 + [0] * 10
print(f"right: old {sum(old)}, new {sum(new)} of {len(old)}")
comparison.slices({"old": {"right": old}, "new": {"right": new}}, ["common"] * 40 + ["rare"] * 20, baseline="old")

# %% [markdown]
# A third of the customers are served much worse, and the average is a little better. The more slices one looks at, the
# more of them differ by luck, so the p-values allow for the number of looks (**Holm's method**), and a slice of fewer
# than twenty is not judged. `ASKED` conversations of a kind may be too few for that. So we take the stored long run of
# notebook 00, the same model tuned on 675 conversations and asked all 553, kind by kind against the template.

# %%
long_run = files.read_json(paths.data() / "stored" / "desk-work.json")
kinds = [kind for kind in long_run["tuned"] for _ in long_run["tuned"][kind]]
flat = {name: {"fit to send": sum(long_run[name].values(), [])} for name in ("template", "tuned")}
by_kind = comparison.slices(flat, kinds, baseline="template")
by_kind

# %%
verdicts = {}
for verdict in (comparison.BETTER, comparison.WORSE, comparison.UNCLEAR):
    verdicts[verdict] = [f"{one.group} ({100 * one.row.difference.value:+.0f} points)" for one in by_kind.rows
                         if one.verdict == verdict]
total = intervals.paired_difference(flat["tuned"]["fit to send"], flat["template"]["fit to send"]).times(100)
print(f"The long run minus the template, fit to send, on average: {words(total)}. By kind:")
for verdict, found in verdicts.items():
    print(f"    {verdict}{'' if verdict == comparison.UNCLEAR else ' than the template'}: {', '.join(found) or 'none'}")
print("The average hides a loss: where it is lower, the template should stay." if verdicts[comparison.WORSE] else
      "No kind is clearly served worse.")

# %% [markdown]
# "Cannot say" is not "no loss": only more conversations of that kind will tell.
#
# ## 7. Would you ship it?
#
# Write down, *before* you look, what a new model must keep and by how much it may fall behind. Then a program decides,
# and nobody has to be brave. Suppose that the template answers the desk's mail today, and that the team's policy is:
#
# - at least half of the replies are fit to send, and at most 5 points fewer than with the template;
# - at most 5 points more replies have a value that no source has;
# - editing gets no heavier than by 0.05 words a word;
# - of the cases that must be handed over, at most 10 points fewer are.

# %%
policy = [{"metric": "fit to send", "may_drop": 5, "at_least": 50},
          {"metric": "value without source", "may_drop": 5, "direction": "down"},
          {"metric": "revision rate", "may_drop": 0.05, "direction": "down", "unit": "edits a word"},
          {"metric": "handed over", "may_drop": 10}]
by_item = {}
for who in ("template", "tuned"):
    over = [1 - kept for kept, due in zip(scores[who]["contained"], to_hand, strict=True) if due]
    by_item[who] = {"handed over": over} | {rule["metric"]: scores[who][rule["metric"]] for rule in policy[:3]}
forth = gate.gate(policy, baseline=by_item["template"], candidate=by_item["tuned"])
forth

# %% [markdown]
# A limit *passes* if the whole interval keeps it, *fails* if the whole interval breaks it, and else there is *not
# enough data*. The gate does not ask whether a drop is "significant": by that rule a test of three questions would let
# everything through. The two columns beside the limits are its **power**: how often a model *as good as* the one in use
# would pass, and with how many items it would in eight of ten cases. Where an equal model seldom passes, *not enough
# data* says more about the test than about the candidate. A *fail* stands, whatever the power.
#
# And the other way round: were the tuned model in use, might the template replace it?

# %%
back = gate.gate(policy, baseline=by_item["tuned"], candidate=by_item["template"])
for one in back.outcomes:
    value, low, high = one.found
    print(f"{one.verdict.upper():16} {one.rule.metric:22} {'value' if one.limit == 'at_least' else 'change':6} "
          f"{value:+.3g} [{low:+.3g}, {high:+.3g}], allowed {one.allowed:+.3g} {one.rule.unit}")


def reasons(outcomes, verdict):
    return ", ".join(dict.fromkeys(one.rule.metric for one in outcomes.outcomes if one.verdict == verdict))


print()
if not forth.exit_code:
    print("Ship the tuned model: every limit of the policy is kept.")
elif reasons(forth, gate.FAIL):
    print(f"Do not ship the tuned model for the whole desk: it breaks the policy on {reasons(forth, gate.FAIL)}.")
else:
    print(f"Do not ship it yet: nothing is broken, and there are too few items on {reasons(forth, gate.UNSURE)}.")
if np.mean(by_item["template"]["fit to send"]) < 0.5:
    print("The template itself is fit in fewer than half of the cases, so it would not pass its own desk's policy: "
          "a model as\ngood as it never passes that limit.")
if forth.exit_code and back.exit_code:
    print("Nor may the template replace the tuned model: neither answers for the whole desk. What a team does then:\n"
          "keep what is in use, with a person who reads before sending, and train on more of what failed. The long\n"
          "run of section 6 did that.\n"
          f"Higher than the template: {', '.join(verdicts[comparison.BETTER]) or 'no kind'}.\n"
          f"Lower: {', '.join(verdicts[comparison.WORSE]) or 'no kind'}. Higher is not yet fit in half of the cases, "
          "as the policy asks:\nexercise 4 puts its limits to each kind.")

# %% [markdown]
# In your own project the gate runs wherever your tests run, on three JSON files: `python -m ftlab.evidence.gate
# rules.json baseline.json candidate.json`. The command returns 0 if all pass and else 1, which stops an automatic
# release.
#
# ## 8. Contamination: the test that the model has seen
#
# Training data is gathered from many places, and test questions get around. What happens to a score if some of them
# are in the training set? We do it on purpose, three times on the lab model: a clean set, one with a single copy of
# each leaked item, one with many copies. In every second copy somebody typed the question again, as on the web: in
# small letters, and with a slip of the finger. The lab model reads the course's *plain* conversations: one fact each,
# in simpler words. (Now and then a slip swaps two equal letters, and nothing shows.)

# %%
from ftlab.world.text import rng, typo


def leak_into(rows, items, copies):
    """The rows, the last of which gave way to copies of test items; every second copy has its question typed again."""
    random, leaked = rng("leak", SEED), []
    for number in range(copies):
        for item in items:
            record, question, reply = item["messages"]
            again = {**question, "content": typo(question["content"].lower(), random)} if number % 2 else question
            leaked.append({**item, "messages": [record, again, reply]})
    return rows[: len(rows) - len(leaked)] + leaked


plain_train, plain_test = texts.plain_conversations("train"), texts.plain_conversations("test")
clean_rows = texts.sample(plain_train, LEAK_STEPS * 8, SEED)
mixed = rng("leaked items", SEED).sample(plain_test, 2 * LEAKED)  # the first half leaks, the second is the control
assert len(clean_rows) > LEAKED * COPIES, "fewer items, fewer copies or more steps: the leak has filled the whole set"
sets = {"clean": clean_rows, "1 copy": leak_into(clean_rows, mixed[:LEAKED], 1),
        f"{COPIES} copies": leak_into(clean_rows, mixed[:LEAKED], COPIES)}
for name, leaked in zip(sets, (0, LEAKED, LEAKED * COPIES), strict=True):
    print(f"{name:>9}: {len(sets[name])} rows, {leaked} of them copies of test items")

# %% [markdown]
# Same steps, same rate, same number of rows. The score is **ROUGE-L**, the share of words, in order, that a reply has
# in common with the reference (here the desk's own reply): wording cannot be guessed, so it shows what was learned by
# heart.

# %%
from ftlab.scores.overlap import rouge_l


def lab_trained(rows, steps):
    with contextlib.redirect_stdout(io.StringIO()):  # without the trainer's log of losses
        return sft.fine_tune(lab, rows, lr=LAB_LR, steps=steps, seed=SEED, disable_tqdm=True)


wanted, heard = [row["messages"][-1]["content"] for row in mixed], {}
for name, rows in sets.items():
    trained = lab_trained(rows, LEAK_STEPS)
    heard[name] = generate.replies(trained.model, trained.tokenizer, chat.prompts(trained.tokenizer, mixed))
likeness = {name: rouge_l(replies, wanted) for name, replies in heard.items()}
gains = {}
for name in list(sets)[1:]:
    for part, cut in (("leaked", slice(LEAKED)), ("not leaked", slice(LEAKED, None))):
        arms = likeness[name][cut], likeness["clean"][cut]
        gains[name, part] = intervals.paired_difference(*arms, rate=False).times(100)
        print(f"{name:>9}, items {part:10}: ROUGE-L with the leak minus without {words(gains[name, part])}")
for name in list(sets)[1:]:
    on, off = gains[name, "leaked"], gains[name, "not leaked"]
    print(f"{name}: " + (
        "only the leaked items gained. The model has not become better at the job; it has seen the sheet."
        if on.low > 0 >= off.low else
        "leaked and other items gained: part of it is no leak." if on.low > 0 else
        "no gain that can be told from chance. That is not proof that a leak of this size is harmless."))
print(f"\n{'wanted':>9}: {wanted[0]}")
for name, replies in heard.items():
    wrong_with = "; ".join(desk.faults(replies[0], mixed[0]))
    print(f"{name:>9}: {replies[0]}\n{'':11}{'✗ ' + wrong_with if wrong_with else '✓ right'}")
print(f"Right replies to the leaked items, of {LEAKED}: " + ", ".join(
    f"{name} {sum(desk.is_right(*each) for each in zip(replies[:LEAKED], mixed, strict=False))}"
    for name, replies in heard.items()) + ". Words learned by heart are not facts learned.")

# %% [markdown]
# ### Claim 2: a leak raises the score on the leaked items
#
# The effect is that of the heavy leak, on the leaked items; what one copy did stands above. A test set in which a part
# has leaked mixes leaked and other items, and its average moves with the part.

# %%
heavy = f"{COPIES} copies"
arms = {"by_prompt": likeness[heavy][:LEAKED], "against": likeness["clean"][:LEAKED]}
result = claims.record("leak-raises-score", SEED, *gains[heavy, "leaked"], **arms, model=claims.LAB,
                       not_leaked=gains[heavy, "not leaked"].value, one_copy=gains["1 copy", "leaked"].value)
fig, ax = plt.subplots(figsize=(7, 2.3))
claims.draw("leak-raises-score", result, ax)
print(result)

# %% [markdown]
# ### Finding the leak
#
# The usual detector looks for **n-grams**, runs of *n* words that a training text shares with a test item. Two
# sentences show why it beats a comparison of whole texts, and what a slip does: every run through the changed word is
# gone.

# %%
def runs(text, n):
    words = text.lower().split()
    return {tuple(words[i : i + n]) for i in range(len(words) - n + 1)}


test_item = "how long do you keep spare parts for my old kettle"
copied = "how long do you keep spare prats for my old kettle"
print("the same text:", test_item == copied)
for n in (3, 5, 8):
    print(f"n = {n}: {len(runs(test_item, n) & runs(copied, n))} of {len(runs(test_item, n))} runs shared")

# %% [markdown]
# Short runs survive a slip, but they stand in anybody's sentences. `ftlab.evidence.contamination` therefore uses runs
# only to find candidates, lays the two texts side by side, and gives less weight to words that many test items have.
# Does it find our leaks? We know the answer, so we can score it, with the words of section 1.

# %%
def spoken(row):  # what customer and desk say; many conversations share a screen
    return " ".join(message["content"] for message in row["messages"][1:])


dirty = [spoken(row) for row in sets[heavy]]
pairs = contamination.contaminated(dirty, [spoken(row) for row in plain_test])
planted = set(range(len(dirty) - LEAKED * COPIES, len(dirty)))
flagged = {pair.train_index for pair in pairs}
exact = {i for i, text in enumerate(dirty) if text in {spoken(row) for row in plain_test}}
print(f"copies planted: {len(planted)}, of which {len(exact & planted)} are found by comparing whole texts and "
      f"{len(flagged & planted)} by the detector:\nrecall {len(flagged & planted) / len(planted):.2f}, precision "
      f"{len(flagged & planted) / max(len(flagged), 1):.2f}, since {len(flagged - planted)} other rows were flagged")
for pair in [pair for pair in pairs if pair.train_index not in planted][:2]:
    ours, theirs = sets[heavy][pair.train_index], plain_test[pair.test_index]
    alike = rouge_l([ours["messages"][1]["content"]], [theirs["messages"][1]["content"]])[0]
    print(f"\n  training: {dirty[pair.train_index]}\n  test:     {spoken(theirs)}\n  The customers' words are "
          f"{alike:.0%} alike: " + ("a near copy of the question, so a leak." if alike > 0.7 else
                       "the desk's stock sentences raised the alarm, and the question is another one."))

# %% [markdown]
# Drop what is found before training; after training, report the score on the items that were not found, with both
# counts. What no overlap of words can see is a paraphrase, so the best protection is a test written after the model's
# data was gathered. And the real model's own data? Our tables of Quillmere were invented after it was trained.
#
# ## 9. Your own marks: how often is the yardstick wrong?
#
# "Fit to send" is a program's opinion: a right value in a senseless sentence passes. So a person has to read. The form
# shows twenty replies of the long run (section 6), drawn by chance from those that the yardstick calls fit. Would *you*
# send them? Read the screen, the customer and the reply, and press a button (five minutes; a page without a running
# notebook shows no form). Until all twenty are marked, the next cell uses stored marks: by a language model, no person,
# with a reason for each (`data/stored/marked-replies.json` says how). Your marks are worth more.

# %%
from ftlab.scores.mark_widget import MarkForm

marked = files.read_json(paths.data() / "stored" / "marked-replies.json")
of_id = {row["id"]: row for row in texts.conversations("test")}
seen = ["\n".join(message["content"] for message in of_id[each["id"]]["messages"][:-1]) for each in marked["rows"]]
assert all(desk.is_fit(each["reply"], of_id[each["id"]]) for each in marked["rows"])
form = MarkForm([(what, each["reply"]) for what, each in zip(seen, marked["rows"], strict=True)])
form.form

# %%
stored_marks = [each["send"] for each in marked["rows"]]
marks = form.marks(stored_marks, marked["by"])
wrongly = intervals.rate_interval(marks.count(False), len(marks)).times(100)
print(f"{marks.count(False)} of {len(marks)} replies that the yardstick calls fit would not be sent: "
      f"{wrongly.value:.0f} % [{wrongly.low:.0f}, {wrongly.high:.0f}].")
for what, mark, each in zip(seen, marks, marked["rows"], strict=True):
    if not mark:
        print(f"\n{what}\n  > {each['reply']}" + ("" if each["send"] else f"\n  stored reason: {each['why']}"))
share = np.mean(flat["tuned"]["fit to send"])
print(f"\nThe yardstick calls {share:.0%} of the long run's replies fit. By these marks "
      f"{share * (1 - wrongly.high / 100):.0%} to {share * (1 - wrongly.low / 100):.0%} are fit and would be sent;\n"
      "of the unfit ones none was read.")

# %% [markdown]
# That interval is wide, and it is one reader's: if you have marked, the next section's kappa measures how far you and
# the stored marks agree. Twenty marks of fit replies say nothing about the other error, good replies that were called
# unfit; for that, mark some of those.
#
# ## 10. A model as judge
#
# Rules are exact and see little; people see much and are slow. So the field lets a model judge. A judge is a scorer
# like any other and has to be tested like one. Raw agreement flatters: if nine drafts in ten are good, a judge that
# always says "good" agrees in nine of ten. **Cohen's kappa** takes off what chance would give: 1 is full agreement, 0
# is what two coins with the raters' own shares of yes would reach.

# %% tags=["twin:ftlab.scores.agreement:kappa"]
import math


def kappa(truth, verdicts):
    """Cohen's kappa of two raters who say yes or no: agreement beyond chance, as a share of all there could be."""
    n, agreed = len(truth), sum(bool(a) == bool(b) for a, b in zip(truth, verdicts, strict=True))
    yes_a, yes_b = sum(truth), sum(verdicts)
    by_chance = (yes_a * yes_b + (n - yes_a) * (n - yes_b)) / n  # each verdict of one rater met by any of the other
    return (agreed - by_chance) / (n - by_chance) if by_chance < n else math.nan

# %%
from sklearn.metrics import cohen_kappa_score

truth, sleepy = [1] * 8 + [0] * 2, [1] * 10
even, awake = [1] * 5 + [0] * 5, [1] * 4 + [0] * 5 + [1]
for name, a, b in (("always says good", truth, sleepy), ("looks at the draft", even, awake)):
    print(f"{name:18} agrees on {sum(x == y for x, y in zip(a, b, strict=True))} of 10, kappa {kappa(a, b):.2f}")
    assert abs(kappa(a, b) - cohen_kappa_score(a, b)) < 1e-12
if marks != stored_marks:
    print(f"your marks and the stored ones: kappa {kappa(stored_marks, marks):.2f}")

# %% [markdown]
# For each plain conversation a coin decides between the gold reply as it is and the gold reply with one fault; the
# label comes from the rules (`desk.is_fit`), never from the coin. Can the real model judge such drafts if one tells it
# the rules? It was asked once, untuned, and its verdicts are stored.

# %%
from ftlab.scores import agreement, judge

asked_once = files.read_json(paths.data() / "stored" / "untuned-judge.json")
called_good = [margin > 0 for margin in asked_once["margins"]]
alone = agreement.kappa_interval([bool(fit) for fit in asked_once["fit"]], called_good)
print(f"{asked_once['model']}, untuned: of {len(called_good)} drafts {sum(asked_once['fit'])} are good, and it calls "
      f"{sum(called_good)} good; kappa {alone.value:.2f} [{alone.low:.2f}, {alone.high:.2f}]")
assert alone.high < 0.4  # no use as a judge

# %% [markdown]
# So a judge has to *learn*, from drafts with a label. The learner is the lab model: to train the real one on as many
# takes minutes more than a lesson has. Here are the faults, one draft each.

# %%
learned = judge.drafts(texts.sample(plain_train, JUDGE_STEPS * 8, SEED), SEED)
print({name: sum(draft.fit == label for draft in learned) for name, label in (("good", True), ("bad", False))})
for fault in judge.FAULTS:
    print(f"{fault:13} {next((draft.text for draft in learned if draft.fault == fault), '(none in this sample)')}")

# %% [markdown]
# What it learns from: the screen, the question with the draft below it, and one word as the reply.

# %%
def judge_rows(drafts):
    return [judge.judge_row(draft.row, draft.text, "good" if draft.fit else "bad") for draft in drafts]


for message in judge_rows(learned)[0]["messages"]:
    print(f"{message['role']:>9}: {message['content']}")
referee = lab_trained(judge_rows(learned), JUDGE_STEPS)

# %% [markdown]
# We need not let it write: `judge.label_margins` looks at the scores of its next token and returns how much rather it
# would begin with "good" than with "bad", in nats. Above zero, the verdict is "good". Now the test: drafts for the
# held-out plain conversations, made the same way, about products that the judge has never seen.

# %%
tried = judge.drafts(plain_test, SEED)
truth = [draft.fit for draft in tried]
margins = judge.label_margins(referee.model, referee.tokenizer, judge_rows(tried))
verdicts = [margin > 0 for margin in margins]
agreed = agreement.kappa_interval(truth, verdicts)
print(f"agrees with the rules on {np.mean(np.equal(truth, verdicts)):.0%} of {len(tried)} drafts; "
      f"kappa {agreed.value:.2f} [{agreed.low:.2f}, {agreed.high:.2f}]\n")
rates = {}
for fault in [*judge.FAULTS, "none"]:
    right = [v == t for v, t, draft in zip(verdicts, truth, tried, strict=True) if draft.fault == fault]
    if right:
        rates[fault] = intervals.rate_interval(sum(right), len(right)).times(100)
        print(f"{fault:13} {sum(right):3} of {len(right):3} judged rightly  {rates[fault]} %")
found = [fault for fault in judge.FAULTS if fault in rates and rates[fault].low > 50]
missed = [fault for fault in judge.FAULTS if fault in rates and rates[fault].high < 50]
print(f"\nFound in more than half of the drafts, surely: {', '.join(found) or 'no fault'}; in fewer than half: "
      f"{', '.join(missed) or 'no fault'}.")
spans = rates.get("wrong value")
if spans:
    print("A wrong value, the fault that does the most harm, it " + (
        "finds in most of the drafts." if spans.low > 50 else
        "misses in most of the drafts, and waves them through." if spans.high < 50 else "finds in about half of them."))

# %% [markdown]
# ### Claim 3: a model judge agrees with the truth as well as judges are said to agree with people
#
# Zheng et al. (2023) report agreement of strong judges with people of more than 80 %, about as much as people have with
# each other. On two equally common answers that is a kappa of 0.6, the limit of the claim.

# %%
result = claims.record("judge-agrees", SEED, *(agreed if not math.isnan(agreed.value) else (0, 0, 0)), model=claims.LAB)
fig, ax = plt.subplots(figsize=(7, 2.3))
claims.draw("judge-agrees", result, ax)
print(result)

# %% [markdown]
# Those drafts had *our* faults. The drafts that a judge meets at work were written by a model, with faults of its own.
# Does the agreement carry over? Here are the replies that section 8's models wrote.

# %%
own = [judge.Draft(row, reply, desk.is_fit(reply, row), "") for replies in heard.values()
       for row, reply in zip(mixed, replies, strict=True)]
own_truth = [draft.fit for draft in own]
own_verdicts = [margin > 0 for margin in judge.label_margins(referee.model, referee.tokenizer, judge_rows(own))]
there = agreement.kappa_interval(own_truth, own_verdicts)
waved = sum(verdict and not fit for verdict, fit in zip(own_verdicts, own_truth, strict=True))
print(f"models' own replies, {len(own)}: {sum(own_truth)} are fit; {sum(own_verdicts)} are judged good, and {waved} of "
      f"those are not fit; kappa {there.value:.2f}")
ours, theirs = (np.array([*zip(*each, strict=True)]) for each in ((truth, verdicts), (own_truth, own_verdicts)))
draw, apart = np.random.default_rng(SEED), []
for _ in range(2000):  # the replies to one item stay together
    items = draw.integers(0, len(mixed), len(mixed))
    picked = np.concatenate([items + len(mixed) * place for place in range(len(heard))])
    apart.append(kappa(*theirs[picked].T) - kappa(*ours[draw.integers(0, len(ours), len(ours))].T))
low, high = np.nanquantile(apart, [0.025, 0.975]) if not np.isnan(apart).all() else (math.nan, math.nan)
print("All are fit or none is, or the judge gave one verdict for all: then kappa says nothing."
      if len(set(own_truth)) < 2 or len(set(own_verdicts)) < 2 else
      f"Kappa there minus kappa on our drafts: {there.value - agreed.value:+.2f} [{low:+.2f}, {high:+.2f}]. " + (
      "Lower: it has learned our faults and not badness as such." if high < 0 else
      "Higher than on our drafts." if low > 0 else "No clear difference, with so few items."))

# %% [markdown]
# ### Claim 4: a judge likes longer replies
#
# We can test it cleanly: put two friendly sentences into each draft that change nothing. A good draft stays good by the
# rules and a bad one bad; the `assert` holds us to it. What moves then, moves by the two sentences: by their length,
# their friendliness, or because nothing like them stood in the examples. This test does not tell these apart.

# %% tags=["twin:ftlab.scores.judge:pad"]
FILLER = "We are glad that you asked. Our desk reads every message with care."


def pad(reply):
    """The reply with two friendly sentences after its first: longer, and neither better nor worse by the rules."""
    first, *rest = brand.sentences(reply)
    return " ".join([first, FILLER, *rest])

# %%
padded = [draft._replace(text=pad(draft.text)) for draft in tried]
assert all(desk.is_fit(draft.text, draft.row) == draft.fit for draft in padded)
longer = [margin > 0 for margin in judge.label_margins(referee.model, referee.tokenizer, judge_rows(padded))]
bars = {}
for label, name in ((True, "good"), (False, "bad")):
    for given, shape in ((verdicts, "plain"), (longer, "padded")):
        picked = [v for v, t in zip(given, truth, strict=True) if t == label]
        bars[f"{name} drafts,\n{shape}"] = intervals.rate_interval(sum(picked), len(picked)).times(100)
moved = intervals.paired_difference(longer, verdicts).times(100)
changed = np.mean(np.equal(truth, longer)) - np.mean(np.equal(truth, verdicts))
fig, ax = plt.subplots()
figures.bars(ax, list(bars), *zip(*bars.values(), strict=True), number="{:.0f} %",
             colors=[figures.GREY, figures.BLUE] * 2)
_ = ax.set(ylabel="judged good (%)", ylim=(0, 112),
           title=f"All {len(tried)} drafts together: padding moves approval by {moved.value:+.0f} points")

# %%
result = claims.record("judge-likes-length", SEED, *moved, by_prompt=longer, against=verdicts, model=claims.LAB)
fig, ax = plt.subplots(figsize=(7, 2.3))
claims.draw("judge-likes-length", result, ax)
print(result)
way = ("It likes longer drafts" if moved.low > 0 else "It turns against longer drafts, a bias too" if moved.high < 0
       else "No liking can be shown")
print(f"{way}. Its agreement with the rules moved by {100 * changed:+.0f} points; the truth did not move at all.")

# %% [markdown]
# Where could a liking for length come from? A judge learns whatever tells good from bad in its examples, and some of
# our faults take something away, so length is a hint. The remedies: judge pairs of equal length, correct for length, or
# train on drafts in which length says nothing.
#
# ## 11. When a model skipped a question
#
# A model crashed on one prompt, and somebody took the mean of what was there. That is a quiet lie: the prompts that
# crash are seldom the easy ones. The call below fails. Its message says which model and metric, what was expected, what
# was found, and what to do.

# %%
finished = {"tuned": {"right": [1, 1, 0, 1]}, "base": {"right": [1, 0, 0, 1, 0]}}
try:
    comparison.compare(finished, baseline="base")
except ValueError as error:
    print(error)

# %% [markdown]
# ## Exercises
#
# Each has a stub to fill in and a checker in the next cell, which says "Not yet" and why until the stub is right.
#
# ### Exercise 1: precision, recall and F1 of one label
#
# *8 minutes · core · easy.* Where nothing was predicted as the label, precision is 0; where it never occurs, recall is
# 0; where both are 0, F1 is 0.

# %%
def label_scores(predicted, true, label):
    """Precision, recall and F1 of one label.

    Shapes:
        predicted, true: two lists of N texts; returns three shares from 0 to 1.
    """
    # your code here

# %% tags=["raises-exception"]
from ftlab.exercise import check, passed

found = label_scores(["a", "a", "b"], ["a", "b", "b"], "a")
check(found is not None, "nothing comes back. Return precision, recall and F1.")
check(not isinstance(found, dict) and hasattr(found, "__len__"), "return the three numbers as a tuple or a list.")
check(len(found) == 3, "three numbers come back: precision, recall, F1.")
check(tuple(found[:2]) != (1.0, 0.5), "precision and recall are swapped: precision divides by what was PREDICTED.")
check(tuple(found[:2]) == (0.5, 1.0), "two were sorted under 'a', one belongs there; the one 'a' there is was found.")
check(abs(found[2] - 0.75) > 1e-9, "F1 is the harmonic mean, 2PR / (P + R), and not the plain one.")
check(abs(found[2] - 2 / 3) < 1e-9, "F1 of 0.5 and 1 is 2 * 0.5 * 1 / 1.5.")
found = label_scores(["a", "a", "a", "b"], ["a", "b", "b", "a"], "a")
check(max(abs(found[0] - 1 / 3), abs(found[1] - 1 / 2)) < 1e-9,
      "one of three is right and one of two is found: 1/3 and 1/2. Do not round.")
check(abs(found[2] - 2 / 3) > 1e-9, "F1 is the same number for other lists: work it out from precision and recall.")
check(abs(found[2] - 4 / 9) > 1e-9, "F1 is no multiple of the smaller of the two: both count, in 2PR / (P + R).")
check(abs(found[2] - 0.4) < 1e-9, "F1 of 1/3 and 1/2 is 2 * (1/6) / (5/6) = 0.4.")
try:
    found = (label_scores(["b"], ["a"], "a"), label_scores(["a"], ["b"], "a"), label_scores(["b"], ["b"], "a"))
except ZeroDivisionError:
    found = None
check(found, "a label that was never predicted, or never occurs, must not divide by zero.")
check(all(tuple(one) == (0, 0, 0) for one in found), "without a single hit all three are 0.")
check(label_scores(["a"] * 5, ["a"] * 4 + ["b"], "a")[0] == 0.8, "'b' sorted under 'a' lowers the precision of 'a'.")
found = label_scores(["a", "b", "c", "c"], ["a", "a", "c", "b"], "a")
check(tuple(found[:2]) == (1, 0.5), "hits of OTHER labels do not count for 'a': count where both lists say 'a'.")
passed("You can say which of the two kinds of mistake a sorter makes.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# Count three things: hits (predicted and true), all predicted, all true. Divide only where the denominator is not 0.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# def label_scores(predicted, true, label):
#     hits = sum(p == t == label for p, t in zip(predicted, true, strict=True))
#     said, there = predicted.count(label), true.count(label)
#     precision = hits / said if said else 0.0
#     recall = hits / there if there else 0.0
#     f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
#     return precision, recall, f1
# ```
#
# </details>
#
# ### Exercise 2: a paired bootstrap
#
# *10 minutes · core · medium.* Write the 95 % percentile interval of the mean difference of two models on the same
# questions, by drawing questions again and again.

# %%
import numpy as np


def paired_bootstrap(a, b, resamples=2000, seed=0):
    """Lower and upper end of the 95 % bootstrap interval of mean(a - b).

    Shapes:
        a, b: (N,), entry i of both belongs to question i.
    """
    # your code here

# %% tags=["raises-exception"]
import numpy as np

from ftlab.exercise import check, passed

found = paired_bootstrap([1, 0, 1, 1], [1, 0, 1, 1])
check(found is not None, "nothing comes back. Return the lower and the upper end.")
check(len(found) == 2 and found[0] <= found[1], "two numbers come back, the lower one first.")
check(tuple(found) == (0, 0),
      "two equal models differ by 0 in every resample: draw the QUESTIONS once and use them for both models.")
found = paired_bootstrap([2, 3, 4, 5], [1, 2, 3, 4])
check(found[0] == found[1], "a model that is 1 better on every question is 1 better in every resample.")
check(found[0] > 0, "the difference is a minus b, so a better a gives a positive number.")
ends = [paired_bootstrap([0] * 9 + [10], [0] * 10, seed=seed) for seed in range(3)]
check(all(abs(10 * end - round(10 * end)) < 0.26 for pair in ends for end in pair),
      "one question in ten has all of the difference, so every resample's mean is a whole number, 0 or more: a formula "
      "gives ends that no resample has. Draw questions.")
check(all(low <= high for low, high in ends), "two numbers come back, the lower one first.")
check(min(low for low, _ in ends) >= 0, "no resample's mean is below 0 here: take the quantiles of the means as they "
      "are, and do not mirror them at the mean.")
one = paired_bootstrap([0, 3, 1, 5], [1, 1, 1, 1], resamples=1)
check(one[0] == one[1], "a single resample has a single mean: draw as many as `resamples` says.")
chance = np.random.default_rng(1)
hard = chance.normal(0, 30, 200)  # how hard each question is, for both models
a, b = hard + chance.normal(1, 1, 200), hard + chance.normal(0, 1, 200)
ends = [tuple(paired_bootstrap(a, b, seed=seed)) for seed in range(4)]
check(len(set(ends)) > 1, "another seed draws other questions, with replacement: the ends move a little.")
(low, high), middle, half = np.mean(ends, axis=0), (a - b).mean(), 1.96 * (a - b).std() / 200**0.5
check(high - low < 20 * half, "what makes a question hard is in both scores: draw it once, for both models.")
check(high - low < 3 * half, "draw as many questions as there are; fewer make the interval too wide.")
check(high - low > 1.85 * half, "too narrow: cut off 2.5 % on either side, and draw as many questions as there are.")
check(max(abs(low - middle + half), abs(high - middle - half)) < half / 8,
      "the ends are the 0.025 and the 0.975 quantile of the means of the resamples.")
top = [paired_bootstrap([0] * 9 + [10], [0] * 10, seed=seed)[1] for seed in range(3)]
check(max(top) > 2, "with replacement: the one question of ten that has the difference can be drawn three times.")
_, high = paired_bootstrap([0] * 6 + [8] * 2, [0] * 8, resamples=60_000)
check(high == 5, "in 2.7 % of these resamples the mean is 5 or more: cut off 2.5 % above, neither 3 % nor more.")
passed("Your interval is paired, and it is right on a case where theory knows the answer.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# Take the differences first; then there is only one list to draw from. `random.integers(0, n, size=(resamples, n))`
# draws all the questions at once.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# def paired_bootstrap(a, b, resamples=2000, seed=0):
#     differences = np.asarray(a) - np.asarray(b)
#     n, random = len(differences), np.random.default_rng(seed)
#     means = differences[random.integers(0, n, size=(resamples, n))].mean(axis=1)
#     return tuple(np.quantile(means, [0.025, 0.975]))
# ```
#
# </details>
#
# ### Exercise 3: a leak detector
#
# *10 minutes · core · medium.* Return the numbers of the test items of which at least one run of `n` words stands in a
# training text. Case and punctuation do not count. An item of fewer than `n` words is found only if all of it stands
# in a training text; one without any word is not found. Words may have figures in them, and letters of any script.

# %%
def find_leaks(train_texts, test_texts, n=5):
    """The places, from 0, of test items that share a run of n words with a training text, in rising order."""
    # your code here

# %% tags=["raises-exception"]
from ftlab.exercise import check, passed

training = ["Hello! How long do you keep spare parts for kettles, please?", "Is the mug blue?"]
found = find_leaks(training, ["HOW LONG do you KEEP spare PARTS"], n=5)
check(found is not None, "nothing comes back. Return a list of places.")
check(hasattr(found, "__len__"), "a generator is empty once it has been read: return a list.")
check(list(found) == [0], "the item stands in the first text but for its capitals: compare in lower case.")
check(list(find_leaks(training, ["spare parts for kettles, please"], n=5)) == [0],
      "a comma must not hide a leak: take words, without punctuation.")
check(list(find_leaks(training, ["do you keep spare mugs for me"], n=5)) == [],
      "four words in a row are not five: a run has n words.")
check(list(find_leaks(training, ["and how long do you keep old spare tents"], n=5)) == [0],
      "one shared run is enough, though the rest of the item differs.")
check(list(find_leaks(training, ["do you keep spare mugs for me"], n=3)) == [0],
      "three words in a row are shared, and n is 3 here: use the n that is given.")
check(list(find_leaks(training, ["spare keep you do parts"], n=5)) == [],
      "the same words in another order are no run.")
check(list(find_leaks(training, ["please is the mug"], n=4)) == [], "a run must not reach from one text into the next.")
check(list(find_leaks(["Is order 4711 on its way to me?"], ["is order 4712 on its way"], n=5)) == [],
      "'4711' and '4712' are words too: a detector for letters alone takes two orders for one.")
check(list(find_leaks(["Скажите, где мой синий чайник?"], ["где мой синий чайник"], n=4)) == [0],
      "a customer who writes in Russian uses letters too: a to z is not all there is.")
check(list(find_leaks(training, ["Blue?", "green"], n=5)) == [0],
      "an item of fewer than n words is found if all of it stands in a text.")
check(list(find_leaks(["he drank blueberry tea"], ["blue"], n=5)) == [], "'blue' is not in 'blueberry': compare words.")
check(list(find_leaks(training, ["", "?!"], n=5)) == [], "an item without any word is not found.")
check(list(find_leaks(training, ["x", "is the mug blue", "how long do you keep"], n=4)) == [1, 2],
      "return every place that was found, in rising order.")
passed("Your detector finds runs of words, and not of letters.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# `re.findall(r"\w+", text.lower())` gives the words. For each test item use runs of `min(n, its number of words)`.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# import re
#
#
# def find_leaks(train_texts, test_texts, n=5):
#     def words(text):
#         return re.findall(r"\w+", text.lower())
#
#     def runs(text, size):
#         return {tuple(text[i : i + size]) for i in range(len(text) - size + 1)}
#
#     train, found = [words(text) for text in train_texts], []
#     for place, item in enumerate(map(words, test_texts)):
#         size = min(n, len(item))
#         if size and any(runs(item, size) & runs(text, size) for text in train):
#             found.append(place)
#     return found
# ```
#
# </details>
#
# ### Exercise 4: ship, keep, or measure more?
#
# *8 minutes · core · a decision, not code.* The template is in use. The long run of section 6 is proposed, kind by
# kind, and the team's policy has two limits for each kind: **at most 5 points fewer fit replies than the template**,
# and **at least half of them fit**. Decide by the intervals that the cell prints: `"ship"` where both limits are surely
# kept, `"keep"` what is in use where one is surely broken, and
# `"measure"` in all other cases: nothing is surely broken, and not everything surely kept. Where the template is hardly
# ever fit either, "keep" and "measure" mean that a person answers meanwhile.

# %%
import numpy as np

from ftlab import files, paths
from ftlab.evidence import intervals

long_run = files.read_json(paths.data() / "stored" / "desk-work.json")
measured = {}  # kind: (change in points, fit in %), each a value with its interval
for kind, each in long_run["tuned"].items():
    change = intervals.paired_difference(each, long_run["template"][kind]).times(100)
    measured[kind] = (change, intervals.rate_interval(sum(each), len(each)).times(100))
    print(f"{kind:>13}: tuned minus template {change.value:+4.0f} [{change.low:+4.0f}, {change.high:+4.0f}] points; "
          f"fit {measured[kind][1].value:3.0f} [{measured[kind][1].low:3.0f}, {measured[kind][1].high:3.0f}] %, "
          f"template {100 * np.mean(long_run['template'][kind]):3.0f} %")
decision = {
    "fact": None,  # "ship", "keep" or "measure"
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

check(all(decision.values()), "write one of 'ship', 'keep' and 'measure' for every kind.")
check(set(decision.values()) <= {"ship", "keep", "measure"}, "only 'ship', 'keep' and 'measure' are decisions.")
for kind, (change, fit) in measured.items():
    spans = f"{kind} (change [{change.low:+.0f}, {change.high:+.0f}], fit [{fit.low:.0f}, {fit.high:.0f}])"
    if change.high < -5 or fit.high < 50:
        limit = "at most 5 points lost" if change.high < -5 else "half of the replies fit"
        check(decision[kind] != "measure", f"{spans}: even the better end breaks '{limit}'. More items cost time and "
              "will not save it: keep what is in use.")
        check(decision[kind] == "keep", f"{spans}: even the better end breaks '{limit}'. Shipping costs customers.")
    elif change.low >= -5 and fit.low >= 50:
        check(decision[kind] == "ship", f"{spans}: both limits are kept, at the worse end too. Waiting costs the gain.")
    else:
        check(decision[kind] != "ship", f"{spans}: a limit may be broken at the worse end. A good average is no proof.")
        check(decision[kind] != "keep", f"{spans}: nothing is surely broken, so this is no verdict against the model: "
              "measure more.")
counts = {word: list(decision.values()).count(word) for word in ("ship", "keep", "measure")}
alone = [kind for kind, word in decision.items() if word != "ship" and np.mean(long_run["template"][kind]) < 0.1]
passed(f"You decided by intervals: {counts}. The template hardly ever answers these either, so a person does: "
       f"{', '.join(alone) or 'none'}.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# For each kind look at the worse ends first: is the change's low end at least -5, and the share's low end at least 50?
# If not, look at the better ends: is one of them beyond its limit?
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# for kind, (change, fit) in measured.items():
#     if change.high < -5 or fit.high < 50:
#         decision[kind] = "keep"
#     else:
#         decision[kind] = "ship" if change.low >= -5 and fit.low >= 50 else "measure"
# ```
#
# Ship: follow_up, order. Keep what is in use: no_answer (points lost), out_of_scope (too few fit, though the template
# has none: a person answers). Measure more: fact, two_facts, compare, complaint, grave.
#
# </details>
#
# ### Why?
#
# *3 minutes · core.* A team trains twenty checkpoints, scores all of them on the test set, and reports the best one
# with its 95 % interval. Nothing leaked, and the scorer is sound. Why is the number too high, and what should they have
# done?
#
# <details><summary>Answer</summary>
#
# Each of the twenty scores is the truth plus some luck. The highest of them is likely to be one with good luck, and its
# interval, made for one look, does not know that it was picked out of twenty. The test set has been used for choosing,
# which makes it a validation set. They should choose on validation questions and look at the test questions once.
#
# </details>

# %% [markdown]
# ## In this notebook you saw
#
# - A score sees only what it looks at. Fit to send is several scores at once, and the distance between a check and the
#   goal is a number that can be measured.
# - One number for each reply gives paired intervals; the split conversations carry all the news; a planner says how
#   many it takes.
# - An average can rise while a slice falls, and looking at many slices has to be paid for.
# - A policy is written before one looks, asks for proof that nothing was lost, and says how often it would let an equal
#   model through.
# - A detector finds copies of test items; a reader finds what the yardstick overlooks; a judge has to be tested itself.
#
# All verdicts of this run, side by side, and what it took on your computer:

# %%
import psutil

from ftlab.course import doctor

for name in ("checks-hide-rewrites", "leak-raises-score", "judge-agrees", "judge-likes-length"):
    verdict = files.read_json(paths.runs() / "claims" / f"{name}.json")
    span = f"{verdict['effect']:.3g} [{verdict['low']:.3g}, {verdict['high']:.3g}] {verdict['unit']}"
    print(f"{name:21} {verdict['verdict']:20} {span}")
memory = psutil.Process().memory_info().rss
print(f"{(time.perf_counter() - started) / 60:.1f} minutes, {memory / 2**30:.1f} GiB of memory in use.")
print(doctor.machine())

# %% [markdown]
# ## Sources
#
# - Cohen 1960, *A coefficient of agreement for nominal scales*, Educational and Psychological Measurement 20(1).
# - McNemar 1947, Psychometrika 12(2), and Tango 1998, Statistics in Medicine 17(8): the paired test and the paired
#   interval for shares. Holm 1979, Scandinavian Journal of Statistics 6(2): many looks.
# - Efron and Tibshirani 1993, *An Introduction to the Bootstrap*, chapter 13.
# - Dror et al. 2018, *The Hitchhiker's Guide to Testing Statistical Significance in Natural Language Processing*, ACL
#   P18-1128. Which test for which score.
# - Card et al. 2020, *With Little Power Comes Great Responsibility*, arXiv:2010.06595. Tests too small for their gains.
# - Brown et al. 2020, *Language Models are Few-Shot Learners*, arXiv:2005.14165, appendix C. Contamination by n-grams.
# - Zheng et al. 2023, *Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena*, arXiv:2306.05685. Agreement of judges
#   with people, and their liking for length. Dubois et al. 2024, *Length-Controlled AlpacaEval*, arXiv:2404.04475.
# - Lin 2004, *ROUGE: A Package for Automatic Evaluation of Summaries*, ACL W04-1013.
#
# **Next:** notebook 09 asks when to retrain, and whether one can go back.
