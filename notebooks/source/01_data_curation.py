# ---
# jupyter:
#   ftlab:
#     minutes: 6
#     claims: [hundred-beats-dirty, pays-below-half, hundred-matches-clean, synthetic-near-gold, filtering-helps,
#       own-output-narrows]
# ---

# %% [markdown]
# # 01 · What makes a training set good?
#
# A support desk has answered customers for a year. Somebody exports all of it, six thousand records, and says: "There
# is your training data." You will turn that dump into a training set, with a record of everything thrown away. Then
# comes the question that is seldom asked: **how dirty must data be before the cleaning pays?**
#
# **You will be able to**
#
# - write a curation as a row of small steps, each of which keeps a record, repairs it, or drops it with a reason;
# - say how good a filter is, by its precision and recall, and what such numbers hide;
# - measure whether curation pays, as a curve over the dose of a fault, with the crossing point and its interval;
# - name what curation is for where no score rewards it.
#
# **You need** notebook 00. **It takes** about ten minutes of one processor core without bf16, fewer with two. Exercises
# are at the end; the notebook runs without them.

# %%
import json, time, warnings; started = time.perf_counter()  # noqa: E401, E702
warnings.filterwarnings("ignore", category=FutureWarning)
warnings.filterwarnings("ignore", message="The figure layout")
import matplotlib.pyplot as plt
import numpy as np
from collections import Counter
from ftlab import claims, figures, files, model, paths, texts
from ftlab.curation import duplicates, injection, leaks, measure, normalize, personal, pipeline, records, trial_rows
from ftlab.evidence import crossing, intervals
from ftlab.tuning import chat, generate, sft
from ftlab.world import desk as export
figures.style(); choice, lab = model.choose(), model.lab()  # noqa: E702
print(choice, lab, sep="\n")

# %% [markdown]
# Two models, as always: the **real model** says what a team may expect, the small **lab model** how an effect moves.
# Every section says which one is at work.

# %%
SEED = 0  # which dump is made, which records are drawn, and their order; any whole number
RECORDS = 6000  # records in the dump; try 12000
EXCELLENT = 100  # how many of the best examples; try 30
LR, STEPS, BATCH_SIZE = 1e-3, 25, 4  # the real model's training, as in its stored runs: rate, optimizer steps, rows
DOSE = 95  # per cent of the raw rows that have the off-brand fault, live on the real model; try 20, 60
ASKED = 30  # test prompts for the real model; try 100, 320
FAULT = "off_brand"  # the fault whose dose we turn on the lab model; try "contradicting_fact"
LAB_LR, LAB_STEPS = 2e-3, 40  # the lab model's training, in steps of as many rows; try 1e-3, 80
LAB_ASKED = 60  # test prompts for the lab model; try 320
WRITTEN, GENERATIONS = 80, 2  # replies that the lab model writes, and how often it learns from its own; try 150 and 4

# %% [markdown]
# ## 1. The dump
#
# Quillmere is invented, and so is its dump: clean questions and replies, into which a program has put the faults that
# exports really have. It notes beside each record which ones. This **truth** lies in a file of its own that no filter
# ever sees. It is there to mark the filters' work.

# %%
folder = paths.own_folder("curation")
raw_path, truth_path = export.write(folder, RECORDS, SEED)
lines, truth = list(records.read_lines(raw_path)), files.read_jsonl(truth_path)
print(f"{len(lines):,} lines. The first one:\n\n{lines[0][1]}")

# %% [markdown]
# A line holds what the desk's screen showed (`record`), what the customer asked and what the agent replied; around it
# who, when, about what (`intent` is the kind of question), and whether we may use it (`license`). Here is what was
# planted. A record may have several faults.

# %%
planted = Counter(fault for row in truth for fault in row["faults"])
for fault, count in planted.most_common():
    print(f"{fault:20} {count:6,}  {count / len(truth):6.1%}")
free = sum(not row["faults"] for row in truth)
assert free < len(truth) / 2 > max(planted.values())
print(f"\n{free:,} of {len(truth):,} records ({free / len(truth):.0%}) have no fault at all")

# %% [markdown]
# Most records have something wrong with them, though no single fault is in even half of them: the usual state of a
# dump. Two kinds leave a reply that looks whole and is not fit to send: `off_brand`, an agent in a manner of their own,
# and `contradicting_fact`, a reply in the house's manner that states another value than the screen. The trial below
# turns the first; the second is there for you to turn (`FAULT`). The house's manner is its **brand guide**, a list of
# rules that a program can check; a reply that keeps all of them is **on-brand**. Here they are, by the short names that
# you will meet below, and the first record of each of the two kinds that has that fault and no other.

# %%
from ftlab.world import brand

for rule in brand.guide():
    print(f"{rule.id:>18}: {rule.rule}")
print()
alone = {}
for number, line in lines:
    if len(truth[number - 1]["faults"]) == 1:
        alone.setdefault(truth[number - 1]["faults"][0], line)
for fault in ("off_brand", "contradicting_fact"):
    record = json.loads(alone[fault])
    print(f"{fault}\n  screen: {record['record']}\n  asked:  {record['question']}\n  reply:  {record['reply']}")

# %% [markdown]
# ## 2. Small steps of one form
#
# A pipeline is easy to read if all its steps look alike. Ours take a record and either return it (the same one, or a
# repaired one) or raise `Reject` with a reason in words: what was expected, what was found. Somebody will read these
# reasons to repair the export. The shortest step is the one that no score will ever reward. May we train on this
# text? An unknown license means no.

# %% tags=["twin:ftlab.curation.records:check_license"]
from ftlab.curation.records import Reject
from ftlab.data.faults import short

ALLOWED = ("owned", "consented")


def check_license(record):
    if record["license"] not in ALLOWED:
        raise Reject(f"expected the license {' or '.join(ALLOWED)}, found {short(record['license'])}. Ask for consent.")
    return record

# %% [markdown]
# A few lines try a step on a record and say what came of it. `records.validate` turns a line into a record.

# %%
def try_step(act, record):
    try:
        after = act(record)
    except Reject as reason:
        return f"dropped: {reason}"
    return "kept as it is" if after is record else "kept, and changed"


print(try_step(records.validate, alone["malformed"]))
print(try_step(check_license, records.validate(alone["no_license"])))

# %% [markdown]
# **Repair what can be repaired.** Mail programs and web forms leave tags, signatures and quoted mails on a text.
# `normalize` takes them off: `selectolax` parses the HTML as a browser would, `ftfy` mends broken letters. It comes
# before everything that looks at texts, or the filters would judge the furniture.

# %%
record = records.validate(alone["html_remains"])
for name in normalize.TEXTS:
    if (after := normalize.normalize(record)[name]) != record[name]:
        print(f"{name}\n  before: {record[name]!r}\n  after:  {after!r}\n")

# %% [markdown]
# **Mask what points at a person.** A model can learn an address by heart and tell it to the next customer. "Many
# digits" would take every order number along, so the patterns use what numbers prove: a card ends in a check digit,
# and `phonenumbers` knows which numbers a phone company could have given out. The masks can be undone by whoever
# holds the mapping, which goes into a file of its own.

# %%
asked = "Write to anna@post.example or call +44 20 7946 0018. My order is 2025 1234567, my card 4111 1111 1111 1111."
masked = personal.mask({"question": asked, "reply": "We have written to anna@post.example."})
print(masked["question"], "|", masked["reply"])
assert personal.unmask(masked["question"], masked["personal"]) == asked
print("not looked for:", ", ".join(personal.NOT_LOOKED_FOR))

# %% [markdown]
# **Drop what cannot be repaired.** Three steps look at one record each: is the reply whole, is the text English, and
# does it give orders to a language model? A model trained on such orders learns to obey whoever writes. Two more
# judge the reply: against the screen (`contradictions`), and against the brand guide (`quality`, which also gives what
# passes a score from 0 to 1). And if a test question stands in the training rows, the test asks the model for what it
# has read: the step that drops records with texts of this course's test sets is called `decontaminate`.

# %%
steps = dict(pipeline.PREPARE) | dict(pipeline.JUDGE)
for fault, step in {"truncated_reply": "empty_or_truncated", "other_language": "language", "injection": "injection",
                    "contradicting_fact": "contradictions", "off_brand": "quality",
                    "leaked_test": "decontaminate"}.items():
    print(f"{step}: {try_step(steps[step], records.validate(alone[fault]))}")
print(f"\ndecontaminate knows {len(leaks.test_texts()):,} texts that models of this course are tested on")

# %% [markdown]
# Note what `quality` is: *our* idea of a good reply, written as code. The same guide scores the tuned model. That is
# fair, since the guide says what we want; but a filter and a score that share a blind spot will never find it.
#
# ## 3. The same thing twice
#
# A record that occurs five times is learnt five times, and if one copy lands in the test set, the test is spoiled.
# Exact copies share a *hash* of their words, a short number worked out from them. One added word and the hash is
# another, so for *near* copies we need a measure of likeness. Cut a text into **shingles**, pairs of neighbouring
# words, and ask which share of all the shingles two texts have in common (Jaccard's index).

# %%
def shingles(text):
    words = duplicates.plain(text).split()  # lower case, no punctuation
    return {" ".join(pair) for pair in zip(words, words[1:], strict=False)}


a, b = shingles("How much is the Hazel Kettle?"), shingles("Hello. How much is the Hazel Kettle?")
assert (len(a & b), len(a | b)) == (5, 6)
print(f"{len(a & b)} common of {len(a | b)} in all: {len(a & b) / len(a | b):.2f}")

# %% [markdown]
# All pairs of a dump are too many for such sums. **MinHash** shortens each record to a row of 128 numbers, its
# *fingerprint*, and the share of equal numbers in two fingerprints estimates Jaccard's index (roughly: with 128 numbers
# it is mostly within 0.08 of it, and a single pair can be further off; ours also counts two records as unlike where the
# first words of the screen or the reply differ). Only records that agree in a whole *band* of four neighbouring numbers
# are compared at all, and a record whose likeness to an earlier one is estimated at 0.7 or more is dropped as a near
# copy. The fingerprints come from the library `rensa`.

