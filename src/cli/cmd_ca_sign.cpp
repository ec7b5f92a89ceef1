#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "ca/issuer.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/input_file.h"
#include "cli/options.h"
#include "cli/passphrase.h"
#include "store/store.h"
#include "x509/pem.h"

namespace signet::cli {
namespace {

constexpr std::size_t k_request_limit = 1 << 20;

struct Words {
    base::Path csr;
    std::optional<base::Path> out, root_key;
    std::optional<base::Duration> validity;
    int path_length = 0;
    ca::PermitWords permit;
    std::string ca = "default";
};

ca::SubordinateRequest request_of(const Words& words) {
    auto csr = x509::CertificateRequest::from_file_contents(read_input(words.csr, k_request_limit), words.csr.string());
    return {.subject = std::move(csr.subject),
            .public_key = std::move(csr.public_key),
            .validity = words.validity,
            .path_length = words.path_length,
            .constraints = ca::name_constraints_from(words.permit),
            .requester = {"uid " + std::to_string(::getuid())}};
}

int run(Context& context, const Words& words) {
    const auto store = store::Store::open(context.store());
    const auto request = request_of(words);
    const auto keys = key_opener(context);
    ca::Authorities authorities(store->layout(), context.seams.clock, keys);
    ca::Issuer issuer(*store, authorities, context.seams.clock, context.seams.random);
    issuer.set_public_http_url(context.settings().server.public_http_url);
    const auto issued = issuer.issue_subordinate(words.ca, request, {words.root_key, keys});
    for (const auto& note : issued.notes) context.out.note(note);
    const std::string pem = x509::encode_certificates({issued.certificate});
    const bool to_file = words.out && *words.out != "-";
    if (to_file) base::write_file(*words.out, pem, {.mode = 0644});
    if (context.out.json()) {
        base::Json json = certificate_json(issued.record, context.seams.clock.now());
        json["out"] = to_file ? base::Json(words.out->string()) : base::Json(nullptr);
        json["certificate"] = pem;
        context.out.document(json);
    } else if (to_file) {
        context.out.facts({{"subject", issued.record.subject},
                           {"serial", issued.record.serial},
                           {"valid until", base::format_time(issued.certificate.not_after())},
                           {"saved as", words.out->string()}});
    } else {
        context.out.text(pem);
    }
    return k_exit_done;
}

Options options_of(Words& words) {
    Options options{{.name = "out",
                     .label = "FILE",
                     .text = "write to FILE instead of standard output",
                     .target = &words.out,
                     .complete = Complete::file},
                    {.name = "validity",
                     .label = "DURATION",
                     .text = "its lifetime, not beyond the root's",
                     .target = &words.validity,
                     .default_text = "5y"},
                    {.name = "pathlen",
                     .label = "N",
                     .text = "how many CAs may follow below it",
                     .target = &words.path_length,
                     .default_text = "0"},
                    {.name = "ca",
                     .label = "NAME",
                     .text = "the CA whose root signs",
                     .target = &words.ca,
                     .complete = Complete::authority,
                     .default_text = "default"},
                    {.name = "root-key",
                     .label = "FILE",
                     .text = "the root's key, where it is not in the store",
                     .target = &words.root_key,
                     .complete = Complete::file}};
    add_permit_options(options, words.permit);
    return options;
}

}  // namespace

Command ca_sign_command() {
    auto words = std::make_shared<Words>();
    return {
        .name = "ca sign",
        .summary = "sign a subordinate CA with the root",
        .description =
            "For the machine that keeps the root: signs the request that `ca init --external-root` made elsewhere, or "
            "that of any other subordinate CA (cert-manager's CA issuer, a mesh). Key and subject are the request's; "
            "nothing else in it counts: CA:TRUE, keyCertSign and cRLSign are set, path length, lifetime and name "
            "constraints are what the options say. It is recorded and audited like every certificate.\n\n"
            "Refused are weak keys, the root's own name and key, a request without a subject, a --validity beyond the "
            "root and a --pathlen that the root does not allow.",
        .arguments = {{.label = "CSR",
                       .text = "the request, PEM or DER",
                       .target = &words->csr,
                       .required = true,
                       .complete = Complete::file}},
        .options = options_of(*words),
        .examples = {{"signet ca sign issuing.csr --out issuing.crt", "then, where it came from: signet ca import"},
                     {"signet ca sign mesh.csr --permit-dns mesh.internal --out mesh.crt",
                      "a subordinate CA for one zone"}},
        .exit_codes = {{k_exit_done, "it is signed"},
                       {k_exit_refused, "refused, with every reason"},
                       {k_exit_usage, "wrong usage, or a request that cannot be read"},
                       {k_exit_environment, "no store, no such CA, or its root's key is not here"}},
        .see_also = {"ca init", "ca import", "ca csr"},
        .reads_environment = false,
        .run = [words](Context& context) { return run(context, *words); }};
}

}  // namespace signet::cli
