"""Recovery secrets split two of three: who has one card has nothing (R67, R68, T14)."""

import dataclasses
import itertools
import stat
from pathlib import Path

import pytest
import typer
from shamir_mnemonic import shamir
from shamir_mnemonic.share import Share
from shamir_mnemonic.utils import MnemonicError
from typer.testing import CliRunner, Result

from custody.adapters.recovery_shares import combine, split
from custody.adapters.secret_files import keep_secrets
from custody.adapters.share_files import CardWriter, read_card, secret_of_cards
from custody.adapters.signing_key import read_signer
from custody.application.public_keys import PublicKeys
from custody.cli import keys
from custody.crypto import recovery
from custody.domain.ledger_check import fingerprint
from custody.domain.share_cards import (
    CARD_FAULTS,
    CARDS,
    CardFault,
    ShareCard,
    WrongCard,
    odd_ones,
    set_number,
    words_of,
)
from custody.errors import ConfigurationError

SECRET = bytes(range(32))
PAIRS = list(itertools.permutations(range(CARDS), 2))


def _faults(found: object) -> list[tuple[CardFault, int]]:
    assert isinstance(found, tuple)
    return [(one.fault, one.card) for one in found]


@pytest.mark.parametrize("pair", PAIRS)
def test_each_pair_restores(pair: tuple[int, int]) -> None:
    cards = split(SECRET, set_number=7)

    assert combine([cards[at] for at in pair]) == SECRET
    assert combine([cards[at] for at in pair], set_number=7) == SECRET


def test_all_three_restore() -> None:
    assert combine(split(SECRET, set_number=7)) == SECRET


@pytest.mark.parametrize("at", range(CARDS))
def test_each_single_card_opens_nothing(at: int) -> None:
    """Alone it is refused, and any secret whatsoever fits to it."""
    card = split(SECRET, set_number=7)[at]

    assert _faults(combine([card])) == [(CardFault.TOO_FEW, 0)]
    assert _faults(combine([card, card])) == [(CardFault.TWICE, 2)]
    assert SECRET.hex() not in " ".join(card)


def test_twin_with_a_threshold_of_one_a_single_card_opens_everything() -> None:
    """The threshold is what keeps: the same library, asked for one of one."""
    sealed = shamir.EncryptedMasterSecret.from_master_secret(
        SECRET, b"", 7, extendable=True, iteration_exponent=0
    )
    ((card,),) = shamir.split_ems(1, [(1, 1)], sealed)

    opened = shamir.combine_mnemonics([card.mnemonic()])

    assert opened == SECRET
    assert _faults(combine([card.words()])) == [(CardFault.OTHER_SET, 1)]


def test_a_mistyped_card_is_named_by_its_place() -> None:
    cards = split(SECRET, set_number=7)
    wrong = ("zero", *cards[1][1:]) if cards[1][0] != "zero" else ("acid",)

    assert _faults(combine([cards[0], wrong])) == [(CardFault.MISTYPED, 2)]
    assert _faults(combine([("nosuchword",), cards[0]])) == [(CardFault.MISTYPED, 1)]
    assert _faults(combine([cards[0], ()])) == [(CardFault.NO_CARD, 2)]


def test_a_card_of_another_set_is_named() -> None:
    ours, others = split(SECRET, set_number=7), split(bytes(32), set_number=9)

    for cards, known in (
        ([others[0], ours[1]], 7),
        ([others[0], ours[1], ours[2]], None),
    ):
        found = combine(cards, set_number=known)
        assert _faults(found) == [(CardFault.OTHER_SET, 1)]
    assert _faults(combine([ours[0], others[1]])) == [(CardFault.OTHER_SET, 2)]


def test_cards_of_another_kind_are_no_cards_of_ours() -> None:
    short = split(bytes(16), set_number=7)

    assert _faults(combine(short[:2])) == [
        (CardFault.OTHER_SET, 1),
        (CardFault.OTHER_SET, 2),
    ]


def test_cards_that_were_forged_under_our_number_do_not_combine() -> None:
    """A share of the same number with other content: the digest inside tells."""
    ours, forged = split(SECRET, set_number=7), split(bytes(32), set_number=7)

    assert _faults(combine([ours[0], forged[1]])) == [(CardFault.NOT_OURS, 0)]


def test_the_odd_one_of_several_is_found() -> None:
    assert odd_ones([1, 1, 2], None) == [2]
    assert odd_ones([1, None, 2], 2) == [0]
    assert odd_ones([None, None], None) == []