# %%
one = {"record": "Hazel Kettle.", "question": "How much is it?", "reply": "It is $45.00."}
two = {**one, "question": "Hello. How much is it?"}
a, b = (shingles(duplicates.training_text(row)) for row in (one, two))
equal = np.mean(duplicates.signature(one) == duplicates.signature(two))
pairs, width = len(lines) * (len(lines) - 1) // 2, duplicates.HASHES // duplicates.BANDS
assert duplicates.ALIKE == 0.7
print(f"Jaccard's index {len(a & b) / len(a | b):.2f}; estimated from {duplicates.HASHES} numbers {equal:.2f}: "
      + ("dropped as a near copy" if equal >= duplicates.ALIKE else "this pair would slip through; near the limit, and "
         "in texts as short as these, the estimate errs most"))
print(f"There are {pairs:,} pairs. Two records agree in a band, and so are compared, if they are alike by")
for likeness in (0.3, 0.7, 0.9):
    print(f"  {likeness}: with probability {1 - (1 - likeness**width) ** duplicates.BANDS:.4f}")

# %% [markdown]
# ## 4. Run it
#
# One call does all of it, in this order. Copies need all the records at once, and so does `label_errors`, a small
# classifier that doubts intents it would never have guessed.

# %%
outcome = pipeline.run(lines)
card = pipeline.write(outcome, raw_path, folder, {"seed": SEED, "records": RECORDS})
names, left = [row["step"] for row in outcome.funnel], [row["out"] for row in outcome.funnel]
fig, ax = plt.subplots(figsize=(8, 5))
ax.barh(names, left, color=figures.BLUE, height=0.7)
ax.barh(names, [row["dropped"] for row in outcome.funnel], left=left, color=figures.VERMILION, height=0.7, hatch="///",
        edgecolor="white")
for place, row in enumerate(outcome.funnel):
    ax.text(row["in"] + 0.01 * len(lines), place, f"−{row['dropped']:,}" if row["dropped"] else "", va="center")
ax.invert_yaxis()
ax.set(xlabel="records (blue: go on, hatched: dropped here)", xlim=(0, 1.1 * len(lines)),
       title=f"{len(outcome.kept):,} of {len(lines):,} records are left")
ax.grid(False, axis="y")

# %% [markdown]
# **Nothing disappears silently.** Every line of the export is now in one of two files, and a kept record carries its
# **lineage**: its line, the steps that changed it, a hash of its content. (A reject row holds the record as it was,
# unmasked: keep `rejected.jsonl` where the export is kept.) The **split** holds out whole customers and whole
# products: a random one would leave other questions about the same kettle on the other side, and a model could know
# the answer without having learnt the job. A record whose customer is on one side and whose product is on the other
# fits neither and is dropped. (`balance`, the step before, drops rows only where a number of records is asked for.)

# %%
numbers = [row["lineage"]["line"] for row in outcome.kept] + [row["line"] for row in outcome.rejected]
assert sorted(numbers) == [number for number, _ in lines]
print(outcome.kept[0]["lineage"])
sides = {side: [row for row in outcome.kept if row["split"] == side] for side in ("train", "test")}
for name, value in (("customers", lambda row: row["customer"]), ("products", records.about)):
    on = [{value(row) for row in rows} for rows in sides.values()]
    assert not on[0] & on[1]
    print(f"{name:10} train {len(on[0]):4}, held out {len(on[1]):3}, on both sides {len(on[0] & on[1])}")

# %% [markdown]
# In memory this works for tens of thousands of records. `ftlab.curation.stream` does the same over a dump of any size,
# in parts and in several processes, and can be killed and started again; `ftlab.curation.engine` is the same as a job
# of `datatrove`, for a cluster. Here is what we measured, for choosing a library and for a large dump. Of the second
# table only the last lines are shown; `growth` is the exponent by which time rises with the records over all lines: at
# 1 tenfold records take tenfold time, at 0.7 fivefold. It flatters, since processes that start up make the first lines
# look slow: the last line against the one above it says what the next tenfold will cost. (In the first table, *recall*
# is the share of planted copies that were found, *precision* the share of finds that are copies.)

# %%
known = files.read_json(paths.data() / "curation" / "measured.json")
for row in known["near_duplicates"]["rows"]:
    print(f"{row['library']:10} recall {row['recall']:.2f}, precision {row['precision']:.2f}, {row['seconds']:.2f} s")
print(known["near_duplicates"]["note"], "", known["scale"]["note"], sep="\n")
print(known["scale"]["table"][0], *known["scale"]["table"][-3:], sep="\n")

# %% [markdown]
# ## 5. How good are the filters?
#
# Now the truth comes out of its drawer. Of the records that a step dropped, what share has its fault
# (**precision**)? Of those with the fault that reached the step, what share did it drop (**recall**)? Low precision
# wastes good data, low recall lets bad data through. For a step that drops, "planted" counts only what reaches it, so
# it may be less than in section 1; the repairs (the last five rows) are tried on every readable line, and of those
# `normalize` is marked only where no other fault touches the question, so more may be flagged than planted. A repair
# has missed its fault if the text it leaves still has it.
#
# A **false alarm**, which lowers precision, is a drop of a record in which the step's own fault was not planted, or a
# repair where there was nothing to repair; other faults of the record are no excuse. Three kinds of drop are excused:
# under a step for two faults, records with either of them; copies, whichever of the two steps for copies finds them;
# and records that hold a whole test text, of six words or more, though nobody planted it.

# %%
found = measure.measure(lines, truth, outcome)
print(measure.table(found))
shares = [(getattr(each, name), each.fault, name, bar) for each in found
          for name, bar in (("precision", 0.95), ("recall", 0.9)) if getattr(each, name) is not None]
short_of = [f"{name} of {fault} {share.value:.2f}" for share, fault, name, bar in shares if share.value < bar]
print("\nBelow our bars (precision 0.95, recall 0.9):", "; ".join(short_of) or "none")

# %% [markdown]
# Numbers like these are easy to believe, so look. The first misses and false alarms of the two steps that judge a
# reply, whatever they are:

# %%
for each in found:
    for word, numbers in (("missed", each.missed), ("dropped without this fault", each.wrong)):
        if numbers and each.fault in ("contradicting_fact", "off_brand"):
            record = json.loads(lines[numbers[0] - 1][1])
            print(f"{each.fault}, {word}:\n  screen: {record['record']}\n  asked:  {record['question']}\n"
                  f"  reply:  {record['reply']}\n")

# %% [markdown]
# Not each of these is a blunder of its step: an off-brand reply whose only fault were its line breaks is mended before
# `quality` sees it, and a reply that is cut off has slipped through another step. And `contradictions` compares figures
# and a few kinds of words, such as colours, materials and places: a rule of the shop that is told wrongly in other
# words passes.
#
# There is a reason for these high numbers that flatters us: the patterns were written while looking at dumps of this
# same generator. A filter that has seen the exam does well in it. An honest exam is written afterwards, by somebody
# who does not look at the patterns. For injections we have one: attacks that no pattern was widened for, and
# sentences of ordinary customers that share words with attacks.

# %%
exam = {name: [row["text"] for row in files.read_table(paths.data() / "world" / "desk" / f"{name}.csv")]
        for name in ("attacks", "harmless_unseen")}
caught = {name: sum(injection.find_injection(text) is not None for text in each) for name, each in exam.items()}
own = next(each.recall.value for each in found if each.fault == "injection")
recall = intervals.rate_interval(caught["attacks"], len(exam["attacks"])).times(100)
print(f"on our own dump: recall {own:.0%}")
print(f"on attacks that it was not made for: {caught['attacks']} of {len(exam['attacks'])} found, {recall.value:.0f} % "
      f"(95 % interval {recall.low:.0f} to {recall.high:.0f} %)")
print(f"false alarms on ordinary sentences: {caught['harmless_unseen']} of {len(exam['harmless_unseen'])}")
assert recall.high < 100 * own

# %% [markdown]
# How far the other filters fall on records that they were not written for, we have not measured: do not expect the
# table's numbers on your own data. For your own desk, let somebody who did not write the filters label two
# hundred records by hand, and measure on those.
#
# ## 6. Where curation pays without any score
#
# The rest of this notebook asks what curation does to a score. Three things have to be done whatever the answer is,
# and their numbers are counts, not points.

# %%
raw = trial_rows.readable(lines)
test_words = {duplicates.plain(row["messages"][1]["content"]) for row in texts.plain_conversations("test")}
leaked = {duplicates.plain(record["question"]) for record in raw.values()} & test_words
strings = [(row["id"], text) for row in truth for text in row["personal"]]
kept = {row["id"]: f"{row['question']} {row['reply']}" for row in outcome.kept}
remain = sum(text in kept.get(name, "") for name, text in strings)
unlicensed = [row for row in raw.values() if row["license"] not in ALLOWED]
good = Counter(row["step"] for row in outcome.rejected if not truth[row["line"] - 1]["faults"])
print(f"leaks: {len(leaked)} of {len(test_words)} test questions stand in the raw dump word for word")
print(f"personal data: {len(strings)} addresses and numbers planted; still to be read in the kept records: "
      f"{remain} (names of people were not looked for)")
print(f"licence: {len(unlicensed)} records ({len(unlicensed) / len(raw):.0%}) that we may not train on")
print(f"and the price: {good.total()} of {free:,} records without any fault were dropped as well, "
      f"{good['split']} of them by the split")

# %% [markdown]
# A leak does not make a model worse. It makes the *score* a lie, upwards. An address comes out when somebody provokes
# it, and a missing licence when somebody sues; no ordinary test question asks for either. So the trial below leaves
# planted leaks out of every arm (every training set that it compares); a test text that got into the dump by chance may
# still stand in a raw arm. It says nothing about the other two: they are no question of points.
#
# ## 7. The trial
#
# Now the replies themselves. In the raw dump three in ten have the off-brand fault. In another house it may be one in
# ten, or nineteen in twenty. So we do not ask *whether* a hundred excellent examples beat raw ones: we turn the dose.
# The design was fixed before any run:
#
# - **excellent**: the hundred best of what the curation kept, in turns over intents and products;
# - **clean**: rows drawn at random from *all* that the curation kept on the training side of its split, so that
#   choosing is told from cleaning;
# - **raw at a dose**: rows drawn at random from the raw dump, so that 20, 40, 60, 80 or 95 per cent have the planted
#   fault, and all other faults as they fall. The dose is *not* the share of replies that break the guide: that is
#   higher, because other faults break it too.
#
# Every arm trains for the same number of steps. What counts is the share of replies that are **fit to send**:
# on-brand and right. The faulty rows are the dump's own; it has enough of them for every dose. Here is how they are
# drawn.

