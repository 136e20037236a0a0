"""`softplace device broker-certificate`: what the broker needs to trust devices and be trusted."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from softplace.credentials import write_secret
from softplace.device.options import opened, server_options
from softplace.failure import CommandFailed


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument(
        "--host", action="append", required=True, metavar="NAME", help="of the broker; repeatable"
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="for example /etc/mosquitto/certs"
    )
    server_options(parser)
    parser.epilog = (
        "example:\n  sudo softplace device broker-certificate --host broker.example.org"
        " --out /etc/mosquitto/certs --config /etc/softplace/softplace.toml"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write server.key, server.crt, softplace-ca.crt and softplace-ca.crl."""
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - never on a device

    from backend.devices.authority import open_authority, pem_of, private_pem  # noqa: PLC0415
    from backend.devices.revocation import write_revocations  # noqa: PLC0415

    out: Path = arguments.out
    with opened(arguments) as server:
        settings, now_ms = server.settings, server.now_ms
        authority = open_authority(settings.data_directory, settings.territory, now_ms)
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = authority.broker_certificate(arguments.host, key.public_key(), now_ms)
        revocations = write_revocations(
            server.records, authority, settings.data_directory, now_ms
        ).read_text(encoding="ascii")
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_secret(out / "server.key", private_pem(key).decode())
        (out / "server.crt").write_text(pem_of(certificate), encoding="ascii")
        (out / "softplace-ca.crt").write_text(authority.chain, encoding="ascii")
        (out / "softplace-ca.crl").write_text(revocations, encoding="ascii")
    except OSError as error:
        raise CommandFailed(f"{out} cannot be written: {error.strerror}") from error
    if arguments.json:
        print(json.dumps({"directory": str(out), "hosts": arguments.host}))
    else:
        print(f"{out}: server.key, server.crt, softplace-ca.crt, softplace-ca.crl")
    return 0
