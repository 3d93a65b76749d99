from watchglass.camera.device import MAX_TEXT, clean


def test_what_a_camera_calls_itself_fits_on_a_line_and_commands_no_terminal() -> None:
    assert clean("  Front\n\tdoor\x1b[31m\u202e \x00") == "Front door[31m"
    assert clean(None) == ""
    assert clean("a" * 500) == "a" * MAX_TEXT
