"""Generic shop pages about invented products, with questions that the page answers.

The base model learns to read from these pages: every page invents its entities anew, so the only way to answer is to
copy from the page. None of the shops, products or people exists anywhere else in the course.
"""

from __future__ import annotations

import random as stdlib_random
import re
import zlib
from dataclasses import dataclass
from functools import cache

from ftlab import files, paths
from ftlab.world.text import a, plural, rng, sentence, typo

ONSETS = "b br c cl d dr f fl g gl gr h j k l m n p pl r s sh sk st t th tr v w z".split()  # noqa: SIM905
VOWELS = "a e i o u ai ea oa ou".split()  # noqa: SIM905
CODAS = "b ck d g l ll m n nd nt p r rd rk rn s sk ss st t th v x".split()  # noqa: SIM905
ENDINGS = [
    "a",
    "en",
    "er",
    "et",
    "ic",
    "il",
    "in",
    "is",
    "o",
    "ock",
    "on",
    "or",
    "um",
    "y",
    "field",
    "mark",
    "wick",
    "line",
    "son",
    "ford",
]

# noun -> its material group, its size in grams and centimetres, and litres and dishwasher where they make sense
NOUNS = {
    "kettle": ("metal", "small", "litres"),
    "teapot": ("ware", "small", "litres", "dishwasher"),
    "pan": ("metal", "small", "dishwasher"),
    "pot": ("metal", "small", "litres", "dishwasher"),
    "knife": ("metal", "small", "dishwasher"),
    "mug": ("ware", "small", "litres", "dishwasher"),
    "flask": ("metal", "small", "litres", "dishwasher"),
    "bottle": ("ware", "small", "litres", "dishwasher"),
    "lantern": ("metal", "small"),
    "tent": ("cloth", "large"),
    "stove": ("metal", "large"),
    "cooler": ("box", "large", "litres"),
    "board": ("wood", "small", "dishwasher"),
    "bowl": ("ware", "small", "litres", "dishwasher"),
    "jug": ("ware", "small", "litres", "dishwasher"),
    "lamp": ("metal", "small"),
    "chair": ("wood", "large"),
    "table": ("wood", "large"),
    "basket": ("wood", "small", "litres"),
    "bucket": ("metal", "small", "litres"),
    "rucksack": ("cloth", "large", "litres"),
    "blanket": ("cloth", "small"),
    "grill": ("metal", "large"),
    "whisk": ("metal", "small", "dishwasher"),
    "ladle": ("wood", "small", "dishwasher"),
    "tray": ("wood", "small", "dishwasher"),
    "scale": ("metal", "small"),
    "timer": ("box", "small"),
    "torch": ("metal", "small"),
    "hammock": ("cloth", "large"),
}
MATERIALS = {
    "metal": [
        "steel",
        "cast iron",
        "copper",
        "aluminium",
        "titanium",
        "brass",
        "tin",
        "carbon steel",
        "enamel",
        "stainless steel",
        "iron",
        "bronze",
    ],
    "ware": [
        "glass",
        "clay",
        "stone",
        "porcelain",
        "steel",
        "enamel",
        "tin",
        "copper",
        "bamboo",
        "stoneware",
        "ceramic",
    ],
    "cloth": ["cotton", "canvas", "nylon", "wool", "linen", "polyester", "felt", "hemp", "leather", "recycled nylon"],
    "wood": [
        "oak",
        "beech",
        "ash",
        "bamboo",
        "cork",
        "walnut",
        "maple",
        "pine",
        "olive wood",
        "cherry",
        "willow",
        "birch",
    ],
    "box": ["plastic", "steel", "aluminium", "rubber", "cork", "foam", "recycled plastic", "tin"],
}
COLOURS = [
    "red",
    "blue",
    "green",
    "black",
    "white",
    "grey",
    "yellow",
    "orange",
    "brown",
    "cream",
    "silver",
    "navy",
    "purple",
    "pink",
    "olive",
    "sand",
    "teal",
    "copper",
    "dark green",
    "light blue",
    "dark grey",
    "rust",
    "forest green",
    "sky blue",
    "charcoal",
]
ATTRIBUTES = ("price", "weight", "capacity", "material", "colour", "height", "warranty", "made_in", "dishwasher_safe")

