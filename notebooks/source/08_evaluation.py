# ---
# jupyter:
#   ftlab:
#     minutes: 4
#     claims: [checks-hide-rewrites, leak-raises-score, judge-agrees, judge-likes-length]
# ---

# %% [markdown]
# # Is the gain real?
#
# You tuned a model, the score went up, and somebody asks whether to ship it. Between a score and an answer lie a few
# traps: a check that looks good while the drafts are useless, an average that hides a loss, test items that were in
# the training data, a handful of questions, a judge with a taste of its own. In this notebook you walk into each of
# them on purpose and learn the tool that shows it.
#
# **After it you can**
#
# - choose scorers for a task, run them in one call, and say what each of them cannot see;
# - compare models in one table with paired intervals and tests, and plan how many questions a test needs;
# - look into slices without fooling yourself, and find test items that leaked into the training data;
# - train a small model as a judge, and measure its agreement with the truth and its liking for length;
# - write a table of figures that must not drop, and let a program say pass or fail.
#
# **You need** notebook 02: what fine-tuning is, and what *on-brand* and *right* mean at Quillmere's desk. Running it
# takes two to four minutes on two processor cores, 3.0 GB of memory and no network. Exercises are at the end; the
# notebook runs without them.

# %% [markdown]
# ## Set up
#
# The first cell imports what the lesson uses and says which model it found, on which device and in which precision.
# `evaluate` is the library of scorers. Loading it takes a few seconds.

# %%
import evaluate
import matplotlib.pyplot as plt
import numpy as np
from collections import Counter
from datasets import disable_progress_bars
from transformers import AutoTokenizer
from ftlab import claims, figures, files, model, paths
from ftlab.evidence import comparison, contamination, gate, planner, intervals
from ftlab.tuning import chat, generate
from ftlab.exercise import check, passed
from ftlab.workshop.experiments import evaluation, sft
figures.style(); disable_progress_bars()  # noqa: E702
choice = model.lab()
print(choice)

# %% [markdown]
# The second cell holds the dials. Run the notebook once as it is, then turn one at a time. The claims compare your
# numbers with reference runs that were made with the values you see here.

# %%
SEED = 0  # which examples are sampled, and their order; any whole number
LR = 7e-4  # peak learning rate of every tuning; try 3e-4
STEPS, EXAMPLES = 160, 1000  # the tuned model: optimizer steps of 8 rows, training examples; try 300 steps
QUICK_STEPS, QUICK_EXAMPLES = 48, 30  # the quick model, a colleague's short cut; try 12 steps, 100 examples
HELD_OUT = 324  # test questions, all there are; try 60, and watch every interval grow
FACTS = 200  # general questions that measure what was forgotten
LEAKED, COPIES = 40, 10  # test items that leak into a training set, and copies of each; try 1 and 3 copies
JUDGE_STEPS, JUDGE_EXAMPLES = 140, 800  # the judge: optimizer steps, labelled drafts; try 50 steps
GAIN, RATE = 0.05, 0.80  # for planning: the gain to be seen, and the old model's share right; try 0.02

# %% [markdown]
# ## 1. What a score can and cannot see
#
# Small numbers first: one record, three drafts, and no model at all. The first draft is what a good colleague would
# write. The second has a wrong price. The third was made by somebody who has read the brand guide and wants a good
# score: it says nothing, in perfect manners.

# %%
record, asked = "Hazel Kettle (kettle). Price: $45.00. Warranty: 2 years.", "How much is the kettle?"
gold = ("Thank you for asking about our kettle. It costs $45.00 in our shop. Next step: add it to your basket. "
        "Warmly, the Quillmere desk")
wrong = gold.replace("$45.00", "$54.00")
empty = ("Thank you for your question. We are always happy to help. Next step: write to us again. "
         "Warmly, the Quillmere desk")
drafts = [gold, wrong, empty]

# %% [markdown]
# A scorer in the style of the `evaluate` library is an object with a method `compute`. It takes the replies as
# `predictions` and, if it needs them, `references`. `evaluate.combine` puts several into one call. Each gives a share
# for the whole list, and under a name that ends in `_each` one number for every reply: those we shall need for
# everything that follows.

# %%
from ftlab.scores.metrics import fact_accuracy, format_compliance, hallucination, on_brand, rouge_l, support_resolution

wording = evaluate.combine([on_brand.OnBrand(), format_compliance.FormatCompliance(), rouge_l.RougeL()])
found = wording.compute(predictions=drafts, references=[gold] * 3)
for name in ("on_brand", "format_compliance", "rouge_l"):
    print(f"{name:18} {found[name]:.2f}   each: {[round(score, 2) for score in found[f'{name}_each']]}")

# %% [markdown]
# Each list has the three drafts from left to right. All of them keep every rule of the brand guide and the house's
# format. ROUGE-L, which counts the words that a reply shares with a reference in the same order, gives the wrong
# price nearly full marks. Nothing here looks at the truth.
#
# Two scorers do. `FactAccuracy` looks for the value that was asked for, number and unit together. `Hallucination`
# looks for values (sums, measures, durations, names) that stand in no source, here the record and the question; lower
# is better.

# %%
values = evaluate.combine([fact_accuracy.FactAccuracy(), hallucination.Hallucination()])
values.add_batch(predictions=drafts, references=[["$45.00"]] * 3, sources=[[asked, record]] * 3)
found = values.compute()
print("states the right price:   ", found["fact_accuracy_each"])
print("a value without a source: ", found["hallucination_each"], found["hallucination_values"])

# %% [markdown]
# The third draft states nothing false. It also states nothing. So no single score will do; a draft has to pass
# *all* of them before it can be sent. One more counts at a support desk: whether grave cases (an injury, a legal
# threat) are handed over to a colleague, and only those. `SupportResolution` reports four shares. A case is
# *contained* if it was not handed over, and *resolved* if it was answered rightly, or handed over where it should be.

# %%
cases = [{"escalate": False, "expected": ["$45.00"]}] * 3 + [{"escalate": True, "expected": []}] * 2
replies = [*drafts, "A colleague will call you today.", gold]
handled = support_resolution.SupportResolution().compute(predictions=replies, references=cases)
for name in ("containment", "support_resolution", "missed_escalations", "needless_escalations"):
    print(f"{name:21} {handled[name]:.2f} of {handled[f'{name}_of']}   each: {handled[f'{name}_each']}")
assert sum(handled["containment_each"]) == 4 and sum(handled["support_resolution_each"]) == 2

# %% [markdown]
# Count along: four of the five replies keep the case to themselves, and two of the five are right. A desk that
# reports only its containment looks best when it hands over nothing at all, however badly somebody was hurt.
#
# From here on we call a reply **fit to send** if it is on-brand, handled rightly, and free of values without a
# source. It is one function.

# %% tags=["twin:ftlab.workshop.experiments.evaluation:is_fit"]
from ftlab.scores.resolution import resolve
from ftlab.scores.unsupported import unsupported_values
from ftlab.world import brand


