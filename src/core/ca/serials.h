#pragma once

#include "base/bytes.h"
#include "base/random.h"

namespace signet::ca {

/// A serial number: 17 octets, positive, the last 16 and most of the first random (RFC 5280 section 4.1.2.2). Always
/// 34 hex digits, without a leading zero that one tool prints and the next does not.
base::Bytes draw_serial(base::Random& random);

}  // namespace signet::ca
