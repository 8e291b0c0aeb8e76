#!/usr/bin/env python3
"""Makes logs.json: a second implementation of InfoLink's log, receipts, checkpoints, cosignatures and content at rest.

The entries are those of make_record_vectors.py; trees and proofs are written from RFC 6962 2.1, notes from C2SP signed-note, tlog-checkpoint
and tlog-cosignature, content from SPEC 6.14. Needs the `cryptography` package and no arguments; the output is the same each time.
"""
import base64
import json
import pathlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from make_record_vectors import entries, fill, merkle, sha

HERE = pathlib.Path(__file__).parent
ORIGIN = "infolink.example/broker-1"
LOG, COSIGNER = 1, 4


def largest_power_below(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def path(m, d):
    """RFC 6962 2.1.1."""
    if len(d) == 1:
        return []
    k = largest_power_below(len(d))
    return path(m, d[:k]) + [merkle(d[k:])] if m < k else path(m - k, d[k:]) + [merkle(d[:k])]


def consistency(m, d, whole=True):
    """RFC 6962 2.1.2."""
    if m == len(d):
        return [] if whole else [merkle(d)]
    k = largest_power_below(len(d))
    return (consistency(m, d[:k], whole) + [merkle(d[k:])] if m <= k
            else consistency(m - k, d[k:], False) + [merkle(d[:k])])


def b64(data):
    return base64.b64encode(data).decode()


class Signer:
    def __init__(self, name, kind):
        self.name, self.kind, self.seed = name, kind, fill(name + " key")
        self.key = Ed25519PrivateKey.from_private_bytes(self.seed)
        self.material = bytes([kind]) + self.key.public_key().public_bytes_raw()
        self.id = sha(name.encode(), b"\n", self.material)[:4]

    def vkey(self):
        return f"{self.name}+{self.id.hex()}+{b64(self.material)}"

    def line(self, signature):
        return f"\u2014 {self.name} {b64(self.id + signature)}\n"

    def sign(self, text):
        return self.line(self.key.sign(text.encode()))

    def cosign(self, text, time):
        return self.line(time.to_bytes(8, "big") + self.key.sign(f"cosignature/v1\ntime {time}\n{text}".encode()))


def content(label, exchange, event, index):
    key, salt, answer_salt, payload = fill(label + " key"), fill(label + " salt"), fill(label + " answer salt"), fill(label, 77)
    derived = HKDF(SHA256(), 32, salt, b"infolink/content/v1").derive(key)
    aad = exchange + bytes([event]) + index.to_bytes(4, "big")
    sealed = b"\x01" + salt + AESGCM(derived).encrypt(bytes(12), answer_salt + payload, aad)
    return {"contentKey": key.hex(), "exchangeId": exchange.hex(), "event": event, "index": index, "answerSalt": answer_salt.hex(),
            "payload": payload.hex(), "digest": sha(answer_salt, payload).hex(), "sealed": sealed.hex()}


def main():
    made = list(entries())
    leaves = [bytes.fromhex(one["entry"]) for one in made]
    log = Signer(ORIGIN, LOG)
    witnesses = [Signer(f"infolink.example/agency/{one}/witness", COSIGNER) for one in ("141003", "131121", "141305")]
    checkpoints = []
    for size in range(len(leaves) + 1):
        text = f"{ORIGIN}\n{size}\n{b64(merkle(leaves[:size]))}\n"
        cosigned = text + "\n" + log.sign(text) + "".join(one.cosign(text, 1789450000 + at) for at, one in enumerate(witnesses))
        checkpoints.append({"size": size, "root": merkle(leaves[:size]).hex(), "note": text + "\n" + log.sign(text), "cosigned": cosigned})
    receipts = [
        {"entry": index, "size": size, "inclusion": [one.hex() for one in path(index, leaves[:size])]}
        for size in range(1, len(leaves) + 1) for index in range(size)]
    proofs = [
        {"from": small, "to": large, "hashes": [one.hex() for one in consistency(small, leaves[:large])]}
        for large in range(1, len(leaves) + 1) for small in range(1, large + 1)]
    vectors = {
        "comment": "InfoLink's log by a second implementation (make_log_vectors.py). Test keys; entries by their place in records.json.",
        "origin": ORIGIN,
        "log": {"seed": log.seed.hex(), "vkey": log.vkey()},
        "witnesses": [{"seed": one.seed.hex(), "vkey": one.vkey(), "time": 1789450000 + at} for at, one in enumerate(witnesses)],
        "checkpoints": checkpoints,
        "receipts": receipts,
        "consistency": proofs,
        "contents": [content("answered", fill("exchange", 16), 6, 0), content("received", fill("exchange", 16), 7, 999)],
    }
    (HERE / "logs.json").write_text(json.dumps(vectors, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
