"""A column of texts, however it comes, as the large_string array that winnow's functions read."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:  # pyarrow takes a fifth of a second, which `import winnow` need not
    import pyarrow as pa

# A list of str and None, a pyarrow string or large_string array, a ChunkedArray, or a series of
# pandas or polars. No type says that: pyarrow has none.
Texts: TypeAlias = Any

_SLICE = 1024  # texts looked at together: what is computed of them (words) is several times as big
_SERIES = ("__arrow_c_stream__", "__arrow_c_array__", "__arrow_array__", "__array__")
_WANTED = (
    "a list of str and None, a pyarrow string or large_string array, a ChunkedArray of these, or a "
    "series of pandas or polars"
)


def as_text(texts: Texts, name: str = "texts") -> "pa.LargeStringArray":
    """One large_string array; what is missing (None, NaN, NA) is null.

    Args:
      name: of the argument, for errors.

    Raises:
      TypeError: it is something else; the message says what came and what is wanted.
      ValueError: a text is no UTF-8, or has half of a surrogate pair.
    """
    import pyarrow as pa

    array = _of_list(texts, name) if isinstance(texts, (list, tuple)) else as_array(texts, name)
    kind = array.type.value_type if pa.types.is_dictionary(array.type) else array.type
    checks = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    if not (pa.types.is_null(kind) or any(check(kind) for check in checks)):
        raise TypeError(f"{name} has values of type {array.type}, but must be {_WANTED}")
    array = array.cast(pa.large_string())
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    try:
        array.validate(full=True)  # kernels read past the end of what is no UTF-8
    except pa.ArrowInvalid as error:
        raise ValueError(f"{name} is damaged: {error}") from None
    return array


def as_array(values: Any, name: str) -> Any:
    """An array or ChunkedArray of whatever type a column has; what is missing is null.

    Raises:
      TypeError: it is neither one of pyarrow's nor a series.
    """
    import pyarrow as pa

    told = f"{name} is {type(values).__name__}, but must be {_WANTED}"
    if isinstance(values, (pa.Array, pa.ChunkedArray)):
        return values
    if not any(hasattr(values, protocol) for protocol in _SERIES):
        raise TypeError(told)
    try:
        # Series of polars, and of pandas from 3 on, hand over Arrow data; others are copied.
        if hasattr(values, _SERIES[0]):
            return pa.chunked_array(values)
        return pa.array(values, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise TypeError(f"{told} ({error})") from None


def _of_list(texts: "list[Any] | tuple[Any, ...]", name: str) -> "pa.LargeStringArray":
    import pyarrow as pa

    for row, text in enumerate(texts):
        if text is not None and not isinstance(text, str):
            raise TypeError(
                f"{name}[{row}] is {type(text).__name__}, but must be str or None; "
                f"{name} is {_WANTED}"
            )
    try:
        return pa.array(texts, pa.large_string())
    except UnicodeEncodeError as error:
        row = next(i for i, text in enumerate(texts) if text == error.object)
        raise ValueError(
            f"{name}[{row}] has a lone surrogate at character {error.start}, which no UTF-8 "
            "stands for; take it out, or write text.encode('utf-8', 'replace').decode()"
        ) from None


def in_slices(look: "Callable[[int], pa.RecordBatch]", rows: int) -> "Iterator[pa.RecordBatch]":
    """What a function gives for each slice, by its start; one slice at least, for the schema."""
    return map(look, range(0, max(rows, 1), _SLICE))


def slice_at(rows: Any, start: int) -> Any:
    """The slice of a column or batch that begins there; None of None."""
    return None if rows is None else rows.slice(start, _SLICE)


def beside(column: Texts | None, name: str, text: "pa.Array") -> "pa.Array | None":
    """A second column, of one value for each text.

    Raises:
      ValueError: it has more or fewer.
    """
    import pyarrow as pa

    if column is None:
        return None
    values = as_text(column, name)
    if len(values) != len(text):
        raise ValueError(f"{name} has {len(values)} values for {len(text)} texts; give one each")
    return values.cast(pa.string())
