#!/usr/bin/env python3
"""Makes documents.json: a second implementation, in another language, of InfoLink's signed documents: canonical JSON (RFC 8785) of objects,
arrays and strings, JWS general serialization (RFC 7515 §7.2.1, ES256), key ids (RFC 7638) and fingerprints; and what must be refused.

Needs the `cryptography` package (Debian: python3-cryptography). Run without arguments; the output is the same each time, except for the ECDSA
signatures where the installed package cannot make deterministic ones (RFC 6979).
"""
import base64
import hashlib
import json
import pathlib

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

HERE = pathlib.Path(__file__).parent
ORDER_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PLATFORM = "infolink.test"


# ---- Canonical JSON -----------------------------------------------------------------------------------------------------

def quote(text):
    short = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return '"' + "".join(short.get(c) or (f"\\u{ord(c):04x}" if ord(c) < 0x20 else c) for c in text) + '"'


def canonical(value):
    """Members sorted by UTF-16 code units: the order of their UTF-16BE bytes."""
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    return "{" + ",".join(quote(k) + ":" + canonical(value[k]) for k in sorted(value, key=lambda k: k.encode("utf-16-be"))) + "}"


# ---- Keys and signatures ------------------------------------------------------------------------------------------------

def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def key(label):
    scalar = int.from_bytes(hashlib.sha256(f"infolink document vectors: {label}".encode()).digest(), "big") % (ORDER_P256 - 1) + 1
    return ec.derive_private_key(scalar, ec.SECP256R1())


