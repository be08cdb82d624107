"""Through which gateway a device speaks, and did before."""
