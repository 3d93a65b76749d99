"""The census of cameras: how watched a place is, from open data, with what is not known said beside every figure.

It knows cameras and places, never people. Its libraries are the extra `watchglass[census]`, and nobody else's.
"""
