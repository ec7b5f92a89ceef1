#include "cli/runbook.h"

namespace signet::cli {
namespace {

// A story types all of it in, in this order and in one shell: keep each command as it is meant to be typed.

const RunbookChapter k_names{
    "A CA FOR ONE TRUST DOMAIN",
    {{"The constraints stand in the CA's certificate: whoever verifies refuses another trust domain below it, whatever "
      "this CA signs.",
      "signet ca init --permit-uri mesh.internal --permit-dns mesh.internal"},
     {"A name of each kind: the URI says who a service is, the DNS name is what clients connect to. The ready-made "
      "profile svid holds to the rules of SPIFFE X509-SVID: exactly one URI, with a path, in lower case.",
      "signet issue payment.mesh.internal spiffe://mesh.internal/payment --profile svid --out payment\n"
      "signet issue orders.mesh.internal spiffe://mesh.internal/orders --profile svid --out orders\n"
      "signet verify payment/tls.crt --root payment/ca.crt --uri spiffe://mesh.internal/payment"},
     {"Another trust domain is refused, and two identities in one certificate too.",
      "! signet issue spiffe://other.internal/payment --profile svid --out none\n"
      "! signet issue spiffe://mesh.internal/a spiffe://mesh.internal/b --profile svid --out none"},
     {"A profile of your own narrows it to what one team may have. Where clients know DNS names only, as ACME clients "
      "do, add_uri makes the URI of the name.",
      "cat >> \"$SIGNET_STORE/signet.toml\" <<'END'\n"
      "[profile.shop]\n"
      "permit_dns = [\"*.shop.mesh.internal\"]\n"
      "permit_uri = [\"spiffe://mesh.internal/*.shop.mesh.internal\"]\n"
      "add_uri = [\"spiffe://mesh.internal/{dns}\"]\n"
      "END\n"
      "signet profile check cart.shop.mesh.internal --profile shop\n"
      "signet issue cart.shop.mesh.internal --profile shop --out cart\n"
      "signet verify cart/tls.crt --root cart/ca.crt --uri spiffe://mesh.internal/cart.shop.mesh.internal"}}};

const RunbookChapter k_java{
    "JAVA",
    {{"A Java service takes key and chain from one PKCS#12 file, tls.p12, and its anchors from another. Both have a "
      "password, which comes from a file; renewals write tls.p12 anew.",
      "(umask 077; openssl rand -hex 16 > p12.password)\n"
      "signet issue orders.mesh.internal spiffe://mesh.internal/orders --profile svid --out orders --format pem,p12 "
      "--p12-password-file p12.password\n"
      "signet ca export --bundle --format p12 --p12-password-file p12.password --out trust.p12"},
     {"keytool lists a PrivateKeyEntry in the one, a trustedCertEntry in the other.",
      "keytool -list -keystore orders/tls.p12 -storepass:file p12.password\n"
      "keytool -list -keystore trust.p12 -storepass:file p12.password"}}};

const RunbookChapter k_rotation{
    "ROTATION WITHOUT A FAILED HANDSHAKE",
    {{"A server that looks at its files before each handshake needs no signal, and checks the URI of its clients; "
      "signet-mtls(7) has nginx, haproxy and others. PORT is a free port, 8443 for example.",
      "python3 deploy/reload/server.py \"$PORT\" payment spiffe://mesh.internal/orders & SERVER=$!\n"
      "curl -s --retry 60 --retry-delay 1 --retry-connrefused \"https://localhost:$PORT/\" || test $? -ne 7"},
     {"Who is who is checked on both sides.",
      "signet verify \"localhost:$PORT\" --servername payment.mesh.internal --root orders/ca.crt --cert orders/tls.crt "
      "--key orders/tls.key --expect-uri spiffe://mesh.internal/payment\n"
      "curl -sSf --connect-to \"payment.mesh.internal:$PORT:localhost:$PORT\" --cacert orders/ca.crt --cert "
      "orders/tls.crt --key orders/tls.key \"https://payment.mesh.internal:$PORT/\""},
     {"From cron or a timer: renews what is due, files change together by one rename.",
      "signet renew payment orders cart"},
     {"A new root, long before the old one ends. What it would do is played first; then both roots are anchors, "
      "and certificates carry a chain to each. Everyone moves over within three days as renewals run; --force does "
      "so now.",
      "signet drill rotate-root\n"
      "signet ca rotate --root\n"
      "signet renew payment orders cart --force\n"
      "signet ca show"},
     {"When `ca show` says so, the former root goes: signet ca retire ID. Before that it is refused.", ""}}};

const RunbookChapter k_alert{
    "AN ALERT WHEN A RENEWAL IS BLOCKED",
    {{"Somebody is told when a certificate ends soon: a program, or a webhook, named under [notify] of signet.toml. "
      "See "
      "signet-events(7).",
      "sed -i \"/^\\[notify\\]/a command = 'tee -a $PWD/alerts.jsonl'\" \"$SIGNET_STORE/signet.toml\""},
     {"Try it: a certificate of seconds, and a CA whose key is away.",
      "signet issue batch.mesh.internal spiffe://mesh.internal/batch --profile svid --validity 20s --out batch\n"
      "mv \"$SIGNET_STORE/authorities/default/issuing.key\" issuing.key.away\n"
      "! signet renew batch"},
     {"The cron job that looks at the certificates says so by its exit code, 1 for WARNING, 2 for CRITICAL or EXPIRED, "
      "and tells whoever [notify] names.",
      "! signet status payment orders batch --notify --format nagios\n"
      "grep spiffe://mesh.internal/batch alerts.jsonl"},
     {"For Prometheus, put the same into the directory of the node exporter's textfile collector. Its alerts are in "
      "deploy/prometheus/alerts.yml: SignetCertificateEndsSoon is this one.",
      "signet status payment orders batch --format prometheus > signet.prom || true\n"
      "promtool check rules deploy/prometheus/alerts.yml"},
     {"Why it is blocked, without changing anything; then mend it.",
      "! signet renew batch --dry-run\n"
      "mv issuing.key.away \"$SIGNET_STORE/authorities/default/issuing.key\"\n"
      "signet renew batch"}}};

const RunbookChapter k_leak{
    "WHEN A KEY HAS LEAKED",
    {{"signet-emergency(7) has what to type: for the key of a service, of an issuing CA, of a root. For a service it "
      "begins like this.",
      "signet revoke orders --reason keyCompromise\n"
      "signet renew orders --force\n"
      "kill \"$SERVER\""}}};

}  // namespace

const std::vector<RunbookChapter>& spiffe_guide() {
    static const std::vector<RunbookChapter> chapters{k_names, k_java, k_rotation, k_alert, k_leak};
    return chapters;
}

}  // namespace signet::cli
