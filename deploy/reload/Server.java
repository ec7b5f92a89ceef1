// A server that looks at its files at each handshake, and needs no signal: java Server.java PORT DIR NAME...
// It reads key and chain from tls.p12 (signet ... --format p12 --p12-password-file DIR.password), and its clients need a
// certificate of the same CA that has one of the NAMEs: a URI (spiffe://...), else a DNS name.
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;

public class Server {
    /** The managers of the version that stands in a directory now. The directory is resolved once: they fit. */
    static final class Live {
        private final Path directory;
        private final char[] password;
        private Path version;
        private X509ExtendedKeyManager keys;
        private X509ExtendedTrustManager trust;

        Live(Path directory) throws IOException {
            this.directory = directory;
            password = Files.readString(Path.of(directory + ".password")).strip().toCharArray();
            keys();
        }

        synchronized X509ExtendedKeyManager keys() {
            refresh();
            return keys;
        }

        synchronized X509ExtendedTrustManager trust() {
            refresh();
            return trust;
        }

        private void refresh() {
            try {
                Path now = directory.resolve(".versions").resolve("live").toRealPath();
                if (now.equals(version)) return;
                var newKeys = loadKeys(now);
                trust = loadTrust(now);
                keys = newKeys;
                version = now;
            } catch (IOException | GeneralSecurityException error) {
                if (keys == null) throw new IllegalStateException(error);  // else the former ones, until the next look
            }
        }

        private X509ExtendedKeyManager loadKeys(Path from) throws IOException, GeneralSecurityException {
            var store = KeyStore.getInstance("PKCS12");
            try (InputStream in = Files.newInputStream(from.resolve("tls.p12"))) {
                store.load(in, password);
            }
            var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            factory.init(store, password);
            return (X509ExtendedKeyManager) factory.getKeyManagers()[0];
        }

        private X509ExtendedTrustManager loadTrust(Path from) throws IOException, GeneralSecurityException {
            var store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            try (InputStream in = Files.newInputStream(from.resolve("ca.crt"))) {
                int count = 0;
                for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(in))
                    store.setCertificateEntry("anchor" + count++, one);
            }
            var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
        }
    }

    /** For any server that takes an SSLContext: the context stays, what it shows follows the files. */
    static final class LiveKeys extends X509ExtendedKeyManager {
        private final Live live;
        // One handshake asks in several calls, by the thread that carries it: all are answered from one version.
        private final ThreadLocal<X509ExtendedKeyManager> chosen = new ThreadLocal<>();

        LiveKeys(Live live) { this.live = live; }

        private X509ExtendedKeyManager current() {
            var mine = chosen.get();
            return mine != null ? mine : live.keys();
        }
        @Override public String chooseEngineServerAlias(String type, Principal[] issuers, SSLEngine engine) {
            chosen.set(live.keys());
            return chosen.get().chooseEngineServerAlias(type, issuers, engine);
        }
        @Override public String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
            chosen.set(live.keys());
            return chosen.get().chooseServerAlias(type, issuers, socket);
        }
        @Override public X509Certificate[] getCertificateChain(String alias) { return current().getCertificateChain(alias); }
        @Override public PrivateKey getPrivateKey(String alias) { return current().getPrivateKey(alias); }
        @Override public String[] getServerAliases(String type, Principal[] issuers) {
            return current().getServerAliases(type, issuers);
        }
        @Override public String[] getClientAliases(String type, Principal[] issuers) { return null; }
        @Override public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) { return null; }
    }

    static final class LiveTrust extends X509ExtendedTrustManager {
        private final Live live;

        LiveTrust(Live live) { this.live = live; }

        @Override public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
            live.trust().checkClientTrusted(chain, type);
        }
        @Override public void checkClientTrusted(X509Certificate[] chain, String type, Socket s) throws CertificateException {
            live.trust().checkClientTrusted(chain, type, s);
        }
        @Override public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine e) throws CertificateException {
            live.trust().checkClientTrusted(chain, type, e);
        }
        @Override public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
            live.trust().checkServerTrusted(chain, type);
        }
        @Override public void checkServerTrusted(X509Certificate[] chain, String type, Socket s) throws CertificateException {
            live.trust().checkServerTrusted(chain, type, s);
        }
        @Override public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine e) throws CertificateException {
            live.trust().checkServerTrusted(chain, type, e);
        }
        @Override public X509Certificate[] getAcceptedIssuers() { return live.trust().getAcceptedIssuers(); }
    }

    private static final int URI = 6, DNS = 2;  // of GeneralName, RFC 5280 section 4.2.1.6

    static boolean listed(X509Certificate peer, List<String> allowed) throws CertificateException {
        var names = peer.getSubjectAlternativeNames();
        if (names == null) return false;
        for (int kind : new int[] {URI, DNS})
            for (List<?> name : names)
                if (name.get(0).equals(kind) && allowed.contains(name.get(1))) return true;
        return false;
    }

    public static void main(String[] words) throws Exception {
        var allowed = List.of(words).subList(2, words.length);
        var live = new Live(Path.of(words[1]));
        var context = SSLContext.getInstance("TLS");
        context.init(new KeyManager[] {new LiveKeys(live)}, new TrustManager[] {new LiveTrust(live)}, null);
        var server = HttpsServer.create(new InetSocketAddress(Integer.parseInt(words[0])), 128);
        server.setHttpsConfigurator(new HttpsConfigurator(context) {
            @Override public void configure(HttpsParameters parameters) {
                var wanted = getSSLContext().getDefaultSSLParameters();
                wanted.setNeedClientAuth(true);
                wanted.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
                parameters.setSSLParameters(wanted);
            }
        });
        server.createContext("/", exchange -> {
            try (exchange) {
                var peer = ((HttpsExchange) exchange).getSSLSession().getPeerCertificates()[0];
                boolean ok = listed((X509Certificate) peer, allowed);
                byte[] text = (ok ? "hello\n" : "you are not on the list\n").getBytes(StandardCharsets.US_ASCII);
                exchange.sendResponseHeaders(ok ? 200 : 403, text.length);
                exchange.getResponseBody().write(text);
            } catch (CertificateException error) {
                throw new IOException(error);
            }
        });
        server.setExecutor(Executors.newCachedThreadPool());
        server.start();
    }
}
