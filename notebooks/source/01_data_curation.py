# ---
# jupyter:
#   ftlab:
#     minutes: 4
#     claims: [hundred-beats-raw, off-brand-costs, fifteen-percent-held-out, synthetic-near-gold, filtering-helps,
#       own-output-narrows]
# ---

# %% [markdown]
# # What makes a training set good?
#
# A support desk has answered customers for a year. Somebody exports all of it, twelve thousand records, and says:
# "There is your training data." In this notebook you turn that dump into a training set, step by step, and keep a
# record of everything that you throw away. Then you find out whether it was worth the trouble.
#
# **After it you can**
#
# - write a curation as a row of small steps, each of which keeps a record, repairs it, or drops it with a reason;
# - choose a well-kept library for a step by measuring it;
# - say how good a filter is, by its precision and its recall, and what such a number does not tell;
# - split by customer and product, and say how many held-out prompts are enough;
# - put on trial what people say about data: few and excellent, synthetic, filtered, or fed back to itself.
#
# **You need** a little Python, and notebook 00 for the words *fine-tuning* and *on-brand*. It takes about four
# minutes on two processor cores; the last cell prints what it took on yours. Nothing is downloaded. Exercises are at
# the end; the notebook runs without them.

# %% [markdown]
# ## Set up
#
# The first cell imports what the lesson uses. Each step of the curation is a small file under `ftlab/curation/`; we
# shall look into most of them.

# %%
import json, math, time; started = time.perf_counter()  # noqa: E401, E702
import matplotlib.pyplot as plt
import numpy as np
from collections import Counter
from datasets import disable_progress_bars
from ftlab import claims, figures, files, model, paths
from ftlab.course import doctor
from ftlab.evidence import intervals
from ftlab.tuning import chat, generate
from ftlab.curation import choose, duplicates, injection, leaks, measure, normalize, personal, pipeline, records
from ftlab.exercise import check, passed
from ftlab.workshop.experiments import curation, sft, synthetic
from ftlab.world import brand, desk
figures.style(); disable_progress_bars(); choice = model.lab()  # noqa: E702
print(choice)

# %% [markdown]
# The second cell holds the dials. Run the notebook once as it is; then turn one dial and run it again. The claims
# compare your numbers with reference runs that were made with the values you see here.

# %%
SEED = 0  # which dump is made, which records are drawn, and their order; any whole number
RECORDS = 12_000  # records in the dump; try 3000 for a quick look
RAW, EXCELLENT = 10_000, 100  # claim 1: raw records against excellent ones; try 30 and 300
STEPS = 90  # optimizer steps of eight rows in every fine-tune; try 60 and 120
LR = 1e-3  # peak learning rate; try 5e-4
HELD_OUT = 60  # test prompts for every score; try 20 and 324, and watch the intervals
FAULT = "off_brand"  # claim 2: what is removed alone; section 12 prints the others to choose from
SHARE = 0.15  # claim 3: share of the curated records to hold out; try 0.10 and 0.20
WRITTEN = 150  # claims 4 to 6: replies that a model writes; try 50 and 400
TEMPERATURE = 1.0  # how a model draws its words: 1 as it believes, below 1 more boldly; try 0.7
GENERATIONS = 2  # claim 6: how often a model is trained on its own output; try 1 and 5
FRESH = 731  # the seed of a dump that no filter was made for; try any other number

# %% [markdown]
# ## 1. The dump
#
# Quillmere is invented, and so is its dump: clean questions and replies, into which a program has put the faults
# that exports really have. That gives us something that no real desk has. Beside each record the program notes which
# faults it planted. We keep this **truth** in a file of its own. No filter ever sees it; it is there to mark the
# filters' work.

# %%
folder = paths.runs() / "curation"
raw_path, truth_path = desk.write(folder, RECORDS, SEED)
lines, truth = list(records.read_lines(raw_path)), files.read_jsonl(truth_path)
print(f"{len(lines):,} lines, {raw_path.stat().st_size / 1e6:.1f} MB. The first one:\n\n{lines[0][1]}")

# %% [markdown]
# A line holds what the desk's screen showed (`record`), what the customer asked and what the agent replied, and
# around it who, when, about what, and whether we may use it at all (`license`). Here is what was planted. A record
# may have several faults.

# %%
planted = Counter(fault for row in truth for fault in row["faults"])
for fault, count in planted.most_common():
    print(f"{fault:20} {count:6,}  {count / len(truth):6.1%}")
free = sum(not row["faults"] for row in truth)
assert free < len(truth) / 2 > max(planted.values())
print(f"\n{free:,} of {len(truth):,} records ({free / len(truth):.0%}) have no fault at all")

# %% [markdown]
# Most records have something wrong with them, though no single fault is in even half of them. That is the usual
# state of a dump. For looking at one step at a time, we pick for each fault the first record that has this one and
# no other.

# %%
alone = {}
for number, line in lines:
    faults = truth[number - 1]["faults"]
    if len(faults) == 1:
        alone.setdefault(faults[0], line)
print(json.loads(alone["off_brand"])["reply"])
print(json.loads(alone["contradicting_fact"])["record"], "->", json.loads(alone["contradicting_fact"])["reply"])

# %% [markdown]
# Above, an agent in a manner of their own; below, a reply that states another value than the screen beside it.
#
# ## 2. One form for every step
#
# A pipeline is easy to read if all its steps look alike. Ours take a record and either return it (the same one, or a
# repaired one) or raise `Reject` with a reason in words. The first step, `records.validate`, turns a line into a
# record. A few lines of code try a step on a record and say what came of it.

# %%
def try_step(act, record):
    try:
        after = act(record)
    except records.Reject as reason:
        return f"dropped: {reason}"
    return "kept as it is" if after is record else "kept, and changed"


print(try_step(records.validate, alone["malformed"]))
print(try_step(records.validate, '["d-1", "price"]'))
print(try_step(records.validate, lines[0][1]))

# %% [markdown]
# A reason names what was expected, what was found and, where it can, what to do. Somebody will read these reasons to
# repair the export. The third line was sound: out of it came a record.
#
# The next step is the shortest, and the one that no score will ever reward. May we train on this text? An unknown
# license means no.

# %% tags=["twin:ftlab.curation.records:check_license"]
from ftlab.curation.records import Reject
from ftlab.data.faults import short

ALLOWED = ("owned", "consented")


def check_license(record):
    if record["license"] not in ALLOWED:
        raise Reject(f"expected the license {' or '.join(ALLOWED)}, found {short(record['license'])}. Ask for consent.")
    return record


print(try_step(check_license, records.validate(alone["no_license"])))

# %% [markdown]
# ## 3. Repair what can be repaired
#
# Mail programs and web forms leave tags, entities, signatures and quoted mails on a text. Dropping such records
# would waste good replies, so `normalize` repairs them: `selectolax` parses the HTML as a browser would, `ftfy`
# mends broken letters, and a few patterns know where a mail ends and its furniture begins.

# %%
for fault in ("html_remains", "signature"):
    record = records.validate(alone[fault])
    clean = normalize.normalize(record)
    for name in normalize.TEXTS:
        if clean[name] != record[name]:
            print(f"{fault}, {name}\n  before: {record[name]!r}\n  after:  {clean[name]!r}\n")

# %% [markdown]
# Order matters here. This step comes before everything that looks at texts: a filter for language or length would
# otherwise judge the furniture.
#
# ## 4. Mask what points at a person
#
# A model can learn an address by heart and tell it to the next customer. So mail addresses, phone numbers and payment
# cards go. Searching for "many digits" would take every order number along. Better patterns use what the numbers
# themselves prove. A card number ends in a check digit: from the right, double every second digit, add up the digits
# of all that, and the sum must be a multiple of ten. By hand for a short number:
#
# | number | doubled, from the right | digits added up | multiple of ten? |
# |---|---|---|---|
# | 59 | 9, 10 | 9 + 1 + 0 = 10 | yes |
# | 95 | 5, 18 | 5 + 1 + 8 = 14 | no |
#
# That is Luhn's check, and `python-stdnum` has it ready. For phones, `phonenumbers` knows which numbers a phone
# company could have given out.

# %%
from stdnum import luhn

assert luhn.is_valid("59") and not luhn.is_valid("95")
asked = "Write to anna@post.example or call +44 20 7946 0018. My order is 2025 1234567, my card 4111 1111 1111 1111."
for item in personal.find(asked):
    print(f"{item.kind:5} {item.value}")
