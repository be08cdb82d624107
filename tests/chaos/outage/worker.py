"""The real alerts service with shorter waits, for a sample: they are constants of the domain."""

import os
from datetime import timedelta

import uvloop

# Before anything else of the service, which takes them over by name.
from shared.domain import incidents

BLIND_AFTER = "OUTAGE_BLIND_AFTER_S"
HOLD = "OUTAGE_HOLD_S"

if __name__ == "__main__":
    incidents.BLIND_AFTER = timedelta(seconds=float(os.environ[BLIND_AFTER]))  # type: ignore[misc]
    incidents.HOLD = timedelta(seconds=float(os.environ[HOLD]))  # type: ignore[misc]
    from services.alerts.__main__ import main
    from shared.runtime import logging

    logging.configure("alerts")
    uvloop.run(main())
