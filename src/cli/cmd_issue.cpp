#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/enrolment.h"
#include "cli/exit_code.h"
#include "cli/local_ca.h"
#include "cli/options.h"
#include "cli/request_words.h"
#include "x509/pem.h"

namespace signet::cli {
namespace {

using base::Error;
using base::Kind;

struct Words {
    RequestWords request;
    std::optional<std::string> out;
    std::vector<std::string> formats;
    OwnershipWords ownership;
};

client::LocalRequest request_of(const Words& words, const Settings& settings) {
    const RequestWords& asked = words.request;
    client::LocalRequest request;
    request.authority = asked.ca.value_or("");
    request.profile = asked.profile ? *asked.profile : settings.default_profile.value_or("default");
    request.csr = read_request(asked.csr);
    request.names = names_that_count(asked.names, request.csr);
    request.key_type = asked.key_type;
    request.validity = asked.validity;
    if (asked.client) request.server = false;
    if (asked.server) request.client = false;
    request.common_name = asked.common_name;
    request.organization = asked.organization;
    request.unit = asked.unit;
    if (!words.formats.empty()) request.formats = words.formats;
    request.access = parse_access(words.ownership);
    return request;
}

int print(Context& context, const client::LocalRequest& request, client::LocalCa& ca) {
    for (const auto& format : request.formats) {
        if (format == "pem") continue;
        throw Error(Kind::usage, "--out - prints PEM, not " + format, "give a directory with --out for other formats");
    }
    const auto now = context.seams.clock.now();
    const auto obtained = client::obtain_locally(request, ca, now);
    const auto& bundle = obtained.bundle;
    for (const auto& note : obtained.notes) context.out.note(note);
    if (!context.out.json()) {
        context.out.text(x509::encode_certificates({bundle.leaf}));
        if (!bundle.chain.empty()) context.out.text(x509::encode_certificates(bundle.chain));
        context.out.text(bundle.key_pem.reveal());
        return k_exit_done;
    }
    auto json = certificate_json(ca.store, bundle.leaf, now);
    json["certificate"] = x509::encode_certificates({bundle.leaf});
    json["chain"] = bundle.chain.empty() ? "" : x509::encode_certificates(bundle.chain);
    if (!bundle.key_pem.empty()) json["key"] = std::string(bundle.key_pem.reveal());
    json["changed"] = true;
    if (!obtained.notes.empty()) json["note"] = base::join(obtained.notes, "; ");
    context.out.document(json);
    return k_exit_done;
}

int save(Context& context, const base::Path& directory, const client::LocalRequest& request, client::LocalCa& ca) {
    check_writable(directory);
    const auto now = context.seams.clock.now();
    const auto [enrolled, activation] = client::enroll_locally(directory, request, ca, now, false);
    for (const auto& note : enrolled.notes) context.out.note(note);
    if (context.out.json()) {
        auto json = certificate_json(ca.store, enrolled.leaf, now);
        add_files(json, directory, enrolled.files, true, enrolled.notes);
        context.out.document(json);
        return k_exit_done;
    }
    std::string names;
    for (const auto& name : request.names) names += (names.empty() ? "" : ", ") + name.text();
    context.out.facts({{"names", names},
                       {"serial", enrolled.leaf.serial_hex()},
                       {"valid until", base::format_time(enrolled.leaf.not_after())},
                       {"saved in", directory.string()}});
    return k_exit_done;
}

int run(Context& context, const Words& words) {
    OpenedCa ca(context);
    const auto request = request_of(words, ca.settings());
    if (words.out == "-") return print(context, request, ca.local());
    const auto directory =
        words.out ? base::Path(*words.out) : ca.local().store.layout().certificate(request.names.front().text());
    return save(context, canonical_directory(directory), request, ca.local());
}

Options options_of(Words& words) {
    Options options;
    add_request_options(options, words.request);
    options.push_back({.name = "out",
                       .label = "DIR|-",
                       .text = "where to save it; - prints certificate, chain and key",
                       .target = &words.out,
                       .complete = Complete::directory,
                       .default_text = "certificates/<first name> of the store"});
    options.push_back(format_option(words.formats));
    add_ownership_options(options, words.ownership);
    return options;
}

constexpr char k_description[] =
    "Signs a certificate straight from the store, with a new key or for a request made elsewhere. The profile decides "
    "which names, key types and lifetimes are permitted; a refusal names every reason at once and leaves no file.\n\n"
    "The directory holds tls.crt (the certificate, then the intermediates), tls.key and ca.crt (the trust anchors), "
    "each a symlink that one rename switches, so that a reader always gets files that fit. Run again into the same "
    "directory, it replaces what is there. `signet renew` keeps it fresh.\n\n"
    "Of a request only the key counts, and its names when none are given on the command line. A certificate never "
    "outlives its issuer: the default lifetime is cut to fit, and a --validity beyond profile or issuer is refused.";

}  // namespace

Command issue_command() {
    auto words = std::make_shared<Words>();
    Command command{
        .name = "issue",
        .summary = "sign a certificate straight from the store",
        .description = k_description,
        .options = options_of(*words),
        .examples = {{"signet issue db.internal 10.0.0.7", "a certificate for both names, for servers and clients"},
                     {"signet issue --client --uri spiffe://mesh.internal/worker-1 --out tls",
                      "a client's certificate in a directory of its own"},
                     {"signet issue --csr router.csr --out -", "sign what a device has asked for, print the chain"}},
        .exit_codes = {{k_exit_done, "the certificate is in place"},
                       {k_exit_refused, "the profile or the CA refuses; nothing was written"},
                       {k_exit_usage, "wrong usage, or a request that cannot be read"},
                       {k_exit_environment, "no store, no permission, a full disk"}},
        .see_also = {"renew", "fetch", "verify"},
        .run = [words](Context& context) { return run(context, *words); }};
    add_name_argument(command, words->request.names, false);
    return command;
}

}  // namespace signet::cli