# How a page states an attribute: a label for lists, sentences for prose ({v} the value, {it} the subject).
LABELS = {
    "price": ("Price", "Price", "Cost", "Our price"),
    "weight": ("Weight", "Weight", "Net weight"),
    "capacity": ("Capacity", "Capacity", "Holds", "Volume"),
    "material": ("Material", "Material", "Made of"),
    "colour": ("Colour", "Colour", "Finish"),
    "height": ("Height", "Height", "Tall"),
    "warranty": ("Warranty", "Warranty", "Guarantee"),
    "made_in": ("Made in", "Made in", "Origin"),
    "dishwasher_safe": ("Dishwasher safe", "Dishwasher safe", "Dishwasher"),
}
SENTENCES = {
    "price": ("{it} costs {v}.", "{it} is priced at {v}.", "The price is {v}.", "You pay {v} for it."),
    "weight": ("{it} weighs {v}.", "It comes to {v} on the scales.", "Its weight is {v}.", "{it} has a weight of {v}."),
    "capacity": ("{it} holds {v}.", "Its capacity is {v}.", "There is room for {v}.", "{it} takes {v} when full."),
    "material": ("{it} is made of {v}.", "It is built from {v}.", "The maker works it in {v}.", "Its body is {v}."),
    "colour": ("{it} comes in {v}.", "Its colour is {v}.", "The finish is {v}.", "We sell it in {v}."),
    "height": ("{it} stands {v} tall.", "It is {v} high.", "Its height is {v}.", "{it} measures {v} from foot to top."),
    "warranty": (
        "It has a warranty of {v}.",
        "The warranty lasts {v}.",
        "{it} is covered for {v}.",
        "We guarantee it for {v}.",
    ),
    "made_in": (
        "{it} is made in {v}.",
        "It comes from a workshop in {v}.",
        "The workshop is in {v}.",
        "It is built by hand in {v}.",
    ),
}
YES_NO = {
    "yes": ("{it} is safe in the dishwasher.", "You may put it in the dishwasher.", "It goes in the dishwasher."),
    "no": (
        "{it} is not safe in the dishwasher.",
        "Please keep it out of the dishwasher.",
        "Wash it by hand, not in the dishwasher.",
    ),
}
QUESTIONS = {
    "price": (
        "How much is {it}?",
        "What does {it} cost?",
        "What is the price of {it}?",
        "How much do I pay for {it}?",
        "What do you charge for {it}?",
        "Could you tell me the price of {it}?",
        "What would {it} set me back?",
        "How many dollars is {it}?",
        "I would like to buy {it}. How much is it?",
    ),
    "weight": (
        "How heavy is {it}?",
        "What does {it} weigh?",
        "What is the weight of {it}?",
        "How much does {it} weigh?",
        "How many grams or kilos is {it}?",
        "Could you tell me the weight of {it}?",
        "Is {it} heavy? What does it weigh?",
        "I carry everything on my back. How heavy is {it}?",
    ),
    "capacity": (
        "How much does {it} hold?",
        "What is the capacity of {it}?",
        "How big is {it} inside?",
        "How many litres fit in {it}?",
        "How much fits in {it}?",
        "What volume does {it} have?",
        "How much can I put in {it}?",
    ),
    "material": (
        "What is {it} made of?",
        "Which material is {it}?",
        "What material is used for {it}?",
        "What is the body of {it}?",
        "What do you make {it} from?",
        "Which stuff is {it} built from?",
        "Could you tell me what {it} is made from?",
    ),
    "colour": (
        "What colour is {it}?",
        "Which colour does {it} come in?",
        "What is the colour of {it}?",
        "What finish does {it} have?",
        "In which colour do you sell {it}?",
        "What shade is {it}?",
    ),
    "height": (
        "How tall is {it}?",
        "How high is {it}?",
        "What is the height of {it}?",
        "How many centimetres tall is {it}?",
        "Will {it} fit my shelf? How tall is it?",
        "What height does {it} have?",
    ),
    "warranty": (
        "How long is the warranty on {it}?",
        "What warranty does {it} have?",
        "For how long is {it} covered?",
        "How many years of warranty come with {it}?",
        "How long do you guarantee {it}?",
        "What guarantee comes with {it}?",
        "If {it} breaks, how long am I covered?",
    ),
    "made_in": (
        "Where is {it} made?",
        "Where does {it} come from?",
        "In which town is {it} made?",
        "Where do you build {it}?",
        "What is the origin of {it}?",
        "Which town makes {it}?",
    ),
    "dishwasher_safe": (
        "Is {it} dishwasher safe?",
        "Can {it} go in the dishwasher?",
        "May I put {it} in the dishwasher?",
        "Is {it} safe in the dishwasher?",
        "Can I wash {it} in the dishwasher?",
    ),
}
REPLIES = {  # whole-sentence replies for pages that show a conversation
    "price": ("It costs {v}.", "The price is {v}.", "{it} is {v}.", "We sell it for {v}."),
    "weight": ("It weighs {v}.", "{it} weighs {v}.", "The weight is {v}."),
    "capacity": ("It holds {v}.", "{it} holds {v}.", "The capacity is {v}."),
    "material": ("It is made of {v}.", "{it} is made of {v}.", "The material is {v}."),
    "colour": ("It is {v}.", "{it} comes in {v}.", "The colour is {v}."),
    "height": ("It is {v} tall.", "{it} stands {v} tall.", "The height is {v}."),
    "warranty": ("The warranty is {v}.", "{it} is covered for {v}.", "It is under warranty for {v}."),
    "made_in": ("It is made in {v}.", "{it} is made in {v}.", "It comes from {v}."),
    "dishwasher_safe": ("The answer is {v}.", "For the dishwasher the answer is {v}."),
}
# What customers say around a question, and further ways to ask. Reading is tested with the plain questions above.
BEFORE = (
    "Hello,",
    "Hi,",
    "Hi there,",
    "Good day.",
    "Dear shop,",
    "Evening.",
    "A short question.",
    "One thing before I order.",
    "I cannot find this on the page.",
    "My mother wants to know this.",
    "I want to give it to a friend.",
    "I saw it in your window.",
    "We are planning a trip.",
    "We have just moved house.",
    "I cook for a big family.",
    "I am short of space.",
    "My old one broke last week.",
    "It is for my daughter.",
    "I am thinking of buying one.",
    "I love the look of it.",
    "We are getting married in spring.",
    "My flat is small.",
    "I bought one from another shop and was not happy.",
    "A friend told me about your shop.",
    "I am writing a list of presents.",
    "We go fishing a lot.",
    "I am new here.",
    "Sorry to bother you.",
    "Could you help me?",
    "Please help.",
    "Just wondering.",
    "Before I pay:",
    "For my notes:",
)
AFTER = (
    "Many thanks.",
    "Thanks.",
    "Thank you.",
    "Please answer soon.",
    "I look forward to hearing from you.",
    "I need it by Friday.",
    "It is a present.",
    "My sister has the same one.",
    "I like it very much.",
    "I could not find it on the page.",
    "Best wishes, Jo.",
    "Yours, Peter.",
    "Hope you can help.",
    "That would help me a lot.",
    "We shall come by tomorrow.",
    "I am in no hurry.",
)
MORE_QUESTIONS = {
    "price": (
        "what is the cost of {it}?",
        "I would like to know the price of {it}.",
        "What will I pay if I buy {it}?",
        "Is {it} dear? What is the price?",
        "How many dollars do you want for {it}?",
        "Please tell me what {it} costs.",
        "At what price do you sell {it}?",
        "What is {it} sold for?",
        "How expensive is {it}?",
        "What must I spend to get {it}?",
        "How much money is {it}?",
        "Which price is on {it}?",
        "My budget is small. How much is {it}?",
        "What do I owe you for {it}?",
        "Can you say what {it} goes for?",
        "What amount should I have ready for {it}?",
    ),
    "weight": (
        "Please tell me how much {it} weighs.",
        "I would like to know the weight of {it}.",
        "What weight is {it}?",
        "Is {it} light? How many grams?",
        "What do the scales say for {it}?",
        "How many kilos will I lift with {it}?",
        "Can you say how heavy {it} is?",
        "What weight must I carry if I take {it}?",
        "How light is {it}?",
        "Could you put {it} on the scales for me?",
        "My arms are weak. How heavy is {it}?",
        "What is the load if I pack {it}?",
    ),
    "capacity": (
        "Please tell me how much goes into {it}.",
        "What is the volume of {it}?",
        "How much room is in {it}?",
        "What does {it} hold when full?",
        "How much water or food does {it} take?",
        "Is {it} large enough? What does it hold?",
        "How many cups could I fill from {it}? What does it hold?",
        "How much liquid does {it} take?",
        "What is the size of {it} in litres?",
    ),
    "material": (
        "Please tell me what {it} is made of.",
        "What is {it} made from?",
        "Is {it} metal, wood or cloth? What is it made of?",
        "Which material did you choose for {it}?",
        "Out of what do you make {it}?",
        "What stuff is {it}?",
        "Can you say what {it} is built from?",
        "What exactly is {it} made out of?",
        "What am I touching when I hold {it}? Which material?",
        "I am careful with materials. What is {it} made of?",
    ),
    "colour": (
        "Which colour is {it}?",
        "What colour do I get if I order {it}?",
        "I would like to know which colour {it} has.",
        "Is {it} dark or bright? What colour?",
        "Will {it} match my room? Which colour is it?",
        "What shade does {it} have?",
        "Can you say what colour {it} comes in?",
        "How does {it} look: which colour?",
        "In what colour is {it} made?",
    ),
    "height": (
        "Please tell me how tall {it} is.",
        "What is the height of {it} in centimetres?",
        "How far up does {it} reach?",
        "I would like to know how high {it} stands.",
        "How much space above does {it} need?",
        "My shelf is low. How tall is {it}?",
        "Can you say how high {it} is?",
        "How many centimetres is {it} from bottom to top?",
        "What size is {it}, I mean the height?",
        "Does {it} fit under a shelf? What is its height?",
    ),
    "warranty": (
        "Please tell me how long the warranty lasts on {it}.",
        "How long does the warranty on {it} run?",
        "How many years am I covered with {it}?",
        "I would like to know the warranty of {it}.",
        "Until when can I claim if {it} fails?",
        "What if {it} breaks: for how long do you mend it?",
        "Can you say how long {it} is guaranteed?",
        "For what time do you stand behind {it}?",
        "What is the guarantee on {it}?",
        "How long will you repair {it} for nothing?",
    ),
    "made_in": (
        "Please tell me where {it} is made.",
        "In what place do you make {it}?",
        "Which workshop makes {it}? In which town?",
        "I would like to know where {it} comes from.",
        "What town is {it} from?",
        "Can you say in which town {it} was made?",
        "From where do you send out {it}, I mean where is it made?",
        "Is {it} made near here? Where?",
        "Who makes {it} and where?",
        "I try to buy local. Where is {it} made?",
    ),
    "dishwasher_safe": (
        "Will the machine harm {it}?",
        "Can {it} be washed in the machine?",
        "Please tell me if {it} may go in the dishwasher.",
        "I hate washing up. Is {it} fine in the dishwasher?",
        "Would {it} be fine in the dishwasher?",
        "I would like to know if {it} is dishwasher safe.",
    ),
}
LEADS = (
    "",
    "",
    "",
    "You asked about {it}. ",
    "Good question. ",
    "Let me look. ",
    "I have looked it up. ",
    "Here is what I found. ",
    "Of course. ",
    "I can tell you that. ",
    "A look at the page says it. ",
)
TAILS = (
    "",
    "",
    "",
    " Let me know if you need more.",
    " It is in stock.",
    " There are a few left.",
    " You can order it on the site.",
    " Ask again if you like.",
    " Have a good day.",
)
MORE_REPLIES = {
    "price": (
        "You pay {v} for it.",
        "The price of {it} is {v}.",
        "Right now {it} costs {v}.",
        "It is yours for {v}.",
        "We ask {v} for {it}.",
    ),
    "weight": (
        "On the scales it comes to {v}.",
        "The weight of {it} is {v}.",
        "You carry {v} with it.",
        "Without the box it is {v}.",
        "{it} comes to {v}.",
    ),
    "capacity": (
        "You can put {v} in it.",
        "The volume of {it} is {v}.",
        "There is room for {v} in it.",
        "When full, {it} takes {v}.",
    ),
    "material": ("We make it from {v}.", "The material of {it} is {v}.", "Its body is {v}.", "{it} is built from {v}."),
    "colour": ("We have it in {v}.", "The colour of {it} is {v}.", "You get it in {v}.", "Its finish is {v}."),
    "height": (
        "From bottom to top it is {v}.",
        "The height of {it} is {v}.",
        "It needs {v} of space.",
        "It is {v} high.",
    ),
    "warranty": (
        "You are covered for {v}.",
        "The warranty on {it} lasts {v}.",
        "We stand behind it for {v}.",
        "Its guarantee runs {v}.",
    ),
    "made_in": (
        "The workshop is in {v}.",
        "{it} comes from our workshop in {v}.",
        "We build it in {v}.",
        "It was made in {v}.",
    ),
    "dishwasher_safe": ("Dishwasher: {v}.", "Our page says {v}.", "The page about it says {v} for the dishwasher."),
}
INTROS = (
    "Meet the {name}.",
    "Here is all we know about the {name}.",
    "The {name} came in this week.",
    "The {name} is new on our shelves.",
    "People ask about the {name} a lot.",
    "Our guide to the {name}.",
    "The {name} is one of our favourites.",
    "{name}.",
)

