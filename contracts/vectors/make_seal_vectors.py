#!/usr/bin/env python3
"""Makes answer_seal.json and answer_signature.json: a second implementation of InfoLink's sealed answers, in another language.

HPKE (RFC 9180) is written out here on AES-GCM, HMAC and P-256 from the `cryptography` package (Debian: python3-cryptography) and
must reproduce the CFRG's vectors in hpke_vectors.json before anything is written. Run without arguments; the output is the same
each time, except for the ECDSA signatures where the installed package cannot make deterministic ones (RFC 6979).
"""
import base64
import hashlib
import hmac
import json
import pathlib

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

HERE = pathlib.Path(__file__).parent
ORDER_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


# ---- HPKE base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM ------------------------------------------------

def extract(salt, ikm):
    return hmac.new(salt or bytes(32), ikm, hashlib.sha256).digest()


def expand(prk, info, length):
    okm, block, counter = b"", b"", 1
    while len(okm) < length:
        block = hmac.new(prk, block + info + bytes([counter]), hashlib.sha256).digest()
        okm, counter = okm + block, counter + 1
    return okm[:length]


def labeled_extract(suite_id, salt, label, ikm):
    return extract(salt, b"HPKE-v1" + suite_id + label + ikm)


def labeled_expand(suite_id, prk, label, info, length):
    return expand(prk, length.to_bytes(2, "big") + b"HPKE-v1" + suite_id + label + info, length)


def private_key(scalar):
    return ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1())


def point(key):
    return key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def encapsulate(recipient_point, ephemeral):
    recipient = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), recipient_point)
    dh = ephemeral.exchange(ec.ECDH(), recipient)
    kem = b"KEM\x00\x10"
    prk = labeled_extract(kem, b"", b"eae_prk", dh)
    return point(ephemeral), labeled_expand(kem, prk, b"shared_secret", point(ephemeral) + recipient_point, 32)


class Sender:
    def __init__(self, recipient_point, ephemeral, info):
        suite_id = b"HPKE\x00\x10\x00\x01\x00\x02"
        self.enc, shared = encapsulate(recipient_point, ephemeral)
        context = (b"\x00" + labeled_extract(suite_id, b"", b"psk_id_hash", b"")
                   + labeled_extract(suite_id, b"", b"info_hash", info))
        secret = labeled_extract(suite_id, shared, b"secret", b"")
        self.key = labeled_expand(suite_id, secret, b"key", context, 32)
        self.base_nonce = labeled_expand(suite_id, secret, b"base_nonce", context, 12)

    def seal(self, sequence, aad, plaintext):
        nonce = bytes(a ^ b for a, b in zip(self.base_nonce, sequence.to_bytes(12, "big")))
        return AESGCM(self.key).encrypt(nonce, plaintext, aad)


def check_against_cfrg():
    vectors = json.loads((HERE / "hpke_vectors.json").read_text())["vectors"]
    mine = [v for v in vectors if (v["kem_id"], v["kdf_id"], v["aead_id"]) == (16, 1, 2)]
    assert mine
    for v in mine:
        sender = Sender(bytes.fromhex(v["pkRm"]), private_key(bytes.fromhex(v["skEm"])), bytes.fromhex(v["info"]))
        assert sender.enc.hex() == v["enc"] and sender.key.hex() == v["key"] and sender.base_nonce.hex() == v["base_nonce"]
        for e in v["encryptions"]:
            assert sender.seal(e["seq"], bytes.fromhex(e["aad"]), bytes.fromhex(v.get("pt", e.get("pt")))).hex() == e["ct"]


# ---- InfoLink ----------------------------------------------------------------------------------------------------------------

def info_of(exchange_id, jti, requester, provider, catalog_hash):
    fields = [exchange_id, jti, requester.encode("ascii"), provider.encode("ascii"), catalog_hash]
    return b"infolink/seal/v1" + b"\x01" + b"".join(len(f).to_bytes(2, "big") + f for f in fields)


