"""Why a destruction is not carried out or not certified, and how a run stands.

A reason is a stable code, and a count or a place after it; the words stand beside it.
"""

from collections.abc import Mapping

from custody.domain.certificate import Doubt
from custody.domain.decision_words import DOUBTS as PLAN_DOUBTS
from custody.domain.destruction import Obstacle, RunState
from custody.domain.language import Language, Text

OBSTACLES: Mapping[Obstacle, Text] = {
    Obstacle.NOT_DUE: Text(
        "今天未到期，或依据另一规则到期：请重新生成计划",
        "not due today, or by another rule: plan anew",
    ),
    Obstacle.ON_HOLD: Text("处于法定保留", "on legal hold"),
    Obstacle.NOT_RESTRICTED: Text(
        "密钥尚未移入受限纪元：等待每夜的 retention",
        "its keys are not restricted yet: the nightly retention does it",
    ),
    Obstacle.LANDED: Text(
        "落地文件尚未抹除：等待交付批次完成",
        "a landed file is not erased yet: let its delivery come to an end",
    ),
    Obstacle.UNSETTLED: Text(
        "有未完成的批次再次带来此客户：先处理该批次",
        "a delivery under way brings the customer again: settle it first",
    ),
    Obstacle.RELINKED: Text(
        "此批次的版本不属于台账所记的客户：有人改动了登记库，请恢复后重新生成计划",
        "versions of it are not whose the ledger says: somebody changed the register;"
        " put it right and plan anew",
    ),
}

CERTIFICATE_DOUBTS: Mapping[Doubt, Text] = {
    Doubt.NOTHING_DESTROYED: Text("没有销毁任何内容", "nothing was destroyed"),
    Doubt.SAME_PERSON: Text(
        "申请人与批准人是同一人", "who asked and who approved are one person"
    ),
    Doubt.COUNTS_DIFFER: Text("数量不一致", "the counts differ"),
    Doubt.NOT_SEEN: Text("此类副本没有查看", "this kind of copy was not looked at"),
    Doubt.FAILED: Text("销毁失败，仍有留存", "it failed: something is left there"),
    Doubt.STILL_THERE: Text("仍然存在", "it is there still"),
    Doubt.SEEN_TOO_EARLY: Text(
        "查看时间不在本次销毁之内", "it was not seen within this destruction"
    ),
    Doubt.HOLLOW_SAMPLE: Text(
        "抽样在销毁前未能打开，不能证明什么",
        "the sample did not open before, so it shows nothing",
    ),
    Doubt.RECOVERED: Text(
        "已销毁的内容仍可恢复", "something of the destroyed was recovered"
    ),
    Doubt.SURVIVOR_LOST: Text("留存客户无法打开", "a survivor does not open"),
    Doubt.NO_FULL_SET: Text(
        "此介质上没有留存客户的完整集", "no full set of the survivors lies there"
    ),
    Doubt.HOLLOW_LISTING: Text(
        "清单中没有现行密钥的托管，不可信",
        "the listing lacks the living escrows: it is not believed",
    ),
    Doubt.AWAITED: Text("密钥服务尚未销毁密钥", "the key service is awaited"),
}

STATES: Mapping[RunState, Text] = {
    RunState.BEGUN: Text("已开始", "begun"),
    RunState.APPROVED: Text("批准已使用", "its approval is used up"),
    RunState.INTENDED: Text("意向已记入台账", "the ledger knows whom"),
    RunState.ANCHORED: Text("意向已在异地读回", "the intent lies off-site"),
    RunState.MARKED: Text("客户已标记", "the customers are marked"),
    RunState.CONDEMNED: Text("不可撤回", "past the point of no return"),
    RunState.SAMPLED: Text("已抽样", "a sample was opened"),
    RunState.SUPPRESSED: Text("已写抑制标记", "suppression tokens are written"),
    RunState.DELETED: Text("密钥与行已删除", "keys and rows are deleted"),
    RunState.REWRAPPED: Text("留存客户已换密钥", "survivors are under new keys"),
    RunState.RESHOWN: Text("展示表已重写", "the projection is written anew"),
    RunState.ENDED: Text("旧密钥已下令销毁", "the old keys are told to die"),
    RunState.COVERED: Text("完整集已写入", "the full sets are written"),
    RunState.PROVEN: Text("已证明不可恢复", "recovery was tried and failed"),
    RunState.CERTIFIED: Text("已出具销毁记录", "certified"),
    RunState.REFUSED: Text("已拒绝，未作改动", "refused, nothing was done"),
    RunState.SPARED: Text("已放过", "everybody was spared"),
}


def reason_in_words(reason: str, language: Language) -> str:
    """Return a reason with its words; as it is when its code is unknown."""
    code, *place = reason.replace(":", "", 1).split(" ", 1)
    told = _WORDS.get(code)
    if told is None:
        return reason
    return f"{' '.join([code, *place])} — {told.of(language)}"


_WORDS: Mapping[str, Text] = {
    **{doubt.value: text for doubt, text in CERTIFICATE_DOUBTS.items()},
    **{obstacle.value: text for obstacle, text in OBSTACLES.items()},
    **{doubt.value: text for doubt, text in PLAN_DOUBTS.items()},
}
"""By code; the same code of two kinds says the same."""