print("not looked for:", ", ".join(personal.NOT_LOOKED_FOR))

# %% [markdown]
# The order number is not among them. Each find is replaced by a mask, and the replacement can be undone: the pairs of
# mask and value go into a file of their own, `personal.jsonl`, which stays with those who may see it. If nobody needs
# to undo it, do not keep the file.

# %%
masked = personal.mask({"question": asked, "reply": "We have written to anna@post.example."})
print(masked["question"], "|", masked["reply"])
assert personal.unmask(masked["question"], masked["personal"]) == asked

# %% [markdown]
# The same address gets the same mask throughout a record, so that the talk still makes sense.
#
# ## 5. Drop what cannot be repaired
#
# Three more steps look at one record each. `empty_or_truncated` wants a reply that ends with its sentence. `language`
# asks a small detector (`py3langid`, which downloads nothing) whether question and reply are English. `injection`
# looks for texts that give orders to a language model: a model trained on those learns to obey whoever writes.

# %%
steps = dict(pipeline.PREPARE)
for fault, step in {"truncated_reply": "empty_or_truncated", "other_language": "language",
                    "injection": "injection"}.items():
    print(f"{step}: {try_step(steps[step], records.validate(alone[fault]))}")
print("\npatterns of injection:", ", ".join(injection.PATTERNS))

# %% [markdown]
# Patterns catch what is already known. Somebody who words an order in a new way gets through; we come back to this
# when we measure.
#
# ## 6. The same thing twice
#
# A record that occurs five times is learnt five times, and if one copy lands in the test set, the test is spoiled.
# For exact copies we compare a hash of the words, case and punctuation aside.

# %% tags=["twin:ftlab.curation.duplicates:exact_key"]
import hashlib
from ftlab.curation.duplicates import plain


def exact_key(record):
    """16 bytes that two records share if screen, question and reply are equal but for case and punctuation."""
    text = "\n".join(plain(record[name]) for name in ("record", "question", "reply"))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


one = {"record": "Hazel Kettle.", "question": "How much is it?", "reply": "It is $45.00."}
print(exact_key(one) == exact_key({**one, "question": "how much IS it"}), exact_key(one).hex())

# %% [markdown]
# One added word and the hash is another one altogether. For *near* copies we need a measure of likeness. Cut a text
# into **shingles**, pairs of neighbouring words, and ask which share of all the shingles two texts have in common
# (Jaccard's index).

# %%
def shingles(text):
    words = plain(text).split()
    return {" ".join(pair) for pair in zip(words, words[1:], strict=False)}


a, b = shingles("How much is the Hazel Kettle?"), shingles("Hello. How much is the Hazel Kettle?")
print(f"{len(a & b)} common of {len(a | b)} in all: {len(a & b) / len(a | b):.2f}")
assert (len(a & b), len(a | b)) == (5, 6)

# %% [markdown]
# All pairs of a dump are far too many for such sums. **MinHash** shortens each record to a row of numbers, its
# *signature*: number *i* is the smallest value that hash function *i* gives to any of its shingles. Two records agree
# in one such number exactly when the shingle that came out smallest is one they share; so the share of equal numbers
# estimates Jaccard's index. The hashing is done by `rensa`.

# %%
from rensa import RMinHash
from ftlab.curation.duplicates import training_text

HASHES, SHINGLE = duplicates.HASHES, duplicates.SHINGLE  # numbers in a signature, words in a shingle


def signature(text):
    sketch = RMinHash(num_perm=HASHES, seed=duplicates.SEED)
    sketch.update(list(shingles(text)))
    return np.array(sketch.digest(), dtype=np.uint32)


texts = [training_text(one), training_text({**one, "question": "Hello. How much is it?"})]
a, b = map(shingles, texts)
equal = np.mean(signature(texts[0]) == signature(texts[1]))
assert (signature(texts[0]) == duplicates.signature(one)).all()  # the package does the same
print(f"Jaccard's index {len(a & b) / len(a | b):.2f}; estimated from {HASHES} numbers {equal:.2f}, "
      f"with a standard error of at most {math.sqrt(0.25 / HASHES):.3f}")

# %% [markdown]
# One trick is left. Cut each signature into **bands** of a few numbers. Only records that agree in a whole band are
# compared at all, and those can be found by sorting. Alike records meet in some band almost surely, unlike ones
# hardly ever:

# %%
BANDS, WIDTH = duplicates.BANDS, HASHES // duplicates.BANDS
print(f"{len(lines) * (len(lines) - 1) // 2:,} pairs of records; {BANDS} bands of {WIDTH} numbers")
for likeness in (0.3, 0.5, 0.7, 0.9):
    print(f"likeness {likeness}: meets in a band with probability {1 - (1 - likeness**WIDTH) ** BANDS:.4f}")

# %% [markdown]
# This is locality-sensitive hashing, *LSH*. Three libraries offer it or its parts. Which one? We let each mark the
# records that nearly repeat an earlier one, on the first 2,000 records, and compare with the truth: recall is the
# share of the planted near-copies that were found, precision the share of marked records that are copies of some
# kind. `datasketch` and `gaoya` are no part of this project, so they run only if you have them.

# %%
def with_rensa(rows):
    return duplicates.find_near(np.stack([duplicates.signature(row) for row in rows])) >= 0


def with_datasketch(rows):
    from datasketch import MinHash, MinHashLSH
    index, sketches, found = MinHashLSH(num_perm=HASHES, params=(BANDS, WIDTH)), [], []
    for number, row in enumerate(rows):
        sketch = MinHash(num_perm=HASHES)
        sketch.update_batch([pair.encode() for pair in shingles(training_text(row))])
        found.append(any(sketch.jaccard(sketches[i]) >= duplicates.ALIKE for i in index.query(sketch)))
        index.insert(number, sketch)
        sketches.append(sketch)
    return np.array(found)


def with_gaoya(rows):
    from gaoya.minhash import MinHashStringIndex
    index, found = MinHashStringIndex(hash_size=32, jaccard_threshold=duplicates.ALIKE, num_bands=BANDS,
                                      band_size=WIDTH, analyzer="word", ngram_range=(SHINGLE, SHINGLE)), []
    for number, row in enumerate(rows):
        text = plain(training_text(row))
        found.append(bool(index.query(text)))
        index.insert_document(number, text)
    return np.array(found)

# %% [markdown]
# Each function is short, because the libraries do the work. Now the race, in seconds of the processor.

# %%
first = curation.read_raw(lines[:2000], 2000)
rows = [normalize.normalize(record) for record in first.values()]
known = {truth[number - 1]["id"] for number in first}
near = np.array(["near_duplicate" in truth[n - 1]["faults"] and truth[n - 1]["duplicate_of"] in known for n in first])
copies = np.array([truth[n - 1]["duplicate_of"] is not None for n in first])
for find in (with_rensa, with_datasketch, with_gaoya):
    name, clock = find.__name__.removeprefix("with_"), time.process_time()
    try:
        found = find(rows)
    except ModuleNotFoundError:
        print(f"{name:10}  not installed, see below")
        continue
    print(f"{name:10}  {time.process_time() - clock:5.2f} s   recall {found[near].mean():.3f}   precision "
          f"{copies[found].mean():.3f}")

# %% [markdown]
# And what we measured when we chose, with all three installed:

# %%
stored = files.read_json(paths.data() / "curation" / "measured.json")
print(stored["near_duplicates"]["note"])
for row in stored["near_duplicates"]["rows"]:
    print(f"{row['library']:10} {row['version']:6} {row['seconds']:5.2f} s   recall {row['recall']:.3f}   precision "
          f"{row['precision']:.3f}   {row['size_mb']} MB")

# %% [markdown]
# If recall and precision are equal, as they should be where all three compute the same thing, other reasons decide.
# `rensa` gives us the bare signatures. Those can be made in several processes, stored beside each part of a dump that
# does not fit in memory, and compared by sorting NumPy columns (`duplicates.find_near`). An index that lives in one
# process cannot do that. That is why it won, and its speed is welcome too.
#
# ## 7. Labels that are wrong
#
# Agents choose an intent from a list, and now and then the wrong one. Nobody reads twelve thousand labels. But a
# small classifier can: it learns intents from the texts and doubts labels that it would never have guessed. Two
# things make this honest. Each record is judged by a model that was *not* trained on it. And it takes more than "the
# model guesses otherwise": the label's own probability must be very low.