def is_fit(reply, row):
    """True if a reply can be sent as it is: on-brand, handled rightly, and no value without a source."""
    record, question = (message["content"] for message in row["messages"][:2])
    handled = resolve(reply, row["intent"] == "escalate", row["expected"]).right
    return brand.on_brand(reply) and handled and not unsupported_values(reply, [record, question])

# %% [markdown]
# It is a yardstick, and not the truth itself: a right value in a senseless sentence passes. Keep the doubt; section 2
# prints replies so that you can look for yourself.
#
# ## 2. The held-out questions, and three models
#
# A test set must be like the questions that will come. Ours has products and phrasings that no training row has.
# Does it cover the desk's work? We count what customers ask about, in training and in the test.

# %%
train, held_out = sft.conversations("train"), sft.conversations("test")[:HELD_OUT]
in_train, in_test = (Counter(row["intent"] for row in rows) for rows in (train, held_out))
for intent in sorted(in_train, key=in_train.get, reverse=True):
    print(f"{intent:10} train {in_train[intent] / len(train):5.1%}   test {in_test[intent] / len(held_out):5.1%}")
missing = [intent for intent in in_train if not in_test[intent]]
print(f"\nof {len(held_out)} test questions, none is about: {', '.join(missing) or '(every intent is there)'}")

# %% [markdown]
# Whatever the last line names, no score in this notebook says anything about it. (Policies were split as a whole, so
# some subjects went to one side.) It costs one line to print, and it belongs in every report.
#
# Now the models. *base* is the base model, asked in its own form, as in notebook 02. *tuned* is the model of that
# notebook, tuned on a thousand examples. Tuning it takes the longest of all cells here.

# %%
base, tokenizer = sft.load_base(choice).to(choice.device), AutoTokenizer.from_pretrained(choice.path)
chosen = sft.sample(train, EXAMPLES, SEED)
tuned, chat_tokenizer, _ = sft.fine_tune(choice, chosen, LR, STEPS, SEED)

# %% [markdown]
# *quick* is the short cut. A colleague says that thirty examples and a few seconds do as well: "look at the brand
# checks". We shall.

# %%
quick, _, _ = sft.fine_tune(choice, sft.sample(train, QUICK_EXAMPLES, SEED), LR, QUICK_STEPS, SEED)
prompts = chat.prompts(chat_tokenizer, held_out)
said = {"base": generate.answers(base, tokenizer, sft.own_form(held_out), max_new_tokens=16)}
said["quick"] = generate.replies(quick, chat_tokenizer, prompts)

# %% [markdown]
# The tuned model gets the same prompts. Then the replies to the first four questions of the file, whatever came out.

# %%
said["tuned"] = generate.replies(tuned, chat_tokenizer, prompts)


def show(i):
    row = held_out[i]
    print(f"screen:   {row['messages'][0]['content']}\ncustomer: {row['messages'][1]['content']}")
    for name, replies in said.items():
        fit = "✓ fit to send" if is_fit(replies[i], row) else "✗ not fit"
        one_line = replies[i].replace("\n", " / ")
        print(f"  {name:6} {fit:14} {one_line}")
    print(f"  wanted: {', '.join(row['expected'])}\n")


for i in range(4):
    show(i)

# %% [markdown]
# And failures, which teach more: the first three questions where the tuned model's reply is not fit to send (fewer,
# if there are fewer). Is the reply wrong, or is the yardstick?

# %%
failures = [i for i, row in enumerate(held_out) if not is_fit(said["tuned"][i], row)]
print(f"{len(failures)} of {len(held_out)} replies of the tuned model are not fit to send\n")
for i in failures[:3]:
    show(i)

# %% [markdown]
# ## 3. All scorers, one table
#
# The scorers of section 1, for all three models on all questions. We keep one number for each reply, because we want
# to compare the models question by question. One kindness to the base: it answers with a bare value, so where the desk
# has to say "not dishwasher safe", the record's "no" will do for the base.

# %%
def score(replies, rows):
    gold, wanted = [row["messages"][-1]["content"] for row in rows], [row["expected"] for row in rows]
    sources = [[message["content"] for message in row["messages"][:2]] for row in rows]
    cases = [{"escalate": row["intent"] == "escalate", "expected": row["expected"]} for row in rows]
    found = wording.compute(predictions=replies, references=gold)
    values.add_batch(predictions=replies, references=wanted, sources=sources)
    found |= values.compute()
    return found | support_resolution.SupportResolution().compute(predictions=replies, references=cases)


names = {"on-brand": "on_brand", "right form": "format_compliance", "right fact": "fact_accuracy",
         "handled rightly": "support_resolution", "value without source": "hallucination", "ROUGE-L": "rouge_l"}
kinder = [{**row, "expected": [row["value"]]} for row in held_out]
rows_of = {who: kinder if who == "base" else held_out for who in said}
found = {who: score(replies, rows_of[who]) for who, replies in said.items()}
scores = {who: {name: found[who][f"{key}_each"] for name, key in names.items()} for who in said}
for who, replies in said.items():
    scores[who]["fit to send"] = [int(is_fit(reply, row)) for reply, row in zip(replies, rows_of[who], strict=True)]

# %% [markdown]
# "Fit to send" was made of three of the columns. Is it? And then the table: each value has its 95 % interval, and each
# model's difference from the base has one too, taken within each question.

# %%
for each in scores.values():
    parts = zip(each["on-brand"], each["handled rightly"], each["value without source"], strict=True)
    assert each["fit to send"] == [int(a and b and not c) for a, b, c in parts]
compared = comparison.compare(scores, baseline="base")
compared

# %% [markdown]
# The same as a figure, for the scores that are shares. A hollow marker says that the difference from the base is not
# clear of zero.

# %%
fig, ax = plt.subplots(figsize=(9, 4.2))
shown = ["on-brand", "right form", "right fact", "handled rightly", "fit to send"]
compared.draw(ax, metrics=shown).legend(title="hollow: not clear of base", loc="center left", bbox_to_anchor=(1, 0.5))
best = max(scores, key=lambda who: sum(scores[who]["fit to send"]))
_ = ax.set(ylim=(-3, 105), title=f"Most replies fit to send: {best}, "
           f"{100 * np.mean(scores[best]['fit to send']):.0f} % of {len(held_out)}")

# %% [markdown]
# Which rule of the brand guide is broken most often? A share for all rules together does not say what to repair.
# Rule by rule it does. And beside it what became of the cases: what was kept, and which grave case was missed.

# %%
for who in ("quick", "tuned"):
    rules = found[who]["on_brand_rules"]
    weakest = sorted(rules, key=rules.get)[:3]
    print(f"{who}: weakest rules: " + ", ".join(f"{rule} {rules[rule]:.0%}" for rule in weakest))
    for name in ("containment", "missed_escalations", "needless_escalations"):
        value = found[who][name]
        print(f"    {name:21} {'nothing to count' if value is None else f'{value:.1%}'} of {found[who][f'{name}_of']}")

# %% [markdown]
# ## 4. Passing the checks is not the goal
#
# Now look at the quick model as its author does, by the brand checks, and then as the person does who has to send its
# drafts. How far apart are the two?

