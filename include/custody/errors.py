"""What can go wrong, grouped by who is at fault.

A message names the place (file, row, column, policy key) and the next step.
It never carries a value that was read (requirements R15, R64; design section 1).
"""


class CustodyError(Exception):
    """Root of every error that Custody raises on purpose.

    `zh` is the message in Chinese; empty where no person who gives a command meets it.
    """

    zh: str = ""


class PolicyError(CustodyError):
    """The policy is wrong: whoever edits the YAML mends it."""

    def __init__(self, file: str, key: str, problem: str) -> None:
        """Name the policy file, the dotted key in it and the problem."""
        super().__init__(f"{file}: {key}: {problem}")
        self.file = file
        self.key = key
        self.problem = problem


class ConfigurationError(CustodyError):
    """A setting is missing or contradicts another: the operator mends it."""


class DeliveryError(CustodyError):
    """A delivery cannot be read: the sender mends it.

    `reason` is a stable code such as `bad_encoding`; row, column and byte tell the
    place (row counts records from 1, the header is row 0; byte counts from 0).
    """

    def __init__(
        self,
        reason: str,
        *,
        row: int | None = None,
        column: str | None = None,
        byte: int | None = None,
        file: str | None = None,
    ) -> None:
        """Name the reason code and the place; never the value.

        `file` is the name that policy gives one file of several, never the sender's.
        """
        place = "".join(
            (
                "" if file is None else f" in {file}",
                "" if row is None else f" at row {row}",
                "" if column is None else f", column {column}",
                "" if byte is None else f"{' at' if row is None else ','} byte {byte}",
            )
        )
        super().__init__(f"{reason}{place}")
        self.reason = reason
        self.row = row
        self.column = column
        self.byte = byte
        self.file = file

    def within(self, file: str) -> "DeliveryError":
        """Return the same fault, placed in a file of several."""
        return DeliveryError(
            self.reason, row=self.row, column=self.column, byte=self.byte, file=file
        )


class OpenError(CustodyError):
    """A sealed value, key record or escrow did not open; no reason is given."""

    def __init__(self) -> None:
        """Take no detail: every failure after a key is in hand looks the same."""
        super().__init__("the sealed bytes do not open")
        self.zh = "加密的内容打不开"


class EpochClosedError(CustodyError):
    """The epoch takes no more keys: ask for the open one and repeat."""


class KeyDestroyedError(CustodyError):
    """The provider reports the wrapping key destroyed; it will not come back."""


class KeyRestrictedError(CustodyError):
    """The key is of customers who are kept only, and this identity may not ask."""


class EvidenceError(CustodyError):
    """Ledger, signature or off-site copy contradicts what was recorded."""


class ConflictError(CustodyError):
    """Another run has done, or is doing, this very step."""


class WorldError(CustodyError):
    """The world failed (database, store, network): the step may be repeated."""