# %% tags=["twin:ftlab.curation.trial_rows:with_dose"]
LEAKED = "leaked_test"


def with_dose(raw, truth, fault, dose, count, seed):
    usable = [line for line in raw if LEAKED not in truth[line - 1]["faults"]]
    faulty = [line for line in usable if fault in truth[line - 1]["faults"]]
    others = [line for line in usable if fault not in truth[line - 1]["faults"]]
    wanted = round(count * dose / 100)
    if wanted > len(faulty) or count - wanted > len(others):
        raise ValueError(
            f"with_dose: expected {wanted} records with {fault} and {count - wanted} without, found {len(faulty)} and "
            f"{len(others)}. Ask for fewer rows, or make a larger export."
        )
    drawn = texts.sample(faulty, wanted, seed) + texts.sample(others, count - wanted, seed)
    return [raw[line] for line in texts.sample(drawn, count, seed)]

# %% [markdown]
# A dose that the dump does not have is refused. The next cell asks for one on purpose and fails. Read its last line:
# where, what was expected, what was found, and what to do.

# %% tags=["raises-exception"]
from IPython import get_ipython

get_ipython().InteractiveTB.set_mode("Minimal")  # the message without the path that led to it
with_dose(raw, truth, "injection", 95, 1000, SEED)

# %% [markdown]
# What should we expect? A guess: a model that always writes the likeliest word says what *most* of its rows say, part
# by part. So count, for each dose, how many of a hundred replies break the guide, and which rules more than half of
# them break. If there is no such rule, the guess foretells no loss: as many on-brand replies as after clean rows, which
# is not 100 %. If there is one, it says that hardly any reply is on-brand. (A rule may be broken in many ways: then the
# right form, though kept by fewer than half, may still be the commonest one, and the guess fails.)

# %%
majority = {}
for dose in (20, 40, 60, 80, 95):
    said = [record["reply"] for record in with_dose(raw, truth, "off_brand", dose, 100, SEED)]
    broken = Counter(rule for reply in said for rule, keeps in brand.check(reply).items() if not keeps)
    majority[dose] = [rule for rule, count in broken.items() if count > 50]
    print(f"dose {dose}: {100 - sum(map(brand.on_brand, said))} of 100 break the guide; most often: "
          f"{', '.join(f'{rule} {count}' for rule, count in broken.most_common(3))}; "
          f"broken by more than half: {', '.join(majority[dose]) or 'none'}")

# %% [markdown]
# Keep both numbers in mind when you read the axes below: they show the dose, and more replies than that break the
# guide. (A reply in Spanish has no sign-off of ours.) Whether the guess is any good, section 9 will say.
#
# ## 8. The real model at the dirtiest dose
#
# Two trainings of the real model: on the excellent examples, and on as many raw rows of which `DOSE` per cent have the
# off-brand fault. `sft.fine_tune` is the call of notebook 00 with its dials as arguments, LoRA included; notebook
# [02](02_supervised_finetuning.ipynb) opens it up. The test prompts are the course's own, the same for every notebook,
# and not the held-out side of section 4. First the excellent ones.

# %%
from ftlab.scores import desk, template
from IPython.utils.capture import capture_output

held_out = texts.plain_conversations("test")


def write_and_score(run, rows):
    replies = generate.replies(run.model, run.tokenizer, chat.prompts(run.tokenizer, rows))
    on_brand = [brand.on_brand(reply) for reply in replies]
    right = [desk.is_right(reply, row) for reply, row in zip(replies, rows, strict=True)]
    return {"reply": replies, "on-brand": on_brand, "right": right,
            "fit": [a and b for a, b in zip(on_brand, right, strict=True)]}


def tune_real(chosen):
    with capture_output():  # no progress bar
        run = sft.fine_tune(choice, [trial_rows.to_row(record) for record in chosen], lr=LR, steps=STEPS,
                            batch_size=BATCH_SIZE, seed=SEED, lora=sft.LORA, logging_strategy="no")
    print(f"trained for {run.seconds:.0f} s")
    return write_and_score(run, held_out[:ASKED])


excellent = trial_rows.pick_excellent(outcome.kept, EXCELLENT)
live = {"excellent": tune_real(excellent)}

# %% [markdown]
# And the raw rows, as many as the steps can read. For scale there is a **template** as well: a program that looks the
# value up on the screen and puts it into a fixed frame. It learns nothing and has no model.

# %%
live[f"raw, dose {DOSE}"] = tune_real(with_dose(raw, truth, "off_brand", DOSE, STEPS * BATCH_SIZE, SEED))
by_template = [template.reply(row) for row in held_out[:ASKED]]
right = [desk.is_right(reply, row) for reply, row in zip(by_template, held_out, strict=False)]
on_brand = [brand.on_brand(reply) for reply in by_template]
rival = {"on-brand": on_brand, "right": right, "fit": [a and b for a, b in zip(on_brand, right, strict=True)]}
arms = {**live, "template, no model": rival}
for name, each in arms.items():
    print(f"{name:24}" + "".join(f"{key} {sum(each[key]) / ASKED:4.0%}   " for key in ("on-brand", "right", "fit")))
ahead = sum(rival["fit"]) >= max(sum(each["fit"]) for each in live.values())
print(f"A template without any model does at least as well as both on these prompts, though it fails at "
      f"{1 - np.mean(rival['fit']):.0%} of them: no model here is one to use, and this section compares data alone."
      if ahead else "A tuned model does better than the template.")

# %% [markdown]
# (Notebook 00 has questions that no template can answer.) Numbers hide what a reply looks like. Here are
# the first three test prompts, in the order of the file. What stands in brackets, *on-brand* and *right*, is the
# yardstick's word, and so is *fit to send*: the guide's rules are kept (capitals count: "next step:" in small letters
# breaks one) and `desk.faults` has found nothing wrong, the value included. Much that makes no sense it does not see.
# Read on: would you send each of these?

# %%
for i, row in enumerate(held_out[:3]):
    print(f"screen:   {row['messages'][0]['content']}\ncustomer: {row['messages'][1]['content']}")
    for name, each in live.items():
        wrong = "; ".join(desk.faults(each["reply"][i], row)) or "right"
        one_line = each["reply"][i].replace("\n", " / ")
        breaks = ", ".join(rule for rule, keeps in brand.check(each["reply"][i]).items() if not keeps)
        print(f"  {name} ({f'off-brand: {breaks}' if breaks else 'on-brand'}; {wrong}): {one_line}")
    print()

# %% [markdown]
# **Claim 1: where nineteen in twenty rows have the off-brand fault, a hundred excellent examples beat random raw
# ones**. Each claim has a limit of its own, for this one 0 points: it holds if the whole interval keeps the limit, it
# does not hold here if the whole interval breaks it, and "mixed" means that the interval has the limit inside, so that
# this run alone cannot decide. If you have turned `DOSE`, your number is about another dose and is not recorded. Where
# we ran the same experiment with other seeds beforehand, the *reference runs*, the grey dots are theirs and the grey
# field is the range in which another run should fall.

# %%
first, second = live.values()
gain = intervals.paired_difference(first["fit"], second["fit"]).times(100)
verdicts = {}
assert claims.find("hundred-beats-dirty").rule == "at least 0 points"
if DOSE == 95:
    result = verdicts["hundred-beats-dirty"] = claims.record(
        "hundred-beats-dirty", SEED, *gain, by_prompt=first["fit"], against=second["fit"])
    fig, ax = plt.subplots(figsize=(7, 2.3))
    claims.draw("hundred-beats-dirty", result, ax)
    print(result)
else:
    print(f"excellent minus raw at {DOSE} %: {gain.value:+.0f} points [{gain.low:+.0f}, {gain.high:+.0f}]")

# %% [markdown]
# ## 9. The whole curve
#
# One dose is no curve. For each dose we take the **gap** to raw: fit replies of the excellent arm minus those of the
# raw arm, prompt by prompt. Where the gap is above zero, curation pays, if it costs nothing; where it is below, the
# dirty rows do better. The **crossing** is the dose from which
# the gap stays above zero. Its interval runs from the dose from which the upper ends of the gaps' intervals (the
# whiskers in the figure) stay above zero to the dose from which the lower ends do; where the curve goes up and down, a
# whisker may lie clear of zero in between. Small numbers first:

# %%
def gap(low, middle, high):
    return intervals.Interval(middle, low, high)


tiny = crossing.crossing((20, 40, 60), [gap(-20, -10, 0), gap(0, 10, 20), gap(10, 20, 30)])
assert tiny == (30, -float("inf"), 40)
print(crossing.in_words(tiny, (20, 40, 60)))

# %% [markdown]
# From -10 points at dose 20 to +10 at dose 40 the gap is zero halfway. The lower end comes up to zero at 40; the
# upper end was never below it. Now the **stored runs of the real model**, with the settings of section 8, on more test
# prompts, and in the number format that the first line below names: in another one the same training gives other
# replies. A seed has an export of its own, so with it change all rows, the hundred excellent ones
# too, and the order in which they are read. `doses_of` finds which doses a set of runs has.

# %%
def doses_of(marks, fault):
    return sorted(int(arm.split("@")[1]) for arm in marks if arm.startswith(f"{fault}@"))


def fit_of(run):  # two rows of 0 and 1 into one
    return [int(a == b == "1") for a, b in zip(run["on_brand"], run["right"], strict=True)]


stored = files.read_json(paths.data() / "stored" / "curation-trial.json")
real = {arm: {seed: fit_of(run) for seed, run in runs.items()} for arm, runs in stored["arms"].items()}
few = min(map(len, real.values()))
print(stored["note"], "One seed an arm: intervals are over prompts alone." if few == 1 else
      f"{few} seeds an arm: intervals are over prompts and seeds.", sep="\n")
