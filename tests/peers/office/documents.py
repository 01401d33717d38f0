"""Every report that `naru assess` writes as DOCX or CSV opens, and holds what the JSON of the same report does."""
import csv
import io
import json
import pathlib
import subprocess
import sys

import docx


def assess(naru, *arguments):
    """What `naru assess` writes to standard output."""
    return subprocess.run([naru, "assess", *arguments], check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=60).stdout


def cells(document):
    return [[cell.text for cell in row.cells] for table in document.tables for row in table.rows]


def check_tender(naru, file, language):
    wanted = json.loads(assess(naru, "tender", file, "--lang", language, "--format", "json"))["rows"]
    keys = ["id", "title", "detail", "acceptance", "basis"]
    rows = [[row[key] for key in keys] for row in wanted]
    document = docx.Document(io.BytesIO(assess(naru, "tender", file, "--lang", language, "--format", "docx")))
    assert [row for row in cells(document) if row[0] in {r[0] for r in rows}] == rows, "the DOCX has other rows"
    assert [p.style.name for p in document.paragraphs if p.style.name == "Heading 1"] == ["Heading 1"] * 3
    text = assess(naru, "tender", file, "--lang", language, "--format", "csv")
    assert text.startswith(b"\xef\xbb\xbf"), "Excel would take it for CP949"
    table = [row for row in csv.reader(io.StringIO(text.decode("utf-8-sig"), newline="")) if row]
    assert [row for row in table if row[0] in {r[0] for r in rows}] == rows, "the CSV has other rows"


def main():
    naru, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    files = sorted(str(file) for file in folder.glob("*.yaml"))
    for file in files:
        for language in ("ko", "en"):
            check_tender(naru, file, language)
            verdict = docx.Document(io.BytesIO(assess(naru, "verdict", file, "--lang", language, "--format", "docx")))
            assert len(cells(verdict)) > 20
    table = assess(naru, "portfolio", str(folder / "systems.csv"), "--lang", "ko", "--format", "csv").decode("utf-8-sig")
    assert len(list(csv.reader(io.StringIO(table, newline="")))) == 22
    print(f"{len(files)} systems: DOCX opened by python-docx, CSV by Python's csv")


if __name__ == "__main__":
    main()
