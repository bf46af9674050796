"""How a delivery's place is written in a landing zone: `<source>/<date>/<sequence>`."""

from custody.domain.delivery import DeliveryKey
from custody.domain.manifest import MANIFEST_NAME, is_plain_source_id


def place_of(key: DeliveryKey) -> tuple[str, str, str]:
    """Return the folder names; ValueError when the source id is no folder name."""
    if not is_plain_source_id(key.source_id):
        message = "a source id is made of letters, digits, dots, hyphens, underscores"
        raise ValueError(message)
    return key.source_id, key.business_date.isoformat(), str(key.sequence)


def key_at(source: str, date: str, sequence: str) -> DeliveryKey | None:
    """Return the delivery at a place; None when the names are not exactly one."""
    if not is_plain_source_id(source):
        return None
    return DeliveryKey.parse(f"{source}/{date}/{sequence}")


def order_of(key: DeliveryKey) -> tuple[str, str, int]:
    """Return what deliveries are ordered by: source, date, sequence as a number."""
    return key.source_id, key.business_date.isoformat(), key.sequence


def manifest_last(names: list[str]) -> list[str]:
    """Order names so that the manifest is written, and erased, after all others."""
    return sorted(names, key=lambda name: (name == MANIFEST_NAME, name))


def told(source: str = "", date: str = "", sequence: str = "") -> str:
    """Return a place as far as it is an id; other names are their sender's."""
    if not is_plain_source_id(source):
        return "a folder"
    if not date:
        return source
    key = key_at(source, date, sequence or "1")
    if key is None:
        return f"{source}: a folder"
    return "/".join(place_of(key)[: 3 if sequence else 2])