def test_a_card_is_read_as_it_was_printed_and_as_it_is_typed() -> None:
    words = split(SECRET, set_number=7)[0]
    card = ShareCard(
        medium="disk", number=1, recipient="age1x", ledger="aa", certificate="bb",
        words=words,
    )  # fmt: skip

    assert words_of(card.face()) == words
    assert words_of(" ".join(words).upper()) == words
    assert words_of("  ") == words_of("12345 ???") == ()
    assert words[3] not in repr(card)
    for text in ("任意两张", "Any two", "aa", "bb", "age1x"):
        assert text in card.face()
    assert dataclasses.replace(card, number=2).face() != card.face()


def test_every_fault_has_words_in_both_languages() -> None:
    assert set(CARD_FAULTS) == set(CardFault)
    assert all(text.zh and text.en for text in CARD_FAULTS.values())


# --- the files ---------------------------------------------------------------------


def _folders(base: Path) -> tuple[Path, ...]:
    return tuple(base / name for name in ("one", "two", "three"))


def _writer(base: Path) -> CardWriter:
    return CardWriter(folders=_folders(base), certificate=lambda: bytes(32))


def _keep(base: Path) -> PublicKeys:
    keep_secrets(
        ["a", "b"],
        handover=base / "secrets",
        ledger_key_file=base / "ledger.key",
        public_keys_file=base / "public_keys.json",
        cards=_writer(base),
    )
    return PublicKeys.from_json((base / "public_keys.json").read_bytes())


@pytest.mark.parametrize("medium", ["a", "b"])
def test_the_cards_of_an_installation_open_its_media(
    tmp_path: Path, medium: str
) -> None:
    public = _keep(tmp_path)
    cards = [read_card(file) for file in _writer(tmp_path).files(medium)]
    recipient = public.media[medium].age

    for pair in PAIRS:
        secret = secret_of_cards(
            [cards[at] for at in pair], medium=medium, recipient=recipient
        )
        assert isinstance(secret, bytes)
        own = recovery.derive_identities(secret, medium=medium)
        assert (own.age_recipient, own.hpke_public) == (
            recipient,
            public.media[medium].hpke,
        )


def test_no_whole_secret_is_written_and_no_two_cards_lie_together(
    tmp_path: Path,
) -> None:
    _keep(tmp_path)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]

    assert {path.name for path in files} == {
        *(f"{m}-share-{n}.txt" for m in "ab" for n in (1, 2, 3)),
        "quarantine.identity", "ledger.key", "public_keys.json",
    }  # fmt: skip
    for folder in _folders(tmp_path):
        assert len(list(folder.glob("a-share-*"))) == 1
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in files)
    assert not any(
        b"CUSTODY-RECOVERY-SECRET" in path.read_bytes().upper() for path in files
    )


def test_a_card_of_another_medium_is_told_from_ours(tmp_path: Path) -> None:
    public = _keep(tmp_path)
    a, b = ([read_card(f) for f in _writer(tmp_path).files(medium)] for medium in "ab")

    found = secret_of_cards([b[0], a[1]], medium="a", recipient=public.media["a"].age)
    assert _faults(found) == [(CardFault.OTHER_SET, 1)]
    swapped = secret_of_cards(b[:2], medium="a", recipient=None)
    assert isinstance(swapped, bytes)


def test_cards_of_our_number_that_open_another_medium_are_refused() -> None:
    recipient = recovery.derive_identities(SECRET, medium="a").age_recipient
    forged = split(bytes(32), set_number=set_number(recipient))

    found = secret_of_cards(forged[:2], medium="a", recipient=recipient)

    assert found == (WrongCard(CardFault.NOT_OURS),)


def test_a_killed_init_keeps_whole_sets_and_makes_the_others_anew(
    tmp_path: Path,
) -> None:
    before = _keep(tmp_path)
    (tmp_path / "public_keys.json").unlink()
    _writer(tmp_path).files("b")[2].unlink()

    after = _keep(tmp_path)

    assert after.media["a"] == before.media["a"]
    assert after.media["b"] != before.media["b"]
    _writer(tmp_path).files("a")[0].write_text("spoilt", "utf-8")
    (tmp_path / "public_keys.json").unlink()
    assert _keep(tmp_path).media["a"] != before.media["a"]


def test_three_folders_are_three(tmp_path: Path) -> None:
    for folders in (
        (tmp_path,),
        (tmp_path, tmp_path / "x", tmp_path / "x" / ".." / "x"),
    ):
        with pytest.raises(ConfigurationError, match="3 different folders"):
            CardWriter(folders=folders, certificate=lambda: bytes(32))


def test_a_card_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.txt"):
        read_card(tmp_path / "none.txt")


# --- the commands ------------------------------------------------------------------


