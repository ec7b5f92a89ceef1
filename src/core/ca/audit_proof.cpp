#include "ca/audit_proof.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/error.h"
#include "base/time.h"
#include "store/audit_tree.h"

namespace signet::ca {
namespace {

using base::Error;
using base::Json;
using base::Kind;

constexpr std::size_t k_proof_limit = 1 << 20;  // an entry names a hundred names, and a path has 63 hashes at most
constexpr std::size_t k_longest_path = 63;

store::TreeHash leaf_of(const store::AuditEntry& entry) {
    return store::leaf_hash(base::bytes_of(store::audit_line(entry.index, entry.record)));
}

store::TreeHash read_hash(const std::string& hex, std::string_view what) {
    const auto bytes = base::hex_decode(hex);
    store::TreeHash hash{};
    if (!bytes || bytes->size() != hash.size())
        throw Error{Kind::bad_input, std::string(what) + ": the path holds something else than hashes"};
    std::copy(bytes->begin(), bytes->end(), hash.begin());
    return hash;
}

std::uint64_t read_count(const Json& object, std::string_view member, std::string_view what) {
    const auto value = base::json_int_if_there(object, member, what);
    if (!value || *value < 0)
        throw Error{Kind::malformed, std::string(what) + ": \"" + std::string(member) + "\" is missing or no number"};
    return static_cast<std::uint64_t>(*value);
}

std::optional<std::string> text_or_null(const Json& object, const char* member, std::string_view what) {
    const auto found = object.find(member);
    if (found != object.end() && found->is_null()) return std::nullopt;
    return base::json_string(object, member, what);
}

store::AuditEntry read_entry(const Json& json, std::string_view what) {
    const auto text = [&](const char* member) { return base::json_string(json, member, what); };
    return {read_count(json, "index", what),
            {base::to_unix(base::parse_time(text("at"), what)), text("action"), text("actor"), text("address"),
             text_or_null(json, "serial", what), text_or_null(json, "account", what),
             text_or_null(json, "profile", what), base::json_strings(json, "names", what), text("detail")}};
}

AuditProof read_proof(const Json& json, std::string_view what) {
    const auto entry = json.find("entry");
    if (!json.is_object() || entry == json.end() || !entry->is_object())
        throw Error{Kind::malformed, std::string(what) + ": \"entry\" is missing"};
    AuditProof proof{
        read_entry(*entry, what), read_count(json, "tree_size", what), {}, base::json_string(json, "checkpoint", what)};
    for (const auto& hash : base::json_strings(json, "path", what)) proof.path.push_back(read_hash(hash, what));
    if (proof.path.size() > k_longest_path) throw Error{Kind::malformed, std::string(what) + ": the path is too long"};
    return proof;
}

}  // namespace

bool AuditProof::holds(const store::KnownTree& tree) const {
    return tree.size == tree_size && store::is_included(entry.index, tree.size, leaf_of(entry), path, tree.root);
}

AuditProof prove_entry(store::Store& store, const store::AuditEntry& entry, const Checkpoint& checkpoint) {
    if (entry.index >= checkpoint.tree.size)
        throw Error{Kind::refused,
                    "entry " + std::to_string(entry.index) + " came after the checkpoint, which is about " +
                        std::to_string(checkpoint.tree.size) + " entries",
                    "take a newer one with: signet audit checkpoint"};
    AuditProof proof{entry, checkpoint.tree.size, {}, checkpoint.text};
    proof.path = store.query([&](store::Transaction& transaction) {
        const store::AuditTree tree(transaction);
        if (tree.size() < checkpoint.tree.size)
            throw Error{Kind::corrupt, "the checkpoint is about more entries than the log has",
                        "see what is missing with: signet audit verify --checkpoint FILE"};
        return tree.inclusion_path(entry.index, checkpoint.tree.size);
    });
    if (!proof.holds(checkpoint.tree))
        throw Error{Kind::corrupt, "the audit log is not the one that the checkpoint is about",
                    "see what was changed with: signet audit verify"};
    return proof;
}

Json entry_json(const store::AuditEntry& entry) {
    const auto nullable = [](const std::optional<std::string>& text) { return text ? Json(*text) : Json(); };
    const auto& record = entry.record;
    return {{"index", entry.index},
            {"at", base::format_time(base::from_unix(record.at))},
            {"action", record.action},
            {"actor", record.actor},
            {"address", record.address},
            {"serial", nullable(record.serial)},
            {"account", nullable(record.account)},
            {"profile", nullable(record.profile)},
            {"names", record.names},
            {"detail", record.detail}};
}

Json proof_json(const AuditProof& proof, const store::KnownTree& tree) {
    Json path = Json::array();
    for (const auto& hash : proof.path) path.push_back(base::hex_encode(hash));
    return {{"entry", entry_json(proof.entry)}, {"index", proof.entry.index},
            {"tree_size", proof.tree_size},     {"leaf_hash", base::hex_encode(leaf_of(proof.entry))},
            {"path", std::move(path)},          {"root_hash", base::hex_encode(tree.root)},
            {"checkpoint", proof.checkpoint}};
}

AuditProof parse_proof(std::string_view text, std::string_view what) {
    try {
        return read_proof(base::parse_json(text, what, {.size = k_proof_limit, .members = 100}), what);
    } catch (const Error& error) {
        throw Error{Kind::bad_input, error.message(), "take what 'signet audit prove' printed"};
    }
}

}  // namespace signet::ca
