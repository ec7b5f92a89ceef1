#include "cli/runbook.h"

namespace signet::cli {
namespace {

// Each configuration is a file of deploy/reload too, and each piece of a program is cut from one there, which a story
// runs with the real program: keep them alike.

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

const RunbookChapter k_java{
    "JAVA",
    {{"Java reads key and chain from a PKCS#12 store; keytool shows what is in it. The password file is nobody else's, "
      "and is read again at each renewal.",
      "(umask 077; openssl rand -hex 16 > /tls/web.password)\n"
      "signet issue web.internal --out /tls/web --format p12 --p12-password-file /tls/web.password\n"
      "keytool -list -keystore /tls/web/tls.p12 -storepass:file /tls/web.password"},
     {"A server takes an SSLContext once. Give it managers that look at the directory and pass each question on to "
      "those "
      "of the version that stands there; deploy/reload/Server.java has them whole, for the server of the JDK. No "
      "signal "
      "is needed. The list of clients, URIs before DNS names:",
      R"(    private static final int URI = 6, DNS = 2;  // of GeneralName, RFC 5280 section 4.2.1.6

    static boolean listed(X509Certificate peer, List<String> allowed) throws CertificateException {
        var names = peer.getSubjectAlternativeNames();
        if (names == null) return false;
        for (int kind : new int[] {URI, DNS})
            for (List<?> name : names)
                if (name.get(0).equals(kind) && allowed.contains(name.get(1))) return true;
        return false;
    })"},
     {"", "signet renew /tls/web --probe localhost:8443"}}};

const RunbookChapter k_node{"NODE",
                            {{"setSecureContext counts for new connections, and those that stand are not touched: no "
                              "signal is needed. The whole "
                              "is deploy/reload/server.mjs.",
                              R"(setInterval(() => {
  try {
    const next = live();
    if (next === version) return;
    server.setSecureContext(load(next)); // for new connections; those that stand are not touched
    version = next;
  } catch (error) {
    console.error(`kept the former certificate: ${error.message}`); // looked at again in a second
  }
}, 1000);)"},
                             {"The list of clients:",
                              R"(const listed = peer => {
  const names = (peer.subjectaltname ?? '').split(', ');
  return allowed.some(name => names.includes('URI:' + name) || names.includes('DNS:' + name));
};)"}}};

const RunbookChapter k_go{
    "GO",
    {{"GetConfigForClient is asked at each handshake, and answers with what stands in the directory: certificate and "
      "anchors of one version. No signal is needed. The whole is deploy/reload/server.go.",
      R"(version, err := filepath.EvalSymlinks(filepath.Join(c.directory, ".versions", "live"))
if err == nil && version != c.version {
    var config *tls.Config
    if config, err = load(version); err == nil {
        c.version, c.config = version, config
    }
})"},
     {"The list of clients, by PeerCertificates[0] of the connection:",
      R"(for _, uri := range peer.URIs {
    if uri.String() == name {
        return true
    }
}
for _, dns := range peer.DNSNames {
    if dns == name {
        return true
    }
})"}}};

const RunbookChapter k_own{
    "PROGRAMS OF YOUR OWN",
    {{"Resolve the directory .versions/live once and load all files from there: they fit each other. Look at it before "
      "each handshake, or every second; no signal is needed then. Where a file is gone in the meantime, another "
      "version "
      "has come: try again. Take a peer's name from its URIs (spiffe://...) first, then from its DNS names, never from "
      "the CN, and compare the whole name. deploy/reload/server.py does this in Python.",
      ""},
     {"What reads its files only when it starts is restarted:",
      "signet renew /tls/web --exec 'systemctl restart web' --probe localhost:8443"},
     {"There is no recipe for Envoy: Debian does not have it, and none was tried.", ""}}};

}  // namespace

const std::vector<RunbookChapter>& mtls_recipes() {
    static const std::vector<RunbookChapter> chapters{k_directory, k_nginx, k_haproxy, k_apache, k_postgresql,
                                                      k_java,      k_node,  k_go,      k_own};
    return chapters;
}

}  // namespace signet::cli
