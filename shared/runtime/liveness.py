"""`/livez`, `/readyz` and `/metrics` of a process that serves nothing else."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Protocol

import uvicorn
from prometheus_client import REGISTRY
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

#: Says why the process is not ready, or nothing if it is.
Readiness = Callable[[], str | None]


def metrics_response() -> Response:
    body = generate_latest(REGISTRY)  # type: ignore[no-untyped-call] # ships no types
    return Response(body, media_type=CONTENT_TYPE_LATEST)


def readiness_response(why_not: str | None) -> Response:
    return PlainTextResponse(why_not or "ready", status_code=503 if why_not else 200)


def health_app(readiness: Readiness) -> Starlette:
    async def livez(_: Request) -> Response:
        return PlainTextResponse("alive")

    async def readyz(_: Request) -> Response:
        return readiness_response(readiness())

    async def metrics(_: Request) -> Response:
        return metrics_response()

    return Starlette(
        routes=[Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", metrics)]
    )


class QuietServer(uvicorn.Server):
    """A uvicorn server that leaves the process's signals to the process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(
    app: object, *, host: str, port: int, stop: asyncio.Event, proxy_address: str = "127.0.0.1"
) -> None:
    """Serve an ASGI app until `stop` is set; a proxy of ours may say from where people come."""
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        forwarded_allow_ips=proxy_address,
        timeout_graceful_shutdown=3,
    )
    server = QuietServer(config)
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server.serve(), name="http")
        await stop.wait()
        server.should_exit = True
        await serving


class Addressed(Protocol):
    """The settings that say where a process answers for its health."""

    @property
    def health_host(self) -> str: ...
    @property
    def health_port(self) -> int: ...


async def watched(
    work: Callable[[asyncio.Event], Coroutine[None, None, None]],
    readiness: Readiness,
    at: Addressed,
    *,
    stop: asyncio.Event,
) -> None:
    """Run a process's work, and answer for its health beside it, until `stop` is set."""
    health = health_app(readiness)
    async with asyncio.TaskGroup() as group:
        group.create_task(work(stop), name="work")
        group.create_task(
            serve(health, host=at.health_host, port=at.health_port, stop=stop), name="health"
        )


def stop_on_signals() -> asyncio.Event:
    """An event that SIGTERM or Ctrl-C sets."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop
