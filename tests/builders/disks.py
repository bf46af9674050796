"""A folder that stands for a disk in service."""

from pathlib import Path

from custody.adapters import durable
from custody.adapters.disk_label import take_into_service
from custody.adapters.offsite import DirectoryMedium


def disk_at(root: Path, *, name: str = "disk") -> DirectoryMedium:
    """Make the folder, label it, and return the medium."""
    durable.make_folder(root)
    take_into_service(root, name=name)
    return DirectoryMedium(root, name=name)