# %% tags=["twin:ftlab.curation.labels:find_wrong"]
DOUBTED = 0.1  # a label with more probability than this is left alone


def find_wrong(labels, probabilities, intents):
    import numpy as np

    place = {intent: i for i, intent in enumerate(intents)}
    wrong = np.zeros(len(labels), dtype=bool)
    for row, label in enumerate(labels):
        if label in place:
            own = probabilities[row][place[label]]
            wrong[row] = own <= DOUBTED and probabilities[row].max() > own
    return wrong


chances = np.array([[0.9, 0.1], [0.05, 0.95], [0.2, 0.8], [0.6, 0.4]])  # one row a record: price, colour
print(find_wrong(["price", "price", "colour", "colour"], chances, ("price", "colour")))

# %% [markdown]
# Record 2 is labelled *price*, to which the model gives 0.05: doubted. Record 4 is labelled *colour* where the model
# leans to *price*, but not by much: left alone. The classifier itself is logistic regression on word counts, in
# `ftlab/curation/labels.py`.
#
# ## 8. Is the reply true, in our manner, and not on the test?
#
# The last three filters look at the reply. `contradictions` compares its figures and materials with the screen.
# `quality` counts broken rules of the brand guide, and gives what passes a score from 0 to 1. `decontaminate` looks
# for texts of every test set of this course, also slightly changed ones, by runs of eight words and then word by
# word.

# %%
last_steps = dict(pipeline.JUDGE)
for fault, step in {"contradicting_fact": "contradictions", "off_brand": "quality",
                    "leaked_test": "decontaminate"}.items():
    print(f"{step}: {try_step(last_steps[step], records.validate(alone[fault]))}")
print(f"\ndecontaminate knows {len(leaks.test_texts()):,} texts that models of this course are tested on")

# %% [markdown]
# Note what `quality` is: *our* idea of a good reply, written as code. It is the same guide that will score the tuned
# model. That is fair, since the guide says what we want; but a filter and a score that share a blind spot will never
# find it. Notebook 08 goes into this.
#
# ## 9. Run it
#
# One call does all of it over the whole dump, in the order below. The steps that need all the records at once, copies
# and labels, stand in the middle.

# %%
from tqdm.auto import tqdm

print(" > ".join(pipeline.STEPS))
outcome = pipeline.run(tqdm(lines, desc="one record at a time", mininterval=1, leave=False))
card = pipeline.write(outcome, raw_path, folder, {"seed": SEED, "records": RECORDS})
for row in outcome.funnel:
    print(f"{row['step']:20}{row['in']:8,} in{row['changed']:8,} changed{row['dropped']:8,} dropped{row['out']:8,} out")

# %% [markdown]
# The funnel as a figure. Each bar is what goes on to the next step; the number beside it is what was dropped there.

# %%
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
# **Nothing disappears silently.** Every line of the export is now in one of two files, and a line is in neither
# twice. We check it, and read one row of each.

# %%
numbers = [row["lineage"]["line"] for row in outcome.kept] + [row["line"] for row in outcome.rejected]
assert sorted(numbers) == [number for number, _ in lines]
reject = next(row for row in outcome.rejected if row["step"] == "quality")
print({key: reject[key] for key in ("line", "id", "step", "reason")})
print(outcome.kept[0]["lineage"])

# %% [markdown]
# A kept record carries its **lineage**: its id and line in the export, the steps that changed it, and a hash of its
# content. Whoever asks where a training example comes from gets an answer, and a changed one is found out.
#
# One warning. A reject row holds the record as it was when it was dropped. For the steps before `personal` that is
# *unmasked*, addresses and all. Keep `rejected.jsonl` where the export itself is kept, and delete both together.
#
# The last two steps of the funnel deserve a look. `balance` takes the best records in turns over intents and
# products. It dropped nothing here, because we asked for all; in section 11 it will choose. `split` holds out whole
# customers and whole products. A random split would leave other questions of the same customer, about the same
# kettle, on the other side, and the model could know the answer without having learnt the job. The price is the
# records whose customer and product would land on different sides.

# %%
sides = {side: [row for row in outcome.kept if row["split"] == side] for side in (choose.TRAIN, choose.TEST)}
for name, value in (("customers", lambda row: row["customer"]), ("products", records.about)):
    on = [{value(row) for row in rows} for rows in sides.values()]
    assert not on[0] & on[1]
    print(f"{name:10} train {len(on[0]):4}, held out {len(on[1]):3}, on both sides {len(on[0] & on[1])}")
print(f"held out: {len(sides['test']) / len(outcome.kept):.1%} of {len(outcome.kept):,} records")

# %% [markdown]
# All this goes onto a **data card** beside the data: where it came from, what is in it, hashes, the funnel, and the
# versions of the libraries. A few of its lines:

# %%
for key in ("source", "source_sha256", "records", "content_sha256", "products_and_policies", "customers", "libraries"):
    print(f"{key}: {card[key]}")

# %% [markdown]
# ## 10. How good are the filters?
#
# Now the truth comes out of its drawer. For each fault: of the records that its step dropped, which share has the
# fault (**precision**)? Of those with the fault that reached the step, which share did it drop (**recall**)? Low
# precision wastes good data, low recall lets bad data through. A step is judged on what reaches it; repairs are
# judged by the text that they leave.

# %%
scores = measure.measure(lines, truth, outcome)
print(measure.table(scores))


def print_short(scores, bars=(("precision", 0.95), ("recall", 0.9))):
    known = [(score, name, getattr(score, name), bar) for score in scores for name, bar in bars]
    known = [row for row in known if row[2] is not None]
    for score, name, share, bar in known:
        if share.value < bar:
            print(f"below {bar}: {name} of {score.fault}, {share.value:.3f} "
                  f"(95 % interval {share.low:.3f} to {share.high:.3f}, {score.planted} planted)")
    unsure = dict.fromkeys(score.fault for score, _, share, bar in known if share.value >= bar > share.low)
    print("met, but with an interval that reaches below a bar:", ", ".join(unsure) or "none")


print("\nOur bars: precision 0.95, recall 0.9.")
print_short(scores)

# %% [markdown]
# If nothing is "below", every filter met both bars. Those named last met them too, but so few were planted that two
# or three misses more would make another picture. The figure has the intervals.

# %%
fig, axes = plt.subplots(1, 2, figsize=(9, 5), sharey=True)
places = list(range(len(scores)))
for ax, name, bar in zip(axes, ("precision", "recall"), (0.95, 0.9), strict=True):
    for place, score in enumerate(scores):
        if (share := getattr(score, name)) is not None:
            ax.errorbar(share.value, place, xerr=[[share.value - share.low], [share.high - share.value]], fmt="o",
                        color=figures.BLUE)
    ax.axvline(bar, color=figures.VERMILION, ls="--")
    ax.set(xlabel=f"{name} (share), dashed: our bar")
axes[0].set_yticks(places, [score.fault for score in scores])
axes[0].invert_yaxis()
pairs = [(share.value, bar) for score in scores
         for share, bar in ((score.precision, 0.95), (score.recall, 0.9)) if share]
_ = fig.suptitle(f"{sum(value >= bar for value, bar in pairs)} of {len(pairs)} shares meet their bar; the lowest is "
                 f"{min(pairs)[0]:.3f}")

# %% [markdown]
# Which records did the filters get wrong? Numbers like these are easy to believe, so look. These are the first misses
# and false alarms, whatever they are.

# %%
for score in scores:
    for word, numbers in (("missed", score.missed), ("dropped without this fault", score.wrong)):
        if numbers and score.step not in ("normalize", "personal"):
            record = json.loads(lines[numbers[0] - 1][1])
            print(f"{score.fault}, {word} (line {numbers[0]}): {record['question'][:70]!r} -> {record['reply'][:90]!r}")

# %% [markdown]
# ### Why you should not believe these numbers
#
# They are high, and there is a reason for that which flatters us: the filters' patterns were written while looking at
# dumps of this same generator. A filter that has seen the exam does well in it. We can do a little better and measure
# on a dump with another seed, which nobody looked at.