# %%
hidden = intervals.paired_difference(scores["quick"]["on-brand"], scores["quick"]["fit to send"]).times(100)
for name in ("on-brand", "fit to send"):
    print(f"quick, {name:11}: {100 * np.mean(scores['quick'][name]):.0f} %")
only = [i for i in range(len(held_out)) if scores["quick"]["on-brand"][i] and not scores["quick"]["fit to send"][i]]
print(f"{len(only)} of {len(held_out)} replies keep every rule and cannot be sent. The first two of them:\n")
for i in only[:2]:
    show(i)

# %% [markdown]
# ### Claim 1: a high on-brand rate hides drafts that must be rewritten
#
# The effect is the share of the quick model's replies that are on-brand minus the share that is fit to send, over the
# same questions.

# %%
result = claims.record("checks-hide-rewrites", SEED, *hidden, model=claims.LAB)
fig, ax = plt.subplots(figsize=(7, 2.3))
claims.draw("checks-hide-rewrites", result, ax)
print(result)

# %% [markdown]
# This has a name in economics, Goodhart's law: a measure that becomes a target ceases to be a good measure. The
# remedy is to measure nearer to what you want. What do we want from a draft? That it saves somebody's time.
#
# ### How much has to be changed, and how long does it take?
#
# The **revision rate** is the number of words that had to be put in, taken out or replaced, over the number of words
# in the approved text. It needs the approved text. If we took the gold reply for it, a draft that says the same thing
# in other words would count as bad. So our editor sends a fit draft as it is and replaces an unfit one by the gold
# reply. (A real editor often changes less: for the unfit ones this is an upper limit.)

# %%
from ftlab.scores.metrics import revision_rate
from ftlab.scores.revision import revisions

print("one changed price:", revisions(wrong, gold))
golds = [row["messages"][-1]["content"] for row in held_out]
for who, replies in said.items():
    sent = [reply if fit else g for reply, fit, g in zip(replies, scores[who]["fit to send"], golds, strict=True)]
    by_gold, by_editor = (revision_rate.RevisionRate().compute(predictions=replies, references=approved)
                          for approved in (golds, sent))
    scores[who]["revision rate"] = by_editor["revision_rate_each"]
    print(f"{who:6} revision rate by the gold wording {by_gold['revision_rate']:.2f}, by our editor "
          f"{by_editor['revision_rate']:.2f}; drafts changed at all {by_editor['revised']:.0%}")

# %% [markdown]
# To turn edits into minutes somebody has to be timed. The form below gives you three drafts and a clock: press
# Start, repair the draft as the brand guide and the record ask, press Done. It takes about three minutes; let no
# other cell run meanwhile. Without it the notebook goes on with an assumption and says so.

# %%
from ftlab.scores.revision_widget import RevisionTimer

timer = RevisionTimer()
timer.form

# %% [markdown]
# With a speed, edits become time: reading every draft once, and changing what has to be changed. The last line is
# what the desk would take without any model, at the same speed for each word.

# %%
speed = timer.calibration()
for who, replies in said.items():
    edits = [revisions(reply, g).word_edits * (not fit)
             for reply, fit, g in zip(replies, scores[who]["fit to send"], golds, strict=True)]
    minutes = intervals.mean_interval([speed.seconds(count) / 60 for count in edits]).times(100)
    print(f"{who:12} {minutes.value:4.0f} minutes for 100 drafts [{minutes.low:.0f}, {minutes.high:.0f}]")
alone = np.mean([speed.seconds(len(g.split())) / 60 for g in golds]) * 100
print(f"{'from scratch':12} {alone:4.0f} minutes")

# %% [markdown]
# The unit that a manager understands, and a number with two assumptions in it: the editor and the speed. Comparisons
# between models rest on the edits, minutes make them easy to picture.
#
# ## 5. When the answer is a label: precision, recall and F1
#
# Some tasks end in a label. Before anybody answers, a ticket is sorted by its intent. For such a task we borrow a
# quick classifier that is no language model at all: it counts words (TF-IDF) and weighs them (logistic regression).
# It is the baseline that any tuned model of notebook 03 has to beat, and it learns in less than a second.

# %%
from ftlab.scores import labels
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

tickets = files.read_jsonl(paths.data() / "quillmere" / "tickets.jsonl")
part = {split: [row for row in tickets if row["split"] == split] for split in ("train", "test")}
sorter = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(C=10, max_iter=1000))
sorter.fit([row["text"] for row in part["train"]], [row["intent"] for row in part["train"]])
predicted, true = sorter.predict([row["text"] for row in part["test"]]).tolist(), [r["intent"] for r in part["test"]]

# %% [markdown]
# *Precision* of a label: of the tickets sorted under it, the share that belongs there. *Recall*: of the tickets that
# belong there, the share that was found. *F1* is their harmonic mean, near the smaller of the two. The *macro* mean
# gives every label the same weight, so that a rare one counts like a common one. Four tickets on paper, then all.

# %%
small = labels.score_labels(["refund", "refund", "refund", "praise"], ["refund", "praise", "refund", "refund"])
print(small.by_label["refund"], small.by_label["praise"], sep="\n")
sorted_tickets = labels.score_labels(predicted, true)
print(f"\n{'intent':14}precision  recall    F1  tickets")
for intent, one in sorted(sorted_tickets.by_label.items(), key=lambda item: item[1]["f1"]):
    print(f"{intent:14}{one['precision']:9.2f}{one['recall']:8.2f}{one['f1']:6.2f}{one['of']:9}")
print(f"macro F1 {sorted_tickets.f1:.2f}, accuracy {sorted_tickets.accuracy:.2f} "
      f"{intervals.rate_interval(sum(sorted_tickets.each), len(true))}, "
      f"unknown labels: {sorted_tickets.unknown or 'none'}")

# %% [markdown]
# Start reading at the top of the table, with the intent that goes worst. Is it missed (recall) or does it swallow
# others (precision)? Missed refunds and needless refunds cost different things, and accuracy cannot tell them apart.
#
# ## 6. What did it cost? Facts that were forgotten
#
# A gain that nobody asked the price of is half a report. We ask the general questions of notebook 02, closed book.
# **Retention** is the share of the questions that the base answered rightly and the tuned model still does. A reply
# counts if the right answer stands in it: tuning changes a model's manner, and that is not forgetting.

# %%
from ftlab.scores.metrics import retention

questions = sft.general_questions(FACTS)
texts = [row["question"] for row in questions]
answers = {name: generate.answers(each, tok, texts)
           for name, each, tok in (("base", base, tokenizer), ("quick", quick, tokenizer), ("tuned", tuned, tokenizer))}
for who in ("quick", "tuned"):
    kept = retention.Retention()
    kept.add_batch(predictions=answers[who], before=answers["base"], references=[row["answers"] for row in questions])
    one = kept.compute()
    scores[who]["general facts"] = one["retention_after_each"]
    scores["base"]["general facts"] = one["retention_before_each"]
    share = "nothing to keep" if one["retention"] is None else intervals.rate_interval(
        sum(one["retention_each"]), one["retention_of"]).times(100)
    print(f"{who}: keeps {share} % of the {one['retention_of']} facts that the base knew, "
          f"and has {sum(one['newly_learned_each'])} that it did not")

