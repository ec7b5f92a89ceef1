#include <memory>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "ca/audit_proof.h"
#include "cli/audit_key.h"
#include "cli/commands.h"
#include "cli/exit_code.h"

namespace signet::cli {
namespace {

struct Words {
    base::Path proof, checkpoint;
};

/// Why it does not hold; empty when it does.
std::string fault_of(const ca::AuditProof& proof, const ca::Checkpoint& checkpoint) {
    if (proof.tree_size != checkpoint.tree.size)
        return "the proof is for a log of " + std::to_string(proof.tree_size) + " entries, the checkpoint for one of " +
               std::to_string(checkpoint.tree.size) + ": ask for one with 'signet audit prove --checkpoint'";
    if (!proof.holds(checkpoint.tree)) return "the entry is not in the log that the checkpoint is about";
    return {};
}

int run(Context& context, const Words& words) {
    const auto proof = ca::parse_proof(read_small_input(words.proof), words.proof.string());
    const auto checkpoint = ca::parse_checkpoint(read_small_input(words.checkpoint), words.checkpoint.string());
    const auto fault = fault_of(proof, checkpoint);
    const auto& record = proof.entry.record;
    if (context.out.json()) {
        context.out.document({{"valid", fault.empty()},
                              {"reason", fault},
                              {"origin", checkpoint.origin},
                              {"key", checkpoint.verifier_key},
                              {"entry", ca::entry_json(proof.entry)}});
    } else if (!fault.empty()) {
        context.out.line("NOT VALID: " + fault);
    } else {
        context.out.facts({{"valid", "entry " + std::to_string(proof.entry.index) + " of the " +
                                         std::to_string(proof.tree_size) + " that " + checkpoint.origin + " signed"},
                           {"at", base::format_time(base::from_unix(record.at))},
                           {"action", base::printable(record.action)},
                           {"actor", base::printable(record.actor)},
                           {"serial", base::printable(record.serial.value_or(""))},
                           {"names", base::printable(base::join(record.names, ", "), 4000)}});
    }
    return fault.empty() ? k_exit_done : k_exit_refused;
}

}  // namespace

Command audit_check_proof_command() {
    auto words = std::make_shared<Words>();
    return {.name = "audit check-proof",
            .summary = "check a proof from the audit log, without the store",
            .description =
                "Says whether the entry in the proof is one of those that the checkpoint stands for. Needs neither "
                "store nor server, and trusts the checkpoint alone: take one that you kept, or got from somebody you "
                "believe. The checkpoint that stands in the proof counts for nothing.\n\n"
                "With --json: valid, reason, origin, key and entry.",
            .arguments = {{.label = "FILE",
                           .text = "what audit prove printed; - is standard input",
                           .target = &words->proof,
                           .required = true,
                           .complete = Complete::file}},
            .options = {{.name = "checkpoint",
                         .label = "FILE",
                         .text = "what audit checkpoint printed",
                         .target = &words->checkpoint,
                         .required = true,
                         .complete = Complete::file}},
            .examples = {{"signet audit check-proof proof.json --checkpoint monday.txt", ""}},
            .exit_codes = {{0, "the proof holds"},
                           {1, "it does not"},
                           {2, "wrong usage, no proof, or no checkpoint"},
                           {3, "a file cannot be read"}},
            .see_also = {"audit prove", "audit checkpoint", "audit verify"},
            .run = [words](Context& context) { return run(context, *words); }};
}

}  // namespace signet::cli
