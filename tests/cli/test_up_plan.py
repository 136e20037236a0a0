"""What `up` decides before anything starts, and what it says when it cannot."""

import socket
from pathlib import Path

import pytest

from contract.clock import SimulatedClock, SystemClock
from contract.territory_file import load_territory
from edge.truck_agent.config import load_config
from softplace.clock_file import AHEAD_REAL_S, claim_ms, read_reached_ms, write_reached_ms
from softplace.failure import CommandFailed
from softplace.page_watch import heard, page_is_alive
from softplace.up_plan import Plan, as_json, busiest_stop, demonstration_file, free_port, make_plan
from softplace.up_settings import accounts_of, settings_of
from softplace.vehicle_files import write_vehicle_files


def planned(data: Path, *, simulate: bool = True) -> Plan:
    return make_plan(data=data, territory_file=None, speed=4.0, port=0, simulate=simulate)


def test_a_simulated_run_starts_in_the_past_with_todays_cancellation(tmp_path: Path) -> None:
    plan = planned(tmp_path)
    assert isinstance(plan.clock, SimulatedClock)
    assert plan.clock.now_ms() < SystemClock().now_ms() - 6 * 86_400_000
    used = load_territory(plan.territory_file)
    assert len(used.cancellations) > 10
    assert plan.radio_file.exists()
    assert plan.board_url.endswith("/board/le-bleymard")


def test_it_goes_on_where_it_stopped(tmp_path: Path) -> None:
    first = planned(tmp_path)
    assert isinstance(first.clock, SimulatedClock)
    reached_ms = first.clock.simulated_start_ms + 3_600_000
    write_reached_ms(tmp_path, reached_ms)
    again = planned(tmp_path)
    assert isinstance(again.clock, SimulatedClock)
    assert again.clock.simulated_start_ms == reached_ms
    assert again.credentials == first.credentials


def test_real_vehicles_live_in_real_time_with_the_file_as_it_is(tmp_path: Path) -> None:
    plan = planned(tmp_path, simulate=False)
    assert isinstance(plan.clock, SystemClock)
    assert plan.territory_file == demonstration_file()
    assert as_json(plan)["speed"] == 1.0


def test_real_vehicles_find_their_settings_ready_made(tmp_path: Path) -> None:
    plan = planned(tmp_path, simulate=False)
    directory = write_vehicle_files(plan)
    config = load_config(directory / "bus-b1.toml")
    assert str(config.unit) == "bus/b1"
    assert config.broker.port == plan.broker_port
    assert config.broker.password == plan.credentials.units["bus/b1"].password
    (directory / "bus-b1.toml").write_text("# mine\n")
    write_vehicle_files(plan)
    assert (directory / "bus-b1.toml").read_text() == "# mine\n"


def test_after_a_crash_time_is_a_little_later_never_earlier(tmp_path: Path) -> None:
    claim_ms(tmp_path, 1_000_000, speed=4.0)
    assert read_reached_ms(tmp_path) == 1_000_000 + AHEAD_REAL_S * 4_000
    (tmp_path / "clock.json").write_text("{")
    assert read_reached_ms(tmp_path) is None


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(CommandFailed, match=r"port \d+ on 127.0.0.1 is in use: stop"):
            free_port(other.getsockname()[1])
    with pytest.raises(CommandFailed, match="choose 1 to 65535"):
        free_port(70_000)


def test_every_vehicle_space_and_door_has_an_account_of_its_own(tmp_path: Path) -> None:
    plan = planned(tmp_path)
    accounts = accounts_of(plan)
    assert len(accounts) == 18
    assert [a.username for a in accounts if a.unit is None] == ["backend"]
    settings = settings_of(plan)
    assert settings.broker_address.password == plan.credentials.backend.password
    assert settings.web.port == plan.web_port


def test_the_board_shown_first_is_the_one_with_most_to_see() -> None:
    assert busiest_stop(load_territory(demonstration_file())) == "le-bleymard"


def test_a_page_without_vehicles_or_without_answer_is_not_alive() -> None:
    assert not heard({"now_ms": 100_000, "vehicles": []})
    assert not heard({"now_ms": 100_000, "vehicles": [{"observed_ms": None}, {"observed_ms": 1}]})
    assert heard({"now_ms": 100_000, "vehicles": [{"observed_ms": 99_000}]})
    assert not heard("nonsense")
    assert not page_is_alive(f"http://127.0.0.1:{free_port(0)}/", vehicles=True)


def test_named_engines_take_the_place_of_the_embedded_ones(tmp_path: Path) -> None:
    config = tmp_path / "engines.toml"
    config.write_text(
        'territory = "lozere"\ndata = "x"\n[broker]\nurl = "mqtt://me:pw@broker.test:1884"\n'
        '[telemetry]\nurl = "http://127.0.0.1:8086"\n'
    )
    plan = make_plan(
        data=tmp_path, territory_file=None, speed=4.0, port=0, simulate=True, config=config
    )
    settings = settings_of(plan)
    assert settings.telemetry.url == "http://127.0.0.1:8086"
    assert settings.broker_address.host == "broker.test"
    assert settings.data == str(tmp_path)
    assert "pw" not in str(as_json(plan))
