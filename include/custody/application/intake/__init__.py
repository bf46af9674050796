"""Intake: admit, seal, check, load, export, erase (requirements R18-R28)."""
