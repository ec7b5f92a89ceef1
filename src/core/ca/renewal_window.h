#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "store/records.h"
#include "store/store.h"
#include "x509/certificate.h"

namespace signet::ca {

/// When a certificate should be replaced (RFC 9773 section 4.2), in seconds since the epoch; end > start.
struct RenewalWindow {
    std::int64_t start, end;
};

/// The same at each call. Short, and begins somewhere between two thirds (a half, for lifetimes under ten days) and
/// five sixths of the lifetime, at a point that the serial decides: of certificates issued together no two per cent
/// are due in one minute, if their lifetime leaves room for that (from four hours on). Of a revoked certificate the
/// window is past.
/// `replaced_at`: since when the CA that signed it is a former one. Then the window begins within three days of that,
/// or within the first half of what was left of its lifetime, spread likewise.
RenewalWindow renewal_window(const store::CertificateRecord& record, std::optional<std::int64_t> replaced_at = {});

/// When a certificate of this store is to move on, because the CA that signed it is a former one or compromised;
/// nullopt while it is the current one, and for a certificate that the store does not know.
std::optional<base::Time> moves_at(store::Store& store, const x509::Certificate& leaf);

/// What a server of this store answers about `leaf`; nullopt for a certificate that the store does not know.
std::optional<RenewalWindow> advised_window(store::Store& store, const x509::Certificate& leaf);

/// When to ask again, in seconds: often enough that an early end of the window is not missed.
std::int64_t ask_again_after(const store::CertificateRecord& record);

}  // namespace signet::ca
