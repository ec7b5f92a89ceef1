#include <memory>
#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "ca/audit_key.h"
#include "ca/audit_proof.h"
#include "cli/audit_key.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "store/certificates.h"

namespace signet::cli {
namespace {

using base::Error;
using base::Kind;

struct Words {
    std::string serial, action;
    std::optional<base::Path> checkpoint;
};

store::AuditEntry find_entry(store::Store& store, const std::string& serial, const std::string& action) {
    auto entry = store.query([&](store::Transaction& transaction) {
        std::vector<std::int64_t> times;
        if (const auto certificate = store::find_certificate(transaction, serial)) {
            times.push_back(certificate->issued_at);
            if (certificate->revoked_at) times.push_back(*certificate->revoked_at);
        }
        return store::find_audit(transaction, serial, action, times);
    });
    if (!entry)
        throw Error{Kind::not_found,
                    "the audit log has no entry " + (action.empty() ? "" : "'" + base::printable(action) + "' ") +
                        "about a certificate " + serial,
                    "see what it has with: signet audit --serial " + serial};
    return std::move(*entry);
}

int run(Context& context, const Words& words) {
    const auto serial = base::hex_decode(words.serial);
    if (!serial || serial->empty())
        throw Error{Kind::bad_input, "'" + base::printable(words.serial) + "' is no serial number", "give it in hex"};
    const auto store = store::Store::open(context.store());
    const auto entry = find_entry(*store, base::hex_encode(*serial), words.action);
    const auto checkpoint = words.checkpoint
                                ? ca::parse_checkpoint(read_small_input(*words.checkpoint), words.checkpoint->string())
                                : ca::sign_audit_checkpoint(*store, open_audit_key(context, *store));
    context.out.document(ca::proof_json(ca::prove_entry(*store, entry, checkpoint), checkpoint.tree));
    return k_exit_done;
}

}  // namespace

Command audit_prove_command() {
    auto words = std::make_shared<Words>();
    return {
        .name = "audit prove",
        .summary = "print a proof that a certificate is in the audit log",
        .description =
            "The proof is a JSON document: the entry, its index, the tree_size, the leaf_hash, the path from the "
            "leaf up to the root_hash (RFC 9162 section 2.1.3; hashes in hex), and a checkpoint with that root. "
            "Whoever has the checkpoint checks it without this store, by `signet audit check-proof`, or by some "
            "lines of any language.\n\n"
            "Without --checkpoint the proof is for the log as it is now, and a checkpoint is signed on the way. For "
            "one who has kept a checkpoint, name that one. Without --action the entry is that of the issuance.",
        .arguments = {{.label = "SERIAL", .text = "in hex", .target = &words->serial, .required = true}},
        .options = {{.name = "checkpoint",
                     .label = "FILE",
                     .text = "prove it to who has this checkpoint",
                     .target = &words->checkpoint,
                     .complete = Complete::file,
                     .default_text = "a new one"},
                    {.name = "action",
                     .label = "A",
                     .text = "the entry with this action, as certificate.revoked",
                     .target = &words->action,
                     .default_text = "the first about that certificate"}},
        .examples = {{"signet audit prove 0a1b2c3d > proof.json", ""}},
        .exit_codes = {{0, "printed"},
                       {1, "the entry came after the checkpoint"},
                       {2, "wrong usage, or no checkpoint"},
                       {3, "no store, no such entry, or a log that proves nothing"}},
        .see_also = {"audit check-proof", "audit checkpoint", "audit"},
        .run = [words](Context& context) { return run(context, *words); }};
}

}  // namespace signet::cli
