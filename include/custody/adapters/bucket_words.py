"""Why an answer of a bucket is none, in words (R64, R65)."""

from custody.domain.language import Text

CONTRADICTS = Text(
    "S3 ListObjectsV2：列表自相矛盾", "S3 ListObjectsV2: the listing contradicts itself"
)
NO_OBJECT = Text(
    "S3 HeadObject：应答未指明任何对象", "S3 HeadObject: the answer tells of no object"
)
SHORT = Text(
    "S3 GetObject：应答短于请求的长度",
    "S3 GetObject: the answer is shorter than asked for",
)
NOT_DELETED = Text("S3 DeleteObjects：被拒绝：{codes}", "S3 DeleteObjects: {codes}")
SLOW = Text("S3 GetObject：应答过慢", "S3 GetObject: the answer comes too slowly")
EXISTS = Text("S3 PutObject：对象已存在", "S3 PutObject: the object exists already")
