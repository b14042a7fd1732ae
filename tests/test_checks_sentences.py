"""Every mistake has a sentence, every sentence a mistake; another language says it in its own."""

import ast
import re

import pytest

from tests.cases import LABS
from utils import ROOT
from utils.checks import questions_of, sentences
from utils.checks.remote import errors
from utils.checks.remote.answers import Answers
from utils.checks.sentences import say, table, word
from utils.checks.values import EVERYWHERE

CHECKS = ROOT / "utils" / "checks"
WITH_IDS = [lab for lab in LABS if table(f"labs/{lab}")]
FORM = {"expects", "verified", "otherwise", "hint", "like"}  # what every question may have


def files_of(lab):
    """Code that may name a mistake of this lab: its own, and what labs share."""
    shared = [CHECKS / f"{name}.py" for name in ("compare", "values", "networks", "steps")]
    return [
        *(CHECKS / folder / f"{lab}.py" for folder in ("labs", "hidden")),
        *(CHECKS / "reference").glob("*.py"),
        *shared,
    ]


def words_in(files):
    """Texts that stand in code, but for docstrings, and names of functions."""
    found = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
            if isinstance(node, ast.FunctionDef):
                found.add(node.name)
    return found


@pytest.mark.parametrize("lab", WITH_IDS)
def test_no_sentence_is_left_over(lab):
    known = words_in(files_of(lab)) | FORM | set(EVERYWHERE)
    known |= {*table("common")["questions"], *table("common")["errors"]}
    for folder in ("labs", "hidden"):
        for question, said in table(f"{folder}/{lab}").items():
            assert question in questions_of(lab), question
            assert said.keys() <= known, (question, said.keys() - known)


@pytest.mark.parametrize("lab", WITH_IDS)
def test_no_sentence_is_missing(lab):
    """Of mistakes in tables here; those that code names are told in the case banks."""
    for name, question in questions_of(lab).items():
        assert say(lab, name, "verified")
        if form := question.form:
            assert all(say(lab, name, mistake) for mistake in ("expects", *form.mistakes))
    for mistake in EVERYWHERE:
        assert table("common")["questions"][mistake]


def test_errors_have_sentences():
    named = {mistake for _, mistake, _ in errors.ROWS}
    elsewhere = words_in([CHECKS / "remote" / "answers.py", ROOT / "utils/grading/judge.py"])
    said = set(table("common")["errors"])
    assert named <= said
    assert said - named <= elsewhere | {"error", "not_numbers"}


def test_settings_have_sentences():
    source = (CHECKS / "remote" / "functions.py").read_text()
    named = re.findall(r'^        "(\w+)": (?:.* != |not |"raise")', source, re.M)
    assert set(named) == set(table("common")["settings"])


def test_what_has_no_sentence_is_named():
    with pytest.raises(KeyError, match="no sentence for 'nonsense' of train"):
        say("lab1_identity_838", "train", "nonsense")


# --- a second language ---------------------------------------------------------------------------


def answered(language, name="sum_squared_error", answer=lambda t, o: abs(t - o).sum(-1)):
    answers = Answers({name: answer})
    return questions_of("lab1_identity_838")[name].judge(answers, language=language)


def chinese(text):
    return bool(re.search(r"[\u4e00-\u9fff]", text))


def test_a_question_in_chinese():
    result = answered("zh")
    assert result.mistake == answered(None).mistake == "absolute"
    assert all(chinese(label) and chinese(text) for label, text in result.lines()
               if label != word("found", "zh"))  # fmt: skip
    assert not chinese(repr(answered(None)))


def test_the_setting_chooses_the_language(monkeypatch):
    monkeypatch.setenv("COURSE_LANG", "zh")
    assert chinese(answered(None).slip) and not chinese(answered("en").slip)


def test_where_a_sentence_is_missing_english_is_said():
    result = answered("zh", "binary_code", lambda values: 1 - (values > 0.5))
    assert result.mistake == "exchanged" and result.slip == answered(
        "en", "binary_code", lambda values: 1 - (values > 0.5)
    ).slip  # fmt: skip
    assert sentences.say("lab1_identity_838", "binary_code", "exchanged", spoken="xx")


def test_every_chinese_sentence_is_of_an_english_one():
    for file in ("common", *(f"labs/{lab}" for lab in WITH_IDS)):
        for part, said in table(file, "zh").items():
            assert said.keys() <= table(file)[part].keys(), part
            for key, text in said.items():
                assert re.findall(r"{.*?}", text) == re.findall(r"{.*?}", table(file)[part][key])


# --- what a lone number or another shape is told -------------------------------------------------


@pytest.mark.parametrize(
    "answer, mistake",
    [
        (lambda t, o: ((t - o) ** 2).sum(), "sum_of_all"),
        (lambda t, o: ((t - o) ** 2).mean(), "mean_of_all"),
        (
            lambda t, o: abs(t - o).max(),
            "one_number",
        ),  # no sum and no mean: only its shape is known
        (lambda t, o: ((t - o) ** 2).mean(-1, keepdims=True), "keepdims"),
    ],
)
def test_of_another_shape_no_more_is_said_than_is_known(answer, mistake):
    assert answered("en", answer=answer).mistake == mistake


def test_a_mistake_in_a_hidden_case_has_its_sentence():
    """Right for several patterns, a mean for one alone: sentences hold for arrays of any rank."""

    def answer(t, o):
        import tensorflow as tf

        squares = tf.square(t - o)
        return tf.reduce_mean(squares, -1) if t.ndim == 1 else tf.reduce_sum(squares, -1)

    assert answered("en", answer=answer).mistake == "mean_over_units"
