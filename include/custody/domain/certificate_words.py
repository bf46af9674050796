"""Every word of a certificate in both languages, in words that an auditor reads."""

from collections.abc import Mapping

from custody.domain.certificate import Remainder
from custody.domain.language import Text
from custody.domain.observations import Copy, Method, Overwriting, Result

KINDS: Mapping[str, Text] = {
    "destruction": Text("客户信息销毁记录", "Certificate of destruction"),
    "closing": Text("客户信息销毁终结记录", "Closing certificate of a destruction"),
}

COPIES: Mapping[Copy, Text] = {
    Copy.ROWS: Text("登记库中的密文行", "sealed rows of the register"),
    Copy.KEYS: Text("数据密钥记录", "data key records"),
    Copy.WRAPPING_KEY: Text("包裹密钥", "wrapping key"),
    Copy.TOKENS: Text("盲索引值", "blind index tokens"),
    Copy.INDEX_KEY: Text("索引密钥", "index key"),
    Copy.PROJECTION: Text("脱敏展示表", "projection for readers"),
    Copy.LANDING: Text("落地区文件", "files of the landing zone"),
    Copy.QUARANTINE: Text("隔离区文件（加密）", "files in quarantine (sealed)"),
    Copy.DATA_OBJECTS: Text("异地数据对象（加密）", "off-site data objects (sealed)"),
    Copy.ESCROWS: Text("异地密钥托管", "off-site key escrows"),
    Copy.SNAPSHOTS: Text(
        "数据库文件快照（系统外）", "snapshots of database files (beside Custody)"
    ),
    Copy.LOGS: Text("日志", "logs"),
    Copy.AIRFLOW: Text("Airflow 元数据", "Airflow's own database"),
    Copy.DOCUMENTS: Text("附件与扫描件", "documents and scans"),
    Copy.BACKUP_SETS: Text("月度备份集", "monthly backup sets"),
}

METHODS: Mapping[Method, Text] = {
    Method.DELETED: Text("删除并清点", "deleted and counted"),
    Method.REWRITTEN: Text("整表重写", "table rewritten"),
    Method.KEY_DESTROYED: Text("销毁密钥（粉碎）", "key destroyed (shredding)"),
    Method.OVERWRITTEN: Text("覆写、落盘、移除", "overwritten, synced, unlinked"),
    Method.SERVICE_DELETED: Text("由密钥服务删除", "deleted by the key service"),
    Method.LOCK_RUNS_OUT: Text("锁定期满后移除", "removed when its lock runs out"),
    Method.DECLARED: Text("按制度声明的期限", "for the time that policy declares"),
    Method.NONE: Text("无需处理", "nothing to be done"),
}

RESULTS: Mapping[Result, Text] = {
    Result.GONE: Text("已不存在", "gone"),
    Result.UNREADABLE: Text("残留字节，无任何密钥可解", "bytes left that no key opens"),
    Result.UNTIL: Text("可读至 {until}", "readable until {until}"),
    Result.NEVER_HELD: Text("从不含客户信息", "never holds values"),
    Result.NO_SUCH_COPY: Text("无此类副本", "no such copy"),
    Result.FAILED: Text("失败", "failed"),
    Result.NOT_SEEN: Text("未查看", "not seen"),
}

OVERWRITING: Mapping[Overwriting, Text] = {
    Overwriting.DONE: Text(
        "已覆写；闪存、写时复制与日志文件系统的旧块不在保证之内，保证在于密钥已销毁",
        "overwritten; old blocks of flash, copy-on-write and journalling storage are"
        " not covered: the guarantee is the destroyed key",
    ),
    Overwriting.NOT_BY_DATABASE: Text(
        "数据库不能原地覆写：行已删除，密钥已销毁",
        "a database does not overwrite in place: rows deleted, keys destroyed",
    ),
    Overwriting.NOT_BY_OBJECT_STORE: Text(
        "对象存储不能覆写：保证在于密钥已销毁",
        "an object store lets nobody overwrite: the guarantee is the destroyed key",
    ),
    Overwriting.NOT_BY_KEY_SERVICE: Text(
        "密钥服务的介质由服务方清除，以其答复为准",
        "the key service clears its own storage; this is its answer",
    ),
    Overwriting.NOT_BY_CUSTODY: Text(
        "锁定期内不得改动，未覆写", "locked or kept elsewhere: not overwritten"
    ),
    Overwriting.NOTHING_THERE: Text("无内容可覆写", "nothing to overwrite"),
}

REMAINS: Mapping[Remainder, Text] = {
    Remainder.SUPPRESSION_TOKENS: Text(
        "抑制标记：以单独密钥计算的匹配键 MAC，"
        "按制度到期删除，用于阻止旧数据再次入库。",
        "Suppression tokens: MACs of match keys under a key of their own, deleted when"
        " policy says, so that older data bring nobody back.",
    ),
    Remainder.TOMBSTONES: Text(
        "客户编号与批次行数：不含任何客户信息，编号不再使用。",
        "Customer numbers and counts of rows: without a value, and never used again.",
    ),
    Remainder.OUTSIDE_COPIES: Text(
        "本系统之外所作的副本（打印件、导出件、收件方所持数据）不在本记录之内。",
        "Copies made outside Custody (prints, exports, what recipients hold) are not"
        " covered by this certificate.",
    ),
    Remainder.OLD_BLOCKS: Text(
        "固态硬盘与写时复制存储可能保留旧块；其中只有密文，密钥已销毁。",
        "Flash and copy-on-write storage may keep old blocks; they hold ciphertext"
        " whose keys are destroyed.",
    ),
    Remainder.LEDGER_LINES: Text(
        "台账条目：数量、摘要与承诺值，不含身份。",
        "Ledger entries: counts, digests and commitments, no identity.",
    ),
    Remainder.SUPERSEDED_ONLY: Text(
        "规则名以 .superseded 结尾者：仅销毁已被新版本取代的版本，客户仍在登记库中；"
        "其首个版本的最低级别留存，直至客户本身被销毁。",
        "Where a rule's name ends in .superseded, only versions went that newer ones"
        " had replaced: the customer remains, and of the first version the lowest"
        " level, until the customer goes.",
    ),
}
