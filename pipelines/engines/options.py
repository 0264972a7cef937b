"""Beam's options of a pipeline that runs on this machine."""

from typing import Any

from apache_beam.options.pipeline_options import PipelineOptions


class LocalOptions(PipelineOptions):
    """Options each view of which is made once.

    Beam asks for views with every transform, and makes a parser of all options for each: a quarter
    of the driver's time in a small run. Views share their values, so that one of a kind is enough.
    """

    def view_as(self, cls: Any) -> Any:
        views: dict[Any, Any] = self.__dict__.setdefault("_made_views", {})
        if cls not in views:
            views[cls] = super().view_as(cls)
        return views[cls]
