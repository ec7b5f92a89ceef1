#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "ca/authority_files.h"
#include "ca/ca_certificates.h"
#include "ca/ceremony.h"
#include "ca/import.h"
#include "cli/authority_view.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/default_settings.h"
#include "cli/exit_code.h"
#include "cli/options.h"
#include "cli/passphrase.h"

namespace signet::cli {
namespace {

int report(Context& context, store::Store& store, const std::string& name, bool created,
           const std::vector<std::string>& differences) {
    const base::Time now = context.seams.clock.now();
    const AuthorityView view = view_authority(context, store, name, now);
    for (const std::string& difference : differences) context.out.warning(difference);
    if (context.out.json()) {
        base::Json json = authority_json(view);
        json["created"] = created;
        json["store"] = store.layout().root().string();
        json["differences"] = differences;
        context.out.document(json);
        return k_exit_done;
    }
    context.out.line((created ? "made a CA in " : "there is a CA in ") + store.layout().root().string());
    print_authority(context.out, view, now);
    return k_exit_done;
}

int run_external(Context& context, const ca::InitRequest& request) {
    ca::plan_external(request);  // before a store is made for it
    const auto store = store::Store::create(context.store());
    if (ca::authority_exists(store->layout(), request.name)) return report(context, *store, request.name, false, {});
    const bool made = ca::init_external(*store, request, context.seams.clock);
    write_default_settings(context, *store, request.name);
    const base::Path csr = store->layout().issuing_request(request.name);
    if (context.out.json())
        context.out.document({{"name", request.name},
                              {"created", made},
                              {"waiting", true},
                              {"store", store->layout().root().string()},
                              {"csr", csr.string()}});
    else
        context.out.line("the CA " + request.name + " waits for its certificate: have " + csr.string() +
                         " signed (signet ca sign), then: signet ca import");
    return k_exit_done;
}

int run(Context& context, ca::InitRequest request) {
    request.passphrase = given_passphrase(context);
    request.actor = "operator uid " + std::to_string(::getuid());
    if (request.external_root) return run_external(context, request);
    ca::check_init(request);
    const store::Layout layout(context.store());
    const bool database_lost = ca::authority_exists(layout, request.name) && !base::file_facts(layout.database());
    const auto store = store::Store::create(context.store());
    const ca::InitResult result = ca::init_authority(*store, request, context.seams.clock, context.seams.random,
                                                     key_opener(context, request.passphrase));
    write_default_settings(context, *store, request.name);
    if (database_lost)
        context.out.warning(
            "signet.db was gone: what was issued, revoked and audited before is not in the new one; restore it from a "
            "backup: signet restore");
    if (const auto fault = result.authority->not_valid(context.seams.clock.now()))
        context.out.warning(fault->message() + "; " + fault->hint());
    return report(context, *store, request.name, result.created, result.differences);
}

Options options_for(ca::InitRequest& request) {
    const std::string subject = "Subject", keys = "Keys and lifetimes";
    Options options{
        {.name = "cn",
         .label = "TEXT",
         .text = "common name of the root; the issuing CA is called after it",
         .target = &request.common_name,
         .default_text = "\"NAME Root CA\"",
         .group = subject},
        {.name = "org", .label = "TEXT", .text = "organization", .target = &request.organization, .group = subject},
        {.name = "ou", .label = "TEXT", .text = "organizational unit", .target = &request.unit, .group = subject},
        {.name = "country",
         .label = "CC",
         .text = "country, two letters",
         .target = &request.country,
         .group = subject},
        {.name = "state", .label = "TEXT", .text = "state or province", .target = &request.state, .group = subject},
        key_type_option(request.key_type, "key-type", "key of the issuing CA"),
        key_type_option(request.root_key_type, "root-key-type", "key of the root"),
        {.name = "validity",
         .label = "DURATION",
         .text = "lifetime of the root",
         .target = &request.validity,
         .default_text = "10y",
         .group = keys},
        {.name = "issuing-validity",
         .label = "DURATION",
         .text = "lifetime of the issuing CA, not beyond the root's",
         .target = &request.issuing_validity,
         .default_text = "5y",
         .group = keys},
        {.name = "root-only",
         .text = "no issuing CA: the root signs certificates itself",
         .target = &request.root_only,
         .conflicts = {"issuing-validity"},
         .group = keys},
        {.name = "external-root",
         .text = "make an issuing key and a request (issuing.csr) for a root that is elsewhere",
         .target = &request.external_root,
         .conflicts = {"root-only", "root-key-out", "validity", "issuing-validity", "root-key-type"},
         .group = keys},
        {.name = "root-key-out",
         .label = "FILE",
         .text = "put the root's key there and nowhere else",
         .target = &request.root_key_out,
         .complete = Complete::file,
         .conflicts = {"root-only"},
         .group = keys},
    };
    options.push_back({.name = "pkcs11-uri",
                       .label = "URI",
                       .text = "make the keys in this PKCS#11 token (RFC 7512), and leave them there",
                       .target = &request.token,
                       .group = keys});
    add_permit_options(options, request.permit);
    for (Option& option : options)
        if (option.group.empty()) option.group = keys;
    return options;
}

}  // namespace

Command ca_init_command() {
    auto request = std::make_shared<ca::InitRequest>();
    return {
        .name = "ca init",
        .summary = "create root and issuing CA, or load the ones there are",
        .description =
            "Makes the store where there is none, a root and an issuing CA signed by it, and a commented "
            "signet.toml.\n\n"
            "It is safe at every start-up: a CA that is there is loaded, checked and shown, and nothing is written. "
            "Options that differ from what is there are warned about. Several at once make one CA, and one that was "
            "killed is completed by the next.\n\n"
            "The root lives ten years, the issuing CA five, but never longer than its root. Keys are files in "
            "authorities/NAME of the store, readable by their owner alone; with a passphrase (--passphrase-file, "
            "SIGNET_PASSPHRASE_FILE, or the systemd credential signet.passphrase) they are encrypted: PKCS#8, AES-256 "
            "under a key from PBKDF2 with 600,000 rounds. Every command that signs then takes the same passphrase. The "
            "root's key is needed only to sign another issuing CA; --root-key-out puts it elsewhere from the start.\n\n"
            "--pkcs11-uri names a token (pkcs11:token=NAME): the keys are made in it and never leave it, P-256, P-384 "
            "or "
            "RSA. root.key and issuing.key then hold the URI of the key alone. The passphrase is the token's PIN; "
            "?pin-source=file:PATH in the URI names a file that has it, readable by its owner alone, and is kept. The "
            "modules are those that p11-kit has configured, or ?module-path=FILE. What a run that is killed in between "
            "has made stays in the token, and nothing speaks of it.\n\n"
            "--external-root is for a root that stays offline, or belongs to somebody else: it writes issuing.key and "
            "issuing.csr to authorities/NAME. Carry the request to the root's machine (`signet ca sign issuing.csr "
            "--out issuing.crt`), bring back both certificates and say `signet ca import issuing.crt --root root.crt`. "
            "--cn is then the name of the issuing CA. Run again before that it changes nothing.\n\n"
            "--permit-dns, --permit-ip and --permit-uri constrain what the CA can sign, for everyone who verifies "
            "(name "
            "constraints, RFC 5280 section 4.2.1.10; on the issuing CA, with --root-only on the root). A DNS name "
            "stands for itself and all below; a URI counts by its host, `.y` being the hosts below y. As hosts go by "
            "name and by address, --permit-dns alone excludes all IP addresses, and --permit-ip alone all DNS names; "
            "kinds of names that nothing is said of are free.",
        .arguments = {{.label = "NAME",
                       .text = "name of the CA in this store; default: default",
                       .target = &request->name,
                       .complete = Complete::authority}},
        .options = options_for(*request),
        .examples = {{"signet ca init", "a CA with P-256 keys"},
                     {"signet ca init --org Acme --country DE", "with a subject"},
                     {"signet ca init --permit-dns corp.internal --permit-ip 10.0.0.0/8", "for these hosts only"},
                     {"signet ca init --passphrase-file pass --root-key-out /media/usb/root.key",
                      "encrypted keys, and the root's away from the machine"},
                     {"signet ca init --external-root --cn 'Acme Web CA'", "below a root that stays offline"},
                     {"signet ca init --pkcs11-uri 'pkcs11:token=ca' --passphrase-file pin", "keys in a token"},
                     {"signet ca init lab --root-only --validity 1y", "a second, small one"}},
        .see_also = {"issue", "ca show", "ca export", "ca rekey", "ca import", "ca sign"},
        .reads_environment = false,
        .run = [request](Context& context) { return run(context, *request); }};
}

}  // namespace signet::cli