print(f"{'arm':>22} {'seeds':>5} {'on-brand':>9} {'right':>6} {'fit':>5}   by seed")
for arm, runs in stored["arms"].items():
    parts = [np.mean([[mark == "1" for mark in run[key]] for run in runs.values()]) for key in ("on_brand", "right")]
    fit = [np.mean(each) for each in real[arm].values()]
    print(f"{arm:>22} {len(runs):5} {parts[0]:9.0%} {parts[1]:6.0%} {np.mean(fit):5.0%}   "
          + ", ".join(f"{each:.0%}" for each in fit))

for dose in doses_of(real, "off_brand"):
    keeps = [np.mean([mark == "1" for run in stored["arms"][arm].values() for mark in run["on_brand"]])
             for arm in ("clean", f"off_brand@{dose}")]
    fails = keeps[1] > 0.1 if majority[dose] else keeps[0] - keeps[1] > 0.1  # of the means; intervals follow
    print(f"dose {dose}, {', '.join(majority[dose]) or 'no rule'} broken by most: on-brand {keeps[1]:.0%} against "
          f"{keeps[0]:.0%} after clean rows. The guess of section 7 foretells "
          f"{'hardly any' if majority[dose] else 'no loss'} and {'FAILS' if fails else 'holds'} here.")

# %% [markdown]
# The cell says "fails" where on-brand lies more than ten points from what the guess foretells. Do not lean on that
# limit: the intervals of the differences in the next cell reach tens of points to either side. And "holds" at a low
# dose says little: no loss is foretold there, and those intervals would let a large one pass. (Of the five doses three
# were run on the real model.) Before the figure puts manner and facts together, here they are apart: each arm of
# curation against each raw one. (In the figures every whisker is a 95 % interval. Those of
# the two curated arms, which have no dose, stand at the right edge.)

# %%
def apart(arm, other, key):  # the paired difference of two arms in one mark, in points, over the seeds of both
    runs = [stored["arms"][each] for each in (arm, other)]
    both = [seed for seed in runs[0] if seed in runs[1]]
    rows = [[[int(mark) for mark in each[seed][key]] for seed in both] for each in runs]
    return intervals.paired_difference(*rows).times(100)


gained, behind = [], []
for arm in ("excellent", "clean"):
    for dose in doses_of(real, "off_brand"):
        manner, facts = (apart(arm, f"off_brand@{dose}", key) for key in ("on_brand", "right"))
        gained += [f"{arm} at {dose} %"] * (manner.low > 0)
        behind += [f"{arm} at {dose} %"] * (facts.high < 0)
        print(f"{arm:>10} minus raw at {dose:2} %: on-brand {manner.value:+5.1f} points [{manner.low:+.1f}, "
              f"{manner.high:+.1f}], right {facts.value:+5.1f} [{facts.low:+.1f}, {facts.high:+.1f}]")
print(f"Intervals wholly above zero in manner: {', '.join(gained) or 'none'}; wholly BELOW zero in right facts: "
      f"{', '.join(behind) or 'none'}. (Of twelve intervals one may miss by luck.) So few trainings cannot tell why; "
      "the mix of questions differs, too, which is counted below.")

# %%
def compare(marks, fault):
    """For each arm of curation its gaps to raw, dose by dose, in points; seeds that both arms have."""
    found = {}
    for arm in ("excellent", "clean"):
        found[arm] = []
        for dose in doses_of(marks, fault):
            a, b = marks[arm], marks[f"{fault}@{dose}"]
            seeds = [seed for seed in a if seed in b]
            rows = [[each[seed] for seed in seeds] for each in (a, b)]
            found[arm].append(intervals.paired_difference(*rows).times(100))
    return found


WORDS = {"off_brand": "rows with the off-brand fault", "contradicting_fact": "rows with the wrong value"}


def draw_trial(marks, fault, title):
    doses, gaps = doses_of(marks, fault), compare(marks, fault)
    figure, (shares_ax, gap_ax) = plt.subplots(1, 2, figsize=(11, 3.8))
    raw_arms = [list(marks[f"{fault}@{dose}"].values()) for dose in doses]
    spans = [intervals.mean_interval(each).times(100) for each in raw_arms]
    middle, low, high = (np.array(each) for each in zip(*spans, strict=True))
    shares_ax.errorbar(doses, middle, [middle - low, high - middle], marker="o", capsize=3, color=figures.GREY,
                       label="raw")
    for arm, color, line, aside in (("excellent", figures.BLUE, "-", -0.7), ("clean", figures.GREEN, "--", 0.7)):
        level = intervals.mean_interval(list(marks[arm].values())).times(100)
        edge = doses[-1] + 5 + 3 * aside
        shares_ax.plot([doses[0], edge], [level.value] * 2, color=color, ls=line, label=arm)
        shares_ax.errorbar(edge, level.value, [[level.value - level.low], [level.high - level.value]], capsize=3,
                           color=color)
        middle, low, high = (np.array(each) for each in zip(*gaps[arm], strict=True))
        gap_ax.errorbar(np.array(doses) + aside, middle, [middle - low, high - middle], marker="o", capsize=3,
                        color=color, ls=line, label=f"{arm} minus raw")
    gap_ax.axhline(0, color=figures.VERMILION, lw=1)
    top = max(span.high for span in [*spans, *(intervals.mean_interval(list(marks[arm].values())).times(100)
                                               for arm in ("excellent", "clean"))])
    shares_ax.set(xlabel=f"raw {WORDS[fault]} (%)", ylabel="replies (%)", ylim=(0, 1.3 * top), title="Fit to send")
    gap_ax.set(xlabel=f"raw {WORDS[fault]} (%)", ylabel="points", title="Gap to raw")
    shares_ax.set_xticks(doses), gap_ax.set_xticks(doses)
    shares_ax.legend(ncols=3, loc="upper left"), gap_ax.legend()
    figure.suptitle(title)
    return gaps


def say(gaps, doses, fault):
    for arm, each in gaps.items():
        ahead = [dose for dose, gap in zip(doses, each, strict=True) if gap.low > 0]
        behind = [dose for dose, gap in zip(doses, each, strict=True) if gap.high < 0]
        place = crossing.crossing(doses, each)
        words = ("where it passes zero such runs do not say: the 95 % interval holds every dose"
                 if place.low == -np.inf and place.high == np.inf else "by a straight line between the doses it is "
                 f"above zero, or level, {crossing.in_words(place, doses)}")
        sure = ["every dose" if len(found) == len(doses) else ", ".join(map(str, found)) + " %" if found else "no dose"
                for found in (ahead, behind)]
        print(f"{arm} minus raw, {WORDS[fault]}, at {', '.join(map(str, doses))} %: the gap's whole interval is above "
              f"zero at {sure[0]}, below at {sure[1]};\n    {words}.")


gaps = draw_trial(real, "off_brand", "The real model")
say(gaps, doses_of(real, "off_brand"), "off_brand")

# %% [markdown]
# Three cautions. The left end of the curve is not clean: section 7 counted how many replies break the guide at a dose
# of 20. An arm is one draw of rows and one training a seed; with a single seed the intervals hold nothing of that
# chance, and with two or three they are wide, since so few say little about how far trainings scatter. Where clean rows
# fall behind raw ones, or a raw curve rises with its dose, it may be that chance, or another mix of questions.
#
# And cleaning against choosing: do the hundred best do better than random clean ones? Choosing in turns over intents
# has a side effect that the second half of the cell counts: it changes the mix of questions.

# %%
seeds = [seed for seed in real["excellent"] if seed in real["clean"]]
both = [[real[arm][seed] for seed in seeds] for arm in ("excellent", "clean")]
chosen = intervals.paired_difference(*both).times(100)
verdict = ("the hundred best do better" if chosen.low > 0 else "random clean rows do better" if chosen.high < 0
           else "no difference can be shown")
print(f"excellent minus clean: {chosen.value:+.1f} points [{chosen.low:+.1f}, {chosen.high:+.1f}]: {verdict}.")
for name, rows in {"excellent": excellent, "clean": trial_rows.training_side(outcome.kept), "raw": list(raw.values()),
                   "test": held_out}.items():
    rules = sum(bool(row.get("policy")) for row in rows) / len(rows)
    print(f"  {name}: {rules:.0%} ask about a rule of the shop, the others about a product")

# %% [markdown]
# ### Wrong values in the house's manner
#
# The other fault is the harder one to see: the reply looks like ours and states another value than the screen. Filters
# that read the manner pass it. The same trial, with that fault's dose turned:

# %%
if doses_of(real, "contradicting_fact"):
    wrong_gaps = draw_trial(real, "contradicting_fact", "The real model, wrong values")
    say(wrong_gaps, doses_of(real, "contradicting_fact"), "contradicting_fact")
    for dose in doses_of(real, "contradicting_fact"):
        arm = f"contradicting_fact@{dose}"
        facts = apart("clean", arm, "right")
        print(f"raw, {dose:2} % wrong values: " + ", ".join(
            f"{key.replace('_', '-')} {np.mean([[mark == '1' for mark in run[key]] for run in runs.values()]):.0%}"
            for runs in [stored["arms"][arm]] for key in ("on_brand", "right"))
            + f"; right, clean minus raw: {facts.value:+.1f} points [{facts.low:+.1f}, {facts.high:+.1f}]")

# %% [markdown]
# *Right* is the mark that this fault is about; *fit* hides it, since on-brand moves by chance at 25 steps. Manner need
# not fall at all: these replies are in it. So a curve of fit replies that stays up at 60 % is no leave to keep such
# rows. (Their other faults, off-brand ones among them, are as they fall; and how these arms do with more steps was not
# tried.)

# %% [markdown]
# ### Each arm at the best of three lengths
#
# Equal steps are one fair comparison; but at 25 of them most trainings are far from done, and much of what you see
# above is the chance of how far each had come. The other is to give *each arm the best of three lengths*: for each arm
# and seed we took the number of steps with the most fit replies to 60 validation prompts, which are neither trained on
# nor in the test, and scored that model on the test prompts. (A raw or clean arm reads new rows at every step, the
# excellent one its hundred again and again.) Both models, stored; the lab model has all its weights trained. Trust
# these figures more than those of 25 steps.