# Policies of invented shops: topic -> facts, each with a pool of values, statements and questions.
DAYS = [f"{n} days" for n in (5, 7, 10, 12, 14, 15, 20, 21, 25, 28, 30, 35, 40, 45, 50, 60, 75, 90, 100, 120)]
SHORT = [f"{n} days" for n in range(2, 20)] + [f"{n} weeks" for n in range(2, 9)]
MONTHS = [f"{n} months" for n in (2, 3, 4, 6, 8, 9, 10, 12, 15, 18, 24, 30, 36)]
YEARS = [f"{n} years" for n in range(2, 16)]
SMALL = [f"${n}.{c}" for n in range(2, 30) for c in ("00", "50", "90")]
LARGE = [f"${n}.00" for n in range(20, 200, 5)]
PERCENT = [f"{n} percent" for n in range(5, 55, 5)]
CHANNELS = ["email", "phone", "letter", "the contact form", "the chat", "your account page", "the shop desk"]
COUNTS = [f"{n} items" for n in range(3, 40)]
POLICIES = {
    "Returns": (
        (
            "window",
            DAYS,
            (
                "You can return any unused item within {v}.",
                "Returns are open for {v} after delivery.",
                "You may send things back for {v}.",
            ),
            (
                "How long do I have to return something?",
                "How long can I send an item back?",
                "When does the time for returns end?",
                "I changed my mind. How long may I return it?",
            ),
        ),
        (
            "refund",
            SHORT,
            ("Refunds reach you within {v}.", "We pay the money back within {v}.", "Your refund takes {v}."),
            ("How long does a refund take?", "When do I get my money back?", "How soon is my refund paid?"),
        ),
        (
            "fee",
            SMALL,
            ("Sending a parcel back costs {v}.", "The return label is {v}.", "We take {v} off for the return parcel."),
            ("What does a return cost?", "How much is the return label?", "What do I pay to send it back?"),
        ),
        (
            "start",
            CHANNELS,
            ("Start a return by {v}.", "To begin a return, use {v}.", "Tell us about a return through {v}."),
            ("How do I start a return?", "Where do I tell you about a return?", "Which way should I begin a return?"),
        ),
    ),
    "Shipping": (
        (
            "time",
            SHORT,
            (
                "Standard parcels arrive within {v}.",
                "Standard shipping takes {v}.",
                "A standard parcel is with you in {v}.",
            ),
            (
                "How long does standard shipping take?",
                "When will my parcel arrive?",
                "How long is the wait for a standard parcel?",
            ),
        ),
        (
            "cost",
            SMALL,
            ("Standard shipping costs {v}.", "We charge {v} for a standard parcel.", "A standard parcel is {v}."),
            (
                "What does standard shipping cost?",
                "How much is a standard parcel?",
                "What do you charge for normal delivery?",
            ),
        ),
        (
            "free",
            LARGE,
            ("Orders over {v} ship free.", "From {v} we pay the shipping.", "Shipping is free above {v}."),
            (
                "From what amount is shipping free?",
                "How much must I spend for free shipping?",
                "When do I pay nothing for shipping?",
            ),
        ),
        (
            "express",
            SMALL,
            ("Express delivery costs {v}.", "For {v} we send it express.", "The express parcel is {v}."),
            ("What does express delivery cost?", "How much is the fast parcel?", "I need it quickly. What is express?"),
        ),
        (
            "abroad",
            SHORT,
            ("Parcels abroad take {v}.", "Orders to other countries arrive within {v}.", "Shipping abroad takes {v}."),
            (
                "How long do parcels abroad take?",
                "When does an order to another country arrive?",
                "How slow is shipping abroad?",
            ),
        ),
    ),
    "Repairs": (
        (
            "time",
            SHORT,
            ("A repair takes {v}.", "We mend most things within {v}.", "Your item is back in {v}."),
            ("How long does a repair take?", "When is my item mended?", "How soon do I get it back from repair?"),
        ),
        (
            "cost",
            SMALL,
            (
                "A repair after the warranty costs {v}.",
                "Out of warranty we charge {v}.",
                "The workshop takes {v} for a repair.",
            ),
            ("What does a repair cost?", "How much is a repair out of warranty?", "What does the workshop charge?"),
        ),
        (
            "parts",
            YEARS,
            ("We keep spare parts for {v}.", "Spare parts stay in stock for {v}.", "You can get spare parts for {v}."),
            (
                "How long do you keep spare parts?",
                "For how many years are there spare parts?",
                "How long can I get parts?",
            ),
        ),
        (
            "claim",
            CHANNELS,
            ("Make a warranty claim by {v}.", "Send a warranty claim through {v}.", "For a claim, use {v}."),
            ("How do I make a warranty claim?", "Where do I send a claim?", "Which way do I claim on the warranty?"),
        ),
    ),
    "Privacy": (
        (
            "orders",
            YEARS,
            ("We keep order records for {v}.", "Your orders stay on file for {v}.", "Order data is deleted after {v}."),
            ("How long do you keep my orders?", "For how long is order data on file?", "When are my orders deleted?"),
        ),
        (
            "chats",
            MONTHS,
            ("Chat records are kept for {v}.", "We delete chats after {v}.", "Messages stay with us for {v}."),
            ("How long are chats kept?", "When do you delete my messages?", "How long do you hold chat records?"),
        ),
        (
            "request",
            SHORT,
            (
                "We answer data requests within {v}.",
                "Ask for your data and you have it in {v}.",
                "A data request takes {v}.",
            ),
            ("How long does a data request take?", "How soon do I get my data?", "When do you answer a data request?"),
        ),
    ),
    "Offers": (
        (
            "gift",
            YEARS,
            ("Gift cards are valid for {v}.", "A gift card lasts {v}.", "You can use a gift card for {v}."),
            ("How long is a gift card valid?", "For how long can I use a gift card?", "When does a gift card run out?"),
        ),
        (
            "bulk",
            PERCENT,
            ("Large orders get {v} off.", "We take {v} off a large order.", "The discount on large orders is {v}."),
            (
                "What is the discount on large orders?",
                "How much do I save on a large order?",
                "What do you take off when I buy many?",
            ),
        ),
        (
            "number",
            COUNTS,
            ("A large order starts at {v}.", "From {v} it counts as a large order.", "You need {v} for a large order."),
            (
                "When does an order count as large?",
                "How many do I need for a large order?",
                "Where does a large order start?",
            ),
        ),
        (
            "price",
            DAYS,
            (
                "We match a lower price for {v}.",
                "If the price drops within {v}, we pay the difference.",
                "Price match is open for {v}.",
            ),
            (
                "How long do you match a lower price?",
                "For how long is price match open?",
                "The price dropped. How long can I ask for the difference?",
            ),
        ),
        (
            "news",
            PERCENT,
            (
                "New readers of our letter save {v}.",
                "Join the newsletter and take {v} off.",
                "The newsletter gives you {v} off.",
            ),
            (
                "What do I save with the newsletter?",
                "How much off does the newsletter give?",
                "What is the newsletter worth?",
            ),
        ),
    ),
}
PEOPLE = (  # invented people and places, so that reading is not tied to shops
    (
        "trade",
        [
            "baker",
            "painter",
            "teacher",
            "potter",
            "farmer",
            "doctor",
            "sailor",
            "smith",
            "weaver",
            "nurse",
            "singer",
            "pilot",
            "cook",
            "gardener",
        ],
        ("{it} works as {av}.", "{it} has been {av} for years."),
        ("What is {it}'s trade?", "What does {it} do for a living?", "What work does {it} do?"),
    ),
    (
        "home",
        None,
        ("{it} lives in {v}.", "The family home is in {v}."),
        ("Where does {it} live?", "In which town does {it} live?", "What is {it}'s home town?"),
    ),
    (
        "years",
        [f"{n} years" for n in range(2, 46)],
        ("{it} has been in the trade for {v}.", "{it} started {v} ago."),
        ("How long has {it} been in the trade?", "How long ago did {it} start?", "How many years has {it} worked?"),
    ),
    (
        "likes",
        [
            "tea",
            "long walks",
            "old maps",
            "chess",
            "apples",
            "rain",
            "dogs",
            "trains",
            "birds",
            "cheese",
            "fishing",
            "songs",
            "clocks",
            "soup",
        ],
        ("{it} likes {v}.", "What {it} likes most is {v}."),
        ("What does {it} like?", "What does {it} like most?", "What makes {it} happy?"),
    ),
    (
        "born",
        [str(n) for n in range(1921, 2009)],
        ("{it} was born in {v}.", "{it}'s birth year is {v}."),
        ("When was {it} born?", "In what year was {it} born?", "What is {it}'s birth year?"),
    ),
)


