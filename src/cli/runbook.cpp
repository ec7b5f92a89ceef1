#include "cli/runbook.h"

namespace signet::cli {
namespace {

const RunbookChapter k_leaf{
    "THE KEY OF A CERTIFICATE HAS LEAKED",
    {{"Revoke the certificate: name its file, its directory or its serial number. A serve-acme over the same store "
      "says so from the next request on.",
      "signet revoke certificates/db.internal --reason keyCompromise"},
     {"See that the server answers \"revoked\", and lists it.",
      "signet ca export --bundle --out ca-bundle.pem\n"
      "openssl ocsp -url \"$URL/ocsp/default\" -issuer authorities/default/issuing.crt -CAfile ca-bundle.pem -cert "
      "certificates/db.internal/tls.crt\n"
      "curl -fsS \"$URL/crl/default.crl\" | openssl crl -inform DER -noout -text"},
     {"Replace it, with a new key: without --force a revoked certificate is not renewed. Add --exec or --signal for "
      "the service that uses it. Where it came by signet fetch, give the command on that machine; other ACME clients "
      "learn from renewal information (RFC 9773) that it is time.",
      "signet renew certificates/db.internal --force"},
     {"Where a web server of your own publishes the CRL, give it the new one.", "signet crl --out default.crl"}}};

const RunbookChapter k_machine{
    "A MACHINE IS NOT TRUSTED ANY MORE",
    {{"Find its ACME account, and stop it: nothing more is issued to it.",
      "signet account list\n"
      "signet account deactivate \"$ACCOUNT\""},
     {"If a token bound it and others might still use that token, revoke the token. This stops every account that it "
      "bound.",
      "signet token list\n"
      "signet token revoke \"$KID\""},
     {"A stopped account leaves its certificates good until they end. Revoke them.",
      "signet revoke \"$SERIAL\" --reason privilegeWithdrawn"}}};

const RunbookChapter k_issuing{
    "THE KEY OF AN ISSUING CA HAS LEAKED",
    {{"Whoever has it signs what he likes, CRLs and OCSP answers too: to revoke single certificates is of no use. Put "
      "another one in its place. A serve-acme that runs signs with it at once, and makes its own certificate anew. "
      "Where the root's key is kept elsewhere, name it with --root-key.",
      "signet ca rotate"},
     {"Replace all certificates of this store. Other ACME clients learn from renewal information that it is time, "
      "within three days; where that is too long, signet renew --force on the machine.",
      "signet renew --force"},
     {"Revoke the former issuing CA. The root's CRL and its OCSP responder say so from then on; who checks the whole "
      "chain takes no certificate below it. If the root's key is kept elsewhere, revoke it there too, sign the CRL "
      "there (of a corporate root, have it signed), and bring it here: signet ca import root.crl.",
      "signet revoke authorities/default/former/issuing-*.crt --reason cACompromise\n"
      "signet crl --root --out root.crl"},
     {"See that the server says so.",
      "openssl ocsp -url \"$URL/ocsp/default\" -issuer authorities/default/root.crt -CAfile ca-bundle.pem -cert "
      "authorities/default/former/issuing-*.crt"}}};

const RunbookChapter k_root{
    "THE KEY OF A ROOT HAS LEAKED",
    {{"No CRL helps: a root is its own issuer. Put a new one in its place: the old one stands in ca.crt and /ca.pem no "
      "more, and all that was signed below it is revoked. Its key is not needed for that.",
      "signet ca rotate --root --compromised"},
     {"Bring the new root to all who verify, and take the old one out of every trust store. The fingerprint is that "
      "of the old one.",
      "signet ca export --root --out new-root.pem\n"
      "openssl x509 -in authorities/default/former/root-*.crt -noout -fingerprint -sha256"},
     {"Replace all certificates of this store. Other ACME clients learn from renewal information that it is time; "
      "signet fetch and other programs that were told the old root have to be told the new one.",
      "signet renew"}}};

const RunbookChapter k_host{
    "THE MACHINE OF THE CA WAS BROKEN INTO",
    {{"Take all its keys for leaked, those of its roots too unless they were kept elsewhere. Keep the store as it is "
      "for those who examine it, and begin a new one on another machine.",
      ""}}};

}  // namespace

const std::vector<RunbookChapter>& emergency_runbook() {
    static const std::vector<RunbookChapter> chapters{k_leaf, k_machine, k_issuing, k_root, k_host};
    return chapters;
}

}  // namespace signet::cli
