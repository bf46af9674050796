"""Why a certificate or a receipt does not hold, in words an auditor reads (R72)."""

from custody.domain.certificate_check import CertificateFault
from custody.domain.language import Text

FAULTS = {
    CertificateFault.MALFORMED: Text("格式有误（malformed）", "malformed"),
    CertificateFault.NOT_PINNED: Text("签名公钥不可信（not_pinned）", "not_pinned"),
    CertificateFault.SIGNATURE: Text("签名无效（signature）", "signature"),
    CertificateFault.CONTRADICTS: Text("内容自相矛盾（contradicts）", "contradicts"),
    CertificateFault.NOT_LISTED: Text("收据不在附件之列（not_listed）", "not_listed"),
}
"""By the code, which formats.md names."""
