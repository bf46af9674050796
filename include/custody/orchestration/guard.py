"""Who is looking at the steward pages, as Airflow's login knows it."""

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import HTTPException

from custody.orchestration.roles import STEWARD_PAGES

LOGIN_PATH = "/api/v2/auth/login"


def current_reader(user: GetUserDep) -> str:
    """Return the login name; 401 for nobody, 403 without the permission."""
    allowed = get_auth_manager().is_authorized_custom_view(
        method="GET", resource_name=STEWARD_PAGES, user=user
    )
    if not allowed:
        raise HTTPException(403, "denied")
    return user.get_name()
