#include "ca/ocsp_responder.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/error.h"
#include "base/log.h"
#include "ca/authority_files.h"
#include "crypto/signature.h"
#include "store/crls.h"
#include "x509/build.h"
#include "x509/ocsp.h"

namespace signet::ca {
namespace {

using base::Error;
using base::Kind;

constexpr base::Duration k_least_beyond = std::chrono::hours(24);  // a responder's certificate over its answers

/// The signer that a request is about: the first that one of its CertIDs names.
const x509::Certificate* asked_signer(const std::vector<x509::Certificate>& signers, const x509::OcspRequest& request) {
    for (const x509::Certificate& signer : signers) {
        const x509::OcspIssuerHashes hashes(signer);
        if (std::any_of(request.ids.begin(), request.ids.end(), [&](const auto& id) { return hashes.match(id); }))
            return &signer;
    }
    return nullptr;
}

std::vector<x509::OcspAnswer> look_up(store::Store& store, const x509::OcspRequest& request,
                                      const x509::Certificate& signer) {
    const x509::OcspIssuerHashes hashes(signer);
    const std::string signer_id = authority_id(signer);
    return store.query([&](store::Transaction& transaction) {
        std::vector<x509::OcspAnswer> answers;
        for (const x509::OcspCertId& id : request.ids) {
            x509::OcspAnswer& answer = answers.emplace_back(x509::OcspAnswer{id.der});
            if (!hashes.match(id)) continue;
            const auto status = store::find_status(transaction, base::hex_encode(id.serial));
            if (!status || status->issuer_id != signer_id) continue;
            answer.status = status->revoked_at ? x509::OcspStatus::revoked : x509::OcspStatus::good;
            answer.revoked_at = base::from_unix(status->revoked_at.value_or(0));
            answer.reason = status->reason;
        }
        return answers;
    });
}

}  // namespace

struct OcspResponder::Delegate {
    crypto::PrivateKey key;
    x509::Certificate certificate;
};

OcspResponder::OcspResponder(store::Store& store, Authorities& authorities, Issuer& issuer, base::Clock& clock)
    : store_(store), authorities_(authorities), issuer_(issuer), clock_(clock) {}
OcspResponder::~OcspResponder() = default;

void OcspResponder::configure(AuthorityTable settings) {
    const std::lock_guard lock(mutex_);
    settings_ = std::move(settings);
}

base::Duration OcspResponder::validity(const std::string& authority) const {
    const std::lock_guard lock(mutex_);
    return settings_of(settings_, authority).ocsp_validity;
}

std::shared_ptr<const OcspResponder::Delegate> OcspResponder::delegate(const Authority& authority,
                                                                       const x509::Certificate& signer) {
    const std::string id = signer.fingerprint_sha256();
    const base::Duration answers = validity(authority.name());
    const auto current = [&]() -> std::shared_ptr<const Delegate> {
        const std::lock_guard lock(mutex_);
        const auto found = delegates_.find(id);
        if (found == delegates_.end()) return nullptr;
        const x509::Certificate& own = found->second->certificate;
        const base::Time now = clock_.now();
        // An answer must not outlive the certificate that it is checked with; only the CA's own end cuts it short.
        const bool lasts = now + answers <= own.not_after() || own.not_after() == signer.not_after();
        return lasts && now >= own.not_before() && now < own.not_after() ? found->second : nullptr;
    };
    if (auto found = current()) return found;
    const std::lock_guard lock(issuing_);
    if (auto found = current()) return found;
    auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
    auto certificate =
        issuer_.issue_responder(authority, signer, key.public_key(), answers + std::max(answers, k_least_beyond));
    auto made = std::make_shared<const Delegate>(Delegate{std::move(key), std::move(certificate)});
    const std::lock_guard guard(mutex_);
    delegates_[id] = made;
    return made;
}

base::Bytes OcspResponder::answer(const std::string& authority, base::ByteView request) {
    const auto loaded = authorities_.get(authority);
    x509::OcspRequest asked;
    try {
        asked = x509::parse_ocsp_request(request);
    } catch (const Error& error) {
        base::log(base::Level::debug, "an OCSP request is malformed", {{"reason", error.message()}});
        return x509::encode_ocsp_failure(x509::OcspFailure::malformed_request);
    }
    try {
        const auto signers = loaded->signers();
        const x509::Certificate* signer = asked_signer(signers, asked);
        if (signer == nullptr) return x509::encode_ocsp_failure(x509::OcspFailure::unauthorized);
        const auto own = delegate(*loaded, *signer);
        const base::Time now = base::from_unix(base::to_unix(clock_.now()));
        const base::Time until = std::min(now + validity(authority), own->certificate.not_after());
        const auto data =
            x509::encode_ocsp_response_data({look_up(store_, asked, *signer), now, now, until, asked.nonce},
                                            x509::key_identifier(own->key.public_key()));
        const auto algorithm = crypto::default_algorithm(own->key);
        return x509::assemble_ocsp_response(data, algorithm, crypto::sign(own->key, algorithm, data), own->certificate);
    } catch (const Error& error) {
        base::log(base::Level::error, "an OCSP request cannot be answered",
                  {{"ca", authority}, {"reason", error.message()}, {"hint", error.hint()}});
        return x509::encode_ocsp_failure(error.kind() == Kind::store_busy ? x509::OcspFailure::try_later
                                                                          : x509::OcspFailure::internal_error);
    }
}

void OcspResponder::refresh() {
    for (const std::string& name : authorities_.names()) {
        try {
            const auto loaded = authorities_.get(name);
            for (const x509::Certificate& signer : loaded->signers())
                if (signer.not_after() > clock_.now()) delegate(*loaded, signer);
        } catch (const Error& error) {
            base::log(base::Level::error, "an OCSP responder has no certificate",
                      {{"ca", name}, {"reason", error.message()}, {"hint", error.hint()}});
        }
    }
}

}  // namespace signet::ca
