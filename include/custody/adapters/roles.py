"""The login roles of the two databases (design section 5): one home for the names."""

WAREHOUSE_DATABASE = "custody_warehouse"
KEYRING_DATABASE = "custody_keyring"
AIRFLOW_DATABASE = "airflow"

WAREHOUSE_OWNER = "custody_owner"
WAREHOUSE_LOADER = "custody_loader"
WAREHOUSE_EXPORTER = "custody_exporter"
WAREHOUSE_REBUILDER = "custody_rebuilder"
WAREHOUSE_READER = "custody_reader"
WAREHOUSE_REGISTRAR = "custody_registrar"
WAREHOUSE_DESTROYER = "custody_destroyer"
WAREHOUSE_BACKUP = "custody_backup"

KEYRING_OWNER = "keyring_owner"
KEYRING_LOADER = "keyring_loader"
KEYRING_EXPORTER = "keyring_exporter"
KEYRING_REBUILDER = "keyring_rebuilder"
KEYRING_SWEEPER = "keyring_sweeper"
KEYRING_DESTROYER = "keyring_destroyer"
KEYRING_BACKUP = "keyring_backup"

AIRFLOW_ROLE = "airflow"

WAREHOUSE_ROLES = (
    WAREHOUSE_OWNER,
    WAREHOUSE_LOADER,
    WAREHOUSE_EXPORTER,
    WAREHOUSE_REBUILDER,
    WAREHOUSE_READER,
    WAREHOUSE_REGISTRAR,
    WAREHOUSE_DESTROYER,
    WAREHOUSE_BACKUP,
)
KEYRING_ROLES = (
    KEYRING_OWNER,
    KEYRING_LOADER,
    KEYRING_EXPORTER,
    KEYRING_REBUILDER,
    KEYRING_SWEEPER,
    KEYRING_DESTROYER,
    KEYRING_BACKUP,
)

DATABASES = {
    WAREHOUSE_DATABASE: WAREHOUSE_ROLES,
    KEYRING_DATABASE: KEYRING_ROLES,
    AIRFLOW_DATABASE: (AIRFLOW_ROLE,),
}
"""Each database with its roles, the owner first; nobody else may connect."""

SEE_EVERY_ROW = (WAREHOUSE_BACKUP, KEYRING_BACKUP)
"""Roles that row security does not filter (BYPASSRLS): half a backup is none."""