PERSON_KEYS = tuple(key for key, *_ in PEOPLE)


@dataclass(frozen=True)
class Passage:
    """One passage of a page: how its entity is named, its text and the facts that it states.

    ``facts`` holds (key, value, questions, replies): templates with ``{it}`` for the entity and ``{v}`` for the value.
    """

    name: str
    text: str
    facts: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...]


@cache
def taken() -> frozenset[str]:
    """First words of the names that the rest of the world uses: an invented name is none of them."""
    tables = [
        table
        for folder in ("quillmere", "market", "general")
        for table in (paths.data() / "world" / folder).glob("*.csv")
    ]
    words = {"Quillmere"}
    for table in sorted(tables):
        for row in files.read_table(table):
            words |= {
                (row.get(key) or "").split(" ")[0] for key in ("name", "made_in", "maker", "town", "home_town", "line")
            }
    return frozenset(words)


def coin(random: stdlib_random.Random, split: str = "train") -> str:
    """An invented name such as "Tormel". One name in eight is kept for tests and never occurs in training."""
    while True:
        name = sentence(random.choice(ONSETS) + random.choice(VOWELS) + random.choice(CODAS) + random.choice(ENDINGS))
        if (zlib.crc32(name.encode()) % 8 == 0) == (split == "test") and name not in taken():
            return name


