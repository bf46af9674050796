"""Why a key of AWS KMS is none, or is not to be touched, in words."""

from custody.domain.language import Text

OTHER_ALIAS = Text(
    "{epoch}：其别名指向的密钥与记录不同",
    "{epoch}: its alias names another key than its row",
)
MULTI_REGION = Text(
    "{epoch}：多区域密钥在别处另有副本",
    "{epoch}: a multi-Region key has copies elsewhere",
)
OTHER_LENGTH = Text(
    "{epoch}：其密钥不是 {bytes} 字节", "{epoch}: its key has not {bytes} bytes"
)
PROVES_NOTHING = Text(
    "{epoch}：{unfit}：删除它不能证明任何事",
    "{epoch}: {unfit}: deleting it proves nothing",
)
NEW_UNFIT = Text(
    "{epoch}：新密钥不可用：{unfit}", "{epoch}: its new key cannot be used: {unfit}"
)
ANOTHER_MADE = Text(
    "{epoch}：另一次运行已创建其密钥", "{epoch}: another run made its key"
)
NO_ALIAS_YET = Text(
    "{epoch}：KMS 尚未给出其别名：请重试",
    "{epoch}: KMS does not tell its alias yet: repeat this",
)
NOT_MADE_FOR_ROW = Text(
    "{epoch}：记录中的密钥并非为它创建",
    "{epoch}: the key of its row was not made for it",
)
OTHER_REGION = Text(
    "{epoch}：其密钥属于另一个 AWS 区域", "{epoch}: its key is of another AWS Region"
)
ROW_LOST = Text(
    "{epoch}：其记录已丢失：请从托管恢复密钥",
    "{epoch}: its row is lost: restore the key from escrow",
)
NO_DATE = Text(
    "KMS ScheduleKeyDeletion：未给出日期：请重试",
    "KMS ScheduleKeyDeletion: no date is told: repeat this",
)
KNOWN_NO_MORE = Text(
    "{epoch}：KMS 在到期日之前已不认识其密钥：账户与区域是否正确？",
    "{epoch}: KMS knows its key no more, before its day: is this the right account"
    " and Region?",
)
UNFIT = Text(
    "{epoch}：其 KMS 密钥不可用：{unfit}",
    "{epoch}: its KMS key cannot be used: {unfit}",
)
NO_KEY = Text("{epoch}：KMS 没有它的密钥", "{epoch}: KMS has no key of it")
ROW_SAYS_NONE = Text(
    "{epoch}：记录表明 KMS 没有它的密钥",
    "{epoch}: its row says that KMS has no key of it",
)
NOT_MADE_FOR_ALIAS = Text(
    "{epoch}：别名所指的密钥并非为它创建",
    "{epoch}: the key of its alias was not made for it",
)
OTHER_BLOB = Text(
    "KMS Decrypt：所存密文不属于该纪元",
    "KMS Decrypt: the kept blob is not this epoch's",
)
MAY_NOT = Text(
    "KMS {operation}：{identity} 无权执行：见 docs/runbooks/aws-kms.md",
    "KMS {operation}: {identity} may not: docs/runbooks/aws-kms.md",
)
UNORDERED = Text(
    "{epoch}：其密钥已停用、待删除或不存在，而此处并未下令销毁：请取消删除并启用密钥",
    "{epoch}: its key is disabled, due for deletion or gone, and no destruction"
    " here ordered it: cancel the deletion, then enable the key",
)
REGIONS = Text("它是多区域密钥", "it is a multi-Region key")
NOT_MADE_THERE = Text(
    "它不是在 KMS 中生成的对称密钥",
    "it is not a symmetric key that was made in KMS",
)
