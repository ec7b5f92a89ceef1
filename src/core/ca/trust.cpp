#include "ca/trust.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "store/audit.h"
#include "x509/pem.h"

namespace signet::ca {
namespace {

using base::Error;
using base::Kind;

void check_anchor(const x509::Certificate& anchor, base::Time now) {
    const std::string who = "'" + anchor.subject().text() + "'";
    // Roots of the first days are of version 1, which has no extensions to say so (RFC 5280 section 6.1.4 (k)).
    const bool old_root = anchor.version() == 1 && anchor.self_issued() && anchor.signed_by(anchor.public_key());
    if (!anchor.is_ca() && !old_root)
        throw Error{Kind::refused, who + " is not the certificate of a CA",
                    "add the certificate of the CA that signed it"};
    if (anchor.not_after() < now)
        throw Error{Kind::refused, who + " expired at " + base::format_time(anchor.not_after()),
                    "add the certificate that took its place"};
}

void audit(store::Store& store, const TrustRequest& request, const x509::Certificate& anchor, std::string action,
           base::Time now) {
    store::AuditRecord entry{};
    entry.at = base::to_unix(now);
    entry.action = std::move(action);
    entry.actor = request.actor;
    entry.detail = "CA '" + request.authority + "', anchor '" + request.name + "': " + anchor.subject().text() + " " +
                   anchor.fingerprint_sha256();
    store.write([&](store::Transaction& transaction) { store::append_audit(transaction, entry); });
}

base::Path path_of(const store::Layout& layout, const TrustRequest& request) {
    return layout.trusted(request.authority) / (request.name + ".crt");
}

}  // namespace

bool add_trust(store::Store& store, const TrustRequest& request, const x509::Certificate& anchor, base::Time now) {
    const store::Layout& layout = store.layout();
    store::check_plain_name(request.name, "an anchor");
    check_anchor(anchor, now);
    const base::FileLock lock = store.lock("ca-" + request.authority);
    const AuthorityFiles files = read_authority_files(layout, request.authority);
    for (const auto& foreign : files.trusted) {
        if (foreign.name == request.name && foreign.certificate == anchor) return false;
        if (foreign.name == request.name)
            throw Error{Kind::exists, "there is another anchor '" + request.name + "'",
                        "remove it first, or choose another --name"};
    }
    const auto anchors = files.anchors();
    if (std::find(anchors.begin(), anchors.end(), anchor) != anchors.end())
        throw Error{Kind::refused, "'" + anchor.subject().text() + "' counts already", "see signet ca trust list"};
    audit(store, request, anchor, "ca.trust_added", now);
    base::make_directories(layout.trusted(request.authority), 0700);
    base::write_file(path_of(layout, request), x509::encode_certificates({anchor}), {.mode = 0644});
    return true;
}

void remove_trust(store::Store& store, const TrustRequest& request, base::Time now) {
    const store::Layout& layout = store.layout();
    const base::FileLock lock = store.lock("ca-" + request.authority);
    const AuthorityFiles files = read_authority_files(layout, request.authority);
    std::vector<std::string> names;
    for (const auto& foreign : files.trusted) {
        names.push_back(foreign.name);
        if (foreign.name != request.name) continue;
        audit(store, request, foreign.certificate, "ca.trust_removed", now);
        base::remove_if_there(path_of(layout, request));
        return;
    }
    const auto near = base::nearest(request.name, names);
    throw Error{Kind::not_found,
                "there is no anchor '" + base::printable(request.name) + "' beside the CA '" + request.authority + "'",
                near ? "did you mean '" + *near + "'?" : "see signet ca trust list"};
}

}  // namespace signet::ca