# %%
best = {which: {arm: {seed: fit_of(run) for seed, run in runs.items()} for arm, runs in arms.items()}
        for which, arms in stored["best"].items()}
for which, arms in stored["best"].items():
    tried = ", ".join(next(iter(arms["clean"].values()))["valid"])
    print(f"The {which} model, steps tried: {tried}; test prompts: {len(next(iter(best[which]['clean'].values())))}")
    print(f"{'arm':>15} {'seeds':>5}   {'best steps':14} {'on-brand':>8} {'right':>6} {'fit':>5}   by seed")
    for arm, runs in arms.items():
        parts = [np.mean([[mark == "1" for mark in run[key]] for run in runs.values()])
                 for key in ("on_brand", "right")]
        steps = ", ".join(str(run["steps"]) for run in runs.values())
        fit = [np.mean(each) for each in best[which][arm].values()]
        by_seed = ", ".join(f"{each:.0%}" for each in fit)
        print(f"{arm:>15} {len(runs):>5}   {steps:14} {parts[0]:>8.0%} {parts[1]:>6.0%} {np.mean(fit):>5.0%}   "
              + by_seed)
    print()

# %%
for which, marks in best.items():
    found = draw_trial(marks, "off_brand", f"The {which} model, each arm at the best of three lengths")
    print(f"The {which} model:")
    say(found, doses_of(marks, "off_brand"), "off_brand")
    both = [[marks[arm][seed] for seed in marks["clean"]] for arm in ("excellent", "clean")]
    gain = intervals.paired_difference(*both).times(100)
    print(f"excellent minus clean: {gain.value:+.1f} points [{gain.low:+.1f}, {gain.high:+.1f}]\n")
mean = {when: {arm: 100 * np.mean(list(runs.values())) for arm, runs in marks.items() if arm in best["real"]}
        for when, marks in (("25 steps", real), ("best", best["real"]))}
print("The real model at its best, and what that length brought it against 25 steps (points of fit replies):")
for arm, share in mean["best"].items():
    print(f"{arm:>15} {share:4.0f} % {share - mean['25 steps'][arm]:+4.0f}" + (
        "" if arm == "clean" else f"   and from there to the clean arm {mean['best']['clean'] - share:+.0f}"))

# %% [markdown]
# How long you train can count for more than what you sort out: compare the two numbers of each of the last lines.
# (Where an arm took the longest of the three every time, it may gain from more still.) Then the dose. At 95 % the raw
# arm came out lowest on both models, and validation never chose its longest run: that looks like a ceiling, but three
# seeds do not prove one. Which gaps are clear of zero, the lines above say; where none is, such a trial does not place
# the crossing. And that a gap is clear of zero at 20 and 60 % and not at 95, where it is larger, does not mean that
# filters pay less in dirtier data: with three trainings the width of an interval is chance too.
#
# ## 10. The same curve on the lab model
#
# On the lab model all five doses fit into the lesson, in short runs of all its weights. Its replies are poor and each
# arm is one short training, so read its shape for one thing: do raw rows fall off at the highest doses? (Claims 2 and 3
# follow from the same runs; expect "mixed".) Turn `FAULT`
# for wrong replies, and `LAB_STEPS` for longer runs. The progress bars of these small trainings are hidden. In the
# table *on-brand* means by the house's guide, whatever rows the model learnt from: a model that writes just like its
# off-brand rows has learnt them well, and counts as off-brand for it.

# %%
from tqdm.auto import tqdm

DOSES = (20, 40, 60, 80, 95)
lab_held_out, rows = held_out[:LAB_ASKED], LAB_STEPS * BATCH_SIZE


def tune_lab(chosen):
    with capture_output():
        return sft.fine_tune(lab, [trial_rows.to_row(record) for record in chosen], lr=LAB_LR, steps=LAB_STEPS,
                             batch_size=BATCH_SIZE, seed=SEED, logging_strategy="no")


arms = {"excellent": excellent, "clean": texts.sample(trial_rows.training_side(outcome.kept), rows, SEED)}
arms |= {f"{FAULT}@{dose}": with_dose(raw, truth, FAULT, dose, rows, SEED) for dose in DOSES}
lab_scores, lab_models = {}, {}
for arm in tqdm(arms, desc="arms", leave=False):
    run = tune_lab(arms[arm])
    lab_scores[arm] = write_and_score(run, lab_held_out)
    lab_models |= {arm: run} if arm == "excellent" else {}
for arm, each in lab_scores.items():
    print(f"{arm:>22}  " + "   ".join(f"{key} {np.mean(each[key]):4.0%}" for key in ("on-brand", "right", "fit")))

# %%
marks = {arm: {SEED: [int(one) for one in each["fit"]]} for arm, each in lab_scores.items()}
lab_gaps = draw_trial(marks, FAULT, f"The lab model, {LAB_STEPS} steps")
say(lab_gaps, DOSES, FAULT)

# %% [markdown]
# Each arm is one short training: where the raw curve goes up and down with its dose, you see the chance of a training,
# and the crossing moves with it; the interval, over prompts alone, does not hold that. "Ahead from such a dose on"
# means that it *stays* ahead from there: it may have been ahead at lower doses as well, and a single dip moves the
# crossing behind it. Hold the *on-brand* column against the guess of section 7, too, if you left `FAULT` as it was:
# compare with the clean arm, dose by dose, for it may hold at one and fail badly at another. Section 7 counted a
# hundred rows and these arms read more, so that where a rule was broken by nearly half, the guess has no firm word. And
# the off-brand fault is one of manner: where *right* falls with it, the small model has not learnt the job.
#
# **Claim 2: choosing a hundred excellent examples pays before half of the raw rows have the off-brand fault.** The
# effect is the crossing, in per cent, and the limit is 50, so this claim is "mixed" if the interval has 50 inside. An
# end that lies outside of the doses we measured is written down as 0 or 100, and means no more than "at the first dose
# or below" or "above the last". If the range to expect runs from 0 to 100, that is the whole scale, and to be inside it
# says nothing. **Claim 3: a hundred excellent examples do as well as random ones from all that is clean**, or at most
# ten points worse: here the limit is -10 points, so an interval that lies below zero as a whole is still "mixed" if it
# has -10 inside. (On the lab model the hundred are read more than once, while the random rows are all different: that
# is part of the comparison. In the real model's stored runs of 25 steps each row is read once.)

# %%
if FAULT == "off_brand":
    place = crossing.crossing(DOSES, lab_gaps["excellent"])
    dose = [float(np.clip(end, 0, 100)) for end in place]
    by_dose = {arm: np.mean(each["fit"]) for arm, each in lab_scores.items()}
    verdicts["pays-below-half"] = claims.record("pays-below-half", SEED, *dose, prompts=len(lab_held_out),
                                                by_dose=by_dose, model=claims.LAB)
    _, ax = plt.subplots(figsize=(7, 2.3))
    claims.draw("pays-below-half", verdicts["pays-below-half"], ax)
assert [claims.find(name).limit for name in ("pays-below-half", "hundred-matches-clean")] == [50, -10]
both = [lab_scores[arm]["fit"] for arm in ("excellent", "clean")]
verdicts["hundred-matches-clean"] = claims.record(
    "hundred-matches-clean", SEED, *intervals.paired_difference(*both).times(100), by_prompt=both[0], against=both[1],
    model=claims.LAB)
_, ax = plt.subplots(figsize=(7, 2.3))
claims.draw("hundred-matches-clean", verdicts["hundred-matches-clean"], ax)
for name in ("pays-below-half", "hundred-matches-clean"):
    print(verdicts.get(name, f"{name} is about off-brand replies: not recorded here."), "\n")
first = [real[arm][seeds[0]] for arm in ("excellent", "clean")]  # one run, as every claim is tried
verdicts["the same, real model"] = claims.record(
    "hundred-matches-clean", int(seeds[0]), *intervals.paired_difference(*first).times(100), by_prompt=first[0],
    against=first[1], model=stored["model"].lower())
print(f"On the real model, stored, seed {seeds[0]} alone:", verdicts.pop("the same, real model"), sep="\n")
for words, span in ([(f"All its {len(seeds)} seeds (section 9)", chosen)] * (len(seeds) > 1)
                    + [(f"{len(other['runs'])} other seeds together", intervals.Interval(
                        other["effect"], other["low"], other["high"]))
                       for other in [claims.reference("hundred-matches-clean", stored["model"].lower())] if other]):
    print(f"{words}: {span.value:+.0f} points [{span.low:+.0f}, {span.high:+.0f}], "
          f"{claims.find('hundred-matches-clean').verdict(span.low, span.high)}.")
print("Believe several seeds rather than one, and the more of them the more.")

# %% [markdown]
# All arms had equal steps here; section 9 has each at its best. Turn `LAB_STEPS` to see how the curve moves.
#
# ## 11. How much to hold out?
#
# "Hold out ten to twenty per cent" is the usual advice. What a held-out prompt is good for is to make the score more
# exact: a share of fit replies *p* over *n* prompts is off by at most about 1.96 · √(p(1 − p)/n), in 95 of 100 cases.
# The *number* of prompts counts. Nowhere does the formula ask what share of your data they are.

# %%
def half_width(share, prompts):
    """How far a score over so many prompts may be off, in points: half of its 95 % interval."""
    return 100 * 1.96 * (share * (1 - share) / prompts) ** 0.5


p = np.mean([mark for run in real["excellent"].values() for mark in run])
print(f"a score of {p:.0%}, the real model's after excellent examples, is known, as far as prompts go, to")
for desk_size in (200, 1000, len(outcome.kept)):
    widths = [f"{share:.0%} held out: ±{half_width(p, share * desk_size):4.1f}" for share in (0.1, 0.2, 0.5)]
    print(f"  {desk_size:5,} records   {'   '.join(widths)} points")

