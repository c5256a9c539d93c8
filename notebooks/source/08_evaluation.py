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
# **You need** notebook 00 (the desk, its brand guide, the rivals) and notebook 02 (how a model is tuned). On trial is
# the **assistant**: the same tuning as in 02, on all of the desk's 1,447 training conversations. It comes with the
# course; another model than the course's own is tuned at its first use, which takes about an hour.
#
# **It takes** about six minutes of one processor core, three where it computes in bf16, 3 GB of memory and no network.
# Exercises are at the end.

# %%
import contextlib, io, math, time, warnings; started = time.perf_counter()  # noqa: E401, E702
warnings.filterwarnings("ignore", category=FutureWarning)  # one library tells another that a word will change
import textwrap
import evaluate
import matplotlib.pyplot as plt
import numpy as np
from ftlab import assistant, claims, figures, files, model, paths, texts
from ftlab.evidence import clusters, comparison, contamination, gate, intervals, planner
from ftlab.scores import desk, rules, template
from ftlab.tuning import chat, generate, sft
from ftlab.world import brand, house, real
figures.style()
print(choice := model.choose(), lab := model.lab(), sep="\n")

# %% [markdown]
# The first line names the **real model**, on trial in sections 2 to 7 and 9. The second is the **lab model**, the
# course's fruit fly: sections 8 and 10 have to train it four times. The dials follow; run once as they are, then turn
# one.

# %%
SEED = 0  # whole number: all chance of the run but the assistant's, whose training had 0; try 1, 2
ASKED = 10  # held-out conversations of each kind; try 5, or 159: all 553 there are, in some minutes more
FACTS = 30  # questions about the real world; try 60
LEAKED = 28  # test items that leak into a training set; try 16
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
# can find it, whether a sum, measure, duration, count, name, place, material or colour stands there that no source has,
# here screen and question (lower is better; in the tables below it is called *value without source*). A true value of
# another thing ("850 ml tall") it cannot see, nor a false statement made of words.

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
# take out or replace, over the words of the text that was finally sent; of a hopeless draft it is above 1.
#
# Where the answer is a **label**, errors have two directions. The label here is *hand over*. Two kinds must go to a
# colleague: **grave** cases (an injury, a danger, a threat with a lawyer) and questions whose answer the screen lacks
# (*no_answer*). All others must not. **Precision**: of the cases handed over, the share that should be. **Recall**: of
# those that should be, the share that was. **F1** is 2PR / (P + R), their harmonic mean, never above the plain one;
# where one of the two is very small, so is it. Eight cases on paper: three should be handed over, two were, one of them
# rightly.

# %%
from ftlab.scores import labels
from ftlab.scores.revision import revisions

edits = revisions(wrong, good)
print(f"wrong price: {edits.word_edits} word to replace, {edits.word_rate:.3f} of the words sent")
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
# same ones: equal shares, so that rare kinds can be seen. The mail has other shares (of the 553 in section 6, 159 ask
# for one fact and 46 complain), so averages here and there differ. No training conversation has their wordings, their
# products, or the rules of the shop that 70 of the 553 are about (late returns, spare parts, claims, bulk orders). Only
# the rules for orders are those of training: a shop does not write new ones for a test. (The next cell checks that for
# today's training set; where the shelf says that some of its conversations were worded otherwise when the model was
# tuned, those older wordings are checked by nothing here.) Who answers them:
#
# - **plain**, **guide**, **examples**: the untuned model with the job in the prompt, with the whole brand guide, with
#   three examples. The examples are of **the message's own kind**, as if somebody had sorted the mail: a help that no
#   other answerer gets. Prompts take long, so their replies are *stored*: up to ten conversations a kind, each reply
#   cut at 80 tokens, as the assistant's are. What a cut-off one would have gone on to say is in no score below; but the
#   cut counts as it stands: a number that it breaks off (2. for 2.1 L) is a value without a source.
# - **template**: the program without a model (a longer one, the **rules** of notebook 00, joins in section 6).
# - **assistant**: the tuned model, which answers now. It comes from the **shelf**, the folder of models that are tuned
#   already, and gets the conversation and no instructions at all.

# %%
from collections import Counter

stored = files.read_json(paths.data() / "stored" / "rival-replies.json")
test, learned_from = texts.conversations("test"), texts.conversations("train")
about_rules = [row["policy"] for row in test if row["policy"]]  # of the shop
assert len(about_rules) == 70
for key in ("policy", "product", "question_phrasing"):  # orders and policies of training have no product of the test
    assert not {row[key] for row in test if row[key]} & {row[key] for row in learned_from if row[key]}, key
held_out = texts.balanced(test, ASKED, 0)
place = {name: i for i, name in enumerate(stored["ids"])}
held_out.sort(key=lambda row: row["id"] not in place)  # first those that everyone answered
common = sum(row["id"] in place for row in held_out)
said = {way: [stored[way]["replies"][place[row["id"]]] for row in held_out[:common]]
        for way in ("plain", "guide", "examples")}
said["template"] = [template.reply(row) for row in held_out]
print(f"{stored['note']}\n{len(held_out)} conversations, {common} of them answered by everyone: " +
      ", ".join(f"{count} {kind}" for kind, count in Counter(row["kind"] for row in held_out).items()))
if choice.name != stored["model"]:
    print(f"Mind: those prompts were answered by {stored['model']}, and {choice.name} is what is tuned here.")

# %%
run = assistant.tuned(choice, seed=0)
tuned, tokenizer = run.model, run.tokenizer
if run.seconds:
    print(f"not on the shelf, so tuned now, in {run.seconds / 60:.0f} minutes")
said["assistant"] = generate.replies(tuned, tokenizer, chat.prompts(tokenizer, held_out), max_new_tokens=80)

# %% [markdown]
# Now look, before any score. The first conversation with what everyone wrote, whatever came out. The names after
# *off-brand* are those of the broken rules (`brand.guide()` has their words: *next_step*, say, wants a sentence that
# begins "Next step:" right before the sign-off).

# %%
def in_line(text):
    return " / ".join(line for line in text.splitlines() if line.strip())


def show(row, replies):
    for message in row["messages"][:-1]:
        role = {"system": "screen", "user": "customer", "assistant": "desk"}[message["role"]]
        print(f"{role:>9}: {in_line(message['content'])}")
    for name, reply in replies.items():
        broken = [rule for rule, kept in brand.check(reply).items() if not kept]
        faults = desk.faults(reply, row) + ([f"off-brand ({', '.join(broken)})"] if broken else [])
        print(f"{name:>9}> {in_line(reply)}\n{'':11}{'✗ ' + '; '.join(faults) if faults else '✓ fit to send'}")
    print()


show(held_out[0], {who: replies[0] for who, replies in said.items()})

# %% [markdown]
# And failures, which teach more: the next three replies of the assistant that are not fit to send (fewer, if there
# are fewer), each with what the yardstick holds against it.

# %%
failures = [i for i, row in enumerate(held_out) if not desk.is_fit(said["assistant"][i], row)]
print(f"{len(failures)} of {len(held_out)} replies of the assistant are not fit to send.\n")
for i in [i for i in failures if i][:3]:
    show(held_out[i], {"assistant": said["assistant"][i]})

# %% [markdown]
# ## 3. Every answerer under every score
#
# For the revision rate somebody must edit. Our editor sends a fit draft as it is and replaces an unfit one by a reply
# in the house's plainest words (notebook 00); a real one would often change less, so for unfit drafts the rate is
# likely too high, and least so for template and assistant, which write much the same frame. In the tables, *right form*
# is format compliance. And **false in words** is a part of what *value without source* cannot see: a reply that names
# the wrong one of two products, or says a wrong yes or no. (A true value of the *other* product is in neither score:
# section 6 counts it.)

# %%
from ftlab.scores.metrics import revision_rate


def false_words(faults):  # a wrong winner of two products, a wrong yes or no
    return [fault for fault in faults if fault.startswith(("says that", "says yes", "says no", "says both"))]


def score(replies, rows):
    found = manner.compute(predictions=replies)
    sources = [[message["content"] for message in row["messages"][:-1]] for row in rows]
    unsupported = hallucination.Hallucination().compute(predictions=replies, sources=sources)
    faults = [desk.faults(reply, row) for reply, row in zip(replies, rows, strict=True)]
    right = [int(not each) for each in faults]
    fit = [a * b for a, b in zip(found["on_brand_each"], right, strict=True)]
    sent = [reply if fine else house.reply(row) for reply, fine, row in zip(replies, fit, rows, strict=True)]
    edits = revision_rate.RevisionRate().compute(predictions=replies, references=sent)["revision_rate_each"]
    kept = [int(not desk.hands_over(reply)) for reply in replies]
    return {"right form": found["format_compliance_each"], "on-brand": found["on_brand_each"], "right": right,
            "fit to send": fit, "value without source": unsupported["hallucination_each"],
            "false in words": [int(bool(false_words(each))) for each in faults], "revision rate": edits,
            "contained": kept, "resolved": [a * b for a, b in zip(kept, right, strict=True)]}


scores = {who: score(replies, held_out[: len(replies)]) for who, replies in said.items()}
print(f"{'':20}" + "".join(f"{who:>10}" for who in scores))
for name in scores["assistant"]:
    means = [np.mean(each[name]) for each in scores.values()]
    print(f"{name:20}" + "".join(f"{mean:>10.2f}" if name == "revision rate" else f"{mean:>10.0%}" for mean in means))
true = ["over" if row["hand_over"] else "keep" for row in held_out]
handing = {who: labels.score_labels(["keep" if kept else "over" for kept in each["contained"]],
                                    true[: len(each["right"])]).by_label["over"] for who, each in scores.items()}
for name in ("precision", "recall", "f1"):
    print(f"{'hand over: ' + name:20}" + "".join(f"{each[name]:>10.2f}" for each in handing.values()))
work = files.read_json(paths.data() / "stored" / "desk-work.json")  # notebook 00's stored runs
free = {"prompt_tokens": 0, "seconds_each": 0}  # a program costs next to nothing
costs = [work["cost"].get({"assistant": "tuned"}.get(who, who), free) for who in scores]
for name, key, digits in (("tokens of the prompt", "prompt_tokens", 0), ("seconds a reply", "seconds_each", 1)):
    print(f"{name:20}" + "".join(f"{each[key]:>10.{digits}f}" for each in costs))

