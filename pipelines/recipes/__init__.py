"""The recipes that ship with winnow, one YAML file each."""
