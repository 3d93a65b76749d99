"""Sealing of originals: the recorder can write them and can't open them. Formats: docs/formats/sealed-segment.md."""
