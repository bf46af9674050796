"""Words in both languages, those of errors too."""

import pickle

from custody.domain.language import Language, Text, said
from custody.errors import ConflictError, WorldError

_GONE = Text("{medium}：磁盘不在", "{medium}: the disk is not there")


def test_an_error_keeps_both_languages_on_its_way_from_another_process() -> None:
    error = pickle.loads(pickle.dumps(_GONE.as_error(WorldError, medium="a")))  # noqa: S301

    assert isinstance(error, WorldError)
    assert str(error) == "a: the disk is not there"
    assert said(error) == Text("a：磁盘不在", "a: the disk is not there")


def test_an_error_of_one_language_says_that_in_both() -> None:
    assert said(ConflictError("taken")) == Text("taken", "taken")


def test_a_place_of_a_text_speaks_its_language() -> None:
    why = Text("原因：{why}", "why: {why}")
    gone = _GONE.as_error(WorldError, medium="{a}")

    assert why.of(Language.ZH, why=gone) == "原因：{a}：磁盘不在"
    assert why.of(Language.EN, why=said(gone)) == "why: {a}: the disk is not there"
