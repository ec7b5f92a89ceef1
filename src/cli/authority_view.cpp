#include "cli/authority_view.h"

#include <nlohmann/json.hpp>

#include "ca/permitted_names.h"
#include "store/certificates.h"

namespace signet::cli {
namespace {

using base::Json;

Json ca_json(const x509::Certificate& certificate) {
    return {{"id", ca::authority_id(certificate)},
            {"subject", certificate.subject().text()},
            {"serial", certificate.serial_hex()},
            {"not_before", base::format_time(certificate.not_before())},
            {"not_after", base::format_time(certificate.not_after())},
            {"key_type", certificate.public_key().describe()},
            {"fingerprint_sha256", certificate.fingerprint_sha256()}};
}

std::string until(const x509::Certificate& certificate, base::Time now) {
    const std::string end = base::format_time(certificate.not_after());
    if (certificate.not_after() < now) return "expired at " + end;
    if (certificate.not_before() > now) return "not valid before " + base::format_time(certificate.not_before());
    const base::Duration left = certificate.not_after() - now;
    const bool soon = left < std::chrono::hours(24 * 365);
    return "until " + end + (soon ? " (" + base::describe_duration(left) + ")" : "");
}

std::string line_for(const x509::Certificate& certificate, base::Time now) {
    return certificate.subject().text() + ", " + certificate.public_key().describe() + ", " + until(certificate, now);
}

std::string constraints_of(const ca::AuthorityFiles& files) {
    const auto& constraints = files.signer().name_constraints();
    return constraints ? ca::describe(*constraints) : "";
}

std::string foreign_anchors_of(const ca::AuthorityFiles& files) {
    std::string names;
    for (const auto& foreign : files.trusted) names += (names.empty() ? "" : ", ") + foreign.name;
    return names;
}

}  // namespace

AuthorityView view_authority(store::Store& store, const std::string& name, base::Time now) {
    AuthorityView view{ca::read_authority_files(store.layout(), name)};
    ca::check_key_privacy(store.layout(), name);
    view.living_leaves = store.query([&](store::Transaction& transaction) {
        const auto count = store::count_living(transaction, ca::authority_id(view.files.signer()), base::to_unix(now));
        // A root that signs leafs is its own issuer in the inventory, and no leaf.
        const bool counts_itself = !view.files.issuing && view.files.root.not_after() >= now &&
                                   store::find_certificate(transaction, view.files.root.serial_hex());
        return counts_itself ? count - 1 : count;
    });
    return view;
}

Json authority_json(const AuthorityView& view) {
    Json signer = ca_json(view.files.signer());
    signer["current"] = true;
    signer["living_leaves"] = view.living_leaves;
    const auto& constraints = view.files.signer().name_constraints();
    signer["name_constraints"] = constraints ? Json(ca::describe(*constraints)) : Json(nullptr);
    Json anchors = Json::array();
    for (const auto& anchor : view.files.anchors()) anchors.push_back(ca_json(anchor));
    return {{"name", view.files.name},
            {"root", ca_json(view.files.root)},
            {"root_only", !view.files.issuing},
            {"issuing", Json::array({std::move(signer)})},
            {"anchors", std::move(anchors)}};
}

void print_authority(Output& out, const AuthorityView& view, base::Time now) {
    const ca::AuthorityFiles& files = view.files;
    out.facts({{"CA", files.name},
               {"root", line_for(files.root, now)},
               {"root SHA-256", files.root.fingerprint_sha256()},
               {"issuing", files.issuing ? line_for(*files.issuing, now) : "none: the root signs"},
               {"issuing id", ca::authority_id(files.signer())},
               {"name constraints", constraints_of(files)},
               {"foreign anchors", foreign_anchors_of(files)},
               {"living certificates", std::to_string(view.living_leaves)}});
}

}  // namespace signet::cli
