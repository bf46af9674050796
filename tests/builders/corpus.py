"""An invented corpus for detection: half personal data, half what looks like it.

Made numbers come from a seed; the forms that people write, and the look-alikes,
were listed by hand from what registries allow, before any rule was tuned.
"""

import datetime as dt
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from custody.domain.kinds import Kind
from tests.builders import people
from tests.builders.hard_cases import HARD_LOOK_ALIKES, hard_positives
from tests.builders.look_alikes import LOOK_ALIKES
from tests.builders.written_forms import WRITTEN

MADE_PER_KIND = 120
_LISTED = (*LOOK_ALIKES, *HARD_LOOK_ALIKES)
_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_MAKERS: dict[Kind, tuple[Callable[[random.Random], str], ...]] = {
    Kind.RESIDENT_ID: (people.resident_id, people.old_resident_id),
    Kind.USCC: (people.credit_code,),
    Kind.BANK_CARD: (people.bank_card, lambda rng: people.bank_card(rng, length=16)),
    Kind.PHONE: (people.mobile, people.landline),
    Kind.EMAIL: (people.email,),
    Kind.TAXPAYER_ID: (people.organisation_code,),
    Kind.PERSON_NAME: (people.person_name,),
    Kind.COMPANY_NAME: (people.company_name,),
    Kind.ADDRESS: (people.address,),
}
_DRESSINGS: tuple[Callable[[str], str], ...] = (
    str,
    str.lower,
    "{}\t".format,
    "'{}".format,
    '"{}"'.format,
    "\u3000{}\u3000".format,
    lambda value: value.translate(_FULL_WIDTH),
)


def positives(rng: random.Random) -> Iterator[tuple[str, Kind]]:
    """Yield values with the one kind that each is."""
    for kind, forms in WRITTEN.items():
        yield from ((form, kind) for form in forms)
    for kind, makers in _MAKERS.items():
        for number in range(MADE_PER_KIND):
            made = makers[number % len(makers)](rng)
            yield rng.choice(_DRESSINGS)(made), kind
    yield from hard_positives(rng)


def negatives(rng: random.Random, count: int) -> Iterator[str]:
    """Yield that many values that are no personal data, listed ones first."""
    yield from _LISTED
    makers = (_order, _tracking, _epoch, _amount, _coordinates, _guid, _version, _trade)
    for number in range(count - len(_LISTED)):
        yield makers[number % len(makers)](rng)


def precision_and_recall(
    found: Iterable[tuple[frozenset[Kind], Kind | None]],
) -> dict[Kind, tuple[float, float]]:
    """Return both by kind from pairs of the kinds found and the kind meant."""
    right: Counter[Kind] = Counter()
    wrong: Counter[Kind] = Counter()
    meant: Counter[Kind] = Counter()
    for kinds, kind in found:
        meant.update([kind] if kind else [])
        right.update(kinds & {kind})
        wrong.update(kinds - {kind})
    return {
        kind: (
            right[kind] / max(right[kind] + wrong[kind], 1),
            right[kind] / max(meant[kind], 1),
        )
        for kind in Kind
    }


def _order(rng: random.Random) -> str:
    day = dt.date(2019, 1, 1) + dt.timedelta(days=rng.randrange(2500))
    return f"{day:%Y%m%d}" + people.digits(rng, rng.choice((7, 8, 10, 11)))


def _tracking(rng: random.Random) -> str:
    prefix = rng.choice(("SF", "YT", "JD00", "ZTO", "1Z", "3103"))
    return prefix + people.digits(rng, rng.choice((9, 10, 12)))


def _epoch(rng: random.Random) -> str:
    return str(rng.randrange(1_500_000_000_000, 1_800_000_000_000))


def _amount(rng: random.Random) -> str:
    return f"{rng.randrange(10**11) / 100:.2f}"


def _coordinates(rng: random.Random) -> str:
    return f"{rng.uniform(18, 53):.6f},{rng.uniform(74, 134):.6f}"


def _guid(rng: random.Random) -> str:
    text = f"{rng.getrandbits(128):032x}"
    cut = f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
    return rng.choice((text, cut))


def _version(rng: random.Random) -> str:
    return f"v{rng.randrange(20)}.{rng.randrange(99)}.{rng.randrange(99)}"


def _trade(rng: random.Random) -> str:
    """Return a barcode (GTIN-13 of China) or a device number (IMEI)."""
    if rng.random() < 1 / 2:
        body = "69" + people.digits(rng, 10)
        total = sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(body))
        return body + str(-total % 10)
    return people.with_luhn("35" + people.digits(rng, 12))
