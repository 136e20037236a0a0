"""An update is kept where it proves healthy, else taken back, whatever moment the power goes."""

from __future__ import annotations

import itertools
import json
import shutil
import stat
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.clock import ManualClock
from edge.agent.errors import AgentError
from edge.agent.installing import InstallFailed
from edge.agent.slots import CURRENT, GOOD, Slots
from edge.agent.update import Patience, ServiceManager, Updater, main
from edge.agent.update_state import read_state
from edge.agent.versions import refuse_older
from edge.agent.wheels import Wheels, WheelsRefused, checked_wheels, own_wheels
from softplace.__main__ import main as softplace

MANAGER = f"""#!{sys.executable}
# Stands for systemctl: a service is active when the version it was last started with is sound.
import pathlib, sys
root = pathlib.Path(__file__).parent
word = sys.argv[1]
with (root / "calls").open("a") as calls:
    print(word, *sys.argv[2:], file=calls)
if word == "restart":
    (root / "running").write_text(str((root / "current").resolve()))
running = pathlib.Path((root / "running").read_text()) if (root / "running").exists() else root
sick = any(running.rglob("sick"))
if word == "is-active":
    sys.exit(3 if sick else 0)
if word == "show":
    print("NRestarts=0")
"""


class PowerCut(BaseException):
    """The program is gone between two instructions."""


@pytest.fixture
def root(tmp_path) -> Path:
    """A machine that runs version 1 from slot a."""
    place = tmp_path / "opt"
    (place / "a").mkdir(parents=True)
    slots = Slots(place)
    slots.point(CURRENT, "a")
    slots.point(GOOD, "a")
    manager = place / "systemctl"
    manager.write_text(MANAGER)
    manager.chmod(manager.stat().st_mode | stat.S_IXUSR)
    return place


class Machine:
    """The updater of a machine whose power may go at the n-th step; versions are marker files."""

    def __init__(self, root: Path, *, sick: bool = False, cut_at: int | None = None) -> None:
        self.root = root
        self.slots = Slots(root)
        self._sick = sick
        self._cut_at = cut_at
        self.steps: list[str] = []
        self.clock = RunningClock()
        manager = ServiceManager([str(root / "systemctl")], ["softplace-agent@bus"])
        patience = Patience(hold_s=60, most_s=120, look_every_s=30)
        self.updater = Updater(self.slots, manager, self.clock, patience, self._said, self._install)

    def _said(self, step: str) -> None:
        self.steps.append(step)
        if len(self.steps) == self._cut_at:
            raise PowerCut

    def _install(self, wheels: Wheels, slot: Path) -> None:
        shutil.rmtree(slot, ignore_errors=True)
        slot.mkdir()
        (slot / "version").write_text(wheels.version)
        if self._sick:
            (slot / "sick").touch()
        self._said("installed")

    def boots(self) -> None:
        """Systemd starts the service from `current`."""
        (self.root / "running").write_text(str((self.root / CURRENT).resolve()))


class RunningClock(ManualClock):
    """Time passes while one sleeps."""

    async def sleep(self, seconds: float) -> None:
        self._pass(seconds)


NEW = Wheels("2", ())


async def test_a_healthy_version_is_kept(root):
    machine = Machine(root)
    ended = await machine.updater.apply(NEW)
    assert (ended.result, machine.slots.named(CURRENT), machine.slots.named(GOOD)) == (
        "healthy",
        "b",
        "b",
    )
    assert machine.slots.idle() == "a"
    calls = (root / "calls").read_text().splitlines()
    assert calls[0] == "restart softplace-agent@bus"
    assert await Machine(root).updater.resume() is None


async def test_a_version_that_does_not_become_healthy_is_taken_back_and_said(root):
    machine = Machine(root, sick=True)
    ended = await machine.updater.apply(NEW)
    assert (ended.result, ended.reason) == ("rolled_back", "it did not become healthy")
    assert (machine.slots.named(CURRENT), machine.slots.named(GOOD)) == ("a", "a")
    assert (root / "running").read_text() == str(root / "a")
    kept = read_state(root)
    assert kept is not None
    assert kept.result == "rolled_back"
    again = await Machine(root).updater.apply(Wheels("3", ()))
    assert again.result == "healthy"


