#pragma once

#include "base/time.h"
#include "server/notify_settings.h"
#include "store/store.h"
#include "x509/certificate.h"

namespace signet::server {

/// Puts into the queue what is to be told of ends that near: of certificates of the inventory that are neither revoked
/// nor replaced, when a warning begins and when it is critical, and of the CAs, those signed for others too. Works in
/// steps, each a short transaction; true when there is more to do at once.
bool collect_ends(store::Store& store, const NotifySettings& settings, base::Time now);

/// The same for one that the store did not issue. Once for each level.
void collect_end(store::Store& store, const x509::Certificate& certificate, const std::string& target, base::Time now);

}  // namespace signet::server
