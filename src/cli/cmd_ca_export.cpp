#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "ca/authority_files.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "store/store.h"
#include "x509/pem.h"

namespace signet::cli {
namespace {

struct Words {
    std::string name = "default";
    bool root = false, issuing = false, bundle = false;
    std::string format = "pem";
    std::optional<base::Path> out;
};

std::vector<x509::Certificate> chosen(const ca::AuthorityFiles& files, const Words& words) {
    if (words.issuing && !files.issuing)
        throw base::Error{base::Kind::not_found, "the CA '" + files.name + "' has no issuing CA: its root signs",
                          "signet ca export --root"};
    if (words.issuing) return {*files.issuing};
    if (words.bundle && files.issuing) return {*files.issuing, files.root};
    return {files.root};
}

std::string encode(const std::vector<x509::Certificate>& certificates, const std::string& format) {
    if (format == "pem") return x509::encode_certificates(certificates);
    if (certificates.size() != 1)
        throw base::Error{base::Kind::usage,
                          "der holds one certificate, and the bundle has " + std::to_string(certificates.size()),
                          "use --format pem, or --root or --issuing"};
    return base::to_text(certificates.front().der());
}

int run(Context& context, const Words& words) {
    const auto store = store::Store::open(context.store());
    const auto certificates = chosen(ca::read_authority_files(store->layout(), words.name), words);
    const std::string contents = encode(certificates, words.format);
    const bool to_file = words.out && *words.out != "-";
    if (to_file) base::write_file(*words.out, contents, {.mode = 0644});
    if (context.out.json()) {
        base::Json json{{"name", words.name}, {"format", words.format}, {"out", nullptr}};
        if (to_file) json["out"] = words.out->string();
        json["certificates"] = base::Json::array();
        for (const x509::Certificate& certificate : certificates)
            json["certificates"].push_back({{"id", ca::authority_id(certificate)},
                                            {"subject", certificate.subject().text()},
                                            {"not_after", base::format_time(certificate.not_after())},
                                            {"fingerprint_sha256", certificate.fingerprint_sha256()},
                                            {"pem", x509::encode_certificates({certificate})}});
        context.out.document(json);
    } else if (!to_file) {
        context.out.text(contents);
    }
    return k_exit_done;
}

}  // namespace

Command ca_export_command() {
    auto words = std::make_shared<Words>();
    return {
        .name = "ca export",
        .summary = "print the certificates of a CA",
        .description =
            "Without --issuing or --bundle the root: what those who verify put into their trust store. No "
            "key is read or printed.",
        .arguments = {{.label = "NAME",
                       .text = "the CA; default: default",
                       .target = &words->name,
                       .complete = Complete::authority}},
        .options = {{.name = "root",
                     .text = "the root (what is printed without any of these)",
                     .target = &words->root,
                     .conflicts = {"issuing", "bundle"}},
                    {.name = "issuing", .text = "the issuing CA", .target = &words->issuing, .conflicts = {"bundle"}},
                    {.name = "bundle", .text = "the issuing CA and the root", .target = &words->bundle},
                    {.name = "format",
                     .label = "FORMAT",
                     .text = "encoding; der for a single certificate",
                     .target = &words->format,
                     .values = {"pem", "der"},
                     .default_text = "pem"},
                    {.name = "out",
                     .label = "FILE",
                     .text = "write to FILE instead of standard output",
                     .target = &words->out,
                     .complete = Complete::file}},
        .examples = {{"signet ca export --out ca.pem", "the root, for clients"},
                     {"signet ca export --bundle", "the whole chain above a certificate"},
                     {"signet ca export --format der --out ca.cer", "for Windows and Java"}},
        .see_also = {"ca show"},
        .reads_environment = false,
        .run = [words](Context& context) { return run(context, *words); }};
}

}  // namespace signet::cli
