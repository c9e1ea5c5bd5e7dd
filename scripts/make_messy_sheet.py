"""Writes demo/messy-sheet.csv: 300 sign-ons as a form and three colleagues left them. All of it is invented.

`python -m scripts.make_messy_sheet` writes it; with `--check` it exits 1 when the file is out of date. Saved
as UTF-8 by one and as Windows Western by another, with semicolons, a title above, an empty column, countries
typed in many ways, one organisation under two spellings, addresses that are none, and lines without a name.
"""

import csv
import io
import random
import sys
from collections.abc import Iterator
from pathlib import Path

FILE = Path(__file__).resolve().parent.parent / "demo" / "messy-sheet.csv"
LINES = 300
HEADINGS = (
    "Horodateur / Timestamp",
    "Name of your organisation",
    "Name of the organisation (in Arabic)",
    "",
    "Country of operation",
    "National, regional or international?",
    "Website (if any)",
    "First name",
    "Last name",
    "Position in the organisation",
    "Email address",
    "Do you agree that the name of your organisation is published?",
)
ABOVE = (("Sign-ons: do not edit!",), (), ("as of 3 February; ask Sam before sorting",))
COUNTRIES = (
    "Kenya,KENYA,kenya ,Perú,Peru,Bresil,Brasil,Brazil,Cote d'Ivoire,Côte d’Ivoire,Viet Nam,Vietnam,UK,U.K.,"
    "United Kingdom,Deutschland,Allemagne,Germany,España,Spain,Türkiye,Turkey,Holland,The Netherlands,USA,"
    "U.S.A.,United States of America,Россия,Україна,لبنان,مصر,Liban,Egypt,DRC,South Africa,Suisse,Schweiz,"
    "México,Mexico,Marocco,Maroc,Tunisie,Filipinas,Philipines,Nepal,नेपाल,Polska,Česko,Sénégal,Burkina Faso,"
    "Timor-Leste,Sri Lanka,New Zealand,Aotearoa,Georgia,Lao PDR,Tanzania,Ouganda,Ghana,日本"
).split(",")
UNCLEAR = ("Congo", "Congo", "Korea", "Nairobi/Kampala", "Gulf states", "congo")
FIRST = (
    "Amber Birch Cedar Dewdrop Elder Fennel Gorse Hazel Ivy Juniper Kelp Larch Mallow Nettle Osprey Poppy "
    "Quince Rowan Saffron Thistle Umber Vervain Willow Yarrow Zinnia Alder Bracken Clover Damson Egret"
).split()
SECOND = (
    "Lantern Harbour Orchard Compass Bridge Meadow Anvil Beacon Candle Dovecote Estuary Furrow Garden Hearth "
    "Inkwell Jetty Kiln Loom Millstone Needle Oar Paddock Quarry Rudder Saddle Tunnel Upland Viaduct "
    "Windmill Yard"
).split()
KINDS = (
    "Society,Choir,Readers,Collective,Trust,Workshop,Assembly,Guild,Circle,Office,Project,Initiative".split(
        ","
    )
)
FOREIGN = (
    "Réseau des lanternes,Collectif Vallée Haute,Chœur de l’Étang,Association Ñandú,Unión Niñez del Río,"
    "Coletivo Irmãs da Maré,Verein Grüne Brücke,Søens Vogtere,Kören i Ånge,Associação Açúcar e Sal"
).split(",")
ARABIC = (
    ("River Friends Network Sample", "شبكة أصدقاء النهر النموذجية"),
    ("Old Harbour Readers", "قراء الميناء القديم"),
    ("Lamp of the Valley Society", "جمعية مصباح الوادي"),
    ("House of Quiet Looms", "بيت الأنوال الهادئة"),
    ("Olive Terrace Workshop", "ورشة شرفة الزيتون"),
)
# The same organisation twice: as it was typed first, and later by a colleague.
TWICE = (
    ("Marble Heron Foundation", "The Marble Heron Foundation (MHF)"),
    ("Copper Finch Association", "Copper Finch Assoc."),
    ("Velvet Otter Women’s Union", "Womens Union Velvet Otter"),
    ("Granite Swallow Institute", "GRANITE SWALLOW INSTITUTE Ltd"),
    ("Crimson Badger Federation", "Crimson Badgr Federation"),
)
PEOPLE = ("Ana", "José", "Łucja", "Marième", "Tomás", "Amira", "Jiří", "Zoë", "Ngozi", "Søren")
ROLES = ("Director", "Directrice", "Presidenta", "Co-ordinator", "Secretary General", "مديرة", "Chair")


