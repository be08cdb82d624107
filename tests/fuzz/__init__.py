"""Whatever anybody may send: millions of broken messages, and what must hold after each.

`make fuzz SECONDS=600 SEED=1` runs every target under libFuzzer (atheris), each in a process of its
own; `make test` runs a short sample of the same targets by hypothesis. A target is a module with
`seeds()`, real messages to begin with, and `one(data)`, which fails if a law is broken.
"""
