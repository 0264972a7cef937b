"""How data is sent between workers: coders of elements, and the exchange of bulk data.

Stages import this; nothing here knows a stage.
"""