# %% [markdown]
# The brackets hold the 95 % interval. Keep this figure in mind for section 10, where it will have a vote.
#
# ## 7. How sure can we be?
#
# Is tuned better than quick, or lucky? Both answered the same questions. Where both are right, or both wrong, a
# question says nothing about which is better. All the news is in the **split** questions, which exactly one of them
# gets right. If the two were equally good, each split question would be a fair coin. How often would fair coins fall
# as unevenly as these did? That is the exact McNemar test.

# %%
a, b = scores["tuned"]["fit to send"], scores["quick"]["fit to send"]
p_value, only_tuned, only_quick = intervals.mcnemar(a, b)
split = (only_tuned + only_quick) / len(a)
print(f"split: {only_tuned} only tuned gets right, {only_quick} only quick, {split:.0%} of all; p = {p_value:.2g}")
print(f"tuned minus quick: {intervals.paired_difference(a, b).times(100)} points, paired")

# %% [markdown]
# For scores that are no shares, such as the revision rate, the **bootstrap** does the work. Draw as many questions as
# there are, with replacement, average, and do it thousands of times: the spread of these averages is how far yours
# would move with other questions of the kind. It is four lines. Student's t, which `ftlab.evidence.intervals` takes for
# such scores, is a formula for the same spread.

# %%
a, b = np.array(scores["tuned"]["revision rate"]), np.array(scores["quick"]["revision rate"])
random = np.random.default_rng(SEED)
drawn = random.integers(0, len(a), size=(4000, len(a)))  # 4,000 times: which questions
means = (a - b)[drawn].mean(axis=1)  # the difference is taken within each question
print(f"by hand, paired:  {(a - b).mean():.3f} [{np.quantile(means, 0.025):.3f}, {np.quantile(means, 0.975):.3f}]")
print(f"by Student's t:   {intervals.paired_difference(a, b)}")
apart = a[drawn].mean(axis=1) - b[random.permutation(drawn)].mean(axis=1)  # other questions for each model
print(f"as if not paired: {(a - b).mean():.3f} [{np.quantile(apart, 0.025):.3f}, {np.quantile(apart, 0.975):.3f}]")

# %% [markdown]
# The third line forgets that both models met the same questions. Where the two tend to fail on the same hard
# questions, its interval is the wider one, and the width is wasted.
#
# ### How many questions do I need?
#
# Before a test it is cheaper to ask than after it. The planner answers for a gain of `GAIN` over a model that is
# right on a share `RATE` of the questions. Much depends on how many questions split; if you do not say, it assumes
# two models that have nothing in common.

# %%
for share in (GAIN + 0.05, GAIN + 0.15, None):
    print(planner.questions_needed(GAIN, RATE, share), "\n")
size = max(len(held_out), 100)  # fewer may not show even the largest gain there can be
seen = planner.detectable_gain(size, RATE, GAIN + 0.15)
print(f"With {size} questions, {GAIN + 0.15:.0%} of them split, the smallest gain that is usually seen is "
      f"{100 * seen:.1f} points. Between tuned and quick {split:.0%} are split here.")

# %% [markdown]
# Card et al. (2020) looked at published comparisons of language models and found many tests too small for the gains
# they report. But why believe a formula? We can check it: invent two models whose true rates are known, test them on
# invented questions, and do that two thousand times. A 95 % interval should hold the truth in about 95 of 100 tests,
# and the planned number of questions should show the gain in about 80.

# %%
plan = planner.questions_needed(GAIN, RATE, GAIN + 0.15)
simulated = planner.simulate(plan.questions, GAIN, RATE, GAIN + 0.15, experiments=2000)
print(f"{plan.questions} questions. {simulated}")
assert 0.93 <= simulated.coverage <= 0.97 and 0.93 <= simulated.coverage_bootstrap <= 0.97

# %% [markdown]
# ### And with another seed?
#
# All of these intervals are about *questions*. None of them knows that training has luck of its own. For that one
# trains again with other seeds. The course did so: here is notebook 02's first claim, seed by seed.

# %%
known = claims.reference("tuned-beats-base")
effects = [run["effect"] for run in known["runs"]] if known else []
if len(effects) > 1:
    print("seeds:", ", ".join(f"{effect:.1f}" for effect in effects), "points")
    print(f"the mean over seeds: {intervals.seed_interval(effects)}")
    print(f"one more run should land in: {intervals.prediction_interval(effects)}")
else:
    print("There are no reference runs yet; `make claims` makes them.")

# %% [markdown]
# Report both kinds where you can: questions, since your test set is a sample, and seeds, since your model is one.
#
# ## 8. Slices: what the average hides
#
# Small numbers again. Sixty questions, forty of a common kind and twenty of a rare one. The new model gains on the
# common kind and loses on the rare one. We know it, because we made the numbers up; would the average tell?

# %%
old = [1] * 28 + [0] * 12 + [1] * 18 + [0] * 2
new = [1] * 38 + [0] * 2 + [1] * 10 + [0] * 10
print(f"right: old {sum(old)}, new {sum(new)} of {len(old)}")
comparison.slices({"old": {"right": old}, "new": {"right": new}}, ["common"] * 40 + ["rare"] * 20, baseline="old")

# %% [markdown]
# On average the new model is a little better, and a third of the customers, those of the rare kind, are served much
# worse. Now our models: the right
# fact by intent, against the base in its own form. The more slices one looks at, the more of them differ by luck, so
# the p-values allow for the number of looks (Holm's method), and a slice of fewer than twenty questions is not judged.

# %%
two = {who: {"right fact": scores[who]["right fact"]} for who in said}
by_intent = comparison.slices(two, [row["intent"] for row in held_out], baseline="base")
by_intent

# %% [markdown]
# The same by product category and by the length of the question. We print only what the verdicts say.

# %%
from ftlab.world import quillmere

category = {product.name: product.category for product in quillmere.products(2025)}
counts = [len(row["messages"][1]["content"].split()) for row in held_out]
kinds = {"intent": [row["intent"] for row in held_out],
         "category": [category.get(row["product"], "policy") for row in held_out],
         "question": ["under 10 words" if n < 10 else "10 to 14 words" if n < 15 else "over 14 words" for n in counts]}
for kind, groups in kinds.items():
    rows = comparison.slices(two, groups, baseline="base").rows
    worse = [one for one in rows if one.verdict == comparison.WORSE]
    lower = [f"{one.group} ({one.row.model}, {one.row.items} questions)" for one in worse]
    verdicts = Counter(one.verdict for one in rows)
    print(f"by {kind}: {dict(verdicts)}; lower: {', '.join(lower) or 'none that can be told from chance'}")

# %% [markdown]
# "None" is not "no loss": where a verdict says *cannot say* or *too few items*, only more questions of that kind will
# tell. If a slice matters to you, plan its number of questions by itself.
#
# ## 9. Contamination: the test that the model has seen
#
# Training data is gathered from many places, and test questions get around. What happens to a score if some of them
# are in the training set? We do it on purpose. Some test items go into the training data, several copies of each; in
# every second copy somebody's finger slipped, as on the web, where nothing is copied exactly.

