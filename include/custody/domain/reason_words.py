"""Why a reason is not fit, in words; `reason` has the rule, and much to import."""

from custody.domain.language import Text

UNFIT_REASON = Text(
    "理由须为一行、不超过 200 字、不含个人信息",
    "a reason is one line of at most 200 characters without personal data",
)
