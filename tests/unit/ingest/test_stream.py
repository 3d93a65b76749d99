from watchglass.ingest.stream import Demuxed, IngestOptions, StreamRequest, TlsPolicy
from watchglass.model.camera import Credentials, Source, SourceKind, Transport


def test_a_request_prints_no_credentials() -> None:
    request = StreamRequest("Gate", Source(SourceKind.RTSP, "rtsp://h/a"), Credentials("admin", "hunter2"))
    assert "hunter2" not in repr(request)
    assert "admin" not in repr(request)
    assert request.transport is Transport.TCP


def test_cameras_certificates_are_taken_as_they_are_unless_asked_for() -> None:
    assert IngestOptions().tls is TlsPolicy.ANY


def test_a_packet_prints_no_picture() -> None:
    assert "secret picture" not in repr(Demuxed(b"secret picture", 0, keyframe=True))
