#include <memory>
#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/error.h"
#include "ca/audit_key.h"
#include "cli/audit_key.h"
#include "cli/commands.h"
#include "cli/exit_code.h"

namespace signet::cli {
namespace {

using base::Json;

struct Words {
    std::optional<base::Path> checkpoint;
};

/// Throws when it is signed by another key than the one of this store.
ca::Checkpoint read_checkpoint(const store::Layout& layout, const base::Path& file) {
    auto checkpoint = ca::parse_checkpoint(read_small_input(file), file.string());
    const auto own = ca::audit_verifier_key(layout);
    if (own && *own != checkpoint.verifier_key)
        throw base::Error{base::Kind::refused,
                          file.string() + " is signed by " + checkpoint.verifier_key + ", not by the key of this store",
                          "name the store that the checkpoint is of; audit.pub has this one's key"};
    return checkpoint;
}

int run(Context& context, const Words& words) {
    const auto store = store::Store::open(context.store());
    std::optional<ca::Checkpoint> checkpoint;
    if (words.checkpoint) checkpoint = read_checkpoint(store->layout(), *words.checkpoint);
    const auto finding = store::check_audit(*store, checkpoint ? std::optional(checkpoint->tree) : std::nullopt);
    const auto& fault = finding.fault;
    if (context.out.json()) {
        context.out.document(
            {{"valid", !fault},
             {"entries", finding.size},
             {"root_hash", fault ? Json() : Json(base::hex_encode(finding.root))},
             {"checkpoint", checkpoint ? Json(checkpoint->tree.size) : Json()},
             {"entry", fault ? Json(fault->entry) : Json()},
             {"fault", fault ? Json("entry " + std::to_string(fault->entry) + " " + fault->what) : Json()}});
    } else if (fault) {
        context.out.line("NOT VALID: entry " + std::to_string(fault->entry) + " " + fault->what);
    } else {
        context.out.facts(
            {{"valid", std::to_string(finding.size) + " entries"},
             {"root hash", base::base64_encode(finding.root)},
             {"checkpoint",
              checkpoint ? "of " + std::to_string(checkpoint->tree.size) + " entries: the log goes on from it" : ""}});
    }
    return fault ? k_exit_refused : k_exit_done;
}

}  // namespace

Command audit_verify_command() {
    auto words = std::make_shared<Words>();
    return {
        .name = "audit verify",
        .summary = "check that no entry was changed, moved or removed",
        .description =
            "Hashes every entry again and compares with what was kept at its writing: names the first entry, counted "
            "from 0, that was changed or moved, is missing, or was put in by others. Where an entry was changed "
            "together with its hash, what is named is the first of the range that it is in. A certificate that was "
            "revoked, and whose row in the inventory says otherwise, is named too.\n\n"
            "Whoever may write the database can make all of it anew. That shows with --checkpoint: a checkpoint that "
            "was kept elsewhere must fit the log as far as it goes. Its signature is checked, too, by the key in "
            "audit.pub of the store.\n\n"
            "A server may go on issuing meanwhile. A million entries take seconds.\n\n"
            "With --json: valid, entries, root_hash, checkpoint (its number of entries), and where it is not valid, "
            "entry and fault.",
        .options = {{.name = "checkpoint",
                     .label = "FILE",
                     .text = "compare with this one, too",
                     .target = &words->checkpoint,
                     .complete = Complete::file}},
        .examples = {{"signet audit verify", ""},
                     {"signet audit verify --checkpoint monday.txt", "with one that was kept elsewhere"}},
        .exit_codes = {{0, "the log is whole"},
                       {1, "it is not, or the checkpoint's signature does not hold"},
                       {2, "wrong usage, or no checkpoint"},
                       {3, "no store"}},
        .see_also = {"audit", "audit checkpoint", "audit prove"},
        .run = [words](Context& context) { return run(context, *words); }};
}

}  // namespace signet::cli
