"""Markdown: what a letter may say, what can never go live, and how it reads as HTML, text, data and words."""

import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.core import markdown

LETTER = """\
# The letter's own title

Two men, **{groups} groups**, *soon*.[^why] See [the court](https://example.org/a?b=1&c=2).[^why]

### Deep

1. First
2. Second
   - inner

> Quoted words.

| Year | Executions |
|:-----|-----------:|
| 2017 | 3 |
| 2019 | 12[^table] |

---

![a flag](https://example.org/flag.png)

[^why]: Because *of it*.
[^table]: Counted.
"""

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "text <b onmouseover=alert(1)>bold</b>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#x73;cript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox(1))",
    "<javascript:alert(1)>",
    '[x](https://example.org/"onclick="alert(1))',
    '[x](https://example.org "title\\" onclick=alert(1)")',
    '![x" onerror="alert(1)](https://example.org/x.png)',
    "`<script>alert(1)</script>`",
    "```\n<script>alert(1)</script>\n```",
    "[^1]\n\n[^1]: <script>alert(1)</script>",
    "|<script>alert(1)</script>|\n|-|\n|<img src=x onerror=alert(1)>|",
    '# <a href="javascript:alert(1)">x</a>',
    "[x]: javascript:alert(1)\n\n[x]",
    "<!-- --><iframe src=//example.org></iframe>",
    "<style>*{background:url(//example.org)}</style>",
    "<a href=//example.org>x</a> [y](//example.org) [z](/desk)",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
]
ALLOWED = set(
    "p h2 h3 h4 h5 h6 ol ul li blockquote hr br strong em code table thead tbody tr th td a sup".split()
)
PIECES = [*ATTACKS, *LETTER.split(" "), "\n", "    ", "[^1]", "`"]
SAFE_LINK = re.compile(r"(https?://|mailto:|#note-\d+(-ref)?$)")