# %%
fresh = list(desk.records(min(4000, RECORDS), FRESH))
fresh_lines = [(number, desk.line(record)) for number, (record, _) in enumerate(fresh, start=1)]
fresh_truth = [row for _, row in fresh]
fresh_scores = measure.measure(fresh_lines, fresh_truth, pipeline.run(fresh_lines))
print(measure.table(fresh_scores), "\n")
print_short(fresh_scores)
print(f"\nOnce it was different: recall {stored['injection']['recall']} for {stored['injection']['note']}")

# %% [markdown]
# Even this is a half-fresh exam. The records are new, but the generator draws them from the *same tables of phrases*,
# and those tables have been seen. (Should the label filter do worse here: it learns the intents from the dump itself,
# and this dump is smaller.) The last line shows what a filter finds when its patterns meet phrases that it was
# not made for. Expect that kind of number on your own data, and expect it to fall when people learn what you filter.
#
# One filter lets more through than the others, the one against contradictions. Here is what it missed.

# %%
for number in next(score.missed for score in fresh_scores if score.fault == "contradicting_fact")[:3]:
    record = fresh[number - 1][0]
    print(f"{record['record']}\n   asked: {record['question']!r}\n   reply: {record['reply']!r}\n")

# %% [markdown]
# It compares figures, materials and towns with the screen. A figure that stands on another line of the screen gets
# past it, and so does a contradiction in plain words. For those, something has to understand both texts.
#
# For your own desk, let somebody who did not write the filters label two hundred records by hand, and measure on
# those. How many? Section 13 has the sum.

# %% [markdown]
# ### At scale
#
# In memory, this works for some tens of thousands of records. `ftlab.curation.stream` runs the same steps over a dump
# of any size: it reads the export in parts, works on them in several processes, and writes each part's result as a
# whole file or not at all. Kill it and start it again: finished parts stay, the rest is done. We try it on 600 lines
# in parts of 200, and compare with the pipeline above.

# %%
import contextlib
import tempfile
from pathlib import Path
from ftlab.curation import stream

with tempfile.TemporaryDirectory() as temporary, contextlib.chdir(temporary):
    files.write_text("export.jsonl", "".join(line + "\n" for _, line in lines[:600]))
    stream.run("export.jsonl", "work", shard_rows=200, workers=1, progress=False)
    streamed = {row["id"]: row["lineage"]["sha256"] for row in files.read_jsonl("work/kept.jsonl")}
    in_memory = pipeline.run(records.read_lines("export.jsonl")).kept
assert streamed == {row["id"]: row["lineage"]["sha256"] for row in in_memory}
print(f"both keep the same {len(streamed)} records, with the same content")

# %% [markdown]
# For a million records, call the same function with `workers=2` and go for a cup of tea. What we measured, in records
# a second of one process for each step; `make bench` does it on your machine. *Growth* is the exponent *g* in "seconds
# grow as size to the power *g*": at 1 a step keeps its pace, at 2 ten times the records take a hundred times as long.

# %%
print(stored["scale"]["note"], "", *stored["scale"]["table"], sep="\n")

# %% [markdown]
# Watch the growth of a step before you trust it with more records than ever before. Beyond one machine,
# `ftlab.curation.engine` is the same pipeline as a job of `datatrove`: its executor hands the parts to local
# processes, or, with the executor for Slurm in its place, to a cluster.
#
# A folder of half-done work has one danger: going on with *other* settings, and mixing two curations in one result.
# The next cell does that on purpose and fails. Read its last line: where, what was expected, what was found, and what
# to do.

# %% tags=["raises-exception"]
from IPython import get_ipython

get_ipython().run_line_magic("xmode", "Minimal")  # the message without the path that led to it
with tempfile.TemporaryDirectory() as temporary, contextlib.chdir(temporary):
    files.write_text("export.jsonl", "".join(line + "\n" for _, line in lines[:50]))
    stream.make_plan(Path("export.jsonl"), Path("work"), {"size": None, "shard_rows": 200})
    stream.make_plan(Path("export.jsonl"), Path("work"), {"size": 20, "shard_rows": 200})

# %% [markdown]
# ## 11. Was it worth it?
#
# Time for a model. A **fine-tune** goes on training a base model on prompts with the replies that one wants, so that
# such replies become more likely. `sft.fine_tune` is one call of the library TRL; notebook
# [02](02_supervised_finetuning.ipynb) builds it in the open, down to every argument.
#
# What we score is the desk's job: is a reply on-brand, and does it state the right fact? The test prompts are the
# course's own held-out conversations. Their products and phrasings are in no dump, except where they leaked, and
# those the curation has removed.

# %%
held_out = sft.conversations("test")[:HELD_OUT]  # the first ones in the file, not picked


def tune(rows):
    tuned, tokenizer, _ = sft.fine_tune(choice, [curation.to_row(row) for row in rows], LR, STEPS, SEED)
    return tuned, tokenizer


def show_shares(name, scores):
    print(f"{name:28} on-brand {sft.share(scores['on_brand']):3.0f} %   right fact {sft.share(scores['right']):3.0f} %"
          f"   both {sft.share(scores['both']):3.0f} %")

# %% [markdown]
# One side gets a hundred *excellent* examples: the best of what we kept, in turns over intents and products. Does
# that change the mix? Compare the most and the least frequent intent.

# %%
excellent = curation.pick_excellent(outcome.kept, EXCELLENT)
for name, rows in (("all curated", outcome.kept), (f"{EXCELLENT} excellent", excellent)):
    intents = Counter(row["intent"] for row in rows).most_common()
    print(f"{name:14} most frequent: {intents[0][0]} {intents[0][1] / len(rows):.0%}, least: {intents[-1][0]} "
          f"{intents[-1][1] / len(rows):.1%}")
print(f"lowest quality score among the excellent: {min(row['quality'] for row in excellent):.2f}")

# %% [markdown]
# The other side gets ten thousand raw records, every one that can be read at all, leaked ones included. Both train
# for the same number of steps, so that neither has more computing. That is a decision with a consequence. In so few
# steps of eight rows, the model sees the excellent examples several times over, and of the raw ones a random few
# hundred once each. We draw those ourselves, so that the trainer need not prepare ten thousand. The function can
# also leave out records with given faults, which is for section 12.

# %% tags=["twin:ftlab.workshop.experiments.curation:draw"]
def draw(raw, truth, faults, count, seed):
    lines = sft.sample(list(raw), len(raw), seed)
    free = [line for line in lines if not set(faults) & set(truth[line - 1]["faults"])]
    return [raw[line] for line in free[:count]]

# %% [markdown]
# Now the first of the two, on the excellent examples. The table shows the training loss.

# %%
excellent_model, tokenizer = tune(excellent)
by_data = {f"{EXCELLENT} excellent": sft.judge(excellent_model, tokenizer, held_out)}
show_shares(f"{EXCELLENT} excellent", by_data[f"{EXCELLENT} excellent"])

# %% [markdown]
# And the raw records. The model learns from whatever stands there: typed-out signatures, half replies, Spanish, and
# agents who call the customer "guys". TRL warns of one thing: a few replies are nothing but an empty line, which melts
# with the end of the prompt into one token.

# %%
raw = curation.read_raw(lines, RAW)
raw_model, _ = tune(draw(raw, truth, (), 8 * STEPS, SEED))
by_data[f"{len(raw):,} raw"] = sft.judge(raw_model, tokenizer, held_out)
for name, scores in by_data.items():
    show_shares(name, scores)

# %% [markdown]
# Numbers hide what a reply looks like. The first three test prompts, in the order of the file, and what each model
# makes of them:

# %%
for i, row in enumerate(held_out[:3]):
    print(f"screen:   {row['messages'][0]['content']}\ncustomer: {row['messages'][1]['content']}")
    for name, scores in by_data.items():
        marks = f"{'✓' if scores['on_brand'][i] else '✗'} on-brand {'✓' if scores['right'][i] else '✗'} right"
        one_line = scores["reply"][i].replace("\n", " / ")
        print(f"  {name:14} {marks}: {one_line}")
    print()

# %% [markdown]
# ### Claim 1: a hundred excellent examples beat ten thousand raw ones
#
# The effect is the share of replies that are on-brand *and* right, excellent minus raw, prompt by prompt. In all the
# claims of this notebook, five points are the smallest difference that we call one. "Mixed" means that the interval
# reaches over the limit, so that this run alone cannot decide.

