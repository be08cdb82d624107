"""Asks a real broker what a client may do, and hears from it in plain reason codes."""

import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

_FIRST_FAILURE = 0x80
_ANSWER_WITHIN_S = 10.0


class Prober:
    """One MQTT 5 session of a device, asking one thing after another."""

    def __init__(self, host: str, port: int, username: str, password: str) -> None:
        self._address = (host, port)
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        self._client.username_pw_set(username, password)
        self._answered = threading.Event()
        self._code = -1
        self._client.on_connect = self._on_connect
        self._client.on_publish = self._on_publish
        self._client.on_subscribe = self._on_subscribe
        self._client.on_unsubscribe = self._on_subscribe

    def __enter__(self) -> "Prober":
        self._ask(lambda: self._client.connect(*self._address), starts_loop=True)
        if self._code >= _FIRST_FAILURE:
            raise PermissionError(self._code)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def may_publish(self, topic: str, *, retain: bool = False, payload: bytes = b"probe") -> bool:
        self._ask(lambda: self._client.publish(topic, payload, qos=1, retain=retain))
        return self._code < _FIRST_FAILURE

    def may_subscribe(self, pattern: str) -> bool:
        self._ask(lambda: self._client.subscribe(pattern, qos=1))
        may = self._code < _FIRST_FAILURE
        if may:
            self._ask(lambda: self._client.unsubscribe(pattern))
        return may

    def _ask(self, question: Callable[[], object], *, starts_loop: bool = False) -> None:
        self._answered.clear()
        question()
        if starts_loop:
            self._client.loop_start()
        if not self._answered.wait(_ANSWER_WITHIN_S):
            raise TimeoutError("the broker does not answer")

    def _answer(self, code: int) -> None:
        self._code = code
        self._answered.set()

    def _on_connect(self, *told: Any) -> None:
        self._answer(told[3].value)

    def _on_publish(self, *told: Any) -> None:
        self._answer(told[3].value)

    def _on_subscribe(self, *told: Any) -> None:
        self._answer(max((code.value for code in told[3]), default=0))


def die_with_will(
    address: tuple[str, int], username: str, password: str, will: str, *, payload: bytes
) -> None:
    """Log in with a retained will on a topic, and lose the connection without a word."""
    texts = (b"", will.encode(), payload, username.encode(), password.encode())
    # User name, password, retained will of QoS 1, clean start: MQTT 3.1.1, section 3.1.2.
    head = _text(b"MQTT") + bytes((4, 0b1110_1110)) + struct.pack("!H", 30)
    body = head + b"".join(map(_text, texts))
    with socket.create_connection(address, timeout=_ANSWER_WITHIN_S) as connection:
        connection.sendall(b"\x10" + _length(len(body)) + body)
        answer = connection.recv(4)
    if answer != b"\x20\x02\x00\x00":
        raise PermissionError(answer)


def _text(text: bytes) -> bytes:
    return struct.pack("!H", len(text)) + text


def _length(number: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    low, rest = number % 128, number // 128
    return bytes((low | 128,)) + _length(rest) if rest else bytes((low,))
