"""What people see: the HTTP API, live view, timeline, and the built front end."""
