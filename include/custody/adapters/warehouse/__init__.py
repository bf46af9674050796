"""The warehouse database: deliveries, staging, register, projection, ledger."""
