"""What is written is what libav reads: a decoder that is given nothing else decodes."""

from pathlib import Path

import av
import pytest

from tests import footage
from watchglass.store.decoder_config import avcc, hvcc
from watchglass.store.nal import split_annexb
from watchglass.store.sps import sps_of_h264, sps_of_hevc


@pytest.mark.parametrize("codec", [footage.H264, footage.H265])
def test_a_decoder_begins_with_it(codec: str, tmp_path: Path) -> None:
    source = footage.make(tmp_path / "a.mp4", codec=codec, frames=3, rate=10, gop=3)
    with av.open(str(source)) as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
        context = container.streams.video[0].codec_context
        name, width, height = context.name, context.width, context.height
        sets = _sets(source, name)
    if name == "h264":
        config = avcc(sets[7], sets[8], sps_of_h264(sets[7][-1]))
    else:
        config = hvcc(list(sets.items()), sps_of_hevc(sets[33][-1]))
    decoder = av.CodecContext.create(name, "r")
    assert isinstance(decoder, av.VideoCodecContext)
    decoder.extradata = config
    frames = [frame for data in packets for frame in decoder.decode(av.Packet(data))] + decoder.decode(None)
    assert [(frame.width, frame.height) for frame in frames] == [(width, height)] * 3


def _sets(source: Path, name: str) -> dict[int, list[bytes]]:
    """Parameter sets of a file, by type, as libav takes them out of its header."""
    kinds = (7, 8) if name == "h264" else (32, 33, 34)
    with av.open(str(source)) as container:
        stream = container.streams.video[0]
        annexb = av.bitstream.BitStreamFilterContext(f"{name}_mp4toannexb", stream)
        first = next(packet for packet in container.demux(stream) if packet.size)
        units = [unit for packet in annexb.filter(first) for unit in split_annexb(bytes(packet))]
    found: dict[int, list[bytes]] = {kind: [] for kind in kinds}
    for unit in units:
        found.setdefault(unit[0] & 31 if name == "h264" else unit[0] >> 1 & 63, []).append(unit)
    return {kind: found[kind] for kind in kinds}