# %% [markdown]
# With 200 records a tenth is 20 prompts, and the score is a guess: hold out more, or write test questions by hand.
# Comparing two models on the *same* prompts, as we do, takes fewer of them than comparing two scores from different
# prompts, as far as the models fail at the same ones.
#
# ## 12. Let a model write the data
#
# People are slow and models are fast. So the lab model of the excellent examples now writes replies to curated
# prompts that it was not trained on. It *draws* each token from its own probabilities: always taking the likeliest
# would make all replies alike from the start, and we could not tell what training did from what drawing did.

# %%
import torch
from ftlab.curation import synthetic
from ftlab.scores import diversity


def write_replies(run, asked, seed):
    prompts = chat.prompts(run.tokenizer, [trial_rows.to_row(record) for record in asked])
    pad = run.tokenizer.pad_token_id if run.tokenizer.pad_token_id is not None else run.tokenizer.eos_token_id
    run.tokenizer.pad_token_id, ends = pad, generate.stops(run.model, run.tokenizer)
    with generate.computing_in(run.model.eval(), lab.dtype), torch.random.fork_rng(), torch.inference_mode():
        torch.manual_seed(seed)
        batch = run.tokenizer(prompts, add_special_tokens=False, padding=True, padding_side="left",
                              return_tensors="pt").to(run.model.device)
        out = run.model.generate(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], do_sample=True,
                                 temperature=1.0, top_k=0, top_p=1.0, max_new_tokens=64, pad_token_id=pad,
                                 eos_token_id=ends)
    texts_only = run.tokenizer.batch_decode(out[:, batch["input_ids"].shape[1]:], skip_special_tokens=True)
    return [reply.strip() for reply in texts_only]

# %% [markdown]
# Two training sets come out: all that the model wrote (*unfiltered*), and what is left of it after the curation's own
# steps for replies (*filtered*), which know the screen and the guide and no truth. They stand against the clean arm
# of section 10: the desk's own rows, drawn by chance. (In a real house people wrote these. Quillmere's are invented, so
# how varied *people* are is not measured here.)

# %%
people = synthetic.prompts_for(outcome.kept, excellent, WRITTEN, SEED)
written = synthetic.with_replies(people, write_replies(lab_models["excellent"], people, SEED))
filtered, dropped = synthetic.filter_replies(written)
print(f"{len(filtered)} of {len(written)} replies pass; dropped: {dict(dropped)}\n")
passing = {row["id"] for row in filtered}
for word, held in (("dropped", False), ("passes the filter", True)):
    for row in [row for row in written if (row["id"] in passing) == held][:2]:
        print(f"{word}\n    screen: {row['record']}\n    asked:  {row['question']}\n    reply:  {row['reply']}")

# %% [markdown]
# The steps know the manner, compare figures and see whether a reply ends; they have no idea of sense. What was dropped
# above was empty or cut off, broke a rule, or had a wrong figure; nonsense in perfect manners can pass, as you can
# read, and claims 4 and 5 are about rows like these. So we do not call these replies gold. Now a training on each set,
# with equal steps; the filtered one needs at least a batch of rows. A claim for each comparison. **Claim 4**: the model
# of filtered replies is at most ten points behind that of the desk's (limit -10 points). **Claim 5**: it is ahead of
# that of unfiltered ones (limit 0). Both count *fit*.

# %%
sources = {"unfiltered": written} | ({"filtered": filtered} if len(filtered) >= BATCH_SIZE else {})
by_source, own_model = {"desk": lab_scores["clean"]}, None
for name, chosen in sources.items():
    run = tune_lab(chosen)
    by_source[name] = write_and_score(run, lab_held_out)
    own_model = run if name == "unfiltered" else own_model
for name, each in by_source.items():
    count = len(sources.get(name, arms["clean"]))
    print(f"{name:>10}  " + "   ".join(f"{key} {np.mean(each[key]):4.0%}" for key in ("on-brand", "right", "fit"))
          + f"   ({count} rows, each read {rows / count:.1f} times)")
if "filtered" in by_source:
    for name, other in (("synthetic-near-gold", "desk"), ("filtering-helps", "unfiltered")):
        pair = [by_source[side]["fit"] for side in ("filtered", other)]
        verdicts[name] = claims.record(name, SEED, *intervals.paired_difference(*pair).times(100), by_prompt=pair[0],
                                       against=pair[1], kept=len(filtered), model=claims.LAB)
        print(f"\n{verdicts[name]}")
    assert [claims.find(name).limit for name in ("synthetic-near-gold", "filtering-helps")] == [-10, 0]
    pair = [by_source[side]["right"] for side in ("filtered", "desk")]
    change = intervals.paired_difference(*pair).times(100)
    print(f"\nRight replies: {np.mean(pair[0]):.0%} after filtered rows, {np.mean(pair[1]):.0%} after the desk's: "
          f"{change.value:+z.1f} points [{change.low:+z.1f}, {change.high:+z.1f}], "
          + ("FEWER." if change.high < 0 else "more." if change.low > 0 else "no difference is shown."))
else:
    for name in ("synthetic-near-gold", "filtering-helps"):
        why = f"only {len(filtered)} replies passed and a batch takes {BATCH_SIZE}: turn up LAB_STEPS"
        print(f"\n{claims.skip(name, SEED, why, model=claims.LAB)}")

# %% [markdown]
# Read the table before the verdicts, line by line: *on-brand* is manner alone, *right* that the screen's value is
# stated and no fault was found, and *fit* takes both. A line with a high *on-brand* and a low *right* is a model that
# has learnt the manner and not the job, and no verdict makes it one to use. "Mixed" is no success either: of claim 4 it
# says only that the interval has -10 inside, which a model far behind the desk's can have too, and of claim 5 that it
# has 0 inside.
#
# The sets differ in size too (the last column), so both claims are about what is left after the filter, few rows read
# often. Whatever the verdicts: the writer was itself trained on a hundred of the desk's replies, so "no desk needed" is
# not what was shown; and all that the filter cannot see is handed down as it is.
#
# ## 13. A model that feeds on itself
#
# What if the next model writes the data for the one after it? Generation 0 is what section 12's model wrote,
# unfiltered; each further one is written, to the same prompts, by a lab model newly trained on the replies of the one
# before. What is rare may not be drawn, and what was never drawn is gone: that is the fear, called *model collapse*.
# `diversity` gives the share of word pairs that are distinct, the number of different replies as a share of all, and
# the uncertainty of the opening sentence in bits (1 bit is a coin). Names and figures come from the prompt and not from
# the model's wording, so `synthetic.wording` replaces them first. (On-brand is here the share among the rows
# themselves: in the line `desk` they are the desk's replies that the curation kept, in the others they are *drawn* by a
# model. In section 12 `desk` was a model trained on the desk's rows, and the models took the likeliest token.)

# %%
print(diversity.diversity(["We do. It is red."] * 2), "two equal replies")
chain, model_now = {"desk": people, "0": written}, own_model
for generation in range(1, GENERATIONS + 1):
    chain[str(generation)] = synthetic.with_replies(people, write_replies(model_now, people, SEED + generation))
    if generation < GENERATIONS:
        model_now = tune_lab(chain[str(generation)])
said = {name: [synthetic.wording(row) for row in rows] for name, rows in chain.items()}
for name, rows in chain.items():
    on_brand = np.mean([brand.on_brand(personal.without_masks(row["reply"])) for row in rows])
    parts = "   ".join(f"{key} {value:5.1f}" for key, value in diversity.diversity(said[name]).items())
    length = np.mean([len(row["reply"].split()) for row in rows])
    print(f"{name:>7}:  {parts}   words {length:4.1f}   on-brand {on_brand:4.0%}")
print(f"\nasked: {people[0]['question']}")
for name, rows in chain.items():
    print(f"{name:>7}: {rows[0]['reply']}")

# %% [markdown]
# Two forces pull in opposite directions. Sampling loses what is rare, which lowers diversity. But each model also makes
# mistakes, the next one learns them, and nonsense is very diverse. So a change of diversity means little where the
# on-brand share falls: it may be noise that comes or goes. **Claim 6: training on one's own output, and again on that,
# narrows the replies**: its number is the change of the share of distinct word pairs from generation 0 to 2, in per
# cent of what it was in generation 0 (longer replies lower this share by themselves), and it holds if the whole
# interval is below zero. That is one of the three measures: the claim can hold while the other two stay or rise. Where
# the on-brand share falls as well, the replies got worse, whatever their variety did. The other two have a ceiling:
# 100 % different replies, and for 80 replies 6.3 bits (every opening different); near it they cannot show much. And
# variety says nothing of how good the replies are; for that, read the on-brand column and the replies above.

# %%
change = diversity.narrowing(said["0"], said[str(GENERATIONS)])
if GENERATIONS == 2:
    result = verdicts["own-output-narrows"] = claims.record("own-output-narrows", SEED, *change, prompts=len(people),
                                                            model=claims.LAB)
    fig, ax = plt.subplots(figsize=(7, 2.3))
    claims.draw("own-output-narrows", result, ax)
    print(result)
else:
    print(f"after {GENERATIONS} generations: {change.value:+.0f} % [{change.low:+.0f}, {change.high:+.0f}]")
own = [diversity.diversity(rows)["distinct_pairs"] for rows in said.values()]
print("Distinct pairs: " + ", ".join(f"{name if name == 'desk' else f'generation {name}'} {value:.0f} %"
                                     for name, value in zip(said, own, strict=True))
      + ". No intervals, so no order where they are close; mistakes count as variety, too.")

# %% [markdown]
# Gerstgrasser et al. (below) found that keeping people's data in every generation keeps the models from getting worse.
# (Claim 6 compares generation 0 with the last one, and the desk's own variety is another thing.)
#
# All verdicts of this run, each with what its claim asks of the effect. A "mixed" one is neither a yes nor a no: its
# interval has that limit inside, whether or not it has zero inside. For claim 1 the reference runs, twenty seeds on
# more prompts, decide what one run cannot: they stand below the list.

# %%
for name, result in verdicts.items():
    numbers = [round(number, 1) + 0.0 for number in (result.effect, result.low, result.high)]
    print(f"{name:24} {result.verdict:20} {numbers[0]:g} [{numbers[1]:g}, {numbers[2]:g}] {result.unit}; "
          f"claimed: {claims.find(result.id).rule}")
