"""The broker stops while everybody watches (FAULTS F71): one message about us, none about them.

`make chaos ONLY=broker-outage SECONDS=600 DEVICES=5000` stops a real broker for so long between so
many devices and a real ingest; real alerts judges what comes of it, and real mail goes out.

* `town` is who stands where, and who is to be told; `herd` is the devices: half of them say since
  when they have watched, half only that they do. A few die for good while nobody can hear them.
* `oracle` knows from the herd alone who watched when, and holds every gap, incident and mail
  against it, sharing no code with the product.
* `runs` plays it, once as it is and once with a platform that forgets that it was blind: that one
  has to be found out.
"""
