"""`softplace dashboards`: write, check and push the Grafana dashboards."""

from __future__ import annotations

import argparse
import json
import os

from softplace.failure import CommandFailed

EXAMPLE = """example:
  softplace dashboards build
  softplace dashboards check
  SOFTPLACE_GRAFANA_TOKEN=glsa_... softplace dashboards push --url http://127.0.0.1:3000"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.epilog = EXAMPLE
    parser.add_argument(
        "action",
        choices=("build", "check", "push"),
        help="write the JSON files; fail where they are not what the code says; send to Grafana",
    )
    parser.add_argument(
        "--url",
        default=os.environ.get("SOFTPLACE_GRAFANA_URL"),
        help="Grafana, or SOFTPLACE_GRAFANA_URL",
    )
    parser.add_argument(
        "--token",
        default=None,
        help="of a service account; better given as SOFTPLACE_GRAFANA_TOKEN, which no list of "
        "processes shows",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object for machines")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked; 0 where it is done or all is well."""
    try:
        # Imported here: the SDK is an extra, and slow to import.
        from dashboards import build  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise CommandFailed(
            f"{error.name} is not installed; install softplace[dashboards]"
        ) from error
    if arguments.action == "build":
        return _tell(arguments, "written", [str(path) for path in build.write()])
    if arguments.action == "check":
        differences = build.differences()
        _tell(arguments, "differences", differences)
        if differences:
            raise CommandFailed(
                f"dashboards/generated is not what the code makes ({len(differences)} lines "
                "differ); run softplace dashboards build and commit"
            )
        return 0
    return _push(arguments, build.texts())


def _push(arguments: argparse.Namespace, texts: dict[str, str]) -> int:
    from dashboards.push import PushRefused, push  # noqa: PLC0415 - needs the extra

    token = arguments.token or os.environ.get("SOFTPLACE_GRAFANA_TOKEN")
    if not arguments.url:
        raise CommandFailed("no Grafana is named; give --url or set SOFTPLACE_GRAFANA_URL")
    if not token:
        raise CommandFailed("no token is given; set SOFTPLACE_GRAFANA_TOKEN or give --token")
    try:
        return _tell(arguments, "pushed", push(arguments.url, token, texts))
    except PushRefused as error:
        raise CommandFailed(str(error)) from error


def _tell(arguments: argparse.Namespace, name: str, found: list[str]) -> int:
    if arguments.json:
        print(json.dumps({name: found}))
    else:
        for line in found:
            print(line)
    return 0