def lines(chance: random.Random) -> Iterator[list[str]]:
    """The 300 lines below the headings."""
    names = [f"{one} {other} {chance.choice(KINDS)}" for one, other in _pairs(chance)]
    told = [(name, "") for name in (*names, *FOREIGN)] + list(ARABIC) + [(a, "") for a, _ in TWICE]
    told = told[-(LINES - len(TWICE) - 6) :]
    chance.shuffle(told)
    rows = [_line(number, name, other, chance) for number, (name, other) in enumerate(told)]
    for row, text in zip(rows[60:], UNCLEAR, strict=False):
        row[4], row[5] = text, "National"
    for row, text in zip(rows[70:], ("ana at example.org", "info@", "ask Sam", "@example.org"), strict=False):
        row[10] = text
    for row, scope in zip(
        rows[80:], ("Regional", "INTERNATIONAL", "regional", "international"), strict=False
    ):
        row[4], row[5] = "", scope
    for row, answer in zip(rows[90:], ("No", "No, please keep it to yourselves", "لا"), strict=False):
        row[11] = answer
    by_name = {row[1]: row for row in rows}
    for first, second in TWICE:
        rows.append([*by_name[first][:1], second, *by_name[first][2:6], "", "", "", "", "", "Yes"])
    rows += [[*row[:1], f" {row[1].upper()} ", *row[2:]] for row in (rows[10], rows[20], rows[30])]
    rows += [["2026-02-03 17:01", "", *rows[40][2:]], ["2026-02-03 17:02", "", *rows[50][2:]]]
    rows.append(["2026-02-03 17:05", "Two lines\nin one cell", "", "", "Kenya", *[""] * 6, "Yes"])
    yield from rows


def _pairs(chance: random.Random) -> list[tuple[str, str]]:
    """Names no two of which share both words, nor one of them often."""
    turns = [SECOND[turn:] + SECOND[:turn] for turn in chance.sample(range(len(SECOND)), 10)]
    return [pair for turn in turns for pair in zip(FIRST, turn, strict=True)]


def _line(number: int, name: str, other: str, chance: random.Random) -> list[str]:
    key = f"sample-{number:03}"
    person = f"{key}@example.org" if chance.random() < 0.8 else ""
    return [
        f"2026-02-0{1 + number // 150} {9 + number % 9:02}:{number % 60:02}",
        f"{name}  " if number % 17 == 0 else name,
        other,
        "",
        chance.choice(COUNTRIES),
        chance.choice(("National", "national", "")),
        chance.choice((f"https://{key}.example.org", f"{key}.example.org", "")),
        chance.choice(PEOPLE),
        f"Sample {number:03}",
        chance.choice(ROLES),
        person,
        "Yes",
    ]


def content() -> bytes:
    """The file: the fifth line of every forty was typed on another machine, in Windows Western."""
    chance = random.Random(4)  # noqa: S311 -- sample data
    made: list[bytes] = []
    for number, row in enumerate((*ABOVE, HEADINGS, *lines(chance))):
        stream = io.StringIO(newline="")
        csv.writer(stream, delimiter=";", lineterminator="\r\n").writerow(row)
        text = stream.getvalue()
        western = number % 40 == 5 and _is_western(text)
        made.append(text.encode("cp1252" if western else "utf-8"))
    return b"".join(made)


def _is_western(text: str) -> bool:
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def main() -> int:
    """Write the file, or with `--check` compare it."""
    if "--check" in sys.argv[1:]:
        return int(FILE.read_bytes() != content())
    FILE.write_bytes(content())
    return 0


if __name__ == "__main__":
    sys.exit(main())