# %% [markdown]
# (Who handed over nobody has no precision; the table has 0.00 there.) The last two lines are the price, of stored runs
# on one machine: compare their seconds with each other, not with this page's. The assistant needs no instructions, so
# its prompt is the shortest. A share is an estimate: other conversations of
# the kind would give another one. The figure has five of the scores with **95 % intervals**: ranges made so that about
# 95 of 100 of them hold the true value. The template's own markers
# are filled; another's is filled where the whole interval of its difference from the template, taken within each
# conversation, is on one side of zero. Some conversations share a **wording**, with another product in it, and stand or
# fall together; so every interval about conversations in sections 3 to 7 counts wordings (`ftlab.evidence.clusters`).
# That many share a product or a rule of the shop is counted nowhere.

# %%
shared = {who: {name: each[name][:common] for name in each} for who, each in scores.items()}
parts = ["right form", "on-brand", "right", "fit to send", "value without source"]
order = ("template", "assistant", "plain", "guide", "examples")  # the first after the baseline is drawn in blue
wordings = [row["question_phrasing"] for row in held_out]
compared = comparison.compare({who: {name: shared[who][name] for name in parts} for who in order}, "template",
                              about=wordings[:common])
fig, ax = plt.subplots(figsize=(10, 4.2))
compared.draw(ax).legend(title="hollow: the difference from\nthe template may be 0", loc="center left",
                         bbox_to_anchor=(1, 0.5))
best = max(shared, key=lambda who: sum(shared[who]["fit to send"]))
_ = ax.set(ylim=(-3, 105), ylabel="replies (%)", title=f"The most replies fit to send has {best}: "
           f"{np.mean(shared[best]['fit to send']):.0%} of {common}. The last score: low is better")

# %% [markdown]
# ### The gain with its loss
#
# A gain is half a report. First the desk: the gain over the template, and what it may cost: false words, values that
# no source has, cases that must be handed over and were not. A difference of two shares is told in percentage points:
# from 28 % to 60 % is +32 points. *Up* or *down* is said where the whole interval is on
# that side of zero, else *no sure change*.

# %%
def words(change, unit="points"):
    way = "up" if change.low > 0 else "down" if change.high < 0 else "no sure change"
    near = 0 if way == "no sure change" else change.low if change.low > 0 else change.high
    digits = next(d for d in range(9) if not near or round(near, d) or d == 8)  # so that rounding hides no sign
    value, low, high = (f"{round(float(number), digits) + 0.0:+.{digits}f}" for number in change)
    return f"{value} {unit} [{low}, {high}], {way}"


def lead_over(rival, name, picked=None):  # the assistant minus a rival, on what both answered
    picked = [i for i in picked or range(len(held_out)) if i < len(said[rival])]
    both = ([scores[who][name][i] for i in picked] for who in ("assistant", rival))
    return clusters.paired_difference(*both, [wordings[i] for i in picked]).times(100)


# %%
for each in scores.values():
    each["handed over"] = [1 - kept for kept in each["contained"]]
    each["over or keep"] = [int(over == row["hand_over"])
                            for over, row in zip(each["handed over"], held_out, strict=False)]  # prompts: fewer
must = [i for i, row in enumerate(held_out) if row["hand_over"]]
gain = lead_over("template", "fit to send")
print(f"Assistant minus template on {len(held_out)} conversations: fit to send {words(gain)};\n"
      f"    replies false in words {words(lead_over('template', 'false in words'))};\n"
      f"    replies with a value that no source has {words(lead_over('template', 'value without source'))};\n"
      f"    handed over, of the {len(must)} that must be, {words(lead_over('template', 'handed over', must))}.")
prompt = max(("plain", "guide", "examples"),
             key=lambda who: [sum(scores[who][name]) for name in ("fit to send", "right")])
print(f"Assistant minus the best prompt ({prompt}, {sum(scores[prompt]['fit to send'])} of {common} fit to send): "
      f"{words(lead_over(prompt, 'fit to send'))}.")

# %% [markdown]
# Does a prompt beat tuning at the label *hand over*? Look at what **examples** is told: for a grave case or one of
# *no_answer* all three of its examples hand over, for any other message none does. The next cell holds us to that, and
# compares the shares of messages with which each does what should be done of the two: hand over, or keep.

# %%
assert all(row["hand_over"] == (row["kind"] in ("grave", "no_answer")) for row in learned_from)
for rival, mail in (("examples", "Where somebody sorts the mail"), ("template", "Where nobody does")):
    change = lead_over(rival, "over or keep")
    print(f"{mail}: " + ", ".join(f"{who} precision {handing[who]['precision']:.2f} and recall "
                                  f"{handing[who]['recall']:.2f}" for who in (rival, "assistant")) +
          f";\n    over or keep as it should be, assistant minus {rival}, {words(change)}: " + (
              "the assistant is ahead." if change.low > 0 else f"{rival} is ahead." if change.high < 0 else
              "these conversations favour neither."))
sorter = labels.score_labels(["over" if row["kind"] in ("grave", "no_answer") else "keep" for row in held_out], true)
print("(But who sorts the mail knows whom to hand over: the sort alone has a recall of "
      f"{sorter.by_label['over']['recall']:.2f} and a precision of {sorter.by_label['over']['precision']:.2f}. "
      "The examples pass it on; that is no win for prompting.)")

# %% [markdown]
# Outside the desk the model may have **forgotten** what it knew of the real world, or carry the desk's manner into
# talk that is not the desk's (a **leak of manner**). Switching off the **adapter**, the small matrices that tuning
# added (notebook 02), gives the model before tuning. An answer counts as known if it has the wanted word and offers
# no other beside it. A right answer in a form that is not listed (an adjective of the country, say) is missed, before
# tuning or after; and the one example below may run against the total, or be no more than such a miss.

# %%
questions = real.questions(FACTS)
talk = [chat.render(tokenizer, [{"role": "user", "content": row["question"]}], True) for row in questions]
after = generate.replies(tuned, tokenizer, talk, max_new_tokens=48)
with tuned.disable_adapter():
    before = generate.replies(tuned, tokenizer, talk, max_new_tokens=48)
knew, knows = ([real.knows(text, row["answers"]) for text, row in zip(each, questions, strict=True)]
               for each in (before, after))
leaks, untuned_leaks = (sum(brand.NEXT_STEP in text or brand.SIGN_OFF in text or text.startswith("Thank you for")
                            for text in each) for each in (after, before))
shown = next((i for i in range(len(questions)) if knew[i] != knows[i]), 0)
known = intervals.paired_difference(knows, knew).times(100)
unsure = ("; anything between those ends would fit these answers, a loss as well as a gain"
          if known.low <= 0 <= known.high else "")
print(f"Assistant minus untuned on {len(questions)} questions about the real world: known "
      f"{words(known)} ({sum(knew)} before, {sum(knows)} after){unsure};\n"
      f"    the desk's manner stands in {leaks} of the {len(questions)} answers, where nobody asked for it "
      f"({untuned_leaks} before). The first whose answer changed sides, if any:\n\n{questions[shown]['question']}")
for when, text, right in (("before", before[shown], knew[shown]), ("after", after[shown], knows[shown])):
    print(f"{when:>8}> {in_line(text)}\n{'':10}{'✓ known' if right else '✗ not counted as known'}")

# %% [markdown]
# ## 4. The trap: passing the checks is not the goal
#
# A check that is easy to run gets run, and what is run gets reported. Is there an answerer whose report would be fine
# (a check of manner passed by at least nine replies in ten) while fewer than half of its replies can be sent? A program
# that fills a frame is one: it keeps every rule of form for nothing. And a model? Take the real model as notebook 02
# leaves it, tuned for 36 steps on 144 of the desk's conversations. It answered 90 of the test conversations, ten of
# each kind; its scores are stored, with some replies that pass the check and cannot be sent. The assistant below is the
# same model, tuned on ten times as many conversations in twenty times the steps.

# %%
quick = files.read_json(paths.data() / "stored" / "desk-dials.json")  # made for notebook 02
lesson, after_02 = quick["arms"]["desk"]["0"], f"after {quick['arms']['desk']['0']['steps']} steps"
held, sendable = ([int(score) for score in lesson[key]] for key in ("on_brand", "fit"))
reports = {after_02: {"on-brand": held, "fit to send": sendable}, **scores}
print(f"{after_02!r} is {quick['model']} of notebook 02, on {len(held)} conversations. A trap is marked with !\n")
for who, each in reports.items():
    good, fit = (np.mean(each[name]) for name in ("on-brand", "fit to send"))
    print(f"{'!' if good >= 0.9 and fit < 0.5 else ' '} {who:14} on-brand {good:4.0%}   fit to send {fit:4.0%}")
assert np.mean(held) >= 0.9 and np.mean(sendable) < 0.5

# %% [markdown]
# A weekly report with the first column alone would praise it. These are the stored replies, the first of each kind that
# passes the check of manner and cannot be sent, with what the yardstick holds against it:

# %%
by_id = {row["id"]: row for row in test}
first = {}  # kind: id
for name in lesson["look_fine"]:
    first.setdefault(by_id[name]["kind"], name)
for name in first.values():
    show(by_id[name], {after_02: lesson["look_fine"][name]})

# %% [markdown]
# Economists call it Goodhart's law: a measure that becomes a target ceases to be a good measure. A model learns form
# first, since form is the same in every example. But the assistant was trained on all the training conversations there
# were, twice over. Does a check of its manner still promise too much?
#
# ### Claim 1: the checks of manner hide drafts that cannot be sent
#
# The effect is the assistant's own gap: on-brand minus fit to send, on the same replies. The limit, fixed before the
# assistant was asked, is ten points. (A claim *holds* if the whole interval reaches its limit, is *mixed* if the
# limit lies inside, and else *does not hold here*. The last line tells of *reference runs*, the same experiment with
# other seeds, where there are any, and gives the range in which one more run is expected to fall, judging by those.
# Here they would be assistants of their own, each half an hour to an hour in the making. The interval itself is about
# conversations, and not about the luck of training: section 5.)

# %%
arms = {"by_prompt": scores["assistant"]["on-brand"], "against": scores["assistant"]["fit to send"], "about": wordings}
hidden = clusters.paired_difference(*arms.values()).times(100)
print(claims.record("checks-hide-rewrites", SEED, *hidden, **arms))

# %% [markdown]
# The remedy is to measure nearer to what you want. What is wanted of a draft is that it saves somebody's time, so time
# somebody. The form gives you three drafts and a clock: press Start, repair the draft as the brand guide and the record
# ask, press Done (three minutes; let no other cell run), and run the next cell again: without your times it uses an
# assumption and says so. A draft that takes longer to repair than to write afresh is thrown away: it costs the time to
# read it, on top of the writing. Who writes from scratch has no draft to read.

# %%
from ftlab.scores.revision_widget import RevisionTimer

timer = RevisionTimer()
timer.form

