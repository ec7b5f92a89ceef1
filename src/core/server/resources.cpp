#include "server/resources.h"

#include "base/error.h"
#include "store/certificates.h"
#include "store/orders.h"

namespace signet::server {
namespace {

const char* describe(Resource resource) {
    switch (resource) {
        case Resource::none:
            return "resource";
        case Resource::account:
            return "account";
        case Resource::order:
        case Resource::finalize:
            return "order";
        case Resource::authorization:
            return "authorization";
        case Resource::challenge:
            return "challenge";
        case Resource::certificate:
            return "certificate";
    }
    return "resource";
}

void load_order(store::Transaction& transaction, Loaded& loaded, const std::string& id) {
    loaded.order = store::find_order(transaction, id);
    if (loaded.order) loaded.owner = loaded.order->account;
}

void load_authorization(store::Transaction& transaction, Loaded& loaded, const std::string& id) {
    loaded.authorization = store::find_authorization(transaction, id);
    if (loaded.authorization) loaded.owner = loaded.authorization->account;
}

void load_challenge(store::Transaction& transaction, Loaded& loaded, const std::string& id) {
    loaded.challenge = store::find_challenge(transaction, id);
    if (!loaded.challenge) return;
    loaded.authorization = store::find_authorization_alone(transaction, loaded.challenge->authorization);
    if (loaded.authorization) loaded.owner = loaded.authorization->account;
}

void load_certificate(store::Transaction& transaction, Loaded& loaded, const std::string& serial) {
    const auto owner = store::account_of_certificate(transaction, serial);
    if (!owner) return;
    loaded.certificate = store::find_certificate(transaction, serial);
    if (loaded.certificate) loaded.owner = *owner;
}

}  // namespace

Loaded load(store::Transaction& transaction, Resource resource, const std::string& id, std::int64_t now) {
    Loaded loaded;
    switch (resource) {
        case Resource::none:
            break;
        case Resource::account:
            loaded.owner = id;
            break;
        case Resource::order:
            load_order(transaction, loaded, id);
            break;
        case Resource::finalize:
            load_order(transaction, loaded, id);
            if (loaded.order) loaded.proofs = store::proven_identifiers(transaction, *loaded.order, now);
            break;
        case Resource::authorization:
            load_authorization(transaction, loaded, id);
            break;
        case Resource::challenge:
            load_challenge(transaction, loaded, id);
            break;
        case Resource::certificate:
            load_certificate(transaction, loaded, id);
            break;
    }
    return loaded;
}

void require_owner(const Loaded& loaded, Resource resource, const std::string& account) {
    if (resource == Resource::none || (!loaded.owner.empty() && loaded.owner == account)) return;
    throw base::Error{base::Kind::not_found, std::string("this account has no such ") + describe(resource)};
}

}  // namespace signet::server