mixed = sum(result.verdict == "mixed" for result in verdicts.values())
if others := claims.reference("hundred-beats-dirty", "smollm2-135m-instruct"):
    above = sum(run["effect"] > 0 for run in others["runs"])
    print(f"\nClaim 1 over {len(others['runs'])} other seeds, {above} of them above zero: {others['effect']:+.1f} "
          f"points [{others['low']:+.1f}, {others['high']:+.1f}], {others['verdict']}.")
print(f"\n{mixed} of {len(verdicts)} are mixed: "
      + ("on which side of its limit such an effect lies, a run of this size does not decide." if mixed else
         "this run decided each."))

# %% [markdown]
# ## Exercise 1: does it pay?
#
# *7 minutes · core · a decision, not code.* Six desks ask for advice. All prices are made up. Five know their dose (the
# share of raw rows with the off-brand fault); their gaps are those of section 9's lab model, each arm at the best of
# three lengths. The sixth's are made up, too. They can train on the raw rows **as they are** (no price), **clean** them
# with filters, or have a program choose a hundred **excellent** ones. A desk says how many points of fit replies the
# work must bring to be worth it. Advise what is *clearly* worth its price: the interval of the gap to raw lies above
# the price as a whole. If both are, take the one whose gap itself, not an end of its interval, exceeds its price by
# more; if neither is, leave the rows as they are. (Not every answer need come up, and a price need not change the
# advice.) And whatever the score says, three kinds of rows need a treatment of their own: `"drop"`, `"mask"` or
# `"keep"`.

# %%
from ftlab import files, paths
from ftlab.evidence import intervals

stored = files.read_json(paths.data() / "stored" / "curation-trial.json")
fit = {arm: {seed: [int(a == b == "1") for a, b in zip(run["on_brand"], run["right"], strict=True)]
             for seed, run in runs.items()} for arm, runs in stored["best"]["lab"].items()}


def gap_to_raw(arm, dose):  # in points, with its interval
    raw = fit[f"off_brand@{dose}"]
    seeds = [seed for seed in fit[arm] if seed in raw]
    rows = [[each[seed] for seed in seeds] for each in (fit[arm], raw)]
    return intervals.paired_difference(*rows).times(100)


desks = {  # raw rows with the off-brand fault (%), and the price of each way in points
    "tidy": {"dose": 20, "clean": 3, "excellent": 3},
    "untidy": {"dose": 60, "clean": 2, "excellent": 8},
    "costly filters": {"dose": 60, "clean": 6, "excellent": 1},
    "wild": {"dose": 95, "clean": 3, "excellent": 1},
    "wild and poor": {"dose": 95, "clean": 30, "excellent": 9},
}
gaps = {name: {arm: gap_to_raw(arm, each["dose"]) for arm in ("clean", "excellent")} for name, each in desks.items()}
for name, each in desks.items():
    for arm, gap in gaps[name].items():
        span = f"[{gap.low:+5.1f}, {gap.high:+5.1f}]"
        print(f"{name:>14}, {arm:9}: gap {gap.value:+5.1f} points {span}, price {each[arm]}")
desks["another house"] = {"clean": 3, "excellent": 11}  # prices and gaps are made up
gaps["another house"] = {"clean": intervals.Interval(20, low=8, high=32),
                         "excellent": intervals.Interval(24, low=18, high=30)}
plan = {
    "tidy": None,  # "as it is", "clean" or "excellent"
    "untidy": None,
    "costly filters": None,
    "wild": None,
    "wild and poor": None,
    "another house": None,
    "test questions": None,  # "drop", "mask" or "keep"
    "mail addresses": None,
    "no licence": None,
}

# %% tags=["raises-exception"]
from ftlab.exercise import check, passed

check(all(plan.values()), "write one of the words for every desk and every kind of row.")
rows_of = {"test questions": "drop", "mail addresses": "mask", "no licence": "drop"}
check(lambda: {plan[name] for name in desks} <= {"as it is", "clean", "excellent"},
      "a desk is told 'as it is', 'clean' or 'excellent'.")
check(lambda: {plan[name] for name in rows_of} <= {"drop", "mask", "keep"},
      "rows are told 'drop', 'mask' or 'keep'.")
check(plan["no licence"] == "drop", "without a licence the row may not be used, whatever it would bring.")
check(plan["test questions"] == "drop", "a test question in the training rows makes the score a lie: drop it.")
check(plan["mail addresses"] != "keep", "a model can learn an address by heart and tell it to the next customer.")
check(plan["mail addresses"] == "mask", "dropping the row wastes a good reply: masking takes the address alone.")
for name, each in desks.items():
    worth = {arm: gap.value - each[arm] for arm, gap in gaps[name].items() if gap.low > each[arm]}
    said, wanted = plan[name], max(worth, key=worth.get, default="as it is")
    if said != "as it is":
        check(said in worth, f"{name}: the gap of {said} may be as small as {gaps[name][said].low:.1f} points, and its "
                             f"price is {each[said]}: that is not clearly worth it.")
    check(said != "as it is" or not worth, f"{name}: {wanted} is clearly worth its price, so raw rows waste points.")
    check(said == wanted, f"{name}: {said} is worth it too, but the gap of {wanted} exceeds its price by more.")
