"""Why a row or a delivery cannot be moved now, in words (R64)."""

from custody.domain.language import Text

ENDED_TOKENS = Text(
    "{row}：该行的盲索引值属于已销毁的索引纪元",
    "{row}: the row's tokens are of a destroyed index epoch",
)
SOMEBODY_ELSE = Text(
    "{delivery_id} 第 {row} 行：他人正在处理或已处理；未做任何改动",
    "row {row} of {delivery_id}: somebody else decides it, or has decided it;"
    " nothing was changed",
)
NOT_CHECKED = Text(
    "{delivery_id} 的状态为 {state}，尚未核验", "{delivery_id} is {state}, not checked"
)
LOST_STAGING = Text(
    "{delivery_id} 因崩溃失去暂存数据：请重新加密",
    "{delivery_id} lost its staging in a crash: seal it again",
)
DELIVERY_TOKENS = Text(
    "{delivery_id} 的盲索引值属于已销毁的索引纪元：请重新加密",
    "{delivery_id} has tokens of a destroyed index epoch: seal it again",
)
NO_INDEX_EPOCH = Text(
    "没有开放的索引纪元：请先建立", "no index epoch is open: create one"
)
