"""The broker that docs/mqtt.md recommends, from exactly the files in addon/mosquitto."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
import shutil
import ssl
import subprocess

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
import pytest

from demo.broker import Broker
from demo.process import free_port
from hearthward.config import Settings

from .home import NOW, MqttHome, mqtt_home, settings_for, state
from .peer import Peer, RefusedError

RECIPE = Path(__file__).parents[4] / "addon" / "mosquitto"

_DAY = timedelta(days=1)


class Authority:
    """A certificate authority of the home's own."""

    def __init__(self, folder: Path) -> None:
        """Write the authority's certificate."""
        self.folder = folder
        folder.mkdir(parents=True)
        self._key = ec.generate_private_key(ec.SECP256R1())
        name = _name("Home")
        self._certificate = (
            self._builder(name, name, self._key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        (folder / "ca.crt").write_bytes(
            self._certificate.public_bytes(serialization.Encoding.PEM)
        )

    def issue(self, name: str) -> None:
        """Write a certificate for a broker or a device."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName(
            [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
        )
        certificate = (
            self._builder(_name(name), self._certificate.subject, key)
            .add_extension(names, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        (self.folder / f"{name}.crt").write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
        )
        (self.folder / f"{name}.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )

    def context(self, name: str | None = None) -> ssl.SSLContext:
        """Return how a client speaks TLS."""
        context = ssl.create_default_context(cafile=self.folder / "ca.crt")
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if name is not None:
            context.load_cert_chain(
                self.folder / f"{name}.crt", self.folder / f"{name}.key"
            )
        return context

    def _builder(
        self, subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _DAY)
            .not_valid_after(now + _DAY)
        )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Make the certificates that the recipe asks for."""
    folder = tmp_path / "mosquitto"
    shutil.copytree(RECIPE, folder)
    (folder / "data").mkdir()
    made = Authority(folder / "certificates")
    for name in ("broker", "hearthward", "attic", "cellar"):
        made.issue(name)
    passwords = folder / "passwords"
    for name, flag in (("cellar", "-c"), ("hearthward", "-b")):
        flags = [flag, "-b"] if flag == "-c" else [flag]
        subprocess.run(
            ["mosquitto_passwd", *flags, passwords, name, f"{name}-secret"], check=True
        )
    return made


@pytest.fixture
async def broker(authority: Authority) -> AsyncIterator[Broker]:
    """Run a broker with the recipe; only its ports and its user are other ones."""
    folder = authority.folder.parent
    port, other = free_port(), free_port()
    text = (folder / "mosquitto.conf").read_text()
    text = text.replace("listener 8883", f"listener {port} 127.0.0.1")
    text = text.replace("listener 8884", f"listener {other} 127.0.0.1")
    started = Broker(folder, port, text)
    await started.start()
    started.password_port = other
    yield started
    await started.stop()


@pytest.fixture
async def home(
    settings: Settings, broker: Broker, authority: Authority
) -> AsyncIterator[MqttHome]:
    """Run a hub with a client certificate."""
    folder = authority.folder
    chosen = settings_for(
        settings,
        broker.port,
        ca=folder / "ca.crt",
        certificate=folder / "hearthward.crt",
        key=folder / "hearthward.key",
    )
    async with mqtt_home(chosen, broker) as opened:
        yield opened


async def test_a_device_with_a_certificate(
    home: MqttHome, authority: Authority
) -> None:
    """Its common name is its id; what it may say, it may say."""
    tls = authority.context("attic")
    async with Peer(home.broker.port, "attic", tls=tls) as attic:
        await home.introduce(attic, "attic")
        await attic.publish("hearthward/home/attic/state", state("attic", 20.0, NOW))
        assert [entry.value for entry in await home.states("attic", 1)] == [20.0]


async def test_no_device_speaks_for_another(
    home: MqttHome, authority: Authority
) -> None:
    """The broker refuses it, whatever the message says of itself."""
    tls = authority.context("attic")
    async with Peer(home.broker.port, "attic", tls=tls) as attic:
        for topic in (
            "hearthward/home/cellar/state",
            "hearthward/home/cellar/command",
            "hearthward/home/attic/command",
            "hearthward/home/hub/status",
        ):
            with pytest.raises(RefusedError):
                await attic.publish(topic, state("cellar", 20.0, NOW))
        await attic.subscribe("hearthward/home/+/command")
        tls = authority.context("hearthward")
        async with Peer(home.broker.port, "operator", tls=tls) as hub:
            await hub.publish("hearthward/home/cellar/command", b"not for you")
            await hub.publish("hearthward/home/attic/command", b"for you")
        assert await attic.wait_for("hearthward/home/attic/command") == b"for you"
    assert [topic for topic, _ in attic.heard] == ["hearthward/home/attic/command"]


async def test_a_device_with_a_password(home: MqttHome, authority: Authority) -> None:
    """The other port takes a name and a password, over TLS all the same."""
    port = home.broker.password_port
    tls = authority.context()
    right = "cellar-secret"  # pragma: allowlist secret
    async with Peer(port, "cellar", tls=tls, password=right) as cellar:
        await home.introduce(cellar, "cellar")
        await cellar.publish("hearthward/home/cellar/state", state("cellar", 9.0, NOW))
        await home.states("cellar", 1)
        with pytest.raises(RefusedError):
            await cellar.publish("hearthward/home/attic/state", b"{}")
    with pytest.raises(RefusedError):
        await Peer(port, "cellar", tls=tls, password=right[:-1]).__aenter__()


async def test_nobody_enters_without_a_certificate(
    home: MqttHome, authority: Authority
) -> None:
    """TLS itself ends such a connection."""
    with pytest.raises((OSError, TimeoutError)):
        await Peer(
            home.broker.port, "attic", tls=authority.context(), patience=5
        ).__aenter__()
