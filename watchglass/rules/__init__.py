"""Rules: from tracks to events and counts. Pure: no clock, no file, no picture; a track's number is forgotten with it."""
