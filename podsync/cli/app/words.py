"""The words of the installed providers in texts that are written once: helps, examples, workflows."""

from __future__ import annotations

from podsync.output.wording import listed


def in_words(text: str) -> str:
    """Put what the providers are called into a text: `{kind}` is that of the first one, `{kinds}` all."""
    if "{" not in text:
        return text
    from podsync.providers.registry import plugins

    infos = list(plugins().values())
    titles = [info.title for info in infos]
    for word, value in {
        "{provider}": infos[0].name,
        "{kind}": infos[0].kind,
        "{kinds}": ", ".join(info.kind for info in infos),
        "{titles}": listed(titles),
        "{owners}": listed([f"{title}'s" for title in titles]),
        "{keys}": " or ".join(info.key_variable for info in infos),
    }.items():
        text = text.replace(word, value)
    return text