# %%
from ftlab.world.text import rng

mixed = rng("leaked items", SEED).sample(held_out, 2 * LEAKED)
leaked, others = mixed[:LEAKED], mixed[LEAKED:]
dirty = evaluation.leak_into(chosen, leaked, COPIES, SEED)
contaminated, _, _ = sft.fine_tune(choice, dirty, LR, STEPS, SEED)

# %% [markdown]
# The steps, the rate and the number of rows are those of the tuned model. We compare the two on the leaked items and
# on as many test items that did not leak. The score is ROUGE-L, the share of the gold reply's wording: wording cannot
# be guessed, so it shows what was learned by heart.

# %%
prompts = chat.prompts(chat_tokenizer, mixed)
clean_said, dirty_said = (generate.replies(each, chat_tokenizer, prompts) for each in (tuned, contaminated))
wanted = [row["messages"][-1]["content"] for row in mixed]
clean, with_leak = (np.array(rouge_l.RougeL().compute(predictions=replies, references=wanted)["rouge_l_each"])
                    for replies in (clean_said, dirty_said))
gains = {"leaked": intervals.paired_difference(with_leak[:LEAKED], clean[:LEAKED]).times(100),
         "not leaked": intervals.paired_difference(with_leak[LEAKED:], clean[LEAKED:]).times(100)}
for name, gain in gains.items():
    print(f"ROUGE-L on items {name}, with the leak minus without: {gain} points")
print(f"\ngold:      {wanted[0]}\nwithout:   {clean_said[0]}\nwith leak: {dirty_said[0]}")

# %% [markdown]
# ### Claim 2: a leak raises the score on the leaked items
#
# The line about the items that did not leak is the control. If only the leaked items gain, the model has not become
# better at the job; it has seen the sheet. A test set in which a part has leaked mixes the two, and its average rises
# with the part.

# %%
result = claims.record("leak-raises-score", SEED, *gains["leaked"],
                       not_leaked=gains["not leaked"].value, model=claims.LAB)
fig, ax = plt.subplots(figsize=(7, 2.3))
claims.draw("leak-raises-score", result, ax)
print(result)

# %% [markdown]
# ### Finding the leak
#
# The usual detector looks for **n-grams**, runs of *n* words, that a training text shares with a test item. On two
# sentences one sees at once why it beats a comparison of whole texts, and what a single slip does to it: every run
# that goes through the changed word is gone.

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
# Short runs survive a slip, but short runs are also in anybody's sentences. `ftlab.evidence.contamination` therefore
# uses runs only to find candidates. It then lays the two texts side by side, counts the words they share in order,
# and gives less weight to words that many test items have. Does it find our leaks? We know the answer, so we can
# score it.

# %%
test_texts, rows = [evaluation.spoken(row) for row in held_out], [evaluation.spoken(row) for row in dirty]
pairs = contamination.contaminated(rows, test_texts)
exact = {i for i, text in enumerate(rows) if text in set(test_texts)}
planted = set(range(len(dirty) - LEAKED * COPIES, len(dirty)))
flagged = {pair.train_index for pair in pairs}
print(f"training rows that are copies: {len(planted)}; found as exact copies: {len(exact & planted)}; "
      f"found by the detector: {len(flagged & planted)}")
print(f"rows flagged that we did not plant: {len(flagged - planted)}")
for pair in [pair for pair in pairs if pair.train_index not in planted][:2]:
    print(f"    {pair.share:.0%} of test item {pair.test_index}: {pair.shared}")

# %% [markdown]
# A row that was flagged though nobody planted it was written by the same patterns as a test item and came out nearly
# the same. Read the words and decide. What to do with findings: before training, drop the rows. After training, report
# the score on the test items that were *not* found, with both counts. What no overlap of words can see is a
# paraphrase, so the best protection is a test set written after the model's data was gathered.

# %%
near = contamination.contaminated([evaluation.spoken(row) for row in chosen], test_texts)
touched = {pair.test_index for pair in near}
untouched = [i for i in range(len(held_out)) if i not in touched]
for name, places in (("all", range(len(held_out))), ("no near-copy in training", untouched)):
    right = [scores["tuned"]["fit to send"][i] for i in places]
    print(f"tuned, fit to send, {name}: {intervals.rate_interval(sum(right), len(right)).times(100)} % of {len(right)}")

# %% [markdown]
# ## 10. A model as judge
#
# Rules are exact and see little; people see much and are slow. So the field lets a model judge. A judge is a scorer
# like any other and has to be tested like one. Our world has a luxury that yours lacks: the truth is known, so we can
# test a judge on as many drafts as we like.
#
# First the yardstick. Raw agreement flatters: if nine drafts in ten are good, a judge that always says "good" agrees
# in nine of ten. **Cohen's kappa** takes off what chance would give: 1 is full agreement, 0 is what two coins with the
# raters' own shares would reach.

# %% tags=["twin:ftlab.workshop.experiments.evaluation:kappa"]
import math


def kappa(truth, verdicts):
    """Cohen's kappa of two raters who say yes or no: agreement beyond chance, as a share of all there could be."""
    n, agreed = len(truth), sum(bool(a) == bool(b) for a, b in zip(truth, verdicts, strict=True))
    yes_a, yes_b = sum(truth), sum(verdicts)
    by_chance = (yes_a * yes_b + (n - yes_a) * (n - yes_b)) / n  # each verdict of one rater met by any of the other
    return (agreed - by_chance) / (n - by_chance) if by_chance < n else math.nan

# %% [markdown]
# Two judges on ten drafts, both in agreement with the truth on eight of them. And a check against a library.

# %%
from sklearn.metrics import cohen_kappa_score

truth, sleepy = [1] * 8 + [0] * 2, [1] * 10
even, awake = [1] * 5 + [0] * 5, [1] * 4 + [0] * 5 + [1]
for name, a, b in (("always says good", truth, sleepy), ("looks at the draft", even, awake)):
    agreed = sum(x == y for x, y in zip(a, b, strict=True))
    print(f"{name:18} agrees on {agreed} of 10, kappa {kappa(a, b):.2f}")
    assert abs(kappa(a, b) - cohen_kappa_score(a, b)) < 1e-12

# %% [markdown]
# ### Labelled drafts
#
# A judge learns from drafts with a label. We make them: for each conversation a coin decides between the gold reply
# as it is and the gold reply with one fault. The label comes from the rules (`is_fit`), never from the coin. Here are
# the faults, one draft of each.

# %%
learned = evaluation.drafts(sft.sample(train, JUDGE_EXAMPLES, SEED), SEED)
print({label: sum(draft.fit == label for draft in learned) for label in (True, False)})
for fault in evaluation.FAULTS:
    example = next((draft.text for draft in learned if draft.fault == fault), "(none in this sample)")
    print(f"{fault:13} {example}")

# %% [markdown]
# The judge is the base model, fine-tuned with the trainer that you know. The conversation it learns has the screen,
# the question with the draft below it, and one word as the reply: good or bad.

# %%
def judge_rows(drafts):
    return [evaluation.judge_row(draft.row, draft.text, "good" if draft.fit else "bad") for draft in drafts]


