#include "cli/runbook.h"

namespace signet::cli {
namespace {

// Each configuration is a file of deploy/reload too, which a story runs with the real program: keep them alike.

const RunbookChapter k_directory{
    "THE DIRECTORY OF A CERTIFICATE",
    {{"A server and its clients each have a certificate of the same CA. The recipes take the server's to be in "
      "/tls/web, "
      "got by one of these; ca.crt there holds the anchors that peers are verified by.",
      "signet issue web.internal --out /tls/web\n"
      "signet fetch web.internal --token-file token --out /tls/web"},
     {"The files change together, by one rename. Renewal runs from a timer or as a daemon, and tells the server as the "
      "recipes say; --probe then asks it for the new certificate.",
      "signet renew /tls/web --signal HUP:/run/nginx.pid --probe localhost:8443"},
     {"That the door is closed to all others is proved by signet-verify(1) with --mtls.",
      "signet verify localhost:8443 --root /tls/web/ca.crt --cert client/tls.crt --key client/tls.key --mtls"}}};

const RunbookChapter k_nginx{"NGINX",
                             {{"nginx sees the subject of a client's certificate and not its alternative names, so the "
                               "list of clients is by CN, "
                               "which signet sets to the first DNS name.",
                               R"(map $ssl_client_s_dn $allowed {
    default 0;
    "CN=client.internal" 1;
}
server {
    listen 8443 ssl;
    ssl_certificate /tls/web/tls.crt;
    ssl_certificate_key /tls/web/tls.key;
    ssl_client_certificate /tls/web/ca.crt;
    ssl_verify_client on;
    ssl_verify_depth 3;
    ssl_protocols TLSv1.2 TLSv1.3;
    if ($allowed = 0) { return 403; }
    location / { return 200 "hello\n"; }
})"},
                              {"A reload drops no connection.", "signet renew /tls/web --signal HUP:/run/nginx.pid"}}};

const RunbookChapter k_haproxy{"HAPROXY",
                               {{"It reads key and chain from one file, tls.pem: get the certificate with --format "
                                 "combined. The list of clients is "
                                 "by CN. Start it with -W -p /run/haproxy.pid; its master reloads at SIGUSR2.",
                                 R"(global
    stats socket /run/haproxy.sock mode 600 level admin expose-fd listeners
    ssl-default-bind-options ssl-min-ver TLSv1.2
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend web
    bind :8443 ssl crt /tls/web/tls.pem ca-file /tls/web/ca.crt verify required
    http-request deny unless { ssl_c_s_dn(CN) -m str client.internal }
    http-request return status 200 content-type text/plain string "hello")"},
                                {"", "signet renew /tls/web --signal USR2:/run/haproxy.pid"}}};

const RunbookChapter k_apache{
    "APACHE",
    {{"The list of clients is by DNS names of the certificate. SIGUSR1 is a graceful restart.",
      R"(Listen 8443
<VirtualHost *:8443>
    SSLEngine on
    SSLProtocol -all +TLSv1.2 +TLSv1.3
    SSLCertificateFile /tls/web/tls.crt
    SSLCertificateKeyFile /tls/web/tls.key
    SSLCACertificateFile /tls/web/ca.crt
    SSLVerifyClient require
    SSLVerifyDepth 3
    DocumentRoot /var/www/html
    <Location />
        Require expr "%{SSL_CLIENT_SAN_DNS_0} in { 'client.internal' }"
    </Location>
</VirtualHost>)"},
     {"", "signet renew /tls/web --signal USR1:/run/apache2/apache2.pid"}}};

const RunbookChapter k_postgresql{
    "POSTGRESQL",
    {{"It wants a key that is its user's own: get the certificate with --owner postgres, which renewals keep. In "
      "postgresql.conf:",
      R"(ssl = on
ssl_cert_file = '/tls/web/tls.crt'
ssl_key_file = '/tls/web/tls.key'
ssl_ca_file = '/tls/web/ca.crt'
ssl_min_protocol_version = 'TLSv1.2')"},
     {"In pg_hba.conf, the certificate is the password:",
      R"(hostssl  all       all   all      cert clientname=CN map=signet)"},
     {"And in pg_ident.conf, which CN is which user:", R"(signet     client.internal  postgres)"},
     {"", "signet renew /tls/web --signal HUP:/var/lib/postgresql/15/main/postmaster.pid"}}};

const RunbookChapter k_own{
    "PROGRAMS OF YOUR OWN",
    {{"Resolve the directory .versions/live once and load all files from there: they fit each other. Look at it before "
      "each handshake, or every minute; no signal is needed then. Take a peer's name from its URIs "
      "(spiffe://...) first, then from its DNS names, never from the CN, and compare the whole name. "
      "deploy/reload/server.py does this in Python.",
      ""}}};

}  // namespace

const std::vector<RunbookChapter>& mtls_recipes() {
    static const std::vector<RunbookChapter> chapters{k_directory, k_nginx, k_haproxy, k_apache, k_postgresql, k_own};
    return chapters;
}

}  // namespace signet::cli
