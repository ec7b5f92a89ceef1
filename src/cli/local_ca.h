#pragma once

#include <memory>

#include "ca/issuer.h"
#include "cli/context.h"
#include "client/local_enroll.h"
#include "store/store.h"

namespace signet::cli {

/// The CA of this machine's store with its settings, opened for `issue` and `renew`. Throws not_found without a store.
class OpenedCa {
public:
    explicit OpenedCa(const Context& context);
    client::LocalCa& local() { return local_; }
    const Settings& settings() const { return settings_; }

private:
    std::unique_ptr<store::Store> store_;
    Settings settings_;
    ca::Authorities authorities_;
    ca::Issuer issuer_;
    client::LocalCa local_;
};

/// The certificate as the store knows it, or, when it does not, as it stands.
base::Json certificate_json(store::Store& store, const x509::Certificate& leaf, base::Time now);

}  // namespace signet::cli