async def test_a_version_that_cannot_be_installed_harms_nothing(root):
    def broken(_wheels: Wheels, _slot: Path) -> None:
        raise InstallFailed("2", "no space left")

    machine = Machine(root)
    machine.updater._install = broken
    ended = await machine.updater.apply(NEW)
    assert (ended.result, machine.slots.named(CURRENT)) == ("refused", "a")
    assert not (root / "calls").exists()


@pytest.mark.parametrize("sick", [False, True], ids=["healthy", "sick"])
async def test_whenever_the_power_goes_the_machine_ends_with_a_version_that_works(
    root, sick, tmp_path
):
    for cut_at in itertools.count(1):
        place = _fresh(tmp_path / f"cut-{cut_at}", root)
        try:
            await Machine(place, sick=sick, cut_at=cut_at).updater.apply(NEW)
        except PowerCut:
            pass
        else:
            break
        for again in range(1, 10):
            machine = Machine(place, sick=sick, cut_at=again)
            machine.boots()
            try:
                await machine.updater.resume()
            except PowerCut:
                continue
            break
        assert (place / "running").exists()
        works = Path((place / "running").read_text())
        assert not (works / "sick").exists(), cut_at
        assert machine.slots.named(CURRENT) == machine.slots.named(GOOD) == works.name
        assert await Machine(place).updater.resume() is None
    assert cut_at > 6


async def test_a_version_that_takes_the_machine_down_is_not_tried_a_third_time(root):
    with pytest.raises(PowerCut):
        await Machine(root, cut_at=5).updater.apply(NEW)
    assert Slots(root).named(CURRENT) == "b"
    with pytest.raises(PowerCut):
        await Machine(root, cut_at=1).updater.resume()
    ended = await Machine(root).updater.resume()
    assert ended is not None
    assert (ended.result, Slots(root).named(CURRENT)) == ("rolled_back", "a")
    assert "went down twice" in ended.reason


def _fresh(place: Path, like: Path) -> Path:
    (place / "a").mkdir(parents=True)
    for link in (CURRENT, GOOD):
        Slots(place).point(link, "a")
    manager = place / "systemctl"
    manager.write_text((like / "systemctl").read_text())
    manager.chmod(0o755)
    return place


def wheel(directory: Path, version: str, *, sick: bool = False) -> None:
    """A tiny real wheel of a program called softplace."""
    directory.mkdir(exist_ok=True)
    info = f"softplace-{version}.dist-info"
    files = {
        "softplace/__init__.py": "",
        "softplace/__main__.py": f"print('softplace {version}')\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: softplace\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    if sick:
        files["softplace/sick"] = ""
    names = [*files, f"{info}/RECORD"]
    files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in names)
    path = directory / f"softplace-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)


@pytest.fixture
def territory(tmp_path) -> Iterator[Path]:
    """Settings of a backend that signs wheels."""
    path = tmp_path / "softplace.toml"
    path.write_text(f'territory = "lozere"\ndata = "{tmp_path}/data"\n')
    return path


def identity(tmp_path: Path) -> Path:
    from backend.devices.signing_key import open_signer

    signer = open_signer(tmp_path / "data")
    place = tmp_path / "identity"
    place.mkdir(exist_ok=True)
    (place / "box.key").write_bytes(bytes(32))
    (place / "signers.json").write_text(json.dumps({signer.key_id: signer.public_bytes.hex()}))
    for name in ("tls.key", "tls.crt", "ca.pem"):
        (place / name).touch()
    return place


def sign(directory: Path, territory: Path) -> None:
    assert softplace(["device", "sign-wheels", str(directory), "--config", str(territory)]) == 0


