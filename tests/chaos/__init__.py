"""Fault runs with an oracle: nothing acknowledged is lost, nothing is invented (FAULTS §2).

`make chaos ONLY=ingest SECONDS=n SEED=s` kills, cuts and delays a real ingest between a real broker
and a real database, and compares what is on record with what was claimed.

* `claims` makes up what devices attest, by a seed; `sender` is their MQTT client. Every claim is in
  the `ledger`, on disk, before it is published, and sent again until it is acknowledged end to end.
* `worker` is the real ingest worker in a process of its own, with places where it kills itself.
* `world` holds broker, database and the TCP proxies between them; `faults` is what happens to them.
* `model` says in plain arithmetic what each claim is worth, sharing no code with the product;
  `oracle` compares that with the database, to the microsecond, by device, local day and column.
* `bugs` are planted in the worker one by one; `controls` checks that the oracle calls each by name.
"""
