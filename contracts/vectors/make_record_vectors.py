#!/usr/bin/env python3
"""Makes records.json: a second implementation of InfoLink's access records, in another language and without its libraries.

Standard library only; protobuf is encoded by hand from access_record.proto, hashes and trees from SPEC §6 and RFC 6962. Run without
arguments; the output is the same each time.
"""
import base64
import hashlib
import hmac
import json
import pathlib

HERE = pathlib.Path(__file__).parent


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def mac(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


def fill(label, size=32):
    """Bytes that look random and are the same each time."""
    out = b""
    while len(out) < size:
        out += sha(label.encode(), bytes([len(out) // 32]))
    return out[:size]


def hkdf(ikm, info, length=32):
    prk, okm, block, counter = mac(bytes(32), ikm), b"", b"", 1
    while len(okm) < length:
        block = mac(prk, block + info + bytes([counter]))
        okm, counter = okm + block, counter + 1
    return okm[:length]


# ---- protobuf, by hand: ascending fields, defaults left out ---------------------------------------------------------------

def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while True:
        byte, value = value & 0x7F, value >> 7
        out.append(byte | (0x80 if value else 0))
        if not value:
            return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value) if value else b""


def data(field, value):
    value = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(value)) + value if value else b""


OPEN_PART = [
    ("event", 1, number), ("custodian", 2, data), ("timeMs", 3, number), ("exchangeId", 4, data), ("tokenSha256", 5, data),
    ("entry", 6, data), ("role", 7, data), ("requester", 8, data), ("provider", 9, data), ("kinds", 10, data),
    ("conditionsSha256", 11, data), ("catalogVersion", 12, number), ("catalogSha256", 13, data), ("cnf", 14, data), ("rek", 15, data),
    ("issuedAt", 16, number), ("expiresAt", 17, number), ("requestCommitment", 18, data), ("count", 19, number), ("refusal", 20, number),
    ("repeatedRefusals", 21, number), ("continues", 22, data), ("caller", 23, data),
]


def open_part(fields):
    out = b""
    for name, tag, encode in OPEN_PART:
        value = fields.get(name)
        if value is None:
            continue
        for one in value if isinstance(value, list) else [value]:
            out += encode(tag, one)
    return out


def particulars(operator, terminal, use, case):
    return data(1, operator) + data(2, terminal) + data(3, use) + data(4, case)


# ---- records --------------------------------------------------------------------------------------------------------------

def merkle(leaves):
    """RFC 6962 2.1, as it is written there."""
    if not leaves:
        return sha()
    if len(leaves) == 1:
        return sha(b"\x00", leaves[0])
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha(b"\x01", merkle(leaves[:k]), merkle(leaves[k:]))


def subject_leaf(index, outcome, tag, requester, provider, digest):
    return index.to_bytes(4, "big") + bytes([outcome]) + tag + requester + provider + digest


def commit_link_code(salt, agency, code):
    return sha(b"infolink/commit/link-code/v1", salt, bytes([len(agency)]), agency.encode(), code)


def commit_tag(salt, tag):
    return sha(b"infolink/commit/tag/v1", salt, tag)


def commit_particulars(salt, serialized):
    return sha(b"infolink/commit/particulars/v1", salt, serialized)


def salt_of(seed, side):
    return mac(seed, b"infolink/salt/" + side.encode() + b"/v1")


def index_tag(master, year, kind, serial):
    return mac(hkdf(master, b"infolink/index-tag/" + str(year).encode()), bytes([kind]) + serial.to_bytes(5, "big"))[:16]


def shown(fields):
    return {k: v.hex() if isinstance(v, bytes) else v for k, v in fields.items()}


def subject(label, index, outcome=0, answered=False, bare=False):
    seed, tag = fill(label + " seed"), fill(label + " tag", 16)
    own, other = b"\x07" + fill(label + " requester", 16), b"\x07" + fill(label + " provider", 16)
    zero = bytes(32)
    parts = {
        "tag": zero if bare else commit_tag(salt_of(seed, "tag"), tag),
        "requesterCode": zero if bare else commit_link_code(salt_of(seed, "requester"), "141003", own),
        "providerCode": zero if bare else commit_link_code(salt_of(seed, "provider"), "131121", other),
        "digest": fill(label + " digest") if answered else zero,
    }
    leaf = subject_leaf(index, outcome, parts["tag"], parts["requesterCode"], parts["providerCode"], parts["digest"])
    return {"index": index, "outcome": outcome, **shown(parts), "leaf": leaf.hex()}


APPROVED = {
    "event": 2, "custodian": "broker", "timeMs": 1789450000123, "exchangeId": fill("exchange", 16), "tokenSha256": fill("token"),
    "entry": "106.municipality.108-1-ro", "role": "claimant", "requester": "141003", "provider": "131121",
    "kinds": ["municipal-inhabitant-tax"], "conditionsSha256": sha(b'{"taxYear":2026}'), "catalogVersion": 1,
    "catalogSha256": fill("catalog"), "cnf": fill("cnf"), "rek": fill("rek"), "issuedAt": 1789450000, "expiresAt": 1789450060,
    "requestCommitment": fill("commitment"), "count": 1,
}


def entry(name, fields, subjects, own=None):
    salt, serialized = fill(name + " salt"), open_part(fields)
    leaves = [bytes.fromhex(one["leaf"]) for one in subjects]
    made = {"name": name, "open": shown(fields), "openPart": serialized.hex(), "salt": salt.hex(), "subjects": subjects}
    if own is not None:
        kept, kept_salt = particulars(*own), fill(name + " particulars salt")
        commitment = commit_particulars(kept_salt, kept)
        leaves.append(commitment)
        made["particulars"] = {
            "operator": own[0], "terminal": own[1], "use": own[2], "caseReference": own[3],
            "bytes": kept.hex(), "salt": kept_salt.hex(), "commitment": commitment.hex(),
        }
    root = merkle(leaves)
    bytes_65 = b"\x01" + sha(salt, serialized) + root
    return {**made, "privateRoot": root.hex(), "entry": bytes_65.hex(), "leafHash": sha(b"\x00", bytes_65).hex()}


def entries():
    yield entry("approved, one subject", APPROVED, [subject("a", 0)])
    yield entry("approved, three of five subjects", {**APPROVED, "count": 3}, [subject("a", 0), subject("b", 2), subject("c", 4)])
    yield entry("approved, the collection of a pending exchange", {**APPROVED, "continues": fill("pending", 16)}, [subject("a", 0)])
    yield entry("settled", {**APPROVED, "event": 8, "count": 2},
                [subject("a", 0, outcome=1, answered=True), subject("b", 999, outcome=2)])
    yield entry("refused before approval", {
        k: v for k, v in {**APPROVED, "event": 3, "refusal": 26, "caller": "141003"}.items()
        if k not in ("exchangeId", "tokenSha256", "issuedAt", "expiresAt")}, [subject("a", 0, outcome=5, bare=True)])
    yield entry("counted refusals", {
        "event": 3, "custodian": "broker", "timeMs": 1789450060000, "refusal": 40, "repeatedRefusals": 17, "caller": "141003"}, [])
    yield entry("asked, with particulars", {
        "event": 1, "custodian": "141003", "timeMs": 1789449999000, "entry": "106.municipality.108-1-ro", "role": "claimant",
        "requester": "141003", "provider": "131121", "kinds": ["a-kind", "b-kind"], "conditionsSha256": sha(b"{}"),
        "cnf": fill("cnf"), "rek": fill("rek"), "count": 2},
        [subject("a", 0), subject("b", 1)], own=("児童手当係", "terminal-12", "児童手当の認定請求の審査", "2026-KJ-00417"))
    yield entry("particulars alone, some empty", {"event": 11, "custodian": "141003", "timeMs": 1, "refusal": 105}, [],
                own=("automatic", "", "", ""))
    for count in (2, 4, 7, 8, 9):
        yield entry(f"{count} subjects", {**APPROVED, "count": count}, [subject(f"s{i}", i) for i in range(count)])


def commitments():
    for label, agency, code in (("one", "141003", b"\x07" + fill("x", 16)), ("two", "a", bytes(17)), ("three", "m" * 32, b"\xff" * 17)):
        seed, tag = fill(label + " seed"), fill(label + " tag", 16)
        salts = {side: salt_of(seed, side) for side in ("requester", "provider", "tag")}
        yield {
            "seed": seed.hex(), "agency": agency, "linkCode": code.hex(), "tag": tag.hex(),
            "salts": shown(salts),
            "requesterCommitment": commit_link_code(salts["requester"], agency, code).hex(),
            "providerCommitment": commit_link_code(salts["provider"], agency, code).hex(),
            "tagCommitment": commit_tag(salts["tag"], tag).hex(),
        }


def index_tags():
    master = fill("index master")
    for year, kind, serial in ((2026, 15, 1), (2027, 15, 1), (2026, 1, 1), (2026, 2, 9_999_999_999), (2026, 1, 1 << 32)):
        yield {"master": master.hex(), "year": year, "kind": kind, "serial": serial, "tag": index_tag(master, year, kind, serial).hex()}


def conditions():
    cases = (
        ({}, "{}"),
        ({"taxYear": 2026}, '{"taxYear":2026}'),
        ({"asOf": "2026-09-01"}, '{"asOf":"2026-09-01"}'),
        ({"claimedOn": "2026-09-15"}, '{"claimedOn":"2026-09-15"}'),
        ({"period": {"from": "2025-04-01", "to": "2026-03-31"}}, '{"period":{"from":"2025-04-01","to":"2026-03-31"}}'),
        ({"taxYear": 2024, "claimedOn": "2026-09-15", "asOf": "2026-01-01", "period": {"to": "2026-03-31", "from": "2025-04-01"}},
         '{"asOf":"2026-01-01","claimedOn":"2026-09-15","period":{"from":"2025-04-01","to":"2026-03-31"},"taxYear":2024}'),
    )
    for given, canonical in cases:
        # RFC 8785 for these: no blanks, members sorted, plain ASCII and integers.
        assert json.dumps(given, separators=(",", ":"), sort_keys=True) == canonical
        yield {**given, "canonical": canonical, "digest": sha(canonical.encode()).hex()}


def token_ids():
    for label in ("one", "two"):
        jti = fill("jti " + label, 16)
        text = base64.urlsafe_b64encode(jti).rstrip(b"=").decode()
        yield {"jti": jti.hex(), "text": text, "storeKey": sha(b"infolink/token-id/v1", jti).hex()}


def main():
    vectors = {
        "entries": list(entries()), "commitments": list(commitments()), "indexTags": list(index_tags()),
        "conditions": list(conditions()), "tokenIds": list(token_ids()),
    }
    text = json.dumps(vectors, ensure_ascii=False, indent=1)
    (HERE / "records.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
