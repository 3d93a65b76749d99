"""Machine settings: what must be known before the data folder is opened. Everything else lives in the catalogue."""
