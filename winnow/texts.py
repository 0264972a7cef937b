"""A column of texts, however it comes, as the large_string array that winnow's functions read."""

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:  # pyarrow takes a fifth of a second, which `import winnow` need not
    import pyarrow as pa

# A list of str and None, a pyarrow string or large_string array, a ChunkedArray, or a series of
# pandas or polars. No type says that: pyarrow has none.
Texts: TypeAlias = Any

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

    array: Any
    told = f"{name} is {type(texts).__name__}, but must be {_WANTED}"
    if isinstance(texts, (pa.Array, pa.ChunkedArray)):
        array = texts
    elif isinstance(texts, (list, tuple)):
        array = _of_list(texts, name)
    elif any(hasattr(texts, protocol) for protocol in _SERIES):
        try:
            # Series of polars, and of pandas from 3 on, hand over Arrow data; others are copied.
            arrow = hasattr(texts, _SERIES[0])
            array = pa.chunked_array(texts) if arrow else pa.array(texts, from_pandas=True)
        except (pa.ArrowException, TypeError, ValueError) as error:
            raise TypeError(f"{told} ({error})") from None
    else:
        raise TypeError(told)
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
