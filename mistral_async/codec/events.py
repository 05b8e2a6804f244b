"""From a server-sent event to the model of an operation's events."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec
from msgspec import UNSET
from msgspec import inspect as mi

from mistral_async.codec.answers import AnswerDecoder, NotReadable, json_value
from mistral_async.codec.problem import ErrorEvent, is_problem, read_problem
from mistral_async.codec.sse import ServerEvent

if TYPE_CHECKING:
    from mistral_async.codec.lenient import Misfit

E = TypeVar("E")


class EventDecoder(Generic[E]):
    """Decodes the events of one operation: their data is JSON, whatever else they have is text."""

    def __init__(self, event_type: Any) -> None:
        info = mi.type_info(event_type)
        if not isinstance(info, mi.StructType) or not any(field.encode_name == "data" for field in info.fields):
            raise TypeError(f"{event_type} has no field 'data'")
        fields = {field.encode_name: field.name for field in info.fields}
        types = {field.name: field.type for field in msgspec.structs.fields(event_type)}
        self._make = event_type
        self._data_name = fields["data"]
        self._data: AnswerDecoder[Any] = AnswerDecoder(types[self._data_name])
        # Which of the other fields of an event the model has.
        self._others = [(name, fields[name]) for name in ("event", "id", "retry") if name in fields]
        # What the model requires and an event may lack all the same.
        self._absent = {each.name: UNSET for each in info.fields if each.required and each.encode_name != "data"}
        self.strictly = self._only_data() if len(fields) == 1 and self._data_name == "data" else self._all_of_it
        """Raises ``msgspec.ValidationError`` for what does not fit, ``msgspec.DecodeError`` for what is no JSON."""

    def leniently(self, event: ServerEvent) -> tuple[E, list[Misfit]]:
        """The event as far as it fits. Raises ``NotReadable``, or ``ErrorEvent`` where it is an error."""
        try:
            value = json_value(event.data)
        except NotReadable:
            if event.event == "error":
                raise ErrorEvent(read_problem(event.data)) from None
            raise
        if event.event == "error" or is_problem(value):
            raise ErrorEvent(read_problem(event.data))
        data, misfits = self._data.build(value)
        return self._make(**{self._data_name: data}, **self._rest(event)), misfits

    def _only_data(self) -> Callable[[ServerEvent], E]:
        """How to decode an event of which the model has nothing else, as most have: there are many in a stream."""
        make, decode = self._make, self._data.strictly
        return lambda event: make(data=decode(event.data))

    def _all_of_it(self, event: ServerEvent) -> E:
        made: E = self._make(**{self._data_name: self._data.strictly(event.data)}, **self._rest(event))
        return made

    def _rest(self, event: ServerEvent) -> dict[str, Any]:
        present = {field: value for name, field in self._others if (value := getattr(event, name)) is not None}
        return {**self._absent, **present}