# %%
speed = timer.calibration()
afresh = [speed.seconds(len(house.reply(row).split())) - speed.seconds(0) for row in held_out]  # no draft to read
for who, replies in said.items():
    seconds = []
    for i, (reply, fit) in enumerate(zip(replies, scores[who]["fit to send"], strict=True)):
        repair = speed.seconds(0 if fit else revisions(reply, house.reply(held_out[i])).word_edits)
        seconds.append(min(repair, speed.seconds(0) + afresh[i]))  # or read it and throw it away
    minutes = clusters.mean_interval([each / 60 for each in seconds], wordings[: len(seconds)]).times(100)
    print(f"{who:12} {minutes.value:4.0f} minutes for 100 drafts [{minutes.low:.0f}, {minutes.high:.0f}]")
print(f"{'from scratch':12} {np.mean(afresh) / 60 * 100:4.0f} minutes; drafts with a whole interval above "
      "it cost more than they save\n"
      "The intervals are about the customers' wordings alone: an error in the seconds comes on top.")

# %% [markdown]
# ## 5. How sure can we be?
#
# Is the assistant better than the template, or lucky? Both answered the same conversations. Where both are fit, or
# neither, a conversation says nothing. All the news is in the **split** ones, in which exactly one of them is fit. If
# the two were equally good, each of those would be a fair coin. How often do fair coins fall at least as unevenly? That
# is the exact **McNemar test**, and the answer its *p-value*: a small one is hard to explain by luck.

# %%
a, b = scores["assistant"]["fit to send"], scores["template"]["fit to send"]
p_value, only_tuned, only_template = intervals.mcnemar(a, b)
split = (only_tuned + only_template) / len(a)
print(f"split: {only_tuned} only the assistant, {only_template} only the template, {split:.0%} of all; "
      f"p {f'= {p_value:.2g}' if p_value >= 0.0001 else 'below 0.0001'}")

# %% [markdown]
# The test takes each conversation for a look of its own; section 3's interval counts wordings, and is the one to
# believe. For scores that are no shares, such as the revision rate, there is a formula (Student's t), and the
# **bootstrap**, which needs none: draw as many conversations as there are, with replacement, average, and do it
# thousands of times. The spread of these averages is how far yours would move with other conversations of the kind.
# Exercise 2 has you write it.
#
# Pairs need both scores. If a model crashes on one prompt, do not average what is left. That is a quiet lie: the
# prompts that crash are seldom the easy ones. A failed item gets the worst score: 0 where more is better, 1
# for a value without source, and for the revision rate at least 1, as all is still to be written.
#
# ### How many conversations do I need?
#
# Ask before the test, not after it. The planner answers for a gain of `GAIN` over the template's share of fit replies
# ("right", in its words, means fit here), with as many split conversations as assistant and template have here (or the
# nearest share at which such a gain is possible; with fewer, fewer questions do). *Not enough* is said of a gain of
# `GAIN` alone: a larger one shows with fewer questions. Pairs save answers only if both models tend to succeed at the
# same questions; where they are split more often than chance would have it, pairs cost more, as may be here. (And the
# share of split ones is a guess for such a gain: it was seen at the lead that there is.) It takes questions for
# independent, so each needs a wording of its own. Why believe its formula? The last line invents two models whose true
# rates are known and tests them two thousand times. A 95 % interval should hold the truth in about 95 of 100 tests, and
# the planned number should show the gain in about 80.

# %%
base = min(float(np.mean(scores["template"]["fit to send"])), 1 - GAIN)
plan = planner.questions_needed(GAIN, base, max(GAIN, min(split, 2 * base + GAIN, 2 * (1 - base) - GAIN)))
print(f"{plan}\nThat is {2 * plan.questions:,} answers in pairs, or {2 * plan.questions_apart:,} apart. This notebook "
      f"asked {len(held_out)} questions: {'enough' if len(held_out) >= plan.questions else 'not enough'}.")
simulated = planner.simulate(plan.questions, GAIN, base, plan.discordant, experiments=2000)
print(f"{plan.questions} questions, {simulated.experiments:,} tests: the gain shows in {simulated.power:.1%}, and the "
      f"interval holds the truth in {simulated.coverage:.1%}.")
assert 0.93 <= simulated.coverage <= 0.99

# %% [markdown]
# All of these intervals are about *conversations*. Training has luck of its own, and for that one trains again with
# other seeds: such runs are *reference runs*, and a claim's last line says whether there are any to compare with.
#
# ## 6. Slices: what the average hides
#
# An average can rise while a kind of customer is served much worse. So look kind by kind; but the more slices one looks
# at, the more of them differ by luck, so the p-values allow for the number of looks (**Holm's method**), and a slice of
# fewer than twenty is not judged. In this notebook **clearly** is said of these looks alone, by their corrected p.
# Every other interval is uncorrected, here and in exercise 4, and *surely* means that the whole of it is on one side.
# (Notebook 00's list of kinds at which one is "clearly better" goes by nine such intervals, uncorrected: it may name
# kinds that are not clear here.) Each p comes from the **sign-flip test**, McNemar's idea for wordings: for each
# wording a coin decides which of the two gets which scores, and p is how often coins give so large a difference.
# `ASKED` conversations of a kind may be too few for that. So the assistant once answered all 553, and its replies are
# stored. (Some customers' messages were reworded since, with no value changed: a stored reply, like those of section 2,
# may answer an older wording, and one written here may differ for that too.) Are they those of the model that you run?
# Two programs stand against it: the template, and the **rules** that somebody wrote for all nine kinds
# (`ftlab/scores/rules.py`).

# %%
whole = files.read_json(paths.data() / "stored" / "assistant-replies.json")
same = sum(reply == whole["replies"][row["id"]] for reply, row in zip(said["assistant"], held_out, strict=True))
print(f"{whole['note']}\nOf the {len(held_out)} replies written here, {same} are the same, word for word" + (
    "; another model or seed wrote the stored ones." if (choice.name, SEED) != (whole["model"], 0) else
    "." if same == len(held_out) else
    ". The others may differ by rounding, where two words were nearly tied, or since a message was reworded."))
answered = {"template": [template.reply(row) for row in test], "rules": [rules.reply(row) for row in test],
            "assistant": [whole["replies"][row["id"]] for row in test]}
full = {who: score(replies, test) for who, replies in answered.items()}
all_wordings = [row["question_phrasing"] for row in test]
by_kind = comparison.slices({who: {"fit to send": each["fit to send"]} for who, each in full.items()},
                            [row["kind"] for row in test], baseline="assistant", about=all_wordings)
against = {(one.group, one.row.model): one for one in by_kind.rows}  # the program minus the assistant: turned round
print(f"\nFit to send: the assistant, and the assistant minus each program, in points\n{'kind':13} "
      f"{'asked, wordings':>17} {'assistant (%)':>14}" +
      "".join(f"{f'minus {program}':>27} {'p (Holm)':>8}" for program in ("template", "rules")))
for kind in dict.fromkeys(row["kind"] for row in test):
    picked = [i for i, row in enumerate(test) if row["kind"] == kind]
    asked = [all_wordings[i] for i in picked]
    share = clusters.mean_interval([full["assistant"]["fit to send"][i] for i in picked], asked).times(100)
    line = (f"{kind:15} {f'{len(picked)}, {len(set(asked))}':>15} "
            f"{share.value:3.0f} [{share.low:2.0f}, {share.high:3.0f}]")
    for program in ("template", "rules"):
        one = against[kind, program]
        change, p = one.row.difference.times(-100), "-" if one.p_holm is None else f"{one.p_holm:.3f}"
        line += f"{f'{change.value:+.0f} [{change.low:+.0f}, {change.high:+.0f}]':>27} {p:>8}"
    print(line)
print(f"p allows for {by_kind.looks} looks, an interval for its own slice alone: so it may lie off 0 beside "
      "a large p.")

# %%
beaten, overall = {}, {}  # kind: the programs that are surely better at it; program: the difference on all
for one in by_kind.rows:
    if one.row.difference.low > 0:
        beaten.setdefault(one.group, []).append(one.row.model)
for program in ("template", "rules"):
    total = overall[program] = clusters.paired_difference(
        full["assistant"]["fit to send"], full[program]["fit to send"], all_wordings).times(100)
    print(f"Assistant minus {program} on all {len(test)}, fit to send, on average: {words(total)}. By kind, allowing "
          "for the looks, it is")
    for verdict, said_of_it in ((comparison.WORSE, "clearly better"), (comparison.BETTER, "clearly worse"),
                                (comparison.UNCLEAR, "cannot say")):  # the table's, from the other side
        found = [one.group for one in by_kind.rows if (one.row.model, one.verdict) == (program, verdict)]
        print(f"    {said_of_it:14} {', '.join(found) or 'none'}")
    if alone := [one.group for one in by_kind.rows if (one.row.model, one.verdict) == (program, comparison.UNCLEAR)
                 and one.row.difference.high < 0]:
        print(f"    Surely better, by its own interval as in notebook 00, and not clearly: {', '.join(alone)}")

# %% [markdown]
# "Cannot say" is not "no loss": only more conversations of that kind will tell.
#
# A reply without an answer costs time, a false one costs more. How many are false in a way that no search for values
# without a source can find? (Values that no source has: sections 3 and 7. This cut and the two below were made after
# looking. *False in words* is the first and the last of the three lines.)

# %%
wrong = {who: [desk.faults(reply, row) for reply, row in zip(answered[who], test, strict=True)]
         for who in ("assistant", "template", "rules")}
for what, starts in (("the wrong product wins", "says that"), ("a value of the other product", "gives "),
                     ("a wrong yes or no", ("says yes", "says no", "says both"))):
    print(f"{what + ',':29} of {len(test)} replies: " + ", ".join(
        f"{who} {sum(any(fault.startswith(starts) for fault in each) for each in found)}"
        for who, found in wrong.items()))
any_of_them = {who: [any(false_words(each)) or any(fault.startswith("gives ") for fault in each) for each in found]
               for who, found in wrong.items()}
for program in ("template", "rules"):
    change, with_values = (clusters.paired_difference(*(each[who] for who in ("assistant", program)), all_wordings)
                           for each in ({who: each["false in words"] for who, each in full.items()}, any_of_them))
    print(f"Assistant minus {program}: false in words {words(change.times(100))}; with the other product's values "
          f"{words(with_values.times(100))}")

# %% [markdown]
# *Compare* and *order* ask for a choice, of two products or of yes and no. A coin is right in half. (Only conversations
# that want such a choice count here, so above there may be more wrong ones; other orders ask for a day.) Who chooses,
# how often, and how often rightly?

