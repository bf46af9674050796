"""Why a place of the landing zone cannot be used, in words."""

from custody.domain.language import Text

ERASED = Text("{delivery_id} 已被抹除", "{delivery_id} was erased meanwhile")
NO_FOLDER = Text("{place} 不是目录", "{place} is not a folder")
EXISTS = Text("{place} 已存在：请用下一个序号", "{place} exists: use the next sequence")
