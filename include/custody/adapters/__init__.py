"""The world behind the ports; dull on purpose."""
