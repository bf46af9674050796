"""Decisions in the two languages: what is signed, as what, and why it is refused."""

from custody.domain.approving import Doubt
from custody.domain.decisions import DecisionKind
from custody.domain.enrolment import KeyState
from custody.domain.language import Text
from custody.domain.people import Role

KINDS = {
    DecisionKind.DESTRUCTION_REQUEST: Text("销毁申请", "destruction request"),
    DecisionKind.DESTRUCTION_APPROVAL: Text("销毁批准", "destruction approval"),
    DecisionKind.DESTRUCTION_WITHDRAWAL: Text("撤回销毁申请", "withdrawal"),
    DecisionKind.ENROLMENT: Text("审核人密钥登记", "enrolment of a reviewer's key"),
    DecisionKind.REVOCATION: Text("吊销审核人密钥", "revocation of a reviewer's key"),
}
ROLES = {
    Role.SUBMITTER: Text("填报人", "submitter"),
    Role.RESPONSIBLE: Text("责任人", "responsible person"),
    Role.DEPARTMENT_HEAD: Text("部门负责人", "department head"),
    Role.LEGAL_REVIEWER: Text("法务审核人", "legal reviewer"),
    Role.SECURITY_REVIEWER: Text("安全审核人", "security reviewer"),
    Role.EXECUTIVE: Text("分管领导", "executive in charge"),
    Role.STEWARD: Text("数据管理员", "steward"),
    Role.OPERATOR: Text("运维人员", "operator"),
    Role.AUDITOR: Text("审计人员", "auditor"),
}
STATES = {
    KeyState.STANDS: Text("有效", "stands"),
    KeyState.ENDED: Text("已被新密钥替换", "replaced by a newer key"),
    KeyState.REVOKED: Text("已吊销", "revoked"),
}
DOUBTS = {
    Doubt.NOTHING_CHECKED: Text("没有进行任何核验", "nothing was checked"),
    Doubt.UNKNOWN_PLAN: Text(
        "没有此计划：先用 custody retention plan --on 日期 --keep 保存",
        "no such plan: keep it first, custody retention plan --on DAY --keep",
    ),
    Doubt.PLAN_ALTERED: Text(
        "保存的计划已被改动，与其摘要不符",
        "the kept plan was altered: it is not what its digest is over",
    ),
    Doubt.PLAN_EMPTY: Text("计划中没有任何客户", "the plan names nobody"),
    Doubt.NOT_YET: Text(
        "计划的日期尚未到来：这是预测，不能签署",
        "the plan's day has not come: it is a forecast, and nobody may sign it",
    ),
    Doubt.OTHER_POLICY: Text(
        "计划之后策略已改变：请重新生成计划",
        "policy has changed since the plan: plan anew",
    ),
    Doubt.OTHER_DATASET: Text("属于另一个登记库", "it is of another register"),
    Doubt.USED: Text(
        "此计划已经执行、已被拒绝或正在执行：如仍有到期客户，请重新保存当日计划",
        "the plan was carried out or refused, or is being: who is still due is kept"
        " anew, custody retention plan --on DAY --keep",
    ),
    Doubt.CLOCK_BEHIND: Text(
        "本机时钟落后于台账：请校准时钟",
        "the clock stands behind the ledger: set the clock",
    ),
    Doubt.UNTOLD: Text(
        "数据库中有台账没有记载的决定",
        "the database holds a decision that the ledger does not tell of",
    ),
    Doubt.MISSING: Text(
        "台账记载的决定已从数据库中消失",
        "a decision that the ledger tells of is gone from the database",
    ),
    Doubt.NO_REQUEST: Text("还没有销毁申请", "nobody has requested it"),
    Doubt.NO_APPROVAL: Text("还没有批准", "nobody has approved it"),
    Doubt.WITHDRAWN: Text("申请已撤回", "the request was withdrawn"),
    Doubt.FORGED: Text("签名不成立", "the signature does not hold"),
    Doubt.NOT_ENROLLED: Text(
        "签名时此密钥不是该人已登记的有效密钥",
        "the key was not the signer's when it signed, or no longer is",
    ),
    Doubt.REVOKED: Text("密钥已吊销", "the key was revoked"),
    Doubt.WRONG_ROLE: Text(
        "策略中此人没有所需的角色，或不在策略中",
        "by policy this person has not the role that it takes",
    ),
    Doubt.SAME_PERSON: Text(
        "不能批准自己的申请，也不能为自己的密钥作证",
        "nobody approves their own request or vouches for their own key",
    ),
    Doubt.OTHER_PLAN: Text("签署的是另一个计划", "it is about another plan"),
    Doubt.OTHER_REQUEST: Text("批准的是另一份申请", "it approves another request"),
    Doubt.WRONG_ORDER: Text("批准早于申请", "it was approved before it was requested"),
    Doubt.IN_FUTURE: Text("签署时间在将来", "it is dated in the future"),
    Doubt.EXPIRED: Text("已过有效期", "it has expired"),
    Doubt.TOO_LONG: Text(
        "有效期超过策略允许", "it was to last longer than policy lets"
    ),
    Doubt.OTHER_COUNT: Text(
        "签署的行数与计划不符", "it counts other lines than the plan"
    ),
    Doubt.ABOVE_CAP: Text(
        "超过策略的上限：申请与批准都须加 --larger",
        "above policy's cap: request and approval must both say --larger",
    ),
    Doubt.UNANSWERED: Text(
        "恢复丢失了此法定保留，尚未答复：见 custody retention unanswered",
        "a restore has lost this legal hold, and nobody has answered: see custody"
        " retention unanswered",
    ),
    Doubt.UNFIT_REASON: Text(
        "请用一行说明理由（不超过 200 字），不得包含个人信息",
        "say why in one line of at most 200 characters without personal data",
    ),
    Doubt.UNKNOWN_PROPOSAL: Text(
        "没有等待登记的此密钥：见 custody reviewer list",
        "no such key waits to be enrolled: see custody reviewer list",
    ),
    Doubt.KNOWN_KEY: Text(
        "此密钥已登记过：请新建一个", "the key is or was enrolled: make a new one"
    ),
    Doubt.NO_KEY: Text(
        "此人没有有效的已登记密钥，或密钥文件不是登记的那一个",
        "the person has no key that stands, or the file holds another one",
    ),
}
