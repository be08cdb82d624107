"""From the settings to what seals the log."""

from services.api.access_log.seals.sealing import Sealer
from services.api.access_log.seals.witness import Witness
from services.api.resources import Resources
from shared.runtime import logging
from shared.runtime.ed25519 import SigningKey

log = logging.get(__name__)


def sealer_of(resources: Resources) -> Sealer | None:
    """Nothing without a key; that the log is not sealed is then told once."""
    settings = resources.settings
    if not settings.seal_key:
        log.warning("access_log_not_sealed", reason="API_SEAL_KEY is not set")
        return None
    newest = settings.seal_key.split()[0]
    witness = Witness(settings.witness_file) if settings.witness_file else None
    key = SigningKey.load(newest.encode())
    return Sealer(resources, key, witness=witness, now=resources.now)