class Live(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


def live(html: str) -> Live:
    parser = Live()
    parser.feed(html)
    parser.close()
    return parser


def assert_harmless(html: str) -> None:
    found = live(html)
    assert set(found.tags) <= ALLOWED | {"section"}
    names = {"href", "id", "rel", "role", "aria-label", "start", "scope", "class"}
    assert {name for name, _value in found.attributes} <= names
    assert all(SAFE_LINK.match(value or "") for name, value in found.attributes if name == "href")


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_typed_goes_live(attack: str) -> None:
    assert_harmless(markdown.html(attack))


@given(
    st.text()
    | st.lists(st.sampled_from([*ATTACKS, *LETTER.split(" "), "\n", "    ", "[^1]", "`"])).map("".join)
)
def test_any_text_is_set_and_harmless(text: str) -> None:
    assert_harmless(markdown.html(text))
    json.dumps(markdown.blocks(text))
    markdown.plain(text)
    markdown.words(text)
    markdown.fill(text, {"groups": "1", "countries": "2"})


def test_raw_html_is_shown_as_typed() -> None:
    assert "&lt;script&gt;" in markdown.html("a <script> b")


def test_headings_begin_at_two_and_skip_none() -> None:
    assert [tag for tag in live(markdown.html(LETTER)).tags if re.fullmatch(r"h\d", tag)] == ["h2", "h3"]
    levels = [
        block["level"] for block in markdown.blocks("## a\n#### b\n## c\n# d\n") if block["type"] == "heading"
    ]
    assert levels == [1, 2, 1, 1]


def test_links_give_nothing_away() -> None:
    html = markdown.html("[court](https://example.org/a?b=1&c=2) <someone@example.org>")
    assert 'href="https://example.org/a?b=1&amp;c=2" rel="noopener noreferrer nofollow"' in html
    assert 'href="mailto:someone@example.org"' in html


def test_a_refused_address_stays_readable() -> None:
    assert "[x](javascript:alert(1))" in markdown.html("[x](javascript:alert(1))")


def test_footnotes_lead_there_and_back() -> None:
    html = markdown.html(LETTER)
    assert html.count('id="note-1-ref"') == 1
    assert html.count('href="#note-1"') == 2
    assert (
        '<a href="#note-1-ref" role="doc-backlink" aria-label="Back to where note 1 stands in the text"'
        in html
    )
    assert 'role="doc-endnotes"' in html
    assert 'id="opening-1"' in markdown.html("a[^1]\n\n[^1]: b", notes="opening")


def test_a_note_that_names_itself_ends() -> None:
    notes = markdown.html("a[^1]\n\n[^1]: b[^1]")
    assert notes.count("doc-noteref") == 1


def test_table_heads_have_a_scope() -> None:
    html = markdown.html(LETTER)
    assert '<th scope="col">Year</th><th scope="col" class="end">Executions</th>' in html
    assert '<td class="end">3</td>' in html


def test_blocks_are_the_shapes_the_printer_knows() -> None:
    blocks = markdown.blocks(LETTER)
    expected = "heading paragraph heading list quote table rule paragraph".split()
    assert [block["type"] for block in blocks] == expected
    table = blocks[5]
    assert table["type"] == "table"
    assert table["align"] == ["start", "end"]
    assert table["header"] == [[{"type": "text", "text": "Year"}], [{"type": "text", "text": "Executions"}]]
    note = {"type": "paragraph", "inlines": [{"type": "text", "text": "Counted."}]}
    footnote = {"type": "footnote", "number": 2, "again": False, "blocks": [note]}
    assert table["rows"][1] == [
        [{"type": "text", "text": "2019"}],
        [{"type": "text", "text": "12"}, footnote],
    ]
    numbered = markdown.blocks("7. a\n8. b")[0]
    assert numbered["type"] == "list"
    assert (numbered["ordered"], numbered["start"], numbered["tight"], len(numbered["items"])) == (
        True,
        7,
        True,
        2,
    )


def test_plain_text_reads_as_a_letter() -> None:
    assert (
        markdown.plain(LETTER)
        == """\
The letter's own title
======================

Two men, {groups} groups, soon.[1] See the court
<https://example.org/a?b=1&c=2>.[1]

Deep
----

1. First
2. Second
   - inner

    Quoted words.

Year  Executions
----  ----------
2017           3
2019       12[2]

* * *

a flag

[1] Because of it.

[2] Counted."""
    )


def test_plain_text_wraps_at_the_width_but_breaks_no_word() -> None:
    text = markdown.plain("word " * 100 + "x" * 100, width=30)
    assert max(len(line) for line in text.split("\n")[:-1]) <= 30
    assert text.split("\n")[-1] == "x" * 100


def test_wide_characters_count_twice_and_wrap_between_any_two() -> None:
    assert markdown.plain("国" * 10, width=8) == "国国国国\n国国国国\n国国"


def test_a_table_too_wide_for_columns_becomes_records() -> None:
    text = markdown.plain(f"|A|B|\n|-|-|\n|{'word ' * 12}|two|", width=40)
    assert text.startswith("A: word")
    assert text.endswith("\nB: two")


PATHS = st.text("abc-._~%/?&=+()é世 ", min_size=1, max_size=120)


@given(st.lists(PATHS, min_size=1, max_size=4), st.integers(10, 80))
def test_plain_text_never_breaks_an_address(paths: list[str], width: int) -> None:
    text = " ".join(f"see [here](<https://example.org/{path}>) and" for path in paths)
    expected = re.findall(r'href="(https://[^"]*)"', markdown.html(text))
    assert len(expected) == len(paths)
    plain = markdown.plain(text, width=width)
    for address in expected:
        assert f"<{address.replace('&amp;', '&')}>" in plain


def test_words_are_what_a_reader_sees() -> None:
    words = markdown.words(LETTER)
    assert "Because of it." in words
    assert "a flag" in words
    assert "example.org" not in words
    assert words.count("Because") == 1


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{groups} from {countries}", "137 from 55"),
        ("**{groups}** {other} {{groups}} {group}", "**137** {other} {137} {group}"),
        ("`{groups}` {groups}", "`{groups}` 137"),
        ("``a ` {groups}`` {groups}", "``a ` {groups}`` 137"),
        ("`over\n{groups}` {groups}", "`over\n{groups}` 137"),
        ("\\`{groups}`", "\\`137`"),
        ("`open {groups}\n\n`{groups}", "`open 137\n\n`137"),
        ("```\n{groups}\n```\n{groups}", "```\n{groups}\n```\n137"),
        ("a\r\n\r\n    {groups}\r\n\r\n{groups}", "a\r\n\r\n    {groups}\r\n\r\n137"),
    ],
)
def test_placeholders_are_filled_outside_code(text: str, filled: str) -> None:
    assert markdown.fill(text, {"groups": "137", "countries": "55"}) == filled


def test_a_value_is_neither_markdown_nor_a_placeholder() -> None:
    filled = markdown.fill("{groups}", {"groups": "*1* {countries} <b>", "countries": "55"})
    assert markdown.html(filled) == "<p>*1* {countries} &lt;b&gt;</p>\n"


def test_a_placeholder_without_value_stays() -> None:
    assert markdown.fill("{groups} {countries}", {"groups": "1"}) == "1 {countries}"


def test_code_and_breaks_survive() -> None:
    assert markdown.html("a  \nb `<c>`") == "<p>a<br>\nb <code>&lt;c&gt;</code></p>\n"
    assert markdown.plain("    x\n    y") == "x\ny"
