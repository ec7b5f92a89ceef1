#include "ca/crls.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/error.h"
#include "base/log.h"
#include "ca/authority_crls.h"
#include "ca/authority_files.h"
#include "store/crls.h"

namespace signet::ca {
namespace {

using base::Error;
using base::Kind;

std::string signer_id_of(const Authority& authority, std::string_view which) {
    if (which.empty()) return authority.issuing_id();
    if (which == "root") return authority_id(authority.root());
    return std::string(which);
}

void add_entries(store::Transaction& transaction, std::string_view signer_id, std::int64_t ending_from,
                 x509::CrlBuilder& builder) {
    store::for_each_revoked(transaction, signer_id, ending_from, [&](const store::RevokedRow& row) {
        const auto serial = base::hex_decode(row.serial);
        if (!serial) throw Error{Kind::corrupt, "the store has a serial that is no hex: " + row.serial};
        builder.add(*serial, base::from_unix(row.revoked_at), row.reason);
    });
}

bool due(const SignedCrl& crl, base::Time now) {
    // A clock that was set back makes it one of the future, which nobody would take.
    return now < crl.this_update || now >= crl.this_update + (crl.next_update - crl.this_update) / 2;
}

/// Of another's CRL the low 63 bits tell one from the next.
std::int64_t low_bits(const base::Bytes& number) {
    std::uint64_t value = 0;
    for (const auto octet : number) value = value << 8 | octet;
    return static_cast<std::int64_t>(value & INT64_MAX);
}

bool in_force(const SignedCrl& crl, base::Time now) { return now >= crl.this_update && now < crl.next_update; }

}  // namespace

SignedCrl sign_new_crl(store::Store& store, const Authority& authority, std::string_view signer_id,
                       base::Duration validity, base::Time now) {
    SignedCrl crl;
    crl.issuer_id = signer_id;
    crl.this_update = base::from_unix(base::to_unix(now));
    crl.next_update = base::from_unix(base::to_unix(now + validity));
    // One at a time over all processes: a higher number never has less in it.
    const base::FileLock lock = store.lock("crl-" + crl.issuer_id);
    store.write([&](store::Transaction& transaction) {
        crl.number = store::take_crl_number(transaction, signer_id, base::to_unix(now));
    });
    store.read([&](store::Transaction& transaction) {
        const auto state = store::crl_state(transaction, signer_id);
        crl.revision = state.revision;
        const std::int64_t ending_from = std::min(state.this_update, base::to_unix(now - validity));
        const auto expected = store::count_revoked(transaction, signer_id, ending_from);
        crl.der = authority.sign_crl(signer_id, {crl.number, crl.this_update, crl.next_update},
                                     static_cast<std::size_t>(expected), [&](x509::CrlBuilder& builder) {
                                         add_entries(transaction, signer_id, ending_from, builder);
                                         crl.entries = builder.size();
                                     });
    });
    store.write([&](store::Transaction& transaction) {
        store::save_crl_times(transaction, signer_id, base::to_unix(crl.this_update), base::to_unix(crl.next_update));
    });
    return crl;
}

struct Crls::Slot {
    std::mutex signing;  // held by the one who signs
    std::shared_ptr<const SignedCrl> get() {
        const std::lock_guard lock(mutex_);
        return crl_;
    }
    void set(SignedCrl crl) {
        auto next = std::make_shared<const SignedCrl>(std::move(crl));
        const std::lock_guard lock(mutex_);
        crl_ = std::move(next);
    }

private:
    std::mutex mutex_;
    std::shared_ptr<const SignedCrl> crl_;
};

Crls::Crls(store::Store& store, Authorities& authorities, base::Clock& clock)
    : store_(store), authorities_(authorities), clock_(clock) {}
Crls::~Crls() = default;

void Crls::configure(AuthorityTable settings) {
    const std::lock_guard lock(mutex_);
    settings_ = std::move(settings);
}

base::Duration Crls::validity(const std::string& authority) const {
    const std::lock_guard lock(mutex_);
    return settings_of(settings_, authority).crl_validity;
}

std::shared_ptr<Crls::Slot> Crls::slot(const std::string& authority, const std::string& signer_id) {
    const std::lock_guard lock(mutex_);
    auto& found = slots_[authority + "/" + signer_id];
    if (!found) found = std::make_shared<Slot>();
    return found;
}

std::shared_ptr<const SignedCrl> Crls::get(const std::string& authority, std::string_view which) {
    const auto loaded = authorities_.get(authority);
    const std::string id = signer_id_of(*loaded, which);
    const auto signers = loaded->signers();
    if (std::none_of(signers.begin(), signers.end(), [&](const auto& ca) { return authority_id(ca) == id; }))
        return imported(*loaded, id);
    const auto place = slot(authority, id);
    if (auto crl = place->get(); crl && fresh(*crl)) return crl;
    std::unique_lock signing(place->signing, std::try_to_lock);
    if (!signing.owns_lock()) {
        if (auto before = place->get(); before && in_force(*before, clock_.now())) return before;
        signing.lock();
    }
    if (auto crl = place->get(); crl && fresh(*crl)) return crl;  // signed between the two looks
    const base::Time now = clock_.now();
    try {
        place->set(sign_new_crl(store_, *loaded, id, validity(authority), now));
    } catch (const Error& error) {
        const auto before = place->get();
        if (!before || now >= before->next_update) throw;
        base::log(base::Level::error, "a new CRL cannot be signed; the one before is served",
                  {{"ca", authority}, {"id", id}, {"reason", error.message()}, {"hint", error.hint()}});
    }
    return place->get();
}

std::shared_ptr<const SignedCrl> Crls::imported(const Authority& authority, const std::string& id) {
    const auto elsewhere = crl_signers_elsewhere(store_.layout(), authority.files());
    const auto signs = [&](const x509::Certificate& ca) { return authority_id(ca) == id; };
    const bool known = std::any_of(elsewhere.begin(), elsewhere.end(), signs);
    const std::string key = authority.name() + "/" + id;
    const auto look = known ? base::look_at(store_.layout().imported_crl(authority.name(), id)) : base::FileLook{};
    {
        const std::lock_guard lock(mutex_);
        if (const auto row = imported_.find(key); row != imported_.end() && row->second.look == look)
            return row->second.crl;
    }
    const auto found = known ? imported_crl(store_.layout(), authority.files(), id) : std::nullopt;
    if (!found)
        throw Error{Kind::not_found,
                    "the CA '" + authority.name() + "' has no such CRL: the key that signs it is not here"};
    auto crl = std::make_shared<const SignedCrl>(
        SignedCrl{found->crl.der(), id, low_bits(found->crl.number().value_or(base::Bytes{})), 0, found->crl.size(),
                  found->crl.this_update(), found->next_update});
    const std::lock_guard lock(mutex_);
    imported_[key] = {look, crl};
    return crl;
}

bool Crls::fresh(const SignedCrl& crl) const {
    const auto revision = store_.query(
        [&](store::Transaction& transaction) { return store::crl_state(transaction, crl.issuer_id).revision; });
    return crl.revision == revision && !due(crl, clock_.now());
}

std::optional<std::string> Crls::stale(const std::string& authority) {
    try {
        for (const x509::Certificate& signer : authorities_.get(authority)->signers()) {
            const auto crl = get(authority, authority_id(signer));
            const auto left = crl->next_update - clock_.now();
            if (left < (crl->next_update - crl->this_update) / 4)
                return "the CRL " + crl->issuer_id + " ends in " + base::describe_duration(left);
        }
    } catch (const Error& error) {
        return error.message();
    }
    return std::nullopt;
}

void Crls::refresh() {
    for (const std::string& name : authorities_.names()) {
        if (const auto why = stale(name))
            base::log(base::Level::error, "a CRL is stale", {{"ca", name}, {"reason", *why}});
    }
}

}  // namespace signet::ca
