"""Carries out what a person asks of the demo, and says in words what will be seen of it."""

from collections.abc import Mapping
from typing import assert_never

from services.cli.demo import names
from services.cli.demo.control import Deed, Order
from services.cli.demo.names import UnknownNameError
from services.cli.demo.site import Site


class Troubles:
    """All simulated facilities, by their codes."""

    def __init__(self, sites: Mapping[str, Site]) -> None:
        self._sites = sites

    async def obey(self, order: Order) -> str:
        match order.do:
            case Deed.STATUS:
                return "\n".join(_state(site) for site in self._sites.values())
            case Deed.CUT:
                return self._cut(_named(order))
            case Deed.KILL:
                return self._kill(_named(order))
            case Deed.COVER:
                return await self._cover(_named(order))
            case Deed.RESTORE:
                return await self._restore(order.to)
            case _ as unknown:
                assert_never(unknown)

    def _cut(self, word: str) -> str:
        code = names.facility(word)
        self._sites[code].cut()
        return f"{code}: the link is down. The watch goes on, and will be told afterwards."

    def _kill(self, word: str) -> str:
        name = names.device(word)
        self._sites[name.facility].kill(name.device)
        return f"{name} has stopped. What it does not watch now stays unwatched."

    async def _cover(self, word: str) -> str:
        name = names.camera(word)
        await self._sites[name.facility].cover(name.device)
        return f"{name} is covered."

    async def _restore(self, word: str | None) -> str:
        codes = list(self._sites) if word is None else [names.facility(word)]
        for code in codes:
            await self._sites[code].restore()
        return f"{', '.join(codes)}: everything works again."


def _named(order: Order) -> str:
    if order.to is None:
        raise UnknownNameError(f"{order.do}: of what?")
    return order.to


def _state(site: Site) -> str:
    faults = ["link down"] if site.is_cut else []
    faults += [f"{code} stopped" for code in sorted(site.dead)]
    faults += [f"{code} covered" for code in sorted(site.covered)]
    return f"{site.code}: {', '.join(faults) or 'well'}"
