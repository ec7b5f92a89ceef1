#include "ca/authority.h"

#include "base/error.h"
#include "base/text.h"
#include "ca/authority_files.h"
#include "ca/serials.h"
#include "ca/signing.h"
#include "crypto/signature.h"
#include "x509/build.h"
#include "x509/csr.h"

namespace signet::ca {
namespace {

using base::Error;
using base::Kind;

crypto::PrivateKey read_key(const base::Path& path, const x509::Certificate& certificate,
                            const std::shared_ptr<KeyOpener>& keys) {
    KeyOpener plain;
    crypto::PrivateKey key = (keys ? *keys : plain).read(path);
    if (key.public_key() == certificate.public_key()) return key;
    throw Error{Kind::corrupt, path.string() + ": it is not the key of the certificate beside it",
                "restore the file from a backup of the store"};
}

// One that has expired goes on speaking about revocation; policy lets it sign no certificate.
void check_begun(const x509::Certificate& ca, base::Time now) {
    const std::string who = "the CA '" + ca.subject().text() + "'";
    if (ca.not_before() > now)
        throw Error{Kind::ca_not_valid, who + " is not valid before " + base::format_time(ca.not_before()),
                    "look at the clock of this machine"};
}

/// Whoever signs, for the time of one signature.
struct Signer {
    const crypto::PrivateKey& key;
    x509::IssuerFields issuer;
    crypto::SignatureAlgorithm algorithm;

    Signer(const crypto::PrivateKey& k, const x509::Certificate& c)
        : key(k),
          issuer{c.subject(), c.subject_key_id().value_or(x509::key_identifier(c.public_key()))},
          algorithm(crypto::default_algorithm(k)) {}
};

x509::Certificate sign_once(const Signer& signer, ApprovedTemplate&& approved, base::Random& random) {
    const ApprovedTemplate once = std::move(approved);
    x509::Template content = once.content();
    content.serial = draw_serial(random);
    return sign_certificate(content, signer.issuer, signer.key, once.kind());
}

}  // namespace

struct Authority::State {
    AuthorityFiles files;
    crypto::PrivateKey key;
    struct Elsewhere {
        x509::Certificate certificate;
        base::Path key;
    };
    std::vector<Elsewhere> others;  // whose keys are here too, and read for each signature: the root, former CAs
    std::shared_ptr<KeyOpener> keys;

    template <class Work>
    auto as(std::string_view signer_id, Work work) const {
        if (signer_id == authority_id(files.signer())) return work(Signer(key, files.signer()));
        for (const Elsewhere& other : others) {
            if (signer_id != authority_id(other.certificate)) continue;
            const crypto::PrivateKey its_key = read_key(other.key, other.certificate, keys);
            return work(Signer(its_key, other.certificate));
        }
        throw Error{Kind::not_found,
                    "the CA '" + files.name + "' has no key here of a CA " + base::printable(signer_id, 16)};
    }

