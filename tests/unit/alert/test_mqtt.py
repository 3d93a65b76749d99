import gc
import json
import socket
import threading
from pathlib import Path

import pytest

from tests.alerting import SITE, MqttReceiver, free_port, mosquitto, new_message, until
from watchglass.alert.failing import ChannelDownError
from watchglass.alert.mqtt import MqttSender
from watchglass.model.channel import Mqtt

OURS = f"watchglass/{str(SITE).replace('-', '')[:12]}"


def sender(port: int, password: str = "", timeout: float = 10.0, **changed: str) -> MqttSender:
    return MqttSender(Mqtt("127.0.0.1", port, **changed), password, str(SITE), timeout)  # type: ignore[arg-type]


def test_an_alert_on_a_stable_topic_with_its_key(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as port, MqttReceiver(port) as receiver:
        with sender(port) as sends:
            message, test = new_message(), new_message(test=True)
            sends.send(message)
            sends.send(test)
            until("both have come", lambda: len(receiver.arrived) == 2)
        until("it said good-bye", lambda: (f"{OURS}/status", b"offline", False) in receiver.got)
    told = {
        json.loads(payload)["id"]: (topic, json.loads(payload), kept)
        for topic, payload, kept in receiver.got
        if "/alert/3" in topic
    }
    topic, payload, kept = told[message.id]
    assert (topic, kept) == (f"{OURS}/alert/3", False)
    assert payload == {"event_type": "intrusion", "id": message.id, **message.data()}
    assert told[test.id][1]["event_type"] == "test"


def test_home_assistant_finds_it_by_itself(tmp_path: Path) -> None:
    """What https://www.home-assistant.io/integrations/event.mqtt/ asks for; retained, for whoever starts later."""
    with mosquitto(tmp_path) as port:
        with sender(port) as sends:
            sends.send(new_message())
            with MqttReceiver(port) as late:
                until("what is kept has come", lambda: len(late.got) >= 2)
        kept = {topic: payload for topic, payload, retained in late.got if retained}
    found = json.loads(kept[f"homeassistant/event/watchglass_{OURS[11:]}/alert/config"])
    assert found["state_topic"] == f"{OURS}/alert/+"
    assert {"intrusion", "test"} <= set(found["event_types"])
    assert found["availability_topic"] == f"{OURS}/status"
    assert kept[f"{OURS}/status"] == b"online"
    assert {"unique_id", "device", "origin"} <= found.keys()
    assert not any("/alert/3" in topic for topic in kept)  # no old alert is told as new


def test_home_assistant_is_told_nothing_where_nobody_wants_it(tmp_path: Path) -> None:
    with (
        mosquitto(tmp_path) as port,
        MqttReceiver(port) as receiver,
        sender(port, topic="home/cams", discovery="") as one,
    ):
        one.send(new_message())
        until("it has come", lambda: any("/alert/3" in topic for topic, _, _ in receiver.got))
        assert {topic.split("/")[0] for topic, _, _ in receiver.got} == {"home"}


def test_a_wrong_password_is_said_with_what_to_do(tmp_path: Path) -> None:
    with mosquitto(tmp_path, user="cams", password="right") as port:
        with sender(port, "wrong", username="cams") as sends:
            with pytest.raises(ChannelDownError, match="'cams' or its password is wrong: enter them again") as told:
                sends.send(new_message())
            assert "wrong:" in str(told.value)
        with sender(port) as sends, pytest.raises(ChannelDownError, match="lets nobody in without a user name"):
            sends.send(new_message())
        with sender(port, "right", username="cams") as sends, MqttReceiver(port, "cams", "right") as receiver:
            sends.send(new_message())
            until("it has come", lambda: len(receiver.arrived) == 1)


def test_nobody_there() -> None:
    with sender(free_port()) as sends, pytest.raises(ChannelDownError, match="cannot be reached"):
        sends.send(new_message())


def test_who_is_no_broker() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        sender(silent.getsockname()[1], timeout=0.3) as sends,
        pytest.raises(ChannelDownError, match="does not answer as a broker does"),
    ):
        sends.send(new_message())


def test_a_broker_that_confirms_nothing_is_hung_up_on() -> None:
    """Or the library would send the message again by itself, beside us."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        gone = threading.Event()

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"\x20\x02\x00\x00")  # CONNACK: welcome
                while connection.recv(4096):
                    pass
            gone.set()

        threading.Thread(target=answer, daemon=True).start()
        with sender(server.getsockname()[1], timeout=0.3) as sends:
            with pytest.raises(ChannelDownError, match="did not confirm"):
                sends.send(new_message())
            assert gone.wait(10)
            assert [one.name for one in threading.enumerate() if one.name.startswith("paho")] == []


def test_a_broker_that_ends_is_noticed_and_found_again(tmp_path: Path) -> None:
    port = free_port()
    with sender(port, timeout=1.0) as sends:
        with mosquitto(tmp_path, port=port):
            sends.send(new_message())
        with pytest.raises(ChannelDownError):
            sends.send(new_message())
        with pytest.raises(ChannelDownError, match="cannot be reached"):
            sends.send(new_message())
        with mosquitto(tmp_path, port=port), MqttReceiver(port) as receiver:
            message = new_message()
            sends.send(message)
            until("it has come", lambda: message.id in receiver.arrived)
            assert set(receiver.deliveries) == {message.id}


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # a socket that paho leaves to be collected
def test_no_tls_there(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as port:
        settings = Mqtt("127.0.0.1", port, tls=True)
        with MqttSender(settings, "", str(SITE)) as sends, pytest.raises(ChannelDownError):
            sends.send(new_message())
    gc.collect()
