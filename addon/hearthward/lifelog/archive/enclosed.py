"""Verify an export of a Hearthward home: `python verify.py export.zip [--key KEY]`.

It needs Python 3.11 and the package `cryptography`, and nothing of Hearthward.
"""

import argparse
from collections.abc import Iterator
from hashlib import sha256
import json
import struct
import sys
from typing import IO, Any
from zipfile import ZipFile

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FIELDS = (
    "home",
    "seq",
    "ts",
    "received",
    "kind",
    "device",
    "point",
    "value",
    "text",
    "body",
)
MAGIC = b"hearthward checkpoint 1\0"
CHUNK = 1024 * 1024


class Broken(Exception):
    """The export is not what the hub wrote."""


def main() -> None:
    """Verify the export that the command line names."""
    parser = argparse.ArgumentParser(
        description="Verify an export of a Hearthward home."
    )
    parser.add_argument("export", help="the ZIP file")
    parser.add_argument("--key", help="the hub's public key, 64 hexadecimal digits")
    arguments = parser.parse_args()
    try:
        print(verify(arguments.export, arguments.key))  # noqa: T201 - a script for people
    except (Broken, KeyError, ValueError) as error:
        sys.exit(f"NOT AS IT WAS WRITTEN: {error}")


def verify(path: str, key: str | None) -> str:
    """Return what was proved, or raise Broken with what was not."""
    with ZipFile(path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        check_files(archive, manifest)
        with (
            archive.open("proof/entries.txt") as stamped,
            archive.open("entries.jsonl") as told,
            archive.open("proof/chain.jsonl") as chain,
        ):
            count = check_chain(manifest, entries(stamped, told), chain)
        check_media(archive)
    if count != manifest["entries"]:
        raise Broken(f"{count} entries instead of {manifest['entries']}")
    return f"{count} entries are as they were written. {signer(manifest, key, count)}"


def check_files(archive: ZipFile, manifest: dict[str, Any]) -> None:
    """Compare every file with the manifest."""
    names = set(archive.namelist()) - {"manifest.json"}
    if names != set(manifest["sha256"]):
        raise Broken("files are missing or were added")
    for name in sorted(names):
        if file_sum(archive, name) != manifest["sha256"][name]:
            raise Broken(f"{name} was altered")


def check_media(archive: ZipFile) -> None:
    """Compare every frame and clip with its name, which the entries' digests cover."""
    for name in archive.namelist():
        if name.startswith("media/"):
            if file_sum(archive, name) != name.removeprefix("media/").split(".")[0]:
                raise Broken(f"{name} was altered")


def file_sum(archive: ZipFile, name: str) -> str:
    """Return the SHA-256 of a file."""
    digest = sha256()
    with archive.open(name) as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def entries(stamped: IO[bytes], told: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield the seq and the digest of each entry, which must say the same in both files."""
    for line in stamped:
        number, salt, canonical = line.rstrip(b"\n").split(b" ", 2)
        fields = dict(zip(FIELDS, json.loads(canonical), strict=True))
        if fields["body"] is not None:
            fields["body"] = json.loads(fields["body"])
        record = json.loads(told.readline() or b"{}")
        digest = sha256(bytes.fromhex(salt.decode()) + canonical).digest()
        if record != fields | {"digest": digest.hex()} or fields["seq"] != int(number):
            raise Broken(f"entry {int(number)} was altered")
        yield fields["seq"], digest
    if told.readline():
        raise Broken("entries.jsonl holds entries without proof")


def check_chain(
    manifest: dict[str, Any], found: Iterator[tuple[int, bytes]], chain: IO[bytes]
) -> int:
    """Follow the chain to the checkpoint; return how many entries it holds."""
    count = 0
    entry = next(found, None)
    previous = manifest["previous"] or {"seq": 0, "hash": bytes(32).hex()}
    seq, hashed = previous["seq"], bytes.fromhex(previous["hash"])
    places = {}
    for line in chain:
        batch = json.loads(line)
        digests = read_digests(batch, seq)
        while entry is not None and entry[0] <= batch["last"]:
            if not digests or digests[entry[0] - batch["first"]] != entry[1]:
                raise Broken(f"entry {entry[0]} is not in the chain")
            count, entry = count + 1, next(found, None)
        seq, hashed = batch["last"], follow(hashed, batch, digests)
        places = {seq: hashed.hex()}
    if entry is not None:
        raise Broken(f"entry {entry[0]} is not in the chain")
    checkpoint = manifest["checkpoint"]
    if checkpoint and places.get(checkpoint["seq"]) != checkpoint["hash"]:
        raise Broken("the chain does not lead to the checkpoint")
    return count


def read_digests(batch: dict[str, Any], seq: int) -> list[bytes]:
    """Return the digests of the batch after `seq`, if the proof holds them."""
    first, last = batch["first"], batch["last"]
    if first != seq + 1 or last < first:
        raise Broken(f"the chain has a gap after {seq}")
    digests = [bytes.fromhex(text) for text in batch.get("digests", ())]
    if digests and len(digests) != last - first + 1:
        raise Broken(f"the batch at {first} holds the wrong number of digests")
    return digests


def follow(hashed: bytes, batch: dict[str, Any], digests: list[bytes]) -> bytes:
    """Return the hash of a batch from the hash before it."""
    inner = sha256(b"".join(digests)).digest() if digests else None
    seqs = struct.pack(">QQ", batch["first"], batch["last"])
    return sha256(hashed + seqs + (inner or bytes.fromhex(batch["sum"]))).digest()


def signer(manifest: dict[str, Any], key: str | None, count: int) -> str:
    """Say who signed."""
    checkpoint = manifest["checkpoint"]
    if checkpoint is None:
        if count and key:
            raise Broken("no checkpoint covers these entries")
        return "Nobody signed."
    if key is not None and key.lower() != checkpoint["key"]:
        raise Broken("it was signed with another key")
    signed = (
        MAGIC
        + manifest["home"].encode()
        + struct.pack(">xQd", checkpoint["seq"], checkpoint["ts"])
        + bytes.fromhex(checkpoint["hash"])
    )
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(checkpoint["key"]))
    try:
        public.verify(bytes.fromhex(checkpoint["signature"]), signed)
    except InvalidSignature:
        raise Broken("the signature of the checkpoint is wrong") from None
    if key is None:
        return f"Compare the key that signed with the hub's: {checkpoint['key']}"
    return "The hub with this key signed them."


if __name__ == "__main__":
    main()
