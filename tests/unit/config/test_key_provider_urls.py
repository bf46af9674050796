"""CUSTODY_KEY_PROVIDER says where keys are, whose identity asks, and nothing else."""

import pytest

from custody.adapters.config import read_settings
from custody.adapters.key_providers import KmsUrl, read_kms_url
from custody.errors import ConfigurationError


def test_a_url_names_region_installation_identities_and_window() -> None:
    plain = read_kms_url("awskms://cn-north-1/head-office")
    whole = read_kms_url(
        "awskms://us-gov-west-1/hq/?opener=seal&destroyer=security&window=30"
    )

    assert plain == KmsUrl(region="cn-north-1", installation="head-office")
    assert plain.window_days == 7
    assert whole == KmsUrl(
        region="us-gov-west-1",
        installation="hq",
        opener="seal",
        destroyer="security",
        window_days=30,
    )


@pytest.mark.parametrize(
    "rest",
    [
        "", "/", "//hq", "cn-north-1", "cn-north-1/", "/hq", "north/hq",
        "cn-north-1/Hq", "cn-north-1/a/b", "cn-north-1/a:b", "cn-north-1/hq?window=6",
        "cn-north-1/hq?window=31", "cn-north-1/hq?window=+8", "cn-north-1/hq?window=",
        "cn-north-1/hq?window=٧", "cn-north-1/hq?opener=", "cn-north-1/hq?destroyer=",
        "cn-north-1/hq?endpoint=x", "cn-north-1:443/hq",
    ],
)  # fmt: skip
def test_any_other_url_is_refused(rest: str) -> None:
    with pytest.raises(ConfigurationError, match="CUSTODY_KEY_PROVIDER"):
        read_kms_url(f"awskms://{rest}")


def test_the_setting_reaches_another_process_unchanged() -> None:
    url = "awskms://cn-north-1/hq?opener=seal&destroyer=security"

    settings = read_settings({"CUSTODY_KEY_PROVIDER": url})

    assert read_settings(settings.environment()).key_provider == url
