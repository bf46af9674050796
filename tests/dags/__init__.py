"""Tests with real Airflow."""
