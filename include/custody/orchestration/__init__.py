"""Airflow's furniture: the only package that imports Airflow."""
