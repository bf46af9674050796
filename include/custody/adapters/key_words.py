"""What every provider of wrapping keys says of a key that is, or was, there."""

from custody.domain.language import Text

EXISTS = Text("{epoch}：其密钥已存在", "{epoch}: its key exists")
DESTROYED = Text("{epoch}：其密钥已永久销毁", "{epoch}: its key was destroyed for good")
ANOTHER = Text("{epoch}：已有它的另一把密钥", "{epoch}: another key of it exists")