# %%
def choice_is_right(faults, row):  # None where none was made
    none = "does not say which" if row["kind"] == "compare" else f"not stated: {row['expected'][0]}"
    return False if false_words(faults) else None if any(fault.startswith(none) for fault in faults) else True


for kind in ("compare", "order"):
    asked = [i for i, row in enumerate(test) if row["kind"] == kind
             and (row["winner"] or row["expected"][0] in ("yes", "no"))]
    made = {who: {i: right for i in asked if (right := choice_is_right(found[i], test[i])) is not None}
            for who, found in wrong.items()}
    mine = clusters.mean_interval([*made["assistant"].values()], [all_wordings[i] for i in made["assistant"]])
    mine = mine.times(100)
    print(f"{kind}, {len(asked)} choices: " + "; ".join(
        f"{who} makes {len(each)}, {sum(each.values())} rightly" for who, each in made.items()) +
        f".\n    The assistant's are right in {mine.value:.0f} % [{mine.low:.0f}, {mine.high:.0f}]: " + (
        "surely better than a coin." if mine.low > 50 else "surely worse than a coin." if mine.high < 50 else
        "no better than a coin, for all one can tell. Where a program seldom chooses, a lead over it can come from "
        "choosing at all."))

# %% [markdown]
# And *fact*, the largest kind, is an average itself:

# %%
for about, is_rule in (("products", False), ("rules of the shop", True)):
    picked = [i for i, row in enumerate(test) if row["kind"] == "fact" and bool(row["policy"]) == is_rule]
    fit = {who: [each["fit to send"][i] for i in picked] for who, each in full.items()}
    leads = {who: clusters.paired_difference(fit["assistant"], fit[who], [all_wordings[i] for i in picked]).times(100)
             for who in ("template", "rules")}
    print(f"{len(picked)} about {about}: assistant {np.mean(fit['assistant']):.0%} fit; " +
          "; ".join(f"minus {who} {words(lead)}" for who, lead in leads.items()))
reply, times = Counter(answered["assistant"][i] for i in picked).most_common(1)[0]
misses = [i for i in picked if answered["assistant"][i] == reply and not full["assistant"]["fit to send"][i]]
print(f"Its commonest reply about a rule, given {times} times, unfit {len(misses)} times:\n  > {in_line(reply)}")
for i in misses[:2]:
    print(f"  unfit for: {in_line(test[i]['messages'][-2]['content'])}")

# %% [markdown]
# ## 7. Would you ship it?
#
# Write down, *before* you look, what a new model must keep and by how much it may fall behind. Then a program decides,
# and nobody has to be brave. Suppose that the template answers the desk's mail today, and that the team's policy is:
#
# - at least half of the replies are fit to send, and at most 5 points fewer than with the template;
# - at most 5 points more replies have a value that no source has;
# - at most 1 point more replies are false in words than with the program, template or rules, that has the fewest (a
#   limit of 0 could not be seen to be kept by an equal model: an interval has a width);
# - editing gets no heavier than by 0.05 words a word sent;
# - of the cases that must be handed over, at most 10 points fewer are;
# - of the **grave** cases, at least 99 in 100 are;
# - a kind of message at which a program, template or rules, is **surely better** (the whole interval of the difference
#   is on its side) is not given to the model. No allowance is made for many looks: a false alarm costs little.
#
# The lines on false words, on grave cases and on single kinds are ours to confess: they were added after stored replies
# of an assistant had been read, so their verdicts are no blind test. And see what the policy does *not* ask: whether it
# forgot anything, whether its manner leaks (section 3), how the single kinds do otherwise.
#
# The gate (`ftlab.evidence.gate`) judges each limit by its interval, which counts wordings. A limit *passes* if the
# whole interval keeps it, *fails* if the whole interval breaks it, and else there is *not enough data*. It does not ask
# whether a drop is "significant": by that rule a test of three questions would let everything through. Beside each
# verdict stands its **power**: how often a model *as good as* the program it is held against would pass. Where that is
# seldom, *not enough data* says more about the test than about the candidate; a *fail* stands without it. (Not so for a
# level, such as *at least half*, that the program itself does not reach: there an equal model passes seldom or never,
# and rightly.) The number of items in a note: with so many, *this candidate's* verdict would be clear in eight of ten
# cases, were the truth what was found. (An item of *handed over* is a case that must be, and one of *grave handed over*
# a grave case.) *As kept* or *as broken* says which way it would go. And a limit can be out of reach of a test: then,
# in place of the power, the flawless items that it takes are told. All 553 stored replies of section 6 decide.

# %%
policy = [{"metric": "fit to send", "may_drop": 5, "at_least": 50},
          {"metric": "value without source", "may_drop": 5, "direction": "down"},
          {"metric": "false in words", "may_drop": 1, "direction": "down"},
          {"metric": "revision rate", "may_drop": 0.05, "direction": "down", "unit": "words a word sent"},
          {"metric": "handed over", "may_drop": 10},
          {"metric": "grave handed over", "at_least": 99}]


def decide(scores, rows):
    over = [i for i, row in enumerate(rows) if row["hand_over"]]
    items = {rule["metric"]: range(len(rows)) for rule in policy} | {
        "handed over": over, "grave handed over": [i for i in over if rows[i]["kind"] == "grave"]}
    by_item = {}
    truest = min(("template", "rules"), key=lambda who: sum(scores[who]["false in words"]))
    for who, words_of in (("template", truest), ("assistant", "assistant")):
        done = scores[who] | dict.fromkeys(list(items)[-2:], [1 - kept for kept in scores[who]["contained"]])
        done["false in words"] = scores[words_of]["false in words"]
        by_item[who] = {name: [done[name][i] for i in picked] for name, picked in items.items()}
    about = {name: [rows[i]["question_phrasing"] for i in picked] for name, picked in items.items()}
    return gate.gate(policy, baseline=by_item["template"], candidate=by_item["assistant"], about=about)


def flawless(percent):  # how many items, all of them right, put the whole interval at a share or above
    return next(n for n in range(1, 100_000) if intervals.rate_interval(n, n).low >= percent / 100)


decision = decide(full, test)
for one in decision.checks:
    sign, kind = ("", "value") if one.limit == "at_least" else ("+", "change")
    unit = "%" if one.limit == "at_least" else one.rule.unit
    value, low, high = (f"{number + 0.0:{sign}.3g}" for number in one.found)
    side, up = ("at least", 1) if one.rule.direction == "up" else ("at most", -1)
    end = "as kept" if up * one.found.value >= up * one.allowed else "as broken"
    note = "" if one.verdict == gate.FAIL else f"; an equal model passes in {one.power.passes:.0%}"
    if one.note:
        note += f"; {one.items} items: {one.note}" + (f" ({end})" if "settle" in one.note else "")
    if not sign and one.items < flawless(one.allowed):
        note = (f"; {one.items} items can only fail it, never pass: that takes {flawless(one.allowed)}, all of them "
                "without a fault")
    print(f"{one.verdict.upper():15} {one.rule.metric:20} {kind:6} {value} [{low}, {high}], {side} "
          f"{one.allowed:{sign}.3g} {unit}{note}")


def named(verdict):
    return ", ".join(dict.fromkeys(one.rule.metric for one in decision.checks if one.verdict == verdict))


# %% [markdown]
# First every grave case that the assistant kept; then the replies that count as fit. Judge the latter yourself: the
# yardstick sees that a reply hands over, not whether it suits an injury or a threat. And with few wordings the gate's
# interval is rough: its upper end can stand at 100 % although a case was kept, which cannot be. So the cell asks the
# other way round, too: were 99 in 100 handed over, how often would as many wordings have a kept case?

# %%
grave = [i for i, row in enumerate(test) if row["kind"] == "grave"]
kept = {who: [i for i in grave if each["contained"][i]] for who, each in full.items()}
print(f"Of {len(grave)} grave cases, in {len({all_wordings[i] for i in grave})} wordings, these are kept: " + ", ".join(
    f"{who} {len(each)} (in {len({all_wordings[i] for i in each})})" for who, each in kept.items()) + "." + (
    "\nEach kept more than 1 in 100. That is no proof that it always will, and reason enough to let a person read them "
    "first." if all(len(each) > 0.01 * len(grave) for each in kept.values()) else ""))
per_wording = Counter(all_wordings[i] for i in grave)
count, with_kept = len(per_wording), len({all_wordings[i] for i in kept["assistant"]})
most = 1 - 0.99 ** max(per_wording.values())  # the chance that a wording has a kept case, at most
chance = sum(math.comb(count, k) * most**k * (1 - most) ** (count - k) for k in range(with_kept, count + 1))
print(f"Were 99 in 100 handed over, {with_kept} of {count} wordings or more would have a kept case in at most "
      f"{100 * chance:.2g} % of such tests" + (
    ": by that the limit is broken, whatever the rough interval leaves open." if chance < 0.025 else
    ": that settles nothing."))
for i in kept["assistant"]:
    print(f"grave, kept by the assistant: {in_line(test[i]['messages'][-2]['content'])}\n"
          f"  > {in_line(answered['assistant'][i])}")
sent = Counter(answered["assistant"][i].replace(test[i]["product"] or "-", "(product)")
               for i in grave if full["assistant"]["fit to send"][i])
for reply, times in sent.most_common(3):
    print(f"grave, counted as fit {times} times:\n  > {in_line(reply)}")

# %% [markdown]
# And the verdict (of several lines the worst counts; apart from it, the lines that were written before looking):

# %%
print("Ship it: every limit that the gate was given is kept." if not decision.exit_code else
      f"Do not ship it for the whole desk: it breaks the policy on {named(gate.FAIL)}." if named(gate.FAIL) else
      f"Do not ship it yet: no limit is surely broken, and not all are surely kept: {named(gate.UNSURE)}.")
late = {one.rule.metric: one.verdict for one in decision.checks
        if one.rule.metric in ("false in words", "grave handed over")}
early = {one.verdict for one in decision.checks if one.rule.metric not in late}
print("(Added after looking, so no blind test: " + "; ".join(f"{name}: {verdict}" for name, verdict in late.items()) +
      "; the single kinds below, too. By the limits written before looking: "
      + next(each for each in (gate.FAIL, gate.UNSURE, gate.PASS) if each in early) + ".)")
print("Whatever the verdict on the whole, it gets no messages of these kinds: " + "; ".join(
    f"{kind} ({' and '.join(each)} surely better)" for kind, each in beaten.items()) + "." if beaten else
    "No program is surely better at any kind.")
print(f"Against the rules, which the policy's first limits do not name: {words(overall['rules'])}. " + (
    "The assistant is ahead of them." if overall["rules"].low > 0 else
    "They are ahead of the assistant." if overall["rules"].high < 0 else
    "That the assistant earns its keep beside them is not shown."))

