"""Sparkplug B's protocol buffer, of which only the fields that are read are declared.

The numbers are those of sparkplug_b.proto (specification 3.0, chapter 6). Names are declared as
bytes: on the wire they are the same, and a name that is no UTF-8 must not break the message.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Protocol, cast

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from shared.contracts.adapters.base import UnreadableError
from shared.contracts.adapters.payload import limit

_PACKAGE: Final = "giamsat.sparkplug"
#: Signed types are sent as unsigned ones, as wide as themselves or as the field.
_SIGNED_BITS: Final[Mapping[int, int]] = {1: 8, 2: 16, 3: 32, 4: 64}


class Metric(Protocol):
    """What is absent is 0, or empty."""

    name: bytes
    alias: int
    timestamp: int
    datatype: int
    is_historical: bool
    is_null: bool
    int_value: int
    long_value: int
    float_value: float
    double_value: float

    def HasField(self, name: str, /) -> bool: ...  # noqa: N802 - the library's


class Payload(Protocol):
    timestamp: int
    metrics: Sequence[Metric]
    seq: int

    def HasField(self, name: str, /) -> bool: ...  # noqa: N802 - the library's


def _fields(*fields: tuple[str, int, int]) -> Iterable[FieldDescriptorProto]:
    for name, number, kind in fields:
        yield FieldDescriptorProto(
            name=name,
            number=number,
            type=cast("FieldDescriptorProto.Type.ValueType", kind),
            label=FieldDescriptorProto.LABEL_OPTIONAL,
        )


def _declared() -> FileDescriptorProto:
    file = FileDescriptorProto(name="sparkplug.proto", package=_PACKAGE, syntax="proto2")
    kinds = FieldDescriptorProto
    metric = file.message_type.add(name="Metric")
    metric.field.extend(_fields(
        ("name", 1, kinds.TYPE_BYTES), ("alias", 2, kinds.TYPE_UINT64),
        ("timestamp", 3, kinds.TYPE_UINT64), ("datatype", 4, kinds.TYPE_UINT32),
        ("is_historical", 5, kinds.TYPE_BOOL), ("is_null", 7, kinds.TYPE_BOOL),
        ("int_value", 10, kinds.TYPE_UINT32), ("long_value", 11, kinds.TYPE_UINT64),
        ("float_value", 12, kinds.TYPE_FLOAT), ("double_value", 13, kinds.TYPE_DOUBLE),
    ))  # fmt: skip
    payload = file.message_type.add(name="Payload")
    payload.field.extend(
        _fields(("timestamp", 1, kinds.TYPE_UINT64), ("seq", 3, kinds.TYPE_UINT64))
    )
    payload.field.add(
        name="metrics",
        number=2,
        type=kinds.TYPE_MESSAGE,
        label=kinds.LABEL_REPEATED,
        type_name=f".{_PACKAGE}.Metric",
    )
    return file


# A pool of our own: another library may have brought the full message into the common one.
_pool = DescriptorPool()
_pool.AddSerializedFile(_declared().SerializeToString())
_Payload = GetMessageClass(_pool.FindMessageTypeByName(f"{_PACKAGE}.Payload"))


def parse(payload: bytes) -> Payload:
    """Raises UnreadableError."""
    limit(payload)
    try:
        return cast("Payload", _Payload.FromString(payload))
    except DecodeError as problem:
        raise UnreadableError("expected a protocol buffer as Sparkplug B defines it") from problem


def value_of(metric: Metric, datatype: int) -> float | int | None:
    """Its number, if it has one. Data messages leave the type out: it was told at birth."""
    if metric.is_null:
        return None
    if metric.HasField("int_value"):
        return _signed(metric.int_value, 32, _SIGNED_BITS.get(datatype, 32))
    if metric.HasField("long_value"):
        return _signed(metric.long_value, 64, _SIGNED_BITS.get(datatype, 64))
    if metric.HasField("float_value"):
        return metric.float_value
    return metric.double_value if metric.HasField("double_value") else None


def _signed(value: int, width: int, bits: int) -> int:
    """No number of interest is so large that it needs the uppermost bit for itself."""
    if value >= 1 << (width - 1):
        return value - (1 << width)
    if 1 << (bits - 1) <= value < 1 << bits:
        return value - (1 << bits)
    return value
