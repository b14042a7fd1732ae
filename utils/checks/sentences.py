"""What checks say, apart from them: a sentence for each mistake, by its id.

`labs/<lab>.toml` has a table for each question of a lab, from a mistake's id to its sentence, and
`expects`, `verified` and, where a question has hints of its own, `hint`, or `like`, a question
whose sentences it shares; `hidden/<lab>.toml` has what
hidden checks say, and `common.toml` what holds for every question. Sentences name numbers of a case
in braces, as `str.format` takes them. Another language is another file, `<lab>.zh.toml`: what it
does not have is said in English.
"""

import functools
import os
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
ENGLISH = "en"


def language(chosen=None):
    """The language that a lab speaks: `chosen`, or COURSE_LANG, or English."""
    return chosen or os.environ.get("COURSE_LANG") or ENGLISH


@functools.cache
def table(file, spoken=ENGLISH):
    """The tables of a file, such as "labs/lab1_identity_838"; empty where it is not there."""
    ending = "toml" if spoken == ENGLISH else f"{spoken}.toml"
    path = HERE / f"{file}.{ending}"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def say(lab, question, key, values=None, spoken=None):
    """The sentence of this id, in this language or else in English.

    Args:
        lab, question: str, names.
        key: str, a mistake's id, `expects` or `verified`. What is no identifier is a sentence
            itself and is given back.
        values: dict of what the sentence names in braces.

    Raises:
        KeyError: no file has it, of a lab that has one.
    """
    if not key.isidentifier():
        return key
    spoken = language(spoken)
    parts = [question]
    if like := table(f"labs/{lab}").get(question, {}).get("like"):
        parts.append(like)
    own = ((f"{folder}/{lab}", part) for part in parts for folder in ("labs", "hidden"))
    for file, part in (*own, ("common", "questions")):
        for each in dict.fromkeys((spoken, ENGLISH)):
            text = table(file, each).get(part, {}).get(key)
            if text is not None:
                return text.format(**values) if values else text
    if not table(f"labs/{lab}"):  # a question of no lab, as in an example
        return key
    raise KeyError(f"no sentence for '{key}' of {question}: it belongs in labs/{lab}.toml")


def word(key, spoken=None):
    """A word around the sentences, such as "Expected:"."""
    words = table("common", language(spoken)).get("words", {})
    return words.get(key) or table("common")["words"][key]


def of_error(mistake, name, spoken=None, lab=""):
    """(id, sentence) of what an error mostly means; of "error" where the id is not known.

    Args:
        mistake: str, the id: from the answer's side, so nothing that can be relied on.
        name: str, of the answer; its question's own sentence comes first.
        lab: str, the question's lab.
    """
    known = mistake if mistake in table("common")["errors"] else "error"
    spoken = dict.fromkeys((language(spoken), ENGLISH))
    own = (table(f"labs/{lab}", each).get(name, {}).get(known) for each in spoken)
    common = (table("common", each).get("errors", {}).get(known) for each in spoken)
    return known, next(filter(None, (*own, *common))).format(name=name)
