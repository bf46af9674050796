"""Tests against real PostgreSQL."""
