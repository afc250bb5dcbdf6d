"""The rules of follow-through: pure functions over frozen dataclasses, standard library only."""
