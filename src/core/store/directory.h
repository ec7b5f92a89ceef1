#pragma once

#include "store/layout.h"

namespace signet::store {

/// Throws not_found ("signet ca init") when the store's directory is missing, and permission when it belongs to another
/// user, even if this is root: what root writes into it would be root's, and lock its owner out; or when its mode lets
/// group or others in.
void check_directory(const Layout& layout);

/// Makes it, 0700 from birth, or narrows an empty one that is there; then as check_directory.
void make_directory(const Layout& layout);

}  // namespace signet::store
