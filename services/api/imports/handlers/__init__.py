"""What the rows of each kind of sheet mean: one module a kind."""