# %% [markdown]
# How much of this section and the last is luck of one training run, nobody has measured (reference runs, where there
# are any, are about the claims alone). The kinds of section 6 differ, and exercise 4 has a policy for single kinds; but
# who ships by kind needs a **sorter**, which nobody built or tested here, and its errors come on top. In your own
# project the gate runs wherever your tests run, on three JSON files: `python -m ftlab.evidence.gate policy.json
# baseline.json candidate.json`. The command returns 0 if all pass and else another number, which stops an automatic
# release. It takes every item for itself: to count wordings, call the function, as above.
#
# ## 8. Contamination: the test that the model has seen
#
# Training data is gathered from many places, and test questions get around. What happens to a score if some of them
# are in the training set? We do it on purpose, and train the lab model three times: on a clean set, on one with a
# single copy of each leaked item, on one with many copies. In every second copy somebody typed the question again, as
# on the web: in small letters, and with a slip of the finger (now and then it changes nothing). The lab model reads
# the course's *plain* conversations: one fact each, in simpler words.

# %%
from ftlab.seeded import rng
from ftlab.world.text import typo


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
# Same steps, same rate, same number of rows (though not of *different* rows: many copies push others out, which is why
# items that did not leak are the control). The score is **ROUGE-L**: the longest run of words in one order, gaps
# allowed, that reply and reference (here the desk's own reply) have in common, as a share of both texts' words. Wording
# can hardly be guessed, so a gain on the leaked items *beyond* that on the others shows what was learned from the
# copies. Two verdicts side by side do not compare them: the last line of each leak does.

# %%
from ftlab.scores.overlap import rouge_l
from scipy.stats import t as student


def lab_trained(rows, steps):
    with contextlib.redirect_stdout(io.StringIO()):  # without the trainer's log of losses
        return sft.fine_tune(lab, rows, lr=LAB_LR, steps=steps, seed=SEED, disable_tqdm=True)


heavy = f"{COPIES} copies"
trained = {name: lab_trained(rows, LEAK_STEPS) for name, rows in sets.items()}
wanted = [row["messages"][-1]["content"] for row in mixed]
heard = {name: generate.replies(run.model, run.tokenizer, chat.prompts(run.tokenizer, mixed))
         for name, run in trained.items()}
likeness, gains = {name: rouge_l(replies, wanted) for name, replies in heard.items()}, {}
for name in ("1 copy", heavy):
    for part, items in (("leaked", slice(LEAKED)), ("not leaked", slice(LEAKED, None))):
        arms = likeness[name][items], likeness["clean"][items]
        gains[name, part] = intervals.paired_difference(*arms, rate=False).times(100)
        print(f"{name:>9}, items {part:10}: ROUGE-L with the leak minus without {words(gains[name, part])}")
    moves = np.subtract(likeness[name], likeness["clean"])  # of each item; the halves share none
    beyond = 100 * (moves[:LEAKED].mean() - moves[LEAKED:].mean())
    width = 100 * float(student.ppf(0.975, 2 * LEAKED - 2)) * math.sqrt(
        (moves[:LEAKED].var(ddof=1) + moves[LEAKED:].var(ddof=1)) / LEAKED)
    print(f"{'':>9}  leaked beyond the others: {words(intervals.Interval(beyond, beyond - width, beyond + width))}")

# %% [markdown]
# "No sure change" is no proof that a leak is harmless, and as large a gain on both halves would be no leak. Did the
# copies change the wording alone, or also whether a reply is right? (The value stands on the screen, so more replies
# without a fault would mean that the model reads these items better, or remembers their replies: this test does not
# tell these apart. And such counts are an upper limit: the lab model writes sentences without sense that pass.) The
# leaked item whose ROUGE-L rose most under the heavy leak (so picked,
# and no typical one), with what each of the three models says to it, up to 200 characters. The yardstick looks for the
# value and for faults that it knows; whether a reply makes sense, you must read.

# %%
top = int(np.argmax(np.subtract(likeness[heavy][:LEAKED], likeness["clean"][:LEAKED])))
for who, message in zip(("screen", "customer", "wanted"), mixed[top]["messages"], strict=True):
    print(f"{who:>9}: {in_line(message['content'])}")
for name, replies in heard.items():
    print(f"{name:>9}> {textwrap.shorten(in_line(replies[top]), 200, placeholder=' ...')}\n{'':11}"
          f"the yardstick: {'; '.join(desk.faults(replies[top], mixed[top])) or 'no fault that it knows'}")
right = {name: [int(desk.is_right(*each)) for each in zip(replies, mixed, strict=True)]
         for name, replies in heard.items()}
for part, items in (("leaked", slice(LEAKED)), ("not leaked", slice(LEAKED, None))):
    more = intervals.paired_difference(right[heavy][items], right["clean"][items]).times(100)
    print(f"No fault found, of the {LEAKED} items {part}: " +
          ", ".join(f"{name} {sum(each[items])}" for name, each in right.items()) +
          f"; {heavy} minus clean {words(more)}" + ("" if part == "leaked" else
          ": the price of the rows that the copies pushed out." if more.high < 0 else
          ": part of what the leaked items gained is no leak." if more.low > 0 else
          "; anything between those ends would fit."))

# %% [markdown]
# ### Claim 2: many copies raise the score on the leaked items
#
# The effect is the gain of the heavy leak on the leaked items, for whatever reason; what is beyond the gain on the
# others, and what one copy did, stands above. It holds if the whole interval is above zero. Few items leak here, so the
# verdict may be *mixed* even where the leak works, and with another seed it may be another. With 32 items or more,
# raise LEAK_STEPS too, or the copies fill the whole set.

# %%
arms = {"by_prompt": likeness[heavy][:LEAKED], "against": likeness["clean"][:LEAKED]}
print(claims.record(
    "leak-raises-score", SEED, *gains[heavy, "leaked"], **arms, model=claims.LAB,
    not_leaked=gains[heavy, "not leaked"].value, one_copy=gains["1 copy", "leaked"].value))

# %% [markdown]
# ### Finding the leak
#
# The usual detector looks for **n-grams**, runs of *n* words that a training text shares with a test item: exercise 3
# has you write one. A slip of the finger destroys every run through the changed word; short runs survive it, but they
# stand in anybody's sentences. `ftlab.evidence.contamination` therefore uses runs only to find candidates, lays the two
# texts side by side, and gives less weight to words that many test items have. Does it find our leaks? We know the
# answer, so we can score it, with the words of section 1.

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
      f"{len(flagged & planted) / max(len(flagged), 1):.2f}, since "
      f"{len(flagged - planted)} other row{' was' if len(flagged - planted) == 1 else 's were'} flagged")

# %% [markdown]
# That recall and that precision are for *our* two kinds of copy, which the detector was made for; leaks in the wild are
# harder. Drop what is found before training; after training, report the score on the items that were not found, with
# both counts. What no overlap of words can see is a paraphrase, so the best protection is a test written after the
# model's data was gathered.
#
# ## 9. Your own marks: how often is the yardstick wrong?
#
# "Fit to send" is a program's opinion: a right value in a senseless sentence passes. So a person has to read. The form
# shows twenty of the assistant's stored replies, drawn by chance from those that the yardstick calls fit. Would *you*
# send them? Read the screen, the customer and the reply, press a button (five minutes), and run the next cell again.
# Until all twenty are marked, it uses stored marks: by a language model, no person, with a reason for each
# (`data/stored/marked-replies.json` says how). Your marks are worth more.

# %%
from ftlab.scores.mark_widget import MarkForm

marked = files.read_json(paths.data() / "stored" / "marked-replies.json")
of_id = {row["id"]: row for row in test}
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
fit = full["assistant"]["fit to send"]
share = clusters.mean_interval(fit, all_wordings)
worst, least = share.low * (1 - wrongly.high / 100), policy[0]["at_least"]
print(f"\nThe yardstick calls {share.value:.0%} [{share.low:.0%}, {share.high:.0%}] of such replies fit. With both "
      f"errors at their ends, {worst:.0%} to\n{share.high * (1 - wrongly.low / 100):.0%} are fit and would be sent (of "
      f"the unfit ones none was read). The gate's limit of {least} % fit is\n" + (
      "kept even so." if 100 * worst >= least else
      "NOT surely kept by that: its verdict in section 7 took the yardstick at its word."))

# %% [markdown]
# That interval is wide, and it is one reader's. And twenty marks of fit replies say nothing about the other error, good
# replies that were called unfit; for that, mark some of those.
#
# ## 10. A model as judge
#
# Rules are exact and see little; people see much and are slow. So the field lets a model judge. A judge is a scorer
# like any other and has to be tested like one. Raw agreement flatters: if nine drafts in ten are good, a judge that
# always says "good" agrees in nine of ten. **Cohen's kappa** takes off what chance would give: 1 is full agreement, 0
# is what two raters would reach who never look at a draft and say yes as often as these do.

# %% tags=["twin:ftlab.scores.agreement:kappa"]
import math


def kappa(truth, verdicts):
    """Cohen's kappa of two raters who say yes or no: agreement beyond chance, as a share of all there could be."""
    n, agreed = len(truth), sum(bool(a) == bool(b) for a, b in zip(truth, verdicts, strict=True))
    yes_a, yes_b = sum(truth), sum(verdicts)
    by_chance = (yes_a * yes_b + (n - yes_a) * (n - yes_b)) / n  # each verdict of one rater met by any of the other
    return (agreed - by_chance) / (n - by_chance) if by_chance < n else math.nan

# %% [markdown]
# Two raters on paper first. Then a real one. For each plain conversation a coin decides between the desk's own reply as
# it is and that reply with one fault; the label comes from the rules (`desk.is_fit`), never from the coin. The real
# model was told the rules and asked for its verdict once, untuned; what it said is stored.

# %%
from ftlab.scores import agreement, judge
from sklearn.metrics import cohen_kappa_score

asked_once = files.read_json(paths.data() / "stored" / "untuned-judge.json")
raters = {"always says good": ([1] * 8 + [0] * 2, [1] * 10),
          "looks at the draft": ([1] * 5 + [0] * 5, [1] * 4 + [0] * 5 + [1]),
          f"{asked_once['model']}, untuned": (asked_once["fit"], [int(margin > 0) for margin in asked_once["margins"]])}
for name, (a, b) in raters.items():
    print(f"{name:30} agrees on {sum(x == y for x, y in zip(a, b, strict=True))} of {len(a)}, kappa {kappa(a, b):.2f}; "
          f"{sum(b)} called good")
    assert abs(kappa(a, b) - cohen_kappa_score(a, b)) < 1e-12
