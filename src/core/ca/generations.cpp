#include "ca/generations.h"

#include <algorithm>
#include <filesystem>

#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "store/certificates.h"
#include "store/meta.h"

namespace signet::ca {
namespace {

using base::Error;
using base::Kind;
using Chain = std::vector<x509::Certificate>;

[[noreturn]] void throw_corrupt(const base::Path& path, const std::string& why) {
    throw Error{Kind::corrupt, path.string() + ": " + why, "restore the file from a backup of the store"};
}

bool hangs_on(const x509::Certificate& below, const x509::Certificate& above) {
    return below.issuer() == above.subject() && below.signed_by(above.public_key());
}

bool same_ca(const x509::Certificate& a, const x509::Certificate& b) {
    return a.subject() == b.subject() && base::equal(a.spki_der(), b.spki_der());
}

FormerCa read_former_ca(const store::Layout& layout, const std::string& name, const base::Path& path, bool root) {
    const auto certificates = read_cas(path);
    FormerCa former{authority_id(certificates.front()), certificates.front(), {}, false};
    former.between.assign(certificates.begin() + 1, certificates.end());
    if (path.stem().string() != (root ? "root-" : "issuing-") + former.id)
        throw_corrupt(path, "it holds the CA " + former.id);
    if (root && !former.between.empty()) throw_corrupt(path, "it holds more than a root");
    former.compromised = root && base::file_facts(layout.former(name, "root", former.id, "compromised"));
    return former;
}

void sort_newest_first(std::vector<FormerCa>& cas) {
    std::sort(cas.begin(), cas.end(), [](const FormerCa& a, const FormerCa& b) {
        const auto begin_a = a.certificate.not_before(), begin_b = b.certificate.not_before();
        return begin_a == begin_b ? a.id < b.id : begin_a > begin_b;
    });
}

Chain roots_of(const AuthorityFiles& files) {
    Chain roots{files.root};
    for (const FormerCa& former : files.former_roots)
        if (!former.compromised) roots.push_back(former.certificate);
    return roots;
}

/// The longest way up by cross-certificates from the last of `visited`; with `goal`, one that ends there.
Chain climb(const AuthorityFiles& files, const Chain& roots, Chain visited, const x509::Certificate* goal) {
    Chain best;
    for (const x509::Certificate& cross : files.cross) {
        if (!same_ca(cross, visited.back())) continue;
        const auto above =
            std::find_if(roots.begin(), roots.end(), [&](const auto& root) { return hangs_on(cross, root); });
        if (above == roots.end() || std::find(visited.begin(), visited.end(), *above) != visited.end()) continue;
        Chain way{cross};
        if (goal == nullptr || !(*above == *goal)) {
            Chain further = visited;
            further.push_back(*above);
            const Chain rest = climb(files, roots, std::move(further), goal);
            if (goal != nullptr && rest.empty()) continue;
            way.insert(way.end(), rest.begin(), rest.end());
        }
        if (way.size() > best.size()) best = std::move(way);
    }
    return best;
}

std::string retired_key(const std::string& name) { return "retired-cas." + name; }

/// A serial a line, some for each rotation.
std::vector<std::string> retired(store::Transaction& transaction, const std::string& name) {
    const auto text = store::get_meta(transaction, retired_key(name));
    std::vector<std::string> serials;
    if (!text) return serials;
    for (const auto serial : base::split(base::text_of(*text), '\n')) serials.emplace_back(serial);
    return serials;
}

/// Certificates of CAs themselves among what this CA has signed.
std::int64_t count_own(store::Transaction& transaction, const AuthorityFiles& files, std::string_view id,
                       std::int64_t now) {
    const auto own = own_serials(transaction, files);
    return std::count_if(own.begin(), own.end(), [&](const std::string& serial) {
        const auto row = store::find_certificate(transaction, serial);
        return row && row->issuer_id == id && row->not_after >= now;
    });
}

}  // namespace

void read_former(const store::Layout& layout, AuthorityFiles& files) {
    std::error_code error;
    for (std::filesystem::directory_iterator entry(layout.former(files.name), error), end; !error && entry != end;
         entry.increment(error)) {
        const base::Path& path = entry->path();
        const std::string stem = path.stem().string();
        if (path.extension() != ".crt" || stem.starts_with('.')) continue;
        if (stem.starts_with("root-"))
            files.former_roots.push_back(read_former_ca(layout, files.name, path, true));
        else if (stem.starts_with("issuing-"))
            files.former_issuing.push_back(read_former_ca(layout, files.name, path, false));
        else if (stem.starts_with("cross-"))
            for (auto& cross : read_cas(path)) files.cross.push_back(std::move(cross));
    }
    if (error && error != std::errc::no_such_file_or_directory)
        base::throw_errno(error.value(), "read", layout.former(files.name));
    sort_newest_first(files.former_roots);
    sort_newest_first(files.former_issuing);
}

const FormerCa* AuthorityFiles::former_root_of(const FormerCa& below) const {
    const x509::Certificate& top = below.between.empty() ? below.certificate : below.between.back();
    const auto found = std::find_if(former_roots.begin(), former_roots.end(),
                                    [&](const FormerCa& ca) { return hangs_on(top, ca.certificate); });
    return found == former_roots.end() ? nullptr : &*found;
}

std::vector<x509::Certificate> AuthorityFiles::leaf_signers() const {
    Chain signers{signer()};
    for (const FormerCa& former : issuing ? former_issuing : former_roots) signers.push_back(former.certificate);
    return signers;
}

std::vector<x509::Certificate> AuthorityFiles::chain_of(std::string_view id) const {
    if (id == authority_id(signer())) return chain();
    for (const FormerCa& former : former_issuing) {
        if (former.id != id) continue;
        Chain chain{former.certificate};
        chain.insert(chain.end(), former.between.begin(), former.between.end());
        return chain;
    }
    return {};
}

std::vector<x509::Certificate> AuthorityFiles::sent_chain_of(std::string_view id) const {
    Chain chain = chain_of(id);
    if (cross.empty()) return chain;
    const FormerCa* old_root = nullptr;
    for (const FormerCa& former : former_issuing)
        if (former.id == id) old_root = former_root_of(former);
    for (const FormerCa& former : former_roots)
        if (former.id == id) old_root = &former;
    const x509::Certificate& from = old_root == nullptr ? root : old_root->certificate;
    const Chain further = climb(*this, roots_of(*this), {from}, old_root == nullptr ? nullptr : &root);
    chain.insert(chain.end(), further.begin(), further.end());
    return chain;
}

std::set<std::string, std::less<>> own_serials(store::Transaction& transaction, const AuthorityFiles& files) {
    std::set<std::string, std::less<>> own;
    for (const std::string& serial : retired(transaction, files.name)) own.insert(serial);
    for (const x509::Certificate& ca : files.above_leaf()) own.insert(ca.serial_hex());
    for (const x509::Certificate& cross : files.cross) own.insert(cross.serial_hex());
    for (const auto* former : {&files.former_issuing, &files.former_roots})
        for (const FormerCa& ca : *former) own.insert(ca.certificate.serial_hex());
    return own;
}

void note_retired(store::Transaction& transaction, const std::string& name, const Chain& certificates) {
    auto serials = retired(transaction, name);
    for (const x509::Certificate& ca : certificates) serials.push_back(ca.serial_hex());
    store::put_meta(transaction, retired_key(name), base::bytes_of(base::join(serials, "\n")));
}

std::int64_t count_living_leaves(store::Transaction& transaction, const AuthorityFiles& files, std::string_view id,
                                 std::int64_t now) {
    return store::count_living(transaction, id, now) - count_own(transaction, files, id, now);
}

std::map<std::string, std::int64_t, std::less<>> replaced_at(store::Transaction& transaction,
                                                             const AuthorityFiles& files) {
    const auto signers = files.leaf_signers();
    std::vector<std::int64_t> begun;
    for (const x509::Certificate& signer : signers) {
        const auto row = store::find_certificate(transaction, signer.serial_hex());
        begun.push_back(row ? row->issued_at : base::to_unix(signer.not_before()));
    }
    std::map<std::string, std::int64_t, std::less<>> replaced;
    for (std::size_t i = 1; i < signers.size(); ++i) {
        std::int64_t at = std::max(begun[0], begun[i]);
        for (std::size_t j = 0; j < signers.size(); ++j)
            if (j != i && begun[j] > begun[i]) at = std::min(at, begun[j]);
        replaced.emplace(authority_id(signers[i]), at);
    }
    return replaced;
}

}  // namespace signet::ca
