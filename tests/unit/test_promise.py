"""The promise: watchglass sees what happens and never who. It is a property of the code, not a setting.

It never computes, stores or compares a template of a face, a gait or a body; it has no watchlist of people, no
re-identification across cameras, no search by looks, no number-plate reading, no guessing of emotions or attributes.
Held here over everything that such a thing would need: words in the code, imported libraries, dependencies, models,
and columns to keep it in. A word list can be written around by somebody who means to; it is here so that nobody does
it by and by, and so that whoever does it must change this file, in public.
"""

import ast
import itertools
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import onnxruntime
import pytest
import sqlalchemy as sa

from watchglass.base import assets
from watchglass.store import schema

ROOT = Path(__file__).resolve().parents[2]

# Words of identifiers, after they are split (`faceBox`, `face_box` -> face, box), and why they are not here.
WORDS = {
    "face": "faces are not looked for: people are found by their whole figure and covered",
    "faces": "as face",
    "facial": "as face",
    "faceprint": "a template of a face",
    "facemark": "landmarks of a face",
    "haarcascade": "OpenCV's files for faces, eyes and number plates",
    "eigenface": "a face recogniser",
    "lbph": "a face recogniser",
    "arcface": "a face recogniser",
    "gait": "people are not told apart by how they walk",
    "biometric": "nothing that identifies a body is computed",
    "biometrics": "as biometric",
    "recognizer": "nobody is recognised",
    "recogniser": "nobody is recognised",
    "recognition": "nobody is recognised",
    "watchlist": "there are no lists of people to look for",
    "blocklist": "there are no lists of people to look for",
    "embedding": "a vector that describes a person is a template",
    "embeddings": "as embedding",
    "reid": "nobody is found again on another camera",
    "reidentify": "as reid",
    "reidentification": "as reid",
    "lookalike": "no search by looks",
    "emotion": "nothing is guessed about people",
    "emotions": "as emotion",
    "ethnicity": "nothing is guessed about people",
    "gender": "nothing is guessed about people",
    "ocr": "no text is read from pictures, number plates among it",
    "anpr": "number plates are not read",
    "alpr": "number plates are not read",
    "lpr": "number plates are not read",
}

# The same for neighbours: each word alone is harmless (a *plate* is a camera's empty background here).
PAIRS = {
    ("license", "plate"): "number plates are not read",
    ("licence", "plate"): "number plates are not read",
    ("number", "plate"): "number plates are not read",
    ("plate", "number"): "number plates are not read",
    ("plate", "reader"): "number plates are not read",
    ("re", "id"): "nobody is found again on another camera",
    ("re", "identify"): "nobody is found again on another camera",
    ("feature", "vector"): "a vector that describes a person is a template",
    ("appearance", "vector"): "a vector that describes a person is a template",
    ("person", "id"): "a person has no identity here; a track has a number that is forgotten with it",
    ("person", "name"): "a person has no identity here",
    ("soft", "biometric"): "nothing is guessed about people",
}

# Libraries whose purpose is one of those. Compared with the first part of an import, and with names of packages
# without their hyphens and underscores.
LIBRARIES = {
    "face_recognition": "recognises faces",
    "face_alignment": "landmarks of faces",
    "dlib": "recognises faces",
    "insightface": "recognises faces",
    "deepface": "recognises faces, guesses emotion, age and gender",
    "facenet_pytorch": "recognises faces",
    "retinaface": "finds faces for recognisers",
    "mtcnn": "finds faces for recognisers",
    "mediapipe": "finds faces and their landmarks",
    "compreface": "recognises faces",
    "deface": "finds faces; benchmarks keep it in an environment of its own",
    "fer": "guesses emotions",
    "torchreid": "re-identifies people",
    "fastreid": "re-identifies people",
    "boxmot": "tracks by a template of looks",
    "easyocr": "reads text",
    "pytesseract": "reads text",
    "tesserocr": "reads text",
    "paddleocr": "reads text",
    "rapidocr": "reads text",
    "openalpr": "reads number plates",
    "fast_alpr": "reads number plates",
    "fast_plate_ocr": "reads number plates",
    "faiss": "searches vectors",
    "faiss_cpu": "searches vectors",
    "hnswlib": "searches vectors",
    "annoy": "searches vectors",
    "chromadb": "searches vectors",
    "lancedb": "searches vectors",
    "qdrant_client": "searches vectors",
    "pymilvus": "searches vectors",
    "pgvector": "searches vectors",
    "sqlite_vec": "searches vectors",
    "opencv_python": "overwrites the headless build",
    "opencv_python_headless": "overwrites the contrib build that the background model needs",
    "opencv_contrib_python": "overwrites the headless build",
    "faceapijs": "recognises faces in a browser",
    "faceapi": "recognises faces in a browser",
    "tesseractjs": "reads text in a browser",
}

