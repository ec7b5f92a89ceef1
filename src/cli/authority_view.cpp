#include "cli/authority_view.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "ca/generations.h"
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

/// signet.toml decides nothing here: a broken one must not hide what there is.
std::string public_url(const Context& context) {
    try {
        std::string url = context.settings().server.public_http_url;
        while (url.ends_with('/')) url.pop_back();
        return url;
    } catch (const base::Error&) {
        return {};
    }
}

using Generation = AuthorityView::Generation;

Generation generation_of(store::Transaction& transaction, const ca::AuthorityFiles& files,
                         const x509::Certificate& certificate, base::Time now) {
    Generation generation{certificate, ca::authority_id(certificate), 0, 0, {}};
    generation.living_leaves = ca::count_living_leaves(transaction, files, generation.id, base::to_unix(now));
    if (generation.living_leaves > 0) generation.last_end = store::last_end(transaction, generation.id);
    return generation;
}

/// What hangs on a former root: what it signed itself, and the leafs of the issuing CAs below it.
Generation root_of(store::Transaction& transaction, const AuthorityView& view, const ca::FormerCa& root,
                   base::Time now) {
    Generation all = generation_of(transaction, view.files, root.certificate, now);
    for (const ca::FormerCa& issuing : view.files.former_issuing) {
        if (view.files.former_root_of(issuing) != &root) continue;
        for (const Generation& below : view.issuing) {
            if (below.id != issuing.id) continue;
            all.living_leaves += below.living_leaves;
            all.last_end = std::max(all.last_end, below.last_end);
        }
    }
    return all;
}

Json retirement_json(const Generation& generation, const char* kind, bool compromised) {
    Json json{{"id", generation.id},
              {"kind", kind},
              {"subject", generation.certificate.subject().text()},
              {"living_leaves", generation.living_leaves},
              {"may_retire", generation.living_leaves == 0},
              {"retire_after", nullptr}};
    if (generation.living_leaves > 0)
        json["retire_after"] = base::format_time(base::from_unix(generation.last_end + 1));
    if (generation.replaced_at) json["replaced_at"] = base::format_time(base::from_unix(*generation.replaced_at));
    if (compromised) json["compromised"] = true;
    return json;
}

/// How far a change-over is: nothing, a certificate is awaited, leafs move, everything former may go.
std::string step_of(const AuthorityView& view) {
    if (view.rotation_waits) return "waiting";
    if (view.issuing.size() == 1 && view.former_roots.empty()) return "none";
    const auto done = [](const Generation& generation) { return generation.living_leaves == 0; };
    const bool all = std::all_of(view.issuing.begin() + 1, view.issuing.end(), done) &&
                     std::all_of(view.former_roots.begin(), view.former_roots.end(), done);
    return all ? "retire" : "moving";
}

Json rotation_json(const AuthorityView& view) {
    Json former = Json::array();
    for (std::size_t i = 0; i < view.former_roots.size(); ++i)
        former.push_back(retirement_json(view.former_roots[i], "root", view.files.former_roots[i].compromised));
    if (view.files.issuing)
        for (std::size_t i = 1; i < view.issuing.size(); ++i)
            former.push_back(retirement_json(view.issuing[i], "issuing", false));
    return {{"step", step_of(view)},
            {"csr", view.rotation_waits ? Json(view.csr.string()) : Json(nullptr)},
            {"former", std::move(former)}};
}

Json issuing_json(const AuthorityView& view, const Generation& generation) {
    Json json = ca_json(generation.certificate);
    json["current"] = generation.certificate == view.files.signer();
    json["living_leaves"] = generation.living_leaves;
    const auto& constraints = generation.certificate.name_constraints();
    json["name_constraints"] = constraints ? Json(ca::describe(*constraints)) : Json(nullptr);
    const std::string& url = view.public_http_url;
    json["crl_url"] =
        url.empty() ? Json(nullptr) : Json(url + "/crl/" + view.files.name + "/" + generation.id + ".crl");
    json["ocsp_url"] = url.empty() ? Json(nullptr) : Json(url + "/ocsp/" + view.files.name);
    return json;
}