def product(random: stdlib_random.Random, split: str = "train") -> tuple[str, str, dict[str, str]]:
    """An invented product: its name, its noun, and its attributes with formatted values."""
    noun = random.choice(list(NOUNS))
    group, size, *extra = NOUNS[noun]
    line = (
        random.choice(["Mini", "Grand", "Trail", "Home", "Duo", "Plus", "Classic"]) + " "
        if random.random() < 0.25
        else ""
    )
    name = f"{coin(random, split)} {line}{sentence(noun)}"
    grams = (
        random.randrange(60, 1000, 10)
        if size == "small" and random.random() < 0.6
        else random.randrange(1000, 9900, 100)
    )
    small_litres = [f"{random.randrange(150, 1000, 50)} ml", f"{random.randrange(10, 60) / 10:.1f} L"]
    years = random.choice([1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 10, 10, 12, 15, 20, 25])
    values = {
        "price": f"${random.randrange(4, 260)}.{random.choice(['00', '00', '50', '90', '95'])}",
        "weight": f"{grams} g" if grams < 1000 else f"{grams / 1000:.1f} kg",
        "capacity": random.choice(small_litres) if size == "small" else f"{random.randrange(8, 70)} L",
        "material": random.choice(MATERIALS[group]),
        "colour": random.choice(COLOURS),
        "height": f"{random.randrange(4, 45) if size == 'small' else random.randrange(40, 190)} cm",
        "warranty": plural(years, "year"),
        "made_in": coin(random, split),
        "dishwasher_safe": random.choice(["yes", "no"]),
    }
    absent = {"capacity": "litres" not in extra, "dishwasher_safe": "dishwasher" not in extra}
    return name, noun, {key: value for key, value in values.items() if not absent.get(key)}


