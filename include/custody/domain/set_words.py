"""Why a set could not be written, or is not what it was, in words (R65, R68)."""

from custody.domain.language import Text

NO_KEY = Text(
    "有加密值没有密钥记录：不写备份集",
    "a sealed value has no key record: no set is written",
)
CONTRADICTED = Text(
    "登记数据与台账不符，不写备份集：{deliveries}",
    "the register contradicts the ledger; no set is written: {deliveries}",
)
NO_ESCROW = Text(
    "{medium}：没有 {epochs} 的密钥托管", "{medium}: no escrow of {epochs} lies there"
)
OTHER_OBJECTS = Text(
    "{medium}：备份集的对象与所写不符", "{medium}: the set's objects are others"
)
OTHER_MANIFEST = Text(
    "{medium}：清单读回后与所写不符", "{medium}: the manifest reads back otherwise"
)

OBJECT_FAULTS = {
    "missing": Text("缺失", "missing"),
    "other": Text("内容与应有不符", "other bytes than it must have"),
    "untrusted": Text("签名不可信", "not signed by a key that is trusted here"),
    "empty": Text("备份集没有任何对象", "a set that names no object"),
}
"""By the code that `verify` gives an object on a medium."""