passed("You buy curation where its gap clearly exceeds its price, and everywhere do what no score rewards.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# In the printout, `gap` is what the work brings, and the number in brackets on the left is the low end of that. Of
# the sixth desk nothing is printed: its `low` stands in the cell. Compare that one with the price.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# for name, each in desks.items():
#     worth = {arm: gap.value - each[arm] for arm, gap in gaps[name].items() if gap.low > each[arm]}
#     plan[name] = max(worth, key=worth.get, default="as it is")
# plan |= {"test questions": "drop", "mail addresses": "mask", "no licence": "drop"}
# ```
#
# At 95 % cleaning has the larger gap, and loses by this rule only because its three trainings scatter: a desk with that
# much at stake would run more seeds before it decides.
#
# </details>
#
# ## Exercise 2: precision and recall
#
# *6 minutes · core · easy.* You get the line numbers that a filter dropped and those where the fault was planted. A
# share of nothing is not 0, it is unknown: `None`.

# %%
def precision_and_recall(dropped, planted):
    """Two shares, or None in place of a share where there is nothing to divide by."""
    # your code here

# %% tags=["raises-exception"]
from ftlab.exercise import check, passed

found = precision_and_recall([1, 2, 9], [1, 2, 3, 4])
check(found is not None, "nothing comes back. Return two numbers: precision, recall.")
check(not isinstance(found, dict), "return two numbers and no dict: precision first, then recall.")
check(lambda: len(found) == 2, "return exactly two numbers: precision first, then recall.")
check(abs(found[0] - 1 / 2) > 1e-9, "precision divides by what was dropped, recall by what was planted. Swap them.")
check(abs(found[0] - 2 / 3) < 1e-9, "2 of the 3 dropped records have the fault: precision 2/3.")
check(abs(found[1] - 2 / 4) < 1e-9, "2 of the 4 planted faults were found: recall 2/4.")
none = precision_and_recall([], [1, 2])
check(none[0] is None and none[1] == 0, "nothing dropped: precision is unknown (None), recall is 0.")
none = precision_and_recall([5], [])
check(none[0] == 0 and none[1] is None, "nothing planted: recall is unknown (None), precision is 0.")
none = precision_and_recall([], [])
check(none[0] is None and none[1] is None, "nothing dropped and nothing planted: both are unknown, (None, None).")
found = precision_and_recall([1, 1, 9], [1])
check(abs(found[0] - 1 / 2) < 1e-9 and found[1] == 1, "a line that is listed twice is one line.")
found = precision_and_recall([3], [1, 3, 3])
check(found[0] == 1 and abs(found[1] - 1 / 2) < 1e-9, "a line that is planted twice is one line, too.")
passed("You can mark a filter, and you know when there is nothing to mark.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# Make both lists sets, and count what they have in common.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# def precision_and_recall(dropped, planted):
#     dropped, planted = set(dropped), set(planted)
#     right = len(dropped & planted)
#     return right / len(dropped) if dropped else None, right / len(planted) if planted else None
# ```
#
# </details>
#
# ## Exercise 3: a split that does not leak
#
# *10 minutes · core · medium.* Split by customer: all the rows of a customer go to one side. Go through the customers
# in the order in which they first appear, and put each of them into the test until at least `share` of all *rows* are
# there.

# %%
def split_by_customer(rows, share):
    """For each row "train" or "test".

    Args:
        rows: Dicts with ``customer``.
        share: The least share of the rows that is held out, above 0 and below 1.
    """
    # your code here

# %% tags=["raises-exception"]
from ftlab.exercise import check, passed


def halves(names, share):
    sides = split_by_customer([{"customer": name} for name in names], share)
    check(sides is not None, "nothing comes back. Return a list with 'train' or 'test' for each row.")
    check(lambda: iter(sides), "return a list with one word for each row.")
    return list(sides)


check(len(halves("ab", 0.5)) == 2, "return one word for each row.")
check(halves("ab", 0.5) == ["test", "train"],
      "two customers with a row each, half held out: the first goes to the test.")
found = halves("aba", 0.3)
check(found[0] == found[2], "both rows of customer a belong to one side, also where others stand between them.")
check(halves("ba", 0.5) == ["test", "train"],
      "customer b stands first in the rows, so b goes to the test: the order of the rows counts, not the alphabet.")
check(halves("cabb", 0.2) == ["test", "train", "train", "train"],
      "customer c stands first and is enough for 0.2: neither the customer with the most rows nor the alphabet counts.")
check(halves("aab", 0.3) == ["test", "test", "train"], "nor does the customer with the fewest rows come first.")
check(halves("abcd", 0.3) == ["test", "test", "train", "train"],
      "one of four rows is 0.25, less than 0.3: take the next customer too.")
check(halves("aaab", 0.2) == ["test", "test", "test", "train"],
      "the share counts rows and not customers, and a customer is never cut in two.")
check(halves("aabcd", 0.4) == ["test", "test", "train", "train", "train"],
      "customer a has two of five rows, and that is 0.4: the share counts rows and not customers.")
check(halves("abcde", 0.2) == ["test", "train", "train", "train", "train"],
      "0.2 of five rows is one row: stop when the share is reached, not after it is exceeded.")
check(halves("abaa", 0.5) == ["test", "train", "test", "test"],
      "customer a has three of four rows, and two of them come after b: count all the rows of a customer at once.")
check(halves(["c-10", "c-1"], 0.5) == ["test", "train"], "c-1 and c-10 are two customers: compare whole names.")
check(halves("ab", 0.9) == ["test", "test"], "at least the share: one of two rows is 0.5, so here both go to the test.")
passed("No customer is on both sides, and the test is as large as you asked.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# Count the rows of each customer first. A dict keeps the order in which its keys were first seen. Then walk through
# it with a running sum.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# from collections import Counter
#
#
# def split_by_customer(rows, share):
#     counts, away, held = Counter(row["customer"] for row in rows), set(), 0
#     for customer, count in counts.items():
#         if held / len(rows) >= share:
#             break
#         away.add(customer)
#         held += count
#     return ["test" if row["customer"] in away else "train" for row in rows]
# ```
#
# </details>
#
# ## Exercise 4: a mask that can be undone
#
# *10 minutes · extra · medium.* Replace mail addresses by `<EMAIL_1>`, `<EMAIL_2>`, ... in the order in which they
# appear. The same address gets the same mask. An address is here any run of letters, digits, dots, dashes and
# underscores with one `@` in it that begins with one of a to z, A to Z or 0 to 9 and ends in one of a to z or A to Z:
# no digit there. Before the `@`, and only there, plus signs belong to it as well. (Texts with two `@` in a row of signs
# are not tested.)

# %%
import re  # noqa: F401


def mask_emails(text):
    """The text with masks, and a dict from each mask to its address."""
    # your code here

# %% tags=["raises-exception"]
from ftlab.exercise import check, passed

found = mask_emails("Write to a@b.org, please.")
check(found is not None, "nothing comes back. Return the text and the dict.")
check(lambda: len(found) == 2, "return two things: the text with masks, and a dict from mask to address.")
check(found[0] == "Write to <EMAIL_1>, please.", "the address goes, and the comma after it stays.")
check(found[1] == {"<EMAIL_1>": "a@b.org"}, "the dict leads from the mask to the address, so that it can be undone.")
check(mask_emails("It is x@y.org.")[0] == "It is <EMAIL_1>.", "the full stop ends the sentence, not the address.")
for name in ("Anna@Post.ORG", "anna7@post.org", "7anna@post.org", "anna_b@post.org", "anna.b@post.org",
             "anna-b@my-post.org"):
    check(mask_emails(f"to {name} now")[0] == "to <EMAIL_1> now",
          f"all of {name} goes: capitals, digits, dots, dashes and underscores belong to it.")
check(mask_emails("to anna+kettle@post.org now")[0] == "to <EMAIL_1> now",
      "all of anna+kettle@post.org goes: a plus sign before the @ belongs to the address, and so does the name there.")
check(mask_emails("a@b.org+more")[0] == "<EMAIL_1>+more", "after the @ a plus sign ends the address, and stays.")
for text, masked in (("(a@b.org)", "(<EMAIL_1>)"), ("to:a@b.org", "to:<EMAIL_1>"), ("'a@b.org'", "'<EMAIL_1>'")):
    check(mask_emails(text)[0] == masked, f"in {text!r} only the address goes, and the marks around it stay.")
for start in ("-", "..", "+", "_"):
    check(mask_emails(f"{start}a@b.org")[0] == f"{start}<EMAIL_1>",
          "an address begins with a letter or digit: a dash, dot, plus sign or underscore before it stays.")
check(mask_emails("a@b.org- or")[0] == "<EMAIL_1>- or", "an address ends in a letter: a dash after it stays.")
check(mask_emails("a@b.org_ c@d.org2")[0] == "<EMAIL_1>_ <EMAIL_2>2",
      "an address ends in a letter: an underscore or a digit after it stays.")
for name in ("a@b.co.uk", "a@shop.info", "a@b"):
    check(mask_emails(f"to {name} now")[0] == "to <EMAIL_1> now",
          f"all of {name} goes: after the @ there may be any number of dots, and an ending of any length.")
for name in ("a@3com.org", "li@vip.163.com", "a@my_post.org"):
    check(mask_emails(f"to {name} now")[0] == "to <EMAIL_1> now",
          f"all of {name} goes: digits and underscores may stand after the @ as well.")
check(mask_emails("A@b.org a@b.org")[0] == "<EMAIL_1> <EMAIL_2>",
      "two spellings are two addresses here, or undoing would bring the wrong one back.")
check(mask_emails("a@b.org c@d.org")[0] == "<EMAIL_1> <EMAIL_2>", "a second address gets the next number.")
check(mask_emails("a@b.org c@d.org a@b.org")[0] == "<EMAIL_1> <EMAIL_2> <EMAIL_1>", "the same address, the same mask.")
check(mask_emails("a@b.org a@b.org c@d.org")[0] == "<EMAIL_1> <EMAIL_1> <EMAIL_2>",
      "an address that comes again uses up no number.")
check(tuple(mask_emails("No mail here.")) == ("No mail here.", {}),
      "without an address the text stays, and the dict is empty.")
check(mask_emails("3 @ 5 pm")[0] == "3 @ 5 pm", "an @ by itself is no address.")
check(mask_emails("b@c.org, ab@c.org")[0] == "<EMAIL_1>, <EMAIL_2>",
      "one address may be part of another: mask each where it stands, and not wherever its letters occur.")
text, back = mask_emails("ab@c.org, b@c.org")
for mask, address in back.items():
    text = text.replace(mask, address)
check(text == "ab@c.org, b@c.org", "undoing must bring the text back.")
passed("Your masks can be undone by whoever holds the dict, and by nobody else.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# `re.sub` takes a function in place of a text: it is called for each match and returns what goes in. Keep a dict from
# address to mask inside. In a pattern, `[\w.-]` is a letter, digit, underscore, dot or dash, and `[\w.+-]` may
# be a plus sign, too.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# import re
#
#
# def mask_emails(text):
#     masks = {}
#
#     def hide(found):
#         return masks.setdefault(found[0], f"<EMAIL_{len(masks) + 1}>")
#
#     text = re.sub(r"[A-Za-z0-9][\w.+-]*@[\w.-]*[A-Za-z]", hide, text)
#     return text, {mask: address for address, mask in masks.items()}
# ```
#
# </details>
#
# **Why?** A colleague splits first and removes duplicates afterwards, in each part by itself: "it is the same work,
# and faster". What goes wrong? And why mark the filters by a truth that they never see, rather than count what they
# drop?
#
# <details><summary>Answer</summary>
#
# Two copies of one record may land on different sides, and then neither part has a duplicate in it. The model is
# tested on what it has read, and the score rises without anything having been learnt. Copies go *before* the split.
#
# A filter that drops many records may be dropping the wrong ones, and one that drops none may have nothing to find.
# The count looks the same in a good filter and a bad one. If the filter could see the truth, it would find itself
# perfect.
#
# </details>
#
# ## In this notebook you saw
#
# - A curation is a row of small steps with one form; every line of the export is accounted for.
# - A filter has a precision and a recall, and they flatter whoever wrote the filter on the same data.
# - Copies go before the split; the split goes by customer and product; how many prompts you hold out counts.
# - Whether cleaning pays is a question of dose and price, so a trial turns the dose and reports each gap with its
#   interval, manner and facts apart. The last cell says at which doses cleaning or choosing was surely ahead, and where
#   three seeds were too few to say. Choosing
#   is not cleaning: section 9 says how a hundred chosen rows did beside random clean ones.
# - Leaks, personal data and licences are no question of points.
# - Synthetic replies carry on what their filter cannot see.
#
# ## Sources
#
# - Zhou et al. 2023, *LIMA: Less Is More for Alignment*, arXiv:2305.11206. Few excellent examples.
# - Lee et al. 2021, *Deduplicating Training Data Makes Language Models Better*, arXiv:2107.06499.
# - Broder 1997, *On the resemblance and containment of documents*; Leskovec, Rajaraman and Ullman 2020, *Mining of
#   Massive Datasets*, chapter 3. MinHash and bands.
# - Carlini et al. 2020, *Extracting Training Data from Large Language Models*, arXiv:2012.07805.
# - Perez and Ribeiro 2022, *Ignore Previous Prompt: Attack Techniques For Language Models*, arXiv:2211.09527.
# - Wang et al. 2022, *Self-Instruct*, arXiv:2212.10560. A model writes its training data, and a filter chooses.
# - Shumailov et al. 2023, *The Curse of Recursion*, arXiv:2305.17493; Gerstgrasser et al. 2024, *Is Model Collapse
#   Inevitable?*, arXiv:2404.01413.
# - Li et al. 2015, *A Diversity-Promoting Objective Function for Neural Conversation Models*, arXiv:1510.03055.
#
# **Next:** notebook [02](02_supervised_finetuning.ipynb) builds the fine-tune that we borrowed here. Last, what the
# real model's stored runs say of the question at the top, and what this run took on your computer.

# %%
import psutil

from ftlab.course import doctor

print("On the real model, at the doses that were run, each arm at the best of three lengths:")
say(compare(best["real"], "off_brand"), doses_of(best["real"], "off_brand"), "off_brand")
print("At 25 steps:")
say(compare(real, "off_brand"), doses_of(real, "off_brand"), "off_brand")
if others := claims.reference("hundred-beats-dirty", "smollm2-135m-instruct"):
    print(f"For 95 % and 25 steps alone there are {len(others['runs'])} seeds more (claim 1): excellent minus raw "
          f"{others['effect']:+.1f} points [{others['low']:+.1f}, {others['high']:+.1f}], {others['verdict']}. Where "
          "they disagree with the lines above, these had too few seeds to show it.")
memory = psutil.Process().memory_info().rss
print(f"{(time.perf_counter() - started) / 60:.1f} minutes, {memory / 2**30:.1f} GiB of memory in use.")
print(doctor.machine())