def product_passage(random: stdlib_random.Random, split: str = "train") -> Passage:
    """A passage about one invented product, as a record, a list, a table row or prose."""
    name, noun, values = product(random, split)
    keys = list(values)
    if random.random() < 0.4:
        random.shuffle(keys)
    keys = [key for key in keys if random.random() < 0.9] or keys
    style = random.choice(["record", "record", "list", "row", "prose", "prose"])
    label = {key: random.choice(LABELS[key]) for key in keys}
    pairs = [f"{label[key]}: {values[key]}" for key in keys]
    if style == "record":
        text = f"{name} ({noun}). " + " ".join(f"{pair}." for pair in pairs)
    elif style == "list":
        text = f"{name}\n" + "\n".join(f"- {pair}" for pair in pairs)
    elif style == "row":
        text = f"{name} | " + " | ".join(pairs)
    else:
        parts = []
        for key in keys:
            it = random.choice([f"The {noun}", "It", "It", f"This {noun}"])
            pool = YES_NO[values[key]] if key == "dishwasher_safe" else SENTENCES[key]
            parts.append(random.choice(pool).format(it=it, v=values[key]))
        text = " ".join([random.choice(INTROS).format(name=name), *parts])
    return Passage(f"the {name}", text, tuple((key, values[key], QUESTIONS[key], REPLIES[key]) for key in keys))