# %%
both = {name: scores["both"] for name, scores in by_data.items()}
gain = intervals.paired_difference(*both.values()).times(100)
result = claims.record("hundred-beats-raw", SEED, *gain, model=claims.LAB)
verdicts = {"hundred-beats-raw": result}
fig, ax = plt.subplots(figsize=(7, 2.3))
claims.draw("hundred-beats-raw", result, ax)
print(result)

# %% [markdown]
# Whichever way it came out, look at the two parts in the table above. Manner is shown by every clean example, so a
# hundred teach it, and a model trained on a mixture may still settle on the manner of the *majority*, since it says
# what is likeliest. Reading the right line off a screen is learnt from many different screens, and there ten thousand
# records, however dirty, have more to offer. "Quality beats quantity" mixes up the two.
#
# And equal steps are not the only fair comparison. What if the raw side may read all of its ten thousand, once each,
# and the excellent side takes its best number of steps? That takes minutes, so it is left to the reference runs.

# %%
one_pass = claims.reference("hundred-beats-one-pass")
if one_pass is None:
    print("There are no reference runs of a whole pass over the raw records.")
else:
    for name in ("excellent", "raw"):
        for part in ("on_brand", "right", "both"):
            value = intervals.seed_interval([run[name][part] for run in one_pass["runs"]])
            print(f"{name:10} {part:9} {value.value:3.0f} % (over seeds {value.low:.0f} to {value.high:.0f})")
    gap = intervals.seed_interval([run["effect"] for run in one_pass["runs"]])
    print(f"\nexcellent minus raw, both: {gap.value:.0f} points [{gap.low:.0f}, {gap.high:.0f}], {one_pass['verdict']}")

# %% [markdown]
# Compare the lines in pairs. In manner the two sides are close: a hundred examples are enough to show it, and thousands
# of faulty ones do not hide it. In the right fact they are far apart: reading a screen goes on improving with every new
# screen, faults and all. So the saying is about manner; for a skill, the dirty ten thousand beat the clean hundred. And
# the clean *thousands* that our curation has left? They are not on trial here. To try them, turn `STEPS` to 480, which
# is one pass, and call `tune` with all of `outcome.kept` that is on the training side.
#
# ## 12. Which fault costs most?
#
# The curation removes a dozen faults at once. Was each of them worth its filter? We take the raw records again and
# remove *one* fault alone, using the truth, so that the answer is about the fault and not about our filter. The dial
# `FAULT` says which. Your choices:

# %%
print(", ".join(curation.ARMS), f"\nhere: {FAULT}, that is, no record with {' or '.join(curation.ARMS[FAULT])}")
arm_model, _ = tune(draw(raw, truth, curation.ARMS[FAULT], 8 * STEPS, SEED))
without = sft.judge(arm_model, tokenizer, held_out)
show_shares("raw", by_data[f"{len(raw):,} raw"])
show_shares(f"raw without {FAULT}", without)

# %% [markdown]
# ### Claim 2: the off-brand replies do the harm
#
# A reply in another manner is the commonest fault of the dump by far, and manner is what we score. So the claim says
# that dropping those replies alone helps clearly. If you have turned `FAULT`, your number is about another fault,
# and it is not recorded under this claim.

# %%
gain = intervals.paired_difference(without["both"], by_data[f"{len(raw):,} raw"]["both"]).times(100)
if FAULT == curation.FAULT:
    result = verdicts["off-brand-costs"] = claims.record("off-brand-costs", SEED, *gain, fault=FAULT, model=claims.LAB)
    fig, ax = plt.subplots(figsize=(7, 2.3))
    claims.draw("off-brand-costs", result, ax)
    print(result)
else:
    print(f"raw without {FAULT} minus raw: {gain} points; claim 2 is about {curation.FAULT}, so nothing is recorded")

# %% [markdown]
# One arm is soon done. All of them, over five seeds, are in the reference runs: here they are, each minus raw
# of the same seed, with its interval over seeds. The arm `label_or_license` is a control. It removes records whose
# *text* is as good as any, so what it seems to do shows how far chance alone goes.

# %%
known = claims.reference("off-brand-costs")
if known is None:
    print("There are no reference runs of the arms yet; turn FAULT to try one yourself.")
else:
    arms = [{name: scores["both"] for name, scores in run["by_arm"].items()} for run in known["runs"]]
    gains = {name: intervals.seed_interval([round(arm[name] - arm["raw"], 6) for arm in arms]) for name in arms[0]
             if name != "raw"}
    order = sorted(gains, key=lambda name: gains[name].value)
    fig, ax = plt.subplots(figsize=(9, 4))
    colours = [figures.GREY if name == "label_or_license" else figures.BLUE for name in order]
    figures.bars(ax, order, *zip(*(gains[name] for name in order), strict=True), number="{:+.0f}", colors=colours)
    plt.setp(ax.get_xticklabels(), rotation=35, ha="right")
    clear = ", ".join(name for name in order if gains[name].low > 0) or "none"
    ax.set(ylabel="gain over raw (points)", title=f"Gains whose whiskers are clear of zero: {clear}")

# %% [markdown]
# Read the whiskers before the bars: an arm whose whisker reaches over zero, or over the control, has shown nothing.
# Why do most of them show so little? In a short run the model reads a few hundred rows and learns what most of them do,
# and for each single fault most rows do not have it. The score asks ordinary questions, and answers them with the
# likeliest words. A leaked address, an injected order, a test question learnt by heart: such things come out when
# somebody provokes them, or after many passes, and no ordinary question does that.
#
# Two kinds of bars cannot be read as gains at all. Removing leaked test questions should lower a score, if it moves
# it; the points it takes were never real. And no bar shows what masks and licenses are for: nobody filters personal
# data to score better.
#
# ## 13. How much to hold out?
#
# "Hold out ten to twenty per cent" is the usual advice. What is a held-out prompt good for? It makes the score more
# exact. A share of right answers *p*, measured on *n* prompts, is off by at most about 1.96 times its standard error,
# in 95 of 100 cases:

# %% tags=["twin:ftlab.workshop.experiments.curation:half_width"]
def half_width(share_right, prompts):
    """How far a score over so many prompts may be off, in points: half of its 95 % interval."""
    return 100 * 1.96 * math.sqrt(share_right * (1 - share_right) / prompts)

# %% [markdown]
# No new training is needed to check that. We have the scores of the excellent model, one for each prompt. We draw *n*
# of them, with replacement, as if other customers had written, a thousand times, and see how far the shares spread.

