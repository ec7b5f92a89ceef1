#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "ca/audit_key.h"
#include "cli/audit_key.h"
#include "cli/commands.h"
#include "cli/exit_code.h"

namespace signet::cli {
namespace {

int run(Context& context) {
    const auto store = store::Store::open(context.store());
    const auto key = open_audit_key(context, *store);
    const auto checkpoint = ca::sign_audit_checkpoint(*store, key);
    if (context.out.json())
        context.out.document({{"origin", checkpoint.origin},
                              {"tree_size", checkpoint.tree.size},
                              {"root_hash", base::hex_encode(checkpoint.tree.root)},
                              {"key", checkpoint.verifier_key},
                              {"checkpoint", checkpoint.text}});
    else
        context.out.text(checkpoint.text);
    return k_exit_done;
}

}  // namespace

Command audit_checkpoint_command() {
    return {.name = "audit checkpoint",
            .summary = "print a signed checkpoint of the audit log",
            .description =
                "Keep it where the store's administrators cannot reach it: `signet audit verify --checkpoint` then "
                "tells whether anything before it was changed since, and `signet audit check-proof` needs it.\n\n"
                "It is a signed note as c2sp.org/tlog-checkpoint describes it: the origin (`signet.audit/` and 16 hex "
                "digits of the SHA-256 of the key), the number of entries, the root hash in base64, the key in the "
                "encoding of signed notes, and an Ed25519 signature. The key, audit.key in the store, is made for "
                "this at first use (which is an entry in the log), mode 0600, and encrypted where the CA's keys are; "
                "audit.pub beside it has the public half. It signs nothing else.\n\n"
                "With --json: origin, tree_size, root_hash (hex), key and checkpoint.",
            .examples = {{"signet audit checkpoint > /mnt/auditor/$(date +%F).txt", "one a day"}},
            .see_also = {"audit", "audit verify", "audit prove"},
            .run = [](Context& context) { return run(context); }};
}

}  // namespace signet::cli
