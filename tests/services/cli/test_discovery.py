import csv

from typer.testing import CliRunner

from services.cli.__main__ import app
from services.cli.discovery import csv_of, table_of
from shared.contracts.discovery import Found

GATE = Found("urn:uuid:00000000000000000000000000000001", "http://192.168.1.20/", "Cổng", "IPC-1")
SLY = Found("urn:uuid:00000000000000000000000000000002", "http://192.168.1.21/", "=1+1", "@SUM(A1)")


def test_what_was_found_is_a_file_in_which_only_the_places_are_missing() -> None:
    first, second = csv.DictReader(csv_of([GATE, SLY]).splitlines())
    assert (first["code"], first["name"], first["kind"]) == ("cam-1", "Cổng", "camera")
    assert (first["facility"], first["zone"]) == ("", "")
    assert first["address"] == "http://192.168.1.20/"
    assert (second["name"], second["hardware"]) == ("'=1+1", "'@SUM(A1)")


def test_a_camera_without_a_name_gets_one() -> None:
    (only,) = csv.DictReader(csv_of([Found(GATE.endpoint, GATE.address)]).splitlines())
    assert only["name"] == "Camera 1"


def test_what_was_found_is_a_table() -> None:
    assert table_of([GATE]).row_count == 1


def test_a_network_that_is_not_ours_is_told_in_one_line() -> None:
    result = CliRunner().invoke(app, ["discover", "--interface=203.0.113.9", "--wait=0.1"])
    assert result.exit_code == 1
    assert "Cannot look for cameras" in result.stderr
    assert result.stderr.count("\n") == 1