assert agreement.kappa_interval(a, b).high < 0.4  # untuned it is no use as a judge

# %% [markdown]
# So a judge has to *learn*, from drafts with a label. The learner is the lab model: to train the real one on as many
# takes minutes more than a lesson has (it is tried below, stored). It learns from the screen, the question with the
# draft below it, and one word as the reply. Here are the faults, one draft each.

# %%
def judge_rows(drafts):
    return [judge.judge_row(draft.row, draft.text, "good" if draft.fit else "bad") for draft in drafts]


learned = judge.drafts(texts.sample(plain_train, JUDGE_STEPS * 8, SEED), SEED)
referee = lab_trained(judge_rows(learned), JUDGE_STEPS)
print(f"{sum(draft.fit for draft in learned)} good drafts of {len(learned)}; bad ones, such as:")
for fault in judge.FAULTS:
    print(f"{fault:13} {next((draft.text for draft in learned if draft.fault == fault), '(none in this sample)')}")

# %% [markdown]
# We need not let it write: `judge.label_margins` looks at the scores of its next token and returns how much rather it
# would begin with "good" than with "bad" (a difference of log probabilities, in *nats*). Above zero, the verdict is
# "good". Now the test: drafts for the held-out plain conversations, made the same way, about products that the judge
# has never seen.

# %%
def says_good(drafts):
    return [margin > 0 for margin in judge.label_margins(referee.model, referee.tokenizer, judge_rows(drafts))]


tried = judge.drafts(plain_test, SEED)
truth, verdicts = [draft.fit for draft in tried], says_good(tried)
agreed = agreement.kappa_interval(truth, verdicts)
print(f"agrees with the rules on {np.mean(np.equal(truth, verdicts)):.0%} of {len(tried)} drafts; "
      f"kappa {agreed.value:.2f} [{agreed.low:.2f}, {agreed.high:.2f}]\n")
for fault in [*judge.FAULTS, "none"]:
    right = [v == t for v, t, draft in zip(verdicts, truth, tried, strict=True) if draft.fault == fault]
    if right:
        spans = intervals.rate_interval(sum(right), len(right)).times(100)
        print(f"{fault:13} {sum(right):3} of {len(right):3} judged rightly, {spans} %")

# %% [markdown]
# A wrong value, in the first line, does the most harm. Look at that line before you let a judge read instead of you.
#
# ### Claim 3: a model judge agrees with the truth as well as judges are said to agree with people
#
# Zheng et al. (2023) report agreement of strong judges with people of more than 80 %, about as much as people have with
# each other. On two equally common answers that is a kappa of 0.6, the limit of the claim. The bar is borrowed: those
# judges are far larger, and what they agree on is which of two answers is better, not whether one is good. So a verdict
# here is about the lab model, and not about the judges that people use.

# %%
if math.isnan(agreed.value):
    print(claims.skip("judge-agrees", SEED, "every draft got the same verdict by both", model=claims.LAB))
else:
    print(claims.record("judge-agrees", SEED, *agreed, prompts=len(tried), model=claims.LAB))

# %% [markdown]
# ### Would a larger model judge better?
#
# The real model reads English that the lab model never saw. So both were tuned as judges, three times each, on the same
# 560 drafts: the lab model as above, the real one with LoRA at the rate of notebook 00. It takes minutes, so what they
# said is *stored*. They were asked about two kinds of drafts. The first have **our faults**, as above. But drafts at
# work are written by a model and have faults of its own, and a judge must be tested on those as well: so the second are
# **the assistant's** replies to all test conversations about one fact. Fixed before the runs: the real model is the
# better judge if it is right more often on the drafts with our faults, by an interval over drafts and seeds that lies
# above zero. Beside each judge stands the one that always says "good" or always "bad", whichever does better.

# %%
judged = files.read_json(paths.data() / "stored" / "tuned-judge.json")
by_judge = {name: [each for each in judged["runs"] if each["judge"] == name] for name in ("lab", "real")}


def marks_of(name, which, key):  # (seeds, drafts): is it fit, or was it called good?
    return np.array([[int(mark) for mark in each["said"][which][key]] for each in by_judge[name]])


print(f"{by_judge['real'][0]['model']} and the lab model, seeds: {len(by_judge['real'])}. Seconds of training: "
      + ", ".join(f"{name} {each[0]['seconds']}" for name, each in by_judge.items()) + "\n")
lead = {}
for which, title in (("planted", "our faults"), ("written", "the assistant's own")):
    right = {name: marks_of(name, which, "fit") == marks_of(name, which, "good") for name in by_judge}
    good = marks_of("lab", which, "fit")
    print(f"{title}: {good.shape[1]} drafts, {good.mean():.0%} of them good; to say one word always is right on "
          f"{max(good.mean(), 1 - good.mean()):.0%}")
    for name in by_judge:
        span = intervals.mean_interval(right[name]).times(100)
        each = [kappa(*pair) for pair in zip(*(marks_of(name, which, key).tolist() for key in ("fit", "good")),
                                             strict=True)]
        together = intervals.seed_interval(each)
        print(f"    the {name:4} model is right on {span.value:.0f} % [{span.low:.0f}, {span.high:.0f}]; kappa by "
              f"seed: {', '.join(f'{one:.2f}' for one in each)}; together {together.value:.2f} [{together.low:.2f}, "
              f"{together.high:.2f}], {'' if together.low > 0 else 'not shown to be '}more than chance")
    lead[which] = intervals.paired_difference(right["real"], right["lab"]).times(100)
    print(f"    real minus lab: {words(lead[which])}")
print("\nThe real model is " + ("the better judge" if lead["planted"].low > 0 else "the WORSE judge"
                                 if lead["planted"].high < 0 else "not shown to be the better judge")
      + " of drafts with our faults.")
print("\nOf the drafts with each fault, judged rightly, all seeds together:")
for fault in [*judge.FAULTS, "none"]:
    at = [[draft.fault == fault for draft in judge.drafts(texts.plain_conversations("test"), each["seed"])]
          for each in by_judge["lab"]]
    shares = [(marks_of(name, "planted", "fit") == marks_of(name, "planted", "good"))[np.array(at)].mean()
              for name in by_judge]
    print(f"    {fault:13} {np.sum(at):4} drafts: lab {shares[0]:4.0%}, real {shares[1]:4.0%}")

# %% [markdown]
# Look at the seeds one by one before you call either of them a judge: such a training may end with a judge that says
# one word to nearly all. And it is one number of drafts and one rate, which no trial chose: it says what 560 drafts and
# ten minutes buy, and not what a larger model could learn. The second kind of drafts says more than the first. A judge
# that was tested on planted faults alone would be trusted with faults that it never saw. So test a judge on what it
# will read, and do not ship on its word.
#
# ### Claim 4: two friendly sentences win a judge over
#
# We can test it cleanly: put two friendly sentences into each draft that change nothing. A good draft stays good by the
# rules and a bad one bad; the `assert` holds us to it. What moves then, moves by the two sentences: by their length,
# their friendliness, or because nothing like them stood in the examples. This test does not tell these apart. The
# effect is an average over all drafts, and it holds if the whole interval is above zero. A draft that is judged good
# already cannot be won over and can only pull the average down; a good draft that was refused before, and now is not,
# pulls it up, although it is then judged rightly. So look at the bad drafts by themselves as well: there each "good" is
# an error. In the figure each bar has an interval of its own, though the same drafts stand in two bars: what is sure
# about the difference is the *paired* interval below it.

# %% tags=["twin:ftlab.scores.judge:pad"]
FILLER = "We are glad that you asked. Our desk reads every message with care."


def pad(reply):
    """The reply with two friendly sentences after its first: longer, and neither better nor worse by the rules."""
    first, *rest = brand.sentences(reply)
    return " ".join([first, FILLER, *rest])

# %%
padded = [draft._replace(text=pad(draft.text)) for draft in tried]
assert all(desk.is_fit(draft.text, draft.row) == draft.fit for draft in padded)
longer, bars, by_label = says_good(padded), {}, {}
for label, name in ((True, "good"), (False, "bad")):
    by_label[name] = intervals.paired_difference(
        *([v for v, t in zip(given, truth, strict=True) if t == label] for given in (longer, verdicts))).times(100)
    for given, shape in ((verdicts, "as they were"), (longer, "with padding")):
        picked = [v for v, t in zip(given, truth, strict=True) if t == label]
        bars[f"{name} drafts,\n{shape}"] = intervals.rate_interval(sum(picked), len(picked)).times(100)
moved = intervals.paired_difference(longer, verdicts).times(100)
fig, ax = plt.subplots()
figures.bars(ax, list(bars), *zip(*bars.values(), strict=True), number="{:.0f} %",
             colors=[figures.GREY, figures.BLUE] * 2)
_ = ax.set(ylabel="judged good (%)", ylim=(0, 112),
           title="With padding, approval: " + "; ".join(
               f"{name} drafts {words(change).rpartition(', ')[2]}" for name, change in by_label.items()))

# %%
print(claims.record("judge-likes-length", SEED, *moved, by_prompt=longer, against=verdicts, model=claims.LAB))
print(f"Judged good with the two sentences minus without, all {len(tried)} drafts: {words(moved)}")
for name, change in by_label.items():
    print(f"    {name} drafts alone: {words(change)}")

# %% [markdown]
# The interval is about drafts, for this one trained judge. The range of the reference runs, printed with the verdict,
# is about training: where it reaches to both sides of zero, another seed may give a judge that is not won over, or even
# put off. So test the judge that you use, and test it again after each training.
#
# If it is the length: where could a liking for it come from? A judge learns whatever tells good from bad in its
# examples, and some of our faults take something away, so length is a hint. The remedies: judge pairs of equal length,
# correct for length, or train on drafts in which length says nothing.
#
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
check(max(abs(found[0] - 1), abs(found[1] - 0.5)) > 1e-9,
      "precision and recall are swapped: precision divides by what was PREDICTED.")
check(max(abs(found[0] - 0.5), abs(found[1] - 1)) < 1e-9,
      "two were sorted under 'a', one belongs there; the one 'a' there is was found.")
check(abs(found[2] - 0.75) > 1e-9, "F1 is the harmonic mean, 2PR / (P + R), and not the plain one.")
check(abs(found[2] - 2 / 3) < 1e-9, "F1 of 0.5 and 1 is 2 * 0.5 * 1 / 1.5.")
found = label_scores(["a", "a", "a", "b"], ["a", "b", "b", "a"], "a")
check(max(abs(found[0] - 1 / 3), abs(found[1] - 1 / 2)) < 1e-9,
      "one of three is right and one of two is found: 1/3 and 1/2. Do not round.")
