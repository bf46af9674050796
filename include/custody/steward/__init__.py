"""The steward pages: a FastAPI factory that is handed the current user."""
