#include <unistd.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "ca/authority_export.h"
#include "ca/authority_files.h"
#include "cli/ca_export.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/passphrase.h"
#include "store/audit.h"
#include "store/store.h"
#include "x509/pem.h"

namespace signet::cli {
namespace {

using base::Error;
using base::Kind;

struct Words {
    std::string name = "default";
    bool root = false, issuing = false, bundle = false, with_key = false;
    std::string format = "pem";
    std::optional<base::Path> out;
    ExportOptions options;
};

/// Which certificates, the first of them the one whose key --with-key means.
std::vector<x509::Certificate> chosen(const ca::AuthorityFiles& files, const Words& words) {
    if (words.issuing && !files.issuing)
        throw Error{Kind::not_found, "the CA '" + files.name + "' has no issuing CA: its root signs",
                    "signet ca export --root"};
    // A key is that of the CA which signs leafs, unless the root is asked for.
    const bool signer = words.issuing || (words.with_key && !words.root && !words.bundle);
    if (signer) return {files.signer()};
    if (words.bundle) {
        auto all = files.above_leaf();  // and every other anchor that counts: former roots, foreign ones
        for (const auto& anchor : files.anchors())
            if (std::find(all.begin(), all.end(), anchor) == all.end()) all.push_back(anchor);
        return all;
    }
    return {files.root};
}

/// Said before it leaves: the log must not miss a key that went out.
base::Secret exported_key(const Context& context, store::Store& store, const ca::AuthorityFiles& files,
                          const x509::Certificate& owner) {
    base::Secret pem = ca::export_key(store.layout(), files, owner, key_opener(context));
    store::AuditRecord audit{};
    audit.at = base::to_unix(context.seams.clock.now());
    audit.action = "ca.key_exported";
    audit.actor = "operator uid " + std::to_string(::getuid());
    audit.serial = owner.serial_hex();
    audit.detail = "CA '" + files.name + "': the private key of " + owner.subject().text();
    store.write([&](store::Transaction& transaction) { store::append_audit(transaction, audit); });
    return pem;
}

base::Json certificates_json(const std::vector<x509::Certificate>& certificates) {
    base::Json json = base::Json::array();
    for (const x509::Certificate& certificate : certificates)
        json.push_back({{"id", ca::authority_id(certificate)},
                        {"subject", certificate.subject().text()},
                        {"not_after", base::format_time(certificate.not_after())},
                        {"fingerprint_sha256", certificate.fingerprint_sha256()},
                        {"pem", x509::encode_certificates({certificate})}});
    return json;
}

int run(Context& context, const Words& words) {
    check_export(words.format, words.with_key, words.options);
    const auto store = store::Store::open(context.store());
    const auto files = ca::read_authority_files(store->layout(), words.name);
    Exported what{files, chosen(files, words), {}};
    const base::Secret prepared =
        words.format == "k8s-issuer" ? cluster_issuer(context, *store, words.options) : base::Secret();
    if (words.with_key) what.key_pem = exported_key(context, *store, files, what.certificates.front());
    const base::Secret contents = prepared.empty() ? encode_export(what, words.format, words.options)
                                                   : base::Secret(std::string(prepared.reveal()));
    const bool secret = words.with_key || words.format == "k8s-issuer";
    const bool to_file = words.out && *words.out != "-";
    if (to_file) base::write_file(*words.out, contents.reveal(), {.mode = secret ? 0600u : 0644u});
    if (context.out.json()) {
        base::Json json{{"name", words.name}, {"format", words.format}, {"out", nullptr}};
        if (to_file) json["out"] = words.out->string();
        json["certificates"] = certificates_json(what.certificates);
        if (secret && !to_file) json["content"] = std::string(contents.reveal());
        context.out.document(json);
    } else if (!to_file) {
        context.out.text(contents.reveal());
    }
    return k_exit_done;
}

Options options_of(Words& words) {
    return {{.name = "root",
             .text = "the root (what is printed without any of these)",
             .target = &words.root,
             .conflicts = {"issuing", "bundle"}},
            {.name = "issuing", .text = "the issuing CA", .target = &words.issuing, .conflicts = {"bundle"}},
            {.name = "bundle", .text = "the issuing CA, and all anchors", .target = &words.bundle},
            {.name = "format",
             .label = "FORMAT",
             .text = "pem; der for a single certificate; p12, a trust store, or with --with-key a key store; k8s, a "
                     "ConfigMap with ca.crt, or with --with-key a Secret; k8s-issuer, an ACME ClusterIssuer",
             .target = &words.format,
             .values = {"pem", "der", "p12", "k8s", "k8s-issuer"},
             .default_text = "pem"},
            {.name = "out",
             .label = "FILE",
             .text = "write to FILE instead of standard output",
             .target = &words.out,
             .complete = Complete::file},
            {.name = "with-key",
             .text = "the private key, too: of the issuing CA unless --root; audited",
             .target = &words.with_key},
            {.name = "p12-password-file",
             .label = "FILE",
             .text = "first line: the password of the PKCS#12 file",
             .target = &words.options.p12_password_file,
             .complete = Complete::file},
            {.name = "p12-legacy",
             .text = "encrypt it by 3DES and SHA-1, for readers of before 2020",
             .target = &words.options.p12_legacy},
            {.name = "k8s-name",
             .label = "N",
             .text = "name of the Kubernetes object",
             .target = &words.options.k8s_name,
             .default_text = "signet-ca, or signet for an issuer"},
            {.name = "k8s-namespace",
             .label = "N",
             .text = "its namespace; for k8s-issuer that of the EAB Secret",
             .target = &words.options.k8s_namespace,
             .default_text = "none; cert-manager for the EAB Secret"},
            {.name = "token",
             .label = "T",
             .text = "for k8s-issuer: a token of `signet token create`, instead of a new one",
             .target = &words.options.token,
             .conflicts = {"profile", "server"}},
            {.name = "profile",
             .label = "P",
             .text = "for k8s-issuer: the profile",
             .target = &words.options.profile,
             .complete = Complete::profile,
             .default_text = "default_profile of signet.toml"},
            {.name = "server",
             .label = "URL",
             .text = "for k8s-issuer: where the server is reached",
             .target = &words.options.server,
             .default_text = "external_url, else where serve-acme was last ready"}};
}

}  // namespace

Command ca_export_command() {
    auto words = std::make_shared<Words>();
    return {
        .name = "ca export",
        .summary = "print the certificates of a CA, or its key",
        .description =
            "Without --issuing or --bundle the root: what those who verify put into their trust store. `p12` then is a "
            "trust store with every anchor that counts, which Java lists as trustedCertEntry, and `k8s` a ConfigMap "
            "with ca.crt.\n\n"
            "With --with-key the issuing CA and its private key, in the clear, as cert-manager's CA issuer wants them: "
            "`k8s` is a Secret with tls.crt, tls.key and ca.crt, `pem` certificate and key, `p12` a key store. It is "
            "written to the audit log before it leaves, and a file gets mode 0600. Whoever holds it can sign: export "
            "a CA that is made for it (`ca sign` with --permit-dns).\n\n"
            "`k8s-issuer` prints a ClusterIssuer of cert-manager for this server's ACME directory, with the anchors "
            "that count for the server as caBundle, and the Secret that holds its external account binding. For that "
            "it makes a token, for one account within the hour, as `signet token create` does; one with other terms "
            "comes by --token.",
        .arguments = {{.label = "NAME",
                       .text = "the CA; default: default",
                       .target = &words->name,
                       .complete = Complete::authority}},
        .options = options_of(*words),
        .examples = {{"signet ca export --out ca.pem", "the root, for clients"},
                     {"signet ca export --bundle", "the whole chain above a certificate"},
                     {"signet ca export --format der --out ca.cer", "for Windows"},
                     {"signet ca export --format p12 --p12-password-file pass --out truststore.p12", "for Java"},
                     {"signet ca export mesh --format k8s --with-key | kubectl apply -f -",
                      "for cert-manager's CA issuer"},
                     {"signet ca export --format k8s-issuer | kubectl apply -f -", "for cert-manager's ACME issuer"}},
        .see_also = {"ca show", "token create"},
        .reads_environment = false,
        .run = [words](Context& context) { return run(context, *words); }};
}

}  // namespace signet::cli