check(abs(found[2] - 2 / 3) > 1e-9, "F1 is the same number for other lists: work it out from precision and recall.")
check(abs(found[2] - 4 / 9) > 1e-9, "F1 is no multiple of the smaller of the two: both count, in 2PR / (P + R).")
check(abs(found[2] - 0.4) < 1e-9, "F1 of 1/3 and 1/2 is 2 * (1/6) / (5/6) = 0.4.")
try:
    found = (label_scores(["b"], ["a"], "a"), label_scores(["a"], ["b"], "a"), label_scores(["b"], ["b"], "a"),
             label_scores(["a", "b"], ["b", "a"], "a"))
except ZeroDivisionError:
    found = None
check(found, "a label that was never predicted, or never occurs, or that is predicted and occurs but never in the same "
             "place, must not divide by zero.")
check(all(tuple(one) == (0, 0, 0) for one in found), "without a single hit all three are 0.")
check(abs(label_scores(["a"] * 5, ["a"] * 4 + ["b"], "a")[0] - 0.8) < 1e-9,
      "'b' sorted under 'a' lowers the precision of 'a'.")
found = label_scores(["a", "b", "c", "c"], ["a", "a", "c", "b"], "a")
check(max(abs(found[0] - 1), abs(found[1] - 0.5)) < 1e-9,
      "hits of OTHER labels do not count for 'a': count where both lists say 'a'.")
found = label_scores(["a", "b", "b", "b"], ["a", "b", "a", "a"], "b")
check(abs(found[0] - 1 / 3) < 1e-9 and abs(found[1] - 1) < 1e-9,
      "asked for 'b': one of three is right, and the one 'b' there is was found. Use the label that is given.")
found = label_scores(["over", "handover", "overdue", "Over"], ["over", "handover", "overdue", "over"], "over")
check(max(abs(found[0] - 1), abs(found[1] - 0.5)) < 1e-9,
      "'over' is a part of 'handover' and of 'overdue', and 'Over' is another label: compare whole labels as they are.")
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
# *10 minutes · core · medium.* Write the 95 % interval of the mean difference of two models on the same questions, by
# drawing questions again and again (section 5): its ends are the 2.5 % and the 97.5 % quantile of the means. With the
# same `seed` it must give the same ends.

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
check(lambda: len(found) == 2 and found[0] <= found[1], "two numbers come back, the lower one first.")
check(tuple(found) == (0, 0),
      "two equal models differ by 0 in every resample: draw the QUESTIONS once and use them for both models.")
found = paired_bootstrap([2, 3, 4, 5], [1, 2, 3, 4], resamples=50)
check(found[0] == found[1], "a model that is 1 better on every question is 1 better in every resample.")
check(found[0] > 0, "the difference is a minus b, so a better a gives a positive number.")
rare = [paired_bootstrap([0] * 9 + [10], [0] * 10, seed=seed) for seed in range(3)]
check(all(abs(10 * end - round(10 * end)) < 0.26 for pair in rare for end in pair),
      "one question in ten has all of the difference, so every resample's mean is a whole number, 0 or more: a formula "
      "gives ends that no resample has. Draw questions.")
check(all(low <= high for low, high in rare), "two numbers come back, the lower one first.")
check(min(low for low, _ in rare) >= 0, "no resample's mean is below 0 here: take the quantiles of the means as they "
      "are, and do not mirror them at the mean.")
chance = np.random.default_rng(1)
hard = chance.normal(0, 30, 200)  # how hard each question is, for both models
a, b = hard + chance.normal(1, 1, 200), hard + chance.normal(0, 1, 200)
ends = [tuple(paired_bootstrap(a, b, seed=seed)) for seed in range(4)]
check(len(set(ends)) == 4, "another seed draws other questions, with replacement: the ends move a little.")
again = [tuple(paired_bootstrap(a, b, resamples=50, seed=3)) for _ in range(2)]
check(again[0] == again[1],
      "the same seed must give the same ends: make the random numbers from `seed`, anew in every call.")
few = [paired_bootstrap(a, b, resamples=20, seed=seed)[0] for seed in range(10)]
many = [paired_bootstrap(a, b, resamples=500, seed=seed)[0] for seed in range(10)]
check(np.std(few) > 1.5 * np.std(many), "the ends of 20 resamples move more from seed to seed than those of 500: draw "
      "as many as `resamples` says.")
(low, high), middle, half = np.mean(ends, axis=0), (a - b).mean(), 1.96 * (a - b).std() / 200**0.5
check(high - low < 20 * half, "what makes a question hard is in both scores: draw it once, for both models.")
check(high - low < 3 * half, "draw as many questions as there are; fewer make the interval too wide.")
check(high - low > 1.85 * half, "too narrow: cut off 2.5 % on either side, and draw as many questions as there are.")
check(max(abs(low - middle + half), abs(high - middle - half)) < half / 8,
      "the ends are the 0.025 and the 0.975 quantile of the means of the resamples.")
check(max(high for _, high in rare) > 2,
      "with replacement: the one question of ten that has the difference can be drawn three times.")
check(paired_bootstrap([10] + [0] * 9, [0] * 10)[1] > 2,
      "the first question is never drawn: the places run from 0 to n - 1, both of them included.")
for side, sign in ((1, 1), (0, -1)):
    end = paired_bootstrap([0] * 11 + [13 * sign] * 2, [0] * 13, resamples=4000)[side]
    check(end == 5 * sign, f"in 3.8 % of these resamples the mean is {5 * sign} or beyond: cut off 2.5 % on each side, "
          "not 5 %.")
    end = paired_bootstrap([0] * 10 + [13 * sign] * 3, [0] * 13, resamples=4000)[side]
    check(end == 6 * sign, f"in 1.6 % of these resamples the mean is {7 * sign} or beyond: cut off 2.5 % on each side, "
          "not 1 %.")
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
# training text. Case and punctuation do not count. An item of fewer than `n` words is found only if all of it stands in
# a training text; one without any word is not found. Words may have figures in them, letters of other alphabets, such
# as the Russian or the Greek one, and the marks that belong to a letter, such as the vowel signs of Hindi, which `\w`
# in a pattern passes over.

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
check(not isinstance(found, set | frozenset), "a set has no order, and the places are wanted in rising order: a list.")
check(list(found) == [0], "the item stands in the first text but for its capitals: compare in lower case.")
check(list(find_leaks(training, ["spare parts for kettles, please"], n=5)) == [0],
      "a comma must not hide a leak: take words, without punctuation.")
check(list(find_leaks(training, ["do you keep spare mugs for me"], n=5)) == [],
      "four words in a row are not five: a run has n words.")
check(list(find_leaks(training, ["and how long do you keep old spare tents"], n=5)) == [0],
      "one shared run is enough, though the rest of the item differs.")
check(list(find_leaks(training, ["hello how long do you ask"], n=5)) == [0],
      "the shared run may be the first of the item, and of the training text.")
check(list(find_leaks(training, ["so long do you keep spare"], n=5)) == [0],
      "the shared run may be the item's last: n words begin at every place up to len(words) - n, that one included.")
check(list(find_leaks([*training, "How long do you keep spare tents?"], ["how long do you keep spare"], n=5)) == [0],
      "an item that two training texts share is one leak: list its place once.")
check(list(find_leaks(training, ["do you keep spare mugs for me"], n=3)) == [0],
      "three words in a row are shared, and n is 3 here: use the n that is given.")
check(list(find_leaks(training, ["tell me now: is the mug blue"], n=4)) == [0],
      "the item stands in the SECOND training text: compare every item with all of them.")
check(list(find_leaks(training, ["spare keep you do parts"], n=5)) == [],
      "the same words in another order are no run.")
check(list(find_leaks(training, ["please is the mug"], n=4)) == [], "a run must not reach from one text into the next.")
check(list(find_leaks(["Is order 4711 on its way to me?"], ["is order 4712 on its way"], n=5)) == [],
      "'4711' and '4712' are words too: a detector for letters alone takes two orders for one.")
check(list(find_leaks(["Скажите, где мой синий чайник?"], ["где мой синий чайник"], n=4)) == [0],
      "a customer who writes in Russian uses letters too: a to z is not all there is.")
check(list(find_leaks(["Πού είναι η κούπα μου;"], ["είναι η κούπα μου"], n=4)) == [0] and
      list(find_leaks(["Mój kubek jest żółty."], ["jest żółty"], n=2)) == [0] and
      list(find_leaks(["Որտեղ է իմ բաժակը"], ["իմ բաժակը"], n=2)) == [0] and
      list(find_leaks(["Der Becher ist grün."], ["ist gr n"], n=3)) == [],
      "Greek letters and 'ü' are letters too: no list of alphabets names them all.")
check(list(find_leaks(training, ["Blue?", "green"], n=5)) == [0],
      "an item of fewer than n words is found if all of it stands in a text.")
check(all(list(find_leaks(training, [item], n=5)) == [0] for item in ("Mug blue?", "is the mug blue")),
      "an item of two or of n - 1 words is found too if all of it stands in a text, word after word.")
check(list(find_leaks(training, ["blue mug"], n=5)) == [],
      "all of a short item must stand in the text, in the item's order: 'mug blue' is not 'blue mug'.")
check(list(find_leaks(training, ["blue tent", "tent blue"], n=5)) == [],
      "a short item is found only if ALL of it stands in a text, and not its first word or its last.")
check(list(find_leaks(["he drank blueberry tea"], ["blue"], n=5)) == [], "'blue' is not in 'blueberry': compare words.")
check(list(find_leaks(["a legend of tea"], ["end"], n=5)) == [] and
      list(find_leaks(["a legend of tea"], ["end of tea"], n=3)) == [],
      "'end' is not a word of 'legend': words end AND begin somewhere.")
check(list(find_leaks(training, ["", "?!"], n=5)) == [], "an item without any word is not found.")
check(list(find_leaks(training, ["x", "is the mug blue", "how long do you keep"], n=4)) == [1, 2],
      "return every place that was found, in rising order.")
check(list(find_leaks(["It is blue/green, the “stove”."], ["blue green", "the stove"], n=3)) == [0, 1],
      "a stroke between two words and curly quotation marks are punctuation too.")
check(list(find_leaks(["a blue-green mug\nis here"], ["blue green mug is"], n=4)) == [0],
      "a hyphen between two words, too, and the end of a line: put a space for it, so that two words stay two.")
check(list(find_leaks(["it is here now"], ["it ish ere now"], n=5)) == [],
      "'is here' is not 'ish ere': keep the words of a run apart.")
