"""Who may do what: keys, roles, pairing, limits, secrets."""

from pathlib import Path
import re

import msgspec
import pytest

from hearthward.api.app import routes
from hearthward.api.routes import Route
from hearthward.config import ConfigError, Settings
from hearthward.lifelog import Lifelog
from hearthward.model.entry import EntryKind, EntryQuery
from hearthward.model.security import PairingRequest, Role
from hearthward.ops.logs import redact
from hearthward.security import pairing
from hearthward.security.errors import PairingError
from hearthward.security.limits import FailureLimit
from hearthward.security.vault import FILE, Vault, VaultError, load_key

from .conftest import Hub, running

# What each role includes; a service is Home Assistant.
INCLUDES = {
    Role.DEVICE: {Role.DEVICE},
    Role.VIEWER: {Role.DEVICE, Role.VIEWER},
    Role.CAREGIVER: {Role.DEVICE, Role.VIEWER, Role.CAREGIVER},
    Role.OPERATOR: {Role.DEVICE, Role.VIEWER, Role.CAREGIVER, Role.OPERATOR},
    Role.SERVICE: set(Role) - {Role.ADMIN},
    Role.ADMIN: set(Role),
}


def path_of(route: Route) -> str:
    """Return the route's path with names, or numbers, that nothing has."""
    path = re.sub(r"{\w+:\[0-9]\+}", "999", route.pattern)
    return re.sub(r"{\w+}", "nothing", path)


@pytest.mark.parametrize("route", routes(), ids=lambda r: f"{r.method} {r.path}")
async def test_every_route_asks_for_its_role(hub: Hub, route: Route) -> None:
    """No key is 401, a lesser role 403, and any that suffices gets through."""
    url = hub.url + path_of(route)
    async with hub.session.request(route.method, url) as response:
        assert (response.status == 401) == (route.role is not None)
    for role in Role:
        async with hub.session.request(
            route.method, url, headers=await hub.headers(role), data=b"{}"
        ) as response:
            allowed = route.role is None or (
                route.role in INCLUDES[role] and role not in route.barred
            )
            assert response.status != 401
            assert (response.status == 403) == (not allowed)
            if not allowed:
                assert (await response.json())["code"] == "forbidden"


@pytest.mark.parametrize(
    "header",
    [
        "Bearer nonsense",
        "Bearer hw_000000000000_nonsense",
        "Bearer hw__",
        "Bearer ",
        "Basic aHc6aHc=",
    ],
)
async def test_a_wrong_key_is_refused(hub: Hub, header: str) -> None:
    """Only a token that the hub gave out is a key."""
    url = f"{hub.url}/api/v1/hub"
    async with hub.session.get(url, headers={"Authorization": header}) as response:
        assert response.status == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"


async def test_the_secret_of_another_key_is_refused(hub: Hub) -> None:
    """The id of one key with the secret of another proves nothing."""
    one, other = [await hub.token(Role.VIEWER) for _ in range(2)]
    mixed = "_".join([*one.split("_", 2)[:2], other.split("_", 2)[2]])
    url = f"{hub.url}/api/v1/hub"
    headers = {"Authorization": f"Bearer {mixed}"}
    async with hub.session.get(url, headers=headers) as response:
        assert response.status == 401


async def test_failing_often_means_waiting_but_locks_nobody_out(hub: Hub) -> None:
    """After many wrong keys an address waits; a right key from there still works."""
    url = f"{hub.url}/api/v1/hub"
    right = await hub.headers(Role.VIEWER)
    wrong = {"Authorization": "Bearer guessed"}
    statuses = []
    for _ in range(12):
        async with hub.session.get(url, headers=wrong) as response:
            statuses.append(response.status)
            if response.status == 429:
                assert 1 <= int(response.headers["Retry-After"]) <= 60
    assert statuses == [401] * 10 + [429] * 2
    async with hub.session.get(url, headers=right) as response:
        assert response.status == 200
    async with hub.session.get(url) as response:
        assert response.status == 401
    async with hub.session.get(f"{hub.url}/health/live") as response:
        assert response.status == 200


