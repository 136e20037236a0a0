"""Checks of the board: a clock that runs without power, a secret that a copied card has not."""

from __future__ import annotations

from softplace.doctor.finding import Finding, failed, not_checked, ok, warning
from softplace.doctor.subject import Subject

DIFFERS_S = 120
_FIT_RTC = (
    "Pi 5: a cell at J5 and dtparam=rtc_bbat_vchg=3000000 in config.txt;"
    " older: a DS3231 on I2C and dtoverlay=i2c-rtc,ds3231"
)


async def rtc(subject: Subject) -> Finding:
    """A clock that goes on without power, and says about the same as the machine's."""
    clocks = sorted(subject.root.glob("sys/class/rtc/rtc*/since_epoch"))
    if not clocks:
        sentence = "this machine has no clock that runs without power"
        if subject.devices.copass is None:
            return not_checked(sentence)
        return warning(
            f"{sentence}: after a power cut without network a door refuses bookings", _FIT_RTC
        )
    try:
        told_s = int(clocks[0].read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        return failed(f"{clocks[0].parent.name} cannot be read ({error})", _FIT_RTC)
    off_s = told_s - subject.clock.now_ms() // 1_000
    if abs(off_s) > DIFFERS_S:
        return warning(
            f"{clocks[0].parent.name} is {off_s:+d} s off the machine's clock",
            "once the machine's clock is right: sudo hwclock --systohc",
        )
    return ok(f"{clocks[0].parent.name} runs without power and is right")


async def secret(subject: Subject) -> Finding:
    """What protects rights on a stolen card: the board's burnt key, or only its number."""
    if subject.devices.copass is None:
        return not_checked("no rights are kept here")
    from edge.copass.at_rest import PROVIDERS, board_secret  # noqa: PLC0415 - absent on a server
    from edge.copass.errors import NoHardwareSecret  # noqa: PLC0415 - as above

    try:
        board = board_secret(subject.root, configured=subject.devices.machine_serial)
    except NoHardwareSecret as error:
        return failed(
            f"rights cannot be sealed to this board: {error}",
            "use a board with a serial number, or set machine_serial under [link]",
        )
    if board.is_secret:
        return ok(f"rights are sealed with the {board.name}")
    on_card = next((p.is_on_card for p in PROVIDERS if p.name == board.name), True)
    weak = "which lies on the card itself" if on_card else "which can be guessed or read off"
    return warning(
        f"rights are sealed with the {board.name}, {weak}",
        "burn a key into the board, once and for ever: sudo rpi-otp-private-key -w KEY"
        " (64 hex digits drawn at random); then let the backend send the rights anew",
    )
