"""What crosses a process border, versioned."""