# %%
right = np.array(by_data[f"{EXCELLENT} excellent"]["both"], dtype=float)
random = np.random.default_rng(SEED)
for prompts in (20, 60, 200, 600):
    drawn = random.choice(right, (1000, prompts)).mean(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    print(f"{prompts:4} prompts: the drawn shares spread over ±{50 * (high - low):4.1f} points; the formula says "
          f"±{half_width(right.mean(), prompts):4.1f}")

# %% [markdown]
# (Where a model gets all prompts right, or none, the formula says ±0, which nobody should believe; Wilson's interval,
# which our figures and the claim below use, keeps its width there.)
#
# What counts is the *number* of prompts; nowhere does the formula ask which share of your data they are. So the
# advice depends on the size of the desk. And holding out costs training data. What does that cost? The reference
# runs of notebook 02 know what a model scores after 10, 30, 100, 300 and 1,000 examples; between those we draw
# straight lines over the logarithm. This is a rough answer, and a free one.

# %%
sizes_known = claims.reference("hundreds-suffice")
curve = {}
if sizes_known is not None:
    sizes = sorted(int(size) for size in sizes_known["runs"][0]["by_size"])
    curve = {n: np.mean([run["by_size"][str(n)] for run in sizes_known["runs"]]) for n in sizes}
print(f"{'desk':>6} {'held out':>9} {'prompts':>8} {'score known to':>15} {'score, compared with training on all':>37}")
for desk_size in (200, 1000, len(outcome.kept)):
    for share in (0.05, 0.10, 0.15, 0.20, 0.50):
        cost = "not measured beyond 1,000"
        if curve and desk_size <= max(curve):
            counts = np.log([(1 - share) * desk_size, desk_size])
            now, most = np.interp(counts, np.log(list(curve)), list(curve.values()))
            cost = f"{now - most:+.1f} points"
        known_to = half_width(right.mean(), share * desk_size) if 0 < right.mean() < 1 else 0
        print(f"{desk_size:6,} {share:9.0%} {share * desk_size:8.0f} {f'±{known_to:.1f} points':>15} {cost:>37}")

# %% [markdown]
# Read the small desk first. With 200 records, a tenth is 20 prompts, and the score is a guess: hold out more, or
# write test questions by hand. For a desk of thousands, a tenth may be more than you need. And comparing two models
# on the *same* prompts, as our claims do, takes fewer of them than knowing one score.
#
# ### Claim 3: fifteen per cent is enough
#
# "Enough" needs a number, chosen beforehand: the score is known to five points. The effect is the half-width at
# `SHARE` of the records that this curation kept. Its interval comes from not knowing *p* well: it rests on
# `HELD_OUT` prompts.

# %%
width = curation.width_interval(by_data[f"{EXCELLENT} excellent"]["both"], SHARE * len(outcome.kept))
result = claims.record("fifteen-percent-held-out", SEED, *width, curated=len(outcome.kept), model=claims.LAB)
verdicts["fifteen-percent-held-out"] = result
fig, ax = plt.subplots(figsize=(7, 2.3))
claims.draw("fifteen-percent-held-out", result, ax)
print(result)

# %% [markdown]
# ## 14. Let a model write the data
#
# People are slow and models are fast. So why not let a tuned model write the replies? We take the model of the
# hundred excellent examples, give it curated prompts that it was not trained on, and let it write. It *draws* each
# token from its own probabilities (temperature 1), in place of always taking the likeliest: otherwise all its
# replies would sound alike from the start, and in section 15 we could not tell what training did from what drawing
# did. `computing_in` lets it write in the number format that the first cell printed: where that is bf16, in half the
# time.

# %% tags=["twin:ftlab.workshop.experiments.synthetic:write_replies"]
from ftlab.model import precision


def write_replies(model, tokenizer, rows, seed):
    import torch

    prompts, found = chat.prompts(tokenizer, rows), []
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    model.eval()
    with generate.computing_in(model, precision()[1]), torch.random.fork_rng(), torch.inference_mode():
        torch.manual_seed(seed)
        for start in range(0, len(prompts), 50):
            batch = tokenizer(prompts[start : start + 50], add_special_tokens=False, padding=True,
                              padding_side="left", return_tensors="pt").to(model.device)
            out = model.generate(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"],
                                 do_sample=True, temperature=TEMPERATURE, top_k=0, top_p=1.0,
                                 max_new_tokens=64, pad_token_id=tokenizer.pad_token_id)
            width = batch["input_ids"].shape[1]
            found += tokenizer.batch_decode(out[:, width:], skip_special_tokens=True)
    return [reply.strip() for reply in found]

# %% [markdown]
# Three training sets will have the same prompts: with the agents' curated replies (*gold*), with what the model wrote
# (*unfiltered*), and with what is left of that after the curation's own steps for replies (*filtered*). Those steps
# know the screen and the guide, and no truth.

# %%
gold = synthetic.prompts_for(outcome.kept, excellent, WRITTEN, SEED)
replies = write_replies(excellent_model, tokenizer, [curation.to_row(row) for row in gold], SEED)
written = synthetic.with_replies(gold, replies)
filtered, dropped = synthetic.filter_replies(written)
print(f"{len(filtered)} of {len(written)} replies pass; dropped: {dict(dropped)}\n")
passing = {row["id"] for row in filtered}
for row in written[:4]:
    print(f"{'passes ' if row['id'] in passing else 'dropped'} {row['record']}\n        {row['reply']}")

# %% [markdown]
# Read both kinds beside their screens. The steps know the manner and compare figures; they have no idea of sense, and
# nonsense in perfect manners passes. Now three fine-tunes, with equal steps.

# %%
gold_model, _ = tune(gold)
by_source = {"gold": sft.judge(gold_model, tokenizer, held_out)}
show_shares("gold", by_source["gold"])

# %% [markdown]
# The unfiltered one comes next. We keep its model for section 15.

# %%
own_model, _ = tune(written)
by_source["unfiltered"] = sft.judge(own_model, tokenizer, held_out)
show_shares("unfiltered", by_source["unfiltered"])

# %% [markdown]
# The filtered set is smaller, so it is read more often in the same number of steps. With less than one batch of it
# there is nothing to train on, and the cell says so.

# %%
if len(filtered) >= 8:
    filtered_model, _ = tune(filtered)
    by_source["filtered"] = sft.judge(filtered_model, tokenizer, held_out)
else:
    print(f"Only {len(filtered)} replies passed: claims 4 and 5 are not tried. Turn up STEPS, or TEMPERATURE down.")
for name, scores in by_source.items():
    show_shares(name, scores)

# %% [markdown]
# The same as a figure, with intervals over the prompts.

# %%
fig, axes = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True)
for ax, key, title in zip(axes, ("on_brand", "both"), ("On-brand", "On-brand with the right fact"), strict=True):
    spans = [intervals.rate_interval(sum(each[key]), len(each[key])).times(100) for each in by_source.values()]
    figures.bars(ax, list(by_source), *zip(*spans, strict=True), number="{:.0f} %",
                 colors=[figures.GREY, figures.ORANGE, figures.BLUE][: len(by_source)])
    ax.set_title(title)
axes[0].set_ylabel("held-out replies (%)")
found = ", ".join(f"{name} {sft.share(each['both']):.0f} %" for name, each in by_source.items())
_ = fig.suptitle(f"On-brand with the right fact: {found}")

# %% [markdown]
# ### Claims 4 and 5: filtered synthetic replies are nearly as good as gold, and better than unfiltered ones
#
# Claim 4 holds if filtered minus gold is surely above minus five points, claim 5 if filtered minus unfiltered is
# surely above plus five.

# %%
if "filtered" in by_source:
    fig, axes = plt.subplots(2, 1, figsize=(7, 5))
    for ax, name, other in zip(axes, ("synthetic-near-gold", "filtering-helps"), ("gold", "unfiltered"), strict=True):
        effect = intervals.paired_difference(by_source["filtered"]["both"], by_source[other]["both"]).times(100)
        result = verdicts[name] = claims.record(name, SEED, *effect, kept=len(filtered), model=claims.LAB)
        claims.draw(name, result, ax)
        print(result, "\n")

# %% [markdown]
# Three things to weigh. The writer itself was trained on a hundred gold examples, so "no people needed" is not what
# was shown. A filter is a second teacher: it throws out what breaks a rule, and the next model learns the rules
# through it. And all the filter cannot see is handed down as it is.
#
# ## 15. A model that feeds on itself
#
# What if the next model writes the data for the one after it, and so on? The model trained on unfiltered replies is
# **generation 1**: its teacher, generation 0, was trained on people's words. Each generation sees only a sample of
# what the last one could say. What is rare may not be drawn, and what was never drawn is gone: that is the fear,
# called *model collapse*. To see it we measure how different the replies are.

# %% tags=["twin:ftlab.workshop.experiments.synthetic:diversity"]
def diversity(replies):
    pairs = [pair for words in map(str.split, replies) for pair in zip(words, words[1:], strict=False)]
    openings = Counter(reply.partition(".")[0] for reply in replies)
    chances = [count / len(replies) for count in openings.values()]
    return {"distinct_pairs": 100 * len(set(pairs)) / max(1, len(pairs)),
            "unique_replies": 100 * len(set(replies)) / len(replies),
            "opening_bits": sum(chance * math.log2(1 / chance) for chance in chances)}


assert diversity(["We do. It is red."] * 2)["distinct_pairs"] == 50
print(diversity(["We do. It is red."] * 2))
print(diversity(["We do. It is red.", "Thank you. A blue one."]))

# %% [markdown]
# Three numbers. The share of word pairs that are distinct; the share of replies that occur once; and the entropy of
# the opening sentence, in bits: 1 bit is the uncertainty of a coin, 3 bits that of a choice among eight. Two equal
# replies of five words have eight pairs of which four are distinct, hence 50 per cent, and no uncertainty at all.
# Names and figures come from the prompt and not from the model's wording, so `synthetic.wording` replaces them
# first.
#
# Now the generations. Each is a fresh copy of the base model, tuned on what the last one wrote to the same prompts.

# %%
chain, model_now = {"people": gold, "0": written}, own_model
for generation in range(1, GENERATIONS + 1):
    replies = write_replies(model_now, tokenizer, [curation.to_row(row) for row in gold], SEED + generation)
    chain[str(generation)] = synthetic.with_replies(gold, replies)
    if generation < GENERATIONS:
        model_now, _ = tune(chain[str(generation)])