def test_the_wait_ends() -> None:
    """Failures count for a window only, and each address for itself."""
    now = 0.0
    limit = FailureLimit(failures=2, window=10.0, clock=lambda: now)
    limit.failed("a")
    assert limit.wait("a") == 0
    now = 4.0
    limit.failed("a")
    assert (limit.wait("a"), limit.wait("b")) == (6, 0)
    now = 10.0
    assert limit.wait("a") == 0


async def test_pairing_gives_a_key_once(hub: Hub) -> None:
    """The code that the hub shows buys one key of a service."""
    status, code = await hub.ask("POST", "/api/v1/pairing-code")
    assert status == 201
    typed = f"{code['code'][:4]} {code['code'][4:]}"
    url = f"{hub.url}/api/v1/pair"
    async with hub.session.post(url, json={"code": typed, "name": "HA"}) as response:
        assert response.status == 201
        new = await response.json()
    assert new["key"]["role"] == "service"
    headers = {"Authorization": f"Bearer {new['token']}"}
    async with hub.session.get(f"{hub.url}/api/v1/hub", headers=headers) as response:
        assert response.status == 200
    async with hub.session.post(url, json={"code": typed, "name": "HA"}) as response:
        assert response.status == 403
        assert (await response.json())["code"] == "pairing_refused"


async def test_guessing_a_code_ends_it(hub: Hub) -> None:
    """After five wrong attempts the right code is worth nothing."""
    code = (await hub.parts.pairing.open("test")).code
    wrong = PairingRequest(code="x", name="thief")
    for _ in range(pairing.ATTEMPTS):
        with pytest.raises(PairingError):
            await hub.parts.pairing.redeem(wrong)
    with pytest.raises(PairingError):
        await hub.parts.pairing.redeem(PairingRequest(code=code, name="owner"))


async def test_four_mistakes_are_forgiven(hub: Hub) -> None:
    """People mistype."""
    code = (await hub.parts.pairing.open("test")).code
    for _ in range(pairing.ATTEMPTS - 1):
        with pytest.raises(PairingError):
            await hub.parts.pairing.redeem(PairingRequest(code="x", name="owner"))
    request = PairingRequest(code=code, name="owner")
    assert (await hub.parts.pairing.redeem(request)).key.name == "owner"


async def test_guessing_codes_means_waiting(hub: Hub) -> None:
    """Wrong codes count as failures of the address."""
    url = f"{hub.url}/api/v1/pair"
    statuses = []
    for _ in range(11):
        async with hub.session.post(url, json={"code": "1", "name": "x"}) as response:
            statuses.append(response.status)
    assert statuses == [403] * 10 + [429]