def spki(private):
    return private.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def key_id(private):
    numbers = private.public_key().public_numbers()
    x, y = (b64url(n.to_bytes(32, "big")) for n in (numbers.x, numbers.y))
    return b64url(hashlib.sha256(f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'.encode()).digest())


def fingerprint(digest):
    bits = int.from_bytes(digest[:20], "big")
    text = "".join(CROCKFORD[bits >> (5 * i) & 31] for i in reversed(range(32)))
    return "-".join(text[i:i + 4] for i in range(0, 32, 4))


def note_key(name, algorithm, label):
    seed = hashlib.sha256(f"infolink document vectors: {label}".encode()).digest()
    public = ed25519.Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    blob = bytes([algorithm]) + public
    short = hashlib.sha256(name.encode() + b"\n" + blob).hexdigest()[:8]
    return f"{name}+{short}+{base64.b64encode(blob).decode()}"


def ecdsa(private, data):
    try:
        der = private.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    except (TypeError, UnsupportedAlgorithm):
        der = private.sign(data, ec.ECDSA(hashes.SHA256()))
    return der


def jose(der):
    r, s = utils.decode_dss_signature(der)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def header(private, kind):
    return f'{{"alg":"ES256","kid":"{key_id(private)}","typ":"infolink-{kind}+json"}}'


def signature(payload, private, kind, text=None, raw=None):
    protected = b64url((text or header(private, kind)).encode())
    made = raw or jose(ecdsa(private, f"{protected}.{b64url(payload)}".encode()))
    return {"protected": protected, "signature": b64url(made)}


def envelope(payload, *signatures):
    return json.dumps({"payload": b64url(payload), "signatures": list(signatures)}, separators=(",", ":")) + "\n"


# ---- Documents ----------------------------------------------------------------------------------------------------------

K1, K2, K3, K4, STRANGER = (key(f"authority {i}") for i in range(1, 6))


def head(kind, version, previous, issued, expires):
    fields = {"type": kind, "platform": PLATFORM, "version": str(version), "issued": issued, "expires": expires}
    return fields | ({"previous": b64url(hashlib.sha256(previous).digest())} if previous else {})


def public(private):
    return base64.b64encode(spki(private)).decode()


def authority(version, previous, keys, threshold):
    return canonical(head("authority", version, previous, "2026-09-01T00:00:00Z", "2030-03-31")
                     | {"threshold": str(threshold), "keys": sorted(map(public, keys))}).encode()


def catalog(version, previous, issued, effective, expires, entries, examples):
    return canonical(head("catalog", version, previous, issued, expires) | {
        "effectiveFrom": effective,
        "categories": {"mayor": {"ja": "市町村長", "en": "mayor"}},
        "kinds": {"tax": {
            "name": {"ja": "税", "en": "tax"}, "legalTerm": "地方税関係情報", "layout": "illustrative", "needs": ["taxYear"],
            "items": [
                {"class": {"name": {"ja": "区分", "en": "class"}, "type": "codeList", "required": "true",
                           "codes": [{"3": {"ja": "課税", "en": "taxed"}}, {"1": {"ja": "非課税", "en": "not taxed"}}]}},
                {"amount": {"name": {"ja": "額", "en": "amount"}, "type": "integer", "min": "0", "max": "999", "required": "true"}},
            ]}},
        "tasks": {"108-1": {"task": {"ja": "審査", "en": "examining"}, "purpose": {"ja": "決定", "en": "deciding"}}},
        "entries": entries,
        "examples": examples,
    }).encode()


def entry(validity):
    return {"row": "106", "leaf": "108-1-ro", "citation": {"ja": "第108条第1号ロ", "en": "article 108"}, "task": "108-1",
            "information": {"ja": "情報 “引用” \\ 𠮷", "en": "information"}, "requester": ["mayor"], "provider": ["mayor"],
            "roles": [{"claimant": {"ja": "請求者", "en": "claimant"}}], "kinds": ["tax"],
            "conditions": {"taxYear": {"use": "required", "from": "2022", "to": "2026"}}, "modes": ["single", "bulk"],
            "answerDeadlineDays": "7", "validity": validity, "impactAssessment": "done"}


def example(name, date, expect, **more):
    return {"name": name, "requester": {"agency": "yokohama", "categories": ["mayor"]}, "provider": {"agency": "setagaya", "categories": ["mayor"]},
            "entry": "106.mayor.108-1-ro", "role": "claimant", "kinds": ["tax"], "conditions": {"taxYear": "2026"}, "mode": "single",
            "date": date, "expect": expect} | more


AUTHORITY_1 = authority(1, None, [K1, K2, K3], 2)
AUTHORITY_2 = authority(2, AUTHORITY_1, [K2, K3, K4], 2)
CATALOG_1 = catalog(1, None, "2026-09-01T01:02:03Z", "2026-09-01", "2026-09-30", {"106.mayor.108-1-ro": entry({"from": "2026-01-01"})},
                    [example("the claimant's tax", "2026-09-15", "allowed")])
CATALOG_2 = catalog(
    2, CATALOG_1, "2026-09-20T00:00:00Z", "2026-10-01", "2026-10-25",
    {"106.mayor.108-1-ro": entry({"from": "2026-01-01", "until": "2026-09-30", "transitional": {"claimsBefore": "2026-10-01", "until": "2026-10-20"}})},
    [example("a claim of September", "2026-10-05", "allowed", claimedOn="2026-09-30"),
     example("a claim of October", "2026-10-05", "EntryNotInForce", claimedOn="2026-10-01")])
MEMBERS_1 = canonical(head("members", 1, None, "2026-09-01T01:02:03Z", "2026-12-01") | {
    "quorum": "1",
    "broker": {"identityKey": public(key("broker identity")), "tokenKeys": {"k1": public(key("broker token"))},
               "logs": [note_key(f"{PLATFORM}/broker", 1, "broker log")]},
    "agencies": {
        "yokohama": {"name": {"ja": "横浜市", "en": "Yokohama"}, "categories": [{"category": "mayor", "from": "2000-01-01"}],
                     "identityKey": public(key("yokohama")), "codeEpochs": {"current": "2", "previous": "1"}, "flags": ["number-less"],
                     "witnessKey": note_key(f"{PLATFORM}/agency/yokohama/witness", 4, "yokohama witness")},
        "setagaya": {"name": {"ja": "世田谷区", "en": "Setagaya"}, "categories": [{"category": "mayor", "from": "2000-01-01", "until": "2027-03-31"}],
                     "identityKey": public(key("setagaya")), "codeEpochs": {"current": "1"},
                     "logs": [note_key(f"{PLATFORM}/agency/setagaya", 1, "setagaya log")]},
    }}).encode()
DIRECTORY = canonical({"type": "directory", "platform": PLATFORM, "serial": "7", "issued": "2026-09-01T01:02:03Z", "broker": "https://broker.test:9100",
                       "endpoints": {"yokohama": "https://yokohama.test:9101"}, "suspended": ["setagaya"],
                       "switchedOff": ["106.mayor.108-1-ro"]}).encode()


def document(payload, kind, *keys):
    digest = hashlib.sha256(payload).digest()
    return {"kind": kind, "payload": payload.decode(), "sha256": b64url(digest), "fingerprint": fingerprint(digest),
            "envelope": envelope(payload, *(signature(payload, k, kind) for k in keys)), "signed_by": [key_id(k) for k in keys]}


# ---- What must be refused -----------------------------------------------------------------------------------------------

def refused_envelopes():
    good = signature(MEMBERS_1, K1, "members")
    kid = key_id(K1)

    def with_header(text):
        return envelope(MEMBERS_1, signature(MEMBERS_1, K1, "members", text))

    def fill_bits(text):
        """The same bytes to a decoder that does not look at the last character's fill bits."""
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        return text[:-1] + alphabet[alphabet.index(text[-1]) ^ 1]

    payload = b64url(MEMBERS_1 + b" " * (-(len(MEMBERS_1) + 2) % 3))  # Two bytes behind the last full group: fill bits exist.
    cases = {
        "alg none": with_header(f'{{"alg":"none","kid":"{kid}","typ":"infolink-members+json"}}'),
        "alg of a MAC": with_header(f'{{"alg":"HS256","kid":"{kid}","typ":"infolink-members+json"}}'),
        "alg of another curve": with_header(f'{{"alg":"ES384","kid":"{kid}","typ":"infolink-members+json"}}'),
        "crit": with_header(f'{{"alg":"ES256","crit":["exp"],"exp":1,"kid":"{kid}","typ":"infolink-members+json"}}'),
        "b64 false": with_header(f'{{"alg":"ES256","b64":false,"crit":["b64"],"kid":"{kid}","typ":"infolink-members+json"}}'),
        "a key of its own (jwk)": with_header(f'{{"alg":"ES256","jwk":{{}},"kid":"{kid}","typ":"infolink-members+json"}}'),
        "kid twice": with_header(f'{{"alg":"ES256","kid":"{kid}","kid":"{kid}","typ":"infolink-members+json"}}'),
        "kid null": with_header('{"alg":"ES256","kid":null,"typ":"infolink-members+json"}'),
        "kid empty": with_header('{"alg":"ES256","kid":"","typ":"infolink-members+json"}'),
        "kid with padding": with_header(f'{{"alg":"ES256","kid":"{kid}=","typ":"infolink-members+json"}}'),
        "kid with fill bits": with_header(f'{{"alg":"ES256","kid":"{fill_bits(kid)}","typ":"infolink-members+json"}}'),
        "kid and x5c": with_header(f'{{"alg":"ES256","kid":"{kid}","typ":"infolink-members+json","x5c":["MAA="]}}'),
        "no kid": with_header('{"alg":"ES256","typ":"infolink-members+json"}'),
        "no typ": with_header(f'{{"alg":"ES256","kid":"{kid}"}}'),
        "typ null": with_header(f'{{"alg":"ES256","kid":"{kid}","typ":null}}'),
        "typ of a token": with_header(f'{{"alg":"ES256","kid":"{kid}","typ":"at+jwt"}}'),
        "typ in capitals": with_header(f'{{"alg":"ES256","kid":"{kid}","typ":"INFOLINK-MEMBERS+JSON"}}'),
        "header in another order": with_header(f'{{"kid":"{kid}","alg":"ES256","typ":"infolink-members+json"}}'),
        "header with a blank": with_header(f'{{"alg": "ES256","kid":"{kid}","typ":"infolink-members+json"}}'),
        "header with an escape": with_header(f'{{"alg":"ES\\u003256","kid":"{kid}","typ":"infolink-members+json"}}'),
        "header that is an array": with_header('["ES256"]'),
        "header that is no JSON": with_header('ES256'),
        "x5c empty": with_header('{"alg":"ES256","typ":"infolink-directory+json","x5c":[]}'),
        "x5c of two": with_header('{"alg":"ES256","typ":"infolink-directory+json","x5c":["MAA=","MAA="]}'),
        "x5c with a blank": with_header('{"alg":"ES256","typ":"infolink-directory+json","x5c":["MA A="]}'),
        "x5c with fill bits": with_header('{"alg":"ES256","typ":"infolink-directory+json","x5c":["MAB="]}'),
        "a key signs twice": envelope(MEMBERS_1, good, good),
        "a key signs as two kinds": envelope(MEMBERS_1, good, signature(MEMBERS_1, K1, "catalog")),
        "signature in DER": envelope(MEMBERS_1, signature(MEMBERS_1, K1, "members", raw=ecdsa(K1, b"x"))),
        "signature too short": envelope(MEMBERS_1, signature(MEMBERS_1, K1, "members", raw=bytes(63))),
        "33 signatures": envelope(MEMBERS_1, *(signature(MEMBERS_1, key(f"one of many {i}"), "members") for i in range(33))),
        "unprotected header": json.dumps({"payload": b64url(MEMBERS_1), "signatures": [good | {"header": {"alg": "none"}}]}),
        "flattened serialization": json.dumps({"payload": b64url(MEMBERS_1)} | good),
        "compact serialization": f'{good["protected"]}.{b64url(MEMBERS_1)}.{good["signature"]}',
        "payload twice": f'{{"payload":"{b64url(MEMBERS_1)}","payload":"{b64url(MEMBERS_1)}","signatures":[]}}',
        "payload null": '{"payload":null,"signatures":[]}',
        "payload with padding": f'{{"payload":"{b64url(b"{}")}==","signatures":[]}}',
        "payload with a blank": f'{{"payload":" {b64url(MEMBERS_1)}","signatures":[]}}',
        "payload with fill bits": f'{{"payload":"{fill_bits(payload)}","signatures":[]}}',
        "payload in base64 with + and /": '{"payload":"+/8","signatures":[]}',
        "no signatures member": f'{{"payload":"{b64url(MEMBERS_1)}"}}',
        "signatures that are no array": f'{{"payload":"{b64url(MEMBERS_1)}","signatures":{{}}}}',
        "something behind it": envelope(MEMBERS_1, good) + "{}",
        "a comment": envelope(MEMBERS_1, good) + "// signed",
        "byte order mark": "\ufeff" + envelope(MEMBERS_1, good),
        "cut off": envelope(MEMBERS_1, good)[:-20],
        "nothing": "",
    }
    return [{"name": name, "envelope": text} for name, text in cases.items()]


def refused_payloads():
    text = MEMBERS_1.decode()
    cases = {
        "a blank": text.replace('":', '": ', 1).encode(),
        "a line feed at the end": MEMBERS_1 + b"\n",
        "members in another order": ('{"type":"members",' + text[1:].replace(',"type":"members"', "", 1)).encode(),
        "a member twice": ('{"agencies":{},' + text[1:]).encode(),
        "a number": text.replace('"quorum":"1"', '"quorum":1', 1).encode(),
        "null": text.replace('"quorum":"1"', '"quorum":null', 1).encode(),
        "an escape that is not needed": text.replace("Yokohama", "\\u0059okohama", 1).encode(),
        "an escaped slash": text.replace("infolink.test/broker", "infolink.test\\/broker", 1).encode(),
        "an escape in capitals": text.replace("Yokohama", "Yoko\\u001Fhama", 1).encode(),
        "half a surrogate pair": text.replace("Yokohama", "Yoko\\ud83dhama", 1).encode(),
        "not UTF-8": text.encode().replace(b"Yokohama", b"Yoko\xffhama", 1),
        "byte order mark": b"\xef\xbb\xbf" + MEMBERS_1,
        "an unknown field": ('{"a":"",' + text[1:]).encode(),
        "deep": b'{"agencies":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        "an array": b"[]",
        "a text": b'"members"',
        "nothing": b"",
        "two values": MEMBERS_1 + MEMBERS_1,
        "a version with a zero": text.replace('"version":"1"', '"version":"01"', 1).encode(),
        "a version with a sign": text.replace('"version":"1"', '"version":"+1"', 1).encode(),
        "version 0": text.replace('"version":"1"', '"version":"0"', 1).encode(),
        "version 2 without the hash of version 1": text.replace('"version":"1"', '"version":"2"', 1).encode(),
        "a key of two parties": text.replace(public(key("setagaya")), public(key("yokohama")), 1).encode(),
        "a key with a blank": text.replace(public(key("setagaya")), public(key("setagaya"))[:40] + " " + public(key("setagaya"))[40:], 1).encode(),
        "issued at the end of the calendar": text.replace("2026-09-01T01:02:03Z", "9999-12-31T23:59:59Z", 1).encode(),
        "a name that turns round": text.replace("Yokohama", "Yoko\u202ehama", 1).encode(),
        "an agency that writes itself an endpoint": text.replace('"flags":["number-less"]', '"endpoint":"https://x.test","flags":["number-less"]', 1).encode(),
    }
    assert all(payload != MEMBERS_1 for payload in cases.values())
    return [{"name": name, "payload": b64url(payload)} for name, payload in cases.items()]


def counts():
    """How many keys of authority-1 have signed the envelope as this kind."""
    flip = bytearray(jose(ecdsa(K2, b"another text")))
    other = signature(CATALOG_1, K2, "members")
    cases = [
        ("two of three", MEMBERS_1, [signature(MEMBERS_1, K1, "members"), signature(MEMBERS_1, K2, "members")], 2),
        ("all three", MEMBERS_1, [signature(MEMBERS_1, k, "members") for k in (K1, K2, K3)], 3),
        ("one and a stranger", MEMBERS_1, [signature(MEMBERS_1, K1, "members"), signature(MEMBERS_1, STRANGER, "members")], 1),
        ("one and another kind's", MEMBERS_1, [signature(MEMBERS_1, K1, "members"), signature(MEMBERS_1, K2, "catalog")], 1),
        ("one and one over another payload", MEMBERS_1, [signature(MEMBERS_1, K1, "members"), other], 1),
        ("one and one over another text", MEMBERS_1, [signature(MEMBERS_1, K1, "members"), signature(MEMBERS_1, K2, "members", raw=bytes(flip))], 1),
        ("one that says it is two", MEMBERS_1, [signature(MEMBERS_1, K1, "members"), signature(MEMBERS_1, K1, "members", header(K2, "members"))], 1),
        ("zeros", MEMBERS_1, [signature(MEMBERS_1, K1, "members", raw=bytes(64))], 0),
        ("nobody", MEMBERS_1, [], 0),
    ]
    return [{"name": name, "kind": "members", "envelope": envelope(payload, *made), "count": count} for name, payload, made, count in cases]


def texts():
    """Order by UTF-16 code units is not the order of code points: U+1D11E and U+20BB7 come before U+FB33 and U+FF71. The first row is RFC 8785's own."""
    rows = [
        {"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One", "\U0001f600": "Emoji: Grinning Face",
         "\x80": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"},
        {"\uff71": "halfwidth", "\U00020bb7": "吉 with a long foot", "": "nothing", "a": "", "B": "b", "aa": "\x00\x1f\x7f\"\\/\b\f\n\r\t\u2028"},
        {"10": ["b", "a", []], "9": {"z": {}, "y": "𠮷"}},
    ]
    return [{"value": row, "canonical": canonical(row)} for row in rows]


def main():
    vectors = {
        "keys": {key_id(k): {"public": public(k), "fingerprint": fingerprint(hashlib.sha256(spki(k)).digest())} for k in (K1, K2, K3, K4, STRANGER)},
        "canonical": texts(),
        "documents": {
            "authority-1": document(AUTHORITY_1, "authority", K1, K2, K3),
            "authority-2": document(AUTHORITY_2, "authority", K2, K3),
            "authority-2 without the old threshold": document(AUTHORITY_2, "authority", K3, K4),
            "authority-2 without the new threshold": document(AUTHORITY_2, "authority", K1, K2),
            "members-1": document(MEMBERS_1, "members", K1, K3),
            "catalog-1": document(CATALOG_1, "catalog", K1, K2),
            "catalog-2": document(CATALOG_2, "catalog", K2, K4),
            "directory": document(DIRECTORY, "directory"),
        },
        "counts": counts(),
        "refused_envelopes": refused_envelopes(),
        "refused_payloads": refused_payloads(),
    }
    (HERE / "documents.json").write_text(json.dumps(vectors, ensure_ascii=True, indent=1) + "\n")


if __name__ == "__main__":
    main()
