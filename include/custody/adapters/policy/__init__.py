"""Policy as data: the YAML files of `include/policy` become one frozen value."""

from custody.adapters.policy.loader import load_policy

__all__ = ["load_policy"]
