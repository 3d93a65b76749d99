"""Opening streams and reading packets from them: RTSP, files paced as live, USB cameras."""
