#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "ca/trust.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/input_file.h"
#include "store/store.h"
#include "x509/pem.h"

namespace signet::cli {
namespace {

using base::Error;
using base::Kind;

constexpr std::size_t k_file_limit = 1 << 20;

struct Words {
    std::string action;
    std::optional<std::string> what, name;
    std::string ca = "default";
};

ca::TrustRequest request_of(const Words& words, const std::optional<std::string>& name) {
    if (!name) throw Error{Kind::usage, "the anchor has no name", "name it with --name"};
    return {words.ca, *name, "operator uid " + std::to_string(::getuid())};
}

int add(Context& context, store::Store& store, const Words& words) {
    if (!words.what) throw Error{Kind::usage, "'signet ca trust add' needs FILE", "name the anchor's certificate"};
    const auto certificates = x509::parse_certificate_file(read_input(*words.what, k_file_limit), *words.what);
    if (certificates.size() != 1)
        throw Error{
            Kind::bad_input,
            *words.what + " holds " + std::to_string(certificates.size()) + " certificates, and an anchor is one",
            "add each from a file of its own"};
    const bool added =
        ca::add_trust(store, request_of(words, words.name), certificates.front(), context.seams.clock.now());
    if (context.out.json())
        context.out.document({{"name", *words.name},
                              {"ca", words.ca},
                              {"subject", certificates.front().subject().text()},
                              {"fingerprint_sha256", certificates.front().fingerprint_sha256()},
                              {"changed", added}});
    else
        context.out.line(*words.name + (added ? " counts" : " counted already") + " beside the CA " + words.ca + ": " +
                         certificates.front().subject().text());
    return k_exit_done;
}

int remove(Context& context, store::Store& store, const Words& words) {
    if (words.what && words.name) throw Error{Kind::usage, "two names are given", "signet ca trust remove NAME"};
    const auto name = words.what ? words.what : words.name;
    ca::remove_trust(store, request_of(words, name), context.seams.clock.now());
    if (context.out.json())
        context.out.document({{"name", *name}, {"ca", words.ca}, {"changed", true}});
    else
        context.out.line(*name + " counts no more beside the CA " + words.ca);
    return k_exit_done;
}

int list(Context& context, store::Store& store, const Words& words) {
    if (words.what || words.name) throw Error{Kind::usage, "'signet ca trust list' takes no name", "leave it out"};
    const auto files = ca::read_authority_files(store.layout(), words.ca);
    const auto now = context.seams.clock.now();
    base::Json all = base::Json::array();
    std::vector<std::vector<std::string>> rows;
    for (const auto& foreign : files.trusted) {
        const auto& certificate = foreign.certificate;
        const bool expired = certificate.not_after() < now;
        all.push_back({{"name", foreign.name},
                       {"subject", certificate.subject().text()},
                       {"not_before", base::format_time(certificate.not_before())},
                       {"not_after", base::format_time(certificate.not_after())},
                       {"status", expired ? "expired" : "valid"},
                       {"fingerprint_sha256", certificate.fingerprint_sha256()}});
        rows.push_back({foreign.name, certificate.subject().text(),
                        base::format_time(certificate.not_after()) + (expired ? " (expired)" : "")});
    }
    if (context.out.json()) {
        context.out.document(all);
        return k_exit_done;
    }
    if (rows.empty()) context.out.note("no foreign anchor counts beside the CA " + words.ca);
    context.out.table({"NAME", "SUBJECT", "ENDS"}, rows);
    return k_exit_done;
}

int run(Context& context, const Words& words) {
    const auto store = store::Store::open(context.store());
    if (words.action == "add") return add(context, *store, words);
    if (words.action == "remove") return remove(context, *store, words);
    return list(context, *store, words);
}

}  // namespace

Command ca_trust_command() {
    auto words = std::make_shared<Words>();
    return {
        .name = "ca trust",
        .summary = "put a foreign trust anchor beside ours",
        .description =
            "`ca trust add FILE --name N` puts the certificate of a foreign CA beside our root: from the next issuance "
            "or renewal on it stands in ca.crt, and at once in /ca.pem of a server that runs, so that both sides of a "
            "merger, or of a move from another CA, take each other's certificates. `ca trust remove N` takes it out "
            "again, `ca trust list` shows what counts. It is written to authorities/CA/trust/N.crt and audited.\n\n"
            "An anchor that counts can vouch for any name, here as everywhere: add none that you would not run "
            "yourself.",
        .arguments = {{.label = "ACTION",
                       .text = "add, remove or list",
                       .target = &words->action,
                       .required = true,
                       .values = {"add", "remove", "list"}},
                      {.label = "FILE|NAME",
                       .text = "the certificate to add, PEM or DER; the name to remove",
                       .target = &words->what,
                       .complete = Complete::file}},
        .options = {{.name = "name", .label = "N", .text = "what the anchor is called here", .target = &words->name},
                    {.name = "ca",
                     .label = "NAME",
                     .text = "the CA beside which it counts",
                     .target = &words->ca,
                     .complete = Complete::authority,
                     .default_text = "default"}},
        .examples = {{"signet ca trust add other-root.pem --name other", "their certificates are good here, too"},
                     {"signet ca trust remove other", ""}},
        .exit_codes = {{k_exit_done, "done, or there already"},
                       {k_exit_refused, "it is no CA's certificate, has expired, or counts under another name"},
                       {k_exit_usage, "wrong usage, or a file that holds no single certificate"},
                       {k_exit_environment, "no store, no such CA, or no such anchor"}},
        .see_also = {"ca show", "ca export", "fetch"},
        .reads_environment = false,
        .run = [words](Context& context) { return run(context, *words); }};
}

}  // namespace signet::cli
