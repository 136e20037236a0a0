"""Sending dashboards to a running Grafana through its HTTP API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from grafana_client.api import GrafanaApi
from grafana_client.client import (
    GrafanaClientError,
    GrafanaException,
    GrafanaTimeoutError,
    GrafanaUnauthorizedError,
    TokenAuth,
)
from niquests.exceptions import RequestException

FOLDER_UID = "softplace"
FOLDER_TITLE = "SoftPlace"


class PushRefused(Exception):
    """Grafana did not take a dashboard; the sentence says what to do."""


def push(url: str, token: str, texts: Mapping[str, str]) -> list[str]:
    """Put every dashboard into the folder SoftPlace; returns their paths. Raises PushRefused."""
    shown = _shown(url)
    bearer: Any = TokenAuth
    try:
        grafana = GrafanaApi.from_url(url, credential=bearer(token))
        _make_folder(grafana)
        return [str(_put(grafana, json.loads(text)).get("url", "")) for text in texts.values()]
    except GrafanaUnauthorizedError as error:
        raise PushRefused(
            f"Grafana at {shown} does not accept the token; make a service account with the role "
            "Editor and give its token"
        ) from error
    except (GrafanaTimeoutError, RequestException) as error:
        raise PushRefused(
            f"Grafana at {shown} does not answer; check the address and that it runs"
        ) from error
    except GrafanaException as error:
        raise PushRefused(
            f"Grafana at {shown} refused the dashboard: {error.message} ({error.status_code})"
        ) from error


def _make_folder(grafana: Any) -> None:
    try:
        grafana.folder.get_folder(FOLDER_UID)
    except GrafanaUnauthorizedError:
        raise
    except GrafanaClientError as error:
        if error.status_code != 404:
            raise
        grafana.folder.create_folder(FOLDER_TITLE, uid=FOLDER_UID)


def _put(grafana: Any, dashboard: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = grafana.dashboard.update_dashboard(
        {"dashboard": dashboard, "folderUid": FOLDER_UID, "overwrite": True}
    )
    return answer


def _shown(url: str) -> str:
    """The address without user name and password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rsplit('@', 1)[-1]}"