    static std::vector<Elsewhere> find_others(const store::Layout& layout, const AuthorityFiles& files) {
        std::vector<Elsewhere> found;
        const auto add = [&](const x509::Certificate& certificate, const base::Path& file) {
            if (base::file_facts(file)) found.push_back({certificate, file});
        };
        if (files.issuing) add(files.root, layout.root_key(files.name));
        for (const FormerCa& former : files.former_issuing)
            add(former.certificate, layout.former(files.name, "issuing", former.id, "key"));
        for (const FormerCa& former : files.former_roots)
            add(former.certificate, layout.former(files.name, "root", former.id, "key"));
        return found;
    }
};

Authority::Authority(std::unique_ptr<const State> state) : state_(std::move(state)) {}
Authority::~Authority() = default;

std::shared_ptr<const Authority> Authority::load(const store::Layout& layout, const std::string& name, base::Time now,
                                                 const std::shared_ptr<KeyOpener>& keys) {
    AuthorityFiles files = read_authority_files(layout, name);
    check_key_privacy(layout, name);
    const x509::Certificate& signer = files.signer();
    crypto::PrivateKey key = read_key(files.issuing ? layout.issuing_key(name) : layout.root_key(name), signer, keys);
    check_begun(files.root, now);
    check_begun(signer, now);
    auto others = State::find_others(layout, files);
    return std::shared_ptr<const Authority>(new Authority(
        std::unique_ptr<const State>(new State{std::move(files), std::move(key), std::move(others), keys})));
}

const std::string& Authority::name() const { return state_->files.name; }
const x509::Certificate& Authority::issuing() const { return state_->files.signer(); }
const x509::Certificate& Authority::root() const { return state_->files.root; }
bool Authority::root_only() const { return !state_->files.issuing; }
std::string Authority::issuing_id() const { return authority_id(issuing()); }

std::vector<x509::Certificate> Authority::chain() const { return state_->files.chain(); }
std::vector<x509::Certificate> Authority::anchors() const { return state_->files.anchors(); }

std::optional<base::Error> Authority::not_valid(base::Time now) const {
    return ca::not_valid(state_->files.above_leaf(), state_->files.name, now);
}
const AuthorityFiles& Authority::files() const { return state_->files; }
std::vector<x509::Certificate> Authority::sent_chain() const { return state_->files.sent_chain_of(issuing_id()); }

std::vector<x509::Certificate> Authority::signers() const {
    std::vector<x509::Certificate> signers{issuing()};
    for (const auto& other : state_->others) signers.push_back(other.certificate);
    return signers;
}

x509::Certificate Authority::sign(ApprovedTemplate&& approved, base::Random& random) const {
    return sign_as(issuing_id(), std::move(approved), random);
}

x509::Certificate Authority::sign_as(std::string_view signer_id, ApprovedTemplate&& approved,
                                     base::Random& random) const {
    return state_->as(signer_id, [&](const Signer& signer) { return sign_once(signer, std::move(approved), random); });
}

x509::Certificate Authority::sign_by_root(const store::Layout& layout, const AuthorityFiles& files,
                                          const RootKeySource& root_key, ApprovedTemplate&& approved,
                                          base::Random& random) {
    const base::Path path = root_key.file.value_or(layout.root_key(files.name));
    if (!base::file_facts(path))
        throw Error{Kind::not_found, "there is no " + path.string() + ": the root's key is elsewhere",
                    "name it with --root-key, or go where it is"};
    const crypto::PrivateKey key = read_key(path, files.root, root_key.keys);
    return sign_once(Signer(key, files.root), std::move(approved), random);
}

x509::Certificate Authority::sign_with(const crypto::PrivateKey& key, const x509::Certificate& owner,
                                       ApprovedTemplate&& approved, base::Random& random) {
    return sign_once(Signer(key, owner), std::move(approved), random);
}

base::Bytes Authority::certificate_request() const {
    const auto& constraints = issuing().name_constraints();
    return x509::build_ca_csr(state_->key, issuing().subject(), constraints.value_or(x509::NameConstraints{}));
}

base::Bytes Authority::sign_crl(std::string_view signer_id, const x509::CrlFields& fields, std::size_t expected_entries,
                                const std::function<void(x509::CrlBuilder&)>& fill) const {
    return state_->as(signer_id, [&](const Signer& signer) {
        x509::CrlBuilder builder(signer.issuer, signer.algorithm, fields, expected_entries);
        fill(builder);
        return builder.assemble(crypto::sign(signer.key, signer.algorithm, builder.tbs()));
    });
}

void check_issuing_key(const store::Layout& layout, const AuthorityFiles& files,
                       const std::shared_ptr<KeyOpener>& keys) {
    check_key_privacy(layout, files.name);
    read_key(files.issuing ? layout.issuing_key(files.name) : layout.root_key(files.name), files.signer(), keys);
}

void check_root_key(const store::Layout& layout, const AuthorityFiles& files, const std::shared_ptr<KeyOpener>& keys) {
    if (base::file_facts(layout.root_key(files.name))) read_key(layout.root_key(files.name), files.root, keys);
}

}  // namespace signet::ca
