"""What facilities already own, understood: one file a dialect, payload in, statements out."""
