//! Conversations in English.

use super::{Stop, Talk};

pub(super) const TALKS: &[Talk] = &[
    Talk {
        tag: "left-handed",
        page: Stop::Teapot,
        turns: &[
            (
                "Do you make the teapot left-handed?",
                "We do! The handle sits opposite, and it takes ten days more.",
            ),
            ("Does it cost more?", "No, it is the same price: ₩96,000."),
            (
                "Lovely, I will order one. Thank you!",
                "With pleasure. Write \"left\" in the note on the order.",
            ),
        ],
    },
    Talk {
        tag: "delivery-abroad",
        page: Stop::Delivery,
        turns: &[
            ("Hi, do you ship to Scotland?", "Hello! Yes, we do. It takes about two weeks."),
            (
                "What would two cups cost to send?",
                "Around ₩24,000. We ask the post office before you pay.",
            ),
            (
                "Do I have to pay customs as well?",
                "Under £135 usually only the VAT, which the post collects.",
            ),
            ("All right, thanks for explaining.", "You are welcome. Good evening to Scotland!"),
        ],
    },
    Talk {
        tag: "broken",
        page: Stop::Home,
        turns: &[
            (
                "My moon jar arrived in three pieces :(",
                "Oh no, I am sorry! Could you tell me the order number?",
            ),
            (
                "It is 20417.",
                "Thank you. A new one leaves us tomorrow; you need not send the shards.",
            ),
            ("That was quick. Thanks a lot", "Glad to help. I hope this one stays whole."),
        ],
    },
    Talk {
        tag: "dishwasher",
        page: Stop::CeladonCup,
        turns: &[
            (
                "Can the celadon cup go into the dishwasher?",
                "It survives it, but the glaze loses its gloss. By hand is better.",
            ),
            ("And the microwave?", "Yes, there is no metal in the glaze."),
            ("Good to know, bye", "Enjoy your tea!"),
        ],
    },
    Talk {
        tag: "returns",
        page: Stop::Delivery,
        turns: &[
            ("How long can I return something?", "Fourteen days, unused and in its box."),
            ("The tea too?", "Only while it is sealed, I am afraid."),
            ("Understood. Thank you", "You are welcome."),
        ],
    },
    Talk {
        tag: "brewing",
        page: Stop::GreenTea,
        turns: &[
            (
                "How hot should the water be for the first-flush tea?",
                "About 60 °C, and a minute for the first cup.",
            ),
            (
                "I burned it with boiling water, is it ruined?",
                "The leaves forgive it. Pour that away and brew them again, cooler.",
            ),
            ("It worked, it is sweet now!", "Wonderful. The third cup is the best one."),
        ],
    },
    Talk {
        tag: "stock",
        page: Stop::MoonJar,
        turns: &[
            ("Is the small moon jar in stock?", "Two are left from the spring firing."),
            (
                "Could I have the one that leans to the left?",
                "Of course. I put it aside for you until tonight.",
            ),
            ("You are great, ordering now", "Thank you! It is wrapped already."),
        ],
    },
    Talk {
        tag: "payment",
        page: Stop::Checkout,
        turns: &[
            ("The checkout does not take my card", "I am sorry. Which message does it show?"),
            (
                "\"Declined by issuer\"",
                "Then the bank refuses payments abroad. Could you try a transfer instead?",
            ),
            ("Transfer worked, thanks", "Perfect, I see it here. It goes out tomorrow."),
        ],
    },
    Talk {
        tag: "address",
        page: Stop::Cart,
        turns: &[
            (
                "I gave the wrong address on my order, can you change it?",
                "Yes, it has not left yet. What is the right one?",
            ),
            (
                "12 Mill Lane instead of 21, the rest is right.",
                "Changed. You get a new confirmation in a minute.",
            ),
            ("Got it. Phew", "No harm done!"),
        ],
    },
    Talk {
        tag: "wholesale",
        page: Stop::CeladonCup,
        turns: &[
            (
                "We run a small café. Is there a price for forty cups?",
                "From twenty on it is 15 % less: ₩27,200 each.",
            ),
            ("How long would forty take?", "Six weeks, since the kiln holds twelve at a time."),
            (
                "I will talk to my partner and write again.",
                "Please do. I note the offer under your name.",
            ),
        ],
    },
    Talk {
        tag: "lid",
        page: Stop::Teapot,
        turns: &[
            (
                "I dropped the lid of my teapot. Can I buy a lid alone?",
                "We throw one to fit. Could you measure the opening?",
            ),
            ("61 mm across inside", "Thank you. That is ₩18,000 and three weeks."),
            ("Please go ahead then!", "It is on the potter's list as of now."),
        ],
    },
    Talk {
        tag: "invoice",
        page: Stop::Home,
        turns: &[
            (
                "Can I get an invoice with my company's name?",
                "Surely. Tell me the name and the order number.",
            ),
            ("Harbour Light Ltd, order 20388", "It is in your inbox now."),
            ("Thanks, have a good day.", "You too!"),
        ],
    },
];