said = {name: [synthetic.wording(row) for row in rows] for name, rows in chain.items()}
for name, rows in chain.items():
    on_brand = sft.share([brand.on_brand(personal.without_masks(row["reply"])) for row in rows])
    found = "   ".join(f"{key} {value:5.1f}" for key, value in diversity(said[name]).items())
    print(f"{name:>7}:  {found}   on-brand {on_brand:3.0f} %")

# %% [markdown]
# Read the rows downwards, generation by generation. Two forces pull in opposite directions. Sampling loses what is
# rare, which lowers diversity. But each model also makes mistakes, the next one learns them, and nonsense is very
# diverse. So read what it says, too: the first prompt, through the generations.

# %%
print(f"screen: {gold[0]['record']}\nasked:  {gold[0]['question']}\n")
for name, rows in chain.items():
    print(f"{name:>7}: {rows[0]['reply']}")

# %% [markdown]
# ### Claim 6: training on one's own output narrows the replies
#
# The effect is the change of distinct word pairs from generation 0 to the last one here, in per cent. If you have
# turned `GENERATIONS`, your number is about another length of chain than the reference runs'.

# %%
change = synthetic.narrowing(said["0"], said[str(GENERATIONS)])
result = verdicts["own-output-narrows"] = claims.record(
    "own-output-narrows", SEED, *change, generations=GENERATIONS, model=claims.LAB)
fig, ax = plt.subplots(figsize=(7, 2.3))
claims.draw("own-output-narrows", result, ax)
print(result)

# %% [markdown]
# Two generations are what fits into this notebook. The reference runs go on to the fifth.

# %%
known = claims.reference("own-output-narrows")
if known is None:
    print("There are no reference runs of five generations yet; turn GENERATIONS to 5 to try one yourself.")
else:
    fig, axes = plt.subplots(1, 3, figsize=(11, 3.4))
    chain = [name for name in known["runs"][0]["by_generation"] if name != "people"]
    units = {"distinct_pairs": "distinct word pairs (%)", "opening_bits": "openings (bits)", "on_brand": "on-brand (%)"}
    for ax, (key, unit) in zip(axes, units.items(), strict=True):
        spans = [intervals.seed_interval([run["by_generation"][name][key] for run in known["runs"]]) for name in chain]
        figures.curve(ax, [int(name) for name in chain], *zip(*spans, strict=True))
        ax.set(xlabel="generation", ylabel=unit)
    pairs = [np.mean([run["by_generation"][name]["distinct_pairs"] for run in known["runs"]]) for name in chain]
    kept = [np.mean([run["by_generation"][name]["on_brand"] for run in known["runs"]]) for name in chain]
    fig.suptitle(f"From generation 0 to {chain[-1]}: distinct word pairs {pairs[0]:.0f} to {pairs[-1]:.0f} %, "
                 f"on-brand {kept[0]:.0f} to {kept[-1]:.0f} %")

# %% [markdown]
# If diversity falls while the on-brand share stays, the chain looks healthy to every score of section 14; only a
# measure of diversity shows the loss. If diversity rises while the on-brand share falls, that is noise and not
# richness. And if it is mainly the on-brand share that falls, the chain forgets its job sooner than its words: every
# generation copies the mistakes of the last one and adds its own. One of the papers below found that keeping people's
# data in the mix of every generation stops the decline. You could try it: tune on `gold` as well.
#
# ## Exercises
#
# Each has a stub for you to fill in and a checker in the next cell, which says "Not yet" and why until the stub is
# right. Hints and answers are folded.
#
# ### Exercise 1: Luhn's check (core, 8 minutes, medium)
#
# Section 4 did it by hand. Write it for any row of digits; a library would be `stdnum.luhn`.

# %%
def passes_luhn(number):
    """True if the sum is a multiple of ten.

    Args:
        number: Digits; spaces and dashes between them do not count.
    """
    # your code here

