#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/enrolment.h"
#include "cli/exit_code.h"
#include "cli/issue_batch.h"
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
    FormatWords format;
    std::optional<base::Path> batch;
    OwnershipWords ownership;
};

/// What does not hang on the names: the lines of a batch share it.
void say_whom(client::LocalRequest& request, const RequestWords& asked, const Settings& settings) {
    request.authority = asked.ca.value_or("");
    request.profile = asked.profile ? *asked.profile : settings.default_profile.value_or("default");
    request.key_type = asked.key_type;
    request.validity = asked.validity;
    if (asked.client) request.server = false;
    if (asked.server) request.client = false;
    request.organization = asked.organization;
    request.unit = asked.unit;
}

client::LocalRequest request_of(const Words& words, const Settings& settings) {
    const RequestWords& asked = words.request;
    client::LocalRequest request;
    say_whom(request, asked, settings);
    request.csr = read_request(asked.csr);
    request.names = names_that_count(asked.names, request.csr);
    request.common_name = asked.common_name;
    if (!words.format.formats.empty()) request.formats = words.format.formats;
    request.format_options = parse_format_options(words.format);
    request.access = parse_access(words.ownership);
    return request;
}

/// What --out - prints in the one format that was asked for, as it stands.
void print_format(Context& context, const client::LocalRequest& request, const deliver::Bundle& bundle) {
    const auto& format = request.formats.front();
    if (format == "pem") {
        context.out.text(x509::encode_certificates({bundle.leaf}));
        if (!bundle.chain.empty()) context.out.text(x509::encode_certificates(bundle.chain));
        context.out.text(bundle.key_pem.reveal());
        return;
    }
    for (const auto& file : deliver::find_format(format).write(bundle, request.format_options))
        context.out.text(file.contents.reveal());
}

int print(Context& context, const client::LocalRequest& request, client::LocalCa& ca) {
    if (request.formats.size() > 1)
        throw Error(Kind::usage, "--out - prints one format", "give a directory with --out for several");
    deliver::check_formats(request.formats, request.format_options, !request.csr);
    const auto now = context.seams.clock.now();
    const auto obtained = client::obtain_locally(request, ca, now);
    const auto& bundle = obtained.bundle;
    for (const auto& note : obtained.notes) context.out.note(note);
    if (!context.out.json()) {
        print_format(context, request, bundle);
        return k_exit_done;
    }
    auto json = certificate_json(ca.store, bundle.leaf, now);
    json["certificate"] = x509::encode_certificates({bundle.leaf});
    json["chain"] = bundle.chain.empty() ? "" : x509::encode_certificates(bundle.chain);
    if (!bundle.key_pem.empty()) json["key"] = std::string(bundle.key_pem.reveal());
    if (request.formats.front() != "pem")
        for (const auto& file : deliver::find_format(request.formats.front()).write(bundle, request.format_options))
            json["base64"][file.name] = base::base64_encode(base::bytes_of(file.contents.reveal()));
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

int run_batch(Context& context, const Words& words) {
    const RequestWords& asked = words.request;
    if (!asked.names.names.empty())
        throw Error(Kind::usage, "with --batch the names stand in its lines", "leave them out");
    if (words.batch == base::Path("-") && context.globals.passphrase_file == base::Path("-"))
        throw Error(Kind::usage, "requests and passphrase cannot both come from standard input",
                    "put one of them into a file");
    OpenedCa ca(context);
    client::LocalRequest defaults;
    say_whom(defaults, asked, ca.settings());
    return issue_batch(context, *words.batch, defaults, ca.local()) ? k_exit_done : k_exit_refused;
}

int run(Context& context, const Words& words) {
    if (words.out && words.out->empty()) throw Error(Kind::usage, "--out is empty", "give a path");
    if (words.batch) return run_batch(context, words);
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
    add_format_options(options, words.format);
    options.push_back({.name = "batch",
                       .label = "FILE",
                       .text = "one JSON request a line, one JSON result a line; - is standard input",
                       .target = &words.batch,
                       .complete = Complete::file,
                       .conflicts = {"out", "csr", "dns", "ip", "uri", "email", "cn", "format", "p12-password-file",
                                     "p12-legacy", "k8s-name", "k8s-namespace", "owner", "group", "key-mode"}});
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
    "outlives its issuer: the default lifetime is cut to fit, and a --validity beyond profile or issuer is refused.\n\n"
    "--out - prints to standard output, in one format: PEM (certificate, chain, key), or what the file of that format "
    "holds.\n\n"
    "--batch is for many at once: each line of FILE is a JSON object with names[] or csr (PEM), and where they differ "
    "from the options profile, validity, client, server, key_type; id is given back. Each is answered by one line, in "
    "the order of the requests: id with certificate, chain and key (PEM) and the members of a certificate, or id with "
    "error. Lines are answered as they come, many at a time; nothing is saved but the record in the store.";

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
                     {"signet issue web.internal --format k8s --out - | kubectl apply -f -", "a Secret"},
                     {"signet issue --batch devices.jsonl > certificates.jsonl", "a factory run"},
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
