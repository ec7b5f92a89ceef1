#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "ca/audit_key.h"
#include "ca/rekey.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/passphrase.h"
#include "store/store.h"

namespace signet::cli {
namespace {

struct Words {
    std::string name = "default";
    base::Path new_passphrase_file;
};

int run(Context& context, const Words& words) {
    if (words.new_passphrase_file == "-" && context.globals.passphrase_file == base::Path("-"))
        throw base::Error{base::Kind::usage, "two passphrases cannot both come from standard input",
                          "put one of them into a file"};
    const auto store = store::Store::open(context.store());
    const base::Secret passphrase = read_passphrase(words.new_passphrase_file);
    const auto keys = key_opener(context);
    auto files = ca::rekey_authority(
        *store, {words.name, *keys, passphrase, "operator uid " + std::to_string(::getuid())}, context.seams.clock);
    if (ca::rekey_audit_key(store->layout(), *keys, passphrase)) files.push_back("audit.key");
    if (context.out.json())
        context.out.document({{"name", words.name}, {"files", files}});
    else
        context.out.line("a new passphrase for " + base::join(files, ", ") + " of the CA " + words.name);
    return k_exit_done;
}

}  // namespace

Command ca_rekey_command() {
    auto words = std::make_shared<Words>();
    return {
        .name = "ca rekey",
        .summary = "encrypt the keys of a CA under a new passphrase",
        .description =
            "Opens the private keys of the CA, those of former generations too, with the passphrase in force "
            "(--passphrase-file) and encrypts them under the new one; keys that were not encrypted become so. The keys "
            "themselves and all certificates stay as they are.\n\n"
            "Killed at any moment, all keys are under the old passphrase or all under the new one. A serve-acme that "
            "runs goes on with the keys it has opened; hand it the new passphrase before its next start. A copy in a "
            "backup stays under the old passphrase. The key that signs checkpoints of the audit log gets the new "
            "passphrase with them, where the old one opens it.",
        .arguments = {{.label = "NAME",
                       .text = "the CA; default: default",
                       .target = &words->name,
                       .complete = Complete::authority}},
        .options = {{.name = "new-passphrase-file",
                     .label = "FILE",
                     .text = "first line: the new passphrase; - is standard input",
                     .target = &words->new_passphrase_file,
                     .required = true,
                     .complete = Complete::file}},
        .examples = {{"signet ca rekey --passphrase-file old --new-passphrase-file new", "another passphrase"},
                     {"signet ca rekey --new-passphrase-file new", "encrypt keys that are in the clear"}},
        .exit_codes = {{k_exit_done, "all keys are under the new passphrase"},
                       {k_exit_refused, "the passphrase in force is wrong; nothing was changed"},
                       {k_exit_usage, "wrong usage, or no passphrase"},
                       {k_exit_environment, "no such CA, or its files cannot be read or written"}},
        .see_also = {"ca init", "ca show"},
        .reads_environment = false,
        .run = [words](Context& context) { return run(context, *words); }};
}

}  // namespace signet::cli