@pytest.mark.long
def test_two_real_wheels_are_installed_and_the_sick_one_is_taken_back(
    root, tmp_path, territory, capsys
):
    for version, is_sick in (("2.0", False), ("3.0", True)):
        wheel(tmp_path / version, version, sick=is_sick)
        sign(tmp_path / version, territory)
    usual = ["--root", str(root), "--manager", str(root / "systemctl")]
    usual += ["--hold", "0.2", "--most", "2", "--look-every", "0.1", "apply"]
    after = ["--service", "softplace-agent@bus", "--identity", str(identity(tmp_path))]
    assert main([*usual, str(tmp_path / "2.0"), *after]) == 0
    assert Slots(root).named(GOOD) == "b"
    assert (root / CURRENT / "bin" / "python").exists()
    assert main([*usual, str(tmp_path / "3.0"), *after]) == 1
    assert "did not become healthy" in capsys.readouterr().err
    assert Slots(root).named(CURRENT) == "b"
    assert main([*usual[:4], "resume"]) == 0
    assert "nothing was interrupted" in capsys.readouterr().out


def test_a_wheel_that_nobody_signed_is_refused_by_name(tmp_path, territory):
    wheels = tmp_path / "wheels"
    wheel(wheels, "2.0")
    sign(wheels, territory)
    signers = json.loads((identity(tmp_path) / "signers.json").read_text())
    known = {name: bytes.fromhex(key) for name, key in signers.items()}
    assert checked_wheels(wheels, known).version == "2.0"

    def refused(directory: Path, keys: dict[str, bytes] = known) -> str:
        with pytest.raises(WheelsRefused) as why:
            checked_wheels(directory, keys)
        assert isinstance(why.value, AgentError)
        return why.value.why

    assert "do not know" in refused(wheels, {})
    assert "not right" in refused(wheels, dict.fromkeys(known, bytes(range(32))))
    [path] = wheels.glob("*.whl")
    sound = path.read_bytes()
    path.write_bytes(sound + b"x")
    assert "not the file that was signed" in refused(wheels)
    path.write_bytes(sound)
    (wheels / "extra-1.0-py3-none-any.whl").touch()
    assert "extra-1.0-py3-none-any.whl is not in the list" in refused(wheels)
    (wheels / "extra-1.0-py3-none-any.whl").unlink()
    path.unlink()
    assert "not here" in refused(wheels)
    (wheels / "SHA256SUMS").unlink()
    assert "SHA256SUMS" in refused(wheels)


def known_to(tmp_path: Path) -> dict[str, bytes]:
    signers = json.loads((identity(tmp_path) / "signers.json").read_text())
    return {name: bytes.fromhex(key) for name, key in signers.items()}


def test_what_is_installed_is_out_of_reach_of_who_brought_it(tmp_path, territory):
    brought = tmp_path / "wheels"
    wheel(brought, "2.0")
    sign(brought, territory)
    [path] = brought.glob("*.whl")
    sound = path.read_bytes()
    kept = tmp_path / "kept.whl"
    path.rename(kept)
    path.symlink_to(kept)
    wheels = own_wheels(brought, tmp_path / "own", known_to(tmp_path))
    kept.write_bytes(b"changed after the look")
    assert [file.read_bytes() for file in wheels.files] == [sound]
    assert not any(file.is_symlink() for file in wheels.files)
    assert stat.S_IMODE((tmp_path / "own").stat().st_mode) == 0o700
    with pytest.raises(WheelsRefused):
        own_wheels(brought, tmp_path / "own", known_to(tmp_path))


def test_an_old_version_that_was_signed_once_does_not_come_back(root, tmp_path, territory, capsys):
    (root / "a" / "lib" / "python3.11" / "site-packages" / "softplace-1.10.dist-info").mkdir(
        parents=True
    )
    wheel(tmp_path / "wheels", "1.9")
    sign(tmp_path / "wheels", territory)
    told = ["--root", str(root), "--manager", str(root / "systemctl"), "apply"]
    told += [str(tmp_path / "wheels"), "--service", "softplace-agent@bus"]
    assert main([*told, "--identity", str(identity(tmp_path))]) == 1
    assert "version 1.9 is older than 1.10" in capsys.readouterr().err
    assert Slots(root).named(CURRENT) == "a"
    assert not (root / "b").exists()


@pytest.mark.parametrize(
    ("version", "present"), [("1.10", "1.9"), ("1.9", "1.9.0"), ("2", None), ("1.9.0+b", "1.9+a")]
)
def test_a_version_that_is_not_older_is_taken(version, present):
    refuse_older(version, present)
