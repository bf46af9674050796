"""What the use cases need of the world: ports; the adapters come to them.

A port belongs to its caller.  Every fake is proved by the contract suite that
also runs against the real adapter.
"""

from custody.application.ports.keys import (
    DataObjects,
    KeyProvider,
    Keyring,
    KeyState,
    KeyWriter,
    ListedKeys,
    Offsite,
    PathVersion,
    StoredObject,
)
from custody.application.ports.landing import (
    Incomplete,
    LandedFile,
    Landing,
    Quarantine,
    Reader,
)
from custody.application.ports.steps import (
    Ahead,
    Reached,
    in_turn,
    pass_by,
)
from custody.application.ports.warehouse import (
    Basis,
    CheckReport,
    DeliveryBook,
    DeliveryRecord,
    Entry,
    Ledger,
    Register,
    Reports,
    RowOutcome,
    StagedValues,
    Staging,
    StagingWriter,
)
from custody.application.ports.world import (
    Clock,
    Notifier,
)

__all__ = [
    "Ahead",
    "Basis",
    "CheckReport",
    "Clock",
    "DataObjects",
    "DeliveryBook",
    "DeliveryRecord",
    "Entry",
    "Incomplete",
    "KeyProvider",
    "KeyState",
    "KeyWriter",
    "Keyring",
    "LandedFile",
    "Landing",
    "Ledger",
    "ListedKeys",
    "Notifier",
    "Offsite",
    "PathVersion",
    "Quarantine",
    "Reached",
    "Reader",
    "Register",
    "Reports",
    "RowOutcome",
    "StagedValues",
    "Staging",
    "StagingWriter",
    "StoredObject",
    "in_turn",
    "pass_by",
]
