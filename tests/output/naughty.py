"""Names that people and attackers have given: markup, commands, scripts, numbers, nothing at all."""

from __future__ import annotations

NAUGHTY = (
    # nothing, or not what it seems
    "", " ", "  two  spaces  ", "\t", "\n", "\r\n", "\xa0", "\u200b", "\ufeff", "\u2028", "\u2029", "\x00",
    "\x7f",
    "null", "None", "NaN", "true", "no", "0", "-1", "1e309", "0x10", "1_000", "١٢٣", "½",
    # Markdown
    "# heading", "- item", "+ item", "* item", "1. item", "1) item", "> quote", "---", "===", "***",
    "```sh",
    "`code`", "``a ` b``", "~~~", "~~gone~~", "**bold**", "_it_", "__b__", "a|b", "|", "| a | b |", "|---|",
    "a\\|b",
    "\\", "\\\\|", "[x](https://evil.example)", "![x](https://evil.example/x.png)", "[x][y]",
    "[x]: https://evil.example",
    "[^1]", "[ ] todo", "- [x] done", "<https://evil.example>", "<me@evil.example>",
    "https://evil.example/?a=1&b=2",
    "http://evil.example", "www.evil.example", "ftp://evil.example", "mailto:me@evil.example",
    "me@evil.example",
    "@everyone", "@org/team", "#1", "GH-1", "org/repo#1", "org/repo@0123456789abcdef", ":tada:", ":+1:",
    "$x^2$", "$$y$$",
    "$`z`$", "!note", "[!WARNING]", "&lt;b&gt;", "&#60;b&#62;", "&amp;", "&nbsp;", "&", "&copy",
    # HTML
    "<b>bold</b>", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>",
    "</td></tr>",
    "</details>", "<details open>", "<!-- comment", "-->", "--!>", "<![CDATA[x]]>", "<?php x ?>",
    "<!DOCTYPE x>",
    "<a href=javascript:alert(1)>x</a>", "javascript:alert(1)", "\"><b>", "' onload='x",
    "<iframe src=//evil.example>",
    "<style>*{display:none}</style>", "<br>", "<code>", "</sub>", "<pre>",
    # runner commands and terminals
    "::error::x", " ::warning::x", "x\n::error::y", "##[group]x", "x ##[error]y", "::add-mask::x",
    "::set-output name=a::b",
    "::stop-commands::token", "%0A::error::x", "%25", "EOF", "ghadelimiter_x", "${{ secrets.TOKEN }}",
    "$(id)", "`id`",
    "\x1b[31mred\x1b[0m", "\x1b]8;;https://evil.example\x07x\x1b]8;;\x07", "\x9b31m", "\x08\x08", "\x07",
    # scripts, directions, marks
    "T恤 恐龙", "تي شيرت", "חולצה", "\u202eevil", "left\u2066x\u2069", "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢",
    "👩‍👩‍👧‍👦", "🏳️‍🌈", "é", "e\u0301",
    "ﬁ", "İstanbul", "ß", "\U000e0041\U000e0042", "\ud800".encode("utf-8", "replace").decode(), "ﷺ" * 30,
    # programs
    "'; DROP TABLE products;--", "\" OR 1=1", "{{7*7}}", "{% x %}", "{0}", "%s%n", "../../etc/passwd",
    "C:\\nul", "=1+1",
    "@SUM(1)", "-2+3", "yes: {a: b}", "!!python/object:x", "&anchor", "*alias", "long " * 200, "x" * 5000,
)  # fmt: skip
