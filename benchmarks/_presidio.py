"""The other side of `detect.py`, in an environment of its own.

Reads JSON lists of values, a line each; answers each with the seconds that
Presidio's PatternRecognizers took on them, called directly (no spaCy model).
"""

import json
import sys
import time
from importlib import import_module

RECOGNISERS = (
    "EmailRecognizer",
    "CreditCardRecognizer",
    "IbanRecognizer",
    "IpRecognizer",
    "DateRecognizer",
    "UsPassportRecognizer",
)


def main() -> None:
    """Answer line by line until the input ends."""
    known = import_module("presidio_analyzer.predefined_recognizers")
    recognisers = [getattr(known, name)() for name in RECOGNISERS]
    for line in sys.stdin:
        values = json.loads(line)
        start = time.process_time()
        found = 0
        for value in values:
            for one in recognisers:
                entities = one.supported_entities
                found += len(one.analyze(value, entities, nlp_artifacts=None))
        seconds = time.process_time() - start
        print(json.dumps({"seconds": seconds, "found": found}), flush=True)


if __name__ == "__main__":
    main()
