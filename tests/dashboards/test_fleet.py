"""The generated dashboard: committed, deterministic, complete, and pushed with clear refusals."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from contract.retention import RETENTION_CLASSES
from dashboards.build import GENERATED, differences, texts, write
from dashboards.queries import all_queries
from dashboards.query import data_source_uid
from softplace.__main__ import main
from tests.dashboards.fake_grafana import TOKEN, fake_grafana

PROVISIONING = Path(__file__).parents[2] / "deploy" / "grafana" / "provisioning"


@pytest.fixture
def fleet() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((GENERATED / "fleet.json").read_text(encoding="utf-8"))
    return found


def panels(fleet: dict[str, Any]) -> list[dict[str, Any]]:
    return [panel for panel in fleet["panels"] if panel["type"] != "row"]


def test_the_committed_files_are_what_the_code_makes() -> None:
    assert differences() == []


def test_building_in_another_process_gives_the_same_bytes() -> None:
    program = "from dashboards.build import texts; print(texts()['fleet.json'], end='')"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert ran.stdout.decode() == texts()["fleet.json"]


def test_every_question_of_the_page_is_one_that_is_tested_and_none_is_left_over(
    fleet: dict[str, Any],
) -> None:
    tested = {(query.data_source, query.influxql) for query in all_queries()}
    asked = {
        (target["datasource"]["uid"], target["query"])
        for panel in panels(fleet)
        for target in panel["targets"]
    } | {
        (variable["datasource"]["uid"], variable["query"])
        for variable in fleet["templating"]["list"]
    }
    assert asked == tested


def test_every_panel_has_a_title_an_explanation_and_a_place_of_its_own(
    fleet: dict[str, Any],
) -> None:
    for panel in panels(fleet):
        assert panel["title"]
        assert len(panel["description"]) > 10
    identities = [panel["id"] for panel in fleet["panels"]]
    assert len(set(identities)) == len(identities)
    for one, other in combinations(fleet["panels"], 2):
        assert not _overlap(one["gridPos"], other["gridPos"]), (one["title"], other["title"])


def _overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
    above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
    return not (beside or above)


def test_the_provisioned_data_sources_are_those_the_queries_name() -> None:
    text = (PROVISIONING / "datasources" / "softplace.yaml").read_text(encoding="utf-8")
    provisioned = {
        source["uid"]: source["jsonData"]["dbName"]
        for source in yaml.safe_load(text)["datasources"]
    }
    assert provisioned == {data_source_uid(c): c.database for c in RETENTION_CLASSES}


def test_check_fails_on_a_changed_a_missing_and_a_stray_file(tmp_path: Path) -> None:
    write(tmp_path)
    assert differences(tmp_path) == []
    path = tmp_path / "fleet.json"
    path.write_text(path.read_text(encoding="utf-8").replace("Vitesse", "Allure"), "utf-8")
    assert any("Allure" in line for line in differences(tmp_path))
    path.unlink()
    assert differences(tmp_path)
    write(tmp_path)
    (tmp_path / "old.json").write_text("{}")
    assert differences(tmp_path) == ["old.json: no code makes this file"]


def test_the_command_checks(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dashboards", "check", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"differences": []}


def test_a_push_puts_the_dashboard_into_its_folder(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOFTPLACE_GRAFANA_TOKEN", TOKEN)
    with fake_grafana() as grafana:
        for _ in range(2):
            assert main(["dashboards", "push", "--url", grafana.url]) == 0
        assert grafana.folders == {"softplace": "SoftPlace"}
        pushed = grafana.dashboards["softplace-fleet"]
        assert pushed["folderUid"] == "softplace"
        assert pushed["overwrite"] is True
        assert pushed["dashboard"] == json.loads(texts()["fleet.json"])
    assert capsys.readouterr().out == "/d/softplace-fleet/x\n" * 2


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["--token", "wrong"], "does not accept the token; make a service account"),
        ([], "no token is given; set SOFTPLACE_GRAFANA_TOKEN"),
    ],
)
def test_a_token_that_is_wrong_or_missing_is_said(
    given: list[str],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SOFTPLACE_GRAFANA_TOKEN", raising=False)
    with fake_grafana() as grafana:
        assert main(["dashboards", "push", "--url", grafana.url, *given]) == 1
    told = capsys.readouterr().err
    assert sentence in told
    assert "wrong" not in told
    assert told.count("\n") == 1


def test_no_address_no_answer_and_a_refusal_are_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOFTPLACE_GRAFANA_TOKEN", TOKEN)
    monkeypatch.delenv("SOFTPLACE_GRAFANA_URL", raising=False)
    assert main(["dashboards", "push"]) == 1
    assert "no Grafana is named; give --url" in capsys.readouterr().err
    assert main(["dashboards", "push", "--url", "http://127.0.0.1:9"]) == 1
    assert "http://127.0.0.1:9 does not answer" in capsys.readouterr().err
    with fake_grafana(version_conflict=True) as grafana:
        assert main(["dashboards", "push", "--url", grafana.url]) == 1
        assert "refused the dashboard" in capsys.readouterr().err
