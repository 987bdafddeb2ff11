#!/usr/bin/env python3
"""Verifies an exported audit log without any of Bulkhead's code: verify-audit.py EXPORT [PUBLIC-KEY]

Written from audit.md alone. Signatures are left to the program openssl; without a public key they are not looked at.
Prints the first thing that does not hold and exits with 1, or what was verified and exits with 0.
"""

import hashlib
import json
import re
import subprocess
import sys
import tempfile

RECORD = re.compile(rb'\{"hash":"([0-9a-f]{64})","record":(\{"n":([1-9][0-9]*),.*\})\}')


def wrong(message):
    print(message)
    sys.exit(1)


def signed(kind, line, public_key):
    statement = f"bulkhead audit {kind} 1\n{line[kind]}\n{line['hash']}\n{line['at']}\n{line['key']}\n"
    with tempfile.NamedTemporaryFile() as text, tempfile.NamedTemporaryFile() as signature:
        text.write(statement.encode())
        text.flush()
        signature.write(bytes.fromhex(line["signature"]))
        signature.flush()
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", public_key, "-rawin"]
        return subprocess.run(
            command + ["-in", text.name, "-sigfile", signature.name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ).returncode == 0


def main(export, public_key=None):
    last, link, heads = 0, bytes(32), 0
    with open(export, "rb") as lines:
        for line in lines:
            line = line.rstrip(b"\n")
            match = RECORD.fullmatch(line)
            if match:
                stored, record, number = match.group(1).decode(), match.group(2), int(match.group(3))
                link = hashlib.sha256(link + record).digest()
                if number != last + 1:
                    wrong(f"record {number} stands where record {last + 1} is due")
                if link.hex() != stored:
                    wrong(f"record {number} is not what was hashed")
                json.loads(record)
                last = number
                continue
            statement = json.loads(line)
            kind = "beginning" if "beginning" in statement else "head"
            if public_key and not signed(kind, statement, public_key):
                wrong(f"the {kind} of record {statement[kind]} has a signature that is not its own")
            if kind == "beginning":
                if last:
                    wrong(f"the beginning of record {statement[kind]} stands behind records")
                last, link = statement[kind], bytes.fromhex(statement["hash"])
            elif statement["head"] != last or statement["hash"] != link.hex():
                wrong(f"the head of record {statement[kind]} does not name record {last}")
            heads += 1
    print(f"the chain holds up to record {last}, {heads} statements")


if __name__ == "__main__":
    main(*sys.argv[1:])
