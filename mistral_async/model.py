"""What every generated model is made of."""

# Annotations are no text here, as they are elsewhere: msgspec would evaluate it anew for every model there is.
from typing import Any, ClassVar

import msgspec
from msgspec import UNSET

PRESUMED: Any = UNSET
"""Default of a field that the specification calls optional but answers always hold.

It is typed as present. Where an answer leaves it out all the same, it reads as ``UNSET``.
"""


class Model(msgspec.Struct, kw_only=True):
    """Base of every generated model. A field that was left out is ``UNSET`` and is not sent.

    ``secret_fields`` names the fields that hold credentials: ``repr`` shows that they are set, never what they hold.
    ``answer_only_fields`` names those that only answers have; they are left out when a model goes back to the API.
    """

    secret_fields: ClassVar[frozenset[str]] = frozenset()
    answer_only_fields: ClassVar[frozenset[str]] = frozenset()

    def __repr__(self) -> str:
        shown = (
            f"{name}={'***' if name in self.secret_fields and value else repr(value)}"
            for name in self.__struct_fields__
            if (value := getattr(self, name)) is not UNSET
        )
        return f"{type(self).__name__}({', '.join(shown)})"


class UnknownVariant(dict[str, Any]):
    """A member of a union that this version of the SDK does not know.

    It is the JSON object as it came, and is encoded back unchanged.
    """

    __slots__ = ()