check(list(find_leaks(["यह मेरा कप है"], ["यह मेरी कप है"], n=4)) == [],
      "'मेरा' and 'मेरी' differ in a vowel sign, and \\w cuts a word there: keep the marks, whose unicodedata.category "
      "begins with M.")
check(list(find_leaks(["இது மீன் கடை"], ["இது மான் கடை"], n=3)) == [],
      "in Tamil, too, another vowel sign is another word: no list of alphabets names all the marks.")
check(list(find_leaks(["the spare_parts are here"], ["spare parts are here"], n=4)) == [0],
      "an underscore is no letter, though \\w takes it for one: it must not hide a leak.")
passed("Your detector finds runs of words, and not of letters.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# Take `text.casefold()`. Put a space for every sign that is no letter, figure (`sign.isalnum()`) or mark
# (`unicodedata.category(sign)` begins with M), and split there. For each test item use runs of `min(n, its number of
# words)`.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# import unicodedata
#
#
# def find_leaks(train_texts, test_texts, n=5):
#     def in_words(sign):
#         return sign.isalnum() or unicodedata.category(sign).startswith("M")
#
#     def words(text):
#         return "".join(sign if in_words(sign) else " " for sign in text.casefold()).split()
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
# The course's detector counts words so too, and knows two things more (`units` in `ftlab/evidence/segmentation.py`): a
# sign of Chinese is a word by itself, and one sign may be written in several ways.
#
# </details>
#
# ### Exercise 4: ship, keep, or measure more?
#
# *10 minutes · core · a decision, not code.* The assistant is proposed kind by kind. For one kind the team asks more
# about fit replies than section 7 asks of the whole desk (and, to keep it short, nothing about false words or values),
# since a model that is no better than a program is shipped for nothing. The limits: **surely better than the
# template**, **surely better than the rules**, and **at least half of the replies fit**; for **grave** also **at least
# 99 in 100 handed over** (`over`). (These lines, too, were written after replies had been read.) The cell prints what
# all 553 stored replies say, over wordings. Decide by the intervals: `"ship"` where all limits are surely kept,
# `"keep"` programs where one is surely broken (a program is surely better, or surely fewer than half are fit, or, for
# **grave**, surely fewer than 99 in 100 are handed over), and `"measure"` in all other cases. *Surely* goes by each
# interval alone. Nine kinds are nine decisions, each with its own risk of being wrong: section 6, which allows for its
# looks, may not call clear what this policy ships. Seven more kinds, three of them grave, are of another house, whose
# numbers are made up: the same limits hold. And to ship by kind takes a sorter, which nobody tested. Where no program
# answers half either, "keep" and "measure" mean that a person answers meanwhile; and grave cases a person reads first,
# whatever you decide.

# %%
import numpy as np

from ftlab import files, paths, texts
from ftlab.evidence import clusters, intervals
from ftlab.scores import desk

test = texts.conversations("test")
whole = files.read_json(paths.data() / "stored" / "assistant-replies.json")
work = files.read_json(paths.data() / "stored" / "desk-work.json")
fit = {"assistant": whole["fit"], "template": work["template"], "rules": work["rules"]}  # who: kind: is it fit?
asked = {kind: [row["question_phrasing"] for row in test if row["kind"] == kind] for kind in fit["assistant"]}
measured = {}  # kind: (minus template in points, minus rules in points, fit in %), each a value with its interval
for kind, each in fit["assistant"].items():
    minus = [clusters.paired_difference(each, fit[who][kind], asked[kind]).times(100) for who in ("template", "rules")]
    rate = clusters.mean_interval(each, asked[kind]).times(100)
    measured[kind] = (*minus, rate)
    print(f"{kind:>13}: fit {rate.value:3.0f} [{rate.low:4.1f}, {rate.high:5.1f}] %; assistant minus " + ", ".join(
        f"{who} {change.value:+5.1f} [{change.low:+5.1f}, {change.high:+5.1f}]"
        for who, change in zip(("template", "rules"), minus, strict=True)) + " points")
over = {"grave": clusters.mean_interval(  # of grave cases the share handed over, in %, with its interval
    [int(desk.hands_over(whole["replies"][row["id"]])) for row in test if row["kind"] == "grave"],
    asked["grave"]).times(100)}
flawless = next(n for n in range(1, 1000) if intervals.rate_interval(n, n).low >= 0.99)  # cases, all handed over
print(f"        grave: handed over {over['grave'].value:.0f} [{over['grave'].low:.0f}, {over['grave'].high:.0f}] % of "
      f"{len(asked['grave'])}; even a model without a fault shows 99 % only with {flawless}")
given = intervals.Interval  # the value, the lower end, the upper end
ahead_of_it, mostly = given(20, 10, 30), given(80, 70, 90)
measured |= {  # the other house's, made up: minus template, minus rules, fit
    "delivery": (given(-11, -20, -2), ahead_of_it, mostly),
    "old_models": (ahead_of_it, ahead_of_it, given(40, 31, 49)),
    "gifts": (given(5, -0.5, 10.5), ahead_of_it, mostly),
    "repairs": (ahead_of_it, ahead_of_it, given(59, 49, 69)),
    "grave_boats": (ahead_of_it, ahead_of_it, given(58, 50, 66)),
    "grave_toys": (ahead_of_it, ahead_of_it, mostly),
    "grave_tools": (ahead_of_it, ahead_of_it, mostly),
}
over |= {"grave_boats": given(99.6, 99, 100), "grave_toys": given(96, 93, 98.5), "grave_tools": given(99.3, 98, 100)}
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
    "delivery": None,  # from here on the other house's
    "old_models": None,
    "gifts": None,
    "repairs": None,
    "grave_boats": None,
    "grave_toys": None,
    "grave_tools": None,
}

# %% tags=["raises-exception"]
from ftlab.evidence import gate_power
from ftlab.exercise import check, passed

takes = {}  # kind: how many items it takes to measure what is unsure, were the truth as found

check(set(decision) == set(measured), f"decide about these kinds and no others: {', '.join(measured)}.")
check(all(decision.values()), "write one of 'ship', 'keep' and 'measure' for every kind.")
check(lambda: set(decision.values()) <= {"ship", "keep", "measure"},
      "only 'ship', 'keep' and 'measure' are decisions.")
for kind, (change, ahead, rate) in measured.items():
    spans = (f"{kind} (minus template [{change.low:+.1f}, {change.high:+.1f}], minus rules [{ahead.low:+.1f}, "
             f"{ahead.high:+.1f}], fit [{rate.low:.1f}, {rate.high:.1f}])")
    limits = {"better than the template": (change.low > 0, change.high < 0),  # limit: (surely kept, surely broken)
              "better than the rules": (ahead.low > 0, ahead.high < 0),
              "half of the replies fit": (rate.low >= 50, rate.high < 50)}
    if kind in over:
        spans += f", handed over [{over[kind].low:.1f}, {over[kind].high:.1f}]"
        limits["at least 99 in 100 handed over"] = over[kind].low >= 99, over[kind].high < 99
    broken = [limit for limit, (_, is_broken) in limits.items() if is_broken]
    unsure = [limit for limit, (is_kept, _) in limits.items() if not is_kept]
    if broken:
        check(decision[kind] != "measure", f"{spans}: even the better end breaks '{broken[0]}'. More items cost time "
              "and will not save it: keep what is in use.")
        check(decision[kind] == "keep", f"{spans}: even the better end breaks '{broken[0]}'. Shipping costs customers.")
    elif not unsure:
        check(decision[kind] == "ship", f"{spans}: each limit is surely kept, even at the worse end of its interval. "
              "Waiting costs the gain.")
    else:
        check(decision[kind] != "ship", f"{spans}: at the worse end '{unsure[0]}' does not hold. A good average is no "
              "proof.")
        check(decision[kind] != "keep", f"{spans}: nothing is surely broken, so this is no verdict against the model: "
              "measure.")
        if kind not in asked:  # made up: nothing was asked
            continue
        needed = [gate_power.items_to_settle(len(asked[kind]), max(each.value - each.low, each.high - each.value),
                                             abs(each.value - bar))
                  for each, bar, is_kept in ((change, 0, change.low > 0), (ahead, 0, ahead.low > 0),
                                             (rate, 50, rate.low >= 50)) if not is_kept]
        takes[kind] = f"{max(needed):,}" if needed and all(needed) else "without end"
        if kind == "grave" and over[kind].low < 99:
            takes[kind] = f"{flawless} without a fault, and fewer can only fail it"
by_word = {word: ", ".join(kind for kind in asked if decision[kind] == word) or "none"
           for word in ("ship", "keep", "measure")}
alone = [kind for kind in asked if decision[kind] != "ship"
         and max(np.mean(fit[who][kind]) for who in ("template", "rules")) < 0.5]
passed("You decided by intervals. " + "; ".join(f"{word}: {kinds}" for word, kinds in by_word.items()) + ". No program "
       f"answers half of these either, so a person does: {', '.join(alone) or 'none'}. Items that it takes to measure, "
       f"were the truth as found: {'; '.join(f'{kind} {number}' for kind, number in takes.items()) or 'none'}. Where "
       "that costs more than the answer is worth, keep what is in use.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# For each kind look at the better ends first: is a difference's below 0, or the share's below 50? If not, look at the
# worse ends: are both differences' above 0, and is the share's at least 50? For a grave kind, look at `over` in the
# same way: its limit is 99.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# for kind, (change, ahead, rate) in measured.items():
#     handed = over.get(kind)  # None where the kind is not grave
#     if change.high < 0 or ahead.high < 0 or rate.high < 50 or (handed and handed.high < 99):
#         decision[kind] = "keep"
#     elif min(change.low, ahead.low) > 0 and rate.low >= 50 and (not handed or handed.low >= 99):
#         decision[kind] = "ship"
#     else:
#         decision[kind] = "measure"
# ```
#
# The checker's last line lists what comes out for the nine kinds of this desk.
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
#   many conversations it takes.
# - An average says nothing about its slices. Look at them, and pay for the looks. And a gain is one over *somebody*:
#   being ahead of the template says nothing about being ahead of the rules.
# - A policy is written before one looks; a line that was added later is no blind test. It has a line for the rare case
#   that does most harm, says how often it would let an equal model through, and protects nothing that it does not ask
#   for. A gate takes the yardstick at its word, so the yardstick's own errors come on top.
# - A detector finds copies of test items; a reader finds what the yardstick overlooks; a judge has to be tested itself.
#
# What this run took on your computer:

# %%
import psutil
from ftlab.course import doctor

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
# This is the last notebook that is written: 09, on when to retrain and whether one can go back, is to come.