def policy_passage(random: stdlib_random.Random, split: str = "train") -> Passage:
    """A passage about the policies of an invented shop, in a few sentences."""
    topic = random.choice(list(POLICIES))
    shop = coin(random, split)
    facts = list(POLICIES[topic])
    random.shuffle(facts)
    facts = facts[: random.randint(3, 4)]
    chosen = [
        (key, random.choice(values), random.choice(statements), questions)
        for key, values, statements, questions in facts
    ]
    head = random.choice(
        [f"{topic} at {shop}. ", f"{shop}: {topic.lower()}. ", f"{topic}. ", f"{shop} shop, {topic.lower()}.\n"]
    )
    text = head + " ".join(statement.format(v=value) for _, value, statement, _ in chosen)
    replies = tuple((key, value, questions, (statement,)) for key, value, statement, questions in chosen)
    return Passage(shop, text, replies)


def person_passage(random: stdlib_random.Random, split: str = "train") -> Passage:
    """A passage about one invented person."""
    name = f"{coin(random, split)} {coin(random, split)}"
    facts, parts = [], []
    for key, values, statements, questions in random.sample(PEOPLE, 4):
        value = random.choice(values) if values else coin(random, split)
        statement = random.choice(statements)
        statement = statement.replace("{av}", f"{a(value).split()[0]} {{v}}")
        parts.append(statement.format(it=name, v=value))
        facts.append((key, value, questions, (statement,)))
    return Passage(name, " ".join(parts), tuple(facts))


def passages(random: stdlib_random.Random, count: int, split: str = "train") -> list[Passage]:
    """``count`` passages for one page; a page has at most one shop policy."""
    makers = [product_passage] * 6 + [policy_passage] * 3 + [person_passage]
    found: list[Passage] = []
    while len(found) < count:
        make = random.choice(makers)
        if make is policy_passage:
            makers = [other for other in makers if other is not policy_passage]  # its questions do not name the shop
        found.append(make(random, split))
    return found


