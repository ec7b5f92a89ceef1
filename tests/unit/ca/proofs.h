#pragma once

#include <string>
#include <vector>

#include "store/authorizations.h"
#include "store/orders.h"
#include "support.h"
#include "support/temporary_store.h"

namespace signet::test {

/// Proofs can only be had from rows of the store: an order of one account with all its authorizations valid.
inline std::vector<store::ProvenIdentifier> proofs_for(const std::vector<std::string>& names) {
    TemporaryStore store;
    store::OrderRecord order{};
    order.id = "order1";
    order.account = "acct1";
    order.profile = "default";
    order.status = store::OrderStatus::ready;
    order.created_at = 1000;
    order.expires_at = 9000;
    order.identifiers = names_of(names);
    std::vector<store::ProvenIdentifier> proofs;
    store->write([&](store::Transaction& transaction) {
        store::insert_account(transaction, sample_account());
        int count = 0;
        for (const auto& name : order.identifiers) {
            const std::string id = "authz" + std::to_string(++count);
            const auto base_name = name.is_wildcard() ? x509::Identifier::dns(name.base_name()) : name;
            store::insert_authorization(transaction, {id,
                                                      "acct1",
                                                      base_name,
                                                      name.is_wildcard(),
                                                      store::AuthorizationStatus::valid,
                                                      "http-01",
                                                      1000,
                                                      9000,
                                                      {}});
            order.authorizations.push_back(id);
        }
        store::insert_order(transaction, order);
    });
    store->read([&](store::Transaction& transaction) {
        proofs = store::proven_identifiers(transaction, *store::find_order(transaction, "order1"), 2000);
    });
    return proofs;
}

}  // namespace signet::test
