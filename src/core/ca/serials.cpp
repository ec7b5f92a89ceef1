#include "ca/serials.h"

namespace signet::ca {

base::Bytes draw_serial(base::Random& random) {
    base::Bytes serial(17);
    random.fill(serial);
    serial[0] = static_cast<std::uint8_t>((serial[0] & 0x3f) | 0x40);
    return serial;
}

}  // namespace signet::ca
