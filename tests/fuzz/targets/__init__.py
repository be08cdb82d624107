"""What is fuzzed: one module a border that strangers reach."""
