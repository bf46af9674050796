"""An in-memory landing zone: its contract suite also runs on folder and bucket."""

import datetime as dt
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO

from custody.application.ports import Incomplete, LandedFile
from custody.domain.delivery import DeliveryKey
from custody.errors import ConflictError

MANIFEST = "manifest.json"


class FakeLanding:
    """Keeps folders as dicts of bytes."""

    def __init__(self) -> None:
        """Start empty."""
        self.folders: dict[DeliveryKey, dict[str, bytes]] = {}
        self.changed_at = dt.datetime.now(dt.UTC)
        self.strays: tuple[str, ...] = ()

    def deliveries(self, source_id: str | None = None) -> Iterator[DeliveryKey]:
        """Yield complete deliveries, ordered."""
        for key in sorted(self.folders, key=lambda key: key.delivery_id):
            if source_id in {None, key.source_id} and MANIFEST in self.folders[key]:
                yield key

    def incomplete(self) -> Iterator[Incomplete]:
        """Yield what is no complete delivery, ordered by place."""
        begun = {
            str(key.delivery_id): key
            for key, files in self.folders.items()
            if files and MANIFEST not in files
        }
        for place in sorted({*begun, *self.strays}):
            yield Incomplete(
                place=place, key=begun.get(place), changed_at=self.changed_at
            )

    def files(self, key: DeliveryKey) -> tuple[LandedFile, ...]:
        """List every object of the folder."""
        return tuple(
            LandedFile(name=name, size=len(content))
            for name, content in sorted(self.folders.get(key, {}).items())
        )

    @contextmanager
    def open(self, key: DeliveryKey, name: str) -> Iterator[BinaryIO]:
        """Open one version for reading."""
        yield io.BytesIO(self.folders[key][name])

    def put(self, key: DeliveryKey, files: Mapping[str, BinaryIO]) -> None:
        """Write a delivery; ConflictError if it exists."""
        if key in self.folders:
            message = f"{key.delivery_id} is there already"
            raise ConflictError(message)
        self.folders[key] = {name: content.read() for name, content in files.items()}

    def erase(self, key: DeliveryKey) -> int:
        """Erase the folder; return the objects erased."""
        return len(self.folders.pop(key, {}))
