"""Credentials: passwords, keys, tokens, card security codes, security answers.

Found whole or inside text (R7, R21).  A secret that is only talked about (a
reset, a rule, a mask of stars) is none.
"""

import re

_ANSWER_LABEL = "(?:密保|安全)(?:问题)?答案"
HAN_CREDENTIAL_LABEL = (
    f"密码|密碼|口令|安全码|安全碼|校验码|驗證碼|验证码|{_ANSWER_LABEL}|密钥|金鑰"
)
_LATIN_LABEL = (
    "passwords?|passwd|pwd|passphrase|passcode|pin(?: code)?|cvv2?|cvc2?|"
    "security (?:answer|code)|secret(?: answer| key)?|(?:client|app)[ _-]?secret|"
    "(?:aws[ _-])?secret[ _-]access[ _-]key|api[ _-]?key|private[ _-]?key|"
    "shared ?access ?key|account ?key|"
    "(?:access|auth|refresh|bearer)[ _-]?(?:key|token)|"
    "token"
)
_UNSAID = (
    "(?:\\*|x{3,}|X{3,}|•|暂无|没有|未设|未填|不详|忘记|none(?![a-z])|null|required|"
    "incorrect|invalid|wrong|expired|not |too |the |a |an |reset|changed|must|missing|"
    "empty|optional|hidden|[<{(]|\\[|n/a)"
)
CREDENTIAL = (
    f"(?i:(?:^|[^A-Za-z])(?:{_LATIN_LABEL})[\"']?(?: ?[:=] ?| is |(?: ?是| ?为))"
    f"[\"']?(?!{_UNSAID})[^ ，。；,]{{3,}})"
    f"|(?:{HAN_CREDENTIAL_LABEL}) ?(?:[:=：]|是|为|為)? ?(?=[!-~]*[0-9])[!-)+-~]{{3,}}"
    f"|(?:{HAN_CREDENTIAL_LABEL}) ?(?:[:=：]|是|为|為) ?(?!{_UNSAID})[!-)+-~]{{4,}}"
    f"|{_ANSWER_LABEL} ?[:=：是为] ?(?!{_UNSAID})[^ ，。；]{{2}}"
    "|\\? ?(?:(?i:answer)|答案?) ?[:=] ?[^ ]{2}"
    "|(?i:mother'?s maiden name) ?(?:[:=]|(?i:is )) ?[^ ,;]{2}"
    "|[您你]的?(?:母亲|父亲|配偶|宠物|小学|中学|班主任|出生地)[^?]{0,12}\\? ?[^ ?]{2}"
    "|(?i:(?:^|[^0-9A-Za-z-])cvv2? [0-9]{3,4}(?![0-9A-Za-z.-]))"
    "|(?<![0-9A-Z])A[KS]IA[0-9A-Z]{16}(?![0-9A-Z])"
    "|-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
    "|(?<![0-9A-Za-z])gh[pousr]_[A-Za-z0-9]{30,}"
    "|github_pat_[A-Za-z0-9_]{30,}|glpat-[A-Za-z0-9_-]{20}|xox[abprs]-[A-Za-z0-9-]{10}"
    "|(?<![0-9A-Za-z])sk-(?:proj-|ant-|or-)?[A-Za-z0-9_-]{20}"
    "|(?<![0-9A-Za-z])[rsp]k_(?:live|test)_[A-Za-z0-9]{16}"
    "|(?<![0-9A-Za-z])AIza[A-Za-z0-9_-]{35}"
    "|(?i:bearer) (?=[A-Za-z._~+/-]{0,60}[0-9])[A-Za-z0-9._~+/-]{16,}"
    "|(?i:authorization: basic) [A-Za-z0-9+/=]{8}"
    "|eyJ[A-Za-z0-9_-]{10,400}[.]eyJ[A-Za-z0-9_-]{10}"
    "|[$]2[aby][$][0-9]{2}[$][./A-Za-z0-9]{53}"
    "|[$]argon2(?:id|i|d)[$]v=|[$][156][$](?:rounds=[0-9]+[$])?[./A-Za-z0-9]{2,16}[$]"
    "[./A-Za-z0-9]{20}|\\{S?SHA(?:256|512)?\\}[A-Za-z0-9+/=]{20}"
    "|[a-z][a-z0-9+]{1,15}://[^ :/@]{1,64}:[^ :/@]{1,64}@[A-Za-z0-9]"
)
_CREDENTIAL = re.compile(CREDENTIAL)
_PASSWORD = re.compile(
    "(?i)(?=[^ ]*[0-9!@#$%^&*])p[a@4][s$5]{2}(?:w[o0]rd)?[0-9A-Z!@#$%^&*_.-]{0,24}"
)
_PASSPORT = re.compile("(?i)passport")
_EXPIRY = re.compile("(?<![0-9/])(?:0[1-9]|1[0-2]) ?/ ?(?:20)?[2-4][0-9](?![0-9/])")
_CODE = re.compile("(?<![0-9/])[0-9]{3,4}(?![0-9/])")


def is_password(text: str) -> bool:
    """Return whether a whole folded value is a password that names itself."""
    return bool(_PASSWORD.fullmatch(text)) and not _PASSPORT.match(text)


def has_credential(text: str) -> bool:
    """Return whether a folded text holds a credential."""
    return bool(_CREDENTIAL.search(text))


def has_card_secret(rest: str) -> bool:
    """Return whether what stands beside a card is its expiry with its code."""
    expiry = _EXPIRY.search(rest)
    return bool(expiry and _CODE.search(rest[expiry.end() :]))


def without_logins(text: str) -> str:
    """Return a text without the secrets in it that look like e-mail addresses."""
    return _LOGIN.sub(" ", text)


_LOGIN = re.compile("[a-z][a-z0-9+]{1,15}://[^ :/@]{1,64}:[^ :/@]{1,64}@[^ /]{0,255}")
