"""Seals on the access log: each minute a signed head over all lines so far, also kept outside."""
