"""Why the embedded Airflow does not run, in words."""

from custody.domain.language import Text

UNHEALTHY = Text(
    "Airflow 未能正常启动；见 {folder} 中的日志",
    "Airflow did not become healthy; see the logs in {folder}",
)
