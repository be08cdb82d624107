"""Checks of the conditions under which a facility may operate."""