def _run(home: Path, *arguments: str) -> Result:
    app = typer.Typer()
    keys.add_to(app)
    environment = {"CUSTODY_HOME": str(home), "CUSTODY_LANG": "en"}
    return CliRunner().invoke(app, ["keys", *arguments], env=environment)


def _three(base: Path) -> list[str]:
    return [part for one in _folders(base) for part in ("--cards", str(one))]


def test_init_hands_cards_over_and_prints_no_word(tmp_path: Path) -> None:
    result = _run(tmp_path, "init", *_three(tmp_path))

    assert result.exit_code == 0, result.output
    card = tmp_path / "one" / "a-share-1.txt"
    text = card.read_text("utf-8")
    for name in ("ledger", "certificate"):
        key = read_signer(tmp_path / f"{name}.key").origin.partition(":")[2]
        assert fingerprint(bytes.fromhex(key)) in text
    assert str(card) in result.output
    assert " ".join(read_card(card)[:3]) not in result.output
    assert _run(tmp_path, "init").exit_code == 0  # they exist


def test_init_without_three_folders_makes_nothing(tmp_path: Path) -> None:
    for arguments in ([], _three(tmp_path)[:4], [*_three(tmp_path), "--whole"]):
        assert _run(tmp_path, "init", *arguments).exit_code != 0
    assert not (tmp_path / "public_keys.json").exists()


def test_a_secret_that_lies_whole_is_split(tmp_path: Path) -> None:
    """An older installation, or a demo that became serious."""
    assert _run(tmp_path, "init", "--whole").exit_code == 0
    whole = tmp_path / "secrets" / "a.recovery"

    result = _run(tmp_path, "split", "a", "--secret", str(whole), *_three(tmp_path))

    assert result.exit_code == 0, result.output
    cards = [read_card(file) for file in _writer(tmp_path).files("a")]
    assert combine(cards[1:]) == recovery.secret_from_text(whole.read_text("utf-8"))
    for medium, secret in (("b", whole), ("c", whole), ("a", tmp_path / "ledger.key")):
        wrong = _run(
            tmp_path, "split", medium, "--secret", str(secret), *_three(tmp_path)
        )
        assert wrong.exit_code == 1


def test_what_the_library_says_never_leaves() -> None:
    """Its messages quote words; ours name a place."""
    words = split(SECRET, set_number=7)[0]

    with pytest.raises(MnemonicError, match="abcdefgh"):
        Share.from_mnemonic(" ".join((*words[:-1], "abcdefgh")))

    found = combine([(*words[:-1], "abcdefgh"), words])

    assert _faults(found) == [(CardFault.MISTYPED, 1)]
    assert "abcdefgh" not in repr(found)


# --- renewal --------------------------------------------------------------------------


def _recipient(secret: bytes) -> str:
    return recovery.derive_identities(secret, medium="disk").age_recipient


def test_a_renewal_writes_three_cards_of_the_fresh_secret(tmp_path: Path) -> None:
    writer = _writer(tmp_path)

    secret = writer.renew("disk", SECRET, "00" * 32, in_force=_recipient(bytes(32)))

    assert secret == SECRET
    cards = [read_card(file) for file in writer.files("disk")]
    assert combine(cards[1:]) == SECRET


def test_a_renewal_writes_over_no_card_in_force(tmp_path: Path) -> None:
    """They open what was written before; without them it is lost."""
    writer = _writer(tmp_path)
    files = writer.write("disk", bytes(32), "00" * 32)
    before = [file.read_bytes() for file in files]

    with pytest.raises(ConfigurationError, match="disk-share-1"):
        writer.renew("disk", SECRET, "00" * 32, in_force=_recipient(bytes(32)))

    assert [file.read_bytes() for file in files] == before


@pytest.mark.parametrize("at", range(CARDS))
def test_a_renewal_writes_over_no_single_card(tmp_path: Path, at: int) -> None:
    writer = _writer(tmp_path)
    files = writer.write("disk", bytes(32), "00" * 32)
    for other in (*files[:at], *files[at + 1 :]):
        other.unlink()

    with pytest.raises(ConfigurationError, match=f"disk-share-{at + 1}"):
        writer.renew("disk", SECRET, "00" * 32, in_force=_recipient(bytes(32)))

    assert combine([read_card(files[at])])  # it is a card still


def test_a_renewal_takes_up_whole_cards_that_a_killed_one_left(tmp_path: Path) -> None:
    writer = _writer(tmp_path)
    writer.write("disk", SECRET, "00" * 32)

    secret = writer.renew(
        "disk", bytes(range(1, 33)), "00" * 32, in_force=_recipient(bytes(32))
    )

    assert secret == SECRET