def bucket_for(payload_length):
    needed, kib = 4 + 32 + payload_length, 1024
    for bucket in (1 * kib, 4 * kib, 16 * kib, 64 * kib, 256 * kib):
        if needed <= bucket:
            return bucket
    return -(-needed // (256 * kib)) * 256 * kib


def plaintext_of(salt, payload):
    head = len(payload).to_bytes(4, "big") + salt + payload
    return head + bytes(bucket_for(len(payload)) - len(head))


def drawn(label, length):
    """Fixed bytes that look random: SHA-256(label || counter), counter = 0, 1, ... in 4 bytes big-endian, cut to length."""
    blocks = (hashlib.sha256(label.encode() + counter.to_bytes(4, "big")).digest() for counter in range(-(-length // 32)))
    return b"".join(blocks)[:length]


def scalar(label):
    return (int.from_bytes(drawn(label, 40), "big") % (ORDER_P256 - 1) + 1).to_bytes(32, "big")


def thumbprint(public_point):
    def b64(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    jwk = '{"crv":"P-256","kty":"EC","x":"%s","y":"%s"}' % (b64(public_point[1:33]), b64(public_point[33:]))
    return b64(hashlib.sha256(jwk.encode()).digest())


def sign(key, message):
    try:
        algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    except TypeError:
        algorithm = ec.ECDSA(hashes.SHA256())
    r, s = utils.decode_dss_signature(key.sign(message, algorithm))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


# Payload lengths on both sides of every step, with subject indexes that are not the ordinals.
EXCHANGES = [
    ("131121", "141003", [(0, 0), (1, 1), (2, 987), (3, 988), (5, 989), (7, 4060), (8, 4061)]),
    ("my-portal", "8000012010038", [(999, 16348), (1000, 16349), (4294967295, 65500), (12, 65501)]),
    ("a", "abcdefghijklmnopqrstuvwxyz-01234", [(3, 262108), (1, 262109), (2, 524252), (0, 524253)]),
]


def main():
    check_against_cfrg()
    seals, signatures = [], []
    for number, (requester, provider, subjects) in enumerate(EXCHANGES):
        name = f"exchange {number} "
        recipient, ephemeral, signer = (private_key(scalar(name + k)) for k in ("skR", "skE", "signing"))
        exchange_id, jti = drawn(name + "txn", 16), drawn(name + "jti", 16)
        catalog_hash, token_hash = drawn(name + "catalog", 32), drawn(name + "token", 32)
        info = info_of(exchange_id, jti, requester, provider, catalog_hash)
        sender = Sender(point(recipient), ephemeral, info)
        exchange = {
            "exchangeId": exchange_id.hex(), "jti": jti.hex(), "requester": requester, "provider": provider,
            "catalogHash": catalog_hash.hex(), "tokenHash": token_hash.hex(),
            "skR": scalar(name + "skR").hex(), "pkR": point(recipient).hex(), "rek": thumbprint(point(recipient)),
            "skE": scalar(name + "skE").hex(), "enc": sender.enc.hex(), "info": info.hex(), "answers": [],
        }
        for ordinal, (index, length) in enumerate(subjects):
            salt, payload_seed = drawn(f"{name}salt {ordinal}", 32), f"{name}payload {ordinal}"
            payload = drawn(payload_seed, length)
            aad = token_hash + index.to_bytes(4, "big")
            plaintext = plaintext_of(salt, payload)
            ciphertext = sender.seal(ordinal, aad, plaintext)
            digest = hashlib.sha256(salt + payload).digest()
            message = (b"infolink/answer/v1" + token_hash + sender.enc + hashlib.sha256(ciphertext).digest() + digest)
            answer = {
                "ordinal": ordinal, "index": index, "salt": salt.hex(), "payloadLength": length,
                "payloadSeed": payload_seed, "aad": aad.hex(), "bucket": len(plaintext),
                "digest": digest.hex(), "ciphertextSha256": hashlib.sha256(ciphertext).hexdigest(),
            }
            if len(plaintext) <= 1024:
                answer |= {"payload": payload.hex(), "ciphertext": ciphertext.hex()}
                signatures.append({
                    "publicKey": point(signer).hex(), "tokenHash": token_hash.hex(), "enc": sender.enc.hex(),
                    "ciphertext": ciphertext.hex(), "digest": digest.hex(), "message": message.hex(),
                    "signature": sign(signer, message).hex(),
                })
            exchange["answers"].append(answer)
        seals.append(exchange)

    note = "Made by make_seal_vectors.py. All keys are test keys, derived from labels."
    long_ones = (" payload = SHA-256(payloadSeed || counter), counter = 0, 1, ... in 4 bytes big-endian, cut to length;"
                 " long payloads and ciphertexts are given by seed and SHA-256 only.")
    write("answer_seal.json", {"note": note + long_ones, "exchanges": seals})
    write("answer_signature.json", {"note": note, "signatures": signatures})


def write(name, value):
    (HERE / name).write_text(json.dumps(value, indent=1) + "\n")


if __name__ == "__main__":
    main()
