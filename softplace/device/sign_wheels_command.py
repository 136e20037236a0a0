"""`softplace device sign-wheels`: the territory vouches for a directory of wheels."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

from softplace.device.options import opened, server_options
from softplace.failure import CommandFailed


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument("wheelhouse", type=Path, metavar="DIR", help="of `pip download`")
    server_options(parser)
    parser.epilog = (
        "example:\n  pip download --platform manylinux_2_28_aarch64 --only-binary :all: -d wheels"
        " 'softplace[edge]'\n"
        "  softplace device sign-wheels wheels --config /etc/softplace/softplace.toml"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the list of their hashes and its signature beside them."""
    from backend.devices.signing_key import open_signer  # noqa: PLC0415 - never on a device
    from contract.wheelhouse import LIST, SIGNATURE, signed_bytes, version_in  # noqa: PLC0415

    wheels = sorted(arguments.wheelhouse.glob("*.whl"))
    version = version_in([path.name for path in wheels])
    if version is None:
        raise CommandFailed(f"{arguments.wheelhouse} must hold exactly one wheel of softplace")
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in wheels]
    listed = "".join(sums).encode("ascii")
    with opened(arguments) as server:
        signer = open_signer(server.settings.data_directory)
    signature = signer.private_key.sign(signed_bytes(listed)).hex()
    try:
        (arguments.wheelhouse / LIST).write_bytes(listed)
        (arguments.wheelhouse / SIGNATURE).write_text(f"{signer.key_id} {signature}\n", "ascii")
    except OSError as error:
        raise CommandFailed(f"{arguments.wheelhouse}: {error.strerror}") from error
    if arguments.json:
        print(json.dumps({"version": version, "wheels": len(wheels), "key_id": signer.key_id}))
    else:
        print(f"{len(wheels)} wheels of version {version} are signed with {signer.key_id}")
    return 0
