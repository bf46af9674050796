"""Mounts the steward pages in Airflow's web server, behind its login."""

import os

from airflow.plugins_manager import AirflowPlugin

from custody.bootstrap.browsing import open_shelf
from custody.domain.language import choose_language
from custody.orchestration.conf import RefuseConf
from custody.orchestration.guard import LOGIN_PATH, current_reader
from custody.steward.app import create_app


class CustodyPlugin(AirflowPlugin):
    """The pages, their place in the menu, and a tab on every DAG run."""

    name = "custody"
    fastapi_apps = [  # noqa: RUF012 - Airflow reads a plain list
        {
            "app": create_app(
                current_reader,
                open_shelf,
                login_path=LOGIN_PATH,
                language=choose_language(os.environ),
            ),
            "url_prefix": "/custody",
            "name": "Custody",
        }
    ]
    fastapi_root_middlewares = [  # noqa: RUF012 - Airflow reads a plain list
        {"middleware": RefuseConf, "name": "Custody: no conf"}
    ]
    external_views = [  # noqa: RUF012 - Airflow reads a plain list
        {
            "name": "Custody 客户登记",
            "href": "/custody/",
            "destination": "nav",
            "icon": "/custody/icon.svg",
            "url_route": "custody",
            "nav_top_level": True,
        },
        {
            "name": "验收报告 Validation reports",
            "href": "/custody/run?dag={DAG_ID}&run={RUN_ID}",
            "destination": "dag_run",
            "url_route": "validation",
        },
    ]
