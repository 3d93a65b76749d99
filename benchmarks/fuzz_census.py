"""What `benchmarks/fuzz_targets.py` feeds the census's readers with: maps, answers of servers, tables."""

import contextlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import osmium
from osmium.osm import mutable

from watchglass.base.errors import BadInputError
from watchglass.census.reading import read, summary, tally

_CAMERA = {"man_made": "surveillance", "camera:direction": "NW;270-300", "height": "4 m"}
_SQUARE = [(2.0, 48.0), (2.001, 48.0), (2.001, 48.001), (2.0, 48.001), (2.0, 48.0)]


@contextlib.contextmanager
def _file(content: bytes = b"") -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "input"
        path.write_bytes(content)
        yield path


def map_seeds() -> list[bytes]:
    """A camera, a building, a street and a courtyard, as PBF."""
    with _file() as path:
        file = osmium.io.File(str(path), "pbf,pbf_compression=none")
        with osmium.SimpleWriter(file, overwrite=True) as writer:
            writer.add_node(mutable.Node(id=1, location=(2, 48), tags=_CAMERA))
            for number, (x, y) in enumerate(_SQUARE[:4], 2):
                writer.add_node(mutable.Node(id=number, location=(x, y)))
            writer.add_way(mutable.Way(id=1, nodes=[2, 3, 4, 5, 2], tags={"building": "yes", "building:levels": "2"}))
            writer.add_way(mutable.Way(id=2, nodes=[2, 4], tags={"highway": "path", "width": "2 m"}))
            multi = {"type": "multipolygon", "building": "yes"}
            writer.add_relation(mutable.Relation(id=1, members=[("w", 1, "outer")], tags=multi))
        return [path.read_bytes()]


def text_seeds() -> list[bytes]:
    """An answer of Overpass, GeoJSON, a register, tables."""
    node = {"type": "node", "id": 1, "lat": 48, "lon": 2, "tags": _CAMERA}
    way = {"type": "way", "id": 2, "geometry": [{"lon": x, "lat": y} for x, y in _SQUARE], "tags": {"building": "yes"}}
    area = {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [_SQUARE]},
        "properties": {"name": "A", "population": "1,234"},
    }
    documents = [
        {"elements": [node, way], "remark": "timed out"},
        {"type": "FeatureCollection", "features": [area]},
        {"cameras": [{"longitude": 2, "latitude": 48, "sign": True, "count": 2}]},
    ]
    tables = ["id;lon;lat;dir;count\n1;2,35;48,85;NW;3\n", "구별,소계,인구수\n강남구,2780,570500\n"]
    encoded = [tables[0].encode("cp1252"), tables[0].encode("utf-16"), tables[1].encode("cp949"), tables[1].encode()]
    return [*(json.dumps(one).encode() for one in documents), *encoded]


def take(data: bytes) -> None:
    """Every object is a camera, dropped, or a double."""
    with _file(data) as path, contextlib.suppress(BadInputError):
        found = read(path)
        counted = tally(found)
        assert counted.objects == counted.cameras + counted.dropped + counted.doubles
        assert summary(found)
