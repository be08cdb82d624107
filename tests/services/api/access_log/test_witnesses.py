import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.access_log.seals.sealing import Sealer
from services.api.resources import Resources
from shared.domain import merkle
from shared.domain.ledger import SignedHead
from shared.runtime.ed25519 import SigningKey, verify
from tests.services.api.access_log.lines import write
from tests.services.api.conftest import Clock
from tests.support.agency import Agency, add_authority, registration
from tests.support.people import Province

KEY = SigningKey.new()


async def test_an_agency_keeps_heads_and_proves_that_the_log_only_grew(
    api: httpx.AsyncClient,
    engine: AsyncEngine,
    resources: Resources,
    clock: Clock,
    province: Province,
) -> None:
    await add_authority(engine)
    agency = Agency(api, clock)
    await api.post("/agencies", json=registration(agency), headers=province.admin)
    await agency.log_in()
    sealer = Sealer(resources, KEY, witness=None, now=clock)
    for count in (300, 40):
        await write(engine, count)
        await sealer.seal()
    kept = [
        SignedHead.of_json(one)
        for one in (await agency.get("/agency/access-log/heads")).json()["items"]
    ]
    for one in kept:
        assert verify(KEY.public_key, one.signature, one.head.content)
    old, new = (one.head for one in kept)
    answer = await agency.get("/agency/access-log/consistency?from=1&to=2")
    proof = [bytes.fromhex(one) for one in answer.json()["proof"]]
    assert merkle.is_consistent(old.size, new.size, proof, old_root=old.root, new_root=new.root)
    later = await agency.get("/agency/access-log/heads?after=1")
    assert [one["number"] for one in later.json()["items"]] == [2]
    wrong = await agency.get("/agency/access-log/consistency?from=2&to=1")
    assert wrong.status_code == 422


async def test_nobody_without_a_log_in_reads_heads(api: httpx.AsyncClient) -> None:
    for path in ("/access-log/heads", "/agency/access-log/heads"):
        assert (await api.get(path)).status_code == 401
