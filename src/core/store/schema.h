#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "store/database.h"

namespace signet::store {

enum class SchemaState { unmade, older, current };

/// What the database holds. Throws corrupt when that is somebody else's tables, or a schema newer than this signet
/// knows (the hint: upgrade).
SchemaState schema_state(Database& database, std::string_view name);

/// Brings the schema to the newest version, from nothing too, in one write transaction: a kill leaves the old schema
/// or the new one. Safe when several do it at once: the later ones find it done. `only_to`: for tests, which need an
/// old one.
void migrate(Database& database, std::string_view name, std::optional<std::int64_t> only_to = std::nullopt);

}  // namespace signet::store