for message in judge_rows(learned)[0]["messages"]:
    print(f"{message['role']:>9}: {message['content']}")
judge, judge_tokenizer, _ = sft.fine_tune(choice, judge_rows(learned), LR, JUDGE_STEPS, SEED)

# %% [markdown]
# We need not let it write. One look at the scores of the next token is enough: how much rather would it begin with
# "good" than with "bad"? That difference of logits is the *margin*, in nats. Above zero, the verdict is "good". (The
# padding goes to the left, so that the last place of each row is where the verdict begins.)

# %% tags=["twin:ftlab.workshop.experiments.evaluation:label_margins"]
GOOD, BAD = "good", "bad"


def label_margins(model, tokenizer, rows, batch_size=32):
    """For each row, how much rather the model begins its verdict with "good" than with "bad", in nats."""
    import torch

    good, bad = (tokenizer(word, add_special_tokens=False)["input_ids"][0] for word in (GOOD, BAD))
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    prompts, margins = chat.prompts(tokenizer, rows), []
    model.eval()
    for start in range(0, len(prompts), batch_size):
        batch = tokenizer(prompts[start : start + batch_size], add_special_tokens=False, padding=True,
                          padding_side="left", return_tensors="pt").to(model.device)
        mask = batch["attention_mask"]
        with torch.inference_mode():
            out = model(input_ids=batch["input_ids"], attention_mask=mask, logits_to_keep=1,
                        position_ids=(mask.cumsum(dim=-1) - 1).clamp(min=0))
        last = out.logits[:, -1].float()  # (B, V): the scores of the first word of the verdict
        margins += (last[:, good] - last[:, bad]).tolist()
    return margins

# %% [markdown]
# Now the test: drafts for the held-out conversations, made in the same way, about products that the judge has never
# seen. We ask for its verdict and lay it beside the truth.

# %%
tried = evaluation.drafts(held_out, SEED)
truth = [draft.fit for draft in tried]
margins = label_margins(judge, judge_tokenizer, judge_rows(tried))
verdicts = [margin > 0 for margin in margins]
print(f"{'':14}judge: good  judge: bad")
for label, name in ((True, "rules: fit"), (False, "rules: not fit")):
    said_good = sum(v for v, t in zip(verdicts, truth, strict=True) if t == label)
    print(f"{name:14}{said_good:11}{truth.count(label) - said_good:12}")
agreement = evaluation.kappa_interval(truth, verdicts)
print("kappa {:.2f} [{:.2f}, {:.2f}]".format(*agreement))

# %% [markdown]
# One number for all faults hides which ones it can see. So we look at each fault by itself: how many of the drafts
# that have it does the judge call bad? The last line is the other side, good drafts that it lets pass.

# %%
for fault in [*evaluation.FAULTS, "none"]:
    right = [v == t for v, t, draft in zip(verdicts, truth, tried, strict=True) if draft.fault == fault]
    if right:
        print(f"{fault:13} {sum(right):3} of {len(right):3} judged rightly  "
              f"{intervals.rate_interval(sum(right), len(right)).times(100)} %")

# %% [markdown]
# Compare the wrong values with the faults of manner. A missing sign-off stands on the surface of the draft; a wrong
# price can only be seen by looking it up in the record. A judge that is strong on the first and weak on the second
# can have a fine kappa and wave through the drafts that do the harm.
#
# ### Claim 3: a model judge agrees with the truth as well as judges are said to agree with people
#
# Zheng et al. (2023) report agreement of strong judges with people of more than 80 %, about as much as people have
# with each other. On two equally common answers, 80 % is a kappa of 0.6, the limit of the claim.

# %%
result = claims.record("judge-agrees", SEED, *agreement, model=claims.LAB)
fig, ax = plt.subplots(figsize=(7, 2.3))
claims.draw("judge-agrees", result, ax)
print(result)

# %% [markdown]
# (A judge that gives one verdict to every draft has a kappa of 0, and no resample can move it: then the interval is a
# point, and too sure of itself.) The drafts above had our faults in them. Those that the judge would meet at work were
# written by a model, with faults of its own. Does the agreement carry over? We ask about the quick model's replies.

# %%
own = [evaluation.Draft(row, reply, is_fit(reply, row), "") for row, reply in zip(held_out, said["quick"], strict=True)]
own_verdicts = [margin > 0 for margin in label_margins(judge, judge_tokenizer, judge_rows(own))]
own_truth = [draft.fit for draft in own]
agreed = sum(a == b for a, b in zip(own_truth, own_verdicts, strict=True))
print(f"quick model's replies: fit {sum(own_truth)}, judged good {sum(own_verdicts)}, agreed on {agreed} of {len(own)}")
kappas = evaluation.kappa_interval(own_truth, own_verdicts)
print("kappa {:.2f} [{:.2f}, {:.2f}]   (nan: both always said the same)".format(*kappas))

# %% [markdown]
# If kappa is lower here, the judge has learned our faults and not badness as such. Always test a judge on what it
# will judge.
#
# ### Does it like length?
#
# Judges are said to prefer longer replies. We can test it cleanly: put two friendly sentences into each draft that
# change nothing. A good draft stays good by the rules and a bad one stays bad; the `assert` below holds us to it.

# %% tags=["twin:ftlab.workshop.experiments.evaluation:pad"]
FILLER = "We are glad that you asked. Our desk reads every message with care."


def pad(reply):
    """The reply with two friendly sentences after its first: longer, and neither better nor worse by the rules."""
    first, *rest = brand.sentences(reply)
    return " ".join([first, FILLER, *rest])

# %% [markdown]
# The same judge, the same drafts, only longer. Whatever moves now, moves by length (and friendliness) alone.

# %%
padded = [draft._replace(text=pad(draft.text)) for draft in tried]
assert all(is_fit(draft.text, draft.row) == draft.fit for draft in padded)
padded_margins = label_margins(judge, judge_tokenizer, judge_rows(padded))
padded_verdicts = [margin > 0 for margin in padded_margins]
fig, ax = plt.subplots()
bars = {}
for label, name in ((True, "good"), (False, "bad")):
    for found_here, form in ((verdicts, "plain"), (padded_verdicts, "padded")):
        picked = [v for v, t in zip(found_here, truth, strict=True) if t == label]
        bars[f"{name} drafts,\n{form}"] = intervals.rate_interval(sum(picked), len(picked)).times(100)
figures.bars(ax, list(bars), *zip(*bars.values(), strict=True), number="{:.0f} %",
             colors=[figures.GREY, figures.BLUE] * 2)
moved = intervals.paired_difference(padded_verdicts, verdicts).times(100)
_ = ax.set(ylabel="judged good (%)", ylim=(0, 112),
           title=f"Padding moves the judge's approval by {moved.value:+.0f} points")

# %% [markdown]
# Where could such a liking come from? A judge learns whatever tells good from bad in its examples. Some of our faults
# take something away and none adds much, so length itself is a hint. The next cell prints the mean lengths that it
# learned from, and how the two sentences moved its margin.
#
# ### Claim 4: a judge likes longer replies

