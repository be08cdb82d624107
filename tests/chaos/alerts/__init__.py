"""Fault runs of the alerts service: nothing is lost, nothing is doubled (FAULTS F9-F15).

`make chaos ONLY=alerts SECONDS=n SEED=s` runs two real services against a real database, a mail
server and a gateway that knows its messages by key, both over sockets, and kills them all the time.

* `town` is what happens: one device after the other falls silent, and each time three people are
  to be told, two by mail and one through the gateway.
* `worker` is the service in a process of its own, with places where it kills itself.
* `faults` is what happens to the services; `weather` what mail server and gateway do meanwhile:
  they refuse, put off, are slow, or take a message and say nothing.
* `oracle` compares who was told with who was to be.
"""
