"""Why a delivery is not let in, in words (R18, R19, R25)."""

from collections.abc import Mapping

from custody.domain.delivery import Refusal
from custody.domain.language import Text

REFUSAL_WORDS: Mapping[str, Text] = {
    Refusal.UNKNOWN_SOURCE: Text("来源未获批准", "the source is not approved"),
    Refusal.SOURCE_NOT_IN_FORCE: Text(
        "来源的授权不在有效期内", "the source's authorisation is not in force"
    ),
    Refusal.MANIFEST_MALFORMED: Text("清单格式有误", "the manifest is malformed"),
    Refusal.MANIFEST_PLACE: Text(
        "清单与所放位置不符", "the manifest is not of the place in which it lies"
    ),
    Refusal.SIGNATURE_MISSING: Text("缺少签名", "the signature is missing"),
    Refusal.SIGNATURE_WRONG: Text("签名不符", "the signature is wrong"),
    Refusal.NOT_YET: Text("尚未生效", "it is not valid yet"),
    Refusal.EXPIRED: Text("已过有效期", "it is valid no more"),
    Refusal.FILE_MISSING: Text("缺少清单所列文件", "a file of the manifest is missing"),
    Refusal.FILE_EXTRA: Text("有清单未列的文件", "a file is not in the manifest"),
    Refusal.FILE_NAME: Text("文件名不合规", "a file's name is not allowed"),
    Refusal.FILE_SIZE: Text(
        "文件大小与清单所写不同", "a file's size is not the manifest's"
    ),
    Refusal.FILE_TOO_LARGE: Text("文件过大", "the files are too large"),
    Refusal.FILE_DIGEST: Text(
        "文件内容与清单所写不同", "a file's content is not the manifest's"
    ),
    Refusal.FILE_COUNT: Text("文件数量不符", "the number of files is wrong"),
    Refusal.REPLAY: Text("重复交付", "it was delivered before"),
    Refusal.PLACE_TAKEN: Text(
        "该位置已被占用：请用更大的序号重新交付",
        "the place is taken: deliver it with a higher sequence",
    ),
    Refusal.INCOMPLETE: Text(
        "未写完：清单一直没有送到，请用更大的序号重新交付",
        "it was never finished, no manifest came: deliver it with a higher sequence",
    ),
    Refusal.UNREADABLE: Text("无法读取", "it cannot be read"),
    Refusal.UNCHECKED: Text("未经任何检查", "nothing was checked"),
}