std::string crl_text(const ca::ImportedCrl& crl, base::Time now) {
    const bool over = crl.next_update < now;
    return crl.signer.subject().text() + ": number " + x509::crl_number_text(crl.crl.number()) + ", " +
           std::to_string(crl.crl.size()) + " entries, " + (over ? "ended at " : "until ") +
           base::format_time(crl.next_update) +
           (crl.revoked.empty() ? "" : "; it revokes " + base::join(crl.revoked_serials(), ", "));
}

std::string rotation_text(const AuthorityView& view) {
    const std::string step = step_of(view);
    if (step == "waiting") return "waits for the answer to " + view.csr.string();
    if (step == "none") return {};
    return step == "retire" ? "complete: retire what is former" : "certificates move to the current generation";
}

std::string former_text(const Generation& generation) {
    const std::string id = generation.id + ", " + generation.certificate.subject().text() + ": ";
    if (generation.living_leaves == 0) return id + "signet ca retire " + generation.id;
    return id + std::to_string(generation.living_leaves) + " living, the last until " +
           base::format_time(base::from_unix(generation.last_end));
}

}  // namespace

std::int64_t AuthorityView::living_leaves() const {
    std::int64_t all = 0;
    for (const Generation& generation : issuing) all += generation.living_leaves;
    return all;
}

AuthorityView view_authority(const Context& context, store::Store& store, const std::string& name, base::Time now) {
    AuthorityView view{ca::read_authority_files(store.layout(), name), {}, {}, {}, {}, {}, public_url(context)};
    ca::check_key_privacy(store.layout(), name);
    view.rotation_waits = ca::rotation_waits(store.layout(), name);
    view.crls = ca::imported_crls(store.layout(), view.files);
    view.csr = store.layout().issuing_request(name);
    store.read([&](store::Transaction& transaction) {
        const auto replaced = ca::replaced_at(transaction, view.files);
        for (const auto& signer : view.files.leaf_signers()) {
            view.issuing.push_back(generation_of(transaction, view.files, signer, now));
            const auto since = replaced.find(view.issuing.back().id);
            if (since != replaced.end()) view.issuing.back().replaced_at = since->second;
        }
        for (const auto& root : view.files.former_roots)
            view.former_roots.push_back(root_of(transaction, view, root, now));
    });
    return view;
}

Json imported_crl_json(const ca::ImportedCrl& crl) {
    return {{"id", ca::authority_id(crl.signer)},
            {"subject", crl.signer.subject().text()},
            {"number", x509::crl_number_text(crl.crl.number())},
            {"entries", crl.crl.size()},
            {"this_update", base::format_time(crl.crl.this_update())},
            {"next_update", base::format_time(crl.next_update)},
            {"revoked", crl.revoked_serials()}};
}

Json authority_json(const AuthorityView& view) {
    Json issuing = Json::array(), anchors = Json::array(), crls = Json::array();
    for (const auto& generation : view.issuing) issuing.push_back(issuing_json(view, generation));
    for (const auto& crl : view.crls) crls.push_back(imported_crl_json(crl));
    for (const auto& anchor : view.files.anchors()) anchors.push_back(ca_json(anchor));
    return {{"name", view.files.name},         {"root", ca_json(view.files.root)}, {"root_only", !view.files.issuing},
            {"issuing", std::move(issuing)},   {"anchors", std::move(anchors)},    {"rotation", rotation_json(view)},
            {"imported_crls", std::move(crls)}};
}

void print_authority(Output& out, const AuthorityView& view, base::Time now) {
    const ca::AuthorityFiles& files = view.files;
    std::vector<std::pair<std::string, std::string>> rows{
        {"CA", files.name},
        {"root", line_for(files.root, now)},
        {"root SHA-256", files.root.fingerprint_sha256()},
        {"issuing", files.issuing ? line_for(*files.issuing, now) : "none: the root signs"},
        {"issuing id", ca::authority_id(files.signer())},
        {"name constraints", constraints_of(files)},
        {"foreign anchors", foreign_anchors_of(files)},
        {"living certificates", std::to_string(view.issuing.front().living_leaves)},
        {"rotation", rotation_text(view)}};
    for (const auto& crl : view.crls) rows.emplace_back("imported CRL", crl_text(crl, now));
    for (const auto& root : view.former_roots) rows.emplace_back("former root", former_text(root));
    if (files.issuing)
        for (std::size_t i = 1; i < view.issuing.size(); ++i)
            rows.emplace_back("former issuing", former_text(view.issuing[i]));
    out.facts(rows);
}

}  // namespace signet::cli