# %%
for label, name in ((True, "good"), (False, "bad")):
    lengths = [len(draft.text.split()) for draft in learned if draft.fit == label]
    shift = np.mean([padded_margins[i] - margins[i] for i in range(len(tried)) if truth[i] == label])
    print(f"{name} drafts: {np.mean(lengths):.1f} words in training; padding moves the margin by {shift:+.2f} nats")
result = claims.record("judge-likes-length", SEED, *moved, model=claims.LAB)
fig, ax = plt.subplots(figsize=(7, 2.3))
claims.draw("judge-likes-length", result, ax)
print(result)

# %% [markdown]
# If the verdict is that the claim does not hold here, look at the sign before you are relieved. A judge that turns
# against padded drafts has a bias too, only another one: to anything unlike its training drafts. Either way the truth
# did not move and the verdict did. The remedies are the same: judge pairs of equal length, correct for length, or
# train on drafts in which length says nothing.
#
# ## 11. A gate: figures that must not drop
#
# Back to the question at the top: shall we ship it? Write down, *before* you look, which figures must not drop and by
# how much. Then a program decides, and nobody has to be brave. Suppose that the tuned model is in use and the
# colleague proposes the quick one, which costs less to train.

# %%
rules = [{"metric": "fit to send", "may_drop": 2, "at_least": 80},
         {"metric": "right fact", "may_drop": 2},
         {"metric": "value without source", "may_drop": 2, "direction": "down"},
         {"metric": "revision rate", "may_drop": 0.05, "direction": "down", "unit": "edits a word"},
         {"metric": "general facts", "may_drop": 5}]
by_item = {}
for who in ("quick", "tuned"):
    by_item[who] = {rule["metric"]: [float(value) for value in scores[who][rule["metric"]]] for rule in rules}
gate.gate(rules, baseline=by_item["tuned"], candidate=by_item["quick"])

# %% [markdown]
# Each line has three possible ends. A limit *passes* if the whole interval keeps it, *fails* if the whole interval
# breaks it, and else there is *not enough data*. Note what the gate does not ask: whether a drop is "significant". By
# that rule a test with three questions would let everything through. And look at the two columns beside the limits:
# how often would a model that is *as good* as the one in use pass, and how many items would it take until it does in
# 8 of 10 cases? A gate that stops most good models has too few items for its limits.
#
# And the other way round? Suppose that quick were in use and tuned proposed. A better model at the desk's work may
# still fail, by what it forgot.

# %%
gate.gate(rules, baseline=by_item["quick"], candidate=by_item["tuned"])

# %% [markdown]
# In your own project, the gate runs wherever your tests run: three JSON files and one command,
# `python -m ftlab.evidence.gate rules.json baseline.json candidate.json`. It returns 0 if all pass and 1 if not, which
# is what a CI job looks at. Here is the same call from Python.

# %%
folder = paths.runs() / "gate"
for name, content in (("rules", rules), ("baseline", by_item["tuned"]), ("candidate", by_item["quick"])):
    files.write_json(folder / f"{name}.json", content)
code = gate.main([str(folder / f"{name}.json") for name in ("rules", "baseline", "candidate")])
print(f"\nexit code {code}: a CI job would {'stop here' if code else 'go on'}")

# %% [markdown]
# ## 12. When a model skipped a question
#
# A model crashed on one prompt, and somebody took the mean of what was there. That is a quiet lie: the prompts that
# crash are seldom the easy ones. The cell below is meant to fail. Read its message from left to right: which model
# and metric, what was expected, what was found, and what to do.

# %% tags=["raises-exception"]
from IPython import get_ipython

get_ipython().run_line_magic("xmode", "Minimal")  # the message without the path that led to it
finished = {"tuned": {"right": [1, 1, 0, 1]}, "base": {"right": [1, 0, 0, 1, 0]}}
comparison.compare(finished, baseline="base")

# %% [markdown]
# ## Exercises
#
# Each has a stub for you to fill in and a checker in the next cell, which says "Not yet" and why until the stub is
# right. Hints and answers are folded.
#
# ### Exercise 1: precision, recall and F1 of one label (core, 8 minutes, easy)
#
# Given predicted and true labels, return the three for one label. Where nothing was predicted as the label, precision
# is 0; where it never occurs, recall is 0; where both are 0, F1 is 0.

# %%
def label_scores(predicted, true, label):
    """Precision, recall and F1 of one label.

    Shapes:
        predicted, true: two lists of N texts; returns three shares from 0 to 1.
    """
    # your code here

# %% tags=["raises-exception"]
found = label_scores(["a", "a", "b"], ["a", "b", "b"], "a")
check(found is not None, "nothing comes back. Return precision, recall and F1.")
check(len(found) == 3, "three numbers come back: precision, recall, F1.")
check(tuple(found[:2]) != (1.0, 0.5), "precision and recall are swapped: precision divides by what was PREDICTED.")
check(tuple(found[:2]) == (0.5, 1.0), "two were sorted under 'a', one belongs there; the one 'a' there is was found.")
check(abs(found[2] - 0.75) > 1e-9, "F1 is the harmonic mean, 2PR / (P + R), and not the plain one.")
check(abs(found[2] - 2 / 3) < 1e-9, "F1 of 0.5 and 1 is 2 * 0.5 * 1 / 1.5.")
try:
    found = (label_scores(["b"], ["a"], "a"), label_scores(["a"], ["b"], "a"), label_scores(["b"], ["b"], "a"))
except ZeroDivisionError:
    found = None
check(found, "a label that was never predicted, or never occurs, must not divide by zero.")
check(all(tuple(one) == (0, 0, 0) for one in found), "without a single hit all three are 0.")
check(label_scores(["a"] * 5, ["a"] * 4 + ["b"], "a")[0] == 0.8, "'b' sorted under 'a' lowers the precision of 'a'.")
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
# ### Exercise 2: a paired bootstrap (core, 10 minutes, medium)
#
# Write the 95 % percentile interval of the mean difference of two models on the same questions.

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

found = paired_bootstrap([1, 0, 1, 1], [1, 0, 1, 1])
check(found is not None, "nothing comes back. Return the lower and the upper end.")
check(len(found) == 2 and found[0] <= found[1], "two numbers come back, the lower one first.")
check(tuple(found) == (0, 0),
      "two equal models differ by 0 in every resample: draw the QUESTIONS once and use them for both models.")
found = paired_bootstrap([2, 3, 4, 5], [1, 2, 3, 4])
check(found[0] == found[1], "a model that is 1 better on every question is 1 better in every resample.")
check(found[0] > 0, "the difference is a minus b, so a better a gives a positive number.")
random = np.random.default_rng(1)
a, b = random.normal(1, 1, 200), random.normal(0, 1, 200)
low, high = paired_bootstrap(a, b)
half = 1.96 * (a - b).std() / 200**0.5
check(high - low < 10 * half / 4, "draw as many questions as there are; fewer make the interval too wide.")
check(high - low > half, "cut off 2.5 % on either side, and draw WITH replacement: else every mean is the same.")
check(abs(low - (a - b).mean() + half) < half / 4 and abs(high - (a - b).mean() - half) < half / 4,
      "the ends are the 0.025 and the 0.975 quantile of the means of the resamples.")
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
# ### Exercise 3: a leak detector (core, 10 minutes, medium)
#
# Return the numbers of the test items of which at least one run of `n` words stands in a training text. Case and
# punctuation do not count. An item of fewer than `n` words is found only if all of it stands in a training text.

