#include "cli/local_ca.h"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "cli/noted_settings.h"
#include "cli/passphrase.h"
#include "server/notifier.h"
#include "store/certificates.h"

namespace signet::cli {

OpenedCa::OpenedCa(const Context& context)
    : store_(store::Store::open(context.store())),
      settings_(context.settings()),
      authorities_(store_->layout(), context.seams.clock, key_opener(context)),
      issuer_(*store_, authorities_, context.seams.clock, context.seams.random),
      local_{*store_, issuer_, settings_.profiles, "uid " + std::to_string(::getuid())} {
    issuer_.set_public_http_url(settings_.server.public_http_url);
    server::begin_notifying(*store_, settings_.server.notify);
    note_settings(context, *store_, "operator uid " + std::to_string(::getuid()));
}

base::Json certificate_json(store::Store& store, const x509::Certificate& leaf, base::Time now) {
    const auto record = store.query(
        [&](store::Transaction& transaction) { return store::find_certificate(transaction, leaf.serial_hex()); });
    return record ? certificate_json(*record, now) : certificate_json(leaf, now);
}

}  // namespace signet::cli
