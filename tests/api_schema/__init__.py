"""Whether the API answers as it describes itself, to everybody: `make schema`."""
