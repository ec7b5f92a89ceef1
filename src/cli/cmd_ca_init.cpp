#include <unistd.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "ca/ceremony.h"
#include "cli/authority_view.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/default_settings.h"
#include "cli/exit_code.h"
#include "cli/options.h"

namespace signet::cli {
namespace {

/// What a killed run left of its temporary file: nobody else writes it while the lock is held.
void remove_leftovers(const base::Path& file) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(file.parent_path(), ignored)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with("." + file.filename().string() + ".") && name.ends_with(".tmp"))
            base::remove_if_there(entry.path());
    }
}

/// Never touches one that is there; with --config the settings are somebody else's.
void write_settings(const Context& context, store::Store& store) {
    const base::Path file = store.layout().settings();
    if (context.globals.config || base::file_facts(file)) return;
    const base::FileLock lock = store.lock("settings");
    if (base::file_facts(file)) return;
    remove_leftovers(file);
    base::write_file(file, default_settings());
}

int run(Context& context, ca::InitRequest request) {
    request.actor = "operator uid " + std::to_string(::getuid());
    ca::check_init(request);
    const auto store = store::Store::create(context.store());
    const ca::InitResult result = ca::init_authority(*store, request, context.seams.clock, context.seams.random);
    write_settings(context, *store);

    const base::Time now = context.seams.clock.now();
    const AuthorityView view = view_authority(*store, request.name, now);
    for (const std::string& difference : result.differences) context.out.warning(difference);
    if (context.out.json()) {
        base::Json json = authority_json(view);
        json["created"] = result.created;
        json["store"] = store->layout().root().string();
        json["differences"] = result.differences;
        context.out.document(json);
        return k_exit_done;
    }
    context.out.line((result.created ? "made a CA in " : "there is a CA in ") + store->layout().root().string());
    print_authority(context.out, view, now);
    return k_exit_done;
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
    };
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
            "authorities/NAME of the store, readable by their owner alone. root.key is needed only to sign another "
            "issuing CA and may be kept elsewhere.",
        .arguments = {{.label = "NAME",
                       .text = "name of the CA in this store; default: default",
                       .target = &request->name,
                       .complete = Complete::authority}},
        .options = options_for(*request),
        .examples = {{"signet ca init", "a CA with P-256 keys"},
                     {"signet ca init --org Acme --country DE", "with a subject"},
                     {"signet ca init lab --root-only --validity 1y", "a second, small one"}},
        .see_also = {"issue", "ca show", "ca export"},
        .reads_environment = false,
        .run = [request](Context& context) { return run(context, *request); }};
}

}  // namespace signet::cli