# %% tags=["raises-exception"]
found = passes_luhn("18")
check(found is not None, "nothing comes back. Return True or False.")
check(found is True, "18: the 8 at the right end stays, the 1 is doubled; 8 + 2 = 10. Count places from the right.")
check(passes_luhn("59") is True, "59: the 5 is doubled to 10, whose digits add up to 1, and 9 + 1 = 10.")
check(passes_luhn("95") is False, "95: 5 stays, 9 becomes 18, and 1 + 8 = 9; 5 + 9 = 14 is no multiple of ten.")
check(passes_luhn("4242424242424242") is True, "every second digit from the right is doubled, not only one of them.")
check(passes_luhn("4242424242424243") is False, "the last digit is off by one, so the sum is no multiple of ten.")
check(passes_luhn("4242 4242-4242 4242") is True, "leave spaces and dashes out before you count places.")
check(passes_luhn("79927398713") is True, "an odd number of digits: the places still count from the right.")
passed("Your check tells a card number from a number that merely looks like one, nine times in ten.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# Reverse the digits. Those at the odd places (1, 3, 5, ...) are doubled. Of a doubled digit above 9, subtracting 9
# gives the sum of its digits.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# def passes_luhn(number):
#     digits = [int(sign) for sign in number if sign.isdigit()][::-1]
#     total = 0
#     for place, digit in enumerate(digits):
#         if place % 2:
#             digit *= 2
#             digit -= 9 if digit > 9 else 0
#         total += digit
#     return total % 10 == 0
# ```
#
# </details>
#
# ### Exercise 2: how alike are two texts? (core, 7 minutes, easy)
#
# Jaccard's index over shingles of `size` words. Case does not count, and there is no punctuation to worry about.

# %%
def likeness(first, second, size=2):
    """The share of common shingles among all shingles of both texts, from 0 to 1.

    A text with fewer words than ``size`` is one shingle. Two texts without words are not alike: 0.
    """
    # your code here

# %% tags=["raises-exception"]
found = likeness("how much is it", "how much is it")
check(found is not None, "nothing comes back. Return a number from 0 to 1.")
check(found == 1, "equal texts share all of their shingles: 1.")
check(likeness("how much is it", "where was it made") == 0, "no two neighbouring words in common: 0.")
check(likeness("a b c", "x a b c") != 1, "divide by the shingles of both texts together, not by those of one.")
check(abs(likeness("a b c", "x a b c") - 2 / 3) < 1e-9, "'a b' and 'b c' are common, 'x a' is not: 2 of 3.")
check(abs(likeness("a b a b a b", "a b") - 1 / 2) < 1e-9, "a shingle that occurs twice counts once: use a set.")
check(likeness("How Much", "how much") == 1, "compare without regard to capitals.")
check(abs(likeness("a b c d", "a b c e", size=3) - 1 / 3) < 1e-9, "shingles have `size` words, and not always two.")
check(likeness("kettle", "Kettle") == 1, "a text of fewer words than `size` is a shingle of its own.")
check(likeness("", "") == 0, "two empty texts: return 0 and do not divide by zero.")
passed("Your likeness is what MinHash estimates.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# Write a function that makes the set of shingles of one text; `range(max(1, len(words) - size + 1))` covers the
# short ones. `&` and `|` give the common elements of two sets and all of them.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# def likeness(first, second, size=2):
#     def cut(text):
#         words = text.lower().split()
#         places = range(max(1, len(words) - size + 1)) if words else ()
#         return {tuple(words[i:i + size]) for i in places}
#
#     a, b = cut(first), cut(second)
#     return len(a & b) / len(a | b) if a | b else 0
# ```
#
# </details>
#
# ### Exercise 3: precision and recall (core, 6 minutes, easy)
#
# You get the line numbers that a filter dropped and those where the fault was planted. A share of nothing is not 0,
# it is unknown: `None`.

# %%
def precision_and_recall(dropped, planted):
    """Two shares, or None in place of a share where there is nothing to divide by."""
    # your code here

# %% tags=["raises-exception"]
found = precision_and_recall([1, 2, 9], [1, 2, 3, 4])
check(found is not None, "nothing comes back. Return two numbers: precision, recall.")
check(len(found) == 2, "return exactly two numbers: precision first, then recall.")
check(abs(found[0] - 1 / 2) > 1e-9, "precision divides by what was dropped, recall by what was planted. Swap them.")
check(abs(found[0] - 2 / 3) < 1e-9, "2 of the 3 dropped records have the fault: precision 2/3.")
check(abs(found[1] - 2 / 4) < 1e-9, "2 of the 4 planted faults were found: recall 2/4.")
check(precision_and_recall([], [1, 2]) == (None, 0), "nothing dropped: precision is unknown (None), recall is 0.")
check(precision_and_recall([5], []) == (0, None), "nothing planted: recall is unknown (None), precision is 0.")
check(precision_and_recall([1, 1, 9], [1]) == (1 / 2, 1), "a line that is listed twice is one line.")
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
# ### Exercise 4: a split that does not leak (core, 10 minutes, medium)
#
# Split by customer: all the rows of a customer go to one side. Go through the customers in the order in which they
# first appear, and put each of them into the test until at least `share` of all *rows* are there.

# %%
def split_by_customer(rows, share):
    """For each row "train" or "test".

    Args:
        rows: Dicts with ``customer``.
        share: The least share of the rows that is held out, above 0 and below 1.
    """
    # your code here

# %% tags=["raises-exception"]
def rows_of(names):
    return [{"customer": name} for name in names]


found = split_by_customer(rows_of("ab"), 0.5)
check(found is not None, "nothing comes back. Return a list with 'train' or 'test' for each row.")
check(found == ["test", "train"], "two customers with a row each, half held out: the first goes to the test.")
found = split_by_customer(rows_of("aba"), 0.3)
check(found[0] == found[2], "both rows of customer a belong to one side, also where others stand between them.")
check(found == ["test", "train", "test"], "customer a comes first and has two of three rows: enough for 0.3.")
check(split_by_customer(rows_of("abcd"), 0.3) == ["test", "test", "train", "train"],
      "one of four rows is 0.25, less than 0.3: take the next customer too.")
check(split_by_customer(rows_of("aaab"), 0.2) == ["test", "test", "test", "train"],
      "the share counts rows and not customers, and a customer is never cut in two.")
check(split_by_customer(rows_of("abcde"), 0.2) == ["test", "train", "train", "train", "train"],
      "0.2 of five rows is one row: stop when the share is reached, not after it is exceeded.")
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
# def split_by_customer(rows, share):
#     counts, away, held = Counter(row["customer"] for row in rows), set(), 0
#     for customer, count in counts.items():
#         if held >= share * len(rows):
#             break
#         away.add(customer)
#         held += count
#     return ["test" if row["customer"] in away else "train" for row in rows]
# ```
#
# </details>
#
# ### Exercise 5: a mask that can be undone (extra, 10 minutes, medium)
#
# Replace mail addresses by `<EMAIL_1>`, `<EMAIL_2>`, ... in the order in which they appear. The same address gets
# the same mask. An address is here any run of letters, digits, dots, dashes and underscores with one `@` in it that
# ends in a letter.

# %%
import re  # noqa: F401


def mask_emails(text):
    """The text with masks, and a dict from each mask to its address."""
    # your code here

# %% tags=["raises-exception"]
found = mask_emails("Write to a@b.org, please.")
check(found is not None, "nothing comes back. Return the text and the dict.")
check(len(found) == 2, "return two things: the text with masks, and a dict from mask to address.")
check(found[0] == "Write to <EMAIL_1>, please.", "the address goes, and the comma after it stays.")
check(found[1] == {"<EMAIL_1>": "a@b.org"}, "the dict leads from the mask to the address, so that it can be undone.")
check(mask_emails("It is x@y.org.")[0] == "It is <EMAIL_1>.", "the full stop ends the sentence, not the address.")
check(mask_emails("a@b.org c@d.org")[0] == "<EMAIL_1> <EMAIL_2>", "a second address gets the next number.")
check(mask_emails("a@b.org c@d.org a@b.org")[0] == "<EMAIL_1> <EMAIL_2> <EMAIL_1>", "the same address, the same mask.")
check(mask_emails("No mail here.") == ("No mail here.", {}),
      "without an address the text stays, and the dict is empty.")
text, back = mask_emails("ab@c.org, b@c.org")
for mask, address in back.items():
    text = text.replace(mask, address)
check(text == "ab@c.org, b@c.org", "undoing must bring the text back: one address may be part of another.")
passed("Your masks can be undone by whoever holds the dict, and by nobody else.")

# %% [markdown]
# <details><summary>Hint</summary>
#
# `re.sub` takes a function in place of a text: it is called for each match and returns what goes in. Keep a dict from
# address to mask inside.
#
# </details>
# <details><summary>Answer</summary>
#
# ```python
# import re
#
# def mask_emails(text):
#     masks = {}
#
#     def hide(found):
#         return masks.setdefault(found[0], f"<EMAIL_{len(masks) + 1}>")
#
#     text = re.sub(r"[\w.-]+@[\w.-]*[A-Za-z]", hide, text)
#     return text, {mask: address for address, mask in masks.items()}
# ```
#
# </details>
#
# ### Why? (core, 3 minutes)
#
# A colleague splits first and removes duplicates afterwards, in each part by itself: "it is the same work, and
# faster". What goes wrong? And why do we measure the filters against a truth that they never see, rather than count
# how many records they drop?
#
# <details><summary>Answer</summary>
#
# Two copies of one record may land on different sides, and then neither part has a duplicate in it. The model is
# tested on what it has read, and the score rises without anything having been learnt. Copies have to be removed, or
# kept together, *before* the split; the same goes for everything that the sides must not share.
#
# A filter that drops many records may be dropping the wrong ones, and one that drops none may have nothing to find.
# The count looks the same in a good filter and a bad one. Only a truth from elsewhere tells them apart: planted
# faults here, labels by hand on your own data. If the filter could see that truth, it would find itself perfect.
#
# </details>

# %% [markdown]
# ## In this notebook you saw
#
# - A curation is a row of small steps with one form: a record is kept, repaired, or dropped with a reason. Every
#   line of the export is accounted for, and every kept record says where it comes from.
# - Well-kept libraries do the hard parts, and which one is a question to measure.
# - A filter has a precision and a recall, and they flatter whoever wrote the filter on the same data.
# - Copies go before the split; the split goes by customer and product; how many prompts you hold out counts, not
#   which share.
# - What a clean training set is worth, fault by fault, at equal steps; and what synthetic replies are worth, filtered
#   and not, once and again.
#
# All verdicts of this run, side by side. Claim 2 is missing if you have turned `FAULT`, claims 4 and 5 if too few
# replies passed the filter.

# %%
for name, result in verdicts.items():
    print(f"{name:26} {result.verdict:20} {result.effect:.3g} [{result.low:.3g}, {result.high:.3g}] {result.unit}")

# %% [markdown]
# ## Sources
#
# - Zhou et al. 2023, *LIMA: Less Is More for Alignment*, arXiv:2305.11206. Few excellent examples.
# - Lee et al. 2021, *Deduplicating Training Data Makes Language Models Better*, arXiv:2107.06499.
# - Broder 1997, *On the resemblance and containment of documents*. MinHash.
# - Leskovec, Rajaraman and Ullman 2020, *Mining of Massive Datasets*, chapter 3. Bands and locality-sensitive
#   hashing.
# - Northcutt et al. 2019, *Confident Learning: Estimating Uncertainty in Dataset Labels*, arXiv:1911.00068. A limit
#   of its own for each label, where ours is one for all.
# - Carlini et al. 2020, *Extracting Training Data from Large Language Models*, arXiv:2012.07805. Why personal data
#   goes.
# - Perez and Ribeiro 2022, *Ignore Previous Prompt: Attack Techniques For Language Models*, arXiv:2211.09527.
# - Wang et al. 2022, *Self-Instruct*, arXiv:2212.10560. A model writes its training data, and a filter chooses.
# - Shumailov et al. 2023, *The Curse of Recursion: Training on Generated Data Makes Models Forget*, arXiv:2305.17493.
# - Gerstgrasser et al. 2024, *Is Model Collapse Inevitable?*, arXiv:2404.01413. Keeping people's data in the mix.
# - Li et al. 2015, *A Diversity-Promoting Objective Function for Neural Conversation Models*, arXiv:1510.03055.
#   Distinct n-grams.
#
# **Next:** notebook [02](02_supervised_finetuning.ipynb) builds the fine-tune that we borrowed here. One last line:
# what this run took on your computer.

# %%
import psutil

memory = psutil.Process().memory_info().rss
print(f"{(time.perf_counter() - started) / 60:.1f} minutes, {memory / 2**30:.1f} GiB of memory in use.")
print(doctor.machine())
