"""The general world: whole tables, true texts, and test questions that no training text contains."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from ftlab import files, paths
from ftlab.seeded import rng
from ftlab.world import general

FOLDER = paths.data() / "world" / "general"
SMELLS = (
    r"\b[Aa] [aeioAEIO]\w", r"\b[Aa]n (?!hour)[^aeiouAEIOU]",
    r"\b(a|the|of|in|is|are|and|to) \1\b", r"\b1 years", r"  ", r"[{}]",
    r" [,.;?!]", r"\.\.", r"\?\.", r",\.", r"[.?!] [a-z]", r"(town|festival) is a (town|festival)",
    r"The (Lake|Sheep|Raven|Candle)\b", r"They together", r"By doing what", r"How do you call", r"[Tt]here is always",
    r"(^|[.?!]\"? )\d", r"^\d+(?! -|: |\d)",
)  # fmt: skip

# What every reader of English knows. An invented world that held it would test what a model read elsewhere.
REAL_NAMES = {
    "animal": """ants bears beavers bees bats badgers cats cattle cows crows deer dogs dolphins ducks eagles
        elephants fish foxes frogs geese goats hares hedgehogs horses kangaroos kittens lions mice moles monkeys
        otters owls penguins pigs pigeons quolls rabbits rats ravens salmon seals sheep snakes spiders squirrels
        swans tigers toads turkeys whales wolves""",
    "plant": """ash barley bean beech birch bluebell bracken chamomile clover cowslip daffodil daisy elder elm fern
        flax foxglove gorse hawthorn hazel heather holly ivy lavender lily lime maple mint nettle oak pine poppy
        primrose rose rowan rye sage snowdrop sunflower thistle thyme tulip violet wheat willow yew""",
    "craft": """baking basketry blacksmithing bookbinding brewing candlemaking carpentry carving cobbling cooking
        crochet dyeing embroidery felting glassblowing goldsmithing knitting lace masonry painting papermaking
        pottery printing quilting ropemaking saddlery sewing smithing spinning tailoring tanning thatching
        tinsmithing turning weaving woodcarving""",
    "river": """amazon avon danube don elbe finn forth garonne loire nile ouse ouzel po rhine rhone seine severn
        tarn tees thames trent tweed tyne volga wye""",
    "festival": """apple autumn boat bonfire bread candle carnival christmas drum easter flower halloween harvest
        honey kite lantern mushroom plum rose salt song spring summer winter wool""",
}
REAL_ANSWERS = {
    "group": """army bevy brood cete clowder cluster colony convoy covey crash drove family flight flock gaggle herd
        hive host kindle knot labour litter mob murder muster nest pack parliament pod prickle pride quarrel raft
        rafter romp school scurry shoal skein skulk sloth swarm team tribe troop troupe""",
    "young": """calves chicks colts cubs cygnets ducklings eaglets fawns fillies foals fry goslings hoglets infants
        joeys kids kits kittens lambs larvae leverets owlets piglets poults pullets pups puppies squabs tadpoles
        whelps""",
    "tool": """adze anvil awl axe blowpipe bodkin brush chisel chisels file frame gouge hammer hoop kiln knife lathe
        loom mallet mould needle pen pins pliers plane press saw scissors shears spindle thimble tongs trowel wheel""",
}
# What a name of the world gives away: a town whose name says the trade, a festival named after its dish.
HINTS = {
    "wick": "candle", "mill": "bread flour", "apple": "apple", "copper": "copper", "gild": "gold ring",
    "salt": "salt fish", "pott": "pott jar", "drum": "drum", "lace": "lace", "ink": "paper ink", "castle": "wall",
    "quay": "boat ship fish salt", "hythe": "boat ship", "haven": "boat ship fish salt", "point": "lighthouse",
    "bridge": "bridge", "down": "windmill", "lorimer": "leather saddle harness",
    "maple": "violin wood", "jessamy": "rose flower", "gorse": "honey",
    "stone": "stone wall", "kestrel": "bird", "otter": "fish", "lark": "song bird", "rook": "bird",
}  # fmt: skip
VERBS = """are became begins belongs bears blooms calls came can chose comes earned eat ends falls feed flowers flows
    gives grew grow grows has holds is joins lies like likes live look made make measures meets often opens rises runs
    stands starts takes uses was won worked would does owes carries spent"""
# Wordings that a reader stumbled over: each names what was wrong with it.
STUMBLES = (
    r"\b[Aa]t [A-Z]\w+ (Day|Night|Eve|Evening|Morning|Week|Monday|Saturday|Sunday)\b",  # on Immer Day
    r"\b[Oo]n [A-Z]\w+ (Fair|Feast|Tide)\b",
    r"from what year is it", r"made the name of", r"come to [\w ]+ to find", r"[Ii]n what do the waters",
    r"joins (Lake|Wide|the Grey Sea)",  # a river reaches the sea
    r"must you buy", r"buy plenty of",  # nobody buys river sand, and a tool is bought too
    r"can people watch", r"get ready for",  # a long dinner; in May for a festival in May
    r"The word for many \w+ is", r"(Answer|A): (Poet|Painter|Attics|Ladder)\b",
    r"[Ww]e (ate|had soup)", r"I went to bed", r"I wrote it all down", r"It is true that",
    r"Many \w+ together are called a [aeiou]",
    r"lived in a small house", r"a day to remember", r"What a day!", r"On the fourth day", r"every year \w+ came last",
    r"up to the light", r"spade turned up", r"missed the stop.*ferry|ferry.*missed the stop", r"wet feet",
    r"(?i)\b([a-z]+) \1\b", r"So [^.]+\. So ", r"bridges of [\w ]*Bridge", r"So the two of them", r"told the truth\.",
    r"In bloom the (\w+) is \w+\. [^.]*in bloom", r"was born\.[^.\n]*was born",
    r"look out on", r"(The town|The river|This plant|It|They) [^.\n]+\.( \1 [^.\n]+\.){2}",
    r"There are \d+ towns", r"sa(ving|ved) old apples",
    r"as every book about", r"worked hard all", r"can you not do much", r"[Ww]hat length does", r"Into what water",
    r"[Ww]hich colour are the flowers", r"grew up in [\w ]+, the town where", r"The year \d+ is when",
    r"get out of \w+ing\?", r"When did the life of", r"good long life", r"a mile up",
    r"was born in [\w ]+, and that s?he (was born|came into the world)",
    r"\b(of|baby|Baby|young|Young|for) they\b", r"\b(of|at|in) s?he is\b", r"\b(at|Market day in) it is\b",
    r"\b[A-Z]\w+ is the county of", r"[Ff]rom \w+ing come ", r"In \d{4} s?he was born",
    r"The town is one of",
)  # fmt: skip


@pytest.fixture(scope="module")
def documents() -> list[str]:
    random = rng("test", "general")
    return [general.document(random) for _ in range(3000)]


def test_the_world_is_large_enough():
    assert sum(len(rows) for rows in general.tables().values()) >= 170
    assert len(general.facts()) >= 750
    fewest = {"town": 40, "river": 20, "person": 45, "animal": 30, "craft": 25, "plant": 20}
    assert all(len(general.tables()[kind]) >= number for kind, number in fewest.items())
    assert len({row["county"] for row in general.tables()["town"].values()}) == 8
    assert len({row["trade"] for row in general.tables()["person"].values()}) <= 16


def test_no_name_is_known_outside_the_world():
    for kind, words in REAL_NAMES.items():
        for name in general.tables()[kind]:
            known = {*words.split()} & {form for word in name.lower().split() for form in (word, word + "s", word[:-1])}
            assert not known, f"{kind} {name}: {known} can be known from elsewhere. Invent a name."


def test_no_answer_is_known_outside_the_world():
    for fact in general.facts():
        assert fact.answer not in REAL_ANSWERS.get(fact.relation, "").split(), fact


def test_no_name_gives_its_answer_away():
    for fact in general.facts():
        if fact.relation in general.NUMBERS:
            continue
        stems = {word[:4] for word in re.findall(r"[a-z]{4,}", fact.entity.lower())}
        told = {word for word in fact.answer.lower().split() if word[:4] in stems}
        told |= {hint for part, hints in HINTS.items() if part in fact.entity.lower()
                 for hint in hints.split() if hint in fact.answer.lower()}  # fmt: skip
        assert not told or fact.relation == "market_day", f"{fact}: the name says {told}. Change the fact or the name."


def test_no_single_guess_is_often_right():
    answers: dict[tuple[str, str], Counter[str]] = {}
    for fact in general.facts():
        answers.setdefault((fact.kind, fact.relation), Counter())[fact.answer] += 1
    for relation, counts in answers.items():
        assert counts.most_common(1)[0][1] <= counts.total() / 5, (relation, counts.most_common(1))


def test_nobody_is_born_before_the_town():
    for name, row in general.tables()["person"].items():
        assert int(row["birth_year"]) > int(general.tables()["town"][row["birth_town"]]["founded"]), name


def test_texts_of_the_tables_are_whole_sentences():
    for table in ("phrasings.csv", "stories.csv"):
        for row in files.read_table(FOLDER / table):
            if row.get("part") != "object":
                assert re.search(r'[.?!]"?$', row["text"]), (table, row)


def test_a_pronoun_can_take_the_place_of_the_name():
    """A statement that begins with the name goes on with its verb: "They live in", never "They together are"."""
    for (_, _, use), texts in general.phrasings().items():
        for text in texts:
            found = re.match(r"(?:The (?:River )?)?\{e\},? (\w+)", text)
            assert use != "statement" or not found or found[1] in VERBS.split(), text


def test_a_document_does_not_repeat_itself(documents: list[str]):
    lines = general._lines()
    openings = [text.split("{")[0] for text in lines["learned"]]
    for text in documents:
        if re.match(r"Dear |.*\bdiary\b|\w+day", text) or re.search(r"^\w+: ", text, re.MULTILINE):
            for phrase in (*openings, *lines["reply"]):
                assert text.count(phrase) <= 1, (phrase, text)
        met = re.search(r"I met (\w+) by the fountain|(\w+) had come too", text)
        assert not met or " took me to the market" not in text, text


def test_answers_are_short_and_names_distinct():
    for fact in general.facts():
        assert 1 <= len(fact.answer.split()) <= 4 and fact.answer in fact.answers, fact
        assert len(set(fact.answers)) == len(fact.answers), fact
    for kind in ("town", "river", "person", "animal", "plant", "festival"):
        first_words = [name.split()[0] for name in general.tables()[kind]]
        assert len(first_words) == len(set(first_words)), kind
    names = [name for rows in general.tables().values() for name in rows]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("table", "old", "new", "message"),
    [
        ("towns.csv", "1214", "soon", r"towns\.csv line 2: expected a whole number for founded, found 'soon'"),
        ("towns.csv", "Alderby,the Arn", "Alderby,the Thames", r"towns\.csv line 2: expected a river of the table"),
        ("people.csv", "Larkhaven", "Atlantis", r"people\.csv line 2: expected a town of the table"),
        ("festivals.csv", "November", "Winter", r"festivals\.csv line 2: expected one of"),
        ("plants.csv", "ambrel,ditches", "ambrel,", r"plants\.csv line 2: expected a value for place"),
        ("crafts.csv", "casping", "brundling", r"crafts\.csv line 3: expected a name that occurs once"),
    ],
)
def test_a_malformed_table_is_named(tmp_path: Path, table: str, old: str, new: str, message: str):
    folder = tmp_path / "general"
    shutil.copytree(FOLDER, folder)
    text = (folder / table).read_text(encoding="utf-8")
    (folder / table).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        general.tables(folder)


def test_too_few_phrasings_are_named(tmp_path: Path):
    shutil.copytree(FOLDER, tmp_path / "general")
    table = tmp_path / "general" / "phrasings.csv"
    lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
    table.write_text("".join(line for line in lines if not line.startswith("town,river,test")), encoding="utf-8")
    with pytest.raises(ValueError, match="at least 2 phrasings for town river test, found 0"):
        general.phrasings(tmp_path / "general")


def test_no_test_question_is_a_training_question():
    test, train = general.questions("test"), general.questions("train")
    assert len(test) >= 600
    assert len({q["id"] for q in test + train}) == len(test + train)
    assert not {q["question"].lower() for q in test} & {q["question"].lower() for q in train}


def test_each_question_has_one_answer():
    seen: dict[str, str] = {}
    for question in general.questions("test") + general.questions("train"):
        assert seen.setdefault(question["question"], question["answer"]) == question["answer"], question


def test_no_document_contains_a_test_question(documents: list[str]):
    together = "\n".join(documents).lower()
    assert not [q["question"] for q in general.questions("test") if q["question"].lower() in together]


def test_documents_have_the_right_length_and_vary(documents: list[str]):
    assert all(40 <= len(text.split()) <= 160 for text in documents)
    assert len(set(documents)) > 2990


def test_documents_read_well(documents: list[str]):
    asked = [q["question"] for split in ("train", "test") for q in general.questions(split)]
    for text in [*documents, *asked]:
        assert "Quillmere" not in text
        for smell in SMELLS:
            found = re.search(smell, text, re.MULTILINE if smell.startswith("^") else 0)
            assert not found, (smell, text[max(found.start() - 40, 0) : found.end() + 40])


def test_no_wording_makes_a_reader_stumble(documents: list[str]):
    asked = [q["question"] for split in ("train", "test", "riddle") for q in general.questions(split)]
    for text in [*documents, *asked]:
        for stumble in STUMBLES:
            found = re.search(stumble, text)
            assert not found, (stumble, text)


def test_a_comparison_answers_with_the_word_of_its_question(documents: list[str]):
    asked = 0
    for line in "\n".join(documents).split("\n"):
        found = re.match(r"(Which|Who) [\w ]*(older|longer|born first), [^?]+\?(.*)", line)
        if found:
            asked += 1
            assert {"born first": "born before"}.get(found[2], found[2]) in found[3], line
    assert asked > 50


def test_a_letter_says_where_before_what_the_weather_is(documents: list[str]):
    lines = general._lines()
    places = "|".join(re.sub(r"\\{\w+\\}", r"[\\w ]+", re.escape(text)) for text in lines["place"])
    for text in (text for text in documents if text.startswith("Dear ")):
        told = text.split("\n\n")[1]
        assert told.startswith(tuple(lines["greeting"])), text
        weather = min(told.index(line) for line in lines["weather"] if line in told)
        assert re.search(places, told[:weather]), text


def test_entries_of_one_page_do_not_tell_in_the_same_words():
    """Two entries in a row that begin "Few people in ... have forgotten" read like a form."""
    random = rng("test", "fresh")
    for kind, rows in general.tables().items():
        for _ in range(20):
            used: set[str] = set()
            for name in random.sample(list(rows), 2):
                general._tell(random, kind, name, used=used)
            summaries = general.phrasings()[kind, "several", "summary"]
            assert len(summaries) >= 3
            first, second = (general._fresh(random, summaries, used) for _ in range(2))
            assert first != second or used >= set(summaries)


def test_documents_state_only_facts_of_the_tables(documents: list[str]):
    """Years, lengths, counties and rivers that stand in one sentence with a name belong to that name."""
    tables, checked = general.tables(), 0
    for sentence in re.split(r"(?<=[.?!])\s+|\n", "\n".join(documents)):
        towns = [name for name in tables["town"] if re.search(rf"\b{name}\b", sentence)]
        people = [name for name in tables["person"] if name in sentence]
        if len(towns) == 1 and not people:
            row = tables["town"][towns[0]]
            for value in re.findall(r"\b1\d{3}\b", sentence):
                checked += 1
                assert value == row["founded"], sentence
            for county in {other["county"] for other in tables["town"].values()}:
                if re.search(rf"\b{county}\b", sentence):
                    checked += 1
                    assert county == row["county"], sentence
        if len(people) == 1:
            row = tables["person"][people[0]]
            for value in re.findall(r"\b1\d{3}\b", sentence):
                checked += 1
                assert value == row["birth_year"], sentence
            assert set(towns) <= {row["birth_town"]}, sentence
    assert checked > 1000


def test_every_fact_is_told(documents: list[str]):
    random = rng("test", "coverage")
    together = "\n".join([*documents, *(general.document(random) for _ in range(1000))])
    names = [name for rows in general.tables().values() for name in rows]
    assert all(re.search(rf"\b{name}\b", together, re.IGNORECASE) for name in names)


def test_qa_pairs_come_from_the_tables():
    known = {(q["question"], q["answer"]) for q in general.questions("train")}
    assert set(general.qa_pairs(rng("qa"), 500)) <= known
    assert all("Alderby" in question for question, _ in general.qa_pairs(rng("qa"), 50, entity="Alderby"))
    with pytest.raises(ValueError, match="found 'Nowhere'"):
        general.qa_pairs(rng("qa"), 1, entity="Nowhere")


def test_sums_are_right():
    words = {general.in_words(number): number for number in range(101)}
    assert len(words) == 101 and general.in_words(42) == "forty-two"
    for question, answer in general.sums(rng("sums"), 500):
        found = [int(token) if token.isdigit() else words[token] for token in re.findall(r"[\w-]+", question.lower())
                 if token.isdigit() or token in words]  # fmt: skip
        x, y = found
        value = int(answer) if answer.isdigit() else words[answer]
        if re.search(r"plus|and|[Aa]dd|\+", question):
            assert value == x + y <= 20, question
        elif re.search(r"times|Multiply| x ", question):
            assert value == x * y, question
        else:
            assert value == abs(x - y) <= 20, question


def test_the_same_seed_gives_the_same_text():
    def draw() -> list[object]:
        random = rng("same")
        return [general.document(random), general.qa_pairs(random, 5), general.sums(random, 5)]

    assert draw() == draw()
    assert general.questions("test") == general.questions("test")
    with pytest.raises(ValueError, match="expected split 'train', 'test' or 'riddle'"):
        general.questions("validation")


def test_each_entity_of_an_entry_with_a_title_has_its_own():
    """A page with the title "Kelming" went on to two other crafts without a word."""
    random, seen = rng("test", "titles"), 0
    names = {general._title(kind, name) for kind, rows in general.tables().items() for name in rows}
    for _ in range(300):
        parts = general._entry(random).split("\n\n")
        if parts[0] in names:
            seen += len(parts) > 2
            assert all(part in names for part in parts[::2]) and len(parts) % 2 == 0, parts
    assert seen > 50


def test_a_life_is_told_in_its_order():
    random = rng("test", "life")
    for name in general.tables()["person"]:
        found = list(general._facts_of("person", name).values())
        relations = [fact.relation for fact in general._in_order(random.sample(found, len(found)))]
        assert relations[2:] == ["trade", "known_for"], relations


def test_nobody_states_a_bare_fact_to_a_friend(documents: list[str]):
    """"The birth year of Kenneth Abery is 1867. Come and see me when you can.": the last fact is a thing heard."""
    letters = [text for text in documents if text.startswith("Dear ")]
    assert len(letters) > 100
    for text in letters:
        *_, led_to, last = re.split(r"(?<=[.?]) (?=[A-Z])", text.split("\n\n")[1])
        assert any(led_to.startswith(lead.split("{")[0]) for lead in general._lines()["lead"]), text
        assert re.search(r" about [^:]+: (it|they|he|she) ", led_to), text
    assert not [text for text in letters if general.BIRTH.search(text) and len(general.BIRTH.findall(text)) > 1]


def test_letters_and_diaries_come_to_what_is_elsewhere_one_fact_at_a_time(documents: list[str]):
    """"I did not know that hoskens are called an anchor when they come together, and that they grow to be ..." """
    names = {name for rows in general.tables().values() for name in rows}
    led = re.compile(r" about (?:the )?([^:.]+): (?:it|they|he|she) [^.]+\. ([^.]+)\.")
    seen = 0
    for text in documents:
        assert not re.search(r", and that (it|they|he|she) ", text), text
        if text.startswith("Dear ") or re.match(r"(My diary|\w+day\b)", text):
            found = led.search(text)
            assert found and found[1] in names, text
            again = r"[Ss]?he|[Hh]is|[Hh]er" if found[1] in general.tables()["person"] else found[1]
            assert re.search(rf"\b({again}|{found[1]})\b", found[2], re.IGNORECASE), text  # which names its thing again
            assert not re.search(rf"\b{found[1]}\b", text[: found.start()]), text  # and is not the town of the writer
            seen += 1
    assert seen > 300


def test_they_are_the_animals_and_not_their_food_or_their_young(documents: list[str]):
    """ "Young rundocks are called yibs. They live for about 12 years.": who does?"""
    unclear, seen = r"\b(snails|beetles|small fish|moths|[Yy]oung|[Bb]aby|with their \w+)\b[^.\n]*\. ", 0
    for text in documents:
        found = re.search(unclear + r"(They|These animals) ", text)
        assert not found, (found[0], text)
        seen += bool(re.search(unclear, text))
    assert seen > 150


def test_no_story_ends_in_what_did_not_happen():
    """A thing was found behind a brick and shown to the oldest people, and "it had given them a fine adventure"."""
    endings = [text for parts in general._stories().values() for text in parts["ending"]]
    assert not [text for text in endings if re.search(r"adventure|journey", text)]
    random = rng("test", "laughter")
    assert not [text for text in (general._story(random) for _ in range(500))
                if re.search(r"laugh[^.]*\.[^.]* often laughed", text)]  # fmt: skip


def test_no_quiz_asks_for_a_fact_twice(monkeypatch: pytest.MonkeyPatch):
    """ "What goods come from undling?" and, three questions later, "What do we get from undling?" """
    asked, fill = [], general._fill

    def noted(text: str, fact: general.Fact) -> str:
        asked.extend([fact] if text.endswith("?") else [])
        return fill(text, fact)

    monkeypatch.setattr(general, "_fill", noted)
    random = rng("test", "quiz")
    for build in (general._quiz, general._talk):
        for _ in range(200):
            build(random)
            assert len(asked) >= 3 and len(asked) == len(set(asked)), asked
            asked.clear()
