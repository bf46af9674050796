"""Destroy 销毁: an approved plan is carried out, one file a step (R69-R72)."""
