# shellcheck shell=bash
# What a large CRL costs, for scripts/bench: `signet crl` over so many revoked certificates, a process of its own.
# measure_crl ENTRIES

# Rows as a mass revocation leaves them, with a new serial each; indexes afterwards, which is what takes the time.
fill_revoked() { # STORE ISSUER ENTRIES
    python3 - "$1/signet.db" "$2" "$3" <<'END'
import os, sqlite3, sys, time
path, issuer, count, now = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(time.time())
database = sqlite3.connect(path)
database.execute("PRAGMA synchronous = OFF")
indexes = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'certificates' AND sql IS NOT NULL").fetchall()
for name, _ in indexes:
    database.execute(f"DROP INDEX {name}")
database.executemany(
    "INSERT INTO certificates (serial, issuer_id, authority, profile, subject, names, not_before, not_after, source, fingerprint,"
    " key_type, issued_at, revoked_at, revocation_reason, der) VALUES (?, ?, 'default', 'default', '', 'n', ?, ?, 'cli', '', 'ec-p256', ?, ?, 4, x'00')",
    (("5a" + os.urandom(16).hex(), issuer, now - 3600, now + 30 * 86400 + i % 86400, now - 3600, now) for i in range(count)))
for _, sql in indexes:
    database.execute(sql)
database.commit()
END
}

measure_crl() {
    local directory=$WORK/crl issuer
    mkdir -p "$directory"
    "$SIGNET" --store "$directory/store" ca init >/dev/null 2>&1
    issuer=$("$SIGNET" --store "$directory/store" ca show --json | jq -r '.issuing[0].id')
    fill_revoked "$directory/store" "$issuer" "$1" || { record absent "signet crl" '{"reason": "no store with so many"}'; return; }
    python3 - "$1" "$SIGNET" --store "$directory/store" crl --out "$directory/it.crl" >"$directory/result" <<'END' || { record absent "signet crl" '{"reason": "it failed"}'; return; }
import json, os, resource, subprocess, sys
subprocess.run(sys.argv[2:], check=True, stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"entries": int(sys.argv[1]), "bytes": os.path.getsize(sys.argv[-1]), "cpu_s": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / 1024}))
END
    record crl "signet crl" "$(cat "$directory/result")"
    rm -rf "$directory"
}
