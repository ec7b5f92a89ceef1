#include "cli/context.h"

#include "store/layout.h"

namespace signet::cli {

base::Path Context::store() const { return globals.store ? *globals.store : store::default_store(); }

base::Path Context::settings_file() const {
    return globals.config ? *globals.config : store::Layout{store()}.settings();
}

Settings Context::settings() const { return read_settings(settings_file(), globals.config.has_value()); }

}  // namespace signet::cli
