"""Whose row it is: ordered keys propose, contradictions hold."""

from custody.domain.matching import (
    Applicant,
    Customer,
    Decision,
    Held,
    HoldReason,
    KeyToken,
    Matcher,
    NewVersion,
    Unchanged,
)


def key(text: str | None) -> KeyToken | None:
    """Return a key token for a text."""
    return None if text is None else (text.encode(),)


def row(number: int, *keys: str | None, content: str = "same") -> Applicant:
    """Return a row with these keys."""
    return Applicant(
        row=number,
        handle=number.to_bytes(16, "big"),
        keys=tuple(key(text) for text in keys),
        row_tokens={"low": content.encode()},
    )


def known(number: str, *keys: str | None, content: str = "same") -> Customer:
    """Return a customer of the register whose latest version has these keys."""
    return Customer(
        number=number,
        version=3,
        handle=b"latest",
        keys=tuple(key(text) for text in keys),
        row_tokens={"low": content.encode()},
    )


def matcher_of(*customers: Customer) -> Matcher:
    """Return a matcher that knows these customers by their latest keys."""
    matcher = Matcher()
    for customer in customers:
        present = [(at, found) for at, found in enumerate(customer.keys) if found]
        matcher.learn(customer, present)
    return matcher


def number_of(decision: Decision) -> str | None:
    """Return the number of the customer that a decision names."""
    assert not isinstance(decision, Held)
    return decision.customer.number


def test_a_row_that_no_key_finds_founds_a_customer() -> None:
    decision = Matcher().decide(row(1, "a"))

    assert isinstance(decision, NewVersion)
    assert (decision.version, decision.customer.number) == (1, None)


def test_a_row_without_any_key_founds_a_customer_each_time() -> None:
    matcher = Matcher()

    first, second = matcher.decide(row(1, None)), matcher.decide(row(2, None))

    assert isinstance(first, NewVersion)
    assert isinstance(second, NewVersion)
    assert first.customer is not second.customer


def test_a_row_that_only_enriches_founds_nobody() -> None:
    """Twin: the same row of an ordinary source founds a customer, above."""
    matcher = Matcher(enriches=True)

    found = [matcher.decide(row(1, "a")), matcher.decide(row(2, None))]

    assert found == [Held(HoldReason.NOBODY_TO_ENRICH)] * 2


def test_a_row_that_enriches_leaves_the_keys_as_the_full_version_tells_them() -> None:
    """Else a row without the stronger key would make the next conflict unseen."""
    customer = known("FI1", "a", "n")
    customer.handle = None
    matcher = matcher_of(customer)
    matcher.enriches = True

    added = matcher.decide(row(1, None, "n"))
    conflict = matcher.decide(row(2, "b", "n"))
    same = matcher.decide(row(3, None, "n"))

    assert isinstance(added, NewVersion)
    assert (added.version, number_of(added)) == (4, "FI1")
    assert conflict == Held(HoldReason.KEY_CONFLICT)
    assert isinstance(same, Unchanged)


def test_a_part_without_a_version_is_never_unchanged() -> None:
    customer = known("FI1", "a")
    customer.handle = None
    customer.row_tokens = {}
    bare = Applicant(row=1, handle=bytes(16), keys=(key("a"),), row_tokens={})

    assert isinstance(matcher_of(customer).decide(bare), NewVersion)


def test_the_first_key_that_finds_proposes() -> None:
    matcher = matcher_of(known("FI1", "a", "n"))

    decision = matcher.decide(row(1, None, "n", content="new"))

    assert number_of(decision) == "FI1"
    assert isinstance(decision, NewVersion)
    assert decision.version == 4


def test_an_equal_row_is_unchanged_and_names_its_equal() -> None:
    decision = matcher_of(known("FI1", "a")).decide(row(1, "a"))

    assert isinstance(decision, Unchanged)
    assert decision.same_as == b"latest"


def test_a_row_with_another_set_of_levels_is_a_new_version() -> None:
    customer = known("FI1", "a")
    customer.row_tokens = {"low": b"same", "high": b"x"}

    assert isinstance(matcher_of(customer).decide(row(1, "a")), NewVersion)


def test_two_keys_that_name_different_customers_hold_the_row() -> None:
    matcher = matcher_of(known("FI1", "a", None), known("FI2", None, "n"))

    assert matcher.decide(row(1, "a", "n")) == Held(HoldReason.AMBIGUOUS_MATCH)


def test_a_key_that_names_two_customers_holds_the_row() -> None:
    matcher = matcher_of(known("FI1", "a", "n"), known("FI2", "b", "n"))

    assert matcher.decide(row(1, None, "n")) == Held(HoldReason.AMBIGUOUS_MATCH)


def test_a_weaker_key_that_names_more_customers_does_not_contradict() -> None:
    matcher = matcher_of(known("FI1", "a", "n"), known("FI2", "b", "n"))

    assert number_of(matcher.decide(row(1, "a", "n"))) == "FI1"


def test_a_stronger_key_that_differs_holds_the_row() -> None:
    matcher = matcher_of(known("FI1", "a", "n"))

    assert matcher.decide(row(1, "b", "n")) == Held(HoldReason.KEY_CONFLICT)


def test_a_stronger_key_on_one_side_only_is_no_conflict() -> None:
    matcher = matcher_of(known("FI1", None, "n"))

    assert number_of(matcher.decide(row(1, "b", "n", content="new"))) == "FI1"


def test_rows_are_decided_as_if_loaded_one_by_one() -> None:
    matcher = Matcher()

    decisions = [
        matcher.decide(row(at, "a", content=content))
        for at, content in enumerate("xxyyx", start=1)
    ]

    kinds = [type(decision) for decision in decisions]
    assert kinds == [NewVersion, Unchanged, NewVersion, Unchanged, NewVersion]
    assert isinstance(decisions[4], NewVersion)
    assert decisions[4].version == 3
    assert isinstance(decisions[3], Unchanged)
    assert decisions[3].same_as == (3).to_bytes(16, "big")


def test_a_held_row_teaches_nothing() -> None:
    matcher = matcher_of(known("FI1", "a", "n"))
    matcher.decide(row(1, "b", "n"))

    decision = matcher.decide(row(2, "b", None))

    assert isinstance(decision, NewVersion)
    assert decision.customer.number is None


def test_a_key_learned_from_a_new_version_finds_the_customer() -> None:
    matcher = matcher_of(known("FI1", None, "n"))
    matcher.decide(row(1, "b", "n", content="new"))

    assert number_of(matcher.decide(row(2, "b", None, content="newer"))) == "FI1"
