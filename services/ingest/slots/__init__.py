"""Who stands in which slot: claimed, fenced, handed on from the dead."""