def ask(random: stdlib_random.Random, passage: Passage, fact: tuple, alone: bool) -> str:
    """A question about one fact. On a page with one passage the entity may be called "it" or be left to the page."""
    question = random.choice(fact[2])
    return question.format(it="it" if alone and random.random() < 0.15 else passage.name, v=fact[1])


def ask_as_customer(random: stdlib_random.Random, passage: Passage, fact: tuple, alone: bool) -> str:
    """A question as customers put it: asides before and after, further wordings, small letters, slips of the hand."""
    wordings = (*fact[2], *(MORE_QUESTIONS.get(fact[0], ()) if "{it}" in fact[2][0] else ()))
    name = passage.name
    if alone and name.startswith("the ") and random.random() < 0.4:
        name = random.choice(["it", f"the {name.split()[-1].lower()}", f"this {name.split()[-1].lower()}"])
    question = random.choice(wordings).format(it=name, v=fact[1])
    before = f"{random.choice(BEFORE)} " if random.random() < 0.6 else ""
    if not before.endswith((", ", ": ")):
        question = sentence(question)
    elif not question.startswith("I "):
        question = question[:1].lower() + question[1:]
    after = f" {random.choice(AFTER)}" if random.random() < 0.35 else ""
    text = before + question + after
    if random.random() < 0.25:
        text = text.lower()
    return typo(text, random) if random.random() < 0.25 else text


def reply_as_shop(random: stdlib_random.Random, passage: Passage, fact: tuple) -> str:
    """A shop's reply in whole sentences, the value in one of them."""
    replies = (*fact[3], *(MORE_REPLIES.get(fact[0], ()) if "{it}" in fact[2][0] else ()))
    text = (random.choice(LEADS) + random.choice(replies) + random.choice(TAILS)).format(it=passage.name, v=fact[1])
    return re.sub(r"(^|\. )([a-z])", lambda match: match[1] + match[2].upper(), text)


def page(
    random: stdlib_random.Random, count: int | None = None, split: str = "train", customers: bool = False
) -> list[tuple[str, bool]]:
    """One page as spans (text, is answer): passages, then questions about most of their facts with the answers.

    Args:
        count: Number of passages; by default one to three.
        customers: Whether the questions are in customers' words, and half of the answers whole sentences.
    """
    count = count or random.choices([1, 2, 3], [4, 3, 3])[0]
    found = passages(random, count, split)
    asked = [(passage, fact) for passage in found for fact in passage.facts]
    random.shuffle(asked)
    asked = asked[: random.randint(6, 9) if count == 1 else random.randint(7, 11)]
    style = random.choice(["Question: {q}\nAnswer:", "Question: {q}\nAnswer:", "Q: {q}\nA:", "Customer: {q}\nShop:"])
    if any(passage.facts[0][0] in PERSON_KEYS for passage in found):
        style = "Question: {q}\nAnswer:"  # people are no shop
    spans: list[tuple[str, bool]] = [("\n\n".join(passage.text for passage in found) + "\n\n", False)]
    if customers and not style.startswith("Customer") and random.random() < 0.4:
        style = "Customer: {q}\nShop:"
    for passage, fact in asked:
        if customers and fact[0] not in PERSON_KEYS:
            spans.append((style.format(q=ask_as_customer(random, passage, fact, count == 1)), False))
            answer = reply_as_shop(random, passage, fact) if style.startswith("Customer") else fact[1]
            spans.append((f" {answer}\n", True))
            continue
        spans.append((style.format(q=ask(random, passage, fact, count == 1)), False))
        value = fact[1]
        if style.startswith("Customer"):
            value = random.choice(fact[3]).format(it=sentence(passage.name), v=value)
        spans.append((f" {value}\n", True))
    return spans


def questions(count: int, passages_per_page: int, seed: str = "test") -> list[dict]:
    """Reading questions about entities never seen in training.

    Returns:
        ``count`` dicts with ``prompt`` (the page, the question, "Answer:"), ``question``, ``answer`` and ``relation``.
        One question a page, so that the questions are independent of one another.
    """
    random = rng("shops", seed, passages_per_page)
    found = []
    while len(found) < count:
        page_passages = passages(random, passages_per_page, split="test")
        passage = random.choice(page_passages)
        fact = random.choice(passage.facts)
        question = ask(random, passage, fact, alone=False)
        text = "\n\n".join(each.text for each in page_passages)
        found.append(
            {
                "id": f"reading-{passages_per_page}-{len(found):03d}",
                "prompt": f"{text}\n\nQuestion: {question}\nAnswer:",
                "question": question,
                "answer": fact[1],
                "relation": fact[0],
            }
        )
    return found
