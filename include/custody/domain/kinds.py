"""Kinds of personal data that Custody recognises by looking at a value."""

from enum import StrEnum

from custody.domain.levels import Level


class Kind(StrEnum):
    """A kind of data detected in a value; the names are the public interface."""

    RESIDENT_ID = "resident_id"
    PASSPORT = "passport"
    TRAVEL_PERMIT = "travel_permit"
    BANK_CARD = "bank_card"
    IBAN = "iban"
    USCC = "uscc"
    TAXPAYER_ID = "taxpayer_id"
    PHONE = "phone"
    EMAIL = "email"
    ADDRESS = "address"
    PERSON_NAME = "person_name"
    COMPANY_NAME = "company_name"
    BIRTH_DATE = "birth_date"
    PLATE = "plate"
    IP = "ip"
    CREDENTIAL = "credential"


# R7, R21: identity documents, cards and credentials are high; R8, R22: contact
# details and what tells of a person are medium; R9, R23: companies are low.
LEVEL_OF_KIND: dict[Kind, Level] = {
    Kind.RESIDENT_ID: Level.HIGH,
    Kind.PASSPORT: Level.HIGH,
    Kind.TRAVEL_PERMIT: Level.HIGH,
    Kind.BANK_CARD: Level.HIGH,
    Kind.IBAN: Level.HIGH,
    Kind.CREDENTIAL: Level.HIGH,
    Kind.PHONE: Level.MEDIUM,
    Kind.EMAIL: Level.MEDIUM,
    Kind.ADDRESS: Level.MEDIUM,
    Kind.PERSON_NAME: Level.MEDIUM,
    Kind.BIRTH_DATE: Level.MEDIUM,
    Kind.PLATE: Level.MEDIUM,
    Kind.IP: Level.MEDIUM,
    Kind.USCC: Level.LOW,
    Kind.TAXPAYER_ID: Level.LOW,
    Kind.COMPANY_NAME: Level.LOW,
}