# OpenCV's own: whatever newer versions add, these are the names they give it.
OPENCV = re.compile(r"face|cascade|(?:^|_)BIF|^text(?:_|$)|^dnn_Text", re.IGNORECASE)

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_IDENTIFIER = re.compile(r"[\w.-]+")
_MODEL_FILES = {".onnx", ".pt", ".pth", ".tflite", ".caffemodel", ".pb", ".dat", ".xml", ".npz", ".pkl", ".safetensors"}


def words(identifier: str) -> list[str]:
    """An identifier's words in lower case, in any of the usual ways of writing it."""
    return [word.lower() for word in _WORD.findall(identifier)]


def reasons(identifier: str) -> list[str]:
    """Why an identifier has no place here; empty for almost all of them."""
    parts = words(identifier)
    found = [f"{word}: {WORDS[word]}" for word in parts if word in WORDS]
    return found + [f"{' '.join(pair)}: {PAIRS[pair]}" for pair in itertools.pairwise(parts) if pair in PAIRS]


def identifiers(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of every name in Python code, and of every string that could be one (`getattr`, columns, files)."""
    for node in ast.walk(ast.parse(source)):
        line = getattr(node, "lineno", 0)
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.keyword(arg=str(name)):
                yield line, name
            case ast.Attribute(attr=name):
                yield line, name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield line, name
            case ast.alias(name=name, asname=other):
                yield line, name
                yield line, other or ""
            case ast.Constant(value=str(text)) if _IDENTIFIER.fullmatch(text):
                yield line, text


def imports(source: str) -> Iterator[tuple[int, str]]:
    """Line and top package of every import."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module.partition(".")[0]


def opencv_names(source: str) -> Iterator[tuple[int, str]]:
    """Line and name of every use of what OpenCV has for faces, text and plates."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and OPENCV.search(node.attr):
            root: ast.expr = node
            while isinstance(root, ast.Attribute):
                root = root.value
            if isinstance(root, ast.Name) and root.id == "cv2":
                yield node.lineno, node.attr


def findings(source: str) -> list[str]:
    """Everything in a piece of Python code that breaks the promise."""
    found = [f"line {line}: {name} ({why})" for line, name in identifiers(source) for why in reasons(name)]
    found += [f"line {line}: import {name}" for line, name in imports(source) if normal(name) in BANNED]
    return found + [f"line {line}: cv2.{name}" for line, name in opencv_names(source)]


def normal(name: str) -> str:
    """The name of a package or module, however it is written."""
    return re.sub(r"[-_.@/]", "", name).lower()


BANNED = {normal(name) for name in LIBRARIES}


def code() -> list[Path]:
    """All Python code that a user of watchglass runs."""
    return sorted((ROOT / "watchglass").rglob("*.py"))


def front_end() -> list[Path]:
    """All code that a browser runs."""
    return sorted(path for path in (ROOT / "web" / "src").rglob("*") if path.suffix in {".ts", ".tsx", ".js", ".css"})


@pytest.mark.parametrize("path", code(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_code_for_it(path: Path) -> None:
    assert findings(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", front_end(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_code_for_it_in_the_browser(path: Path) -> None:
    text = re.sub(r"@font-face|fontFace", "", path.read_text(encoding="utf-8"))
    text = re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL)
    assert [why for name in re.findall(r"[A-Za-z_]\w*", text) for why in reasons(name)] == []


def test_no_dependency_for_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = project["project"]["dependencies"] + [
        one for group in project["dependency-groups"].values() for one in group
    ]
    locked = [line for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines() if "==" in line]
    assert len(locked) > len(wanted)
    names = {normal(re.split(r"[<>=!~\[; ]", line, maxsplit=1)[0]) for line in [*wanted, *locked]}
    assert names & BANNED == set()


def test_no_dependency_for_it_in_the_browser() -> None:
    lock = (ROOT / "web" / "package-lock.json").read_text(encoding="utf-8")
    names = set(re.findall(r'"node_modules/((?:@[\w.-]+/)?[\w.-]+)"', lock))
    assert names
    assert {name for name in names if normal(name) in BANNED or reasons(name)} == set()


def test_no_column_to_keep_it_in() -> None:
    """Neither a column named so, nor one of a type that could hold a vector or a picture."""
    tables = [*schema.METADATA.tables.values(), *schema.ORIGINALS.tables.values()]
    columns = [column for table in tables for column in table.columns]
    assert columns
    assert [f"{column} ({why})" for column in columns for why in reasons(f"{column.table.name}_{column.name}")] == []
    holds_anything = (sa.LargeBinary, sa.ARRAY, sa.JSON, sa.PickleType)
    assert [str(column) for column in columns if isinstance(column.type, holds_anything)] == []


def test_the_only_models_are_those_known_here() -> None:
    """A model that is added must be added here too, after somebody has looked at what it does."""
    known = {"yolox_nano.onnx": "finds people, vehicles, animals and things (COCO's 80 classes), and names nobody"}
    models = [asset.name for asset in assets.MANIFEST if Path(asset.name).suffix in _MODEL_FILES]
    assert sorted(models) == sorted(known)


def test_the_model_finds_and_does_not_describe(person_model: Path) -> None:
    """One output: a box, a score and the scores of COCO's classes. There is no room in it for a template."""
    session = onnxruntime.InferenceSession(str(person_model), providers=["CPUExecutionProvider"])
    assert [output.shape[-1] for output in session.get_outputs()] == [4 + 1 + 80]


def test_no_library_tells_its_maker(person_model: Path, tmp_path: Path) -> None:
    """onnxruntime has it built in: an id of this machine, a store of what is to be sent, and an address to send it to."""
    code = f"from watchglass.detect.yolox import YoloxDetector; from pathlib import Path; YoloxDetector(Path({str(person_model)!r}))"
    places = dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_STATE_HOME"), str(tmp_path))
    environment = {**os.environ, **places, "PYTHONPATH": str(ROOT)}
    environment.pop("ORT_DISABLE_TELEMETRY", None)
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, env=environment)
    assert list(tmp_path.rglob("*")) == []


