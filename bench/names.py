"""Invented names of organisations, as many as are wanted, the same each time."""

from __future__ import annotations

import random

_SYLLABLES = """
    ka na ta vel ost re la mar low si mu qui lan tho ren bri zan dri a ul li ni san go be ro tu mi pen hal
    kes wa
""".split()
_FORMS = (
    "Foundation Network Association Coalition Centre Institute Trust Alliance Union Initiative Forum".split()
)
_TOPICS = (
    "Harm Reduction",
    "Drug Policy",
    "Human Rights",
    "Public Health",
    "Women’s Health",
    "Youth Development",
    "Legal Aid",
    "Prison Reform",
)
_PLACES = "Kenya Uganda France Nigeria Bolivia Ukraine Germany India Brazil Ghana Nairobi Lagos Paris".split()
_SHAPES = (
    "Réseau {own} pour la santé",
    "Fundación {own}",
    "Asociación {own} por los Derechos Humanos",
    "Association {own}",
    "{own} e.V.",
    "{own} {topic} {form}",
    "{place} {topic} {form}",
    "The {own} {form}",
    "{own} {form} {place}",
    "{form} for {topic} in {own}",
)


def names(count: int, seed: int) -> list[str]:
    """That many names, some of them alike by chance, as they are on real lists."""
    chance = random.Random(seed)  # noqa: S311 -- sample data need no cryptographic chance

    def word() -> str:
        return "".join(chance.choice(_SYLLABLES) for _ in range(chance.randint(2, 4))).capitalize()

    return [
        chance.choice(_SHAPES).format(
            own=" ".join(word() for _ in range(chance.randint(1, 2))),
            form=chance.choice(_FORMS),
            topic=chance.choice(_TOPICS),
            place=chance.choice(_PLACES),
        )
        for _ in range(count)
    ]
