#include "cli/ca_export.h"

#include "base/encoding.h"
#include "base/error.h"
#include "cli/new_token.h"
#include "crypto/pkcs12.h"
#include "deliver/format_k8s.h"
#include "deliver/format_p12.h"
#include "x509/pem.h"

namespace signet::cli {
namespace {

using base::Error;
using base::Kind;

std::string or_default(const std::string& text, const char* otherwise) { return text.empty() ? otherwise : text; }

/// ca.crt as a block of YAML.
std::string config_map(const Exported& what, const ExportOptions& options) {
    std::string yaml =
        deliver::kubernetes_head("v1", "ConfigMap", or_default(options.k8s_name, "signet-ca"), options.k8s_namespace) +
        "data:\n  ca.crt: |\n";
    const std::string pem = x509::encode_certificates(what.files.anchors());
    for (std::size_t at = 0; at < pem.size();) {
        const std::size_t end = pem.find('\n', at) + 1;
        yaml += "    " + pem.substr(at, end - at);
        at = end;
    }
    return yaml;
}

deliver::Bundle bundle_of(const Exported& what) {
    auto chain = what.files.chain();
    if (!chain.empty()) chain.erase(chain.begin());
    if (what.certificates.front() == what.files.root) chain.clear();
    return {.leaf = what.certificates.front(),
            .chain = std::move(chain),
            .key_pem = base::Secret(std::string(what.key_pem.reveal())),
            .anchors = what.files.anchors()};
}

base::Secret encode_p12(const Exported& what, const ExportOptions& options) {
    crypto::Pkcs12 content;
    content.name = what.files.name;
    content.legacy = options.p12_legacy;
    if (what.key_pem.empty()) {
        for (const auto& anchor : what.files.anchors()) content.others.push_back(anchor.der());
    } else {
        const auto bundle = bundle_of(what);
        content.key_pem = base::Secret(std::string(what.key_pem.reveal()));
        content.certificate = bundle.leaf.der();
        for (const auto& certificate : bundle.chain) content.others.push_back(certificate.der());
    }
    return crypto::encode_pkcs12(content, deliver::read_p12_password({options.p12_password_file, false, {}, {}}));
}

/// What the server's own certificate hangs on: the default profile's CA.
std::vector<x509::Certificate> server_anchors(store::Store& store, const Settings& settings) {
    const auto found = settings.profiles.find(settings.server.default_profile);
    const std::string name = found == settings.profiles.end() ? "default" : found->second.ca;
    return ca::read_authority_files(store.layout(), name).anchors();
}

acme::EnrolmentToken token_for(const Context& context, store::Store& store, const Settings& settings,
                               const ExportOptions& options) {
    if (options.token) return acme::parse_token(*options.token);
    TokenWords words;
    words.profile = options.profile;
    words.server = options.server;
    auto made = create_token(context, store, settings, words);
    context.out.note("made a token " + token_terms(made.record) + ": apply the manifest by then, or give --token");
    return std::move(made.token);
}

}  // namespace

void check_export(const std::string& format, bool with_key, const ExportOptions& options) {
    const auto require = [](bool given, const char* option, bool fits, const char* format_name) {
        if (given && !fits)
            throw Error{Kind::usage, std::string(option) + " is for --format " + format_name,
                        "leave it out, or choose that format"};
    };
    const bool k8s = format == "k8s" || format == "k8s-issuer";
    require(options.p12_password_file.has_value(), "--p12-password-file", format == "p12", "p12");
    require(!options.k8s_name.empty(), "--k8s-name", k8s, "k8s");
    require(!options.k8s_namespace.empty(), "--k8s-namespace", k8s, "k8s");
    require(options.p12_legacy, "--p12-legacy", format == "p12", "p12");
    for (const auto& [given, option] :
         {std::pair(options.token.has_value(), "--token"), std::pair(options.profile.has_value(), "--profile"),
          std::pair(options.server.has_value(), "--server")})
        require(given, option, format == "k8s-issuer", "k8s-issuer");
    if (with_key && (format == "der" || format == "k8s-issuer"))
        throw Error{Kind::usage, "--with-key does not go with --format " + format, "use pem, p12 or k8s"};
    if (format == "p12") deliver::read_p12_password({options.p12_password_file, false, {}, {}});
}

base::Secret encode_export(const Exported& what, const std::string& format, const ExportOptions& options) {
    if (format == "p12") return encode_p12(what, options);
    if (format == "k8s" && what.key_pem.empty()) return base::Secret(config_map(what, options));
    if (format == "k8s")
        return deliver::kubernetes_tls_secret(bundle_of(what), or_default(options.k8s_name, "signet-ca"),
                                              options.k8s_namespace);
    if (format == "pem")
        return base::Secret(x509::encode_certificates(what.certificates) + std::string(what.key_pem.reveal()));
    if (what.certificates.size() != 1)
        throw Error{Kind::usage,
                    "der holds one certificate, and the bundle has " + std::to_string(what.certificates.size()),
                    "use --format pem, or --root or --issuing"};
    return base::Secret(base::to_text(what.certificates.front().der()));
}

base::Secret cluster_issuer(const Context& context, store::Store& store, const ExportOptions& options) {
    const std::string name = or_default(options.k8s_name, "signet");
    const auto settings = context.settings();
    // Both before any token is made: a wrong name, a CA that is not there.
    const std::string issuer = deliver::kubernetes_head("cert-manager.io/v1", "ClusterIssuer", name, "");
    const std::string secret =
        deliver::kubernetes_head("v1", "Secret", name + "-eab", or_default(options.k8s_namespace, "cert-manager"));
    const std::string bundle = x509::encode_certificates(server_anchors(store, settings));
    const acme::EnrolmentToken token = token_for(context, store, settings, options);
    // The key as the ACME clients write it, and cert-manager's reader of this Secret expects it: base64url.
    std::string yaml = secret + "type: Opaque\nstringData:\n  secret: \"" +
                       base::base64url_encode(base::bytes_of(token.binding.mac_key.reveal())) + "\"\n---\n" + issuer;
    yaml += "spec:\n  acme:\n    server: \"" + token.directory +
            "\"\n    caBundle: " + base::base64_encode(base::bytes_of(bundle)) +
            "\n    privateKeySecretRef:\n      name: \"" + name + "-account\"\n";
    yaml += "    externalAccountBinding:\n      keyID: \"" + token.binding.kid +
            "\"\n      keySecretRef:\n        name: \"" + name + "-eab\"\n        key: secret\n";
    yaml += "    solvers:\n      - http01:\n          ingress: {}\n";
    return base::Secret(std::move(yaml));
}

}  // namespace signet::cli
