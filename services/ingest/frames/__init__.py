"""Pictures of cameras that cannot judge themselves: judged in memory, then gone."""
