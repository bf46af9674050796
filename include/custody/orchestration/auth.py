"""Airflow's FAB auth manager, with pausing a DAG apart from starting it.

The stock one asks for the same grant, to edit a DAG, for both; so whoever may start
runs, such as the service behind the sweep, might also stop the intake in silence.
"""

from typing import TYPE_CHECKING

from airflow.providers.fab.auth_manager.fab_auth_manager import FabAuthManager

from custody.orchestration.roles import DAG_SWITCH

if TYPE_CHECKING:
    from airflow.api_fastapi.auth.managers.base_auth_manager import ResourceMethod
    from airflow.api_fastapi.auth.managers.models.resource_details import (
        DagAccessEntity,
        DagDetails,
    )
    from airflow.providers.fab.auth_manager.models import User


class CustodyAuthManager(FabAuthManager):
    """Denies a change of a DAG itself without the grant for it."""

    def is_authorized_dag(
        self,
        *,
        method: "ResourceMethod",
        user: "User",
        access_entity: "DagAccessEntity | None" = None,
        details: "DagDetails | None" = None,
    ) -> bool:
        """As the base, and to change a DAG the grant on DAG_SWITCH too."""
        if method == "PUT" and access_entity is None:
            switches = self._is_authorized(
                method="PUT", resource_type=DAG_SWITCH, user=user
            )
            if not switches:
                return False
        return super().is_authorized_dag(
            method=method, user=user, access_entity=access_entity, details=details
        )
