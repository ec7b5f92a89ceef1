#include "cli/settings_reference.h"

namespace signet::cli {
namespace {

const SettingsSection k_top{"",
                            "Keys above the first table.",
                            {{"default_profile", "\"default\"",
                              "The profile of /acme/directory and of `issue` without --profile. Unset: `issue` uses "
                              "\"default\", and an order at "
                              "/acme/directory must name a profile."}}};

const SettingsSection k_server{
    "server",
    "What serve-acme listens on and says about itself. The options of the command override it.",
    {{"listen", "\"0.0.0.0:8443\"",
      "Address and port of HTTPS: ACME and everything else. Port 0 takes a free one. A socket that systemd passes "
      "stands "
      "for it."},
     {"http_listen", "\"0.0.0.0:8080\"",
      "Address and port of plain HTTP: CA certificates, CRLs, OCSP and health; never /ca.pem, nor ACME unless "
      "insecure_http_acme. "
      "Empty: none."},
     {"hostnames", "[]",
      "Names on the server's own certificate, never issued over ACME; the first is the host of every URL that it "
      "prints. "
      "Empty: the machine's name."},
     {"external_url", "\"\"",
      "https://... behind a load balancer. ACME requests for a host outside hostnames and external_url are answered "
      "421."},
     {"insecure_http_acme", "false", "Answer ACME over plain HTTP too."},
     {"public_http_url", "\"\"",
      "http://... of the plain HTTP listener as others reach it: base of the CRL, OCSP and AIA URLs in certificates. "
      "Without it none are written."},
     {"trusted_proxies", "[]",
      "Address ranges (CIDR) of proxies whose X-Forwarded-For counts: the client is its right-most address that is "
      "none of them. It is what the log, the audit log and rate limits show."},
     {"terms_of_service", "\"\"", "URL shown in the directory; accounts must then agree."},
     {"website", "\"\"", "URL shown in the directory."},
     {"caa_identities", "[]",
      "Domain names that mean this CA in CAA records, shown in the directory: see caa of profiles. Lower case."},
     {"nonce_lifetime", "\"1h\"", "How long a nonce is good."},
     {"order_lifetime", "\"24h\"", "How long an order may take."},
     {"authorization_lifetime", "\"24h\"", "How long a proven name stays proven."}}};

const SettingsSection k_validation{
    "validation",
    "How challenges are validated.",
    {{"resolver", "\"\"",
      "ADDR:PORT of a DNS server: then DNS only. Empty: addresses as the system resolves them, hosts file too; TXT "
      "and CAA records from the servers of resolv.conf. Names are asked for as they stand: the search list of "
      "resolv.conf is not followed. A cache that resolves for the whole system (nscd, systemd-resolved) goes by its "
      "own settings: name a DNS server here where such a one searches."},
     {"http01_port", "80", "The port that http-01 is validated on."},
     {"tls_alpn01_port", "443", "The port that tls-alpn-01 is validated on."},
     {"allow_targets", "[]",
      "Address ranges (CIDR) that may be asked though they are loopback, link-local, multicast, broadcast or "
      "unspecified. "
      "Private ranges need no entry."},
     {"deny_targets", "[]", "Address ranges that are never asked."},
     {"concurrency", "64", "Validations of one challenge type at a time, at most 8 of them for one account."}}};

const SettingsSection k_authority{
    "authority.NAME",
    "How long what an authority says about revocation is good.",
    {{"crl_validity", "\"7d\"",
      "From thisUpdate to nextUpdate of a CRL. A new one is signed at half of it, and after each revocation."},
     {"ocsp_validity", "\"24h\"", "From thisUpdate to nextUpdate of an OCSP answer: how long it may be stapled."}}};

const SettingsSection k_profile{
    "profile.NAME",
    "What may be signed. `default`, `server`, `client` (one usage each) and `svid` (SPIFFE X509-SVID rules) are "
    "ready-made; "
    "a table of the same name changes them key by key. A kind of name that is not listed is not permitted: a table "
    "with any permit_* key states them all.",
    {{"ca", "\"default\"", "The authority that signs."},
     {"permit_dns", "[\"**\"]",
      "DNS names: `x.y` itself; `*.y` one label under y; `**.y` any depth under y; `**` all."},
     {"deny_dns", "[]", "The same patterns; they win over permit_dns."},
     {"permit_ip", "[\"0.0.0.0/0\", \"::/0\"]", "IP addresses, by CIDR."},
     {"deny_ip", "[]", "CIDRs; they win over permit_ip."},
     {"permit_uri", "[\"**\"]", "URIs: `*` within a path segment, `**` across."},
     {"permit_email", "[\"**\"]", "E-mail addresses: `*` within the local part, `**` across."},
     {"wildcards", "true", "Whether `*.example` names are issued."},
     {"max_names", "100", "Names on one certificate."},
     {"default_validity", "\"24h\"", "Lifetime when none is asked for."},
     {"max_validity", "\"398d\"",
      "A longer one is refused. From notBefore to notAfter, both included, it is never more: at the maximum the end "
      "comes as much earlier as backdate puts the beginning."},
     {"backdate", "\"1m\"",
      "How far notBefore lies in the past, for clocks that are slow. The lifetime counts from now."},
     {"key_types", "[\"ec-p256\", \"ec-p384\", \"ed25519\", \"rsa-2048\", \"rsa-3072\", \"rsa-4096\"]",
      "Key types permitted."},
     {"usage", "[\"server\", \"client\"]", "Extended key usages: serverAuth, clientAuth, or both."},
     {"subject", "{}",
      "Fixed parts of the subject: o, ou, c, st, l; cn = \"first-dns\" (the first DNS name) or \"none\"."},
     {"add_uri", "[]", "URIs added to every certificate: \"spiffe://mesh.internal/{dns}\"."},
     {"revocation", "\"full\"",
      "\"full\": CRL and OCSP, with their URLs where public_http_url is set. \"none\" marks certificates with "
      "noRevAvail (RFC 9608)."},
     {"must_staple", "false",
      "Add the TLS feature extension (RFC 7633): whoever shows the certificate must staple an OCSP answer."},
     {"policies", "[]", "Certificate policy OIDs."}}};

const SettingsSection k_acme{
    "profile.NAME.acme",
    "Read by serve-acme alone.",
    {{"auth", "\"challenge\"",
      "How names are proven: \"challenge\"; \"token\" (an account bound by a token of `signet "
      "token create` gets what token and profile permit, without challenges; implies "
      "require_eab); \"trust\" (every account gets what the profile permits: for private "
      "networks only); \"manual\" (an order waits for `signet order approve`). Unset: what "
      "serve-acme --auth says, else challenge."},
     {"require_eab", "false",
      "Whether only accounts that a token bound (external account binding, RFC 8555 section "
      "7.3.4) get certificates."},
     {"caa", "false",
      "Whether the CAA records of each DNS name (RFC 8659) must permit this CA, by one of caa_identities, when a "
      "certificate is asked for; accounturi is the URL of the ACME account, validationmethods the challenge type that "
      "proved the name (RFC 8657). Records that cannot be looked up refuse. Off, since a private CA must go on when "
      "the DNS of the outer world does not."},
     {"challenges", "[\"http-01\", \"dns-01\", \"tls-alpn-01\"]",
      "Challenge types offered, where they apply: a wildcard can only be proven in DNS, an IP address not. Also "
      "dns-account-01 (draft-ietf-acme-dns-account-label-02: TXT at _LABEL._acme-challenge.NAME, where LABEL stands "
      "for the account, so that several clients can prove one name) and dns-persist-01 "
      "(draft-ietf-acme-dns-persist-02: a TXT record at _validation-persist.NAME that stays: one of caa_identities, "
      "else the first of hostnames; accounturi= with the account's URL, as the first drafts have it, or its hash below "
      "the directory's accountHashPrefix; policy=wildcard; persistUntil=SECONDS). Both are off since they are drafts, "
      "and since clients that know neither stumble over a challenge without token. Whoever gets hold of an account's "
      "key gets certificates for all names that have such a record."},
     {"authorize_command", "\"\"",
      "A program that decides about every order and authorization, before the mode does; with "
      "\"trust\" it decides instead of challenges, within what the profile permits. It is "
      "split as a shell splits quotes, expanded in no way and run directly, as serve-acme's "
      "user, with a clean environment (SIGNET_HOOK_PROFILE, _ACCOUNT, _ADDRESS, _NAMES). On "
      "standard input it gets one JSON object: profile, mode, account, thumbprint (of the "
      "account's key, RFC 7638), contacts[] (as the account states them), address (where the "
      "request came from) and identifiers[] of type and value; not_before, not_after and "
      "replaces where the order has them. Exit 0: go on. 1: refused, and what it prints, "
      "first 500 characters, is the reason that the client and the audit log get. Anything "
      "else, or no end within ten seconds, is a fault of the server (serverInternal). Eight run "
      "at a time; when more than sixteen wait, further orders are answered rateLimited."},
     {"rate_limits", "{}",
      "\"N/DURATION\" for orders_per_account (an authorization asked for alone counts as an order), "
      "accounts_per_address (IPv6: per /64; of the profile at whose directory the account is made, so that one of "
      "another directory does not count here) and certificates_per_name (each name of a certificate): N at once, given "
      "back evenly over "
      "the duration, so that another one is possible after DURATION/N. One over is answered "
      "429 with that wait as Retry-After. Kept in the store. Not set: no limit but this one, of every account: 3000 "
      "orders that are neither finalized, failed nor expired, and 3000 authorizations that are pending or were "
      "deactivated; one over is answered "
      "429 with the time until enough of them expire."}}};

const SettingsSection k_retention{
    "retention",
    "How long serve-acme keeps what has ended.",
    {{"expired", "\"90d\"",
      "The inventory's rows of certificates that have ended, counted from their end: an hour at least, or \"never\" to "
      "keep them for good. CA certificates and what a saved directory still holds stay, and so does the audit log, "
      "which tells of every certificate."}}};

const SettingsSection k_notify{
    "notify",
    "Who is told of what happens: signet-events(7) has the kinds, the document and what is promised.",
    {{"command", "\"\"",
      "Program that is run for each event, with the document on standard input; split as a shell would split quotes, "
      "run "
      "directly. Either this or url."},
     {"url", "\"\"", "Where each event is posted to, \"https://...\". Over http:// anybody on the way can read it."},
     {"hmac_key_file", "\"\"",
      "The key of the signature of what is posted (X-Signet-Signature, HMAC-SHA-256); a relative one is beside "
      "signet.toml."},
     {"events", "[\"issued\", \"refused\", \"revoked\", \"expiring\", \"ca_expiring\"]", "What is told of."}}};

const SettingsSection k_audit{
    "audit",
    "A copy of the audit log elsewhere, as it grows.",
    {{"export", "\"\"",
      "\"file:/PATH\": the lines that signet audit --json prints are appended to this file (0600 when it is made; it "
      "may "
      "be moved away at any time), from the first entry on. \"syslog\": they go to the system's log, facility "
      "authpriv, "
      "from when this is set; \"syslog:/SOCKET\" to another socket than /dev/log. serve-acme does it, within a second "
      "or two, in a thread of its own: a target that is slow or away holds up no issuance, and gets what it missed "
      "when it is back, after a restart too."}}};

}  // namespace

const std::vector<SettingsSection>& settings_reference() {
    static const std::vector<SettingsSection> sections{k_top,  k_server,    k_validation, k_authority, k_profile,
                                                       k_acme, k_retention, k_notify,     k_audit};
    return sections;
}

}  // namespace signet::cli
