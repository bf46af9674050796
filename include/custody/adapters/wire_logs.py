"""What libraries that speak to services may log: never a body (R64).

At DEBUG botocore writes every request and answer whole, the key that a key service
hands out among them; a task's log would keep it.
"""

import logging

LOGGERS = ("boto3", "botocore")


def keep_bodies_out_of_logs() -> None:
    """Hold the libraries' loggers above DEBUG, whatever the root logger is set to."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.INFO))
