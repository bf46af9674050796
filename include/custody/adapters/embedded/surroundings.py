"""What Airflow's processes are lent of the operator's own environment: an allow-list.

Whatever stands in the environment of a task can be read and printed by it, so the
tokens of other programs, which a shell is full of, stay with the operator.
"""

from collections.abc import Mapping

NAMES = frozenset(
    {
        "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR",
        "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
        "http_proxy", "https_proxy", "no_proxy",
        "POLARS_MAX_THREADS", "OMP_NUM_THREADS",
    }
)  # fmt: skip
"""Accounts, language, time, certificates, proxies, threads."""
LOCALE = "LC_"
METRICS = "AIRFLOW__METRICS__"
"""Where Airflow tells figures; it has no secret among them."""
STORE = "AWS_"
"""Credentials and region of an object store: lent when a place is one."""
_STORES = ("s3://", "awskms://")


def lent(
    environment: Mapping[str, str], *, settings: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables that pass; `settings` tell whether a store is configured."""
    stored = any(scheme in value for value in settings.values() for scheme in _STORES)
    prefixes = (LOCALE, METRICS, STORE) if stored else (LOCALE, METRICS)
    return {
        name: value
        for name, value in environment.items()
        if name in NAMES or name.startswith(prefixes)
    }
