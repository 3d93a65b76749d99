"""Steps from each schema of the catalogue to the next, for Alembic; a package so that wheels carry it.

A step is `versions/<number>_<what>.py`; its revision is the number as four digits. A step that was released is never
edited: it copies the tables it makes instead of importing them from `schema.py`, which goes on changing.
"""
