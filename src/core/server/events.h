#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "store/notifications.h"
#include "store/records.h"
#include "x509/certificate.h"

namespace signet::server {

// What is told of, as JSON that signet-events(7) describes, ready for the queue.

/// What an entry of the audit log is for those who want to hear of it: "issued", "refused", "revoked"; empty: nothing.
std::string_view event_kind(const store::AuditRecord& record);
/// `certificate`: the row of its serial, if there is one.
store::Notification event_of(const store::AuditRow& row, const std::optional<store::CertificateRecord>& certificate,
                             base::Time now);

/// "warning", "critical", "expired" by the usual limits; empty: its end is not near.
std::string_view expiry_level(base::Time not_before, base::Time not_after, base::Time now);

store::Notification expiring_event(const store::CertificateRecord& record, std::string_view level, base::Time now);
/// Of one that the store did not issue: where it was seen.
store::Notification expiring_event(const x509::Certificate& certificate, const std::string& target,
                                   std::string_view level, base::Time now);
/// `role`: "root", "issuing", "intermediate", "anchor", "subordinate".
store::Notification ca_expiring_event(const std::string& authority, std::string_view role,
                                      const x509::Certificate& certificate, std::string_view level, base::Time now);

}  // namespace signet::server
