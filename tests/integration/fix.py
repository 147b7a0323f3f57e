"""The flow that fixes a repair issue."""

from http import HTTPStatus
from typing import Any

from custom_components.hearthward.const import DOMAIN

type Flow = dict[str, Any]


class Fix:
    """The flow that fixes an issue, as the frontend runs it."""

    def __init__(self, client: Any, issue_id: str) -> None:
        """Take a client of Home Assistant's API."""
        self._client = client
        self._issue_id = issue_id
        self._path = "/api/repairs/issues/fix"

    async def begin(self) -> Flow:
        """Begin the flow."""
        result = await self._post(
            self._path, {"handler": DOMAIN, "issue_id": self._issue_id}
        )
        self._path = f"{self._path}/{result['flow_id']}"
        return result

    async def go_on(self, **data: str) -> Flow:
        """Submit a step."""
        return await self._post(self._path, data)

    async def _post(self, path: str, data: dict[str, str]) -> Flow:
        response = await self._client.post(path, json=data)
        assert response.status == HTTPStatus.OK, await response.text()
        result: Flow = await response.json()
        return result