def test_no_model_file_lies_in_the_package() -> None:
    stray = [path for path in (ROOT / "watchglass").rglob("*") if path.suffix in _MODEL_FILES]
    assert stray == []


def test_the_linter_knows_opencvs_names() -> None:
    """An editor should say it before this test does."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    banned = project["tool"]["ruff"]["lint"]["flake8-tidy-imports"]["banned-api"]
    wanted = {
        "cv2.face",
        "cv2.FaceRecognizerSF",
        "cv2.FaceDetectorYN",
        "cv2.CascadeClassifier",
        "cv2.text",
        "cv2.face_BIF",
    }
    assert wanted <= banned.keys()


class TestTheScan:
    """It finds what it should, and only that."""

    @pytest.mark.parametrize(
        "planted",
        [
            "face = 1",
            "def find_faces(): ...",
            "class FaceIndex: ...",
            "x.face_box",
            "f(faceScore=1)",
            "import dlib",
            "import insightface.app",
            "from deepface import DeepFace",
            "import torchreid as t",
            "cv2.face.LBPHFaceRecognizer_create()",
            "cv2.FaceRecognizerSF.create('m', '')",
            "cv2.FaceDetectorYN_create('m', '', (1, 1))",
            "cv2.CascadeClassifier('x')",
            "cv2.text.OCRTesseract_create()",
            "getattr(model, 'embedding')",
            "load('haarcascade_frontalface_default.xml')",
            "def person_reid(): ...",
            "re_id = 1",
            "license_plate = 'x'",
            "def read_number_plate(): ...",
            "plateReader = 1",
            "gait_length = 2",
            "watchlist: list[str] = []",
            "sa.Column('embedding', T)",
        ],
    )
    def test_finds(self, planted: str) -> None:
        assert findings(planted) != []

    @pytest.mark.parametrize(
        "harmless",
        [
            "interface = surface = 1",
            "plate.ready",
            "def plate_of(camera): ...",
            "number = track.number",
            "cv2.HOGDescriptor()",
            "'we look for no face at all'",
            '"""A docstring on faces and number plates."""',
            "import cv2",
            "re.compile('x')",
            "identity = uuid.uuid4()",
            "context = 1",
        ],
    )
    def test_leaves_alone(self, harmless: str) -> None:
        assert findings(harmless) == []

    def test_splits_words_however_they_are_written(self) -> None:
        assert words("faceBox2D") == ["face", "box", "2", "d"]
        assert words("FACE_BOX") == ["face", "box"]
        assert words("HTTPFace") == ["http", "face"]
        assert words("cv2.face_BIF") == ["cv", "2", "face", "bif"]

    def test_a_column_would_be_found(self) -> None:
        assert reasons("tracks_embedding")
        assert reasons("persons_person_name")