async def test_a_code_expires(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """An old code is worth nothing."""
    monkeypatch.setattr(pairing, "LIFETIME", -1.0)
    code = (await hub.parts.pairing.open("test")).code
    with pytest.raises(PairingError):
        await hub.parts.pairing.redeem(PairingRequest(code=code, name="late"))


async def test_a_code_of_a_clock_that_was_ahead(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A code does not live longer because the clock was set back."""
    with monkeypatch.context() as patch:
        patch.setattr(pairing, "LIFETIME", 1e8)
        code = (await hub.parts.pairing.open("test")).code
    with pytest.raises(PairingError):
        await hub.parts.pairing.redeem(PairingRequest(code=code, name="late"))


async def test_keys_and_codes_outlive_a_restart(settings: Settings) -> None:
    """A restart neither forgets a key nor lets a revoked one in."""
    async with running(settings) as hub:
        kept = await hub.token(Role.VIEWER)
        gone = await hub.parts.keys.create("gone", Role.ADMIN, "test")
        await hub.parts.keys.revoke(gone.key.id, "test")
        code = (await hub.parts.pairing.open("test")).code
    async with running(settings) as hub:
        assert hub.parts.keys.verify(kept) is not None
        assert hub.parts.keys.verify(gone.token) is None
        request = PairingRequest(code=code, name="later")
        assert (await hub.parts.pairing.redeem(request)).key.name == "later"


async def test_keys_are_listed_and_revoked(hub: Hub) -> None:
    """The API shows keys without their secrets and revokes them."""
    status, new = await hub.ask(
        "POST", "/api/v1/keys", body={"name": "Ada", "role": "viewer"}
    )
    assert status == 201
    key = new["key"]["id"]
    status, revoked = await hub.ask("DELETE", f"/api/v1/keys/{key}")
    assert (status, revoked["id"]) == (200, key)
    assert revoked["revoked"] >= revoked["created"]
    _, keys = await hub.ask("GET", "/api/v1/keys")
    assert key in [known["id"] for known in keys]
    assert new["token"].split("_", 2)[2] not in str(keys)
    assert hub.parts.keys.verify(new["token"]) is None
    status, error = await hub.ask("DELETE", "/api/v1/keys/nothing")
    assert (status, error["code"]) == (404, "unknown_key")


async def test_what_matters_is_audited_without_secrets(
    hub: Hub, settings: Settings
) -> None:
    """Keys, codes and refusals are entries; no secret is in any file."""
    code = (await hub.parts.pairing.open("admin")).code
    with pytest.raises(PairingError):
        await hub.parts.pairing.redeem(PairingRequest(code="1", name="x"))
    new = await hub.parts.pairing.redeem(PairingRequest(code=code, name="HA"))
    await hub.parts.keys.revoke(new.key.id, "admin")
    await hub.parts.vault.put("esphome/heater", "the noise key")

    page = await hub.parts.lifelog.history(EntryQuery(kind=EntryKind.AUDIT))
    actions = [entry.body and entry.body["action"] for entry in page.entries]
    assert actions == [
        "pairing_opened",
        "pairing_refused",
        "key_created",
        "key_revoked",
    ]
    files = b"".join(
        file.read_bytes() for file in settings.data_dir.iterdir() if file.is_file()
    )
    assert b"key_created" in files
    for secret in (code, new.token.split("_", 2)[2], "the noise key"):
        assert secret.encode() not in files


async def test_secrets_are_sealed(lifelog: Lifelog, tmp_path: Path) -> None:
    """A secret can be read back with the key of the file, and with no other."""
    vault = Vault(lifelog, load_key(tmp_path))
    await vault.put("a", "one")
    await vault.put("a", "two")
    await vault.put("b", "three")
    await vault.delete("b")
    again = Vault(lifelog, load_key(tmp_path))
    assert [await again.get(name) for name in "abc"] == ["two", None, None]
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    (tmp_path / FILE).unlink()
    with pytest.raises(VaultError, match="give the secret again"):
        await Vault(lifelog, load_key(tmp_path)).get("a")


def test_logs_are_redacted() -> None:
    """Tokens and Noise keys never reach a log."""
    token = "hw_0123456789ab_aB-_9"
    noise = "QRTIErOb/fcE9Ukd/5qA3RGYMn0Y+p06U58SCtOXvPc="  # pragma: allowlist secret
    line = redact(f"key {token}, psk {noise}; heater 21.5")
    assert line == "key hw_0123456789ab_[redacted], psk [redacted]; heater 21.5"


async def test_roles_are_declared_in_the_document(hub: Hub) -> None:
    """The OpenAPI says for each operation which role it needs."""
    _, document = await hub.ask("GET", "/api/v1/openapi.json")
    for route in routes():
        operation = document["paths"][route.path][route.method.lower()]
        role = route.role and msgspec.to_builtins(route.role)
        assert operation.get("x-minimum-role") == role


def test_secret_key_that_cannot_be_used(tmp_path: Path) -> None:
    """A file that holds no key says what to do, and is not replaced."""
    file = tmp_path / FILE
    file.write_bytes(b"cut sh")
    with pytest.raises(ConfigError, match="Restore .* from the backup"):
        load_key(tmp_path)
    assert file.read_bytes() == b"cut sh"
    file.unlink()
    file.mkdir()
    with pytest.raises(ConfigError, match="Make .* usable"):
        load_key(tmp_path)
