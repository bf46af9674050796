"""Fakes of what keeps certificates; the book is proved by its contract suite."""

from collections.abc import Collection, Iterator

from custody.application.ports import Entry, Offsite
from custody.application.ports.certificates import KeptCertificate


class FakeCertificateBook:
    """Certificates in a list, and the entries that told of them."""

    def __init__(self) -> None:
        """Start empty."""
        self.kept: list[KeptCertificate] = []
        self.entries: list[Entry] = []

    def add(self, kept: KeptCertificate, entry: Entry) -> bool:
        """Keep one of a kind and plan."""
        if self.of_plan(kept.kind, kept.plan) is not None:
            return False
        self.kept.append(kept)
        self.entries.append(entry)
        return True

    def of_plan(self, kind: str, plan: str) -> KeptCertificate | None:
        """Return the certificate of a plan."""
        return next(
            (it for it in self.kept if (it.kind, it.plan) == (kind, plan)), None
        )

    def find(self, beginning: str) -> tuple[KeptCertificate, ...]:
        """Return those whose id begins so, at most two."""
        if not beginning:
            return ()
        found = [it for it in self.kept if it.certificate_id.startswith(beginning)]
        return tuple(found[:2])

    def all(self) -> Iterator[KeptCertificate]:
        """Yield them."""
        yield from self.kept

    def unclosed(self) -> tuple[KeptCertificate, ...]:
        """Return what nothing closes."""
        closed = {it.closes for it in self.kept}
        return tuple(
            it
            for it in self.kept
            if it.closes is None and it.certificate_id not in closed
        )


class FakeSalts:
    """Salts in a dict."""

    def __init__(self, salts: dict[tuple[str, str], bytes]) -> None:
        """Take (plan, number) -> salt."""
        self.kept = salts

    def salt_of(self, plan: str, number: str) -> bytes | None:
        """Return the salt."""
        return self.kept.get((plan, number))

    def forget(self, plan: str, number: str) -> None:
        """Delete it."""
        self.kept.pop((plan, number), None)


class FakeFullSets:
    """Media on which a full set lies, by the names of medium and manifest."""

    def __init__(self) -> None:
        """Start with none anywhere."""
        self.there: set[tuple[str, str]] = set()

    def lies_on(self, medium: Offsite, manifests: Collection[str]) -> bool:
        """Whether one lies there."""
        return any((medium.name, manifest) in self.there for manifest in manifests)
