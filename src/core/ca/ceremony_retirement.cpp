#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "ca/authority_files.h"
#include "ca/ceremony_directory.h"
#include "ca/generations.h"
#include "ca/rotation.h"
#include "store/audit.h"
#include "store/certificates.h"

namespace signet::ca {
namespace {

using base::Error;
using base::Kind;

/// The former CAs that go together.
struct Leaving {
    std::vector<const FormerCa*> issuing;
    const FormerCa* root = nullptr;
    std::vector<std::string> ids() const {
        std::vector<std::string> all;
        if (root != nullptr) all.push_back(root->id);
        for (const FormerCa* ca : issuing) all.push_back(ca->id);
        return all;
    }
};

Leaving find_leaving(const AuthorityFiles& files, const std::string& id) {
    Leaving leaving;
    for (const FormerCa& root : files.former_roots)
        if (root.id == id) leaving.root = &root;
    for (const FormerCa& issuing : files.former_issuing)
        if (issuing.id == id || (leaving.root != nullptr && files.former_root_of(issuing) == leaving.root))
            leaving.issuing.push_back(&issuing);
    return leaving;
}

/// The CA of the store that has a generation of this id.
std::string authority_with(const store::Layout& layout, const std::string& id) {
    std::vector<std::string> formers;
    for (const std::string& name : authority_names(layout)) {
        const AuthorityFiles files = read_authority_files(layout, name);
        if (id == authority_id(files.signer()) || id == authority_id(files.root))
            throw Error{Kind::refused, id + " is the current generation of the CA '" + name + "'",
                        "put another one in its place first: signet ca rotate"};
        if (!find_leaving(files, id).ids().empty()) return name;
        for (const auto* former : {&files.former_issuing, &files.former_roots})
            for (const FormerCa& ca : *former) formers.push_back(ca.id);
    }
    throw Error{
        Kind::not_found, "there is no former CA '" + base::printable(id, 40) + "' in " + layout.root().string(),
        formers.empty() ? "no CA of this store has a former generation" : "use one of: " + base::join(formers, ", ")};
}

std::string normal(std::string id) {
    std::erase(id, ':');
    return base::lower(id);
}

}  // namespace

Retired retire_ca(store::Store& store, const RetireRequest& request, base::Time now) {
    const store::Layout& layout = store.layout();
    const std::string id = normal(request.id);
    const std::string name = authority_with(layout, id);
    const base::FileLock lock = store.lock("ca-" + name);
    const AuthorityFiles files = read_authority_files(layout, name);
    const Leaving leaving = find_leaving(files, id);
    if (leaving.ids().empty()) authority_with(layout, id);  // says what is wrong now
    Retired result{name, leaving.ids(), 0};
    std::int64_t last = 0;
    store.read([&](store::Transaction& transaction) {
        for (const std::string& one : result.ids) {
            const auto living = count_living_leaves(transaction, files, one, base::to_unix(now));
            result.living += living;
            if (living > 0) last = std::max(last, store::last_end(transaction, one));
        }
    });
    if (result.living > 0 && !request.force)
        throw Error{Kind::refused,
                    std::to_string(result.living) + " certificates that live hang on " + id + ", the last until " +
                        base::format_time(base::from_unix(last)),
                    "renew them first (signet ca show tells how far it is), or retire it with --force"};

    DirectoryChange change(layout, name);
    std::vector<x509::Certificate> gone;
    for (const FormerCa* ca : leaving.issuing) gone.push_back(ca->certificate);
    for (const FormerCa* ca : leaving.issuing)
        for (const char* extension : {"crt", "key"}) change.remove(layout.former(name, "issuing", ca->id, extension));
    if (leaving.root != nullptr) {
        for (const char* extension : {"crt", "key", "compromised"})
            change.remove(layout.former(name, "root", id, extension));
        change.remove(layout.imported_crl(name, id));
        std::map<std::string, std::vector<x509::Certificate>> left;
        for (const x509::Certificate& cross : files.cross) {
            auto& of_this_key = left[authority_id(cross)];
            const bool by_it = cross.issuer() == leaving.root->certificate.subject();
            (authority_id(cross) != id && !by_it ? of_this_key : gone).push_back(cross);
        }
        for (const auto& [key_id, certificates] : left)
            change.write_certificates(layout.former(name, "cross", key_id, "crt"), certificates);
    }
    store::AuditRecord audit{};
    audit.at = base::to_unix(now);
    audit.action = "ca.retired";
    audit.actor = request.actor;
    audit.detail = "CA '" + name + "': " + base::join(result.ids, ", ") +
                   (result.living > 0 ? ", with " + std::to_string(result.living) + " living certificates" : "");
    store.write([&](store::Transaction& transaction) {
        store::append_audit(transaction, audit);
        note_retired(transaction, name, gone);
    });
    change.commit();
    return result;
}

}  // namespace signet::ca
