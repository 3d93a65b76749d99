"""Migrations of the originals' catalogue, one a file."""
