#pragma once

#include <optional>
#include <string_view>

#include "store/database.h"

namespace signet::store {

/// Small named values: the nonce key, the directory URL where serve-acme was last ready.
std::optional<base::Bytes> get_meta(Transaction& transaction, std::string_view key);
void put_meta(Transaction& transaction, std::string_view key, base::ByteView value);
void erase_meta(Transaction& transaction, std::string_view key);

}  // namespace signet::store
