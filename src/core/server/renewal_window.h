#pragma once

#include <cstdint>

#include "store/records.h"

namespace signet::server {

/// When a certificate should be replaced (RFC 9773 section 4.2), in seconds since the epoch; end > start.
struct RenewalWindow {
    std::int64_t start, end;
};

/// The same at each call. Short, and begins somewhere between two thirds (a half, for lifetimes under ten days) and
/// five sixths of the lifetime, at a point that the serial decides: of certificates issued together no two per cent
/// are due in one minute, if their lifetime leaves room for that (from four hours on). Of a revoked certificate the
/// window is past.
RenewalWindow renewal_window(const store::CertificateRecord& record);

/// When to ask again, in seconds: often enough that an early end of the window is not missed.
std::int64_t ask_again_after(const store::CertificateRecord& record);

}  // namespace signet::server
