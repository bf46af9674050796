"""What kind of error ended a task, in words: people are told it, and never its text."""

from collections.abc import Mapping

from custody.domain.language import Text

KINDS: Mapping[str, Text] = {
    "WorldError": Text(
        "数据库、存储或网络故障，可重试",
        "a database, a store or the network failed: it may be repeated",
    ),
    "EvidenceError": Text(
        "台账、签名或异地副本与记录不符，须人工查看",
        "ledger, signature or off-site copy contradicts what was recorded: look",
    ),
    "ConflictError": Text(
        "另一次运行正在执行或已执行此步骤",
        "another run has done, or is doing, this step",
    ),
    "ConfigurationError": Text(
        "设置缺失或互相矛盾，须运维人员修正",
        "a setting is missing or contradicts another: the operator mends it",
    ),
    "PolicyError": Text("策略文件有误", "a file of the policy is wrong"),
    "DeliveryError": Text("交付无法读取", "a delivery cannot be read"),
    "OpenError": Text("加密的内容打不开", "sealed bytes do not open"),
    "EpochClosedError": Text("纪元已关闭，可重试", "an epoch was closed: repeat it"),
    "KeyDestroyedError": Text("密钥已销毁", "a key is destroyed"),
    "KeyRestrictedError": Text("密钥受限制", "a key is restricted"),
    "UnforeseenError": Text("程序故障", "a fault of the software"),
    "NotCertifiedError": Text("未能出具记录", "no certificate could be issued"),
}
"""By the class, which stays beside the words for who looks into the log."""


def kind_in_words(name: str) -> Text:
    """Return both words of a class of errors and its name; of others the name alone."""
    text = KINDS.get(name)
    if text is None:
        return Text(name, name)
    return Text(f"{text.zh}（{name}）", f"{text.en} ({name})")
