#pragma once

#include <vector>

#include "store/layout.h"
#include "store/tar.h"

namespace signet::store {

/// What of a store's directory belongs into a backup, directories before what is in them: all but the database, locks,
/// and hidden or temporary files at the top and among the authorities. `path` is relative to the directory.
std::vector<TarMember> list_store_files(const Layout& layout, bool keys);

/// A file that --without-keys leaves out: by its name, or because of what it holds.
bool holds_key(std::string_view path, std::string_view contents);

/// Whether a member may become part of a store: a relative path of plain components that leads nowhere else, below a
/// name that this listing could have had; a link only among saved certificates, and only downwards.
bool may_be_restored(const TarMember& member);

}  // namespace signet::store
