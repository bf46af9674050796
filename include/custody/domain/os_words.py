"""What an operating system says of its storage, in words (R64, R65)."""

import errno

from custody.domain.language import Text
from custody.errors import WorldError

_FAILED = Text("{place}：{what}", "{place}: {what}")
PLACES = {
    "the work folder": "工作目录",
    "key folder": "密钥目录",
    "quarantine": "隔离区",
    "quarantine, the work folder": "隔离区，工作目录",
    "keys init": "生成密钥",
    "reviewer new": "新建审核人密钥",
}
"""In Chinese, by how the adapters name a place of ours."""
_STORAGE = Text("存储故障", "the storage failed")
OS_FAULTS = {
    errno.EACCES: "权限不足",
    errno.EBUSY: "设备或资源正忙",
    errno.EDQUOT: "超出磁盘配额",
    errno.EEXIST: "文件已存在",
    errno.EFBIG: "文件过大",
    errno.EIO: "读写错误",
    errno.EISDIR: "是目录而不是文件",
    errno.ELOOP: "符号链接层数过多",
    errno.EMFILE: "打开的文件过多",
    errno.ENAMETOOLONG: "文件名过长",
    errno.ENFILE: "系统中打开的文件过多",
    errno.ENODEV: "没有此设备",
    errno.ENOENT: "没有此文件或目录",
    errno.ENOSPC: "磁盘已满",
    errno.ENOTCONN: "尚未连接",
    errno.ENOTDIR: "不是目录",
    errno.ENOTEMPTY: "目录不为空",
    errno.ENXIO: "没有此设备或地址",
    errno.EOPNOTSUPP: "不支持此操作",
    errno.EPERM: "不允许此操作",
    errno.EROFS: "文件系统只读",
    errno.ESTALE: "远程文件句柄已失效",
    errno.ETIMEDOUT: "超时",
}
"""In Chinese, by number; in English the system says it itself."""


def os_fault(place: str, fault: OSError) -> WorldError:
    """Return what the system says, at a named place; never a path of its own."""
    if fault.strerror is None:
        what = _STORAGE
    else:
        zh = OS_FAULTS.get(fault.errno or 0, fault.strerror)
        what = Text(zh, fault.strerror)
    return _FAILED.as_error(WorldError, place=_at(place), what=what)


def _at(place: str) -> Text:
    """Return a place in both languages; `medium: path` and `quarantine, NAME`, too."""
    named, _, rest = place.partition(", ")
    if place not in PLACES and named in PLACES:
        return Text(f"{PLACES[named]}，{rest}", place)
    return Text(PLACES.get(place, place.replace(": ", "：")), place)
