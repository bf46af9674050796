"""When a supplement request 补充请求 is answered (R25).

A later row of the same customer answers it when the field that was asked for is
there and would let a row load that must have it, and the row itself is not asked
for that field again.
"""

from custody.domain.facts import ROW_VERDICTS, Requirement, RowVerdict, Token

ANSWERS = frozenset(
    token.value
    for token in Token
    if ROW_VERDICTS[token, Requirement.MANDATORY] is RowVerdict.LOAD
)
"""The facts of a field that answer a request for it."""
