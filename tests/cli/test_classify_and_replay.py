"""`moodpid classify` and `replay` read pictures and recordings, and print what is seen."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from moodpid.cli import main
from moodpid.errors import ExitCode
from moodpid.mood.emotion import Emotion
from moodpid.vision.cameras.demo_scene import ORDER
from moodpid.vision.opencv import cv2
from tests.support.rooms import FACES, room


def records(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_classify_prints_a_line_of_json_a_picture(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "happy.png"
    cv2.imwrite(str(file), room((Emotion.HAPPY, 200, 120, 200)))
    assert main(["classify", "--config", str(config), str(file), "--json"]) == 0
    (record,) = records(capsys.readouterr().out)
    (face,) = record["faces"]
    assert record["path"] == str(file)
    assert face["emotion"] == "happy"
    assert set(face) == {"box", "emotion", "confidence", "scores"}
    assert list(face["scores"]) == list(Emotion)
    assert len(face["box"]) == 4


def test_classify_reads_the_faces_that_come_along(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(FACES / f"{emotion}.png") for emotion in Emotion]
    assert main(["classify", "--config", str(config), *files]) == 0
    read = [[face["emotion"] for face in record["faces"]] for record in records(capsys.readouterr().out)]
    assert read == [[emotion] for emotion in Emotion]


def test_classify_continues_after_a_bad_picture(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.png").write_text("no")
    cv2.imwrite(str(tmp_path / "good.png"), room())
    code = main(["classify", "--config", str(config), str(tmp_path / "bad.png"), str(tmp_path / "good.png")])
    printed = capsys.readouterr()
    assert code == 1
    assert "bad.png: not a picture" in printed.err
    assert records(printed.out) == [{"path": str(tmp_path / "good.png"), "faces": []}]


def test_replay_tells_what_was_felt_and_would_have_been_played(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(40):
        happy = room((Emotion.HAPPY, 200, 120, 200)) if number >= 8 else room()
        cv2.imwrite(str(tmp_path / f"{number:03}.png"), happy)
    assert main(["replay", str(tmp_path), "--json", "--config", str(config)]) == 0
    first, second = records(capsys.readouterr().out)
    assert (first["at"], first["mood"], first["faces"], first["play"]) == (0.0, "nobody", 0, None)
    assert (second["mood"], second["faces"], second["play"]) == ("happy", 1, "Happy")
    assert 2.0 < second["at"] < 4.5


def test_replay_with_looks_tells_every_look(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{number}.png"), room())
    assert main(["replay", str(tmp_path), "--json", "--looks", "--config", str(config)]) == 0
    looks = records(capsys.readouterr().out)
    assert [one["at"] for one in looks] == [0.0, 0.25, 0.5]
    assert set(looks[0]["scores"]) == set(Emotion)


def test_replay_with_looks_shows_people_the_scores_in_columns(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cv2.imwrite(str(tmp_path / "0.png"), room())
    cv2.imwrite(str(tmp_path / "1.png"), room((Emotion.HAPPY, 200, 120, 200)))
    assert main(["replay", str(tmp_path), "--looks", "--config", str(config)]) == 0
    for line in capsys.readouterr().out.splitlines():
        scores = re.findall(r"  ([a-z]+) +(\d+)(?= )", f"{line}  ")[1:]
        assert [name for name, _ in scores] == list(Emotion)
        assert sum(int(score) for _, score in scores) == pytest.approx(100, abs=4)


def test_replay_of_nothing_is_reported(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", str(tmp_path / "none"), "--config", str(config)]) == 1
    assert "none: no such file" in capsys.readouterr().err


def test_a_broken_picture_among_good_ones_is_reported(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, face in enumerate(sorted(FACES.glob("*.png"))[:2]):
        (tmp_path / f"{2 * number}.png").write_bytes(face.read_bytes())
    (tmp_path / "1.png").write_bytes(b"no picture")
    assert main(["replay", str(tmp_path), "--looks", "--json", "--config", str(config)]) == 1
    output = capsys.readouterr()
    (fault,) = output.err.splitlines()
    assert "1.png" in fault
    assert len(records(output.out)) >= 2


def test_a_replay_reports_no_look_in_the_dark(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bright = cv2.imread(str(next(FACES.glob("*.png"))))
    for number in range(30):
        cv2.imwrite(str(tmp_path / f"{number:02}.png"), bright if number < 4 else np.zeros_like(bright))
    assert main(["replay", str(tmp_path), "--looks", "--json", "--config", str(config)]) == 0
    at = [record["at"] for record in records(capsys.readouterr().out)]
    assert len(at) == 4
    assert at == sorted(set(at))


def test_a_broken_video_is_reported_in_our_words_alone(
    tmp_path: Path, config: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom\0\0\1\0mdat" + bytes(300))
    assert main(["replay", str(broken), "--config", str(config)]) == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith(f"moodpid: {broken}: not a video")


def test_the_bundled_recording_is_felt_in_its_order(capsys: pytest.CaptureFixture[str]) -> None:
    config = FACES.parents[1] / "config" / "demo.toml"
    assert main(["replay", "--json", "--config", str(config)]) == 0
    felt = [record["mood"] for record in records(capsys.readouterr().out)]
    assert felt == [str(shows or "nobody") for shows in ORDER]


def test_control_characters_of_file_names_stay_off_the_terminal(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "\x1b[31mred\x07.jpg"
    picture.write_bytes(b"no picture")
    assert main(["classify", str(picture), "--config", str(config)]) == ExitCode.SOME_FAILED
    assert "\x1b" not in capsys.readouterr().err