# %%
def find_leaks(train_texts, test_texts, n=5):
    """The places, from 0, of test items that share a run of n words with a training text, in rising order."""
    # your code here

# %% tags=["raises-exception"]
seen = ["Hello! How long do you keep spare parts for kettles, please?", "Is the mug blue?"]
found = find_leaks(seen, ["how long do you keep spare parts"], n=5)
check(found is not None, "nothing comes back. Return a list of places.")
check(list(found) == [0], "the item stands in the first text but for its capitals: compare in lower case.")
check(list(find_leaks(seen, ["spare parts for kettles, please"], n=5)) == [0],
      "a comma must not hide a leak: take words, without punctuation.")
check(list(find_leaks(seen, ["do you keep spare mugs for me"], n=5)) == [],
      "four words in a row are not five: a run has n words.")
check(list(find_leaks(seen, ["and how long do you keep old spare tents"], n=5)) == [0],
      "one shared run is enough, though the rest of the item differs.")
check(list(find_leaks(seen, ["please is the mug"], n=4)) == [], "a run must not reach from one text into the next.")
check(list(find_leaks(seen, ["Blue?", "green"], n=5)) == [0],
      "an item of fewer than n words is found if all of it stands in a text.")
check(list(find_leaks(["he drank blueberry tea"], ["blue"], n=5)) == [], "'blue' is not in 'blueberry': compare words.")
check(list(find_leaks(seen, ["x", "is the mug blue", "how long do you keep"], n=4)) == [1, 2],
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
# ### Exercise 4: the verdict of a gate (core, 5 minutes, easy)
#
# A figure may drop by at most `may_drop` points. The interval of its change, new minus old, is given. Return "pass",
# "fail" or "not enough data". A change that is just as large as allowed is allowed.

# %%
def gate_verdict(low, high, may_drop):
    """The verdict on a change that lies between low and high, in points; higher is better."""
    # your code here

# %% tags=["raises-exception"]
found = gate_verdict(1, 3, may_drop=2)
check(found is not None, 'nothing comes back. Return "pass", "fail" or "not enough data".')
check(found == "pass", "a gain passes.")
check(gate_verdict(-9, -4, may_drop=2) == "fail", "even the better end, a drop of 4, is more than 2: that fails.")
check(gate_verdict(-1.5, -0.5, may_drop=2) == "pass", "a sure but small drop is within what is allowed: it passes.")
check(gate_verdict(-6, 4, may_drop=2) != "pass",
      'an interval that holds 0 is not enough to pass: a drop of 6 is as possible. "Not significant" is no proof.')
check(gate_verdict(-6, 4, may_drop=2) == "not enough data", "it may be kept or broken: there is not enough data.")
check(gate_verdict(-2, 0, may_drop=2) == "pass", "a drop that is just as large as allowed is allowed.")
check(gate_verdict(-5, -2, may_drop=2) == "not enough data", "the better end just keeps the limit: no fail.")
passed("Your gate asks for proof that nothing was lost, and says when it has none.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# The limit is `-may_drop`. Look at the worse end to pass and at the better end to fail.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# def gate_verdict(low, high, may_drop):
#     if low >= -may_drop:
#         return "pass"
#     return "fail" if high < -may_drop else "not enough data"
# ```
#
# </details>
#
# ### Exercise 5: kappa for any labels (extra, 8 minutes, medium)
#
# Raters may have more than two labels: A is better, B is better, tie. Write kappa for lists of any labels.

# %%
def kappa_of_labels(first, second):
    """Cohen's kappa of two raters' labels: two lists of N labels of any kind. At least two labels must be in use."""
    # your code here

# %% tags=["raises-exception"]
found = kappa_of_labels(["A", "B"], ["A", "B"])
check(found is not None, "nothing comes back. Return a number.")
check(found == 1, "full agreement is 1.")
check(abs(kappa_of_labels(["A", "A", "B", "B"], ["A", "B", "A", "B"])) < 1e-9,
      "agreement on half of two equally common labels is what chance gives: 0, and not 0.5.")
check(abs(kappa_of_labels(["A", "B"], ["B", "A"]) + 1) < 1e-9, "less agreement than chance is below 0: do not cut off.")
check(abs(kappa_of_labels(list("AAAB"), list("AAAA"))) < 1e-9,
      "chance uses each rater's OWN shares: one who always says A agrees by chance as often as he does.")
check(abs(kappa_of_labels(list("ABCABC"), list("ABCACB")) - 0.5) < 1e-9,
      "with three labels chance is the sum over all of them, here a third.")
passed("Your kappa takes off chance, whatever the labels are.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# Chance agreement is a sum over labels: the first rater's share of the label times the second rater's.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# def kappa_of_labels(first, second):
#     n = len(first)
#     agreement = sum(a == b for a, b in zip(first, second, strict=True)) / n
#     chance = sum(first.count(label) * second.count(label) for label in {*first, *second}) / n**2
#     return (agreement - chance) / (1 - chance)
# ```
#
# </details>
#
# ### Why? (core, 3 minutes)
#
# A team trains twenty checkpoints, scores all of them on the test set, and reports the best one with its 95 %
# interval. Nothing leaked, and the scorer is sound. Why is the number too high, and what should they have done?
#
# <details><summary>Answer</summary>
#
# Each of the twenty scores is the truth plus some luck. The highest of them is likely to be one with good luck, so it
# stands above what the same checkpoint would reach on new questions, and its interval, which is made for one look,
# does not know that it was picked out of twenty. The test set has been used for choosing, and that makes it a
# validation set. They should choose on validation questions and look at the test questions once. It is the reason why
# section 8 corrected its p-values, and why notebook 02 let the validation examples choose the step and the test
# examples measure the difference.
#
# </details>

# %% [markdown]
# ## In this notebook you saw
#
# - A score sees only what it looks at. Fit to send is several scores at once, and the distance between a check and
#   the goal is a number that can be measured.
# - Scorers with one number for each reply lead to paired intervals; the split questions carry all the news.
# - A planner says before the test how many questions it needs, and a simulation says whether to believe the planner.
# - An average can rise while a slice falls, and looking at many slices has to be paid for.
# - Copies of test items in the training data show on those items; a detector finds them even when they were changed.
# - A judge is a scorer that must be tested: its agreement beyond chance, fault by fault, and what moves it that
#   should not.
# - A gate asks for proof that nothing was lost, and is written before one looks.
#
# All verdicts of this run, side by side:

# %%
for name in ("checks-hide-rewrites", "leak-raises-score", "judge-agrees", "judge-likes-length"):
    verdict = files.read_json(paths.runs() / "claims" / f"{name}.json")
    span = f"{verdict['effect']:.3g} [{verdict['low']:.3g}, {verdict['high']:.3g}] {verdict['unit']}"
    print(f"{name:21} {verdict['verdict']:20} {span}")

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
