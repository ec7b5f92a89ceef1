#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "ca/rotation.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "store/store.h"

namespace signet::cli {
namespace {

struct Words {
    std::string id;
    bool force = false;
};

int run(Context& context, const Words& words) {
    const auto store = store::Store::open(context.store());
    const auto retired = ca::retire_ca(*store, {words.id, words.force, "operator uid " + std::to_string(::getuid())},
                                       context.seams.clock.now());
    if (context.out.json())
        context.out.document(
            {{"name", retired.authority}, {"retired", retired.ids}, {"living_leaves", retired.living}});
    else
        context.out.line("retired " + base::join(retired.ids, ", ") + " of the CA " + retired.authority);
    return k_exit_done;
}

}  // namespace

Command ca_retire_command() {
    auto words = std::make_shared<Words>();
    return {
        .name = "ca retire",
        .summary = "take a former CA out of the store",
        .description =
            "ID is that of a former issuing CA, or of a former root, with which the issuing CAs below it go: `ca show` "
            "lists them with the certificates that live. Their keys are deleted, their CRLs and OCSP answers end; a "
            "root leaves ca.crt and /ca.pem, and its cross-certificates are sent no more. The certificates stay in the "
            "inventory.\n\n"
            "While certificates hang on it that have not ended, it is refused: revoked ones too, since nobody would "
            "say any more that they are. --force does it anyway.",
        .arguments = {{.label = "ID",
                       .text = "first 8 hex digits of the subject key identifier",
                       .target = &words->id,
                       .required = true}},
        .options = {{.name = "force", .text = "though certificates that live hang on it", .target = &words->force}},
        .examples = {{"signet ca retire 3f9a01c2", "when ca show says that nothing hangs on it any more"}},
        .exit_codes = {{k_exit_done, "done"},
                       {k_exit_refused, "certificates that live hang on it, or it is the current one"},
                       {k_exit_usage, "wrong usage"},
                       {k_exit_environment, "no such CA"}},
        .see_also = {"ca rotate", "ca show"},
        .reads_environment = false,
        .run = [words](Context& context) { return run(context, *words); }};
}

}  // namespace signet::cli
